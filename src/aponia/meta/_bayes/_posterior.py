"""One-dimensional posterior distributions: densities, probabilities, quantiles, intervals."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from aponia.meta._bayes._quadrature import NODES, WEIGHTS, Panels
from aponia.meta._inputs import FloatArray
from aponia.meta.errors import InputError, MethodError

__all__ = ["IntervalKind", "NormalMixture", "Posterior", "TauPosterior"]

IntervalKind = Literal["shortest", "central"]


class Posterior(ABC):
    """A posterior distribution on the line.

    Attributes
    ----------
    mean, sd : float
        ``inf`` (sd) or NaN (mean) where the moment does not exist, which can only happen with a
        heavy-tailed prior on tau and very few studies; medians and intervals always exist.
    """

    mean: float
    sd: float

    @abstractmethod
    def density(self, x: ArrayLike) -> FloatArray:
        """Density at `x`, of the shape of `x`."""

    @abstractmethod
    def cdf(self, x: ArrayLike) -> FloatArray:
        """P(value <= x), of the shape of `x`."""

    @abstractmethod
    def sf(self, x: ArrayLike) -> FloatArray:
        """P(value > x), of the shape of `x`, exact far in the upper tail."""

    @abstractmethod
    def quantile(self, p: ArrayLike) -> FloatArray:
        """Inverse of `cdf`, of the shape of `p`."""

    @abstractmethod
    def _slope(self, x: float) -> float:
        """Return the derivative of the density."""

    @property
    @abstractmethod
    def mode(self) -> float:
        """Highest point of the density."""

    @cached_property
    def median(self) -> float:
        """The value with probability one half on either side."""
        return float(self.quantile(0.5))

    def prob_above(self, x: float) -> float:
        """P(value > x)."""
        return float(self.sf(x))

    def prob_below(self, x: float) -> float:
        """P(value < x)."""
        return float(self.cdf(x))

    def interval(self, level: float = 0.95, kind: IntervalKind = "shortest") -> tuple[float, float]:
        """Credible interval.

        Parameters
        ----------
        level : float
            Probability inside.
        kind : {"shortest", "central"}
            Shortest interval (for a unimodal density the highest-density one), or equal tails.

        Returns
        -------
        lower, upper : float

        Raises
        ------
        InputError
            `level` is not between 0 and 1.
        MethodError
            Another `kind`.
        """
        if not 0 < level < 1:
            raise InputError(f"level must be between 0 and 1, found {level!r}")
        tail = (1 - level) / 2
        lower, upper = (float(q) for q in self.quantile([tail, 1 - tail]))
        if kind == "central":
            return lower, upper
        if kind != "shortest":
            raise MethodError(f"kind={kind!r}: choose 'shortest' or 'central'")
        polished = self._equal_height(lower, upper, level)
        return self._search_shortest(level) if polished is None else polished

    def _equal_height(self, lower: float, upper: float, level: float) -> tuple[float, float] | None:
        """Shortest interval of a unimodal density; None when it is not so simple."""
        return self._polish(lower, upper, level) if self._unimodal() else None

    def _polish(self, lower: float, upper: float, level: float) -> tuple[float, float] | None:
        """Newton steps to equal densities at both ends; None when they lead elsewhere."""
        for _ in range(50):
            fl, fu = (float(f) for f in self.density([lower, upper]))
            mass = float(self.cdf(upper)) - float(self.cdf(lower)) - level
            sl, su = self._slope(lower), self._slope(upper)
            determinant = fl * su - fu * sl
            if not math.isfinite(determinant) or determinant >= 0 or sl <= 0 or su >= 0:
                return None
            gap = fl - fu
            # solves mass + fu du - fl dl = 0 and gap + sl dl - su du = 0
            dl = (mass * su + gap * fu) / determinant
            du = (mass * sl + gap * fl) / determinant
            step = max(abs(dl), abs(du))
            limit = 0.3 * (upper - lower)
            if step > limit:
                dl, du = dl * limit / step, du * limit / step
            lower, upper = lower + dl, upper + du
            if step <= 1e-13 * (upper - lower) + 1e-15 * (abs(lower) + abs(upper)):
                return lower, upper
        return None

    def _unimodal(self) -> bool:
        low, high = (float(q) for q in self.quantile([1e-4, 1 - 1e-4]))
        x = np.linspace(low, high, 201)
        rise = np.diff(self.density(x))
        sign = np.sign(rise[np.abs(rise) > 1e-12 * np.max(np.abs(rise))])
        return int(np.sum(sign[1:] != sign[:-1])) <= 1

    def _search_shortest(self, level: float) -> tuple[float, float]:
        start, stop = self._tail_range(level)
        width, low, high = math.inf, 0.0, 0.0
        for count in (61, 21, 21, 21, 21):
            t = np.linspace(start, stop, count)
            ends = self.quantile(np.concatenate([t, np.minimum(t + level, 1 - 1e-15)]))
            lows, highs = ends[:count], ends[count:]
            j = int(np.argmin(highs - lows))
            if highs[j] - lows[j] <= width:
                width, low, high = float(highs[j] - lows[j]), float(lows[j]), float(highs[j])
            step = t[1] - t[0]
            start, stop = max(start, t[j] - step), min(stop, t[j] + step)
        polished = self._polish(low, high, level) if start > 0 else None
        if polished is not None and abs(polished[1] - polished[0] - width) <= 1e-3 * width:
            return polished
        return low, high

    def _tail_range(self, level: float) -> tuple[float, float]:
        return 1e-9 * (1 - level), (1 - level) * (1 - 1e-9)


def _invert(
    cdf: Callable[[FloatArray], FloatArray],
    sf: Callable[[FloatArray], FloatArray],
    density: Callable[[FloatArray], FloatArray],
    p: FloatArray,
    start: FloatArray,
    low: FloatArray,
    high: FloatArray,
) -> FloatArray:
    """Safeguarded Newton for all p at once; [low, high] must bracket."""
    x, low, high = start.copy(), low.copy(), high.copy()
    upper = p > 0.5
    for _ in range(200):
        # the smaller tail carries the digits
        error = np.where(upper, (1 - p) - sf(x), cdf(x) - p)
        high = np.where(error > 0, x, high)
        low = np.where(error <= 0, x, low)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = error / density(x)
        new = x - step
        outside = ~((new > low) & (new < high))
        new = np.where(outside, 0.5 * (low + high), new)
        done = (np.abs(new - x) <= 1e-15 * np.abs(x) + 1e-300) | (error == 0)
        x = np.where(error == 0, x, new)
        if done.all() or bool(np.all(high - low <= 4e-16 * np.maximum(np.abs(low), np.abs(high)))):
            break
    return x


@dataclass(frozen=True)
class NormalMixture(Posterior):
    """A mixture of normal distributions over the quadrature nodes of tau.

    Attributes
    ----------
    weight, location, scale : ndarray of shape (Q,)
        Weights sum to one.
    mean, sd : float
        See `Posterior`.
    """

    weight: FloatArray = field(repr=False)
    location: FloatArray = field(repr=False)
    scale: FloatArray = field(repr=False)
    mean: float
    sd: float

    def _z(self, x: ArrayLike) -> tuple[FloatArray, FloatArray]:
        points = np.asarray(x, dtype=np.float64)
        return points, (points[..., None] - self.location) / self.scale

    def density(self, x: ArrayLike) -> FloatArray:
        """Density at `x`, of the shape of `x`."""
        _, z = self._z(x)
        return np.asarray(np.exp(-0.5 * z**2) @ (self.weight / self.scale) / math.sqrt(2 * math.pi))

    def cdf(self, x: ArrayLike) -> FloatArray:
        """P(value <= x)."""
        return np.asarray(ndtr(self._z(x)[1]) @ self.weight)

    def sf(self, x: ArrayLike) -> FloatArray:
        """P(value > x)."""
        return np.asarray(ndtr(-self._z(x)[1]) @ self.weight)

    def quantile(self, p: ArrayLike) -> FloatArray:
        """Inverse of `cdf`; `p` strictly between 0 and 1."""
        points = np.asarray(p, dtype=np.float64)
        if not ((points > 0) & (points < 1)).all():
            raise InputError("probabilities must be strictly between 0 and 1")
        flat = points.ravel()
        z = ndtri(flat)
        each = self.location + self.scale * z[:, None]
        low, high = each.min(axis=1), each.max(axis=1)
        pad = 1e-12 * (np.abs(low) + np.abs(high)) + 1e-300
        start = each @ self.weight
        start = np.clip(start, low, high)
        out = _invert(self.cdf, self.sf, self.density, flat, start, low - pad, high + pad)
        return out.reshape(points.shape)

    def _slope(self, x: float) -> float:
        z = (x - self.location) / self.scale
        return float(-(z * np.exp(-0.5 * z**2)) @ (self.weight / self.scale**2)) / math.sqrt(
            2 * math.pi
        )

    @cached_property
    def mode(self) -> float:
        """Highest point of the density."""
        low, high = (float(q) for q in self.quantile([0.005, 0.995]))
        for _ in range(10):
            x = np.linspace(low, high, 41)
            j = int(np.argmax(self.density(x)))
            low, high = float(x[max(j - 1, 0)]), float(x[min(j + 1, 40)])
        sl, sh = self._slope(low), self._slope(high)
        if sl > 0 > sh:  # bisection on the slope is exact where the flat top is not
            for _ in range(80):
                middle = 0.5 * (low + high)
                low, high = (middle, high) if self._slope(middle) > 0 else (low, middle)
        return 0.5 * (low + high)


@dataclass(frozen=True)
class TauPosterior(Posterior):
    """Posterior of the between-study standard deviation.

    Attributes
    ----------
    panels : Panels
    log_density : callable
        Normalised log density of tau, vectorised over tau >= 0.
    mass : ndarray of shape (panels,)
        Probability in each panel.
    mean, sd : float
        See `Posterior`.
    """

    panels: Panels
    log_density: Callable[[FloatArray], FloatArray]
    mass: FloatArray
    mean: float
    sd: float

    def density(self, x: ArrayLike) -> FloatArray:
        """Density at `x` (zero below zero)."""
        points = np.asarray(x, dtype=np.float64)
        flat = np.atleast_1d(points).ravel()
        out = np.zeros(flat.size)
        inside = flat >= 0
        out[inside] = np.exp(self.log_density(flat[inside]))
        return out.reshape(points.shape)

    def _partial(self, x: ArrayLike, upper: bool) -> FloatArray:
        points = np.asarray(x, dtype=np.float64)
        flat = np.atleast_1d(points).ravel()
        edges = self.panels.edges
        with np.errstate(divide="ignore"):
            u = np.clip(np.log(np.maximum(flat, 0.0)), edges[0], edges[-1])
        j = np.clip(np.searchsorted(edges, u, side="right") - 1, 0, self.mass.size - 1)
        start, stop = (u, edges[j + 1]) if upper else (edges[j], u)
        half = 0.5 * (stop - start)
        nodes = (0.5 * (start + stop))[:, None] + half[:, None] * NODES
        inner = np.exp(self.log_density(np.exp(nodes).ravel()).reshape(nodes.shape) + nodes)
        inner = (inner @ WEIGHTS) * half
        if upper:
            rest = np.append(np.cumsum(self.mass[::-1])[::-1], 0.0)[j + 1]
        else:
            rest = np.append(0.0, np.cumsum(self.mass))[j]
        return np.asarray(np.clip(rest + inner, 0.0, 1.0)).reshape(points.shape)

    def cdf(self, x: ArrayLike) -> FloatArray:
        """P(tau <= x)."""
        return self._partial(x, upper=False)

    def sf(self, x: ArrayLike) -> FloatArray:
        """P(tau > x)."""
        return self._partial(x, upper=True)

    def quantile(self, p: ArrayLike) -> FloatArray:
        """Inverse of `cdf`; 0 at p = 0."""
        points = np.asarray(p, dtype=np.float64)
        if not ((points >= 0) & (points < 1)).all():
            raise InputError("probabilities must lie in [0, 1)")
        flat = np.atleast_1d(points).ravel()
        below = np.append(0.0, np.cumsum(self.mass))
        j = np.clip(np.searchsorted(below, flat, side="right") - 1, 0, self.mass.size - 1)
        low, high = np.exp(self.panels.edges[j]), np.exp(self.panels.edges[j + 1])
        share = np.clip((flat - below[j]) / np.maximum(self.mass[j], 1e-300), 0, 1)
        start = low + share * (high - low)
        low, high = low * (1 - 1e-9), high * (1 + 1e-9)
        out = _invert(self.cdf, self.sf, self.density, flat, start, low, high)
        return np.where(flat == 0, 0.0, out).reshape(points.shape)

    def _slope(self, x: float) -> float:
        h = 1e-5 * x
        up, down = self.density([x + h, x - h])
        return float(up - down) / (2 * h)

    def _equal_height(self, lower: float, upper: float, level: float) -> tuple[float, float] | None:
        whole = float(self.quantile(level))
        # decreasing from zero, or higher at zero than at the far end: start the interval at 0
        f0, fu = (float(f) for f in self.density([0.0, whole]))
        if f0 >= fu and (self.mode == 0.0 or self._unimodal()):
            return 0.0, whole
        return super()._equal_height(lower, upper, level)

    def _tail_range(self, level: float) -> tuple[float, float]:
        return 0.0, (1 - level) * (1 - 1e-9)

    @cached_property
    def mode(self) -> float:
        """Highest point of the density; 0 when it is highest at zero."""
        at_zero = float(self.density(0.0))
        if math.isinf(at_zero):
            return 0.0
        tau = np.exp(self.panels.u.ravel())
        heights = self.density(tau)
        j = int(np.argmax(heights))
        low = tau[j - 1] if j else 0.0
        high = tau[min(j + 1, tau.size - 1)]
        for _ in range(14):
            x = np.linspace(low, high, 11)
            f = self.density(x)
            j = int(np.argmax(f))
            low, high = float(x[max(j - 1, 0)]), float(x[min(j + 1, 10)])
        # near zero the density is flat to second order: a mode below rounding is zero
        if float(f[j]) <= at_zero * (1 + 1e-14):
            return 0.0
        return float(x[j])
