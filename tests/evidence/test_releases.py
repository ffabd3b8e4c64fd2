"""Past versions in a base: kept, compared from the terminal, and never of a name nobody can read."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from aponia.answers import read_snapshot
from aponia.cli.main import app
from aponia.evidence import check, load

run = CliRunner().invoke


@pytest.fixture
def kept(small, tmp_path):
    """A small base that keeps a snapshot of itself as version 0.0.1."""
    (small / "release.yaml").write_text('version: "0.0.1"\nreleased: "2025-01-01"\n', encoding="utf-8")  # fmt: skip
    out = small / "releases" / "0.0.1.json.gz"
    result = run(app, ["evidence", "snapshot", "--out", str(out), "--evidence", str(small)])
    assert result.exit_code == 0, result.output
    (small / "release.yaml").write_text('version: "0.0.2"\nreleased: "2026-01-01"\n', encoding="utf-8")  # fmt: skip
    return small


def test_a_kept_version_counts_for_the_digest_and_passes_the_check(kept):
    before = load(kept).digest
    assert check(kept) == []
    assert list(load(kept).releases) == ["0.0.1"]
    (kept / "releases" / "0.0.1.json.gz").rename(kept / "releases" / "0.0.3.json.gz")
    assert load(kept).digest != before


@pytest.mark.parametrize(
    ("name", "content"),
    [("notes.txt", b"x"), ("1.0.json.gz", b"\x1f\x8b"), ("1.0.0.json.gz", b"{}")],
)
def test_other_files_in_the_folder_are_problems(kept, name, content):
    (kept / "releases" / name).write_bytes(content)
    (problem,) = check(kept)
    assert problem.file == f"releases/{name}"


def test_versions_are_in_order_of_number_not_of_letters(kept):
    data = (kept / "releases" / "0.0.1.json.gz").read_bytes()
    for version in ("0.0.10", "0.0.9"):
        (kept / "releases" / f"{version}.json.gz").write_bytes(data)
    assert list(load(kept).releases) == ["0.0.1", "0.0.9", "0.0.10"]


def test_changes_are_told_in_words_and_as_json(kept):
    path = kept / "trials" / "NCT02981173.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("sponsor:", "sponsor: Somebody else #", 1), encoding="utf-8")
    told = run(app, ["evidence", "changes", "--evidence", str(kept)])
    assert told.exit_code == 0, told.output
    assert "0.0.1 to 0.0.2: No answer flipped. One registered trial changed." in told.output
    assert "NCT02981173: corrected: sponsor" in told.output
    data = json.loads(run(app, ["evidence", "changes", "0.0.1", "0.0.2", "--json", "--evidence", str(kept)]).output)  # fmt: skip
    (record,) = data["records"]
    assert record["fields"][0]["new"] == "Somebody else"
    back = run(app, ["evidence", "changes", "0.0.2", "0.0.1", "--evidence", str(kept)])
    assert "0.0.2 to 0.0.1" in back.output


def test_a_version_nobody_kept_is_named(kept):
    result = run(app, ["evidence", "changes", "9.9.9", "--evidence", str(kept)])
    assert result.exit_code == 1
    assert "9.9.9: no version of this base (kept: 0.0.1, 0.0.2)" in str(result.exception)


def test_a_broken_version_fails_the_check(kept):
    (kept / "releases" / "0.0.1.json.gz").write_bytes(b"\x1f\x8bnothing")
    result = run(app, ["evidence", "check", "--evidence", str(kept)])
    assert result.exit_code == 1
    assert "releases/0.0.1.json.gz" in str(result.exception)


def test_a_snapshot_on_standard_output_can_be_read_again(kept):
    result = run(app, ["evidence", "snapshot", "--evidence", str(kept), "--note", "for a test"])
    taken = read_snapshot(result.output.encode())
    assert (taken.version, taken.note) == ("0.0.2", "for a test")
