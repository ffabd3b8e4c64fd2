"""From a reading to a verdict: which rules answer which type, and when there is nothing to check."""

from __future__ import annotations

import re
from dataclasses import replace

from aponia.claims.doses import judge_dose, unit_error
from aponia.claims.effects import judge_effect
from aponia.claims.law import judge_law
from aponia.claims.lexicon import CUES
from aponia.claims.matching import institutions_of
from aponia.claims.mechanisms import judge_mechanism
from aponia.claims.model import ISSUES, EvidenceItem, Reading, Verdict
from aponia.claims.records import Records
from aponia.claims.research import cited_journal, judge_research
from aponia.claims.safety import judge_safety
from aponia.claims.safety_rows import HARM_WORDS
from aponia.claims.terms import stem, tokens

__all__ = ["judge"]


def judge(records: Records, reading: Reading) -> Verdict:
    """Judge a claim.

    Parameters
    ----------
    records : Records
    reading : Reading

    Returns
    -------
    Verdict
        ``unverified`` wherever the rules do not reach.
    """
    found = _not_checkable(reading)
    if found is None:
        found = _by_type(records, reading)
    if found.name == "supported":
        found = _cautious(records, reading, found)
    unknown = [i for i in found.issues if i not in ISSUES]
    if unknown:  # pragma: no cover - guards the closed list
        raise AssertionError(f"not in the closed list of issues: {unknown}")
    return replace(found, issues=tuple(dict.fromkeys(found.issues)))


def _by_type(records: Records, reading: Reading) -> Verdict:
    cited = cited_journal(records, reading, reading.text.lower())
    if cited is not None and cited.name == "contradicted":
        return cited
    plain = _not_hallucinogenic(records, reading)
    if plain is not None:
        return plain
    if unit_error(reading) is not None:
        return judge_dose(records, reading)
    if reading.claim_type == "dose":
        return judge_dose(records, reading)
    if reading.claim_type in ("legal", "availability"):
        return judge_law(records, reading)
    if reading.claim_type == "safety":
        return judge_safety(records, reading)
    if reading.claim_type == "mechanism":
        return judge_mechanism(records, reading)
    if reading.claim_type == "research-status":
        return judge_research(records, reading)
    return judge_effect(records, reading)


def _not_hallucinogenic(records: Records, reading: Reading) -> Verdict | None:
    """Look up "X is not hallucinogenic" in the table of analogues."""
    lower = reading.text.lower()
    if reading.cues & {"benefit", "pain", "dose-word"} or not re.search(
        r"\b(?:not|non-?|isn't) ?(?:a )?(?:hallucinogen|psychedelic|psychoactive)", lower
    ):
        return None
    rows = [
        a
        for a in records.base.analogues
        if any(a.id == s or a.id.startswith(f"{s}-") for s in reading.substances)
    ]
    if not rows:
        return None
    evidence = (
        EvidenceItem(rows[0].id, f"{rows[0].compound}: {rows[0].class_}.", rows[0].source_url),
    )
    if all(a.hallucinogenic == "no" for a in rows):
        return Verdict(
            "supported", f"{rows[0].compound} is listed as not hallucinogenic.", (), evidence
        )
    if any(a.hallucinogenic == "yes" for a in rows):
        return Verdict(
            "contradicted",
            f"{rows[0].compound} is listed as hallucinogenic.",
            ("misread-result",),
            evidence,
        )
    return None


def _not_checkable(reading: Reading) -> Verdict | None:
    """Opinion, promise, praise and advertisement, where no outcome could be looked up."""
    cues, lower = reading.cues, reading.text.lower()
    anchored = (
        any(
            m.kind in ("effect", "share", "size", "dose", "p", "duration")
            for m in reading.magnitudes
        )
        or bool(reading.designs)
        or reading.claim_type in ("legal", "dose")
        or "designation" in cues
        or bool(set(reading.conditions) - {"chronic-pain-mixed", "experimental-pain"})
    )
    if "promotion" in cues and reading.claim_type not in ("legal", "dose"):
        return Verdict(
            "not-checkable", "It speaks of what one provider offers or has seen.", ("promotion",)
        )
    if (
        "prediction" in cues
        and not (anchored and reading.claim_type != "efficacy")
        and "ongoing" not in cues
    ):
        if (
            not re.search(
                r"\b(?:will|eventually|one day|future|poised|soon|going to|era|horizon|tomorrow|years away|shift)\b",
                lower,
            )
            and anchored
        ):
            return None
        return Verdict("not-checkable", "It is about the future.", ("prediction",))
    if re.search(r"\b(?:it is|it's) time (?:to|for)\b|\bdeserves?\b|\bought to\b", lower):
        return Verdict("not-checkable", "It is a demand, not a statement of fact.", ("opinion",))
    if anchored:
        return None
    if "advice" in cues and reading.claim_type not in ("safety", "legal"):
        return Verdict("not-checkable", "It is advice, not a statement of fact.", ("opinion",))
    vague = len(
        re.findall(
            r"natural(?:ly)?\b|holistic\w*|whole person|mind[,-]? body|harmony|sacred|spiritual\w*|transform\w*|unlock\w*|empower\w*|gentl[ey]\w*|reclaim|thrive|wisdom|wellness|inner\b|offers? (?:\w+ )?advantages?\b",
            lower,
        )
    )
    if vague and reading.claim_type in ("efficacy", "mechanism", "durability"):
        return Verdict("not-checkable", "It names no outcome that could be tested.", ("vague",))
    if (
        "opinion" in cues
        and "no-trials" not in cues
        and reading.claim_type in ("efficacy", "research-status", "mechanism", "durability")
    ):
        firm = "benefit" in cues and (reading.conditions or "pain" in cues) and reading.substances
        if not firm or re.search(
            r"reason for hope|results (?:\w+ ){0,3}(?:look |are |so far )?(?:\w+ )?(?:promising|encouraging|exciting)|interest is|give reason",
            lower,
        ):
            return Verdict(
                "not-checkable",
                "It is a judgement, not a statement that could be looked up.",
                ("opinion",),
            )
    if (
        reading.claim_type == "efficacy"
        and not reading.conditions
        and not cues & {"pain", "analgesic-use"}
        and not reading.other_illness
    ):
        if not cues & {"benefit", "vague", "opinion"}:
            return Verdict("unverified", "No rule here reaches this sentence.")
        return Verdict("not-checkable", "It names no outcome that could be tested.", ("vague",))
    return None


def _strange(records: Records, reading: Reading, found: Verdict) -> bool:
    """Whether a claim speaks mostly of things neither a rule nor its evidence knows."""
    lower = reading.text.lower()
    stems = [records.by_id[e.id].stems for e in found.evidence if e.id in records.by_id]
    known = frozenset().union(*stems) | {
        stem(w)
        for w, _, _ in tokens(" ".join((found.explanation, *(e.shows for e in found.evidence))))
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


_MORE = re.compile(
    r"\b(?:increas|improv|enhanc|boost|reliev|prevent|protect|cur(?:e|es|ed)\b|heal)"
)


def _cautious(records: Records, reading: Reading, found: Verdict) -> Verdict:
    """Take back "supported" where the claim holds something no rule has looked at."""
    lower = reading.text.lower()
    _, strangers = institutions_of(records, reading.text)
    if (
        reading.claim_type == "research-status"
        and reading.negated
        and "no-trials" not in reading.cues
        and not re.search(r"did not differ|no difference|not significan", lower)
    ):
        return replace(found, name="unverified", explanation="A denial that no rule here covers.")
    if reading.claim_type == "safety" and "should-not" not in reading.cues:
        if re.search(
            r"\b(?:every|always|everyone|everybody|all (?:users|patients|people))\b", lower
        ):
            return replace(
                found,
                name="contradicted",
                issues=(*found.issues, "overclaims-certainty"),
                explanation=f"Not everybody. {found.explanation}",
            )
        if re.search(r"\b(?:completely|totally|entirely|absolutely|fully)\b", lower):
            return replace(
                found,
                name="partly-supported",
                issues=(*found.issues, "overclaims-certainty"),
                explanation=f"{found.explanation} The words go further.",
            )
    if reading.claim_type in ("safety", "legal", "mechanism") and _strange(records, reading, found):
        return replace(
            found,
            name="unverified",
            explanation="The sentence holds more than the records that come near it.",
        )
    if reading.claim_type == "dose" and _MORE.search(lower):
        return replace(
            found, name="unverified", explanation="The sentence says more than an amount."
        )
    if strangers:
        return replace(
            found, name="unverified", explanation="It names an institution no record here holds."
        )
    if reading.boosted and reading.claim_type in ("efficacy", "durability", "mechanism", "safety"):
        return replace(
            found,
            name="partly-supported",
            issues=(*found.issues, "overclaims-certainty"),
            explanation=f"{found.explanation} The praise in the words goes further.",
        )
    if reading.certainty == 4 and reading.claim_type in (
        "efficacy",
        "durability",
        "mechanism",
        "safety",
    ):
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
    return found
