"""A page gets the next record at once, and every order can be computed again from the trail."""

from __future__ import annotations

import random
import threading
import time

import pytest

from aponia.literature import Record
from aponia.literature.screening import LiveQueue, Ranker
from aponia.literature.screening import live as module

_COMMON = [
    "asthma",
    "diet",
    "exercise",
    "school",
    "kidney",
    "surgery",
    "vaccine",
    "sleep",
    "bone",
    "dental",
]
_TOPIC = ["psilocybin", "cluster", "headache", "attacks", "prophylaxis"]


def records(first: int, last: int) -> list[Record]:
    rng = random.Random(first)
    out = []
    for i in range(first, last):
        words = rng.choices(_COMMON, k=20) + (rng.choices(_TOPIC, k=6) if i % 8 == 3 else [])
        rng.shuffle(words)
        out.append(Record(f"r{i}", title=" ".join(words[:5]), abstract=" ".join(words[5:])))
    return out


def relevant(record_id: str) -> int:
    return int(int(record_id[1:]) % 8 == 3)


def test_the_next_record_comes_while_a_model_is_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    """A training that never ends must not stop the page."""
    go_on = threading.Event()
    true_rank = Ranker.rank

    def slow(self: Ranker, *args: object) -> object:
        go_on.wait(20)
        return true_rank(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Ranker, "rank", slow)
    with LiveQueue(records(0, 60)) as queue:
        start = time.perf_counter()
        seen = []
        for _ in range(5):
            [shown] = queue.next()
            seen.append(shown.record.id)
            queue.decide(shown.record.id, relevant(shown.record.id))
        assert time.perf_counter() - start < 5
        # Without an order the files' own is served, and nothing twice.
        assert seen == [f"r{i}" for i in range(5)]
        assert not queue.settle(0.01)
        go_on.set()
        assert queue.settle(60)
        assert queue.next()[0].learnt_from == 5
        assert relevant(queue.next()[0].record.id)


def test_an_order_is_the_same_when_computed_again_from_the_trail() -> None:
    trail = [("r3", 1), ("r0", 0), ("r11", 1), ("r1", 0), ("r1", 1), ("r1", 0)]
    with LiveQueue(records(0, 60), trail, seed=4) as queue:
        assert queue.settle(60)
        shown = queue.next(60)
    again = LiveQueue(records(0, 60), trail, seed=4, background=False)
    assert [s.record.id for s in again.next(60)] == [s.record.id for s in shown]
    order = queue.order_at(shown[0].learnt_from, shown[0].records_known)
    decided = {i for i, _ in trail}
    assert [i for i in order if i not in decided] == [s.record.id for s in shown]
    # And step by step in the foreground the same as all at once: no ranking leans on the last.
    steps = LiveQueue(records(0, 60), seed=4, background=False)
    for record_id, label in trail:
        steps.next()
        steps.decide(record_id, label)
    assert steps.next(60) == again.next(60)
    assert steps.trail == tuple(trail)


def test_records_added_later_are_ranked_with_the_rest() -> None:
    with LiveQueue(records(0, 40), [("r3", 1), ("r11", 1), ("r0", 0), ("r1", 0)]) as queue:
        assert queue.settle(60)
        new = records(40, 80)
        queue.add(new)
        # Nothing is lost before they are ranked.
        assert {s.record.id for s in queue.next(100)} >= {r.id for r in new}
        assert queue.settle(60)
        shown = queue.next(8)
        assert shown[0].records_known == 80
        assert all(relevant(s.record.id) for s in shown)
        assert any(int(s.record.id[1:]) >= 40 for s in shown)
        assert queue.explain(shown[0].record.id)[0].weight > 0
        with pytest.raises(ValueError, match="'r5'"):
            queue.add([Record("fresh"), Record("r5")])
        assert "fresh" not in {s.record.id for s in queue.next(100)}


def test_wrong_decisions_are_refused() -> None:
    queue = LiveQueue(records(0, 10), background=False)
    with pytest.raises(ValueError, match="nobody"):
        queue.decide("nobody", 1)
    with pytest.raises(ValueError, match="expected 1"):
        queue.decide("r1", 2)
    assert queue.trail == ()
    assert queue.explain("r1") == []


def test_a_training_that_fails_is_told_and_the_page_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> object:
        raise MemoryError("no room")

    with LiveQueue(records(0, 20)) as queue:
        assert queue.settle(60)
        monkeypatch.setattr(module, "_learn", broken)
        queue.decide("r0", 0)
        with pytest.raises(MemoryError, match="no room"):
            queue.settle(60)
        assert queue.next()[0].record.id != "r0"
        monkeypatch.undo()
        queue.decide("r3", 1)
        assert queue.settle(60)
        assert queue.next()[0].learnt_from == 2


def test_records_without_words_keep_the_order_of_the_file() -> None:
    with LiveQueue([Record("a"), Record("b"), Record("c")], [("a", 1)]) as queue:
        assert queue.settle(60)
        assert [s.record.id for s in queue.next(5)] == ["b", "c"]
    assert LiveQueue([], background=False).next() == []
