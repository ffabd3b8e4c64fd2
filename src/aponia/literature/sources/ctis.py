"""The EU's CTIS by the interface of its public website.

The interface is not documented by the EMA. Checked against programs that use it: ``POST
/ctis-public-api/search`` with ``pagination``, ``sort`` and ``searchCriteria``; pages are numbered
from 1, and page 0 answers 200 with no records at all; the answer has ``pagination.totalRecords`` and
``data``; ``GET /ctis-public-api/retrieve/{ctNumber}`` gives one trial, of which a real sample was at
hand. Codes of status from two programs that agree (1 to 12). Rate: two a second, our choice.

There is no window of dates; ``changed`` is applied here, to ``lastUpdated`` of each search result.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from aponia.literature.readers.registers import ctis_record, dig, strings
from aponia.literature.sources.errors import SourceChanged, SourceError
from aponia.literature.sources.guards import envelope, items_hold
from aponia.literature.sources.model import DateKind, Query
from aponia.literature.sources.reading import records_from
from aponia.literature.sources.trials import PrimaryOutcome, TrialEntry, day, phase_of, whole_number
from aponia.literature.sources.walking import HttpSource, Step

__all__ = ["Ctis", "ctis_entry"]

_CRITERIA = (
    "containAll", "containAny", "containNot", "title", "number", "status", "medicalCondition", "sponsor",
    "endPoint", "productName", "productRole", "populationType", "orphanDesignation", "msc", "ageGroupCode",
    "therapeuticAreaCode", "trialPhaseCode", "sponsorTypeCode", "gender", "protocolCode", "rareDisease",
    "pip", "haveOrphanDesignation", "hasStudyResults", "hasClinicalStudyReport", "isLowIntervention",
    "hasSeriousBreach", "hasUnexpectedEvent", "hasUrgentSafetyMeasure", "isTransitioned", "eudraCtCode",
    "trialRegion", "vulnerablePopulation", "mscStatus",
)  # fmt: skip
#: The register's words, and ours where they mean the same ("Ended" may be early, so it is not "Completed").
_STATUS = {
    1: ("Under evaluation", None), 2: ("Authorised, recruitment pending", "Not yet recruiting"),
    3: ("Authorised, recruiting", "Recruiting"), 4: ("Ongoing, recruiting", "Recruiting"),
    5: ("Ongoing, recruitment ended", "Active, not recruiting"), 6: ("Temporarily halted", "Suspended"),
    7: ("Suspended", "Suspended"), 8: ("Ended", None), 9: ("Expired", None), 10: ("Revoked", None),
    11: ("Not authorised", None), 12: ("Cancelled", None),
}  # fmt: skip


class _Pagination(BaseModel):
    total: int = Field(ge=0, alias="totalRecords")


class _Answer(BaseModel):
    pagination: _Pagination
    data: list[dict[str, Any]]


class Ctis(HttpSource):
    """CTIS; the text is a list of words separated by commas, of which any may occur.

    With `Query.fields` other criteria are set: ``containAll``, ``containNot``, ``medicalCondition`` and
    so on. Every trial found is read in full, one request each.
    """

    name = "ctis"
    label = "CTIS"
    home = "https://euclinicaltrials.eu/ctis-public-api"
    polite = "2/second"
    page_size = 20
    dates: ClassVar[tuple[DateKind, ...]] = ("changed",)

    def start(self, query: Query) -> Mapping[str, Any]:
        """Begin with page 1."""
        unknown = set(query.fields) - set(_CRITERIA)
        if unknown:
            raise SourceError(self.name, f"knows no criterion {min(unknown)!r}")
        if not query.text.strip() and not query.fields:
            raise SourceError(self.name, "needs a query")
        return {"page": 1, "given": 0}

    def step(self, query: Query, token: Mapping[str, Any]) -> Step:
        """Ask for a page, and for each of its trials that was changed in the window."""
        criteria: dict[str, Any] = dict.fromkeys(_CRITERIA)
        criteria |= {"containAny": query.text.strip() or None, **query.fields}
        answer = self.http.json("search", body={
            "pagination": {"page": token["page"], "size": self.size},
            "sort": {"property": "decisionDate", "direction": "DESC"},
            "searchCriteria": criteria,
        })  # fmt: skip
        held = envelope(_Answer, answer, self.name)
        items_hold(held.data, ("ctNumber",), ("ctTitle", "ctStatus"), answer, self.name)
        wanted = [item for item in held.data if self._in_window(item, query, answer.url)]
        trials = []
        for item in wanted:
            number = str(item["ctNumber"])
            full = self.http.json(f"retrieve/{number}")
            if not isinstance(full.value, dict) or full.value.get("ctNumber") != number or dig(full.value, "authorizedApplication", "authorizedPartI", "trialDetails") is None:  # fmt: skip
                raise SourceChanged(self.name, f"expected the trial {number} with authorizedApplication.authorizedPartI.trialDetails", full.url)  # fmt: skip
            trials.append(full.value)
        given, total = int(token["given"]) + len(held.data), held.pagination.total
        last = given >= total or not held.data
        then = None if last else {"page": int(token["page"]) + 1, "given": given}
        entries = tuple(ctis_entry(t) for t in trials)
        return Step(answer, len(held.data), then, total, records_from(trials, ctis_record, self.label), entries)  # fmt: skip

    def _in_window(self, item: Mapping[str, Any], query: Query, url: str) -> bool:
        if not query.since and not query.until:
            return True
        seen = day(item.get("lastUpdated"))
        if seen is None or len(seen) != 10:
            raise SourceChanged(self.name, f"{item['ctNumber']} has lastUpdated {item.get('lastUpdated')!r}, expected a day", url)  # fmt: skip
        at = date.fromisoformat(seen)
        return (query.since or at) <= at <= (query.until or at)


def ctis_entry(trial: Mapping[str, Any]) -> TrialEntry:
    """Return one trial, as ``retrieve`` gives it, as an entry."""
    part = dig(trial, "authorizedApplication", "authorizedPartI") or {}
    info = dig(part, "trialDetails", "trialInformation") or {}
    names = dig(part, "trialDetails", "clinicalTrialIdentifiers") or {}
    code = trial.get("ctPublicStatusCode") or trial.get("ctStatus")
    stated, status = _STATUS.get(code, (f"code {code}" if code is not None else "", None)) if type(code) is int else ("", None)  # fmt: skip
    points = dig(info, "endPoint", "primaryEndPoints")
    results = str(trial.get("resultsFirstReceived") or "").strip().lower()
    countries = [str(c).split(":")[0] for c in trial.get("trialCountries") or []] or strings(
        dig(trial, "authorizedApplication", "memberStatesConcerned"), "mscName"
    )
    number = str(trial.get("ctNumber") or "")
    return TrialEntry(
        register="CTIS", id=number, title=str(names.get("publicTitle") or names.get("fullTitle") or trial.get("shortTitle") or ""),
        status=status, status_stated=stated, phase=phase_of(str(trial.get("trialPhase") or "")),
        enrollment=whole_number(trial.get("totalNumberEnrolled") or part.get("rowSubjectCount")),
        enrollment_kind="planned" if trial.get("totalNumberEnrolled") else "",
        start=day(trial.get("startDateEU")) or day(dig(info, "trialDuration", "estimatedRecruitmentStartDate")),
        completion=day(trial.get("endDateEU")) or day(dig(info, "trialDuration", "estimatedGlobalEndDate") or dig(info, "trialDuration", "estimatedEndDate")),
        primary_outcomes=None if points is None else tuple(PrimaryOutcome(p) for p in strings(points, "endPoint")),
        conditions=tuple(strings(part.get("medicalConditions"), "medicalCondition")),
        interventions=tuple(dict.fromkeys(strings(part.get("products"), "productName"))), countries=tuple(countries),
        sponsor="; ".join(strings(part.get("sponsors"), "organisation", "name")),
        results_posted={"yes": True, "no": False}.get(results), last_update=day(trial.get("lastUpdated")),
        url=f"https://euclinicaltrials.eu/search-for-clinical-trials/?lang=en&EUCT={number}",
        completion_kind="actual" if day(trial.get("endDateEU")) else "planned",
    )  # fmt: skip
