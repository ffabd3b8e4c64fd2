"""Likelihoods of counts given a linear predictor, with their derivatives.

Arrays are laid out ``(points, studies, observations of a study, quadrature nodes)``.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy.special import gammaln

from aponia.meta._inputs import FloatArray

__all__ = ["Binomial", "Family", "Hypergeometric", "Poisson"]


class Family(Protocol):
    """A log-likelihood that is concave in the linear predictor."""

    constant: float
    largest: int

    def loglik(self, eta: FloatArray) -> FloatArray:
        """Return the log-likelihood, summed over the observations of a study."""
        ...

    def slopes(self, eta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the log-likelihood and, observation by observation, its two derivatives."""
        ...


class Binomial:
    """Binomial counts with the logit link; `constant` holds the binomial coefficients."""

    largest = 1

    def __init__(self, x: FloatArray, n: FloatArray) -> None:
        """Take counts and totals of shape (k, m); total 0 leaves an observation out."""
        self.x, self.n = x[None, :, :, None], n[None, :, :, None]
        self.constant = float(np.sum(gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)))

    def loglik(self, eta: FloatArray) -> FloatArray:
        """See `Family`."""
        out: FloatArray = np.sum(self.x * eta - self.n * np.logaddexp(0.0, eta), axis=2)
        return out

    def slopes(self, eta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """See `Family`."""
        p = 0.5 * (1 + np.tanh(0.5 * eta))
        return self.loglik(eta), self.x - self.n * p, -self.n * p * (1 - p)


class Poisson:
    """Poisson counts with the log link (person-time enters the linear predictor)."""

    largest = 1

    def __init__(self, x: FloatArray, use: FloatArray) -> None:
        """Take counts and an indicator (1 used, 0 left out), both of shape (k, m)."""
        self.x, self.use = x[None, :, :, None], use[None, :, :, None]
        self.constant = float(-np.sum(gammaln(x + 1)))

    def loglik(self, eta: FloatArray) -> FloatArray:
        """See `Family`."""
        # The cap only matters on trial steps far outside; the line search then turns back.
        out: FloatArray = np.sum(self.x * eta - self.use * np.exp(np.minimum(eta, 300.0)), axis=2)
        return out

    def slopes(self, eta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """See `Family`."""
        mean = self.use * np.exp(np.minimum(eta, 300.0))
        return self.loglik(eta), self.x - mean, -mean


class Hypergeometric:
    """Events of group 1 given both margins: Fisher's non-central hypergeometric distribution.

    The linear predictor is the log odds ratio. The normalising sum runs over the whole support.
    """

    def __init__(self, x: FloatArray, n1: FloatArray, n2: FloatArray, m1: FloatArray) -> None:
        """Take events, group sizes and total events of shape (k,), all integer."""
        self.x = x
        self.support: list[FloatArray] = []
        self.logc: list[FloatArray] = []
        constant = 0.0
        for xi, n1i, n2i, m1i in zip(x, n1, n2, m1, strict=True):
            j = np.arange(max(0.0, m1i - n2i), min(n1i, m1i) + 1)
            logc = (
                gammaln(n1i + 1)
                - gammaln(j + 1)
                - gammaln(n1i - j + 1)
                + gammaln(n2i + 1)
                - gammaln(m1i - j + 1)
                - gammaln(n2i - m1i + j + 1)
            )
            top = logc.max()
            self.support.append(j)
            self.logc.append(logc - top)
            constant += float(logc[int(xi - j[0])] - top)
        self.constant = constant
        self.largest = max(j.size for j in self.support)

    def _moments(
        self, eta: FloatArray, *, slopes: bool
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        P, k, _, Q = eta.shape
        norm, mean, var = (np.zeros((P, k, Q)) for _ in range(3))
        for i, (j, logc) in enumerate(zip(self.support, self.logc, strict=True)):
            e = eta[:, i, 0, :, None] * j + logc
            top = e.max(axis=-1, keepdims=True)
            w = np.exp(e - top)
            total = w.sum(axis=-1)
            norm[:, i] = top[..., 0] + np.log(total)
            if slopes:
                mean[:, i] = (w @ j) / total
                var[:, i] = np.sum(w * (j - mean[:, i, :, None]) ** 2, axis=-1) / total
        return norm, mean, var

    def loglik(self, eta: FloatArray) -> FloatArray:
        """See `Family`."""
        norm, _, _ = self._moments(eta, slopes=False)
        out: FloatArray = self.x[None, :, None] * eta[:, :, 0] - norm
        return out

    def slopes(self, eta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """See `Family`."""
        norm, mean, var = self._moments(eta, slopes=True)
        x = self.x[None, :, None]
        return x * eta[:, :, 0] - norm, (x - mean)[:, :, None], -var[:, :, None]
