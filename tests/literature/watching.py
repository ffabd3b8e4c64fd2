"""What the tests of the watch share: quick clients of the protocol server, a small base, sources of pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from aponia.literature import Record
from aponia.literature.sources import (
    NAMES,
    Page,
    Query,
    SourceError,
    TransportSettings,
    open_source,
)
from aponia.literature.watch import Base, DueQuestion, KnownTrial, State
from aponia.literature.watch import schema as t

DAY = date(2026, 1, 24)
ALL = [n for n in NAMES if n not in {"openalex", "crossref", "ictrp"}]
BASE = Base(
    studies=(
        Record("schindler-2022", title="Psilocybin for cluster headache attacks", doi="10.1000/known", year=2022),
        Record("ng-2026", title="Ketamine for pain after surgery", abstract="Ketamine lowered pain scores.", pmid="1003", year=2026),
    ),
    trials=(KnownTrial("NCT00000003", "A known trial", "https://clinicaltrials.gov/study/NCT00000003", "Recruiting", 43, "2025-11", "2027-01-31"),),
    questions=(
        DueQuestion("psilocybin-cluster", "Psilocybin for cluster headache", None, "2026-01-10"),
        DueQuestion("ketamine-crps", "Ketamine for CRPS", "2025-12-01", "2026-02-20"),
        DueQuestion("lsd-cluster", "LSD for cluster headache", None, "2027-02-28"),
    ),
)  # fmt: skip


def quick(name: str) -> Any:
    return open_source(
        name,
        settings=TransportSettings(attempts=2, sleep=lambda s: None),
        rate="100000/second",
        size=5,
    )


def queries(name: str) -> Query:
    return Query() if name.startswith("openfda") else Query("pain")


@dataclass
class Pages:
    """A source of made-up pages that stops for good, or fails, before a page."""

    name: str
    pages_: list[list[Record]]
    stop_before: int | None = None
    fail_before: int | None = None

    @property
    def label(self) -> str:
        return self.name

    def pages(self, query: Query, *, cursor: str | None = None) -> Iterator[Page]:
        start, done = int(cursor or 0), 0
        for k in range(start, len(self.pages_)):
            if k == self.stop_before:
                raise KeyboardInterrupt
            if k == self.fail_before:
                raise SourceError(self.name, "answered 503 Service Unavailable")
            done = sum(len(p) for p in self.pages_[: k + 1])
            last = k == len(self.pages_) - 1
            yield Page(
                records=tuple(self.pages_[k]), cursor=None if last else str(k + 1), done=done
            )

    def close(self) -> None:
        pass


def rows(engine: sa.Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Everything the watch and the reviews keep, but the log of runs."""
    from aponia.literature.store import schema as store

    with engine.connect() as c:
        return {
            table.name: [tuple(r) for r in c.execute(sa.select(table).order_by(table.c.id))]
            for table in (t.source, t.item, t.snapshot, t.finding, t.done, store.record, store.publication, store.imported, store.audit)
        }  # fmt: skip


def titles(state: State) -> list[str]:
    return sorted(i.record.title for i in state.items())
