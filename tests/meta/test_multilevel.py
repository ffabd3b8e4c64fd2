"""`multilevel` against R's metafor, and what it does with awkward input."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from aponia.meta._multilevel import multilevel, sampling_covariance
from aponia.meta._pool import pool
from aponia.meta.errors import (
    ConvergenceError,
    InputError,
    MetaWarning,
    MethodError,
    TooFewStudiesError,
    VarianceError,
)

REFERENCE = json.loads((Path(__file__).parent / "data" / "multilevel.json").read_text())


def frame(name: str) -> pd.DataFrame:
    columns = REFERENCE["data"][name]
    data = pd.DataFrame({k: [np.nan if x is None else x for x in v] for k, v in columns.items()})
    return data.assign(one=1)


def matrix(name: str, data: pd.DataFrame) -> np.ndarray:
    """The sampling covariance of a reference case."""
    if name == "berkey1998":
        return sampling_covariance(1, "trial", rvars=["v1i", "v2i"], data=data)
    if name == "senn2013":
        return sampling_covariance(
            "vi",
            "study",
            grp1="treatment_1",
            grp2="treatment_2",
            w1="ni_1",
            w2="ni_2",
            data=data,
        )
    if name == "knapp2017":
        return sampling_covariance(
            "vi",
            "study",
            grp1="group1",
            grp2="group2",
            w1="n_sz",
            w2="n_hc",
            obs="task",
            rho=0.4,
            data=data,
        )
    V = np.zeros((len(data), len(data)))
    for i, j, value in REFERENCE["matrices"][name]:
        V[i, j] = V[j, i] = np.nan if value is None else value
    return V


def fit(case: dict[str, Any]) -> Any:
    data = frame(case["data"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MetaWarning)
        V = case["V"] if case["V"] == "vi" else matrix(case["data"], data)
        return multilevel("yi", V, data=data, **case["options"])


def number(value: Any) -> Any:
    return {"Inf": np.inf, "NaN": np.nan}.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("case", REFERENCE["fits"], ids=lambda c: c["id"])
def test_agrees_with_metafor(case: dict[str, Any]) -> None:
    r = fit(case)
    expected, rtol = case["expected"], case["rtol"]
    typical = float(np.median(r.v))
    for name in ("coef", "se", "p", "ci_lower", "qm", "qm_p", "loglik", "aicc"):
        assert_allclose(getattr(r, name), np.array(expected[name]), rtol=rtol, atol=1e-12)
    for name in ("sigma2", "tau2", "gamma2", "rho", "phi"):
        if getattr(r, name).size:
            assert_allclose(
                getattr(r, name), expected[name], rtol=rtol, atol=1e-9 * typical, err_msg=name
            )
    assert (r.k, r.n_parameters) == (expected["k"], expected["n_parameters"])
    q = np.nan if expected["q"] is None else number(expected["q"])
    assert_allclose(r.q, q, rtol=1e-8)
    assert_allclose(r.deviance, float(number(expected["deviance"])), rtol=1e-6)
    assert r.converged


def test_one_level_a_row_is_the_random_effects_model() -> None:
    data = frame("konstantopoulos2011")
    for method in ("REML", "ML"):
        ours = multilevel("yi", "vi", random="~1|study", data=data, method=method)
        uni = pool("yi", "vi", data=data, method=method)
        assert_allclose(ours.sigma2[0], uni.tau2, rtol=1e-9)
        assert_allclose([ours.coef[0], ours.se[0]], [uni.coef[0], uni.se[0]], rtol=1e-9)
        assert_allclose([ours.q, ours.loglik, ours.aicc], [uni.q, uni.loglik, uni.aicc], rtol=1e-9)


def test_all_forms_of_the_sampling_covariance_agree() -> None:
    data = frame("berkey1998")
    V = matrix("berkey1998", data)
    from scipy.sparse import csr_array

    blocks = [V[i : i + 2, i : i + 2] for i in range(0, 10, 2)]
    fits = [
        multilevel("yi", form, random="~outcome|trial", structure="UN", data=data)
        for form in (V, csr_array(V), blocks, pd.DataFrame(V))
    ]
    for other in fits[1:]:
        assert_allclose(other.coef, fits[0].coef, rtol=1e-12)
        assert_allclose(other.tau2, fits[0].tau2, rtol=1e-9)


def test_random_terms_may_be_arrays_columns_or_formulas() -> None:
    data = frame("konstantopoulos2011")
    text = multilevel("yi", "vi", random="~ 1 | district/school", data=data)
    y, v = data["yi"].to_numpy(), data["vi"].to_numpy()
    both = [data["district"].to_numpy(), data["study"].to_numpy()]
    for other in (
        multilevel(y, v, random=both),
        multilevel("yi", "vi", random=["district", "study"], data=data),
        multilevel("yi", "vi", random=[{"d": data["district"]}, "study"], data=data),
        multilevel(
            "yi",
            "vi",
            random=data["district"],
            inner="study",
            outer="one",
            data=data,
            structure="ID",
        ),
    ):
        assert_allclose(other.coef, text.coef, rtol=1e-9)
        assert_allclose(other.loglik, text.loglik, rtol=1e-12)


def test_crossed_effects_are_one_connected_block() -> None:
    rng = np.random.default_rng(3)
    study, rater = np.repeat(np.arange(12), 5), np.tile(np.arange(5), 12)
    v = rng.uniform(0.01, 0.05, 60)
    y = rng.normal(0, 0.4, 12)[study] + rng.normal(0, 0.3, 5)[rater] + rng.normal(0, np.sqrt(v))
    r = multilevel(y, v, random=[study, rater])
    assert np.unique(r._state.problem.block).size == 1
    nested = multilevel(y, v, random=[study])
    assert np.unique(nested._state.problem.block).size == 12
    assert r.loglik > nested.loglik


def test_known_correlation_matrix_of_levels() -> None:
    data = frame("konstantopoulos2011")
    levels = sorted(data["district"].unique())
    plain = multilevel("yi", "vi", random="~1|district", data=data)
    unit = multilevel(
        "yi", "vi", random="~1|district", R={"district": (np.eye(11), levels)}, data=data
    )
    assert_allclose(unit.sigma2, plain.sigma2, rtol=1e-9)
    # A covariance with variance 4 is made a correlation, unless told otherwise.
    scaled = pd.DataFrame(4.0 * np.eye(11), index=levels, columns=levels)
    R = {"district": scaled}
    as_correlation = multilevel("yi", "vi", random="~1|district", R=R, data=data)
    assert_allclose(as_correlation.sigma2, plain.sigma2, rtol=1e-9)
    raw = multilevel("yi", "vi", random="~1|district", R=R, R_scale="none", data=data)
    assert_allclose(4.0 * raw.sigma2, plain.sigma2, rtol=1e-8)
    with pytest.raises(InputError, match="no row for the levels"):
        multilevel("yi", "vi", random="~1|district", R={"district": scaled.iloc[:5, :5]}, data=data)


def test_weights_given_by_the_user_change_the_average_not_the_components() -> None:
    data = frame("konstantopoulos2011")
    r = multilevel("yi", "vi", random="~1|district/school", data=data, weights=1 / data["vi"])
    assert_allclose(r.coef, 0.046407186321596426, rtol=1e-10)
    assert_allclose(r.se, 0.1814180651773916, rtol=1e-6)
    assert_allclose(r.sigma2, [0.06506194246015364, 0.032736517604725776], rtol=1e-7)
    dense = multilevel(
        "yi", "vi", random="~1|district/school", data=data, weights=np.diag(1 / data["vi"])
    )
    assert_allclose(dense.vcov, r.vcov, rtol=1e-10)


def test_components_vanish_exactly() -> None:
    data = frame("mv_boundary")
    for method in ("REML", "ML"):
        r = multilevel("yi", "vi", random="~1|st/es", data=data, method=method)
        assert r.sigma2.tolist() == [0.0, 0.0]
        un = multilevel(
            "yi",
            "vi",
            random="~out|st",
            structure="UN",
            moderators="0 + out",
            data=data,
            method=method,
        )
        assert un.tau2.tolist() == [0.0, 0.0]
        fixed = multilevel("yi", "vi", data=data, method="FE")
        assert_allclose(r.coef, fixed.coef, rtol=1e-12)


def test_linear_spatial_structure_finds_a_better_maximum_than_metafor() -> None:
    # metafor's optimisers stop at tau2 = 0.5245 with a restricted log-likelihood of -27.561.
    r = multilevel("yi", "vi", random="~lat+long|const", structure="SPLIN", data=frame("spatial"))
    assert r.loglik > -27.5612 + 0.2
    M = r.marginal_covariance()
    e = r.y - r.fitted()
    X = r.X
    W = np.linalg.inv(M)
    direct = -0.5 * (
        (r.k - 1) * np.log(2 * np.pi)
        - np.linalg.slogdet(X.T @ X)[1]
        + np.linalg.slogdet(M)[1]
        + np.linalg.slogdet(X.T @ W @ X)[1]
        + e @ W @ e
    )
    assert_allclose(r.loglik, direct, rtol=1e-10)


def test_fixed_elements_of_an_unstructured_matrix() -> None:
    data = frame("berkey1998")
    V = matrix("berkey1998", data)
    options = {"random": "~outcome|trial", "structure": "UN", "moderators": "0 + outcome"}
    free = multilevel("yi", V, data=data, **options)
    held = multilevel("yi", V, data=data, rho=free.rho.tolist(), **options)
    assert_allclose(held.loglik, free.loglik, rtol=1e-10)
    assert_allclose(held.tau2, free.tau2, rtol=1e-5)
    assert held.n_parameters == free.n_parameters - 1
    diagonal = multilevel("yi", V, data=data, rho=[0.0], **options)
    other = multilevel("yi", V, data=data, **{**options, "structure": "DIAG"})
    assert_allclose(diagonal.loglik, other.loglik, rtol=1e-12)


def test_common_variance_with_unstructured_correlation() -> None:
    data = frame("two_terms")
    unr = multilevel("yi", "vi", random="~out|study", structure="UNR", data=data)
    cs = multilevel("yi", "vi", random="~out|study", structure="CS", data=data)
    un = multilevel("yi", "vi", random="~out|study", structure="UN", data=data)
    assert cs.loglik <= unr.loglik <= un.loglik
    assert (unr.tau2.size, unr.rho.size) == (1, 3)


def test_pairs_that_never_meet_have_no_correlation() -> None:
    rng = np.random.default_rng(0)
    outer = np.repeat(np.arange(8), 2)
    inner = np.array(["a", "b"] * 4 + ["a", "c"] * 4)
    with pytest.warns(MetaWarning, match="never occur together"):
        r = multilevel(
            rng.normal(size=16), np.full(16, 0.1), inner=inner, outer=outer, structure="UN"
        )
    assert r.rho[2] == 0.0
    with pytest.warns(MetaWarning, match="no two inner levels"):
        alone = multilevel(
            rng.normal(size=16), np.full(16, 0.1), inner=inner, outer=np.arange(16), structure="CS"
        )
    assert alone.rho.tolist() == [0.0]


def test_a_correlation_below_its_limit_is_said() -> None:
    data = frame("fine1993")
    with pytest.warns(MetaWarning, match="below -0.333"):
        r = multilevel(
            "yi",
            matrix("fine1993", data),
            random="~time|study",
            structure="CS",
            moderators="0 + C(time)",
            data=data,
        )
    assert_allclose(r.rho, -1.0)
    assert_allclose(r.loglik, -53.55747785595051, rtol=1e-9)


def test_a_negative_correlation_does_not_run_into_a_singular_covariance() -> None:
    """One large group whose mean could be fitted with infinite weight."""
    rng = np.random.default_rng(729)
    study = np.repeat(np.arange(9), [4, 2, 1, 3, 2, 1, 1, 2, 1])
    place = np.concatenate([np.arange(n) for n in np.bincount(study)])
    y, v = rng.normal(0, 0.5, study.size), rng.uniform(0.02, 0.2, study.size)
    for structure in ("CS", "HCS"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MetaWarning)
            r = multilevel(y, v, inner=place, outer=study, structure=structure, method="ML")
        smallest = np.linalg.eigvalsh(r.marginal_covariance())[0]
        assert smallest >= 0.1 * v.min()


def test_rows_with_missing_values_are_left_out_with_a_warning() -> None:
    data = frame("konstantopoulos2011")
    complete = multilevel("yi", "vi", random="~1|district/school", data=data.iloc[3:])
    holes = data.copy()
    holes.loc[0, "yi"] = np.nan
    holes.loc[1, "vi"] = np.nan
    holes["x"] = 1.0
    holes.loc[2, "x"] = np.nan
    with pytest.warns(MetaWarning) as said:
        r = multilevel(
            "yi", "vi", random="~1|district/school", data=holes, moderators=["x"], intercept=False
        )
    assert any("3 rows" in str(w.message) for w in said)
    assert r.n_dropped == 3
    assert_allclose(r.coef, complete.coef, rtol=1e-10)
    holes.loc[5, "district"] = np.nan
    with pytest.warns(MetaWarning), pytest.raises(InputError, match="missing values"):
        multilevel("yi", "vi", random="~1|district", data=holes)


def test_redundant_moderators_are_left_out_with_a_warning() -> None:
    data = frame("mv_boundary")
    with pytest.warns(MetaWarning, match="redundant"):
        r = multilevel("yi", "vi", random="~1|st", moderators="es + {2 * es}", data=data)
    assert r.names == ("intercept", "es")


def test_a_single_level_has_no_variance() -> None:
    data = frame("mv_boundary")
    with pytest.warns(MetaWarning, match="single level"):
        r = multilevel("yi", "vi", random="~1|one", data=data)
    assert r.sigma2.tolist() == [0.0]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"random": "~1|nowhere"}, InputError),
        ({"random": "~1|a|b"}, InputError),
        ({"random": "~es|st/es"}, InputError),
        ({"random": "~es|st", "structure": "ABC"}, MethodError),
        ({"random": ["~es|st", "~out|st", "~out|es"]}, MethodError),
        ({"random": "~out|st", "structure": "CAR"}, InputError),
        ({"random": "~1|st", "method": "DL"}, MethodError),
        ({"random": "~1|st", "test": "knha"}, MethodError),
        ({"random": "~1|st", "dfs": "satterthwaite"}, MethodError),
        ({"random": "~1|st", "level": 95}, InputError),
        ({"random": "~1|st", "sigma2": [1, 2]}, InputError),
        ({"random": "~1|st", "sigma2": -1}, InputError),
        ({"random": "~1|st", "btt": [5]}, InputError),
        ({"random": "~1|st", "btt": "zz"}, InputError),
        ({"random": "~1|st", "weights": -np.ones(12)}, InputError),
        ({"random": "~1|st", "R": {"other": np.eye(6)}}, InputError),
        ({"inner": "out"}, InputError),
    ],
)
def test_wrong_requests_are_named(options: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        multilevel("yi", "vi", data=frame("mv_boundary"), **options)


def test_wrong_data_are_named() -> None:
    y = [0.1, 0.2, 0.3, 0.4]
    with pytest.raises(TooFewStudiesError):
        multilevel([0.1], [0.1], random=[["a"]])
    with pytest.raises(VarianceError, match="positive definite"):
        multilevel(y, np.full((4, 4), 0.1), random=[[1, 1, 2, 2]])
    with pytest.raises(VarianceError, match="not negative"):
        multilevel(y, [0.1, -0.1, 0.1, 0.1], random=[[1, 1, 2, 2]])
    with pytest.raises(InputError, match="symmetric"):
        multilevel(y, np.triu(np.ones((4, 4))), random=[[1, 1, 2, 2]])
    with pytest.raises(InputError, match="shape"):
        multilevel(y, np.eye(3))
    with pytest.raises(TooFewStudiesError):
        multilevel(y, np.ones(4), moderators=np.random.default_rng(1).normal(size=(4, 3)))


def test_small_and_degenerate_data_give_numbers() -> None:
    two = multilevel([0.1, 0.5], [0.1, 0.2], random=[["a", "b"]])
    assert np.isfinite(two.coef).all()
    same = multilevel([0.3] * 6, [0.1] * 6, random=[[1, 1, 2, 2, 3, 3]])
    assert same.sigma2.tolist() == [0.0]
    assert_allclose(same.coef, 0.3)
    huge = multilevel(
        [0.1, 1e6, -2e6, 0.3, 5.0, 1e5],
        [1e-6, 0.1, 0.2, 1e3, 0.1, 0.1],
        random=[[1, 1, 2, 2, 3, 3]],
    )
    assert np.isfinite(huge.sigma2).all()
    # A sampling variance of zero is a known effect: fine while a random effect covers the row.
    exact = multilevel([0.1, 0.2, 0.9, 0.4], [0.0, 0.1, 0.1, 0.2], random=[[1, 2, 3, 4]])
    assert np.isfinite(exact.se).all()
    assert np.isnan(exact.q)
    with pytest.raises(ConvergenceError, match="without bound"):
        multilevel([0.1, 0.2, 0.9, 0.4], [0.0, 0.1, 0.1, 0.2], random=[[1, 2, 3, 4]], method="ML")


def test_degrees_of_freedom() -> None:
    data = frame("konstantopoulos2011").assign(
        x=lambda d: d["study"] % 7, between=lambda d: d["district"] % 10
    )
    r = multilevel(
        "yi", "vi", random="~1|district/school", moderators="between + x", data=data, dfs="contain"
    )
    assert r.test == "t"
    # the first varies between districts only, x inside them and between schools
    assert r.df.tolist() == [8.0, 8.0, 53.0]
    assert r.qm_df == (2, 8.0)
    given = multilevel("yi", "vi", random="~1|district", data=data, dfs=[7.5])
    assert given.df.tolist() == [7.5]
    residual = multilevel("yi", "vi", random="~1|district", data=data, test="t")
    assert residual.df.tolist() == [55.0]
