"""The PRISMA 2020 flow (Page et al. 2021, 10.1136/bmj.n71), counted from the review's own records.

All four of the statement's forms come out of one count: new review or update of one, databases and
registers only or other methods too. `aponia.literature.prisma_drawing` draws it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import sqlalchemy as sa

from aponia.literature.prisma_drawing import draw
from aponia.literature.store import joining
from aponia.literature.store import schema as t
from aponia.literature.store.board import Board
from aponia.literature.store.review import Review

__all__ = ["Flow", "Stream", "flow", "to_svg"]


@dataclass(frozen=True, slots=True)
class Stream:
    """One column of the diagram: what came in one way, and what became of it.

    Every record is in exactly one place: identified = duplicates + removed + screened + awaiting
    screening; screened = excluded + sought; sought = not retrieved + assessed + awaiting assessment;
    assessed = excluded reports + included reports.
    """

    sources: Mapping[str, int] = field(default_factory=dict)
    duplicates: int = 0
    automation: int = 0
    other_reasons: int = 0
    screened: int = 0
    excluded: int = 0
    excluded_reasons: Mapping[str, int] = field(default_factory=dict)
    awaiting_screening: int = 0
    sought: int = 0
    not_retrieved: int = 0
    assessed: int = 0
    awaiting_assessment: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    included_reports: int = 0

    @property
    def identified(self) -> int:
        """All records identified."""
        return sum(self.sources.values())

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe values."""
        out = {f.name: getattr(self, f.name) for f in fields(self)}
        for name in ("sources", "reasons", "excluded_reasons"):
            out[name] = dict(out[name])
        return out | {"identified": self.identified}


@dataclass(frozen=True, slots=True)
class Flow:
    """The numbers of the whole diagram.

    `main` holds databases and registers (`databases`, `registers` tell them apart), `other` what
    was found on websites, from organisations or by following citations. The previous numbers are
    None for a new review.
    """

    databases: Mapping[str, int]
    registers: Mapping[str, int]
    main: Stream
    other: Stream
    included_reports: int
    included_studies: int
    previous_studies: int | None = None
    previous_reports: int | None = None

    @property
    def total_studies(self) -> int:
        """Studies in the review, those of its earlier version among them."""
        return self.included_studies + (self.previous_studies or 0)

    @property
    def total_reports(self) -> int:
        """Reports of them."""
        return self.included_reports + (self.previous_reports or 0)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe values; the numbers of `main` also stand at the top."""
        main = self.main.to_dict()
        return {
            "databases": dict(self.databases), "registers": dict(self.registers),
            **{k: v for k, v in main.items() if k not in {"sources", "included_reports"}},
            "identified": self.main.identified + self.other.identified,
            "other_methods": self.other.to_dict(),
            "included_reports": self.included_reports, "included_studies": self.included_studies,
            "previous_studies": self.previous_studies, "previous_reports": self.previous_reports,
            "total_studies": self.total_studies, "total_reports": self.total_reports,
        }  # fmt: skip


def flow(review: Review) -> Flow:
    """Count a review: every number is a query over its records and decisions."""
    board = review.board()
    query = (
        sa.select(t.record.c.publication_id, t.imported.c.kind, t.imported.c.database)
        .join(t.imported, t.imported.c.id == t.record.c.imported_id)
        .where(t.record.c.project_id == review.id)
    )
    sources: dict[str, Counter[str]] = {
        "database": Counter(),
        "register": Counter(),
        "other": Counter(),
    }
    ways: dict[int, set[str]] = {}
    with review.engine.connect() as c:
        for number, kind, name in c.execute(query):
            way = kind if kind in {"database", "register"} else "other"
            label = str(name) if way != "other" else f"{str(kind).capitalize()}: {name}"
            sources[way][label] += 1
            ways.setdefault(int(number), set()).add(way)
    # What a database or register holds too was identified there.
    other = {n for n, found in ways.items() if found == {"other"}}
    main = [n for n in board.numbers if n not in other]
    study_of = joining.studies(review)
    included = [n for n, s in board.state("full-text").items() if s == "included"]
    return Flow(
        databases=dict(sources["database"].most_common()),
        registers=dict(sources["register"].most_common()),
        main=_stream(board, main, sources["database"] + sources["register"]),
        other=_stream(board, [n for n in board.numbers if n in other], sources["other"]),
        included_reports=len(included),
        included_studies=len({study_of.get(n, n) for n in included}),
        previous_studies=review.settings.previous_studies,
        previous_reports=review.settings.previous_reports,
    )


def _stream(board: Board, numbers: Iterable[int], sources: Counter[str]) -> Stream:
    numbers = list(numbers)
    first, second = board.state("title-abstract"), board.state("full-text")
    at_first = Counter(first[n] for n in numbers)
    at_second = Counter(second[n] for n in numbers if n in second)
    removed = Counter(r.kind for n in numbers if first[n] == "removed" and (r := board.removal(n)))
    return Stream(
        sources=dict(sources.most_common()),
        duplicates=sum(sources.values()) - len(numbers),
        automation=removed["automation"], other_reasons=removed["other"],
        screened=at_first["included"] + at_first["excluded"], excluded=at_first["excluded"],
        excluded_reasons=_reasons(board, [n for n in numbers if first[n] == "excluded"], "title-abstract"),
        awaiting_screening=at_first["open"] + at_first["waiting"] + at_first["conflict"],
        sought=sum(at_second.values()), not_retrieved=at_second["not-retrieved"],
        assessed=at_second["included"] + at_second["excluded"],
        awaiting_assessment=at_second["open"] + at_second["waiting"] + at_second["conflict"],
        reasons=_reasons(board, [n for n in numbers if second.get(n) == "excluded"], "full-text"),
        included_reports=at_second["included"],
    )  # fmt: skip


def _reasons(board: Board, numbers: Iterable[int], stage: str) -> dict[str, int]:
    """Count one reason a report: the resolution's, else the first reviewer's who named one."""
    counted: Counter[str] = Counter()
    for n in numbers:
        standing = [d for d in board.standing(n, stage) if d.verdict == "exclude"]
        standing.sort(key=lambda d: (not d.resolves, d.id))
        counted[next((d.reason for d in standing if d.reason), "No reason stated")] += 1
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def to_svg(numbers: Flow, *, narrow: bool = False) -> str:
    """Draw the diagram as a stand-alone SVG with a title, a description and no outside reference.

    Parameters
    ----------
    numbers : Flow
    narrow : bool
        One column, for a phone.
    """
    return draw(numbers, narrow=narrow)
