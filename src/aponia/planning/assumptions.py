"""Everything a plan rests on, each number with where it comes from.

Four origins, always told: ``read`` (a row of the base), ``derived`` (worked out from rows, with the
formula), ``assumed`` (the base holds no value; the reason is given), ``set`` (by the user). Nothing
else enters a plan.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from aponia.evidence import EvidenceBase
from aponia.planning.errors import PlanningError

__all__ = ["Assumption", "Assumptions", "Origin", "Reader"]

Origin = Literal["read", "derived", "assumed", "set"]


@dataclass(frozen=True)
class Assumption:
    """One number a plan rests on.

    Attributes
    ----------
    name : str
        As in ``--set name=value``.
    value : float
    low, high : float or None
        A range to try: that of the source or of other sources where they print one, otherwise chosen
        wide by judgement.
    unit, what : str
        Unit, and what it is in words.
    origin : {"read", "derived", "assumed", "set"}
    rows : tuple of str
        ``table/id`` of the rows of the base it rests on.
    url : str or None
        Source of the first row.
    why : str
        How it was derived, or why it had to be assumed.
    conflict : str or None
        What the base says about sources that contradict each other here.
    """

    name: str
    value: float
    low: float | None
    high: float | None
    unit: str
    what: str
    origin: Origin
    rows: tuple[str, ...] = ()
    url: str | None = None
    why: str = ""
    conflict: str | None = None


class Assumptions(Mapping[str, float]):
    """The numbers of a plan by name; behaves as a mapping of name to value.

    Parameters
    ----------
    items : iterable of Assumption
    """

    def __init__(self, items: Iterable[Assumption]) -> None:
        self._items = {item.name: item for item in items}

    def __getitem__(self, name: str) -> float:
        return self._items[name].value

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    @property
    def items_told(self) -> tuple[Assumption, ...]:
        """The assumptions themselves, in order."""
        return tuple(self._items.values())

    def with_values(self, changes: Mapping[str, float]) -> Assumptions:
        """Return a copy with values set by the user.

        Parameters
        ----------
        changes : mapping of str to float

        Returns
        -------
        Assumptions

        Raises
        ------
        PlanningError
            For a name the plan does not have, with the names it has, or a value that is no number.
        """
        items = dict(self._items)
        for name, value in changes.items():
            if name not in items:
                raise PlanningError(
                    f"no assumption is called {name!r}; this plan has {', '.join(sorted(items))}"
                )
            if not math.isfinite(value):
                raise PlanningError(f"{name} must be a finite number, found {value}")
            old = items[name]
            items[name] = replace(
                old,
                value=float(value),
                origin="set",
                why=f"set; without it {old.value:g}. {old.why}",
            )
        return Assumptions(items.values())

    def to_dict(self) -> list[dict[str, Any]]:
        """Return the assumptions as JSON-safe values."""
        return [asdict(item) for item in self._items.values()]


class Reader:
    """Reads rows of the base and writes down what was read.

    Parameters
    ----------
    base : EvidenceBase
    """

    def __init__(self, base: EvidenceBase) -> None:
        self._base = base
        self._rows = {
            (table, row.id): row
            for table in ("planning_parameters", "baseline_course", "blinding", "instruments")
            for row in base.table(table)
        }
        self.items: list[Assumption] = []

    def has(self, table: str, row: str) -> bool:
        """Whether the base holds a row."""
        return (table, row) in self._rows

    def row(self, table: str, row: str) -> Any:
        """Return a row, or raise PlanningError naming it."""
        found = self._rows.get((table, row))
        if found is None:
            raise PlanningError(
                f"{table} of this evidence base has no row {row}; set the value instead"
            )
        return found

    def number(self, table: str, row: str, field: str = "value") -> float:
        """Return one number of a row, or raise PlanningError naming what is missing."""
        value = getattr(self.row(table, row), field)
        if value is None:
            raise PlanningError(f"{table}, row {row}: {field} is empty; set the value instead")
        return float(value)

    def _conflict(self, rows: Iterable[tuple[str, str]]) -> str | None:
        told = []
        for table, row_id in rows:
            row = self.row(table, row_id)
            note = row.note or ""
            if "CONFLICT" in note:
                told.append(f"{row_id}: {note[note.index('CONFLICT') :]}")
            for entry in self._base.disagreements_for(table, row_id):
                values = "; ".join(f"{v.value} ({v.source})" for v in entry.values)
                told.append(f"{row_id}: sources disagree on {entry.field}: {values}")
        return " ".join(told) or None

    def read(
        self, name: str, what: str, unit: str, row: str, *, table: str = "planning_parameters",
        low: float | None = None, high: float | None = None, scale: float = 1.0, why: str = "",
    ) -> float:  # fmt: skip
        """Take the value of a row as it stands (times `scale` for another unit)."""
        found = self.row(table, row)
        value = scale * self.number(table, row)
        lo = low if low is not None else (None if found.lo is None else scale * float(found.lo))
        hi = high if high is not None else (None if found.hi is None else scale * float(found.hi))
        about = f"{found.population}. {why}".strip()
        self.items.append(
            Assumption(
                name, value, lo, hi, unit, what, "read" if scale == 1.0 else "derived",
                (f"{table}/{row}",), _url(found), about, self._conflict([(table, row)]),
            )
        )  # fmt: skip
        return value

    def derive(
        self, name: str, what: str, unit: str, value: float, rows: Iterable[str], why: str, *,
        low: float | None = None, high: float | None = None, table: str = "planning_parameters",
    ) -> float:  # fmt: skip
        """Note a value worked out from rows."""
        pairs = [(r.split("/")[0], r.split("/")[1]) if "/" in r else (table, r) for r in rows]
        self.items.append(
            Assumption(
                name, value, low, high, unit, what, "derived", tuple(f"{t}/{r}" for t, r in pairs),
                _url(self.row(*pairs[0])), why, self._conflict(pairs),
            )
        )  # fmt: skip
        return value

    def assume(
        self, name: str, what: str, unit: str, value: float, why: str, *, low: float | None = None,
        high: float | None = None, rows: Iterable[str] = (),
    ) -> float:  # fmt: skip
        """Note a value the base does not hold, and why it is taken."""
        self.items.append(
            Assumption(name, value, low, high, unit, what, "assumed", tuple(rows), None, why)
        )
        return value


def _url(row: Any) -> str | None:
    return str(row.source) if row.source else None
