"""Explored views: the reviewed answer at the start, never more certain than it, always sayable."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aponia import answers, evidence, meta
from aponia.answers.certainty import suggest
from aponia.answers.explore import can_explore, explore, why_not
from aponia.answers.explore_choices import (
    LABELS,
    OPTIONS,
    ChoiceError,
    read_choices,
    reviewed_choices,
)
from aponia.answers.explore_models import pool_as
from aponia.answers.guard import sentence_strength
from aponia.answers.layers import Layer
from aponia.answers.model import Effect
from aponia.answers.pooling import pool_effects
from aponia.answers.select import select, trials_for
from aponia.answers.standard import standardised_benefit
from aponia.appraisal import LEVELS, Certainty


@pytest.fixture(scope="module")
def base():
    return evidence.load()


@pytest.fixture(scope="module")
def found(base):
    return answers.answer_all(base)


def view(base, found, question, pairs=(), answer=None):
    asked, reviewed = base.questions[question], answer or found[question]
    choices, start = read_choices(pairs, asked, reviewed)
    return explore(base, asked, reviewed, choices, start)


def attempt(call):
    """Return (result, ()) or (None, problems)."""
    try:
        return call(), ()
    except ChoiceError as error:
        return None, error.problems


def test_the_reviewed_choices_give_the_reviewed_answer_for_every_question(base, found):
    explored = 0
    for question in base.questions.values():
        reviewed = found[question.id]
        if not can_explore(question, reviewed):
            assert why_not(question, reviewed).endswith(".")
            continue
        explored += 1
        again = view(base, found, question.id)
        # repr: NaN is equal to itself there, and every field counts
        assert repr(again.headline) == repr(reviewed.headline), question.id
        assert repr(again.certainty) == repr(reviewed.certainty), question.id
        assert again.differences == ()
        assert not again.held
        if reviewed.status == "answered":
            assert again.sentences == reviewed.sentences, question.id
            assert again.direction == reviewed.direction
        else:
            assert again.sentences is None
    assert len(base.questions) == 47
    assert explored > 10


def test_every_question_with_a_randomised_headline_can_be_explored(base, found):
    for question in base.questions.values():
        if found[question.id].status == "answered":
            assert can_explore(question, found[question.id])


QUESTION = "ketamine-neuropathic-pain"


@st.composite
def _pairs(draw, base, reviewed):
    question = base.questions[reviewed.id]
    pairs = []
    options = {"outcome": [o.construct for o in question.outcomes]} | OPTIONS
    for name, values in options.items():
        if draw(st.booleans()):
            pairs.append((name, draw(st.sampled_from(list(values)))))
    days = sorted(draw(st.lists(st.integers(0, 400), min_size=3, max_size=3)))
    for name, day in zip(("min", "target", "max"), days, strict=True):
        pairs.append((name, draw(st.sampled_from([str(day), ""]))))
    if draw(st.booleans()):
        pairs.append(("scale", f"{draw(st.floats(0.001, 1000)):g}"))
    if draw(st.booleans()):
        pairs.append(("correlation", f"{draw(st.floats(0, 0.99)):g}"))
    trials = reviewed.layers[0].studies
    pairs += [("out", s) for s in draw(st.sets(st.sampled_from(trials), max_size=3))]
    return pairs


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(data=st.data())
def test_any_choices_give_a_view_or_a_message_and_never_more_certainty(base, found, data):
    explorable = [q for q, a in found.items() if can_explore(base.questions[q], a)]
    question = data.draw(st.sampled_from(explorable))
    reviewed = found[question]
    pairs = data.draw(_pairs(base, reviewed))
    seen, problems = attempt(lambda: view(base, found, question, pairs))
    if seen is None:
        assert problems
        assert all(name in LABELS and said for name, said in problems)
        return
    rank = LEVELS.index
    assert rank(seen.certainty.level) <= rank(reviewed.certainty.level)
    assert {t.study for t in seen.trials} >= set(seen.choices.out)
    assert all(t.why for t in seen.trials)
    assert sum(t.used for t in seen.trials) == (len(seen.headline.rows) if seen.headline else 0)
    assert (seen.sentences is None) == (seen.headline is None)
    for synthesis in seen.syntheses:
        if synthesis.kind in ("pooled", "single"):
            assert synthesis.ci_lower <= synthesis.estimate <= synthesis.ci_upper
    if seen.sentences:
        claimed = sentence_strength(seen.sentences.plain)
        assert claimed is None or rank(claimed) <= rank(seen.certainty.level)
    json.dumps(seen.to_dict(), allow_nan=False)
    # the address of a view leads back to the same view, and says no more than is needed
    again, start = read_choices(seen.choices.pairs(seen.reviewed), base.questions[question], reviewed)  # fmt: skip
    assert again == seen.choices
    assert again.pairs(start) == seen.choices.pairs(seen.reviewed)
    assert {d.name for d in seen.differences} == set(seen.choices.differing(seen.reviewed))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(pairs=st.lists(st.tuples(st.one_of(st.sampled_from(list(LABELS)), st.text(max_size=8)), st.text(max_size=12)), max_size=6))  # fmt: skip
def test_any_text_is_read_or_refused_in_words(base, found, pairs):
    read, problems = attempt(lambda: read_choices(pairs, base.questions[QUESTION], found[QUESTION]))
    assert (read is None) == bool(problems)
    assert all(said and len(said) < 1000 for _, said in problems)


@pytest.mark.parametrize(
    ("pairs", "field"),
    [
        ([("model", "magic")], "model"),
        ([("min", "-1")], "min"),
        ([("min", "1.5")], "min"),
        ([("max", "999999999999")], "max"),
        ([("min", "30"), ("max", "10"), ("target", "20")], "target"),
        ([("scale", "0")], "scale"),
        ([("scale", "nan")], "scale"),
        ([("scale", "inf")], "scale"),
        ([("correlation", "1")], "correlation"),
        ([("level", "0.5")], "level"),
        ([("out", "no-such-trial")], "out"),
        ([("outcome", "happiness")], "outcome"),
        ([("model", "REML"), ("model", "DL")], "model"),
        ([("model", "FE"), ("test", "knha")], "test"),
        ([("metod", "REML")], "metod"),
    ],
)
def test_a_value_that_can_not_be_used_is_named(base, found, pairs, field):
    with pytest.raises(ChoiceError) as caught:
        read_choices(pairs, base.questions[QUESTION], found[QUESTION])
    assert [name for name, _ in caught.value.problems] == [field]


POOLED = "ketamine-acute-headache"


def test_each_estimator_gives_what_the_pooling_engine_gives(base, found):
    reviewed = next(s for s in found[POOLED].layers[0].syntheses if s.kind == "pooled")
    effects = [r.effect for r in reviewed.rows if r.effect and r.effect.has_interval]
    y, v = [e.y for e in effects], [e.v for e in effects]
    for method in OPTIONS["model"]:
        for test in OPTIONS["test"]:
            if method == "bayes" or (method == "FE" and test != "z"):
                continue
            seen = view(base, found, POOLED, [("model", method), ("test", test), ("level", "0.9")])
            mine = next(s for s in seen.syntheses if s.kind == "pooled")
            expected = meta.pool(y, v, method=method, test=test, level=0.9)
            assert mine.estimate == pytest.approx(expected.coef[0])
            assert (mine.ci_lower, mine.ci_upper) == pytest.approx((expected.ci_lower[0], expected.ci_upper[0]))  # fmt: skip
            assert mine.level == 0.9
            assert "90% interval" in seen.sizes[0]
            assert math.isnan(mine.pi_lower) == (method == "FE")


def test_a_prior_is_the_one_asked_for(base, found):
    seen = view(base, found, POOLED, [("prior", "half-cauchy"), ("scale", "2.5")])
    mine = next(s for s in seen.syntheses if s.kind == "pooled")
    reviewed = next(s for s in found[POOLED].layers[0].syntheses if s.kind == "pooled")
    effects = [r.effect for r in reviewed.rows if r.effect and r.effect.has_interval]
    fit = meta.bayes([e.y for e in effects], [e.v for e in effects], tau_prior="half-cauchy(2.5)")
    assert mine.estimate == pytest.approx(float(fit.mean.median))
    assert "half-cauchy(2.5)" in mine.method


def test_the_time_window_decides_which_results_count(base, found):
    wide = view(base, found, QUESTION, [("min", "0"), ("max", "")])
    none = view(base, found, QUESTION, [("min", "36000"), ("max", ""), ("target", "")])
    assert wide.headline is not None
    assert none.headline is None
    assert none.sentences is None
    assert all(not t.used for t in none.trials)


def test_leaving_out_every_trial_leaves_nothing_to_say(base, found):
    trials = found[QUESTION].layers[0].studies
    seen = view(base, found, QUESTION, [("out", s) for s in trials])
    assert seen.headline is None
    assert {t.why for t in seen.trials} == {"left out by the reader"}
    assert seen.certainty.level == "very low"


def test_only_blinded_trials_stay_when_asked(base, found):
    seen = view(base, found, QUESTION, [("blinding", "double")])
    used = {t.study for t in seen.trials if t.used}
    assert used
    assert all(base.studies[s].blinding.masking in ("double-blind", "triple-blind") for s in used)


def test_standard_deviations_are_those_of_the_multiverse_in_the_questions_direction(base, found):
    seen = view(base, found, QUESTION, [("units", "sd")])
    plain = view(base, found, QUESTION)
    by = {r.study: r for r in plain.headline.rows}
    checked = 0
    for row in seen.headline.rows:
        expected = standardised_benefit(by[row.study])
        if row.effect is None:
            assert expected is None
            continue
        checked += 1
        # pain: lower is better, so benefit has a minus sign
        assert (-row.effect.y, row.effect.v) == pytest.approx(expected)
        assert row.effect.benefit == pytest.approx(expected[0])
    assert checked


def test_the_correlation_of_a_crossover_changes_its_own_variance_only(base, found):
    changed = 0
    for question, reviewed in found.items():
        if not can_explore(base.questions[question], reviewed):
            continue
        low = view(base, found, question, [("correlation", "0.1")])
        high = view(base, found, question, [("correlation", "0.9")])
        for one, two in zip(low.headline.rows if low.headline else (), high.headline.rows if high.headline else (), strict=True):  # fmt: skip
            if one.effect is None or not one.effect.has_interval:
                continue
            if "taken as 0.1" in one.effect.how:
                changed += 1
                assert "taken as 0.9" in two.effect.how
                assert two.effect.v < one.effect.v
                assert two.effect.ci_upper - two.effect.ci_lower < one.effect.ci_upper - one.effect.ci_lower  # fmt: skip
            else:
                assert repr(one.effect) == repr(two.effect)
    assert changed


def test_placebo_and_other_comparisons_together_are_called_so(base, found):
    seen = view(base, found, QUESTION, [("comparator", "any")])
    assert seen.headline.comparator == "mixed"
    assert any("different questions" in n for n in seen.notes)


def test_the_reviewed_level_is_a_ceiling_and_worse_choices_go_below(base, found, monkeypatch):
    """With a reviewed level above what the rules give, the view follows the rules; never the reverse."""
    generous = dataclasses.replace(found[POOLED], certainty=Certainty("high", found[POOLED].certainty.judgements, False, "a reviewer"))  # fmt: skip
    seen = view(base, found, POOLED, answer=generous)
    asked = base.questions[POOLED]
    by_rule = suggest(asked, select(base, asked), seen.headline, trials_for(base, asked))
    assert seen.certainty.level == by_rule.level
    assert not seen.held

    def glowing(*_):
        return Certainty("high", by_rule.judgements)

    monkeypatch.setattr("aponia.answers.explore.suggest", glowing)
    for level in LEVELS:
        strict = dataclasses.replace(found[POOLED], certainty=Certainty(level, by_rule.judgements))
        held = view(base, found, POOLED, [("model", "REML")], answer=strict)
        assert held.certainty.level == level
        assert held.held == (level != "high")
        assert any("held at the reviewed level" in n for n in held.notes) == held.held


def test_a_narrower_interval_does_not_raise_the_certainty(base, found, monkeypatch):
    levels = []

    def watch(asked, chosen, headline, trials):
        levels.append(headline.level)
        return suggest(asked, chosen, headline, trials)

    monkeypatch.setattr("aponia.answers.explore.suggest", watch)
    # the directions come first there; alone, the two trials with a size are the headline
    trials = [r.study for r in found[POOLED].headline.rows if r.effect is None or not r.effect.has_interval]  # fmt: skip
    pairs = [("level", "0.8"), ("model", "REML"), *(("out", s) for s in trials)]
    seen = view(base, found, POOLED, pairs)
    assert seen.headline.kind == "pooled"
    assert seen.headline.level == 0.8
    assert levels == [0.95]


def test_the_start_names_what_the_reviewed_answer_chose(base, found):
    start = reviewed_choices(base.questions[POOLED], found[POOLED])
    assert start.comparator == "active"
    assert start.outcome == found[POOLED].headline.construct
    assert next(x.layer for x in found[POOLED].layers) is Layer.RANDOMISED


def _member(study, y, v):
    row = object()
    effect = Effect("SMD", y, y - 1, y + 1, y, v, None, -1, True, study)
    return row, effect


@pytest.mark.parametrize("y", [(-0.7, -0.7), (-0.7, -0.7000000000000001), (0.0, 0.0)])
def test_equal_results_give_no_interval_without_width(base, found, y):
    members = [_member("one", y[0], 0.04), _member("two", y[1], 0.09)]
    start = reviewed_choices(base.questions[POOLED], found[POOLED])
    with pytest.raises(ChoiceError, match="same result"):
        pool_as(members, dataclasses.replace(start, model="REML", test="knha"))
    wide = pool_as(members, dataclasses.replace(start, model="REML", test="adhoc"))
    assert wide.ci_lower < wide.estimate < wide.ci_upper
    assert pool_effects(members).alternatives
