"""Reading and refusing the arguments of the recovery functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from aponia.meta._inputs import FloatArray, column
from aponia.meta.errors import InputError

__all__ = ["HANDBOOK", "confidence_level", "read_columns", "refuse", "two_sided_t"]

HANDBOOK = "Cochrane Handbook 6.5, section "


def read_columns(data: Any, **arguments: Any) -> tuple[dict[str, FloatArray], int]:
    """Read columns of one length; a number is repeated, an absent argument is all missing."""
    read: dict[str, FloatArray] = {}
    scalar: dict[str, float] = {}
    k: int | None = None
    for name, value in arguments.items():
        if value is None:
            continue
        values = column(value, data, name=name)
        if np.ndim(value) == 0 and not isinstance(value, str):
            scalar[name] = float(values[0])
            continue
        if k is not None and values.size != k:
            raise InputError(f"{name} has {values.size} values, expected {k}")
        k = values.size
        read[name] = values
    size = 1 if k is None else k
    for name in arguments:
        if name not in read:
            read[name] = np.full(size, scalar.get(name, np.nan))
    return read, size


def refuse(bad: Any, name: str, values: FloatArray, expected: str) -> None:
    """Raise `InputError` naming field, row, found and expected for the first bad row."""
    rows = np.flatnonzero(bad)
    if rows.size:
        row = int(rows[0])
        raise InputError(f"{name}, row {row}: found {values[row]:g}, expected {expected}")


def confidence_level(level: float) -> float:
    """Read a confidence level given as 0.95 or as 95."""
    value = level / 100 if level > 1 else level
    if not 0 < value < 1:
        raise InputError(f"level: found {level!r}, expected a number between 0 and 1, as 0.95")
    return value


def two_sided_t(p: FloatArray, df: FloatArray) -> FloatArray:
    """Return the |t| with two-sided p-value `p`; the normal quantile where df is infinite."""
    from scipy.special import ndtri, stdtrit

    finite = np.where(np.isfinite(df), df, 1.0)
    return np.asarray(np.where(np.isfinite(df), -stdtrit(finite, p / 2), -ndtri(p / 2)))
