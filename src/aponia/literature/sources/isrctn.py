"""The ISRCTN registry by its XML API.

Checked: real answers of ``/api/query/format/default?q=…&limit=…`` of October 2026 in other programs'
tests (root ``allTrials`` with ``totalCount``, name space ``http://www.67bricks.com/isrctn``, one
``fullTrial`` each), ``lastEdited GE …T00:00:00 AND lastEdited LT …`` in the ECRIN downloader of
metadata. The registry's own page of the API could not be opened. ``offset`` is reported to be
honoured by one survey of registers and missed by another program; so every page is held against the
numbers of the page before, and the same page twice is an error. The ``who`` format was left alone:
nothing real of it was at hand. The newest registration comes first, so a trial registered while we read
shifts the rest by one: a record may then come twice, none is missed. Rate: one a second, our choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from lxml import etree

from aponia.literature.readers.identifiers import registrations, year_of
from aponia.literature.readers.text import clean
from aponia.literature.record import Record
from aponia.literature.sources.errors import SourceChanged, SourceError
from aponia.literature.sources.model import DateKind, Query
from aponia.literature.sources.trials import PrimaryOutcome, TrialEntry, day, phase_of, whole_number
from aponia.literature.sources.walking import HttpSource, Step

__all__ = ["Isrctn", "isrctn_entry", "isrctn_record"]

_NS = {"i": "http://www.67bricks.com/isrctn"}


class Isrctn(HttpSource):
    """ISRCTN; the query is in its own syntax, words and AND, OR, NOT.

    Windows: ``changed`` (last edited).
    """

    name = "isrctn"
    label = "ISRCTN"
    home = "https://www.isrctn.com/api"
    polite = "1/second"
    page_size = 100
    dates: ClassVar[tuple[DateKind, ...]] = ("changed",)

    def start(self, query: Query) -> Mapping[str, Any]:
        """Begin at offset 0."""
        if not query.text.strip():
            raise SourceError(self.name, "needs a query")
        return {"offset": 0, "first": ""}

    def step(self, query: Query, token: Mapping[str, Any]) -> Step:
        """Ask for the trials from an offset on."""
        text = f"({query.text})" if query.since or query.until else query.text
        if query.since:
            text += f" AND lastEdited GE {query.since}T00:00:00"
        if query.until:
            text += f" AND lastEdited LT {query.until + timedelta(days=1)}T00:00:00"
        offset = int(token["offset"])
        answer = self.http.xml("query/format/default", {"q": text, "limit": self.size, "offset": offset})  # fmt: skip
        root = answer.value
        total = str(root.get("totalCount") or "")
        if root.tag != f"{{{_NS['i']}}}allTrials" or not total.isdecimal():
            raise SourceChanged(
                self.name, f"expected allTrials with a totalCount, found {root.tag} with {dict(root.attrib)}", answer.url
            )  # fmt: skip
        trials = root.findall("i:fullTrial", _NS)
        if len(trials) != len(root):
            raise SourceChanged(self.name, f"expected fullTrial elements alone, found {len(root)} elements of which {len(trials)} are", answer.url)  # fmt: skip
        for trial in trials:
            for path in ("i:trial/i:isrctn", "i:trial/i:trialDescription"):
                if trial.find(path, _NS) is None:
                    raise SourceChanged(
                        self.name, f"a trial has no {path.replace('i:', '')}", answer.url
                    )
        if trials and all(t.find("i:trial/i:participants", _NS) is None for t in trials):
            raise SourceChanged(
                self.name, "no trial of the page has trial/participants", answer.url
            )
        records = tuple(isrctn_record(t, n) for n, t in enumerate(trials, start=offset + 1))
        if records and records[0].id == token["first"]:
            raise SourceChanged(self.name, f"gave the same page at offset {offset} as before; offset is not honoured", answer.url)  # fmt: skip
        given = offset + len(trials)
        last = given >= int(total) or not trials
        then = None if last else {"offset": given, "first": records[0].id}
        entries = tuple(isrctn_entry(t) for t in trials)
        return Step(answer, len(trials), then, int(total), records, entries)


def _one(trial: etree._Element, path: str) -> str:
    node = trial.find("/".join(f"i:{p}" for p in path.split("/")), _NS)
    return "" if node is None else clean("".join(node.itertext()))


def _all(trial: etree._Element, path: str) -> list[str]:
    found = trial.iterfind("/".join(f"i:{p}" for p in path.split("/")), _NS)
    return [t for node in found if (t := clean("".join(node.itertext())))]


def _number(trial: etree._Element) -> str:
    bare = _one(trial, "trial/isrctn")
    return bare if bare.startswith("ISRCTN") else f"ISRCTN{bare}"


def _outcomes(trial: etree._Element) -> tuple[PrimaryOutcome, ...] | None:
    where = trial.find("i:trial/i:trialDescription", _NS)
    if where is None:
        return None
    measures = where.findall("i:primaryOutcomes/i:outcomeMeasure", _NS)
    if measures:
        return tuple(
            PrimaryOutcome(
                " ".join(p for p in (_one(m, "variable"), f"({_one(m, 'method')})" if _one(m, "method") else "") if p),
                _one(m, "timepoints"),
            )
            for m in measures
        )  # fmt: skip
    told = _one(where, "primaryOutcome")
    return (PrimaryOutcome(told),) if told else ()


def isrctn_record(trial: etree._Element, line: int) -> Record:
    """Return one ``fullTrial`` as a record; names of contact persons are not taken over."""
    number, description = _number(trial), "trial/trialDescription"
    public, scientific = (
        _one(trial, f"{description}/title"),
        _one(trial, f"{description}/scientificTitle"),
    )
    shown = (
        ("Hypothesis", _one(trial, f"{description}/studyHypothesis")),
        ("Conditions", "; ".join(_all(trial, "trial/conditions/condition/description"))),
        ("Interventions", "; ".join(_all(trial, "trial/interventions/intervention/description"))),
        ("Drugs", "; ".join(_all(trial, "trial/interventions/intervention/drugNames"))),
        ("Primary outcomes", "; ".join(o.measure for o in _outcomes(trial) or ())),
        ("Secondary outcomes", "; ".join(_all(trial, f"{description}/secondaryOutcomes/outcomeMeasure/variable"))),
        ("Inclusion", _one(trial, "trial/participants/inclusion")),
        ("Exclusion", _one(trial, "trial/participants/exclusion")),
    )  # fmt: skip
    others = [_one(trial, f"trial/externalRefs/{n}") for n in ("eudraCTNumber", "clinicalTrialsGovNumber", "protocolSerialNumber")]  # fmt: skip
    numbers = tuple(dict.fromkeys([number, *registrations(others)]))
    node = trial.find("i:trial/i:isrctn", _NS)
    sponsors = tuple(_all(trial, "sponsor/organisation"))
    raw = {"Public_title": (public,)} if scientific and public and public != scientific else {}
    return Record(
        id=number, title=scientific or public,
        abstract=" ".join(f"{n}: {t.rstrip('.')}." for n, t in shown if t), authors=sponsors,
        year=year_of(str(node.get("dateAssigned") or "") if node is not None else ""), journal="ISRCTN",
        nct=next((n for n in numbers if n.startswith("NCT")), ""),
        doi=_one(trial, "trial/externalRefs/doi").lower(),
        keywords=tuple(dict.fromkeys(_all(trial, "trial/conditions/condition/description"))),
        types=tuple(t for t in ("Trial Registration", _one(trial, "trial/trialDesign/primaryStudyDesign")) if t),
        registrations=numbers, url=f"https://www.isrctn.com/{number}", source="ISRCTN", line=line, raw=raw,
    )  # fmt: skip


def isrctn_entry(trial: etree._Element) -> TrialEntry:
    """Return one ``fullTrial`` as an entry.

    The registry derives its status from dates and overrides; only an override is in the answer, so
    the status stays None unless one is set.
    """
    number = _number(trial)
    people = "trial/participants"
    stated = _one(trial, f"{people}/recruitmentStatusOverride")
    status = {"stopped": "Terminated", "suspended": "Suspended"}.get(stated.lower())
    actual = whole_number(_one(trial, f"{people}/totalFinalEnrolment"))
    planned = whole_number(_one(trial, f"{people}/targetEnrolment"))
    top = trial.find("i:trial", _NS)
    report = any(_one(trial, f"trial/results/{n}") for n in ("basicReport", "plainEnglishReport"))
    return TrialEntry(
        register="ISRCTN", id=number,
        title=_one(trial, "trial/trialDescription/title") or _one(trial, "trial/trialDescription/scientificTitle"),
        status=status, status_stated=stated,
        phase=phase_of(" ".join(_all(trial, "trial/interventions/intervention/phase"))),
        # A final enrolment of 0 stands for "not reported yet" there.
        enrollment=actual or planned, enrollment_kind="actual" if actual else "planned" if planned else "",
        start=day(_one(trial, f"{people}/recruitmentStart")),
        completion=day(_one(trial, "trial/trialDesign/overallEndDate")),
        primary_outcomes=_outcomes(trial),
        conditions=tuple(_all(trial, "trial/conditions/condition/description")),
        interventions=tuple(dict.fromkeys(_all(trial, "trial/interventions/intervention/drugNames") or _all(trial, "trial/interventions/intervention/description"))),
        countries=tuple(_all(trial, f"{people}/recruitmentCountries/country")),
        sponsor="; ".join(_all(trial, "sponsor/organisation")),
        results_posted=True if report else None,
        last_update=day(top.get("lastUpdated")) if top is not None else None,
        url=f"https://www.isrctn.com/{number}",
    )  # fmt: skip
