"""The WHO's ICTRP: no open interface, so exports a person saved are read from a folder.

The web service is for partners, for a fee (survey of registers, 2026); the search portal,
https://trialsearch.who.int/, exports XML (root ``Trials_downloaded_from_ICTRP``), of which a real
abridged sample was at hand. Nothing is fetched: put the exports into the folder named by
``APONIA_ICTRP`` and they are read in the order of their names, each in pages. A file that changed
since its cursor was written is told, not read on.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, ClassVar

from aponia.literature.readers import ReadError, read
from aponia.literature.record import Record
from aponia.literature.sources.errors import SourceChanged, SourceError
from aponia.literature.sources.matching import matcher
from aponia.literature.sources.model import DateKind, Page, Query
from aponia.literature.sources.transport import Answer
from aponia.literature.sources.trials import PrimaryOutcome, TrialEntry, day, phase_of, whole_number
from aponia.literature.sources.walking import Step, walk

__all__ = ["Ictrp", "ictrp_entry"]

_STATUS = {
    "recruiting": "Recruiting", "not recruiting": "Not recruiting", "suspended": "Suspended", "terminated": "Terminated",
    "completed": "Completed", "withdrawn": "Withdrawn", "enrolling by invitation": "Enrolling by invitation",
    "active, not recruiting": "Active, not recruiting", "not yet recruiting": "Not yet recruiting",
}  # fmt: skip
_DATES = {"changed": "Last_Refreshed_on", "added": "Date_registration"}


class Ictrp:
    """A folder of ICTRP exports; the query is Boolean and optional, applied here.

    Parameters
    ----------
    folder : Path, optional
        ``APONIA_ICTRP`` by default.
    size : int
        Records a page.

    Windows: ``changed`` (last refreshed, the default) and ``added`` (registered).
    """

    name = "ictrp"
    label = "ICTRP"
    dates: ClassVar[tuple[DateKind, ...]] = ("changed", "added")

    def __init__(self, folder: Path | None = None, *, size: int = 500) -> None:
        own = os.environ.get("APONIA_ICTRP", "").strip()
        self.folder = folder or (Path(own) if own else None)
        self.size = size
        self._kept: tuple[tuple[str, str], list[Record]] | None = None

    def close(self) -> None:
        """Forget the file read last."""
        self._kept = None

    def pages(self, query: Query, *, cursor: str | None = None) -> Iterator[Page]:
        """Yield the pages from a cursor on."""
        if query.dates and query.dates not in self.dates:
            raise SourceError(self.name, f"has no window on the date {query.dates!r}; it has {', '.join(map(repr, self.dates))}")  # fmt: skip
        return walk(self.name, query, self._start, self._step, cursor)

    def _start(self, query: Query) -> Mapping[str, Any]:
        if self.folder is None:
            raise SourceError(self.name, "has no open interface: save exports of https://trialsearch.who.int/ in a folder and name it in APONIA_ICTRP")  # fmt: skip
        if not self.folder.is_dir():
            raise SourceError(self.name, f"{self.folder} is no folder")
        matcher(query.text)
        files = sorted(p for p in self.folder.iterdir() if p.suffix.lower() in {".xml", ".csv"})
        if not files:
            raise SourceError(self.name, f"{self.folder} holds no .xml or .csv file")
        return {"files": [[p.name, _digest(p)] for p in files], "at": 0}

    def _step(self, query: Query, token: Mapping[str, Any]) -> Step:
        files, at = [tuple(f) for f in token["files"]], int(token["at"])
        records = self._records(*files[0])
        part = records[at : at + self.size]
        more = at + self.size < len(records)
        then = {"files": token["files"], "at": at + self.size} if more else {"files": token["files"][1:], "at": 0}  # fmt: skip
        fits = matcher(query.text)
        kept = tuple(
            r for r in part if fits(f"{r.title} {r.abstract}") and self._in_window(r, query)
        )
        assert self.folder is not None
        where = (self.folder / files[0][0]).as_uri()
        answer = Answer(None, b"", where, 200, datetime.now(UTC))
        return Step(answer, len(part), then if then["files"] else None, None, kept, tuple(ictrp_entry(r) for r in kept))  # fmt: skip

    def _records(self, name: str, digest: str) -> list[Record]:
        if self._kept and self._kept[0] == (name, digest):
            return self._kept[1]
        if self.folder is None:
            raise SourceError(self.name, "the folder of the exports is not named; set APONIA_ICTRP")
        path = self.folder / Path(name).name
        if not path.is_file() or _digest(path) != digest:
            raise SourceChanged(self.name, f"{path} is gone or was changed since the search began; begin anew")  # fmt: skip
        try:
            result = read(path)
        except ReadError as error:
            raise SourceChanged(self.name, str(error)) from None
        lost = [p for p in result.problems if p.lost or "broken XML" in p.message]
        if lost or not result.records:
            raise SourceChanged(self.name, str(lost[0]) if lost else f"{path} holds no trial")
        odd = [r for r in result.records if not r.registrations and "TrialID" not in r.raw]
        if result.format not in {"ictrp-xml", "table"} or len(odd) == len(result.records):
            raise SourceChanged(self.name, f"{path} is no ICTRP export: expected TrialID, found {result.format}")  # fmt: skip
        self._kept = ((name, digest), result.records)
        return result.records

    def _in_window(self, record: Record, query: Query) -> bool:
        if not query.since and not query.until:
            return True
        field = _DATES[query.dates or self.dates[0]]
        seen = day(_raw(record, field))
        if seen is None or len(seen) != 10:
            raise SourceChanged(self.name, f"{record.id} in {record.file} has {field} {_raw(record, field)!r}, expected a day")  # fmt: skip
        at = date.fromisoformat(seen)
        return (query.since or at) <= at <= (query.until or at)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:32]


def _raw(record: Record, *names: str) -> str:
    wanted = {n.lower().replace("_", " ") for n in names}
    for key, values in record.raw.items():
        if key.lower().replace("_", " ") in wanted and values:
            return values[0]
    return ""


def ictrp_entry(record: Record) -> TrialEntry:
    """Return a record of an export as an entry, from what the export said of it."""
    stated = _raw(record, "Recruitment_Status")
    outcome = _raw(record, "Primary_outcome")
    results = _raw(record, "results_yes_no").lower()
    return TrialEntry(
        register="ICTRP", id=record.registrations[0] if record.registrations else record.id,
        title=_raw(record, "Public_title") or record.title,
        status=_STATUS.get(stated.lower()), status_stated=stated, phase=phase_of(_raw(record, "Phase")),
        enrollment=whole_number(_raw(record, "Target_size")), enrollment_kind="planned" if whole_number(_raw(record, "Target_size")) is not None else "",
        start=day(_raw(record, "Date_enrollement", "Date_enrollment")), completion=day(_raw(record, "results_date_completed")),
        primary_outcomes=tuple(PrimaryOutcome(o.strip()) for o in outcome.split(";") if o.strip()) if outcome else None,
        conditions=record.keywords, interventions=tuple(i.strip() for i in _raw(record, "Intervention").split(";") if i.strip()),
        countries=tuple(c.strip() for c in _raw(record, "Countries").split(";") if c.strip()),
        sponsor="; ".join(record.authors), results_posted=True if results == "yes" else False if results == "no" else None,
        last_update=day(_raw(record, "Last_Refreshed_on")), url=record.url,
    )  # fmt: skip
