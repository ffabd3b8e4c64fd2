"""The written-out schema and the codebook keep up with the models."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from aponia.evidence import TABLES, Appraisal, Question, Study, Trial, Vocabulary
from aponia.evidence.schema import schemas, write

ROOT = Path(__file__).resolve().parents[2]


def test_schema_files_are_those_of_the_models(tmp_path: Path) -> None:
    written = {p.name: p.read_text(encoding="utf-8") for p in write(tmp_path / "schema")}
    kept = {
        p.name: p.read_text(encoding="utf-8") for p in (ROOT / "docs" / "schema").glob("*.json")
    }
    assert kept == written, "run: python -m aponia.evidence.schema docs/schema"


def test_schemas_forbid_unknown_keys() -> None:
    for name, text in schemas().items():
        schema = json.loads(text)
        models = [schema, *schema.get("$defs", {}).values()]
        for model in models:
            if model.get("type") == "object" and "properties" in model:
                assert model["additionalProperties"] is False, (name, model.get("title"))


def _section(readme: str, file: str) -> set[str]:
    text = readme.split(f"### {file}\n", 1)[1].split("\n### ", 1)[0]
    return set(re.findall(r"`([a-z0-9_]+)`", text))


@pytest.mark.parametrize("name", list(TABLES))
def test_codebook_names_every_column(name: str) -> None:
    readme = (ROOT / "evidence" / "README.md").read_text(encoding="utf-8")
    file, model = TABLES[name]
    assert set(model.columns()) <= _section(readme, file)


def _keys(model: type[BaseModel], seen: set[str]) -> set[str]:
    schema = model.model_json_schema()
    for part in [schema, *schema.get("$defs", {}).values()]:
        seen |= set(part.get("properties", {}))
    return seen


@pytest.mark.parametrize("model", [Study, Trial, Vocabulary, Question, Appraisal])
def test_codebook_names_every_key(model: type[BaseModel]) -> None:
    readme = (ROOT / "evidence" / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z0-9_]+)`", readme))
    nested = {"operator", "value", "note"}  # written out inside an example
    assert _keys(model, set()) - nested <= named
