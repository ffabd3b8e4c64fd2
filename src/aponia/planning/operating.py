"""Power, assurance, and the number of people that reaches a target.

Every figure is a share of simulated trials and carries its Monte Carlo error. Sizes are compared with
the same seed: a larger trial begins with the people of the smaller one and the true effects are the
same draws, so that curves rise smoothly.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from aponia.planning.belief import Belief
from aponia.planning.designs import Design, Model, Runs
from aponia.planning.errors import PlanningError
from aponia.planning.model import Estimate, Operating, Size

__all__ = ["assurance", "find_size", "operate", "power", "share", "smallest"]

#: People drawn for one point of a search: larger trials are simulated less often.
_BUDGET = 1_200_000
_FEWEST = 1_000


def share(hits: NDArray[np.bool_]) -> Estimate:
    """Return a share and its Monte Carlo standard error (half a trial added on each side)."""
    n = len(hits)
    if n == 0:
        return Estimate(math.nan, math.nan)
    p = (float(hits.sum()) + 0.5) / (n + 1)
    return Estimate(float(hits.mean()), math.sqrt(p * (1 - p) / n))


def power(
    design: Design, model: Model, effect: float, people: int, simulations: int = 10_000
) -> Estimate:
    """Return how often a trial rejects in the direction of benefit at a true effect.

    Parameters
    ----------
    design : Design
    model : Model
    effect : float
        On the endpoint's scale.
    people : int
        In all.
    simulations : int

    Returns
    -------
    Estimate
    """
    runs = design(model, np.full(simulations, float(effect)), people)
    return share(runs.benefit(model.endpoint.benefit_sign))


def assurance(
    design: Design, model: Model, belief: Belief, people: int, simulations: int = 10_000
) -> Estimate:
    """Return power averaged over the belief about the effect (O'Hagan et al. 2005).

    Parameters
    ----------
    design : Design
    model : Model
    belief : Belief
    people, simulations : int

    Returns
    -------
    Estimate
    """
    runs = design(model, belief.draws(simulations, model.seed), people)
    return share(runs.benefit(model.endpoint.benefit_sign))


def smallest(name: str) -> tuple[int, int]:
    """Return the fewest people a design is tried with, and the step of its size."""
    return {
        "parallel": (6, 2), "sequential": (12, 2), "crossover": (4, 2), "n-of-1": (3, 1),
        "dose-finding": (12, 4), "enrichment": (40, 4),
    }[name]  # fmt: skip


def _fewer(simulations: int, people: int) -> int:
    return max(min(simulations, _FEWEST), min(simulations, _BUDGET // people))


def find_size(
    kind: Literal["power", "assurance"],
    at: Callable[[int, int], Estimate],
    target: float,
    start: int,
    step: int,
    largest: int,
    simulations: int,
    ceiling: float = 1.0,
    told: Callable[[int], None] = lambda _: None,
) -> Size:
    """Find the smallest number of people that reaches a target.

    Parameters
    ----------
    kind : {"power", "assurance"}
    at : callable
        ``(people, simulations) -> Estimate``.
    target : float
    start, step, largest : int
        Fewest people, step, most people tried.
    simulations : int
    ceiling : float
        What no size can exceed (the probability of benefit, for assurance).
    told : callable
        Called with every size tried.

    Returns
    -------
    Size
        By doubling, then halving the bracket, then a probit line in the square root of the size over
        all sizes tried near the target, which evens out their Monte Carlo error.
    """
    if not 0 < target < 1:
        raise PlanningError(f"target must lie between 0 and 1, found {target:g}")
    if largest < start:
        raise PlanningError(
            f"this design needs at least {start} people, the most allowed is {largest}"
        )
    seen: dict[int, tuple[Estimate, int]] = {}

    def value(people: int) -> float:
        if people not in seen:
            told(people)
            times = _fewer(simulations, people)
            seen[people] = (at(people, times), times)
        return seen[people][0].value

    def rounded(people: float) -> int:
        return min(largest, max(start, start + step * math.ceil((people - start) / step - 1e-9)))

    if target >= ceiling:
        reached = at(largest, _fewer(simulations, largest))
        return Size(
            kind, target, None, None, None, reached,
            f"No number of people reaches it: the belief puts only {100 * ceiling:.0f}% on benefit.",
        )  # fmt: skip
    low, high = start, start
    while value(high) < target and high < largest:
        low, high = high, min(largest, rounded(2 * high))
    if value(high) < target:
        return Size(
            kind,
            target,
            None,
            None,
            None,
            seen[high][0],
            f"Not reached with {largest} people in all.",
        )
    while high - low > max(step, high // 25):
        middle = rounded((low + high) / 2)
        if middle in (low, high):
            break
        low, high = (low, middle) if value(middle) >= target else (middle, high)
    found, spread = _smoothed(seen, target, high)
    people = rounded(found)
    reached = at(people, _fewer(4 * simulations, people))
    return Size(
        kind, target, people, rounded(max(start, found - spread)), rounded(found + spread), reached
    )


def _smoothed(
    seen: dict[int, tuple[Estimate, int]], target: float, near: int
) -> tuple[float, float]:
    """Where the fitted probit line meets the target, and 1.96 standard errors of that."""
    use = [n for n in seen if 0.5 * near <= n <= 2 * near and 0.02 < seen[n][0].value < 0.995]
    if len(use) < 3:
        return float(near), 0.0
    x = np.sqrt(np.array(use, dtype=float))
    p = np.array([seen[n][0].value for n in use])
    z = stats.norm.ppf(p)
    w = (stats.norm.pdf(z) / np.array([seen[n][0].mc_error for n in use])) ** 2
    centre = float((w @ x) / w.sum())
    slope = float((w * (x - centre)) @ z / ((w * (x - centre)) @ (x - centre)))
    if not slope > 0:
        return float(near), 0.0
    root = centre + (float(stats.norm.ppf(target)) - float((w @ z) / w.sum())) / slope
    # The same people serve every size: the errors are one error, that of a single size.
    error = 1.96 / math.sqrt(float(w.max())) / slope
    return root * root, 2 * root * error


def operate(
    design: Design, model: Model, belief: Belief, target: float, people: int, simulations: int,
    allowed: float,
) -> Operating:  # fmt: skip
    """Return everything about a trial of one size.

    Parameters
    ----------
    design : Design
    model : Model
    belief : Belief
    target : float
        The effect the trial should be able to see.
    people, simulations : int
    allowed : float
        The error the design promises.

    Returns
    -------
    Operating
    """
    sign = model.endpoint.benefit_sign
    at = design(model, np.full(simulations, float(target)), people)
    # Streams of their own: the null and the belief are not the same people again.
    null = design(model, np.zeros(simulations), people, simulations)
    drawn = belief.draws(simulations, model.seed)
    over = design(model, drawn, people, 2 * simulations)
    good = sign * drawn > 0
    hit = at.reject & ~at.failed
    truth = at.truth[0] if len(at.truth) else math.nan
    exaggeration = None
    if hit.any() and truth != 0:
        exaggeration = float(np.mean(at.estimate[hit] / at.truth[hit]))
    rejected = over.reject & ~over.failed
    wrong = np.sign(over.estimate[rejected]) != np.sign(over.truth[rejected])
    return Operating(
        people=people,
        expected_people=float(over.people.mean()),
        power=share(at.benefit(sign)),
        assurance=share(over.benefit(sign)),
        assurance_if_benefit=share(over.benefit(sign)[good]),
        type_one_error=share(null.reject),
        allowed_error=allowed,
        half_width=_mean(at.half_width, at),
        width_scale=at.scale or model.endpoint.scale,
        bias=_mean(at.estimate - at.truth, at),
        exaggeration=exaggeration,
        wrong_direction=share(wrong) if rejected.any() else Estimate(0.0, 0.0),
        failed=float(at.failed.mean()),
        extra={name: float(values.mean()) for name, values in at.extra.items()},
    )


def _mean(values: NDArray[np.float64], runs: Runs) -> float:
    good = ~runs.failed
    return float(values[good].mean()) if good.any() else math.nan
