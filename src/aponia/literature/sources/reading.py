"""From a service's items to records, by the readers that also read its files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from aponia.literature.readers.guard import guarded, tidy
from aponia.literature.readers.registers import compact
from aponia.literature.record import Problem, Record
from aponia.literature.sources.errors import SourceChanged

__all__ = ["records_from"]


def records_from(
    items: Sequence[dict[str, Any]], make: Callable[[dict[str, Any], str, int], Record], source: str
) -> tuple[Record, ...]:
    """Map items one by one.

    Raises
    ------
    SourceChanged
        An item can not be mapped: a field is there, but of another form.
    """
    out = []
    for number, item in enumerate(items, start=1):
        problems: list[Problem] = []
        record = guarded(
            lambda item=item, number=number: make(item, "", number),  # type: ignore[misc]
            source, number, problems, lambda item=item: compact(item),  # type: ignore[misc]
        )  # fmt: skip
        if problems:
            raise SourceChanged(source, f"item {number} of the page has another form: {problems[0].message}")  # fmt: skip
        out.append(tidy(record))
    return tuple(out)
