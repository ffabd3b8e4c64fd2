"""Names of the vocabulary found in a query, and the marks documents carry for their terms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from aponia.evidence import SubstanceTerm, Term, Vocabulary
from aponia.site.search.words import stem, tokens

__all__ = ["KINDS", "Names", "mark"]

KINDS = ("substances", "conditions", "approaches")
_LONGEST = 8


def mark(kind: str, term: str) -> str:
    """Return the word that stands for a term in the index; nobody types it.

    >>> mark("substances", "bol-148")
    'zqsbol148qz'
    """
    return f"zq{kind[0]}{''.join(c for c in term if c.isalnum())}qz"


class Names:
    """Every name of every term: labels, synonyms, abbreviations, brands, street names.

    Parameters
    ----------
    vocabulary : Vocabulary
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._marks: dict[tuple[str, ...], set[str]] = {}
        self.words: set[str] = set()
        for kind in KINDS:
            terms: Iterable[Term] = getattr(vocabulary, kind)
            for term in terms:
                for name in _names(term):
                    words = tokens(name)
                    self.words.update(words)
                    key = tuple(stem(w) for w in words)
                    if 0 < len(key) <= _LONGEST:
                        self._marks.setdefault(key, set()).add(mark(kind, term.id))

    def find(self, words: Sequence[str]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        """Yield (first, last + 1, marks) of the names in a list of words, the longest first."""
        stems = [stem(w) for w in words]
        i = 0
        while i < len(stems):
            for n in range(min(_LONGEST, len(stems) - i), 0, -1):
                found = self._marks.get(tuple(stems[i : i + n]))
                if found:
                    yield i, i + n, tuple(sorted(found))
                    i += n
                    break
            else:
                i += 1

    def marks_of(self, kind: str, ids: Iterable[str]) -> list[str]:
        """Return the marks of a document's terms and of all wider ones."""
        found: dict[str, None] = {}
        for term in ids:
            at: str | None = term
            while at is not None:
                found[mark(kind, at)] = None
                known = self.vocabulary.term(kind, at)
                at = known.parent if known else None
        return list(found)


def _names(term: Term) -> Iterator[str]:
    yield term.label
    yield term.id.replace("-", " ")
    yield from term.synonyms
    yield from term.abbreviations
    if isinstance(term, SubstanceTerm):
        yield from term.street
        yield from term.brands
