"""Verdicts on law and access: dated facts by country."""

from __future__ import annotations

import re
from collections.abc import Mapping

from aponia.claims.approvals import judge_approved, judge_designation, judge_not_approved
from aponia.claims.legal_rows import covers, dated, rows_for, tell
from aponia.claims.model import Reading, Verdict
from aponia.claims.prescribers import ILLNESS, by_whom, crossed
from aponia.claims.records import Records
from aponia.evidence import LegalStatus

__all__ = ["judge_law"]

_PLACES: Mapping[str, tuple[str, str]] = {
    "US": (
        r"\bthe u\.?s\.?a?\b|\bu\.s\.?|\busa\b|\bus (?:law|federal|states?|adults|fda|government|doctors|schedul)|united states|america\w*|federal\w*|\bfda\b|\bdea\b",
        r"^US(?: \(federal\))?$|^US and EU",
    ),
    "Oregon": (r"oregon", r"Oregon"),
    "Colorado": (r"colorado", r"Colorado"),
    "New Mexico": (r"new mexico", r"New Mexico"),
    "Canada": (r"canad\w+|health canada|special access", r"Canada"),
    "Australia": (r"australia\w*|\btga\b", r"Australia"),
    "UK": (
        r"\buk\b|united kingdom|britain|british|england|class a\b|mhra|home office",
        r"United Kingdom",
    ),
    "Netherlands": (r"netherlands|dutch|amsterdam|holland", r"Netherlands"),
    "Switzerland": (r"switzerland|swiss", r"Switzerland"),
    "Germany": (r"german\w*", r"Germany"),
    "Czech Republic": (r"czech\w*", r"Czech"),
    "New Zealand": (r"new zealand", r"New Zealand"),
    "EU": (r"\beu\b|europe\w*|\bema\b", r"EU"),
    "world": (
        r"international\w*|\bun\b|united nations|worldwide|most (?:places|countries|parts)|many countries",
        r"international",
    ),
}


#: Laws by name: each belongs to one place.
_ACTS: Mapping[str, str] = {
    "Oregon": r"measure 109",
    "Colorado": r"proposition 122|natural medicine health act",
    "New Mexico": r"medical psilocybin act|\bsb ?219|senate bill 219",
}


_ELSEWHERE = re.compile(
    r"\b(?:jamaica|mexico|brazil|peru|costa rica|portugal|spain|france|italy|israel|japan|china|india|thailand|ireland|"
    r"washington|california|texas|utah|massachusetts|michigan|denver|oakland|alberta|south africa|denmark|sweden|norway|austria|poland|belgium)\b"
)


#: "Approved for depression, but not for pain" claims nothing about pain.
_NOT_PAIN = re.compile(r"\b(?:but |and )?not (?:yet )?(?:approved )?for (?:\w+ )?pain\b")
_PAIN = re.compile(
    r"\bpain\w*|headaches?|migraines?|fibromyalgia|irritable bowel|arthritis|neuralgia|neuropath\w+|crps|analges\w+|painkill\w+"
)


def judge_law(records: Records, reading: Reading) -> Verdict:
    """Judge a claim about what is legal, approved, scheduled, designated or available.

    Parameters
    ----------
    records : Records
    reading : Reading

    Returns
    -------
    Verdict
    """
    lower = reading.text.lower()
    if not reading.substances:
        return Verdict(
            "unverified", "No drug of this evidence base is named, so there is nothing to look up."
        )
    rows = rows_for(records, reading)
    places = [k for k, (said, _) in _PLACES.items() if re.search(said, lower)]
    if "New Mexico" in places:
        places = ["New Mexico"]
    if _ELSEWHERE.search(lower.replace("new mexico", "")):
        return Verdict("unverified", "The law of this place is not in the tables here.")
    if (
        any(p in places for p in ("Oregon", "Colorado"))
        and "US" in places
        and not re.search(r"federal", lower)
    ):
        places = [p for p in places if p != "US"]
    some_states = re.search(
        r"\b(?:some|certain|a few|several|two|three|other) (?:u\.?s\.? |american )?(?:states|cities)|state level",
        lower,
    )
    if some_states and "US" in places:
        places = [p for p in places if p != "US"] + ["Oregon", "Colorado"]
    if len(places) > 1 and {"illegal", "legal-ok"} <= reading.cues:
        return Verdict("unverified", "Several statements about several places in one.")
    if len(places) > 1 and not some_states:
        # what is said of two countries must hold in both
        found = [_in_places(records, reading, rows, [p], lower) for p in places]
        order = ("contradicted", "unverified", "partly-supported", "supported")
        return min(found, key=lambda v: order.index(v.name) if v.name in order else 1)
    return _in_places(records, reading, rows, places, lower)


def _in_places(
    records: Records, reading: Reading, rows: list[LegalStatus], places: list[str], lower: str
) -> Verdict:
    named = [r for r in rows if any(re.search(_PLACES[p][1], r.jurisdiction) for p in places)]
    for rule in (crossed(records, reading, named, lower), by_whom(reading, named, lower)):
        if rule is not None:
            return rule
    if "compounded" in lower and "approved" in reading.cues and not reading.negated:
        warned = [r for r in rows if "compounded" in (r.note or "")]
        if warned:
            return Verdict(
                "contradicted",
                f"{dated(warned[0])} {warned[0].note}.",
                ("misread-result",),
                tell(warned[:1]),
            )
    pain = bool(_PAIN.search(_NOT_PAIN.sub("", lower)))
    illness = ILLNESS.findall(lower)
    cues = reading.cues
    if "not-approved" in cues and re.search(
        r"turn\w* (?:\w+ ){0,3}down|reject|declin|denied|refus", lower
    ):
        return judge_not_approved(records, rows, reading, pain, illness, lower)
    if "designation" in cues:
        return judge_designation(rows, reading, pain, illness, lower)
    if "not-approved" in cues:
        return judge_not_approved(records, rows, reading, pain, illness, lower)
    if "off-label" in cues:
        fitting = [
            r
            for r in (named or rows)
            if "off-label" in f"{r.route_of_access} {r.covers_pain}".lower()
        ]
        if fitting:
            return Verdict("supported", dated(fitting[0]), (), tell(fitting[:2]))
        return Verdict(
            "unverified",
            "No record of off-label use for this drug here.",
            (),
            tell((named or rows)[:2]),
        )
    if "approved" in cues:
        return judge_approved(rows, named, reading, pain, illness, lower)
    return _status(rows, named, reading, places, pain, illness, lower)


def _status(
    rows: list[LegalStatus],
    named: list[LegalStatus],
    reading: Reading,
    places: list[str],
    pain: bool,
    illness: list[str],
    lower: str,
) -> Verdict:
    cues = reading.cues
    ketamine = reading.ketamine
    here = named or ([] if places else rows)
    for form in ("truffle", "mushroom"):
        # a country may ban the one and sell the other
        special = [r for r in here if form in f"{r.substance_text or ''}".lower()]
        if (
            form in lower
            and special
            and ("mushroom" if form == "truffle" else "truffle") not in lower
        ):
            here = named = special
    changed = re.search(
        r"\b(?:removed|reschedul\w+|descheduled|moved|taken off|dropped from|no longer|lifted|repealed|ended)\b",
        lower,
    )
    if changed and re.search(r"schedul|ban|prohibit|illegal|list", lower):
        still = [
            r for r in here if re.search(r"schedule (?:i|1)\b|prohibited|class a", r.status.lower())
        ]
        latest = max((r.as_of or "" for r in still), default="")
        if still and (not reading.years or str(min(reading.years)) <= latest[:4]):
            return Verdict("contradicted", dated(still[-1]), ("misread-result",), tell(still[:3]))
        return Verdict(
            "unverified", "This change of law is not in the tables here.", (), tell(here[:2])
        )
    if not here and places:
        return Verdict("unverified", "The tables here say nothing of this drug in this place.")
    if not here:
        return Verdict("unverified", "The tables here say nothing of this drug.")
    schedule_1 = [
        r
        for r in here
        if re.search(r"schedule (?:i|1)\b", r.status.lower())
        or "prohibited" in r.status.lower()
        or "class a" in r.status.lower()
    ]
    schedule_3 = [r for r in here if "schedule iii" in r.status.lower()]
    if "schedule-1" in cues:
        if schedule_1:
            return Verdict("supported", dated(schedule_1[0]), (), tell(schedule_1[:2]))
        return (
            Verdict("contradicted", dated(here[0]), ("misread-result",), tell(here[:2]))
            if schedule_3
            else Verdict("unverified", dated(here[0]), (), tell(here[:2]))
        )
    if "schedule-3" in cues:
        if schedule_3:
            return Verdict("supported", dated(schedule_3[0]), (), tell(schedule_3[:2]))
        return (
            Verdict("contradicted", dated(here[0]), ("misread-result",), tell(here[:2]))
            if schedule_1
            else Verdict("unverified", dated(here[0]), (), tell(here[:2]))
        )
    sold = [
        r
        for r in here
        if re.search(
            r"not listed in the ban|sold in", f"{r.status} {r.route_of_access or ''}".lower()
        )
    ]
    free = [r for r in here if re.search(r"no prescription", f"{r.route_of_access or ''}".lower())]
    if free and re.search(
        r"\b(?:without|no|nobody|not|n't)\b[^.;]{0,30}(?:prescri|referral|diagnos)", lower
    ):
        return Verdict("supported", dated(free[0]), (), tell(free[:2]))
    if "illegal" in cues and sold and len(sold) == len(here):
        return Verdict("contradicted", dated(sold[0]), ("misread-result",), tell(sold[:2]))
    if "illegal" in cues:
        if ketamine:
            return Verdict("contradicted", dated(here[0]), ("misread-result",), tell(here[:2]))
        if schedule_1:
            return Verdict("supported", dated(schedule_1[0]), (), tell(schedule_1[:3]))
        return Verdict("partly-supported", dated(here[0]), ("overgeneralised",), tell(here[:3]))
    watched = [
        r
        for r in here
        if re.search(r"licensed|supervised", f"{r.status} {r.route_of_access or ''}".lower())
    ]
    if named and watched and re.search(r"no (?:\w+ )?(?:dispensar|shops|retail)|supervis", lower):
        return Verdict("supported", dated(watched[0]), (), tell(watched[:2]))
    if "legal-ok" not in cues and "decriminalised" not in cues:
        return Verdict(
            "unverified",
            f"The wording is too open to look up. {dated(here[0])}",
            (),
            tell(here[:2]),
        )
    medical = pain or re.search(r"prescri\w+|treat\w*|medical|patients?|therap\w+", lower)
    if ketamine:
        if re.search(r"illegal|banned", lower):
            return Verdict("contradicted", dated(here[0]), ("misread-result",), tell(here[:2]))
        return Verdict(
            "supported",
            f"Approved as an anaesthetic; use for pain is off-label. {dated(here[0])}",
            (),
            tell(here[:2]),
        )
    if illness and not pain:
        right = [r for r in here if covers(r, illness)]
        if not right and len(reading.substances) > 1:
            # each drug has its own indication: together the rows must cover what is named
            right = [r for r in here if any(covers(r, [x]) for x in illness)]
            if not all(any(covers(r, [x]) for r in right) for x in illness):
                right = []
        if right and named:
            return Verdict("supported", dated(right[0]), (), tell(right[:2]))
        if named:
            return Verdict(
                "contradicted",
                f"Another indication is on record. {dated(here[0])}",
                ("wrong-condition",),
                tell(here[:3]),
            )
        return Verdict("unverified", "No place is named.", (), tell(right[:2]))
    if pain:
        if named:
            allowed = [r for r in named if r.covers_pain in ("yes, off-label", "off-label")]
            if allowed:
                return Verdict("supported", dated(allowed[0]), (), tell(allowed[:2]))
            return Verdict(
                "contradicted",
                f"Not for pain. {dated(named[0])}",
                ("wrong-condition",),
                tell(named[:3]),
            )
        return Verdict(
            "contradicted",
            f"No place on record allows it for pain as an indication. {dated(here[0])}",
            ("wrong-condition",),
            tell(here[:3]),
        )
    if named:
        year = [str(y) for y in reading.years]
        dates = " ".join(
            f"{r.in_force_from or ''} {r.as_of or ''} {r.note or ''} {r.in_force_note or ''}"
            for r in named
        )
        if year and not any(y in dates for y in year):
            return Verdict(
                "contradicted",
                f"Another date is on record. {dated(named[0])}",
                ("wrong-number",),
                tell(named[:3]),
            )
        shop = re.search(
            r"\bhome\b|retail|\bshops?\b|dispensar|over the counter|\bbuy\w*|\bbought\b|\bsold\b|on sale",
            lower,
        )
        texts = [f"{r.status} {r.route_of_access or ''} {r.note or ''}".lower() for r in named]
        if shop and any("no home use or retail" in x for x in texts):
            closed = next(r for r, x in zip(named, texts, strict=True) if "no home use" in x)
            return Verdict(
                "contradicted",
                f"Supervised use only; nothing is sold to take away. {dated(closed)}",
                ("overgeneralised",),
                tell([closed]),
            )
        act = next((s for s, said in _ACTS.items() if re.search(said, lower)), None)
        if act is not None and act not in places:
            return Verdict(
                "contradicted",
                f"That is another law. {dated(named[0])}",
                ("wrong-number",),
                tell(named[:2]),
            )
        open_access = [
            r
            for r in named
            if re.search(
                r"state-licensed|state-regulated|decriminalised|sold in|authorised prescriber|limited medical|compassionate|special access|therapeutic use|medical psilocybin act|requested under|authorised",
                f"{r.status} {r.route_of_access or ''}".lower(),
            )
        ]
        if open_access:
            if re.search(
                r"\bfully legal|completely legal|legal everywhere|for (?:anyone|everyone|everybody|all)\b|over[- ]the[- ]counter|\bany (?:doctor|gp|physician|psychiatrist|clinician|prescriber)|without (?:any )?restriction|\bfreely\b",
                lower,
            ):
                return Verdict(
                    "contradicted",
                    dated(open_access[0]),
                    ("overgeneralised",),
                    tell(open_access[:2]),
                )
            unasked = re.search(
                r"\b(?:without|no|not need)\b[^.;]{0,20}(?:prescri|diagnos|referral)", lower
            )
            if (
                medical
                and not unasked
                and "not medical care"
                in " ".join(f"{r.status} {r.indications or ''}" for r in named)
            ):
                return Verdict(
                    "partly-supported",
                    f"The services are not medical care. {dated(open_access[0])}",
                    ("overgeneralised",),
                    tell(open_access[:2]),
                )
            limits = re.search(
                r"medical|authori[sz]|licen[cs]|supervis|special|excep|research|prescri|request|limited|compassionate|"
                r"regulated|centres?|centers?|service|psychiatr|program|decriminali[sz]|truffles?|smart shop|adults",
                lower,
            )
            if not limits:
                return Verdict(
                    "partly-supported",
                    f"Only within limits. {dated(open_access[0])}",
                    ("overgeneralised",),
                    tell(open_access[:3]),
                )
            return Verdict(
                "supported", f"Within limits. {dated(open_access[0])}", (), tell(open_access[:3])
            )
        return Verdict("contradicted", dated(named[0]), ("misread-result",), tell(named[:3]))
    return Verdict("unverified", f"No place is named. {dated(here[0])}", (), tell(here[:2]))
