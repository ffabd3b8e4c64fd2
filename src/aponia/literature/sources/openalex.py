"""OpenAlex by its API.

Checked: https://developers.openalex.org/guides/page-through-results (``cursor=*``,
``meta.next_cursor``, ``per_page`` up to 100), https://developers.openalex.org/api-reference/authentication
(an ``api_key`` is required since 2026-02-13; without one a few requests a day, and cursors are
refused with 401, by a client's change log of October 2026), /errors (403 and 429), and
https://docs.openalex.org/api-entities/works/filter-works. ``from_created_date`` and
``from_updated_date`` need a key, by https://rdrr.io/github/KTH-Library/openalex/man/openalex_key.html;
that ``to_created_date`` and ``to_updated_date`` exist could not be checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from aponia.literature.readers.services import openalex_record
from aponia.literature.sources.errors import SourceError
from aponia.literature.sources.guards import envelope, items_hold
from aponia.literature.sources.model import DateKind, Query
from aponia.literature.sources.reading import records_from
from aponia.literature.sources.walking import HttpSource, Step

__all__ = ["OpenAlex"]

_FIELDS = {"added": "created_date", "changed": "updated_date", "published": "publication_date"}
_PREFIX = "filter=title_and_abstract.search:"


class _Meta(BaseModel):
    count: int = Field(ge=0)
    next_cursor: str | None


class _Answer(BaseModel):
    meta: _Meta
    results: list[dict[str, Any]]


class OpenAlex(HttpSource):
    """OpenAlex; the query is words with AND, OR, NOT, searched in title and abstract.

    Windows: ``added`` (the default) and ``changed``, which need OPENALEX_API_KEY, and ``published``.
    """

    name = "openalex"
    label = "OpenAlex"
    home = "https://api.openalex.org"
    polite = "10/second"
    page_size = 100
    key = ("api_key", "OPENALEX_API_KEY")
    dates: ClassVar[tuple[DateKind, ...]] = ("added", "changed", "published")

    def introduction(self, contact: str) -> dict[str, str]:
        """Return ``mailto``."""
        return {"mailto": contact}

    def start(self, query: Query) -> Mapping[str, Any]:
        """Begin with the cursor ``*``."""
        if not query.text.strip():
            raise SourceError(self.name, "needs a query")
        if "," in query.text:
            raise SourceError(self.name, "a comma in the query would end it there; leave it out")
        kind = self.window(query)
        if (query.since or query.until) and kind != "published" and not self.has_key:
            raise SourceError(
                self.name, f"a window on the date {kind!r} needs a key in OPENALEX_API_KEY (free at openalex.org); --dates published needs none"
            )  # fmt: skip
        return {"cursor": "*"}

    def step(self, query: Query, token: Mapping[str, Any]) -> Step:
        """Ask for the page at a cursor."""
        filters = [f"title_and_abstract.search:{query.text.removeprefix(_PREFIX)}"]
        field = _FIELDS[self.window(query)]
        if query.since:
            filters.append(f"from_{field}:{query.since}")
        if query.until:
            filters.append(f"to_{field}:{query.until}")
        answer = self.http.json(
            "works", {"filter": ",".join(filters), "per_page": self.size, "cursor": token["cursor"]},
            allow=frozenset({400, 401, 403}),
        )  # fmt: skip
        if answer.status != 200:
            told = answer.value.get("message", "") if isinstance(answer.value, dict) else ""
            hint = "" if self.has_key else "; set OPENALEX_API_KEY (free at openalex.org)"
            raise SourceError(self.name, f"answered {answer.status}: {str(told)[:200]}{hint if answer.status != 400 else ''}", answer.url)  # fmt: skip
        held = envelope(_Answer, answer, self.name)
        items_hold(held.results, ("id",), ("title", "publication_year"), answer, self.name)
        token_next = held.meta.next_cursor
        last = token_next is None or not held.results
        records = records_from(held.results, openalex_record, self.label)
        return Step(
            answer, len(held.results), None if last else {"cursor": token_next}, held.meta.count, records
        )  # fmt: skip
