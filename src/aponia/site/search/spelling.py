"""Slips of the keyboard: the nearest known word of an unknown one."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

from aponia.site.search.words import stem

__all__ = ["Spelling"]


class Spelling:
    """Known words, by how many documents hold them.

    Parameters
    ----------
    counts : Counter
        Documents by word.
    names : iterable of str
        Words of the vocabulary: preferred, and known even when no document holds them.
    """

    def __init__(self, counts: Counter[str], names: Iterable[str]) -> None:
        self.names = set(names)
        self.counts = counts
        self.known = set(counts) | self.names
        # numbers are never corrected, and little words are no goal
        self._goals = sorted(w for w in self.known if len(w) > 3 and w.isalpha())
        self._sorted = sorted(self.known)
        self._stems = {stem(w) for w in self.known}

    def knows(self, word: str) -> bool:
        """Whether a word, or another form of it, stands somewhere."""
        return word in self.known or stem(word) in self._stems

    def begins(self, word: str) -> bool:
        """Whether a known word begins with `word`."""
        i = bisect_left(self._sorted, word)
        return i < len(self._sorted) and self._sorted[i].startswith(word)

    def nearest(self, word: str, *, far: bool = False) -> str | None:
        """Return the known word a slip away, or None.

        One change of a letter in words of four or five, two from six, three from ten. More than one
        change, or a short word, leads to names of the vocabulary only: a surname is no slip. `far`
        allows any word, for suggestions.
        """
        n = len(word)
        if not word.isalpha() or n < 4:
            return None
        most = 1 if n < 6 else 2 if n < 10 else 3
        found = process.extract(word, self._goals, scorer=OSA.distance, score_cutoff=most, limit=25)
        small = 2 if far and n > 7 else 1
        found = [f for f in found if f[0] in self.names or (f[1] <= small and (far or n > 5))]
        if not found:
            return None
        # the first letter is rarely wrong; then names, then common words
        best = min(
            found,
            key=lambda f: (
                f[1] + (f[0][0] != word[0]),
                f[0] not in self.names,
                -self.counts[f[0]],
                f[0],
            ),
        )
        return str(best[0])
