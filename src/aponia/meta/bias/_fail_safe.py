"""Fail-safe N: how many null studies would overturn the result."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.special import ndtr, ndtri

from aponia.meta._distributions import two_sided_p
from aponia.meta._inputs import ColumnLike, FloatArray
from aponia.meta._result import PoolResult, json_safe
from aponia.meta.bias._studies import Studies, read_studies, refit
from aponia.meta.errors import InputError, MethodError

__all__ = ["FailSafeN", "fail_safe_n"]

_MAX = 10**7
_MAX_EXACT = 10**5
_TYPES = ("Rosenthal", "Orwin", "Rosenberg", "General")


@dataclass(frozen=True)
class FailSafeN:
    """A fail-safe N.

    Attributes
    ----------
    type : {"Rosenthal", "Orwin", "Rosenberg", "General"}
    n : int
        Smallest number of null studies that overturns the result; 0 when it is not significant
        (or not beyond the target) as it stands.
    exceeded : bool
        True when more than ten million studies (a hundred thousand with ``exact=True``) would be
        needed; `n` is then that bound.
    estimate, p : float or None
        Pooled estimate and p-value of the observed studies (Rosenthal: p one-sided, no
        estimate; Orwin: no p).
    tau2 : float or None
    estimate_with_n, p_with_n, tau2_with_n : float or None
        The same after adding `n` null studies (General).
    alpha : float or None
    target : float or None
    k : int
    """

    type: str
    n: int
    exceeded: bool
    estimate: float | None
    p: float | None
    tau2: float | None
    estimate_with_n: float | None
    p_with_n: float | None
    tau2_with_n: float | None
    alpha: float | None
    target: float | None
    k: int

    def summary(self) -> str:
        """Return the result as text."""
        goal = f"target {self.target:.4f}" if self.target is not None else f"alpha {self.alpha:g}"
        sign = ">" if self.exceeded else ""
        text = f"Fail-safe N ({self.type}, {goal}): {sign}{self.n} (k = {self.k})"
        if self.estimate is not None:
            text += f"\nestimate {self.estimate:.4f}"
            if self.estimate_with_n is not None:
                text += f" (with file drawer: {self.estimate_with_n:.4f})"
        return text + "\nNot an estimate of the number of missing studies."

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers."""
        return {str(k): json_safe(v) for k, v in vars(self).items()}


def fail_safe_n(
    effects: Any,
    v: ColumnLike | None = None,
    *,
    type: Literal["Rosenthal", "Orwin", "Rosenberg", "General"] | None = None,
    alpha: float = 0.05,
    target: float | None = None,
    exact: bool = False,
    se: ColumnLike | None = None,
    method: str | None = None,
    test: str | None = None,
    data: Any = None,
) -> FailSafeN:
    """Smallest number of studies averaging no effect that would overturn the result.

    Parameters
    ----------
    effects, v, se, method, test, data
        As in `egger`; Orwin's method also works without variances.
    type : {"Rosenthal", "Orwin", "Rosenberg", "General"}, optional
        Default: General for a pooled result, Rosenthal for columns.
    alpha : float
        Level to reach (Rosenthal one-sided; Rosenberg and General two-sided).
    target : float, optional
        Estimate to reach, for Orwin (default half the average) and General. Its sign is taken
        from the estimate.
    exact : bool
        For General: refit the model with the added studies instead of using the variance
        decomposition below. Slower.

    Returns
    -------
    FailSafeN

    Raises
    ------
    MethodError
        A model with moderators, an unknown type, or a test that General cannot approximate.
    InputError
        `alpha` out of range, or a target of zero.

    Notes
    -----
    Rosenthal, Psychol Bull 1979;86:638; Orwin, J Educ Stat 1983;8:157; Rosenberg, Evolution
    2005;59:464; Viechtbauer, SRSM meeting 2024 (General). In General the N null studies have the
    harmonic mean of the sampling variances, true effects with mean zero and the observed
    heterogeneity. With pooled variances ``tau2(N) = ((k + N - 2) tau2 + k N / (k + N) mu**2) /
    (k + N - 1)``, the decomposition of a variance into within and between the observed and the
    null studies. The number returned is the smallest N at which the criterion holds.

    Examples
    --------
    >>> fail_safe_n([0.5, 0.4, 0.6], [0.04, 0.05, 0.03]).n
    20
    """
    has_v = v is not None or se is not None or not isinstance(effects, (list, tuple, np.ndarray))
    if isinstance(effects, str):
        has_v = v is not None or se is not None
    kind = str(type or ("General" if isinstance(effects, PoolResult) else "Rosenthal"))
    matches = [t for t in _TYPES if t.lower() == kind.lower()]
    if not matches:
        raise MethodError(f"type={kind!r}: choose from {_TYPES}")
    kind = matches[0]
    studies = read_studies(
        effects, v, se=se, method=method, test=test, data=data, need_variance=kind != "Orwin"
    )
    studies.need_intercept_only("the fail-safe N")
    if not 0 < alpha < 1:
        raise InputError(f"alpha must be between 0 and 1, found {alpha!r}")
    if target is not None and kind in ("Rosenthal", "Rosenberg"):
        raise MethodError(f"target has no meaning for {kind}; use Orwin or General")
    if kind == "Rosenthal":
        return _rosenthal(studies, alpha)
    if kind == "Orwin":
        return _orwin(studies, target, weighted=has_v)
    if kind == "Rosenberg":
        return _rosenberg(studies, alpha)
    return _general(studies, alpha, target, exact)


def _ceil(x: float) -> tuple[int, bool]:
    if x > _MAX:
        return _MAX, True
    # a value that is whole up to rounding is that whole number
    near = round(x)
    return max(0, near if abs(x - near) < 1e-9 * max(1.0, abs(x)) else math.ceil(x)), False


def _rosenthal(studies: Studies, alpha: float) -> FailSafeN:
    z = studies.y / np.sqrt(studies.v)
    k = studies.k
    total = abs(float(z.sum()))
    p = float(ndtr(-total / math.sqrt(k)))
    n, exceeded = _ceil((total / float(ndtri(1 - alpha))) ** 2 - k) if p < alpha else (0, False)
    return FailSafeN("Rosenthal", n, exceeded, None, p, None, None, None, None, alpha, None, k)


def _orwin(studies: Studies, target: float | None, weighted: bool) -> FailSafeN:
    w = 1 / studies.v if weighted else np.ones(studies.k)
    estimate = float(w @ studies.y) / float(w.sum())
    goal = _target(estimate / 2 if target is None else target, estimate)
    n, exceeded = (
        (0, False) if abs(estimate) <= abs(goal) else _ceil(studies.k * (estimate - goal) / goal)
    )
    return FailSafeN(
        "Orwin", n, exceeded, estimate, None, None, None, None, None, None, goal, studies.k
    )


def _target(target: float, estimate: float) -> float:
    if not math.isfinite(target) or target == 0:
        raise InputError("target must be finite and not zero: no number of null studies reaches 0")
    return math.copysign(abs(target), estimate)


def _rosenberg(studies: Studies, alpha: float) -> FailSafeN:
    w = 1 / studies.v
    total, k = float(w.sum()), studies.k
    estimate = float(w @ studies.y) / total
    z = estimate * math.sqrt(total)
    p = 2 * float(ndtr(-abs(z)))
    crit = float(ndtri(1 - alpha / 2))
    n, exceeded = (0, False) if p >= alpha else _ceil(k * ((z / crit) ** 2 - 1))
    return FailSafeN("Rosenberg", n, exceeded, estimate, p, None, None, None, None, alpha, None, k)


def _smallest(holds: Callable[[int], bool], bound: int) -> tuple[int, bool]:
    """Smallest n >= 1 with holds(n), by doubling and bisection."""
    low, high = 0, 1
    while not holds(high):
        if high >= bound:
            return bound, True
        low, high = high, min(2 * high, bound)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high, False


def _general(studies: Studies, alpha: float, target: float | None, exact: bool) -> FailSafeN:
    fit = refit(studies, studies.y, studies.v, weights=studies.weights)
    estimate, p, tau2 = float(fit.coef[0]), float(fit.p[0]), fit.tau2
    goal = None if target is None else _target(target, estimate)
    if not exact and (studies.test in ("knha", "adhoc") or studies.weights is not None):
        raise MethodError("with test='knha' or own weights, General needs exact=True")
    if exact and studies.weights is not None:
        raise MethodError("General is not defined with own weights")
    harmonic = studies.k / float(np.sum(1 / studies.v))
    augmented = _refitted if exact else _decomposed

    def with_n(n: int) -> tuple[float, float, float]:
        return augmented(studies, n, harmonic, estimate, tau2)

    def holds(n: int) -> bool:
        new, new_p, _ = with_n(n)
        return abs(new) <= abs(goal) if goal is not None else new_p >= alpha

    already = abs(estimate) <= abs(goal) if goal is not None else p >= alpha
    n, exceeded = (0, False) if already else _smallest(holds, _MAX_EXACT if exact else _MAX)
    new, new_p, new_tau2 = with_n(n) if n else (estimate, p, tau2)
    return FailSafeN(
        type="General",
        n=n,
        exceeded=exceeded,
        estimate=estimate,
        p=p,
        tau2=tau2,
        estimate_with_n=new,
        p_with_n=new_p,
        tau2_with_n=new_tau2,
        alpha=alpha if goal is None else None,
        target=goal,
        k=studies.k,
    )


def _decomposed(
    studies: Studies, n: int, harmonic: float, estimate: float, tau2: float
) -> tuple[float, float, float]:
    k = studies.k
    new = 0.0
    if studies.method not in ("FE", "EE", "CE"):
        new = ((k + n - 2) * tau2 + k * n / (k + n) * estimate**2) / (k + n - 1)
    w = 1 / (studies.v + new)
    total = float(w.sum()) + n / (harmonic + new)
    mean = float(w @ studies.y) / total
    df = None if studies.test == "z" else float(k + n - 1)
    p = float(two_sided_p(np.array([mean * math.sqrt(total)]), df)[0])
    return mean, p, new


def _refitted(
    studies: Studies, n: int, harmonic: float, estimate: float, tau2: float
) -> tuple[float, float, float]:
    y = np.concatenate([studies.y, _null_effects(n, tau2 + harmonic)])
    v = np.concatenate([studies.v, np.full(n, harmonic)])
    fit = refit(studies, y, v)
    return float(fit.coef[0]), float(fit.p[0]), fit.tau2


def _null_effects(n: int, variance: float) -> FloatArray:
    """Return normal scores with mean exactly 0 and mean square exactly `variance`."""
    if n == 1:
        return np.zeros(1)
    z = ndtri((np.arange(n) + 0.5) / n)
    z -= z.mean()
    return np.asarray(z * math.sqrt(variance / float(np.mean(z**2))))
