"""How well models predict exposures they were not fitted to, and how well any model could."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aponia.exposure.model import Check

__all__ = ["FOLD", "Score", "best_possible", "held_out", "score"]

#: A prediction is near when it lies within this factor of what was observed.
FOLD = 1.25


@dataclass(frozen=True, slots=True)
class Score:
    """Counts over exposures that no model was fitted to.

    Attributes
    ----------
    checks : int
        Published exposures, each row once.
    within : int
        Predicted within 1.25-fold, or inside the printed range.
    possible : int
        What the best factor for each model and quantity would reach: where papers contradict each
        other, no model in proportion to dose meets them all.
    """

    checks: int
    within: int
    possible: int


def held_out(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Keep the exposures no model was fitted to, each row once (two models may share one)."""
    seen: dict[str, Check] = {}
    for c in checks:
        if not c.fitted:
            seen.setdefault(c.row, c)
    return tuple(seen.values())


def best_possible(checks: Sequence[Check]) -> int:
    """Largest number of figures that predictions times one common factor would meet.

    Parameters
    ----------
    checks : sequence of Check
        Of one model and one quantity.

    Returns
    -------
    int

    Notes
    -----
    Each figure allows the factors of one interval; the answer is the largest number of intervals
    that share a point, and such a point is always the lower end of one of them.
    """
    spans = []
    for c in checks:
        if c.observed is not None:
            spans.append((c.observed / FOLD / c.predicted, c.observed * FOLD / c.predicted))
        elif c.low is not None and c.high is not None:
            spans.append((c.low / c.predicted, c.high / c.predicted))
    return max((sum(a <= x * (1 + 1e-12) and x <= b * (1 + 1e-12) for a, b in spans)
                for x, _ in spans), default=0)  # fmt: skip


def score(checks: Iterable[Check]) -> Score:
    """Count over the held-out exposures.

    Parameters
    ----------
    checks : iterable of Check
        Fitted ones are left out.

    Returns
    -------
    Score
    """
    held = held_out(checks)
    groups: dict[tuple[str, str, str], list[Check]] = defaultdict(list)
    for c in held:
        groups[c.substance, c.route, c.quantity].append(c)
    return Score(len(held), sum(c.within for c in held), sum(map(best_possible, groups.values())))
