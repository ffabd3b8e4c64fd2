"""Highlight words in a record, and say in readable words why it ranks high."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

__all__ = ["Segment", "pattern_of", "readable", "segments", "telling"]

#: A piece of text and what it is: "" plain, "for", "against" or "why".
Segment = tuple[str, str]

_STEM = 6
#: Words that tell a reader nothing by themselves ("was no", "there were").
_SMALL_WORDS = (
    "a an and are as at be been but by can could did do for from had has have he her his if in into is it its may more most no "
    "nor not of on or our she so than that the their them then there these they this those to was we were when which while who "
    "will with would you between during among after before both each other such also"
)
_SMALL = frozenset(_SMALL_WORDS.split())


def _word(word: str) -> str:
    """Return a pattern for a word; a star at its end stands for any ending."""
    body = re.escape(word.rstrip("*"))
    return body + (r"\w*" if word.endswith("*") else "")


def _stem(stem: str) -> str:
    # Terms of the ranking are cut to six letters; a shorter one is a whole word.
    return re.escape(stem) + (r"\w*" if len(stem) >= _STEM else "")


def telling(term: str) -> bool:
    """Whether a term of the ranking says something to a reader.

    >>> telling("was no"), telling("was switch")
    (False, True)
    """
    return any(word not in _SMALL and not word.isdigit() for word in term.split(": ")[-1].split())


def pattern_of(term: str) -> str:
    """Return the pattern of a term of the ranking (one or two stems), empty for a fact about the record."""
    if ":" in term:
        head, _, term = term.partition(": ")
        if head != "title":
            return ""
    return r"\W+".join(_stem(s) for s in term.split())


def readable(term: str, text: str) -> str:
    """Return a term of the ranking as the record writes it.

    >>> readable("cluste headac", "Psilocybin for cluster headache")
    'cluster headache'
    >>> readable("MeSH: cluster_headache", "")
    'MeSH: cluster headache'
    """
    pattern = pattern_of(term)
    found = re.search(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE) if pattern else None
    if found is not None:
        said = " ".join(found.group(0).split())
        return f"{said} (in the title)" if term.startswith("title: ") else said
    return term.replace("_", " ")


def segments(
    text: str, *, words_for: Iterable[str] = (), words_against: Iterable[str] = (), why: Sequence[str] = ()
) -> list[Segment]:  # fmt: skip
    """Cut text into plain and highlighted pieces; joined they are the text again.

    >>> segments("Ketamine in rats", words_for=["ketamin*"], words_against=["rats"])
    [('Ketamine', 'for'), (' in ', ''), ('rats', 'against')]
    """
    groups = (
        ("against", [_word(w) for w in words_against if w.strip("* ")]),
        ("for", [_word(w) for w in words_for if w.strip("* ")]),
        ("why", [p for w in why if (p := pattern_of(w))]),
    )
    parts = [
        f"(?P<{name}>{'|'.join(sorted(found, key=len, reverse=True))})"
        for name, found in groups
        if found
    ]
    if not parts or not text:
        return [(text, "")] if text else []
    out: list[Segment] = []
    at = 0
    for found in re.finditer(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)", text, re.IGNORECASE):
        if found.start() > at:
            out.append((text[at : found.start()], ""))
        out.append((found.group(0), str(found.lastgroup)))
        at = found.end()
    if at < len(text):
        out.append((text[at:], ""))
    return out
