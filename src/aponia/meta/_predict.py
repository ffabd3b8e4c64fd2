"""Average effects, true effects and their intervals at given moderator values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aponia.meta._design import encode_new
from aponia.meta._distributions import critical_value
from aponia.meta._options import FIXED, check_level
from aponia.meta.errors import InputError, MethodError, TooFewStudiesError

if TYPE_CHECKING:
    from aponia.meta._result import PoolResult

__all__ = ["INTERVALS", "Prediction", "predict"]

FloatArray = NDArray[np.float64]
INTERVALS = ("default", "simple", "riley", "t")
_INTERVAL_OF = {name: name for name in INTERVALS} | {
    "t(k-2)": "riley",
    "t(k-1)": "t",
    "hts": "riley",
    "normal": "simple",
}


@dataclass(frozen=True, slots=True)
class Prediction:
    """Predicted average effects and the range of true effects around them.

    Attributes
    ----------
    mean : ndarray of shape (n,)
    se : ndarray of shape (n,) or None
        None after a transformation.
    ci_lower, ci_upper : ndarray of shape (n,)
        Confidence interval of the average effect.
    pi_lower, pi_upper : ndarray of shape (n,)
        Prediction interval of the true effect in a new study; NaN in a model without a random
        effect.
    tau2 : ndarray of shape (n,)
        Between-study variance used.
    X : ndarray of shape (n, p)
    level : float
    interval : str
    """

    mean: FloatArray
    se: FloatArray | None
    ci_lower: FloatArray
    ci_upper: FloatArray
    pi_lower: FloatArray
    pi_upper: FloatArray
    tau2: FloatArray
    X: FloatArray
    level: float
    interval: str

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe lists."""
        from aponia.meta._result import json_safe

        names = ("mean", "se", "ci_lower", "ci_upper", "pi_lower", "pi_upper", "tau2")
        safe: dict[str, Any] = json_safe(
            {name: getattr(self, name) for name in (*names, "level", "interval")}
        )
        return safe

    def to_frame(self) -> Any:
        """Return a pandas data frame with one row a prediction."""
        import pandas as pd

        names = ("mean", "se", "ci_lower", "ci_upper", "pi_lower", "pi_upper")
        return pd.DataFrame({n: getattr(self, n) for n in names if getattr(self, n) is not None})

    def summary(self) -> str:
        """Describe the predictions in text."""
        lines = [
            f"{'mean':>10} {'ci_lower':>10} {'ci_upper':>10} {'pi_lower':>10} {'pi_upper':>10}"
        ]
        rows = zip(
            self.mean, self.ci_lower, self.ci_upper, self.pi_lower, self.pi_upper, strict=True
        )
        lines += [" ".join(f"{value:10.4f}" for value in row) for row in rows]
        return "\n".join(lines)


def predict(
    result: PoolResult,
    newmods: Any = None,
    *,
    level: float | None = None,
    interval: str = "default",
    transform: Callable[[FloatArray], Any] | None = None,
    intercept: bool = True,
    newscale: Any = None,
) -> Prediction:
    """Predict the average effect and the range of true effects.

    Parameters
    ----------
    result : PoolResult
    newmods : array_like, mapping or data frame, optional
        New moderator values in the form the moderators were given. Without them: the pooled mean,
        or, in a meta-regression, the fitted value of every study.
    level : float, optional
        Level of both intervals; that of `result` by default.
    interval : {"default", "simple", "riley", "t"}
        Prediction interval: mean +- c sqrt(se2 + tau2) with c from the distribution of the model's
        test (default), from t with k - p - 1 degrees of freedom (riley, also ``"t(k-2)"``), or
        with k - p (t, also ``"t(k-1)"``); or mean +- z tau (simple).
    transform : callable, optional
        Applied to the mean and all limits, for example ``numpy.exp``.
    intercept : bool
        Whether the constant is 1 for new rows (False: contrasts).
    newscale : array_like, mapping or data frame, optional
        New values of the scale moderators of a location-scale model.

    Returns
    -------
    Prediction

    Raises
    ------
    InputError
        New values that do not fit the model.
    MethodError
        Unknown interval.
    TooFewStudiesError
        No degrees of freedom for the interval asked for.

    References
    ----------
    Riley RD, Higgins JPT, Deeks JJ (2011). BMJ 342:d549.
    """
    level = result.level if level is None else check_level(level)
    kind = _INTERVAL_OF.get(interval.lower())
    if kind is None:
        raise MethodError(f"interval={interval!r} is not known; use one of {', '.join(INTERVALS)}")
    k, p = result.X.shape
    if newmods is None:
        X = result.X[:1] if result.intercept_only else result.X
    else:
        X = encode_new(result.design, newmods)
    if not intercept and "intercept" in result.names:
        X = X.copy()
        X[:, result.names.index("intercept")] = 0.0
    tau2 = _tau2(result, X, newmods, newscale)
    if result.scale is not None and X.shape[0] != tau2.size:
        if X.shape[0] != 1 and tau2.size != 1:
            raise InputError(f"newmods has {X.shape[0]} rows and newscale {tau2.size}")
        X = np.repeat(X, tau2.size, axis=0) if X.shape[0] == 1 else X
        tau2 = np.repeat(tau2, X.shape[0]) if tau2.size == 1 else tau2
    if np.isnan(X).any():
        raise InputError("newmods has missing values")
    mean = X @ result.coef
    var = np.einsum("ij,jl,il->i", X, result.vcov, X)
    se = np.sqrt(var)
    crit = critical_value(level, result.df)
    if kind == "simple":
        half = critical_value(level) * np.sqrt(tau2)
    else:
        half = _critical(kind, level, result.df, k, p) * np.sqrt(var + tau2)
    if result.method in FIXED:
        half = np.full(mean.shape, np.nan)
    ci_lower, ci_upper = mean - crit * se, mean + crit * se
    pi_lower, pi_upper = mean - half, mean + half
    if transform is not None:
        mean = np.asarray(transform(mean), dtype=np.float64)
        ci_lower, ci_upper = _transformed(transform, ci_lower, ci_upper)
        pi_lower, pi_upper = _transformed(transform, pi_lower, pi_upper)
    return Prediction(
        mean=mean,
        se=None if transform else se,
        ci_lower=ci_lower,
        ci_upper=ci_upper,
        pi_lower=pi_lower,
        pi_upper=pi_upper,
        tau2=tau2,
        X=X,
        level=level,
        interval=kind,
    )


def _transformed(
    transform: Callable[[FloatArray], Any], lower: FloatArray, upper: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Transform both limits; a decreasing transformation swaps them."""
    a = np.asarray(transform(lower), dtype=np.float64)
    b = np.asarray(transform(upper), dtype=np.float64)
    return np.fmin(a, b), np.fmax(a, b)


def _critical(kind: str, level: float, df: float | None, k: int, p: int) -> float:
    if kind == "default" or (k == 1 and df is None):
        return critical_value(level, df)
    need = k - p - 1 if kind == "riley" else k - p
    if need < 1:
        raise TooFewStudiesError(
            f"interval={kind!r} needs more studies: {k} studies and {p} coefficients leave "
            f"{need} degrees of freedom"
        )
    return critical_value(level, float(need))


def _tau2(result: PoolResult, X: FloatArray, newmods: Any, newscale: Any) -> FloatArray:
    if result.scale is None:
        if newscale is not None:
            raise InputError("newscale= needs a location-scale model")
        return np.full(X.shape[0], result.tau2)
    if newscale is not None:
        return result.scale.tau2_at(newscale)
    if newmods is not None:
        if len(result.scale.names) > 1:
            raise InputError("newmods= of a location-scale model needs newscale= too")
        return np.full(X.shape[0], result.scale.tau2[0])
    return result.scale.tau2
