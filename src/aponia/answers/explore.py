"""A question under other choices than the reviewed ones: the trials, the result, the sentence.

The choices of `aponia.answers.explore_choices` run through the same selection, synthesis and words as
the reviewed answer; with its own choices they give that answer back. Certainty follows the view, and
is never above the reviewed level: trying analyses until one looks better is no evidence.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from aponia.answers import wording
from aponia.answers.certainty import suggest
from aponia.answers.depth import overall_direction
from aponia.answers.explore_choices import LABELS, OPTIONS, Choices
from aponia.answers.explore_models import pool_as, standardised
from aponia.answers.layers import Layer
from aponia.answers.model import (
    PLACEBO,
    Answer,
    Direction,
    Sentences,
    StudyRow,
    Synthesis,
    json_safe,
)
from aponia.answers.rows import pick_outcome, study_row
from aponia.answers.select import Selection, select, trials_for
from aponia.answers.synthesis import one_group
from aponia.appraisal import LEVELS, Certainty
from aponia.evidence import EvidenceBase, Question, QuestionOutcome, Study, Window

__all__ = ["Difference", "Explored", "TrialUse", "can_explore", "explore", "why_not"]

_GROUPS = {
    "placebo": PLACEBO,
    "active": frozenset({"other-treatment", "none"}),
    "any": PLACEBO | {"other-treatment", "none"},
}
_BLIND = ("double-blind", "triple-blind")


@dataclass(frozen=True)
class Difference:
    """A choice that is not the reviewed one."""

    name: str
    label: str
    reviewed: str
    here: str


@dataclass(frozen=True)
class TrialUse:
    """What became of a randomised trial in a view: in it or not, and why; its row when it has one."""

    study: str
    label: str
    used: bool
    why: str


@dataclass(frozen=True)
class Explored:
    """A view of a question.

    Attributes
    ----------
    question : str
    choices, reviewed : Choices
    differences : tuple of Difference
        Empty for the reviewed answer itself.
    syntheses : tuple of Synthesis
        The one the sentence is about first; empty when no trial is left.
    certainty : Certainty
    held : bool
        Whether the rules would have given more than the reviewed level.
    direction : str
    sentences : Sentences or None
        None when no trial is left.
    sizes : tuple of str
        The size where the sentence is about directions and only some trials have one.
    trials : tuple of TrialUse
        Every randomised trial of the question.
    notes : tuple of str
        What a reader of this view must know about it.
    """

    question: str
    choices: Choices
    reviewed: Choices
    differences: tuple[Difference, ...]
    syntheses: tuple[Synthesis, ...]
    certainty: Certainty
    held: bool
    direction: Direction
    sentences: Sentences | None
    sizes: tuple[str, ...]
    trials: tuple[TrialUse, ...]
    notes: tuple[str, ...]

    @property
    def headline(self) -> Synthesis | None:
        """The synthesis the sentence is about."""
        return self.syntheses[0] if self.syntheses else None

    def to_dict(self) -> dict[str, Any]:
        """Return the view as JSON-safe values."""
        clean: dict[str, Any] = json_safe(asdict(self))
        return clean


def why_not(question: Question, answer: Answer) -> str:
    """Return why a question has no analysis that could be changed; "" when it has one."""
    if question.mechanism:
        return "This question asks how the drugs might work. Its studies are not pooled, so there is no analysis to change."
    if question.outcomes[0].construct == "safety":
        return "This question asks what happens to people, not whether the drug helps. Reports of harm are not pooled, so there is no analysis to change."
    if not answer.layers[0].studies:
        return "No randomised trial of this is in the base. Only randomised trials are pooled, so there is no analysis to change."
    return ""


def can_explore(question: Question, answer: Answer) -> bool:
    """Whether a question has an analysis that could be changed."""
    return not why_not(question, answer)


def explore(
    base: EvidenceBase, question: Question, answer: Answer, choices: Choices, reviewed: Choices
) -> Explored:
    """Answer a question again, under other choices.

    Parameters
    ----------
    base : EvidenceBase
    question : Question
        One of which `can_explore` is true.
    answer : Answer
        The reviewed answer: its harms, and the level no view may exceed.
    choices, reviewed : Choices
        From `read_choices`.

    Returns
    -------
    Explored

    Raises
    ------
    ChoiceError
        The model can not be fitted to the trials that are left.
    """
    asked = _asked(question, choices, reviewed)
    outcome = next(o for o in question.outcomes if o.construct == choices.outcome)
    chosen = select(base, asked)
    rows, trials = _rows(chosen, asked, outcome, choices)
    condition = question.conditions[0]
    found: list[Synthesis] = []
    judged: list[Synthesis] = []
    if rows:
        found = one_group(rows, outcome, base, condition, lambda m: pool_as(m, choices))
        # a narrower interval must not make the certainty higher
        firm = replace(choices, level=max(0.95, choices.level))
        judged = found if firm == choices else one_group(rows, outcome, base, condition, lambda m: pool_as(m, firm))  # fmt: skip
    headline = found[0] if found else None
    names = wording.names_of(base, asked, headline)
    certainty, held = _certainty(base, asked, chosen, judged, answer)
    return Explored(
        question=question.id,
        choices=choices,
        reviewed=reviewed,
        differences=_differences(base, question, choices, reviewed),
        syntheses=tuple(found),
        certainty=certainty,
        held=held,
        direction=overall_direction(headline) if headline else "unclear",
        sentences=wording.sentences(
            certainty,
            names,
            headline,
            answer.harms,
            Layer.RANDOMISED,
        )
        if headline
        else None,
        sizes=tuple(
            wording.size_sentence(s, names.drug)
            for s in found[1:]
            if s.kind in ("pooled", "single")
        ),
        trials=trials,
        notes=_notes(found, choices, reviewed, held, answer),
    )


def _asked(question: Question, choices: Choices, reviewed: Choices) -> Question:
    """Return the question as the choices ask it."""
    changed = set(choices.differing(reviewed))
    update: dict[str, Any] = {}
    if changed & {"min", "max", "target"}:
        update["window_days"] = Window(min=choices.min, max=choices.max, target=choices.target)
    if "comparator" in changed:
        update["comparators"] = ()
    return question.model_copy(update=update) if update else question


def _certainty(
    base: EvidenceBase, asked: Question, chosen: Selection, judged: list[Synthesis], answer: Answer
) -> tuple[Certainty, bool]:
    suggested = suggest(asked, chosen, judged[0] if judged else None, trials_for(base, asked))
    most = answer.certainty.level
    if LEVELS.index(suggested.level) <= LEVELS.index(most):
        return suggested, False
    return replace(suggested, level=most), True


def _rows(
    chosen: Selection, asked: Question, outcome: QuestionOutcome, choices: Choices
) -> tuple[list[StudyRow], tuple[TrialUse, ...]]:
    """Return one row a trial that stays, and what became of every trial."""
    rows: list[StudyRow] = []
    uses: list[TrialUse] = []
    for study in chosen.by_layer[Layer.RANDOMISED]:
        row, why = _row(study, asked, outcome, choices)
        if row is not None and not why:
            if choices.units == "sd":
                row = standardised(row, outcome)
            rows.append(row)
        uses.append(TrialUse(study.id, study.label, row is not None and not why, why or _place(row)))  # fmt: skip
    return rows, tuple(uses)


def _row(
    study: Study, asked: Question, outcome: QuestionOutcome, choices: Choices
) -> tuple[StudyRow | None, str]:
    """Return the row of a trial, and why it is left out ("" when it stays)."""
    if study.id in choices.out:
        return None, "left out by the reader"
    if choices.blinding == "double" and study.blinding.masking not in _BLIND:
        return None, f"not said to be double-blind ({study.blinding.masking or 'not reported'})"
    window = (choices.min, choices.max, choices.target)
    row = study_row(
        study,
        Layer.RANDOMISED,
        asked,
        outcome.construct,
        window,
        correlation=choices.correlation,
    )
    if row is None:
        ever = pick_outcome(study, asked, outcome.construct, (None, None, None))
        return None, f"{outcome.label} measured only outside these days" if ever else f"did not measure {outcome.label}"  # fmt: skip
    if row.combined:
        return None, "the drug was given only together with another one"
    if row.part:
        return None, "only a part of the people, or a moment chosen afterwards"
    if row.comparator not in _GROUPS[choices.comparator]:
        return None, f"compared with {row.comparator_text}"
    return row, ""


def _place(row: StudyRow | None) -> str:
    effect = row.effect if row else None
    if effect is not None and effect.has_interval:
        return f"{row.outcome_name}, {row.timepoint or 'time not stated'}" if row else ""
    return "printed no size with an interval; only its direction counts"


def _differences(
    base: EvidenceBase, question: Question, choices: Choices, reviewed: Choices
) -> tuple[Difference, ...]:
    def told(name: str, of: Choices) -> str:
        value = getattr(of, name)
        if name == "outcome":
            return next(o.label for o in question.outcomes if o.construct == value)
        if name == "out":
            return ", ".join(base.studies[s].label for s in value) or "none"
        if name in OPTIONS:
            return OPTIONS[name][f"{value:g}" if name == "level" else value]
        if value is None:
            return "by the rule" if name == "scale" else "no limit" if name != "target" else "none"
        return f"{value:g}" if isinstance(value, float) else f"day {value}"

    return tuple(
        Difference(name, LABELS[name], told(name, reviewed), told(name, choices))
        for name in choices.differing(reviewed)
    )


_MODEL = frozenset({"model", "test", "prior", "scale", "level"})


def _notes(
    found: list[Synthesis], choices: Choices, reviewed: Choices, held: bool, answer: Answer
) -> tuple[str, ...]:
    notes = []
    changed = set(choices.differing(reviewed))
    pooled = any(s.kind == "pooled" for s in found)
    if changed & _MODEL and found and not pooled:
        notes.append(
            "The choices about the model change nothing here: fewer than two trials have a size with an "
            "interval on one scale, so nothing is pooled. A single trial keeps its own 95% interval."
        )
    if "level" in changed and pooled:
        notes.append("The level is that of the pooled result; each trial keeps its 95% interval.")
    if "out" in changed:
        notes.append("Leaving out trials after seeing their results can make any answer. The reviewed answer leaves out none that fits the question.")  # fmt: skip
    if choices.units == "sd" and pooled:
        notes.append("Standard deviations put different scales side by side; no person feels pain in them.")  # fmt: skip
    if choices.comparator == "any" and len({s.comparator in PLACEBO for r in found for s in r.rows}) > 1:  # fmt: skip
        notes.append("Trials against placebo and against other treatments ask different questions; here they stand together.")  # fmt: skip
    if held:
        notes.append(f"By the rules this view alone would be rated higher; it is held at the reviewed level, {answer.certainty.level}.")  # fmt: skip
    return tuple(notes)
