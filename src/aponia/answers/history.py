"""How the answer would have read in earlier years, and when it turned."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aponia.answers.model import Direction, StudyRow, Synthesis

__all__ = ["HistoryStep", "history"]


@dataclass(frozen=True)
class HistoryStep:
    """The answer after the studies of a year were in.

    Attributes
    ----------
    year : int
    added : tuple of str
        Labels of the studies that came in that year.
    k, people : int
        In the randomised trials of the headline outcome so far.
    estimate, ci_lower, ci_upper : float
        Natural scale; NaN while only directions are known.
    direction : str
        What a single mark would have shown.
    turned : bool
        Whether the mark differs from the step before.
    """

    year: int
    added: tuple[str, ...]
    k: int
    people: int
    estimate: float
    ci_lower: float
    ci_upper: float
    direction: Direction
    turned: bool

    def to_dict(self) -> dict[str, Any]:
        """Return plain values; NaN is left to the caller's JSON cleaning."""
        return {**self.__dict__, "added": list(self.added)}


def history(
    headline: Synthesis,
    again: Callable[[Sequence[StudyRow]], Synthesis],
    mark: Callable[[Synthesis], Direction],
) -> tuple[HistoryStep, ...]:
    """Repeat the headline synthesis with the studies of each year so far.

    Parameters
    ----------
    headline : Synthesis
        Its rows are the studies; those without a year stand in no step.
    again : callable
        ``again(rows) -> Synthesis``: the same synthesis of fewer rows.
    mark : callable
        ``mark(synthesis) -> Direction``: the direction a single mark may show.

    Returns
    -------
    tuple of HistoryStep
        One a year that brought a study; empty when no study has a year.
    """
    dated: list[StudyRow] = sorted(
        (r for r in headline.rows if r.year), key=lambda r: (r.year or 0, r.study)
    )
    steps: list[HistoryStep] = []
    before: Direction | None = None
    for year in sorted({r.year or 0 for r in dated}):
        rows: Sequence[StudyRow] = [r for r in dated if (r.year or 0) <= year]
        found = again(rows)
        direction = mark(found)
        numeric = found.kind in ("pooled", "single")
        steps.append(
            HistoryStep(
                year=year,
                added=tuple(r.label for r in dated if r.year == year),
                k=len(rows),
                people=sum(r.people or 0 for r in rows),
                estimate=found.estimate if numeric else math.nan,
                ci_lower=found.ci_lower if numeric else math.nan,
                ci_upper=found.ci_upper if numeric else math.nan,
                direction=direction,
                turned=before is not None and direction != before,
            )
        )
        before = direction
    return tuple(steps)
