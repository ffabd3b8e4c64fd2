"""GRADE certainty of a body of evidence, as a computed and labelled suggestion.

Rules follow the GRADE handbook and Cochrane Handbook (version 6) chapter 14: randomised evidence
starts high, observational evidence low; five domains rate down, three rate up (only when nothing
rates down). Thresholds that GRADE leaves to judgement are constants below, each with its reason.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, get_args

__all__ = ["LEVELS", "Body", "Certainty", "Judgement", "Level", "suggest_certainty"]

Level = Literal["high", "moderate", "low", "very low"]
Domain = Literal[
    "risk of bias",
    "inconsistency",
    "indirectness",
    "imprecision",
    "publication bias",
    "large effect",
    "dose response",
    "opposing confounding",
]

#: Said in every domain when there is nothing to judge.
NOT_JUDGED = "Not judged: no randomised result for this question."
DOMAINS: tuple[Domain, ...] = get_args(Domain)

#: From worst to best.
LEVELS: tuple[Level, ...] = ("very low", "low", "moderate", "high")

#: Optimal information size: GRADE guidelines 6 (Guyatt 2011, J Clin Epidemiol 64:1283) gives 400
#: people as the rule of thumb for a continuous outcome with a small to moderate effect.
OPTIMAL_PEOPLE = 400
#: Below a quarter of it the estimate is fragile whatever its interval says.
FRAGILE_PEOPLE = 100
#: "Substantial" heterogeneity, Cochrane Handbook 10.10.2.
SUBSTANTIAL_I2 = 50.0
#: Funnel-plot tests are not advised below ten studies (Cochrane Handbook 13.3.5.4).
FUNNEL_K = 10


@dataclass(frozen=True)
class Judgement:
    """One domain: by how many levels it moves the certainty, and why."""

    domain: Domain
    levels: int
    reason: str


@dataclass(frozen=True)
class Body:
    """The facts about a synthesis that certainty depends on.

    Attributes
    ----------
    randomised : bool
        Whether the studies are randomised (start high) or not (start low).
    k, people : int
        Studies and people behind the result.
    estimate, ci_lower, ci_upper, pi_lower, pi_upper : float
        Any scale on which `null` means no difference; NaN when only directions are known.
    null : float
        0 for differences, 1 for ratios.
    mid : float or None
        The minimal important difference on the same scale, as a positive distance from `null`.
    i2 : float
        In percent; NaN when not computed.
    flags : tuple of str
        Reasons for risk of bias, one sentence each (see `bias_flags`).
    indirect : tuple of str
        Reasons for indirectness.
    directions : tuple of str
        Direction of each study, for bodies without estimates.
    unpublished : int
        Registered trials of the same question that ended without a result we could find.
    no_direction : bool
        True when the studies together give neither a size nor one direction.
    silent : int
        Studies that print only "not significant", without a size or a direction.
    default_mid : float or None
        What counts as important where no minimal difference is known: 0.2 SD, a ratio of 1.25.
    """

    randomised: bool
    k: int
    people: int
    estimate: float = math.nan
    ci_lower: float = math.nan
    ci_upper: float = math.nan
    pi_lower: float = math.nan
    pi_upper: float = math.nan
    null: float = 0.0
    mid: float | None = None
    i2: float = math.nan
    flags: tuple[str, ...] = ()
    severe_flags: tuple[str, ...] = ()
    indirect: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    unpublished: int = 0
    no_direction: bool = False
    silent: int = 0
    default_mid: float | None = None


@dataclass(frozen=True)
class Certainty:
    """A GRADE level with its reasons.

    Attributes
    ----------
    level : str
        high, moderate, low or very low.
    judgements : tuple of Judgement
        All eight domains, those that change nothing included.
    suggested : bool
        True while no named reviewer has confirmed or overridden it.
    by : str
        Who judged.
    """

    level: Level
    judgements: tuple[Judgement, ...] = field(default_factory=tuple)
    suggested: bool = True
    by: str = "computed from the rules on the methods page"

    @property
    def steps(self) -> int:
        """1 for very low to 4 for high."""
        return LEVELS.index(self.level) + 1


def suggest_certainty(body: Body) -> Certainty:
    """Suggest a GRADE level for a body of evidence.

    Parameters
    ----------
    body : Body

    Returns
    -------
    Certainty
        Never above "high" nor below "very low"; with ``k = 0`` always "very low".
    """
    if body.k == 0:
        return Certainty("very low", tuple(Judgement(d, 0, NOT_JUDGED) for d in DOMAINS))
    judgements = (
        _risk_of_bias(body),
        _inconsistency(body),
        _indirectness(body),
        _imprecision(body),
        _publication_bias(body),
        Judgement(
            "large effect",
            0,
            "Not used to rate up: that is for observational evidence without serious bias.",
        ),
        Judgement("dose response", 0, "Not assessed: too few dose levels were compared."),
        Judgement("opposing confounding", 0, "No sign that bias works against the drug."),
    )
    start = 3 if body.randomised else 1
    level = start + sum(j.levels for j in judgements)
    return Certainty(LEVELS[max(0, min(3, level))], judgements)


def _risk_of_bias(body: Body) -> Judgement:
    flags = body.severe_flags + body.flags
    if not flags:
        return Judgement("risk of bias", 0, "Nothing that was read points to serious bias.")
    levels = -2 if body.severe_flags or len(flags) >= 3 else -1
    return Judgement("risk of bias", levels, " ".join(flags))


def _inconsistency(body: Body) -> Judgement:
    if body.k < 2:
        return Judgement("inconsistency", 0, "Only one study, so agreement can not be judged.")
    if math.isfinite(body.estimate):
        crosses_pi = body.pi_lower < body.null < body.pi_upper
        crosses_ci = body.ci_lower < body.null < body.ci_upper
        if math.isfinite(body.i2) and body.i2 > SUBSTANTIAL_I2:
            return Judgement(
                "inconsistency",
                -1,
                f"Results differ between studies more than chance explains (I² {body.i2:.0f}%).",
            )
        if crosses_pi and not crosses_ci:
            return Judgement(
                "inconsistency",
                -1,
                "A further study could well find no benefit: the prediction interval crosses no difference.",
            )
        return Judgement("inconsistency", 0, "Results agree within chance.")
    seen = {d for d in body.directions if d in ("benefit", "harm", "no-difference")}
    if len(seen) > 1:
        return Judgement("inconsistency", -1, "Studies point in different directions.")
    if body.silent:
        return Judgement(
            "inconsistency",
            -1,
            f"{body.silent} of {body.k} studies print only “not significant”, so agreement can not be seen.",
        )
    return Judgement("inconsistency", 0, "The directions that were printed agree.")


def _indirectness(body: Body) -> Judgement:
    if not body.indirect:
        return Judgement("indirectness", 0, "People, drug and outcome match the question.")
    return Judgement("indirectness", -min(2, len(body.indirect)), " ".join(body.indirect))


def _imprecision(body: Body) -> Judgement:
    people = f"{body.people} people" if body.people else "An unknown number of people"
    if not math.isfinite(body.ci_lower) or not math.isfinite(body.ci_upper):
        if body.no_direction:
            return Judgement(
                "imprecision", -3, f"{people}, and neither a size nor one direction could be read."
            )
        return Judgement(
            "imprecision",
            -2,
            f"{people}, and no interval could be worked out from what was printed.",
        )
    crosses = body.ci_lower < body.null < body.ci_upper
    important = body.mid if body.mid is not None else body.default_mid
    below = important is not None and body.ci_lower < body.null - important
    above = important is not None and body.ci_upper > body.null + important
    if body.people < FRAGILE_PEOPLE:
        reason = f"Only {people}." if body.people else f"{people}."
        return Judgement(
            "imprecision",
            -2,
            reason + (" The interval includes both directions." if crosses else ""),
        )
    if crosses and below and above:
        return Judgement(
            "imprecision", -2, f"{people}; the interval includes both important benefit and harm."
        )
    if (
        crosses
        and important is not None
        and not below
        and not above
        and body.people >= OPTIMAL_PEOPLE
    ):
        return Judgement("imprecision", 0, f"{people}; the interval holds only small differences.")
    if crosses or body.people < OPTIMAL_PEOPLE:
        why = "the interval includes no difference" if crosses else f"fewer than {OPTIMAL_PEOPLE}"
        return Judgement("imprecision", -1, f"{people}; {why}.")
    return Judgement("imprecision", 0, f"{people} and an interval that stays on one side.")


def _publication_bias(body: Body) -> Judgement:
    if body.unpublished:
        n = body.unpublished
        trials = "trial has" if n == 1 else "trials have"
        return Judgement(
            "publication bias",
            -1,
            f"{n} registered {trials} ended without a result that could be found.",
        )
    if body.silent and 2 * body.silent >= body.k:
        return Judgement(
            "publication bias",
            -1,
            f"{body.silent} of {body.k} studies print only “not significant” and no numbers.",
        )
    if body.k < FUNNEL_K:
        return Judgement(
            "publication bias", 0, f"Can not be tested with fewer than {FUNNEL_K} studies."
        )
    return Judgement("publication bias", 0, "No sign in what was read.")
