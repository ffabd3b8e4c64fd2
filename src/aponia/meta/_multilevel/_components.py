"""Variance components in natural units, and heterogeneity under the sampling errors alone."""

from __future__ import annotations

import numpy as np

from aponia.meta._inputs import FloatArray
from aponia.meta._multilevel._blocks import SamplingCovariance, blocks_of, factor, make_buckets
from aponia.meta._multilevel._matrix_terms import MatrixTerm
from aponia.meta._multilevel._state import State
from aponia.meta._multilevel._structures import SPATIAL, CorrelationTerm
from aponia.meta._multilevel._terms import InterceptTerm, Term

__all__ = ["heterogeneity", "natural_components"]

_Pair = tuple[FloatArray, FloatArray, tuple[str, ...], FloatArray | None, str]


def heterogeneity(y: FloatArray, X: FloatArray, V: SamplingCovariance) -> tuple[float, float]:
    """Return Cochran's Q under V alone, and log |V|; NaN and -inf when V is not definite."""
    k = y.size
    empty = blocks_of(k, [], V)
    Q, _ = np.linalg.qr(X)
    buckets = make_buckets(empty, V, Q, y)
    information, score, log_det = np.zeros((X.shape[1],) * 2), np.zeros(X.shape[1]), 0.0
    inverses = []
    try:
        for bucket in buckets:
            ld, inverse = factor(bucket.V)
            log_det += ld
            inverses.append(inverse)
            WX = inverse @ bucket.X
            information += np.einsum("bnp,bnq->pq", bucket.X, WX)
            score += np.einsum("bnp,bn->p", WX, bucket.y)
    except np.linalg.LinAlgError:
        return np.nan, -np.inf
    coef = np.linalg.solve(information, score)
    q = 0.0
    for bucket, inverse in zip(buckets, inverses, strict=True):
        r = bucket.y - bucket.X @ coef
        q += float(np.einsum("bn,bnm,bm->", r, inverse, r))
    return q, log_det


def natural_components(state: State) -> tuple[FloatArray, list[str], list[_Pair]]:
    """Return sigma2, the names of its terms, and the two ``~ inner | outer`` terms."""
    sigma2: list[float] = []
    names: list[str] = []
    pairs: list[_Pair] = []
    term: Term
    for term, eta in zip(state.terms, state.parts(), strict=True):
        natural = term.natural(eta)
        if isinstance(term, InterceptTerm):
            sigma2.append(float(natural.variances[0]))
            names.append(term.name)
            continue
        assert isinstance(term, (CorrelationTerm, MatrixTerm))
        big = isinstance(term, CorrelationTerm) and (
            term.structure in SPATIAL or len(term.inner_labels) > 500
        )
        pairs.append(
            (
                natural.variances,
                natural.correlations,
                tuple(term.inner_labels),
                None if big else term.matrix(eta),
                term.structure,
            )
        )
    empty: _Pair = (np.empty(0), np.empty(0), (), None, "")
    while len(pairs) < 2:
        pairs.append(empty)
    return np.array(sigma2), names, pairs
