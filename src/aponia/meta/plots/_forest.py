"""Forest plots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from aponia.meta.plots._forest_rows import Row, Rows, forest_rows
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
    text_width,
)

if TYPE_CHECKING:
    from aponia.meta._result import PoolResult
    from aponia.meta.diagnostics import StudyFits
    from aponia.meta.plots._style import Chart

__all__ = ["cumulative", "forest", "study_fits"]

_ROW = 22
_WIDTH = 340


def forest(
    result: PoolResult,
    *,
    measure: str = "Effect",
    title: str | None = None,
    transform: Callable[[Any], Any] | str | None = None,
    subgroups: Any = None,
    raw: Mapping[str, Sequence[Any]] | None = None,
    prediction: bool = True,
    order: Any = None,
    favours: tuple[str, str] | None = None,
    limits: tuple[float, float] | None = None,
    digits: int = 2,
    width: int = _WIDTH,
) -> Chart:
    """Draw a forest plot.

    Parameters
    ----------
    result : PoolResult
    measure : str
        Name of the effect measure: axis and title.
    title : str, optional
        Instead of measure, number of studies and model.
    transform : callable or "exp", optional
        From the analysis scale to the axis; ``"exp"`` (or ``numpy.exp``) gives ratios on a
        logarithmic axis.
    subgroups : sequence, optional
        Group of every study: a subtotal each (fitted like the whole), and a test of differences.
    raw : mapping of heading to values, optional
        Columns of raw numbers beside the labels, one value a study.
    prediction : bool
        Whether to show the prediction interval of a random-effects model.
    order : {"effect", "precision", "label"} or sequence, optional
        What to sort the studies by; as given by default.
    favours : tuple of str, optional
        What the left and the right of the null value mean.
    limits : tuple of float, optional
        Ends of the axis, on the scale shown; longer intervals get an arrow.
    digits : int
        Decimals of estimates.
    width : int
        Of the plot itself, in pixels.

    Returns
    -------
    altair.LayerChart
        ``chart.save("forest.svg")`` or ``.png`` writes it.

    Raises
    ------
    InputError
        Columns of another length.
    MethodError
        Subgroups in a model with moderators.
    """
    scale = Scale(transform)
    table = forest_rows(result, subgroups=subgroups, raw=raw, prediction=prediction, order=order)
    return _draw(
        table,
        scale,
        title=title or heading(result, measure),
        subtitle=heterogeneity(result),
        measure=measure,
        level=result.level,
        favours=favours,
        limits=limits,
        digits=digits,
        width=width,
        reference=float(result.coef[0]) if result.intercept_only else None,
    )


def study_fits(
    fits: StudyFits,
    *,
    measure: str = "Effect",
    title: str | None = None,
    transform: Callable[[Any], Any] | str | None = None,
    coefficient: int = 0,
    limits: tuple[float, float] | None = None,
    digits: int = 2,
    width: int = _WIDTH,
) -> Chart:
    """Draw leave-one-out or cumulative fits, one row a fit.

    Parameters
    ----------
    fits : StudyFits
        From `aponia.meta.diagnostics.leave_one_out` or `cumulative`.
    measure, title, transform, limits, digits, width
        As in `forest`.
    coefficient : int
        Which coefficient of a meta-regression.

    Returns
    -------
    altair.LayerChart
    """
    added = fits.kind == "cumulative"
    columns = [
        np.asarray(values if values.ndim == 1 else values[:, coefficient])
        for values in (fits.coef, fits.ci_lower, fits.ci_upper)
    ]
    rows = [
        Row("fit", ("+ " if added else "without ") + label, float(est), float(low), float(high))
        for label, est, low, high in zip(fits.labels, *columns, strict=True)
    ]
    what = "cumulative" if added else "leaving one study out"
    count = len(fits.labels)
    return _draw(
        Rows(rows),
        Scale(transform),
        title=title or f"{measure}: {count} studies, {what}",
        subtitle="pooled effect after adding each study" if added else "pooled effect without it",
        measure=measure,
        level=fits.level,
        favours=None,
        limits=limits,
        digits=digits,
        width=width,
        reference=None if np.isnan(fits.reference) else fits.reference,
    )


def cumulative(result: PoolResult, *, order: Any = None, **options: Any) -> Chart:
    """Draw a cumulative meta-analysis.

    Parameters
    ----------
    result : PoolResult
    order : array_like, optional
        What to sort the studies by; see `aponia.meta.diagnostics.cumulative`.
    **options
        As in `study_fits`.

    Returns
    -------
    altair.LayerChart
    """
    from aponia.meta.diagnostics import cumulative as compute

    return study_fits(compute(result, order=order), **options)


def _domain(
    rows: list[Row], scale: Scale, limits: tuple[float, float] | None
) -> tuple[float, float]:
    if limits is not None:
        return limits
    ends = [end for row in rows for end in (row.lower, row.upper) if np.isfinite(end)]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    # One very imprecise study must not squeeze the others: the axis ends where most intervals do.
    studies = [row for row in rows if row.kind == "study" and np.isfinite(row.est)]
    if len(studies) >= 4:
        estimates = [row.est for row in studies]
        half = float(np.quantile([row.upper - row.est for row in studies], 0.75))
        others = [e for row in rows if row.kind != "study" for e in (row.lower, row.upper)]
        finite = [e for e in others if np.isfinite(e)]
        low = max(low, min([0.0, min(estimates) - 2.0 * half, *finite]))
        high = min(high, max([0.0, max(estimates) + 2.0 * half, *finite]))
    pad = 0.04 * ((high - low) or 1.0)
    a, b = scale(low - pad), scale(high + pad)
    return min(a, b), max(a, b)


def _draw(
    table: Rows,
    scale: Scale,
    *,
    title: str,
    subtitle: str,
    measure: str,
    level: float,
    favours: tuple[str, str] | None,
    limits: tuple[float, float] | None,
    digits: int,
    width: int,
    reference: float | None,
) -> Chart:
    import altair as alt

    rows = table.rows
    n = len(rows)
    domain = _domain(rows, scale, limits)
    x = scale.axis(measure, domain)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[n - 0.3, -1.3], nice=False), axis=None)
    layers = [_line(scale.null, x, y, n, color=MID, strokeWidth=1)]
    if reference is not None:
        layers.append(_line(scale(reference), x, y, n, color=ACCENT, strokeDash=[2, 3]))
    for i, row in enumerate(rows):
        if row.kind == "summary":
            layers.append(_diamond(i, row, scale, domain, x, y, INK if i > n - 3 else GREY))
        elif row.fit is not None:
            fitted = Row("fit", "", *row.fit)
            layers.append(_diamond(i, fitted, scale, domain, x, y, LIGHT))
    layers += _intervals(rows, scale, domain, x, y)
    layers += _texts(table, scale, level, digits, width, y)
    if favours is not None:
        layers += _favours(favours, scale, x, y, n)
    chart = alt.layer(*layers)
    return finish(chart, title, subtitle, width, _ROW * (n + 1))  # type: ignore[no-any-return]


def _line(at: float, x: Any, y: Any, n: int, **style: Any) -> Any:
    import altair as alt

    return (
        marks([{"x": at, "y": -0.45, "y2": n - 0.35}])
        .mark_rule(clip=True, **style)
        .encode(x=x, y=y, y2=alt.Y2("y2:Q"))
    )


def _inside(value: float, domain: tuple[float, float]) -> float:
    return min(max(value, domain[0]), domain[1])


def _diamond(
    i: int, row: Row, scale: Scale, domain: tuple[float, float], x: Any, y: Any, color: str
) -> Any:
    low, mid, high = (_inside(scale(v), domain) for v in (row.lower, row.est, row.upper))
    points = [(low, float(i)), (mid, i - 0.32), (high, float(i)), (mid, i + 0.32)]
    return polygon(points, x, y, fill=color, stroke=color, tooltip=False)


def _intervals(
    rows: list[Row], scale: Scale, domain: tuple[float, float], x: Any, y: Any
) -> list[Any]:
    import altair as alt

    lines, arrows, points = [], [], []
    for i, row in enumerate(rows):
        if row.kind not in ("study", "prediction", "fit") or not np.isfinite(row.lower):
            continue
        ends = sorted((scale(row.lower), scale(row.upper)))
        low, high = (_inside(end, domain) for end in ends)
        color = ACCENT if row.kind == "prediction" else INK
        if low < high:
            lines.append({"x": low, "x2": high, "y": i, "color": color})
        arrows += [
            {"x": at, "y": i, "angle": angle, "color": color}
            for at, end, angle in ((low, ends[0], -90), (high, ends[1], 90))
            if at != end
        ]
        est = scale(row.est)
        if row.kind != "prediction" and domain[0] <= est <= domain[1]:
            size = 46.0 if np.isnan(row.weight) else row.weight
            points.append({"x": est, "y": i, "size": size, "label": row.label})
    hue = alt.Color("color:N", scale=None)
    layers = [
        marks(lines).mark_rule(strokeWidth=1.3).encode(x=x, x2="x2:Q", y=y, color=hue),
    ]
    if arrows:
        shape = marks(arrows).mark_point(shape="triangle-up", filled=True, size=45, opacity=1)
        layers.append(shape.encode(x=x, y=y, angle=alt.Angle("angle:Q", scale=None), color=hue))
    if points:
        largest = max(point["size"] for point in points)
        for point in points:
            point["size"] = max(8.0, 160.0 * point["size"] / largest)  # area is weight
        squares = marks(points).mark_square(color=ACCENT, opacity=1)
        layers.append(
            squares.encode(x=x, y=y, size=alt.Size("size:Q", scale=None), tooltip="label:N")
        )
    return layers


def _texts(table: Rows, scale: Scale, level: float, digits: int, width: int, y: Any) -> list[Any]:
    import altair as alt

    rows = table.rows
    gap = 14.0
    columns = list(zip(*(r.cells for r in rows if r.cells), strict=True)) if table.headings else []
    cell_widths = [
        text_width((heading, *cells)) + gap
        for heading, cells in zip(table.headings, columns, strict=True)
    ]
    label_width = text_width(
        [r.label for r in rows if r.kind not in ("note", "group")] or ["Study"]
    )
    start = -(label_width + gap + sum(cell_widths))
    texts: list[dict[str, Any]] = [_text(start, -1.05, "Study", bold=True)]
    at = start + label_width + gap
    cell_at = []
    for heading_text, cell_width in zip(table.headings, cell_widths, strict=True):
        at += cell_width
        cell_at.append(at - gap)
        texts.append(_text(at - gap, -1.05, heading_text, bold=True, align="right"))
    estimates = [_estimate(row, scale, digits) for row in rows]
    right = width + gap + text_width(estimates)
    texts.append(_text(right, -1.05, f"{100 * level:g}% CI", bold=True, align="right"))
    weighted = any(np.isfinite(row.weight) for row in rows)
    far = right + gap + text_width(["Weight"])
    if weighted:
        texts.append(_text(far, -1.05, "Weight", bold=True, align="right"))
    for i, row in enumerate(rows):
        strong = row.kind in ("group", "summary")
        texts.append(_text(start, i, row.label, bold=strong, grey=row.kind == "note"))
        texts += [
            _text(px, i, cell, align="right") for px, cell in zip(cell_at, row.cells, strict=False)
        ]
        texts.append(_text(right, i, estimates[i], bold=strong, align="right"))
        if np.isfinite(row.weight):
            texts.append(_text(far, i, f"{number(row.weight, 1)}%", align="right"))
    layers = []
    for align in ("left", "right"):
        for bold in (False, True):
            some = [t for t in texts if t["align"] == align and t["bold"] == bold and t["text"]]
            if some:
                mark = marks(some).mark_text(
                    align=align, baseline="middle", fontSize=12, fontWeight=600 if bold else 400
                )
                layers.append(
                    mark.encode(
                        x=alt.X("px:Q", scale=None, axis=None),
                        y=y,
                        text="text:N",
                        color=alt.Color("color:N", scale=None),
                    )
                )
    return layers


def _text(
    px: float, y: float, text: str, *, bold: bool = False, align: str = "left", grey: bool = False
) -> dict[str, Any]:
    color = GREY if grey else INK
    return {"px": px, "y": y, "text": text, "bold": bold, "align": align, "color": color}


def _estimate(row: Row, scale: Scale, digits: int) -> str:
    if np.isnan(row.lower):
        return ""
    low, high = sorted((scale(row.lower), scale(row.upper)))
    span = f"[{number(low, digits)}, {number(high, digits)}]"
    return span if np.isnan(row.est) else f"{number(scale(row.est), digits)} {span}"


def _favours(favours: tuple[str, str], scale: Scale, x: Any, y: Any, n: int) -> list[Any]:
    import altair as alt

    layers = []
    for text, align, shift, arrow in (
        (favours[0], "right", -8, "← {}"),
        (favours[1], "left", 8, "{} →"),
    ):
        mark = marks([{"x": scale.null, "text": arrow.format(text)}]).mark_text(
            align=align, dx=shift, fontSize=12, color=GREY, baseline="top"
        )
        layers.append(mark.encode(x=x, y=alt.value(_ROW * (n + 1) + 40), text="text:N"))
    return layers
