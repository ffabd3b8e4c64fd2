"""Box-constrained maximum of a smooth log-likelihood by projected Newton steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from aponia.meta._inputs import FloatArray
from aponia.meta.errors import ConvergenceError

__all__ = ["Maximum", "maximise"]


class _Target(Protocol):
    def value(self, theta: FloatArray) -> float: ...

    def derivatives(self, theta: FloatArray) -> tuple[float, FloatArray, FloatArray]: ...


@dataclass(frozen=True)
class Maximum:
    """Where the log-likelihood is highest.

    Attributes
    ----------
    theta : ndarray of shape (n,)
    value : float
    gradient : ndarray of shape (n,)
    hessian : ndarray of shape (n, n)
    converged : bool
        The projected Newton step is below rounding.
    """

    theta: FloatArray
    value: float
    gradient: FloatArray
    hessian: FloatArray
    converged: bool


def _climb(
    target: _Target, start: FloatArray, lower: FloatArray, upper: FloatArray, steps: int
) -> Maximum | None:
    theta = np.clip(start, lower, upper)
    value, gradient, hessian = target.derivatives(theta)
    if not np.isfinite(value):
        return None
    converged = False
    for _ in range(steps):
        stuck = ((theta <= lower) & (gradient <= 0)) | ((theta >= upper) & (gradient >= 0))
        free = ~stuck
        if not free.any():
            converged = True
            break
        direction = np.zeros_like(theta)
        direction[free] = _newton(hessian[np.ix_(free, free)], gradient[free], theta[free])
        moved = False
        length = 1.0
        for _ in range(60):
            new = np.clip(theta + length * direction, lower, upper)
            gain = float(gradient @ (new - theta))
            trial = target.value(new)
            if np.isfinite(trial) and trial >= value + 1e-4 * max(gain, 0.0):
                moved = bool(np.any(new != theta))
                break
            length *= 0.5
        scale = np.maximum(np.abs(theta), 1e-6)
        small = bool(np.all(np.abs(direction[free]) <= 1e-9 * scale[free]))
        if not moved:
            # no ascent left in floating point: done when the model of the gain says so too
            converged = small or float(gradient[free] @ direction[free]) < 1e-9
            break
        change = float(np.max(np.abs(new - theta) / scale))
        theta = new
        value, gradient, hessian = target.derivatives(theta)
        if small or change < 1e-12:
            converged = True
            break
    return Maximum(theta, value, gradient, hessian, converged)


def _newton(hessian: FloatArray, gradient: FloatArray, theta: FloatArray) -> FloatArray:
    """Ascent direction: Newton with the curvature made negative, in scaled coordinates."""
    scale = 1 / np.sqrt(np.maximum(np.abs(np.diag(hessian)), 1e-12))
    values, vectors = np.linalg.eigh((hessian * scale[:, None]) * scale)
    curved = np.maximum(np.abs(values), 1e-10 * max(float(np.max(np.abs(values))), 1e-300))
    step = scale * (vectors @ ((vectors.T @ (scale * gradient)) / curved))
    limit = 2.0 * np.maximum(np.abs(theta), 0.5)
    factor = float(np.max(np.abs(step) / limit))
    return np.asarray(step / factor if factor > 1 else step)


def _better(new: Maximum, old: Maximum) -> bool:
    if new.converged != old.converged:
        return new.converged and new.value > old.value - 1e-7
    return new.value > old.value + 1e-10


def maximise(
    target: _Target,
    starts: list[FloatArray],
    lower: FloatArray,
    upper: FloatArray,
    steps: int = 200,
) -> Maximum:
    """Highest of the maxima reached from several starts.

    Parameters
    ----------
    target : object with ``value`` and ``derivatives``
    starts : list of ndarray of shape (n,)
    lower, upper : ndarray of shape (n,)
        Bounds; equal bounds fix a parameter.
    steps : int
        Newton steps from each start.

    Returns
    -------
    Maximum

    Raises
    ------
    ConvergenceError
        The likelihood is not finite at any start, or no start converged.
    """
    # a few steps from everywhere, then to the end from the most promising places
    rough = [_climb(target, start, lower, upper, 10) for start in starts]
    found = sorted((m for m in rough if m is not None), key=lambda m: -m.value)
    best: Maximum | None = None
    polished = 0
    for candidate in found:
        if best is not None and (polished >= 4 or candidate.value < best.value - 5.0):
            break
        if best is not None and np.allclose(candidate.theta, best.theta, rtol=1e-6, atol=1e-9):
            continue
        done = candidate
        if not candidate.converged:
            again = _climb(target, candidate.theta, lower, upper, steps)
            done = candidate if again is None else again
            polished += 1
        if best is None or _better(done, best):
            best = done
    if best is None:
        raise ConvergenceError("the selection-model likelihood is not finite at any start")
    if not best.converged:
        raise ConvergenceError(
            "the selection model did not converge: use fewer parameters, other steps, or fix delta"
        )
    return best
