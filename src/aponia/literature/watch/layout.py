"""The digest as sections of short entries, which every form of it writes in its own way.

All that came from elsewhere passes `plain` or `web` here, so a form only has to escape.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from aponia.literature.watch.digest import Digest, NewRecord, Told, by_subject
from aponia.literature.watch.fetching import KNOWN
from aponia.literature.watch.state import Asked

__all__ = ["Entry", "Section", "plain", "sections", "web"]

_LONGEST = 600


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: a line, an address, further lines, and a command to copy."""

    mark: str
    text: str
    link: str = ""
    lines: tuple[str, ...] = ()
    command: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, sentences below it, and entries."""

    heading: str
    sentences: tuple[str, ...]
    entries: tuple[Entry, ...]


def plain(text: str) -> str:
    r"""Return one line of text without control, direction or unassigned characters, not too long.

    >>> plain("a\x1b[31mb\u202ec\nd")
    'a[31mbc d'
    """
    kept = []
    for character in text:
        kind = unicodedata.category(character)
        if character.isspace():
            kept.append(" ")
        elif kind not in {"Cc", "Cf", "Cs", "Co", "Cn"}:
            kept.append(character)
    line = " ".join("".join(kept).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def web(address: str) -> str:
    """Return a web address that can stand in any of the forms, or nothing for any other address.

    >>> web("javascript:alert(1)"), web("https://doi.org/10.1000/a b<c>(d)")
    ('', 'https://doi.org/10.1000/a%20b%3Cc%3E%28d%29')
    """
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc:
        return ""
    if not all(c.isascii() and (c.isalnum() or c in ".-:") for c in parts.netloc):
        return ""
    return quote(address, safe="%/:?#&=;,+~@$!*.-_", errors="replace")


def sections(digest: Digest) -> tuple[Section, ...]:
    """Return the digest's sections, in the order to read them."""
    out = [_needs(digest), _records(digest), _registrations(digest)]
    if digest.waiting_total:
        out.append(_waiting(digest))
    out += [_drift(digest), _safety(digest), _sources(digest), _due(digest)]
    return tuple(out)


def _needs(d: Digest) -> Section:
    entries = tuple(
        Entry(f"{k}.", plain(n.text), web(n.link), (), plain(n.command)) for k, n in enumerate(d.needs, 1)
    )  # fmt: skip
    if not entries:
        return Section("What needs a person", ("Nothing today.",), ())
    return Section(
        "What needs a person", ("Nothing of this enters the evidence base by itself.",), entries
    )


def _record(mark: str, r: NewRecord) -> Entry:
    where = ", ".join(p for p in (r.journal, str(r.year) if r.year else "") if p)
    lines = [f"{where or 'no journal stated'}; found {r.found_on} in {', '.join(r.sources)}"]
    if r.names:
        lines.append(f"Names a trial of the base: {', '.join(r.names)}")
    if r.why:
        lines.append(f"Ranked up by: {', '.join(r.why)}")
    return Entry(
        mark,
        f"“{plain(r.title) or 'no title'}”",
        web(r.link),
        tuple(plain(line) for line in lines),
        "",
    )


def _records(d: Digest) -> Section:
    if not d.records_new:
        return Section("New records", ("None today.",), ())
    return Section(
        "New records", _shown(d.records_new, len(d.records), d.how_ranked),
        tuple(_record(f"{k}.", r) for k, r in enumerate(d.records, 1)),
    )  # fmt: skip


def _registrations(d: Digest) -> Section:
    heading = "New registered trials that the base does not have"
    if not d.trials_new:
        return Section(heading, ("None today.",), ())
    return Section(
        heading, _shown(d.trials_new, len(d.trials), d.how_ranked),
        tuple(_record(f"{k}.", r) for k, r in enumerate(d.trials, 1)),
    )  # fmt: skip


def _shown(number: int, shown: int, how: str) -> tuple[str, ...]:
    first = f"{number}, {plain(how)}."
    more = (f"The first {shown} are shown; all are in the review.",) if shown < number else ()
    return (first, *more)


def _waiting(d: Digest) -> Section:
    return Section(
        "Still waiting from earlier days",
        (f"{d.waiting_total} undecided; the first {len(d.waiting)}, {plain(d.how_ranked)}.",),
        tuple(_record(f"{k}.", r) for k, r in enumerate(d.waiting, 1)),
    )


def _told(subject: str, mine: Sequence[Told]) -> Entry:
    """Return what is open about one trial or label as one entry."""
    lines: list[str] = []
    title = next((line for t in mine for line in t.lines if line.startswith("“")), "")
    for t in mine:
        when = "new today" if t.new else f"open since {t.found_on}"
        lines.append(f"#{t.number} {t.short} ({when})")
        lines += [line for line in t.lines if line != title]
    numbers = " ".join(str(t.number) for t in mine)
    return Entry(
        "!" if any(t.new for t in mine) else "·", plain(f"{subject} {title}"), web(mine[0].link),
        tuple(plain(line) for line in lines), f"aponia watch done {numbers} --who NAME",
    )  # fmt: skip


def _drift(d: Digest) -> Section:
    if not d.drift:
        return Section("Registered trials of the base", ("Nothing open.",), ())
    return Section(
        "Registered trials of the base",
        ("What the registers show now and the base does not, and what changed since the last look. A change says nothing about why.",),
        tuple(_told(name, mine) for name, mine in by_subject(d.drift).items()),
    )  # fmt: skip


def _safety(d: Digest) -> Section:
    said: list[str] = [] if d.labels else ["No label change is open."]
    if d.reactions:
        said += [f"Counts of reports that changed with today's data, as context. {d.caution}"]
    counts = tuple(
        Entry("·", plain(f"{r.drug}, {r.reaction.lower()}: {r.before} → {r.now} reports (data of {r.as_of})"))
        for r in d.reactions
    )  # fmt: skip
    return Section(
        "Labels and reports (openFDA)",
        tuple(said),
        (*(_told(name, mine) for name, mine in by_subject(d.labels).items()), *counts),
    )


def _sources(d: Digest) -> Section:
    return Section("Sources asked", (), tuple(_asked(a, d.day.isoformat()) for a in d.sources))


def _asked(a: Asked, day: str) -> Entry:
    name = a.source.replace(KNOWN, ", trials of the base by number")
    if a.source.endswith(KNOWN):
        window = "as of that day" if a.asked_on != day else "today"
    else:
        window = f"{a.since or 'the beginning'} to {a.until}"
    of = f" of {a.total}" if a.total is not None and a.total != a.read else ""
    left = f", {a.dropped} did not fit the query" if a.dropped else ""
    state = "" if a.finished or a.failed else "; broken off, the next run goes on"
    lines = [f"FAILED: {a.failed}"] if a.failed else []
    if a.failed and a.complete_until:
        lines.append(f"Read to its end up to {a.complete_until}.")
    lines += list(a.notes)
    asked = "" if a.asked_on == day else f" (asked {a.asked_on})"
    return Entry("✗" if a.failed else "✓" if a.finished else "…", plain(f"{name}: {window}, {a.read}{of} read{left}{state}{asked}"), "",
                 tuple(plain(line) for line in lines))  # fmt: skip


def _due(d: Digest) -> Section:
    said = []
    if d.never_searched:
        said.append(f"{d.never_searched} questions have no dated search on record.")
    if d.oldest_search:
        said.append(f"The oldest recorded search is of {d.oldest_search}.")
    if not d.due:
        said.append("No question is due within 30 days.")
    entries = tuple(
        Entry(
            "·", plain(f"{x.question.short}: {'due since' if x.days < 0 else 'due'} {x.question.next_due}"), "",
            (plain(f"last search: {x.question.last_search or 'none recorded'}"),),
        )
        for x in d.due
    )  # fmt: skip
    return Section("Next due", tuple(said), entries)
