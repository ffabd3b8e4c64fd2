"""Fitting: scaling, starting values, the climb, exact zeros."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from aponia.meta._inputs import FloatArray
from aponia.meta._multilevel._blocks import (
    Bucket,
    IntArray,
    SamplingCovariance,
    blocks_of,
    make_buckets,
    one_thread,
)
from aponia.meta._multilevel._likelihood import Likelihood
from aponia.meta._multilevel._matrix_terms import MatrixTerm
from aponia.meta._multilevel._optimise import Maximum, Objective, maximise, simplex
from aponia.meta._multilevel._structures import SPATIAL, CorrelationTerm
from aponia.meta._multilevel._terms import BoolArray, InterceptTerm, Term
from aponia.meta.errors import ConvergenceError, VarianceError

__all__ = ["Fit", "Problem", "fit", "make_problem"]


@dataclass(frozen=True)
class Problem:
    """A model ready to be fitted.

    Attributes
    ----------
    y : ndarray of shape (k,)
    X : ndarray of shape (k, p)
    V : SamplingCovariance
    terms : tuple of Term
    reml : bool
    buckets : tuple of Bucket
        With `y` divided by `unit`, `V` by its square, and `X` replaced by the orthonormal
        factor of its QR decomposition, which makes the fit blind to how predictors are scaled
        and centred.
    R : ndarray of shape (p, p)
        The triangular factor.
    unit : float
        Scale of the outcome.
    """

    y: FloatArray
    X: FloatArray
    V: SamplingCovariance
    terms: tuple[Term, ...]
    reml: bool
    buckets: tuple[Bucket, ...]
    R: FloatArray
    unit: float
    block: IntArray

    @cached_property
    def likelihood(self) -> Likelihood:
        """Return the likelihood on the internal scale."""
        k, p = self.X.shape
        return Likelihood(self.buckets, self.terms, reml=self.reml, k=k, p=p)


@dataclass(frozen=True)
class Fit:
    """Internal parameters at the maximum, in the units of the outcome."""

    eta: FloatArray
    loglik: float
    converged: bool
    at_bound: BoolArray
    iterations: int


def make_problem(
    y: FloatArray, X: FloatArray, V: SamplingCovariance, terms: Sequence[Term], *, reml: bool
) -> Problem:
    """Scale the data and cut it into independent blocks."""
    k, p = X.shape
    block = blocks_of(k, [t.links for t in terms], V)
    Q, R = np.linalg.qr(X)
    signs = np.where(np.diagonal(R) < 0, -1.0, 1.0)
    Q, R = Q * signs, R * signs[:, None]
    residual = y - Q @ (Q.T @ y)
    spread = float(residual @ residual) / max(k - p, 1)
    unit = float(np.sqrt(spread + np.median(np.abs(V.v))))
    if not np.isfinite(unit) or unit <= 0.0:
        unit = 1.0
    buckets = make_buckets(block, V.scaled(1.0 / unit**2), Q, y / unit)
    return Problem(y, X, V, tuple(terms), reml, buckets, R, unit, block)


def fit(problem: Problem, *, start: FloatArray | None = None) -> Fit:
    """Maximise the likelihood over the free parameters.

    Parameters
    ----------
    problem : Problem
    start : ndarray, optional
        A full vector of internal parameters (in units of the outcome) to begin with, tried
        beside nothing else: for refits with a row deleted.

    Raises
    ------
    VarianceError
        No admissible value makes the marginal covariance positive definite.
    ConvergenceError
        The climb stopped before its tolerance.
    """
    with one_thread(problem.buckets):
        return _fit(problem, start)


def _fit(problem: Problem, start: FloatArray | None) -> Fit:
    like = problem.likelihood
    terms, unit = problem.terms, problem.unit

    def joined(name: str) -> np.ndarray[tuple[int], np.dtype[np.generic]]:
        return np.concatenate([getattr(t, name) for t in terms]) if terms else np.empty(0)

    scales = joined("scales").astype(bool)
    factor = np.where(scales, 1.0 / unit, 1.0)
    fixed = joined("fixed").astype(float) * factor
    free = joined("free").astype(bool)
    lower, upper = joined("lower").astype(float), joined("upper").astype(float)
    zeroable = joined("zeroable").astype(bool)
    index = np.flatnonzero(free)

    def full(x: FloatArray) -> FloatArray:
        eta = np.where(free, 0.0, fixed)
        eta[index] = x
        return eta

    def objective(x: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = like.value_and_gradient(full(x))
        return value, gradient[index]

    lo, hi, zero = lower[index], upper[index], zeroable[index]
    if index.size == 0:
        value = like.value(full(np.empty(0)))
        if not np.isfinite(value):
            raise VarianceError(_NOT_DEFINITE)
        return Fit(full(np.empty(0)) / factor, value, True, np.zeros(0, bool), 0)
    if start is not None:
        candidates = [(start * factor)[index]]
    else:
        candidates = [s[index] for s in _starts(terms, problem)]
    scored = sorted(
        ((like.value(full(np.clip(c, lo, hi))), n) for n, c in enumerate(candidates)),
        key=lambda s: -s[0],
    )
    scored = [s for s in scored if np.isfinite(s[0])]
    if not scored and start is not None:
        return _fit(problem, None)
    if not scored:
        raise VarianceError(_NOT_DEFINITE)
    tries = _spread(scored, candidates, _limit(problem, candidates))
    best = None
    for c in tries:
        m = maximise(objective, c, lo, hi, tolerance=1e-10 if len(tries) == 1 else 1e-5)
        if best is None or m.value > best.value + 1e-9 * (1.0 + abs(best.value)):
            best = m
    assert best is not None
    if len(tries) > 1:
        best = maximise(objective, best.x, lo, hi)
    for _ in range(2 * int(zero.sum()) + 4):
        x = _settle_zeros(objective, best.x, best.value, lo, hi, zero)
        if x is None:
            break
        best = maximise(objective, x, lo, hi)
    if any(isinstance(t, CorrelationTerm) and t.structure == "SPLIN" for t in terms):
        # The linear structure has a kink wherever the range passes a distance: the maximum may
        # sit on one, where no gradient vanishes.
        best = simplex(objective, best, lo, hi)
    best, lo = _below_limit(objective, best, lo, hi, like, full, _relaxed(terms)[index])
    if not _arrived(objective, best, lo, hi):
        raise ConvergenceError(
            "the likelihood of the variance components did not reach its maximum "
            f"(last step {best.last_step:.1e}); the model may be overparameterised: "
            "fix a component or choose a simpler structure"
        )
    if _runs_away(like, full(best.x)):
        raise ConvergenceError(
            "the likelihood grows without bound: an effect with zero sampling variance (or a V "
            "that is not positive definite) is fitted exactly; give it a positive variance, or "
            "use method='REML'"
        )
    at_bound = np.zeros(free.size, dtype=bool)
    at_bound[index] = (best.x <= lo) | (best.x >= hi)
    eta = _vanish(like, full(best.x), best.value)
    return Fit(eta / factor, best.value, True, at_bound, best.iterations)


_NOT_DEFINITE = (
    "the marginal variance-covariance matrix is not positive definite: check V for perfect "
    "correlations and zero variances, or use sampling_covariance(…, nearest=True)"
)


def _starts(terms: Sequence[Term], problem: Problem) -> list[FloatArray]:
    """Return full starting vectors on the internal scale (outcome in units of `unit`)."""
    mean_v = float(np.mean(problem.V.v)) / problem.unit**2
    excess = max(1.0 - mean_v, 0.1)
    share = excess / max(len(terms), 1)
    per_term = [t.starts(share) for t in terms]
    count = max(len(p) for p in per_term)
    out = []
    spatial = any(isinstance(t, CorrelationTerm) and t.structure in SPATIAL for t in terms)
    for scale in (3.0, 1.0, 0.3, 0.1) if spatial else (1.0, 0.1):
        for n in range(count):
            out.append(np.concatenate([p[min(n, len(p) - 1)] for p in per_term]))
            if scale != 1.0:
                grown = np.concatenate([t.scales for t in terms])
                out[-1] = np.where(grown, out[-1] * scale, out[-1])
    return out


def _limit(problem: Problem, candidates: list[FloatArray]) -> int:
    """Return how many starting points to climb from."""
    if any(isinstance(t, CorrelationTerm) and t.structure in SPATIAL for t in problem.terms):
        return 6
    large = max(b.V.shape[1] for b in problem.buckets) > 48
    if large and all(isinstance(t, InterceptTerm) for t in problem.terms):
        return 1
    return 3 if candidates[0].size > 1 else 2


def _spread(
    scored: list[tuple[float, int]], candidates: list[FloatArray], limit: int
) -> list[FloatArray]:
    """Return the best starting points that differ in more than the size of the variances."""
    out: list[FloatArray] = []
    for _, n in scored:
        c = candidates[n]
        near = any(abs(float(c[-1] - o[-1])) < 0.3 and c.size > 1 for o in out)
        if len(out) < limit and (limit <= 3 or not near):
            out.append(c)
    return out


def _arrived(objective: Objective, best: Maximum, lower: FloatArray, upper: FloatArray) -> bool:
    """Return whether a climb ended at a maximum, or on a plateau that rises no further."""
    slope = np.abs(best.gradient) * np.maximum(np.abs(best.x), 1e-2)
    outward = (best.x <= lower) & (best.gradient <= 0)
    outward |= (best.x >= upper) & (best.gradient >= 0)
    size = 1.0 + abs(best.value)
    if best.converged or float(slope[~outward].max(initial=0.0)) < 1e-6 * size:
        return True
    return maximise(objective, best.x, lower, upper).value - best.value < 1e-8 * size


def _relaxed(terms: Sequence[Term]) -> FloatArray:
    """Return lower bounds with the correlations of CS and HCS allowed down to -1."""
    out = [t.lower.copy() for t in terms]
    for term, lower in zip(terms, out, strict=True):
        if isinstance(term, CorrelationTerm) and term.structure in ("CS", "HCS"):
            lower[-1] = -1.0
    return np.concatenate(out)


def _below_limit(
    objective: Objective,
    best: Maximum,
    lower: FloatArray,
    upper: FloatArray,
    like: Likelihood,
    full: Callable[[FloatArray], FloatArray],
    relaxed: FloatArray,
) -> tuple[Maximum, FloatArray]:
    """Let a correlation at its lower limit go on, as long as the marginal covariance allows.

    Below the limit the effects have no proper joint distribution, but the outcomes may; other
    software reports that maximum. It is taken (and a warning given later) unless the negative
    covariance has used up the sampling variance in some direction, where the likelihood can be
    unbounded.
    """
    stuck = (relaxed < lower) & (best.x <= lower) & (best.gradient < 0)
    if not stuck.any():
        return best, lower
    wide = np.where(stuck, relaxed, lower)
    found = maximise(objective, best.x, wide, upper)
    covariances = like.covariances(full(found.x))
    if not found.converged or found.value <= best.value or covariances is None:
        return best, lower
    for bucket, M in zip(like.buckets, covariances, strict=True):
        floor = np.linalg.eigvalsh(bucket.V)[:, 0]
        if (np.linalg.eigvalsh(M)[:, 0] < 0.1 * floor).any():
            return best, lower
    return found, wide


def _runs_away(like: Likelihood, eta: FloatArray) -> bool:
    """Return whether a singular V leaves the marginal covariance almost singular."""
    covariances = like.covariances(eta)
    assert covariances is not None
    diagonals = [
        np.diagonal(M, axis1=1, axis2=2)[bucket.real]
        for bucket, M in zip(like.buckets, covariances, strict=True)
    ]
    typical = float(np.median(np.concatenate(diagonals)))
    for bucket, M in zip(like.buckets, covariances, strict=True):
        sd = np.sqrt(np.diagonal(bucket.V, axis1=1, axis2=2))
        known = (sd == 0).any(axis=1)
        sd = np.where(sd > 0, sd, 1.0)
        correlation = bucket.V / (sd[:, :, None] * sd[:, None, :])
        singular = known | (np.linalg.eigvalsh(correlation)[:, 0] < 1e-12)
        if singular.any() and (np.linalg.eigvalsh(M[singular])[:, 0] < 1e-8 * typical).any():
            return True
    return False


def _vanish(like: Likelihood, eta: FloatArray, value: float) -> FloatArray:
    """Set rows of a Cholesky factor that are zero up to rounding to exactly zero."""
    out = eta.copy()
    parts = like.split(out)
    for term, part in zip(like.terms, parts, strict=True):
        if isinstance(term, MatrixTerm) and term.cholesky:
            tiny = np.flatnonzero(np.diagonal(term.matrix(part)) < 1e-12)
            for a in tiny:
                before = part.copy()
                part[term.row_of(int(a))] = 0.0
                if like.value(out) < value - 1e-12 * (1.0 + abs(value)):
                    part[:] = before
    return out


def _settle_zeros(
    objective: Objective,
    x: FloatArray,
    value: float,
    lower: FloatArray,
    upper: FloatArray,
    zero: BoolArray,
) -> FloatArray | None:
    """Return a better point: with a vanishing standard deviation at exactly 0, or away from 0.

    None when nothing is to be changed. In the standard deviation the likelihood is flat at 0, so
    the slope there says nothing; the slope in the variance does.
    """
    for i in np.flatnonzero(zero & (x < 1e-2)):
        probe = x.copy()
        probe[i] = 0.0
        at_zero, _ = objective(probe)
        if x[i] > 0.0 and at_zero >= value - 1e-13 * (1.0 + abs(value)):
            nearby = probe.copy()
            nearby[i] = 1e-4
            _, g = objective(nearby)
            if g[i] <= 0.0:
                return probe
        if x[i] == 0.0:
            for h in (1e-3, 1e-2, 0.1, 0.5):
                away = probe.copy()
                away[i] = h
                v, _ = objective(away)
                if v > value + 1e-10 * (1.0 + abs(value)):
                    return away
    return None
