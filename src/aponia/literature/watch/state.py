"""What the watch has seen, in the database: windows, records, snapshots, findings, runs."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from aponia.literature.record import Record
from aponia.literature.store.database import clean, key_of, writing
from aponia.literature.store.trail import utc
from aponia.literature.watch import schema as t
from aponia.literature.watch.model import Finding, WatchError
from aponia.literature.watch.windows import Standing, Window

__all__ = ["Asked", "Item", "Progress", "Snapshot", "State"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking one source: the window, the counts, and the failure if there was one.

    Parameters
    ----------
    source : str
    since, until : str or None
        Window, both days included; `since` None means all there is.
    read, dropped : int
        Items the source gave, and those that did not fit the query.
    total : int or None
        Items the source stated.
    finished : bool
        The window was read to its end.
    failed : str
        Message of the source's failure; empty when there was none.
    notes : tuple of str
    complete_until : str or None
        Last day known to be read.
    """

    source: str
    since: str | None
    until: str
    read: int
    dropped: int
    total: int | None
    finished: bool
    failed: str
    notes: tuple[str, ...]
    complete_until: str | None
    asked_on: str


@dataclass(frozen=True, slots=True)
class Item:
    """A record as a source gave it first."""

    id: int
    source: str
    record: Record
    found_on: str
    settled: bool
    known_as: str
    record_id: int | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of a trial, label or table of counts; numbered from 1 for each subject."""

    subject: str
    number: int
    data: Mapping[str, Any]
    found_on: date


@dataclass(frozen=True, slots=True)
class Progress:
    """A page to keep: records by key, snapshots by subject, and where the window then stands."""

    records: Sequence[tuple[str, Record]]
    snapshots: Sequence[tuple[str, Mapping[str, Any]]]
    cursor: str | None
    read: int
    dropped: int
    total: int | None
    notes: tuple[str, ...]


class State:
    """The watch of one review.

    Parameters
    ----------
    engine : Engine
    project : int
        Number of the review.
    """

    def __init__(self, engine: sa.Engine, project: int) -> None:
        t.make_tables(engine)
        self.engine, self.project = engine, project

    # -- windows and pages -------------------------------------------------------------------------

    def standing(self, source: str) -> Standing | None:
        """Return where a source stands, None before its first run."""
        with self.engine.connect() as c:
            row = self._source(c, source)
        if row is None:
            return None
        return Standing(_date(row["since"]), date.fromisoformat(row["until"]), row["cursor"],
                        bool(row["running"]), _date(row["complete_until"]))  # fmt: skip

    def begin(self, source: str, window: Window, today: date) -> None:
        """Note that a window is being read; from its cursor on, or anew."""
        values: dict[str, Any] = {
            "since": window.since.isoformat() if window.since else None, "until": window.until.isoformat(),
            "cursor": window.cursor, "running": True, "asked_on": today.isoformat(), "failed": "",
        }  # fmt: skip
        if window.cursor is None:
            values |= {"read": 0, "dropped": 0, "total": None, "notes": []}
        with writing(self.engine, self.project) as c:
            if self._source(c, source) is None:
                c.execute(sa.insert(t.source).values(project_id=self.project, source=source, complete_until=None, **values))  # fmt: skip
            else:
                c.execute(sa.update(t.source).where(*self._is(source)).values(**values))

    def keep(self, source: str, before: str | None, page: Progress, today: date) -> None:
        """Keep a page and its cursor, in one transaction: both or neither.

        Parameters
        ----------
        source : str
        before : str or None
            The cursor the page was asked with.
        page : Progress
        today : date

        Raises
        ------
        WatchError
            The source stands elsewhere: another watch went on with it.
        """
        with writing(self.engine, self.project) as c:
            row = self._source(c, source)
            if row is None or row["cursor"] != before or not row["running"]:
                raise WatchError(f"{source} was read on by another watch meanwhile; run again to see where it stands")  # fmt: skip
            self._add_items(c, source, page.records, today)
            for subject, data in page.snapshots:
                self._add_snapshot(c, subject, data, today)
            finished = page.cursor is None
            notes = list(dict.fromkeys([*row["notes"], *page.notes]))
            c.execute(sa.update(t.source).where(*self._is(source)).values(
                cursor=page.cursor, running=not finished, read=page.read, dropped=row["dropped"] + page.dropped,
                total=page.total, notes=notes, **({"complete_until": row["until"]} if finished else {}),
            ))  # fmt: skip

    def fail(self, source: str, message: str, *, anew: bool = False) -> None:
        """Note a failure; the window stays open, at its cursor or (with `anew`) at its beginning."""
        values: dict[str, Any] = {"failed": message}
        if anew:
            values |= {"cursor": None, "read": 0, "dropped": 0, "total": None, "notes": []}
        with writing(self.engine, self.project) as c:
            c.execute(sa.update(t.source).where(*self._is(source)).values(**values))

    def asked(self) -> list[Asked]:
        """Return what came of asking each source, by name."""
        query = sa.select(t.source).where(t.source.c.project_id == self.project).order_by(t.source.c.source)  # fmt: skip
        with self.engine.connect() as c:
            return [
                Asked(r["source"], r["since"], r["until"], r["read"], r["dropped"], r["total"], not r["running"],
                      r["failed"], tuple(r["notes"]), r["complete_until"], r["asked_on"])
                for r in c.execute(query).mappings()
            ]  # fmt: skip

    def _is(self, source: str) -> tuple[sa.ColumnElement[bool], ...]:
        return t.source.c.project_id == self.project, t.source.c.source == source

    def _source(self, c: sa.Connection, source: str) -> sa.RowMapping | None:
        return c.execute(sa.select(t.source).where(*self._is(source))).mappings().first()

    # -- records -----------------------------------------------------------------------------------

    def _add_items(
        self, c: sa.Connection, source: str, records: Sequence[tuple[str, Record]], today: date
    ) -> None:
        fresh = dict(reversed(records))
        known: set[str] = set()
        keys = list(fresh)
        for start in range(0, len(keys), 500):
            known.update(c.execute(sa.select(t.item.c.key).where(
                t.item.c.project_id == self.project, t.item.c.source == source, t.item.c.key.in_(keys[start : start + 500])
            )).scalars())  # fmt: skip
        rows = [
            {"project_id": self.project, "source": source, "key": key, "data": _sound(fresh[key].to_dict()),
             "found_on": today.isoformat(), "settled": False, "known_as": "", "record_id": None}
            for key in dict.fromkeys(k for k, _ in records) if key not in known
        ]  # fmt: skip
        if rows:
            c.execute(sa.insert(t.item), rows)

    def items(self, *, waiting: bool = False) -> list[Item]:
        """Return the records in the order they came; `waiting` for those not settled yet."""
        query = sa.select(t.item).where(t.item.c.project_id == self.project).order_by(t.item.c.id)
        if waiting:
            query = query.where(t.item.c.settled == sa.false())
        with self.engine.connect() as c:
            return [
                Item(r["id"], r["source"], Record.from_dict(r["data"]), r["found_on"], bool(r["settled"]),
                     r["known_as"], r["record_id"])
                for r in c.execute(query).mappings()
            ]  # fmt: skip

    def settle(self, c: sa.Connection, done: Iterable[tuple[int, str, int | None]]) -> None:
        """Note, within a transaction, where records went: (item, known as, key in the review)."""
        for number, known_as, record in done:
            c.execute(sa.update(t.item).where(t.item.c.id == number).values(settled=True, known_as=known_as, record_id=record))  # fmt: skip

    # -- snapshots and findings --------------------------------------------------------------------

    def _add_snapshot(
        self, c: sa.Connection, subject: str, data: Mapping[str, Any], today: date
    ) -> None:
        kept = _sound(dict(data))
        digest = hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()
        query = (
            sa.select(t.snapshot.c.number, t.snapshot.c.digest)
            .where(t.snapshot.c.project_id == self.project, t.snapshot.c.subject == subject)
            .order_by(t.snapshot.c.number.desc())
            .limit(1)
        )
        last = c.execute(query).first()
        if last is None or last[1] != digest:
            c.execute(sa.insert(t.snapshot).values(
                project_id=self.project, subject=subject, number=(last[0] if last else 0) + 1, digest=digest,
                data=kept, found_on=today.isoformat(),
            ))  # fmt: skip

    def snapshots(self, prefix: str) -> dict[str, list[Snapshot]]:
        """Return all snapshots whose subject begins with a prefix, oldest first, by subject."""
        query = (
            sa.select(t.snapshot)
            .where(t.snapshot.c.project_id == self.project, t.snapshot.c.subject.startswith(prefix))
            .order_by(t.snapshot.c.subject, t.snapshot.c.number)
        )
        out: dict[str, list[Snapshot]] = {}
        with self.engine.connect() as c:
            for r in c.execute(query).mappings():
                one = Snapshot(r["subject"], r["number"], r["data"], date.fromisoformat(r["found_on"]))  # fmt: skip
                out.setdefault(one.subject, []).append(one)
        return out

    def add_findings(self, found: Sequence[tuple[str, Finding]]) -> int:
        """Keep findings by key; one that is there already, done or not, is left as it is."""
        if not found:
            return 0
        with self.engine.connect() as c:
            # Nothing new is the rule: look without a lock first.
            missing = self._missing(c, found)
        if not missing:
            return 0
        with writing(self.engine, self.project) as c:
            missing = self._missing(c, missing)
            for key, one in missing:
                c.execute(sa.insert(t.finding).values(
                    project_id=self.project, key=key, kind=one.kind, subject=one.subject,
                    data=_sound(dict(one.data)), found_on=one.found_on.isoformat(),
                ))  # fmt: skip
        return len(missing)

    def _missing(
        self, c: sa.Connection, found: Sequence[tuple[str, Finding]]
    ) -> list[tuple[str, Finding]]:
        query = sa.select(t.finding.c.key).where(t.finding.c.project_id == self.project)
        known = set(c.execute(query).scalars())
        return [(k, f) for k, f in dict(found).items() if k not in known]

    def findings(self) -> list[Finding]:
        """Return all findings, oldest first, with who dealt with them."""
        query = (
            sa.select(t.finding, t.done.c.who, t.done.c.note)
            .select_from(t.finding.outerjoin(t.done, t.done.c.finding_id == t.finding.c.id))
            .where(t.finding.c.project_id == self.project)
            .order_by(t.finding.c.id)
        )
        with self.engine.connect() as c:
            return [
                Finding(r["id"], r["kind"], r["subject"], r["data"], date.fromisoformat(r["found_on"]),
                        r["who"] or "", r["note"] or "")
                for r in c.execute(query).mappings()
            ]  # fmt: skip

    def done(self, numbers: Sequence[int], who: str, note: str, at: datetime) -> list[int]:
        """Note that a person dealt with findings, all of them or none.

        Returns
        -------
        list of int
            Those that were open until now.

        Raises
        ------
        WatchError
            No name, or no such finding.
        """
        who, note = clean(who, "name", most=80), clean(note, "note", most=10_000)
        if not who:
            raise WatchError("say who dealt with it: --who NAME")
        with writing(self.engine, self.project) as c:
            known = set(c.execute(sa.select(t.finding.c.id).where(t.finding.c.project_id == self.project)).scalars())  # fmt: skip
            unknown = [n for n in numbers if n not in known]
            if unknown:
                raise WatchError(f"there is no finding {unknown[0]} in this review; 'aponia watch list' shows what is open")  # fmt: skip
            closed = set(c.execute(sa.select(t.done.c.finding_id).where(t.done.c.project_id == self.project)).scalars())  # fmt: skip
            fresh = [n for n in dict.fromkeys(numbers) if n not in closed]
            for number in fresh:
                c.execute(sa.insert(t.done).values(project_id=self.project, finding_id=number, who=who, note=note, at=at))  # fmt: skip
        return fresh

    # -- runs --------------------------------------------------------------------------------------

    def start_run(self, who: str, at: datetime) -> int:
        """Note in the log that a run began; return its number."""
        with writing(self.engine, self.project) as c:
            return key_of(c.execute(sa.insert(t.run).values(
                project_id=self.project, who=clean(who, "name", most=80), host=socket.gethostname(), pid=os.getpid(),
                started_at=at, ended_at=None, outcome={},
            )))  # fmt: skip

    def end_run(self, number: int, outcome: Mapping[str, Any], at: datetime) -> None:
        """Note in the log how a run ended."""
        with writing(self.engine, self.project) as c:
            c.execute(sa.update(t.run).where(t.run.c.id == number).values(ended_at=at, outcome=dict(outcome)))  # fmt: skip

    def runs(self, most: int = 10) -> list[dict[str, Any]]:
        """Return the last runs, newest first."""
        query = sa.select(t.run).where(t.run.c.project_id == self.project).order_by(t.run.c.id.desc()).limit(most)  # fmt: skip
        with self.engine.connect() as c:
            return [
                {"id": r["id"], "who": r["who"], "host": r["host"], "pid": r["pid"],
                 "started_at": utc(r["started_at"]).isoformat(),
                 "ended_at": utc(r["ended_at"]).isoformat() if r["ended_at"] else None, "outcome": r["outcome"]}
                for r in c.execute(query).mappings()
            ]  # fmt: skip


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _sound(value: Any) -> Any:
    """Return values a database can keep: no null characters, no halves of surrogate pairs."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_sound(k): _sound(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_sound(v) for v in value]
    return value
