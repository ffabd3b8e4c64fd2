"""The (restricted) log-likelihood of the linear mixed model with known sampling covariance.

Source: Harville (1977), JASA 72:320, with the gradient written through one matrix per block,
``S = M^-1 - M^-1 X (X'M^-1 X)^-1 X'M^-1 - M^-1 r r' M^-1``, so that the cost of a gradient does
not grow with the number of parameters beyond one inner product each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aponia.meta._inputs import FloatArray
from aponia.meta._multilevel._blocks import Bucket, factor
from aponia.meta._multilevel._terms import Term

__all__ = ["Likelihood", "Solution"]


@dataclass(frozen=True)
class Solution:
    """What a set of variance components implies.

    Attributes
    ----------
    inverses : list of ndarray, each of shape (b, n, n)
        Inverse marginal covariance, bucket by bucket.
    information : ndarray of shape (p, p)
        ``X' M^-1 X``.
    vcov : ndarray of shape (p, p)
        Its inverse.
    coef : ndarray of shape (p,)
    log_det : float
        ``log |M|``.
    rss : float
        ``r' M^-1 r``.
    """

    inverses: list[FloatArray]
    information: FloatArray
    vcov: FloatArray
    coef: FloatArray
    log_det: float
    rss: float


class Likelihood:
    """Log-likelihood as a function of the internal parameters of all terms.

    Parameters
    ----------
    buckets : sequence of Bucket
        Their `X` must have orthonormal columns when `reml` is wanted on the usual scale.
    terms : sequence of Term
    reml : bool
    k, p : int
    """

    def __init__(
        self, buckets: Sequence[Bucket], terms: Sequence[Term], *, reml: bool, k: int, p: int
    ) -> None:
        self.buckets, self.terms, self.reml, self.k, self.p = buckets, terms, reml, k, p
        for term in terms:
            term.bind(buckets)
        sizes = [term.lower.size for term in terms]
        self._cuts = np.cumsum([0, *sizes])
        self.size = int(self._cuts[-1])
        self.evaluations = 0

    def split(self, eta: FloatArray) -> list[FloatArray]:
        """Return the parameters of every term."""
        return [eta[a:b] for a, b in zip(self._cuts[:-1], self._cuts[1:], strict=True)]

    def covariances(self, eta: FloatArray) -> list[FloatArray] | None:
        """Return the marginal covariance of every bucket, None where it is not admissible."""
        parts = self.split(eta)
        out = []
        for b, bucket in enumerate(self.buckets):
            M = bucket.V.copy()
            for term, part in zip(self.terms, parts, strict=True):
                if not term.add(part, b, M):
                    return None
            out.append(M)
        return out

    def solve(self, eta: FloatArray) -> Solution | None:
        """Return the generalised least squares solution, None where M is not definite."""
        covariances = self.covariances(eta)
        if covariances is None:
            return None
        p = self.p
        information, score = np.zeros((p, p)), np.zeros(p)
        inverses: list[FloatArray] = []
        log_det = 0.0
        try:
            for bucket, M in zip(self.buckets, covariances, strict=True):
                ld, inverse = factor(M)
                log_det += ld
                inverses.append(inverse)
                WX = inverse @ bucket.X
                information += np.einsum("bnp,bnq->pq", bucket.X, WX)
                score += np.einsum("bnp,bn->p", WX, bucket.y)
            root = np.linalg.cholesky(information)
        except np.linalg.LinAlgError:
            return None
        root_inverse = np.linalg.inv(root)
        vcov = root_inverse.T @ root_inverse
        coef = vcov @ score
        # One step of refinement: exact residual equations even when M is badly scaled.
        correction = np.zeros(p)
        for bucket, inverse in zip(self.buckets, inverses, strict=True):
            r = bucket.y - bucket.X @ coef
            correction += np.einsum("bnp,bnm,bm->p", bucket.X, inverse, r)
        coef = coef + vcov @ correction
        rss = 0.0
        for bucket, inverse in zip(self.buckets, inverses, strict=True):
            r = bucket.y - bucket.X @ coef
            rss += float(np.einsum("bn,bnm,bm->", r, inverse, r))
        if not np.isfinite(rss) or not np.isfinite(log_det):
            return None
        return Solution(inverses, information, vcov, coef, log_det, rss)

    def value_of(self, s: Solution, *, reml: bool | None = None, rss: float | None = None) -> float:
        """Return the log-likelihood belonging to a solution."""
        reml = self.reml if reml is None else reml
        total = s.log_det + (s.rss if rss is None else rss)
        dim = self.k
        if reml:
            total += float(np.linalg.slogdet(s.information)[1])
            dim -= self.p
        return -0.5 * (dim * float(np.log(2.0 * np.pi)) + total)

    def value(self, eta: FloatArray) -> float:
        """Return the log-likelihood, ``-inf`` where M is not positive definite."""
        self.evaluations += 1
        s = self.solve(eta)
        return -np.inf if s is None else self.value_of(s)

    def value_and_gradient(self, eta: FloatArray) -> tuple[float, FloatArray]:
        """Return the log-likelihood and its gradient in all internal parameters."""
        self.evaluations += 1
        s = self.solve(eta)
        if s is None:
            return -np.inf, np.zeros(self.size)
        weights = []
        for bucket, inverse in zip(self.buckets, s.inverses, strict=True):
            u = np.einsum("bnm,bm->bn", inverse, bucket.y - bucket.X @ s.coef)
            S = inverse - u[:, :, None] * u[:, None, :]
            if self.reml:
                WX = inverse @ bucket.X
                S -= (WX @ s.vcov) @ WX.transpose(0, 2, 1)
            weights.append(S)
        parts = [
            term.gradient(part, weights)
            for term, part in zip(self.terms, self.split(eta), strict=True)
        ]
        gradient = -0.5 * np.concatenate(parts) if parts else np.zeros(0)
        return self.value_of(s), gradient
