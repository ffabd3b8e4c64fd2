"""The index: documents in SQLite FTS5 in memory, asked with words and filters."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from aponia.evidence import Vocabulary
from aponia.site.search.documents import Document
from aponia.site.search.query import Clause, expression, parse
from aponia.site.search.spelling import Spelling
from aponia.site.search.vocabulary import Names
from aponia.site.search.words import tokens

__all__ = ["FACETS", "Hit", "Results", "SearchIndex"]

#: Filters, in the order shown.
FACETS = ("kind", "condition", "substance", "design", "period", "status")
_KINDS = ("question", "page", "study", "trial", "fact")
#: A question says what all studies say together; a fact is a single row.
_WEIGHT = {"question": 2.0, "page": 1.4, "study": 1.0, "trial": 1.0, "fact": 0.75}
#: bm25 weights of the columns title, tags, names, body.
_COLUMNS = (6.0, 5.0, 8.0, 1.0)
_OPEN, _CLOSE = "\x02", "\x03"
Segments = tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Hit:
    """A document found: its title and a stretch of its text, cut into (text, marked)."""

    document: Document
    score: float
    title: Segments
    snippet: Segments


@dataclass(frozen=True)
class Results:
    """What was found.

    Attributes
    ----------
    hits : tuple of Hit
        One page of them.
    total : int
    facets : mapping of str to tuple of (value, count)
        Counts under all other filters; most first.
    corrected : str
        The query that was followed, when words were corrected; "" otherwise.
    partly : bool
        No document holds all words; these hold some.
    suggestion : str
        What might have been meant when nothing was found.
    """

    hits: tuple[Hit, ...]
    total: int
    facets: Mapping[str, tuple[tuple[str, int], ...]]
    corrected: str = ""
    partly: bool = False
    suggestion: str = ""


def _values(document: Document, facet: str) -> tuple[str, ...]:
    if facet == "condition":
        return document.conditions
    if facet == "substance":
        return document.substances
    if facet == "period":
        return (_period(document.year),) if document.year else ()
    value = str(getattr(document, facet))
    return (value,) if value else ()


def _period(year: int) -> str:
    return "before 1990" if year < 1990 else f"{year // 10 * 10}–{year // 10 * 10 + 9}"


class SearchIndex:
    """Everything that can be found, ready to be asked from any thread.

    Parameters
    ----------
    documents : iterable of Document
    vocabulary : Vocabulary
        Its names stand for their terms in a query.
    """

    def __init__(self, documents: Iterable[Document], vocabulary: Vocabulary) -> None:
        self.documents = tuple(documents)
        self.names = Names(vocabulary)
        self._facets = [{f: frozenset(_values(d, f)) for f in FACETS} for d in self.documents]
        self._lock = threading.Lock()
        self._db = sqlite3.connect(":memory:", check_same_thread=False)
        self._db.execute(
            "CREATE VIRTUAL TABLE found USING fts5(title, tags, names, body, "
            "tokenize = 'porter unicode61 remove_diacritics 2')"
        )
        counts: Counter[str] = Counter()
        rows = []
        for n, d in enumerate(self.documents):
            tags = [
                *self.names.marks_of("substances", d.substances),
                *self.names.marks_of("conditions", d.conditions),
                *self.names.marks_of("approaches", d.approaches),
            ]
            counts.update({*tokens(d.title), *tokens(d.names), *tokens(d.body)})
            rows.append((n, d.title, " ".join(tags), d.names, d.body))
        self._db.executemany("INSERT INTO found(rowid, title, tags, names, body) VALUES (?, ?, ?, ?, ?)", rows)  # fmt: skip
        self._db.execute("INSERT INTO found(found) VALUES ('optimize')")
        self.spelling = Spelling(counts, self.names.words)

    def search(
        self,
        text: str = "",
        filters: Mapping[str, str] | None = None,
        *,
        first: int = 0,
        most: int = 20,
    ) -> Results:
        """Find documents.

        Parameters
        ----------
        text : str
            Anything; only the first 300 characters are read.
        filters : mapping of str to str
            Values by facet.
        first, most : int
            Which page of the hits.

        Returns
        -------
        Results
        """
        wanted = {k: v for k, v in (filters or {}).items() if k in FACETS and v}
        clauses = parse(text, self.names)
        if not clauses:
            # nothing was asked with words: everything under the filters, or nothing
            scores = {n: self._weight(n) for n in range(len(self.documents))} if wanted and not text.strip() else {}  # fmt: skip
            return self._results("", scores, wanted, first, most)
        corrected = self._corrected(clauses)
        used = corrected or clauses
        asked = expression(used)
        scores = self._scores(asked)
        partly = False
        if not scores and len(used) > 1:
            asked = expression(used, every=False)
            scores, partly = self._scores(asked), True
        found = self._results(asked, scores, wanted, first, most)
        return replace(
            found,
            corrected=_written(corrected) if corrected and scores else "",
            partly=partly and bool(scores),
            suggestion="" if found.total else self._suggestion(clauses),
        )

    def _corrected(self, clauses: Sequence[Clause], *, far: bool = False) -> list[Clause]:
        """Return the clauses with unknown words replaced by near ones; empty when nothing changed."""
        words: list[str] = []
        kept: list[Clause] = []
        changed = False
        for clause in clauses:
            if clause.phrase:
                kept.append(clause)
                continue
            for i, word in enumerate(clause.words):
                going_on = clause.open and i == len(clause.words) - 1
                known = self.spelling.knows(word) or (going_on and self.spelling.begins(word))
                near = None if known else self.spelling.nearest(word, far=far)
                changed |= near is not None
                words.append(near or word)
        if not changed:
            return []
        # a name may show only now: "cluser headake"
        return [*kept, *parse(" ".join(words) + " ", self.names)]

    def _suggestion(self, clauses: Sequence[Clause]) -> str:
        bare = [replace(c, phrase=False) for c in clauses]
        for tried in (self._corrected(bare, far=True), bare):
            for every in (True, False):
                if tried and self._scores(expression(tried, every=every)):
                    told = _written(tried)
                    return told if told != _written(clauses) or every else ""
        return ""

    def _scores(self, asked: str) -> dict[int, float]:
        with self._lock:
            rows = self._db.execute(
                "SELECT rowid, bm25(found, ?, ?, ?, ?) FROM found WHERE found MATCH ?",
                (*_COLUMNS, asked),
            ).fetchall()
        return {n: -float(s) * self._weight(n) for n, s in rows}

    def _weight(self, n: int) -> float:
        d = self.documents[n]
        # a figure that is shown on its page only says little in a list
        return _WEIGHT[d.kind] * (1.0 if d.shown else 0.6)

    def _results(
        self,
        asked: str,
        scores: Mapping[int, float],
        wanted: Mapping[str, str],
        first: int,
        most: int,
    ) -> Results:
        counts: dict[str, Counter[str]] = {f: Counter() for f in FACETS}
        passing: list[int] = []
        for n in scores:
            misses = [f for f, value in wanted.items() if value not in self._facets[n][f]]
            if not misses:
                passing.append(n)
                for f in FACETS:
                    counts[f].update(self._facets[n][f])
            elif len(misses) == 1:
                counts[misses[0]].update(self._facets[n][misses[0]])
        passing.sort(key=lambda n: (-scores[n], _KINDS.index(self.documents[n].kind), -(self.documents[n].year or 0), n))  # fmt: skip
        shown = passing[first : first + most]
        marked = self._marked(asked, shown) if asked else {}
        hits = []
        for n in shown:
            d = self.documents[n]
            title, body = marked.get(n, (d.title, d.body[:180] + ("…" if len(d.body) > 180 else "")))  # fmt: skip
            hits.append(Hit(d, scores[n], _segments(title), _segments(body) if d.shown else ()))
        facets = {f: tuple(sorted(c.items(), key=lambda x: (-x[1], x[0]))) for f, c in counts.items()}  # fmt: skip
        return Results(tuple(hits), len(passing), facets)

    def _marked(self, asked: str, shown: Sequence[int]) -> dict[int, tuple[str, str]]:
        """Return title and snippet with the words found between marks."""
        if not shown:
            return {}
        places = ",".join("?" * len(shown))
        with self._lock:
            rows = self._db.execute(
                "SELECT rowid, highlight(found, 0, ?, ?), snippet(found, 3, ?, ?, '…', 28) "  # noqa: S608 - question marks only
                f"FROM found WHERE found MATCH ? AND rowid IN ({places})",
                (_OPEN, _CLOSE, _OPEN, _CLOSE, asked, *shown),
            ).fetchall()
        return {n: (title, body) for n, title, body in rows}


def _segments(text: str) -> Segments:
    """Cut a text at the marks."""
    found: list[tuple[str, bool]] = []
    for i, piece in enumerate(text.split(_OPEN)):
        inside, mark, after = piece.partition(_CLOSE)
        if i == 0 or not mark:
            found.append((piece.replace(_CLOSE, ""), False))
        else:
            found += [(inside, True), (after, False)]
    return tuple((t, m) for t, m in found if t)


def _written(clauses: Sequence[Clause]) -> str:
    """Write clauses as somebody would type them."""
    return " ".join(f'"{" ".join(c.words)}"' if c.phrase else " ".join(c.words) for c in clauses)
