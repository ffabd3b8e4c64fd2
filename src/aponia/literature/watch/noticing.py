"""From snapshots to findings; the same snapshots give the same findings, however often it runs."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from aponia.literature.sources import TrialEntry
from aponia.literature.watch.drift import Change, against_base, between
from aponia.literature.watch.model import Base, Finding, KnownTrial
from aponia.literature.watch.overdue import Overdue, look
from aponia.literature.watch.safety import label_changes
from aponia.literature.watch.state import Snapshot, State

__all__ = ["notice"]


def notice(state: State, base: Base, today: date) -> int:
    """Keep what is new among the findings; return how many were."""
    snapshots = state.snapshots("trial:")
    kept = state.findings()
    found: list[tuple[str, Finding]] = []
    for known in base.trials:
        seen = snapshots.get(f"trial:{known.id}", [])
        if seen:
            mine = [f for f in kept if f.subject == known.id and f.kind == "drift"]
            found += _drift(known, seen, mine, today)
            found += _results(known, seen[-1], today)
    found += _labels(state, today)
    return state.add_findings(found)


def _key(*parts: object) -> str:
    return hashlib.sha256(json.dumps([str(p) for p in parts]).encode()).hexdigest()


def _drift(
    known: KnownTrial, seen: Sequence[Snapshot], kept: Sequence[Finding], today: date
) -> list[tuple[str, Finding]]:
    entries = [TrialEntry.from_dict(s.data) for s in seen]
    out: list[tuple[str, Finding]] = []
    # All pairs, not the last alone: a run that was killed may have kept a snapshot and no finding.
    for before, after, snapshot in zip(entries, entries[1:], seen[1:], strict=False):
        for change in between(before, after):
            key = _key("drift", known.id, snapshot.number, change.field)
            out.append((key, _drift_finding(known, after, change, today)))
    told = {(f.data["field"], f.data["now"]) for f in [*kept, *(f for _, f in out)]}
    by_base = {(f.data["field"], f.data["was"], f.data["now"]) for f in kept if f.data["against"] == "base"}  # fmt: skip
    for change in against_base(known, entries[-1]):
        key = _key("base", known.id, change.field, change.was, change.now)
        # Told already, by the register's change itself; unless it is the base that changed since.
        if (change.field, change.now) in told and (change.field, change.was, change.now) not in by_base:  # fmt: skip
            continue
        out.append((key, _drift_finding(known, entries[-1], change, today)))
    return out


def _drift_finding(known: KnownTrial, entry: TrialEntry, change: Change, today: date) -> Finding:
    says = _base_says(known, change.field)
    data = change.to_dict() | {"title": entry.title or known.title, "url": entry.url, "base": says}
    return Finding(0, "drift", known.id, data, today)


def _base_says(known: KnownTrial, field: str) -> str | None:
    value: Any = getattr(known, field, None)
    if field == "results_posted":
        return {True: "posted", False: "none"}.get(value)
    if isinstance(value, tuple):
        return "; ".join(value)
    return None if value is None else str(value)


def _results(known: KnownTrial, snapshot: Snapshot, today: date) -> list[tuple[str, Finding]]:
    entry = TrialEntry.from_dict(snapshot.data)
    found = look(entry, today)
    if found is None:
        return []
    data: dict[str, Any] = {"title": entry.title or known.title, "url": entry.url, "date_name": found.date_name,
                            "ended": found.ended, "reported_in": list(known.reported_in)}  # fmt: skip
    if isinstance(found, Overdue):
        data |= {"rule": found.rule, "due": found.due.isoformat()}
        return [(_key("overdue", known.id, found.rule, found.due), Finding(0, "overdue", known.id, data, today))]  # fmt: skip
    if known.reported_in:
        return []
    data["why"] = found.why
    return [(_key("no-results", known.id, found.ended), Finding(0, "no-results", known.id, data, today))]  # fmt: skip


def _labels(state: State, today: date) -> list[tuple[str, Finding]]:
    out: list[tuple[str, Finding]] = []
    for subject, seen in state.snapshots("label:").items():
        for before, after in itertools.pairwise(seen):
            changes = label_changes(before.data, after.data)
            if changes:
                set_id = subject.removeprefix("label:")
                names = after.data["brands"] or after.data["generics"] or [set_id]
                makers = after.data["manufacturers"]
                data = {
                    "name": ", ".join(names) + (f" ({', '.join(makers)})" if makers else ""), "changes": changes,
                    "effective": after.data["effective"], "title": "",
                    "url": f"https://dailymed.nlm.nih.gov/dailymed/drugInfo.cfm?setid={set_id}",
                }  # fmt: skip
                out.append((_key("label", subject, after.number), Finding(0, "label", set_id, data, today)))  # fmt: skip
    return out
