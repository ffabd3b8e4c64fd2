"""Every rule of the checker: what it refuses, and that it says where."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from aponia.evidence import EvidenceError, check, load

Edit = Callable[[str, str, str], Path]
CLUSTER = "studies/schindler-2022-cluster-headache.yaml"
MIGRAINE = "studies/etchison-2018-migraine-ketamine.yaml"
HARMS = "studies/yerubandi-2024-psilocybin-acute-adverse-effects.yaml"
TRIAL = "trials/NCT02981173.yaml"
PK = "pharmacology/pk_parameters.csv"

# (file, what stands there, what is written instead, field of the problem, part of `expected`)
FAULTS = [
    # keys and types
    (CLUSTER, "year: 2022\n", "", "year", "this key"),
    (CLUSTER, "year: 2022", "year: '2022'", "year", "a whole number"),
    (CLUSTER, "year: 2022", "year: 2022.5", "year", "a whole number"),
    (CLUSTER, "year: 2022", "year: 12022", "year", "at most 2100"),
    (CLUSTER, "year: 2022", "year: 2022\nyears: 3", "years", "no such key"),
    (CLUSTER, "journal: Headache", "journal: [Headache]", "journal", "text"),
    (CLUSTER, "journal: Headache", "journal: '  '", "journal", "not blank"),
    (CLUSTER, "n_analysed: 14", "n_analysed: -14", "population.n_analysed", "at least 0"),
    (CLUSTER, "n_analysed: 14", "n_analysed: true", "population.n_analysed", "a whole number"),
    (CLUSTER, "female_percent: null", "female_percent: 140", "population.female_percent", "100"),
    (CLUSTER, "substances: [psilocybin]", "substances: []", "substances", "length"),
    (CLUSTER, "substances: [psilocybin]", "substances: psilocybin", "substances", "a list"),
    (CLUSTER, "change_mean: -3.2", "change_mean: -3.2e10", "outcomes[0].results[0].change_mean", "at least"),
    # codes and vocabulary
    (CLUSTER, "design: rct-parallel", "design: rct", "design", "one of rct-parallel"),
    (CLUSTER, "read: abstract", "read: skimmed", "read", "one of full-text"),
    (CLUSTER, "masking: double-blind", "masking: doubly", "blinding.masking", "one of none"),
    (CLUSTER, "condition: cluster-headache", "condition: clusters", "condition", "conditions"),
    (CLUSTER, "approach: macrodose", "approach: big", "approach", "approaches"),
    (CLUSTER, "substances: [psilocybin]", "substances: [soma]", "substances[0]", "substances"),
    (CLUSTER, "construct: attack-frequency", "construct: attacks", "outcomes[0].construct", "constructs"),
    (CLUSTER, "substance: placebo", "substance: sugar", "arms[1].substance", "substances"),
    (CLUSTER, "kind: pubmed-abstract", "kind: hearsay", "sources[0].kind", "one of abstract"),
    (CLUSTER, "country: US", "country: usa", "country", "form"),
    # dates, ids, addresses
    (TRIAL, "completion: \"2022-10-21\"", "completion: \"2022-02-30\"", "completion", "calendar"),
    (TRIAL, "completion: \"2022-10-21\"", "completion: \"21.10.2022\"", "completion", "form"),
    (TRIAL, "completion: \"2022-10-21\"", "completion: \"2012\"", "completion", "not before the start"),
    (CLUSTER, "10.1111/head.14420", "11.1111/head.14420", "doi", "form"),
    (CLUSTER, "pmid: 36416492", "pmid: 364164920000", "pmid", "at most"),
    (CLUSTER, "registrations: [NCT02981173]", "registrations: [NCT0298]", "registrations[0]", "form"),
    (CLUSTER, "pubmed-abstract, url: 'https://pubmed.ncbi.nlm.nih.gov/36416492/", "pubmed-abstract, url: 'https://www.ncbi.nlm.nih.gov/pubmed/36416492", "sources[0].url", "canonical"),
    (CLUSTER, "pubmed-abstract, url: 'https://pubmed.ncbi.nlm.nih.gov/36416492/", "pubmed-abstract, url: 'http://pubmed.ncbi.nlm.nih.gov/36416492/", "sources[0].url", "canonical"),
    (CLUSTER, "pubmed-abstract, url: 'https://pubmed.ncbi.nlm.nih.gov/36416492/", "pubmed-abstract, url: 'ftp://a.org/x", "sources[0].url", "https"),
    (CLUSTER, "pubmed-abstract, url: 'https://pubmed.ncbi.nlm.nih.gov/36416492/", "pubmed-abstract, url: 'https://a.org:80/x", "sources[0].url", "port"),
    (CLUSTER, "pubmed-abstract, url: 'https://pubmed.ncbi.nlm.nih.gov/36416492/", "pubmed-abstract, url: 'https://dx.doi.org/10.1111/x", "sources[0].url", "doi.org"),
    (TRIAL, "registry-copy, url: 'https://clinicaltrials.gov/study/NCT02981173", "registry-copy, url: 'https://clinicaltrials.gov/study/NCT02981174", "sources[0].url", "NCT02981173"),
    (CLUSTER, "supports: [population, arms, outcomes, adverse_events]", "supports: []", "sources[0]", "at least one"),
    # arithmetic
    (CLUSTER, "n_analysed: 14", "n_analysed: 17", "population.n_analysed", "n_randomized (16)"),
    (CLUSTER, "doses: 3,\n  schedule: same schedule, n: 6", "doses: 3,\n  schedule: same schedule, n: 26", "arms[1].n", "n_randomized (16)"),
    (CLUSTER, "doses: 3,\n  schedule: same schedule, n: 6", "doses: 3,\n  schedule: same schedule, n: 9", "arms", "n_randomized (16)"),
    (CLUSTER, "events: 4, total: 8", "events: 9, total: 8", "outcomes[4].results[0].events", "total (8)"),
    (CLUSTER, "events: 4, total: 8", "events: 4, total: 9", "outcomes[4].results[0].total", "n (8)"),
    (CLUSTER, "events: 4, total: 8", "events: 4, total: 8, percent: 40", "outcomes[4].results[0].percent", "50.0"),
    (CLUSTER, "change_ci95: [-8.3, 1.9]", "change_ci95: [1.9, -8.3]", "outcomes[0].results[0].change_ci95", "lower before upper"),
    (CLUSTER, "change_ci95: [-8.3, 1.9]", "change_ci95: [-3.0, 1.9]", "outcomes[0].results[0].change_ci95", "around change_mean"),
    (CLUSTER, "change_ci95: [-8.3, 1.9]", "change_ci95: [-8.3]", "outcomes[0].results[0].change_ci95", "two numbers"),
    (CLUSTER, "value: 0.69, ci95: null", "value: 0.69, ci95: [0.7, 0.9]", "outcomes[0].contrast.ci95", "around value"),
    (CLUSTER, "n: 8, baseline_mean: 9.6", "n: 80, baseline_mean: 9.6", "outcomes[0].results[0].n", "people of the study"),
    (CLUSTER, "{arm: psilocybin, n: 8, baseline_mean", "{arm: lsd, n: 8, baseline_mean", "outcomes[0].results[0].arm", "one of psilocybin, placebo"),
    (CLUSTER, "{arm: placebo, n: 6, baseline_mean", "{arm: psilocybin, n: 6, baseline_mean", "outcomes[0].results", "each value once"),
    (CLUSTER, "- {id: placebo", "- {id: psilocybin", "arms[1].id", "used once"),
    (CLUSTER, "value: 0.251}", "value: 1.251}", "outcomes[0].contrast.p.value", "at most 1"),
    (CLUSTER, "operator: '='", "operator: '=='", "outcomes[0].contrast.p.operator", "one of"),
    (CLUSTER, "value: 0.251}", "value: 0.0251}", "outcomes[0].contrast.significant", "p = 0.0251"),
    (CLUSTER, "favours: psilocybin", "favours: nobody", "outcomes[0].contrast.favours", "an arm"),
    (CLUSTER, "{measure: SMD, measure_text: SMD (Cohen d), value: 0.69", "{measure: null, value: 0.69", "outcomes[0].contrast.measure", "measure of the value"),
    (HARMS, "value: 1.99", "value: -1.99", "outcomes[0].contrast.value", "RR above 0"),
    # units
    (CLUSTER, "unit: attacks/week", "unit: attacks per week", "outcomes[0].unit", "one of"),
    (CLUSTER, "unit: attacks/week", "unit: pg/mL", "outcomes[0].unit", "fits attack-frequency"),
    (CLUSTER, "dose_unit: mg/kg", "dose_unit: stone", "arms[0].dose_unit", "one of mg"),
    (CLUSTER, "dose: 0.143, dose_unit: mg/kg", "dose: 0.143, dose_unit: null", "arms[0].dose_unit", "a unit"),
    (CLUSTER, "dose: 0.143, dose_unit: mg/kg", "dose: 0.143, dose_unit: mg", "arms[0].dose", "another unit"),
    (CLUSTER, "dose: 0.143, dose_unit: mg/kg", "dose: 14.3, dose_unit: mg/kg", "arms[0].dose", "another unit"),
    (CLUSTER, "dose: 0.143, dose_unit: mg/kg", "dose: 143, dose_unit: '% cream'", "arms[0].dose", "at most 100"),
    (MIGRAINE, "change_median: -1.0", "change_median: -100.0", "outcomes[0].results[0].change_iqr", "around"),
    # disagreements
    (CLUSTER, "field: arms[0].dose", "field: arms[7].dose", "disagreements[0].field", "field of this record"),
    (CLUSTER, "field: arms[0].dose", "field: arms[0].__class__", "disagreements[0].field", "field of this record"),
    (CLUSTER, "value: 0.413", "value: 0.143", "disagreements[0]", "differ"),
    # links
    (TRIAL, "linked_studies: [schindler-2022-cluster-headache", "linked_studies: [schindler-2020-x", "linked_studies[0]", "id of a study"),
    (CLUSTER, "registrations: [NCT02981173]", "registrations: []", "linked_studies[0]", "names NCT02981173"),
    ("mechanism_index.csv", "healthy-volunteer-rct", "survey", "design", "as in the study"),
    ("mechanism_index.csv", "mason-2023-psilocybin-immune", "mason-2023", "id", "id of a study"),
    ("mechanism_findings.csv", "mason-2023-psilocybin-immune,inflammation", "mason-2023,inflammation", "study", "id of a study"),
    ("mechanism_findings.csv", "supports,outcomes[0]", "supports,outcomes[9]", "part", "a part of"),
    ("mechanism_findings.csv", "null,outcomes[1]", "supports,outcomes[1]", "direction", "tells of no difference"),
    ("mechanism_findings.csv", "supports,outcomes[0]", "null,outcomes[0]", "direction", "tells of a difference"),
    ("mechanism_findings.csv", ",human,psilocybin,", ",human,lsd,", "substances", "as in the study"),
    ("questions.yaml", "conditions: [cluster-headache]", "conditions: [toothache]", "[0].conditions[0]", "conditions"),
    ("questions.yaml", "related: [lsd-cluster-headache", "related: [lsd-toothache", "[0].related[0]", "another question"),
    ("questions.yaml", "- id: lsd-cluster-headache", "- id: psilocybin-cluster-headache", "[1].id", "used once"),
    ("questions.yaml", "window_days: {min: 1, max: 60", "window_days: {min: 61, max: 60", "[0].window_days", "in this order"),
    ("vocabulary.yaml", "- id: migraine\n", "- id: cluster-headache\n", "conditions[1].id", "used once"),
    ("disagreements.yaml", "row: psilocybin-holze2023-15mg-cmax", "row: nothing", "[0].row", "row of pk_parameters"),
    ("disagreements.yaml", "table: pk_parameters", "table: pk", "[0].table", "one of"),
    ("disagreements.yaml", "field: statistic", "field: statistics", "[0].field", "a column"),
    # tables
    (PK, "id,substance,analyte", "id,substance,analite", "", "the columns"),
    (PK, "id,substance,analyte", "substance,id,analyte", "", "the columns"),
    (PK, "Cmax,mean,11,10,13", "Cmax,mean,eleven,10,13", "value", "a number"),
    (PK, "Cmax,mean,11,10,13", "Cmax,mean,nan,10,13", "value", "a number"),
    (PK, "Cmax,mean,11,10,13", "Cmax,mean,9,10,13", "value", "at least low (10)"),
    (PK, "Cmax,mean,11,10,13", "Cmax,mean,14,10,13", "high", "at least value (14)"),
    (PK, "Cmax,mean,11,10,13,ci95", "Cmax,mean,11,10,13,ci59", "spread_kind", "one of"),
    (PK, "Cmax,mean,11,10,13,", "Cmax,mean,11,10,", "", "cells"),
    (PK, "psilocybin-holze2023-15mg-thalf", "psilocybin-holze2023-15mg-cmax", "id", "not used in line 2"),
    (PK, "healthy adults,28,Cmax", "healthy adults,28.5,Cmax", "n", "a whole number"),
    (PK, "cmax,psilocybin,", "cmax,psilocibin,", "substance", "substances"),
    ("safety/adverse_events.csv", "1.99,,,,,1.06,3.74", "1.99,,,,,2.06,3.74", "value", "at least lower"),
    ("safety/interactions.csv", ",47,percent,", ",47,percents,", "unit", "one of percent"),
    ("safety/contraindications.csv", ",registry", ",Registry", "read", "one of"),
    ("legal_status.csv", ",1971,", ",19711,", "in_force_from", "form"),
    ("crisis_lines.csv", ",official,", ",mine,", "page_of", "one of service"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new", "field", "expected"), FAULTS, ids=[f"{f[3]}-{i}" for i, f in enumerate(FAULTS)]
)  # fmt: skip
def test_fault_is_found_and_placed(
    edit: Edit, file: str, old: str, new: str, field: str, expected: str
) -> None:
    root = edit(file, old, new)
    problems = check(root)
    hits = [p for p in problems if p.field == field and expected in p.expected]
    assert hits, [str(p) for p in problems]
    assert all(p.line > 0 or p.file != file for p in hits)
    with pytest.raises(EvidenceError):
        load(root)


def test_small_base_is_sound(small: Path) -> None:
    assert check(small) == []


def test_line_is_the_line_of_the_value(edit: Edit) -> None:
    root = edit(CLUSTER, "change_mean: 0.03", "change_mean: much")
    (problem,) = check(root)
    text = (root / CLUSTER).read_text(encoding="utf-8").splitlines()
    assert "change_mean: much" in text[problem.line - 1]
    assert problem.found == "'much'"
    assert str(problem).startswith(f"{CLUSTER}:{problem.line}: ")


def test_all_problems_are_told_at_once(edit: Edit, small: Path) -> None:
    edit(CLUSTER, "year: 2022", "year: soon")
    edit(CLUSTER, "country: US", "country: 7")
    edit(PK, "Cmax,mean,11", "Cmax,mean,x")
    edit(TRIAL, "phase: Phase 1", "phase: first")
    found = {(p.file, p.field) for p in check(small)}
    assert found == {(CLUSTER, "year"), (CLUSTER, "country"), (PK, "value"), (TRIAL, "phase")}


def test_a_broken_record_does_not_make_links_to_it_look_broken(edit: Edit, small: Path) -> None:
    edit(CLUSTER, "year: 2022", "year: soon")
    assert [p.field for p in check(small)] == ["year"]


def test_same_paper_twice(small: Path) -> None:
    text = (small / MIGRAINE).read_text(encoding="utf-8")
    text = text.replace("id: etchison-2018-migraine-ketamine", "id: etchison-2018-copy", 1)
    (small / "studies" / "etchison-2018-copy.yaml").write_text(text, encoding="utf-8")
    found = {(p.file, p.field) for p in check(small)}
    assert found == {(MIGRAINE, "doi"), (MIGRAINE, "pmid")}


def test_file_name_and_id_must_agree(small: Path) -> None:
    shutil.move(small / MIGRAINE, small / "studies" / "other.yaml")
    (problem,) = check(small)
    assert (problem.field, problem.expected) == ("id", "the file name, other")


@pytest.mark.parametrize(
    "name", ["studies/new.yml", "studies/notes.txt", "vocabularies.yaml", "safety/more.csv"]
)
def test_unknown_files_are_told(small: Path, name: str) -> None:
    (small / name).write_text("x", encoding="utf-8")
    assert [p.file for p in check(small)] == [name]


@pytest.mark.parametrize("name", ["vocabulary.yaml", "questions.yaml", PK, "disagreements.yaml"])
def test_missing_files_are_told(small: Path, name: str) -> None:
    (small / name).unlink()
    assert name in {p.file for p in check(small)}


def test_appraisals_point_to_something(small: Path) -> None:
    (small / "appraisals").mkdir()
    record = (
        "id: rob-x\nkind: risk-of-bias\ntool: RoB 2\ntarget: {target}\noutcome: null\n"
        "overall: some concerns\ndomains:\n- {{domain: D1, judgement: low, why: Stated.}}\n"
        'who: A. Reader\nwhen: "2026-01-05"\nwhy: Small and unblinded in effect.\n'
    )
    path = small / "appraisals" / "rob-x.yaml"
    path.write_text(record.format(target="nobody"), encoding="utf-8")
    assert [(p.field, p.expected) for p in check(small)] == [("target", "an id under studies")]
    path.write_text(record.format(target="etchison-2018-migraine-ketamine"), encoding="utf-8")
    assert list(load(small).appraisals) == ["rob-x"]


def test_doses_of_animals_are_not_held_to_human_bounds(edit: Edit) -> None:
    root = edit("studies/mason-2023-psilocybin-immune.yaml", "dose: 0.17,", "dose: 10,")
    assert [p.field for p in check(root)] == ["arms[0].dose"]
    path = root / "studies" / "mason-2023-psilocybin-immune.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("design: healthy-volunteer-rct", "design: preclinical-in-vivo"), "utf-8"
    )
    table = root / "mechanism_index.csv"
    table.write_text(
        table.read_text("utf-8").replace("healthy-volunteer-rct", "preclinical-in-vivo"), "utf-8"
    )
    rows = root / "mechanism_findings.csv"
    rows.write_text(rows.read_text("utf-8").replace(",human,", ",mouse,"), "utf-8")
    assert check(root) == []
