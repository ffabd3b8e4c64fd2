"""The likelihood of a model in which tau2 itself depends on moderators, and its maximum.

tau2_i = g(z_i' alpha), with g the exponential (log link) or the identity. The location
coefficients are profiled out. With B = W^(1/2) U and P = W - B B', first and second derivatives
in alpha need only sums over studies and p x p products, so a fit is linear in the number of
studies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aponia.meta.kernels.likelihood import log_likelihood
from aponia.meta.kernels.projection import project

__all__ = ["ScaleModel"]

FloatArray = NDArray[np.float64]
_MAX_STEPS = 500


@dataclass(frozen=True)
class ScaleModel:
    """A location-scale model of k studies.

    Attributes
    ----------
    y, v : ndarray of shape (k,)
        Effects (centred is best) and sampling variances.
    X : ndarray of shape (k, p)
        Location moderators.
    Z : ndarray of shape (k, q)
        Scale moderators.
    restricted : bool
        REML (True) or ML.
    log_link : bool
    """

    y: FloatArray
    v: FloatArray
    X: FloatArray
    Z: FloatArray
    restricted: bool
    log_link: bool

    def tau2(self, alpha: FloatArray) -> FloatArray:
        """Between-study variances, shape (k,)."""
        eta = self.Z @ alpha
        return np.asarray(np.exp(np.clip(eta, -700.0, 700.0)) if self.log_link else eta)

    def value(self, alpha: FloatArray) -> float:
        """Profile log-likelihood without its constant; -inf outside the parameter space."""
        t = self.tau2(alpha)
        if not np.isfinite(t).all() or (t < 0).any() or (self.v + t <= 0).any():
            return -np.inf
        zero = np.zeros(1)
        return float(
            log_likelihood(
                self.y[None], (self.v + t)[None], self.X[None], zero, restricted=self.restricted
            )[0]
        )

    def derivatives(self, alpha: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Gradient, shape (q,), and Hessian, shape (q, q), of `value`."""
        t = self.tau2(alpha)
        w = 1.0 / (self.v + t)
        a = project(self.y, w, self.X)
        s = 0.5 * (np.square(a.py) - (w * a.g if self.restricted else w))
        D = self.Z * t[:, None] if self.log_link else self.Z
        B = a.U * np.sqrt(w)[:, None]
        G = D * a.py[:, None]
        cross = B.T @ G
        hessian = -((G * w[:, None]).T @ G - cross.T @ cross)
        if self.restricted:
            diagonal = np.square(w) * (1.0 - 2.0 * a.h)
            T = np.einsum("ia,ic,ib->cab", B, D, B)
            hessian += 0.5 * ((D * diagonal[:, None]).T @ D + np.einsum("cab,eab->ce", T, T))
        else:
            hessian += 0.5 * (D * np.square(w)[:, None]).T @ D
        if self.log_link:
            hessian += (D * s[:, None]).T @ self.Z
        return D.T @ s, hessian

    def maximise(self, start: FloatArray, free: NDArray[np.bool_]) -> tuple[FloatArray, bool]:
        """Climb from `start`, moving the coefficients in `free`, by damped Newton steps.

        Parameters
        ----------
        start : ndarray of shape (q,)
            Inside the parameter space.
        free : ndarray of bool, shape (q,)

        Returns
        -------
        alpha : ndarray of shape (q,)
        converged : bool
            Whether the gradient is zero to rounding and the Hessian negative definite.
        """
        alpha = start.copy()
        value = self.value(alpha)
        damping = 1e-3
        for _ in range(_MAX_STEPS):
            full_gradient, full_hessian = self.derivatives(alpha)
            gradient, hessian = full_gradient[free], full_hessian[np.ix_(free, free)]
            curvature = np.maximum(np.abs(np.diag(hessian)), 1e-12)
            unit = 1.0 / np.sqrt(curvature)
            scaled = -hessian * np.outer(unit, unit)
            eigenvalues, vectors = np.linalg.eigh(scaled)
            direction = vectors.T @ (gradient * unit)
            promise = float(np.square(direction).sum() / max(eigenvalues.max(), 1e-12))
            if promise <= 1e-22 * (1.0 + abs(value)) and eigenvalues.min() > 0:
                return alpha, True
            moved = False
            for _ in range(60):
                shifted = np.maximum(eigenvalues, 0.0) + damping
                if damping < 1e-12 and eigenvalues.min() > 1e-10:
                    shifted = eigenvalues
                step = np.zeros_like(alpha)
                step[free] = unit * (vectors @ (direction / shifted))
                new = self.value(alpha + step)
                if new > value or (new >= value - 1e-13 * abs(value) and damping < 1e-10):
                    gain = new - value
                    alpha, value = alpha + step, new
                    damping = max(damping * 0.05, 1e-16)
                    moved = True
                    break
                damping = max(damping, 1e-12) * 8.0
                if damping > 1e14:
                    break
            if not moved or (abs(gain) <= 1e-15 * abs(value) and damping <= 1e-15):
                break
        full_gradient, full_hessian = self.derivatives(alpha)
        hessian = full_hessian[np.ix_(free, free)]
        eigenvalues = np.linalg.eigvalsh(-hessian)
        if eigenvalues.min() <= 0:
            return alpha, False
        newton = np.linalg.solve(-hessian, full_gradient[free])
        return alpha, bool(abs(float(newton @ full_gradient[free])) <= 1e-12 * (1.0 + abs(value)))
