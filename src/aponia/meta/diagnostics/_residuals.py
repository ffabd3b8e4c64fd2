"""Leverages, weights, fitted values, residuals and study-specific predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aponia.meta._distributions import critical_value
from aponia.meta.diagnostics._record import FloatArray, Record
from aponia.meta.diagnostics._refit import need_studies, plain, refit_subsets
from aponia.meta.errors import MethodError
from aponia.meta.kernels.projection import least_squares

if TYPE_CHECKING:
    from aponia.meta._result import PoolResult

__all__ = [
    "RESIDUALS",
    "Residuals",
    "StudyPredictions",
    "blup",
    "fitted",
    "hatvalues",
    "ranef",
    "residuals",
    "rstandard",
    "rstudent",
    "weights",
]

RESIDUALS = ("response", "pearson", "rstandard", "rstudent", "cholesky")


@dataclass(frozen=True, eq=False)
class Residuals(Record):
    """Residuals with their standard errors.

    Attributes
    ----------
    resid, se, z : ndarray of shape (k,)
        Residuals, standard errors and their ratio; NaN for a study without which the model cannot
        be estimated.
    labels : tuple of str
    kind : str
    """

    resid: FloatArray
    se: FloatArray
    z: FloatArray
    labels: tuple[str, ...]
    kind: str

    def _table(self) -> dict[str, Any]:
        return {"study": self.labels, "resid": self.resid, "se": self.se, "z": self.z}


@dataclass(frozen=True, eq=False)
class StudyPredictions(Record):
    """Predictions of the true effects (or random effects) of the studies in the fit.

    Attributes
    ----------
    pred, se, pi_lower, pi_upper : ndarray of shape (k,)
        Best linear unbiased predictions, standard errors and prediction limits.
    labels : tuple of str
    level : float
    kind : {"blup", "ranef"}
    """

    pred: FloatArray
    se: FloatArray
    pi_lower: FloatArray
    pi_upper: FloatArray
    labels: tuple[str, ...]
    level: float
    kind: str

    def _table(self) -> dict[str, Any]:
        return {
            "study": self.labels,
            "pred": self.pred,
            "se": self.se,
            "pi_lower": self.pi_lower,
            "pi_upper": self.pi_upper,
        }


def _variances(result: PoolResult) -> FloatArray:
    return result.v + result.tau2_by_study


def _weights(result: PoolResult) -> FloatArray:
    return 1.0 / _variances(result) if result.weights is None else result.weights


def hat_matrix(result: PoolResult) -> FloatArray:
    """Return H with fitted = H y, shape (k, k)."""
    # From a root of (X' W X)^-1: the product itself loses digits with an uncentred year.
    w = _weights(result)
    A = result.X @ least_squares(result.y, w, result.X)[1]
    return np.asarray(A @ A.T * w)


def hatvalues(result: PoolResult, *, matrix: bool = False) -> FloatArray:
    """Return the leverages, the diagonal of H in fitted = H y.

    Parameters
    ----------
    result : PoolResult
    matrix : bool
        Return the whole hat matrix.

    Returns
    -------
    ndarray of shape (k,) or (k, k)

    Examples
    --------
    >>> from aponia.meta import pool
    >>> hatvalues(pool([0.1, 0.3], [0.1, 0.1], method="FE")).round(3).tolist()
    [0.5, 0.5]
    """
    H = hat_matrix(result)
    return H if matrix else np.diagonal(H).copy()


def weights(result: PoolResult, *, matrix: bool = False) -> FloatArray:
    """Return the weights of the studies in percent, or the weight matrix.

    Parameters
    ----------
    result : PoolResult
    matrix : bool
        Return the diagonal matrix of the weights as used, not in percent.

    Returns
    -------
    ndarray of shape (k,) or (k, k)
    """
    return np.diag(_weights(result)) if matrix else result.study_weights


def fitted(result: PoolResult) -> FloatArray:
    """Return the fitted effects X @ coef, shape (k,)."""
    return result.fitted


def rstandard(result: PoolResult) -> Residuals:
    """Internally standardised residuals.

    The residual of each study over the standard deviation it has when the model holds:
    ``diag((I - H) M (I - H)')`` with M the marginal variances.

    Parameters
    ----------
    result : PoolResult

    Returns
    -------
    Residuals

    References
    ----------
    Viechtbauer W, Cheung MWL (2010). Research Synthesis Methods 1:112-125.
    """
    resid = _clean(result.y - result.fitted, result.y)
    A = np.eye(result.k) - hat_matrix(result)
    se = np.sqrt(np.square(A) @ _variances(result))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(se > 0, resid / se, np.nan)
    return Residuals(resid, se, z, result.labels, "rstandard")


def _clean(resid: FloatArray, y: FloatArray) -> FloatArray:
    """Residuals that are rounding of the effects are zero."""
    return np.where(np.abs(resid) < 100.0 * np.finfo(np.float64).eps * np.abs(y).max(), 0.0, resid)


def rstudent(result: PoolResult) -> Residuals:
    """Externally standardised (deleted) residuals: each study against the fit to the others.

    Parameters
    ----------
    result : PoolResult

    Returns
    -------
    Residuals

    Raises
    ------
    MethodError
        A location-scale model.
    TooFewStudiesError
        One study.

    References
    ----------
    Viechtbauer W, Cheung MWL (2010). Research Synthesis Methods 1:112-125.
    """
    plain(result, "rstudent")
    need_studies(result, "rstudent")
    without = refit_subsets(result, ~np.eye(result.k, dtype=bool))
    predicted = np.einsum("ij,ij->i", result.X, without.coef)
    variance = np.einsum("ij,ijl,il->i", result.X, without.vcov, result.X)
    resid = _clean(result.y - predicted, result.y)
    # The factor of Knapp and Hartung applies to the whole variance, as it does to that of the fit.
    se = np.sqrt(without.scale * (result.v + without.tau2) + variance)
    return Residuals(resid, se, resid / se, result.labels, "rstudent")


def residuals(result: PoolResult, kind: str = "response") -> FloatArray:
    """Return residuals of a kind.

    Parameters
    ----------
    result : PoolResult
    kind : {"response", "pearson", "rstandard", "rstudent", "cholesky"}
        Raw; over the square root of the marginal variance; internally or externally standardised;
        or independent when the model holds (the Cholesky factor of the inverse marginal variance
        applied to the raw ones).

    Returns
    -------
    ndarray of shape (k,)

    Raises
    ------
    MethodError
        Unknown kind.
    """
    if kind not in RESIDUALS:
        raise MethodError(f"kind={kind!r} is not known; use one of {', '.join(RESIDUALS)}")
    if kind == "rstandard":
        return rstandard(result).z
    if kind == "rstudent":
        return rstudent(result).z
    resid = _clean(result.y - result.fitted, result.y)
    return resid if kind == "response" else np.asarray(resid / np.sqrt(_variances(result)))


def blup(result: PoolResult, *, level: float | None = None) -> StudyPredictions:
    """Predict the true effect of every study: fixed part plus random effect.

    Parameters
    ----------
    result : PoolResult
    level : float, optional
        Level of the prediction intervals; that of `result` by default.

    Returns
    -------
    StudyPredictions

    References
    ----------
    Raudenbush SW, Bryk AS (1985). Journal of Educational Statistics 10:75-98.
    """
    lam, resid, fixed = _shrinkage(result)
    var = lam * result.v + np.square(1.0 - lam) * fixed
    return _predictions(result, result.fitted + lam * resid, var, level, "blup")


def ranef(result: PoolResult, *, level: float | None = None) -> StudyPredictions:
    """Predict the random effect of every study: its true effect minus the fitted one.

    Parameters
    ----------
    result : PoolResult
    level : float, optional
        Level of the prediction intervals; that of `result` by default.

    Returns
    -------
    StudyPredictions
    """
    lam, resid, fixed = _shrinkage(result)
    var = lam * result.v + np.square(lam) * fixed
    return _predictions(result, lam * resid, var, level, "ranef")


def _shrinkage(result: PoolResult) -> tuple[FloatArray, FloatArray, FloatArray]:
    tau2 = result.tau2_by_study
    lam = tau2 / (tau2 + result.v)
    fixed = np.einsum("ij,jl,il->i", result.X, result.vcov, result.X)
    return lam, result.y - result.fitted, fixed


def _predictions(
    result: PoolResult, pred: FloatArray, var: FloatArray, level: float | None, kind: str
) -> StudyPredictions:
    from aponia.meta._options import check_level

    at = result.level if level is None else check_level(level)
    se = np.sqrt(var)
    half = critical_value(at, result.df) * se
    return StudyPredictions(pred, se, pred - half, pred + half, result.labels, at, kind)
