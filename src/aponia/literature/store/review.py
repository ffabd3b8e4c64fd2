"""A review in a database: import, screen, resolve, count."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from aponia.literature.dedupe import Publication, dedupe
from aponia.literature.readers import read
from aponia.literature.record import Record
from aponia.literature.store import schema as t
from aponia.literature.store.database import ReviewError, key_of
from aponia.literature.store.trail import chain, now, state_of

__all__ = ["STAGES", "VERDICTS", "ImportResult", "Review"]

STAGES = ("title-abstract", "full-text")
VERDICTS = ("include", "exclude", "unsure", "not-retrieved")
_REGISTERS = ("clinicaltrials.gov", "ctis", "euctr", "ictrp", "isrctn")


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did. `already` is true when this very file had been imported before."""

    records: int
    new_publications: int
    duplicates: int
    problems: tuple[str, ...]
    already: bool = False
    suggested: tuple[tuple[int, ...], ...] = ()


class Review:
    """One review (project) in a database.

    Parameters
    ----------
    engine : Engine
    name : str
    criteria : str
        Eligibility criteria, used when the review is made.
    reviewers_needed : int
        Independent decisions a publication needs at each stage.

    Raises
    ------
    ReviewError
        `reviewers_needed` is below one.
    """

    def __init__(
        self, engine: sa.Engine, name: str, *, criteria: str = "", reviewers_needed: int = 2
    ) -> None:
        if reviewers_needed < 1:
            raise ReviewError(f"{reviewers_needed} reviewers for a record; at least one is needed")
        self.engine = engine
        self.name = name
        with engine.begin() as c:
            row = c.execute(sa.select(t.project).where(t.project.c.name == name)).mappings().first()
            if row is None:
                made = c.execute(
                    sa.insert(t.project).values(
                        name=name,
                        criteria=criteria,
                        reviewers_needed=reviewers_needed,
                        created_at=now(),
                    )
                )
                self.id = key_of(made)
                self.criteria, self.reviewers_needed = criteria, reviewers_needed
                self._log(
                    c,
                    "system",
                    "review created",
                    {"criteria": criteria, "reviewers": reviewers_needed},
                )
            else:
                self.id = int(row["id"])
                self.criteria, self.reviewers_needed = (
                    str(row["criteria"]),
                    int(row["reviewers_needed"]),
                )

    # -- writing --------------------------------------------------------------------------------

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        with self.engine.begin() as c:
            if self.engine.dialect.name == "postgresql":
                # One writer a review at a time keeps the audit chain in one line.
                c.execute(sa.select(sa.func.pg_advisory_xact_lock(7_011, self.id)))
            yield c

    def _log(self, c: sa.Connection, who: str, action: str, detail: dict[str, Any]) -> None:
        before = c.execute(
            sa.select(t.audit.c.chain)
            .where(t.audit.c.project_id == self.id)
            .order_by(t.audit.c.id.desc())
            .limit(1)
        ).scalar()
        at = now()
        link = chain(str(before or ""), at, who, action, detail)
        c.execute(
            sa.insert(t.audit).values(
                project_id=self.id, at=at, who=who, action=action, detail=detail, chain=link
            )
        )

    def add_file(
        self, path: Path | str, *, who: str = "system", database: str = ""
    ) -> ImportResult:
        """Import a file, in one transaction: all of it or nothing.

        Records of publications already there join them; the decisions on those stay. The same file
        a second time changes nothing.

        Raises
        ------
        ReadError
            The file can not be read.
        """
        path = Path(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        result = read(path)
        sources = [r.source for r in result.records if r.source]
        name = database or (max(set(sources), key=sources.count) if sources else path.stem)
        kind = "register" if any(k in name.lower() for k in _REGISTERS) else "database"
        with self._transaction() as c:
            known = c.execute(
                sa.select(t.imported.c.id).where(
                    t.imported.c.project_id == self.id, t.imported.c.sha256 == digest
                )
            ).first()
            if known is not None:
                return ImportResult(0, 0, 0, (), already=True)
            batch = key_of(c.execute(sa.insert(t.imported).values(
                project_id=self.id, file=path.name, sha256=digest, format=result.format, database=name, kind=kind,
                records=len(result.records), problems=[str(p) for p in result.problems], at=now(),
            )))  # fmt: skip
            added, suggested = self._place(c, batch, result.records)
            self._log(
                c,
                who,
                "file imported",
                {
                    "file": path.name,
                    "sha256": digest,
                    "records": len(result.records),
                    "new publications": added,
                },
            )
        return ImportResult(
            len(result.records),
            added,
            len(result.records) - added,
            tuple(str(p) for p in result.problems),
            suggested=suggested,
        )

    def _place(
        self, c: sa.Connection, batch: int, new: Sequence[Record]
    ) -> tuple[int, tuple[tuple[int, ...], ...]]:
        """Give every new record its publication; never merge two that people may have judged."""
        rows = c.execute(
            sa.select(t.record.c.publication_id, t.record.c.data)
            .where(t.record.c.project_id == self.id)
            .order_by(t.record.c.id)
        ).all()
        old = [Record.from_dict(data) for _, data in rows]
        home: list[int | None] = [int(p) for p, _ in rows] + [None] * len(new)
        found = dedupe([*old, *new])
        added = 0
        inserts: list[dict[str, Any]] = []
        suggested = []
        for group in found.groups:
            homes = sorted({h for i in group if (h := home[i]) is not None})
            fresh = [i for i in group if home[i] is None]
            if len(homes) > 1:
                suggested.append(tuple(homes))
            if not fresh:
                continue
            if not homes:
                homes = [self._new_publication(c)]
                added += 1
            for i in fresh:
                home[i] = homes[0]
                inserts.append(
                    {
                        "project_id": self.id,
                        "imported_id": batch,
                        "publication_id": homes[0],
                        "data": new[i - len(old)].to_dict(),
                    }
                )
        if inserts:
            c.execute(sa.insert(t.record), inserts)
        return added, tuple(suggested)

    def _new_publication(self, c: sa.Connection) -> int:
        return key_of(c.execute(sa.insert(t.publication).values(project_id=self.id)))

    def decide(
        self,
        publication: int,
        reviewer: str,
        verdict: str,
        *,
        stage: str = "title-abstract",
        reason: str = "",
        note: str = "",
        resolves: bool = False,
    ) -> int:
        """Record a decision; a later one of the same reviewer replaces it, both stay on record.

        Raises
        ------
        ReviewError
            Unknown stage, verdict or publication; a full-text exclusion without a reason; a
            resolution where there is no conflict.
        """
        if stage not in STAGES:
            raise ReviewError(f"unknown stage {stage!r}; known are {', '.join(STAGES)}")
        if verdict not in VERDICTS:
            raise ReviewError(f"unknown verdict {verdict!r}; known are {', '.join(VERDICTS)}")
        if not reviewer.strip():
            raise ReviewError("a decision needs a reviewer")
        if verdict == "exclude" and stage == "full-text" and not reason.strip():
            raise ReviewError("an exclusion at full text needs a reason (PRISMA 2020, item 16b)")
        if resolves and self.state(stage).get(publication) != "conflict":
            raise ReviewError(
                f"publication {publication} is not in conflict at {stage}: nothing to resolve"
            )
        with self._transaction() as c:
            there = c.execute(
                sa.select(t.publication.c.id).where(
                    t.publication.c.id == publication, t.publication.c.project_id == self.id
                )
            ).first()
            if there is None:
                raise ReviewError(f"no publication {publication} in this review")
            made = c.execute(sa.insert(t.decision).values(
                project_id=self.id, publication_id=publication, stage=stage, reviewer=reviewer, verdict=verdict,
                reason=reason, note=note, resolves=resolves, at=now(),
            ))  # fmt: skip
            number = key_of(made)
            self._log(c, reviewer, "conflict resolved" if resolves else "decision",
                      {"decision": number, "publication": publication, "stage": stage, "verdict": verdict, "reason": reason})  # fmt: skip
        return number

    def split(self, publication: int, record_ids: Sequence[str], *, who: str) -> int:
        """Undo a merge: move records of a publication to a new one, which is screened on its own.

        Raises
        ------
        ReviewError
            The records are not in the publication, or are all of it.
        """
        with self._transaction() as c:
            rows = c.execute(
                sa.select(t.record.c.id, t.record.c.data).where(
                    t.record.c.publication_id == publication, t.record.c.project_id == self.id
                )
            ).all()
            chosen = [int(i) for i, data in rows if data["id"] in set(record_ids)]
            if not chosen or len(chosen) == len(rows):
                raise ReviewError(
                    f"{len(chosen)} of the {len(rows)} records of publication {publication} named; some but not all are needed"
                )
            target = self._new_publication(c)
            c.execute(
                sa.update(t.record).where(t.record.c.id.in_(chosen)).values(publication_id=target)
            )
            self._log(
                c,
                who,
                "merge undone",
                {"publication": publication, "records": list(record_ids), "new": target},
            )
        return target

    def merge(self, keep: int, other: int, *, who: str) -> None:
        """Merge two publications by hand; the records of `other` move, its decisions stay on record.

        Raises
        ------
        ReviewError
            One of them does not exist, or they are the same.
        """
        with self._transaction() as c:
            rows = c.execute(
                sa.select(t.record.c.id, t.record.c.publication_id, t.record.c.data).where(
                    t.record.c.publication_id.in_([keep, other]), t.record.c.project_id == self.id
                )
            ).all()
            if keep == other or {r[1] for r in rows} != {keep, other}:
                raise ReviewError(
                    f"publications {keep} and {other} can not be merged: both must exist and differ"
                )
            moved = [r for r in rows if r[1] == other]
            c.execute(
                sa.update(t.record)
                .where(t.record.c.id.in_([r[0] for r in moved]))
                .values(publication_id=keep)
            )
            self._log(
                c,
                who,
                "merged by hand",
                {"keep": keep, "other": other, "records": [r[2]["id"] for r in moved]},
            )

    # -- reading --------------------------------------------------------------------------------

    def publications(self) -> dict[int, Publication]:
        """Return all publications with their records, by number."""
        with self.engine.connect() as c:
            rows = c.execute(
                sa.select(t.record.c.publication_id, t.record.c.data)
                .where(t.record.c.project_id == self.id)
                .order_by(t.record.c.publication_id, t.record.c.id)
            ).all()
        out: dict[int, list[Record]] = {}
        for number, data in rows:
            out.setdefault(int(number), []).append(Record.from_dict(data))
        return {number: Publication(tuple(records)) for number, records in out.items()}

    def decisions(self, stage: str, *, reviewer: str | None = None) -> list[dict[str, Any]]:
        """Return the decisions in force: the last of each reviewer on each publication.

        Parameters
        ----------
        stage : str
        reviewer : str, optional
            Only this reviewer's: what a blinded reviewer may see.
        """
        query = (
            sa.select(t.decision)
            .where(t.decision.c.project_id == self.id, t.decision.c.stage == stage)
            .order_by(t.decision.c.id)
        )
        if reviewer is not None:
            query = query.where(t.decision.c.reviewer == reviewer)
        with self.engine.connect() as c:
            rows = [dict(r) for r in c.execute(query).mappings()]
        last = {(r["publication_id"], r["reviewer"], r["resolves"]): r for r in rows}
        return sorted(last.values(), key=lambda r: int(r["id"]))

    def state(self, stage: str = "title-abstract") -> dict[int, str]:
        """Return ``open waiting included excluded not-retrieved conflict`` for each publication.

        A publication waits until enough reviewers have decided. "Unsure" counts as include at title
        and abstract; it is a conflict at full text. A resolution counts for all. At full text only
        what was included before is listed.
        """
        by: dict[int, list[dict[str, Any]]] = {}
        for d in self.decisions(stage):
            by.setdefault(int(d["publication_id"]), []).append(d)
        if stage == "full-text":
            numbers = [n for n, s in self.state("title-abstract").items() if s == "included"]
        else:
            numbers = self._numbers()
        return {n: state_of(by.get(n, []), stage, self.reviewers_needed) for n in numbers}

    def _numbers(self) -> list[int]:
        with self.engine.connect() as c:
            query = (
                sa.select(t.record.c.publication_id)
                .where(t.record.c.project_id == self.id)
                .distinct()
                .order_by(t.record.c.publication_id)
            )
            return [int(n) for n in c.execute(query).scalars()]

    def audit_trail(self) -> list[dict[str, Any]]:
        """Return the audit trail, oldest first.

        Raises
        ------
        ReviewError
            An entry does not fit the chain: the trail was changed outside the program.
        """
        with self.engine.connect() as c:
            rows = [
                dict(r)
                for r in c.execute(
                    sa.select(t.audit).where(t.audit.c.project_id == self.id).order_by(t.audit.c.id)
                ).mappings()
            ]
        link = ""
        for row in rows:
            link = chain(link, row["at"], row["who"], row["action"], row["detail"])
            if link != row["chain"]:
                raise ReviewError(
                    f"audit entry {row['id']} does not fit the chain: it was changed outside the program"
                )
        return rows
