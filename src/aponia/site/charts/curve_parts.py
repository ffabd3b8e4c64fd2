"""What the curves share: sizes, the ground with band and line, the ends of an axis."""

from __future__ import annotations

from typing import Any, Final

from aponia.site.charts.figure import Layout
from aponia.site.charts.intervals import Interval
from aponia.site.charts.palette import TOKENS
from aponia.site.charts.vega import Rows, fixed

__all__ = ["SIZES", "ground", "layers", "span"]

SIZES: Final[dict[Layout, tuple[int, int]]] = {"wide": (744, 260), "narrow": (284, 230)}
"""Plot area of a curve; labels of the axes stand outside it."""


def layers(parts: list[Any], width: int, height: int) -> Any:
    """Lay charts over each other at a fixed size."""
    import altair as alt

    return alt.layer(*parts).properties(width=width, height=height)


def ground(
    rows: Rows, scale: Any, mid: Interval | None, null_label: str, null: float = 0.0
) -> list[Any]:
    """Band, line of no difference and its name, under every curve.

    Parameters
    ----------
    rows : Rows
        Data of the chart; the ground adds its own.
    scale : altair.Scale
        Scale of the vertical axis.
    mid : tuple of float or None
        Zone too small to matter.
    null_label : str
        Name of the line.
    null : float
        Its value.

    Returns
    -------
    list of altair.Chart
        Layers, lowest first.
    """
    import altair as alt

    parts: list[Any] = []
    if mid:
        parts.append(
            rows.on([{"a": mid[0], "b": mid[1]}])
            .mark_rect(color=TOKENS["mid"])
            .encode(y=alt.Y("a:Q", scale=scale), y2="b:Q", x=fixed("X", 0), x2=fixed("X2", "width"))
        )
    line = rows.on([{"y": null, "t": null_label}])
    parts.append(line.mark_rule(color=TOKENS["ink-3"]).encode(y=alt.Y("y:Q", scale=scale)))
    label = line.encode(y=alt.Y("y:Q", scale=scale), x=fixed("X", 4), text="t:N")
    style = {"align": "left", "dy": -8, "fontWeight": 600}
    parts.append(label.mark_text(color=TOKENS["ink-2"], **style))
    return parts


def span(values: list[float]) -> tuple[float, float]:
    """Find the ends of an axis that leaves a little room around the values."""
    low, high = min(values), max(values)
    pad = (high - low) * 0.08 or 1.0
    return low - pad, high + pad
