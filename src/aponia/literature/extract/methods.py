"""Design, masking, comparator, numbers of people and doses: only as the record words them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aponia.literature.extract.quoting import Passage, quotation
from aponia.literature.extract.vocabulary import Mention

__all__ = ["Dose", "Said", "approaches", "comparator", "designs", "doses", "maskings", "people"]


@dataclass(frozen=True, slots=True)
class Said:
    """A value and the words for it."""

    value: str
    part: str
    quotation: str


def _said(passages: Sequence[Passage], patterns: Sequence[tuple[str, str]]) -> list[Said]:
    out: dict[str, Said] = {}
    for value, pattern in patterns:
        for passage in passages:
            hit = re.search(pattern, passage.text, re.IGNORECASE)
            if hit:
                out.setdefault(
                    value, Said(value, passage.part, quotation(passage.text, *hit.span()))
                )
    return list(out.values())


_RANDOM = r"\brandomi[sz]ed\b|\brandomi[sz]ation\b|\brandomly (?:assigned|allocated|received)\b"
_NOT_RANDOM = r"\bnon-?\s?randomi[sz]ed\b"
_CROSS = r"\bcross-?\s?over\b"
_PARALLEL = r"\bparallel[- ](?:group|arm|design)\w*"
_HEALTHY = r"\bhealthy (?:volunteers?|participants?|subjects?|adults?|humans?|men|women)\b"
_OTHERS = (
    ("meta-analysis", r"\bmeta-?analys[ie]s\b"),
    ("systematic-review", r"\bsystematic(?: literature)? review\b"),
    ("case-report", r"\b(?:a |single[- ])?case report\b"),
    ("case-series", r"\bcase series\b"),
    ("survey", r"\b(?:online|web-based|internet|cross-sectional|anonymous|questionnaire)[- ]?(?:based )?survey\b|\bsurvey (?:of|among)\b|\bcross-sectional (?:study|questionnaire)\b"),
    ("cohort", r"\b(?:retrospective|prospective|observational|matched)(?: \w+)? cohort\b|\bcohort study\b"),
    ("open-label", r"\bopen[- ]label\b"),
    ("non-randomized-controlled", _NOT_RANDOM),
    ("preclinical-in-vivo", r"\b(?:in|of) (?:\w+ ){0,3}(?:rats|mice|rodents)\b|\brat model\b|\bmouse model\b"),
)  # fmt: skip
_REVIEW = r"\bmeta-?analys[ie]s\b|\bsystematic(?: literature)? review\b"
_REVIEWS = frozenset({"meta-analysis", "systematic-review"})
_TYPES = {
    "randomized controlled trial": "randomised",
    "meta-analysis": "meta-analysis",
    "systematic review": "systematic-review",
    "case reports": "case-report",
}


def designs(passages: Sequence[Passage], types: Sequence[str]) -> list[Said]:
    """Return the designs that the record's words allow; more than one means: a person decides.

    The title comes first: what it names is the design of the paper itself, what only the abstract
    names may be somebody else's.
    """
    for group in ([p for p in passages if p.part == "title"], list(passages)):
        found = _designs(group, passages)
        if found:
            return found
    return [
        Said(known, "types", kind)
        for kind in types
        if (known := _TYPES.get(kind.lower())) and known != "randomised"
    ]


def _designs(passages: Sequence[Passage], everything: Sequence[Passage]) -> list[Said]:
    others = _said(passages, _OTHERS)
    # An abstract cites other people's reviews; only its own counts.
    own = rf"\b(?:this|we|our|present)\b[^.]{{0,60}}(?:{_REVIEW})"
    if not re.search(own, " ".join(p.text for p in passages), re.IGNORECASE):
        others = [s for s in others if s.part == "title" or s.value not in _REVIEWS]
    reviews = [s for s in others if s.value in _REVIEWS]
    if reviews:
        # "A systematic review and meta-analysis of randomised trials" is the wider of the two.
        return reviews[:1]
    random = _said(passages, [("randomised", rf"(?<!non-)(?<!non )(?:{_RANDOM})")])
    if random and not any(s.value == "non-randomized-controlled" for s in others):
        healthy = _said(everything, [("healthy-volunteer-rct", _HEALTHY)])
        if healthy and not any(re.search(r"\bpatients\b", p.text, re.I) for p in everything):
            return healthy
        kinds = healthy + _said(
            everything, [("rct-crossover", _CROSS), ("rct-parallel", _PARALLEL)]
        )
        # Randomised, but not said how: both codes stay open.
        return kinds or [
            Said(v, random[0].part, random[0].quotation) for v in ("rct-parallel", "rct-crossover")
        ]
    return [s for s in others if not (s.value == "open-label" and len(others) > 1)]


def maskings(passages: Sequence[Passage]) -> list[Said]:
    """Return the words for who knew the treatment."""
    return _said(passages, [
        ("double-blind", r"\bdouble[- ](?:blind\w*|mask\w*)"), ("triple-blind", r"\btriple[- ](?:blind\w*|mask\w*)"),
        ("single-blind", r"\bsingle[- ](?:blind\w*|mask\w*)"), ("open-label", r"\bopen[- ]label\b|\bunblinded\b"),
    ])  # fmt: skip


def comparator(passages: Sequence[Passage]) -> list[Said]:
    """Return what the record says the treatment was compared with."""
    return _said(passages, [
        ("placebo", r"\bplacebo[- ]controlled\b|\b(?:versus|vs\.?|or|with|to|and|than|receiv\w+) (?:an? )?(?:inert |inactive |matching )?placebo\b|\bplacebo group\b"),
    ])  # fmt: skip


def approaches(passages: Sequence[Passage]) -> list[Said]:
    """Return the way of giving that the record names itself."""
    return _said(passages, [("microdose", r"\bmicro-?\s?dos(?:e|es|ed|ing)\b"), ("psycholytic", r"\bpsycholytic\b"),
                            ("infusion", r"\binfusions?\b")])  # fmt: skip


_WHO = r"(?:adult |male |female |healthy |chronic |opioid-\w+ |eligible )*(?:patients|participants|subjects|volunteers|adults|people|persons|individuals|women|men)"
_RANDOMIZED = (
    rf"\b(\d{{1,5}}) {_WHO}(?: [\w-]+){{0,6}} (?:were|was|underwent) (?:\w+ )?(?:randomi[sz]\w+|randomly (?:assigned|allocated))",
    rf"\brandomi[sz]ed (\d{{1,5}}) {_WHO}",
    rf"\b(\d{{1,5}}) randomi[sz]ed {_WHO}",
    r"\b(?:we )?randomly (?:assigned|allocated) (\d{1,5}) ",
)
_ANALYSED = (
    rf"\b(\d{{1,5}})(?: {_WHO})? (?:were|was) (?:included in the (?:final |primary )?analys[ie]s|analy[sz]ed)\b",
)


def people(passages: Sequence[Passage], which: str) -> list[Said]:
    """Return the numbers printed for people randomised or analysed, each with its words.

    Parameters
    ----------
    passages : sequence of Passage
    which : {"randomized", "analysed"}
    """
    out: dict[str, Said] = {}
    for pattern in _RANDOMIZED if which == "randomized" else _ANALYSED:
        for passage in passages:
            for hit in re.finditer(pattern, passage.text, re.IGNORECASE):
                out.setdefault(
                    hit.group(1),
                    Said(hit.group(1), passage.part, quotation(passage.text, *hit.span())),
                )
    return list(out.values())


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose printed beside the name of a substance.

    Parameters
    ----------
    substance : str
        Vocabulary id.
    dose : float
    unit : str
        Code of the evidence format.
    text : str
        As printed.
    part, quotation : str
    """

    substance: str
    dose: float
    unit: str
    text: str
    part: str
    quotation: str


_UNITS = {"mg": "mg", "mg/kg": "mg/kg", "mg/kg/h": "mg/kg/h", "mg/kg/hr": "mg/kg/h", "mg/h": "mg/h", "mg/hr": "mg/h", "mg/day": "mg/day",
          "mg/70kg": "mg/70 kg", "ug": "ug", "mcg": "ug", "µg": "ug", "μg": "ug", "ug/kg": "ug/kg", "mcg/kg": "ug/kg", "µg/kg": "ug/kg",
          "μg/kg": "ug/kg", "ug/kg/min": "ug/kg/min", "µg/kg/min": "ug/kg/min", "μg/kg/min": "ug/kg/min"}  # fmt: skip
_DOSE = re.compile(
    r"(?<![\w.,/–-])(\d{1,4}(?:\.\d{1,4})?)\s?((?:mg|mcg|ug|µg|μg)(?:\s?/\s?(?:70\s?kg|kg|hr?|day|min))*(?:\s?/\s?(?:hr?|min|day))?)(?![\w/])"
)
#: Between a substance and its dose: "psilocybin (0.143 mg/kg", "25 mg of psilocybin", "LSD at 100 µg".
_BEFORE = re.compile(
    r"^\s*(?:\(|at|,|:|=|dose of|in a dose of|infusion(?: of)?|\s)*\s*$", re.IGNORECASE
)
_AFTER = re.compile(
    r"^\s*(?:of|oral|intravenous|intranasal|intramuscular|i\.?v\.?|\s)*\s*$", re.IGNORECASE
)


def doses(passages: Sequence[Passage], found: Sequence[Mention]) -> list[Dose]:
    """Return the doses that stand directly beside a substance, ranges and schedules left out."""
    out: dict[tuple[str, float, str], Dose] = {}
    for passage in passages:
        here = [m for m in found if m.part == passage.part]
        for hit in _DOSE.finditer(passage.text):
            unit = _UNITS.get(re.sub(r"\s", "", hit.group(2)))
            if unit is None or re.match(r"\s?(?:to|–|-|or|and)\s?\d", passage.text[hit.end() :]):
                continue
            for mention in here:
                between = (
                    passage.text[mention.stop : hit.start()]
                    if mention.stop <= hit.start()
                    else passage.text[hit.end() : mention.start]
                )
                pattern = _BEFORE if mention.stop <= hit.start() else _AFTER
                if abs(mention.start - hit.start()) < 80 and pattern.match(between):
                    start, stop = min(mention.start, hit.start()), max(mention.stop, hit.end())
                    key = (mention.id, float(hit.group(1)), unit)
                    out.setdefault(
                        key,
                        Dose(*key, hit.group(), passage.part, quotation(passage.text, start, stop)),
                    )
    return list(out.values())
