"""Charts hold the numbers of the result, state measure and k, and can be drawn."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import numpy as np
import pytest

from aponia import meta
from aponia.meta import plots

Y = np.array([0.1, 0.45, -0.2, 0.6, 0.3, 0.9, 0.15])
V = np.array([0.04, 0.02, 0.05, 0.03, 0.08, 0.06, 0.01])
X = np.array([1.0, 3.0, 2.0, 5.0, 4.0, 7.0, 6.0])
NAMES = ["Adams", "Brown", "Clark", "Davis", "Evans", "Frank", "Ghosh"]


@pytest.fixture(scope="module")
def result():
    return meta.pool(Y, V, labels=NAMES)


@pytest.fixture(scope="module")
def regression():
    return meta.pool(Y, V, labels=NAMES, moderators={"dose": X})


def spec(chart):
    return json.dumps(chart.to_dict(), ensure_ascii=False)


def drawn_text(chart):
    import io

    out = io.StringIO()
    chart.save(out, format="svg")
    tree = ElementTree.fromstring(out.getvalue())
    return " | ".join("".join(node.itertext()) for node in tree.iter() if node.tag.endswith("text"))


def test_forest_shows_studies_raw_numbers_summary_and_prediction_interval(result):
    chart = result.forest(measure="SMD", raw={"n": range(10, 17)}, favours=("drug", "placebo"))
    text = drawn_text(chart)
    for name in NAMES:
        assert name in text
    assert "SMD: 7 studies, random effects (REML)" in text
    assert f"{result.coef[0]:.2f} [{result.ci_lower[0]:.2f}, {result.ci_upper[0]:.2f}]" in text
    assert "95% prediction interval" in text
    assert f"I² = {result.i2:.0f}%" in text
    assert "16" in text
    assert "← drug" in text


def test_forest_on_the_ratio_scale_prints_ratios(result):
    text = drawn_text(result.forest(measure="Risk ratio", transform="exp"))
    assert f"{np.exp(result.coef[0]):.2f} [" in text
    assert '"type": "log"' in spec(result.forest(transform=np.exp))


def test_forest_with_subgroups_pools_each_and_tests_the_difference(result):
    groups = ["a", "a", "a", "b", "b", "b", "c"]
    text = drawn_text(result.forest(subgroups=groups))
    a = meta.pool(Y[:3], V[:3])
    assert "Subtotal (3 studies" in text
    assert f"{a.coef[0]:.2f} [".replace("-", "−") in text
    assert "Subgroup differences: Q(2)" in text


def test_forest_of_one_study_has_no_prediction_interval():
    text = drawn_text(meta.pool([0.2], [0.1]).forest())
    assert "1 study" in text
    assert "prediction" not in text


def test_forest_cuts_a_very_long_interval_with_an_arrow():
    result = meta.pool([0.1, 0.2, 0.1, 0.3, 0.2], [0.01, 0.01, 0.01, 0.01, 400.0])
    assert "triangle-up" in spec(result.forest())
    assert "triangle-up" not in spec(result.forest(limits=(-50, 50)))


def test_forest_of_a_regression_shows_fitted_values_and_no_summary(regression):
    text = drawn_text(regression.forest())
    assert "meta-regression" in text
    assert "Pooled" not in text


def test_rows_dropped_for_missing_values_are_dropped_from_columns_too():
    with pytest.warns(meta.MetaWarning):
        result = meta.pool([0.1, np.nan, 0.3], [0.1, 0.1, 0.1], labels=["one", "two", "three"])
    text = drawn_text(result.forest(raw={"n": [11, 22, 33]}))
    assert "33" in text
    assert "22" not in text.split("|")


def test_funnel_has_contours_and_every_point(result):
    text = drawn_text(result.funnel(label=True, measure="SMD"))
    for name in NAMES:
        assert name in text
    assert "p < 0.05" in text
    assert "SMD: 7 studies" in text
    assert "a study alone" not in drawn_text(result.funnel(contours=None))


def test_other_charts_state_the_measure_and_k(result, regression):
    charts = [
        result.baujat(measure="SMD"),
        result.radial(measure="SMD", label=True),
        regression.bubble(measure="SMD", label=True),
        regression.funnel(measure="SMD"),
        result.gosh().plot(measure="SMD", highlight="Brown"),
        plots.gosh(result, measure="SMD", against="tau2"),
        result.leave_one_out().plot(measure="SMD"),
        result.cumulative(order=X).plot(measure="SMD", transform="exp"),
        plots.cumulative(result, measure="SMD"),
    ]
    for chart in charts:
        text = drawn_text(chart)
        assert "SMD" in text
        assert "7 studies" in text
    assert "7 studies" in drawn_text(plots.profile(result))
    assert "tau² = " in drawn_text(result.profile().plot())


def test_many_subsets_are_drawn_as_a_density():
    rng = np.random.default_rng(0)
    result = meta.pool(rng.normal(size=13), rng.uniform(0.1, 1, 13), method="DL")
    text = spec(result.gosh().plot(highlight=0))
    assert '"type": "rect"' in text
    assert len(text) < 1_500_000


def test_bubble_draws_the_regression_line(regression):
    chart = regression.bubble().to_dict()
    line = next(
        chart["datasets"][layer["data"]["name"]]
        for layer in chart["layer"]
        if layer["mark"]["type"] == "line" and not layer["mark"].get("filled")
    )
    slope = (line[-1]["y"] - line[0]["y"]) / (line[-1]["x"] - line[0]["x"])
    assert slope == pytest.approx(regression.coef[1])


def test_labbe_draws_risks():
    chart = plots.labbe([1, 5, np.nan], [10, 20, 5], [4, 5, 1], [10, 20, 5], labels="abc")
    assert "2 studies" in drawn_text(chart)
    assert "0.4" in spec(chart)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda r, m: r.forest(raw={"n": [1, 2]}), meta.InputError, "raw"),
        (lambda r, m: r.forest(transform="log2"), meta.InputError, "exp"),
        (lambda r, m: r.forest(order="odd"), meta.MethodError, "precision"),
        (lambda r, m: m.forest(subgroups=list("aabbccd")), meta.MethodError, "moderators"),
        (lambda r, m: r.bubble(), meta.MethodError, "moderator"),
        (lambda r, m: m.bubble(moderator="odd"), meta.InputError, "dose"),
        (lambda r, m: m.radial(), meta.MethodError, "moderators"),
        (lambda r, m: r.gosh().plot(highlight="Zorn"), meta.InputError, "no such study"),
        (lambda r, m: r.gosh().plot(against="odd"), meta.MethodError, "i2"),
        (lambda r, m: plots.labbe([5], [3], [1], [3]), meta.InputError, "events"),
    ],
)
def test_mistakes_are_named(result, regression, call, error, says):
    with pytest.raises(error, match=says):
        call(result, regression)
