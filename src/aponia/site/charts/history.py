"""How an answer has changed over the years: drawn by Altair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from aponia.site.charts.curve_parts import SIZES, ground, layers, span
from aponia.site.charts.errors import ChartError
from aponia.site.charts.figure import Figure, Layout, Row, Table
from aponia.site.charts.intervals import Interval, check_estimate
from aponia.site.charts.numerals import interval, signed
from aponia.site.charts.palette import TOKENS
from aponia.site.charts.vega import Rows, to_svg

__all__ = [
    "HistoryCurve",
    "HistoryPoint",
    "history_curve",
    "history_figure",
    "history_table",
]


@dataclass(frozen=True)
class HistoryPoint:
    """The answer as it stood after a study was added."""

    year: int
    effect: float
    ci: Interval | None
    added: str
    people: int | None = None
    certainty: str = ""


@dataclass(frozen=True)
class HistoryCurve:
    """How the answer has changed over the years."""

    title: str
    subtitle: str
    points: Sequence[HistoryPoint]
    null_label: str = "no difference"
    log: bool = False
    mid: Interval | None = None
    digits: int = 1
    until: int | None = None

    def __post_init__(self) -> None:
        if not self.points:
            raise ChartError("a history needs at least one point")
        years = [p.year for p in self.points]
        if years != sorted(years):
            raise ChartError("the points of a history must be in the order of years")
        for p in self.points:
            check_estimate(p.added, p.effect, p.ci, log=self.log)


def history_curve(curve: HistoryCurve, layout: Layout = "wide") -> Markup:
    """Draw the estimate after each added study, against the year.

    Parameters
    ----------
    curve : HistoryCurve
        What to draw; several studies of one year stand side by side within the year.
    layout : {"wide", "narrow"}
        For a text column, or for a phone.

    Returns
    -------
    Markup
        One ``<svg>`` element.
    """
    import altair as alt

    data = Rows()
    width, height = SIZES[layout]
    null = 1.0 if curve.log else 0.0
    values = [null, *(curve.mid or ())]
    for p in curve.points:
        values += [p.effect, *(p.ci or ())]
    scale_type: Literal["log", "linear"] = "log" if curve.log else "linear"
    if curve.log:
        low, high = min(values) / 1.1, max(values) * 1.1
    else:
        low, high = span(values)
    rows = []
    for p in curve.points:
        same = [q for q in curve.points if q.year == p.year]
        shift = same.index(p) / len(same)
        rows.append(
            {
                "x": p.year + shift,
                "y": p.effect,
                "lo": p.ci[0] if p.ci else None,
                "hi": p.ci[1] if p.ci else None,
                "t": p.added,
            }
        )
    first, last = curve.points[0].year, max(curve.until or 0, curve.points[-1].year + 1)
    # Room at the left for the name of the line, so that no interval crosses it.
    lead = (last + 0.5 - first) * 100 / (width - 100)
    x_scale = alt.Scale(domain=[first - lead, last + 0.5], nice=False)
    years = last - first
    stride = next(s for s in (1, 2, 5, 10, 20, 50) if years / s <= width / 60)
    ticks = [y for y in range(first, last + 1) if y % stride == 0] or [first]
    x = alt.X("x:Q", scale=x_scale, axis=alt.Axis(values=ticks, format="d", title=None))
    y_scale = alt.Scale(domain=[low, high], type=scale_type, nice=False)
    y = alt.Y("y:Q", scale=y_scale, axis=alt.Axis(tickCount=5, title=None))
    parts = ground(data, y_scale, curve.mid, curve.null_label, null)
    end = [*rows, {**rows[-1], "x": last + 0.5}]
    parts.append(
        data.on(end)
        .mark_line(interpolate="step-after", color=TOKENS["accent"], strokeWidth=2)
        .encode(x=x, y=y)
    )
    limits = [r for r in rows if r["lo"] is not None]
    if limits:
        parts.append(
            data.on(limits)
            .mark_rule(color=TOKENS["accent"], strokeWidth=1.5)
            .encode(x=x, y=alt.Y("lo:Q", scale=y_scale), y2="hi:Q")
        )
    base = data.on(rows).encode(x=x)
    parts.append(
        base.mark_point(size=62, color=TOKENS["accent"], fill=TOKENS["accent"], opacity=1).encode(
            y=y
        )
    )
    if layout == "wide" and len(rows) <= 6:
        parts.append(
            data.on(rows)
            .mark_text(align="left", dx=9, dy=-9, color=TOKENS["ink"])
            .encode(x=x, y=y, text="t:N")
        )
    words = "; ".join(
        f"{p.year}, {p.added}: {signed(p.effect, curve.digits)}" for p in curve.points
    )
    return to_svg(
        layers(parts, width, height),
        data,
        curve.title,
        f"Estimate after each study. {words}.",
        f"history-{layout}",
    )


def history_table(curve: HistoryCurve) -> Table:
    """Build the table twin of a history.

    Parameters
    ----------
    curve : HistoryCurve
        The same object the picture is drawn from.

    Returns
    -------
    Table
        One row an added study.
    """
    rows = [
        Row(
            (
                str(p.year),
                p.added,
                None if p.people is None else str(p.people),
                signed(p.effect, curve.digits),
                interval(*p.ci, curve.digits) if p.ci else None,
                p.certainty or "–",
            )
        )
        for p in curve.points
    ]
    headers = ("Year", "Study added", "People so far", "Answer then", "95% interval", "Certainty")
    return Table(curve.title, headers, rows, note=curve.subtitle)


def history_figure(curve: HistoryCurve) -> Figure:
    """Both drawings and the table, for the macro ``figure``."""
    return Figure.of(curve, history_curve, history_table(curve), "history")
