"""What must hold for any data: signs, scales, order, and the size of variances."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aponia.meta import effect_sizes

means = st.floats(0.5, 100)
sds = st.floats(0.1, 30)
sizes = st.integers(4, 500)
counts = st.integers(1, 200)

TWO_MEANS = ["MD", "SMD", "SMDH", "ROM", "VR", "CVR", "RPB", "ZPB", "RBIS", "D2ORN", "D2ORL"]
TABLES = ["RR", "OR", "RD", "AS", "PETO", "PHI", "YUQ", "YUY", "RTET", "PBIT", "OR2DN", "OR2DL"]


@pytest.mark.filterwarnings("ignore::aponia.meta.errors.MetaWarning")
@pytest.mark.parametrize("code", TWO_MEANS)
@settings(max_examples=25, deadline=None)
@given(m1=means, m2=means, s1=sds, s2=sds, n1=sizes, n2=sizes)
def test_swapping_groups_flips_the_sign_and_keeps_the_variance(code, m1, m2, s1, s2, n1, n2):
    one = effect_sizes(code, mean1=m1, sd1=s1, n1=n1, mean2=m2, sd2=s2, n2=n2)
    two = effect_sizes(code, mean1=m2, sd1=s2, n1=n2, mean2=m1, sd2=s1, n2=n1)
    np.testing.assert_allclose(one.y, -two.y, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(one.v, two.v, rtol=1e-8)
    assert np.isnan(one.v[0]) or one.v[0] > 0


@pytest.mark.parametrize("code", TABLES)
@settings(max_examples=25, deadline=None)
@given(a=counts, b=counts, c=counts, d=counts)
def test_swapping_rows_of_a_table_flips_the_sign(code, a, b, c, d):
    one = effect_sizes(code, a=a, b=b, c=c, d=d)
    two = effect_sizes(code, a=c, b=d, c=a, d=b)
    np.testing.assert_allclose(one.y, -two.y, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(one.v, two.v, rtol=1e-7)
    assert one.v[0] > 0


@pytest.mark.parametrize("code", ["SMD", "SMDH", "SMD1", "ROM", "VR", "CVR", "CLESN"])
@settings(max_examples=25, deadline=None)
@given(m1=means, m2=means, s1=sds, s2=sds, n1=sizes, n2=sizes, unit=st.floats(0.01, 1000))
def test_unit_free_measures_do_not_depend_on_the_unit(code, m1, m2, s1, s2, n1, n2, unit):
    one = effect_sizes(code, mean1=m1, sd1=s1, n1=n1, mean2=m2, sd2=s2, n2=n2)
    two = effect_sizes(
        code, mean1=m1 * unit, sd1=s1 * unit, n1=n1, mean2=m2 * unit, sd2=s2 * unit, n2=n2
    )
    np.testing.assert_allclose(two.y, one.y, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(two.v, one.v, rtol=1e-7, atol=1e-300)


@settings(max_examples=40, deadline=None)
@given(r=st.floats(-0.99, 0.99), n=st.integers(5, 1000))
def test_correlations_are_odd_and_z_is_the_inverse_of_tanh(r, n):
    z = effect_sizes("ZCOR", r=r, n=n)
    assert np.tanh(z.y[0]) == pytest.approx(r, abs=1e-14)
    up, down = effect_sizes("UCOR", r=r, n=n), effect_sizes("UCOR", r=-r, n=n)
    assert up.y[0] == pytest.approx(-down.y[0], abs=1e-12)
    assert abs(up.y[0]) >= abs(r) - 1e-12  # the correlation is biased towards 0
    assert abs(up.y[0]) <= 1 + 1e-9


@settings(max_examples=40, deadline=None)
@given(a=st.integers(0, 60), b=st.integers(0, 60), c=st.integers(0, 60), d=st.integers(0, 60))
def test_tetrachoric_correlation_has_the_sign_of_the_odds_ratio(a, b, c, d):
    cells = {"a": a + 1, "b": b + 1, "c": c + 1, "d": d + 1}
    r = effect_sizes("RTET", **cells).y[0]
    determinant = cells["a"] * cells["d"] - cells["b"] * cells["c"]
    assert -1 < r < 1
    assert abs(r) < 1e-9 if determinant == 0 else np.sign(r) == np.sign(determinant)


@settings(max_examples=30, deadline=None)
@given(x=st.lists(st.tuples(counts, counts, counts, counts), min_size=2, max_size=6))
def test_order_of_studies_does_not_matter_even_for_averaged_variances(x):
    table = np.array(x, dtype=float)
    for vtype in ("LS", "AV", "H0"):
        one = effect_sizes(
            "OR", a=table[:, 0], b=table[:, 1], c=table[:, 2], d=table[:, 3], vtype=vtype
        )
        back = table[::-1]
        two = effect_sizes(
            "OR", a=back[:, 0], b=back[:, 1], c=back[:, 2], d=back[:, 3], vtype=vtype
        )
        np.testing.assert_allclose(two.y[::-1], one.y, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(two.v[::-1], one.v, rtol=1e-12)


@settings(max_examples=30, deadline=None)
@given(df=st.floats(1.01, 1e7))
def test_bias_correction_lies_between_0_and_1_and_follows_its_recurrence(df):
    from aponia.meta._effect_sizes._corrections import hedges_j

    j, later = hedges_j([df, df + 2])
    assert 0 < j < later < 1
    # Γ(x+1) = xΓ(x) links J(m+2) and J(m).
    assert later / j == pytest.approx(df / (df - 1) * np.sqrt(df / (df + 2)), rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(s=sds, r=st.floats(-0.9, 0.9), n=sizes, shift=st.floats(-20, 20))
def test_equal_sds_make_the_change_measures_agree(s, r, n, shift):
    data = {"m_pre": 50, "m_post": 50 + shift, "sd_pre": s, "sd_post": s, "r": r, "n": n}
    raw = effect_sizes("SMCRP", **data, correct=False)
    change = effect_sizes("SMCC", **data, correct=False)
    assert raw.y[0] == pytest.approx(shift / s, rel=1e-12)
    assert raw.y[0] == pytest.approx(change.y[0] * np.sqrt(2 * (1 - r)), rel=1e-10, abs=1e-12)
