"""The answer after new trials: the same rules as the site's, shares that add up, more people never worse."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aponia import evidence, meta
from aponia.answers.layers import Layer
from aponia.answers.model import Effect
from aponia.answers.synthesis import synthesise
from aponia.appraisal import LEVELS, Body, bias_flags, suggest_certainty
from aponia.evidence import EvidenceBase
from aponia.planning import NewTrial, PlanningError, forecast, ground_of
from aponia.planning.forecast import Ground

# The function of that name stands before the module in the package.
module = import_module("aponia.planning.forecast")


@pytest.fixture(scope="module")
def base() -> EvidenceBase:
    return evidence.load()


@pytest.fixture(scope="module")
def fibromyalgia(base: EvidenceBase) -> Ground:
    return ground_of(base, base.questions["psilocybin-fibromyalgia"])


@pytest.fixture(scope="module")
def migraine(base: EvidenceBase) -> Ground:
    return ground_of(base, base.questions["ketamine-migraine"])


@given(
    st.integers(6, 400), st.booleans(), st.sampled_from([None, 0.0, 0.03, 0.3]),
    st.sampled_from(["inert-placebo", "active-placebo", "other-treatment", "none"]),
    st.sampled_from([None, "double-blind", "open-label"]), st.sampled_from([0.0, 0.5, 1.0]),
)  # fmt: skip
@settings(max_examples=20)
def test_shares_add_up_whatever_the_trial(
    migraine: Ground, people: int, asked: bool, lost: float | None, comparator: str,
    masking: str | None, reports: float,
) -> None:  # fmt: skip
    trial = NewTrial(
        "new", "new", people, guess_asked=asked, lost=lost, comparator=comparator, masking=masking  # type: ignore[arg-type]
    )  # fmt: skip
    found = forecast(migraine, [trial], simulations=100, reports=reports)
    assert sum(e.value for e in found.levels.values()) == pytest.approx(1)
    assert sum(e.value for e in found.interval.values()) == pytest.approx(1)
    assert found.at_least["very low"].value == 1
    rising = [found.at_least[level].value for level in LEVELS]
    assert rising == sorted(rising, reverse=True)
    assert found.changes.value == pytest.approx(1 - found.levels[found.now].value)
    assert all(0 <= h.share <= 1 and h.levels >= 1 for h in found.held)


def test_the_same_seed_gives_the_same_forecast(migraine: Ground) -> None:
    trial = NewTrial("new", "new", 80)
    first = forecast(migraine, [trial], simulations=150, seed=3)
    assert first == forecast(migraine, [trial], simulations=150, seed=3)
    assert first.width != forecast(migraine, [trial], simulations=150, seed=4).width


@pytest.mark.parametrize(
    "question", ["psilocybin-fibromyalgia", "ketamine-migraine", "ketamine-fibromyalgia"]
)
def test_more_people_never_lower_the_chance_of_low_certainty(
    base: EvidenceBase, question: str
) -> None:
    ground = ground_of(base, base.questions[question])
    for careful in (False, True):
        shares = []
        for n in (20, 80, 160, 480):
            trial = NewTrial("new", "new", n, guess_asked=careful, lost=0.03 if careful else None)
            shares.append(forecast(ground, [trial], simulations=200).at_least["low"])
        for small, large in itertools.pairwise(shares):
            assert large.value >= small.value - 3 * math.hypot(small.mc_error, large.mc_error)


def test_the_interval_narrows_with_people(fibromyalgia: Ground) -> None:
    widths = [forecast(fibromyalgia, [NewTrial("n", "n", n)], simulations=100).width for n in (40, 160, 640)]  # fmt: skip
    assert widths[0] > widths[1] > widths[2]
    # A parallel trial's interval shrinks with the root of its size, apart from t at small sizes.
    assert widths[1] / widths[2] == pytest.approx(2, rel=0.1)


def test_a_draw_is_judged_as_the_site_would_judge_the_same_trials(
    base: EvidenceBase, fibromyalgia: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two new trials of one draw go through `synthesise` and meet the forecast's body, number by number."""
    trials = [NewTrial("a", "a", 60), NewTrial("b", "b", 90)]
    effects = module._effects(fibromyalgia.belief, 2, 100, 1)
    news = [module._simulate(fibromyalgia, t, effects[i], 1, i) for i, t in enumerate(trials)]
    scale = module._tau_scale(fibromyalgia, news)
    bodies, _ = module._bodies(fibromyalgia, news, [], np.arange(100), scale)
    question = fibromyalgia.question
    for d in (0, 7, 42):
        rows = []
        for i, n in enumerate(news):
            y, v = float(n.estimate[d]), float(n.variance[d])
            effect = Effect("MD", y, y - 1.96 * math.sqrt(v), y + 1.96 * math.sqrt(v), y, v, "points of 10", -1, False, "")  # fmt: skip
            rows.append(replace(module._row(fibromyalgia, n, 30 + i), effect=effect, direction="benefit"))  # fmt: skip
        (real,) = synthesise(rows, fibromyalgia.outcome, Layer.RANDOMISED, base, question)
        body = bodies[d]
        assert (body.k, body.people) == (real.k, real.people)
        assert body.i2 == pytest.approx(real.i2, abs=1e-6)
        again = meta.bayes(
            [r.effect.y for r in rows], [r.effect.v for r in rows], tau_prior=f"half-normal({scale:g})"
        )  # fmt: skip
        low, high = again.mean.interval(kind="central")
        assert (body.estimate, body.ci_lower, body.ci_upper) == pytest.approx(
            (float(again.mean.median), float(low), float(high)), abs=1e-5
        )
        # The scale of the prior follows the draw's own spread in the site, the median draw's here.
        assert body.ci_upper - body.ci_lower == pytest.approx(
            real.ci_upper - real.ci_lower, rel=0.15
        )


def test_flags_follow_the_design(fibromyalgia: Ground) -> None:
    question = fibromyalgia.question

    def kinds(trial: NewTrial, lost: float) -> set[str]:
        return {f.kind for f in bias_flags(trial.study(question, lost), trial.comparator)}

    assert kinds(NewTrial("n", "n", 100), 0.2) == {"functional-unblinding", "incomplete"}
    assert kinds(NewTrial("n", "n", 100, guess_asked=True), 0.02) == set()
    assert kinds(NewTrial("n", "n", 100, comparator="active-placebo"), 0.0) == set()
    assert kinds(NewTrial("n", "n", 100, microdose=True), 0.0) == set()
    assert "open" in kinds(NewTrial("n", "n", 100, masking="open-label"), 0.0)
    assert "masking-unclear" in kinds(NewTrial("n", "n", 100, masking=None), 0.0)


def test_directions_alone_stay_the_headline_until_half_of_the_people_have_an_interval(
    base: EvidenceBase,
) -> None:
    ground = ground_of(base, base.questions["ketamine-neuropathic-pain"])
    assert ground.rows
    assert not ground.y
    behind = sum(r.people or 0 for r in ground.rows)
    small = forecast(ground, [NewTrial("s", "s", behind // 4, lost=0.0)], simulations=100)
    large = forecast(ground, [NewTrial("l", "l", 2 * behind, lost=0.0)], simulations=100)
    assert small.interval["none"].value == 1
    assert large.interval["none"].value < 0.05


def test_a_trial_that_does_not_report_changes_nothing_but_publication_bias(
    fibromyalgia: Ground, migraine: Ground
) -> None:
    found = forecast(fibromyalgia, [NewTrial("n", "n", 100)], reports=0.0, simulations=100)
    assert found.levels["very low"].value == 1
    assert found.interval["none"].value == 1
    silent = forecast(migraine, [NewTrial("n", "n", 100)], reports=0.0, simulations=100)
    assert any(h.domain == "publication bias" and h.share == 1 for h in silent.held)


def test_nothing_to_judge_is_very_low() -> None:
    assert suggest_certainty(Body(randomised=True, k=0, people=0)).level == "very low"


def test_refusals_say_what_was_expected(fibromyalgia: Ground) -> None:
    with pytest.raises(PlanningError, match="at least one new trial"):
        forecast(fibromyalgia, [])
    with pytest.raises(PlanningError, match="between 0 and 1"):
        forecast(fibromyalgia, [NewTrial("n", "n", 50)], reports=1.5)
    with pytest.raises(PlanningError, match="at least 100"):
        forecast(fibromyalgia, [NewTrial("n", "n", 50)], simulations=5)
    with pytest.raises(PlanningError, match="at least 6"):
        NewTrial("n", "n", 3)
