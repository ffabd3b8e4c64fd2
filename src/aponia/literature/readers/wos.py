"""Web of Science tagged text (``.txt``, ``.ciw``)."""

from __future__ import annotations

from aponia.literature.readers.fields import Fields
from aponia.literature.readers.identifiers import find_doi, join_pages, registrations, year_of
from aponia.literature.readers.tagged import Block
from aponia.literature.readers.text import clean
from aponia.literature.record import Record

__all__ = ["wos_record"]

_KINDS = {"J": "Journal Article", "B": "Book", "S": "Book in Series", "P": "Patent"}
_LISTS = frozenset({"AU", "AF", "BA", "BF", "BE", "CA", "ED", "CR", "C1", "GP"})


def wos_record(block: Block, own_id: str) -> Record:
    """Map one Web of Science record; its author lists are one name a line."""
    fields = Fields(
        {
            t: [p for v in vs for p in v.split("\n")] if t in _LISTS else vs
            for t, vs in block.values.items()
        }
    )
    kind = fields.first("PT")
    short, full = fields.peek("AU"), fields.peek("AF")
    authors = fields.all("AF") if full and len(full) >= len(short) else fields.all("AU")
    if full and len(full) >= len(short):
        fields.all("AU")
    authors += fields.all("CA")
    year = None
    for tag in ("PY", "EA", "PD"):
        for value in fields.peek(tag):
            year = year or year_of(value)
            if value == str(year):
                fields.drop(tag, value)
    keywords = [k for v in fields.every("DE", "ID") for k in v.split(";")]
    types = [k.strip() for v in fields.all("DT") for k in v.split(";")]
    numbers = registrations(v for values in block.values.values() for v in values)
    return Record(
        id=own_id or clean(block.values.get("UT", [""])[0]) or f"{block.line}",
        title=fields.first("TI"),
        abstract=fields.first("AB"),
        authors=tuple(authors or fields.all("BA", "BE", "ED")),
        year=year,
        journal=fields.first("SO", "JI", "J9"),
        volume=fields.first("VL"),
        issue=fields.first("IS"),
        pages=join_pages(fields.first("BP"), fields.first("EP")) or fields.first("AR"),
        doi=fields.convert("DI", "D2", by=find_doi),
        pmid=fields.first("PM"),
        nct=next((n for n in numbers if n.startswith("NCT")), ""),
        keywords=tuple(dict.fromkeys(k.strip() for k in keywords if k.strip())),
        mesh=tuple(fields.every("MH", "MeSH")),
        types=tuple(types) or ((_KINDS.get(kind, kind),) if kind else ()),
        registrations=numbers,
        issn=fields.first("SN", "EI"),
        language=fields.first("LA"),
        source="Web of Science",
        line=block.line,
        raw=fields.rest(),
    )
