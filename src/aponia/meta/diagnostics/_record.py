"""What every diagnostic result can do: become a frame, a dictionary, a text."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
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
        assert is_dataclass(self)
        out = {f.name: _plain(getattr(self, f.name)) for f in fields(self) if f.repr or f.init}
        return out

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
        return "-" if np.isnan(value) else f"{value:.4f}" if abs(value) >= 1e-4 else f"{value:.2g}"
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
