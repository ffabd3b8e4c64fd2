"""Verdicts on classes of dose: what sources call a microdose, what is felt, what trials were not."""

from __future__ import annotations

import re

from aponia.claims.matching import find_study
from aponia.claims.model import EvidenceItem, Magnitude, Reading, Slots, Verdict
from aponia.claims.records import Records, StudyFacts
from aponia.claims.telling import describe, item

__all__ = ["judge_bands", "judge_class", "judge_not_micro", "judge_perceptible"]


def judge_bands(records: Records, reading: Reading, amounts: list[Magnitude]) -> Verdict:
    """Judge an amount that is called by the name of a class."""
    wanted = records.widened(reading.substances)
    lower = reading.text.lower()
    word = (
        "microdose"
        if re.search(r"micro-?dos", lower)
        else "full"
        if re.search(r"full|macro|high|heroic", lower)
        else "low"
        if re.search(r"\blow\b|threshold|psycholytic|moderate|medium", lower)
        else None
    )
    rows = [
        r
        for r in records.base.dose_bands
        if r.substance in wanted and (r.unit or "").split(" ")[0] == amounts[0].unit
    ]
    named = [r for r in rows if word and word in r.band]
    evidence = tuple(
        EvidenceItem(r.id, f"{r.band}: {r.statement}.", r.source_url) for r in (named or rows)[:3]
    )
    if not named:
        return Verdict("unverified", "No band of doses on record fits this.", (), evidence)
    low = min((r.low for r in named if r.low is not None), default=0.0)
    high = max((r.high for r in named if r.high is not None), default=0.0)
    top = max(m.high or m.value for m in amounts)
    bottom = min(m.value for m in amounts)
    if bottom >= 0.5 * low and top <= 1.05 * high:
        return Verdict(
            "supported",
            f"Sources call {low:g} to {high:g} {amounts[0].unit} by that name; there is no agreed definition.",
            (),
            evidence,
        )
    if word == "microdose" and bottom > 1.5 * high:
        return Verdict(
            "contradicted",
            f"Sources call at most {high:g} {amounts[0].unit} by that name.",
            ("wrong-dose-class",),
            evidence,
        )
    return Verdict(
        "partly-supported",
        f"Sources use {low:g} to {high:g} {amounts[0].unit}.",
        ("wrong-number",),
        evidence,
    )


def judge_perceptible(records: Records, reading: Reading, amounts: list[Magnitude]) -> Verdict:
    """Judge "non-psychedelic at this dose" by the doses from which studies saw effects."""
    wanted = records.widened(reading.substances)
    top = max(m.high or m.value for m in amounts)
    rows = [
        r
        for r in records.base.dose_bands
        if r.substance in wanted
        and (r.unit or "").split(" ")[0] == amounts[0].unit
        and r.low is not None
    ]
    felt = [
        r
        for r in rows
        if re.search(r"threshold|low psychoactive|above", r.band) and (r.low or 0) <= top
    ]
    evidence = tuple(
        EvidenceItem(r.id, f"{r.band}: {r.statement}.", r.source_url) for r in (felt or rows)[:3]
    )
    match = find_study(records, reading)
    slots: Slots = {}
    if (
        match is not None
        and (reading.generic or not reading.conditions)
        and match.facts.study.condition != "none"
        and "study-specific" in reading.cues
    ):
        slots = {"condition": match.facts.study.condition}
    if not rows:
        return Verdict("unverified", "No study on record says from which dose this is felt.")
    full = [r for r in rows if re.search(r"full|ceiling|ego", r.band) and (r.low or 0) <= top]
    if full:
        return Verdict(
            "contradicted",
            f"Sources call such doses {full[0].band}.",
            ("wrong-dose-class",),
            evidence,
            **slots,
        )
    if felt:
        return Verdict(
            "partly-supported",
            f"No full psychedelic experience, but effects were felt: {felt[-1].statement}.",
            ("omits-harm",),
            evidence,
            **slots,
        )
    return Verdict("supported", f"{rows[0].statement}.", (), evidence, **slots)


def judge_not_micro(reading: Reading, studies: list[StudyFacts], lower: str) -> Verdict:
    """Judge "these were not microdoses" by what the trials gave."""
    controlled = [
        f
        for f in studies
        if any(r.comparator.endswith("placebo") for r in f.rows)
        and f.study.condition not in ("none", "experimental-pain")
    ]
    pool = [
        f
        for f in (controlled or studies)
        if f.study.condition != "experimental-pain"
        and f.layer is not None
        and f.layer.value in ("randomised", "uncontrolled")
    ]
    micro = [f for f in pool if f.study.approach == "microdose"]
    other = [f for f in pool if f.study.approach in ("macrodose", "psycholytic")]
    if not other:
        return Verdict("unverified", "No record here gives the doses of these trials.")
    substances = tuple(dict.fromkeys(s for f in other for s in f.study.substances))
    approach = "psycholytic" if reading.approach == "psycholytic" else other[0].study.approach
    if micro and not re.search(r"controlled|randomi", lower):
        return Verdict(
            "partly-supported",
            f"Some used microdoses: {describe(micro[0])}.",
            ("overgeneralised",),
            (item(micro[0]),),
            substances=substances,
        )
    return Verdict(
        "supported",
        f"None of these trials used microdoses; {describe(other[0])} is one.",
        (),
        tuple(item(f) for f in other[:3]),
        substances=substances,
        approach=approach,
    )


def judge_class(records: Records, reading: Reading, lower: str) -> Verdict:
    """Definitions without a number: "a tenth of a full dose", "so small that nothing is felt"."""
    micro = re.search(r"micro-?dos", lower)
    rows = [
        r
        for r in records.base.dose_bands
        if (r.band == "microdose") == bool(micro) and (micro or r.band == "psycholytic")
    ]
    evidence = tuple(
        EvidenceItem(r.id, f"{r.band}: {r.statement}.", r.source_url) for r in rows[:3]
    )
    if (
        micro
        and re.search(
            r"tenth|10 ?%|twentieth|5-10|sub-?percept|tiny|small|low|below|without (?:the )?(?:\w+ )?(?:hallucin|trip|psychedelic)|(?:do not|don't|not) (?:\w+ )?(?:experience|feel|produce|cause|hallucin)",
            lower,
        )
        and "benefit" not in reading.cues
    ):
        return Verdict(
            "supported",
            "Sources use the word this way; there is no agreed definition.",
            (),
            evidence,
        )
    if (
        re.search(r"psycholytic|medium dos|moderate dos|middle", lower)
        and re.search(
            r"between|lower than|low to|medium|moderate|noticeable|not (?:so )?intense", lower
        )
        and not re.search(
            r"advantage|more powerful|better|more manageable|less overwhelming", lower
        )
    ):
        return Verdict(
            "supported",
            "Sources use the word this way; there is no agreed definition.",
            (),
            evidence,
        )
    full = [r for r in records.base.dose_bands if re.search(r"full|macro", r.band)]
    whole = re.search(r"full|complete", lower) and re.search(r"experience|trip|effects?", lower)
    if full and whole and not micro and "benefit" not in reading.cues:
        medium = re.search(
            r"not (?:so |as )?(?:\w+ )?(?:as )?to (?:cause|produce|bring)|short of", lower
        )
        shown = (rows if medium else full)[:3]
        return Verdict(
            "supported",
            "Sources use the word this way; there is no agreed definition.",
            (),
            tuple(EvidenceItem(r.id, f"{r.band}: {r.statement}.", r.source_url) for r in shown),
        )
    return Verdict("unverified", "No record here decides this about doses.", (), evidence)
