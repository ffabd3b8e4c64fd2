"""RIS in all its dialects: Embase, Ovid, Scopus, EBSCO, ProQuest, Cochrane, Rayyan, Zotero."""

from __future__ import annotations

import re

from aponia.literature.readers.fields import Fields
from aponia.literature.readers.identifiers import (
    find_doi,
    find_pmid,
    join_pages,
    registrations,
    year_of,
)
from aponia.literature.readers.tagged import Block
from aponia.literature.readers.text import clean
from aponia.literature.record import Record

__all__ = ["RIS_TYPES", "ris_record"]

RIS_TYPES = {
    "JOUR": "Journal Article", "EJOUR": "Journal Article", "MGZN": "Magazine Article",
    "NEWS": "Newspaper Article", "CONF": "Conference Paper", "CPAPER": "Conference Paper",
    "ABST": "Abstract", "BOOK": "Book", "EBOOK": "Book", "CHAP": "Book Chapter",
    "ECHAP": "Book Chapter", "THES": "Thesis", "RPRT": "Report", "UNPB": "Unpublished",
    "GEN": "Generic", "ELEC": "Web Page", "INPR": "In Press", "PAT": "Patent",
    "DATA": "Data Set", "CTLG": "Catalog", "SER": "Serial", "DBASE": "Database",
}  # fmt: skip


def _split_keywords(values: list[str]) -> tuple[str, ...]:
    out: dict[str, None] = {}
    for value in values:
        # Rayyan writes one KW tag and a keyword a line; ProQuest and Scopus use semicolons.
        parts = (
            value.split("\n")
            if "\n" in value
            else value.split(";")
            if value.count(";") > 1
            else [value]
        )
        for part in parts:
            keyword = clean(part)
            if keyword:
                out.setdefault(keyword, None)
    return tuple(out)


def _not_specified(start: str, end: str) -> bool:
    """PsycINFO on Ovid splits "No Pagination Specified" over first and last page."""
    return f"{start} {end}".lower().replace("pagination ", "").strip() in {
        "no specified",
        "no pages",
        "no",
    }


def ris_record(block: Block, own_id: str) -> Record:
    """Map one RIS record; where databases disagree on tags, every known place is looked at."""
    keywords = _split_keywords([v for v in block.values.get("KW", []) if v.strip()])
    fields = Fields({t: v for t, v in block.values.items() if t != "KW"})
    kind = clean(block.values["TY"][0]).upper() if "TY" in block.values else ""
    fields.first("TY")
    title = fields.first("TI", "T1", "CT", "BT")
    journal = fields.first("JF", "T2", "JO", "JA", "J2", "J1", "BT", "T3")
    if not title:
        title = fields.first("T2", "ST")
    authors = fields.every("AU", "A1") or fields.all("A2", "ED")
    year = None
    for tag in ("PY", "Y1", "DA", "YR", "Y2"):
        for value in fields.peek(tag):
            year = year or year_of(value)
            if year_of(value) == year and value.rstrip("/ ") == str(year):
                fields.drop(tag, value)
    start, end = fields.first("SP"), fields.first("EP")
    pages = join_pages(start, end)
    if _not_specified(start, end):
        pages = ""
    if not pages:
        pages = (
            fields.first("PG", "PP", "SE", "AR")
            if kind in {"JOUR", "EJOUR"}
            else fields.first("PG", "PP")
        )
    doi = fields.convert("DO", "DI", "M3", "L3", "L2", "UR", "LK", "N1", "AN", "C7", by=find_doi)
    everything = [v for values in block.values.values() for v in values]
    source = fields.first("DB", "DP", "DS")
    identifier = fields.first("PM", accept=str.isdigit)
    if not identifier:
        identifier = next((p for t in ("UR", "LK", "L2", "N1", "C2", "AN", "ID", "M1") for v in fields.peek(t) if (p := find_pmid(v))), "")  # fmt: skip
    if not identifier and any(k in source.lower() for k in ("medline", "pubmed")):
        identifier = next(
            (v for v in fields.peek("AN", "ID", "UI") if v.isdigit() and len(v) <= 8), ""
        )
    if identifier:
        fields.drop("N1", f"PMID: {identifier}")
    for value in fields.peek("N1"):
        # Our own writer's note; the numbers are found in it like anywhere else.
        if value.startswith("Trial registration: "):
            fields.drop("N1", value)
    numbers = registrations(everything)
    name = fields.first("ID", accept=lambda v: len(v) <= 80)
    types = [RIS_TYPES.get(kind, kind)] if kind else []
    for value in fields.peek("M3"):
        # The type of work, but PsycINFO's subject class "[3300]" stands there as well.
        if not find_doi(value) and not re.search(r"\[\d+\]", value):
            types.append(value)
            fields.drop("M3", value)
    return Record(
        id=name or own_id or f"{block.line}",
        title=title,
        abstract=fields.first("AB", "N2"),
        authors=tuple(authors),
        year=year,
        journal=journal,
        volume=fields.first("VL"),
        issue=fields.first("IS"),
        pages=pages,
        doi=doi,
        pmid=identifier,
        nct=next((n for n in numbers if n.startswith("NCT")), ""),
        keywords=keywords,
        types=tuple(types),
        registrations=numbers,
        issn=fields.first("SN"),
        language=fields.first("LA"),
        url=fields.first("UR", "LK", "L1"),
        source=source,
        line=block.line,
        raw=fields.rest()
        | ({"SP/EP": (f"{start}-{end}",)} if _not_specified(start, end) and start else {}),
    )
