"""What every reply carries, and what none gives."""

from __future__ import annotations

import difflib
import re
from typing import Any, Literal

from aponia.site.views.common import World

__all__ = [
    "DOSE_NOTE",
    "LICENCE",
    "NOTICE",
    "WARNINGS",
    "NotFoundError",
    "UnknownTermError",
    "citation",
    "evidence_note",
    "refusal",
    "term_id",
    "term_ids",
]

NOTICE = (
    "Information about research, not medical advice. Do not stop a medicine without the person who "
    "prescribed it."
)
WARNINGS = (
    "This reports research. It is not medical advice and no one can tell from it what is right for one person.",
    "Do not stop or change a medicine without the person who prescribed it.",
    "Most of these drugs are controlled by law. Legal status differs by country and changes; ketamine for "
    "pain is off label.",
)
DOSE_NOTE = "Doses are what the trial gave its participants; they are no recommendation."
LICENCE = "CC-BY-4.0"
_REFUSED = (
    "No dose is given here, and no schedule: nobody can tell from research what is right for one person. "
    "What a trial gave stands in the record of the trial. Speak to a doctor or pharmacist."
)
#: Asked for oneself, or for a quantity; "microdose" and "full dose" alone name an approach.
_ASKS_DOSE = re.compile(
    r"\bhow much\b(?!\s+(?:do|does|did|is|are|was|evidence|research|less|more|better|worse|pain|certain))"
    r"|\bhow many (?:mg|µg|ug|mcg|milligrams?|micrograms?|grams?|mushrooms?|tabs?|drops?|doses?|sessions?)\b"
    r"|\bhow often (?:should|can|do|to)\b"
    r"|\bhow (?:to|do i|can i|should i) (?:take|dose|use|microdose|prepare|grow|make|extract)\b"
    r"|\b(?:what|which|right|best|correct|safe|ideal|starting|recommended|suggested|my|optimal|maximum|minimum)\b"
    r"[^.?!]{0,30}\b(?:dose|dosage|dosing|amount|schedule|protocol|regimen)\b"
    r"|\b(?:dose|dosage|schedule|protocol|regimen) (?:for me|should|do i|to take|calculator)\b"
    r"|\b(?:should|can|could|may|do) (?:i|we|he|she|they|my \w+) (?:take|use|try|dose|microdose)\b"
    r"|\bdosages?\b|\bdosing\b",
    re.IGNORECASE,
)


class NotFoundError(ValueError):
    """There is no record of that name; the message says what there is."""


class UnknownTermError(ValueError):
    """A filter names a term the vocabulary does not hold; the message names near ones."""


def term_id(
    world: World, kind: Literal["conditions", "substances", "approaches"], text: str | None
) -> str | None:
    """Return the id of a term given by id, label, synonym or abbreviation; None stays None.

    A misspelt filter must not look like "nothing was found", so an unknown term is an error.

    Raises
    ------
    UnknownTermError
        The vocabulary holds no such term.
    """
    if text is None or world.base.vocabulary.term(kind, text) is not None:
        return text
    names: dict[str, str] = {}
    for term in getattr(world.base.vocabulary, kind):
        for name in (term.id, term.label, *term.synonyms, *term.abbreviations):
            names.setdefault(" ".join(name.casefold().replace("-", " ").split()), term.id)
    asked = " ".join(text.casefold().replace("-", " ").split())
    if asked in names:
        return names[asked]
    near = dict.fromkeys(names[n] for n in difflib.get_close_matches(asked[:100], names, n=4))
    hint = f"; did you mean {', '.join(near)}?" if near else "; the vocabulary lists all terms"
    raise UnknownTermError(f"{text[:100]!r} is none of the {kind}{hint}")


def refusal(text: str) -> str | None:
    """Return why a question is not answered with a dose, or None when it asks for none.

    Parameters
    ----------
    text : str
        As a person wrote it.

    Returns
    -------
    str or None
    """
    return _REFUSED if _ASKS_DOSE.search(text) else None


def evidence_note(world: World) -> dict[str, Any]:
    """Return which state of the evidence a reply rests on."""
    release = world.base.release
    return {
        "version": release.version if release else None,
        "released": world.released,
        "digest": world.base.digest,
        "licence": LICENCE,
    }


def term_ids(
    world: World, condition: str | None, substance: str | None, approach: str | None
) -> tuple[str | None, str | None, str | None]:
    """Return the ids of the three terms most lists are filtered by; see `term_id`."""
    return (
        term_id(world, "conditions", condition),
        term_id(world, "substances", substance),
        term_id(world, "approaches", approach),
    )


def citation(world: World) -> str:
    """Return how to cite the evidence base."""
    return (
        f"aponia contributors. aponia evidence base, version {world.data_version}, {world.released}, "
        f"digest {world.base.digest[:12]}. CC BY 4.0."
    )
