"""From a batch of meta-analyses and the name of an estimator to tau2."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aponia.meta._distributions import chi2_quantile
from aponia.meta.kernels.likelihood import maximise
from aponia.meta.kernels.moments import (
    Data,
    generalised_q,
    hedges,
    hunter_schmidt,
    sidik_jonkman,
)
from aponia.meta.kernels.projection import least_squares, project
from aponia.meta.kernels.quadratic_form import solve_tau2
from aponia.meta.kernels.roots import q_root

__all__ = ["FIXED", "METHODS", "centre", "estimate_tau2"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
#: Methods without a random effect.
FIXED = ("FE", "EE", "CE")
#: Every name that `pool` accepts.
METHODS = (
    *FIXED,
    *("DL", "HE", "HS", "HSk", "SJ", "SJIT", "ML", "REML", "EB", "PM", "PMM"),
    *("DLIT", "GENQ", "GENQM"),
)


def centre(y: FloatArray, v: FloatArray, X: FloatArray) -> FloatArray:
    """Return the effects minus their inverse-variance fit, shape (B, k).

    Estimates of tau2 do not change when a combination of the columns of X is subtracted; doing so
    first avoids cancellation when effects share a large offset or one study dominates.
    """
    present = np.isfinite(v)
    zero = (v == 0).any(-1, keepdims=True)
    w = np.where(zero, present.astype(np.float64), 1.0 / np.where(v > 0, v, 1.0))
    w = np.where(present, w, 0.0)
    out = y
    for _ in range(2):
        coef = least_squares(out, w, X)[0]
        out = np.where(present, out - np.matmul(X, coef[..., None])[..., 0], 0.0)
    return out


def estimate_tau2(
    method: str,
    data: Data,
    *,
    user_weights: FloatArray | None = None,
    crude: FloatArray | None = None,
) -> tuple[FloatArray, BoolArray]:
    """Estimate tau2 for every meta-analysis of a batch.

    Parameters
    ----------
    method : str
        One of `METHODS`.
    data : Data
        With centred effects (see `centre`).
    user_weights : ndarray of shape (B, k), optional
        For GENQ and GENQM.
    crude : ndarray of shape (B,), optional
        The starting value of SJ: see `crude_variance`.

    Returns
    -------
    tau2 : ndarray of shape (B,)
        Not negative.
    converged : ndarray of bool, shape (B,)
    """
    ok = np.ones(data.k.shape, dtype=bool)
    df = data.k - data.p
    if method in FIXED:
        return np.zeros(data.k.shape), ok
    if method in ("ML", "REML"):
        return maximise(data.y, data.v, data.X, restricted=method == "REML")
    if method in ("PM", "EB", "DLIT", "SJIT"):
        return q_root(data.y, data.v, data.X, df)
    if method == "PMM":
        median = np.array([chi2_quantile(0.5, d) for d in np.atleast_1d(df)])
        return q_root(data.y, data.v, data.X, median)
    if method == "DL":
        tau2 = generalised_q(data, data.at(0.0))
    elif method == "HE":
        tau2 = hedges(data)
    elif method in ("HS", "HSk"):
        tau2 = hunter_schmidt(data, small_sample=method == "HSk")
    elif method == "SJ" and crude is not None:
        tau2 = sidik_jonkman(data, crude)
    elif method == "GENQ" and user_weights is not None:
        tau2 = generalised_q(data, project(data.y, user_weights, data.X))
    elif method == "GENQM" and user_weights is not None:
        tau2 = np.array(
            [
                solve_tau2(float(a.rss), a, data.v[b], 0.5)
                for b in range(data.k.size)
                for a in [project(data.y[b], user_weights[b], data.X[min(b, len(data.X) - 1)])]
            ]
        )
    else:
        raise AssertionError(f"unknown method {method!r}")  # the front door has checked the name
    return np.maximum(tau2, 0.0), ok
