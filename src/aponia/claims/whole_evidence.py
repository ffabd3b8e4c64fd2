"""A claim about a drug and a condition against everything the base holds, by layers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from aponia.answers import Answer, Layer
from aponia.claims.evidence_checks import (
    for_outcome,
    gave_class,
    lower_layers,
    missed_primary,
    rival_issues,
    time_issues,
)
from aponia.claims.figure_matching import figure_for
from aponia.claims.matching import candidates, condition_fit
from aponia.claims.model import WORST_FIRST, EvidenceItem, Reading, Verdict, VerdictName
from aponia.claims.one_study import LAYER_TAG
from aponia.claims.reading import CLASS, HEADACHES, WIDE
from aponia.claims.records import Records, StudyFacts
from aponia.claims.telling import because, describe, item, items, names
from aponia.claims.untested import judge_untested

__all__ = ["judge_by_evidence"]

_STEPS = {"very low": 1, "low": 2, "moderate": 3, "high": 4}


_PEOPLE_LAYERS = (Layer.RANDOMISED, Layer.UNCONTROLLED, Layer.CASES, Layer.SURVEYS)


def judge_by_evidence(records: Records, reading: Reading) -> Verdict:
    """Judge a claim about a drug and a condition; several conditions or drugs are judged one by one."""
    conditions = reading.conditions if len(reading.conditions) > 1 else (reading.condition,)
    rivals = _compared_drugs(records, reading)
    if rivals is not None:
        return rivals
    several = len(reading.substances) > 1 and len(conditions) == 1
    if several and CLASS not in reading.substances:
        found = [
            _general_one(records, _only(reading, s), conditions[0]) for s in reading.substances
        ]
    else:
        found = [_general_one(records, reading, c) for c in conditions]
    if several:
        # "X or Y" is as good as its better half only when hedged; "X and Y" as bad as its worse
        either = "implied" in reading.inherited or re.search(
            r"\bor\b|psychedelics? (?:like|such)", reading.text.lower()
        )
        if either:
            return max(found, key=lambda v: WORST_FIRST.index(v.name))
    if "conditions" in reading.inherited:
        return max(found, key=lambda v: WORST_FIRST.index(v.name))
    tested = [v for v in found if v.name in ("supported", "partly-supported")]
    untested = [v for v in found if v.name == "no-evidence"]
    if tested and untested and reading.certainty <= 3:
        return _some_tested(tested, untested)
    return min(found, key=lambda v: WORST_FIRST.index(v.name))


def _some_tested(tested: Sequence[Verdict], untested: Sequence[Verdict]) -> Verdict:
    """Join verdicts of a list of conditions of which only some were studied."""
    first = tested[0]
    issues = (*(i for v in tested for i in v.issues), "not-tested-in-condition")
    evidence = tuple({e.id: e for v in (*tested, *untested) for e in v.evidence}.values())
    return Verdict(
        "partly-supported",
        f"{first.explanation} {untested[0].explanation}",
        tuple(dict.fromkeys(issues)),
        evidence[:4],
        first.question,
    )


#: Words with which a careful sentence says that little is known.
_ADMITS = re.compile(
    r"\b(?:evidence|data|results|studies|trials|research|proof)\b[^.;]{0,40}\b(?:weak|limited|mixed|low[- ]quality|poor|thin|uncertain|conflicting|inconsistent|missing|lacking|small|needed|scarce)\b"
    r"|\b(?:weak|limited|mixed|thin|conflicting|inconsistent|little) (?:\w+ )?(?:evidence|data|results)\b"
    r"|\b(?:larger|rigorous|more|bigger|further) (?:\w+ )?(?:trials|studies|research)\b[^.;]{0,30}\b(?:needed|required|missing|lacking|necessary)\b"
)


def _compared_drugs(records: Records, reading: Reading) -> Verdict | None:
    """Judge "X works better than Y" of two drugs of this base by whether a study gave both."""
    drugs = [s for s in reading.substances if s != CLASS]
    lower = reading.text.lower()
    if len(drugs) != 2 or not re.search(
        r"\b(?:than|outperform\w*|superior to|beats?|as (?:well|good|effective|strong) as)\b", lower
    ):
        return None
    a, b = (records.widened((d,)) for d in drugs)
    both = [
        f
        for f in records.studies
        if a & f.substances
        and b & f.substances
        and f.layer in (*_PEOPLE_LAYERS, Layer.VOLUNTEERS)
        and f.study.condition in (reading.condition, *reading.conditions)
    ]
    if both:
        return None
    pool = [f for f, fit in candidates(records, reading) if fit >= 0.6 and f.layer is not None]
    return Verdict(
        "no-evidence",
        f"No study here compared {names(records, 'substances', drugs)} for this.",
        ("indirect-comparison",),
        items(sorted(pool, key=lambda f: (_rank(f), f.id)), 3),
    )


def _only(reading: Reading, substance: str) -> Reading:
    return replace(reading, substances=(substance,))


def _general_one(records: Records, reading: Reading, condition: str) -> Verdict:
    if len(reading.conditions) > 1:
        # each of several conditions stands alone; "Lyme disease" does not narrow fibromyalgia
        reading = replace(
            reading,
            conditions=(condition,),
            narrow=reading.narrow if condition in WIDE else (),
        )
    generic = (
        reading.generic or condition in ("chronic-pain-mixed", "none")
    ) and not reading.narrow
    pool = [
        f
        for f, fit in candidates(records, reading)
        if condition_fit((condition,), generic, f.study.condition) >= (0.6 if generic else 0.75)
        and (fit > 0.3 or not reading.narrow)
        and f.study.condition != "none"
        and f.layer is not None
    ]
    if generic and re.search(r"chronic|long-term|persistent", reading.text.lower()):
        # headaches that come in attacks are not what "chronic pain" means to a reader
        rest = [f for f in pool if f.study.condition not in HEADACHES]
        pool = rest or pool
    question = records.question(reading.substances, condition, reading.approach)
    qid = question.id if question else None
    drug = names(records, "substances", reading.substances)
    place = names(records, "conditions", (condition,)) if not generic else "pain"
    if not reading.substances:
        return Verdict("unverified", "No drug is named, so there is nothing to look up.")
    issues: list[str] = []
    if reading.approach in ("microdose", "psycholytic", "infusion"):
        same = [f for f in pool if gave_class(f, reading.approach)]
        if not same and pool:
            return judge_untested(
                records, reading, condition, qid, drug, place, pool, ("wrong-dose-class",)
            )
        pool = same
    people = [f for f in pool if f.layer in _PEOPLE_LAYERS]
    if reading.population in ("animals", "cells"):
        people = []
    if condition == "experimental-pain":
        people = [f for f in pool if f.layer is Layer.VOLUNTEERS]
    if not people:
        return judge_untested(records, reading, condition, qid, drug, place, pool, ())
    people = for_outcome(reading, people)
    nulls = [
        f
        for f in people
        if f.layer in (Layer.RANDOMISED, Layer.UNCONTROLLED, Layer.VOLUNTEERS)
        and (f.points in ("no-difference", "harm") or f.significant is False)
    ]
    helps = [f for f in people if f.points == "benefit"]
    best = _best_layer(people)
    rank = sorted(people, key=lambda f: (_rank(f), f.points != "benefit", -(f.people or 0), f.id))
    shown = items(rank, 3)
    if reading.direction == "neutral":
        return _general_null(reading, helps, nulls, best, shown, qid, drug, place)
    if reading.direction == "harm":
        return Verdict(
            "unverified", f"Whether {drug} makes {place} worse was not looked up.", (), shown, qid
        )
    if not helps:
        name: VerdictName = "contradicted" if reading.certainty >= 3 and nulls else "no-evidence"
        return Verdict(
            name,
            f"No study of {drug} for {place} in this base points to a benefit. {shown[0].shows}",
            ("omits-null",) if nulls else ("not-tested-in-condition",),
            shown,
            qid,
        )
    earned = _earned(people, question, best)
    if best is Layer.RANDOMISED:
        randomised = [f for f in people if f.layer is Layer.RANDOMISED]
        if not any(f.significant for f in randomised):
            issues.append("not-significant")
        if all(f.tiny for f in randomised):
            issues.append("tiny-n")
        if not any(f.points == "benefit" and f.significant for f in randomised):
            # what speaks for it then stands in the layers below
            issues += lower_layers(helps)
        if any(missed_primary(f) for f in randomised):
            issues.append("primary-endpoint-missed")
    elif best is not None and best is not Layer.VOLUNTEERS:
        issues.append(LAYER_TAG[best])
        if best is Layer.CASES and any(f.layer is Layer.SURVEYS for f in helps):
            issues.append("survey-only")
        if best in (Layer.UNCONTROLLED, Layer.CASES) and all(
            f.tiny for f in people if f.layer is best
        ):
            issues.append("tiny-n")
    elif best is Layer.VOLUNTEERS:
        issues.append("healthy-volunteers")
    flat = [f for f in nulls if f.points in ("no-difference", "harm")]
    if flat and (reading.certainty >= 2 or 2 * len(flat) >= len(helps)):
        issues += ["conflicting", "omits-null"]
    if helps and all((f.study.year or 2000) < 1980 for f in helps):
        issues.append("outdated")
    issues += rival_issues(reading, people)
    issues += time_issues(reading, people)
    claimed = reading.certainty
    lead = _lead(best, people, drug, place)
    unseen = [m for m in reading.magnitudes if m.kind in ("effect", "share", "size")]
    if unseen and not any(figure_for(m, f.figures) for m in unseen for f in people):
        issues.append("figure-unverified")
    if "indirect-comparison" in issues:
        name = (
            "no-evidence" if claimed >= 3 and best is not Layer.RANDOMISED else "partly-supported"
        )
        if "figure-unverified" in issues:
            name = "no-evidence"
        elif best in (Layer.SURVEYS, Layer.CASES) or claimed < 3:
            name = "partly-supported"
        return Verdict(
            name,
            f"{lead} No study here compared the two.",
            tuple(dict.fromkeys(issues)),
            shown,
            qid,
        )
    if (
        claimed <= 2
        and _ADMITS.search(reading.text.lower())
        and "indirect-comparison" not in issues
    ):
        return Verdict(
            "supported",
            f"{lead} The sentence says itself how little that is.",
            (),
            shown,
            qid,
        )
    if claimed == 4:
        issues.append("overclaims-certainty")
        found_something = best is Layer.RANDOMISED and any(
            f.significant and f.points == "benefit" for f in people if f.layer is best
        )
        return Verdict(
            "partly-supported" if found_something or earned > 1 else "contradicted",
            f"{lead} The words claim certainty; the evidence is of {_level(question)} certainty.",
            tuple(dict.fromkeys(issues)),
            shown,
            qid,
        )
    if "wrong-timescale" in issues:
        return Verdict(
            "partly-supported",
            f"{lead} {because(['wrong-timescale']).capitalize()}.",
            tuple(dict.fromkeys(issues)),
            shown,
            qid,
        )
    everyone = re.search(
        r"\b(?:all|every|everyone|everybody|each|nobody|never|always)\b", reading.text.lower()
    )
    if "survey" in reading.designs and claimed == 3 and not everyone:
        told = [f for f in people if f.layer is Layer.SURVEYS and f.points == "benefit"]
        if told and re.search(r"\b(?:most|mostly|majority)\b", reading.text.lower()):
            shares = [x.value for f in told for x in f.figures if x.kind == "share"]
            tags = ("survey-only", "misread-result") if not shares or min(shares) < 50 else ()
            name = "partly-supported" if tags else "supported"
            return Verdict(name, f"{item(told[0]).shows}", tags, items(told, 3), qid)
        if told:
            return Verdict(
                "supported", f"Surveys report this. {item(told[0]).shows}", (), items(told, 3), qid
            )
    if claimed == 0:
        told = [
            f for f in people if f.layer in (Layer.SURVEYS, Layer.CASES) and f.points == "benefit"
        ]
        if told:
            return Verdict(
                "supported",
                f"People do report this. {item(told[0]).shows} It can not tell whether the drug was the reason.",
                (),
                items(told, 3),
                qid,
            )
        return Verdict(
            "partly-supported", lead, tuple(dict.fromkeys(("anecdote", *issues))), shown, qid
        )
    if generic and condition != "experimental-pain" and reading.direction == "benefit":
        # tested in one kind of pain is not tested in "pain"
        issues.append("overgeneralised")
    firm = condition == "experimental-pain" or any(
        f.layer is Layer.RANDOMISED and f.significant and f.points == "benefit" for f in people
    )
    if claimed <= earned and firm and not (set(issues) & {"overgeneralised", "conflicting"}):
        return Verdict("supported", f"{lead} The wording claims no more than that.", (), shown, qid)
    if claimed - earned >= 2:
        issues.append("overclaims-certainty")
    return Verdict(
        "partly-supported",
        f"{lead} The sentence says more: {because(dict.fromkeys(issues))}.",
        tuple(dict.fromkeys(issues)),
        shown,
        qid,
    )


def _level(question: Answer | None) -> str:
    return question.certainty.level if question is not None else "very low"


def _rank(facts: StudyFacts) -> int:
    order = [
        Layer.RANDOMISED,
        Layer.UNCONTROLLED,
        Layer.VOLUNTEERS,
        Layer.CASES,
        Layer.SURVEYS,
        Layer.ANIMALS,
    ]
    return order.index(facts.layer) if facts.layer in order else 9


def _best_layer(people: Sequence[StudyFacts]) -> Layer | None:
    return min(people, key=_rank).layer


def _earned(people: Sequence[StudyFacts], question: Answer | None, best: Layer | None) -> int:
    """Earned step of the ladder: certainty of a randomised answer; before-after 1; the rest 0."""
    if best is Layer.RANDOMISED and question is not None and question.status == "answered":
        return _STEPS[question.certainty.level]
    return 1 if best in (Layer.RANDOMISED, Layer.UNCONTROLLED) else 0


def _lead(best: Layer | None, people: Sequence[StudyFacts], drug: str, place: str) -> str:
    top = [f for f in people if f.layer is best]
    kind = {
        Layer.RANDOMISED: "randomised trial",
        Layer.UNCONTROLLED: "study without a comparison group",
        Layer.CASES: "case report or series",
        Layer.SURVEYS: "survey",
        Layer.VOLUNTEERS: "study in people without this pain",
    }.get(best, "study")  # type: ignore[arg-type]
    number = "one" if len(top) == 1 else str(len(top))
    plural = (
        kind
        if len(top) == 1
        else kind.replace("study", "studies")
        .replace("survey", "surveys")
        .replace("trial", "trials")
        .replace("report or series", "reports or series")
    )
    return f"The best evidence here on {drug} for {place} is {number} {plural}: {describe(sorted(top, key=lambda f: -(f.people or 0))[0])}."


def _general_null(
    reading: Reading,
    helps: Sequence[StudyFacts],
    nulls: Sequence[StudyFacts],
    best: Layer | None,
    shown: tuple[EvidenceItem, ...],
    qid: str | None,
    drug: str,
    place: str,
) -> Verdict:
    if helps and re.search(r"\b(?:any|every|all|never|ever)\b", reading.text.lower()):
        return Verdict(
            "contradicted",
            f"Some studies of {drug} for {place} point to a benefit.",
            ("conflicting", "misread-result"),
            shown,
            qid,
        )
    if nulls and not any(f.significant for f in helps):
        return Verdict(
            "partly-supported" if helps else "supported",
            f"Studies of {drug} for {place} that found no clear difference are in this base.",
            ("conflicting",) if helps else (),
            shown,
            qid,
        )
    if best is not Layer.RANDOMISED:
        return Verdict(
            "unverified",
            f"No randomised trial of {drug} for {place} is here to decide this.",
            (),
            shown,
            qid,
        )
    return Verdict(
        "partly-supported", f"Studies of {drug} for {place} disagree.", ("conflicting",), shown, qid
    )
