"""Write the pages of a source to a file, page by page, so that being killed loses nothing.

Pages are appended to ``NAME.part``, and after each the state is put down in ``NAME.cursor`` at once:
the cursor, and how long the file was with that page. Who goes on cuts the file to that length first,
so a page that was half written, or written but not noted, is not there twice. Only the finished file
gets its name.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from aponia.literature.record import Record
from aponia.literature.sources.errors import SourceError
from aponia.literature.sources.model import Page, Query, Source
from aponia.literature.writers import write

__all__ = ["Saved", "save"]


@dataclass(frozen=True, slots=True)
class Saved:
    """What was written.

    Parameters
    ----------
    source, file : str
    trials_file : str
        Beside it, one `TrialEntry` a line; empty for sources that are no registers.
    written, done, dropped : int
        Records or rows in the file, items the source gave, items that did not fit the query.
    total : int or None
        Items the source stated.
    resumed, already : bool
        Went on from a cursor; the file was there and finished.
    notes : tuple of str
    """

    source: str
    file: str
    trials_file: str
    written: int
    done: int
    dropped: int
    total: int | None
    resumed: bool
    already: bool
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


@dataclass(slots=True)
class _State:
    source: str
    query: str
    cursor: str | None = None
    size: int = 0
    trials_size: int = 0
    written: int = 0
    done: int = 0
    dropped: int = 0
    total: int | None = None
    finished: bool = False
    has_trials: bool = False
    notes: tuple[str, ...] = ()


def save(
    source: Source,
    query: Query,
    file: Path,
    *,
    resume: bool = False,
    format: Literal["jsonl", "ris"] = "jsonl",
    progress: Callable[[int, int, str], None] | None = None,
) -> Saved:
    """Read a source to the end into a file.

    Parameters
    ----------
    source, query
        What to read.
    file : Path
        Gets its name when all is there; till then it is ``.part``, with a ``.cursor`` beside it.
    resume : bool
        Go on from the cursor, if there is one.
    format : {"jsonl", "ris"}
    progress : callable, optional
        Called with (done, total, what).

    Raises
    ------
    SourceError
        The source failed (what was read so far is kept), or the file or the cursor is in the way.
    """
    part, trials = _beside(file, ".part"), file.with_suffix(".trials.jsonl")
    trials_part, marker = _beside(trials, ".part"), _beside(file, ".cursor")
    state, resumed = _begin(source, query, file, marker, resume=resume)
    if state is None:
        there = str(trials) if trials.is_file() else ""
        return Saved(
            source.name, str(file), there, 0, 0, 0, None, resumed=False, already=True, notes=()
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    if not state.finished:
        try:
            _read_on(source, query, state, (part, trials_part, marker), format, progress)
        finally:
            if not marker.exists():
                # Nothing was read: leave nothing behind.
                part.unlink(missing_ok=True)
                trials_part.unlink(missing_ok=True)
    if part.exists():
        part.replace(file)
    if trials_part.exists():
        if state.has_trials:
            trials_part.replace(trials)
        else:
            trials_part.unlink()
    marker.unlink(missing_ok=True)
    return Saved(
        source.name, str(file), str(trials) if state.has_trials else "", state.written, state.done, state.dropped,
        state.total, resumed=resumed, already=False, notes=tuple(state.notes),
    )  # fmt: skip


def _read_on(
    source: Source,
    query: Query,
    state: _State,
    files: tuple[Path, Path, Path],
    format: str,
    progress: Callable[[int, int, str], None] | None,
) -> None:
    """Append the pages that are left, noting each as it is on disk."""
    part, trials_part, marker = files
    with part.open("r+b" if part.exists() else "w+b") as out, trials_part.open("r+b" if trials_part.exists() else "w+b") as beside:  # fmt: skip
        for handle, size in ((out, state.size), (beside, state.trials_size)):
            if handle.seek(0, os.SEEK_END) < size:
                raise SourceError(source.name, f"{handle.name} is shorter than its cursor says; delete {marker} and begin anew")  # fmt: skip
            handle.truncate(size)
            handle.seek(size)
        for page in source.pages(query, cursor=state.cursor):
            out.write(_text(page, format, source.name))
            beside.write(_lines([t.to_dict() for t in page.trials]))
            for handle in (out, beside):
                handle.flush()
                os.fsync(handle.fileno())
            _advance(state, page, out.tell(), beside.tell())
            _put(marker, state)
            if progress is not None:
                progress(state.done, state.total or state.done, f"{state.done} of {state.total or '?'}")  # fmt: skip


def _beside(file: Path, ending: str) -> Path:
    return file.with_name(file.name + ending)


def _begin(
    source: Source, query: Query, file: Path, marker: Path, *, resume: bool
) -> tuple[_State | None, bool]:
    """Return the state to go on from, or None when the file is finished already."""
    if marker.exists():
        if not resume:
            raise SourceError(source.name, f"{marker} is of an interrupted search; --resume goes on with it, or delete it")  # fmt: skip
        try:
            held = json.loads(marker.read_text(encoding="utf-8"))
            state = _State(**{**held, "notes": tuple(held["notes"])})
        except (ValueError, TypeError, KeyError):
            raise SourceError(source.name, f"{marker} can not be read; delete it and begin anew") from None  # fmt: skip
        if (state.source, state.query) != (source.name, query.digest):
            raise SourceError(source.name, f"{marker} is of another source, query or date window; ask what was asked then, or delete it")  # fmt: skip
        return state, True
    if file.exists():
        if resume:
            return None, False
        raise SourceError(source.name, f"{file} is there already; name another file with --out")
    return _State(source.name, query.digest), False


def _advance(state: _State, page: Page, size: int, trials_size: int) -> None:
    state.cursor, state.finished = page.cursor, page.cursor is None
    state.size, state.trials_size = size, trials_size
    state.written += len(page.records) + len(page.rows)
    state.done, state.total = page.done, page.total
    state.dropped += page.dropped
    state.has_trials = state.has_trials or bool(page.trials)
    state.notes = tuple(dict.fromkeys((*state.notes, *page.notes)))


def _put(marker: Path, state: _State) -> None:
    fresh = _beside(marker, ".new")
    with fresh.open("w", encoding="utf-8") as handle:
        json.dump(asdict(state), handle)
        handle.flush()
        os.fsync(handle.fileno())
    fresh.replace(marker)


def _lines(values: list[dict[str, Any]]) -> bytes:
    # Half a surrogate pair, which JSON may hold, is no character and would stop the writing.
    text = "".join(json.dumps(v, ensure_ascii=False) + "\n" for v in values)
    return text.encode("utf-8", "replace")


def _text(page: Page, format: str, source: str) -> bytes:
    if format == "jsonl":
        return _lines([_plain(r) for r in page.records] + [r.to_dict() for r in page.rows])
    if page.rows:
        raise SourceError(
            source, "its rows are no publications; RIS can not hold them, write .jsonl"
        )
    return (write(page.records, format) + "\n").encode("utf-8", "replace") if page.records else b""


def _plain(record: Record) -> dict[str, Any]:
    return record.to_dict()
