"""Blocks to sentences with offsets, and whether a text is English at all."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aponia.claims.extract import Page

__all__ = ["Sentence", "is_english", "sentences"]


@dataclass(frozen=True)
class Sentence:
    """A sentence, a heading or a list item, with its place in the text.

    `heading` is the nearest heading above it; `paragraph` numbers its block.
    """

    index: int
    start: int
    end: int
    text: str
    kind: str
    heading: str | None
    paragraph: int


_ABBREVIATED = re.compile(
    r"(?:\b(?:dr|mr|mrs|ms|prof|st|vs|etc|e\.g|i\.e|al|fig|figs|no|nos|ca|approx|dept|est|inc|ltd|co|jr|sr|"
    r"vol|ed|eds|pp|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|ph\.d|m\.d|u\.s|u\.k)|\b[A-Za-z]|\.\.)$",
    re.IGNORECASE,
)
_BREAK = re.compile(r"[.!?…]+[\"')\]]*(?=\s)|\n")


def sentences(page: Page) -> list[Sentence]:
    """Split a page into sentences.

    Parameters
    ----------
    page : Page

    Returns
    -------
    list of Sentence
        In order, without blanks at the ends.
    """
    found: list[Sentence] = []
    heading: str | None = None
    for number, block in enumerate(page.blocks):
        for start, end in _split(page.text, block.start, block.end):
            text = page.text[start:end]
            found.append(Sentence(len(found), start, end, text, block.kind, heading, number))
        if block.kind == "heading":
            heading = page.text[block.start : block.end]
    return found


def _split(text: str, start: int, end: int) -> list[tuple[int, int]]:
    pieces: list[tuple[int, int]] = []
    begin = start
    for match in _BREAK.finditer(text, start, end):
        at = match.end()
        if match.group() == "\n":
            # a new line inside a block is only a break where a new sentence clearly begins
            before = text[begin : match.start()].rstrip()
            if not before.endswith((".", "!", "?", ":")):
                continue
        elif match.group().startswith(".") and not _ends(text, begin, match.start(), at, end):
            continue
        pieces.append((begin, at))
        begin = at
    pieces.append((begin, end))
    trimmed = []
    for a, b in pieces:
        while a < b and text[a].isspace():
            a += 1
        while b > a and text[b - 1].isspace():
            b -= 1
        if any(c.isalnum() for c in text[a:b]):
            trimmed.append((a, b))
    return trimmed


def _ends(text: str, begin: int, dot: int, after: int, end: int) -> bool:
    """Whether a full stop closes a sentence: not after abbreviations, initials or before lower case."""
    window = text[max(begin, dot - 12) : dot]
    following = text[after:end].lstrip()[:1]
    if following and following.islower():
        return False
    if _ABBREVIATED.search(window):
        # "vitamin B. Then" is rare; "J. Smith" and "et al. (2020)" are not
        return False
    return not (re.search(r"\d$", window) and following.isdigit())


_COMMON = frozenset(
    [
        "the",
        "of",
        "and",
        "to",
        "in",
        "a",
        "is",
        "that",
        "for",
        "it",
        "with",
        "as",
        "was",
        "on",
        "are",
        "be",
        "by",
        "this",
        "from",
        "or",
        "have",
        "an",
        "they",
        "which",
        "not",
        "has",
        "were",
        "can",
        "but",
        "been",
        "their",
        "more",
        "who",
        "will",
        "may",
        "no",
        "if",
        "about",
        "than",
        "its",
        "after",
        "may",
        "some",
        "people",
        "these",
        "when",
        "also",
        "into",
    ]
)


_OTHER_LANGUAGES = """
der die das und ist nicht mit von ein eine wie wird bei den dem zu auf für sich auch werden wurde einer eine einen dass aus als nur hat sind des im zur zum kleinen
la el los las que de en un una por con para se es del como más le les et des du dans est une pour qui sur pas au
il di che è per non sono della het van een niet zijn voor op och att som är på med til av og det i
"""
_FOREIGN = frozenset(_OTHER_LANGUAGES.split())


def is_english(text: str) -> bool:
    """Tell English from other languages by how common its small words are.

    >>> is_english("Psilocybin was given to ten people with migraine in a small trial.")
    True
    >>> is_english("Psilocybin wurde zehn Menschen mit Migräne in einer kleinen Studie gegeben.")
    False
    """
    words = re.findall(r"[^\W\d_]+", text[:20000].lower())
    if len(words) < 8:
        return all(ord(c) < 0x250 for c in text if c.isalpha())
    share = sum(w in _COMMON for w in words) / len(words)
    foreign = sum(w in _FOREIGN for w in words) / len(words)
    if len(words) < 60:
        latin = all(ord(c) < 0x250 for c in text[:2000] if c.isalpha())
        return latin and share >= foreign
    return share >= 0.14 and share > foreign
