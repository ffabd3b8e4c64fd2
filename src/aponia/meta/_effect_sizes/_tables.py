"""Two independent groups and a binary outcome: 2x2 tables.

======  ==================================================================
RR OR   log risk ratio, log odds ratio
RD      risk difference
AS      difference of arcsine square roots
PETO    log odds ratio by Peto's one-step method
PHI     phi coefficient; ZPHI its Fisher transform
YUQ     Yule's Q; YUY Yule's Y
RTET    tetrachoric correlation; ZTET its Fisher transform
PBIT    difference of probits, estimates a standardised mean difference
OR2DN   log odds ratio as a standardised mean difference, normal (1.65)
OR2DL   the same, logistic (π/√3); OR2D is its older name
======  ==================================================================
"""

from __future__ import annotations

import numpy as np

from aponia.meta._effect_sizes._given import Computed, Given
from aponia.meta._effect_sizes._tetrachoric import tetrachoric
from aponia.meta._effect_sizes._zero_cells import add_constant
from aponia.meta._inputs import FloatArray

__all__ = ["table_effects"]


def _cells(given: Given) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    given.need(("ai", "bi", "ci", "di"), ("ai", "n1i", "ci", "n2i"))
    given.nonnegative("ai", "bi", "ci", "di")
    given.positive("n1i", "n2i")
    a, c = given.get("ai"), given.get("ci")
    b, d = given.get("bi"), given.get("di")
    for events, others, total in (("ai", b, "n1i"), ("ci", d, "n2i")):
        n = given.get(total)
        x = given.get(events)
        with np.errstate(invalid="ignore"):
            given.refuse(x > n, events, x, f"at most {given.name(total)}")
            contradiction = np.abs(x + others - n) > 1e-8
        given.refuse(contradiction, total, n, "the sum of the two cells of the group")
    b = np.where(np.isnan(b), given.get("n1i") - a, b)
    d = np.where(np.isnan(d), given.get("n2i") - c, d)
    given.refuse(a + b == 0, "ai", a, "a group with at least one person")
    given.refuse(c + d == 0, "ci", c, "a group with at least one person")
    incomplete = np.isnan(a + b + c + d)
    return tuple(np.where(incomplete, np.nan, x) for x in (a, b, c, d))  # type: ignore[return-value]


def _mean(weights: FloatArray, values: FloatArray) -> float:
    ok = ~np.isnan(weights * values)
    return float(np.sum(weights[ok] * values[ok]) / np.sum(weights[ok]))


def _risks_for_variance(
    vtype: str, a: FloatArray, n1: FloatArray, c: FloatArray, n2: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the two risks that go into the variance formula."""
    if vtype == "AV":
        return np.full_like(a, _mean(n1, a / n1)), np.full_like(a, _mean(n2, c / n2))
    if vtype == "H0":
        pooled = (a + c) / (n1 + n2)
        return pooled, pooled
    return a / n1, c / n2


def _phi(given: Given, a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray) -> Computed:
    n1, n2, m1, m2 = a + b, c + d, a + c, b + d
    n = n1 + n2
    y = (a * d - b * c) / np.sqrt(n1 * n2 * m1 * m2)
    if given.vtype == "ST":
        # Delta method with the row totals fixed: two independent binomials.
        p1, p2 = a / n1, c / n2
        spread = np.sqrt(m1 * m2)
        slope = (p1 - p2) * (m2 - m1) / (2 * spread**3)
        g1 = np.sqrt(n1 * n2) * (1 / spread - slope * n1)
        g2 = np.sqrt(n1 * n2) * (-1 / spread - slope * n2)
        v = g1**2 * p1 * (1 - p1) / n1 + g2**2 * p2 * (1 - p2) / n2
    else:
        # Multinomial sampling, Yule (1912) / Kendall & Stuart.
        skew = (n1 - n2) * (m1 - m2) / np.sqrt(n1 * n2 * m1 * m2)
        margins = (n1 - n2) ** 2 / (n1 * n2) + (m1 - m2) ** 2 / (m1 * m2)
        v = (1 - y**2 + y * (1 + y**2 / 2) * skew - 0.75 * y**2 * margins) / n
    return Computed(y, v, n)


def table_effects(given: Given) -> Computed:
    """Return effects of 2x2 tables; see the module docstring.

    References
    ----------
    Fleiss & Berlin (2009) for RR, OR, RD, PHI, YUQ, YUY; Rücker et al. (2009) for AS;
    Yusuf et al. (1985) for PETO; Sánchez-Meca et al. (2003) for PBIT, OR2DN, OR2DL.
    """
    a0, b0, c0, d0 = _cells(given)
    total = a0 + b0 + c0 + d0
    no_information = ((a0 == 0) & (c0 == 0)) | ((b0 == 0) & (d0 == 0))
    (a, b, c, d), adjusted, dropped = add_constant(given, a0, b0, c0, d0, drop=no_information)
    n1, n2 = a + b, c + d
    code = given.measure
    with np.errstate(all="ignore"):
        y, v = _effect(given, code, a, b, c, d, n1, n2)
    return Computed(y, v, total, adjusted, dropped)


def _effect(
    given: Given,
    code: str,
    a: FloatArray,
    b: FloatArray,
    c: FloatArray,
    d: FloatArray,
    n1: FloatArray,
    n2: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    p1, p2 = a / n1, c / n2
    q1, q2 = _risks_for_variance(given.vtype, a, n1, c, n2)
    if code == "RR":
        return np.log(a * n2 / (c * n1)), (1 - q1) / (q1 * n1) + (1 - q2) / (q2 * n2)
    if code in ("OR", "OR2D", "OR2DN", "OR2DL"):
        y = np.log(a * d / (b * c))  # one log: exactly 0 for equal odds
        if given.vtype == "LS":
            v = 1 / a + 1 / b + 1 / c + 1 / d
        else:
            v = 1 / (n1 * q1 * (1 - q1)) + 1 / (n2 * q2 * (1 - q2))
        unit = {"OR": 1.0, "OR2DN": 1 / 1.65}.get(code, np.sqrt(3) / np.pi)
        return unit * y, unit**2 * v
    if code == "RD":
        shift = 1 if given.vtype == "UB" else 0
        return p1 - p2, q1 * (1 - q1) / (n1 - shift) + q2 * (1 - q2) / (n2 - shift)
    if code == "AS":
        return np.arcsin(np.sqrt(p1)) - np.arcsin(np.sqrt(p2)), 1 / (4 * n1) + 1 / (4 * n2)
    if code == "PETO":
        n = n1 + n2
        expected = n1 * (a + c) / n
        v0 = (a + c) * (b + d) * (n1 / n) * (n2 / n) / (n - 1)
        return (a - expected) / v0, 1 / v0
    if code in ("PHI", "ZPHI"):
        phi = _phi(given, a, b, c, d)
        return _fisher(phi.y, phi.v) if code == "ZPHI" else (phi.y, phi.v)
    if code in ("YUQ", "YUY"):
        inverse = 1 / a + 1 / b + 1 / c + 1 / d
        power, factor = (1.0, 1 / 4) if code == "YUQ" else (0.5, 1 / 16)
        concordant, discordant = (a * d) ** power, (b * c) ** power
        y = (concordant - discordant) / (concordant + discordant)
        v = factor * (1 - y**2) ** 2 * inverse
        # With an empty cell the odds ratio behind y is 0 or infinite: no estimate.
        return np.where(np.isfinite(inverse), y, np.nan), v
    if code in ("RTET", "ZTET"):
        y, v = tetrachoric(a, b, c, d)
        return _fisher(y, v) if code == "ZTET" else (y, v)
    from scipy.special import ndtri

    z1, z2 = ndtri(p1), ndtri(p2)
    v1 = 2 * np.pi * p1 * (1 - p1) * np.exp(z1**2) / n1
    v2 = 2 * np.pi * p2 * (1 - p2) * np.exp(z2**2) / n2
    return z1 - z2, v1 + v2


def _fisher(r: FloatArray, v: FloatArray) -> tuple[FloatArray, FloatArray]:
    return np.arctanh(r), v / (1 - r**2) ** 2
