"""Rows of the tables of safety: which concern a drug, and how to tell them."""

from __future__ import annotations

from collections.abc import Mapping

from aponia.claims.model import EvidenceItem, Reading
from aponia.claims.records import Records
from aponia.evidence import AdverseEvent, Contraindication

__all__ = ["HARM_WORDS", "concerns", "harm_rows", "tell_event", "tell_exclusion"]

#: Words for harms, and what to look for in tables and records.
HARM_WORDS: Mapping[str, tuple[str, str]] = {
    "headache": (r"headaches?", r"headache"),
    "hallucinations": (
        r"hallucinat\w+|see(?:ing)? things",
        r"hallucinat|psychotomimetic|psychosis|paranoia",
    ),
    "mental illness": (
        r"(?:existing |underlying |pre-existing )?mental (?:illness\w*|health (?:condition|problem|disorder)s?)(?: worse)?",
        r"psychosis|psychotic|schizophreni",
    ),
    "nausea": (r"nausea|nauseous|vomit\w*|upset stomach|queas\w+", r"nausea|vomit"),
    "anxiety": (r"anxi\w+|panic|fear\b|frighten\w*|scary", r"anxiety|anxious"),
    "dizziness": (r"dizz\w+|light-?headed\w*", r"dizz"),
    "blood pressure": (r"blood pressure|hypertens\w+", r"blood pressure|systolic|diastolic"),
    "heart rate": (r"heart rate|tachycard\w+|racing heart|pulse", r"heart rate"),
    "heart": (
        r"(?:the |your )?heart\b(?! (?:rate|valve|attack))|circulation|cardiovascular|cardiac",
        r"heart rate|blood pressure|systolic|cardi",
    ),
    "heart valve": (r"valv\w+", r"valv"),
    "paranoia": (r"paranoi\w*", r"paranoia"),
    "psychosis": (
        r"psychos[ie]s|psychotic (?:episode|symptom|break|reaction)\w*|schizophreni\w*",
        r"psychosis|psychotic|schizophreni",
    ),
    "mania": (r"mania|manic", r"mania|manic"),
    "flashbacks": (r"flashbacks?", r"flashback"),
    "lasting perception": (r"hppd|persisting perception", r"persisting perception"),
    "seizures": (r"seizures?|convulsi\w+", r"seizure|convuls"),
    "suicidality": (r"suicid\w+|self-harm", r"suicid|self-harm"),
    "bladder": (r"bladder|urinary|cystitis|urolog\w*", r"urinary"),
    "liver": (r"\bliver|hepat\w+", r"hepat|liver"),
    "serotonin syndrome": (
        r"serotonin (?:syndrome|toxicity)",
        r"serotonin (?:syndrome|toxicity)|serotonin-like",
    ),
    "spasm": (r"spasms?|spasticity", r"spasm"),
    "dissociation": (r"dissociat\w+|out-of-body", r"dissociat|psychotomimetic|psychedelic effects"),
    "difficult experience": (
        r"bad trips?|(?:difficult|challenging|intense|distressing|overwhelming) (?:\w+ )?(?:experience|trip|emotion|memor|effect)\w*|psychological (?:challenges?|distress)|emotionally (?:challenging|difficult|intense)|(?:be|experiences? can be) (?:intense|challenging)\b.*",
        r"anxiety|bad trip|negative experience|bad drug effect",
    ),
    "confusion": (r"confus\w+|disorient\w+", r"thought disorder|confus"),
}


def concerns(records: Records, reading: Reading, substances: tuple[str, ...] | str) -> bool:
    """Return whether a row about `substances` concerns the drugs of a claim."""
    wanted = records.widened(reading.substances)
    ids = {substances} if isinstance(substances, str) else set(substances)
    classic = "classic-psychedelics-mixed"
    if classic in ids and wanted & records.widened((classic,)):
        return True
    return bool(wanted & ids)


def harm_rows(records: Records, reading: Reading) -> list[AdverseEvent]:
    """Return the counted harms of the drugs of a claim."""
    return [r for r in records.base.adverse_events if concerns(records, reading, r.substances)]


def tell_event(row: AdverseEvent) -> EvidenceItem:
    """Return a counted harm as evidence."""
    parts = [row.event]
    if row.value is not None:
        span = (
            f" ({row.lower:g} to {row.upper:g})"
            if row.lower is not None and row.upper is not None
            else ""
        )
        unit = "%" if row.unit == "percent" else f" {row.unit}" if row.unit else ""
        parts.append(f"{row.measure} {row.value:g}{unit}{span}")
    elif row.value_text is not None or row.note is not None:
        parts.append(row.value_text if row.value_text is not None else str(row.note))
    where = f"{row.evidence_type}{f', {row.n} people' if row.n else ''}"
    return EvidenceItem(
        row.id,
        f"{': '.join(parts)} — {where}; {row.population or 'people not described'}.",
        row.source_url,
    )


def tell_exclusion(row: Contraindication) -> EvidenceItem:
    """Return a reason for exclusion as evidence."""
    return EvidenceItem(
        row.id, f"{row.factor}: {row.severity} ({row.evidence_type}).", row.source_url
    )
