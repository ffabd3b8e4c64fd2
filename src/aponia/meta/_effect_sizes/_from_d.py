"""Correlations and log odds ratios from the comparison of two means.

===========  =================================================================
RPB, ZPB     point-biserial correlation, and its Fisher transform
RBIS, ZBIS   biserial correlation, and its Fisher transform
D2ORN        log odds ratio from Cohen's d, normal (1.65 d)
D2ORL        the same, logistic (π/√3 d); D2OR is its older name
===========  =================================================================
"""

from __future__ import annotations

import numpy as np

from aponia.meta._effect_sizes._given import Computed, Given
from aponia.meta._effect_sizes._two_means import cohens_d

__all__ = ["effects_from_d"]


def effects_from_d(given: Given) -> Computed:
    """Return RPB, ZPB, RBIS, ZBIS, D2ORN or D2ORL; see the module docstring.

    References
    ----------
    Tate (1954) and Jacobs & Viechtbauer (2017) for the correlations, whose variance depends on
    the sampling: group sizes fixed (vtype ST, LS) or random (CS); Soper (1914) for RBIS; Cox &
    Snell (1989) and Chinn (2000) for the odds ratios.
    """
    d, n1, n2, _ = cohens_d(given)
    n = n1 + n2
    code = given.measure
    base = 1 / n1 + 1 / n2
    if code in ("D2OR", "D2ORL", "D2ORN"):
        unit = 1.65 if code == "D2ORN" else np.pi / np.sqrt(3)
        return Computed(unit * d, unit**2 * (base + d**2 / (2 * n)), n)
    h = (n - 2) * base
    with np.errstate(all="ignore"):
        r = d / np.sqrt(d**2 + h)
        if code in ("RPB", "ZPB"):
            if given.vtype == "CS":
                v = (1 - r**2) ** 2 * (n * r**2 / (4 * n1 * n2) + (2 - 3 * r**2) / (2 * n))
            else:
                v = h**2 / (h + d**2) ** 3 * (base + d**2 / (2 * n))
        else:
            r, v = _biserial(r, n1, n2)
        if code in ("ZPB", "ZBIS"):
            # A biserial correlation beyond ±1 stands for a perfect one.
            clipped = np.clip(r, -1, 1)
            v = v / (1 - clipped**2) ** 2
            r = np.arctanh(clipped)
    return Computed(r, v, n)


def _biserial(r: np.ndarray, n1: np.ndarray, n2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from scipy.special import ndtri

    n = n1 + n2
    p, q = n1 / n, n2 / n
    z = -ndtri(p)
    height = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    biserial = np.sqrt(p * q) / height * r
    # The estimate may leave [-1, 1]; Soper's variance is only meant inside.
    b = np.clip(biserial, -1, 1)
    bend = (1 - p * z / height) * (1 + q * z / height)
    v = (p * q / height**2 - (1.5 + bend) * b**2 + b**4) / (n - 1)
    return biserial, v
