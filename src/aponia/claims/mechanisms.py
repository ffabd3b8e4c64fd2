"""Verdicts on mechanisms: where it was shown, in which species, and whether patients come into it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from aponia.answers import Layer
from aponia.claims.lexicon import CUES, TOPICS, find_cues
from aponia.claims.matching import (
    candidates,
    check_figures,
    institutions_of,
    ungrounded,
)
from aponia.claims.model import EvidenceItem, Reading, Slots, Verdict
from aponia.claims.reading import CLASS
from aponia.claims.records import Finding, Records, StudyFacts, negative
from aponia.claims.telling import describe, item, items, names
from aponia.claims.themes import THEMES, entries, judge_theme

__all__ = ["judge_mechanism", "leap"]


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
    if "nmda" in lower and any("ketamine" in s for s in reading.substances):
        found = _receptor(records, reading, topics, lower)
        if found is not None:
            return found
    if "brain-site" in topics and "benefit" not in reading.cues:
        seen = _unstated_species(records, reading, topics)
        if seen.name != "unverified":
            return seen
    shown = _shown_in_patients(records, reading, topics)
    if shown is not None:
        return shown
    if _leaps(reading, lower):
        return leap(records, reading)
    receptor = _receptor(records, reading, topics, lower)
    if receptor is not None:
        return receptor
    themes = {THEMES[t] for t in topics if t in THEMES}
    if themes:
        return judge_theme(records, reading, topics, themes)
    if "mechanism" in reading.cues and "benefit" in reading.cues and "pain" in reading.cues:
        return leap(records, reading)
    return _unstated_species(records, reading, topics)


def _shown_in_patients(
    records: Records, reading: Reading, topics: frozenset[str]
) -> Verdict | None:
    """Find a study in people with this pain that measured the way of working itself."""
    named = set(reading.conditions) - {"chronic-pain-mixed", "experimental-pain"}
    wanted = topics & (_RELEVANT | {"hypothalamus"})
    if not named or not wanted or reading.negated:
        return None
    drugs = records.widened(reading.substances)
    for facts in records.studies:
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


def _leaps(reading: Reading, lower: str) -> bool:
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
    ketamine = any("ketamine" in s for s in reading.substances)
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


_CONSEQUENCE = re.compile(
    r"\breset\w*|rewir\w+|restor\w+|inflamm\w+|plastic\w*|connections|switch\w* off|sensiti[sz]ation|overly sensitive|over-?active|pain (?:memory|pathways?|receptors?|circuits?|signals?)|breaks?\b|calm\w*"
)


def _receptor(
    records: Records, reading: Reading, topics: frozenset[str], lower: str
) -> Verdict | None:
    acts = re.search(
        r"\b(?:act\w*|bind\w*|agonist\w*|activat\w*|stimulat\w*|target\w*|receptors?|interact\w*|through|via|mimic\w*|convert\w*|metaboli\w*|psilocin|work (?:on|by)|antagonist\w*|block\w*)",
        lower,
    )
    if "psilocybin" in reading.substances and re.search(
        r"\bpsilocin\b|active (?:form|metabolite)|prodrug", lower
    ):
        turned = re.search(
            r"convert|metaboli|turn(?:s|ed)? into|br(?:eak|oken)|prodrug|becomes?", lower
        )
        made = [
            r
            for r in records.base.pk_parameters
            if r.substance == "psilocybin" and "psilocin" in r.analyte
        ]
        if turned and made and not reading.negated and "benefit" not in reading.cues:
            return Verdict(
                "supported",
                "After psilocybin it is psilocin that is measured in blood.",
                (),
                (
                    EvidenceItem(
                        made[0].id, f"{made[0].analyte}: {made[0].parameter}.", made[0].source_url
                    ),
                ),
            )
    if not acts or reading.negated:
        return None
    blocks = re.search(r"\b(?:block|inhibit|antagoni|shut|suppress)\w*", lower)
    starts = re.search(r"\b(?:activat|stimulat|agonis|mimic)\w*", lower)
    if topics & {"5ht2a", "serotonin"} and not topics & {"trkb", "bdnf", "inflammation"}:
        wanted = records.widened(reading.substances)
        rows = [r for r in records.base.receptor_occupancy if r.substance in wanted]
        if rows and not any("ketamine" in s for s in reading.substances):
            benefit = "benefit" in reading.cues and "pain" in reading.cues
            evidence = tuple(
                EvidenceItem(
                    r.id,
                    f"{r.substance}: {r.quantity} ({r.radioligand or 'human study'}).",
                    r.source_url,
                )
                for r in rows[:2]
            )
            if benefit:
                return None
            if blocks and not starts:
                return Verdict(
                    "contradicted",
                    "These drugs activate this receptor; blocking it removes the effect.",
                    ("wrong-mechanism",),
                    evidence,
                )
            if reading.certainty == 4:
                return Verdict(
                    "partly-supported",
                    "Human imaging and blocking studies point to this receptor.",
                    ("overclaims-certainty",),
                    evidence,
                )
            return Verdict(
                "supported",
                "Human imaging and blocking studies show action at the serotonin 5-HT2A receptor.",
                (),
                evidence,
            )
    if "nmda" in lower and any("ketamine" in s for s in reading.substances):
        rows_a = [r for r in records.base.analogues if "NMDA receptor antagonist" in r.class_]
        if rows_a and starts and not blocks:
            return Verdict(
                "contradicted",
                "Ketamine and its relatives are listed here as NMDA receptor antagonists.",
                ("wrong-mechanism",),
                (EvidenceItem(rows_a[0].id, rows_a[0].class_, rows_a[0].source_url),),
            )
        if rows_a and _CONSEQUENCE.search(lower):
            return Verdict(
                "partly-supported",
                "Ketamine is an NMDA receptor antagonist; that this resets or calms pain pathways in patients is an explanation, not a result.",
                ("mechanism-leap",),
                (EvidenceItem(rows_a[0].id, rows_a[0].class_, rows_a[0].source_url),),
            )
        if rows_a:
            return Verdict(
                "supported",
                "Ketamine and its relatives are listed here as NMDA receptor antagonists.",
                (),
                (EvidenceItem(rows_a[0].id, rows_a[0].class_, rows_a[0].source_url),),
            )
    return None
