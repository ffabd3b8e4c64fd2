"""The evidence map of the start page: conditions by substances, by approach.

The map is an HTML table (macro ``evidence_map``), not a drawing: a screen reader reads it cell by
cell, a phone folds it to lists, and every cell, empty ones too, is a link.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from aponia.site.charts.errors import ChartError
from aponia.site.charts.figure import Direction

__all__ = ["SIZE_STEPS", "Approach", "EvidenceMap", "MapCell", "MapColumn", "MapRow", "MapView"]

Certainty = Literal["none", "very-low", "low", "moderate", "high"]

SIZE_STEPS: Final = (
    (1, "1–9"),
    (10, "10–29"),
    (30, "30–99"),
    (100, "100–299"),
    (300, "300 or more"),
)
"""Lower end and label of the five sizes a mark can have, by people studied."""

# The stylesheet switches views by these keys; a new approach needs a rule there too.
_APPROACHES: Final = ("all", "microdose", "psycholytic", "macrodose", "infusion", "other")


@dataclass(frozen=True)
class Approach:
    """One choice of the filter. `key` is "all", or an approach the stylesheet knows."""

    key: str
    label: str

    def __post_init__(self) -> None:
        if self.key not in _APPROACHES:
            raise ChartError(f"approach {self.key!r} is not one of {', '.join(_APPROACHES)}")


@dataclass(frozen=True)
class MapView:
    """What a cell shows for one approach, or for all of them together.

    Attributes
    ----------
    approach : str
        "all" or the key of an approach. Every cell with studies has an "all" view.
    people : int
        People studied; 0 with `animals_only` or when no human was studied.
    direction : str
        "benefit", "harm", "unclear", "none" or "mixed".
    certainty : str
        "none" (not rated), "very-low", "low", "moderate" or "high".
    trial_running : bool
        A registered trial is under way.
    animals_only : bool
        Only animals or cells were studied.
    words : str
        What to print when no people can be counted ("studied, people not counted").
    """

    approach: str
    people: int = 0
    direction: Direction = "unclear"
    certainty: Certainty = "none"
    trial_running: bool = False
    animals_only: bool = False
    words: str = ""

    def __post_init__(self) -> None:
        if self.approach not in _APPROACHES:
            raise ChartError(f"approach {self.approach!r} is not one of {', '.join(_APPROACHES)}")
        if self.people < 0:
            raise ChartError(f"people studied cannot be {self.people}")
        if self.animals_only and self.people:
            raise ChartError("a cell cannot hold people and animals only")

    @property
    def size(self) -> int:
        """Size step of the mark, 1 to 5; 0 without people."""
        return sum(self.people >= lower for lower, _ in SIZE_STEPS)

    @property
    def content(self) -> tuple[object, ...]:
        """Everything but the approach: views that agree are written once."""
        return (
            self.people,
            self.direction,
            self.certainty,
            self.trial_running,
            self.animals_only,
            self.words,
        )


@dataclass(frozen=True)
class MapCell:
    """A condition with a substance. Without views: nobody has tested this, or `empty` in words."""

    href: str
    views: Sequence[MapView] = ()
    empty: str = "nobody has tested this"

    def __post_init__(self) -> None:
        if self.views and self.views[0].approach != "all":
            raise ChartError("the first view of a map cell is the one for all approaches")

    @property
    def keys(self) -> tuple[str, ...]:
        """Approaches the cell has a view for."""
        return tuple(v.approach for v in self.views)

    @property
    def variants(self) -> list[tuple[str, MapView]]:
        """Views with equal content merged: class names of the view, and what it shows."""
        merged: dict[tuple[object, ...], list[MapView]] = {}
        for view in self.views:
            merged.setdefault(view.content, []).append(view)
        return [(" ".join(f"v-{v.approach}" for v in vs), vs[0]) for vs in merged.values()]


@dataclass(frozen=True)
class MapColumn:
    """A substance."""

    label: str
    href: str = ""


@dataclass(frozen=True)
class MapRow:
    """A condition with one cell for every column."""

    label: str
    cells: Sequence[MapCell]
    href: str = ""


@dataclass(frozen=True)
class EvidenceMap:
    """The whole map.

    Attributes
    ----------
    caption : str
        What the map says, as a sentence.
    columns : sequence of MapColumn
        Substances.
    rows : sequence of MapRow
        Conditions; each as many cells as there are columns.
    approaches : sequence of Approach
        Choices of the filter, "all" first.
    """

    caption: str
    columns: Sequence[MapColumn]
    rows: Sequence[MapRow]
    approaches: Sequence[Approach]

    def __post_init__(self) -> None:
        if not self.approaches or self.approaches[0].key != "all":
            raise ChartError('the first approach of the map is "all"')
        for row in self.rows:
            if len(row.cells) != len(self.columns):
                raise ChartError(
                    f"{row.label}: {len(row.cells)} cells for {len(self.columns)} columns"
                )

    @property
    def steps(self) -> tuple[tuple[int, str], ...]:
        """Sizes for the key of the map."""
        return SIZE_STEPS
