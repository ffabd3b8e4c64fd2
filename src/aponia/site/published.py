"""What a published release holds beside its pages: files of figures, twins, feeds, citations, crate.

In: the world, its pages and their figures. Out: makers of the files as (path, bytes), in the order in which
`aponia.site.contents` asks for them.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping

from aponia.site.citations import citation_files
from aponia.site.codebook import codebook_files, kind_of
from aponia.site.crate import crate_files, source_files
from aponia.site.dates import written_date
from aponia.site.feeds import feed_files
from aponia.site.figure_files import NamedFigure, figure_files
from aponia.site.render import Page
from aponia.site.twins import twin_files
from aponia.site.views.common import World
from aponia.site.views.news import news_data, versions_of

__all__ = ["Release", "columns_of"]


class Release:
    """The pages of a release, named and linked, and the makers of its other files."""

    def __init__(self, world: World, pages: list[Page], figures: list[NamedFigure]) -> None:
        self.world = world
        self.pages = pages
        self.figures = figures
        self.changes = versions_of(world)

    @property
    def credit(self) -> str:
        """Source, version and licence in a line, for pictures that leave the site."""
        day = f", {written_date(self.world.released)}" if self.world.released else ""
        base = f"aponia evidence base {self.world.data_version}{day}. CC BY 4.0."
        return f"{base} {self.world.base_url}" if self.world.base_url else base

    def beside_pages(self) -> Iterator[tuple[str, bytes]]:
        """Make what stands beside pages: figures, twins, feeds, changes."""
        yield from figure_files(self.figures, self.credit)
        yield from twin_files(self.world, self.pages)
        yield from feed_files(self.world, self.changes)
        news = json.dumps(news_data(self.world, self.changes), ensure_ascii=False, indent=1)
        yield "whats-new/index.json", f"{news}\n".encode()

    def data(self, tables: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
        """Make what stands in ``data/`` beside the tables, the crate last.

        Parameters
        ----------
        tables : mapping of str to bytes
            CSV files of the whole site by path, and everything else already in ``data/``.
        """
        made = [*codebook_files(self._columns(tables)), *source_files(self.world)]
        cited = list(citation_files(self.world))
        yield from (*made, *cited)
        inside = {
            path.removeprefix("data/"): data
            for path, data in (*tables.items(), *made, *cited)
            if path.startswith("data/")
        }
        yield from crate_files(self.world, inside)

    def _columns(self, tables: Mapping[str, bytes]) -> dict[str, tuple[str, ...]]:
        kinds = {f"{f.stem}.csv": f.figure.kind or "figure" for f in self.figures}
        return columns_of({p: d for p, d in tables.items() if p.endswith(".csv")}, kinds)


def columns_of(
    tables: Mapping[str, bytes], figures: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """Gather the columns of CSV files by kind of file.

    Parameters
    ----------
    tables : mapping of str to bytes
        By path relative to the site.
    figures : mapping of str to str
        Kind of the figure, by the path of its CSV.
    """
    found: dict[str, dict[str, None]] = {}
    for path, data in tables.items():
        header = next(csv.reader(io.StringIO(data.decode())), [])
        found.setdefault(kind_of(path, figures.get(path, "")), {}).update(dict.fromkeys(header))
    return {kind: tuple(columns) for kind, columns in found.items()}
