"""Albatross plots: p-value against people, with contours of effect, where no size is printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from aponia.site.charts.curve_parts import SIZES, layers
from aponia.site.charts.errors import ChartError
from aponia.site.charts.figure import Figure, Layout, Row, Table
from aponia.site.charts.palette import TOKENS
from aponia.site.charts.vega import Rows, to_svg

__all__ = [
    "AlbatrossChart",
    "AlbatrossPoint",
    "albatross_chart",
    "albatross_figure",
    "albatross_table",
]


@dataclass(frozen=True)
class AlbatrossPoint:
    """A study.

    Attributes
    ----------
    label : str
    x : float
        ``-log10(p)``, positive towards the drug.
    people : int
    p : str
        As printed ("< 0.001").
    bound : bool
        Whether p was printed as a bound: the study lies further out than its mark.
    implied : float
        Standardised difference its p and people imply (the smallest one for a bound).
    """

    label: str
    x: float
    people: int
    p: str
    bound: bool
    implied: float


@dataclass(frozen=True)
class AlbatrossChart:
    """Studies and the contours of a few effect sizes.

    Attributes
    ----------
    title, subtitle : str
    points : sequence of AlbatrossPoint
    contours : sequence of (effect, [(x, people), …])
        On the side of benefit; mirrored for harm.
    """

    title: str
    subtitle: str
    points: Sequence[AlbatrossPoint]
    contours: Sequence[tuple[float, Sequence[tuple[float, float]]]]

    def __post_init__(self) -> None:
        if len(self.points) < 2:
            raise ChartError("an albatross plot needs at least two studies")
        for point in self.points:
            if point.people < 1:
                raise ChartError(f"{point.label}: people must be positive, found {point.people}")
            if not abs(point.x) < float("inf"):
                raise ChartError(f"{point.label}: {point.x!r} is not a finite number")


def albatross_chart(chart: AlbatrossChart, layout: Layout = "wide") -> Markup:
    """Draw an albatross plot (Harrison 2017, Res Synth Methods 8:281).

    Parameters
    ----------
    chart : AlbatrossChart
    layout : {"wide", "narrow"}

    Returns
    -------
    Markup
        One ``<svg>`` element.
    """
    import altair as alt

    data = Rows()
    width, height = SIZES[layout]
    reach = max(3.2, *(abs(p.x) * 1.08 for p in chart.points))
    low = min(p.people for p in chart.points) / 1.4
    high = max(p.people for p in chart.points) * 1.4
    ticks = [-3, -2, -1.30103, 0, 1.30103, 2, 3]
    words = (
        "abs(datum.value) < 0.01 ? 'p = 1' : abs(abs(datum.value) - 1.30103) < 0.01 ? '0.05' : "
        "abs(datum.value) == 2 ? '0.01' : '0.001'"
    )
    x_scale = alt.Scale(domain=[-reach, reach], nice=False)
    x = alt.X("x:Q", scale=x_scale, axis=alt.Axis(values=ticks, labelExpr=words, title=None))
    y_scale = alt.Scale(domain=[low, high], type="log", nice=False)
    y = alt.Y("n:Q", scale=y_scale, axis=alt.Axis(tickCount=4, title=None, format="d"))
    parts = [data.on([{"x": 0}]).mark_rule(color=TOKENS["ink-3"]).encode(x=x)]
    for effect, line in chart.contours:
        for side in (1, -1):
            rows = [{"x": side * a, "n": n} for a, n in line if low <= n <= high and a <= reach]
            if len(rows) < 2:
                continue
            parts.append(
                data.on(rows)
                .mark_line(color=TOKENS["rule-2"], strokeDash=[4, 3], strokeWidth=1.2)
                .encode(x=x, y=y, order=alt.Order("n:Q"))
            )
            end = max(rows, key=lambda r: r["n"])
            parts.append(
                data.on([{**end, "t": f"{effect:g} SD"}])
                .mark_text(color=TOKENS["ink-3"], dy=-7, fontSize=12)
                .encode(x=x, y=y, text="t:N")
            )
    points = [{"x": p.x, "n": p.people, "t": p.label} for p in chart.points]
    parts.append(
        data.on(points)
        .mark_point(size=70, color=TOKENS["accent"], fill=TOKENS["accent"], opacity=1)
        .encode(x=x, y=y)
    )
    if layout == "wide":
        parts.append(
            data.on(points)
            .mark_text(align="left", dx=8, color=TOKENS["ink"], fontSize=12)
            .encode(x=x, y=y, text="t:N")
        )
    told = "; ".join(f"{p.label}: p {p.p}, {p.people} people" for p in chart.points)
    return to_svg(
        layers(parts, width, height),
        data,
        chart.title,
        f"P-value against people; right of the line favours the drug. {told}.",
        f"albatross-{layout}",
    )


def albatross_table(chart: AlbatrossChart) -> Table:
    """Build the table twin.

    Parameters
    ----------
    chart : AlbatrossChart

    Returns
    -------
    Table
    """
    rows = [
        Row(
            (
                p.label,
                p.p,
                f"{p.people:,}".replace(",", "\u2009"),
                f"{'at least ' if p.bound else ''}{abs(p.implied):.2f} SD "
                f"{'towards' if p.x > 0 else 'against'} the drug".replace("-", "−"),
            )
        )
        for p in chart.points
    ]
    return Table(
        chart.title,
        ("Study", "p", "People", "Effect that p and people imply"),
        rows,
        note="Implied, not measured: it takes the test to be a comparison of two equal groups.",
        numeric=(2,),
    )


def albatross_figure(chart: AlbatrossChart) -> Figure:
    """Build both drawings and the table.

    Parameters
    ----------
    chart : AlbatrossChart

    Returns
    -------
    Figure
    """
    return Figure.of(chart, albatross_chart, albatross_table(chart), "albatross")
