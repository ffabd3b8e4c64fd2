"""ClinicalTrials.gov by its API, version 2.

Checked: https://clinicaltrials.gov/data-api/api as quoted by
https://ydulab.com/notebook/sources/08-03__clinicaltrials-landscape/references/api-parameters.md and
the documentation of biomcp (``query.cond``, ``query.intr``, ``query.term``, ``pageSize`` up to 1,000,
``pageToken``, ``countTotal``, ``nextPageToken``, ``totalCount``, about 50 requests a minute,
``AREA[LastUpdatePostDate]RANGE[…,MAX]``); fields of a study from real records. That ``totalCount``
comes with the first page only is from memory, so its absence later is no fault; so are ``filter.ids``
and the names ``primaryCompletionDateStruct``, ``isFdaRegulatedDrug``, ``resultsFirstSubmitDate`` and
``dispFirstSubmitDate``, whose absence is "not stated" and lets nothing be called overdue, except that
results handed in, or a delay asked for, would not be seen under another name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from aponia.literature.readers.registers import ctgov_record, dig, strings
from aponia.literature.sources.errors import SourceChanged, SourceError
from aponia.literature.sources.guards import envelope, items_hold
from aponia.literature.sources.model import DateKind, Query
from aponia.literature.sources.reading import records_from
from aponia.literature.sources.trials import PrimaryOutcome, TrialEntry, day, phase_of
from aponia.literature.sources.walking import HttpSource, Step

__all__ = ["ClinicalTrials", "ctgov_entry"]

_AREAS = {"changed": "LastUpdatePostDate", "added": "StudyFirstPostDate"}
#: What `Query.fields` may set; ``filter.ids`` (numbers joined by commas) fetches known trials.
_PARTS = frozenset({
    "query.cond", "query.intr", "query.term", "query.titles", "query.outc", "query.spons", "query.id", "filter.ids",
})  # fmt: skip
_STATUS = {
    "NOT_YET_RECRUITING": "Not yet recruiting", "RECRUITING": "Recruiting",
    "ENROLLING_BY_INVITATION": "Enrolling by invitation", "ACTIVE_NOT_RECRUITING": "Active, not recruiting",
    "SUSPENDED": "Suspended", "TERMINATED": "Terminated", "WITHDRAWN": "Withdrawn",
    "COMPLETED": "Completed", "UNKNOWN": "Unknown",
}  # fmt: skip
_KINDS = {"ACTUAL": "actual", "ESTIMATED": "planned"}


class _Answer(BaseModel):
    studies: list[dict[str, Any]]
    token: str | None = Field(default=None, alias="nextPageToken")
    total: int | None = Field(default=None, ge=0, alias="totalCount")


class ClinicalTrials(HttpSource):
    """ClinicalTrials.gov; the text goes to ``query.term``, `Query.fields` to other parts of the search.

    Windows: ``changed`` (last update posted, the default) and ``added`` (first posted).
    """

    name = "clinicaltrials-gov"
    label = "ClinicalTrials.gov"
    home = "https://clinicaltrials.gov/api/v2"
    polite = "45/minute"
    page_size = 100
    dates: ClassVar[tuple[DateKind, ...]] = ("changed", "added")

    def start(self, query: Query) -> Mapping[str, Any]:
        """Begin without a page token."""
        unknown = set(query.fields) - _PARTS
        if unknown:
            raise SourceError(self.name, f"knows no parameter {min(unknown)!r}; known are {', '.join(sorted(_PARTS))}")  # fmt: skip
        if not query.text.strip() and not query.fields:
            raise SourceError(self.name, "needs a query")
        return {}

    def step(self, query: Query, token: Mapping[str, Any]) -> Step:
        """Ask for the page of a token."""
        params: dict[str, Any] = {
            "format": "json",
            "pageSize": self.size,
            "countTotal": "true",
            **query.fields,
        }
        if query.text.strip():
            params["query.term"] = query.text
        if query.since or query.until:
            area = _AREAS[self.window(query)]
            params["filter.advanced"] = (
                f"AREA[{area}]RANGE[{query.since or 'MIN'},{query.until or 'MAX'}]"
            )
        if token:
            params["pageToken"] = token["page"]
        answer = self.http.json("studies", params)
        held = envelope(_Answer, answer, self.name)
        if not token and held.total is None:
            raise SourceChanged(self.name, "the first page states no 'totalCount'", answer.url)
        items_hold(held.studies, ("protocolSection",), (), answer, self.name)
        for study in held.studies:
            protocol = study["protocolSection"]
            for path in (("identificationModule", "nctId"), ("statusModule", "overallStatus")):
                if not isinstance(dig(protocol, *path), str):
                    raise SourceChanged(self.name, f"a study has no protocolSection.{'.'.join(path)}", answer.url)  # fmt: skip
        then = {"page": held.token} if held.token else None
        return Step(
            answer, len(held.studies), then, held.total,
            records_from(held.studies, ctgov_record, self.label),
            tuple(ctgov_entry(study) for study in held.studies),
        )  # fmt: skip


def _struct_date(status: Any, name: str) -> str | None:
    return day(dig(status, name, "date"))


def _regulated(oversight: Mapping[str, Any]) -> bool | None:
    told = [oversight.get("isFdaRegulatedDrug"), oversight.get("isFdaRegulatedDevice")]
    known = [t for t in told if isinstance(t, bool)]
    return any(known) if known else None


def ctgov_entry(study: Mapping[str, Any]) -> TrialEntry:
    """Return one study of the API as an entry."""
    protocol = study.get("protocolSection") or {}
    status = protocol.get("statusModule") or {}
    design = protocol.get("designModule") or {}
    arms = protocol.get("armsInterventionsModule") or {}
    stated = str(status.get("overallStatus") or "")
    number = str(dig(protocol, "identificationModule", "nctId") or "")
    enrolled = dig(design, "enrollmentInfo", "count")
    kind = _KINDS.get(str(dig(design, "enrollmentInfo", "type")), "")
    outcomes = dig(protocol, "outcomesModule", "primaryOutcomes")
    phases = design.get("phases") or []
    results = study.get("hasResults")
    return TrialEntry(
        register="ClinicalTrials.gov", id=number,
        title=str(dig(protocol, "identificationModule", "briefTitle") or dig(protocol, "identificationModule", "officialTitle") or ""),
        status=_STATUS.get(stated), status_stated=stated,
        phase="N/A" if phases == ["NA"] else phase_of("/".join(phases).replace("EARLY_PHASE1", "Early Phase 1").replace("PHASE", "Phase ")),
        enrollment=enrolled if type(enrolled) is int and enrolled >= 0 else None, enrollment_kind=kind,
        start=_struct_date(status, "startDateStruct"), completion=_struct_date(status, "completionDateStruct"),
        primary_outcomes=None if outcomes is None else tuple(
            PrimaryOutcome(str(o.get("measure") or ""), str(o.get("timeFrame") or "")) for o in outcomes if isinstance(o, Mapping)
        ),
        conditions=tuple(strings(dig(protocol, "conditionsModule", "conditions"))),
        interventions=tuple(strings(arms.get("interventions"), "name")),
        countries=tuple(dict.fromkeys(strings(dig(protocol, "contactsLocationsModule", "locations"), "country"))),
        sponsor=str(dig(protocol, "sponsorCollaboratorsModule", "leadSponsor", "name") or ""),
        results_posted=results if isinstance(results, bool) else None,
        last_update=_struct_date(status, "lastUpdatePostDateStruct"),
        url=f"https://clinicaltrials.gov/study/{number}",
        primary_completion=_struct_date(status, "primaryCompletionDateStruct"),
        completion_kind=_KINDS.get(str(dig(status, "completionDateStruct", "type")), ""),
        primary_completion_kind=_KINDS.get(str(dig(status, "primaryCompletionDateStruct", "type")), ""),
        interventional=None if not design.get("studyType") else design["studyType"] == "INTERVENTIONAL",
        fda_regulated=_regulated(protocol.get("oversightModule") or {}),
        results_submitted=day(status.get("resultsFirstSubmitDate")), delay_requested=day(status.get("dispFirstSubmitDate")),
    )  # fmt: skip
