"""RIS in all its dialects: Embase, Ovid, Scopus, EBSCO, ProQuest, Cochrane, Rayyan, Zotero."""

from __future__ import annotations

import re

from aponia.literature.readers.citation import parse_citation
from aponia.literature.readers.fields import Fields
from aponia.literature.readers.identifiers import (
    find_doi,
    find_pmid,
    join_pages,
    registrations,
    year_of,
)
from aponia.literature.readers.names import split_authors
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
        parts = value.split("\n") if "\n" in value else value.split(";")
        for part in parts:
            keyword = clean(part)
            if keyword:
                out.setdefault(keyword, None)
    return tuple(out)


_NAMES = frozenset({"AU", "A1", "A2", "A3", "ED"})


def _people(values: list[str]) -> list[str]:
    """One name a tag is the rule; some programs put the whole list under one."""
    return [
        name
        for value in values
        for name in (
            split_authors(value)
            if ";" in value or _AND_LIST.search(value)
            else [value.rstrip(" ;,")]
        )
    ]


_AND_LIST = re.compile(r"^[^,]+,[^,]+ and [^,]+,")


def _not_specified(start: str, end: str) -> bool:
    """PsycINFO on Ovid splits "No Pagination Specified" over first and last page."""
    return f"{start} {end}".lower().replace("pagination ", "").strip() in {
        "no specified",
        "no pages",
        "no",
    }


def _from_source(fields: Fields) -> dict[str, str]:
    return next((parts for v in fields.peek("SO") if (parts := parse_citation(v))), {})


#: Where a database keeps the PubMed number without saying so.
_OWN_PMID = {"embase": "C5", "scopus": "C2"}


def _database(block: Block) -> str:
    named = " ".join(v for t in ("DB", "DP", "UR", "N1") for v in block.values.get(t, ())).lower()
    return next((name for name in _OWN_PMID if name in named), "")


def ris_record(block: Block, own_id: str) -> Record:
    """Map one RIS record; where databases disagree on tags, every known place is looked at."""
    keywords = _split_keywords([v for v in block.values.get("KW", []) if v.strip()])
    values = {t: v for t, v in block.values.items() if t != "KW"}
    for tag in _NAMES & values.keys():
        # A name a line under one tag, as Rayyan writes keywords.
        values[tag] = [line for value in values[tag] for line in value.split("\n")]
    fields = Fields(values)
    kind = clean(block.values["TY"][0]).upper() if "TY" in block.values else ""
    fields.first("TY")
    title = fields.first("TI", "T1", "CT", "BT")
    journal = fields.first("JF", "T2", "JO", "JA", "J2", "J1", "BT", "T3")
    if not title:
        title = fields.first("T2", "ST")
    first, others = _people(fields.all("AU")), _people(fields.all("A1"))
    # Two people of one name are two authors; a list given under both tags is one list.
    authors = first + [name for name in others if name not in first]
    authors = authors or _people(fields.all("A2", "ED"))
    year = None
    for tag in ("PY", "Y1", "YR", "DA", "Y2"):
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
            fields.first("PG", "PP", "SE", "AR", "C7")
            if kind in {"JOUR", "EJOUR"}
            else fields.first("PG", "PP")
        )
    pages = re.sub(r"^pp?(?:\.\s*|\s+)(?=[A-Za-z]?\d)", "", pages)
    volume, issue = fields.first("VL"), fields.first("IS", "NO")
    cited = {} if journal and (volume or pages) else _from_source(fields)
    doi = fields.convert("DO", "DI", "M3", "L3", "L2", "UR", "LK", "N1", "AN", "C7", by=find_doi)
    everything = [v for values in block.values.values() for v in values]
    source = fields.first("DB", "DP", "DS")
    identifier = fields.first("PMID", "PM", accept=str.isdigit)
    own = _OWN_PMID.get(_database(block), "")
    if not identifier and own:
        # Embase and Scopus put the bare number under a tag of their own.
        identifier = fields.first(own, accept=lambda v: v.isdigit() and 5 <= len(v) <= 8)
    if not identifier:
        identifier = next((p for t in ("UR", "LK", "L2", "N1", "AN", "ID", "M1", "U1", "U2", "U5", "C1", "C2", "C3", "C5", "XR", "NO") for v in fields.peek(t) if (p := find_pmid(v))), "")  # fmt: skip
    if not identifier and any(k in source.lower() for k in ("medline", "pubmed")):
        # ProQuest's MEDLINE gives its own number and the PubMed number in one cell.
        own_numbers = [p for v in fields.peek("AN", "ID", "UI") for p in re.split(r"[;,]\s*", v)]
        identifier = next((p for p in own_numbers if p.isdigit() and len(p) <= 8), "")
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
    types += [v for v in fields.all("PT") if len(v) > 1]
    if not source and any(v.startswith("WOS:") for v in fields.peek("AN")):
        source = "Web of Science"
    return Record(
        id=name or own_id or f"{block.line}",
        title=title,
        abstract=fields.first("AB", "N2"),
        authors=tuple(authors),
        year=year or year_of(cited.get("year", "")),
        journal=journal or cited.get("journal", ""),
        volume=volume or cited.get("volume", ""),
        issue=issue or cited.get("issue", ""),
        pages=pages or cited.get("pages", ""),
        doi=doi,
        pmid=identifier,
        nct=next((n for n in numbers if n.startswith("NCT")), ""),
        keywords=keywords,
        types=tuple(dict.fromkeys(types)),
        registrations=numbers,
        issn=fields.first("SN"),
        language=fields.first("LA"),
        url=fields.first("UR", "LK", "L1"),
        source=source,
        line=block.line,
        raw=fields.rest()
        | ({"SP/EP": (f"{start}-{end}",)} if _not_specified(start, end) and start else {}),
    )
