"""New records into the watch's review, except what the base has already."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from aponia.literature.dedupe import dedupe
from aponia.literature.record import Record
from aponia.literature.store import Review
from aponia.literature.store.importing import add_records
from aponia.literature.watch.model import Base
from aponia.literature.watch.state import Item, State

__all__ = ["in_base", "take_in"]

_REGISTERS = frozenset({"clinicaltrials-gov", "isrctn", "ctis", "ictrp"})


def take_in(state: State, review: Review, base: Base, labels: Mapping[str, str], who: str) -> int:
    """Import the records that wait, one batch a source; return the number of new publications.

    A record that is a study of the base, or a registration of one of its trials, is noted as such and
    not imported. Each batch and the note that it is imported are one transaction.
    """
    waiting = state.items(waiting=True)
    known = in_base(waiting, base)
    added = 0
    for source in dict.fromkeys(i.source for i in waiting):
        mine = [i for i in waiting if i.source == source]
        old = [(i.id, known[i.id], None) for i in mine if i.id in known]
        new = [i for i in mine if i.id not in known]
        if not new:
            with review._transaction() as c:
                state.settle(c, old)
            continue
        day = max(i.found_on for i in new)
        name = f"watch of {day}, {source}"
        # Named by the items themselves, so that a batch can not be imported twice.
        digest = hashlib.sha256("|".join(["watch", str(review.id), *(str(i.id) for i in new)]).encode()).hexdigest()  # fmt: skip
        head: dict[str, Any] = {
            "file": name, "sha256": digest, "format": "watch", "database": labels.get(source, source),
            "kind": "register" if source in _REGISTERS else "database", "records": len(new), "problems": [],
        }  # fmt: skip

        def also(
            c: sa.Connection,
            keys: list[int],
            new: list[Item] = new,
            old: list[tuple[int, str, None]] = old,
        ) -> None:
            state.settle(c, [*old, *((i.id, "", k) for i, k in zip(new, keys, strict=True))])

        records = [replace(i.record, file=name) for i in new]
        added += add_records(review, records, head, who=who, also=also).new_publications
    return added


def in_base(items: Sequence[Item], base: Base) -> dict[int, str]:
    """Return, by item, the study or trial of the base that a record is.

    A study is known by its DOI, its PubMed number, or as the same publication by comparison. A
    registration number shows a *registration* to be known; a paper that names the number of a known
    trial may be its results, so it is never taken for known by that.
    """
    dois = {r.doi.lower(): r.id for r in base.studies if r.doi}
    pmids = {r.pmid: r.id for r in base.studies if r.pmid}
    trials = {n: r.id for r in base.studies for n in r.registrations} | {
        k.id: k.id for k in base.trials
    }
    out: dict[int, str] = {}
    for item in items:
        record = item.record
        if item.source in _REGISTERS:
            hit = next(
                (trials[n] for n in record.registrations or (record.id,) if n in trials), None
            )
        else:
            hit = dois.get(record.doi.lower()) if record.doi else None
            hit = hit or (pmids.get(record.pmid) if record.pmid else None)
        if hit:
            out[item.id] = hit
    rest = [i for i in items if i.id not in out and i.source not in _REGISTERS]
    if rest and base.studies:
        out |= _same_publication(rest, base.studies)
    return out


def _same_publication(items: Sequence[Item], studies: Sequence[Record]) -> dict[int, str]:
    records = [replace(r, id=f"base {k}") for k, r in enumerate(studies)]
    records += [replace(i.record, id=f"item {i.id}") for i in items]
    out: dict[int, str] = {}
    for group in dedupe(records).groups:
        of_base = [studies[g].id for g in group if g < len(studies)]
        if of_base:
            out |= {items[g - len(studies)].id: of_base[0] for g in group if g >= len(studies)}
    return out
