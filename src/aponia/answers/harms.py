"""Harms beside benefits: what the same studies counted, then what is known of the drug."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from aponia.answers.contrasts import active_arms
from aponia.answers.layers import Layer, layer_of
from aponia.answers.model import Harm
from aponia.answers.rows import number
from aponia.evidence import EvidenceBase, Outcome, Question, Study

__all__ = ["harms_of"]

_RATIO = {"RR": "risk ratio", "OR": "odds ratio", "IRR": "rate ratio"}
#: Notes that say only that nothing could be read.
_SILENT = re.compile(
    r"^(not (?:readable|read|reported|stated|given)|counts? (?:not|of .* not) readable|none read)",
    re.IGNORECASE,
)
#: A note about harm names one; laboratory values and praise do not count.
_HARM_WORD = re.compile(
    r"adverse|side.effect|unwanted|harm|nause|vomit|dizz|headache|anxi|fear|panic|dissoci|psychotomimetic|"
    r"psychedelic.symptom|halluc|sedat|fatigue|blood pressure|hypertens|tachycard|discomfort|withdr|stopped|refus|"
    r"distress|confus|drows|pain worse|spasm|sweat|tremor|liver|hepat|bladder|death|died|agitat|seizure",
    re.IGNORECASE,
)
HarmKind = Literal["trial-count", "trial-note", "report"]
_TRIAL_LAYERS = (Layer.RANDOMISED, Layer.UNCONTROLLED)


def harms_of(base: EvidenceBase, question: Question, studies: Sequence[Study]) -> tuple[Harm, ...]:
    """Return harms with denominators: the question's own studies first, then the drug in general.

    Counts with a comparison come before ratios, these before percentages, single-group counts,
    counts of serious events and notes; randomised trials come first within each.

    Parameters
    ----------
    base : EvidenceBase
    question : Question
    studies : sequence of Study
        The included studies.

    Returns
    -------
    tuple of Harm
        Never empty: that nobody counted is said too.
    """
    ranked: list[tuple[int, int, Harm]] = []
    for study in studies:
        weight = 0 if layer_of(study) is Layer.RANDOMISED else 1
        ranked.extend((rank, weight, harm) for rank, harm in _told(study, question))
    ranked.sort(key=lambda r: (r[0], r[1]))
    found = [harm for _, _, harm in ranked]
    if not any(h.kind == "trial-count" for h in found):
        text = "No count of unwanted effects could be read in the studies of this question."
        found.append(Harm(text, "not counted", "", "not-counted"))
    return (*found, *_pooled(base, question))


def _told(study: Study, question: Question) -> list[tuple[int, Harm]]:
    """Return (rank, harm) of everything a study says of harm."""
    layer = layer_of(study)
    if layer is Layer.ANIMALS:
        return []
    in_trial = layer in _TRIAL_LAYERS
    found: list[tuple[int, Harm]] = []

    def add(rank: int, what: str, kind: HarmKind) -> None:
        short = f"{what[:1].lower()}{what[1:]} ({study.label})"
        found.append((rank, Harm(f"{what[:1].upper()}{what[1:]}.", short, study.id, kind)))

    ours = {a.id for a in active_arms(study, question.substances)}
    for outcome in study.outcomes:
        if outcome.construct == "safety":
            told = _outcome(outcome, ours)
            if told is not None:
                add(told[0], told[1], "trial-count" if in_trial else "report")
    events = study.adverse_events
    if in_trial:
        given = _people_given(study, ours)
        of = f" among {given}" if given else ""
        if events.withdrawals_due_to_ae is not None:
            add(
                3,
                f"stopped because of adverse events: {events.withdrawals_due_to_ae}{of}",
                "trial-count",
            )
        if events.serious is not None:
            add(4, f"serious adverse events: {events.serious}{of}", "trial-count")
    note = events.note
    if note and _HARM_WORD.search(note) and not _SILENT.search(note):
        if note.lower().startswith("no ") or "well tolerated" in note.lower():
            add(6, note.rstrip("."), "report")
        else:
            add(5, note.rstrip("."), "trial-note")
    return found


def _outcome(outcome: Outcome, ours: set[str]) -> tuple[int, str] | None:
    """Put one safety outcome in words with its denominators; None when nothing was printed."""
    counted = [r for r in outcome.results if r.events is not None and r.total]
    mine = next((r for r in counted if r.arm in ours), None)
    other = next((r for r in counted if r.arm not in ours), None)
    if mine is not None:
        text = f"{outcome.name}: {mine.events} of {mine.total}"
        if other is None:
            return 3, text
        return 0, f"{text} with the drug, {other.events} of {other.total} with the comparator"
    shares = [r for r in outcome.results if r.percent is not None]
    mine = next((r for r in shares if r.arm in ours), None)
    other = next((r for r in shares if r.arm not in ours), None)
    if mine is not None:
        text = f"{outcome.name}: {mine.percent:g}%"
        return (
            (2, text)
            if other is None
            else (1, f"{text} with the drug, {other.percent:g}% with the comparator")
        )
    contrast = outcome.contrast
    if contrast is None:
        return None
    if contrast.measure in _RATIO and contrast.value is not None:
        text = f"{outcome.name}: {_RATIO[contrast.measure]} {contrast.value:g}"
        if contrast.ci95 is not None:
            text += f" (95% interval {contrast.ci95[0]:g} to {contrast.ci95[1]:g})"
        return 1, f"{text} with the drug against the comparator"
    if contrast.measure_text and re.search(r"\d+(?:\.\d+)?\s?%", contrast.measure_text):
        return 1, f"{outcome.name}: {contrast.measure_text}"
    return None


def _people_given(study: Study, ours: set[str]) -> str:
    """Say whom a count is about: everybody in the study, for it is rarely printed by group."""
    people = study.population.n_analysed or study.population.n_randomized
    if not people:
        return ""
    groups = len(study.arms) > len(ours)
    return f"{people} people" + (" in all groups" if groups else "")


def _pooled(base: EvidenceBase, question: Question) -> list[Harm]:
    """Ratios with intervals from pooled trials of the drug, whatever it was given for."""
    headache = any("headache" in c or c == "migraine" for c in question.conditions)
    found: list[tuple[tuple[int, float], Harm]] = []
    for row in base.adverse_events:
        if not set(row.substances) & set(question.substances) or row.measure not in _RATIO:
            continue
        if row.value is None or row.lower is None or row.upper is None or row.interval != "ci95":
            continue
        people = f", {row.n} people" if row.n else ""
        interval = f"95% interval {row.lower:g} to {row.upper:g}"
        # What is most clearly a harm must not stand last; nor may headache, for people with headache.
        first = 0 if headache and row.event.lower() == "headache" else 1
        found.append(
            (
                (first, -row.value),
                Harm(
                    f"{row.event[0].upper()}{row.event[1:]}: {_RATIO[row.measure]} {row.value:g} "
                    f"({interval}) against {row.comparator or 'the comparator'}; "
                    f"{row.evidence_type}{people}; {row.population or 'population not stated'}.",
                    f"{row.event} {number(row.value, 1)} times as often ({number(row.lower, 1)} to {number(row.upper, 1)})",
                    row.source_url,
                    "pooled",
                ),
            )
        )
    return [harm for _, harm in sorted(found, key=lambda f: f[0])]
