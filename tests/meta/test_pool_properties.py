"""What must hold for every meta-analysis, whatever the numbers."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aponia import meta

METHODS = ("FE", "DL", "HE", "HS", "HSk", "SJ", "SJIT", "ML", "REML", "EB", "PM", "PMM", "DLIT")
effects = st.floats(-5, 5).map(lambda x: round(x, 4))
variances = st.floats(-6, 2).map(lambda x: round(float(np.exp(x)), 6))
studies = st.lists(st.tuples(effects, variances), min_size=2, max_size=12)
methods = st.sampled_from(METHODS)
CALM = settings(deadline=None, derandomize=True, max_examples=40)
tests = st.sampled_from(("z", "t", "knha", "adhoc"))


def quiet(y: object, v: object, **options: object) -> meta.PoolResult:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", meta.MetaWarning)
        return meta.pool(y, v, **options)  # type: ignore[arg-type]


def split(rows: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    array = np.array(rows)
    return array[:, 0], array[:, 1]


def flat(y: np.ndarray, v: np.ndarray, method: str) -> bool:
    """Whether two maxima of the likelihood tie so closely that rounding decides between them."""
    if method not in ("ML", "REML"):
        return False
    a = quiet(y, v, method=method).loglik
    b = quiet(y * (1 + 1e-9), v, method=method)
    return abs(quiet(y, v, method=method).tau2 - b.tau2) > 1e-4 * (b.tau2 + v.min()) or np.isnan(a)


def same(a: meta.PoolResult, b: meta.PoolResult, y_scale: float = 1.0) -> None:
    size = np.abs(a.y).max() + np.sqrt(a.v.max())
    np.testing.assert_allclose(b.coef, a.coef * y_scale, rtol=1e-6, atol=1e-7 * size * abs(y_scale))
    np.testing.assert_allclose(b.se, a.se * abs(y_scale), rtol=1e-6, atol=1e-9 * abs(y_scale))
    np.testing.assert_allclose(
        b.tau2, a.tau2 * y_scale**2, rtol=1e-5, atol=1e-8 * y_scale**2 * a.v.min()
    )
    np.testing.assert_allclose(b.i2, a.i2, rtol=1e-5, atol=1e-5)


@CALM
@given(studies, methods, tests, st.randoms(use_true_random=False))
def test_order_of_studies_does_not_matter(rows, method, test, random) -> None:
    y, v = split(rows)
    assume(not flat(y, v, method))
    order = list(range(len(rows)))
    random.shuffle(order)
    same(quiet(y, v, method=method, test=test), quiet(y[order], v[order], method=method, test=test))


@CALM
@given(studies, methods, tests, st.sampled_from((-1.0, 1e-6, 3.7, 1e5)))
def test_change_of_unit_and_sign_scales_the_result(rows, method, test, factor) -> None:
    y, v = split(rows)
    assume(not flat(y, v, method))
    a = quiet(y, v, method=method, test=test)
    same(a, quiet(y * factor, v * factor**2, method=method, test=test), factor)


@CALM
@given(studies, methods, st.floats(-1000, 1000))
def test_shift_moves_only_the_mean(rows, method, shift) -> None:
    y, v = split(rows)
    assume(not flat(y, v, method))
    a, b = quiet(y, v, method=method), quiet(y + shift, v, method=method)
    np.testing.assert_allclose(b.coef - shift, a.coef, atol=1e-8 * (1 + abs(shift)))
    np.testing.assert_allclose(b.tau2, a.tau2, rtol=1e-5, atol=1e-7 * v.min())


@CALM
@given(studies)
def test_labels_change_nothing(rows) -> None:
    y, v = split(rows)
    a = quiet(y, v)
    b = quiet(y, v, labels=[f"study {i}" for i in range(len(rows))])
    assert a.to_dict() == b.to_dict()
    assert b.labels[0] == "study 0"


@CALM
@given(studies, st.integers(2, 4))
def test_duplicate_with_inflated_variance_equals_the_study_itself(rows, times) -> None:
    """A study cut into n pieces of n times its variance carries the same information."""
    y, v = split(rows)
    a = quiet(y, v, method="FE")
    b = quiet(np.repeat(y, times), np.repeat(v * times, times), method="FE")
    np.testing.assert_allclose(b.coef, a.coef, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(b.se, a.se, rtol=1e-9)
    np.testing.assert_allclose(b.q, a.q, rtol=1e-7, atol=1e-9)


@CALM
@given(effects, variances, methods, st.floats(0.5, 0.99))
def test_pool_of_one_is_the_study(y, v, method, level) -> None:
    fit = quiet([y], [v], method=method, level=level)
    np.testing.assert_allclose(fit.coef[0], y, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(fit.se[0], np.sqrt(v), rtol=1e-12)
    assert (fit.tau2, fit.i2, fit.q, fit.k) == (0.0, 0.0, 0.0, 1)


@settings(CALM, max_examples=25)
@given(studies, st.sampled_from(("ML", "REML")))
def test_likelihood_estimate_is_the_global_maximum(rows, method) -> None:
    y, v = split(rows)
    fit = quiet(y, v, method=method)
    spread = np.square(y - y.mean()).sum() + v.max()
    grid = np.concatenate([[0.0], np.geomspace(1e-6 * v.min(), 4 * spread, 40)])
    best = max(quiet(y, v, method=method, tau2=float(t)).loglik for t in grid)
    assert fit.loglik >= best - 1e-9 * (1 + abs(best))


@CALM
@given(studies)
def test_paule_mandel_makes_q_its_expectation(rows) -> None:
    y, v = split(rows)
    fit = quiet(y, v, method="PM")
    w = 1 / (v + fit.tau2)
    q = float((w * np.square(y - (w * y).sum() / w.sum())).sum())
    if fit.tau2 > 0:
        np.testing.assert_allclose(q, len(rows) - 1, rtol=1e-7)
    else:
        assert q <= (len(rows) - 1) * (1 + 1e-9)


@CALM
@given(studies, st.sampled_from(("QP", "PL")))
def test_interval_holds_the_estimate(rows, method) -> None:
    y, v = split(rows)
    fit = quiet(y, v, method="REML" if method == "PL" else "PM")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", meta.MetaWarning)
        interval = fit.heterogeneity_ci(method)
    if not interval.empty:
        assert interval.tau2_lower <= fit.tau2 * (1 + 1e-9)
        assert interval.tau2_upper >= fit.tau2 * (1 - 1e-9)


@CALM
@given(studies, st.integers(0, 1000))
def test_regression_on_a_recoded_moderator_fits_the_same(rows, seed) -> None:
    assume(len(rows) >= 4)
    y, v = split(rows)
    assume(not flat(y, v, "REML"))
    x = np.random.default_rng(seed).normal(size=len(rows))
    a = quiet(y, v, moderators=x)
    b = quiet(y, v, moderators=1990.0 + 10.0 * x)
    assume(abs(a.loglik + np.log(10) - b.loglik) < 1e-6 or abs(a.tau2 - b.tau2) < 1e-6 * v.min())
    np.testing.assert_allclose(b.coef[1] * 10, a.coef[1], rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(b.fitted, a.fitted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_knapp_hartung_factor_is_the_weighted_mean_square(method: str) -> None:
    rng = np.random.default_rng(3)
    v = rng.uniform(0.02, 0.3, 9)
    y = rng.normal(size=9) * np.sqrt(v + 0.2)
    z, knha = quiet(y, v, method=method), quiet(y, v, method=method, test="knha")
    w = 1 / (v + z.tau2)
    factor = (w * np.square(y - z.coef[0])).sum() / 8
    np.testing.assert_allclose(knha.se, z.se * np.sqrt(factor), rtol=1e-10)
    adhoc = quiet(y, v, method=method, test="adhoc")
    np.testing.assert_allclose(adhoc.se, z.se * np.sqrt(max(factor, 1)), rtol=1e-10)
