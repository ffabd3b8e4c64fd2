"""The daily watch: read the sources since last time, and say what needs a person.

In goes a database of reviews, the names of sources, and a `Base`: the studies, registered trials and
questions of an evidence base as plain values. Out comes a `Digest`, which is written for a terminal
(`render`), as Markdown (`as_markdown`), as an e-mail file (`as_mail`) and as an Atom feed (`as_atom`).
Nothing enters the evidence base by itself.

One run goes through these, in this order:

- `windows` says which days of a source are asked for, `fetching` reads them page by page, and `state`
  keeps each page and its cursor in one transaction: killed anywhere, the next run goes on there.
- `arrivals` puts new records into the watch's review, deduplicated, without what the base has.
- `drift`, `overdue` and `safety` compare; `noticing` keeps what they find. A finding stays until a person
  says it is done (`State.done`).
- `ranking` orders the new records by the screening model; `digest` puts all together, and `layout`
  makes the sections that the four forms write.

`lock` lets one watch of a review run at a time. People may go on screening meanwhile.
"""

from __future__ import annotations

from aponia.literature.watch.atom import as_atom
from aponia.literature.watch.digest import Digest
from aponia.literature.watch.mail import addresses, as_mail
from aponia.literature.watch.markdown import as_markdown
from aponia.literature.watch.model import Base, DueQuestion, Finding, KnownTrial, WatchError
from aponia.literature.watch.running import DEFAULT_SOURCES, open_watch, watch
from aponia.literature.watch.state import State
from aponia.literature.watch.telling import headline
from aponia.literature.watch.terminal import as_text, render

__all__ = [
    "DEFAULT_SOURCES", "Base", "Digest", "DueQuestion", "Finding", "KnownTrial", "State", "WatchError", "addresses",
    "as_atom", "as_mail", "as_markdown", "as_text", "headline", "open_watch", "render", "watch",
]  # fmt: skip
