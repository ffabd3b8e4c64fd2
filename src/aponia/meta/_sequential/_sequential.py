"""`sequential`: trial sequential monitoring of a living meta-analysis."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from aponia.meta._inputs import ColumnLike, FloatArray, column, label_column
from aponia.meta._options import check_method
from aponia.meta._pool import pool
from aponia.meta._result import PoolResult
from aponia.meta._sequential._boundaries import (
    Boundaries,
    boundaries,
    final_bound,
    spare_power,
    stagewise_probability,
)
from aponia.meta._sequential._result import SequentialResult, StagewiseEstimate
from aponia.meta._sequential._spending import Spending
from aponia.meta.errors import ConvergenceError, InputError, MethodError, VarianceError

__all__ = ["sequential"]

#: Looks closer together than this share of the information are one look.
_CLOSEST = 1e-4


def sequential(
    y: ColumnLike,
    v: ColumnLike | None = None,
    *,
    effect: float,
    se: ColumnLike | None = None,
    when: ColumnLike | None = None,
    n: ColumnLike | None = None,
    method: str = "REML",
    alpha: float = 0.05,
    power: float = 0.9,
    sides: Literal[1, 2] = 2,
    spending: str | Spending = "OBF",
    parameter: float | None = None,
    futility: Literal["non-binding", "binding"] | None = None,
    futility_spending: str | Spending = "OBF",
    futility_parameter: float | None = None,
    adjust: Literal["diversity", "i2", "none"] | float = "diversity",
    labels: Any = None,
    data: Any = None,
) -> SequentialResult:
    """Monitor a cumulative meta-analysis with error spending.

    Parameters
    ----------
    y : array_like of shape (k,) or column name
        Effects in the order in which they became known, unless `when` is given.
    v, se : array_like of shape (k,) or column name
        Sampling variances or standard errors.
    effect : float
        The smallest effect worth finding, with its sign, in units of `y`.
    when : array_like of shape (k,) or column name, optional
        Dates, years or update numbers: studies are sorted by it, and those that share a value
        come in at one look.
    n : array_like of shape (k,) or column name, optional
        Participants, to express the required information in people.
    method : str
        Of the cumulative meta-analyses, as in `pool`.
    alpha, power : float
        Error of the first kind (all tails) and power.
    sides : {1, 2}
    spending, parameter
        See `spending_function`: "OBF" (O'Brien-Fleming type), "Pocock", "power", "HSD".
    futility : {"non-binding", "binding"}, optional
    futility_spending, futility_parameter
        As `spending`.
    adjust : {"diversity", "i2", "none"} or float
        How heterogeneity raises the required information: the variance of the random-effects over
        that of the common-effect estimate, ``1 / (1 - D²)`` (Wetterslev et al. 2009);
        ``1 / (1 - I²)``; not at all; or a factor of at least 1 stated beforehand.
    labels : array_like or column name, optional
    data : data frame, optional

    Returns
    -------
    SequentialResult

    Raises
    ------
    InputError
        A missing value, an effect of zero, error rates outside (0, 1).
    MethodError
        Unknown option.
    ConvergenceError
        Heterogeneity is such that no amount of information is enough.

    Notes
    -----
    The required information is ``(z_alpha + z_beta)² / effect²`` times the adjustment, times
    the inflation for the looks when futility is monitored. The fraction is the sum of ``1 / v`` over
    it, so that it grows with every study; the adjustment comes from the latest
    meta-analysis. Wetterslev, Thorlund, Brok & Gluud (2008); Lan & DeMets (1983).

    Examples
    --------
    >>> r = sequential([0.4, 0.5, 0.45], [0.04, 0.04, 0.04], effect=0.5, method="EE")
    >>> r.decision
    'benefit'
    """
    method = check_method(method)
    effect = float(effect)
    if not math.isfinite(effect) or effect == 0:
        raise InputError("effect must be the smallest effect worth finding, not zero")
    if not 0 < alpha < 1 or not 0 < power < 1:
        raise InputError("alpha and power must lie between 0 and 1")
    y_, v_, people, names, ends = _read(y, v, se, when, n, labels, data)
    fits = [pool(y_[:end], v_[:end], method=method if end > 1 else "EE") for end in ends]
    diversity, i2 = _heterogeneity(fits[-1], y_, v_)
    factor = _factor(adjust, diversity, i2)
    information = np.cumsum(1 / v_)[np.array(ends) - 1]
    tail = alpha / sides
    basic = (float(-ndtri(tail) + ndtri(power)) / effect) ** 2 * factor

    def plan(required: float) -> tuple[Boundaries, FloatArray, NDArray[np.int64]]:
        share = information / required
        used = _distinct(share)
        bounds = boundaries(
            np.append(share[used], 1.0),
            alpha=alpha,
            power=power,
            sides=sides,
            spending=spending,
            parameter=parameter,
            futility=futility,
            futility_spending=futility_spending,
            futility_parameter=futility_parameter,
        )
        return bounds, share, used

    inflation = 1.0
    if futility is not None:

        def spare(candidate: float) -> float:
            share = information / (basic * candidate)
            return spare_power(
                np.append(share[_distinct(share)], 1.0),
                candidate,
                alpha=alpha,
                power=power,
                sides=sides,
                spending=spending,
                parameter=parameter,
                binding=futility == "binding",
                futility_spending=futility_spending,
                futility_parameter=futility_parameter,
            )

        inflation = _inflation(spare)
    bounds, fraction, used = plan(basic * inflation)
    m = len(ends)
    upper, wedge, spent = (np.full(m, np.nan) for _ in range(3))
    upper[used] = bounds.upper[:-1]
    spent[used] = bounds.alpha_spent[:-1]
    if bounds.futility is not None:
        wedge[used] = bounds.futility[:-1]
    there = fraction >= 1 - _CLOSEST
    final = int(np.argmax(there)) if bool(there.any()) else None
    if final is not None:
        # The look that reaches the required information spends what is left.
        upper[final] = final_bound(bounds, float(fraction[final]), binding=futility == "binding")
        spent[final] = alpha
        if bounds.futility is not None:
            wedge[final] = upper[final]
    estimate = np.array([f.coef[0] for f in fits])
    errors = np.array([f.se[0] for f in fits])
    z = estimate / errors * math.copysign(1, effect)
    decision, stop = _decide(z, upper, wedge, final, sides)
    stagewise = None
    if stop is not None:
        stagewise = _stagewise(
            fraction, upper, z, stop, final, sides, alpha, effect, errors, estimate
        )
    with np.errstate(invalid="ignore"):
        reach = upper * errors
    total = None if people is None else float(people.sum()) / float(fraction[-1])
    return SequentialResult(
        decision,
        stop,
        tuple(names),
        np.array(ends, dtype=np.int64),
        information,
        fraction,
        estimate,
        errors,
        estimate / errors,
        np.array([f.p[0] for f in fits]),
        np.array([f.tau2 for f in fits]),
        upper,
        wedge,
        estimate - reach,
        estimate + reach,
        spent,
        effect,
        alpha,
        power,
        sides,
        basic * inflation,
        total,
        factor,
        diversity,
        i2,
        inflation,
        stagewise,
        method,
        bounds,
    )


def _read(
    y: Any, v: Any, se: Any, when: Any, n: Any, labels: Any, data: Any
) -> tuple[FloatArray, FloatArray, FloatArray | None, list[str], list[int]]:
    if (v is None) == (se is None):
        raise InputError("give exactly one of v= and se=")
    y_ = column(y, data, name="y")
    k = y_.size
    v_ = column(v, data, name="v", length=k) if v is not None else None
    if v_ is None:
        v_ = column(se, data, name="se", length=k) ** 2
    if not (np.isfinite(y_).all() and np.isfinite(v_).all()) or k == 0:
        raise InputError("every study needs an effect and a variance: leave incomplete rows out")
    if (v_ <= 0).any():
        raise VarianceError("sampling variances must be positive")
    people = None if n is None else column(n, data, name="n", length=k)
    if people is not None and not (np.isfinite(people).all() and (people > 0).all()):
        raise InputError("n must be positive")
    names = [str(i + 1) for i in range(k)]
    if labels is not None:
        names = [str(x) for x in label_column(labels, data, name="labels", length=k)]
    ends = list(range(1, k + 1))
    if when is not None:
        time = label_column(when, data, name="when", length=k)
        order = sorted(range(k), key=lambda i: time[i])
        y_, v_ = y_[order], v_[order]
        people = None if people is None else people[order]
        names = [names[i] for i in order]
        sorted_time = [time[i] for i in order]
        ends = [i + 1 for i in range(k) if i + 1 == k or sorted_time[i + 1] != sorted_time[i]]
    return y_, v_, people, [names[e - 1] for e in ends], ends


def _heterogeneity(latest: PoolResult, y: FloatArray, v: FloatArray) -> tuple[float, float]:
    common = 1 / float(np.sum(1 / v))
    random = 1 / float(np.sum(1 / (v + latest.tau2)))
    return 100 * (1 - common / random), latest.i2


def _factor(adjust: Any, diversity: float, i2: float) -> float:
    if isinstance(adjust, str):
        if adjust == "none":
            return 1.0
        if adjust not in ("diversity", "i2"):
            raise MethodError(
                f"adjust must be 'diversity', 'i2', 'none' or a factor, found {adjust!r}"
            )
        return 1 / (1 - (diversity if adjust == "diversity" else i2) / 100)
    value = float(adjust)
    if not (math.isfinite(value) and value >= 1):
        raise InputError(f"an adjustment factor must be at least 1, found {adjust!r}")
    return value


def _inflation(spare: Callable[[float], float]) -> float:
    """Return the inflation at which a design has its power.

    The looks move along the scale of information as it grows, so both are solved for at once.
    """
    high = 1.1
    while spare(high) < 0:
        high *= 1.2
        if high > 50:
            raise ConvergenceError("no amount of information gives this design its power")
    if spare(1.0) >= 0:
        return 1.0
    return float(brentq(spare, 1.0, high, xtol=1e-9))


def _distinct(fraction: FloatArray) -> NDArray[np.int64]:
    """Return the looks before the required information, far enough apart to be told apart."""
    out: list[int] = []
    last = 0.0
    for j, t in enumerate(fraction):
        if t >= 1 - _CLOSEST:
            break
        if t - last > _CLOSEST:
            out.append(j)
            last = float(t)
    return np.array(out, dtype=np.int64)


def _decide(
    z: FloatArray, upper: FloatArray, wedge: FloatArray, final: int | None, sides: int
) -> tuple[str, int | None]:
    for j in range(z.size):
        if math.isnan(upper[j]):
            continue
        if z[j] >= upper[j]:
            return "benefit", j
        if sides == 2 and z[j] <= -upper[j]:
            return "harm", j
        if final is not None and j == final:
            return "information reached", j
        inside = abs(z[j]) if sides == 2 else z[j]
        if not math.isnan(wedge[j]) and inside < wedge[j]:
            return "futility", j
    return "continue", None


def _stagewise(
    fraction: FloatArray,
    upper: FloatArray,
    z: FloatArray,
    stop: int,
    final: int | None,
    sides: int,
    alpha: float,
    effect: float,
    errors: FloatArray,
    estimate: FloatArray,
) -> StagewiseEstimate:
    looks = [j for j in range(stop) if not math.isnan(upper[j])]
    times = [float(fraction[j]) for j in looks] + [float(fraction[stop])]
    earlier: Sequence[float] = [float(upper[j]) for j in looks]
    at = float(z[stop])
    tail = alpha / sides

    def above(drift: float) -> float:
        return stagewise_probability(times, earlier, at, drift, sides)

    centre = at / math.sqrt(times[-1])
    width = 10 / math.sqrt(times[0])

    def solve(p: float) -> float:
        low, high = centre - width, centre + width
        for _ in range(20):
            if above(low) < p < above(high):
                return float(brentq(lambda d: above(d) - p, low, high, xtol=1e-12))
            low, high = low - width, high + width
        raise ConvergenceError("the adjusted interval was not found")

    # A drift of 1 is z = 1 at full information; on the effect scale one unit of z at this look
    # is one standard error, and drift = z / sqrt(fraction).
    unit = float(errors[stop]) * math.sqrt(times[-1]) * math.copysign(1, effect)
    limits = sorted((solve(tail) * unit, solve(1 - tail) * unit))
    upper_tail = above(0.0)
    p = upper_tail if sides == 1 else min(1.0, 2 * min(upper_tail, 1 - upper_tail))
    if not earlier:
        # One look: nothing to adjust for, and the plain numbers have no rounding.
        plain = float(ndtr(-at)) if sides == 1 else 2 * float(ndtr(-abs(at)))
        return StagewiseEstimate(float(estimate[stop]), limits[0], limits[1], plain)
    return StagewiseEstimate(solve(0.5) * unit, limits[0], limits[1], p)
