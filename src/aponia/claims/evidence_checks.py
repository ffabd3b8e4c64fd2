"""What a claim about the whole evidence must be asked besides direction: dose, outcome, rival, time."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aponia.answers import Layer
from aponia.claims.model import Reading
from aponia.claims.one_study import LAYER_TAG
from aponia.claims.records import StudyFacts, negative

__all__ = [
    "for_outcome",
    "gave_class",
    "lower_layers",
    "missed_primary",
    "rival_issues",
    "time_issues",
]


def for_outcome(reading: Reading, people: list[StudyFacts]) -> list[StudyFacts]:
    """Keep the studies that measured what is claimed: ending an attack is not preventing one."""
    if "abort" in reading.cues and "prevent" not in reading.cues:
        fitting = [
            f
            for f in people
            if re.search(r"\babort", f.text) and f.layer in (Layer.CASES, Layer.SURVEYS)
        ]
        return fitting or people
    partner = re.search(r"\bmirror|\bexercise", reading.text.lower())
    if partner and "combination" in reading.cues | (
        {"combination"} if "added" in reading.text.lower() else set()
    ):
        return [f for f in people if partner.group() in f.text] or people
    return people


def lower_layers(helps: Sequence[StudyFacts]) -> list[str]:
    """Return the tag of the best layer below the randomised one that speaks for a claim."""
    below = [f.layer for f in helps if f.layer is not Layer.RANDOMISED]
    if Layer.UNCONTROLLED in below:
        return ["uncontrolled"]
    return [LAYER_TAG[x] for x in (Layer.SURVEYS, Layer.CASES) if x in below][:1]


def missed_primary(facts: StudyFacts) -> bool:
    """Whether a record says that the main outcome of a trial showed no difference."""
    return any(
        re.search(r"\bprimary\b", f.text.lower())
        and (f.negated or negative(f.text) or "missed" in f.text.lower())
        for f in facts.findings
    )


def gave_class(facts: StudyFacts, approach: str) -> bool:
    """Whether a study gave a class of dose, by its label or by the amount it gave."""
    if facts.study.approach == approach:
        return True
    if approach == "microdose":
        return facts.study.approach == "mixed"
    if approach != "psycholytic":
        return False
    bands = {"mg": (5.0, 15.0), "mg/kg": (0.07, 0.22), "ug": (25.0, 100.0)}
    return any(
        low <= dose <= high
        for dose, unit in facts.doses
        for low, high in [bands.get(unit, (1.0, 0.0))]
    )


def rival_issues(reading: Reading, people: Sequence[StudyFacts]) -> list[str]:
    """Return issues of a comparison with other medicines."""
    if "comparison" not in reading.cues or not ({"opioid", "conventional"} & reading.cues):
        return []
    lower = reading.text.lower()
    if not re.search(
        r"\b(?:than|as|to|with|outperform\w*|rival\w*|unlike|instead|replac\w*)\b", lower
    ):
        return []
    if any(m.unit in ("fold", "times") for m in reading.magnitudes):
        return ["indirect-comparison", "figure-unverified"]
    compared = any(
        r.comparator == "other-treatment"
        for f in people
        for r in f.rows
        if f.layer in (Layer.RANDOMISED, Layer.UNCONTROLLED)
    )
    return [] if compared else ["indirect-comparison"]


def time_issues(reading: Reading, people: Sequence[StudyFacts]) -> list[str]:
    """Return an issue where relief is claimed for longer than anybody was followed."""
    wanted = reading.longest_days or 0.0
    if re.search(r"\bfor (?:many |several )?years\b", reading.text.lower()) and not wanted:
        wanted = 500.0
    elif re.search(r"\bmonths\b", reading.text.lower()) and not wanted:
        wanted = 60.0
    elif re.search(r"\bweeks\b", reading.text.lower()) and not wanted:
        wanted = 14.0
    if not wanted and re.search(
        r"\b(?:lasting|enduring|long-term|durable|sustained)\b", reading.text.lower()
    ):
        wanted = 90.0
    if "permanent" in reading.text.lower():
        wanted = max(wanted, 730.0)
    if not wanted or not (reading.claim_type == "durability" or "duration" in reading.cues):
        return []
    longest = 0.0
    for f in people:
        if f.points != "benefit":
            continue
        longest = max(
            longest,
            f.days or 0.0,
            max(
                (x.value for x in f.figures if x.kind == "duration" and x.unit == "days"),
                default=0.0,
            ),
        )
    return ["wrong-timescale"] if wanted > 1.2 * longest else []
