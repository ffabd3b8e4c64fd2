"""Turn raw values into models, and what a model refuses into problems."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from aponia.evidence.problems import Problem
from aponia.evidence.tables import Row
from aponia.evidence.textio import Marks, show

__all__ = ["cell_reader", "describe", "line_of", "validate", "validate_row"]

M = TypeVar("M", bound=BaseModel)
R = TypeVar("R", bound=Row)

_PLAIN = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "model_type": "keys with values",
    "model_attributes_type": "keys with values",
    "dict_type": "keys with values",
    "none_required": "null",
    "finite_number": "a finite number",
    "missing": "this key (null where nothing is known)",
    "extra_forbidden": "no such key",
}
_COMPARE = {
    "greater_than_equal": ("ge", "at least"),
    "less_than_equal": ("le", "at most"),
    "greater_than": ("gt", "more than"),
    "less_than": ("lt", "less than"),
    "string_too_long": ("max_length", "a text of at most this many characters:"),
    "string_too_short": ("min_length", "a text of at least this many characters:"),
    "too_short": ("min_length", "a list of at least this length:"),
}


def describe(value: Any) -> str:
    """Write a found value shortly.

    Parameters
    ----------
    value : object
        Anything.

    Returns
    -------
    str
        At most about 80 characters.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        text = "keys " + ", ".join(map(str, value)) if value else "no keys"
    elif isinstance(value, tuple | list):
        text = f"a list of {len(value)}" if value else "an empty list"
    else:
        text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else text[:77] + "…"


def line_of(path: tuple[str | int, ...], marks: Marks) -> int:
    """Give the line of a value, or of the nearest value around it.

    Parameters
    ----------
    path : tuple of str or int
        Keys and indices.
    marks : dict
        Lines by path.

    Returns
    -------
    int
        Line from 1; 0 when unknown.
    """
    while path and path not in marks:
        path = path[:-1]
    return marks.get(path, 0)


def _expected(error: Mapping[str, Any]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        return "one of " + str(context["expected"]).replace("'", "").replace(" or ", ", ")
    if kind in _COMPARE:
        name, words = _COMPARE[kind]
        bound = context[name]
        return f"{words} {bound:g}" if isinstance(bound, float) else f"{words} {bound}"
    if kind == "string_pattern_mismatch":
        return f"text of the form {context['pattern']}"
    return str(error["msg"])


def validate(
    model: type[M], raw: Any, file: str, marks: Marks, at: tuple[str | int, ...] = ()
) -> tuple[M | None, list[Problem]]:
    """Make a model of raw values.

    Parameters
    ----------
    model : type
        The model.
    raw : object
        Values as parsed.
    file : str
        Path below the base, for problems.
    marks : dict
        Lines by path.
    at : tuple of str or int
        Where in the file `raw` stands.

    Returns
    -------
    record : model or None
        None when there are problems.
    problems : list of Problem
        Every fault.
    """
    if not isinstance(raw, dict):
        return None, [
            Problem(file, line_of(at, marks) or 1, show(at), describe(raw), "keys with values")
        ]
    try:
        return model.model_validate(raw), []
    except ValidationError as error:
        problems: dict[Problem, None] = {}
        for item in error.errors(include_url=False):
            loc, value = _resolve(raw, item["loc"])
            path = at + loc
            missing = item["type"] == "missing"
            problems[
                Problem(
                    file,
                    line_of(path, marks),
                    show(path),
                    "nothing" if missing else describe(value),
                    _expected(item),
                )
            ] = None
        return None, list(problems)


def _resolve(raw: Any, loc: tuple[str | int, ...]) -> tuple[tuple[str | int, ...], Any]:
    """Follow a location as far as the data goes; what is left names a branch of a union."""
    value = raw
    path: tuple[str | int, ...] = ()
    for part in loc:
        if isinstance(value, dict) and isinstance(part, str):
            path = (*path, part)
            if part not in value:
                return path, None
            value = value[part]
        elif isinstance(value, tuple) and isinstance(part, int) and part < len(value):
            path, value = (*path, part), value[part]
        else:
            break
    return path, value


_WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,18}(\.[0-9]{1,18})?([eE][-+]?[0-9]{1,3})?")


def _kinds(annotation: Any) -> set[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _kinds(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return set().union(*(_kinds(a) for a in get_args(annotation)))
    if origin is Literal:
        return {str}
    return {origin or annotation}


def cell_reader(annotation: Any) -> Callable[[str], Any]:
    """Give the function that reads the cells of one column.

    Parameters
    ----------
    annotation : type
        Type of the column's field.

    Returns
    -------
    callable
        From text to value; text that does not fit is left as text for the model to refuse.
    """
    kinds = _kinds(annotation)
    empty: Any = None if type(None) in kinds else ""
    if tuple in kinds:
        return lambda cell: tuple(p.strip() for p in cell.split(";")) if cell else ()
    if float in kinds:
        return lambda cell: empty if not cell else float(cell) if _DECIMAL.fullmatch(cell) else cell
    if int in kinds:
        return lambda cell: empty if not cell else int(cell) if _WHOLE.fullmatch(cell) else cell
    if bool in kinds:
        return lambda cell: empty if not cell else {"true": True, "false": False}.get(cell, cell)
    return lambda cell: cell or empty


def validate_row(
    model: type[R],
    readers: Mapping[str, Callable[[str], Any]],
    cells: Mapping[str, str],
    file: str,
    line: int,
) -> tuple[R | None, list[Problem]]:
    """Make a row model of the cells of one row.

    Parameters
    ----------
    model : type
        The row model.
    readers : dict
        `cell_reader` of each column.
    cells : dict
        Text of each column.
    file : str
        Path below the base.
    line : int
        Line of the row.

    Returns
    -------
    row : model or None
        None when there are problems.
    problems : list of Problem
        Every fault.
    """
    raw = {name: readers[name](cell) for name, cell in cells.items()}
    row, problems = validate(model, raw, file, {})
    problems = [Problem(file, line, p.field, p.found, p.expected) for p in problems]
    if row is not None:
        for low, middle, high in model.ordered:
            known = [(n, getattr(row, n)) for n in (low, middle, high) if n]
            values = [(n, v) for n, v in known if v is not None]
            for (name_a, a), (name_b, b) in pairwise(values):
                if a > b:
                    problems.append(
                        Problem(file, line, name_b, f"{b:g}", f"at least {name_a} ({a:g})")
                    )
    return (None, problems) if problems else (row, [])
