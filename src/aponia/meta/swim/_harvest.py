"""Harvest plot: studies as bars under the hypothesis they support."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from aponia.meta.errors import InputError, TooFewStudiesError
from aponia.meta.swim._directions import Direction, read_direction

__all__ = ["HarvestBar", "HarvestPlot", "harvest"]

_COLUMNS: tuple[Direction, ...] = ("harm", "unclear", "benefit")


@dataclass(frozen=True)
class HarvestBar:
    """One study in one row of a harvest plot.

    Attributes
    ----------
    study, row : str
    direction : {"harm", "unclear", "benefit"}
        The hypothesis that the study supports.
    height : float
        Suitability of the design, from 0 to the largest given.
    design : str or None
        For the shade.
    note : str or None
        Written over the bar, such as the number of quality criteria met.
    position : int
        Place among the bars of the same cell, tallest first.
    """

    study: str
    row: str
    direction: Direction
    height: float
    design: str | None
    note: str | None
    position: int


@dataclass(frozen=True)
class HarvestPlot:
    """A harvest plot.

    Attributes
    ----------
    rows : tuple of str
    columns : tuple of str
        Competing hypotheses: harm, unclear (no difference), benefit.
    bars : tuple of HarvestBar
    counts : dict of str to dict of str to int
        Studies by row and column.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    bars: tuple[HarvestBar, ...]
    counts: dict[str, dict[str, int]]

    def summary(self) -> str:
        """Return the plot as text."""
        lines = []
        for row in self.rows:
            cells = ", ".join(f"{c} {self.counts[row][c]}" for c in self.columns)
            lines.append(f"{row}: {cells}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists and dictionaries."""
        return {
            "rows": list(self.rows),
            "columns": list(self.columns),
            "bars": [dict(vars(b)) for b in self.bars],
            "counts": self.counts,
        }


def harvest(
    studies: Sequence[Any],
    directions: Iterable[Any],
    *,
    rows: Sequence[Any] | None = None,
    heights: Sequence[float] | None = None,
    designs: Sequence[Any] | None = None,
    notes: Sequence[Any] | None = None,
) -> HarvestPlot:
    """Arrange studies as the bars of a harvest plot.

    Parameters
    ----------
    studies : sequence of shape (k,)
    directions : iterable of shape (k,)
        Which hypothesis each study supports, read by `read_direction`; missing ones are dropped.
    rows : sequence of shape (k,), optional
        Dimension (outcome, setting, group) that each bar belongs to; one row when left out.
    heights : sequence of float of shape (k,), optional
        Suitability of the study, higher is better; 1 when left out.
    designs, notes : sequence of shape (k,), optional

    Returns
    -------
    HarvestPlot

    Raises
    ------
    TooFewStudiesError
        No study has a direction.
    InputError
        Lengths differ, or a height that is not positive.

    Notes
    -----
    Ogilvie et al., BMC Med Res Methodol 2008;8:8. Columns are directions, not significance.

    Examples
    --------
    >>> plot = harvest(["A", "B"], ["benefit", "unclear"], heights=[3, 1])
    >>> plot.counts["all"]["benefit"]
    1
    """
    ways = [read_direction(d) for d in directions]
    k = len(ways)
    row_of = ["all"] * k if rows is None else [str(r) for r in rows]
    height = [1.0] * k if heights is None else [float(h) for h in heights]
    design = [None] * k if designs is None else list(designs)
    note = [None] * k if notes is None else list(notes)
    if not len(studies) == len(row_of) == len(height) == len(design) == len(note) == k:
        raise InputError(
            "studies, directions, rows, heights, designs and notes must have one length"
        )
    if not all(h > 0 for h in height):
        raise InputError("heights must be positive")
    kept = [i for i in range(k) if ways[i] is not None]
    if not kept:
        raise TooFewStudiesError("no study has a direction of effect")
    names = tuple(dict.fromkeys(row_of[i] for i in kept))
    bars: list[HarvestBar] = []
    counts = {r: dict.fromkeys(_COLUMNS, 0) for r in names}
    for r in names:
        for c in _COLUMNS:
            here = [i for i in kept if row_of[i] == r and ways[i] == c]
            # stable: equal heights stay in the order given
            here.sort(key=lambda i: -height[i])
            counts[r][c] = len(here)
            bars.extend(
                HarvestBar(
                    study=str(studies[i]),
                    row=r,
                    direction=c,
                    height=height[i],
                    design=None if design[i] is None else str(design[i]),
                    note=None if note[i] is None else str(note[i]),
                    position=position,
                )
                for position, i in enumerate(here)
            )
    plain: dict[str, dict[str, int]] = {
        r: {str(c): n for c, n in v.items()} for r, v in counts.items()
    }
    return HarvestPlot(names, tuple(_COLUMNS), tuple(bars), plain)
