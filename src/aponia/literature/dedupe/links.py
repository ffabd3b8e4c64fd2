"""Publications that look like reports of one study: linked for a person to see, never merged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from aponia.literature.dedupe.compare import EVIDENCE, compare
from aponia.literature.dedupe.prepare import Prepared
from aponia.literature.record import Record

__all__ = ["Link", "find_links", "looks_alike"]

_AT = {name: place for place, name in enumerate(EVIDENCE)}
#: A number that many records state is a review's reference, not their own registration.
_MOST_HOLDERS = 30


@dataclass(frozen=True, slots=True)
class Link:
    """Two publications that look like reports of one study."""

    a: str
    b: str
    because: str


def looks_alike(rows: np.ndarray) -> np.ndarray:
    """Return for evidence rows of shape ``(n, len(EVIDENCE))`` whether title and authors agree."""
    titles = [_AT[f"title_{name}"] for name in ("same", "close", "near", "part")]
    people = (rows[:, _AT["authors_same"]] > 0) | (rows[:, _AT["authors_overlap"]] >= 0.6)
    alike: np.ndarray = (
        (rows[:, titles] > 0).any(axis=1) & people & (rows[:, _AT["title_numbers_differ"]] == 0)
    )
    return alike


def find_links(
    records: Sequence[Record], prepared: Sequence[Prepared], pairs: Iterable[Sequence[int]],
    group_of: dict[int, int],
) -> list[Link]:  # fmt: skip
    """Link publications of the same title and people, or of the same registry number.

    Parameters
    ----------
    records, prepared : sequences of equal length
    pairs : iterable of (int, int)
        Candidates that look alike, see `looks_alike`.
    group_of : dict of int to int
        The publication of each record.

    Returns
    -------
    list of Link
        At most one for any two publications.
    """
    links: dict[tuple[int, int], Link] = {}

    def link(i: int, j: int, because: str) -> None:
        key = (min(group_of[i], group_of[j]), max(group_of[i], group_of[j]))
        if key[0] != key[1]:
            links.setdefault(key, Link(records[i].id, records[j].id, because))

    for i, j in pairs:
        if group_of[i] == group_of[j] or prepared[i].common or prepared[j].common:
            continue
        row = compare(prepared[i], prepared[j])
        link(i, j, next((told for name, told in _TOLD if row[_AT[name]]), _ELSEWHERE))
    holders: dict[str, list[int]] = {}
    for i, record in enumerate(records):
        for number in record.registrations[:3]:
            holders.setdefault(number, []).append(i)
    for number, members in holders.items():
        for other in members[1:_MOST_HOLDERS]:
            link(members[0], other, f"same trial registration {number}")
    return list(links.values())


_ELSEWHERE = "same title and authors in another place"
_TOLD = (
    ("correction_differs", "a correction or retraction of it"),
    ("preprint_and_paper", "one is a preprint of the other"),
    ("registry_and_paper", "one is the trial's registration"),
    ("kind_differs", "one is a reply, comment or protocol"),
    ("abstract_and_paper", "one is a congress abstract of it"),
    ("language_differs", "same title and authors in another language"),
)
