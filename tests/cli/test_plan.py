"""``aponia plan`` at the terminal."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from aponia.cli.main import app
from aponia.planning import PlanningError

QUICK = ["--simulations", "200", "--largest", "40", "--n", "40"]


def test_json_holds_the_whole_plan() -> None:
    done = CliRunner().invoke(
        app, ["plan", "psilocybin for cluster headache", "--json", "--set", "bout_weeks=8", *QUICK]
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["question"] == "psilocybin-cluster-headache"
    assert found["endpoint"]["bout_weeks"] == 8
    assert {"for_power", "for_assurance", "operating", "unblinding", "assumptions"} <= set(found)


def test_text_shows_sizes_sources_and_warnings() -> None:
    done = CliRunner().invoke(
        app, ["plan", "LSD cluster headache", "--design", "sequential", *QUICK]
    )
    assert done.exit_code == 0, done.output
    text = " ".join(done.stdout.split())
    for part in (
        "What is believed",
        "Looks",
        "What it rests on",
        "no medical advice",
        "assumed, not read",
    ):
        assert part in text


def test_a_value_without_a_number_is_refused() -> None:
    done = CliRunner().invoke(app, ["plan", "psilocybin for migraine", "--set", "placebo_change"])
    assert isinstance(done.exception, ValueError)
    assert "name=number" in str(done.exception)


@pytest.mark.parametrize("arguments", [["--looks", "0"], ["--design", "best"]])
def test_wrong_choices_are_refused(arguments: list[str]) -> None:
    done = CliRunner().invoke(app, ["plan", "psilocybin for migraine", *arguments])
    assert isinstance(done.exception, PlanningError)
