"""Verdicts on "nobody has tested this" and "research is limited", by what the base holds."""

from __future__ import annotations

import re

from aponia.answers import Layer
from aponia.claims.matching import (
    candidates,
)
from aponia.claims.model import Reading, Verdict
from aponia.claims.records import Records, StudyFacts
from aponia.claims.telling import describe, item, items, names

__all__ = ["judge_scarcity"]


_GIVING = (Layer.RANDOMISED, Layer.UNCONTROLLED, Layer.VOLUNTEERS, Layer.CASES)


def judge_scarcity(records: Records, reading: Reading, lower: str) -> Verdict:
    """Judge "research is limited" and "no trials yet" by what the base holds."""
    pool = [
        f
        for f, fit in candidates(records, reading)
        if (fit >= 0.75 or (fit >= 0.6 and (reading.generic or not reading.conditions)))
        and f.study.condition != "none"
    ]
    if reading.approach in ("microdose", "psycholytic", "infusion"):
        pool = [f for f in pool if f.study.approach == reading.approach]
    randomised = [f for f in pool if f.layer is Layer.RANDOMISED]
    people = [f for f in pool if f.layer in _GIVING]
    drug = names(records, "substances", reading.substances)
    if "compar" in lower and reading.comedications:
        rivals = [
            records.base.vocabulary.label("substances", d).lower() for d in reading.comedications
        ]
        both = [f for f in people if any(r in f.text for r in rivals)]
        if not both:
            return Verdict("supported", "No study here compared the two.", (), items(people, 2))
        return Verdict("unverified", "A record here speaks of both.", (), items(both, 2))
    if re.search(r"\bwhether\b|\bif\b", lower) and re.search(
        r"know|known|compared|followed|looked|measured|asked", lower
    ):
        significant = [f for f in randomised if f.significant and f.points == "benefit"]
        if not significant:
            return Verdict(
                "supported",
                f"Randomised trials of {drug} for this in this base: {len(randomised)}; none settles it.",
                (),
                items(randomised or people or pool, 3),
            )
        return Verdict(
            "unverified", "Some trials here did look at this.", (), items(significant, 2)
        )
    absolute = re.search(
        r"\b(?:no|never|nobody|none|not (?:been )?(?:tested|studied)|untested|unstudied|yet to)\b(?! more)",
        lower,
    ) and not re.search(
        r"limited|early|few|scarce|more research|preliminary|a lot we|not (?:well|fully)|much remains",
        lower,
    )
    if absolute:
        controlled = re.search(r"randomi[sz]ed|controlled|clinical trials?|placebo", lower)
        found: list[StudyFacts] = randomised if controlled else people
        if re.search(
            r"\b(?:large|larger|big|phase (?:3|iii)|large-scale|definitive|rigorous)\b", lower
        ):
            found = [f for f in found if (f.people or 0) >= 100]
        if found:
            return Verdict(
                "contradicted",
                f"There is one: {describe(found[0])}.",
                ("misread-result",),
                items(found, 3),
            )
        told = [
            f
            for f, fit in candidates(records, reading)
            if f.layer is None
            and fit >= 0.75
            and re.search(r"uncontrolled|no (?:controlled|randomi[sz]ed)", f.text)
        ]
        if controlled and told:
            return Verdict("supported", f"{item(told[0]).shows}", (), items(told, 2))
        if reading.ketamine:
            return Verdict("unverified", "Studies of ketamine are only partly gathered here.")
        return Verdict("supported", f"No such study of {drug} is in this base.", (), items(pool, 2))
    total = sum(f.people or 0 for f in randomised)
    if reading.ketamine and len(randomised) > 5:
        return Verdict(
            "partly-supported",
            f"{len(randomised)} randomised trials are in this base.",
            ("overgeneralised",),
            items(randomised, 3),
        )
    return Verdict(
        "supported",
        f"Randomised trials of {drug} for this in this base: {len(randomised)}, with {total} people in all.",
        (),
        items(randomised or people, 3),
    )
