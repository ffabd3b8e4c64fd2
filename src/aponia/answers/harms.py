"""Harms beside benefits: what the same studies counted, then what is known of the drug."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from aponia.answers.contrasts import active_arms
from aponia.answers.layers import Layer, layer_of
from aponia.answers.model import Harm
from aponia.evidence import EvidenceBase, Question, Study

__all__ = ["harms_of"]

_RATIO = {"RR": "risk ratio", "OR": "odds ratio", "IRR": "rate ratio"}
#: Notes that say only that nothing could be read.
_SILENT = re.compile(
    r"^(not readable|not read|counts? (?:not|of .* not) readable|none read)", re.IGNORECASE
)
_TRIAL_LAYERS = (Layer.RANDOMISED, Layer.UNCONTROLLED)


def harms_of(base: EvidenceBase, question: Question, studies: Sequence[Study]) -> tuple[Harm, ...]:
    """Return harms with denominators: the question's own studies first, then the drug in general.

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
    found: list[Harm] = []
    for study in studies:
        found.extend(_counted(study, question))
    if not any(h.kind == "trial-count" for h in found):
        found.append(
            Harm(
                "No count of unwanted effects could be read in the studies of this question.",
                "not counted",
                "",
                "not-counted",
            )
        )
    found.extend(_pooled(base, question))
    return tuple(found)


def _counted(study: Study, question: Question) -> list[Harm]:
    layer = layer_of(study)
    if layer is Layer.ANIMALS:
        return []
    people = study.population.n_analysed or study.population.n_randomized
    of = f" among {people} people" if people else ""
    events = study.adverse_events
    in_trial = layer in _TRIAL_LAYERS
    found: list[Harm] = []

    def add(what: str, kind: Literal["trial-count", "report"]) -> None:
        found.append(
            Harm(
                f"{what[:1].upper()}{what[1:]}.",
                f"{what[:1].lower()}{what[1:]} ({study.label})",
                study.id,
                kind,
            )
        )

    ours = {a.id for a in active_arms(study, question.substances)}
    for outcome in study.outcomes:
        if outcome.construct != "safety":
            continue
        counted = [r for r in outcome.results if r.events is not None and r.total]
        mine = next((r for r in counted if r.arm in ours), None)
        if mine is None:
            continue
        other = next((r for r in counted if r.arm not in ours), None)
        what = f"{outcome.name}: {mine.events} of {mine.total}"
        if other is not None:
            what += f" with the drug, {other.events} of {other.total} with the comparator"
        add(what, "trial-count" if in_trial else "report")
    if in_trial and events.withdrawals_due_to_ae is not None:
        add(f"stopped because of adverse events: {events.withdrawals_due_to_ae}{of}", "trial-count")
    if in_trial and events.serious is not None:
        add(f"serious adverse events: {events.serious}{of}", "trial-count")
    if events.note and not found and not _SILENT.search(events.note):
        found.append(
            Harm(events.note, f"{events.note.rstrip('.')} ({study.label})", study.id, "trial-note")
        )
    return found


def _pooled(base: EvidenceBase, question: Question) -> list[Harm]:
    """Ratios with intervals from pooled trials of the drug, whatever it was given for."""
    found = []
    for row in base.adverse_events:
        if not set(row.substances) & set(question.substances) or row.measure not in _RATIO:
            continue
        if row.value is None or row.lower is None or row.upper is None or row.interval != "ci95":
            continue
        people = f", {row.n} people" if row.n else ""
        found.append(
            (
                row.value,
                Harm(
                    f"{row.event[0].upper()}{row.event[1:]}: {_RATIO[row.measure]} {row.value:g} "
                    f"(95% interval {row.lower:g} to {row.upper:g}) against {row.comparator or 'the comparator'}; "
                    f"{row.evidence_type}{people}; {row.population or 'population not stated'}.",
                    f"{row.event} {row.value:.1f} times as often",
                    row.source_url,
                    "pooled",
                ),
            )
        )
    # The largest ratios first: what is most clearly a harm must not stand last.
    return [harm for _, harm in sorted(found, key=lambda f: -f[0])]
