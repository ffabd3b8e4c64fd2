"""Aggregation agrees with metafor and with generalised least squares; reshaping keeps numbers."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aponia.meta import InputError, MethodError, VarianceError, effect_sizes
from aponia.meta.aggregate import aggregate, contrast_matrix, to_long

REFERENCE = json.loads((Path(__file__).parent / "data" / "recovered.json").read_text())
DATA = REFERENCE["data"]["agg"]


@pytest.mark.parametrize(("call", "out"), REFERENCE["cases"]["aggregate.escalc"])
def test_agrees_with_metafor(call, out):
    options = {"structure": re.search(r"struct='([^']+)'", call).group(1)}
    for name in ("rho", "phi"):
        if found := re.search(rf"{name}=([\d.]+)", call):
            options[name] = float(found.group(1))
    if "time=school" in call:
        options["time"] = DATA["school"]
    options["weighted"] = "weighted=FALSE" not in call
    result = aggregate(DATA["yi"], DATA["vi"], cluster=DATA["district"], **options)
    np.testing.assert_allclose(result.y, out["yi"], rtol=1e-10)
    np.testing.assert_allclose(result.v, out["vi"], rtol=1e-10)
    assert list(result.cluster) == out["cluster"]


effects = st.lists(
    st.tuples(st.floats(-3, 3), st.floats(0.01, 2), st.integers(0, 3)), min_size=1, max_size=9
)


@settings(max_examples=40, deadline=None)
@given(rows=effects, rho=st.floats(0, 0.9))
def test_structures_that_mean_the_same_give_the_same(rows, rho):
    y, v, cluster = (np.array(x) for x in zip(*rows, strict=True))
    same = aggregate(y, v, cluster=cluster, structure="CS", rho=rho)
    root = np.sqrt(v)
    R = np.where(np.eye(y.size) == 1, 1.0, rho)
    by_matrix = aggregate(y, v, cluster=cluster, V=R * np.outer(root, root))
    np.testing.assert_allclose(same.y, by_matrix.y, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(same.v, by_matrix.v, rtol=1e-9)
    time = np.arange(y.size)
    plus = aggregate(y, v, cluster=cluster, structure="CS+CAR", rho=rho, phi=0.0, time=time)
    np.testing.assert_allclose(same.v, plus.v, rtol=1e-9)
    product = aggregate(
        y, v, cluster=cluster, structure="CS*CAR", rho=rho, phi=1.0, time=time, obs=time
    )
    np.testing.assert_allclose(same.v, product.v, rtol=1e-9)
    independent = aggregate(y, v, cluster=cluster, structure="ID")
    zero = aggregate(y, v, cluster=cluster, rho=0.0)
    np.testing.assert_allclose(independent.y, zero.y, rtol=1e-9, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(rows=effects)
def test_one_effect_per_cluster_is_itself_and_weights_never_lose(rows):
    y, v, cluster = (np.array(x) for x in zip(*rows, strict=True))
    alone = aggregate(y, v, cluster=np.arange(y.size), rho=0.5)
    np.testing.assert_array_equal(alone.y, y)
    np.testing.assert_array_equal(alone.v, v)
    weighted = aggregate(y, v, cluster=cluster, rho=0.3)
    plain = aggregate(y, v, cluster=cluster, rho=0.3, weighted=False)
    assert np.all(weighted.v <= plain.v * (1 + 1e-10))


def test_missing_rows_are_left_out_and_empty_clusters_are_missing():
    result = aggregate([1.0, np.nan, np.nan], [0.1, 0.1, 0.1], cluster=["a", "a", "b"], rho=0.5)
    assert result.cluster == ("a", "b")
    assert result.size.tolist() == [1, 0]
    assert result.y[0] == 1
    assert np.isnan(result.y[1])
    assert json.loads(json.dumps(result.to_dict()))["y"] == [1.0, None]
    assert "2 clusters" in result.summary()
    assert list(result.to_frame().columns) == ["cluster", "y", "v", "size"]


def test_effect_sizes_can_be_aggregated_directly():
    es = effect_sizes("MN", mean=[1.0, 2.0], sd=1.0, n=10)
    result = aggregate(es, cluster=["a", "a"], structure="ID")
    assert result.y[0] == pytest.approx(1.5)
    assert result.v[0] == pytest.approx(0.05)


def test_correlations_may_differ_by_cluster():
    y, v, c = [0.0, 1.0, 0.0, 1.0], [1.0, 1.0, 1.0, 1.0], [1, 1, 2, 2]
    both = aggregate(y, v, cluster=c, rho=[0.2, 0.8])
    assert both.v.tolist() == pytest.approx([0.6, 0.9])


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({}, InputError, "needs rho="),
        ({"structure": "CAR", "phi": 0.5}, InputError, "needs time="),
        ({"structure": "CS*CAR", "rho": 0.5, "phi": 0.5, "time": [1, 2]}, InputError, "needs obs="),
        ({"rho": 1.5}, InputError, "rho: found 1.5"),
        ({"rho": [0.1, 0.2]}, InputError, "expected 1 or 1"),
        ({"structure": "AR", "rho": 0.5}, MethodError, "structure 'AR'"),
        ({"rho": 1.0}, VarianceError, "not positive definite"),
        ({"V": np.eye(3)}, InputError, "V has shape"),
    ],
)
def test_wrong_input_is_refused(options, error, words):
    with pytest.raises(error, match=words):
        aggregate([0.1, 0.2], [0.1, 0.1], cluster=["a", "a"], **options)


def test_variances_are_needed():
    with pytest.raises(InputError, match="v is missing"):
        aggregate([0.1], cluster=["a"], rho=0.5)


def test_contrasts():
    matrix = contrast_matrix(["a", "b", "c"], ["placebo", "placebo", "a"])
    assert matrix.names == ("a", "b", "c", "placebo")
    assert matrix.X.tolist() == [[1, 0, 0, -1], [0, 1, 0, -1], [-1, 0, 1, 0]]
    assert np.all(matrix.X.sum(axis=1) == 0)
    assert contrast_matrix(["a"], ["b"], last="a").names == ("b", "a")
    assert list(matrix.to_frame().columns) == list(matrix.names)
    with pytest.raises(InputError, match="compared with itself"):
        contrast_matrix(["a"], ["a"])
    with pytest.raises(InputError, match="last='z'"):
        contrast_matrix(["a"], ["b"], last="z")


def test_long_format():
    counts = {"events1": [1, 2], "total1": [10, 20], "events2": [3, 4], "total2": [11, 21]}
    long = to_long("OR", **counts, labels=["A", "B"])
    assert long["study"].tolist() == ["A", "A", "B", "B"]
    assert long["group"].tolist() == [1, 2, 1, 2]
    assert long["events"].tolist() == [1, 3, 2, 4]
    assert long["nonevents"].tolist() == [9, 8, 18, 17]
    cells = to_long("OR", **counts, cells=True)
    assert cells["frequency"].tolist() == [1, 9, 3, 8, 2, 18, 4, 17]
    means = to_long("MD", mean1=[1], sd1=[2], n1=[3], mean2=[4], sd2=[5], n2=[6])
    assert means[["mean", "sd", "n"]].to_numpy().tolist() == [[1, 2, 3], [4, 5, 6]]
    single = to_long("PLO", events=[2], total=[5])
    assert single[["events", "nonevents"]].to_numpy().tolist() == [[2, 3]]
    with pytest.raises(MethodError, match="no long form"):
        to_long("GEN", y=[1], v=[1])
    with pytest.raises(MethodError, match="2x2 tables"):
        to_long("MD", mean1=[1], sd1=[2], n1=[3], mean2=[4], sd2=[5], n2=[6], cells=True)
