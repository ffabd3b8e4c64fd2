"""BibTeX, parsed by bibtexparser 2, which is tolerant; its failed blocks are looked at too."""

from __future__ import annotations

import logging
import re
from typing import Any

from aponia.literature.readers.fields import Fields
from aponia.literature.readers.identifiers import find_doi, registrations, year_of
from aponia.literature.readers.latex import latex_to_text
from aponia.literature.readers.text import clean
from aponia.literature.record import Problem, Record

__all__ = ["read_bibtex"]

_FIELD = re.compile(r"(?:^|,|\n)\s*([A-Za-z][\w \-]{0,30}?)\s*=\s*(?:\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}|\"([^\"]*)\"|(\d+))")  # fmt: skip
_HEAD = re.compile(r"@\s*(\w+)\s*[{(]\s*([^,\s]*)\s*,?")
_TYPES = {
    "article": "Journal Article", "inproceedings": "Conference Paper", "conference": "Conference Paper",
    "book": "Book", "incollection": "Book Chapter", "inbook": "Book Chapter", "phdthesis": "Thesis",
    "mastersthesis": "Thesis", "techreport": "Report", "unpublished": "Unpublished", "misc": "Generic",
    "review": "Review", "online": "Web Page", "thesis": "Thesis", "report": "Report",
}  # fmt: skip


def _split_names(text: str) -> list[str]:
    r"""Split at `` and `` outside braces; a name in braces of its own is a group."""
    names: list[str] = []
    current: list[str] = []
    depth = 0
    for word in re.split(r"(\s+)", text.strip()):
        if depth == 0 and word.lower() == "and":
            names.append("".join(current).strip())
            current = []
            continue
        depth += word.count("{") - word.count("}")
        current.append(word)
    names.append("".join(current).strip())
    return [n for n in names if n]


def _entry(kind: str, key: str, line: int, values: dict[str, list[str]], own_id: str) -> Record:
    # Only BibTeX's own separator is a name list; Scopus' "A. and B." and groups in braces survive.
    authors = [clean(latex_to_text(n)) for v in values.pop("author", []) for n in _split_names(v)]
    if not authors:
        authors = [
            clean(latex_to_text(n)) for v in values.pop("editor", []) for n in _split_names(v)
        ]
    decoded = {tag: [latex_to_text(v) for v in texts] for tag, texts in values.items()}
    fields = Fields(decoded)
    year = None
    for tag in ("year", "date", "publication_date"):
        for value in fields.peek(tag):
            year = year or year_of(value)
            if value == str(year):
                fields.drop(tag, value)
    keywords = [k for tag in ("author_keywords", "author-keywords", "keywords", "keyword", "keywords-plus")
                for v in fields.all(tag) for k in re.split(r"[;\n]|,(?!.*;)", v)]  # fmt: skip
    kinds = fields.all("document_type", "type") or [_TYPES.get(kind.lower(), kind)]
    kinds = [k.strip() for kind_ in kinds for k in kind_.split(";")]
    numbers = registrations(v for texts in decoded.values() for v in texts)
    pages = clean(fields.first("pages", "page").replace("–", "-"))
    return Record(
        id=own_id or key or str(line),
        title=fields.first("title", "booktitle"),
        abstract=fields.first("abstract", "abstractnote"),
        authors=tuple(a for a in authors if a != "others"),
        year=year,
        journal=fields.first(
            "journal", "journaltitle", "booktitle", "fjournal", "series", "shortjournal"
        ),
        volume=fields.first("volume"),
        issue=fields.first("number", "issue"),
        pages=pages or fields.first("art_number", "article-number", "eid"),
        doi=fields.convert("doi", "url", "note", by=find_doi),
        pmid=fields.first("pmid", "pubmed_id", "pubmed-id", accept=str.isdigit),
        nct=next((n for n in numbers if n.startswith("NCT")), ""),
        keywords=tuple(dict.fromkeys(c for k in keywords if (c := clean(k)))),
        types=tuple(kinds),
        registrations=numbers,
        issn=fields.first("issn", "isbn"),
        language=fields.first("language", "langid"),
        url=fields.first("url"),
        source=fields.first("source"),
        line=line,
        raw={
            t: v
            for t, v in fields.rest().items()
            if t != "registrations" or set(v[0].split("; ")) - set(numbers)
        }
        | ({"key": (key,)} if key and own_id and key != own_id else {}),
    )


def read_bibtex(text: str, file: str) -> tuple[list[Record], list[Problem]]:
    """Read all entries.

    Entries with a repeated field keep every value. A block that is not BibTeX (an unclosed brace)
    gives the fields that can still be told, and is reported with its line.
    """
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.middlewares import (
        RemoveEnclosingMiddleware,
        ResolveStringReferencesMiddleware,
    )
    from bibtexparser.model import (
        DuplicateBlockKeyBlock,
        DuplicateFieldKeyBlock,
        ParsingFailedBlock,
    )

    # Its warnings would go to the user's terminal; the same facts are in failed_blocks.
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)
    library = parse_string(
        text, parse_stack=[ResolveStringReferencesMiddleware(True), RemoveEnclosingMiddleware(True)]
    )
    found: list[tuple[int, str, str, dict[str, list[str]]]] = []
    problems: list[Problem] = []

    def values_of(entry: Any) -> dict[str, list[str]]:
        out: dict[str, list[str]] = {}
        for item in entry.fields:
            out.setdefault(clean(str(item.key)).lower(), []).append(str(item.value))
        return out

    # Failed blocks are not passed through the middleware: names of strings still stand in them.
    strings = {s.key: str(s.value) for s in library.strings}
    for entry in library.entries:
        found.append(((entry.start_line or 0) + 1, entry.entry_type, entry.key, values_of(entry)))
    for block in library.failed_blocks:
        line = (block.start_line or 0) + 1
        inner = getattr(block, "ignore_error_block", None)
        if isinstance(block, DuplicateFieldKeyBlock | DuplicateBlockKeyBlock) and inner is not None:
            values = values_of(inner)
            values = {
                t: [_unquote(strings.get(v.strip(), v)) for v in vs] for t, vs in values.items()
            }
            what = (
                "a field occurs twice"
                if isinstance(block, DuplicateFieldKeyBlock)
                else f"the key {inner.key!r} occurs twice"
            )
            problems.append(Problem(file, line, f"{what}; every value was kept"))
            found.append((line, inner.entry_type, inner.key, values))
        elif isinstance(block, ParsingFailedBlock):
            raw = block.raw or ""
            head = _HEAD.search(raw)
            if not head:
                problems.append(
                    Problem(file, line, f"not BibTeX, left out: {raw[:60]!r}", lost=True)
                )
                continue
            values = {}
            for name, braces, quotes, digits in _FIELD.findall(raw[head.end() :]):
                values.setdefault(clean(name).lower(), []).append(braces or quotes or digits)
            values["unparsed"] = [raw]
            problems.append(Problem(file, line, "broken BibTeX entry: what could be told apart was read, all of it is under raw 'unparsed'"))  # fmt: skip
            found.append((line, head.group(1), head.group(2), values))
    found.sort(key=lambda item: item[0])
    return [_entry(kind, key, line, values, "") for line, kind, key, values in found], problems


def _unquote(value: str) -> str:
    value = value.strip()
    if len(value) > 1 and (value[0], value[-1]) in {("{", "}"), ('"', '"')}:
        return value[1:-1]
    return value
