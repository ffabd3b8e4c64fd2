"""The Metapsy data standard: one comparison of two arms a row.

See https://docs.metapsy.org/data-preparation/format/ for the columns.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from aponia.meta.errors import MethodError
from aponia.meta.tables._effects import TableEffects
from aponia.meta.tables._plain import compute
from aponia.meta.tables._table import Table, TableError

__all__ = ["metapsy_effects", "metapsy_raw"]

#: Where each argument of the effect-size function is found, in order of preference.
_MEANS = (
    {"mean": "mean_arm", "sd": "sd_arm", "n": "n_arm"},
    {"mean": "mean_change_arm", "sd": "sd_change_arm", "n": "n_change_arm"},
)
_EVENTS = (
    {"events": "event_arm", "total": "totaln_arm"},
    {"events": ".event_arm", "total": ".totaln_arm"},
)
_MEAN_MEASURES = ("SMD", "SMDH", "SMD1", "MD", "ROM")
_EVENT_MEASURES = ("RR", "OR", "RD", "AS", "PETO")
_TELL_APART = (
    ("multi_arm1", "multi_arm2"),
    ("condition_arm1", "condition_arm2"),
    ("instrument",),
    ("time",),
    ("time_weeks",),
    ("outcome_type",),
)


def metapsy_raw(
    table: Table, measure: str
) -> tuple[np.ndarray, np.ndarray, str, str | None, list[str]]:
    """Compute effects from the raw columns, NaN where they are not complete.

    Returns
    -------
    y, v, title, transform, columns used

    Raises
    ------
    MethodError
        A measure that the standard has no columns for.
    TableError
        No raw columns.
    """
    code = measure.upper()
    if code in _MEAN_MEASURES:
        sets = _MEANS
    elif code in _EVENT_MEASURES:
        sets = _EVENTS
    else:
        raise MethodError(
            f"measure {measure!r} has no columns in the Metapsy standard; use one of "
            f"{', '.join((*_MEAN_MEASURES, *_EVENT_MEASURES))}"
        )
    y = np.full(len(table), np.nan)
    v = y.copy()
    title, transform = code, None
    used: list[str] = []
    for columns in sets:
        names = {f"{a}{arm}": f"{c}{arm}" for a, c in columns.items() for arm in (1, 2)}
        if not table.has(*names.values()):
            continue
        values = {argument: np.array(table.numbers(name)) for argument, name in names.items()}
        # One missing number makes a comparison unusable here; it is not an error of the table.
        whole = ~np.isnan(np.array(list(values.values()))).any(axis=0) & np.isnan(y)
        rows = np.flatnonzero(whole)
        if not rows.size:
            continue
        labels = [f"line {table.lines[i]}" for i in rows]
        found = compute(code, {a: x[rows] for a, x in values.items()}, labels)
        y[rows], v[rows] = found[0], found[1]
        title, transform = found[2], found[3]
        used.append(f"{', '.join(names.values())} ({rows.size} rows)")
        used += found[4]
    if not used:
        raise TableError(f"{table.path}: no row with complete raw columns for measure {code}")
    return y, v, title, transform, used


def metapsy_effects(table: Table, *, measure: str | None = None) -> TableEffects:
    """Take effects from a table in the Metapsy standard.

    Parameters
    ----------
    table : Table
    measure : str, optional
        By default Hedges' g as the file has it (``.g`` and ``.g_se``), computed from means, SDs and
        sample sizes where that is empty. ``SMD``, ``MD`` … compute it from the raw columns for all
        rows; ``RR`` takes ``.log_rr`` and ``.log_rr_se`` or events; ``OR``, ``RD`` … events.

    Returns
    -------
    TableEffects

    Raises
    ------
    TableError
        Columns of the standard that are not there.
    MethodError
        A measure that the standard has no columns for.
    """
    table.texts("study")
    notes = []
    ready = {None: (".g", ".g_se"), "RR": (".log_rr", ".log_rr_se")}
    code = None if measure is None else measure.upper()
    columns = ready.get(code)
    if columns is not None and table.has(*columns):
        y, v = np.array(table.numbers(columns[0])), np.square(table.numbers(columns[1]))
        given = ~(np.isnan(y) | np.isnan(v))
        y, v = np.where(given, y, np.nan), np.where(given, v, np.nan)
        title, transform = ("Hedges' g", None) if code is None else ("Log risk ratio", "exp")
        notes.append(
            f"effects from {columns[0]!r}, standard errors from {columns[1]!r}: "
            f"{int(given.sum())} of {len(table)} rows have both"
        )
        rest = np.flatnonzero(~given).tolist()
        if rest:
            y, v, more = _fill(table, rest, code or "SMD", y, v)
            notes.append(more)
    else:
        y, v, title, transform, used = metapsy_raw(table, code or "SMD")
        notes += [f"{title} ({code or 'SMD'}) computed from {what}" for what in used]
    raw = {
        name.replace("_arm", " ").strip("."): table.texts(name)
        for pair in (("n_arm1", "n_arm2"),)
        for name in pair
        if name in table.columns
    }
    labels = _labels(table, ~(np.isnan(y) | np.isnan(v)))
    return TableEffects(
        y, v, labels, table.texts("study"), title, transform, table, raw, tuple(notes)
    )


def _fill(
    table: Table, rows: list[int], code: str, y: np.ndarray, v: np.ndarray
) -> tuple[np.ndarray, np.ndarray, str]:
    """Compute what the file left empty, where the raw columns allow it."""
    studies = ", ".join(f"{table.texts('study')[i]} (line {table.lines[i]})" for i in rows)
    try:
        more_y, more_v, _, _, _ = metapsy_raw(table.take(rows), code)
    except TableError:
        return y, v, f"without an effect, and without the raw numbers to compute it: {studies}"
    y, v = y.copy(), v.copy()
    y[rows], v[rows] = more_y, more_v
    computed = [i for i, value in zip(rows, more_y, strict=True) if not np.isnan(value)]
    names = ", ".join(f"{table.texts('study')[i]} (line {table.lines[i]})" for i in computed)
    left = [i for i in rows if i not in computed]
    text = f"computed from the raw columns: {names}"
    if left:
        rest = ", ".join(f"{table.texts('study')[i]} (line {table.lines[i]})" for i in left)
        text += f"; without an effect: {rest}"
    return y, v, text


def _labels(table: Table, usable: np.ndarray) -> list[str]:
    """Return the name of the study, with what tells its comparisons apart when there are several."""
    studies = table.texts("study")
    several = {study for study, count in Counter(studies).items() if count > 1}
    labels = list(studies)
    for study in several:
        rows = [i for i, name in enumerate(studies) if name == study]
        parts: dict[int, list[str]] = {i: [] for i in rows}
        for names in _TELL_APART:
            if not table.has(*names) or len(set(map(tuple, parts.values()))) == len(rows):
                continue
            cells = {i: [table.columns[name][i] for name in names] for i in rows}
            if len({tuple(c) for c in cells.values()}) > 1:
                for i in rows:
                    parts[i].append(" v ".join(cells[i]))
        for i in rows:
            if parts[i]:
                labels[i] = f"{study}: {', '.join(parts[i])}"
    seen: Counter[str] = Counter()
    for i, label in enumerate(labels):
        if labels.count(label) > 1 and usable[i]:
            seen[label] += 1
    repeated = {label for label, count in seen.items() if count > 1}
    return [
        f"{label} (line {table.lines[i]})" if label in repeated else label
        for i, label in enumerate(labels)
    ]
