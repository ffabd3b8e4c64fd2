"""What must hold inside a record, beyond the type of each value.

Every rule yields faults as (path, found, expected); the loader adds file and line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from aponia.evidence.codes import COMPARATOR_SIDES, INTERVENTION_SIDES, UNIT_KINDS
from aponia.evidence.common import Disagreement
from aponia.evidence.study import Arm, ArmResult, Contrast, Outcome, Study
from aponia.evidence.trial import Trial
from aponia.evidence.vocabulary import Vocabulary

__all__ = ["resolve", "study_faults", "trial_faults"]

Path_ = tuple[str | int, ...]
Fault = tuple[Path_, str, str]

_SIGNIFICANCE = 0.05
# Milligrams for a person of 70 kg, by unit of dose.
_MILLIGRAMS = {"mg": 1.0, "ug": 1e-3, "mg/kg": 70.0, "ug/kg": 0.07, "mg/70 kg": 1.0}
# Wide bounds around every single dose given to people in these studies; outside them the unit is
# wrong (mg for ug, mg for mg/kg) rather than the dose.
_PLAUSIBLE_MG = {
    "psilocybin": (0.5, 100.0),
    "lsd": (0.001, 2.0),
    "bol-148": (0.1, 50.0),
    "dmt": (1.0, 500.0),
    "5-meo-dmt": (0.5, 100.0),
    "mescaline": (20.0, 2000.0),
    "mdma": (10.0, 400.0),
    "ketamine": (2.0, 600.0),
    "esketamine": (2.0, 600.0),
}
# Far above anything given to people or animals.
_CEILING = {"mg/kg": 500.0, "mg/kg/h": 20.0, "ug": 5000.0, "ug/kg": 500.0, "% cream": 100.0}
_NOT_PEOPLE = {"articles", "studies", "encounters", "infusions"}


def study_faults(study: Study, vocabulary: Vocabulary) -> Iterator[Fault]:
    """Find what contradicts itself, or the vocabulary, in one study.

    Parameters
    ----------
    study : Study
        The record.
    vocabulary : Vocabulary
        All terms.

    Yields
    ------
    (path, found, expected)
        One a fault.
    """
    yield from _terms(study, vocabulary)
    yield from _arms(study, vocabulary)
    population = study.population
    randomized, analysed = population.n_randomized, population.n_analysed
    if randomized is not None and analysed is not None and analysed > randomized:
        yield (
            ("population", "n_analysed"),
            str(analysed),
            f"at most n_randomized ({randomized}), or a disagreement that says why",
        )
    for i, arm in enumerate(study.arms):
        if randomized is not None and arm.n is not None and arm.n > randomized:
            yield ("arms", i, "n"), str(arm.n), f"at most n_randomized ({randomized})"
    sizes = [a.n for a in study.arms]
    if study.design == "rct-parallel" and randomized is not None and None not in sizes:
        total = sum(n for n in sizes if n is not None)
        if total > randomized:
            yield ("arms",), f"arms of {total} together", f"at most n_randomized ({randomized})"
    arms = {a.id: a for a in study.arms}
    for i, outcome in enumerate(study.outcomes):
        for path, found, expected in _outcome(study, outcome, arms, vocabulary):
            yield ("outcomes", i, *path), found, expected
    yield from _disagreements(study.disagreements, study)


def trial_faults(trial: Trial, vocabulary: Vocabulary) -> Iterator[Fault]:
    """Find what contradicts itself, or the vocabulary, in one registered trial.

    Parameters
    ----------
    trial : Trial
        The record.
    vocabulary : Vocabulary
        All terms.

    Yields
    ------
    (path, found, expected)
        One a fault.
    """
    yield from _terms(trial, vocabulary)
    yield from _arms(trial, vocabulary)
    if trial.start and trial.completion:
        # compare to the precision both dates have
        width = min(len(trial.start), len(trial.completion))
        if trial.start[:width] > trial.completion[:width]:
            yield ("completion",), trial.completion, f"not before the start, {trial.start}"
    if trial.id.startswith("NCT"):
        for i, source in enumerate(trial.sources):
            if "clinicaltrials.gov/study/" in source.url and trial.id not in source.url:
                yield ("sources", i, "url"), source.url, f"the record of {trial.id}"
    yield from _disagreements(trial.disagreements, trial)


def _terms(record: Study | Trial, vocabulary: Vocabulary) -> Iterator[Fault]:
    checks: list[tuple[Path_, str, str]] = [
        (("condition",), "conditions", record.condition),
        (("approach",), "approaches", record.approach),
        *((("substances", i), "substances", s) for i, s in enumerate(record.substances)),
    ]
    if isinstance(record, Study):
        checks += [
            (("outcomes", i, "construct"), "constructs", o.construct)
            for i, o in enumerate(record.outcomes)
        ]
    for path, kind, term in checks:
        if vocabulary.term(kind, term) is None:
            yield path, repr(term), f"an id under {kind} in vocabulary.yaml"
    yield from _repeats(record.substances, ("substances",))


def _repeats(values: Collection[str], path: Path_) -> Iterator[Fault]:
    for value, count in Counter(values).items():
        if count > 1:
            yield path, f"{value} {count} times", "each value once"


def _arms(record: Study | Trial, vocabulary: Vocabulary) -> Iterator[Fault]:
    seen: set[str] = set()
    people = isinstance(record, Trial) or record.layer != "animals"
    for i, arm in enumerate(record.arms):
        if arm.id in seen:
            yield ("arms", i, "id"), repr(arm.id), "an arm id used once"
        seen.add(arm.id)
        if arm.substance is not None and vocabulary.term("substances", arm.substance) is None:
            yield (
                ("arms", i, "substance"),
                repr(arm.substance),
                "an id under substances in vocabulary.yaml",
            )
        yield from _dose(arm, i, people)


def _dose(arm: Arm, i: int, people: bool) -> Iterator[Fault]:
    if arm.dose is not None and arm.dose_unit is None:
        yield ("arms", i, "dose_unit"), "null", "a unit, since there is a dose"
    if arm.dose_range is not None:
        low, high = arm.dose_range
        if low < 0:
            yield ("arms", i, "dose_range"), f"{low:g}", "doses of at least 0"
        if arm.dose is not None and not low <= arm.dose <= high:
            yield ("arms", i, "dose"), f"{arm.dose:g}", f"a dose within {low:g} to {high:g}"
    unit = arm.dose_unit or ""
    given = [arm.dose] if arm.dose is not None else [*(arm.dose_range or ())]
    ceiling = _CEILING.get(unit, 1e4)
    for dose in given:
        if dose > ceiling:
            yield ("arms", i, "dose"), f"{dose:g} {unit}", f"at most {ceiling:g} {unit}"
        elif people and unit in _MILLIGRAMS and arm.substance in _PLAUSIBLE_MG and dose > 0:
            low, high = _PLAUSIBLE_MG[arm.substance]
            amount = dose * _MILLIGRAMS[unit]
            if not low <= amount <= high:
                yield (
                    ("arms", i, "dose"),
                    f"{dose:g} {unit}",
                    f"{low:g} to {high:g} mg of {arm.substance} for a person of 70 kg, or another "
                    "unit",
                )


def _outcome(
    study: Study,
    outcome: Outcome,
    arms: Mapping[str, Arm],
    vocabulary: Vocabulary,
) -> Iterator[Fault]:
    allowed = UNIT_KINDS.get(outcome.construct)
    if outcome.unit is not None and allowed is not None and outcome.unit not in allowed:
        yield ("unit",), repr(outcome.unit), f"a unit that fits {outcome.construct}"
    scale = _scale(outcome, vocabulary)
    if (
        scale is not None
        and outcome.unit == "points"
        and "mm" in (outcome.instrument or "").split()
    ):
        yield ("unit",), "'points'", "mm, as the instrument says"
    people = [study.population.n_randomized, study.population.n_analysed]
    for j, result in enumerate(outcome.results):
        arm = arms.get(result.arm)
        if arm is None:
            yield ("results", j, "arm"), repr(result.arm), f"one of {', '.join(arms) or 'no arms'}"
        most = max([n for n in [arm.n if arm else None, *people] if n is not None], default=None)
        counted = outcome.unit not in _NOT_PEOPLE and result.people is None
        if counted and most is not None and result.n is not None and result.n > most:
            yield ("results", j, "n"), str(result.n), f"at most the {most} people of the study"
        for path, found, expected in _result(result, scale):
            yield ("results", j, *path), found, expected
    yield from (
        (("results",), found, expected)
        for _, found, expected in _repeats([r.arm for r in outcome.results], ())
    )
    if outcome.contrast is not None:
        yield from _contrast(study, outcome.contrast, arms, vocabulary)


def _scale(outcome: Outcome, vocabulary: Vocabulary) -> tuple[float, float] | None:
    """Range of the instrument, when the outcome is in its points."""
    if outcome.unit not in ("points", "mm") or outcome.instrument is None:
        return None
    match = re.search(r"(?<![\d.-])(\d+)-(\d+)(?![\d.-])", outcome.instrument)
    if match and int(match[1]) < int(match[2]):
        return float(match[1]), float(match[2])
    name = outcome.instrument.casefold()
    for term in vocabulary.instruments:
        if name in {n.casefold() for n in (term.label, *term.synonyms, *term.abbreviations)}:
            return term.range
    return None


def _result(result: ArmResult, scale: tuple[float, float] | None) -> Iterator[Fault]:
    if result.events is not None and result.total is not None and result.events > result.total:
        yield ("events",), str(result.events), f"at most total ({result.total})"
    if result.total is not None and result.n is not None and result.total > result.n:
        yield ("total",), str(result.total), f"at most n ({result.n})"
    if result.percent is not None and result.events is not None and result.total:
        share = 100 * result.events / result.total
        if abs(share - result.percent) > 0.6:
            yield (
                ("percent",),
                f"{result.percent:g}",
                f"{share:.1f}, as {result.events} of {result.total} gives",
            )
    for name, interval in (
        ("baseline_mean", "baseline_ci95"),
        ("mean", "mean_ci95"),
        ("median", "iqr"),
        ("change_mean", "change_ci95"),
        ("change_median", "change_iqr"),
    ):
        yield from _within(name, getattr(result, name), interval, getattr(result, interval))
    if scale is not None:
        low, high = scale
        for name in ("baseline_mean", "mean", "median"):
            value = getattr(result, name)
            if value is not None and not low <= value <= high:
                yield (name,), f"{value:g}", f"a score within {low:g} to {high:g}"
        for name in ("change_mean", "change_median"):
            value = getattr(result, name)
            if value is not None and abs(value) > high - low:
                yield (name,), f"{value:g}", f"a change of at most {high - low:g}"
        for name in ("baseline_sd", "sd", "change_sd"):
            value = getattr(result, name)
            if value is not None and value > high - low:
                yield (name,), f"{value:g}", f"a standard deviation of at most {high - low:g}"


def _within(
    name: str, value: float | None, interval: str, bounds: tuple[float, float] | None
) -> Iterator[Fault]:
    if value is not None and bounds is not None and not bounds[0] <= value <= bounds[1]:
        yield (interval,), f"{bounds[0]:g} to {bounds[1]:g}", f"an interval around {name} {value:g}"


_RATIOS = {"RR", "OR", "IRR", "ROM"}


def _contrast(
    study: Study,
    contrast: Contrast,
    arms: Mapping[str, Arm],
    vocabulary: Vocabulary,
) -> Iterator[Fault]:
    for bounds in ("ci95", "iqr"):
        for path, found, expected in _within(
            "value", contrast.value, bounds, getattr(contrast, bounds)
        ):
            yield ("contrast", *path), found, expected
    if contrast.value is not None and contrast.measure is None:
        yield ("contrast", "measure"), "null", "the measure of the value"
    numbers = [contrast.value, *(contrast.ci95 or ())]
    if contrast.measure in _RATIOS and any(v is not None and v <= 0 for v in numbers):
        yield ("contrast", "value"), f"{contrast.value}", f"{contrast.measure} above 0"
    if contrast.measure == "COR" and any(v is not None and abs(v) > 1 for v in numbers):
        yield ("contrast", "value"), f"{contrast.value}", "a correlation between -1 and 1"
    p, significant = contrast.p, contrast.significant
    if p is not None and significant is not None:
        below = p.value < _SIGNIFICANCE or (p.operator == "<" and p.value <= _SIGNIFICANCE)
        surely_below = below and p.operator in ("=", "<", "<=")
        surely_above = p.operator in ("=", ">", ">=") and p.value >= _SIGNIFICANCE
        if (significant and surely_above) or (not significant and surely_below):
            word = "true" if significant else "false"
            yield ("contrast", "significant"), word, f"what {p} says at 0.05"
    favours = contrast.favours
    if favours is not None:
        known = (
            favours == "neither"
            or favours in arms
            or favours in study.substances
            or favours in INTERVENTION_SIDES
            or favours in COMPARATOR_SIDES
            or vocabulary.term("substances", favours) is not None
        )
        if not known:
            yield (
                ("contrast", "favours"),
                repr(favours),
                "an arm, a substance, intervention, comparator or neither",
            )


def resolve(record: Any, field: str) -> tuple[bool, Any]:
    """Follow a field path such as ``outcomes[0].results[1].n`` in a record.

    Parameters
    ----------
    record : object
        A model.
    field : str
        The path.

    Returns
    -------
    exists : bool
        Whether the path leads anywhere.
    value : object
        What stands there.
    """
    if not re.fullmatch(r"[a-z_][a-z0-9_]*(\[\d{1,4}\]|\.[a-z_][a-z0-9_]*)*", field):
        return False, None
    value = record
    for part in re.findall(r"[a-z_][a-z0-9_]*|\d+", field):
        if part.isdigit():
            if not isinstance(value, tuple) or int(part) >= len(value):
                return False, None
            value = value[int(part)]
            continue
        fields = getattr(type(value), "model_fields", {})
        names = {f.alias or n: n for n, f in fields.items()} | {n: n for n in fields}
        if part not in names:
            return False, None
        value = getattr(value, names[part])
    return True, value


def _disagreements(found: tuple[Disagreement, ...], record: Any) -> Iterator[Fault]:
    for i, disagreement in enumerate(found):
        if not resolve(record, disagreement.field)[0]:
            yield ("disagreements", i, "field"), repr(disagreement.field), "a field of this record"
