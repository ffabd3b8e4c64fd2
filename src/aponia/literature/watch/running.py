"""One watch: read, take in, notice, tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from aponia.literature.sources import Query, SourceError, open_source, strategy_query
from aponia.literature.store import Review
from aponia.literature.watch.arrivals import take_in
from aponia.literature.watch.digest import Digest, make_digest
from aponia.literature.watch.fetching import KNOWN, Step, known_queries, read_known, read_source
from aponia.literature.watch.lock import only_one
from aponia.literature.watch.model import Base
from aponia.literature.watch.noticing import notice
from aponia.literature.watch.state import State
from aponia.literature.watch.windows import Window, next_window

__all__ = ["DEFAULT_SOURCES", "open_watch", "watch"]

#: Asked without further notice. Crossref is left out: its daily additions are tens of thousands, and
#: what matters there reaches the others; OpenAlex and ICTRP need a key and a folder.
DEFAULT_SOURCES = (
    "pubmed", "europe-pmc", "biorxiv", "medrxiv", "clinicaltrials-gov", "isrctn", "ctis",
    "openfda-labels", "openfda-events",
)  # fmt: skip


def open_watch(
    engine: sa.Engine, review: str = "watch", who: str = "watch"
) -> tuple[Review, State]:
    """Open the review the watch fills, and its state; both are made when they are not there."""
    held = Review(engine, review, who=who)
    return held, State(engine, held.id)


def watch(
    engine: sa.Engine,
    base: Base,
    *,
    review: str = "watch",
    sources: Sequence[str] = DEFAULT_SOURCES,
    today: date | None = None,
    first: date | None = None,
    who: str = "watch",
    opener: Callable[[str], Any] = open_source,
    query_of: Callable[[str], Query] = strategy_query,
    progress: Callable[[str], AbstractContextManager[Step]] | None = None,
) -> Digest:
    """Run the watch once.

    Nothing is written into the evidence base. A source that fails is told in the digest, and its
    window stays open; the others go on. Whatever ends the run, the next one goes on from the last
    page kept.

    Parameters
    ----------
    engine : Engine
    base : Base
    review : str
        Review that new records go into; made when it is not there.
    sources : sequence of str
    today : date, optional
        In UTC by default.
    first : date, optional
        First day asked for at a source's first run; 30 days back by default.
    who : str
        Name in the log of runs and the audit trail.
    opener, query_of : callable
        Open a source, and give its query, by name.
    progress : callable, optional
        Given a title, returns a context that yields ``step(done, total, what)``.

    Raises
    ------
    WatchError
        Another watch of the review is running.
    """
    bar = progress or (lambda title: nullcontext(_silent))
    held, state = open_watch(engine, review, who)
    day = today or datetime.now(UTC).date()
    with only_one(engine, held.id, held.name):
        number = state.start_run(who, _now())
        labels: dict[str, str] = {}
        order = list(dict.fromkeys(sources))
        known = known_queries(base.trials)
        asked = [*order, *(n + KNOWN for n in known)]
        for name in [*order, *(n for n in known if n not in order)]:
            _ask(state, name, name in order, known.get(name, []), day, first, labels, opener, query_of, bar)  # fmt: skip
        take_in(state, held, base, labels, who)
        notice(state, base, day)
        digest = make_digest(state, held, base, day, _now(), asked)
        state.end_run(number, {
            "day": day.isoformat(), "needs": len(digest.needs), "new records": digest.records_new,
            "new registrations": digest.trials_new, "failed": [a.source for a in digest.failed],
        }, _now())  # fmt: skip
    return digest


def _ask(
    state: State, name: str, search: bool, known: Sequence[tuple[Query, tuple[str, ...]]], day: date,
    first: date | None, labels: dict[str, str], opener: Callable[[str], Any],
    query_of: Callable[[str], Query], bar: Callable[[str], AbstractContextManager[Step]],
) -> None:  # fmt: skip
    """Search one source, and ask it for the base's own trials."""
    try:
        client = opener(name)
    except SourceError as error:
        place = name if search else name + KNOWN
        standing = state.standing(place)
        if standing is None or not standing.running:
            window = next_window(name, standing, day, first) if search else Window(None, day)
            state.begin(place, window, day)
        state.fail(place, str(error))
        return
    labels[name] = client.label
    try:
        if search:
            with bar(client.label) as step:
                read_source(state, client, query_of(name), day, first=first, step=step)
        if known:
            with bar(f"{client.label}, known trials") as step:
                read_known(state, client, known, day, step=step)
    finally:
        client.close()


def _silent(done: int, total: int, what: str) -> None:
    pass


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
