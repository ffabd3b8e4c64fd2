"""Measure and wrap text for charts drawn without a browser.

The advance widths are those of the site's interface font, so that a label is wrapped and a column
is set where the reader's browser will put it.

Examples
--------
>>> round(width("12.5", 13), 1)
22.6
>>> wrap("Schindler 2022, psilocybin pulse", 90, 13)
['Schindler 2022,', 'psilocybin pulse']
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

__all__ = ["width", "wrap"]

# Thousandths of an em, characters U+0020 to U+007E, weights 400 and 600.
_REGULAR: Final = (
    200,
    289,
    426,
    497,
    497,
    824,
    609,
    249,
    303,
    303,
    418,
    497,
    249,
    311,
    249,
    350,
    497,
    497,
    497,
    497,
    497,
    497,
    497,
    497,
    497,
    497,
    249,
    249,
    497,
    497,
    497,
    425,
    847,
    543,
    588,
    571,
    615,
    527,
    494,
    617,
    652,
    263,
    479,
    579,
    486,
    727,
    647,
    664,
    566,
    664,
    569,
    534,
    536,
    645,
    515,
    786,
    513,
    476,
    539,
    303,
    350,
    303,
    497,
    500,
    542,
    504,
    553,
    456,
    555,
    496,
    292,
    504,
    544,
    246,
    247,
    495,
    255,
    829,
    547,
    542,
    555,
    555,
    347,
    419,
    338,
    544,
    467,
    719,
    446,
    467,
    425,
    303,
    241,
    303,
    497,
)
_SEMIBOLD: Final = (
    200,
    315,
    482,
    513,
    513,
    841,
    639,
    275,
    324,
    324,
    438,
    513,
    275,
    322,
    275,
    344,
    513,
    513,
    513,
    513,
    513,
    513,
    513,
    513,
    513,
    513,
    275,
    275,
    513,
    513,
    513,
    444,
    875,
    558,
    597,
    576,
    625,
    538,
    510,
    628,
    663,
    282,
    494,
    597,
    502,
    745,
    657,
    674,
    582,
    674,
    592,
    545,
    546,
    655,
    536,
    800,
    541,
    501,
    540,
    324,
    344,
    324,
    513,
    500,
    549,
    516,
    563,
    462,
    564,
    507,
    317,
    520,
    558,
    262,
    263,
    522,
    271,
    843,
    560,
    549,
    564,
    564,
    373,
    431,
    361,
    556,
    495,
    748,
    481,
    495,
    443,
    324,
    255,
    324,
    513,
)
_REGULAR_MORE: Final[dict[str, int]] = {
    "\u00a0": 200,
    "\u2009": 100,
    "\u2013": 480,
    "\u2014": 800,
    "\u2019": 249,
    "\u201c": 426,
    "\u201d": 426,
    "\u2212": 497,
    "\u00b1": 497,
    "\u00d7": 497,
    "\u00b7": 249,
    "\u00b5": 562,
    "\u00e9": 496,
    "\u00b2": 367,
    "\u2026": 948,
}
_SEMIBOLD_MORE: Final[dict[str, int]] = {
    "\u00a0": 200,
    "\u2009": 100,
    "\u2013": 480,
    "\u2014": 800,
    "\u2019": 275,
    "\u201c": 482,
    "\u201d": 482,
    "\u2212": 513,
    "\u00b1": 513,
    "\u00d7": 513,
    "\u00b7": 275,
    "\u00b5": 578,
    "\u00e9": 507,
    "\u00b2": 372,
    "\u2026": 964,
}
# A character outside the table: wider than most, so that text never overruns its column.
_UNKNOWN: Final = 620


@lru_cache(maxsize=4096)
def width(text: str, size: float, bold: bool = False) -> float:
    """Width of one line of text.

    Parameters
    ----------
    text : str
        One line.
    size : float
        Font size in the units of the drawing.
    bold : bool
        Semibold (600) instead of regular (400).

    Returns
    -------
    float
        Width in the units of the drawing.
    """
    table, more = (_SEMIBOLD, _SEMIBOLD_MORE) if bold else (_REGULAR, _REGULAR_MORE)
    total = 0
    for char in text:
        code = ord(char) - 32
        total += table[code] if 0 <= code < len(table) else more.get(char, _UNKNOWN)
    return total * size / 1000


def wrap(
    text: str, max_width: float, size: float, bold: bool = False, max_lines: int = 0
) -> list[str]:
    """Break text into lines no wider than a column.

    Parameters
    ----------
    text : str
        The text; runs of ordinary spaces are single break points, thin and no-break spaces hold.
    max_width : float
        Width of the column in the units of the drawing.
    size : float
        Font size in the same units.
    bold : bool
        Semibold instead of regular.
    max_lines : int
        Longest result; what does not fit ends in an ellipsis. 0 means no limit.

    Returns
    -------
    list of str
        At least one line. A single word wider than the column stands alone and overruns.
    """
    lines: list[str] = []
    current = ""
    for word in text.split(" "):
        trial = f"{current} {word}" if current else word
        if current and width(trial, size, bold) > max_width:
            lines.append(current)
            current = word
        else:
            current = trial
    lines.append(current)
    if max_lines and len(lines) > max_lines:
        last = lines[max_lines - 1]
        while last and width(last + "…", size, bold) > max_width:
            last = last[:-1].rstrip()
        lines = [*lines[: max_lines - 1], last + "…"]
    return lines
