"""What trials of a question measured, and what the next one should add.

In: a question. Out: a `GapReport`: every study that gave the drug to people with the pain, and every
registered trial that has not reported, against what a later synthesis needs. Each cell is yes, no or
not read: most records rest on abstracts, and what an abstract leaves out is *not read*, never *no*.
Only a full paper, or a record that says so, gives a no.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from aponia.answers import Answer, Layer
from aponia.answers.harms import harms_of
from aponia.evidence import EvidenceBase, Question, Study, Trial
from aponia.planning.new_trials import registered_trials

__all__ = ["ITEMS", "GapReport", "GapRow", "Item", "ItemShare", "gap_report"]

Mark = Literal["yes", "no", "not read"]


@dataclass(frozen=True)
class Item:
    """One thing a later synthesis needs: key, short label, and why."""

    key: str
    label: str
    why: str


ITEMS = (
    Item("guess", "guess asked", "Without it nobody can tell how much of a difference is expectation."),
    Item("guess-rates", "guess rates printed", "Asked but not printed helps nobody."),
    Item("expectancy", "expectancy measured", "What people hoped for before treatment."),
    Item("diary", "diary kept", "Recall of attacks and of pain is poor over weeks."),
    Item("responders", "responders counted", "How many people had a fall that matters to them."),
    Item("harms", "harms counted", "Events with the number of people who could have had them."),
    Item("follow-up", "time stated", "The day of measurement after the last dose."),
    Item("registered", "registered", "A registry number, so that what was planned can be read."),
    Item("primary", "primary outcome stated", "Which outcome was chosen before the results."),
)  # fmt: skip


@dataclass(frozen=True)
class GapRow:
    """One study or registered trial.

    Attributes
    ----------
    id, label : str
    kind : {"study", "trial"}
    read : str
        How much of it was read.
    people : int or None
    marks : dict of str to {"yes", "no", "not read"}
        By item key.
    days : int or None
        Longest follow-up read, days after the last dose.
    """

    id: str
    label: str
    kind: Literal["study", "trial"]
    read: str
    people: int | None
    marks: dict[str, Mark]
    days: int | None


@dataclass(frozen=True)
class ItemShare:
    """How many studies have an item, and how many of those read in full."""

    key: str
    yes: int
    no: int
    not_read: int
    full_yes: int
    full: int


@dataclass(frozen=True)
class GapReport:
    """What was and was not measured in a question.

    Attributes
    ----------
    question, ask : str
    studies, trials : tuple of GapRow
        Studies with the drug in people with the pain; registered trials that have not reported.
    shares : tuple of ItemShare
        Over the studies, in the order of `ITEMS`.
    by_reading : dict of str to int
        Number of studies by how much of them was read.
    words : tuple of str
    """

    question: str
    ask: str
    studies: tuple[GapRow, ...]
    trials: tuple[GapRow, ...]
    shares: tuple[ItemShare, ...]
    by_reading: dict[str, int]
    words: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-safe values."""
        return asdict(self)


def gap_report(base: EvidenceBase, answer: Answer) -> GapReport:
    """Return what the studies and registered trials of a question measured.

    Parameters
    ----------
    base : EvidenceBase
    answer : Answer

    Returns
    -------
    GapReport
    """
    question = base.questions[answer.id]
    ids = [
        s
        for layer in answer.layers
        if layer.layer in (Layer.RANDOMISED, Layer.UNCONTROLLED)
        for s in layer.studies
    ]
    studies = tuple(_study_row(base, question, base.studies[s]) for s in ids)
    waiting = registered_trials(base, question, [base.trials[t] for t in answer.trials])
    trials = tuple(_trial_row(base.trials[t.id]) for t in waiting)
    shares = tuple(_shared(item.key, studies) for item in ITEMS)
    reading: dict[str, int] = {}
    for row in studies:
        reading[row.read] = reading.get(row.read, 0) + 1
    return GapReport(
        answer.id, answer.ask, studies, trials, shares, reading, _words(studies, trials, shares)
    )


def _mark(found: bool, full: bool) -> Mark:
    return "yes" if found else ("no" if full else "not read")


def _texts(study: Study) -> str:
    parts: list[str | None] = [
        *study.findings, *study.limits, study.blinding.note, study.adverse_events.note,
    ]  # fmt: skip
    for outcome in study.outcomes:
        parts += [outcome.name, outcome.instrument, outcome.note]
    return " ".join(p for p in parts if p)


def _study_row(base: EvidenceBase, question: Question, study: Study) -> GapRow:
    full = study.read == "full-text"
    words = _texts(study)
    blinding = study.blinding

    def says(pattern: str) -> bool:
        return re.search(pattern, words, re.IGNORECASE) is not None

    linked = [base.trials[r] for r in study.registrations if r in base.trials]
    rates = blinding.active_guess_correct is not None or blinding.control_guess_correct is not None
    asked: Mark = (
        "yes" if blinding.guess_assessed or rates
        else "no" if blinding.guess_assessed is False else "not read"
    )  # fmt: skip
    counted = any(h.kind == "trial-count" for h in harms_of(base, question, [study]))
    days = [o.timepoint_days for o in study.outcomes if o.timepoint_days is not None]
    stated = any(t.primary_outcomes for t in linked) or says(
        r"\bprimary (?:outcome|endpoint|measure)"
    )
    marks: dict[str, Mark] = {
        "guess": asked,
        "guess-rates": "yes" if rates else ("no" if asked == "no" else _mark(False, full)),
        "expectancy": _mark(says(r"\bexpectanc(?:y|ies)\b.{0,40}(?:measur|rated|scale|questionnaire|asked|score)|(?:measur|rated|asked).{0,40}\bexpectanc"), full),
        "diary": _mark(says(r"\bdiar(?:y|ies)\b"), full),
        "responders": _mark(any(o.construct == "responder" for o in study.outcomes), full),
        "harms": _mark(counted, full),
        "follow-up": _mark(bool(days), full),
        "registered": _mark(bool(study.registrations), full),
        "primary": _mark(stated, full),
    }  # fmt: skip
    people = study.population.n_randomized or study.population.n_analysed
    return GapRow(
        study.id, study.label, "study", study.read, people, marks, max(days, default=None)
    )


def _trial_row(trial: Trial) -> GapRow:
    words = " ".join([*(trial.primary_outcomes or ()), trial.design or "", trial.note or ""])

    def says(pattern: str) -> Mark:
        return "yes" if re.search(pattern, words, re.IGNORECASE) else "not read"

    marks: dict[str, Mark] = {
        "guess": says(r"\b(?:blinding|masking) (?:assess|question|success|index)|\bguess"),
        "guess-rates": "not read",
        "expectancy": says(r"\bexpectanc"),
        "diary": says(r"\bdiar(?:y|ies)\b"),
        "responders": says(r"respon(?:d|se rate)|share of (?:patients|people)|at least (?:30|50)\s?%|\b(?:30|50)\s?% "),
        "harms": says(r"adverse|safety|tolerab"),
        "follow-up": says(r"\b\d+[- ](?:week|month|day)|day \d+"),
        "registered": "yes",
        "primary": "yes" if trial.primary_outcomes else "not read",
    }  # fmt: skip
    return GapRow(trial.id, trial.title, "trial", "registry", trial.enrollment, marks, None)


def _shared(key: str, rows: Sequence[GapRow]) -> ItemShare:
    def count(test: Callable[[GapRow], bool]) -> int:
        return sum(1 for r in rows if test(r))

    return ItemShare(
        key,
        count(lambda r: r.marks[key] == "yes"),
        count(lambda r: r.marks[key] == "no"),
        count(lambda r: r.marks[key] == "not read"),
        count(lambda r: r.marks[key] == "yes" and r.read == "full-text"),
        count(lambda r: r.read == "full-text"),
    )


def _words(
    studies: Sequence[GapRow], trials: Sequence[GapRow], shares: Sequence[ItemShare]
) -> tuple[str, ...]:
    if not studies and not trials:
        return (
            "No study in people with this pain and no registered trial that is waiting to report.",
        )
    out = []
    n = len(studies)
    if n:
        full = shares[0].full
        some = f"{n} {'study' if n == 1 else 'studies'}"
        out.append(
            f"{some} gave it to people with this pain; {full or 'none'} {'was' if full == 1 else 'were'} read in full. "
            "What was not read is no gap of the study, but of what anybody can use."
        )
        labels = {i.key: i.label for i in ITEMS}
        least = [s for s in shares if s.yes == 0]
        if least:
            out.append(
                "In none of them could be read: " + ", ".join(labels[s.key] for s in least) + "."
            )
        most = [s for s in shares if s.yes]
        if most:
            out.append(
                "Read: " + ", ".join(f"{labels[s.key]} in {s.yes} of {n}" for s in most) + "."
            )
    else:
        out.append("No study in people with this pain is in the base yet.")
    asked = sum(1 for t in trials if t.marks["guess"] == "yes")
    if trials:
        out.append(
            f"Of {len(trials)} registered {'trial' if len(trials) == 1 else 'trials'} waiting to report, "
            f"{asked or 'none'} {'says' if asked == 1 else 'say'} in what was read that people are asked what they think they got."
        )
    return tuple(out)
