"""Bibliographic services' JSON: Europe PMC, OpenAlex, Crossref, Semantic Scholar."""

from __future__ import annotations

from typing import Any

from aponia.literature.readers.identifiers import (
    find_doi,
    find_pmid,
    join_pages,
    registrations,
    year_of,
)
from aponia.literature.readers.names import family_first
from aponia.literature.readers.registers import compact, dig, strings
from aponia.literature.readers.text import clean, plain
from aponia.literature.record import Record

__all__ = ["crossref_record", "europepmc_record", "openalex_record", "semantic_scholar_record"]


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    return plain(str(value)) if value not in (None, "") else ""


def _record(own_id: str, line: int, item: dict[str, Any], values: dict[str, Any]) -> Record:
    numbers = registrations([values.get("title", ""), values.get("abstract", "")])
    return Record(
        id=own_id or values.pop("id", "") or str(line),
        nct=next((n for n in numbers if n.startswith("NCT")), ""),
        registrations=numbers, line=line, raw={"json": (compact(item),)},
        **{k: v for k, v in values.items() if k != "id"},
    )  # fmt: skip


def europepmc_record(item: dict[str, Any], own_id: str, line: int) -> Record:
    """Map a result, ``lite`` or ``core``."""
    people = dig(item, "authorList", "author") or []
    authors = [
        _text(a.get("fullName") or a.get("collectiveName")) for a in people if isinstance(a, dict)
    ]
    full = [", ".join(p for p in (_text(a.get("lastName")), _text(a.get("firstName") or a.get("initials"))) if p)
            or _text(a.get("collectiveName") or a.get("fullName")) for a in people if isinstance(a, dict)]  # fmt: skip
    if not authors:
        full = [
            a.strip() for a in _text(item.get("authorString")).rstrip(".").split(",") if a.strip()
        ]
    mesh = []
    for heading in dig(item, "meshHeadingList", "meshHeading") or []:
        marks = strings(dig(heading, "meshQualifierList", "meshQualifier"), "qualifierName")
        mesh.append("/".join([_text(heading.get("descriptorName")), *marks]))
    types = (
        item.get("pubTypeList", {}).get("pubType")
        if isinstance(item.get("pubTypeList"), dict)
        else item.get("pubType")
    )
    kinds = [types] if isinstance(types, str) else list(types or [])
    return _record(own_id, line, item, {
        "id": f"{_text(item.get('source'))}:{_text(item.get('id'))}".strip(":"),
        "title": _text(item.get("title")), "abstract": _text(item.get("abstractText")),
        "authors": tuple(full),
        "year": year_of(_text(item.get("pubYear")) or _text(dig(item, "journalInfo", "yearOfPublication")) or _text(item.get("firstPublicationDate"))),
        "journal": _text(dig(item, "journalInfo", "journal", "title")) or _text(item.get("journalTitle"))
        or _text(dig(item, "bookOrReportDetails", "publisher")),
        "volume": _text(dig(item, "journalInfo", "volume") or item.get("journalVolume")),
        "issue": _text(dig(item, "journalInfo", "issue") or item.get("issue")),
        "pages": _text(item.get("pageInfo")), "doi": find_doi(_text(item.get("doi"))),
        "pmid": _text(item.get("pmid")),
        "keywords": tuple(strings(dig(item, "keywordList", "keyword"))), "mesh": tuple(m for m in mesh if m),
        "types": tuple(_text(k) for k in kinds),
        "issn": _text(dig(item, "journalInfo", "journal", "issn") or item.get("journalIssn")),
        "language": _text(item.get("language")), "source": "Europe PMC",
    })  # fmt: skip


def _from_inverted(index: dict[str, list[int]]) -> str:
    """OpenAlex gives the abstract as word -> positions."""
    places = sorted((p, w) for w, ps in index.items() for p in ps if isinstance(p, int))
    return " ".join(w for _, w in places)


def openalex_record(item: dict[str, Any], own_id: str, line: int) -> Record:
    """Map a work."""
    authors = []
    for entry in item.get("authorships") or []:
        name = _text(dig(entry, "author", "display_name")) or _text(entry.get("raw_author_name"))
        if name:
            authors.append(family_first(name))
    index = item.get("abstract_inverted_index") or {}
    biblio = item.get("biblio") or {}
    venue = dig(item, "primary_location", "source") or item.get("host_venue") or {}
    words = strings(item.get("keywords"), "display_name") or strings(
        item.get("keywords"), "keyword"
    )
    return _record(own_id, line, item, {
        "id": _text(item.get("id")).rsplit("/", 1)[-1],
        "title": _text(item.get("title") or item.get("display_name")),
        "abstract": plain(_from_inverted(index)), "authors": tuple(authors),
        "year": item.get("publication_year") or year_of(_text(item.get("publication_date"))),
        "journal": _text(venue.get("display_name")),
        "volume": _text(biblio.get("volume")), "issue": _text(biblio.get("issue")),
        "pages": join_pages(_text(biblio.get("first_page")), _text(biblio.get("last_page"))),
        "doi": find_doi(_text(item.get("doi"))), "pmid": find_pmid(_text(dig(item, "ids", "pmid"))),
        "keywords": tuple(words), "mesh": tuple(dict.fromkeys(strings(item.get("mesh"), "descriptor_name"))),
        "types": (_text(item.get("type")),) if item.get("type") else (),
        "issn": _text(venue.get("issn_l")), "language": _text(item.get("language")),
        "url": _text(dig(item, "primary_location", "landing_page_url")), "source": "OpenAlex",
    })  # fmt: skip


def crossref_record(item: dict[str, Any], own_id: str, line: int) -> Record:
    """Map a work of the Crossref API (also CSL JSON, which has the same keys)."""
    authors = [", ".join(p for p in (_text(a.get("family")), _text(a.get("given"))) if p) or _text(a.get("name") or a.get("literal"))
               for a in item.get("author") or [] if isinstance(a, dict)]  # fmt: skip
    dates = item.get("published") or item.get("issued") or item.get("created") or {}
    parts = dates.get("date-parts") or [[None]]
    year = parts[0][0] if parts and parts[0] else None
    return _record(own_id, line, item, {
        "id": _text(item.get("id")) or find_doi(_text(item.get("DOI"))),
        "title": _text(item.get("title")), "abstract": _text(item.get("abstract")),
        "authors": tuple(a for a in authors if a), "year": int(year) if year else None,
        "journal": _text(item.get("container-title")), "volume": _text(item.get("volume")),
        "issue": _text(item.get("issue")), "pages": _text(item.get("page") or item.get("article-number")),
        "doi": find_doi(_text(item.get("DOI"))), "pmid": _text(item.get("PMID")),
        "types": (_text(item.get("type")),) if item.get("type") else (),
        "issn": _text(item.get("ISSN")), "language": _text(item.get("language")),
        "url": _text(item.get("URL")), "source": "Crossref",
    })  # fmt: skip


def semantic_scholar_record(item: dict[str, Any], own_id: str, line: int) -> Record:
    """Map a paper of the Semantic Scholar API."""
    ids = item.get("externalIds") or {}
    return _record(own_id, line, item, {
        "id": _text(item.get("paperId")), "title": _text(item.get("title")),
        "abstract": _text(item.get("abstract")),
        "authors": tuple(family_first(n) for n in strings(item.get("authors"), "name")),
        "year": item.get("year"), "journal": _text(dig(item, "journal", "name") or item.get("venue")),
        "volume": _text(dig(item, "journal", "volume")), "pages": clean(_text(dig(item, "journal", "pages"))),
        "doi": find_doi(_text(ids.get("DOI"))), "pmid": _text(ids.get("PubMed")),
        "types": tuple(strings(item.get("publicationTypes"))), "url": _text(item.get("url")),
        "source": "Semantic Scholar",
    })  # fmt: skip
