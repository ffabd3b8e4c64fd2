"""A whole random- or fixed-effects (meta-regression) fit, for a batch of meta-analyses at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aponia.meta.errors import VarianceError
from aponia.meta.kernels.estimate import FIXED, centre, estimate_tau2
from aponia.meta.kernels.moments import Data, crude_variance, standard_error
from aponia.meta.kernels.projection import least_squares, project, sandwich

__all__ = ["BatchFit", "fit_batch"]

FloatArray = NDArray[np.float64]
_LOG_2PI = float(np.log(2.0 * np.pi))


@dataclass(frozen=True, slots=True)
class BatchFit:
    """Estimates of B meta-analyses with p coefficients each.

    Attributes
    ----------
    coef : ndarray of shape (B, p)
    vcov : ndarray of shape (B, p, p)
        Already multiplied by `scale`.
    tau2, tau2_se : ndarray of shape (B,)
    scale : ndarray of shape (B,)
        The Knapp-Hartung factor in use (1 for tests z and t).
    raw_scale : ndarray of shape (B,)
        The Knapp-Hartung factor, whether used or not; 1 without degrees of freedom.
    q : ndarray of shape (B,)
        Cochran's Q (residual); NaN when a variance is 0.
    typical_variance : ndarray of shape (B,)
        The typical sampling variance of Higgins and Thompson; NaN when a variance is 0.
    loglik_ml, loglik_reml : ndarray of shape (B,)
    saturated : ndarray of shape (B,)
        Log-likelihood of the model with one parameter a study; 0 when a variance is 0.
    k : ndarray of shape (B,)
    converged : ndarray of bool, shape (B,)
    """

    coef: FloatArray
    vcov: FloatArray
    tau2: FloatArray
    tau2_se: FloatArray
    scale: FloatArray
    raw_scale: FloatArray
    q: FloatArray
    typical_variance: FloatArray
    loglik_ml: FloatArray
    loglik_reml: FloatArray
    saturated: FloatArray
    k: FloatArray
    converged: NDArray[np.bool_]

    def heterogeneity(self, method: str) -> tuple[FloatArray, FloatArray]:
        """Return I2 (percent) and H2, shape (B,).

        With a random effect from tau2 and the typical sampling variance, otherwise from Q
        (Higgins & Thompson 2002).
        """
        df = self.k - self.coef.shape[-1]
        with np.errstate(divide="ignore", invalid="ignore"):
            if method in FIXED:
                h2 = self.q / df
                i2 = 100.0 * np.maximum(0.0, (self.q - df) / self.q)
                i2 = np.where(self.q > 0, i2, np.where(np.isnan(self.q), np.nan, 0.0))
            else:
                i2 = 100.0 * self.tau2 / (self.typical_variance + self.tau2)
                h2 = self.tau2 / self.typical_variance + 1.0
        return np.where(df > 0, i2, 0.0), np.where(df > 0, h2, 1.0)


def _clean(centred: FloatArray, y: FloatArray) -> FloatArray:
    """Residuals that are all rounding of the effects become exact zeros (identical effects)."""
    size = np.abs(y).max(-1, keepdims=True)
    noise = np.abs(centred).max(-1, keepdims=True) <= 8.0 * np.finfo(np.float64).eps * size
    return np.where(noise, 0.0, centred)


def fit_batch(
    y: FloatArray,
    v: FloatArray,
    X: FloatArray,
    *,
    method: str,
    test: str = "z",
    user_weights: FloatArray | None = None,
    tau2: FloatArray | None = None,
) -> BatchFit:
    """Fit B meta-analyses.

    Parameters
    ----------
    y, v : ndarray of shape (B, k)
        Effects and sampling variances; an absent study has ``y = 0`` and ``v = inf``.
    X : ndarray of shape (B, k, p) or (1, k, p)
        Full column rank on the present studies; rows of absent studies may hold anything finite.
    method : str
        One of `aponia.meta.kernels.estimate.METHODS`.
    test : {"z", "t", "knha", "adhoc"}
    user_weights : ndarray of shape (B, k), optional
    tau2 : ndarray of shape (B,), optional
        Known heterogeneity; estimated when None.

    Returns
    -------
    BatchFit

    Raises
    ------
    VarianceError
        A variance is 0 where tau2 is 0.

    References
    ----------
    Knapp G, Hartung J (2003). Statistics in Medicine 22:2693-2710.
    """
    present = np.isfinite(v)
    k = present.sum(-1).astype(np.float64)
    p = X.shape[-1]
    df = k - p
    finite_v = np.where(present, v, 0.0)
    zero = (v == 0).any(-1)
    Xb = np.broadcast_to(X, (y.shape[0], *X.shape[1:]))
    data = Data(_clean(centre(y, v, Xb), y), v, Xb, k)
    crude = crude_variance(_clean(y - y[:, :1], y), v) if method == "SJ" else None
    converged = np.ones(k.shape, dtype=bool)
    if tau2 is None:
        tau2 = np.zeros(k.shape)
        rows = np.flatnonzero(df > 0)
        if rows.size:
            some = Data(data.y[rows], v[rows], Xb[rows], k[rows])
            tau2[rows], converged[rows] = estimate_tau2(
                method,
                some,
                user_weights=None if user_weights is None else user_weights[rows],
                crude=None if crude is None else crude[rows],
            )
    if (v + tau2[:, None] == 0).any():
        raise VarianceError(
            "a sampling variance is zero and the estimate of tau2 is zero too: the study would "
            "have infinite weight; correct the variance or give tau2="
        )
    tau2_se = standard_error(method, data, tau2, user_weights=user_weights, crude=crude)
    m = v + tau2[:, None]
    with np.errstate(divide="ignore"):
        w = 1.0 / m
    a = w if user_weights is None else np.where(present, user_weights, 0.0)
    coef, root, _ = least_squares(y, a, Xb)
    if user_weights is None:
        vcov = np.matmul(root, np.swapaxes(root, -1, -2))
    else:
        vcov = sandwich(a, Xb, np.where(present, m, 0.0))
    own = least_squares(data.y, a, Xb)[0]
    residual = data.y - np.matmul(Xb, own[..., None])[..., 0]
    rss = (w * np.square(residual)).sum(-1)
    # With user weights too, the factor is the generalised Q at the inverse-variance weights.
    best = rss if user_weights is None else data.at(tau2).rss
    raw_scale = np.where(df > 0, best / np.where(df > 0, df, 1.0), 1.0)
    scale = np.ones(k.shape)
    if test in ("knha", "adhoc"):
        scale = np.maximum(raw_scale, 1.0) if test == "adhoc" else raw_scale
    log_m = np.log(np.where(present, m, 1.0)).sum(-1)
    log_xwx = least_squares(data.y, w, Xb)[2]
    log_xx = least_squares(data.y, present.astype(np.float64), Xb)[2]
    q, vt = np.full(k.shape, np.nan), np.full(k.shape, np.nan)
    rows = np.flatnonzero(~zero)
    if rows.size:
        fixed = project(data.y[rows], 1.0 / v[rows], Xb[rows])
        q[rows] = np.where(df[rows] > 0, fixed.rss, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            vt[rows] = np.where(df[rows] > 0, df[rows] / fixed.trace, 0.0)
    log_v = np.log(np.where(present & (v > 0), finite_v, 1.0)).sum(-1)
    return BatchFit(
        coef=coef,
        vcov=vcov * scale[:, None, None],
        tau2=tau2,
        tau2_se=tau2_se,
        scale=scale,
        raw_scale=raw_scale,
        q=q,
        typical_variance=vt,
        loglik_ml=-0.5 * (k * _LOG_2PI + log_m + rss),
        loglik_reml=-0.5 * (df * _LOG_2PI - log_xx + log_m + log_xwx + rss),
        saturated=np.where(zero, 0.0, -0.5 * (k * _LOG_2PI + log_v)),
        k=k,
        converged=converged,
    )
