"""How well a link of a chain holds, judged from what its studies say. One rule for every link.

A study counts once a link. Its weight is what its design can carry: a controlled experiment 1, a
review of several studies 2, anything without a comparison, or read only at second hand, 0.

=============  =====================================================================
shown          weight 2 or more in favour, and nothing against it
mixed          weight 2 or more in favour, and something against it
not shown      something in favour, or measured with an unclear result, weight below 2
null           looked for, nothing in favour
not studied    no study in the base
=============  =====================================================================

So one more study without an effect can only weaken a link, and the order of studies is of no
importance (both are tested).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from aponia.evidence import Study

__all__ = [
    "REVIEWS",
    "Direction",
    "LinkState",
    "Vote",
    "carried",
    "combine",
    "link_state",
    "weight",
]

Direction = Literal["supports", "null", "against", "mixed", "unclear"]

_CONTROLLED = frozenset(
    {
        "rct-parallel",
        "rct-crossover",
        "healthy-volunteer-rct",
        "preclinical-in-vivo",
        "preclinical-in-vitro",
    }
)
REVIEWS = frozenset({"meta-analysis", "systematic-review"})


class LinkState(StrEnum):
    """How well a link of a chain holds."""

    SHOWN = "shown"
    MIXED = "mixed"
    NOT_SHOWN = "not shown"
    NULL = "null"
    NOT_STUDIED = "not studied"

    @property
    def strength(self) -> int:
        """Support for the link, 0 to 3; looked for in vain and never looked for both give none."""
        return {"shown": 3, "mixed": 2, "not shown": 1}.get(self.value, 0)


@dataclass(frozen=True)
class Vote:
    """What one study says of one link.

    Attributes
    ----------
    direction : str
        Towards the link.
    weight : int
        What its design can carry, 0 to 2 (see `weight`).
    """

    direction: Direction
    weight: int


def weight(study: Study) -> int:
    """Say what a study's design can carry: 0, 1 or 2.

    Parameters
    ----------
    study : Study

    Returns
    -------
    int
        2 for a review, 1 for a controlled experiment, 0 without a comparison or at second hand.
    """
    if study.read == "secondary":
        return 0
    if study.design in REVIEWS:
        return 2
    if study.design in _CONTROLLED:
        return 1
    others = {a.substance for a in study.arms} - set(study.substances) - {None}
    return 1 if study.design == "human-mechanistic" and others else 0


def combine(directions: Iterable[Direction]) -> Direction:
    """Put the directions of one study's findings together.

    Parameters
    ----------
    directions : iterable of str
        At least one.

    Returns
    -------
    str
        The common direction; ``mixed`` when they differ; ``unclear`` only when nothing else is.

    Examples
    --------
    >>> combine(["supports", "null"]), combine(["null", "against"]), combine(["unclear", "null"])
    ('mixed', 'against', 'null')
    """
    found = set(directions)
    if not found:
        raise ValueError("a study has at least one finding")
    clear = found - {"unclear"}
    if not clear:
        return "unclear"
    if len(clear) == 1:
        return clear.pop()
    return "against" if clear == {"null", "against"} else "mixed"


def carried(votes: Iterable[Vote]) -> int:
    """Add up the weight in favour of a link.

    Parameters
    ----------
    votes : iterable of Vote

    Returns
    -------
    int
        A study with results on both sides counts: what it saw on one side was seen.
    """
    return sum(v.weight for v in votes if v.direction in ("supports", "mixed"))


def link_state(votes: Sequence[Vote]) -> LinkState:
    """Judge a link by its votes; see the table at the head of this module.

    Parameters
    ----------
    votes : sequence of Vote

    Returns
    -------
    LinkState

    Examples
    --------
    >>> link_state([Vote("supports", 1), Vote("supports", 1)]).value
    'shown'
    >>> link_state([Vote("supports", 1), Vote("supports", 1), Vote("null", 0)]).value
    'mixed'
    """
    favour = [v for v in votes if v.direction in ("supports", "mixed")]
    contrary = [v for v in votes if v.direction in ("null", "against", "mixed")]
    if carried(votes) >= 2:
        return LinkState.MIXED if contrary else LinkState.SHOWN
    if favour:
        return LinkState.NOT_SHOWN
    if contrary:
        return LinkState.NULL
    return LinkState.NOT_SHOWN if votes else LinkState.NOT_STUDIED
