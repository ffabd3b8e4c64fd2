"""Gauss-Legendre panels on log(tau), bisected until the integrand is resolved."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from aponia.meta._inputs import FloatArray
from aponia.meta.errors import ConvergenceError

__all__ = ["NODES", "Panels", "build_panels", "locate"]

NODES, WEIGHTS = np.polynomial.legendre.leggauss(20)
# projects values at the nodes on the three highest Legendre polynomials the rule can see
_HIGHEST = np.stack(
    [(n + 0.5) * WEIGHTS * np.polynomial.legendre.Legendre.basis(n)(NODES) for n in (17, 18, 19)]
)
_DROP = 46.0  # exp(-46) = 1e-20: what is left out on either side
_MAX_PANELS = 4000


@dataclass(frozen=True)
class Panels:
    """Nodes and weights for integrals over log(tau), and the panel edges.

    Attributes
    ----------
    edges : ndarray of shape (panels + 1,)
        On log(tau).
    u, weight : ndarray of shape (panels, 20)
        Nodes and weights on log(tau).
    """

    edges: FloatArray
    u: FloatArray
    weight: FloatArray


def locate(
    log_integrand: Callable[[FloatArray], FloatArray],
    anchors: FloatArray,
    upper: float,
    growth: float,
) -> tuple[FloatArray, float]:
    """Find where the integrand over log(tau) lives.

    Parameters
    ----------
    log_integrand : callable
        Log of density times tau as a function of u = log(tau).
    anchors : ndarray
        Values of u near which features are expected.
    upper : float
        Largest u of the support.
    growth : float
        Power of tau that later moments multiply the integrand with.

    Returns
    -------
    cuts : ndarray
        First panel edges: the range that holds all but 1e-20, the mode, and edges close to it
        when the peak is narrow.
    top : float
        The log integrand at the mode.
    """
    a, b = float(anchors.min()), float(anchors.max())
    grid = np.unique(
        np.concatenate(
            [
                np.arange(a - 110, a - 6, 1.0),
                np.arange(a - 6, min(b + 8, upper), 0.04),
                np.arange(b + 8, min(b + 330, upper), 1.0),
                anchors[anchors < upper],
                [upper] if math.isfinite(upper) else [],
            ]
        )
    )
    h = log_integrand(grid)
    if not np.isfinite(h).any():
        raise ConvergenceError(
            "the posterior of tau is numerically zero everywhere: check the prior and the data"
        )
    best = int(np.nanargmax(h))
    left, right = grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)]
    peak, top = _golden(log_integrand, left, right)
    if h[best] >= top:
        peak, top = float(grid[best]), float(h[best])
    inside = np.flatnonzero(h > top - _DROP)
    # the right edge is set by the heaviest moment that will be asked for
    heavy = np.flatnonzero(h + growth * np.maximum(grid - peak, 0) > top - _DROP)
    low = peak - 1e-3 if inside.size == 0 else float(grid[max(inside[0] - 1, 0)])
    high = peak + 1e-3 if heavy.size == 0 else float(grid[min(heavy[-1] + 1, grid.size - 1)])
    low, high = min(low, peak), min(max(high, peak), upper)
    cuts = [low, peak, high]
    for side in (-1.0, 1.0):
        # how far the integrand takes to fall by a factor e: a spike would slip between nodes
        distance = 1e-13 * max(1.0, abs(peak))
        while distance < 1 and _at(log_integrand, peak + side * distance) > top - 1:
            distance *= 2
        cuts.extend(peak + side * distance * f for f in (4.0, 16.0, 64.0))
    inside_cuts = np.unique(np.clip(cuts, low, high))
    return inside_cuts, top


def _at(f: Callable[[FloatArray], FloatArray], u: float) -> float:
    return float(f(np.array([u]))[0])


def _golden(
    f: Callable[[FloatArray], FloatArray], left: float, right: float
) -> tuple[float, float]:
    for _ in range(12):
        x = np.linspace(left, right, 9)
        y = f(x)
        j = int(np.argmax(y))
        left, right = x[max(j - 1, 0)], x[min(j + 1, 8)]
    return float(x[j]), float(y[j])


def build_panels(
    functionals: Callable[[FloatArray], FloatArray],
    cuts: FloatArray,
    tolerance: float = 1e-11,
) -> Panels:
    """Bisect panels until every functional is resolved on each.

    Parameters
    ----------
    functionals : callable
        From u of shape (n,) to values of shape (m, n): the integrands that must be right.
    cuts : ndarray
        First panel edges on log(tau), from `locate`.
    tolerance : float
        Largest allowed size of the last Legendre coefficients relative to the whole integral;
        the integration error is about its square.

    Returns
    -------
    Panels

    Raises
    ------
    ConvergenceError
        More than 4000 panels would be needed.
    """
    pieces = [
        np.linspace(a, b, math.ceil(max(b - a, 1e-300) / 4) + 1)[:-1]
        for a, b in pairwise(cuts.tolist())
    ]
    todo = np.append(np.concatenate(pieces), cuts[-1])
    todo = np.column_stack([todo[:-1], todo[1:]])
    done: list[FloatArray] = []
    total: FloatArray | None = None
    for _ in range(40):
        half = 0.5 * (todo[:, 1] - todo[:, 0])
        u = 0.5 * (todo[:, :1] + todo[:, 1:]) + half[:, None] * NODES
        values = functionals(u.ravel())
        values = values.reshape(values.shape[0], *u.shape)
        now = np.einsum("mpn,n,p->m", np.abs(values), WEIGHTS, half)
        total = now if total is None else np.maximum(total, now)
        rest = np.abs(np.einsum("mpn,cn->mpc", values, _HIGHEST)).max(axis=2) * half
        scale = np.where(total > 0, total, 1.0)
        good = (rest <= tolerance * scale[:, None]).all(axis=0) | (half < 1e-15)
        done.extend(todo[good])
        todo = todo[~good]
        if todo.size == 0:
            break
        if len(done) + 2 * len(todo) > _MAX_PANELS:
            raise ConvergenceError("the posterior of tau could not be resolved by quadrature")
        middle = 0.5 * (todo[:, 0] + todo[:, 1])
        todo = np.vstack(
            [np.column_stack([todo[:, 0], middle]), np.column_stack([middle, todo[:, 1]])]
        )
    done.extend(todo)
    pairs = np.array(sorted(map(tuple, done)))
    half = 0.5 * (pairs[:, 1] - pairs[:, 0])
    u = 0.5 * (pairs[:, :1] + pairs[:, 1:]) + half[:, None] * NODES
    edges = np.append(pairs[:, 0], pairs[-1, 1])
    return Panels(edges, u, half[:, None] * WEIGHTS)
