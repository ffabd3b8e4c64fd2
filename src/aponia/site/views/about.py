"""Methods and data: the rules of the house and everything to download."""

from __future__ import annotations

from collections.abc import Iterable

from aponia.answers import LAYERS
from aponia.site.render import Page
from aponia.site.views.common import World

__all__ = ["data_page", "methods_page"]


def methods_page(world: World) -> Page:
    """Return how answers are made."""
    return Page(
        "methods/index.html",
        "methods.html",
        "Methods",
        "How the answers are made, in the order it happens.",
        "methods",
        {"layers": list(LAYERS.values()), "counts": world.base.counts()},
    )


def data_page(world: World, twins: Iterable[tuple[str, int]]) -> Page:
    """Return the list of downloads.

    Parameters
    ----------
    world : World
    twins : iterable of (str, int)
        Path and number of bytes of every data file; those below ``data/`` are listed.
    """
    files = [
        {"label": path[5:], "href": path[5:], "size": f"{max(1, size // 1000)} kB"}
        for path, size in twins
        if path.startswith("data/")
    ]
    return Page(
        "data/index.html",
        "data.html",
        "Data",
        "Everything to download, with licence and citation.",
        "data",
        {
            "files": files,
            "counts": world.base.counts(),
            "digest": world.base.digest[:12],
            "citation": f"aponia contributors. aponia evidence base, version {world.version}, {world.released}. CC BY 4.0.",
        },
        jsonld={
            "@context": "https://schema.org",
            "@type": "Dataset",
            "name": "aponia evidence base",
            "description": "Studies, registered trials, pharmacology, safety and law of psychedelics in pain.",
            "license": "https://creativecommons.org/licenses/by/4.0/",
            "version": world.version,
            "isAccessibleForFree": True,
        },
    )
