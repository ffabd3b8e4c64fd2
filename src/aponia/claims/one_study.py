"""A claim about one study against that study: direction, significance, design, numbers, quantifiers."""

from __future__ import annotations

import re

from aponia.answers import Layer
from aponia.answers.model import PLACEBO
from aponia.claims.figure_matching import FigureCheck, check_figures
from aponia.claims.matching import Match, institutions_of, ungrounded
from aponia.claims.model import EvidenceItem, Reading, Slots, Verdict
from aponia.claims.reading import CLASS
from aponia.claims.records import Records, StudyFacts, negative
from aponia.claims.study_checks import (
    COMPLETE,
    beyond,
    dose_of_effect,
    elsewhere,
    quantified,
    restates,
    subgroup_known,
)
from aponia.claims.telling import because, describe, item

__all__ = ["LAYER_TAG", "design_stated", "judge_by_study"]

LAYER_TAG = {
    Layer.UNCONTROLLED: "uncontrolled",
    Layer.CASES: "case-report-only",
    Layer.SURVEYS: "survey-only",
    Layer.VOLUNTEERS: "healthy-volunteers",
    Layer.ANIMALS: "animal-only",
}


_FELL = re.compile(r"\b(?:lower(?:ed)?|fell|reliev\w+|less|eased|improved|reduced)\b")


def design_stated(reading: Reading, facts: StudyFacts) -> bool:
    """Whether a claim says what kind of study it comes from, where that matters."""
    if facts.layer is Layer.RANDOMISED or facts.layer is None:
        return True
    if facts.layer is Layer.UNCONTROLLED:
        controlled = any(r.comparator in PLACEBO for r in facts.rows)
        versus = any(r.comparator == "other-treatment" for r in facts.rows)
        return (
            "open-label" in reading.designs
            or (controlled and "rct" in reading.designs)
            or (
                versus
                and (facts.study.year or 0) >= 1980
                and bool(reading.comedications)
                and bool(reading.years or reading.magnitudes)
            )
        )
    if facts.layer is Layer.CASES:
        return "case" in reading.designs or ("survey" in reading.designs or reading.certainty == 0)
    if facts.layer is Layer.SURVEYS:
        return "survey" in reading.designs or reading.certainty == 0
    if facts.layer is Layer.VOLUNTEERS:
        exact = sum(m.kind in ("dose", "duration", "share", "effect") for m in reading.magnitudes)
        return reading.population == "volunteers" or (
            exact >= 2 and not reading.population_stated and "chronic" not in reading.text.lower()
        )
    return reading.population in ("animals", "cells")


def judge_by_study(records: Records, reading: Reading, match: Match) -> Verdict | None:
    """Judge a claim about one study against that study; None when it turns out to be another."""
    facts = match.facts
    _, strangers = institutions_of(records, reading.text)
    if "institution" in match.clashes or strangers:
        return None
    if "year" in match.clashes and not match.sure:
        return Verdict(
            "unverified",
            "The study the claim points to is not among the records of this evidence base.",
            evidence=(item(facts),),
        )
    if match.widened and not match.sure:
        return None
    figures = check_figures(reading, facts)
    issues: list[str] = []
    name = describe(facts)
    shown = (item(facts),)
    slots = _slots(facts, reading, match)
    trusted = [
        (m, f)
        for m, f in figures.misread
        if f.kind == "limit" or (match.pinned and not elsewhere(records, reading, facts, m))
    ]
    if figures.misread and not trusted and not match.pinned:
        return None
    if trusted:
        m, f = trusted[0]
        kind = (
            "a limit of an interval"
            if f.kind == "limit"
            else f"a {'share of people' if f.kind == 'share' else 'size of effect'}"
        )
        return Verdict(
            "contradicted",
            f"“{m.text}” is not what it is taken for: in {name} that number is {kind}.",
            ("misread-statistic",),
            shown,
            **slots,
        )
    points = facts.points
    too_late = beyond(reading, facts)
    if too_late is not None and reading.direction == "benefit":
        return Verdict(
            "contradicted",
            f"In {name} the difference was gone by then ({too_late}).",
            ("wrong-timescale",),
            shown,
            **slots,
        )
    if restates(reading, facts, figures):
        return Verdict("supported", f"These are the figures of {name}.", (), shown, **slots)
    if reading.direction == "neutral":
        return _bound_null(reading, facts, shown, slots, name)
    if points in ("no-difference", "harm") and facts.layer in (Layer.SURVEYS, Layer.CASES):
        return None
    told = facts.study.findings[0] if facts.study.findings else ""
    if points in ("no-difference", "harm") and _FELL.search(told.lower()) and not negative(told):
        points = "unclear"  # better at first and level at the end: the whole of it decides
    if points in ("no-difference", "harm"):
        return Verdict(
            "contradicted",
            f"{name} does not show this: {facts.study.findings[0] if facts.study.findings else 'no difference was seen'}",
            ("misread-result", "omits-null"),
            shown,
            **slots,
        )
    if points == "unclear":
        stray = ungrounded(reading, facts.stems)
        if (
            match.pinned
            and design_stated(reading, facts)
            and figures.right
            and not (figures.unknown or figures.wrong)
            and reading.certainty <= 3
            and len(stray) <= 0.5 * len(reading.stems)
        ):
            return Verdict("supported", f"This is what {name} reports.", (), shown, **slots)
        return None
    against_placebo = "placebo" in reading.cues and re.search(
        r"\b(?:than|versus|against|over|compared)\b", reading.text.lower()
    )
    if (
        against_placebo
        and facts.layer is not None
        and not any(r.comparator.endswith("placebo") for r in facts.rows)
    ):
        return Verdict(
            "contradicted",
            f"{name} had no placebo group.",
            ("no-comparator", "misread-result"),
            shown,
            **slots,
        )
    first = re.split(r" and | but |, ", facts.study.findings[0])[0] if facts.study.findings else ""
    if facts.significant is False and negative(first) and not facts.tiny and reading.certainty >= 3:
        return Verdict(
            "contradicted",
            f"{name} does not show this: {facts.study.findings[0]}",
            ("misread-result", "omits-null"),
            shown,
            **slots,
        )
    if facts.significant is False:
        claimed = "significant" in reading.cues and "not-significant" not in reading.cues
        admitted = "not-significant" in reading.cues
        if claimed:
            return Verdict(
                "contradicted",
                f"In {name} the difference was not statistically significant.",
                ("not-significant", "misread-result"),
                shown,
                **slots,
            )
        if not admitted:
            issues.append("not-significant")
    if (
        facts.significant is not False
        and facts.layer is Layer.RANDOMISED
        and facts.significant is None
    ):
        issues.append("tiny-n" if facts.tiny else "single-study")
        if facts.study.journal is None:
            issues.append("unpublished")
    if not design_stated(reading, facts):
        tag = LAYER_TAG.get(facts.layer) if facts.layer else None
        if tag:
            issues.append(tag)
        if tag == "animal-only":
            issues.append("omits-species")
    if "uncontrolled" in issues and (facts.study.year or 2000) < 1980:
        issues.append("outdated")
    modest = re.search(
        r"\b(?:small|tiny|pilot|handful|few|preliminary|early|uncontrolled|limited|informal)\b",
        reading.text.lower(),
    )
    if modest and reading.certainty <= 2:
        # "a few small studies ... seemed to" claims no more than they carry
        issues = [i for i in issues if i not in ("tiny-n", "uncontrolled", "case-report-only")]
    if issues and facts.tiny and "tiny-n" not in issues and facts.layer is not Layer.ANIMALS:
        issues.append("tiny-n")
    verdict = _numbers(records, reading, facts, match, figures, issues, shown, slots, name)
    if verdict is not None:
        return verdict
    if (
        "comparison" in reading.cues
        and ("opioid" in reading.cues or "conventional" in reading.cues)
        and not re.search(
            r"opioid|dihydromorphinone|meperidine|conventional|ordinary|medic", facts.text
        )
    ):
        issues.append("indirect-comparison")
    quantity = quantified(reading, facts, name, shown, slots)
    if isinstance(quantity, Verdict):
        return quantity
    if quantity:
        issues.append(quantity)
    if COMPLETE.search(reading.text.lower()) and not COMPLETE.search(facts.text):
        issues.append("misread-result")
    dosed = dose_of_effect(reading, facts)
    if dosed == "denied":
        return Verdict(
            "contradicted",
            f"{name} does not report this for that dose. {item(facts).shows}",
            ("misread-result",),
            shown,
            **slots,
        )
    if dosed == "unknown":
        issues.append("figure-unverified")
    if "subgroup" in reading.cues and not subgroup_known(reading, facts):
        issues.append("subgroup")
    if reading.certainty == 4 or reading.boosted:
        issues.append("overclaims-certainty")
        if reading.certainty == 4 and not reading.boosted:
            return Verdict(
                "contradicted" if facts.tiny or facts.significant is False else "partly-supported",
                f"One study can not carry these words. {item(facts).shows}",
                tuple(dict.fromkeys(issues)),
                shown,
                **slots,
            )
    strange = ungrounded(reading, facts.stems)
    grounded = len(figures.right) >= 2 and not figures.unknown
    if not issues and not grounded and len(strange) > max(3, 0.45 * len(reading.stems)):
        return Verdict(
            "unverified",
            f"The nearest record is {name}, but the claim speaks of things it does not hold.",
            evidence=shown,
            **slots,
        )
    if issues:
        return Verdict(
            "partly-supported",
            f"{name} points this way, but {because(issues)}.",
            tuple(dict.fromkeys(issues)),
            shown,
            **slots,
        )
    return Verdict("supported", f"This is what {name} reports.", (), shown, **slots)


def _numbers(
    records: Records,
    reading: Reading,
    facts: StudyFacts,
    match: Match,
    figures: FigureCheck,
    issues: list[str],
    shown: tuple[EvidenceItem, ...],
    slots: Slots,
    name: str,
) -> Verdict | None:
    """Deal with numbers the record does not print."""
    for m, f in figures.wrong:
        if m.kind == "duration":
            other = elsewhere(records, reading, facts, m)
            issues.append("wrong-study" if other else "wrong-timescale")
            continue
        if m.kind == "size":
            issues.append("wrong-number")
            if "not-significant" in issues and reading.certainty >= 3:
                return Verdict(
                    "contradicted",
                    f"{name} had another number of people, and its difference could be chance.",
                    tuple(dict.fromkeys(issues)),
                    shown,
                    **slots,
                )
            continue
        if m.kind == "dose":
            issues.append("wrong-number")
            continue
        return Verdict(
            "contradicted",
            f"The claim says “{m.text}”; {name} gives {f.value:.3g} {f.unit} for this.",
            tuple(dict.fromkeys(("wrong-number", *issues))),
            shown,
            **slots,
        )
    if figures.unknown:
        moved = any(elsewhere(records, reading, facts, m) for m in figures.unknown)
        issues.append("wrong-study" if moved else "figure-unverified")
        matters = [m for m in figures.unknown if m.kind in ("effect", "share")]
        if matters and not figures.right:
            near = facts.points == "benefit" and match.pinned and reading.certainty <= 3
            return Verdict(
                "partly-supported" if near else "unverified",
                f"The figure “{matters[0].text}” is in no record; the nearest is {name}.",
                tuple(dict.fromkeys(issues)),
                shown,
                **slots,
            )
    return None


def _bound_null(
    reading: Reading,
    facts: StudyFacts,
    shown: tuple[EvidenceItem, ...],
    slots: Slots,
    name: str,
) -> Verdict | None:
    if "ineffective" in reading.cues and facts.significant is not True:
        # no clear benefit at low certainty is not the same as shown to be of no use
        return Verdict(
            "partly-supported",
            f"{name} found no clear benefit; that is not proof that there is none.",
            ("misread-result",),
            shown,
            **slots,
        )
    if facts.points in ("no-difference", "harm") or facts.significant is False:
        return Verdict("supported", f"This is what {name} reports.", (), shown, **slots)
    if facts.points == "benefit" and facts.significant:
        return Verdict(
            "contradicted",
            f"{name} reports a difference.",
            ("misread-result",),
            shown,
            **slots,
        )
    return None


def _slots(facts: StudyFacts, reading: Reading, match: Match) -> Slots:
    """Slots the study fills where the claim is silent."""
    found: Slots = {}
    named = reading.conditions
    if (not named or reading.generic) and facts.study.condition != "none":
        found["condition"] = facts.study.condition
    if reading.substances in ((), (CLASS,)) or "inherited" in reading.inherited:
        known = tuple(s for s in facts.study.substances if s != "psilocin")
        if not reading.substances and known:
            found["substances"] = known
    if reading.approach == "none" and facts.study.approach not in ("unclear", "mixed"):
        found["approach"] = facts.study.approach
    return found
