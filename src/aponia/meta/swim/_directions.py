"""Directions of effect, as papers and people write them."""

from __future__ import annotations

import math
from typing import Any, Literal

from aponia.meta.errors import InputError

__all__ = ["Direction", "read_direction"]

Direction = Literal["benefit", "harm", "unclear"]
_WORDS: dict[str, Direction] = {
    "benefit": "benefit",
    "benefits": "benefit",
    "beneficial": "benefit",
    "positive": "benefit",
    "favours": "benefit",
    "favors": "benefit",
    "better": "benefit",
    "+": "benefit",
    "▲": "benefit",
    "up": "benefit",
    "harm": "harm",
    "harmful": "harm",
    "negative": "harm",
    "worse": "harm",
    "against": "harm",
    "-": "harm",
    "−": "harm",
    "▼": "harm",
    "down": "harm",
    "unclear": "unclear",
    "mixed": "unclear",
    "conflicting": "unclear",
    "none": "unclear",
    "no effect": "unclear",
    "no difference": "unclear",
    "no change": "unclear",
    "null": "unclear",
    "0": "unclear",
    "◄►": "unclear",
}


def read_direction(value: Any) -> Direction | None:
    """Read one direction of effect.

    Parameters
    ----------
    value : str, number or None
        A word ("benefit", "harm", "unclear" and common synonyms), a sign, or a number whose sign is
        the direction (positive is benefit). None and NaN are missing.

    Returns
    -------
    {"benefit", "harm", "unclear"} or None
        None when missing. "Not significant" is not a direction and is refused.

    Raises
    ------
    InputError
        A word that is not a direction.

    Examples
    --------
    >>> read_direction(-0.4), read_direction("beneficial"), read_direction(0)
    ('harm', 'benefit', 'unclear')
    """
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip().lower()
        if text in ("", "na", "n/a", "missing", "not reported"):
            return None
        if text in _WORDS:
            return _WORDS[text]
        try:
            value = float(text.replace("−", "-"))
        except ValueError:
            raise InputError(
                f"{value!r} is not a direction of effect: use 'benefit', 'harm' or 'unclear' "
                "(significance is not a direction)"
            ) from None
    number = float(value)
    if math.isnan(number):
        return None
    if number == 0:
        return "unclear"
    return "benefit" if number > 0 else "harm"
