"""The tetrachoric correlation of a 2x2 table, and its sampling variance."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from aponia.meta._inputs import FloatArray

__all__ = ["tetrachoric"]


@lru_cache(maxsize=1)
def _legendre() -> tuple[FloatArray, FloatArray]:
    nodes, weights = np.polynomial.legendre.leggauss(96)
    return nodes, weights


def _density(h: FloatArray, k: FloatArray, r: FloatArray) -> FloatArray:
    s2 = 1 - r * r
    return np.asarray(
        np.exp(-(h * h - 2 * r * h * k + k * k) / (2 * s2)) / (2 * np.pi * np.sqrt(s2))
    )


def _orthant(h: FloatArray, k: FloatArray, angle: FloatArray) -> FloatArray:
    """P(X < h, Y < k) for correlation sin(angle), by Plackett's identity in the angle."""
    from scipy.special import ndtr

    nodes, weights = _legendre()
    theta = angle[:, None] * (nodes + 1) / 2
    sine, cosine2 = np.sin(theta), np.cos(theta) ** 2
    h_, k_ = h[:, None], k[:, None]
    inside = np.exp(-(h_ * h_ + k_ * k_ - 2 * h_ * k_ * sine) / (2 * cosine2))
    return np.asarray(ndtr(h) * ndtr(k) + angle / 2 * (inside @ weights) / (2 * np.pi))


def tetrachoric(
    a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the tetrachoric correlation and its variance.

    With three parameters (two thresholds, one correlation) the 2x2 table is saturated, so the
    maximum likelihood estimate solves Φ2(h, k; r) = a/n exactly; it is found by Newton steps in
    arcsin r, kept inside a bracket, to machine precision. The variance is the delta method over the multinomial, which
    equals the inverse information of the joint likelihood.

    Parameters
    ----------
    a, b, c, d : ndarray of shape (k,)

    Returns
    -------
    r, v : ndarray of shape (k,)
        With one empty cell r is -1 or 1, the boundary of the likelihood, and v is NaN: there is
        no curvature to take a variance from. With an empty row or column both are NaN.

    References
    ----------
    Pearson (1900), Phil. Trans. R. Soc. A 195, 1-47; Kirk (1973), Psychometrika 38, 259-268.
    """
    from scipy.special import ndtr, ndtri

    n = a + b + c + d
    r = np.full(a.shape, np.nan)
    v = np.full(a.shape, np.nan)
    empty_margin = (a + b == 0) | (c + d == 0) | (a + c == 0) | (b + d == 0)
    r[~empty_margin & ((a == 0) | (d == 0))] = -1.0
    r[~empty_margin & ((b == 0) | (c == 0))] = 1.0
    inside = (a > 0) & (b > 0) & (c > 0) & (d > 0)
    if not inside.any():
        return r, v
    p11, p10, p01, size = (x[inside] for x in (a / n, b / n, c / n, n))
    p00 = 1 - p11 - p10 - p01
    h, k = ndtri(p11 + p10), ndtri(p11 + p01)
    low = np.full(h.shape, -np.pi / 2)
    high = np.full(h.shape, np.pi / 2)
    angle = np.zeros(h.shape)
    for _ in range(80):
        gap = _orthant(h, k, angle) - p11
        high = np.where(gap > 0, angle, high)
        low = np.where(gap > 0, low, angle)
        # Newton's step, or the middle of the bracket where it would leave it.
        cosine2 = np.cos(angle) ** 2
        exponent = (h * h + k * k - 2 * h * k * np.sin(angle)) / (2 * cosine2)
        newton = angle - gap * 2 * np.pi * np.exp(np.minimum(exponent, 700.0))
        inside_bracket = (newton >= low) & (newton <= high)
        following = np.where(inside_bracket, newton, (low + high) / 2)
        moved = np.abs(following - angle)
        angle = following
        if np.all(moved < 1e-9):  # quadratic: the error left is the square of this
            break
    rho = np.sin(angle)
    s = np.sqrt(1 - rho * rho)
    slope_h, slope_k = ndtr((k - rho * h) / s), ndtr((h - rho * k) / s)
    w11, w10, w01 = 1 - slope_h - slope_k, -slope_h, -slope_k
    mean = p11 * w11 + p10 * w10 + p01 * w01
    square = p11 * (w11 - mean) ** 2 + p10 * (w10 - mean) ** 2 + p01 * (w01 - mean) ** 2
    square = square + p00 * mean**2
    r[inside] = rho
    v[inside] = square / (size * _density(h, k, rho) ** 2)
    return r, v
