"""Predictions, diagnostics, profiles and comparisons of multilevel models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from aponia.meta._multilevel import multilevel, sampling_covariance
from aponia.meta._pool import pool
from aponia.meta.errors import InputError, MethodError

REFERENCE = json.loads((Path(__file__).parent / "data" / "multilevel.json").read_text())
# metafor computed these at variance components that its default optimiser stopped at
LOOSE = {"rtol": 2e-5, "atol": 1e-9}


def frame(name: str) -> pd.DataFrame:
    return pd.DataFrame(REFERENCE["data"][name])


@pytest.fixture(scope="module")
def kon() -> Any:
    return multilevel("yi", "vi", random="~1|district/school", data=frame("konstantopoulos2011"))


@pytest.fixture(scope="module")
def berkey() -> Any:
    data = frame("berkey1998")
    V = sampling_covariance(1, "trial", rvars=["v1i", "v2i"], data=data)
    return multilevel(
        "yi", V, random="~outcome|trial", structure="UN", moderators="0 + outcome", data=data
    )


def expected(name: str) -> Any:
    return REFERENCE["derived"][name]


def test_random_effects_agree_with_metafor(kon: Any, berkey: Any) -> None:
    for model, name in ((kon, "kon/3level/REML/z"), (berkey, "berkey/UN/REML")):
        for ours, theirs in zip(model.ranef(), expected(f"ranef/mv/{name}").values(), strict=True):
            assert_allclose(ours.pred, theirs["intrcpt"], **LOOSE)
            assert_allclose(ours.se, theirs["se"], **LOOSE)
            assert_allclose(ours.pi_lower, theirs["pi.lb"], rtol=2e-4, atol=1e-7)
    assert kon.blup()[1].levels[:2] == ("11/1", "11/2")


def test_random_slopes_are_predicted() -> None:
    r = multilevel(
        "yi",
        "vi",
        random="~time|study",
        structure="GEN",
        moderators="time",
        data=frame("fine1993"),
    )
    (effects,) = r.ranef()
    theirs = expected("ranef/mv/fine/GEN")
    assert_allclose(effects.pred[0::2], theirs["intrcpt"], rtol=1e-4)
    assert_allclose(effects.pred[1::2], theirs["time"], rtol=1e-4)


def test_random_effects_follow_from_the_joint_normal_distribution(kon: Any) -> None:
    """E(u | y) through the covariance of u with y, written out densely."""
    M, X, y = kon.marginal_covariance(), kon.X, kon.y
    W = np.linalg.inv(M)
    Z = (
        frame("konstantopoulos2011")["district"].to_numpy()[None, :]
        == np.unique(frame("konstantopoulos2011")["district"])[:, None]
    ).astype(float)
    C = kon.sigma2[0] * Z
    P = W - W @ X @ np.linalg.inv(X.T @ W @ X) @ X.T @ W
    effects = kon.ranef()[0]
    assert_allclose(effects.pred, C @ P @ y, rtol=1e-8, atol=1e-12)
    assert_allclose(effects.se**2, kon.sigma2[0] - np.diag(C @ P @ C.T), rtol=1e-8)


def test_predictions_agree_with_metafor(kon: Any, berkey: Any) -> None:
    fields = (
        ("pred", "pred"),
        ("se", "se"),
        ("ci_lower", "ci.lb"),
        ("pi_lower", "pi.lb"),
        ("pi_upper", "pi.ub"),
    )
    mod = multilevel(
        "yi",
        "vi",
        random="~1|district/school",
        moderators="{year - 1990}",
        data=frame("konstantopoulos2011"),
    )
    for ours, name in (
        (kon.predict(), "predict/mv/kon/3level/REML/z"),
        (berkey.predict(), "predict/mv/berkey/UN/REML"),
        (mod.predict([-10.0, 0.0, 10.0]), "predict_new/mv/kon/3level_mod/REML"),
    ):
        for attribute, key in fields:
            assert_allclose(getattr(ours, attribute), expected(name)[key], **LOOSE)
    assert berkey.predict().tau2_level[:2] == ("PD", "AL")
    assert_allclose(mod.predict({"year": [1980, 1990, 2000]}).pred, mod.predict([-10, 0, 10]).pred)


def test_prediction_intervals_need_a_level_where_variances_differ(berkey: Any) -> None:
    rows = np.eye(2)
    unknown = berkey.predict(rows)
    assert np.isnan(unknown.pi_lower).all()
    assert np.isfinite(unknown.ci_lower).all()
    known = berkey.predict(rows, tau2_levels=["AL", "PD"])
    assert_allclose(known.pi_upper[1], berkey.predict().pi_upper[0])
    with pytest.raises(InputError, match="levels must be"):
        berkey.predict(rows, tau2_levels=["AL", "XX"])
    with pytest.raises(InputError):
        berkey.predict(np.ones((2, 5)))


def test_leverage_weights_and_residuals_agree_with_metafor(kon: Any, berkey: Any) -> None:
    assert_allclose(kon.hatvalues(), expected("hatvalues/mv/kon/3level/REML/z")["value"], **LOOSE)
    assert_allclose(kon.weights(), expected("weights/mv/kon/3level/REML/z")["value"], **LOOSE)
    theirs = expected("rstandard/mv/kon/3level/REML/z")
    ours = kon.rstandard()
    assert_allclose(ours.resid, theirs["resid"], rtol=1e-5, atol=1e-7)
    assert_allclose(ours.z, theirs["z"], rtol=1e-5, atol=1e-6)
    assert_allclose(
        berkey.marginal_covariance(), expected("vcov_obs/mv/berkey/UN/REML")["M"], **LOOSE
    )


def test_weights_reproduce_the_average(kon: Any) -> None:
    assert_allclose(kon.weights("rowsum") @ kon.y / 100, kon.coef[0], rtol=1e-12)
    assert_allclose(kon.hatvalues().sum(), 1.0, rtol=1e-12)
    with pytest.raises(MethodError):
        kon.weights("other")


def test_kinds_of_residuals(kon: Any) -> None:
    raw = kon.residuals()
    assert_allclose(raw, kon.y - kon.fitted())
    assert_allclose(kon.residuals("pearson"), raw / np.sqrt(np.diag(kon.marginal_covariance())))
    assert_allclose(kon.residuals("rstandard"), kon.rstandard().z)
    with pytest.raises(MethodError):
        kon.residuals("other")


def test_cluster_residuals_are_quadratic_forms(kon: Any) -> None:
    data = frame("konstantopoulos2011")
    s = kon.rstandard("district", data)
    rows = np.flatnonzero(data["district"] == 12)
    S = kon.marginal_covariance() - kon.X @ kon.vcov @ kon.X.T
    r = kon.residuals()[rows]
    assert_allclose(s.x2[s.clusters.index("12")], r @ np.linalg.inv(S[np.ix_(rows, rows)]) @ r)
    assert s.sizes.sum() == 56


def test_a_row_that_fits_exactly_has_no_standardised_residual() -> None:
    x = np.r_[np.zeros(9), 1.0]
    y = np.random.default_rng(2).normal(size=10)
    s = multilevel(y, np.full(10, 0.1), random=[np.arange(10)], moderators=x).rstandard()
    assert s.se[-1] == 0.0
    assert np.isnan(s.z[-1])
    assert np.isfinite(s.z[:-1]).all()


def test_deletion_diagnostics_agree_with_metafor(kon: Any) -> None:
    data = frame("konstantopoulos2011")
    loose = {"rtol": 2e-3, "atol": 1e-6}
    assert_allclose(
        kon.cooks_distance("district", data), expected("cooks/kon/district")["value"], **loose
    )
    assert_allclose(
        kon.dfbetas("district", data)[:, 0], expected("dfbetas/kon/district")["intrcpt"], **loose
    )
    ours, theirs = kon.rstudent("district", data), expected("rstudent/kon/district")
    assert_allclose(ours.resid, theirs["obs"]["resid"], rtol=1e-4, atol=1e-6)
    assert_allclose(ours.x2, theirs["cluster"]["X2"], rtol=1e-4)


def test_deletion_is_a_refit(kon: Any) -> None:
    data = frame("konstantopoulos2011")
    rest = data["district"] != 58
    without = multilevel("yi", "vi", random="~1|district/school", data=data[rest])
    change = kon.coef[0] - without.coef[0]
    at = sorted(data["district"].unique()).index(58)
    assert_allclose(kon.cooks_distance("district", data)[at], change**2 / kon.vcov[0, 0], rtol=1e-7)
    s = kon.rstudent("district", data)
    assert_allclose(s.resid[~rest], data["yi"][~rest] - without.coef[0], rtol=1e-7)
    quick = kon.cooks_distance("district", data, reestimate=False)
    assert quick.shape == (11,)
    assert np.isfinite(quick).all()


def test_profile_agrees_with_metafor(kon: Any) -> None:
    theirs = expected("profile/kon/sigma2_1")
    ours = kon.profile("sigma2", 1, limits=(0.0, 0.2), steps=6)
    assert_allclose(ours.values, theirs["sigma2"])
    assert_allclose(ours.loglik, theirs["ll"], rtol=1e-9)
    assert (ours.loglik <= ours.maximum).all()
    with pytest.raises(InputError, match="not an estimated component"):
        kon.profile("tau2")
    with pytest.raises(InputError, match="not a component"):
        kon.profile("coef")


def test_profile_intervals_invert_the_likelihood_ratio_test(kon: Any, berkey: Any) -> None:
    cut = 3.841458820694124
    for interval in kon.confint():
        number = int(interval.name[-1])
        for bound in (interval.lower, interval.upper):
            ll = kon.profile("sigma2", number, values=[bound]).loglik[0]
            assert_allclose(2 * (kon.loglik - ll), cut, rtol=1e-6)
        assert_allclose(interval.root[2] ** 2, interval.upper)
    tau2, _, rho = berkey.confint()
    assert tau2.lower < tau2.estimate < tau2.upper
    ll = berkey.profile("rho", 1, values=[rho.lower, 1.0]).loglik
    assert_allclose(2 * (berkey.loglik - ll[0]), cut, rtol=1e-6)
    assert rho.upper == 1.0  # even a perfect correlation is not excluded
    assert 2 * (berkey.loglik - ll[1]) < cut
    with pytest.raises(InputError, match="no such"):
        kon.confint("rho")


def test_interval_of_the_simple_model_is_that_of_pool() -> None:
    data = frame("konstantopoulos2011")
    ours = multilevel("yi", "vi", random="~1|study", data=data).confint()[0]
    theirs = pool("yi", "vi", data=data).heterogeneity_ci("PL")
    assert_allclose([ours.lower, ours.upper], [theirs.tau2_lower, theirs.tau2_upper], rtol=1e-5)


def test_likelihood_ratio_and_wald_tests_agree_with_metafor(kon: Any, berkey: Any) -> None:
    reduced = multilevel("yi", "vi", random="~1|district", data=frame("konstantopoulos2011"))
    theirs = expected("anova_lrt/kon")
    for test in (kon.anova(reduced), reduced.anova(kon)):
        assert_allclose(
            [test.statistic, test.p_value], [theirs["LRT"][0], theirs["pval"][0]], rtol=1e-6
        )
        assert test.df == 1
    theirs = expected("anova_btt/berkey")
    w = berkey.wald([1, -1])
    assert_allclose(
        [w.statistic, w.p_value, w.se[0]],
        [theirs["QM"][0], theirs["QMp"][0], theirs["se"][0]],
        rtol=1e-5,
    )
    assert np.isnan(berkey.wald([[1, -1], [2, -2]]).statistic)
    with pytest.raises(InputError):
        berkey.wald([1, 2, 3])


def test_models_that_cannot_be_compared_are_refused(kon: Any, berkey: Any) -> None:
    data = frame("konstantopoulos2011")
    with pytest.raises(InputError, match="different data"):
        kon.anova(berkey)
    with pytest.raises(InputError, match="methods"):
        kon.anova(multilevel("yi", "vi", random="~1|district", data=data, method="ML"))
    with pytest.raises(InputError, match="REML"):
        kon.anova(multilevel("yi", "vi", random="~1|district", moderators="year", data=data))


def test_output_is_plain_and_readable(kon: Any, berkey: Any) -> None:
    for model in (kon, berkey):
        again = json.loads(json.dumps(model.to_dict(), allow_nan=False))
        assert again["coef"] == model.coef.tolist()
        json.dumps(model.predict().to_dict(), allow_nan=False)
        json.dumps(model.ranef()[0].to_dict(), allow_nan=False)
        json.dumps(model.rstandard().to_dict(), allow_nan=False)
    assert "sigma2.1       0.0651" in str(kon)
    assert "tau2.2" in berkey.summary()
    assert berkey.to_dict()["df"] == [None, None]
