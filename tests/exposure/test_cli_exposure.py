"""``aponia exposure`` describes study arms and published regimens and takes nobody's dose."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from aponia.cli.main import app

run = CliRunner().invoke


def test_an_arm_in_words_and_in_json():
    done = run(app, ["exposure", "schindler-2022-cluster-headache"])
    assert done.exit_code == 0, done.output
    for word in ("the study gave", "psycholytic", "differs", "derived", "not medical advice"):
        assert word in done.output
    data = json.loads(
        run(app, ["exposure", "schindler-2022-cluster-headache/psilocybin", "--json"]).output
    )
    (arm,) = data["arms"]
    assert sum(arm["placement"]["probabilities"].values()) == pytest.approx(1)
    assert arm["occupancy"]["status"] == "derived"
    assert arm["word"] == "low-dose"
    assert arm["area"][1] < arm["area"][0] < arm["area"][2]


def test_the_table_of_all_arms_and_of_disagreements():
    table = run(app, ["exposure"]).output
    assert "zeidan-2025-phantom-limb-pain-psilocybin" in table
    few = run(app, ["exposure", "--differs"]).output
    assert "zeidan-2025" not in few
    assert "NCT05477459/lsd" in few


def test_checks_show_predicted_beside_observed():
    shown = run(app, ["exposure", "--checks"]).output
    assert "28 of 41 figures no model was fitted to within 1.25-fold" in shown
    data = json.loads(run(app, ["exposure", "--checks", "--json"]).output)
    assert {"checks", "models", "score", "no_model"} == set(data)
    assert data["score"] == {"checks": 41, "within": 28, "possible": 36}
    assert all(c["predicted"] > 0 for c in data["checks"])


def test_a_published_regimen_by_its_row():
    done = run(app, ["exposure", "holze2022-20mg-100ug"])
    assert "lsd 0.1 mg" in done.output
    assert "regimen" in json.loads(run(app, ["exposure", "holze2022-20mg-100ug", "--json"]).output)


@pytest.mark.parametrize(
    "asked", ["25 mg", "25", "psilocybin", "schindler-2022-cluster-headache/nobody"]
)
def test_a_dose_is_not_an_answerable_question(asked):
    done = run(app, ["exposure", asked])
    assert done.exit_code == 1
    assert isinstance(done.exception, ValueError)
    assert "not a dose" in str(done.exception) or "no arm" in str(done.exception)
