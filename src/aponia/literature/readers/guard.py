"""One record that can not be mapped is reported and kept as it is; the rest of the file is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from aponia.literature.readers.text import clean, has_markup, plain
from aponia.literature.record import Problem, Record

__all__ = ["guarded", "tidy"]

_MARKED = ("title", "abstract", "journal")
_MARKED_LISTS = ("authors", "keywords", "mesh")


def guarded(
    make: Callable[[], Record],
    file: str,
    line: int,
    problems: list[Problem],
    text: Callable[[], str],
) -> Record:
    """Return what `make` returns, or a bare record with the source text when it fails.

    Parameters
    ----------
    make : callable
        Maps one record.
    file, line : str, int
        Where it stands.
    problems : list of Problem
        Gets one more when mapping fails.
    text : callable
        The record as the file states it; only called on failure.
    """
    try:
        return make()
    except Exception as error:
        # Whatever a file holds, it must not stop the other records from being read.
        problems.append(
            Problem(
                file,
                line,
                f"this record could not be read ({type(error).__name__}: {error}); its text is in raw",
            )
        )
        return Record(id="", line=line, raw={"unread": (clean(text()),)})


def tidy(record: Record) -> Record:
    """Turn HTML in the fields a person reads into text; what had tags is kept in ``raw``."""
    changes: dict[str, object] = {}
    raw: dict[str, tuple[str, ...]] = {}
    for name in _MARKED:
        value = getattr(record, name)
        if value and has_markup(value):
            changes[name] = plain(value)
            if "<" in value:
                raw[f"{name} with mark-up"] = (value,)
    for name in _MARKED_LISTS:
        values = getattr(record, name)
        if any("&" in v or "<" in v for v in values):
            changes[name] = tuple(plain(v) if has_markup(v) else v for v in values)
    if raw:
        changes["raw"] = {**record.raw, **raw}
    return replace(record, **changes) if changes else record  # type: ignore[arg-type]
