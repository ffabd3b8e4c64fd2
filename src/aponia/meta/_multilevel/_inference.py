"""Tests of coefficients, degrees of freedom and fit statistics of the multilevel model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aponia.meta._distributions import chi2_sf, critical_value, f_sf, two_sided_p
from aponia.meta._inputs import FloatArray
from aponia.meta._multilevel._fit import Problem
from aponia.meta._multilevel._likelihood import Solution
from aponia.meta._multilevel._matrix_terms import MatrixTerm
from aponia.meta._multilevel._structures import CorrelationTerm
from aponia.meta._multilevel._terms import InterceptTerm
from aponia.meta.errors import InputError

__all__ = [
    "coefficient_tests",
    "containment_df",
    "fit_statistics",
    "omnibus_test",
    "tested",
]


def coefficient_tests(
    coef: FloatArray, vcov: FloatArray, df: FloatArray, level: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return standard errors, statistics, p-values and interval bounds, each of shape (p,).

    Parameters
    ----------
    coef : ndarray of shape (p,)
    vcov : ndarray of shape (p, p)
    df : ndarray of shape (p,)
        Infinite for normal tests, NaN where there is no test.
    level : float
    """
    se = np.sqrt(np.maximum(np.diagonal(vcov), 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        stat = coef / se
    p, crit = np.full(coef.size, np.nan), np.full(coef.size, np.nan)
    for j, d in enumerate(df):
        if np.isnan(d) or d <= 0:
            continue
        nu = None if np.isinf(d) else float(d)
        p[j] = float(two_sided_p(stat[j], nu))
        crit[j] = critical_value(level, nu)
    return se, stat, p, coef - crit * se, coef + crit * se


def tested(
    btt: str | Sequence[int | str] | None, names: Sequence[str], intercept: bool
) -> list[int]:
    """Return the positions of the coefficients of the omnibus test.

    Raises
    ------
    InputError
        A position outside the model, or a text no name contains.
    """
    p = len(names)
    if btt is None:
        if not intercept or p == 1:
            return list(range(p))
        constant = names.index("intercept") if "intercept" in names else 0
        return [j for j in range(p) if j != constant]
    if isinstance(btt, str):
        picked = [j for j, name in enumerate(names) if btt in name]
        if not picked:
            raise InputError(f"btt={btt!r} is in no coefficient name; the model has {list(names)}")
        return picked
    picked = []
    for item in np.atleast_1d(np.asarray(btt, dtype=object)).tolist():
        if isinstance(item, str):
            if item not in names:
                raise InputError(f"btt={item!r}: no such coefficient; there are {list(names)}")
            picked.append(list(names).index(item))
        else:
            picked.append(int(item))
    if not picked or any(not -p <= j < p for j in picked):
        raise InputError(f"btt must hold positions from 0 to {p - 1}, found {list(picked)}")
    return sorted({j % p for j in picked})


def omnibus_test(
    coef: FloatArray, vcov: FloatArray, df: FloatArray, picked: Sequence[int]
) -> tuple[float, tuple[int, float | None], float]:
    """Return the statistic (chi-squared, or F when `df` is finite), degrees of freedom, p-value."""
    at = list(picked)
    b = coef[at]
    V = vcov[np.ix_(at, at)]
    try:
        q = float(b @ np.linalg.solve(V, b))
    except np.linalg.LinAlgError:
        q = np.nan
    m = len(at)
    nu = float(np.min(df[at]))
    if np.isinf(nu):
        return q, (m, None), float(chi2_sf(q, m)) if np.isfinite(q) else np.nan
    return q / m, (m, nu), float(f_sf(q / m, m, nu)) if np.isfinite(q) else np.nan


def containment_df(problem: Problem, k: int, p: int) -> FloatArray:
    """Return containment degrees of freedom, shape (p,).

    For every column of X: the fewest levels among the random effects inside whose levels the
    column does not vary, less p; ``k - p`` where there is no such random effect.
    """
    groupings: list[tuple[FloatArray, int]] = []
    for term in problem.terms:
        if isinstance(term, InterceptTerm):
            groupings.append((term.codes.astype(float), len(term.levels)))
        elif isinstance(term, (CorrelationTerm, MatrixTerm)):
            groupings.append((term.outer.astype(float), len(term.outer_labels)))
    out = np.full(p, float(k - p))
    for j in range(p):
        x = problem.X[:, j]
        for codes, n_levels in groupings:
            index = codes.astype(int)
            low = np.full(n_levels, np.inf)
            high = np.full(n_levels, -np.inf)
            np.minimum.at(low, index, x)
            np.maximum.at(high, index, x)
            if (high == low).all():
                out[j] = min(out[j], float(n_levels - p))
    return out


def fit_statistics(
    problem: Problem, solution: Solution, rss: float, n_parameters: int, log_det_V: float
) -> dict[str, dict[str, float]]:
    """Return log-likelihood, deviance and information criteria under ML and under REML.

    Parameters
    ----------
    problem : Problem
    solution : Solution
    rss : float
        ``r' M^-1 r`` at the coefficients reported.
    n_parameters : int
    log_det_V : float
        Of the sampling covariance, for the saturated model.
    """
    like = problem.likelihood
    k, p = problem.X.shape
    shift = np.log(problem.unit)
    ml = like.value_of(solution, reml=False, rss=rss) - k * shift
    reml = like.value_of(solution, reml=True, rss=rss) - (k - p) * shift
    saturated = -0.5 * (k * np.log(2.0 * np.pi) + log_det_V)
    out = {}
    for name, ll, n, deviance in (
        ("ML", ml, k, -2.0 * (ml - saturated)),
        ("REML", reml, k - p, -2.0 * reml),
    ):
        large = max(n, n_parameters + 2)
        out[name] = {
            "loglik": float(ll),
            "deviance": float(deviance),
            "aic": float(-2.0 * ll + 2.0 * n_parameters),
            "bic": float(-2.0 * ll + n_parameters * np.log(n)) if n > 0 else np.nan,
            "aicc": float(-2.0 * ll + 2.0 * n_parameters * large / (large - n_parameters - 1)),
        }
    return out
