"""Residuals, leverage, weights, and what happens when cases or clusters are left out.

Sources: Viechtbauer & Cheung (2010), Res Synth Methods 1:112; Viechtbauer (2021), Handbook of
Meta-Analysis, ch. 11 (multivariate standardised residuals of clusters).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aponia.meta._inputs import FloatArray, label_column
from aponia.meta._multilevel._blocks import IntArray
from aponia.meta._multilevel._fit import fit
from aponia.meta._multilevel._request import encode, text
from aponia.meta._multilevel._state import (
    Moments,
    by_row,
    inverse_times,
    marginal_covariance,
    moments,
    solve_at,
)
from aponia.meta.errors import InputError, MetaError, MethodError

if TYPE_CHECKING:
    from aponia.meta._multilevel._result import MultilevelResult

__all__ = [
    "Deletion",
    "Residuals",
    "cooks_distance",
    "deletions",
    "dfbetas",
    "hat_values",
    "residual_covariance",
    "row_weights",
    "rstandard",
    "rstudent",
]


@dataclass(frozen=True)
class Residuals:
    """Standardised residuals.

    Attributes
    ----------
    resid, se, z : ndarray of shape (k,)
    clusters : tuple of str
        Empty unless clusters were given.
    x2 : ndarray of shape (m,)
        Multivariate standardised residual of every cluster, chi-squared with `sizes` degrees of
        freedom under the model; NaN when the covariance of the cluster's residuals is singular.
    sizes : ndarray of int, shape (m,)
    """

    resid: FloatArray
    se: FloatArray
    z: FloatArray
    clusters: tuple[str, ...] = ()
    x2: FloatArray | None = None
    sizes: IntArray | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists, NaN as None."""
        from aponia.meta._result import json_safe as plain

        return {name: plain(getattr(self, name)) for name in self.__dataclass_fields__}


@dataclass(frozen=True)
class Deletion:
    """The model without one case or cluster; None where it cannot be fitted.

    Attributes
    ----------
    rows : ndarray of int
        Rows left out.
    moments : Moments
        Coefficients and covariance without them.
    eta : ndarray
        Variance components without them.
    """

    rows: IntArray
    moments: Moments
    eta: FloatArray


def cluster_codes(result: MultilevelResult, cluster: Any, data: Any) -> tuple[IntArray, list[str]]:
    """Return the cluster of every row in use, in order of first appearance, and the labels.

    Raises
    ------
    InputError
        Wrong length or missing values.
    """
    keep = result._state.keep
    if cluster is None:
        return np.arange(result.k), [str(i + 1) for i in np.flatnonzero(keep)]
    labels = label_column(cluster, data, name="cluster")
    if labels.size == keep.size:
        labels = labels[keep]
    elif labels.size != result.k:
        raise InputError(f"cluster has {labels.size} values, expected {keep.size}")
    if any(v is None or v != v for v in labels):
        raise InputError("cluster has missing values in rows that are used")
    codes, levels = encode(labels)
    return codes, [text(v) for v in levels]


def hat_values(result: MultilevelResult) -> FloatArray:
    """See `MultilevelResult.hatvalues`."""
    if result._state.weights is not None:
        return np.array(np.diagonal(_hat(result)))
    solution = result._state.solution()

    def leverage(inverse: FloatArray, X: FloatArray) -> FloatArray:
        return np.asarray(
            np.einsum("bnm,bmp,pq,bnq->bn", inverse, X, solution.vcov, X, optimize=True)
        )

    return by_row(result._state.problem, solution, leverage)


def _hat(result: MultilevelResult) -> FloatArray:
    """Return ``X (X'WX)^-1 X'W``, shape (k, k)."""
    state = result._state
    X, W = result.X, state.weights
    if W is None:
        WX = inverse_times(state.problem, state.solution(), X)
    else:
        WX = W[:, None] * X if W.ndim == 1 else W @ X
    return np.asarray(X @ np.linalg.solve(X.T @ WX, WX.T))


def row_weights(result: MultilevelResult, kind: str) -> FloatArray:
    """See `MultilevelResult.weights`."""
    state = result._state
    if kind == "diagonal":
        if state.weights is not None:
            w = state.weights if state.weights.ndim == 1 else np.diagonal(state.weights)
        else:
            w = by_row(
                state.problem,
                state.solution(),
                lambda inverse, X: np.diagonal(inverse, axis1=1, axis2=2),
            )
    elif kind == "rowsum":
        if result.X.shape[1] != 1 or not (result.X == 1.0).all():
            raise MethodError("row-sum weights exist for models with an intercept only")
        one = np.ones((result.k, 1))
        if state.weights is None:
            w = inverse_times(state.problem, state.solution(), one)[:, 0]
        else:
            w = state.weights if state.weights.ndim == 1 else state.weights.sum(axis=1)
    else:
        raise MethodError(f"kind={kind!r} is not known; use diagonal or rowsum")
    return np.asarray(100.0 * w / w.sum())


def residual_covariance(result: MultilevelResult, rows: IntArray) -> FloatArray:
    """Return the covariance of the residuals of some rows, shape (n, n)."""
    state = result._state
    X = result.X[rows]
    if state.weights is None:
        M = marginal_covariance(state.problem, state.fit.eta, rows)
        return np.asarray(M - X @ result.vcov @ X.T)
    H = _hat(result)
    M = marginal_covariance(state.problem, state.fit.eta)
    A = (np.eye(result.k) - H)[rows]
    return np.asarray(A @ M @ A.T)


def rstandard(result: MultilevelResult, cluster: Any, data: Any) -> Residuals:
    """See `MultilevelResult.rstandard`."""
    state = result._state
    resid = result.y - result.X @ result.coef
    if state.weights is None:
        variance = _row_variances(result) - np.einsum(
            "kp,pq,kq->k", result.X, result.vcov, result.X
        )
    else:
        variance = np.diagonal(residual_covariance(result, np.arange(result.k)))
    # A row that determines a coefficient alone has no residual variance: nothing to divide by.
    se = np.sqrt(np.where(variance > 1e-12 * _row_variances(result), variance, 0.0))
    z = np.divide(resid, se, out=np.full(resid.size, np.nan), where=se > 0)
    if cluster is None:
        return Residuals(resid, se, z)
    codes, labels = cluster_codes(result, cluster, data)
    x2 = np.full(len(labels), np.nan)
    for c in range(len(labels)):
        rows = np.flatnonzero(codes == c)
        x2[c] = _quadratic(resid[rows], residual_covariance(result, rows))
    return Residuals(resid, se, z, tuple(labels), x2, np.bincount(codes))


def _row_variances(result: MultilevelResult) -> FloatArray:
    state = result._state
    total = result.v.copy()
    for term, eta in zip(state.terms, state.parts(), strict=True):
        total = total + term.row_variance(eta)
    return total


def _quadratic(r: FloatArray, S: FloatArray) -> float:
    values, vectors = np.linalg.eigh(S)
    if values[0] <= 1e-10 * max(values[-1], 1e-300):
        return float("nan")
    return float(np.sum((vectors.T @ r) ** 2 / values))


def deletions(result: MultilevelResult, codes: IntArray, reestimate: bool) -> list[Deletion | None]:
    """Refit without every cluster in turn (with one row a cluster: without every row)."""
    state = result._state
    out: list[Deletion | None] = []
    for c in range(int(codes.max()) + 1):
        drop = codes == c
        rows = np.flatnonzero(drop)
        remaining = result.X[~drop]
        if (
            remaining.shape[0] <= remaining.shape[1]
            or np.linalg.matrix_rank(remaining) < remaining.shape[1]
        ):
            out.append(None)
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                problem = state.without(drop)
            size = problem.likelihood.size
            if size != state.fit.eta.size:
                out.append(None)
                continue
            eta = fit(problem, start=state.fit.eta).eta if reestimate else state.fit.eta
            out.append(Deletion(rows, moments(problem, solve_at(problem, eta)), eta))
        except (MetaError, np.linalg.LinAlgError):
            out.append(None)
    return out


def rstudent(result: MultilevelResult, cluster: Any, data: Any, *, reestimate: bool) -> Residuals:
    """See `MultilevelResult.rstudent`."""
    _refuse_weights(result)
    codes, labels = cluster_codes(result, cluster, data)
    resid, se = np.full(result.k, np.nan), np.full(result.k, np.nan)
    x2 = np.full(len(labels), np.nan)
    for c, d in enumerate(deletions(result, codes, reestimate)):
        if d is None:
            continue
        X = result.X[d.rows]
        r = result.y[d.rows] - X @ d.moments.coef
        S = marginal_covariance(result._state.problem, d.eta, d.rows) + X @ d.moments.vcov @ X.T
        resid[d.rows] = r
        se[d.rows] = np.sqrt(np.diagonal(S))
        x2[c] = _quadratic(r, S)
    if cluster is None:
        return Residuals(resid, se, resid / se)
    return Residuals(resid, se, resid / se, tuple(labels), x2, np.bincount(codes))


def _refuse_weights(result: MultilevelResult) -> None:
    if result._state.weights is not None:
        raise MethodError("deletion diagnostics are not defined for weights given by the user")


def cooks_distance(
    result: MultilevelResult, cluster: Any, data: Any, *, reestimate: bool
) -> FloatArray:
    """See `MultilevelResult.cooks_distance`."""
    _refuse_weights(result)
    codes, labels = cluster_codes(result, cluster, data)
    out = np.full(len(labels), np.nan)
    precision = np.linalg.inv(result.vcov)
    for c, d in enumerate(deletions(result, codes, reestimate)):
        if d is not None:
            change = result.coef - d.moments.coef
            out[c] = float(change @ precision @ change)
    return out


def dfbetas(result: MultilevelResult, cluster: Any, data: Any, *, reestimate: bool) -> FloatArray:
    """See `MultilevelResult.dfbetas`."""
    _refuse_weights(result)
    codes, labels = cluster_codes(result, cluster, data)
    out = np.full((len(labels), result.coef.size), np.nan)
    for c, d in enumerate(deletions(result, codes, reestimate)):
        if d is None:
            continue
        full = moments(result._state.problem, solve_at(result._state.problem, d.eta))
        out[c] = (result.coef - d.moments.coef) / np.sqrt(np.diagonal(full.vcov))
    return out
