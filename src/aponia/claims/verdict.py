"""From a reading to a verdict: which rules answer which type, and when there is nothing to check."""

from __future__ import annotations

import re
from dataclasses import replace

from aponia.answers import Layer
from aponia.claims.doses import judge_dose, unit_error
from aponia.claims.effects import judge_effect
from aponia.claims.guards import hold_back, turned_round
from aponia.claims.kinds import direction_of
from aponia.claims.kinetics import judge_kinetics
from aponia.claims.law import judge_law
from aponia.claims.lexicon import CUES, TOPICS, find_cues
from aponia.claims.mechanisms import judge_mechanism
from aponia.claims.model import ISSUES, ClaimType, EvidenceItem, Reading, Verdict
from aponia.claims.records import Records
from aponia.claims.research import UNREAD_RESULT, cited_journal, judge_research
from aponia.claims.retold import judge_retold
from aponia.claims.safety import judge_safety
from aponia.claims.themes import THEMES

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
    found = _not_checkable(records, reading)
    if found is None:
        found = _by_type(records, reading)
        if (
            found.name == "unverified"
            and reading.substances
            and reading.claim_type not in ("legal", "availability")
            and (reading.claim_type != "research-status" or found.explanation == UNREAD_RESULT)
            and not found.issues
        ):
            found = _second_look(records, reading) or found
        if found.name == "unverified" and reading.claim_type not in ("legal", "availability"):
            found = judge_retold(records, reading) or found
    if found.name == "supported" and found.claim_type is None:
        found = hold_back(records, reading, found)
    elif found.name == "partly-supported":
        found = turned_round(records, reading, found, reading.text.lower()) or found
    if (
        found.name == "contradicted"
        and reading.claim_type == "safety"
        and (reading.certainty == 4 or "no-harm" in reading.cues or "best-safe" in reading.cues)
    ):
        found = replace(found, issues=(*found.issues, "overclaims-certainty"))
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
    timed = judge_kinetics(records, reading)
    if timed is not None:
        return timed
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


def _second_look(records: Records, reading: Reading) -> Verdict | None:
    """Read a claim as another type when the rules of its first one do not reach it.

    The type is decided by words, and words mislead: "several sessions and then a maintenance dose"
    is about an effect although it speaks of doses. What is found this way is never "supported" where
    the sentence holds words foreign to the evidence; `hold_back` sees to that.
    """
    lower = reading.text.lower()
    about_pain = bool(reading.conditions) or "pain" in reading.cues
    others: list[ClaimType] = []
    if find_cues(lower, {"m": CUES["mechanism-main"]}) or find_cues(lower, TOPICS) & set(THEMES):
        others.append("mechanism")
    if about_pain and reading.claim_type != "durability":
        others.append("efficacy")
    if reading.claim_type not in ("dose", "research-status") and reading.cues & {"safety"}:
        others.append("safety")
    for kind in others:
        if kind == reading.claim_type:
            continue
        direction = direction_of(kind, reading.cues, reading.negated, lower)
        again = replace(reading, claim_type=kind, direction=direction)
        found = _by_type(records, again)
        if found.name not in ("unverified", "contradicted"):
            if found.name == "supported":
                found = hold_back(records, again, found)
            return replace(found, claim_type=kind, direction=direction)
    return None


def _not_hallucinogenic(records: Records, reading: Reading) -> Verdict | None:
    """Look up "X is not hallucinogenic" in the table of analogues."""
    lower = reading.text.lower()
    strong = [
        a
        for a in records.base.analogues
        if a.hallucinogenic == "no"
        and any(a.id == s or a.id.startswith(f"{s}-") for s in reading.substances)
    ]
    if strong and re.search(
        r"\b(?:strongly|highly|powerfully|intensely) (?:hallucinogenic|psychedelic|psychoactive)",
        lower,
    ):
        return Verdict(
            "contradicted",
            f"{strong[0].compound} is listed as not hallucinogenic.",
            ("misread-result",),
            (
                EvidenceItem(
                    strong[0].id, f"{strong[0].compound}: {strong[0].class_}.", strong[0].source_url
                ),
            ),
        )
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


#: One person's story told as an event: a role, then what happened to him or her.
_STORY = re.compile(
    r"\b(?:an?|one|this) (?:[\w-]+ ){0,3}(?:man|woman|firefighter|veteran|nurse|teacher|mother|father|mum|mom|dad|musician|athlete|soldier|officer|engineer|farmer|grandmother|grandfather|client|guest)\b"
    r"(?![^.;]*\b(?:case report|case series|report(?:ed)? (?:by|in)|published|described|series|doctors|clinicians|researchers)\b)[^.;]*\b(?:his|her|went|was gone|woke|felt)\b"
)


def _case_known(records: Records, reading: Reading) -> bool:
    """Whether a published case of the drug and the condition could be the one that is told."""
    wanted = records.widened(reading.substances)
    return any(
        f.layer is Layer.CASES and wanted & f.substances and f.study.condition in reading.conditions
        for f in records.studies
    )


def _not_checkable(records: Records, reading: Reading) -> Verdict | None:
    """Opinion, promise, praise and advertisement, where no outcome could be looked up."""
    cues, lower = reading.cues, reading.text.lower()
    anchored = (
        any(
            m.kind in ("effect", "share", "size", "dose", "p")
            or (m.kind == "duration" and "prediction" not in cues and "promotion" not in cues)
            for m in reading.magnitudes
        )
        or bool(reading.designs)
        or reading.claim_type in ("legal", "dose")
        or "designation" in cues
        or ("study-specific" in cues and "trial" in cues)
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
        if reading.certainty == 1 and set(reading.conditions) - {
            "chronic-pain-mixed",
            "experimental-pain",
        }:
            return None  # "may one day help people with X": what is known of X can be said
        if (
            not re.search(
                r"\b(?:will|from now|eventually|one day|future|poised|soon|going to|era|horizon|tomorrow|years away|shift)\b",
                lower,
            )
            and anchored
        ):
            return None
        return Verdict("not-checkable", "It is about the future.", ("prediction",))
    if "ongoing" not in cues and re.search(
        r"\b(?:might|may|could) (?:make|become|prove)\b[^.;]{0,40}\b(?:accessible|available|mainstream|common)\b",
        lower,
    ):
        return Verdict("not-checkable", "It is a guess about the future.", ("prediction",))
    if re.search(
        r"worth watching|remains to be seen|time will tell|whether\b.*\bturns? out", lower
    ):
        return Verdict("not-checkable", "It is about the future.", ("prediction",))
    if re.search(
        r"\b(?:for|since|over) (?:\w+ )?(?:centuries|millennia|generations|thousands of years|ancient times)\b|\bcenturies ago\b",
        lower,
    ):
        return Verdict("unverified", "The history of these drugs is not in this evidence base.")
    if (
        _STORY.search(lower)
        and not _case_known(records, reading)
        and not reading.designs - {"case"}
        and "study-specific" not in cues
    ):
        return Verdict(
            "not-checkable",
            "It is one person's story; nothing on record to check it against.",
            ("anecdote",),
        )
    if re.search(
        r"\b(?:it is|it's) time (?:to|for)\b|\bdeserves?\b|\bought to\b|\bshould (?:have|be able|be allowed|be free)\b|\bthe right to\b",
        lower,
    ):
        return Verdict("not-checkable", "It is a demand, not a statement of fact.", ("opinion",))
    if anchored:
        return None
    if "advice" in cues and reading.claim_type not in ("safety", "legal"):
        return Verdict("not-checkable", "It is advice, not a statement of fact.", ("opinion",))
    vague = len(
        re.findall(
            r"plant medicines?|\bbe whole\b|\bsoul\b|ancient|\bbalance\b|natural(?:ly)?\b|holistic\w*|whole person|mind[,-]? body|harmony|sacred|spiritual\w*|transform\w*|unlock\w*|empower\w*|gentl[ey]\w*|reclaim|thrive|wisdom|wellness|inner\b|offers? (?:\w+ )?advantages?\b",
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
