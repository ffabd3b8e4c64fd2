"""Several approaches against one comparator: a test for a dose response and one for every arm.

The first step of MCP-Mod (Bretz, Pinheiro & Branson, Biometrics 2005;61:738): candidate shapes give
optimal contrasts, and the largest contrast statistic is held against the multivariate t distribution.
Beside it every arm is compared with the comparator by Dunnett's test. Both are one-sided in the
direction of benefit, each at half of the two-sided alpha.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import stats
from scipy.stats import qmc

from aponia.planning.closed_forms import dunnett_critical
from aponia.planning.designs.model import Model, Runs, contrast, critical_t, group_cells
from aponia.planning.endpoints import FloatArray
from aponia.planning.errors import PlanningError

__all__ = ["APPROACHES", "dose_sizes", "optimal_contrasts", "run_dose_finding"]

APPROACHES = ("microdose", "psycholytic", "macrodose")


def dose_sizes(n: int) -> tuple[int, ...]:
    """Split people over the comparator and the approaches as evenly as possible."""
    arms = len(APPROACHES) + 1
    if n < 2 * arms:
        raise PlanningError(
            f"dose finding over {arms - 1} approaches needs at least {2 * arms} people, found {n}"
        )
    return tuple(n // arms + (1 if g < n % arms else 0) for g in range(arms))


def optimal_contrasts(levels: tuple[float, ...], sizes: tuple[int, ...]) -> FloatArray:
    """Return the optimal contrasts of the candidate shapes.

    Parameters
    ----------
    levels : tuple of float
        Place of each arm, the comparator (0) first.
    sizes : tuple of int

    Returns
    -------
    ndarray of shape (3, G)
        Linear, Emax (half of the effect at 0.2) and threshold (only the highest level works); each
        c_g = n_g (mu_g − mean), scaled to length 1 (Bretz et al. 2005, §3).
    """
    x = np.array(levels)
    shapes = np.stack([x, x / (0.2 + x), (x >= x.max()).astype(float)])
    n = np.array(sizes, dtype=float)
    centred = shapes - (shapes @ n / n.sum())[:, None]
    c = n * centred
    scaled: FloatArray = c / np.linalg.norm(c, axis=1, keepdims=True)
    return scaled


@lru_cache(maxsize=256)
def _critical(levels: tuple[float, ...], sizes: tuple[int, ...], df: float, alpha: float) -> float:
    """One-sided critical value of the largest contrast, over 2^15 Sobol points."""
    c = optimal_contrasts(levels, sizes) / np.sqrt(np.array(sizes, dtype=float))
    c = c / np.linalg.norm(c, axis=1, keepdims=True)
    points = qmc.Sobol(len(sizes) + 1, seed=1).random_base2(15)
    z = stats.norm.ppf(np.clip(points[:, :-1], 1e-12, 1 - 1e-12))
    scale = np.sqrt(stats.chi2.ppf(points[:, -1], df) / df) if df < 1e4 else np.ones(len(points))
    return float(np.quantile((z @ c.T).max(axis=1) / np.maximum(scale, 1e-12), 1 - alpha))


def run_dose_finding(model: Model, effects: FloatArray, n: int, first: int = 0) -> Runs:
    """Simulate trials of a comparator and three approaches.

    Parameters
    ----------
    model : Model
        Uses ``level_…`` and ``half_level``: the true effect follows an Emax curve that gives the full
        effect at level 1.
    effects : ndarray of shape (B,)
        True effects of the highest approach.
    n : int
        People in all.
    first : int

    Returns
    -------
    Runs
        `reject`: a dose response was found. The estimate is that of the highest approach against the
        comparator. ``extra``: ``dunnett_<approach>`` (1 when that arm beats the comparator) and
        ``best`` (number of the approach with the largest estimate, from 1).
    """
    effects = np.ascontiguousarray(effects, dtype=float)
    sign = model.endpoint.benefit_sign
    levels = (
        0.0,
        *(model.get(f"level_{a}", v) for a, v in zip(APPROACHES, (0.1, 0.5, 1.0), strict=True)),
    )
    half = model.get("half_level", 0.3)
    if list(levels) != sorted(set(levels)) or half <= 0:
        raise PlanningError(
            "levels of approaches must rise from above 0, half_level must be positive"
        )
    sizes = dose_sizes(n)
    shape = np.array(levels) / (half + np.array(levels)) * (half + levels[-1]) / levels[-1]
    locations = np.stack([model.belief_locations(effects * s) for s in shape], axis=1)
    active, comparator = model.believe or (0.0, 0.0)
    groups = len(sizes)
    believe = np.array([comparator] + [active] * (groups - 1))
    dropout = np.array(
        [model.get("dropout_comparator", 0.0)] + [model.get("dropout_active", 0.0)] * (groups - 1)
    )
    size = np.array(sizes, dtype=np.int64)[:, None]
    cells = group_cells(model, locations, believe, dropout, size, first)
    one_sided = model.alpha / 2
    top = np.zeros(groups)
    top[0], top[-1] = -1.0, 1.0
    estimate, se, df = contrast(cells, 0, top)
    finite = np.isfinite(se)
    usual = float(np.median(df[finite])) if finite.any() else 1.0
    usual = usual if np.isfinite(usual) else 1e6
    c = _critical(levels, sizes, usual, one_sided)
    best = np.full(len(effects), -np.inf)
    for weights in optimal_contrasts(levels, sizes):
        e, s, _ = contrast(cells, 0, weights)
        with np.errstate(invalid="ignore", divide="ignore"):
            t = sign * e / s
        best = np.fmax(best, np.where(np.isfinite(t), t, -np.inf))
    extra: dict[str, FloatArray] = {}
    d = dunnett_critical(sizes[1:], sizes[0], one_sided, usual)
    arms = []
    for g, name in enumerate(APPROACHES, start=1):
        w = np.zeros(groups)
        w[0], w[g] = -1.0, 1.0
        e, s, _ = contrast(cells, 0, w)
        arms.append(sign * e)
        with np.errstate(invalid="ignore"):
            extra[f"dunnett_{name}"] = (np.isfinite(s) & (sign * e > d * s)).astype(float)
    ranked = np.nan_to_num(np.stack(arms), nan=-np.inf)
    extra["best"] = ranked.argmax(axis=0) + 1.0
    failed = ~finite
    truth = model.endpoint.possible(effects)
    half_width = critical_t(np.where(finite, df, 1.0), model.alpha) * se
    return Runs(
        truth, estimate, se, df, ~failed & (best > c), np.full(len(effects), float(n)), failed,
        half_width, extra,
    )  # fmt: skip
