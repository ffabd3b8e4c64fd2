"""Add the records of a file to a review, new or running."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from aponia.literature.dedupe import dedupe
from aponia.literature.readers import read
from aponia.literature.record import ReadResult, Record
from aponia.literature.store import schema as t
from aponia.literature.store.database import ReviewError, clean, key_of
from aponia.literature.store.trail import now

if TYPE_CHECKING:
    from aponia.literature.store.review import Review

__all__ = ["KINDS", "ImportResult", "add_file", "add_records"]

#: How records were identified, as PRISMA 2020 tells them apart.
KINDS = ("database", "register", "website", "organisation", "citation searching", "other")
_REGISTERS = ("clinicaltrials.gov", "ctis", "euctr", "eu-ctr", "ictrp", "isrctn")
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did. `already` is true when this very file had been imported before."""

    records: int
    new_publications: int
    duplicates: int
    problems: tuple[str, ...]
    already: bool = False
    suggested: tuple[tuple[int, ...], ...] = ()
    format: str = ""


@dataclass(slots=True)
class _Plan:
    """Where each new record goes: by number of a known publication, or with its new fellows."""

    #: One entry a publication: its number when known, and the positions of its new records.
    groups: list[tuple[int | None, list[int]]] = field(default_factory=list)
    #: (record, record, probability, because, against); a record is ("old", key) or ("new", position).
    merges: list[tuple[str, str, float, list[str], list[str]]] = field(default_factory=list)
    #: (record, record, kind, because): pairs for a person to look at.
    doubts: list[tuple[str, str, str, str]] = field(default_factory=list)
    known: list[tuple[int, ...]] = field(default_factory=list)


def add_file(
    review: Review,
    path: Path,
    *,
    who: str,
    database: str,
    kind: str,
    name: str,
    progress: Callable[[int, int, str], None] | None = None,
) -> ImportResult:
    """Import a file, in one transaction: all of it or nothing.

    Records of publications already there join them; the decisions on those stay. Two publications
    that people may have judged are never merged by themselves, only suggested. The same file a
    second time changes nothing. Comparing records takes no lock: others go on deciding meanwhile.

    Raises
    ------
    ReadError
        The file can not be read.
    ReviewError
        Unknown kind of source.
    """
    file = clean(name or path.name, "file name", most=255)
    digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    result = read(path)
    if name:
        result = ReadResult(
            [replace(r, file=file) for r in result.records],
            [replace(p, file=file) for p in result.problems], result.format, result.encoding,
        )  # fmt: skip
    sources = [r.source for r in result.records if r.source]
    database = clean(database, "name of the source", most=200) or (
        max(sorted(set(sources)), key=sources.count) if sources else Path(file).stem
    )
    if not kind:
        kind = "register" if any(k in database.lower() for k in _REGISTERS) else "database"
    if kind not in KINDS:
        raise ReviewError(f"unknown kind of source {kind!r}; known are {', '.join(KINDS)}")
    head: dict[str, Any] = {"file": file, "sha256": digest, "format": result.format, "database": clean(database, "source", most=200),
            "kind": kind, "records": len(result.records), "problems": _sound([str(p) for p in result.problems])}  # fmt: skip
    return add_records(review, result.records, head, who=who, progress=progress)


def add_records(
    review: Review,
    records: Sequence[Record],
    head: dict[str, Any],
    *,
    who: str,
    progress: Callable[[int, int, str], None] | None = None,
    also: Callable[[sa.Connection, list[int]], None] | None = None,
) -> ImportResult:
    """Import records that are already read; see `add_file`, which reads a file first.

    Parameters
    ----------
    review : Review
    records : sequence of Record
    head : dict
        What `imported` says of them: ``file sha256 format database kind records problems``.
    who : str
    progress : callable, optional
    also : callable, optional
        Called within the transaction with the connection and the keys of the new records, in order.
    """
    digest, form = str(head["sha256"]), str(head["format"])
    for attempt in range(_ATTEMPTS):
        with review.engine.connect() as c:
            version, old = _known(review, c)
            if _imported(review, c, digest):
                return ImportResult(0, 0, 0, (), already=True, format=form)
        plan = _plan(old, records, progress)
        with review._transaction() as c:
            if _imported(review, c, digest):
                return ImportResult(0, 0, 0, (), already=True, format=form)
            current, again = _known(review, c, only_version=attempt < _ATTEMPTS - 1)
            if current != version:
                if attempt < _ATTEMPTS - 1:
                    continue  # someone changed the records meanwhile: compare anew
                plan = _plan(again, records, progress)
            added, keys = _write(review, c, who, head, records, plan)
            if also is not None:
                also(c, keys)
        return ImportResult(
            len(records), added, len(records) - added,
            tuple(head["problems"]), suggested=tuple(plan.known), format=form,
        )  # fmt: skip
    raise ReviewError(
        "the records could not be written"
    )  # pragma: no cover - the last attempt writes


def _sound(value: Any) -> Any:
    """Return values whose every text can be written out: half a surrogate pair is no character.

    JSON exports may hold one; a page or file with it could not be sent.
    """
    if isinstance(value, str):
        if value.isascii():
            return value
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_sound(v) for v in value]
    if isinstance(value, dict):
        return {_sound(k): _sound(v) for k, v in value.items()}
    return value


def _imported(review: Review, c: sa.Connection, digest: str) -> bool:
    query = sa.select(t.imported.c.id).where(
        t.imported.c.project_id == review.id, t.imported.c.sha256 == digest
    )
    return c.execute(query).first() is not None


def _known(
    review: Review, c: sa.Connection, *, only_version: bool = False
) -> tuple[int, list[tuple[int, int, Record]]]:
    version = c.execute(sa.select(t.project.c.version).where(t.project.c.id == review.id)).scalar()
    if only_version:
        return int(version or 0), []
    query = (
        sa.select(t.record.c.id, t.record.c.publication_id, t.record.c.data)
        .where(t.record.c.project_id == review.id)
        .order_by(t.record.c.id)
    )
    rows = [(int(k), int(p), Record.from_dict(data)) for k, p, data in c.execute(query)]
    return int(version or 0), rows


def _plan(
    old: Sequence[tuple[int, int, Record]],
    new: Sequence[Record],
    progress: Callable[[int, int, str], None] | None,
) -> _Plan:
    """Work out where every new record belongs, without writing anything."""
    # Ids of files clash ("1", "2", …); inside the comparison every record has one of its own.
    records = [replace(r, id=f"old {k}") for k, _, r in old]
    records += [replace(r, id=f"new {i}") for i, r in enumerate(new)]
    home = [p for _, p, _ in old]
    found = dedupe(records, progress=progress)
    plan = _Plan()
    group_of = {records[i].id: g for g, group in enumerate(found.groups) for i in group}
    for group, publication in zip(found.groups, found.publications, strict=True):
        homes = sorted({home[i] for i in group if i < len(old)})
        fresh = [i - len(old) for i in group if i >= len(old)]
        if len(homes) > 1:
            plan.known.append(tuple(homes))
        for merge in publication.merges:
            told = list(merge.because)
            if len(homes) > 1 and merge.a.startswith("old") and merge.b.startswith("old"):
                plan.doubts.append((merge.a, merge.b, "same-publication", ", ".join(told)))
            elif fresh:
                plan.merges.append((merge.a, merge.b, merge.probability, told, list(merge.against)))
        if fresh:
            plan.groups.append((homes[0] if homes else None, fresh))
    for link in found.links:
        if group_of[link.a] != group_of[link.b]:
            plan.doubts.append((link.a, link.b, "same-study", link.because))
    for refused in found.refused:
        if group_of[refused.a] != group_of[refused.b]:
            because = ", ".join(refused.because)
            against = ", ".join(refused.against)
            plan.doubts.append(
                (refused.a, refused.b, "same-publication", f"{because}; against: {against}")
            )
    return plan


def _write(
    review: Review, c: sa.Connection, who: str, head: dict[str, Any], new: Sequence[Record], plan: _Plan
) -> tuple[int, list[int]]:  # fmt: skip
    """Write a plan; return the number of new publications, and the new records' keys in order."""
    batch = key_of(c.execute(sa.insert(t.imported).values(project_id=review.id, at=now(), **head)))
    added = 0
    place: dict[int, int] = {}
    for number, fresh in plan.groups:
        if number is None:
            number = key_of(c.execute(sa.insert(t.publication).values(project_id=review.id)))
            added += 1
        place.update(dict.fromkeys(fresh, number))
    if place:
        # In file order, so that the order of keys is the order of the file.
        c.execute(sa.insert(t.record), [
            {"project_id": review.id, "imported_id": batch, "publication_id": place[i], "data": _sound(new[i].to_dict())}
            for i in range(len(new))
        ])  # fmt: skip
    rows = c.execute(
        sa.select(t.record.c.id, t.record.c.publication_id)
        .where(t.record.c.imported_id == batch)
        .order_by(t.record.c.id)
    ).all()
    keys = {f"new {i}": int(k) for i, (k, _) in enumerate(rows)}
    home = {int(k): int(p) for k, p in rows}

    def key(name: str) -> int:
        return keys[name] if name.startswith("new") else int(name[4:])

    if plan.merges:
        c.execute(sa.insert(t.merged), [
            {"project_id": review.id, "a": key(a), "b": key(b), "probability": p, "because": pro, "against": con,
             "who": "aponia", "at": now()}
            for a, b, p, pro, con in plan.merges
        ])  # fmt: skip
    _suggest(review, c, home, [(key(a), key(b), kind, why) for a, b, kind, why in plan.doubts])
    review._touch(c)
    review._log(c, who, "file imported", {k: head[k] for k in ("file", "sha256", "database", "kind", "records")}
                | {"new publications": added, "problems": len(head["problems"])})  # fmt: skip
    return added, [int(k) for k, _ in rows]


def _suggest(
    review: Review, c: sa.Connection, home: dict[int, int], doubts: list[tuple[int, int, str, str]]
) -> None:
    """Keep pairs of publications for a person to look at; what was answered is not asked again."""
    wanted = [k for a, b, _, _ in doubts for k in (a, b) if k not in home]
    for start in range(0, len(wanted), 500):
        rows = c.execute(
            sa.select(t.record.c.id, t.record.c.publication_id)
            .where(t.record.c.id.in_(wanted[start : start + 500]))
        )  # fmt: skip
        home.update({int(k): int(p) for k, p in rows})
    query = sa.select(t.suggestion.c.a, t.suggestion.c.b, t.suggestion.c.kind).where(
        t.suggestion.c.project_id == review.id
    )
    asked = {(int(a), int(b), str(kind)) for a, b, kind in c.execute(query)}
    rows_new = []
    for a, b, kind, why in doubts:
        pair = sorted((home[a], home[b]))
        if pair[0] == pair[1] or (pair[0], pair[1], kind) in asked:
            continue
        asked.add((pair[0], pair[1], kind))
        rows_new.append({"project_id": review.id, "a": pair[0], "b": pair[1], "kind": kind, "because": why, "answer": ""})  # fmt: skip
    if rows_new:
        c.execute(sa.insert(t.suggestion), rows_new)
