"""The seam: what a source is asked, and what it gives back a page at a time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, Protocol

from aponia.literature.record import Record
from aponia.literature.sources.errors import SourceError
from aponia.literature.sources.safety_rows import LabelRow, ReactionCount
from aponia.literature.sources.trials import TrialEntry

__all__ = ["DateKind", "Page", "Place", "Query", "Source"]

#: Which of a record's dates a window is about: when the source took it in, when the source last
#: changed it, or when it was published. Empty stands for the source's own choice.
DateKind = Literal["", "added", "changed", "published"]


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for.

    Parameters
    ----------
    text : str
        In the source's own syntax; each client says which.
    since, until : date or None
        Window, both days included; None leaves that side open.
    dates : {"", "added", "changed", "published"}
        The date the window is about.
    fields : mapping of str to str
        Further parameters of sources that search by parts, ``query.cond`` for instance.
    """

    text: str = ""
    since: date | None = None
    until: date | None = None
    dates: DateKind = ""
    fields: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if self.since and self.until and self.until < self.since:
            raise ValueError(
                f"the window ends ({self.until}) before it begins ({self.since}); swap --since and --until"
            )

    @property
    def digest(self) -> str:
        """Short fingerprint, so that a cursor is never used with another query."""
        parts = [
            self.text,
            str(self.since),
            str(self.until),
            self.dates,
            sorted(self.fields.items()),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an answer; what a caller has stored is complete up to `cursor`.

    Parameters
    ----------
    records : tuple of Record
        In the source's order; empty for the safety sources.
    trials : tuple of TrialEntry
        One a record for registers, in the same order; empty for other sources.
    rows : tuple of LabelRow or ReactionCount
        For the safety sources.
    cursor : str or None
        Where the next page begins; None after the last one.
    total : int or None
        Items the source says there are, before any filtering here.
    done : int
        Items of the source read so far, this page included, before any filtering here.
    dropped : int
        Items of this page that did not fit the query and were left out here.
    raw : bytes
        The answer as sent, keys taken out.
    fetched_at : datetime
        In UTC.
    url : str
        Address asked, without keys.
    notes : tuple of str
        What a searcher should know: words the source ignored, records it did not hand out.
    """

    records: tuple[Record, ...] = ()
    trials: tuple[TrialEntry, ...] = ()
    rows: tuple[LabelRow | ReactionCount, ...] = ()
    cursor: str | None = None
    total: int | None = None
    done: int = 0
    dropped: int = 0
    raw: bytes = b""
    fetched_at: datetime | None = None
    url: str = ""
    notes: tuple[str, ...] = ()


class Source(Protocol):
    """A place that is searched: a database, a register, a folder of exports."""

    @property
    def name(self) -> str:
        """Name in commands and cursors."""
        ...  # pragma: no cover

    @property
    def label(self) -> str:
        """Name for people."""
        ...  # pragma: no cover

    def pages(self, query: Query, *, cursor: str | None = None) -> Iterator[Page]:
        """Yield the pages from a cursor on, from the start without one."""
        ...  # pragma: no cover


@dataclass(frozen=True, slots=True)
class Place:
    """Where a search stands: the source's own token, and what was counted on the way.

    Parameters
    ----------
    token : mapping of str to JSON value
        The client's own position.
    done : int
        Items read so far.
    total : int or None
        The smallest total the source has stated so far: items may be added while we read.
    """

    token: Mapping[str, Any]
    done: int = 0
    total: int | None = None

    def write(self, source: str, query: Query) -> str:
        """Return the cursor: plain ASCII without blanks, to be stored anywhere."""
        value = {
            "s": source,
            "q": query.digest,
            "t": dict(self.token),
            "n": self.done,
            "m": self.total,
        }
        return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode()

    @classmethod
    def read(cls, cursor: str, source: str, query: Query) -> Place:
        """Read what `write` gave.

        Raises
        ------
        SourceError
            No cursor of ours, or one of another source or query.
        """
        try:
            value = json.loads(
                base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
            )
            name, digest, token, done, total = (value[k] for k in ("s", "q", "t", "n", "m"))
            if not isinstance(token, dict) or type(done) is not int or done < 0:
                raise TypeError
            if total is not None and type(total) is not int:
                raise TypeError
        except (binascii.Error, UnicodeError, ValueError, KeyError, TypeError, RecursionError):
            raise SourceError(source, f"{cursor[:40]!r} is no cursor of this program") from None
        if name != source or digest != query.digest:
            what = f"of the source {name}" if name != source else "of another query or date window"
            raise SourceError(
                source, f"the cursor is {what}; begin anew, or ask what was asked then"
            )
        return cls(token, done, total)
