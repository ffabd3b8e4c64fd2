"""Risk of bias and blinding from what a record states; silence is "no information", never "low"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aponia.evidence import Study

__all__ = ["FELT", "BiasFlag", "bias_flags", "blinding_box", "can_be_felt"]

#: Drugs whose acute effects people recognise; an inert comparator hardly hides them.
FELT = frozenset(
    {
        "psilocybin",
        "lsd",
        "dmt",
        "5-meo-dmt",
        "ayahuasca",
        "mescaline",
        "mdma",
        "ketamine",
        "esketamine",
        "ibogaine",
        "dpt",
        "lsa",
        "classic-psychedelics-mixed",
    }
)
#: A share of randomised people missing from the analysis that RoB 2 guidance treats as a concern.
_MISSING_SHARE = 0.05


@dataclass(frozen=True)
class BiasFlag:
    """A reason to expect bias, with the study it comes from."""

    study: str
    kind: str
    severe: bool
    text: str


def bias_flags(study: Study, comparator: str) -> tuple[BiasFlag, ...]:
    """Return the reasons for risk of bias that a record itself supports.

    Parameters
    ----------
    study : Study
        A randomised study; the flags of other designs are in their starting level.
    comparator : str
        What the contrast in question compares with (``"inert-placebo"``, ``"active-placebo"`` …).

    Returns
    -------
    tuple of BiasFlag
    """
    flags: list[BiasFlag] = []

    def add(kind: str, severe: bool, text: str) -> None:
        flags.append(BiasFlag(study.id, kind, severe, text))

    masking = study.blinding.masking
    if masking in (None, "unclear"):
        add("masking-unclear", False, "What was read does not say who was blinded.")
    elif masking in ("none", "open-label"):
        add("open", True, "People and raters knew the treatment.")
    felt = can_be_felt(study)
    guess_known = study.blinding.guess_assessed is True
    if felt and comparator == "inert-placebo" and not guess_known:
        add(
            "functional-unblinding",
            False,
            "The comparator is inert and nobody reports whether people guessed their treatment.",
        )
    randomised, analysed = study.population.n_randomized, study.population.n_analysed
    if randomised and analysed and analysed < randomised * (1 - _MISSING_SHARE):
        add(
            "incomplete",
            False,
            f"{randomised - analysed} of {randomised} randomised people are missing from the analysis.",
        )
    if study.read == "secondary":
        add("report-only", True, "No paper could be read, only a report about it.")
    elif study.read != "full-text":
        add(
            "abstract-only",
            False,
            "The full paper was not read, so allocation and analysis could not be checked.",
        )
    return tuple(flags)


def can_be_felt(study: Study) -> bool:
    """Tell whether people can notice the drug: not a microdose, nor a cream or an epidural."""
    if study.approach == "microdose" or not FELT & set(study.substances):
        return False
    routes = {a.route for a in study.arms if a.substance in study.substances}
    return not routes or not routes <= {"topical", "epidural"}


def blinding_box(study: Study, comparator: str) -> dict[str, Any]:
    """Return the facts of the blinding box of one study; what was not read is None."""
    return {
        "study": study.id,
        "masking": study.blinding.masking,
        "comparator": study.comparator,
        "comparator_type": comparator,
        "guess_assessed": study.blinding.guess_assessed,
        "active_guess_correct": study.blinding.active_guess_correct,
        "control_guess_correct": study.blinding.control_guess_correct,
        "note": study.blinding.note,
    }
