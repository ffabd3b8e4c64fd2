"""The codebook: every column of every CSV the site writes, with meaning, unit, type, allowed values.

Types and allowed values of the tables of the base come from the record models, meanings from
``codebook.txt`` beside this module or, where it is silent, from the models' own docstrings. A column
nobody described fails the build.
"""

from __future__ import annotations

import csv
import inspect
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from aponia.evidence import (
    TABLES,
    AdverseEvents,
    Arm,
    ArmResult,
    Blinding,
    Contrast,
    Disagreement,
    DisagreementValue,
    Outcome,
    Population,
    Source,
    Study,
    Trial,
)

__all__ = ["CodebookError", "Column", "codebook", "codebook_files", "describe", "kind_of"]

_MODELS: dict[str, tuple[type[BaseModel], ...]] = {
    "studies.csv": (Study, Population, Blinding, AdverseEvents),
    "arms.csv": (Arm,),
    "results.csv": (Outcome, ArmResult),
    "contrasts.csv": (Outcome, Contrast),
    "sources.csv": (Source,),
    "disagreements.csv": (Disagreement, DisagreementValue),
    "trials.csv": (Trial,),
    **{f"{name}.csv": (model,) for name, (_, model) in TABLES.items()},
}
_UNITS = {
    "age_mean": "years",
    "timepoint_days": "days",
    "n": "people or animals",
    "people": "",
    "value": "unit",
    "dose": "dose_unit",
}
_ALIASES = {
    "studies/index.csv": "studies.csv",
    "trials/index.csv": "trials.csv",
    "legal/index.csv": "legal_status.csv",
    "analogues/index.csv": "analogues.csv",
}


class CodebookError(ValueError):
    """A column that nobody described; the message names file and column."""


@dataclass(frozen=True)
class Column:
    """One column of one kind of file."""

    file: str
    column: str
    meaning: str
    unit: str
    type: str
    allowed: str


@dataclass(frozen=True)
class _Line:
    file: str
    column: str
    type: str
    unit: str
    meaning: str


def kind_of(path: str, figure: str = "") -> str:
    """Return the kind of file a path is, as the codebook names it.

    Parameters
    ----------
    path : str
        Relative to the site.
    figure : str
        Kind of the figure, when the file is one's numbers.

    Examples
    --------
    >>> kind_of("questions/lsd-migraine.csv"), kind_of("data/trials.csv"), kind_of("trials/index.csv")
    ('questions/*.csv', 'trials.csv', 'trials.csv')
    """
    if figure:
        return f"figure: {figure}"
    if path in _ALIASES:
        return _ALIASES[path]
    folder, _, name = path.rpartition("/")
    if folder == "data" or folder.startswith("data/source"):
        return name
    if folder == "questions" and name != "index.csv":
        return "questions/*.csv"
    return path


def describe(kind: str, column: str) -> Column:
    """Describe one column.

    Parameters
    ----------
    kind : str
        From `kind_of`.
    column : str
        Its heading.

    Returns
    -------
    Column

    Raises
    ------
    CodebookError
        When nobody described it.
    """
    line = _line(kind, column)
    model, allowed = _typed(kind, column)
    documented, owner = _documented(kind, column)
    meaning = line.meaning if line else documented
    if not meaning:
        raise CodebookError(
            f"{kind}: column {column!r} is not described; add it to src/aponia/site/codebook.txt"
        )
    unit = (line.unit if line else "") or _unit(column, owner)
    return Column(
        kind, column, meaning, unit, (line.type if line else "") or model or "text", allowed
    )


def codebook(columns: Mapping[str, Iterable[str]]) -> list[Column]:
    """Describe all columns of all kinds of files, each once, in order."""
    return [describe(kind, c) for kind in sorted(columns) for c in dict.fromkeys(columns[kind])]


def codebook_files(columns: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, bytes]]:
    """Make ``data/codebook.csv`` and ``data/codebook.json``.

    Parameters
    ----------
    columns : mapping of str to iterable of str
        Kind of file to its columns; the codebook adds itself.

    Yields
    ------
    (str, bytes)
        Path relative to the site, and content.
    """
    names = tuple(Column.__dataclass_fields__)
    found = [asdict(c) for c in codebook({**columns, "codebook.csv": names})]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    yield "data/codebook.csv", out.getvalue().encode()
    yield "data/codebook.json", f"{json.dumps(found, ensure_ascii=False, indent=1)}\n".encode()


@cache
def _lines() -> tuple[_Line, ...]:
    text = (files("aponia.site") / "codebook.txt").read_text(encoding="utf-8")
    return tuple(
        _Line(*(part.strip() for part in line.split("|", 4)))
        for line in text.splitlines()
        if line and not line.startswith("#")
    )


def _line(kind: str, column: str) -> _Line | None:
    own = [x for x in _lines() if x.file == kind]
    shared = [x for x in _lines() if x.file == "*"] if kind in _MODELS else []
    for line in (*own, *shared):
        exact = line.column == column
        pattern = kind.startswith("figure: ") and re.fullmatch(line.column, column)
        if exact or pattern:
            return line
    return None


def _documented(kind: str, column: str) -> tuple[str, type[BaseModel] | None]:
    for model in _MODELS.get(kind, ()):
        for owner in model.__mro__:
            if (text := _attributes(owner).get(column)) is not None:
                return text, model
    return "", None


@cache
def _attributes(owner: type) -> dict[str, str]:
    """Read the numpydoc section Attributes: "a, b : type", then indented text."""
    doc = inspect.cleandoc(vars(owner).get("__doc__") or "")
    parts = re.split(r"^Attributes\n-+\n", doc, maxsplit=1, flags=re.MULTILINE)
    found: dict[str, str] = {}
    names: list[str] = []
    for line in parts[1].splitlines() if len(parts) > 1 else []:
        if line and not line[0].isspace():
            head, colon, _ = line.partition(" : ")
            names = [n.strip().rstrip("_") for n in head.split(",")] if colon else []
        elif line.strip():
            for name in names:
                found[name] = f"{found.get(name, '')} {line.strip()}".strip()
    return {k: re.sub(r"`+", "", v).rstrip(".") for k, v in found.items()}


def _typed(kind: str, column: str) -> tuple[str, str]:
    for model in _MODELS.get(kind, ()):
        for name, info in model.model_fields.items():
            if (info.alias or name) == column:
                return _type(info.annotation)
    return "", ""


def _type(plain: Any) -> tuple[str, str]:
    allowed = _literals(plain)
    if allowed:
        return "code", "; ".join(str(a) for a in allowed)
    inner = _bare(plain)
    if get_origin(inner) is tuple:
        return "list", ""
    names: dict[Any, str] = {
        bool: "true or false",
        int: "whole number",
        float: "number",
        str: "text",
    }
    return names.get(inner, "text"), ""


def _bare(annotation: Any) -> Any:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _bare(get_args(annotation)[0])
    if origin in (Union, UnionType):
        kinds = [a for a in get_args(annotation) if a is not NoneType]
        return _bare(kinds[0]) if len(kinds) == 1 else str
    return annotation


def _literals(annotation: Any) -> list[Any]:
    origin = get_origin(annotation)
    if origin is Literal:
        return list(get_args(annotation))
    if origin in (Union, UnionType, Annotated):
        return [x for a in get_args(annotation) for x in _literals(a)]
    return []


def _unit(column: str, model: type[BaseModel] | None) -> str:
    if column.endswith("percent") or column.endswith("_correct"):
        return "percent"
    if column in _UNITS:
        unit = _UNITS[column]
        if unit in ("unit", "dose_unit") and (model is None or unit not in model.model_fields):
            return ""
        return unit
    return ""
