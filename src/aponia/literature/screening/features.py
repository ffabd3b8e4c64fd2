"""Records as numbers: several views of the same text, so that no single one decides.

Words are cut to their first six letters ("randomised", "randomization" and "randomly" become one),
which on eleven labelled reviews spared records on the way to the last relevant one; pairs of neighbouring words
keep "chronic pain" apart from "pain". Function words stay: "we", "patients were" and "aim" tell a
trial from an opinion.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from aponia.literature.record import Record

__all__ = ["Views", "stems"]

_WORD = re.compile(r"\w\w+")
_STEM = 6
#: Title, keywords and journal beside the text. Heavier, they help where a keyword decides and do harm
#: where a review spans several diseases.
_FACT_WEIGHT = 0.2
_THEMES = 200
_THEME_WEIGHT = 0.5
#: Themes of a larger search are learnt from this many of its records.
_THEME_ROWS = 20_000


def stems(text: str) -> list[str]:
    """Return the words of a text, lower case, cut to six letters."""
    return [w[:_STEM] for w in _WORD.findall(text.lower())]


def _terms(values: Sequence[str], prefix: str) -> list[str]:
    return [prefix + re.sub(r"\W+", "_", v.strip().lower()) for v in values if v.strip()]


@dataclass
class Views:
    """Sparse matrices of shape ``(n, terms)`` with rows of unit length, and their terms.

    Parameters
    ----------
    text : matrix
        Words and word pairs of title and abstract.
    rich : matrix
        As `text`, with the title once more, keywords, MeSH, journal and publication type.
    themes : matrix
        As `text`, with the record's place on the themes of this very search (latent semantic
        analysis over read and unread records): synonyms that occur together come together.
    """

    text: Any
    rich: Any
    themes: Any
    rich_terms: np.ndarray
    _text_vectorizer: Any

    @classmethod
    def of(cls, records: Sequence[Record]) -> Views:
        """Build the views of records.

        Raises
        ------
        ValueError
            No record has a word in title or abstract.
        """
        from scipy import sparse
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.preprocessing import normalize

        bodies = [f"{r.title} {r.abstract}" for r in records]
        if not any(_WORD.search(b) for b in bodies):
            raise ValueError("no record has a word in its title or abstract: nothing to learn from")

        def vectorizer(**options: Any) -> Any:
            return TfidfVectorizer(
                sublinear_tf=True, dtype=np.float32, lowercase=False, token_pattern=None, **options
            )

        common = 0.9 if len(records) > 20 else 1.0
        for_text = vectorizer(tokenizer=stems, ngram_range=(1, 2), max_df=common)
        text = for_text.fit_transform(bodies).tocsr()
        for_title = vectorizer(tokenizer=stems, ngram_range=(1, 2))
        parts = [text]
        names = [for_text.get_feature_names_out()]
        if any(_WORD.search(r.title) for r in records):
            parts.append(_FACT_WEIGHT * for_title.fit_transform([r.title for r in records]))
            names.append(
                np.array([f"title: {t}" for t in for_title.get_feature_names_out()], dtype=object)
            )
        facts = [
            _terms(r.keywords, "keyword: ") + _terms(r.mesh, "MeSH: ") + _terms(r.types, "type: ") + _terms([r.journal], "journal: ")
            for r in records
        ]  # fmt: skip
        if any(facts):
            for_facts = vectorizer(analyzer=_same)
            parts.append(_FACT_WEIGHT * for_facts.fit_transform(facts))
            names.append(for_facts.get_feature_names_out())
        rich = normalize(sparse.hstack(parts).tocsr()).astype(np.float32)
        places = sparse.csr_matrix(_THEME_WEIGHT * _themes(text))
        themes = normalize(sparse.hstack([text, places]).tocsr()).astype(np.float32)
        return cls(text, rich, themes, np.concatenate(names), for_text)

    def likeness(self, text: str) -> np.ndarray:
        """Return the cosine similarity of every record with a text, shape ``(n,)``."""
        query = self._text_vectorizer.transform([text])
        return np.asarray((self.text @ query.T).todense()).ravel()


def _themes(text: Any) -> np.ndarray:
    """Return unit-length coordinates of the records on their main themes, shape ``(n, k)``."""
    from sklearn.preprocessing import normalize
    from sklearn.utils.extmath import randomized_svd

    shared = text[:, np.asarray((text > 0).sum(axis=0)).ravel() > 1]
    most = min(_THEMES, shared.shape[1] - 1, shared.shape[0] - 1)
    if most < 2:
        return np.zeros((text.shape[0], 1), dtype=np.float32)
    rows = np.random.default_rng(0).permutation(shared.shape[0])[:_THEME_ROWS]
    _, _, directions = randomized_svd(shared[rows], most, n_iter=4, random_state=0)
    return np.asarray(normalize(shared @ directions.T), dtype=np.float32)


def _same(terms: list[str]) -> list[str]:
    return terms
