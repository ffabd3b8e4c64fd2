"""Say in plain words how far the search for relevant records is, and whether it may stop.

The look of the records read last (`ranked_quasi_test`) is a sign, never a reason to stop; only a
random check that is passed has a guarantee.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from aponia.literature.screening import StopTest, check_level
from aponia.literature.store import CheckState

__all__ = ["Stopping"]


@dataclass(frozen=True, slots=True)
class Stopping:
    """The stopping rule's state for one reviewer (`own`), or for the team.

    `test` is the ranked one; `check` the last random check, and `next_number` and `next_size` the
    number the next one would have and how many records it would draw (None where none can be).
    """

    test: StopTest
    stage: str
    read: int
    records: int
    confidence: float
    own: bool
    check: CheckState | None
    next_number: int
    next_size: int | None

    @property
    def most_missed(self) -> int | None:
        """The most relevant records that may still be unread, by the estimate of the ranked test."""
        if self.test.found == 0 or self.test.recall_at_least <= 0:
            return None
        return max(0, round(self.test.found / self.test.recall_at_least) - self.test.found)

    @property
    def may_stop(self) -> bool:
        """Whether a random check is passed that covers all records and the goal as it is now set."""
        c = self.check
        return (
            c is not None and c.state == "passed" and not c.new
            and c.check.target >= self.test.target and c.guarantee <= self.test.alpha
        )  # fmt: skip

    @property
    def may_begin(self) -> bool:
        """Whether a random check may be begun now."""
        under_way = self.check is not None and self.check.state == "under way"
        return self.next_size is not None and not under_way and not self.may_stop

    def sentences(self) -> list[str]:
        """Say it, the estimate first."""
        t = self.test
        if t.unread == 0:
            return ["Every record has been read: nothing is left to estimate."]
        out = self._estimate()
        if self.stage != "title-abstract":
            return [*out, "Full texts are all read: when to stop is a question of titles and abstracts."]  # fmt: skip
        out += self._check()
        if self.may_begin and t.found:
            out += [*self._sign(), self._price()]
        return out

    def _estimate(self) -> list[str]:
        t = self.test
        if t.found == 0:
            return [
                "No relevant record has been found yet, so nothing can be said about how many are left. Go on."
            ]
        out = [
            f"Estimated recall: between {_down(t.recall_at_least)} and 100\u202f% of all relevant records have been found, if those "
            "read last are taken for a random draw of the unread ones. That is an estimate without a guarantee."
        ]
        if self.most_missed is not None:
            out.append(
                f"{t.found} found; by this estimate at most {self.most_missed} more may be among the {t.unread} unread."
            )
        return out

    def _sign(self) -> list[str]:
        t = self.test
        goal = _percent(t.target)
        if t.stop:
            return [
                f"The records read last look as if the goal of {goal} were reached. That is a sign that a random check is worth its price "
                "now. It is no guarantee, and no reason to stop by itself."
            ]
        return [
            f"The records read last give no sign yet that the goal of {goal} is reached (p = {t.p:.3f}, a sign is below {t.alpha:.2f}). Go on."
        ]

    def _price(self) -> str:
        size, unread = self.next_size, self.test.unread
        if size == 0:
            return (
                f"Even if all {unread} unread records were relevant the goal would be reached: a random check has nothing to draw "
                "and is passed as soon as it is begun."
            )
        if size == unread:
            return f"A random check would need all {unread} unread records: reading on to the end is as good."
        level = check_level(self.next_number, self.test.alpha)
        return (
            f"A random check would need {size} of the {unread} unread records now, drawn at random, and all of them read "
            f"(check {self.next_number}, at the level {level:.3g})."
        )

    def _check(self) -> list[str]:
        c = self.check
        if c is None:
            return []
        name = f"{'Your random' if self.own else 'Random'} check {c.check.number}"
        hits, size = c.test.sampled_relevant, c.size
        were = f"{hits} of the {size} drawn records {'was' if hits == 1 else 'were'} relevant"
        goal = _percent(c.check.target)
        if c.state == "under way":
            out = [f"{name} is under way: {c.read} of {size} drawn records read."]
            if c.hopeless:
                out.append("With the relevant ones among them it can not be passed any more; you may end it.")  # fmt: skip
            return out
        if c.state == "ended":
            return [f"{name} was ended before all {size} drawn records were read. It counts as spent."]  # fmt: skip
        if c.state == "failed":
            return [
                f"{name} is not passed: {were}. It does establish that at least {_down(c.test.recall_at_least)} of the relevant records "
                f"had been found by its end ({_percent(1 - c.check.level)} confidence{', without records that came later' if c.new else ''}). Go on by rank."
            ]
        if c.new:
            return [
                f"{name} was passed ({were}), but {c.new} unread {'record was' if c.new == 1 else 'records were'} not among those it drew "
                "from: it says nothing about them."
            ]
        if not self.may_stop:
            return [f"{name} was passed for a goal of {goal} with an accepted error of {_percent(c.guarantee)}; the settings ask for more now."]  # fmt: skip
        whose = "your" if self.own else "the team’s"
        out = [
            f"{name} is passed: {were}. {'By your decisions screening' if self.own else 'Screening'} may stop. The chance of ever stopping with less than {goal} of the relevant records found "
            f"is at most {_percent(c.guarantee)}, whatever the ranking was like, over all {whose} checks together."
        ]
        if self.own:
            out.append("Whether the team may stop, its own check tells; see the overview.")
        return out

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe values. `may_stop` is true by a passed random check alone; `sign` is the ranked test's."""
        t = self.test
        coming = None
        if self.may_begin and self.next_size is not None:
            level = check_level(self.next_number, t.alpha)
            coming = {"number": self.next_number, "level": level, "size": self.next_size}
        return {
            "may_stop": self.may_stop, "sign": t.stop, "p": t.p, "alpha": t.alpha, "target_recall": t.target, "found": t.found,
            "read": self.read, "unread": t.unread, "records": self.records,
            "recall_interval": [t.recall_at_least, 1.0], "confidence": self.confidence, "rule": t.kind,
            "most_missed": self.most_missed, "whose": "own" if self.own else "team",
            "check": self.check.to_dict() if self.check else None, "next_check": coming, "sentences": self.sentences(),
        }  # fmt: skip


def _percent(share: float) -> str:
    return f"{100 * share:.4g}\u202f%"


def _down(share: float) -> str:
    """Return a lower bound in words, never rounded up over what it says."""
    return f"{math.floor(1000 * share + 1e-9) / 10:.1f}\u202f%"
