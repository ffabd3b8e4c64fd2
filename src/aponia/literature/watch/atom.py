"""The digest as an Atom feed: one entry a finding, record and registration, each with a lasting id."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime

from aponia.literature.watch.digest import Digest, NewRecord
from aponia.literature.watch.layout import plain, web

__all__ = ["as_atom"]


def as_atom(digest: Digest) -> bytes:
    """Return the feed (RFC 4287)."""
    from feedgen.feed import FeedGenerator

    feed = FeedGenerator()
    feed.id(_id(digest.review))
    feed.title(f"aponia watch: {plain(digest.review)}")
    feed.author({"name": "aponia watch"})
    feed.subtitle("What needs a person. Titles are quoted as the sources give them.")
    newest = datetime.min.replace(tzinfo=UTC)
    rows: list[tuple[str, str, str, str, tuple[str, ...]]] = []
    for t in (*digest.drift, *digest.labels):
        rows.append((f"finding/{t.number}", t.headline, t.link, t.found_on, t.lines))
    for r in (*digest.records, *digest.trials, *digest.waiting):
        rows.append((f"record/{r.publication}", f"“{r.title or 'no title'}”", r.link, r.found_on, _about(r)))  # fmt: skip
    for name, title, link, found_on, lines in rows:
        entry = feed.add_entry(order="append")
        entry.id(_id(f"{digest.review}/{name}"))
        entry.title(plain(title))
        at = _at(date.fromisoformat(found_on))
        newest = max(newest, at)
        entry.updated(at)
        if web(link):
            entry.link(href=web(link))
        entry.content("\n".join(plain(line) for line in lines) or plain(title), type="text")
    feed.updated(newest if rows else _at(digest.day))
    return bytes(feed.atom_str(pretty=True))


def _about(r: NewRecord) -> tuple[str, ...]:
    where = ", ".join(p for p in (r.journal, str(r.year) if r.year else "") if p)
    kind = "New registration" if r.register else "New record"
    why = (f"Ranked up by: {', '.join(r.why)}",) if r.why else ()
    names = (f"Names a trial of the base: {', '.join(r.names)}",) if r.names else ()
    return (
        f"{kind}; {where or 'no journal stated'}; found in {', '.join(r.sources)}",
        *names,
        *why,
    )


def _id(name: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"https://github.com/aponia/aponia/watch/{name}").urn


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
