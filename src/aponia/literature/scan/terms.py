"""The tree a query is parsed into, and how it reads when printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["CASE_FIELDS", "CASE_TAGS", "FIELDS", "TAGS", "WORD_FIELDS", "And", "Dates", "Node", "Not", "Or", "Term", "Word", "all_of", "any_of"]  # fmt: skip

#: Canonical tag -> what it searches.
FIELDS = {
    "ti": "title", "ab": "abstract", "tiab": "title, abstract, authors' keywords", "ot": "authors' keywords",
    "mh": "MeSH heading", "majr": "MeSH heading that is a major topic", "nm": "substance", "pt": "publication type",
    "tw": "title, abstract, keywords, MeSH, substances, publication types", "au": "author", "ta": "journal",
    "la": "language", "dp": "date of publication", "pmid": "PubMed identifier", "all": "all of these",
}  # fmt: skip
#: The same for cases of FAERS, where nothing is published and no reaction is a publication type.
CASE_FIELDS = {
    "drug": "drug name, active ingredient", "suspect": "the same, of drugs reported as suspect (role PS or SS)",
    "reac": "reaction", "indi": "indication", "outc": "outcome code, whole: DE, HO, …",
    "all": "drug name, active ingredient, reaction, indication",
}  # fmt: skip
#: Fields searched word by word; in the others a term stands for a whole value.
WORD_FIELDS = frozenset({"ti", "ab", "tiab", "ot", "tw", "all", "drug", "suspect", "reac", "indi"})
#: Every spelling of a tag that is read for cases.
CASE_TAGS = {
    **{name: name for name in CASE_FIELDS},
    "drugname": "drug", "reaction": "reac", "indication": "indi", "outcome": "outc", "allfields": "all",
}  # fmt: skip
#: Every spelling of a tag that is read, lower case and without blanks.
TAGS = {
    **{name: name for name in FIELDS},
    "title": "ti", "abstract": "ab", "title/abstract": "tiab", "textword": "tw", "textwords": "tw", "text": "tw",
    "otherterm": "ot", "mesh": "mh", "meshterms": "mh", "mh:noexp": "mh", "mesh:noexp": "mh", "meshterms:noexp": "mh",
    "majr:noexp": "majr", "meshmajortopic": "majr", "mj": "majr", "author": "au", "fullauthorname": "au", "fau": "au",
    "journal": "ta", "jour": "ta", "so": "ta", "publicationtype": "pt", "ptyp": "pt", "language": "la", "lang": "la",
    "date-publication": "dp", "publicationdate": "dp", "pdat": "dp", "uid": "pmid", "supplementaryconcept": "nm",
    "substancename": "nm", "rn": "nm", "allfields": "all", "all": "all",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """One folded word; `open` when it may go on (``psiloc*``)."""

    text: str
    open: bool = False

    def __str__(self) -> str:
        return f"{self.text}*" if self.open else self.text


@dataclass(frozen=True, slots=True)
class Term:
    """Words in a row in one field; with `near`, in any order with at most so many others between.

    `whole` (``"smith j"[au]`` in quotes) turns off that an author's initials may go on.
    """

    words: tuple[Word, ...]
    field: str = "all"
    near: int | None = None
    whole: bool = True

    def __str__(self) -> str:
        text = " ".join(map(str, self.words))
        tag = self.field if self.near is None else f"{self.field}:~{self.near}"
        return f'"{text}"[{tag}]' if self.whole else f"{text}[{tag}]"


@dataclass(frozen=True, slots=True)
class Dates:
    """Published between two days, both counted in, as ``yyyymmdd`` numbers (00 and 99: open)."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"{_day(self.first)}:{_day(self.last)}[dp]"


def _day(number: int) -> str:
    year, month, day = number // 10_000, number // 100 % 100, number % 100
    parts = [f"{year:04d}"]
    if 0 < month < 99:
        parts.append(f"{month:02d}")
        if 0 < day < 99:
            parts.append(f"{day:02d}")
    return "/".join(parts)


@dataclass(frozen=True, slots=True)
class Not:
    """What the item does not match."""

    item: Node

    def __str__(self) -> str:
        return f"NOT {_inside(self.item)}"


@dataclass(frozen=True, slots=True)
class And:
    """What all items match; made by `all_of`."""

    items: tuple[Node, ...]

    def __str__(self) -> str:
        out = _inside(self.items[0])
        for item in self.items[1:]:
            out += f" {item}" if isinstance(item, Not) else f" AND {_inside(item)}"
        return out


@dataclass(frozen=True, slots=True)
class Or:
    """What any item matches; made by `any_of`."""

    items: tuple[Node, ...]

    def __str__(self) -> str:
        return " OR ".join(map(_inside, self.items))


Node = Term | Dates | Not | And | Or


def _inside(item: Node) -> str:
    text = str(item)
    return f"({text})" if isinstance(item, And | Or | Not) else text


def _flat(kind: type[And] | type[Or], items: Iterable[Node]) -> tuple[Node, ...]:
    out: list[Node] = []
    for item in items:
        out.extend(item.items if isinstance(item, And | Or) and isinstance(item, kind) else [item])
    return tuple(out)


def all_of(*items: Node) -> Node:
    """Join with AND; nested ANDs become one."""
    flat = _flat(And, items)
    return flat[0] if len(flat) == 1 else And(flat)


def any_of(*items: Node) -> Node:
    """Join with OR; nested ORs become one."""
    flat = _flat(Or, items)
    return flat[0] if len(flat) == 1 else Or(flat)
