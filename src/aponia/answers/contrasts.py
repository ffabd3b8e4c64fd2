"""Which arm got the drug in question, and what it was compared with."""

from __future__ import annotations

from collections.abc import Collection

from aponia.answers.model import Comparator
from aponia.evidence import Arm, Study

__all__ = [
    "COMPARATOR_TEXT",
    "ArmPair",
    "active_arms",
    "arm_pairs",
    "comparator_class",
    "is_combination",
]

_INERT = frozenset({"placebo", "saline", "vehicle", "control", "none"})
#: Given as a comparator because it is felt, or hides the drug, without treating the pain.
_ACTIVE_PLACEBO = frozenset({"midazolam", "niacin", "diphenhydramine", "methylphenidate"})

COMPARATOR_TEXT: dict[Comparator, str] = {
    "inert-placebo": "placebo",
    "active-placebo": "an active placebo",
    "other-treatment": "another treatment",
    "own-baseline": "the same people before",
    "none": "nothing",
    "mixed": "placebo or another treatment",
}

ArmPair = tuple[Arm, Arm, Comparator]


def is_combination(arm: Arm, study: Study) -> bool:
    """Whether an arm gave the drug together with another arm's drug ("ketamine-magnesium")."""
    if arm.id.startswith("combination"):
        return True
    others = {
        (a.substance or "none").split("-")[0] for a in study.arms if a.substance != arm.substance
    }
    return any(other in arm.id for other in others - {"placebo", "none", "saline", "vehicle"})


def active_arms(study: Study, substances: Collection[str]) -> tuple[Arm, ...]:
    """Return the arms that gave one of `substances`, pure arms before combinations.

    Among several dose levels the highest total (dose times number of doses) comes first: a rule
    fixed before looking at results.
    """
    wanted = set(substances)
    arms = [a for a in study.arms if a.substance in wanted]
    if not arms and wanted & set(study.substances):
        arms = [a for a in study.arms if a.substance in study.substances]
    return tuple(
        sorted(arms, key=lambda a: (is_combination(a, study), -(a.dose or 0.0) * (a.doses or 1)))
    )


def comparator_class(arm: Arm) -> Comparator:
    """Return what kind of comparator an arm would be."""
    name = arm.substance or "none"
    if name == "none":
        return "none"
    if name in _INERT:
        return "inert-placebo"
    if name in _ACTIVE_PLACEBO:
        return "active-placebo"
    return "other-treatment"


_ORDER: tuple[Comparator, ...] = ("inert-placebo", "active-placebo", "other-treatment", "none")


def arm_pairs(study: Study, substances: Collection[str]) -> tuple[ArmPair, ...]:
    """Return (active, control, comparator) pairs, the pre-stated choice first.

    An inert placebo is preferred over an active one, that over another treatment. Two dose levels
    of the same drug are no contrast for a question of effect.
    """
    active = active_arms(study, substances)
    ids = {a.id for a in active}
    controls = [a for a in study.arms if a.id not in ids]
    pairs = [(a, c, comparator_class(c)) for c in controls for a in active]
    rank = {a.id: i for i, a in enumerate(active)}
    return tuple(sorted(pairs, key=lambda p: (_ORDER.index(p[2]), rank[p[0].id])))
