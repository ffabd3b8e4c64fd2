"""All decisions of a review in memory: what each publication has come to, and who may see what.

A board is a photograph: it never changes, so that any number of threads may read it. A newer one
is made from the older by adding what has been written since.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aponia.literature.store.trail import Decision, in_force, independent, state_of

__all__ = ["Board", "Removal"]


@dataclass(frozen=True, slots=True)
class Removal:
    """A record taken out before screening: by the stopping rule (``automation``) or for another reason."""

    publication: int
    kind: str
    reason: str
    who: str


class Board:
    """States of all publications, and what a reviewer may see of them.

    Parameters
    ----------
    numbers : iterable of int
        Publications that hold records.
    needed : int
        Independent decisions a publication needs.
    decisions : iterable of Decision
        All of them, in order.
    removals : mapping of int to Removal
        Those in force.
    before : Board, optional
        An older board with the same numbers, needed and decisions up to some point; only what
        `decisions` adds is worked out then.
    """

    def __init__(
        self,
        numbers: Iterable[int],
        needed: int,
        decisions: Iterable[Decision],
        removals: Mapping[int, Removal],
        *,
        before: Board | None = None,
    ) -> None:
        self.numbers = tuple(numbers)
        self.needed = needed
        self._removals = dict(removals)
        self._all: dict[tuple[str, int], tuple[Decision, ...]] = dict(before._all) if before else {}
        self._standing: dict[tuple[str, int], tuple[Decision, ...]] = (
            dict(before._standing) if before else {}
        )
        self.last: int = before.last if before else 0
        new: dict[tuple[str, int], list[Decision]] = {}
        for d in decisions:
            new.setdefault((d.stage, d.publication), []).append(d)
            self.last = max(self.last, d.id)
        for key, more in new.items():
            self._all[key] = (*self._all.get(key, ()), *more)
            self._standing[key] = tuple(in_force(self._all[key]))
        self._states: dict[str, dict[int, str]] = {}

    # -- what a publication has come to ------------------------------------------------------------

    def history(self, publication: int, stage: str) -> tuple[Decision, ...]:
        """Return every decision ever made, withdrawn ones too."""
        return self._all.get((stage, publication), ())

    def standing(self, publication: int, stage: str) -> tuple[Decision, ...]:
        """Return the decisions in force."""
        return self._standing.get((stage, publication), ())

    def removal(self, publication: int) -> Removal | None:
        """Return why a publication was taken out before screening, if nobody has decided on it."""
        if self.standing(publication, "title-abstract"):
            return None
        return self._removals.get(publication)

    def state(self, stage: str) -> Mapping[int, str]:
        """Return ``open waiting included excluded not-retrieved conflict removed`` by publication.

        At full text only what was included before is listed.
        """
        known = self._states.get(stage)
        if known is not None:
            return known
        if stage == "full-text":
            of = [n for n, s in self.state("title-abstract").items() if s == "included"]
        else:
            of = list(self.numbers)
        out = {}
        for n in of:
            state = state_of(self.standing(n, stage), stage, self.needed)
            if state == "open" and stage == "title-abstract" and n in self._removals:
                state = "removed"
            out[n] = state
        self._states[stage] = out
        return out

    # -- blindness ---------------------------------------------------------------------------------

    def settled(self, publication: int, stage: str) -> bool:
        """Whether all reviewers a publication needs have decided: only then is it open to all."""
        state = self.state(stage).get(publication, "open")
        return state not in {"open", "waiting", "removed"}

    def visible(self, publication: int, stage: str, viewer: str) -> list[Decision]:
        """Return the decisions in force a person may see: the own ones, all once all have decided."""
        settled = self.settled(publication, stage)
        return [d for d in self.standing(publication, stage) if settled or d.reviewer == viewer]

    def own(self, publication: int, stage: str, viewer: str) -> Decision | None:
        """Return a reviewer's own decision in force, resolutions aside."""
        for d in self.standing(publication, stage):
            if d.reviewer == viewer and not d.resolves:
                return d
        return None

    def labels(self, stage: str, viewer: str | None) -> dict[int, tuple[int, int, str]]:
        """Return what a person may learn from: publication to (label, id of the decision, via).

        The label is 1 for relevant: included, unsure, in conflict or sought in vain. Only the
        viewer's own decisions and those all have made count, so nothing computed from it tells
        what another has said on a record the viewer has not judged.
        """
        out: dict[int, tuple[int, int, str]] = {}
        for n, state in self.state(stage).items():
            standing = self.standing(n, stage)
            if self.settled(n, stage):
                mine = [d for d in standing if d.reviewer == viewer] or list(standing)
                out[n] = (int(state != "excluded"), mine[0].id if viewer else standing[-1].id, mine[0].via)  # fmt: skip
            elif viewer is not None and (own := self.own(n, stage, viewer)) is not None:
                out[n] = (int(own.verdict != "exclude"), own.id, own.via)
        return out

    # -- counts ------------------------------------------------------------------------------------

    def counts(self, stage: str) -> dict[str, int]:
        """Return how many publications are in each state."""
        counted = Counter(self.state(stage).values())
        names = ["open", "waiting", "conflict", "included", "excluded"]
        names.append("removed" if stage == "title-abstract" else "not-retrieved")
        return {name: counted[name] for name in names} | {"all": sum(counted.values())}

    def independent_pairs(self, stage: str) -> list[dict[str, Decision]]:
        """Return for each publication all have decided on what they said before they could see it."""
        found = (independent(self.history(n, stage), self.needed) for n in self.state(stage))
        return [pair for pair in found if len(pair) >= 2]

    def reviewers(self) -> list[str]:
        """Return everyone who ever decided, in order of the name."""
        return sorted({d.reviewer for ds in self._all.values() for d in ds})

    def decided_by(self, reviewer: str, stage: str) -> int:
        """Return on how many publications a reviewer's decision stands."""
        return sum(self.own(n, stage, reviewer) is not None for n in self.state(stage))

    def latest_of(self, reviewer: str, stage: str) -> Decision | None:
        """Return the reviewer's newest decision in force, for undoing it."""
        mine: list[Any] = [
            d for (s, _), ds in self._standing.items() if s == stage for d in ds
            if d.reviewer == reviewer and not d.resolves and d.via != "merge"
        ]  # fmt: skip
        return max(mine, key=lambda d: d.id) if mine else None
