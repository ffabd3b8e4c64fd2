"""What changed in a registered trial: against the base, and from one look to the next.

Plain comparison, no judgement: a registration may be corrected, and a change says nothing about why.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from rapidfuzz import fuzz

from aponia.literature.sources import PrimaryOutcome, TrialEntry
from aponia.literature.watch.model import KnownTrial

__all__ = ["FIELDS", "Change", "against_base", "between", "days_between"]

#: What is compared, and how it is called.
FIELDS = {
    "status": "status", "start": "start", "primary_completion": "primary completion", "completion": "completion",
    "enrollment": "enrolment", "primary_outcomes": "primary outcomes", "results_posted": "posted results",
}  # fmt: skip
#: Below this likeness (0 to 100) two outcomes are two outcomes, from it on one was reworded.
_REWORDED = 55.0
#: The base words outcomes shortly: from this likeness on its wording is the register's.
_SUMMARY = 60.0


@dataclass(frozen=True, slots=True)
class Change:
    """One field that is different now.

    Parameters
    ----------
    field : str
        One of `FIELDS`.
    was, now : str
        Both as they stand; empty for none.
    detail : tuple of str
        What exactly: days, wordings.
    against : str
        ``base`` or ``register`` (the look before).
    """

    field: str
    was: str
    now: str
    detail: tuple[str, ...] = ()
    against: str = "register"

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe values."""
        return asdict(self) | {"detail": list(self.detail)}


def between(before: TrialEntry, after: TrialEntry) -> list[Change]:
    """Return what a register changed from one look to the next.

    A field that either answer does not hold is not compared: not stated is not the same as removed.
    """
    out: list[Change] = []
    if before.status_stated and after.status_stated and before.status_stated != after.status_stated:
        out.append(Change("status", before.status or before.status_stated, after.status or after.status_stated))  # fmt: skip
    for name in ("start", "primary_completion", "completion"):
        out += _date_change(name, getattr(before, name), getattr(after, name))
    if after.enrollment is not None and before.enrollment is not None:
        old, new = (before.enrollment, before.enrollment_kind), (after.enrollment, after.enrollment_kind)  # fmt: skip
        if old != new:
            out.append(Change("enrollment", _people(*old), _people(*new)))
    if before.primary_outcomes is not None and after.primary_outcomes is not None:
        detail = _outcomes(before.primary_outcomes, after.primary_outcomes)
        if detail:
            out.append(Change("primary_outcomes", _listed(before.primary_outcomes), _listed(after.primary_outcomes), tuple(detail)))  # fmt: skip
    out += _results(before.results_posted, after.results_posted)
    return out


def against_base(known: KnownTrial, entry: TrialEntry) -> list[Change]:
    """Return where the register now differs from what the base says.

    Dates of different precision that do not contradict each other are no difference, nor is an
    outcome that the base words more shortly.
    """
    out: list[Change] = []
    if known.status and entry.status and known.status != entry.status:
        out.append(Change("status", known.status, entry.status))
    for name in ("start", "completion"):
        out += _date_change(name, getattr(known, name), getattr(entry, name))
    if (
        known.enrollment is not None
        and entry.enrollment is not None
        and known.enrollment != entry.enrollment
    ):
        out.append(
            Change(
                "enrollment",
                str(known.enrollment),
                _people(entry.enrollment, entry.enrollment_kind),
            )
        )
    if known.primary_outcomes and entry.primary_outcomes is not None:
        out += _outcomes_of_base(known.primary_outcomes, entry.primary_outcomes)
    if known.results_posted is not True and entry.results_posted is True:
        out.append(Change("results_posted", "none" if known.results_posted is False else "not known", "posted"))  # fmt: skip
    if known.results_posted is True and entry.results_posted is False:
        out.append(Change("results_posted", "posted", "none"))
    return [Change(c.field, c.was, c.now, c.detail, "base") for c in out]


def days_between(before: str, after: str) -> int:
    """Return the days from one date to another; of a month or year the first day counts.

    >>> days_between("2026-01", "2026-03-01")
    59
    """
    return (_first_day(after) - _first_day(before)).days


def _first_day(text: str) -> date:
    parts = [int(p) for p in text.split("-")]
    return date(*([*parts, 1, 1])[:3])


def _date_change(name: str, before: str | None, after: str | None) -> list[Change]:
    if not before or not after or before.startswith(after) or after.startswith(before):
        return []
    days = days_between(before, after)
    if not days:
        return []
    about = "" if len(before) == len(after) == 10 else "about "
    detail = f"{about}{abs(days)} day{'s' if abs(days) != 1 else ''} {'later' if days > 0 else 'earlier'}"  # fmt: skip
    return [Change(name, before, after, (detail,))]


def _people(count: int, kind: str) -> str:
    return f"{count} {kind}".strip()


def _results(before: bool | None, after: bool | None) -> list[Change]:
    if after is True and before is not True:
        return [Change("results_posted", "none", "posted")]
    if before is True and after is False:
        return [Change("results_posted", "posted", "none")]
    return []


def _plain(text: str) -> str:
    """Return a wording without what does not change its meaning: case, marks, white space."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"\w+", folded))


def _told(outcome: PrimaryOutcome) -> str:
    return f"{outcome.measure} [{outcome.time_frame}]" if outcome.time_frame else outcome.measure


def _listed(outcomes: Sequence[PrimaryOutcome]) -> str:
    return "; ".join(_told(o) for o in outcomes) or "none"


def _pairs(left: Sequence[str], right: Sequence[str], least: float) -> dict[int, int]:
    """Pair what is most alike, each once, the same wording before all."""
    scored = sorted(
        ((-fuzz.token_sort_ratio(a, b), i, j) for i, a in enumerate(left) for j, b in enumerate(right)),
    )  # fmt: skip
    paired: dict[int, int] = {}
    for score, i, j in scored:
        if -score >= least and i not in paired and j not in paired.values():
            paired[i] = j
    return paired


def _outcomes(before: Sequence[PrimaryOutcome], after: Sequence[PrimaryOutcome]) -> list[str]:
    old, new = [_plain(o.measure) for o in before], [_plain(o.measure) for o in after]
    # Same wording first, with the time frame deciding between outcomes of one wording.
    same: dict[int, int] = {}
    for i, o in enumerate(before):
        for exact in (True, False):
            j = next((j for j, n in enumerate(after) if j not in same.values() and new[j] == old[i]
                      and (not exact or _plain(n.time_frame) == _plain(o.time_frame))), None)  # fmt: skip
            if j is not None:
                same[i] = j
                break
    rest_old = [i for i in range(len(before)) if i not in same]
    rest_new = [j for j in range(len(after)) if j not in same.values()]
    alike = _pairs([old[i] for i in rest_old], [new[j] for j in rest_new], _REWORDED)
    reworded = {rest_old[i]: rest_new[j] for i, j in alike.items()}
    out: list[str] = []
    for i, j in sorted((same | reworded).items()):
        if i in reworded:
            out.append(f"reworded: “{before[i].measure}” → “{after[j].measure}”")
        if _plain(before[i].time_frame) != _plain(after[j].time_frame):
            out.append(
                f"time frame of “{after[j].measure}”: “{before[i].time_frame or 'none'}” → “{after[j].time_frame or 'none'}”"
            )
    out += [f"removed: “{_told(before[i])}”" for i in rest_old if i not in reworded]
    out += [f"added: “{_told(after[j])}”" for j in rest_new if j not in reworded.values()]
    return out


def _outcomes_of_base(before: Sequence[str], after: Sequence[PrimaryOutcome]) -> list[Change]:
    left = [_plain(b) for b in before]
    right = [_plain(_told(o)) for o in after]

    def alike(a: str, b: str) -> bool:
        return fuzz.token_set_ratio(a, b) >= _SUMMARY

    unmatched = [before[i] for i, a in enumerate(left) if not any(alike(a, b) for b in right)]
    extra = [_told(after[j]) for j, b in enumerate(right) if not any(alike(a, b) for a in left)]
    detail = [f"only in the base: “{b}”" for b in unmatched]
    detail += [f"only in the register: “{e}”" for e in extra]
    if not detail:
        return []
    return [Change("primary_outcomes", "; ".join(before), _listed(after), tuple(detail))]
