"""A way of working that is offered as help for patients: when it is, and what it is worth."""

from __future__ import annotations

import re

from aponia.answers import Layer
from aponia.claims.lexicon import CUES, TOPICS, find_cues
from aponia.claims.model import Reading, Verdict
from aponia.claims.records import Records
from aponia.claims.telling import describe, items, names
from aponia.claims.themes import entries

__all__ = ["is_leap", "leap"]


_BEHIND = re.compile(
    r"inflamm\w+ (?:\w+ )?(?:behind|underlying|of|in|that drives|driving|causing)|(?:behind|underlying)\b"
)


#: A way of working that is given as the reason of relief.
_HOW = re.compile(
    r"\b(?:is|are|that's) (?:how|why)\b"
    r"|\b(?:because|since|by|through|via|thanks to)\b[^.;]*\b(?:pain|headaches?|migraines?|arthritis|fibromyalgia)\b"
    r"|(?:loop|cycle)s?\b[^.;]{0,20}\bpain\b"
    r"|(?:circuits?|pathways?|patterns?|signals?)\b[^.;]{0,30}\b(?:behind|underl\w+|keep\w*|driv\w+|caus\w+)\b[^.;]{0,30}\bpain\b"
    r"|(?:instead of|rather than) (?:just |merely )?masking"
)


_HEALS = re.compile(
    r"\b(?:help(?:s|ed|ful)?|revers|treat|heal|cure|reliev|ease|eases|easing|ends?|stops?|prevents?|improv|repair|regrow)\w*\b"
)


def is_leap(reading: Reading, lower: str) -> bool:
    """Whether a claim about a way of working offers it as relief for patients."""
    named = set(reading.conditions) - {"chronic-pain-mixed", "experimental-pain"}
    if (
        (reading.conditions or "pain" in reading.cues)
        and reading.population == "patients"
        and _HOW.search(lower)
    ):
        return True
    if (
        reading.conditions
        and reading.population == "patients"
        and _HEALS.search(lower)
        and "dissociation" not in reading.cues
    ):
        return True
    if named and reading.population == "patients" and not reading.negated:
        # a marker named together with a disease is offered as what happens in its patients
        return True
    if (named or reading.other_illness) and _BEHIND.search(lower):
        return reading.population == "patients"
    if "root-cause" in reading.cues:
        return True
    to_patients = bool(reading.conditions) or "pain" in reading.cues
    return to_patients and bool(
        find_cues(lower, {"leap": CUES["leap"]})
        or re.search(r"pain (?:pathways?|signals?|patterns?|circuits?|memor\w+|process\w*)", lower)
    )


def leap(records: Records, reading: Reading, *, animals: bool = False) -> Verdict:
    """Judge a way of working, or an animal result, that is offered as help for patients."""
    question = records.question(reading.substances, reading.condition, reading.approach)
    named = set(reading.conditions) - {"chronic-pain-mixed", "experimental-pain"}
    issues = ["animal-only", "mechanism-leap"] if animals else ["mechanism-leap"]
    wanted = records.widened(reading.substances)
    people = [
        f
        for f in records.studies
        if wanted & f.substances
        and f.layer in (Layer.RANDOMISED, Layer.UNCONTROLLED, Layer.CASES)
        and f.study.condition not in ("none", "experimental-pain")
        and (reading.generic or not reading.conditions or f.study.condition in reading.conditions)
    ]
    helped = [f for f in people if f.points == "benefit"]
    tested = {f.study.condition for f in helped}
    ketamine = reading.ketamine
    mends = re.search(
        r"\b(?:repair|mend|regenerat|regrow|heals? itself|rebuil)", reading.text.lower()
    )
    covered = not mends and ((named and named <= tested) or (ketamine and helped))
    if covered and reading.certainty <= 2 and not animals and "root-cause" not in reading.cues:
        best = min(helped, key=lambda f: (f.layer is not Layer.RANDOMISED, f.layer is Layer.CASES))
        tag = {Layer.UNCONTROLLED: ("uncontrolled",), Layer.CASES: ("case-report-only",)}
        return Verdict(
            "partly-supported",
            f"There are results in patients ({describe(best)}), but none shows that this is the way.",
            (
                "mechanism-leap",
                *(t for f in helped for t in tag.get(f.layer, ())),  # type: ignore[arg-type]
                *(("tiny-n",) if all(f.tiny for f in helped) else ()),
            ),
            items(helped, 3),
            question.id if question else None,
        )
    if (
        not people
        or not (named <= {f.study.condition for f in people})
        or reading.approach
        in (
            "microdose",
            "psycholytic",
        )
    ):
        issues.append("not-tested-in-condition")
    if not animals and find_cues(reading.text.lower(), TOPICS) & {"plasticity", "spines", "trkb"}:
        # growth of nerve cells was watched in cells and animals only
        issues.append("animal-only")
    if reading.certainty == 4:
        issues.append("overclaims-certainty")
    drug = names(records, "substances", reading.substances)
    return Verdict(
        "no-evidence",
        f"No study here shows that this is how {drug} would act on pain in patients; a mechanism seen in animals or volunteers is not a result in people with pain.",
        tuple(issues),
        items(entries(records, reading, frozenset(), {"neuroplasticity", "inflammation"})[0], 3),
        question.id if question else None,
    )
