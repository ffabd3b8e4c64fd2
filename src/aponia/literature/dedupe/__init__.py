"""Deduplication: which records are one publication, which publications are one study.

Two levels. Records of one *publication* (the same article in three databases) are merged: one is
shown, all are kept, and every merge can be explained and undone. Publications of one *study*
(a congress abstract and its paper, an erratum, a trial's registration) are linked, never merged.

>>> from aponia.literature import Record
>>> records = [
...     Record("a", title="Psilocybin for cluster headache", authors=("Schindler, E",), year=2022, journal="Headache", pages="1461-1473", volume="62"),
...     Record("b", title="Psilocybin for cluster headache.", authors=("Schindler E",), year=2022, journal="Headache", pages="1461-73"),
... ]
>>> [[r.id for r in p.records] for p in dedupe(records).publications]
[['a', 'b']]
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from aponia.literature.dedupe.blocking import candidate_pairs
from aponia.literature.dedupe.clusters import Join, cluster
from aponia.literature.dedupe.compare import compare
from aponia.literature.dedupe.explain import reasons
from aponia.literature.dedupe.gold import against_gold
from aponia.literature.dedupe.links import Link, find_links, looks_alike
from aponia.literature.dedupe.prepare import Prepared, prepare
from aponia.literature.dedupe.weights import probability, score
from aponia.literature.record import Record

__all__ = ["Dedupe", "Link", "Merge", "Publication", "against_gold", "dedupe"]

#: Pairs compared at once; their evidence is forgotten afterwards.
_STEP = 20_000
#: Below this even two reports of one study do not lie.
_UNLIKE = -16.0


@dataclass(frozen=True, slots=True)
class Merge:
    """Why two records were taken for one publication."""

    a: str
    b: str
    probability: float
    because: tuple[str, ...]
    against: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Publication:
    """Records of one publication, all of them kept."""

    records: tuple[Record, ...]
    merges: tuple[Merge, ...] = ()

    @property
    def best(self) -> Record:
        """The record that states most, its gaps filled from the others.

        The values of the other records stay in `records`; nothing is overwritten.
        """
        ranked = sorted(self.records, key=_richness, reverse=True)
        best = ranked[0]
        gaps: dict[str, Any] = {}
        for name in ("abstract", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid", "nct",
                     "keywords", "mesh", "types", "issn", "language", "url"):  # fmt: skip
            if not getattr(best, name):
                value = next((v for r in ranked[1:] if (v := getattr(r, name))), None)
                if value:
                    gaps[name] = value
        numbers = tuple(dict.fromkeys(n for r in ranked for n in r.registrations))
        return replace(best, registrations=numbers, **gaps)


def _richness(record: Record) -> tuple[bool, bool, bool, int, int]:
    return (
        bool(record.abstract),
        bool(record.doi),
        bool(record.pmid),
        len(record.mesh),
        len(record.abstract),
    )


@dataclass(frozen=True, slots=True)
class Dedupe:
    """The outcome: publications in order of their first record, and links between them."""

    publications: list[Publication]
    links: list[Link]
    groups: list[list[int]] = field(repr=False)
    refused: list[Merge] = field(default_factory=list)

    @property
    def removed(self) -> int:
        """How many records are copies of another."""
        return sum(len(p.records) - 1 for p in self.publications)

    def to_dict(self) -> dict[str, Any]:
        """Return the clusters of more than one record, with reasons, as JSON-safe values."""

        def told(merge: Merge) -> dict[str, Any]:
            return {"a": merge.a, "b": merge.b, "probability": round(merge.probability, 4),
                    "because": list(merge.because), "against": list(merge.against)}  # fmt: skip

        several = [p for p in self.publications if len(p.records) > 1]
        return {
            "records": sum(len(p.records) for p in self.publications),
            "publications": len(self.publications),
            "duplicates": self.removed,
            "clusters": [
                {"keep": p.best.id, "records": [r.id for r in p.records],
                 "sources": [{"id": r.id, "file": r.file, "line": r.line, "source": r.source} for r in p.records],
                 "merges": [told(m) for m in p.merges]}
                for p in several
            ],
            "links": [{"a": x.a, "b": x.b, "because": x.because} for x in self.links],
            "kept_apart": [told(m) for m in self.refused],
        }  # fmt: skip


def dedupe(
    records: Sequence[Record],
    *,
    apart: Iterable[tuple[str, str]] = (),
    progress: Callable[[int, int, str], None] | None = None,
) -> Dedupe:
    """Find the duplicates among records.

    Parameters
    ----------
    records : sequence of Record
    apart : iterable of (str, str)
        Ids of records that a person has told apart: a merge that was wrong is undone by naming
        its pair here, and does not come back by another way.
    progress : callable, optional
        Called with (done, total, what).

    Returns
    -------
    Dedupe

    Raises
    ------
    ValueError
        An id under `apart` is no record's.
    """
    with _collector_at_rest():
        return _dedupe(records, apart, progress)


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Keep the cycle collector from walking all records again and again; none of them is in a cycle.

    At 100,000 records it takes a third of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _dedupe(
    records: Sequence[Record],
    apart: Iterable[tuple[str, str]],
    progress: Callable[[int, int, str], None] | None,
) -> Dedupe:
    prepared = prepare(records)
    pairs = candidate_pairs(prepared)
    values = np.empty(len(pairs))
    alike = np.zeros(len(pairs), dtype=bool)
    for start in range(0, len(pairs), _STEP):
        part = pairs[start : start + _STEP].tolist()
        rows = np.array([compare(prepared[i], prepared[j]) for i, j in part])
        values[start : start + _STEP] = score(rows)
        alike[start : start + _STEP] = looks_alike(rows)
        if progress is not None:
            progress(min(start + _STEP, len(pairs)), len(pairs), "pairs compared")

    def judge(i: int, j: int) -> float:
        return float(score(np.array(compare(prepared[i], prepared[j])))[0])

    likely = np.flatnonzero(values > 0)
    strong = [(int(i), int(j)) for i, j in pairs[likely]]
    parted = _places(records, apart)
    groups, joins, refused = cluster(len(records), strong, values[likely].tolist(), judge, parted)
    group_of = {i: g for g, members in enumerate(groups) for i in members}
    merges: dict[int, list[Merge]] = {}
    for join in joins:
        merges.setdefault(group_of[join.a], []).append(_merge(records, prepared, join))
    publications = [
        Publication(tuple(records[i] for i in members), tuple(merges.get(g, ())))
        for g, members in enumerate(groups)
    ]
    links = find_links(records, prepared, pairs[alike & (values >= _UNLIKE)].tolist(), group_of)
    kept_apart = [_merge(records, prepared, j) for j in refused if group_of[j.a] != group_of[j.b]]
    return Dedupe(publications, links, groups, kept_apart)


def _places(
    records: Sequence[Record], pairs: Iterable[tuple[str, str]]
) -> frozenset[tuple[int, int]]:
    pairs = list(pairs)
    place = {r.id: i for i, r in enumerate(records)} if pairs else {}
    unknown = [name for pair in pairs for name in pair if name not in place]
    if unknown:
        raise ValueError(f"no record has the id {unknown[0]!r}")
    return frozenset((min(place[a], place[b]), max(place[a], place[b])) for a, b in pairs)


def _merge(records: Sequence[Record], prepared: Sequence[Prepared], join: Join) -> Merge:
    pro, con = reasons(compare(prepared[join.a], prepared[join.b]))
    return Merge(
        records[join.a].id, records[join.b].id, probability(join.log_odds), tuple(pro), tuple(con)
    )
