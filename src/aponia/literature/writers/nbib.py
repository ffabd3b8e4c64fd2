"""MEDLINE tagged text as PubMed writes it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from aponia.literature.record import Record

__all__ = ["to_nbib"]


def to_nbib(records: Iterable[Record]) -> str:
    """Write records; lines are folded like PubMed's, at 88 characters and an indent of six."""
    out: list[str] = []
    for record in records:
        lines: list[tuple[str, str]] = [("TI", record.title)]
        lines += [("IS", record.issn), ("VI", record.volume), ("IP", record.issue)]
        lines += [("DP", str(record.year) if record.year else ""), ("PG", record.pages)]
        lines += [("LID", f"{record.doi} [doi]" if record.doi else ""), ("AB", record.abstract)]
        lines += [("FAU", a) for a in record.authors]
        lines += [("LA", record.language)] + [("PT", k) for k in record.types]
        lines += [("SI", n) for n in record.registrations]
        lines += (
            [("JT", record.journal)]
            + [("MH", m) for m in record.mesh]
            + [("OT", k) for k in record.keywords]
        )
        lines.append(("UR", record.url))
        out.append(f"PMID- {record.pmid}")
        for tag, value in lines:
            if value:
                out += textwrap.wrap(value, 88, initial_indent=f"{tag:<4}- ", subsequent_indent=" " * 6,
                                     break_long_words=False, break_on_hyphens=False)  # fmt: skip
        out.append("")
    return "\n".join(out)
