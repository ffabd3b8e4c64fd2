"""Ranking finds what is relevant early, replays exactly, explains itself, and knows when to stop."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from aponia.literature import Record
from aponia.literature.screening import (
    Ranker,
    check_level,
    choose_priors,
    needed_sample,
    order_metrics,
    random_sample_test,
    ranked_quasi_test,
    read_labels,
    simulate,
)

_OTHER = [
    "asthma",
    "diet",
    "exercise",
    "school",
    "kidney",
    "surgery",
    "hypertension",
    "vaccine",
    "sleep",
    "bone",
    "dental",
    "eye",
    "skin",
    "cancer",
    "liver",
]
_TOPIC = [
    "psilocybin",
    "cluster",
    "headache",
    "attacks",
    "trial",
    "prophylaxis",
    "psychedelic",
    "dosing",
]


def corpus(n: int = 120, relevant: int = 12, seed: int = 3) -> tuple[list[Record], list[int]]:
    rng = random.Random(seed)
    records, labels = [], []
    for i in range(n):
        y = int(i % (n // relevant) == 5)
        words = [rng.choice(_OTHER) for _ in range(30)] + (
            [rng.choice(_TOPIC) for _ in range(8)] if y else []
        )
        rng.shuffle(words)
        records.append(
            Record(
                str(i),
                title=" ".join(words[:6]),
                abstract=" ".join(words[6:]),
                keywords=(rng.choice(_OTHER),),
                journal="J",
            )
        )
        labels.append(y)
    return records, labels


def test_a_clear_topic_is_found_first() -> None:
    records, labels = corpus()
    result = simulate(records, labels, seed=4)
    assert result.records_to_100 <= 15
    assert result.wss95 > 0.8
    assert result.recall[result.records_to_100 - 1] == 1.0


def test_the_same_seed_replays_the_same_order() -> None:
    records, labels = corpus()
    first, again = simulate(records, labels, seed=2), simulate(records, labels, seed=2)
    assert first.order == again.order
    assert len(first.order) == len(records) - 2
    assert not set(first.order) & set(first.priors)


def test_priors_are_those_of_the_peer_for_the_same_seed() -> None:
    labels = [0] * 40
    for i in (3, 9, 17, 30):
        labels[i] = 1
    relevant, irrelevant = np.flatnonzero(labels), np.flatnonzero(np.array(labels) == 0)
    for seed in range(5):
        expected = (
            np.random.RandomState(seed).choice(relevant, 1, replace=False),
            np.random.RandomState(seed).choice(irrelevant, 1, replace=False),
        )
        assert choose_priors(labels, seed) == (expected[0][0], expected[1][0])
    with pytest.raises(ValueError, match="1 relevant"):
        choose_priors([1, 0, 0], 1)


def test_metrics_by_hand() -> None:
    values = order_metrics([1, 0, 1, 0, 0, 0, 0, 0, 0, 0])
    assert values["records_to_95"] == 3
    assert values["wss95"] == pytest.approx(1 - 0.3 - 0.05)
    assert values["rrf10"] == 0.5
    assert values["atd"] == pytest.approx((1 + 3) / 2 / 10)
    with pytest.raises(ValueError, match="nothing to find"):
        order_metrics([0, 0])


def test_criteria_help_before_anything_is_known() -> None:
    records, labels = corpus()
    ranker = Ranker(
        records, criteria="Trials of psilocybin or another psychedelic for cluster headache attacks"
    )
    scores = ranker.rank(np.array([0]), np.array([0]))
    top = np.argsort(-scores)[:12]
    assert sum(labels[i] for i in top) >= 11


def test_an_explanation_names_the_terms_that_raise_a_record() -> None:
    records, labels = corpus()
    known = [5, 15, 25, 0, 1, 2]
    ranker = Ranker(records)
    with pytest.raises(ValueError, match="rank first"):
        ranker.explain(35)
    ranker.rank(np.array(known), np.array([labels[i] for i in known]))
    terms = [r for r in ranker.explain(35, most=30) if r.record is None]
    assert terms[0].weight > 0
    # Whole words of the record, not the stems they are counted by.
    assert set(terms[0].term.split()) & set(_TOPIC)
    alike = [r for r in ranker.explanation(35).reasons if r.record is not None]
    assert {r.record for r in alike} <= set(known)
    assert all(r.term.startswith("like: ") for r in alike)


@settings(max_examples=6, deadline=None)
@given(known=st.sets(st.integers(0, 49), min_size=1, max_size=20), seed=st.integers(0, 9))
def test_an_explanation_adds_up_to_the_score_that_ranks(known: set[int], seed: int) -> None:
    """What is shown is the model that ranks: the reasons and the base are the score."""
    records, labels = corpus(n=50, relevant=5)
    read = np.array([5, *sorted(known - {5})])
    ranker = Ranker(records, seed=seed)
    scores = ranker.rank(read, np.array([labels[i] for i in read]))
    for position in (0, 5, 17, 35, 49):
        told = ranker.explanation(position)
        assert told.score == scores[position]
        assert told.base + sum(r.weight for r in told.reasons) == pytest.approx(
            scores[position], abs=1e-3
        )


def test_a_ranking_does_not_depend_on_the_one_before() -> None:
    records, labels = corpus()
    used, fresh = Ranker(records), Ranker(records)
    used.rank(np.array([5, 0]), np.array([1, 0]))
    known = np.array([5, 15, 0, 1])
    y = np.array([labels[i] for i in known])
    assert (used.rank(known, y) == fresh.rank(known, y)).all()


def test_a_member_learns_when_no_irrelevant_record_is_known() -> None:
    records, labels = corpus()
    scores = Ranker(records).rank(np.array([5, 15]), np.array([1, 1]))
    unread = [i for i in np.argsort(-scores) if i not in (5, 15)]
    assert sum(labels[i] for i in unread[:10]) >= 8
    # And when everything is read and relevant there is nothing to rank.
    assert not Ranker(records[:3]).rank(np.arange(3), np.ones(3)).any()


def test_the_smallest_review_runs_and_impossible_ones_say_why() -> None:
    records, _ = corpus(n=3, relevant=1)
    tiny = simulate(records, [1, 0, 1], seed=1)
    assert tiny.order
    assert tiny.records_to_100 == 1
    with pytest.raises(ValueError, match="3 relevant and 0 irrelevant"):
        simulate(records, [1, 1, 1])
    with pytest.raises(ValueError, match="0 relevant and 3 irrelevant"):
        simulate(records, [0, 0, 0])
    with pytest.raises(ValueError, match="3 records and 2 labels"):
        simulate(records, [1, 0])
    with pytest.raises(ValueError, match="every relevant record is known"):
        simulate(records, [1, 0, 1], priors=["0", "1", "2"])


def test_titles_alone_are_enough() -> None:
    records, labels = corpus()
    bare = [Record(r.id, title=f"{r.title} {r.abstract}") for r in records]
    assert simulate(bare, labels, seed=4).records_to_100 <= 20


def test_labels_are_read_as_people_write_them() -> None:
    assert read_labels(["1", "0", " Yes", "NO", "TRUE", "false", "Included", "excluded"]) == [
        1, 0, 1, 0, 1, 0, 1, 0]  # fmt: skip
    assert read_labels(["relevant", "Irrelevant", "not  relevant", "1.0", "0.0"]) == [1, 0, 0, 1, 0]
    # No label is not "irrelevant".
    with pytest.raises(ValueError, match="record 2"):
        read_labels(["1", ""])
    with pytest.raises(ValueError, match="'maybe'"):
        read_labels(["maybe"])


def test_records_without_text_do_not_stop_the_ranking() -> None:
    records, _ = corpus()
    records[7] = Record("7")
    assert np.isfinite(Ranker(records).rank(np.array([5, 0]), np.array([1, 0]))).all()
    with pytest.raises(ValueError, match="nothing to learn"):
        Ranker([Record("a"), Record("b")])


def test_stop_p_value_is_the_hypergeometric_one() -> None:
    # 19 found; 95 % of recall allows 1 missed of 20, so 2 missed must be rejected.
    result = random_sample_test(19, 100, [0] * 60, target=0.95)
    assert result.p == pytest.approx(hypergeom.cdf(0, 100, 2, 60))
    assert not result.stop
    assert random_sample_test(19, 100, [0] * 80, target=0.95).stop
    assert random_sample_test(19, 10, [0] * 10, target=0.95).p == 0.0


def test_needed_sample_is_the_smallest_that_suffices() -> None:
    size = needed_sample(40, 500, target=0.95, alpha=0.05)
    assert random_sample_test(40, 500, [0] * size).stop
    assert not random_sample_test(40, 500, [0] * (size - 1)).stop
    assert needed_sample(0, 0) == 0


def test_the_guarantee_holds_over_random_samples() -> None:
    """Of reviews stopped below the target no more than alpha, whatever is missed."""
    rng = np.random.default_rng(1)
    found, unread, target, alpha = 30, 400, 0.9, 0.1
    for missed in (4, 6, 10):
        wrong = 0
        for _ in range(400):
            urn = np.zeros(unread, dtype=int)
            urn[:missed] = 1
            sample = rng.permutation(urn)[:200]
            result = random_sample_test(found, unread, sample.tolist(), target=target, alpha=alpha)
            recall = result.found / (found + missed)
            wrong += result.stop and recall < target
        assert wrong / 400 <= alpha + 0.03


def test_repeated_random_checks_together_keep_to_alpha() -> None:
    """Checked again and again until it says stop, it may be wrong in no more than alpha."""
    assert sum(check_level(k, 0.1) for k in range(1, 60)) <= 0.1
    with pytest.raises(ValueError, match="check is 0"):
        check_level(0)
    rng = np.random.default_rng(2)
    alpha, target, wrong, runs = 0.1, 0.9, 0, 300
    for _ in range(runs):
        urn = np.zeros(300, dtype=int)
        urn[:6] = 1
        urn = rng.permutation(urn)
        found, check = 30, 0
        while len(urn):
            check += 1
            level = check_level(check, alpha)
            size = needed_sample(found, len(urn), target=target, alpha=level)
            test = random_sample_test(
                found, len(urn), urn[:size].tolist(), target=target, alpha=level
            )
            found, urn = test.found, urn[size:]
            if test.stop:
                break
        wrong += found / 36 < target
    assert wrong / runs <= alpha + 0.03


@settings(max_examples=60, deadline=None)
@given(labels=st.lists(st.integers(0, 1), min_size=1, max_size=60), unread=st.integers(0, 100))
def test_ranked_test_is_sound_and_never_nan(labels: list[int], unread: int) -> None:
    n = len(labels) + unread
    result = ranked_quasi_test(labels, n)
    assert 0 <= result.p <= 1
    assert 0 <= result.recall_at_least <= 1
    if unread == 0 and sum(labels):
        assert result.stop
        assert result.recall_at_least == 1.0
    if not any(labels):
        assert not result.stop
    assert result.sentence()
