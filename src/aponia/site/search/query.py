"""From what somebody typed to an expression SQLite can not misread.

Only folded words of letters and digits ever reach the expression, each in quotes, so no character of
the FTS5 query language does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from aponia.site.search.vocabulary import Names
from aponia.site.search.words import tokens

__all__ = ["MOST_CHARACTERS", "Clause", "expression", "parse"]

#: Longer text is cut: it is no query.
MOST_CHARACTERS = 300
_MOST_WORDS = 24
_LITTLE = (
    "a an and any are as at be been by can could did do does effect effects evidence for from has have help helps "
    "how i if in is it its me my of on or research shall should so than that the their them there they this to was "
    "were what when where which who why will with work works would you your about good against treat treats use "
    "used using study studies trial trials"
)
_STOP = frozenset(_LITTLE.split())
#: Registers print their numbers with and without a blank.
_REGISTER = re.compile(r"\b(NCT|ISRCTN|ACTRN|DRKS|EUCTR|UMIN)[\s-]+(\d{4,})\b", re.IGNORECASE)
_CHUNK = re.compile(r'"([^"]*)"|(\S+)')


@dataclass(frozen=True)
class Clause:
    """Part of a query that must be met: a phrase, or words with the marks of the term they name.

    `open` allows the last word to go on ("migra" finds migraine).
    """

    words: tuple[str, ...]
    phrase: bool = False
    marks: tuple[str, ...] = ()
    open: bool = False


def parse(text: str, names: Names) -> list[Clause]:
    """Return the clauses of a query.

    Parameters
    ----------
    text : str
        Anything. Words in double quotes stay together; a word with digits and signs inside
        ("10.1056/x", "NCT-1") is a phrase.
    names : Names

    Returns
    -------
    list of Clause
        Empty when there is no word in it. Little words count only when there are no others.
    """
    text = text[:MOST_CHARACTERS]
    text = _REGISTER.sub(r"\1\2", text)
    for sign in "“”„«»":
        text = text.replace(sign, '"')
    plain: list[str] = []
    clauses: list[Clause] = []
    last_is_word = False
    count = 0
    for match in _CHUNK.finditer(text):
        quoted = match.group(1) is not None
        words = tokens(match.group(1) if quoted else match.group(2))[: max(0, _MOST_WORDS - count)]
        count += len(words)
        if not words:
            continue
        if quoted or (
            len(words) > 1 and any(w.isdigit() for w in words) and not _named(words, names)
        ):
            clauses.append(Clause(tuple(words), phrase=True))
            last_is_word = False
        else:
            plain += words
            last_is_word = True
    clauses += _words(plain, names, bool(last_is_word and not text[-1:].isspace()))
    return clauses


def _named(words: list[str], names: Names) -> bool:
    return any(b - a == len(words) for a, b, _ in names.find(words))


def _words(plain: list[str], names: Names, open_end: bool) -> list[Clause]:
    found = {a: (b, marks) for a, b, marks in names.find(plain)}
    clauses: list[Clause] = []
    i = 0
    while i < len(plain):
        end, marks = found.get(i, (i + 1, ()))
        last = end == len(plain)
        clauses.append(Clause(tuple(plain[i:end]), False, marks, open_end and last))
        i = end
    telling = [c for c in clauses if c.marks or c.words[0] not in _STOP]
    return telling or clauses


def expression(clauses: list[Clause], *, every: bool = True) -> str:
    """Return the FTS5 expression of clauses, all of them needed or any."""
    parts = []
    for clause in clauses:
        options = [f"tags : {m}" for m in clause.marks]
        phrase = " + ".join(f'"{w}"' for w in clause.words)
        options.append(phrase)
        if clause.open and len(clause.words[-1]) > 1:
            options.append(f"{phrase} *")
        parts.append(f"({' OR '.join(options)})")
    return (" AND " if every else " OR ").join(parts)
