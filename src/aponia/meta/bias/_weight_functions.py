"""Selection functions w(p): how likely a result with p-value p is to be seen.

Each gives log w and its first two derivatives in the parameters delta, on a grid of z = y / se
and at the observed studies. Everything is on the scale of z with "greater" as the direction;
"less" is the same problem mirrored.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr, ndtri

from aponia.meta._inputs import FloatArray

__all__ = ["Smooth", "Steps", "breaks_of_p", "log_p_value", "smooth_weight"]

_LOG2 = math.log(2)
#: families whose weight is a smooth function of p, and their number of parameters
SMOOTH = {"beta": 2, "halfnorm": 1, "negexp": 1, "logistic": 1, "power": 1, "negexppow": 2}


def log_p_value(z: FloatArray, two_sided: bool) -> tuple[FloatArray, FloatArray]:
    """Log p and log(1 - p) of a Wald test, exact in both tails."""
    if not two_sided:
        return log_ndtr(-z), log_ndtr(z)
    log_p = np.minimum(_LOG2 + log_ndtr(-np.abs(z)), 0.0)
    return log_p, _log1mexp(log_p)


def _log1mexp(x: FloatArray) -> FloatArray:
    """log(1 - exp(x)) for x <= 0."""
    with np.errstate(divide="ignore"):
        return np.where(
            x > -_LOG2,
            np.log(-np.expm1(x)),
            np.log1p(-np.exp(np.minimum(x, -_LOG2))),
        )


def breaks_of_p(p: FloatArray, two_sided: bool) -> FloatArray:
    """Values of z at which the p-value equals p."""
    if two_sided:
        z = -ndtri(np.asarray(p) / 2)
        return np.concatenate([-z, z])
    return np.asarray(-ndtri(p))


@dataclass(frozen=True)
class Steps:
    """Piecewise constant in z: the step function and the truncated-distribution models.

    Attributes
    ----------
    lower, upper : ndarray of shape (pieces, k)
        Ends of each piece on z, by study.
    owner : ndarray of shape (pieces,)
        Which delta holds on the piece.
    observed : ndarray of shape (k,)
        Which delta holds at the observed result.
    """

    lower: FloatArray
    upper: FloatArray
    owner: np.ndarray
    observed: np.ndarray


@dataclass(frozen=True)
class Smooth:
    """A smooth family on a quadrature grid in z, constant beyond both ends.

    Attributes
    ----------
    family : str
    z, weight : ndarray of shape (Q,)
        Nodes and weights between `ends`.
    ends : tuple of float
        Beyond these the weight is constant.
    log_p, log_q : ndarray of shape (Q + 2,)
        log p and log(1 - p), already censored, at the nodes and at both ends.
    seen_p, seen_q : ndarray of shape (k,)
        The same at the observed results.
    prec : ndarray of shape (k,)
        Relative imprecision of each study (ones when not used).
    alpha : float
        Threshold below which w = 1 (0 for none).
    """

    family: str
    z: FloatArray
    weight: FloatArray
    ends: tuple[float, float]
    log_p: FloatArray
    log_q: FloatArray
    seen_p: FloatArray
    seen_q: FloatArray
    prec: FloatArray
    alpha: float

    def grid(self, delta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Log w and derivatives at the nodes and ends: (1 or k, Q+2), then (d, .), (d, d, .)."""
        prec = self.prec[:, None] if np.ptp(self.prec) > 0 else self.prec[:1, None]
        return _log_weight(self.family, self.log_p, self.log_q, prec, delta, self.alpha)

    def seen(self, delta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Log w and derivatives at the observed results."""
        return _log_weight(self.family, self.seen_p, self.seen_q, self.prec, delta, self.alpha)


def smooth_weight(family: str, p: FloatArray, delta: FloatArray, alpha: float) -> FloatArray:
    """w(p) for plotting (precision 1)."""
    with np.errstate(divide="ignore"):
        log_p, log_q = np.log(p), np.log1p(-p)
    value, _, _ = _log_weight(family, log_p, log_q, np.ones(1), delta, alpha)
    return np.asarray(np.exp(value))


def _log_weight(
    family: str,
    log_p: FloatArray,
    log_q: FloatArray,
    prec: FloatArray,
    delta: FloatArray,
    alpha: float,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    if family == "beta":
        value = (delta[0] - 1) * log_p + (delta[1] - 1) * log_q
        value = value * np.ones_like(prec)
        first = np.stack(np.broadcast_arrays(log_p, log_q))
        first = np.broadcast_to(first.reshape(2, *([1] * (value.ndim - 1)), -1), (2, *value.shape))
        return value, first, np.zeros((2, 2, *value.shape))
    if family == "negexppow":
        return _power_exponential(log_p, prec, delta, alpha)
    return _one_parameter(family, log_p, log_q, prec, float(delta[0]), alpha)


def _one_parameter(
    family: str,
    log_p: FloatArray,
    log_q: FloatArray,
    prec: FloatArray,
    delta: float,
    alpha: float,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    p = np.exp(log_p)
    if family == "logistic":
        at = delta * prec * p
        ref = delta * prec * alpha
        value = _logistic(at) - (_logistic(ref) if alpha else 0.0)
        first = -_expit(at) * prec * p + (_expit(ref) * prec * alpha if alpha else 0.0)
        second = -_expit(at) * _expit(-at) * (prec * p) ** 2
        if alpha:
            second = second + _expit(ref) * _expit(-ref) * (prec * alpha) ** 2
    else:
        if family == "halfnorm":
            slope = -(p**2 - alpha**2)
        elif family == "negexp":
            slope = -(p - alpha)
        else:
            slope = log_q - math.log1p(-alpha)
        first = prec * slope
        value = delta * first
        second = np.zeros_like(first)
    below = np.broadcast_to(p <= alpha, value.shape)
    if alpha:
        value, first, second = (np.where(below, 0.0, a) for a in (value, first, second))
    return value, first[None], second[None, None]


def _expit(x: FloatArray) -> FloatArray:
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


def _logistic(x: FloatArray) -> FloatArray:
    return np.asarray(_LOG2 - x - np.log1p(np.exp(-x)))


def _power_exponential(
    log_p: FloatArray, prec: FloatArray, delta: FloatArray, alpha: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    d1, d2 = float(delta[0]), max(float(delta[1]), 1e-8)

    def powers(L: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        L = np.maximum(L, -745.0)
        g = np.exp(L / d2)
        return g, -L / d2**2 * g, g * (L**2 / d2**4 + 2 * L / d2**3)

    g, g1, g2 = powers(log_p)
    if alpha:
        a, a1, a2 = powers(np.array(math.log(alpha)))
        inside = log_p > math.log(alpha)
        g, g1, g2 = (np.where(inside, x - y, 0.0) for x, y in ((g, a), (g1, a1), (g2, a2)))
    value = -d1 * prec * g
    first = np.stack(np.broadcast_arrays(-prec * g, -d1 * prec * g1))
    zero = np.zeros_like(value)
    cross = -prec * g1 + zero
    second = np.stack([np.stack([zero, cross]), np.stack([cross, -d1 * prec * g2 + zero])])
    return value, first, second
