"""Sequential monitoring: published boundaries, error rates by simulation, decisions."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from aponia.meta._pool import pool
from aponia.meta._sequential import boundaries, sequential, spending_function
from aponia.meta.errors import InputError, MethodError, VarianceError

FIVE = [0.2, 0.4, 0.6, 0.8, 1.0]


def test_published_lan_demets_boundaries():
    # ldbounds / Reboussin, DeMets, Kim & Lan (2000): five looks, two-sided 0.05.
    obf = boundaries(FIVE).upper
    np.testing.assert_array_equal(obf.round(3), [4.877, 3.357, 2.680, 2.290, 2.031])
    pocock = boundaries(FIVE, spending="Pocock").upper
    np.testing.assert_array_equal(pocock.round(3), [2.438, 2.427, 2.410, 2.397, 2.386])


def test_published_futility_boundaries():
    # gsDesign (Anderson): gsDesign() with its defaults, non-binding futility.
    b = boundaries(
        [1 / 3, 2 / 3, 1],
        alpha=0.025,
        power=0.9,
        sides=1,
        spending="HSD",
        parameter=-4,
        futility="non-binding",
        futility_spending="HSD",
        futility_parameter=-2,
    )
    np.testing.assert_array_equal(b.upper.round(2), [3.01, 2.55, 2.00])
    np.testing.assert_array_equal(b.futility.round(2), [-0.24, 0.94, 2.00])
    assert round(b.inflation, 3) == 1.070


def test_one_look_is_the_fixed_test():
    b = boundaries([1.0], alpha=0.05, power=0.8)
    np.testing.assert_allclose(b.upper, norm.isf(0.025), rtol=1e-10)
    np.testing.assert_allclose(b.inflation, 1, atol=1e-5)
    np.testing.assert_allclose(b.rejection_probability(0.0), 0.05, rtol=1e-10)


def test_integration_over_unequal_steps_is_the_multivariate_normal():
    # A long step followed by a short one needs nodes as dense as the short one.
    from scipy.stats import multivariate_normal

    t = np.array([0.5, 0.51, 1.0])
    b = boundaries(t, spending="Pocock")
    z = np.sqrt(np.minimum.outer(t, t) / np.maximum.outer(t, t))
    inside = multivariate_normal(np.zeros(3), z).cdf(
        b.upper, lower_limit=-b.upper, rng=np.random.default_rng(0)
    )
    np.testing.assert_allclose(1 - inside, 0.05, atol=2e-5)


fractions = st.lists(st.integers(1, 99), min_size=1, max_size=7, unique=True).map(
    lambda x: [t / 100 for t in sorted(x)] + [1.0]
)


@settings(max_examples=30, deadline=None)
@given(
    fractions,
    st.sampled_from(["OBF", "Pocock", ("power", 2.0), ("HSD", -4.0), ("HSD", 1.0)]),
    st.sampled_from([1, 2]),
    st.floats(0.01, 0.1),
)
def test_the_error_rates_are_exact(times, spending, sides, alpha):
    name, parameter = spending if isinstance(spending, tuple) else (spending, None)
    b = boundaries(times, alpha=alpha, sides=sides, spending=name, parameter=parameter)
    np.testing.assert_allclose(b.rejection_probability(0.0), alpha, rtol=1e-8)
    np.testing.assert_allclose(b.rejection_probability(b.drift), 0.9, rtol=1e-8)
    assert b.inflation >= 1 - 1e-4
    assert b.alpha_spent[-1] == pytest.approx(alpha)


def test_more_looks_never_cost_less_information():
    inflation = [boundaries(np.arange(1, m + 1) / m).inflation for m in (1, 2, 4, 8, 16)]
    assert (np.diff(inflation) > -1e-6).all()


@pytest.mark.parametrize("sides", [1, 2])
@pytest.mark.parametrize("kind", ["binding", "non-binding"])
def test_error_rates_with_futility_by_simulation(sides, kind):
    alpha = 0.05 if sides == 2 else 0.025
    b = boundaries([0.3, 0.6, 1.0], alpha=alpha, power=0.85, sides=sides, futility=kind)
    rng = np.random.default_rng(3)
    steps = np.sqrt(np.diff([0, *b.fraction]))

    def rejected(drift, stop_for_futility):
        score = np.cumsum(rng.normal(size=(200_000, 3)) * steps, axis=1) + drift * b.fraction
        z = score / np.sqrt(b.fraction)
        size = np.abs(z) if sides == 2 else z
        active = np.ones(z.shape[0], dtype=bool)
        hits = np.zeros(z.shape[0], dtype=bool)
        for j in range(3):
            hits |= active & (size[:, j] >= b.upper[j])
            active &= ~hits
            if stop_for_futility:
                active &= size[:, j] >= b.futility[j]
        return hits.mean()

    assert abs(rejected(b.drift, True) - 0.85) < 0.003
    null = rejected(0.0, kind == "binding")
    assert abs(null - alpha) < 0.0016
    assert b.futility[-1] == b.upper[-1]


def test_spending_reaches_its_error_and_starts_at_nothing():
    for name, parameter in (("OBF", None), ("Pocock", None), ("power", 3), ("HSD", -4), ("HSD", 0)):
        f = spending_function(name, 0.025, parameter)
        assert f(0.0) == pytest.approx(0, abs=1e-12)
        assert f(1.0) == pytest.approx(0.025)
        values = [f(t) for t in np.linspace(0.01, 1, 50)]
        assert (np.diff(values) > 0).all()
    with pytest.raises(MethodError, match="needs its parameter"):
        spending_function("HSD", 0.05)
    with pytest.raises(MethodError, match="takes no parameter"):
        spending_function("OBF", 0.05, 1.0)
    with pytest.raises(MethodError, match="must be"):
        spending_function("Wang", 0.05)


Y = np.array([0.31, 0.12, 0.45, 0.28, 0.2, 0.38])
V = np.array([0.05, 0.04, 0.06, 0.03, 0.05, 0.04])


def test_looks_are_cumulative_meta_analyses():
    r = sequential(Y, V, effect=0.3, method="DL", n=[50] * 6)
    for j in range(6):
        fit = pool(Y[: j + 1], V[: j + 1], method="DL" if j else "EE")
        np.testing.assert_allclose([r.estimate[j], r.se[j]], [fit.coef[0], fit.se[0]])
    information = (norm.isf(0.025) + norm.isf(0.1)) ** 2 / 0.3**2
    np.testing.assert_allclose(r.required_information, information * r.adjustment)
    np.testing.assert_allclose(r.fraction, np.cumsum(1 / V) / r.required_information)
    np.testing.assert_allclose(r.required_participants, 300 / r.fraction[-1])


def test_heterogeneity_raises_the_required_information():
    y = np.array([0.9, -0.4, 0.7, 0.0, 1.1])
    v = np.array([0.02, 0.04, 0.02, 0.05, 0.03])
    fit = pool(y, v)
    common = pool(y, v, method="EE")
    r = sequential(y, v, effect=0.5)
    np.testing.assert_allclose(r.adjustment, (fit.se[0] / common.se[0]) ** 2, rtol=1e-8)
    np.testing.assert_allclose(r.diversity, 100 * (1 - 1 / r.adjustment), rtol=1e-8)
    by_i2 = sequential(y, v, effect=0.5, adjust="i2")
    np.testing.assert_allclose(by_i2.adjustment, 1 / (1 - fit.i2 / 100))
    plain = sequential(y, v, effect=0.5, adjust="none")
    assert plain.required_information < by_i2.required_information
    stated = sequential(y, v, effect=0.5, adjust=2.0)
    np.testing.assert_allclose(stated.required_information, 2 * plain.required_information)


def test_one_study_with_all_the_information_is_the_plain_test():
    v = 0.3**2 / (norm.isf(0.025) + norm.isf(0.1)) ** 2 / 1.000001
    r = sequential([0.25], [v], effect=0.3, method="EE")
    z = 0.25 / math.sqrt(v)
    np.testing.assert_allclose(r.upper, norm.isf(0.025), rtol=1e-6)
    np.testing.assert_allclose(r.stagewise.p, 2 * norm.sf(z), rtol=1e-10)
    half = norm.isf(0.025) * math.sqrt(v)
    np.testing.assert_allclose(
        [r.stagewise.ci_lower, r.stagewise.ci_upper], [0.25 - half, 0.25 + half], rtol=1e-8
    )
    assert r.decision == "benefit"


def test_decisions():
    assert sequential(Y, V / 40, effect=0.3).decision == "benefit"
    assert sequential(-Y, V / 40, effect=0.3).decision == "harm"
    assert sequential(-Y, V / 40, effect=-0.3).decision == "benefit"
    assert sequential(Y / 20, V, effect=0.1).decision == "continue"
    nothing = sequential(Y / 100, V, effect=0.3, futility="non-binding")
    assert nothing.decision == "futility"
    reached = sequential(np.zeros(6), V / 20, effect=0.3)
    assert reached.decision == "information reached"
    assert np.isnan(reached.upper[reached.stop_look + 1 :]).all()


def test_changing_the_sign_of_everything_changes_signs_only():
    one = sequential(Y, V / 3, effect=0.3)
    two = sequential(-Y, V / 3, effect=-0.3)
    assert one.decision == two.decision
    np.testing.assert_allclose(two.estimate, -one.estimate)
    np.testing.assert_allclose(two.ci_lower, -one.ci_upper)
    np.testing.assert_allclose(two.upper, one.upper)
    np.testing.assert_allclose(two.stagewise.estimate, -one.stagewise.estimate, rtol=1e-7)
    np.testing.assert_allclose(two.stagewise.ci_lower, -one.stagewise.ci_upper, rtol=1e-7)
    np.testing.assert_allclose(two.stagewise.p, one.stagewise.p)


def test_stopping_early_shrinks_the_estimate_and_widens_the_interval():
    r = sequential(Y + 0.1, V, effect=0.3)
    assert r.decision == "benefit"
    assert r.stop_look > 0
    plain = r.estimate[r.stop_look]
    assert 0 < r.stagewise.estimate < plain
    assert r.stagewise.p >= r.p[r.stop_look]
    low, high = r.ci_lower[r.stop_look], r.ci_upper[r.stop_look]
    np.testing.assert_allclose((high - low) / 2, r.upper[r.stop_look] * r.se[r.stop_look])


def test_the_last_look_spends_what_is_left_whatever_its_information():
    v = np.full(3, 0.025)
    r = sequential([0.2, 0.1, 0.15], v, effect=0.3, method="EE")
    b = boundaries([*r.fraction[r.fraction < 1], 1.0])
    last = int(np.argmax(r.fraction >= 1))
    assert r.alpha_spent[last] == 0.05
    rng = np.random.default_rng(5)
    t = r.fraction[: last + 1]
    score = np.cumsum(rng.normal(size=(400_000, t.size)) * np.sqrt(np.diff([0, *t])), axis=1)
    hit = (np.abs(score / np.sqrt(t)) >= r.upper[: last + 1]).any(axis=1).mean()
    assert abs(hit - 0.05) < 0.0014
    np.testing.assert_allclose(r.upper[:last], b.upper[:last])


def test_updates_group_and_sort_the_studies():
    when = [2021, 2019, 2021, 2019, 2023, 2023]
    r = sequential(Y, V, effect=0.3, when=when, labels=list("abcdef"))
    order = [1, 3, 0, 2, 4, 5]
    np.testing.assert_array_equal(r.studies, [2, 4, 6])
    assert r.labels == ("d", "c", "f")
    fit = pool(Y[order][:4], V[order][:4])
    np.testing.assert_allclose(r.estimate[1], fit.coef[0])


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"effect": 0.0}, InputError, "effect must be"),
        ({"v": [0.1, np.nan]}, InputError, "incomplete"),
        ({"v": [0.1, 0.0]}, VarianceError, "positive"),
        ({"alpha": 5.0}, InputError, "alpha and power"),
        ({"adjust": "tau"}, MethodError, "adjust must be"),
        ({"adjust": 0.5}, InputError, "at least 1"),
        ({"sides": 3}, MethodError, "sides"),
        ({"futility": True}, MethodError, "futility"),
        ({"se": [1, 1]}, InputError, "exactly one"),
        ({"method": "XX"}, MethodError, "not known"),
    ],
)
def test_wrong_input_is_named(change, error, message):
    args = {"y": [0.1, 0.2], "v": [0.1, 0.1], "effect": 0.3}
    with pytest.raises(error, match=message):
        sequential(**(args | change))


def test_wrong_fractions_are_named():
    for bad in ([0.5], [0.5, 0.4, 1.0], [-0.1, 1.0], [np.nan, 1.0], []):
        with pytest.raises(InputError, match="fractions"):
            boundaries(bad)


def test_output_is_json_safe():
    r = sequential(Y, V, effect=0.3, futility="binding")
    again = json.loads(json.dumps(r.to_dict(), allow_nan=False))
    assert again["decision"] == r.decision
    assert "required information" in r.summary()
