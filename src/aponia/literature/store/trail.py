"""A decision, what the decisions on a publication come to, and the audit trail's chain."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

__all__ = ["Decision", "chain", "in_force", "independent", "now", "outcome_of", "state_of", "utc"]

WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Decision:
    """What one person said on one publication at one stage, at one time.

    `via` tells how the record was come by: ``ranked`` (it was next in the queue), ``search`` (looked
    up), ``sample`` (drawn at random to test recall) or ``merge`` (carried over from a copy).
    """

    id: int
    publication: int
    stage: str
    reviewer: str
    verdict: str
    reason: str
    note: str
    resolves: bool
    via: str
    at: datetime

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe values."""
        return asdict(self) | {"at": self.at.isoformat()}


def in_force(decisions: Iterable[Decision]) -> list[Decision]:
    """Return the last word of each reviewer (and the last resolution), without what was withdrawn."""
    last: dict[tuple[str, bool], Decision] = {}
    for d in decisions:
        # One resolution stands for all, whoever made it.
        last["" if d.resolves else d.reviewer, d.resolves] = d
    return sorted((d for d in last.values() if d.verdict != WITHDRAWN), key=lambda d: d.id)


def independent(decisions: Iterable[Decision], needed: int) -> dict[str, Decision]:
    """Return each reviewer's decision as it stood when the last one needed came in.

    From then on everyone sees what the others said, so a later change is not independent. Empty
    while reviewers are missing.
    """
    so_far: list[Decision] = []
    for d in decisions:
        if d.resolves:
            continue
        so_far.append(d)
        standing = in_force(so_far)
        if len(standing) >= needed:
            return {s.reviewer: s for s in standing}
    return {}


def state_of(standing: Sequence[Decision], stage: str, needed: int) -> str:
    """Say what the decisions in force on one publication come to."""
    resolved = [d for d in standing if d.resolves]
    if resolved:
        return outcome_of(resolved[-1].verdict, stage)
    if not standing:
        return "open"
    if len({d.reviewer for d in standing}) < needed:
        return "waiting"
    outcomes = {outcome_of(d.verdict, stage) for d in standing}
    return outcomes.pop() if len(outcomes) == 1 else "conflict"


def outcome_of(verdict: str, stage: str) -> str:
    """Say what one verdict amounts to at a stage."""
    if verdict == "unsure":
        return "included" if stage == "title-abstract" else "conflict"
    return {"include": "included", "exclude": "excluded"}.get(verdict, verdict)


def now() -> datetime:
    """Return the time in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def utc(at: datetime) -> datetime:
    """Return a time from the database with its zone; SQLite gives times back without one."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def chain(before: str, at: datetime, who: str, action: str, detail: dict[str, Any]) -> str:
    """Return the SHA-256 over an audit entry and the chain before it."""
    stamp = utc(at).replace(tzinfo=None).isoformat()
    text = json.dumps([before, stamp, who, action, detail], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
