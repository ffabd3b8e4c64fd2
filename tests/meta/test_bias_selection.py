"""Selection models: published fits, independent likelihood, exact derivatives, profile limits."""

import json
import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from aponia.meta import InputError, MetaWarning, MethodError, bias, pool
from aponia.meta.bias._selection_likelihood import Likelihood
from aponia.meta.bias._selection_setup import build

DATA = json.loads((Path(__file__).parent / "data" / "bias.json").read_text())
Y, V = (np.array(DATA["hackshaw1998"][c], float) for c in ("y", "v"))
BASKERVILLE = {c: np.array(x, float) for c, x in DATA["baskerville2012"].items()}


def diarrhoea():
    a, n1, c, n2 = (np.array(DATA["hahn2001"][x], float) for x in ("ai", "n1i", "ci", "n2i"))
    keep = (a + c) > 0
    a, n1, c, n2 = a[keep], n1[keep], c[keep], n2[keep]
    b, d = n1 - a, n2 - c
    add = np.where((a == 0) | (b == 0) | (c == 0) | (d == 0), 0.5, 0.0)
    a, b, c, d = a + add, b + add, c + add, d + add
    return np.log(a * d / b / c), 1 / a + 1 / b + 1 / c + 1 / d


def test_step_function_with_four_intervals():
    fit = bias.selection_model(pool(Y, V), steps=[0.05, 0.10, 0.50, 1.0])
    assert fit.delta == pytest.approx([1, 2.422079, 0.977543, 0.396713], abs=6e-6)
    assert fit.delta_se[1:] == pytest.approx([1.66085, 0.820387, 0.469235], abs=6e-6)
    assert np.isnan(fit.delta_se[0])
    assert (fit.lrt, fit.lrt_df) == (pytest.approx(7.066137, abs=6e-7), 3)
    assert fit.tau2 == pytest.approx(0.03071325, abs=2e-7)
    assert fit.counts == (7, 8, 16, 6)
    assert fit.profile_interval("0.05 < p <= 0.1") == pytest.approx((0.665133, 9.915798), rel=1e-4)
    assert fit.profile_interval("0.5 < p <= 1") == pytest.approx((0.040198, 4.119681), rel=1e-3)
    assert fit.profile_interval("tau2")[1] == pytest.approx(0.135284, abs=1e-6)


def test_step_function_of_the_documentation():
    fit = bias.selection_model(Y, V, steps=[0.025, 0.10, 0.50, 1])
    assert fit.delta[1:] == pytest.approx([0.4946, 0.2136, 0.0618], abs=5.1e-5)
    assert fit.delta_se[1:] == pytest.approx([0.3152, 0.1687, 0.0689], abs=5.1e-5)
    assert fit.delta_z[1:] == pytest.approx([-1.6032, -4.6612, -13.6171], abs=2e-3)
    assert fit.delta_lower[1:] == pytest.approx([0, 0, 0])
    assert fit.delta_upper[1:] == pytest.approx([1.1125, 0.5443, 0.1969], abs=1e-4)
    assert (fit.coef[0], fit.se[0]) == pytest.approx((0.0020, 0.0889), abs=5.1e-5)
    assert (fit.tau2, fit.tau2_se) == pytest.approx((0.0096, 0.0128), abs=5.1e-5)
    assert (fit.lrt_tau2, fit.lrt_tau2_p) == pytest.approx((1.1374, 0.2862), abs=5.1e-5)
    assert (fit.lrt, fit.lrt_p) == pytest.approx((6.4020, 0.0936), abs=5.1e-5)


@pytest.mark.parametrize("options", [{"delta_max": 1.0}, {"decreasing": True}])
def test_step_function_held_below_one(options):
    with pytest.warns(MetaWarning, match="bound"):
        fit = bias.selection_model(Y, V, steps=[0.05, 0.10, 0.50, 1.0], **options)
    assert fit.delta == pytest.approx([1, 1, 0.442783, 0.148181], abs=5e-5)
    assert (np.diff(fit.delta) <= 0).all()


def test_three_parameter_model_with_and_without_a_subset():
    y, v = np.array(DATA["lehmann2018"]["y"]), np.array(DATA["lehmann2018"]["v"])
    fit = bias.selection_model(y, v, steps=0.025)
    assert (fit.coef[0], fit.se[0]) == pytest.approx((0.2074, 0.1001), abs=5.1e-5)
    assert (fit.tau2, fit.tau2_se) == pytest.approx((0.1235, 0.0417), abs=5.1e-5)
    assert (fit.delta[1], fit.delta_se[1]) == pytest.approx((0.6974, 0.3764), abs=5.1e-5)
    assert (fit.lrt, fit.lrt_tau2) == pytest.approx((0.4455, 45.8737), abs=5.1e-5)
    exposed = np.array(DATA["lehmann2018"]["registered"]) == 0
    part = bias.selection_model(y, v, steps=0.025, subset=exposed)
    assert (part.coef[0], part.se[0]) == pytest.approx((0.1992, 0.0941), abs=5.1e-5)
    assert (part.delta[1], part.delta_se[1]) == pytest.approx((0.6371, 0.3381), abs=5.1e-5)
    assert (part.lrt, part.k_selected, part.k) == (pytest.approx(0.7203, abs=5.1e-5), 42, 45)


def test_beta_model():
    y, v = BASKERVILLE["y"], BASKERVILLE["se"] ** 2
    fit = bias.selection_model(y, v, type="beta")
    assert fit.delta == pytest.approx([0.4731131, 4.4613162], rel=1e-4)
    # metafor's standard error of the first, 0.2352, is from a numerical Hessian; see the
    # derivative test below
    assert fit.delta_se == pytest.approx([0.2352481, 2.1841983], rel=3e-3)
    # the true maximum lies at tau2 = 0 exactly, a little above the published 7.846907
    assert 7.846907 <= fit.lrt < 7.8475
    assert fit.lrt_df == 2
    assert (fit.coef[0], fit.se[0]) == pytest.approx((0.115, 0.166), abs=5.1e-4)
    assert fit.tau2 == pytest.approx(0, abs=1e-5)
    assert np.isnan(fit.tau2_se)
    part = bias.selection_model(y, v, type="beta", subset=BASKERVILLE["score"] < 10)
    # published to three decimals at tau2 = 4e-6; the maximum lies at tau2 = 0
    assert part.delta == pytest.approx([0.630, 4.726], rel=1e-3)
    # published 0.227 and 2.515, from a numerical Hessian; these are the second differences of
    # the likelihood in 20-digit arithmetic
    assert part.delta_se == pytest.approx([0.2145845, 2.6388575], rel=1e-5)
    assert (part.coef[0], part.lrt) == pytest.approx((0.248, 7.172), abs=1.5e-3)


def test_beta_model_with_a_moderator_and_without_selection():
    y, v, blind = BASKERVILLE["y"], BASKERVILLE["se"] ** 2, BASKERVILLE["blind"]
    fit = bias.selection_model(y, v, type="beta", moderators=blind)
    assert fit.delta == pytest.approx([0.4200973, 5.0959707], rel=1e-4)
    assert fit.delta_se == pytest.approx([0.2391269, 2.4108796], rel=1e-3)
    assert fit.coef == pytest.approx([0.1343001, -0.1363559], abs=5e-5)
    assert fit.se == pytest.approx([0.1707418, 0.1244394], abs=5e-5)
    assert (fit.lrt, fit.qm) == pytest.approx((9.044252, 1.201), abs=5.1e-4)
    none = bias.selection_model(y, v, type="beta", delta=[1, 1])
    assert none.loglik == pytest.approx(pool(y, v, method="ML").loglik, abs=1e-9)
    assert none.lrt_df == 0


def test_truncated_beta_model():
    with pytest.warns(MetaWarning, match="bound"):
        fit = bias.selection_model(
            BASKERVILLE["y"], BASKERVILLE["se"] ** 2, type="beta", steps=(0.025, 0.975)
        )
    assert (fit.tau2, fit.coef[0]) == pytest.approx((0.057, 0.188), abs=6e-4)
    assert fit.delta == pytest.approx([0, 1.741], abs=6e-4)
    assert fit.lrt == pytest.approx(9.541, abs=6e-4)


@pytest.mark.parametrize(
    ("options", "deltas", "errors"),
    [
        # the standard errors of metafor for "power" (1.3937) and, with a step, "logistic"
        # (2.3070) and "power" (2.1346) are not the inverse information: those are left to the
        # derivative test
        (
            {},
            (3.162948, 2.656714, 3.339338, 1.458923),
            (2.988922, 2.347468, 2.388776, None),
        ),
        (
            {"precision": "sei", "scale_precision": False},
            (3.506329, 2.279336, 3.017851, 1.444174),
            (3.387300, 2.133013, 2.315789, 1.381633),
        ),
        (
            {"precision": "sei", "steps": 0.05},
            (5.832106, 3.819847, 5.041039, 2.399645),
            (5.644466, 3.627467, None, None),
        ),
    ],
)
def test_one_parameter_families(options, deltas, errors):
    y, v = diarrhoea()
    for family, delta, error in zip(
        ("halfnorm", "negexp", "logistic", "power"), deltas, errors, strict=True
    ):
        fit = bias.selection_model(y, v, method="EE", type=family, alternative="less", **options)
        assert fit.delta[0] == pytest.approx(delta, rel=3e-4)
        if error is not None:
            assert fit.delta_se[0] == pytest.approx(error, rel=1e-4)


def test_profile_log_likelihood_of_the_half_normal_model():
    y, v = diarrhoea()
    highest_on_the_published_grid, at_zero_published = -6.077928, -6.862544
    top = bias.selection_model(y, v, method="EE", type="halfnorm", alternative="less")
    assert highest_on_the_published_grid < top.loglik < highest_on_the_published_grid + 0.01
    at_zero = bias.selection_model(
        y, v, method="EE", type="halfnorm", alternative="less", delta=[0]
    )
    assert at_zero.loglik == pytest.approx(at_zero_published, abs=1e-6)


def test_fixed_weights_of_vevea_and_woods():
    r, n = np.array(DATA["cohen1981"]["r"]), np.array(DATA["cohen1981"]["n"])
    y, v = np.arctanh(r), 1 / (n - 3)
    steps = (0.005, 0.01, 0.05, 0.10, 0.25, 0.35, 0.50, 0.65, 0.75, 0.90, 0.95, 0.99, 0.995, 1)
    tables = {
        (0.351894, 0.0045): (
            (1, 0.99, 0.95, 0.80, 0.75, 0.65, 0.60, 0.55, 0.50, 0.50, 0.50, 0.50, 0.50, 0.50)
        ),
        (0.321518, 0.009544): (
            (1, 0.99, 0.90, 0.75, 0.60, 0.50, 0.40, 0.35, 0.30, 0.25, 0.10, 0.10, 0.10, 0.10)
        ),
        (0.362019, 0.002774): (
            (1, 0.99, 0.95, 0.90, 0.80, 0.75, 0.60, 0.60, 0.75, 0.80, 0.90, 0.95, 0.99, 1.00)
        ),
        (0.33218, 0.005652): (
            (1, 0.99, 0.90, 0.75, 0.60, 0.50, 0.25, 0.25, 0.50, 0.60, 0.75, 0.90, 0.99, 1.00)
        ),
    }
    for (mean, tau2), delta in tables.items():
        fit = bias.selection_model(y, v, steps=steps, delta=delta)
        assert (fit.coef[0], fit.tau2) == pytest.approx((mean, tau2), abs=2e-6)
        assert fit.lrt_df == 0


def test_truncated_distribution_models():
    fit = bias.selection_model(Y, V, type="trunc")
    assert (fit.delta[0], fit.delta_se[0]) == pytest.approx((0.3818424, 0.2235527), rel=1e-4)
    assert (fit.lrt, fit.lrt_tau2) == pytest.approx((3.054457, 4.8734), abs=5.1e-5)
    assert (fit.tau2, fit.coef[0]) == pytest.approx((0.02677134, 0.1427), abs=5.1e-5)
    assert fit.profile_interval("delta") == pytest.approx((0.108796, 1.116679), rel=1e-4)
    # the cutpoint: metafor's best of several optimisers ends at (0.1802, 0.4187)
    found = bias.selection_model(Y, V, method="EE", type="truncest")
    assert found.delta == pytest.approx([0.1820, 0.4187], abs=2e-3)


FAMILIES = [
    ("beta", (), [0.6, 2.5]),
    ("beta", (0.025, 0.9), [0.4, 1.7]),
    ("halfnorm", (), [2.0]),
    ("halfnorm", (0.05,), [2.0]),
    ("negexp", (0.05,), [3.0]),
    ("logistic", (), [3.0]),
    ("logistic", (0.05,), [3.0]),
    ("power", (), [1.3]),
    ("power", (0.05,), [1.3]),
    ("negexppow", (), [2.0, 0.8]),
    ("negexppow", (0.05,), [2.0, 1.4]),
    ("stepfun", (0.025, 0.5), [1.0, 0.6, 0.3]),
]


def weight_of(family, steps, delta, p, prec):
    """w(p) written out once more, scalar and slow."""
    if family == "stepfun":
        return delta[int(np.searchsorted([*steps, 1.0], p, side="left"))]
    if family == "beta":
        low, high = steps if steps else (1e-5, 1 - 1e-5)
        q = min(max(p, low), high)
        return q ** (delta[0] - 1) * (1 - q) ** (delta[1] - 1)
    if family == "power":
        p = min(p, 1 - 1e-5)
    plain = {
        "halfnorm": lambda q: np.exp(-delta[0] * prec * q**2),
        "negexp": lambda q: np.exp(-delta[0] * prec * q),
        "logistic": lambda q: 2 * np.exp(-delta[0] * prec * q) / (1 + np.exp(-delta[0] * prec * q)),
        "power": lambda q: (1 - q) ** (delta[0] * prec),
        "negexppow": lambda q: np.exp(-delta[0] * prec * q ** (1 / delta[-1])),
    }[family]
    return min(1.0, plain(p) / plain(steps[0])) if steps else plain(p)


@pytest.mark.parametrize("two_sided", [False, True])
@pytest.mark.parametrize(("family", "steps", "delta"), FAMILIES)
def test_likelihood_against_adaptive_quadrature(family, steps, delta, two_sided):
    y, v = np.array([0.4, -0.1, 0.9, 0.25]), np.array([0.04, 0.09, 0.16, 0.01])
    prec = np.ones(4) if family in ("beta", "stepfun") else np.array([0.5, 0.75, 1.0, 0.25])
    beta, tau2 = 0.2, 0.03
    setup = build(family, y, v, prec, steps, two_sided, None, None, None)
    target = Likelihood(y, v, np.ones((4, 1)), np.ones(4, bool), setup.weight, len(delta))
    expected = 0.0
    for yi, vi, pi in zip(y, v, prec, strict=True):
        se, sd = np.sqrt(vi), np.sqrt(vi + tau2)

        def p_of(x, se=se):
            z = x / se
            return min(2 * norm.sf(abs(z)), 1.0) if two_sided else norm.sf(z)

        def integrand(x, pi=pi, sd=sd, p_of=p_of):
            return weight_of(family, steps, delta, p_of(x), pi) * norm.pdf(x, beta, sd)

        marks = [a / 2 if two_sided else a for a in (*steps, 1e-5, 1 - 1e-5)]
        points = {
            beta,
            0.0,
            *(se * norm.isf(m) for m in marks),
            *(-se * norm.isf(m) for m in marks),
        }
        cuts = sorted({beta - 12 * sd, beta + 12 * sd, *(x for x in points if abs(x) < 12 * sd)})
        area = sum(quad(integrand, a, b, epsabs=1e-13, epsrel=1e-12)[0] for a, b in pairwise(cuts))
        seen = weight_of(family, steps, delta, p_of(yi), pi)
        expected += np.log(seen) + norm.logpdf(yi, beta, sd) - np.log(area)
    assert target.value(np.array([beta, tau2, *delta])) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("two_sided", [False, True])
@pytest.mark.parametrize(("family", "steps", "delta"), FAMILIES)
def test_exact_derivatives_against_differences(family, steps, delta, two_sided):
    y, v = Y[:12], V[:12]
    X = np.column_stack([np.ones(12), np.linspace(-1, 1, 12)])
    prec = np.ones(12) if family in ("beta", "stepfun") else np.sqrt(v / v.max())
    keep = np.arange(12) != 3  # one study outside the selection
    setup = build(family, y[keep], v[keep], prec[keep], steps, two_sided, None, None, None)
    target = Likelihood(y, v, X, keep, setup.weight, len(delta))
    theta = np.array([0.25, 0.1, 0.04, *delta])
    _, gradient, hessian = target.derivatives(theta)
    h = 1e-5
    for i in range(theta.size):
        step = np.zeros(theta.size)
        step[i] = h
        up, down = target.derivatives(theta + step), target.derivatives(theta - step)
        assert gradient[i] == pytest.approx((up[0] - down[0]) / (2 * h), abs=2e-6, rel=1e-6)
        numerical = (up[1] - down[1]) / (2 * h)
        assert hessian[i] == pytest.approx(numerical, abs=1e-5, rel=1e-5)


@given(
    family=st.sampled_from(["stepfun", "beta", "negexp", "trunc"]),
    scale=st.floats(0.1, 10),
)
@settings(max_examples=4, deadline=None)
def test_mirror_and_scale(family, scale):
    y, v = Y[:20], V[:20]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MetaWarning)
        one = bias.selection_model(y, v, type=family, method="FE")
        mirrored = bias.selection_model(-y, v, type=family, method="FE", alternative="less")
        scaled = bias.selection_model(scale * y, scale**2 * v, type=family, method="FE")
    assert mirrored.coef == pytest.approx(-one.coef, rel=1e-6, abs=1e-9)
    assert mirrored.delta == pytest.approx(one.delta, rel=1e-6)
    assert scaled.coef == pytest.approx(scale * one.coef, rel=1e-5, abs=1e-8)
    assert scaled.delta == pytest.approx(one.delta, rel=1e-5)


def test_order_of_studies_does_not_matter():
    order = np.random.default_rng(3).permutation(Y.size)
    one = bias.selection_model(Y, V, steps=[0.025, 0.5])
    other = bias.selection_model(Y[order], V[order], steps=[0.025, 0.5])
    assert other.coef == pytest.approx(one.coef, rel=1e-7)
    assert other.delta == pytest.approx(one.delta, rel=1e-7)


def test_selection_is_recovered_from_simulated_studies():
    rng = np.random.default_rng(20)
    se = rng.uniform(0.1, 0.4, 6000)
    y = rng.normal(rng.normal(0.2, 0.15, 6000), se)
    keep = (norm.sf(y / se) <= 0.025) | (rng.uniform(size=6000) < 0.3)
    fit = bias.selection_model(y[keep], se[keep] ** 2, steps=0.025)
    assert fit.coef[0] == pytest.approx(0.2, abs=4 * fit.se[0])
    assert fit.delta[1] == pytest.approx(0.3, abs=4 * fit.delta_se[1])
    assert fit.weight([0.001, 0.4]) == pytest.approx(fit.delta)


def test_what_cannot_be_fitted_says_so():
    with pytest.raises(MethodError, match="type="):
        bias.selection_model(Y, V, type="copas")
    with pytest.raises(MethodError, match="greater"):
        bias.selection_model(Y, V, type="trunc", alternative="two-sided")
    with pytest.raises(InputError):
        bias.selection_model(Y, V, steps=[0.025, 1.5])
    with pytest.raises(InputError, match="sample sizes"):
        bias.selection_model(Y, V, type="negexp", precision="ninv")
    with pytest.raises(MethodError):
        bias.selection_model(Y, V, type="beta", precision="sei")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit = bias.selection_model(np.abs(Y), V / 100, steps=[0.5])
    assert any("holds no study" in str(w.message) for w in caught)
    assert fit.delta[1] == pytest.approx(0, abs=1e-9)
    assert fit.to_dict()["delta_se"] == [None, None]
