"""Verdicts on doses: units that can not be, what trials gave, what a class of dose is."""

from __future__ import annotations

import re

from aponia.claims.dose_classes import judge_bands, judge_class, judge_not_micro, judge_perceptible
from aponia.claims.matching import find_study, institutions_of
from aponia.claims.model import EvidenceItem, Magnitude, Reading, Slots, Verdict
from aponia.claims.reading import HEADACHES
from aponia.claims.records import Records, StudyFacts, TrialFacts
from aponia.claims.telling import describe, item, trial_item

__all__ = ["judge_dose", "unit_error"]

#: Largest amounts ever given by mouth in a study of people, with room: beyond that the unit is wrong.
_CEILING = {
    "psilocybin": 100.0,
    "lsd": 1.0,
    "dmt": 400.0,
    "mdma": 400.0,
    "mescaline": 1500.0,
    "ketamine": 3000.0,
}
_OUTCOME = re.compile(
    r"increas|decreas|improv|enhanc|boost|reliev|rais(?:ed|es)|lower(?:ed|s)\b|chang|prevent|caus|harm|better|worse|more than|less than|felt|effective|protect"
)
_MUSHROOM = re.compile(r"mushrooms?|shrooms?|truffles?|dried|fungi|cubensis")


_BEST = re.compile(
    r"\b(?:optimal|optimum|best|ideal|right|perfect|correct|recommended|sweet spot|effective|therapeutic|most patients need|people need|should (?:take|be)|you need)\b"
)


_OTHERS = re.compile(
    r"\b(?:morphine|oxycodone|hydromorphone|dihydromorphinone|dilaudid|demerol|meperidine|pethidine|codeine|opioids?|fentanyl|niacin|diphenhydramine|ibuprofen|aspirin|sumatriptan|verapamil|prednisone|escitalopram)\b"
)


def unit_error(reading: Reading) -> Magnitude | None:
    """Return an amount that can not be in its unit: grams of psilocybin, milligrams of LSD."""
    lower = reading.text.lower()
    pure = re.search(r"synthetic|pure|crystal|pharmaceutical", lower)
    for m in reading.magnitudes:
        if m.kind != "dose" or m.unit not in ("g", "mg", "ug"):
            continue
        mg = m.value * {"g": 1000.0, "mg": 1.0, "ug": 0.001}[m.unit]
        near = lower[max(0, m.start - 40) : m.end + 50]
        if _OTHERS.search(lower[m.end : m.end + 30]) or _OTHERS.search(
            lower[max(0, m.start - 25) : m.start]
        ):
            continue  # the amount is that of the medicine it is compared with
        drug = [s for s in reading.substances if s in _CEILING]
        if len(drug) > 1:
            drug = sorted(drug, key=lambda s: _distance(lower, s, m))
        for s in drug[:1]:
            if s == "psilocybin" and _MUSHROOM.search(near) and not pure:
                continue
            if mg > _CEILING[s]:
                return m
            if (s == "psilocybin" and m.unit == "ug" and m.value < 500) or (
                s == "lsd" and m.unit == "g"
            ):
                return m
    return None


def _distance(lower: str, substance: str, m: Magnitude) -> int:
    """How far a drug's name stands from an amount; "20 mg of X" binds tighter than "X … 20 mg"."""
    after = lower.find(substance, m.end)
    before = lower.rfind(substance, 0, m.start)
    return min(after - m.end if after >= 0 else 999, m.start - before + 5 if before >= 0 else 999)


def _equal(records: Records, reading: Reading, amounts: list[Magnitude]) -> Verdict | None:
    """Look up "20 mg of one is like 100 ug of the other" in the table of equivalents."""
    lower = reading.text.lower()
    first, second = reading.substances[:2]
    mine = {
        s: next(
            (
                m
                for m in amounts
                if min(reading.substances, key=lambda x: _distance(lower, x, m)) == s
            ),
            None,
        )
        for s in (first, second)
    }
    rows = [
        r
        for r in records.base.dose_equivalence
        if {r.substance_a, r.substance_b} == {first, second}
    ]
    if not rows or not all(mine.values()):
        return None
    evidence = tuple(
        EvidenceItem(
            r.id,
            f"{r.substance_a} {r.dose_a or ''} {r.unit_a} and {r.substance_b} {r.dose_b or ''} {r.unit_b}: {r.basis}.",
            r.source_url,
        )
        for r in rows[:3]
    )
    for r in rows:
        a, b = mine[r.substance_a], mine[r.substance_b]
        if (
            a
            and b
            and r.dose_a == a.value
            and r.dose_b == b.value
            and "weaker" not in (r.basis or "")
            and "below" not in r.id
        ):
            return Verdict("supported", f"Felt alike in a comparison: {r.basis}.", (), evidence)
    return Verdict(
        "unverified", "These two amounts were not compared in a study here.", (), evidence
    )


def judge_dose(records: Records, reading: Reading) -> Verdict:
    """Judge a claim about an amount or a class of dose.

    Parameters
    ----------
    records : Records
    reading : Reading

    Returns
    -------
    Verdict
    """
    lower = reading.text.lower()
    studies, trials = _pool(records, reading)
    wrong = unit_error(reading)
    if wrong is not None:
        evidence = tuple(item(f) for f in studies[:1])
        evidence += tuple(trial_item(t.trial) for t in trials[:1])
        return Verdict(
            "contradicted",
            f"“{wrong.text}” can not be right for this drug: trials gave thousandths of that, or the weight is that of dried mushroom.",
            ("unit-error",),
            evidence,
        )
    if _BEST.search(lower) and (reading.conditions or "pain" in reading.cues):
        return Verdict(
            "no-evidence",
            "No study here looked for a best amount for this; what trials gave is no recommendation.",
            ("not-tested-in-condition",),
            (*(item(f) for f in studies[:2]), *(trial_item(t.trial) for t in trials[:1])),
        )
    amounts = [m for m in reading.magnitudes if m.kind == "dose"]
    if (
        len(reading.substances) == 2
        and len(amounts) == 2
        and re.search(r"compar|equal|equivalent|similar|same|like", lower)
    ):
        equal = _equal(records, reading, amounts)
        if equal is not None:
            return equal
    if "perceptible" in reading.cues and amounts:
        return judge_perceptible(records, reading, amounts)
    if re.search(r"\bnot (?:a )?micro-?dos|(?:are|is|were|was) (?:not|n't) micro-?dos", lower):
        return judge_not_micro(reading, studies, lower)
    if amounts:
        return _amounts(records, reading, amounts, studies, trials)
    return judge_class(records, reading, lower)


def _pool(records: Records, reading: Reading) -> tuple[list[StudyFacts], list[TrialFacts]]:
    wanted = records.widened(reading.substances)
    wide = set(reading.conditions) | (
        HEADACHES if "other-headache" in reading.conditions else frozenset()
    )

    def fits(condition: str) -> bool:
        return not reading.conditions or reading.generic or condition in wide

    studies = [
        f for f in records.studies if wanted & f.substances and fits(f.study.condition) and f.doses
    ]
    trials = [
        t for t in records.trials if wanted & t.substances and fits(t.trial.condition) and t.doses
    ]
    known, strangers = institutions_of(records, reading.text)
    if known or strangers:
        studies = [f for f in studies if any(k in f.text for k in known)]
        trials = [t for t in trials if any(k in t.text for k in known)]
    if reading.years:
        studies = [f for f in studies if f.study.year in reading.years] or studies
    match = find_study(records, reading)
    if match is not None and match.facts in studies:
        studies = [match.facts, *(f for f in studies if f is not match.facts)]
    return studies, trials


def _unit(unit: str) -> str:
    return {"g dried mushroom": "g", "mg dried mushroom": "mg", "mg/70 kg": "mg"}.get(unit, unit)


def _has(doses: tuple[tuple[float, str], ...], m: Magnitude) -> bool:
    ends = [m.value] if m.high is None else [m.value, m.high]
    return all(any(_unit(u) == m.unit and abs(d - e) <= 0.05 * d for d, u in doses) for e in ends)


def _amounts(
    records: Records,
    reading: Reading,
    amounts: list[Magnitude],
    studies: list[StudyFacts],
    trials: list[TrialFacts],
) -> Verdict:
    """Compare with what trials gave; the doses are the record's, none is advised anywhere."""
    if "microdose" in reading.text.lower() or "microdos" in reading.text.lower():
        return judge_bands(records, reading, amounts)
    if _OUTCOME.search(reading.text.lower()):
        return Verdict(
            "unverified", "The sentence says more than an amount, and that part was not recognised."
        )
    specific = "study-specific" in reading.cues or reading.designs or reading.conditions
    hits_s = [f for f in studies if all(_has(f.doses, m) for m in amounts)]
    hits_t = [t for t in trials if all(_has(t.doses, m) for m in amounts)]
    if specific and (hits_s or hits_t):
        evidence = (*(item(f) for f in hits_s[:2]), *(trial_item(t.trial) for t in hits_t[:2]))
        first = hits_s[0] if hits_s else None
        slots: Slots = (
            {"condition": first.study.condition, "approach": first.study.approach}
            if first is not None and not reading.conditions and first.study.condition != "none"
            else {}
        )
        return Verdict(
            "supported",
            f"That is what {describe(first) if first else hits_t[0].trial.id} gave.",
            (),
            evidence,
            **slots,
        )
    if specific and (studies or trials) and (reading.conditions or reading.designs):
        same = [d for f in studies for d in f.doses if _unit(d[1]) == amounts[0].unit] + [
            d for t in trials for d in t.doses if _unit(d[1]) == amounts[0].unit
        ]
        evidence = (*(item(f) for f in studies[:1]), *(trial_item(t.trial) for t in trials[:1]))
        meant = find_study(records, reading)
        one = (meant is not None and meant.pinned) or (len(studies) + len(trials) == 1)
        if same and one and reading.conditions and not reading.generic:
            listed = ", ".join(f"{d:g} {u}" for d, u in dict.fromkeys(same[:4]))
            return Verdict(
                "contradicted",
                f"The records of trials for this condition give {listed}.",
                ("wrong-number",),
                evidence,
            )
        return Verdict(
            "unverified", "No record here gives this amount.", ("figure-unverified",), evidence
        )
    lower = reading.text.lower()
    often = re.search(r"\b(?:most|usual\w*|typical\w*|often|commonly|generally)\b", lower)
    studied = re.search(r"\b(?:trials?|studies|research\w*)\b", lower)
    if often and studied and len(hits_s) + len(hits_t) >= 3:
        return Verdict(
            "supported",
            f"{len(hits_s) + len(hits_t)} records give that amount; others give other amounts.",
            (),
            (*(item(f) for f in hits_s[:2]), *(trial_item(t.trial) for t in hits_t[:2])),
        )
    return judge_bands(records, reading, amounts)
