"""Rank the records not yet read by how likely they are relevant, and say why.

Each view of the text (`Views`) has a linear support vector machine of its own, learnt from the
labels and from a random draw of records not yet read, which stand in for irrelevant ones: in a
search result nearly all are (Cormack & Grossman 2015, AutoTAR). With one label of each kind they
tell what is usual in this search, and so what is particular about the relevant record. The
scores are standardised and added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from aponia.literature.record import Record
from aponia.literature.screening.features import Views

__all__ = ["Ranker", "Reason"]

#: Number of unread records drawn as stand-ins, and their share of the irrelevant side's weight.
_DRAWN = 200
_SHARE = 0.5
#: Cost of a wrong label in the support vector machine.
_COST = 0.11


@dataclass(frozen=True, slots=True)
class Reason:
    """A term of a record and how much it moved the record up (or down, when negative)."""

    term: str
    weight: float


class Ranker:
    """Learns from labels; keeps the views of the text between trainings.

    Parameters
    ----------
    records : sequence of Record, length n
    criteria : str
        The eligibility criteria in words. They rank alone until a relevant record is known; after
        that a plain likeness to them was measured to do harm, and they are left out.
    seed : int
        Of the random draws.

    Raises
    ------
    ValueError
        No record has a word in it.
    """

    def __init__(self, records: Sequence[Record], *, criteria: str = "", seed: int = 1) -> None:
        self.n = len(records)
        self.views = Views.of(records)
        self._random = np.random.default_rng(seed)
        self._criteria = _standard(self.views.likeness(criteria)) if criteria.strip() else None
        self._models: list[Any] = []

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
            Standardised sum over the views; only the order has a meaning.
        """
        labels = np.asarray(labels)
        relevant = int(labels.sum())
        if relevant == 0:
            # Nothing relevant is known yet: the criteria are all there is.
            return self._criteria.copy() if self._criteria is not None else np.zeros(self.n)
        total = np.zeros(self.n)
        self._models = []
        for view, share in self._members(relevant):
            model = self._fit(view, labelled, labels, share)
            self._models.append(model)
            total += _standard(model.decision_function(view))
        return total

    def _members(self, relevant: int) -> list[tuple[Any, float]]:
        """Return views with their share of stand-ins; one relies on them only while labels are few."""
        few = max(0.1, min(0.6, 4 / (4 + relevant)))
        v = self.views
        return [(v.text, _SHARE), (v.rich, _SHARE), (v.themes, _SHARE), (v.text, few)]

    def _fit(self, view: Any, labelled: np.ndarray, labels: np.ndarray, wanted: float) -> Any:
        from sklearn.svm import LinearSVC

        unread = np.ones(self.n, dtype=bool)
        unread[labelled] = False
        pool = np.flatnonzero(unread)
        drawn = self._random.choice(pool, min(_DRAWN, len(pool)), replace=False)
        relevant = int(labels.sum())
        irrelevant = len(labels) - relevant
        share = (wanted if irrelevant else 1.0) if len(drawn) else 0.0
        weights = np.concatenate([
            np.where(labels == 1, 1.0 / relevant, (1.0 - share) / max(irrelevant, 1)),
            np.full(len(drawn), share / max(len(drawn), 1)),
        ])  # fmt: skip
        y = np.concatenate([labels, np.zeros(len(drawn), dtype=int)])
        rows = np.concatenate([labelled, drawn])
        keep = weights > 0
        model = LinearSVC(C=_COST, random_state=0)
        model.fit(view[rows[keep]], y[keep], sample_weight=weights[keep] / weights[keep].mean())
        return model

    def explain(self, position: int, most: int = 8) -> list[Reason]:
        """Return the terms that moved a record most, strongest first; after `rank`.

        Raises
        ------
        ValueError
            Nothing has been learnt yet.
        """
        if not self._models:
            raise ValueError("nothing learnt yet: rank first, with at least one relevant record")
        row = self.views.rich[position]
        parts = row.data * self._models[1].coef_[0][row.indices]
        order = np.argsort(-np.abs(parts))[:most]
        return [Reason(str(self.views.rich_terms[row.indices[k]]), float(parts[k])) for k in order]


def _standard(scores: np.ndarray) -> np.ndarray:
    spread = float(scores.std())
    return np.asarray((scores - scores.mean()) / spread if spread > 0 else np.zeros_like(scores))
