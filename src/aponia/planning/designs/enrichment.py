"""Adaptive enrichment: after half of the people, go on in everybody or only in a subgroup.

Two stages put together by the inverse normal combination (Lehmacher & Wassmer, Biometrics 1999;55:1286),
two hypotheses (everybody, subgroup) by closed testing with Simes' test for their intersection (Brannath
et al., Stat Med 2009;28:1445). The first kind of error holds whatever the rule of choice; here the second
stage is in the subgroup alone when the people outside it did worse than on the comparator.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from aponia.planning.designs.model import Cells, Model, Runs, contrast, group_cells
from aponia.planning.endpoints import FloatArray
from aponia.planning.errors import PlanningError

__all__ = ["run_enrichment"]

#: The second stage draws from streams far from those of the first.
_STAGE = 1 << 40
_INSIDE = np.array([-1.0, 1.0, 0.0, 0.0])
_OUTSIDE = np.array([0.0, 0.0, -1.0, 1.0])


def _stage(
    model: Model, effects: FloatArray, sizes: tuple[int, int, int, int], first: int
) -> Cells:
    ratio = model.get("effect_outside", 0.5)
    nothing = np.repeat(model.belief_locations(np.zeros(1)), len(effects), axis=0)
    locations = np.stack(
        [
            nothing,
            model.belief_locations(effects),
            nothing,
            model.belief_locations(ratio * effects),
        ],
        axis=1,
    )
    active, comparator = model.believe or (0.0, 0.0)
    believe = np.array([comparator, active, comparator, active])
    lost = (model.get("dropout_comparator", 0.0), model.get("dropout_active", 0.0))
    size = np.array(sizes, dtype=np.int64)[:, None]
    return group_cells(model, locations, believe, np.array(lost * 2), size, first)


def _scores(
    sign: int, part: tuple[FloatArray, FloatArray, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """One-sided p and its normal score; a trial that cannot be analysed counts against."""
    estimate, se, df = part
    with np.errstate(invalid="ignore", divide="ignore"):
        t = sign * estimate / se
    p = stats.t.sf(np.nan_to_num(t, nan=-9.0), np.clip(np.nan_to_num(df, nan=1.0), 1.0, 1e7))
    p = np.clip(p, 1e-15, 1 - 1e-15)
    return p, stats.norm.isf(p)


def _everybody(
    inside: tuple[FloatArray, FloatArray, FloatArray],
    outside: tuple[FloatArray, FloatArray, FloatArray],
    share: float,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    e = share * inside[0] + (1 - share) * outside[0]
    se = np.hypot(share * inside[1], (1 - share) * outside[1])
    return e, se, inside[2]


def run_enrichment(model: Model, effects: FloatArray, n: int, first: int = 0) -> Runs:
    """Simulate two-stage trials that may go on in a subgroup only.

    Parameters
    ----------
    model : Model
        Uses ``subgroup_share`` and ``effect_outside`` (effect outside as a share of that inside).
    effects : ndarray of shape (B,)
        True effects inside the subgroup.
    n : int
        People in all, half in each stage.
    first : int

    Returns
    -------
    Runs
        `reject`: at least one of the two hypotheses is rejected, one-sided at half of alpha with the
        family-wise error held. The estimate is that in the people of the second stage's choice, both
        stages put together. ``extra``: ``enriched``, ``everybody`` and ``subgroup`` (rejections).
    """
    effects = np.ascontiguousarray(effects, dtype=float)
    sign = model.endpoint.benefit_sign
    share = model.get("subgroup_share", 0.5)
    if not 0 < share < 1:
        raise PlanningError(f"subgroup_share must lie between 0 and 1, found {share:g}")
    quarter = n // 4
    s = round(quarter * share)
    if s < 2 or quarter - s < 2:
        raise PlanningError(
            f"enrichment with {n} people leaves a group with fewer than two in a stage; take at least "
            f"{4 * math.ceil(2.5 / min(share, 1 - share))}"
        )
    sizes = (s, s, quarter - s, quarter - s)
    one = _stage(model, effects, sizes, first)
    everyone = _stage(model, effects, sizes, first + _STAGE)
    only = _stage(model, effects, (quarter, quarter, 0, 0), first + 2 * _STAGE)
    in1, out1 = contrast(one, 0, _INSIDE), contrast(one, 0, _OUTSIDE)
    in2, out2 = contrast(everyone, 0, _INSIDE), contrast(everyone, 0, _OUTSIDE)
    in_only = contrast(only, 0, _INSIDE)
    with np.errstate(invalid="ignore"):
        enriched = sign * out1[0] < 0
    full1, full2 = _everybody(in1, out1, share), _everybody(in2, out2, share)

    p_s1, z_s1 = _scores(sign, in1)
    p_f1, z_f1 = _scores(sign, full1)
    p_s2, z_s2 = _scores(sign, in2)
    p_f2, z_f2 = _scores(sign, full2)
    z_only = _scores(sign, in_only)[1]

    def simes(p: FloatArray, q: FloatArray) -> FloatArray:
        both: FloatArray = stats.norm.isf(np.minimum(2 * np.minimum(p, q), np.maximum(p, q)))
        return both

    c = stats.norm.isf(model.alpha / 2)
    root = math.sqrt(0.5)
    both = root * (simes(p_s1, p_f1) + np.where(enriched, z_only, simes(p_s2, p_f2))) > c
    subgroup = both & (root * (z_s1 + np.where(enriched, z_only, z_s2)) > c)
    everybody = both & ~enriched & (root * (z_f1 + z_f2) > c)

    def together(
        a: tuple[FloatArray, FloatArray, FloatArray], b: tuple[FloatArray, FloatArray, FloatArray]
    ) -> tuple[FloatArray, FloatArray]:
        with np.errstate(invalid="ignore", divide="ignore"):
            wa, wb = 1 / a[1] ** 2, 1 / b[1] ** 2
            return (wa * a[0] + wb * b[0]) / (wa + wb), np.sqrt(1 / (wa + wb))

    e_full, se_full = together(full1, full2)
    e_sub, se_sub = together(in1, in_only)
    estimate, se = np.where(enriched, e_sub, e_full), np.where(enriched, se_sub, se_full)
    ratio = model.get("effect_outside", 0.5)
    inside = model.endpoint.possible(effects)
    whole = share * inside + (1 - share) * model.endpoint.possible(ratio * effects)
    failed = ~np.isfinite(se)
    return Runs(
        np.where(enriched, inside, whole), estimate, se, in1[2] + in2[2], ~failed & (subgroup | everybody),
        np.full(len(effects), float(4 * quarter)), failed, c * se,
        {
            "enriched": enriched.astype(float),
            "everybody": everybody.astype(float),
            "subgroup": subgroup.astype(float),
        },
    )  # fmt: skip
