"""Where a number came from: value, arm, time point, source, and how much of it was read."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from aponia.evidence.base import TABLES, EvidenceBase
from aponia.evidence.common import Disagreement, Source
from aponia.evidence.problems import EvidenceError
from aponia.evidence.rules import resolve
from aponia.evidence.study import ArmResult, Outcome, Study
from aponia.evidence.tables import Row
from aponia.evidence.textio import Marks, TextError, parse_csv, parse_yaml, read_text
from aponia.evidence.trial import Trial
from aponia.evidence.validation import line_of

__all__ = ["Trace", "TraceSource", "find", "plain", "trace"]

# Which entry under a source's `supports` covers a field of another name.
_COVERED_BY = {
    "title": ("bibliography", "title"),
    "first_author": ("bibliography",),
    "year": ("bibliography",),
    "journal": ("bibliography",),
    "doi": ("bibliography",),
    "pmid": ("bibliography",),
    "comparator": ("arms",),
    "substances": ("arms",),
    "approach": ("arms",),
    "condition": ("condition", "population"),
    "country": ("country", "bibliography"),
    "status_seen": ("status",),
}
_COUNTS = {"n", "events", "total", "n_randomized", "n_analysed", "enrollment", "serious"}
_IN_OUTCOME_UNIT = re.compile(
    r"^(baseline_|change_)?(mean|sd|ci95|median|iqr)$|^mean_ci95$|^baseline_ci95$"
)
_RELATIVE = {"SMD": "standard deviations", "SMCC": "standard deviations", "PCT": "%", "COR": ""}


@dataclass(frozen=True, slots=True)
class TraceSource:
    """One page a traced value was read on.

    Attributes
    ----------
    url, kind : str
        Address and kind of page.
    only : tuple of str
        What of the part was read there; empty when the page supports all of it.
    via, as_of, note : str or None
        The copy read, its date, and remarks.
    """

    url: str
    kind: str
    only: tuple[str, ...] = ()
    via: str | None = None
    as_of: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """The way back from a value to the pages it was read on.

    Attributes
    ----------
    id, kind, field : str
        Record, its kind (``study``, ``trial`` or the name of a table) and path of the field.
    value : object
        The value, plain.
    unit, arm, outcome, timepoint, instrument : str or None
        What the value means.
    sources : tuple of TraceSource
        The pages that cover this part of the record.
    stated : bool
        False when no source claims this part, so that all sources of the record are listed.
    read : str
        How much of the paper was read.
    disagreements : tuple of Disagreement
        What other sources give for this field.
    file : str
        File of the record below the base.
    line : int
        Line of the value.
    """

    id: str
    kind: str
    field: str
    value: Any
    unit: str | None
    arm: str | None
    outcome: str | None
    timepoint: str | None
    instrument: str | None
    sources: tuple[TraceSource, ...]
    stated: bool
    read: str
    disagreements: tuple[Disagreement, ...]
    file: str
    line: int

    def to_dict(self) -> dict[str, Any]:
        """Give the trace as plain values.

        Returns
        -------
        dict
            JSON-safe.
        """
        names = type(self).__dataclass_fields__
        found = {name: plain(getattr(self, name)) for name in names}
        found["sources"] = [
            {
                k: list(v) if isinstance(v, tuple) else v
                for k, v in _fields(s)
                if v not in ((), None)
            }
            for s in self.sources
        ]
        return found


def _fields(source: TraceSource) -> list[tuple[str, Any]]:
    return [(name, getattr(source, name)) for name in type(source).__dataclass_fields__]


def plain(value: Any) -> Any:
    """Turn a value of a record into plain JSON values.

    Parameters
    ----------
    value : object
        A model, a tuple or a scalar.

    Returns
    -------
    object
        Dictionaries (without keys that are None), lists and scalars.
    """
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(value, tuple):
        return [plain(v) for v in value]
    return value


def find(base: EvidenceBase, record_id: str) -> tuple[str, Study | Trial | Row]:
    """Find a study, a trial or a table row by its id.

    Parameters
    ----------
    base : EvidenceBase
        The base.
    record_id : str
        Id; ``table/id`` for a row whose id stands in several tables.

    Returns
    -------
    kind : str
        ``study``, ``trial`` or the name of the table.
    record : Study, Trial or Row
        The record.

    Raises
    ------
    EvidenceError
        When there is none; names the nearest ids.
    """
    if record_id in base.studies:
        return "study", base.studies[record_id]
    if record_id in base.trials:
        return "trial", base.trials[record_id]
    row = base.find_row(record_id)
    if row is not None:
        return row
    tables = base.tables_with(record_id)
    if tables:
        names = " or ".join(f"{t}/{record_id}" for t in tables)
        raise EvidenceError(f"The id {record_id} stands in several tables; say {names}.")
    known = [*base.studies, *base.trials, *(r.id for t in TABLES for r in base.table(t))]
    near = difflib.get_close_matches(record_id, known, n=3, cutoff=0.5)
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    raise EvidenceError(f"No study, trial or table row has the id {record_id!r}.{hint}")


def trace(base: EvidenceBase, record_id: str, field: str) -> Trace:
    """Follow one value of a record back to its sources.

    Parameters
    ----------
    base : EvidenceBase
        The base.
    record_id : str
        Id of a study, a trial or a table row (``table/id`` where needed).
    field : str
        Path of the field, such as ``outcomes[0].results[0].change_mean``.

    Returns
    -------
    Trace
        Value, meaning, sources, file and line.

    Raises
    ------
    EvidenceError
        When there is no such record or no such field.
    """
    kind, record = find(base, record_id)
    exists, value = resolve(record, field)
    if not exists:
        names = [f.alias or n for n, f in type(record).model_fields.items()]
        raise EvidenceError(f"{record_id} has no field {field!r}; it has {', '.join(names)}.")
    if isinstance(record, Row):
        return _trace_row(base, kind, record, field, value)
    folder = "studies" if isinstance(record, Study) else "trials"
    file = f"{folder}/{record.id}.yaml"
    parts = [int(p) if p.isdigit() else p for p in re.findall(r"[a-z_][a-z0-9_]*|\d+", field)]
    context = _context(record, field)
    covering = _covering(record.sources, str(parts[0]), parts)
    return Trace(
        id=record.id,
        kind=kind,
        field=field,
        value=plain(value),
        unit=context.get("unit"),
        arm=context.get("arm"),
        outcome=context.get("outcome"),
        timepoint=context.get("timepoint"),
        instrument=context.get("instrument"),
        sources=covering or tuple(_source(s, ()) for s in record.sources),
        stated=bool(covering),
        read=record.read if isinstance(record, Study) else "registry",
        disagreements=tuple(d for d in record.disagreements if _touches(d.field, field)),
        file=file,
        line=_yaml_line(base, file, tuple(parts)),
    )


def _touches(one: str, other: str) -> bool:
    # a disagreement about a whole, or about a part, of what is asked for
    return one == other or any(
        long.startswith(short) and long[len(short)] in ".["
        for short, long in ((one, other), (other, one))
        if len(long) > len(short)
    )


def _covering(
    sources: tuple[Source, ...], top: str, parts: list[str | int]
) -> tuple[TraceSource, ...]:
    """Pages that support the part, those that support all of it first."""
    if top == "sources" and len(parts) > 1 and isinstance(parts[1], int):
        return (_source(sources[parts[1]], ()),)
    wanted = {top, *_COVERED_BY.get(top, ())}
    whole = [_source(s, ()) for s in sources if wanted & set(s.supports)]
    narrow = [
        _source(s, only)
        for s in sources
        if not wanted & set(s.supports)
        and (only := tuple(d.what for d in s.detail if d.part in wanted))
    ]
    return (*whole, *narrow)


def _source(source: Source, only: tuple[str, ...]) -> TraceSource:
    return TraceSource(source.url, source.kind, only, source.via, source.as_of, source.note)


def _context(record: Study | Trial, field: str) -> dict[str, str | None]:
    """Say what a field means: the arm, the outcome and the unit around it."""
    found: dict[str, str | None] = {}
    last = re.findall(r"[a-z_][a-z0-9_]*", field)[-1]
    for end in [m.end() for m in re.finditer(r"[a-z_][a-z0-9_]*(\[\d+\])*", field)]:
        _, holder = resolve(record, field[:end])
        if isinstance(holder, Outcome):
            found |= {
                "outcome": holder.name,
                "timepoint": holder.timepoint,
                "instrument": holder.instrument,
                "unit": holder.unit,
            }
        elif isinstance(holder, ArmResult):
            found["arm"] = holder.arm
        elif type(holder).__name__ == "Arm":
            found |= {"arm": holder.id, "unit": None}
            if last.startswith("dose") and last not in ("doses", "dose_unit"):
                found["unit"] = holder.dose_unit
        elif type(holder).__name__ == "Contrast":
            measure = holder.measure
            if measure in ("MD", "MC", "MEDD", "PR"):
                continue
            found["unit"] = _RELATIVE.get(measure or "", measure)
        elif type(holder).__name__ == "PValue":
            found["unit"] = None
    if last in _COUNTS:
        found["unit"] = "people"
    elif last in ("percent", "female_percent", "i2_percent") or last.endswith("guess_correct"):
        found["unit"] = "%"
    elif last == "timepoint_days":
        found["unit"] = "days"
    elif last == "age_mean":
        found["unit"] = "years"
    elif "outcome" in found and not (_IN_OUTCOME_UNIT.match(last) or last in ("value", "unit")):
        found["unit"] = None
    return found


def _trace_row(base: EvidenceBase, table: str, row: Row, field: str, value: Any) -> Trace:
    file = TABLES[table][0]
    values = row.model_dump()
    url = values.get("source_url") or values.get("source")
    read = str(values.get("read") or "not stated")
    if table in ("mechanism_index", "mechanism_findings"):
        study = base.studies[values.get("study") or row.id]
        url, read = study.url, study.read
    unit = values.get("estimate_unit") or values.get("unit")
    if field.startswith("dose"):
        unit = values.get("dose_unit") or values.get(f"unit_{field[5:6]}")
    elif field == "n":
        unit = "people"
    elif not isinstance(value, float):
        unit = None
    sources = () if url is None else (TraceSource(str(url), "table", via=None),)
    return Trace(
        id=row.id,
        kind=table,
        field=field,
        value=plain(value),
        unit=unit,
        arm=None,
        outcome=None,
        timepoint=None,
        instrument=values.get("instrument"),
        sources=sources,
        stated=bool(sources),
        read=read,
        disagreements=tuple(d for d in base.disagreements_for(table, row.id) if d.field == field),
        file=file,
        line=_csv_line(base, file, row.id),
    )


def _yaml_line(base: EvidenceBase, file: str, path: tuple[str | int, ...]) -> int:
    marks: Marks = {}
    try:
        parse_yaml(read_text(base.path / file), marks)
    except TextError:
        return 0  # edited since it was loaded
    return line_of(path, marks)


def _csv_line(base: EvidenceBase, file: str, row_id: str) -> int:
    try:
        header, rows = parse_csv(read_text(base.path / file))
    except TextError:
        return 0
    if "id" not in header:
        return 0
    at = header.index("id")
    return next((line for line, cells in rows if len(cells) > at and cells[at] == row_id), 0)
