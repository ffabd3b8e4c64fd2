"""Dots with ranges, one a row, under headings: hours, ratios, concentrations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from aponia.site.charts.drawing import Sheet
from aponia.site.charts.errors import ChartError
from aponia.site.charts.figure import Cell, Figure, Layout, Link, Row, Table
from aponia.site.charts.intervals import Interval
from aponia.site.charts.scales import Scale, make_scale
from aponia.site.charts.textfit import width, wrap

__all__ = ["DotRow", "RangeDots", "dots_chart", "dots_figure", "dots_table"]


@dataclass(frozen=True)
class DotRow:
    """One row.

    Attributes
    ----------
    label : str
        Who or what.
    value : float or None
        The dot; None draws the range alone.
    span : tuple of float or None
        What the source prints around it.
    text : str
        The numbers as printed at the right.
    sub : str
        Second line under the label.
    group : str
        Heading the row stands under; rows of one group follow each other.
    hollow : bool
        A ring instead of a disc; the subtitle says what it means.
    off : bool
        A diamond instead of a disc; the subtitle says what it means.
    href : str
        Used in the table.
    cells : tuple of cells
        Further columns of the table.
    """

    label: str
    value: float | None
    span: Interval | None = None
    text: str = ""
    sub: str = ""
    group: str = ""
    hollow: bool = False
    off: bool = False
    href: str = ""
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class RangeDots:
    """Rows of dots on one axis.

    Attributes
    ----------
    title, subtitle : str
        The finding; then measure, unit, number of people.
    rows : sequence of DotRow
    axis : str
        Name of the axis, with its unit.
    log : bool
    zone : tuple of float or None
        Shaded zone, named by `zone_label`.
    zone_label : str
    line : float or None
        A line across all rows, named by `line_label`.
    line_label : str
    headers : tuple of str
        Table headings: label, numbers, then one for each further cell.
    """

    title: str
    subtitle: str
    rows: Sequence[DotRow]
    axis: str
    log: bool = False
    zone: Interval | None = None
    zone_label: str = ""
    line: float | None = None
    line_label: str = ""
    headers: tuple[str, ...] = ("What", "Value")

    def __post_init__(self) -> None:
        if not self.rows:
            raise ChartError("a chart of dots needs at least one row")
        for row in self.rows:
            numbers = [v for v in (row.value, *(row.span or ())) if v is not None]
            if not numbers:
                raise ChartError(f"{row.label}: a row needs a value or a range")
            if not all(math.isfinite(v) and (v > 0 or not self.log) for v in numbers):
                raise ChartError(
                    f"{row.label}: numbers must be finite, and above zero on a log axis"
                )
            if row.span and row.span[0] > row.span[1]:
                raise ChartError(f"{row.label}: the range is the wrong way round")
            if len(row.cells) != len(self.headers) - 2:
                raise ChartError(f"{row.label}: {len(row.cells)} cells for {self.headers}")
        groups = [r.group for r in self.rows]
        starts = [g for i, g in enumerate(groups) if i == 0 or groups[i - 1] != g]
        if len(starts) != len(set(starts)):
            raise ChartError("rows of one group must follow each other")

    def scale(self, start: float, stop: float, count: int) -> Scale:
        """Axis between two drawing positions."""
        values = [v for r in self.rows for v in (r.value, *(r.span or ())) if v is not None]
        values += [*(self.zone or ()), *([self.line] if self.line is not None else [])]
        if not self.log:
            values.append(0.0)
        return make_scale(values, start, stop, log=self.log, count=count)


def dots_chart(plot: RangeDots, layout: Layout = "wide") -> Markup:
    """Draw rows of dots.

    Parameters
    ----------
    plot : RangeDots
        What to draw.
    layout : {"wide", "narrow"}
        Labels beside the dots, or above them for a phone.

    Returns
    -------
    Markup
        One ``<svg>`` element.
    """
    wide = layout == "wide"
    sheet = Sheet(800.0 if wide else 340.0)
    label_w = min(max(width(r.label, 14) for r in plot.rows) + 14, 230.0) if wide else 0.0
    sub_w = min(max(width(r.sub, 13) for r in plot.rows) + 8, 150.0) if wide else 0.0
    text_w = max([width(r.text, 13) for r in plot.rows if r.text] or [0.0]) + 14 if wide else 0.0
    scale = plot.scale(label_w + sub_w + 14, sheet.width - text_w - 12, 6 if wide else 4)
    ground = len(sheet.parts)
    y, group = 0.0, ""
    for row in plot.rows:
        if row.group != group:
            group = row.group
            y += 24 if y else 16
            sheet.text(0, y, group, size=14, color="ink", bold=True)
            y += 6
        y = (
            _wide_row(sheet, row, scale, y, label_w, sub_w)
            if wide
            else _narrow_row(sheet, row, scale, y)
        )
    bottom = y + 6
    behind = Sheet(sheet.width)
    if plot.zone:
        a, b = scale.clamp(plot.zone[0]), scale.clamp(plot.zone[1])
        behind.rect(a, 0, b - a, bottom, "mid")
    for tick in scale.ticks:
        behind.line(scale(tick), 0, scale(tick), bottom, "rule")
    if plot.line is not None:
        behind.line(scale(plot.line), 0, scale(plot.line), bottom, "ink-3")
    sheet.parts[ground:ground] = behind.parts
    end = _foot(sheet, plot, scale, bottom)
    return sheet.svg(end, plot.title, _describe(plot), f"dots-{layout}")


def _wide_row(
    sheet: Sheet, row: DotRow, scale: Scale, y: float, label_w: float, sub_w: float
) -> float:
    label = row.label
    if max(width(word, 14) for word in label.split(" ")) > label_w - 6:
        label = label.replace("-", "- ")  # An id without spaces would run into the next column.
    end = sheet.lines(0, y + 16, wrap(label, label_w - 6, 14), leading=16)
    if row.sub:
        sub = wrap(row.sub, sub_w, 13)
        end = max(end, sheet.lines(label_w, y + 16, sub, size=13, color="ink-2", leading=16))
    _mark(sheet, row, scale, y + 11.5)
    if row.text:
        sheet.text(sheet.width, y + 16, row.text, size=13, color="ink-2", anchor="end")
    return end - 10


def _narrow_row(sheet: Sheet, row: DotRow, scale: Scale, y: float) -> float:
    end = sheet.lines(0, y + 18, wrap(row.label, 336, 14), leading=17)
    words = " · ".join(w for w in (row.sub, row.text) if w)
    if words:
        end = sheet.lines(0, end, wrap(words, 336, 13), size=13, color="ink-2", leading=16)
    _mark(sheet, row, scale, end - 4)
    return end + 10


def _mark(sheet: Sheet, row: DotRow, scale: Scale, y: float) -> None:
    ink = "harm" if row.off else "accent"
    if row.span:
        low, high = scale.clamp(row.span[0]), scale.clamp(row.span[1])
        sheet.line(low, y, high, y, ink, width=2 if row.value is not None else 4)
    if row.value is None:
        return
    x = scale.clamp(row.value)
    if row.off:
        paint = None if row.hollow else "harm"
        sheet.polygon(
            [(x, y - 6.5), (x + 6.5, y), (x, y + 6.5), (x - 6.5, y)], paint or "paper", "harm"
        )
    elif row.hollow:
        sheet.circle(x, y, 5, "paper", "accent", stroke_width=2)
    else:
        sheet.circle(x, y, 5.5, "accent")


def _foot(sheet: Sheet, plot: RangeDots, scale: Scale, y: float) -> float:
    sheet.line(scale.start, y, scale.stop, y, "rule-2")
    last = -1e9
    for value, label in zip(scale.ticks, scale.tick_labels, strict=True):
        x, half = scale(value), width(label, 13) / 2
        if x - half > last + 5:
            sheet.text(x, y + 18, label, size=13, color="ink-2", anchor="middle")
            last = x + half
    y = sheet.lines(sheet.width, y + 37, wrap(plot.axis, sheet.width, 13, True), size=13,
                    color="ink-2", anchor="end", bold=True)  # fmt: skip
    if plot.line is not None and plot.line_label:
        x = scale(plot.line)
        half = width(plot.line_label, 13, True) / 2
        x = min(max(x, half), sheet.width - half)
        sheet.text(x, y + 2, plot.line_label, size=13, color="ink", anchor="middle", bold=True)
        y += 19
    if plot.zone and plot.zone_label:
        sheet.rect(0, y - 9, 18, 13, "mid")
        y = sheet.paragraph(25, y + 2, plot.zone_label, sheet.width - 25, size=13, color="mid-ink")
    return y - 6


def _describe(plot: RangeDots) -> str:
    parts = [f"{r.label}: {r.text}." for r in plot.rows[:40] if r.text]
    return f"{plot.axis}. " + " ".join(parts)


def dots_table(plot: RangeDots) -> Table:
    """Build the table twin of a chart of dots, one row each, headings kept."""
    rows: list[Row] = []
    group = ""
    for r in plot.rows:
        if r.group != group:
            group = r.group
            rows.append(Row((group,), "group"))
        name: Cell = Link(f"{r.label}, {r.sub}" if r.sub else r.label, r.href) if r.href else (
            f"{r.label}, {r.sub}" if r.sub else r.label)  # fmt: skip
        rows.append(Row((name, r.text, *r.cells)))
    return Table(plot.title, plot.headers, rows, note=plot.subtitle)


def dots_figure(plot: RangeDots) -> Figure:
    """Both drawings and the table, for the macro ``figure``."""
    return Figure.of(plot, dots_chart, dots_table(plot), "dots")
