"""Walk the pages of a source: count, resume, and refuse an answer that does not add up."""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from aponia.literature.record import Record
from aponia.literature.sources.errors import SourceChanged, SourceError
from aponia.literature.sources.model import DateKind, Page, Place, Query
from aponia.literature.sources.patience import TransportSettings
from aponia.literature.sources.safety_rows import LabelRow, ReactionCount
from aponia.literature.sources.transport import Answer, Http
from aponia.literature.sources.trials import TrialEntry

__all__ = ["HttpSource", "Step", "walk"]


@dataclass(frozen=True, slots=True)
class Step:
    """What a client made of one answer.

    Parameters
    ----------
    items : int
        Items the source gave, kept or not.
    then : mapping or None
        Token of the next page; None when the source says this was the last.
    total : int or None
        Items in all, where the answer states it.
    """

    answer: Answer
    items: int
    then: Mapping[str, Any] | None
    total: int | None = None
    records: tuple[Record, ...] = ()
    trials: tuple[TrialEntry, ...] = ()
    rows: tuple[LabelRow | ReactionCount, ...] = ()
    notes: tuple[str, ...] = field(default=())


class HttpSource(ABC):
    """A source asked over HTTP; a client writes `start` and `step`.

    Parameters
    ----------
    base : str, optional
        Address instead of the real one, for tests; on this machine it may be plain http.
    settings : TransportSettings, optional
        Patience, cache and contact.
    rate : str, optional
        Instead of the source's own polite rate.
    size : int, optional
        Items a page.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    home: ClassVar[str]
    polite: ClassVar[str]
    page_size: ClassVar[int]
    #: Parameter of the key and the environment variable that holds it.
    key: ClassVar[tuple[str, str]] = ("", "")
    #: Which dates a window may be about; the first is the source's own choice.
    dates: ClassVar[tuple[DateKind, ...]] = ()

    def __init__(
        self,
        base: str = "",
        *,
        settings: TransportSettings | None = None,
        rate: str = "",
        size: int = 0,
    ) -> None:
        settings = settings or TransportSettings.from_environment()
        secret = _secret(self.name, self.key[1])
        self.has_key = bool(secret)
        self.size = size or self.page_size
        self.http = Http(
            self.name,
            base or self.home,
            rate=rate or self.polite_rate(),
            settings=settings,
            secrets={self.key[0]: secret} if secret else {},
            public=self.introduction(settings.contact),
        )

    def polite_rate(self) -> str:
        """Return requests a time the source allows, as `limits` reads it."""
        return self.polite

    def introduction(self, contact: str) -> dict[str, str]:
        """Return parameters that tell the source who asks."""
        return {}

    def close(self) -> None:
        """Close connections."""
        self.http.close()

    @abstractmethod
    def start(self, query: Query) -> Mapping[str, Any]:
        """Return the token of the first page."""

    @abstractmethod
    def step(self, query: Query, token: Mapping[str, Any]) -> Step:
        """Ask for one page."""

    def window(self, query: Query) -> DateKind:
        """Return which date the query's window is about here.

        Raises
        ------
        SourceError
            The source can not tell that date.
        """
        if query.dates and query.dates not in self.dates:
            raise SourceError(
                self.name,
                f"has no window on the date {query.dates!r}; it has {', '.join(map(repr, self.dates)) or 'none'}",
            )
        return query.dates or (self.dates[0] if self.dates else "")

    def pages(self, query: Query, *, cursor: str | None = None) -> Iterator[Page]:
        """Yield the pages from a cursor on; see `walk` for the guards."""
        self.window(query)
        return walk(self.name, query, self.start, self.step, cursor)


def _secret(source: str, variable: str) -> str:
    secret = os.environ.get(variable, "").strip() if variable else ""
    # A key is blotted out of all that is kept, so it may not be a piece of an ordinary word.
    if secret and not re.fullmatch(r"[!-~]{8,200}", secret):
        raise SourceError(
            source,
            f"{variable} does not look like a key: expected 8 to 200 characters without blanks",
        )
    return secret


def walk(
    source: str,
    query: Query,
    start: Any,
    step: Any,
    cursor: str | None,
) -> Iterator[Page]:
    """Yield pages until the source has no more.

    Every page is counted against the total that the source states, so that an empty page or an
    early end is told instead of taken for the whole.

    Raises
    ------
    SourceChanged
        A page is empty though items are left, a token comes twice, or more items came than stated.
    SourceError
        The pages end before the stated total, or the cursor is of another query.
    """
    place = Place.read(cursor, source, query) if cursor else Place(start(query))
    most = place.total
    while True:
        found: Step = step(query, place.token)
        done = place.done + found.items
        known = [t for t in (place.total, found.total) if t is not None]
        least = min(known, default=None)
        most = max([*known, *([most] if most is not None else [])], default=None)
        url = found.answer.url
        if least is not None and not found.items and done < least:
            raise SourceChanged(
                source, f"the page is empty though {done} of {least} items were given; expected the next items", url
            )  # fmt: skip
        if most is not None and done > most:
            raise SourceChanged(
                source, f"gave {done} items though it states {most} in all; it may give the same page again and again", url
            )  # fmt: skip
        if found.then is not None and dict(found.then) == dict(place.token):
            raise SourceChanged(source, "the next page has the same token as this one", url)
        if found.then is None and least is not None and done < least:
            raise SourceError(source, f"ended after {done} of {least} items; ask again later", url)
        place = Place(found.then or {}, done, least)
        yield Page(
            records=found.records, trials=found.trials, rows=found.rows,
            cursor=None if found.then is None else place.write(source, query),
            total=least, done=done,
            dropped=max(0, found.items - len(found.records)) if not found.rows else 0,
            raw=found.answer.raw, fetched_at=found.answer.fetched_at, url=url, notes=found.notes,
        )  # fmt: skip
        if found.then is None:
            return
