"""From options to a selection likelihood: cutpoints, grids, bounds, names."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from aponia.meta._inputs import FloatArray
from aponia.meta.bias._weight_functions import SMOOTH, Smooth, Steps, breaks_of_p, log_p_value
from aponia.meta.errors import MethodError

__all__ = ["TYPES", "Setup", "build"]

TYPES = (*SMOOTH, "stepfun", "trunc", "truncest")
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)


@dataclass(frozen=True)
class Setup:
    """A selection function ready to be fitted.

    Attributes
    ----------
    weight : Steps or Smooth
    names : tuple of str
        Of delta.
    null : ndarray of shape (d,)
        Values that mean "no selection".
    lower, upper : ndarray of shape (d,)
        Bounds; equal where delta is fixed by the model.
    steps : tuple of float
        Cutpoints used.
    counts : tuple of int or None
        Studies in each interval of the step function.
    p : ndarray of shape (selected,)
        p-values of the studies under selection.
    """

    weight: Steps | Smooth
    names: tuple[str, ...]
    null: FloatArray
    lower: FloatArray
    upper: FloatArray
    steps: tuple[float, ...]
    counts: tuple[int, ...] | None
    p: FloatArray


def build(
    kind: str,
    y: FloatArray,
    v: FloatArray,
    prec: FloatArray,
    steps: tuple[float, ...],
    two_sided: bool,
    delta_min: float | None,
    delta_max: float | None,
    p_min: float | None,
) -> Setup:
    """Set up the selection function for the studies under selection.

    Parameters
    ----------
    kind : str
        One of `TYPES`.
    y, v : ndarray of shape (k,)
        Already mirrored when the alternative is "less".
    prec : ndarray of shape (k,)
    steps : tuple of float
        Cutpoints on p (on y for the truncated models).
    two_sided : bool
    delta_min, delta_max, p_min : float or None
        None means the default of the family.

    Returns
    -------
    Setup

    Raises
    ------
    MethodError
        Cutpoints that do not fit the family.
    """
    z = y / np.sqrt(v)
    if kind in ("trunc", "truncest"):
        return _truncated(y, v, steps, two_sided, delta_min, delta_max)
    log_p, log_q = log_p_value(z, two_sided)
    p = np.exp(log_p)
    if kind == "stepfun":
        return _step_function(p, steps, two_sided, delta_min, delta_max)
    if p_min is None:
        p_min = 1e-5 if kind in ("beta", "power") else 0.0
    if not 0 <= p_min < 0.5:
        raise MethodError(f"p_min must lie in [0, 0.5), found {p_min!r}")
    floor, ceiling, alpha = _limits(kind, steps, p_min)
    low = math.log(floor) if floor > 0 else -math.inf
    high = math.log1p(-ceiling) if ceiling < 1 else -math.inf

    def censor(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
        # both logs are held inside [floor, ceiling], whichever is the precise one
        a = np.clip(a, low, math.log(ceiling))
        return a, np.clip(b, high, math.log1p(-floor) if floor > 0 else 0.0)

    nodes, weights, ends = _grid(kind, floor, ceiling, alpha, two_sided)
    grid_p, grid_q = log_p_value(np.concatenate([nodes, ends]), two_sided)
    if not alpha and not two_sided and kind not in ("beta",):
        # beyond the last node to the right p is 0 and w is w(0)
        grid_p[-1], grid_q[-1] = (low if kind == "power" else -np.inf), 0.0
    grid_p, grid_q = censor(grid_p, grid_q)
    seen_p, seen_q = censor(log_p, log_q)
    if kind == "negexppow":
        grid_p, seen_p = np.maximum(grid_p, -745.0), np.maximum(seen_p, -745.0)
    d = SMOOTH[kind]
    null = np.ones(2) if kind == "beta" else np.array([0.0, 1.0])[:d]
    smallest = 1e-5 if kind == "beta" else 0.0
    return Setup(
        Smooth(kind, nodes, weights, ends, grid_p, grid_q, seen_p, seen_q, prec, alpha),
        ("delta",) if d == 1 else ("delta.1", "delta.2"),
        null,
        np.full(d, smallest if delta_min is None else delta_min),
        np.full(d, 100.0 if delta_max is None else delta_max),
        steps,
        None,
        p,
    )


def _limits(kind: str, steps: tuple[float, ...], p_min: float) -> tuple[float, float, float]:
    if kind == "beta":
        if steps:
            if len(steps) != 2:
                raise MethodError(
                    "the truncated beta model takes two steps, for example (.025, .975)"
                )
            return steps[0], steps[1], 0.0
        return p_min, 1 - p_min, 0.0
    if len(steps) > 1:
        raise MethodError(f"{kind!r} takes at most one step, found {len(steps)}")
    ceiling = 1 - p_min if kind == "power" else 1.0
    return 0.0, ceiling, steps[0] if steps else 0.0


def _grid(
    kind: str, floor: float, ceiling: float, alpha: float, two_sided: bool
) -> tuple[FloatArray, FloatArray, tuple[float, float]]:
    top = 9.0 if kind != "negexppow" else 37.5
    if two_sided:
        outer = top
        if alpha:
            outer = -float(ndtri(alpha / 2))
        elif floor > 0:
            outer = -float(ndtri(floor / 2))
        inner = -float(ndtri(ceiling / 2)) if ceiling < 1 else 0.0
        # |z| to a power near zero: panels shrink geometrically towards it
        graded = np.geomspace(max(inner, 1e-12), min(0.25, outer), 24)
        half = np.unique(np.concatenate([[0.0, inner], graded, _ladder(0.25, outer)]))
        half = half[half <= outer]
        cuts = np.unique(np.concatenate([-half, half]))
        ends = (-outer, outer)
    else:
        left = -float(ndtri(ceiling)) if ceiling < 1 else -9.0
        right = top
        if alpha:
            right = -float(ndtri(alpha))
        elif floor > 0:
            right = -float(ndtri(floor))
        left = min(left, right - 1e-9)
        cuts = _ladder(left, right)
        ends = (left, right)
    a, b = cuts[:-1], cuts[1:]
    half_width = 0.5 * (b - a)
    nodes = (0.5 * (a + b))[:, None] + half_width[:, None] * _NODES
    return nodes.ravel(), (half_width[:, None] * _WEIGHTS).ravel(), ends


def _ladder(start: float, stop: float) -> FloatArray:
    """Panel edges: 0.25 wide up to 9, one wide beyond."""
    if stop <= start:
        return np.array([stop])
    near = min(stop, 9.0)
    edges = np.linspace(start, near, max(math.ceil((near - start) / 0.25), 1) + 1)
    if stop > 9.0:
        edges = np.concatenate([edges, np.linspace(9.0, stop, math.ceil(stop - 9.0) + 1)[1:]])
    return edges


def _step_function(
    p: FloatArray,
    steps: tuple[float, ...],
    two_sided: bool,
    delta_min: float | None,
    delta_max: float | None,
) -> Setup:
    if not steps:
        raise MethodError("the step function needs steps, for example steps=[0.025]")
    alphas = np.array(steps if steps[-1] == 1 else (*steps, 1.0))
    c = alphas.size
    if c < 2:
        raise MethodError("the step function needs a step below 1")
    z = breaks_of_p(alphas[:-1], two_sided=False) if not two_sided else -ndtri(alphas[:-1] / 2)
    bounds = np.concatenate([[np.inf], z, [0.0 if two_sided else -np.inf]])
    lower, upper, owner = [], [], []
    for j in range(c):
        pieces = [(bounds[j + 1], bounds[j])]
        if two_sided:
            pieces.append((-bounds[j], -bounds[j + 1]))
        for a, b in pieces:
            lower.append(np.full(p.size, a))
            upper.append(np.full(p.size, b))
            owner.append(j)
    observed = np.minimum(np.searchsorted(alphas, p, side="left"), c - 1)
    counts = tuple(int(n) for n in np.bincount(observed, minlength=c))
    low = np.full(c, 0.0 if delta_min is None else delta_min)
    high = np.full(c, 100.0 if delta_max is None else delta_max)
    low[0] = high[0] = 1.0
    edges = [0.0, *alphas]
    names = tuple(f"{edges[j]:g} < p <= {edges[j + 1]:g}" for j in range(c))
    weight = Steps(np.array(lower), np.array(upper), np.array(owner), observed)
    return Setup(weight, names, np.ones(c), low, high, tuple(map(float, alphas)), counts, p)


def _truncated(
    y: FloatArray,
    v: FloatArray,
    steps: tuple[float, ...],
    two_sided: bool,
    delta_min: float | None,
    delta_max: float | None,
) -> Setup:
    if two_sided:
        raise MethodError("a truncated model needs alternative='greater' or 'less'")
    if len(steps) > 1:
        raise MethodError("a truncated model has one cutpoint")
    cut = steps[0] if steps else 0.0
    return truncated_at(y, v, cut, y > cut, delta_min, delta_max)


def truncated_at(
    y: FloatArray,
    v: FloatArray,
    cut: float,
    above: np.ndarray,
    delta_min: float | None,
    delta_max: float | None,
) -> Setup:
    """Set up a truncated model with the studies counted as above the cutpoint given explicitly."""
    z = cut / np.sqrt(v)
    infinite = np.full(y.size, np.inf)
    weight = Steps(
        np.array([z, -infinite]),
        np.array([infinite, z]),
        np.array([0, 1]),
        np.where(above, 0, 1),
    )
    low = np.array([1.0, 0.0 if delta_min is None else delta_min])
    high = np.array([1.0, 100.0 if delta_max is None else delta_max])
    counts = (int(above.sum()), int((~above).sum()))
    p = np.exp(log_p_value(y / np.sqrt(v), False)[0])
    return Setup(weight, ("above", "delta"), np.ones(2), low, high, (cut,), counts, p)
