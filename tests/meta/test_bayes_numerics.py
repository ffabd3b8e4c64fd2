"""Bayes recomputed by other routes, and what must hold for every data set."""

import json
import math
import warnings
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import multivariate_normal, norm

from aponia.meta import InputError, MetaWarning, MethodError, TooFewStudiesError, VarianceError
from aponia.meta._bayes import bayes, bayes_many, on_tau2, tau_prior

PRIORS = [
    "half-normal(0.5)",
    "half-cauchy(0.3)",
    "half-t(4, 0.5)",
    "log-normal(-1, 0.8)",
    "exponential(2)",
    "inverse-gamma(2, 0.5)",
    "uniform(0, 2)",
    "tau2: log-normal(-2.5, 1.5)",
    "tau2: inverse-gamma(1, 0.1)",
    "dumouchel",
    "shrinkage",
    "i2",
]
Y = np.array([0.12, 0.55, -0.2, 0.38, 0.9])
V = np.array([0.04, 0.09, 0.02, 0.15, 0.3])


def brute_force(y, v, prior, mean_prior, functions):
    """Ratios of adaptive integrals over tau, with the marginal likelihood as one big normal."""
    m, s = mean_prior
    k = len(y)
    ones = np.ones((k, k))
    density = tau_prior(prior)

    def joint(tau):
        likelihood = multivariate_normal.pdf(y, np.full(k, m), np.diag(v + tau**2) + s**2 * ones)
        return likelihood * math.exp(float(density.log_density(np.array([tau]), v)[0]))

    def conditional(tau):
        w = 1 / (v + tau**2)
        precision = w.sum() + 1 / s**2
        return (w @ y + m / s**2) / precision, 1 / math.sqrt(precision)

    def integral(f):
        cuts = [0, 0.01, 0.05, 0.15, 0.4, 1.0, 2.0, 6.0]
        total = sum(quad(f, a, b, epsabs=0, epsrel=1e-12, limit=300)[0] for a, b in pairwise(cuts))
        if density.upper > 6:
            # the rest on 1 / tau
            total += quad(lambda t: f(1 / t) / t**2, 1e-12, 1 / 6, epsabs=1e-15, limit=300)[0]
        return total

    evidence = integral(joint)
    values = [integral(lambda t, g=g: joint(t) * g(t, *conditional(t))) for g in functions]
    return [value / evidence for value in values], evidence


@pytest.mark.parametrize("prior", PRIORS)
def test_against_adaptive_integration(prior):
    fit = bayes(Y, V, mean_prior=(0.1, 1.5), tau_prior=prior)
    (mean, below, new, below_tau, theta), evidence = brute_force(
        Y,
        V,
        prior,
        (0.1, 1.5),
        [
            lambda t, m, s: m,
            lambda t, m, s: norm.cdf((0.25 - m) / s),
            lambda t, m, s: norm.cdf((0.25 - m) / math.hypot(s, t)),
            lambda t, m, s: float(t <= 0.4),
            lambda t, m, s: (V[1] * m + t**2 * Y[1]) / (V[1] + t**2),
        ],
    )
    assert fit.mean.mean == pytest.approx(mean, abs=1e-9)
    assert float(fit.mean.cdf(0.25)) == pytest.approx(below, abs=1e-9)
    assert float(fit.prediction.cdf(0.25)) == pytest.approx(new, abs=1e-9)
    assert float(fit.tau.cdf(0.4)) == pytest.approx(below_tau, abs=1e-9)
    assert fit.shrinkage[1].mean == pytest.approx(theta, abs=1e-9)
    assert fit.log_marginal_likelihood == pytest.approx(math.log(evidence), abs=1e-9)
    at_zero = multivariate_normal.pdf(Y, np.full(5, 0.1), np.diag(V) + 2.25 * np.ones((5, 5)))
    assert fit.bf_tau_zero == pytest.approx(at_zero / evidence, rel=1e-8)


def test_flat_mean_against_a_plane_of_points():
    # mu integrated numerically instead of in closed form
    t, wt = np.polynomial.legendre.leggauss(400)
    tau = 2.25 * (t + 1)
    mu = np.linspace(-6, 7, 6001)
    grid = np.zeros((mu.size, tau.size))
    for yi, vi in zip(Y, V, strict=True):
        total = vi + tau**2
        grid += -0.5 * (yi - mu[:, None]) ** 2 / total - 0.5 * np.log(total)
    weight = np.exp(grid) * np.exp(-0.5 * (tau / 0.5) ** 2) * wt
    weight /= weight.sum()
    fit = bayes(Y, V)
    assert fit.mean.mean == pytest.approx((weight.sum(axis=1) @ mu), abs=1e-9)
    assert fit.tau.mean == pytest.approx(weight.sum(axis=0) @ tau, abs=1e-9)
    second = weight.sum(axis=1) @ (mu - fit.mean.mean) ** 2
    assert fit.mean.sd == pytest.approx(math.sqrt(second), abs=1e-9)


@pytest.mark.parametrize("tau", [0.05, 0.4])
def test_a_point_prior_on_tau_gives_the_known_tau_model(tau):
    fit = bayes(Y, V, tau_prior=f"log-normal({math.log(tau)}, 1e-7)")
    w = 1 / (V + tau**2)
    mean, sd = w @ Y / w.sum(), 1 / math.sqrt(w.sum())
    assert (fit.mean.mean, fit.mean.sd) == pytest.approx((mean, sd), rel=1e-6)
    assert fit.mean.interval() == pytest.approx(norm.interval(0.95, mean, sd), rel=1e-6)
    assert fit.prediction.sd == pytest.approx(math.hypot(sd, tau), rel=1e-6)


def test_a_tiny_prior_scale_gives_the_fixed_effect_model():
    fit = bayes(Y, V, tau_prior="half-normal(1e-6)")
    w = 1 / V
    assert fit.mean.mean == pytest.approx(w @ Y / w.sum(), rel=1e-9)
    assert fit.mean.sd == pytest.approx(1 / math.sqrt(w.sum()), rel=1e-9)
    assert fit.weights == pytest.approx(100 * w / w.sum(), rel=1e-8)


def test_one_study():
    fit = bayes([0.4], [0.09], tau_prior="half-normal(0.5)")
    # no information on tau: its posterior is the prior
    assert fit.tau.median == pytest.approx(0.5 * norm.isf(0.25), rel=1e-10)
    assert fit.tau.mean == pytest.approx(0.5 * math.sqrt(2 / math.pi), rel=1e-10)
    assert fit.mean.mean == pytest.approx(0.4)
    assert fit.mean.sd == pytest.approx(math.sqrt(0.09 + 0.25), rel=1e-10)
    assert fit.bf_tau_zero == pytest.approx(1)
    # flat mean: the study's own effect keeps its own uncertainty
    assert fit.shrinkage[0].sd == pytest.approx(0.3, rel=1e-10)
    proper = bayes([0.4], [0.09], mean_prior=(0, 1), tau_prior="half-normal(1e-7)")
    assert proper.mean.mean == pytest.approx(0.4 / 1.09, rel=1e-9)
    assert proper.bf_mean_zero[0] == pytest.approx(
        norm.pdf(0.4, 0, 0.3) / norm.pdf(0.4, 0, math.sqrt(1.09)), rel=1e-9
    )


def test_moments_that_do_not_exist_are_said_not_to():
    fit = bayes([0.4], [0.09], tau_prior="half-cauchy(0.5)")
    assert math.isinf(fit.tau.mean)
    assert math.isinf(fit.mean.sd)
    assert math.isnan(fit.mean.mean)
    assert any("does not exist" in note for note in fit.notes)
    assert fit.mean.median == pytest.approx(0.4)
    assert fit.tau.median == pytest.approx(0.5, rel=1e-9)
    assert fit.to_dict()["coefficients"][0]["mean"] is None
    heavy = bayes([0.4], [0.09], tau_prior="half-t(2.05, 0.5)")
    # closed form of the mean of a half-t
    mean = 2 * 0.5 * math.sqrt(2.05 / math.pi) * math.gamma(1.525) / math.gamma(1.025) / 1.05
    assert heavy.tau.mean == pytest.approx(mean, rel=1e-8)


@pytest.mark.parametrize(
    ("prior", "mean_prior", "need"),
    [
        ("flat", None, 3),
        ("flat", (0, 1), 2),
        ("sqrt", None, 2),
        ("jeffreys", None, 2),
        ("berger-deely", None, 2),
    ],
)
def test_improper_priors_need_enough_studies(prior, mean_prior, need):
    fit = bayes(Y[:need], V[:need], tau_prior=prior, mean_prior=mean_prior)
    assert 0 < fit.tau.median < math.inf
    if need > 1:
        with pytest.raises(TooFewStudiesError, match=f"at least {need}"):
            bayes(Y[: need - 1], V[: need - 1], tau_prior=prior, mean_prior=mean_prior)


@given(
    seed=st.integers(0, 10**6),
    k=st.integers(1, 30),
    prior=st.sampled_from(["half-normal({})", "half-cauchy({})", "uniform(0, {})"]),
    scale=st.floats(1e-3, 1e3),
)
@settings(max_examples=30, deadline=None)
def test_order_sign_and_scale(seed, k, prior, scale):
    rng = np.random.default_rng(seed)
    y, v = rng.normal(0.2, 0.6, k), rng.uniform(0.001, 0.5, k)
    one = bayes(y, v, tau_prior=prior.format(0.5), mean_prior=(0.0, 2.0))
    other = bayes(
        -scale * y[::-1],
        scale**2 * v[::-1],
        tau_prior=prior.format(0.5 * scale),
        mean_prior=(0.0, 2.0 * scale),
    )
    assert other.mean.median == pytest.approx(-scale * one.mean.median, rel=1e-7, abs=1e-9 * scale)
    assert other.tau.median == pytest.approx(scale * one.tau.median, rel=1e-7)
    assert other.mean.sd == pytest.approx(scale * one.mean.sd, rel=1e-7)
    low, high = one.mean_interval
    assert other.mean_interval == pytest.approx((-scale * high, -scale * low), rel=1e-6, abs=1e-8)
    assert other.bf_tau_zero == pytest.approx(one.bf_tau_zero, rel=1e-6)
    assert other.prob_above(0) == pytest.approx(one.prob_below(0), abs=1e-9)


@given(seed=st.integers(0, 10**6), shift=st.floats(-1e8, 1e8))
@settings(max_examples=20, deadline=None)
def test_a_shift_moves_the_mean_and_nothing_else(seed, shift):
    rng = np.random.default_rng(seed)
    y, v = rng.normal(0, 0.5, 6), rng.uniform(0.01, 0.3, 6)
    one, other = bayes(y, v), bayes(y + shift, v)
    assert other.tau.median == pytest.approx(one.tau.median, rel=1e-4)
    assert other.mean.median - shift == pytest.approx(
        one.mean.median, abs=1e-7 + 1e-14 * abs(shift)
    )


@given(seed=st.integers(0, 10**6), level=st.floats(0.5, 0.99))
@settings(max_examples=20, deadline=None)
def test_intervals_hold_their_level_and_the_shortest_is_shortest(seed, level):
    rng = np.random.default_rng(seed)
    fit = bayes(rng.normal(0, 0.5, 4), rng.uniform(0.01, 0.3, 4))
    for posterior in (fit.mean, fit.tau, fit.prediction, fit.shrinkage[0]):
        low, high = posterior.interval(level)
        inside = float(posterior.cdf(high)) - float(posterior.cdf(low))
        assert inside == pytest.approx(level, abs=1e-9)
        a, b = posterior.interval(level, "central")
        assert high - low <= (b - a) * (1 + 1e-9)
        p = np.array([0.01, 0.3, 0.5, 0.9, 0.999])
        assert posterior.cdf(posterior.quantile(p)) == pytest.approx(p, abs=1e-11)
        assert posterior.sf(high) == pytest.approx(1 - posterior.cdf(high), abs=1e-12)
        assert float(posterior.density(posterior.mode)) >= float(
            posterior.density(posterior.median)
        )


def test_shrinkage_pulls_towards_the_mean_and_predictions_are_wider():
    fit = bayes(Y, V)
    for yi, theta in zip(Y, fit.shrinkage, strict=True):
        low, high = sorted((yi, fit.mean.mean))
        assert low - 1e-9 <= theta.mean <= high + 1e-9
    assert fit.prediction.sd > fit.mean.sd
    assert fit.weights.sum() == pytest.approx(100)
    proper = bayes(Y, V, mean_prior=(0, 0.5))
    assert proper.weights.sum() < 100


def test_an_enormous_study_and_identical_studies():
    fit = bayes([0.3, 0.9, -0.4], [1e-12, 0.2, 0.3], tau_prior="half-normal(0.5)")
    assert fit.shrinkage[0].mean == pytest.approx(0.3, abs=1e-5)
    same = bayes([0.3] * 5, [0.04] * 5, tau_prior="half-normal(0.5)")
    assert same.mean.mean == pytest.approx(0.3)
    assert same.tau.mode == 0
    far = bayes([0.0, 50.0], [0.01, 0.01], tau_prior="half-normal(0.5)")
    assert far.mean.mean == pytest.approx(25)
    assert far.tau.median > 2


def test_many_studies():
    rng = np.random.default_rng(0)
    v = rng.uniform(0.01, 0.2, 3000)
    fit = bayes(rng.normal(0.3, np.sqrt(v + 0.04)), v)
    assert fit.tau.median == pytest.approx(0.2, abs=0.03)
    assert fit.mean.median == pytest.approx(0.3, abs=0.03)


def test_regression_agrees_with_separate_groups_and_known_tau():
    X = np.array([0.0, 0.0, 1.0, 1.0, 1.0])
    fit = bayes(Y, V, moderators=X, tau_prior=f"log-normal({math.log(0.3)}, 1e-7)")
    w = 1 / (V + 0.09)
    first = w[:2] @ Y[:2] / w[:2].sum()
    second = w[2:] @ Y[2:] / w[2:].sum()
    assert fit.names == ("intercept", "x1")
    assert fit.coefficients[0].mean == pytest.approx(first, abs=1e-7)
    assert fit.coefficients[1].mean == pytest.approx(second - first, abs=1e-7)
    line, new = fit.predict([1.0, 1.0])
    assert line.mean == pytest.approx(second, abs=1e-7)
    assert new.sd == pytest.approx(math.sqrt(1 / w[2:].sum() + 0.09), rel=1e-6)
    with pytest.raises(MethodError, match="predict"):
        _ = fit.prediction
    assert "x1" in fit.summary()
    # a tight prior on the slope alone takes the moderator out again
    flat = bayes(Y, V, moderators=X, mean_prior=[None, (0.0, 1e-6)])
    assert flat.coefficients[0].mean == pytest.approx(bayes(Y, V).mean.mean, abs=1e-6)


def test_batch_equals_loop():
    rng = np.random.default_rng(5)
    y, v = rng.normal(0.2, 0.5, (7, 9)), rng.uniform(0.005, 0.4, (7, 9))
    y[2, 4:] = np.nan
    v[2, 4:] = np.nan
    y[3, 1:] = np.nan
    v[4] *= 1e-3
    for prior, mean in (("half-normal(0.5)", None), ("half-cauchy(0.2)", (0, 1))):
        many = bayes_many(y, v, tau_prior=prior, mean_prior=mean)
        for i in range(7):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", MetaWarning)
                one = bayes(y[i], v[i], tau_prior=prior, mean_prior=mean, interval="central")
            assert many.k[i] == one.k
            assert (many.ci_lower[i], many.ci_upper[i]) == pytest.approx(
                one.mean_interval, abs=1e-8
            )
            assert (many.tau_lower[i], many.tau_upper[i]) == pytest.approx(one.tau_interval, 1e-7)
            assert many.median[i] == pytest.approx(one.mean.median, abs=1e-9)
            assert many.pi_upper[i] == pytest.approx(one.prediction_interval[1], abs=1e-8)
            assert many.p_above_0[i] == pytest.approx(one.prob_above(0), abs=1e-9)
            assert many.bf_tau_zero[i] == pytest.approx(one.bf_tau_zero, rel=1e-7)
            assert many.tau_mean[i] == pytest.approx(one.tau.mean, rel=1e-7)


def test_bad_input_is_named():
    with pytest.raises(VarianceError):
        bayes([0.1, 0.2], [0.1, 0.0])
    with pytest.raises(VarianceError):
        bayes([0.1, 0.2], [0.1, -1.0])
    with pytest.raises(InputError):
        bayes([0.1, 0.2], [0.1])
    with pytest.raises(MethodError, match="tau_prior"):
        bayes(Y, V, tau_prior="half-moon(1)")
    with pytest.raises(MethodError, match="parameter"):
        bayes(Y, V, tau_prior="half-t(1)")
    with pytest.raises(InputError, match="positive"):
        bayes(Y, V, tau_prior="half-normal(-1)")
    with pytest.raises(InputError):
        bayes(Y, V, mean_prior=(0, 0))
    with pytest.raises(TooFewStudiesError):
        bayes([np.nan], [0.1])
    with pytest.raises(MethodError):
        on_tau2("jeffreys")
    with pytest.raises(MethodError):
        bayes_many([Y], [V], tau_prior="jeffreys")
    with pytest.warns(MetaWarning, match="missing"):
        fit = bayes([0.1, np.nan, 0.3], [0.1, 0.1, 0.2])
    assert (fit.k, fit.n_dropped, fit.labels) == (2, 1, ("1", "3"))


def test_output_is_json_safe_and_curves_integrate_to_one():
    fit = bayes(Y, V, mean_prior=(0, 1), labels=["a", "b", "c", "d", "e"])
    text = json.dumps(fit.to_dict(), allow_nan=False)
    assert '"bf_tau_zero"' in text
    assert "P(mean > 0)" in fit.summary()
    curves = fit.curves(2001)
    for name in ("mean", "tau", "prediction"):
        x, d = curves[f"{name}_x"], curves[f"{name}_density"]
        assert np.sum(0.5 * (d[1:] + d[:-1]) * np.diff(x)) == pytest.approx(0.998, abs=2e-3)


def test_effect_sizes_and_pooled_results_may_be_given_alone():
    from aponia.meta import effect_sizes, pool

    effects = effect_sizes(
        "SMD",
        mean1=[1, 2],
        sd1=[1, 1],
        n1=[20, 30],
        mean2=[0.5, 1.2],
        sd2=[1, 1.1],
        n2=[20, 30],
        labels=["a", "b"],
    )
    fit = bayes(effects)
    assert fit.labels == ("a", "b")
    assert fit.mean.median == bayes(effects.y, effects.v).mean.median
    assert bayes(pool(effects.y, effects.v)).tau.median == fit.tau.median
    with pytest.raises(InputError, match="variances"):
        bayes([0.1, 0.2])
