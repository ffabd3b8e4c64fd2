"""Conversions between standardised mean differences, correlations and odds ratios.

Those that need group sizes assume equal groups, and the large-sample formula, when `n1` and `n2`
are left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from aponia.meta._inputs import FloatArray
from aponia.meta.errors import InputError

__all__ = [
    "d_to_besd",
    "d_to_cles",
    "d_to_cliff_delta",
    "d_to_log_or_logistic",
    "d_to_log_or_normal",
    "d_to_mean_difference",
    "d_to_overlap",
    "d_to_rbis",
    "d_to_rpb",
    "d_to_u1",
    "d_to_u2",
    "d_to_u3",
    "log_or_to_d_logistic",
    "log_or_to_d_normal",
    "log_or_to_rd",
    "log_or_to_rr",
    "log_or_to_tetrachoric_digby",
    "log_or_to_tetrachoric_pearson",
    "r_to_d",
    "r_to_rpb",
    "rpb_to_d",
    "rpb_to_rbis",
]

_LOGISTIC = np.pi / np.sqrt(3)
_NORMAL = 1.65


def _a(x: ArrayLike) -> FloatArray:
    return np.asarray(x, dtype=np.float64)


def _ndtr(x: FloatArray) -> FloatArray:
    from scipy.special import ndtr

    return np.asarray(ndtr(x))


def _h(n1: ArrayLike | None, n2: ArrayLike | None) -> FloatArray:
    """Return m/n1 + m/n2 with m = n1 + n2 - 2, or its limit 4 for equal groups."""
    if n1 is None and n2 is None:
        return _a(4.0)
    if n1 is None or n2 is None:
        raise InputError("give both n1 and n2, or neither")
    m = _a(n1) + _a(n2) - 2
    return m / _a(n1) + m / _a(n2)


def _biserial_factor(share: ArrayLike) -> FloatArray:
    """√(p(1-p)) over the normal density at the cut."""
    from scipy.special import ndtri

    p = _a(share)
    z = ndtri(p)
    return np.asarray(np.sqrt(2 * np.pi * p * (1 - p)) * np.exp(z**2 / 2))


def _share(n1: ArrayLike | None, n2: ArrayLike | None) -> FloatArray:
    return _a(0.5) if n1 is None or n2 is None else _a(n1) / (_a(n1) + _a(n2))


def d_to_u1(x: ArrayLike) -> FloatArray:
    """Cohen's U1, the share of the two normal distributions that does not overlap."""
    p = _ndtr(np.abs(_a(x)) / 2)
    return (2 * p - 1) / p


def d_to_u2(x: ArrayLike) -> FloatArray:
    """Cohen's U2, the share of the first group exceeding the same share of the second."""
    return _ndtr(_a(x) / 2)


def d_to_u3(x: ArrayLike) -> FloatArray:
    """Cohen's U3, the share of the first group above the mean of the second."""
    return _ndtr(_a(x))


def d_to_overlap(x: ArrayLike) -> FloatArray:
    """Overlapping coefficient of the two normal distributions (Inman & Bradley 1989)."""
    return 2 * _ndtr(-np.abs(_a(x)) / 2)


def d_to_cles(x: ArrayLike) -> FloatArray:
    """Probability of superiority, P(first > second) (McGraw & Wong 1992)."""
    return _ndtr(_a(x) / np.sqrt(2))


def d_to_cliff_delta(x: ArrayLike) -> FloatArray:
    """Cliff's delta, P(first > second) - P(first < second)."""
    return 2 * _ndtr(_a(x) / np.sqrt(2)) - 1


def d_to_besd(x: ArrayLike) -> FloatArray:
    """Binomial effect size display: share of the first group above the common median."""
    return 0.5 + d_to_rpb(x) / 2


def d_to_mean_difference(x: ArrayLike, sd: ArrayLike) -> FloatArray:
    """Mean difference on the scale whose SD is `sd`."""
    return _a(x) * _a(sd)


def d_to_rpb(x: ArrayLike, n1: ArrayLike | None = None, n2: ArrayLike | None = None) -> FloatArray:
    """Point-biserial correlation from a standardised mean difference."""
    return _a(x) / np.sqrt(_a(x) ** 2 + _h(n1, n2))


def rpb_to_d(x: ArrayLike, n1: ArrayLike | None = None, n2: ArrayLike | None = None) -> FloatArray:
    """Return the standardised mean difference of a point-biserial correlation."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt(_h(n1, n2)) * _a(x) / np.sqrt(1 - _a(x) ** 2)


def d_to_rbis(x: ArrayLike, n1: ArrayLike | None = None, n2: ArrayLike | None = None) -> FloatArray:
    """Biserial correlation from a standardised mean difference (Jacobs & Viechtbauer 2017)."""
    return _biserial_factor(_share(n1, n2)) * d_to_rpb(x, n1, n2)


def rpb_to_rbis(x: ArrayLike, share: ArrayLike = 0.5) -> FloatArray:
    """Biserial from point-biserial correlation; `share` of people in the first group."""
    return _biserial_factor(share) * _a(x)


def r_to_rpb(x: ArrayLike, share: ArrayLike = 0.5) -> FloatArray:
    """Point-biserial correlation after one variable was cut in two; inverse of `rpb_to_rbis`."""
    return _a(x) / _biserial_factor(share)


def r_to_d(x: ArrayLike, n1: ArrayLike | None = None, n2: ArrayLike | None = None) -> FloatArray:
    """Return the standardised mean difference after one variable was cut in two."""
    return rpb_to_d(r_to_rpb(x, _share(n1, n2)), n1, n2)


def log_or_to_d_normal(x: ArrayLike) -> FloatArray:
    """Log odds ratio to standardised mean difference, normal outcomes (÷ 1.65; Cox & Snell)."""
    return _a(x) / _NORMAL


def log_or_to_d_logistic(x: ArrayLike) -> FloatArray:
    """Log odds ratio to standardised mean difference, logistic outcomes (× √3/π; Chinn 2000)."""
    return np.asarray(_a(x) / _LOGISTIC)


def d_to_log_or_normal(x: ArrayLike) -> FloatArray:
    """Return the log odds ratio of a standardised mean difference, normal outcomes (× 1.65)."""
    return _a(x) * _NORMAL


def d_to_log_or_logistic(x: ArrayLike) -> FloatArray:
    """Return the log odds ratio of a standardised mean difference, logistic outcomes (× π/√3)."""
    return np.asarray(_a(x) * _LOGISTIC)


def _treated_risk(log_or: ArrayLike, control_risk: ArrayLike) -> tuple[FloatArray, FloatArray]:
    from scipy.special import expit

    control = _a(control_risk)
    if np.any((control < 0) | (control > 1)):
        raise InputError(f"control_risk: found {control_risk!r}, expected values from 0 to 1")
    with np.errstate(divide="ignore"):
        return np.asarray(expit(_a(log_or) + np.log(control) - np.log1p(-control))), control


def log_or_to_rd(x: ArrayLike, control_risk: ArrayLike) -> FloatArray:
    """Risk difference from a log odds ratio, given the risk of the control group."""
    treated, control = _treated_risk(x, control_risk)
    return treated - control


def log_or_to_rr(x: ArrayLike, control_risk: ArrayLike) -> FloatArray:
    """Risk ratio (not its log) from a log odds ratio, given the risk of the control group."""
    treated, control = _treated_risk(x, control_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        return treated / control


def log_or_to_tetrachoric_pearson(x: ArrayLike) -> FloatArray:
    """Tetrachoric correlation by Pearson's (1900) approximation cos(π/(1+√OR))."""
    return np.cos(np.pi / (1 + np.exp(_a(x) / 2)))


def log_or_to_tetrachoric_digby(x: ArrayLike) -> FloatArray:
    """Tetrachoric correlation by Digby's (1983) approximation (OR^¾-1)/(OR^¾+1)."""
    return np.tanh(0.375 * _a(x))
