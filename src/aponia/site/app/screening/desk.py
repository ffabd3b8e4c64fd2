"""Open reviews, and the order in which each reviewer reads: the one place that ranks.

What a reviewer is shown first depends on the own decisions and on those that all reviewers of a
record have made, never on what a colleague alone has said: the order would tell it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import sqlalchemy as sa

from aponia.literature.dedupe import Publication
from aponia.literature.record import Record
from aponia.literature.screening import Ranker, check_level, needed_sample, ranked_quasi_test
from aponia.literature.store import TEAM, Board, CheckState, Review, checks, reviews
from aponia.site.app.screening.marking import telling
from aponia.site.app.screening.stopping import Stopping

__all__ = ["Desk", "Queue", "todo_of", "upcoming"]

#: How many of the records next in the queue are explained beforehand.
_EXPLAINED = 40


@dataclass(frozen=True, slots=True)
class Queue:
    """Publications in the order to read, and why each ranks where it does.

    `learnt_from` counts the decisions known when it was made (relevant, others); `learnt` are those
    decisions, label by publication.
    """

    order: tuple[int, ...] = ()
    reasons: Mapping[int, tuple[tuple[str, float], ...]] = field(default_factory=dict)
    learnt_from: tuple[int, int] = (0, 0)
    stamp: tuple[int, ...] = ()
    learnt: Mapping[int, int] = field(default_factory=dict)

    def not_learnt(self, labels: Mapping[int, int]) -> int:
        """Return how many decisions came, changed or went since the order was made."""
        both = {*labels, *self.learnt}
        return sum(labels.get(n) != self.learnt.get(n) for n in both)


class _Ranking:
    """A ranker for the records of one stage of one review; one training at a time."""

    def __init__(self, numbers: tuple[int, ...], records: list[Record], criteria: str) -> None:
        self.numbers = numbers
        self.place = {n: k for k, n in enumerate(numbers)}
        self._records = records
        self._criteria = criteria
        self._ranker: Ranker | None = None
        self._lock = threading.Lock()

    def queue(self, labels: Mapping[int, int], todo: set[int], begun: set[int], stamp: tuple[int, ...]) -> Queue:  # fmt: skip
        known = [n for n in labels if n in self.place]
        y = np.array([labels[n] for n in known], dtype=int)
        with self._lock:
            try:
                if self._ranker is None:
                    self._ranker = Ranker(self._records, criteria=self._criteria)
                at = np.array([self.place[n] for n in known], dtype=int)
                scores = self._ranker.rank(at, y)
            except ValueError:
                # Nothing to learn from (no words): the order of the files is as good as any.
                return Queue(
                    self.numbers, {}, (int(y.sum()), len(y) - int(y.sum())), stamp, dict(labels)
                )
            order = [self.numbers[k] for k in np.argsort(-scores, kind="stable")]
            reasons = {}
            soon = [n for n in order if n in begun][:_EXPLAINED]
            soon += [n for n in order if n in todo][:_EXPLAINED]
            if y.sum():
                for n in soon:
                    found = self._ranker.explain(self.place[n])
                    reasons[n] = tuple((r.term, r.weight) for r in found if telling(r.term))
        return Queue(
            tuple(order), reasons, (int(y.sum()), len(y) - int(y.sum())), stamp, dict(labels)
        )


class Desk:
    """All reviews of a database, opened once; rankings kept and renewed beside the pages.

    Parameters
    ----------
    engine : Engine
    background : bool
        Train in a thread. A page then shows the newest order that is ready.
    """

    def __init__(self, engine: sa.Engine, *, background: bool = True) -> None:
        self.engine = engine
        self._background = background
        self._lock = threading.Lock()
        self._reviews: dict[int, Review] = {}
        self._records: dict[int, tuple[int, dict[int, Publication]]] = {}
        self._rankings: dict[tuple[int, str], tuple[object, _Ranking]] = {}
        self._queues: dict[tuple[int, str, str], Queue] = {}
        self._jobs: dict[tuple[int, str, str], Future[Queue]] = {}
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ranking")

    def close(self) -> None:
        """End the training thread."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def reviews(self) -> dict[int, str]:
        """Return the names of all reviews by number."""
        return reviews(self.engine)

    def review(self, number: int) -> Review | None:
        """Return a review, or None when there is none of that number."""
        with self._lock:
            found = self._reviews.get(number)
        if found is None:
            name = self.reviews().get(number)
            if name is None:
                return None
            found = Review(self.engine, name)
            with self._lock:
                found = self._reviews.setdefault(number, found)
        return found

    def publications(self, review: Review) -> dict[int, Publication]:
        """Return all publications with their records; read anew only when records changed."""
        version = review.version()
        with self._lock:
            known = self._records.get(review.id)
        if known is not None and known[0] == version:
            return known[1]
        read = review.publications()
        with self._lock:
            self._records[review.id] = (version, read)
        return read

    # -- the order -----------------------------------------------------------------------------------

    def queue(self, review: Review, stage: str, viewer: str, board: Board, *, wait: float = 2.5) -> Queue:  # fmt: skip
        """Return the order for a reviewer; a new one is started when decisions came in.

        Parameters
        ----------
        review : Review
        stage : str
        viewer : str
        board : Board
        wait : float
            Seconds to wait for the first order there is; later ones are not waited for.
        """
        labels = board.labels(stage, viewer)
        version = review.version()
        stamp = (version, len(board.state(stage)), *sorted(d for _, d, _ in labels.values())[-1:], len(labels))  # fmt: skip
        key = (review.id, stage, viewer)
        with self._lock:
            ready = self._queues.get(key)
            job = self._jobs.get(key)
        if ready is not None and ready.stamp == stamp:
            return ready
        if not self._background:
            return self._train(review, stage, viewer, board, version, stamp)
        new = job is None or job.done()
        if job is None or new:
            job = self._pool.submit(self._train, review, stage, viewer, board, version, stamp)
            with self._lock:
                self._jobs[key] = job
        if ready is None and new:
            # Only the first page waits, and not for long: people read on in the files' order.
            try:
                return job.result(timeout=wait)
            except TimeoutError:
                return Queue()
        return ready or Queue()

    def begin(self, review: Review, stage: str, viewer: str, board: Board) -> None:
        """Start working out a reviewer's order beside the pages, if it is not there yet."""
        if self._background:
            self.queue(review, stage, viewer, board, wait=0)

    def _train(
        self, review: Review, stage: str, viewer: str, board: Board, version: int, stamp: tuple[int, ...]
    ) -> Queue:  # fmt: skip
        numbers = tuple(board.state(stage))
        identity = (version, numbers, review.criteria)
        with self._lock:
            known = self._rankings.get((review.id, stage))
        if known is not None and known[0] == identity:
            ranking = known[1]
        else:
            publications = self.publications(review)
            numbers = tuple(n for n in numbers if n in publications)
            ranking = _Ranking(numbers, [publications[n].best for n in numbers], review.criteria)
            with self._lock:
                self._rankings[review.id, stage] = (identity, ranking)
        labels = {n: label for n, (label, _, _) in board.labels(stage, viewer).items()}
        todo = set(todo_of(board, stage, viewer))
        begun = {n for n in todo if board.state(stage)[n] == "waiting"}
        # The records read next are explained beforehand: best of those begun, best of the others.
        queue = ranking.queue(labels, todo, begun, stamp)
        with self._lock:
            self._queues[review.id, stage, viewer] = queue
        return queue

    # -- when to stop ------------------------------------------------------------------------------------

    def stopping(self, review: Review, stage: str, board: Board, viewer: str | None) -> Stopping:
        """Test whether enough has been found: for a reviewer, or (None) for the team's settled records.

        Records that were looked up, not ranked, tell nothing about what the ranking leaves unread;
        they count as found (or not) before the ranked reading began.
        """
        labels = board.labels(stage, viewer)
        unread = len(checks.unread_of(board, stage, viewer or TEAM))
        target, alpha = review.settings.target, round(1 - review.settings.confidence, 6)
        ordered = sorted(labels.values(), key=lambda found: (found[2] == "ranked", found[1]))
        test = ranked_quasi_test(
            [label for label, _, _ in ordered], len(labels) + unread, target=target, alpha=alpha
        )
        check = self.check(review, stage, board, viewer)
        number = check.check.number + 1 if check else 1
        size = None
        # What was left unread for good has to be put back before one can draw from it.
        left = any(s == "removed" and (r := board.removal(n)) and r.kind == "automation" for n, s in board.state(stage).items())  # fmt: skip
        if stage == "title-abstract" and unread and not left:
            size = needed_sample(test.found, unread, target=target, alpha=check_level(number, alpha))  # fmt: skip
        own = viewer is not None and checks.scope_of(review, viewer) != TEAM
        return Stopping(test, stage, len(labels), len(labels) + unread, review.settings.confidence, own, check, number, size)  # fmt: skip

    def check(self, review: Review, stage: str, board: Board, viewer: str | None) -> CheckState | None:  # fmt: skip
        """Return what has come of the last random check of a reviewer, or (None) of the team."""
        return checks.state_of_check(review, board, reviewer=viewer or TEAM, stage=stage)

    def serving(self, review: Review, stage: str, board: Board, viewer: str) -> list[tuple[CheckState, list[int]]]:  # fmt: skip
        """Return the checks under way that a reviewer reads for, the team's first, with what is left."""
        found = [self.check(review, stage, board, None)]
        if checks.scope_of(review, viewer) != TEAM:
            found.append(self.check(review, stage, board, viewer))
        return [
            (c, left) for c in found if c is not None and (left := checks.drawn_for(board, [c], viewer))
        ]  # fmt: skip


def upcoming(queue: Queue, board: Board, stage: str, viewer: str) -> list[int]:
    """Return what a reviewer reads next, first first.

    What a colleague has begun comes before what nobody has read, each in the reviewer's own order:
    records are settled sooner, and that someone has read a record does not tell what they said.
    """
    todo = set(todo_of(board, stage, viewer))
    known = set(queue.order)
    # What came in since the order was made stands at its end until the next one is ready.
    order = [n for n in queue.order if n in todo]
    order += [n for n in board.state(stage) if n in todo and n not in known]
    return sorted(order, key=lambda n: board.state(stage)[n] != "waiting")


def todo_of(board: Board, stage: str, viewer: str) -> list[int]:
    """Return what a reviewer still has to judge: not settled, not judged by the same person."""
    return [
        n
        for n, s in board.state(stage).items()
        if s in {"open", "waiting"} and board.own(n, stage, viewer) is None
    ]
