"""The briefs a build writes: every question on A4, without a country."""

from __future__ import annotations

from collections.abc import Iterator

from aponia.site.briefs.assemble import make_brief
from aponia.site.briefs.drawing import BriefError, check, draw_all
from aponia.site.views.common import World

__all__ = ["brief_files"]


def brief_files(world: World, *, base_url: str | None = None) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of each brief.

    A country is chosen in the live application and on the command line. Ready-made files for ten
    countries and two papers would be a thousand PDFs, for what is the same first page each time.

    Parameters
    ----------
    world : World
        Base and answers.
    base_url : str, optional
        Address the site will be published at.

    Raises
    ------
    BriefError
        Texts of briefs break a rule; the message lists all of them.
    """
    wrong = [f for q in world.answers for f in check(make_brief(world, q, base_url=base_url))]
    if wrong:
        raise BriefError("the briefs were not printed:\n" + "\n".join(f"  {f}" for f in wrong))
    for drawn in draw_all(world, world.answers, base_url=base_url):
        yield f"briefs/{drawn.brief.id}.pdf", drawn.pdf
