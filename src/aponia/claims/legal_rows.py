"""Rows of the table of law: which concern a drug, what they cover, and how to tell them."""

from __future__ import annotations

import re

from aponia.claims.model import EvidenceItem, Reading
from aponia.claims.reading import CLASS
from aponia.claims.records import Records
from aponia.evidence import LegalStatus

__all__ = ["covers", "dated", "rows_for", "tell"]


def rows_for(records: Records, reading: Reading) -> list[LegalStatus]:
    """Return the rows of the table of law that concern the drugs of a claim."""
    wanted = records.widened(reading.substances)
    exact = set(reading.substances)
    return [
        r
        for r in records.base.legal_status
        if exact & set(r.substances)
        or (CLASS in exact and wanted & set(r.substances))
        or (CLASS in r.substances and wanted & records.widened((CLASS,)))
    ]


def tell(rows: list[LegalStatus]) -> tuple[EvidenceItem, ...]:
    """Return rows as evidence."""
    return tuple(EvidenceItem(r.id, dated(r), r.source_url) for r in rows)


def dated(row: LegalStatus) -> str:
    """Return a row as a sentence with its date."""
    when = f" (as of {row.as_of})" if row.as_of else " (undated source)"
    what = f" Indications: {row.indications}." if row.indications else ""
    return f"{row.jurisdiction}: {row.status}{when}.{what}"


def covers(row: LegalStatus, illness: list[str]) -> bool:
    """Return whether a row holds for every illness named."""
    text = f"{row.indications or ''} {row.status} {row.note or ''}".lower()
    roots = {
        "depress": "depress",
        "ptsd": "ptsd",
        "post": "ptsd",
        "anxiet": "anxiety",
        "anaest": "ana?esthe",
        "anesth": "ana?esthe",
        "end-of": "end-of-life",
        "suicid": "suicid",
        "alcoho": "substance",
        "addict": "substance",
        "substa": "substance",
        "ocd": "ocd",
        "mental": "depress|anxiety|ptsd|mental",
        "psychi": "depress|anxiety|ptsd|psychi",
    }
    for word in illness:
        root = next((v for k, v in roots.items() if word.startswith(k)), word)
        if not re.search(root, text):
            return False
    return bool(illness)
