"""Correlations, partial and semi-partial correlations, and R².

==============  =================================================================
COR             correlation; UCOR with its small bias removed
ZCOR            Fisher's z
PCOR, ZPCOR     partial correlation of one predictor, and its z
SPCOR, ZSPCOR   semi-partial correlation, and its z
R2, ZR2         coefficient of determination, predictors random; and its z
R2F, ZR2F       the same with fixed predictors
==============  =================================================================
"""

from __future__ import annotations

import numpy as np

from aponia.meta._effect_sizes._corrections import hypergeometric_aac, unbiased_correlation
from aponia.meta._effect_sizes._given import Computed, Given
from aponia.meta._inputs import FloatArray

__all__ = ["correlation_effects", "determination_effects", "partial_effects"]


def _average(n: FloatArray, values: FloatArray) -> float:
    ok = ~np.isnan(n * values)
    return float(np.sum(n[ok] * values[ok]) / np.sum(n[ok]))


def _first_present(*columns: FloatArray) -> FloatArray:
    out = columns[0]
    for other in columns[1:]:
        out = np.where(np.isnan(out), other, out)
    return out


def _t(given: Given, df: FloatArray) -> FloatArray:
    from scipy.special import stdtrit

    p = given.get("pi")
    return _first_present(given.get("ti"), np.sign(p) * -stdtrit(df, np.abs(p) / 2))


def correlation_effects(given: Given) -> Computed:
    """Return COR, UCOR or ZCOR.

    References
    ----------
    Borenstein (2009) eq. 12.27; Olkin & Pratt (1958) and Hedges (1989) for UCOR and UB.
    """
    given.need(("ri", "ni"), ("ti", "ni"), ("pi", "ni"))
    given.within(-1, 1, "ri", "pi")
    given.positive("ni")
    n, vtype = given.get("ni"), given.vtype
    with np.errstate(all="ignore"):
        t = _t(given, n - 2)
        r = _first_present(given.get("ri"), t / np.sqrt(t**2 + n - 2))
        if given.measure == "ZCOR":
            return Computed(np.arctanh(r), np.where(n > 3, 1 / (n - 3), np.nan), n)
        y = unbiased_correlation(r, n) if given.measure == "UCOR" else r
        if vtype == "UB":
            # y² minus the unbiased estimate of ρ²
            square = (1 - r**2) * (n - 3) / (n - 2)
            v = y**2 - 1 + square * hypergeometric_aac(1.0, n / 2, 1 - r**2)
        elif vtype in ("H0", "H0a"):
            v = (1 - r**2) / (n - 2)
        elif vtype == "H0b":
            v = 1 / n
        else:
            plug = _average(n, y) if vtype == "AV" else y
            v = (1 - plug**2) ** 2 / (n - 1)
        v = np.where(n > 2, v, np.nan)
    return Computed(y, np.where(np.isnan(r), np.nan, v), n)


def partial_effects(given: Given) -> Computed:
    """Return PCOR, ZPCOR, SPCOR or ZSPCOR.

    References
    ----------
    Aloe & Becker (2012) eq. 5-7; Aloe & Thompson (2013).
    """
    semi = given.measure.endswith("SPCOR")
    fit = ("r2i",) if semi else ()
    given.need(*((name, "ni", "mi", *fit) for name in ("ti", "pi", "ri")))
    given.within(-1, 1, "ri", "pi")
    given.within(0, 1, "r2i")
    given.positive("ni", "mi")
    n, m, r2 = given.get("ni"), given.get("mi"), given.get("r2i")
    df = n - m - 1
    given.refuse(df < 1, "ni", n, f"at least {given.name('mi')} + 2")
    with np.errstate(all="ignore"):
        t = _t(given, df)
        scaled = t * np.sqrt(1 - r2) / np.sqrt(df) if semi else t / np.sqrt(t**2 + df)
        r = _first_present(given.get("ri"), scaled)
        plug = np.full(given.k, _average(n, r)) if given.vtype == "AV" else r
        if semi:
            without = r2 - plug**2  # R² without the focal predictor
            v = (r2**2 - 2 * r2 + without + 1 - without**2) / n
        else:
            v = (1 - plug**2) ** 2 / (n - m)
        if given.measure == "ZPCOR":
            return Computed(np.arctanh(r), 1 / (n - m - 2), n)
        if given.measure == "ZSPCOR":
            return Computed(np.arctanh(r), v / (1 - r**2) ** 2, n)
    return Computed(r, v, n)


def determination_effects(given: Given) -> Computed:
    """Return R2, ZR2, R2F or ZR2F.

    With fixed predictors (R2F) the model sum of squares is noncentral chi-square with
    n·ρ²/(1-ρ²), which makes the large-sample variance (1 - R²/2) times that of random predictors;
    ZR2F is the delta method on it. metafor's variances for these two differ from that.

    References
    ----------
    Kendall & Stuart (1979) eq. 27.87 (LS2, AV2) and 27.88 (LS, AV); Olkin & Finn (1995) for the
    transformation.
    """
    from scipy.special import fdtri

    given.need(("r2i", "ni", "mi"), ("fi", "ni", "mi"), ("pi", "ni", "mi"))
    given.within(0, 1, "r2i", "pi")
    given.nonnegative("fi")
    given.positive("ni", "mi")
    n, m = given.get("ni"), given.get("mi")
    df = n - m - 1
    given.refuse(df < 1, "ni", n, f"at least {given.name('mi')} + 2")
    with np.errstate(all="ignore"):
        from_p = np.asarray(fdtri(m, df, 1 - given.get("pi")), dtype=np.float64)
        f = _first_present(given.get("fi"), from_p)
        r2 = _first_present(given.get("r2i"), m * f / (m * f + df))
        plug = np.full(given.k, _average(n, r2)) if given.vtype in ("AV", "AV2") else r2
        small = given.vtype in ("LS2", "AV2")
        size = (n**2 - 1) * (n + 3) / df**2 if small else n
        v = 4 * plug * (1 - plug) ** 2 / size
        if given.measure in ("R2F", "ZR2F"):
            v = v * (1 - plug / 2)
        if given.measure in ("ZR2", "ZR2F"):
            fixed = (1 - r2 / 2) if given.measure == "ZR2F" else np.where(np.isnan(r2), r2, 1.0)
            return Computed(np.arctanh(np.sqrt(r2)), fixed / n, n)
    return Computed(r2, v, n)
