"""Marks and words that all charts share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from aponia.meta._options import FIXED
from aponia.meta.errors import InputError

if TYPE_CHECKING:
    import altair as alt

    from aponia.meta._result import PoolResult

    Chart: TypeAlias = alt.TopLevelMixin

__all__ = [
    "ACCENT",
    "GREY",
    "INK",
    "LIGHT",
    "MID",
    "Scale",
    "finish",
    "heading",
    "heterogeneity",
    "marks",
    "number",
    "polygon",
    "text_width",
]

FloatArray: TypeAlias = NDArray[np.float64]
INK, GREY, MID, LIGHT, ACCENT = "#1b1b1b", "#5f6368", "#9aa0a6", "#dadce0", "#1f5fa8"
FONT = "Arial, Helvetica, Liberation Sans, sans-serif"


def number(value: float, digits: int = 2) -> str:
    """Return a number as text with a true minus sign.

    Examples
    --------
    >>> number(-0.456), number(float("nan"))
    ('−0.46', '–')
    """
    if not np.isfinite(value):
        return "–"
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def text_width(texts: Iterable[str], size: float = 12.0) -> float:
    """Return the width in pixels that the longest of some texts may need."""
    return 0.55 * size * max((len(text) for text in texts), default=0)


class Scale:
    """From the analysis scale to the axis: a transformation, and whether the axis is logarithmic."""

    def __init__(self, transform: Callable[[FloatArray], Any] | str | None) -> None:
        if isinstance(transform, str):
            if transform != "exp":
                raise InputError(f"transform={transform!r} is not known; use 'exp' or a function")
            transform = np.exp
        self.function = transform
        self.log = transform is np.exp
        self.null = 1.0 if self.log else float(self(0.0))

    def __call__(self, values: Any) -> Any:
        """Transform a number or an array."""
        array = np.asarray(values, dtype=np.float64)
        out = array if self.function is None else np.asarray(self.function(array), dtype=np.float64)
        return float(out) if out.ndim == 0 else out

    def axis(self, title: str, domain: Sequence[float]) -> Any:
        """Return the x channel of a chart on this scale."""
        import altair as alt

        kind = {"type": "log"} if self.log else {"zero": False}
        return alt.X(
            "x:Q",
            title=title,
            scale=alt.Scale(domain=list(domain), nice=False, **kind),
            axis=alt.Axis(tickCount=6, grid=False),
        )


def _plain(value: Any) -> Any:
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


def marks(rows: Iterable[Mapping[str, Any]]) -> Any:
    """Start a chart on rows; NaN becomes null.

    Parameters
    ----------
    rows : iterable of mapping

    Returns
    -------
    altair.Chart
        Typed as Any: Altair's channel classes are generated and carry no usable types.
    """
    import altair as alt

    values = [{name: _plain(value) for name, value in row.items()} for row in rows]
    return alt.Chart(alt.InlineData(values=values))


def polygon(points: Sequence[tuple[float, float]], x: Any, y: Any, **style: Any) -> Any:
    """Return a filled closed shape through points in data coordinates."""
    import altair as alt

    rows = [{"x": a, "y": b, "o": i} for i, (a, b) in enumerate(points)]
    chart = marks(rows).mark_line(filled=True, interpolate="linear-closed", strokeWidth=0, **style)
    return chart.encode(x=x, y=y, order=alt.Order("o:Q"))


def heading(result: PoolResult, measure: str) -> str:
    """Return a title that states the measure, the number of studies and the model."""
    model = "common effect" if result.method in FIXED else f"random effects ({result.method})"
    if not result.intercept_only:
        model = (
            "meta-regression" if result.method in FIXED else f"meta-regression ({result.method})"
        )
    noun = "study" if result.k == 1 else "studies"
    return f"{measure}: {result.k} {noun}, {model}"


def heterogeneity(result: PoolResult) -> str:
    """Return tau2, I2 and Q in one line."""
    p = "< 0.001" if result.q_p < 0.001 else f"= {result.q_p:.3f}"
    q = f"Q({result.q_df}) = {number(result.q)}, p {p}"
    if result.k == 1:
        return "one study: no heterogeneity to estimate"
    tau2 = "" if result.method in FIXED else f"tau² = {number(result.tau2, 3)}, "
    return f"{tau2}I² = {number(result.i2, 0)}%, {q}"


def finish(chart: Any, title: str, subtitle: str | Sequence[str], width: int, height: int) -> Any:
    """Set the title, the size and the look that all charts share."""
    import altair as alt

    return (
        chart.properties(
            width=width,
            height=height,
            title=alt.Title(text=title, subtitle=subtitle, anchor="start", offset=12),
        )
        .configure(font=FONT, background="white", padding=12)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=GREY,
            titleColor=INK,
            titleFontWeight=600,
            labelFontSize=11,
            titleFontSize=12,
            domainColor=MID,
            tickColor=MID,
            grid=False,
        )
        .configure_title(color=INK, fontSize=15, subtitleColor=GREY, subtitleFontSize=12)
        .configure_legend(disable=True)
    )
