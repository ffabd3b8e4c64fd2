"""Cluster-robust inference against metafor, clubSandwich and robumeta, and its rules."""

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

from aponia.meta._multilevel import multilevel
from aponia.meta._pool import pool
from aponia.meta._robust import correlated_effects, hierarchical_effects, robust
from aponia.meta.errors import InputError, MethodError, TooFewStudiesError, VarianceError

REFERENCE = json.loads((Path(__file__).parent / "data" / "robust.json").read_text())
FITS: dict[str, Any] = {}


def frame(name: str) -> pd.DataFrame:
    return pd.DataFrame(REFERENCE["data"][name])


def fit(name: str, model: dict[str, Any]) -> Any:
    key = json.dumps([name, model])
    if key not in FITS:
        function: Any = multilevel if "random" in model else pool
        FITS[key] = function("yi", "vi", data=frame(name), **model)
    return FITS[key]


def values(x: Any) -> np.ndarray:
    special = {"Inf": np.inf, "-Inf": -np.inf, "NaN": np.nan}
    return np.array(pd.DataFrame(x).replace(special), dtype=float).squeeze()


def cases(*kinds: str) -> Any:
    found = [c for c in REFERENCE["cases"] if c["kind"] in kinds]
    assert found
    return pytest.mark.parametrize("case", found, ids=lambda c: c["id"])


@cases("robust")
def test_robust_agrees_with_metafor(case: dict[str, Any]) -> None:
    r = robust(
        fit(case["data"], case["model"]),
        case["cluster"],
        kind=case["correction"],
        data=frame(case["data"]),
    )
    e = case["expected"]
    for ours, theirs in (
        (r.coef, "beta"),
        (r.se, "se"),
        (r.z_or_t, "zval"),
        (r.p, "pval"),
        (r.ci_lower, "ci.lb"),
        (r.ci_upper, "ci.ub"),
        (np.squeeze(r.vcov), "vb"),
        (r.cluster_sizes, "tcl"),
    ):
        assert_allclose(ours, values(e[theirs]), rtol=case["rtol"], err_msg=theirs)
    assert_allclose([r.qm, r.qm_p, *r.qm_df], [e["QM"], e["QMp"], *e["QMdf"]], rtol=case["rtol"])


@cases("vcovCR", "coef_test", "Wald_test")
def test_small_sample_corrections_agree_with_clubsandwich(case: dict[str, Any]) -> None:
    r = robust(
        fit(case["data"], case["model"]),
        case["cluster"],
        kind=case["correction"],
        test="z",
        data=frame(case["data"]),
    )
    e, rtol = case["expected"], case["rtol"]
    if case["kind"] == "vcovCR":
        assert_allclose(np.squeeze(r.vcov), values(e["V"]), rtol=rtol, atol=1e-12)
    elif case["kind"] == "coef_test":
        t = r.coef_test(case["test"])
        assert_allclose(t.se, values(e["SE"]), rtol=rtol)
        df = next(k for k in e if k.startswith("df_"))
        p = next(k for k in e if k.startswith("p_"))
        assert_allclose(t.df, values(e[df]), rtol=rtol)
        assert_allclose(t.p, values(e[p]), rtol=rtol, atol=1e-15)
    else:
        w = r.wald_test(list(range(1, r.coef.size)), test=case["test"])
        ours = [w.statistic, w.delta, w.df1, w.df2, w.p]
        theirs = [values(e[k]) for k in ("Fstat", "delta", "df_num", "df_denom", "p_val")]
        assert_allclose(ours, theirs, rtol=rtol)


@cases("robu")
def test_correlated_and_hierarchical_effects_agree_with_robumeta(case: dict[str, Any]) -> None:
    options = {
        "moderators": case["moderators"] and "~" + case["moderators"],
        "data": frame(case["data"]),
        "small": case["small"],
    }
    if case["model"] == "CORR":
        r = correlated_effects("yi", "vi", case["cluster"], rho=case["rho"], **options)
        assert_allclose(r.i2, values(case["expected"]["I.2"]), rtol=1e-6)
    else:
        r = hierarchical_effects("yi", "vi", case["cluster"], **options)
        assert_allclose(r.omega2, values(case["expected"]["omega.sq"]), rtol=1e-6)
    e = case["expected"]
    assert_allclose(r.tau2, values(e["tau.sq"]), rtol=1e-6)
    for ours, theirs in ((r.coef, "b.r"), (r.se, "SE"), (r.df, "dfs"), (r.ci_lower, "CI.L")):
        assert_allclose(ours, values(e[theirs]), rtol=2e-6)
    # robumeta subtracts from one, so its tiny p-values hold no digits
    assert_allclose(r.p, values(e["prob"]), rtol=1e-6, atol=1e-13)


def simulated(seed: int, k: int = 24) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    cluster = np.sort(rng.integers(0, 7, k))
    v = rng.uniform(0.02, 0.2, k)
    y = rng.normal(0, 0.4, 7)[cluster] + rng.normal(0, np.sqrt(v))
    return {"y": y, "v": v, "cluster": cluster, "x": rng.normal(size=k)}


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(["CR0", "CR1", "CR1p", "CR1S", "CR2", "CR3"]))
def test_order_labels_and_units_do_not_matter(seed: int, kind: str) -> None:
    d = simulated(seed)
    order = np.random.default_rng(seed).permutation(24)
    a = robust(pool(d["y"], d["v"], moderators=d["x"]), d["cluster"], kind=kind)
    moved = pool(-5 * d["y"][order], 25 * d["v"][order], moderators=d["x"][order])
    b = robust(moved, [f"c{c}" for c in d["cluster"][order]], kind=kind)
    assert_allclose(b.coef, -5 * a.coef, rtol=1e-6, atol=1e-9)
    assert_allclose(b.vcov, 25 * a.vcov, rtol=1e-6, atol=1e-10)
    assert_allclose(b.df, a.df, rtol=1e-5)


def test_pool_and_multilevel_give_the_same_working_model() -> None:
    d = simulated(3)
    one = robust(pool(d["y"], d["v"], moderators=d["x"]), d["cluster"])
    two = robust(
        multilevel(d["y"], d["v"], random=[np.arange(24)], moderators=d["x"]), d["cluster"]
    )
    assert_allclose(two.vcov, one.vcov, rtol=1e-6)
    assert_allclose(two.df, one.df, rtol=1e-6)


def test_cr2_is_unbiased_when_the_working_model_is_right() -> None:
    """E(CR2) over outcomes from the working model, computed exactly, is the model's covariance."""
    d = simulated(8)
    r = multilevel(d["y"], d["v"], random=[d["cluster"]], moderators=d["x"])
    s = robust(r, d["cluster"])._sandwich
    M = r.marginal_covariance()
    W = np.linalg.inv(M)
    H = r.X @ r.vcov @ r.X.T @ W
    S = (np.eye(24) - H) @ M @ (np.eye(24) - H).T
    expected = np.zeros((2, 2))
    for c, influence in zip(np.unique(d["cluster"]), s.influence, strict=True):
        rows = np.flatnonzero(d["cluster"] == c)
        expected += influence.T @ S[np.ix_(rows, rows)] @ influence
    assert_allclose(expected, r.vcov, rtol=1e-8)


def test_singleton_clusters_give_heteroscedasticity_consistent_errors() -> None:
    d = simulated(4)
    r = pool(d["y"], d["v"])
    w = 1 / (d["v"] + r.tau2)
    e = d["y"] - r.coef[0]
    assert_allclose(
        robust(r, np.arange(24), kind="CR0").vcov[0, 0], np.sum((w * e) ** 2) / w.sum() ** 2
    )


def test_cr3_is_close_to_the_jackknife() -> None:
    d = simulated(6)
    r = pool(d["y"], d["v"], method="FE")
    coef = []
    for c in np.unique(d["cluster"]):
        keep = d["cluster"] != c
        coef.append(pool(d["y"][keep], d["v"][keep], method="FE").coef[0])
    jackknife = np.sum((np.array(coef) - r.coef[0]) ** 2)
    assert_allclose(robust(r, d["cluster"], kind="CR3").vcov[0, 0], jackknife, rtol=1e-10)


def test_user_weights_are_respected() -> None:
    d = simulated(7)
    w = np.random.default_rng(1).uniform(1, 2, 24)
    one = robust(pool(d["y"], d["v"], weights=w, moderators=d["x"]), d["cluster"])
    two = robust(
        multilevel(d["y"], d["v"], weights=w, random=[np.arange(24)], moderators=d["x"]),
        d["cluster"],
    )
    assert_allclose(two.vcov, one.vcov, rtol=1e-6)
    assert_allclose(two.df, one.df, rtol=1e-5)


def test_wald_tests_of_one_coefficient_are_squared_t_tests() -> None:
    d = simulated(2)
    r = robust(pool(d["y"], d["v"], moderators=d["x"]), d["cluster"])
    for test in ("HTA", "HTB", "HTZ"):
        w = r.wald_test(["x1"], test=test)
        assert_allclose([w.statistic, w.df2, w.p], [r.z_or_t[1] ** 2, r.df[1], r.p[1]], rtol=1e-8)
    assert_allclose(r.wald_test([[0, 1]], rhs=r.coef[1]).statistic, 0.0, atol=1e-15)


def test_saddlepoint_p_values_are_close_to_exact_ones() -> None:
    d = simulated(2)
    r = robust(pool(d["y"], d["v"]), d["cluster"])
    t = r.coef_test("saddlepoint")
    P = r._sandwich.forms(np.eye(1))[0, 0]
    weights = np.linalg.eigvalsh(P) / np.trace(P)
    z = np.random.default_rng(0).normal(size=(400_000, weights.size + 1)) ** 2
    exact = np.mean(z[:, 0] > t.t[0] ** 2 * (z[:, 1:] @ weights))
    assert_allclose(t.p[0], exact, rtol=0.1)


def test_random_effects_over_clusters_limit_what_can_be_done() -> None:
    d = simulated(9)
    r = multilevel(d["y"], d["v"], random=[d["cluster"] // 2])
    with pytest.raises(MethodError, match="contain the random effects"):
        robust(r, d["cluster"], kind="CR2")
    assert np.isfinite(robust(r, d["cluster"], kind="CR1").se).all()
    with pytest.raises(MethodError, match="naive-tp"):
        robust(r, d["cluster"], kind="CR1", test="Satterthwaite")


def test_wrong_requests_are_named() -> None:
    d = simulated(1)
    r = pool(d["y"], d["v"])
    with pytest.raises(TooFewStudiesError):
        robust(r, np.ones(24))
    with pytest.raises(InputError, match="expected 24"):
        robust(r, [1, 2])
    with pytest.raises(InputError, match="missing"):
        robust(r, [None, *range(23)])
    with pytest.raises(MethodError, match="kind"):
        robust(r, d["cluster"], kind="CR9")
    with pytest.raises(MethodError, match="test"):
        robust(r, d["cluster"], test="exact")
    with pytest.raises(MethodError, match="not dict"):
        robust({"y": [1]}, [1])
    fine = robust(r, d["cluster"])
    with pytest.raises(MethodError):
        fine.wald_test([[1]], test="ABC")
    with pytest.raises(InputError, match="depend"):
        fine.wald_test([[1], [2]])
    with pytest.raises(InputError):
        correlated_effects(d["y"], d["v"], d["cluster"], rho=2)
    with pytest.raises(VarianceError):
        correlated_effects(d["y"], -d["v"], d["cluster"])
    with pytest.raises(TooFewStudiesError):
        hierarchical_effects(d["y"], d["v"], np.ones(24))


def test_few_clusters_are_refused_where_nothing_is_left() -> None:
    d = simulated(1)
    with pytest.raises((MethodError, TooFewStudiesError)):
        robust(pool(d["y"], d["v"], moderators=d["x"]), d["cluster"] > 3, kind="CR1p")


def test_sensitivity_to_the_assumed_correlation() -> None:
    d = simulated(5)
    r = correlated_effects(d["y"], d["v"], d["cluster"], rho=0.4)
    s = r.sensitivity([0.0, 0.4])
    assert_allclose([s.tau2[1], s.coef[1, 0], s.se[1, 0]], [r.tau2, r.coef[0], r.se[0]])
    h = hierarchical_effects(d["y"], d["v"], d["cluster"])
    with pytest.raises(InputError):
        h.sensitivity()
    assert h.tau2 >= 0
    assert h.omega2 >= 0


def test_output_is_plain_and_readable() -> None:
    d = simulated(5)
    r = robust(pool(d["y"], d["v"], moderators=d["x"]), d["cluster"])
    for result in (r, correlated_effects(d["y"], d["v"], d["cluster"])):
        json.dumps(result.to_dict(), allow_nan=False)
        assert "intercept" in str(result)
    assert "7 clusters" in r.summary()
    assert r.wald_test([1]).p <= 1
