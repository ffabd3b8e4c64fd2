"""Verdicts on mechanisms: where it was shown, in which species, and whether patients come into it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from aponia.answers import Layer
from aponia.claims.figure_matching import check_figures
from aponia.claims.leaps import is_leap, leap
from aponia.claims.lexicon import CUES, TOPICS, find_cues
from aponia.claims.matching import candidates, institutions_of, ungrounded
from aponia.claims.model import Reading, Slots, Verdict
from aponia.claims.reading import CLASS
from aponia.claims.receptors import judge_receptor
from aponia.claims.records import Finding, Records, StudyFacts, negative
from aponia.claims.telling import describe, item, items
from aponia.claims.themes import THEMES, judge_theme

__all__ = ["judge_mechanism"]


def judge_mechanism(records: Records, reading: Reading) -> Verdict:
    """Judge a claim about how a drug works.

    Parameters
    ----------
    records : Records
    reading : Reading

    Returns
    -------
    Verdict
    """
    lower = reading.text.lower()
    topics = find_cues(lower, TOPICS)
    if _NEEDED.search(lower) and "dissociation" not in reading.cues:
        return _needed(records, reading, topics)
    if "dissociation" in reading.cues:
        return _independent(records, reading, topics)
    if not reading.substances:
        return Verdict(
            "unverified", "No drug of this evidence base is named, so there is nothing to look up."
        )
    if reading.population in ("animals", "cells"):
        found = _animals(records, reading, topics)
        if found is not None:
            return found
    if re.search(r"nmda|n-methyl-d-aspartate|glutamate", lower) and any(
        "ketamine" in s for s in reading.substances
    ):
        found = judge_receptor(records, reading, topics, lower)
        if found is not None:
            return found
    if "brain-site" in topics and "benefit" not in reading.cues:
        seen = _unstated_species(records, reading, topics)
        if seen.name != "unverified":
            return seen
    if topics & {"5ht2a", "5ht1a", "trkb"} and "pain" in reading.cues and not reading.other_illness:
        needed = _needed_in_animals(records, reading, topics)
        if needed is not None:
            return needed
    shown = _shown_in_patients(records, reading, topics)
    if shown is not None:
        return shown
    if is_leap(reading, lower):
        return leap(records, reading)
    receptor = judge_receptor(records, reading, topics, lower)
    if receptor is not None:
        return receptor
    themes = {THEMES[t] for t in topics if t in THEMES}
    if themes:
        return judge_theme(records, reading, topics, themes)
    if "mechanism" in reading.cues and "benefit" in reading.cues and "pain" in reading.cues:
        return leap(records, reading)
    return _unstated_species(records, reading, topics)


def _needed_in_animals(
    records: Records, reading: Reading, topics: frozenset[str]
) -> Verdict | None:
    """Find an animal study of pain in which the receptor a claim names was needed."""
    named = set(reading.conditions) - {"chronic-pain-mixed", "experimental-pain"}
    wanted = topics & {"5ht2a", "5ht1a", "trkb"}
    drugs = records.widened(reading.substances)
    if named or reading.negated or reading.population != "patients" or reading.population_stated:
        return None
    for facts in records.studies:
        if facts.layer is not Layer.ANIMALS or not drugs & facts.substances:
            continue
        if facts.study.condition == "none" or facts.points != "benefit":
            continue
        if any(wanted & f.topics for f in facts.findings):
            return Verdict(
                "partly-supported",
                f"{describe(facts)} points to this receptor, in animals, which the sentence does not say.",
                ("animal-only", "omits-species"),
                (item(facts),),
            )
    return None


def _shown_in_patients(
    records: Records, reading: Reading, topics: frozenset[str]
) -> Verdict | None:
    """Find a study in people with this pain that measured the way of working itself."""
    named = set(reading.conditions) - {"chronic-pain-mixed", "experimental-pain"}
    wanted = topics & (_RELEVANT | {"hypothalamus"})
    if not named or not wanted or reading.negated:
        return None
    drugs = records.widened(reading.substances)
    physical = re.search(r"blood (?:flow|supply|vessels?)|vasoconstrict", reading.text.lower())
    for facts in records.studies:
        if physical and "blood" not in facts.text:
            continue
        if facts.layer in (None, Layer.ANIMALS) or facts.study.condition not in named:
            continue
        if drugs & facts.substances and any(wanted <= f.topics for f in facts.findings):
            return Verdict(
                "partly-supported",
                f"{item(facts).shows} That this is the way it helps is not shown by it.",
                ("mechanism-leap", *(("tiny-n",) if facts.tiny else ())),
                (item(facts),),
            )
    return None


def _unstated_species(records: Records, reading: Reading, topics: frozenset[str]) -> Verdict:
    """Look up a brain finding told without its species among the animal records."""
    unknown = Verdict("unverified", "No record of this base speaks of this way of working.")
    if not topics & {"brain-site", "spinal", "trkb", "5ht1a", "spines"} or reading.negated:
        return unknown
    wanted = records.widened(reading.substances)
    for facts in records.studies:
        animal = facts.layer is Layer.ANIMALS and wanted & facts.substances
        if animal and _clause_found(reading.text, facts.findings):
            return Verdict(
                "partly-supported",
                f"{describe(facts)} reports this, in animals, which the sentence does not say.",
                ("animal-only", "omits-species"),
                (item(facts),),
            )
    return unknown


def _independent(records: Records, reading: Reading, topics: frozenset[str]) -> Verdict:
    """Judge "the benefit does not depend on the experience" by what trials correlated."""
    found = [
        f
        for f, fit in candidates(records, reading)
        if fit >= 0.6
        and f.layer in (Layer.RANDOMISED, Layer.UNCONTROLLED, Layer.SURVEYS)
        and any(
            (
                "acute-experience" in x.topics
                and x.negated
                and x.topics & {"attacks", "migraine-days"}
            )
            or (
                x.negated
                and re.search(r"did not (?:track|follow)", x.text.lower())
                and "acute-experience" in x.topics
            )
            for x in f.findings
        )
    ]
    if not found:
        return Verdict(
            "unverified",
            "No record of this base looked at whether benefit follows the experience for this.",
        )
    explanation = (
        f"{describe(found[0])} looked at this: the change did not follow the strength of the acute effects. "
        "The groups are small, so a link can not be ruled out."
    )
    slots: Slots = (
        {"substances": found[0].study.substances} if reading.substances in ((), (CLASS,)) else {}
    )
    if reading.approach == "none":
        slots["approach"] = found[0].study.approach
    if reading.certainty == 4:
        return Verdict(
            "partly-supported",
            explanation,
            ("tiny-n", "overclaims-certainty"),
            items(found),
            **slots,
        )
    return Verdict("supported", explanation, (), items(found), **slots)


#: "The trip is what does it."
_NEEDED = re.compile(
    r"\b(?:experiences?|trips?|mystical|ego[- ](?:death|dissolution)|hallucinations?)\b[^.;]{0,40}\b(?:essential|necessary|needed|required|key to|crucial|responsible|what (?:heals|helps|works)|the reason)\b"
)


def _needed(records: Records, reading: Reading, topics: frozenset[str]) -> Verdict:
    """Judge "the benefit needs the experience" by the trials that correlated the two."""
    found = _independent(records, reading, topics)
    if found.name == "unverified":
        return found
    return replace(
        found,
        name="no-evidence",
        issues=("conflicting", "tiny-n"),
        explanation=f"No study of pain here shows this. {found.explanation}",
    )


def _animals(records: Records, reading: Reading, topics: frozenset[str]) -> Verdict | None:
    """Judge a claim about animals: every clause must find its like in one record."""
    pool = [f for f, _ in candidates(records, reading) if f.layer is Layer.ANIMALS]
    wanted = records.widened(reading.substances)
    pool += [
        f
        for f in records.studies
        if f.layer is Layer.ANIMALS and wanted & f.substances and f not in pool
    ]
    _, strangers = institutions_of(records, reading.text)
    clauses = [
        c for c in re.split(r", (?:while|whereas|but|and) |; ", reading.text.lower()) if c.strip()
    ]
    best: StudyFacts | None = None
    for facts in sorted(pool, key=lambda f: (-len(reading.stems & f.stems), f.id)):
        if all(_clause_found(c, facts.findings) for c in clauses):
            best = facts
            break
    if best is None or strangers:
        return None
    figures = check_figures(reading, best)
    if figures.wrong or figures.unknown:
        return Verdict(
            "partly-supported",
            f"{describe(best)} reports this, but not the figure.",
            ("figure-unverified",),
            (item(best),),
        )
    if len(ungrounded(reading, best.stems)) > max(4, 0.6 * len(reading.stems)):
        return None
    against = [f for f in pool if f.points == "no-difference"]
    condition = best.study.condition if reading.generic and best.study.condition != "none" else None
    if reading.certainty == 4:
        return Verdict(
            "partly-supported",
            f"{describe(best)} reports this, in animals.",
            ("overclaims-certainty",),
            (item(best),),
            condition=condition,
        )
    more = (
        f" Other animal work disagrees: {describe(against[0])}."
        if against and "pain" in reading.cues
        else ""
    )
    return Verdict(
        "supported",
        f"{describe(best)} reports this, in animals.{more}",
        (),
        (item(best), *items(against, 1)),
        condition=condition,
    )


_RELEVANT = frozenset(
    [
        "spinal",
        "brain-site",
        "bdnf",
        "trkb",
        "5ht2a",
        "5ht1a",
        "tnf",
        "il6",
        "crp",
        "inflammation",
        "plasticity",
        "spines",
        "connectivity",
        "tolerance",
        "mirror",
        "occupancy",
    ]
)


def _clause_found(clause: str, findings: Sequence[Finding]) -> bool:
    topics = find_cues(clause.lower(), TOPICS) & _RELEVANT
    denied = negative(clause)
    if not topics:
        return not denied and any(
            not f.negated and find_cues(f.text.lower(), {"b": CUES["benefit"]}) for f in findings
        )
    return any(topics <= f.topics and f.negated == denied for f in findings)
