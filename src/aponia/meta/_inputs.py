"""The narrow edge where arrays, pandas/polars columns and names become NumPy arrays.

Everything behind this module sees plain `float64` arrays. One adapter (narwhals) reads every
data frame library; formulas go through formulaic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aponia.meta.errors import InputError, SingularDesignError

__all__ = ["ColumnLike", "Design", "FloatArray", "column", "design_matrix", "label_column"]

FloatArray: TypeAlias = NDArray[np.float64]
#: An array, a pandas or polars column, or the name of a column of ``data``.
ColumnLike: TypeAlias = ArrayLike | str | Any


@dataclass(frozen=True)
class Design:
    """A model matrix and the names of its columns.

    Attributes
    ----------
    X : ndarray of shape (k, p)
        Missing moderator values are NaN in the whole row.
    names : tuple of str
        ``"intercept"`` first when the model has one.
    intercept : bool
        Whether the model has an intercept (explicit or implied by a full set of dummies).
    """

    X: FloatArray
    names: tuple[str, ...]
    intercept: bool


def _raw(value: Any, data: Any, name: str) -> NDArray[Any]:
    if isinstance(value, str):
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
        raise InputError(f"{name} must hold numbers, found {raw.dtype} such as {raw.ravel()[:3]}") from None
    if out.ndim == 0:
        out = np.full(1 if length is None else length, float(out))
    if out.ndim != 1:
        raise InputError(f"{name} must be one-dimensional, found shape {out.shape}")
    if length is not None and out.size != length:
        raise InputError(f"{name} has {out.size} values, expected {length}")
    return out


def label_column(value: Any, data: Any = None, *, name: str, length: int | None = None) -> NDArray[Any]:
    """Return a column of labels (strings, integers) as an object array; see `column`."""
    raw = np.atleast_1d(_raw(value, data, name)).astype(object)
    if raw.ndim != 1:
        raise InputError(f"{name} must be one-dimensional, found shape {raw.shape}")
    if length is not None and raw.size != length:
        raise InputError(f"{name} has {raw.size} values, expected {length}")
    return raw


def design_matrix(
    moderators: Any, data: Any = None, *, k: int, intercept: bool = True
) -> Design:
    """Build the model matrix from a matrix, a data frame or a formula.

    Parameters
    ----------
    moderators : None, array_like, data frame, str, or sequence of column names
        A string is a formula on the right-hand side (``"~ year + C(setting)"`` or without the
        tilde), read by formulaic with `data`; an intercept inside it follows the formula
        (``0 +`` or ``- 1`` drops it) unless `intercept` is False.
    data : data frame, optional
        Where names are looked up.
    k : int
        Number of rows expected.
    intercept : bool
        Whether to add a constant column to a matrix or frame.

    Returns
    -------
    Design

    Raises
    ------
    InputError
        Wrong length, unknown name, no data for a formula.
    SingularDesignError
        No column at all.
    """
    columns: list[FloatArray] = []
    names: list[str] = []
    has_intercept = intercept
    if moderators is None:
        pass
    elif isinstance(moderators, str):
        columns, names, has_intercept = _from_formula(moderators, data, k, intercept)
    elif hasattr(moderators, "columns"):
        import narwhals as nw

        frame = nw.from_native(moderators, eager_only=True)
        for name in frame.columns:
            columns.append(column(frame[name].to_numpy(), name=str(name), length=k))
            names.append(str(name))
    elif isinstance(moderators, Sequence) and moderators and all(isinstance(m, str) for m in moderators):
        for name in moderators:
            columns.append(column(name, data, name="moderators", length=k))
            names.append(name)
    else:
        matrix = np.array(moderators, dtype=np.float64)
        matrix = matrix[:, None] if matrix.ndim == 1 else matrix
        if matrix.ndim != 2 or matrix.shape[0] != k:
            raise InputError(f"moderators must have {k} rows, found shape {matrix.shape}")
        columns = list(matrix.T)
        names = [f"x{j + 1}" for j in range(matrix.shape[1])]
    if has_intercept and "intercept" not in names:
        columns.insert(0, np.ones(k))
        names.insert(0, "intercept")
    if not columns:
        raise SingularDesignError("the model has no coefficient: give moderators or intercept=True")
    X = np.column_stack(columns)
    X[np.isnan(X).any(axis=1)] = np.nan
    return Design(X, tuple(names), has_intercept)


def _from_formula(
    formula: str, data: Any, k: int, intercept: bool
) -> tuple[list[FloatArray], list[str], bool]:
    from formulaic import Formula
    from formulaic.errors import FormulaicError

    if data is None:
        raise InputError(f"moderators={formula!r} is a formula and needs data=")
    import narwhals as nw

    frame = nw.from_native(data, eager_only=True).to_pandas().reset_index(drop=True)
    if len(frame) != k:
        raise InputError(f"data has {len(frame)} rows, expected {k}")
    right = formula.strip().removeprefix("~").strip()
    if not intercept:
        right = f"{right} - 1"
    try:
        matrix = Formula(right).get_model_matrix(frame, na_action="ignore")
    except (FormulaicError, NameError, SyntaxError, TypeError) as error:
        raise InputError(f"moderators={formula!r} could not be read: {error}") from None
    names = ["intercept" if n == "Intercept" else str(n) for n in matrix.columns]
    values = np.asarray(matrix, dtype=np.float64)
    return list(values.T), names, "intercept" in names
