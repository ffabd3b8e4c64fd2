"""CSV and TSV of any database: columns are known by name, whatever their order and language."""

from __future__ import annotations

import csv
import io
import json
import re
from functools import partial

from aponia.literature.readers.citation import parse_citation
from aponia.literature.readers.columns import (
    CITATION,
    COLUMNS,
    END,
    KNOWN,
    START,
    TRIAL,
    normalised,
)
from aponia.literature.readers.fields import Fields
from aponia.literature.readers.guard import guarded
from aponia.literature.readers.identifiers import (
    find_doi,
    find_pmid,
    join_pages,
    registrations,
    year_of,
)
from aponia.literature.readers.names import split_authors
from aponia.literature.readers.text import ReadError, clean, lines_of
from aponia.literature.record import Problem, Record

__all__ = ["known_columns", "read_table"]


def known_columns(cells: list[str]) -> int:
    """Count the cells of a line that are known column names, when a title is among them."""
    names = {normalised(c) for c in cells}
    if not names & set(COLUMNS["title"]):
        return 0
    return len(names & KNOWN)


def _dialect(text: str) -> tuple[str, int]:
    """Return the delimiter and the number of lines above the header."""
    best = (0, "", 0)
    head = lines_of(text[:200_000])[:15]
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
    start = fields.first(*[c for n in START for c in names.get(n, [])])
    end = fields.first(*[c for n in END for c in names.get(n, [])])
    pages = join_pages(start, end)
    return re.sub(r"\s*--+\s*", "-", pages or fields.first(*_of("pages", names)))


def _of(field: str, names: dict[str, list[str]]) -> list[str]:
    return [column for name in COLUMNS[field] for column in names.get(name, [])]


def _trial(
    fields: Fields, names: dict[str, list[str]], summary: str
) -> tuple[str, tuple[str, ...], list[str]]:
    """Return what stands for abstract, authors and keywords of a register's row."""

    def peek(*wanted: str) -> list[tuple[str, str]]:
        return [(c, v) for n in wanted for c in names.get(n, []) for v in fields.peek(c)]

    told = [
        f"{column.replace('_', ' ')}: {value.replace('|', '; ').rstrip('.')}."
        for column, value in peek(*TRIAL)
    ]
    sponsor = fields.first(
        *[c for c, _ in peek("sponsor", "primarysponsor", "sponsorcollaborators")]
    )
    topics = peek("conditions", "condition", "interventions", "intervention")
    keywords = [clean(part) for _, value in topics for part in re.split(r"[|;]", value)]
    return (
        " ".join([summary, *told]).strip(),
        (sponsor,) if sponsor else (),
        [k for k in keywords if k],
    )


def _topics(cell: str) -> list[str]:
    """Split keywords; commas only where nothing else separates them ("Pain, chronic; LSD")."""
    if re.search(r"[;|\n]", cell):
        return re.split(r"[;|\n]", cell)
    return re.split(r",(?![^()]*\))(?=\s|[^\d])", cell)


#: Scopus: "Doe, Jane (57190000000)".
_WITH_NUMBER = re.compile(r"\s*\(\d{6,}\)$")


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
    authors = tuple(c for a in split_authors(author_text) if (c := clean(_WITH_NUMBER.sub("", a))))
    title, abstract = first("title"), first("abstract")
    year = None
    for column in _of("year", names):
        for value in fields.peek(column):
            year = year or year_of(value)
            if value in {str(year), f"{year}.0"}:
                fields.drop(column, value)
    columns = [c for n in CITATION for c in names.get(n, [])]
    citation, parts = "", dict[str, str]()
    for text in fields.peek(*columns):
        parts = parse_citation(text)
        citation = citation or text
        if parts:
            break
    # Ovid's SO is the whole citation, Web of Science's the journal.
    kept = [t for c in names.get("so", []) for t in fields.all(c)] if parts else []
    journal, volume, issue = first("journal"), first("volume"), first("issue")
    pages = _pages(fields, names)
    if parts:
        journal, year = journal or parts.get("journal", ""), year or year_of(parts.get("year", ""))
        volume, issue = volume or parts.get("volume", ""), issue or parts.get("issue", "")
        pages = pages or parts.get("pages", "")
    source = first("source")
    if citation and not parts and len(citation) < 200 and not _of("journal", names):
        journal = journal or citation
    elif citation and not parts and not source and len(citation) < 40:
        source = citation
    doi = fields.convert(*_of("doi", names), *_of("url", names), by=find_doi)
    pmid_text = first("pmid")
    said = [v for n in ("extra", "notes", "note") for c in names.get(n, []) for v in fields.peek(c)]
    pmid = (
        pmid_text.removesuffix(".0")
        if re.fullmatch(r"\d{1,8}(\.0)?", pmid_text)
        else find_pmid(pmid_text)
    )
    pmid = pmid or next((p for v in said if (p := find_pmid(v))), "")
    accession = next(iter(fields.peek(*_of("accession", names))), "")
    if (
        not pmid
        and re.fullmatch(r"\d{5,8}", accession)
        and (not source or re.search("medline|pubmed|nlm", source, re.I))
    ):
        pmid = accession
    keywords = [
        c for k in fields.every(*_of("keywords", names)) for p in _topics(k) if (c := clean(p))
    ]
    mesh = [
        c
        for k in fields.every(*_of("mesh", names))
        for p in re.split(r"[;|\n]", k)
        if (c := clean(p))
    ]
    is_trial = bool({"nctnumber", "trialid"} & names.keys()) and not journal
    if is_trial:
        abstract, sponsor, topics = _trial(fields, names, abstract)
        authors = authors or sponsor
        keywords += topics
    stated = [v for f in ("nct", "registrations") for c in _of(f, names) for v in fields.peek(c)]
    numbers = registrations([*stated, title, abstract])
    for column in [*_of("nct", names), *_of("registrations", names)]:
        for value in fields.peek(column):
            if {p.strip() for p in value.split(";") if p.strip()} <= set(numbers):
                fields.drop(column, value)
    kinds = [
        c
        for t in fields.every(*_of("types", names))
        for p in re.split(r"[;|]", t)
        if len(c := clean(p)) > 1
    ]
    if is_trial:
        kinds.insert(0, "Trial Registration")
        nct = next((n for n in numbers if n.startswith("NCT")), "")
        journal = "ClinicalTrials.gov" if nct and "nctnumber" in names else journal
    own = _own_raw(fields.all("raw")) if "raw" in cells else {}
    if kept:
        own["SO"] = tuple(kept)
    return Record(
        id=first("id") or (numbers[0] if is_trial and numbers else ""),
        title=title, abstract=abstract, authors=authors, year=year, journal=journal, volume=volume,
        issue=issue, pages=pages, doi=doi, pmid=pmid,
        nct=next((n for n in numbers if n.startswith("NCT")), ""),
        keywords=tuple(dict.fromkeys(keywords)), mesh=tuple(dict.fromkeys(mesh)),
        types=tuple(dict.fromkeys(kinds)),
        registrations=numbers, issn=first("issn"), language=first("language"), url=first("url"),
        source=source or ("ClinicalTrials.gov" if journal == "ClinicalTrials.gov" else ""), line=line,
        raw=fields.rest() | own | ({"pmid": (pmid_text,)} if pmid_text and not pmid else {}),
    )  # fmt: skip


def _own_raw(values: list[str]) -> dict[str, tuple[str, ...]]:
    """Read back the JSON that our own writer puts into the column ``raw``."""
    try:
        data = json.loads(values[0]) if values else {}
        return {str(k): tuple(str(v) for v in vs) for k, vs in data.items()}
    except (ValueError, AttributeError, TypeError):
        return {"raw": tuple(values)}


def _as_web_of_science(names: dict[str, list[str]]) -> None:
    """Web of Science's two-letter columns: ID is not an id, IS no ISSN, the full names are AF."""
    for tag, name in (("id", "keywordsplus"), ("af", "authors"), ("ut", "id"), ("ei", "issns")):
        if tag in names:
            names.setdefault(name, []).extend(names.pop(tag))
    names.pop("pt", None)


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
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    problems = [Problem(file, n, f"line above the header left out: {line[:60]!r}", lost=True)
                for n, line in enumerate(text.split("\n", skip)[:skip], start=1)
                if line.strip(" ,;\t") and not line.lower().startswith("sep=")]  # fmt: skip
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
            names.setdefault(normalised(name), []).append(column)
        if {"pt", "au", "ti", "so"} <= names.keys():
            _as_web_of_science(names)
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
            records.append(
                guarded(
                    partial(_row, cells, names, line), file, line, problems, partial(str, cells)
                )
            )
    finally:
        csv.field_size_limit(limit)
    return records, problems
