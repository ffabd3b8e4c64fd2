"""Answers sliced by approach: the same question, only with studies whose dose belongs to one class.

A study belongs to an approach by what published bands say about the largest dose it gave
(`by="bands"`), or as its record files it (`by="label"`). Lesser arms are there to compare with. The two differ for most trials of 10 mg psilocybin, so which of
them was used is part of every slice. A slice of certainty is suggested anew: a person's judgement of
the whole body of evidence is not a judgement of a part of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any, Literal

from aponia.answers.engine import answer
from aponia.answers.exposure_arms import ArmExposure, place_arms
from aponia.answers.model import Answer
from aponia.answers.select import select, trials_for
from aponia.evidence import EvidenceBase, Question, Study, Trial

__all__ = ["APPROACH_IDS", "By", "Slice", "approaches_by_bands", "placed_arms", "slice_answer"]

By = Literal["bands", "label"]

#: Vocabulary ids a question can be sliced by, and the class of `aponia.exposure` each stands for.
APPROACH_IDS: Mapping[str, str] = {
    "microdose": "microdose",
    "psycholytic": "psycholytic",
    "macrodose": "full",
    "infusion": "by route",
}
_IDS = {v: k for k, v in APPROACH_IDS.items()}
#: Probability from which bands decide; below it a dose stands between two classes.
_DECIDES = 2 / 3


@dataclasses.dataclass(frozen=True)
class Slice:
    """One question for one approach.

    Attributes
    ----------
    question, approach, by : str
    answer : Answer or None
        None when no study and no trial falls into the slice: then nothing was answered, and nothing
        is said about the drug.
    sentence : str
        What the slice holds, in words.
    between : tuple of str
        Studies and trials of the question whose dose lies between two classes.
    unknown : tuple of str
        Studies and trials of the question whose dose is not known or is of animals; for infusions,
        also those that gave ketamine in another way.
    """

    question: str
    approach: str
    by: By
    answer: Answer | None
    sentence: str
    between: tuple[str, ...]
    unknown: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give JSON-safe values."""
        out = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        out["answer"] = None if self.answer is None else self.answer.to_dict()
        return out


def _class_of(arms: list[ArmExposure]) -> str:
    """Approach of a record by its arms: the class of the arms that gave most, or why there is none."""
    routes = [a for a in arms if a.group == "by route"]
    if routes:
        return "infusion" if all(a.label == "infusion" for a in routes) else "unclear"
    placed = [
        a for a in arms if a.placement is not None and a.placement.probabilities and not a.lesser
    ]
    if not placed:
        return "unclear"
    shares = [
        a.placement.probabilities for a in placed if a.placement and a.placement.probabilities
    ]
    mean = {k: sum(s[k] for s in shares) / len(shares) for k in shares[0]}
    best = max(mean, key=lambda k: mean[k])
    return _IDS[best] if mean[best] >= _DECIDES else "mixed"


_arms: dict[str, tuple[ArmExposure, ...]] = {}


def placed_arms(base: EvidenceBase) -> tuple[ArmExposure, ...]:
    """Place all arms, once for each state of the base; see `place_arms`."""
    if base.digest not in _arms:
        _arms.clear()
        _arms[base.digest] = place_arms(base)
    return _arms[base.digest]


def approaches_by_bands(
    base: EvidenceBase, substances: Collection[str] | None = None
) -> Mapping[str, str]:
    """Give the approach of every study and trial by what published bands say of its dose.

    Parameters
    ----------
    base : EvidenceBase
    substances : collection of str, optional
        Only arms of these count: a trial of two drugs may give one of them in an unknown dose.

    Returns
    -------
    mapping of str to str
        ``microdose``, ``psycholytic``, ``macrodose``, ``infusion`` (ketamine given into a vein or
        under the skin, which has no classes), ``mixed`` (between two classes, or arms of several) or
        ``unclear`` (the dose is not known). Records without an arm that gave a drug are left out.
    """
    arms: dict[str, list[ArmExposure]] = {}
    for arm in placed_arms(base):
        if substances is None or arm.substance in substances:
            arms.setdefault(arm.record, []).append(arm)
    return {record: _class_of(a) for record, a in arms.items()}


def _filed(base: EvidenceBase, substances: Collection[str]) -> EvidenceBase:
    """Return the base with every record filed under its approach by bands."""
    by = approaches_by_bands(base, substances)
    return dataclasses.replace(
        base,
        studies={
            k: s.model_copy(update={"approach": by.get(k, "unclear")}) for k, s in base.studies.items()
        },
        trials={
            k: t.model_copy(update={"approach": by.get(k, "unclear")}) for k, t in base.trials.items()
        },
        digest=f"{base.digest}+{'+'.join(sorted(substances))}",
    )  # fmt: skip


def slice_answer(
    base: EvidenceBase, question: Question, approach: str, *, by: By = "bands"
) -> Slice:
    """Answer a question from the studies of one approach only.

    Parameters
    ----------
    base : EvidenceBase
    question : Question
        Its own approaches, if it names any, are replaced.
    approach : str
        One of `APPROACH_IDS`.
    by : str
        ``bands``: by the dose that was given; ``label``: as the record is filed.

    Returns
    -------
    Slice

    Raises
    ------
    ValueError
        For an approach that is not one of `APPROACH_IDS`.
    """
    if approach not in APPROACH_IDS:
        raise ValueError(
            f"approach {approach!r} is not one of {', '.join(APPROACH_IDS)}; "
            "macrodose is the full dose"
        )
    used = _filed(base, question.substances) if by == "bands" else base
    used = dataclasses.replace(
        used, appraisals={k: a for k, a in used.appraisals.items() if a.kind != "certainty"}
    )
    everything = question.model_copy(update={"approaches": ()})
    whole = select(used, everything)
    records: list[Study | Trial] = [*whole.studies, *whole.reviews, *trials_for(used, everything)]
    between = tuple(r.id for r in records if r.approach == "mixed")
    unknown = tuple(r.id for r in records if r.approach == "unclear")
    mine = [r for r in records if r.approach == approach]
    sentence = _sentence(
        base.vocabulary.label("approaches", approach), approach, by, len(mine), len(records),
        len(between), len(unknown),
    )  # fmt: skip
    found = answer(used, question.model_copy(update={"approaches": (approach,)})) if mine else None
    return Slice(question.id, approach, by, found, sentence, between, unknown)


def _sentence(
    name: str, approach: str, by: By, mine: int, whole: int, between: int, unknown: int
) -> str:
    """Say in words what a slice holds and what it leaves outside."""
    if by == "label":
        did = f"filed under {name}"
        counted = f"{mine} of {whole} studies and trials are {did}" if mine else (
            f"No study or trial of this question is {did}")  # fmt: skip
    else:
        did = (
            "gave it as an infusion" if approach == "infusion"
            else f"gave, as the largest dose, one that published bands call {name}"
        )  # fmt: skip
        counted = f"{mine} of {whole} studies and trials {did}" if mine else (
            f"No study or trial of this question {did}")  # fmt: skip
    left = []
    if between:
        left.append(f"{between} lie between classes" if by == "bands"
                    else f"{between} are filed under several")  # fmt: skip
    if unknown and by == "label":
        left.append(f"{unknown} are filed as unclear")
    elif unknown and approach == "infusion":
        left.append(f"{unknown} gave it in another way, sum up other studies or are of animals")
    elif unknown:
        left.append(f"for {unknown} no dose in people is known")
    return f"{counted}{'; ' if left else ''}{' and '.join(left)}."
