"""Log-likelihood of a random-effects model under selection, with exact derivatives.

With z = y / sqrt(v), m = x'beta / sqrt(v) and u = 1 + tau2 / v, study i is seen with density
``w(z) phi(z; m, u) / A``, ``A = integral of w(z) phi(z; m, u) dz`` (Hedges, Stat Sci 1992;7:246;
Vevea and Hedges, Psychometrika 1995;60:419). Because phi solves the heat equation, derivatives
in u are half the second derivatives in m, so one table of Hermite terms serves all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from aponia.meta._inputs import FloatArray
from aponia.meta.bias._weight_functions import Smooth, Steps

__all__ = ["Likelihood"]

_ROOT_2PI = np.sqrt(2 * np.pi)


def _phi_derivatives(z: FloatArray, m: FloatArray, u: FloatArray, order: int) -> list[FloatArray]:
    """[phi, d phi/dm, ..., d^order phi/dm^order] of the normal density with mean m, variance u."""
    s = np.sqrt(u)
    x = (z - m) / s
    out = [np.exp(-0.5 * x**2) / (s * _ROOT_2PI)]
    hermite = [np.ones_like(x), x]
    for n in range(1, order):
        hermite.append(x * hermite[n] - n * hermite[n - 1])
    return [out[0] * hermite[n] / s**n for n in range(order + 1)]


def _interval_derivatives(
    lower: FloatArray, upper: FloatArray, m: FloatArray, u: FloatArray
) -> list[FloatArray]:
    """Return derivatives 0..4 in m of the mass of N(m, u) between lower and upper."""
    s = np.sqrt(u)
    a, b = (lower - m) / s, (upper - m) / s
    # the difference is taken in the tail where it keeps its digits
    mass = np.where(a > 0, ndtr(-a) - ndtr(-b), ndtr(b) - ndtr(a))
    finite_a, finite_b = np.isfinite(lower), np.isfinite(upper)
    at_a = _phi_derivatives(np.where(finite_a, lower, 0.0), m, u, 3)
    at_b = _phi_derivatives(np.where(finite_b, upper, 0.0), m, u, 3)
    rest = [
        np.where(finite_a, p, 0.0) - np.where(finite_b, q, 0.0)
        for p, q in zip(at_a, at_b, strict=True)
    ]
    return [mass, *rest]


class _Terms(NamedTuple):
    """What selection adds: sum of log w, log A, and derivatives of log A (m and u by study).

    ``dm du mm mu uu``: (k,); ``md ud``: with delta, (d, k); ``dd d2``: gradient and Hessian of
    the sum of log w - log A in delta, (d,) and (d, d).
    """

    log_w: float
    log_a: FloatArray
    dm: FloatArray
    du: FloatArray
    dd: FloatArray
    mm: FloatArray
    mu: FloatArray
    uu: FloatArray
    md: FloatArray
    ud: FloatArray
    d2: FloatArray


def _value_only(log_w: float, log_a: FloatArray) -> _Terms:
    nothing = np.zeros(0)
    return _Terms(log_w, log_a, *([nothing] * 9))


@dataclass(frozen=True)
class Likelihood:
    """The log-likelihood as a function of ``theta = (beta, tau2, delta)``.

    Attributes
    ----------
    y, v : ndarray of shape (k,)
    X : ndarray of shape (k, p)
    selected : ndarray of bool of shape (k,)
        Studies to which the selection function applies.
    weight : Steps, Smooth or None
        None: no selection (ordinary maximum likelihood).
    n_delta : int
    """

    y: FloatArray
    v: FloatArray
    X: FloatArray
    selected: np.ndarray
    weight: Steps | Smooth | None
    n_delta: int

    def value(self, theta: FloatArray) -> float:
        """Log-likelihood; ``-inf`` where it is not defined."""
        return self._parts(theta, derivatives=False)[0]

    def derivatives(self, theta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Value, gradient (n,) and Hessian (n, n)."""
        return self._parts(theta, derivatives=True)

    def _parts(self, theta: FloatArray, derivatives: bool) -> tuple[float, FloatArray, FloatArray]:
        p = self.X.shape[1]
        beta, tau2, delta = theta[:p], float(theta[p]), theta[p + 1 :]
        n = theta.size
        total = self.v + tau2
        r = self.y - self.X @ beta
        value = float(-0.5 * np.sum(np.log(2 * np.pi * total) + r**2 / total))
        gradient, hessian = np.zeros(n), np.zeros((n, n))
        if derivatives:
            gradient[:p] = self.X.T @ (r / total)
            gradient[p] = 0.5 * np.sum(r**2 / total**2 - 1 / total)
            hessian[:p, :p] = -(self.X.T / total) @ self.X
            hessian[:p, p] = hessian[p, :p] = -self.X.T @ (r / total**2)
            hessian[p, p] = np.sum(0.5 / total**2 - r**2 / total**3)
        if self.weight is None or not self.selected.any():
            return value, gradient, hessian
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            if isinstance(self.weight, Steps):
                more = self._steps(self.weight, beta, tau2, delta, derivatives)
            else:
                more = self._smooth(self.weight, beta, tau2, delta, derivatives)
            value += more.log_w - float(np.sum(more.log_a))
            if not np.isfinite(value):
                return -np.inf, gradient, hessian
            if derivatives:
                self._add(gradient, hessian, more)
        return value, gradient, hessian

    def _add(self, gradient: FloatArray, hessian: FloatArray, t: _Terms) -> None:
        """Chain rule from (m, u) of every study to (beta, tau2), all of -log A."""
        p = self.X.shape[1]
        Z = self.X[self.selected] / np.sqrt(self.v[self.selected])[:, None]
        iv = 1 / self.v[self.selected]
        gradient[:p] -= Z.T @ t.dm
        gradient[p] -= np.sum(t.du * iv)
        gradient[p + 1 :] += t.dd
        hessian[:p, :p] -= (Z.T * t.mm) @ Z
        cross = Z.T @ (t.mu * iv)
        hessian[:p, p] -= cross
        hessian[p, :p] -= cross
        hessian[p, p] -= np.sum(t.uu * iv**2)
        beta_delta, tau_delta = Z.T @ t.md.T, t.ud @ iv
        hessian[:p, p + 1 :] -= beta_delta
        hessian[p + 1 :, :p] -= beta_delta.T
        hessian[p, p + 1 :] -= tau_delta
        hessian[p + 1 :, p] -= tau_delta
        hessian[p + 1 :, p + 1 :] += t.d2

    def _mu(self, beta: FloatArray, tau2: float) -> tuple[FloatArray, FloatArray]:
        v = self.v[self.selected]
        return (self.X[self.selected] @ beta) / np.sqrt(v), 1 + tau2 / v

    def _steps(
        self, steps: Steps, beta: FloatArray, tau2: float, delta: FloatArray, derivatives: bool
    ) -> _Terms:
        m, u = self._mu(beta, tau2)
        mass = _interval_derivatives(steps.lower, steps.upper, m, u)
        # M[n][j] = sum over the pieces that delta_j owns of the n-th derivative
        M = np.zeros((5, self.n_delta, m.size))
        for n in range(5):
            np.add.at(M[n], steps.owner, mass[n])
        M0, M1, M2, M3, M4 = (np.tensordot(delta, M[n], axes=1) for n in range(5))
        count = np.bincount(steps.observed, minlength=self.n_delta)
        used = count > 0
        extra = float(count[used] @ np.log(delta[used]))
        if not derivatives:
            return _value_only(extra, np.log(M0))
        dm, du = M1 / M0, 0.5 * M2 / M0
        share = M[0] / M0
        inverse = np.zeros(self.n_delta)
        inverse[used] = count[used] / np.maximum(delta[used], 1e-300)
        dd = inverse - share.sum(axis=1)
        mm, mu, uu = M2 / M0 - dm**2, 0.5 * M3 / M0 - dm * du, 0.25 * M4 / M0 - du**2
        md, ud = M[1] / M0 - dm * share, 0.5 * M[2] / M0 - du * share
        d2 = share @ share.T
        d2[np.diag_indices(self.n_delta)] -= inverse / np.maximum(delta, 1e-300)
        return _Terms(extra, np.log(M0), dm, du, dd, mm, mu, uu, md, ud, d2)

    def _smooth(
        self, smooth: Smooth, beta: FloatArray, tau2: float, delta: FloatArray, derivatives: bool
    ) -> _Terms:
        m, u = self._mu(beta, tau2)
        lw, l1, l2 = smooth.grid(delta)
        seen, s1, s2 = smooth.seen(delta)
        shift = float(np.max(lw))  # cancels between w and A, and keeps both representable
        w = np.exp(lw - shift)
        order = 4 if derivatives else 0
        phi = _phi_derivatives(smooth.z, m[:, None], u[:, None], order)
        left = _interval_derivatives(np.array(-np.inf), np.array(smooth.ends[0]), m, u)
        right = _interval_derivatives(np.array(smooth.ends[1]), np.array(np.inf), m, u)
        # one row of quadrature weights a study: nodes, then the two closed-form tails
        table = [
            np.concatenate([phi[n] * smooth.weight, left[n][:, None], right[n][:, None]], axis=1)
            for n in range(order + 1)
        ]
        A = np.sum(w * table[0], axis=1)
        extra = float(np.sum(seen)) - shift * seen.size
        if not derivatives:
            return _value_only(extra, np.log(A))
        moments = [np.sum(w * t, axis=1) / A for t in table]
        dm, du = moments[1], 0.5 * moments[2]
        first = np.stack([[np.sum(w * g * t, axis=1) / A for g in l1] for t in table[:3]])
        share = first[0]
        mm, mu = moments[2] - dm**2, 0.5 * moments[3] - dm * du
        uu = 0.25 * moments[4] - du**2
        md, ud = first[1] - dm * share, 0.5 * first[2] - du * share
        d = self.n_delta
        d2 = np.empty((d, d))
        for i in range(d):
            for j in range(d):
                curve = np.sum(w * (l2[i, j] + l1[i] * l1[j]) * table[0], axis=1) / A
                d2[i, j] = np.sum(s2[i, j]) - np.sum(curve - share[i] * share[j])
        dd = s1.sum(axis=1) - share.sum(axis=1)
        return _Terms(extra, np.log(A), dm, du, dd, mm, mu, uu, md, ud, d2)
