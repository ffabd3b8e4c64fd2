"""The generalised Q statistic as a function of tau2, and where it takes a given value.

Q(tau2) = y' P(tau2) y decreases from Q(0) to 0. Its reciprocal is increasing and concave in tau2
(the map M -> 1 / (y' M^-1 y) is concave on positive matrices), so Newton's method on 1/Q started
at or left of the root climbs to it without ever overshooting: convergence is certain, and for
equal variances it takes one step. The Paule-Mandel, empirical Bayes, iterated DerSimonian-Laird
and iterated Sidik-Jonkman estimators are this root with target k - p, the median-unbiased
Paule-Mandel estimator and Q-profile bounds are this root with a chi-squared quantile as target.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aponia.meta.kernels.projection import project

__all__ = ["q_root"]

FloatArray = NDArray[np.float64]
_MAX_STEPS = 500


def q_root(
    y: FloatArray, v: FloatArray, X: FloatArray, target: FloatArray | float
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Solve Q(tau2) = target for tau2 >= 0.

    Parameters
    ----------
    y, v : ndarray of shape (B, k)
        Effects (centred is best) and sampling variances; ``v = inf`` marks an absent study.
    X : ndarray of shape (B, k, p) or (1, k, p)
    target : float or ndarray of shape (B,)
        Positive.

    Returns
    -------
    tau2 : ndarray of shape (B,)
        The root, or 0 where Q(0) is already below the target.
    converged : ndarray of bool, shape (B,)

    References
    ----------
    Viechtbauer W (2007). Statistics in Medicine 26:37-52, equation 6.
    """
    goal = np.broadcast_to(np.asarray(target, dtype=np.float64), y.shape[:1])
    # With a zero variance Q(0) does not exist; start a hair above.
    finite = np.where(np.isfinite(v), v, 0.0)
    tiny = 1e-14 * np.maximum(finite.max(-1), np.square(y).max(-1))
    t = np.where((v == 0).any(-1), tiny, 0.0)
    start = t.copy()
    active = np.ones(t.shape, dtype=bool)
    Xb = np.broadcast_to(X, (y.shape[0], *X.shape[1:]))
    for _ in range(_MAX_STEPS):
        rows = np.flatnonzero(active)
        p = project(y[rows], 1.0 / (v[rows] + t[rows, None]), Xb[rows])
        with np.errstate(divide="ignore", invalid="ignore"):
            step = p.rss * (p.rss - goal[rows]) / (goal[rows] * p.ypy2)
        # Undershooting is certain in exact arithmetic: a step that is not positive is rounding.
        moving = np.isfinite(step) & (step > 2e-16 * t[rows])
        t[rows] = np.where(moving, t[rows] + np.where(moving, step, 0.0), t[rows])
        active[rows] = moving & (step > 1e-15 * t[rows])
        if not active.any():
            break
    return np.where(t > start, t, 0.0), ~active
