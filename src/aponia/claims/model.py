"""The typed objects of a check: what was read in a claim, and what was found about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, TypedDict

__all__ = [
    "CERTAINTY",
    "FAMILIES",
    "ISSUES",
    "VERDICTS",
    "WORST_FIRST",
    "ArticleCheck",
    "CheckedClaim",
    "ClaimType",
    "Direction",
    "EvidenceItem",
    "Magnitude",
    "Missing",
    "Population",
    "Reading",
    "Slots",
    "Verdict",
    "VerdictName",
]

VerdictName = Literal[
    "supported",
    "partly-supported",
    "contradicted",
    "no-evidence",
    "not-checkable",
    "unverified",
]
VERDICTS: tuple[VerdictName, ...] = (
    "supported",
    "partly-supported",
    "contradicted",
    "no-evidence",
    "not-checkable",
    "unverified",
)
#: The verdicts from the worst a statement can get; a claim of several is as good as its worst.
WORST_FIRST: tuple[VerdictName, ...] = (
    "contradicted",
    "no-evidence",
    "unverified",
    "partly-supported",
    "supported",
    "not-checkable",
)
ClaimType = Literal[
    "efficacy",
    "durability",
    "mechanism",
    "safety",
    "dose",
    "legal",
    "availability",
    "research-status",
]
Direction = Literal["benefit", "harm", "neutral"]
Population = Literal["patients", "volunteers", "animals", "cells"]

#: The certainty ladder: what the words claim, weakest first.
CERTAINTY = ("anecdotal", "may", "suggests", "shows", "proves")

#: The closed list of issue tags by family.
FAMILIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "design": (
            "uncontrolled",
            "case-report-only",
            "survey-only",
            "animal-only",
            "healthy-volunteers",
            "clinic-experience",
            "anecdote",
            "no-comparator",
            "single-study",
        ),
        "precision": ("tiny-n", "not-significant", "primary-endpoint-missed"),
        "scope": (
            "not-tested-in-condition",
            "wrong-condition",
            "overgeneralised",
            "subgroup",
            "indirect-comparison",
            "wrong-dose-class",
        ),
        "time": ("wrong-timescale", "outdated"),
        "numbers": (
            "wrong-number",
            "unit-error",
            "misread-statistic",
            "misread-result",
            "figure-unverified",
        ),
        "source": ("wrong-study", "wrong-priority", "fabricated-citation", "unpublished"),
        "omission": ("omits-harm", "omits-null", "omits-species", "conflicting"),
        "certainty": (
            "overclaims-certainty",
            "mechanism-leap",
            "wrong-mechanism",
            "prediction",
            "opinion",
            "vague",
            "promotion",
        ),
    }
)
ISSUES: Mapping[str, str] = MappingProxyType(
    {tag: family for family, tags in FAMILIES.items() for tag in tags}
)


@dataclass(frozen=True)
class Magnitude:
    """A number of a claim with what it measures.

    Attributes
    ----------
    value : float
        The number, or the lower end of a range.
    high : float or None
        The upper end of a range.
    unit : str
        ``percent``, ``people``, ``of`` (value of `high`), ``fold``, ``days``, ``mg``, ``ug``, ``g``,
        ``mg/kg``, ``attacks/week``, ``points``, ``p``, ``year``, ``times`` or ``count``.
    kind : str
        ``effect``, ``share`` (of people), ``size`` (people studied), ``duration``, ``dose``,
        ``p``, ``year`` or ``other``.
    start, end : int
        Where it stands in the claim.
    text : str
        As written.
    """

    value: float
    high: float | None
    unit: str
    kind: str
    start: int
    end: int
    text: str

    def to_dict(self) -> dict[str, Any]:
        """Return value and unit, with the upper end where there is one."""
        unit = f"{self.unit} ({self.kind})" if self.kind in ("effect", "share") else self.unit
        found: dict[str, Any] = {"value": self.value, "unit": unit}
        if self.high is not None:
            found["high"] = self.high
        return found


@dataclass(frozen=True)
class Reading:
    """A claim in slots.

    Attributes
    ----------
    text : str
        The claim, cleaned.
    substances : tuple of str
        Vocabulary ids.
    condition : str
        Vocabulary id; ``none`` when no pain condition is in play.
    conditions : tuple of str
        All pain conditions named.
    generic : bool
        Whether the condition is only "pain".
    other_illness : str or None
        An illness other than pain that is named, in the words of the claim.
    approach : str
        Vocabulary id or ``none``.
    comedications : tuple of str
        Other drugs named.
    claim_type, direction : str
    certainty : int
        Step on the ladder, 0 to 4.
    boosted : bool
        Whether the wording adds a step ("breakthrough").
    population : str
        Whom the sentence is about, by its own words.
    population_stated : bool
        Whether it says so.
    designs : frozenset of str
        Designs the sentence states (rct, open-label, case, survey, review, animal, cells,
        volunteers).
    cues : frozenset of str
        Everything else recognised, as names of the lexicon.
    negated : bool
        Whether the main statement is denied.
    magnitudes : tuple of Magnitude
    years : tuple of int
    stems : frozenset of str
        Content words, stemmed, that no slot has taken.
    narrow : tuple of str
        Words of a disease that is narrower than its vocabulary term: a record must hold one.
    inherited : tuple of str
        Slots that came from the heading or an earlier sentence.
    """

    text: str
    substances: tuple[str, ...]
    condition: str
    conditions: tuple[str, ...]
    generic: bool
    other_illness: str | None
    approach: str
    comedications: tuple[str, ...]
    claim_type: ClaimType
    direction: Direction
    certainty: int
    boosted: bool
    population: Population
    population_stated: bool
    designs: frozenset[str]
    cues: frozenset[str]
    negated: bool
    magnitudes: tuple[Magnitude, ...]
    years: tuple[int, ...]
    stems: frozenset[str]
    narrow: tuple[str, ...] = ()
    inherited: tuple[str, ...] = ()

    @property
    def ketamine(self) -> bool:
        """Whether ketamine or a relative is among the drugs."""
        return any("ketamine" in s for s in self.substances)

    @property
    def longest_days(self) -> float | None:
        """The longest time the claim names, in days."""
        return max(
            (m.high or m.value for m in self.magnitudes if m.kind == "duration"), default=None
        )

    @property
    def certainty_wording(self) -> str:
        """The step of the ladder by name."""
        return CERTAINTY[self.certainty]


@dataclass(frozen=True)
class EvidenceItem:
    """A record the verdict rests on, and what it shows in one sentence."""

    id: str
    shows: str
    url: str


class Slots(TypedDict, total=False):
    """Slots a record fills where the claim is silent."""

    condition: str | None
    substances: tuple[str, ...] | None
    approach: str | None


@dataclass(frozen=True)
class Verdict:
    """What the evidence says about a reading."""

    name: VerdictName
    explanation: str
    issues: tuple[str, ...] = ()
    evidence: tuple[EvidenceItem, ...] = ()
    question: str | None = None
    condition: str | None = None
    substances: tuple[str, ...] | None = None
    approach: str | None = None
    claim_type: ClaimType | None = None
    direction: Direction | None = None


@dataclass(frozen=True)
class CheckedClaim:
    """A claim with its place in the article, its slots and its verdict.

    `attribution` is who says it: author, study, patients, expert or vendor.
    """

    sentence: int
    start: int
    end: int
    text: str
    reading: Reading
    verdict: Verdict
    attribution: str = "author"

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form of one claim."""
        read, found = self.reading, self.verdict
        shown = next((m for m in read.magnitudes if m.kind != "year"), None)
        return {
            "sentence": self.sentence,
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "claim_type": read.claim_type,
            "substances": list(found.substances or read.substances),
            "condition": found.condition or read.condition,
            "approach": found.approach or read.approach,
            "direction": read.direction,
            "magnitude": shown.to_dict() if shown else None,
            "certainty_wording": read.certainty_wording,
            "population": read.population,
            "attribution": self.attribution,
            "verdict": found.name,
            "issues": list(found.issues),
            "explanation": found.explanation,
            "evidence": [{"id": e.id, "shows": e.shows, "url": e.url} for e in found.evidence],
            "question": found.question,
        }


@dataclass(frozen=True)
class Missing:
    """Something a fair article on the same subject would have said."""

    topic: str
    evidence: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"topic": self.topic, "evidence": list(self.evidence)}


@dataclass(frozen=True)
class ArticleCheck:
    """A whole article, checked.

    `note` says why nothing was checked (another subject, another language), else it is None.
    """

    title: str | None
    text: str
    sentences: int
    claims: tuple[CheckedClaim, ...]
    missing: tuple[Missing, ...]
    note: str | None = None
    headings: tuple[tuple[int, int], ...] = field(default=(), repr=False)

    @property
    def summary(self) -> dict[str, int]:
        """Number of claims by verdict, every verdict named."""
        counts = Counter(c.verdict.name for c in self.claims)
        return {name: counts.get(name, 0) for name in VERDICTS}

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form of the check."""
        article: dict[str, Any] = {"title": self.title, "sentences": self.sentences}
        if self.note:
            article["note"] = self.note
        return {
            "article": article,
            "claims": [c.to_dict() for c in self.claims],
            "missing": [m.to_dict() for m in self.missing],
            "summary": self.summary,
        }
