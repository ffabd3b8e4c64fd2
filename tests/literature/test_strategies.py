"""The shipped search strategies say what the vocabulary says, in each source's own syntax."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from urllib.parse import quote

import pytest
from typer.testing import CliRunner

from aponia.cli.literature import app
from aponia.evidence import load as load_evidence
from aponia.literature.strategies import NAMES, build, load, to_yaml
from aponia.literature.strategies.concepts import concepts

VOCABULARY = load_evidence().vocabulary
BUILT = build(VOCABULARY.substances, VOCABULARY.conditions)


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_file_is_what_the_vocabulary_gives(name: str) -> None:
    # When this fails the vocabulary has changed: aponia literature strategy --write src/aponia/literature/strategies
    shipped = files("aponia.literature.strategies").joinpath(f"{name}.yaml").read_text("utf-8")
    assert shipped == to_yaml(BUILT[name])


@pytest.mark.parametrize("name", NAMES)
def test_every_file_has_date_author_and_the_sixteen_items_of_prisma_s(name: str) -> None:
    strategy = load(name)
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", strategy["written"])
    assert strategy["author_role"]
    assert [int(key.split()[0]) for key in strategy["prisma_s"]] == list(range(1, 17))
    # Nobody has run them or read them as a librarian: the files must not say so.
    assert "none yet" in strategy["prisma_s"]["14 peer review"]
    assert (
        "not run yet" in strategy["syntax_checked"] or "was not run" in strategy["syntax_checked"]
    )


@pytest.mark.parametrize("name", NAMES)
def test_brackets_and_quotation_marks_match(name: str) -> None:
    for line in load(name)["lines"]:
        query = line["query"]
        assert query.count('"') % 2 == 0
        depth = 0
        for char in re.sub(r'"[^"]*"', "", query):
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(char, 0)
            assert depth >= 0
        assert depth == 0


def test_each_substance_and_condition_is_searched_for() -> None:
    drugs, ketamine, pain = concepts(VOCABULARY.substances, VOCABULARY.conditions)
    for word in (
        "psilocyb*",
        "lsd",
        "lysergic acid diethylamide",
        "dimethyltryptamine",
        "5-meo-dmt",
        "ayahuasca",
        "mescaline",
        "mdma",
        "ibogaine",
        "bol-148",
    ):
        assert word in drugs.terms
    assert {"ketamine", "esketamine"} <= set(ketamine.terms)
    assert {"pain", "headache*", "migrain*", "fibromyalgia", "neuralgi*"} <= set(pain.terms)
    # Drugs that are only compared with, street names and two-letter abbreviations would flood it.
    every = {t for c in (drugs, ketamine, pain) for t in c.terms}
    assert not every & {
        "midazolam",
        "gabapentin",
        "acid",
        "ecstasy",
        "toad",
        "ch",
        "fm",
        "doi",
        "depression",
    }


def test_the_syntax_of_each_source() -> None:
    lines = {name: [line["query"] for line in load(name)["lines"]] for name in NAMES}
    assert '"Psilocybin"[mh]' in lines["pubmed"][0]
    assert '"psilocyb*"[tiab]' in lines["pubmed"][0]
    assert lines["pubmed"][-1] == "(#1 OR #2) AND #3"
    assert lines["embase"][-1] == "(1 or 2) and 3"
    for name in ("embase", "psycinfo"):
        assert all("," not in q.split(").")[0].split("(", 1)[-1] for q in lines[name][:1])
        assert not any(re.search(r"\bOR\b|\"[a-z]+\*", q) for q in lines[name])
    # A phrase in quotation marks with a star finds nothing in CENTRAL.
    assert not any(
        "*" in phrase for q in lines["central"] for phrase in re.findall(r'"([^"]*)"', q)
    )
    assert lines["web-of-science"][0].startswith("TS=(")
    assert lines["scopus"][0].startswith("TITLE-ABS-KEY(")
    for name in ("openalex", "clinicaltrials-gov", "ctis", "ictrp"):
        assert not any("*" in q for q in lines[name])
    assert "," not in lines["openalex"][0]
    assert len("https://api.openalex.org/works?" + quote(lines["openalex"][0], safe=":=")) < 4096


def test_the_command_shows_them() -> None:
    run = CliRunner()
    listed = run.invoke(app, ["strategy"], catch_exceptions=False).stdout
    assert all(name in listed for name in NAMES)
    shown = run.invoke(app, ["strategy", "central"], catch_exceptions=False).stdout
    assert "PRISMA-S" in shown
    assert "Search manager" in shown
    assert (
        json.loads(
            run.invoke(app, ["strategy", "pubmed", "--json"], catch_exceptions=False).stdout
        )["source"]
        == "pubmed"
    )
    assert len(
        json.loads(run.invoke(app, ["strategy", "--json"], catch_exceptions=False).stdout)
    ) == len(NAMES)
    with pytest.raises(ValueError, match="there are pubmed"):
        run.invoke(app, ["strategy", "google"], catch_exceptions=False)
