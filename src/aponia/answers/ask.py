"""From a person's words to the living question that answers them."""

from __future__ import annotations

import re

from rapidfuzz import fuzz, process, utils

from aponia.evidence import EvidenceBase, Question
from aponia.evidence.vocabulary import Term

__all__ = ["NoQuestionError", "find_question", "rank_questions"]

#: Below this the best match shares hardly a word with what was asked.
_ENOUGH = 55.0


#: Questions of mechanism name nearly every drug and condition: they need a word of their own.
_MECHANISM = re.compile(
    r"plastic|inflam|emotion|affect|mood|mechanism|immune|\bhow\b.*work", re.IGNORECASE
)


class NoQuestionError(ValueError):
    """No living question resembles what was asked; the message names the nearest ones."""


def rank_questions(base: EvidenceBase, text: str) -> list[tuple[Question, float]]:
    """Rank the living questions by likeness to `text`, best first.

    Terms of the vocabulary found in `text` (synonyms, abbreviations, brand and street names)
    count most; spelling mistakes are forgiven.

    Parameters
    ----------
    base : EvidenceBase
    text : str

    Returns
    -------
    list of (Question, float)
        Scores from 0 to 100.
    """
    asked = text.lower()
    substances = _terms(asked, base.vocabulary.substances)
    conditions = _terms(asked, base.vocabulary.conditions)
    approaches = _terms(asked, base.vocabulary.approaches)
    scored = []
    for question in base.questions.values():
        score = max(
            fuzz.token_set_ratio(asked, other.lower(), processor=utils.default_process)
            for other in (question.short, question.ask, question.id.replace("-", " "))
        )
        score = 0.5 * score
        score += _agreement(substances, question.substances)
        score += _agreement(conditions, question.conditions)
        if approaches & set(question.approaches):
            score += 20
        elif question.approaches and not approaches:
            score -= 10
        if question.mechanism and not _MECHANISM.search(asked):
            score -= 40
        if question.id == asked.strip():
            score = 200
        scored.append((question, max(0.0, min(100.0, score))))
    return sorted(scored, key=lambda s: -s[1])


def find_question(base: EvidenceBase, text: str) -> Question:
    """Return the living question that answers `text`.

    Raises
    ------
    NoQuestionError
        Nothing resembles it.
    """
    if text.strip() in base.questions:
        return base.questions[text.strip()]
    ranked = rank_questions(base, text)
    if not ranked or ranked[0][1] < _ENOUGH or not _fits(base, text.lower(), ranked[0][0]):
        near = "; ".join(q.id for q, _ in ranked[:3])
        raise NoQuestionError(f"no living question resembles {text!r}; the nearest are: {near}")
    return ranked[0][0]


def _fits(base: EvidenceBase, asked: str, question: Question) -> bool:
    """Refuse a neighbour: a drug, pain or approach that was named must be in the question."""
    substances = _terms(asked, base.vocabulary.substances)
    conditions = _terms(asked, base.vocabulary.conditions)
    approaches = _terms(asked, base.vocabulary.approaches)
    if (
        question.approaches
        and substances
        and conditions
        and not approaches & set(question.approaches)
    ):
        return False
    return (not substances or bool(substances & set(question.substances))) and (
        not conditions or bool(conditions & set(question.conditions))
    )


def _agreement(found: set[str], wanted: tuple[str, ...]) -> float:
    """Reward shared terms, more so when the question is about little else; punish a mismatch."""
    if not found:
        return 0.0
    shared = len(found & set(wanted))
    if not shared:
        return -25.0
    return 20.0 + 10.0 * shared / max(len(wanted), len(found))


def _terms(asked: str, terms: tuple[Term, ...]) -> set[str]:
    """Find terms in a text, the longest name first: "cluster headache" is not a "headache" too."""
    names: dict[tuple[str, ...], str] = {}
    for term in terms:
        for name in (
            term.id.replace("-", " "),
            term.label,
            *term.synonyms,
            *term.abbreviations,
            *getattr(term, "street", ()),
            *getattr(term, "brands", ()),
        ):
            names.setdefault(tuple(re.findall(r"\w+", name.lower())), term.id)
    words = re.findall(r"\w+", asked)
    found, i = set(), 0
    while i < len(words):
        size = next(
            (
                n
                for n in range(6, 0, -1)
                if tuple(words[i : i + n]) in names and i + n <= len(words)
            ),
            0,
        )
        if size:
            found.add(names[tuple(words[i : i + size])])
        i += max(1, size)
    if found:
        return found
    # A slip of the keyboard: long words only, so that "pain" never becomes something else.
    singles = {" ".join(k): v for k, v in names.items()}
    for n in (3, 2, 1):
        for i in range(len(words) - n + 1):
            gram = " ".join(words[i : i + n])
            hit = (
                process.extractOne(gram, singles.keys(), scorer=fuzz.ratio, score_cutoff=86)
                if len(gram) >= 6
                else None
            )
            if hit:
                return {singles[hit[0]]}
    return found
