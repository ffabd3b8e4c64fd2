"""Question in, `Answer` out: select, recover, bring together, judge, put into words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from aponia.answers import wording
from aponia.answers.certainty import ENDED, suggest
from aponia.answers.depth import deeper, overall_direction
from aponia.answers.harms import harms_of
from aponia.answers.layers import Layer
from aponia.answers.model import (
    PLACEBO,
    Answer,
    Direction,
    LayerAnswer,
    Sentences,
    StudyRow,
    Synthesis,
)
from aponia.answers.rows import outcome_row, study_row
from aponia.answers.select import Selection, eligible_outcomes, select, trials_for
from aponia.answers.snapshot import conclusion_changed
from aponia.answers.synthesis import synthesise
from aponia.appraisal import LEVELS, Certainty, blinding_box
from aponia.evidence import EvidenceBase, Question, Study, Trial

__all__ = ["answer", "answer_all"]

_MECHANISM = {
    "plasticity": "a more plastic brain",
    "inflammation": "less inflammation",
    "affective": "a change in the emotional side of pain",
}
#: Drugs whose literature is far larger than this base: an empty cell says nothing about the world.
_LARGE_LITERATURE = frozenset({"ketamine", "esketamine"})


def answer(base: EvidenceBase, question: Question) -> Answer:
    """Answer a living question from the evidence base.

    Parameters
    ----------
    base : EvidenceBase
    question : Question

    Returns
    -------
    Answer
        Complete also when there is no study: "nobody has tested this" is an answer.
    """
    chosen = select(base, question)
    layers = tuple(_layer_answer(base, question, chosen, layer) for layer in Layer)
    trials = trials_for(base, question)
    harms = harms_of(base, question, chosen.studies)
    headline = _headline(layers[0])
    certainty = _certainty(base, question, chosen, headline, trials)
    names = wording.names_of(base, question, headline)
    status, words = _words(
        base, question, chosen, layers, headline, certainty, names, _trial_counts(trials), harms
    )
    direction: Direction = "unclear"
    if headline is not None and status == "answered":
        direction = overall_direction(headline)
    found = Answer(
        id=question.id,
        ask=question.ask,
        short=question.short,
        why=question.why,
        status=status,
        certainty=certainty,
        direction=direction,
        sentences=words,
        headline=headline,
        layers=layers,
        harms=harms,
        reviews=tuple(s.id for s in chosen.reviews),
        trials=tuple(t.id for t in trials),
        excluded=chosen.excluded,
        blinding=_blinding(chosen, layers[0]),
        disagreements=_disagreements(chosen, trials),
        people=sum(x.people for x in layers if x.layer is not Layer.ANIMALS),
        dates=_dates(base, question),
        related=question.related,
        substances=question.substances,
        conditions=question.conditions,
        approaches=question.approaches,
        **deeper(base, question, chosen, layers[0], headline if status == "answered" else None),
    )
    # Which version first concluded this is known only once the conclusion is.
    since = conclusion_changed(base, found)
    return replace(found, dates={**found.dates, "conclusion_changed": since})


def answer_all(base: EvidenceBase) -> dict[str, Answer]:
    """Answer every question of the base, in the order of the file."""
    return {q.id: answer(base, q) for q in base.questions.values()}


def _window(question: Question) -> tuple[float | None, float | None, float | None]:
    w = question.window_days
    return w.min, w.max, w.target


def _layer_answer(
    base: EvidenceBase, question: Question, chosen: Selection, layer: Layer
) -> LayerAnswer:
    studies = chosen.by_layer[layer]
    found: list[Synthesis] = []
    rows: list[StudyRow] = []
    for outcome in question.outcomes:
        picked: list[StudyRow] = []
        for study in studies:
            row = study_row(study, layer, question, outcome.construct, _window(question))
            if row is None and layer is not Layer.RANDOMISED:
                row = study_row(
                    study, layer, question, outcome.construct, (None, None, _window(question)[2])
                )
                row = (
                    replace(row, notes=(*row.notes, "outside the question's time window"))
                    if row
                    else None
                )
            if row is not None and layer is Layer.RANDOMISED and (row.combined or row.part):
                row = replace(row, chosen=False)
            elif row is not None:
                picked.append(row)
            rows.extend(_all_rows(study, layer, question, outcome.construct, row))
        found.extend(synthesise(picked, outcome, layer, base, question))
    people = sum(s.population.n_analysed or s.population.n_randomized or 0 for s in studies)
    best = _by_weight(found)
    names = wording.names_of(base, question, best[0] if best else None)
    seen = {r.study for r in rows}
    outside = sum(1 for s in studies if not any(r.study == s.id and r.chosen for r in rows))
    return LayerAnswer(
        layer=layer,
        studies=tuple(s.id for s in studies),
        people=0 if layer is Layer.ANIMALS else people,
        sentence=wording.layer_sentence(layer, len(studies), people, best, names, outside),
        syntheses=tuple(found),
        rows=tuple(rows),
        unmeasured=tuple(s.id for s in studies if s.id not in seen),
    )


def _all_rows(
    study: Study, layer: Layer, question: Question, construct: str, chosen: StudyRow | None
) -> list[StudyRow]:
    """All results of a construct, the chosen one first: other time points may tell another story."""
    others = [
        replace(outcome_row(study, layer, question, i, outcome), chosen=False)
        for i, outcome in enumerate(study.outcomes)
        if outcome.construct == construct and (chosen is None or i != chosen.outcome)
    ]
    return ([chosen] if chosen else []) + others


def _by_weight(found: Sequence[Synthesis]) -> list[Synthesis]:
    """Order syntheses by the headline rule, which was fixed before any result was looked at.

    Placebo comparisons before others. Among them only outcomes with at least half as many people
    as the most studied one; of these, by priority of the question, one with an estimate first.
    """
    usable = [s for s in found if s.comparator != "own-baseline"]
    groups = [
        [s for s in usable if s.comparator in PLACEBO],
        [s for s in usable if s.comparator not in PLACEBO],
    ]
    ordered: list[Synthesis] = []
    for group in groups:
        most = max((s.people for s in group), default=0)
        large = [s for s in group if 2 * s.people >= most]
        ordered += sorted(large, key=lambda s: s.kind not in ("pooled", "single"))
        ordered += [s for s in group if 2 * s.people < most]
    return ordered + [s for s in found if s.comparator == "own-baseline"]


def _headline(randomised: LayerAnswer) -> Synthesis | None:
    ordered = [s for s in _by_weight(randomised.syntheses) if s.comparator != "own-baseline"]
    return ordered[0] if ordered else None


def _certainty(
    base: EvidenceBase,
    question: Question,
    chosen: Selection,
    headline: Synthesis | None,
    trials: Sequence[Trial],
) -> Certainty:
    suggestion = suggest(question, chosen, headline, trials)
    for appraisal in base.appraisals.values():
        if appraisal.kind == "certainty" and appraisal.target == question.id:
            for level in LEVELS:
                if appraisal.overall.lower() == level:
                    by = f"{appraisal.who}, {appraisal.when}: {appraisal.why}"
                    return Certainty(level, suggestion.judgements, False, by)
    return suggestion


def _words(
    base: EvidenceBase,
    question: Question,
    chosen: Selection,
    layers: Sequence[LayerAnswer],
    headline: Synthesis | None,
    certainty: Certainty,
    names: wording.Names,
    trials: tuple[int, int],
    harms: Any,
) -> tuple[Any, Sentences]:
    counts = [(x.layer, len(x.studies)) for x in layers]
    if question.mechanism:
        return "only-weaker-layers", _mechanism_words(base, question, chosen, harms)
    if question.outcomes[0].construct == "safety":
        return "only-weaker-layers", wording.safety_first(names, counts, harms)
    if headline is not None and layers[0].studies:
        return "answered", wording.sentences(certainty, names, headline, harms, Layer.RANDOMISED)
    if layers[0].studies:
        return "only-weaker-layers", wording.no_usable_result(names, counts, harms)
    human = sum(n for layer, n in counts if layer is not Layer.ANIMALS)
    laboratory = set(question.conditions) == {"experimental-pain"}
    if human:
        return "only-weaker-layers", wording.weaker_only(
            names, counts, harms, laboratory=laboratory
        )
    if counts[-1][1]:
        return "animals-only", wording.weaker_only(names, counts, harms)
    reviews = len(chosen.reviews)
    if reviews or set(question.substances) <= _LARGE_LITERATURE:
        status = "reviews-only" if reviews else "not-covered"
        return status, wording.not_covered(names, trials, reviews, harms)
    return "not-tested", wording.not_tested(names, trials, harms)


def _trial_counts(trials: Sequence[Trial]) -> tuple[int, int]:
    """Return how many registered trials are still to report, and how many have ended."""
    ended = sum(t.status in ENDED for t in trials)
    return len(trials) - ended, ended


def _mechanism_words(
    base: EvidenceBase, question: Question, chosen: Selection, harms: Any
) -> Sentences:
    ids = {s.id for s in (*chosen.studies, *chosen.reviews)}
    entries = [e for e in base.mechanism_index if e.study in ids]
    by = {d: sum(1 for e in entries if e.direction == d) for d in ("supports", "against", "mixed")}
    patients = sum(
        1
        for s in chosen.studies
        if s.condition not in ("none", "experimental-pain")
        and not s.design.startswith("preclinical")
        and eligible_outcomes(s, question)
    )
    return wording.mechanism(
        _MECHANISM[question.mechanism or "affective"],
        by["supports"],
        by["against"],
        by["mixed"],
        patients,
        harms,
    )


def _blinding(chosen: Selection, randomised: LayerAnswer) -> tuple[dict[str, Any], ...]:
    comparator = {r.study: r.comparator for r in randomised.rows}
    return tuple(
        blinding_box(s, comparator.get(s.id, "none")) for s in chosen.by_layer[Layer.RANDOMISED]
    )


def _disagreements(chosen: Selection, trials: Sequence[Trial]) -> tuple[dict[str, Any], ...]:
    records: list[Study | Trial] = [*chosen.studies, *chosen.reviews, *trials]
    found = [{"record": r.id, **d.model_dump()} for r in records for d in r.disagreements]
    return tuple(found)


def _dates(base: EvidenceBase, question: Question) -> dict[str, str | None]:
    return {
        "last_search": question.last_search,
        "data_changed": base.released,
        "conclusion_changed": base.released,
        "next_due": question.next_due,
    }
