"""The exact distribution of y' A y, a weighted sum of independent chi-squared variables.

The Laplace transform of its density is det(I + 2 s A M)^(-1/2). All its singularities lie on the
negative real axis, so the distribution function is a contour integral that the trapezoidal rule on
a parabola through the saddle point evaluates with exponential convergence (Trefethen & Weideman
2014): a hundred nodes give ten digits, whatever the spread of the weights. The determinant is taken through the k x p basis
of `project`, so no eigenvalues and no k x k matrix are needed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aponia.meta.kernels.projection import Projection

__all__ = ["quadratic_form_cdf", "solve_tau2"]

FloatArray = NDArray[np.float64]
# Bends of the contour to try (1 is a parabola around the cut, 0 a vertical line), with the step
# of the trapezoidal rule and the number of its nodes.
_CONTOURS = ((1.0, 0.11, 100), (0.3, 0.07, 250), (0.1, 0.06, 400), (0.0, 0.06, 800))


def quadratic_form_cdf(q: float, a: Projection, m: FloatArray) -> float:
    """Return P(y' A y <= q) when y ~ N(X beta, diag(m)).

    Parameters
    ----------
    q : float
        Not negative.
    a : Projection of one fit
        Defines A (see `aponia.meta.kernels.projection`).
    m : ndarray of shape (k,)
        True variances v + tau2.

    Returns
    -------
    float

    References
    ----------
    Jackson D (2013). Research Synthesis Methods 4:220-229.
    Trefethen LN, Weideman JAC (2014). SIAM Review 56:385-458.
    """
    if q <= 0.0:
        return 0.0
    load = a.w * m / q
    c = _saddle_point(load, a.U.shape[-1])
    # s q = c (1 + 2 i u - bend u^2): through the saddle point, then leftwards around the negative
    # axis. With many similar terms the determinant grows to the left, and a straighter line is
    # needed; with few, only a bent one makes the integrand die out. Two contours that agree have
    # both converged, for their errors have nothing in common.
    values: list[float] = []
    for bend, step, count in _CONTOURS:
        u = step * (np.arange(count) + 0.5)
        z = c * (1.0 + 2.0j * u - bend * u * u)
        with np.errstate(over="ignore", invalid="ignore"):
            integrand = np.exp(z - 0.5 * _log_det(z, load, a.U))
            integrand *= c * (1.0 + 1.0j * bend * u) / z
            values.append(float(integrand.real.sum()) * 2.0 * step / np.pi)
        if len(values) > 1 and abs(values[-1] - values[-2]) < 1e-12:
            break
    return min(max(values[-1], 0.0), 1.0)


def _log_det(z: Any, load: FloatArray, U: FloatArray) -> Any:
    """Return log det(I + 2 s A M) at s = z / q, on the branch that is real on the positive axis."""
    d = 1.0 + 2.0 * z[:, None] * load
    total = np.log(d).sum(-1)
    G = np.einsum("ia,ni,ib->nab", U, 1.0 / d, U, optimize=True)
    # Pivots of a symmetric elimination: each is a ratio of determinants with interlacing
    # eigenvalues, whose argument stays inside (-pi, pi), so principal logarithms add up rightly.
    for j in range(G.shape[-1]):
        pivot = G[:, j, j].copy()
        total = total + np.log(pivot)
        G = G - G[:, :, j : j + 1] * G[:, j : j + 1, :] / pivot[:, None, None]
    return total


def _saddle_point(load: FloatArray, p: int) -> float:
    """Return about where exp(z) / (z sqrt(det)) is smallest on the positive axis."""
    share = (load.size - p) / load.size
    z = 1.0
    for _ in range(100):
        inner = load / (1.0 + 2.0 * load * z)
        slope = 1.0 - share * float(inner.sum()) - 1.0 / z
        curvature = 2.0 * share * float(np.square(inner).sum()) + 1.0 / z**2
        new = max(z - slope / curvature, 0.2 * z)
        if abs(new - z) < 1e-3 * z:
            return new
        z = new
    return z


def solve_tau2(q: float, a: Projection, v: FloatArray, probability: float) -> float:
    """Return the tau2 at which P(y' A y <= q) equals `probability`, or 0 if it is below there.

    The probability decreases in tau2, so the solution is unique.
    """

    def excess(t: float) -> float:
        return quadratic_form_cdf(q, a, v + t) - probability

    if excess(0.0) <= 0.0:
        return 0.0
    high = max(q / max(float(a.trace), 1e-300), float(v.min()), 1e-300)
    while excess(high) > 0.0:
        high *= 2.0
    from scipy.optimize import brentq  # here: most fits never need it

    return float(brentq(excess, 0.0, high, xtol=1e-15 * high, rtol=4e-15, maxiter=500))
