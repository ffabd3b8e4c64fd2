"""What it would be worth to know more, on a decision scale that the user states.

A decision between two ways: go on without the drug (standard care, or only inside trials) or offer it.
The net benefit of offering it, a person, is its effect in the person's own unit (attacks a week fewer,
points of 10 less, responders more in 100) minus a threshold: how much effect would make the burden and
the harms worth it. The threshold is the user's; where the base holds a minimal important difference it
is offered with its source, and it is never invented.

* EVPI = E[max(0, B)] − max(0, E[B]): most that any research could be worth, a person.
* EVSI of a trial: the same with B replaced by what one would believe after the trial, averaged over
  trials (preposterior analysis). Normal-normal closed form: Raiffa & Schlaifer 1961; Ades, Lu & Claxton
  (Med Decis Making 2004;24:207). For simulated trials the regression estimator of Strong, Oakley,
  Brennan & Breeze (Med Decis Making 2015;35:570): regress B on the trial's estimate, take the fit.

Values count effects only. They are a tool to compare designs, no verdict on costs or on offering
anything to anybody.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from aponia.answers.synthesis import minimal_difference
from aponia.evidence import EvidenceBase
from aponia.planning.designs import DESIGNS, Model
from aponia.planning.endpoints import Endpoint, FloatArray
from aponia.planning.errors import PlanningError
from aponia.planning.forecast import Ground
from aponia.planning.model import Estimate
from aponia.planning.recipes import assume

__all__ = [
    "Threshold", "Value", "evpi_normal", "evsi_normal", "evsi_regression", "offered_threshold",
    "per_person", "unit_loss", "value_of_trial",
]  # fmt: skip


@dataclass(frozen=True)
class Threshold:
    """The effect that would make it worth it, in the person's unit.

    Attributes
    ----------
    value : float
        At least 0.
    unit : str
    origin : {"given", "base"}
    source : str or None
        Address, where it comes from the base.
    words : str
    """

    value: float
    unit: str
    origin: Literal["given", "base"]
    source: str | None
    words: str


@dataclass(frozen=True)
class Value:
    """What knowing more would be worth, a person and in the person's unit.

    Attributes
    ----------
    question, unit : str
    threshold : Threshold
    net_now : Estimate
        Expected net benefit of offering, as believed now.
    chance_worth : float
        Probability that the effect exceeds the threshold.
    choice_now : {"offer", "do not offer"}
        Which has the higher expected net benefit now.
    evpi : Estimate
    evsi : tuple of (people, Estimate)
        Of a trial of each size.
    switch : tuple of (people, float)
        Share of trials after which the other choice would be the better one.
    population : float or None
        People for whom the decision would be taken, as the user said.
    words : tuple of str
    """

    question: str
    unit: str
    threshold: Threshold
    net_now: Estimate
    chance_worth: float
    choice_now: Literal["offer", "do not offer"]
    evpi: Estimate
    evsi: tuple[tuple[int, Estimate], ...]
    switch: tuple[tuple[int, float], ...]
    population: float | None
    words: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-safe values."""
        return asdict(self)


def unit_loss(u: float) -> float:
    """Return the unit normal loss integral, phi(u) − u (1 − Phi(u)) (Raiffa & Schlaifer 1961)."""
    return math.exp(-0.5 * u * u) / math.sqrt(2 * math.pi) - u * float(ndtr(-u))


def evpi_normal(mean: float, sd: float) -> float:
    """Return the expected value of perfect information on a normal net benefit.

    Parameters
    ----------
    mean, sd : float
        Of the net benefit of one choice over the other.

    Returns
    -------
    float
        sd × L(|mean| / sd), with `unit_loss` as L.
    """
    if sd < 0 or not math.isfinite(sd) or not math.isfinite(mean):
        raise PlanningError(f"sd must be finite and not negative, found {sd:g}")
    return 0.0 if sd == 0 else sd * unit_loss(abs(mean) / sd)


def evsi_normal(mean: float, sd: float, se: float) -> float:
    """Return the expected value of a normal estimate with standard error `se` of a normal net benefit.

    Parameters
    ----------
    mean, sd : float
        Belief about the net benefit now.
    se : float
        Standard error of the new estimate.

    Returns
    -------
    float
        EVPI of a net benefit with the preposterior SD, sd² / sqrt(sd² + se²) (Ades et al. 2004, eq. 5).
    """
    if not se > 0:
        raise PlanningError(f"se must be positive, found {se:g}")
    return 0.0 if sd == 0 else evpi_normal(mean, sd * sd / math.hypot(sd, se))


def evsi_regression(
    benefit: FloatArray, estimate: FloatArray, se: FloatArray | None = None
) -> Estimate:
    """Estimate the value of sample information from draws (Strong et al. 2015).

    Parameters
    ----------
    benefit : ndarray of shape (B,)
        Net benefit for draws of the belief.
    estimate : ndarray of shape (B,)
        What a trial of each draw found; NaN where it failed.
    se : ndarray of shape (B,), optional
        Its standard error, a second predictor.

    Returns
    -------
    Estimate
        Never below zero; failed trials leave the belief as it was.

    Notes
    -----
    Least squares on natural cubic splines of the estimate (knots at its 5, 27.5, 50, 72.5 and 95%
    quantiles) and the logarithm of its standard error. The error is that of the mean over draws, with
    the fit taken as known.
    """
    b = np.asarray(benefit, dtype=float)
    fitted = _fitted(b, np.asarray(estimate, dtype=float), se)
    now = max(0.0, float(b.mean()))
    gain = np.maximum(fitted, 0.0) - (fitted if now > 0 else 0.0)
    return Estimate(max(0.0, float(gain.mean())), float(gain.std(ddof=1) / math.sqrt(len(gain))))


def _fitted(b: FloatArray, x: FloatArray, se: FloatArray | None) -> FloatArray:
    good = np.isfinite(x)
    if good.sum() < 50:
        raise PlanningError(
            f"a regression needs at least 50 analysable trials, found {int(good.sum())}"
        )
    fit = np.full(len(b), float(b[~good].mean()) if (~good).any() else 0.0)
    columns = [np.ones(int(good.sum())), *_spline(x[good])]
    if se is not None and float(np.ptp(np.log(se[good]))) > 1e-9:
        columns.append(np.log(se[good]))
    design = np.column_stack(columns)
    weights, *_ = np.linalg.lstsq(design, b[good], rcond=None)
    fit[good] = design @ weights
    return fit


def _spline(x: FloatArray) -> list[FloatArray]:
    """Natural cubic spline basis (Harrell 2015, eq. 2.25) of a standardised variable."""
    sd = float(x.std())
    if sd == 0:
        return []
    z = (x - x.mean()) / sd
    k = np.quantile(z, [0.05, 0.275, 0.5, 0.725, 0.95])
    if len(set(k.round(9))) < 5:
        return [z]

    def cube(at: float) -> FloatArray:
        found: FloatArray = np.maximum(z - at, 0.0) ** 3
        return found

    last, before = float(k[-1]), float(k[-2])
    return [z] + [
        (cube(float(t)) - cube(before) * (last - t) / (last - before) + cube(last) * (before - t) / (last - before))
        / (last - float(k[0])) ** 2
        for t in k[:-2]
    ]  # fmt: skip


def per_person(endpoint: Endpoint, effects: NDArray[np.float64]) -> tuple[FloatArray, str]:
    """Return effects as a person would feel them, benefit positive, and their unit.

    Parameters
    ----------
    endpoint : Endpoint
    effects : ndarray
        On the endpoint's scale.

    Returns
    -------
    gain : ndarray
        Attacks a week fewer, points less, responders more in 100, at the comparator's own level.
    unit : str
    """
    if endpoint.kind == "count":
        level = endpoint.baseline_mean * (1 + endpoint.comparator / 100)
        return level * (1 - np.exp(effects)), "attacks a week"
    if endpoint.kind == "responder":
        p0 = endpoint.comparator / 100
        odds = p0 / (1 - p0) * np.exp(effects)
        return 100 * (odds / (1 + odds) - p0), "responders in 100"
    return endpoint.benefit_sign * endpoint.possible(effects), endpoint.unit


def offered_threshold(base: EvidenceBase, ground: Ground) -> Threshold | None:
    """Return the minimal important difference of the base in the person's unit, or None.

    Parameters
    ----------
    base : EvidenceBase
    ground : Ground

    Returns
    -------
    Threshold or None
        What single people call much better; the base holds none between groups.
    """
    if ground.endpoint.kind != "score":
        return None
    value, source = minimal_difference(
        base, ground.construct, ground.endpoint.unit, ground.question.conditions[0]
    )
    if value is None:
        return None
    return Threshold(
        value, ground.endpoint.unit, "base", source,
        f"A change of {value:g} {ground.endpoint.unit} is what one person calls much better. It is no threshold between groups, and a strict one here.",
    )  # fmt: skip


def value_of_trial(
    ground: Ground,
    sizes: Sequence[int],
    *,
    threshold: float | None = None,
    population: float | None = None,
    simulations: int = 20_000,
    seed: int = 1,
) -> Value:
    """Return what a parallel trial of each size would be worth.

    Parameters
    ----------
    ground : Ground
    sizes : sequence of int
        People in all.
    threshold : float, optional
        In the person's unit; the base's minimal important difference by default.
    population : float, optional
        People for whom the decision is taken, to scale by.
    simulations, seed : int

    Returns
    -------
    Value

    Raises
    ------
    PlanningError
        Without a threshold where the base has none: it has to be said, not guessed.
    """
    unit = per_person(ground.endpoint, np.zeros(1))[1]
    if threshold is not None:
        if not (math.isfinite(threshold) and threshold >= 0):
            raise PlanningError(f"threshold must be 0 or more {unit}, found {threshold:g}")
        limit = Threshold(threshold, unit, "given", None, f"{threshold:g} {unit}, as given.")
    else:
        offered = offered_threshold(ground.base, ground)
        if offered is None:
            raise PlanningError(
                f"{ground.question.id}: the base holds no minimal important difference in {unit}; say with "
                "threshold (--threshold) how much effect would make it worth it"
            )
        limit = offered
    if population is not None and not (math.isfinite(population) and population > 0):
        raise PlanningError(f"population must be above 0, found {population:g}")
    belief = ground.belief
    # The decision is about the mean effect over trials; a new trial's own effect varies around it.
    z = np.random.default_rng([seed, 20]).standard_normal((simulations, 3))
    tau = belief.tau if belief.tau_known else belief.tau * np.abs(z[:, 1])
    mean = belief.mean + belief.sd * z[:, 0]
    gain, _ = per_person(ground.endpoint, mean)
    benefit = gain - limit.value
    told = assume(ground.base, ground.question.conditions[0], ground.outcome, "parallel")
    model = Model(ground.endpoint, told, seed=seed)
    evsi, switch = [], []
    offer = float(benefit.mean()) > 0
    for n in sizes:
        times = max(2000, min(simulations, 2_000_000 // n))
        runs = DESIGNS["parallel"](model, (mean + tau * z[:, 2])[:times], n)
        seen = np.where(runs.failed, np.nan, runs.estimate)
        evsi.append((n, evsi_regression(benefit[:times], seen)))
        fitted = _fitted(benefit[:times], seen, None)
        switch.append((n, float(np.mean((fitted > 0) != offer))))
    perfect = np.maximum(benefit, 0.0) - (benefit if offer else 0.0)
    root = math.sqrt(simulations)
    made = Value(
        ground.question.id, unit, limit,
        Estimate(float(benefit.mean()), float(benefit.std(ddof=1) / root)),
        float(np.mean(benefit > 0)), "offer" if offer else "do not offer",
        Estimate(float(perfect.mean()), float(perfect.std(ddof=1) / root)),
        tuple(evsi), tuple(switch), population, (),
    )  # fmt: skip
    return Value(**{**vars(made), "words": _words(made)})


def _words(v: Value) -> tuple[str, ...]:
    out = [
        f"The scale: {v.unit}, for each person the decision is about. Worth it from: {v.threshold.words}",
        f"As believed now, the chance that the mean effect is worth it is {100 * v.chance_worth:.0f}%.",
        f"Knowing the mean effect exactly would be worth {v.evpi.value:.3g} {v.unit} a person at most.",
    ]
    for (n, e), (_, s) in zip(v.evsi, v.switch, strict=True):
        share = f", {100 * e.value / v.evpi.value:.0f}% of that" if v.evpi.value > 0 else ""
        out.append(
            f"A trial of {n} people would be worth {e.value:.3g} {v.unit} a person{share}; after {100 * s:.0f}% of "
            "such trials the other choice would be the better one."
        )
        if v.population is not None:
            out.append(
                f"For {v.population:g} people that is {e.value * v.population:.3g} {v.unit}."
            )
    out.append(
        "A research tool: it weighs effects against one stated threshold, counts no costs and is no verdict on "
        "offering a treatment to anybody."
    )
    return tuple(out)
