"""Which study a claim speaks of, and whether its numbers are that study's numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from aponia.answers import Layer
from aponia.claims.figure_matching import figure_for, misread_as, same_dose
from aponia.claims.model import Reading
from aponia.claims.reading import CLASS, HEADACHES
from aponia.claims.records import Records, StudyFacts
from aponia.claims.terms import stem, tokens

__all__ = [
    "Match",
    "candidates",
    "country_of",
    "find_study",
    "institutions_of",
    "ungrounded",
]

_FAMILIES: tuple[frozenset[str], ...] = (
    HEADACHES,
    frozenset({"neuropathic-pain", "crps", "spinal-cord-injury-pain", "phantom-limb-pain"}),
)
_ANY_PAIN = frozenset({"chronic-pain-mixed", "none"})

_DESIGN_LAYERS: dict[str, frozenset[Layer | None]] = {
    "rct": frozenset({Layer.RANDOMISED, Layer.VOLUNTEERS, Layer.UNCONTROLLED}),
    "open-label": frozenset({Layer.UNCONTROLLED, Layer.VOLUNTEERS}),
    "case": frozenset({Layer.CASES}),
    "survey": frozenset({Layer.SURVEYS, Layer.CASES, Layer.UNCONTROLLED}),
    "review": frozenset({None, Layer.RANDOMISED, Layer.UNCONTROLLED}),
    "animal": frozenset({Layer.ANIMALS}),
    "cells": frozenset({Layer.ANIMALS}),
    "volunteers": frozenset({Layer.VOLUNTEERS}),
}


@dataclass(frozen=True)
class Match:
    """A study a claim may speak of.

    Attributes
    ----------
    facts : StudyFacts
    score : float
    sure : bool
        Whether something in the claim points to this very study and to no other.
    clashes : tuple of str
        What does not fit: year, size, institution, journal.
    widened : str or None
        ``condition`` when the claim names another, related condition.
    pinned : bool
        Whether year, author, size, institution or a figure points to it, not the mere lack of others.
    """

    facts: StudyFacts
    score: float
    sure: bool
    clashes: tuple[str, ...]
    widened: str | None = None
    pinned: bool = False


def condition_fit(claimed: Sequence[str], generic: bool, condition: str) -> float:
    """Return 1 for the same condition, 0.6 where the claim is about pain as such, 0.3 for a relative."""
    if condition in claimed:
        return 1.0
    if generic or not claimed or set(claimed) <= _ANY_PAIN:
        return 0.6
    if "other-headache" in claimed and condition in HEADACHES:
        return 0.8
    if any(condition in family and set(claimed) & family for family in _FAMILIES):
        return 0.3
    return 0.0


def candidates(records: Records, reading: Reading) -> list[tuple[StudyFacts, float]]:
    """Return studies of the drug (and condition) a claim is about, with how well the condition fits."""
    wanted = records.widened(reading.substances) if reading.substances else None
    # surveys of "psychedelics" are mostly about these two; they say nothing of rarer drugs
    common = bool({"psilocybin", "lsd"} & set(reading.substances))
    found = []
    for facts in records.studies:
        if wanted is not None and not wanted & facts.substances:
            # a study of "classic psychedelics" may hold users of the drug that is named
            if not (common and CLASS in facts.substances and facts.layer is Layer.SURVEYS):
                continue
        elif wanted is None and any("ketamine" in s for s in facts.substances):
            author = (facts.study.first_author or "").lower()
            if not author or not re.search(rf"\b{re.escape(author)}\b", reading.text.lower()):
                continue
        fit = condition_fit(reading.conditions, reading.generic, facts.study.condition)
        if reading.narrow and fit and not any(w in facts.stems for w in reading.narrow):
            fit = min(fit, 0.3)
        if reading.population == "animals" and facts.layer is Layer.ANIMALS:
            fit = max(fit, 0.6)
        if facts.layer is Layer.CASES and fit < 0.75 and _case_of(records, facts, reading):
            fit = 0.8
        if facts.layer is None and fit < 0.6 and _covers(records, facts, reading):
            fit = 0.6
        if fit > 0:
            found.append((facts, fit))
    return found


def _covers(records: Records, facts: StudyFacts, reading: Reading) -> bool:
    """Whether a review of several conditions speaks of the one that is claimed."""
    if facts.study.condition not in _ANY_PAIN:
        return False
    terms = [t for t in records.base.vocabulary.conditions if t.id in reading.conditions]
    names = [n.lower() for t in terms for n in (t.label, *t.abbreviations)]
    return any(re.search(rf"\b{re.escape(n)}\b", facts.text) for n in names)


def _case_of(records: Records, facts: StudyFacts, reading: Reading) -> bool:
    """Whether one of the people of a case series has the condition that is claimed."""
    about = {stem(w) for w, _, _ in tokens(facts.study.population.description.lower())}
    for condition in set(reading.conditions) - _ANY_PAIN:
        label = records.base.vocabulary.label("conditions", condition).lower()
        words = {stem(w) for w, _, _ in tokens(label)} - {stem(w) for w in _WIDE_WORDS}
        if words and words <= about:
            return True
    return False


_WIDE_WORDS = ("pain", "after", "spinal", "chronic", "syndrome", "complex", "regional")


def institutions_of(records: Records, text: str) -> tuple[list[str], list[str]]:
    """Return the institutions a text names: those some record knows, and those none does."""
    lower = text.lower()
    known: list[str] = []
    unknown: list[str] = []
    for m in _PLACES.finditer(lower):
        name = _short(m.group())
        (known if any(name in i for i in records.institutions) else unknown).append(name)
    return known, unknown


_PLACES = re.compile(
    r"\b(?:yale|johns hopkins|harvard|stanford|imperial|maastricht|basel|ucsf|ucsd|uc san diego|nyu|oxford|cambridge|mayo clinic|"
    r"emory|columbia|copenhagen|radboud|leiden|king's college|zurich|toronto|michigan|alabama|pennsylvania|penn\b|hannover|"
    r"university of (?!applied)[a-z]+(?: (?:san \w+|angeles|diego|francisco))?|[a-z]+ university)\b"
)


def _short(name: str) -> str:
    name = re.sub(
        r"^university of (?:california,? ?)?|(?:^the )| university$| college$| clinic$", "", name
    ).strip()
    return {"uc san diego": "san diego", "ucsd": "san diego"}.get(name, name)


def find_study(records: Records, reading: Reading) -> Match | None:
    """Return the study a claim speaks of, or None when nothing points to one.

    Year, size, author, journal, institution, dose, design, species and numbers are weighed; a clash
    in a stated year, size or institution is kept with the match.
    """
    pool = candidates(records, reading)
    if not pool:
        return None
    lower = reading.text.lower()
    known, _ = institutions_of(records, reading.text)
    layers = _layers(reading)
    scored: list[Match] = []
    for facts, fit in pool:
        if layers is not None and facts.layer not in layers:
            continue
        score, sure, clashes = _score(facts, reading, lower, known)
        if _wrong_population(facts, reading):
            continue
        scored.append(Match(facts, score + fit, sure, clashes, None if fit >= 0.6 else "condition"))
    if not scored:
        return None
    scored.sort(key=lambda m: (-m.score, m.facts.id))
    best = scored[0]
    rivals = [m for m in scored[1:] if m.score > best.score - 0.75]
    if best.sure and not any(m.sure for m in rivals):
        return replace(best, pinned=True)
    alone = bool(reading.designs) and sum(m.widened is None for m in scored) == 1
    distinct = (best.score >= 2.0 and not rivals) or (alone and best.score >= 1.0)
    return Match(best.facts, best.score, distinct, best.clashes, best.widened)


def _layers(reading: Reading) -> frozenset[Layer | None] | None:
    found: frozenset[Layer | None] | None = None
    for design in reading.designs:
        allowed = _DESIGN_LAYERS.get(design)
        if allowed is not None and design not in ("review",):
            found = allowed if found is None else (found & allowed or found | allowed)
    return found


def _wrong_population(facts: StudyFacts, reading: Reading) -> bool:
    animal = facts.layer is Layer.ANIMALS
    if reading.population in ("animals", "cells"):
        return not animal
    return animal and reading.population_stated


_COUNTRIES = (
    (r"\bdanish\b|denmark", "DK"),
    (r"\bswiss\b|switzerland", "CH"),
    (r"\bdutch\b|netherlands", "NL"),
    (r"\bgerman\b|germany", "DE"),
    (r"\bbritish\b|\buk\b|england", "GB"),
    (r"\bjapanese\b|japan\b", "JP"),
    (r"\bcanadian\b|canada", "CA"),
    (r"\bitalian\b|italy", "IT"),
    (r"\bbrazil\w*", "BR"),
    (r"\baustralian?\b", "AU"),
    (r"\bfrench\b|france", "FR"),
    (r"\biranian?\b", "IR"),
)


def country_of(lower: str) -> str | None:
    """Return the code of the country a text names, if it is one that records know."""
    return next((c for said, c in _COUNTRIES if re.search(said, lower)), None)


def _score(
    facts: StudyFacts, reading: Reading, lower: str, places: Iterable[str]
) -> tuple[float, bool, tuple[str, ...]]:
    study = facts.study
    score, sure = 0.0, False
    clashes: list[str] = []
    stated = [y for y in reading.years if y >= 1990 or not re.search(rf"since the {y}|{y}s", lower)]
    stated = [y for y in stated if f"{y}s" not in lower]
    if stated and study.year:
        near = min(abs(study.year - y) for y in stated)
        if near == 0:
            score, sure = score + 1.5, True
        elif near == 1:
            score += 0.5
        else:
            score -= 1.5
            clashes.append("year")
    author = (study.first_author or "").lower()
    if author and re.search(rf"\b{re.escape(author)}\b", lower):
        score, sure = score + 2.5, True
    journal = (study.journal or "").lower()
    land = country_of(lower)
    if land and study.country:
        if land in study.country:
            score, sure = score + 1.2, True
        else:
            score -= 1.0
            clashes.append("institution")
    if "cochrane" in lower:
        meant = "cochrane" in f"{study.title} {study.journal or ''} {study.id}".lower()
        score, sure = (score + 2.5, True) if meant else (score - 2.0, sure)
    guide = re.search(r"\b(?:guidelines?|consensus)\b", lower)
    if guide:
        about = re.search(r"guideline|consensus", study.title.lower())
        score, sure = (score + 2.5, True) if about else (score - 1.5, sure)
    named = "publication" in reading.cues or "journal" in lower
    if named and len(journal) > 4 and journal.split(":")[0] in lower:
        score, sure = score + 1.5, True
    for place in places:
        if place in facts.text:
            score, sure = score + 1.5, True
        else:
            clashes.append("institution")
    for m in reading.magnitudes:
        if m.kind == "size" and m.unit == "people" and m.value > 1:
            if int(m.value) in facts.sizes:
                score += 1.2
                sure = sure or m.value >= 5
            elif facts.sizes:
                score -= 0.8
                clashes.append("size")
        elif m.kind == "dose" and any(same_dose(m, d) for d in facts.doses):
            score += 0.8
        elif m.kind in ("effect", "share", "duration") and figure_for(m, facts.figures):
            score += 1.0
            sure = sure or m.kind in ("effect", "share")
        elif misread_as(m, facts.figures):
            score += 1.0
    if re.search(r"\btrial\b", lower):
        score += 0.3 if facts.layer in (Layer.RANDOMISED, Layer.UNCONTROLLED) else -0.3
    shared = reading.stems & facts.stems
    score += min(1.5, 0.2 * len(shared))
    if re.search(r"extension|follow-up phase|returning", lower) and "extension" in facts.text:
        score += 1.0 if "extension" in study.title.lower() else 0.0
    if study.approach == reading.approach and reading.approach not in ("none", "mixed"):
        score += 0.4
    if "rct" in reading.designs and facts.layer is Layer.RANDOMISED:
        score += 0.6
    if "review" in reading.designs:
        score += 0.8 if facts.layer is None else 0.0
    elif facts.layer is None:
        score -= 0.5
    return score, sure, tuple(dict.fromkeys(clashes))


def ungrounded(reading: Reading, stems: frozenset[str]) -> frozenset[str]:
    """Return the content words of a claim that a record does not hold."""
    return reading.stems - stems
