"""CSV with one column a field; ``raw`` is a JSON object in the last."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable

from aponia.literature.record import Record

__all__ = ["COLUMNS", "to_csv"]

COLUMNS = (
    "id", "title", "abstract", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid",
    "nct", "keywords", "mesh", "publication_type", "registrations", "issn", "language", "url",
    "database", "raw",
)  # fmt: skip


def _list(values: tuple[str, ...]) -> str:
    # A single value that holds another separator would be split when read: end it like a list.
    return "; ".join(values) + (";" if len(values) == 1 else "")


def to_csv(records: Iterable[Record]) -> str:
    """Write records as CSV (RFC 4180, header line, UTF-8 expected)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for r in records:
        raw = {key: list(values) for key, values in r.raw.items()}
        writer.writerow([
            r.id, r.title, r.abstract, _list(r.authors), "" if r.year is None else r.year, r.journal, r.volume,
            r.issue, r.pages, r.doi, r.pmid, r.nct, _list(r.keywords), _list(r.mesh), _list(r.types),
            _list(r.registrations), r.issn, r.language, r.url, r.source,
            json.dumps(raw, ensure_ascii=False) if raw else "",
        ])  # fmt: skip
    return out.getvalue()
