"""Trial registers' JSON: ClinicalTrials.gov API v2 and EU CTIS."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from aponia.literature.readers.identifiers import registrations, year_of
from aponia.literature.readers.text import clean, plain
from aponia.literature.record import Record

__all__ = ["compact", "ctgov_record", "ctis_record", "dig", "strings"]


def compact(value: Any) -> str:
    """Return a value as JSON on one line."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def dig(value: Any, *path: str) -> Any:
    """Follow keys down; None as soon as one is missing."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def strings(values: Any, *path: str) -> list[str]:
    """Return the texts at a path in each object of a list."""
    if not isinstance(values, list):
        return []
    found = [dig(v, *path) if path else v for v in values]
    return [clean(str(v)) for v in found if v not in (None, "")]


def _text(value: Any) -> str:
    return plain(str(value)) if value not in (None, "") else ""


def _parts(parts: Iterable[tuple[str, str]]) -> str:
    return " ".join(
        f"{name}: {text.rstrip('.')}." if name else text for name, text in parts if text
    )


def ctgov_record(study: dict[str, Any], own_id: str, line: int) -> Record:
    """Map one study of the API v2; the whole object is kept in ``raw['json']``."""
    protocol = study.get("protocolSection") or {}
    ident = protocol.get("identificationModule") or {}
    status = protocol.get("statusModule") or {}
    design = protocol.get("designModule") or {}
    number = _text(ident.get("nctId"))
    others = strings(ident.get("secondaryIdInfos"), "id")
    arms = protocol.get("armsInterventionsModule") or {}
    outcomes = protocol.get("outcomesModule") or {}
    conditions = strings(dig(protocol, "conditionsModule", "conditions"))
    interventions = strings(arms.get("interventions"), "name")
    abstract = _parts([
        ("", _text(dig(protocol, "descriptionModule", "briefSummary"))),
        ("Conditions", "; ".join(conditions)),
        ("Interventions", "; ".join(interventions)),
        ("Primary outcomes", "; ".join(strings(outcomes.get("primaryOutcomes"), "measure"))),
        ("Secondary outcomes", "; ".join(strings(outcomes.get("secondaryOutcomes"), "measure"))),
        ("Eligibility", _text(dig(protocol, "eligibilityModule", "eligibilityCriteria"))),
        ("", _text(dig(protocol, "descriptionModule", "detailedDescription"))),
    ])  # fmt: skip
    date = dig(status, "studyFirstSubmitDate") or dig(status, "studyFirstPostDateStruct", "date") or dig(status, "startDateStruct", "date")  # fmt: skip
    people = strings(dig(protocol, "contactsLocationsModule", "overallOfficials"), "name")
    sponsor = _text(dig(protocol, "sponsorCollaboratorsModule", "leadSponsor", "name"))
    mesh = strings(
        dig(study, "derivedSection", "conditionBrowseModule", "meshes"), "term"
    ) + strings(dig(study, "derivedSection", "interventionBrowseModule", "meshes"), "term")
    return Record(
        id=own_id or number,
        title=_text(ident.get("officialTitle")) or _text(ident.get("briefTitle")),
        abstract=abstract,
        authors=(sponsor,) if sponsor else tuple(people),
        year=year_of(str(date or "")),
        journal="ClinicalTrials.gov",
        nct=number,
        keywords=tuple(dict.fromkeys([*strings(dig(protocol, "conditionsModule", "keywords")), *conditions, *interventions])),
        mesh=tuple(dict.fromkeys(mesh)),
        types=tuple(t for t in ("Trial Registration", _text(design.get("studyType")), *strings(design.get("phases"))) if t),
        registrations=tuple(dict.fromkeys(n for n in [number, *registrations(others)] if n)),
        url=f"https://clinicaltrials.gov/study/{number}" if number else "",
        source="ClinicalTrials.gov",
        line=line,
        raw={"json": (compact(study),)},
    )  # fmt: skip


def ctis_record(trial: dict[str, Any], own_id: str, line: int) -> Record:
    """Map one trial of the public CTIS interface, full (retrieve) or short (search result)."""
    part = dig(trial, "authorizedApplication", "authorizedPartI") or {}
    details = part.get("trialDetails") or {}
    ident = details.get("clinicalTrialIdentifiers") or {}
    info = details.get("trialInformation") or {}
    number = _text(trial.get("ctNumber") or trial.get("ctnumber"))
    title = _text(ident.get("fullTitle")) or _text(trial.get("ctTitle")) or _text(ident.get("publicTitle")) or _text(trial.get("shortTitle"))  # fmt: skip
    conditions = strings(part.get("medicalConditions"), "medicalCondition") or [
        c for c in [_text(trial.get("conditions"))] if c
    ]
    products = strings(part.get("products"), "productName") or [
        c for c in [_text(trial.get("product"))] if c
    ]
    objective = info.get("trialObjective") or {}
    eligibility = info.get("eligibilityCriteria") or {}
    endpoints = info.get("endPoint") or {}
    abstract = _parts([
        ("Public title", _text(ident.get("publicTitle"))),
        ("Conditions", "; ".join(conditions)),
        ("Products", "; ".join(products)),
        ("Main objective", _text(objective.get("mainObjective"))),
        ("Primary end points", "; ".join(strings(endpoints.get("primaryEndPoints"), "endPoint"))),
        ("Secondary end points", "; ".join(strings(endpoints.get("secondaryEndPoints"), "endPoint"))),
        ("Inclusion", "; ".join(strings(eligibility.get("principalInclusionCriteria"), "principalInclusionCriteria"))),
        ("Exclusion", "; ".join(strings(eligibility.get("principalExclusionCriteria"), "principalExclusionCriteria"))),
    ])  # fmt: skip
    sponsors = strings(part.get("sponsors"), "organisation", "name") or [
        s for s in [_text(trial.get("sponsor"))] if s
    ]
    secondary = dig(ident, "secondaryIdentifyingNumbers") or {}
    eudract = _text(dig(trial, "authorizedApplication", "eudraCt", "eudraCtCode"))
    numbers = [number, *([eudract] if eudract else []), *registrations([compact(secondary)])]
    date = trial.get("startDateEU") or trial.get("decisionDateOverall") or trial.get("decisionDate")
    first = dig(trial, "authorizedApplication", "applicationInfo")
    submitted = strings(first, "submissionDate")
    return Record(
        id=own_id or number,
        title=title,
        abstract=abstract,
        authors=tuple(sponsors),
        year=year_of(min(submitted)) if submitted else year_of(str(date or "")),
        journal="EU Clinical Trials Information System",
        nct=next((n for n in numbers if n.startswith("NCT")), ""),
        keywords=tuple(dict.fromkeys([*conditions, *products])),
        types=tuple(t for t in ("Trial Registration", _text(trial.get("trialPhase"))) if t),
        registrations=tuple(dict.fromkeys(n for n in numbers if n)),
        url=f"https://euclinicaltrials.eu/search-for-clinical-trials/?lang=en&EUCT={number}" if number else "",
        source="CTIS",
        line=line,
        raw={"json": (compact(trial),)},
    )  # fmt: skip
