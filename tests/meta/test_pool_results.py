"""The result object: text, JSON, frames, intervals and predictions."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from aponia import meta

Y = np.array([0.1, 0.9, 0.4, 0.3, -0.2])
V = np.array([0.04, 0.02, 0.03, 0.05, 0.06])


def test_to_dict_is_strict_json_with_the_public_names() -> None:
    found = json.loads(json.dumps(meta.pool(Y, V, test="knha").to_dict(), allow_nan=False))
    assert set(found) >= {
        *("coef", "se", "ci_lower", "ci_upper", "z_or_t", "df", "p", "names", "tau2", "tau2_se"),
        *("i2", "h2", "q", "q_df", "q_p", "qm", "qm_df", "qm_p", "r2", "k", "loglik", "aic"),
        *("bic", "aicc", "fit_method", "converged", "n_dropped", "pi_lower", "pi_upper"),
    }
    assert found["names"] == ["intercept"]
    assert found["r2"] is None
    assert found["df"] == 4
    fixed = meta.pool(Y, V, method="FE").to_dict()
    assert fixed["tau2_se"] is None
    assert fixed["pi_lower"] is None


def test_summary_tells_the_model_and_the_numbers() -> None:
    text = meta.pool(Y, V, moderators=np.arange(5.0), test="knha").summary()
    for word in ("Random-effects meta-regression", "k = 5", "REML", "intercept", "x1", "R2", "F(1"):
        assert word in text
    assert "prediction interval" in str(meta.pool(Y, V))
    assert "Fixed-effects" in meta.pool(Y, V, method="EE").summary()


def test_frame_has_one_row_a_coefficient() -> None:
    frame = meta.pool(Y, V, moderators=np.arange(5.0)).to_frame()
    assert list(frame.index) == ["intercept", "x1"]
    assert list(frame.columns) == ["coef", "se", "ci_lower", "ci_upper", "z_or_t", "p"]


def test_prediction_interval_of_the_result_is_the_default_prediction() -> None:
    for test in ("z", "knha"):
        fit = meta.pool(Y, V, test=test)
        found = fit.predict()
        assert (found.pi_lower[0], found.pi_upper[0]) == (fit.pi_lower, fit.pi_upper)
        assert found.mean[0] == fit.coef[0]
        assert (
            fit.predict(interval="t(k-2)").pi_upper[0] > fit.predict(interval="simple").pi_upper[0]
        )


def test_a_decreasing_transformation_keeps_lower_below_upper() -> None:
    found = meta.pool(Y, V).predict(transform=lambda x: -x)
    assert found.se is None
    assert found.ci_lower[0] < found.mean[0] < found.ci_upper[0]
    assert found.pi_lower[0] < found.ci_lower[0]


def test_prediction_without_degrees_of_freedom_is_refused() -> None:
    fit = meta.pool(Y[:2], V[:2])
    with pytest.raises(meta.TooFewStudiesError, match="riley"):
        fit.predict(interval="riley")
    with pytest.raises(meta.MethodError, match="not known"):
        fit.predict(interval="bootstrap")


def test_interval_methods_that_do_not_exist_for_the_model_are_refused() -> None:
    with pytest.raises(meta.MethodError, match="profile likelihood"):
        meta.pool(Y, V, method="DL").heterogeneity_ci("PL")
    with pytest.raises(meta.MethodError, match="not known"):
        meta.pool(Y, V).heterogeneity_ci("XX")
    with pytest.raises(meta.TooFewStudiesError, match="1 studies"):
        meta.pool(Y[:1], V[:1]).heterogeneity_ci()
    zero = meta.pool([0.3, 0.31, 0.29], [0.1, 0.2, 0.3])
    with pytest.raises(meta.MethodError, match="tau2 is 0"):
        zero.heterogeneity_ci("Wald.log")


def test_effects_closer_than_chance_give_an_empty_interval_and_say_so() -> None:
    fit = meta.pool([0.3, 0.3001, 0.2999, 0.3], [0.1, 0.2, 0.3, 0.4])
    with pytest.warns(meta.MetaWarning, match="empty"):
        interval = fit.heterogeneity_ci()
    assert interval.empty
    assert (interval.tau2_lower, interval.tau2_upper) == (0.0, 0.0)
    json.dumps(interval.to_dict(), allow_nan=False)
    assert "tau2" in interval.summary()


def test_identical_effects_are_exact_and_knapp_hartung_warns() -> None:
    fit = meta.pool([0.37] * 5, [0.01, 0.02, 0.05, 0.1, 0.2])
    assert (fit.q, fit.tau2, fit.i2) == (0.0, 0.0, 0.0)
    with pytest.warns(meta.MetaWarning, match="identical"):
        degenerate = meta.pool([0.37] * 5, [0.01, 0.02, 0.05, 0.1, 0.2], test="knha")
    assert degenerate.se[0] == 0.0


def test_one_study_has_no_t_distribution() -> None:
    with pytest.warns(meta.MetaWarning, match="one study"):
        fit = meta.pool([0.3], [0.05], test="knha")
    assert (fit.df, fit.test) == (None, "z")
    assert math.isclose(fit.pi_lower, fit.ci_lower[0])


def test_an_enormous_study_does_not_cancel_the_others() -> None:
    """Compared with 50-digit arithmetic."""
    fit = meta.pool([0.2, 0.4, 0.7, -0.1], [1e-12, 0.1, 0.2, 0.15], method="FE")
    assert math.isclose(fit.q, 2.24999999999375, rel_tol=1e-12)
    assert math.isclose(fit.typical_variance, 0.069230769231789941, rel_tol=1e-12)
    y = [0.245, 1.202, 0.464, -0.085, 0.662, 1.008, 0.263, 0.177, 0.318, 0.726, 0.01]
    v = [0.219, 0.19, 0.163, 0.222, 0.106, 0.182, 0.198, 0.133, 0.267, 0.126, 1e-6]
    interval = meta.pool(y, v).heterogeneity_ci()
    assert math.isclose(interval.tau2_lower, 0.00330055960404445, rel_tol=1e-11)
    assert math.isclose(interval.tau2_upper, 0.35258550790602, rel_tol=1e-11)


def test_generalised_q_interval_matches_an_independent_integral() -> None:
    """Imhof's integral at 25 digits for the BCG trials gives these probabilities."""
    from aponia.meta.kernels.projection import project
    from aponia.meta.kernels.quadratic_form import quadratic_form_cdf

    y = np.concatenate(
        [
            [-0.88931133, -1.58538866, -1.34807315, -1.44155119, -0.21754732, -0.78611559],
            [
                -1.62089822,
                0.01195233,
                -0.46941765,
                -1.37134480,
                -0.33935883,
                0.44591340,
                -0.01731395,
            ],
        ]
    )
    v = np.concatenate(
        [
            [0.325584765, 0.194581121, 0.415367965, 0.020010032, 0.051210172, 0.006905618],
            [
                0.223017248,
                0.003961579,
                0.056434210,
                0.073024794,
                0.012412214,
                0.532505845,
                0.071404660,
            ],
        ]
    )
    fit = meta.pool(y, v, method="GENQ", weights=1 / v)
    interval = fit.heterogeneity_ci()
    assert interval.method == "GENQ"
    a = project(y - fit.coef[0], 1 / v, np.ones((13, 1)))
    for bound, probability in ((interval.tau2_lower, 0.975), (interval.tau2_upper, 0.025)):
        assert math.isclose(quadratic_form_cdf(fit.q, a, v + bound), probability, rel_tol=1e-10)
    assert math.isclose(interval.tau2_lower, 0.1010500694, rel_tol=2e-6)
    assert math.isclose(interval.tau2_upper, 1.6360882011, rel_tol=2e-6)


def test_location_scale_profile_interval_and_predictions() -> None:
    rng = np.random.default_rng(8)
    x = np.linspace(-1, 1, 40)
    v = rng.uniform(0.02, 0.1, 40)
    y = 0.4 + rng.normal(size=40) * np.sqrt(v + np.exp(-1.5 + 1.2 * x))
    fit = meta.pool(y, v, scale=x)
    assert fit.scale is not None
    bounds = fit.scale_ci()
    assert (bounds[:, 0] < fit.scale.coef).all()
    assert (fit.scale.coef < bounds[:, 1]).all()
    found = fit.predict(newscale=[-1.0, 1.0])
    assert found.pi_upper[1] - found.pi_lower[1] > found.pi_upper[0] - found.pi_lower[0]
    np.testing.assert_allclose(fit.scale.tau2_at([0.0])[0], np.exp(fit.scale.coef[0]))
    assert "Scale (log link)" in fit.summary()
    json.dumps(fit.to_dict(), allow_nan=False)
    plain = meta.pool(y, v)
    constant = meta.pool("y", "v", data={"y": y, "v": v}, scale="~ 1")
    np.testing.assert_allclose(constant.tau2, plain.tau2, rtol=1e-6)


BCG_Y = np.concatenate(
    [
        [-0.8893113339202054, -1.5853886572014306, -1.3480731482996928, -1.4415511900213054],
        [-0.2175473222112957, -0.7861155858188630, -1.6208982235983924, 0.0119523335238405],
        [-0.4694176487381487, -1.3713448034727846, -0.3393588283383906, 0.4459134005713783],
        [-0.0173139482168879],
    ]
)
BCG_V = np.concatenate(
    [
        [0.3255847650039614, 0.1945811214120560, 0.4153679653679654, 0.0200100319022476],
        [0.0512101721696309, 0.0069056184559087, 0.2230172475723152, 0.0039615792978177],
        [0.0564342104632489, 0.0730247936130289, 0.0124122139715597, 0.5325058452001528],
        [0.0714046596839863],
    ]
)


@pytest.mark.parametrize(
    ("test", "statistic"),
    [("score", 2.8884158709835313), ("LRT", 6.01363083287357), ("Wald", 2.6593203924007938)],
)
def test_heteroscedasticity_tests_agree_with_metafor(test: str, statistic: float) -> None:
    found = meta.heteroscedasticity_test(BCG_Y, BCG_V, test=test)
    assert math.isclose(found.statistic, statistic, rel_tol=1e-5)
    assert found.df == 12
    assert found.tau2.min() == 0.0
    assert "one tau2" in found.summary()
    json.dumps(found.to_dict(), allow_nan=False)


def test_heteroscedasticity_needs_enough_studies() -> None:
    with pytest.raises(meta.TooFewStudiesError, match="do not identify"):
        meta.heteroscedasticity_test(BCG_Y[:2], BCG_V[:2])


def test_joint_information_widens_the_interval_of_the_mean() -> None:
    x = np.linspace(0, 1, 13)
    plain = meta.pool(BCG_Y, BCG_V, scale=x, method="ML")
    joint = meta.pool(BCG_Y, BCG_V, scale=x, method="ML", optbeta=True)
    np.testing.assert_allclose(joint.coef, plain.coef, rtol=1e-9)
    assert joint.se[0] > plain.se[0]
    with pytest.raises(meta.MethodError, match="ML"):
        meta.pool(BCG_Y, BCG_V, scale=x, optbeta=True)
