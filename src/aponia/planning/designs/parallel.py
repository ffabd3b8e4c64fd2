"""Parallel groups, analysed once or at several looks."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import numpy as np

from aponia.meta._sequential import boundaries
from aponia.planning.designs.model import (
    Cells,
    Model,
    Runs,
    contrast,
    critical_t,
    group_cells,
    group_sizes,
    two_sided,
)
from aponia.planning.endpoints import FloatArray
from aponia.planning.errors import PlanningError

__all__ = ["run_parallel", "run_sequential", "sequential_boundaries"]

_DIFFERENCE = np.array([-1.0, 1.0])


def _cells(model: Model, effects: FloatArray, sizes: list[tuple[int, int]], first: int) -> Cells:
    # With a known effect the same, the comparator's location is found once for all trials.
    nothing = model.belief_locations(np.zeros(1))
    locations = np.stack(
        [np.repeat(nothing, len(effects), axis=0), model.belief_locations(effects)], axis=1
    )
    active, comparator = model.believe or (0.0, 0.0)
    return group_cells(
        model, locations, np.array([comparator, active]),
        np.array([model.get("dropout_comparator", 0.0), model.get("dropout_active", 0.0)]),
        np.array(sizes, dtype=np.int64).T.copy(), first,
    )  # fmt: skip


def run_parallel(model: Model, effects: FloatArray, n: int, first: int = 0) -> Runs:
    """Simulate parallel-group trials.

    Parameters
    ----------
    model : Model
    effects : ndarray of shape (B,)
        True effects on the endpoint's scale.
    n : int
        People in all.
    first : int
        Number of the first trial.

    Returns
    -------
    Runs
        Analysis of covariance (scores), negative binomial regression (counts) or log odds
        (responders); see `aponia.planning.kernels.groups`.
    """
    effects = np.ascontiguousarray(effects, dtype=float)
    cells = _cells(model, effects, [group_sizes(n, model.ratio)], first)
    truth = model.endpoint.possible(effects)
    return two_sided(truth, *contrast(cells, 0, _DIFFERENCE), model.alpha, n)


@lru_cache(maxsize=64)
def sequential_boundaries(
    looks: tuple[float, ...], alpha: float, spending: str
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return boundaries on the Z scale and their nominal two-sided p-values.

    Parameters
    ----------
    looks : tuple of float
        Information fractions, the last one 1.
    alpha : float
        Two-sided.
    spending : str
        "OBF", "Pocock", … as in `aponia.meta._sequential.boundaries`.

    Returns
    -------
    upper, nominal_p : tuple of float
    """
    if not looks or looks[-1] != 1 or any(b <= a for a, b in pairwise(looks)):
        raise PlanningError(f"looks must increase and end with 1, found {looks}")
    found = boundaries(looks, alpha=alpha, spending=spending)
    return tuple(float(u) for u in found.upper), tuple(float(p) for p in found.nominal_p)


def run_sequential(model: Model, effects: FloatArray, n: int, first: int = 0) -> Runs:
    """Simulate group sequential trials that stop for efficacy.

    Parameters
    ----------
    model, effects, first
        As in `run_parallel`; the looks are `Model.looks`.
    n : int
        People in all if the trial does not stop.

    Returns
    -------
    Runs
        `people` is the number randomised when the trial stopped; ``extra["look"]`` the look. Error is
        spent by the planned fractions; t statistics are held against t at the boundary's nominal p
        (Jennison & Turnbull, Group Sequential Methods 2000, §11.4). The estimate and the interval are
        those of a single analysis, so that stopping early shows as exaggeration.
    """
    effects = np.ascontiguousarray(effects, dtype=float)
    _, nominal = sequential_boundaries(model.looks, model.alpha, model.spending)
    sizes = [group_sizes(max(2, round(t * n)), model.ratio) for t in model.looks]
    cells = _cells(model, effects, sizes, first)
    truth = model.endpoint.possible(effects)
    runs: Runs | None = None
    stopped = np.zeros(len(effects), dtype=bool)
    look = np.full(len(effects), float(len(sizes)))
    for i, (p, size) in enumerate(zip(nominal, sizes, strict=True)):
        estimate, se, df = contrast(cells, i, _DIFFERENCE)
        here = two_sided(truth, estimate, se, df, p, sum(size))
        if runs is None:
            runs = here
        else:
            keep = stopped
            runs = Runs(
                truth,
                *(
                    np.where(keep, getattr(runs, name), getattr(here, name))
                    for name in ("estimate", "se", "df", "reject", "people", "failed", "half_width")
                ),
            )
        now = here.reject & ~stopped
        look[now] = i + 1
        stopped |= now
    if runs is None:
        raise PlanningError("a group sequential trial needs at least one look")
    half = critical_t(runs.df, model.alpha) * runs.se
    return replace(runs, reject=stopped, half_width=half, extra={"look": look})
