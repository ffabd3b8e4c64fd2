"""``aponia literature simulate``: its contract holds for the tables people really have."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aponia.cli.literature import app

RUN = CliRunner()


def write(path: Path, labels: list[str], *, abstract: bool = False) -> Path:
    with path.open("w", newline="", encoding="utf-8") as handle:
        out = csv.writer(handle)
        out.writerow(["id", "title", *(["abstract"] if abstract else []), "keep"])
        for i, label in enumerate(labels):
            topic = (
                "Psilocybin for cluster headache" if i % 6 == 0 else "Diet and exercise at school"
            )
            out.writerow([f"r{i}", f"{topic}, report {i}", *(["Text."] if abstract else []), label])
    return path


def simulate(path: Path, *more: str) -> dict[str, object]:
    command = ["simulate", str(path), "--label", "keep", "--json", *more]
    result = RUN.invoke(app, command, catch_exceptions=False)
    assert result.exit_code == 0
    return dict(json.loads(result.stdout))


def test_titles_and_spelt_labels_without_an_abstract_column(tmp_path: Path) -> None:
    spelt = ["Included" if i % 6 == 0 else "excluded" for i in range(48)]
    answer = simulate(write(tmp_path / "a.csv", spelt), "--seed", "2")
    assert answer.keys() >= {"order", "recall", "wss95", "rrf10", "atd", "records_to_95", "seconds"}
    order, recall = answer["order"], answer["recall"]
    assert isinstance(order, list)
    assert isinstance(recall, list)
    assert len(order) == len(set(order)) == len(recall) == 46
    assert recall == sorted(recall)
    assert recall[-1] == 1.0
    numbers = ["1" if i % 6 == 0 else "0" for i in range(48)]
    same = simulate(write(tmp_path / "b.csv", numbers), "--seed", "2")
    # The spelling changes nothing, and the same seed gives the same order.
    assert same["order"] == order


def test_criteria_may_be_given(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.csv", ["yes" if i % 6 == 0 else "no" for i in range(24)], abstract=True
    )
    text = tmp_path / "criteria.txt"
    text.write_text("Trials of psilocybin for headache", encoding="utf-8")
    assert simulate(path, "--criteria", str(text))["order"] == simulate(path)["order"]


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (["1"] * 8, "8 relevant and 0 irrelevant"),
        (["0"] * 8, "0 relevant and 8 irrelevant"),
        (["1", "0", "", "1", "0"], "line 4.*found ''"),
        (["1", "0", "perhaps", "1"], "line 4.*'perhaps'"),
    ],
)
def test_what_can_not_be_simulated_is_said(tmp_path: Path, labels: list[str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        simulate(write(tmp_path / "a.csv", labels))
