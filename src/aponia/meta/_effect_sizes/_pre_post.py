"""Change within one group, or the difference of two matched groups, on a quantitative outcome.

===============  ================================================================
MC               mean change
SMCC             mean change over the SD of the changes
SMCR             mean change over the SD of one occasion; SMCRH unequal variances
SMCRP            mean change over the pooled SD; SMCRPH unequal variances
ROMC             log ratio of means
VRC, CVRC        log ratio of SDs, of coefficients of variation
CLESCN, AUCCN    probability of superiority under normality
===============  ================================================================
"""

from __future__ import annotations

import numpy as np

from aponia.meta._effect_sizes._corrections import hedges_j, unbiased_correlation
from aponia.meta._effect_sizes._given import Computed, Given
from aponia.meta._effect_sizes._two_means import standardised
from aponia.meta._inputs import FloatArray

__all__ = ["change_effects"]


def change_effects(given: Given) -> Computed:
    """Return effects of change; see the module docstring.

    References
    ----------
    Gibbons et al. (1993) SMCC; Becker (1988), Morris (2000) SMCR; Bonett (2008) SMCRH, SMCRPH
    (eq. 10); Cousineau (2020) SMCRP; Lajeunesse (2011) ROMC; Senior et al. (2020) VRC, CVRC and
    the second-order LS2.
    """
    given.nonnegative("sd1i", "sd2i")
    given.positive("ni")
    given.within(-1, 1, "ri", "pi")
    code = given.measure
    if code == "SMCC":
        return _change_score(given)
    if code in ("VRC", "CVRC", "ROMC"):
        return _log_ratios(given)
    second = () if code == "SMCR" else ("sd2i",)
    given.need(("m1i", "m2i", "sd1i", *second, "ri", "ni"))
    m1, m2, s1, s2, r, n = (given.get(x) for x in ("m1i", "m2i", "sd1i", "sd2i", "ri", "ni"))
    difference = m1 - m2
    with np.errstate(all="ignore"):
        change = s1**2 + s2**2 - 2 * r * s1 * s2  # variance of the change scores
        if code == "MC":
            return Computed(difference, change / n, n)
        if code == "SMCR":
            return _raw_score(given, difference / s1, r, n)
        if code == "SMCRH":
            d = difference / s1
            y = hedges_j(n - 1) * d if given.correct else d
            shift = 0 if given.vtype == "LS2" else 1
            return Computed(y, (change / s1**2 + y**2 / 2) / (n - shift), n)
        average = (s1**2 + s2**2) / 2
        d = difference / np.sqrt(average)
        shift = 0 if given.vtype == "LS2" else 1
        fourth = (s1**4 + s2**4 + 2 * r**2 * s1**2 * s2**2) / (8 * average**2)
        if code in ("CLESCN", "AUCCN"):
            from scipy.special import ndtr

            z = d / np.sqrt(2)
            variance = (d**2 * fourth + change / average) / (n - 1)
            return Computed(ndtr(z), np.exp(-(z**2)) / (2 * np.pi) * variance / 2, n)
        y = hedges_j(2 * (n - 1) / (1 + r**2)) * d if given.correct else d
        if code == "SMCRP":
            v = 2 * (1 - r) / n + y**2 * (1 + r**2) / (4 * n)
        else:
            v = (y**2 * fourth + change / average) / (n - shift)
    return Computed(y, v, n)


def _change_score(given: Given) -> Computed:
    from scipy.special import stdtrit

    means = ("m1i", "m2i", "sd1i", "sd2i", "ri", "ni")
    given.need(means, ("di", "ni"), ("ti", "ni"), ("pi", "ni"))
    m1, m2, s1, s2, r, n = (given.get(x) for x in means)
    p = given.get("pi")
    with np.errstate(all="ignore"):
        from_means = ~np.isnan(m1 + m2 + s1 + s2 + r)
        d = (m1 - m2) / np.sqrt(s1**2 + s2**2 - 2 * r * s1 * s2)
        t_from_p = np.sign(p) * -stdtrit(n - 1, np.abs(p) / 2)
        t = np.where(np.isnan(given.get("ti")), t_from_p, given.get("ti"))
        for other in (given.get("di"), t / np.sqrt(n)):
            d = np.where(np.isnan(d) & ~from_means, other, d)
        return _with_base(given, d, n, 1 / n)


def _raw_score(given: Given, d: FloatArray, r: FloatArray, n: FloatArray) -> Computed:
    # UB and H0 are unbiased only with an unbiased estimate of the correlation.
    r = unbiased_correlation(r, n) if given.vtype in ("UB", "H0") else r
    return _with_base(given, d, n, 2 * (1 - r) / n)


def _with_base(given: Given, d: FloatArray, n: FloatArray, base: FloatArray) -> Computed:
    y, v = standardised(given, d, n - 1, base, n)
    return Computed(y, v, n)


def _log_ratios(given: Given) -> Computed:
    code = given.measure
    means = () if code == "VRC" else ("m1i", "m2i")
    given.need((*means, "sd1i", "sd2i", "ri", "ni"))
    m1, m2, s1, s2, r, n = (given.get(x) for x in ("m1i", "m2i", "sd1i", "sd2i", "ri", "ni"))
    y, v = np.zeros(given.k), np.zeros(given.k)
    with np.errstate(all="ignore"):
        if code != "ROMC":
            # The small-sample terms of the two SDs cancel: both have n - 1 degrees of freedom.
            y = y + np.log(s1) - np.log(s2)
            v = v + (1 - r**2) / (n - 1)
            if given.vtype == "LS2":
                quartic = (s1**8 + s2**8) / (2 * s1**4 * s2**4)
                v = v + (1 + r**4 * quartic) / (n - 1) ** 2
        if code != "VRC":
            usable = (m1 > 0) & (m2 > 0) if code == "CVRC" else m1 * m2 > 0
            e1, e2 = s1**2 / (n * m1**2), s2**2 / (n * m2**2)
            log_means = np.where(usable, np.log(np.abs(m1)) - np.log(np.abs(m2)), np.nan)
            bias = (e1 - e2) / 2 if given.correct else 0.0
            y = y + (1 if code == "ROMC" else -1) * (log_means + bias)
            v = v + e1 + e2 - 2 * r * s1 * s2 / (m1 * m2 * n)
            if given.vtype == "LS2":
                quartic = (m1**4 + m2**4) / (2 * m1**4 * m2**4)
                v = v + (e1**2 + e2**2) / 2 + r**2 * s1**2 * s2**2 * quartic / n**2
            v = np.where(usable, v, np.nan)
    return Computed(y, v, n)
