"""The maximum of the (restricted) likelihood in tau2 >= 0: the global one.

The likelihood of a random-effects model need not be concave in tau2 and may have several local
maxima, one of them at the boundary 0. All stationary points lie below a bound that follows from
the extreme eigenvalues of P, and as a function of log(v_min + tau2) the score is a sum of
logistic-shaped terms that vary on a scale of one or more. So: evaluate the score on an even grid
on that scale up to the bound, take every sign change from + to -, polish each by Newton's method
kept inside its bracket, and keep the best by the likelihood itself, the boundary included.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aponia.meta.kernels.projection import least_squares, project

__all__ = ["GRID_STEP", "log_likelihood", "maximise", "score", "stationary_bound"]

FloatArray = NDArray[np.float64]
#: Grid step in log(v_min + tau2).
GRID_STEP = 0.3
_CHUNK = 2_000_000
_MAX_STEPS = 200


def log_likelihood(
    y: FloatArray, v: FloatArray, X: FloatArray, tau2: FloatArray, *, restricted: bool
) -> FloatArray:
    """Return the profile log-likelihood at tau2 without its constant.

    Parameters
    ----------
    y, v : ndarray of shape (..., k)
        ``v = inf`` marks an absent study.
    X : ndarray of shape (..., k, p)
    tau2 : ndarray of shape (...)
    restricted : bool
        REML (True) or ML.

    Returns
    -------
    ndarray of shape (...)
    """
    m = v + tau2[..., None]
    w = 1.0 / m
    value = np.log(np.where(np.isfinite(m), m, 1.0)).sum(-1) + project(y, w, X).rss
    if restricted:
        value = value + least_squares(y, w, X)[2]
    return np.asarray(-0.5 * value)


def score(
    y: FloatArray, v: FloatArray, X: FloatArray, tau2: FloatArray, *, restricted: bool
) -> tuple[FloatArray, FloatArray]:
    """Return the first and second derivative of `log_likelihood` with respect to tau2."""
    p = project(y, 1.0 / (v + tau2[..., None]), X)
    if restricted:
        first = 0.5 * (p.ypy2 - p.trace)
        second = 0.5 * p.trace_pdpd() - p.ypy3
    else:
        first = 0.5 * (p.ypy2 - p.w.sum(-1))
        second = 0.5 * np.square(p.w).sum(-1) - p.ypy3
    return first, second


def stationary_bound(y: FloatArray, v: FloatArray, X: FloatArray) -> FloatArray:
    """Return a tau2 above which the ML and REML scores are negative, shape (B,).

    The nonzero eigenvalues of P lie in [1/(v_max + t), 1/(v_min + t)], so a zero score needs
    (k - p) / (v_max + t) <= S / (v_min + t)^2 with S the unweighted residual sum of squares.
    """
    present = np.isfinite(v)
    S = project(y, present.astype(np.float64), X).rss
    df = np.maximum(present.sum(-1) - X.shape[-1], 1)
    low = v.min(-1)
    high = np.where(present, v, 0.0).max(-1)
    s2 = S / df
    return np.asarray(
        np.maximum(0.5 * s2 - low + np.sqrt(0.25 * s2 * s2 + s2 * np.maximum(high - low, 0.0)), 0.0)
    )


def _grid(v: FloatArray, bound: FloatArray) -> FloatArray:
    low = v.min(-1)
    high = np.where(np.isfinite(v), v, 0.0).max(-1)
    # A zero variance has no scale of its own; 1e-12 of the largest scale stands in for it.
    low = np.maximum(low, 1e-12 * np.maximum(bound, high))
    span = np.log1p(bound / low)
    count = max(int(np.ceil(span.max() / GRID_STEP)), 1) + 1
    fraction = np.linspace(0.0, 1.0, count)
    grid = low[:, None] * np.expm1(span[:, None] * fraction)
    grid[:, 0] = np.where((v == 0).any(-1), 1e-3 * grid[:, 1], 0.0)
    grid[:, -1] = bound * (1.0 + 1e-9) + 1e-300
    return np.asarray(grid)


def maximise(
    y: FloatArray, v: FloatArray, X: FloatArray, *, restricted: bool
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Find the global maximum of the (restricted) likelihood over tau2 >= 0.

    Parameters
    ----------
    y, v : ndarray of shape (B, k)
        Effects (centred is best) and sampling variances; ``v = inf`` marks an absent study.
    X : ndarray of shape (B, k, p) or (1, k, p)
    restricted : bool
        REML (True) or ML.

    Returns
    -------
    tau2 : ndarray of shape (B,)
    converged : ndarray of bool, shape (B,)

    References
    ----------
    Harville DA (1977). JASA 72:320-338.
    Viechtbauer W (2005). Journal of Educational and Behavioral Statistics 30:261-293.
    """
    B, k = y.shape
    tau2 = np.zeros(B)
    converged = np.ones(B, dtype=bool)
    bound = stationary_bound(y, v, X)
    rows = max(1, _CHUNK // (k * 60 * X.shape[-1]))
    for first in range(0, B, rows):
        part = slice(first, min(first + rows, B))
        Xp = X if X.shape[0] == 1 else X[part]
        tau2[part], converged[part] = _maximise_chunk(
            y[part], v[part], Xp, bound[part], restricted=restricted
        )
    return tau2, converged


def _maximise_chunk(
    y: FloatArray, v: FloatArray, X: FloatArray, bound: FloatArray, *, restricted: bool
) -> tuple[FloatArray, NDArray[np.bool_]]:
    grid = _grid(v, bound)
    slope, _ = score(y[:, None], v[:, None], X[:, None], grid, restricted=restricted)
    slope[:, -1] = np.minimum(
        slope[:, -1], -1e-300
    )  # true by the bound, even when rounding differs
    peak_row, peak_at = np.nonzero((slope[:, :-1] > 0) & (slope[:, 1:] <= 0))
    peaks, ok = _polish(
        y[peak_row],
        v[peak_row],
        X[peak_row] if X.shape[0] > 1 else X,
        grid[peak_row, peak_at],
        grid[peak_row, peak_at + 1],
        restricted=restricted,
    )
    candidates = np.bincount(peak_row, minlength=y.shape[0]) + (slope[:, 0] <= 0)
    tau2 = np.zeros(y.shape[0])
    converged = np.ones(y.shape[0], dtype=bool)
    best = np.full(y.shape[0], -np.inf)
    rivals = np.flatnonzero((candidates > 1) & (slope[:, 0] <= 0))
    if rivals.size:
        Xr = X[rivals] if X.shape[0] > 1 else X
        with np.errstate(divide="ignore", invalid="ignore"):
            at_zero = log_likelihood(
                y[rivals], v[rivals], Xr, grid[rivals, 0], restricted=restricted
            )
        best[rivals] = at_zero
    for i, row in enumerate(peak_row):
        if candidates[row] == 1:
            tau2[row], converged[row] = peaks[i], ok[i]
            continue
        one = slice(row, row + 1)
        value = log_likelihood(
            y[one], v[one], X[one] if X.shape[0] > 1 else X, peaks[i : i + 1], restricted=restricted
        )[0]
        if value > best[row]:
            best[row], tau2[row], converged[row] = value, peaks[i], ok[i]
    return tau2, converged


def _polish(
    y: FloatArray,
    v: FloatArray,
    X: FloatArray,
    low: FloatArray,
    high: FloatArray,
    *,
    restricted: bool,
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Newton's method for a zero of the score, kept inside [low, high] where it changes sign."""
    t = 0.5 * (low + high)
    low, high = low.copy(), high.copy()
    active = np.ones(t.shape, dtype=bool)
    for _ in range(_MAX_STEPS):
        rows = np.flatnonzero(active)
        if rows.size == 0:
            break
        slope, curvature = score(
            y[rows], v[rows], X[rows] if X.shape[0] > 1 else X, t[rows], restricted=restricted
        )
        now = t[rows]
        up = slope > 0
        low[rows] = np.where(up, now, low[rows])
        high[rows] = np.where(up, high[rows], now)
        with np.errstate(divide="ignore", invalid="ignore"):
            guess = now - slope / curvature
        inside = (curvature < 0) & (guess >= low[rows]) & (guess <= high[rows])
        middle = 0.5 * (low[rows] + high[rows])
        new = np.where(inside, guess, middle)
        # Newton converges quadratically: after a step this small the error is below rounding,
        # which is relative to the variances when tau2 is much smaller than they are.
        small = inside & (np.abs(new - now) <= 1e-11 * new + 1e-13 * v[rows].min(-1))
        t[rows] = new
        active[rows] = ~(small | (high[rows] - low[rows] <= 4e-16 * high[rows]))
    return t, ~active
