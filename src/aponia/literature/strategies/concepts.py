"""The two concepts of the search, psychedelics and pain, as lists of words from the vocabulary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Concept", "VocabularyTerm", "concepts"]


class VocabularyTerm(Protocol):
    """What a strategy needs of a term of the vocabulary."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def label(self) -> str: ...  # noqa: D102
    @property
    def synonyms(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def mesh(self) -> str | None: ...  # noqa: D102


class SubstanceLike(VocabularyTerm, Protocol):
    """A substance of the vocabulary."""

    @property
    def class_(self) -> str | None: ...
    @property
    def brands(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Concept:
    """Words that mean one thing, and the MeSH descriptors for it.

    Parameters
    ----------
    name : str
    terms : tuple of str
        Lower case; one that is a part of another covers it and stands alone. A ``*`` at the end
        of a word stands for any ending.
    mesh : tuple of str
        MeSH descriptor ids.
    """

    name: str
    terms: tuple[str, ...]
    mesh: tuple[str, ...]


#: Classes of the vocabulary that are psychedelics here; the rest of it are comparators and other drugs.
_CLASSES = frozenset({"classic-psychedelic", "entactogen", "analogue"})
_KETAMINE = frozenset({"ketamine", "esketamine", "norketamine", "hydroxynorketamine", "ketamir-2"})
_ALSO = frozenset({"ibogaine", "psychoplastogens-mixed", "lsa"})
#: Words of other fields (a mushroom, a chemical class, disease-modifying therapy, a vaccine) that would flood a search.
_NOT_ALONE = frozenset({
    "dmt", "dpt", "lsa", "dried mushroom", "mushroom", "plant medicine", "tryptamine", "psilocybin or lsd", "lsd and/or psilocybin", "l-130",
    "rc seeds", "ergine", "daime", "all psychoplastogens", "mixed chronic pain", "other headaches", "pain around surgery",
    "amputee", "cluster period", "cluster bout", "prolonged aura", "lupus", "spinal cord injury", "spinal cord damage",
    "cord injury", "rheumatoid arthritis", "ankylosing spondylitis", "lyme disease", "post-treatment lyme disease",
    "post-treatment lyme disease syndrome", "systemic lupus erythematosus", "critical limb ischaemia",
    "critical limb ischemia", "chronic pancreatitis", "ehlers-danlos syndrome", "herpes zoster pain",
})  # fmt: skip
#: Words for the whole concept that no single condition of the vocabulary carries.
_PAIN = ("pain", "painful", "headache*", "migrain*", "neuralgi*", "analges*", "nocicept*", "antinocicept*", "hyperalgesi*", "allodyni*")  # fmt: skip
_PSYCHEDELIC = ("psychedelic*", "hallucinogen*", "psilocyb*", "psychoplastogen*", "entheogen*")
_PAIN_MESH = ("D010146", "D006261")


def _clean(term: str) -> str:
    return re.sub(r"\s+", " ", term.lower().replace("’", "'")).strip()


def _covers(short: str, long: str) -> bool:
    """Tell whether a search for `short` finds every text that holds `long` as well."""
    stem = short.endswith("*")
    pattern = rf"(?<![\w-]){re.escape(short.rstrip('*'))}" + ("" if stem else r"(?![\w-])")
    # "headache" does not cover "headache*": the star stands for more letters.
    return short != long and re.search(pattern, long.replace("*", "zz")) is not None


def _fewest(terms: Iterable[str]) -> tuple[str, ...]:
    # The bracketed spellings ("(S)-ketamine") have plain ones beside them, and brackets are syntax.
    unique = list(dict.fromkeys(t for t in map(_clean, terms) if not re.search(r"[()\[\]+]", t)))
    return tuple(t for t in unique if not any(_covers(other, t) for other in unique))


def _names(term: VocabularyTerm) -> list[str]:
    names = [term.label, *term.synonyms, *getattr(term, "brands", ())]
    return [n for n in names if len(n) > 2 and _clean(n) not in _NOT_ALONE]


def concepts(
    substances: Sequence[SubstanceLike], conditions: Sequence[VocabularyTerm]
) -> tuple[Concept, Concept, Concept]:
    """Return psychedelics, ketamine and pain.

    Ketamine is a concept of its own: its literature is ten times as large, and a team may want to
    leave it out or to search it by itself. Street names and abbreviations are left out, for most
    are everyday words.

    Parameters
    ----------
    substances, conditions : sequences of terms
        As in the vocabulary.
    """
    chosen = [
        s for s in substances
        if (s.class_ in _CLASSES or s.id in _ALSO) and s.id not in _KETAMINE and s.id != "doi"
    ]  # fmt: skip
    anaesthetic = [s for s in substances if s.id in _KETAMINE]
    painful = [c for c in conditions if c.id != "none"]

    def mesh(terms: Sequence[VocabularyTerm], more: Sequence[str] = ()) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*more, *(t.mesh for t in terms if t.mesh)]))

    return (
        Concept("psychedelics", _fewest([*_PSYCHEDELIC, *(n for s in chosen for n in _names(s))]), mesh(chosen)),
        Concept("ketamine", _fewest(n for s in anaesthetic for n in _names(s)), mesh(anaesthetic)),
        Concept("pain", _fewest([*_PAIN, *(n for c in painful for n in _names(c))]), mesh(painful, _PAIN_MESH)),
    )  # fmt: skip
