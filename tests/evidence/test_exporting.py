"""Exports hold what the base holds."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from aponia.evidence import (
    FORMATS,
    MAIN_FILE,
    TABLES,
    EvidenceBase,
    EvidenceError,
    Study,
    export,
)


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_has_every_result_and_every_number(base: EvidenceBase) -> None:
    files = export(base, "csv")
    rows = _rows(files["results.csv"])
    assert len(rows) == sum(len(o.results) for s in base.studies.values() for o in s.outcomes)
    at = iter(rows)
    for study in base.studies.values():
        for i, outcome in enumerate(study.outcomes):
            for result in outcome.results:
                row = next(at)
                assert (row["study"], row["outcome_index"], row["arm"]) == (
                    study.id, str(i), result.arm,
                )  # fmt: skip
                for name in ("mean", "sd", "change_mean", "change_median", "percent"):
                    value = getattr(result, name)
                    assert (float(row[name]) if row[name] else None) == value
                for name in ("n", "events", "total"):
                    value = getattr(result, name)
                    assert (int(row[name]) if row[name] else None) == value
                bounds = result.change_ci95 or (None, None)
                assert tuple(
                    float(row[f"change_ci95_{e}"]) if row[f"change_ci95_{e}"] else None
                    for e in ("lower", "upper")
                ) == bounds  # fmt: skip


def test_csv_has_every_contrast_with_its_p_value(base: EvidenceBase) -> None:
    rows = _rows(export(base, "csv")["contrasts.csv"])
    contrasts = [o.contrast for s in base.studies.values() for o in s.outcomes if o.contrast]
    assert len(rows) == len(contrasts)
    for row, contrast in zip(rows, contrasts, strict=True):
        assert (float(row["value"]) if row["value"] else None) == contrast.value
        p = contrast.p
        assert (row["p_operator"], row["p"]) == (
            ("", "") if p is None else (p.operator, repr(p.value))
        )


def test_csv_has_every_record_and_row(base: EvidenceBase) -> None:
    files = export(base, "csv")
    assert [r["id"] for r in _rows(files["studies.csv"])] == list(base.studies)
    assert [r["id"] for r in _rows(files["trials.csv"])] == list(base.trials)
    for name in TABLES:
        assert [r["id"] for r in _rows(files[f"{name}.csv"])] == [r.id for r in base.table(name)]
    sides = sum(len(d.values) for s in base.studies.values() for d in s.disagreements)
    assert len(_rows(files["disagreements.csv"])) > sides > 0


def test_tables_come_back_as_they_are_in_the_base(base: EvidenceBase) -> None:
    text = export(base, "csv")["pk_parameters.csv"]
    source = (base.path / TABLES["pk_parameters"][0]).read_text(encoding="utf-8")
    exported, original = _rows(text), _rows(source)
    for a, b in zip(exported, original, strict=True):
        for column, cell in b.items():
            same = a[column] == cell or float(a[column]) == float(cell)
            assert same, (b["id"], column)


def test_json_round_trip(base: EvidenceBase) -> None:
    everything = json.loads(export(base, "json")["evidence.json"])
    assert everything["digest"] == base.digest
    assert everything["counts"]["studies"] == len(base.studies)
    for raw in everything["studies"]:
        original = base.studies[raw["id"]]
        # null keys are left out in the export; the models want the core ones
        again = Study.model_validate_json(json.dumps(_with_nulls(raw, original)))
        assert again == original


def _with_nulls(raw: object, model: object) -> object:
    if isinstance(raw, dict):
        fields = getattr(type(model), "model_fields", {})
        return {
            name: _with_nulls(raw.get(name), getattr(model, name))
            for name in fields
            if name in raw or fields[name].is_required()
        }
    if isinstance(raw, list) and isinstance(model, tuple):
        return [_with_nulls(a, b) for a, b in zip(raw, model, strict=True)]
    return raw


def test_ris_has_one_record_a_study(base: EvidenceBase) -> None:
    text = export(base, "ris")["studies.ris"]
    records = [r for r in text.split("ER  - \n") if r.strip()]
    assert len(records) == len(base.studies)
    for record, study in zip(records, base.studies.values(), strict=True):
        tags = dict(re.findall(r"(?m)^([A-Z][A-Z0-9])  - (.*)$", record))
        assert re.match(r"\s*TY  - ", record)
        assert (tags["ID"], tags["TI"]) == (study.id, study.title)
        assert tags.get("DO") == study.doi
        assert tags.get("PY") == (str(study.year) if study.year else None)


def test_bibtex_is_balanced_and_complete(base: EvidenceBase) -> None:
    text = export(base, "bibtex")["studies.bib"]
    keys = re.findall(r"(?m)^@(?:article|misc)\{([^,]+),$", text)
    assert keys == list(base.studies)
    bare = text.replace(r"\{", "").replace(r"\}", "")
    assert bare.count("{") == bare.count("}")
    assert not re.search(r"(?<!\\)[&%#]", re.sub(r"(?m)^  (doi|url) = .*$", "", text))


def test_formats(base: EvidenceBase) -> None:
    for format in FORMATS:
        assert MAIN_FILE[format] in export(base, format)
    with pytest.raises(EvidenceError, match="'fhir' is not known"):
        export(base, "fhir")
