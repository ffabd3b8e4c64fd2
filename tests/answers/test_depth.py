"""Below the headline: pooling against closed forms, every analysis, years, follow-up, unblinding."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aponia import answers, evidence
from aponia.answers.depth import overall_direction
from aponia.answers.model import Effect, StudyRow
from aponia.answers.multiverse import multiverse
from aponia.answers.pooling import pool_effects, tau_prior
from aponia.answers.select import select
from aponia.answers.standard import standardised_benefit
from aponia.appraisal import bang_index, james_index, unblinding_bound

NAN = float("nan")


@pytest.fixture(scope="module")
def base():
    return evidence.load()


@pytest.fixture(scope="module")
def found(base):
    return answers.answer_all(base)


def row(name="a", *, y=-1.0, v=0.25, measure="MD", n=(20, 20), sign=-1, active="", control=""):
    estimate = math.exp(y) if measure == "RR" else y
    half = 1.96 * math.sqrt(v)
    low, high = (
        (math.exp(y - half), math.exp(y + half)) if measure == "RR" else (y - half, y + half)
    )
    effect = Effect(
        measure,
        estimate,
        low,
        high,
        y,
        v,
        "points of 10" if measure == "MD" else None,
        sign,
        True,
        "test",
    )
    return StudyRow(
        study=name, label=name, year=2000, layer=answers.Layer.RANDOMISED, design="rct-parallel", outcome=0,
        construct="pain-intensity", outcome_name="pain", timepoint="week 1", timepoint_days=7, comparator="inert-placebo",
        comparator_text="placebo", n_active=n[0], n_control=n[1], people=sum(n), active=active, control=control,
        direction="benefit", p=None, significant=None, effect=effect, read="abstract", given="ketamine",
    )  # fmt: skip


def members(*rows):
    return [(r, r.effect) for r in rows]


def test_one_study_is_shown_as_it_is():
    pooled = pool_effects(members(row()))
    assert (pooled.estimate, pooled.method) == (-1.0, "one study, not pooled")
    assert math.isnan(pooled.pi_lower)


def test_pooling_is_wider_than_the_common_effect_and_predicts_wider_still():
    pooled = pool_effects(members(row("a", y=-1.0), row("b", y=-2.5), row("c", y=0.2)))
    common = next(a for a in pooled.alternatives if a["method"] == "common effect")
    assert pooled.ci_upper - pooled.ci_lower > common["ci_upper"] - common["ci_lower"]
    assert pooled.pi_lower < pooled.ci_lower < pooled.estimate < pooled.ci_upper < pooled.pi_upper
    assert 0.5 < pooled.p_benefit < 1


def test_the_prior_on_tau_follows_the_unit():
    """Pain on 0–10 and the same pain on 0–100 mm must be shrunk alike."""
    small = pool_effects(members(row("a", y=-1.0, v=0.25), row("b", y=-2.0, v=0.36)))
    large = pool_effects(members(row("a", y=-10.0, v=25.0), row("b", y=-20.0, v=36.0)))
    assert large.estimate == pytest.approx(10 * small.estimate, rel=1e-6)
    assert large.ci_lower == pytest.approx(10 * small.ci_lower, rel=1e-6)
    assert tau_prior("SMD", members(row())).text == "half-normal(0.5)"


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-3, 3), st.floats(0.05, 2)), min_size=2, max_size=5), st.randoms()
)
def test_the_order_of_studies_does_not_matter(pairs, random):
    rows = [row(str(i), y=y, v=v) for i, (y, v) in enumerate(pairs)]
    shuffled = rows[:]
    random.shuffle(shuffled)
    one, two = pool_effects(members(*rows)), pool_effects(members(*shuffled))
    assert one.estimate == pytest.approx(two.estimate, abs=1e-7)
    assert one.ci_lower == pytest.approx(two.ci_lower, abs=1e-6)


def test_standardised_benefit_of_counts_means_and_smd():
    d, v = standardised_benefit(
        row(measure="RR", y=math.log(2), sign=1, active="8 of 12", control="4 of 12")
    )
    log_or, var = math.log(8 * 8 / (4 * 4)), 1 / 8 + 1 / 4 + 1 / 4 + 1 / 8
    assert (d, v) == pytest.approx((log_or * math.sqrt(3) / math.pi, var * 3 / math.pi**2))
    d, v = standardised_benefit(row(measure="MD", y=-1.0, v=0.25))
    assert d == pytest.approx(2.0 * math.sqrt(2 / 20))  # t = 2, benefit counted as positive
    assert standardised_benefit(row(measure="SMD", y=-0.4, v=0.1)) == pytest.approx((0.4, 0.1))


def test_noppers_2011_is_seen_to_fade(found):
    """8 of 12 against 3 of 12 after minutes, 2 against 2 after eight weeks: never carried further."""
    follow = next(
        f
        for f in found["ketamine-fibromyalgia"].follow_up
        if f["study"] == "noppers-2011-fibromyalgia"
    )
    days = [p["day"] for p in follow["points"]]
    assert days == sorted(days)
    assert days[-1] == 56
    assert follow["points"][0]["estimate"] > 0.5
    assert follow["points"][-1]["estimate"] == pytest.approx(0.0, abs=1e-9)


def test_history_ends_where_the_answer_is(found):
    for answer in found.values():
        if not answer.history:
            continue
        last = answer.history[-1]
        dated = [r for r in answer.headline.rows if r.year]
        assert last["k"] == len(dated)
        if len(dated) == len(answer.headline.rows):
            assert last["direction"] == overall_direction(answer.headline)
            if math.isfinite(last["estimate"]):
                assert last["estimate"] == pytest.approx(answer.headline.estimate)


def test_every_analysis_is_defensible_and_counted_once(base, found):
    question = base.questions["ketamine-fibromyalgia"]
    every = multiverse(question, select(base, question).by_layer[answers.Layer.RANDOMISED])
    assert len({s.choices for s in every.specifications}) == len(every.specifications)
    assert every.towards + every.against <= 1
    assert [s.estimate for s in every.specifications] == sorted(
        s.estimate for s in every.specifications
    )
    assert "time" in every.turning
    assert multiverse(base.questions["psilocybin-phantom-limb-pain"], ()) is None


def test_an_interval_with_no_difference_needs_no_unblinding_to_touch_it():
    assert unblinding_bound(-3.2, -9.1, 2.6).touches_zero == 0.0
    bound = unblinding_bound(-2.0, -3.0, -1.0)
    assert bound.touches_zero == pytest.approx(0.5)
    share, estimate, low, high = bound.adjusted[1]
    assert (share, estimate, low, high) == pytest.approx((0.5, -1.0, -2.0, 0.0))
    assert unblinding_bound(NAN, NAN, NAN).touches_zero is None


@pytest.mark.parametrize(
    ("guesses", "index"),
    [
        ((50, 50, 0), 0.0),
        ((100, 0, 0), 1.0),
        ((0, 100, 0), -1.0),
        ((0, 0, 10), 0.0),
        ((90, 10, 0), 0.8),
    ],
)
def test_bang_index_of_guessing_knowing_and_not_knowing(guesses, index):
    assert bang_index(*guesses)[0] == pytest.approx(index)


def test_james_index_of_guessing_knowing_and_not_knowing():
    assert james_index((25, 25, 0), (25, 25, 0)) == pytest.approx(0.5)
    assert james_index((50, 0, 0), (0, 50, 0)) == pytest.approx(0.0)
    assert james_index((0, 0, 50), (0, 0, 50)) == 1.0
    with pytest.raises(ValueError, match="at least one person"):
        james_index((0, 0, 0), (0, 0, 0))
