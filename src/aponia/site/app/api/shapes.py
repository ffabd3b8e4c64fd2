"""The shape of replies for OpenAPI, read off the typed objects they are made from."""

from __future__ import annotations

import dataclasses
import types
import warnings
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, create_model

__all__ = ["model_of", "shape"]


@cache
def shape(made_from: type, *, leave_out: tuple[str, ...] = ()) -> type[BaseModel]:
    """Return the model of a frozen dataclass as its ``to_dict`` writes it.

    A number that is not finite is written as null, a tuple or set as a list. Fields may be added to
    replies later, so unknown ones are allowed.

    Parameters
    ----------
    made_from : type
        A dataclass.
    leave_out : tuple of str
        Fields that are not written.
    """
    hints = get_type_hints(made_from)
    fields: dict[str, Any] = {
        f.name: (_json(hints[f.name]), ...)
        for f in dataclasses.fields(made_from)
        if f.name not in leave_out
    }
    about = (made_from.__doc__ or "").strip().split("\n\n")[0]
    return model_of(made_from.__name__, about, fields)


def model_of(name: str, about: str, fields: dict[str, Any]) -> type[BaseModel]:
    """Return a model of named fields, each ``(type, default)``."""
    with warnings.catch_warnings():
        # `construct` is the field's word; pydantic keeps a long-deprecated method of that name.
        warnings.filterwarnings("ignore", message='Field name "construct"')
        made: type[BaseModel] = create_model(
            name, __config__=ConfigDict(extra="allow"), __doc__=about, **fields
        )
    return made


def _json(hint: Any) -> Any:
    """Return the type a value has once it is JSON."""
    if hint is float:
        return float | None
    if dataclasses.is_dataclass(hint):
        return shape(hint)  # type: ignore[arg-type]
    origin, inside = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return Union[tuple(_json(a) for a in inside)]  # noqa: UP007 -- made at run time
    if origin is tuple and len(inside) == 2 and inside[1] is Ellipsis:
        return list[_json(inside[0])]  # type: ignore[misc]
    if origin is tuple:
        return tuple[tuple(_json(a) for a in inside)]  # type: ignore[misc]
    if origin in (frozenset, set):
        return list[_json(inside[0])]  # type: ignore[misc]
    if origin is dict:
        return dict[inside[0], _json(inside[1])]  # type: ignore[misc,valid-type]
    return hint
