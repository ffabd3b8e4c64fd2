"""A binary outcome in single groups.

====  ========================================
PR    proportion
PLN   log proportion
PLO   log odds
PRZ   probit
PAS   arcsine square root
PFT   Freeman-Tukey double arcsine
====  ========================================
"""

from __future__ import annotations

import numpy as np

from aponia.meta._effect_sizes._given import Computed, Given
from aponia.meta._effect_sizes._zero_cells import add_constant

__all__ = ["proportion_effects"]


def proportion_effects(given: Given) -> Computed:
    """Return a transformed proportion; see the module docstring (Freeman & Tukey 1950 for PFT)."""
    from scipy.special import ndtri

    given.need(("xi", "ni"), ("xi", "mi"))
    given.nonnegative("xi", "mi")
    given.positive("ni")
    x, n, m = given.get("xi"), given.get("ni"), given.get("mi")
    with np.errstate(invalid="ignore"):
        given.refuse(x > n, "xi", x, f"at most {given.name('ni')}")
        given.refuse(np.abs(x + m - n) > 1e-8, "ni", n, "the sum of events and non-events")
    m = np.where(np.isnan(m), n - x, m)
    x, m = np.where(np.isnan(m), np.nan, x), np.where(np.isnan(x), np.nan, m)
    size = x + m
    given.refuse(size == 0, "mi", m, "a group with at least one person")
    (x, m), adjusted, _ = add_constant(given, x, m)
    n = x + m
    code = given.measure
    with np.errstate(all="ignore"):
        p = x / n
        q = p
        if given.vtype == "AV":
            ok = ~np.isnan(n)
            q = np.full(given.k, np.sum(x[ok]) / np.sum(n[ok]))
        if code == "PR":
            y, v = p, q * (1 - q) / (n - (1 if given.vtype == "UB" else 0))
        elif code == "PLN":
            y, v = np.log(p), (1 - q) / (q * n)
        elif code == "PLO":
            y, v = np.log(x / m), 1 / (q * (1 - q) * n)
        elif code == "PRZ":
            y = ndtri(p)
            v = 2 * np.pi * p * (1 - p) * np.exp(y**2) / n
        elif code == "PAS":
            y, v = np.arcsin(np.sqrt(p)), 1 / (4 * n)
        else:
            y = (np.arcsin(np.sqrt(x / (n + 1))) + np.arcsin(np.sqrt((x + 1) / (n + 1)))) / 2
            v = 1 / (4 * n + 2)
    return Computed(y, v, size, adjusted)
