"""Combining p-values, with bounds where the papers print only bounds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from scipy.special import chdtr, chdtrc, ndtr, ndtri

from aponia.meta._inputs import FloatArray
from aponia.meta._result import json_safe
from aponia.meta.errors import InputError, MethodError, TooFewStudiesError
from aponia.meta.swim._directions import Direction, read_direction
from aponia.meta.swim._p_values import PBound, one_sided, read_p

__all__ = ["METHODS", "CombinedP", "combine_p"]

#: Methods and whether they take weights.
METHODS = {
    "fisher": False,
    "pearson": False,
    "stouffer": True,
    "edgington": False,
    "tippett": False,
    "harmonic": True,
    "cauchy": True,
}
_MAY_BE_DEPENDENT = ("harmonic", "cauchy")


@dataclass(frozen=True)
class CombinedP:
    """A combined p-value.

    Attributes
    ----------
    method : str
    p : float or None
        The combined p-value; None when some study prints only a bound.
    p_lower, p_upper : float
        Bounds on it, equal to `p` when all p-values are exact. `p_upper` is the safe one to quote.
    statistic : float or None
        Statistic of the method (Fisher and Pearson: chi-squared on 2k degrees of freedom;
        Stouffer: z; Edgington: the sum; Tippett: the minimum; harmonic: the weighted harmonic
        mean; Cauchy: the weighted mean of the transformed values); None with bounds.
    k : int
        Studies combined.
    n_missing : int
    used : tuple of PBound
        The p-values combined, one-sided where directions were given.
    weights : tuple of float or None
    one_sided : bool
        Whether the combined value is evidence for benefit (against harm) in particular.
    """

    method: str
    p: float | None
    p_lower: float
    p_upper: float
    statistic: float | None
    k: int
    n_missing: int
    used: tuple[PBound, ...]
    weights: tuple[float, ...] | None
    one_sided: bool

    def summary(self) -> str:
        """Return the result as text."""
        shown = (
            f"p = {self.p:.4g}"
            if self.p is not None
            else f"p between {self.p_lower:.4g} and {self.p_upper:.4g}"
        )
        what = "evidence of benefit in at least one study" if self.one_sided else "combined"
        text = f"{self.method}, k = {self.k}: {shown} ({what})"
        if self.method not in _MAY_BE_DEPENDENT:
            text += "\nassumes independent studies"
        return text + "\nSays nothing about the size of the effect."

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers and lists."""
        out = {str(k): json_safe(v) for k, v in vars(self).items() if k != "used"}
        return {**out, "used": [[b.lower, b.upper] for b in self.used]}


def combine_p(
    p: Iterable[Any],
    *,
    method: str = "fisher",
    directions: Iterable[Any] | None = None,
    weights: Sequence[float] | None = None,
    sided: Literal["two", "one"] | None = None,
) -> CombinedP:
    """Combine p-values of independent studies.

    Parameters
    ----------
    p : iterable of float, str, (lower, upper) or None
        p-values, read by `read_p`: ``0.03``, ``"<0.001"``, ``"ns"``. Missing ones are dropped.
    method : str
        ``"fisher"``, ``"pearson"``, ``"stouffer"`` (weighted when `weights` are given),
        ``"edgington"``, ``"tippett"``, ``"harmonic"`` or ``"cauchy"``. The last two hold
        approximately for dependent p-values as well.
    directions : iterable of str, float or None, optional
        Direction of each study's effect, read by `read_direction`. Two-sided p-values are then
        turned into one-sided ones for benefit, as they must be before they are combined.
    weights : sequence of float, optional
        Positive weights (such as the square root of the sample size for Stouffer); for Stouffer,
        harmonic and Cauchy.
    sided : {"two", "one"}, optional
        What the given p-values are. By default two-sided when directions are given; without
        directions they are combined as they are.

    Returns
    -------
    CombinedP

    Raises
    ------
    TooFewStudiesError
        No p-value is left.
    InputError
        Lengths differ, or weights are not positive.
    MethodError
        An unknown method, or weights with a method that takes none.

    Notes
    -----
    Fisher 1932; Pearson 1933; Stouffer 1949, Liptak 1958 (weights); Edgington, J Psychol
    1972;80:351 (exact Irwin-Hall distribution); Tippett 1931; Wilson, PNAS 2019;116:1195
    (harmonic mean, Landau distribution); Liu and Xie, J Am Stat Assoc 2020;115:393 (Cauchy).
    Cochrane Handbook section 12.2.1.2. Every method is increasing in each p-value, so bounds on
    them give bounds on the combined value. It answers "is there evidence of an effect in at
    least one study", not how large it is.

    Examples
    --------
    >>> round(combine_p([0.01, 0.2, 0.3]).p, 5)
    0.02156
    >>> combine_p(["<0.001", 0.2], directions=["benefit", "benefit"]).p is None
    True
    """
    name = {"weighted z": "stouffer", "weighted_z": "stouffer", "acat": "cauchy"}.get(
        method.lower(), method.lower()
    )
    if name not in METHODS:
        raise MethodError(f"method={method!r}: choose from {sorted(METHODS)}")
    if weights is not None and not METHODS[name]:
        raise MethodError(f"method={name!r} takes no weights; use 'stouffer'")
    read = [read_p(x) for x in p]
    ways: list[Direction | None] = [None] * len(read)
    if directions is not None:
        ways = [read_direction(d) for d in directions]
        if len(ways) != len(read):
            raise InputError(f"directions has {len(ways)} entries, p has {len(read)}")
    elif sided == "two":
        raise InputError("two-sided p-values need directions before they are combined")
    w = None if weights is None else np.asarray(weights, dtype=np.float64)
    if w is not None and (w.size != len(read) or not (np.isfinite(w) & (w > 0)).all()):
        raise InputError("weights must be positive, one for each p-value")
    if directions is not None and sided != "one":
        used = [None if b is None else one_sided(b, way) for b, way in zip(read, ways, strict=True)]
    else:
        used = read
    kept = [i for i, b in enumerate(used) if b is not None]
    bounds = tuple(b for b in used if b is not None)
    if not bounds:
        raise TooFewStudiesError("no p-value to combine")
    w = None if w is None else w[kept]
    compute = _COMPUTE[name]
    low = np.array([b.lower for b in bounds])
    high = np.array([b.upper for b in bounds])
    statistic, p_upper = compute(high, w)
    exact = all(b.exact for b in bounds)
    p_lower = p_upper if exact else compute(low, w)[1]
    return CombinedP(
        method=name,
        p=p_upper if exact else None,
        p_lower=p_lower,
        p_upper=p_upper,
        statistic=statistic if exact else None,
        k=len(bounds),
        n_missing=len(read) - len(bounds),
        used=bounds,
        weights=None if w is None else tuple(float(x) for x in w),
        one_sided=directions is not None or sided == "one",
    )


def _fisher(p: FloatArray, w: FloatArray | None) -> tuple[float, float]:
    with np.errstate(divide="ignore"):
        statistic = -2 * float(np.log(p).sum())
    return statistic, float(chdtrc(2 * p.size, statistic)) if math.isfinite(statistic) else 0.0


def _pearson(p: FloatArray, w: FloatArray | None) -> tuple[float, float]:
    with np.errstate(divide="ignore"):
        statistic = -2 * float(np.log1p(-p).sum())
    return statistic, float(chdtr(2 * p.size, statistic)) if math.isfinite(statistic) else 1.0


def _stouffer(p: FloatArray, w: FloatArray | None) -> tuple[float, float]:
    weights = np.ones(p.size) if w is None else w
    if (p == 0).any():  # the limit of a bound that reaches zero
        return math.inf, 0.0
    if (p == 1).any():
        return -math.inf, 1.0
    z = float(weights @ -ndtri(p)) / math.sqrt(float(weights @ weights))
    return z, float(ndtr(-z))


def _edgington(p: FloatArray, w: FloatArray | None) -> tuple[float, float]:
    # exact rational arithmetic: the alternating sum loses all digits in floating point
    k = p.size
    total = sum((Fraction(float(x)) for x in p), Fraction(0))
    mirrored = 2 * total > k
    s = k - total if mirrored else total
    mass = sum(
        ((-1) ** j * math.comb(k, j) * (s - j) ** k for j in range(math.floor(s) + 1)),
        Fraction(0),
    ) / math.factorial(k)
    return float(total), float(1 - mass if mirrored else mass)


def _tippett(p: FloatArray, w: FloatArray | None) -> tuple[float, float]:
    smallest = float(p.min())
    if smallest == 1:
        return 1.0, 1.0
    return smallest, -math.expm1(p.size * math.log1p(-smallest))


def _harmonic(p: FloatArray, w: FloatArray | None) -> tuple[float, float]:
    weights = np.full(p.size, 1 / p.size) if w is None else w / w.sum()
    if (p == 0).any():
        return 0.0, 0.0
    mean = 1 / float(weights @ (1 / p))
    if p.size == 1:
        return mean, mean
    return mean, min(1.0, _landau_sf(1 / mean, math.log(p.size) + 0.8743689, math.pi / 2))


def _landau_sf(x: float, location: float, scale: float) -> float:
    """Upper tail of the Landau distribution as parametrised by Wilson (2019)."""
    from scipy.integrate import quad

    z = (x - location) / scale

    def integrand(t: float) -> float:
        if t == 0:
            return 2.0
        return math.exp(-t * z - 2 / math.pi * t * math.log(t)) * math.sin(2 * t) / t

    # for large z the integrand lives on t of order 1/z
    cut = 40.0 / z if z > 4 else 60.0
    points = [cut * f for f in (0.01, 0.05, 0.2, 0.5)]
    value, _ = quad(integrand, 0.0, cut, points=points, limit=500, epsabs=1e-14, epsrel=1e-11)
    return max(0.0, value / math.pi)


def _cauchy(p: FloatArray, w: FloatArray | None) -> tuple[float, float]:
    weights = np.full(p.size, 1 / p.size) if w is None else w / w.sum()
    if (p == 0).any():
        return math.inf, 0.0
    if (p == 1).any():
        return -math.inf, 1.0
    # cot(pi p) = tan((1/2 - p) pi), without the cancellation near p = 0
    value = float(weights @ (1 / np.tan(np.pi * p)))
    # the arctangent of 1/value keeps its digits far in the tail
    tail = math.atan(1 / value) / math.pi if value != 0 else 0.5
    return value, tail if value >= 0 else 1 + tail


_COMPUTE: dict[str, Callable[[FloatArray, FloatArray | None], tuple[float, float]]] = {
    "fisher": _fisher,
    "pearson": _pearson,
    "stouffer": _stouffer,
    "edgington": _edgington,
    "tippett": _tippett,
    "harmonic": _harmonic,
    "cauchy": _cauchy,
}
