"""Effects recovered from what a paper printed: each route against numbers worked by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student_t

from aponia.answers.effects import Printed, recover, recover_within
from aponia.evidence import ArmResult, Contrast, Outcome, PValue


def outcome(construct="pain-intensity", unit="points", contrast=None, **more):
    fields = {
        "name": "outcome", "construct": construct, "instrument": "NRS 0-10", "unit": unit,
        "lower_is_better": True, "timepoint": "week 3", "timepoint_days": 21, "results": (),
        "contrast": contrast,
    } | more  # fmt: skip
    return Outcome(**fields)


def printed(
    a=None,
    c=None,
    *,
    contrast=None,
    n=(8, 6),
    crossover=False,
    favours="unclear",
    lower=True,
    **more,
):
    return Printed(
        outcome(contrast=contrast, **more), contrast, a, c, n_active=n[0], n_control=n[1],
        people=sum(x for x in n if x) if not crossover else n[0], crossover=crossover, favours=favours,
        lower_is_better=lower,
    )  # fmt: skip


def contrast(**fields):
    return Contrast(
        **(
            {
                "measure": None,
                "value": None,
                "ci95": None,
                "p": None,
                "favours": None,
                "significant": None,
            }
            | fields
        )
    )


def arm(**fields):
    return ArmResult(arm="x", **fields)


def test_schindler_2022_change_scores_with_an_exact_p():
    """−3.2 against +0.03 with p = 0.251 in 8 and 6 people: SE = 3.23 / t(0.251; 12)."""
    item = printed(
        arm(change_mean=-3.2, change_ci95=(-8.3, 1.9)), arm(change_mean=0.03, change_ci95=(-2.6, 2.6)),
        contrast=contrast(measure="SMD", value=0.69, p=PValue(operator="=", value=0.251)),
        construct="attack-frequency", unit="attacks/week", favours="benefit",
    )  # fmt: skip
    effect = recover(item)
    se = 3.23 / student_t.isf(0.251 / 2, 12)
    assert effect.measure == "MD"
    assert effect.estimate == pytest.approx(-3.23)
    assert math.sqrt(effect.v) == pytest.approx(se)
    assert effect.ci_lower == pytest.approx(-3.23 - student_t.ppf(0.975, 12) * se)
    assert effect.derived
    assert effect.benefit > 0


def test_risk_ratio_of_noppers_2011_and_half_added_only_for_a_zero_cell():
    plain = recover(
        printed(
            arm(events=8, total=12),
            arm(events=3, total=12),
            construct="responder",
            unit="patients",
            lower=False,
        )
    )
    assert plain.estimate == pytest.approx(8 / 3)
    assert plain.v == pytest.approx(1 / 8 - 1 / 12 + 1 / 3 - 1 / 12)
    zero = recover(
        printed(
            arm(events=2, total=12),
            arm(events=0, total=12),
            construct="responder",
            unit="patients",
            lower=False,
        )
    )
    assert zero.estimate == pytest.approx((2.5 / 13) / (0.5 / 13))
    assert "0.5" in zero.how


@pytest.mark.parametrize("both", [(0, 0), (12, 12)])
def test_no_events_or_only_events_in_both_arms_is_no_estimate(both):
    item = printed(
        arm(events=both[0], total=12),
        arm(events=both[1], total=12),
        construct="responder",
        unit="patients",
    )
    assert recover(item) is None


def test_zitek_2018_difference_takes_its_sign_from_the_printed_direction():
    """Prochlorperazine minus ketamine 20.0 mm (2.8 to 37.2) in its favour: 2 points more pain with ketamine."""
    item = printed(
        contrast=contrast(measure="MD", value=20.0, ci95=(2.8, 37.2)), unit="mm", favours="harm", n=(25, 29),
    )  # fmt: skip
    effect = recover(item)
    assert (effect.estimate, effect.ci_lower, effect.ci_upper) == pytest.approx((2.0, 0.28, 3.72))
    assert effect.unit == "points of 10"
    assert effect.benefit < 0


def test_a_p_value_below_a_bound_gives_no_size():
    item = printed(
        contrast=contrast(p=PValue(operator="<", value=0.001)), favours="benefit", n=(20, 20)
    )
    assert recover(item) is None


def test_a_p_at_the_limit_of_print_gives_no_size():
    """Amr 2011 prints p = 0.0001; taken as exact it would make 1.4 SD out of a slip for "<"."""
    for value in (0.0001, 0.001):
        item = printed(
            contrast=contrast(p=PValue(operator="=", value=value)), favours="benefit", n=(20, 20)
        )
        assert recover(item) is None


def test_an_interval_from_p_equal_to_5_percent_touches_no_difference():
    item = printed(
        contrast=contrast(measure="MD", value=-2.0, p=PValue(operator="=", value=0.05)), n=(5, 5)
    )
    assert recover(item).ci_upper == pytest.approx(0.0, abs=1e-9)


def test_etchison_2018_medians_with_quartiles_stay_in_points_of_10():
    a, c = (
        arm(change_median=-1.0, change_iqr=(-2.25, 0.0)),
        arm(change_median=-2.0, change_iqr=(-3.75, 0.0)),
    )
    item = printed(
        a,
        c,
        contrast=contrast(measure="MEDD", value=-1.0, p=PValue(operator="=", value=0.5035)),
        n=(16, 18),
        favours="harm",
    )
    effect = recover(item)
    assert (effect.measure, effect.unit) == ("MD", "points of 10")
    assert effect.estimate == pytest.approx(0.82, abs=0.01)
    assert effect.ci_lower < 0 < effect.ci_upper


def test_an_exact_p_with_direction_gives_the_t_distribution_s_smd():
    item = printed(
        contrast=contrast(p=PValue(operator="=", value=0.02)), favours="benefit", n=(20, 20)
    )
    effect = recover(item)
    assert effect.measure == "SMD"
    assert effect.estimate == pytest.approx(-student_t.isf(0.01, 38) * math.sqrt(2 / 20))
    assert effect.benefit > 0


def test_an_sd_far_too_small_for_pain_ratings_is_not_pooled():
    """1.47 ± 0.34 on a 0–10 scale in 50 people each: most likely a standard error, so no interval."""
    item = printed(arm(mean=1.47, sd=0.34), arm(mean=1.95, sd=0.35), n=(50, 50))
    effect = recover(item)
    assert effect.estimate == pytest.approx(-0.48)
    assert not effect.has_interval
    assert "standard error" in effect.how


def test_crossover_means_use_the_stated_correlation():
    item = printed(
        arm(mean=185, sd=100), arm(mean=187, sd=90), n=(20, 20), crossover=True, unit="score-days"
    )
    effect = recover(item)
    assert effect.v == pytest.approx((100**2 + 90**2 - 2 * 0.5 * 100 * 90) / 20)


def test_wilson_interval_of_five_of_five_stays_inside_one():
    effect = recover_within(
        outcome("responder", "patients"), arm(events=5, total=5), 5, lower_is_better=False
    )
    assert effect.estimate == 1.0
    assert effect.ci_upper == 1.0
    assert effect.ci_lower == pytest.approx(0.5655, abs=1e-3)  # Wilson 1927; Newcombe 1998 tables


@given(
    st.integers(1, 40), st.integers(1, 40), st.integers(0, 40), st.integers(0, 40), st.booleans()
)  # fmt: skip
def test_swapping_the_arms_inverts_the_risk_ratio(n1, n2, e1, e2, lower):
    e1, e2 = min(e1, n1), min(e2, n2)
    one = recover(
        printed(
            arm(events=e1, total=n1),
            arm(events=e2, total=n2),
            construct="responder",
            unit="patients",
            lower=lower,
        )
    )
    two = recover(
        printed(
            arm(events=e2, total=n2),
            arm(events=e1, total=n1),
            construct="responder",
            unit="patients",
            lower=lower,
        )
    )
    if one is None:
        assert two is None
        return
    assert one.y == pytest.approx(-two.y, abs=1e-12)
    assert one.v == pytest.approx(two.v)
    assert one.ci_lower <= one.estimate <= one.ci_upper


@given(
    st.floats(-9, 9), st.floats(-9, 9), st.floats(0.7, 4), st.floats(0.7, 4), st.integers(2, 60), st.integers(2, 60)
)  # fmt: skip
def test_every_recovered_interval_is_finite_and_holds_its_estimate(m1, m2, s1, s2, n1, n2):
    effect = recover(printed(arm(mean=m1, sd=s1), arm(mean=m2, sd=s2), n=(n1, n2)))
    assert effect.ci_lower < effect.estimate < effect.ci_upper
    assert all(math.isfinite(x) for x in (effect.ci_lower, effect.ci_upper, effect.v))
