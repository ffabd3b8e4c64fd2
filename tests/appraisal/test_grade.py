"""Suggested certainty: the rules of the methods page, at their edges."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aponia.appraisal import LEVELS, Body, suggest_certainty

NAN = float("nan")


def body(**more):
    fields = {
        "randomised": True, "k": 5, "people": 800, "estimate": -2.0, "ci_lower": -3.0, "ci_upper": -1.0,
        "pi_lower": -3.5, "pi_upper": -0.5, "null": 0.0, "mid": 1.0, "i2": 10.0,
    } | more  # fmt: skip
    return Body(**fields)


def test_large_consistent_direct_unbiased_trials_are_high():
    assert suggest_certainty(body()).level == "high"


def test_observational_evidence_starts_low():
    assert suggest_certainty(body(randomised=False)).level == "low"


@pytest.mark.parametrize(
    ("change", "level"),
    [
        ({"flags": ("unclear masking",)}, "moderate"),
        ({"flags": ("a", "b", "c")}, "low"),
        ({"severe_flags": ("open",)}, "low"),
        ({"i2": 80.0}, "moderate"),
        ({"pi_upper": 0.5}, "moderate"),
        ({"people": 300}, "moderate"),
        ({"people": 50}, "low"),
        ({"ci_upper": 0.5}, "moderate"),
        ({"ci_lower": -4.0, "ci_upper": 2.0}, "low"),
        ({"indirect": ("another drug",)}, "moderate"),
        ({"unpublished": 2}, "moderate"),
        ({"estimate": NAN, "ci_lower": NAN, "ci_upper": NAN}, "low"),
        ({"estimate": NAN, "ci_lower": NAN, "ci_upper": NAN, "no_direction": True}, "very low"),
        ({"k": 0}, "very low"),
    ],
)
def test_each_domain_rates_down_as_the_methods_page_says(change, level):
    assert suggest_certainty(body(**change)).level == level


@given(
    st.booleans(), st.integers(0, 20), st.integers(0, 3000), st.floats(-5, 5), st.floats(0, 5), st.floats(0, 100),
    st.lists(st.text(min_size=1, max_size=3), max_size=4), st.integers(0, 3),
)  # fmt: skip
def test_more_doubt_never_raises_the_certainty(
    randomised, k, people, estimate, half, i2, flags, unpublished
):
    one = body(randomised=randomised, k=k, people=people, estimate=estimate, ci_lower=estimate - half,
               ci_upper=estimate + half, i2=i2)  # fmt: skip
    worse = body(randomised=randomised, k=k, people=people, estimate=estimate, ci_lower=estimate - half,
                 ci_upper=estimate + half, i2=i2, flags=tuple(flags), unpublished=unpublished)  # fmt: skip
    a, b = suggest_certainty(one), suggest_certainty(worse)
    assert LEVELS.index(b.level) <= LEVELS.index(a.level)
    assert len(a.judgements) == 8
    assert all(j.reason for j in a.judgements)
    assert a.suggested
    assert not math.isnan(a.steps)
