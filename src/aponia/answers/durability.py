"""How long a difference was seen: the same trial at several times, never beyond the last one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import norm

from aponia.answers.model import StudyRow
from aponia.answers.standard import standardised_benefit

__all__ = ["FollowUp", "TimePoint", "follow_up"]

_Z = float(norm.ppf(0.975))


@dataclass(frozen=True)
class TimePoint:
    """One trial at one time, in SD of benefit; `estimate` is NaN where only a direction is known."""

    day: int
    estimate: float
    ci_lower: float
    ci_upper: float
    direction: str
    p: str | None


@dataclass(frozen=True)
class FollowUp:
    """A trial's results over time on one outcome."""

    study: str
    label: str
    construct: str
    people: int | None
    points: tuple[TimePoint, ...]

    @property
    def numeric(self) -> tuple[TimePoint, ...]:
        """The points that can be drawn."""
        return tuple(p for p in self.points if math.isfinite(p.estimate))


def follow_up(rows: Sequence[StudyRow]) -> tuple[FollowUp, ...]:
    """Collect trials measured at two or more times on one outcome.

    Parameters
    ----------
    rows : sequence of StudyRow
        All rows of the randomised layer, chosen or not.

    Returns
    -------
    tuple of FollowUp
        Largest trials first; nothing is carried past the last time point.
    """
    groups: dict[tuple[str, str], list[StudyRow]] = {}
    for row in rows:
        if row.timepoint_days is not None and row.construct is not None and not row.part:
            groups.setdefault((row.study, row.construct), []).append(row)
    found = []
    for (study, construct), members in groups.items():
        points: dict[int, TimePoint] = {}
        for row in members:
            points.setdefault(row.timepoint_days or 0, _point(row))
        if len(points) > 1:
            ordered = tuple(points[d] for d in sorted(points))
            found.append(FollowUp(study, members[0].label, construct, members[0].people, ordered))
    return tuple(sorted(found, key=lambda f: -(f.people or 0)))


def _point(row: StudyRow) -> TimePoint:
    made = standardised_benefit(row)
    day = row.timepoint_days or 0
    if made is None:
        return TimePoint(day, math.nan, math.nan, math.nan, row.direction, row.p)
    d, v = made
    half = _Z * math.sqrt(v)
    return TimePoint(day, d, d - half, d + half, row.direction, row.p)
