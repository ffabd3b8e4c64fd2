"""Reading `random=` (``"~ 1 | a/b"``, ``"~ inner | outer"``, arrays) into requests for terms."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aponia.meta._inputs import FloatArray, column, label_column
from aponia.meta._multilevel._blocks import IntArray
from aponia.meta._multilevel._structures import (
    CORRELATION_STRUCTURES,
    MATRIX_STRUCTURES,
    SPATIAL,
)
from aponia.meta.errors import InputError, MethodError

__all__ = ["Request", "encode", "is_missing", "read_random", "text"]


@dataclass(frozen=True)
class Request:
    """One random term as asked for, before rows are dropped.

    Attributes
    ----------
    name : str
    outer : ndarray of object, shape (k,)
    inner : ndarray of shape (k,) or (k, q), or None
        None for a random intercept. Labels, or numbers for CAR, GEN and spatial structures.
    inner_names : tuple of str
        Names of the columns of `inner` where it has several.
    structure : str or None
    """

    name: str
    outer: NDArray[np.object_]
    inner: NDArray[Any] | None = None
    inner_names: tuple[str, ...] = ()
    structure: str | None = None


def encode(labels: NDArray[Any]) -> tuple[IntArray, list[Any]]:
    """Return codes and sorted levels; numbers are sorted as numbers, labels as text.

    Nested levels (tuples) are sorted by their parts.
    """
    values = list(labels)
    distinct = set(values)
    if any(isinstance(v, tuple) for v in distinct):
        parts = [
            encode(np.array([v[n] for v in values], dtype=object))[0] for n in range(len(values[0]))
        ]
        ranks = dict(zip(values, zip(*parts, strict=True), strict=True))
        levels = sorted(distinct, key=ranks.__getitem__)
    elif all(isinstance(v, (int, float, np.number, np.bool_)) for v in distinct):
        levels = sorted(distinct)
    else:
        levels = sorted(distinct, key=str)
    index = {v: n for n, v in enumerate(levels)}
    return np.array([index[v] for v in values], dtype=np.int64), levels


def text(value: Any) -> str:
    """Return a level as R prints it: whole numbers without a decimal point."""
    if isinstance(value, tuple):
        return "/".join(text(v) for v in value)
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)


def read_random(
    random: Any,
    data: Any,
    k: int,
    *,
    structure: str | Sequence[str],
    inner: Any = None,
    outer: Any = None,
) -> list[Request]:
    """Turn the `random`, `inner` and `outer` arguments into requests, in order.

    Raises
    ------
    InputError
        A term cannot be read or names an unknown column.
    MethodError
        An unknown structure, or more than two ``~ inner | outer`` terms.
    """
    if random is None:
        items: list[Any] = []
    elif isinstance(random, (list, tuple)) and not _is_labels(random, k):
        items = list(random)
    else:
        items = [random]
    structures = [structure] if isinstance(structure, str) else list(structure)
    structures = [s.upper() for s in structures]
    known = CORRELATION_STRUCTURES + MATRIX_STRUCTURES
    for s in structures:
        if s not in known:
            raise MethodError(f"structure={s!r} is not known; use one of {', '.join(known)}")
    requests: list[Request] = []
    pairs = 0

    def next_structure() -> str:
        nonlocal pairs
        pairs += 1
        if pairs > 2:
            raise MethodError("at most two '~ inner | outer' terms can be fitted")
        return structures[min(pairs - 1, len(structures) - 1)]

    for n, item in enumerate(items):
        if isinstance(item, Mapping):
            for name, values in item.items():
                requests.append(
                    Request(str(name), label_column(values, data, name=str(name), length=k))
                )
        elif isinstance(item, str):
            requests += _from_text(item, data, k, next_structure)
        else:
            name = str(getattr(item, "name", None) or f"random{n + 1}")
            requests.append(Request(name, label_column(item, data, name=name, length=k)))
    if (inner is None) != (outer is None):
        raise InputError("inner= and outer= are given together")
    if outer is not None:
        s = next_structure()
        out = label_column(outer, data, name="outer", length=k)
        name = f"~{inner if isinstance(inner, str) else 'inner'} | " + (
            outer if isinstance(outer, str) else "outer"
        )
        requests.append(_pair(name, inner, out, s, data, k))
    return requests


def _is_labels(values: Sequence[Any], k: int) -> bool:
    """Return whether a list is one column of labels rather than a list of terms."""
    if len(values) != k:
        return False
    return not any(isinstance(v, (str, Mapping)) or hasattr(v, "__len__") for v in values)


def _from_text(item: str, data: Any, k: int, next_structure: Any) -> list[Request]:
    formula = item.strip().removeprefix("~").strip()
    if "|" not in formula:
        left, right = "1", formula
    else:
        left, right = (part.strip() for part in formula.split("|", 1))
    if not right or "|" in right:
        raise InputError(f"random={item!r} could not be read; write '~ 1 | study'")
    if left == "1":
        names = [_bare(part) for part in right.split("/")]
        columns = [label_column(name, data, name="random", length=k) for name in names]
        requests, path = [], ""
        for depth, name in enumerate(names):
            path = f"{path}/{name}" if path else name
            values = columns[0] if depth == 0 else _nested(columns[: depth + 1])
            requests.append(Request(path, values))
        return requests
    if "/" in right:
        raise InputError(f"random={item!r}: nesting is for '~ 1 | a/b' terms")
    name = f"~{left} | {right}"
    outer = label_column(_bare(right), data, name="random", length=k)
    return [_pair(name, left, outer, next_structure(), data, k)]


def _bare(name: str) -> str:
    found = re.fullmatch(r"(?:factor|C)\((.*)\)", name.strip())
    return (found.group(1) if found else name).strip()


def _nested(columns: list[NDArray[np.object_]]) -> NDArray[np.object_]:
    out = np.empty(columns[0].size, dtype=object)
    for i, values in enumerate(zip(*columns, strict=True)):
        missing = any(is_missing(v) for v in values)
        out[i] = None if missing else tuple(values)
    return out


def is_missing(value: Any) -> bool:
    """Return whether a label is None or NaN."""
    return value is None or bool(value != value)


def _pair(
    name: str, left: Any, outer: NDArray[np.object_], structure: str, data: Any, k: int
) -> Request:
    if structure in ("GEN", "GDIAG"):
        Z, names = _slopes(left, data, k)
        return Request(name, outer, Z, names, structure)
    if isinstance(left, str):
        names = tuple(_bare(part) for part in left.split("+"))
        if structure in SPATIAL and len(names) > 1:
            values = [column(n, data, name="random", length=k) for n in names]
            return Request(name, outer, np.column_stack(values), names, structure)
        if len(names) > 1:
            raise InputError(f"{name!r}: structure {structure} takes one inner variable")
        return Request(
            name, outer, label_column(names[0], data, name="random", length=k), names, structure
        )
    array = np.asarray(left)
    if array.ndim == 2:
        return Request(
            name, outer, array, tuple(f"inner{j + 1}" for j in range(array.shape[1])), structure
        )
    return Request(
        name, outer, label_column(left, data, name="inner", length=k), ("inner",), structure
    )


def _slopes(left: Any, data: Any, k: int) -> tuple[FloatArray, tuple[str, ...]]:
    from aponia.meta._inputs import design_matrix

    if isinstance(left, str):
        # Always a formula: a lone variable brings its random intercept, as in R.
        design = design_matrix(f"~ {left}", data, k=k)
    else:
        design = design_matrix(left, data, k=k)
    return design.X, design.names
