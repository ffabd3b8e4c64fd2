"""People as their own comparison: crossover and aggregated N-of-1."""

from __future__ import annotations

import math
from dataclasses import replace

import numba
import numpy as np

from aponia.planning.designs.model import CHUNK, Model, Runs, two_sided
from aponia.planning.endpoints import FloatArray, count_dispersion
from aponia.planning.errors import PlanningError
from aponia.planning.kernels.within import simulate_within

__all__ = ["run_crossover", "run_n_of_1"]


def run_crossover(model: Model, effects: FloatArray, n: int, first: int = 0) -> Runs:
    """Simulate two-period crossover trials.

    Parameters
    ----------
    model : Model
        Uses the assumptions ``period_sd`` (counts) or ``own_share``, ``carry_over``,
        ``autocorrelation``, ``effect_spread``, ``washout_weeks``.
    effects : ndarray of shape (B,)
    n : int
        People in all.
    first : int

    Returns
    -------
    Runs
    """
    return _run(model, effects, n, first, 1, True)


def run_n_of_1(model: Model, effects: FloatArray, n: int, first: int = 0) -> Runs:
    """Simulate sets of N-of-1 trials, put together over people.

    Parameters
    ----------
    model, effects, first
        As in `run_crossover`; ``blocks`` is the number of blocks of two periods.
    n : int
        People in all.

    Returns
    -------
    Runs
    """
    blocks = model.get("blocks", 3.0)
    if blocks < 1 or blocks != round(blocks):
        raise PlanningError(f"blocks must be a whole number from 1 up, found {blocks:g}")
    return _run(model, effects, n, first, int(blocks), False)


def _run(
    model: Model, effects: FloatArray, n: int, first: int, blocks: int, crossover: bool
) -> Runs:
    if n < (3 if crossover else 2):
        raise PlanningError(f"this design needs at least {3 if crossover else 2} people, found {n}")
    endpoint = model.endpoint
    effects = np.ascontiguousarray(effects, dtype=float)
    locations = endpoint.locations(effects)
    control = float(endpoint.locations(0.0))
    added = locations - control
    shift = 0.0
    active, comparator = model.believe or (0.0, 0.0)
    if model.believe is not None:
        # Expectancy is counted from a held blind, where half of the beliefs are in active.
        low, high = (float(endpoint.locations(s * model.expectancy)) for s in (-0.5, 0.5))
        shift, control = high - low, low
    g = endpoint.parameters()
    p = np.zeros(6)
    if endpoint.kind == "count":
        frailty = count_dispersion(
            endpoint.baseline_mean, endpoint.baseline_sd, endpoint.baseline_weeks
        )
        p[:] = (
            endpoint.baseline_mean, 0.0, endpoint.followup_weeks, frailty,
            model.get("period_sd", 0.35), endpoint.bout_weeks,
        )  # fmt: skip
        # The location holds what bouts that end take away in one period; here bouts end by the clock.
    else:
        own = model.get("own_share", model.endpoint.correlation)
        if not 0 <= own < 1:
            raise PlanningError(f"own_share must be at least 0 and below 1, found {own:g}")
        p[:] = (0.0, own, g[2], 0.0, endpoint.lowest, endpoint.highest)
    stay = 1 - max(model.get("dropout_active", 0.0), model.get("dropout_comparator", 0.0))
    q = np.array(
        [
            0.0,
            model.get("autocorrelation", 0.0),
            model.get("carry_over", 0.0),
            1 - math.sqrt(stay),  # two periods lose what a parallel trial of one period loses
            active,
            comparator,
            model.get("washout_weeks", 0.0),
        ]
    )
    if not -1 < q[1] < 1 or not 0 <= q[2] <= 1:
        raise PlanningError("autocorrelation must lie inside -1 and 1, carry_over between 0 and 1")
    spread = model.get("effect_spread", 0.0) * _latent_unit(model)
    q[0] = spread
    threads = int(numba.get_num_threads())
    parts = [
        simulate_within(
            model.seed, first + at, endpoint.code, np.full(min(CHUNK, len(added) - at), control),
            added[at : at + CHUNK].copy(), shift, n, blocks, crossover, p, q, threads,
        )
        for at in range(0, len(added), CHUNK)
    ]  # fmt: skip
    estimate, se, df = np.concatenate(parts).T
    if endpoint.kind == "responder":
        # Differences of shares are what is averaged; the truth is on the same scale.
        truth = _shares(endpoint.locations(effects)) - _shares(endpoint.locations(np.zeros(1)))
    else:
        truth = endpoint.possible(effects)
    runs = two_sided(truth, estimate, se, df, model.alpha, n)
    return replace(runs, scale="difference of shares") if endpoint.kind == "responder" else runs


def _shares(logit: FloatArray) -> FloatArray:
    return 1 / (1 + np.exp(-logit))


def _latent_unit(model: Model) -> float:
    """Latent size of the target effect: `effect_spread` is a share of it."""
    target = model.get("target_effect", 0.0)
    return abs(float(model.endpoint.locations(target)) - float(model.endpoint.locations(0.0)))
