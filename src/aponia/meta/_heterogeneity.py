"""Confidence intervals for tau2, tau, I2 and H2."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aponia.meta._distributions import chi2_quantile, critical_value
from aponia.meta._options import check_level
from aponia.meta.errors import MetaWarning, MethodError, TooFewStudiesError
from aponia.meta.kernels.estimate import centre
from aponia.meta.kernels.likelihood import log_likelihood
from aponia.meta.kernels.projection import project
from aponia.meta.kernels.quadratic_form import solve_tau2
from aponia.meta.kernels.roots import q_root

if TYPE_CHECKING:
    from aponia.meta._result import PoolResult

__all__ = ["CI_METHODS", "HeterogeneityInterval", "heterogeneity_ci"]

FloatArray = NDArray[np.float64]
CI_METHODS = ("QP", "GENQ", "PL", "HT", "Wald", "Wald.log", "Wald.sqrt")
_METHOD_OF = {name.upper(): name for name in CI_METHODS}


@dataclass(frozen=True, slots=True)
class HeterogeneityInterval:
    """Estimates of heterogeneity with confidence limits.

    Attributes
    ----------
    tau2, tau2_lower, tau2_upper : float
    tau, tau_lower, tau_upper : float
    i2, i2_lower, i2_upper : float
        Percent.
    h2, h2_lower, h2_upper : float
    method : str
    level : float
    empty : bool
        The effects agree so closely that no tau2 >= 0 is compatible with them at this level; both
        limits are then reported as 0.
    """

    tau2: float
    tau2_lower: float
    tau2_upper: float
    tau: float
    tau_lower: float
    tau_upper: float
    i2: float
    i2_lower: float
    i2_upper: float
    h2: float
    h2_lower: float
    h2_upper: float
    method: str
    level: float
    empty: bool

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe numbers."""
        from aponia.meta._result import json_safe

        safe: dict[str, Any] = json_safe({n: getattr(self, n) for n in self.__slots__})
        return safe

    def to_frame(self) -> Any:
        """Return a pandas data frame with the rows tau2, tau, I2 and H2."""
        import pandas as pd

        rows = [[getattr(self, f"{n}{s}") for s in ("", "_lower", "_upper")] for n in _ROWS]
        return pd.DataFrame(rows, index=list(_ROWS), columns=["estimate", "lower", "upper"])

    def summary(self) -> str:
        """Describe the intervals in text."""
        lines = [f"Heterogeneity, {self.method}, {100 * self.level:g}% intervals"]
        for n in _ROWS:
            a, b, c = (getattr(self, f"{n}{s}") for s in ("", "_lower", "_upper"))
            lines.append(f"  {n:5} {a:10.4f}  [{b:.4f}, {c:.4f}]")
        return "\n".join(lines)


_ROWS = ("tau2", "tau", "i2", "h2")


def heterogeneity_ci(
    result: PoolResult, method: str | None = None, *, level: float | None = None
) -> HeterogeneityInterval:
    """Confidence intervals of tau2, tau, I2 and H2.

    Parameters
    ----------
    result : PoolResult
    method : {"QP", "GENQ", "PL", "HT", "Wald", "Wald.log", "Wald.sqrt"}, optional
        Q-profile (the default), generalised Q (the default after GENQ and GENQM), profile
        likelihood (after ML and REML), test-based, or Wald on the scale of tau2, its logarithm
        or its root.
    level : float, optional

    Returns
    -------
    HeterogeneityInterval

    Raises
    ------
    MethodError
        The interval does not exist for the model: unknown name, profile likelihood without a
        likelihood, location-scale models.
    TooFewStudiesError
        Not more studies than coefficients.

    Notes
    -----
    The profile-likelihood interval is the hull of all tau2 whose profile likelihood is high
    enough, also when the likelihood has several maxima.

    References
    ----------
    Viechtbauer W (2007). Statistics in Medicine 26:37-52 (QP, PL, Wald).
    Jackson D (2013). Research Synthesis Methods 4:220-229 (GENQ).
    Higgins JPT, Thompson SG (2002). Statistics in Medicine 21:1539-1558 (HT).
    """
    k, p = result.X.shape
    if result.scale is not None:
        raise MethodError("a location-scale model has no single tau2; use scale_ci()")
    if k <= p:
        raise TooFewStudiesError(f"{k} studies and {p} coefficients leave nothing for tau2")
    if method is None:
        method = "GENQ" if result.method in ("GENQ", "GENQM") else "QP"
    kind = _METHOD_OF.get(method.upper())
    if kind is None:
        raise MethodError(f"method={method!r} is not known; use one of {', '.join(CI_METHODS)}")
    level = result.level if level is None else check_level(level)
    empty = False
    if kind == "QP":
        lower, upper, empty = _q_profile(result, level)
    elif kind == "GENQ":
        lower, upper, empty = _generalised_q(result, level)
    elif kind == "PL":
        lower, upper = _profile_likelihood(result, level)
    elif kind == "HT":
        return _test_based(result, level)
    else:
        lower, upper = _wald(result, kind, level)
    if empty:
        warnings.warn(
            "the effects agree more closely than chance allows at this level: the interval for "
            "tau2 is empty and both limits are reported as 0",
            MetaWarning,
            stacklevel=3,
        )
    return _interval(result, kind, level, lower, upper, empty=empty)


def _interval(
    result: PoolResult, kind: str, level: float, lower: float, upper: float, *, empty: bool
) -> HeterogeneityInterval:
    vt = result.typical_variance

    def i2(t: float) -> float:
        return 100.0 * t / (vt + t) if np.isfinite(t) else 100.0

    def h2(t: float) -> float:
        return t / vt + 1.0

    t = result.tau2
    return HeterogeneityInterval(
        *(t, lower, upper),
        *(float(np.sqrt(t)), float(np.sqrt(lower)), float(np.sqrt(upper))),
        *(result.i2, i2(lower), i2(upper)),
        *(result.h2, h2(lower), h2(upper)),
        kind,
        level,
        empty,
    )


def _batch_of_one(result: PoolResult) -> tuple[FloatArray, FloatArray, FloatArray]:
    y, v, X = result.y[None], result.v[None], result.X[None]
    return centre(y, v, X), v, X


def _q_profile(result: PoolResult, level: float) -> tuple[float, float, bool]:
    y, v, X = _batch_of_one(result)
    df = float(result.k - len(result.names))
    alpha = 1.0 - level
    low_target = chi2_quantile(0.5 * alpha, df)
    lower = float(q_root(y, v, X, chi2_quantile(1.0 - 0.5 * alpha, df))[0][0])
    upper = float(q_root(y, v, X, low_target)[0][0])
    return lower, upper, upper == 0.0 and result.q < low_target


def _generalised_q(result: PoolResult, level: float) -> tuple[float, float, bool]:
    weights = 1.0 / result.v if result.weights is None else result.weights
    y, v, X = _batch_of_one(result)
    a = project(y[0], weights, X[0])
    alpha = 1.0 - level
    lower = solve_tau2(float(a.rss), a, v[0], 1.0 - 0.5 * alpha)
    upper = solve_tau2(float(a.rss), a, v[0], 0.5 * alpha)
    return lower, upper, upper == 0.0


def _profile_likelihood(result: PoolResult, level: float) -> tuple[float, float]:
    if result.method not in ("ML", "REML"):
        raise MethodError(
            f"profile likelihood needs method='ML' or 'REML', the fit is {result.method!r}; "
            "use 'QP'"
        )
    y, v, X = _batch_of_one(result)
    restricted = result.method == "REML"
    cut = 0.5 * chi2_quantile(level, 1.0)

    def drop(t: FloatArray) -> FloatArray:
        value = log_likelihood(y, v, X, t, restricted=restricted)
        return np.asarray(value - top + cut)

    top = log_likelihood(y, v, X, np.array([result.tau2]), restricted=restricted)[0]
    base = max(float(v.min()), 1e-12 * max(float(v.max()), result.tau2))
    span = 2.0 * np.log1p(result.tau2 / base) + 1.0
    while drop(np.array([base * np.expm1(span)]))[0] > 0:
        span *= 1.5
        if span > 700:
            return 0.0, float("inf")
    grid = base * np.expm1(np.linspace(0.0, span, 400))
    grid = np.unique(np.append(grid, result.tau2))
    inside = np.flatnonzero(drop(grid) >= 0)
    first, last = inside[0], inside[-1]
    from scipy.optimize import brentq

    def at(t: float) -> float:
        return float(drop(np.array([t]))[0])

    def root(inside: float, outside: float) -> float:
        return float(brentq(at, inside, outside, xtol=1e-300, rtol=4e-15, maxiter=500))

    lower = 0.0 if first == 0 else root(float(grid[first]), float(grid[first - 1]))
    return lower, root(float(grid[last]), float(grid[last + 1]))


def _wald(result: PoolResult, kind: str, level: float) -> tuple[float, float]:
    if np.isnan(result.tau2_se):
        raise MethodError(f"a Wald interval needs a random effect, the fit is {result.method!r}")
    half = critical_value(level) * result.tau2_se
    t = result.tau2
    if kind == "Wald":
        return max(t - half, 0.0), max(t + half, 0.0)
    if t == 0.0:
        raise MethodError(f"{kind} does not exist when the estimate of tau2 is 0; use 'QP'")
    if kind == "Wald.log":
        return t * float(np.exp(-half / t)), t * float(np.exp(half / t))
    tau = float(np.sqrt(t))
    return max(tau - half / (2 * tau), 0.0) ** 2, (tau + half / (2 * tau)) ** 2


def _test_based(result: PoolResult, level: float) -> HeterogeneityInterval:
    df = result.k - len(result.names)
    q, vt = result.q, result.typical_variance
    if q > df + 1:
        se = 0.5 * (np.log(q) - np.log(df)) / (np.sqrt(2.0 * q) - np.sqrt(2.0 * df - 1.0))
    elif df > 1:
        se = np.sqrt((1.0 - 1.0 / (3.0 * (df - 1) ** 2)) / (2.0 * (df - 1)))
    else:
        raise TooFewStudiesError("a test-based interval needs at least 3 studies; use 'QP'")
    factor = float(np.exp(2.0 * critical_value(level) * se))
    limits = [max(result.h2 / factor, 1.0), max(result.h2 * factor, 1.0)]
    lower, upper = (vt * (h - 1.0) for h in limits)
    return _interval(result, "HT", level, lower, upper, empty=False)
