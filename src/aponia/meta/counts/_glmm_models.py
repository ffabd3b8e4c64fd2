"""From counts to likelihoods: the models of Stijnen et al. (2010) and their saturated versions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlog1py, xlogy

from aponia.meta._inputs import FloatArray
from aponia.meta.counts._cells import Cells
from aponia.meta.counts._families import Binomial, Family, Hypergeometric, Poisson
from aponia.meta.counts._maximise import MarginalModel, maximise
from aponia.meta.errors import InputError

__all__ = ["GlmmData", "Saturated", "glmm_data", "model_of", "saturated"]


@dataclass(frozen=True)
class GlmmData:
    """What the likelihood is made of.

    Attributes
    ----------
    measure, model : str
    family : Family
    offset : ndarray of shape (k, m)
        m = 2 (both groups) for unconditional models, 1 otherwise.
    exposed : ndarray of shape (m,)
        1 where the effect enters the linear predictor.
    X : ndarray of shape (k, p)
    cells : Cells
    """

    measure: str
    model: str
    family: Family
    offset: FloatArray
    exposed: FloatArray
    X: FloatArray
    cells: Cells

    @property
    def k(self) -> int:
        """Number of studies."""
        return int(self.offset.shape[0])

    @property
    def m(self) -> int:
        """Number of observations of a study."""
        return int(self.offset.shape[1])


def _integers(cells: Cells) -> None:
    values = np.concatenate([cells.first, cells.second, cells.third, cells.fourth])
    if (values != np.round(values)).any():
        raise InputError("model 'CM.EL' needs whole numbers of people")


def glmm_data(cells: Cells, X: FloatArray, measure: str, model: str) -> GlmmData:
    """Build the family and the offsets of a model.

    Parameters
    ----------
    cells : Cells
    X : ndarray of shape (k, p)
    measure : {"OR", "IRR", "PLO", "IRLN"}
    model : {"UM.FS", "UM.RS", "CM.EL", "CM.AL", ""}

    Returns
    -------
    GlmmData

    Raises
    ------
    InputError
        Counts that are not whole where the exact likelihood needs them.
    """
    k = cells.k
    one = np.ones(1)
    zero = np.zeros((k, 1))
    family: Family
    if measure == "PLO":
        x = cells.first[:, None]
        family, offset = Binomial(x, x + cells.second[:, None]), zero
    elif measure == "IRLN":
        family = Poisson(cells.first[:, None], np.ones((k, 1)))
        offset = np.log(cells.second)[:, None]
    elif model in ("UM.FS", "UM.RS"):
        if measure == "OR":
            x = np.column_stack([cells.first, cells.third])
            n = np.column_stack([cells.first + cells.second, cells.third + cells.fourth])
            family, offset = Binomial(x, n), np.zeros((k, 2))
        else:
            family = Poisson(np.column_stack([cells.first, cells.second]), np.ones((k, 2)))
            offset = np.log(np.column_stack([cells.third, cells.fourth]))
        one = np.array([1.0, 0.0])
    elif measure == "IRR":
        x = cells.first[:, None]
        family = Binomial(x, x + cells.second[:, None])
        offset = np.log(cells.third / cells.fourth)[:, None]
    else:
        n1, n2 = cells.first + cells.second, cells.third + cells.fourth
        m1 = cells.first + cells.third
        if model == "CM.EL":
            _integers(cells)
            family, offset = Hypergeometric(cells.first, n1, n2, m1), zero
        else:
            family = Binomial(cells.first[:, None], m1[:, None])
            offset = np.log(n1 / n2)[:, None]
    return GlmmData(measure, model, family, offset, one, X, cells)


def model_of(
    data: GlmmData,
    *,
    random_effect: bool,
    nagq: int,
    coding: float = 0.5,
    correlated: bool = False,
    effects: FloatArray | None = None,
) -> MarginalModel:
    """Return the likelihood with its fixed design and random loadings.

    Parameters
    ----------
    data : GlmmData
    random_effect : bool
        Whether the effects vary between studies (the first loading).
    nagq : int
    coding : float
        The random effect enters group 1 times `coding` and group 2 times ``coding - 1``.
    correlated : bool
        Whether the random study intercepts of UM.RS correlate with the effects.
    effects : ndarray of shape (k, p), optional
        Another design of the effects (the saturated one).

    Returns
    -------
    MarginalModel
        Fixed parameters: effects, then study intercepts (UM.FS) or their mean (UM.RS).
        Loadings: effect, then intercept (and before it their covariance).
    """
    X = data.X if effects is None else effects
    k, m = data.k, data.m
    parts = [data.exposed[None, :, None] * X[:, None, :]]
    if data.model == "UM.FS":
        parts.append(np.repeat(np.eye(k)[:, None, :], m, axis=1))
    elif data.model == "UM.RS":
        parts.append(np.ones((k, m, 1)))
    design = np.concatenate(parts, axis=2)
    z = np.array([coding, coding - 1]) if m == 2 else np.ones(1)
    if data.model == "UM.RS":
        r = 2 if random_effect else 1
        patterns = []
        if random_effect:
            patterns.append(np.column_stack([z, np.zeros(m)]))
            if correlated:
                patterns.append(np.column_stack([np.ones(m), np.zeros(m)]))
        intercept = np.zeros((m, r))
        intercept[:, -1] = 1
        patterns.append(intercept)
    elif random_effect:
        patterns = [z[:, None]]
    else:
        patterns = []
    stacked = np.array(patterns) if patterns else np.zeros((0, m, 0))
    return MarginalModel(data.family, data.offset, design, stacked, nagq)


@dataclass(frozen=True)
class Saturated:
    """One free effect a study: log-likelihood, the finite effects and their information."""

    loglik: float
    finite: NDArray[np.bool_]
    effects: FloatArray
    information: FloatArray

    def wald(self, X: FloatArray) -> float:
        """Return the Wald statistic of ``effects = X beta``."""
        X = X[self.finite]
        W, theta = self.information, self.effects
        XW = X.T @ W
        fitted = X @ np.linalg.lstsq(XW @ X, XW @ theta, rcond=None)[0]
        gap = theta - fitted
        return float(gap @ W @ gap)


def saturated(data: GlmmData, nagq: int, equal: FloatArray) -> Saturated:
    """Fit one free effect a study (the alternative of the heterogeneity tests).

    An effect that runs off to infinity (an empty cell) is given its limit: the study's
    contribution to the likelihood stays finite, and to the Wald test it is zero.

    Parameters
    ----------
    data : GlmmData
    nagq : int
    equal : ndarray
        Optimum without heterogeneity; its last two values start the UM.RS fit.

    Returns
    -------
    Saturated
        For UM.FS over the studies given, which must have events and non-events.
    """
    c = data.cells
    if data.model == "UM.RS":
        return _saturated_random_studies(data, nagq, equal)
    if isinstance(data.family, Hypergeometric):
        return _saturated_hypergeometric(data)
    with np.errstate(divide="ignore"):
        if data.measure == "PLO":
            variance, logodds = 1 / c.first + 1 / c.second, np.log(c.first) - np.log(c.second)
        elif data.measure == "IRLN":
            variance, logodds = 1 / c.first, np.log(c.first) - np.log(c.second)
        elif data.measure == "OR" and data.model == "UM.FS":
            variance = 1 / c.first + 1 / c.second + 1 / c.third + 1 / c.fourth
            logodds = _log_ratio(c.first, c.second) - _log_ratio(c.third, c.fourth)
        elif data.measure == "OR":
            variance = 1 / c.first + 1 / c.third
            logodds = _log_ratio(c.first, c.third) - data.offset[:, 0]
        else:
            variance = 1 / c.first + 1 / c.second
            logodds = _log_ratio(c.first, c.second) - np.log(c.third / c.fourth)
    finite = np.isfinite(variance)
    ll = data.family.constant
    if isinstance(data.family, Binomial):
        x, n = data.family.x[0, :, :, 0], data.family.n[0, :, :, 0]
        p = x / np.where(n > 0, n, 1)
        ll += float(np.sum(xlogy(x, p) + xlog1py(n - x, -p)))
    else:
        assert isinstance(data.family, Poisson)
        x = data.family.x[0, :, :, 0]
        ll += float(np.sum(xlogy(x, x) - x))
    return Saturated(ll, finite, logodds[finite], np.diag(1 / variance[finite]))


def _log_ratio(x: FloatArray, y: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(x) - np.log(y))


def _saturated_hypergeometric(data: GlmmData) -> Saturated:
    family = data.family
    assert isinstance(family, Hypergeometric)
    lowest = np.array([j[0] for j in family.support])
    highest = np.array([j[-1] for j in family.support])
    finite = (family.x > lowest) & (family.x < highest)
    # At an edge of the support the conditional likelihood climbs to probability 1.
    effects, information, ll = [], [], 0.0
    c = data.cells
    for i in np.flatnonzero(finite):
        own = Hypergeometric(
            c.first[i : i + 1],
            (c.first + c.second)[i : i + 1],
            (c.third + c.fourth)[i : i + 1],
            (c.first + c.third)[i : i + 1],
        )
        theta = math.log((c.first[i] + 0.5) * (c.fourth[i] + 0.5)) - math.log(
            (c.second[i] + 0.5) * (c.third[i] + 0.5)
        )
        for _ in range(200):
            value, d1, d2 = own.slopes(np.full((1, 1, 1, 1), theta))
            step = float(np.clip(-d1.item() / d2.item(), -2, 2))
            theta += step
            if abs(step) < 1e-13 * (1 + abs(theta)):
                break
        value, _, d2 = own.slopes(np.full((1, 1, 1, 1), theta))
        ll += float(value.item()) + own.constant
        effects.append(theta)
        information.append(-d2.item())
    return Saturated(ll, finite, np.array(effects), np.diag(np.array(information)))


def _saturated_random_studies(data: GlmmData, nagq: int, equal: FloatArray) -> Saturated:
    family = data.family
    assert isinstance(family, (Binomial, Poisson))
    x = family.x[0, :, :, 0]
    if isinstance(family, Binomial):
        n = family.n[0, :, :, 0]
        finite = (x[:, 0] > 0) & (x[:, 0] < n[:, 0])
        n = n.copy()
        n[~finite, 0] = 0
        x = np.where(n > 0, x, 0)
        reduced: Family = Binomial(x, n)
    else:
        finite = x[:, 0] > 0
        use = np.ones_like(x)
        use[~finite, 0] = 0
        reduced = Poisson(x * use, use)
    # Group 1 of such a study is fitted perfectly by an infinite effect: it leaves the likelihood.
    free = np.eye(data.k)[:, finite]
    part = GlmmData(
        data.measure, data.model, reduced, data.offset, data.exposed, data.X, data.cells
    )
    model = model_of(part, random_effect=False, nagq=nagq, effects=free)
    rate = _log_ratio(x[:, 0] + 0.5, x[:, 1] + 0.5)
    if isinstance(family, Binomial):
        total = family.n[0, :, :, 0]
        others = total - family.x[0, :, :, 0]
        rate = rate - _log_ratio(others[:, 0] + 0.5, others[:, 1] + 0.5)
    else:
        rate = rate - (data.offset[:, 0] - data.offset[:, 1])
    start = np.concatenate([rate[finite], equal[-2:]])
    best = maximise(model, start)
    count = int(finite.sum())
    info = -best.hessian
    A, B, C = info[:count, :count], info[:count, count:], info[count:, count:]
    marginal = A - B @ np.linalg.solve(C, B.T)
    return Saturated(best.loglik, finite, best.parameters[:count], marginal)
