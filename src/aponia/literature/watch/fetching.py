"""Read sources page by page into the state; whoever is killed goes on at the last page kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Protocol

from aponia.literature.record import Record
from aponia.literature.sources import (
    LabelRow,
    Page,
    Query,
    ReactionCount,
    SourceBusy,
    SourceError,
)
from aponia.literature.watch.model import KnownTrial
from aponia.literature.watch.safety import counts_subject
from aponia.literature.watch.state import Progress, State
from aponia.literature.watch.windows import Window, next_window

__all__ = ["KNOWN", "Client", "Step", "key_of_record", "known_queries", "read_known", "read_source"]

#: Called with (done, total, what).
Step = Callable[[int, int, str], None]
#: Ends the name under which asking for the base's own trials by number is kept.
KNOWN = ":known-trials"
_CHUNK = 100


class Client(Protocol):
    """What is needed of a source; see `aponia.literature.sources.Source`."""

    @property
    def name(self) -> str:
        """Name in commands and cursors."""
        ...  # pragma: no cover

    @property
    def label(self) -> str:
        """Name for people."""
        ...  # pragma: no cover

    def pages(self, query: Query, *, cursor: str | None = None) -> Iterator[Page]:
        """Yield the pages from a cursor on."""
        ...  # pragma: no cover

    def close(self) -> None:
        """Close connections."""
        ...  # pragma: no cover


def read_source(
    state: State,
    client: Client,
    query: Query,
    today: date,
    *,
    first: date | None = None,
    step: Step | None = None,
) -> bool:
    """Read a source up to today.

    A window that was broken off is finished first. When the source refuses the cursor kept, the
    window is read once more from its beginning: what is there already is not taken twice.

    Returns
    -------
    bool
        False when the source failed; the state holds the message, and the window stays open.
    """
    while True:
        window = next_window(client.name, state.standing(client.name), today, first)
        if not _read_window(state, client, query, window, today, step):
            return False
        if window.until >= today:
            return True


def _read_window(
    state: State, client: Client, query: Query, window: Window, today: date, step: Step | None
) -> bool:
    state.begin(client.name, window, today)
    asked = replace(query, since=window.since, until=window.until if window.since else None)
    cursor, pages_read = window.cursor, 0
    try:
        for page in client.pages(asked, cursor=cursor):
            state.keep(client.name, cursor, _progress(client.name, page), today)
            cursor, pages_read = page.cursor, pages_read + 1
            if step is not None:
                step(page.done, page.total or page.done, f"{page.done} of {page.total or '?'}")
    except SourceError as error:
        stale = bool(window.cursor) and not pages_read and not isinstance(error, SourceBusy)
        state.fail(client.name, str(error), anew=stale)
        if stale:
            return _read_window(state, client, query, replace(window, cursor=None), today, step)
        return False
    return True


def _progress(source: str, page: Page) -> Progress:
    snapshots: list[tuple[str, Mapping[str, Any]]] = [
        (f"trial:{e.id}", e.to_dict()) for e in page.trials
    ]
    snapshots += [(f"label:{r.set_id}", r.to_dict()) for r in page.rows if isinstance(r, LabelRow)]
    counts: dict[str, dict[str, Any]] = {}
    for row in page.rows:
        if isinstance(row, ReactionCount):
            held = counts.setdefault(row.drug, {"as_of": row.as_of, "drug_reports": row.drug_reports, "counts": {}})  # fmt: skip
            held["counts"][row.reaction] = row.reports
    snapshots += [(counts_subject(drug), data) for drug, data in counts.items()]
    return Progress(
        [(key_of_record(source, r), r) for r in page.records], snapshots,
        page.cursor, page.done, page.dropped, page.total, page.notes,
    )  # fmt: skip


def key_of_record(source: str, record: Record) -> str:
    """Return what names a record within its source; versions of a preprint are one record."""
    if source in {"biorxiv", "medrxiv"} and record.doi:
        return record.doi
    if record.id:
        return record.id
    text = "|".join([record.title, str(record.year), *record.authors])
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


# -- the base's own trials, by number ----------------------------------------------------------------


def known_queries(trials: Sequence[KnownTrial]) -> dict[str, list[tuple[Query, tuple[str, ...]]]]:
    """Return for each register the queries that fetch trials by number, and the numbers of each."""
    of: dict[str, list[str]] = {"clinicaltrials-gov": [], "isrctn": [], "ctis": []}
    for trial in trials:
        if trial.id.startswith("NCT"):
            of["clinicaltrials-gov"].append(trial.id)
        elif trial.id.startswith("ISRCTN"):
            of["isrctn"].append(trial.id)
        elif trial.id[:4].isdecimal() and trial.id[4:6] == "-5":
            of["ctis"].append(trial.id)
    numbers = sorted(of["clinicaltrials-gov"])
    chunks = [tuple(numbers[k : k + _CHUNK]) for k in range(0, len(numbers), _CHUNK)]
    out: dict[str, list[tuple[Query, tuple[str, ...]]]] = {
        "clinicaltrials-gov": [(Query(fields={"filter.ids": ",".join(part)}), part) for part in chunks],
        "isrctn": [(Query(n), (n,)) for n in sorted(of["isrctn"])],
        "ctis": [(Query(fields={"number": n}), (n,)) for n in sorted(of["ctis"])],
    }  # fmt: skip
    return {name: queries for name, queries in out.items() if queries}


def read_known(
    state: State,
    client: Client,
    queries: Sequence[tuple[Query, tuple[str, ...]]],
    today: date,
    *,
    step: Step | None = None,
) -> bool:
    """Ask a register for trials by number and keep what it says now.

    All of them are asked for each time, in few requests, so there is nothing to go on with: being
    killed here costs asking again. Entries of other numbers are left out.

    Returns
    -------
    bool
        False when the register failed; the state holds the message.
    """
    name, wanted = client.name + KNOWN, {n for _, part in queries for n in part}
    state.begin(name, Window(None, today), today)
    given: set[str] = set()
    snapshots: list[tuple[str, Mapping[str, Any]]] = []
    notes: list[str] = []
    try:
        for query, _ in queries:
            for page in client.pages(query):
                entries = [e for e in page.trials if e.id in wanted]
                given.update(e.id for e in entries)
                snapshots += [(f"trial:{e.id}", e.to_dict()) for e in entries]
                notes += page.notes
                if step is not None:
                    step(len(given), len(wanted), f"{len(given)} of {len(wanted)} trials")
    except SourceError as error:
        state.fail(name, str(error))
        return False
    missing = sorted(wanted - given)
    if missing:
        notes.append(f"not given when asked for by number: {', '.join(missing)}")
    state.keep(
        name, None, Progress([], snapshots, None, len(given), 0, len(wanted), tuple(notes)), today
    )
    return True
