"""The shipped base: complete, typed, and easy to look things up in."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from pydantic import ValidationError

from aponia.evidence import (
    TABLES,
    EvidenceBase,
    EvidenceError,
    check,
    default_path,
    load,
)

# Rows of each table when the base was first converted; none may vanish unnoticed.
ROWS = {
    "pk_parameters": 133,
    "dose_bands": 38,
    "dose_equivalence": 15,
    "receptor_occupancy": 9,
    "adverse_events": 55,
    "contraindications": 43,
    "interactions": 47,
    "analogues": 13,
    "legal_status": 33,
    "mechanism_index": 32,
    "mechanism_findings": 91,
    "instruments": 76,
    "tau_priors": 156,
    "blinding": 24,
    "baseline_course": 57,
    "planning_parameters": 118,
    "crisis_lines": 23,
}


def test_shipped_base_has_no_problem(shipped: Path) -> None:
    assert check(shipped) == []


def test_shipped_base_is_complete(base: EvidenceBase) -> None:
    counts = base.counts()
    assert counts["studies"] >= 168
    assert counts["trials"] >= 46
    assert counts["questions"] >= 25
    assert {name: counts[name] for name in ROWS} == ROWS | {
        name: counts[name] for name in ROWS if counts[name] > ROWS[name]
    }
    assert set(TABLES) == set(ROWS)


def test_designs_and_layers_are_those_of_the_source_files(base: EvidenceBase) -> None:
    designs = Counter(s.design for s in base.studies.values())
    assert designs["rct-parallel"] == 27
    assert designs["rct-crossover"] == 19
    assert designs["meta-analysis"] == 14
    layers = Counter(s.layer for s in base.studies.values())
    assert layers["randomised"] == 46
    assert layers[None] == 24  # reviews and meta-analyses form no layer
    assert layers["animals"] == 14


def test_numbers_of_a_known_study(base: EvidenceBase) -> None:
    study = base.studies["schindler-2022-cluster-headache"]
    outcome = study.outcomes[0]
    psilocybin = outcome.result("psilocybin")
    assert psilocybin is not None
    assert psilocybin.baseline_mean == 9.6
    assert psilocybin.baseline_ci95 == (5.6, 13.6)
    assert psilocybin.change_mean == -3.2
    assert psilocybin.change_ci95 == (-8.3, 1.9)
    assert outcome.contrast is not None
    assert outcome.contrast.measure == "SMD"
    assert outcome.contrast.p is not None
    assert str(outcome.contrast.p) == "p = 0.251"
    assert study.label == "Schindler 2022"
    assert study.url == "https://doi.org/10.1111/head.14420"
    assert [t.id for t in base.trials_of(study.id)] == ["NCT02981173"]


def test_medians_p_values_and_doses_have_proper_places(base: EvidenceBase) -> None:
    result = base.studies["etchison-2018-migraine-ketamine"].outcomes[0].results[0]
    assert result.change_median == -1.0
    assert result.change_iqr == (-2.25, 0)
    arm = base.studies["aday-2025-fibromyalgia"].arms[0]
    assert (arm.dose, arm.dose_text, arm.dose_unit) == (None, "15 then 25", "mg")
    arm = base.studies["kuromaru-1967-phantom-limb-pain-lsd"].arms[0]
    assert (arm.doses, arm.doses_text) == (None, "1-3")
    arm = base.studies["grof-1973-cancer-pain-lsd-dpt"].arms[0]
    assert (arm.dose, arm.dose_range, arm.dose_unit) == (None, (200, 500), "ug")
    p = base.studies["petersen-2022-cluster-headache-ketamine"].outcomes
    assert any(o.contrast and o.contrast.p and o.contrast.p.operator == "<" for o in p)


def test_table_intervals_and_shares_are_numbers(base: EvidenceBase) -> None:
    _, headache = base.find_row("psilocybin-yerubandi-headache") or ("", None)
    assert headache is not None
    row = headache.model_dump()
    assert (row["value"], row["lower"], row["upper"], row["interval"]) == (
        1.99, 1.06, 3.74, "ci95",
    )  # fmt: skip
    lithium = next(r for r in base.interactions if r.id == "classic-lithium-seizure")
    assert (lithium.value, lithium.unit) == (47, "percent")


def test_disagreements_between_sources_stay_visible(base: EvidenceBase) -> None:
    karst = base.studies["karst-2010-cluster-headache-bol-148"].disagreements
    assert {v.value for v in karst[0].values} == {4, 5, 6}
    dose = base.studies["schindler-2022-cluster-headache"].disagreements[0]
    assert (dose.field, [v.value for v in dose.values]) == ("arms[0].dose", [0.143, 0.413])
    row = "neuropathic-pain-safety-any-adverse-event-placebo"
    (found,) = base.disagreements_for("planning_parameters", row)
    assert [v.value for v in found.values] == [53.3, 27.2]


def test_every_row_that_says_conflict_has_a_disagreement(base: EvidenceBase) -> None:
    missing = [
        f"{name}/{row.id}"
        for name in TABLES
        for row in base.table(name)
        if "CONFLICT" in str(row.model_dump().get("note"))
        and not base.disagreements_for(name, row.id)
    ]
    assert missing == []


def test_only_checked_crisis_lines_are_shown(base: EvidenceBase) -> None:
    shown = {line.service for line in base.crisis_lines if line.shown}
    assert "Samaritans" in shown
    assert not any(
        line.shown and line.read in ("press", "secondary", "encyclopedia")
        for line in base.crisis_lines
    )


def test_arm_kinds(base: EvidenceBase) -> None:
    study = base.studies["schindler-2022-cluster-headache"]
    assert [base.arm_kind(study, a) for a in study.arms] == ["studied", "placebo"]
    zitek = base.studies["zitek-2018-headache-ketamine"]
    assert [base.arm_kind(zitek, a) for a in zitek.arms] == ["studied", "active"]
    contrast = zitek.outcomes[0].contrast
    assert contrast is not None
    assert base.side(zitek, contrast) == "comparator"
    noted = [
        base.arm_kind(s, a) for s in base.studies.values() for a in s.arms if a.substance is None
    ]
    assert set(noted) == {"unknown"}


def test_sides_are_told_for_every_contrast_between_a_substance_and_a_control(
    base: EvidenceBase,
) -> None:
    for study in base.studies.values():
        kinds = {base.arm_kind(study, a) for a in study.arms}
        for outcome in study.outcomes:
            contrast = outcome.contrast
            if contrast and contrast.favours == "placebo":
                assert base.side(study, contrast) == "comparator"
            if contrast and contrast.favours in study.substances and "placebo" in kinds:
                assert base.side(study, contrast) == "intervention"


def test_records_are_frozen(base: EvidenceBase) -> None:
    study = next(iter(base.studies.values()))
    with pytest.raises(ValidationError):
        study.year = 1999  # type: ignore[misc]
    with pytest.raises(TypeError):
        base.studies["x"] = study  # type: ignore[index]


def test_digest_follows_the_content(small: Path) -> None:
    before = load(small).digest
    assert load(small).digest == before
    readme = small / "studies" / "etchison-2018-migraine-ketamine.yaml"
    readme.write_text(readme.read_text(encoding="utf-8") + "# a remark\n", encoding="utf-8")
    assert load(small).digest != before


def test_environment_names_another_base(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APONIA_EVIDENCE", str(small))
    assert default_path() == small
    assert len(load().studies) == 5


def test_no_base_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="not a directory"):
        load(tmp_path / "nowhere")
    with pytest.raises(EvidenceError, match="no directory studies"):
        check(tmp_path)


def test_loading_is_fast(shipped: Path) -> None:
    load(shipped)
    start = time.process_time()
    load(shipped)
    assert time.process_time() - start < 1.0


def test_cold_start_is_fast(shipped: Path) -> None:
    code = (
        "import time; t = time.process_time(); from aponia.evidence import load; "
        f"load({str(shipped)!r}); print(time.process_time() - t)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert float(run.stdout) < 3.0
