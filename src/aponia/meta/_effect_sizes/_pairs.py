"""Matched pairs with a binary outcome: the paired 2x2 table.

Cell a: both have the outcome; b: only the first; c: only the second; d: neither.

=======  ==================================================================
MPRD     marginal risk difference
MPRR     marginal log risk ratio
MPOR     marginal log odds ratio
MPORC    conditional log odds ratio (discordant pairs)
MPPETO   conditional log odds ratio by Peto's method
MPORM    marginal log odds ratio from the *marginal* table (a, b: first with
         and without the outcome; c, d: second) and the correlation `r`, or
         the proportion `p` of pairs in which both have the outcome
=======  ==================================================================
"""

from __future__ import annotations

import numpy as np

from aponia.meta._effect_sizes._given import Computed, Given
from aponia.meta._effect_sizes._zero_cells import add_constant

__all__ = ["pair_effects"]


def pair_effects(given: Given) -> Computed:
    """Return effects of matched pairs; see the module docstring.

    References
    ----------
    Newcombe (1998), May & Johnson (1997) for MPRD; Zou (2007) for MPRR and MPORC; Becker &
    Balagtas (1993), Elbourne et al. (2002) for MPOR and MPORM; Curtin et al. (2002) for MPPETO.
    """
    given.need(("ai", "bi", "ci", "di"))
    given.nonnegative("ai", "bi", "ci", "di")
    a, b, c, d = (given.get(name) for name in ("ai", "bi", "ci", "di"))
    incomplete = np.isnan(a + b + c + d)
    a, b, c, d = (np.where(incomplete, np.nan, x) for x in (a, b, c, d))
    size = a + b + c + d
    given.refuse(size == 0, "ai", a, "a table with at least one pair")
    if given.measure == "MPORM":
        return _marginal_from_correlation(given)
    (a, b, c, d), adjusted, _ = add_constant(given, a, b, c, d)
    n = a + b + c + d
    p1, p2 = (a + b) / n, (a + c) / n
    with np.errstate(all="ignore"):
        if given.measure == "MPRD":
            y, v = p1 - p2, (b + c) / n**2 - (b - c) ** 2 / n**3
        elif given.measure == "MPRR":
            y, v = np.log((a + b) / (a + c)), (b + c) / ((a + b) * (a + c))
        elif given.measure == "MPOR":
            y = np.log((a + b) * (b + d) / ((c + d) * (a + c)))
            s1, s2 = p1 * (1 - p1), p2 * (1 - p2)
            v = (1 / s1 + 1 / s2 - 2 * (a * d - b * c) / n**2 / (s1 * s2)) / n
        elif given.measure == "MPORC":
            y, v = np.log(b / c), 1 / b + 1 / c
        else:
            y, v = 2 * (b - c) / (b + c), 4 / (b + c)
    return Computed(y, v, size, adjusted)


def _marginal_from_correlation(given: Given) -> Computed:
    given.need(("ai", "bi", "ci", "di", "ri"), ("ai", "bi", "ci", "di", "pi"))
    given.within(-1, 1, "ri")
    given.within(0, 1, "pi")
    a, b, c, d = (given.get(name) for name in ("ai", "bi", "ci", "di"))
    # Each pair stands once in either row of the marginal table.
    pairs = np.round((a + b + c + d) / 2)
    (a, b, c, d), adjusted, _ = add_constant(given, a, b, c, d)
    with np.errstate(all="ignore"):
        p1, p2 = a / (a + b), c / (c + d)
        spread = np.sqrt(p1 * (1 - p1) * p2 * (1 - p2))
        both = given.get("pi")
        # The margins bound the share of pairs in which both have the outcome.
        low, high = np.maximum(0, p1 + p2 - 1), np.minimum(p1, p2)
        both = np.where((both >= low - 1e-12) & (both <= high + 1e-12), both, np.nan)
        r = given.get("ri")
        r = np.where(np.isnan(r), (both - p1 * p2) / spread, r)
        y = np.log(a * d / (b * c))
        v = 1 / a + 1 / b + 1 / c + 1 / d - 2 * r * pairs / np.sqrt(a * b * c * d)
    return Computed(y, v, pairs, adjusted)
