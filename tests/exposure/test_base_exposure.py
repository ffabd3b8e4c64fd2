"""The base's own pharmacology: every parameter has its rows, every model is checked, gaps stay gaps."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest

from aponia import evidence
from aponia.answers.exposure_arms import disagreements, place_arms, regimen_of
from aponia.answers.exposure_bands import BAND_WORDS, bands_of, ratios_of
from aponia.answers.exposure_data import pharmacology, spread_of_row
from aponia.answers.exposure_plans import PLANS
from aponia.answers.exposure_regimens import regimen_exposure
from aponia.exposure import (
    Dose,
    ExposureError,
    NotKnownError,
    Schedule,
    approach,
    equivalent,
    peak_occupancy,
    score,
    simulate,
)


@pytest.fixture(scope="module")
def base():
    return evidence.load()


@pytest.fixture(scope="module")
def data(base):
    return pharmacology(base)


@pytest.fixture(scope="module")
def arms(base):
    return {(a.record, a.arm): a for a in place_arms(base)}


def test_every_plan_becomes_a_model(data):
    assert {(p.substance, p.route) for p in PLANS} == set(data.models)


def test_every_parameter_names_rows_that_exist(base, data):
    rows = {r.id for r in base.pk_parameters}
    for model in data.models.values():
        for p in model.parameters.values():
            assert p.rows
            assert set(p.rows) | set(p.log_sd_rows) <= rows
            assert p.value > 0
            assert (p.log_sd is None) == (not p.log_sd_rows)
        assert model.fitted_rows <= rows
    known = rows | {r.id for r in base.receptor_occupancy}
    for relation in data.relations.values():
        assert set(relation.rows) <= known


@pytest.mark.parametrize(
    ("row", "predicted_over_observed"),
    [
        ("psilocybin-holze2023-25mg-cmax", 1.05),
        ("psilocybin-dahmane2021-25mg-cmax", 0.96),
        ("psilocybin-becker2022-thalf", 1.0),
        ("lsd-baselurine-85ug-cmax", 1.02),
        ("lsd-baselurine-170ug-cmax", 1.08),
        ("lsd-dolder2015-200ug-cmax", 0.96),
        ("lsd-dolder2015-200ug-thalf", 0.87),
        ("lsd-holze2019-100ug-auc_inf", 1.02),
        ("mdma-frey-75mg-cmax-b", 1.00),
        ("mdma-frey-125mg-cmax-b", 0.92),
        ("ketamine-phar2022-iv-10mg-auc", 1.12),
        ("esketamine-fanta2015-cl", 0.83),
        ("ketamine-phar2022-in-10mg-cmax", 0.89),
        ("ketamine-phar2022-in-50mg-auc", 1.20),
    ],
)
def test_models_predict_exposures_they_were_not_fitted_to(data, row, predicted_over_observed):
    found = [c for c in data.checks() if c.row == row]
    assert found
    for check in found:
        assert not check.fitted
        assert check.within
        assert check.ratio == pytest.approx(predicted_over_observed, abs=0.006)


def test_misses_are_shown_as_misses(data):
    off = {c.row for c in data.checks() if not c.within and not c.fitted}
    assert {"ketamine-phar2022-iv-10mg-cmax", "psilocybin-brown2017-thalf", "lsd-dolder2017-100ug-cmax",
            "lsd-dolder2015-200ug-thalf-terminal"} <= off  # fmt: skip
    got = score(data.checks())
    assert (got.checks, got.within, got.possible) == (41, 28, 36)


def test_an_area_is_a_check_wherever_a_half_life_is_printed(data):
    """The area was not fitted beside a half-life, so it can contradict the model, and does for MDMA."""
    for model in data.models.values():
        fitted = {o.quantity for o in model.observations if o.row in model.fitted_rows}
        assert not ({"auc", "auc_24"} & fitted and "half_life" in fitted)
    areas = {
        c.row: c.ratio for c in data.checks() if c.quantity in ("auc", "auc_24") and not c.fitted
    }
    assert areas["lsd-holze2019-100ug-auc_inf"] == pytest.approx(1.02, abs=0.01)
    assert areas["mdma-frey-75mg-auc24"] > 1.5


def test_virtual_people_vary_as_published_people_do(data):
    lsd = simulate("lsd", Dose(100, "ug"), "oral", n=20_000, data=data)
    # The range of 27 people around a geometric mean of 1.7 was 1.0 to 2.9 ng/mL, of peaks per mean.
    assert np.log(lsd.peak).std() == pytest.approx(0.32, abs=0.03)
    psilocin = simulate("psilocybin", Dose(25), "oral", n=20_000, data=data)
    assert np.log(psilocin.peak).std() == pytest.approx(0.32, abs=0.02)


def test_spreads_are_read_as_what_they_are(base):
    rows = {r.id: r for r in base.pk_parameters}
    cv = spread_of_row(rows["esketamine-fanta2015-cl"])
    assert cv.log_sd == pytest.approx(math.sqrt(math.log(1 + 0.13**2)))
    sd = spread_of_row(rows["psilocybin-brown2017-thalf"])
    assert sd.log_sd == pytest.approx(math.sqrt(math.log(1 + (1.1 / 3) ** 2)))
    gsd = spread_of_row(rows["ketamine-phar2022-in-30mg-cmax"])
    assert gsd.log_sd == pytest.approx(math.log(1.9))
    ci = spread_of_row(rows["psilocybin-holze2023-15mg-cmax"])
    assert ci.log_sd == pytest.approx(math.log(13 / 10) / (2 * 2.0518) * math.sqrt(28), rel=1e-3)
    # The interval of a pooled mean over studies of unknown size says nothing about people.
    assert spread_of_row(rows["ketamine-anesthesiology2020-v"]) is None


def test_occupancy_is_derived_for_psilocin_and_not_known_for_others(data):
    got = simulate("psilocybin", Dose(25), "oral", n=2000, data=data)
    peak = peak_occupancy(got)
    assert peak.status == "derived"
    assert peak.high - peak.low > 20
    assert "jhu2022-10mg70kg" in peak.rows
    highest = peak_occupancy(simulate("psilocybin", Dose(30), "oral", n=2000, data=data))
    assert highest.low < 72 < highest.high  # madsen2019-max-observed
    for substance, dose, schedule in (
        ("lsd", Dose(100, "ug"), None),
        ("mdma", Dose(125), None),
        ("ketamine", Dose(100), Schedule.infusion(8)),
    ):
        route = "intravenous" if schedule else "oral"
        none = peak_occupancy(simulate(substance, dose, route, schedule, n=5, data=data))
        assert none.status == "not known"
        assert none.median is None
        assert none.why.startswith("not known: ")


def with_rows(base, **tables):
    return dataclasses.replace(base, digest=str(tables), **tables)


def test_a_published_relation_replaces_the_derived_one(base):
    filled = tuple(
        r.model_copy(update={"value": {"madsen2019-ec50": 5.0, "madsen2019-occmax": 80.0}[r.id]})
        if r.id in ("madsen2019-ec50", "madsen2019-occmax") else r
        for r in base.receptor_occupancy
    )  # fmt: skip
    got = pharmacology(with_rows(base, receptor_occupancy=filled)).relations["psilocybin"]
    assert (got.how, got.assumptions) == ("published", ())
    assert got.percent(np.array([5.0]))[0] == pytest.approx(40)


def test_without_its_rows_a_model_is_gone_and_says_which(base):
    left = tuple(r for r in base.pk_parameters if r.id != "psilocybin-holze2023-tmax")
    got = pharmacology(with_rows(base, pk_parameters=left))
    with pytest.raises(NotKnownError, match="psilocybin-holze2023-tmax"):
        got.model("psilocybin", "oral")
    assert "psilocybin" not in got.relations
    empty = pharmacology(with_rows(base, pk_parameters=(), receptor_occupancy=()))
    assert not empty.models


def test_routes_without_figures_have_no_model(data):
    for substance, route in (("esketamine", "intranasal"), ("ketamine", "sublingual"),
                             ("ketamine", "oral"), ("ibogaine", "oral")):  # fmt: skip
        with pytest.raises(NotKnownError, match="not known"):
            simulate(substance, Dose(50), route, data=data)


def test_every_band_word_is_decided(base):
    words = {b.word for b in bands_of(base)}
    assert words <= set(BAND_WORDS)


def test_equal_doses_follow_the_published_ratios(data):
    got = equivalent(Dose(20), "psilocybin", "lsd", data=data)
    assert got.mg == pytest.approx(0.1)
    assert got.low_mg == pytest.approx(20 / 300)
    assert got.high_mg == pytest.approx(20 / 150)
    assert equivalent(Dose(500), "mescaline", "lsd", data=data).mg == pytest.approx(0.1)
    assert equivalent(Dose(100, "ug"), "lsd", "psilocybin", data=data).mg == pytest.approx(20)
    with pytest.raises(NotKnownError):
        equivalent(Dose(100), "mdma", "psilocybin", data=data)
    assert "basel-label-100-is-85" not in {r.row for r in data.ratios}
    assert len(ratios_of(evidence.load())) == len(data.ratios)


@pytest.mark.parametrize(
    ("substance", "dose", "kind", "least"),
    [
        ("psilocybin", Dose(1), "microdose", 0.99),
        ("psilocybin", Dose(7.5), "psycholytic", 0.99),
        ("psilocybin", Dose(25), "full", 0.9),
        ("lsd", Dose(10, "ug"), "microdose", 0.9),
        ("lsd", Dose(26, "ug"), "psycholytic", 0.7),
        ("lsd", Dose(200, "ug"), "full", 0.9),
        ("mdma", Dose(100), "full", 0.99),
        ("mescaline", Dose(400), "full", 0.99),
        ("mescaline", Dose(200), "psycholytic", 0.5),
    ],
)
def test_doses_are_placed_where_their_sources_put_them(data, substance, dose, kind, least):
    assert approach(substance, dose, data=data).probabilities[kind] >= least


def test_ketamine_has_no_class(data):
    got = approach("ketamine", Dose(40), "intravenous", data=data)
    assert (got.how, got.probabilities) == ("not known", None)


def test_every_arm_is_placed_or_says_why_not(arms):
    assert len(arms) > 200
    for arm in arms.values():
        probabilities = arm.placement.probabilities if arm.placement else None
        if probabilities is None:
            assert arm.verdict in ("by route", "not placed")
            assert (arm.verdict == "by route") == (arm.group == "by route")
            assert arm.group
            assert arm.why
        else:
            assert sum(probabilities.values()) == pytest.approx(1)
            assert arm.placement.rows
            assert arm.group == ""
        assert arm.peak is not None or arm.peak_why
        json.dumps(arm.to_dict(), allow_nan=False)


def test_ten_milligrams_is_a_disagreement_and_twenty_five_is_not(arms):
    ten = arms["schindler-2022-cluster-headache", "psilocybin"]
    assert (ten.label, ten.verdict, ten.placement.most_likely) == (
        "macrodose",
        "differs",
        "psycholytic",
    )
    assert ten.placement.voices["psycholytic"] == 1
    assert "one source alone" in ten.placement.why
    assert arms["zeidan-2025-phantom-limb-pain-psilocybin", "psilocybin"].verdict == "agrees"
    low = arms["NCT02981173", "psilocybin-low"]
    assert low.lesser
    assert low.placement.most_likely == "microdose"
    found = disagreements(tuple(arms.values()))
    assert ten in found
    assert [a.lesser for a in found] == sorted(a.lesser for a in found)


def test_animals_are_not_placed_by_bands_of_people(arms):
    animals = [a for a in arms.values() if a.layer == "animals"]
    assert animals
    assert all(a.verdict == "not placed" and a.peak is None for a in animals)


@pytest.mark.parametrize(
    ("record", "arm", "mg", "hours"),
    [
        ("amr-2010-spinal-cord-injury", "ketamine", 80, 5),
        ("cohen-2018-consensus-guideline", "crps-4-day", 22 * 96, 96),
        ("cohen-2018-consensus-guideline", "crps-10-day", 0.35 * 70 * 4, 4),
        ("bouwense-2011-chronic-pancreatitis", "ketamine", 0.12 * 70 * 3, 3),
        ("kiefer-2008-crps-s-ketamine", "ketamine", 5000, 240),
        ("gottrup-2006-nerve-injury", "ketamine", 0.24 * 70, 0.5),
        ("bosma-2018-ketamine-neuropathic-fmri", "ketamine", 1.1 * 70 * 6, 6),
        ("kim-2015-postherpetic-magnesium", "ketamine", 70, 1),
        ("schwartzman-2009-crps", "ketamine", 0.35 * 70 * 4, 4),
        ("correll-2004-crps", "ketamine", 50 * 4.7 * 24, 4.7 * 24),
    ],
)
def test_infusions_are_read_with_their_length(base, record, arm, mg, hours):
    found = next(a for a in base.studies[record].arms if a.id == arm)
    got = regimen_of(found)
    assert got.doses[0].mg(70.0) == pytest.approx(mg)
    assert got.schedule.durations == pytest.approx((hours,))


def test_ketamine_stands_under_its_route_and_never_in_a_class(arms):
    ketamine = [a for a in arms.values() if a.substance in ("ketamine", "esketamine")]
    assert {a.group for a in ketamine} <= {"by route", "animals", "summary", "no dose"}
    assert sum(a.group == "by route" for a in ketamine) > 90
    assert all(a.placement is None or a.placement.probabilities is None for a in ketamine)


@pytest.mark.parametrize(
    ("record", "arm", "doses", "route"),
    [
        ("ley-2023-mescaline-lsd-psilocybin", "mescaline", (300.0, 500.0), "oral"),
        ("madsen-2019-psilocybin-5ht2a-occupancy", "psilocybin", (3.0, 30.0), "oral"),
    ],
)
def test_a_dose_that_stands_beside_the_schedule_is_read(base, arms, record, arm, doses, route):
    found = arms[record, arm]
    assert found.placement.probabilities is not None
    assert found.route == route
    got = regimen_of(next(a for a in base.studies[record].arms if a.id == arm))
    values = [d.value for d in got.doses]
    assert (values[0], values[-1]) == pytest.approx(doses)
    # The bands are in micrograms of base, so what the dose of a salt means is said.
    assert "given as base" in arms["NCT05477459", "lsd"].why
    # "dose up to 30 mg" has no lower end, and two registrations that differ are no dose.
    assert arms["jcm-2022-psilocybin-depression-trajectory", "psilocybin"].placement is None
    assert arms["NCT05351541", "zolpidem-modafinil"].placement is None


def test_the_authors_own_word_is_kept_beside_label_and_bands(arms):
    """One dose, three names: the paper's title, its registration, and how the record files it."""
    paper = arms["schindler-2022-cluster-headache", "psilocybin"]
    assert (paper.word, paper.label, paper.placement.most_likely) == (
        "low-dose", "macrodose", "psycholytic",
    )  # fmt: skip
    assert arms["NCT02981173", "psilocybin-high"].word == "high"
    assert arms["fanciullacci-1977-phantom-limb-pain-lsd", "lsd"].word == "sub-hallucinogenic"
    # The title names two classes, which says nothing about either arm.
    assert arms["bonnelle-2022-chronic-pain-survey", "microdose"].word == ""


def test_areas_are_known_where_peaks_are_not(arms):
    short = next(a for a in arms.values() if a.record.startswith("lumanauw") and "0.5" in a.arm)
    assert short.peak is None
    # Dose over clearance: 35 mg over 79 L/h.
    assert short.area[0] == pytest.approx(35_000 / 79, rel=0.05)
    assert short.area[1] < short.area[0] < short.area[2]
    # A bolus with an infusion of a length nobody wrote down has no known amount.
    assert arms["NCT05306899", "ketamine"].area is None


def test_occupancy_agrees_with_every_figure_the_base_holds(data):
    """Measured: 39.5 % (SD 10.9) after 10 mg in four people, at most 72 % after up to 30 mg in eight."""
    relation = data.relations["psilocybin"]
    model = data.models["psilocybin", "oral"]
    at_scan = relation.percent(np.linspace(0.5, 1, 4000) * model.typical("cmax", 10.0))
    assert np.quantile(at_scan, 0.05) < 39.5 < np.quantile(at_scan, 0.95)
    assert (relation.maximum >= 72).all()
    assert any("34.8 ng/mL" in a for a in relation.assumptions)
    assert (relation.percent(np.full(4000, 35.0)) >= 71.9).all()


def test_short_infusions_of_ketamine_give_no_peak(arms):
    short = next(a for a in arms.values() if a.record.startswith("lumanauw"))
    assert short.peak is None
    assert "distribution phase" in short.peak_why
    long = arms["cohen-2018-consensus-guideline", "crps-4-day"]
    # Rate over clearance: 22 mg/h over 79 L/h.
    assert long.peak[0] == pytest.approx(22_000 / 79, rel=0.01)


def test_published_regimens_are_described(base):
    got = regimen_exposure(base, "psilocybin-holze2023-25mg-cmax")
    assert got.words == "psilocybin 25 mg oral"
    assert any("ng/mL" in text for _, text in got.lines)
    with pytest.raises(NotKnownError, match="no row"):
        regimen_exposure(base, "nothing")
    with pytest.raises(NotKnownError, match="no dose"):
        regimen_exposure(base, "psycholytic-concept")


def test_every_row_of_the_dose_tables_is_described_or_refused(base):
    described = 0
    for table in ("pk_parameters", "dose_bands", "dose_equivalence"):
        for row in getattr(base, table):
            try:
                got = regimen_exposure(base, row.id)
            except ExposureError:
                continue
            described += 1
            assert got.lines
            assert "nan" not in str(got.to_dict()).lower().replace("nanometre", "")
    assert described > 100
