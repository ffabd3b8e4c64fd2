"""Curves over hours: what a dose does in the blood or at a receptor, with the band over people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from markupsafe import Markup, escape

from aponia.site.charts.drawing import Sheet
from aponia.site.charts.errors import ChartError
from aponia.site.charts.figure import Figure, Layout, Row, Table
from aponia.site.charts.palette import TOKENS
from aponia.site.charts.scales import Scale, make_scale
from aponia.site.charts.textfit import width

__all__ = [
    "ExposureCurves",
    "ExposureSeries",
    "Level",
    "exposure_curves",
    "exposure_figure",
    "exposure_table",
]

#: Line and band of the first, second and third series; later ones repeat the third.
_INKS = (("accent", "accent-soft"), ("cert-3", "unclear-soft"), ("ink-3", "sunken"))
_DASH = ("", "7 3", "2 3")


@dataclass(frozen=True)
class ExposureSeries:
    """One dose.

    Attributes
    ----------
    label : str
        Printed at the peak ("25 mg").
    hours, median : sequence of float
        The curve; of the typical person when nobody knows how much people differ.
    low, high : sequence of float or None
        The band over people.
    note : str
        Second column of the table ("9 arms of trials").
    """

    label: str
    hours: Sequence[float]
    median: Sequence[float]
    low: Sequence[float] | None = None
    high: Sequence[float] | None = None
    note: str = ""


@dataclass(frozen=True)
class Level:
    """A measured value drawn across the chart, and who measured it."""

    value: float
    label: str


@dataclass(frozen=True)
class ExposureCurves:
    """Curves of one to four doses of one drug.

    Attributes
    ----------
    title, subtitle : str
        The finding; then measure, unit, number of people.
    series : sequence of ExposureSeries
        Strongest first.
    unit : str
        Of the vertical axis ("ng/mL", "%").
    levels : sequence of Level
        Measured values to hold the curves against.
    top : float or None
        Fixed upper end of the vertical axis.
    digits : int
        Decimals in the table.
    band : str
        What the band holds, for the table's note.
    since : str
        Name of the horizontal axis.
    """

    title: str
    subtitle: str
    series: Sequence[ExposureSeries]
    unit: str
    levels: Sequence[Level] = field(default_factory=tuple)
    top: float | None = None
    digits: int = 1
    band: str = "Band: 90% of virtual people"
    since: str = "hours after the dose"

    def __post_init__(self) -> None:
        if not 1 <= len(self.series) <= 4:
            raise ChartError("exposure curves take one to four series")
        for s in self.series:
            lengths = {len(s.hours), len(s.median)}
            lengths |= {len(v) for v in (s.low, s.high) if v is not None}
            if len(lengths) != 1 or len(s.hours) < 2:
                raise ChartError(f"{s.label}: times and values must be equally many, at least two")
            if (s.low is None) != (s.high is None):
                raise ChartError(f"{s.label}: a band has two ends")
            if any(b <= a for a, b in pairwise(s.hours)):
                raise ChartError(f"{s.label}: hours must rise")
            values = [*s.median, *(s.low or ()), *(s.high or ())]
            if not all(math.isfinite(v) and v >= 0 for v in values):
                raise ChartError(f"{s.label}: values must be finite and not negative")


def _top(values: Sequence[float]) -> int:
    """Position of the largest value."""
    return max(range(len(values)), key=values.__getitem__)


def _points(xs: Sequence[float], ys: Sequence[float]) -> str:
    return "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs, ys, strict=True))


def _halo(sheet: Sheet, x: float, y: float, text: str, color: str, anchor: str) -> None:
    """Set text on a paper-coloured outline, so that it reads across lines."""
    for extra in (
        f'fill="{TOKENS["paper"]}" stroke="{TOKENS["paper"]}" stroke-width="4" stroke-linejoin="round"',
        f'fill="{TOKENS[color]}"',
    ):
        sheet.raw(
            f'<text x="{x:.1f}" y="{y:.1f}" {extra} text-anchor="{anchor}" font-size="13" '
            f'font-weight="600">{escape(text)}</text>'
        )


def exposure_curves(plot: ExposureCurves, layout: Layout = "wide") -> Markup:
    """Draw curves over hours.

    Parameters
    ----------
    plot : ExposureCurves
        What to draw.
    layout : {"wide", "narrow"}
        For a text column, or for a phone.

    Returns
    -------
    Markup
        One ``<svg>`` element.
    """
    total, height = (800.0, 300.0) if layout == "wide" else (340.0, 240.0)
    sheet = Sheet(total)
    left, right, top = 40.0, total - 10, 26.0
    bottom = top + height
    peak = max(max(s.high or s.median) for s in plot.series)
    ends = [0.0, plot.top or max([peak * 1.05, *(level.value for level in plot.levels)])]
    y = make_scale(ends, bottom, top, domain=(0.0, ends[1]) if plot.top else None, count=4)
    hours = max(s.hours[-1] for s in plot.series)
    x = make_scale([], left, right, domain=(0.0, hours), count=12 if layout == "wide" else 6)
    _ground(sheet, plot, x, y, bottom)
    for i in reversed(range(len(plot.series))):
        _band(sheet, plot.series[i], _INKS[min(i, 2)][1], x, y)
    for i in reversed(range(len(plot.series))):
        s, ink = plot.series[i], _INKS[min(i, 2)][0]
        xs, ys = [x(h) for h in s.hours], [y.clamp(v) for v in s.median]
        dash = f' stroke-dasharray="{_DASH[min(i, 2)]}"' if _DASH[min(i, 2)] else ""
        sheet.raw(
            f'<path d="M{_points(xs, ys)}" stroke="{TOKENS[ink]}" '
            f'stroke-width="{2.5 if i == 0 else 2}"{dash}/>'
        )
    for level in plot.levels:
        sheet.line(left, y(level.value), right, y(level.value), "mid-ink", dash="1 4")
    end = bottom + 42
    if layout == "wide":
        for level in plot.levels:
            _halo(sheet, right, y(level.value) - 6, level.label, "mid-ink", "end")
    else:
        # A phone has no room for words across the curves.
        for level in plot.levels:
            end = sheet.paragraph(0, end + 12, level.label, total, size=13, color="mid-ink") - 14
    where = _apart(plot.series, y)
    if where is not None and _gap(plot.series, y, where) < 15:
        _key(sheet, plot.series, right, top)
    else:
        taken: list[float] = []
        for i, s in enumerate(plot.series):
            k = _top(s.median) if where is None else where
            late = x(s.hours[k]) + 8 + width(s.label, 13, True) > right
            anchor, move = ("end", -4) if late else ("start", 4)
            at = _free(taken, y.clamp(s.median[k]) - 7)
            _halo(sheet, x(s.hours[k]) + move, at, s.label, _INKS[min(i, 2)][0], anchor)
    return sheet.svg(end, plot.title, _describe(plot), f"exposure-{layout}")


def _apart(series: Sequence[ExposureSeries], y: Scale) -> int | None:
    """Find the time after the peak at which curves lie farthest apart; None for a single curve."""
    peaks = [s.hours[_top(s.median)] for s in series]
    # Curves of other shapes are named at their own peaks.
    if len(series) < 2 or len({tuple(s.hours) for s in series}) > 1 or max(peaks) > 2 * min(peaks):
        return None
    first, last = _top(series[0].median), len(series[0].hours) * 2 // 3
    return max(range(first, max(last, first + 1)), key=lambda k: _gap(series, y, k))


def _free(taken: list[float], want: float) -> float:
    """Baseline near the wanted one that no earlier label of the chart stands on."""
    while any(abs(want - t) < 15 for t in taken):
        want += 2
    taken.append(want)
    return want


def _gap(series: Sequence[ExposureSeries], y: Scale, k: int) -> float:
    """Smallest distance of two curves at a time, in drawing units."""
    heights = sorted(y.clamp(s.median[k]) for s in series)
    return min(b - a for a, b in pairwise(heights))


def _key(sheet: Sheet, series: Sequence[ExposureSeries], right: float, top: float) -> None:
    """Name curves that lie too close for words between them, in the empty corner at the right."""
    for i, s in enumerate(series):
        ink, y = _INKS[min(i, 2)][0], top + 12 + 18 * i
        start = right - width(s.label, 13, True) - 34
        sheet.line(start, y - 4.5, start + 27, y - 4.5, ink, width=2.2, dash=_DASH[min(i, 2)])
        _halo(sheet, start + 34, y, s.label, ink, "start")


def _ground(sheet: Sheet, plot: ExposureCurves, x: Scale, y: Scale, bottom: float) -> None:
    sheet.text(0, 13, plot.unit, size=13, color="ink-2", bold=True)
    for value, label in zip(y.ticks, y.tick_labels, strict=True):
        sheet.line(x.start, y(value), x.stop, y(value), "rule-2" if value == 0 else "rule")
        sheet.text(x.start - 8, y(value) + 4.5, label, size=13, color="ink-2", anchor="end")
    for value, label in zip(x.ticks, x.tick_labels, strict=True):
        sheet.line(x(value), bottom, x(value), bottom + 4, "rule-2")
        sheet.text(x(value), bottom + 19, label, size=13, color="ink-2", anchor="middle")
    sheet.text(x.stop, bottom + 37, plot.since, size=13, color="ink-2", anchor="end", bold=True)


def _band(sheet: Sheet, s: ExposureSeries, color: str, x: Scale, y: Scale) -> None:
    if s.low is None or s.high is None:
        return
    xs = [x(h) for h in s.hours]
    upper, lower = [y.clamp(v) for v in s.high], [y.clamp(v) for v in s.low]
    back = _points(xs[::-1], lower[::-1])
    sheet.raw(
        f'<path d="M{_points(xs, upper)}L{back}Z" fill="{TOKENS[color]}" fill-opacity=".85"/>'
    )


def _describe(plot: ExposureCurves) -> str:
    parts = []
    for s in plot.series:
        k = _top(s.median)
        text = f"{s.label}: highest {s.median[k]:.{plot.digits}f} {plot.unit}"
        if s.low is not None and s.high is not None:
            text += f" ({s.low[k]:.{plot.digits}f} to {s.high[k]:.{plot.digits}f})"
        parts.append(f"{text} at {s.hours[k]:.1f} h.")
    parts += [f"Marked: {level.label}." for level in plot.levels]
    return f"Curves over {plot.since}. " + " ".join(parts)


def exposure_table(plot: ExposureCurves) -> Table:
    """Build the table twin: each curve at whole hours.

    Parameters
    ----------
    plot : ExposureCurves
        The same object the picture is drawn from.

    Returns
    -------
    Table
        One row a dose and hour.
    """
    rows = []
    last = max(s.hours[-1] for s in plot.series)
    step = 1 if last <= 12 else 2
    for s in plot.series:
        for hour in range(0, int(last) + 1, step):
            near = [i for i, h in enumerate(s.hours) if abs(h - hour) < 1e-6]
            if not near:
                continue
            i = near[0]
            band = None
            if s.low is not None and s.high is not None:
                band = f"{s.low[i]:.{plot.digits}f} to {s.high[i]:.{plot.digits}f}"
            rows.append(Row((s.label, f"{hour} h", f"{s.median[i]:.{plot.digits}f}", band or "not known",
                             s.note or "–")))  # fmt: skip
    for level in plot.levels:
        rows.append(Row((level.label, "–", f"{level.value:.{plot.digits}f}", "–", "measured")))
    headers = ("The trial gave", "After", f"Median, {plot.unit}", "90% of people", "Given by")
    return Table(plot.title, headers, rows, note=f"{plot.subtitle}. {plot.band}.", numeric=(1, 2))


def exposure_figure(plot: ExposureCurves) -> Figure:
    """Both drawings and the table, for the macro ``figure``."""
    return Figure.of(plot, exposure_curves, exposure_table(plot), "exposure")
