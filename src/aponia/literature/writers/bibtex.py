"""BibTeX with Unicode text and only BibTeX's own characters escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable

from aponia.literature.readers.latex import text_to_bibtex
from aponia.literature.record import Record

__all__ = ["to_bibtex"]

_ENTRIES = {"book": "book", "book chapter": "incollection", "conference paper": "inproceedings",
            "thesis": "phdthesis", "report": "techreport", "journal article": "article", "article": "article"}  # fmt: skip


def _name(author: str) -> str:
    text = text_to_bibtex(author)
    return "{" + text + "}" if re.search(r"\band\b", author, re.IGNORECASE) else text


def to_bibtex(records: Iterable[Record]) -> str:
    """Write records; keys are the ids with what BibTeX does not allow replaced."""
    out: list[str] = []
    used: set[str] = set()
    for record in records:
        key = re.sub(r"[^\w:.+/-]", "_", record.id) or "record"
        while key in used:
            key += "_"
        used.add(key)
        kind = next(
            (e for k in record.types if (e := _ENTRIES.get(k.lower()))),
            "article" if record.journal else "misc",
        )
        keywords = "; ".join(dict.fromkeys([*record.keywords, *record.mesh]))
        fields = {
            "title": record.title, "journal": record.journal, "year": str(record.year or ""),
            "volume": record.volume, "number": record.issue, "pages": record.pages, "doi": record.doi,
            "pmid": record.pmid, "issn": record.issn, "language": record.language, "url": record.url,
            "abstract": record.abstract, "keywords": keywords + ";" if keywords else "",
            "registrations": "; ".join(record.registrations), "source": record.source,
        }  # fmt: skip
        lines = (
            [f"  author = {{{' and '.join(map(_name, record.authors))}}}"] if record.authors else []
        )
        lines += [
            f"  document_type = {{{text_to_bibtex(kind_)}}}"
            for kind_ in ["; ".join(record.types)]
            if kind_
        ]
        lines += [
            f"  {name} = {{{text_to_bibtex(value)}}}" for name, value in fields.items() if value
        ]
        out.append(f"@{kind}{{{key},\n" + ",\n".join(lines) + "\n}\n")
    return "\n".join(out)
