"""The search strategies for psychedelics and pain: a file for each source, shipped with the package.

Each file holds the lines to run, the date and role of who wrote it, and the items of PRISMA-S. The
words come from the vocabulary of the evidence base, and a test holds the files to it.

>>> load("pubmed")["lines"][-1]["query"]
'(#1 OR #2) AND #3'
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from aponia.literature.strategies.build import build, to_yaml
from aponia.literature.strategies.sources import SOURCES

__all__ = ["NAMES", "build", "load", "to_yaml"]

#: Ids of the sources, in the order of a report.
NAMES = tuple(source.id for source in SOURCES)


@cache
def load(name: str) -> dict[str, Any]:
    """Return the shipped strategy of one source.

    Raises
    ------
    ValueError
        No such source.
    """
    import yaml

    if name not in NAMES:
        raise ValueError(f"no strategy for {name!r}; there are {', '.join(NAMES)}")
    text = files("aponia.literature.strategies").joinpath(f"{name}.yaml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded
