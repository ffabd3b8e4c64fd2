"""Every arm of the base with its exposure, and as microdose, psycholytic or full dose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from aponia.answers.exposure_data import pharmacology
from aponia.answers.exposure_given import Regimen, dose_words, own_word, regimen_of
from aponia.evidence import Arm, EvidenceBase, Study, Trial
from aponia.exposure import (
    ExposureError,
    NotKnownError,
    OccupancyEstimate,
    Pharmacology,
    Placement,
    Simulation,
    Weight,
    approach,
    peak_occupancy,
    simulate,
)

__all__ = [
    "ROUTES",
    "ArmExposure",
    "Range",
    "Regimen",
    "disagreements",
    "place_arms",
    "regimen_of",
]

#: No record prints body weights, so doses per kilogram need an assumption; it is said with each.
WEIGHT = Weight(70.0, 0.2, "assumed; records do not print weights")

#: Substances without classes of doses: an arm stands under its route, with its own exposure.
_BY_ROUTE = frozenset({"ketamine", "esketamine", "hydroxynorketamine"})
#: Words for the ways they were given.
ROUTES: dict[str, str] = {
    "intravenous": "infusion or injection into a vein", "infusion": "infusion or injection into a vein",
    "subcutaneous": "under the skin", "intramuscular": "injection into a muscle",
    "intranasal": "nasal spray", "oral": "by mouth", "topical": "on the skin",
    "epidural": "beside the spinal cord", "sublingual": "under the tongue",
}  # fmt: skip
_LABEL = {"macrodose": "full", "psycholytic": "psycholytic", "microdose": "microdose"}
Group = Literal["", "by route", "animals", "summary", "no dose", "no bands"]
Range = tuple[float, float | None, float | None]
Verdict = Literal["agrees", "divided", "differs", "no label", "by route", "not placed"]


@dataclass(frozen=True, slots=True)
class ArmExposure:
    """One arm, placed.

    Attributes
    ----------
    kind : str
        ``study`` or ``trial``.
    record, arm, substance, route, layer : str
        Layer is empty for trials.
    dose : str
        As the record has it.
    label : str
        Approach of the record.
    placement : Placement or None
        None when there is nothing to place; `why` says so.
    by_dose : tuple of (str, Placement)
        For arms that gave several doses.
    verdict : str
        Placement against label: ``agrees`` when the label's probability is at least 2/3,
        ``differs`` when it is at most 1/3, ``divided`` between; ``no label`` (the record's approach
        names no class), ``by route`` (a substance without classes of doses), ``not placed``.
    word : str
        What the authors call the dose, in their title or as the name of the arm; empty when neither
        says.
    group : str
        Why there is no class: ``by route``, ``animals``, ``summary`` (pools other studies), ``no
        dose``, ``no bands``; empty for placed arms.
    lesser : bool
        Whether another arm of the record gave more of the same substance: the label is of the
        record as a whole and may not be meant for this arm.
    peak : tuple of (float, float or None, float or None) or None
        Median and 90 % band of the highest plasma concentration after the largest single dose.
    unit : str
        Of `peak`.
    area : tuple of (float, float or None, float or None) or None
        Median and 90 % band of the area under the curve after one administration, in `unit` times
        hours: what is known also where a peak is not.
    occupancy : OccupancyEstimate or None
        At the peak.
    why, peak_why : str
        Why there is no placement or no peak; notes otherwise.
    """

    kind: Literal["study", "trial"]
    record: str
    arm: str
    substance: str
    route: str
    layer: str
    dose: str
    label: str
    placement: Placement | None
    by_dose: tuple[tuple[str, Placement], ...]
    verdict: Verdict
    lesser: bool
    word: str
    group: Group
    peak: Range | None
    unit: str
    area: Range | None
    occupancy: OccupancyEstimate | None
    why: str
    peak_why: str

    def to_dict(self) -> dict[str, Any]:
        """Give plain values for JSON."""
        from dataclasses import asdict

        return {k: v for k, v in asdict(self).items() if v != ()}


def _simulated(arm: Arm, route: str, regimen: Regimen, data: Pharmacology) -> Simulation:
    """Simulate the largest single dose."""
    largest = max(regimen.doses, key=lambda d: float(d.mg(70.0)))
    weight = WEIGHT if largest.per_kg else Weight()
    return simulate(
        str(arm.substance), largest, route, regimen.schedule, weight, n=2000, data=data, hours=1.0,
        step=1.0,
    )  # fmt: skip


def _spread_known(got: Simulation) -> bool:
    # Without the spread between people, the spread of body weight alone would look like theirs.
    return got.model.variable and got.model.spread_of == "people"


def _peak(got: Simulation, regimen: Regimen) -> Range:
    if not regimen.schedule_known:
        raise NotKnownError("not known: the record does not give the time course of one dose")
    if not got.model.scale_known:
        raise NotKnownError("not known: no source gives a concentration of this substance")
    typical = got.typical_peak()
    if not _spread_known(got):
        return typical, None, None
    try:
        band = got.peak_band()
    except NotKnownError:
        return typical, None, None
    return typical, float(band.low), float(band.high)


def _area(got: Simulation, regimen: Regimen) -> Range | None:
    """Area after one administration; it needs the amount given, not how fast."""
    amount_unknown = not regimen.schedule_known and any(
        "how long" in n or "together" in n or "several" in n for n in regimen.notes
    )
    if not got.model.scale_known or amount_unknown:
        return None
    middle = float(np.median(got.area))
    if not _spread_known(got):
        return middle, None, None
    band = got.area_band()
    return middle, float(band.low), float(band.high)


def _place_arm(
    kind: Literal["study", "trial"], record: Study | Trial, arm: Arm, data: Pharmacology
) -> ArmExposure:
    substance, label = str(arm.substance), record.approach
    layer = (record.layer or "") if isinstance(record, Study) else ""
    route = arm.route or ""
    notes: list[str] = []
    placement: Placement | None = None
    by_dose: tuple[tuple[str, Placement], ...] = ()
    peak: Range | None = None
    area: Range | None = None
    unit, peak_why = "", ""
    occupancy: OccupancyEstimate | None = None
    lesser = False
    group: Group = (
        "animals" if layer == "animals" else "summary" if _pools(kind, layer) else "no dose"
    )
    try:
        if layer == "animals":
            raise NotKnownError("animals: the bands are of people")
        regimen = regimen_of(arm)
        notes += regimen.notes
        # Bands and models of these are by mouth; a record that does not say is taken so.
        if not route and any(b.substance == substance and b.route == "oral" for b in data.bands):
            route = "oral"
            notes.append("route not recorded, taken as oral")
        mine = max(float(d.mg(70.0)) for d in regimen.doses)
        lesser = any(_most(other) > mine * 1.001 for other in record.arms
                     if other.substance == arm.substance and other.id != arm.id
                     and (other.dose_unit or "").endswith("mushroom")
                     == (arm.dose_unit or "").endswith("mushroom"))  # fmt: skip
        try:
            got = _simulated(arm, route, regimen, data)
            unit, area = got.model.unit, _area(got, regimen)
            peak = _peak(got, regimen)
            occupancy, peak_why = peak_occupancy(got), "; ".join(got.caveats)
        except ExposureError as error:
            peak_why = str(error)
        weight = WEIGHT if any(d.per_kg for d in regimen.doses) else Weight()
        placement = approach(substance, regimen.doses, route, data=data, weight=weight)
        if placement.probabilities is not None:
            group = ""
        elif group != "summary":
            group = "no bands"
        if placement.probabilities is None and substance not in _BY_ROUTE:
            notes.insert(0, placement.why)
        if len(regimen.doses) > 1:
            by_dose = tuple(
                (str(d), approach(substance, d, route, data=data, weight=weight))
                for d in regimen.doses
            )
    except NotKnownError as error:
        notes.insert(0, str(error))
    if group == "summary":
        notes.insert(0, "a review or guideline: its studies have arms of their own")
    if substance in _BY_ROUTE and group not in ("animals", "summary") and route in ROUTES:
        group = "by route"
        notes.insert(0, f"no classes of doses; stands under its route: {ROUTES[route]}")
    verdict: Verdict
    if placement is None or placement.probabilities is None:
        verdict = "by route" if group == "by route" else "not placed"
    elif label not in _LABEL:
        verdict = "no label"
    else:
        share = placement.probabilities[_LABEL[label]]
        verdict = "agrees" if share >= 2 / 3 else "differs" if share <= 1 / 3 else "divided"
    return ArmExposure(
        kind, record.id, arm.id, substance, route, layer, dose_words(arm), label, placement, by_dose,
        verdict, lesser, own_word(record, arm), group, peak, unit, area, occupancy, "; ".join(notes),
        peak_why or "; ".join(notes),
    )  # fmt: skip


def _pools(kind: str, layer: str) -> bool:
    """Whether a record sums up other studies: the arms of a review are not arms of a trial."""
    return kind == "study" and not layer


def _most(arm: Arm) -> float:
    """Largest dose of an arm in mg at 70 kg; 0 when it has none."""
    try:
        return max(float(d.mg(70.0)) for d in regimen_of(arm).doses)
    except ExposureError:
        return 0.0


def place_arms(base: EvidenceBase, record: str | None = None) -> tuple[ArmExposure, ...]:
    """Place every arm that gave a studied substance, or those of one record.

    Parameters
    ----------
    base : EvidenceBase
    record : str, optional
        Id of a study or trial.

    Returns
    -------
    tuple of ArmExposure
        Studies first, in the order of the base. Controls are left out.
    """
    data = pharmacology(base)
    out = []
    records: list[tuple[Literal["study", "trial"], Study | Trial]] = [
        *(("study", s) for s in base.studies.values()),
        *(("trial", t) for t in base.trials.values()),
    ]  # fmt: skip
    for kind, one in records:
        if record is not None and one.id != record:
            continue
        for arm in one.arms or ():
            if arm.substance is not None and arm.substance in one.substances:
                out.append(_place_arm(kind, one, arm, data))
    return tuple(out)


def disagreements(arms: tuple[ArmExposure, ...]) -> tuple[ArmExposure, ...]:
    """Pick the arms that published bands place otherwise than the label of their record.

    Parameters
    ----------
    arms : tuple of ArmExposure

    Returns
    -------
    tuple of ArmExposure
        Verdicts ``differs`` and ``divided``, the clearest first; arms that are the lesser dose of
        their record last.
    """

    def key(a: ArmExposure) -> tuple[bool, float]:
        assert a.placement is not None
        assert a.placement.probabilities is not None
        return a.lesser, a.placement.probabilities[_LABEL[a.label]]

    return tuple(sorted((a for a in arms if a.verdict in ("differs", "divided")), key=key))
