"""A running screening: the next record at once, while the ranking is learnt beside it.

A page must not wait for a model. `LiveQueue` hands out the newest order that is ready and learns
the next one in a thread; records may be added while it runs.

What was shown stays reproducible: a ranking depends on the records, the first so many decisions of
the trail, and the seed alone, and each `Shown` names how many of both its order knew. `order_at`
computes that very order again.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np

from aponia.literature.record import Record
from aponia.literature.screening.ranking import Ranker, Reason

__all__ = ["LiveQueue", "Shown"]


@dataclass(frozen=True, slots=True)
class Shown:
    """A record to read next, and what its order was learnt from."""

    record: Record
    learnt_from: int
    records_known: int


@dataclass(frozen=True, slots=True)
class _Order:
    order: tuple[int, ...]
    learnt_from: int
    records_known: int


class LiveQueue:
    """Records in the order to read, learnt anew in the background after each decision.

    Parameters
    ----------
    records : sequence of Record
        In a fixed order; ids must differ.
    trail : sequence of (str, int)
        Decisions so far: record id, and 1 for relevant, 0 for not; a later one replaces.
    criteria : str
    seed : int
    background : bool
        False learns within each call of `next`, which then waits.

    Raises
    ------
    ValueError
        Two records with one id, or a decision on an unknown record.
    """

    def __init__(
        self,
        records: Sequence[Record],
        trail: Sequence[tuple[str, int]] = (),
        *,
        criteria: str = "",
        seed: int = 1,
        background: bool = True,
    ) -> None:
        self._criteria, self._seed, self._background = criteria, seed, background
        self._records: list[Record] = []
        self._place: dict[str, int] = {}
        self._trail: list[tuple[str, int]] = []
        self._changed = threading.Condition()
        self._learning = threading.Lock()
        self._ranker: Ranker | None = None
        self._ready = _Order((), 0, 0)
        self._failure: Exception | None = None
        self._thread: threading.Thread | None = None
        self._closed = False
        with self._changed:
            self._append(records)
            for id_, label in trail:
                self._note(id_, label)
        self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def trail(self) -> tuple[tuple[str, int], ...]:
        """All decisions, in the order they were made."""
        with self._changed:
            return tuple(self._trail)

    def decide(self, record_id: str, label: int) -> None:
        """Note a decision and let the ranking learn it; returns at once.

        Raises
        ------
        ValueError
            An unknown record, or a label that is neither 0 nor 1.
        """
        with self._changed:
            self._note(record_id, label)
        self._start()

    def add(self, records: Sequence[Record]) -> None:
        """Add records; until they are ranked they come after the ranked ones. Returns at once.

        Raises
        ------
        ValueError
            An id that is there already; none of the records is added then.
        """
        with self._changed:
            self._append(records)
        self._start()

    def next(self, count: int = 1) -> list[Shown]:
        """Return the undecided records to read next, best first, by the newest order ready."""
        if not self._background:
            self._catch_up()
        with self._changed:
            ready = self._ready
            decided = {self._place[i] for i, _ in self._trail}
            order = [*ready.order, *range(ready.records_known, len(self._records))]
            best = [k for k in order if k not in decided][:count]
            return [Shown(self._records[k], ready.learnt_from, ready.records_known) for k in best]

    def explain(self, record_id: str, most: int = 8) -> list[Reason]:
        """Return why a record ranks where it does by the newest order; waits for a training.

        Empty as long as nothing has been learnt, or when the record is newer than the order.
        """
        with self._learning:
            with self._changed:
                place = self._place.get(record_id, -1)
                known = self._ready.records_known
            if self._ranker is None or not 0 <= place < known:
                return []
            try:
                return self._ranker.explain(place, most)
            except ValueError:
                return []

    def settle(self, timeout: float | None = None) -> bool:
        """Wait until all decisions are learnt; False when the time, in seconds, did not suffice.

        Raises
        ------
        Exception
            What stopped the training, if something did.
        """
        if not self._background:
            self._catch_up()
        with self._changed:
            done = self._changed.wait_for(
                lambda: self._failure is not None or self._closed or not self._behind(), timeout
            )
            if self._failure is not None:
                raise self._failure
            return done

    def close(self) -> None:
        """Stop learning; what is noted stays."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()

    def order_at(self, learnt_from: int, records_known: int) -> list[str]:
        """Return the order, as ids, that these many decisions and records give; for audits."""
        with self._changed:
            records = self._records[:records_known]
            trail = self._trail[:learnt_from]
        _, order = _learn(None, records, self._labels(trail), self._criteria, self._seed)
        return [records[k].id for k in order]

    def _append(self, records: Sequence[Record]) -> None:
        ids = [r.id for r in records]
        if len(set(ids)) < len(ids) or not self._place.keys().isdisjoint(ids):
            twice = next(i for k, i in enumerate(ids) if i in self._place or i in ids[:k])
            raise ValueError(f"two records have the id {twice!r}")
        for record in records:
            self._place[record.id] = len(self._records)
            self._records.append(record)

    def _note(self, record_id: str, label: int) -> None:
        if record_id not in self._place:
            raise ValueError(f"no record has the id {record_id!r}")
        if label not in (0, 1):
            raise ValueError(f"label is {label!r}, expected 1 (relevant) or 0")
        self._trail.append((record_id, int(label)))

    def _labels(self, trail: Sequence[tuple[str, int]]) -> dict[int, int]:
        return {self._place[i]: label for i, label in trail}

    def _behind(self) -> bool:
        ready = self._ready
        return (ready.learnt_from, ready.records_known) != (len(self._trail), len(self._records))

    def _start(self) -> None:
        """Wake the thread, or start it."""
        if not self._background:
            return
        with self._changed:
            self._failure = None
            self._changed.notify_all()
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._work, name="screening", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._closed or (self._failure is None and self._behind())
                )
                if self._closed:
                    return
            try:
                self._catch_up()
            except Exception as error:
                # Kept for `settle`; the newest order that was ready goes on being served.
                with self._changed:
                    self._failure = error
                    self._changed.notify_all()

    def _catch_up(self) -> None:
        """Learn what is noted now and publish the order."""
        with self._learning:
            with self._changed:
                if not self._behind():
                    return
                records, trail = tuple(self._records), tuple(self._trail)
                labels = self._labels(trail)
            self._ranker, order = _learn(self._ranker, records, labels, self._criteria, self._seed)
            with self._changed:
                self._ready = _Order(tuple(order), len(trail), len(records))
                self._changed.notify_all()


def _learn(
    ranker: Ranker | None,
    records: Sequence[Record],
    labels: Mapping[int, int],
    criteria: str,
    seed: int,
) -> tuple[Ranker | None, list[int]]:
    """Return the ranker for these records, and the order it gives."""
    if ranker is None or ranker.n != len(records):
        try:
            ranker = Ranker(records, criteria=criteria, seed=seed)
        except ValueError:
            # No words anywhere: the order of the files is as good as any.
            return None, list(range(len(records)))
    labelled = np.array(list(labels), dtype=int)
    y = np.array(list(labels.values()), dtype=int)
    return ranker, np.argsort(-ranker.rank(labelled, y), kind="stable").tolist()
