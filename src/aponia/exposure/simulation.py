"""Plasma concentrations of many virtual people over time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aponia.exposure import curves
from aponia.exposure.dosing import Dose, Schedule, Weight
from aponia.exposure.errors import DoseError, NotKnownError
from aponia.exposure.model import ExposureModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from aponia.exposure.occupancy import OccupancyRelation

    Floats = NDArray[np.float64]

__all__ = ["Band", "Simulation", "simulate_model"]


@dataclass(frozen=True, slots=True)
class Band:
    """A median and the interval that holds `level` of the virtual people.

    Attributes
    ----------
    median, low, high : float or array
    level : float
    """

    median: Floats
    low: Floats
    high: Floats
    level: float


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """Curves of `n` virtual people.

    Attributes
    ----------
    model : ExposureModel
    dose : Dose
    schedule : Schedule
    times : array, shape (T,)
        Hours after the first administration.
    concentration : array, shape (T, n)
        In `model.unit`.
    peak, time_of_peak : array, shape (n,)
        Exact after one administration, from the grid of times otherwise.
    dose_mg : array, shape (n,)
        One administration, in mg.
    area : array, shape (n,)
        Area under the whole curve, in `model.unit` times hours: all administrations, to infinity.
    weight : Weight
    relation : OccupancyRelation or None
        From concentration to receptor occupancy; None when no source gives one.
    why_no_occupancy : str
        Empty when there is a relation.
    caveats : tuple of str
        What to say beside every figure of this simulation.
    """

    model: ExposureModel
    dose: Dose
    schedule: Schedule
    times: Floats
    concentration: Floats
    peak: Floats
    time_of_peak: Floats
    dose_mg: Floats
    area: Floats
    weight: Weight
    relation: OccupancyRelation | None
    why_no_occupancy: str
    caveats: tuple[str, ...]

    @property
    def n(self) -> int:
        """Virtual people."""
        return int(self.concentration.shape[1])

    def _need_spread(self) -> None:
        varies = self.model.variable or (self.dose.per_kg and self.weight.cv > 0)
        if not varies:
            raise NotKnownError(
                f"{self.model.substance} by the {self.model.route} route: no source lets the "
                "difference between people be known, so there is no band, only the typical person"
            )

    def band(self, level: float = 0.9) -> Band:
        """Median and band of the concentration at every time.

        Parameters
        ----------
        level : float
            Share of people the band holds, between 0 and 1.

        Returns
        -------
        Band
            Arrays of shape (T,).

        Raises
        ------
        NotKnownError
            When the spread between people is not known.
        """
        self._need_spread()
        self._need_length(3)
        return _band(self.concentration, level)

    def peak_band(self, level: float = 0.9) -> Band:
        """Median and band of the highest concentration; scalars as arrays of shape ().

        Raises
        ------
        NotKnownError
            When the spread, or the peak of so short an infusion, is not known.
        """
        self._need_spread()
        self._need_length(3)
        return _band(self.peak, level)

    def area_band(self, level: float = 0.9) -> Band:
        """Median and band of the area under the curve; scalars as arrays of shape ().

        Raises
        ------
        NotKnownError
            When the spread between people is not known.
        """
        self._need_spread()
        return _band(self.area, level)

    def typical_peak(self) -> float:
        """Give the median of the highest concentrations.

        Raises
        ------
        NotKnownError
            When the model has no distribution phase and the dose was given faster than its
            half-life.
        """
        self._need_length(1)
        return float(np.median(self.peak))

    def _need_length(self, half_lives: int) -> None:
        shortest = half_lives * self.model.typical("half_life")
        if self.model.needs_infusion and min(self.schedule.durations) < shortest:
            what = "the peak" if half_lives == 1 else "how much people differ"
            raise NotKnownError(
                f"{self.model.substance} by the {self.model.route} route: {what} is not known for "
                f"what is given within less than {shortest:.2g} h (the model has no distribution phase)"
            )

    def occupancy(self) -> Floats:
        """5-HT2A occupancy in percent, shape (T, n).

        Raises
        ------
        NotKnownError
            When no source gives a relation between concentration and occupancy.
        """
        if self.relation is None:
            raise NotKnownError(self.why_no_occupancy)
        return self.relation.percent(self.concentration)

    def occupancy_band(self, level: float = 0.9) -> Band:
        """Median and band of the occupancy at every time: people and relation both uncertain."""
        return _band(self.occupancy(), level)

    def duration_above(self, threshold: float, of: str = "concentration") -> Floats:
        """Hours each person spends above a threshold within the simulated time.

        Parameters
        ----------
        threshold : float
            In `model.unit`, or in percent for occupancy.
        of : str
            ``concentration`` or ``occupancy``.

        Returns
        -------
        array, shape (n,)
            Crossings are interpolated linearly between grid times.

        Raises
        ------
        NotKnownError
            For occupancy without a relation.
        DoseError
            For another `of`.
        """
        if of not in ("concentration", "occupancy"):
            raise DoseError(f"duration above a threshold of what? {of!r} is not known")
        values = self.concentration if of == "concentration" else self.occupancy()
        total = np.zeros(self.n)
        for i, step in enumerate(np.diff(self.times)):
            a, b = values[i] - threshold, values[i + 1] - threshold
            # Share of the step above: all, none, or up to the crossing of the straight line.
            up, low = np.maximum(a, b), np.minimum(a, b)
            rise = np.where(up > low, up - low, 1.0)
            total += step * np.where(up <= 0, 0.0, np.where(low >= 0, 1.0, up / rise))
        return total


def _band(values: Floats, level: float) -> Band:
    if not 0 < level < 1:
        raise DoseError(f"a band holds a share of people between 0 and 1, not {level}")
    tail = (1 - level) / 2
    low, median, high = np.quantile(values, [tail, 0.5, 1 - tail], axis=-1)
    return Band(median, low, high, level)


def _spread(rng: np.random.Generator, model: ExposureModel, name: str, n: int) -> Floats:
    """Values of one parameter, one a person."""
    p = model.parameters[name]
    # Drawn even when nobody differs, so that one parameter's spread does not change another's draw.
    z = rng.standard_normal(n)
    return p.value * np.exp((p.log_sd or 0.0) * z)


def simulate_model(
    model: ExposureModel,
    dose: Dose,
    schedule: Schedule,
    weight: Weight,
    *,
    n: int,
    seed: int,
    hours: float,
    step: float,
    relation: OccupancyRelation | None,
    why_no_occupancy: str,
) -> Simulation:
    """Simulate `n` people with the spread of a model.

    Parameters
    ----------
    model : ExposureModel
    dose, schedule, weight
        What was given, when, to whom.
    n, seed : int
    hours, step : float
        Length of the simulation and of the grid, in hours.
    relation, why_no_occupancy
        Passed on to the result.

    Returns
    -------
    Simulation

    Raises
    ------
    DoseError
        For an empty grid, no people, or an infusion by a route that is absorbed.
    """
    if n < 1:
        raise DoseError(f"a simulation needs at least one person, not {n}")
    if not (math.isfinite(hours) and 0 < step <= hours):
        raise DoseError("the grid needs a step above 0 h and not longer than the simulation")
    if model.ka is not None and any(schedule.durations):
        raise DoseError(f"an infusion over hours does not go with the {model.route} route")
    rng = np.random.default_rng(seed)
    kilograms = weight.draw(rng, n)
    ke = _spread(rng, model, "ke", n)
    ka = _spread(rng, model, "ka", n) if model.ka is not None else None
    mg = np.broadcast_to(np.asarray(dose.mg(kilograms), dtype=np.float64), (n,)).copy()
    if model.scale_known:
        volume = _spread(rng, model, "volume", n)
        if model.per_kg:
            volume = volume * (kilograms / 70.0)
        c0 = 1000.0 * mg / volume
    else:
        assert model.ka is not None
        # One dose gives the typical person a peak of 1.
        reference = mg / float(np.median(mg))
        one = np.array([1.0])
        height = curves.peak_absorbed(one, np.array([model.ka]), np.array([model.ke]))
        c0 = reference / float(height[0])
    times = np.arange(0.0, hours + step / 2, step)
    concentration = np.zeros((times.size, n))
    for start, length, share in zip(
        schedule.starts, schedule.durations, schedule.shares, strict=True
    ):
        dosed = c0 if share == 1 else c0 * share
        if ka is not None:
            begin = int(np.searchsorted(times, start + model.lag))
            if begin < times.size:
                after = float(times[begin]) - start - model.lag
                curves.add_absorbed(concentration[begin:], step, after, dosed, ka, ke)
            continue
        for i, t in enumerate(times):
            u = float(t) - start - model.lag
            if u < 0:
                continue
            if length:
                concentration[i] += curves.infusion(u, length, dosed, ke)
            else:
                concentration[i] += curves.bolus(u, dosed, ke)
    peak, when = _peaks(schedule, times, concentration, c0, ka, ke, model.lag)
    return Simulation(
        model, dose, schedule, times, concentration, peak, when, mg, c0 * sum(schedule.shares) / ke,
        weight,
        relation, why_no_occupancy, _caveats(model, dose, schedule, weight, mg),
    )  # fmt: skip


def _peaks(
    schedule: Schedule, times: Floats, concentration: Floats, c0: Floats,
    ka: Floats | None, ke: Floats, lag: float,
) -> tuple[Floats, Floats]:  # fmt: skip
    if schedule.single:
        c0 = c0 * schedule.shares[0]
        if ka is not None:
            return curves.peak_absorbed(c0, ka, ke), lag + curves.time_of_peak(ka, ke)
        length = schedule.durations[0]
        when = np.full_like(c0, length)
        return (curves.infusion(length, length, c0, ke) if length else c0.copy()), when
    top = concentration.argmax(axis=0)
    return concentration[top, np.arange(c0.size)], times[top]


def _caveats(
    model: ExposureModel, dose: Dose, schedule: Schedule, weight: Weight, mg: Floats
) -> tuple[str, ...]:
    said = list(model.caveats)
    if model.dose_range is not None:
        low, high = model.dose_range
        middle = float(np.median(mg)) * max(schedule.shares)
        if not low / 1.001 <= middle <= high * 1.001:
            said.append(
                f"the figures behind the model cover {low:g} to {high:g} mg; this dose lies outside"
            )
    if dose.per_kg:
        said.append(f"body weight: mean {weight.mean:g} kg, CV {weight.cv:.0%} ({weight.source})")
    if not model.variable:
        said.append("how much people differ is not known: every virtual person is the typical one")
    elif model.spread_of != "people":
        said.append("the spread is between data sets, not between people")
    return tuple(said)
