"""BibTeX, parsed by bibtexparser 2, which is tolerant; its failed blocks are looked at too."""

from __future__ import annotations

import logging
import re
from bisect import bisect_right
from functools import partial
from typing import Any

from aponia.literature.readers.fields import Fields
from aponia.literature.readers.guard import guarded
from aponia.literature.readers.identifiers import find_doi, find_pmid, registrations, year_of
from aponia.literature.readers.latex import latex_to_text
from aponia.literature.readers.text import ReadError, clean
from aponia.literature.record import Problem, Record

__all__ = ["read_bibtex"]

#: In a broken entry braces can not be trusted: a field starts on a line of its own, or after "},".
_FIELD_START = re.compile(r"(?:^|\n|[}\"\d]\s*,)\s*([A-Za-z][\w \-]{0,30}?)\s*=\s*(?=[{\"\d])")
_HEAD = re.compile(r"@\s*(\w+)\s*[{(]\s*([^,\s={}]*)\s*,?")
_TYPES = {
    "article": "Journal Article", "inproceedings": "Conference Paper", "conference": "Conference Paper",
    "book": "Book", "incollection": "Book Chapter", "inbook": "Book Chapter", "phdthesis": "Thesis",
    "mastersthesis": "Thesis", "techreport": "Report", "unpublished": "Unpublished", "misc": "Generic",
    "review": "Review", "online": "Web Page", "thesis": "Thesis", "report": "Report",
}  # fmt: skip


class _Unfolding:
    """How much text abbreviations and cross-references may add to a file.

    ``@string{b = a # a}``, forty times over, is a terabyte from two lines a step; so is one long title that
    a million entries inherit. Abbreviations of real files add less than the file holds.
    """

    def __init__(self, text: str, file: str) -> None:
        self.left = 5_000_000 + 2 * len(text)
        self.file = file

    def add(self, text: str) -> str:
        """Return a text that is copied in, counted."""
        self.left -= len(text)
        if self.left < 0:
            raise ReadError(
                f"{self.file}: the abbreviations (@string) or cross-references unfold to far more text than the file holds"
            )
        return text


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
    decoded = {
        tag: texts if tag == "unparsed" else [latex_to_text(v) for v in texts]
        for tag, texts in values.items()
    }
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
    pages = re.sub(r"\s*[–—-]+\s*", "-", fields.first("pages", "page"))
    return Record(
        id=own_id or key or str(line),
        title=fields.first("title", "booktitle"),
        abstract=fields.first("abstract", "abstractnote"),
        authors=tuple(a for a in authors if a != "others"),
        year=year,
        journal=fields.first(
            "journal",
            "journaltitle",
            "booktitle",
            "fjournal",
            "journal-iso",
            "series",
            "shortjournal",
        ),
        volume=fields.first("volume"),
        issue=fields.first("number", "issue"),
        pages=pages or fields.first("art_number", "article-number", "articleno", "eid"),
        doi=fields.convert("doi", "url", "note", by=find_doi),
        pmid=fields.first("pmid", "pubmed_id", "pubmed-id", "pubmedid", accept=str.isdigit)
        or next(
            (
                p
                for t in ("note", "annote", "extra", "url", "pmid")
                for v in fields.peek(t)
                if (p := find_pmid(v))
            ),
            "",
        )
        or (m.group(1) if (m := re.match(r"PMID:(\d{1,8})$", key)) else ""),
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
    from bibtexparser.model import (
        DuplicateBlockKeyBlock,
        DuplicateFieldKeyBlock,
        ParsingFailedBlock,
        String,
    )

    # Its warnings would go to the user's terminal; the same facts are in failed_blocks.
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)
    # No middleware: it leaves joined strings (``ann # " of Pain"``) and failed blocks as they are.
    library = parse_string(text, parse_stack=[])
    strings: dict[str, str] = {}
    room = _Unfolding(text, file)
    for item in library.strings:
        strings.setdefault(item.key.lower(), _value(str(item.value), strings, room))
    found: list[tuple[int, str, str, dict[str, list[str]]]] = []
    problems: list[Problem] = []

    def values_of(entry: Any) -> dict[str, list[str]]:
        out: dict[str, list[str]] = {}
        for item in entry.fields:
            value = _value(str(item.value), strings, room)
            out.setdefault(clean(str(item.key)).lower(), []).append(value)
        return out

    for entry in library.entries:
        found.append(((entry.start_line or 0) + 1, entry.entry_type, entry.key, values_of(entry)))
    broken: list[tuple[int, str]] = []
    for block in library.failed_blocks:
        line = (block.start_line or 0) + 1
        inner = getattr(block, "ignore_error_block", None)
        if isinstance(inner, String):
            problems.append(
                Problem(
                    file,
                    line,
                    f"the string {inner.key!r} is defined twice; the first was used",
                    lost=True,
                )
            )
        elif (
            isinstance(block, DuplicateFieldKeyBlock | DuplicateBlockKeyBlock) and inner is not None
        ):
            values = values_of(inner)
            what = (
                "a field occurs twice"
                if isinstance(block, DuplicateFieldKeyBlock)
                else f"the key {inner.key!r} occurs twice"
            )
            problems.append(Problem(file, line, f"{what}; every value was kept"))
            found.append((line, inner.entry_type, inner.key, values))
        elif isinstance(block, ParsingFailedBlock):
            broken.append((line, block.raw or ""))
    found += _broken_entries(text, file, broken, [line for line, *_ in found], problems)
    found.sort(key=lambda item: item[0])
    _inherit(found, room)
    records = [
        guarded(
            partial(_entry, kind, key, line, values, ""), file, line, problems, partial(str, values)
        )
        for line, kind, key, values in found
    ]
    return records, problems


def _broken_entries(
    text: str, file: str, broken: list[tuple[int, str]], sound: list[int], problems: list[Problem]
) -> list[tuple[int, str, str, dict[str, list[str]]]]:
    """Read the entries whose braces do not match, each up to where the next entry starts.

    An "@" inside a broken entry makes the parser believe in another one; what has no head of an
    entry belongs to the broken one above it.
    """
    lines = text.split("\n")
    heads = {line: head for line, raw in broken if (head := _HEAD.match(raw.strip()))}
    starts = sorted([*sound, *heads, len(lines) + 1])
    first = min(heads, default=len(lines) + 1)
    found = []
    for line, raw in sorted(broken):
        head = heads.get(line)
        if head is not None:
            stop = starts[bisect_right(starts, line)]
            whole = "\n".join(lines[line - 1 : stop - 1]).strip()
            body = _HEAD.search(whole)
            values = _told_apart(whole[body.end() :] if body else whole)
            values["unparsed"] = [whole]
            problems.append(Problem(file, line, "broken BibTeX entry: what could be told apart was read, all of it is under raw 'unparsed'"))  # fmt: skip
            found.append((line, head.group(1), head.group(2), values))
        elif line <= first:
            problems.append(Problem(file, line, f"not BibTeX, left out: {raw[:60]!r}", lost=True))
    return found


def _told_apart(body: str) -> dict[str, list[str]]:
    """Return the fields of an entry whose braces do not match."""
    starts = list(_FIELD_START.finditer(body))
    values: dict[str, list[str]] = {}
    for place, start in enumerate(starts):
        stop = starts[place + 1].start() if place + 1 < len(starts) else len(body)
        text = body[start.end() : stop]
        if place + 1 < len(starts):
            # The closing mark that the next field's pattern has taken along.
            text += body[stop : starts[place + 1].start(1)]
        if place + 1 == len(starts):
            # The brace that ends the entry.
            text = re.sub(r"\}\s*$", "", text)
        text = re.sub(r"[\s,]+$", "", text)
        closing = {"{": "}", '"': '"'}.get(text[:1], "")
        if closing:
            text = text[1:].removesuffix(closing) if len(text) > 1 else ""
        if text.strip():
            values.setdefault(clean(start.group(1)).lower(), []).append(text)
    return values


#: What an entry takes over from the volume it stands in, and under which name.
_INHERITED = {"title": "booktitle", "booktitle": "booktitle", "year": "year", "date": "date", "publisher": "publisher",
              "editor": "editor", "series": "series", "isbn": "isbn", "issn": "issn", "journal": "journal",
              "journaltitle": "journaltitle", "volume": "volume", "number": "number"}  # fmt: skip


def _inherit(found: list[tuple[int, str, str, dict[str, list[str]]]], room: _Unfolding) -> None:
    """Fill what an entry leaves to the entry its ``crossref`` names."""
    by_key = {key.lower(): values for _, _, key, values in found}
    for _, _, key, values in found:
        for name in (*values.get("crossref", ()), *values.get("xdata", ())):
            parent = by_key.get(name.strip().lower())
            if parent is None or name.strip().lower() == key.lower():
                continue
            for source, target in _INHERITED.items():
                if source in parent and target not in values:
                    values[target] = [room.add(v) for v in parent[source]]


def _value(text: str, strings: dict[str, str], room: _Unfolding) -> str:
    """Return a field's value: quoted, in braces, the name of a string, or several joined by ``#``."""
    text = text.strip()
    if len(text) > 1 and text[0] == "{" and text[-1] == "}" and "#" not in text:
        return text[1:-1]
    parts: list[str] = []
    depth, start, quoted = 0, 0, False
    for place, char in enumerate(text):
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
        elif char == '"' and depth == 0:
            quoted = not quoted
        elif char == "#" and depth == 0 and not quoted:
            parts.append(text[start:place])
            start = place + 1
    parts.append(text[start:])
    return "".join(_one_value(part.strip(), strings, room) for part in parts)


def _one_value(part: str, strings: dict[str, str], room: _Unfolding) -> str:
    if len(part) > 1 and (part[0], part[-1]) in {("{", "}"), ('"', '"')}:
        return part[1:-1]
    known = strings.get(part.lower())
    return part if known is None else room.add(known)
