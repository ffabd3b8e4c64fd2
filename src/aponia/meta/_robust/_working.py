"""The working model of a fit, cut along the clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from aponia.meta._inputs import FloatArray, label_column
from aponia.meta._multilevel._blocks import IntArray
from aponia.meta._multilevel._request import encode, text
from aponia.meta._multilevel._result import MultilevelResult
from aponia.meta._multilevel._state import inverse_times
from aponia.meta.errors import InputError, MethodError, TooFewStudiesError

__all__ = ["Cluster", "Working", "working_model"]


@dataclass(frozen=True)
class Cluster:
    """One cluster.

    Attributes
    ----------
    X : ndarray of shape (n, p)
    e : ndarray of shape (n,)
        Residuals.
    WX : ndarray of shape (n, p)
        Rows of ``W X``.
    W, M : ndarray of shape (n, n), or None when a random effect reaches over clusters
        Weights and working covariance.
    """

    X: FloatArray
    e: FloatArray
    WX: FloatArray
    W: FloatArray | None
    M: FloatArray | None


@dataclass(frozen=True)
class Working:
    """A weighted least squares fit with its clusters.

    Attributes
    ----------
    coef : ndarray of shape (p,)
    names : tuple of str
    bread : ndarray of shape (p, p)
        ``(X'WX)^-1``.
    meat : ndarray of shape (p, p)
        ``X'W M W X``.
    clusters : tuple of Cluster
    labels : tuple of str
    inverse : bool
        Whether the weights are the inverse of the working covariance.
    btt : tuple of int
        Coefficients of the omnibus test.
    level : float
    """

    coef: FloatArray
    names: tuple[str, ...]
    bread: FloatArray
    meat: FloatArray
    clusters: tuple[Cluster, ...]
    labels: tuple[str, ...]
    inverse: bool
    btt: tuple[int, ...]
    level: float

    @property
    def k(self) -> int:
        """Return the number of rows."""
        return sum(c.e.size for c in self.clusters)

    @property
    def sizes(self) -> IntArray:
        """Return the number of rows of every cluster."""
        return np.array([c.e.size for c in self.clusters])


def working_model(result: Any, cluster: Any, data: Any) -> Working:
    """Return the working model of a `pool` or `multilevel` result.

    Raises
    ------
    InputError
        Missing or wrong number of cluster labels.
    TooFewStudiesError
        Fewer than two clusters.
    MethodError
        A result that has no working covariance.
    """
    if not all(hasattr(result, name) for name in ("X", "y", "v", "coef", "names", "tau2")):
        raise MethodError(
            f"robust() works on results of pool and multilevel, not {type(result).__name__}"
        )
    codes, labels = _codes(result, cluster, data)
    if len(labels) < 2:
        raise TooFewStudiesError("cluster-robust methods need at least two clusters")
    if isinstance(result, MultilevelResult):
        return _from_multilevel(result, codes, labels)
    return _from_pool(result, codes, labels)


def _codes(result: Any, cluster: Any, data: Any) -> tuple[IntArray, list[str]]:
    labels = label_column(cluster, data, name="cluster")
    kept = np.asarray(getattr(result, "kept", np.ones(len(result.y), dtype=bool)))
    if labels.size == kept.size:
        labels = labels[kept]
    elif labels.size != len(result.y):
        raise InputError(f"cluster has {labels.size} values, expected {kept.size}")
    if any(v is None or v != v for v in labels):
        raise InputError("cluster has missing values in rows that are used")
    codes, levels = encode(labels)
    return codes, [text(v) for v in levels]


def _from_pool(result: Any, codes: IntArray, labels: list[str]) -> Working:
    X, y, v = (np.asarray(getattr(result, n), dtype=np.float64) for n in ("X", "y", "v"))
    # A location-scale model has one tau2 a row.
    tau2 = np.asarray(getattr(result, "tau2_by_study", result.tau2), dtype=np.float64)
    m = v + tau2
    given = getattr(result, "weights", None)
    w = 1.0 / m if given is None else np.asarray(given, dtype=np.float64)
    coef = np.asarray(result.coef, dtype=np.float64)
    WX = w[:, None] * X
    e = y - X @ coef
    clusters = []
    for c in range(len(labels)):
        rows = np.flatnonzero(codes == c)
        clusters.append(Cluster(X[rows], e[rows], WX[rows], np.diag(w[rows]), np.diag(m[rows])))
    options = getattr(result, "options", None)
    btt = tuple(getattr(options, "btt", ())) or _default_btt(tuple(result.names))
    return Working(
        coef,
        tuple(result.names),
        _inverse(X.T @ WX),
        WX.T @ (m[:, None] * WX),
        tuple(clusters),
        tuple(labels),
        given is None,
        btt,
        float(getattr(result, "level", 0.95)),
    )


def _default_btt(names: tuple[str, ...]) -> tuple[int, ...]:
    rest = tuple(j for j, n in enumerate(names) if n != "intercept")
    return rest or tuple(range(len(names)))


def _from_multilevel(result: MultilevelResult, codes: IntArray, labels: list[str]) -> Working:
    state = result._state
    X, e = result.X, result.y - result.X @ result.coef
    solution = state.solution()
    problem = state.problem
    W_given = state.weights
    if W_given is None:
        WX = inverse_times(problem, solution, X)
    else:
        WX = W_given[:, None] * X if W_given.ndim == 1 else W_given @ X
    covariances, nested = _cluster_covariances(result, codes, len(labels))
    members = [np.flatnonzero(codes == c) for c in range(len(labels))]
    weights: list[FloatArray | None]
    if not nested:
        weights = [None] * len(labels)
    elif W_given is None:
        weights = [np.asarray(np.linalg.inv(M)) for M in covariances]
    elif W_given.ndim == 1:
        weights = [np.diag(W_given[rows]) for rows in members]
    else:
        weights = [W_given[np.ix_(rows, rows)] for rows in members]
        inside = sum(float(np.abs(w).sum()) for w in weights if w is not None)
        nested = bool(np.isclose(inside, np.abs(W_given).sum()))
    clusters = tuple(
        Cluster(X[rows], e[rows], WX[rows], w if nested else None, M if nested else None)
        for rows, w, M in zip(members, weights, covariances, strict=True)
    )
    bread = _inverse(X.T @ WX)
    meat = WX.T @ X if W_given is None else WX.T @ (result.marginal_covariance() @ WX)
    return Working(
        result.coef,
        result.names,
        bread,
        np.asarray(meat),
        clusters,
        tuple(labels),
        W_given is None,
        result.btt,
        result.level,
    )


def _inverse(A: FloatArray) -> FloatArray:
    """Invert a symmetric matrix whose scale may differ a lot between rows."""
    d = 1.0 / np.sqrt(np.diagonal(A))
    return np.asarray(d[:, None] * np.linalg.inv(A * d[:, None] * d[None, :]) * d[None, :])


def _cluster_covariances(
    result: MultilevelResult, codes: IntArray, n: int
) -> tuple[list[FloatArray], bool]:
    """Return the working covariance of every cluster, and whether they are independent."""
    from aponia.meta._multilevel._state import internal_factor

    state = result._state
    problem = state.problem
    blocks = problem.likelihood.covariances(state.fit.eta * internal_factor(problem))
    assert blocks is not None
    place = np.empty(codes.size, dtype=np.int64)
    sizes = np.bincount(codes, minlength=n)
    for c in range(n):
        place[codes == c] = np.arange(sizes[c])
    out = [np.zeros((s, s)) for s in sizes]
    nested = True
    for bucket, M in zip(problem.buckets, blocks, strict=True):
        for rows, real, block in zip(bucket.rows, bucket.real, M, strict=True):
            used = rows[real]
            inner = block[np.ix_(real, real)]
            own = codes[used]
            for c in np.unique(own):
                mine = own == c
                at = place[used[mine]]
                out[c][np.ix_(at, at)] = inner[np.ix_(mine, mine)] * problem.unit**2
                nested = nested and not inner[np.ix_(mine, ~mine)].any()
    return out, nested
