"""Effects that a table holds ready, or raw numbers of one measure."""

from __future__ import annotations

import numpy as np

from aponia.meta.errors import InputError
from aponia.meta.tables._effects import TableEffects
from aponia.meta.tables._table import Table, TableError

__all__ = ["measure_effects", "plain_effects", "raw_columns"]

_Y, _V, _SE = ("y", "yi"), ("v", "vi"), ("se", "sei")


def _find(table: Table, given: str | None, names: tuple[str, ...]) -> str | None:
    if given is not None:
        table.texts(given)  # names the columns there are when it is not one of them
        return given
    return next((name for name in names if name in table.columns), None)


def study_names(table: Table, labels: str | None) -> list[str]:
    """Return the names of the studies: a column, or the line of the file."""
    if labels is None:
        return [f"line {line}" for line in table.lines]
    return table.texts(labels)


def plain_effects(
    table: Table,
    *,
    y: str | None = None,
    v: str | None = None,
    se: str | None = None,
    labels: str | None = None,
    measure: str = "Effect",
    transform: str | None = None,
) -> TableEffects:
    """Take effects and variances, or standard errors, from columns.

    Parameters
    ----------
    table : Table
    y : str, optional
        Column of the effects; ``y`` or ``yi`` by default.
    v, se : str, optional
        Column of the sampling variances or of the standard errors; ``v``, ``vi``, ``se`` or ``sei``
        by default.
    labels : str, optional
        Column of the names of the studies.
    measure, transform : str
        For titles and axes.

    Returns
    -------
    TableEffects

    Raises
    ------
    TableError
        A column that is not there, or cells that are not numbers.
    InputError
        Variances and standard errors both asked for, negative standard errors.
    """
    if v is not None and se is not None:
        raise InputError("give a column of variances (--v) or of standard errors (--se), not both")
    effect = _find(table, y, _Y)
    if effect is None:
        raise TableError(
            f"{table.path}: no column 'y' (or 'yi') for the effects; the columns are "
            f"{', '.join(table.columns)}; name it with --y, or say --measure to compute effects"
        )
    variance = None if se is not None else _find(table, v, _V)
    error = None if variance is not None else _find(table, se, _SE)
    if variance is None and error is None:
        raise TableError(
            f"{table.path}: no column 'v' or 'se' (or 'vi', 'sei') for variances or standard "
            f"errors; the columns are {', '.join(table.columns)}; name it with --v or --se"
        )
    effects = np.array(table.numbers(effect))
    if variance is not None:
        v_values = np.array(table.numbers(variance))
        spread = f"variances from {variance!r}"
    else:
        assert error is not None
        errors = np.array(table.numbers(error))
        if (errors < 0).any():
            line = table.lines[int(np.flatnonzero(errors < 0)[0])]
            raise TableError(f"{table.path}, line {line}, column {error!r}: negative")
        v_values = np.square(errors)
        spread = f"standard errors from {error!r}"
    names = study_names(table, labels)
    notes = [f"effects from {effect!r}, {spread}"]
    notes.append(f"names of studies from {labels!r}" if labels else "no names: lines of the file")
    return TableEffects(
        effects,
        v_values,
        list(names),
        [f"{i}" for i in range(len(table))] if labels is None else list(names),
        measure,
        transform,
        table,
        notes=tuple(notes),
    )


def raw_columns(table: Table, measure: str) -> dict[str, str]:
    """Return which columns hold the raw numbers of a measure: argument name to column.

    The columns are called like the arguments of `aponia.meta.effect_sizes` or like metafor's.

    Raises
    ------
    InputError
        Unknown measure.
    TableError
        No such column.
    """
    from aponia.meta._effect_sizes import MEASURES
    from aponia.meta._effect_sizes._given import KINDS

    code = measure.upper()
    if code not in MEASURES:
        raise InputError(f"measure {measure!r} is not known; use one of {', '.join(MEASURES)}")
    names = KINDS[MEASURES[code].kind]
    extra = ("m_pre", "m_post", "sd_pre", "sd_post", "mean_change", "sd_change")
    change = MEASURES[code].kind == "change"
    found: dict[str, str] = {}
    taken: dict[str, str] = {}
    candidates = [*names, *(extra if change else ()), *dict.fromkeys(names.values())]
    for name in candidates:
        meaning = names.get(name, name)
        if name in table.columns and table.is_numeric(name):
            if meaning in taken:
                raise TableError(
                    f"{table.path}: columns {taken[meaning]!r} and {name!r} both give "
                    f"{meaning!r} of measure {code}; remove one"
                )
            taken[meaning] = name
            found[name] = name
    if not found:
        raise TableError(
            f"{table.path}: no column with raw numbers for measure {code}; expected names such as "
            f"{', '.join(names)}; the columns are {', '.join(table.columns)}"
        )
    return found


def measure_effects(table: Table, measure: str, *, labels: str | None = None) -> TableEffects:
    """Compute effects of a measure from raw columns.

    Parameters
    ----------
    table : Table
    measure : str
        A code of `aponia.meta.effect_sizes`.
    labels : str, optional
        Column of the names of the studies.

    Returns
    -------
    TableEffects

    Raises
    ------
    InputError
        Unknown measure, or numbers that can not be (named by the effect-size functions).
    TableError
        Columns that are not there.
    """
    columns = raw_columns(table, measure)
    values = {name: np.array(table.numbers(column)) for name, column in columns.items()}
    names = study_names(table, labels)
    computed = compute(measure, values, names)
    notes = [
        f"{computed[2]} ({measure.upper()}) computed from columns {', '.join(columns.values())}",
        f"names of studies from {labels!r}" if labels else "no names: lines of the file",
        *computed[4],
    ]
    return TableEffects(
        computed[0],
        computed[1],
        list(names),
        [f"{i}" for i in range(len(table))] if labels is None else list(names),
        computed[2],
        computed[3],
        table,
        raw={column: table.texts(column) for column in columns.values()},
        notes=tuple(notes),
    )


def compute(
    measure: str, values: dict[str, np.ndarray], labels: list[str]
) -> tuple[np.ndarray, np.ndarray, str, str | None, list[str]]:
    """Compute effects; returns y, v, title, transformation, and what the computation warned of."""
    import warnings

    from aponia.meta._effect_sizes import effect_sizes
    from aponia.meta.errors import MetaWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", MetaWarning)
        result = effect_sizes(measure.upper(), labels=labels, **values)  # type: ignore[arg-type]
    warned = [str(w.message) for w in caught if issubclass(w.category, MetaWarning)]
    if result.adjusted.any():
        warned.append(f"a constant was added to zero cells in {int(result.adjusted.sum())} studies")
    title = result.title[:1].upper() + result.title[1:]
    return result.y, result.v, title, "exp" if result.back == "exp" else None, warned
