"""Transformations of correlations, proportions, rates and reliabilities, and their inverses.

All take and return arrays (numbers become 0-d arrays); values outside the domain become NaN,
except where an inverse is clipped to the edge of the scale it returns to (said in its docstring).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from aponia.meta._inputs import FloatArray

__all__ = [
    "arcsine",
    "arcsine_inverse",
    "bonett",
    "bonett_inverse",
    "exp",
    "expit",
    "freeman_tukey",
    "freeman_tukey_inverse",
    "freeman_tukey_inverse_hm",
    "freeman_tukey_rate",
    "freeman_tukey_rate_inverse",
    "hakstian_whalen",
    "hakstian_whalen_inverse",
    "logit",
    "probit",
    "probit_inverse",
    "r2_to_z",
    "r_to_z",
    "square",
    "tanh",
    "z_to_r",
    "z_to_r2",
]


def _a(x: ArrayLike) -> FloatArray:
    return np.asarray(x, dtype=np.float64)


def exp(x: ArrayLike) -> FloatArray:
    """Exponential: a log ratio to a ratio."""
    return np.exp(_a(x))


def r_to_z(x: ArrayLike) -> FloatArray:
    """Fisher's z of a correlation, artanh; values beyond ±1 count as ±1 and become infinite."""
    with np.errstate(divide="ignore"):
        return np.arctanh(np.clip(_a(x), -1, 1))


def z_to_r(x: ArrayLike) -> FloatArray:
    """Correlation from Fisher's z, tanh."""
    return np.tanh(_a(x))


tanh = z_to_r


def r2_to_z(x: ArrayLike) -> FloatArray:
    """Fisher-type z, artanh of the root of R² (Olkin & Finn 1995); values are first clipped to [0, 1]."""
    with np.errstate(divide="ignore"):
        return np.arctanh(np.sqrt(np.clip(_a(x), 0, 1)))


def z_to_r2(x: ArrayLike) -> FloatArray:
    """R² from its z, tanh²."""
    return np.tanh(_a(x)) ** 2


def logit(x: ArrayLike) -> FloatArray:
    """Log odds of a proportion."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(_a(x)) - np.log1p(-_a(x))


def expit(x: ArrayLike) -> FloatArray:
    """Proportion from log odds."""
    from scipy.special import expit as special

    return np.asarray(special(_a(x)))


def probit(x: ArrayLike) -> FloatArray:
    """Probit, the standard normal quantile of a proportion."""
    from scipy.special import ndtri

    return np.asarray(ndtri(_a(x)))


def probit_inverse(x: ArrayLike) -> FloatArray:
    """Proportion from a standard normal quantile."""
    from scipy.special import ndtr

    return np.asarray(ndtr(_a(x)))


def arcsine(x: ArrayLike) -> FloatArray:
    """Arcsine of the square root of a proportion."""
    with np.errstate(invalid="ignore"):
        return np.arcsin(np.sqrt(_a(x)))


def arcsine_inverse(x: ArrayLike) -> FloatArray:
    """Proportion from its arcsine root; 0 below 0 and 1 above π/2."""
    return np.sin(np.clip(_a(x), 0, np.pi / 2)) ** 2


def freeman_tukey(x: ArrayLike, n: ArrayLike) -> FloatArray:
    """Freeman-Tukey double arcsine of the proportion `x` in a sample of `n`.

    References
    ----------
    Freeman & Tukey (1950), Annals of Mathematical Statistics 21, 607-611.
    """
    p, size = _a(x), _a(n)
    events = p * size
    with np.errstate(invalid="ignore"):
        first = np.arcsin(np.sqrt(events / (size + 1)))
        return (first + np.arcsin(np.sqrt((events + 1) / (size + 1)))) / 2


def freeman_tukey_inverse(x: ArrayLike, n: ArrayLike) -> FloatArray:
    """Proportion from its double arcsine; 0 and 1 beyond what a sample of `n` can give.

    References
    ----------
    Miller (1978), The American Statistician 32, 138.
    """
    t, size = np.broadcast_arrays(_a(x), _a(n))
    lowest, highest = freeman_tukey(0.0, size), freeman_tukey(1.0, size)
    with np.errstate(invalid="ignore", divide="ignore"):
        sine = np.sin(2 * t)
        inside = 1 - (sine + (sine - 1 / sine) / size) ** 2
        p = (1 - np.sign(np.cos(2 * t)) * np.sqrt(np.maximum(inside, 0))) / 2
    p = np.where(t <= lowest, 0.0, np.where(t >= highest, 1.0, p))
    return np.where(np.isnan(t), np.nan, p)


def freeman_tukey_inverse_hm(x: ArrayLike, n: ArrayLike) -> FloatArray:
    """Proportion from a pooled double arcsine, by the harmonic mean of the sample sizes `n`."""
    size = _a(n)
    return freeman_tukey_inverse(x, 1 / np.mean(1 / size[~np.isnan(size)]))


def square(x: ArrayLike) -> FloatArray:
    """Square, back from a square root; 0 below 0."""
    return np.maximum(_a(x), 0) ** 2


def freeman_tukey_rate(x: ArrayLike, time: ArrayLike) -> FloatArray:
    """Freeman-Tukey transform of the incidence rate `x` over the person-time `time`."""
    with np.errstate(invalid="ignore"):
        return (np.sqrt(_a(x)) + np.sqrt(_a(x) + 1 / _a(time))) / 2


def freeman_tukey_rate_inverse(x: ArrayLike, time: ArrayLike) -> FloatArray:
    """Incidence rate from its Freeman-Tukey transform; 0 below the transform of no event."""
    y, t = np.broadcast_arrays(_a(x), _a(time))
    with np.errstate(divide="ignore", invalid="ignore"):
        # From sqrt(r) + sqrt(r + 1/t) = 2y: sqrt(r) = y - 1/(4 t y).
        root = y - 1 / (4 * t * y)
    inside = y > 0.5 / np.sqrt(t)
    return np.where(np.isnan(y), np.nan, np.where(inside, root, 0.0) ** 2)


def hakstian_whalen(x: ArrayLike) -> FloatArray:
    """1 - (1-α)^(1/3), increasing in Cronbach's α (Hakstian & Whalen 1976); NaN above 1."""
    alpha = _a(x)
    return np.where(alpha > 1, np.nan, 1 - np.cbrt(1 - alpha))


def hakstian_whalen_inverse(x: ArrayLike) -> FloatArray:
    """Cronbach's α from `hakstian_whalen`, clipped to [0, 1]."""
    return 1 - (1 - np.clip(_a(x), 0, 1)) ** 3


def bonett(x: ArrayLike) -> FloatArray:
    """-log(1-α), increasing in Cronbach's α (Bonett 2002); NaN above 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return -np.log1p(-_a(x))


def bonett_inverse(x: ArrayLike) -> FloatArray:
    """Cronbach's α from `bonett`; 0 below 0."""
    return -np.expm1(-np.maximum(_a(x), 0))
