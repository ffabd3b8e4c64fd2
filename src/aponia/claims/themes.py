"""Plasticity, inflammation, mood: what the mechanism index holds for and against."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aponia.answers import Layer
from aponia.claims.figure_matching import check_figures
from aponia.claims.lexicon import TOPICS, find_cues
from aponia.claims.matching import find_study, ungrounded
from aponia.claims.model import Reading, Verdict, VerdictName
from aponia.claims.reading import CLASS
from aponia.claims.records import Records, StudyFacts
from aponia.claims.telling import describe, item, items, names

__all__ = ["THEMES", "entries", "judge_theme"]

THEMES = {
    "plasticity": "neuroplasticity",
    "bdnf": "neuroplasticity",
    "spines": "neuroplasticity",
    "trkb": "neuroplasticity",
    "connectivity": "neuroplasticity",
    "inflammation": "inflammation",
    "tnf": "inflammation",
    "il6": "inflammation",
    "crp": "inflammation",
    "emotional": "affective",
}


#: Topics that narrow a theme: a record must share them to speak for the claim.
_NARROW = ("bdnf", "trkb", "connectivity", "tnf", "il6", "crp", "spines", "hypothalamus")


def entries(
    records: Records, reading: Reading, topics: frozenset[str], themes: set[str]
) -> tuple[list[StudyFacts], list[StudyFacts]]:
    """Return mechanism records of the drug for and against, narrowed to the claim's topics."""
    wanted = records.widened(reading.substances)
    narrow = [t for t in _NARROW if t in topics]
    support: list[StudyFacts] = []
    against: list[StudyFacts] = []
    for entry in records.base.mechanism_index:
        facts = records.by_id.get(entry.id)
        if facts is None or not themes & set(entry.themes):
            continue
        shared = wanted & facts.substances or (
            CLASS in facts.substances and wanted & records.widened((CLASS,))
        )
        if not shared:
            continue
        if narrow:
            said = find_cues(f"{entry.headline} {facts.text}".lower(), TOPICS)
            if not all(t in said for t in narrow):
                continue
        # a study with results on both sides speaks for and against
        if entry.direction in ("supports", "mixed"):
            support.append(facts)
        if entry.direction in ("against", "mixed"):
            against.append(facts)
    return support, against


def judge_theme(
    records: Records, reading: Reading, topics: frozenset[str], themes: set[str]
) -> Verdict:
    """Judge a claim about a theme of the mechanism index."""
    drug = names(records, "substances", reading.substances)
    if themes == {"affective"}:
        return _affective(records, reading, drug)
    support, against = entries(records, reading, topics, themes)
    diseased = re.search(
        r"\b(?:patients?|people|sufferers|those|adults)\b[^.;]{0,20}\b(?:with|who have|suffering)\b|inflammatory (?:\w+ )?(?:disorders?|diseases?|conditions?)",
        reading.text.lower(),
    )
    if diseased and "benefit" in reading.cues and reading.population == "patients":
        return Verdict(
            "no-evidence",
            f"Markers were measured in healthy people and animals; no study of {drug} in people with such a disease is here.",
            ("not-tested-in-condition", "mechanism-leap"),
            items([*support[:2], *against[:1]], 3),
        )
    if reading.population not in ("animals", "cells") and re.search(
        r"\b(?:repair|mend|regenerat|regrow|heal|restor)\w*\b[^.;]{0,40}\b(?:neurons?|nerves?|brain|synap\w+)",
        reading.text.lower(),
    ):
        return Verdict(
            "no-evidence",
            f"Growth of nerve cell branches was seen in cells and animals; no study here shows repair in people by {drug}.",
            ("animal-only", "mechanism-leap"),
            items([f for f in support if f.layer is Layer.ANIMALS], 3),
        )
    match = find_study(records, reading)
    if match is not None and match.sure and match.facts in (*support, *against):
        support = [match.facts] if match.facts in support else []
        against = [match.facts] if match.facts in against else against
    people = [f for f in support if f.layer is not Layer.ANIMALS]
    animals = [f for f in support if f.layer is Layer.ANIMALS]
    if reading.population in ("animals", "cells"):
        people = []
        against = [f for f in against if f.layer is Layer.ANIMALS]
    evidence = items(dict.fromkeys([*people[:2], *animals[:2], *against[:2]]), 5)
    if not support and not against:
        return Verdict("unverified", f"No record here on {drug} speaks of this.")
    if reading.direction == "neutral" and reading.negated:
        if against and not people:
            return Verdict("supported", f"{describe(against[0])} found this.", (), evidence)
        return Verdict("partly-supported", "Studies disagree.", ("conflicting",), evidence)
    if not support:
        wider = entries(records, reading, topics - frozenset(_NARROW), themes)[0]
        if wider and topics & frozenset(_NARROW) and "plasticity" in topics:
            # the marker was not found raised, but the growth it stands for was seen elsewhere
            return Verdict(
                "partly-supported",
                f"{item(against[0]).shows} For the rest: {item(wider[0]).shows}",
                (
                    "conflicting",
                    "omits-null",
                    *(("animal-only",) if all(f.layer is Layer.ANIMALS for f in wider) else ()),
                ),
                items([*against[:2], *wider[:2]], 4),
            )
        name: VerdictName = "contradicted" if reading.certainty >= 3 else "partly-supported"
        return Verdict(name, f"{item(against[0]).shows}", ("conflicting", "omits-null"), evidence)
    if (
        "trkb" not in topics
        and "comparison" in reading.cues
        and re.search(r"\bunlike\b|\bthan\b|compared (?:with|to)", reading.text.lower())
    ):
        return Verdict(
            "no-evidence",
            "No study here compared the two in people.",
            ("indirect-comparison", "overgeneralised"),
            evidence,
        )
    if "connectivity" in topics and _other_way(reading.text, [*people, *animals]):
        return Verdict(
            "unverified",
            f"The record points another way. {item((people or animals)[0]).shows}",
            (),
            evidence,
        )
    counted = [m for m in reading.magnitudes if m.unit not in ("times", "fold")]
    if counted and not any(check_figures(reading, f).right for f in support):
        return Verdict(
            "unverified",
            "The figure is in none of the records.",
            ("figure-unverified",),
            evidence,
        )
    if (
        re.search(
            r"healthy (?:\w+ )?(?:volunteers?|people|adults|participants|subjects|humans)",
            reading.text.lower(),
        )
        and not people
    ):
        return Verdict(
            "contradicted",
            f"Only animal or cell work supports this: {describe(animals[0])}.",
            ("animal-only",),
            evidence,
        )
    issues: list[str] = []
    if reading.population in ("animals", "cells"):
        strange = (
            ungrounded(reading, frozenset().union(*(f.stems for f in animals)))
            if animals
            else reading.stems
        )
        if not animals or len(strange) > max(3, 0.5 * len(reading.stems)):
            return Verdict("unverified", "No animal record here fits this claim.", (), evidence)
    elif not people:
        issues += ["animal-only", "omits-species"]
    elif reading.population != "volunteers" and (
        reading.population_stated or reading.conditions or "pain" in reading.cues
    ):
        # what a drug does to the brain may be told from volunteers; what it does in patients not
        issues.append("healthy-volunteers")
    if against:
        issues += ["conflicting", "omits-null"]
    if any(m.kind == "duration" for m in reading.magnitudes) and not any(
        check_figures(reading, f).right for f in support
    ):
        issues.append("wrong-timescale")
    issues += _markers(reading, topics, people or animals)
    told = f"{item((people or animals)[0]).shows}"
    others = [f for f in against if f not in support]
    if others:
        told += f" Against it: {describe(others[0])}."
    if reading.certainty == 4:
        issues.append("overclaims-certainty")
        name = "contradicted" if against else "partly-supported"
        return Verdict(name, told, tuple(issues), evidence)
    pain = reading.conditions or "pain" in reading.cues
    if reading.certainty <= 1 and not pain:
        return Verdict("supported", f"{told} The wording is as careful as that.", (), evidence)
    if not issues:
        return Verdict("supported", told, (), evidence)
    if reading.population in ("animals", "cells") and issues == ["conflicting", "omits-null"]:
        return Verdict("partly-supported", told, tuple(issues), evidence)
    return Verdict("partly-supported", told, tuple(issues), evidence)


_UP = re.compile(r"\b(?:increas|boost|strengthen|rais|enhanc|more|greater|stronger)\w*")
_DOWN = re.compile(r"\b(?:decreas|reduc|disrupt|weaken|lower|less|desynchron|quiet)\w*")


def _other_way(text: str, support: Sequence[StudyFacts]) -> bool:
    """Whether a claim says up where the first finding of every record says down, or the reverse."""
    said = [f.study.findings[0] for f in support if f.study.findings]
    for mine, other in ((_UP, _DOWN), (_DOWN, _UP)):
        if mine.search(text.lower()) and not other.search(text.lower()):
            return bool(said) and all(
                other.search(x.lower()) and not mine.search(x.lower().replace("more than", ""))
                for x in said
            )
    return False


_MARKERS = {"tnf": r"tnf", "il6": r"il-?6", "crp": r"crp|c-reactive", "bdnf": r"bdnf"}


def _markers(reading: Reading, topics: frozenset[str], support: Sequence[StudyFacts]) -> list[str]:
    """Check every marker a claim names, at the time it names, against the results of the study."""
    length = reading.longest_days
    if length is None or not support:
        return []
    issues = []
    for topic, pattern in _MARKERS.items():
        if topic not in topics:
            continue
        rows = [
            r
            for f in support[:1]
            for r in f.rows
            if re.search(pattern, (r.outcome_name or "").lower())
            and (r.timepoint_days or 0) >= 0.8 * length
        ]
        if rows and all(
            r.significant is False or r.direction in ("no-difference", "harm") for r in rows
        ):
            issues.append("misread-result")
        elif not rows:
            issues.append("wrong-timescale")
    return issues


def _affective(records: Records, reading: Reading, drug: str) -> Verdict:
    question = records.answers.get("affective-pain")
    entries = [
        f
        for f in records.studies
        if f.id in {e.id for e in records.base.mechanism_index if "affective" in e.themes}
    ]
    if reading.certainty >= 3 or reading.boosted:
        return Verdict(
            "no-evidence",
            f"Nobody has shown that {drug} eases pain through the emotional side of it.",
            ("mechanism-leap", "overclaims-certainty"),
            items(entries, 3),
            question.id if question else None,
        )
    return Verdict(
        "partly-supported",
        "Mood changed in trials of depression and in animals; in people with pain nobody has shown that this is the way.",
        ("not-tested-in-condition", "mechanism-leap"),
        items(entries, 3),
        question.id if question else None,
    )
