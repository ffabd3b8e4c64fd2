"""What it costs when people can tell what they got.

People who believe they got the active treatment gain from that belief (activated expectancy bias:
Szigeti et al., Sci Rep 2023;13:12107). When more of them sit in the active arm, the difference between
arms holds expectancy × (share believing on active − share believing on comparator), whatever the
treatment does. An active comparator buys back part of it. Asking people for their guess and taking
account of it in the analysis removes it from the estimate, at the price of people: with a correlation r
between arm and guess the variance grows by 1 / (1 − r²) (the variance inflation of a covariate). That
holds only if the guess did not come from getting better.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from aponia.planning.designs import Design, Model
from aponia.planning.model import Unblinding
from aponia.planning.operating import share

__all__ = ["guess_factor", "unblinding_cost"]


def guess_factor(active: float, comparator: float) -> float:
    """Return by what a trial must grow when its analysis takes account of the guess.

    Parameters
    ----------
    active, comparator : float
        Shares believing they got the active treatment, in equal arms.

    Returns
    -------
    float
        1 / (1 − r²); infinite when the guess is the arm.
    """
    middle = (active + comparator) / 2
    if middle in (0.0, 1.0):
        return 1.0
    r2 = (active - comparator) ** 2 / (4 * middle * (1 - middle))
    return 1 / (1 - r2) if r2 < 1 else float("inf")


def unblinding_cost(
    design: Design, model: Model, target: float, people: int, simulations: int
) -> tuple[Unblinding, ...]:
    """Compare a held blind, an inert and an active comparator.

    Parameters
    ----------
    design : Design
    model : Model
        Uses ``believe_active``, ``believe_comparator``, ``believe_active_comparator``, ``expectancy``.
    target : float
        The effect the trial should be able to see.
    people, simulations : int

    Returns
    -------
    tuple of Unblinding
    """
    a = model.get("believe_active", 0.5)
    inert = model.get("believe_comparator", 0.5)
    active = model.get("believe_active_comparator", 0.5)
    expectancy = model.get("expectancy", 0.0)
    rows = []
    for scenario, label, on_active, on_comparator in (
        ("blind-holds", "the blind holds", 0.5, 0.5),
        ("inert-comparator", "inert comparator", a, inert),
        ("active-comparator", "active comparator", a, active),
    ):
        seen = replace(model, believe=(on_active, on_comparator), expectancy=expectancy)
        nothing = design(seen, np.zeros(simulations), people)
        something = design(seen, np.full(simulations, float(target)), people)
        good = ~nothing.failed
        rows.append(
            Unblinding(
                scenario,  # type: ignore[arg-type]
                label,
                on_active,
                on_comparator,
                expectancy,
                expectancy * (on_active - on_comparator) + 0.0,
                float(nothing.estimate[good].mean()) if good.any() else float("nan"),
                share(nothing.reject),
                share(something.benefit(model.endpoint.benefit_sign)),
                guess_factor(on_active, on_comparator),
            )
        )
    return tuple(rows)
