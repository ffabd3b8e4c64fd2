"""From a study to one row for one outcome: raw numbers, direction, effect."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Decimal

from aponia.answers.contrasts import (
    COMPARATOR_TEXT,
    ArmPair,
    active_arms,
    arm_pairs,
    is_combination,
)
from aponia.answers.effects import ASSUMED_R, Printed, recover, recover_within
from aponia.answers.layers import Layer
from aponia.answers.model import Comparator, Direction, Effect, StudyRow
from aponia.evidence import (
    ArmResult,
    Contrast,
    Outcome,
    PValue,
    Question,
    Study,
)
from aponia.evidence.codes import COMPARATOR_SIDES, INTERVENTION_SIDES

__all__ = ["PART", "number", "outcome_row", "pick_outcome", "study_row"]

#: Named first when a study prints several responder cut-offs: the fixed order of preference.
#: Names of results about a part of the people or a moment picked after the fact: used last, and
#: never with the group sizes of the whole trial.
PART = re.compile(
    r"subgroup|responders only|completers|lowest point|best day|ties this to", re.IGNORECASE
)
#: Questions that begin this many days after the dose need dated results.
_LONG = 30
_CUTS = (re.compile(r"\b50\s?%|\bhalf\b"), re.compile(r"\b30\s?%"))


def number(value: float | None, digits: int = 2) -> str:
    """Write a number the way the site does: true minus sign, halves rounded up, no trailing zeros.

    >>> number(-3.20), number(8.85, 1), number(1234.0, 0)
    ('−3.2', '8.9', '1234')
    """
    if value is None or not math.isfinite(value):
        return "–"
    # Decimal of the shortest text: 8.85 is printed as 8.9, though the nearest double lies below it.
    exact = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    text = f"{exact:f}"
    if digits:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text.replace("-", "−")


def pick_outcome(
    study: Study,
    question: Question,
    construct: str,
    window: tuple[float | None, float | None, float | None],
) -> tuple[int, Outcome] | None:
    """Choose one outcome of a construct by a rule fixed before looking at results.

    Inside the window (a question about months takes no result without a date); nearest to the target day (later one on a tie); for responders the 50 % cut
    before the 30 % cut before others; then the order of the record. An outcome whose time point is
    not stated counts as inside, after all that are dated.
    """
    low, high, target = window
    found: list[tuple[tuple[float, ...], int, Outcome]] = []
    for i, outcome in enumerate(study.outcomes):
        if outcome.construct != construct:
            continue
        day = outcome.timepoint_days
        if day is None and low is not None and low >= _LONG:
            continue
        if day is not None and (
            (low is not None and day < low) or (high is not None and day > high)
        ):
            continue
        distance = abs(day - (target or 0)) if day is not None else 1e9
        cut = next(
            (r for r, pattern in enumerate(_CUTS) if pattern.search(outcome.name.lower())),
            len(_CUTS),
        )
        cut = cut if construct == "responder" else 0
        bad = 1.0 if construct == "responder" and outcome.lower_is_better else 0.0
        bad += 2.0 if PART.search(outcome.name) else 0.0
        found.append(((bad, float(cut), distance, -(day or 0), float(i)), i, outcome))
    if not found:
        return None
    _, index, outcome = min(found, key=lambda f: f[0])
    return index, outcome


def study_row(
    study: Study,
    layer: Layer,
    question: Question,
    construct: str,
    window: tuple[float | None, float | None, float | None],
    *,
    correlation: float = ASSUMED_R,
) -> StudyRow | None:
    """Return the row of a study for a construct, or None when it measured nothing of the kind."""
    picked = pick_outcome(study, question, construct, window)
    if picked is None:
        return None
    return outcome_row(study, layer, question, *picked, correlation=correlation)


def outcome_row(
    study: Study,
    layer: Layer,
    question: Question,
    index: int,
    outcome: Outcome,
    *,
    correlation: float = ASSUMED_R,
) -> StudyRow:
    """Return the row of one outcome of a study.

    Parameters
    ----------
    study : Study
    layer : Layer
    question : Question
        Names the drugs that count as active and the direction that counts as better.
    index : int
        Position of `outcome` in the record.
    outcome : Outcome
    correlation : float
        Assumed between the two periods of a crossover that prints none.

    Returns
    -------
    StudyRow
    """
    prefer_low = next(
        (o.prefer == "lower" for o in question.outcomes if o.construct == outcome.construct), True
    )
    lower = outcome.lower_is_better if outcome.lower_is_better is not None else prefer_low
    pairs = arm_pairs(study, question.substances)
    results = {r.arm: r for r in outcome.results}
    pair = _best_pair(pairs, results) if _may_compare(study, layer) else None
    notes: list[str] = [outcome.note] if outcome.note else []
    if outcome.timepoint_days is None:
        notes.append("time point not stated")
    if pair is None:
        return _single_row(study, layer, question, index, outcome, results, lower, notes)
    arm, control, comparator = pair
    a, c = results.get(arm.id), results.get(control.id)
    contrast = outcome.contrast
    within = _is_within(contrast)
    several = _is_several(contrast)
    part = bool(PART.search(outcome.name))
    combined = is_combination(arm, study)
    usable = contrast is not None and not within and not several
    printed = Printed(
        outcome,
        None if within or several else contrast,
        a,
        c,
        n_active=None if part else _n(a, arm.n),
        n_control=None if part else _n(c, control.n),
        people=None if part else _people(study),
        crossover=_same_people(study),
        favours="unclear" if within else _favours(contrast, study, arm.id, arm.substance, question),
        lower_is_better=lower,
        correlation=correlation,
    )
    effect = recover(printed)
    if part:
        notes.append("a part of the people or a moment chosen afterwards; group sizes not known")
    if combined:
        notes.append("the drug was given only together with another one")
    if within:
        notes.append("the printed test is a change within one group, not a comparison")
    if several:
        notes.append("the printed test compares more than two groups at once")
    if len([p for p in pairs if p[2] == comparator and p[1].id == control.id]) > 1:
        notes.append(f"arm used: {arm.id}")
    direction = _direction(effect, printed.favours, outcome)
    if direction == "unclear" and contrast is not None and contrast.significant is False:
        notes.append("printed only as not significant; the direction is not known")
    return StudyRow(
        study=study.id,
        label=_label(study),
        year=study.year,
        layer=layer,
        design=study.design,
        outcome=index,
        construct=outcome.construct,
        outcome_name=outcome.name,
        timepoint=outcome.timepoint,
        timepoint_days=outcome.timepoint_days,
        comparator=comparator,
        comparator_text=_comparator_text(comparator, control.substance),
        n_active=printed.n_active,
        n_control=printed.n_control,
        people=_contrast_people(study, printed),
        active=_raw(outcome, a, printed.n_active),
        control=_raw(outcome, c, printed.n_control),
        direction=direction,
        p=_p(contrast.p) if contrast is not None and usable else None,
        significant=contrast.significant if contrast is not None and usable else None,
        effect=effect,
        read=study.read,
        given=arm.substance or "",
        combined=combined,
        part=part,
        notes=tuple(notes),
    )


def _single_row(
    study: Study,
    layer: Layer,
    question: Question,
    index: int,
    outcome: Outcome,
    results: dict[str, ArmResult],
    lower: bool,
    notes: list[str],
) -> StudyRow:
    arms = active_arms(study, question.substances)
    arm = next((a for a in arms if a.id in results), arms[0] if arms else None)
    result = results.get(arm.id) if arm else (outcome.results[0] if outcome.results else None)
    n = _n(result, arm.n if arm else None) or study.population.n_analysed
    effect = recover_within(outcome, result, n, lower_is_better=lower) if result else None
    contrast = outcome.contrast
    favours = _favours(
        contrast, study, arm.id if arm else "", arm.substance if arm else None, question
    )
    # A share of people who got better, with nobody to compare, has no direction of its own.
    share = effect is not None and effect.measure == "proportion"
    direction: Direction = favours if share else _direction(effect, favours, outcome)
    return StudyRow(
        study=study.id,
        label=_label(study),
        year=study.year,
        layer=layer,
        design=study.design,
        outcome=index,
        construct=outcome.construct,
        outcome_name=outcome.name,
        timepoint=outcome.timepoint,
        timepoint_days=outcome.timepoint_days,
        comparator="own-baseline",
        comparator_text=COMPARATOR_TEXT["own-baseline"],
        n_active=n,
        n_control=None,
        people=_people(study),
        active=_raw(outcome, result, n),
        control="no control group",
        direction=direction,
        p=_p(contrast.p if contrast else None),
        significant=contrast.significant if contrast else None,
        effect=effect,
        read=study.read,
        given=(arm.substance if arm else None) or study.substances[0],
        notes=tuple(notes),
    )


def _best_pair(pairs: tuple[ArmPair, ...], results: dict[str, ArmResult]) -> ArmPair | None:
    """Keep the fixed order of arms; among them a pair with printed results on both sides wins."""
    both = [p for p in pairs if p[0].id in results and p[1].id in results]
    usable = both or list(pairs)
    return usable[0] if usable else None


def _is_within(contrast: Contrast | None) -> bool:
    """Whether the printed comparison is one group against its own baseline."""
    if contrast is None:
        return False
    text = (contrast.measure_text or "").lower()
    if contrast.measure in ("SMCC", "MC"):
        return True
    if any(
        w in text
        for w in ("within-arm", "within-person", "pre-post", "vs baseline", "own baseline")
    ):
        return True
    # "ketamine group" tells of a test inside that group; "between groups" and "two-group" do not.
    return text.endswith(" group") and "between" not in text


def _is_several(contrast: Contrast | None) -> bool:
    """Whether a printed test compares more than two groups at once: no use for one contrast."""
    text = (contrast.measure_text or "").lower() if contrast else ""
    return any(w in text for w in ("three-group", "four-group", "several groups", "all groups"))


def _n(result: ArmResult | None, arm_n: int | None) -> int | None:
    return result.n if result is not None and result.n is not None else arm_n


def _contrast_people(study: Study, printed: Printed) -> int | None:
    """People behind one contrast: both groups, or the people of a crossover once."""
    n1, n2 = printed.n_active, printed.n_control
    if n1 and n2:
        return min(n1, n2) if printed.crossover else n1 + n2
    return printed.people if printed.people is None or len(study.arms) <= 2 else None


#: Elsewhere another drug in the same survey or series is no comparison group.
_COMPARED = frozenset(
    {"rct-parallel", "rct-crossover", "non-randomized-controlled", "healthy-volunteer-rct"}
)


def _may_compare(study: Study, layer: Layer) -> bool:
    return layer is Layer.ANIMALS or study.design in _COMPARED


def _same_people(study: Study) -> bool:
    if study.design == "rct-crossover":
        return True
    if study.design != "non-randomized-controlled":
        return False
    n = study.population.n_analysed
    return n is not None and all(a.n == n for a in study.arms)


def _people(study: Study) -> int | None:
    if study.population.n_analysed is not None:
        return study.population.n_analysed
    return study.population.n_randomized


def _favours(
    contrast: Contrast | None, study: Study, arm_id: str, substance: str | None, question: Question
) -> Direction:
    """Read which side a printed comparison points to, from the active arm's point of view."""
    if contrast is None or contrast.favours is None:
        return "unclear"
    name = contrast.favours.lower()
    if name == "neither":
        return "no-difference"
    if name in COMPARATOR_SIDES:
        return "harm"
    ours = {arm_id, substance, *question.substances}
    if name in INTERVENTION_SIDES or name in ours:
        return "benefit"
    arms = {a.id: a.substance for a in study.arms} | {a.substance: a.substance for a in study.arms}
    if name in arms:
        return "benefit" if arms[name] == substance else "harm"
    return "unclear"


def _direction(effect: Effect | None, favours: Direction, outcome: Outcome) -> Direction:
    """Let the estimate decide where there is one; significance never does."""
    if effect is not None and math.isfinite(effect.y):
        if effect.benefit > 0:
            return "benefit"
        if effect.benefit < 0:
            return "harm"
        return "no-difference"
    return favours


def _label(study: Study) -> str:
    name = study.first_author or study.id.split("-")[0].capitalize()
    return f"{name} {study.year}" if study.year else f"{name} (undated)"


def _comparator_text(comparator: Comparator, substance: str | None) -> str:
    if comparator == "inert-placebo":
        return "placebo" if substance in ("placebo", None) else f"placebo ({substance})"
    if comparator == "active-placebo":
        return f"active placebo ({substance})"
    return "no drug" if comparator == "none" or substance is None else substance


def _p(p: PValue | None) -> str | None:
    if p is None:
        return None
    sign = "" if p.operator == "=" else f"{p.operator} "
    return f"{sign}{p.value:g}"


def _raw(outcome: Outcome, result: ArmResult | None, n: int | None) -> str:
    size = f" (n {n})" if n else ""
    if result is None:
        return f"not printed{size}"
    if result.events is not None and result.total:
        return f"{result.events} of {result.total}"
    if result.change_mean is not None:
        text = number(result.change_mean)
        if result.change_ci95 is not None:
            text += f" [{number(result.change_ci95[0])} to {number(result.change_ci95[1])}]"
        elif result.change_sd is not None:
            text += f" (SD {number(result.change_sd)})"
        return f"change {text}{size}"
    if result.change_median is not None:
        return f"median change {number(result.change_median)}{size}"
    if result.median is not None:
        return f"median {number(result.median)}{size}"
    if result.mean is not None:
        text = number(result.mean)
        if result.sd is not None:
            text += f" (SD {number(result.sd)})"
        if result.baseline_mean is not None:
            text = f"{number(result.baseline_mean)} → {text}"
        return f"{text}{size}"
    if result.percent is not None:
        return f"{number(result.percent)}%{size}"
    if result.change_text is not None:
        return f"{result.change_text}{size}"
    return f"not printed{size}"
