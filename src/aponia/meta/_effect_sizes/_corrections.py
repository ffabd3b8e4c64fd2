"""Small-sample corrections shared by the effect sizes.

Both are ratios of gamma functions that naive formulas get wrong: `exp(lgamma - lgamma)` loses
digits for large samples, and general-purpose hypergeometric routines fail near argument 1, which
is exactly where small correlations live.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from aponia.meta._inputs import FloatArray

__all__ = ["hedges_j", "hypergeometric_aac", "unbiased_correlation"]

# Γ(z+1/2)/Γ(z) = sqrt(z) (1 - 1/(8z) + 1/(128z²) + …): coefficients of z^0, z^-1, …
_GAMMA_RATIO = (1.0, -1 / 8, 1 / 128, 5 / 1024, -21 / 32768, -399 / 262144, 869 / 4194304)
_ASYMPTOTIC_FROM = 60.0


def hedges_j(df: ArrayLike) -> FloatArray:
    """Return the exact bias correction J(m) = Γ(m/2) / (√(m/2) Γ((m−1)/2)).

    Parameters
    ----------
    df : array_like
        Degrees of freedom m of the standardiser.

    Returns
    -------
    ndarray
        NaN where m ≤ 1: the mean of the uncorrected estimate does not exist there.

    References
    ----------
    Hedges (1981), Journal of Educational Statistics 6, 107-128, equation 6e.
    """
    from scipy.special import gammaln

    m = np.asarray(df, dtype=np.float64)
    out = np.full(m.shape, np.nan)
    small = (m > 1) & (m <= 2 * _ASYMPTOTIC_FROM)
    s = m[small]
    out[small] = np.exp(gammaln(s / 2) - gammaln((s - 1) / 2) - 0.5 * np.log(s / 2))
    large = m > 2 * _ASYMPTOTIC_FROM
    z = (m[large] - 1) / 2
    series = np.polynomial.polynomial.polyval(1 / z, np.array(_GAMMA_RATIO))
    out[large] = np.sqrt((m[large] - 1) / m[large]) * series
    return out


@lru_cache(maxsize=1)
def _legendre() -> tuple[FloatArray, FloatArray]:
    nodes, weights = np.polynomial.legendre.leggauss(160)
    return (nodes + 1) / 2, weights / 2


def _series(a: float, c: FloatArray, z: FloatArray) -> FloatArray:
    term = np.ones_like(z)
    total = np.ones_like(z)
    for j in range(2000):
        term = term * ((a + j) * (a + j) / ((c + j) * (j + 1.0)) * z)
        total = total + term
        if not np.any(np.abs(term) > 1e-17 * np.abs(total)):
            break
    return total


def _integral(a: float, c: FloatArray, z: FloatArray) -> FloatArray:
    from scipy.special import gammaln

    # Euler's integral after t = 1 - s, then s = sin² and tan = |r| sinh(u), which spreads the
    # near-singularity at t = 1 over the whole range; r² = 1 - z.
    r = np.sqrt(1 - z)
    x, w = _legendre()
    if a == 0.5:
        # Split where tan = 1: the integrand bends there and Gauss nodes crowd at the ends.
        bend = np.arcsinh(1 / r)
        total = np.zeros_like(r)
        for start, width in ((0.0 * bend, bend), (bend, np.full_like(bend, 38.0))):
            t = r[:, None] * np.sinh(start[:, None] + width[:, None] * x)
            cosine = 1 / np.hypot(1.0, t)
            total += width * (((t * cosine) ** (2 * c[:, None] - 2) * cosine) @ w)
        constant = 2 * np.exp(gammaln(c) - gammaln(0.5) - gammaln(c - 0.5))
        return np.asarray(constant * total)
    upper = np.arcsinh(np.sqrt(z) / r)
    u = upper[:, None] * x
    ratio = (r / np.sqrt(z))[:, None]
    integrand = (ratio * np.sinh(u)) ** (2 * c[:, None] - 3) / np.cosh(u)
    return np.asarray(2 * (c - 1) / (r * np.sqrt(z)) * upper * (integrand @ w))


def hypergeometric_aac(a: float, c: ArrayLike, z: ArrayLike) -> FloatArray:
    """Return Gauss's 2F1(a, a; c; z) for a = 1/2 or 1 and 0 ≤ z ≤ 1.

    Parameters
    ----------
    a : {0.5, 1.0}
        Both upper parameters.
    c, z : array_like
        Lower parameter and argument, of one shape.

    Returns
    -------
    ndarray
        Infinite where the function diverges (z = 1 and c ≤ 2a), NaN outside c > a.
    """
    from scipy.special import gammaln

    c_, z_ = np.broadcast_arrays(np.asarray(c, dtype=np.float64), np.asarray(z, dtype=np.float64))
    out = np.full(c_.shape, np.nan)
    usable = (c_ > a) & (z_ >= 0) & (z_ <= 1)
    at_one = usable & (z_ == 1)
    with np.errstate(invalid="ignore", over="ignore"):
        value = gammaln(c_) + gammaln(c_ - 2 * a) - 2 * gammaln(c_ - a)
    out[at_one] = np.where(c_[at_one] > 2 * a, np.exp(value[at_one]), np.inf)
    by_series = usable & (z_ < 1) & ((z_ <= 0.8) | (c_ >= 14))
    out[by_series] = _series(a, c_[by_series], z_[by_series])
    rest = usable & (z_ < 1) & ~by_series
    if rest.any():
        out[rest] = _integral(a, c_[rest], z_[rest])
    return out


def unbiased_correlation(r: ArrayLike, n: ArrayLike) -> FloatArray:
    """Return the minimum-variance unbiased estimate of a correlation.

    Parameters
    ----------
    r, n : array_like
        Correlations and sample sizes, of one shape.

    Returns
    -------
    ndarray
        ``r * 2F1(1/2, 1/2; (n-2)/2; 1-r²)``; NaN where n < 4.

    References
    ----------
    Olkin & Pratt (1958), Annals of Mathematical Statistics 29, 201-211, equation 2.3.
    """
    r_, n_ = np.broadcast_arrays(np.asarray(r, dtype=np.float64), np.asarray(n, dtype=np.float64))
    factor = hypergeometric_aac(0.5, (n_ - 2) / 2, 1 - r_**2)
    with np.errstate(invalid="ignore"):
        return np.where((r_ == 0) & (n_ > 3), 0.0, r_ * factor)
