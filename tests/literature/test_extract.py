"""A skeleton holds what the record words, each value with its words, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aponia.cli.literature import app
from aponia.evidence import Study, load
from aponia.evidence.textio import parse_yaml
from aponia.literature import Record
from aponia.literature.extract import Draft, extract
from aponia.literature.writers import write

VOCABULARY = load().vocabulary
TRIAL = Record(
    "1", title="Low-dose psilocybin in cluster headache: results from a randomized, double-blind, placebo-controlled trial.",
    abstract="METHODS: In this parallel-group study 16 participants were randomized to receive psilocybin (0.143 mg/kg) or placebo. RESULTS: 14 were included in the analysis. NCT02981173.",
    authors=("Schindler, Emmanuelle A D", "Sewell, R A"), year=2022, journal="Headache", doi="10.1111/head.14420", pmid="36416492",
    registrations=("NCT02981173",), nct="NCT02981173", types=("Journal Article", "Randomized Controlled Trial"),
)  # fmt: skip


def draft(record: Record) -> Draft:
    return extract(record, substances=VOCABULARY.substances, conditions=VOCABULARY.conditions)


def titled(title: str, abstract: str = "") -> dict[str, object]:
    return draft(replace(TRIAL, title=title, abstract=abstract, types=())).skeleton


def test_what_the_record_states_is_filled() -> None:
    made = draft(TRIAL)
    filled = made.skeleton
    assert filled["id"] == "schindler-2022-cluster-headache"
    assert (filled["first_author"], filled["year"], filled["doi"], filled["pmid"]) == (
        "Schindler",
        2022,
        "10.1111/head.14420",
        36416492,
    )
    assert (filled["design"], filled["condition"], filled["substances"]) == (
        "rct-parallel",
        "cluster-headache",
        ["psilocybin"],
    )
    assert (filled["population"]["n_randomized"], filled["population"]["n_analysed"]) == (16, 14)
    assert (filled["comparator"], filled["blinding"]["masking"]) == ("placebo", "double-blind")
    (arm,) = filled["arms"]
    assert (arm["dose"], arm["dose_unit"], arm["dose_text"], arm["n"]) == (
        0.143,
        "mg/kg",
        "0.143 mg/kg",
        None,
    )
    assert filled["registrations"] == ["NCT02981173"]
    assert filled["outcomes"] == []
    assert filled["country"] is None
    assert filled["approach"] is None


def test_every_value_has_its_words_in_the_record() -> None:
    made = draft(TRIAL)
    places = {"title": TRIAL.title, "abstract": TRIAL.abstract, "authors": " ".join(TRIAL.authors)}
    for item in made.filled:
        assert item.source == "record"
        assert item.quotation
        if item.part in places:
            assert item.quotation in places[item.part]
    stated = {f.field.split("[")[0].split(".")[0] for f in made.filled}
    empty = (None, [], {}, "")
    derived = {"id", "sources", "read", "adverse_events"}
    assert {k for k, v in made.skeleton.items() if v not in empty} - derived <= stated


def test_the_file_is_yaml_of_the_format_and_passes_once_completed() -> None:
    raw = parse_yaml(draft(TRIAL).to_yaml())
    assert set(raw) <= set(Study.model_fields)
    raw |= {"approach": "macrodose", "population": raw["population"] | {"description": "adults"}}
    study = Study.model_validate(raw)
    assert study.arms[0].dose == 0.143


def test_where_the_words_allow_two_values_none_is_taken() -> None:
    made = draft(replace(TRIAL, abstract="", types=()))
    assert made.skeleton["design"] is None
    assert any("rct-parallel" in t and "rct-crossover" in t for t in made.to_complete)
    assert titled("Ketamine in migraine and fibromyalgia")["condition"] is None
    two = titled(
        "Ketamine in migraine",
        "20 patients were randomized. Of these 18 patients were randomized again.",
    )
    assert two["population"]["n_randomized"] is None  # type: ignore[index]


@pytest.mark.parametrize(
    ("title", "abstract", "design"),
    [
        ("Ketamine for migraine: a systematic review and meta-analysis of randomized trials", "", "meta-analysis"),
        ("LSD and pain: a systematic review", "", "systematic-review"),
        ("Psilocybin in phantom limb pain: a case report", "", "case-report"),
        ("LSD and pain tolerance", "A randomized crossover trial in healthy volunteers.", "healthy-volunteer-rct"),
        ("Ketamine for CRPS", "Patients were randomized in a cross-over design.", "rct-crossover"),
        ("Psychedelics in headache: an online survey of users", "", "survey"),
        ("Ketamine for pain: a non-randomized comparison", "", "non-randomized-controlled"),
        ("An open-label trial of psilocybin in fibromyalgia", "", "open-label"),
        ("Psilocybin and pain", "We discuss mechanisms.", None),
        ("Ketamine for migraine", "A recent systematic review found little. We observed 12 patients.", None),
        ("Ketamine for migraine", "We conducted a systematic review of trials.", "systematic-review"),
        ("Ketamine for CRPS", "Patients were randomized to parallel groups, as healthy volunteers were before.", None),
    ],
)  # fmt: skip
def test_designs(title: str, abstract: str, design: str | None) -> None:
    assert titled(title, abstract)["design"] == design


def test_the_longer_term_is_the_one_that_is_meant() -> None:
    assert titled("Ketamine in chronic cluster headache")["condition"] == "cluster-headache"
    assert titled("Esketamine for postoperative pain")["substances"] == ["esketamine"]
    assert titled("Psychedelics and LSD in migraines")["substances"] == ["lsd"]
    assert titled("Psychedelics in migraine")["substances"] == ["classic-psychedelics-mixed"]
    # Comparators and everyday words are no substance of the study.
    assert titled("Acid reflux and midazolam in low back pain")["substances"] == []


@pytest.mark.parametrize(
    ("text", "doses"),
    [
        ("We gave 25 mg of psilocybin.", [(25.0, "mg")]),
        ("LSD 100 µg or placebo", [(100.0, "ug")]),
        ("ketamine infusion (0.5 mg/kg/h)", [(0.5, "mg/kg/h")]),
        ("ketamine 10-20 mg", []),
        ("Morphine 10 mg was rescue; ketamine was the study drug.", []),
        ("psilocybin, and later a diet of 25 mg sodium", []),
    ],
)
def test_doses_only_where_they_stand_beside_the_substance(
    text: str, doses: list[tuple[float, str]]
) -> None:
    title = f"{'Psilocybin' if 'psilo' in text else 'LSD' if 'LSD' in text else 'Ketamine'} for migraine"
    arms = titled(title, text)["arms"]
    assert [(a["dose"], a["dose_unit"]) for a in arms] == doses  # type: ignore[attr-defined]


def test_a_registration_and_a_protocol_are_named_as_such() -> None:
    with pytest.raises(ValueError, match="trials/"):
        draft(replace(TRIAL, types=("Trial Registration",)))
    protocol = draft(
        replace(TRIAL, title="Psilocybin for migraine: protocol for a randomised trial")
    )
    assert any("protocol" in t for t in protocol.to_complete)


def test_an_empty_record_gives_an_empty_skeleton() -> None:
    made = draft(Record("1"))
    assert made.filled == ()
    assert made.skeleton["id"] is None
    assert any(t.startswith("title:") for t in made.to_complete)


def test_the_command_writes_once_and_says_what_is_missing(tmp_path: Path) -> None:
    source = tmp_path / "a.ris"
    source.write_text(
        write([TRIAL, replace(TRIAL, id="2", title="Other", doi="10.1000/other", pmid="1")], "ris")
    )
    arguments = ["extract", str(source), "--id", "36416492", "--out", str(tmp_path)]
    run = CliRunner()
    result = run.invoke(app, arguments, catch_exceptions=False)
    path = tmp_path / "schindler-2022-cluster-headache.yaml"
    assert path.read_text().startswith("# DRAFT")
    assert "population.description" in result.stderr
    with pytest.raises(ValueError, match="exists"):
        run.invoke(app, arguments, catch_exceptions=False)
    with pytest.raises(ValueError, match="2 records"):
        run.invoke(app, ["extract", str(source)], catch_exceptions=False)
    answer = json.loads(
        run.invoke(
            app, ["extract", str(source), "--id", "1", "--json"], catch_exceptions=False
        ).stdout
    )
    assert {"skeleton", "filled", "to_complete", "schema", "file"} == set(answer)


def test_only_included_publications_of_a_review(tmp_path: Path) -> None:
    db = f"sqlite:///{tmp_path}/r.sqlite"
    (tmp_path / "a.ris").write_text(write([TRIAL], "ris"))
    run = CliRunner()

    def call(*words: object) -> str:
        return run.invoke(app, [str(w) for w in words], catch_exceptions=False).stdout

    call("import", tmp_path / "a.ris", "--db", db, "--reviewers", 1)
    shown = json.loads(call("next", "--db", db, "--reviewer", "ann", "--json"))
    number = shown["next"][0]["publication"]
    with pytest.raises(ValueError, match="not included"):
        call("extract", "--db", db, "--publication", number)
    call("decide", number, "include", "--db", db, "--reviewer", "ann")
    assert "psilocybin" in call("extract", "--db", db, "--publication", number)
