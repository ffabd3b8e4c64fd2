"""What to say when nobody with the condition was studied: what there is instead, and what is registered."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aponia.answers import Layer
from aponia.claims.matching import (
    candidates,
    ungrounded,
)
from aponia.claims.model import Reading, Verdict, VerdictName
from aponia.claims.records import Records, StudyFacts
from aponia.claims.telling import item, items, trial_item

__all__ = ["judge_untested"]


def judge_untested(
    records: Records,
    reading: Reading,
    condition: str,
    qid: str | None,
    drug: str,
    place: str,
    pool: Sequence[StudyFacts],
    extra: tuple[str, ...],
) -> Verdict:
    """Nothing in people with the condition: say so, with what there is instead."""
    wanted = records.widened(reading.substances)
    trials = [
        t.trial
        for t in records.trials
        if wanted & t.substances and (t.trial.condition == condition)
    ]
    if reading.ketamine and not extra:
        return Verdict(
            "unverified",
            f"Studies of {drug} for {'exactly this pain' if reading.narrow else place} are not gathered in this base.",
            (),
            tuple(trial_item(t) for t in trials[:2]),
            qid,
        )
    near = [f for f in pool if f.layer in (Layer.VOLUNTEERS, Layer.ANIMALS)]
    generic = reading.generic or condition in ("chronic-pain-mixed", "experimental-pain")
    if not near and generic:
        near = [
            f
            for f, _ in candidates(records, reading)
            if f.study.condition == "experimental-pain" and f.layer is Layer.VOLUNTEERS
        ]
    volunteers = [f for f in near if f.layer is Layer.VOLUNTEERS and f.points == "benefit"]
    animals = [f for f in near if f.layer is Layer.ANIMALS and f.points == "benefit"]
    against = [f for f in near if f.points in ("no-difference", "harm")]
    issues = ["not-tested-in-condition", *extra]
    if volunteers:
        issues.insert(0, "healthy-volunteers")
    elif animals:
        issues.insert(0, "animal-only")
    if against and (volunteers or animals):
        issues.append("conflicting")
    evidence = (
        *items([*volunteers, *animals, *against] or list(pool), 3),
        *(trial_item(t) for t in trials[:2]),
    )
    if reading.population in ("animals", "cells") and reading.direction == "neutral" and against:
        name: VerdictName = "supported"
        issues = []
        if animals and re.search(r"\b(?:any|every|all|never|ever|in no)\b", reading.text.lower()):
            name, issues = "contradicted", ["conflicting", "misread-result"]
        elif animals and not re.search(r"\b(?:one|a|another|some|recent)\b", reading.text.lower()):
            name, issues = "partly-supported", ["conflicting"]
        return Verdict(
            name, f"{item(against[0]).shows}", tuple(issues), items([*against, *animals], 3), qid
        )
    if reading.population in ("animals", "cells"):
        if animals:
            strange = ungrounded(reading, animals[0].stems)
            if len(strange) <= max(3, 0.5 * len(reading.stems)):
                name = "partly-supported" if against or reading.certainty == 4 else "supported"
                return Verdict(
                    name,
                    f"Animal studies report this. {item(animals[0]).shows}",
                    ("conflicting",) if against else (),
                    evidence,
                    qid,
                )
        return Verdict("unverified", "No animal record here fits this claim.", (), evidence, qid)
    running = f" Registered: {', '.join(t.id for t in trials[:3])}." if trials else ""
    if extra and any(f.layer not in (None, Layer.ANIMALS, Layer.VOLUNTEERS) for f in pool):
        told = f"No study here gave people with {place} {drug} at that class of dose.{running}"
    elif any(f.layer not in (None, Layer.ANIMALS, Layer.VOLUNTEERS) for f in pool):
        told = f"No study here of {drug} for {place} measured this.{running}"
    else:
        told = f"No study of {drug} for {place} in people is in this base.{running}"
    if reading.certainty == 0:
        return Verdict(
            "unverified",
            f"{told} What people report elsewhere was not looked up.",
            (),
            evidence,
            qid,
        )
    if (
        reading.claim_type != "mechanism"
        and generic
        and not extra
        and (volunteers or animals)
        and reading.certainty <= 2
    ):
        return Verdict(
            "partly-supported",
            f"{told} The nearest: {evidence[0].shows}",
            tuple(issues),
            evidence,
            qid,
        )
    if reading.direction == "neutral":
        return Verdict("unverified", told, (), evidence, qid)
    if reading.certainty >= 4:
        issues.append("overclaims-certainty")
    return Verdict("no-evidence", told, tuple(issues), evidence, qid)
