"""A small SVG sheet: the few shapes the table-like charts are made of.

Why not Altair here: forest plots, effect strips, direction plots and people-per-100 grids are
tables with a mark in one column. They need measured text columns, wrapped labels and a second
arrangement for phones, and a page holds many of them; drawn directly they are a third of the size
and take about a millisecond. Charts with two real axes are Altair's (see `vega`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from markupsafe import Markup, escape

from aponia.site.charts.palette import TOKENS
from aponia.site.charts.textfit import wrap

__all__ = ["FONT_STACK", "Sheet", "frame"]

FONT_STACK = "Source Sans 3, Segoe UI, system-ui, sans-serif"


def _number(value: float) -> str:
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def frame(
    body: str, width: float, height: float, title: str, description: str, kind: str
) -> Markup:
    """Wrap drawing code as an accessible image.

    Parameters
    ----------
    body : str
        SVG elements, already escaped.
    width, height : float
        Size of the view box; the page decides the size on screen.
    title : str
        The finding: becomes the accessible name.
    description : str
        What the picture shows, in words.
    kind : str
        Word for the id and the class, for example "forest-wide".

    Returns
    -------
    Markup
        One ``<svg>`` element without inline style, script, link or outside reference.
    """
    # Ids come from the content: stable between builds, different between charts of a page.
    digest = hashlib.sha256(f"{kind}|{title}|{description}|{body}".encode()).hexdigest()[:8]
    name = f"{kind}-{digest}"
    return Markup(  # noqa: S704 -- title and description are escaped here, the body by Sheet
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_number(width)} {_number(height)}"'
        f' class="plot {kind}" role="img" aria-labelledby="{name}-t {name}-d" fill="none"'
        f' font-family="{FONT_STACK}" font-size="14">'
        f'<title id="{name}-t">{escape(title)}</title>'
        f'<desc id="{name}-d">{escape(description)}</desc>{body}</svg>'
    )


class Sheet:
    """Collects shapes; colours are names of `palette.TOKENS`."""

    def __init__(self, width: float) -> None:
        self.width = width
        self.parts: list[str] = []

    def text(
        self,
        x: float,
        y: float,
        content: str,
        *,
        size: float = 14,
        color: str = "ink",
        anchor: str = "start",
        bold: bool = False,
    ) -> None:
        """Set one line of text with its baseline at `y`."""
        extra = "" if size == 14 else f' font-size="{_number(size)}"'
        extra += "" if anchor == "start" else f' text-anchor="{anchor}"'
        extra += ' font-weight="600"' if bold else ""
        self.parts.append(
            f'<text x="{_number(x)}" y="{_number(y)}" fill="{TOKENS[color]}"{extra}>'
            f"{escape(content)}</text>"
        )

    def lines(
        self,
        x: float,
        y: float,
        content: Sequence[str],
        *,
        size: float = 14,
        color: str = "ink",
        anchor: str = "start",
        bold: bool = False,
        leading: float = 0,
    ) -> float:
        """Set several lines from `y` down; return the baseline after the last one."""
        step = leading or round(size * 1.25)
        for i, line in enumerate(content):
            self.text(x, y + i * step, line, size=size, color=color, anchor=anchor, bold=bold)
        return y + len(content) * step

    def paragraph(
        self,
        x: float,
        y: float,
        content: str,
        max_width: float,
        *,
        size: float = 14,
        color: str = "ink",
        anchor: str = "start",
        bold: bool = False,
    ) -> float:
        """Wrap and set a text; return the baseline after its last line."""
        broken = wrap(content, max_width, size, bold)
        return self.lines(x, y, broken, size=size, color=color, anchor=anchor, bold=bold)

    def line(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        color: str,
        *,
        width: float = 1,
        dash: str = "",
    ) -> None:
        """Draw a straight line."""
        extra = "" if width == 1 else f' stroke-width="{_number(width)}"'
        extra += f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<path d="M{_number(x1)} {_number(y1)}L{_number(x2)} {_number(y2)}"'
            f' stroke="{TOKENS[color]}"{extra}/>'
        )

    def rect(self, x: float, y: float, width: float, height: float, color: str) -> None:
        """Fill a rectangle."""
        self.parts.append(
            f'<rect x="{_number(x)}" y="{_number(y)}" width="{_number(width)}"'
            f' height="{_number(height)}" fill="{TOKENS[color]}"/>'
        )

    def circle(
        self,
        x: float,
        y: float,
        r: float,
        fill: str | None,
        stroke: str | None = None,
        *,
        stroke_width: float = 1.5,
        dash: str = "",
    ) -> None:
        """Draw a disc or a ring."""
        paint = f' fill="{TOKENS[fill]}"' if fill else ""
        if stroke:
            paint += f' stroke="{TOKENS[stroke]}" stroke-width="{_number(stroke_width)}"'
        paint += f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{_number(r)}"{paint}/>')

    def path(
        self, d: str, fill: str | None, stroke: str | None = None, *, stroke_width: float = 1.5
    ) -> None:
        """Draw a path given as SVG path data."""
        paint = f' fill="{TOKENS[fill]}"' if fill else ""
        if stroke:
            paint += f' stroke="{TOKENS[stroke]}" stroke-width="{_number(stroke_width)}"'
        self.parts.append(f'<path d="{d}"{paint}/>')

    def polygon(
        self, points: Sequence[tuple[float, float]], fill: str | None, stroke: str | None = None
    ) -> None:
        """Draw a closed polygon."""
        d = "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in points) + "Z"
        self.path(d, fill, stroke)

    def raw(self, markup: str) -> None:
        """Add drawing code that is already safe."""
        self.parts.append(markup)

    def svg(self, height: float, title: str, description: str, kind: str) -> Markup:
        """Finish the sheet."""
        return frame("".join(self.parts), self.width, height, title, description, kind)
