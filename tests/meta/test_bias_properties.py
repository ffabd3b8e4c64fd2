"""What must hold for every data set: order, sign, scale, and independent recomputation."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import binom, norm

from aponia.meta import bias, pool
from aponia.meta.bias._excess import poisson_binomial


@st.composite
def studies(draw, low=4, high=12):
    k = draw(st.integers(low, high))
    seed = draw(st.integers(0, 2**31))
    rng = np.random.default_rng(seed)
    return rng.normal(0.3, 0.4, k), rng.uniform(0.01, 0.5, k)


@given(data=studies(), model=st.sampled_from(["lm", "rma"]), scale=st.floats(0.1, 20))
@settings(max_examples=25, deadline=None)
def test_egger_order_sign_scale(data, model, scale):
    y, v = data
    one = bias.egger(y, v, model=model)
    assert bias.egger(y[::-1], v[::-1], model=model).z_or_t == pytest.approx(one.z_or_t, rel=1e-5)
    mirrored = bias.egger(-y, v, model=model)
    assert mirrored.z_or_t == pytest.approx(-one.z_or_t, rel=1e-5, abs=1e-8)
    assert mirrored.limit == pytest.approx(-one.limit, rel=1e-5, abs=1e-8)
    scaled = bias.egger(scale * y, scale**2 * v, model=model)
    assert scaled.p == pytest.approx(one.p, rel=1e-4, abs=1e-9)


@given(data=studies())
@settings(max_examples=25, deadline=None)
def test_classical_egger_is_eggers_own_regression(data):
    # Egger et al. regress y / se on 1 / se; their intercept is the slope on the standard error
    y, v = data
    se = np.sqrt(v)
    X = np.column_stack([np.ones(y.size), 1 / se])
    coef, rss, *_ = np.linalg.lstsq(X, y / se, rcond=None)
    variance = float(rss[0]) / (y.size - 2) * np.linalg.inv(X.T @ X)[0, 0]
    test = bias.egger(y, v, model="lm")
    assert test.coef[1] == pytest.approx(coef[0], rel=1e-8, abs=1e-10)
    assert test.z_or_t == pytest.approx(coef[0] / np.sqrt(variance), rel=1e-7, abs=1e-9)


@given(data=studies(3, 6))
@settings(max_examples=15, deadline=None)
def test_begg_against_all_permutations(data):
    y, v = data
    w = 1 / v
    z = (y - w @ y / w.sum()) / np.sqrt(v - 1 / w.sum())

    def score(a):
        return sum(np.sign((a[i] - a[j]) * (v[i] - v[j])) for i in range(len(a)) for j in range(i))

    observed = score(z)
    scores = np.array([score(z[list(p)]) for p in permutations(range(y.size))])
    pairs = y.size * (y.size - 1) / 2
    test = bias.begg(y, v)
    assert test.tau == pytest.approx(observed / pairs)
    assert test.p == pytest.approx(np.mean(np.abs(scores) >= abs(observed)), abs=1e-12)


@given(data=studies(5, 15), estimator=st.sampled_from(["L0", "R0", "Q0"]))
@settings(max_examples=25, deadline=None)
def test_trim_and_fill_mirrors(data, estimator):
    y, v = data
    options = {"method": "DL", "estimator": estimator}
    try:
        one = bias.trim_and_fill(y, v, side="left", **options)
    except bias._trimfill.ConvergenceError:
        assume(False)
    other = bias.trim_and_fill(-y, v, side="right", **options)
    assert other.k0 == one.k0
    assert other.fit.coef[0] == pytest.approx(-one.fit.coef[0], rel=1e-9, abs=1e-12)
    assert one.fit.k == y.size + one.k0
    assert np.array_equal(one.y[: y.size], y)
    if one.k0:
        refit = pool(one.y, one.v, method="DL")
        assert refit.coef[0] == pytest.approx(one.fit.coef[0])
        assert (one.y[one.filled] <= one.observed.coef[0] + 10).all()


def test_trim_and_fill_limits_hold():
    y = np.array([0.95, 0.9, 0.8, 0.5, 0.2, 0.1, 0.05])
    v = np.array([0.2, 0.15, 0.1, 0.05, 0.01, 0.005, 0.004])
    free = bias.trim_and_fill(y, v, method="EE", side="left")
    assert free.k0 > 0
    held = bias.trim_and_fill(y, v, method="EE", side="left", limits=(-0.5, 1))
    assert free.y.min() < -0.5 <= held.y.min()


@given(data=studies(), scale=st.floats(0.1, 20))
@settings(max_examples=25, deadline=None)
def test_fail_safe_numbers_do_not_depend_on_sign_or_scale(data, scale):
    y, v = data
    for kind in ("Rosenthal", "Rosenberg", "General"):
        one = bias.fail_safe_n(y, v, type=kind, method="DL")
        other = bias.fail_safe_n(-scale * y, scale**2 * v, type=kind, method="DL")
        assert abs(other.n - one.n) <= 1


@given(data=studies())
@settings(max_examples=15, deadline=None)
def test_rosenthal_by_adding_studies(data):
    y, v = data
    z = y / np.sqrt(v)
    n = bias.fail_safe_n(y, v).n

    def p(extra):
        return norm.sf(abs(z.sum()) / np.sqrt(y.size + extra))

    assert p(n) >= 0.05 - 1e-12
    assert n == 0 or p(n - 1) < 0.05


def test_exact_general_agrees_with_refitting_one_data_set():
    y, v = np.array([0.5, 0.3, 0.8, 0.4, 0.6]), np.array([0.02, 0.03, 0.05, 0.01, 0.04])
    exact = bias.fail_safe_n(y, v, type="General", exact=True)
    fast = bias.fail_safe_n(y, v, type="General")
    assert exact.n > 0
    assert exact.p_with_n >= 0.05
    assert abs(exact.n - fast.n) <= 0.2 * fast.n + 2


@given(p=st.lists(st.floats(0.01, 0.99), min_size=1, max_size=8))
@settings(max_examples=30, deadline=None)
def test_poisson_binomial_against_enumeration(p):
    q = np.array(p)
    expected = np.zeros(q.size + 1)
    for outcome in range(2**q.size):
        hit = np.array([outcome >> i & 1 for i in range(q.size)], bool)
        expected[hit.sum()] += np.prod(np.where(hit, q, 1 - q))
    assert poisson_binomial(q) == pytest.approx(expected, abs=1e-12)


@given(data=studies(), tau2=st.floats(0, 0.5))
@settings(max_examples=15, deadline=None)
def test_power_with_heterogeneity_is_the_average_power(data, tau2):
    y, v = data
    found = bias.excess_significance(y, v, theta=0.4, tau2=tau2, test="exact")
    nodes, weights = np.polynomial.hermite_e.hermegauss(180)
    theta = 0.4 + np.sqrt(tau2) * nodes[:, None]
    se = np.sqrt(v)
    power = norm.sf(1.959963984540054 - theta / se) + norm.cdf(-1.959963984540054 - theta / se)
    average = weights @ power / weights.sum()
    assert found.power == pytest.approx(average, abs=2e-3 if tau2 > 0.1 else 5e-4)
    exact = poisson_binomial(found.power)[found.observed :].sum()
    assert found.p == pytest.approx(min(1.0, exact))
    other = bias.excess_significance(y, v, theta=0.4, tau2=tau2, test="binom")
    assert other.p == pytest.approx(binom.sf(found.observed - 1, y.size, found.expected / y.size))


def test_limit_estimate_gives_the_level_back():
    y, v = np.array([0.6, 0.5, 0.7, 0.4, 0.62]), np.array([0.06, 0.05, 0.08, 0.03, 0.07])
    found = bias.excess_significance(y, v)
    assert found.limit[0] is not None
    again = bias.excess_significance(y, v, theta=found.limit[0])
    assert again.p == pytest.approx(0.10, abs=1e-9)


def test_pet_peese_switches_on_the_pet_test():
    rng = np.random.default_rng(2)
    v = rng.uniform(0.005, 0.3, 30)
    y = rng.normal(0.8, np.sqrt(v))
    strong = bias.pet_peese(y, v)
    assert strong.selected == "PEESE"
    assert strong.estimate == strong.peese.limit
    weak = bias.pet_peese(rng.normal(0.0, np.sqrt(v)), v)
    assert weak.selected == "PET"
    assert weak.estimate == weak.pet.limit
    # PET is the regression test's limit estimate
    assert strong.pet.limit == pytest.approx(bias.egger(y, v, model="lm").limit)


def test_results_are_json_safe():
    import json

    y, v = [0.9, 0.5, 0.4, 0.2, 0.3], [0.25, 0.09, 0.06, 0.01, 0.02]
    for result in (
        bias.egger(y, v),
        bias.begg(y, v),
        bias.trim_and_fill(y, v),
        bias.pet_peese(y, v),
        bias.fail_safe_n(y, v, type="General"),
        bias.excess_significance(y, v),
        bias.selection_model(y, v, type="negexp", method="FE"),
    ):
        assert json.loads(json.dumps(result.to_dict(), allow_nan=False))
        assert "k" in result.summary() or result.summary()


def test_effect_sizes_bring_their_sample_sizes():
    from aponia.meta import effect_sizes

    rng = np.random.default_rng(4)
    n = rng.integers(10, 200, 8)
    effects = effect_sizes(
        "SMD",
        mean1=rng.normal(0.5, 0.2, 8),
        sd1=np.ones(8),
        n1=n,
        mean2=np.zeros(8),
        sd2=np.ones(8),
        n2=n,
    )
    one = bias.egger(effects, predictor="ninv")
    assert one.z_or_t == bias.egger(effects.y, effects.v, ni=2 * n, predictor="ninv").z_or_t
    fit = bias.selection_model(effects, type="negexp", precision="sqrtninv", method="FE")
    assert np.isfinite(fit.loglik)
