"""Maximise a smooth function inside a box, to the last digits.

A projected Newton method: every few steps the Hessian is taken by central differences of the
analytic gradient, in between it is carried along by rank-one updates. It is made negative definite
through its eigenvalues, and the step is cut back until the function rises. With the few
parameters of a variance model this needs fewer factorisations than a quasi-Newton method run to
the same accuracy, and the last steps converge faster than linearly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from aponia.meta._inputs import FloatArray
from aponia.meta._multilevel._blocks import IntArray

__all__ = ["Maximum", "Objective", "hessian", "maximise", "simplex"]

Objective = Callable[[FloatArray], tuple[float, FloatArray]]


@dataclass(frozen=True)
class Maximum:
    """Where the climb ended.

    Attributes
    ----------
    x : ndarray
    value : float
    gradient : ndarray
    converged : bool
    last_step : float
        Largest change of the last step, relative to the size of the parameters.
    iterations : int
    """

    x: FloatArray
    value: float
    gradient: FloatArray
    converged: bool
    last_step: float
    iterations: int


def hessian(fun: Objective, x: FloatArray, index: IntArray, size: FloatArray) -> FloatArray:
    """Return the Hessian of `fun` in the parameters `index`, by differences of the gradient.

    The objective is evaluated outside the box too, where it is smooth; where it is not defined
    the difference is taken to one side.
    """
    m = index.size
    H = np.zeros((m, m))
    centre: FloatArray | None = None
    for a, i in enumerate(index):
        h = 1e-4 * size[i]
        sides = []
        for sign in (1.0, -1.0):
            z = x.copy()
            z[i] += sign * h
            value, gradient = fun(z)
            sides.append(gradient[index] if np.isfinite(value) else None)
        up, down = sides
        if up is not None and down is not None:
            H[a] = (up - down) / (2.0 * h)
            continue
        if centre is None:
            centre = fun(x)[1][index]
        if up is not None:
            H[a] = (up - centre) / h
        elif down is not None:
            H[a] = (centre - down) / h
    return 0.5 * (H + H.T)


def maximise(
    fun: Objective,
    start: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    *,
    tolerance: float = 1e-10,
    max_iterations: int = 200,
) -> Maximum:
    """Climb from `start`; see the module docstring.

    Parameters
    ----------
    fun : callable
        Returns value and gradient; ``-inf`` where undefined.
    start : ndarray
    lower, upper : ndarray
    tolerance : float
        On the last Newton step relative to the parameters.
    max_iterations : int

    Returns
    -------
    Maximum
    """
    x = np.clip(start, lower, upper)
    value, gradient = fun(x)
    if x.size == 0 or not np.isfinite(value):
        return Maximum(x, value, gradient, x.size == 0, 0.0, 0)
    radius, last, iteration = 1.0, np.inf, 0
    H: FloatArray | None = None
    known, age = np.empty(0, dtype=np.int64), 0
    while iteration < max_iterations:
        iteration += 1
        size = np.maximum(np.abs(x), 1e-2)
        pinned = ((x <= lower) & (gradient < 0)) | ((x >= upper) & (gradient > 0))
        # A standard deviation at exactly zero has zero slope; whether it should leave is asked
        # separately, by trial.
        pinned |= (x <= lower) & (gradient == 0)
        index = np.flatnonzero(~pinned)
        if index.size == 0:
            last = 0.0
            break
        if H is None or age >= 3 or not np.array_equal(index, known):
            H, known, age = hessian(fun, x, index, size), index, 0
        values, vectors = np.linalg.eigh(H * np.outer(size[index], size[index]))
        g = gradient[index] * size[index]
        floor = 1e-10 * max(1.0, float(np.abs(values).max(initial=0.0)))
        curvature = np.maximum(np.abs(values), floor)
        newton = vectors @ ((vectors.T @ g) / curvature)
        length = float(np.linalg.norm(newton))
        step = newton * min(1.0, radius / length) if length > 0 else newton
        accepted = False
        for _ in range(40):
            trial = x.copy()
            trial[index] += step * size[index]
            trial = np.clip(trial, lower, upper)
            trial_value, trial_gradient = fun(trial)
            if trial_value >= value + 1e-4 * float(gradient @ (trial - x)) and np.isfinite(
                trial_value
            ):
                accepted = True
                break
            # At the limit of rounding a Newton step may lower the value in its last digits.
            if (
                np.isfinite(trial_value)
                and trial_value > value - 1e-12 * (1.0 + abs(value))
                and np.linalg.norm(step) < 1e-5
            ):
                accepted = True
                break
            step = 0.5 * step
        if not accepted and age > 0:
            H = None
            continue
        if not accepted:
            last = float(np.abs(step).max(initial=0.0))
            break
        change, slope = (trial - x)[index], (trial_gradient - gradient)[index]
        H, age = _updated(H, change, slope), age + 1
        moved = float((np.abs(trial - x) / size).max())
        radius = min(10.0, max(2.0 * float(np.linalg.norm(step)), 1e-3)) if moved else radius
        x, value, gradient = trial, trial_value, trial_gradient
        last = moved
        if moved < tolerance:
            break
    return Maximum(x, value, gradient, last < 1e-6, last, iteration)


def _updated(H: FloatArray, change: FloatArray, slope: FloatArray) -> FloatArray:
    """Return the Hessian after a step: the symmetric rank-one update, when it is well defined."""
    miss = slope - H @ change
    scale = float(miss @ change)
    if abs(scale) <= 1e-8 * float(np.linalg.norm(miss) * np.linalg.norm(change)):
        return H
    return np.asarray(H + np.outer(miss, miss) / scale)


def simplex(fun: Objective, best: Maximum, lower: FloatArray, upper: FloatArray) -> Maximum:
    """Improve a maximum of a function with kinks by the simplex method of Nelder and Mead."""
    from scipy.optimize import minimize

    def cost(x: FloatArray) -> float:
        value = fun(np.clip(x, lower, upper))[0]
        return -value if np.isfinite(value) else 1e300

    x, value = best.x, best.value
    for _ in range(4):
        found = minimize(
            cost,
            x,
            method="Nelder-Mead",
            options={"xatol": 1e-10, "fatol": 1e-13, "maxiter": 4000, "maxfev": 4000},
        )
        gain = -float(found.fun) - value
        if gain > 0:
            x, value = np.clip(found.x, lower, upper), -float(found.fun)
        if gain < 1e-12 * (1.0 + abs(value)):
            break
    return Maximum(x, value, np.zeros_like(x), True, 0.0, best.iterations)
