"""Verdicts on registered trials: does this one exist, is it under way, with how many people."""

from __future__ import annotations

from aponia.answers.select import RUNNING
from aponia.claims.matching import (
    ungrounded,
)
from aponia.claims.model import Reading, Verdict
from aponia.claims.records import Records, TrialFacts
from aponia.claims.telling import names, trial_item

__all__ = ["judge_ongoing", "trial_exists"]


def trial_exists(reading: Reading, trials: list[TrialFacts]) -> Verdict:
    """Judge whether one of some registered trials is the one a claim describes."""
    sizes = [m for m in reading.magnitudes if m.kind == "size" and m.value > 1]
    if any(m.kind not in ("size", "dose", "year") for m in reading.magnitudes):
        return Verdict(
            "unverified",
            "Registered trials come near, but not to this figure.",
            ("figure-unverified",),
            tuple(trial_item(t.trial) for t in trials[:2]),
        )
    for t in trials:
        if sizes and not any(t.trial.enrollment == int(m.value) for m in sizes):
            continue
        doses = [m for m in reading.magnitudes if m.kind == "dose"]
        if doses and not all(
            any(abs(d - m.value) <= 0.05 * d and u.startswith(m.unit) for d, u in t.doses)
            for m in doses
        ):
            continue
        strange = ungrounded(reading, t.stems)
        if len(strange) > max(3, 0.5 * len(reading.stems)):
            continue
        return Verdict(
            "supported",
            f"The trial is registered: {t.trial.id}.",
            (),
            (trial_item(t.trial),),
            condition=t.trial.condition if reading.generic or not reading.conditions else None,
        )
    evidence = tuple(trial_item(t.trial) for t in trials[:3])
    if sizes and reading.conditions and not reading.generic:
        return Verdict(
            "partly-supported",
            "Such a trial is registered, with another number of people.",
            ("wrong-number",),
            evidence,
        )
    return Verdict(
        "unverified",
        "Registered trials come near, but the claim holds more than their records.",
        (),
        evidence,
    )


def judge_ongoing(
    records: Records, reading: Reading, trials: list[TrialFacts], lower: str
) -> Verdict:
    """Judge "is being tested" by the status of registered trials, with the day it was seen."""
    running = [t for t in trials if t.trial.status in RUNNING]
    ended = [
        t for t in trials if t.trial.status in ("Completed", "Terminated", "Withdrawn", "Suspended")
    ]
    evidence = tuple(trial_item(t.trial) for t in (running or ended)[:4])
    drug = names(records, "substances", reading.substances)
    if running:
        specific = [m for m in reading.magnitudes if m.kind in ("size", "dose")]
        if specific:
            return trial_exists(reading, running)
        seen = running[0].trial.status_seen or "an unknown date"
        issues = ("outdated",) if reading.years and max(reading.years) < 2023 else ()
        return Verdict(
            "supported",
            f"Registered trials of {drug} are under way, as seen {seen}: {', '.join(t.trial.id for t in running[:3])}.",
            issues,
            evidence,
        )
    if ended:
        return Verdict(
            "partly-supported",
            f"The trials on record have ended: {', '.join(t.trial.id for t in ended[:3])}.",
            ("outdated",),
            evidence,
        )
    if trials:
        return Verdict(
            "supported",
            f"A trial is registered: {trials[0].trial.id}.",
            (),
            tuple(trial_item(t.trial) for t in trials[:2]),
        )
    return Verdict("unverified", f"No registered trial of {drug} for this is on record here.")
