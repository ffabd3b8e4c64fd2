"""What a fitted model keeps for its diagnostics, refits and profiles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from aponia.meta._design import Design
from aponia.meta._inputs import FloatArray
from aponia.meta._multilevel._blocks import IntArray, scatter
from aponia.meta._multilevel._fit import Fit, Problem, make_problem
from aponia.meta._multilevel._likelihood import Solution
from aponia.meta._multilevel._parse import Known, make_terms
from aponia.meta._multilevel._request import Request
from aponia.meta._multilevel._terms import BoolArray, Term
from aponia.meta.errors import VarianceError

__all__ = ["Moments", "State", "moments"]


@dataclass(frozen=True)
class State:
    """The model behind a result.

    Attributes
    ----------
    problem : Problem
    fit : Fit
    design : Design
        With redundant columns already left out; all rows.
    keep : ndarray of bool, shape (n,)
        Rows of the data in use.
    requests : tuple of Request
    known : Known
    weights : ndarray of shape (k, k) or (k,), optional
        Weights given by the user.
    """

    problem: Problem
    fit: Fit
    design: Design
    keep: BoolArray
    requests: tuple[Request, ...]
    known: Known
    weights: FloatArray | None

    @property
    def terms(self) -> tuple[Term, ...]:
        """Return the random terms."""
        return self.problem.terms

    def parts(self) -> list[FloatArray]:
        """Return the internal parameters of every term, in units of the outcome."""
        return self.problem.likelihood.split(self.fit.eta)

    def solution(self) -> Solution:
        """Return inverses and information on the internal scale."""
        return solve_at(self.problem, self.fit.eta)

    def without(self, drop: BoolArray) -> Problem:
        """Return the problem without some of the rows in use (mask of shape (k,))."""
        rows = np.flatnonzero(~drop)
        keep = self.keep.copy()
        keep[np.flatnonzero(self.keep)[drop]] = False
        p = self.problem
        terms = make_terms(self.requests, keep, self.known)
        return make_problem(p.y[rows], p.X[rows], p.V.take(rows), terms, reml=p.reml)


def solve_at(problem: Problem, eta: FloatArray) -> Solution:
    """Return the generalised least squares solution at variance components `eta`.

    Raises
    ------
    VarianceError
        The marginal covariance is not positive definite there.
    """
    factor = internal_factor(problem)
    s = problem.likelihood.solve(eta * factor)
    if s is None:
        raise VarianceError("the marginal variance-covariance matrix is not positive definite")
    return s


def internal_factor(problem: Problem) -> FloatArray:
    """Return what internal parameters are multiplied with on the scaled problem."""
    if not problem.terms:
        return np.empty(0)
    scales = np.concatenate([t.scales for t in problem.terms])
    return np.where(scales, 1.0 / problem.unit, 1.0)


@dataclass(frozen=True)
class Moments:
    """Estimates of the coefficients in the units of the data.

    Attributes
    ----------
    coef : ndarray of shape (p,)
    vcov : ndarray of shape (p, p)
    """

    coef: FloatArray
    vcov: FloatArray


def moments(problem: Problem, solution: Solution) -> Moments:
    """Undo the scaling of the outcome and the rotation of the design."""
    Ri = np.linalg.inv(problem.R)
    vcov = Ri @ solution.vcov @ Ri.T * problem.unit**2
    return Moments(Ri @ solution.coef * problem.unit, 0.5 * (vcov + vcov.T))


def by_row(
    problem: Problem,
    solution: Solution,
    function: Callable[[FloatArray, FloatArray], FloatArray],
) -> FloatArray:
    """Apply ``function(inverse, X)`` bucket by bucket and return per-row values, shape (k,)."""
    parts: Sequence[FloatArray] = [
        function(inverse, bucket.X)
        for bucket, inverse in zip(problem.buckets, solution.inverses, strict=True)
    ]
    return scatter(problem.buckets, parts, problem.y.size)


def inverse_times(problem: Problem, solution: Solution, A: FloatArray) -> FloatArray:
    """Return ``M^-1 A`` in the units of the data for A of shape (k, m)."""
    out = np.zeros_like(A)
    for bucket, inverse in zip(problem.buckets, solution.inverses, strict=True):
        inside = np.where(bucket.real[:, :, None], A[np.maximum(bucket.rows, 0)], 0.0)
        product = inverse @ inside
        out[bucket.rows[bucket.real]] = product[bucket.real]
    return out / problem.unit**2


def marginal_covariance(
    problem: Problem, eta: FloatArray, rows: IntArray | None = None
) -> FloatArray:
    """Return M in the units of the data, shape (k, k), or a sub-matrix of it."""
    covariances = problem.likelihood.covariances(eta * internal_factor(problem))
    assert covariances is not None
    k = problem.y.size
    index = np.arange(k) if rows is None else rows
    at = np.full(k, -1, dtype=np.int64)
    at[index] = np.arange(index.size)
    out = np.zeros((index.size, index.size))
    for bucket, M in zip(problem.buckets, covariances, strict=True):
        place = np.where(bucket.real, at[np.maximum(bucket.rows, 0)], -1)
        for p, block in zip(place, M, strict=True):
            inside = np.flatnonzero(p >= 0)
            if inside.size:
                out[np.ix_(p[inside], p[inside])] = block[np.ix_(inside, inside)]
    return out * problem.unit**2
