"""Records as numbers: three views of the same text, so that no single one decides.

`Text` holds words and word pairs, with the authors; words are cut to their first six letters
("randomised", "randomization" and "randomly" become one). `Letters` holds runs of three to five
letters within words: "felodipine" and "nifedipine", "pre-" and "post-" share what whole words do
not, and a rare word tells something by its parts. `Neighbours` are near each other on the
themes of this very search (latent semantic analysis over read and unread records), where synonyms
that occur together come together. Function words stay: "we", "patients were" and "aim" tell a trial from an
opinion.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from aponia.literature.record import Record
from aponia.literature.screening.neighbours import Neighbours

__all__ = ["Letters", "Text", "Views", "stems", "words"]

_WORD = re.compile(r"\w\w+")
_ANY_WORD = re.compile(r"\w+")
_STEM = 6
#: Authors' part in the squared length of a row of `Text`.
_AUTHORS = 0.1
_THEMES = 200
#: Themes of a larger search are learnt from this many of its records.
_THEME_ROWS = 20_000


def words(text: str) -> list[str]:
    """Return the words of two letters or more, lower case."""
    return _WORD.findall(text.lower())


def stems(text: str) -> list[str]:
    """Return the words of a text, lower case, cut to six letters."""
    return [w[:_STEM] for w in words(text)]


def _body(record: Record) -> str:
    return f"{record.title} {record.abstract}"


def _same(terms: Any) -> Any:
    return terms


@dataclass
class Text:
    """Words, word pairs and authors; `matrix` is sparse, shape ``(n, terms)``, rows of length 1."""

    matrix: Any
    terms: np.ndarray
    #: Words and pairs only, without the authors.
    plain: Any
    _vectorizer: Any

    @classmethod
    def of(cls, records: Sequence[Record]) -> Text:
        """Build the view."""
        from scipy import sparse
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.preprocessing import normalize

        # With a handful of records every word of the topic is in nearly all of them.
        common = 0.9 if len(records) > 20 else 1.0
        vectorizer = TfidfVectorizer(
            analyzer=_pairs, sublinear_tf=True, dtype=np.float32, max_df=common
        )
        plain = vectorizer.fit_transform([_body(r) for r in records]).tocsr()
        terms = vectorizer.get_feature_names_out()
        matrix = plain
        names = [[f"author: {a.lower()}" for a in r.authors] for r in records]
        if any(names):
            authors = TfidfVectorizer(analyzer=_same, dtype=np.float32)
            found = authors.fit_transform(names)
            matrix = normalize(
                sparse.hstack([(1 - _AUTHORS) ** 0.5 * plain, _AUTHORS**0.5 * found]).tocsr()
            ).astype(np.float32)
            terms = np.concatenate([terms, authors.get_feature_names_out()])
        return cls(matrix, terms, plain, vectorizer)

    def likeness(self, text: str) -> np.ndarray:
        """Return the cosine similarity of every record with a text, shape ``(n,)``."""
        query = self._vectorizer.transform([text])
        return np.asarray((self.plain @ query.T).todense()).ravel()


def _pairs(text: str) -> list[str]:
    """Return the stems of a text and their neighbouring pairs."""
    single = stems(text)
    return single + [f"{a} {b}" for a, b in itertools.pairwise(single)]


@dataclass
class Letters:
    """Runs of letters within words; `matrix` is sparse, shape ``(n, runs)``, rows of length 1.

    Runs are counted once for each word of the vocabulary and multiplied with the word counts, an
    order of magnitude faster than going through the texts.
    """

    matrix: Any
    vocabulary: np.ndarray
    #: Counts of words in records, shape ``(n, words)``, and of runs in words, ``(words, runs)``.
    counts: Any
    runs: Any

    @classmethod
    def of(cls, records: Sequence[Record]) -> Letters:
        """Build the view."""
        from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

        in_texts = CountVectorizer(analyzer=_any_words, dtype=np.float32)
        counts = in_texts.fit_transform([_body(r) for r in records]).tocsr()
        vocabulary = in_texts.get_feature_names_out()
        in_words = CountVectorizer(analyzer="char_wb", ngram_range=(3, 5), dtype=np.float32)
        runs = in_words.fit_transform(vocabulary).tocsc()
        held = (counts @ runs).tocsc()
        # A run that only one record holds tells nothing about another.
        shared = np.flatnonzero(np.diff(held.indptr) > 1)
        if len(shared):
            held, runs = held[:, shared], runs[:, shared]
        matrix = TfidfTransformer(sublinear_tf=True).fit_transform(held.tocsr())
        matrix = matrix.tocsr().astype(np.float32)
        # Sorted once, or the support vector machine sorts a copy at each training.
        matrix.sort_indices()
        return cls(matrix, vocabulary, counts, runs.tocsr())

    def by_word(self, position: int, coefficients: np.ndarray) -> dict[str, float]:
        """Share a record's score among its words; the shares add up to the score exactly.

        Parameters
        ----------
        position : int
        coefficients : array of float, shape (runs,)
            What the model has learnt for each run of letters.
        """
        row = self.matrix[position]
        part = np.zeros(self.matrix.shape[1])
        part[row.indices] = row.data * coefficients[row.indices]
        held = self.counts[position]
        inside = self.runs[held.indices].multiply(held.data[:, None]).tocsr()
        total = np.asarray(inside.sum(axis=0)).ravel()
        per_run = np.divide(part, total, out=np.zeros_like(part), where=total > 0)
        shares = inside @ per_run
        return {
            str(self.vocabulary[j]): float(s) for j, s in zip(held.indices, shares, strict=True)
        }


def _any_words(text: str) -> list[str]:
    return _ANY_WORD.findall(text.lower())


@dataclass
class Views:
    """The three views of the same records."""

    text: Text
    letters: Letters
    #: Of the records by their place on the themes.
    neighbours: Neighbours

    @classmethod
    def of(cls, records: Sequence[Record]) -> Views:
        """Build the views of records.

        Raises
        ------
        ValueError
            No record has a word in title or abstract.
        """
        if not any(_WORD.search(_body(r)) for r in records):
            raise ValueError("no record has a word in its title or abstract: nothing to learn from")
        text = Text.of(records)
        return cls(text, Letters.of(records), Neighbours(_themes(text.plain)))


def _themes(text: Any) -> np.ndarray:
    """Return unit-length places on the main themes, shape ``(n, k)``; zero where there is no text."""
    from sklearn.preprocessing import normalize
    from sklearn.utils.extmath import randomized_svd

    shared = text[:, np.asarray((text > 0).sum(axis=0)).ravel() > 1]
    most = min(_THEMES, shared.shape[1] - 1, shared.shape[0] - 1)
    if most < 2:
        return np.zeros((text.shape[0], 1), dtype=np.float32)
    rows = np.random.default_rng(0).permutation(shared.shape[0])[:_THEME_ROWS]
    _, _, directions = randomized_svd(shared[rows], most, n_iter=4, random_state=0)
    return np.asarray(normalize(shared @ directions.T), dtype=np.float32)
