"""Recovered values agree with metafor, come back to what they were computed from, and say so."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from aponia.meta import InputError, MetaWarning, MethodError, effect_sizes, recover, transform

REFERENCE = json.loads((Path(__file__).parent / "data" / "recovered.json").read_text())


def floats(values):
    return np.array([np.nan if x is None else float(x) for x in values])


def columns(name):
    return {key: floats(values) for key, values in REFERENCE["data"][name].items()}


def option(call, name):
    found = re.search(rf"[(, ]{re.escape(name)}='?([\w./]+)", call)
    return found.group(1) if found else None


@pytest.mark.parametrize(("call", "out"), REFERENCE["cases"]["conv.fivenum"])
def test_means_and_sds_from_quantiles_agree_with_metafor(call, out):
    five = columns("five")
    result = recover.mean_sd_from_quantiles(
        minimum=five["min"],
        q1=five["q1"],
        median=five["median"],
        q3=five["q3"],
        maximum=five["max"],
        n=five["n"],
        method=option(call, "method"),
        distribution=option(call, "dist"),
    )
    np.testing.assert_allclose(result.mean, floats(out["mean"]), rtol=1e-10)
    np.testing.assert_allclose(result.sd, floats(out["sd"]), rtol=1e-10)


@pytest.mark.parametrize(("call", "out"), REFERENCE["cases"]["conv.wald"])
def test_wald_conversions_agree_with_metafor(call, out):
    data = columns("wald")
    names = {"ci.lb": "lower", "ci.ub": "upper", "zval": "z", "pval": "p", "level": "level"}
    given_ = {ours: data[option(call, r)] for r, ours in names.items() if option(call, r)}
    result = recover.from_wald(
        data[option(call, "out")], transform=np.log if "transf=log" in call else None, **given_
    )
    np.testing.assert_allclose(result.y, floats(out["yi"]), rtol=1e-10)
    np.testing.assert_allclose(result.v, floats(out["vi"]), rtol=1e-10)


@pytest.mark.parametrize(("call", "out"), REFERENCE["cases"]["conv.2x2"])
def test_rebuilt_tables_agree_with_metafor(call, out):
    data = columns("t22")
    names = {"ori": "odds_ratio", "ri": "phi", "x2i": "chi2", "n1i": "row1", "n2i": "column1"}
    given_ = {ours: data[option(call, r)] for r, ours in names.items() if option(call, r)}
    table = recover.counts_from_margins(total=data["ni"], **given_)
    for cell in "abcd":
        np.testing.assert_array_equal(getattr(table, cell), floats(out[f"{cell}i"]))


sds = st.floats(0.01, 100)
sizes = st.integers(2, 500)


@settings(max_examples=40, deadline=None)
@given(sd=sds, n1=sizes, n2=sizes, difference=st.floats(0.01, 50), level=st.floats(0.5, 0.999))
def test_an_sd_comes_back_from_everything_computed_from_it(sd, n1, n2, difference, level):
    se = sd / np.sqrt(n1)
    assert float(recover.sd_from_se(se, n1)) == pytest.approx(sd, rel=1e-10)
    half = stats.t.ppf((1 + level) / 2, n1 - 1) * se
    back = recover.sd_from_ci(5 - half, 5 + half, n1, level=level)
    assert float(back) == pytest.approx(sd, rel=1e-8)
    half = stats.norm.ppf((1 + level) / 2) * se
    back = recover.sd_from_ci(5 - half, 5 + half, n1, level=100 * level, distribution="normal")
    assert float(back) == pytest.approx(sd, rel=1e-8)
    se = sd * np.sqrt(1 / n1 + 1 / n2)
    half = stats.t.ppf((1 + level) / 2, n1 + n2 - 2) * se
    back = recover.sd_from_ci(5 - half, 5 + half, n1, n2, level=level)
    assert float(back) == pytest.approx(sd, rel=1e-8)
    t = difference / se
    assert float(recover.sd_from_t(difference, -t, n1, n2)) == pytest.approx(sd, rel=1e-10)
    p = 2 * stats.t.sf(t, n1 + n2 - 2)
    if 1e-200 < p < 0.999:
        assert float(recover.sd_from_p(difference, p, n1, n2)) == pytest.approx(sd, rel=1e-6)
        one_sided = recover.sd_from_p(difference, p / 2, n1, n2, sides=1)
        assert float(one_sided) == pytest.approx(sd, rel=1e-6)
        assert float(recover.se_from_p(difference, p, n1 + n2 - 2)) == pytest.approx(se, rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(pre=sds, post=sds, r=st.floats(-1, 1))
def test_change_sd_and_correlation_come_back(pre, post, r):
    change = recover.sd_change(pre, post, r)
    assert abs(pre - post) - 1e-9 <= float(change) <= pre + post + 1e-9
    back = recover.correlation_from_sd_change(pre, post, float(change))
    assert float(back) == pytest.approx(r, abs=1e-6 * max(pre / post, post / pre))


def test_combined_groups_equal_the_pooled_raw_data():
    first, second = np.array([1.0, 2, 4, 9]), np.array([3.0, 3, 8])
    both = np.concatenate([first, second])
    out = recover.combine_groups(
        4, first.mean(), first.std(ddof=1), 3, second.mean(), second.std(ddof=1)
    )
    assert out.mean[0] == pytest.approx(both.mean(), rel=1e-13)
    assert out.sd[0] == pytest.approx(both.std(ddof=1), rel=1e-13)


@settings(max_examples=60, deadline=None)
@given(a=st.integers(1, 80), b=st.integers(1, 80), c=st.integers(1, 80), d=st.integers(1, 80))
def test_a_table_comes_back_from_margins_and_any_statistic(a, b, c, d):
    n, row, col = a + b + c + d, a + b, a + c
    margins = {"total": n, "row1": row, "column1": col}
    es = effect_sizes("PHI", a=a, b=b, c=c, d=d)
    ways = [
        {"odds_ratio": a * d / (b * c)},
        {"phi": es.y[0]},
        {"chi2": np.sign(es.y[0]) * n * es.y[0] ** 2, "continuity": False},
    ]
    for way in ways:
        table = recover.counts_from_margins(**margins, **way)
        assert [table.a[0], table.b[0], table.c[0], table.d[0]] == [a, b, c, d]


def test_impossible_margins_are_missing_with_a_warning():
    with pytest.warns(MetaWarning, match=r"rows \[0\]"):
        table = recover.counts_from_margins(total=400, row1=200, column1=50, phi=0.54)
    assert np.isnan(table.a[0])


def test_delta_method_numerically_and_analytically():
    y, v = np.array([0.2, -0.4, 0.7]), np.array([0.01, 0.02, 0.03])
    numeric = recover.delta_method(y, v, transform.z_to_r)
    np.testing.assert_allclose(numeric.v, (1 - np.tanh(y) ** 2) ** 2 * v, rtol=1e-9)
    given_ = recover.delta_method(y, v, np.exp, derivative=np.exp)
    np.testing.assert_allclose(given_.v, np.exp(2 * y) * v, rtol=1e-14)
    edge = recover.delta_method([0.001], [1e-6], transform.logit)
    assert edge.v[0] == pytest.approx(1e-6 / (0.001 * 0.999) ** 2, rel=1e-6)
    sized = recover.delta_method([0.5], [0.1], transform.d_to_rpb, [20], [30])
    h = 48 / 20 + 48 / 30
    assert sized.v[0] == pytest.approx(0.1 * (h / (0.25 + h) ** 1.5) ** 2, rel=1e-9)


@pytest.mark.parametrize("numbers", [("q1", "median", "q3"), ("minimum", "median", "maximum")])
def test_quantile_estimation_finds_the_distribution_the_quantiles_came_from(numbers):
    n = 100
    p = {"minimum": 1 / n, "q1": 0.25, "median": 0.5, "q3": 0.75, "maximum": 1 - 1 / n}
    laws = {
        "normal": stats.norm(50, 4),
        "log-normal": stats.lognorm(0.6, scale=10),
        "gamma": stats.gamma(2.5, scale=3),
        "weibull": stats.weibull_min(1.7, scale=6),
    }
    for name, law in laws.items():
        five = {key: float(law.ppf(p[key])) for key in numbers}
        out = recover.mean_sd_from_quantiles(**five, n=n, method="qe")
        assert out.mean[0] == pytest.approx(law.mean(), rel=1e-4), name
        assert out.sd[0] == pytest.approx(law.std(), rel=1e-4), name
        assert out.model[0] == name


def test_box_cox_on_symmetric_and_on_log_normal_numbers():
    symmetric = recover.mean_sd_from_quantiles(q1=8, median=10, q3=12, n=50, method="bc")
    plain = recover.mean_sd_from_quantiles(q1=8, median=10, q3=12, n=50)
    assert symmetric.mean[0] == pytest.approx(plain.mean[0], rel=1e-3)
    assert symmetric.sd[0] == pytest.approx(plain.sd[0], rel=1e-2)
    law = stats.lognorm(0.5, scale=10)
    q1, median, q3 = law.ppf([0.25, 0.5, 0.75])
    skewed = recover.mean_sd_from_quantiles(q1=q1, median=median, q3=q3, n=5000, method="bc")
    assert skewed.mean[0] == pytest.approx(law.mean(), rel=0.01)
    assert skewed.sd[0] == pytest.approx(law.std(), rel=0.02)


@settings(max_examples=30, deadline=None)
@given(shift=st.floats(-50, 50), unit=st.floats(0.1, 20))
def test_normal_methods_follow_shift_and_unit(shift, unit):
    five = {"minimum": 2.0, "q1": 5.0, "median": 6.5, "q3": 8.0, "maximum": 12.0}
    moved = {key: shift + unit * value for key, value in five.items()}
    for method in ("luo/wan/shi", "luo2018", "wan2014", "bland2015"):
        one = recover.mean_sd_from_quantiles(**five, n=60, method=method)
        two = recover.mean_sd_from_quantiles(**moved, n=60, method=method)
        assert two.mean[0] == pytest.approx(shift + unit * one.mean[0], rel=1e-8, abs=1e-8)
        assert two.sd[0] == pytest.approx(unit * one.sd[0], rel=1e-7)


def test_skewed_numbers_are_left_out_unless_asked_for():
    data = {"minimum": 0.0, "median": 2.0, "maximum": 40.0, "n": 60}
    out = recover.mean_sd_from_quantiles(**data)
    assert out.skewed.tolist() == [True]
    assert np.isnan(out.mean[0])
    assert out.statistic[0] > out.critical[0]
    kept = recover.mean_sd_from_quantiles(**data, test=False)
    assert np.isfinite(kept.mean[0])


def test_sd_without_a_median_and_nothing_below_five_people():
    out = recover.mean_sd_from_quantiles(q1=[8.0, 8.0], q3=[12.0, 12.0], n=[50, 4])
    assert np.isnan(out.mean).all()
    assert np.isfinite(out.sd[0])
    assert np.isnan(out.sd[1])


def test_range_methods():
    data = {"minimum": 2.0, "median": 6.0, "maximum": 10.0}
    for n, sd in ((10, np.sqrt(64 / 12)), (40, 2.0), (100, 8 / 6)):
        out = recover.mean_sd_from_quantiles(**data, n=n, method="hozo2005")
        assert out.sd[0] == pytest.approx(sd)
    walter = recover.mean_sd_from_quantiles(**data, n=10, method="walter2007")
    assert walter.sd[0] == pytest.approx(8 / 3.07750546, rel=1e-6)  # Tippett's table, n = 10


def test_everything_says_that_it_is_derived_and_how():
    results = [
        recover.sd_from_se(1.0, 10),
        recover.sd_from_ci(1, 3, 10),
        recover.sd_from_t(2, 2.5, 10, 12),
        recover.sd_from_p(2, 0.03, 10, 12),
        recover.se_from_p(2, 0.03),
        recover.se_from_ci(1.2, 3.4, log=True),
        recover.sd_change(2, 3, 0.5),
        recover.correlation_from_sd_change(2, 3, 2.5),
        recover.events_from_percent(33, 12),
        recover.mean_sd_from_quantiles(q1=1, median=2, q3=3, n=30),
        recover.counts_from_margins(total=40, row1=20, column1=20, phi=0.1),
        recover.from_wald(0.5, lower=0.1, upper=0.9),
        recover.delta_method(0.5, 0.1, np.exp),
    ]
    for result in results:
        assert result.derived is True
        plain = json.loads(json.dumps(result.to_dict()))
        assert plain["derived"] is True
        assert plain["method"]
        assert plain["formula"] in result.summary()
        assert plain["source"] in result.summary()
    assert float(recover.events_from_percent(33, 12)) == 4
    with pytest.raises(TypeError, match="2 values"):
        float(recover.sd_from_se([1, 2], 10))


def test_estimate_outside_the_middle_of_its_interval_is_warned_of():
    with pytest.warns(MetaWarning, match="middle of its interval"):
        recover.from_wald(2.0, lower=1.0, upper=4.5)
    log = recover.from_wald(2.0, lower=1.0, upper=4.0, transform=np.log)
    assert log.se[0] == pytest.approx(np.log(4) / (2 * stats.norm.ppf(0.975)))
    assert log.route.tolist() == ["ci"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: recover.sd_from_se(-1, 5), "se, row 0: found -1"),
        (lambda: recover.sd_from_ci(3, 1, 5), "upper.*at least lower"),
        (lambda: recover.sd_from_ci(1, 3, 1), "n, row 0"),
        (lambda: recover.sd_from_t(1, 0, 5, 5), "t, row 0: found 0"),
        (lambda: recover.sd_from_p(1, 0, 5, 5), "p, row 0: found 0"),
        (lambda: recover.sd_from_p(1, 0.7, 5, 5, sides=1), "p, row 0"),
        (lambda: recover.se_from_p(1, 1.0), "p, row 0"),
        (lambda: recover.sd_change(1, 1, 1.5), "r, row 0"),
        (lambda: recover.correlation_from_sd_change(1, 1, 9), "sd_change"),
        (lambda: recover.se_from_ci(-1, 1, log=True), "above 0"),
        (lambda: recover.counts_from_margins(total=9, row1=10, column1=1, phi=0), "row1"),
        (lambda: recover.counts_from_margins(total=9, row1=1, column1=1), "odds_ratio="),
        (lambda: recover.mean_sd_from_quantiles(q1=3, median=2, q3=4, n=9), "q1.*at most median"),
        (lambda: recover.from_wald(1.0), "lower="),
        (lambda: recover.delta_method([1, 2], [0.1, 0.1], np.sum), "transform returned"),
        (lambda: recover.events_from_percent(120, 5), "percent"),
    ],
)
def test_wrong_input_is_refused_by_name(call, words):
    with pytest.raises(InputError, match=words):
        call()


def test_unknown_methods_are_refused():
    with pytest.raises(MethodError, match="unknown method"):
        recover.mean_sd_from_quantiles(median=1, n=9, method="guess")
    with pytest.raises(MethodError, match="distribution"):
        recover.mean_sd_from_quantiles(median=1, n=9, distribution="cauchy")
    with pytest.raises(MethodError, match="distribution"):
        recover.sd_from_ci(1, 3, 9, distribution="cauchy")
    with pytest.raises(InputError, match="log-normal"):
        recover.mean_sd_from_quantiles(
            q1=0, median=1, q3=2, n=9, distribution="log-normal"
        )  # fmt: skip
