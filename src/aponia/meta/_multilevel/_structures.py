"""Terms of the form ``~ inner | outer``: correlation structures and unstructured matrices.

Sources: Pinheiro & Bates (2000), Mixed-Effects Models in S and S-PLUS, ch. 5 (autoregressive and
spatial structures); Berkey et al. (1998), Stat Med 17:2537 (unstructured); Ishak et al. (2007),
Clin Trials 4:525 (autoregressive meta-analysis).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aponia.meta._inputs import FloatArray
from aponia.meta._multilevel._blocks import Bucket, IntArray, gather, gather_pairs
from aponia.meta._multilevel._terms import BoolArray, Components, Term

__all__ = [
    "CORRELATION_STRUCTURES",
    "HETEROSCEDASTIC",
    "MATRIX_STRUCTURES",
    "SPATIAL",
    "CorrelationTerm",
]

SPATIAL = ("SPEXP", "SPGAU", "SPLIN", "SPRAT", "SPSPH")
HETEROSCEDASTIC = ("HCS", "HAR", "DIAG")
CORRELATION_STRUCTURES = ("CS", "HCS", "AR", "HAR", "CAR", "ID", "DIAG", *SPATIAL)
MATRIX_STRUCTURES = ("UN", "UNR", "GEN", "GDIAG")


class CorrelationTerm(Term):
    """Standard deviations times a correlation that is a function of a distance between levels.

    Parameters
    ----------
    name : str
    structure : str
        One of `CORRELATION_STRUCTURES`.
    outer, inner : ndarray of int, shape (k,)
        Codes of the outer and of the inner variable.
    inner_labels, outer_labels : sequence of str
    distance : ndarray of shape (L, L), optional
        Between inner levels (CAR: of the time points; spatial: of the places). For CS and ID the
        distance is 0 or 1, for AR the difference of the level numbers.
    variances : ndarray
        Known variances, NaN where estimated; length 1, or L for heteroscedastic structures.
    correlation : float
        A known correlation (range for spatial), NaN when estimated.
    """

    def __init__(
        self,
        name: str,
        structure: str,
        outer: IntArray,
        inner: IntArray,
        *,
        outer_labels: Sequence[str],
        inner_labels: Sequence[str],
        distance: FloatArray | None,
        variances: FloatArray,
        correlation: float,
    ) -> None:
        self.name, self.structure = name, structure
        self.outer, self.inner = outer, inner
        self.outer_labels, self.inner_labels = list(outer_labels), list(inner_labels)
        self.distance = distance
        self.has_rho = structure not in ("ID", "DIAG")
        self.m = len(inner_labels) if structure in HETEROSCEDASTIC else 1
        lo, hi = -1.0, 1.0
        self._unit = 1.0
        pair = outer * len(inner_labels) + inner
        if structure in ("CS", "HCS"):
            # Below -1/(n - 1) no n effects can have this correlation with each other; n is the
            # largest number of them that really occur together.
            together = np.unique(pair) // len(inner_labels)
            lo = -1.0 / max(int(np.bincount(together).max()) - 1, 1)
        rho = correlation
        if structure == "CAR" or structure in SPATIAL:
            assert distance is not None
            positive = distance[distance > 0]
            near = float(positive.min()) if positive.size else 1.0
            far = float(positive.max()) if positive.size else 1.0
            if structure == "CAR":
                # On the scale of rho ** (smallest gap) every exponent is at least 1: smooth at 0.
                lo, self._unit = 0.0, near
                rho = rho**near
            else:
                lo, hi = float(np.log(near / 20.0)), float(np.log(far * 1e3))
                rho = float(np.log(rho)) if np.isfinite(rho) else rho
        tail = [rho] if self.has_rho else []
        self.lower = np.r_[np.zeros(self.m), [lo] * len(tail)]
        self.upper = np.r_[np.full(self.m, np.inf), [hi] * len(tail)]
        self.fixed = np.r_[np.sqrt(variances), tail]
        self.free = np.isnan(self.fixed)
        self.zeroable = self.scales = np.r_[np.ones(self.m, bool), np.zeros(len(tail), bool)]
        self.n_natural = int(self.free.sum())
        independent = not self.has_rho or (structure in ("CS", "HCS") and correlation == 0.0)
        self.links = np.unique(pair, return_inverse=True)[1] if independent else outer
        self._combos, self._combo_of = np.unique(pair, return_inverse=True)
        self._same: list[BoolArray] = []
        self._lags: list[FloatArray] = []
        self._levels: list[IntArray] = []

    # the correlation function -------------------------------------------------------------

    def _lag(self, a: IntArray, b: IntArray) -> FloatArray:
        if self.structure in ("CS", "HCS", "ID", "DIAG"):
            return np.asarray(a != b, dtype=np.float64)
        if self.distance is None:
            return np.asarray(np.abs(a - b), dtype=np.float64)
        return np.asarray(self.distance[a, b]) / self._unit

    def _correlation(self, theta: float, d: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the correlation at distance `d` and its derivative in `theta`."""
        if self.structure in SPATIAL:
            return _spatial(self.structure, theta, d)
        if self.structure in ("CS", "HCS"):
            return np.where(d > 0, theta, 1.0), np.where(d > 0, 1.0, 0.0)
        c = np.where(d > 0, np.power(theta, d, where=d > 0, out=np.ones_like(d)), 1.0)
        slope = np.where(
            d > 0, d * np.power(theta, d - 1.0, where=d > 0, out=np.zeros_like(d)), 0.0
        )
        return c, slope

    def _split(self, eta: FloatArray) -> tuple[FloatArray, float]:
        sd = eta[: self.m]
        return sd, float(eta[self.m]) if self.has_rho else 0.0

    # Term ---------------------------------------------------------------------------------

    def bind(self, buckets: Sequence[Bucket]) -> None:
        self._same, self._lags, self._levels = [], [], []
        for bucket in buckets:
            level = gather(bucket, self.inner)
            same = gather_pairs(bucket, self.outer)
            lag = self._lag(level[:, :, None], level[:, None, :])
            if not self.has_rho:
                same = same & (lag == 0)
            self._same.append(same)
            self._lags.append(np.where(same, lag, 0.0))
            self._levels.append(level if self.m > 1 else np.zeros_like(level))

    def _kernel(self, eta: FloatArray, b: int) -> tuple[FloatArray, FloatArray]:
        _, theta = self._split(eta)
        same = self._same[b]
        if not self.has_rho:
            return same.astype(np.float64), np.zeros_like(self._lags[b])
        c, slope = self._correlation(theta, self._lags[b])
        return c * same, slope * same

    def add(self, eta: FloatArray, b: int, M: FloatArray) -> bool:
        sd, _ = self._split(eta)
        s = sd[self._levels[b]]
        M += s[:, :, None] * s[:, None, :] * self._kernel(eta, b)[0]
        return True

    def gradient(self, eta: FloatArray, S: Sequence[FloatArray]) -> FloatArray:
        sd, _ = self._split(eta)
        out = np.zeros(eta.size)
        for b, s_b in enumerate(S):
            c, slope = self._kernel(eta, b)
            s = sd[self._levels[b]]
            pull = 2.0 * np.einsum("bij,bij,bj->bi", s_b, c, s)
            out[: self.m] += np.bincount(
                self._levels[b].ravel(), weights=pull.ravel(), minlength=self.m
            )
            if self.has_rho:
                out[self.m] += np.einsum("bij,bij,bi,bj->", s_b, slope, s, s)
        return out

    def natural(self, eta: FloatArray) -> Components:
        sd, theta = self._split(eta)
        if not self.has_rho:
            return Components(sd**2, np.zeros(1))
        if self.structure == "CAR":
            theta = theta ** (1.0 / self._unit)
        elif self.structure in SPATIAL:
            theta = float(np.exp(theta))
        return Components(sd**2, np.array([theta]))

    def internal(self, components: Components) -> FloatArray:
        sd = np.sqrt(components.variances)
        if not self.has_rho:
            return sd
        theta = float(components.correlations[0])
        if self.structure == "CAR":
            theta = theta**self._unit
        elif self.structure in SPATIAL:
            theta = float(np.log(theta))
        return np.asarray(np.r_[sd, theta])

    def starts(self, variance: float) -> list[FloatArray]:
        sd = np.full(self.m, np.sqrt(variance))
        if not self.has_rho:
            return [sd]
        if self.structure in SPATIAL:
            # Between half the smallest and a few times the largest distance; the profile in the
            # range often has several maxima.
            lo, hi = self.lower[-1] + np.log(10.0), self.upper[-1] - np.log(3e2)
            grid = np.linspace(lo, hi, 32)
        elif self.structure == "CAR":
            grid = np.array([0.5, 0.95, 0.1])
        else:
            grid = np.array([0.5, 0.95, -0.5])
        return [np.r_[sd, t] for t in grid]

    def cross(self, eta: FloatArray) -> FloatArray:
        L = len(self.inner_labels)
        outer, inner = self._combos // L, self._combos % L
        sd, theta = self._split(eta)
        s = sd if self.m > 1 else np.full(L, sd[0])
        lag = self._lag(inner[:, None], self.inner[None, :])
        same = outer[:, None] == self.outer[None, :]
        c = self._correlation(theta, lag)[0] if self.has_rho else np.asarray(lag == 0, float)
        return np.asarray(same * c * s[inner][:, None] * s[self.inner][None, :])

    def prior(self, eta: FloatArray) -> FloatArray:
        sd, _ = self._split(eta)
        inner = self._combos % len(self.inner_labels)
        return np.asarray((sd[inner] if self.m > 1 else np.full(inner.size, sd[0])) ** 2)

    def effect_labels(self) -> list[str]:
        L = len(self.inner_labels)
        return [f"{self.inner_labels[c % L]} | {self.outer_labels[c // L]}" for c in self._combos]

    def row_variance(self, eta: FloatArray) -> FloatArray:
        return self.prior(eta)[self._combo_of]

    def matrix(self, eta: FloatArray) -> FloatArray:
        """Return the covariance matrix between the inner levels, shape (L, L)."""
        L = len(self.inner_labels)
        sd, theta = self._split(eta)
        s = sd if self.m > 1 else np.full(L, sd[0])
        a = np.arange(L)
        lag = self._lag(a[:, None], a[None, :])
        c = self._correlation(theta, lag)[0] if self.has_rho else np.asarray(lag == 0, float)
        return np.asarray(s[:, None] * s[None, :] * c)


def _spatial(structure: str, theta: float, d: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return a spatial correlation and its derivative in the logarithm of the range."""
    u = d * np.exp(-theta)
    if structure == "SPEXP":
        c = np.exp(-u)
        return c, u * c
    if structure == "SPGAU":
        c = np.exp(-(u**2))
        return c, 2.0 * u**2 * c
    if structure == "SPRAT":
        c = 1.0 / (1.0 + u**2)
        return c, 2.0 * u**2 * c**2
    inside = u < 1.0
    if structure == "SPLIN":
        return np.where(inside, 1.0 - u, 0.0), np.where(inside, u, 0.0)
    c = np.where(inside, 1.0 - 1.5 * u + 0.5 * u**3, 0.0)
    return c, np.where(inside, 1.5 * u - 1.5 * u**3, 0.0)
