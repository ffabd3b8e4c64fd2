"""Terminology: the words of the vocabulary found in a sentence, longest match first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from aponia.evidence import Vocabulary
from aponia.evidence.vocabulary import Term

__all__ = ["Gazetteer", "Hit", "stem", "tokens"]

_TOKEN = re.compile(r"[^\W_]+(?:'s\b)?", re.IGNORECASE)

#: Abbreviations that are also words or units of everyday text: read only beside their long form.
_EVERYDAY = frozenset(
    [
        "pat",
        "kit",
        "kat",
        "kap",
        "med",
        "ae",
        "or",
        "em",
        "cm",
        "np",
        "oa",
        "ch",
        "fm",
        "ra",
        "pth",
        "tac",
        "sci",
        "psi",
        "mme",
        "cpt",
        "oud",
        "med",
        "ed",
        "pet",
        "mg",
        "rc",
        "sni",
        "cci",
        "dph",
        "fms",
        "bol",
        "doi",
        "lap",
        "ms",
        "o2",
        "ad",
        "rsd",
    ]
)
#: Those that a sentence about drugs may use without explanation.
_IN_CONTEXT = frozenset({"ch", "fm", "fms", "bol", "doi", "sci", "np", "oa", "rsd"})


@dataclass(frozen=True)
class Hit:
    """A term found: which, where, and how it was written."""

    kind: str
    id: str
    start: int
    end: int
    how: str


def tokens(text: str) -> list[tuple[str, int, int]]:
    """Return lower-case words with their places; the genitive 's is dropped."""
    found = []
    for m in _TOKEN.finditer(text):
        word = m.group().lower()
        found.append((word[:-2] if word.endswith("'s") else word, m.start(), m.end()))
    return found


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return the stem of a word (Snowball English).

    >>> stem("headaches") == stem("headache")
    True
    """
    return str(_stemmer().stemWord(word))


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


class Gazetteer:
    """All names of the vocabulary as a table of word sequences.

    Parameters
    ----------
    vocabulary : Vocabulary
    kinds : iterable of str
        Which lists to read: ``conditions``, ``substances``, ``approaches``, ``constructs``.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        kinds: Iterable[str] = ("conditions", "substances", "approaches", "constructs"),
    ) -> None:
        self._tables: dict[str, dict[tuple[str, ...], tuple[str, str]]] = {}
        self._longest = 1
        for kind in kinds:
            table: dict[tuple[str, ...], tuple[str, str]] = {}
            for term in getattr(vocabulary, kind):
                self._add(table, term)
            # "psilocybin or LSD" under a term for several drugs names two drugs, not the group
            single = {k[0]: v[0] for k, v in table.items() if len(k) == 1}
            for key in [k for k, v in table.items() if len(k) > 1 and v[0].endswith("-mixed")]:
                if any(single.get(w, table[key][0]) != table[key][0] for w in key):
                    del table[key]
            self._tables[kind] = table
        self.first_words = frozenset(k[0] for t in self._tables.values() for k in t)

    def _add(self, table: dict[tuple[str, ...], tuple[str, str]], term: Term) -> None:
        groups = (
            ("name", (term.id.replace("-", " "), term.label, *term.synonyms)),
            ("abbreviation", term.abbreviations),
            ("brand", getattr(term, "brands", ())),
            ("street", getattr(term, "street", ())),
        )
        for how, names in groups:
            for name in names:
                key = tuple(_singular(w) for w, _, _ in tokens(name))
                if not key or (len(key) == 1 and len(key[0]) < 2) or len(key) > 8:
                    continue
                if how != "street" and len(key) == 1 and key[0] in _EVERYDAY:
                    how_here = "everyday"
                else:
                    how_here = how
                table.setdefault(key, (term.id, how_here))
                self._longest = max(self._longest, len(key))

    def find(self, text: str, kind: str, *, context: bool = False) -> list[Hit]:
        """Find the terms of one kind.

        Parameters
        ----------
        text : str
        kind : str
        context : bool
            Whether the text is known to be about drugs: street names and short abbreviations count
            only then.

        Returns
        -------
        list of Hit
            Without overlaps, in order; where two fit, the longer one.
        """
        return self.find_in(tokens(text), kind, context=context)

    def find_in(
        self, words: list[tuple[str, int, int]], kind: str, *, context: bool = False
    ) -> list[Hit]:
        """Do the same for words already split by `tokens`."""
        table = self._tables[kind]
        single = [_singular(w) for w, _, _ in words]
        hits: list[Hit] = []
        i = 0
        while i < len(words):
            taken = 0
            if single[i] in self.first_words:
                for n in range(min(self._longest, len(words) - i), 0, -1):
                    entry = table.get(tuple(single[i : i + n]))
                    if entry is None:
                        continue
                    term, how = entry
                    if how == "street" and not context:
                        continue
                    if how == "everyday" and not (context and single[i] in _IN_CONTEXT):
                        continue
                    hits.append(Hit(kind, term, words[i][1], words[i + n - 1][2], how))
                    taken = n
                    break
            i += max(1, taken)
        return hits
