"""Synthesis without meta-analysis: recomputed by other routes, bounds that are bounds."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, combine_pvalues, norm

from aponia.meta import InputError, MethodError, TooFewStudiesError, swim
from aponia.meta.swim._combine import _landau_sf

P = st.lists(st.floats(1e-6, 0.999), min_size=1, max_size=12)


@given(x=st.integers(0, 40), rest=st.integers(0, 40), level=st.floats(0.5, 0.999))
@settings(max_examples=60, deadline=None)
def test_sign_test_against_scipy(x, rest, level):
    n = x + rest
    if n == 0:
        with pytest.raises(TooFewStudiesError):
            swim.sign_test(n_benefit=0, n_harm=0)
        return
    for alternative in ("two-sided", "greater", "less"):
        test = swim.sign_test(n_benefit=x, n_harm=rest, alternative=alternative, level=level)
        expected = binomtest(x, n, 0.5, alternative=alternative)
        assert test.p == pytest.approx(expected.pvalue, rel=1e-9)
    both = binomtest(x, n, 0.5)
    for kind in ("exact", "wilson"):
        test = swim.sign_test(n_benefit=x, n_harm=rest, level=level, interval=kind)
        reference = both.proportion_ci(level, method=kind)
        assert (test.ci_lower, test.ci_upper) == pytest.approx(tuple(reference), abs=1e-9)


def test_unanimous_studies_give_powers_of_one_half():
    assert swim.sign_test(n_benefit=4, n_harm=0).p == pytest.approx(2 * 0.5**4)
    assert swim.sign_test(n_benefit=0, n_harm=6).p == pytest.approx(2 * 0.5**6)


def test_ties_are_counted_but_not_tested_and_bounds_cover_them():
    test = swim.sign_test(["+", "benefit", 0.3, "worse", 0.0, "unclear", None])
    assert (test.n_benefit, test.n_harm, test.n_unclear, test.n_missing) == (3, 1, 2, 1)
    assert test.p == pytest.approx(binomtest(3, 4).pvalue)
    assert test.p_if_unclear_benefit == pytest.approx(binomtest(5, 6).pvalue)
    assert test.p_if_unclear_harm == pytest.approx(binomtest(3, 6).pvalue)
    assert "size of the effect" in test.summary()


@given(x=st.integers(0, 20), rest=st.integers(0, 20))
@settings(max_examples=30, deadline=None)
def test_sign_test_mirrors(x, rest):
    if x + rest == 0:
        return
    one, other = (swim.sign_test(n_benefit=a, n_harm=b) for a, b in ((x, rest), (rest, x)))
    assert one.p == pytest.approx(other.p)
    assert one.ci_lower == pytest.approx(1 - other.ci_upper, abs=1e-9)


def test_significance_is_not_a_direction():
    for word in ("significant", "ns", "p<0.05"):
        with pytest.raises(InputError, match="direction"):
            swim.read_direction(word)


@given(p=P)
@settings(max_examples=60, deadline=None)
def test_combinations_that_scipy_has(p):
    for ours, theirs in (
        ("fisher", "fisher"),
        ("pearson", "pearson"),
        ("stouffer", "stouffer"),
        ("tippett", "tippett"),
    ):
        expected = combine_pvalues(p, method=theirs).pvalue
        assert swim.combine_p(p, method=ours).p == pytest.approx(float(expected), rel=1e-7)
    w = np.arange(1.0, len(p) + 1)
    expected = combine_pvalues(p, method="stouffer", weights=w).pvalue
    found = swim.combine_p(p, method="weighted z", weights=w)
    assert found.p == pytest.approx(float(expected), rel=1e-7)
    assert found.weights == tuple(w)


@given(p=st.lists(st.floats(0.001, 0.999), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_edgington_against_convolution(p):
    # distribution of a sum of uniforms by repeated numerical integration
    n = 4000
    cdf = np.clip(np.arange(0, len(p) * n + 1) / n, 0, 1)
    for _ in range(len(p) - 1):
        area = np.concatenate([[0], np.cumsum(0.5 * (cdf[1:] + cdf[:-1])) / n])
        shifted = np.concatenate([np.zeros(n), area[:-n]])
        cdf = area - shifted
    at = np.interp(sum(p), np.arange(cdf.size) / n, cdf)
    assert swim.combine_p(p, method="edgington").p == pytest.approx(at, abs=2e-6)


def test_edgington_keeps_its_digits_with_many_studies():
    p = [0.02] * 60
    found = swim.combine_p(p, method="edgington").p
    # the sum is 1.2: two terms of the exact series
    exact = math.exp(60 * math.log(1.2) - math.lgamma(61)) - 60 * math.exp(
        60 * math.log(0.2) - math.lgamma(61)
    )
    assert found == pytest.approx(exact, rel=1e-9)
    high = swim.combine_p([0.98] * 60, method="edgington").p
    assert high == pytest.approx(1 - exact, rel=1e-12)


@given(p=P)
@settings(max_examples=30, deadline=None)
def test_cauchy_by_its_definition(p):
    statistic = np.mean(np.tan((0.5 - np.array(p)) * np.pi))
    expected = 0.5 - math.atan(statistic) / math.pi
    assert swim.combine_p(p, method="cauchy").p == pytest.approx(expected, abs=1e-9)
    tiny = swim.combine_p([1e-200, 0.5], method="cauchy").p
    assert tiny == pytest.approx(2e-200, rel=1e-9)


def test_harmonic_mean_against_the_landau_distribution_of_scipy():
    from scipy import stats

    for z in (-2.0, -0.5, 0.0, 1.0, 5.0, 40.0, 1000.0):
        expected = float(stats.landau.sf(z))
        assert _landau_sf(z, 0.0, 1.0) == pytest.approx(expected, rel=1e-9)


def test_harmonic_mean_holds_its_level_under_the_null():
    rng = np.random.default_rng(11)
    hits = [swim.combine_p(p, method="harmonic").p <= 0.05 for p in rng.uniform(size=(1500, 20))]
    assert np.mean(hits) == pytest.approx(0.05, abs=0.02)
    assert swim.combine_p([0.03], method="harmonic").p == 0.03


@given(
    p=P,
    bound=st.floats(1e-4, 0.5),
    inside=st.floats(0.001, 1.0),
    method=st.sampled_from(sorted(swim.METHODS)),
)
@settings(max_examples=80, deadline=None)
def test_bounds_hold_whatever_the_hidden_value(p, bound, inside, method):
    bounded = swim.combine_p([*p, f"<{bound!r}"], method=method)
    assert bounded.p is None
    assert bounded.statistic is None
    exact = swim.combine_p([*p, bound * inside], method=method)
    assert bounded.p_lower - 1e-9 <= exact.p <= bounded.p_upper + 1e-9
    wider = swim.combine_p([*p, f"<{min(1.0, 2 * bound)!r}"], method=method)
    assert wider.p_upper >= bounded.p_upper - 1e-9
    upper = swim.combine_p([*p, f">{bound!r}"], method=method)
    assert upper.p_upper >= upper.p_lower - 1e-12


@given(p=P, method=st.sampled_from(sorted(swim.METHODS)))
@settings(max_examples=40, deadline=None)
def test_order_does_not_matter_and_a_smaller_p_never_hurts(p, method):
    one = swim.combine_p(p, method=method).p
    assert swim.combine_p(p[::-1], method=method).p == pytest.approx(one, rel=1e-7, abs=1e-12)
    smaller = [p[0] * 0.5, *p[1:]]
    assert swim.combine_p(smaller, method=method).p <= one + 1e-9


def test_directions_make_two_sided_values_one_sided():
    found = swim.combine_p(
        [0.02, 0.2, 0.5], directions=["benefit", "harm", "benefit"], method="stouffer"
    )
    z = norm.isf([0.01, 0.9, 0.25])
    assert found.p == pytest.approx(norm.sf(z.sum() / math.sqrt(3)))
    assert found.one_sided
    mirrored = swim.combine_p(
        [0.02, 0.2, 0.5], directions=["harm", "benefit", "harm"], method="stouffer"
    )
    assert mirrored.p == pytest.approx(1 - found.p)
    unknown = swim.combine_p([0.02, 0.2], directions=["benefit", None], method="fisher")
    assert unknown.p is None
    low, high = (
        swim.combine_p([0.02, 0.2], directions=["benefit", d], method="fisher").p
        for d in ("benefit", "harm")
    )
    assert (unknown.p_lower, unknown.p_upper) == pytest.approx((low, high))


@pytest.mark.parametrize(
    ("text", "lower", "upper"),
    [
        ("<.001", 0, 0.001),
        ("p < 0.05", 0, 0.05),
        ("P=0.03", 0.03, 0.03),
        ("0,04", 0.04, 0.04),
        ("> 0.05", 0.05, 1),
        ("≥0.1", 0.1, 1),
        ("ns", 0.05, 1),
        ("1e-5", 1e-5, 1e-5),
        ((0.01, 0.05), 0.01, 0.05),
        (0.2, 0.2, 0.2),
    ],
)
def test_reading_p_values(text, lower, upper):
    found = swim.read_p(text)
    assert (found.lower, found.upper) == pytest.approx((lower, upper))


def test_what_is_not_a_p_value_is_named():
    for bad in ("significant", 1.2, -0.1, 0.0, "=0", (0.5, 0.1)):
        with pytest.raises(InputError):
            swim.read_p(bad)
    assert swim.read_p("not reported") is None
    assert swim.read_p(float("nan")) is None
    with pytest.raises(MethodError):
        swim.combine_p([0.1], method="vote")
    with pytest.raises(MethodError, match="weights"):
        swim.combine_p([0.1, 0.2], method="fisher", weights=[1, 2])
    with pytest.raises(InputError, match="directions"):
        swim.combine_p([0.1, 0.2], sided="two")
    with pytest.raises(TooFewStudiesError):
        swim.combine_p([None])


@given(
    d=st.floats(0.05, 1.5),
    n=st.integers(20, 2000),
    ratio=st.floats(0.3, 3),
    way=st.sampled_from(["benefit", "harm"]),
)
@settings(max_examples=40, deadline=None)
def test_albatross_gives_the_effect_back(d, n, ratio, way):
    treated, control = n * ratio / (1 + ratio), n / (1 + ratio)
    variance = 1 / treated + 1 / control + d**2 / (2 * n)
    p = 2 * norm.sf(d / math.sqrt(variance))
    if p < 1e-280:
        return
    plot = swim.albatross([p], [n], [way], ratio=ratio, effects=[d])
    assert abs(plot.implied[0]) == pytest.approx(d, rel=1e-6)
    assert np.sign(plot.implied[0]) == (1 if way == "benefit" else -1)
    # the contour of that effect passes through the study
    at = np.interp(-math.log10(p), plot.contour_x[0], plot.contour_n[0])
    if 1e-7 < p < 0.7:
        assert at == pytest.approx(n, rel=0.03)


@pytest.mark.parametrize(
    ("measure", "effect", "baseline"),
    [("or", 2.0, 0.3), ("rr", 1.4, 0.2), ("correlation", 0.3, None)],
)
def test_albatross_on_other_scales(measure, effect, baseline):
    plot = swim.albatross(
        [0.01], [100], ["benefit"], measure=measure, effects=[effect], baseline=baseline
    )
    found = float(plot.implied[0])
    back = swim.albatross(
        [0.01], [100], ["benefit"], measure=measure, effects=[found], baseline=baseline
    )
    at = np.interp(2.0, back.contour_x[0], back.contour_n[0])
    assert at == pytest.approx(100, rel=0.01)
    assert "implied" in plot.summary()


def test_albatross_bounds_and_gaps():
    plot = swim.albatross(
        ["<0.001", 0.2, None, 0.5],
        [40, 100, 50, np.nan],
        ["benefit", "harm", "benefit", "benefit"],
        labels=["a", "b", "c", "d"],
    )
    assert plot.labels == ("a", "b")
    assert plot.n_left_out == 2
    assert plot.x == pytest.approx([3, math.log10(0.2)])
    assert "or more extreme" in plot.summary()
    with pytest.raises(TooFewStudiesError):
        swim.albatross([None], [10], ["benefit"])


def test_effect_direction_plot():
    plot = swim.effect_direction(
        ["A"] * 4 + ["B", "C", "C", "D"],
        ["pain"] * 4 + ["pain", "pain", "sleep", "sleep"],
        ["+", "+", "+", "-", "-", "benefit", "benefit", None],
        n=[400, 380, None, 400, 60, 12, 12, 30],
        risk_of_bias=["low"] * 4 + ["high", None, None, "low"],
    )
    cell = plot.cell("A", "pain")
    # three of four outcomes agree: 75% is over the threshold of 70%
    assert (cell.direction, cell.symbol, cell.size) == ("benefit", "▲", "large")
    assert (cell.n_outcomes, cell.n_benefit, cell.n_harm) == (4, 3, 1)
    assert (cell.n, cell.risk_of_bias) == (400, "low")
    assert plot.cell("B", "pain").size == "medium"
    assert plot.cell("C", "sleep").size == "small"
    assert plot.cell("D", "sleep") is None
    assert (plot.sign_tests["pain"].n_benefit, plot.sign_tests["pain"].n_harm) == (2, 1)
    assert "A" in plot.summary()
    strict = swim.effect_direction(["A"] * 4, ["x"] * 4, ["+", "+", "+", "-"], threshold=0.8)
    assert strict.rows[0].direction == "unclear"
    assert strict.sign_tests == {}
    exact = swim.effect_direction(["A"] * 10, ["x"] * 10, ["+"] * 7 + ["-"] * 3)
    assert exact.rows[0].direction == "benefit"


def test_harvest_plot():
    plot = swim.harvest(
        ["a", "b", "c", "d"],
        ["benefit", "benefit", "none", "harm"],
        rows=["pain", "pain", "pain", "sleep"],
        heights=[1, 3, 2, 1],
        designs=["trial", None, "cohort", "cohort"],
    )
    assert plot.rows == ("pain", "sleep")
    assert plot.counts["pain"] == {"harm": 0, "unclear": 1, "benefit": 2}
    benefit = [b for b in plot.bars if b.direction == "benefit"]
    assert [(b.study, b.position) for b in benefit] == [("b", 0), ("a", 1)]
    assert len(plot.bars) == 4
    with pytest.raises(InputError):
        swim.harvest(["a"], ["benefit"], heights=[0])


def test_everything_is_json_safe():
    for result in (
        swim.sign_test([1, -1, 1]),
        swim.combine_p(["<0.001", 0.3], method="stouffer"),
        swim.albatross(["<0.001"], [40], ["benefit"]),
        swim.effect_direction(["A"], ["x"], ["+"]),
        swim.harvest(["A"], ["+"]),
    ):
        assert json.loads(json.dumps(result.to_dict(), allow_nan=False))
        assert result.summary()
