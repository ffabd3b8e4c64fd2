"""Hold an answer to the form its client was written for: a changed field is an error, never nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from aponia.literature.sources.errors import SourceChanged
from aponia.literature.sources.transport import Answer

__all__ = ["envelope", "items_hold"]

Shape = TypeVar("Shape", bound=BaseModel)
_ENOUGH = 4


def envelope(shape: type[Shape], answer: Answer, source: str, value: Any = None) -> Shape:
    """Validate the outer form of an answer.

    Raises
    ------
    SourceChanged
        A field is missing, renamed or of another type; says which, and what is there instead.
    """
    held = answer.value if value is None else value
    try:
        return shape.model_validate(held)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(p) for p in first["loc"]) or "the answer"
        inner: Any = held
        for step in first["loc"][:-1]:
            inner = inner[step] if isinstance(inner, dict | list) else None  # type: ignore[index]
        there = f"; there are {', '.join(map(repr, sorted(inner)[:12])) or 'no fields'}" if isinstance(inner, Mapping) else ""  # fmt: skip
        raise SourceChanged(
            source,
            f"the answer has another form: {place}: {first['msg'].lower()}{there}",
            answer.url,
        ) from None


def items_hold(
    items: Sequence[Any], always: Sequence[str], usually: Sequence[str], answer: Answer, source: str
) -> None:
    """Hold a page's items to their keys.

    Parameters
    ----------
    items : sequence of objects
    always : sequence of str
        Keys each must have, not empty.
    usually : sequence of str
        Keys at least one of a page of four or more must have: no single record needs an abstract,
        but a page where no record has a title key is of another form.

    Raises
    ------
    SourceChanged
    """
    for number, item in enumerate(items, start=1):
        if not isinstance(item, Mapping):
            raise SourceChanged(source, f"item {number} of the page is {type(item).__name__}, expected an object", answer.url)  # fmt: skip
        for key in always:
            if item.get(key) in (None, "", []):
                raise SourceChanged(
                    source,
                    f"item {number} of the page has no {key!r}; it has {', '.join(map(repr, list(item)[:12]))}",
                    answer.url,
                )
    for key in usually:
        if len(items) >= _ENOUGH and not any(key in item for item in items):
            raise SourceChanged(
                source,
                f"none of the {len(items)} items of the page has {key!r}; the first has {', '.join(map(repr, list(items[0])[:12]))}",
                answer.url,
            )
