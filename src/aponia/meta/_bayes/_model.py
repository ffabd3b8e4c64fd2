"""The normal-normal hierarchical model given tau: everything here is in closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from aponia.meta._inputs import FloatArray

__all__ = ["Conditional", "Model"]

_LOG_2PI = math.log(2 * math.pi)


@dataclass(frozen=True)
class Conditional:
    """Posterior of the coefficients and marginal likelihood at each of Q values of tau.

    Attributes
    ----------
    mean : ndarray of shape (Q, p)
    cov : ndarray of shape (Q, p, p)
    log_likelihood : ndarray of shape (Q,)
        Log marginal likelihood of the data given tau; a flat coefficient is integrated over
        the real line with density one.
    """

    mean: FloatArray
    cov: FloatArray
    log_likelihood: FloatArray


@dataclass(frozen=True)
class Model:
    """Data and prior of the coefficients.

    Attributes
    ----------
    y, v : ndarray of shape (k,)
        Effects, shifted by `X @ origin` so that large offsets cost no digits; variances.
    X : ndarray of shape (k, p)
    prior_mean, prior_precision : ndarray of shape (p,)
        On the shifted scale; precision 0 is flat.
    origin : ndarray of shape (p,)
        What was subtracted from the coefficients.
    """

    y: FloatArray
    v: FloatArray
    X: FloatArray
    prior_mean: FloatArray
    prior_precision: FloatArray
    origin: FloatArray

    @property
    def n_flat(self) -> int:
        """Number of coefficients with an improper flat prior."""
        return int(np.sum(self.prior_precision == 0))

    def at(self, tau: FloatArray) -> Conditional:
        """Condition on tau, an array of shape (Q,)."""
        t2 = np.minimum(np.asarray(tau, dtype=np.float64), 1e150) ** 2
        total = self.v + t2[:, None]
        # weights relative to a typical variance c keep the matrices of order one for any tau
        c = float(np.min(self.v)) + t2
        w = c[:, None] / total
        p = self.X.shape[1]
        if p == 1:
            return self._scalar(w, c, total)
        weighted = w[:, :, None] * self.X
        A = np.einsum("qki,kj->qij", weighted, self.X)
        A[:, range(p), range(p)] += c[:, None] * self.prior_precision
        right = np.einsum("qki,k->qi", weighted, self.y)
        right += c[:, None] * self.prior_precision * self.prior_mean
        inverse = np.linalg.inv(A)
        mean = np.einsum("qij,qj->qi", inverse, right)
        _, logdet = np.linalg.slogdet(A)
        return Conditional(mean, c[:, None, None] * inverse, self._loglik(mean, logdet, c, total))

    def _scalar(self, w: FloatArray, c: FloatArray, total: FloatArray) -> Conditional:
        x = self.X[:, 0]
        precision = float(self.prior_precision[0])
        A = w @ x**2 + c * precision
        mean = (w @ (x * self.y) + c * precision * float(self.prior_mean[0])) / A
        loglik = self._loglik(mean[:, None], np.log(A), c, total)
        return Conditional(mean[:, None], (c / A)[:, None, None], loglik)

    def _loglik(
        self, mean: FloatArray, logdet: FloatArray, c: FloatArray, total: FloatArray
    ) -> FloatArray:
        residual = self.y - mean @ self.X.T
        quadratic = np.sum(residual**2 / total, axis=1)
        quadratic += (mean - self.prior_mean) ** 2 @ self.prior_precision
        proper = self.prior_precision[self.prior_precision > 0]
        k, p = self.X.shape
        constant = -0.5 * (k - (p - proper.size)) * _LOG_2PI + 0.5 * float(np.sum(np.log(proper)))
        return np.asarray(
            constant
            - 0.5 * np.sum(np.log(total), axis=1)
            - 0.5 * (logdet - p * np.log(c))
            - 0.5 * quadratic
        )

    def study(self, i: int, tau: FloatArray, at: Conditional) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the i-th study's true effect given tau."""
        x = self.X[i]
        t2 = np.minimum(tau, 1e150) ** 2
        shrink = self.v[i] / (self.v[i] + t2)
        mean = shrink * (at.mean @ x) + (1 - shrink) * self.y[i]
        spread = np.einsum("i,qij,j->q", x, at.cov, x)
        variance = self.v[i] * (1 - shrink) + shrink**2 * spread
        return mean + float(x @ self.origin), np.sqrt(variance)

    def line(self, x: FloatArray, at: Conditional) -> tuple[FloatArray, FloatArray]:
        """Mean and variance of x'beta given tau."""
        mean = at.mean @ x + float(x @ self.origin)
        return mean, np.einsum("i,qij,j->q", x, at.cov, x)

    def weights(self, tau: FloatArray, at: Conditional) -> FloatArray:
        """Weight of each study (columns) in the first coefficient, shape (Q, k)."""
        t2 = np.minimum(tau, 1e150) ** 2
        total = self.v + t2[:, None]
        return np.asarray(np.einsum("qj,kj->qk", at.cov[:, 0, :], self.X) / total)
