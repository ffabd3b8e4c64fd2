"""From judged pairs to publications: strongest first, and never against strong evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Join", "cluster"]

#: A pair inside a publication may look unlike (one record lacks pages, another has a misprint), but
#: not this unlike: three pieces of evidence against and none for.
_VETO = -4.0
#: Between two large groups not every pair is looked at.
_MOST = 6


@dataclass(frozen=True, slots=True)
class Join:
    """The pair that brought two groups together."""

    a: int
    b: int
    log_odds: float


def cluster(
    size: int,
    pairs: Sequence[tuple[int, int]],
    log_odds: Sequence[float],
    judge: Callable[[int, int], float],
    apart: frozenset[tuple[int, int]] = frozenset(),
) -> tuple[list[list[int]], list[Join], list[Join]]:
    """Group records, the most certain pair first.

    Parameters
    ----------
    size : int
        Number of records.
    pairs, log_odds : sequences of equal length
        Candidate pairs and their score; those above zero join.
    judge : callable
        Score of a pair that is no candidate.
    apart : frozenset of (int, int)
        Pairs ``(i, j)`` with ``i < j`` that a person keeps apart; they part their whole groups.

    Returns
    -------
    groups : list of list of int
        All records, every group in file order, groups in order of their first record.
    joins : list of Join
        One for each merge made: enough to explain every group and to undo any merge.
    refused : list of Join
        Pairs above zero that were kept apart by a veto.
    """
    group = list(range(size))
    members: dict[int, list[int]] = {}
    known = dict(zip(pairs, log_odds, strict=True))

    def of(i: int) -> list[int]:
        return members.get(group[i], [i])

    def between(i: int, j: int) -> float:
        key = (i, j) if i < j else (j, i)
        if key not in known:
            known[key] = judge(*key)
        return known[key]

    joins: list[Join] = []
    refused: list[Join] = []
    order = sorted(
        (k for k in range(len(pairs)) if log_odds[k] > 0), key=lambda k: (-log_odds[k], pairs[k])
    )
    for k in order:
        i, j = pairs[k]
        if group[i] == group[j]:
            continue
        left, right = of(i), of(j)
        if apart and any((min(x, y), max(x, y)) in apart for x in left for y in right):
            refused.append(Join(i, j, log_odds[k]))
            continue
        worst = min(between(x, y) for x in left[:_MOST] for y in right[:_MOST])
        if worst < _VETO:
            refused.append(Join(i, j, log_odds[k]))
            continue
        joins.append(Join(i, j, log_odds[k]))
        merged = left + right
        target = group[i]
        for x in right:
            group[x] = target
        members[target] = merged
    gathered: dict[int, list[int]] = {}
    for i in range(size):
        gathered.setdefault(group[i], []).append(i)
    return list(gathered.values()), joins, refused
