"""Every chart as files that work without the site: SVG, PNG and the numbers as CSV.

In: a page whose context holds `aponia.site.charts.Figure` objects, however deep. Out: the same page
with the addresses of the files on each figure (the macro ``figure`` prints them) and makers of the
files. A standalone picture carries its title, measure, source, version and licence, its colours as
plain attributes and its font inside, so that it looks the same on a slide.
"""

from __future__ import annotations

import base64
import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import as_file, files
from typing import Any
from xml.sax.saxutils import escape

from aponia.site.charts import Figure, Link, Quoted, Row, Table
from aponia.site.charts.palette import TOKENS
from aponia.site.charts.textfit import wrap
from aponia.site.render import Page

__all__ = [
    "NamedFigure",
    "cell_text",
    "figure_csv",
    "figure_files",
    "png",
    "standalone",
    "with_figures",
]

_PAD = 24.0
#: Dots per inch of a PNG; a drawing unit is 1/96 inch, so this is two dots a unit (1700 wide).
_PPI = 192
_SHEET = b"""#set page(width: auto, height: auto, margin: 0pt)
#image(bytes(sys.inputs.svg), format: "svg")"""
_SVG = re.compile(r'<svg [^>]*viewBox="0 0 ([\d.]+) ([\d.]+)"[^>]*>(.*)</svg>\Z', re.DOTALL)
_NAMES = re.compile(r"<(title|desc) id=\"[^\"]*\">.*?</\1>", re.DOTALL)


@dataclass(frozen=True)
class NamedFigure:
    """A figure of a page and where its files go.

    Attributes
    ----------
    stem : str
        Address without the extension, relative to the site: ``questions/x/forest-1``.
    figure : Figure
    page : str
        Path of the page.
    """

    stem: str
    figure: Figure
    page: str


def with_figures(page: Page) -> tuple[Page, list[NamedFigure]]:
    """Give every figure of a page the addresses of its files.

    Parameters
    ----------
    page : Page

    Returns
    -------
    Page
        With the same context, each figure carrying its downloads.
    list of NamedFigure
        In the order of the context; numbered within their kind.
    """
    folder = page.path.removesuffix(".html")
    name = folder.rsplit("/", 1)[-1]
    depth = page.path.count("/")
    found: dict[int, Figure] = {}
    named: list[NamedFigure] = []
    counts: dict[str, int] = {}

    def visit(value: Any) -> Any:
        if isinstance(value, Figure):
            if id(value) not in found:
                kind = value.kind or "figure"
                counts[kind] = counts.get(kind, 0) + 1
                file = f"{kind}-{counts[kind]}"
                links = tuple(
                    Link(label, f"{name}/{file}.{ending}")
                    for label, ending in (("SVG", "svg"), ("PNG", "png"), ("Numbers as CSV", "csv"))
                )
                more = Link("What the columns mean", f"{'../' * depth}data/codebook.csv")
                found[id(value)] = replace(value, downloads=(*links, more))
                named.append(NamedFigure(f"{folder}/{file}", found[id(value)], page.path))
            return found[id(value)]
        if isinstance(value, dict):
            return {k: visit(v) for k, v in value.items()}
        if type(value) in (list, tuple):
            return type(value)(visit(v) for v in value)
        return value

    context = visit(page.context)
    return (replace(page, context=context), named) if named else (page, named)


def figure_files(figures: list[NamedFigure], credit: str) -> Iterator[tuple[str, bytes]]:
    """Make the files of figures.

    Parameters
    ----------
    figures : list of NamedFigure
    credit : str
        Source, version and licence in a line.

    Yields
    ------
    (str, bytes)
        Path relative to the site, and content.
    """
    for named in figures:
        yield f"{named.stem}.csv", figure_csv(named.figure.table).encode()
        drawing = standalone(named.figure, f"{credit} {named.page}")
        yield f"{named.stem}.svg", _with_font(drawing).encode()
        yield f"{named.stem}.png", png(drawing)


def cell_text(cell: Any) -> str:
    """Return what a table cell says; nothing for what is not reported."""
    if isinstance(cell, Link):
        return cell.text
    if isinstance(cell, Quoted):
        return cell.quoted
    if isinstance(cell, Mapping):
        return str(cell.get("text", ""))
    return "" if cell is None else str(cell)


def figure_csv(table: Table) -> str:
    """Return the table twin of a chart as CSV; its first column is never without a name."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([h or "Line" for h in table.headers])
    for row in table.rows:
        cells = [cell_text(c) for c in (row.cells if isinstance(row, Row) else row)]
        writer.writerow(cells + [""] * (len(table.headers) - len(cells)))
    return out.getvalue()


def standalone(figure: Figure, credit: str) -> str:
    """Return a chart as an SVG document of its own, in light colours, with its words.

    Parameters
    ----------
    figure : Figure
    credit : str
        Line at the foot.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        The drawing is no SVG of this site.
    """
    match = _SVG.search(str(figure.wide))
    if match is None:
        raise ValueError(f"figure {figure.title!r}: the drawing is no SVG with a view box")
    width, height = float(match[1]), float(match[2])
    # Links lead into the site and would break elsewhere.
    body = re.sub(r"<a [^>]*>", "<g>", _NAMES.sub("", match[3])).replace("</a>", "</g>")
    parts: list[str] = []
    y = _PAD + 16
    for text, size, bold, color in (
        (figure.title, 19, True, TOKENS["ink"]),
        (figure.subtitle, 14, False, TOKENS["ink-2"]),
    ):
        for line in wrap(text, width, size, bold=bold) if text else []:
            weight = ' font-weight="600"' if bold else ""
            parts.append(
                f'<text x="{_PAD:g}" y="{y:g}" font-size="{size}" fill="{color}"{weight}>{escape(line)}</text>'
            )
            y += round(size * 1.3)
    top = y + 2
    foot = top + height + 22
    for line in wrap(credit, width, 12):
        parts.append(
            f'<text x="{_PAD:g}" y="{foot:g}" font-size="12" fill="{TOKENS["ink-3"]}">{escape(line)}</text>'
        )
        foot += 16
    w, h = width + 2 * _PAD, foot + _PAD - 12
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w:g} {h:g}" width="{w:g}" height="{h:g}" role="img"'
        # A family name that ends in a digit must stand in quotes to be a name at all.
        ' fill="none" font-family="\'Source Sans 3\',\'Segoe UI\',system-ui,sans-serif" font-size="14">'
        f"<title>{escape(figure.title)}</title>"
        f'<rect width="{w:g}" height="{h:g}" fill="{TOKENS["paper"]}"/>{"".join(parts)}'
        f'<g transform="translate({_PAD:g} {top:g})">{body}</g></svg>\n'
    )


def _with_font(drawing: str) -> str:
    face = (
        f'@font-face{{font-family:"Source Sans 3";font-weight:200 900;src:url(data:font/woff2;base64,{_woff()})}}'
        "text{font-variant-numeric:tabular-nums lining-nums}"
    )
    return drawing.replace("<title>", f"<style>{face}</style><title>", 1)


@cache
def _woff() -> str:
    font = files("aponia.site") / "static" / "fonts" / "source-sans-3.woff2"
    return base64.b64encode(font.read_bytes()).decode()


@cache
def _compiler() -> Any:
    import typst

    # Only fonts of this package: the same picture on every machine.
    with as_file(files("aponia.site") / "figure_fonts") as fonts:
        return typst.Compiler(font_paths=[str(fonts)], ignore_system_fonts=True)


def png(drawing: str) -> bytes:
    """Draw a standalone SVG as PNG, two dots a unit, with the fonts of this package only.

    Parameters
    ----------
    drawing : str
        From `standalone`.

    Returns
    -------
    bytes
    """
    # The Latin font has no Greek, and a line with one missing letter would change its font whole.
    plain = drawing.replace("τ", "tau").replace("font-family=\"'Source Sans 3',", 'font-family="')
    plain = plain.replace("'Segoe UI',system-ui,sans-serif", "'Source Sans 3'")
    data: bytes = _compiler().compile(_SHEET, format="png", ppi=_PPI, sys_inputs={"svg": plain})
    return data
