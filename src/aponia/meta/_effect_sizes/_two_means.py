"""Two independent groups and a quantitative outcome.

==========  ====================================================================
MD          difference of means
SMD         standardised mean difference, pooled SD (Hedges' g)
SMDH        the same over the root of the average variance, unequal variances
SMD1        standardised by the second group's SD (Glass); SMD1H unequal variances
ROM         log ratio of means
VR, CVR     log ratio of SDs, of coefficients of variation
CLESN       probability of superiority under normality; AUCN is the same
==========  ====================================================================
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aponia.meta._effect_sizes._corrections import hedges_j
from aponia.meta._effect_sizes._given import Computed, Given
from aponia.meta._inputs import FloatArray

__all__ = [
    "clesn_effect",
    "cohens_d",
    "ratio_of_means",
    "smd_effects",
    "standardised",
    "variability_ratio",
]


def _average(weights: FloatArray, values: FloatArray) -> float:
    ok = ~np.isnan(weights * values)
    return float(np.sum(weights[ok] * values[ok]) / np.sum(weights[ok]))


def _read(given: Given, *names: str) -> list[FloatArray]:
    given.nonnegative("sd1i", "sd2i")
    given.positive("n1i", "n2i")
    return [given.get(name) for name in names]


def cohens_d(given: Given) -> tuple[FloatArray, FloatArray, FloatArray, NDArray[np.bool_]]:
    """Return Cohen's d, n1, n2, and which rows have means and SDs.

    d comes, row by row, from the first of these that is there: means and SDs, ``d``, the t
    statistic, the two-sided p-value (its sign is the sign of d), the point-biserial correlation.
    """
    from scipy.special import stdtrit

    ways = (
        ("m1i", "m2i", "sd1i", "sd2i", "n1i", "n2i"),
        *((name, "n1i", "n2i") for name in ("di", "ti", "pi", "ri")),
    )
    given.need(*ways)
    given.within(-1, 1, "pi", "ri")
    m1, m2, s1, s2, n1, n2 = _read(given, "m1i", "m2i", "sd1i", "sd2i", "n1i", "n2i")
    df = n1 + n2 - 2
    with np.errstate(all="ignore"):
        pooled = np.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / df)
        d = (m1 - m2) / pooled
        from_means = ~np.isnan(m1 + m2 + s1 + s2)
        p = given.get("pi")
        t_from_p = np.sign(p) * -stdtrit(df, np.abs(p) / 2)
        t = np.where(np.isnan(given.get("ti")), t_from_p, given.get("ti"))
        root = np.sqrt(1 / n1 + 1 / n2)
        r = given.get("ri")
        from_r = r * np.sqrt(df * (1 / n1 + 1 / n2)) / np.sqrt(1 - r**2)
        for other in (given.get("di"), t * root, from_r):
            d = np.where(np.isnan(d) & ~from_means, other, d)
    return d, n1, n2, from_means


def smd_effects(given: Given) -> Computed:
    """Return MD, SMD, SMDH, SMD1 or SMD1H.

    References
    ----------
    Hedges (1981, 1982 eq. 8, 1983 eq. 9); Borenstein (2009) eq. 12.3, 12.5, 12.17 (LS2);
    Bonett (2008, 2009) for SMDH and SMD1H.
    """
    code, vtype = given.measure, given.vtype
    if code == "SMD":
        d, n1, n2, _ = cohens_d(given)
        return _hedges(given, d, n1 + n2 - 2, n1, n2, n1 + n2)
    if code == "SMD1":
        given.need(("m1i", "m2i", "sd2i", "n1i", "n2i"))
        m1, m2, s2, n1, n2 = _read(given, "m1i", "m2i", "sd2i", "n1i", "n2i")
        with np.errstate(all="ignore"):
            return _hedges(given, (m1 - m2) / s2, n2 - 1, n1, n2, n2)
    given.need(("m1i", "m2i", "sd1i", "sd2i", "n1i", "n2i"))
    m1, m2, s1, s2, n1, n2 = _read(given, "m1i", "m2i", "sd1i", "sd2i", "n1i", "n2i")
    with np.errstate(all="ignore"):
        if code == "MD":
            if vtype == "HO":
                pooled = ((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / (n1 + n2 - 2)
                v = pooled * (1 / n1 + 1 / n2)
            else:
                v = s1**2 / n1 + s2**2 / n2
            return Computed(m1 - m2, v, n1 + n2)
        if code == "SMDH":
            d = (m1 - m2) / np.sqrt((s1**2 + s2**2) / 2)
            y = hedges_j(n1 + n2 - 2) * d if given.correct else d
            return Computed(y, _average_sd_variance(vtype, y, s1, s2, n1, n2), n1 + n2)
        d = (m1 - m2) / s2
        y = hedges_j(n2 - 1) * d if given.correct else d
        v = (s1 / s2) ** 2 / (n1 - 1) + 1 / (n2 - 1) + y**2 / (2 * (n2 - 1))
    return Computed(y, v, n1 + n2)


def _hedges(
    given: Given, d: FloatArray, df: FloatArray, n1: FloatArray, n2: FloatArray, size: FloatArray
) -> Computed:
    """Bias-correct d with `df`, and its variance; `size` is the n behind the standardiser."""
    y, v = standardised(given, d, df, 1 / n1 + 1 / n2, size)
    if given.vtype == "AV":
        v = 1 / n1 + 1 / n2 + _average(n1 + n2, y) ** 2 / (2 * size)
    return Computed(y, v, n1 + n2)


def standardised(
    given: Given, d: FloatArray, df: FloatArray, base: FloatArray, size: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return a standardised difference and its variance, bias-corrected unless told otherwise.

    d is (a normal variable with variance `base`) over √(χ²/df); `size` is the n behind the
    standardiser in the large-sample formulas.
    """
    j = hedges_j(df)
    factor = j if given.correct else np.ones_like(j)
    y = factor * d
    with np.errstate(all="ignore"):
        if given.vtype == "LS2":
            v = factor**2 * (base + d**2 / (2 * size))
        elif given.vtype == "UB":
            v = factor**2 * (base + (j**2 - (df - 2) / df) * d**2) / j**2
        elif given.vtype == "H0":
            v = np.where(df > 2, factor**2 * df / (df - 2) * base, np.nan)
        else:
            v = base + y**2 / (2 * size)
    return y, v


def _average_sd_variance(
    vtype: str, d: FloatArray, s1: FloatArray, s2: FloatArray, n1: FloatArray, n2: FloatArray
) -> FloatArray:
    """Bonett (2009): variance of a mean difference over the root of the average variance."""
    first = 0 if vtype == "LS2" else 1
    second = 1 if vtype in ("LS", "H0") else 0
    average = (s1**2 + s2**2) / 2
    spread = (s1**4 / (n1 - first) + s2**4 / (n2 - first)) / (8 * average**2)
    location = (s1**2 / (n1 - second) + s2**2 / (n2 - second)) / average
    return d**2 * spread + location


def ratio_of_means(given: Given) -> Computed:
    """Return ROM, the log ratio of two means.

    References
    ----------
    Hedges, Gurevitch & Curtis (1999) eq. 1; Lajeunesse (2015) for the second-order terms
    (`correct`, LS2); Nakagawa et al. (2023) for AV and AVHO.
    """
    given.need(("m1i", "m2i", "sd1i", "sd2i", "n1i", "n2i"))
    m1, m2, s1, s2, n1, n2 = _read(given, "m1i", "m2i", "sd1i", "sd2i", "n1i", "n2i")
    same_sign = m1 * m2 > 0
    with np.errstate(all="ignore"):
        e1, e2 = s1**2 / (n1 * m1**2), s2**2 / (n2 * m2**2)
        y = np.where(same_sign, np.log(m1 / m2), np.nan)
        if given.correct:
            y = y + (e1 - e2) / 2
        if given.vtype == "LS":
            v = e1 + e2
        elif given.vtype == "LS2":
            v = e1 + e2 + (e1**2 + e2**2) / 2
        elif given.vtype == "HO":
            pooled = ((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / (n1 + n2 - 2)
            v = pooled * (1 / (n1 * m1**2) + 1 / (n2 * m2**2))
        else:
            cv1, cv2 = s1 / m1, s2 / m2
            if given.vtype == "AV":
                v = _average(n1, cv1) ** 2 / n1 + _average(n2, cv2) ** 2 / n2
            else:
                sizes, both = np.concatenate([n1, n2]), np.concatenate([cv1, cv2])
                v = _average(sizes, both) ** 2 * (1 / n1 + 1 / n2)
        v = np.where(np.isnan(m1 + m2 + s1 + s2) | ~same_sign, np.nan, v)
    return Computed(y, v, n1 + n2)


def variability_ratio(given: Given) -> Computed:
    """Return VR or CVR, log ratios of SDs and of coefficients of variation.

    References
    ----------
    Nakagawa et al. (2015) eq. 5-6, 11-12; Senior et al. (2020) for the second-order LS2.
    """
    code = given.measure
    means = ("m1i", "m2i") if code == "CVR" else ()
    given.need((*means, "sd1i", "sd2i", "n1i", "n2i"))
    m1, m2, s1, s2, n1, n2 = _read(given, "m1i", "m2i", "sd1i", "sd2i", "n1i", "n2i")
    with np.errstate(all="ignore"):
        f1, f2 = 1 / (2 * (n1 - 1)), 1 / (2 * (n2 - 1))
        y, v = np.log(s1) - np.log(s2), f1 + f2
        if given.correct:
            y = y + f1 - f2
        if given.vtype == "LS2":
            v = v + 2 * (f1**2 + f2**2)
        if code == "CVR":
            positive = (m1 > 0) & (m2 > 0)
            e1, e2 = s1**2 / (n1 * m1**2), s2**2 / (n2 * m2**2)
            y = y - np.where(positive, np.log(m1) - np.log(m2), np.nan)
            if given.correct:
                y = y - (e1 - e2) / 2
            v = v + e1 + e2
            if given.vtype == "LS2":
                v = v + (e1**2 + e2**2) / 2
            v = np.where(positive, v, np.nan)
    return Computed(y, v, n1 + n2)


def clesn_effect(given: Given) -> Computed:
    """Return CLESN (AUCN): P(first > second) for two normal populations.

    The standardiser is the root of the average variance (vtype LS, LS2, LS3, H0) or the pooled
    SD (HO). Rows known only through d, t, p, r or the area itself (`auc`) use the homoscedastic
    variance.

    References
    ----------
    McGraw & Wong (1992); the variance is the delta method on Bonett (2009) or Hedges (1982).
    """
    from scipy.special import ndtr, ndtri

    given.within(0, 1, "ai")
    if given.has("ai", "n1i", "n2i") and not given.has("m1i"):
        n1, n2 = _read(given, "n1i", "n2i")
        d = ndtri(given.get("ai")) * np.sqrt(2)
        from_means = np.zeros(given.k, dtype=bool)
        if given.has("di") or given.has("ti") or given.has("pi") or given.has("ri"):
            other, *_ = cohens_d(given)
            d = np.where(np.isnan(d), other, d)
    else:
        d, n1, n2, from_means = cohens_d(given)
    m1, m2, s1, s2 = _read(given, "m1i", "m2i", "sd1i", "sd2i")
    with np.errstate(all="ignore"):
        base = 1 / n1 + 1 / n2
        at_zero = given.vtype == "H0"
        variance = base + (0.0 if at_zero else d**2 / (2 * (n1 + n2)))
        if given.vtype != "HO":
            unequal = (m1 - m2) / np.sqrt((s1**2 + s2**2) / 2)
            around = 0 * unequal if at_zero else unequal
            variance = np.where(
                from_means, _average_sd_variance(given.vtype, around, s1, s2, n1, n2), variance
            )
            d = np.where(from_means, unequal, d)
        z = d / np.sqrt(2)
        height = 0 * z if at_zero else z
        v = np.exp(-(height**2)) / (2 * np.pi) * variance / 2
    return Computed(ndtr(z), v, n1 + n2)
