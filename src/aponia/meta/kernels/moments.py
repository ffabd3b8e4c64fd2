"""Closed-form estimators of tau2, and the standard errors of all estimators.

Every method-of-moments estimator is (y' A y - tr(A V)) / tr(A) for a matrix A = P at fixed
weights: inverse variances (DerSimonian-Laird), equal (Hedges), or the user's (generalised Q).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aponia.meta.kernels.projection import Projection, project

__all__ = [
    "Data",
    "crude_variance",
    "generalised_q",
    "hedges",
    "hunter_schmidt",
    "sidik_jonkman",
    "standard_error",
]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Data:
    """A batch of meta-analyses.

    Attributes
    ----------
    y, v : ndarray of shape (B, k)
        Effects and sampling variances; an absent study has ``y = 0`` and ``v = inf``.
    X : ndarray of shape (B, k, p) or (1, k, p)
        Model matrix.
    k : ndarray of shape (B,)
        Number of studies present.
    """

    y: FloatArray
    v: FloatArray
    X: FloatArray
    k: FloatArray

    @property
    def p(self) -> int:
        """Number of coefficients."""
        return int(self.X.shape[-1])

    @property
    def present(self) -> FloatArray:
        """1 for a study that is there, 0 for padding; shape (B, k)."""
        return np.isfinite(self.v).astype(np.float64)

    @property
    def finite_v(self) -> FloatArray:
        """Variances with 0 for padding; shape (B, k)."""
        return np.where(np.isfinite(self.v), self.v, 0.0)

    def at(self, tau2: FloatArray | float) -> Projection:
        """Project with weights 1 / (v + tau2)."""
        t = np.broadcast_to(np.asarray(tau2, dtype=np.float64), self.k.shape)
        return project(self.y, 1.0 / (self.v + t[:, None]), self.X)


def generalised_q(data: Data, a: Projection) -> FloatArray:
    """Moment estimator of tau2 for the weights of `a`, untruncated, shape (B,).

    DerSimonian & Laird (1986) for inverse-variance weights; DerSimonian & Kacker (2007),
    equation 6, for any weights.
    """
    return np.asarray((a.rss - a.trace_pd(data.finite_v)) / a.trace)


def hedges(data: Data) -> FloatArray:
    """Hedges (or Cochran) estimator: equal weights, untruncated (Hedges 1983)."""
    return generalised_q(data, project(data.y, data.present, data.X))


def hunter_schmidt(data: Data, *, small_sample: bool) -> FloatArray:
    """Hunter-Schmidt estimator, untruncated.

    Viechtbauer (2005), equation 12; `small_sample` multiplies Q by k / (k - p)
    (Brannick et al. 2019).
    """
    a = data.at(0.0)
    q = a.rss * (data.k / (data.k - data.p)) if small_sample else a.rss
    return np.asarray((q - data.k) / a.w.sum(-1))


def crude_variance(y: FloatArray, v: FloatArray) -> FloatArray:
    """Mean squared deviation of the effects (not of residuals) from their mean, shape (B,)."""
    present = np.isfinite(v)
    k = present.sum(-1)
    mean = np.where(present, y, 0.0).sum(-1) / k
    return np.asarray(np.where(present, np.square(y - mean[:, None]), 0.0).sum(-1) / k)


def sidik_jonkman(data: Data, crude: FloatArray) -> FloatArray:
    """Sidik-Jonkman estimator from the crude starting value (Sidik & Jonkman 2005)."""
    safe = np.where(crude > 0, crude, 1.0)
    a = data.at(safe)
    return np.asarray(np.where(crude > 0, safe * a.rss / (data.k - data.p), 0.0))


def _moment_variance(data: Data, a: Projection, tau2: FloatArray, *, exact: bool) -> FloatArray:
    """Return the sampling variance of y' A y under M = V + tau2 I: 2 tr(A M A M)."""
    t = np.maximum(tau2, 0.0)
    if exact:
        m = data.finite_v + t[:, None]
        return np.asarray(2.0 * a.trace_pdpd(m, m))
    # A = P at inverse variances: P V P = P.
    return np.asarray(2.0 * (data.k - data.p) + 4.0 * t * a.trace + 2.0 * t * t * a.trace_pdpd())


def standard_error(
    method: str,
    data: Data,
    tau2: FloatArray,
    *,
    user_weights: FloatArray | None = None,
    crude: FloatArray | None = None,
) -> FloatArray:
    """Return the standard error of an estimate of tau2, shape (B,); NaN for fixed-effects methods.

    Parameters
    ----------
    method : str
        Name of the estimator.
    data : Data
    tau2 : ndarray of shape (B,)
        The estimate (truncated at 0).
    user_weights : ndarray of shape (B, k), optional
        For GENQ and GENQM.
    crude : ndarray of shape (B,), optional
        The starting value of SJ.

    References
    ----------
    Viechtbauer W, Lopez-Lopez JA, Sanchez-Meca J, Marin-Martinez F (2015). Psychological Methods
    20:360-374, and the delta method for the moment estimators.
    """
    df = data.k - data.p
    with np.errstate(divide="ignore", invalid="ignore"):
        if method in ("HS", "HSk", "DL"):
            a = data.at(0.0)
            scale = a.trace if method == "DL" else a.w.sum(-1)
            if method == "HSk":
                scale = scale * df / data.k
            return np.sqrt(_moment_variance(data, a, tau2, exact=False)) / scale
        if method == "HE":
            a = project(data.y, data.present, data.X)
            return np.sqrt(_moment_variance(data, a, tau2, exact=True)) / df
        if method in ("GENQ", "GENQM") and user_weights is not None:
            a = project(data.y, user_weights, data.X)
            return np.asarray(np.sqrt(_moment_variance(data, a, tau2, exact=True)) / a.trace)
        if method == "SJ" and crude is not None:
            a = data.at(np.where(crude > 0, crude, 1.0))
            return crude * np.sqrt(_moment_variance(data, a, tau2, exact=True)) / df
        b = data.at(tau2)
        if method == "ML":
            return np.asarray(np.sqrt(2.0 / np.square(b.w).sum(-1)))
        if method == "REML":
            return np.sqrt(2.0 / b.trace_pdpd())
        if method in ("EB", "PM", "PMM", "DLIT", "SJIT"):
            return np.asarray(np.sqrt(2.0 * data.k**2 / df) / b.w.sum(-1))
    return np.full(data.k.shape, np.nan)
