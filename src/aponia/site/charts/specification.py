"""Every defensible analysis at once: the specification curve, and what each choice does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from markupsafe import Markup

from aponia.site.charts.errors import ChartError
from aponia.site.charts.figure import Figure, Layout, Row, Table
from aponia.site.charts.intervals import Interval, check_estimate
from aponia.site.charts.numerals import percent, signed
from aponia.site.charts.palette import TOKENS
from aponia.site.charts.scales import make_scale
from aponia.site.charts.textfit import width as text_width
from aponia.site.charts.vega import Rows, fixed, haloed, to_svg

__all__ = [
    "Specification",
    "SpecificationCurve",
    "specification_curve",
    "specification_figure",
    "specification_table",
]


@dataclass(frozen=True)
class Specification:
    """One analysis: its result, and the choices that led to it (choice to option)."""

    effect: float
    ci: Interval | None
    choices: tuple[tuple[str, str], ...]
    main: bool = False


@dataclass(frozen=True)
class SpecificationCurve:
    """All analyses of a question.

    Attributes
    ----------
    title, subtitle : str
        The finding with the shares; then measure, unit and number of analyses.
    specifications : sequence of Specification
        Every analysis, in any order; one of them may be the main one.
    low_words, high_words : str
        What left and right of the line mean.
    log, mid, digits, null_label
        As in `ForestPlot`.
    """

    title: str
    subtitle: str
    specifications: Sequence[Specification]
    low_words: str = ""
    high_words: str = ""
    log: bool = False
    mid: Interval | None = None
    digits: int = 1
    null_label: str = "no difference"

    def __post_init__(self) -> None:
        if not self.specifications:
            raise ChartError("a specification curve needs at least one analysis")
        for i, spec in enumerate(self.specifications):
            check_estimate(f"analysis {i + 1}", spec.effect, spec.ci, log=self.log)

    @property
    def null(self) -> float:
        """The value of no difference."""
        return 1.0 if self.log else 0.0

    def shares(self) -> tuple[int, int, int]:
        """Count the analyses below the line, above it, and with an interval off the line."""
        effects = [s.effect for s in self.specifications]
        clear = sum(
            s.ci is not None and not s.ci[0] <= self.null <= s.ci[1] for s in self.specifications
        )
        return sum(e < self.null for e in effects), sum(e > self.null for e in effects), clear

    def options(self) -> list[tuple[str, str, list[float]]]:
        """Collect the estimates of every option of every choice that varies."""
        found: dict[str, dict[str, list[float]]] = {}
        for spec in self.specifications:
            for choice, option in spec.choices:
                found.setdefault(choice, {}).setdefault(option, []).append(spec.effect)
        return [
            (choice, option, effects)
            for choice, options in found.items()
            if len(options) > 1
            for option, effects in options.items()
        ]


def specification_curve(curve: SpecificationCurve, layout: Layout = "wide") -> Markup:
    """Draw all estimates in order of size, and under them the range for every option.

    Parameters
    ----------
    curve : SpecificationCurve
        What to draw; thousands of analyses are still one outline and one line.
    layout : {"wide", "narrow"}
        For a text column, or for a phone.

    Returns
    -------
    Markup
        One ``<svg>`` element.
    """
    import altair as alt

    data = Rows()
    wide = layout == "wide"
    width = 570 if wide else 332
    ordered = sorted(curve.specifications, key=lambda s: s.effect)
    thin = max(1, len(ordered) // 150)
    rows = [
        {
            "x": s.effect,
            "y": i,
            "lo": s.ci[0] if s.ci else s.effect,
            "hi": s.ci[1] if s.ci else s.effect,
        }
        for i, s in enumerate(ordered)
        if i % thin == 0 or s.main or i == len(ordered) - 1
    ]
    values = [curve.null, *(curve.mid or ())]
    values += [v for r in rows for v in (r["lo"], r["hi"])]
    if curve.log:
        domain = [min(values) / 1.1, max(values) * 1.1]
    else:
        pad = (max(values) - min(values)) * 0.04 or 1.0
        domain = [min(values) - pad, max(values) + pad]
    scale = alt.Scale(domain=domain, type="log" if curve.log else "linear", nice=False)
    x_axis = alt.Axis(tickCount=6 if wide else 4, title=None, grid=False)
    words = _side_words(curve, domain, width)
    top = _curve_layers(data, curve, ordered, rows, scale, x_axis, words)
    top = top.properties(width=width, height=170)
    panels: list[Any] = [top]
    options = curve.options()
    if options:
        panels.append(_option_panel(data, curve, options, scale, width, wide))
    chart = alt.vconcat(*panels, spacing=26)
    below, above, clear = curve.shares()
    count = len(curve.specifications)
    told = (
        f"{count} analyses: {below} below the line of {curve.null_label}, {above} above it; "
        f"the interval of {clear} leaves the line out."
    )
    return to_svg(chart, data, curve.title, told, f"specification-{layout}")


def _curve_layers(
    data: Rows,
    curve: SpecificationCurve,
    ordered: list[Specification],
    rows: list[dict[str, float]],
    scale: Any,
    axis: Any,
    words: list[dict[str, Any]],
) -> Any:
    import altair as alt

    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[-1, len(ordered)]))
    curve_rows = data.on(rows)
    parts: list[Any] = _lines(data, curve, scale)
    parts.append(
        curve_rows.mark_area(color=TOKENS["unclear-soft"], orient="horizontal", opacity=1).encode(
            x=alt.X("lo:Q", scale=scale, axis=axis), x2="hi:Q", y=y
        )
    )
    parts += _lines(data, curve, scale)[-1:]
    parts.append(
        curve_rows.mark_line(color=TOKENS["ink-2"], strokeWidth=3, orient="horizontal").encode(
            x=alt.X("x:Q", scale=scale, axis=axis), y=y
        )
    )
    for word in words:
        weight = 600 if word["align"] == "center" else 400
        parts.append(
            data.on([word])
            .mark_text(align=word["align"], dx=word["dx"], color=TOKENS["ink-2"], fontWeight=weight)
            .encode(x=alt.X("x:Q", scale=scale, axis=axis), y=fixed("Y", word["y"]), text="t:N")
        )
    main = [
        {"x": s.effect, "y": i, "t": "our main analysis"} for i, s in enumerate(ordered) if s.main
    ]
    if main:
        point = data.on(main).encode(x=alt.X("x:Q", scale=scale, axis=axis), y=y)
        parts.append(
            point.mark_point(
                size=110, fill=TOKENS["accent"], color=TOKENS["paper"], opacity=1, strokeWidth=2
            )
        )
        parts += haloed(
            point.encode(text="t:N"),
            align="left",
            dx=11,
            dy=1,
            fontWeight=600,
            color=TOKENS["accent"],
        )
    return alt.layer(*parts)


def _side_words(curve: SpecificationCurve, domain: list[float], width: int) -> list[dict[str, Any]]:
    """Name the line and, where they fit in one line, both sides of it."""
    at = make_scale([], 0, width, log=curve.log, domain=(domain[0], domain[1]))(curve.null)
    found: list[dict[str, Any]] = []
    sides = ((curve.low_words, at, "right", -8), (curve.high_words, width - at, "left", 8))
    fits = all(text_width(text, 13) + 8 <= room for text, room, _, _ in sides)
    if fits:
        found = [
            {"x": curve.null, "y": -11, "t": text, "align": align, "dx": dx}
            for text, _, align, dx in sides
            if text
        ]
    y = -30 if found else -11
    found.append({"x": curve.null, "y": y, "t": curve.null_label, "align": "center", "dx": 0})
    return found


def _lines(data: Rows, curve: SpecificationCurve, scale: Any) -> list[Any]:
    """Band and line of no difference, through the whole height of a panel."""
    import altair as alt

    parts: list[Any] = []
    if curve.mid:
        parts.append(
            data.on([{"a": curve.mid[0], "b": curve.mid[1]}])
            .mark_rect(color=TOKENS["mid"])
            .encode(
                x=alt.X("a:Q", scale=scale), x2="b:Q", y=fixed("Y", 0), y2=fixed("Y2", "height")
            )
        )
    parts.append(
        data.on([{"n": curve.null}])
        .mark_rule(color=TOKENS["ink-3"])
        .encode(x=alt.X("n:Q", scale=scale))
    )
    return parts


def _option_panel(
    data: Rows,
    curve: SpecificationCurve,
    options: list[tuple[str, str, list[float]]],
    scale: Any,
    width: int,
    wide: bool,
) -> Any:
    import altair as alt

    rows: list[dict[str, Any]] = []
    step = 24 if wide else 40
    position = 0
    seen = ""
    for choice, option, effects in options:
        if choice != seen:
            rows.append({"y": position, "head": choice[:1].upper() + choice[1:]})
            position += 1
            seen = choice
        rows.append(
            {
                "y": position,
                "option": option,
                "m": median(effects),
                "lo": min(effects),
                "hi": max(effects),
            }
        )
        position += 1
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[-0.6, position - 0.4], reverse=True))
    axis = alt.Axis(labels=False, ticks=False, domain=False, title=None, grid=False)
    x = alt.X("m:Q", scale=scale, axis=axis)
    heads = [r for r in rows if "head" in r]
    body = [r for r in rows if "option" in r]
    parts = _lines(data, curve, scale)
    marks = data.on(body).encode(y=y)
    parts.append(
        marks.mark_rule(color=TOKENS["ink-3"], strokeWidth=3).encode(
            x=alt.X("lo:Q", scale=scale, axis=axis), x2="hi:Q"
        )
    )
    parts.append(
        marks.mark_point(size=50, fill=TOKENS["ink"], color=TOKENS["ink"], opacity=1).encode(x=x)
    )
    place = {"align": "left", "dx": 14} if wide else {"align": "left", "dy": -14}
    head_place = {"align": "left"} if wide else {"align": "left", "dy": 4}
    anchor = fixed("X", -225 if wide else 0)
    parts.append(marks.mark_text(color=TOKENS["ink"], **place).encode(x=anchor, text="option:N"))
    parts.append(
        data.on(heads)
        .mark_text(color=TOKENS["ink-2"], fontWeight=600, **head_place)
        .encode(y=y, x=anchor, text="head:N")
    )
    return alt.layer(*parts).properties(width=width, height=position * step)


def specification_table(curve: SpecificationCurve) -> Table:
    """Build the table twin: shares first, then the range for every option.

    Parameters
    ----------
    curve : SpecificationCurve
        The same object the picture is drawn from.

    Returns
    -------
    Table
        Not one row an analysis (that is the download), but what the picture shows.
    """
    effects = [s.effect for s in curve.specifications]
    count = len(effects)
    below, above, clear = curve.shares()
    digits = curve.digits

    def line(label: str, values: list[float]) -> Row:
        return Row(
            (
                label,
                str(len(values)),
                signed(median(values), digits),
                signed(min(values), digits),
                signed(max(values), digits),
            )
        )

    rows = [line("All analyses", effects)]
    seen = ""
    for choice, option, values in curve.options():
        if choice != seen:
            rows.append(Row((choice,), "group"))
            seen = choice
        rows.append(line(option, values))
    low = curve.low_words or "below the line"
    high = curve.high_words or "above the line"
    note = (
        f"{curve.subtitle}. {low[:1].upper()}{low[1:]}: {below} of {count} "
        f"({percent(100 * below / count)}); {high}: {above} ({percent(100 * above / count)}); "
        f"interval leaves out no difference: {clear} ({percent(100 * clear / count)})"
    )
    headers = ("Analyses", "Number", "Middle estimate", "Lowest", "Highest")
    return Table(curve.title, headers, rows, note=note, numeric=(1, 2, 3, 4))


def specification_figure(curve: SpecificationCurve) -> Figure:
    """Both drawings and the table, for the macro ``figure``."""
    return Figure.of(curve, specification_curve, specification_table(curve), "specification")
