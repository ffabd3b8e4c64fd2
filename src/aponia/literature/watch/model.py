"""What the watch is told of the evidence base, and what it finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from aponia.literature.record import Record

__all__ = ["Base", "DueQuestion", "Finding", "KnownTrial", "WatchError"]


class WatchError(ValueError):
    """The watch can not do what was asked; the message says why and how to go on."""


@dataclass(frozen=True, slots=True)
class KnownTrial:
    """A registered trial as the evidence base has it.

    Parameters
    ----------
    id : str
        Registry number.
    title, url : str
    status : str or None
        In the words of `aponia.literature.sources.trials.STATUSES`.
    enrollment : int or None
        People.
    start, completion : str or None
        YYYY, YYYY-MM or YYYY-MM-DD.
    primary_outcomes : tuple of str or None
        As the base words them, which may be a summary.
    results_posted : bool or None
    reported_in : tuple of str
        Ids of the studies of the base that report it.
    """

    id: str
    title: str
    url: str
    status: str | None = None
    enrollment: int | None = None
    start: str | None = None
    completion: str | None = None
    primary_outcomes: tuple[str, ...] | None = None
    results_posted: bool | None = None
    reported_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DueQuestion:
    """A living question with its dates, each YYYY, YYYY-MM, YYYY-MM-DD or None."""

    id: str
    short: str
    last_search: str | None
    next_due: str | None


@dataclass(frozen=True, slots=True)
class Base:
    """What the watch needs of an evidence base, as plain values.

    Parameters
    ----------
    studies : tuple of Record
        The included studies; `Record.id` is the study's id.
    trials : tuple of KnownTrial
    questions : tuple of DueQuestion
    """

    studies: tuple[Record, ...] = ()
    trials: tuple[KnownTrial, ...] = ()
    questions: tuple[DueQuestion, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person should look at; it stays until a person says that it is done.

    Parameters
    ----------
    id : int
        Number in the database; 0 before it is kept.
    kind : str
        ``drift``, ``overdue``, ``no-results`` or ``label``.
    subject : str
        Registry number, or the label's set id.
    data : mapping
        Plain values; `aponia.literature.watch.telling` says them in words.
    found_on : date
    done_by : str
        Empty while it is open.
    note : str
        What the person said.
    """

    id: int
    kind: str
    subject: str
    data: Mapping[str, Any] = field(hash=False)
    found_on: date
    done_by: str = ""
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe values."""
        return asdict(self) | {"data": dict(self.data), "found_on": self.found_on.isoformat()}
