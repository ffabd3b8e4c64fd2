"""The audit trail's chain, and what a set of decisions comes to."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

__all__ = ["chain", "now", "outcome_of", "state_of"]


def state_of(decisions: list[dict[str, Any]], stage: str, needed: int) -> str:
    """Say what the decisions in force on one publication come to."""
    resolved = [d for d in decisions if d["resolves"]]
    if resolved:
        return outcome_of(resolved[-1]["verdict"], stage)
    if not decisions:
        return "open"
    if len({d["reviewer"] for d in decisions}) < needed:
        return "waiting"
    outcomes = {outcome_of(d["verdict"], stage) for d in decisions}
    return outcomes.pop() if len(outcomes) == 1 else "conflict"


def outcome_of(verdict: str, stage: str) -> str:
    """Say what one verdict amounts to at a stage."""
    if verdict == "unsure":
        return "included" if stage == "title-abstract" else "conflict"
    return {"include": "included", "exclude": "excluded"}.get(verdict, verdict)


def now() -> datetime:
    """Return the time in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def chain(before: str, at: datetime, who: str, action: str, detail: dict[str, Any]) -> str:
    """Return the SHA-256 over an audit entry and the chain before it."""
    # SQLite gives times back without a zone; all are UTC.
    stamp = (
        at.replace(tzinfo=None).isoformat()
        if at.tzinfo is None
        else at.astimezone(UTC).replace(tzinfo=None).isoformat()
    )
    text = json.dumps([before, stamp, who, action, detail], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
