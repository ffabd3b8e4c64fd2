"""Rank the records not yet read by how likely they are relevant, and say why.

Four members vote. Three are linear support vector machines: over words (`Text`) and over runs of
letters (`Letters`), learnt from the labels and from a random draw of records not yet read, which
stand in for irrelevant ones, since in a search result nearly all are (Cormack & Grossman 2015,
AutoTAR); and over words from the labels alone with the irrelevant ones weighing little, which
leaves a wrong lead sooner. The fourth spreads the labels over like records (`Neighbours`). The
scores are standardised and added, so that every score is a sum over terms and read records:
`explain` shows the greatest of these very summands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from aponia.literature.record import Record
from aponia.literature.screening.features import Views, words
from aponia.literature.screening.neighbours import seeds_of

__all__ = ["Explanation", "Ranker", "Reason"]

#: Number of unread records drawn as stand-ins.
_DRAWN = 500
#: For each linear member: the stand-ins' share of the irrelevant side's weight, and how many times
#: the irrelevant side's weight the relevant side has (the peer's 9.8 for the member without them).
_LEADING = (0.25, 1.0)
_CAREFUL = (0.0, 9.8)
#: Cost of a wrong label in the support vector machine.
_COST = 0.11
#: The vote of the neighbours, where each of the linear members has 1.
_NEIGHBOURS = 1.6


@dataclass(frozen=True, slots=True)
class Reason:
    """A term of a record, or a read record like it, and how much it moves the record up.

    Negative weights move it down. `record` is the position of the read record, None for a term.
    """

    term: str
    weight: float
    record: int | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A score taken apart: `score` is `base` and all reasons' weights, added."""

    score: float
    base: float
    reasons: tuple[Reason, ...]


class Ranker:
    """Learns from labels; keeps the views of the text between trainings.

    The scores depend on the records, the labels in the order given and the seed alone, not on
    what was ranked before.

    Parameters
    ----------
    records : sequence of Record, length n
    criteria : str
        The eligibility criteria in words. They rank alone until a relevant record is known; after
        that they were measured to bring nothing (docs/decisions.md), and they are left out.
    seed : int
        Of the random draws.
    views : Views, optional
        Those of the same records, when they are already there.

    Raises
    ------
    ValueError
        No record has a word in it.
    """

    def __init__(
        self,
        records: Sequence[Record],
        *,
        criteria: str = "",
        seed: int = 1,
        views: Views | None = None,
    ) -> None:
        self.n = len(records)
        self._records = tuple(records)
        self.views = views or Views.of(records)
        self._neighbours = self.views.neighbours
        self._turn = np.random.default_rng(seed).permutation(self.n)
        self._criteria = (
            _standard(self.views.text.likeness(criteria))[0] if criteria.strip() else None
        )
        self._learnt: _Learnt | None = None

    def rank(self, labelled: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Return a score for each record, higher is more likely relevant.

        Parameters
        ----------
        labelled : array of int, shape (m,)
            Positions of the records read.
        labels : array of int, shape (m,)
            1 relevant, 0 not.

        Returns
        -------
        array of float, shape (n,)
            Standardised sum over the members; only the order has a meaning.
        """
        labels = np.asarray(labels, dtype=int)
        labelled = np.asarray(labelled, dtype=int)
        self._learnt = None
        if not labels.any():
            # Nothing relevant is known yet: the criteria are all there is.
            return self._criteria.copy() if self._criteria is not None else np.zeros(self.n)
        if len(labelled) == self.n and labels.all():
            return np.zeros(self.n)
        total = np.zeros(self.n)
        base, members = 0.0, []
        text, letters = self.views.text.matrix, self.views.letters.matrix
        for matrix, (share, ratio) in ((text, _LEADING), (text, _CAREFUL), (letters, _LEADING)):
            rows, y, weights = self._training_set(labelled, labels, share, ratio)
            model = _fit(matrix[rows], y, weights)
            scores, mean, spread = _standard(model.decision_function(matrix))
            members.append(model.coef_[0] / spread)
            base += (float(model.intercept_[0]) - mean) / spread
            total += scores
        seeds = seeds_of(self.n, labelled, labels)
        scores, mean, spread = _standard(self._neighbours.spread(seeds))
        total += _NEIGHBOURS * scores
        base -= _NEIGHBOURS * mean / spread
        self._learnt = _Learnt(
            members[0] + members[1], members[2], _NEIGHBOURS * seeds / spread, base, total
        )
        return total.copy()

    def _training_set(
        self, labelled: np.ndarray, labels: np.ndarray, share: float, ratio: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return rows, classes and weights: the labels, and unread records as weak irrelevant ones."""
        relevant = int(labels.sum())
        irrelevant = len(labels) - relevant
        if irrelevant == 0:
            share = 1.0
        unread = np.ones(self.n, dtype=bool)
        unread[labelled] = False
        # Always the first of one shuffled order, so that the ranking does not jump between labels.
        drawn = self._turn[unread[self._turn]][: _DRAWN if share else 0]
        if len(drawn) == 0:
            share = 0.0
        weights = np.concatenate([
            np.where(labels == 1, ratio / relevant, (1.0 - share) / max(irrelevant, 1)),
            np.full(len(drawn), share / max(len(drawn), 1)),
        ])  # fmt: skip
        rows = np.concatenate([labelled, drawn])
        y = np.concatenate([labels, np.zeros(len(drawn), dtype=int)])
        # As if there were no more examples than labels: the stand-ins do not harden the margin.
        return rows, y, weights * (len(labels) / weights.sum())

    def explain(self, position: int, most: int = 8) -> list[Reason]:
        """Return what moves a record most, strongest first; after `rank`.

        Raises
        ------
        ValueError
            Nothing has been learnt yet.
        """
        return list(self.explanation(position).reasons[:most])

    def explanation(self, position: int) -> Explanation:
        """Take the score of a record apart, wholly, into terms and read records; after `rank`.

        Raises
        ------
        ValueError
            Nothing has been learnt yet.
        """
        learnt = self._learnt
        if learnt is None:
            raise ValueError("nothing learnt yet: rank first, with at least one relevant record")
        record = self._records[position]
        shown = _whole_words(f"{record.title} {record.abstract}")
        parts: defaultdict[str, float] = defaultdict(float)
        row = self.views.text.matrix[position]
        for j, value in zip(row.indices, row.data, strict=True):
            term = str(self.views.text.terms[j])
            parts[shown.get(term, term)] += float(value * learnt.text[j])
        for word, value in self.views.letters.by_word(position, learnt.letters).items():
            parts[word] += value
        here = np.zeros(self.n)
        here[position] = 1.0
        from_others = self._neighbours.spread(here) * learnt.seeds
        reasons = [Reason(term, value) for term, value in parts.items() if value]
        reasons += [
            Reason(f"like: {self._records[j].title or self._records[j].id}", float(from_others[j]), int(j))
            for j in np.flatnonzero(from_others)
        ]  # fmt: skip
        reasons.sort(key=lambda r: (-abs(r.weight), r.term))
        return Explanation(float(learnt.scores[position]), learnt.base, tuple(reasons))


@dataclass(frozen=True)
class _Learnt:
    """Coefficients by term, by run of letters, by read record, on the scale of the total."""

    text: np.ndarray
    letters: np.ndarray
    seeds: np.ndarray
    base: float
    scores: np.ndarray


def _fit(matrix: Any, y: np.ndarray, weights: np.ndarray) -> Any:
    from sklearn.svm import LinearSVC

    # The tolerance is coarse: on the labelled reviews a finer one changes no measure.
    model = LinearSVC(C=_COST, random_state=0, tol=1e-2)
    return model.fit(matrix, y, sample_weight=weights)


def _whole_words(text: str) -> dict[str, str]:
    """Return for each stem and pair of stems the word or pair as this text has it first."""
    found = words(text)
    cut = [w[:6] for w in found]
    out: dict[str, str] = {}
    for k, (word, stem) in enumerate(zip(found, cut, strict=True)):
        out.setdefault(stem, word)
        if k:
            out.setdefault(f"{cut[k - 1]} {stem}", f"{found[k - 1]} {word}")
    return out


def _standard(scores: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Return the scores with mean 0 and standard deviation 1, and what they had."""
    mean, spread = float(scores.mean()), float(scores.std())
    if spread <= 1e-12:
        return np.zeros(len(scores)), mean, 1.0
    return (scores - mean) / spread, mean, spread
