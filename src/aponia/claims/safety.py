"""Verdicts on safety: dependence, absence of harm, tolerability. One counter-case ends an absolute."""

from __future__ import annotations

import re
from dataclasses import replace

from aponia.claims.harms import judge_harm
from aponia.claims.interactions import judge_exclusion, judge_interaction
from aponia.claims.lexicon import CUES, HARM_WORDS, find_cues
from aponia.claims.matching import candidates, find_study
from aponia.claims.model import WORST_FIRST, Reading, Verdict, VerdictName
from aponia.claims.records import Records
from aponia.claims.safety_rows import harm_rows, tell_event
from aponia.claims.telling import describe, item, items, names

__all__ = ["judge_safety"]


def judge_safety(records: Records, reading: Reading) -> Verdict:
    """Judge a claim about harm, interactions, who should not, dependence, or absence of harm.

    Parameters
    ----------
    records : Records
    reading : Reading

    Returns
    -------
    Verdict
    """
    if not reading.substances and ("study-specific" in reading.cues or reading.designs):
        match = find_study(records, reading)
        if match is not None and match.sure:
            known = tuple(s for s in match.facts.study.substances if s != "psilocin")
            return replace(
                judge_safety(records, replace(reading, substances=known)), substances=known
            )
    if not reading.substances:
        return Verdict(
            "unverified",
            "No drug of this evidence base is named, so there is nothing to look up.",
        )
    parts = _statements(reading)
    if len(parts) > 1:
        return min(
            (judge_safety(records, part) for part in parts), key=lambda v: WORST_FIRST.index(v.name)
        )
    lower = reading.text.lower()
    cues = reading.cues
    if re.search(
        r"\bsafety\b[^.;]{0,60}\b(?:not (?:yet )?(?:been )?(?:established|known|shown|proven|studied)|unknown|unclear|remains? (?:to be|un))",
        lower,
    ):
        rows = harm_rows(records, reading)
        if not rows:
            return Verdict("unverified", "No record here counts unwanted effects for this.")
        return Verdict(
            "supported",
            "Unwanted effects were counted in few people, and long-term data are thin.",
            (),
            tuple(tell_event(r) for r in rows[:3]),
        )
    if (
        "addiction" in cues
        and not ("should-not" in cues and "non-addictive" not in cues)
        and not _ADDICTION_ELSEWHERE.search(lower)
    ):
        return _dependence(records, reading)
    if (
        "no-harm" in cues
        and _NAMED_HARM.search(lower)
        and not re.search(r"side[- ]effect|adverse|\brisk", lower)
    ):
        return judge_harm(records, reading, lower)
    if "no-harm" in cues or "best-safe" in cues:
        return _absolute(records, reading)
    if re.search(
        r"\b(?:safer|less (?:harmful|addictive|risky|dangerous|toxic)|fewer (?:\w+ )?(?:side|risks|adverse))\b",
        lower,
    ):
        return _compared(records, reading)
    beside = re.search(
        r"\b(?:alternative to|instead of|than|unlike|replac\w+|compared (?:with|to))\b", lower
    )
    if (reading.comedications and not beside) or (
        "interaction" in cues and re.search(r"interact|serotonin syndrome|mix|combin", lower)
    ):
        found = judge_interaction(records, reading, lower)
        if found is not None:
            return found
    if re.search(r"\b(?:enrol|includ|recruit|accept|allow)\w*\b|took part", lower) and not (
        reading.negated or re.search(r"\b(?:not|exclud|left out|no)\w*\b", lower)
    ):
        left_out = judge_exclusion(records, reading, lower)
        if left_out is not None and left_out.evidence:
            return Verdict(
                "contradicted",
                f"Trials left such people out: {left_out.evidence[0].shows}",
                ("misread-result",),
                left_out.evidence,
            )
    if "should-not" in cues:
        found = judge_exclusion(records, reading, lower)
        if found is not None:
            return found
    if "comparison" in cues and ("safe" in cues or "safety" in cues):
        return _compared(records, reading)
    if (
        "safe" in cues
        and "unsafe" not in cues
        and re.search(
            r"\bfor (?:people|patients|those|pregnant|anyone)|\b(?:pregnan|schizophren|bipolar)|heart",
            lower,
        )
    ):
        left_out = judge_exclusion(records, reading, lower)
        if left_out is not None and left_out.evidence and not reading.negated:
            return Verdict(
                "contradicted",
                f"Trials and advice leave such people out: {left_out.evidence[0].shows}",
                ("omits-harm",),
                left_out.evidence,
            )
    if "safe" in cues and "unsafe" not in cues:
        return _safe(records, reading)
    return judge_harm(records, reading, lower)


_NAMED_HARM = re.compile("|".join(rf"\b(?:{said})" for said, _ in HARM_WORDS.values()))


def _statements(reading: Reading) -> list[Reading]:
    """Split "A happened, but B did not" where both halves name a harm."""
    parts = re.split(r",? (?:but|although|though|whereas|and yet) ", reading.text)
    if len(parts) < 2 or not all(_NAMED_HARM.search(p.lower()) for p in parts):
        return [reading]
    found, at = [], 0
    for part in parts:
        start = reading.text.index(part, at)
        at = start + len(part)
        found.append(
            replace(
                reading,
                text=part,
                cues=find_cues(part.lower(), CUES),
                magnitudes=tuple(m for m in reading.magnitudes if start <= m.start < at),
                negated=reading.negated
                and bool(re.search(r"\bn(?:o|ot|ever|obody|one)\b|n't", part)),
            )
        )
    return found


#: Dependence on something else, or as the illness that is to be helped.
_ADDICTION_ELSEWHERE = re.compile(
    r"(?:treat|help|reduc|overcom|break|end|eas|lower|curb|cut|come off|get off|wean)\w*\b[^.;]{0,40}\b(?:addict|dependen|abuse)\w*"
    r"|\b(?:opioid|opiate|alcohol|nicotine|smoking|painkiller|medication|drug)s? (?:addiction|dependence|dependency|abuse|use disorder)"
)
_ASSERTS = re.compile(
    r"\b(?:is|are|be|become|highly|very|physically|strongly|as) (?:\w+ )?addict\w*|addictive (?:drug|substance|propert)|caus\w+ (?:\w+ )?(?:addiction|dependence)|habit-forming|(?:leads?|led) to (?:\w+ )?(?:addiction|dependence)|get(?:s|ting)? (?:hooked|addicted)"
)


def _dependence(records: Records, reading: Reading) -> Verdict:
    rows = [
        r
        for r in harm_rows(records, reading)
        if r.class_ == "substance-use"
        or re.search(r"dependen|abuse|self-stimulation|liking", r.event)
    ]
    evidence = tuple(tell_event(r) for r in rows[:3])
    drug = names(records, "substances", reading.substances)
    if not rows:
        return Verdict("unverified", f"No record here on dependence for {drug}.")
    ketamine = reading.ketamine
    more = harm_rows(records, reading)
    if (
        not ketamine
        and more
        and re.search(
            r"\b(?:few|no|minimal|hardly any|low) (?:\w+ )?(?:risks?|side[- ]effects?|dangers?|harms?)|\bsafe\b|harmless",
            reading.text.lower(),
        )
    ):
        return Verdict(
            "partly-supported",
            f"No physical dependence is described, but unwanted effects were counted: {more[0].event}.",
            ("omits-harm",),
            (*evidence[:2], tell_event(more[0])),
        )
    denies = "non-addictive" in reading.cues
    if ketamine:
        if denies:
            return Verdict(
                "contradicted",
                "Dependence was counted in people who use ketamine.",
                ("omits-harm",),
                evidence,
            )
        return Verdict(
            "supported",
            "Dependence was counted in people who use ketamine outside medicine.",
            (),
            evidence,
        )
    if denies:
        if reading.certainty == 4 or re.search(
            r"impossible|zero|can ?not be", reading.text.lower()
        ):
            return Verdict(
                "partly-supported",
                f"Reviews see low abuse and no physical dependence with {drug}; the words go further.",
                ("overclaims-certainty",),
                evidence,
            )
        return Verdict(
            "supported",
            f"Reviews see low potential for abuse and no physical dependence with {drug}; the law still schedules them.",
            (),
            evidence,
        )
    if not _ASSERTS.search(reading.text.lower()):
        return Verdict("unverified", "The records on dependence do not settle this.", (), evidence)
    return Verdict(
        "contradicted",
        f"Reviews see no physical dependence with {drug}.",
        ("misread-result",),
        evidence,
    )


def _absolute(records: Records, reading: Reading) -> Verdict:
    lower = reading.text.lower()
    serious = re.search(
        r"\b(?:nobody|no one|none)\b[^.]{0,60}?\b(?:serious|severe|major)\b", lower
    ) or re.search(r"\b(?:no|without|zero|any)\s+(?:\w+\s+){0,3}?(?:serious|severe|major)", lower)
    match = (
        find_study(records, reading)
        if (reading.designs or "study-specific" in reading.cues)
        else None
    )
    if serious:
        if (
            match is not None
            and match.facts.study.adverse_events.serious == 0
            and not match.clashes
        ):
            facts = match.facts
            told = f"{describe(facts)} recorded no serious adverse event."
            stated = (
                bool(reading.designs)
                or any(m.kind == "size" for m in reading.magnitudes)
                or "study-specific" in reading.cues
            )
            shown = (item(facts),)
            if (
                stated
                and "safe" not in reading.cues.difference({"safety"})
                and not re.search(r"\bso\b|therefore|\bis safe|prov", lower)
            ):
                return Verdict(
                    "supported",
                    f"{told} In so few people, rare harms would not be seen.",
                    (),
                    shown,
                )
            return Verdict("partly-supported", told, ("tiny-n", "omits-harm"), shown)
        rows = [
            r for r in harm_rows(records, reading) if r.class_ == "serious" and (r.value or 0) > 0
        ]
        evidence = tuple(tell_event(r) for r in rows[:3])
        if match is not None and match.facts.study.adverse_events.serious:
            return Verdict(
                "contradicted",
                f"{describe(match.facts)} recorded serious adverse events.",
                ("omits-harm",),
                (item(match.facts),),
            )
        none_here = [
            f
            for f, fit in candidates(records, reading)
            if fit >= 0.75 and reading.conditions and f.study.adverse_events.serious == 0
        ]
        if rows and not match and not none_here:
            return Verdict(
                "contradicted",
                "Serious adverse events were counted in trials.",
                ("omits-harm",),
                evidence,
            )
        zero = [
            f
            for f, fit in candidates(records, reading)
            if fit >= 0.6 and f.study.adverse_events.serious == 0
        ]
        if zero:
            return Verdict(
                "partly-supported",
                f"{describe(zero[0])} recorded none; few people were studied.",
                ("tiny-n", "omits-harm"),
                items(zero, 2),
            )
        return Verdict("unverified", "No record here counts serious events for this.")
    rows = sorted(
        (r for r in harm_rows(records, reading) if r.value and r.measure == "RR"),
        key=lambda r: -(r.value or 0),
    ) or harm_rows(records, reading)
    evidence = tuple(tell_event(r) for r in rows[:3])
    if match is not None and match.sure and not match.clashes:
        note = match.facts.study.adverse_events.note
        none_grave = match.facts.study.adverse_events.serious == 0 or re.search(
            r"\bno (?:unexpected|serious|severe)|\bfew\b|\bmild\b", (note or "").lower()
        )
        counted = re.search(r"\b\d+ of \d+\b|\d ?%", note or "") and _NAMED_HARM.search(
            (note or "").lower()
        )
        if (
            note
            and none_grave
            and not counted
            and "study-specific" in reading.cues | {"study-specific" if reading.designs else ""}
        ):
            return Verdict(
                "partly-supported",
                f"{describe(match.facts)} notes: {note} That is not the same as none.",
                ("misread-result", "omits-harm", *(("tiny-n",) if match.facts.tiny else ())),
                (item(match.facts), *evidence),
            )
        if note:
            return Verdict(
                "contradicted"
                if re.search(r"headache|rise|raised|nausea|transient", note.lower())
                else "unverified",
                f"{describe(match.facts)} notes: {note}",
                ("omits-harm",),
                (item(match.facts), *evidence),
            )
    if rows and re.search(r"\b(?:our|we|clinics?|providers?|in practice)\b", lower):
        return Verdict(
            "partly-supported",
            f"What one clinic has seen is no count. On record: {rows[0].event}.",
            ("clinic-experience", "omits-harm"),
            evidence,
        )
    if rows:
        return Verdict(
            "contradicted",
            f"{names(records, 'substances', reading.substances).capitalize()} has unwanted effects that were counted: {rows[0].event}.",
            ("omits-harm",),
            evidence,
        )
    return Verdict("unverified", "No record here counts unwanted effects for this drug.")


def _compared(records: Records, reading: Reading) -> Verdict:
    """Compare harms with those of other medicines, which no study here did."""
    rows = harm_rows(records, reading)
    issues = ("indirect-comparison", "omits-harm")
    evidence = tuple(tell_event(r) for r in rows[:3])
    if reading.certainty == 4 or "no-harm" in reading.cues:
        return Verdict(
            "contradicted",
            "Unwanted effects were counted, and no study here compared them.",
            issues,
            evidence,
        )
    return Verdict(
        "no-evidence",
        "No study here compared unwanted effects with those of other medicines in people with pain.",
        issues,
        evidence,
    )


def _safe(records: Records, reading: Reading) -> Verdict:
    """Milder words than an absolute: "well tolerated", "good safety profile"."""
    lower = reading.text.lower()
    match = (
        find_study(records, reading)
        if reading.designs or "study-specific" in reading.cues or reading.magnitudes
        else None
    )
    rows = harm_rows(records, reading)
    evidence = tuple(tell_event(r) for r in rows[:3])
    tolerated = re.search(r"well[- ]tolerated|tolerated|no (?:serious|unexpected)", lower)
    if match is not None and tolerated and not match.clashes and (match.sure or match.score > 1.6):
        facts = match.facts
        note = (facts.study.adverse_events.note or "").lower()
        if facts.study.adverse_events.serious == 0 or "tolerated" in note:
            name: VerdictName = (
                "supported"
                if reading.certainty <= 3
                and not reading.boosted
                and (reading.designs or any(m.kind == "size" for m in reading.magnitudes))
                else "partly-supported"
            )
            issues = () if name == "supported" else ("tiny-n", "omits-harm")
            return Verdict(
                name,
                f"{describe(facts)}: {facts.study.adverse_events.note or 'no serious adverse event'}",
                issues,
                (item(facts),),
            )
    special = re.search(r"\b(?:child(?:ren)?|adolescents?|teen\w*|kids|infants?)\b", lower)
    if special:
        return Verdict("unverified", "Nothing on children and young people is recorded here.")
    if not rows and match is None:
        return Verdict("unverified", "No record here counts unwanted effects for this.")
    if reading.negated or re.search(
        r"not (?:been )?(?:shown|known|established|proven) to be safe|unclear (?:whether|if)", lower
    ):
        return Verdict(
            "supported", "Unwanted effects were counted, and long-term data are thin.", (), evidence
        )
    tags = ["omits-harm"]
    if reading.ketamine or reading.certainty >= 3:
        tags.append("overclaims-certainty")
    if reading.conditions:
        tags.append("tiny-n")
    if reading.certainty == 4:
        return Verdict(
            "contradicted",
            f"Unwanted effects were counted: {rows[0].event if rows else 'see the records'}.",
            tuple(tags),
            evidence,
        )
    told = f"Counted in trials: {rows[0].event}." if rows else "Few people were studied."
    return Verdict(
        "partly-supported",
        f"{told} Trials left out people at risk, and rare harms need far more people.",
        tuple(tags),
        evidence,
    )
