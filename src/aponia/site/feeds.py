"""Atom feeds: one of the whole site, one a question.

Ids are name-based UUIDs (RFC 9562, version 5): they stay the same wherever the site stands and however
often it is built, and need no domain. Links are absolute, so they are written only when the base address of the site is known.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator
from typing import Any

from aponia.answers import Answer, Changes
from aponia.answers.changes import AnswerChange
from aponia.answers.changes_words import answer_words, quoted, summary_words
from aponia.site.views.common import World

__all__ = ["feed_files"]

_AUTHOR = "The aponia contributors"
_RIGHTS = "CC BY 4.0. Information about research, not medical advice."
#: Names below this address are hashed into ids; it never changes, wherever the code lives.
_NAMES = "https://github.com/aponia/aponia/"


def feed_files(world: World, changes: tuple[Changes, ...]) -> Iterator[tuple[str, bytes]]:
    """Make the feeds.

    Parameters
    ----------
    world : World
    changes : tuple of Changes
        Latest version first.

    Yields
    ------
    (str, bytes)
        ``feed.xml`` and ``questions/<id>.xml``.
    """
    yield "feed.xml", _whole(world, changes)
    for answer in world.answers.values():
        yield f"questions/{answer.id}.xml", _question(world, answer, changes)


def _feed(world: World, key: str, title: str, path: str, subtitle: str, updated: str) -> Any:
    from feedgen.feed import FeedGenerator

    feed = FeedGenerator()
    feed.id(_id(key))
    feed.title(title)
    feed.subtitle(subtitle)
    feed.author({"name": _AUTHOR})
    feed.rights(_RIGHTS)
    feed.language("en")
    feed.generator("aponia", version=world.version)
    feed.updated(_moment(updated))
    if world.base_url:
        page = "whats-new/index.html" if path == "feed.xml" else path.replace(".xml", ".html")
        feed.link(href=f"{world.base_url}{path}", rel="self", type="application/atom+xml")
        feed.link(href=f"{world.base_url}{page}", rel="alternate", type="text/html")
    return feed


def _id(key: str) -> str:
    """Return the id of a feed or an entry.

    >>> _id("feed")
    'urn:uuid:a53b0548-c534-566b-818b-0cc036ebb5d7'
    """
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{_NAMES}{key}").urn


def _moment(day: str | None) -> datetime.datetime:
    """Return midnight UTC of a day, month or year; feeds need a moment."""
    parts = [int(p) for p in (day or "1970-01-01").split("-")]
    year, month, date = (*parts, 1, 1)[:3]
    return datetime.datetime(year, month, date, tzinfo=datetime.UTC)


def _entry(feed: Any, world: World, key: str, title: str, day: str | None, page: str) -> Any:
    entry = feed.add_entry(order="append")
    entry.id(_id(key))
    entry.title(title)
    entry.updated(_moment(day))
    entry.published(_moment(day))
    if world.base_url:
        entry.link(href=f"{world.base_url}{page}", rel="alternate", type="text/html")
    return entry


def _whole(world: World, changes: tuple[Changes, ...]) -> bytes:
    feed = _feed(
        world,
        "feed",
        "aponia: what’s new",
        "feed.xml",
        "Which answers on psychedelics in pain flipped, and what was added or corrected.",
        world.released or world.today,
    )
    for found in changes:
        entry = _entry(
            feed,
            world,
            f"release:{found.new_version}",
            f"Version {found.new_version}: {summary_words(found)}",
            found.new_released,
            "whats-new/index.html",
        )
        lines = [f"{a.turn.capitalize()}: {_title(a)} {answer_words(a)}" for a in found.answers]
        entry.content("\n".join([summary_words(found), *lines]), type="text")
        for a in found.of("flipped"):
            turned = _entry(
                feed,
                world,
                f"release:{found.new_version}:{a.id}",
                f"The answer turned: {_title(a)}",
                found.new_released,
                f"questions/{a.id}.html",
            )
            turned.content(_told(a), type="text")
    data: bytes = feed.atom_str(pretty=True)
    return data


def _told(change: AnswerChange) -> str:
    before, after = (" ".join(side) for side in quoted(change))
    parts = [answer_words(change)]
    parts += [f"It said: {before}"] if before else []
    parts += [f"It now says: {after}"] if after else []
    return "\n".join(parts)


def _title(change: AnswerChange) -> str:
    mark = change.new or change.old
    return str(mark.ask) if mark else str(change.id)


def _question(world: World, answer: Answer, changes: tuple[Changes, ...]) -> bytes:
    page = f"questions/{answer.id}.html"
    since = answer.dates["conclusion_changed"] or world.released or world.today
    told = [(c, a) for c in changes for a in c.answers if a.id == answer.id]
    updated = max([since, *(c.new_released or "" for c, _ in told)])
    feed = _feed(
        world, f"question:{answer.id}", answer.ask, page.replace(".html", ".xml"), answer.short, updated
    )  # fmt: skip
    for found, change in told:
        entry = _entry(
            feed,
            world,
            f"question:{answer.id}:{found.new_version}",
            f"Version {found.new_version}: {'the answer turned' if change.turn == 'flipped' else change.turn}",
            found.new_released,
            page,
        )
        entry.content(_told(change), type="text")
    entry = _entry(
        feed,
        world,
        f"question:{answer.id}:conclusion:{since}",
        "The present conclusion",
        since,
        page,
    )
    entry.content(answer.sentences.plain, type="text")
    data: bytes = feed.atom_str(pretty=True)
    return data
