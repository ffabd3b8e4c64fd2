"""The last look at "supported": what the claim holds that no rule has looked at.

A rule that recognises part of a sentence must not vouch for the rest of it. Numbers that stand in no
record, comparisons nobody made, absolutes, praise and content words foreign to the evidence take
the verdict down.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from aponia.claims.figure_matching import figure_for
from aponia.claims.lexicon import CUES, HARM_WORDS
from aponia.claims.matching import institutions_of
from aponia.claims.model import Magnitude, Reading, Verdict
from aponia.claims.polarity import opposes
from aponia.claims.records import Records
from aponia.claims.telling import describe
from aponia.claims.terms import stem, tokens

__all__ = ["hold_back", "turned_round"]

_EFFECTS = ("efficacy", "durability", "mechanism", "safety")
_MORE = re.compile(
    r"\b(?:increas|improv|enhanc|boost|reliev|prevent|protect|cur(?:e|es|ed)\b|heal)"
)
_COMPARES = re.compile(
    r"\b(?:just |equally |as |twice as |more |less |even )(?:likely|often|common|safe|dangerous|risky|harmful|addictive|toxic|strong|potent|effective|bad)(?:ly)?\b[^.;]{0,40}\b(?:as|than)\b"
    r"|\b(?:even |far |much )?(?:higher|lower|greater|bigger|smaller|worse) (?:\w+ )?(?:risk|danger|chance|rate)s?\b(?! of\b)"
    r"|\b(?:more|less|stronger|weaker|fewer|higher|lower)\b[^.;]{0,60}\bthan\b"
    r"|\bsame (?:risk|danger|harm)s? as\b|\ball alike\b|\bno different (?:from|to|than)\b"
)


def hold_back(records: Records, reading: Reading, found: Verdict) -> Verdict:
    """Take back "supported" where the claim holds something no rule has looked at.

    Parameters
    ----------
    records : Records
    reading : Reading
    found : Verdict
        A verdict ``supported``.

    Returns
    -------
    Verdict
        The same, or one that says less.
    """
    lower = reading.text.lower()
    for rule in (
        turned_round,
        _also_in_people,
        _denial,
        _absolute,
        _foreign,
        _numbers,
        _comparison,
        _wording,
    ):
        changed = rule(records, reading, found, lower)
        if changed is not None:
            return changed
    return found


def turned_round(records: Records, reading: Reading, found: Verdict, lower: str) -> Verdict | None:
    """Compare a sentence with the findings of the study it is said to report.

    Parameters
    ----------
    records : Records
    reading : Reading
    found : Verdict
        Its first evidence is the study.
    lower : str
        The claim in lower case; not used here, all guards are called alike.

    Returns
    -------
    Verdict or None
        ``contradicted`` where the study says the opposite, None where it does not.
    """
    facts = records.by_id.get(found.evidence[0].id) if found.evidence else None
    if facts is None or reading.claim_type in ("legal", "availability", "dose"):
        return None
    note = facts.study.adverse_events.note
    finding = opposes(reading.text, [*facts.study.findings, *([note] if note else [])])
    if finding is None:
        return None
    return replace(
        found,
        name="contradicted",
        issues=("misread-result",),
        explanation=f"{describe(facts)} says otherwise: {finding}",
    )


def _also_in_people(
    records: Records, reading: Reading, found: Verdict, lower: str
) -> Verdict | None:
    """Hold back a result in animals whose sentence goes on to people."""
    if reading.population not in ("animals", "cells"):
        return None
    if not re.search(
        r"\b(?:and|then|also|just as|same)\b[^.;]*\b(?:patients|people|humans)\b", lower
    ):
        return None
    return replace(
        found,
        name="partly-supported",
        issues=(*found.issues, "animal-only"),
        explanation=f"{found.explanation} Nothing of the kind was shown in people.",
    )


def _denial(records: Records, reading: Reading, found: Verdict, lower: str) -> Verdict | None:
    if (
        reading.claim_type == "research-status"
        and reading.negated
        and "no-trials" not in reading.cues
        and not re.search(r"did not differ|no difference|not significan", lower)
    ):
        return replace(found, name="unverified", explanation="A denial that no rule here covers.")
    return None


def _absolute(records: Records, reading: Reading, found: Verdict, lower: str) -> Verdict | None:
    if reading.claim_type != "safety" or "should-not" in reading.cues:
        return None
    if re.search(
        r"\b(?:every (?!day|week|few|other|morning|night|two|three|second|third)|always|everyone|everybody|all (?:users|patients|people)|will end up|inevitabl\w+)\b",
        lower,
    ):
        return replace(
            found,
            name="contradicted",
            issues=(*found.issues, "overclaims-certainty"),
            explanation=f"Not everybody. {found.explanation}",
        )
    if re.search(r"\b(?:completely|totally|entirely|absolutely|fully|whatsoever)\b", lower):
        return replace(
            found,
            name="partly-supported",
            issues=(*found.issues, "overclaims-certainty"),
            explanation=f"{found.explanation} The words go further.",
        )
    return None


def _foreign(records: Records, reading: Reading, found: Verdict, lower: str) -> Verdict | None:
    _, strangers = institutions_of(records, reading.text)
    if strangers:
        return replace(
            found, name="unverified", explanation="It names an institution no record here holds."
        )
    if reading.claim_type in ("safety", "legal", "mechanism") and _strange(records, reading, found):
        return replace(
            found,
            name="unverified",
            explanation="The sentence holds more than the records that come near it.",
        )
    if reading.claim_type == "dose" and found.claim_type is None and _MORE.search(lower):
        return replace(
            found, name="unverified", explanation="The sentence says more than an amount."
        )
    return None


def _strange(records: Records, reading: Reading, found: Verdict) -> bool:
    """Whether a claim speaks mostly of things neither a rule nor its evidence knows."""
    lower = reading.text.lower()
    stems = [records.by_id[e.id].stems for e in found.evidence if e.id in records.by_id]
    rows = " ".join(records.row_texts.get(e.id, "") for e in found.evidence)
    known = frozenset().union(*stems) | {
        stem(w)
        for w, _, _ in tokens(
            " ".join((rows, found.explanation, *(e.shows for e in found.evidence)))
        )
    }
    understood = {
        stem(w)
        for name in reading.cues
        for m in re.finditer(rf"(?<!\w)(?:{CUES[name]})", lower)
        for w, _, _ in tokens(m.group())
    }
    for said, _ in HARM_WORDS.values():
        for m in re.finditer(rf"\b(?:{said})", lower):
            understood |= {stem(w) for w, _, _ in tokens(m.group())}
    left = reading.stems - known - understood
    return len(left) >= 4 and len(left) > 0.6 * len(reading.stems)


def _numbers(records: Records, reading: Reading, found: Verdict, lower: str) -> Verdict | None:
    """Shares, effects and times of a claim must stand in the evidence that is shown."""
    if reading.claim_type in ("legal", "availability", "dose"):
        return None
    if any(e.id in records.row_texts and "prevalence" in e.shows for e in found.evidence):
        return None  # the rule for prevalence has compared the figure already
    missing = [
        m
        for m in reading.magnitudes
        if (
            m.kind in ("share", "effect", "p")
            or (m.kind == "size" and m.value > 1)
            or (
                m.kind == "duration"
                and m.value >= 2
                and reading.claim_type == "durability"
                and reading.direction == "benefit"
            )
        )
        and m.unit != "times"
        and not _printed(records, found, m)
    ]
    if not missing:
        return None
    return replace(
        found,
        name="partly-supported"
        if reading.claim_type in ("efficacy", "durability")
        else "unverified",
        issues=(*found.issues, "figure-unverified"),
        explanation=f"{found.explanation} The figure “{missing[0].text}” is not in these records.",
    )


def _printed(records: Records, found: Verdict, m: Magnitude) -> bool:
    for e in found.evidence:
        facts = records.by_id.get(e.id)
        if facts is not None and (
            figure_for(m, facts.figures)
            or (m.kind == "size" and int(m.value) in facts.sizes)
            or (m.unit == "of" and int(m.value) in facts.sizes and int(m.high or 0) in facts.sizes)
        ):
            return True
        wanted = {m.value, m.high or m.value}
        if m.unit == "of" and m.high:
            wanted = {100 * m.value / m.high}
        if any(
            abs(v - w) <= max(0.6, 0.03 * w)
            for w in wanted
            for v in _values(f"{records.row_texts.get(e.id, '')} {e.shows}")
        ):
            return True
    return False


def _values(text: str) -> Iterator[float]:
    for m in re.finditer(r"\d+(?:\.\d+)?", text.replace(",", "")):
        yield float(m.group())


def _comparison(records: Records, reading: Reading, found: Verdict, lower: str) -> Verdict | None:
    """Compare risks only where a record compares them."""
    if reading.claim_type != "safety" or not _COMPARES.search(lower):
        return None
    rows = " ".join(records.row_texts.get(e.id, "") for e in found.evidence).lower()
    beside_placebo = re.search(
        r"\bmore\b[^.;]{0,60}\bthan (?:placebo|controls?|an inactive)", lower
    )
    if beside_placebo and re.search(r"placebo|\brr\b|ratio", rows):
        return None
    return replace(
        found,
        name="unverified",
        issues=(*found.issues, "indirect-comparison"),
        explanation=f"{found.explanation} No rule here has compared the two.",
    )


def _wording(records: Records, reading: Reading, found: Verdict, lower: str) -> Verdict | None:
    if reading.claim_type not in _EFFECTS:
        return None
    if reading.boosted:
        return replace(
            found,
            name="partly-supported",
            issues=(*found.issues, "overclaims-certainty"),
            explanation=f"{found.explanation} The praise in the words goes further.",
        )
    if reading.certainty == 4:
        return replace(
            found,
            name="partly-supported",
            issues=(*found.issues, "overclaims-certainty"),
            explanation=f"{found.explanation} The words claim more certainty than that.",
        )
    if (
        "all-people" in reading.cues
        and re.search(
            r"\b(?:everyone|everybody|every patient|all patients|any (?:kind|type)|100 ?%)\b", lower
        )
        and reading.claim_type in ("efficacy", "durability")
        and not reading.designs
    ):
        return replace(found, name="partly-supported", issues=(*found.issues, "overgeneralised"))
    return None
