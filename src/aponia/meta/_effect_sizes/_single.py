"""Means and variability of single groups, reliability, genotypes, areas under a ROC curve.

==============  ======================================================================
MN, MNLN        mean, log mean
SMN             mean over the SD
SDLN, CVLN      log SD, log coefficient of variation
ARAW, AHW, ABT  Cronbach's alpha; by Hakstian & Whalen; by Bonett
REH             log relative excess heterozygosity
CLES, AUC       probability of superiority observed as a rank statistic (Mann-Whitney U/n1n2)
==============  ======================================================================
"""

from __future__ import annotations

import numpy as np

from aponia.meta._effect_sizes._corrections import hedges_j
from aponia.meta._effect_sizes._given import Computed, Given
from aponia.meta._effect_sizes._zero_cells import add_constant

__all__ = ["area_effect", "heterozygosity_effect", "mean_effects", "reliability_effects"]


def mean_effects(given: Given) -> Computed:
    """Return MN, SMN, MNLN, SDLN or CVLN (Nakagawa et al. 2015; Raudenbush & Bryk 1987)."""
    code = given.measure
    mean = () if code == "SDLN" else ("mi",)
    given.need((*mean, "sdi", "ni"))
    given.nonnegative("sdi")
    given.positive("ni")
    m, s, n = given.get("mi"), given.get("sdi"), given.get("ni")
    with np.errstate(all="ignore"):
        if code == "MN":
            variance = s**2
            if given.vtype == "HO":
                ok = ~np.isnan(m * s * n)
                variance = np.full(given.k, np.sum((n[ok] - 1) * s[ok] ** 2) / np.sum(n[ok] - 1))
            y, v = m, variance / n
        elif code == "SMN":
            y = m / s
            y = hedges_j(n - 1) * y if given.correct else y
            v = 1 / n + y**2 / (2 * n)
        elif code == "MNLN":
            y, v = np.log(m), s**2 / (n * m**2)
        else:
            small = 1 / (2 * (n - 1))
            y, v = np.log(s), small
            if code == "CVLN":
                y, v = y - np.log(m), v + s**2 / (n * m**2)
            y = y + small if given.correct else y
        v = np.where(np.isnan(y), np.nan, v)
    return Computed(y, v, n)


def reliability_effects(given: Given) -> Computed:
    """Return ARAW, AHW or ABT of Cronbach's alpha (Bonett 2002, 2010; Hakstian & Whalen 1976)."""
    given.need(("ai", "mi", "ni"))
    given.check("ai", lambda x: x <= 1, "an alpha of at most 1")
    given.check("mi", lambda x: x >= 2, "at least 2 items")
    given.positive("ni")
    alpha, m, n = given.get("ai"), given.get("mi"), given.get("ni")
    with np.errstate(all="ignore"):
        if given.measure == "ARAW":
            y, v = alpha, 2 * m * (1 - alpha) ** 2 / ((m - 1) * (n - 2))
        elif given.measure == "AHW":
            y = 1 - np.cbrt(1 - alpha)
            v = 18 * m * (n - 1) * np.cbrt(1 - alpha) ** 2 / ((m - 1) * (9 * n - 11) ** 2)
        else:
            y, v = -np.log1p(-alpha), 2 * m / ((m - 1) * (n - 2))
        v = np.where(np.isnan(y) | (n <= 2), np.nan, v)
    return Computed(y, v, n)


def heterozygosity_effect(given: Given) -> Computed:
    """Return REH from the counts of the three genotypes (Ziegler et al. 2011)."""
    given.need(("ai", "bi", "ci"))
    given.nonnegative("ai", "bi", "ci")
    a, b, c = (given.get(name) for name in ("ai", "bi", "ci"))
    size = a + b + c
    a, b, c = (np.where(np.isnan(size), np.nan, x) for x in (a, b, c))
    (a, b, c), adjusted, _ = add_constant(given, a, b, c)
    with np.errstate(all="ignore"):
        y = np.log(b) - np.log(2) - (np.log(a) + np.log(c)) / 2
        return Computed(y, 1 / (4 * a) + 1 / b + 1 / (4 * c), size, adjusted)


def area_effect(given: Given) -> Computed:
    """Return CLES (AUC), an observed area, and its variance.

    LS is Newcombe's (2006) symmetrised form of the Hanley & McNeil (1982) exponential variance,
    LS2 that variance itself, both over (n1-1)(n2-1); H0 holds under no difference; MAX is the
    upper bound A(1-A)/(min(n1, n2)-1).
    """
    given.need(("ai", "n1i", "n2i"))
    given.within(0, 1, "ai")
    given.positive("n1i", "n2i")
    a, n1, n2 = (given.get(name) for name in ("ai", "n1i", "n2i"))
    with np.errstate(all="ignore"):
        if given.vtype == "H0":
            v = (n1 + n2 + 1) / (12 * n1 * n2)
        elif given.vtype == "MAX":
            v = a * (1 - a) / (np.minimum(n1, n2) - 1)
        else:
            middle = (n1 + n2) / 2 - 1
            w1, w2 = (n1 - 1, n2 - 1) if given.vtype == "LS2" else (middle, middle)
            spread = 1 + w1 * (1 - a) / (2 - a) + w2 * a / (1 + a)
            v = a * (1 - a) * spread / ((n1 - 1) * (n2 - 1))
        v = np.where(np.isnan(a), np.nan, v)
    return Computed(a, v, n1 + n2)
