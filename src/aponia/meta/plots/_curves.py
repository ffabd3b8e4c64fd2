"""GOSH, profile likelihood and bubble plots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from aponia.meta._distributions import chi2_quantile, critical_value
from aponia.meta._options import FIXED
from aponia.meta.errors import InputError, MethodError
from aponia.meta.plots._funnel import _axis
from aponia.meta.plots._style import (
    ACCENT,
    GREY,
    INK,
    LIGHT,
    MID,
    finish,
    heading,
    heterogeneity,
    marks,
    number,
    polygon,
)

if TYPE_CHECKING:
    from aponia.meta._result import PoolResult
    from aponia.meta.diagnostics import Gosh, Profile
    from aponia.meta.plots._style import Chart

__all__ = ["bubble", "gosh", "profile"]

_SECOND = "#c2571a"
#: Above this many subsets the cloud is drawn as a density of cells.
_POINTS = 3_000


def gosh(
    subsets: Gosh | PoolResult,
    *,
    measure: str = "Effect",
    title: str | None = None,
    against: str = "i2",
    highlight: str | int | None = None,
    coefficient: int = 0,
    width: int = 460,
    height: int = 340,
) -> Chart:
    """Draw the fits to all subsets: pooled effect against heterogeneity.

    Parameters
    ----------
    subsets : Gosh or PoolResult
        From `aponia.meta.diagnostics.gosh`, or a result to compute them from.
    measure, title : str
        As in `aponia.meta.plots.forest`.
    against : {"i2", "tau2", "h2", "q"}
        Vertical axis.
    highlight : str or int, optional
        A study (label or position): subsets with it are drawn in a second colour.
    coefficient : int
        Which coefficient of a meta-regression.
    width, height : int

    Returns
    -------
    altair.LayerChart

    Raises
    ------
    InputError
        Unknown study.
    MethodError
        Unknown `against`.
    """
    import altair as alt

    from aponia.meta.diagnostics import Gosh as Subsets
    from aponia.meta.diagnostics import gosh as compute

    data = subsets if isinstance(subsets, Subsets) else compute(subsets)
    titles = {"i2": "I² (%)", "tau2": "tau²", "h2": "H²", "q": "Q"}
    if against not in titles:
        raise MethodError(f"against={against!r} is not known; use one of {', '.join(titles)}")
    effect = data.coef if data.coef.ndim == 1 else data.coef[:, coefficient]
    other = getattr(data, against)
    # One study has no heterogeneity: those subsets would only draw a line at 0.
    several = data.k > 1 if (data.k > 1).any() else np.ones(len(data), dtype=bool)
    effect, other = effect[several], other[several]
    with_it = _marked(data, highlight)[several]
    pad = 0.04 * (float(np.ptp(effect)) or 1.0)
    x = _axis("x", measure, float(effect.min()) - pad, float(effect.max()) + pad)
    y = _axis("y", titles[against], 0.0, 1.05 * (float(other.max()) or 1.0))
    layers = []
    if effect.size > _POINTS:
        for group, color in ((~with_it, ACCENT), (with_it, _SECOND)):
            if group.any():
                layers.append(_density(effect[group], other[group], effect, other, x, y, color))
    else:
        rows = [
            {"x": float(a), "y": float(b), "color": _SECOND if m else ACCENT}
            for a, b, m in zip(effect, other, with_it, strict=True)
        ]
        dots = marks(rows).mark_circle(size=14, opacity=0.45)
        layers.append(dots.encode(x=x, y=y, color=alt.Color("color:N", scale=None)))
    kind = "all subsets" if data.complete else "random subsets"
    subtitle = f"{effect.size:,} fits to {kind} of two or more studies"
    if highlight is not None:
        name = highlight if isinstance(highlight, str) else data.labels[highlight]
        subtitle += f"; orange: with {name}, blue: without"
    heading_text = title or f"{measure}: {len(data.labels)} studies, subsets (GOSH)"
    return finish(alt.layer(*layers), heading_text, subtitle, width, height)  # type: ignore[no-any-return]


def _marked(data: Gosh, highlight: str | int | None) -> Any:
    if highlight is None:
        return np.zeros(len(data), dtype=bool)
    if isinstance(highlight, str):
        if highlight not in data.labels:
            raise InputError(f"highlight={highlight!r}: no such study; there are {data.labels}")
        return data.included[:, data.labels.index(highlight)]
    if not 0 <= highlight < len(data.labels):
        raise InputError(f"highlight={highlight}: there are {len(data.labels)} studies from 0")
    return data.included[:, highlight]


def _density(a: Any, b: Any, all_a: Any, all_b: Any, x: Any, y: Any, color: str) -> Any:
    bins = 70
    edges_a = np.linspace(all_a.min(), all_a.max(), bins + 1)
    edges_b = np.linspace(0.0, max(float(all_b.max()), 1e-300), bins + 1)
    if edges_a[0] == edges_a[-1]:
        edges_a = edges_a[0] + np.linspace(-0.5, 0.5, bins + 1)
    counts = np.histogram2d(a, b, bins=[edges_a, edges_b])[0]
    top = np.sqrt(counts.max())
    rows = [
        {
            "x": edges_a[i],
            "x2": edges_a[i + 1],
            "y": edges_b[j],
            "y2": edges_b[j + 1],
            "opacity": 0.12 + 0.78 * float(np.sqrt(counts[i, j]) / top),
        }
        for i, j in zip(*np.nonzero(counts), strict=True)
    ]
    import altair as alt

    return (
        marks(rows)
        .mark_rect(color=color)
        .encode(x=x, x2="x2:Q", y=y, y2="y2:Q", opacity=alt.Opacity("opacity:Q", scale=None))
    )


def profile(
    data: Profile | PoolResult,
    *,
    title: str | None = None,
    level: float = 0.95,
    width: int = 460,
    height: int = 300,
) -> Chart:
    """Draw the profile log-likelihood of tau2.

    Parameters
    ----------
    data : Profile or PoolResult
        From `aponia.meta.diagnostics.profile`, or a result to compute it from.
    title : str, optional
    level : float
        The horizontal line cuts the curve at the profile-likelihood interval of this level.
    width, height : int

    Returns
    -------
    altair.LayerChart
    """
    import altair as alt

    from aponia.meta.diagnostics import Profile as Curve
    from aponia.meta.diagnostics import profile as compute

    count = "" if isinstance(data, Curve) else f": {data.k} studies"
    curve = data if isinstance(data, Curve) else compute(data)
    cut = curve.maximum - chi2_quantile(level, 1.0) / 2.0
    top = max(curve.maximum, float(curve.loglik.max()))
    bottom = max(float(curve.loglik.min()), top - 8.0)
    bottom = min(bottom, cut - 0.5)
    x = _axis("x", "tau²", float(curve.tau2.min()), float(curve.tau2.max()))
    y = _axis("y", f"Log-likelihood ({curve.fit_method})", bottom, top + 0.06 * (top - bottom))
    rows = [{"x": a, "y": b} for a, b in zip(curve.tau2, curve.loglik, strict=True)]
    peak = [
        {"x": curve.estimate, "y": curve.maximum, "text": f"tau² = {number(curve.estimate, 3)}"}
    ]
    end = [{"x": float(curve.tau2.max()), "y": cut, "text": f"{100 * level:g}% interval"}]
    layers = [
        marks([{"y": cut}]).mark_rule(color=MID, strokeDash=[4, 3]).encode(y=y),
        marks(end)
        .mark_text(align="right", dy=-6, fontSize=10, color=GREY)
        .encode(x=x, y=y, text="text:N"),
        marks(rows).mark_line(color=ACCENT, clip=True).encode(x=x, y=y),
        marks(peak).mark_point(filled=True, size=60, color=INK, opacity=1).encode(x=x, y=y),
        marks(peak)
        .mark_text(align="left", dx=7, dy=-8, fontSize=11, color=INK)
        .encode(x=x, y=y, text="text:N"),
    ]
    return finish(  # type: ignore[no-any-return]
        alt.layer(*layers),
        title or f"Profile likelihood of tau²{count}",
        "maximised over the coefficients at each tau²",
        width,
        height,
    )


def bubble(
    result: PoolResult,
    *,
    moderator: str | int | None = None,
    measure: str = "Effect",
    title: str | None = None,
    label: bool = False,
    prediction: bool = True,
    width: int = 460,
    height: int = 340,
) -> Chart:
    """Draw a bubble plot of a meta-regression: effects against one moderator.

    Parameters
    ----------
    result : PoolResult
        With at least one moderator.
    moderator : str or int, optional
        Name or position of the coefficient; the first after the intercept by default. The other
        columns of the model matrix are held at their means.
    measure, title : str
        As in `aponia.meta.plots.forest`.
    label : bool
        Whether to name the points.
    prediction : bool
        Whether to draw the prediction band of a random-effects model.
    width, height : int

    Returns
    -------
    altair.LayerChart

    Raises
    ------
    InputError
        Unknown moderator.
    MethodError
        A model without moderators.
    """
    import altair as alt

    j = _column(result, moderator)
    values = result.X[:, j]
    name = result.names[j]
    grid = np.linspace(values.min(), values.max(), 60)
    X = np.tile(result.X.mean(axis=0), (grid.size, 1))
    X[:, j] = grid
    mean = X @ result.coef
    var = np.einsum("ij,jl,il->i", X, result.vcov, X)
    half = critical_value(result.level, result.df)
    bands = [half * np.sqrt(var)]
    if prediction and result.method not in FIXED and result.scale is None:
        bands.insert(0, half * np.sqrt(var + result.tau2))
    low = min(float(result.y.min()), *(float((mean - b).min()) for b in bands))
    high = max(float(result.y.max()), *(float((mean + b).max()) for b in bands))
    pad_x, pad_y = 0.05 * float(np.ptp(values)), 0.05 * (high - low)
    x = _axis("x", name, float(values.min()) - pad_x, float(values.max()) + pad_x)
    y = _axis("y", measure, low - pad_y, high + pad_y)
    layers = []
    for i, band in enumerate(bands):
        points = [*zip(grid, mean - band, strict=True)]
        points += [*zip(grid[::-1], (mean + band)[::-1], strict=True)]
        fill = "#eef1f4" if i + 1 < len(bands) else LIGHT
        layers.append(polygon(points, x, y, fill=fill, stroke=fill))
    line = [{"x": a, "y": b} for a, b in zip(grid, mean, strict=True)]
    layers.append(
        marks([{"y": 0.0}]).mark_rule(color=MID, strokeDash=[2, 3], clip=True).encode(y=y)
    )
    layers.append(marks(line).mark_line(color=INK, strokeWidth=1.6).encode(x=x, y=y))
    weights = result.study_weights
    rows = [
        {
            "x": values[i],
            "y": result.y[i],
            "label": result.labels[i],
            "size": 30.0 + 370.0 * weights[i] / weights.max(),
        }
        for i in range(result.k)
    ]
    dots = marks(rows).mark_circle(color=ACCENT, opacity=0.55, stroke=ACCENT)
    layers.append(dots.encode(x=x, y=y, size=alt.Size("size:Q", scale=None), tooltip="label:N"))
    if label:
        mark = marks(rows).mark_text(align="left", dx=8, fontSize=10, color=INK)
        layers.append(mark.encode(x=x, y=y, text="label:N"))
    slope = f"{number(float(result.coef[j]), 3)}"
    limits = f"{number(float(result.ci_lower[j]), 3)} to {number(float(result.ci_upper[j]), 3)}"
    band_words = "bands: confidence and prediction" if len(bands) > 1 else "band: confidence"
    return finish(  # type: ignore[no-any-return]
        alt.layer(*layers),
        title or heading(result, measure),
        [f"{name}: {slope} ({limits}); {band_words}", f"residual {heterogeneity(result)}"],
        width,
        height,
    )


def _column(result: PoolResult, moderator: str | int | None) -> int:
    free = [j for j, name in enumerate(result.names) if name != "intercept"]
    if result.intercept_only or not free:
        raise MethodError("a bubble plot needs a model with a moderator")
    if moderator is None:
        return free[0]
    if isinstance(moderator, str):
        if moderator not in result.names:
            raise InputError(f"moderator={moderator!r}: the coefficients are {result.names}")
        return result.names.index(moderator)
    if not 0 <= moderator < len(result.names):
        raise InputError(f"moderator={moderator}: there are {len(result.names)} coefficients")
    return moderator
