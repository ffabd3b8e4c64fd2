"""Bootstrap distributions of the pooled effect and of tau2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aponia.meta.diagnostics._record import FloatArray, Record
from aponia.meta.diagnostics._refit import need_studies, plain, refit
from aponia.meta.errors import ConvergenceError, InputError, MethodError

if TYPE_CHECKING:
    from aponia.meta._result import PoolResult

__all__ = ["Bootstrap", "bootstrap"]

KINDS = ("parametric", "nonparametric")


@dataclass(frozen=True, eq=False)
class Bootstrap(Record):
    """Replicates of a fit.

    Attributes
    ----------
    coef, se : ndarray of shape (B, p)
    tau2, i2 : ndarray of shape (B,)
    estimate : ndarray of shape (p,)
        Coefficients of the fit itself.
    tau2_estimate : float
    names : tuple of str
    kind : str
    level : float
    seed : int or None
    n_failed : int
        Replicates on which the model could not be estimated; left out.
    """

    coef: FloatArray
    se: FloatArray
    tau2: FloatArray
    i2: FloatArray
    estimate: FloatArray
    tau2_estimate: float
    names: tuple[str, ...]
    kind: str
    level: float
    seed: int | None
    n_failed: int

    def interval(self, of: str = "coef", *, method: str = "percentile") -> FloatArray:
        """Return bootstrap confidence limits.

        Parameters
        ----------
        of : {"coef", "tau2"}
        method : {"percentile", "basic"}
            Quantiles of the replicates, or the same reflected around the estimate.

        Returns
        -------
        ndarray of shape (p, 2), or (2,) for tau2

        Raises
        ------
        MethodError
            Unknown `of` or `method`.
        """
        if of not in ("coef", "tau2") or method not in ("percentile", "basic"):
            raise MethodError(f"interval of {of!r} by {method!r} is not known")
        tail = (1.0 - self.level) / 2.0
        values = self.coef if of == "coef" else self.tau2
        limits = np.quantile(values, [tail, 1.0 - tail], axis=0)
        if method == "basic":
            centre = self.estimate if of == "coef" else self.tau2_estimate
            limits = 2.0 * centre - limits[::-1]
            limits = np.maximum(limits, 0.0) if of == "tau2" else limits
        return np.asarray(limits.T)

    def _table(self) -> dict[str, Any]:
        table: dict[str, Any] = {n: self.coef[:, j] for j, n in enumerate(self.names)}
        return table | {"tau2": self.tau2, "i2": self.i2}


def bootstrap(
    result: PoolResult,
    *,
    kind: str = "parametric",
    replicates: int = 1_000,
    seed: int | None = 0,
) -> Bootstrap:
    """Refit the model to simulated or resampled studies.

    Parameters
    ----------
    result : PoolResult
    kind : {"parametric", "nonparametric"}
        Draw effects from the fitted model, at the variances and moderators of the studies; or draw
        studies with replacement.
    replicates : int
    seed : int, optional
        None for a different one each time.

    Returns
    -------
    Bootstrap

    Raises
    ------
    InputError
        `replicates` below 1.
    MethodError
        Unknown kind, or a location-scale model.
    TooFewStudiesError
        One study.

    References
    ----------
    Efron B, Tibshirani RJ (1993). An Introduction to the Bootstrap.
    """
    plain(result, "bootstrap")
    need_studies(result, "bootstrap")
    if kind not in KINDS:
        raise MethodError(f"kind={kind!r} is not known; use one of {', '.join(KINDS)}")
    if replicates < 1:
        raise InputError(f"replicates={replicates} must be at least 1")
    rng = np.random.default_rng(seed)
    shape = (replicates, result.k)
    w = None if result.weights is None else np.broadcast_to(result.weights, shape)
    if kind == "parametric":
        spread = np.sqrt(result.v + result.tau2)
        y = result.fitted + spread * rng.standard_normal(shape)
        fits = refit(result, y, np.broadcast_to(result.v, shape), result.X[None], w)
    else:
        at = rng.integers(result.k, size=shape)
        X = result.X[None] if result.intercept_only else result.X[at]
        w = None if result.weights is None else result.weights[at]
        fits = refit(result, result.y[at], result.v[at], X, w)
    ok = fits.ok
    if not ok.any():
        raise ConvergenceError("the model could not be estimated on any replicate")
    return Bootstrap(
        coef=fits.coef[ok],
        se=fits.se[ok],
        tau2=fits.tau2[ok],
        i2=fits.heterogeneity[0][ok],
        estimate=result.coef,
        tau2_estimate=result.tau2,
        names=result.names,
        kind=kind,
        level=result.level,
        seed=seed,
        n_failed=int((~ok).sum()),
    )
