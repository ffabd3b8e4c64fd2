"""Points with intervals, drawn the same way wherever they appear."""

from __future__ import annotations

from aponia.site.charts.drawing import Sheet
from aponia.site.charts.errors import ChartError
from aponia.site.charts.scales import Scale

__all__ = ["check_estimate", "draw_band", "draw_diamond", "draw_estimate", "draw_prediction"]

Interval = tuple[float, float]


def check_estimate(label: str, effect: float | None, ci: Interval | None, *, log: bool) -> None:
    """Refuse an estimate that cannot be drawn truthfully.

    Parameters
    ----------
    label : str
        Names the row in the message.
    effect : float or None
        The estimate.
    ci : tuple of float or None
        Its interval, lower limit first.
    log : bool
        Whether the axis is logarithmic.

    Raises
    ------
    ChartError
        For a number that is not finite, limits in the wrong order, an interval without estimate,
        an estimate outside its interval, or a value not above zero on a logarithmic axis.
    """
    numbers = [] if effect is None else [effect]
    if ci is not None:
        if effect is None:
            raise ChartError(f"{label}: an interval without an estimate")
        if ci[0] > ci[1]:
            raise ChartError(f"{label}: interval limits in the wrong order {ci}")
        numbers += ci
        # Published limits are rounded, so the estimate may stand a rounding step outside.
        slack = 0.02 * (ci[1] - ci[0]) + 1e-9
        if not ci[0] - slack <= effect <= ci[1] + slack:
            raise ChartError(f"{label}: estimate {effect} lies outside its interval {ci}")
    for number in numbers:
        if not abs(number) < float("inf"):
            raise ChartError(f"{label}: {number!r} is not a finite number")
        if log and number <= 0:
            raise ChartError(f"{label}: {number!r} cannot stand on a logarithmic axis")


def _arrow(sheet: Sheet, x: float, y: float, sign: int, color: str) -> None:
    sheet.polygon([(x, y), (x - 6 * sign, y - 3.5), (x - 6 * sign, y + 3.5)], color)


def draw_estimate(
    sheet: Sheet,
    scale: Scale,
    y: float,
    effect: float,
    ci: Interval | None,
    *,
    size: float = 8,
    color: str = "ink",
    shape: str = "square",
    hollow: bool = False,
    stroke: float = 1.5,
) -> None:
    """Draw a point with its interval; limits beyond the axis end in an arrowhead.

    Parameters
    ----------
    sheet : Sheet
        Where to draw.
    scale : Scale
        The axis.
    y : float
        Height of the row's middle.
    effect : float
        The estimate.
    ci : tuple of float or None
        Its interval; None draws the point alone.
    size : float
        Side of the square or diameter of the dot.
    color : str
        Token name.
    shape : {"square", "dot"}
        The marker.
    hollow : bool
        An outline only: not part of the pooled result.
    stroke : float
        Width of the interval line.
    """
    if ci is not None:
        low, high = scale.clamp(ci[0]), scale.clamp(ci[1])
        sheet.line(low, y, high, y, color, width=stroke)
        for limit, x, sign in ((ci[0], low, -1), (ci[1], high, 1)):
            if scale.holds(limit):
                sheet.line(x, y - 3.5, x, y + 3.5, color, width=stroke)
            else:
                _arrow(sheet, x + 2 * sign, y, sign, color)
    if not scale.holds(effect):
        sign = -1 if effect < scale.lower else 1
        _arrow(sheet, scale.clamp(effect) + 2 * sign, y, sign, color)
        return
    x, half = scale(effect), size / 2
    fill, outline = ("paper", color) if hollow else (color, None)
    if shape == "dot":
        sheet.circle(x, y, half, fill, outline)
    elif hollow:
        sheet.polygon(
            [
                (x - half, y - half),
                (x + half, y - half),
                (x + half, y + half),
                (x - half, y + half),
            ],
            fill,
            outline,
        )
    else:
        sheet.rect(x - half, y - half, size, size, color)


def draw_diamond(
    sheet: Sheet,
    scale: Scale,
    y: float,
    effect: float,
    ci: Interval,
    *,
    color: str,
    half: float = 8,
) -> None:
    """Draw a pooled estimate: the diamond spans its interval."""
    low, high, x = scale.clamp(ci[0]), scale.clamp(ci[1]), scale.clamp(effect)
    sheet.polygon([(low, y), (x, y - half), (high, y), (x, y + half)], color)
    for limit, end, sign in ((ci[0], low, -1), (ci[1], high, 1)):
        if not scale.holds(limit):
            _arrow(sheet, end + 5 * sign, y, sign, color)


def draw_prediction(sheet: Sheet, scale: Scale, y: float, interval: Interval) -> None:
    """Draw a prediction interval: a thick pale bar with ends."""
    low, high = scale.clamp(interval[0]), scale.clamp(interval[1])
    sheet.line(low, y, high, y, "rule-2", width=5)
    for limit, x, sign in ((interval[0], low, -1), (interval[1], high, 1)):
        if scale.holds(limit):
            sheet.line(x, y - 5.5, x, y + 5.5, "rule-2", width=1.5)
        else:
            _arrow(sheet, x + 6 * sign, y, sign, "rule-2")


def draw_band(sheet: Sheet, scale: Scale, band: Interval, top: float, height: float) -> None:
    """Shade the differences too small to matter."""
    low, high = scale.clamp(band[0]), scale.clamp(band[1])
    if high > low:
        sheet.rect(low, top, high - low, height, "mid")
