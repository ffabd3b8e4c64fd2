"""What every chart gives a page: two drawings and a table with the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

from markupsafe import Markup

__all__ = ["Cell", "Direction", "Figure", "Layout", "Link", "Quoted", "Row", "Table"]

Layout = Literal["wide", "narrow"]
Direction = Literal["benefit", "harm", "unclear", "none", "mixed"]


@dataclass(frozen=True)
class Link:
    """A table cell that leads somewhere."""

    text: str
    href: str


@dataclass(frozen=True)
class Quoted:
    """A table cell in the words of a source, which the wording guard does not read as ours."""

    quoted: str


Cell = str | Link | Quoted | None
"""A table cell; None prints "not reported"."""


@dataclass(frozen=True)
class Row:
    """A table row that is more than its cells: a group heading or a total."""

    cells: tuple[Cell, ...]
    kind: Literal["", "group", "total"] = ""


@dataclass(frozen=True)
class Table:
    """The table twin of a chart, or any table of a page.

    Attributes
    ----------
    caption : str
        Says what the table holds; also its accessible name.
    headers : tuple of str
        Column headings, as many as cells in a row.
    rows : tuple of Row or tuples of cells
        The first cell of a row is its heading.
    note : str
        Second line of the caption.
    numeric : tuple of int
        Indices of the columns set to the right.
    """

    caption: str
    headers: tuple[str, ...]
    rows: Sequence[Row]
    note: str = ""
    numeric: tuple[int, ...] = ()


class _Titled(Protocol):
    @property
    def title(self) -> str: ...
    @property
    def subtitle(self) -> str: ...


_Plot = TypeVar("_Plot", bound=_Titled)


@dataclass(frozen=True)
class Figure:
    """A chart ready for the page: give it to the macro ``figure``.

    Attributes
    ----------
    title : str
        The finding, as a sentence.
    subtitle : str
        Measure, unit, number of people.
    wide, narrow : Markup
        Drawings for a column of at least 43 rem, and for a phone.
    table : Table
        The same numbers.
    downloads : tuple of Link
        Its files, where a build makes them (`aponia.site.figure_files`).
    """

    title: str
    subtitle: str
    wide: Markup
    narrow: Markup
    table: Table
    kind: str = field(default="")
    downloads: tuple[Link, ...] = ()

    @classmethod
    def of(
        cls, plot: _Plot, draw: Callable[[_Plot, Layout], Markup], table: Table, kind: str
    ) -> Figure:
        """Draw a chart for both widths and put its words and its table beside it."""
        return cls(plot.title, plot.subtitle, draw(plot, "wide"), draw(plot, "narrow"), table, kind)
