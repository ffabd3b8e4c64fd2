"""RoB 2 by domain, as far as a record supports an answer; everything else is "no information".

Sterne 2019 (BMJ 366:l4898). The full tool asks 22 signalling questions of the full paper. From an
abstract most can not be answered, and an unanswered question is never counted as low risk. These
are suggestions; a named reviewer's judgement in ``evidence/appraisals`` replaces them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from aponia.appraisal.risk_of_bias import can_be_felt
from aponia.evidence import Study

__all__ = ["DomainJudgement", "rob2"]

Risk = Literal["low", "some concerns", "high", "no information"]
_MISSING_CONCERN, _MISSING_HIGH = 0.05, 0.20


@dataclass(frozen=True)
class DomainJudgement:
    """One RoB 2 domain: its judgement and what it rests on."""

    domain: str
    risk: Risk
    why: str


def rob2(study: Study, comparator: str) -> tuple[DomainJudgement, ...]:
    """Judge the five domains and the whole of a randomised study.

    Parameters
    ----------
    study : Study
        A randomised trial.
    comparator : str
        ``"inert-placebo"``, ``"active-placebo"``, ``"other-treatment"`` …

    Returns
    -------
    tuple of DomainJudgement
        D1 to D5, then "overall": the worst domain, where "no information" weighs as some concerns.
    """
    domains = (
        DomainJudgement(
            "randomisation",
            "no information",
            "How the order or group was drawn and hidden was not read.",
        ),
        _deviations(study, comparator),
        _missing(study),
        _measurement(study, comparator),
        _selection(study),
    )
    risks = {d.risk for d in domains}
    if "high" in risks:
        overall = DomainJudgement("overall", "high", "At least one domain is at high risk.")
    elif risks == {"low"}:
        overall = DomainJudgement("overall", "low", "All domains are at low risk.")
    else:
        overall = DomainJudgement(
            "overall", "some concerns", "Some domains raise concerns or could not be judged."
        )
    return (*domains, overall)


def _unblinded(study: Study) -> bool:
    """Whether people may have known: the drug is felt and no guesses say that they did not."""
    return can_be_felt(study) and study.blinding.guess_assessed is not True


def _deviations(study: Study, comparator: str) -> DomainJudgement:
    name, masking = "deviations from the intended treatment", study.blinding.masking
    if masking in ("none", "open-label"):
        return DomainJudgement(name, "high", "People knew what they were given.")
    if masking in (None, "unclear"):
        return DomainJudgement(
            name, "no information", "What was read does not say who was blinded."
        )
    if _unblinded(study):
        return DomainJudgement(
            name,
            "some concerns",
            "The drug can be felt and no guesses are reported, so the blind may have failed.",
        )
    return DomainJudgement(
        name,
        "some concerns",
        "Said to be blinded; whether everybody was analysed as allocated was not read.",
    )


def _missing(study: Study) -> DomainJudgement:
    name = "missing results"
    randomised, analysed = study.population.n_randomized, study.population.n_analysed
    if not randomised or analysed is None:
        return DomainJudgement(
            name, "no information", "How many were randomised or analysed was not read."
        )
    share = 1 - analysed / randomised
    text = f"{analysed} of {randomised} randomised people analysed."
    if share <= _MISSING_CONCERN:
        return DomainJudgement(name, "low", text)
    return DomainJudgement(name, "high" if share > _MISSING_HIGH else "some concerns", text)


def _measurement(study: Study, comparator: str) -> DomainJudgement:
    name, masking = "measurement of the outcome", study.blinding.masking
    if masking in ("none", "open-label"):
        return DomainJudgement(name, "high", "People rated their own pain and knew the treatment.")
    if masking in (None, "unclear"):
        return DomainJudgement(
            name, "no information", "Whether the rater was blinded was not read."
        )
    if _unblinded(study):
        return DomainJudgement(
            name, "some concerns", "People rated their own pain and may have known the treatment."
        )
    return DomainJudgement(
        name,
        "low",
        "Rated by people said to be blinded, with a drug that is not felt or with guesses reported.",
    )


def _selection(study: Study) -> DomainJudgement:
    name = "choice of the reported result"
    if study.registrations:
        return DomainJudgement(
            name,
            "some concerns",
            f"Registered ({', '.join(study.registrations)}); the plan was not compared with the report.",
        )
    return DomainJudgement(name, "no information", "No registration or plan was read.")
