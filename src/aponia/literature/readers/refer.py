"""EndNote's tagged import format (``%0``, ``%T``; ``.enw``)."""

from __future__ import annotations

from aponia.literature.readers.fields import Fields
from aponia.literature.readers.identifiers import find_doi, find_pmid, registrations, year_of
from aponia.literature.readers.tagged import Block
from aponia.literature.record import Record

__all__ = ["refer_record"]


def refer_record(block: Block, own_id: str) -> Record:
    """Map one record; ``raw`` keys are the tags without the percent sign."""
    keywords = [k for v in block.values.get("K", []) for k in v.replace(";", "\n").split("\n")]
    fields = Fields({t: v for t, v in block.values.items() if t != "K"})
    kind = fields.first("0")
    year = None
    for value in fields.peek("D", "8"):
        year = year or year_of(value)
        if value == str(year):
            fields.drop("D", value)
    pmid = (
        fields.first("M", accept=lambda v: v.isdigit() and len(v) <= 8) if fields.peek("W") else ""
    )
    numbers = registrations(v for values in block.values.values() for v in values)
    return Record(
        id=own_id or f"{block.line}",
        title=fields.first("T", "Q", "!"),
        abstract=fields.first("X"),
        authors=tuple(fields.all("A", "E")),
        year=year,
        journal=fields.first("J", "B", "S", "1"),
        volume=fields.first("V"),
        issue=fields.first("N"),
        pages=fields.first("P", "&"),
        doi=fields.convert("R", "U", "M", by=find_doi),
        pmid=pmid or next((p for v in fields.peek("U", "Z") if (p := find_pmid(v))), ""),
        nct=next((n for n in numbers if n.startswith("NCT")), ""),
        keywords=tuple(dict.fromkeys(k.strip() for k in keywords if k.strip())),
        types=(kind,) if kind else (),
        registrations=numbers,
        issn=fields.first("@"),
        language=fields.first("G"),
        url=fields.first("U"),
        source=fields.first("~", "W"),
        line=block.line,
        raw=fields.rest(),
    )
