"""Predicted values, prediction intervals, and predictions of the random effects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aponia.meta._design import encode_new
from aponia.meta._distributions import critical_value
from aponia.meta._inputs import FloatArray
from aponia.meta._multilevel._matrix_terms import MatrixTerm
from aponia.meta._multilevel._state import inverse_times
from aponia.meta._multilevel._structures import CorrelationTerm
from aponia.meta.errors import InputError

if TYPE_CHECKING:
    from aponia.meta._multilevel._result import MultilevelResult

__all__ = ["Prediction", "RandomEffects", "predict", "random_effects"]


@dataclass(frozen=True)
class Prediction:
    """Predicted average effects.

    Attributes
    ----------
    pred, se, ci_lower, ci_upper : ndarray of shape (n,)
    pi_lower, pi_upper : ndarray of shape (n,)
        Prediction interval of a true effect; NaN where the level of a random effect with several
        variances is not known.
    tau2_level, gamma2_level : tuple of str
        Level of the inner variable each prediction interval is for; empty when there is one
        variance.
    vcov : ndarray of shape (n, n)
    """

    pred: FloatArray
    se: FloatArray
    ci_lower: FloatArray
    ci_upper: FloatArray
    pi_lower: FloatArray
    pi_upper: FloatArray
    tau2_level: tuple[str, ...]
    gamma2_level: tuple[str, ...]
    vcov: FloatArray

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists, NaN as None."""
        from aponia.meta._result import json_safe as plain

        return {name: plain(getattr(self, name)) for name in self.__dataclass_fields__}


@dataclass(frozen=True)
class RandomEffects:
    """Best linear unbiased predictions of the effects of one random term.

    Attributes
    ----------
    name : str
    levels : tuple of str
        ``"inner | outer"`` for terms of that form.
    pred, se, pi_lower, pi_upper : ndarray of shape (q,)
    """

    name: str
    levels: tuple[str, ...]
    pred: FloatArray
    se: FloatArray
    pi_lower: FloatArray
    pi_upper: FloatArray

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists, NaN as None."""
        from aponia.meta._result import json_safe as plain

        return {name: plain(getattr(self, name)) for name in self.__dataclass_fields__}


def _quantile(result: MultilevelResult, df: float, level: float) -> float:
    if np.isnan(df) or df <= 0:
        return float("nan")
    return critical_value(level, None if np.isinf(df) else df)


def predict(
    result: MultilevelResult,
    newmods: Any,
    *,
    tau2_levels: Sequence[Any] | str | None,
    gamma2_levels: Sequence[Any] | str | None,
    level: float | None,
    intercept: bool | None,
) -> Prediction:
    """See `MultilevelResult.predict`."""
    state = result._state
    if newmods is None:
        only = result.X.shape[1] == 1 and bool((result.X == 1.0).all())
        X = result.X[:1] if only else result.X
    else:
        X = _new_rows(result, newmods)
        if intercept is False and "intercept" in result.names:
            X = X.copy()
            X[:, result.names.index("intercept")] = 0.0
    pred = X @ result.coef
    vcov = X @ result.vcov @ X.T
    se = np.sqrt(np.maximum(np.diagonal(vcov), 0.0))
    level = result.level if level is None else level
    df = np.array([_row_df(result, x) for x in X])
    crit = np.array([_quantile(result, d, level) for d in df])
    total = float(result.sigma2.sum())
    if total > 0 or result.sigma2.size:
        # With a phylogeny left on the scale of a covariance the variance differs by level.
        total = float(
            sum(
                np.mean(t.row_variance(eta))
                for t, eta in zip(state.terms, state.parts(), strict=True)
                if not isinstance(t, (CorrelationTerm, MatrixTerm))
            )
        )
    pairs = [
        (t, eta)
        for t, eta in zip(state.terms, state.parts(), strict=True)
        if isinstance(t, (CorrelationTerm, MatrixTerm))
    ]
    extra = np.full(X.shape[0], total)
    labels: list[tuple[str, ...]] = []
    for (term, eta), asked in zip(pairs, (tau2_levels, gamma2_levels), strict=False):
        more, used = _level_variance(result, term, eta, asked, X.shape[0], newmods is None)
        if used and newmods is None and X.shape[0] == 1 and more.size > 1:
            X = np.repeat(X, more.size, axis=0)
            pred, se, crit = (np.repeat(a, more.size) for a in (pred, se, crit))
            vcov = X @ result.vcov @ X.T
            extra = np.repeat(extra, more.size)
            labels = [tuple(np.repeat(x, more.size)) for x in labels]
        extra = extra + more
        labels.append(used)
    half = crit * np.sqrt(se**2 + extra)
    while len(labels) < 2:
        labels.append(())
    return Prediction(
        pred,
        se,
        pred - crit * se,
        pred + crit * se,
        pred - half,
        pred + half,
        labels[0],
        labels[1],
        vcov,
    )


def _new_rows(result: MultilevelResult, newmods: Any) -> FloatArray:
    design = result._state.design
    p = len(result.names)
    try:
        array = np.asarray(newmods, dtype=np.float64)
    except (TypeError, ValueError):
        array = None
    named = isinstance(newmods, dict) or hasattr(newmods, "columns")
    if array is not None and not named:
        has = "intercept" in result.names
        width = p - 1 if has else p
        rows = array
        if rows.ndim == 0:
            rows = rows[None, None]
        if rows.ndim == 1:
            rows = rows[:, None] if width == 1 else rows[None, :]
        if rows.ndim == 2 and rows.shape[1] == p:
            return rows
        if rows.ndim == 2 and has and rows.shape[1] == width:
            return np.insert(rows, result.names.index("intercept"), 1.0, axis=1)
        if design.encoder is None or rows.ndim != 2:
            raise InputError(f"newmods needs {width} columns, found shape {array.shape}")
    return encode_new(design, newmods)


def _row_df(result: MultilevelResult, x: FloatArray) -> float:
    df = result.df
    used = np.flatnonzero(x)
    return float(np.min(df[used])) if used.size else float(np.min(df))


def _level_variance(
    result: MultilevelResult,
    term: CorrelationTerm | MatrixTerm,
    eta: FloatArray,
    asked: Any,
    n: int,
    own_rows: bool,
) -> tuple[FloatArray, tuple[str, ...]]:
    """Return the variance of the term for every prediction, and the levels they are for."""
    if isinstance(term, MatrixTerm) and not term.indicator:
        if own_rows and n == result.k:
            return term.row_variance(eta), ()
        return np.full(n, np.nan), ()
    variances = term.natural(eta).variances
    names = term.inner_labels
    if variances.size == 1:
        return np.full(n, float(variances[0])), ()
    if asked is not None:
        given = [asked] * n if isinstance(asked, str) or np.ndim(asked) == 0 else list(asked)
        wanted = [
            names[v] if isinstance(v, (int, np.integer)) and str(v) not in names else str(v)
            for v in given
        ]
        absent = [v for v in wanted if v not in names]
        if absent or len(wanted) != n:
            raise InputError(f"levels must be {n} of {names}, found {given}")
        return np.array([variances[names.index(v)] for v in wanted]), tuple(wanted)
    if own_rows and n == result.k:
        return variances[term.inner], tuple(names[i] for i in term.inner)
    if own_rows and n == 1:
        return variances.copy(), tuple(names)
    return np.full(n, np.nan), ()


def random_effects(result: MultilevelResult, level: float | None) -> tuple[RandomEffects, ...]:
    """See `MultilevelResult.ranef`."""
    state = result._state
    problem, solution = state.problem, state.solution()
    level = result.level if level is None else level
    finite = result.df[np.isfinite(result.df)]
    crit = _quantile(result, float(finite.min()) if finite.size else np.inf, level)
    r = result.y - result.X @ result.coef
    Wr = inverse_times(problem, solution, r[:, None])[:, 0]
    WX = inverse_times(problem, solution, result.X)
    out = []
    for term, eta in zip(state.terms, state.parts(), strict=True):
        C = term.cross(eta)
        u = C @ Wr
        explained = np.einsum("qk,kq->q", C, inverse_times(problem, solution, C.T))
        D = C @ WX
        # Valid for weights given by the user too: the error of the prediction with known
        # coefficients is uncorrelated with any linear unbiased estimate of them.
        uncertain = np.einsum("qp,pr,qr->q", D, result.vcov, D)
        se = np.sqrt(np.maximum(term.prior(eta) - explained + uncertain, 0.0))
        out.append(
            RandomEffects(
                term.name, tuple(term.effect_labels()), u, se, u - crit * se, u + crit * se
            )
        )
    return tuple(out)
