"""The narrow edge where arrays, pandas/polars columns and names become NumPy arrays.

Everything behind this module sees plain `float64` arrays. One adapter (narwhals) reads every
data frame library; formulas go through formulaic.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aponia.meta._design import Design, design_matrix
from aponia.meta.errors import InputError

__all__ = ["ColumnLike", "Design", "FloatArray", "column", "design_matrix", "label_column"]

FloatArray: TypeAlias = NDArray[np.float64]
#: An array, a pandas or polars column, or the name of a column of ``data``.
ColumnLike: TypeAlias = ArrayLike | str | Any


def _raw(value: Any, data: Any, name: str) -> NDArray[Any]:
    if isinstance(value, str):
        if isinstance(data, Mapping):
            if value not in data:
                raise InputError(f"{name}={value!r}: no such column; data has {list(data)}")
            return np.asarray(data[value])
        if data is None:
            raise InputError(f"{name}={value!r} names a column, but no data= was given")
        import narwhals as nw  # here: plain arrays need no data frame library

        frame = nw.from_native(data, eager_only=True)
        if value not in frame.columns:
            raise InputError(f"{name}={value!r}: no such column; data has {list(frame.columns)}")
        return np.asarray(frame[value].to_numpy())
    return np.asarray(value)


def column(
    value: ColumnLike, data: Any = None, *, name: str, length: int | None = None
) -> FloatArray:
    """Return a column as a one-dimensional float array.

    Parameters
    ----------
    value : array_like or str
        The numbers, or the name of a column of `data`. ``None`` entries become NaN.
    data : data frame, optional
        Anything narwhals reads: pandas, polars, pyarrow, modin.
    name : str
        The argument's name, for error messages.
    length : int, optional
        The length expected; a scalar is repeated to it.

    Returns
    -------
    ndarray of shape (k,)

    Raises
    ------
    InputError
        Not numeric, not one-dimensional, or of another length.
    """
    raw = _raw(value, data, name)
    try:
        out = np.array(raw, dtype=np.float64, copy=True)
    except (TypeError, ValueError):
        raise InputError(
            f"{name} must hold numbers, found {raw.dtype} such as {raw.ravel()[:3]}"
        ) from None
    if out.ndim == 0:
        out = np.full(1 if length is None else length, float(out))
    if out.ndim != 1:
        raise InputError(f"{name} must be one-dimensional, found shape {out.shape}")
    if length is not None and out.size != length:
        raise InputError(f"{name} has {out.size} values, expected {length}")
    return out


def label_column(
    value: Any, data: Any = None, *, name: str, length: int | None = None
) -> NDArray[Any]:
    """Return a column of labels (strings, integers) as an object array; see `column`."""
    raw = np.atleast_1d(_raw(value, data, name)).astype(object)
    if raw.ndim != 1:
        raise InputError(f"{name} must be one-dimensional, found shape {raw.shape}")
    if length is not None and raw.size != length:
        raise InputError(f"{name} has {raw.size} values, expected {length}")
    return raw
