"""The shipped base, and a small copy of it that tests may break."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from aponia.evidence import TABLES, EvidenceBase, load

SHIPPED = Path(__file__).resolve().parents[2] / "evidence"
STUDIES = (
    "schindler-2022-cluster-headache",
    "schindler-2024-cluster-headache-extension",
    "etchison-2018-migraine-ketamine",
    "mason-2023-psilocybin-immune",
    "yerubandi-2024-psilocybin-acute-adverse-effects",
)
TRIALS = ("NCT02981173",)


@pytest.fixture(scope="session")
def shipped() -> Path:
    return SHIPPED


@pytest.fixture(scope="session")
def base() -> EvidenceBase:
    return load(SHIPPED)


def _terms() -> str:
    text = (SHIPPED / "vocabulary.yaml").read_text(encoding="utf-8")
    vocabulary = yaml.load(text, yaml.CSafeLoader)
    short = {
        kind: [{"id": t["id"], "label": t["label"], "parent": t["parent"]} for t in terms]
        for kind, terms in vocabulary.items()
    }
    return yaml.safe_dump(short, sort_keys=False, allow_unicode=True, width=1000)


def _two_questions() -> str:
    text = (SHIPPED / "questions.yaml").read_text(encoding="utf-8")
    first, second = re.split(r"(?m)^(?=- id: )", text)[1:3]
    first = re.sub(r"related: .*", "related: [lsd-cluster-headache]", first)
    second = re.sub(r"related: .*", "related: [psilocybin-cluster-headache]", second)
    return first + second


def build_small(target: Path) -> Path:
    """A sound base of five studies, one trial, and a few rows of every table."""
    for folder in ("studies", "trials", "pharmacology", "safety"):
        (target / folder).mkdir(parents=True)
    for name in STUDIES:
        shutil.copy(SHIPPED / "studies" / f"{name}.yaml", target / "studies")
    for name in TRIALS:
        shutil.copy(SHIPPED / "trials" / f"{name}.yaml", target / "trials")
    (target / "vocabulary.yaml").write_text(_terms(), encoding="utf-8")
    (target / "questions.yaml").write_text(_two_questions(), encoding="utf-8")
    for name, (file, _) in TABLES.items():
        lines = (SHIPPED / file).read_text(encoding="utf-8").splitlines(keepends=True)
        keep = lines[1:4]
        if name == "mechanism_index":
            keep = [line for line in lines[1:] if line.split(",")[0] in STUDIES]
        if name == "mechanism_findings":
            keep = [line for line in lines[1:] if line.split(",")[1] in STUDIES]
        (target / file).write_text("".join([lines[0], *keep]), encoding="utf-8")
    (target / "disagreements.yaml").write_text(
        "- table: pk_parameters\n"
        "  row: psilocybin-holze2023-15mg-cmax\n"
        "  field: statistic\n"
        "  values:\n"
        "  - {value: mean, source: the paper, used: true}\n"
        "  - {value: geometric mean, source: a review}\n",
        encoding="utf-8",
    )
    return target


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return build_small(tmp_path / "evidence")


@pytest.fixture
def edit(small: Path) -> Callable[[str, str, str], Path]:
    """Replace the first occurrence of a text in a file of the small base."""

    def replace(file: str, old: str, new: str) -> Path:
        path = small / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return small

    return replace
