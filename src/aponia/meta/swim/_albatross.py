"""Albatross plot: p-values against sample sizes, with contours of effect size."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from aponia.meta._inputs import FloatArray, column
from aponia.meta._result import json_safe
from aponia.meta.errors import InputError, MethodError, TooFewStudiesError
from aponia.meta.swim._directions import Direction, read_direction
from aponia.meta.swim._p_values import read_p

__all__ = ["AlbatrossPlot", "albatross"]

Measure = Literal["smd", "correlation", "or", "rr"]
_DEFAULT_EFFECTS = {
    "smd": (0.2, 0.5, 0.8),
    "correlation": (0.1, 0.3, 0.5),
    "or": (1.25, 1.5, 2.0),
    "rr": (1.25, 1.5, 2.0),
}


@dataclass(frozen=True)
class AlbatrossPlot:
    """Coordinates of an albatross plot.

    Attributes
    ----------
    labels : tuple of str
    x : ndarray of shape (k,)
        ``-log10(p)`` of the two-sided p-value with the sign of the direction: benefit right, harm
        left. For a bounded p-value the end nearer to zero evidence.
    n : ndarray of shape (k,)
        Total sample sizes.
    p_lower, p_upper : ndarray of shape (k,)
        Two-sided p-values; different where only a bound is known.
    directions : tuple of str
    effects : tuple of float
        Effect size of each contour.
    contour_x, contour_n : ndarray of shape (contours, points)
        Contours on the benefit side; mirror them for harm.
    implied : ndarray of shape (k,)
        Effect size that each study's p-value and sample size imply, with the sign of the
        direction (for "or" and "rr" the ratio itself). With a bound it is the smallest one.
    measure : str
    n_left_out : int
        Studies without a p-value, sample size or direction.
    """

    labels: tuple[str, ...]
    x: FloatArray
    n: FloatArray
    p_lower: FloatArray
    p_upper: FloatArray
    directions: tuple[str, ...]
    effects: tuple[float, ...]
    contour_x: FloatArray
    contour_n: FloatArray
    implied: FloatArray
    measure: str
    n_left_out: int

    def summary(self) -> str:
        """Return the result as text."""
        lines = [f"Albatross plot ({self.measure}), {len(self.labels)} studies"]
        for i, label in enumerate(self.labels):
            bound = "" if self.p_lower[i] == self.p_upper[i] else " or more extreme"
            lines.append(
                f"{label}: n = {self.n[i]:g}, p <= {self.p_upper[i]:.4g}, {self.directions[i]}; "
                f"implied {self.measure} {self.implied[i]:.2f}{bound}"
            )
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists and numbers."""
        return {str(k): json_safe(v) for k, v in vars(self).items()}


def albatross(
    p: Iterable[Any],
    n: ArrayLike,
    directions: Iterable[Any],
    *,
    measure: Measure = "smd",
    effects: Sequence[float] | None = None,
    ratio: float = 1.0,
    baseline: float | None = None,
    labels: Sequence[str] | None = None,
    points: int = 101,
) -> AlbatrossPlot:
    """Coordinates of an albatross plot.

    Parameters
    ----------
    p : iterable of float or str
        Two-sided p-values, exact or bounded; see `read_p`.
    n : array_like of shape (k,)
        Total sample sizes.
    directions : iterable of str or float
        Direction of each effect; see `read_direction`.
    measure : {"smd", "correlation", "or", "rr"}
        Scale of the contours.
    effects : sequence of float, optional
        Effect sizes of the contours (positive; ratios above 1).
    ratio : float
        Allocation ratio of the two groups.
    baseline : float, optional
        Risk in the control group, for "or" and "rr".
    labels : sequence of str, optional
    points : int
        Points a contour.

    Returns
    -------
    AlbatrossPlot

    Raises
    ------
    TooFewStudiesError
        No study has a p-value, a sample size and a direction.
    InputError, MethodError
        Lengths differ, a size that is not positive, effects out of range, unknown measure.

    Notes
    -----
    Harrison et al., Res Synth Methods 2017;8:281. A Wald test of an effect d in N people has
    z = d sqrt(N / V) with V the variance of the estimate in one person's worth of data, so a
    contour is N = V (z / d)^2: V = (r + 1)^2 / r + d^2 / 2 for the standardised mean difference,
    1 for Fisher's z (plus 3 people), and the sum of the inverse expected counts a person for
    ratios.

    Examples
    --------
    >>> plot = albatross([0.05, "<0.001"], [62, 40], ["benefit", "benefit"])
    >>> round(float(plot.implied[0]), 2)
    0.51
    """
    if measure not in _DEFAULT_EFFECTS:
        raise MethodError(f"measure={measure!r}: choose from {sorted(_DEFAULT_EFFECTS)}")
    if not (math.isfinite(ratio) and ratio > 0):
        raise InputError("ratio must be positive")
    if measure in ("or", "rr") and (baseline is None or not 0 < baseline < 1):
        raise InputError(f"measure={measure!r} needs baseline=, the risk in the control group")
    sizes = column(n, name="n")
    bounds = [read_p(x) for x in p]
    ways = [read_direction(d) for d in directions]
    names = [str(i + 1) for i in range(sizes.size)] if labels is None else [str(s) for s in labels]
    if not len(bounds) == len(ways) == len(names) == sizes.size:
        raise InputError("p, n, directions and labels must have the same length")
    if (sizes[~np.isnan(sizes)] <= 0).any():
        raise InputError("sample sizes must be positive")
    keep = [
        i
        for i in range(sizes.size)
        if bounds[i] is not None and ways[i] is not None and not np.isnan(sizes[i])
    ]
    if not keep:
        raise TooFewStudiesError("no study has a p-value, a sample size and a direction")
    low = np.array([b.lower for i in keep if (b := bounds[i]) is not None])
    high = np.array([b.upper for i in keep if (b := bounds[i]) is not None])
    way: list[Direction] = [w for i in keep if (w := ways[i]) is not None]
    sign = np.array([{"benefit": 1.0, "harm": -1.0, "unclear": 0.0}[w] for w in way])
    chosen = tuple(float(e) for e in (effects or _DEFAULT_EFFECTS[measure]))
    # quadratic spacing: contours bend most where p is near 1
    grid = 10.0 ** -(1e-3 + 8 * np.linspace(0, 1, points) ** 2)
    contours = np.stack([_size(grid, e, measure, ratio, baseline) for e in chosen])
    implied = np.array(
        [
            _implied(pp, nn, s, measure, ratio, baseline)
            for pp, nn, s in zip(high, sizes[keep], sign, strict=True)
        ]
    )
    return AlbatrossPlot(
        labels=tuple(names[i] for i in keep),
        x=sign * -np.log10(high),
        n=sizes[keep],
        p_lower=low,
        p_upper=high,
        directions=tuple(way),
        effects=chosen,
        contour_x=np.tile(-np.log10(grid), (len(chosen), 1)),
        contour_n=contours,
        implied=implied,
        measure=measure,
        n_left_out=sizes.size - len(keep),
    )


def _unit(effect: float, measure: str, ratio: float, baseline: float | None) -> tuple[float, float]:
    """Effect on its analysis scale, and variance times sample size."""
    if measure == "smd":
        return effect, (ratio + 1) ** 2 / ratio + effect**2 / 2
    if measure == "correlation":
        if not -1 < effect < 1:
            raise InputError(f"a correlation lies between -1 and 1, found {effect}")
        return math.atanh(effect), 1.0
    assert baseline is not None
    if effect <= 0:
        raise InputError(f"a ratio is positive, found {effect}")
    odds = baseline / (1 - baseline)
    risk = effect * baseline if measure == "rr" else effect * odds / (1 + effect * odds)
    if not 0 < risk < 1:
        raise InputError(f"a risk ratio of {effect:g} on a baseline of {baseline:g} exceeds 1")
    treated, control = ratio / (ratio + 1), 1 / (ratio + 1)
    if measure == "rr":
        unit = (1 - risk) / (risk * treated) + (1 - baseline) / (baseline * control)
    else:
        unit = 1 / (risk * (1 - risk) * treated) + 1 / (baseline * (1 - baseline) * control)
    return math.log(effect), unit


def _size(
    p: FloatArray, effect: float, measure: str, ratio: float, baseline: float | None
) -> FloatArray:
    scale, unit = _unit(effect, measure, ratio, baseline)
    if scale <= 0:
        raise InputError(f"contours need positive effects (ratios above 1), found {effect}")
    z = -ndtri(p / 2)
    return np.asarray(unit * (z / scale) ** 2 + (3.0 if measure == "correlation" else 0.0))


def _implied(
    p: float, n: float, sign: float, measure: str, ratio: float, baseline: float | None
) -> float:
    """Effect at which N people give this p-value."""
    neutral = 1.0 if measure in ("or", "rr") else 0.0
    z = -float(ndtri(p / 2))
    if sign == 0 or z == 0:
        return neutral
    if measure == "correlation":
        return math.tanh(sign * z / math.sqrt(n - 3)) if n > 3 else math.nan
    if measure == "smd":
        # d^2 N = z^2 (A + d^2 / 2)
        rest = n - z**2 / 2
        return sign * z * (ratio + 1) / math.sqrt(ratio * rest) if rest > 0 else math.nan
    assert baseline is not None
    top = math.log(1 / baseline) - 1e-12 if measure == "rr" else 30.0
    return _solve_ratio(z, n, sign, measure, ratio, baseline, top)


def _solve_ratio(
    z: float, n: float, sign: float, measure: str, ratio: float, baseline: float, top: float
) -> float:
    def excess(size: float) -> float:
        scale, unit = _unit(math.exp(sign * size), measure, ratio, baseline)
        return abs(scale) * math.sqrt(n / unit) - z

    end = top if sign > 0 else 30.0
    # |z| rises from zero and may fall again for extreme ratios: take the first crossing
    steps = np.linspace(0.0, end, 2001)[1:]
    low = 0.0
    for high in steps:
        if excess(float(high)) >= 0:
            break
        low = float(high)
    else:
        return math.nan
    upper = float(high)
    for _ in range(100):
        middle = 0.5 * (low + upper)
        low, upper = (low, middle) if excess(middle) >= 0 else (middle, upper)
    return math.exp(sign * upper)
