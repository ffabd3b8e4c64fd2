"""The random effects: what each term adds to the marginal covariance, and its derivatives.

A term holds its parameters on the scale the optimiser works on (standard deviations,
correlations, Cholesky factors, log ranges), on which the likelihood is smooth up to and on the
boundary, so that a variance component can be exactly zero.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from aponia.meta._inputs import FloatArray
from aponia.meta._multilevel._blocks import Bucket, IntArray, gather, gather_pairs

__all__ = ["BoolArray", "Components", "InterceptTerm", "Term"]

BoolArray: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True)
class Components:
    """Natural parameters of a term.

    Attributes
    ----------
    variances : ndarray
        sigma2 (one), or tau2 / gamma2 (one or one per level of the inner variable).
    correlations : ndarray
        rho / phi; empty for a random intercept. For spatial structures the range.
    """

    variances: FloatArray
    correlations: FloatArray


class Term(ABC):
    """One random term; `eta` is always the full vector of its internal parameters.

    Attributes
    ----------
    lower, upper : ndarray of shape (m,)
        Bounds of the internal parameters.
    free : ndarray of bool, shape (m,)
        Which are estimated.
    fixed : ndarray of shape (m,)
        Values of those that are not (on the scale of the data).
    zeroable : ndarray of bool, shape (m,)
        Which are standard deviations, whose sign the likelihood may not see.
    scales : ndarray of bool, shape (m,)
        Which are in units of the outcome.
    links : ndarray of int, shape (k,)
        Rows with equal codes are correlated by this term.
    name : str
    n_natural : int
        How many variances and correlations count as estimated.
    """

    lower: FloatArray
    upper: FloatArray
    free: BoolArray
    fixed: FloatArray
    zeroable: BoolArray
    scales: BoolArray
    links: IntArray
    name: str
    n_natural: int

    @abstractmethod
    def bind(self, buckets: Sequence[Bucket]) -> None:
        """Prepare what depends on the partition into blocks."""

    @abstractmethod
    def add(self, eta: FloatArray, b: int, M: FloatArray) -> bool:
        """Add the covariance of bucket `b` to `M`; False where it is not admissible."""

    @abstractmethod
    def gradient(self, eta: FloatArray, S: Sequence[FloatArray]) -> FloatArray:
        """Return ``sum <S, dM/d eta>`` over the buckets, shape (m,)."""

    @abstractmethod
    def natural(self, eta: FloatArray) -> Components:
        """Return variances and correlations."""

    @abstractmethod
    def internal(self, components: Components) -> FloatArray:
        """Return internal parameters; the inverse of `natural`."""

    @abstractmethod
    def starts(self, variance: float) -> list[FloatArray]:
        """Return starting values when the term should explain about `variance`."""

    @abstractmethod
    def cross(self, eta: FloatArray) -> FloatArray:
        """Return the covariance of the term's effects (levels) with the rows, shape (q, k)."""

    @abstractmethod
    def prior(self, eta: FloatArray) -> FloatArray:
        """Return the prior variances of the term's effects, shape (q,)."""

    @abstractmethod
    def effect_labels(self) -> list[str]:
        """Return the labels of the term's effects."""

    @abstractmethod
    def row_variance(self, eta: FloatArray) -> FloatArray:
        """Return the variance the term gives to every row, shape (k,)."""


class InterceptTerm(Term):
    """A random intercept ``~ 1 | id``, optionally with a known correlation matrix of the levels.

    Parameters
    ----------
    name : str
    codes : ndarray of int, shape (k,)
        Level of every row.
    levels : sequence of str
    R : ndarray of shape (L, L), optional
        Known correlation (or covariance) of the levels.
    fixed : float, optional
        A known sigma2.
    """

    def __init__(
        self,
        name: str,
        codes: IntArray,
        levels: Sequence[str],
        R: FloatArray | None = None,
        fixed: float | None = None,
    ) -> None:
        self.name, self.codes, self.levels, self.R = name, codes, list(levels), R
        self.lower, self.upper = np.zeros(1), np.full(1, np.inf)
        self.free = np.array([fixed is None])
        self.fixed = np.array([np.sqrt(fixed) if fixed is not None else np.nan])
        self.zeroable = self.scales = np.array([True])
        self.n_natural = int(fixed is None)
        self.links = codes if R is None else _linked(R)[codes]
        self._kernels: list[FloatArray] = []

    def bind(self, buckets: Sequence[Bucket]) -> None:
        self._kernels = []
        for bucket in buckets:
            if self.R is None:
                self._kernels.append(gather_pairs(bucket, self.codes).astype(np.float64))
            else:
                c = gather(bucket, self.codes)
                both = bucket.real[:, :, None] & bucket.real[:, None, :]
                self._kernels.append(np.where(both, self.R[c[:, :, None], c[:, None, :]], 0.0))

    def add(self, eta: FloatArray, b: int, M: FloatArray) -> bool:
        M += eta[0] ** 2 * self._kernels[b]
        return True

    def gradient(self, eta: FloatArray, S: Sequence[FloatArray]) -> FloatArray:
        # einsum and not vdot: a threaded dot product costs more than it saves at these sizes.
        inner = sum(
            float(np.einsum("bij,bij->", s, kernel))
            for s, kernel in zip(S, self._kernels, strict=True)
        )
        return np.array([2.0 * eta[0] * inner])

    def natural(self, eta: FloatArray) -> Components:
        return Components(np.array([eta[0] ** 2]), np.empty(0))

    def internal(self, components: Components) -> FloatArray:
        return np.sqrt(components.variances)

    def starts(self, variance: float) -> list[FloatArray]:
        return [np.array([np.sqrt(variance)])]

    def cross(self, eta: FloatArray) -> FloatArray:
        q = len(self.levels)
        if self.R is None:
            out = np.zeros((q, self.codes.size))
            out[self.codes, np.arange(self.codes.size)] = eta[0] ** 2
            return out
        return np.asarray(eta[0] ** 2 * self.R[:, self.codes])

    def prior(self, eta: FloatArray) -> FloatArray:
        if self.R is None:
            return np.full(len(self.levels), eta[0] ** 2)
        return np.asarray(eta[0] ** 2 * np.diagonal(self.R))

    def effect_labels(self) -> list[str]:
        return list(self.levels)

    def row_variance(self, eta: FloatArray) -> FloatArray:
        return self.prior(eta)[self.codes]


def _linked(R: FloatArray) -> IntArray:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    labels = connected_components(csr_array(R != 0), directed=False)[1]
    return np.asarray(labels, dtype=np.int64)
