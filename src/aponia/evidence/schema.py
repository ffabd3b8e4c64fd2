"""Write the schema of the base as JSON Schema, for editors and other programs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter

from aponia.evidence.base import TABLES
from aponia.evidence.common import Release, TableDisagreement
from aponia.evidence.question import Appraisal, Question
from aponia.evidence.study import Study
from aponia.evidence.trial import Trial
from aponia.evidence.vocabulary import Vocabulary

__all__ = ["schemas", "write"]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_FILES: dict[str, type[BaseModel]] = {
    "study": Study,
    "trial": Trial,
    "appraisal": Appraisal,
    "vocabulary": Vocabulary,
    "release": Release,
}


def schemas() -> dict[str, str]:
    """Give every schema.

    Returns
    -------
    dict of str to str
        Text of each JSON Schema file, by file name: one for each kind of YAML file, and one for the
        rows of each table.
    """
    found: dict[str, dict[str, Any]] = {
        name: model.model_json_schema() for name, model in _FILES.items()
    }
    found["questions"] = TypeAdapter(list[Question]).json_schema()
    found["disagreements"] = TypeAdapter(list[TableDisagreement]).json_schema()
    found |= {name: model.model_json_schema() for name, (_, model) in TABLES.items()}
    return {
        f"{name}.json": json.dumps({"$schema": _DRAFT, **schema}, indent=1, ensure_ascii=False)
        + "\n"
        for name, schema in found.items()
    }


def write(folder: Path) -> list[Path]:
    """Write every schema to a directory.

    Parameters
    ----------
    folder : Path
        Made when it does not exist.

    Returns
    -------
    list of Path
        The files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in schemas().items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/schema"))
