"""Likelihood of a study with normal random effects, by adaptive Gauss-Hermite quadrature."""

from __future__ import annotations

import itertools
import math

import numpy as np

from aponia.meta._inputs import FloatArray
from aponia.meta.counts._families import Family
from aponia.meta.errors import ConvergenceError

__all__ = ["conditional_loglik", "marginal_loglik"]


def _nodes(n: int, r: int) -> tuple[FloatArray, FloatArray]:
    """Return the nodes (Q, r) and log weights (Q,) for the standard normal density."""
    x, w = np.polynomial.hermite_e.hermegauss(n)
    with np.errstate(divide="ignore"):
        # hermegauss underflows to weight 0 only beyond 150 nodes; such nodes are left out.
        logw = np.log(w) + 0.5 * x**2
    keep = np.isfinite(logw)
    x, logw = x[keep], logw[keep]
    grid = np.array(list(itertools.product(x, repeat=r)))
    weights = np.array([sum(t) for t in itertools.product(logw, repeat=r)])
    return grid, weights - 0.5 * r * math.log(2 * math.pi)


def marginal_loglik(family: Family, a: FloatArray, loading: FloatArray, nagq: int) -> FloatArray:
    """Integrate the random effects out of each study's likelihood.

    The linear predictor of observation j is ``a_j + loading_j' u`` with u standard normal.
    The integrand is centred at its mode and scaled by its curvature there (Pinheiro & Bates
    1995; Liu & Pierce 1994); ``nagq = 1`` is the Laplace approximation.

    Parameters
    ----------
    family : Family
    a : ndarray of shape (P, k, m)
        P points at which the likelihood is wanted.
    loading : ndarray of shape (P, m, r)
        r = 0, 1 or 2 random effects.
    nagq : int
        Nodes a dimension.

    Returns
    -------
    ndarray of shape (P, k)
        Without `family.constant`.

    Raises
    ------
    ConvergenceError
        The mode of a study's integrand was not found.
    """
    P, k, _ = a.shape
    r = loading.shape[2]
    if r == 0:
        return np.asarray(family.loglik(a[..., None])[..., 0])
    u, curvature = _mode(family, a, loading)
    L = np.linalg.cholesky(np.linalg.inv(curvature))
    logdet = np.log(np.einsum("pkii->pki", L)).sum(axis=-1)
    nodes, logw = _nodes(nagq, r)
    at = u[..., None] + np.einsum("pkrs,qs->pkrq", L, nodes)
    eta = a[..., None] + np.einsum("pmr,pkrq->pkmq", loading, at)
    log_integrand = family.loglik(eta) - 0.5 * np.sum(at**2, axis=2) + logw
    top = log_integrand.max(axis=-1, keepdims=True)
    total = top[..., 0] + np.log(np.exp(log_integrand - top).sum(axis=-1))
    # logw carries one factor (2 pi)^(-r/2) from the density; the nodes' own normalisation
    # (weights that sum to sqrt(2 pi)) makes the change of variables exact.
    return np.asarray(total + logdet).reshape(P, k)


def conditional_loglik(family: Family, a: FloatArray, loading: FloatArray) -> float:
    """Return the log-likelihood given the random effects at their modes, constants included.

    Parameters
    ----------
    family : Family
    a : ndarray of shape (k, m)
    loading : ndarray of shape (m, r)
    """
    if loading.shape[1] == 0:
        return float(family.loglik(a[None, :, :, None]).sum()) + family.constant
    u, _ = _mode(family, a[None], loading[None])
    eta = a[None] + np.einsum("mr,pkr->pkm", loading, u)
    return float(family.loglik(eta[..., None]).sum()) + family.constant


def _mode(family: Family, a: FloatArray, loading: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the mode (P, k, r) of log-likelihood minus u'u/2, and minus its Hessian there."""
    P, k, _ = a.shape
    r = loading.shape[2]
    u = np.zeros((P, k, r))
    eye = np.eye(r)

    def at(u: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        eta = a + np.einsum("pmr,pkr->pkm", loading, u)
        ll, d1, d2 = family.slopes(eta[..., None])
        grad = np.einsum("pmr,pkm->pkr", loading, d1[..., 0]) - u
        curvature = eye - np.einsum("pmr,pkm,pms->pkrs", loading, d2[..., 0], loading)
        return ll[..., 0] - 0.5 * np.sum(u**2, axis=-1), grad, curvature

    value, grad, curvature = at(u)
    for _ in range(200):
        step = np.linalg.solve(curvature, grad[..., None])[..., 0]
        gain = np.sum(step * grad, axis=-1)
        if float(gain.max()) < 1e-22:
            return u + step, curvature
        scale = np.ones((P, k, 1))
        for _ in range(60):
            new_value, new_grad, new_curvature = at(u + scale * step)
            worse = new_value < value - 1e-9 * (1 + np.abs(value))
            if not worse.any():
                break
            scale[worse] *= 0.5
        u = u + scale * step
        value, grad, curvature = new_value, new_grad, new_curvature
        if float(gain.max()) < 1e-14:
            # Newton squares the error: what is left after this step is below rounding.
            return u, curvature
    raise ConvergenceError("the mode of a study's random effect was not found")
