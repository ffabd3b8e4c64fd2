"""Value of information against closed forms, its bounds, and a threshold that is never invented."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from aponia import evidence
from aponia.evidence import EvidenceBase
from aponia.planning import Ground, PlanningError, ground_of, value_of_trial
from aponia.planning.value import (
    evpi_normal,
    evsi_normal,
    evsi_regression,
    offered_threshold,
    per_person,
)


@pytest.fixture(scope="module")
def base() -> EvidenceBase:
    return evidence.load()


@pytest.fixture(scope="module")
def fibromyalgia(base: EvidenceBase) -> Ground:
    return ground_of(base, base.questions["psilocybin-fibromyalgia"])


@given(st.floats(-3, 3), st.floats(0.05, 3))
@settings(max_examples=25)
def test_perfect_information_meets_numerical_integration(mean: float, sd: float) -> None:
    gain, _ = integrate.quad(lambda b: max(0.0, b) * stats.norm.pdf(b, mean, sd), mean - 12 * sd, mean + 12 * sd, points=[0.0], limit=200)  # fmt: skip
    assert evpi_normal(mean, sd) == pytest.approx(gain - max(0.0, mean), abs=1e-6)


@given(st.floats(-2, 2), st.floats(0.05, 2), st.floats(0.05, 5), st.floats(1.05, 5))
def test_a_sample_is_worth_less_than_perfection_and_more_with_precision(
    mean: float, sd: float, se: float, factor: float
) -> None:
    some = evsi_normal(mean, sd, se)
    assert 0 <= some <= evpi_normal(mean, sd) + 1e-12
    assert evsi_normal(mean, sd, se * factor) <= some + 1e-12


@pytest.mark.parametrize(("mean", "sd", "se"), [(-0.3, 1.0, 0.7), (0.2, 0.5, 0.2), (0.0, 1.0, 2.0), (-1.0, 1.0, 0.3)])  # fmt: skip
def test_the_regression_estimator_meets_the_normal_closed_form(
    mean: float, sd: float, se: float
) -> None:
    rng = np.random.default_rng(8)
    benefit = rng.normal(mean, sd, 100_000)
    seen = benefit + rng.normal(0, se, 100_000)
    found = evsi_regression(benefit, seen)
    assert found.value == pytest.approx(evsi_normal(mean, sd, se), abs=5 * found.mc_error + 0.003)


def test_useless_and_failed_trials_are_worth_nothing() -> None:
    rng = np.random.default_rng(1)
    benefit = rng.normal(-0.5, 1, 20_000)
    assert evsi_regression(benefit, rng.normal(size=20_000)).value < 0.005
    with pytest.raises(PlanningError, match="at least 50"):
        evsi_regression(benefit, np.full(20_000, np.nan))


def test_a_planned_trial_meets_the_closed_form_of_its_own_spread(fibromyalgia: Ground) -> None:
    """Scores far from the ends of the scale are nearly normal: mean effect, spread between trials, error."""
    found = value_of_trial(fibromyalgia, (200,), threshold=0.5, simulations=8000)
    b = fibromyalgia.belief
    assert found.net_now.value == pytest.approx(-0.5 - b.mean, abs=0.05)
    assert found.evpi.value == pytest.approx(evpi_normal(-b.mean - 0.5, b.sd), abs=0.02)
    rng = np.random.default_rng(3)
    tau2 = float(np.mean((b.tau * np.abs(rng.standard_normal(100_000))) ** 2))
    se = math.sqrt(tau2 + 0.37**2)  # 0.37: standard error of a trial of 200 with the assumed spread
    assert found.evsi[0][1].value == pytest.approx(evsi_normal(-b.mean - 0.5, b.sd, se), rel=0.2)
    assert found.evsi[0][1].value <= found.evpi.value


def test_larger_trials_are_worth_more(fibromyalgia: Ground) -> None:
    found = value_of_trial(fibromyalgia, (20, 100, 500), threshold=0.5, simulations=6000)
    values = [e.value for _, e in found.evsi]
    assert values[0] < values[1] < values[2] + 3 * found.evsi[2][1].mc_error


def test_a_threshold_is_asked_for_where_the_base_has_none(base: EvidenceBase) -> None:
    cluster = ground_of(base, base.questions["psilocybin-cluster-headache"])
    assert offered_threshold(base, cluster) is None
    with pytest.raises(PlanningError, match="--threshold"):
        value_of_trial(cluster, (50,), simulations=2000)


def test_the_base_threshold_keeps_its_source(base: EvidenceBase, fibromyalgia: Ground) -> None:
    offered = offered_threshold(base, fibromyalgia)
    assert offered is not None
    assert offered.source
    assert offered.origin == "base"
    assert "no threshold between groups" in offered.words


def test_population_scales_only_when_given(fibromyalgia: Ground) -> None:
    plain = value_of_trial(fibromyalgia, (60,), threshold=0.5, simulations=2000)
    scaled = value_of_trial(fibromyalgia, (60,), threshold=0.5, population=1000, simulations=2000)
    assert plain.evsi == scaled.evsi
    assert plain.population is None
    assert any("For 1000 people" in w for w in scaled.words)
    assert not any("For 1000 people" in w for w in plain.words)
    assert "no verdict" in plain.words[-1]


def test_effects_are_told_in_the_persons_unit(base: EvidenceBase, fibromyalgia: Ground) -> None:
    gain, unit = per_person(fibromyalgia.endpoint, np.array([-1.0, 0.0, 1.0]))
    assert unit == "points of 10"
    assert gain.tolist() == pytest.approx([1.0, 0.0, -1.0])
    cluster = ground_of(base, base.questions["psilocybin-cluster-headache"]).endpoint
    fewer, unit = per_person(cluster, np.array([0.0, math.log(0.5)]))
    level = cluster.baseline_mean * (1 + cluster.comparator / 100)
    assert unit == "attacks a week"
    assert fewer.tolist() == pytest.approx([0.0, level / 2])


@pytest.mark.parametrize("wrong", [{"threshold": -1.0}, {"threshold": math.nan}, {"threshold": 1.0, "population": 0.0}])  # fmt: skip
def test_refusals(fibromyalgia: Ground, wrong: dict[str, float]) -> None:
    with pytest.raises(PlanningError):
        value_of_trial(fibromyalgia, (50,), simulations=2000, **wrong)
