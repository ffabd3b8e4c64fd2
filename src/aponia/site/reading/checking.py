"""The claims of a text against the evidence; nothing of it is kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from aponia.claims import Checker
from aponia.site.reading.frame import NOTICE, evidence_note
from aponia.site.views.common import World

__all__ = ["check_article", "check_claims", "checker_of"]

_made: dict[str, Checker] = {}
#: The checker's stemmer and caches are not made for two threads.
_one_at_a_time = threading.Lock()


@contextmanager
def checker_of(world: World) -> Iterator[Checker]:
    """Yield the checker of a world, to one thread at a time; it is made once a state of the base."""
    with _one_at_a_time:
        found = _made.get(world.base.digest)
        if found is None:
            _made.clear()
            found = _made[world.base.digest] = Checker(world.base, world.answers)
        yield found


def _framed(world: World, result: dict[str, Any]) -> dict[str, Any]:
    """Add to each claim how certain the answer is that it was held against."""
    for claim in result["claims"]:
        answer = world.answers.get(claim["question"] or "")
        claim["certainty"] = answer.certainty.level if answer else None
    return {"notice": NOTICE, "evidence": evidence_note(world), **result}


def check_article(world: World, source: bytes | str, name: str = "") -> dict[str, Any]:
    """Check an article: HTML, Markdown, PDF or text, told by its content.

    Parameters
    ----------
    world : World
    source : bytes or str
    name : str
        File name; helps to tell Markdown.

    Returns
    -------
    dict
        The result of ``aponia check --json`` (article, claims, missing, summary), and with each
        claim the certainty of the answer behind it.

    Raises
    ------
    ExtractionError
        The file is of another kind, too large, locked, broken or holds no text.
    """
    with checker_of(world) as checker:
        found = checker.article(source, name)
    return _framed(world, found.to_dict())


def check_claims(world: World, claims: Sequence[str]) -> dict[str, Any]:
    """Check single claims that stand alone, in the order given.

    Parameters
    ----------
    world : World
    claims : sequence of str

    Returns
    -------
    dict
        Under ``claims`` the lines of ``aponia check --claims --json`` with the text and the
        certainty of the answer behind each.
    """
    with checker_of(world) as checker:
        rows = list(checker.batch({"id": n, "claim": c} for n, c in enumerate(claims, 1)))
    found = [{**row, "text": text} for row, text in zip(rows, claims, strict=True)]
    return _framed(world, {"claims": found})
