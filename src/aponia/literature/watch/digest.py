"""The digest: one typed object that every form of it is made from.

It is made from what the database and the base hold on a day, not from what one run did: a second
run on the same day gives the same digest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from aponia.literature.record import Record
from aponia.literature.sources import CAUTION
from aponia.literature.store import Review
from aponia.literature.watch.model import Base, DueQuestion, Finding
from aponia.literature.watch.ranking import rank
from aponia.literature.watch.safety import ReactionChange, reaction_changes
from aponia.literature.watch.state import Asked, State
from aponia.literature.watch.telling import about, headline, told

__all__ = ["Digest", "Due", "Need", "NewRecord", "Told", "by_subject", "make_digest"]

#: New records shown, and older ones still waiting.
_SHOWN, _WAITING = 25, 10
#: Days before a question's date on which it is listed.
_AHEAD = 30


@dataclass(frozen=True, slots=True)
class Need:
    """One thing a person has to do; `numbers` are its findings', empty for what is none."""

    numbers: tuple[int, ...]
    text: str
    link: str
    command: str


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A publication or registration that waits for a decision.

    `title` and `journal` are quoted as the sources give them. `names` are the numbers of trials of
    the base that it names.
    """

    publication: int
    title: str
    journal: str
    year: int | None
    link: str
    found_on: str
    sources: tuple[str, ...]
    why: tuple[str, ...]
    names: tuple[str, ...]
    register: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A finding in words."""

    number: int
    kind: str
    subject: str
    headline: str
    lines: tuple[str, ...]
    link: str
    found_on: str
    new: bool

    @property
    def short(self) -> str:
        """The headline without its subject."""
        return self.headline.removeprefix(f"{self.subject}: ")


def by_subject(findings: Sequence[Told]) -> dict[str, list[Told]]:
    """Return findings by what they are about, in their order."""
    out: dict[str, list[Told]] = {}
    for f in findings:
        out.setdefault(f.subject, []).append(f)
    return out


@dataclass(frozen=True, slots=True)
class Due:
    """A question whose next update is due."""

    question: DueQuestion
    days: int


@dataclass(frozen=True, slots=True)
class Digest:
    """What a watch has to say on a day.

    Parameters
    ----------
    review : str
    day : date
    at : datetime
        When it was made, in UTC.
    needs : tuple of Need
        What needs a person.
    records, trials : tuple of NewRecord
        New publications and new registrations of the day, in the order to read them.
    records_new, trials_new, waiting_total : int
        How many there are in all, when more than are shown; and undecided ones of earlier days.
    waiting : tuple of NewRecord
        The first of those.
    how_ranked : str
    drift, labels : tuple of Told
        Open findings, those of the day first.
    reactions : tuple of ReactionChange
        With `caution`, never without.
    sources : tuple of Asked
    due : tuple of Due
    last_searches : tuple of DueQuestion
        Questions of the base with no dated search, or the oldest ones.
    """

    review: str
    day: date
    at: datetime
    needs: tuple[Need, ...]
    records: tuple[NewRecord, ...]
    records_new: int
    trials: tuple[NewRecord, ...]
    trials_new: int
    waiting: tuple[NewRecord, ...]
    waiting_total: int
    how_ranked: str
    drift: tuple[Told, ...]
    labels: tuple[Told, ...]
    reactions: tuple[ReactionChange, ...]
    caution: str
    sources: tuple[Asked, ...]
    due: tuple[Due, ...]
    never_searched: int
    oldest_search: str | None

    @property
    def failed(self) -> tuple[Asked, ...]:
        """The sources that failed."""
        return tuple(a for a in self.sources if a.failed)

    @property
    def title(self) -> str:
        """One line, free of anything a source said."""
        parts = [
            _count(len(self.needs), "thing needs a person", "things need a person"),
            _count(self.records_new, "new record", "new records"),
            _count(self.trials_new, "new registration", "new registrations"),
        ]
        if self.failed:
            parts.append(_count(len(self.failed), "source failed", "sources failed"))
        return f"aponia watch, {self.day.isoformat()}: {', '.join(parts)}"

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe values."""
        return asdict(self) | {"day": self.day.isoformat(), "at": self.at.isoformat(), "title": self.title}  # fmt: skip


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def make_digest(
    state: State, review: Review, base: Base, day: date, at: datetime, asked: Sequence[str]
) -> Digest:
    """Make the digest of a day.

    Parameters
    ----------
    state, review, base
    day : date
    at : datetime
    asked : sequence of str
        The sources of this run, in order; others that were asked before come after.
    """
    places = {name: k for k, name in enumerate(asked)}
    sources = sorted(state.asked(), key=lambda a: (places.get(a.source, len(places)), a.source))
    findings = [f for f in state.findings() if not f.done_by]
    newest = {s: seen[-1].data for s, seen in state.snapshots("trial:").items()}
    told_all = [_told(f, day, newest.get(f"trial:{f.subject}")) for f in findings]
    told_all.sort(key=lambda f: (not f.new, f.number))
    waiting, how = _waiting(state, review, base)
    fresh = [r for r in waiting if r.found_on == day.isoformat()]
    older = [r for r in waiting if r.found_on != day.isoformat()]
    records = [r for r in fresh if not r.register]
    trials = [r for r in fresh if r.register]
    due = _due(base.questions, day)
    searched = sorted(q.last_search for q in base.questions if q.last_search)
    return Digest(
        review=review.name, day=day, at=at,
        needs=_needs(review.name, told_all, len(records) + len(trials), len(older), sources, due, day),
        records=tuple(records[:_SHOWN]), records_new=len(records),
        trials=tuple(trials[:_SHOWN]), trials_new=len(trials),
        waiting=tuple(older[:_WAITING]), waiting_total=len(older), how_ranked=how,
        drift=tuple(f for f in told_all if f.kind != "label"),
        labels=tuple(f for f in told_all if f.kind == "label"),
        reactions=_reactions(state, day), caution=CAUTION, sources=tuple(sources), due=due,
        never_searched=sum(1 for q in base.questions if not q.last_search),
        oldest_search=searched[0] if searched else None,
    )  # fmt: skip


def _told(finding: Finding, day: date, now: Mapping[str, Any] | None) -> Told:
    return Told(
        finding.id, finding.kind, about(finding), headline(finding, day), told(finding, day, now),
        str(finding.data["url"]), finding.found_on.isoformat(), finding.found_on == day,
    )  # fmt: skip


def _needs(
    review: str, findings: Sequence[Told], fresh: int, older: int, sources: Sequence[Asked],
    due: Sequence[Due], day: date,
) -> tuple[Need, ...]:  # fmt: skip
    out: list[Need] = []
    if fresh or older:
        out.append(Need(
            (), f"Screen {_count(fresh + older, 'record', 'records')} that nobody has decided on ({fresh} new today)", "",
            f"aponia literature screen --review {_quoted(review)}",
        ))  # fmt: skip
    for a in sources:
        if a.failed:
            out.append(Need((), f"{a.source} failed, its window from {a.since or 'the beginning'} to {a.until} stays open: {a.failed}", "", f"aponia watch --source {a.source.partition(':')[0]}"))  # fmt: skip
    for subject, mine in by_subject(findings).items():
        numbers = tuple(f.number for f in mine)
        said = "; ".join(f.short for f in mine)
        out.append(Need(numbers, f"{subject}: {said}", mine[0].link, f"aponia watch done {' '.join(map(str, numbers))} --who NAME"))  # fmt: skip
    for d in due:
        if d.days <= 0:
            out.append(Need(
                (), f"{d.question.short}: the next update was due on {d.question.next_due}"
                f" (last search: {d.question.last_search or 'none recorded'})", "",
                f"after the search, set last_search and next_due of {d.question.id} in questions.yaml",
            ))  # fmt: skip
    return tuple(out)


def _quoted(name: str) -> str:
    import shlex

    return shlex.quote(name)


def _due(questions: Sequence[DueQuestion], day: date) -> tuple[Due, ...]:
    out = []
    for q in questions:
        if q.next_due:
            parts = [int(p) for p in q.next_due.split("-")]
            days = (date(*([*parts, 1, 1])[:3]) - day).days
            if days <= _AHEAD:
                out.append(Due(q, days))
    return tuple(sorted(out, key=lambda d: (d.days, d.question.id)))


def _waiting(state: State, review: Review, base: Base) -> tuple[list[NewRecord], str]:
    """Return the undecided publications that the watch found, in the order to read them."""
    from aponia.literature.store.joining import records_home

    board = review.board()
    states = board.state("title-abstract")
    home = records_home(review)
    items = [i for i in state.items() if i.record_id is not None and i.record_id in home]
    found: dict[int, str] = {}
    sources: dict[int, list[str]] = {}
    for i in items:
        number = home[i.record_id or 0]
        found[number] = min(found.get(number, i.found_on), i.found_on)
        sources.setdefault(number, []).append(i.source)
    wanted = [n for n in found if states.get(n) in {"open", "waiting"}]
    if not wanted:
        return [], ""
    publications = review.publications()
    best = {n: p.best for n, p in publications.items()}
    decided = {n: int(s == "included") for n, s in states.items() if s in {"included", "excluded"}}
    ranking = rank(best, wanted, base.studies, decided, found)
    trials = {k.id for k in base.trials} | {n for r in base.studies for n in r.registrations}
    out = []
    for n in ranking.order:
        record = best[n]
        register = all("Trial Registration" in r.types or r.source in _REGISTERS for r in publications[n].records)  # fmt: skip
        out.append(NewRecord(
            n, record.title, record.journal, record.year, _link(record), found[n],
            tuple(dict.fromkeys(sources[n])), ranking.why.get(n, ()),
            tuple(r for r in record.registrations if r in trials), register,
        ))  # fmt: skip
    return out, ranking.how


_REGISTERS = frozenset({"ClinicalTrials.gov", "ISRCTN", "CTIS", "ICTRP"})


def _link(record: Record) -> str:
    if record.doi:
        return f"https://doi.org/{record.doi}"
    if record.pmid:
        return f"https://pubmed.ncbi.nlm.nih.gov/{record.pmid}/"
    return record.url


def _reactions(state: State, day: date) -> tuple[ReactionChange, ...]:
    out: list[ReactionChange] = []
    for subject, seen in state.snapshots("reactions:").items():
        if len(seen) > 1 and day - seen[-1].found_on < timedelta(days=1):
            out += reaction_changes(subject.removeprefix("reactions:"), seen[-2].data, seen[-1].data)  # fmt: skip
    return tuple(out)
