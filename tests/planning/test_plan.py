"""From a question to a study: what is assumed, what is believed, and how figures hang together."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aponia import answers, evidence
from aponia.evidence import EvidenceBase
from aponia.planning import (
    DESIGNS,
    Assumptions,
    Belief,
    Endpoint,
    Model,
    PlanningError,
    assume,
    assurance,
    closed_forms,
    endpoint_of,
    find_size,
    plan,
    power,
)
from aponia.planning.endpoints import bounded_spread, count_dispersion
from aponia.planning.unblinding import guess_factor

NAMED = (
    "psilocybin-cluster-headache",
    "psilocybin-migraine",
    "psilocybin-fibromyalgia",
    "lsd-cluster-headache",
)


@pytest.fixture(scope="module")
def base() -> EvidenceBase:
    return evidence.load()


def normal_model(**given: float) -> Model:
    return Model(Endpoint("normal", "", "SD", -1), given, adjust=False)


# Endpoints


@given(
    st.floats(0.5, 9.5), st.floats(0.2, 0.8), st.floats(-3, 3)
)  # fmt: skip
def test_a_bounded_score_has_the_mean_and_spread_asked_for(
    mean: float, share: float, effect: float
) -> None:
    sd = share * math.sqrt(mean * (10 - mean))
    spread = bounded_spread(mean, sd, 0.0, 10.0)
    endpoint = Endpoint("score", "", "", -1, baseline_mean=mean, baseline_sd=sd, followup_sd=sd)
    nodes, weights = np.polynomial.hermite_e.hermegauss(101)
    weights = weights / weights.sum()

    def moments(location: float) -> tuple[float, float]:
        x = 10 / (1 + np.exp(-(location + spread * nodes)))
        m = float(weights @ x)
        return m, math.sqrt(float(weights @ x**2) - m * m)

    m, s = moments(float(endpoint.locations(0.0)))
    assert m == pytest.approx(mean, abs=0.02)
    assert s == pytest.approx(sd, abs=0.03)
    shifted, _ = moments(float(endpoint.locations(effect)))
    assert shifted == pytest.approx(mean + float(endpoint.possible(effect)), abs=0.03)


def test_dispersion_keeps_variance_and_covariance() -> None:
    endpoint = Endpoint("count", "", "", -1, baseline_mean=17.3, baseline_sd=10.1, correlation=0.37)
    between, within = endpoint.dispersion
    total = count_dispersion(17.3, 10.1, 1.0)
    assert (1 + between) * (1 + within) - 1 == pytest.approx(total)
    assert between * 17.3**2 == pytest.approx(0.37 * 10.1**2)
    # No more spread than chance: Poisson.
    assert Endpoint("count", "", "", -1, baseline_mean=4.0, baseline_sd=2.0).dispersion == (
        0.0,
        0.0,
    )


def test_bouts_that_end_are_part_of_the_fall_on_the_comparator() -> None:
    endpoint = Endpoint(
        "count", "", "", -1, baseline_mean=17.0, baseline_sd=10.0, comparator=-27.0, correlation=0.4,
        followup_weeks=3.0, bout_weeks=6.0,
    )  # fmt: skip
    assert endpoint.still_in_bout == pytest.approx(2 * (1 - math.exp(-0.5)))
    assert math.exp(float(endpoint.locations(0.0))) * endpoint.still_in_bout == pytest.approx(0.73)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"kind": "score", "baseline_mean": 6.0, "baseline_sd": 6.0}, "cannot have an SD"),
        ({"kind": "score", "baseline_mean": 11.0}, "does not lie inside"),
        ({"kind": "responder", "comparator": 0.0}, "between 0 and 100"),
        ({"kind": "count", "baseline_mean": 0.0}, "positive mean"),
        ({"kind": "count", "baseline_mean": 5.0, "comparator": -100.0}, "above -100"),
        ({"kind": "normal", "correlation": 1.5}, "below 1"),
        ({"kind": "normal", "baseline_mean": math.nan}, "finite"),
        (
            {"kind": "count", "baseline_mean": 5.0, "bout_weeks": 0.5, "followup_weeks": 6.0},
            "bout_weeks",
        ),
    ],
)
def test_what_cannot_be_measured_is_refused_with_a_reason(
    changes: dict[str, object], says: str
) -> None:
    def build() -> None:
        endpoint = Endpoint(label="", unit="", benefit_sign=-1, **changes)  # type: ignore[arg-type]
        endpoint.parameters()
        endpoint.locations(0.0)

    with pytest.raises(PlanningError, match=says):
        build()


# Edges


def test_trials_that_cannot_be_analysed_never_reject() -> None:
    counts = Endpoint("count", "", "", -1, baseline_mean=3.0, baseline_sd=3.0)
    everyone_leaves = Model(counts, {"dropout_active": 1.0, "dropout_comparator": 1.0})
    for name in ("parallel", "sequential", "crossover", "n-of-1", "dose-finding", "enrichment"):
        runs = DESIGNS[name](everyone_leaves, np.full(50, -1.0), 80)
        assert runs.failed.all()
        assert not runs.reject.any()
        assert not runs.benefit(-1).any()


def test_hardly_any_attack_and_an_endless_effect_stay_finite() -> None:
    rare = Endpoint("count", "", "", -1, baseline_mean=0.02, baseline_sd=0.02, followup_weeks=1.0)
    for adjust in (True, False):
        runs = DESIGNS["parallel"](Model(rare, adjust=adjust), np.full(400, -30.0), 40)
        good = ~runs.failed
        assert np.isfinite(runs.estimate[good]).all()
        assert (runs.se[good] > 0).all()
        assert runs.reject.mean() < 0.05
    often = Endpoint("count", "", "", -1, baseline_mean=30.0, baseline_sd=15.0)
    runs = DESIGNS["parallel"](Model(often), np.full(400, -30.0), 40)
    assert runs.reject.mean() > 0.99
    assert np.isfinite(runs.estimate).all()


@pytest.mark.parametrize(
    ("name", "people"),
    [("parallel", 1), ("crossover", 2), ("n-of-1", 1), ("dose-finding", 7), ("enrichment", 8)],
)
def test_too_few_people_are_told_how_many_are_needed(name: str, people: int) -> None:
    with pytest.raises(PlanningError, match="at least"):
        DESIGNS[name](normal_model(), np.zeros(5), people)


# Power and assurance


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from(["parallel", "crossover", "n-of-1"]), st.integers(6, 60), st.floats(0.1, 1.0),
    st.integers(0, 1000),
)  # fmt: skip
def test_power_grows_with_people_and_with_the_effect(
    name: str, people: int, effect: float, seed: int
) -> None:
    model = Model(Endpoint("normal", "", "", -1), {"own_share": 0.5}, seed=seed)
    n = 2 * people
    here = power(DESIGNS[name], model, -effect, n, 2000)
    more = power(DESIGNS[name], model, -effect, 2 * n, 2000)
    stronger = power(DESIGNS[name], model, -1.3 * effect, n, 2000)
    # The same draws: larger effects reject whenever smaller ones do; sizes share their first people.
    assert stronger.value >= here.value
    assert more.value >= here.value - 4 * math.hypot(here.mc_error, more.mc_error)


@settings(max_examples=15, deadline=None)
@given(st.floats(-1.0, 0.5), st.floats(0.05, 0.6), st.integers(10, 80), st.integers(0, 1000))
def test_assurance_lies_under_the_upper_edge_and_the_belief(
    mean: float, sd: float, people: int, seed: int
) -> None:
    belief = Belief("given", mean, sd, 0.0, True, -1, None, None, 0.0, "stated")
    model = Model(Endpoint("normal", "", "", -1), seed=seed, adjust=False)
    found = assurance(DESIGNS["parallel"], model, belief, 2 * people, 3000)
    strongest = float(belief.draws(3000, seed).min())
    edge = power(DESIGNS["parallel"], model, strongest, 2 * people, 3000)
    assert 0 <= found.value <= 1
    assert found.value <= edge.value + 4 * (found.mc_error + edge.mc_error)
    # Over benefit only, but for the 2.5% that a trial of a harm comes out in favour.
    assert found.value <= belief.p_benefit + 0.025 + 4 * found.mc_error + 0.02


def test_assurance_is_power_averaged_over_the_belief() -> None:
    belief = Belief("given", -0.4, 0.3, 0.0, True, -1, None, None, 0.0, "stated")
    x, w = np.polynomial.hermite_e.hermegauss(61)
    from scipy import stats

    shift = (0.4 + 0.3 * x) / math.sqrt(2 / 40)
    expected = float((w / w.sum()) @ stats.nct.sf(stats.t.ppf(0.975, 78), 78, shift))
    found = assurance(DESIGNS["parallel"], normal_model(), belief, 80, 40_000)
    assert abs(found.value - expected) < 4 * found.mc_error


def test_the_size_found_is_that_of_the_formula() -> None:
    model = normal_model()
    found = find_size(
        "power", lambda n, k: power(DESIGNS["parallel"], model, -0.5, n, k), 0.8, 6, 2, 1000, 8000
    )  # fmt: skip
    # 64 a group (Cohen 1988).
    assert (
        closed_forms.power_t_test(0.5, 1, 64, 64) > 0.8 > closed_forms.power_t_test(0.5, 1, 63, 63)
    )
    assert found.people is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low - 2 <= 128 <= found.high + 2
    assert found.people == pytest.approx(128, abs=6)


def test_a_target_above_the_belief_has_no_size() -> None:
    belief = Belief("given", 0.0, 0.5, 0.0, True, -1, None, None, 0.0, "stated")
    model = normal_model()
    found = find_size(
        "assurance", lambda n, k: assurance(DESIGNS["parallel"], model, belief, n, k), 0.8, 6, 2, 200,
        1000, ceiling=belief.p_benefit,
    )  # fmt: skip
    assert found.people is None
    assert "50% on benefit" in found.why
    unreached = find_size(
        "power", lambda n, k: power(DESIGNS["parallel"], model, -0.01, n, k), 0.8, 6, 2, 200, 500
    )  # fmt: skip
    assert unreached.people is None
    assert "200 people" in unreached.why


# Unblinding


def test_expectancy_moves_the_estimate_by_its_share_of_believers() -> None:
    from dataclasses import replace

    model = replace(normal_model(), believe=(0.9, 0.25), expectancy=-0.5)
    for name, extra in (
        ("parallel", {}),
        ("crossover", {"own_share": 0.5}),
        ("n-of-1", {"own_share": 0.5}),
    ):
        runs = DESIGNS[name](replace(model, assumptions=extra), np.zeros(4000), 80)
        error = np.nanstd(runs.estimate) / math.sqrt(4000)
        assert abs(np.nanmean(runs.estimate) + 0.5 * 0.65) < 4 * error


def test_accounting_for_guesses_costs_people() -> None:
    assert guess_factor(0.5, 0.5) == 1.0
    assert guess_factor(0.9, 0.25) == pytest.approx(1 / (1 - 0.65**2 / (4 * 0.575 * 0.425)))
    assert guess_factor(1.0, 0.0) == math.inf
    assert guess_factor(1.0, 1.0) == 1.0


# Assumptions and belief


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("design", list(DESIGNS))
def test_every_number_of_a_plan_has_an_origin(base: EvidenceBase, name: str, design: str) -> None:
    question = base.questions[name]
    found = assume(base, question.conditions[0], question.outcomes[0], design)
    tables = {
        t: {r.id: r for r in base.table(t)}
        for t in ("planning_parameters", "baseline_course", "blinding")
    }
    assert len(found) > 8
    for item in found.items_told:
        assert math.isfinite(item.value)
        if item.low is not None and item.high is not None:
            assert item.low <= item.value <= item.high, item
        for row in item.rows:
            table, row_id = row.split("/")
            assert row_id in tables[table], row
        if item.origin == "read":
            (row,) = item.rows
            assert tables[row.split("/")[0]][row.split("/")[1]].value == item.value
        elif item.origin == "derived":
            assert item.rows
            assert item.why
        else:
            assert item.origin == "assumed"
            assert item.why
    endpoint_of(question.outcomes[0], found).parameters()


def test_numbers_taken_from_notes_are_still_there(base: EvidenceBase) -> None:
    rows = {r.id: r for r in base.planning_parameters}
    assert "140 mg -3.7" in (rows["migraine-pain-days-placebo-change"].note or "")
    assert (
        rows["cluster-headache-safety-dropout-placebo"].unit
        == "participants not completing, of 57 started"
    )
    assert (
        rows["cluster-headache-safety-dropout-active"].unit
        == "participants not completing, of 52 started"
    )
    assert (
        rows["fibromyalgia-safety-dropout-all-causes-placebo"].unit
        == "participants not completing, of 248 started"
    )
    assert rows["migraine-safety-retention-to-week-24"].unit == "re-randomised, of 955 randomised"


def test_contradictions_between_sources_are_shown(base: EvidenceBase) -> None:
    question = base.questions["psilocybin-cluster-headache"]
    found = assume(base, "cluster-headache", question.outcomes[0], "parallel")
    (item,) = (i for i in found.items_told if i.name == "correlation")
    assert item.conflict is not None
    assert "swapped" in item.conflict
    assert item.low != item.high


def test_a_value_that_is_set_says_so_and_a_wrong_name_lists_the_right_ones(
    base: EvidenceBase,
) -> None:
    question = base.questions["psilocybin-cluster-headache"]
    found = assume(
        base, "cluster-headache", question.outcomes[0], "parallel", {"placebo_change": -40}
    )
    (item,) = (i for i in found.items_told if i.name == "placebo_change")
    assert (item.value, item.origin) == (-40.0, "set")
    assert "without it -27" in item.why
    with pytest.raises(PlanningError, match="placebo_change"):
        found.with_values({"placebo": 1.0})
    with pytest.raises(PlanningError, match="finite"):
        found.with_values({"placebo_change": math.nan})
    assert isinstance(found, Assumptions)


def test_the_belief_joins_the_trial_and_the_prior(base: EvidenceBase) -> None:
    question = base.questions["psilocybin-cluster-headache"]
    found = plan(question, people=40, largest=40, simulations=300, base=base)
    flat = plan(question, people=40, largest=40, simulations=300, base=base, prior="flat")
    b = found.belief
    assert b.data is not None
    assert b.prior_sd is not None
    y, se = b.data
    # Schindler 2022: -3.23 a week at 8.93 on placebo.
    assert y == pytest.approx(math.log((8.93 - 3.23) / 8.93))
    assert b.mean == pytest.approx(y / se**2 / (1 / se**2 + 1 / b.prior_sd**2))
    assert flat.belief.mean == y
    assert b.trials == ("schindler-2022-cluster-headache",)
    halved = plan(
        question,
        people=40,
        largest=40,
        simulations=300,
        base=base,
        prior="flat",
        expectancy_share=0.5,
    )
    assert halved.belief.mean == pytest.approx(y / 2)


@pytest.mark.parametrize("name", NAMED[1:])
def test_without_a_randomised_interval_the_belief_is_a_prior_and_says_so(
    base: EvidenceBase, name: str
) -> None:
    found = plan(base.questions[name], people=40, largest=40, simulations=300, base=base)
    assert found.belief.kind == "prior"
    assert found.belief.mean == 0
    assert found.belief.p_benefit == pytest.approx(0.5)
    assert "stated prior" in found.belief.words
    assert found.for_assurance.people is None
    with pytest.raises(PlanningError, match="sceptical"):
        plan(base.questions[name], base=base, prior="flat")


def test_belief_probability_of_benefit_matches_its_draws() -> None:
    belief = Belief("given", -0.2, 0.3, 0.4, False, -1, None, None, 0.0, "stated")
    drawn = float((belief.draws(200_000, 3) < 0).mean())
    assert belief.p_benefit == pytest.approx(drawn, abs=0.004)


# The plan as a whole


def test_plans_are_the_same_for_a_seed_and_safe_as_json(base: EvidenceBase) -> None:
    made = [
        plan(
            "psilocybin for fibromyalgia",
            "sequential",
            base=base,
            largest=60,
            simulations=300,
            seed=s,
        )
        for s in (1, 1, 2)
    ]
    first, again, other = (json.dumps(m.to_dict(), allow_nan=False) for m in made)
    assert first == again
    assert first != other
    assert len(made[0].boundaries) == 3


@pytest.mark.parametrize("design", list(DESIGNS))
def test_every_design_can_be_planned_in_words_that_promise_nothing(
    base: EvidenceBase, design: str
) -> None:
    found = plan(
        "LSD for cluster headache", design, base=base, people=80, largest=80, simulations=300
    )  # type: ignore[arg-type]
    words = " ".join((*found.sentences, *found.warnings, found.belief.words)).lower()
    for never in ("will prove", "proves", "cure", "will show", "is safe", "works"):
        assert never not in words
    assert "assumed" in words
    assert found.operating.people == 80
    assert [u.scenario for u in found.unblinding] == [
        "blind-holds",
        "inert-comparator",
        "active-comparator",
    ]


def test_every_kind_of_question_can_be_planned_or_says_why_not(base: EvidenceBase) -> None:
    kinds = {(q.conditions[:1], q.outcomes[0].construct): q for q in base.questions.values()}
    refused = {}
    for question in kinds.values():
        found = answers.answer(base, question)
        try:
            made = plan(found, base=base, people=40, largest=40, simulations=200)
        except PlanningError as error:
            refused[question.id] = str(error)
        else:
            json.dumps(made.to_dict(), allow_nan=False)
    for name, why in refused.items():
        told = any(w in why for w in ("choose", "names no condition", "plan another"))
        assert told, (name, why)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"design": "factorial"}, "choose parallel"),
        ({"target": 1.2}, "target"),
        ({"alpha": 0.0}, "alpha"),
        ({"people": 2}, "at least 6"),
        ({"simulations": 10}, "at least 200"),
        ({"outcome": "sleep"}, "choose"),
        ({"assumptions": {"target_effect": 0.3}}, "side of benefit"),
        ({"expectancy_share": 2.0}, "between 0 and 1"),
        ({"prior": "hopeful"}, "sceptical or flat"),
        ({"design": "sequential", "looks": (0.5, 0.4, 1.0)}, "increase"),
    ],
)
def test_wrong_arguments_are_refused_with_what_to_do(
    base: EvidenceBase, arguments: dict[str, object], says: str
) -> None:
    with pytest.raises(PlanningError, match=says):
        plan("psilocybin for cluster headache", base=base, **arguments)  # type: ignore[arg-type]
