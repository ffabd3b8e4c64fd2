"""Generalised linear mixed models: metafor's numbers, the integrals themselves, invariances."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import binom, nchypergeom_fisher, norm, poisson

from aponia.meta.counts import glmm
from aponia.meta.errors import (
    ConvergenceError,
    InputError,
    MetaWarning,
    MethodError,
    SingularDesignError,
    TooFewStudiesError,
)

REFERENCE = json.loads((Path(__file__).parent / "data" / "glmm.json").read_text())
CELLS = ("ai", "bi", "ci", "di", "n1i", "n2i", "x1i", "x2i", "t1i", "t2i", "xi", "ni", "ti")
#: lme4 stopped early here (its gradient is 0.009); the likelihood of our optimum is higher.
LOOSE = {"nielweise2007/OR/UM.FS/ML/z": 1e-3}


def fit_case(case, **changes):
    data = REFERENCE["data"][case["data"]]
    args = {k: np.array(data[v], dtype=float) if k in CELLS else v for k, v in case["args"].items()}
    if "moderators" in args:
        args["data"] = {k: np.array(v, dtype=float) for k, v in data.items()}
        args["moderators"] = np.array(data["ablat"], dtype=float)[:, None]
        del args["data"]
    return glmm(**(args | changes))


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda c: c["id"])
def test_agrees_with_metafor(case):
    r, out = fit_case(case), case["out"]
    rtol = LOOSE.get(case["id"], 1e-4)
    np.testing.assert_allclose(r.coef, out["beta"], rtol=rtol)
    np.testing.assert_allclose(r.tau2, out["tau2"], rtol=rtol, atol=1e-6)
    np.testing.assert_allclose(r.q, out["QE.LRT"], rtol=1e-4)
    np.testing.assert_allclose(r.i2, out["I2"], rtol=rtol, atol=1e-4)
    if "sigma2" in out:
        np.testing.assert_allclose(r.sigma2, out["sigma2"], rtol=rtol)
    # lme4 differences a likelihood that is itself iterated: with Laplace's approximation its
    # standard errors carry that noise (see the 40-digit values below).
    np.testing.assert_allclose(r.se, out["se"], rtol=6e-3 if r.model == "UM.RS" else 3e-4)
    # A Wald test over empty cells depends on where an infinite estimate was stopped.
    np.testing.assert_allclose(r.q_wald, out["QE.Wld"], rtol=2e-2 if r.model == "UM.RS" else 1e-3)
    assert (r.q_df, r.k) == (out["QE.df"], out["k"])


@pytest.mark.parametrize(
    ("name", "loglik", "se"),
    [
        ("bcg/OR/UM.RS/ML/z", -126.29627728414, [0.1821413503]),
        ("bcg/OR/UM.RS/ML/z/~ablat", -121.30108812539, [0.1396233852, 0.003745050559]),
        ("hart1999/IRR/UM.RS/ML/z", -36.064323261433, [0.1625806215]),
        ("hart_ir/IRLN/ML/z", -17.460931970438, [0.2309266666]),
    ],
)
def test_standard_errors_are_those_of_the_same_likelihood_at_40_digits(name, loglik, se):
    # Laplace's and the 7-node likelihood and their Hessians, written out again with mpmath.
    r = fit_case(next(c for c in REFERENCE["cases"] if c["id"] == name))
    np.testing.assert_allclose(r.loglik, loglik, rtol=1e-12)
    np.testing.assert_allclose(r.se, se, rtol=5e-7)


def exact(r, loglik):
    """Return log-likelihood, gradient and standard error of (coef, tau) by brute force."""
    at = np.array([r.coef[0], math.sqrt(r.tau2)])
    h = 1e-3
    grid = {(i, j): loglik(at[0] + i * h, at[1] + j * h) for i in (-1, 0, 1) for j in (-1, 0, 1)}
    hess = np.array(
        [
            [
                grid[1, 0] + grid[-1, 0] - 2 * grid[0, 0],
                (grid[1, 1] - grid[1, -1] - grid[-1, 1] + grid[-1, -1]) / 4,
            ],
            [
                (grid[1, 1] - grid[1, -1] - grid[-1, 1] + grid[-1, -1]) / 4,
                grid[0, 1] + grid[0, -1] - 2 * grid[0, 0],
            ],
        ]
    )
    gradient = [(grid[1, 0] - grid[-1, 0]) / (2 * h), (grid[0, 1] - grid[0, -1]) / (2 * h)]
    return grid[0, 0], gradient, math.sqrt(np.linalg.inv(-hess / h**2)[0, 0])


def integral(f, mean, sd):
    return quad(
        lambda u: f(mean + sd * u) * norm.pdf(u), -9, 9, epsabs=1e-16, epsrel=1e-11, limit=200
    )[0]


TRIALS = {
    "events1": [0, 3, 5, 12, 2],
    "total1": [20, 31, 25, 40, 33],
    "events2": [4, 6, 7, 9, 11],
    "total2": [22, 30, 24, 41, 35],
}


def test_exact_conditional_model_is_the_integral_of_the_hypergeometric_likelihood():
    r = glmm(**TRIALS, measure="OR", model="CM.EL")
    a, n1, c, n2 = (TRIALS[k] for k in ("events1", "total1", "events2", "total2"))

    def loglik(beta, tau):
        out = 0.0
        for ai, n1i, ci, n2i in zip(a, n1, c, n2, strict=True):
            out += math.log(
                integral(
                    lambda t, ai=ai, n1i=n1i, ci=ci, n2i=n2i: nchypergeom_fisher.pmf(
                        ai, n1i + n2i, n1i, ai + ci, math.exp(t)
                    ),
                    beta,
                    tau,
                )
            )
        return out

    value, gradient, se = exact(r, loglik)
    assert r.tau2 > 0
    np.testing.assert_allclose(r.loglik, value, rtol=1e-8)
    np.testing.assert_allclose(gradient, 0, atol=2e-5)
    np.testing.assert_allclose(r.se[0], se, rtol=1e-4)


@pytest.mark.parametrize("measure", ["PLO", "IRLN"])
def test_many_nodes_reach_the_integral(measure):
    x, size = [2, 9, 4, 14, 1], [20, 21, 15, 30, 18]
    name = {"PLO": "total", "IRLN": "time"}[measure]
    r = glmm(events=x, **{name: size}, measure=measure, nagq=40)

    def density(t, xi, ni):
        if measure == "PLO":
            return binom.pmf(xi, ni, 1 / (1 + math.exp(-t)))
        return poisson.pmf(xi, ni * math.exp(t))

    def loglik(beta, tau):
        return sum(
            math.log(integral(lambda t, xi=xi, ni=ni: density(t, xi, ni), beta, tau))
            for xi, ni in zip(x, size, strict=True)
        )

    value, gradient, se = exact(r, loglik)
    np.testing.assert_allclose(r.loglik, value, rtol=1e-8)
    np.testing.assert_allclose(gradient, 0, atol=2e-5)
    np.testing.assert_allclose(r.se[0], se, rtol=1e-4)


def test_standard_errors_are_those_of_the_likelihood_on_the_boundary():
    # tau2 = 0: the standard error is that of the model without heterogeneity.
    data = REFERENCE["data"]["hart1999"]
    args = {k: np.array(data[k], dtype=float) for k in ("x1i", "x2i", "t1i", "t2i")}
    for model, nagq in (("UM.FS", 7), ("UM.RS", 1), ("CM.EL", 7)):
        ml = glmm(**args, measure="IRR", model=model, nagq=nagq)
        ee = glmm(**args, measure="IRR", model=model, nagq=nagq, method="EE")
        assert ml.tau2 == 0
        assert math.isnan(ml.tau2_se)
        np.testing.assert_allclose(ml.se, ee.se, rtol=1e-10)
        assert ml.loglik == ee.loglik
        assert ml.n_parameters == ee.n_parameters + 1


def test_a_common_effect_poisson_model_is_conditional_or_not_alike():
    # Conditioning on the total of Poisson counts loses nothing about the rate ratio.
    data = REFERENCE["data"]["hart1999"]
    args = {k: np.array(data[k], dtype=float) for k in ("x1i", "x2i", "t1i", "t2i")}
    um = glmm(**args, measure="IRR", model="UM.FS", method="EE")
    cm = glmm(**args, measure="IRR", model="CM.EL", method="EE")
    np.testing.assert_allclose(um.coef, cm.coef, rtol=1e-10)
    np.testing.assert_allclose(um.se, cm.se, rtol=1e-8)
    np.testing.assert_allclose(um.q, cm.q, rtol=1e-8)


def test_pooling_equal_effects_of_one_group_is_the_crude_rate():
    r = glmm(events=[3, 5, 9], time=[10.0, 20.0, 25.0], measure="IRLN", method="EE")
    np.testing.assert_allclose(r.coef[0], math.log(17 / 55), rtol=1e-12)
    np.testing.assert_allclose(r.se[0], 17**-0.5, rtol=1e-8)
    p = glmm(events=[3, 5, 9], total=[10, 20, 25], measure="PLO", method="EE")
    np.testing.assert_allclose(p.coef[0], math.log(17 / 38), rtol=1e-12)
    np.testing.assert_allclose(p.predict(exponentiate=True)["estimate"], 17 / 38, rtol=1e-12)


tables = st.lists(
    st.tuples(st.integers(0, 12), st.integers(13, 40), st.integers(0, 12), st.integers(13, 40)),
    min_size=3,
    max_size=6,
)


def pool_or_none(**args):
    try:
        return glmm(**args)
    except (ConvergenceError, TooFewStudiesError):
        return None


@settings(max_examples=12, deadline=None)
@given(tables, st.sampled_from(["UM.FS", "UM.RS", "CM.EL"]))
def test_swapping_the_groups_changes_the_sign_only(rows, model):
    a, n1, c, n2 = np.array(rows, dtype=float).T
    assume(bool((a + c > 0).all()))
    names = ("events1", "total1", "events2", "total2")
    one = pool_or_none(**dict(zip(names, (a, n1, c, n2), strict=True)), measure="OR", model=model)
    two = pool_or_none(**dict(zip(names, (c, n2, a, n1), strict=True)), measure="OR", model=model)
    assume(one is not None)
    assume(two is not None)
    np.testing.assert_allclose(two.coef, -one.coef, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(two.loglik, one.loglik, rtol=1e-9)
    np.testing.assert_allclose(two.se, one.se, rtol=1e-4)
    if model != "UM.RS":  # its saturated model has random intercepts in group 2 alone
        np.testing.assert_allclose(two.q, one.q, rtol=1e-6, atol=1e-7)


@settings(max_examples=10, deadline=None)
@given(tables, st.randoms())
def test_the_order_of_studies_does_not_matter(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    out = []
    for version in (rows, shuffled):
        a, n1, c, n2 = np.array(version, dtype=float).T
        assume(bool((a + c > 0).all()))
        out.append(
            pool_or_none(events1=a, total1=n1, events2=c, total2=n2, measure="OR", model="CM.AL")
        )
    assume(out[0] is not None)
    np.testing.assert_allclose(out[0].coef, out[1].coef, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(out[0].loglik, out[1].loglik, rtol=1e-10)


def test_studies_without_events_leave_the_model_or_add_nothing():
    more = {k: [*v, extra] for (k, v), extra in zip(TRIALS.items(), (0, 15, 0, 16), strict=True)}
    base = glmm(**TRIALS, measure="OR")
    dropped = glmm(**more, measure="OR")
    kept = glmm(**more, measure="OR", drop00=False)
    np.testing.assert_allclose(dropped.coef, base.coef, rtol=1e-10)
    np.testing.assert_allclose(kept.coef, base.coef, rtol=1e-8)
    np.testing.assert_allclose(kept.loglik, base.loglik, rtol=1e-10)
    assert (dropped.k, dropped.n_dropped, kept.k) == (5, 1, 6)


def test_a_group_without_any_event_is_a_named_error():
    args = TRIALS | {"events1": [0, 0, 0, 0, 0]}
    for model in ("UM.FS", "UM.RS", "CM.EL", "CM.AL"):
        with pytest.raises(ConvergenceError, match="infinity"):
            glmm(**args, measure="OR", model=model, method="EE")


def test_one_study_is_its_own_odds_ratio():
    one = {"events1": [5], "total1": [15], "events2": [3], "total2": [15]}
    with pytest.warns(MetaWarning, match="cannot be estimated"):
        r = glmm(**one, measure="OR")
    np.testing.assert_allclose(r.coef[0], math.log(5 * 12 / (10 * 3)), rtol=1e-10)
    np.testing.assert_allclose(r.se[0] ** 2, 1 / 5 + 1 / 10 + 1 / 3 + 1 / 12, rtol=1e-7)
    assert r.tau2 == 0
    with pytest.raises(TooFewStudiesError, match="at least 2"):
        glmm(**one, measure="OR", model="UM.RS", method="EE")


def test_correlated_intercepts_can_only_fit_better():
    free = glmm(**TRIALS, measure="OR", model="UM.RS", correlated=True)
    zero = glmm(**TRIALS, measure="OR", model="UM.RS")
    assert free.loglik >= zero.loglik - 1e-9
    assert free.rho is None or -1 - 1e-12 <= free.rho <= 1 + 1e-12
    assert free.n_parameters == zero.n_parameters + 1


def test_t_test_moderators_and_output():
    case = next(c for c in REFERENCE["cases"] if c["id"].endswith("CM.AL/ML/z/~ablat"))
    r = fit_case(case, test="t")
    z = fit_case(case)
    assert r.df == 11
    np.testing.assert_allclose(r.coef, z.coef)
    assert (r.p > z.p).all()
    np.testing.assert_allclose(r.qm, z.qm)
    assert r.names == ("intercept", "x1")
    with pytest.raises(InputError, match="give new="):
        r.predict()
    at = r.predict(new=[[1, 20], [1, 50]])
    assert (at["pi_lower"] < at["ci_lower"]).all()
    json.dumps(r.to_dict(), allow_nan=False)
    assert "LRT" in r.summary()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"measure": "RR"}, MethodError, "measure"),
        ({"model": "UM"}, MethodError, "model must be"),
        ({"method": "REML"}, MethodError, "method must be"),
        ({"test": "knha"}, MethodError, "test must be"),
        ({"nagq": 0}, MethodError, "nagq"),
        ({"correlated": True}, MethodError, "UM.RS"),
        ({"model": "CM.EL", "events1": [0.5, 3, 5, 12, 2]}, InputError, "whole numbers"),
        ({"moderators": np.ones((5, 1))}, SingularDesignError, "told apart"),
        ({"moderators": np.eye(5)}, SingularDesignError, "told apart"),
    ],
)
def test_wrong_input_is_named(change, error, message):
    with pytest.raises(error, match=message):
        glmm(**({**TRIALS, "measure": "OR"} | change))
    with pytest.raises(MethodError, match="exact conditional"):
        glmm(x1i=[1], x2i=[2], t1i=[3], t2i=[4], measure="IRR", model="CM.AL")
    with pytest.raises(TypeError, match="unexpected"):
        glmm(**TRIALS, measure="OR", xi=[1])
