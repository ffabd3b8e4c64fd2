"""Means and modes of transformed normal variables.

The transform of a pooled mean is not the mean of the transforms. With true effects normal around
`x` with variance `tau2`, the mean on the other scale is an integral; these functions give it (the
integral transformation method), and the mode.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from aponia.meta._inputs import FloatArray
from aponia.meta.errors import InputError

__all__ = [
    "exp_integral",
    "exp_mode",
    "expit_integral",
    "expit_mode",
    "integral",
    "probit_inverse_integral",
    "probit_inverse_mode",
    "square_integral",
    "z_to_r_integral",
    "z_to_r_mode",
]


def _tau2(tau2: ArrayLike | None) -> FloatArray:
    if tau2 is None:
        raise InputError(
            "the integral transformation needs tau2=, the variance of the true effects"
        )
    out = np.asarray(tau2, dtype=np.float64)
    if np.any(out < 0):
        raise InputError(f"tau2: found {tau2!r}, expected 0 or more")
    return out


def integral(
    function: Callable[[FloatArray], FloatArray],
    x: ArrayLike,
    tau2: ArrayLike | None,
    *,
    lower: float = -np.inf,
    upper: float = np.inf,
) -> FloatArray:
    """Return the mean of ``function(Z)`` for Z normal with mean `x` and variance `tau2`.

    Parameters
    ----------
    function : callable
        Takes and returns arrays.
    x, tau2 : array_like
        Means and variances, broadcast against each other.
    lower, upper : float
        Limits of the integral; outside nothing is counted and nothing is renormalised.

    Returns
    -------
    ndarray

    Raises
    ------
    InputError
        `tau2` is missing or negative.
    """
    variance = _tau2(tau2)
    mean, variance = np.broadcast_arrays(np.asarray(x, dtype=np.float64), variance)
    sd = np.sqrt(variance)[..., None]
    nodes, weights = np.polynomial.legendre.leggauss(40)
    with np.errstate(invalid="ignore", divide="ignore"):
        low = np.clip((lower - mean[..., None]) / sd, -12, 12)
        high = np.clip((upper - mean[..., None]) / sd, -12, 12)
    # Twelve panels of 40 nodes follow kinks and steep parts; beyond 12 SD nothing is left.
    edges = low + (high - low) * np.linspace(0, 1, 13)
    half = np.diff(edges, axis=-1)[..., None] / 2
    u = edges[..., :-1, None] + half * (nodes + 1)
    density = np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi)
    values = function(mean[..., None, None] + sd[..., None] * u)
    total = np.sum(values * density * weights * half, axis=(-2, -1))
    inside = (mean >= lower) & (mean <= upper)
    return np.where(variance == 0, np.where(inside, function(mean), 0.0), total)


def exp_integral(x: ArrayLike, tau2: ArrayLike | None = None) -> FloatArray:
    """Mean of a log-normal variable, exp(x + tau2/2)."""
    return np.exp(np.asarray(x, dtype=np.float64) + _tau2(tau2) / 2)


def expit_integral(x: ArrayLike, tau2: ArrayLike | None = None) -> FloatArray:
    """Mean of a logit-normal variable."""
    from scipy.special import expit

    return integral(expit, x, tau2)


def probit_inverse_integral(x: ArrayLike, tau2: ArrayLike | None = None) -> FloatArray:
    """Mean of Φ(Z) for normal Z, Φ(x/√(1+tau2))."""
    from scipy.special import ndtr

    return np.asarray(ndtr(np.asarray(x, dtype=np.float64) / np.sqrt(1 + _tau2(tau2))))


def z_to_r_integral(x: ArrayLike, tau2: ArrayLike | None = None) -> FloatArray:
    """Mean of tanh(Z) for normal Z: the mean correlation behind a mean Fisher z."""
    return integral(np.tanh, x, tau2)


def square_integral(x: ArrayLike, tau2: ArrayLike | None = None) -> FloatArray:
    """Mean of max(Z, 0)² for normal Z: the mean rate behind a mean square root."""
    from scipy.special import ndtr

    variance = _tau2(tau2)
    mean, variance = np.broadcast_arrays(np.asarray(x, dtype=np.float64), variance)
    sd = np.sqrt(variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        u = mean / sd
        density = np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi)
        spread = (mean**2 + variance) * ndtr(u) + mean * sd * density
    return np.asarray(np.where(sd == 0, np.maximum(mean, 0) ** 2, spread))


def _mode(
    x: ArrayLike,
    tau2: ArrayLike | None,
    back: Callable[[FloatArray], FloatArray],
    log_slope: Callable[[FloatArray], FloatArray],
) -> FloatArray:
    """Return ``back(z)`` at the z where normal density over the slope of `back` is largest."""
    variance = _tau2(tau2)
    mean, variance = np.broadcast_arrays(np.asarray(x, dtype=np.float64), variance)
    flat_mean, flat_var = mean.ravel(), variance.ravel()
    out = np.empty(flat_mean.size)
    for i, (m, v) in enumerate(zip(flat_mean, flat_var, strict=True)):
        if not np.isfinite(m) or v == 0:
            out[i] = m
            continue

        def height(z: FloatArray, m: float = m, v: float = v) -> FloatArray:
            return np.asarray(-((z - m) ** 2) / (2 * v) - log_slope(z))

        # The slope changes the centre by at most a few tau2; refine the best grid point.
        reach = 4 * v + 8 * np.sqrt(v)
        grid = np.linspace(m - reach, m + reach, 4001)
        for _ in range(12):
            best = int(np.argmax(height(grid)))
            step = grid[1] - grid[0]
            if step < 1e-13 * max(1.0, abs(m)):
                break
            grid = np.linspace(grid[best] - step, grid[best] + step, 41)
        out[i] = grid[int(np.argmax(height(grid)))]
    return back(out.reshape(mean.shape))


def exp_mode(x: ArrayLike, tau2: ArrayLike | None = None) -> FloatArray:
    """Mode of a log-normal variable, exp(x - tau2)."""
    return np.exp(np.asarray(x, dtype=np.float64) - _tau2(tau2))


def expit_mode(x: ArrayLike, tau2: ArrayLike | None = None) -> FloatArray:
    """Mode of a logit-normal variable (the higher one if there are two)."""
    from scipy.special import expit, log_expit

    return _mode(x, tau2, expit, lambda z: log_expit(z) + log_expit(-z))


def probit_inverse_mode(x: ArrayLike, tau2: ArrayLike | None = None) -> FloatArray:
    """Mode of Φ(Z) for normal Z; for tau2 ≥ 1 the density rises to an edge, 0 or 1."""
    from scipy.special import ndtr

    variance = _tau2(tau2)
    mean, variance = np.broadcast_arrays(np.asarray(x, dtype=np.float64), variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        inner = ndtr(mean / (1 - variance))
    return np.where(variance < 1, inner, np.where(mean >= 0, 1.0, 0.0))


def z_to_r_mode(x: ArrayLike, tau2: ArrayLike | None = None) -> FloatArray:
    """Mode of tanh(Z) for normal Z (the higher one if there are two)."""
    return _mode(x, tau2, np.tanh, lambda z: -2 * np.logaddexp(z, -z))
