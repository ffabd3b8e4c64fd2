"""Methods and data: the rules of the house and everything to download."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aponia.answers import LAYERS
from aponia.site.citations import AUTHORS, cite_base
from aponia.site.crate import DESCRIPTION, LICENCE, format_of
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


def data_page(world: World, twins: Mapping[str, int], release: Mapping[str, int]) -> Page:
    """Return the list of downloads.

    Parameters
    ----------
    world : World
    twins : mapping of str to int
        Path and number of bytes of every data file; those below ``data/`` are listed.
    release : mapping of str to int
        What else lies below ``data/``: path to size in bytes.
    """
    files = [
        {"label": path[5:], "href": path[5:], "size": f"{max(1, size // 1000)} kB"}
        for path, size in twins.items()
        if path.startswith("data/")
    ]
    made = {
        path.removeprefix("data/"): size
        for path, size in release.items()
        if not path.startswith("data/source/")
    }
    packed = [n for n in made if n.endswith(".zip")]
    whole = [*packed, *(n for n in made if n.startswith(("ro-crate", "codebook", "releases/")))]
    cited = cite_base(world)
    return Page(
        "data/index.html",
        "data.html",
        "Data",
        "Everything to download, with licence and citation.",
        "data",
        {
            "whole": [_download(n, made[n]) for n in whole],
            "files": files,
            "citations": [_download(n, made[n]) for n in made if n.startswith("cite.")],
            "counts": world.base.counts(),
            "version": world.data_version,
            "digest": world.base.digest[:12],
            "citation": cited.text,
            "bibtex": cited.bibtex,
        },
        jsonld={
            "@context": "https://schema.org",
            "@type": "Dataset",
            "name": "aponia evidence base",
            "description": DESCRIPTION,
            "license": LICENCE,
            "version": world.data_version,
            "datePublished": world.released,
            "isAccessibleForFree": True,
            "creator": {"@type": "Organization", "name": AUTHORS},
            "creditText": cited.text,
            "keywords": ["pain", "headache", "psychedelics", "ketamine", "living evidence"],
            **({"url": f"{world.base_url}data/"} if world.base_url else {}),
            "distribution": [
                {
                    "@type": "DataDownload",
                    "name": name,
                    "encodingFormat": format_of(name),
                    "contentUrl": f"{world.base_url}data/{name}" if world.base_url else name,
                }
                for name in (*packed, *(f["href"] for f in files))
            ],
        },
    )


_WORDS = {
    "zip": "The whole release as one zip",
    "ro-crate-metadata.json": "Description of the release (RO-Crate)",
    "codebook.csv": "Codebook: what every column means",
    "codebook.json": "Codebook as JSON",
    "cite.bib": "This citation as BibTeX",
    "cite.ris": "This citation as RIS",
}


def _download(name: str, size: int) -> dict[str, Any]:
    label = _WORDS.get(name) or _WORDS.get(name.rpartition(".")[2], name)
    if name.startswith("releases/"):
        label = f"Snapshot of version {name.removeprefix('releases/').removesuffix('.json.gz')}"
    return {"label": label, "href": name, "size": f"{max(1, size // 1000)} kB"}
