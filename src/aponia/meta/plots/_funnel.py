"""Funnel, radial, L'Abbe and Baujat plots: one point a study."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from aponia.meta._distributions import critical_value
from aponia.meta.errors import InputError
from aponia.meta.plots._style import (
    ACCENT,
    GREY,
    INK,
    LIGHT,
    MID,
    Scale,
    finish,
    heading,
    heterogeneity,
    marks,
    number,
    polygon,
)

if TYPE_CHECKING:
    from aponia.meta._result import PoolResult
    from aponia.meta.plots._style import Chart, FloatArray

__all__ = ["baujat", "funnel", "labbe", "radial"]

_SHADES = ("#ffffff", "#eef1f4", "#dfe4ea", "#cfd6de")


def funnel(
    result: PoolResult,
    *,
    measure: str = "Effect",
    title: str | None = None,
    transform: Callable[[Any], Any] | str | None = None,
    contours: Sequence[float] | None = (0.90, 0.95, 0.99),
    label: bool = False,
    width: int = 460,
    height: int = 340,
) -> Chart:
    """Draw a (contour-enhanced) funnel plot.

    Parameters
    ----------
    result : PoolResult
        With moderators, the residuals are drawn around 0.
    measure, title, transform
        As in `aponia.meta.plots.forest`.
    contours : sequence of float, optional
        Confidence levels at which a study alone would be significant; the regions between are
        shaded around no effect. None for a plain funnel.
    label : bool
        Whether to name the points.
    width, height : int

    Returns
    -------
    altair.LayerChart

    References
    ----------
    Peters JL, et al. (2008). Journal of Clinical Epidemiology 61:991-996.
    """
    import altair as alt

    from aponia.meta.diagnostics import funnel as coordinates

    points = coordinates(result)
    scale = Scale(transform if result.intercept_only else None)
    if contours is not None and not all(0.0 < c < 1.0 for c in contours):
        raise InputError(f"contours={contours!r} must lie between 0 and 1")
    centre = float(result.coef[0]) if result.intercept_only else 0.0
    top = 1.08 * float(points.y.max()) or 1.0
    reach = critical_value(result.level) * top
    low = min(float(points.x.min()), centre - reach)
    high = max(float(points.x.max()), centre + reach)
    pad = 0.04 * (high - low)
    low, high = low - pad, high + pad
    domain = sorted((scale(low), scale(high)))
    name = measure if result.intercept_only else f"{measure}: residual"
    x = scale.axis(name, domain)
    y = alt.Y(
        "y:Q",
        title="Standard error",
        scale=alt.Scale(domain=[top, 0.0], nice=False),
        axis=alt.Axis(tickCount=5),
    )
    layers = []
    if contours:
        layers += _contours(sorted(contours), scale, low, high, top, x, y)
    half = critical_value(result.level)
    curve = np.linspace(0.0, top, 60)
    for sign in (-1.0, 1.0):
        rows = [
            {"x": scale(centre + sign * half * s), "y": float(s)}
            for s in curve
            if low <= centre + sign * half * s <= high
        ]
        line = marks(rows).mark_line(color=GREY, strokeDash=[5, 3], strokeWidth=1.2, clip=True)
        layers.append(line.encode(x=x, y=y, order=alt.Order("y:Q")))
    rule = marks([{"x": scale(centre), "y": 0.0, "y2": top}])
    layers.append(rule.mark_rule(color=ACCENT).encode(x=x, y=y, y2="y2:Q"))
    rows = _rows(scale(points.x), points.y, points.labels)
    dots = marks(rows).mark_circle(color=ACCENT, size=55, opacity=0.85, stroke="white")
    layers.append(dots.encode(x=x, y=y, tooltip="label:N"))
    if label:
        layers.append(_names(rows, x, y))
    pooled = f"pooled {number(scale(centre))}" if result.intercept_only else "fitted values at 0"
    subtitle = [
        f"{pooled}; dashed: {100 * result.level:g}% of studies expected without heterogeneity"
    ]
    if contours:
        values = ", ".join(f"p < {1.0 - c:.2g}" for c in sorted(contours))
        subtitle.append(f"shaded, darker: a study alone has {values}")
    return finish(  # type: ignore[no-any-return]
        alt.layer(*layers), title or heading(result, measure), subtitle, width, height
    )


def _contours(
    levels: Sequence[float], scale: Scale, low: float, high: float, top: float, x: Any, y: Any
) -> list[Any]:
    """Return the regions from the outside (smallest p) to the inside, and their names."""
    layers = []
    for i in range(len(levels), -1, -1):
        shade = _SHADES[min(i, len(_SHADES) - 1)]
        if i == len(levels):
            points = [(low, 0.0), (high, 0.0), (high, top), (low, top)]
        else:
            points = _cone(critical_value(levels[i]), low, high, top)
        layers.append(polygon([(scale(a), b) for a, b in points], x, y, fill=shade, stroke=shade))
    return [*layers, *_contour_names(levels, high, top, y)]


def _contour_names(levels: Sequence[float], high: float, top: float, y: Any) -> list[Any]:
    """Return the names of the regions, beside the right edge where each region meets it."""
    import altair as alt

    edges = [high / critical_value(level) for level in levels]
    names = []
    for i, level in enumerate(levels):
        upper = edges[i + 1] if i + 1 < len(levels) else 0.0
        lower = min(edges[i], top)
        if lower - upper > 0.03 * top:
            names.append({"y": 0.5 * (upper + lower), "text": f"p < {1.0 - level:.2g}"})
    if not names:
        return []
    mark = marks(names).mark_text(fontSize=11, color=GREY, align="left", dx=6)
    return [mark.encode(x=alt.value("width"), y=y, text="text:N")]


def _cone(critical: float, low: float, high: float, top: float) -> list[tuple[float, float]]:
    """Clip the region |effect| < critical * se to the plot.

    The edges are split into many points: on a logarithmic axis they stay straight because the
    transformation is applied point by point.
    """
    left = [(max(-critical * s, low), s) for s in np.linspace(0.0, top, 80).tolist()]
    right = [(min(critical * s, high), s) for s in np.linspace(top, 0.0, 80).tolist()]
    return [(a, b) for a, b in left + right if low <= a <= high]


def _rows(x: FloatArray, y: FloatArray, labels: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"x": float(a), "y": float(b), "label": name}
        for a, b, name in zip(x, y, labels, strict=True)
    ]


def _names(rows: list[dict[str, Any]], x: Any, y: Any) -> Any:
    mark = marks(rows).mark_text(align="left", dx=7, fontSize=10, color=INK)
    return mark.encode(x=x, y=y, text="label:N")


def _axis(channel: str, title: str, low: float, high: float) -> Any:
    import altair as alt

    kind = alt.X if channel == "x" else alt.Y
    return kind(
        f"{channel}:Q",
        title=title,
        scale=alt.Scale(domain=[low, high], nice=False, zero=False),
        axis=alt.Axis(tickCount=6),
    )


def radial(
    result: PoolResult,
    *,
    measure: str = "Effect",
    title: str | None = None,
    label: bool = False,
    width: int = 460,
    height: int = 340,
) -> Chart:
    """Draw a radial (Galbraith) plot.

    The slope of the line from the origin is the pooled effect; the band holds the studies that are
    compatible with it.

    Parameters
    ----------
    result : PoolResult
        Without moderators.
    measure, title : str
        As in `aponia.meta.plots.forest`.
    label : bool
        Whether to name the points.
    width, height : int

    Returns
    -------
    altair.LayerChart
    """
    import altair as alt

    from aponia.meta.diagnostics import radial as coordinates

    points = coordinates(result)
    end = 1.06 * float(points.x.max())
    slope = float(result.coef[0])
    half = critical_value(result.level)
    values = [*points.y.tolist(), half, -half, slope * end + half, slope * end - half]
    pad = 0.05 * (max(values) - min(values))
    x = _axis("x", "Precision: 1 / standard error (heterogeneity included)", 0.0, end)
    y = _axis("y", f"{measure} / standard error", min(values) - pad, max(values) + pad)
    band = [(0.0, half), (end, slope * end + half), (end, slope * end - half), (0.0, -half)]
    line = marks([{"x": 0.0, "y": 0.0, "o": 0}, {"x": end, "y": slope * end, "o": 1}])
    rows = _rows(points.x, points.y, points.labels)
    layers = [
        polygon(band, x, y, fill=LIGHT, stroke=LIGHT, opacity=0.6),
        line.mark_line(color=INK, strokeWidth=1.5).encode(x=x, y=y),
        marks([{"y": 0.0}]).mark_rule(color=MID, strokeDash=[2, 3]).encode(y=y),
        marks(rows)
        .mark_circle(color=ACCENT, size=55, opacity=0.85)
        .encode(x=x, y=y, tooltip="label:N"),
    ]
    if label:
        layers.append(_names(rows, x, y))
    subtitle = f"slope of the line: pooled effect {number(slope)}; {heterogeneity(result)}"
    return finish(  # type: ignore[no-any-return]
        alt.layer(*layers), title or heading(result, measure), subtitle, width, height
    )


def baujat(
    result: PoolResult,
    *,
    measure: str = "Effect",
    title: str | None = None,
    label: int | bool = 3,
    width: int = 460,
    height: int = 340,
) -> Chart:
    """Draw a Baujat plot: contribution to heterogeneity against influence on the result.

    Parameters
    ----------
    result : PoolResult
    measure, title : str
        As in `aponia.meta.plots.forest`.
    label : int or bool
        How many of the studies farthest from the origin to name; True for all.
    width, height : int

    Returns
    -------
    altair.LayerChart
    """
    import altair as alt

    from aponia.meta.diagnostics import baujat as coordinates

    points = coordinates(result)
    shown = np.isfinite(points.y)
    big = (1.08 * float(points.x[shown].max()) or 1.0, 1.08 * float(points.y[shown].max()) or 1.0)
    x = _axis("x", "Contribution to heterogeneity (squared Pearson residual)", 0.0, big[0])
    y = _axis("y", "Influence on the pooled effect", 0.0, big[1])
    rows = [
        row
        for row, keep in zip(_rows(points.x, points.y, points.labels), shown, strict=True)
        if keep
    ]
    count = len(rows) if label is True else int(label)
    far = sorted(rows, key=lambda r: -(r["x"] / big[0] + r["y"] / big[1]))[:count]
    layers = [
        marks(rows)
        .mark_circle(color=ACCENT, size=55, opacity=0.85)
        .encode(x=x, y=y, tooltip="label:N")
    ]
    if far:
        half = big[0] / 2
        for align, dx in (("left", 7), ("right", -7)):
            some = [row for row in far if (row["x"] < half) == (align == "left")]
            mark = marks(some).mark_text(align=align, dx=dx, fontSize=11, color=INK)
            layers.append(mark.encode(x=x, y=y, text="label:N"))
    return finish(  # type: ignore[no-any-return]
        alt.layer(*layers),
        title or heading(result, measure),
        "studies at the top right drive both heterogeneity and the result",
        width,
        height,
    )


def labbe(
    events1: ArrayLike,
    total1: ArrayLike,
    events2: ArrayLike,
    total2: ArrayLike,
    *,
    labels: Sequence[str] | None = None,
    groups: tuple[str, str] = ("treatment", "control"),
    title: str | None = None,
    label: bool = False,
    size: int = 360,
) -> Chart:
    """Draw a L'Abbe plot: risk in one group against risk in the other.

    Parameters
    ----------
    events1, total1, events2, total2 : array_like of shape (k,)
        Group 1 on the vertical axis, group 2 on the horizontal one.
    labels : sequence of str, optional
    groups : tuple of str
        Names of groups 1 and 2.
    title : str, optional
    label : bool
        Whether to name the points.
    size : int
        Side of the plot in pixels.

    Returns
    -------
    altair.LayerChart

    Raises
    ------
    InputError
        Different lengths, more events than people, no complete study.

    References
    ----------
    L'Abbe KA, Detsky AS, O'Rourke K (1987). Annals of Internal Medicine 107:224-233.
    """
    import altair as alt

    columns = [np.asarray(c, dtype=np.float64) for c in (events1, total1, events2, total2)]
    if any(c.ndim != 1 or c.shape != columns[0].shape for c in columns):
        raise InputError("events1, total1, events2 and total2 must be columns of equal length")
    e1, n1, e2, n2 = columns
    keep = ~(np.isnan(e1) | np.isnan(n1) | np.isnan(e2) | np.isnan(n2))
    if not keep.any():
        raise InputError("no study has events and totals in both groups")
    wrong = keep & ((n1 <= 0) | (n2 <= 0) | (e1 < 0) | (e2 < 0) | (e1 > n1) | (e2 > n2))
    if wrong.any():
        raise InputError(f"rows {np.flatnonzero(wrong).tolist()}: events must lie in 0 … total")
    names = [str(i + 1) for i in range(e1.size)] if labels is None else [str(s) for s in labels]
    if len(names) != e1.size:
        raise InputError(f"labels has {len(names)} values, expected {e1.size}")
    people = n1 + n2
    rows: list[dict[str, Any]] = [
        {
            "x": float(e2[i] / n2[i]),
            "y": float(e1[i] / n1[i]),
            "label": names[i],
            "size": 30.0 + 270.0 * float(people[i] / people[keep].max()),
        }
        for i in np.flatnonzero(keep)
    ]
    end = min(1.0, 1.2 * (max(max(row["x"], row["y"]) for row in rows) or 1.0))
    x = _axis("x", f"Risk, {groups[1]}", 0.0, end)
    y = _axis("y", f"Risk, {groups[0]}", 0.0, end)
    diagonal = marks([{"x": 0.0, "y": 0.0}, {"x": end, "y": end}])
    note = marks([{"x": 0.98 * end, "y": 0.98 * end, "text": "no difference"}])
    layers = [
        diagonal.mark_line(color=MID, strokeDash=[4, 3]).encode(x=x, y=y),
        note.mark_text(align="right", dx=-6, dy=14, fontSize=10, color=GREY).encode(
            x=x, y=y, text="text:N"
        ),
        marks(rows)
        .mark_circle(color=ACCENT, opacity=0.6, stroke=ACCENT)
        .encode(x=x, y=y, size=alt.Size("size:Q", scale=None), tooltip="label:N"),
    ]
    if label:
        layers.append(_names(rows, x, y))
    return finish(  # type: ignore[no-any-return]
        alt.layer(*layers),
        title or f"Risk in both groups: {len(rows)} studies",
        f"area: people; above the line more events in {groups[0]}",
        size,
        size,
    )
