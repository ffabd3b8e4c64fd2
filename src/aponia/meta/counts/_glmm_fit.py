"""Fitting: starting values, the two nested optima and everything derived from them."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass

import numpy as np

from aponia.meta._distributions import critical_value, f_sf, two_sided_p
from aponia.meta._inputs import FloatArray
from aponia.meta.counts._families import Hypergeometric
from aponia.meta.counts._glmm_models import (
    GlmmData,
    glmm_data,
    model_of,
    saturated,
)
from aponia.meta.counts._glmm_result import GlmmResult
from aponia.meta.counts._maximise import SEPARATION, MarginalModel, Optimum, maximise
from aponia.meta.counts._result import chi2_p
from aponia.meta.errors import ConvergenceError, MethodError, TooFewStudiesError

__all__ = ["GlmmFit", "GlmmOptions", "fit_glmm", "glmm_result"]

#: Nodes for the exact conditional model, whose reference is the integral itself.
_EXACT_NODES = 61


@dataclass(frozen=True)
class GlmmOptions:
    """Options of the likelihood; see `glmm`."""

    heterogeneity: bool
    coding: float
    correlated: bool
    nagq: int | None

    def nodes(self, data: GlmmData) -> int:
        """Return the quadrature nodes a random effect."""
        if isinstance(data.family, Hypergeometric):
            # A large support means much information: the integrand is then nearly normal.
            enough = _EXACT_NODES if data.family.largest <= 200 else 21
            return max(enough, self.nagq or 0)
        if self.nagq is not None:
            return self.nagq
        return 1 if data.model == "UM.RS" and self.heterogeneity else 7


@dataclass(frozen=True)
class GlmmFit:
    """The optimum, in the parameters people ask for."""

    beta: FloatArray
    vcov: FloatArray
    tau2: float
    tau2_se: float
    sigma2: float | None
    rho: float | None
    loglik: float
    loglik_conditional: float
    loglik_equal: float
    loglik_saturated: float
    q_wald: float
    nagq: int
    n_parameters: int
    k_eff: int


def fit_glmm(data: GlmmData, options: GlmmOptions, y: FloatArray, v: FloatArray) -> GlmmFit:
    """Maximise the likelihood with and without heterogeneity, and saturated.

    Parameters
    ----------
    data : GlmmData
    options : GlmmOptions
    y, v : ndarray of shape (k,)
        Observed outcomes, for the starting values.

    Returns
    -------
    GlmmFit

    Raises
    ------
    ConvergenceError
        Separation, or no optimum from any start.
    TooFewStudiesError
        One study where its intercept is random.
    """
    k, p = data.X.shape
    nagq = options.nodes(data)
    random_studies = data.model == "UM.RS"
    if random_studies and k < 2:
        raise TooFewStudiesError("model 'UM.RS' needs at least 2 studies")
    beta, gamma, tau2 = _start(data, y, v)
    fitted = data
    if data.model == "UM.FS":
        # The intercept of a study without events (or only events) is infinite, its likelihood 1.
        use = _informative(data)
        if not use.any():
            raise TooFewStudiesError("no study has both events and non-events")
        if not use.all():
            fitted = glmm_data(data.cells.take(use), data.X[use], data.measure, data.model)
        start = np.concatenate([beta, gamma[use]])
    elif random_studies:
        start = np.concatenate([beta, [gamma.mean(), max(float(gamma.std()), 0.1)]])
    else:
        start = beta
    model = model_of(fitted, random_effect=False, nagq=nagq)
    equal = maximise(model, start)
    _check_separation(model, equal)
    alternative = saturated(fitted, nagq, equal.parameters)
    best, at_zero = equal, True
    if options.heterogeneity:
        wide = model_of(
            fitted,
            random_effect=True,
            nagq=nagq,
            coding=options.coding,
            correlated=options.correlated,
        )
        found = _climb(wide, equal.parameters, model.n_fixed, math.sqrt(tau2))
        if found is not None and found.loglik > equal.loglik + 1e-9:
            _check_separation(wide, found)
            best, at_zero, model = found, False, wide
    f = model.n_fixed
    information = -best.hessian
    try:
        np.linalg.cholesky(information)
    except np.linalg.LinAlgError:
        raise ConvergenceError(
            "the likelihood is flat at its maximum: the coefficients are not determined"
        ) from None
    covariance: FloatArray = np.linalg.inv(information).astype(np.float64)
    theta = best.parameters[f:]
    tau2_hat, tau2_se, sigma2, rho = 0.0, math.nan, None, None
    if not at_zero:
        tau2_hat = float(theta[0] ** 2)
        tau2_se = 2 * abs(float(theta[0])) * math.sqrt(float(covariance[f, f]))
    if random_studies:
        sigma2 = float(np.sum(theta[(0 if at_zero else 1) :] ** 2))
        if options.correlated and not at_zero and sigma2 > 0:
            rho = float(theta[1] * np.sign(theta[0])) / math.sqrt(sigma2)
    count = p + (k if data.model == "UM.FS" else 0) + (2 if random_studies else 0)
    count += int(options.heterogeneity) * (2 if options.correlated else 1)
    return GlmmFit(
        best.parameters[:p],
        covariance[:p, :p],
        tau2_hat,
        tau2_se,
        sigma2,
        rho,
        best.loglik,
        model.conditional_loglik(best.parameters),
        equal.loglik,
        alternative.loglik,
        alternative.wald(fitted.X),
        nagq,
        count,
        2 * k if data.model in ("UM.FS", "UM.RS") else k,
    )


def _informative(data: GlmmData) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    c = data.cells
    if data.measure == "IRR":
        return np.asarray(c.first + c.second > 0)
    return np.asarray((c.first + c.third > 0) & (c.second + c.fourth > 0))


def _start(data: GlmmData, y: FloatArray, v: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Return starting values: effects, study intercepts, and a guess of tau2."""
    ok = np.isfinite(y)
    p = data.X.shape[1]
    beta = np.zeros(p)
    tau2 = 0.1
    if ok.sum() > p:
        X, w = data.X[ok], 1 / v[ok]
        beta[:] = np.linalg.lstsq((X.T * w) @ X, (X.T * w) @ y[ok], rcond=None)[0]
        q = float(np.sum(w * (y[ok] - X @ beta) ** 2))
        scale = float(w.sum() - np.sum(w**2) / w.sum())
        tau2 = float(np.clip((q - (ok.sum() - p)) / scale, 0.01, 4.0))
    c = data.cells
    if data.measure == "OR":
        gamma = np.log((c.third + 0.5) / (c.fourth + 0.5))
    elif data.measure == "IRR":
        gamma = np.log((c.second + 0.5) / c.fourth)
    else:
        gamma = np.zeros(data.k)
    return beta, gamma, tau2


def _climb(model: MarginalModel, equal: FloatArray, f: int, tau: float) -> Optimum | None:
    """Return the best optimum over several starting values of the loading, None if all fail."""
    best: Optimum | None = None
    extra = model.patterns.shape[0] - 1
    for first in (tau, 0.3 * tau, 1.0, 3.0):
        rest = np.zeros(extra)
        if extra:
            rest[-1] = equal[f]
        with contextlib.suppress(ConvergenceError, np.linalg.LinAlgError):
            found = maximise(model, np.concatenate([equal[:f], [first], rest]))
            if best is None or found.loglik > best.loglik:
                best = found
    return best


def _check_separation(model: MarginalModel, optimum: Optimum) -> None:
    eta = model.design @ optimum.parameters[: model.n_fixed]
    if float(np.abs(eta).max()) > 30:
        raise ConvergenceError(SEPARATION)


def glmm_result(
    data: GlmmData,
    fit: GlmmFit,
    y: FloatArray,
    v: FloatArray,
    *,
    names: tuple[str, ...],
    method: str,
    test: str,
    level: float,
    n_dropped: int,
) -> GlmmResult:
    """Turn an optimum into tests, intervals and fit statistics."""
    k, p = data.X.shape
    se = np.sqrt(np.diag(fit.vcov))
    stat = fit.beta / se
    df = float(k - p) if test == "t" else None
    if df is not None and df < 1:
        raise MethodError("test='t' needs more studies than coefficients")
    crit, pvalue = critical_value(level, df), two_sided_p(stat, df)
    tested = np.arange(p) if names[0] != "intercept" or p == 1 else np.arange(1, p)
    block = fit.vcov[np.ix_(tested, tested)]
    qm = float(fit.beta[tested] @ np.linalg.solve(block, fit.beta[tested]))
    if df is None:
        qm_p = chi2_p(qm, tested.size)
    else:
        qm /= tested.size
        qm_p = float(f_sf(qm, tested.size, df))
    q = max(2 * (fit.loglik_saturated - fit.loglik_equal), 0.0)
    ok = np.isfinite(y)
    i2, h2 = 0.0, 1.0
    if fit.tau2 > 0 and ok.sum() > p:
        X, w = data.X[ok], 1 / v[ok]
        XW = X.T * w
        trace = float(w.sum() - np.trace(np.linalg.solve(XW @ X, (XW * w) @ X)))
        typical = (ok.sum() - p) / trace
        i2, h2 = 100 * fit.tau2 / (typical + fit.tau2), 1 + fit.tau2 / typical
    n, ll = fit.n_parameters, fit.loglik
    corrected = max(fit.k_eff, n + 2)
    return GlmmResult(
        data.measure,
        data.model,
        method,
        test,
        level,
        names,
        fit.beta,
        se,
        fit.beta - crit * se,
        fit.beta + crit * se,
        stat,
        pvalue,
        df,
        fit.vcov,
        fit.tau2,
        fit.tau2_se,
        fit.sigma2,
        fit.rho,
        i2,
        h2,
        q,
        k - p,
        chi2_p(q, k - p),
        fit.q_wald,
        chi2_p(fit.q_wald, k - p),
        qm,
        (int(tested.size), df),
        qm_p,
        k,
        int(ok.sum()),
        fit.k_eff,
        n,
        ll,
        fit.loglik_conditional,
        2 * (fit.loglik_saturated - ll),
        2 * n - 2 * ll,
        n * math.log(fit.k_eff) - 2 * ll,
        2 * n * corrected / (corrected - n - 1) - 2 * ll,
        fit.nagq,
        n_dropped,
        data.cells.labels,
        y,
        v,
    )
