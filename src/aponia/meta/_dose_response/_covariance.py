"""Covariance of log ratios against a common reference dose, from published tables.

Only the variance of each log ratio is printed; the covariances follow from the number of cases:
Greenland & Longnecker (1992) fit cell counts that reproduce the adjusted ratios at the printed
margins; Hamling et al. (2008) find effective counts that reproduce ratios and variances.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from scipy.optimize import brentq, least_squares

from aponia.meta._inputs import FloatArray
from aponia.meta.errors import ConvergenceError, InputError

__all__ = [
    "Design",
    "crude_ratios",
    "greenland_longnecker",
    "greenland_longnecker_counts",
    "hamling",
    "hamling_counts",
]

#: Case-control, cumulative incidence, incidence rate.
Design: TypeAlias = Literal["cc", "ci", "ir"]


def _reference_variance(A: FloatArray, N: FloatArray, design: Design) -> FloatArray:
    """Return what each dose level adds to the variance of its log ratio."""
    if design == "cc":
        return np.asarray(1 / A + 1 / (N - A))
    if design == "ci":
        return np.asarray(1 / A - 1 / N)
    return np.asarray(1 / A)


def crude_ratios(
    cases: FloatArray, total: FloatArray, design: Design, reference: int
) -> tuple[FloatArray, FloatArray]:
    """Return crude log ratios against the reference level and their exact covariance.

    Parameters
    ----------
    cases, total : ndarray of shape (n,)
        `total` is people (cc: cases and controls; ci) or person-time (ir).
    design : {"cc", "ci", "ir"}
    reference : int
        Row of the reference level.

    Returns
    -------
    y : ndarray of shape (n - 1,)
    S : ndarray of shape (n - 1, n - 1)
    """
    others = np.arange(cases.size) != reference
    base = total - cases if design == "cc" else total
    level = np.log(cases / base)
    part = _reference_variance(cases, total, design)
    return level[others] - level[reference], np.diag(part[others]) + part[reference]


def greenland_longnecker_counts(
    y: FloatArray, cases: FloatArray, total: FloatArray, design: Design
) -> FloatArray:
    """Return fitted numbers of cases that reproduce log ratios at the margins given.

    Parameters
    ----------
    y : ndarray of shape (n,)
        Log ratios, 0 for the reference.
    cases, total : ndarray of shape (n,)
    design : {"cc", "ci", "ir"}

    Returns
    -------
    ndarray of shape (n,)
    """
    M = float(cases.sum())
    if design != "cc":
        share = total * np.exp(y - y.max())
        return np.asarray(M * share / share.sum())
    # The odds of the reference level are the only unknown: the cases increase with them.
    top = float(total.sum())
    if not 0 < M < top:
        raise InputError("there must be cases and non-cases")

    def excess(logit: float) -> float:
        return float(np.sum(total / (1 + np.exp(-(logit + y))))) - M

    centre = float(np.log(M / (top - M)))
    width = 1.0 + float(np.abs(y).max())
    root = brentq(excess, centre - width, centre + width, xtol=1e-14, rtol=1e-14)
    return np.asarray(total / (1 + np.exp(-(root + y))))


def greenland_longnecker(
    y: FloatArray,
    v: FloatArray,
    cases: FloatArray,
    total: FloatArray,
    design: Design,
    reference: int,
) -> FloatArray:
    """Return the covariance of the non-reference log ratios (Greenland & Longnecker 1992).

    Parameters
    ----------
    y, v, cases, total : ndarray of shape (n,)
        Row `reference` holds the reference level (its y is 0, its v is not used).
    design : {"cc", "ci", "ir"}
    reference : int

    Returns
    -------
    ndarray of shape (n - 1, n - 1)
        Printed variances on the diagonal; correlations from the fitted counts.

    Raises
    ------
    InputError
        Fitted counts exceed the people at a level (cumulative incidence).
    """
    A = greenland_longnecker_counts(y, cases, total, design)
    part = _reference_variance(A, total, design)
    if (part <= 0).any():
        raise InputError(
            "more fitted cases than people at a dose level: the ratios do not fit the counts"
        )
    others = np.arange(y.size) != reference
    s = part[others] + part[reference]
    r = part[reference] / np.sqrt(np.outer(s, s))
    S = r * np.sqrt(np.outer(v[others], v[others]))
    np.fill_diagonal(S, v[others])
    return np.asarray(S)


def hamling_counts(
    y: FloatArray,
    v: FloatArray,
    cases: FloatArray,
    total: FloatArray,
    design: Design,
    reference: int,
) -> tuple[FloatArray, FloatArray]:
    """Return effective cases and totals that reproduce log ratios and variances.

    They keep the printed share of the reference level among the non-cases (or the people, or the
    person-time), and the printed ratio of these to cases (Hamling et al. 2008).

    Parameters
    ----------
    y, v, cases, total : ndarray of shape (n,)
    design : {"cc", "ci", "ir"}
    reference : int

    Returns
    -------
    A, N : ndarray of shape (n,)

    Raises
    ------
    ConvergenceError
        No such counts exist.
    """
    others = np.arange(y.size) != reference
    base = total - cases if design == "cc" else total
    p = base[reference] / base.sum()
    z = base.sum() / cases.sum()
    L, w0 = y[others], v[others]

    def effective(x: FloatArray) -> tuple[FloatArray, FloatArray]:
        # The reference adds a share of the smallest variance; x is on the real line.
        s = float(w0.min()) / (1 + np.exp(-x[0]))
        q = float(np.exp(x[1]))  # cases over base of the reference level
        a0 = (1 + q) / s if design == "cc" else (1 - q) / s if design == "ci" else 1 / s
        ratio = np.exp(L) * q
        w = w0 - s
        if design == "cc":
            a = (1 + ratio) / w
        elif design == "ci":
            a = (1 - ratio) / w
        else:
            a = 1 / w
        A, B = np.empty(y.size), np.empty(y.size)
        A[reference], A[others] = a0, a
        B[reference], B[others] = a0 / q, a / ratio
        return A, B

    def gap(x: FloatArray) -> FloatArray:
        A, B = effective(x)
        with np.errstate(divide="ignore", invalid="ignore"):
            out = np.array([np.log(B[reference] / B.sum() / p), np.log(B.sum() / A.sum() / z)])
        return np.where(np.isfinite(out), out, 1e3)

    start_q = float(np.log(cases[reference] / base[reference]))
    best = None
    for share in (0.0, -1.5, 1.5, 3.0):
        found = least_squares(gap, np.array([share, start_q]), xtol=1e-15, ftol=1e-15, gtol=1e-15)
        if best is None or found.cost < best.cost:
            best = found
        if best.cost < 1e-20:
            break
    assert best is not None
    A, B = effective(best.x)
    if best.cost > 1e-12 or (A <= 0).any() or (B <= 0).any():
        raise ConvergenceError(
            "no effective counts reproduce the ratios and variances: use covariance='GL'"
        )
    return A, B + A if design == "cc" else B


def hamling(
    y: FloatArray,
    v: FloatArray,
    cases: FloatArray,
    total: FloatArray,
    design: Design,
    reference: int,
) -> FloatArray:
    """Return the covariance of the non-reference log ratios (Hamling et al. 2008).

    Parameters and returns as `greenland_longnecker`.
    """
    A, N = hamling_counts(y, v, cases, total, design, reference)
    others = np.arange(y.size) != reference
    S = np.full((int(others.sum()),) * 2, _reference_variance(A, N, design)[reference])
    np.fill_diagonal(S, v[others])
    return S
