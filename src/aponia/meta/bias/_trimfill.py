"""Trim and fill."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from aponia.meta._inputs import ColumnLike, FloatArray
from aponia.meta._result import PoolResult, json_safe
from aponia.meta.bias._asymmetry import regression_test
from aponia.meta.bias._studies import Studies, read_studies, refit
from aponia.meta.errors import ConvergenceError, InputError, MethodError, TooFewStudiesError

__all__ = ["TrimFill", "trim_and_fill"]


@dataclass(frozen=True)
class TrimFill:
    """Result of trim and fill.

    Attributes
    ----------
    k0 : int
        Estimated number of missing studies.
    k0_se : float
        Its standard error.
    k0_p : float or None
        p-value for no missing study (estimator R0 only).
    side : {"left", "right"}
        Where studies were imputed.
    estimator : {"L0", "R0", "Q0"}
    y, v : ndarray of shape (k + k0,)
        Observed, then imputed effects and variances.
    filled : ndarray of bool of shape (k + k0,)
        True for the imputed ones.
    fit : PoolResult
        The model fitted to the augmented data.
    observed : PoolResult
        The model fitted to the observed data.
    iterations : int
    """

    k0: int
    k0_se: float
    k0_p: float | None
    side: str
    estimator: str
    y: FloatArray
    v: FloatArray
    filled: np.ndarray
    fit: PoolResult
    observed: PoolResult
    iterations: int

    def summary(self) -> str:
        """Return the result as text."""
        lines = [
            f"Trim and fill ({self.estimator}): {self.k0} studies missing on the {self.side} "
            f"(SE = {self.k0_se:.4f})"
        ]
        if self.k0_p is not None:
            lines.append(f"test of no missing study: p = {self.k0_p:.4f}")
        for name, fit in (("observed", self.observed), ("filled", self.fit)):
            lines.append(
                f"{name:<9} k = {fit.k:<4d}{fit.coef[0]:.4f} "
                f"[{fit.ci_lower[0]:.4f}, {fit.ci_upper[0]:.4f}], tau2 = {fit.tau2:.4f}"
            )
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers and nested dictionaries."""
        skip = ("fit", "observed")
        out = {str(k): json_safe(v) for k, v in vars(self).items() if k not in skip}
        return {**out, "fit": self.fit.to_dict(), "observed": self.observed.to_dict()}


def trim_and_fill(
    effects: Any,
    v: ColumnLike | None = None,
    *,
    side: Literal["left", "right"] | None = None,
    estimator: Literal["L0", "R0", "Q0"] = "L0",
    limits: tuple[float, float] | None = None,
    max_iterations: int = 100,
    se: ColumnLike | None = None,
    method: str | None = None,
    test: str | None = None,
    level: float | None = None,
    labels: Any = None,
    data: Any = None,
) -> TrimFill:
    """Trim and fill: how the pooled effect changes if the funnel is made symmetric.

    Parameters
    ----------
    effects, v, se, method, test, level, data
        As in `egger`. The same model serves for trimming and for the final fit.
    side : {"left", "right"}, optional
        Side on which studies are missing; by default decided by the slope of the regression test
        on the standard error.
    estimator : {"L0", "R0", "Q0"}
        Estimator of the number of missing studies.
    limits : (low, high), optional
        Bounds for imputed effects, such as (-1, 1) for correlations.
    max_iterations : int
    labels : array_like of shape (k,) or str, optional
        Study names, when `effects` are columns.

    Returns
    -------
    TrimFill

    Raises
    ------
    TooFewStudiesError
        A single study.
    MethodError
        A model with moderators, or an unknown option.
    SingularDesignError
        `side` is left out and all standard errors are equal.
    ConvergenceError
        The number of missing studies keeps changing.

    Notes
    -----
    Duval and Tweedie, Biometrics 2000;56:455 and J Am Stat Assoc 2000;95:89. A sensitivity
    analysis for one mechanism of selection, not a better estimate.

    Examples
    --------
    >>> fit = trim_and_fill([0.9, 0.6, 0.5, 0.3, 0.2, 0.18], [0.25, 0.1, 0.09, 0.04, 0.02, 0.01])
    >>> fit.side
    'left'
    """
    studies = read_studies(
        effects, v, se=se, method=method, test=test, level=level, labels=labels, data=data
    )
    studies.need_intercept_only("trim and fill")
    if studies.k == 1:
        raise TooFewStudiesError("trim and fill needs more than one study")
    if estimator not in ("L0", "R0", "Q0"):
        raise MethodError(f"estimator={estimator!r}: choose 'L0', 'R0' or 'Q0'")
    if side is None:
        slope = float(regression_test(studies, "rma", "sei").coef[-1])
        side = "right" if slope < 0 else "left"
    elif side not in ("left", "right"):
        raise MethodError(f"side={side!r}: choose 'left' or 'right'")
    if limits is not None and not limits[0] < limits[1]:
        raise InputError(f"limits={limits!r} must be (low, high) with low < high")
    sign = -1.0 if side == "right" else 1.0
    order = np.argsort(sign * studies.y, kind="stable")
    y, v_sorted = sign * studies.y[order], studies.v[order]
    weights = None if studies.weights is None else studies.weights[order]
    k0, k0_se, centre, iterations = _iterate(
        studies, y, v_sorted, weights, estimator, max_iterations
    )
    observed = refit(studies, studies.y, studies.v, weights=studies.weights, labels=studies.labels)
    far = slice(studies.k - k0, studies.k)
    imputed = sign * (2 * centre - y[far])
    if limits is not None:
        imputed = np.clip(imputed, *limits)
    all_y = np.concatenate([studies.y, imputed])
    all_v = np.concatenate([studies.v, v_sorted[far]])
    all_w = (
        None
        if weights is None or studies.weights is None
        else np.concatenate([studies.weights, weights[far]])
    )
    names = (*studies.labels, *(f"Filled {i + 1}" for i in range(k0)))
    fit = refit(studies, all_y, all_v, weights=all_w, labels=names) if k0 else observed
    return TrimFill(
        k0=k0,
        k0_se=k0_se,
        k0_p=0.5 ** (k0 + 1) if estimator == "R0" else None,
        side=side,
        estimator=estimator,
        y=all_y,
        v=all_v,
        filled=np.arange(all_y.size) >= studies.k,
        fit=fit,
        observed=observed,
        iterations=iterations,
    )


def _iterate(
    studies: Studies,
    y: FloatArray,
    v: FloatArray,
    weights: FloatArray | None,
    estimator: str,
    max_iterations: int,
) -> tuple[int, float, float, int]:
    k, k0 = studies.k, 0
    for iteration in range(1, max_iterations + 1):
        kept = slice(0, k - k0)
        part = None if weights is None else weights[kept]
        centre = float(refit(studies, y[kept], v[kept], weights=part).coef[0])
        raw, error = _missing(y - centre, estimator)
        # round half to even, as the published implementations do
        new = min(max(0, round(raw)), k - 1)
        if new == k0:
            return k0, error, centre, iteration
        k0 = new
    raise ConvergenceError(
        f"trim and fill still changes after {max_iterations} iterations; try another estimator"
    )


def _missing(centred: FloatArray, estimator: str) -> tuple[float, float]:
    """Estimated number of missing studies (not rounded) and its standard error."""
    k = centred.size
    ranks = np.empty(k)
    ranks[np.argsort(np.abs(centred), kind="stable")] = np.arange(1, k + 1)
    signed = np.sign(centred) * ranks
    if estimator == "R0":
        negative = -signed[signed < 0]
        largest = float(negative.max()) if negative.size else 0.0
        k0 = k - largest - 1
        return k0, math.sqrt(2 * max(0.0, k0) + 2)
    total = float(signed[signed > 0].sum())
    if estimator == "L0":
        k0 = (4 * total - k * (k + 1)) / (2 * k - 1)
    else:
        k0 = k - 0.5 - math.sqrt(max(2 * k**2 - 4 * total + 0.25, 0.0))
    variance = (
        k * (k + 1) * (2 * k + 1)
        + 10 * k0**3
        + 27 * k0**2
        + 17 * k0
        - 18 * k * k0**2
        - 18 * k * k0
        + 6 * k**2 * k0
    ) / 24
    if estimator == "L0":
        return k0, 4 * math.sqrt(max(variance, 0.0)) / (2 * k - 1)
    below = (k - 0.5) ** 2 - k0 * (2 * k - k0 - 1)
    return k0, 2 * math.sqrt(max(variance, 0.0)) / math.sqrt(below) if below > 0 else math.inf
