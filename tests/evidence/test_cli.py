"""``aponia evidence``: output, exit codes, one clear message and never a traceback."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from aponia.cli.evidence import app

CLUSTER = "schindler-2022-cluster-headache"
FIELD = "outcomes[0].results[0].change_mean"


@pytest.fixture
def run(small: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("APONIA_EVIDENCE", str(small))
    return lambda *args: CliRunner().invoke(app, list(args))


def test_check_counts_by_kind(run: Callable[..., Result]) -> None:
    result = run("check")
    assert result.exit_code == 0
    assert "studies                  5" in result.stdout
    assert result.stdout.endswith("No problems.\n")
    assert json.loads(run("check", "--json").stdout)["counts"]["trials"] == 1


def test_check_prints_every_problem_and_exits_1(
    run: Callable[..., Result], edit: Callable[[str, str, str], Path]
) -> None:
    edit(f"studies/{CLUSTER}.yaml", "year: 2022", "year: soon")
    edit("trials/NCT02981173.yaml", "phase: Phase 1", "phase: first")
    result = run("check")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == (f"studies/{CLUSTER}.yaml:5: year: found 'soon'; expected a whole number")
    assert lines[1].startswith("trials/NCT02981173.yaml:")
    assert "2 problems in 2 files" in result.stderr
    problems = json.loads(run("check", "--json").stdout)["problems"]
    assert [p["field"] for p in problems] == ["year", "phase"]
    assert set(problems[0]) == {"file", "line", "field", "found", "expected"}


def test_show(run: Callable[..., Result]) -> None:
    text = run("show", CLUSTER).stdout
    assert text.startswith(f"study {CLUSTER}\n")
    assert "change_mean: -3.2" in text
    record = json.loads(run("show", CLUSTER, "--json").stdout)
    assert (record["kind"], record["id"], record["year"]) == ("study", CLUSTER, 2022)
    row = json.loads(run("show", "psilocybin-holze2023-15mg-cmax", "--json").stdout)
    assert (row["kind"], row["value"]) == ("pk_parameters", 11)
    assert row["disagreements"][0]["values"][1]["value"] == "geometric mean"
    assert "phase: Phase 1" in run("show", "NCT02981173").stdout


def test_trace(run: Callable[..., Result]) -> None:
    text = run("trace", CLUSTER, FIELD).stdout
    assert "value       -3.2 attacks/week" in text
    assert "arm         psilocybin" in text
    assert f"file        studies/{CLUSTER}.yaml:44" in text
    assert "source      https://pubmed.ncbi.nlm.nih.gov/36416492/ (pubmed-abstract)" in text
    found = json.loads(run("trace", CLUSTER, FIELD, "--json").stdout)
    assert (found["value"], found["unit"], found["read"]) == (-3.2, "attacks/week", "abstract")
    text = run("trace", CLUSTER, "arms[0].dose").stdout
    assert "0.413: one journal commentary, a misprint" in text
    assert "not known (null)" in run("trace", CLUSTER, "population.age_mean").stdout


def test_export(run: Callable[..., Result], tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run("export", "--format", "csv").stdout)))
    assert {"study", "arm", "change_mean"} <= set(rows[0])
    assert json.loads(run("export", "--format", "json").stdout)["counts"]["studies"] == 5
    assert run("export", "--format", "ris").stdout.count("TY  - ") == 5
    assert run("export", "--format", "bibtex").stdout.count("@article{") == 5
    out = tmp_path / "made" / "out"
    result = run("export", "--format", "csv", "--out", str(out))
    assert result.exit_code == 0
    assert {"studies.csv", "results.csv", "contrasts.csv", "trials.csv"} <= {
        p.name for p in out.iterdir()
    }


def _aponia(*args: str, base: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from aponia.cli import main; main()", "evidence", *args],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "APONIA_EVIDENCE": str(base)},
    )


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (("show", "nobody"), 1, "No study, trial or table row has the id 'nobody'"),
        (("trace", CLUSTER, "outcome"), 1, "has no field 'outcome'"),
        (("check", "--evidence", "/nowhere/at/all"), 1, "No evidence base at /nowhere/at/all"),
        (("export", "--format", "fhir"), 2, "fhir"),
        (("trace", CLUSTER), 2, "FIELD"),
        (("nothing",), 2, "nothing"),
    ],
)
def test_errors_are_one_message(
    small: Path, args: tuple[str, ...], code: int, message: str
) -> None:
    run = _aponia(*args, base=small)
    assert run.returncode == code
    assert message in run.stderr
    assert "Traceback" not in run.stderr
    assert run.stdout == ""


def test_a_broken_base_is_one_message_that_says_how_to_see_all(
    small: Path, edit: Callable[[str, str, str], Path]
) -> None:
    edit(f"studies/{CLUSTER}.yaml", "year: 2022", "year: soon")
    run = _aponia("show", CLUSTER, base=small)
    assert run.returncode == 1
    assert "1 problem" in run.stderr
    assert "aponia evidence check" in run.stderr
    assert "Traceback" not in run.stderr
