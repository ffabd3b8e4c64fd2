"""Values with the words of the record they were read from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["Filled", "Passage", "passages", "quotation"]

_AROUND = 60


@dataclass(frozen=True, slots=True)
class Passage:
    """A text of the record, and which field it is."""

    part: str
    text: str


@dataclass(frozen=True, slots=True)
class Filled:
    """A value that the record states.

    Parameters
    ----------
    field : str
        Path in the skeleton.
    value : object
    part : str
        Field of the record it was read in: ``title``, ``abstract``, ``types``, ``doi``, …
    quotation : str
        The words, a piece of that field as it stands.
    source : str
        Always ``record``: nothing else was read.
    """

    field: str
    value: Any
    part: str
    quotation: str
    source: str = "record"


def passages(title: str, abstract: str) -> Iterator[Passage]:
    """Yield title and abstract, as far as the record has them."""
    if title:
        yield Passage("title", title)
    if abstract:
        yield Passage("abstract", abstract)


def quotation(text: str, start: int, stop: int) -> str:
    """Return the words from `start` to `stop` with a few around them, never cut inside a word.

    >>> quotation("We gave 0.143 mg/kg psilocybin.", 8, 19)
    'We gave 0.143 mg/kg psilocybin.'
    """
    left = max(0, start - _AROUND)
    right = min(len(text), stop + _AROUND)
    if left:
        blank = text.find(" ", left, start)
        left = blank + 1 if blank >= 0 else start
    if right < len(text):
        blank = text.rfind(" ", stop, right)
        right = blank if blank >= 0 else stop
    return re.sub(r"\s+", " ", text[left:right]).strip()
