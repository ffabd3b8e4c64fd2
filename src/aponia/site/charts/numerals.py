"""Numbers as the charts and their tables print them.

Examples
--------
>>> signed(-3.2, 1)
'−3.2'
>>> interval(-8.3, 1.9, 1)
'−8.3 to 1.9'
>>> percent(12.4)
'12%'
"""

from __future__ import annotations

import math

from aponia.site.charts.errors import ChartError

__all__ = ["MINUS", "THIN", "decimals_for", "interval", "percent", "signed"]

MINUS = "\u2212"
THIN = "\u2009"


def signed(value: float, digits: int) -> str:
    """Print a number with a true minus sign and a fixed count of decimals.

    Parameters
    ----------
    value : float
        A finite number.
    digits : int
        Decimals to keep.

    Returns
    -------
    str
        The number; a value that rounds to zero carries no sign.

    Raises
    ------
    ChartError
        If the value is not finite.
    """
    if not math.isfinite(value):
        raise ChartError(f"cannot print {value!r}: charts take finite numbers or None")
    text = f"{abs(value):.{digits}f}"
    return MINUS + text if value < 0 and float(text) != 0 else text


def interval(lower: float, upper: float, digits: int) -> str:
    """Print an interval in words ("−8.3 to 1.9"): a dash beside a minus sign misreads.

    Parameters
    ----------
    lower, upper : float
        The limits.
    digits : int
        Decimals to keep.

    Returns
    -------
    str
        Both limits joined by "to".
    """
    return f"{signed(lower, digits)} to {signed(upper, digits)}"


def percent(value: float, digits: int = 0) -> str:
    """Print a percentage, closed up as English sets it.

    Parameters
    ----------
    value : float
        The percentage, 0 to 100.
    digits : int
        Decimals to keep.

    Returns
    -------
    str
        For example "12%".
    """
    return f"{signed(value, digits)}%"


def decimals_for(step: float) -> int:
    """Decimals needed to print multiples of an axis step exactly.

    Parameters
    ----------
    step : float
        The distance of two ticks.

    Returns
    -------
    int
        0 for whole steps, up to 6.
    """
    for digits in range(6):
        if abs(round(step, digits) - step) < 1e-9 * max(1.0, abs(step)):
            return digits
    return 6
