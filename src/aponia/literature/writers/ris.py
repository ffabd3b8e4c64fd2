"""RIS, with the tags that Zotero, EndNote, Rayyan and Covidence all read."""

from __future__ import annotations

import re
from collections.abc import Iterable

from aponia.literature.readers.ris import RIS_TYPES
from aponia.literature.record import Record

__all__ = ["to_ris"]

_TAG = re.compile(r"^[A-Z][A-Z0-9]$")
_PAGES = re.compile(r"^([^\s-]+)-([^\s-]+)$")
_KINDS = {"journal article": "JOUR", "article": "JOUR", "book": "BOOK", "book chapter": "CHAP"}
_KINDS.update({name.lower(): tag for tag, name in reversed(RIS_TYPES.items())})


def to_ris(records: Iterable[Record]) -> str:
    """Write records; tags in ``raw`` that are RIS tags are written back as they were read."""
    out: list[str] = []
    for record in records:
        kind = next((t for k in record.types if (t := _KINDS.get(k.lower()))), "JOUR")
        lines: list[tuple[str, str]] = [("TY", kind), ("ID", record.id), ("TI", record.title)]
        lines += [("AU", a) for a in record.authors]
        lines += [
            ("PY", str(record.year) if record.year else ""),
            ("AB", record.abstract),
            ("JF", record.journal),
        ]
        lines += [("VL", record.volume), ("IS", record.issue)]
        pages = _PAGES.match(record.pages)
        if pages and pages.group(1) != pages.group(2):
            lines += [("SP", pages.group(1)), ("EP", pages.group(2))]
        else:
            lines.append(("SP", record.pages))
        lines += [
            ("DO", record.doi),
            ("SN", record.issn),
            ("LA", record.language),
            ("DB", record.source),
        ]
        lines += [("M3", k) for k in record.types if _KINDS.get(k.lower()) != kind]
        lines += [("KW", k) for k in dict.fromkeys([*record.keywords, *record.mesh])]
        lines += [("UR", record.url), ("N1", f"PMID: {record.pmid}" if record.pmid else "")]
        lines.append(
            (
                "N1",
                f"Trial registration: {'; '.join(record.registrations)}"
                if record.registrations
                else "",
            )
        )
        for tag, values in record.raw.items():
            if _TAG.match(tag) and tag not in {"TY", "ER", "ID"}:
                lines += [(tag, value) for value in values]
        out += [f"{tag}  - {value}" for tag, value in lines if value or tag == "TY"]
        out += ["ER  - ", ""]
    return "\n".join(out)
