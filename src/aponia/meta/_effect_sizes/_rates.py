"""Counts of events over person-time, in two groups or in one.

====  =======================================================
IRR   log incidence rate ratio
IRD   incidence rate difference
IRSD  difference of square-root rates
IR    incidence rate
IRLN  log incidence rate
IRS   square root of the rate
IRFT  Freeman-Tukey transformed rate
====  =======================================================
"""

from __future__ import annotations

import numpy as np

from aponia.meta._effect_sizes._given import Computed, Given
from aponia.meta._effect_sizes._zero_cells import add_constant

__all__ = ["rate_effects", "two_rate_effects"]


def two_rate_effects(given: Given) -> Computed:
    """Return IRR, IRD or IRSD (Rothman et al. 2008; Bagos & Nikolopoulos 2009)."""
    given.need(("x1i", "t1i", "x2i", "t2i"))
    given.nonnegative("x1i", "x2i")
    given.positive("t1i", "t2i")
    x1, x2, t1, t2 = (given.get(name) for name in ("x1i", "x2i", "t1i", "t2i"))
    incomplete = np.isnan(x1 + x2 + t1 + t2)
    x1, x2, t1, t2 = (np.where(incomplete, np.nan, x) for x in (x1, x2, t1, t2))
    total = t1 + t2
    (x1, x2), adjusted, dropped = add_constant(given, x1, x2, drop=(x1 == 0) & (x2 == 0))
    with np.errstate(all="ignore"):
        if given.measure == "IRR":
            y, v = np.log(x1 * t2 / (x2 * t1)), 1 / x1 + 1 / x2
        elif given.measure == "IRD":
            y, v = x1 / t1 - x2 / t2, x1 / t1**2 + x2 / t2**2
        else:
            y = np.sqrt(x1 / t1) - np.sqrt(x2 / t2)
            v = np.where(dropped | incomplete, np.nan, 1 / (4 * t1) + 1 / (4 * t2))
    return Computed(y, v, total, adjusted, dropped)


def rate_effects(given: Given) -> Computed:
    """Return IR, IRLN, IRS or IRFT (Freeman & Tukey 1950 for the last)."""
    given.need(("xi", "ti"))
    given.nonnegative("xi")
    given.positive("ti")
    x, t = given.get("xi"), given.get("ti")
    x, t = np.where(np.isnan(t), np.nan, x), np.where(np.isnan(x), np.nan, t)
    (x,), adjusted, dropped = add_constant(given, x)
    with np.errstate(all="ignore"):
        if given.measure == "IR":
            y, v = x / t, x / t**2
        elif given.measure == "IRLN":
            y, v = np.log(x / t), 1 / x
        elif given.measure == "IRS":
            y, v = np.sqrt(x / t), 1 / (4 * t)
        else:
            y, v = (np.sqrt(x / t) + np.sqrt((x + 1) / t)) / 2, 1 / (4 * t)
    return Computed(y, v, t, adjusted, dropped)
