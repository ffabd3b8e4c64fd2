"""The tags of one record, given out once: what nobody asked for ends up in ``raw``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aponia.literature.readers.text import clean

__all__ = ["Fields"]


class Fields:
    """Values by tag, consumed as they are mapped.

    Parameters
    ----------
    values : mapping of str to list of str
        As the file states them, in order.
    """

    def __init__(self, values: Mapping[str, list[str]]) -> None:
        self._left = {tag: list(texts) for tag, texts in values.items()}

    def first(self, *tags: str, accept: Callable[[str], bool] = bool) -> str:
        """Take the first acceptable value of the first tag that has one.

        Further equal values under any of the tags go with it; different ones stay for ``raw``.
        """
        chosen = ""
        for tag in tags:
            for text in self._left.get(tag, ()):
                value = clean(text)
                if value and accept(value):
                    chosen = value
                    break
            if chosen:
                break
        if chosen:
            for tag in tags:
                if tag in self._left:
                    self._left[tag] = [t for t in self._left[tag] if clean(t) != chosen]
        return chosen

    def all(self, *tags: str) -> list[str]:
        """Take every value of the first tag that has any."""
        for tag in tags:
            values = [clean(t) for t in self._left.get(tag, ())]
            values = [v for v in values if v]
            if values:
                del self._left[tag]
                return values
        return []

    def every(self, *tags: str) -> list[str]:
        """Take every value of every tag, each value once."""
        out: dict[str, None] = {}
        for tag in tags:
            for value in self.all(tag):
                out.setdefault(value, None)
        return list(out)

    def peek(self, *tags: str) -> list[str]:
        """Return values without taking them."""
        return [v for tag in tags for t in self._left.get(tag, ()) if (v := clean(t))]

    def convert(self, *tags: str, by: Callable[[str], str]) -> str:
        """Take the first value that `by` turns into something; keep it when it was changed."""
        for tag in tags:
            for position, text in enumerate(self._left.get(tag, ())):
                value = clean(text)
                result = by(value) if value else ""
                if result:
                    if result == value:
                        del self._left[tag][position]
                    return result
        return ""

    def drop(self, tag: str, value: str) -> None:
        """Take one known value away, for instance a link that only repeats the DOI."""
        if tag in self._left:
            self._left[tag] = [t for t in self._left[tag] if clean(t) != value]

    def rest(self) -> dict[str, tuple[str, ...]]:
        """Return what is left, for ``raw``."""
        out = {}
        for tag, texts in self._left.items():
            values = tuple(v for t in texts if (v := clean(t)))
            if values:
                out[tag] = values
        return out
