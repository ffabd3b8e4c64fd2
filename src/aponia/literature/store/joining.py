"""Which records are one publication, which publications one study: a person's say, always undoable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from aponia.literature.record import Record
from aponia.literature.store import schema as t
from aponia.literature.store.database import ReviewError, key_of
from aponia.literature.store.trail import in_force, now, utc

if TYPE_CHECKING:
    from aponia.literature.store.review import Review

__all__ = ["answer", "link", "merge", "merged_publications", "records_home", "records_of", "split", "studies", "suggestions"]  # fmt: skip


def split(review: Review, publication: int, records: Sequence[int], *, who: str) -> int:
    """Undo a merge: move records of a publication to a new one, which is screened on its own.

    Parameters
    ----------
    review : Review
    publication : int
    records : sequence of int
        Keys of records, as `records_of` gives them.
    who : str

    Returns
    -------
    int
        Number of the new publication.

    Raises
    ------
    ReviewError
        The records are not in the publication, or are all of it.
    """
    wanted = set(records)
    with review._transaction() as c:
        there = _keys_of(review, c, publication)
        chosen = sorted(wanted & set(there))
        if not chosen or len(chosen) == len(there) or len(chosen) != len(wanted):
            raise ReviewError(
                f"{len(chosen)} of the {len(there)} records of publication {publication} named; some but not all are needed"
            )
        target = key_of(c.execute(sa.insert(t.publication).values(project_id=review.id)))
        c.execute(
            sa.update(t.record).where(t.record.c.id.in_(chosen)).values(publication_id=target)
        )
        a, b = sorted((publication, target))
        c.execute(sa.insert(t.suggestion).values(
            project_id=review.id, a=a, b=b, kind="same-publication", because="taken apart by hand", answer="no"
        ))  # fmt: skip
        review._touch(c)
        review._log(
            c, who, "merge undone", {"publication": publication, "records": chosen, "new": target}
        )
    return target


def merge(review: Review, keep: int, other: int, *, who: str) -> None:
    """Merge two publications by hand; no judgement is lost.

    The records of `other` move. Where a reviewer has decided on `other` only, the decision is carried
    over as a new entry that says so; where on both, the one on `keep` stands.

    Raises
    ------
    ReviewError
        One of them does not exist, or they are the same.
    """
    with review._transaction() as c:
        moved = _keys_of(review, c, other)
        there = _keys_of(review, c, keep)
        if keep == other or not moved or not there:
            raise ReviewError(
                f"publications {keep} and {other} can not be merged: both must exist and differ"
            )
        c.execute(sa.update(t.record).where(t.record.c.id.in_(moved)).values(publication_id=keep))
        c.execute(sa.insert(t.merged).values(
            project_id=review.id, a=there[0], b=moved[0], probability=None,
            because=["a person said they are one publication"], against=[], who=who, at=now(),
        ))  # fmt: skip
        review._log(c, who, "merged by hand", {"keep": keep, "other": other, "records": moved})
        for stage in ("title-abstract", "full-text"):
            known = {(d.reviewer, d.resolves) for d in in_force(review._decisions_in(c, keep, stage))}  # fmt: skip
            for d in in_force(review._decisions_in(c, other, stage)):
                if (d.reviewer, d.resolves) not in known:
                    note = f"Carried over from publication {other}, merged into this one by {who}."
                    review._write(
                        c, keep, stage, d.reviewer, d.verdict, d.reason,
                        f"{d.note}\n{note}".strip(), d.resolves, "merge",
                    )  # fmt: skip
        _settle(review, c, keep, other, "same-publication", "yes")
        review._touch(c)


def link(review: Review, a: int, b: int, *, who: str) -> None:
    """Say that two publications report one study: they stay two reports, the study counts once.

    Raises
    ------
    ReviewError
        One of them does not exist, or they are the same.
    """
    with review._transaction() as c:
        if a == b or not _keys_of(review, c, a) or not _keys_of(review, c, b):
            raise ReviewError(
                f"publications {a} and {b} can not be linked: both must exist and differ"
            )
        query = sa.select(t.publication.c.id, t.publication.c.study).where(
            t.publication.c.id.in_([a, b])
        )
        before = {int(n): s for n, s in c.execute(query)}
        study = min(int(s) for s in (before[a] or a, before[b] or b))
        old = [s for s in before.values() if s is not None]
        c.execute(
            sa.update(t.publication)
            .where(
                t.publication.c.project_id == review.id,
                sa.or_(t.publication.c.id.in_([a, b]), t.publication.c.study.in_(old)),
            )
            .values(study=study)
        )
        _settle(review, c, a, b, "same-study", "yes")
        review._touch(c)
        review._log(c, who, "linked as one study", {"publications": [a, b], "study": study})


def answer(review: Review, suggestion: int, *, who: str) -> None:
    """Say no to a suggestion: the two are not the same; it is not made again.

    Raises
    ------
    ReviewError
        There is no such suggestion.
    """
    with review._transaction() as c:
        query = sa.select(t.suggestion).where(
            t.suggestion.c.id == suggestion, t.suggestion.c.project_id == review.id
        )
        row = c.execute(query).mappings().first()
        if row is None:
            raise ReviewError(f"there is no suggestion {suggestion} in this review")
        c.execute(
            sa.update(t.suggestion).where(t.suggestion.c.id == suggestion).values(answer="no")
        )
        review._log(c, who, "kept apart", {"publications": [row["a"], row["b"]], "kind": row["kind"]})  # fmt: skip


def _settle(review: Review, c: sa.Connection, a: int, b: int, kind: str, said: str) -> None:
    low, high = sorted((a, b))
    c.execute(
        sa.update(t.suggestion)
        .where(
            t.suggestion.c.project_id == review.id,
            t.suggestion.c.a == low,
            t.suggestion.c.b == high,
            t.suggestion.c.kind == kind,
        )
        .values(answer=said)
    )


def _keys_of(review: Review, c: sa.Connection, publication: int) -> list[int]:
    query = (
        sa.select(t.record.c.id)
        .where(t.record.c.publication_id == publication, t.record.c.project_id == review.id)
        .order_by(t.record.c.id)
    )
    return [int(k) for k in c.execute(query).scalars()]


# -- reading ---------------------------------------------------------------------------------------


def records_of(review: Review, publication: int) -> dict[int, Record]:
    """Return the records of a publication by key."""
    query = (
        sa.select(t.record.c.id, t.record.c.data)
        .where(t.record.c.publication_id == publication, t.record.c.project_id == review.id)
        .order_by(t.record.c.id)
    )
    with review.engine.connect() as c:
        return {int(k): Record.from_dict(data) for k, data in c.execute(query)}


def records_home(review: Review) -> dict[int, int]:
    """Return the publication each record belongs to, by key."""
    query = sa.select(t.record.c.id, t.record.c.publication_id).where(
        t.record.c.project_id == review.id
    )
    with review.engine.connect() as c:
        return {int(k): int(p) for k, p in c.execute(query)}


def merged_publications(review: Review) -> list[dict[str, Any]]:
    """Return each publication of several records, with its records and why they were put together."""
    several = (
        sa.select(t.record.c.publication_id)
        .where(t.record.c.project_id == review.id)
        .group_by(t.record.c.publication_id)
        .having(sa.func.count() > 1)
    )
    query = (
        sa.select(t.record.c.publication_id, t.record.c.id, t.record.c.data)
        .where(t.record.c.project_id == review.id, t.record.c.publication_id.in_(several))
        .order_by(t.record.c.publication_id, t.record.c.id)
    )
    reasons = sa.select(t.merged).where(t.merged.c.project_id == review.id).order_by(t.merged.c.id)
    with review.engine.connect() as c:
        groups: dict[int, dict[int, Record]] = {}
        for number, key, data in c.execute(query):
            groups.setdefault(int(number), {})[int(key)] = Record.from_dict(data)
        why = [dict(r) for r in c.execute(reasons).mappings()]
    home = {key: number for number, records in groups.items() for key in records}
    merges: dict[int, list[dict[str, Any]]] = {}
    for row in why:
        number = home.get(row["a"], -1)
        if number > 0 and number == home.get(row["b"], -2):
            merges.setdefault(number, []).append(
                {k: row[k] for k in ("a", "b", "probability", "because", "against", "who")} | {"at": utc(row["at"])}
            )  # fmt: skip
    return [
        {"publication": n, "records": records, "merges": merges.get(n, [])}
        for n, records in groups.items()
    ]


def suggestions(review: Review) -> list[dict[str, Any]]:
    """Return the pairs a person has not yet looked at: ``id a b kind because``."""
    alive = sa.select(t.record.c.publication_id).where(t.record.c.project_id == review.id)
    query = (
        sa.select(t.suggestion)
        .where(
            t.suggestion.c.project_id == review.id,
            t.suggestion.c.answer == "",
            t.suggestion.c.a.in_(alive),
            t.suggestion.c.b.in_(alive),
        )
        .order_by(t.suggestion.c.kind, t.suggestion.c.id)
    )
    with review.engine.connect() as c:
        return [
            {k: row[k] for k in ("id", "a", "b", "kind", "because")}
            for row in c.execute(query).mappings()
        ]


def studies(review: Review) -> dict[int, int]:
    """Return the study each publication reports: its own number when it is linked to no other."""
    query = sa.select(t.publication.c.id, t.publication.c.study).where(
        t.publication.c.project_id == review.id
    )
    with review.engine.connect() as c:
        return {int(n): int(s or n) for n, s in c.execute(query)}
