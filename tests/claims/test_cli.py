"""`aponia check` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aponia.cli.main import app


def _run(*args: str, stdin: str | None = None):
    return CliRunner().invoke(app, ["check", *args], input=stdin)


def test_article_as_json_report_and_text(tmp_path: Path):
    article = tmp_path / "a.md"
    article.write_text("# On pain\n\nPsilocybin cures cluster headaches.\n", encoding="utf-8")
    out = tmp_path / "r.html"
    result = _run(str(article), "--json", "--html", str(out))
    assert result.exit_code == 0
    assert json.loads(result.stdout)["claims"][0]["verdict"] == "contradicted"
    assert "<!doctype html>" in out.read_text(encoding="utf-8")
    plain = _run("-", stdin="Psilocybin cures cluster headaches.")
    assert plain.exit_code == 0
    assert "contradicted" in plain.stdout


def test_batch_and_evaluation(tmp_path: Path):
    lines = tmp_path / "c.jsonl"
    lines.write_text(
        '{"id": "x1", "claim": "Ketamine is not addictive.", "verdict": "contradicted"}\n\n',
        encoding="utf-8",
    )
    batch = _run("--claims", str(lines), "--json")
    row = json.loads(batch.stdout)
    assert {
        "id",
        "verdict",
        "claim_type",
        "substances",
        "condition",
        "approach",
        "direction",
        "certainty_wording",
        "issues",
        "evidence",
        "explanation",
    } <= set(row)
    assert row["id"] == "x1"
    assert row["verdict"] == "contradicted"
    assert json.loads(_run("--evaluate", str(lines), "--json").stdout)["strict"] == 1.0
    assert "Strict accuracy" in _run("--evaluate", str(lines)).stdout


@pytest.mark.parametrize("args", [(), ("a", "--claims", "b"), ("--claims", "b", "--html", "c")])
def test_usage(args: tuple[str, ...]):
    assert _run(*args).exit_code == 2


@pytest.mark.parametrize("content", ["not json\n", '{"id": 1}\n', "[1]\n"])
def test_bad_lines_are_named(tmp_path: Path, content: str):
    lines = tmp_path / "c.jsonl"
    lines.write_text(content, encoding="utf-8")
    result = _run("--claims", str(lines))
    assert isinstance(result.exception, ValueError)
    assert "line 1" in str(result.exception)
