"""Verdicts on effects: which study a claim speaks of, or the whole evidence on a drug and a condition."""

from __future__ import annotations

import re

from aponia.answers import Layer
from aponia.claims.leaps import leap
from aponia.claims.matching import (
    Match,
    candidates,
    find_study,
)
from aponia.claims.model import Reading, Verdict
from aponia.claims.one_study import judge_by_study
from aponia.claims.records import Records
from aponia.claims.study_checks import beyond
from aponia.claims.telling import describe, items
from aponia.claims.whole_evidence import judge_by_evidence

__all__ = ["judge_effect"]


def judge_effect(records: Records, reading: Reading) -> Verdict:
    """Judge an efficacy or durability claim.

    Parameters
    ----------
    records : Records
    reading : Reading

    Returns
    -------
    Verdict
    """
    if not reading.substances and not (reading.designs or "study-specific" in reading.cues):
        return Verdict(
            "unverified", "No drug of this evidence base is named, so there is nothing to look up."
        )
    if not reading.substances and reading.comedications:
        return Verdict(
            "unverified", "The claim is about a medicine this evidence base does not cover."
        )
    if reading.other_illness and not reading.conditions and "pain" not in reading.cues:
        return Verdict(
            "unverified",
            f"The claim is about {reading.other_illness}, which this evidence base on pain does not cover.",
        )
    if "root-cause" in reading.cues:
        return leap(records, reading)
    if reading.population == "animals" and _TO_PATIENTS.search(reading.text.lower()):
        return leap(records, reading, animals=True)
    if _other_is_subject(records, reading):
        return Verdict(
            "unverified", "The claim is about another medicine, compared with this drug."
        )
    short = _only_for_a_while(records, reading)
    if short is not None:
        return short
    late = _gone_by_then(records, reading)
    if late is not None:
        return late
    match = find_study(records, reading) if _about_one_study(reading) else None
    if match is not None and (match.sure or match.score >= 1.6):
        verdict = judge_by_study(records, reading, match)
        if verdict is not None and verdict.name == "contradicted" and not match.pinned:
            verdict = _another(records, reading, match) or verdict
        if verdict is not None:
            return verdict
    return judge_by_evidence(records, reading)


_LIMITED = re.compile(
    r"\b(?:only (?:a few|for|lasts?|short|brief|temporar)|lasts? only|just a few|temporary|short-lived|wears? off|wore off|fades?\b|brief\b|transient|(?:difference|effect|benefit|relief) (?:was|is|had) (?:\w+ )?(?:gone|lost)|no longer (?:significant|differed|better)|usually return|no (?:long-term|lasting|enduring|durable) (?:effect|benefit|relief)|did(?: not|n't) last)"
)


def _only_for_a_while(records: Records, reading: Reading) -> Verdict | None:
    """Judge "the relief does not last" by trials that saw the difference go."""
    if not _LIMITED.search(reading.text.lower()) or not reading.conditions or reading.generic:
        return None
    for facts, fit in candidates(records, reading):
        if fit < 1.0 or facts.layer is not Layer.RANDOMISED:
            continue
        timed = sorted(
            (r for r in facts.rows if r.timepoint_days is not None and r.comparator != "none"),
            key=lambda r: r.timepoint_days or 0,
        )
        flat = [r for r in timed if r.direction == "no-difference" or r.significant is False]
        if len(timed) > 1 and timed[-1] in flat:
            return Verdict(
                "supported",
                f"In {describe(facts)} the groups no longer differed at day {timed[-1].timepoint_days:g}.",
                (),
                items([facts], 1),
            )
    return None


def _gone_by_then(records: Records, reading: Reading) -> Verdict | None:
    """Refute a lasting effect where a trial looked at that time and saw no difference."""
    if reading.direction != "benefit" or not reading.conditions or reading.generic:
        return None
    pool = [f for f, fit in candidates(records, reading) if fit >= 1.0]
    flat = [f for f in pool if beyond(reading, f) is not None]
    claimed = reading.longest_days or 0
    lasting = [
        f
        for f in pool
        if (f.days or 0) >= 0.8 * claimed
        or (
            any(x.kind == "duration" and x.value >= 0.8 * claimed for x in f.figures)
            and f not in flat
        )
    ]
    if not flat or any(f not in flat for f in lasting):
        return None
    return Verdict(
        "contradicted",
        f"In {describe(flat[0])} the difference was gone by then ({beyond(reading, flat[0])}).",
        ("wrong-timescale",),
        items(flat, 2),
    )


def _another(records: Records, reading: Reading, match: Match) -> Verdict | None:
    """Return the verdict of another study of the same question when it is the one that is meant.

    A claim that does not say which study it speaks of is not wrong because of one study while a
    controlled one of the same drug and condition says what it says.
    """
    for facts, fit in candidates(records, reading):
        controlled = any(r.comparator.endswith("placebo") for r in facts.rows)
        if (
            fit < 1.0
            or facts.id == match.facts.id
            or not controlled
            or facts.significant is not True
        ):
            continue
        if facts.layer not in (Layer.RANDOMISED, Layer.UNCONTROLLED):
            continue
        other = judge_by_study(records, reading, Match(facts, match.score, False, ()))
        if other is not None and other.name in ("supported", "partly-supported"):
            return other
    return None


def _other_is_subject(records: Records, reading: Reading) -> bool:
    """Whether the drug only stands after "than": "calcitonin did better than ketamine"."""
    lower = reading.text.lower()
    than = re.search(r"\b(?:than|outperform\w*|superior to|beats?)\b", lower)
    if not than:
        return False
    before, after = lower[: than.start()], lower[than.end() :]
    if re.search(r"micro-?dos\w*", before) and re.match(
        r"\W*(?:\w+ )?(?:full|large|high|macro)", after
    ):
        return True
    if not reading.comedications or "implied" in reading.inherited:
        return False
    label = records.base.vocabulary.label
    drugs = [label("substances", s).lower().split(" (")[0] for s in reading.substances]
    return not any(d in before for d in drugs) and any(d in after for d in drugs)


def _about_one_study(reading: Reading) -> bool:
    numbers = [
        m
        for m in reading.magnitudes
        if m.kind in ("size", "effect", "share", "p", "dose", "duration")
    ]
    return bool(reading.designs or "study-specific" in reading.cues or numbers or reading.years)


_TO_PATIENTS = re.compile(
    r"\b(?:so|therefore|thus|meaning|means|suggesting|which (?:could|may|might|suggests)|offering|raising|promising|hope)\b.*\b(?:patients|people|humans|sufferers)\b"
)
