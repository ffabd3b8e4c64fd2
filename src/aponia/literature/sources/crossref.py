"""Crossref by its REST API.

Checked: https://www.crossref.org/documentation/retrieve-metadata/rest-api/rest-api-filters/ (filters
as ``name:value`` joined by commas, ``from-created-date``), …/access-and-authentication (``mailto``
in the parameters or the agent for the polite pool, 429 on excess, five requests at a time; limits
stated in ``x-rate-limit-limit``), https://rdrr.io/github/ropensci/rcrossref/ (``cursor=*``,
``next-cursor``). Limits were lowered on 2025-12-01 by an announcement whose figures could not be
read: one request a second is our choice. ``from-index-date`` and the names with ``until-`` are from
memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, Field

from aponia.literature.readers.services import crossref_record
from aponia.literature.sources.errors import SourceError
from aponia.literature.sources.guards import envelope, items_hold
from aponia.literature.sources.matching import matcher, words_of
from aponia.literature.sources.model import DateKind, Query
from aponia.literature.sources.reading import records_from
from aponia.literature.sources.walking import HttpSource, Step

__all__ = ["Crossref"]

_FIELDS = {"added": "created-date", "changed": "index-date", "published": "pub-date"}


class _Message(BaseModel):
    total_results: int = Field(ge=0, alias="total-results")
    next_cursor: str | None = Field(default=None, alias="next-cursor")
    items: list[dict[str, Any]]


class _Answer(BaseModel):
    status: Literal["ok"]
    message: _Message


class Crossref(HttpSource):
    """Crossref; the query is Boolean, see `aponia.literature.sources.matching`.

    Crossref itself finds works with *any* of the words and knows no AND; what does not fit the
    query by title and abstract is left out here and counted in `Page.dropped`. Give a window:
    without one a common word means millions of works.

    Windows: ``added`` (DOI created, the default), ``changed`` (indexed anew), ``published``.
    """

    name = "crossref"
    label = "Crossref"
    home = "https://api.crossref.org"
    polite = "1/second"
    page_size = 500
    dates: ClassVar[tuple[DateKind, ...]] = ("added", "changed", "published")

    def introduction(self, contact: str) -> dict[str, str]:
        """Return ``mailto``, for the polite pool."""
        return {"mailto": contact}

    def start(self, query: Query) -> Mapping[str, Any]:
        """Begin with the cursor ``*``."""
        if not words_of(query.text):
            raise SourceError(self.name, "needs a query")
        matcher(query.text)
        return {"cursor": "*", "given": 0}

    def step(self, query: Query, token: Mapping[str, Any]) -> Step:
        """Ask for the page at a cursor, and keep what fits."""
        params = {
            "query.bibliographic": words_of(query.text), "rows": self.size, "cursor": token["cursor"],
        }  # fmt: skip
        field = _FIELDS[self.window(query)]
        filters = [f"{side}-{field}:{day}" for side, day in (("from", query.since), ("until", query.until)) if day]  # fmt: skip
        if filters:
            params["filter"] = ",".join(filters)
        answer = self.http.json("works", params)
        message = envelope(_Answer, answer, self.name).message
        items_hold(message.items, ("DOI",), ("title",), answer, self.name)
        fits = matcher(query.text)
        records = tuple(
            r for r in records_from(message.items, crossref_record, self.label) if fits(f"{r.title} {r.abstract}")
        )  # fmt: skip
        given = int(token["given"]) + len(message.items)
        # Crossref hands out a cursor for ever; the count says when it is over.
        last = given >= message.total_results or not message.items
        if not last and not message.next_cursor:
            raise SourceError(self.name, f"gave no next-cursor after {given} of {message.total_results} works", answer.url)  # fmt: skip
        return Step(
            answer, len(message.items), None if last else {"cursor": message.next_cursor, "given": given},
            message.total_results, records,
        )  # fmt: skip
