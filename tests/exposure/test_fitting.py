"""Fits: known people are found again, and what cannot be known is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aponia.exposure import (
    NotKnownError,
    Observation,
    Spread,
    expected_range,
    fit_spreads,
    fit_typical,
)
from aponia.exposure.model import typical_exposure


def seen(quantity, value, dose=None, source="paper", spread=None, duration=0.0):
    return Observation(f"{source}-{quantity}-{dose}", source, quantity, value, dose_mg=dose,
                       spread=spread, duration=duration)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(st.floats(0.05, 2.0), st.floats(1.05, 20.0), st.floats(5.0, 2000.0), st.floats(0.01, 500.0))
def test_a_person_with_exact_exposures_is_found_again(ke, ratio, volume, dose):
    truth = {"ka": ke * ratio, "ke": ke, "volume": volume, "dose_mg": dose}
    figures = [
        seen(q, typical_exposure(q, **truth), None if q in ("tmax", "half_life") else dose)
        for q in ("cmax", "tmax", "half_life", "auc")
    ]
    fit = fit_typical(figures, absorbed=True)
    assert fit.ke == pytest.approx(ke, rel=1e-4)
    assert fit.volume == pytest.approx(volume, rel=1e-4)
    assert all(r.ratio == pytest.approx(1, rel=1e-4) for r in fit.residuals)


def test_rows_of_one_source_count_once():
    many = [seen("cmax", 10.0, d) for d in (1.0, 1.0 + 1e-9, 1.0 + 2e-9)]
    other = [seen("cmax", 40.0, 1.0, source="other")]
    shape = [seen("tmax", 2.0), seen("half_life", 3.0)]
    fit = fit_typical([*many, *other, *shape], absorbed=True)
    peak = typical_exposure("cmax", ka=fit.ka, ke=fit.ke, volume=fit.volume, dose_mg=1.0)
    assert peak == pytest.approx(20.0, rel=1e-4)  # geometric middle of the two sources


@pytest.mark.parametrize(
    ("figures", "absorbed", "says"),
    [
        ([], True, "Tmax"),
        ([("cmax", 10.0, 1.0), ("half_life", 2.0, None)], True, "Tmax"),
        ([("tmax", 1.0, None)], True, "cannot be told"),
        (
            [("cmax", 10.0, None), ("tmax", 1.0, None), ("half_life", 2.0, None)],
            True,
            "without its dose",
        ),
        ([("clearance", 10.0, None)], False, "cannot be told"),
    ],
)
def test_too_few_figures_are_refused(figures, absorbed, says):
    with pytest.raises(NotKnownError, match=says):
        fit_typical([seen(*f) for f in figures], absorbed=absorbed)


def test_without_a_concentration_only_the_shape_is_fitted():
    fit = fit_typical([seen("tmax", 2.0), seen("half_life", 3.5)], absorbed=True)
    assert fit.volume is None
    assert math.log(2) / fit.ke == pytest.approx(3.5, rel=1e-6)


def test_published_clearance_and_volume_come_back_unchanged():
    fit = fit_typical([seen("clearance", 79.0), seen("volume", 252.0)], absorbed=False)
    assert fit.ka is None
    assert fit.ke * fit.volume == pytest.approx(79, rel=1e-8)
    assert fit.volume == pytest.approx(252, rel=1e-8)


def test_spreads_of_people_are_reproduced():
    figures = [
        seen("cmax", 10.0, 20.0, spread=Spread(0.30, "SD", 20)),
        seen("tmax", 1.0, spread=Spread(0.25, "SD", 20)),
        seen("half_life", 4.0, spread=Spread(0.20, "SD", 20)),
    ]
    got = fit_spreads(figures, fit_typical(figures, absorbed=True))
    for _, published, reproduced in got.reproduced:
        assert reproduced == pytest.approx(published, rel=0.02)
    assert got.ke == pytest.approx(0.20, rel=0.05)


def test_what_no_source_prints_does_not_vary():
    figures = [seen("cmax", 10.0, 20.0), seen("tmax", 1.0), seen("half_life", 4.0)]
    fit = fit_typical(figures, absorbed=True)
    none = fit_spreads(figures, fit)
    assert (none.ka, none.ke, none.volume) == (None, None, None)
    figures[0] = seen("cmax", 10.0, 20.0, spread=Spread(0.3, "SD", 20))
    some = fit_spreads(figures, fit)
    assert (some.ka, some.ke) == (None, None)
    assert some.volume == pytest.approx(0.3, rel=0.01)


@pytest.mark.parametrize(
    ("n", "d2"), [(2, 1.128), (3, 1.693), (5, 2.326), (10, 3.078), (25, 3.931)]
)
def test_expected_ranges_are_those_of_the_quality_control_tables(n, d2):
    assert expected_range(n) == pytest.approx(d2, abs=6e-4)


def test_a_range_of_one_is_refused():
    with pytest.raises(NotKnownError, match="two people"):
        expected_range(1)


def test_a_sample_range_gives_back_its_spread():
    rng = np.random.default_rng(3)
    ranges = np.ptp(rng.normal(0, 0.4, (4000, 12)), axis=1)
    assert ranges.mean() / expected_range(12) == pytest.approx(0.4, rel=0.02)
