"""Find the terms of the vocabulary in a text; the longest term at a place is the one that is meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from aponia.literature.extract.quoting import Passage, quotation

__all__ = ["Mention", "TermLike", "mentions"]


class TermLike(Protocol):
    """What is needed of a term of the vocabulary."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def label(self) -> str: ...  # noqa: D102
    @property
    def synonyms(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def abbreviations(self) -> tuple[str, ...]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Mention:
    """A term in a text."""

    id: str
    part: str
    start: int
    stop: int
    quotation: str


@lru_cache(maxsize=2000)
def _pattern(name: str, exact: bool) -> re.Pattern[str]:
    gap = r"[\s–‐‑-]"
    words = re.escape(name).replace(r"\-", gap + "?").replace(r"\ ", gap + "+")
    ending = "" if exact or not name[-1:].isalpha() else "(?:s|es)?"
    return re.compile(rf"(?<![\w-]){words}{ending}(?![\w])", 0 if exact else re.IGNORECASE)


def mentions(passage: Passage, terms: Sequence[TermLike]) -> list[Mention]:
    """Return every mention in order; of two that overlap only the longer.

    Abbreviations count as written, in capitals, and only where they have three letters or more.
    """
    found: list[tuple[int, int, str]] = []
    for term in terms:
        names = [(n, False) for n in (term.label, *term.synonyms, *getattr(term, "brands", ()))]
        names += [(a, True) for a in term.abbreviations if len(a) > 2]
        for name, exact in names:
            # A label such as "LSD" or "DOI" is an abbreviation too.
            spelt = exact or (len(name) <= 4 and name.isupper())
            for hit in _pattern(name, spelt).finditer(passage.text):
                found.append((hit.start(), hit.end(), term.id))
    found.sort(key=lambda f: (f[0] - f[1], f[0]))
    kept: list[tuple[int, int, str]] = []
    for start, stop, term_id in found:
        if not any(start < b and a < stop for a, b, _ in kept):
            kept.append((start, stop, term_id))
    return [
        Mention(term_id, passage.part, start, stop, quotation(passage.text, start, stop))
        for start, stop, term_id in sorted(kept)
    ]
