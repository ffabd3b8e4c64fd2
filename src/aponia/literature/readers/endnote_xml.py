"""EndNote XML, as EndNote and Zotero write it (also what Deduplicator and Covidence take)."""

from __future__ import annotations

from lxml import etree

from aponia.literature.readers.identifiers import find_doi, find_pmid, registrations, year_of
from aponia.literature.readers.text import clean
from aponia.literature.readers.xmlsafe import leaves, text_of, texts_of
from aponia.literature.record import Record

__all__ = ["endnote_record"]

_TAKEN = frozenset({
    "rec-number", "ref-type", "contributors/authors", "titles/title", "periodical/full-title",
    "keywords", "dates/year", "volume", "number", "pages", "abstract", "isbn",
    "language", "remote-database-name", "@face", "@font", "@size", "@color",
})  # fmt: skip


def _several(node: etree._Element, path: str) -> list[str]:
    """EndNote separates values inside one element by carriage returns."""
    parts = [p for t in texts_of(node, path) for p in t.replace("\n", "\r").split("\r")]
    return [c for p in parts if (c := clean(p))]


def endnote_record(node: etree._Element, own_id: str) -> Record:
    """Map one ``record`` element.

    The second title is the journal, book or series; it is kept in ``raw`` when another name was
    taken from ``periodical``. A year that is not a year stays in ``raw``.
    """

    def one(path: str) -> str:
        return clean(text_of(node.find(path)))

    kind = node.find("ref-type")
    authors = _several(node, "contributors/authors/author")
    editors = () if authors else tuple(_several(node, "contributors/secondary-authors/author"))
    journal = (
        one("periodical/full-title")
        or one("titles/secondary-title")
        or one("titles/alt-title")
        or one("periodical/abbr-1")
    )
    raw = {
        p: tuple(v)
        for p, t in leaves(node, _TAKEN).items()
        if (v := [c for x in t if (c := clean(x))])
    }
    if raw.get("titles/secondary-title") == (journal,):
        del raw["titles/secondary-title"]
    if raw.get("titles/short-title") == (one("titles/title"),):
        del raw["titles/short-title"]
    year_text = one("dates/year") or one("dates/pub-dates/date")
    year = year_of(year_text)
    if one("dates/year") and one("dates/year") != str(year):
        raw["dates/year"] = (one("dates/year"),)
    doi_text = one("electronic-resource-num")
    links = _several(node, "urls/related-urls/url") + _several(node, "urls/web-urls/url")
    doi = find_doi(doi_text) or next((d for u in links if (d := find_doi(u))), "")
    if raw.get("electronic-resource-num") == (doi,):
        del raw["electronic-resource-num"]
    source = one("remote-database-name")
    accession = one("accession-num")
    notes = one("notes")
    pmid = find_pmid(notes) or next((p for u in links if (p := find_pmid(u))), "")
    is_medline = any(k in source.lower() for k in ("medline", "nlm", "pubmed")) or (not source and accession.isdigit() and 6 <= len(accession) <= 8)  # fmt: skip
    if accession.isdigit() and len(accession) <= 8 and is_medline:
        pmid = accession
    types = [one("work-type")] if one("work-type") else []
    if kind is not None and (kind.get("name") or text_of(kind)):
        types.insert(0, clean(str(kind.get("name") or text_of(kind))))
    numbers = registrations(str(t) for t in node.itertext())
    isbns = _several(node, "isbn")
    if len(isbns) > 1:
        raw["isbn"] = tuple(isbns)
    return Record(
        id=own_id or one("rec-number"),
        title=one("titles/title") or one("titles/secondary-title"),
        abstract=one("abstract"),
        authors=tuple(authors) or editors,
        year=year,
        journal=journal if one("titles/title") else "",
        volume=one("volume"),
        issue=one("number"),
        pages=one("pages"),
        doi=doi,
        pmid=pmid,
        nct=next((n for n in numbers if n.startswith("NCT")), ""),
        keywords=tuple(dict.fromkeys(_several(node, "keywords/keyword"))),
        types=tuple(types),
        registrations=numbers,
        issn=isbns[0] if isbns else "",
        language=one("language"),
        url=links[0] if links else "",
        source=source,
        line=int(node.sourceline or 0),
        raw=raw,
    )
