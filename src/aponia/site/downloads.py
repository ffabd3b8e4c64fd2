"""The data twins of pages: JSON, CSV and RIS, and the whole base as files."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from aponia import evidence as evidence_package
from aponia.answers import Answer
from aponia.site.views.common import World

__all__ = ["base_files", "question_files", "record_json"]

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


def question_files(world: World, answer: Answer, folder: Path) -> None:
    """Write an answer as JSON, its rows as CSV and its references as RIS."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{answer.id}.json").write_text(
        json.dumps(answer.to_dict(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
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
    (folder / f"{answer.id}.csv").write_text(out.getvalue(), encoding="utf-8", newline="")
    ids = {s for layer in answer.layers for s in layer.studies} | set(answer.reviews)
    cited = replace(world.base, studies={k: s for k, s in world.base.studies.items() if k in ids})
    for name, text in evidence_package.export(cited, "ris").items():
        (folder / name.replace("studies", answer.id)).write_text(text, encoding="utf-8", newline="")


def _cell(value: float) -> float | None:
    return None if value != value else round(value, 6)


def record_json(record: BaseModel, path: Path) -> None:
    """Write one record as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(record.model_dump_json(indent=1) + "\n", encoding="utf-8")


def base_files(world: World, work: Path) -> list[dict[str, Any]]:
    """Write the whole base below ``data/`` and return what the data page lists.

    Parameters
    ----------
    world : World
    work : Path
        Root of the site being built.

    Returns
    -------
    list of dict
        Label, address and size of every file.
    """
    folder = work / "data"
    folder.mkdir(parents=True, exist_ok=True)
    listing = []
    for kind in ("json", "csv", "ris", "bibtex"):
        for name, text in evidence_package.export(world.base, kind).items():
            (folder / name).write_text(text, encoding="utf-8", newline="")
            listing.append(
                {"label": name, "href": name, "size": f"{max(1, len(text.encode()) // 1000)} kB"}
            )
    answers = (
        json.dumps({k: a.to_dict() for k, a in world.answers.items()}, ensure_ascii=False, indent=1)
        + "\n"
    )
    (folder / "answers.json").write_text(answers, encoding="utf-8")
    listing.insert(
        1,
        {
            "label": "answers.json",
            "href": "answers.json",
            "size": f"{len(answers.encode()) // 1000} kB",
        },
    )
    return listing
