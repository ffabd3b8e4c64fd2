"""Every arm of the base with its exposure, and as microdose, psycholytic or full dose."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from aponia.answers.exposure_bands import MUSHROOM
from aponia.answers.exposure_data import pharmacology
from aponia.evidence import Arm, EvidenceBase, Study, Trial
from aponia.exposure import (
    Dose,
    ExposureError,
    NotKnownError,
    OccupancyEstimate,
    Pharmacology,
    Placement,
    Schedule,
    Simulation,
    Weight,
    approach,
    peak_occupancy,
    simulate,
)

__all__ = ["ArmExposure", "Regimen", "disagreements", "place_arms", "regimen_of"]

#: No record prints body weights, so doses per kilogram need an assumption; it is said with each.
WEIGHT = Weight(70.0, 0.2, "assumed; records do not print weights")

_LABEL = {"macrodose": "full", "psycholytic": "psycholytic", "microdose": "microdose"}
_MASS = {"mg": "mg", "ug": "ug", "mg/kg": "mg/kg", "ug/kg": "ug/kg", "mg/70 kg": "mg/70 kg",
         "mg/infusion": "mg", "mg/spray": "mg", "ug/day": "ug",
         "mg dried mushroom": "mg", "g dried mushroom": "g"}  # fmt: skip
#: Rates: what one hour gives.
_RATE = {"mg/h": ("mg", 1.0), "mg/kg/h": ("mg/kg", 1.0), "ug/kg/min": ("ug/kg", 60.0),
         "mg/h/70 kg": ("mg/70 kg", 1.0)}  # fmt: skip
_PER_DAY = {"mg/day": "mg/h", "mg/kg/day": "mg/kg/h"}
_TIME = r"(\d+(?:\.\d+)?)(?:\s*(?:-|to)\s*(\d+(?:\.\d+)?))?[\s-]*(h|hours?|min|minutes?|days?)\b"
_HOURS = {"h": 1.0, "m": 1 / 60, "d": 24.0}
_TITRATED = re.compile(
    r"titrated|stepped|raised|start |maximum|mean rate|each rate|could be doubled"
)

_SEVERAL = re.compile(r"every \d+ min|up to \w+ (?:doses|times|sprays)")

Verdict = Literal["agrees", "divided", "differs", "no label", "not placed"]


@dataclass(frozen=True, slots=True)
class Regimen:
    """What an arm gave, as far as it can be worked with.

    Attributes
    ----------
    doses : tuple of Dose
        Each dose given; a range is represented by five doses, evenly on the logarithm.
    schedule : Schedule
        Of one administration.
    schedule_known : bool
        False when the time course cannot be read from the record.
    notes : tuple of str
    """

    doses: tuple[Dose, ...]
    schedule: Schedule
    schedule_known: bool
    notes: tuple[str, ...]


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
        names no class), ``not placed``.
    lesser : bool
        Whether another arm of the record gave more of the same substance: the label is of the
        record as a whole and may not be meant for this arm.
    peak : tuple of (float, float or None, float or None) or None
        Median and 90 % band of the highest plasma concentration after the largest single dose.
    unit : str
        Of `peak`.
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
    peak: tuple[float, float | None, float | None] | None
    unit: str
    occupancy: OccupancyEstimate | None
    why: str
    peak_why: str

    def to_dict(self) -> dict[str, Any]:
        """Give plain values for JSON."""
        from dataclasses import asdict

        return {k: v for k, v in asdict(self).items() if v != ()}


def _numbers(text: str) -> list[float]:
    return [float(x) for x in re.findall(r"\d+(?:\.\d+)?", text)]


def _hours(text: str) -> float | None:
    """Length of an infusion in a schedule in words; None when it gives none."""
    # "4 h daily for 10 days" is an infusion of 4 h, so the daily length comes first.
    patterns = (
        rf"{_TIME}[\s-]*(?:a day|daily)",
        rf"over\s+(?:about\s+)?{_TIME}",
        rf"{_TIME}[\s-]*(?:continuous|infusion|in all|inpatient)",
        rf"for\s+(?:about\s+)?{_TIME}",
        rf"^(?:mean\s+)?{_TIME}",
    )
    for pattern in patterns:
        found = re.search(pattern, text)
        if found:
            low = float(found[1])
            high = float(found[2]) if found[2] else low
            return (low + high) / 2 * _HOURS[found[3][0]]
    return None


def regimen_of(arm: Arm) -> Regimen:
    """Read what an arm gave.

    Parameters
    ----------
    arm : Arm

    Returns
    -------
    Regimen

    Raises
    ------
    NotKnownError
        When the record gives no dose, or one that is no amount of substance.
    """
    notes: list[str] = []
    unit: str = arm.dose_unit or ""
    words = f"{arm.schedule or ''} {arm.dose_note or ''}"
    infused = arm.route in ("intravenous", "infusion", "subcutaneous")
    length = _hours(arm.schedule or "") if infused else None
    if unit in _PER_DAY and infused:
        unit = _PER_DAY[unit]
        arm = arm.model_copy(update={"dose": None if arm.dose is None else arm.dose / 24})
    if unit in _RATE:
        of, factor = _RATE[unit]
        if arm.dose is None:
            raise NotKnownError("the record gives no rate")
        if _TITRATED.search(words):
            notes.append("rate as recorded, reached by titration or as a maximum or mean")
        if length is None or "bolus" in words:
            why = "bolus and infusion together" if length else "the record does not say how long"
            return Regimen((Dose(arm.dose * factor, of),), Schedule.once(), False, (*notes, why))  # fmt: skip
        total = Dose(arm.dose * factor * length, of)
        return Regimen((total,), Schedule.infusion(length), True, tuple(notes))
    if unit not in _MASS:
        if arm.dose is None and arm.dose_range is None and arm.dose_text is None:
            raise NotKnownError("the record gives no dose")
        raise NotKnownError(f"a dose in {unit or 'no unit'} cannot be placed")
    mass = _MASS[unit]
    form = MUSHROOM if "mushroom" in unit else None
    values: list[float]
    if arm.dose_text is not None:
        values = _numbers(arm.dose_text)
        if "plus" in arm.dose_text:
            values = values[:1]
            notes.append("placed by the first dose of the session; a supplement followed")
    elif arm.dose is not None:
        values = [arm.dose]
    elif arm.dose_range is not None:
        low, high = arm.dose_range
        if not 0 < low <= high:
            raise NotKnownError("the range of doses starts at zero")
        values = [low * (high / low) ** (i / 4) for i in range(5)]
        notes.append("range of doses: taken evenly on the logarithm")
    else:
        raise NotKnownError("the record gives no dose")
    if unit == "ug/day":
        notes.append("daily dose taken as one dose a day")
    doses = tuple(Dose(v, mass, form) for v in values)
    single = not infused or length is not None or bool(re.search(r"\bbolus\b|inject", words))
    if "bolus" in words and length is not None and "slow" not in words:
        return Regimen(doses, Schedule.once(), False, (*notes, "bolus and infusion together"))
    if "spray" in unit:
        single = False
        notes.append("per spray; several may follow")
    if "plus" in (arm.dose_text or "") or _SEVERAL.search(words):
        single = False
    schedule = Schedule.infusion(length) if length else Schedule.once()
    return Regimen(doses, schedule, single, tuple(notes))


def _dose_words(arm: Arm) -> str:
    unit = (arm.dose_unit or "").replace("ug", "µg")
    if arm.dose_text is not None:
        return f"{arm.dose_text} {unit}".strip()
    if arm.dose is not None:
        return f"{arm.dose:g} {unit}"
    if arm.dose_range is not None:
        return f"{arm.dose_range[0]:g} to {arm.dose_range[1]:g} {unit}"
    return "not recorded"


def _peak(
    arm: Arm, route: str, regimen: Regimen, data: Pharmacology
) -> tuple[Simulation, tuple[float, float | None, float | None]]:
    """Simulate the largest single dose and sum up the peaks."""
    substance = str(arm.substance)
    if not regimen.schedule_known:
        raise NotKnownError("not known: the record does not give the time course of one dose")
    largest = max(regimen.doses, key=lambda d: float(d.mg(70.0)))
    weight = WEIGHT if largest.per_kg else Weight()
    got = simulate(
        substance, largest, route, regimen.schedule, weight, n=2000, data=data, hours=1.0, step=1.0
    )
    if not got.model.scale_known:
        raise NotKnownError("not known: no source gives a concentration of this substance")
    typical = got.typical_peak()
    # Without the spread between people, the spread of body weight alone would look like theirs.
    if not got.model.variable or got.model.spread_of != "people":
        return got, (typical, None, None)
    try:
        band = got.peak_band()
    except NotKnownError:
        return got, (typical, None, None)
    return got, (typical, float(band.low), float(band.high))


def _place_arm(
    kind: Literal["study", "trial"], record: Study | Trial, arm: Arm, data: Pharmacology
) -> ArmExposure:
    substance, label = str(arm.substance), record.approach
    layer = (record.layer or "") if isinstance(record, Study) else ""
    route = arm.route or ""
    notes: list[str] = []
    placement: Placement | None = None
    by_dose: tuple[tuple[str, Placement], ...] = ()
    peak: tuple[float, float | None, float | None] | None = None
    unit, peak_why = "", ""
    occupancy: OccupancyEstimate | None = None
    lesser = False
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
            got, peak = _peak(arm, route, regimen, data)
            unit, occupancy = got.model.unit, peak_occupancy(got)
            peak_why = "; ".join(got.caveats)
        except ExposureError as error:
            peak_why = str(error)
        weight = WEIGHT if any(d.per_kg for d in regimen.doses) else Weight()
        placement = approach(substance, regimen.doses, route, data=data, weight=weight)
        if placement.probabilities is None:
            notes.insert(0, placement.why)
        if len(regimen.doses) > 1:
            by_dose = tuple(
                (str(d), approach(substance, d, route, data=data, weight=weight))
                for d in regimen.doses
            )
    except NotKnownError as error:
        notes.insert(0, str(error))
    verdict: Verdict
    if placement is None or placement.probabilities is None:
        verdict = "not placed"
    elif label not in _LABEL:
        verdict = "no label"
    else:
        share = placement.probabilities[_LABEL[label]]
        verdict = "agrees" if share >= 2 / 3 else "differs" if share <= 1 / 3 else "divided"
    return ArmExposure(
        kind, record.id, arm.id, substance, route, layer, _dose_words(arm), label, placement, by_dose,
        verdict, lesser, peak, unit, occupancy, "; ".join(notes), peak_why or "; ".join(notes),
    )  # fmt: skip


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
