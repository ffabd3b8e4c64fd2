"""Everything the site holds, made once for the build and for the server: pages first, files after.

In: a `World`. Out: `Piece` objects, path and bytes, in an order in which each can be made from what
came before it: the pages, the data files beside them, the files of figures, feeds and the research
object, and the page that lists it all. Briefs (PDF) and ``static/`` are not here: a server draws the first for
the country asked for and has the second before there is a world.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aponia.site.downloads import twins_of
from aponia.site.figure_files import NamedFigure, with_figures
from aponia.site.planned_files import planned_files
from aponia.site.published import Release
from aponia.site.render import Page, render
from aponia.site.twins import twin_files, with_twins
from aponia.site.views import (
    about,
    approach,
    doctor,
    facts,
    home,
    mechanism,
    news,
    planning,
    question,
    records,
)
from aponia.site.views.common import World, site_facts

__all__ = ["Piece", "contents", "pages_of"]


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of the site; `page` is what an HTML page was drawn from, None for data."""

    path: str
    data: bytes
    page: Page | None = None


def pages_of(world: World) -> Iterator[Page]:
    """Yield every page of the site except the list of downloads."""
    yield home.home_page(world)
    yield from home.empty_cell_pages(world)
    yield question.question_index(world)
    for answer in world.answers.values():
        yield question.question_page(world, answer)
    yield records.study_index(world)
    for study in world.base.studies.values():
        yield records.study_page(world, study)
    yield records.trial_index(world)
    for trial in world.base.trials.values():
        yield records.trial_page(world, trial)
    yield from mechanism.mechanism_pages(world)
    yield from approach.approach_pages(world)
    yield facts.safety_page(world)
    yield facts.legal_page(world)
    yield facts.ketamine_page(world)
    yield facts.analogue_page(world)
    yield doctor.doctor_page(world)
    yield news.news_page(world, news.versions_of(world))
    yield about.methods_page(world)
    # Last: a first run simulates for half a minute, and a server shows the other pages meanwhile.
    yield from planning.planning_pages(world)


def contents(world: World, *, live: bool = False) -> Iterator[Piece]:
    """Yield every page and data file.

    Parameters
    ----------
    world : World
    live : bool
        Whether the pages offer what only a server has.

    Yields
    ------
    Piece
        Pages as soon as each is drawn; whoever publishes them lets the guard read them first.
    """
    site = site_facts(world)
    pages: list[Page] = []
    figures: list[NamedFigure] = []
    tables: dict[str, bytes] = {}

    def drawn(page: Page) -> Piece:
        named, found = with_figures(page)
        named = with_twins(named, world.base_url)
        pages.append(named)
        figures.extend(found)
        return Piece(named.path, render(named, site, live=live).encode(), named)

    def kept(path: str, data: bytes) -> Piece:
        # The codebook reads the tables, the research object lists what lies in data/.
        if path.endswith(".csv") or path.startswith("data/"):
            tables[path] = data
        return Piece(path, data)

    for page in pages_of(world):
        yield drawn(page)
    files: dict[str, int] = {}
    for path, data in twins_of(world):
        files[path] = len(data)
        yield kept(path, data)
    for path, data in planned_files(world):
        yield Piece(path, data)
    release = Release(world, pages, figures)
    for path, data in release.beside_pages():
        yield kept(path, data)
    made: dict[str, int] = {}
    for path, data in release.data(tables):
        made[path] = len(data)
        yield Piece(path, data)
    last = drawn(about.data_page(world, files, made))
    yield last
    for path, data in twin_files(world, [pages[-1]]):
        yield Piece(path, data)
