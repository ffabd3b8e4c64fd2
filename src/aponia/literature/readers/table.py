"""CSV and TSV of any database: columns are known by name, whatever their order and language."""

from __future__ import annotations

import csv
import io
import json
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
from aponia.literature.readers.text import ReadError, clean
from aponia.literature.record import Problem, Record

__all__ = ["known_columns", "read_table"]

#: For each field the column names seen in exports, normalised, the most trustworthy first.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("id", "recordid", "key", "covidence", "refid", "reviewid", "uniqueid", "rayyanid", "itemid"),
    "title": ("title", "articletitle", "primarytitle", "documenttitle", "studytitle", "publicationtitle1",
              "officialtitle", "scientifictitle", "publictitle", "ti", "t1", "originaltitle", "name"),
    "abstract": ("abstract", "abstracts", "abstractnote", "abstracttext", "notesabstract", "briefsummary",
                 "studysummary", "summary", "ab", "n2"),
    "authors": ("authors", "author", "authornames", "authorfullnames", "authors1", "au", "a1", "af",
                "firstauthors", "creators", "contributors", "authorsraw", "firstauthor"),
    "year": ("year", "publicationyear", "publishedyear", "pubyear", "py", "y1", "yearpublished",
             "dateofpublication", "publicationdate", "date", "published", "da", "startdate", "firstposted",
             "dateregistration"),
    "journal": ("journal", "journaltitle", "sourcetitle", "journalbook", "publicationtitle", "secondarytitle",
                "publication", "jf", "jt", "t2", "so", "booktitle", "journalname", "containertitle",
                "conferencetitle", "seriestitle", "publicationname", "sourceregister"),
    "volume": ("volume", "vol", "vl", "vi"),
    "issue": ("issue", "number", "issuenumber", "no", "is", "ip"),
    "pages": ("pages", "page", "pagination", "pagerange", "pg", "artno", "articlenumber"),
    "doi": ("doi", "doilink", "di", "do", "digitalobjectidentifier", "electronicresourcenum"),
    "pmid": ("pmid", "pubmedid", "medlinepmid", "pm", "pubmed", "pubmedunique"),
    "keywords": ("keywords", "authorkeywords", "keyword", "manualtags", "indexkeywords", "keywordsauthor",
                 "emtreedrugindexterms", "emtreemedicalindexterms", "kw", "de", "subjects", "subject"),
    "mesh": ("mesh", "meshterms", "meshheadings", "mh", "meshheading"),
    "types": ("publicationtype", "documenttype", "entrytype", "itemtype", "type", "pt", "studytype",
              "reftype", "typeofwork", "articletype"),
    "issn": ("issn", "isbn", "sn"),
    "language": ("language", "la", "languageoforiginaldocument"),
    "url": ("url", "link", "openurllink", "urls", "weblink", "web", "webaddress", "studyurl", "ur"),
    "source": ("database", "sourcedb", "sourcedatabase", "databasename", "db", "remotedatabasename",
               "dataprovider"),
    "registrations": ("registrations", "secondaryid", "otherids", "secondaryids"),
    "nct": ("nctnumber", "nctid", "nct", "clinicaltrialnumbers", "trialid", "registrationnumber"),
    "accession": ("accessionnumber", "accessionnum", "accession", "an"),
}  # fmt: skip
_START = ("pagestart", "startpage", "firstpage", "sp", "bp", "beginningpage")
_END = ("pageend", "endpage", "lastpage", "ep", "endingpage")
_CITATION = ("source", "citation", "bibliographiccitation", "reference")
_ALL = (
    {name for names in _COLUMNS.values() for name in names}
    | set(_START)
    | set(_END)
    | set(_CITATION)
)


def _norm(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower().replace("ti_", "ti"))


def known_columns(cells: list[str]) -> int:
    """Count the cells of a line that are known column names, when a title is among them."""
    names = {_norm(c) for c in cells}
    if not names & set(_COLUMNS["title"]):
        return 0
    return len(names & _ALL)


def _dialect(text: str) -> tuple[str, int]:
    """Return the delimiter and the number of lines above the header."""
    best = (0, "", 0)
    head = text[:200_000].split("\n")[:15]
    for skip, line in enumerate(head):
        for delimiter in (",", "\t", ";", "|"):
            try:
                cells = next(csv.reader([line], delimiter=delimiter), [])
            except csv.Error:
                continue
            count = known_columns(cells)
            if count > best[0]:
                best = (count, delimiter, skip)
    return best[1], best[2]


def _pages(fields: Fields, names: dict[str, list[str]]) -> str:
    start = fields.first(*[c for n in _START for c in names.get(n, [])])
    end = fields.first(*[c for n in _END for c in names.get(n, [])])
    pages = join_pages(start, end)
    return re.sub(r"\s*--+\s*", "-", pages or fields.first(*_of("pages", names)))


def _of(field: str, names: dict[str, list[str]]) -> list[str]:
    return [column for name in _COLUMNS[field] for column in names.get(name, [])]


def _row(cells: dict[str, list[str]], names: dict[str, list[str]], line: int) -> Record:
    fields = Fields(cells)

    def first(field: str) -> str:
        return fields.first(*_of(field, names))

    author_text = ""
    for column in _of("authors", names):
        if cells.get(column, [""])[0].strip():
            author_text = cells[column][0]
            fields.all(column)
            break
    authors = tuple(c for a in split_authors(author_text) if (c := clean(a)))
    title, abstract = first("title"), first("abstract")
    year = None
    for column in _of("year", names):
        for value in fields.peek(column):
            year = year or year_of(value)
            if value in {str(year), f"{year}.0"}:
                fields.drop(column, value)
    journal, volume, issue = first("journal"), first("volume"), first("issue")
    pages = _pages(fields, names)
    citation = next((v for n in _CITATION for c in names.get(n, []) for v in fields.peek(c)), "")
    parts = parse_citation(citation) if citation else {}
    if parts:
        journal, year = journal or parts.get("journal", ""), year or year_of(parts.get("year", ""))
        volume, issue = volume or parts.get("volume", ""), issue or parts.get("issue", "")
        pages = pages or parts.get("pages", "")
    source = first("source")
    if citation and not parts and not source and len(citation) < 40:
        source = citation
    doi = fields.convert(*_of("doi", names), *_of("url", names), by=find_doi)
    pmid_text = first("pmid")
    pmid = (
        pmid_text.removesuffix(".0")
        if re.fullmatch(r"\d{1,8}(\.0)?", pmid_text)
        else find_pmid(pmid_text)
    )
    accession = next(iter(fields.peek(*_of("accession", names))), "")
    if (
        not pmid
        and re.fullmatch(r"\d{5,8}", accession)
        and (not source or re.search("medline|pubmed|nlm", source, re.I))
    ):
        pmid = accession
    keywords = [c for k in fields.every(*_of("keywords", names)) for p in re.split(r"[;|\n]|,(?!.*;)(?![^()]*\))(?=\s|[^\d])", k) if (c := clean(p))]  # fmt: skip
    mesh = [
        c
        for k in fields.every(*_of("mesh", names))
        for p in re.split(r"[;|\n]", k)
        if (c := clean(p))
    ]
    stated = [v for f in ("nct", "registrations") for c in _of(f, names) for v in fields.peek(c)]
    numbers = registrations([*stated, title, abstract])
    for column in [*_of("nct", names), *_of("registrations", names)]:
        for value in fields.peek(column):
            if {p.strip() for p in value.split(";") if p.strip()} <= set(numbers):
                fields.drop(column, value)
    kept = _own_raw(fields.all("raw")) if "raw" in cells else {}
    return Record(
        id=first("id"),
        title=title, abstract=abstract, authors=authors, year=year, journal=journal, volume=volume,
        issue=issue, pages=pages, doi=doi, pmid=pmid,
        nct=next((n for n in numbers if n.startswith("NCT")), ""),
        keywords=tuple(dict.fromkeys(keywords)), mesh=tuple(dict.fromkeys(mesh)),
        types=tuple(c for t in fields.every(*_of("types", names)) for p in re.split(r"[;|]", t) if (c := clean(p))),
        registrations=numbers, issn=first("issn"), language=first("language"), url=first("url"),
        source=source, line=line,
        raw=fields.rest() | kept | ({"pmid": (pmid_text,)} if pmid_text and not pmid else {}),
    )  # fmt: skip


def _own_raw(values: list[str]) -> dict[str, tuple[str, ...]]:
    """Read back the JSON that our own writer puts into the column ``raw``."""
    try:
        data = json.loads(values[0]) if values else {}
        return {str(k): tuple(str(v) for v in vs) for k, vs in data.items()}
    except (ValueError, AttributeError, TypeError):
        return {"raw": tuple(values)}


def read_table(text: str, file: str) -> tuple[list[Record], list[Problem]]:
    """Read delimited text; columns of unknown name go to ``raw`` under that name.

    Raises
    ------
    ReadError
        No line among the first fifteen looks like a header with a title column.
    """
    delimiter, skip = _dialect(text)
    if not delimiter:
        raise ReadError(f"{file}: no header line with a title column was found")
    problems = [Problem(file, n, f"line above the header left out: {line[:60]!r}", lost=True)
                for n, line in enumerate(text.split("\n")[:skip], start=1) if line.strip(" ,;\t\r")]  # fmt: skip
    body = text.split("\n", skip)[skip] if skip else text
    limit = csv.field_size_limit(50_000_000)
    records: list[Record] = []
    try:
        reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter)
        header = [clean(h) for h in next(reader)]
        columns: list[str] = []
        for position, name in enumerate(header):
            unique = name or f"column {position + 1}"
            columns.append(f"{unique} ({position + 1})" if unique in columns else unique)
        names: dict[str, list[str]] = {}
        for column, name in zip(columns, header, strict=True):
            names.setdefault(_norm(name), []).append(column)
        before = reader.line_num
        while True:
            line = skip + before + 1
            try:
                row = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                problems.append(
                    Problem(
                        file,
                        line,
                        f"row left out, not {delimiter!r}-separated text: {error}",
                        lost=True,
                    )
                )
                before = reader.line_num
                continue
            before = reader.line_num
            if not any(cell.strip() for cell in row):
                continue
            cells = {c: [v] for c, v in zip(columns, row, strict=False)}
            if len(row) > len(columns):
                cells["cells beyond the header"] = row[len(columns) :]
                problems.append(
                    Problem(
                        file,
                        line,
                        f"{len(row)} cells under {len(columns)} columns; the surplus is in raw",
                    )
                )
            elif len(row) < len(columns) and any(c.strip() for c in row[1:]):
                problems.append(
                    Problem(
                        file,
                        line,
                        f"{len(row)} cells under {len(columns)} columns; the missing are empty",
                    )
                )
            records.append(_row(cells, names, line))
    finally:
        csv.field_size_limit(limit)
    return records, problems
