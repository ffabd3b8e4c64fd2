"""Profile-likelihood intervals of selection models."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scipy.special import chdtri

from aponia.meta._inputs import FloatArray
from aponia.meta.bias._maximise import Maximum, maximise
from aponia.meta.errors import InputError, MethodError

if TYPE_CHECKING:
    from aponia.meta.bias._selection_result import SelectionModel

__all__ = ["profile_interval"]


def profile_interval(model: SelectionModel, parameter: str, level: float) -> tuple[float, float]:
    """Interval where twice the profile log-likelihood falls by less than the chi2 quantile."""
    problem, setup = model._problem, model._setup
    if problem.decreasing or problem.kind == "truncest":
        raise MethodError("profile intervals need unconstrained steps and a known cutpoint")
    if not 0 < level < 1:
        raise InputError(f"level must be between 0 and 1, found {level!r}")
    p = problem.studies.X.shape[1]
    index = _index(model, parameter, p)
    lower, upper = problem._bounds(setup, problem.fixed_tau2)
    if lower[index] == upper[index]:
        raise InputError(f"{parameter!r} was not estimated")
    likelihood = problem.likelihood(setup)
    target = model.loglik - 0.5 * float(chdtri(1, 1 - level))

    def profile(value: float, near: FloatArray) -> Maximum | None:
        low, high = lower.copy(), upper.copy()
        low[index] = high[index] = value
        start = near.copy()
        start[index] = value
        back = model._theta.copy()
        back[index] = value
        if not any(math.isfinite(likelihood.value(s)) for s in (start, back)):
            return None  # the value is impossible, such as delta = 0 for an interval with studies
        return maximise(likelihood, [start, back], low, high)

    ends = [
        _end(profile, model._theta, index, bound, side, target, model)
        for side, bound in ((-1.0, float(lower[index])), (1.0, float(upper[index])))
    ]
    if index < p and problem.sign < 0:
        ends = [-ends[1], -ends[0]]
    return ends[0], ends[1]


def _index(model: SelectionModel, parameter: str, p: int) -> int:
    if parameter == "tau2":
        return p
    if parameter in model.names:
        return model.names.index(parameter)
    if parameter in model.delta_names:
        j = model.delta_names.index(parameter)
        return p + 1 + (j + 1 if model.type == "trunc" else j)
    known = ("tau2", *model.names, *model.delta_names)
    raise InputError(f"no parameter {parameter!r}; there are {known}")


def _end(
    profile: object,
    theta: FloatArray,
    index: int,
    bound: float,
    side: float,
    target: float,
    model: SelectionModel,
) -> float:
    assert callable(profile)
    inside, near = float(theta[index]), theta
    if inside == bound:
        return bound
    step = max(abs(inside) * 0.2, 1e-3)
    outside = None
    for _ in range(80):
        value = inside + side * step
        if (value - bound) * side >= 0:
            value = bound
        found = profile(value, near)
        if found is None or found.value < target:
            outside = value
            break
        inside, near = value, found.theta
        if value == bound:
            return bound
        step *= 1.7
    if outside is None:
        return side * math.inf
    for _ in range(100):
        middle = 0.5 * (inside + outside)
        if abs(outside - inside) <= 1e-9 * max(abs(middle), 1e-6):
            break
        found = profile(middle, near)
        if found is None or found.value < target:
            outside = middle
        else:
            inside, near = middle, found.theta
    return 0.5 * (inside + outside)
