"""Rows cut into independent blocks, padded to a few sizes, factored in batches.

Two rows belong to one block when their sampling errors are correlated or when they share, directly
or through other rows, a level of a random effect. The marginal covariance matrix is block
diagonal in that partition, so nothing of size k x k is ever factored unless everything really
is connected (crossed effects, phylogenies).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aponia.meta._inputs import FloatArray

__all__ = [
    "Bucket",
    "IntArray",
    "SamplingCovariance",
    "blocks_of",
    "factor",
    "gather",
    "gather_pairs",
    "make_buckets",
    "one_thread",
    "scatter",
]

IntArray = NDArray[np.int64]

#: Blocks are padded up to one of these sizes, larger ones keep their own size. A padded row is
#: an independent observation of nothing: unit variance, zero design row, zero outcome.
_SIZES = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48)


@dataclass(frozen=True)
class SamplingCovariance:
    """The sampling covariance as its diagonal and its non-zero off-diagonal entries.

    Attributes
    ----------
    v : ndarray of shape (k,)
    i, j : ndarray of int, shape (m,)
        Row and column numbers, both triangles.
    cov : ndarray of shape (m,)
    """

    v: FloatArray
    i: IntArray
    j: IntArray
    cov: FloatArray

    def dense(self) -> FloatArray:
        """Return the matrix of shape (k, k)."""
        out = np.diag(self.v)
        out[self.i, self.j] = self.cov
        return out

    def take(self, rows: IntArray) -> SamplingCovariance:
        """Return the sub-matrix of some rows, in their order."""
        new = np.full(self.v.size, -1, dtype=np.int64)
        new[rows] = np.arange(rows.size)
        keep = (new[self.i] >= 0) & (new[self.j] >= 0)
        return SamplingCovariance(
            self.v[rows], new[self.i[keep]], new[self.j[keep]], self.cov[keep]
        )

    def scaled(self, factor: float) -> SamplingCovariance:
        """Return the matrix times a number."""
        return SamplingCovariance(self.v * factor, self.i, self.j, self.cov * factor)


@dataclass(frozen=True)
class Bucket:
    """Blocks of one padded size.

    Attributes
    ----------
    rows : ndarray of int, shape (b, n)
        Row numbers, ``-1`` where padded.
    real : ndarray of bool, shape (b, n)
    V : ndarray of shape (b, n, n)
        Sampling covariance, identity in the padding.
    X : ndarray of shape (b, n, p)
    y : ndarray of shape (b, n)
    """

    rows: IntArray
    real: NDArray[np.bool_]
    V: FloatArray
    X: FloatArray
    y: FloatArray


def blocks_of(k: int, groupings: Iterable[IntArray], V: SamplingCovariance) -> IntArray:
    """Return the block number of every row.

    Parameters
    ----------
    k : int
        Number of rows.
    groupings : iterable of int arrays of shape (k,)
        Rows with equal codes are connected.
    V : SamplingCovariance
        Rows with correlated errors are connected too.

    Returns
    -------
    ndarray of int, shape (k,)
        Numbered in the order of first appearance.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    sources, targets = [V.i], [V.j]
    offset = k
    for codes in groupings:
        sources.append(np.arange(k))
        targets.append(codes + offset)
        offset += int(codes.max(initial=-1)) + 1
    s, t = np.concatenate(sources), np.concatenate(targets)
    graph = coo_array((np.ones(s.size, dtype=np.int8), (s, t)), shape=(offset, offset))
    labels = connected_components(graph, directed=False)[1][:k]
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(first.size, dtype=np.int64)
    rank[np.argsort(first)] = np.arange(first.size)
    return rank[inverse]


def make_buckets(
    block: IntArray, V: SamplingCovariance, X: FloatArray, y: FloatArray
) -> tuple[Bucket, ...]:
    """Collect blocks of similar size into padded batches.

    Parameters
    ----------
    block : ndarray of int, shape (k,)
        Block of every row; no correlated pair of `V` may lie in two blocks.
    V : SamplingCovariance
    X : ndarray of shape (k, p)
    y : ndarray of shape (k,)
    """
    order = np.argsort(block, kind="stable")
    counts = np.bincount(block)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    place = np.empty(block.size, dtype=np.int64)
    place[order] = np.arange(block.size) - starts[block[order]]
    padded = np.array([next((s for s in _SIZES if s >= c), c) for c in counts])
    buckets = []
    for n in np.unique(padded):
        members = np.flatnonzero(padded == n)
        slot = np.full(counts.size, -1, dtype=np.int64)
        slot[members] = np.arange(members.size)
        rows = np.full((members.size, n), -1, dtype=np.int64)
        mine = np.flatnonzero(slot[block] >= 0)
        rows[slot[block[mine]], place[mine]] = mine
        real = rows >= 0
        cov = np.zeros((members.size, n, n))
        diagonal = np.arange(n)
        safe = np.where(real, rows, 0)
        cov[:, diagonal, diagonal] = np.where(real, V.v[safe], 1.0)
        inside = slot[block[V.i]] >= 0
        i, j = V.i[inside], V.j[inside]
        cov[slot[block[i]], place[i], place[j]] = V.cov[inside]
        buckets.append(
            Bucket(
                rows,
                real,
                cov,
                np.where(real[:, :, None], X[safe], 0.0),
                np.where(real, y[safe], 0.0),
            )
        )
    return tuple(buckets)


def gather_pairs(bucket: Bucket, codes: IntArray) -> NDArray[np.bool_]:
    """Return which pairs of real rows share a code, shape (b, n, n)."""
    c = np.where(bucket.real, codes[np.where(bucket.real, bucket.rows, 0)], -1)
    out: NDArray[np.bool_] = (c[:, :, None] == c[:, None, :]) & bucket.real[:, :, None]
    return out


def gather(bucket: Bucket, codes: IntArray) -> IntArray:
    """Return the codes of the rows of a bucket, 0 in the padding, shape (b, n)."""
    return np.where(bucket.real, codes[np.where(bucket.real, bucket.rows, 0)], 0)


@contextmanager
def one_thread(buckets: Sequence[Bucket]) -> Iterator[None]:
    """Keep linear algebra on one thread while larger blocks are factored.

    Blocks of 50 to a few hundred rows gain nothing from several threads, and lose a factor of ten
    and more when the cores are shared with other processes.
    """
    if all(bucket.V.shape[1] <= 48 for bucket in buckets):
        yield
        return
    with _controller().limit(limits=1, user_api="blas"):
        yield


@cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    return ThreadpoolController()


def factor(M: FloatArray) -> tuple[float, FloatArray]:
    """Return the log-determinant summed over the batch, and the inverses.

    Raises
    ------
    numpy.linalg.LinAlgError
        Some block is not positive definite.
    """
    n = M.shape[1]
    if n == 1:
        flat = M[:, 0, 0]
        if not (flat > 0).all():
            raise np.linalg.LinAlgError("not positive definite")
        return float(np.log(flat).sum()), 1.0 / M
    if n > 48:
        return _factor_large(M)
    L = np.linalg.cholesky(M)
    diagonal = np.diagonal(L, axis1=1, axis2=2)
    inverse_L = np.linalg.inv(L)
    return 2.0 * float(np.log(diagonal).sum()), inverse_L.transpose(0, 2, 1) @ inverse_L


def _factor_large(M: FloatArray) -> tuple[float, FloatArray]:
    from scipy.linalg.lapack import dpotrf, dpotri

    total = 0.0
    out = np.empty_like(M)
    for i, block in enumerate(M):
        c, info = dpotrf(block, lower=1, clean=1)
        if info != 0:
            raise np.linalg.LinAlgError("not positive definite")
        total += 2.0 * float(np.log(np.diagonal(c)).sum())
        inverse, info = dpotri(c, lower=1)
        if info != 0:  # pragma: no cover - dpotrf already succeeded
            raise np.linalg.LinAlgError("not positive definite")
        out[i] = np.tril(inverse) + np.tril(inverse, -1).T
    return total, out


def scatter(buckets: Sequence[Bucket], parts: Sequence[FloatArray], k: int) -> FloatArray:
    """Put per-row values of shape (b, n) of every bucket back into row order."""
    out = np.zeros(k)
    for bucket, part in zip(buckets, parts, strict=True):
        out[bucket.rows[bucket.real]] = part[bucket.real]
    return out
