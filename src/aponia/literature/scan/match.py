"""Does a record match a query."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Protocol

from aponia.literature.scan.terms import WORD_FIELDS, And, Dates, Node, Not, Or, Term, Word

__all__ = ["Searchable", "matches"]


class Searchable(Protocol):
    """What a query can be asked of: an `article.Article`, a `cases.Case`."""

    @property
    def dates(self) -> tuple[tuple[int, int], ...]:
        """Earliest and latest day of each date."""

    @property
    def names(self) -> Iterable[tuple[str, str, str]]:
        """Folded (family, initials, given names) of each author."""

    def values(self, tag: str) -> tuple[str, ...]:
        """Return the folded values of a field."""


def matches(node: Node, article: Searchable) -> bool:
    """Tell whether a record matches.

    >>> from aponia.literature.scan.article import Article
    >>> from aponia.literature.scan.query import parse
    >>> matches(parse('"cluster headache*"[ti] NOT rats[tiab]'), Article(title=("LSD for Cluster-Headaches",)))
    True
    """
    if isinstance(node, And):
        return all(matches(item, article) for item in node.items)
    if isinstance(node, Or):
        return any(matches(item, article) for item in node.items)
    if isinstance(node, Not):
        return not matches(node.item, article)
    if isinstance(node, Dates):
        return any(a <= node.last and b >= node.first for a, b in article.dates)
    if node.field == "au":
        return _author(node, article.names)
    values = article.values(node.field)
    if node.near is not None:
        return any(_near(node, value.split(" ")) for value in values)
    if node.field in WORD_FIELDS:
        search = _pattern(node.words).search
        return any(search(value) for value in values)
    whole = _pattern(node.words).match
    # A last word that is open may be the beginning of a longer value: "pain*" is "pain postoperative".
    return any((m := whole(value)) and (m.end() == len(value) or node.words[-1].open) for value in values)  # fmt: skip


@lru_cache(maxsize=5000)
def _pattern(words: tuple[Word, ...]) -> re.Pattern[str]:
    body = " ".join(re.escape(w.text) + ("[^ ]*" if w.open else "") for w in words)
    return re.compile(f"(?<![^ ]){body}(?![^ ])")


def _same(word: Word, text: str) -> bool:
    return text.startswith(word.text) if word.open else text == word.text


def _author(term: Term, names: Iterable[tuple[str, str, str]]) -> bool:
    """``smith j`` is Smith J and Smith JA; ``"smith j"`` is Smith J alone; full names both ways round."""
    words = term.words
    for family, initials, given in names:
        forms = [family.split()]
        if initials:
            forms.append([*forms[0], initials])
        if given:
            forms += [[*forms[0], *given.split()], [*given.split(), *forms[0]]]
        for form in forms:
            if len(form) == len(words) and all(map(_same, words, form)):
                return True
        if (
            not term.whole
            and initials
            and len(words) == len(forms[0]) + 1
            and all(map(_same, words[:-1], forms[0]))
            and initials.startswith(words[-1].text)
        ):
            return True
        # A collective name is found by any words in a row of it.
        if not initials and not given and _pattern(words).search(family):
            return True
    return False


def _near(term: Term, words: list[str]) -> bool:
    """All words, each at a place of its own, with at most `near` others between first and last."""
    wanted: dict[str, int] = {}
    for word in term.words:
        wanted[word.text] = wanted.get(word.text, 0) + 1
    places = [i for i, w in enumerate(words) if w in wanted]
    room = len(term.words) + (term.near or 0)
    held: dict[str, int] = {}
    left = 0
    for right in places:
        held[words[right]] = held.get(words[right], 0) + 1
        while right - places[left] >= room:
            held[words[places[left]]] -= 1
            left += 1
        if all(held.get(w, 0) >= n for w, n in wanted.items()):
            return True
    return False
