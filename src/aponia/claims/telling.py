"""Words of verdicts: what a study is, what it showed, what an issue means. No advice, no doses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aponia.answers import Layer
from aponia.claims.model import EvidenceItem
from aponia.claims.records import Records, StudyFacts
from aponia.evidence import Trial
from aponia.evidence.tables import Row

__all__ = ["ISSUE_TEXT", "describe", "item", "items", "names", "row_item", "trial_item"]

#: What each tag tells a reader, as a clause.
ISSUE_TEXT = {
    "uncontrolled": "there was no comparison group",
    "case-report-only": "it rests on single cases",
    "survey-only": "it rests on what people who chose to answer remember",
    "animal-only": "it was seen in animals or cells only",
    "healthy-volunteers": "it was seen in people without this pain",
    "clinic-experience": "it is the experience of a clinic",
    "anecdote": "it is a personal account",
    "no-comparator": "nothing was compared",
    "single-study": "it rests on one study",
    "tiny-n": "very few people were studied",
    "not-significant": "the difference could be chance",
    "primary-endpoint-missed": "the main outcome of the trial was missed",
    "not-tested-in-condition": "nobody has tested it in this condition, as far as this base knows",
    "wrong-condition": "the source is about another condition",
    "overgeneralised": "it stretches a narrower result",
    "subgroup": "it is about a part of the people studied",
    "indirect-comparison": "the two were never compared in one study here",
    "wrong-dose-class": "the source used another class of dose",
    "wrong-timescale": "nobody was followed that long",
    "outdated": "things have changed since",
    "wrong-number": "the source gives another number",
    "unit-error": "the unit can not be right",
    "misread-statistic": "the number is something else in the source",
    "misread-result": "the source found something else",
    "figure-unverified": "the figure was not found in the records",
    "wrong-study": "the figure belongs to another study",
    "wrong-priority": "there were earlier ones",
    "fabricated-citation": "the stated source does not hold this",
    "unpublished": "it is known from the press, not from a paper",
    "omits-harm": "unwanted effects are left out",
    "omits-null": "studies that found no difference are left out",
    "omits-species": "it does not say that this was in animals",
    "conflicting": "studies disagree",
    "overclaims-certainty": "the words claim more than the evidence carries",
    "mechanism-leap": "a way it might work is taken for a result in patients",
    "wrong-mechanism": "it is not how the sources describe it",
    "prediction": "it is about the future",
    "opinion": "it is a judgement",
    "vague": "it names no outcome that could be tested",
    "promotion": "it advertises",
}

_DESIGN = {
    "rct-parallel": "randomised trial",
    "rct-crossover": "randomised crossover trial",
    "non-randomized-controlled": "controlled study without proper randomisation",
    "open-label": "study without a comparison group",
    "cohort": "cohort",
    "case-series": "case series",
    "case-report": "case report",
    "survey": "survey",
    "healthy-volunteer-rct": "randomised study in healthy volunteers",
    "human-mechanistic": "mechanistic study in people",
    "pharmacokinetic": "pharmacokinetic study",
    "preclinical-in-vivo": "animal study",
    "preclinical-in-vitro": "cell study",
    "systematic-review": "systematic review",
    "meta-analysis": "meta-analysis",
}


def describe(facts: StudyFacts) -> str:
    """Name a study with its design and size: "Schindler 2022 (randomised trial, 14 people)"."""
    study = facts.study
    label = study.label if study.first_author else study.title.split(":")[0][:70]
    animal = facts.layer is Layer.ANIMALS
    parts = [_DESIGN.get(study.design, study.design)]
    if facts.people and not animal:
        parts.append("one person" if facts.people == 1 else f"{facts.people} people")
    if study.read == "secondary" and study.journal is None and not animal:
        parts.append("known from secondary sources")
    return f"{label} ({', '.join(parts)})"


def item(facts: StudyFacts) -> EvidenceItem:
    """Return a study as evidence: its first finding, with design, size and p-value."""
    study = facts.study
    shows = study.findings[0] if study.findings else study.title
    p = next((r.p for r in facts.rows if r.p and r.chosen), None)
    tail = f" (p {p})" if p and p[0] in "<>=" else f" (p = {p})" if p else ""
    return EvidenceItem(study.id, f"{describe(facts)}: {shows}{tail}", study.url)


def items(facts: Iterable[StudyFacts], limit: int = 4) -> tuple[EvidenceItem, ...]:
    """Return the first few studies as evidence."""
    return tuple(item(f) for f in list(facts)[:limit])


def trial_item(trial: Trial) -> EvidenceItem:
    """Return a registered trial as evidence, with its dated status."""
    status = trial.status or "status not known"
    seen = f" (seen {trial.status_seen})" if trial.status_seen else ""
    size = f", {trial.enrollment} people planned or enrolled" if trial.enrollment else ""
    return EvidenceItem(trial.id, f"{trial.title}: {status}{seen}{size}.", trial.url)


def row_item(row: Row, shows: str) -> EvidenceItem:
    """Return a table row as evidence."""
    url = getattr(row, "source_url", None) or getattr(row, "source", "")
    return EvidenceItem(row.id, shows, str(url))


def names(records: Records, kind: str, ids: Sequence[str]) -> str:
    """Return the labels of terms as prose."""
    labels = [records.base.vocabulary.label(kind, i) for i in ids]
    labels = [x if any(c.isupper() for c in x[1:]) else x[:1].lower() + x[1:] for x in labels]
    if len(labels) > 3:
        return f"{', '.join(labels[:3])} and others"
    return (
        labels[0]
        if len(labels) == 1
        else f"{', '.join(labels[:-1])} or {labels[-1]}"
        if labels
        else "the drug"
    )


def because(issues: Iterable[str]) -> str:
    """Put issues into a clause."""
    told = [ISSUE_TEXT[i] for i in issues if i in ISSUE_TEXT]
    return "; ".join(told)
