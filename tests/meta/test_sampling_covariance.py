"""Sampling covariances of dependent effects against metafor, and their rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from aponia.meta._multilevel import correlation_covariance, sampling_covariance
from aponia.meta._multilevel._sampling import nearest_definite
from aponia.meta.errors import InputError, MetaWarning, MethodError, VarianceError

REFERENCE = json.loads((Path(__file__).parent / "data" / "multilevel.json").read_text())


def frame(name: str) -> pd.DataFrame:
    return pd.DataFrame(REFERENCE["data"][name])


def expected(name: str) -> np.ndarray:
    case = REFERENCE["covariances"][name]
    V = np.zeros((case["n"], case["n"]))
    for i, j, value in case["cells"]:
        V[i, j] = V[j, i] = np.nan if value is None else value
    return V


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("rho0.4", {"obs": "study", "rho": 0.4}),
        ("phi", {"time1": "school", "phi": 0.8}),
        ("subgroup", {"subgroup": "year", "obs": "study", "rho": 0.5}),
    ],
)
def test_constructs_times_and_subgroups_agree_with_metafor(
    name: str, options: dict[str, Any]
) -> None:
    data = frame("konstantopoulos2011")
    V = sampling_covariance("vi", "district", data=data, **options)
    assert_allclose(V, expected(f"vcalc/kon/{name}"), rtol=1e-9, atol=1e-14)
    sparse = sampling_covariance("vi", "district", data=data, sparse=True, **options)
    assert_allclose(sparse.toarray(), V, rtol=1e-15)


def test_shared_groups_agree_with_metafor() -> None:
    senn = frame("senn2013")
    V = sampling_covariance(
        "vi", "study", grp1="treatment_1", grp2="treatment_2", w1="ni_1", w2="ni_2", data=senn
    )
    assert_allclose(V, expected("vcalc/senn"), rtol=1e-9, atol=1e-14)
    with pytest.warns(MetaWarning, match="not positive definite"):
        V = sampling_covariance(
            "vi",
            "study",
            grp1="group1",
            grp2="group2",
            w1="n_sz",
            w2="n_hc",
            obs="task",
            rho=0.4,
            data=frame("knapp2017"),
        )
    assert_allclose(V, expected("vcalc/knapp/full"), rtol=1e-9, atol=1e-14)


def test_correlation_columns_agree_with_metafor() -> None:
    data = frame("berkey1998")
    V = sampling_covariance(1, "author", rvars=["v1i", "v2i"], data=data)
    assert_allclose(V, expected("vcalc/berkey/rvars"), rtol=1e-9, atol=1e-14)
    with pytest.raises(InputError, match="rvars has 1 columns"):
        sampling_covariance(1, "author", rvars=["v1i"], data=data)


def test_a_shared_control_of_equal_size_gives_one_half() -> None:
    V = sampling_covariance([1, 1], [1, 1], grp1=["a", "b"], grp2=["c", "c"])
    assert_allclose(V[0, 1], 0.5)
    # The other way round the shared group enters with the other sign.
    V = sampling_covariance([1, 1], [1, 1], grp1=["a", "c"], grp2=["c", "b"])
    assert_allclose(V[0, 1], -0.5)
    V = sampling_covariance(
        [1, 1], [1, 1], grp1=["a", "b"], grp2=["c", "c"], w1=[10, 10], w2=[1e9, 1e9]
    )
    assert abs(V[0, 1]) < 1e-6


def test_contrasts_inside_a_group_share_their_baseline() -> None:
    # y_t - y_0 for t = 1, 2 in one group, autocorrelation 0.5.
    V = sampling_covariance(
        [1, 1], [1, 1], grp1=[1, 1], grp2=[1, 1], time1=[1, 2], time2=[0, 0], phi=0.5
    )
    phi = 0.5
    cov = phi - phi - phi**2 + 1
    assert_allclose(V[0, 1], cov / np.sqrt((2 - 2 * phi) * (2 - 2 * phi**2)))


def test_contrasts_are_those_of_simulated_arms() -> None:
    rng = np.random.default_rng(11)
    n, phi = 400_000, 0.6
    w = {"a": 20.0, "b": 50.0, "c": 35.0}
    cells = {}
    for g, size in w.items():
        base = rng.normal(size=n)
        later = phi * base + np.sqrt(1 - phi**2) * rng.normal(size=n)
        cells[g, 0], cells[g, 1] = base / np.sqrt(size), later / np.sqrt(size)
    rows = [("a", 0, "c", 0), ("b", 0, "c", 0), ("a", 1, "c", 1), ("a", 1, "a", 0)]
    y = np.array([cells[g, t] - cells[h, u] for g, t, h, u in rows])
    V = sampling_covariance(
        np.ones(4),
        np.ones(4),
        phi=phi,
        grp1=[r[0] for r in rows],
        time1=[r[1] for r in rows],
        grp2=[r[2] for r in rows],
        time2=[r[3] for r in rows],
        w1=[w[r[0]] for r in rows],
        w2=[w[r[2]] for r in rows],
    )
    assert_allclose(V, np.corrcoef(y), atol=6e-3)


def test_types_and_observations_have_their_own_correlations() -> None:
    kind, obs = ["p", "p", "q"], [1, 2, 1]
    V = sampling_covariance(np.ones(3), np.ones(3), type=kind, obs=obs, rho=[0.7, 0.3])
    assert_allclose(V, [[1, 0.7, 0.3], [0.7, 1, 0.3], [0.3, 0.3, 1]])
    table = pd.DataFrame([[1, 0.2], [0.2, 1]], index=["p", "q"], columns=["p", "q"])
    V = sampling_covariance(np.ones(3), np.ones(3), type=kind, obs=obs, rho=[0.7, table])
    assert_allclose(V[0, 2], 0.2)
    V = sampling_covariance(np.ones(2), np.ones(2), type=["p", "q"], rho=({("p", "q"): 0.4}))
    assert_allclose(V[0, 1], 0.4)
    with pytest.raises(InputError, match="no entry"):
        sampling_covariance(np.ones(2), np.ones(2), type=["p", "r"], rho=table)


@pytest.mark.parametrize(
    "options",
    [
        {"obs": [1, 2]},
        {"rho": 0.5},
        {"obs": [1, 2], "rho": 1.5},
        {"obs": [1, 2], "rho": [0.1, 0.2]},
        {"obs": [1, 2], "type": [1, 2], "rho": 0.5},
        {"obs": [1, 2], "rho": np.eye(3)},
        {"time1": [1, 2]},
        {"time2": [1, 2], "phi": 0.5},
        {"grp2": [1, 2]},
        {"grp1": [1, 2], "grp2": [1, 3]},
        {"grp1": [1, 2], "grp2": [3, 3], "w1": [1, 2]},
        {"grp1": [1, 2], "grp2": [3, 3], "w1": [0, 2], "w2": [1, 1]},
        {"w1": [1, 2], "w2": [1, 1]},
        {"obs": [1, None], "rho": 0.5},
    ],
)
def test_contradictory_requests_are_named(options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        sampling_covariance([1, 1], ["s", "s"], **options)


def test_negative_variances_are_refused() -> None:
    with pytest.raises(VarianceError):
        sampling_covariance([1, -1], [1, 1], obs=[1, 2], rho=0.5)


def test_impossible_correlations_can_be_repaired() -> None:
    options = {"obs": [1, 2, 3], "rho": -0.9}
    with pytest.warns(MetaWarning, match="cluster s"):
        sampling_covariance([1, 2, 3], ["s"] * 3, **options)
    V = sampling_covariance([1, 2, 3], ["s"] * 3, nearest=True, **options)
    assert np.linalg.eigvalsh(V)[0] > 0
    good = np.array([[2.0, 0.3], [0.3, 1.0]])
    assert_allclose(nearest_definite(good), good, atol=1e-12)


@given(st.permutations(range(7)), st.floats(-0.1, 0.9))
@settings(max_examples=25, deadline=None)
def test_rows_may_come_in_any_order(order: list[int], rho: float) -> None:
    v = np.array([0.1, 0.2, 0.3, 0.1, 0.5, 0.2, 0.4])
    cluster, obs = np.array(list("aabbbcc")), np.array([1, 2, 1, 2, 3, 1, 1])
    V = sampling_covariance(v, cluster, obs=obs, rho=rho, check=False)
    p = np.array(order)
    moved = sampling_covariance(v[p], cluster[p], obs=obs[p], rho=rho, check=False)
    assert_allclose(moved, V[np.ix_(p, p)], rtol=1e-13)
    assert_allclose(np.diag(V), v, rtol=1e-13)
    assert (V[cluster[:, None] != cluster[None, :]] == 0).all()


def test_correlations_agree_with_metafor() -> None:
    data = frame("craft2003_raw")
    for to_z, name in ((False, "rcalc/craft"), (True, "rcalc/craft/rtoz")):
        found = correlation_covariance("ri", "var1", "var2", "ni", "study", data=data, to_z=to_z)
        assert_allclose(found.V, expected(name), rtol=1e-9, atol=1e-14)
        assert_allclose(found.y, REFERENCE["covariances"][name]["y"], rtol=1e-12)
    assert found.pair[0] == "acog.perf"


def test_correlation_matrices_may_be_given_whole() -> None:
    R = np.array([[1, 0.5, 0.2], [0.5, 1, 0.1], [0.2, 0.1, 1]])
    long = correlation_covariance([0.5, 0.2, 0.1], list("aab"), list("bcc"), [40, 40, 40])
    whole = correlation_covariance(R, n=40)
    assert_allclose(whole.V, long.V)
    two = correlation_covariance([R, pd.DataFrame(R, columns=list("xyz"))], n=[40, 4])
    assert np.isnan(two.V[3, 3])  # a sample of four has no covariance
    assert two.pair[3] == "x.y"
    harmonic = correlation_covariance(
        [0.5, 0.2], list("aa"), list("bc"), [30, 60], common_n="harmonic"
    )
    assert_allclose(harmonic.n, 40.0)


def test_covariance_of_correlations_is_that_of_samples() -> None:
    rng = np.random.default_rng(5)
    R = np.array([[1, 0.5, 0.2], [0.5, 1, 0.1], [0.2, 0.1, 1]])
    L = np.linalg.cholesky(R)
    n = 200
    x = rng.normal(size=(4000, n, 3)) @ L.T
    x -= x.mean(axis=1, keepdims=True)
    S = np.einsum("sni,snj->sij", x, x)
    d = np.sqrt(np.einsum("sii->si", S))
    r = S / d[:, :, None] / d[:, None, :]
    found = np.cov(np.array([r[:, 1, 0], r[:, 2, 0], r[:, 2, 1]]))
    assert_allclose(correlation_covariance(R, n=n).V, found, rtol=0.12, atol=2e-4)


def test_wrong_correlations_are_named() -> None:
    with pytest.raises(InputError, match="twice"):
        correlation_covariance([0.1, 0.2], ["a", "b"], ["b", "a"], [30, 30])
    with pytest.raises(InputError, match="itself"):
        correlation_covariance([0.1], ["a"], ["a"], [30])
    with pytest.raises(InputError, match="between -1 and 1"):
        correlation_covariance([1.1], ["a"], ["b"], [30])
    with pytest.raises(InputError, match="needed"):
        correlation_covariance([0.1])
    with pytest.raises(InputError, match="one sample size"):
        correlation_covariance(np.eye(2))
    with pytest.raises(MethodError):
        correlation_covariance([0.1], ["a"], ["b"], [30], common_n="max")
