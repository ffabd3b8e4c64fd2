"""Replies for assistants: short, with sources and certainty, doses only as what a study gave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aponia.answers.rows import number
from aponia.site.reading import NOTICE, evidence_note
from aponia.site.views.common import World

__all__ = ["UNGRADED", "as_given", "framed", "short_answer", "sources_of"]

UNGRADED = (
    "Not graded as a body of evidence: each record says what kind of evidence it is and how much of its "
    "source was read. Answers to questions carry a certainty."
)
_DOSE_KEYS = (
    "dose", "dose_low", "dose_high", "dose_range", "dose_text", "dose_unit", "dose_note", "doses",
    "doses_text",
)  # fmt: skip


def framed(world: World, certainty: Any, sources: Iterable[Any], **rest: Any) -> dict[str, Any]:
    """Return a reply: its certainty and sources first, the notice always."""
    return {
        "notice": NOTICE,
        "certainty": certainty,
        **rest,
        "sources": list(sources),
        "evidence": evidence_note(world),
    }


def short_answer(doc: Mapping[str, Any], *, rows: bool = False) -> dict[str, Any]:
    """Return what of an answer an assistant needs to retell it fairly.

    Parameters
    ----------
    doc : mapping
        From `aponia.site.reading.answer_doc`.
    rows : bool
        Also every single result.
    """
    certainty = doc["certainty"]
    headline = doc["headline"]
    layers = [
        {
            "layer": layer["layer"],
            "sentence": layer["sentence"],
            "studies": list(layer["studies"]),
            "people": layer["people"],
        }
        | ({"rows": layer["rows"]} if rows else {})
        for layer in doc["layers"]
    ]
    kept = (
        "id", "ask", "status", "direction", "people", "reviews", "trials", "disagreements", "dates",
        "related",
    )  # fmt: skip
    return {
        "notice": doc["notice"],
        "say_with_certainty": doc["sentences"],
        "certainty": {
            "level": certainty["level"],
            "suggested": certainty["suggested"],
            "reasons": [j for j in certainty["judgements"] if j["levels"]],
        },
        **{k: doc[k] for k in kept},
        "headline": {k: v for k, v in headline.items() if k not in ("rows", "alternatives")}
        if headline
        else None,
        "layers": layers,
        "harms": [{"text": h["text"], "source": h["source"]} for h in doc["harms"]],
        "warnings": doc["warnings"],
        "sources": doc["sources"],
        "evidence": doc["evidence"],
        "page": f"/questions/{doc['id']}.html",
    }


def as_given(record: Any) -> Any:
    """Return a record with the columns of doses turned into what the study gave.

    >>> as_given({"arm": "a", "dose": 10.0, "dose_unit": "mg", "n": 8})
    {'arm': 'a', 'n': 8, 'the_study_gave': '10 mg'}
    """
    if isinstance(record, Mapping):
        kept = {k: as_given(v) for k, v in record.items() if k not in _DOSE_KEYS}
        given = _given(record)
        return kept | ({"the_study_gave": given} if given else {})
    if isinstance(record, Sequence) and not isinstance(record, str):
        return [as_given(v) for v in record]
    return record


def _given(record: Mapping[str, Any]) -> str:
    unit = record.get("dose_unit") or ""
    low, high = record.get("dose_range") or (record.get("dose_low"), record.get("dose_high"))
    dose = record.get("dose")
    amount = record.get("dose_text") or (
        dose
        if isinstance(dose, str)
        else number(dose, 4)
        if dose is not None
        else f"{number(low, 4)} to {number(high, 4)}"
        if low is not None and high is not None
        else ""
    )
    if amount and unit and unit not in amount:
        amount = f"{amount} {unit}"
    times = record.get("doses_text") or record.get("doses")
    parts = [amount, f"{times} times" if times and amount else "", record.get("dose_note") or ""]
    return "; ".join(p for p in parts if p)


def sources_of(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the addresses rows of a table were read on, each once."""
    urls = (r.get("source_url") or r.get("source") for r in rows)
    return list(dict.fromkeys(u for u in urls if u))
