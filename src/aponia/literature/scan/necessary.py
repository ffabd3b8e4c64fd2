r"""What must stand in a record's bytes if it is to match: found out before any XML is parsed.

From a query follow *clauses*: sets of words of which at least one must occur in every match. They
are searched for in the raw bytes by RE2 (through Arrow), some two dozen in a pass. A word
counts as found however its letters are written: in any case, with accents, as ligatures, as
character references, with mark-up or invisible characters inside. So a record can be passed on for
nothing, and is never held back wrongly.
"""

from __future__ import annotations

import html.entities
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from aponia.literature.scan.terms import And, Dates, Node, Not, Or, Term
from aponia.literature.scan.words import DIGRAPHS, GREEK, fold

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

__all__ = ["Clause", "necessary", "pattern", "sieve"]

#: Words of which one must occur: ``pain``, open ``psilocyb*``, or some in a row, ``sp 26``.
Clause = frozenset[str]

#: A clause of more words than this takes longer to search for than to parse what it would save.
_MOST_WORDS = 600
#: Letters in one expression, some 26 words: RE2 falls back to a slow way when its automaton outgrows 8 MB.
_AT_ONCE = 30_000
_LONGEST = 24
#: Values put together from several elements: words in a row need not stand in a row in the file.
_JOINED = frozenset({"all", "tw", "mh", "majr", "au"})


def necessary(node: Node) -> tuple[Clause, ...]:
    """Return the clauses that follow from a query, the rarest first; none when nothing follows.

    >>> from aponia.literature.scan.query import parse
    >>> [sorted(c) for c in necessary(parse("psilocybin AND (pain OR headache*) NOT rats"))]
    [['psilocybin'], ['headache*', 'pain']]
    """
    clauses = {_without_longer(c) for c in _clauses(node)}
    return tuple(sorted((c for c in clauses if len(c) <= _MOST_WORDS), key=lambda c: (_commonness(c), sorted(c))))  # fmt: skip


def _commonness(clause: Iterable[str]) -> float:
    """Return how often random text would hold one of the words: only an order is wanted."""
    return sum(12.0 ** -len(word.rstrip("*")) for word in clause)


def _without_longer(clause: Clause) -> Clause:
    """Drop words that another covers: whatever begins with "psilocybin" begins with "psilocyb"."""
    stems = [w[:-1] for w in clause if w.endswith("*")]
    return frozenset(w for w in clause if not any(w.startswith(s) and w != f"{s}*" for s in stems))


def _clauses(node: Node) -> tuple[Clause, ...]:
    if isinstance(node, Term):
        return _of_term(node)
    if isinstance(node, And):
        return tuple(clause for item in node.items for clause in _clauses(item))
    if isinstance(node, Or):
        joint: set[str] = set()
        for item in node.items:
            below = _clauses(item)
            if not below:
                return ()
            joint |= min(below, key=_commonness)
        return (frozenset(joint),)
    assert isinstance(node, Not | Dates)
    return ()


def _of_term(term: Term) -> tuple[Clause, ...]:
    if term.field == "la":
        # English may stand as "en" in another source.
        return ()
    words = [str(w) for w in term.words]
    if term.field == "au":
        # Only the first word is sure to stand in one piece: initials may be written apart.
        words = words[:1]
    # Letters outside ASCII have too many ways to be written.
    plain = [w for w in words if w.isascii()]
    long = [w for w in plain if len(w) > 2]
    if not long and len(plain) == len(words) > 1 and term.near is None and term.field not in _JOINED:  # fmt: skip
        return (frozenset({" ".join(words)}),)
    return tuple(frozenset({w}) for w in long or plain)


_STRANGE = r"[\x80-\xff]+|&[#0-9A-Za-z]+;"
_ESCAPE = r"|\\u[0-9A-Fa-f]{4}"
#: Mark-up within a word has a name in small letters; elements in capitals part words (`article`).
_MARKUP = r"</?[a-z][^<>]*>"
_GAP = rf"(?:[^0-9A-Za-z<&]|&|{_STRANGE}|{_MARKUP})*"


@lru_cache(maxsize=500)
def pattern(clause: Clause, *, lines: bool = False) -> str:
    r"""Return the RE2 expression, over bytes, that finds every way to write one of the words.

    Parameters
    ----------
    clause : Clause
    lines : bool
        For lines of JSON, where an abstract may be given as single words and ``\n`` is a letter
        n: any place in a word will do, and words in a row are searched for one by one.
    """
    out = []
    for item in sorted(clause):
        if lines:
            word = max(item.replace("*", "").split(), key=len)
            out.append(_written(word, _STRANGE + _ESCAPE)[0])
            strange = r"|\\u[0-9A-Fa-f]{4}"
        else:
            parts = []
            whole = False
            for word in item.split(" "):
                text, whole = _written(word.rstrip("*"), _STRANGE)
                whole = whole and not word.endswith("*")
                parts.append(text)
            out.append("[^0-9A-Za-z]" + _GAP.join(parts) + ("[^0-9A-Za-z]" if whole else ""))
            strange = ""
        if " " not in item and (greek := _greek(item.rstrip("*"))):
            out.append(greek + strange)
    # In CDATA, comments and instructions a word could hide from these: such records pass.
    return "|".join([r"<[!?]", *out])


@lru_cache(maxsize=5000)
def _written(word: str, strange: str) -> tuple[str, bool]:
    """Spell a word letter by letter; a strange character may stand for a letter, or a digraph.

    Returns the expression, and whether it spells the word to its end.
    """
    spelt = word[:_LONGEST]
    spots = [i for i in range(len(spelt)) if any(spelt.startswith(d, i) for d in DIGRAPHS)]
    if len(spots) > 3:
        # Each spot doubles what follows it. A word cut short is still necessary.
        spelt = spelt[: spots[3] + 1]
    inside = rf"(?:{_MARKUP}|{strange})*"

    def rest(i: int) -> str:
        if i >= len(spelt):
            return ""
        letter = spelt[i]
        own = f"[{letter}{letter.upper()}]" if letter.isalpha() else letter
        tail = rest(i + 1)
        out = f"(?:{own}|{strange})" + (inside + tail if tail else "")
        # One character may stand for two or three letters, also across the place of the cut.
        longer = {rest(i + len(d)) for d in DIGRAPHS if word.startswith(d, i)}
        for after in sorted(longer):
            out += f"|(?:{strange})" + (inside + after if after else "")
        return f"(?:{out})" if longer else out

    text = rest(0)
    # What follows the last letter may be a mark over it.
    return (text + inside, True) if spelt == word else (text, False)


@lru_cache(maxsize=1000)
def _greek(word: str) -> str:
    """Return the ways to write a word as a Greek letter, or ``""``."""
    if not any(name.startswith(word) for name in GREEK.values()):
        return ""
    out = [r"&#[0-9A-Za-z]+;"]
    for code in range(0x80, 0x3000):
        if fold(chr(code)).startswith(word):
            out.append("".join(f"\\x{b:02x}" for b in chr(code).encode()))
    out += [f"&{name}" for name, value in html.entities.html5.items() if name.endswith(";") and fold(value).startswith(word)]  # fmt: skip
    return "|".join(out)


@lru_cache(maxsize=500)
def _groups(clause: Clause, *, lines: bool) -> tuple[Clause, ...]:
    """Divide a clause so that the expression for each group is at most `_AT_ONCE` long, or for one word."""
    out: list[set[str]] = []
    room = 0
    for word in sorted(clause):
        size = len(pattern(frozenset({word}), lines=lines))
        if size > room or not out:
            out.append(set())
            room = _AT_ONCE
        out[-1].add(word)
        room -= size
    return tuple(frozenset(some) for some in out)


def sieve(records: pa.Array, clauses: tuple[Clause, ...], *, lines: bool = False) -> np.ndarray:
    """Return the indices of the records that hold a word of every clause.

    Parameters
    ----------
    records : pyarrow.Array
        Binary, one value a record.
    clauses : tuple of Clause
        Of `necessary`.
    lines : bool
        The records are lines of JSON; see `pattern`.

    Returns
    -------
    numpy.ndarray
        Of int64, rising.
    """
    import numpy as np
    import pyarrow.compute as pc

    left = np.arange(len(records))
    for clause in clauses:
        if not len(left):
            break
        hit = np.zeros(len(records), dtype=bool)
        for words in _groups(clause, lines=lines):
            some = pattern(words, lines=lines)
            hit |= pc.match_substring_regex(records, pattern=some).to_numpy(zero_copy_only=False)
        kept = np.flatnonzero(hit)
        if len(kept) < len(left):
            left, records = left[kept], records.take(kept)
    return left
