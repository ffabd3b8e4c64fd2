"""The data twins of pages: JSON, CSV and RIS, and the whole base as files.

Every function gives (path below the site root, bytes); the build writes them, the server serves them.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from pydantic import BaseModel

from aponia import evidence as evidence_package
from aponia.answers import Answer
from aponia.site.approach_files import approach_files
from aponia.site.views.common import World
from aponia.site.views.mechanism import mechanism_files

__all__ = ["Twin", "static_files", "twins_of"]

#: Where a file goes, and what is in it.
Twin = tuple[str, bytes]

_COLUMNS = (
    "question",
    "layer",
    "study",
    "label",
    "year",
    "design",
    "outcome",
    "construct",
    "timepoint",
    "timepoint_days",
    "comparator",
    "n_active",
    "n_control",
    "people",
    "active",
    "control",
    "measure",
    "unit",
    "estimate",
    "ci_lower",
    "ci_upper",
    "derived",
    "how",
    "direction",
    "p",
    "significant",
    "read",
    "notes",
)


def twins_of(world: World) -> Iterator[Twin]:
    """Yield every data file of the site: the whole base first, then what stands beside the pages."""
    yield from _base_files(world)
    for answer in world.answers.values():
        yield from _question_files(world, answer)
    yield from approach_files(world)
    for study in world.base.studies.values():
        yield f"studies/{study.id}.json", _record_json(study)
    for trial in world.base.trials.values():
        yield f"trials/{trial.id}.json", _record_json(trial)
    yield from mechanism_files(world)


def static_files() -> Iterator[Twin]:
    """Yield the stylesheet, the fonts and the like, below ``static/``."""
    yield from _below(files("aponia.site") / "static", "static")


def _below(folder: Traversable, path: str) -> Iterator[Twin]:
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.is_dir():
            yield from _below(entry, f"{path}/{entry.name}")
        else:
            yield f"{path}/{entry.name}", entry.read_bytes()


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _question_files(world: World, answer: Answer) -> Iterator[Twin]:
    """Yield an answer as JSON, its rows as CSV and its references as RIS."""
    yield f"questions/{answer.id}.json", _json(answer.to_dict())
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for layer in answer.layers:
        for r in layer.rows:
            e = r.effect
            writer.writerow(
                [
                    answer.id,
                    layer.layer.value,
                    r.study,
                    r.label,
                    r.year,
                    r.design,
                    r.outcome_name,
                    r.construct,
                    r.timepoint,
                    r.timepoint_days,
                    r.comparator,
                    r.n_active,
                    r.n_control,
                    r.people,
                    r.active,
                    r.control,
                    *(
                        [
                            e.measure,
                            e.unit,
                            _cell(e.estimate),
                            _cell(e.ci_lower),
                            _cell(e.ci_upper),
                            e.derived,
                            e.how,
                        ]
                        if e
                        else [None] * 7
                    ),
                    r.direction,
                    r.p,
                    r.significant,
                    r.read,
                    "; ".join(r.notes),
                ]
            )
    yield f"questions/{answer.id}.csv", out.getvalue().encode()
    ids = {s for layer in answer.layers for s in layer.studies} | set(answer.reviews)
    cited = replace(world.base, studies={k: s for k, s in world.base.studies.items() if k in ids})
    for name, text in evidence_package.export(cited, "ris").items():
        yield f"questions/{name.replace('studies', answer.id)}", text.encode()


def _cell(value: float) -> float | None:
    return None if value != value else round(value, 6)


def _record_json(record: BaseModel) -> bytes:
    return (record.model_dump_json(indent=1) + "\n").encode()


def _base_files(world: World) -> Iterator[Twin]:
    """Yield the whole base below ``data/``."""
    for kind in ("json", "csv", "ris", "bibtex"):
        for name, text in evidence_package.export(world.base, kind).items():
            yield f"data/{name}", text.encode()
        if kind == "json":
            yield "data/answers.json", _json({k: a.to_dict() for k, a in world.answers.items()})
