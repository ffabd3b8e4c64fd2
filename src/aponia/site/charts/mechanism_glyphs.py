"""Small pictures of a mechanism's chain: the drug, the mouse, the cell, people, relief, and votes."""

from __future__ import annotations

from typing import Literal

from aponia.site.charts.drawing import Sheet
from aponia.site.charts.palette import TOKENS

__all__ = ["Glyph", "draw_glyph", "draw_vote"]

Glyph = Literal["drug", "animal", "animal-cell", "person", "patient", "relief"]


def draw_glyph(sheet: Sheet, glyph: Glyph, x: float, y: float, color: str) -> None:
    """Draw a picture of about 30 units around a point.

    Parameters
    ----------
    sheet : Sheet
        Where to draw.
    glyph : str
        Which one.
    x, y : float
        Its middle.
    color : str
        Token name.
    """
    if glyph == "drug":
        _drug(sheet, x, y, color)
    elif glyph == "animal":
        _mouse(sheet, x, y, color)
    elif glyph == "animal-cell":
        _mouse(sheet, x - 2, y + 4, color)
        sheet.circle(x + 10, y - 12, 5.5, None, color, stroke_width=1.6)
        sheet.circle(x + 11, y - 11, 1.7, color)
    elif glyph == "relief":
        _line(sheet, f"M{x - 17:.1f} {y:.1f}l4 -9l5 17l4 -12l4 7l3 -3H{x + 17:.1f}", color, 2.4)
    else:
        shift = -3.0 if glyph == "patient" else 0.0
        _person(sheet, x + shift, y, color)
        if glyph == "patient":
            sheet.path(f"M{x + 14:.1f} {y - 14:.1f}l-7 10h5l-3 9l9 -12h-5.5l4 -7z", color)


def _line(sheet: Sheet, d: str, color: str, width: float) -> None:
    sheet.raw(
        f'<path d="{d}" stroke="{TOKENS[color]}" stroke-width="{width:g}"'
        ' stroke-linecap="round" stroke-linejoin="round"/>'
    )


def _drug(sheet: Sheet, x: float, y: float, color: str) -> None:
    """Draw a ring with a tail: the shape chemists draw, and no particular molecule."""
    _line(
        sheet,
        f"M{x - 5:.1f} {y - 9:.1f}l9 5v10l-9 5l-9 -5v-10z"
        f"M{x + 4:.1f} {y - 4:.1f}l8 -5l6 4M{x - 5:.1f} {y - 5:.1f}l5.4 3v5.8",
        color,
        2,
    )


def _mouse(sheet: Sheet, x: float, y: float, color: str) -> None:
    sheet.path(
        f"M{x - 11:.1f} {y + 8:.1f}c-3 -10 4 -16 12 -15c6 0.6 12 6 15 13c-1 2 -3 2.4 -6 2.2z", color
    )
    sheet.circle(x + 4.5, y - 6.5, 4, color, "paper", stroke_width=1.2)
    sheet.circle(x + 10, y + 1, 1.2, "paper")
    _line(sheet, f"M{x - 11:.1f} {y + 8:.1f}c-6 0.5 -8 -3 -6 -7", color, 1.8)


def _person(sheet: Sheet, x: float, y: float, color: str) -> None:
    sheet.circle(x, y - 8.5, 5.5, color)
    sheet.path(f"M{x - 10:.1f} {y + 15:.1f}v-5c0 -6 4 -10 10 -10s10 4 10 10v5z", color)


_RADII = (2.8, 4.6, 6.2)


def draw_vote(sheet: Sheet, vote: str, weight: int, x: float, y: float) -> None:
    """Draw what one study says, by shape: full for, half mixed, ring no difference, cross against, bar not told.

    Parameters
    ----------
    sheet : Sheet
        Where to draw.
    vote : str
        supports, mixed, null, against or unclear.
    weight : int
        What its design can carry, 0 to 2; drawn as size.
    x, y : float
        Its middle.
    """
    r = _RADII[weight]
    if vote == "supports":
        sheet.circle(x, y, r, "accent")
    elif vote == "mixed":
        sheet.circle(x, y, r - 0.5, None, "accent", stroke_width=1.6)
        half = r - 0.5
        sheet.path(f"M{x:.1f} {y - half:.1f}a{half:g} {half:g} 0 0 0 0 {2 * half:g}z", "accent")
    elif vote == "null":
        sheet.circle(x, y, r - 0.5, None, "ink-2", stroke_width=1.6)
    elif vote == "against":
        d = r * 0.8
        _line(
            sheet,
            f"M{x - d:.1f} {y - d:.1f}l{2 * d:.1f} {2 * d:.1f}m0 {-2 * d:.1f}l{-2 * d:.1f} {2 * d:.1f}",
            "harm",
            2,
        )
    else:
        _line(sheet, f"M{x - 4:.1f} {y:.1f}h8", "ink-2", 2)
