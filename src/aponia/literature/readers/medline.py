"""MEDLINE tagged text: PubMed's .nbib and "PubMed format", ERIC, Ovid's tagged export."""

from __future__ import annotations

import re

from aponia.literature.readers.citation import parse_citation
from aponia.literature.readers.fields import Fields
from aponia.literature.readers.identifiers import find_doi, registrations, year_of
from aponia.literature.readers.tagged import Block
from aponia.literature.readers.text import clean
from aponia.literature.record import Record

__all__ = ["medline_record"]

_ISSN = re.compile(r"\b\d{4}-?\d{3}[\dXx]\b")
_NOT_A_DOI = re.compile(r"\[(?:pii|bookaccession|isbn|pmid|pmcid)\]", re.IGNORECASE)


def _doi_in(text: str) -> str:
    return "" if _NOT_A_DOI.search(text) else find_doi(text)


def medline_record(block: Block, own_id: str) -> Record:
    """Map one MEDLINE record, PubMed's tags first and Ovid's variants after them."""
    fields = Fields(block.values)
    full, short = fields.peek("FAU"), fields.peek("AU")
    # Old records have AU for everyone and FAU for some: the complete list wins.
    authors = fields.all("FAU") if full and len(full) >= len(short) else fields.all("AU", "FA")
    if full and len(full) >= len(short):
        fields.all("AU")
    authors += fields.all("CN")
    if not authors:
        authors = fields.all("FED", "ED")
    pmid = fields.first("PMID", "PM", accept=lambda v: v.split()[0].isdigit()).split(" ")[0]
    if not pmid:
        pmid = next((v for v in fields.peek("UI", "AN") if v.isdigit() and len(v) <= 8), "")
    year = None
    for tag in ("DP", "PY", "YR", "DEP", "DA"):
        for value in fields.peek(tag):
            year = year or year_of(value)
            if value == str(year):
                fields.drop(tag, value)
    issn_text = fields.peek("IS", "SN")
    issn = next((m.group() for v in issn_text if (m := _ISSN.search(v))), "")
    # In Ovid's tagged export IS is the ISSN and IP the issue, as in PubMed; elsewhere IS may be the issue.
    issue = fields.first("IP")
    if not issue and not issn:
        issue = fields.first("IS")
    if any(v == issn for v in issn_text):
        fields.drop("IS", issn)
        fields.drop("SN", issn)
    # A chapter has its own title and its book's; a book has one.
    title = fields.first("TI", "CTI") or fields.first("BTI", "TT")
    journal = fields.first("JT", "JN", "TA", "BTI")
    pages = re.sub(r"^pp?(?:\.\s*|\s+)(?=\w?\d)", "", fields.first("PG"))
    source = next(iter(fields.peek("SO")), "")
    cited = parse_citation(source) if not (journal and pages) else {}
    numbers = registrations(v for values in block.values.values() for v in values)
    for value in fields.peek("SI"):
        if value in numbers:
            fields.drop("SI", value)
    return Record(
        id=own_id or f"{block.line}",
        title=title,
        abstract=fields.first("AB", "OAB"),
        authors=tuple(authors),
        year=year or year_of(cited.get("year", "")),
        journal=journal or cited.get("journal", "") or fields.first("SO"),
        volume=fields.first("VI", "VO", "VL") or cited.get("volume", ""),
        issue=issue or cited.get("issue", ""),
        pages=pages or cited.get("pages", ""),
        doi=fields.convert("LID", "AID", "DO", "DI", "SO", by=_doi_in),
        pmid=pmid,
        nct=next((n for n in numbers if n.startswith("NCT")), ""),
        keywords=tuple(fields.every("OT", "KW", "ID", "DE")),
        mesh=tuple(fields.every("MH", "SH", "MJ")),
        types=tuple(fields.every("PT")),
        registrations=numbers,
        issn=issn,
        language=fields.first("LA", "LG"),
        url=fields.first("UR"),
        source=_source(block),
        line=block.line,
        raw=fields.rest(),
    )


def _source(block: Block) -> str:
    owner = clean(block.values.get("OWN", [""])[0])
    if (
        owner in {"NLM", "NASA", "PIP", "KIE", "HSR", "HMD", "SIS", "NOTNLM"}
        or "PMID" in block.values
    ):
        return "PubMed"
    return clean(block.values.get("DB", [owner])[0])
