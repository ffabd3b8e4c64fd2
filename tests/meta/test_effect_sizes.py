"""Effect sizes agree with metafor, with hand-computed cases, and with exact values."""

import json
from pathlib import Path

import numpy as np
import pytest

from aponia.meta import effect_sizes
from aponia.meta._effect_sizes import MEASURES

REFERENCE = json.loads((Path(__file__).parent / "data" / "effect_sizes.json").read_text())
CODES = sorted({case[0] for case in REFERENCE["cases"]})


def floats(values):
    return np.array([np.nan if x is None else float(x) for x in values])


@pytest.mark.filterwarnings("ignore::aponia.meta.errors.MetaWarning")
@pytest.mark.parametrize("code", CODES)
def test_agrees_with_metafor(code):
    """Every measure, with every sampling variance and zero-cell option."""
    # metafor finds tetrachoric correlations with a tolerance of about 1e-5; ours is the root.
    tolerance = 1e-3 if code in ("RTET", "ZTET") else 1e-10
    checked = 0
    for measure, name, names, options, y, v, n in REFERENCE["cases"]:
        if measure != code:
            continue
        arguments = {key: floats(REFERENCE["data"][name][col]) for key, col in names.items()}
        es = effect_sizes(measure, **arguments, **options)
        where = f"{name} {options}"
        np.testing.assert_allclose(
            es.y, floats(y), rtol=tolerance, atol=1e-5 if tolerance > 1e-9 else 1e-12, err_msg=where
        )
        np.testing.assert_allclose(es.v, floats(v), rtol=tolerance, err_msg=where)
        if n is not None:
            np.testing.assert_array_equal(es.n, floats(n), err_msg=where)
        checked += 1
    assert checked > 0


def test_every_measure_is_covered_by_a_test():
    elsewhere = {"UCOR", "R2F", "ZR2F", "HR", "HD", "GEN", "IRSD"}
    assert set(MEASURES) <= {*CODES, *elsewhere}


def test_risk_ratio_odds_ratio_and_difference_by_hand():
    """12 of 30 against 6 of 20: 0.4 / 0.3, (12·14)/(18·6), 0.4 - 0.3."""
    counts = {"events1": [12], "total1": [30], "events2": [6], "total2": [20]}
    rr, oddsr, rd = (effect_sizes(code, **counts) for code in ("RR", "OR", "RD"))
    assert rr.y[0] == pytest.approx(np.log(4 / 3), rel=1e-14)
    assert rr.v[0] == pytest.approx(1 / 12 - 1 / 30 + 1 / 6 - 1 / 20, rel=1e-14)
    assert oddsr.y[0] == pytest.approx(np.log(14 / 9), rel=1e-14)
    assert oddsr.v[0] == pytest.approx(1 / 12 + 1 / 18 + 1 / 6 + 1 / 14, rel=1e-14)
    assert rd.y[0] == pytest.approx(0.1, rel=1e-14)
    assert rd.v[0] == pytest.approx(0.4 * 0.6 / 30 + 0.3 * 0.7 / 20, rel=1e-14)


def test_hedges_g_by_hand():
    """d = (10-8)/2 = 1 with 10 a group; J(18) = Γ(9)/(3·Γ(8.5)) = 0.95765…."""
    es = effect_sizes("SMD", mean1=10, sd1=2, n1=10, mean2=8, sd2=2, n2=10)
    j = 40320 / (3 * 14034.407293483402)
    assert es.y[0] == pytest.approx(j, rel=1e-12)
    assert es.v[0] == pytest.approx(0.2 + j**2 / 40, rel=1e-12)


def test_zero_cell_gets_one_half_in_all_four_cells():
    es = effect_sizes("OR", events1=[0, 5], total1=[10, 10], events2=[4, 5], total2=[10, 10])
    assert es.y[0] == pytest.approx(np.log(0.5 * 6.5 / (10.5 * 4.5)), rel=1e-14)
    assert es.y[1] == 0
    assert es.adjusted.tolist() == [True, False]


@pytest.mark.parametrize(
    ("r", "n", "factor"),
    # 2F1(1/2, 1/2; (n-2)/2; 1-r²), evaluated at 40 digits
    [
        (-0.04, 12, 1.06418253886988081850),
        (0.05, 326, 1.00155008650134),
        (0.68, 10, 1.03867186504),
    ],
)
def test_unbiased_correlation_at_high_precision(r, n, factor):
    """General-purpose hypergeometric routines lose the first two of these."""
    es = effect_sizes("UCOR", r=[r], n=[n])
    assert es.y[0] == pytest.approx(r * factor, rel=1e-8)


def test_fixed_predictors_are_more_precise_than_random_ones():
    """V(R²) is 4R²(1-R²)²/n with random and (1 - R²/2) times that with fixed predictors."""
    data = {"r2": [0.36], "n": [100], "predictors": [3]}
    random, fixed = effect_sizes("R2", **data), effect_sizes("R2F", **data)
    assert fixed.v[0] / random.v[0] == pytest.approx(1 - 0.36 / 2, rel=1e-12)
    z = effect_sizes("ZR2F", **data)
    assert z.v[0] == pytest.approx((1 - 0.36 / 2) / 100, rel=1e-12)


def test_before_and_after_is_after_minus_before_over_sd_before():
    es = effect_sizes("SMCR", m_pre=50, m_post=40, sd_pre=10, sd_post=12, r=0.5, n=1000)
    assert es.y[0] == pytest.approx(-1.0, rel=1e-3)
    change = effect_sizes("MC", m_pre=50, m_post=40, sd_pre=10, sd_post=12, r=0.5, n=20)
    assert change.y[0] == -10
    assert change.v[0] == pytest.approx((100 + 144 - 120) / 20, rel=1e-14)
    short = effect_sizes("MC", mean_change=-10, sd_change=np.sqrt(124), n=20)
    assert short.v[0] == pytest.approx(change.v[0], rel=1e-14)
    ratio = effect_sizes("ROMC", m_pre=50, m_post=40, sd_pre=10, sd_post=12, r=0.5, n=20)
    swapped = effect_sizes("ROMC", m1i=40, m2i=50, sd1i=12, sd2i=10, ri=0.5, ni=20)
    assert ratio.y[0] == swapped.y[0]


def test_routes_to_a_standardised_difference_agree():
    """The same study through means, d, t, p and r gives one effect."""
    direct = effect_sizes("SMD", mean1=10, sd1=2, n1=12, mean2=8, sd2=2, n2=15)
    d = 1.0
    t = d / np.sqrt(1 / 12 + 1 / 15)
    from scipy.stats import t as student

    p = 2 * student.sf(t, 25)
    r = t / np.sqrt(t**2 + 25)
    for route in ({"d": d}, {"t": t}, {"p": p}, {"r": r}):
        es = effect_sizes("SMD", n1=12, n2=15, **route)
        assert es.y[0] == pytest.approx(direct.y[0], rel=1e-10), route
        assert es.v[0] == pytest.approx(direct.v[0], rel=1e-10), route
    assert effect_sizes("SMD", n1=12, n2=15, p=-p).y[0] == pytest.approx(-direct.y[0], rel=1e-10)


def test_marginal_odds_ratio_from_r_and_from_p_agree():
    """r and the share in which both have the outcome say the same."""
    cells = {"a": 14, "b": 6, "c": 9, "d": 11}
    p1, p2, both = 0.7, 0.45, 0.4
    r = (both - p1 * p2) / np.sqrt(p1 * 0.3 * p2 * 0.55)
    one, two = effect_sizes("MPORM", **cells, r=r), effect_sizes("MPORM", **cells, p=both)
    assert one.v[0] == pytest.approx(two.v[0], rel=1e-12)
    paired = effect_sizes("MPOR", a=8, b=6, c=1, d=5)
    assert paired.v[0] == pytest.approx(two.v[0], rel=1e-12)


def test_unbiased_variance_is_unbiased_with_and_without_correction():
    """Exact expectation over the noncentral t distribution: E[UB] equals V(g), V(d)."""
    from scipy.stats import nct

    n1, n2, delta = 6, 9, 0.8
    scale = np.sqrt(1 / n1 + 1 / n2)
    law = nct(n1 + n2 - 2, delta / scale)
    d = scale * law.ppf((np.arange(20_000) + 0.5) / 20_000)
    weights = np.full(d.size, 1 / d.size)
    for correct in (True, False):
        es = effect_sizes("SMD", d=d, n1=n1, n2=n2, vtype="UB", correct=correct)
        mean = np.sum(weights * es.y)
        assert np.sum(weights * es.v) == pytest.approx(
            np.sum(weights * (es.y - mean) ** 2), rel=2e-3
        )
        if correct:
            assert mean == pytest.approx(delta, rel=1e-3)
