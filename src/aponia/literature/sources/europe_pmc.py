"""Europe PMC by its REST service.

Checked: parameters ``query``, ``resultType``, ``pageSize`` (1,000 at most), ``cursorMark``
(``*`` first) in https://docs.ropensci.org/europepmc/ and the rOpenSci documentation of the service;
the last page echoes its own mark. Envelope ``hitCount``, ``nextCursorMark``, ``resultList.result``
from answers captured by others; ``FIRST_PDATE:[… TO …]`` with an end in the year 3000 from
https://wiki.nested-knowledge.com/doku.php?id=wiki:autolit:search:europepmc. ``searchPOST`` for long
queries is seen in the code of several programs. ``UPDATE_DATE`` and ``FIRST_IDATE`` are from memory
of https://europepmc.org/Help. No rate is documented; five a second is our choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from aponia.literature.readers.services import europepmc_record
from aponia.literature.sources.errors import SourceError
from aponia.literature.sources.guards import envelope, items_hold
from aponia.literature.sources.model import DateKind, Query
from aponia.literature.sources.reading import records_from
from aponia.literature.sources.walking import HttpSource, Step

__all__ = ["EuropePmc"]

_FIELDS = {"added": "FIRST_IDATE", "changed": "UPDATE_DATE", "published": "FIRST_PDATE"}
_LONG = 1500


class _List(BaseModel):
    result: list[dict[str, Any]]


class _Answer(BaseModel):
    total: int = Field(ge=0, alias="hitCount")
    mark: str | None = Field(default=None, alias="nextCursorMark")
    results: _List = Field(alias="resultList")


class EuropePmc(HttpSource):
    """Europe PMC, preprints and PubMed among its sources; the query is in its own syntax.

    Windows: ``added`` (first indexed, the default), ``changed``, ``published``.
    """

    name = "europe-pmc"
    label = "Europe PMC"
    home = "https://www.ebi.ac.uk/europepmc/webservices/rest"
    polite = "5/second"
    page_size = 200
    dates: ClassVar[tuple[DateKind, ...]] = ("added", "changed", "published")

    def start(self, query: Query) -> Mapping[str, Any]:
        """Begin with the mark ``*``."""
        if not query.text.strip():
            raise SourceError(self.name, "needs a query")
        return {"mark": "*"}

    def step(self, query: Query, token: Mapping[str, Any]) -> Step:
        """Ask for the page at a mark."""
        text = query.text
        if query.since or query.until:
            since, until = query.since or "1500-01-01", query.until or "3000-12-31"
            text = f"({text}) AND ({_FIELDS[self.window(query)]}:[{since} TO {until}])"
        params = {
            "query": text, "resultType": "core", "format": "json",
            "pageSize": self.size, "cursorMark": token["mark"],
        }  # fmt: skip
        if len(text) > _LONG:
            answer = self.http.json("searchPOST", form=params)
        else:
            answer = self.http.json("search", params)
        if isinstance(answer.value, dict) and "errMsg" in answer.value:
            raise SourceError(self.name, f"refused the query: {str(answer.value['errMsg'])[:200]}", answer.url)  # fmt: skip
        held = envelope(_Answer, answer, self.name)
        items = held.results.result
        items_hold(items, ("id", "source"), ("title",), answer, self.name)
        mark = held.mark
        last = not mark or mark == token["mark"] or not items
        records = records_from(items, europepmc_record, self.label)
        return Step(answer, len(items), None if last else {"mark": mark}, held.total, records)
