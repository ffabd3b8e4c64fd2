"""Transformations agree with metafor, and inverses bring values back."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aponia.meta import InputError, transform

REFERENCE = json.loads((Path(__file__).parent / "data" / "transforms.json").read_text())
NAMES = sorted({case[0] for case in REFERENCE["cases"]})


def floats(values):
    return np.array([np.nan if x is None else float(x) for x in values])


@pytest.mark.parametrize("name", NAMES)
def test_agrees_with_metafor(name):
    grid = {key: floats(values) for key, values in REFERENCE["grid"].items()}
    function = transform.by_name(name)
    checked = 0
    for which, column, second, expected in REFERENCE["cases"]:
        if which != name:
            continue
        extra = {"tau2": [0.3], "n": [grid["n"]], "": []}[second]
        np.testing.assert_allclose(function(grid[column], *extra), floats(expected), rtol=1e-10)
        checked += 1
    assert checked > 0


PAIRS = [
    ("r_to_z", "z_to_r", -0.999, 0.999),
    ("r2_to_z", "z_to_r2", 0.0, 0.999),
    ("logit", "expit", 0.001, 0.999),
    ("probit", "probit_inverse", 0.001, 0.999),
    ("arcsine", "arcsine_inverse", 0.0, 1.0),
    ("hakstian_whalen", "hakstian_whalen_inverse", 0.0, 1.0),
    ("bonett", "bonett_inverse", 0.0, 0.999),
    ("d_to_log_or_normal", "log_or_to_d_normal", -5, 5),
    ("d_to_log_or_logistic", "log_or_to_d_logistic", -5, 5),
    ("d_to_rpb", "rpb_to_d", -5, 5),
    ("d_to_rbis", "r_to_d", -3, 3),
    ("rpb_to_rbis", "r_to_rpb", -0.7, 0.7),
]


@pytest.mark.parametrize(("there", "back", "low", "high"), PAIRS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_there_and_back_again(there, back, low, high, data):
    x = data.draw(st.floats(low, high))
    there_, back_ = transform.by_name(there), transform.by_name(back)
    assert float(back_(there_(x))) == pytest.approx(x, rel=1e-9, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(x=st.integers(0, 400), n=st.integers(1, 400))
def test_double_arcsine_comes_back_to_the_proportion(x, n):
    p = min(x, n) / n
    assert float(transform.freeman_tukey_inverse(transform.freeman_tukey(p, n), n)) == (
        pytest.approx(p, abs=1e-7)
    )


@settings(max_examples=40, deadline=None)
@given(x=st.integers(0, 400), t=st.floats(0.5, 1000))
def test_freeman_tukey_rate_comes_back_to_the_rate(x, t):
    rate = x / t
    y = transform.freeman_tukey_rate(rate, t)
    assert float(transform.freeman_tukey_rate_inverse(y, t)) == pytest.approx(rate, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(d=st.floats(-4, 4), n1=st.integers(3, 200), n2=st.integers(3, 200))
def test_exact_conversions_with_group_sizes_come_back(d, n1, n2):
    r = transform.d_to_rbis(d, n1, n2)
    assert float(transform.r_to_d(r, n1, n2)) == pytest.approx(d, rel=1e-9, abs=1e-9)
    rpb = transform.d_to_rpb(d, n1, n2)
    assert float(transform.rpb_to_d(rpb, n1, n2)) == pytest.approx(d, rel=1e-9, abs=1e-9)


def test_overlaps_of_equal_distributions():
    assert float(transform.d_to_u1(0.0)) == 0
    assert float(transform.d_to_u2(0.0)) == 0.5
    assert float(transform.d_to_u3(0.0)) == 0.5
    assert float(transform.d_to_overlap(0.0)) == 1
    assert float(transform.d_to_cles(0.0)) == 0.5
    assert float(transform.d_to_cliff_delta(0.0)) == 0
    assert float(transform.d_to_besd(0.0)) == 0.5


def test_odds_ratio_at_a_control_risk():
    """A risk of 0.2 has odds 0.25; doubled, 0.5, a risk of 1/3."""
    log_or = np.log(2.0)
    assert float(transform.log_or_to_rd(log_or, 0.2)) == pytest.approx(1 / 3 - 0.2)
    assert float(transform.log_or_to_rr(log_or, 0.2)) == pytest.approx((1 / 3) / 0.2)
    with pytest.raises(InputError, match="control_risk"):
        transform.log_or_to_rd(log_or, 1.2)
    with pytest.raises(InputError, match="both n1 and n2"):
        transform.d_to_rpb(0.5, n1=10)


@pytest.mark.parametrize("tau2", [0.0, 0.01, 0.3, 4.0])
@pytest.mark.parametrize("x", [-2.0, 0.1, 1.5])
def test_integrals_against_closed_forms(x, tau2):
    from scipy.special import ndtr

    numeric = transform.integral(np.exp, x, tau2)
    assert float(numeric) == pytest.approx(float(transform.exp_integral(x, tau2)), rel=1e-10)
    numeric = transform.integral(ndtr, x, tau2)
    closed = transform.probit_inverse_integral(x, tau2)
    assert float(numeric) == pytest.approx(float(closed), rel=1e-10)
    numeric = transform.integral(lambda z: np.maximum(z, 0) ** 2, x, tau2)
    closed = transform.square_integral(x, tau2)
    assert float(numeric) == pytest.approx(float(closed), rel=1e-5, abs=1e-8)


def test_integrals_with_limits_and_without_tau2():
    half = transform.integral(np.ones_like, 0.0, 1.0, lower=0.0)
    assert float(half) == pytest.approx(0.5, rel=1e-12)
    with pytest.raises(InputError, match="tau2"):
        transform.exp_integral(0.1)
    with pytest.raises(InputError, match="tau2"):
        transform.z_to_r_integral(0.1, -1)


@pytest.mark.parametrize("x", [-1.0, 0.2, 0.9])
def test_modes_are_where_the_density_is_highest(x):
    tau2 = 0.4
    z = np.linspace(x - 8, x + 8, 2_000_001)
    density = np.exp(-((z - x) ** 2) / (2 * tau2))
    r = float(np.tanh(z[np.argmax(density * np.cosh(z) ** 2)]))
    assert float(transform.z_to_r_mode(x, tau2)) == pytest.approx(r, abs=1e-5)
    p = 1 / (1 + np.exp(-z))
    best = float(p[np.argmax(density / (p * (1 - p)))])
    assert float(transform.expit_mode(x, tau2)) == pytest.approx(best, abs=1e-5)
    assert float(transform.probit_inverse_mode(x, tau2)) == pytest.approx(
        float(transform.probit_inverse(x / (1 - tau2)))
    )
    assert float(transform.z_to_r_mode(x, 0.0)) == pytest.approx(np.tanh(x))


def test_names():
    assert transform.by_name("transf.ztor") is transform.z_to_r
    assert transform.by_name("ztor") is transform.z_to_r
    assert transform.by_name("z_to_r") is transform.z_to_r
    with pytest.raises(InputError, match="did you mean"):
        transform.by_name("transf.ztorr")
    public = set(transform.__all__) - {"BY_METAFOR_NAME", "by_name", "integral"}
    assert all(callable(transform.by_name(name)) for name in public)


def test_harmonic_mean_back_transformation_uses_one_sample_size():
    y = np.array([0.4, 0.8])
    n = np.array([10.0, 40.0])
    np.testing.assert_allclose(
        transform.freeman_tukey_inverse_hm(y, n), transform.freeman_tukey_inverse(y, 16.0)
    )
