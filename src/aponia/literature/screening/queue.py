"""What a reviewer reads next, from a review in the database."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from aponia.literature.screening.ranking import Ranker
from aponia.literature.screening.stopping import ranked_quasi_test

if TYPE_CHECKING:
    from aponia.literature.store import Review

__all__ = ["next_records", "progress_of"]

_REASONS = 8


def _labels(review: Review, stage: str) -> dict[int, int]:
    """Turn what all reviewers have said into one label each; an open conflict counts as relevant."""
    votes: dict[int, list[str]] = {}
    for d in review.decisions(stage):
        votes.setdefault(int(d["publication_id"]), []).append(str(d["verdict"]))
    return {n: int(any(v in {"include", "unsure"} for v in said)) for n, said in votes.items()}


def next_records(
    review: Review, reviewer: str, *, stage: str = "title-abstract", count: int = 10
) -> list[dict[str, Any]]:
    """Return the publications this reviewer should read next, most likely relevant first.

    The ranking learns from everyone's decisions; what is shown holds none of them, so a second
    reviewer stays blind. Publications that another reviewer has begun come before untouched ones of
    like score only by their score: order tells nothing of a verdict.

    Parameters
    ----------
    review : Review
    reviewer : str
    stage : str
    count : int

    Returns
    -------
    list of dict
        ``publication record score reasons``.
    """
    publications = review.publications()
    states = review.state(stage)
    mine = {int(d["publication_id"]) for d in review.decisions(stage, reviewer=reviewer)}
    numbers = [n for n in publications if n in states]
    todo = [n for n in numbers if n not in mine and states[n] in {"open", "waiting"}]
    if not todo:
        return []
    labels = _labels(review, stage)
    known = [k for k, n in enumerate(numbers) if n in labels]
    best = [publications[n].best for n in numbers]
    ranker = Ranker(best, criteria=review.criteria)
    y = np.array([labels[numbers[k]] for k in known], dtype=int)
    scores = ranker.rank(np.array(known, dtype=int), y)
    place = {n: k for k, n in enumerate(numbers)}
    ranked = sorted(todo, key=lambda n: -scores[place[n]])[:count]
    out = []
    for n in ranked:
        # Terms only: that a record is like a certain read one would tell what a colleague decided.
        told = ranker.explanation(place[n]).reasons if y.sum() else ()
        reasons = [r for r in told if r.record is None][:_REASONS]
        record = best[place[n]].to_dict()
        record.pop("raw")
        out.append({"publication": n, "record": record, "score": float(scores[place[n]]),
                    "reasons": [{"term": r.term, "weight": r.weight} for r in reasons]})  # fmt: skip
    return out


def progress_of(review: Review, stage: str = "title-abstract") -> dict[str, Any]:
    """Return how far a stage is, and whether it may stop."""
    states = review.state(stage)
    order: dict[int, int] = {}
    for d in review.decisions(stage):
        order.setdefault(int(d["publication_id"]), 0)
    labels = _labels(review, stage)
    test = ranked_quasi_test([labels[n] for n in order], max(len(states), len(order)))
    counts = Counter(states.values())
    return {
        "publications": len(states), "decided": counts["included"] + counts["excluded"] + counts["not-retrieved"],
        "states": dict(counts), "may_stop": test.stop, "recall_at_least": round(test.recall_at_least, 4), "stopping": test.sentence(),
    }  # fmt: skip
