"""Maximum of a marginal likelihood whose studies are independent given few shared parameters."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aponia.meta._inputs import FloatArray
from aponia.meta.counts._families import Family
from aponia.meta.counts._quadrature import conditional_loglik, marginal_loglik
from aponia.meta.errors import ConvergenceError

__all__ = ["SEPARATION", "MarginalModel", "Optimum", "maximise"]


@dataclass(frozen=True)
class MarginalModel:
    """Studies, their fixed part and the loadings of their random effects.

    Attributes
    ----------
    family : Family
    offset : ndarray of shape (k, m)
    design : ndarray of shape (k, m, f)
        Fixed parameters.
    patterns : ndarray of shape (s, m, r)
        The loading matrix is ``sum_s theta_s patterns_s``.
    nagq : int
    """

    family: Family
    offset: FloatArray
    design: FloatArray
    patterns: FloatArray
    nagq: int

    @property
    def n_fixed(self) -> int:
        """Number of fixed parameters."""
        return int(self.design.shape[2])

    def studies(self, a: FloatArray, theta: FloatArray) -> FloatArray:
        """Return the log-likelihood (P, k) at fixed parts (P, k, m) and loadings (P, s)."""
        loading = np.einsum("ps,smr->pmr", theta, self.patterns)
        return marginal_loglik(self.family, a, loading, self.nagq)

    def fixed_part(self, parameters: FloatArray) -> FloatArray:
        """Return the linear predictor without random effects, of shape (k, m)."""
        return np.asarray(self.offset + self.design @ parameters[: self.n_fixed])

    def loglik(self, parameters: FloatArray) -> float:
        """Return the log-likelihood of all studies, constants included."""
        a = self.fixed_part(parameters)[None]
        theta = parameters[None, self.n_fixed :]
        return float(self.studies(a, theta).sum()) + self.family.constant

    def conditional_loglik(self, parameters: FloatArray) -> float:
        """Return the log-likelihood given the random effects at their modes."""
        loading = np.einsum("s,smr->mr", parameters[self.n_fixed :], self.patterns)
        return conditional_loglik(self.family, self.fixed_part(parameters), loading)

    def derivatives(self, parameters: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return log-likelihood, gradient and Hessian.

        A study depends on its own m linear predictors and the shared loadings only, so central
        differences of fourth order in these few directions, for all studies at once, give the
        derivatives in all parameters through the design. Without random effects the
        derivatives are exact.
        """
        a = self.fixed_part(parameters)
        theta = parameters[self.n_fixed :]
        k, m = a.shape
        s = theta.size
        if s == 0:
            ll, d1, d2 = self.family.slopes(a[None, :, :, None])
            flat = self.design.reshape(k * m, self.n_fixed)
            grad = flat.T @ d1[0, :, :, 0].ravel()
            hess = (flat.T * d2[0, :, :, 0].ravel()) @ flat
            return float(ll.sum()) + self.family.constant, grad, hess
        n = m + s
        h = np.full(n, 4e-3)
        _, _, d2 = self.family.slopes(a[None, :, :, None])
        information = max(1.0, float((-d2).sum(axis=2).max()))
        # The likelihood bends in a loading on the scale sqrt(theta² + 1/information).
        h[m:] = 0.02 * np.sqrt(np.minimum(theta**2, 0.04) + 1 / information)
        h[m:] = np.minimum(h[m:], 4e-3)
        moves, index = _stencil(n)
        shift = moves * h
        values = self.studies(a[None] + shift[:, None, :m], theta[None] + shift[:, m:])
        f0 = values[0]
        g = np.empty((k, n))
        H = np.empty((k, n, n))
        for i in range(n):
            p1, m1, p2, m2 = (values[index[i, d]] for d in (1, -1, 2, -2))
            g[:, i] = (8 * (p1 - m1) - (p2 - m2)) / (12 * h[i])
            H[:, i, i] = (16 * (p1 + m1) - (p2 + m2) - 30 * f0) / (12 * h[i] ** 2)
        for i, j in itertools.combinations(range(n), 2):
            near, far = (
                (
                    values[index[i, j, d, d]]
                    - values[index[i, j, d, -d]]
                    - values[index[i, j, -d, d]]
                    + values[index[i, j, -d, -d]]
                )
                / (4 * d * d * h[i] * h[j])
                for d in (1, 2)
            )
            H[:, i, j] = H[:, j, i] = (4 * near - far) / 3
        f = self.n_fixed
        grad = np.empty(f + s)
        hess = np.empty((f + s, f + s))
        D = self.design
        grad[:f] = np.einsum("km,kmf->f", g[:, :m], D)
        grad[f:] = g[:, m:].sum(axis=0)
        flat = D.reshape(k * m, f)
        left = np.einsum("kij,kjf->kif", H[:, :m, :m], D).reshape(k * m, f)
        hess[:f, :f] = flat.T @ left
        hess[:f, f:] = np.einsum("kmf,kms->fs", D, H[:, :m, m:])
        hess[f:, :f] = hess[:f, f:].T
        hess[f:, f:] = H[:, m:, m:].sum(axis=0)
        return float(f0.sum()) + self.family.constant, grad, (hess + hess.T) / 2


def _stencil(n: int) -> tuple[FloatArray, dict[tuple[int, ...], int]]:
    moves: list[NDArray[np.float64]] = [np.zeros(n)]
    index: dict[tuple[int, ...], int] = {}
    for i in range(n):
        for d in (1, -1, 2, -2):
            index[i, d] = len(moves)
            moves.append(d * np.eye(n)[i])
    for i, j in itertools.combinations(range(n), 2):
        for d, e in itertools.product((1, -1), repeat=2):
            for size in (1, 2):
                index[i, j, size * d, size * e] = len(moves)
                moves.append(size * (d * np.eye(n)[i] + e * np.eye(n)[j]))
    return np.array(moves), index


@dataclass(frozen=True)
class Optimum:
    """A maximum: the parameters, the log-likelihood and its Hessian there."""

    parameters: FloatArray
    loglik: float
    hessian: FloatArray


def maximise(model: MarginalModel, start: FloatArray, *, limit: int = 100) -> Optimum:
    """Climb to the maximum by Newton steps with a line search.

    Where the Hessian is not negative definite its eigenvalues are reflected, so a saddle (such
    as a loading of zero) is left as soon as the start is off it.

    Parameters
    ----------
    model : MarginalModel
    start : ndarray of shape (f + s,)
    limit : int
        Largest number of steps.

    Returns
    -------
    Optimum

    Raises
    ------
    ConvergenceError
        No maximum was reached: the likelihood climbs for ever (separation), or it is flat.
    """
    x = start.copy()
    value, grad, hess = model.derivatives(x)
    for _ in range(limit):
        eigenvalue, vector = np.linalg.eigh(-hess)
        size = np.abs(eigenvalue)
        size = np.maximum(size, 1e-10 * max(float(size.max()), 1e-300))
        step = vector @ ((vector.T @ grad) / size)
        gain = float(step @ grad)
        longest = float(np.abs(step).max())
        if longest > 2:
            step *= 2 / longest
        if gain < 1e-15 * (1 + abs(value)) and longest < 1e-6:
            # The gain is below rounding, the step is not: it leaves a squared error.
            x = x + step
            value, grad, hess = model.derivatives(x)
            break
        scale = 1.0
        while scale > 1e-8:
            new = model.loglik(x + scale * step)
            if new >= value - 1e-12 * (1 + abs(value)):
                break
            scale /= 2
        if scale <= 1e-8:
            if gain > 1e-9 * (1 + abs(value)):
                raise ConvergenceError("the likelihood could not be climbed to its maximum")
            break
        x = x + scale * step
        value, grad, hess = model.derivatives(x)
        if float(np.abs(x).max()) > 200:
            raise ConvergenceError(SEPARATION)
    else:
        raise ConvergenceError(SEPARATION)
    return Optimum(x, value, hess)


SEPARATION = (
    "the likelihood has no maximum: a coefficient runs off to infinity because a moderator or a "
    "group separates studies with and without events; use mantel_haenszel(measure='RD'), or "
    "fewer moderators"
)
