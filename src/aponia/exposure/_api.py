"""The functions of the front door: they pick the model, the relation and the bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from aponia.exposure.approach import APPROACHES, DoseBand, Placement, place
from aponia.exposure.dosing import Dose, Schedule, Weight
from aponia.exposure.equivalence import Equivalence, Equivalent, convert
from aponia.exposure.errors import NotKnownError
from aponia.exposure.model import Check, ExposureModel
from aponia.exposure.occupancy import OccupancyEstimate, OccupancyRelation
from aponia.exposure.simulation import Simulation, simulate_model

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Pharmacology",
    "approach",
    "duration_above",
    "equivalent",
    "peak_occupancy",
    "simulate",
]

SEED = 20260101


@dataclass(frozen=True)
class Pharmacology:
    """Everything known about exposure, as plain objects.

    Attributes
    ----------
    models : mapping of (str, str) to ExposureModel
        By substance and route.
    no_model : mapping of (str, str) to str
        Why a substance has no model by a route.
    relations : mapping of str to OccupancyRelation
        By substance.
    no_relation : mapping of str to str
        Why a substance has none.
    ratios : tuple of Equivalence
    bands : tuple of DoseBand
    """

    models: Mapping[tuple[str, str], ExposureModel] = field(default_factory=dict)
    no_model: Mapping[tuple[str, str], str] = field(default_factory=dict)
    relations: Mapping[str, OccupancyRelation] = field(default_factory=dict)
    no_relation: Mapping[str, str] = field(default_factory=dict)
    ratios: tuple[Equivalence, ...] = ()
    bands: tuple[DoseBand, ...] = ()

    def model(self, substance: str, route: str) -> ExposureModel:
        """Give the model of a substance by a route.

        Raises
        ------
        NotKnownError
            When there is none; says why.
        """
        found = self.models.get((substance, route))
        if found is None:
            why = self.no_model.get((substance, route), "no pharmacokinetic figure was found")
            raise NotKnownError(f"{substance} by the {route} route: not known ({why})")
        return found

    def checks(self) -> tuple[Check, ...]:
        """Predicted and observed exposures of all models."""
        return tuple(c for m in self.models.values() for c in m.check())


def simulate(
    substance: str,
    dose: Dose,
    route: str,
    schedule: Schedule | None = None,
    weight: float | Weight = 70.0,
    n: int = 1000,
    seed: int = SEED,
    *,
    data: Pharmacology,
    hours: float = 24.0,
    step: float = 0.25,
) -> Simulation:
    """Simulate plasma concentration, and occupancy where a relation is known.

    Parameters
    ----------
    substance, route : str
    dose : Dose
        One administration.
    schedule : Schedule, optional
        Once, when left out.
    weight : float or Weight
        kg; a number gives everybody this weight.
    n, seed : int
        Virtual people; the same seed gives the same people.
    data : Pharmacology
        Models and relations.
    hours, step : float
        Length and grid.

    Returns
    -------
    Simulation

    Raises
    ------
    NotKnownError
        When no model can be made from published figures.
    DoseError
        When the dose, form or schedule has no meaning by this route.
    """
    model = data.model(substance, route)
    if dose.form is not None:
        raise NotKnownError(f"how much {substance} is in {dose.form} varies and is not known")
    relation = data.relations.get(substance) if model.scale_known else None
    why = data.no_relation.get(substance, f"no source relates {substance} in plasma to occupancy")
    if isinstance(weight, int | float):
        weight = Weight(float(weight))
    return simulate_model(
        model, dose, schedule or Schedule.once(), weight, n=n, seed=seed, hours=hours, step=step,
        relation=relation, why_no_occupancy="" if relation else f"not known: {why}",
    )  # fmt: skip


def peak_occupancy(simulation: Simulation, level: float = 0.9) -> OccupancyEstimate:
    """Highest 5-HT2A occupancy of a simulation, with its interval, or why it is not known.

    Parameters
    ----------
    simulation : Simulation
    level : float
        What the interval holds, over people and over what is not known of the relation.

    Returns
    -------
    OccupancyEstimate
        Never raises for missing knowledge: its status says ``not known`` and why.
    """
    relation = simulation.relation
    if relation is None:
        return OccupancyEstimate("not known", None, None, None, level, simulation.why_no_occupancy)
    n = max(simulation.n, relation.ec50.size)
    peaks = np.resize(simulation.peak, n)
    tail = (1 - level) / 2
    low, median, high = np.quantile(relation.percent(peaks), [tail, 0.5, 1 - tail])
    return OccupancyEstimate(
        relation.how, float(median), float(low), float(high), level,
        "; ".join(relation.assumptions), relation.rows,
    )  # fmt: skip


def duration_above(
    simulation: Simulation, threshold: float, of: str = "concentration"
) -> NDArray[np.float64]:
    """Hours each virtual person spends above a threshold; see `Simulation.duration_above`."""
    return simulation.duration_above(threshold, of)


def equivalent(
    dose: Dose, from_: str, to: str, *, data: Pharmacology, to_form: str | None = None
) -> Equivalent:
    """Dose of `to` that published ratios call equal to a dose of `from_`; see `convert`."""
    return convert(dose, from_, to, data.ratios, to_form=to_form)


def approach(
    substance: str,
    dose: Dose | Sequence[Dose],
    route: str = "oral",
    *,
    data: Pharmacology,
    weight: float | Weight = 70.0,
    n: int = 2000,
    seed: int = SEED,
) -> Placement:
    """Place a dose as microdose, psycholytic or full dose, with a probability.

    Parameters
    ----------
    substance, route : str
    dose : Dose or sequence of Dose
        Several doses, each given to some of the people, are averaged.
    data : Pharmacology
    weight : float or Weight
        For doses per kilogram.
    n, seed : int
        Virtual people behind the weights and behind `Placement.people`.

    Returns
    -------
    Placement
        ``not known`` when the bands do not reach and no ratio leads to bands that do.
    """
    doses = [dose] if isinstance(dose, Dose) else list(dose)
    if isinstance(weight, int | float):
        weight = Weight(float(weight))
    rng = np.random.default_rng(seed)
    forms = {d.form for d in doses}
    if len(forms) != 1:
        raise NotKnownError("doses of different preparations cannot be placed together")
    form = forms.pop()
    kilograms = weight.draw(rng, n)
    mg = np.concatenate(
        [np.broadcast_to(np.asarray(d.mg(kilograms), dtype=np.float64), (n,)) for d in doses]
    )
    people_factor = _peak_factors(substance, route, form, data, rng, mg.size)
    own = [b for b in data.bands if (b.substance, b.form, b.route) == (substance, form, route)]
    probabilities, used = place(mg, own)
    rows = tuple(b.row for b in used)
    sources = len({b.source for b in used})
    voices = _voices(used)
    if probabilities is not None:
        people = None if people_factor is None else place(mg * people_factor, own)[0]
        return Placement(probabilities, "bands", rows, sources, _spoken(voices), voices, people)
    for target in sorted({b.substance for b in data.bands} - {substance}, reverse=True):
        bands = [b for b in data.bands if (b.substance, b.form, b.route) == (target, None, "oral")]
        try:
            found = convert(Dose(1.0, form=form), substance, target, data.ratios)
        except NotKnownError:
            continue
        factors = [v for _, v, _, _ in found.by_row if v is not None]
        placed = [place(mg * f, bands) for f in factors]
        each = [p for p, _ in placed if p is not None]
        if not each or len(each) < len(placed):
            continue
        mean = {k: sum(p[k] for p in each) / len(each) for k in each[0]}
        counted = placed[0][1]
        ratio_rows = tuple(row for row, v, _, _ in found.by_row if v is not None)
        return Placement(
            mean, "equivalence", (*ratio_rows, *(b.row for b in counted)),
            len({b.source for b in counted}),
            f"its own bands do not reach this dose; taken as {target} by {len(factors)} published "
            f"ratio(s), which is weaker; {_spoken(_voices(counted))}",
            _voices(counted),
        )  # fmt: skip
    if not used:
        return Placement(None, "not known", (), 0, "no source names a class of doses for this")
    return Placement(None, "not known", rows, sources, "the published bands do not reach this dose")


def _voices(bands: Sequence[DoseBand]) -> dict[str, int]:
    """How many sources name each class."""
    return {a: len({b.source for b in bands if b.approach == a}) for a in APPROACHES}


def _spoken(voices: Mapping[str, int]) -> str:
    said = ", ".join(f"{name} {count}" for name, count in voices.items())
    lone = [name for name, count in voices.items() if count == 1]
    more = f"; one source alone for {' and '.join(lone)}" if lone else ""
    return f"sources that name the class: {said}{more}"


def _peak_factors(
    substance: str,
    route: str,
    form: str | None,
    data: Pharmacology,
    rng: np.random.Generator,
    n: int,
) -> NDArray[np.float64] | None:
    """Peak of virtual people over the typical person's, at the same dose; None when not known."""
    model = data.models.get((substance, route))
    if model is None or form is not None or not model.scale_known or model.ka is None:
        return None
    if not model.variable or model.spread_of != "people":
        return None
    one = simulate_model(
        model, Dose(1.0), Schedule.once(), Weight(), n=n, seed=int(rng.integers(2**31)),
        hours=1.0, step=1.0, relation=None, why_no_occupancy="",
    )  # fmt: skip
    return one.peak / model.typical("cmax", 1.0)
