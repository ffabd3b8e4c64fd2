"""A review in a database: its people's decisions, notes and settings. Records: see `importing`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from aponia.literature.dedupe import Publication
from aponia.literature.record import Record
from aponia.literature.store import checks, importing, joining
from aponia.literature.store import schema as t
from aponia.literature.store.board import Board, Removal
from aponia.literature.store.database import ReviewError, clean, key_of, writing
from aponia.literature.store.importing import ImportResult
from aponia.literature.store.settings import Settings
from aponia.literature.store.trail import WITHDRAWN, Decision, chain, in_force, now, state_of, utc

__all__ = ["STAGES", "VERDICTS", "VIA", "Review", "reviews"]

STAGES = ("title-abstract", "full-text")
VERDICTS = ("include", "exclude", "unsure", "not-retrieved")
VIA = ("ranked", "search", "sample")


class Review:
    """One review (project) in a database.

    Parameters
    ----------
    engine : Engine
    name : str
    criteria : str
        Eligibility criteria, used when the review is made.
    reviewers_needed : int
        Independent decisions a publication needs at each stage, when the review is made.

    Raises
    ------
    ReviewError
        `reviewers_needed` is below one, or the name is empty.
    """

    def __init__(
        self,
        engine: sa.Engine,
        name: str,
        *,
        criteria: str = "",
        reviewers_needed: int = 2,
        who: str = "system",
    ) -> None:
        if reviewers_needed < 1:
            raise ReviewError(f"{reviewers_needed} reviewers for a record; at least one is needed")
        name = clean(name, "name of the review", most=200)
        if not name:
            raise ReviewError("a review needs a name")
        criteria = clean(criteria, "criteria", most=20_000)
        self.engine = engine
        self._lock = threading.Lock()
        self._seen: tuple[int, int, Board] | None = None
        with engine.connect() as c:
            there = c.execute(sa.select(t.project.c.id).where(t.project.c.name == name)).scalar()
        if there is None:
            with writing(engine, 0) as c:
                query = sa.select(t.project.c.id).where(t.project.c.name == name)
                there = c.execute(query).scalar()
                if there is None:
                    there = key_of(c.execute(sa.insert(t.project).values(
                        name=name, criteria=criteria, reviewers_needed=reviewers_needed, created_at=now(),
                        settings=Settings().to_dict(), version=0,
                    )))  # fmt: skip
                    self.id = there
                    self._log(c, who, "review created", {"criteria": criteria, "reviewers": reviewers_needed})  # fmt: skip
        self.id = int(there)
        self._read_project()

    def _read_project(self) -> int:
        with self.engine.connect() as c:
            query = sa.select(t.project).where(t.project.c.id == self.id)
            row = c.execute(query).mappings().one()
        self.name = str(row["name"])
        self.criteria = str(row["criteria"])
        self.reviewers_needed = int(row["reviewers_needed"])
        self.settings = Settings.from_dict(row["settings"] or {})
        return int(row["version"])

    # -- writing -----------------------------------------------------------------------------------

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        with writing(self.engine, self.id) as c:
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

    def _touch(self, c: sa.Connection) -> None:
        """Tell every process that records or settings changed."""
        c.execute(
            sa.update(t.project)
            .where(t.project.c.id == self.id)
            .values(version=t.project.c.version + 1)
        )

    def add_file(
        self,
        path: Path | str,
        *,
        who: str = "system",
        database: str = "",
        kind: str = "",
        name: str = "",
        progress: Callable[[int, int, str], None] | None = None,
    ) -> ImportResult:
        """Import a file, all of it or nothing; see `importing.add_file`."""
        return importing.add_file(
            self, Path(path), who=who, database=database, kind=kind, name=name, progress=progress
        )

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
        via: str = "ranked",
    ) -> int:
        """Record a decision; a later one of the same reviewer replaces it, both stay on record.

        Raises
        ------
        ReviewError
            Unknown stage, verdict or publication; a full-text decision on what was not included
            before, or a full-text exclusion without a reason; a resolution without a conflict;
            ``sample`` for a record that no check drew (those drawn get it by themselves).
        """
        _check_stage(stage)
        if verdict not in VERDICTS:
            raise ReviewError(f"unknown verdict {verdict!r}; known are {', '.join(VERDICTS)}")
        if verdict == "not-retrieved" and stage != "full-text":
            raise ReviewError("only a full text can fail to be retrieved")
        if via not in VIA:
            raise ReviewError(f"unknown way {via!r} to a record; known are {', '.join(VIA)}")
        reviewer, reason, note = _words(reviewer, reason, note)
        if verdict == "exclude" and stage == "full-text" and not reason:
            raise ReviewError("an exclusion at full text needs a reason (PRISMA 2020, item 16b)")
        with self._transaction() as c:
            self._need_publication(c, publication)
            if stage == "full-text":
                before = self._state_in(c, publication, "title-abstract")
                if before != "included":
                    raise ReviewError(
                        f"publication {publication} is {before} at title and abstract; only what was included there is read in full"
                    )
            if resolves and self._state_in(c, publication, stage) != "conflict":
                raise ReviewError(
                    f"publication {publication} is not in conflict at {stage}: nothing to resolve"
                )
            via = checks.way(c, self.id, publication, stage, reviewer, via)
            return self._write(
                c, publication, stage, reviewer, verdict, reason, note, resolves, via
            )

    def undo(
        self, publication: int, reviewer: str, *, stage: str = "title-abstract", resolves: bool = False
    ) -> int:  # fmt: skip
        """Take a decision (or, with `resolves`, the resolution) back, as a new entry of the trail.

        Raises
        ------
        ReviewError
            There is no decision to take back.
        """
        _check_stage(stage)
        reviewer, _, _ = _words(reviewer, "", "")
        with self._transaction() as c:
            standing = in_force(self._decisions_in(c, publication, stage))
            if not any(d.resolves if resolves else (d.reviewer == reviewer and not d.resolves) for d in standing):  # fmt: skip
                raise ReviewError(
                    f"{reviewer} has no decision on publication {publication} at {stage} to take back"
                )
            return self._write(
                c, publication, stage, reviewer, WITHDRAWN, "", "", resolves, "ranked"
            )

    def _write(
        self, c: sa.Connection, publication: int, stage: str, reviewer: str, verdict: str,
        reason: str, note: str, resolves: bool, via: str,
    ) -> int:  # fmt: skip
        number = key_of(c.execute(sa.insert(t.decision).values(
            project_id=self.id, publication_id=publication, stage=stage, reviewer=reviewer, verdict=verdict,
            reason=reason, note=note, resolves=resolves, via=via, at=now(),
        )))  # fmt: skip
        if verdict == WITHDRAWN:
            action = "resolution withdrawn" if resolves else "decision withdrawn"
        else:
            action = "conflict resolved" if resolves else "decision"
        self._log(c, reviewer, action, {"decision": number, "publication": publication, "stage": stage,
                                        "verdict": verdict, "reason": reason, "note": note, "via": via})  # fmt: skip
        return number

    def add_note(
        self, publication: int, who: str, text: str, *, stage: str = "title-abstract"
    ) -> None:
        """Keep a note on a publication; others see it when all have decided.

        Raises
        ------
        ReviewError
            Unknown stage or publication, or an empty note.
        """
        _check_stage(stage)
        who, _, text = _words(who, "", text)
        if not text:
            raise ReviewError("an empty note is not kept")
        with self._transaction() as c:
            self._need_publication(c, publication)
            c.execute(sa.insert(t.note).values(
                project_id=self.id, publication_id=publication, stage=stage, who=who, text=text, at=now()
            ))  # fmt: skip
            self._log(c, who, "note", {"publication": publication, "stage": stage, "note": text})

    def remove(
        self, publications: Sequence[int], who: str, *, kind: str = "other", reason: str
    ) -> int:
        """Take publications nobody has decided on out before screening, and say why.

        Parameters
        ----------
        publications : sequence of int
        who : str
        kind : str
            ``automation`` (left unread by the stopping rule), ``other``, or ``restored`` to put back.
        reason : str

        Returns
        -------
        int
            How many were taken out; those on which someone has decided stay.

        Raises
        ------
        ReviewError
            Unknown kind, or no reason.
        """
        if kind not in {"automation", "other", "restored"}:
            raise ReviewError(
                f"unknown kind of removal {kind!r}; known are automation, other, restored"
            )
        who, reason, _ = _words(who, reason, "")
        if not reason and kind != "restored":
            raise ReviewError("a removal needs a reason")
        with self._transaction() as c:
            board = self._load_board(c)
            states = board.state("title-abstract")
            wanted = "removed" if kind == "restored" else "open"
            chosen = [n for n in publications if states.get(n) == wanted]
            if chosen:
                c.execute(sa.insert(t.removal), [
                    {"project_id": self.id, "publication_id": n, "kind": kind, "reason": reason, "who": who, "at": now()}
                    for n in chosen
                ])  # fmt: skip
                self._touch(c)
                self._log(c, who, "removed before screening" if kind != "restored" else "put back",
                          {"kind": kind, "reason": reason, "publications": chosen})  # fmt: skip
        return len(chosen)

    def configure(self, who: str, *, criteria: str, reviewers_needed: int, settings: Settings) -> None:  # fmt: skip
        """Change criteria and settings; the trail keeps the old ones.

        Raises
        ------
        ReviewError
            `reviewers_needed` is below one, or a text is too long.
        """
        if reviewers_needed < 1:
            raise ReviewError(f"{reviewers_needed} reviewers for a record; at least one is needed")
        criteria = clean(criteria, "criteria", most=20_000)
        with self._transaction() as c:
            c.execute(
                sa.update(t.project)
                .where(t.project.c.id == self.id)
                .values(criteria=criteria, reviewers_needed=reviewers_needed, settings=settings.to_dict())
            )  # fmt: skip
            self._touch(c)
            self._log(c, who, "settings changed", {
                "criteria": criteria, "reviewers": reviewers_needed, "settings": settings.to_dict(),
                "before": {"criteria": self.criteria, "reviewers": self.reviewers_needed, "settings": self.settings.to_dict()},
            })  # fmt: skip
        self._read_project()

    def split(self, publication: int, records: Sequence[int], *, who: str) -> int:
        """Undo a merge; see `joining.split`."""
        return joining.split(self, publication, records, who=who)

    def merge(self, keep: int, other: int, *, who: str) -> None:
        """Merge two publications by hand; see `joining.merge`."""
        joining.merge(self, keep, other, who=who)

    # -- reading -----------------------------------------------------------------------------------

    def board(self) -> Board:
        """Return all decisions as they are now; cheap when nothing changed since the last call."""
        with self._lock:
            version = self._read_project()
            seen = self._seen
            with self.engine.connect() as c:
                if seen is None or seen[0] != version or seen[1] != self.reviewers_needed:
                    board = self._load_board(c)
                else:
                    board = seen[2]
                    new = self._decisions_in(c, after=board.last)
                    if new:
                        removed = {n: r for n in board.numbers if (r := board._removals.get(n))}
                        board = Board(board.numbers, board.needed, new, removed, before=board)
            self._seen = (version, self.reviewers_needed, board)
            return board

    def _load_board(self, c: sa.Connection) -> Board:
        query = sa.select(t.removal).where(t.removal.c.project_id == self.id).order_by(t.removal.c.id)  # fmt: skip
        removed: dict[int, Removal] = {}
        for row in c.execute(query).mappings():
            number = int(row["publication_id"])
            removed[number] = Removal(number, str(row["kind"]), str(row["reason"]), str(row["who"]))
        return Board(
            self._numbers(c), self.reviewers_needed, self._decisions_in(c),
            {n: r for n, r in removed.items() if r.kind != "restored"},
        )  # fmt: skip

    def _decisions_in(
        self, c: sa.Connection, publication: int | None = None, stage: str | None = None, *, after: int = 0
    ) -> list[Decision]:  # fmt: skip
        query = (
            sa.select(t.decision)
            .where(t.decision.c.project_id == self.id, t.decision.c.id > after)
            .order_by(t.decision.c.id)
        )
        if publication is not None:
            query = query.where(t.decision.c.publication_id == publication)
        if stage is not None:
            query = query.where(t.decision.c.stage == stage)
        return [
            Decision(r["id"], r["publication_id"], r["stage"], r["reviewer"], r["verdict"], r["reason"],
                     r["note"], bool(r["resolves"]), r["via"], utc(r["at"]))
            for r in c.execute(query).mappings()
        ]  # fmt: skip

    def _state_in(self, c: sa.Connection, publication: int, stage: str) -> str:
        standing = in_force(self._decisions_in(c, publication, stage))
        return state_of(standing, stage, self.reviewers_needed)

    def _need_publication(self, c: sa.Connection, publication: int) -> None:
        query = (
            sa.select(t.record.c.id)
            .where(t.record.c.publication_id == publication, t.record.c.project_id == self.id)
            .limit(1)
        )
        if c.execute(query).first() is None:
            raise ReviewError(f"no publication {publication} in this review")

    def _numbers(self, c: sa.Connection) -> list[int]:
        query = (
            sa.select(t.record.c.publication_id)
            .where(t.record.c.project_id == self.id)
            .distinct()
            .order_by(t.record.c.publication_id)
        )
        return [int(n) for n in c.execute(query).scalars()]

    def version(self) -> int:
        """Return a number that rises whenever records or settings change."""
        return self._read_project()

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
        board = self.board()
        found = [
            d for n in board.numbers for d in board.standing(n, stage)
            if reviewer is None or d.reviewer == reviewer
        ]  # fmt: skip
        return [
            d.to_dict() | {"publication_id": d.publication, "at": d.at}
            for d in sorted(found, key=lambda d: d.id)
        ]

    def state(self, stage: str = "title-abstract") -> dict[int, str]:
        """Return the state of each publication; see `Board.state`.

        A publication waits until enough reviewers have decided. "Unsure" counts as include at title
        and abstract; it is a conflict at full text. A resolution counts for all.
        """
        return dict(self.board().state(stage))

    def notes(self, publication: int) -> list[dict[str, Any]]:
        """Return all notes on a publication, oldest first; the caller keeps the blindness."""
        query = (
            sa.select(t.note)
            .where(t.note.c.project_id == self.id, t.note.c.publication_id == publication)
            .order_by(t.note.c.id)
        )
        with self.engine.connect() as c:
            return [dict(r) | {"at": utc(r["at"])} for r in c.execute(query).mappings()]

    def imports(self) -> list[dict[str, Any]]:
        """Return the files imported, oldest first."""
        query = sa.select(t.imported).where(t.imported.c.project_id == self.id).order_by(t.imported.c.id)  # fmt: skip
        with self.engine.connect() as c:
            return [dict(r) | {"at": utc(r["at"])} for r in c.execute(query).mappings()]

    def audit_trail(self) -> list[dict[str, Any]]:
        """Return the audit trail, oldest first, after checking its chain.

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
            row["at"] = utc(row["at"])
        return rows


def reviews(engine: sa.Engine) -> dict[int, str]:
    """Return the names of all reviews in a database, by number."""
    with engine.connect() as c:
        rows = c.execute(sa.select(t.project.c.id, t.project.c.name).order_by(t.project.c.id)).all()
    return {int(n): str(name) for n, name in rows}


def _check_stage(stage: str) -> None:
    if stage not in STAGES:
        raise ReviewError(f"unknown stage {stage!r}; known are {', '.join(STAGES)}")


def _words(reviewer: str, reason: str, note: str) -> tuple[str, str, str]:
    reviewer = clean(reviewer, "name", most=80)
    if not reviewer:
        raise ReviewError("a decision needs a reviewer")
    return reviewer, clean(reason, "reason", most=300), clean(note, "note", most=10_000)
