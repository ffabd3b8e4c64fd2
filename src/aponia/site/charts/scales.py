"""Axis scales: position of a value, and round tick values."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from aponia.site.charts.errors import ChartError
from aponia.site.charts.numerals import decimals_for, signed

__all__ = ["Scale", "make_scale", "nice_step"]


@dataclass(frozen=True)
class Scale:
    """A linear or logarithmic axis from data values to drawing units."""

    lower: float
    upper: float
    start: float
    stop: float
    log: bool
    ticks: tuple[float, ...]
    tick_labels: tuple[str, ...]

    def __call__(self, value: float) -> float:
        """Position of a value; values outside the axis fall outside the range."""
        low, high = self.lower, self.upper
        if self.log:
            value, low, high = math.log(value), math.log(low), math.log(high)
        return self.start + (value - low) / (high - low) * (self.stop - self.start)

    def clamp(self, value: float) -> float:
        """Position of a value, held inside the axis."""
        inside = min(max(value, self.lower), self.upper)
        return self(inside)

    def holds(self, value: float) -> bool:
        """Whether the value lies on the axis."""
        return self.lower <= value <= self.upper


def nice_step(span: float, count: int) -> float:
    """Largest step of 1, 2 or 5 times a power of ten that gives at least about `count` ticks.

    Parameters
    ----------
    span : float
        Length of the axis in data units, above zero.
    count : int
        Wanted number of intervals.

    Returns
    -------
    float
        The step.
    """
    raw = span / count
    power = 10.0 ** math.floor(math.log10(raw))
    for factor in (1.0, 2.0, 5.0):
        if factor * power >= raw * (1 - 1e-9):
            return float(factor * power)
    return float(10 * power)


def make_scale(
    values: Iterable[float],
    start: float,
    stop: float,
    *,
    log: bool = False,
    domain: tuple[float, float] | None = None,
    count: int = 5,
) -> Scale:
    """Build an axis that holds the values and ends on round numbers.

    Parameters
    ----------
    values : iterable of float
        What the axis must hold; ignored when `domain` is given.
    start, stop : float
        Drawing positions of the two ends.
    log : bool
        Logarithmic axis, for ratios.
    domain : tuple of float, optional
        Fixed ends in data units; longer intervals are then drawn as cut off.
    count : int
        Wanted number of intervals between ticks.

    Returns
    -------
    Scale
        The axis.

    Raises
    ------
    ChartError
        If a value is not finite, or not above zero on a logarithmic axis, or no value is given.
    """
    data = list(domain) if domain is not None else list(values)
    if not data:
        raise ChartError("an axis needs at least one value")
    for value in data:
        if not math.isfinite(value):
            raise ChartError(f"an axis takes finite values, found {value!r}")
        if log and value <= 0:
            raise ChartError(f"a logarithmic axis takes values above zero, found {value!r}")
    low, high = min(data), max(data)
    if log:
        return _log_scale(low, high, start, stop, fixed=domain is not None, count=count)
    if high <= low:
        pad = abs(low) * 0.5 or 1.0
        low, high = low - pad, high + pad
    step = nice_step(high - low, count)
    if domain is None:
        low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    ticks = tuple(round(i * step, 10) for i in range(first, last + 1))
    digits = decimals_for(step)
    return Scale(low, high, start, stop, False, ticks, tuple(signed(t, digits) for t in ticks))


def _log_scale(
    low: float, high: float, start: float, stop: float, *, fixed: bool, count: int
) -> Scale:
    if high <= low * 1.2 and not fixed:
        low, high = low / 1.5, high * 1.5
    decades = math.log10(high / low)
    mantissas = (1.0, 2.0, 5.0) if decades < count / 2.2 else (1.0,)
    first, last = math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1
    stride = max(1, math.ceil(decades / count)) if mantissas == (1.0,) else 1
    marks = sorted(
        m * 10.0**e for e in range(first, last + 1) for m in mantissas if e % stride == 0
    )
    if not fixed:
        low = max((m for m in marks if m <= low * (1 + 1e-9)), default=low)
        high = min((m for m in marks if m >= high * (1 - 1e-9)), default=high)
    ticks = tuple(m for m in marks if low * (1 - 1e-9) <= m <= high * (1 + 1e-9))
    return Scale(low, high, start, stop, True, ticks, tuple(f"{t:.10g}" for t in ticks))
