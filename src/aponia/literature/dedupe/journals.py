"""Journal names: the words that count, and whether two names mean one journal."""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz import fuzz

from aponia.literature.dedupe.folding import fold

__all__ = ["journal_words", "same_journal"]

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


@lru_cache(maxsize=200_000)
def same_journal(a: tuple[str, ...], b: tuple[str, ...]) -> float:
    """Return how surely two journal names are the same, 0 to 1.

    Abbreviations match word by word ("am j med" is "american journal medicine"), a first word or
    two may stand for the whole ("stroke" is "stroke a journal of cerebral circulation"), and
    initials may be run together ("jama").

    >>> same_journal(("am", "j", "med"), ("american", "journal", "medicine"))
    1.0
    >>> same_journal(("american", "journal", "medicine"), ("american", "journal", "cardiology")) < 0.7
    True
    """
    if not a or not b:
        return 0.5
    if a == b:
        return 1.0
    short, long = (a, b) if len(a) <= len(b) else (b, a)
    place = 0
    matched = 0
    for word in short:
        while place < len(long) and not _abbreviates(word, long[place]):
            place += 1
        if place == len(long):
            break
        matched += 1
        place += 1
    if matched == len(short):
        if len(short) == len(long):
            return 1.0
        # What the longer name has in excess is a subtitle at its end, or a different journal
        # ("neurology" and "journal of neurology").
        return 0.95 if place == len(short) else 0.75
    for one, other in ((short, long), (long, short)):
        if len(one[0]) > 2 and len(other) > 2 and one[0] == "".join(w[0] for w in other):
            return 0.95
    return _unordered(short, long)


def _unordered(short: tuple[str, ...], long: tuple[str, ...]) -> float:
    """Match words in any order and with a slip of the pen; a word of its own on each side parts them."""
    left = list(long)
    alone = 0
    for word in short:
        hit = next((w for w in left if _abbreviates(word, w) or _spelt_like(word, w)), None)
        if hit is None:
            alone += 1
        else:
            left.remove(hit)
    if alone == 0:
        return 0.9 if not left else 0.8
    joined = fuzz.ratio("".join(short), "".join(long)) / 100.0
    if joined >= 0.93:
        return 0.93
    return 0.3 if left else 0.8


def _spelt_like(a: str, b: str) -> bool:
    """Misspelt, or an abbreviation of a word that has lost its accented letters."""
    if a[0] != b[0]:
        return False
    size = min(len(a), len(b))
    return fuzz.ratio(a, b) >= 84 or (size >= 5 and fuzz.ratio(a[:size], b[:size]) >= 80)


def _abbreviates(a: str, b: str) -> bool:
    if a == b:
        return True
    short, long = (a, b) if len(a) < len(b) else (b, a)
    if long.startswith(short):
        return True
    # "int'l", "dtsch", "natl": the first letter and then letters in order.
    if len(short) < 3 or short[0] != long[0]:
        return False
    rest = iter(long)
    return (
        all(c in rest for c in short)
        and len(long) > len(short) + 2
        and short[-1] in {long[-1], "l", "h", "n", "r"}
    )
