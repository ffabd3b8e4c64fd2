"""From a value back to the page it was read on."""

from __future__ import annotations

from pathlib import Path

import pytest

from aponia.evidence import EvidenceBase, EvidenceError, find, trace

CLUSTER = "schindler-2022-cluster-headache"


def test_a_result(base: EvidenceBase, shipped: Path) -> None:
    found = trace(base, CLUSTER, "outcomes[0].results[0].change_mean")
    assert (found.value, found.unit, found.arm) == (-3.2, "attacks/week", "psilocybin")
    assert found.outcome == "cluster attack frequency"
    assert found.timepoint == "weeks 1-3 after the start of the pulse"
    assert (found.read, found.stated) == ("abstract", True)
    whole = [s.url for s in found.sources if not s.only]
    narrow = [(s.url, s.only) for s in found.sources if s.only]
    assert whole == ["https://pubmed.ncbi.nlm.nih.gov/36416492/"]
    assert narrow == [
        ("https://clusterbusters.org/clinical-trial-of-psilocybin-for-ch", ("responders",))
    ]
    line = (shipped / found.file).read_text(encoding="utf-8").splitlines()[found.line - 1]
    assert "-3.2" in line


@pytest.mark.parametrize(
    ("field", "value", "unit"),
    [
        ("arms[0].dose", 0.143, "mg/kg"),
        ("arms[0].doses", 3, None),
        ("arms[0].n", 8, "people"),
        ("population.n_randomized", 16, "people"),
        ("outcomes[0].results[0].n", 8, "people"),
        ("outcomes[0].results[0].baseline_ci95", [5.6, 13.6], "attacks/week"),
        ("outcomes[0].results[0].baseline_ci95[1]", 13.6, "attacks/week"),
        ("outcomes[0].contrast.value", 0.69, "standard deviations"),
        ("outcomes[0].contrast.p.value", 0.251, None),
        ("outcomes[0].timepoint_days", 21, "days"),
        ("outcomes[4].results[0].events", 4, "people"),
        ("year", 2022, None),
    ],
)
def test_values_and_units(base: EvidenceBase, field: str, value: object, unit: str | None) -> None:
    found = trace(base, CLUSTER, field)
    assert (found.value, found.unit) == (value, unit)


def test_disagreements_come_with_the_value(base: EvidenceBase) -> None:
    (found,) = trace(base, CLUSTER, "arms[0].dose").disagreements
    assert [v.value for v in found.values] == [0.143, 0.413]
    assert trace(base, CLUSTER, "arms[1].dose").disagreements == ()
    assert len(trace(base, CLUSTER, "arms[0]").disagreements) == 1


def test_a_part_no_source_claims_says_so(base: EvidenceBase) -> None:
    found = trace(base, "calder-2024-bdnf-meta", "population.description")
    assert not found.stated
    assert len(found.sources) == len(base.studies["calder-2024-bdnf-meta"].sources)


def test_a_trial(base: EvidenceBase, shipped: Path) -> None:
    found = trace(base, "NCT02981173", "enrollment")
    assert (found.value, found.unit, found.read, found.kind) == (25, "people", "registry", "trial")
    assert all(s.via for s in found.sources)
    line = (shipped / found.file).read_text(encoding="utf-8").splitlines()[found.line - 1]
    assert line == "enrollment: 25"


def test_a_table_row(base: EvidenceBase, shipped: Path) -> None:
    found = trace(base, "lsd-dolder2015-200ug-cmax", "value")
    assert (found.value, found.unit, found.kind) == (4.5, "ng/mL", "pk_parameters")
    assert found.sources[0].url == "https://pmc.ncbi.nlm.nih.gov/articles/PMC4772267"
    assert [v.value for v in found.disagreements[0].values] == [4.5, 3.1]
    line = (shipped / found.file).read_text(encoding="utf-8").splitlines()[found.line - 1]
    assert line.startswith("lsd-dolder2015-200ug-cmax,")
    assert trace(base, "pk_parameters/lsd-dolder2015-200ug-cmax", "dose").unit == "ug"
    index = trace(base, "mechanism_index/mason-2023-psilocybin-immune", "headline")
    assert index.sources[0].url == "https://doi.org/10.1016/j.bbi.2023.09.004"


def test_every_number_of_every_study_can_be_traced(base: EvidenceBase) -> None:
    count = 0
    for study in list(base.studies.values())[::8]:
        for i, outcome in enumerate(study.outcomes):
            for j, result in enumerate(outcome.results):
                for name, value in result:
                    if isinstance(value, float | int) and value is not None:
                        found = trace(base, study.id, f"outcomes[{i}].results[{j}].{name}")
                        assert found.value == value
                        assert found.arm == result.arm
                        assert found.sources
                        assert found.line > 1
                        count += 1
    assert count > 50


@pytest.mark.parametrize(
    "field",
    ["", "nothing", "outcomes[99]", "outcomes[0].arm", "outcomes.name", "__class__", "outcomes[-1]",
     "model_fields", "title.upper", "outcomes[0]]", "arms[0].dose.real"],
)  # fmt: skip
def test_fields_that_do_not_exist(base: EvidenceBase, field: str) -> None:
    with pytest.raises(EvidenceError, match="has no field"):
        trace(base, CLUSTER, field)


def test_unknown_ids_get_a_hint(base: EvidenceBase) -> None:
    with pytest.raises(EvidenceError, match=f"Did you mean .*{CLUSTER}"):
        find(base, "schindler-2022-cluster")
    with pytest.raises(EvidenceError, match="No study, trial or table row"):
        find(base, "")
