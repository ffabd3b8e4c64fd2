"""bioRxiv and medRxiv by their shared API.

Checked: https://api.biorxiv.org/details/medrxiv/help, read whole by search:
``/details/{server}/{from}/{to}/{cursor}/json``, ``messages`` with cursor, count and total,
``collection``. The page says 100 a call; programs in use find 30 at times, so the next page begins
after as many as were given. There is no search by words: the whole window is read, and the query
is applied here to title and abstract. The window is of the day a version was posted, so a new
version comes again, as a record of its own. That an empty window answers ``no posts found`` is from
memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from pydantic import BaseModel

from aponia.literature.readers.identifiers import find_doi, registrations, year_of
from aponia.literature.readers.registers import compact
from aponia.literature.readers.text import plain
from aponia.literature.record import Record
from aponia.literature.sources.errors import SourceChanged, SourceError
from aponia.literature.sources.guards import envelope, items_hold
from aponia.literature.sources.matching import matcher
from aponia.literature.sources.model import DateKind, Query
from aponia.literature.sources.reading import records_from
from aponia.literature.sources.walking import HttpSource, Step

__all__ = ["BioRxiv", "MedRxiv"]


class _Answer(BaseModel):
    messages: list[dict[str, Any]]
    collection: list[dict[str, Any]]


class BioRxiv(HttpSource):
    """bioRxiv; the query is Boolean, see `aponia.literature.sources.matching`, and a window is needed."""

    name = "biorxiv"
    label = "bioRxiv"
    home = "https://api.biorxiv.org"
    polite = "2/second"
    page_size = 100
    dates: ClassVar[tuple[DateKind, ...]] = ("added",)

    def start(self, query: Query) -> Mapping[str, Any]:
        """Begin at the first preprint of the window; an open end becomes today, for good."""
        if query.since is None:
            raise SourceError(
                self.name, "can not search by words, only list a window: give --since"
            )
        matcher(query.text)
        return {"until": str(query.until or datetime.now(UTC).date()), "at": 0}

    def step(self, query: Query, token: Mapping[str, Any]) -> Step:
        """List the preprints from a position on, and keep what fits."""
        at = int(token["at"])
        answer = self.http.json(f"details/{self.name}/{query.since}/{token['until']}/{at}/json")
        held = envelope(_Answer, answer, self.name)
        told = held.messages[0] if held.messages else {}
        status = str(told.get("status", ""))
        if status == "no posts found" and not held.collection and not at:
            return Step(answer, 0, None, 0)
        if status != "ok":
            raise SourceChanged(
                self.name, f"expected the status 'ok', found {status!r}", answer.url
            )
        total = str(told.get("total", ""))
        if not total.isdecimal():
            raise SourceChanged(self.name, f"messages[0].total is {total!r}, expected a count", answer.url)  # fmt: skip
        items = held.collection
        items_hold(items, ("doi", "version", "title"), ("abstract", "authors"), answer, self.name)
        fits = matcher(query.text)
        made = records_from(items, self._record, self.label)
        records = tuple(r for r in made if fits(f"{r.title} {r.abstract}"))
        given = at + len(items)
        last = given >= int(total) or not items
        then = None if last else {"until": token["until"], "at": given}
        return Step(answer, len(items), then, int(total), records)

    def _record(self, item: dict[str, Any], own_id: str, line: int) -> Record:
        title, abstract = plain(str(item["title"])), plain(str(item.get("abstract") or ""))
        doi = find_doi(str(item["doi"]))
        numbers = registrations([title, abstract])
        names = tuple(n for p in str(item.get("authors") or "").split(";") if (n := plain(p)))
        return Record(
            id=f"{doi}v{item['version']}", title=title, abstract=abstract, authors=names,
            year=year_of(str(item.get("date") or "")), journal=self.label, doi=doi,
            types=("Preprint",), keywords=(plain(str(item.get("category") or "")),) if item.get("category") else (),
            registrations=numbers, nct=next((n for n in numbers if n.startswith("NCT")), ""),
            url=f"https://doi.org/{doi}", source=self.label, line=line, raw={"json": (compact(item),)},
        )  # fmt: skip


class MedRxiv(BioRxiv):
    """medRxiv; as `BioRxiv`."""

    name = "medrxiv"
    label = "medRxiv"
    home = "https://api.medrxiv.org"
