"""Verdicts on named harms: looked up in tables of events, in records, in the reasons of exclusions."""

from __future__ import annotations

import re

from aponia.answers import Layer
from aponia.claims.figure_matching import figure_for
from aponia.claims.lexicon import HARM_WORDS
from aponia.claims.matching import candidates
from aponia.claims.model import Magnitude, Reading, Verdict, VerdictName
from aponia.claims.records import Records, StudyFacts
from aponia.claims.safety_rows import concerns, harm_rows, tell_event, tell_exclusion
from aponia.claims.telling import describe, item
from aponia.evidence import AdverseEvent

__all__ = ["judge_harm"]


#: Drugs whose harms were searched for; of the others only what trials of pain needed is here.
_GATHERED = frozenset({"psilocybin", "lsd", "ketamine", "esketamine", "classic-psychedelics-mixed"})


#: The complaint that is treated is no harm: "people with cluster headache".
_COMPLAINT = re.compile(
    r"\b(?:cluster|tension|migraine|suicide|chronic|other) headaches?\b|\b(?:people|patients|those|adults|sufferers) with (?:\w+ ){0,3}headaches?\b|\bheadache (?:trials?|stud\w+|patients?|sufferers?|disorders?|conditions?)\b"
)


def _equals(row: AdverseEvent, m: Magnitude) -> bool:
    """Whether a share in a claim is the share a row prints."""
    if m.unit == "of" and m.high:
        return (
            row.unit == "percent"
            and row.value is not None
            and abs(row.value - 100 * m.value / m.high) <= 0.6
        )
    return (
        m.unit == "percent"
        and row.unit == "percent"
        and row.value is not None
        and abs(row.value - m.value) <= 0.6
    )


def judge_harm(records: Records, reading: Reading, lower: str) -> Verdict:
    """Judge a claim that a drug does, or does not, cause a named harm."""
    rows = harm_rows(records, reading)
    said_of_harm = _COMPLAINT.sub(" ", lower)
    wanted = [k for k, (said, _) in HARM_WORDS.items() if re.search(rf"\b(?:{said})", said_of_harm)]
    denied = (
        reading.negated
        or re.search(
            r"\b(?:no|not|nobody|no one|none|not one|without|unlikely|rarely|never|nor|neither)\b|n't\b",
            lower,
        )
        is not None
    )
    if not wanted:
        if re.search(r"side[- ]effects?|adverse|risks?\b", lower) and rows and not denied:
            if reading.magnitudes:
                same = [
                    r
                    for r in rows
                    if r.event.startswith("any ") and any(_equals(r, m) for m in reading.magnitudes)
                ]
                if same:
                    return Verdict(
                        "supported", f"On record: {same[0].event}.", (), (tell_event(same[0]),)
                    )
                noted = [
                    f
                    for f, fit in candidates(records, reading)
                    if fit >= 0.75
                    and any(
                        figure_for(m, f.figures) for m in reading.magnitudes if m.kind == "share"
                    )
                    and re.search(r"adverse|side effect|unwanted", f.text)
                ]
                if noted:
                    return Verdict(
                        "supported", f"{describe(noted[0])} counted this.", (), (item(noted[0]),)
                    )
                return Verdict(
                    "unverified",
                    "The figure is in none of the records.",
                    ("figure-unverified",),
                    tuple(tell_event(r) for r in rows[:2]),
                )
            playing_down = re.search(
                r"\b(?:minimal|mild|minor|few|short-lived|harmless|temporary|negligible|gone within)\b",
                lower,
            )
            if not playing_down and re.search(
                r"caus\w+ (?!side|adverse|unwanted|risks?)|lead to (?!side|adverse)", lower
            ):
                return _unknown_event(records, reading, rows, lower)
            lasting = [
                r
                for r in rows
                if r.class_ in ("urological", "substance-use", "serious") and r.value
            ]
            if lasting and re.search(
                r"\b(?:only|just|minimal|mild|minor|short-lived|harmless|temporary|few|negligible|gone within)\b",
                lower,
            ):
                return Verdict(
                    "partly-supported",
                    f"On record as well: {lasting[0].event}.",
                    ("omits-harm",),
                    tuple(tell_event(r) for r in (*rows[:2], lasting[0])),
                )
            return Verdict(
                "supported",
                f"Unwanted effects were counted: {rows[0].event}.",
                (),
                tuple(tell_event(r) for r in rows[:3]),
            )
        return _unknown_event(records, reading, rows, lower)
    hits = {
        k: [r for r in rows if re.search(rf"\b(?:{HARM_WORDS[k][1]})", r.event.lower())]
        for k in wanted
    }
    extra = {k: _in_studies(records, reading, k) for k in wanted if not hits[k]}
    extra_contra = {
        k: [
            r
            for r in records.base.contraindications
            if concerns(records, reading, r.substance)
            and re.search(rf"\b(?:{HARM_WORDS[k][1]})", f"{r.effect or ''} {r.factor}".lower())
        ]
        for k in wanted
        if not hits[k] and (denied or not extra.get(k))
    }
    found = [r for group in hits.values() for r in group]
    evidence = (
        *(tell_event(r) for r in found[:3]),
        *(item(f) for group in extra.values() for f in group[:1]),
        *(tell_exclusion(r) for group in extra_contra.values() for r in group[:1]),
    )
    missing = [k for k in wanted if not hits[k] and not extra.get(k) and not extra_contra.get(k)]
    if not evidence and not rows:
        return Verdict("unverified", "The harms of this drug are not gathered here.")
    if not evidence:
        if denied:
            return Verdict("unverified", f"Nothing here on {wanted[0]} with this drug.")
        if not _GATHERED & set(reading.substances):
            return Verdict("unverified", "The harms of this drug are only partly gathered here.")
        return Verdict(
            "no-evidence",
            f"No record here of {wanted[0]} with this drug in people.",
            ("overclaims-certainty",),
        )
    null = [r for r in found if r.significant is False or r.value == 0]
    if denied:
        if null and len(null) == len(found):
            return Verdict(
                "supported",
                f"On record: {null[0].event} — {null[0].note or null[0].value_text or 'not raised'}.",
                (),
                evidence,
            )
        if found:
            return Verdict(
                "contradicted", f"On record: {found[0].event}.", ("omits-harm",), evidence
            )
        warned = [r for group in extra_contra.values() for r in group]
        if warned:
            return Verdict(
                "contradicted",
                f"Trials and advice leave people out because of it: {warned[0].factor}.",
                ("omits-harm",),
                evidence,
            )
        return Verdict("unverified", "The records do not settle this.", (), evidence)
    opposite = re.search(
        r"\b(?:lower|reduc|decreas|drop|improv|prevent|eas(?:es|ed)|reliev|calm)\w*", lower
    )
    if opposite:
        return Verdict(
            "contradicted" if found else "unverified",
            f"On record the other way: {found[0].event if found else wanted[0]}.",
            ("misread-result",) if found else (),
            evidence,
        )
    if null and len(null) == len(found) and any(m.kind == "share" for m in reading.magnitudes):
        return Verdict(
            "unverified",
            "The harm is on record, the figure is not.",
            ("figure-unverified",),
            evidence,
        )
    if found and null and len(null) == len(found):
        name: VerdictName = "contradicted" if reading.certainty >= 3 else "partly-supported"
        return Verdict(
            name,
            f"On record: {found[0].event} — {found[0].note or found[0].value_text or 'not raised'}.",
            ("misread-result",),
            evidence,
        )
    if missing:
        return Verdict(
            "partly-supported",
            f"On record: {', '.join(k for k in wanted if k not in missing)}; nothing here on {', '.join(missing)}.",
            ("figure-unverified",),
            evidence,
        )
    shares = [m for m in reading.magnitudes if m.kind in ("share", "effect")]
    if shares:
        right = [
            r
            for m in shares
            for r in found
            if _equals(r, m) or (m.unit == "of" and r.total == m.high and r.events == m.value)
        ]
        if not right:
            return Verdict(
                "unverified",
                "The harm is on record, the figure is not.",
                ("figure-unverified",),
                evidence,
            )
    playing_down = re.search(
        r"\b(?:only|just|merely|nothing (?:more|worse) than|limited to|at most|no more than|mild|minor|harmless|rare(?:ly)?|short-lived|go(?:es)? away|pass(?:es)? quickly|quickly (?:pass|fade|wear)\w*)\b",
        lower,
    )
    lasting = [
        r for r in rows if r.class_ in ("urological", "substance-use", "serious") and r.value
    ]
    if playing_down and lasting:
        firm = re.search(
            r"\b(?:only|nothing (?:more|worse)|limited to|at most|no more than|harmless)\b", lower
        )
        return Verdict(
            "contradicted" if firm else "partly-supported",
            f"On record as well: {lasting[0].event}.",
            ("omits-harm",),
            (*evidence[:2], tell_event(lasting[0])),
        )
    counted = [
        r.value
        for r in found
        if r.value is not None and r.measure in ("proportion", "incidence") and r.unit == "percent"
    ]
    if re.search(r"\b(?:most|majority|nearly all|usually|typically)\b", lower):
        if counted and max(counted) < 50:
            return Verdict(
                "contradicted",
                f"On record: {found[0].event}, in at most {max(counted):g} of 100.",
                ("overclaims-certainty",),
                evidence,
            )
        if re.search(
            r"\bmost (?:people|users|patients|of)\b|\bfor (?:weeks|months|years)\b", lower
        ):
            return Verdict(
                "unverified", "The harm is on record, how often or how long is not.", (), evidence
            )
    feared = [
        r
        for r in found
        if r.value is None
        and re.search(r"in vitro|receptor|theor", f"{r.evidence_type} {r.note or ''}".lower())
    ]
    if found and len(feared) == len(found) and reading.certainty >= 3:
        return Verdict(
            "partly-supported",
            f"A risk that is reasoned, not counted: {found[0].event} ({found[0].evidence_type}).",
            ("overclaims-certainty",),
            evidence,
        )
    if reading.certainty == 4 or re.search(
        r"\b(?:will|always|everyone|inevitabl\w+|commonly causes? permanent)\b", lower
    ):
        return Verdict(
            "partly-supported",
            f"On record: {(found[0].event if found else wanted[0])}; the words go further.",
            ("overclaims-certainty",),
            evidence,
        )
    if not found and reading.certainty >= 3 and not extra:
        return Verdict(
            "partly-supported",
            f"It is a reason trials leave people out ({wanted[0]}); no count is on record here.",
            ("overclaims-certainty",),
            evidence,
        )
    return Verdict(
        "supported", f"On record: {found[0].event if found else wanted[0]}.", (), evidence
    )


def _in_studies(records: Records, reading: Reading, event: str) -> list[StudyFacts]:
    pattern = re.compile(rf"\b(?:{HARM_WORDS[event][1]})")
    wanted = records.widened(reading.substances)
    return [
        f
        for f in records.studies
        if wanted & f.substances
        and f.layer is not Layer.ANIMALS
        and pattern.search((f.study.adverse_events.note or "").lower())
        and not re.search(
            r"no (?:signif|serious|severe|unexpected)",
            (f.study.adverse_events.note or "").lower()[:40],
        )
    ]


def _unknown_event(
    records: Records, reading: Reading, rows: list[AdverseEvent], lower: str
) -> Verdict:
    evidence = tuple(tell_event(r) for r in rows[:2])
    if (
        re.search(
            r"\b(?:cause[sd]?|causing|lead(?:s|ing)? to|trigger\w*|result(?:s|ed)? in|induce[sd]?|risk of|kill\w*)\b",
            lower,
        )
        and rows
    ):
        return Verdict(
            "no-evidence",
            "This harm is not among those recorded here in people.",
            ("overclaims-certainty",) if reading.certainty >= 3 else (),
            evidence,
        )
    return Verdict("unverified", "The records on harm here do not settle this.", (), evidence)
