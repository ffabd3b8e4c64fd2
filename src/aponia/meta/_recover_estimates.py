"""Effects and sampling variances from intervals and tests, and through a transformation."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from aponia.meta._inputs import ColumnLike, FloatArray
from aponia.meta._recover_input import HANDBOOK, confidence_level, read_columns, refuse, two_sided_t
from aponia.meta._recover_result import Recovered, RecoveredEstimate
from aponia.meta.errors import InputError, MetaWarning

__all__ = ["delta_method", "from_wald", "se_from_ci", "se_from_p"]


def se_from_p(
    estimate: ColumnLike, p: ColumnLike, df: ColumnLike | None = None, *, data: Any = None
) -> Recovered:
    """Return the standard error of an estimate from its two-sided p-value.

    Parameters
    ----------
    estimate : array_like or str
        On the scale on which it was tested: the log for ratios.
    p : array_like or str
        Two-sided p-values.
    df : array_like or str, optional
        Degrees of freedom of a t-test; without it the test was normal (Wald).
    data : data frame, optional
        Where strings are looked up.

    Returns
    -------
    Recovered

    Raises
    ------
    InputError
        A p-value outside (0, 1).
    """
    x, _ = read_columns(data, estimate=estimate, p=p, df=df)
    refuse((x["p"] <= 0) | (x["p"] >= 1), "p", x["p"], "between 0 and 1")
    refuse(x["df"] <= 0, "df", x["df"], "above 0")
    quantile = two_sided_t(x["p"], np.where(np.isnan(x["df"]), np.inf, x["df"]))
    return Recovered(
        method="p", formula="SE = |estimate| / quantile(1 - p/2)",
        source=HANDBOOK + "6.3.2", value=np.abs(x["estimate"]) / quantile,
    )  # fmt: skip


def se_from_ci(
    lower: ColumnLike,
    upper: ColumnLike,
    *,
    level: float = 0.95,
    log: bool = False,
    data: Any = None,
) -> Recovered:
    """Return the standard error from a Wald confidence interval.

    Parameters
    ----------
    lower, upper : array_like or str
        Bounds of the interval.
    level : float
        Confidence level, 0.95 or 95.
    log : bool
        Take logs of the bounds first: for odds, risk, rate and hazard ratios.
    data : data frame, optional
        Where strings are looked up.

    Returns
    -------
    Recovered

    Raises
    ------
    InputError
        Bounds in the wrong order, or not positive with ``log=True``.
    """
    from scipy.special import ndtri

    x, _ = read_columns(data, lower=lower, upper=upper)
    refuse(x["upper"] < x["lower"], "upper", x["upper"], "at least lower")
    if log:
        refuse(x["lower"] <= 0, "lower", x["lower"], "above 0 (log=True)")
    bounds = [np.log(x[name]) if log else x[name] for name in ("lower", "upper")]
    return Recovered(
        method="ci", formula="SE = (upper - lower) / (2 z)" + (" on the log scale" if log else ""),
        source=HANDBOOK + "6.3.1",
        value=(bounds[1] - bounds[0]) / (2 * ndtri((1 + confidence_level(level)) / 2)),
    )  # fmt: skip


def from_wald(
    estimate: ColumnLike,
    *,
    lower: ColumnLike | None = None,
    upper: ColumnLike | None = None,
    z: ColumnLike | None = None,
    p: ColumnLike | None = None,
    level: ColumnLike = 0.95,
    transform: Callable[[FloatArray], FloatArray] | None = None,
    data: Any = None,
) -> RecoveredEstimate:
    """Return effects and variances from Wald-type intervals, z statistics or p-values.

    Row by row the variance comes from the first of these that is there: both bounds, one bound,
    the z statistic, the two-sided p-value.

    Parameters
    ----------
    estimate : array_like or str
        Effects as printed.
    lower, upper, z, p : array_like or str, optional
        What else is printed.
    level : float or array_like
        Confidence levels, 0.95 or 95.
    transform : callable, optional
        Applied to estimate and bounds first, for example ``numpy.log`` for ratios.
    data : data frame, optional
        Where strings are looked up.

    Returns
    -------
    RecoveredEstimate

    Raises
    ------
    InputError
        Bounds in the wrong order, p-values outside (0, 1), nothing to take a variance from.

    Warns
    -----
    MetaWarning
        An estimate far from the middle of its interval: the interval may not be of Wald type, or
        may belong to another scale (a ratio not logged).
    """
    from scipy.special import ndtri

    if lower is None and upper is None and z is None and p is None:
        raise InputError("give lower= and upper=, z= or p=")
    x, k = read_columns(data, estimate=estimate, lower=lower, upper=upper, z=z, p=p, level=level)
    refuse(x["upper"] < x["lower"], "upper", x["upper"], "at least lower")
    refuse((x["p"] <= 0) | (x["p"] > 1), "p", x["p"], "above 0 and at most 1")
    confidence = np.where(x["level"] > 1, x["level"] / 100, x["level"])
    refuse((confidence <= 0) | (confidence >= 1), "level", x["level"], "between 0 and 1")
    with np.errstate(all="ignore"):
        y, low, high = (
            transform(x[name]) if transform is not None else x[name]
            for name in ("estimate", "lower", "upper")
        )
        critical = ndtri((1 + confidence) / 2)
        both = (high - low) / (2 * critical)
        one = np.where(np.isnan(low), high - y, y - low) / critical
        from_z = np.abs(y / x["z"])
        from_p = np.abs(y / ndtri(x["p"] / 2))
        se = np.full(k, np.nan)
        route = np.full(k, "", dtype=object)
        for name, values in (("ci", both), ("ci", one), ("z", from_z), ("p", from_p)):
            use = np.isnan(se) & np.isfinite(values)
            se = np.where(use, values, se)
            route[use] = name
        off = np.abs((low + high) / 2 - y) / (high - low) > 0.1
    if off.any():
        warnings.warn(
            f"rows {np.flatnonzero(off).tolist()}: the estimate is not near the middle of its "
            "interval; is the interval of Wald type and on this scale (transform=)?",
            MetaWarning,
            stacklevel=2,
        )
    return RecoveredEstimate(
        method="wald",
        formula="SE = (upper - lower)/(2z), |estimate/z| or |estimate|/z(p)",
        source="Cochrane Handbook 6.5, sections 6.3.1 and 6.3.2",
        y=np.asarray(y, dtype=np.float64),
        v=se**2,
        route=route,
    )


def delta_method(
    y: ColumnLike,
    v: ColumnLike,
    transform: Callable[..., FloatArray],
    *arguments: Any,
    derivative: Callable[..., FloatArray] | None = None,
    data: Any = None,
) -> RecoveredEstimate:
    """Transform effects and their variances, f(y) and f'(y)²·v.

    Parameters
    ----------
    y, v : array_like or str
        Effects and sampling variances.
    transform : callable
        Takes the array of effects (and `arguments`) and returns an array, element by element.
    *arguments
        Passed on to `transform`, for example group sizes.
    derivative : callable, optional
        The derivative of `transform`; without it, it is computed numerically (central differences
        with Richardson extrapolation, about ten digits).
    data : data frame, optional
        Where strings are looked up.

    Returns
    -------
    RecoveredEstimate

    Raises
    ------
    InputError
        Negative variances, or a transformation that changes the number of values.
    """
    x, k = read_columns(data, y=y, v=v)
    refuse(x["v"] < 0, "v", x["v"], "0 or more")

    def apply(values: FloatArray) -> FloatArray:
        out = np.asarray(transform(values, *arguments), dtype=np.float64)
        if out.shape != (k,):
            raise InputError(f"transform returned shape {out.shape}, expected {(k,)}")
        return out

    with np.errstate(all="ignore"):
        transformed = apply(x["y"])
        if derivative is not None:
            slope = np.asarray(derivative(x["y"], *arguments), dtype=np.float64)
        else:
            slope = _richardson(apply, x["y"])
    return RecoveredEstimate(
        method="delta",
        formula="f(y) and f'(y)²·v",
        source="delta method",
        y=transformed,
        v=slope**2 * x["v"],
        route=np.full(k, "delta", dtype=object),
    )


def _richardson(function: Callable[[FloatArray], FloatArray], x: FloatArray) -> FloatArray:
    """First derivative by Richardson extrapolation of central differences."""
    step = 1e-2 * np.maximum(np.abs(x), 0.1)
    # Shrink the steps that leave the domain of the function.
    for _ in range(30):
        outside = ~np.isfinite(function(x + step)) | ~np.isfinite(function(x - step))
        if not outside.any():
            break
        step = np.where(outside, step / 4, step)
    table = [
        (function(x + step / 2**j) - function(x - step / 2**j)) / (2 * step / 2**j)
        for j in range(5)
    ]
    for order in range(1, 5):
        table = [
            (4**order * finer - coarser) / (4**order - 1) for coarser, finer in pairwise(table)
        ]
    return np.asarray(table[0])
