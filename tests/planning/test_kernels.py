"""Simulated trials against theory: what is drawn, what is analysed, and that nothing but the seed matters."""

from __future__ import annotations

import math

import numba
import numpy as np
import pytest
from scipy import stats

from aponia.planning import DESIGNS, Endpoint, Model, closed_forms, power
from aponia.planning.designs import dose_finding, sequential_boundaries
from aponia.planning.designs.model import CHUNK
from aponia.planning.kernels import draws

B = 20_000


def close(estimate: float, expected: float, trials: int = B, slack: float = 0.0) -> None:
    """Four Monte Carlo standard errors: one false alarm in 16 000 checks, and the seed is fixed."""
    error = math.sqrt(max(expected * (1 - expected), 1e-4) / trials)
    assert abs(estimate - expected) < 4 * error + slack, (estimate, expected, error)


@numba.njit  # type: ignore[untyped-decorator]
def many(kind, parameter, size):  # type: ignore[no-untyped-def]
    s = np.empty(4, np.uint64)
    draws.seed_stream(s, 7, 3)
    out = np.empty(size)
    for i in range(size):
        if kind == 0:
            out[i] = draws.normal(s)
        elif kind == 1:
            out[i] = draws.gamma(s, parameter)
        elif kind == 2:
            out[i] = draws.poisson(s, parameter)
        else:
            out[i] = draws.uniform(s)
    return out


def test_random_numbers_have_their_distributions() -> None:
    size = 200_000
    assert stats.kstest(many(0, 0.0, size), "norm").pvalue > 1e-3
    assert stats.kstest(many(3, 0.0, size), "uniform").pvalue > 1e-3
    for shape in (0.3, 1.0, 4.5):
        assert stats.kstest(many(1, shape, size), "gamma", args=(shape,)).pvalue > 1e-3
    for mean in (0.2, 3.0, 9.9, 10.0, 55.0, 900.0):
        x = many(2, mean, size)
        # Chi-square over cells that hold at least 20 expected counts.
        k = np.arange(int(x.max()) + 1)
        expected = size * stats.poisson.pmf(k, mean)
        observed = np.bincount(x.astype(int), minlength=len(k)).astype(float)
        use = expected >= 20
        q = float(((observed - expected)[use] ** 2 / expected[use]).sum())
        assert stats.chi2.sf(q, use.sum()) > 1e-3, mean


def test_trials_do_not_depend_on_chunks_threads_or_neighbours() -> None:
    model = Model(
        Endpoint("count", "", "", -1, baseline_mean=3.0, baseline_sd=3.0, correlation=0.4)
    )
    effects = np.linspace(-1, 0.5, 50)
    for name, people in (("parallel", 20), ("n-of-1", 8)):
        whole = DESIGNS[name](model, effects, people)
        part = DESIGNS[name](model, effects[30:], people, 30)
        np.testing.assert_array_equal(whole.estimate[30:], part.estimate)
        before = numba.get_num_threads()
        numba.set_num_threads(1)
        try:
            single = DESIGNS[name](model, effects, people)
        finally:
            numba.set_num_threads(before)
        np.testing.assert_array_equal(whole.estimate, single.estimate)
    assert CHUNK > 50


def test_a_larger_trial_begins_with_the_people_of_the_smaller_one() -> None:
    # With everything after the first look ignored, the first look is the smaller trial.
    model = Model(Endpoint("normal", "", "", -1, correlation=0.5), looks=(0.5, 1.0))
    small = DESIGNS["parallel"](model, np.zeros(200), 40)
    large = DESIGNS["sequential"](model, np.zeros(200), 80)
    stopped = large.extra["look"] == 1
    assert stopped.any()
    np.testing.assert_allclose(large.estimate[stopped], small.estimate[stopped])


@pytest.mark.parametrize(("people", "effect"), [(8, -1.5), (40, -0.8), (100, -0.5), (100, 0.0)])
def test_normal_outcome_reproduces_the_t_test(people: int, effect: float) -> None:
    model = Model(Endpoint("normal", "", "", -1, followup_sd=2.0), adjust=False)
    runs = DESIGNS["parallel"](model, np.full(B, 2 * effect), people)
    half = people // 2
    close(runs.reject.mean(), closed_forms.power_t_test(2 * effect, 2.0, half, half))


def test_unequal_groups_reproduce_the_t_test() -> None:
    model = Model(Endpoint("normal", "", "", -1), adjust=False, ratio=2.0)
    runs = DESIGNS["parallel"](model, np.full(B, -0.7), 60)
    close(runs.reject.mean(), closed_forms.power_t_test(-0.7, 1.0, 40, 20))


def test_the_covariate_buys_what_theory_says() -> None:
    model = Model(Endpoint("normal", "", "", -1, correlation=0.7))
    runs = DESIGNS["parallel"](model, np.full(B, -0.4), 100)
    # The covariate's own difference between arms costs 1 + 1/(n − 4) of the variance on average.
    sd = math.sqrt((1 - 0.7**2) * (1 + 1 / 96))
    close(runs.reject.mean(), closed_forms.power_t_test(0.4, sd, 50, 50, lost=1), slack=0.003)


def test_responders_reproduce_the_exact_power_of_their_test() -> None:
    n, p0, p1 = 30, 0.3, 0.6
    a = np.arange(n + 1)
    y0, y1 = np.meshgrid(a, a, indexing="ij")
    log_odds = [np.log((y + 0.5) / (n - y + 0.5)) for y in (y0, y1)]
    v = sum(1 / (y + 0.5) + 1 / (n - y + 0.5) for y in (y0, y1))
    reject = np.abs(log_odds[1] - log_odds[0]) > stats.norm.ppf(0.975) * np.sqrt(v)
    exact = float((np.outer(stats.binom.pmf(a, n, p0), stats.binom.pmf(a, n, p1)) * reject).sum())
    model = Model(Endpoint("responder", "", "", 1, comparator=100 * p0))
    effect = math.log(p1 / (1 - p1) * (1 - p0) / p0)
    runs = DESIGNS["parallel"](model, np.full(B, effect), 2 * n)
    close(runs.reject.mean(), exact)
    # The textbook formula knows neither the correction nor the discreteness.
    assert abs(exact - closed_forms.power_proportions(p1, p0, n)) < 0.06


@pytest.mark.parametrize(
    ("rate", "k", "ratio", "n"), [(3, 0.5, 0.6, 60), (10, 0.3, 0.75, 80), (1, 0.0, 0.7, 100)]
)
def test_counts_reproduce_zhu_and_lakkis(rate: float, k: float, ratio: float, n: int) -> None:
    # Correlation 1: all overdispersion is the person's, so one period is exactly negative binomial.
    sd = math.sqrt(rate + k * rate**2)
    endpoint = Endpoint(
        "count", "", "", -1, baseline_mean=rate, baseline_sd=sd, correlation=1.0, followup_weeks=3.0
    )  # fmt: skip
    runs = DESIGNS["parallel"](Model(endpoint, adjust=False), np.full(B, math.log(ratio)), 2 * n)
    expected = closed_forms.power_negative_binomial(rate, ratio, 3.0, k, n, method=2)
    # Their formula is for known dispersion and normal statistics; the test estimates it and uses t.
    assert abs(runs.reject.mean() - expected) < 0.025
    assert abs(np.mean(runs.estimate) - math.log(ratio)) < 0.01


@pytest.mark.parametrize("method", [1, 2, 3])
def test_size_and_power_of_negative_binomial_counts_are_each_others_inverse(method: int) -> None:
    n = closed_forms.size_negative_binomial(0.8, 0.85, 0.75, 0.4, power=0.83, method=method)
    back = closed_forms.power_negative_binomial(0.8, 0.85, 0.75, 0.4, n, method=method)
    assert back == pytest.approx(0.83, abs=1e-9)
    # By hand, method 2: (1.96 + 0.9542)^2 (1/0.6 (1 + 1/0.85) + 0.8) / log(0.85)^2.
    if method == 2:
        assert n == pytest.approx(1423.5, abs=0.5)


def test_crossover_reproduces_its_closed_form() -> None:
    endpoint = Endpoint("normal", "", "", -1, followup_sd=2.0)
    model = Model(endpoint, {"own_share": 0.75})
    runs = DESIGNS["crossover"](model, np.full(B, -0.8), 24)
    close(runs.reject.mean(), closed_forms.power_crossover(0.8, 2.0 * math.sqrt(0.25), 24))


def test_n_of_1_reproduces_the_t_test_over_people() -> None:
    model = Model(
        Endpoint("normal", "", "", -1, followup_sd=1.0),
        {"own_share": 0.5, "blocks": 3, "effect_spread": 0.5, "target_effect": -0.8},
    )
    runs = DESIGNS["n-of-1"](model, np.full(B, -0.6), 12)
    sd = math.sqrt(0.4**2 + 2 * 0.5 / 3)
    shift = 0.6 / (sd / math.sqrt(12))
    c = stats.t.ppf(0.975, 11)
    close(runs.reject.mean(), float(stats.nct.sf(c, 11, shift) + stats.nct.cdf(-c, 11, shift)))


def test_boundaries_are_those_of_the_tables() -> None:
    # Lan-DeMets O'Brien-Fleming type, five looks, two-sided 0.05 (Jennison & Turnbull 2000, ch. 7).
    upper, _ = sequential_boundaries((0.2, 0.4, 0.6, 0.8, 1.0), 0.05, "OBF")
    np.testing.assert_allclose(upper, [4.877, 3.357, 2.680, 2.290, 2.031], atol=2e-3)
    # Pocock type, same looks.
    upper, _ = sequential_boundaries((0.2, 0.4, 0.6, 0.8, 1.0), 0.05, "Pocock")
    np.testing.assert_allclose(upper, [2.438, 2.427, 2.410, 2.397, 2.386], atol=2e-3)


def test_looks_keep_the_error_and_cost_what_theory_says() -> None:
    model = Model(Endpoint("normal", "", "", -1), adjust=False, looks=(0.25, 0.5, 0.75, 1.0))
    close(DESIGNS["sequential"](model, np.zeros(B), 160).reject.mean(), 0.05, slack=0.002)
    one = DESIGNS["parallel"](model, np.full(B, -0.45), 160).reject.mean()
    looks = DESIGNS["sequential"](model, np.full(B, -0.45), 160)
    # O'Brien-Fleming type looks inflate the information by 1 to 3%: power falls by about a point.
    assert 0 < one - looks.reject.mean() < 0.025
    assert looks.people.mean() < 140
    # Stopping early when the estimate is high: exaggerated on average.
    assert np.nanmean(looks.estimate) < -0.47


def test_dunnett_critical_values_of_the_tables() -> None:
    # Dunnett 1955, one-sided 0.05: three arms and a control, equal groups.
    assert closed_forms.dunnett_critical((9, 9, 9), 9, 0.05) == pytest.approx(2.062, abs=2e-3)
    assert closed_forms.dunnett_critical((5, 5, 5), 5, 0.05, 16) == pytest.approx(2.23, abs=6e-3)
    rng = np.random.default_rng(1)
    samples = [rng.standard_normal(12) + 0.5 * i for i in range(4)]
    found = stats.dunnett(*samples[1:], control=samples[0], alternative="greater", random_state=1)
    c = closed_forms.dunnett_critical((12, 12, 12), 12, float(found.pvalue[0]), 44)
    assert c == pytest.approx(float(found.statistic[0]), abs=0.02)


@pytest.mark.parametrize(
    "name", ["parallel", "sequential", "crossover", "n-of-1", "dose-finding", "enrichment"]
)
@pytest.mark.parametrize("kind", ["count", "score", "responder"])
def test_error_without_an_effect_is_held(name: str, kind: str) -> None:
    endpoint = {
        "count": Endpoint("count", "", "", -1, baseline_mean=15.0, baseline_sd=10.0, comparator=-25.0,
                          correlation=0.4, followup_weeks=3.0),
        "score": Endpoint("score", "", "", -1, baseline_mean=6.5, baseline_sd=1.7, comparator=-1.7,
                          followup_sd=2.5, correlation=0.3),
        "responder": Endpoint("responder", "", "", 1, comparator=30.0),
    }[kind]  # fmt: skip
    given = {
        "dropout_active": 0.1,
        "dropout_comparator": 0.2,
        "autocorrelation": 0.3,
        "own_share": 0.5,
    }
    trials = 8_000
    runs = DESIGNS[name](Model(endpoint, given), np.zeros(trials), 120)
    allowed = 0.025 if name in ("dose-finding", "enrichment") else 0.05
    error = math.sqrt(allowed * (1 - allowed) / trials)
    # Log odds with half a person added keep below their level; nothing may be above it by more than
    # a tenth of it and the Monte Carlo error.
    assert runs.reject.mean() < 1.1 * allowed + 4 * error
    assert runs.reject.mean() > (0.4 if kind == "responder" else 0.7) * allowed
    # Stopping and choosing by the data bias an estimate; nothing else may.
    if name not in ("sequential", "enrichment") and kind != "responder":
        assert (
            abs(np.nanmean(runs.estimate)) < 4 * np.nanstd(runs.estimate) / math.sqrt(trials) + 0.01
        )


def test_optimal_contrasts_sum_to_zero_and_fit_their_shape() -> None:
    levels, sizes = (0.0, 0.1, 0.5, 1.0), (20, 10, 10, 20)
    c = dose_finding.optimal_contrasts(levels, sizes)
    np.testing.assert_allclose(c.sum(axis=1), 0, atol=1e-12)
    # The optimal contrast of the threshold shape weighs the lower arms by their size.
    np.testing.assert_allclose(c[2, :3] / c[2, 0], np.array([20, 10, 10]) / 20)


def test_dose_finding_beats_a_wrong_arm_and_finds_the_right_one() -> None:
    endpoint = Endpoint("score", "", "", -1, baseline_mean=6.5, followup_sd=2.0, baseline_sd=1.7)
    runs = DESIGNS["dose-finding"](Model(endpoint), np.full(4000, -1.5), 160)
    arms = [runs.extra[f"dunnett_{a}"].mean() for a in dose_finding.APPROACHES]
    assert arms[0] < arms[1] < arms[2] < runs.reject.mean()
    assert (runs.extra["best"] == 3).mean() > 0.6


def test_enrichment_chooses_the_subgroup_when_only_it_gains() -> None:
    endpoint = Endpoint("score", "", "", -1, baseline_mean=6.5, followup_sd=2.0, baseline_sd=1.7)
    only = Model(endpoint, {"subgroup_share": 0.5, "effect_outside": 0.0})
    everybody = Model(endpoint, {"subgroup_share": 0.5, "effect_outside": 1.0})
    a, b = (DESIGNS["enrichment"](m, np.full(4000, -1.2), 160) for m in (only, everybody))
    assert a.extra["enriched"].mean() > 0.45
    assert b.extra["enriched"].mean() < 0.05
    plain = Model(endpoint)
    diluted = power(DESIGNS["parallel"], plain, -0.6, 160, 4000).value
    assert a.reject.mean() > diluted
