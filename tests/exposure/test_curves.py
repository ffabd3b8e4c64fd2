"""Closed-form curves: against the differential equations they solve, and at their edges."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aponia.exposure import curves

rate = st.floats(0.02, 20.0)
hour = st.floats(0.001, 48.0)


def one(x: float) -> np.ndarray:
    return np.array([x])


def by_ode(t, c0, ka, ke, infused=0.0):
    """Gut and plasma amounts by numerical integration; a constant infusion when `infused` > 0."""
    from scipy.integrate import solve_ivp

    def slope(u, y):
        entry = c0 / infused * (u < infused) if infused else ka * y[0]
        return [-ka * y[0], entry - ke * y[1]]

    stops = [0.0, min(t, infused), t] if infused else [0.0, t]
    y = [0.0 if infused else c0, 0.0]
    for a, b in itertools.pairwise(stops):
        if b > a:
            inner = solve_ivp(
                lambda u, v, a=a: slope(min(u, np.nextafter(infused, 0)) if a < infused else u, v),
                (a, b), y, rtol=1e-10, atol=1e-12 * c0, method="LSODA",
            )  # fmt: skip
            y = inner.y[:, -1]
    return y[1]


@pytest.mark.parametrize(
    ("ka", "ke"), [(2.0, 0.2), (0.2, 2.0), (0.5, 0.5), (0.5, 0.50001), (9.0, 0.05)]
)
def test_absorption_solves_its_differential_equation(ka, ke):
    for t in (0.1, 1.0, 5.0, 20.0):
        got = curves.absorbed(t, one(100.0), one(ka), one(ke))[0]
        assert got == pytest.approx(by_ode(t, 100.0, ka, ke), rel=1e-6)


@pytest.mark.parametrize("hours", [0.1, 2.0, 24.0])
def test_infusion_solves_its_differential_equation(hours):
    for t in (0.05, 1.0, 5.0, 30.0):
        got = curves.infusion(t, hours, one(100.0), one(0.3))[0]
        assert got == pytest.approx(by_ode(t, 100.0, 1.0, 0.3, infused=hours), rel=1e-6)


@given(rate, rate, st.floats(1e-9, 1e-3), hour)
def test_nothing_jumps_where_both_rates_are_equal(ka, ke, nudge, t):
    same = curves.absorbed(t, one(1.0), one(ke), one(ke))[0]
    near = curves.absorbed(t, one(1.0), one(ke * (1 + nudge)), one(ke))[0]
    assert near == pytest.approx(same, rel=nudge * (2 + ke * t), abs=1e-290)
    assert np.isfinite(curves.absorbed(t, one(1.0), one(ka), one(ke))[0])


@given(rate, rate)
def test_the_peak_is_where_the_curve_is_highest(ka, ke):
    when = curves.time_of_peak(one(ka), one(ke))[0]
    top = curves.peak_absorbed(one(1.0), one(ka), one(ke))[0]
    assert curves.absorbed(when, one(1.0), one(ka), one(ke))[0] == pytest.approx(top, rel=1e-7)
    for factor in (0.5, 0.9, 1.1, 2.0):
        assert curves.absorbed(when * factor, one(1.0), one(ka), one(ke))[0] <= top * (1 + 1e-9)


@settings(max_examples=30)
@given(rate, rate, st.floats(0.1, 48.0))
def test_the_area_is_the_integral_of_the_curve(ka, ke, t):
    from scipy.integrate import quad

    peak = curves.time_of_peak(one(ka), one(ke))[0]
    area = quad(
        lambda u: curves.absorbed(u, one(1.0), one(ka), one(ke))[0], 0, t,
        points=[p for p in (peak, 3 * peak, 10 * peak) if p < t], limit=300,
    )[0]  # fmt: skip
    assert curves.area_absorbed(t, one(1.0), one(ka), one(ke))[0] == pytest.approx(area, rel=1e-6)


@given(rate, rate)
def test_the_whole_area_is_dose_over_clearance(ka, ke):
    whole = curves.area_absorbed(np.inf, one(3.0), one(ka), one(ke))[0]
    assert whole == pytest.approx(3.0 / ke)
    late = curves.area_absorbed(60 / min(ka, ke), one(3.0), one(ka), one(ke))[0]
    assert late == pytest.approx(whole, rel=1e-9)


@given(rate, st.floats(0.0, 10.0))
def test_a_very_short_infusion_is_a_bolus(ke, t):
    given = curves.infusion(t + 1e-7, 1e-7, one(5.0), one(ke))[0]
    assert given == pytest.approx(curves.bolus(t, one(5.0), one(ke))[0], rel=1e-5)


def test_before_the_dose_there_is_nothing():
    assert curves.absorbed(0.0, one(1.0), one(1.0), one(1.0))[0] == 0
    assert curves.absorbed(-1.0, one(1.0), one(1.0), one(1.0))[0] == 0
    assert curves.infusion(-1.0, 2.0, one(1.0), one(1.0))[0] == 0
    assert curves.bolus(-0.1, one(1.0), one(1.0))[0] == 0


def test_the_half_life_seen_is_that_of_the_slower_process():
    assert curves.half_life(one(0.1), one(1.0))[0] == pytest.approx(np.log(2) / 0.1)
    assert curves.half_life(None, one(1.0))[0] == pytest.approx(np.log(2))


@given(
    ke=st.floats(0.01, 5.0), ratio=st.sampled_from([0.2, 0.99999, 1.0, 1.00001, 1.5, 20.0]),
    step=st.floats(0.01, 1.0), first=st.floats(0.0, 3.0), rows=st.integers(1, 600),
)  # fmt: skip
def test_the_fast_grid_is_the_plain_curve(ke, ratio, step, first, rows):
    """Powers instead of exponentials change nothing a figure could show, also where ka equals ke."""
    k, a, c = np.array([ke, ke]), np.array([ke * ratio, ke * 3]), np.array([7.0, 2.0])
    out = np.ones((rows, 2))
    curves.add_absorbed(out, step, first, c, a, k)
    plain = np.array([curves.absorbed(first + i * step, c, a, k) for i in range(rows)])
    np.testing.assert_allclose(out - 1, plain, rtol=1e-9, atol=1e-12 * max(1.0, plain.max()))
