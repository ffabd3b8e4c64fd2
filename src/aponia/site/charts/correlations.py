"""Correlations from −1 to 1: printed ones with their intervals, the others as what they leave open.

A study that only says "no correlation" gives no number to draw. What can be drawn is how blind a
group of its size is: the interval around zero inside which a link would have gone unseen. It is
hatched, has no dot, and is named for what it is, so that nobody takes it for an estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from aponia.site.charts.drawing import Sheet
from aponia.site.charts.errors import ChartError
from aponia.site.charts.figure import Cell, Figure, Layout, Link, Row, Table
from aponia.site.charts.forest_drawing import draw_axis, side_words
from aponia.site.charts.intervals import Interval, check_estimate, draw_estimate
from aponia.site.charts.numerals import interval, signed
from aponia.site.charts.palette import TOKENS
from aponia.site.charts.scales import Scale, make_scale

__all__ = [
    "CorrelationPlot",
    "CorrelationRow",
    "correlation_figure",
    "correlation_plot",
    "correlation_table",
]


@dataclass(frozen=True)
class CorrelationRow:
    """One relation between two measures in the same people.

    Attributes
    ----------
    label : str
        The study.
    what : str
        What went with what, and in how many ("brain activity; 10 people").
    said : str
        What the source says when it prints no coefficient ("no link seen").
    r : float or None
        The coefficient as printed.
    ci : tuple of float or None
        Its 95% interval.
    open_range : tuple of float or None
        What a group of that size could have overlooked; only without a coefficient.
    group : str
        Heading the row stands under; rows of one group must follow each other.
    href : str
        Page of the study, used in the table.
    """

    label: str
    what: str
    said: str = ""
    r: float | None = None
    ci: Interval | None = None
    open_range: Interval | None = None
    group: str = ""
    href: str = ""

    def __post_init__(self) -> None:
        check_estimate(self.label, self.r, self.ci, log=False)
        if self.r is not None and not -1 <= self.r <= 1:
            raise ChartError(f"{self.label}: {self.r} is not a correlation")
        if self.r is not None and self.open_range is not None:
            raise ChartError(f"{self.label}: a printed coefficient leaves no range to work out")
        if self.r is None and not self.said:
            raise ChartError(f"{self.label}: neither a coefficient nor what the source says")

    @property
    def number(self) -> str:
        """The coefficient and its interval as printed, or what the source says."""
        if self.r is None:
            return self.said
        text = signed(self.r, 2)
        return f"{text} ({interval(*self.ci, 2)})" if self.ci else f"{text}, no interval"


@dataclass(frozen=True)
class CorrelationPlot:
    """A plot of correlations.

    Attributes
    ----------
    title, subtitle : str
        The finding; then what is shown.
    rows : sequence of CorrelationRow
        In the order shown.
    low_words, high_words : str
        What left and right of the line mean.
    """

    title: str
    subtitle: str
    rows: Sequence[CorrelationRow]
    low_words: str = "one goes up as the other goes down"
    high_words: str = "both go the same way"

    def __post_init__(self) -> None:
        if not self.rows:
            raise ChartError("a plot of correlations needs at least one row")
        groups = [row.group for row in self.rows]
        starts = [g for i, g in enumerate(groups) if i == 0 or groups[i - 1] != g]
        if len(starts) != len(set(starts)):
            raise ChartError("rows of one group must follow each other")

    @property
    def drawable(self) -> bool:
        """Whether any row has something to draw."""
        return any(row.r is not None or row.open_range for row in self.rows)


def correlation_plot(plot: CorrelationPlot, layout: Layout = "wide") -> Markup:
    """Draw correlations.

    Parameters
    ----------
    plot : CorrelationPlot
        What to draw.
    layout : {"wide", "narrow"}
        Words beside the picture, or above it for a phone.

    Returns
    -------
    Markup
        One ``<svg>`` element.
    """
    wide = layout == "wide"
    sheet = Sheet(800.0 if wide else 340.0)
    start, stop = (250.0, 590.0) if wide else (10.0, 330.0)
    scale = make_scale([], start, stop, domain=(-1.0, 1.0), count=4)
    y, group = 8.0, ""
    for row in plot.rows:
        if row.group and row.group != group:
            y = sheet.paragraph(
                0, y + 18, row.group, sheet.width, size=14, color="accent", bold=True
            )
            group = row.group
        y = _row(sheet, scale, row, y, wide)
    y = draw_axis(sheet, scale, y + 6, 0.0, "no correlation")
    y = side_words(sheet, scale(0.0), y, plot.low_words, plot.high_words)
    if any(row.open_range for row in plot.rows):
        y += 6
        _blind(sheet, 0, y - 4, 28)
        y = sheet.paragraph(
            36,
            y,
            "too small to tell: a link this strong could have gone unseen. Not an estimate.",
            sheet.width - 36,
            size=13,
            color="ink-2",
        )
    return sheet.svg(y - 6, plot.title, _describe(plot), f"corr-{layout}")


def _row(sheet: Sheet, scale: Scale, row: CorrelationRow, y: float, wide: bool) -> float:
    if wide:
        sheet.text(0, y + 17, row.label, size=15, bold=True)
        left = sheet.paragraph(0, y + 35, row.what, 232, size=13, color="ink-2")
        right = sheet.paragraph(612, y + 24, row.number, 188, size=14)
        middle, end = y + 20, max(left, right) - 4
        top = y
    else:
        sheet.text(0, y + 17, row.label, size=15, bold=True)
        below = sheet.paragraph(0, y + 35, row.what, 338, size=13, color="ink-2")
        below = sheet.paragraph(0, below, row.number, 338, size=14)
        top, middle, end = below - 10, below + 4, below + 22
        if row.r is None and row.open_range is None:
            return below + 6
    sheet.line(scale(0.0), top, scale(0.0), end, "rule-2")
    if row.r is not None:
        draw_estimate(
            sheet, scale, middle, row.r, row.ci, size=11, color="accent", shape="dot", stroke=2.5
        )
    elif row.open_range is not None:
        low, high = (scale.clamp(v) for v in row.open_range)
        _blind(sheet, low, middle, high - low)
    return end + 10


def _blind(sheet: Sheet, x: float, y: float, length: float) -> None:
    sheet.raw(
        f'<path d="M{x:.1f} {y:.1f}h{length:.1f}" stroke="{TOKENS["rule-2"]}" stroke-width="10"'
        ' stroke-dasharray="2 4"/>'
    )


def _describe(plot: CorrelationPlot) -> str:
    parts = []
    for row in plot.rows:
        text = f"{row.label}, {row.what}: {row.number}"
        if row.open_range:
            text += f"; a correlation from {interval(*row.open_range, 2)} could have gone unseen"
        parts.append(f"{text}.")
    return " ".join(parts)


def correlation_table(plot: CorrelationPlot) -> Table:
    """Build the table twin of a plot of correlations.

    Parameters
    ----------
    plot : CorrelationPlot
        The same object the picture is drawn from.

    Returns
    -------
    Table
        One row a relation.
    """
    rows: list[Row] = []
    group = ""
    for row in plot.rows:
        if row.group and row.group != group:
            rows.append(Row((row.group,), "group"))
            group = row.group
        name: Cell = Link(row.label, row.href) if row.href else row.label
        rows.append(
            Row(
                (
                    name,
                    row.what,
                    row.number,
                    interval(*row.open_range, 2) if row.open_range else "–",
                )
            )
        )
    return Table(
        plot.title,
        ("Study", "What with what", "Correlation (95% interval)", "Could have gone unseen"),
        rows,
        note=plot.subtitle,
    )


def correlation_figure(plot: CorrelationPlot) -> Figure:
    """Both drawings and the table, for the macro ``figure``.

    Parameters
    ----------
    plot : CorrelationPlot
        What to draw.

    Returns
    -------
    Figure
        Title, subtitle, drawings and table.
    """
    return Figure.of(plot, correlation_plot, correlation_table(plot), "corr")
