"""Small tools of prose: lists, counts in words, numbers as a reader wants them."""

from __future__ import annotations

from collections.abc import Sequence

from aponia.answers.rows import number

__all__ = ["brief", "capital", "count", "join", "lower_first", "word"]

_SMALL = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)


def join(words: Sequence[str], last: str = "and") -> str:
    """Join words as prose does.

    >>> join(["a", "b", "c"], "or")
    'a, b or c'
    """
    words = list(words)
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def count(n: int, one: str, many: str | None = None) -> str:
    """Write a count with its noun: small numbers in words.

    >>> count(1, "trial"), count(3, "study", "studies"), count(20, "trial")
    ('one trial', 'three studies', '20 trials')
    """
    word = _SMALL[n] if n < len(_SMALL) else str(n)
    return f"{word} {one if n == 1 else many or one + 's'}"


def capital(text: str) -> str:
    """Upper-case the first letter only.

    >>> capital("lSD helps")
    'LSD helps'
    """
    return text[:1].upper() + text[1:]


def word(n: int) -> str:
    """Write a small number as a word, zero as "none".

    >>> word(0), word(2), word(40)
    ('none', 'two', '40')
    """
    return "none" if n == 0 else _SMALL[n] if n < len(_SMALL) else str(n)


def lower_first(text: str) -> str:
    """Lower-case a label's first letter unless it is a name or an acronym (LSD, CRPS)."""
    first = text.split()[0] if text else text
    return (
        text
        if sum(ch.isupper() for ch in first) > 1 or any(ch.isdigit() for ch in first)
        else text[:1].lower() + text[1:]
    )


def brief(value: float) -> str:
    """Round to what a reader can use: one decimal from 1 on, two below."""
    return number(abs(value), 1 if abs(value) >= 1 else 2)
