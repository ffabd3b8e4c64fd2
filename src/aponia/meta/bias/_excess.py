"""Test of excess significance."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.special import bdtr, bdtrc, ndtr, ndtri

from aponia.meta._inputs import ColumnLike, FloatArray
from aponia.meta._result import json_safe
from aponia.meta.bias._studies import read_studies
from aponia.meta.errors import InputError, MethodError

__all__ = ["ExcessSignificance", "excess_significance", "poisson_binomial"]

Side = Literal["two-sided", "greater", "less"]


@dataclass(frozen=True)
class ExcessSignificance:
    """Observed against expected number of significant studies.

    Attributes
    ----------
    k, observed : int
    expected : float
    ratio : float
        Observed over expected.
    test : {"chi2", "binom", "exact"}
    statistic : float or None
        Pearson's chi-squared (test "chi2" only), one degree of freedom.
    p : float
    power : ndarray of shape (k,)
        Power (averaged over the heterogeneity) of each study.
    significant : ndarray of bool of shape (k,)
    theta, tau2 : float
        Effect and heterogeneity for which the power was computed.
    limit : tuple of (float or None)
        Limit estimate: the effect at which the test's p-value equals `limit_alpha`; two values,
        below and above the null, for a two-sided test. None where there is none.
    limit_alpha : float
    """

    k: int
    observed: int
    expected: float
    ratio: float
    test: str
    statistic: float | None
    p: float
    power: FloatArray
    significant: np.ndarray
    theta: float
    tau2: float
    limit: tuple[float | None, ...]
    limit_alpha: float

    def summary(self) -> str:
        """Return the result as text."""
        lines = [
            f"Test of excess significance (k = {self.k}, {self.test})",
            f"observed {self.observed}, expected {self.expected:.4f}, ratio {self.ratio:.4f}",
            f"p = {self.p:.4f} (power at theta = {self.theta:.4f}, tau2 = {self.tau2:.4f})",
        ]
        for value in self.limit:
            if value is not None:
                lines.append(f"limit estimate {value:.4f} (where p = {self.limit_alpha:g})")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists and numbers."""
        return {str(k): json_safe(v) for k, v in vars(self).items()}


def poisson_binomial(p: FloatArray) -> FloatArray:
    """Distribution of the number of successes of independent trials with probabilities `p`.

    Parameters
    ----------
    p : ndarray of shape (k,)

    Returns
    -------
    ndarray of shape (k + 1,)

    Examples
    --------
    >>> poisson_binomial(np.array([0.5, 0.5])).tolist()
    [0.25, 0.5, 0.25]
    """
    out = np.ones(1)
    for q in p:
        out = np.append(out * (1 - q), 0.0) + np.append(0.0, out * q)
    return out


def excess_significance(
    effects: Any,
    v: ColumnLike | None = None,
    *,
    null: float = 0.0,
    alternative: Side = "two-sided",
    alpha: float = 0.05,
    theta: float | None = None,
    tau2: float | None = None,
    test: Literal["auto", "chi2", "binom", "exact"] = "auto",
    test_alternative: Side = "greater",
    test_alpha: float = 0.10,
    se: ColumnLike | None = None,
    data: Any = None,
) -> ExcessSignificance:
    """Test whether there are more significant studies than their power allows.

    Parameters
    ----------
    effects, v, se, data
        As in `egger`. A pooled result brings its mean and tau2; columns are pooled with a
        fixed-effect model and tau2 = 0.
    null : float
        Value under the null hypothesis of the studies' own tests.
    alternative : {"two-sided", "greater", "less"}
        Direction of the studies' own (Wald) tests.
    alpha : float
        Level of the studies' own tests.
    theta, tau2 : float, optional
        True mean effect and heterogeneity for the power.
    test : {"auto", "chi2", "binom", "exact"}
        Pearson's chi-squared, binomial with the mean power, or exact with every study's own
        power (Poisson-binomial). ``"auto"`` is exact when the exact sum has at most a million
        terms, otherwise chi-squared.
    test_alternative : {"greater", "two-sided", "less"}
    test_alpha : float
        Level that defines the limit estimate.

    Returns
    -------
    ExcessSignificance

    Raises
    ------
    MethodError
        A model with moderators, or an unknown option.
    InputError
        A level or tau2 out of range.

    Notes
    -----
    Ioannidis and Trikalinos, Clin Trials 2007;4:245; Francis, J Math Psychol 2013;57:153 (exact).
    With heterogeneity the power is integrated over the distribution of true effects, which has a
    closed form for Wald tests. A two-sided exact test doubles the smaller tail.

    Examples
    --------
    >>> excess_significance([0.5, 0.4, 0.6], [0.04, 0.03, 0.05]).observed
    3
    """
    studies = read_studies(effects, v, se=se, data=data)
    studies.need_intercept_only("the test of excess significance")
    if not (0 < alpha < 1 and 0 < test_alpha < 1):
        raise InputError("alpha and test_alpha must be between 0 and 1")
    sides = ("two-sided", "greater", "less")
    if alternative not in sides or test_alternative not in sides:
        raise MethodError(f"alternative and test_alternative must be one of {sides}")
    if theta is None:
        if studies.fitted is not None:
            theta = float(studies.fitted.coef[0])
        else:
            theta = float(np.average(studies.y, weights=1 / studies.v))
    if tau2 is None:
        tau2 = studies.fitted.tau2 if studies.fitted is not None else 0.0
    if not (math.isfinite(tau2) and tau2 >= 0 and math.isfinite(theta)):
        raise InputError("theta must be finite and tau2 finite and not negative")
    root = np.sqrt(studies.v)
    z = (studies.y - null) / root
    if alternative == "two-sided":
        p_values = 2 * ndtr(-np.abs(z))
    else:
        p_values = ndtr(-z) if alternative == "greater" else ndtr(z)
    significant = p_values <= alpha
    observed = int(significant.sum())
    kind = _choose(test, studies.k, observed, test_alternative)

    def power(at: float) -> FloatArray:
        return _power(at, tau2, null, root, alpha, alternative)

    def p_of(at: float) -> float:
        return _p_value(kind, observed, power(at), test_alternative)[0]

    at_theta = power(theta)
    p, statistic = _p_value(kind, observed, at_theta, test_alternative)
    expected = float(at_theta.sum())
    return ExcessSignificance(
        k=studies.k,
        observed=observed,
        expected=expected,
        ratio=observed / expected,
        test=kind,
        statistic=statistic,
        p=p,
        power=at_theta,
        significant=significant,
        theta=theta,
        tau2=tau2,
        limit=_limits(p_of, test_alpha, null, theta, root, tau2, test_alternative, alternative),
        limit_alpha=test_alpha,
    )


def _choose(test: str, k: int, observed: int, side: str) -> str:
    if test in ("chi2", "binom", "exact"):
        return test
    if test != "auto":
        raise MethodError(f"test={test!r}: choose 'auto', 'chi2', 'binom' or 'exact'")
    if k > 1000:
        return "chi2"
    counts = range(observed, k + 1) if side != "less" else range(observed + 1)
    return "exact" if sum(math.comb(k, s) for s in counts) <= 10**6 else "chi2"


def _power(
    theta: float, tau2: float, null: float, root: FloatArray, alpha: float, alternative: str
) -> FloatArray:
    spread = np.sqrt(root**2 + tau2)
    shift = theta - null
    if alternative == "two-sided":
        cut = float(ndtri(1 - alpha / 2)) * root
        return np.asarray(ndtr((shift - cut) / spread) + ndtr((-shift - cut) / spread))
    cut = float(ndtri(1 - alpha)) * root
    sign = 1.0 if alternative == "greater" else -1.0
    return np.asarray(ndtr((sign * shift - cut) / spread))


def _p_value(kind: str, observed: int, power: FloatArray, side: str) -> tuple[float, float | None]:
    k, expected = power.size, float(power.sum())
    if kind == "chi2":
        gap = observed - expected
        if k - expected < 1e-300:
            statistic = 0.0 if gap == 0 else math.inf
        else:
            statistic = gap**2 / expected + gap**2 / (k - expected)
        z = math.copysign(math.sqrt(statistic), gap)
        if side == "two-sided":
            return 2 * float(ndtr(-abs(z))), statistic
        return float(ndtr(-z if side == "greater" else z)), statistic
    if kind == "binom":
        q = min(expected / k, 1.0)
        if side == "two-sided":
            from scipy.stats import binomtest

            return float(binomtest(observed, k, q).pvalue), None
        upper = float(bdtrc(observed - 1, k, q)) if observed > 0 else 1.0
        return (upper if side == "greater" else float(bdtr(observed, k, q))), None
    pmf = poisson_binomial(power)
    upper, lower = float(pmf[observed:].sum()), float(pmf[: observed + 1].sum())
    if side == "two-sided":
        return min(1.0, 2 * min(upper, lower)), None
    return min(1.0, upper if side == "greater" else lower), None


def _limits(
    p_of: Callable[[float], float],
    level: float,
    null: float,
    theta: float,
    root: FloatArray,
    tau2: float,
    side: str,
    alternative: str,
) -> tuple[float | None, ...]:
    """Where p(theta) crosses the level, walking from the null towards the estimate."""
    if alternative == "two-sided":
        direction = 1.0 if theta >= null else -1.0
    else:
        direction = 1.0 if alternative == "greater" else -1.0
    if side != "two-sided":
        return (_crossing(p_of, level, null, direction, root, tau2),)
    # more significant results than expected near the null, fewer far from it: two crossings
    first = _crossing(p_of, level, null, direction, root, tau2)
    start = null if first is None else first
    beyond = _crossing(p_of, level, start, direction, root, tau2, skip=first is not None)
    return (first, beyond)


def _crossing(
    p_of: Callable[[float], float],
    level: float,
    start: float,
    direction: float,
    root: FloatArray,
    tau2: float,
    skip: bool = False,
) -> float | None:
    step = 0.02 * math.sqrt(float(np.min(root)) ** 2 + tau2)
    low = start + (step * 1e-3 * direction if skip else 0.0)
    above = p_of(low) > level
    high, length = low, step
    for _ in range(400):
        high = low + direction * length
        if (p_of(high) > level) != above:
            break
        low, length = high, length * 1.1
    else:
        return None
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if (p_of(middle) > level) == above:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
