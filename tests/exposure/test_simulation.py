"""Simulations: medians, bands, schedules and durations mean what they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aponia.exposure import (
    Dose,
    DoseError,
    ExposureModel,
    NotKnownError,
    OccupancyPoint,
    OccupancyRelation,
    Parameter,
    Pharmacology,
    Schedule,
    Weight,
    derive_relation,
    peak_occupancy,
    simulate,
)


def model(ka=1.5, ke=0.2, volume=300.0, spread=0.3, route="oral", **more):
    parts = {"ke": (ke, spread), "volume": (volume, spread), "ka": (ka, spread)}
    parameters = {
        n: Parameter(n, v, "", "derived", ("row",), s)
        for n, (v, s) in parts.items()
        if v is not None
    }
    return ExposureModel("x", "x", route, parameters, **more)


def data(*models, **more):
    return Pharmacology({(m.substance, m.route): m for m in models}, **more)


ORAL = data(model())
IV = data(model(ka=None, route="intravenous"))


def test_the_same_seed_gives_the_same_people():
    a, b = (simulate("x", Dose(20), "oral", n=50, seed=4, data=ORAL) for _ in range(2))
    c = simulate("x", Dose(20), "oral", n=50, seed=5, data=ORAL)
    assert np.array_equal(a.concentration, b.concentration)
    assert not np.array_equal(a.concentration, c.concentration)


def test_the_median_person_is_the_typical_person():
    got = simulate("x", Dose(20), "oral", n=20_000, data=ORAL)
    assert np.median(got.peak) == pytest.approx(
        ORAL.models["x", "oral"].typical("cmax", 20), rel=0.02
    )
    assert got.peak_band().low < np.median(got.peak) < got.peak_band().high
    inside = np.mean((got.peak >= got.peak_band().low) & (got.peak <= got.peak_band().high))
    assert inside == pytest.approx(0.9, abs=0.001)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.1, 1000.0), st.floats(1.1, 9.0))
def test_twice_the_dose_gives_twice_the_concentration(mg, factor):
    one = simulate("x", Dose(mg), "oral", n=5, data=ORAL)
    more = simulate("x", Dose(mg * factor), "oral", n=5, data=ORAL)
    assert np.allclose(more.concentration, one.concentration * factor, rtol=1e-9)


def test_repeated_doses_add_up():
    once = simulate("x", Dose(10), "oral", n=5, data=ORAL, step=0.5)
    twice = simulate("x", Dose(10), "oral", Schedule.repeated(2, 6), n=5, data=ORAL, step=0.5)
    shifted = np.zeros_like(once.concentration)
    shifted[12:] = once.concentration[:-12]
    assert np.allclose(twice.concentration, once.concentration + shifted)
    assert np.array_equal(twice.peak, twice.concentration.max(axis=0))


def test_a_long_infusion_reaches_rate_over_clearance():
    got = simulate("x", Dose(2400), "intravenous", Schedule.infusion(240), n=3, hours=240, step=1,
                   data=data(model(ka=None, route="intravenous", spread=None)))  # fmt: skip
    assert got.peak[0] == pytest.approx(1000 * 10 / (300 * 0.2), rel=1e-9)


def test_the_peak_between_grid_times_is_exact():
    coarse = simulate("x", Dose(20), "oral", n=50, step=4.0, data=ORAL)
    fine = simulate("x", Dose(20), "oral", n=50, step=0.01, data=ORAL)
    assert np.array_equal(coarse.peak, fine.peak)
    assert np.allclose(fine.peak, fine.concentration.max(axis=0), rtol=1e-4)


def test_time_above_a_threshold_is_exact_for_a_decaying_line():
    iv = data(model(ka=None, route="intravenous", spread=None))
    got = simulate("x", Dose(300), "intravenous", n=1, hours=24, step=0.01, data=iv)
    # 1000 ng/mL falling with 0.2 per hour is above 100 for ln(10) / 0.2 hours.
    assert got.duration_above(100.0)[0] == pytest.approx(np.log(10) / 0.2, abs=1e-4)
    assert got.duration_above(2000.0)[0] == 0
    assert got.duration_above(0.0)[0] == pytest.approx(24)
    with pytest.raises(DoseError, match="of what"):
        got.duration_above(1.0, "mood")


def test_doses_per_kilogram_follow_body_weight():
    heavy = simulate("x", Dose(0.2, "mg/kg"), "oral", weight=100, n=5, data=ORAL)
    light = simulate("x", Dose(0.2, "mg/kg"), "oral", weight=50, n=5, data=ORAL)
    assert np.allclose(heavy.concentration, 2 * light.concentration)
    scaled = data(model(per_kg=True))
    both = [
        simulate("x", Dose(0.2, "mg/kg"), "oral", weight=w, n=5, data=scaled) for w in (50, 100)
    ]
    assert np.allclose(both[0].concentration, both[1].concentration)
    spread = simulate(
        "x", Dose(1, "mg/kg"), "oral", weight=Weight(70, 0.2, "here"), n=20_000, data=ORAL
    )
    assert spread.dose_mg.mean() == pytest.approx(70, rel=0.01)
    assert spread.dose_mg.std() == pytest.approx(14, rel=0.03)
    assert any("here" in c for c in spread.caveats)


def test_unknown_spread_gives_no_band():
    flat = data(model(spread=None))
    got = simulate("x", Dose(20), "oral", n=10, data=flat)
    assert np.ptp(got.peak) == 0
    for ask in (got.band, got.peak_band):
        with pytest.raises(NotKnownError, match="no band"):
            ask()
    assert got.typical_peak() == pytest.approx(flat.models["x", "oral"].typical("cmax", 20))


def test_a_model_without_distribution_phase_gives_no_peak_of_a_bolus():
    iv = data(model(ka=None, route="intravenous", needs_infusion=True))
    for hours in (None, 1.0):
        schedule = Schedule.infusion(hours) if hours else Schedule.once()
        got = simulate("x", Dose(20), "intravenous", schedule, n=10, data=iv)
        with pytest.raises(NotKnownError, match="distribution phase"):
            got.typical_peak()
    long = simulate("x", Dose(20), "intravenous", Schedule.infusion(12), n=10, data=iv)
    assert long.typical_peak() > 0
    assert long.peak_band().low < long.peak_band().high


def test_a_curve_without_scale_is_a_share_of_the_typical_peak():
    shape = data(model(volume=None, spread=None))
    got = simulate("x", Dose(123), "oral", n=1, data=shape, step=0.01)
    assert got.model.unit.startswith("share")
    assert got.concentration.max() == pytest.approx(1, abs=1e-4)
    with pytest.raises(NotKnownError, match="shape"):
        shape.models["x", "oral"].typical("cmax", 1)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Dose(0), lambda: Dose(-1), lambda: Dose(float("nan")), lambda: Dose(1, "stone"),
        lambda: Weight(0), lambda: Weight(70, -0.1), lambda: Schedule((), (), ()),
        lambda: Schedule((0.0,), (0.0,), (0.0,)), lambda: Schedule((-1.0,), (0.0,), (1.0,)),
        lambda: Schedule.infusion(0), lambda: Schedule.repeated(0, 1),
        lambda: simulate("x", Dose(1), "oral", n=0, data=ORAL),
        lambda: simulate("x", Dose(1), "oral", hours=0, data=ORAL),
        lambda: simulate("x", Dose(1), "oral", Schedule.infusion(1), data=ORAL),
        lambda: simulate("x", Dose(1), "oral", n=5, data=ORAL).band(1.5),
    ],
)  # fmt: skip
def test_meaningless_input_is_refused(make):
    with pytest.raises(DoseError):
        make()


def test_a_substance_without_model_is_not_known_and_says_why():
    with pytest.raises(NotKnownError, match="nobody measured"):
        simulate("y", Dose(1), "oral", data=data(no_model={("y", "oral"): "nobody measured"}))
    with pytest.raises(NotKnownError, match="mushroom"):
        simulate("x", Dose(1, "g", "dried mushroom"), "oral", data=ORAL)


def test_occupancy_follows_single_site_binding():
    relation = OccupancyRelation("x", "published", np.array([10.0]), np.array([80.0]), ("row",))
    bound = data(model(), relations={"x": relation})
    got = simulate("x", Dose(20), "oral", n=100, data=bound)
    assert relation.percent(np.array([10.0]))[0] == pytest.approx(40)
    assert got.occupancy().max() < 80
    peak = peak_occupancy(got)
    assert peak.status == "published"
    assert peak.low < peak.median < peak.high < 80
    half = np.median(got.duration_above(40.0, "occupancy"))
    assert half == pytest.approx(np.median(got.duration_above(10.0)), abs=0.15)
    assert got.occupancy_band().median.shape == got.times.shape


def test_without_a_relation_occupancy_is_not_known():
    got = simulate(
        "x", Dose(20), "oral", n=10, data=data(model(), no_relation={"x": "never scanned"})
    )
    peak = peak_occupancy(got)
    assert (peak.status, peak.median) == ("not known", None)
    assert "never scanned" in peak.why
    with pytest.raises(NotKnownError, match="never scanned"):
        got.occupancy()


def test_a_derived_relation_agrees_with_its_point_and_says_what_it_assumes():
    relation = derive_relation("x", OccupancyPoint("p", 10, 40.0, 10.0, 4), 7.0, 72.0, ("p", "q"))
    assert relation.how == "derived"
    assert len(relation.assumptions) == 4
    assert relation.maximum.min() >= 72
    assert relation.maximum.max() <= 100
    seen = relation.maximum * 7.0 / (7.0 + relation.ec50)
    low, high = np.quantile(seen, [0.05, 0.95])
    assert low < 40 < high
    with pytest.raises(NotKnownError, match="bounds no relation"):
        derive_relation("x", OccupancyPoint("p", 10, 40.0, 10.0, 1), 7.0, 72.0, ())
