"""Monitoring boundaries by error spending."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from aponia.meta._inputs import FloatArray
from aponia.meta._result import json_safe
from aponia.meta._sequential._integration import Paths, start
from aponia.meta._sequential._spending import Spending, spending_function
from aponia.meta.errors import ConvergenceError, InputError, MethodError

__all__ = ["Boundaries", "boundaries"]

_TOP = 38.0  # beyond this a normal tail is zero in double precision


@dataclass(frozen=True)
class Boundaries:
    """Boundaries on the Z scale.

    Attributes
    ----------
    fraction : ndarray of shape (m,)
        Information fractions of the looks.
    upper : ndarray of shape (m,)
        Efficacy boundary; with two sides the lower one is its negative. ``inf`` where nothing
        may be spent.
    futility : ndarray of shape (m,) or None
        Stop for futility below it (one side) or with ``|Z|`` below it (two sides); ``-inf`` or 0
        where it cannot be crossed.
    alpha_spent, beta_spent : ndarray of shape (m,)
        Cumulative, all tails together; ``beta_spent`` is None without futility.
    nominal_p : ndarray of shape (m,)
        Nominal p-value at the efficacy boundary (two-sided with two sides).
    drift : float
        Mean of Z at fraction 1 for which the design has its power.
    inflation : float
        Information relative to a single analysis with the same error rates.
    sides : int
    """

    fraction: FloatArray
    upper: FloatArray
    futility: FloatArray | None
    alpha_spent: FloatArray
    beta_spent: FloatArray | None
    nominal_p: FloatArray
    drift: float
    inflation: float
    sides: int

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-safe lists (an infinite boundary becomes None)."""
        return dict(json_safe(vars(self)))

    def rejection_probability(self, drift: float) -> float:
        """Return the probability to cross the efficacy boundary (any side), ignoring futility.

        Parameters
        ----------
        drift : float
            Mean of Z at fraction 1.
        """
        paths, total = start(drift), 0.0
        for t, c, following in zip(
            self.fraction, self.upper, _following(self.fraction), strict=True
        ):
            total += paths.above(t, c) + (paths.below(t, -c) if self.sides == 2 else 0.0)
            paths = paths.go_on(t, [(-c if self.sides == 2 else -math.inf, c)], following)
        return total


def boundaries(
    fraction: ArrayLike,
    *,
    alpha: float = 0.05,
    power: float = 0.9,
    sides: Literal[1, 2] = 2,
    spending: str | Spending = "OBF",
    parameter: float | None = None,
    futility: Literal["non-binding", "binding"] | None = None,
    futility_spending: str | Spending = "OBF",
    futility_parameter: float | None = None,
) -> Boundaries:
    """Return monitoring boundaries at given information fractions.

    Parameters
    ----------
    fraction : array_like of shape (m,)
        Increasing, the last one 1.
    alpha : float
        Type I error of all tails together.
    power : float
    sides : {1, 2}
        Two sides are symmetric; each spends half of `alpha`.
    spending : {"OBF", "Pocock", "power", "HSD"} or callable
        See `spending_function`; a callable gives the error of one tail.
    parameter : float, optional
    futility : {"non-binding", "binding"}, optional
        Whether the type I error counts on stopping for futility. Error of the second kind is
        spent under the drift for which both boundaries meet at fraction 1.
    futility_spending, futility_parameter
        As `spending`.

    Returns
    -------
    Boundaries

    Raises
    ------
    InputError
        Fractions that do not increase to 1; error rates outside (0, 1).
    MethodError
        Unknown option.
    ConvergenceError
        No drift makes the boundaries meet.

    Notes
    -----
    Lan & DeMets (1983); Jennison & Turnbull (2000), ch. 7 and 19; non-binding futility as
    Anderson & Clark (2010).

    Examples
    --------
    >>> b = boundaries([0.2, 0.4, 0.6, 0.8, 1.0])
    >>> [round(float(c), 3) for c in b.upper]
    [4.877, 3.357, 2.68, 2.29, 2.031]
    """
    t = _fractions(fraction)
    if sides not in (1, 2):
        raise MethodError(f"sides must be 1 or 2, found {sides!r}")
    if not 0 < alpha < 1 or not 0 < power < 1:
        raise InputError("alpha and power must lie between 0 and 1")
    if futility not in (None, "non-binding", "binding"):
        raise MethodError(f"futility must be 'non-binding' or 'binding', found {futility!r}")
    tail = alpha / sides
    beta = 1 - power
    spend = spending_function(spending, tail, parameter)
    single = float(-ndtri(tail) + ndtri(power))
    if single <= 0:
        raise InputError("power must exceed the type I error")
    alpha_cum = _cumulative(spend, t, tail)
    efficacy = _efficacy(t, alpha_cum, sides)
    if futility is None:
        upper, wedge, beta_cum = efficacy, None, None
        plain = Boundaries(t, upper, None, alpha_cum, None, alpha_cum, single, 1.0, sides)

        def lacking(drift: float) -> float:
            return plain.rejection_probability(drift) - power

        drift = _root(lacking, single)
    else:
        spend_beta = spending_function(futility_spending, beta, futility_parameter)
        beta_cum = _cumulative(spend_beta, t, beta)
        binding = futility == "binding"

        def missed(drift: float) -> float:
            return beta - _design(t, alpha_cum, beta_cum, drift, sides, binding, efficacy)[2]

        drift = _root(missed, single)
        upper, wedge, _ = _design(t, alpha_cum, beta_cum, drift, sides, binding, efficacy)
    return Boundaries(
        t,
        upper,
        wedge,
        alpha_cum * sides,
        beta_cum,
        np.minimum(sides * ndtr(-upper), 1.0),
        drift,
        (drift / single) ** 2,
        sides,
    )


def spare_power(
    fraction: ArrayLike,
    inflation: float,
    *,
    alpha: float,
    power: float,
    sides: int,
    spending: str | Spending,
    parameter: float | None,
    binding: bool,
    futility_spending: str | Spending,
    futility_parameter: float | None,
) -> float:
    """Return by how much a futility design exceeds its power at a given inflation.

    The arguments are those of `boundaries`.
    """
    t = _fractions(fraction)
    tail = alpha / sides
    beta = 1 - power
    alpha_cum = _cumulative(spending_function(spending, tail, parameter), t, tail)
    spend = spending_function(futility_spending, beta, futility_parameter)
    drift = float(-ndtri(tail) + ndtri(power)) * math.sqrt(inflation)
    efficacy = alpha_cum if binding else _efficacy(t, alpha_cum, sides)
    beta_cum = _cumulative(spend, t, beta)
    return beta - _design(t, alpha_cum, beta_cum, drift, sides, binding, efficacy)[2]


def _fractions(fraction: ArrayLike) -> FloatArray:
    t = np.atleast_1d(np.asarray(fraction, dtype=np.float64))
    if t.ndim != 1 or t.size == 0 or not np.isfinite(t).all():
        raise InputError("fractions must be finite numbers in one dimension")
    if t[0] <= 0 or (np.diff(t) <= 0).any() or abs(t[-1] - 1) > 1e-12:
        raise InputError("fractions must be positive, increase, and end with 1")
    return t


def _cumulative(spend: Spending, t: FloatArray, error: float) -> FloatArray:
    out = np.array([spend(float(x)) for x in t])
    out[-1] = error
    if (np.diff(out) < 0).any() or (out < 0).any() or (out > error * (1 + 1e-9)).any():
        raise InputError("a spending function must increase from 0 to the error rate")
    return out


def _following(t: Sequence[float] | FloatArray) -> list[float | None]:
    """Return the time of the look after each."""
    return [*(float(x) for x in t[1:]), None]


def _root(f: Any, single: float) -> float:
    low, high = 0.9 * single, 1.3 * single
    for _ in range(30):
        if f(low) < 0 < f(high):
            return float(brentq(f, low, high, xtol=1e-12, rtol=1e-12))
        low, high = low * (0.9 if f(low) >= 0 else 1), high * (1.2 if f(high) <= 0 else 1)
    raise ConvergenceError("no amount of information gives this design its power")


def _upper_at(paths: Paths, t: float, increment: float) -> float:
    """Return the bound above which `increment` of the probability lies at time `t`."""
    if increment <= 1e-300:
        return math.inf
    target = math.log(increment)

    def gap(z: float) -> float:
        p = paths.above(t, z)
        return (math.log(p) if p > 0 else -800.0) - target

    if gap(-_TOP) <= 0:
        return -math.inf  # less is left than may be spent
    if gap(_TOP) >= 0:
        return math.inf
    return float(brentq(gap, -_TOP, _TOP, xtol=1e-13, rtol=1e-14))


def _efficacy(t: FloatArray, spent: FloatArray, sides: int) -> FloatArray:
    paths = start()
    out = np.empty(t.size)
    before = 0.0
    after = _following(t)
    for k, (time, total) in enumerate(zip(t, spent, strict=True)):
        out[k] = _upper_at(paths, float(time), float(total - before))
        before = float(total)
        region = (-out[k] if sides == 2 else -math.inf, out[k])
        paths = paths.go_on(float(time), [region], after[k])
    return out


def _design(
    t: FloatArray,
    alpha_cum: FloatArray,
    beta_cum: FloatArray,
    drift: float,
    sides: int,
    binding: bool,
    efficacy: FloatArray,
) -> tuple[FloatArray, FloatArray, float]:
    """Return both boundaries under a drift, and the error of the second kind that results."""
    null, alternative = start(), start(drift)
    upper = efficacy.copy()
    wedge = np.empty(t.size)
    missed = 0.0
    alpha_before = beta_before = 0.0
    after = _following(t)
    for k, moment in enumerate(t):
        time = float(moment)
        if binding:
            upper[k] = _upper_at(null, time, float(alpha_cum[k] - alpha_before))
        alpha_before = float(alpha_cum[k])
        c = float(upper[k])
        if k == t.size - 1:
            wedge[k] = c
        else:
            wedge[k] = _wedge(alternative, time, float(beta_cum[k] - beta_before), c, sides)
        beta_before = float(beta_cum[k])
        f = float(wedge[k])
        if sides == 1:
            missed += alternative.below(time, f)
            regions = [(f, c)]
        else:
            missed += alternative.within(time, -f, f)
            regions = [(-c, -f), (f, c)]
        alternative = alternative.go_on(time, regions, after[k])
        if binding:
            null = null.go_on(time, regions, after[k])
    return upper, wedge, missed


def _wedge(paths: Paths, t: float, increment: float, top: float, sides: int) -> float:
    lowest = -math.inf if sides == 1 else 0.0
    if increment <= 1e-300:
        return lowest
    limit = min(top, _TOP)

    def gap(z: float) -> float:
        p = paths.below(t, z) if sides == 1 else paths.within(t, -z, z)
        return p - increment

    if gap(limit) <= 0:
        return limit
    if sides == 1:
        if gap(-_TOP) >= 0:
            return lowest
        return float(brentq(gap, -_TOP, limit, xtol=1e-13, rtol=1e-14))
    return float(brentq(gap, 0.0, limit, xtol=1e-13, rtol=1e-14))


def final_bound(bounds: Boundaries, time: float, *, binding: bool) -> float:
    """Return the efficacy bound of a last look that came at `time` instead of 1.

    It spends what is left of the type I error, whatever the information is by then.

    Parameters
    ----------
    bounds : Boundaries
    time : float
        Fraction, at least that of the look before.
    binding : bool
        Whether the futility boundary was binding.
    """
    paths = start()
    after = _following([*bounds.fraction[:-1], time])
    for k, (t, c) in enumerate(zip(bounds.fraction[:-1], bounds.upper[:-1], strict=True)):
        low = -c if bounds.sides == 2 else -math.inf
        regions = [(low, c)]
        if binding and bounds.futility is not None:
            f = bounds.futility[k]
            regions = [(-c, -f), (f, c)] if bounds.sides == 2 else [(f, c)]
        paths = paths.go_on(float(t), regions, after[k])
    before = bounds.alpha_spent[-2] if bounds.fraction.size > 1 else 0.0
    return _upper_at(paths, time, float(bounds.alpha_spent[-1] - before) / bounds.sides)


def stagewise_probability(
    t: Sequence[float], upper: Sequence[float], z: float, drift: float, sides: int
) -> float:
    """Return the probability of a result at least as large as `z` at the last of the looks.

    Larger means: the upper boundary crossed at an earlier look, or a larger Z at this one
    (stage-wise ordering; Fairbanks & Madsen 1982).

    Parameters
    ----------
    t : sequence of float
        Fractions up to the look at which one stopped.
    upper : sequence of float
        Efficacy boundaries of the looks before it.
    z : float
    drift : float
    sides : int
    """
    paths, total = start(drift), 0.0
    for time, c, following in zip(t[:-1], upper, t[1:], strict=True):
        total += paths.above(time, c)
        paths = paths.go_on(time, [(-c if sides == 2 else -math.inf, c)], following)
    return total + paths.above(t[-1], z)
