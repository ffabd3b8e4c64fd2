"""The typed results of a plan. Everything that shows a plan reads these."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

from aponia.planning.assumptions import Assumptions
from aponia.planning.belief import Belief
from aponia.planning.endpoints import Endpoint

__all__ = ["CurvePoint", "EffectPoint", "Estimate", "Operating", "Plan", "Size", "Unblinding"]


@dataclass(frozen=True)
class Estimate:
    """A share found by simulation and its Monte Carlo standard error."""

    value: float
    mc_error: float


@dataclass(frozen=True)
class Size:
    """How many people reach a target.

    Attributes
    ----------
    kind : {"power", "assurance"}
        Power at the target effect, or averaged over the belief.
    target : float
    people : int or None
        In all, before dropout; None when no size up to the largest tried reaches it.
    low, high : int or None
        What the Monte Carlo error leaves open (95%).
    reached : Estimate or None
        What the simulation gives at `people`, or at the largest size tried.
    why : str
        Why there is none; empty otherwise.
    """

    kind: Literal["power", "assurance"]
    target: float
    people: int | None
    low: int | None
    high: int | None
    reached: Estimate | None
    why: str = ""


@dataclass(frozen=True)
class CurvePoint:
    """Power at the target effect and assurance with a number of people."""

    people: int
    power: Estimate
    assurance: Estimate


@dataclass(frozen=True)
class EffectPoint:
    """Power at a true effect; `natural` is a ratio for counts and responders."""

    effect: float
    natural: float
    power: Estimate


@dataclass(frozen=True)
class Operating:
    """What a trial of one size would do.

    Attributes
    ----------
    people : int
        Randomised in all.
    expected_people : float
        On average over the belief; smaller where a trial may stop early.
    power : Estimate
        At the target effect: rejects, in the direction of benefit.
    assurance : Estimate
        The same over the belief.
    assurance_if_benefit : Estimate
        Over the part of the belief on the side of benefit.
    type_one_error : Estimate
        Rejections without any effect and with the blind held, in either direction.
    allowed_error : float
        What the design promises for it.
    half_width : float
        Expected half width of the 95% interval (at level 1 − alpha) at the target effect.
    width_scale : str
        What `half_width`, `bias` are measured in.
    bias : float
        Mean estimate minus truth at the target effect.
    exaggeration : float or None
        Mean of estimate over truth among trials that reject at the target effect (type M error).
    wrong_direction : Estimate
        Over the belief: share of rejections whose direction is not that of the truth (type S).
    failed : float
        Share of trials that could not be analysed.
    extra : dict of str to float
        Means of what the design adds, at the target effect.
    """

    people: int
    expected_people: float
    power: Estimate
    assurance: Estimate
    assurance_if_benefit: Estimate
    type_one_error: Estimate
    allowed_error: float
    half_width: float
    width_scale: str
    bias: float
    exaggeration: float | None
    wrong_direction: Estimate
    failed: float
    extra: dict[str, float]


@dataclass(frozen=True)
class Unblinding:
    """What functional unblinding does to a trial of the planned size.

    Attributes
    ----------
    scenario : {"blind-holds", "inert-comparator", "active-comparator"}
    label : str
    believe_active, believe_comparator : float
        Shares who believe they got the active treatment.
    expectancy : float
        What that belief adds, on the endpoint's scale.
    added : float
        How far that moves the estimate (expectancy × difference of the shares).
    estimate_without_effect : float
        Mean estimate when the treatment itself does nothing.
    false_positive : Estimate
        Rejections when the treatment itself does nothing.
    power : Estimate
        At the target effect: the part above that of the held blind is bought by expectancy.
    people_factor : float
        By what the trial must grow if the analysis takes account of each person's guess.
    """

    scenario: Literal["blind-holds", "inert-comparator", "active-comparator"]
    label: str
    believe_active: float
    believe_comparator: float
    expectancy: float
    added: float
    estimate_without_effect: float
    false_positive: Estimate
    power: Estimate
    people_factor: float


@dataclass(frozen=True)
class Plan:
    """A study that would address a question, and what it rests on.

    Attributes
    ----------
    question, ask, condition, construct : str
    design : str
    alpha, target : float
    seed, simulations : int
    endpoint : Endpoint
    assumptions : Assumptions
    belief : Belief
    target_effect : float
        The effect the trial should be able to see, on the endpoint's scale.
    for_power, for_assurance : Size
    operating : Operating
        At the size asked for, else that of `for_power`, else the largest tried.
    curve : tuple of CurvePoint
    effects : tuple of EffectPoint
    unblinding : tuple of Unblinding
    boundaries : tuple of dict
        Looks of a group sequential design.
    sentences : tuple of str
        The plan in words; they speak of trials, not of the treatment's effect.
    warnings : tuple of str
    """

    question: str
    ask: str
    condition: str
    construct: str
    design: str
    alpha: float
    target: float
    seed: int
    simulations: int
    endpoint: Endpoint
    assumptions: Assumptions
    belief: Belief
    target_effect: float
    for_power: Size
    for_assurance: Size
    operating: Operating
    curve: tuple[CurvePoint, ...]
    effects: tuple[EffectPoint, ...]
    unblinding: tuple[Unblinding, ...]
    boundaries: tuple[dict[str, float], ...]
    sentences: tuple[str, ...]
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as JSON-safe values (NaN becomes None)."""
        whole: dict[str, Any] = {}
        for name, value in vars(self).items():
            if name in ("endpoint", "assumptions", "belief"):
                whole[name] = value.to_dict()
            elif isinstance(value, tuple):
                whole[name] = [_plain(v) for v in value]
            else:
                whole[name] = _plain(value)
        clean: dict[str, Any] = _safe(whole)
        return clean


def _plain(value: Any) -> Any:
    return asdict(value) if hasattr(value, "__dataclass_fields__") else value


def _safe(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _safe(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_safe(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
