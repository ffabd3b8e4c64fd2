"""Exact probabilities of a Brownian motion watched at given times (Armitage et al. 1969).

The density of the paths that have not stopped is carried from look to look on Gauss-Legendre
nodes (Jennison & Turnbull 2000, ch. 19). Panels span at most two standard deviations of the steps before
and after, so 16 nodes each make the integrals exact to rounding.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from aponia.meta._inputs import FloatArray

__all__ = ["Paths", "start"]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
#: Standard deviations beyond which no mass is kept.
_FAR = 9.5


@dataclass(frozen=True)
class Paths:
    """Paths that have not stopped, just before a look.

    The score ``S`` at information fraction t has mean ``drift * t`` and variance t.

    Attributes
    ----------
    t : float
        Fraction at the last look.
    score : ndarray of shape (m,)
        Nodes.
    mass : ndarray of shape (m,)
        Probability carried by each.
    drift : float
    """

    t: float
    score: FloatArray
    mass: FloatArray
    drift: float

    def above(self, t: float, z: float) -> float:
        """Return the probability to reach time `t` and be above `z` there (on the Z scale)."""
        if z == math.inf:
            return 0.0
        step = t - self.t
        x = (z * math.sqrt(t) - self.score - self.drift * step) / math.sqrt(step)
        return float(self.mass @ ndtr(-x))

    def below(self, t: float, z: float) -> float:
        """Return the probability to reach time `t` and be below `z` there."""
        if z == -math.inf:
            return 0.0
        step = t - self.t
        x = (z * math.sqrt(t) - self.score - self.drift * step) / math.sqrt(step)
        return float(self.mass @ ndtr(x))

    def within(self, t: float, low: float, high: float) -> float:
        """Return the probability to reach time `t` and be between two bounds there."""
        step = t - self.t
        root = math.sqrt(step)
        at = self.score + self.drift * step
        upper = (high * math.sqrt(t) - at) / root
        lower = (low * math.sqrt(t) - at) / root
        return float(self.mass @ np.maximum(ndtr(upper) - ndtr(lower), 0.0))

    def go_on(
        self, t: float, regions: Sequence[tuple[float, float]], following: float | None
    ) -> Paths:
        """Return the paths that lie in one of the `regions` (Z scale) at time `t`.

        Parameters
        ----------
        t : float
        regions : sequence of (low, high)
        following : float or None
            Time of the look after this one: what is carried on must be resolved on the scale of
            that step too. None after the last look, when nothing is carried on.
        """
        if following is None:
            return Paths(t, np.zeros(1), np.zeros(1), self.drift)
        step = t - self.t
        root, scale = math.sqrt(step), math.sqrt(t)
        low_end = float(self.score.min()) + self.drift * step - _FAR * root
        high_end = float(self.score.max()) + self.drift * step + _FAR * root
        scores, weights = [], []
        for low, high in regions:
            a, b = max(low * scale, low_end), min(high * scale, high_end)
            if not b > a:
                continue
            panels = max(1, math.ceil((b - a) / (2.0 * min(root, math.sqrt(following - t)))))
            edges = np.linspace(a, b, panels + 1)
            half = np.diff(edges) / 2
            centre = edges[:-1] + half
            scores.append((centre[:, None] + half[:, None] * _NODES).ravel())
            weights.append((half[:, None] * _WEIGHTS).ravel())
        if not scores:
            return Paths(t, np.zeros(1), np.zeros(1), self.drift)
        s, w = np.concatenate(scores), np.concatenate(weights)
        x = (s[:, None] - self.score[None, :] - self.drift * step) / root
        density = np.exp(-0.5 * x * x) @ self.mass / (root * math.sqrt(2 * math.pi))
        mass = w * density
        # Nodes that carry nothing only cost time at the next look.
        keep = mass > 1e-300
        if not keep.any():
            return Paths(t, np.zeros(1), np.zeros(1), self.drift)
        return Paths(t, s[keep], mass[keep], self.drift)


def start(drift: float = 0.0) -> Paths:
    """Return all paths before the first look."""
    return Paths(0.0, np.zeros(1), np.ones(1), drift)
