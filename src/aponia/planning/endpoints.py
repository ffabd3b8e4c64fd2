"""What a trial measures, each on its own scale.

* count: attacks in a time, negative binomial (a gamma frailty a person and a gamma factor a period),
  effects as log rate ratio;
* score: bounded, such as pain from 0 to 10 or days from 0 to 28: logit-normal, so that no value lies
  outside and the spread shrinks towards the ends; effects in points;
* responder: yes or no, effects as log odds ratio;
* normal: anything else, effects in its own unit.

An `Endpoint` turns effects into the locations the kernels draw from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import expit

from aponia.planning.errors import PlanningError
from aponia.planning.kernels.groups import BINARY, BOUNDED, COUNT, NORMAL

__all__ = ["Endpoint", "EndpointKind", "FloatArray", "bounded_spread", "count_dispersion"]

FloatArray: TypeAlias = NDArray[np.float64]
EndpointKind: TypeAlias = Literal["count", "score", "responder", "normal"]

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(61)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()
_GRID = np.linspace(-30.0, 30.0, 6001)
_CODE = {"count": COUNT, "score": BOUNDED, "responder": BINARY, "normal": NORMAL}
_SCALE = {
    "count": "log rate ratio",
    "score": "points",
    "responder": "log odds ratio",
    "normal": "units of the outcome",
}


def _moments(loc: ArrayLike, spread: float) -> tuple[FloatArray, FloatArray]:
    """Mean and SD of a logit-normal number between 0 and 1, by Gauss-Hermite quadrature."""
    z = np.asarray(loc, dtype=float)[..., None] + spread * _NODES
    values = expit(z)
    mean = values @ _WEIGHTS
    return mean, np.sqrt(np.maximum(0.0, (values**2) @ _WEIGHTS - mean**2))


@lru_cache(maxsize=64)
def _mean_table(spread: float) -> FloatArray:
    return _moments(_GRID, spread)[0]


def _location(mean: ArrayLike, spread: float) -> FloatArray:
    """Return the logit location at which the mean (0 to 1) is as wanted."""
    found: FloatArray = np.interp(np.asarray(mean, dtype=float), _mean_table(spread), _GRID)
    return found


def bounded_spread(mean: float, sd: float, lowest: float, highest: float) -> float:
    """Return the spread on the logit scale that gives a bounded score this mean and SD.

    Parameters
    ----------
    mean, sd : float
        On the scale itself.
    lowest, highest : float
        Ends of the scale.

    Returns
    -------
    float

    Raises
    ------
    PlanningError
        If no variable between the ends has this mean and SD.
    """
    width = highest - lowest
    m, s = (mean - lowest) / width, sd / width
    if not 0 < m < 1:
        raise PlanningError(
            f"a mean of {mean:g} does not lie inside the scale from {lowest:g} to {highest:g}"
        )
    if s <= 0:
        raise PlanningError(f"the SD of a score must be positive, found {sd:g}")
    if s >= 0.95 * math.sqrt(m * (1 - m)):
        raise PlanningError(
            f"a score from {lowest:g} to {highest:g} with mean {mean:g} cannot have an SD of {sd:g} "
            f"(largest possible {width * math.sqrt(m * (1 - m)):.3g}); set a smaller one"
        )

    return _spread(m, s)


@lru_cache(maxsize=4096)
def _spread(mean: float, sd: float) -> float:
    """Spread on the logit scale of a number between 0 and 1 with this mean and SD."""

    def gap(spread: float) -> float:
        at = brentq(lambda x: float(_moments(x, spread)[0]) - mean, -200.0, 200.0, xtol=1e-9)
        return float(_moments(at, spread)[1]) - sd

    return float(brentq(gap, 1e-4, 12.0, xtol=1e-7))


def count_dispersion(mean: float, sd: float, weeks: float) -> float:
    """Return the negative binomial dispersion from the mean and SD of a weekly rate.

    Moments: Var(count) = mu + k mu^2 for the count over `weeks` (Poisson noise subtracted).

    Parameters
    ----------
    mean, sd : float
        Of attacks a week.
    weeks : float
        How long each person was counted.

    Returns
    -------
    float
        0 when people differ no more than chance alone makes them.
    """
    return max(0.0, (sd * sd - mean / weeks) / mean**2)


@dataclass(frozen=True)
class Endpoint:
    """What is measured, in whom it starts where, and how it spreads.

    Attributes
    ----------
    kind : {"count", "score", "responder", "normal"}
    label, unit : str
    benefit_sign : int
        −1 when lower is better. Of effects on `scale`; for responders higher is better.
    baseline_mean, baseline_sd : float
        Counts: of attacks a week. Not used for responders.
    comparator : float
        What happens on the comparator: counts, the change in percent; scores and normal, the change
        in points; responders, the percent who respond.
    followup_sd : float
        SD between people after treatment (scores and normal).
    correlation : float
        Of the measurements before and after treatment of a person.
    lowest, highest : float
        Ends of a score.
    baseline_weeks, followup_weeks : float
        Lengths of counting.
    bout_weeks : float
        Mean weeks until a bout ends by itself; 0 when it does not.
    """

    kind: EndpointKind
    label: str
    unit: str
    benefit_sign: int
    baseline_mean: float = 0.0
    baseline_sd: float = 1.0
    comparator: float = 0.0
    followup_sd: float = 1.0
    correlation: float = 0.5
    lowest: float = 0.0
    highest: float = 10.0
    baseline_weeks: float = 1.0
    followup_weeks: float = 4.0
    bout_weeks: float = 0.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, float) and not math.isfinite(value):
                raise PlanningError(f"{name} must be a finite number, found {value}")
        if self.kind not in _CODE:
            raise PlanningError(f"kind {self.kind!r}: choose count, score, responder or normal")
        if not 0 <= self.correlation < 1 and not (self.kind == "count" and self.correlation == 1):
            raise PlanningError(
                f"correlation must be at least 0 and below 1, found {self.correlation}"
            )
        if self.kind == "count":
            self._check_count()
        if self.kind == "responder" and not 0 < self.comparator < 100:
            raise PlanningError(
                f"the percent who respond on the comparator must lie between 0 and 100, found "
                f"{self.comparator:g}"
            )
        if self.kind in ("score", "normal") and min(self.baseline_sd, self.followup_sd) <= 0:
            raise PlanningError("baseline_sd and followup_sd must be positive")

    def _check_count(self) -> None:
        if self.baseline_mean <= 0 or self.baseline_sd < 0:
            raise PlanningError(
                f"attacks a week need a positive mean and an SD of 0 or more, found "
                f"{self.baseline_mean:g} and {self.baseline_sd:g}"
            )
        if self.baseline_weeks <= 0 or self.followup_weeks <= 0 or self.bout_weeks < 0:
            raise PlanningError(
                "baseline_weeks and followup_weeks must be positive, bout_weeks 0 or more"
            )
        if self.comparator <= -100:
            raise PlanningError(
                f"placebo_change is in percent and must lie above -100, found {self.comparator:g}"
            )

    @property
    def code(self) -> int:
        """The kind as the kernels know it."""
        return _CODE[self.kind]

    @property
    def scale(self) -> str:
        """What effects are measured in."""
        return _SCALE[self.kind] if self.kind != "score" else self.unit

    @property
    def dispersion(self) -> tuple[float, float]:
        """Dispersion of counts between people and between the periods of a person.

        With covariance k_b mu^2 of two periods of a person, k_b = r CV^2; the factor of a period
        has (1 + k_b)(1 + k_w) = 1 + k.
        """
        total = count_dispersion(self.baseline_mean, self.baseline_sd, self.baseline_weeks)
        between = min(total, self.correlation * (self.baseline_sd / self.baseline_mean) ** 2)
        return between, (1 + total) / (1 + between) - 1

    @property
    def still_in_bout(self) -> float:
        """Share of the follow-up in which a bout has not ended by itself."""
        if self.kind != "count" or self.bout_weeks == 0:
            return 1.0
        t = self.followup_weeks / self.bout_weeks
        return -math.expm1(-t) / t

    def _comparator_mean(self) -> float:
        if self.kind == "count":
            left = (1 + self.comparator / 100) / self.still_in_bout
            if left > 1.5:
                raise PlanningError(
                    f"bouts that end by themselves after {self.bout_weeks:g} weeks on average already "
                    f"lower attacks by more than placebo_change={self.comparator:g} %; set a longer "
                    "bout_weeks or a larger fall"
                )
            return math.log(left)
        if self.kind == "responder":
            return math.log(self.comparator / (100 - self.comparator))
        return self.baseline_mean + self.comparator

    @property
    def _spreads(self) -> tuple[float, float]:
        if self.kind == "normal":
            return self.baseline_sd, self.followup_sd
        return (
            bounded_spread(self.baseline_mean, self.baseline_sd, self.lowest, self.highest),
            bounded_spread(self._comparator_mean(), self.followup_sd, self.lowest, self.highest),
        )

    def parameters(self) -> FloatArray:
        """Return the kernel's parameter vector of shape (6,) for groups."""
        if self.kind == "count":
            between, within = self.dispersion
            return np.array(
                [self.baseline_mean, self.baseline_weeks, self.followup_weeks, between, within,
                 self.bout_weeks]
            )  # fmt: skip
        if self.kind == "responder":
            return np.zeros(6)
        s0, s1 = self._spreads
        at = self.baseline_mean
        if self.kind == "score":
            at = float(_location((at - self.lowest) / (self.highest - self.lowest), s0))
        return np.array([at, s0, s1, self.correlation, self.lowest, self.highest])

    def locations(self, effects: ArrayLike) -> FloatArray:
        """Return the kernel's locations for effects on `scale`.

        Parameters
        ----------
        effects : array_like
            Any shape; 0 is the comparator.

        Returns
        -------
        ndarray
            Same shape. Effects that would carry the mean of a score past an end of the scale stop
            just short of it.
        """
        e = np.asarray(effects, dtype=float)
        mean = self._comparator_mean()
        if self.kind != "score":
            return mean + e
        width = self.highest - self.lowest
        share = np.clip((mean + e - self.lowest) / width, 0.005, 0.995)
        return _location(share, self._spreads[1])

    def possible(self, effects: ArrayLike) -> FloatArray:
        """Return effects as the endpoint can show them (scores stop at the ends of the scale)."""
        e = np.asarray(effects, dtype=float)
        if self.kind != "score":
            return e
        mean = self._comparator_mean()
        width = self.highest - self.lowest
        low, high = self.lowest + 0.005 * width, self.highest - 0.005 * width
        return np.clip(mean + e, low, high) - mean

    def natural(self, effect: float) -> float:
        """Return an effect as people read it: a ratio for counts and responders."""
        return math.exp(effect) if self.kind in ("count", "responder") else effect

    def describe(self, effect: float) -> str:
        """Return an effect in words and numbers."""
        if self.kind == "count":
            return f"rate ratio {math.exp(effect):.2f}"
        if self.kind == "responder":
            p0 = self.comparator / 100
            odds = p0 / (1 - p0) * math.exp(effect)
            return f"odds ratio {math.exp(effect):.2f} ({100 * odds / (1 + odds):.0f}% against {self.comparator:.0f}%)"
        return f"{effect:+.2f} {self.unit}"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-safe values."""
        return {**vars(self), "scale": self.scale}
