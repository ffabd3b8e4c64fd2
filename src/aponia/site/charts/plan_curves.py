"""A planned trial over its size: chance to detect an effect, and the interval it would end with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from aponia.site.charts.drawing import Sheet
from aponia.site.charts.errors import ChartError
from aponia.site.charts.figure import Figure, Layout, Row, Table
from aponia.site.charts.palette import TOKENS
from aponia.site.charts.scales import make_scale
from aponia.site.charts.textfit import width

__all__ = [
    "IntervalRows", "PlannedInterval", "SizeCurves", "SizeLine", "interval_rows", "interval_rows_figure",
    "size_curves", "size_curves_figure",
]  # fmt: skip

_INK = ("accent", "cert-3")
_DASH = ("", "7 4")


@dataclass(frozen=True)
class SizeLine:
    """One line: a share for each number of people, with its simulation error."""

    label: str
    shares: Sequence[float]
    errors: Sequence[float]


@dataclass(frozen=True)
class SizeCurves:
    """Shares of trials over their size.

    Attributes
    ----------
    title, subtitle : str
    people : sequence of int
        Rising; the horizontal axis.
    lines : sequence of SizeLine
        One or two.
    target : float
        Drawn across.
    mark : int or None
        Number of people to point at.
    """

    title: str
    subtitle: str
    people: Sequence[int]
    lines: Sequence[SizeLine]
    target: float
    mark: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.lines) <= 2 or len(self.people) < 2:
            raise ChartError("size curves take one or two lines over at least two sizes")
        for line in self.lines:
            if len(line.shares) != len(self.people) or len(line.errors) != len(self.people):
                raise ChartError(f"{line.label}: one share and one error for each size")
            if not all(0 <= s <= 1 for s in line.shares):
                raise ChartError(f"{line.label}: shares lie between 0 and 1")


def size_curves(plot: SizeCurves, layout: Layout = "wide") -> Markup:
    """Draw shares of trials over their size."""
    total, height = (800.0, 270.0) if layout == "wide" else (340.0, 220.0)
    sheet = Sheet(total)
    left, top = 44.0, 20.0
    right = total - (190.0 if layout == "wide" else 12.0)
    bottom = top + height
    x = make_scale(
        [], left, right, domain=(0.0, float(plot.people[-1])), count=6 if layout == "wide" else 4
    )
    y = make_scale([], bottom, top, domain=(0.0, 1.0), count=4)
    for share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        sheet.line(left, y(share), right, y(share), "ink-3" if share == 0 else "rule")
        sheet.text(
            left - 8, y(share) + 4.5, f"{100 * share:.0f}%", size=13, color="ink-2", anchor="end"
        )
    for tick in x.ticks:
        sheet.text(x(tick), bottom + 20, f"{tick:.0f}", size=13, color="ink-2", anchor="middle")
    sheet.text((left + right) / 2, bottom + 40, "people in all, both groups", size=13, color="ink-2", anchor="middle")  # fmt: skip
    sheet.line(left, y(plot.target), right, y(plot.target), "mid-ink", dash="2 4")
    if plot.mark is not None:
        at = x(float(plot.mark))
        sheet.line(at, y(plot.target), at, bottom, "mid-ink", dash="2 4")
        near_end = at + 8 + width(f"{plot.mark} people", 13, True) > right
        sheet.text(
            at + (-6 if near_end else 6), bottom - 8, f"{plot.mark} people", size=13, color="mid-ink",
            bold=True, anchor="end" if near_end else "start",
        )  # fmt: skip
    end = bottom + 62
    ends: list[float] = []
    for i, line in enumerate(plot.lines):
        points = "L".join(
            f"{x(float(n)):.1f} {y(s):.1f}" for n, s in zip(plot.people, line.shares, strict=True)
        )
        dash = f' stroke-dasharray="{_DASH[i]}"' if _DASH[i] else ""
        sheet.raw(f'<path d="M{points}" stroke="{TOKENS[_INK[i]]}" stroke-width="2.5"{dash}/>')
        for n, s in zip(plot.people, line.shares, strict=True):
            sheet.circle(x(float(n)), y(s), 3.5, "paper", _INK[i], stroke_width=2)
        if layout == "wide":
            at = y(line.shares[-1]) + 5
            while any(abs(at - other) < 34 for other in ends):
                at += 34
            ends.append(at)
            sheet.paragraph(
                right + 12, at, line.label, total - right - 12, size=13, color=_INK[i], bold=True
            )
        else:
            sheet.line(0, end - 4, 22, end - 4, _INK[i], width=2.5, dash=_DASH[i])
            end = sheet.paragraph(
                28, end, line.label, total - 28, size=13, color=_INK[i], bold=True
            )
    told = " ".join(
        f"{line.label}: "
        + ", ".join(
            f"{100 * s:.0f}% with {n}" for n, s in zip(plot.people, line.shares, strict=True)
        )
        + "."
        for line in plot.lines
    )
    return sheet.svg(end if layout == "narrow" else bottom + 50, plot.title, f"Lines over the number of people. {told}", f"size-{layout}")  # fmt: skip


def size_curves_figure(plot: SizeCurves) -> Figure:
    """Both drawings and the table, for the macro ``figure``."""
    rows = [
        Row(
            (
                str(n),
                *(
                    f"{100 * line.shares[i]:.0f}% ± {196 * line.errors[i]:.1f}"
                    for line in plot.lines
                ),
            )
        )
        for i, n in enumerate(plot.people)
    ]
    headers = ("People in all", *(line.label for line in plot.lines))
    table = Table(plot.title, headers, rows, note=f"{plot.subtitle}. ±: 95% error of the simulation.",
                  numeric=tuple(range(1, len(headers))))  # fmt: skip
    return Figure.of(plot, size_curves, table, "size")


@dataclass(frozen=True)
class PlannedInterval:
    """The interval a trial of some size would end with, on average, if it found the effect."""

    people: int
    low: float
    high: float


@dataclass(frozen=True)
class IntervalRows:
    """Expected intervals by size.

    Attributes
    ----------
    title, subtitle : str
    effect : float
        Where the intervals are centred.
    rows : sequence of PlannedInterval
    null : float
    log : bool
        Ratios.
    better, worse : str
        Words for the two sides of no difference.
    better_low : bool
        Whether smaller values are better.
    unit : str
    """

    title: str
    subtitle: str
    effect: float
    rows: Sequence[PlannedInterval]
    null: float
    log: bool
    better: str
    worse: str
    better_low: bool
    unit: str

    def __post_init__(self) -> None:
        if not self.rows:
            raise ChartError("interval rows need at least one row")
        for r in self.rows:
            if not (math.isfinite(r.low) and math.isfinite(r.high) and r.low <= r.high):
                raise ChartError(f"{r.people} people: an interval has two finite ends in order")


def interval_rows(plot: IntervalRows, layout: Layout = "wide") -> Markup:
    """Draw expected intervals by size."""
    wide = layout == "wide"
    total, step = (800.0, 30.0) if wide else (340.0, 30.0)
    sheet = Sheet(total)
    left, right = (110.0, total - 150.0) if wide else (58.0, total - 14.0)
    top = 44.0
    values = [plot.null, plot.effect, *(v for r in plot.rows for v in (r.low, r.high))]
    x = make_scale(values, left, right, log=plot.log, count=5 if wide else 3)
    bottom = top + step * len(plot.rows)
    sheet.line(x(plot.null), top - 12, x(plot.null), bottom, "ink-3")
    sheet.line(x(plot.effect), top - 12, x(plot.effect), bottom, "mid-ink", dash="2 4")
    words = (plot.better, plot.worse) if plot.better_low else (plot.worse, plot.better)
    sheet.text(x(plot.null) - 8, 14, words[0], size=13, color="ink-2", anchor="end")
    if x(plot.null) + 8 + width(words[1], 13) < total:
        sheet.text(x(plot.null) + 8, 14, words[1], size=13, color="ink-2")
    for i, r in enumerate(plot.rows):
        at = top + step * i + 8
        sheet.text(left - 14, at + 4.5, str(r.people) if not wide else f"{r.people} people", size=13, anchor="end", bold=True)  # fmt: skip
        crosses = r.low <= plot.null <= r.high
        sheet.line(
            x.clamp(r.low), at, x.clamp(r.high), at, "unclear" if crosses else "accent", width=5
        )
        sheet.circle(
            x(plot.effect), at, 4.5, "paper", "unclear" if crosses else "accent", stroke_width=2
        )
        if wide:
            sheet.text(
                right + 14, at + 4.5, f"{_told(r.low)} to {_told(r.high)}", size=13, color="ink-2"
            )
    sheet.line(left, bottom + 4, right, bottom + 4, "rule")
    for tick, label in zip(x.ticks, x.tick_labels, strict=True):
        sheet.text(x(tick), bottom + 22, label, size=13, color="ink-2", anchor="middle")
    sheet.text((left + right) / 2, bottom + 42, plot.unit, size=13, color="ink-2", anchor="middle")
    told = " ".join(f"{r.people} people: {_told(r.low)} to {_told(r.high)}." for r in plot.rows)
    return sheet.svg(bottom + 50, plot.title, f"Intervals by number of people. {told}", f"planned-interval-{layout}")  # fmt: skip


def _told(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def interval_rows_figure(plot: IntervalRows) -> Figure:
    """Both drawings and the table, for the macro ``figure``."""
    rows = [
        Row(
            (
                str(r.people),
                _told(r.low),
                _told(r.high),
                "yes" if r.low <= plot.null <= r.high else "no",
            )
        )
        for r in plot.rows
    ]
    headers = ("People in all", "From", "To", "Includes no difference")
    table = Table(plot.title, headers, rows, note=f"{plot.subtitle}. {plot.unit}.", numeric=(1, 2))
    return Figure.of(plot, interval_rows, table, "planned-interval")
