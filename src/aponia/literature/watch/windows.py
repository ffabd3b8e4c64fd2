"""Which days of a source are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

__all__ = ["FIRST_DAYS", "OVERLAP_DAYS", "Standing", "Window", "next_window"]

#: Days asked for again: sources index late, and put a record under the day it came in all the same.
OVERLAP_DAYS = 7
#: Days asked for at the very first run, without another first day.
FIRST_DAYS = 30
#: These are read whole at first: a change can only be seen against what was there before.
_WHOLE_AT_FIRST = frozenset({"openfda-labels"})
#: These have no window: they are few numbers, asked for whole each time.
_ALWAYS_WHOLE = frozenset({"openfda-events"})


@dataclass(frozen=True, slots=True)
class Window:
    """Days asked for, both included; `since` None means all there is. `cursor` None is the beginning."""

    since: date | None
    until: date
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a source stands, as the database keeps it.

    Parameters
    ----------
    since, until : date
        The window asked for last; `since` may be None.
    cursor : str or None
        Where a window that was broken off goes on.
    running : bool
        The window was not read to its end.
    complete_until : date or None
        Last day of the last window that was.
    """

    since: date | None
    until: date
    cursor: str | None
    running: bool
    complete_until: date | None


def next_window(
    source: str, standing: Standing | None, today: date, first: date | None = None
) -> Window:
    """Return the window to read now.

    A window that was broken off comes first, from its cursor. One that was read to its end today is
    read again as it was, so that running twice asks for the same; later ones begin `OVERLAP_DAYS`
    before the last one ended.

    Parameters
    ----------
    source : str
    standing : Standing or None
        None before the first run.
    today : date
    first : date, optional
        First day of the first window.
    """
    if standing is not None and standing.running:
        return Window(standing.since, standing.until, standing.cursor)
    if source in _ALWAYS_WHOLE:
        return Window(None, today)
    if standing is None or standing.complete_until is None:
        if source in _WHOLE_AT_FIRST:
            return Window(None, today)
        return Window(min(first or today - timedelta(days=FIRST_DAYS), today), today)
    if standing.until >= today:
        # A clock that was set back must not make a window that ends before it begins.
        return Window(standing.since, standing.until)
    return Window(standing.complete_until - timedelta(days=OVERLAP_DAYS), today)
