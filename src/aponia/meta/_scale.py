"""The scale part of a location-scale model: its result and its profile intervals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aponia.meta._design import Design, encode_new
from aponia.meta._distributions import chi2_quantile
from aponia.meta._options import check_level
from aponia.meta._result import json_safe
from aponia.meta.errors import MethodError
from aponia.meta.kernels.estimate import centre
from aponia.meta.kernels.scale import ScaleModel

if TYPE_CHECKING:
    from aponia.meta._result import PoolResult

__all__ = ["ScaleFit", "scale_ci"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class ScaleFit:
    """The scale part of a location-scale model.

    Attributes
    ----------
    coef, se, ci_lower, ci_upper, z_or_t, p : ndarray of shape (q,)
        Coefficients of the linear predictor of tau2, with inference from the observed information;
        NaN where tau2 is at its boundary and no information exists.
    df : float or None
    names : tuple of str
    vcov : ndarray of shape (q, q)
    link : {"log", "identity"}
    tau2, i2, h2 : ndarray of shape (k,)
        For each study.
    qs, qs_df, qs_p
        Omnibus test of the scale moderators.
    design : Design
    """

    coef: FloatArray
    se: FloatArray
    ci_lower: FloatArray
    ci_upper: FloatArray
    z_or_t: FloatArray
    df: float | None
    p: FloatArray
    names: tuple[str, ...]
    vcov: FloatArray = field(repr=False)
    link: str
    tau2: FloatArray = field(repr=False)
    i2: FloatArray = field(repr=False)
    h2: FloatArray = field(repr=False)
    qs: float
    qs_df: tuple[int, float | None]
    qs_p: float
    design: Design = field(repr=False)
    kept: NDArray[np.bool_] = field(repr=False)

    def tau2_at(self, new: Any) -> FloatArray:
        """Return tau2 at new values of the scale moderators, shape (n,)."""
        eta = encode_new(self.design, new) @ self.coef
        return np.asarray(np.exp(eta) if self.link == "log" else np.maximum(eta, 0.0))

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe lists."""
        names = (
            *("coef", "se", "ci_lower", "ci_upper", "z_or_t", "df", "p", "names", "vcov", "link"),
            *("tau2", "i2", "h2", "qs", "qs_df", "qs_p"),
        )
        safe: dict[str, Any] = json_safe({name: getattr(self, name) for name in names})
        return safe


def scale_ci(result: PoolResult, *, level: float | None = None) -> FloatArray:
    """Profile-likelihood confidence intervals of the scale coefficients.

    Parameters
    ----------
    result : PoolResult
        Of a location-scale model.
    level : float, optional

    Returns
    -------
    ndarray of shape (q, 2)
        Infinite where the likelihood never falls far enough.

    Raises
    ------
    MethodError
        The model has no scale part.
    """
    if result.scale is None:
        raise MethodError("scale_ci() needs a model with scale=")
    level = result.level if level is None else check_level(level)
    scale = result.scale
    model = ScaleModel(
        centre(result.y[None], result.v[None], result.X[None])[0],
        result.v,
        result.X,
        scale.design.X[scale.kept],
        result.method == "REML",
        scale.link == "log",
    )
    cut = model.value(scale.coef) - 0.5 * chi2_quantile(level, 1.0)
    out = np.empty((len(scale.names), 2))
    for j in range(len(scale.names)):
        for side, sign in enumerate((-1.0, 1.0)):
            out[j, side] = _profile_bound(model, scale, j, sign, cut)
    return out


def _profile_bound(model: ScaleModel, scale: ScaleFit, j: int, sign: float, cut: float) -> float:
    free = np.arange(len(scale.names)) != j
    step = scale.se[j] if np.isfinite(scale.se[j]) else max(abs(scale.coef[j]), 1.0)
    state = scale.coef.copy()

    def excess(x: float) -> float:
        nonlocal state
        trial = state.copy()
        trial[j] = x
        if not free.any():
            return float(model.value(trial)) - cut
        if not np.isfinite(model.value(trial)):
            return -float("inf")
        state, _ = model.maximise(trial, free)
        return float(model.value(state)) - cut

    inside = float(scale.coef[j])
    outside = inside
    for _ in range(60):
        outside = inside + sign * step
        if excess(outside) < 0:
            break
        inside, step = outside, step * 1.3
    else:
        return sign * float("inf")
    for _ in range(200):
        middle = 0.5 * (inside + outside)
        if abs(outside - inside) <= 1e-11 * max(abs(middle), 1e-3 * step):
            break
        if excess(middle) < 0:
            outside = middle
        else:
            inside = middle
    return float(0.5 * (inside + outside))
