"""Many Bayesian meta-analyses at once, on fixed quadrature nodes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from aponia.meta._bayes._priors import MeanPrior, TauPrior, parse_mean_prior, tau_prior
from aponia.meta._inputs import FloatArray
from aponia.meta._result import json_safe
from aponia.meta.errors import InputError, MethodError, TooFewStudiesError, VarianceError

__all__ = ["BayesBatch", "bayes_many"]

_N = 16
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(_N)
_BASIS = np.stack([np.polynomial.legendre.Legendre.basis(n)(_NODES) for n in range(_N)])
_PROJECT = (np.arange(_N)[:, None] + 0.5) * _WEIGHTS * _BASIS
#: tau priors that are smooth in tau at zero, which the first panel relies on
_REGULAR = ("half-normal", "half-cauchy", "half-t", "exponential")


@dataclass(frozen=True)
class BayesBatch:
    """Posterior summaries of B meta-analyses, arrays of shape (B,).

    Attributes
    ----------
    mean, sd, median, ci_lower, ci_upper : ndarray
        Of the mean effect; central intervals.
    tau_mean, tau_median, tau_lower, tau_upper : ndarray
        Of tau; central intervals. `tau_mean` is inf where it does not exist.
    pi_lower, pi_upper : ndarray
        Central prediction interval of a new study's effect.
    p_above_0 : ndarray
        P(mean effect > 0).
    bf_tau_zero : ndarray
        Bayes factor in favour of tau = 0.
    k : ndarray of int
    level : float
    """

    mean: FloatArray
    sd: FloatArray
    median: FloatArray
    ci_lower: FloatArray
    ci_upper: FloatArray
    tau_mean: FloatArray
    tau_median: FloatArray
    tau_lower: FloatArray
    tau_upper: FloatArray
    pi_lower: FloatArray
    pi_upper: FloatArray
    p_above_0: FloatArray
    bf_tau_zero: FloatArray
    k: np.ndarray
    level: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists."""
        return {str(k): json_safe(v) for k, v in vars(self).items()}


def bayes_many(
    Y: ArrayLike,
    V: ArrayLike,
    *,
    mean_prior: MeanPrior = None,
    tau_prior: str | TauPrior = "half-normal(0.5)",
    level: float = 0.95,
    chunk: int = 256,
) -> BayesBatch:
    """Run many Bayesian random-effects meta-analyses with one prior.

    Parameters
    ----------
    Y, V : array_like of shape (B, k)
        Effects and sampling variances, NaN where a meta-analysis has fewer studies.
    mean_prior : None, (mean, sd) or "normal(mean, sd)"
    tau_prior : str or TauPrior
        Half-normal, half-Cauchy, half-t or exponential.
    level : float
        Probability inside the (central) intervals.
    chunk : int
        Meta-analyses worked on together; bounds the memory.

    Returns
    -------
    BayesBatch

    Raises
    ------
    InputError, VarianceError
        Shapes that differ, effects that are not finite, variances that are not positive.
    TooFewStudiesError
        A row without studies.
    MethodError
        Another prior on tau: loop over `bayes`.

    Notes
    -----
    The same model as `bayes`, on fixed Gauss-Legendre panels; the two agree to about 1e-8.

    Examples
    --------
    >>> many = bayes_many([[0.1, 0.3, 0.5]], [[0.04, 0.02, 0.05]])
    >>> round(float(many.median[0]), 3)
    0.292
    """
    prior = _read(tau_prior)
    if not 0 < level < 1:
        raise InputError(f"level must be between 0 and 1, found {level!r}")
    y, v = np.array(Y, dtype=np.float64), np.array(V, dtype=np.float64)
    if y.ndim != 2 or y.shape != v.shape:
        raise InputError(f"Y and V must have one shape (B, k), found {y.shape} and {v.shape}")
    there = ~(np.isnan(y) | np.isnan(v))
    if not there.any(axis=1).all():
        raise TooFewStudiesError(f"row {int(np.argmin(there.any(axis=1)))} has no study")
    if not np.isfinite(y[there]).all():
        raise InputError("effects must be finite")
    if not (np.isfinite(v[there]) & (v[there] > 0)).all():
        raise VarianceError("sampling variances must be positive and finite")
    m0, precision = (float(a[0]) for a in parse_mean_prior(mean_prior, ["mean"]))
    parts = [
        _chunk(
            y[i : i + chunk], v[i : i + chunk], there[i : i + chunk], prior, m0, precision, level
        )
        for i in range(0, y.shape[0], chunk)
    ]
    names = [f for f in BayesBatch.__dataclass_fields__ if f not in ("k", "level")]
    joined = {n: np.concatenate([p[n] for p in parts]) for n in names}
    return BayesBatch(**joined, k=there.sum(axis=1), level=level)


def _read(prior: str | TauPrior) -> TauPrior:
    found = tau_prior(prior)
    if not found.name.startswith(_REGULAR):
        raise MethodError(
            f"bayes_many knows the priors {_REGULAR} on tau; use bayes() one by one for "
            f"{found.name!r}"
        )
    return found


def _chunk(
    y: FloatArray,
    v: FloatArray,
    there: np.ndarray,
    prior: TauPrior,
    m0: float,
    precision: float,
    level: float,
) -> dict[str, FloatArray]:
    k = there.sum(axis=1)
    filled = np.where(there, v, np.inf)
    flat = 1 if precision == 0 else 0
    decay = prior.tail_power + k - flat - 1
    # shift by the fixed-effect mean so that large offsets cost no digits
    w = 1 / filled
    centre = np.sum(np.where(there, y, 0.0) * w, axis=1) / w.sum(axis=1)
    x = np.where(there, y - centre[:, None], 0.0)
    edges = _edges(x, filled, k, decay, prior, m0 - centre, precision)
    half = 0.5 * np.diff(edges, axis=1)
    u = (0.5 * (edges[:, 1:] + edges[:, :-1]))[..., None] + half[..., None] * _NODES
    tau, jacobian = np.exp(u), np.exp(u)
    # first panel: linear in tau from zero
    first = np.exp(edges[:, :1])
    tau0 = 0.5 * first * (1 + _NODES)
    tau = np.concatenate([tau0[:, None, :], tau], axis=1)
    jacobian = np.concatenate([np.broadcast_to(0.5 * first, tau0.shape)[:, None, :], jacobian], 1)
    half = np.concatenate([np.ones((half.shape[0], 1)), half], axis=1)
    shape = tau.shape
    flat_tau = tau.reshape(shape[0], -1)
    mean, var, loglik = _conditional(x, filled, k, flat_tau, m0 - centre, precision)
    log_p = loglik + prior.log_density(flat_tau, np.ones(1))
    log_p += np.log(jacobian.reshape(shape[0], -1))
    top = log_p.max(axis=1, keepdims=True)
    height = np.exp(log_p - top).reshape(shape)
    raw = height * (half[..., None] * _WEIGHTS)
    evidence = raw.sum(axis=(1, 2))
    weight = (raw / evidence[:, None, None]).reshape(shape[0], -1)
    zero = np.zeros((shape[0], 1))
    _, _, at_zero = _conditional(x, filled, k, zero, m0 - centre, precision)
    out = {"bf_tau_zero": np.exp(at_zero[:, 0] - top[:, 0]) / evidence}
    _location(out, weight, mean, var, flat_tau, centre, decay, flat, level)
    scaled = height / evidence[:, None, None]
    _scale(out, weight, scaled, flat_tau, half, first[:, 0], edges, decay, level)
    return out


def _edges(
    x: FloatArray,
    v: FloatArray,
    k: np.ndarray,
    decay: FloatArray,
    prior: TauPrior,
    m0: FloatArray,
    precision: float,
) -> FloatArray:
    """Panel edges on log(tau): the same number for each row, each row its own range.

    A coarse scan finds the mode and its width; panels are fine there and wide in the tails.
    """
    smallest = np.sqrt(v.min(axis=1))
    largest = np.sqrt(np.max(np.where(np.isfinite(v), v, 0.0), axis=1))
    spread = np.maximum(np.max(np.abs(x), axis=1), largest)
    low = np.minimum(np.log(0.3 * smallest), math.log(0.1 * min(prior.scales)))
    high = np.log(np.maximum(40 * spread, 40 * max(prior.scales)))
    grid = low[:, None] + (high - low)[:, None] * np.linspace(0, 1, 160)

    def height(u: FloatArray) -> FloatArray:
        tau = np.exp(u)
        loglik = _conditional(x, v, k, tau, m0, precision)[2]
        return np.asarray(loglik + prior.log_density(tau, np.ones(1)) + u)

    h = height(grid)
    row = np.arange(x.shape[0])
    j = np.argmax(h, axis=1)
    left, right = grid[row, np.maximum(j - 1, 0)], grid[row, np.minimum(j + 1, 159)]
    for _ in range(6):
        inner = left[:, None] + (right - left)[:, None] * np.linspace(0, 1, 9)
        j = np.argmax(height(inner), axis=1)
        left, right = inner[row, np.maximum(j - 1, 0)], inner[row, np.minimum(j + 1, 8)]
    mode = 0.5 * (left + right)
    step = 0.02
    near = height(mode[:, None] + step * np.array([-1.0, 0.0, 1.0]))
    curvature = -(near[:, 0] - 2 * near[:, 1] + near[:, 2]) / step**2
    sd = 1 / np.sqrt(np.clip(curvature, 0.5, 1e4))
    top = np.maximum(h.max(axis=1), near[:, 1])
    inside = h > top[:, None] - 45.0
    first = grid[row, np.maximum(np.argmax(inside, axis=1) - 1, 0)]
    last = grid[row, np.minimum(159 - np.argmax(inside[:, ::-1], axis=1) + 1, 159)]
    if math.isfinite(prior.tail_power):
        # a power tail: first moments fall like tau**-(decay - 1)
        slow = np.where(decay - 1 > 1e-9, decay - 1, decay)
        last = np.maximum(last, mode + np.minimum(44.0 / slow, 250.0))
    last, first = np.maximum(last, mode + 8 * sd), np.minimum(first, mode - 8 * sd)
    first = np.maximum(first, low)  # the panel from zero takes over below
    a = np.maximum(mode - 8 * sd, first)
    b = mode + 8 * sd

    def ladder(start: FloatArray, stop: FloatArray, width: float, least: int) -> FloatArray:
        count = max(least, math.ceil(float(np.max(stop - start)) / width))
        return np.asarray(start[:, None] + (stop - start)[:, None] * np.linspace(0, 1, count + 1))

    parts = [ladder(first, a, 1.0, 1), ladder(a, b, 1e9, 8)[:, 1:], ladder(b, last, 1.0, 2)[:, 1:]]
    return np.concatenate(parts, axis=1)


def _conditional(
    x: FloatArray,
    v: FloatArray,
    k: np.ndarray,
    tau: FloatArray,
    m0: FloatArray,
    precision: float,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean, variance and log marginal likelihood given tau, each (B, Q)."""
    there = np.isfinite(v)
    total = v[:, None, :] + np.minimum(tau, 1e150)[..., None] ** 2
    w = 1 / total
    A = w.sum(axis=2) + precision
    mean = (np.einsum("bqk,bk->bq", w, x) + precision * m0[:, None]) / A
    quadratic = np.einsum("bqk,bqk->bq", w, (x[:, None, :] - mean[..., None]) ** 2)
    quadratic += precision * (mean - m0[:, None]) ** 2
    logs = np.sum(np.log(np.where(there[:, None, :], total, 1.0)), axis=2)
    loglik = -0.5 * (logs + np.log(A) + quadratic)
    return mean, 1 / A, loglik


def _location(
    out: dict[str, FloatArray],
    weight: FloatArray,
    mean: FloatArray,
    var: FloatArray,
    tau: FloatArray,
    centre: FloatArray,
    decay: FloatArray,
    flat: int,
    level: float,
) -> None:
    tail = (1 - level) / 2
    average = np.sum(weight * mean, axis=1)
    second = np.sum(weight * (var + (mean - average[:, None]) ** 2), axis=1)
    exists = np.ones(decay.shape, dtype=bool) if not flat else decay - 1 > 1e-9
    finite = np.ones(decay.shape, dtype=bool) if not flat else decay - 2 > 1e-9
    out["mean"] = np.where(exists, average + centre, np.nan)
    out["sd"] = np.where(finite, np.sqrt(second), np.inf)
    sd = np.sqrt(var)
    for name, p in (("ci_lower", tail), ("median", 0.5), ("ci_upper", 1 - tail)):
        out[name] = centre + _mixture_quantile(weight, mean, sd, p)
    new = np.sqrt(var + np.minimum(tau, 1e150) ** 2)
    for name, p in (("pi_lower", tail), ("pi_upper", 1 - tail)):
        out[name] = centre + _mixture_quantile(weight, mean, new, p)
    out["p_above_0"] = np.sum(weight * ndtr((mean + centre[:, None]) / sd), axis=1)


def _mixture_quantile(weight: FloatArray, mean: FloatArray, sd: FloatArray, p: float) -> FloatArray:
    each = mean + sd * float(ndtri(p))
    keep = weight > 1e-16
    low = np.min(np.where(keep, each, np.inf), axis=1)
    high = np.max(np.where(keep, each, -np.inf), axis=1)
    x = np.clip(np.sum(weight * each, axis=1), low, high)
    for _ in range(100):
        z = (x[:, None] - mean) / sd
        error = np.sum(weight * ndtr(z), axis=1) - p
        high, low = np.where(error > 0, x, high), np.where(error <= 0, x, low)
        slope = np.sum(weight * np.exp(-0.5 * z**2) / sd, axis=1) / math.sqrt(2 * math.pi)
        with np.errstate(divide="ignore", invalid="ignore"):
            new = x - error / slope
        new = np.where((new > low) & (new < high), new, 0.5 * (low + high))
        change = np.abs(new - x)
        x = new
        if bool((change <= 1e-13 * np.maximum(np.abs(x), 1e-3)).all()):
            break
    return np.asarray(x)


def _scale(
    out: dict[str, FloatArray],
    weight: FloatArray,
    scaled: FloatArray,
    tau: FloatArray,
    half: FloatArray,
    first: FloatArray,
    edges: FloatArray,
    decay: FloatArray,
    level: float,
) -> None:
    tail = (1 - level) / 2
    out["tau_mean"] = np.where(decay - 1 > 1e-9, np.sum(weight * tau, axis=1), np.inf)
    B, panels, _ = scaled.shape
    mass = weight.reshape(B, panels, _N).sum(axis=2)
    below = np.concatenate([np.zeros((B, 1)), np.cumsum(mass, axis=1)], axis=1)
    row = np.arange(B)
    for name, p in (("tau_lower", tail), ("tau_median", 0.5), ("tau_upper", 1 - tail)):
        j = np.clip(np.sum(below <= p, axis=1) - 1, 0, panels - 1)
        coefficients = scaled[row, j] @ _PROJECT.T * half[row, j][:, None]
        t = _panel_quantile(coefficients, p - below[row, j])
        start, stop = edges[row, np.maximum(j - 1, 0)], edges[row, np.minimum(j, panels - 1)]
        inner = np.exp(0.5 * (start + stop) + 0.5 * (stop - start) * t)
        out[name] = np.where(j == 0, 0.5 * first * (1 + t), inner)


def _panel_quantile(coefficients: FloatArray, target: FloatArray) -> FloatArray:
    """Where on [-1, 1] the integral of a Legendre series reaches `target`, by bisection."""
    low, high = np.full(target.shape, -1.0), np.full(target.shape, 1.0)
    for _ in range(60):
        middle = 0.5 * (low + high)
        P = [np.ones_like(middle), middle]
        for n in range(1, _N):
            P.append(((2 * n + 1) * middle * P[n] - n * P[n - 1]) / (n + 1))
        value = coefficients[:, 0] * (middle + 1)
        for n in range(1, _N):
            value = value + coefficients[:, n] * (P[n + 1] - P[n - 1]) / (2 * n + 1)
        below = value < target
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray(0.5 * (low + high))
