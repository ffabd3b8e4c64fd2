"""A record as deduplication sees it: every field in a form that can be compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aponia.literature.dedupe.folding import fold
from aponia.literature.dedupe.journals import journal_words
from aponia.literature.dedupe.kinds import (
    bare_title,
    is_preprint,
    kind_of,
    language_of,
    register_number,
    shape_of,
)
from aponia.literature.readers.identifiers import split_pages
from aponia.literature.readers.names import family_name
from aponia.literature.record import Record

__all__ = ["Prepared", "prepare"]

_ROMAN = {
    "i": "1",
    "ii": "2",
    "iii": "3",
    "iv": "4",
    "v": "5",
    "vi": "6",
    "vii": "7",
    "viii": "8",
    "ix": "9",
    "x": "10",
}
_GENERIC = frozenset(
    [
        "editorial",
        "editorials",
        "editor",
        "editors",
        "guest",
        "introduction",
        "to",
        "the",
        "a",
        "an",
        "of",
        "in",
        "from",
        "and",
        "this",
        "issue",
        "special",
        "preface",
        "foreword",
        "letter",
        "letters",
        "comment",
        "commentary",
        "reply",
        "response",
        "erratum",
        "correction",
        "corrigendum",
        "news",
        "announcement",
        "announcements",
        "abstracts",
        "abstract",
        "index",
        "contents",
        "table",
        "book",
        "review",
        "reviews",
        "obituary",
        "minitrack",
        "track",
        "message",
        "call",
        "papers",
        "note",
        "notes",
        "untitled",
        "title",
        "not",
        "available",
        "summary",
        "program",
        "programme",
    ]
)


@dataclass(slots=True)
class Prepared:
    """Comparable forms; empty or zero where the record states nothing."""

    index: int
    title: str
    words: tuple[str, ...]
    tight: str
    numbers: frozenset[str]
    kind: str
    families: tuple[str, ...]
    initials: tuple[str, ...]
    year: int
    journal: tuple[str, ...]
    volume: str
    issue: str
    first_page: str
    last_page: str
    starts: frozenset[str]
    given: tuple[str, ...]
    common: bool
    generic: bool
    doi: str
    pmid: str
    abstract_text: str
    registry: str
    register: bool
    preprint: bool
    shape: str
    language: str
    issn: str
    supplement: bool
    folded: str | None = None

    @property
    def abstract(self) -> str:
        """Beginning of the abstract, folded when a pair first asks for it; few ever do."""
        if self.folded is None:
            # Not through the cache of short texts, which abstracts would fill.
            self.folded = fold.__wrapped__(self.abstract_text)
        return self.folded


def _number(text: str, *, longest: int = 24) -> str:
    """First number in a volume or issue, empty when the cell holds prose."""
    if not text or len(text) > longest:
        return ""
    found = re.search(r"\d+", text)
    return found.group().lstrip("0") if found else fold(text)


def _page(text: str) -> str:
    found = re.search(r"\d+", text)
    return found.group().lstrip("0") if found else ""


_MONTHS = {
    m: str(n)
    for n, m in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
        start=1,
    )
}
_EXCEL_DATE = re.compile(
    r"^(\d{1,2})-(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)$|^(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-(\d{1,2})$",
    re.I,
)


def _pages_text(text: str) -> str:
    """Undo a spreadsheet's "01-Sep" for pages 1-9; drop cells of prose.

    >>> _pages_text("01-Sep"), _pages_text("Jun-15")
    ('1-9', '6-15')
    """
    text = text.strip().strip('"')
    found = _EXCEL_DATE.match(text)
    if found:
        if found.group(1):
            return f"{int(found.group(1))}-{_MONTHS[found.group(2).lower()]}"
        return f"{_MONTHS[found.group(3).lower()]}-{int(found.group(4))}"
    return text if len(text) <= 60 else ""


def prepare(records: Sequence[Record]) -> list[Prepared]:
    """Prepare records for blocking and comparison.

    Titles that stand for many different publications in this very set ("Editorial",
    "Introduction to the minitrack") are marked as common: they say little.
    """
    prepared = [_one(index, record) for index, record in enumerate(records)]
    places: dict[str, set[tuple[str, str, str]]] = {}
    for p in prepared:
        places.setdefault(p.tight, set()).add((p.volume, p.issue, p.first_page))
    for p in prepared:
        p.generic = (not set(p.words) - _GENERIC) or (
            len(places[p.tight]) >= 4 and len(p.words) <= 5
        )
        p.common = (
            len(p.words) <= 2
            or len(p.tight) < 22
            or (len(places[p.tight]) >= 4 and len(p.words) <= 10)
        )
    return prepared


def _initial(author: str) -> str:
    rest = (
        author.split(",", 1)[1]
        if "," in author
        else author.rsplit(" ", 1)[-1]
        if " " in author
        else ""
    )
    letter = next((c for c in rest if c.isalpha()), "")
    return letter.lower() if letter.isascii() else fold(letter)[:1]


def _one(index: int, record: Record) -> Prepared:
    title = fold(bare_title(record.title))
    words = tuple(title.split())
    # "D2" and "D4", "part I" and "part II" are different papers; "p 53" and "p53" are not.
    counters = [
        _ROMAN[w]
        for place, w in enumerate(words)
        if w in _ROMAN
        and (
            len(w) > 1
            or place == len(words) - 1
            or words[place - 1] in {"part", "phase", "type", "stage", "grade", "study"}
        )
    ]
    numbers = frozenset([n.lstrip("0") for n in re.findall(r"\d+", title)] + counters)
    pages = _pages_text(record.pages)
    runs = [split_pages(run) for run in re.split(r"[,;]\s*", pages)]
    first, last = runs[0]
    volume, issue = _number(record.volume), _number(record.issue)
    if issue[:3] in _MONTHS:
        issue = _MONTHS[issue[:3]]
    if record.year and volume == str(record.year):
        # Many databases put the year where a journal counts no volumes.
        volume = ""
    # "11 Suppl 2" as a volume, "S105" as a page: where congress abstracts live.
    supplement = bool(
        re.search(r"suppl|abstract", f"{record.volume[:40]} {record.issue[:40]}", re.I)
        or re.match(r"\s*S\d", pages)
    )
    number = register_number(record)
    authors = [a for a in record.authors if a.strip(" .")]
    return Prepared(
        index=index,
        title=title,
        words=words,
        tight=title.replace(" ", ""),
        numbers=numbers,
        kind=kind_of(record),
        families=tuple(fold(family_name(a)).replace(" ", "") for a in authors),
        initials=tuple(_initial(a) for a in authors),
        year=record.year or 0,
        journal=journal_words(record.journal) if record.journal else (),
        volume=volume,
        issue=issue,
        first_page=_page(first),
        last_page=_page(last),
        starts=frozenset(s for run in runs if (s := _page(run[0]))),
        given=tuple(fold(a.split(",", 1)[1]).replace(" ", "") if "," in a else "" for a in authors),
        common=False,
        generic=False,
        doi=record.doi,
        pmid=record.pmid,
        abstract_text=record.abstract[:700],
        registry=number or "",
        register=number is not None,
        preprint=is_preprint(record),
        shape=shape_of(record),
        language=language_of(record),
        issn=re.sub(r"[^0-9Xx]", "", record.issn)[:8].lower(),
        supplement=supplement,
    )
