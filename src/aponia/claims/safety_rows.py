"""Rows of the tables of safety: which concern a drug, and how to tell them."""

from __future__ import annotations

from aponia.claims.model import EvidenceItem, Reading
from aponia.claims.records import Records
from aponia.evidence import AdverseEvent, Contraindication

__all__ = ["concerns", "harm_rows", "tell_event", "tell_exclusion"]


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
