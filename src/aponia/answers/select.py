"""Which studies speak to a question, in which layer, and why the others do not."""

from __future__ import annotations

from dataclasses import dataclass

from aponia.answers.contrasts import arm_pairs
from aponia.answers.layers import Layer, layer_of
from aponia.answers.model import PLACEBO
from aponia.evidence import EvidenceBase, Outcome, Question, Study, Trial

__all__ = ["RUNNING", "Selection", "eligible_outcomes", "select", "trials_for"]

#: Registry statuses of trials under way or about to start.
RUNNING = ("Recruiting", "Not yet recruiting", "Active, not recruiting", "Enrolling by invitation")
_THEME = {"plasticity": "neuroplasticity", "inflammation": "inflammation", "affective": "affective"}


@dataclass(frozen=True)
class Selection:
    """The studies of a question by layer, its reviews, and near misses with a reason each."""

    by_layer: dict[Layer, tuple[Study, ...]]
    reviews: tuple[Study, ...]
    excluded: tuple[tuple[str, str], ...]

    @property
    def studies(self) -> tuple[Study, ...]:
        """All included studies, strongest layer first."""
        return tuple(s for group in self.by_layer.values() for s in group)


def select(base: EvidenceBase, question: Question) -> Selection:
    """Select studies for a question.

    Parameters
    ----------
    base : EvidenceBase
    question : Question

    Returns
    -------
    Selection
        `excluded` names studies that match people and drug but not the rest, and says why.
    """
    by_layer: dict[Layer, list[Study]] = {layer: [] for layer in Layer}
    reviews: list[Study] = []
    excluded: list[tuple[str, str]] = []
    themes = _themes(base) if question.mechanism else {}
    for study in base.studies.values():
        if study.condition not in question.conditions:
            continue
        if not set(study.substances) & set(question.substances):
            continue
        reason = _reason_against(study, question, themes)
        if reason is None and layer_of(study) is Layer.RANDOMISED:
            reason = _wrong_comparator(study, question)
        if reason is None:
            layer = layer_of(study)
            if layer is None:
                reviews.append(study)
            elif question.layers and layer.value not in question.layers:
                excluded.append((study.id, "another kind of study than the question asks for"))
            else:
                by_layer[layer].append(study)
        elif reason:
            excluded.append((study.id, reason))
    ordered = {
        k: tuple(sorted(v, key=lambda s: (-(s.year or 0), s.id))) for k, v in by_layer.items()
    }
    reviews.sort(key=lambda s: (-(s.year or 0), s.id))
    return Selection(ordered, tuple(reviews), tuple(excluded))


def _themes(base: EvidenceBase) -> dict[str, set[str]]:
    return {entry.study: set(entry.themes) for entry in base.mechanism_index}


def _reason_against(study: Study, question: Question, themes: dict[str, set[str]]) -> str | None:
    """Return None to include, "" to leave out silently, otherwise the reason to exclude."""
    if question.approaches and study.approach not in question.approaches:
        if study.approach in ("mixed", "unclear"):
            return f"the dose is {study.approach}, so it can not be put under this approach"
        return ""
    if question.mechanism:
        on_theme = _THEME[question.mechanism] in themes.get(study.id, set())
        measured = bool(eligible_outcomes(study, question)) and study.condition != "none"
        return None if on_theme or measured else ""
    if study.condition == "none" and not any(
        o.construct.startswith("pain") for o in study.outcomes
    ):
        return "" if "none" in question.conditions else None
    return None


def _wrong_comparator(study: Study, question: Question) -> str | None:
    """Return a reason when a question names its comparators and the trial has none of them."""
    if not question.comparators:
        return None
    kinds = {
        "placebo" if c in PLACEBO else "active" for _, _, c in arm_pairs(study, question.substances)
    }
    if kinds & set(question.comparators) or not kinds:
        return None
    return "compared with something the question does not ask about"


def eligible_outcomes(study: Study, question: Question) -> list[tuple[int, Outcome]]:
    """Return (position, outcome) of the outcomes that measure what the question asks about."""
    wanted = {o.construct for o in question.outcomes}
    return [(i, o) for i, o in enumerate(study.outcomes) if o.construct in wanted]


def trials_for(base: EvidenceBase, question: Question) -> tuple[Trial, ...]:
    """Return the registered trials of a question, running ones first, newest first."""
    found = [
        t
        for t in base.trials.values()
        if t.condition in question.conditions
        and set(t.substances) & set(question.substances)
        and (not question.approaches or t.approach in question.approaches)
    ]
    return tuple(
        sorted(
            sorted(found, key=lambda t: t.start or "", reverse=True),
            key=lambda t: t.status not in RUNNING,
        )
    )
