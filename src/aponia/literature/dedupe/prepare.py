"""A record as deduplication sees it: every field in a form that can be compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from aponia.literature.readers.identifiers import split_pages
from aponia.literature.readers.names import family_name
from aponia.literature.record import Record

__all__ = ["Prepared", "fold", "journal_words", "prepare"]

_GREEK = {
    "α": " alpha ", "β": " beta ", "γ": " gamma ", "δ": " delta ", "κ": " kappa ", "λ": " lambda ",
    "μ": " mu ", "µ": " mu ", "σ": " sigma ", "τ": " tau ", "ω": " omega ", "Δ": " delta ", "&": " and ",
    "ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ı": "i", "Ø": "o", "Ł": "l", "þ": "th",
}  # fmt: skip
_GREEK_TABLE = str.maketrans(_GREEK)
_NOT_WORD = re.compile(r"[^0-9a-z\u0370-\U0003ffff]+")
_MARKUP = re.compile(r"</?[A-Za-z][^<>]{0,40}>")
#: What databases put around a title: a translated title in brackets, the original after it, marks of kind.
_TAIL = re.compile(
    r"[\s.\-–:;]*[\[(](?:erratum|corrected|correction|retracted|published erratum|see comments?|comment|"
    r"abstract(?: no\.?.{0,12})?|german|french|spanish|chinese|japanese|italian|russian|portuguese|article in \w+|"
    r"review|letter|editorial|online|electronic(?: resource)?|internet|corrected\] \[published erratum.*)[\])]\.?\s*$",
    re.IGNORECASE,
)
#: A note *about* the record: that an erratum or a comment exists elsewhere.
_NOTE = re.compile(
    r"\[[^\[\]]*(?:appears in|see comments?|comment in|published erratum|erratum in|corrected|update (?:of|in))[^\[\]]*\]",
    re.I,
)
_KIND = (
    ("erratum", re.compile(r"\b(?:erratum|errata|corrigend\w+|correction(?:s)? (?:to|of|for)\b|^correction\b|publisher correction|author correction)", re.I)),
    ("retraction", re.compile(r"\b(?:retraction(?: of| notice)?:|retracted article|notice of retraction|retraction note|withdrawn:|expression of concern)", re.I)),
    ("reply", re.compile(r"\b(?:repl(?:y|ies)|response|rejoinder|author'?s?'? (?:reply|response))\b(?: (?:to|by|from)\b|:|$|\.)", re.I)),
    ("comment", re.compile(r"^(?:re:|comments? (?:on|to)\b|commentary(?: on|:)|letter:)|\[comment\]|\bcommentary\b", re.I)),
    ("protocol", re.compile(r"\b(?:study|trial|review|statistical analysis)? ?(?:protocol|plan)\b(?: for| of|:|$)", re.I)),
)  # fmt: skip
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
_STOP = frozenset(
    [
        "the",
        "of",
        "and",
        "in",
        "for",
        "on",
        "de",
        "der",
        "die",
        "und",
        "la",
        "le",
        "et",
        "del",
        "a",
        "an",
        "&",
    ]
)
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
_REGISTERS = (
    "clinicaltrials.gov",
    "trial registr",
    "clinical trials register",
    "ictrp",
    "isrctn",
    "euctr",
)


@lru_cache(maxsize=200_000)
def fold(text: str) -> str:
    """Lower-case letters and digits with single blanks between words; no accents.

    >>> fold("Die β-Blocker: Größe & Wirkung")
    'die beta blocker grosse and wirkung'
    """
    text = text.translate(_GREEK_TABLE).lower()
    if not text.isascii():
        text = "".join(
            c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)
        )
    return _NOT_WORD.sub(" ", text).strip()


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
    abstract: str
    registry: str
    shape: str
    issn: str
    supplement: bool


_ABSTRACT_SHAPES = {"abstract", "conference abstract", "meeting abstract", "conference paper", "proceedings paper",
                    "inproceedings", "conference proceedings", "conference review"}  # fmt: skip
_BOOK_SHAPES = {
    "book",
    "book section",
    "book chapter",
    "chapter",
    "incollection",
    "inbook",
    "thesis",
    "phdthesis",
}


#: "Proceedings of the 12th Annual …, vols 1-3": what tells editions, not series, apart.
_EDITION = re.compile(
    r"^(?:\d+|\d+(?:st|nd|rd|th)|proceedings|annual|vols?|electronic|resource|online|internet|print)$"
)


@lru_cache(maxsize=50_000)
def journal_words(name: str) -> tuple[str, ...]:
    """Words of a journal's name without articles, places and subtitles.

    >>> journal_words("The Journal of Neurology (Berlin, Germany)")
    ('journal', 'neurology')
    """
    name = re.sub(r"\([^()]*\)|\[[^\[\]]*\]", " ", name)
    words = tuple(
        w for w in fold(name.replace("?", "")).split() if w not in _STOP and not _EDITION.match(w)
    )
    return words or tuple(fold(name).split())


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
    found = re.search(r"[^\W\d_]", rest)
    return fold(found.group())[:1] if found else ""


def _one(index: int, record: Record) -> Prepared:
    text = _NOTE.sub(" ", _MARKUP.sub("", record.title))
    kind = next((name for name, pattern in _KIND if pattern.search(text)), "")
    for _ in range(2):
        text = _TAIL.sub("", text)
    title = fold(text)
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
    types = {fold(t) for t in record.types}
    shape = "abstract" if types & _ABSTRACT_SHAPES else "book" if types & _BOOK_SHAPES else ""
    journal = record.journal
    is_register = any(r in journal.lower() for r in _REGISTERS) or "trial registration" in types
    authors = [a for a in record.authors if a.strip(" .")]
    return Prepared(
        index=index,
        title=title,
        words=words,
        tight=title.replace(" ", ""),
        numbers=numbers,
        kind=kind,
        families=tuple(fold(family_name(a)).replace(" ", "") for a in authors),
        initials=tuple(_initial(a) for a in authors),
        year=record.year or 0,
        journal=journal_words(journal) if journal else (),
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
        abstract=fold(record.abstract[:1500]) if record.abstract else "",
        registry=record.registrations[0] if is_register and record.registrations else "",
        shape=shape,
        issn=re.sub(r"[^0-9Xx]", "", record.issn)[:8].lower(),
        supplement=supplement,
    )
