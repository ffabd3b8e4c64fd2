"""What the next trial's true effect may be, given what is known.

The belief is normal on the endpoint's scale, with the spread between trials (tau) on top:

* pooled or single randomised result: its estimate and interval, converted to the endpoint's scale,
  combined with a sceptical prior centred on no effect (precision weighting), or on its own
  (``prior="flat"``);
* directions only, or never tested: the sceptical prior itself, and labelled so. Surveys, case reports
  and uncontrolled studies do not enter: they cannot tell the effect from hope, chance and time.

The prior's SD is the size of the effect the trial should be able to see, taken from treatments in use:
effects twice as large are then unusual (5%). Sceptical priors: Spiegelhalter, Freedman & Parmar (JRSS A
1994;157:357); assurance: O'Hagan, Stevens & Campbell (Pharm Stat 2005;4:187).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from scipy.special import ndtr

from aponia.answers import Answer, Synthesis
from aponia.evidence import EvidenceBase
from aponia.planning.endpoints import Endpoint, FloatArray
from aponia.planning.errors import PlanningError

__all__ = ["Belief", "Prior", "belief_of"]

Prior = Literal["sceptical", "flat"]
_Z = 1.959963984540054
#: From this many trials on their own heterogeneity is used instead of the prior of tau.
_ENOUGH_FOR_TAU = 5


@dataclass(frozen=True)
class Belief:
    """The predictive distribution of the effect in a next trial.

    Attributes
    ----------
    kind : {"posterior", "data", "prior", "given"}
        Prior and data, data alone (flat prior), prior alone, or stated by the user.
    mean, sd : float
        Of the mean effect over trials, on the endpoint's scale.
    tau : float
        Spread between trials: a known SD, or the scale of a half-normal prior (`tau_known`).
    tau_known : bool
    benefit_sign : int
    data : tuple of (estimate, standard error) or None
        On the endpoint's scale, after the share taken for expectancy.
    prior_sd : float or None
    expectancy_share : float
        Share of the estimate taken to be expectancy, because people knew what they got.
    words : str
        Where it comes from, in a sentence or two. It states no effect.
    trials : tuple of str
        The studies in `data`.
    """

    kind: Literal["posterior", "data", "prior", "given"]
    mean: float
    sd: float
    tau: float
    tau_known: bool
    benefit_sign: int
    data: tuple[float, float] | None
    prior_sd: float | None
    expectancy_share: float
    words: str
    trials: tuple[str, ...] = ()

    def draws(self, size: int, seed: int) -> FloatArray:
        """Draw true effects of next trials.

        Parameters
        ----------
        size, seed : int

        Returns
        -------
        ndarray of shape (size,)
            The first draws of a longer sample are those of a shorter one.
        """
        z = np.random.default_rng([seed, 20]).standard_normal((size, 3))
        tau = self.tau if self.tau_known else self.tau * np.abs(z[:, 1])
        effects: FloatArray = self.mean + self.sd * z[:, 0] + tau * z[:, 2]
        return effects

    @property
    def total_sd(self) -> float:
        """SD of the effect in a next trial."""
        return math.hypot(self.sd, self.tau)

    @property
    def p_benefit(self) -> float:
        """Probability that the next trial's true effect lies on the side of benefit."""
        if self.tau_known or self.tau == 0:
            return float(ndtr(self.benefit_sign * self.mean / self.total_sd)) if self.total_sd else (
                float(self.benefit_sign * self.mean > 0)
            )  # fmt: skip
        x, w = np.polynomial.legendre.leggauss(64)
        t = 4 * (x + 1)
        weight = w * np.exp(-0.5 * t * t)
        inside = ndtr(self.benefit_sign * self.mean / np.hypot(self.sd, self.tau * t))
        return float(weight @ inside / weight.sum())

    def interval(self, share: float = 0.95) -> tuple[float, float]:
        """Return the central interval of the predictive distribution (from 200 000 draws)."""
        low, high = np.quantile(self.draws(200_000, 0), [(1 - share) / 2, (1 + share) / 2])
        return float(low), float(high)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-safe values, with the interval."""
        return {
            **asdict(self),
            "p_benefit": self.p_benefit,
            "interval95": list(self.interval()),
        }


def belief_of(
    answer: Answer,
    base: EvidenceBase,
    endpoint: Endpoint,
    construct: str,
    target: float,
    *,
    prior: Prior = "sceptical",
    expectancy_share: float = 0.0,
) -> Belief:
    """Turn what a question's answer knows into a belief about the next trial.

    Parameters
    ----------
    answer : Answer
    base : EvidenceBase
        For the control level of trials whose differences become ratios.
    endpoint : Endpoint
    construct : str
        The outcome of `endpoint`.
    target : float
        The effect the trial should be able to see; its size is the prior's SD, half of it the scale
        of the half-normal prior of tau.
    prior : {"sceptical", "flat"}
    expectancy_share : float
        Share of a randomised estimate taken to be expectancy (0 to 1).

    Returns
    -------
    Belief

    Raises
    ------
    PlanningError
        For a flat prior without data, or values out of range.
    """
    if prior not in ("sceptical", "flat"):
        raise PlanningError(f"prior {prior!r}: choose sceptical or flat")
    if not 0 <= expectancy_share <= 1:
        raise PlanningError(
            f"expectancy_share must lie between 0 and 1, found {expectancy_share:g}"
        )
    if not math.isfinite(target) or target == 0:
        raise PlanningError(
            "target_effect must not be 0: a trial for no effect needs endless people"
        )
    scale = abs(target)
    found = _converted(answer.headline, base, endpoint, construct)
    if found is None:
        if prior == "flat":
            raise PlanningError(
                "prior 'flat' needs a randomised result with an interval, and this question has none; "
                "use the sceptical prior"
            )
        why = _why_no_data(answer, construct)
        return Belief(
            "prior", 0.0, scale, 0.5 * scale, False, endpoint.benefit_sign, None, scale, 0.0,
            f"{why} The belief is therefore a stated prior and no finding: no effect in the middle, and "
            f"effects as large as those of treatments in use ({endpoint.describe(target)}) one standard "
            "deviation away, in either direction.",
        )  # fmt: skip
    headline, estimate, se, how = found
    estimate *= 1 - expectancy_share
    tau2, known = headline.tau2, headline.k >= _ENOUGH_FOR_TAU and math.isfinite(headline.tau2)
    tau = math.sqrt(tau2) * _unit_factor(headline, endpoint) if known else 0.5 * scale
    trials = tuple(r.study for r in headline.rows if r.chosen)
    people = (
        f"{headline.k} randomised trial{'s' if headline.k > 1 else ''}, {headline.people} people"
    )
    discount = (
        f" {100 * expectancy_share:.0f}% of the estimate is taken to be expectancy."
        if expectancy_share
        else ""
    )
    if prior == "flat":
        return Belief(
            "data", estimate, se, tau, known, endpoint.benefit_sign, (estimate, se), None,
            expectancy_share, f"From {people}, taken at face value. {how}{discount}", trials,
        )  # fmt: skip
    w_data, w_prior = 1 / se**2, 1 / scale**2
    mean = w_data * estimate / (w_data + w_prior)
    return Belief(
        "posterior", mean, (w_data + w_prior) ** -0.5, tau, known, endpoint.benefit_sign,
        (estimate, se), scale, expectancy_share,
        f"From {people}, drawn towards no effect by a sceptical prior whose standard deviation is the "
        f"size of effects of treatments in use ({endpoint.describe(target)}). {how}{discount}",
        trials,
    )  # fmt: skip


def _why_no_data(answer: Answer, construct: str) -> str:
    headline = answer.headline
    if headline is None:
        return "No randomised trial of this question is in the base."
    if headline.construct != construct:
        return "The randomised trials of this question measured another outcome."
    return "No size with an interval could be worked out from the randomised trials."


def _unit_factor(headline: Synthesis, endpoint: Endpoint) -> float:
    if endpoint.kind == "score" and headline.unit == "days/week":
        return 4.0
    if endpoint.kind == "score" and headline.unit and "100" in headline.unit:
        return (endpoint.highest - endpoint.lowest) / 100
    if endpoint.kind == "score" and headline.measure == "SMD":
        return endpoint.followup_sd
    return 1.0


def _converted(
    headline: Synthesis | None, base: EvidenceBase, endpoint: Endpoint, construct: str
) -> tuple[Synthesis, float, float, str] | None:
    """Return the headline, its estimate and standard error on the endpoint's scale, and how."""
    if (
        headline is None
        or headline.construct != construct
        or headline.kind not in ("pooled", "single")
        or not all(map(math.isfinite, (headline.estimate, headline.ci_lower, headline.ci_upper)))
    ):
        return None
    if headline.measure == "RR":
        y = math.log(headline.estimate)
        se = (math.log(headline.ci_upper) - math.log(headline.ci_lower)) / (2 * _Z)
        if endpoint.kind == "count":
            return headline, y, se, "Rate ratios as printed."
        if endpoint.kind == "responder":
            p0 = endpoint.comparator / 100
            p1 = min(0.98, p0 * headline.estimate)
            odds = math.log(p1 / (1 - p1) * (1 - p0) / p0)
            stretch = odds / y if abs(y) > 1e-6 else 1 / (1 - p0)
            return headline, odds, se * stretch, (
                f"The risk ratio became an odds ratio at {100 * p0:.0f}% responders on the comparator."
            )  # fmt: skip
        return None
    if headline.measure not in ("MD", "SMD"):
        return None
    se = (headline.ci_upper - headline.ci_lower) / (2 * _Z)
    # The interval of a single small trial rests on t; its width per 1.96 keeps that extra doubt.
    if endpoint.kind == "count":
        if headline.measure == "SMD" or headline.unit != "attacks/week":
            return None
        level = _control_level(headline, base)
        if level is None or level + headline.estimate <= 0:
            return None
        after = level + headline.estimate
        return headline, math.log(after / level), se / after, (
            f"The difference became a rate ratio at {level:.2f} attacks a week on the comparator, its "
            "standard error by the delta method."
        )  # fmt: skip
    if endpoint.kind == "responder":
        return None
    if endpoint.kind == "normal" and headline.measure != "SMD":
        return None
    factor = _unit_factor(headline, endpoint)
    if endpoint.kind == "normal":
        factor = 1.0
    how = "" if factor == 1.0 else f"Multiplied by {factor:g} for the unit of the endpoint."
    return headline, factor * headline.estimate, factor * se, how


def _control_level(headline: Synthesis, base: EvidenceBase) -> float | None:
    """Mean attacks a week on the comparator after treatment, over the trials of the headline."""
    total = people = 0.0
    for row in headline.rows:
        if not row.chosen or row.outcome is None or row.study not in base.studies:
            continue
        study = base.studies[row.study]
        for result in study.outcomes[row.outcome].results:
            arm = study.arm(result.arm)
            if arm is None or base.arm_kind(study, arm) == "studied":
                continue
            level = result.mean
            if (
                level is None
                and result.baseline_mean is not None
                and result.change_mean is not None
            ):
                level = result.baseline_mean + result.change_mean
            if level is not None:
                n = float(result.n or 1)
                total += n * float(level)
                people += n
    return total / people if people else None
