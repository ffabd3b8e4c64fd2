"""What an arm gave, and what its authors call it, read from the words and numbers of its record."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aponia.answers.exposure_bands import MUSHROOM
from aponia.evidence import Arm, Study, Trial
from aponia.exposure import Dose, NotKnownError, Schedule

__all__ = ["Regimen", "dose_words", "own_word", "regimen_of"]

_MASS = {"mg": "mg", "ug": "ug", "mg/kg": "mg/kg", "ug/kg": "ug/kg", "mg/70 kg": "mg/70 kg",
         "mg/infusion": "mg", "mg/spray": "mg", "ug/day": "ug",
         "mg dried mushroom": "mg", "g dried mushroom": "g"}  # fmt: skip
#: Rates: what one hour gives.
_RATE = {"mg/h": ("mg", 1.0), "mg/kg/h": ("mg/kg", 1.0), "ug/kg/min": ("ug/kg", 60.0),
         "mg/h/70 kg": ("mg/70 kg", 1.0)}  # fmt: skip
_PER_DAY = {"mg/day": "mg/h", "mg/kg/day": "mg/kg/h"}
_TIME = r"(\d+(?:\.\d+)?)(?:\s*(?:-|to)\s*(\d+(?:\.\d+)?))?[\s-]*(h|hours?|min|minutes?|days?)\b"
_HOURS = {"h": 1.0, "m": 1 / 60, "d": 24.0}
#: Words of a title that name a class of doses; a title is the one text of the base that is certainly
#: the authors' own.
_OWN = re.compile(
    r"sub-?(?:hallucinogenic|perceptual|psychedelic)|(?:micro|macro)-?dos\w*|(?:low|high|moderate|full)[- ]doses?\b"
    r"|psycholytic",
    re.IGNORECASE,
)
_TITRATED = re.compile(
    r"titrated|stepped|raised|start |maximum|mean rate|each rate|could be doubled"
)

#: A dose the record keeps with the schedule: "dose 300 or 500 mg", "1.5 to 2 mg/kg over 3 to 4 hours".
_IN_SCHEDULE = re.compile(
    r"(?:\bdose |^)(\d+(?:\.\d+)?)\s*(-|to|or)\s*(\d+(?:\.\d+)?)\s*(mg/kg|mg|ug|µg)(?![/\w])(?!.* in a later)"
)
_SEVERAL = re.compile(r"every \d+ min|up to \w+ (?:doses|times|sprays)")


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


def _with_schedule_dose(arm: Arm) -> Arm:
    """Fill in a dose that the record words in its schedule; the arm itself when there is none."""
    if arm.dose is not None or arm.dose_range is not None or arm.dose_text is not None:
        return arm
    found = _IN_SCHEDULE.search(arm.schedule or "")
    if found is None:
        return arm
    low, joint, high, unit = found.groups()
    unit = unit.replace("µg", "ug")
    if joint == "or":
        return arm.model_copy(update={"dose_text": f"{low} or {high}", "dose_unit": unit})
    return arm.model_copy(update={"dose_range": (float(low), float(high)), "dose_unit": unit})


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
    if _with_schedule_dose(arm) is not arm:
        arm = _with_schedule_dose(arm)
        notes.append("dose as the record words it beside the schedule")
    unit: str = arm.dose_unit or ""
    words = f"{arm.schedule or ''} {arm.dose_note or ''}"
    if "tartrate" in words:
        given = "given as base" if "as base" in words else "salt or base not said, taken as base"
        notes.append(f"LSD tartrate: {given}")
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


def dose_words(arm: Arm) -> str:
    """Write the dose of an arm as its record has it."""
    arm = _with_schedule_dose(arm)
    unit = (arm.dose_unit or "").replace("ug", "µg")
    if arm.dose_text is not None:
        return f"{arm.dose_text} {unit}".strip()
    if arm.dose is not None:
        return f"{arm.dose:g} {unit}"
    if arm.dose_range is not None:
        return f"{arm.dose_range[0]:g} to {arm.dose_range[1]:g} {unit}"
    return "not recorded"


def own_word(record: Study | Trial, arm: Arm) -> str:
    """Give the word the authors use for the dose of an arm; empty when title and arm name none.

    Parameters
    ----------
    record : Study or Trial
    arm : Arm

    Returns
    -------
    str
        The word of the title, or "low" or "high" where the arm is named so.

    Notes
    -----
    A title that names several classes ("macrodoses and microdoses") says nothing about one arm.
    """
    last = arm.id.rsplit("-", 1)[-1]
    if last in ("low", "high"):
        return last
    found = {w.lower() for w in _OWN.findall(record.title)}
    return found.pop() if len(found) == 1 else ""
