"""Each source's protocol: parameters, tokens, envelopes and refusals as the real one has them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from .world import Item, items

ISRCTN_SPACE = "http://www.67bricks.com/isrctn"


@dataclass
class Asked:
    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""


@dataclass
class Reply:
    body: bytes
    status: int = 200
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Settings:
    n: int = 23
    #: Most numbers ESearch gives.
    pubmed_cap: int = 9_999
    #: What bioRxiv really gives a call, whatever its page says.
    preprints_given: int = 4
    #: OpenAlex refuses cursors without a key.
    openalex_key: bool = False
    #: Studies of ClinicalTrials.gov that are found by number alone, as its API gives them.
    registered: dict[str, dict[str, Any]] = field(default_factory=dict)


def js(value: Any, status: int = 200) -> Reply:
    return Reply(json.dumps(value).encode(), status)


def token(kind: str, at: int) -> str:
    return base64.urlsafe_b64encode(f"{kind}:{at}".encode()).decode()


def at_token(kind: str, text: str) -> int | None:
    try:
        name, _, at = base64.urlsafe_b64decode(text.encode()).decode().partition(":")
    except ValueError:
        return None
    return int(at) if name == kind and at.isdecimal() else None


def pubmed(asked: Asked, s: Settings) -> Reply:
    p = asked.params
    if asked.path == "/esearch.fcgi":
        low, high = (p.get(n, "").replace("/", "-") for n in ("mindate", "maxdate"))
        if (low or high) and p.get("datetype") not in {"edat", "mdat", "pdat"}:
            return js({"esearchresult": {"ERROR": "Invalid datetype"}})
        # Newest first, as PubMed sorts.
        numbers = [str(1001 + i.k) for i in reversed(items(s.n, low, high))]
        given = numbers[: min(int(p.get("retmax", 20)), s.pubmed_cap)]
        result: dict[str, Any] = {
            "count": str(len(numbers)), "retmax": str(len(given)), "retstart": "0", "idlist": given,
            "translationset": [], "querytranslation": p.get("term", ""),
        }  # fmt: skip
        if "nonsense" in p.get("term", ""):
            result["errorlist"] = {"phrasesnotfound": ["nonsense"], "fieldsnotfound": []}
        return js({"header": {"type": "esearch", "version": "0.3"}, "esearchresult": result})
    if asked.path == "/efetch.fcgi":
        wanted = [int(n) - 1001 for n in p["id"].split(",")]
        body = "".join(pubmed_article(Item(k)) for k in wanted if 0 <= k < s.n)
        head = '<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n'
        return Reply(f"{head}<PubmedArticleSet>{body}</PubmedArticleSet>".encode(), kind="text/xml")
    return Reply(b"not found", 404, "text/plain")


def pubmed_article(i: Item) -> str:
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM"><PMID Version="1">{1001 + i.k}</PMID>'
        f"<Article><Journal><JournalIssue><PubDate><Year>{i.day.year}</Year></PubDate></JournalIssue><Title>Pain</Title></Journal>"
        f"<ArticleTitle>{escape(i.title)}</ArticleTitle><Abstract><AbstractText>{escape(i.abstract)}</AbstractText></Abstract>"
        f"<AuthorList><Author><LastName>Ng</LastName><ForeName>Ada</ForeName></Author></AuthorList></Article></MedlineCitation></PubmedArticle>"
    )


def europe_pmc(asked: Asked, s: Settings) -> Reply:
    p = asked.params
    if asked.path not in {"/search", "/searchPOST"}:
        return Reply(b"not found", 404, "text/plain")
    window = re.search(r"(?:FIRST_IDATE|UPDATE_DATE|FIRST_PDATE):\[(\S+) TO (\S+)\]", p["query"])
    held = items(s.n, *(window.groups() if window else ()))
    mark = p.get("cursorMark", "*")
    at = 0 if mark == "*" else at_token("epmc", mark)
    if at is None:
        return js({"errCode": 400, "errMsg": "Invalid cursorMark"}, 200)
    part = held[at : at + int(p["pageSize"])]
    answer: dict[str, Any] = {
        "version": "6.9",
        "hitCount": len(held),
        "request": {"queryString": p["query"]},
    }
    # After the last result the service gives the mark it was asked with.
    answer["nextCursorMark"] = token("epmc", at + len(part)) if part else mark
    answer["resultList"] = {"result": [
        {"id": str(5000 + i.k), "source": "MED", "pmid": str(5000 + i.k), "title": i.title, "pubYear": str(i.day.year),
         "abstractText": i.abstract, "authorString": "Ng A, Doe B."}
        for i in part
    ]}  # fmt: skip
    return js(answer)


def openalex(asked: Asked, s: Settings) -> Reply:
    p = asked.params
    if s.openalex_key and "api_key" not in p:
        return js({"error": "Unauthorized", "message": "cursor paging needs an api_key"}, 401)
    fields = dict(
        re.findall(r"(from|to)_(?:created|updated|publication)_date:([\d-]+)", p["filter"])
    )
    held = items(s.n, fields.get("from", ""), fields.get("to", ""))
    at = 0 if p["cursor"] == "*" else at_token("oa", p["cursor"])
    if at is None:
        return js({"error": "Invalid query parameters error.", "message": "Cursor value is invalid."}, 400)  # fmt: skip
    part = held[at : at + int(p["per_page"])]
    return js({
        "meta": {"count": len(held), "per_page": int(p["per_page"]), "next_cursor": token("oa", at + len(part)) if part else None},
        "results": [
            {"id": f"https://openalex.org/W{7000 + i.k}", "title": i.title, "publication_year": i.day.year,
             "abstract_inverted_index": {w: [n] for n, w in enumerate(dict.fromkeys(i.abstract.split()))}, "authorships": []}
            for i in part
        ],
    })  # fmt: skip


def crossref(asked: Asked, s: Settings) -> Reply:
    p = asked.params
    fields = dict(
        re.findall(r"(from|until)-(?:created|index|pub)-date:([\d-]+)", p.get("filter", ""))
    )
    held = items(s.n, fields.get("from", ""), fields.get("until", ""))
    at = 0 if p["cursor"] == "*" else at_token("cr", p["cursor"])
    if at is None:
        return js({"status": "failed", "message-type": "validation-failure", "message": [{"message": "cursor expired"}]}, 400)  # fmt: skip
    part = held[at : at + int(p["rows"])]
    return js({"status": "ok", "message-type": "work-list", "message": {
        # A cursor comes with every page, the last one too.
        "total-results": len(held), "items-per-page": int(p["rows"]), "next-cursor": token("cr", at + len(part)),
        "items": [
            {"DOI": f"10.1000/cr.{i.k}", "title": [i.title], "abstract": f"<jats:p>{escape(i.abstract)}</jats:p>",
             "author": [{"family": "Ng", "given": "Ada"}], "published": {"date-parts": [[i.day.year]]}}
            for i in part
        ],
    }})  # fmt: skip


def preprints(asked: Asked, s: Settings) -> Reply:
    found = re.fullmatch(
        r"/details/(biorxiv|medrxiv)/([\d-]{10})/([\d-]{10})/(\d+)/json", asked.path
    )
    if not found:
        return js({"messages": [{"status": "Error: (2002)"}], "collection": []})
    server, since, until, at = found[1], found[2], found[3], int(found[4])
    held = items(s.n, since, until)
    if not held:
        return js({"messages": [{"status": "no posts found"}], "collection": []})
    part = held[at : at + s.preprints_given]
    return js({
        "messages": [{"status": "ok", "interval": f"{since}:{until}", "cursor": str(at), "count": len(part), "count_new_papers": "1", "total": str(len(held))}],
        "collection": [
            {"doi": f"10.1101/2026.{i.k}", "title": i.title, "authors": "Ng, A.; Doe, B.", "date": str(i.day), "version": "1",
             "category": "neuroscience", "abstract": i.abstract, "server": server, "published": "NA"}
            for i in part
        ],
    })  # fmt: skip


def ctgov(asked: Asked, s: Settings) -> Reply:
    p = asked.params
    if asked.path != "/studies":
        return Reply(b"not found", 404, "text/plain")
    window = re.search(
        r"AREA\[(?:LastUpdatePostDate|StudyFirstPostDate)\]RANGE\[([^,]+),([^\]]+)\]",
        p.get("filter.advanced", ""),
    )
    low, high = window.groups() if window else ("MIN", "MAX")
    held = items(s.n, "" if low == "MIN" else low, "" if high == "MAX" else high)
    at = at_token("ct", p["pageToken"]) if "pageToken" in p else 0
    if at is None:
        return Reply(b"Invalid pageToken", 400, "text/plain")
    studies = [ctgov_study(i) for i in held]
    if wanted := p.get("filter.ids"):
        numbers = set(wanted.split(","))
        studies = [
            x for x in [*studies, *s.registered.values()]
            if x["protocolSection"]["identificationModule"]["nctId"] in numbers
        ]  # fmt: skip
    part = studies[at : at + int(p["pageSize"])]
    answer: dict[str, Any] = {"studies": part}
    if at == 0:
        answer["totalCount"] = len(studies)
    if at + len(part) < len(studies):
        answer["nextPageToken"] = token("ct", at + len(part))
    return js(answer)


def ctgov_study(i: Item) -> dict[str, Any]:
    return {
        "protocolSection": {
            "identificationModule": {"nctId": f"NCT{i.k:08d}", "briefTitle": i.title},
            "statusModule": {
                "overallStatus": "RECRUITING", "startDateStruct": {"date": "2025-11"},
                "completionDateStruct": {"date": "2027-01-31", "type": "ESTIMATED"},
                "lastUpdatePostDateStruct": {"date": str(i.day), "type": "ACTUAL"},
            },
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": "University of Somewhere"}},
            "conditionsModule": {"conditions": ["Chronic Pain"]},
            "designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE1", "PHASE2"], "enrollmentInfo": {"count": 40 + i.k, "type": "ESTIMATED"}},
            "armsInterventionsModule": {"interventions": [{"type": "DRUG", "name": "Psilocybin"}]},
            "outcomesModule": {"primaryOutcomes": [{"measure": "Pain intensity", "timeFrame": "12 weeks"}]},
        },
        "hasResults": False,
    }  # fmt: skip


def registered_study(number: str, *, title: str = "A trial", status: str = "RECRUITING", phase: str = "PHASE2",
                     enrolled: int = 40, kind: str = "ESTIMATED", start: str | None = None, completion: str | None = None,
                     primary: str | None = None, ended: bool = False, outcomes: tuple[tuple[str, str], ...] | None = None,
                     country: str = "United States", results: bool = False, updated: str = "2026-11-01") -> dict[str, Any]:  # fmt: skip
    """A study as the API gives it, in the parts the watch compares."""
    stated = "ACTUAL" if ended else "ESTIMATED"
    protocol: dict[str, Any] = {
        "identificationModule": {"nctId": number, "briefTitle": title},
        "statusModule": {
            "overallStatus": status, "lastUpdatePostDateStruct": {"date": updated},
            **({"startDateStruct": {"date": start}} if start else {}),
            **({"completionDateStruct": {"date": completion, "type": stated}} if completion else {}),
            **({"primaryCompletionDateStruct": {"date": primary, "type": stated}} if primary else {}),
        },
        "oversightModule": {"isFdaRegulatedDrug": True, "isFdaRegulatedDevice": False},
        "designModule": {"studyType": "INTERVENTIONAL", "phases": [phase], "enrollmentInfo": {"count": enrolled, "type": kind}},
        "contactsLocationsModule": {"locations": [{"country": country}]},
    }  # fmt: skip
    if outcomes is not None:
        protocol["outcomesModule"] = {"primaryOutcomes": [{"measure": m, "timeFrame": t} for m, t in outcomes]}  # fmt: skip
    return {"protocolSection": protocol, "hasResults": results}


def isrctn(asked: Asked, s: Settings) -> Reply:
    p = asked.params
    low = re.search(r"lastEdited GE ([\d-]+)T", p["q"])
    high = re.search(r"lastEdited LT ([\d-]+)T", p["q"])
    held = [i for i in items(s.n, low[1] if low else "") if not high or str(i.day) < high[1]]
    at = int(p.get("offset", 0))
    part = held[at : at + int(p["limit"])]
    trials = "".join(
        f'<fullTrial><trial lastUpdated="{i.day}T10:00:00.0Z" version="2" publicIdentifierCanonical="ISRCTN{10000000 + i.k}">'
        f'<isrctn dateAssigned="{i.day}T09:00:00.0Z">{10000000 + i.k}</isrctn>'
        f"<trialDescription><title>{escape(i.title)}</title><scientificTitle/><primaryOutcomes><outcomeMeasure>"
        "<variable>Pain intensity</variable><method>0 to 10 scale</method><timepoints>12 weeks</timepoints></outcomeMeasure></primaryOutcomes><primaryOutcome/></trialDescription>"
        "<externalRefs><doi>10.1186/ISRCTN1</doi></externalRefs><trialDesign><primaryStudyDesign>Interventional</primaryStudyDesign><overallEndDate>2028-01-31T00:00:00.000Z</overallEndDate></trialDesign>"
        f"<participants><recruitmentCountries><country>Norway</country></recruitmentCountries><targetEnrolment>{40 + i.k}</targetEnrolment><totalFinalEnrolment>0</totalFinalEnrolment><recruitmentStart>2026-03-01T00:00:00.000Z</recruitmentStart><recruitmentStatusOverride/></participants>"
        "<conditions><condition><description>Chronic pain</description></condition></conditions><interventions><intervention><description>Ketamine infusion</description><phase>Phase II</phase><drugNames>Ketamine</drugNames></intervention></interventions>"
        "<results><basicReport/><plainEnglishReport/></results></trial><contact><name>Nobody Somebody</name></contact><sponsor><organisation>University of Oslo</organisation></sponsor></fullTrial>"
        for i in part
    )
    return Reply(f'<?xml version="1.0" encoding="UTF-8"?><allTrials xmlns="{ISRCTN_SPACE}" totalCount="{len(held)}">{trials}</allTrials>'.encode(), kind="application/xml")  # fmt: skip


def ctis(asked: Asked, s: Settings) -> Reply:
    if asked.path == "/search" and asked.method == "POST":
        body = json.loads(asked.body)
        page, size = body["pagination"]["page"], body["pagination"]["size"]
        # Page 0 finds nothing and says nothing, as the real one.
        held = items(s.n) if page >= 1 else []
        part = held[(page - 1) * size : page * size] if page >= 1 else []
        return js({
            "pagination": {"totalRecords": len(held), "currentPage": page, "totalPages": -(-len(held) // size), "nextPage": page * size < len(held)},
            "data": [{"ctNumber": f"2026-5{i.k:05d}-01-00", "ctTitle": i.title, "ctStatus": 4, "lastUpdated": f"{i.day:%d/%m/%Y}"} for i in part],
        })  # fmt: skip
    found = re.fullmatch(r"/retrieve/2026-5(\d{5})-01-00", asked.path)
    if not found or int(found[1]) >= s.n:
        return js({"message": "not found"}, 404)
    i = Item(int(found[1]))
    return js({
        "ctNumber": asked.path.removeprefix("/retrieve/"), "ctPublicStatusCode": 4, "startDateEU": "28/04/2026", "trialPhase": "Therapeutic exploratory (Phase II)",
        "totalNumberEnrolled": str(40 + i.k), "lastUpdated": f"{i.day:%d/%m/%Y}", "resultsFirstReceived": "No", "trialCountries": ["Poland:4"],
        "authorizedApplication": {"authorizedPartI": {
            "trialDetails": {
                "clinicalTrialIdentifiers": {"fullTitle": i.title, "publicTitle": i.title},
                "trialInformation": {"endPoint": {"primaryEndPoints": [{"endPoint": "Pain at week 12"}]}, "trialDuration": {"estimatedGlobalEndDate": "2028-01-31"}},
            },
            "medicalConditions": [{"medicalCondition": "Chronic pain"}], "products": [{"productName": "Ketamine"}],
            "sponsors": [{"organisation": {"name": "Hospital"}}],
        }},
    })  # fmt: skip


NOTHING = {"error": {"code": "NOT_FOUND", "message": "No matches found!"}}


def openfda(asked: Asked, s: Settings) -> Reply:
    p = asked.params
    meta = {"disclaimer": "…", "last_updated": "2026-10-01"}
    window = re.search(
        r"(?:effective_time|receivedate):\[(\d{8}) TO (\d{8})\]", p.get("search", "")
    )
    low, high = (f"{d[:4]}-{d[4:6]}-{d[6:]}" for d in window.groups()) if window else ("", "")
    held = [] if "unobtainium" in p.get("search", "") else items(s.n, low, high)
    if asked.path == "/drug/label.json":
        skip, limit = int(p.get("skip", 0)), int(p.get("limit", 1))
        if skip > 25_000 or limit > 1000:
            return js(
                {"error": {"code": "BAD_REQUEST", "message": "Skip value must 25000 or less."}}, 400
            )
        part = held[skip : skip + limit]
        if not part:
            return js(NOTHING, 404)
        return js({"meta": {**meta, "results": {"skip": skip, "limit": limit, "total": len(held)}}, "results": [
            {"id": f"l{i.k}", "set_id": f"s{i.k}", "version": "3", "effective_time": f"{i.day:%Y%m%d}", "openfda": {"generic_name": ["KETAMINE"], "brand_name": ["Ketalar"]},
             "warnings": ["Mind  the\nheart."], **({"boxed_warning": ["WARNING: sedation."]} if i.k % 2 else {})}
            for i in part
        ]})  # fmt: skip
    if asked.path == "/drug/event.json":
        if not held:
            return js(NOTHING, 404)
        if "count" in p:
            return js({"meta": meta, "results": [{"term": "DISSOCIATION", "count": len(held)}, {"term": "NAUSEA", "count": 2}]})  # fmt: skip
        return js({"meta": {**meta, "results": {"skip": 0, "limit": 1, "total": len(held)}}, "results": [{"safetyreportid": "1"}]})  # fmt: skip
    return js({"error": {"code": "NOT_FOUND_AT_ALL", "message": "No such endpoint"}}, 404)


SERVICES: dict[str, Callable[[Asked, Settings], Reply]] = {
    "pubmed": pubmed, "europe-pmc": europe_pmc, "openalex": openalex, "crossref": crossref, "biorxiv": preprints,
    "medrxiv": preprints, "clinicaltrials-gov": ctgov, "isrctn": isrctn, "ctis": ctis, "openfda-labels": openfda,
    "openfda-events": openfda,
}  # fmt: skip
