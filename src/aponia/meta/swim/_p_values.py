"""p-values as papers print them: exact, or only as a bound."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from aponia.meta.errors import InputError
from aponia.meta.swim._directions import Direction

__all__ = ["PBound", "one_sided", "read_p"]

_PATTERN = re.compile(r"p?\s*(<=|>=|<|>|=|≤|≥)?\s*([0-9]*[.,]?[0-9]+(?:e-?[0-9]+)?)")


@dataclass(frozen=True)
class PBound:
    """What is known of a p-value: it lies between `lower` and `upper`.

    Attributes
    ----------
    lower, upper : float
        Equal when the value is exact.
    """

    lower: float
    upper: float

    @property
    def exact(self) -> bool:
        """Whether the value is known."""
        return self.lower == self.upper


def read_p(value: Any) -> PBound | None:
    """Read a p-value, exact or bounded.

    Parameters
    ----------
    value : str, float, (lower, upper), PBound or None
        ``0.03``, ``"p = .03"``, ``"<0.001"``, ``">= 0.05"``, ``"ns"`` (above 0.05), or two numbers.
        None, NaN and empty text are missing.

    Returns
    -------
    PBound or None

    Raises
    ------
    InputError
        Not a p-value, or an exact 0 (write ``"<0.001"``: no test gives zero).

    Examples
    --------
    >>> read_p("p<.001")
    PBound(lower=0.0, upper=0.001)
    """
    if value is None or isinstance(value, PBound):
        return value
    if isinstance(value, tuple):
        if len(value) != 2:
            raise InputError(f"{value!r}: a bounded p-value is (lower, upper)")
        return _checked(float(value[0]), float(value[1]), value)
    if isinstance(value, str):
        text = value.strip().lower()
        if text in ("", "na", "n/a", "missing", "not reported"):
            return None
        if text in ("ns", "n.s.", "not significant"):
            return PBound(0.05, 1.0)
        match = _PATTERN.fullmatch(text)
        if match is None:
            raise InputError(f"{value!r} is not a p-value")
        number = float(match.group(2).replace(",", "."))
        sign = match.group(1) or "="
        if sign in ("<", "<=", "≤"):
            return _checked(0.0, number, value)
        if sign in (">", ">=", "≥"):
            return _checked(number, 1.0, value)
        return _checked(number, number, value)
    number = float(value)
    return None if math.isnan(number) else _checked(number, number, value)


def _checked(lower: float, upper: float, given: Any) -> PBound:
    if not (0 <= lower <= upper <= 1):
        raise InputError(f"{given!r}: a p-value lies between 0 and 1")
    if upper == 0:
        raise InputError(f"{given!r}: no test gives p = 0; give the bound, such as '<0.001'")
    return PBound(lower, upper)


def one_sided(p: PBound, direction: Direction | None) -> PBound:
    """Turn a two-sided p-value and a direction into a one-sided one for benefit.

    Parameters
    ----------
    p : PBound
        Two-sided.
    direction : {"benefit", "harm", "unclear"} or None
        With an unclear or missing direction the one-sided value may lie on either side, so the
        bound covers both.

    Returns
    -------
    PBound

    Examples
    --------
    >>> one_sided(PBound(0.02, 0.02), "harm")
    PBound(lower=0.99, upper=0.99)
    """
    if direction == "benefit":
        return PBound(p.lower / 2, p.upper / 2)
    if direction == "harm":
        return PBound(1 - p.upper / 2, 1 - p.lower / 2)
    return PBound(p.lower / 2, 1 - p.lower / 2)
