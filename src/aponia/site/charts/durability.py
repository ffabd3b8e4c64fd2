"""How long an effect lasts: drawn by Altair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from aponia.site.charts.curve_parts import SIZES, ground, layers, span
from aponia.site.charts.errors import ChartError
from aponia.site.charts.figure import Direction, Figure, Layout, Row, Table
from aponia.site.charts.intervals import Interval, check_estimate
from aponia.site.charts.numerals import interval, signed
from aponia.site.charts.palette import TOKENS
from aponia.site.charts.textfit import width as text_width
from aponia.site.charts.vega import Rows, to_svg

__all__ = [
    "DurabilityCurve",
    "DurabilityPoint",
    "DurabilitySeries",
    "durability_curve",
    "durability_figure",
    "durability_table",
]


@dataclass(frozen=True)
class DurabilityPoint:
    """The effect at a time after the (last) dose, in days."""

    day: float
    effect: float
    ci: Interval | None = None
    people: int | None = None


@dataclass(frozen=True)
class DurabilitySeries:
    """Points of one study or one arm that belong together."""

    label: str
    points: Sequence[DurabilityPoint]
    main: bool = True


@dataclass(frozen=True)
class DurabilityCurve:
    """How long an effect lasts.

    Attributes
    ----------
    title, subtitle : str
        The finding; then measure, unit, number of people.
    series : sequence of DurabilitySeries
        At most four, so that each can be named beside its line.
    null_label : str
        Name of the zero line.
    mid : tuple of float or None
        Zone too small to matter.
    mid_label : str
        What the zone is, for the table's note.
    direction : str
        Colour of the main series.
    digits : int
        Decimals in the table.
    end_note : str
        Printed after the last point ("nobody measured later").
    """

    title: str
    subtitle: str
    series: Sequence[DurabilitySeries]
    null_label: str = "no difference"
    mid: Interval | None = None
    mid_label: str = ""
    direction: Direction = "unclear"
    digits: int = 1
    end_note: str = "nobody measured later"

    def __post_init__(self) -> None:
        if not self.series or len(self.series) > 4:
            raise ChartError("a durability curve takes one to four series")
        for series in self.series:
            if not series.points:
                raise ChartError(f"{series.label}: a series needs at least one point")
            days = [p.day for p in series.points]
            if days != sorted(days) or days[0] < 0:
                raise ChartError(f"{series.label}: days must be rising and not negative")
            for point in series.points:
                check_estimate(
                    f"{series.label}, day {point.day:g}", point.effect, point.ci, log=False
                )


def _day_words(day: float) -> str:
    if day < 1:
        return f"{round(day * 24)} h"
    for length, word in ((365, "year"), (30, "month"), (7, "week"), (1, "day")):
        if day >= length * (2 if word != "day" else 1) or day == length:
            count = day / length
            if abs(count - round(count)) < 0.08:
                return f"{round(count)} {word}{'' if round(count) == 1 else 's'}"
    return f"{day:g} days"


def durability_curve(curve: DurabilityCurve, layout: Layout = "wide") -> Markup:
    """Draw how long an effect lasts.

    Parameters
    ----------
    curve : DurabilityCurve
        What to draw.
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
    points = [p for s in curve.series for p in s.points]
    values = [0.0, *(curve.mid or ())]
    for point in points:
        values += [point.effect, *(point.ci or ())]
    low, high = span(values)
    last = max(p.day for p in points) or 1.0
    # Times of measurement run from hours to a year: a root scale keeps the first weeks apart.
    # The names of the series stand right of their last points, inside the axis.
    names = [s.label for s in curve.series] + [curve.end_note]
    need = max(text_width(name, 13, True) for name in names) + 16 if layout == "wide" else 14
    room = (width / (width - need)) ** 2
    x_scale = alt.Scale(type="sqrt", domain=[0, last * room], nice=False)
    ticks = _spaced(sorted({p.day for p in points}), last * room, width)
    labels = "{" + ",".join(f"'{d:g}':'{_day_words(d)}'" for d in ticks) + "}"
    axis = alt.Axis(values=ticks, labelExpr=f"({labels})[datum.value]", title=None, labelFlush=True)
    x = alt.X("day:Q", scale=x_scale, axis=axis)
    y_axis = alt.Axis(tickCount=5, title=None)
    scale = alt.Scale(domain=[low, high], nice=False)
    parts = ground(data, scale, curve.mid, curve.null_label)
    colors = {"benefit": "benefit", "harm": "harm"}
    for index, series in enumerate(curve.series):
        color = TOKENS[colors.get(curve.direction, "ink") if series.main else "ink-3"]
        rows = [
            {
                "day": p.day,
                "y": p.effect,
                "lo": p.ci[0] if p.ci else None,
                "hi": p.ci[1] if p.ci else None,
                "t": series.label,
            }
            for p in series.points
        ]
        base = data.on(rows).encode(x=x)
        y = alt.Y("y:Q", axis=y_axis)
        dash = [1, 0] if series.main else [5, 3]
        parts.append(base.mark_line(color=color, strokeWidth=2, strokeDash=dash).encode(y=y))
        limits = [r for r in rows if r["lo"] is not None]
        if limits:
            parts.append(
                data.on(limits)
                .mark_rule(color=color, strokeWidth=1.5)
                .encode(x=x, y="lo:Q", y2="hi:Q")
            )
        parts.append(
            base.mark_point(
                color=color, fill=color if series.main else TOKENS["paper"], size=62, opacity=1
            ).encode(y=y)
        )
        parts.append(_series_label(data, rows, x, color, layout, index))
    if curve.end_note and layout == "wide":
        parts.append(_end_note(data, curve.end_note, last, low, high, x))
    return to_svg(
        layers(parts, width, height),
        data,
        curve.title,
        _describe_durability(curve),
        f"durability-{layout}",
    )


def _spaced(days: list[float], last: float, width: int) -> list[float]:
    """Leave out tick labels that would touch: 70 units each on a root scale."""
    kept: list[float] = []
    for day in days:
        if not kept or width * ((day / last) ** 0.5 - (kept[-1] / last) ** 0.5) >= 62:
            kept.append(day)
    return kept


def _series_label(
    data: Rows, rows: list[dict[str, Any]], x: Any, color: str, layout: str, index: int
) -> Any:

    if layout == "wide":
        chart = data.on(rows[-1:])
        mark = chart.mark_text(align="left", dx=10, fontWeight=600, color=color)
    else:
        # A phone has no room at the right end: the name stands over the first point.
        chart = data.on(rows[:1])
        mark = chart.mark_text(align="left", dx=8, dy=-11, fontWeight=600, color=color)
    return mark.encode(x=x, y="y:Q", text="t:N")


def _end_note(data: Rows, note: str, last: float, low: float, high: float, x: Any) -> Any:

    rows = [{"day": last, "y": low + (high - low) * 0.04, "t": note}]
    mark = data.on(rows).mark_text(align="left", dx=10, color=TOKENS["ink-3"], baseline="bottom")
    return mark.encode(x=x, y="y:Q", text="t:N")


def _describe_durability(curve: DurabilityCurve) -> str:
    parts = []
    for series in curve.series:
        first, last = series.points[0], series.points[-1]
        parts.append(
            f"{series.label}: {signed(first.effect, curve.digits)} at {_day_words(first.day)}, "
            f"{signed(last.effect, curve.digits)} at {_day_words(last.day)}."
        )
    if curve.end_note:
        parts.append(f"After that {curve.end_note}.")
    return "Effect by time after the dose. " + " ".join(parts)


def durability_table(curve: DurabilityCurve) -> Table:
    """Build the table twin of a durability curve.

    Parameters
    ----------
    curve : DurabilityCurve
        The same object the picture is drawn from.

    Returns
    -------
    Table
        One row a point.
    """
    rows = []
    for series in curve.series:
        for p in series.points:
            limits = interval(*p.ci, curve.digits) if p.ci else None
            people = None if p.people is None else str(p.people)
            rows.append(
                Row(
                    (
                        series.label,
                        _day_words(p.day),
                        people,
                        signed(p.effect, curve.digits),
                        limits,
                    )
                )
            )
    headers = ("Study", "Time after the dose", "People", "Effect", "95% interval")
    note = f"{curve.subtitle}. {curve.mid_label}" if curve.mid_label else curve.subtitle
    return Table(curve.title, headers, rows, note=note)


def durability_figure(curve: DurabilityCurve) -> Figure:
    """Both drawings and the table, for the macro ``figure``."""
    return Figure.of(curve, durability_curve, durability_table(curve), "durability")
