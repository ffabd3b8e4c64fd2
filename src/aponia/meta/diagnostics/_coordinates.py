"""Where points go in Baujat, radial, normal quantile, funnel and profile plots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from aponia.meta._options import FIXED
from aponia.meta.diagnostics._record import FloatArray, Record
from aponia.meta.diagnostics._refit import need_studies, plain, refit_subsets
from aponia.meta.diagnostics._residuals import rstandard, rstudent
from aponia.meta.errors import InputError, MethodError
from aponia.meta.kernels.fit import fit_batch

if TYPE_CHECKING:
    from aponia.meta._result import PoolResult

__all__ = ["Points", "Profile", "baujat", "funnel", "profile", "qqnorm", "radial"]


@dataclass(frozen=True, eq=False)
class Points(Record):
    """One point a study.

    Attributes
    ----------
    x, y : ndarray of shape (k,)
    labels : tuple of str
    x_title, y_title : str
        What the coordinates are.
    """

    x: FloatArray
    y: FloatArray
    labels: tuple[str, ...]
    x_title: str
    y_title: str

    def _table(self) -> dict[str, Any]:
        return {"study": self.labels, "x": self.x, "y": self.y}


@dataclass(frozen=True, eq=False)
class Profile(Record):
    """Profile log-likelihood of tau2.

    Attributes
    ----------
    tau2, loglik : ndarray of shape (n,)
        Grid and log-likelihood, maximised over the coefficients.
    coef, se : ndarray of shape (n, p)
        Coefficients and standard errors at each tau2.
    estimate, maximum : float
        tau2 of the model, and the log-likelihood there.
    fit_method : {"ML", "REML"}
    names : tuple of str
    """

    tau2: FloatArray
    loglik: FloatArray
    coef: FloatArray
    se: FloatArray
    estimate: float
    maximum: float
    fit_method: str
    names: tuple[str, ...]

    def _table(self) -> dict[str, Any]:
        table: dict[str, Any] = {"tau2": self.tau2, "loglik": self.loglik}
        return table | {f"coef[{n}]": self.coef[:, j] for j, n in enumerate(self.names)}

    def plot(self, **options: Any) -> Any:
        """Draw the profile; see `aponia.meta.plots.profile`."""
        from aponia.meta.plots import profile as draw

        return draw(self, **options)


def baujat(result: PoolResult) -> Points:
    """Contribution to heterogeneity against influence on the pooled effect.

    x is the squared Pearson residual; y the squared change of the fitted value of the study when it
    is left out, over the variance of the fitted value without it.

    Parameters
    ----------
    result : PoolResult

    Returns
    -------
    Points

    References
    ----------
    Baujat B, et al. (2002). Statistics in Medicine 21:2641-2652.
    """
    plain(result, "baujat")
    need_studies(result, "baujat")
    without = refit_subsets(result, ~np.eye(result.k, dtype=bool))
    x = np.square(result.y - result.fitted) / (result.v + result.tau2)
    change = result.fitted - np.einsum("ij,ij->i", result.X, without.coef)
    variance = np.einsum("ij,ijl,il->i", result.X, without.vcov, result.X)
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.where(change == 0, 0.0 * variance, np.square(change) / variance)
    return Points(
        x,
        y,
        result.labels,
        "Squared Pearson residual (contribution to heterogeneity)",
        "Influence on the fitted value",
    )


def radial(result: PoolResult) -> Points:
    """Coordinates of the radial (Galbraith) plot: 1 / s and effect / s with s^2 = v + tau2.

    Parameters
    ----------
    result : PoolResult

    Returns
    -------
    Points
        The slope of a line from the origin through a point is the effect of the study.

    Raises
    ------
    MethodError
        A model with moderators.

    References
    ----------
    Galbraith RF (1988). Statistics in Medicine 7:889-894.
    """
    if not result.intercept_only:
        raise MethodError("the radial plot needs a model without moderators")
    s = np.sqrt(result.v + result.tau2_by_study)
    return Points(1.0 / s, result.y / s, result.labels, "Precision 1/s", "Effect / s")


def qqnorm(result: PoolResult, *, kind: str = "rstandard") -> Points:
    """Return normal quantiles against standardised residuals.

    Parameters
    ----------
    result : PoolResult
    kind : {"rstandard", "rstudent"}

    Returns
    -------
    Points
        In the order of the studies.

    Raises
    ------
    MethodError
        Unknown kind.
    """
    if kind not in ("rstandard", "rstudent"):
        raise MethodError(f"kind={kind!r} is not known; use rstandard or rstudent")
    from scipy.special import ndtri

    z = (rstandard if kind == "rstandard" else rstudent)(result).z
    finite = np.flatnonzero(~np.isnan(z))
    n = finite.size
    a = 0.375 if n <= 10 else 0.5
    rank = np.empty(n)
    rank[np.argsort(z[finite], kind="stable")] = np.arange(1, n + 1)
    x = np.full(z.shape, np.nan)
    x[finite] = ndtri((rank - a) / (n + 1 - 2 * a))
    return Points(x, z, result.labels, "Normal quantile", f"Residual ({kind})")


def funnel(result: PoolResult) -> Points:
    """Coordinates of the funnel plot: effects (residuals with moderators) and standard errors.

    Parameters
    ----------
    result : PoolResult

    Returns
    -------
    Points
    """
    x = result.y if result.intercept_only else result.y - result.fitted
    title = "Effect" if result.intercept_only else "Residual"
    return Points(x.copy(), np.sqrt(result.v), result.labels, title, "Standard error")


def profile(
    result: PoolResult,
    *,
    tau2: ArrayLike | None = None,
    upper: float | None = None,
    steps: int = 101,
) -> Profile:
    """Profile log-likelihood of tau2: REML for a model fitted by REML, else ML.

    Parameters
    ----------
    result : PoolResult
    tau2 : array_like of shape (n,), optional
        Values of tau2; by default `steps` from 0 to `upper`.
    upper : float, optional
        By default far enough for the log-likelihood to have dropped by 4.
    steps : int

    Returns
    -------
    Profile

    Raises
    ------
    InputError
        Values that are negative or not finite, fewer than two steps.
    MethodError
        A location-scale model, or one without a random effect.
    """
    plain(result, "profile")
    if result.method in FIXED:
        raise MethodError(f"method={result.method!r} has no tau2 to profile")
    if tau2 is not None:
        grid = np.atleast_1d(np.asarray(tau2, dtype=np.float64))
    else:
        if steps < 2:
            raise InputError(f"steps={steps} must be at least 2")
        end = _reach(result) if upper is None else float(upper)
        if not (np.isfinite(end) and end > 0):
            raise InputError(f"upper={upper!r} must be positive and finite")
        # Multiples of the step, so that round limits give round values.
        grid = np.linspace(0.0, end, steps)
        if (result.v == 0).any():
            grid = grid[1:]
    if grid.ndim != 1 or not (np.isfinite(grid).all() and (grid >= 0).all() and grid.size):
        raise InputError("tau2 must hold finite values that are not negative")
    coef, se, loglik = _at(result, grid)
    return Profile(
        grid, loglik, coef, se, result.tau2, result.loglik, result.fit_method, result.names
    )


def _at(result: PoolResult, grid: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    shape = (grid.size, result.k)
    fit = fit_batch(
        np.broadcast_to(result.y, shape),
        np.broadcast_to(result.v, shape),
        result.X[None],
        method=result.method,
        test=result.test,
        user_weights=None if result.weights is None else np.broadcast_to(result.weights, shape),
        tau2=grid,
    )
    loglik = fit.loglik_reml if result.fit_method == "REML" else fit.loglik_ml
    return fit.coef, np.sqrt(np.diagonal(fit.vcov, axis1=-2, axis2=-1)), loglik


def _reach(result: PoolResult) -> float:
    end = max(4.0 * result.tau2, float(np.median(result.v)), 1e-12)
    for _ in range(60):
        if _at(result, np.array([end]))[2][0] < result.loglik - 4.0:
            break
        end *= 1.5
    return end
