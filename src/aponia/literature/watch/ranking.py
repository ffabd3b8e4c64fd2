"""New records in the order in which they should be read, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from aponia.literature.record import Record
from aponia.literature.screening import Ranker

__all__ = ["Ranking", "rank"]

_REASONS = 3
_EXPLAINED = 25


@dataclass(frozen=True, slots=True)
class Ranking:
    """Publications in order, the terms that moved each up, and how the order came about."""

    order: tuple[int, ...]
    why: Mapping[int, tuple[str, ...]]
    how: str


def rank(
    publications: Mapping[int, Record],
    wanted: Sequence[int],
    studies: Sequence[Record],
    decided: Mapping[int, int],
    newest: Mapping[int, str],
) -> Ranking:
    """Rank publications by the screening model, or by date when it has nothing to learn from.

    Parameters
    ----------
    publications : mapping of int to Record
        Everything in the review.
    wanted : sequence of int
        Those to rank.
    studies : sequence of Record
        The base's included studies: examples of what is relevant.
    decided : mapping of int to int
        The team's decisions, 1 for included and 0 for excluded.
    newest : mapping of int to str
        Day on which each was found, for the order without a model.
    """
    numbers = sorted(publications)
    records = [*studies, *(publications[n] for n in numbers)]
    place = {n: k for k, n in enumerate(numbers, start=len(studies))}
    labelled = [*range(len(studies)), *(place[n] for n in sorted(decided))]
    labels = [1] * len(studies) + [decided[n] for n in sorted(decided)]
    relevant, irrelevant = sum(labels), len(labels) - sum(labels)
    if not wanted:
        return Ranking((), {}, "")
    if not relevant:
        return _by_date(publications, wanted, newest, "nothing relevant is known yet")
    try:
        model = Ranker(records)
    except ValueError as error:
        return _by_date(publications, wanted, newest, str(error))
    scores = model.rank(np.array(labelled), np.array(labels))
    order = sorted(wanted, key=lambda n: (-round(float(scores[place[n]]), 9), n))
    why = {}
    for n in order[:_EXPLAINED]:
        up = [r for r in model.explanation(place[n]).reasons if r.weight > 0]
        told = [r.term for r in up if r.record is None][:_REASONS]
        like = [r.record for r in up if r.record is not None][:1]
        why[n] = (*told, *(f"like “{records[k].title or records[k].id}”" for k in like))
    team = f" and the team's decisions ({sum(decided.values())} included, {irrelevant} excluded)" if decided else ""  # fmt: skip
    how = f"ranked by the screening model, learnt from {len(studies)} studies of the base{team}"
    return Ranking(tuple(order), why, how)


def _by_date(
    publications: Mapping[int, Record], wanted: Sequence[int], newest: Mapping[int, str], why: str
) -> Ranking:
    order = sorted(wanted, key=lambda n: (newest.get(n, ""), publications[n].year or 0, -n), reverse=True)  # fmt: skip
    return Ranking(tuple(order), {}, f"not ranked, no model could be learnt ({why}); newest first")
