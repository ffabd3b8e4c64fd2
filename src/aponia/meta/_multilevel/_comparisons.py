"""Tests of linear combinations of coefficients, and of nested models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aponia.meta._distributions import chi2_sf, two_sided_p
from aponia.meta._inputs import FloatArray
from aponia.meta._multilevel._inference import omnibus_test
from aponia.meta.errors import InputError

if TYPE_CHECKING:
    from aponia.meta._multilevel._result import MultilevelResult

__all__ = ["Comparison", "WaldTest", "compare", "wald"]


@dataclass(frozen=True)
class WaldTest:
    """Tests of linear combinations of coefficients.

    Attributes
    ----------
    estimate, se, z_or_t, p : ndarray of shape (m,)
        Of every row of the hypothesis.
    statistic : float
        Chi-squared, or F when `df` has a second element; NaN for dependent rows.
    df : tuple
    p_value : float
    """

    estimate: FloatArray
    se: FloatArray
    z_or_t: FloatArray
    p: FloatArray
    statistic: float
    df: tuple[int, float | None]
    p_value: float


@dataclass(frozen=True)
class Comparison:
    """Likelihood ratio test of nested models.

    Attributes
    ----------
    statistic : float
    df : int
    p_value : float
    loglik_full, loglik_reduced : float
    """

    statistic: float
    df: int
    p_value: float
    loglik_full: float
    loglik_reduced: float


def wald(result: MultilevelResult, hypothesis: Any, rhs: Any) -> WaldTest:
    """See `MultilevelResult.wald`."""
    L = np.atleast_2d(np.asarray(hypothesis, dtype=np.float64))
    if L.ndim != 2 or L.shape[1] != result.coef.size:
        raise InputError(f"the hypothesis needs {result.coef.size} columns, found {L.shape}")
    estimate = L @ result.coef - np.asarray(rhs, dtype=np.float64)
    V = L @ result.vcov @ L.T
    se = np.sqrt(np.diagonal(V))
    df = np.array([float(np.min(result.df[np.flatnonzero(row)], initial=np.inf)) for row in L])
    z = estimate / se
    p = np.array(
        [float(two_sided_p(a, None if np.isinf(d) else d)) for a, d in zip(z, df, strict=True)]
    )
    statistic, p_value = np.nan, np.nan
    dfs: tuple[int, float | None] = (L.shape[0], None)
    if np.linalg.matrix_rank(L) == L.shape[0]:
        statistic, dfs, p_value = omnibus_test(estimate, V, df, range(L.shape[0]))
    return WaldTest(estimate, se, z, p, statistic, dfs, p_value)


def compare(one: MultilevelResult, other: MultilevelResult) -> Comparison:
    """See `MultilevelResult.anova`."""
    if one.fit_method != other.fit_method:
        raise InputError("the models were fitted by different methods")
    if one.k != other.k or not np.array_equal(one.y, other.y):
        raise InputError("the models were fitted to different data")
    same_X = one.X.shape == other.X.shape and np.array_equal(one.X, other.X)
    if one.fit_method == "REML" and not same_X:
        raise InputError(
            "REML log-likelihoods of models with different moderators cannot be compared; "
            "fit both with method='ML'"
        )
    full, reduced = (one, other) if one.n_parameters >= other.n_parameters else (other, one)
    df = full.n_parameters - reduced.n_parameters
    statistic = 2.0 * (full.loglik - reduced.loglik)
    p = float(chi2_sf(max(statistic, 0.0), df)) if df > 0 else np.nan
    return Comparison(statistic, df, p, full.loglik, reduced.loglik)
