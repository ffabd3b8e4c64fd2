"""Replay a finished screening record by record."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from aponia.literature.record import Record
from aponia.literature.screening.features import Views
from aponia.literature.screening.metrics import order_metrics
from aponia.literature.screening.ranking import Ranker

__all__ = ["Simulation", "choose_priors", "read_labels", "simulate"]

_RELEVANT = {
    "1",
    "1.0",
    "true",
    "yes",
    "y",
    "t",
    "included",
    "include",
    "in",
    "relevant",
    "accept",
    "accepted",
    "+",
}
_NOT = {"0", "0.0", "false", "no", "n", "f", "excluded", "exclude", "out", "irrelevant", "not relevant", "reject", "rejected", "-"}  # fmt: skip


def read_labels(cells: Sequence[str]) -> list[int]:
    """Read labels as people write them: 1/0, yes/no, true/false, included/excluded, relevant/irrelevant.

    Parameters
    ----------
    cells : sequence of str
        Case and blanks around do not matter.

    Returns
    -------
    list of int
        1 relevant, 0 not.

    Raises
    ------
    ValueError
        A cell is neither; the message names the first such row, counted from 1. An empty cell is
        no label: a record nobody judged must not count as irrelevant.
    """
    out = []
    for row, cell in enumerate(cells, start=1):
        value = " ".join(cell.strip().lower().split())
        if value not in _RELEVANT and value not in _NOT:
            raise ValueError(
                f"record {row}: expected a label such as 1 or 0, yes or no, included or excluded, found {cell!r}"
            )
        out.append(int(value in _RELEVANT))
    return out


@dataclass(frozen=True)
class Simulation:
    """The order in which the records were shown, and how good it was.

    `order` holds record ids without the ones known at the start (`priors`); `recall` is the share of
    relevant records found after each of them. Records never shown come last in file order: all
    of them are irrelevant.
    """

    order: list[str]
    recall: list[float]
    wss95: float
    rrf10: float
    atd: float
    records_to_95: int
    records_to_100: int
    n: int
    relevant: int
    priors: list[str]
    seed: int
    retrainings: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe values."""
        return asdict(self)


def _check(relevant: int, irrelevant: int) -> None:
    if relevant < 2 or irrelevant < 1:
        raise ValueError(
            f"{relevant} relevant and {irrelevant} irrelevant records: a simulation needs one of each to "
            "start from and a relevant one to find, that is at least 2 relevant and 1 irrelevant"
        )


def choose_priors(labels: Sequence[int], seed: int) -> tuple[int, int]:
    """Choose one relevant and one irrelevant record.

    The draw is the one ASReview 3 makes for the same seed, so that results compare pair by pair.

    Raises
    ------
    ValueError
        There are not two relevant records and one irrelevant.
    """
    y = np.asarray(labels)
    relevant, irrelevant = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
    _check(len(relevant), len(irrelevant))
    # The legacy generator, freshly seeded for each class: its stream is fixed for ever.
    first = np.random.RandomState(seed).choice(relevant, 1, replace=False)[0]
    second = np.random.RandomState(seed).choice(irrelevant, 1, replace=False)[0]
    return int(first), int(second)


def simulate(
    records: Sequence[Record],
    labels: Sequence[int],
    *,
    seed: int = 1,
    priors: Sequence[str] | None = None,
    criteria: str = "",
    views: Views | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Simulation:
    """Screen labelled records from two known ones until every relevant record is found.

    Records are labelled one at a time, always the one ranked first. The ranking is learnt anew
    after each label up to thirty, then each time the labels have grown by a twentieth: an order a
    reviewer could really have been given, since no label is used before it was made.

    Parameters
    ----------
    records : sequence of Record, length n
    labels : sequence of int, length n
        1 relevant, 0 not.
    seed : int
        Chooses the records known at the start and every random draw after.
    priors : sequence of str, optional
        Ids of the records known at the start, instead of a random two.
    criteria : str
        Eligibility criteria in words.
    views : Views, optional
        Those of the same records, to spare the work when several seeds are run.
    progress : callable, optional
        Called with (found, relevant, what).

    Raises
    ------
    ValueError
        Fewer than two relevant records, an unknown id, or priors of one class only.
    """
    start = time.perf_counter()
    y = np.asarray(labels, dtype=int)
    if len(y) != len(records):
        raise ValueError(f"{len(records)} records and {len(y)} labels")
    _check(int(y.sum()), int((y == 0).sum()))
    if priors is None:
        known = list(choose_priors(y.tolist(), seed))
    else:
        place = {r.id: i for i, r in enumerate(records)}
        missing = [p for p in priors if p not in place]
        if missing:
            raise ValueError(f"no record has the id {missing[0]!r}")
        known = [place[p] for p in priors]
        if len({int(y[i]) for i in known}) < 2:
            raise ValueError(
                "the records known at the start must hold a relevant and an irrelevant one"
            )
    if y[known].sum() == y.sum():
        raise ValueError("every relevant record is known at the start: nothing to find")
    ranker = Ranker(records, criteria=criteria, seed=seed, views=views)
    labelled = list(known)
    seen = np.zeros(len(y), dtype=bool)
    seen[known] = True
    total = int(y.sum() - y[known].sum())
    found = retrainings = 0
    order: list[int] = []
    while found < total:
        scores = ranker.rank(np.array(labelled), y[labelled])
        retrainings += 1
        scores[seen] = -np.inf
        for i in np.argsort(-scores, kind="stable")[: _until_next(len(labelled))].tolist():
            if seen[i]:
                break
            seen[i] = True
            order.append(i)
            labelled.append(i)
            found += int(y[i])
        if progress is not None:
            progress(found, total, f"{len(order)} read")
    shown = order + [i for i in range(len(y)) if not seen[i]]
    values = order_metrics([int(y[i]) for i in shown])
    recall = (np.cumsum(y[shown]) / total).round(6).tolist()
    return Simulation(
        order=[records[i].id for i in shown], recall=recall,
        wss95=values["wss95"], rrf10=values["rrf10"], atd=values["atd"],
        records_to_95=int(values["records_to_95"]), records_to_100=int(values["records_to_100"]),
        n=len(shown), relevant=total, priors=[records[i].id for i in known], seed=seed,
        retrainings=retrainings, seconds=round(time.perf_counter() - start, 3),
    )  # fmt: skip


def _until_next(labelled: int) -> int:
    """How many records are labelled between two trainings."""
    return 1 if labelled < 30 else 1 + labelled // 20
