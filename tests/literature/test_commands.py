"""The commands of the living search, as a person or a script calls them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aponia.cli.literature import app

RUN = CliRunner()
RIS = "TY  - JOUR\nID  - {i}\nTI  - {t}\nAU  - Doe, Jane\nPY  - 2020\nJF  - Pain\nVL  - {v}\nSP  - {p}\nER  - \n"


def call(*arguments: object) -> str:
    result = RUN.invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "t.csv"
    with path.open("w", newline="") as f:
        writer = csv.writer(f)
        writer.writerow(["record_id", "title", "abstract", "authors", "year", "label"])
        for i in range(60):
            topic = (
                "psilocybin cluster headache prophylaxis"
                if i % 6 == 0
                else "asthma education in rural schools"
            )
            writer.writerow(
                [
                    i,
                    f"{topic} report number {i}",
                    f"{topic} with {i} participants",
                    "Doe, J.",
                    2000 + i % 20,
                    int(i % 6 == 0),
                ]
            )
    return path


def test_simulate_prints_the_contract(table: Path) -> None:
    answer = json.loads(call("simulate", table, "--label", "label", "--seed", 3, "--json"))
    assert {"order", "recall", "wss95", "rrf10", "atd", "records_to_95", "seconds"} <= answer.keys()
    assert len(answer["order"]) == len(answer["recall"]) == 58
    assert answer["records_to_95"] <= 15
    same = json.loads(
        call(
            "simulate",
            table,
            "--label",
            "label",
            "--priors",
            ",".join(answer["priors"]),
            "--seed",
            3,
            "--json",
        )
    )
    assert same["order"] == answer["order"]
    with pytest.raises(ValueError, match="columns are label"):
        RUN.invoke(app, ["simulate", str(table), "--label", "nope"], catch_exceptions=False)


def test_dedupe_with_gold(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    rows = ["id,title,author,year,journal,volume,pages,truth"]
    rows += [
        'a,Psilocybin for cluster headache,"Doe, J.",2020,Pain,5,10-19,1',
        'b,PSILOCYBIN for cluster headache.,"Doe, J.",2020,Pain,5,10-9,1',
        'c,Ketamine in neuropathic pain,"Roe, K.",2020,Pain,5,30-39,2',
    ]
    path.write_text("\n".join(rows))
    answer = json.loads(call("dedupe", path, "--gold", "truth", "--json"))
    assert [c["records"] for c in answer["clusters"]] == [["a", "b"]]
    assert (
        answer["gold"]["recall"],
        answer["gold"]["precision"],
        answer["gold"]["specificity"],
    ) == (1.0, 1.0, 1.0)
    (tmp_path / "g.csv").write_text("id,cluster\na,1\nb,1\nc,2\n")
    assert (
        json.loads(call("dedupe", path, "--gold", tmp_path / "g.csv", "--json"))["gold"]["fp"] == 0
    )
    assert "2 publications" in call("dedupe", path)


def test_a_review_from_import_to_diagram(tmp_path: Path) -> None:
    db = f"sqlite:///{tmp_path}/r.sqlite"
    (tmp_path / "a.ris").write_text(
        "".join(
            RIS.format(i=i, t=f"Report {w} on pain", v=i + 1, p=10 * i + 1)
            for i, w in enumerate(("alpha one", "beta two", "gamma three"))
        )
    )
    told = json.loads(call("import", tmp_path / "a.ris", "--db", db, "--reviewers", 1, "--json"))
    assert told["files"][0]["new"] == 3
    shown = json.loads(call("next", "--db", db, "--reviewer", "ann", "--json"))
    assert len(shown["next"]) == 3
    first = shown["next"][0]["publication"]
    told = json.loads(call("decide", first, "include", "--db", db, "--reviewer", "ann", "--json"))
    assert told["counts"]["included"] == 1
    shown = json.loads(call("next", "--db", db, "--reviewer", "ann", "--json"))
    assert first not in [item["publication"] for item in shown["next"]]
    assert shown["progress"]["decided"] == 1
    out = json.loads(call("export", "--db", db, "--state", "included", "--json"))
    assert [r["id"] for r in out["records"]] == [str(first)]
    assert json.loads(call("audit", "--db", db, "--json"))["chain"] == "intact"
    assert json.loads(call("agreement", "--db", db, "--json"))["pairs"] == []
    call("decide", first, "undo", "--db", db, "--reviewer", "ann")
    assert (
        json.loads(call("next", "--db", db, "--reviewer", "ann", "--json"))["progress"]["decided"]
        == 0
    )
    with pytest.raises(ValueError, match="there are: 'review'"):
        RUN.invoke(app, ["prisma", "--db", db, "--review", "nope"], catch_exceptions=False)
    assert json.loads(call("prisma", "--db", db, "--json"))["identified"] == 3
    assert call("prisma", "--db", db).startswith("<svg")


def test_convert(tmp_path: Path) -> None:
    (tmp_path / "a.ris").write_text(RIS.format(i=1, t="T", v=1, p=2))
    assert call("convert", tmp_path / "a.ris", "--to", "bibtex").startswith("@article{1,")
    told = json.loads(
        call("convert", tmp_path / "a.ris", "--to", "csv", "--out", tmp_path / "a.csv", "--json")
    )
    assert [r["title"] for r in told["records"]] == ["T"]
    assert (tmp_path / "a.csv").is_file()


def test_people_are_added_without_their_password_in_the_arguments(tmp_path: Path) -> None:
    db = f"sqlite:///{tmp_path}/r.sqlite"
    made = RUN.invoke(
        app,
        ["users", "add", "ann", "--role", "editor", "--db", db],
        input="correct horse battery\n",
    )
    assert made.exit_code == 0
    assert json.loads(call("users", "list", "--db", db, "--json")) == [
        {"name": "ann", "role": "editor", "active": True}
    ]
    call("users", "change", "ann", "--disable", "--db", db)
    assert "may not sign in" in call("users", "list", "--db", db)


def test_the_pages_are_not_opened_to_others_before_anyone_needs_a_password(tmp_path: Path) -> None:
    db = f"sqlite:///{tmp_path}/r.sqlite"
    with pytest.raises(ValueError, match="users add"):
        RUN.invoke(app, ["screen", "--host", "0.0.0.0", "--db", db], catch_exceptions=False)
    with pytest.raises(ValueError, match="nobody could sign in"):
        RUN.invoke(app, ["screen", "--login", "--db", db], catch_exceptions=False)
