"""Model matrices from matrices, frames, factors and formulas, and the same coding for new rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from aponia.meta.errors import InputError, SingularDesignError

__all__ = ["Design", "design_matrix", "drop_redundant", "encode_new"]

FloatArray: TypeAlias = NDArray[np.float64]


class Encoder(Protocol):
    """Turns rows of moderator values into rows of a model matrix, always in the same way."""

    def encode(self, new: Any) -> FloatArray:
        """Return the columns for new values, without the added intercept."""
        ...


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
        Whether the model has a constant column.
    encoder : Encoder or None
        How values of the moderators become columns; None without moderators.
    added : bool
        Whether the constant column was added in front of the encoded columns.
    kept : tuple of int
        Which columns of the full matrix are in `X` (redundant ones are dropped by
        `drop_redundant`).
    """

    X: FloatArray
    names: tuple[str, ...]
    intercept: bool
    encoder: Encoder | None = field(default=None, repr=False)
    added: bool = True
    kept: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Matrix:
    width: int

    def encode(self, new: Any) -> FloatArray:
        rows = np.array(new, dtype=np.float64)
        if rows.ndim == 0:
            rows = rows[None, None]
        if rows.ndim == 1:
            # One moderator: many rows. Several moderators: one row.
            rows = rows[:, None] if self.width == 1 else rows[None, :]
        if rows.ndim != 2 or rows.shape[1] != self.width:
            raise InputError(f"newmods needs {self.width} columns, found shape {rows.shape}")
        return rows


@dataclass(frozen=True)
class _Columns:
    """Named columns; a column of labels becomes one indicator a level but the first."""

    names: tuple[str, ...]
    levels: tuple[tuple[Any, ...] | None, ...]
    reference: tuple[bool, ...]

    def encode(self, new: Any) -> FloatArray:
        frame = _as_columns(new, self.names)
        parts: list[FloatArray] = []
        for name, levels, reference in zip(self.names, self.levels, self.reference, strict=True):
            values = np.atleast_1d(np.asarray(frame[name]))
            if levels is None:
                parts.append(_numbers(values, name)[:, None])
            else:
                parts.append(_indicators(values, levels, reference, name))
        return np.concatenate(np.broadcast_arrays(*parts) if len(parts) == 1 else parts, axis=1)


@dataclass(frozen=True)
class _FormulaEncoder:
    spec: Any
    text: str
    names: tuple[str, ...]

    def encode(self, new: Any) -> FloatArray:
        if not isinstance(new, Mapping) and not hasattr(new, "columns"):
            return self._columns(new)
        frame = _to_pandas(new)
        try:
            return np.asarray(self.spec.get_model_matrix(frame), dtype=np.float64)
        except Exception as error:  # formulaic raises many kinds; all mean the new data do not fit
            raise InputError(f"newmods do not fit {self.text!r}: {error}") from None

    def _columns(self, new: Any) -> FloatArray:
        """Plain numbers are the columns of the model matrix, the intercept left out."""
        free = [j for j, name in enumerate(self.names) if name != "intercept"]
        rows = _Matrix(len(free)).encode(new)
        out = np.ones((rows.shape[0], len(self.names)))
        out[:, free] = rows
        return out


def _numbers(values: NDArray[Any], name: str) -> FloatArray:
    try:
        return np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"moderator {name!r} must hold numbers, found {values[:3]}") from None


def _is_missing(value: Any) -> bool:
    return value is None or bool(value != value)


def _indicators(
    values: NDArray[Any], levels: tuple[Any, ...], reference: bool, name: str
) -> FloatArray:
    missing = np.array([_is_missing(v) for v in values], dtype=bool)
    unknown = sorted({str(v) for v in values[~missing]} - {str(v) for v in levels})
    if unknown:
        raise InputError(f"moderator {name!r} has unknown levels {unknown}; known: {list(levels)}")
    used = levels[1:] if reference else levels
    out = np.array([[float(v == level) for level in used] for v in values], dtype=np.float64)
    out = out.reshape(values.size, len(used))
    out[missing] = np.nan
    return out


def _as_columns(new: Any, names: Sequence[str]) -> Mapping[str, Any]:
    if isinstance(new, Mapping):
        found: Mapping[str, Any] = new
    elif hasattr(new, "columns"):
        import narwhals as nw

        frame = nw.from_native(new, eager_only=True)
        found = {name: frame[name].to_numpy() for name in frame.columns}
    else:
        rows = np.asarray(new)
        rows = rows[:, None] if rows.ndim == 1 and len(names) == 1 else np.atleast_2d(rows)
        if rows.ndim != 2 or rows.shape[1] != len(names):
            raise InputError(f"newmods needs the columns {list(names)}, found shape {rows.shape}")
        found = {name: rows[:, j] for j, name in enumerate(names)}
    absent = [name for name in names if name not in found]
    if absent:
        raise InputError(f"newmods has no column {absent}; it has {list(found)}")
    return found


def _to_pandas(data: Any) -> Any:
    if isinstance(data, Mapping):
        import pandas as pd

        return pd.DataFrame({name: np.atleast_1d(value) for name, value in data.items()})
    import narwhals as nw

    return nw.from_native(data, eager_only=True).to_pandas().reset_index(drop=True)


def _is_factor(values: NDArray[Any]) -> bool:
    if values.dtype.kind in "biuf":
        return False
    return not all(
        _is_missing(v) or isinstance(v, (int, float, np.number, np.bool_)) for v in values
    )


def _columns_encoder(
    names: Sequence[str], columns: Sequence[NDArray[Any]], has_intercept: bool
) -> tuple[_Columns, tuple[str, ...], bool]:
    levels: list[tuple[Any, ...] | None] = []
    reference: list[bool] = []
    out: list[str] = []
    implied = False
    for name, values in zip(names, columns, strict=True):
        if not _is_factor(values):
            levels.append(None)
            reference.append(True)
            out.append(name)
            continue
        found = tuple(sorted({v for v in values if not _is_missing(v)}, key=str))
        # Without an intercept the first factor keeps all its levels: one mean a group.
        full = not has_intercept and not implied
        implied = implied or full
        levels.append(found)
        reference.append(not full)
        out += [f"{name}[{level}]" for level in (found if full else found[1:])]
    return _Columns(tuple(names), tuple(levels), tuple(reference)), tuple(out), implied


def design_matrix(moderators: Any, data: Any = None, *, k: int, intercept: bool = True) -> Design:
    """Build the model matrix from a matrix, a data frame, labels or a formula.

    Parameters
    ----------
    moderators : None, array_like, data frame, mapping, str, or sequence of column names
        A string that names a column of `data` is that column; any other string is a formula on
        the right-hand side (``"~ year + C(setting)"`` or without the tilde; ``factor(x)`` is
        understood as ``C(x)``), read by formulaic with `data`. An intercept inside it follows the
        formula (``0 +`` or ``- 1`` drops it) unless `intercept` is False. Columns of labels become
        indicators: all levels but the first, or all levels in a model without intercept.
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
    names: tuple[str, ...] = ()
    values = np.empty((k, 0))
    encoder: Encoder | None = None
    if isinstance(moderators, str) and data is not None and moderators in _names_of(data):
        moderators = [moderators]
    if moderators is None:
        pass
    elif isinstance(moderators, str):
        return _from_formula(moderators, data, k, intercept)
    else:
        names, values, encoder = _from_values(moderators, data, k, intercept)
    if values.shape[0] != k:
        raise InputError(f"moderators must have {k} rows, found {values.shape[0]}")
    add = intercept and "intercept" not in names
    if add:
        values = np.column_stack([np.ones(k), values])
        names = ("intercept", *names)
    if not names:
        raise SingularDesignError("the model has no coefficient: give moderators or intercept=True")
    values[np.isnan(values).any(axis=1)] = np.nan
    return Design(values, names, "intercept" in names, encoder, add, tuple(range(len(names))))


def _names_of(data: Any) -> list[str]:
    if isinstance(data, Mapping):
        return list(data)
    return [str(name) for name in data.columns] if hasattr(data, "columns") else []


def _from_values(
    moderators: Any, data: Any, k: int, intercept: bool
) -> tuple[tuple[str, ...], FloatArray, Encoder]:
    named = isinstance(moderators, Sequence) and len(moderators) > 0
    if (
        named
        and all(isinstance(m, str) for m in moderators)
        and (data is not None or len(moderators) != k)
    ):
        if data is None:
            raise InputError(f"moderators={list(moderators)} name columns, but no data= was given")
        absent = [m for m in moderators if m not in _names_of(data)]
        if absent:
            raise InputError(f"moderators {absent}: no such column; data has {_names_of(data)}")
        columns = [np.asarray(_as_columns(data, moderators)[m]) for m in moderators]
        labels = [str(m) for m in moderators]
    elif hasattr(moderators, "columns") or isinstance(moderators, Mapping):
        labels = _names_of(moderators)
        columns = [np.asarray(c) for c in _as_columns(moderators, labels).values()]
    else:
        matrix = np.asarray(moderators)
        if matrix.dtype.kind not in "biuf":
            try:
                matrix = matrix.astype(np.float64)
            except (TypeError, ValueError):
                matrix = matrix.astype(object)
        matrix = matrix[:, None] if matrix.ndim == 1 else matrix
        if matrix.ndim != 2 or matrix.shape[0] != k:
            raise InputError(f"moderators must have {k} rows, found shape {matrix.shape}")
        if matrix.dtype.kind != "O":
            return (
                tuple(f"x{j + 1}" for j in range(matrix.shape[1])),
                matrix.astype(np.float64),
                _Matrix(matrix.shape[1]),
            )
        labels = [f"x{j + 1}" for j in range(matrix.shape[1])]
        columns = list(matrix.T)
    wrong = [name for name, c in zip(labels, columns, strict=True) if c.shape != (k,)]
    if wrong:
        raise InputError(f"moderators {wrong} must have {k} values each")
    encoder, names, _ = _columns_encoder(labels, columns, intercept)
    return names, encoder.encode(dict(zip(labels, columns, strict=True))), encoder


def _from_formula(formula: str, data: Any, k: int, intercept: bool) -> Design:
    from formulaic import Formula

    if data is None:
        raise InputError(f"moderators={formula!r} is a formula and needs data=")
    frame = _to_pandas(data)
    if len(frame) != k:
        raise InputError(f"data has {len(frame)} rows, expected {k}")
    right = re.sub(r"\bfactor\(", "C(", formula.strip().removeprefix("~").strip())
    if not intercept:
        right = f"{right} - 1"
    try:
        parsed = Formula(right)
        used = sorted(str(name) for name in parsed.required_variables)
        absent = [name for name in used if name not in frame.columns]
        if absent:
            raise InputError(
                f"moderators={formula!r}: no column {absent}; data has {list(frame.columns)}"
            )
        complete = ~frame[used].isna().any(axis=1).to_numpy() if used else np.ones(k, dtype=bool)
        matrix = parsed.get_model_matrix(frame[complete].reset_index(drop=True))
    except InputError:
        raise
    except Exception as error:  # formulaic raises many kinds; all mean the formula cannot be used
        raise InputError(f"moderators={formula!r} could not be read: {error}") from None
    names = tuple("intercept" if n == "Intercept" else str(n) for n in matrix.columns)
    if not names:
        raise SingularDesignError(f"moderators={formula!r} gives no coefficient")
    X = np.full((k, len(names)), np.nan)
    X[complete] = np.asarray(matrix, dtype=np.float64)
    encoder = _FormulaEncoder(matrix.model_spec, formula, names)
    return Design(X, names, "intercept" in names, encoder, False, tuple(range(len(names))))


def drop_redundant(design: Design, rows: NDArray[np.bool_]) -> tuple[Design, tuple[str, ...]]:
    """Drop columns that are linear combinations of earlier columns on the rows in use.

    A constant column of a model without a named intercept is recognised as its intercept.

    Parameters
    ----------
    design : Design
    rows : ndarray of bool, shape (k,)

    Returns
    -------
    Design
        With independent columns.
    dropped : tuple of str
        Names of the columns left out.

    Raises
    ------
    SingularDesignError
        No independent column is left.
    """
    basis: list[FloatArray] = []
    kept: list[int] = []
    X = design.X[rows]
    for j in range(X.shape[1]):
        left = X[:, j].astype(np.float64)
        size = float(np.linalg.norm(left))
        for _ in range(2):
            for b in basis:
                left = left - b * float(b @ left)
        remaining = float(np.linalg.norm(left))
        if size > 0 and remaining > 1e-7 * size:
            basis.append(left / remaining)
            kept.append(j)
    if not kept:
        raise SingularDesignError("no moderator varies: every column of the model matrix is zero")
    dropped = tuple(design.names[j] for j in range(X.shape[1]) if j not in kept)
    constant = any(bool((X[:, j] == 1.0).all()) for j in kept)
    return (
        Design(
            design.X[:, kept],
            tuple(design.names[j] for j in kept),
            design.intercept or constant,
            design.encoder,
            design.added,
            tuple(design.kept[j] for j in kept),
        ),
        dropped,
    )


def encode_new(design: Design, newmods: Any) -> FloatArray:
    """Return the model matrix rows of new moderator values, shape (n, p).

    Parameters
    ----------
    design : Design
    newmods : array_like, mapping or data frame
        In the form the moderators were given; for a matrix, without the added constant column.

    Raises
    ------
    InputError
        The values do not fit the model, or the model has no moderators.
    """
    if design.encoder is None:
        raise InputError("the model has no moderators: newmods has no meaning")
    rows = design.encoder.encode(newmods)
    if design.added:
        rows = np.column_stack([np.ones(rows.shape[0]), rows])
    return np.asarray(rows[:, list(design.kept)])
