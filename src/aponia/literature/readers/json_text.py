"""JSON that breaks off: what can be told of it is read, and where it broke is reported."""

from __future__ import annotations

import json
import re
from typing import Any

from aponia.literature.readers.text import ReadError
from aponia.literature.record import Problem

__all__ = ["load_json"]

_LIST = re.compile(r"\[\s*(?=\{)")
_BETWEEN = re.compile(r"[\s,]*")


def load_json(text: str, file: str, problems: list[Problem]) -> Any:
    """Parse JSON; of a broken text return the items of its first list that can be parsed.

    Raises
    ------
    ReadError
        Nested too deeply, or broken before the first whole item.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ReadError(f"{file}: the JSON is nested too deeply") from None
    except json.JSONDecodeError as error:
        items = _items(text)
        if not items:
            raise ReadError(f"{file}, line {error.lineno}: broken JSON: {error.msg}") from None
        problems.append(
            Problem(
                file,
                error.lineno,
                f"the JSON is broken here ({error.msg}); {len(items)} items before it were read",
                lost=True,
            )
        )
        return items
    except ValueError as error:
        # a number of thousands of digits, which Python does not convert
        raise ReadError(f"{file}: {str(error).partition(';')[0]}") from None


def _items(text: str) -> list[Any]:
    found = _LIST.search(text)
    items: list[Any] = []
    if not found:
        return items
    decoder, place = json.JSONDecoder(), found.end()
    while place < len(text) and text[place] == "{":
        try:
            item, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            break
        items.append(item)
        place = _BETWEEN.match(text, place).end()  # type: ignore[union-attr]
    return items
