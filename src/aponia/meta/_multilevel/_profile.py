"""Profile likelihood of variance components, and the intervals it gives.

Source: Hardy & Thompson (1996), Stat Med 15:619.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aponia.meta._distributions import chi2_quantile
from aponia.meta._inputs import FloatArray
from aponia.meta._multilevel._fit import Fit, fit, make_problem
from aponia.meta._multilevel._matrix_terms import MatrixTerm
from aponia.meta._multilevel._parse import Known, make_terms
from aponia.meta._multilevel._structures import SPATIAL, CorrelationTerm
from aponia.meta._multilevel._terms import BoolArray, InterceptTerm
from aponia.meta.errors import ConvergenceError, InputError, MetaError

if TYPE_CHECKING:
    from aponia.meta._multilevel._result import MultilevelResult

__all__ = ["Interval", "Profile", "component_interval", "components", "profile"]


@dataclass(frozen=True)
class Profile:
    """Log-likelihood maximised over everything but one component.

    Attributes
    ----------
    name : str
        Such as ``"sigma2.1"``.
    values, loglik : ndarray of shape (n,)
    maximum : float
        The log-likelihood of the fit.
    """

    name: str
    values: FloatArray
    loglik: FloatArray
    maximum: float


@dataclass(frozen=True)
class Interval:
    """A profile likelihood interval of one component.

    Attributes
    ----------
    name : str
    estimate, lower, upper : float
        For variances; `upper` is inf, and a correlation's bound its limit, where the likelihood
        never falls far enough.
    level : float
    """

    name: str
    estimate: float
    lower: float
    upper: float
    level: float

    @property
    def root(self) -> tuple[float, float, float]:
        """Return estimate and bounds of the standard deviation."""
        return (
            float(np.sqrt(self.estimate)),
            float(np.sqrt(self.lower)),
            float(np.sqrt(self.upper)),
        )


def components(result: MultilevelResult) -> list[tuple[str, int]]:
    """Return the estimated components as (kind, number from 1)."""
    out: list[tuple[str, int]] = []
    n_intercept = n_pair = 0
    for term in result._state.terms:
        if isinstance(term, InterceptTerm):
            n_intercept += 1
            if term.free[0]:
                out.append(("sigma2", n_intercept))
            continue
        n_pair += 1
        kinds = ("tau2", "rho") if n_pair == 1 else ("gamma2", "phi")
        natural_v, natural_r = _free_natural(term)
        out += [(kinds[0], int(i) + 1) for i in np.flatnonzero(natural_v)]
        out += [(kinds[1], int(i) + 1) for i in np.flatnonzero(natural_r)]
    return out


def _free_natural(term: Any) -> tuple[BoolArray, BoolArray]:
    if isinstance(term, MatrixTerm) and term.cholesky:
        q = term.q
        return np.ones(q, dtype=bool), np.ones(q * (q - 1) // 2, dtype=bool)
    if isinstance(term, MatrixTerm):
        n = 1 if term.structure == "UNR" else term.q
        return term.free[:n], term.free[n:]
    assert isinstance(term, CorrelationTerm)
    return term.free[: term.m], term.free[term.m :]


def _lookup(result: MultilevelResult, kind: str, number: int) -> float:
    values = getattr(result, kind, None)
    if values is None or kind not in ("sigma2", "tau2", "rho", "gamma2", "phi"):
        raise InputError(f"{kind!r} is not a component; use sigma2, tau2, rho, gamma2 or phi")
    if (kind, number) not in components(result):
        raise InputError(
            f"{kind}.{number} is not an estimated component; the model has "
            f"{[f'{a}.{b}' for a, b in components(result)]}"
        )
    return float(values[number - 1])


class _Profiler:
    """Refits with one component held; remembers the last maximum as the next start."""

    def __init__(self, result: MultilevelResult, kind: str, number: int) -> None:
        self.result, self.kind, self.number = result, kind, number
        state = result._state
        sizes = {name: getattr(result, name).size for name in ("sigma2", "tau2", "rho")}
        sizes |= {name: getattr(result, name).size for name in ("gamma2", "phi")}
        known = state.known
        given: dict[str, list[float]] = {}
        for name, size in sizes.items():
            value = getattr(known, name)
            flat = [np.nan] * size
            if value is not None:
                listed = np.atleast_1d(np.asarray(value, dtype=object))
                listed = np.repeat(listed, size) if listed.size == 1 else listed
                flat = [np.nan if v is None else float(v) for v in listed]
            given[name] = flat
        self.given = given
        self.last: FloatArray | None = None

    def __call__(self, value: float) -> float:
        state = self.result._state
        given = {name: list(v) for name, v in self.given.items()}
        given[self.kind][self.number - 1] = value
        known = Known(
            **{name: (v or None) for name, v in given.items()},
            R=state.known.R,
            R_scale=state.known.R_scale,
            distance=state.known.distance,
        )
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            terms = make_terms(state.requests, state.keep, known)
        p = state.problem
        problem = make_problem(p.y, p.X, p.V, terms, reml=p.reml)
        best: Fit | None = None
        for start in (self._start(terms), None):
            if start is not None and best is None:
                try:
                    best = fit(problem, start=start)
                except MetaError:
                    best = None
            elif start is None:
                try:
                    fresh = fit(problem)
                except MetaError:
                    continue
                if best is None or fresh.loglik > best.loglik:
                    best = fresh
        if best is None:
            return -np.inf
        self.last = best.eta
        k, q = p.X.shape
        return float(best.loglik - (k - q if p.reml else k) * np.log(problem.unit))

    def _start(self, terms: Any) -> FloatArray | None:
        """Return the fit's own components where the parametrisation is the same."""
        state = self.result._state
        parts = []
        for term, old, eta in zip(terms, state.terms, state.parts(), strict=True):
            try:
                guess = term.internal(old.natural(eta))
            except (ValueError, np.linalg.LinAlgError):
                return None
            if guess.size != term.lower.size or not np.isfinite(guess).all():
                return None
            parts.append(guess)
        return np.concatenate(parts) if parts else None


def profile(
    result: MultilevelResult,
    kind: str,
    number: int,
    values: Any,
    steps: int,
    limits: tuple[float, float] | None,
) -> Profile:
    """See `MultilevelResult.profile`."""
    estimate = _lookup(result, kind, number)
    if values is None:
        if limits is None:
            limits = _default_limits(result, kind, estimate)
        values = np.linspace(limits[0], limits[1], steps)
    at = np.asarray(values, dtype=np.float64)
    run = _Profiler(result, kind, number)
    return Profile(f"{kind}.{number}", at, np.array([run(float(v)) for v in at]), result.loglik)


def _range(result: MultilevelResult, kind: str) -> tuple[float, float]:
    if kind in ("sigma2", "tau2", "gamma2"):
        return 0.0, np.inf
    structure = result.structures[0 if kind == "rho" else 1]
    if structure in SPATIAL:
        return 1e-12, np.inf
    return (0.0, 1.0) if structure == "CAR" else (-1.0, 1.0)


def _default_limits(result: MultilevelResult, kind: str, estimate: float) -> tuple[float, float]:
    low, high = _range(result, kind)
    if np.isinf(high):
        scale = float(np.mean(result.v))
        return max(low, estimate / 4.0), max(0.1 * scale, estimate * 4.0)
    return max(low, estimate - 0.5), min(high, estimate + 0.5)


def component_interval(result: MultilevelResult, kind: str, number: int, level: float) -> Interval:
    """Invert the likelihood ratio test of one component.

    Raises
    ------
    ConvergenceError
        The profile is above the maximum of the fit: the fit was not the maximum.
    """
    from scipy.optimize import brentq

    estimate = _lookup(result, kind, number)
    run = _Profiler(result, kind, number)
    cut = chi2_quantile(level, 1)
    cache: dict[float, float] = {}

    def excess(value: float) -> float:
        if value not in cache:
            ll = run(value)
            if ll > result.loglik + 1e-6 * (1.0 + abs(result.loglik)):
                raise ConvergenceError(
                    f"the profile likelihood of {kind}.{number} exceeds that of the fit: the "
                    "likelihood has several maxima; refit with that component fixed near "
                    f"{value:.4g} to see"
                )
            cache[value] = 2.0 * (result.loglik - ll) - cut if np.isfinite(ll) else 1e300
        return cache[value]

    low, high = _range(result, kind)
    lower = low if estimate <= low or excess(low) <= 0 else np.nan
    if np.isnan(lower):
        lower = _root(brentq, excess, low, estimate)
    upper = np.nan
    if np.isinf(high):
        step = max(estimate, 0.1 * float(np.mean(result.v)), 1e-8)
        edge = estimate + step
        while excess(edge) < 0 and edge < estimate + 1e7 * step:
            edge = estimate + (edge - estimate) * 3.0
        upper = np.inf if excess(edge) < 0 else _root(brentq, excess, edge, estimate)
    else:
        upper = high if estimate >= high or excess(high) <= 0 else np.nan
        if np.isnan(upper):
            upper = _root(brentq, excess, high, estimate)
    return Interval(f"{kind}.{number}", estimate, float(lower), float(upper), level)


def _root(brentq: Any, excess: Any, outside: float, inside: float) -> float:
    return float(
        brentq(
            lambda v: excess(v) if v != inside else -1.0,
            min(outside, inside),
            max(outside, inside),
            xtol=1e-10 * max(abs(outside), abs(inside), 1e-6),
            rtol=1e-10,
        )
    )
