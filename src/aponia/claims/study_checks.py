"""What a claim about one study must be asked besides direction: quantifiers, doses, times, parts."""

from __future__ import annotations

import re

from aponia.answers import Layer
from aponia.answers.model import PLACEBO
from aponia.claims.figure_matching import FigureCheck, figure_for
from aponia.claims.matching import candidates
from aponia.claims.model import EvidenceItem, Magnitude, Reading, Slots, Verdict
from aponia.claims.records import Records, StudyFacts, negative

__all__ = [
    "COMPLETE",
    "beyond",
    "dose_of_effect",
    "elsewhere",
    "quantified",
    "restates",
    "subgroup_known",
]


_ALL = re.compile(
    r"\b(?:all|every|everyone|everybody|each|100 ?%)\b(?! the same)(?! (?:trials|studies|types|kinds))"
)


_MOST = re.compile(r"\b(?:most|mostly|majority|nearly all|almost all|vast)\b")


#: Relief without a rest.
COMPLETE = re.compile(
    r"\b(?:disappear\w*|vanish\w*|pain-?free|free of pain|put an end|abolish\w*|complete(?:ly)? (?:relie\w+|gone|resol\w+)|went away|\bgone\b|no pain|wiped out)\b"
)


def restates(reading: Reading, facts: StudyFacts, figures: FigureCheck) -> bool:
    """Whether a claim gives the results of both groups of a trial as printed, and no more."""
    if figures.wrong or figures.unknown or figures.misread or reading.certainty > 3:
        return False
    if reading.boosted or "significant" in reading.cues or facts.layer is not Layer.RANDOMISED:
        return False
    results = [m for m in figures.right if m.kind in ("share", "effect")]
    return "rct" in reading.designs and len(results) >= 2


def beyond(reading: Reading, facts: StudyFacts) -> str | None:
    """Return when a comparison found no difference, if that is the time a claim speaks of."""
    claimed = reading.longest_days or 0
    if claimed < 1 or not (reading.cues & {"duration"} or reading.claim_type == "durability"):
        return None
    timed = [
        r
        for r in facts.rows
        if r.timepoint_days is not None and r.comparator in (*PLACEBO, "other-treatment")
    ]
    late = [r for r in timed if (r.timepoint_days or 0) >= 0.5 * claimed]
    early = [r for r in timed if (r.timepoint_days or 0) < 0.5 * claimed]
    if not late or not early or any(r.direction == "benefit" and r.significant for r in late):
        return None
    if all(r.direction == "no-difference" or r.significant is False for r in late):
        return f"day {late[0].timepoint_days:g}"
    return None


def dose_of_effect(reading: Reading, facts: StudyFacts) -> str | None:
    """Where a study gave several doses, find what it says of the one the claim names.

    Returns
    -------
    str or None
        ``denied``, ``unknown``, or None when there is nothing to object to.
    """
    main = re.split(r"\b(?:while|whereas|but|and not)\b", reading.text, maxsplit=1)[0]
    doses = [m for m in reading.magnitudes if m.kind == "dose" and m.start < len(main)]
    units = {m.unit for m in doses}
    given = {d for d, unit in facts.doses if unit.split("/")[0].split(" ")[0] in units}
    if not doses or len(given) < 2:
        return None
    for m in doses:
        # "5 and 10 ug" names both; "5 hours" neither
        number = re.compile(
            rf"(?<![\d.]){m.value:g}(?![\d.])(?:,? (?:and|or|to) [\d.]+|, [\d.]+)*(?: ?-?(?:ug|µg|mg|micrograms?|milligrams?|g)\b|/kg)"
        )
        said = [
            x
            for text in facts.study.findings
            for x in re.split(r"; |\. ", text)
            if number.search(x)
        ]
        if not said:
            return "unknown"
        if all(negative(x) for x in said):
            return "denied"
    return None


def quantified(
    reading: Reading,
    facts: StudyFacts,
    name: str,
    shown: tuple[EvidenceItem, ...],
    slots: Slots,
) -> Verdict | str | None:
    """Check "all" and "most" against the shares a record prints; an issue, a verdict or None."""
    lower = reading.text.lower()
    shares = [x.value for x in facts.figures if x.kind == "share" and x.unit == "percent"]
    if _ALL.search(lower):
        if shares and max(shares) < 99:
            if re.search(r"\bat least\b|\bsome\b|\bany\b|minimal|slight|little", lower):
                return None
            return Verdict(
                "contradicted",
                f"Not everybody: in {name} it was at most {max(shares):.0f} of 100.",
                ("misread-result",),
                shown,
                **slots,
            )
        return None if shares and min(shares) > 99 else "figure-unverified"
    if _MOST.search(lower):
        if shares and max(shares) <= 50:
            return Verdict(
                "contradicted",
                f"Not most: in {name} it was at most {max(shares):.0f} of 100.",
                ("misread-result",),
                shown,
                **slots,
            )
        if not shares or min(shares) < 50:
            return "misread-result"
    return None


def elsewhere(records: Records, reading: Reading, facts: StudyFacts, m: Magnitude) -> bool:
    """Whether another record of the same condition prints a figure."""
    return any(
        f.id != facts.id and f.study.condition == facts.study.condition and figure_for(m, f.figures)
        for f, fit in candidates(records, reading)
        if fit >= 0.6
    )


def subgroup_known(reading: Reading, facts: StudyFacts) -> bool:
    """Whether a record reports the part of its people that a claim speaks of."""
    lower = reading.text.lower()
    for word in ("chronic", "episodic"):
        about = f"{facts.study.title} {facts.study.population.description}".lower()
        both = re.search(r"episodic (?:or|and) chronic|chronic (?:or|and) episodic", about)
        if re.search(rf"\b{word}\b", lower) and (
            any(word in o.name for o in facts.study.outcomes) or (word in about and not both)
        ):
            return True
    return False
