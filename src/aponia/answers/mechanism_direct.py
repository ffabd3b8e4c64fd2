"""The short way round a mechanism: pain itself, measured after the drug, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aponia.answers.layers import Layer
from aponia.answers.mechanism import Family
from aponia.answers.model import Answer
from aponia.appraisal import Level
from aponia.evidence import EvidenceBase

__all__ = ["Direct", "direct"]

_LEVELS: tuple[Level, ...] = ("very low", "low", "moderate", "high")
_KETAMINE = frozenset({"ketamine", "esketamine", "hydroxynorketamine"})
_NO_PAIN = frozenset({"none", "experimental-pain"})


@dataclass(frozen=True)
class Direct:
    """Randomised trials of the drugs in people with pain, over all questions.

    Attributes
    ----------
    family : str
    trials : tuple of str
        Ids, each once.
    people : int
        In the trials that say how many.
    best : str or None
        The highest certainty any of the questions reached; None without a trial.
    questions : tuple of str
        Ids of the questions that hold them.
    """

    family: Family
    trials: tuple[str, ...]
    people: int
    best: Level | None
    questions: tuple[str, ...]


def direct(base: EvidenceBase, answers: Mapping[str, Answer], family: Family) -> Direct:
    """Sum up what randomised trials in people with pain say, for one family of drugs.

    Parameters
    ----------
    base : EvidenceBase
    answers : mapping of str to Answer
        By id of the question.
    family : str
        ``psychedelic`` or ``ketamine``.

    Returns
    -------
    Direct
    """
    trials: dict[str, int] = {}
    levels: list[Level] = []
    questions: list[str] = []
    for key, found in answers.items():
        question = base.questions[key]
        if question.mechanism or set(question.conditions) <= _NO_PAIN:
            continue
        ids = [
            s
            for layer in found.layers
            if layer.layer is Layer.RANDOMISED
            for s in layer.studies
            if bool(set(base.studies[s].substances) <= _KETAMINE) == (family == "ketamine")
        ]
        if not ids or bool(set(question.substances) <= _KETAMINE) != (family == "ketamine"):
            continue
        questions.append(key)
        levels.append(found.certainty.level)
        for study in ids:
            who = base.studies[study].population
            trials[study] = who.n_analysed or who.n_randomized or 0
    best = max(levels, key=_LEVELS.index) if levels else None
    return Direct(family, tuple(sorted(trials)), sum(trials.values()), best, tuple(questions))
