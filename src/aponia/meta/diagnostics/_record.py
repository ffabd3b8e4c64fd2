"""What every diagnostic result can do: become a frame, a dictionary, a text."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aponia.meta._result import json_safe

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FloatArray", "Record"]

FloatArray = NDArray[np.float64]


class Record:
    """Mixin of the frozen dataclasses of this package."""

    def _table(self) -> dict[str, Any]:
        """Return equally long columns; matrices are spread over their columns."""
        raise NotImplementedError

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas data frame with one row a study, subset, replicate or coefficient."""
        import pandas as pd

        return pd.DataFrame(self._table())

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe lists, numbers, strings and None."""
        mine: Any = self
        return {f.name: _plain(getattr(mine, f.name)) for f in fields(mine)}

    def summary(self) -> str:
        """Return the table as text."""
        return _text(self._table())

    def __str__(self) -> str:
        return self.summary()


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return value.to_dict()
    if hasattr(value, "to_dict"):
        return value.to_dict()
    return json_safe(value)


def _cell(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (float, np.floating)):
        number = float(value)
        if number != number:
            return "-"
        return f"{number:.4f}" if number == 0 or abs(number) >= 1e-4 else f"{number:.2g}"
    return str(value)


def _text(table: dict[str, Any], rows: int = 200) -> str:
    columns = []
    for name, values in table.items():
        cells = [_cell(value) for value in list(values)[:rows]]
        width = max([len(name), *(len(cell) for cell in cells)])
        columns.append([f"{name:>{width}}", *(f"{cell:>{width}}" for cell in cells)])
    lines = ["  ".join(row) for row in zip(*columns, strict=True)]
    more = len(next(iter(table.values()), ())) - rows
    return "\n".join([*lines, f"… and {more} more rows"] if more > 0 else lines)
