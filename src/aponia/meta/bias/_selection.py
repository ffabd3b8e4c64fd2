"""Selection models: maximum likelihood under publication selection."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from aponia.meta._inputs import ColumnLike, FloatArray
from aponia.meta._options import FIXED
from aponia.meta.bias._maximise import Maximum, maximise
from aponia.meta.bias._selection_likelihood import Likelihood
from aponia.meta.bias._selection_options import read_cutpoints, read_imprecision, read_subset
from aponia.meta.bias._selection_result import SelectionModel
from aponia.meta.bias._selection_setup import TYPES, Setup, build, truncated_at
from aponia.meta.bias._studies import Studies, read_studies
from aponia.meta.errors import (
    ConvergenceError,
    InputError,
    MetaWarning,
    MethodError,
    TooFewStudiesError,
)

__all__ = ["selection_model"]

Alternative = Literal["greater", "less", "two-sided"]


def selection_model(
    effects: Any,
    v: ColumnLike | None = None,
    *,
    type: str = "stepfun",
    steps: Sequence[float] | float | None = None,
    alternative: Alternative = "greater",
    delta: Sequence[float | None] | None = None,
    decreasing: bool = False,
    delta_min: float | None = None,
    delta_max: float | None = None,
    precision: Literal["sei", "vi", "ninv", "sqrtninv"] | None = None,
    scale_precision: bool = True,
    subset: ArrayLike | str | None = None,
    p_min: float | None = None,
    se: ColumnLike | None = None,
    ni: ColumnLike | None = None,
    moderators: Any = None,
    method: str | None = None,
    level: float | None = None,
    labels: Any = None,
    data: Any = None,
) -> SelectionModel:
    """Fit a selection model by maximum likelihood.

    Parameters
    ----------
    effects, v, se, ni, moderators, level, labels, data
        As in `egger`. A pooled result with method FE gives a model without heterogeneity, every
        other one a random-effects model; moderators are kept.
    type : str
        ``"stepfun"`` (relative probability of selection constant between `steps`; one step at
        0.025 is the three-parameter model), ``"beta"``, ``"halfnorm"``, ``"negexp"``,
        ``"logistic"``, ``"power"``, ``"negexppow"``, ``"trunc"`` (selection on the effect itself,
        cutpoint `steps`, default 0) or ``"truncest"`` (cutpoint estimated).
    steps : float or sequence of float, optional
        Cutpoints on the p-value: required for ``"stepfun"`` (0.025 when left out), two for a
        truncated beta model, at most one threshold for the others. One-sided p-values unless the
        alternative is two-sided: 0.025 is the usual two-sided 0.05.
    alternative : {"greater", "less", "two-sided"}
        Which results are favoured.
    delta : sequence of (float or None), optional
        Fixed values of the selection parameters; None where one is to be estimated. For the step
        function the first is 1.
    decreasing : bool
        Force the steps to decrease with the p-value (step function only).
    delta_min, delta_max : float, optional
        Bounds; by default 0 (1e-5 for beta) and 100.
    precision : {"sei", "vi", "ninv", "sqrtninv"}, optional
        Let selection depend on imprecision too (half-normal, negative-exponential, logistic, power,
        negexppow).
    scale_precision : bool
        Divide the imprecision by its maximum.
    subset : array_like of bool of shape (n,) or str, optional
        Studies to which selection applies; the others are taken as free of it.
    p_min : float, optional
        Censoring of p-values near 0 and 1 (beta and power: 1e-5).
    method : str, optional
        ``"FE"`` for no heterogeneity; others mean random effects.

    Returns
    -------
    SelectionModel

    Raises
    ------
    MethodError
        An unknown type, or options that do not fit it.
    TooFewStudiesError
        Fewer studies than coefficients.
    ConvergenceError
        The likelihood has no maximum that could be reached.

    Warns
    -----
    MetaWarning
        An interval of the step function holds no study, or a parameter lies on its bound: standard
        errors then mean little.

    Notes
    -----
    Iyengar and Greenhouse, Stat Sci 1988;3:109; Hedges, Stat Sci 1992;7:246; Vevea and Hedges,
    Psychometrika 1995;60:419 (steps, moderators); Preston et al., J Eval Clin Pract 2004;10:313
    (half-normal, negative-exponential, logistic); Citkowicz and Vevea, Psychol Methods
    2017;22:28 (beta); Rust et al., J Mark Res 1990;27:220 (truncated). The likelihood is maximised
    with exact first and second derivatives from several starts; standard errors are from the
    inverse observed information. As is usual, tau2 below 1e-4 or a tenth of the smallest
    variance is held fixed when the information is inverted.

    Examples
    --------
    >>> y = [0.51, 0.62, 0.11, 0.45, 0.93, 0.30, 0.05, 0.71]
    >>> fit = selection_model(y, [0.03, 0.06, 0.01, 0.04, 0.15, 0.02, 0.02, 0.08], steps=0.025)
    >>> fit.lrt_df
    1
    """
    studies = read_studies(
        effects,
        v,
        se=se,
        ni=ni,
        moderators=moderators,
        method=method,
        labels=labels,
        level=level,
        data=data,
    )
    if type not in TYPES:
        raise MethodError(f"type={type!r}: choose from {TYPES}")
    if alternative not in ("greater", "less", "two-sided"):
        raise MethodError(f"alternative={alternative!r}: choose 'greater', 'less' or 'two-sided'")
    if decreasing and type != "stepfun":
        raise MethodError("decreasing=True belongs to type='stepfun'")
    if studies.weights is not None:
        raise MethodError("selection models are defined by the likelihood: no weights of your own")
    if studies.k < studies.X.shape[1]:
        raise TooFewStudiesError(
            f"{studies.k} studies cannot identify {studies.X.shape[1]} coefficients"
        )
    cuts = read_cutpoints(type, steps)
    sign = -1.0 if alternative == "less" else 1.0
    problem = _Problem(
        studies=studies,
        kind=type,
        sign=sign,
        selected=read_subset(subset, studies, data),
        fixed_tau2=studies.method in FIXED,
        prec=read_imprecision(precision, scale_precision, type, studies),
        steps=cuts if type not in ("trunc", "truncest") else tuple(sign * c for c in cuts),
        two_sided=alternative == "two-sided",
        delta=delta,
        delta_min=delta_min,
        delta_max=delta_max,
        p_min=p_min,
        decreasing=decreasing,
        alternative=alternative,
    )
    return problem.solve()


@dataclass(frozen=True)
class _Problem:
    """Everything about one fit; `solve` runs it."""

    studies: Studies
    kind: str
    sign: float
    selected: np.ndarray
    fixed_tau2: bool
    prec: FloatArray
    steps: tuple[float, ...]
    two_sided: bool
    delta: Sequence[float | None] | None
    delta_min: float | None
    delta_max: float | None
    p_min: float | None
    decreasing: bool
    alternative: str

    @property
    def y(self) -> FloatArray:
        """Effects, mirrored so that large values are favoured."""
        return self.sign * self.studies.y

    def setup(self) -> Setup:
        """Build the selection function."""
        y, v = self.y[self.selected], self.studies.v[self.selected]
        return build(
            self.kind,
            y,
            v,
            self.prec[self.selected],
            self.steps,
            self.two_sided,
            self.delta_min,
            self.delta_max,
            self.p_min,
        )

    def likelihood(self, setup: Setup | None) -> Likelihood:
        """Likelihood with the selection function, or without any."""
        s = self.studies
        weight = None if setup is None else setup.weight
        d = 0 if setup is None else setup.null.size
        return Likelihood(self.y, s.v, s.X, self.selected, weight, d)

    def solve(self) -> SelectionModel:
        """Fit, with and without selection and heterogeneity."""
        plain = self._plain()
        if self.kind == "truncest":
            return self._truncest(plain)
        setup = self._fixed(self.setup())
        self._warn_empty(setup)
        best, setup, tied = self._fit_decreasing(setup, plain)
        return self._finish(best, setup, plain, tied)

    def _plain(self) -> Maximum:
        likelihood = self.likelihood(None)
        p = self.studies.X.shape[1]
        spread = float(np.var(self.studies.y))
        typical = float(np.median(self.studies.v))
        starts = []
        for tau2 in (0.0,) if self.fixed_tau2 else (0.0, 0.1 * typical, spread, 10 * spread):
            w = 1 / (self.studies.v + tau2)
            X = self.studies.X
            beta = np.linalg.lstsq(X * np.sqrt(w)[:, None], self.y * np.sqrt(w), rcond=None)[0]
            starts.append(np.append(beta, tau2))
        lower = np.append(np.full(p, -np.inf), 0.0)
        upper = np.append(np.full(p, np.inf), 0.0 if self.fixed_tau2 else np.inf)
        return maximise(likelihood, starts, lower, upper)

    def _fixed(self, setup: Setup) -> Setup:
        """Hold the parameters the caller fixed."""
        if self.delta is None:
            return setup
        given = [None if d is None else float(d) for d in self.delta]
        if self.kind == "trunc":
            given = [1.0, *given]
        if len(given) != setup.null.size:
            raise InputError(f"delta must have {setup.null.size} entries for this model")
        lower, upper = setup.lower.copy(), setup.upper.copy()
        for j, value in enumerate(given):
            if value is None or math.isnan(value):
                continue
            if value < 0 or (self.kind in ("stepfun", "trunc") and j == 0 and value != 1):
                raise InputError("delta must not be negative, and starts with 1 for steps")
            lower[j] = upper[j] = value
        return replace(setup, lower=lower, upper=upper)

    def _warn_empty(self, setup: Setup) -> None:
        if setup.counts is None:
            return
        estimated = setup.lower < setup.upper
        if any(n == 0 for n in setup.counts) and estimated.any():
            warnings.warn(
                f"an interval of the selection function holds no study (counts {setup.counts}): "
                "its parameter drifts to a bound; merge intervals",
                MetaWarning,
                stacklevel=5,
            )

    def _bounds(self, setup: Setup, tau2_zero: bool) -> tuple[FloatArray, FloatArray]:
        p = self.studies.X.shape[1]
        top = 0.0 if tau2_zero else np.inf
        lower = np.concatenate([np.full(p, -np.inf), [0.0], setup.lower])
        upper = np.concatenate([np.full(p, np.inf), [top], setup.upper])
        return lower, upper

    def fit(
        self, setup: Setup, plain: Maximum, tau2_zero: bool = False, near: FloatArray | None = None
    ) -> Maximum:
        """Highest maximum of the selection likelihood."""
        lower, upper = self._bounds(setup, tau2_zero or self.fixed_tau2)
        p = self.studies.X.shape[1]
        deltas = _delta_starts(self.kind, setup)
        if near is not None:  # a second fit close to one already found needs fewer
            deltas = deltas[:2]
        typical = float(np.median(self.studies.v))
        starts = [] if near is None else [near]
        for delta in deltas:
            for tau2, shrink in ((float(plain.theta[p]), 1.0), (0.5 * typical, 0.4)):
                beta = plain.theta[:p] * shrink
                starts.append(np.concatenate([beta, [tau2], delta]))
        return maximise(self.likelihood(setup), starts, lower, upper)

    def _fit_decreasing(
        self, setup: Setup, plain: Maximum
    ) -> tuple[Maximum, Setup, tuple[tuple[int, ...], ...]]:
        """Fit; with `decreasing`, pool neighbouring steps that violate the order."""
        d = setup.null.size
        groups = [[j] for j in range(d)]
        if not self.decreasing:
            return self.fit(setup, plain), setup, tuple(map(tuple, groups))
        if self.delta is not None:
            raise MethodError("decreasing=True and delta= do not go together")
        while True:
            merged = _merge_steps(setup, groups)
            best = self.fit(merged, plain)
            values = best.theta[self.studies.X.shape[1] + 1 :]
            bad = np.flatnonzero(np.diff(values) > 1e-10)
            if bad.size == 0:
                break
            j = int(bad[0])
            groups[j : j + 2] = [groups[j] + groups[j + 1]]
        return best, merged, tuple(map(tuple, groups))

    def _finish(
        self,
        best: Maximum,
        setup: Setup,
        plain: Maximum,
        tied: tuple[tuple[int, ...], ...],
    ) -> SelectionModel:
        from aponia.meta.bias._selection_result import assemble

        without = None
        if not self.fixed_tau2:
            without = self.fit(setup, plain, tau2_zero=True, near=_at_zero(best, self.studies))
        return assemble(self, best, setup, plain, without, tied)

    def _truncest(self, plain: Maximum) -> SelectionModel:
        """Try every cutpoint: the likelihood jumps at each effect and rises towards one side."""
        y, v = self.y[self.selected], self.studies.v[self.selected]
        found: tuple[Maximum, Setup] | None = None
        for cut in np.unique(y):
            for above in (y >= cut, y > cut):
                if above.all() or not above.any():
                    continue
                setup = truncated_at(y, v, float(cut), above, self.delta_min, self.delta_max)
                try:
                    best = self.fit(setup, plain)
                except ConvergenceError:
                    continue
                if found is None or best.value > found[0].value + 1e-10:
                    found = best, setup
        if found is None:
            raise ConvergenceError("no cutpoint of the truncated model could be fitted")
        return self._finish(found[0], found[1], plain, ((0,), (1,)))


def _at_zero(best: Maximum, studies: Studies) -> FloatArray:
    theta = best.theta.copy()
    theta[studies.X.shape[1]] = 0.0
    return theta


def _delta_starts(kind: str, setup: Setup) -> list[FloatArray]:
    """Where to start delta: no selection, and strong selection."""
    d = setup.null.size
    if kind == "beta":
        options = [[1.0, 1.0], [0.5, 4.0], [0.3, 0.8], [0.05, 1.5], [1.0, 10.0], [0.7, 0.5]]
    elif kind in ("stepfun", "trunc", "truncest"):
        slope = np.linspace(0.0, 1.0, d)
        options = [
            list(np.ones(d)),
            list(0.2**slope),
            list(0.02**slope),
            list(3.0**slope),
        ]
    elif d == 2:
        options = [[1.0, 1.0], [5.0, 0.5], [3.0, 3.0], [20.0, 0.3], [10.0, 10.0]]
    else:
        options = [[0.5], [3.0], [15.0]]
    return [np.clip(np.array(o), setup.lower, setup.upper) for o in options]


def _merge_steps(setup: Setup, groups: list[list[int]]) -> Setup:
    from aponia.meta.bias._weight_functions import Steps

    steps = setup.weight
    assert isinstance(steps, Steps)
    where = np.empty(setup.null.size, dtype=int)
    for g, members in enumerate(groups):
        where[members] = g
    weight = Steps(steps.lower, steps.upper, where[steps.owner], where[steps.observed])
    first = [members[0] for members in groups]
    upper = np.minimum(setup.upper[first], 1.0)
    lower = setup.lower[first].copy()
    lower[0] = upper[0] = 1.0
    return replace(setup, weight=weight, null=setup.null[first], lower=lower, upper=upper)
