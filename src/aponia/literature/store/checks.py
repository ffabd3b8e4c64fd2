"""Random checks of recall: drawn once, recorded for good, decided by what the reviewers say.

A check draws records at random from those unread, of a number fixed beforehand, and all drawn are
read. Kept is how it was begun (seed, what was drawn from, what was drawn) and whether it was given
up, in tables that only grow. Whether it is passed is worked out from the decisions in force each
time, so that a decision mended later mends the check.

A check is a reviewer's own, on the own decisions and those all have made, or the team's, on those
all have made (`Board.labels`). A reviewer's own tells what that person has said: others see
nothing of it. Where one decision settles a record, both are the same and the check is the team's.
"""

from __future__ import annotations

import hashlib
import json
import random
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from aponia.literature.store import schema as t
from aponia.literature.store.board import Board
from aponia.literature.store.database import ReviewError, clean, key_of
from aponia.literature.store.trail import now, utc

if TYPE_CHECKING:
    from aponia.literature.screening.stopping import StopTest
    from aponia.literature.store.review import Review

__all__ = ["TEAM", "Check", "CheckState", "begin", "checks_of", "drawn_for", "end", "redraw", "scope_of", "state_of_check", "unread_of", "way"]  # fmt: skip

#: Whose check it is when it is the team's.
TEAM = ""
_STAGE = "title-abstract"


@dataclass(frozen=True, slots=True)
class Check:
    """A random check as it was begun.

    `number` counts the checks of one `reviewer` (or the team, `TEAM`); `unread` are the records
    drawn from, `found` the relevant ones known then; `alpha` is what all checks share, and
    `level` this one's part of it.
    """

    id: int
    stage: str
    reviewer: str
    number: int
    seed: int
    drawn: tuple[int, ...]
    unread: frozenset[int]
    found: int
    target: float
    alpha: float
    who: str
    at: datetime
    ended: bool

    @property
    def level(self) -> float:
        """The accepted probability that this check passes below the target."""
        from aponia.literature.screening.stopping import check_level

        return check_level(self.number, self.alpha)


@dataclass(frozen=True, slots=True)
class CheckState:
    """What has come of a check.

    `state` is ``under way``, ``passed``, ``failed`` or ``ended``; `read` of `size` drawn records
    are judged; `hopeless` says that the rest can not make it pass any more; `new` counts unread
    records that were not among those drawn from; `guarantee` is the largest alpha among this and
    the earlier checks, which bounds them all together.
    """

    check: Check
    state: str
    read: int
    size: int
    test: StopTest
    hopeless: bool
    new: int
    guarantee: float

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe values; the test's only when it is decided."""
        c, decided = self.check, self.state in {"passed", "failed"}
        out: dict[str, Any] = {
            "number": c.number, "whose": c.reviewer or "team", "state": self.state, "read": self.read, "size": self.size,
            "seed": c.seed, "drawn": list(c.drawn), "drawn_from": len(c.unread), "found_before": c.found, "target_recall": c.target,
            "alpha": c.alpha, "level": c.level, "can_not_pass": self.hopeless, "new_since": self.new,
            "begun_by": c.who, "begun_at": c.at.isoformat(),
        }  # fmt: skip
        if decided:
            out |= {"p": self.test.p, "relevant_drawn": self.test.sampled_relevant, "recall_at_least": self.test.recall_at_least}  # fmt: skip
        return out


def scope_of(review: Review, reviewer: str) -> str:
    """Return whose check a reviewer's own is: the team's where one decision settles a record."""
    return TEAM if review.reviewers_needed == 1 else reviewer


def unread_of(board: Board, stage: str, reviewer: str) -> list[int]:
    """Return what is unread by a reviewer, or for the team not settled, in order of the numbers."""
    labels = board.labels(stage, reviewer or None)
    return sorted(n for n in board.state(stage) if n not in labels and not _taken_out(board, n))


def _taken_out(board: Board, number: int) -> bool:
    removal = board.removal(number)
    return removal is not None and removal.kind == "other"


def begin(review: Review, who: str, *, reviewer: str = TEAM, stage: str = _STAGE) -> Check:
    """Draw records at random and record it; from now on the queue serves exactly those.

    Raises
    ------
    ReviewError
        Another stage than title and abstract, a check under way, one passed that still covers
        everything, nothing unread, or records that were left unread for good.
    """
    from aponia.literature.screening.stopping import check_level, needed_sample

    if stage != _STAGE:
        raise ReviewError("a random check is for titles and abstracts; full texts are all read")
    who = clean(who, "name", most=80)
    review.version()
    reviewer = scope_of(review, reviewer) if reviewer else TEAM
    target, alpha = review.settings.target, round(1 - review.settings.confidence, 6)
    with review._transaction() as c:
        board = review._load_board(c)
        earlier = _read(c, review.id, stage, reviewer)
        if earlier:
            last = _state(board, earlier)
            if last.state == "under way":
                raise ReviewError(
                    f"random check {last.check.number} is under way: {last.size - last.read} drawn records are still to be read"
                )
            if last.state == "passed" and not last.new and last.check.target >= target and last.guarantee <= alpha:  # fmt: skip
                raise ReviewError(f"random check {last.check.number} is passed already")
        states = board.state(stage)
        urn = unread_of(board, stage, reviewer)
        if any(states[n] == "removed" for n in urn):
            raise ReviewError("put the records that were left unread back first: a check draws from all unread ones")  # fmt: skip
        if not urn:
            raise ReviewError("every record has been read: there is nothing to draw from")
        found = sum(label for label, _, _ in board.labels(stage, reviewer or None).values())
        number = len(earlier) + 1
        level = check_level(number, alpha)
        size = needed_sample(found, len(urn), target=target, alpha=level)
        # No seed of anyone's choice: it could be tried until the draw pleases.
        seed = secrets.randbits(53)
        drawn = random.Random(seed).sample(urn, size)  # noqa: S311 -- has to be repeatable
        at, runs = now(), _runs(urn)
        made = key_of(c.execute(sa.insert(t.recall_check).values(
            project_id=review.id, stage=stage, reviewer=reviewer, number=number, seed=seed, drawn=drawn, unread=runs,
            found=found, target=target, alpha=alpha, who=who, at=at,
        )))  # fmt: skip
        review._log(c, who, "random check begun", {
            "check": made, "stage": stage, "reviewer": reviewer, "number": number, "target": target, "alpha": alpha, "level": level,
            "found": found, "unread": len(urn), "seed": seed, "drawn": drawn,
            "unread sha256": hashlib.sha256(json.dumps(runs).encode()).hexdigest(),
        })  # fmt: skip
    return Check(made, stage, reviewer, number, seed, tuple(drawn), frozenset(urn), found, target, alpha, who, at, False)  # fmt: skip


def end(review: Review, who: str, *, reviewer: str = TEAM, stage: str = _STAGE) -> None:
    """Give up the check under way; it stays spent, and the next has the next level.

    Raises
    ------
    ReviewError
        There is none under way.
    """
    who = clean(who, "name", most=80)
    review.version()
    reviewer = scope_of(review, reviewer) if reviewer else TEAM
    with review._transaction() as c:
        made = _read(c, review.id, stage, reviewer)
        if not made or _state(review._load_board(c), made).state != "under way":
            raise ReviewError("no random check is under way")
        last = made[-1]
        c.execute(sa.insert(t.recall_check_ended).values(project_id=review.id, check_id=last.id, who=who, at=now()))  # fmt: skip
        review._log(c, who, "random check ended", {"check": last.id, "stage": stage, "reviewer": reviewer, "number": last.number})  # fmt: skip


def checks_of(review: Review, *, reviewer: str = TEAM, stage: str = _STAGE) -> list[Check]:
    """Return all checks of a reviewer, or the team's, first first."""
    with review.engine.connect() as c:
        return _read(c, review.id, stage, scope_of(review, reviewer) if reviewer else TEAM)


def state_of_check(review: Review, board: Board, *, reviewer: str = TEAM, stage: str = _STAGE) -> CheckState | None:  # fmt: skip
    """Return what has come of the last check of a reviewer, or the team's; None when there is none."""
    made = checks_of(review, reviewer=reviewer, stage=stage)
    return _state(board, made) if made else None


def drawn_for(board: Board, states: Iterable[CheckState | None], reviewer: str) -> list[int]:
    """Return the drawn records of checks under way that a reviewer still has to judge, as drawn."""
    out: dict[int, None] = {}
    for found in states:
        if found is not None and found.state == "under way":
            stage = found.check.stage
            state = board.state(stage)
            out |= {
                n: None for n in found.check.drawn
                if state.get(n) in {"open", "waiting"} and board.own(n, stage, reviewer) is None
            }  # fmt: skip
    return list(out)


def redraw(check: Check) -> tuple[int, ...]:
    """Draw again from what is recorded, for an audit: the same records in the same order."""
    again = random.Random(check.seed)  # noqa: S311 -- has to be repeatable
    return tuple(again.sample(sorted(check.unread), len(check.drawn)))


def way(c: sa.Connection, project: int, publication: int, stage: str, reviewer: str, said: str) -> str:  # fmt: skip
    """Return how a record was come by: ``sample`` when the last check drew it, else what was said.

    Raises
    ------
    ReviewError
        ``sample`` was said of a record that was not drawn.
    """
    for scope in (TEAM, reviewer):
        made = _read(c, project, stage, scope)
        if made and not made[-1].ended and publication in made[-1].drawn:
            return "sample"
    if said == "sample":
        raise ReviewError(f"publication {publication} is not among the records drawn for a check")
    return said


def _read(c: sa.Connection, project: int, stage: str, reviewer: str) -> list[Check]:
    query = (
        sa.select(t.recall_check, t.recall_check_ended.c.id.label("ended"))
        .outerjoin(t.recall_check_ended, t.recall_check_ended.c.check_id == t.recall_check.c.id)
        .where(
            t.recall_check.c.project_id == project,
            t.recall_check.c.stage == stage,
            t.recall_check.c.reviewer == reviewer,
        )
        .order_by(t.recall_check.c.number)
    )
    return [
        Check(int(r["id"]), stage, reviewer, int(r["number"]), int(r["seed"]), tuple(r["drawn"]),
              frozenset(n for a, b in r["unread"] for n in range(a, b + 1)), int(r["found"]), float(r["target"]),
              float(r["alpha"]), str(r["who"]), utc(r["at"]), r["ended"] is not None)
        for r in c.execute(query).mappings()
    ]  # fmt: skip


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    """Return sorted numbers as first and last of each run.

    >>> _runs([1, 2, 3, 7])
    [[1, 3], [7, 7]]
    """
    out: list[list[int]] = []
    for n in numbers:
        if out and n == out[-1][1] + 1:
            out[-1][1] = n
        else:
            out.append([n, n])
    return out


def _state(board: Board, made: Sequence[Check]) -> CheckState:
    """Work out what has come of the last of these checks."""
    from aponia.literature.screening.stopping import random_sample_test

    check = made[-1]
    states = board.state(check.stage)
    labels = {n: label for n, (label, _, _) in board.labels(check.stage, check.reviewer or None).items()}  # fmt: skip
    drawn = set(check.drawn)
    # What was merged into another publication or taken out since is no record of the review any
    # more: it leaves the sample and what was drawn from.
    live = [n for n in check.drawn if n in states and not _taken_out(board, n)]
    read = [labels[n] for n in live if n in labels]
    # Fewer found before when such a decision was changed since. Never more: what was found
    # meanwhile among the records drawn from is left out, which errs towards reading on.
    before = min(check.found, sum(label for n, label in labels.items() if n not in drawn))
    unread = len(check.unread) - (len(check.drawn) - len(live))
    # While some are missing: the best that can still come.
    rest = [0] * (len(live) - len(read))
    test = random_sample_test(before, unread, [*read, *rest], target=check.target, alpha=check.level)  # fmt: skip
    if check.ended:
        state = "ended"
    elif rest:
        state = "under way"
    else:
        state = "passed" if test.stop else "failed"
    new = sum(n not in check.unread for n in unread_of(board, check.stage, check.reviewer))
    return CheckState(
        check, state, len(read), len(live), test, state == "under way" and not test.stop, new, max(c.alpha for c in made)
    )  # fmt: skip
