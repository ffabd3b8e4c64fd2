"""Cells of 2 × 2 and 2 × person-time tables: reading, checking, zero-cell handling, outcomes.

The letters are the field's: ``a b`` events and non-events of group 1, ``c d`` of group 2;
``x1 t1 x2 t2`` events and person-time.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from aponia.meta._inputs import FloatArray, column, label_column
from aponia.meta.errors import InputError, MetaWarning, MethodError, TooFewStudiesError

__all__ = [
    "AddTo",
    "Cells",
    "ZeroCells",
    "add_to_cells",
    "outcomes",
    "read_one_group",
    "read_rates",
    "read_tables",
    "zero_cells",
]

AddTo: TypeAlias = Literal["only0", "all", "if0all", "none"]
BoolArray: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True)
class Cells:
    """Four columns of cells, complete cases only.

    Attributes
    ----------
    first, second, third, fourth : ndarray of shape (k,)
        ``a b c d`` of 2 × 2 tables; ``x1 x2 t1 t2`` of person-time tables; ``x m`` (events and
        non-events) or ``x t`` of a single group, the last two columns empty.
    labels : tuple of str
    kept : ndarray of shape (k_all,)
        Which of the rows given were complete.
    """

    first: FloatArray
    second: FloatArray
    third: FloatArray
    fourth: FloatArray
    labels: tuple[str, ...]
    kept: BoolArray

    @property
    def k(self) -> int:
        """Number of complete rows."""
        return int(self.first.size)

    @property
    def n_dropped(self) -> int:
        """Number of rows dropped because a cell was missing."""
        return int((~self.kept).sum())

    def take(self, index: Any) -> Cells:
        """Return the rows chosen by `index` (a mask or positions)."""
        position = np.arange(self.k)[index]
        return Cells(
            self.first[position],
            self.second[position],
            self.third[position] if self.third.size else self.third,
            self.fourth[position] if self.fourth.size else self.fourth,
            tuple(self.labels[i] for i in position),
            np.ones(position.size, dtype=np.bool_),
        )


@dataclass(frozen=True)
class ZeroCells:
    """How zero cells are handled: what is added, to which tables, and which are left out."""

    add: float
    to: AddTo
    drop00: bool


def zero_cells(add: Any, to: Any, drop00: Any) -> tuple[ZeroCells, ZeroCells]:
    """Split the options into those for the single outcomes and those for the pooling method.

    Parameters
    ----------
    add : float or pair of float
    to : str or pair of str
    drop00 : bool or pair of bool
        The first element concerns the observed outcomes of the single studies, the second the
        cells that enter the pooled estimate; a scalar leaves the latter as they are.

    Returns
    -------
    tuple of ZeroCells

    Raises
    ------
    MethodError
        An option that does not exist.
    """
    adds = (add, 0.0) if np.ndim(add) == 0 else tuple(add)
    tos = (to, "none") if isinstance(to, str) else tuple(to)
    drops = (drop00, False) if np.ndim(drop00) == 0 else tuple(drop00)
    if not len(adds) == len(tos) == len(drops) == 2:
        raise MethodError("add, to and drop00 take one value or a pair of values")
    for value in tos:
        if value not in ("only0", "all", "if0all", "none"):
            raise MethodError(f"to must be 'only0', 'all', 'if0all' or 'none', found {value!r}")
    for value in adds:
        if not (np.isfinite(value) and value >= 0):
            raise InputError(f"add must be a number of at least 0, found {value!r}")
    first = ZeroCells(float(adds[0]), tos[0], bool(drops[0]))
    second = ZeroCells(float(adds[1]), tos[1], bool(drops[1]))
    return first, second


def _pick(given: Mapping[str, Any], *names: str) -> Any:
    found = [n for n in names if given.get(n) is not None]
    if len(found) > 1:
        raise InputError(f"{' and '.join(found)} are names of the same column: give one of them")
    return given[found[0]] if found else None


def _read(values: Mapping[str, Any], data: Any) -> dict[str, FloatArray]:
    out: dict[str, FloatArray] = {}
    length: int | None = None
    for name, value in values.items():
        if value is None:
            continue
        out[name] = column(value, data, name=name)
        length = max(length or 0, out[name].size)
    for name in out:
        if out[name].size == 1 and length is not None and length > 1:
            out[name] = np.full(length, out[name][0])
        if out[name].size != length:
            raise InputError(f"{name} has {out[name].size} values, expected {length}")
    return out


def _finish(columns: list[FloatArray], labels: Any, data: Any) -> Cells:
    k_all = columns[0].size
    for values in columns:
        if np.isinf(values).any():
            raise InputError("cells must be finite")
    kept = ~np.asarray(np.isnan(np.vstack(columns)).any(axis=0))
    if labels is None:
        names = [str(i + 1) for i in range(k_all)]
    else:
        names = [str(v) for v in label_column(labels, data, name="labels", length=k_all)]
    if not kept.any():
        raise TooFewStudiesError("no table is complete: every row has a missing cell")
    if not kept.all():
        warnings.warn(
            f"{int((~kept).sum())} of {k_all} rows have a missing cell and were left out",
            MetaWarning,
            stacklevel=4,
        )
    full = [v[kept] for v in columns] + [np.empty(0)] * (4 - len(columns))
    left = tuple(names[i] for i in np.flatnonzero(kept))
    return Cells(full[0], full[1], full[2], full[3], left, kept)


def _non_negative(**values: FloatArray) -> None:
    for name, value in values.items():
        if (value[~np.isnan(value)] < 0).any():
            raise InputError(f"{name} must not be negative")


def read_tables(given: Mapping[str, Any], labels: Any, data: Any) -> Cells:
    """Read 2 × 2 tables from events with totals, or events with non-events.

    Parameters
    ----------
    given : mapping
        Any of ``events1 nonevents1 total1 events2 nonevents2 total2`` and their short names
        ``ai bi n1i ci di n2i``.
    labels, data
        See `mantel_haenszel`.

    Returns
    -------
    Cells
        ``a b c d``.

    Raises
    ------
    InputError
        A column is missing, negative, or there are more events than people.
    """
    wanted = {
        "events1": _pick(given, "events1", "ai"),
        "nonevents1": _pick(given, "nonevents1", "bi"),
        "total1": _pick(given, "total1", "n1i"),
        "events2": _pick(given, "events2", "ci"),
        "nonevents2": _pick(given, "nonevents2", "di"),
        "total2": _pick(given, "total2", "n2i"),
    }
    got = _read(wanted, data)
    for group in ("1", "2"):
        if f"events{group}" not in got or not ({f"nonevents{group}", f"total{group}"} & got.keys()):
            raise InputError(
                f"group {group} needs events{group}= and total{group}= (or nonevents{group}=)"
            )
    columns: list[FloatArray] = []
    for group in ("1", "2"):
        events = got[f"events{group}"]
        total = got.get(f"total{group}")
        others = got.get(f"nonevents{group}")
        if others is None and total is not None:
            others = total - events
            if (others[~np.isnan(others)] < 0).any():
                raise InputError(f"events{group} is larger than total{group}")
        elif others is not None and total is not None:
            gap = np.abs(events + others - total)
            if (gap[~np.isnan(gap)] > 1e-9 * (1 + total[~np.isnan(gap)])).any():
                raise InputError(f"events{group} + nonevents{group} differs from total{group}")
        assert others is not None
        _non_negative(**{f"events{group}": events, f"nonevents{group}": others})
        columns += [events, others]
    cells = _finish(columns, labels, data)
    if ((cells.first + cells.second == 0) | (cells.third + cells.fourth == 0)).any():
        raise InputError("a group without people: total1 and total2 must be positive")
    return cells


def read_rates(given: Mapping[str, Any], labels: Any, data: Any) -> Cells:
    """Read person-time tables: ``events1 time1 events2 time2`` or ``x1i t1i x2i t2i``.

    Returns
    -------
    Cells
        ``x1 x2 t1 t2``.
    """
    wanted = {
        "events1": _pick(given, "events1", "x1i"),
        "events2": _pick(given, "events2", "x2i"),
        "time1": _pick(given, "time1", "t1i"),
        "time2": _pick(given, "time2", "t2i"),
    }
    got = _read(wanted, data)
    missing = [n for n in wanted if n not in got]
    if missing:
        raise InputError(f"rates need {', '.join(n + '=' for n in missing)}")
    _non_negative(events1=got["events1"], events2=got["events2"])
    cells = _finish([got[n] for n in wanted], labels, data)
    if ((cells.third <= 0) | (cells.fourth <= 0)).any():
        raise InputError("time1 and time2 must be positive")
    return cells


def read_one_group(given: Mapping[str, Any], labels: Any, data: Any, *, rate: bool) -> Cells:
    """Read one group a study: ``events total`` (``xi ni`` or ``xi mi``) or ``events time``.

    Returns
    -------
    Cells
        Events and non-events, or events and time; the other columns are empty.
    """
    events = _pick(given, "events", "xi")
    if rate:
        got = _read({"events": events, "time": _pick(given, "time", "ti")}, data)
        if len(got) < 2:
            raise InputError("a single rate needs events= and time=")
        _non_negative(events=got["events"])
        cells = _finish([got["events"], got["time"]], labels, data)
        if (cells.second <= 0).any():
            raise InputError("time must be positive")
        return cells
    wanted = {
        "events": events,
        "total": _pick(given, "total", "ni"),
        "nonevents": _pick(given, "nonevents", "mi"),
    }
    got = _read(wanted, data)
    if "events" not in got or len(got) < 2:
        raise InputError("a single proportion needs events= and total= (or nonevents=)")
    others = got["nonevents"] if "nonevents" in got else got["total"] - got["events"]
    if (others[~np.isnan(others)] < 0).any():
        raise InputError("events is larger than total, or nonevents is negative")
    _non_negative(events=got["events"])
    cells = _finish([got["events"], others], labels, data)
    if (cells.first + cells.second == 0).any():
        raise InputError("a study without people: total must be positive")
    return cells


def add_to_cells(cells: Cells, how: ZeroCells, *, rate: bool) -> tuple[list[FloatArray], BoolArray]:
    """Add to cells and say which tables remain.

    Parameters
    ----------
    cells : Cells
    how : ZeroCells
    rate : bool
        Whether the table holds person-time (only its two event counts are then touched).

    Returns
    -------
    list of ndarray
        The four adjusted columns.
    ndarray of bool
        Tables to use; false where `drop00` leaves a table without events (or only events) in
        both groups out.
    """
    a, b, c, d = cells.first, cells.second, cells.third, cells.fourth
    use = np.ones(cells.k, dtype=np.bool_)
    if rate:
        zero = (a == 0) | (b == 0)
        none = (a == 0) & (b == 0)
    else:
        zero = (a == 0) | (b == 0) | (c == 0) | (d == 0)
        none = ((a == 0) & (c == 0)) | ((b == 0) & (d == 0))
    if how.drop00:
        use &= ~none
    touched = {
        "none": np.zeros(cells.k, dtype=np.bool_),
        "only0": zero & use,
        "all": use,
        "if0all": use & bool((zero & use).any()),
    }[how.to]
    plus = how.add * touched
    if rate:
        return [a + plus, b + plus, c, d], use
    return [a + plus, b + plus, c + plus, d + plus], use


def outcomes(cells: Cells, measure: str, how: ZeroCells) -> tuple[FloatArray, FloatArray]:
    """Return the observed outcome and its sampling variance of each table.

    Parameters
    ----------
    cells : Cells
    measure : {"OR", "RR", "RD", "IRR", "IRD", "PETO"}
    how : ZeroCells

    Returns
    -------
    y, v : ndarray of shape (k,)
        NaN where a table has no finite outcome with a positive variance.
    """
    rate = measure in ("IRR", "IRD")
    (a, b, c, d), use = add_to_cells(cells, how, rate=rate)
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "OR":
            y = np.log(a * d / (b * c))
            v = 1 / a + 1 / b + 1 / c + 1 / d
        elif measure == "RR":
            y = np.log((a / (a + b)) / (c / (c + d)))
            v = 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)
        elif measure == "RD":
            p1, p2 = a / (a + b), c / (c + d)
            y = p1 - p2
            v = p1 * (1 - p1) / (a + b) + p2 * (1 - p2) / (c + d)
        elif measure == "PETO":
            n1, n2, m1, m2 = a + b, c + d, a + c, b + d
            total = n1 + n2
            v = n1 * n2 * m1 * m2 / (total**2 * (total - 1))
            y, v = (a - n1 * m1 / total) / v, 1 / v
        elif measure == "IRR":
            y = np.log((a / c) / (b / d))
            v = 1 / a + 1 / b
        else:
            y = a / c - b / d
            v = a / c**2 + b / d**2
    bad = ~(use & np.isfinite(y) & np.isfinite(v) & (v > 0))
    y[bad] = np.nan
    v[bad] = np.nan
    return y, v
