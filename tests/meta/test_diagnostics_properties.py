"""Diagnostics keep their promises: refits equal pooling, order and sign do not matter, errors speak."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aponia import meta
from aponia.meta import diagnostics as dx

Y = np.array([0.1, 0.45, -0.2, 0.6, 0.3, 0.9, 0.15])
V = np.array([0.04, 0.02, 0.05, 0.03, 0.08, 0.06, 0.01])
X = np.array([1.0, 3.0, 2.0, 5.0, 4.0, 7.0, 6.0])
METHODS = ("FE", "DL", "HE", "SJ", "PM", "ML", "REML", "EB")

studies = st.lists(
    st.tuples(st.floats(-3, 3).map(lambda x: round(x, 3)), st.floats(0.01, 2.0)),
    min_size=3,
    max_size=7,
)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("moderators", [None, X])
def test_leaving_a_study_out_is_pooling_the_others(method, moderators):
    result = meta.pool(Y, V, moderators=moderators, method=method)
    found = result.leave_one_out()
    for i in range(Y.size):
        rows = np.arange(Y.size) != i
        one = meta.pool(
            Y[rows], V[rows], moderators=None if moderators is None else X[rows], method=method
        )
        expected = one.coef if moderators is not None else one.coef[0]
        np.testing.assert_allclose(found.coef[i], expected, rtol=1e-9)
        np.testing.assert_allclose(found.ci_upper[i].ravel(), one.ci_upper, rtol=1e-9)
        np.testing.assert_allclose(found.tau2[i], one.tau2, rtol=1e-8, atol=1e-12)
        np.testing.assert_allclose([found.i2[i], found.q_p[i]], [one.i2, one.q_p], rtol=1e-7)


@pytest.mark.parametrize(
    "options",
    [
        {"weights": np.array([1.0, 2, 3, 1, 2, 3, 1])},
        {"tau2": 0.1},
        {"weights": np.array([1.0, 2, 3, 1, 2, 3, 1]), "method": "GENQ"},
        {"method": "PMM", "test": "knha"},
        {"method": "DL", "test": "adhoc", "level": 0.9},
    ],
)
def test_refits_keep_weights_a_given_tau2_and_the_test(options):
    found = meta.pool(Y, V, **options).leave_one_out()
    for i in range(Y.size):
        rows = np.arange(Y.size) != i
        less = {k: v[rows] if k == "weights" else v for k, v in options.items()}
        one = meta.pool(Y[rows], V[rows], **less)
        np.testing.assert_allclose(
            [found.coef[i], found.ci_lower[i], found.p[i], found.tau2[i], found.h2[i]],
            [one.coef[0], one.ci_lower[0], one.p[0], one.tau2, one.h2],
            rtol=1e-8,
        )


def test_a_sampling_variance_of_zero_has_no_q():
    v = V.copy()
    v[2] = 0.0
    found = meta.pool(Y, v, method="HE").leave_one_out()
    assert np.isfinite(found.coef).all()
    assert np.isnan(np.delete(found.q_p, 2)).all()
    assert np.isfinite(found.q_p[2])


@settings(max_examples=25, deadline=None)
@given(rows=studies, method=st.sampled_from(("FE", "DL", "REML")))
def test_the_last_cumulative_fit_is_the_whole_and_the_first_is_the_study(rows, method):
    y, v = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    result = meta.pool(y, v, method=method)
    found = result.cumulative()
    np.testing.assert_allclose(found.coef[-1], result.coef[0], rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose([found.coef[0], found.se[0]], [y[0], np.sqrt(v[0])], rtol=1e-12)


@settings(max_examples=25, deadline=None)
@given(rows=studies, seed=st.integers(0, 1000))
def test_relabelling_studies_relabels_the_diagnostics(rows, seed):
    y, v = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    order = np.random.default_rng(seed).permutation(y.size)
    a = dx.influence(meta.pool(y, v, method="DL"))
    b = dx.influence(meta.pool(y[order], v[order], method="DL"))
    scale = np.abs(y).max() + 1e-6
    np.testing.assert_allclose(a.cook_d[order], b.cook_d, rtol=1e-6, atol=1e-9 * scale)
    np.testing.assert_allclose(a.hat[order], b.hat, rtol=1e-8)
    np.testing.assert_allclose(a.hat.sum(), 1.0, rtol=1e-12)


def test_hat_matrix_is_a_projection_and_weights_sum_to_hundred():
    result = meta.pool(Y, V, moderators=X)
    H = dx.hatvalues(result, matrix=True)
    np.testing.assert_allclose(H @ H, H, atol=1e-12)
    np.testing.assert_allclose(H @ Y, dx.fitted(result), rtol=1e-12)
    np.testing.assert_allclose(np.trace(H), 2.0)
    np.testing.assert_allclose(dx.weights(result).sum(), 100.0)
    np.testing.assert_allclose(np.diag(dx.weights(result, matrix=True)), 1 / (V + result.tau2))


def test_blup_lies_between_the_study_and_the_mean_and_adds_up():
    result = meta.pool(Y, V)
    true, random = result.blup(), dx.ranef(result)
    low, high = np.minimum(Y, result.coef[0]), np.maximum(Y, result.coef[0])
    assert ((true.pred >= low) & (true.pred <= high)).all()
    np.testing.assert_allclose(true.pred, result.fitted + random.pred)


def test_sign_flips_agree_with_a_loop():
    y, v = Y[:5], V[:5]
    found = meta.pool(y, v, method="DL").permutation_test(exact=True)
    z = [
        float(meta.pool(y * np.array(s), v, method="DL").z_or_t[0])
        for s in product([1.0, -1.0], repeat=5)
    ]
    observed = float(meta.pool(y, v, method="DL").z_or_t[0])
    share = Fraction(sum(abs(value) >= abs(observed) - 1e-9 for value in z), 32)
    assert float(share) == found.p[0]
    np.testing.assert_allclose(sorted(z), np.sort(found.z_perm[:, 0]), rtol=1e-9, atol=1e-12)


def test_orders_of_tied_moderators_are_counted_once():
    x = np.array([0.0, 0, 0, 1, 1, 1, 1])
    found = meta.pool(Y, V, moderators=x, method="FE").permutation_test(exact=True)
    assert found.n == 35
    assert found.p[1] * 35 == pytest.approx(round(found.p[1] * 35), abs=1e-12)


def test_random_permutations_repeat_with_the_seed_and_count_the_observed():
    result = meta.pool(Y, V, moderators=X)
    a, b = (result.permutation_test(exact=False, iterations=99, seed=5) for _ in range(2))
    assert a.n == 100
    assert a.p.tolist() == b.p.tolist()
    assert not a.exact
    assert a.p.min() >= 0.01


def test_subsets_hold_every_subset_once_and_equal_pooling():
    found = meta.pool(Y, V, method="DL").gosh()
    assert len({tuple(row) for row in found.included.tolist()}) == 127
    for i in (0, 40, 99, 126):
        rows = found.included[i]
        one = meta.pool(Y[rows], V[rows], method="DL")
        np.testing.assert_allclose([found.coef[i], found.tau2[i]], [one.coef[0], one.tau2])


def test_random_subsets_are_distinct_and_repeatable():
    rng = np.random.default_rng(1)
    result = meta.pool(rng.normal(size=24), rng.uniform(0.1, 1, 24), method="DL")
    a, b = (result.gosh(subsets=500, limit=100, seed=3) for _ in range(2))
    assert not a.complete
    assert len({tuple(row) for row in a.included.tolist()}) == len(a) == 500
    assert a.coef.tolist() == b.coef.tolist()


def test_bootstrap_recovers_the_standard_error():
    rng = np.random.default_rng(3)
    v = rng.uniform(0.05, 0.2, 40)
    result = meta.pool(rng.normal(0.3, np.sqrt(v + 0.1)), v)
    for kind in dx.bootstrap.__globals__["KINDS"]:
        found = dx.bootstrap(result, kind=kind, replicates=2000, seed=1)
        assert found.coef.std() == pytest.approx(result.se[0], rel=0.15)
        low, high = found.interval()[0]
        assert low < result.coef[0] < high
        assert (found.interval("tau2", method="basic") >= 0).all()


def test_profile_peaks_at_the_estimate():
    result = meta.pool(Y, V)
    curve = result.profile(steps=401)
    assert curve.loglik.max() <= result.loglik + 1e-10
    assert curve.tau2[np.argmax(curve.loglik)] == pytest.approx(result.tau2, abs=curve.tau2[1])
    assert curve.loglik[-1] < result.loglik - 3.9


def test_a_study_that_carries_a_moderator_alone_gives_nan_and_no_false_flag():
    x = np.array([0.0, 0, 0, 0, 0, 0, 1])
    found = dx.influence(meta.pool(Y, V, moderators=x))
    assert np.isnan(found.rstudent[-1])
    assert np.isfinite(found.rstudent[:-1]).all()
    assert not found.is_infl[-1]
    assert found.to_dict()["cook_d"][-1] is None


def test_moderator_wald_test_and_vif_of_a_group():
    Z = np.column_stack([X, X**2])
    result = meta.pool(Y, V, moderators=Z)
    assert dx.anova(result).qm == pytest.approx(result.qm)
    one, both = dx.vif(result), dx.vif(result, groups={"x": ["x1", "x2"]})
    assert one.vif[0] == pytest.approx(one.vif[1])
    assert one.vif[0] > 5
    # The two columns together are collinear with nothing else.
    assert both.vif[0] == pytest.approx(1.0)
    assert both.m == (2,)


def test_every_result_becomes_a_frame_a_dictionary_and_a_text():
    result = meta.pool(Y, V, moderators=X, labels=list("abcdefg"))
    plain = meta.pool(Y, V)
    for found in (
        dx.influence(result),
        result.leave_one_out(),
        plain.cumulative(),
        plain.blup(),
        dx.rstandard(result),
        dx.rstudent(result),
        dx.anova(result),
        dx.anova(result, L=[[0, 1]], rhs=[0.1]),
        dx.anova(result, plain, refit=True),
        dx.fitstats(result, plain, criterion="ML"),
        dx.vif(result),
        plain.permutation_test(),
        plain.gosh(),
        plain.profile(steps=5),
        dx.baujat(result),
        dx.radial(plain),
        dx.qqnorm(result, kind="rstudent"),
        dx.funnel(result),
        dx.bootstrap(plain, replicates=10),
    ):
        frame = found.to_frame()
        assert len(frame) > 0
        assert json.dumps(found.to_dict(), allow_nan=False)
        assert str(frame.columns[0]) in found.summary()


@pytest.mark.parametrize("name", ["influence", "leave_one_out", "gosh", "permutation_test"])
def test_one_study_is_refused(name):
    with pytest.raises(meta.TooFewStudiesError, match="at least 2"):
        getattr(meta.pool([0.1], [0.2]), name)()


def test_two_studies_work():
    result = meta.pool([0.1, 0.5], [0.1, 0.2])
    np.testing.assert_allclose(result.leave_one_out().coef, [0.5, 0.1])
    assert np.isfinite(result.influence().cook_d).all()


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda r: r.cumulative(order=[1, 2]), meta.InputError, "order"),
        (lambda r: r.cumulative(order=[np.nan] * 7), meta.InputError, "missing"),
        (lambda r: dx.residuals(r, "odd"), meta.MethodError, "pearson"),
        (lambda r: dx.anova(r, btt="nothing"), meta.InputError, "no such coefficient"),
        (lambda r: dx.anova(r, L=[[1, 2, 3]]), meta.InputError, "expected"),
        (lambda r: dx.anova(r, r), meta.MethodError, "larger model first"),
        (lambda r: dx.vif(r), meta.InputError, "no moderators"),
        (lambda r: r.permutation_test(iterations=0), meta.InputError, "iterations"),
        (lambda r: r.gosh(subsets=0), meta.InputError, "subsets"),
        (lambda r: r.profile(upper=-1), meta.InputError, "upper"),
        (lambda r: dx.bootstrap(r, kind="odd"), meta.MethodError, "parametric"),
        (lambda r: dx.qqnorm(r, kind="odd"), meta.MethodError, "rstandard"),
    ],
)
def test_mistakes_are_named(call, error, says):
    with pytest.raises(error, match=says):
        call(meta.pool(Y, V))


def test_models_that_are_not_nested_or_by_other_criteria_are_refused():
    one = meta.pool(Y, V, moderators=np.column_stack([X, X**2]), method="ML")
    other = meta.pool(Y, V, moderators=np.sin(X), method="ML")
    with pytest.raises(meta.MethodError, match="not nested"):
        dx.anova(one, other)
    with pytest.raises(meta.MethodError, match="refit"):
        dx.anova(one, meta.pool(Y, V))
    with pytest.warns(meta.MetaWarning, match="refit=True"):
        dx.anova(meta.pool(Y, V, moderators=X), meta.pool(Y, V))


def test_location_scale_models_are_refused_where_deletion_is_meant():
    rng = np.random.default_rng(0)
    result = meta.pool(rng.normal(size=30), np.full(30, 0.1), scale=rng.normal(size=30))
    with pytest.raises(meta.MethodError, match="location-scale"):
        result.influence()
    assert result.blup().pred.shape == (30,)
