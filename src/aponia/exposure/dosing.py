"""Doses, body weights and schedules, in milligrams, kilograms and hours."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aponia.exposure.errors import DoseError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["UNITS", "Dose", "Schedule", "Weight"]

#: Milligrams in one unit, and whether it is a unit per kilogram of body weight.
UNITS: dict[str, tuple[float, bool]] = {
    "mg": (1.0, False),
    "ug": (1e-3, False),
    "g": (1e3, False),
    "mg/kg": (1.0, True),
    "ug/kg": (1e-3, True),
    "mg/70 kg": (1.0 / 70.0, True),
}


@dataclass(frozen=True, slots=True)
class Dose:
    """An amount of substance as it was given.

    Attributes
    ----------
    value : float
        Positive and finite.
    unit : str
        One of `UNITS`.
    form : str or None
        The preparation, when it is not the pure substance ("psilocybin mushroom (dried)").
    """

    value: float
    unit: str = "mg"
    form: str | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and self.value > 0):
            raise DoseError(f"a dose must be a positive number, not {self.value}")
        if self.unit not in UNITS:
            raise DoseError(f"unknown dose unit {self.unit!r}; known are {', '.join(UNITS)}")

    @property
    def per_kg(self) -> bool:
        """Whether the amount depends on body weight."""
        return UNITS[self.unit][1]

    def mg(self, weight: float | NDArray[np.float64] = 70.0) -> float | NDArray[np.float64]:
        """Give the amount in milligrams.

        Parameters
        ----------
        weight : float or array
            Body weight in kg; used for units per kilogram only.

        Returns
        -------
        float or array
            Milligrams, in the shape of `weight` for units per kilogram.
        """
        factor, per_kg = UNITS[self.unit]
        return self.value * factor * weight if per_kg else self.value * factor

    def __str__(self) -> str:
        form = f" {self.form}" if self.form else ""
        return (
            f"{self.value:g} {'µg' + self.unit[2:] if self.unit[:2] == 'ug' else self.unit}{form}"
        )


@dataclass(frozen=True, slots=True)
class Weight:
    """Body weights of the virtual subjects: log-normal.

    Attributes
    ----------
    mean : float
        In kg.
    cv : float
        Standard deviation over mean; 0 gives everybody the mean.
    source : str
        Where the figures are from; said beside every result that rests on them.
    """

    mean: float = 70.0
    cv: float = 0.0
    source: str = "one reference weight for everybody"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mean) and self.mean > 0):
            raise DoseError(f"a body weight must be positive, not {self.mean}")
        if not (math.isfinite(self.cv) and self.cv >= 0):
            raise DoseError(f"the spread of body weight must not be negative, but is {self.cv}")

    def draw(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        """Draw `n` weights in kg with this mean and spread."""
        import numpy as np

        if self.cv == 0:
            return np.full(n, float(self.mean))
        log_var = math.log1p(self.cv**2)
        drawn: NDArray[np.float64] = rng.lognormal(
            math.log(self.mean) - log_var / 2, math.sqrt(log_var), n
        )
        return drawn


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a dose is given, over how long, and which share of it.

    Attributes
    ----------
    starts : tuple of float
        Hours after the first administration; not negative, finite.
    durations : tuple of float
        Hours each lasts; 0 is a bolus, a capsule or a spray.
    shares : tuple of float
        What is given each time, as a multiple of the dose; positive.
    """

    starts: tuple[float, ...] = (0.0,)
    durations: tuple[float, ...] = (0.0,)
    shares: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        if not self.starts or not len(self.starts) == len(self.durations) == len(self.shares):
            raise DoseError("a schedule needs as many starts as durations and shares, at least one")
        if not all(math.isfinite(t) and t >= 0 for t in (*self.starts, *self.durations)):
            raise DoseError("times of a schedule must be finite and not negative")
        if not all(math.isfinite(s) and s > 0 for s in self.shares):
            raise DoseError("shares of a schedule must be positive")

    @classmethod
    def once(cls) -> Schedule:
        """Give the dose once, at time 0."""
        return cls()

    @classmethod
    def infusion(cls, hours: float) -> Schedule:
        """Give the dose at a constant rate over `hours`."""
        if not hours > 0:
            raise DoseError(f"an infusion lasts longer than 0 h, not {hours}")
        return cls((0.0,), (float(hours),))

    @classmethod
    def repeated(cls, times: int, every: float, duration: float = 0.0) -> Schedule:
        """Give the whole dose `times` times, one every `every` hours, each over `duration` hours."""
        if times < 1 or not every > 0:
            raise DoseError("a repeated dose needs at least one time and an interval above 0 h")
        return cls(
            tuple(i * float(every) for i in range(times)),
            (float(duration),) * times,
            (1.0,) * times,
        )

    @property
    def single(self) -> bool:
        """Whether there is one administration, at time 0."""
        return self.starts == (0.0,)

    @property
    def bolus(self) -> bool:
        """Whether any part is given at once."""
        return min(self.durations) == 0

    @property
    def end(self) -> float:
        """Hour at which the last administration ends."""
        return max(s + d for s, d in zip(self.starts, self.durations, strict=True))
