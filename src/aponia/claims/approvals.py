"""Approvals and designations: each holds for one drug and one illness only."""

from __future__ import annotations

import re

from aponia.claims.legal_rows import covers, dated, tell
from aponia.claims.model import Reading, Verdict
from aponia.claims.records import Records
from aponia.evidence import LegalStatus

__all__ = ["judge_approved", "judge_designation", "judge_not_approved"]


def judge_designation(
    rows: list[LegalStatus], reading: Reading, pain: bool, illness: list[str], lower: str
) -> Verdict:
    """Judge a breakthrough designation against the ones on record."""
    found = [r for r in rows if "designation" in r.status]
    real = [r for r in found if not r.status.startswith("no ")]
    if "breakthrough" not in lower:
        return Verdict(
            "unverified",
            "This kind of designation is not in the tables here.",
            (),
            tell(found[:2]),
        )
    if reading.negated or re.match(r"(?:no|none|neither|not one)\b", lower) or "has not" in lower:
        return Verdict(
            "supported" if pain else "unverified",
            dated(found[0]) if found else "Not recorded.",
            (),
            tell(found[:2]),
        )
    if pain or (reading.conditions and not illness):
        return Verdict(
            "contradicted",
            "The designations on record are for mental-health conditions, none for pain; each holds for one condition.",
            ("wrong-condition",),
            tell(found[:3]),
        )
    if illness:
        right = [r for r in real if covers(r, illness)]
        if right:
            return Verdict("supported", dated(right[0]), (), tell(right[:2]))
        return Verdict(
            "contradicted" if real else "unverified",
            "The designations on record are for other conditions.",
            ("wrong-condition",),
            tell(real[:3]),
        )
    if real:
        return Verdict(
            "partly-supported",
            f"{dated(real[0])} A designation speeds review and gives no access.",
            ("overgeneralised",),
            tell(real[:3]),
        )
    return Verdict("unverified", "No designation of this drug is in the tables here.")


def judge_not_approved(
    records: Records,
    rows: list[LegalStatus],
    reading: Reading,
    pain: bool,
    illness: list[str],
    lower: str,
) -> Verdict:
    """Judge a statement that something is not approved."""
    approved = [
        r
        for r in rows
        if re.search(r"(?<!not )\bapproved\b", r.status.lower())
        and not re.search(r"no (?:classic|product)|not approved|no product", r.status.lower())
    ]
    fitting = [r for r in approved if covers(r, illness)]
    if fitting:
        return Verdict("contradicted", dated(fitting[0]), ("misread-result",), tell(fitting[:2]))
    if approved and not pain and not illness:
        return Verdict("contradicted", dated(approved[0]), ("misread-result",), tell(approved[:2]))
    if rows:
        return Verdict(
            "supported",
            f"No approval for this is on record. {dated(rows[0])}",
            (),
            tell(sorted(rows, key=lambda r: "approved" not in r.status)[:3]),
        )
    return Verdict("unverified", "The tables here say nothing of this drug.")


def judge_approved(
    rows: list[LegalStatus],
    named: list[LegalStatus],
    reading: Reading,
    pain: bool,
    illness: list[str],
    lower: str,
) -> Verdict:
    """Judge a statement that something is approved."""
    here = named or rows
    approved = [
        r
        for r in here
        if re.search(
            r"(?<!not )\bapproved\b|authorised prescriber|may be prescribed|therapeutic use allowed",
            f"{r.status} {r.route_of_access or ''}".lower(),
        )
        and not re.search(r"no classic|not approved|no approved", r.status.lower())
    ]
    only = re.search(
        r"\bnot (?:\w+ )?for (?:\w+ )?pain|only (?:\w+ )?(?:as|for|in)\b|off[- ]label", lower
    )
    if only and pain and illness:
        right = [r for r in approved if covers(r, illness)]
        if right:
            return Verdict("supported", dated(right[0]), (), tell(right[:2]))
    future = re.search(
        r"could be|may be|might be|will be|soon|expected|awaiting|pending|on track|years", lower
    )
    if future:
        return Verdict(
            "not-checkable",
            "When a regulator will decide can not be looked up.",
            ("prediction",),
            tell(here[:2]),
        )
    if not here:
        return Verdict("unverified", "The tables here say nothing of this drug and place.")
    if pain and not illness:
        return Verdict(
            "contradicted",
            f"No regulator on record approved it for pain. {dated((approved or here)[0])}",
            ("wrong-condition",),
            tell((approved or here)[:3]),
        )
    if illness:
        right = [r for r in approved if covers(r, illness)]
        if not right and len(reading.substances) > 1:
            right = [r for r in approved if any(covers(r, [x]) for x in illness)]
            if not all(any(covers(r, [x]) for r in right) for x in illness):
                right = []
        if right and not pain:
            return Verdict("supported", dated(right[0]), (), tell(right[:2]))
        aside = re.search(
            r"\b(?:us(?:e|es|ed|ing)|prescrib\w+|gives?|given|doctors|clinics|also)\b[^.;]*\bpain",
            lower,
        )
        if right and aside and any("off-label" in r.covers_pain for r in right):
            return Verdict(
                "supported",
                f"Approved for that; for pain off-label. {dated(right[0])}",
                (),
                tell(right[:2]),
            )
        if right:
            return Verdict(
                "contradicted",
                f"Not for pain. {dated(right[0])}",
                ("wrong-condition",),
                tell(right[:2]),
            )
        return Verdict(
            "contradicted",
            f"No such approval is on record. {dated(here[0])}",
            ("wrong-condition",),
            tell(here[:3]),
        )
    if approved:
        strict = [r for r in approved if re.search(r"\bapproved\b", r.status.lower())]
        if strict and "ketamine" in " ".join(reading.substances):
            return Verdict("supported", dated(strict[0]), (), tell(strict[:2]))
        return Verdict(
            "partly-supported", dated(approved[0]), ("overgeneralised",), tell(approved[:2])
        )
    return Verdict(
        "contradicted",
        f"No approval is on record. {dated(here[0])}",
        ("misread-result",),
        tell(here[:3]),
    )
