"""Power where a formula has it: what the simulations are checked against, and quick first sizes.

Sources: t-test, noncentral t (Cohen 1988; Julious, Sample Sizes for Clinical Trials 2010, eq. 3.9);
two proportions, unpooled normal approximation (Fleiss 2003, eq. 4.14 without correction);
negative binomial, Zhu & Lakkis (Stat Med 2014;33:376, eqs 5 and 8, methods 1 to 3); two-period
crossover, noncentral t with n − 2 degrees of freedom (Senn, Cross-over Trials 2002, ch. 9); Dunnett's
critical value, the one-way product form (Dunnett, JASA 1955;50:1096).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

import numpy as np
from scipy import stats
from scipy.optimize import brentq

from aponia.planning.errors import PlanningError

__all__ = [
    "dunnett_critical",
    "power_crossover",
    "power_negative_binomial",
    "power_proportions",
    "power_t_test",
    "size_negative_binomial",
]


def power_t_test(
    difference: float,
    sd: float,
    n_active: float,
    n_control: float,
    alpha: float = 0.05,
    lost: int = 0,
) -> float:
    """Return the power of a two-sided t-test of two groups.

    Parameters
    ----------
    difference, sd : float
    n_active, n_control : float
    alpha : float
    lost : int
        Degrees of freedom spent on covariates.

    Returns
    -------
    float
        Both tails of the noncentral t distribution.
    """
    df = n_active + n_control - 2 - lost
    if df < 1:
        raise PlanningError(f"a t-test needs at least one degree of freedom, found {df:g}")
    shift = difference / (sd * math.sqrt(1 / n_active + 1 / n_control))
    c = stats.t.ppf(1 - alpha / 2, df)
    return float(stats.nct.sf(c, df, shift) + stats.nct.cdf(-c, df, shift))


def power_crossover(difference: float, sd_within: float, n: float, alpha: float = 0.05) -> float:
    """Return the power of a two-period crossover trial in which sequences are equally large.

    Parameters
    ----------
    difference : float
    sd_within : float
        SD within people of one period; a person's difference has this times sqrt(2).
    n : float
        People in all.
    alpha : float

    Returns
    -------
    float
    """
    if n < 3:
        raise PlanningError(f"a crossover trial needs at least three people, found {n:g}")
    shift = difference / (sd_within * math.sqrt(2 / n))
    c = stats.t.ppf(1 - alpha / 2, n - 2)
    return float(stats.nct.sf(c, n - 2, shift) + stats.nct.cdf(-c, n - 2, shift))


def power_proportions(p_active: float, p_control: float, n: float, alpha: float = 0.05) -> float:
    """Return the approximate power of comparing two proportions, `n` a group."""
    se = math.sqrt((p_active * (1 - p_active) + p_control * (1 - p_control)) / n)
    z = abs(p_active - p_control) / se
    c = stats.norm.ppf(1 - alpha / 2)
    return float(stats.norm.cdf(z - c) + stats.norm.cdf(-z - c))


def _null_variance(
    r0: float, ratio: float, weeks: float, k: float, method: Literal[1, 2, 3]
) -> float:
    if method == 1:  # the rate of the control group
        return 2 * (1 / (weeks * r0) + k)
    if method == 2:  # the true rates
        return 1 / (weeks * r0) * (1 + 1 / ratio) + 2 * k
    return 4 / (weeks * r0 * (1 + ratio)) + 2 * k  # maximum likelihood under no difference


def size_negative_binomial(
    rate: float,
    ratio: float,
    weeks: float,
    dispersion: float,
    power: float = 0.8,
    alpha: float = 0.05,
    method: Literal[1, 2, 3] = 2,
) -> float:
    """Return people a group for comparing two negative binomial rates.

    Parameters
    ----------
    rate : float
        Events a week on the comparator.
    ratio : float
        Rate ratio, active over comparator.
    weeks, dispersion, power, alpha : float
    method : {1, 2, 3}
        Variance under no difference: from the control rate, the true rates, or maximum likelihood.

    Returns
    -------
    float
        Not rounded.
    """
    v0 = _null_variance(rate, ratio, weeks, dispersion, method)
    v1 = 1 / (weeks * rate) * (1 + 1 / ratio) + 2 * dispersion
    a, b = stats.norm.ppf(1 - alpha / 2), stats.norm.ppf(power)
    return float((a * math.sqrt(v0) + b * math.sqrt(v1)) ** 2 / math.log(ratio) ** 2)


def power_negative_binomial(
    rate: float,
    ratio: float,
    weeks: float,
    dispersion: float,
    n: float,
    alpha: float = 0.05,
    method: Literal[1, 2, 3] = 2,
) -> float:
    """Return the power that belongs to `size_negative_binomial` with `n` people a group."""
    v0 = _null_variance(rate, ratio, weeks, dispersion, method)
    v1 = 1 / (weeks * rate) * (1 + 1 / ratio) + 2 * dispersion
    a = stats.norm.ppf(1 - alpha / 2)
    return float(
        stats.norm.cdf((math.sqrt(n) * abs(math.log(ratio)) - a * math.sqrt(v0)) / math.sqrt(v1))
    )


@lru_cache(maxsize=256)
def dunnett_critical(
    sizes: tuple[int, ...], control: int, alpha: float = 0.025, df: float = math.inf
) -> float:
    """Return Dunnett's one-sided critical value for arms against one control.

    Parameters
    ----------
    sizes : tuple of int
        People in each arm.
    control : int
        People on the comparator.
    alpha : float
        One-sided family-wise error.
    df : float
        Degrees of freedom of the common variance; ``inf`` for normal statistics.

    Returns
    -------
    float
        c with P(max T_i < c) = 1 − alpha.
    """
    b = np.array([math.sqrt(n / (n + control)) for n in sizes])
    x, w = np.polynomial.hermite_e.hermegauss(81)
    w = w / w.sum()
    if math.isfinite(df):
        # Nodes for the scale s = sqrt(chi2 / df): quantiles at Gauss-Legendre points.
        u, v = np.polynomial.legendre.leggauss(81)
        s, v = np.sqrt(stats.chi2.ppf((u + 1) / 2, df) / df), v / 2
    else:
        s, v = np.ones(1), np.ones(1)

    def below(c: float) -> float:
        z = (c * s[:, None, None] + b * x[:, None]) / np.sqrt(1 - b * b)
        return float(v @ (np.prod(stats.norm.cdf(z), axis=2) @ w))

    return float(brentq(lambda c: below(c) - (1 - alpha), 0.0, 60.0, xtol=1e-10))
