"""Dose-response: published trends, one stage equals two, covariances from first principles."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aponia.meta._dose_response import (
    dose_response,
    greenland_longnecker,
    greenland_longnecker_counts,
    hamling,
    hamling_counts,
)
from aponia.meta._dose_response._curve import make_curve
from aponia.meta._pool import pool
from aponia.meta.errors import (
    InputError,
    MethodError,
    SingularDesignError,
    TooFewStudiesError,
    VarianceError,
)

#: Rohan & McMichael (1988), the example of Greenland & Longnecker (1992).
ROHAN = {
    "study": [1] * 4,
    "dose": [0, 2, 6, 11],
    "y": np.log([1, 0.80, 1.16, 1.57]),
    "ci_lower": [1, 0.51, 0.73, 0.99],
    "ci_upper": [1, 1.27, 1.85, 2.51],
    "cases": [165, 74, 90, 122],
    "total": [337, 167, 186, 212],
    "design": "cc",
}


def test_reproduces_the_published_trend_of_alcohol_and_breast_cancer():
    # Orsini, Bellocco & Greenland (2006); Crippa & Orsini (2016): 0.0454 (0.0207), p = 0.0279.
    r = dose_response(**ROHAN)
    assert round(float(r.coef[0]), 4) == 0.0454
    assert round(float(r.se[0]), 4) == 0.0207
    assert round(float(r.p[0]), 4) == 0.0279
    assert (r.k, r.n_contrasts, r.method) == (1, 3, "EE")


counts = st.lists(st.tuples(st.integers(5, 200), st.integers(5, 400)), min_size=2, max_size=5)


@settings(max_examples=40, deadline=None)
@given(counts, st.sampled_from(["cc", "ci", "ir"]))
def test_both_covariances_are_exact_for_crude_ratios(rows, design):
    cases, others = np.array(rows, dtype=float).T
    total = cases + others
    base = others if design == "cc" else total
    y = np.log(cases / base)
    y = y - y[0]
    part = 1 / cases + {"cc": 1 / others, "ci": -1 / total, "ir": 0 * cases}[design]
    v = np.append(0.0, part[1:] + part[0])
    want = np.diag(part[1:]) + part[0]
    np.testing.assert_allclose(
        greenland_longnecker_counts(y, cases, total, design), cases, rtol=1e-8
    )
    np.testing.assert_allclose(greenland_longnecker(y, v, cases, total, design, 0), want, rtol=1e-8)
    A, N = hamling_counts(y, v, cases, total, design, 0)
    np.testing.assert_allclose(A, cases, rtol=1e-5)
    if design != "ir":
        np.testing.assert_allclose(N, total, rtol=1e-5)
    np.testing.assert_allclose(hamling(y, v, cases, total, design, 0), want, rtol=1e-5)
    crude = dose_response(
        study=[1] * len(rows), dose=range(len(rows)), cases=cases, total=total, design=design
    )
    given_v = dose_response(
        study=[1] * len(rows),
        dose=range(len(rows)),
        y=y,
        v=v,
        cases=cases,
        total=total,
        design=design,
    )
    np.testing.assert_allclose(given_v.coef, crude.coef, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(given_v.se, crude.se, rtol=1e-7)


def test_effective_counts_reproduce_adjusted_ratios_and_variances():
    y = ROHAN["y"]
    v = ((np.log(ROHAN["ci_upper"]) - np.log(ROHAN["ci_lower"])) / (2 * 1.959963984540054)) ** 2
    cases, total = np.array(ROHAN["cases"], float), np.array(ROHAN["total"], float)
    A, N = hamling_counts(y, v, cases, total, "cc", 0)
    B = N - A
    np.testing.assert_allclose(np.log(A / B) - np.log(A[0] / B[0]), y, atol=1e-10)
    np.testing.assert_allclose((1 / A + 1 / B + 1 / A[0] + 1 / B[0])[1:], v[1:], rtol=1e-9)
    np.testing.assert_allclose(B[0] / B.sum(), 172 / 451, rtol=1e-6)
    np.testing.assert_allclose(B.sum() / A.sum(), 451 / 451, rtol=1e-6)
    G = greenland_longnecker_counts(y, cases, total, "cc")
    np.testing.assert_allclose(G.sum(), cases.sum())
    odds = G / (total - G)
    np.testing.assert_allclose(np.log(odds / odds[0]), y, atol=1e-10)


def many(seed, k=6, levels=4, curve=lambda d: 0.1 * d, spread=0.03):
    rng = np.random.default_rng(seed)
    rows = {name: [] for name in ("study", "dose", "mean", "sd", "n")}
    for s in range(k):
        doses = np.concatenate([[0], np.sort(rng.uniform(1, 10, levels - 1))])
        slope = rng.normal(0, spread)
        for d in doses:
            values = (s, d, curve(d) + slope * d + rng.normal(0, 0.1), 1.0, rng.integers(60, 120))
            for name, value in zip(rows, values, strict=True):
                rows[name].append(value)
    return rows


@pytest.mark.parametrize("shape", ["linear", "quadratic", "spline"])
@pytest.mark.parametrize("method", ["EE", "ML", "REML"])
def test_one_stage_equals_two_when_every_study_has_enough_doses(shape, method):
    data = many(3, curve=lambda d: 0.3 * np.sqrt(d), spread=0.08)
    one = dose_response(**data, shape=shape, method=method)
    two = dose_response(**data, shape=shape, method=method, stages=2)
    np.testing.assert_allclose(one.coef, two.coef, rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(one.se, two.se, rtol=1e-5)
    np.testing.assert_allclose(one.psi, two.psi, rtol=1e-4, atol=1e-8)
    assert two.study_coef.shape == (6, len(one.names))


def test_one_dose_a_study_is_a_meta_analysis_of_slopes():
    y, v, d = (
        np.array([0.2, 0.5, 0.9, 0.1]),
        np.array([0.02, 0.03, 0.05, 0.01]),
        [1.0, 2.0, 4.0, 1.5],
    )
    rows = {"study": [], "dose": [], "y": [], "v": []}
    for s in range(4):
        for values in ((s, 0, 0, 0), (s, d[s], y[s], v[s])):
            for name, value in zip(rows, values, strict=True):
                rows[name].append(value)
    r = dose_response(**rows, method="REML")
    p = pool(y / d, v / np.square(d), method="REML")
    np.testing.assert_allclose(r.coef, p.coef, rtol=1e-6)
    np.testing.assert_allclose(r.se, p.se, rtol=1e-6)
    np.testing.assert_allclose(r.tau2[0], p.tau2, rtol=1e-5)
    np.testing.assert_allclose(r.q, p.q, rtol=1e-8)


def test_mean_differences_by_generalised_least_squares():
    data = {"study": [1] * 3, "dose": [0, 5, 10], "mean": [1, 2, 4], "sd": [2, 3, 2.5]}
    r = dose_response(**data, n=[20, 25, 30], pooled_sd=False)
    S = np.diag([9 / 25, 6.25 / 30]) + 4 / 20
    x, y = np.array([5.0, 10.0]), np.array([1.0, 3.0])
    W = np.linalg.inv(S)
    np.testing.assert_allclose(r.coef[0], x @ W @ y / (x @ W @ x))
    np.testing.assert_allclose(r.se[0] ** 2, 1 / (x @ W @ x))
    pooled = dose_response(**data, n=[20, 25, 30])
    s2 = (19 * 4 + 24 * 9 + 29 * 6.25) / 72
    W = np.linalg.inv(np.diag([s2 / 25, s2 / 30]) + s2 / 20)
    np.testing.assert_allclose(pooled.se[0] ** 2, 1 / (x @ W @ x))
    smd = dose_response(**data, n=[20, 25, 30], measure="SMD")
    d = y / np.sqrt(s2)
    W = np.linalg.inv(np.diag([1 / 25, 1 / 30]) + 1 / 20 + np.outer(d, d) / 150)
    np.testing.assert_allclose(smd.coef[0], x @ W @ d / (x @ W @ x))


@settings(max_examples=10, deadline=None)
@given(st.floats(0.01, 1000), st.integers(0, 50))
def test_the_unit_of_the_dose_only_rescales_the_curve(unit, seed):
    data = many(seed, k=4)
    base = dose_response(**data, shape="quadratic")
    again = dose_response(**(data | {"dose": [unit * d for d in data["dose"]]}), shape="quadratic")
    np.testing.assert_allclose(again.coef * [unit, unit**2], base.coef, rtol=1e-4, atol=1e-8)
    np.testing.assert_allclose(again.loglik, base.loglik, rtol=1e-6)
    at = again.predict([5 * unit], reference=2 * unit)
    np.testing.assert_allclose(at.estimate, base.predict([5.0], reference=2).estimate, rtol=1e-4)


@settings(max_examples=10, deadline=None)
@given(st.randoms())
def test_the_order_of_rows_does_not_matter(random):
    data = many(11)
    order = list(range(len(data["study"])))
    random.shuffle(order)
    base = dose_response(**data)
    again = dose_response(**{k: [x[i] for i in order] for k, x in data.items()})
    np.testing.assert_allclose(again.coef, base.coef, rtol=1e-7)
    np.testing.assert_allclose(again.se, base.se, rtol=1e-6)


def test_spline_is_linear_beyond_the_knots_and_smooth_at_them():
    curve = make_curve("spline", [1.0, 3.0, 7.0, 9.0], np.empty(0))
    x = np.array([9.0, 10.0, 11.0, 12.0])
    second = np.diff(curve(x), n=2, axis=0)
    np.testing.assert_allclose(second, 0, atol=1e-10)
    np.testing.assert_array_equal(curve(np.array([0.0, 0.5, 1.0]))[:, 1:], 0)
    h = 1e-4
    for t in curve.knots:
        values = curve(np.array([t - 2 * h, t - h, t, t + h, t + 2 * h]))
        left = (values[0] - 2 * values[1] + values[2]) / h**2
        right = (values[2] - 2 * values[3] + values[4]) / h**2
        np.testing.assert_allclose(left, right, atol=1e-2)
    with pytest.raises(InputError, match="distinct knots"):
        make_curve("spline", 3, np.array([0.0, 0.0, 0.0, 1.0]))
    with pytest.raises(MethodError, match="knots go with"):
        make_curve("linear", 3, np.arange(5.0))


def test_a_curve_goes_through_its_reference():
    r = dose_response(**many(1), shape="spline")
    at = r.predict([0.0, 5.0], reference=5.0)
    assert at.estimate[1] == 0
    assert at.se[1] == 0
    ratio = r.predict([3.0], exponentiate=True)
    np.testing.assert_allclose(ratio.estimate, np.exp(r.predict([3.0]).estimate))
    assert ratio.pi_upper[0] >= ratio.ci_upper[0]
    assert r.nonlinear_df == 1


def test_without_heterogeneity_the_random_model_is_the_common_one():
    rows = many(5, spread=0.0)
    rows["mean"] = [0.1 * d for d in rows["dose"]]
    r = dose_response(**rows)
    e = dose_response(**rows, method="EE")
    assert r.tau2[0] == 0
    np.testing.assert_allclose(r.coef, [0.1], rtol=1e-10)
    np.testing.assert_allclose(r.se, e.se, rtol=1e-12)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"y": np.log([0.9, 0.8, 1.1, 1.5])}, InputError, "reference rows"),
        ({"cases": None}, InputError, "needs cases"),
        ({"design": "cohort"}, InputError, "names a column"),
        ({"design": ["cc", "ci", "cc", "cc"]}, InputError, "design must be"),
        ({"total": [100, 167, 186, 212]}, InputError, "include the cases"),
        ({"covariance": "none"}, MethodError, "covariance must be"),
        ({"stages": 3}, MethodError, "stages"),
        ({"method": "DL"}, MethodError, "method"),
        ({"shape": "cubic"}, MethodError, "shape"),
        ({"ci_lower": [1, -0.5, 0.7, 0.9]}, InputError, "limits of a ratio"),
        ({"V": np.ones((4, 4))}, InputError, "only one"),
        ({"shape": "spline", "knots": 9}, InputError, "3 to 7"),
    ],
)
def test_wrong_input_is_named(change, error, message):
    args = dict(ROHAN)
    if "V" in change:
        args["se"] = [0, 1, 1, 1]
    with pytest.raises(error, match=message):
        dose_response(**(args | change))


def test_too_little_to_fit_is_named():
    two = {"study": [1, 1], "dose": [0, 1], "y": [0, 0.5], "se": [0, 0.1]}
    with pytest.raises(SingularDesignError, match="do not determine"):
        dose_response(**two, shape="quadratic")
    with pytest.raises(TooFewStudiesError, match="too few doses"):
        dose_response(**two, shape="quadratic", stages=2)
    with pytest.raises(VarianceError, match="positive definite"):
        dose_response(
            study=[1] * 3, dose=[0, 1, 2], y=[0, 1, 2], V=[[0, 0, 0], [0, 1, 2], [0, 2, 1]]
        )


def test_output_is_json_safe():
    r = dose_response(**many(2), shape="spline", stages=2)
    again = json.loads(json.dumps(r.to_dict(), allow_nan=False))
    assert again["curve"]["shape"] == "spline"
    assert "knots at" in r.summary()
    json.dumps(r.predict([1, 2]).to_dict(), allow_nan=False)
