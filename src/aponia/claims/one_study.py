"""A claim about one study against that study: direction, significance, design, numbers, quantifiers."""

from __future__ import annotations

import re

from aponia.answers import Layer
from aponia.answers.model import PLACEBO
from aponia.claims.matching import (
    FigureCheck,
    Match,
    candidates,
    check_figures,
    figure_for,
    institutions_of,
    ungrounded,
)
from aponia.claims.model import EvidenceItem, Magnitude, Reading, Slots, Verdict
from aponia.claims.reading import CLASS
from aponia.claims.records import Records, StudyFacts, negative
from aponia.claims.telling import because, describe, item

__all__ = ["LAYER_TAG", "beyond", "design_stated", "judge_by_study"]

LAYER_TAG = {
    Layer.UNCONTROLLED: "uncontrolled",
    Layer.CASES: "case-report-only",
    Layer.SURVEYS: "survey-only",
    Layer.VOLUNTEERS: "healthy-volunteers",
    Layer.ANIMALS: "animal-only",
}


_ALL = re.compile(
    r"\b(?:all|every|everyone|everybody|each|100 ?%)\b(?! the same)(?! (?:trials|studies|types|kinds))"
)


_MOST = re.compile(r"\b(?:most|mostly|majority|nearly all|almost all|vast)\b")


#: Relief without a rest.
_COMPLETE = re.compile(
    r"\b(?:disappear\w*|vanish\w*|pain-?free|free of pain|put an end|abolish\w*|complete(?:ly)? (?:relie\w+|gone|resol\w+)|went away|\bgone\b|no pain|wiped out)\b"
)


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
                versus and bool(reading.comedications) and bool(reading.years or reading.magnitudes)
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
        if f.kind == "limit" or (match.pinned and not _elsewhere(records, reading, facts, m))
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
    if _restates(reading, facts, figures):
        return Verdict("supported", f"These are the figures of {name}.", (), shown, **slots)
    if reading.direction == "neutral":
        return _bound_null(reading, facts, shown, slots, name)
    if points in ("no-difference", "harm") and facts.layer in (Layer.SURVEYS, Layer.CASES):
        return None
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
    quantity = _quantified(reading, facts, name, shown, slots)
    if isinstance(quantity, Verdict):
        return quantity
    if quantity:
        issues.append(quantity)
    if _COMPLETE.search(reading.text.lower()) and not _COMPLETE.search(facts.text):
        issues.append("misread-result")
    dosed = _dose_of_effect(reading, facts)
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
    if "subgroup" in reading.cues and not _subgroup_known(reading, facts):
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


def _restates(reading: Reading, facts: StudyFacts, figures: FigureCheck) -> bool:
    """Whether a claim gives the results of both groups of a trial as printed, and no more."""
    if figures.wrong or figures.unknown or figures.misread or reading.certainty > 3:
        return False
    if reading.boosted or "significant" in reading.cues or facts.layer is not Layer.RANDOMISED:
        return False
    results = [m for m in figures.right if m.kind in ("share", "effect")]
    return "rct" in reading.designs and len(results) >= 2


def beyond(reading: Reading, facts: StudyFacts) -> str | None:
    """Return when a comparison found no difference, if that is the time a claim speaks of."""
    claimed = max(
        (m.high or m.value for m in reading.magnitudes if m.kind == "duration"), default=0
    )
    if claimed < 1 or not (reading.cues & {"duration"} or reading.claim_type == "durability"):
        return None
    timed = [
        r
        for r in facts.rows
        if r.timepoint_days is not None and r.comparator in (*PLACEBO, "other-treatment")
    ]
    late = [r for r in timed if (r.timepoint_days or 0) >= 0.5 * claimed]
    early = [r for r in timed if (r.timepoint_days or 0) < 0.5 * claimed]
    if not late or not early or any(r.direction == "benefit" and r.significant for r in late):
        return None
    if all(r.direction == "no-difference" or r.significant is False for r in late):
        return f"day {late[0].timepoint_days:g}"
    return None


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
            other = _elsewhere(records, reading, facts, m)
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
        moved = any(_elsewhere(records, reading, facts, m) for m in figures.unknown)
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


def _dose_of_effect(reading: Reading, facts: StudyFacts) -> str | None:
    """Where a study gave several doses, find what it says of the one the claim names.

    Returns
    -------
    str or None
        ``denied``, ``unknown``, or None when there is nothing to object to.
    """
    main = re.split(r"\b(?:while|whereas|but|and not)\b", reading.text, maxsplit=1)[0]
    doses = [m for m in reading.magnitudes if m.kind == "dose" and m.start < len(main)]
    units = {m.unit for m in doses}
    given = {d for d, unit in facts.doses if unit.split("/")[0].split(" ")[0] in units}
    if not doses or len(given) < 2:
        return None
    for m in doses:
        number = re.compile(rf"(?<![\d.]){m.value:g}(?![\d.])")
        said = [
            x
            for text in facts.study.findings
            for x in re.split(r"; |\. ", text)
            if number.search(x)
        ]
        if not said:
            return "unknown"
        if all(negative(x) for x in said):
            return "denied"
    return None


def _quantified(
    reading: Reading,
    facts: StudyFacts,
    name: str,
    shown: tuple[EvidenceItem, ...],
    slots: Slots,
) -> Verdict | str | None:
    """Check "all" and "most" against the shares a record prints; an issue, a verdict or None."""
    lower = reading.text.lower()
    shares = [x.value for x in facts.figures if x.kind == "share" and x.unit == "percent"]
    if _ALL.search(lower):
        if shares and max(shares) < 99:
            if re.search(r"\bat least\b|\bsome\b|\bany\b|minimal|slight|little", lower):
                return None
            return Verdict(
                "contradicted",
                f"Not everybody: in {name} it was at most {max(shares):.0f} of 100.",
                ("misread-result",),
                shown,
                **slots,
            )
        return None if shares and min(shares) > 99 else "figure-unverified"
    if _MOST.search(lower):
        if shares and max(shares) <= 50:
            return Verdict(
                "contradicted",
                f"Not most: in {name} it was at most {max(shares):.0f} of 100.",
                ("misread-result",),
                shown,
                **slots,
            )
        if not shares or min(shares) < 50:
            return "misread-result"
    return None


def _elsewhere(records: Records, reading: Reading, facts: StudyFacts, m: Magnitude) -> bool:
    return any(
        f.id != facts.id and f.study.condition == facts.study.condition and figure_for(m, f.figures)
        for f, fit in candidates(records, reading)
        if fit >= 0.6
    )


def _subgroup_known(reading: Reading, facts: StudyFacts) -> bool:
    lower = reading.text.lower()
    for word in ("chronic", "episodic"):
        about = f"{facts.study.title} {facts.study.population.description}".lower()
        both = re.search(r"episodic (?:or|and) chronic|chronic (?:or|and) episodic", about)
        if re.search(rf"\b{word}\b", lower) and (
            any(word in o.name for o in facts.study.outcomes) or (word in about and not both)
        ):
            return True
    return False


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
