"""Which pairs to compare: records that share a key, without ever forming all pairs.

A duplicate shares at least one of: DOI, PubMed number, registry number; the beginning, the end or
the rarest words of its title; volume and first page; first author with page, year or volume. Keys
that too many records share (a thousand editorials) are refined by a second key instead of
compared all with all, so the number of pairs grows in proportion to the number of records.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from aponia.literature.dedupe.prepare import Prepared

__all__ = ["candidate_pairs"]

#: A block of up to this many records is compared all with all.
_FULL = 40
#: In a larger block every record meets this many neighbours in the order of its title.
_NEIGHBOURS = 8
#: Pairs gathered before those found twice are put together.
_FLUSH = 4_000_000


def _keys(p: Prepared, count: Counter[str]) -> Iterator[tuple[str, ...]]:
    if p.doi:
        yield ("d", p.doi)
    if p.pmid:
        yield ("p", p.pmid)
    if p.registry:
        yield ("r", p.registry)
    author = p.families[0] if p.families else ""
    if p.tight:
        yield ("t", p.tight[:24])
        yield ("e", p.tight[-24:])
        # The rarest words survive a changed beginning, a translated part or a lost subtitle.
        rare = sorted({w for w in p.words if len(w) > 2}, key=lambda w: (count[w], w))
        if len(rare) > 2:
            yield ("w", *sorted(rare[:3]))
            yield ("x", *sorted(rare[1:4]))
            yield ("y", *sorted((rare[0], rare[1])), str(p.year))
        if len(rare) > 4:
            yield ("z", *sorted(rare[2:5]))
    if p.first_page and p.volume:
        yield ("v", p.volume, p.first_page)
    if p.first_page and p.year:
        yield ("f", str(p.year), p.first_page, p.journal[0][:3] if p.journal else "")
    if author:
        if p.first_page:
            yield ("a", author, p.first_page)
        yield ("b", author, str(p.year))
        if p.volume:
            yield ("c", author, p.volume)
        if p.words:
            yield ("g", author, p.words[0], p.words[-1])
        if len(p.families) > 1:
            yield ("h", author, p.families[1], p.families[-1])


def candidate_pairs(prepared: Sequence[Prepared]) -> np.ndarray:
    """Return index pairs ``(i, j)`` with ``i < j``, sorted, each once.

    Parameters
    ----------
    prepared : sequence of Prepared, length n

    Returns
    -------
    ndarray of int64, shape (pairs, 2)
    """
    count: Counter[str] = Counter(w for p in prepared for w in set(p.words))
    blocks: defaultdict[int, list[int]] = defaultdict(list)
    for p in prepared:
        for key in set(_keys(p, count)):
            # The hash, not the key: a clash only costs one needless comparison.
            blocks[hash(key)].append(p.index)
    size = len(prepared)
    # A pair as one number: tens of millions of tuples would not fit beside the records.
    codes = array("q")
    found: list[np.ndarray] = []
    for members in blocks.values():
        if len(members) < 2:
            continue
        if len(members) <= _FULL:
            codes.extend(i * size + j for i, j in combinations(members, 2))
        else:
            for order in (_by_title, _by_author):
                ranked = sorted(members, key=lambda i, o=order: o(prepared[i]))  # type: ignore[misc]
                for place, i in enumerate(ranked):
                    codes.extend(
                        min(i, j) * size + max(i, j)
                        for j in ranked[place + 1 : place + 1 + _NEIGHBOURS]
                    )
        if len(codes) > _FLUSH:
            found.append(np.unique(np.frombuffer(codes, dtype=np.int64)))
            codes = array("q")
    if codes:
        found.append(np.unique(np.frombuffer(codes, dtype=np.int64)))
    unique = np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)
    return np.column_stack(np.divmod(unique, max(size, 1)))


def _by_title(p: Prepared) -> tuple[str, ...]:
    return (p.tight, p.families[0] if p.families else "", p.first_page)


def _by_author(p: Prepared) -> tuple[str, ...]:
    return (p.families[0] if p.families else "", p.volume, p.first_page, p.tight)
