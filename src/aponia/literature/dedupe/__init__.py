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

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from aponia.literature.dedupe.blocking import candidate_pairs
from aponia.literature.dedupe.clusters import Join, cluster
from aponia.literature.dedupe.compare import EVIDENCE, compare
from aponia.literature.dedupe.explain import reasons
from aponia.literature.dedupe.gold import against_gold
from aponia.literature.dedupe.prepare import Prepared, prepare
from aponia.literature.dedupe.weights import probability, score
from aponia.literature.record import Record

__all__ = ["Dedupe", "Link", "Merge", "Publication", "against_gold", "dedupe"]


@dataclass(frozen=True, slots=True)
class Merge:
    """Why two records were taken for one publication."""

    a: str
    b: str
    probability: float
    because: tuple[str, ...]
    against: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """Two publications that look like reports of one study."""

    a: str
    b: str
    because: str


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
    records: Sequence[Record], *, progress: Callable[[int, int, str], None] | None = None
) -> Dedupe:
    """Find the duplicates among records.

    Parameters
    ----------
    records : sequence of Record
    progress : callable, optional
        Called with (done, total, what).

    Returns
    -------
    Dedupe
    """
    import numpy as np

    prepared = prepare(records)
    pairs = sorted(candidate_pairs(prepared))
    values = np.empty(len(pairs))
    step = 20_000
    for start in range(0, len(pairs), step):
        part = pairs[start : start + step]
        values[start : start + step] = score(
            np.array([compare(prepared[i], prepared[j]) for i, j in part])
        )
        if progress is not None:
            progress(min(start + step, len(pairs)), len(pairs), "pairs compared")

    def judge(i: int, j: int) -> float:
        return float(score(np.array(compare(prepared[i], prepared[j])))[0])

    groups, joins, refused = cluster(len(records), pairs, values.tolist(), judge)
    group_of = {i: g for g, members in enumerate(groups) for i in members}
    merges: dict[int, list[Merge]] = {}
    for join in joins:
        merges.setdefault(group_of[join.a], []).append(_merge(records, prepared, join))
    publications = [
        Publication(tuple(records[i] for i in members), tuple(merges.get(g, ())))
        for g, members in enumerate(groups)
    ]
    links = _links(records, prepared, pairs, values.tolist(), group_of)
    apart = [_merge(records, prepared, j) for j in refused if group_of[j.a] != group_of[j.b]]
    return Dedupe(publications, links, groups, apart)


def _merge(records: Sequence[Record], prepared: Sequence[Prepared], join: Join) -> Merge:
    pro, con = reasons(compare(prepared[join.a], prepared[join.b]))
    return Merge(
        records[join.a].id, records[join.b].id, probability(join.log_odds), tuple(pro), tuple(con)
    )


def _links(
    records: Sequence[Record], prepared: Sequence[Prepared], pairs: Sequence[tuple[int, int]],
    values: Sequence[float], group_of: dict[int, int],
) -> list[Link]:  # fmt: skip
    """Link publications that share a registry number, or title and authors in another place."""
    at = {name: place for place, name in enumerate(EVIDENCE)}
    links: dict[tuple[int, int], Link] = {}

    def link(i: int, j: int, because: str) -> None:
        key = (min(group_of[i], group_of[j]), max(group_of[i], group_of[j]))
        if key[0] != key[1]:
            links.setdefault(key, Link(records[i].id, records[j].id, because))

    for (i, j), value in zip(pairs, values, strict=True):
        if value < -16 or group_of[i] == group_of[j] or prepared[i].common or prepared[j].common:
            continue
        row = compare(prepared[i], prepared[j])
        title = max(
            row[at["title_same"]],
            row[at["title_close"]],
            row[at["title_near"]],
            row[at["title_part"]],
        )
        if (
            title
            and (row[at["authors_same"]] or row[at["authors_overlap"]] >= 0.6)
            and not row[at["title_numbers_differ"]]
        ):
            what = (
                "a correction or retraction of it"
                if row[at["correction_differs"]]
                else "same title and authors in another place"
            )
            link(i, j, what)
    # A review cites many trials: only a number that few records state links them.
    holders: dict[str, list[int]] = {}
    for i, record in enumerate(records):
        for number in record.registrations[:3]:
            holders.setdefault(number, []).append(i)
    for number, members in holders.items():
        for other in members[1:30]:
            link(members[0], other, f"same trial registration {number}")
    return list(links.values())
