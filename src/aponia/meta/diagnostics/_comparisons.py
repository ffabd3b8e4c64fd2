"""Tests of coefficients, of linear combinations of them, and between models."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from aponia.meta._assemble import omnibus
from aponia.meta._distributions import chi2_sf, f_sf, two_sided_p
from aponia.meta._options import FIXED, Options
from aponia.meta._result import FitStatistics
from aponia.meta.diagnostics._criteria import CRITERIA, positions
from aponia.meta.diagnostics._record import FloatArray, Record
from aponia.meta.errors import InputError, MetaWarning, MethodError
from aponia.meta.kernels.projection import least_squares

if TYPE_CHECKING:
    from aponia.meta._result import PoolResult

__all__ = [
    "LinearHypotheses",
    "ModelComparison",
    "WaldTest",
    "anova",
]


@dataclass(frozen=True, eq=False)
class WaldTest(Record):
    """Test that some coefficients are all zero.

    Attributes
    ----------
    qm : float
        Chi-squared statistic, or F when the model uses a t distribution.
    qm_df : tuple
        ``(m, None)`` or ``(m, k - p)``.
    qm_p : float
    btt : tuple of int
        Positions of the coefficients tested.
    names : tuple of str
        Their names.
    """

    qm: float
    qm_df: tuple[int, float | None]
    qm_p: float
    btt: tuple[int, ...]
    names: tuple[str, ...]

    def _table(self) -> dict[str, Any]:
        tested = ", ".join(self.names)
        return {"tested": [tested], "qm": [self.qm], "df": [self.qm_df[0]], "p": [self.qm_p]}


@dataclass(frozen=True, eq=False)
class LinearHypotheses(Record):
    """Tests of linear combinations of the coefficients.

    Attributes
    ----------
    estimate, se, z_or_t, p : ndarray of shape (m,)
    hypotheses : tuple of str
    qm, qm_p : float
        Test of all at once; NaN when the combinations are linearly dependent.
    qm_df : tuple
    """

    estimate: FloatArray
    se: FloatArray
    z_or_t: FloatArray
    p: FloatArray
    hypotheses: tuple[str, ...]
    qm: float
    qm_df: tuple[int, float | None]
    qm_p: float

    def _table(self) -> dict[str, Any]:
        return {
            "hypothesis": self.hypotheses,
            "estimate": self.estimate,
            "se": self.se,
            "z_or_t": self.z_or_t,
            "p": self.p,
        }


@dataclass(frozen=True, eq=False)
class ModelComparison(Record):
    """Likelihood-ratio test between nested models.

    Attributes
    ----------
    lrt, p : float
    df : int
        Difference of the numbers of parameters.
    full, reduced : FitStatistics
    parameters : tuple of int
        Of the full and of the reduced model.
    q, tau2 : tuple of float
        Of the full and of the reduced model.
    r2 : float
        Percent of tau2 of the reduced model that the full model accounts for; NaN without a random
        effect.
    fit_method : {"ML", "REML"}
    """

    lrt: float
    p: float
    df: int
    full: FitStatistics
    reduced: FitStatistics
    parameters: tuple[int, int]
    q: tuple[float, float]
    tau2: tuple[float, float]
    r2: float
    fit_method: str

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe numbers."""
        from aponia.meta._result import json_safe

        names = ("lrt", "p", "df", "parameters", "q", "tau2", "r2", "fit_method")
        out: dict[str, Any] = json_safe({name: getattr(self, name) for name in names})
        for name, fit in (("full", self.full), ("reduced", self.reduced)):
            out[name] = json_safe({c: getattr(fit, c) for c in CRITERIA})
        return out

    def _table(self) -> dict[str, Any]:
        table: dict[str, Any] = {"model": ["full", "reduced"], "parameters": self.parameters}
        for name in CRITERIA:
            table[name] = [getattr(self.full, name), getattr(self.reduced, name)]
        nan = float("nan")
        return table | {"lrt": [nan, self.lrt], "p": [nan, self.p], "q": self.q, "tau2": self.tau2}


def anova(
    result: PoolResult,
    reduced: PoolResult | None = None,
    *,
    btt: Sequence[int | str] | str | int | None = None,
    L: ArrayLike | None = None,
    rhs: ArrayLike | None = None,
    refit: bool = False,
) -> WaldTest | LinearHypotheses | ModelComparison:
    """Test coefficients, linear combinations of them, or one model against another.

    Parameters
    ----------
    result : PoolResult
        The full model.
    reduced : PoolResult, optional
        A model nested in it, on the same studies: gives a likelihood-ratio test.
    btt : sequence of int or str, optional
        Coefficients to test (names, or positions counted from 0); those of the omnibus test of
        `result` by default.
    L : array_like of shape (m, p), optional
        Rows are linear combinations of the coefficients.
    rhs : array_like of shape (m,), optional
        Their values under the null hypothesis; 0 by default.
    refit : bool
        Refit REML models with ML first, as models with different fixed effects need.

    Returns
    -------
    WaldTest, LinearHypotheses or ModelComparison

    Raises
    ------
    InputError
        Unknown coefficients, `L` of a wrong shape, models on different studies.
    MethodError
        The models are not nested or are fitted by different criteria.
    """
    if reduced is not None:
        if btt is not None or L is not None or rhs is not None:
            raise MethodError("give a reduced model, or btt=, or L=, and only one of them")
        return _compare(result, reduced, refit)
    if L is not None:
        if btt is not None:
            raise MethodError("give btt= or L=, and not both")
        return _linear(result, L, rhs)
    if rhs is not None:
        raise MethodError("rhs= needs L=")
    which = result.options.btt if btt is None else positions(result, btt)
    value, df, p = omnibus(result.coef, result.vcov, which, result.df)
    return WaldTest(value, df, p, which, tuple(result.names[j] for j in which))


def _linear(result: PoolResult, L: ArrayLike, rhs: ArrayLike | None) -> LinearHypotheses:
    rows = np.atleast_2d(np.asarray(L, dtype=np.float64))
    if rows.ndim != 2 or rows.shape[1] != len(result.names):
        raise InputError(f"L has shape {rows.shape}, expected (m, {len(result.names)})")
    m = rows.shape[0]
    value = np.zeros(m) if rhs is None else np.atleast_1d(np.asarray(rhs, dtype=np.float64))
    if value.shape != (m,):
        raise InputError(f"rhs has shape {value.shape}, expected ({m},)")
    covariance = rows @ result.vcov @ rows.T
    estimate, se = rows @ result.coef, np.sqrt(np.diagonal(covariance))
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = (estimate - value) / se
    if np.linalg.matrix_rank(rows) == m and se.all():
        qm, qm_df, qm_p = _together(result, rows, estimate - value)
    else:
        qm, qm_df, qm_p = float("nan"), (m, result.df), float("nan")
    text = tuple(
        f"{_combination(row, result.names)} = {v:g}" for row, v in zip(rows, value, strict=True)
    )
    p = two_sided_p(statistic, result.df)
    return LinearHypotheses(estimate, se, statistic, p, text, qm, qm_df, qm_p)


def _together(
    result: PoolResult, rows: FloatArray, value: FloatArray
) -> tuple[float, tuple[int, float | None], float]:
    """Wald test of all rows at once.

    From a root of the covariance matrix: with an uncentred calendar year the matrix itself, and
    more so that of the combinations, is singular to working precision.
    """
    m = rows.shape[0]
    if result.weights is None:
        w = 1.0 / (result.v + result.tau2_by_study)
        root = least_squares(result.y, w, result.X)[1] * np.sqrt(result.scale_factor)
    else:
        size = np.sqrt(np.diagonal(result.vcov))
        root = size[:, None] * np.linalg.cholesky(result.vcov / np.outer(size, size))
    R = np.asarray(np.linalg.qr((rows @ root).T, mode="r"), dtype=np.float64)
    statistic = float(np.square(np.linalg.solve(R.T, value)).sum())
    if result.df is None:
        return statistic, (m, None), float(chi2_sf(statistic, m))
    return statistic / m, (m, result.df), float(f_sf(statistic / m, m, result.df))


def _combination(row: FloatArray, names: tuple[str, ...]) -> str:
    parts = [
        (name if weight == 1 else f"{weight:g}*{name}")
        for weight, name in zip(row, names, strict=True)
        if weight != 0
    ]
    return " + ".join(parts) if parts else "0"


def _by_ml(result: PoolResult) -> PoolResult:
    from aponia.meta._pool import fit_pool

    options = Options(
        "ML", result.options.test, result.level, result.options.fixed_tau2, result.options.btt
    )
    return fit_pool(
        result.y,
        result.v,
        result.design,
        result.kept,
        result.weights,
        result.labels,
        result.n_dropped,
        result.dropped_names,
        options,
    )


def _compare(full: PoolResult, reduced: PoolResult, refit: bool) -> ModelComparison:
    if refit and (full.scale is not None or reduced.scale is not None):
        raise MethodError("refit=True is not available for location-scale models")
    if full.k != reduced.k or not (
        np.array_equal(full.y, reduced.y) and np.array_equal(full.v, reduced.v)
    ):
        raise InputError(
            f"the models are on different studies ({full.k} and {reduced.k}): fit both to the "
            "rows that are complete in the full model"
        )
    _check_nested(full, reduced)
    same_fixed = full.X.shape == reduced.X.shape and np.allclose(full.X, reduced.X)
    if refit:
        full = _by_ml(full) if full.fit_method == "REML" else full
        reduced = _by_ml(reduced) if reduced.fit_method == "REML" else reduced
    if full.fit_method != reduced.fit_method:
        raise MethodError(
            f"the full model is fitted by {full.fit_method}, the reduced one by "
            f"{reduced.fit_method}; fit both in the same way, or use refit=True"
        )
    if full.fit_method == "REML" and not same_fixed:
        warnings.warn(
            "models with different moderators should be compared by ML: use refit=True",
            MetaWarning,
            stacklevel=4,
        )
    criterion = full.fit_method
    first, second = full.fit_statistics[criterion], reduced.fit_statistics[criterion]
    counts = (_parameters(full), _parameters(reduced))
    lrt = max(2.0 * (first.loglik - second.loglik), 0.0)
    df = counts[0] - counts[1]
    r2 = float("nan")
    if full.method not in FIXED and full.scale is None and reduced.scale is None:
        r2 = 0.0
        if reduced.tau2 > 0:
            r2 = max(0.0, 100.0 * (reduced.tau2 - full.tau2) / reduced.tau2)
    return ModelComparison(
        lrt,
        float(chi2_sf(lrt, df)),
        df,
        first,
        second,
        counts,
        (full.q, reduced.q),
        (full.tau2, reduced.tau2),
        r2,
        criterion,
    )


def _parameters(result: PoolResult) -> int:
    if result.scale is not None:
        return len(result.names) + len(result.scale.names)
    estimated = result.method not in FIXED and result.options.fixed_tau2 is None
    return len(result.names) + estimated


def _check_nested(full: PoolResult, reduced: PoolResult) -> None:
    if _parameters(full) <= _parameters(reduced):
        raise MethodError(
            f"the first model has {_parameters(full)} parameters and the second "
            f"{_parameters(reduced)}: give the larger model first"
        )
    scale = np.abs(full.X).max(axis=0)
    solution = np.linalg.lstsq(full.X / scale, reduced.X, rcond=None)[0]
    miss = np.abs(full.X / scale @ solution - reduced.X).max(axis=0)
    if (miss > 1e-7 * np.abs(reduced.X).max(axis=0)).any():
        raise MethodError(
            "the models are not nested: a moderator of the second is not in the first"
        )
