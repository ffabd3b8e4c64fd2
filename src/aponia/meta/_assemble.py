"""From the numbers of a fit to a `PoolResult`: inference, criteria of fit, R2."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aponia.meta._design import Design
from aponia.meta._distributions import chi2_sf, critical_value, f_sf, two_sided_p
from aponia.meta._options import FIXED, Options
from aponia.meta._result import FitStatistics, PoolResult
from aponia.meta.kernels.fit import BatchFit, fit_batch

__all__ = ["assemble", "fit_statistics", "omnibus"]

FloatArray = NDArray[np.float64]


def assemble(
    fit: BatchFit,
    y: FloatArray,
    v: FloatArray,
    X: FloatArray,
    design: Design,
    kept: NDArray[np.bool_],
    weights: FloatArray | None,
    labels: tuple[str, ...],
    n_dropped: int,
    dropped: tuple[str, ...],
    options: Options,
    test: str,
) -> PoolResult:
    """Build the result of `aponia.meta.pool` from row 0 of a fit."""
    k, p = X.shape
    method = options.method
    coef, vcov = fit.coef[0], fit.vcov[0]
    tau2 = float(fit.tau2[0])
    se = np.sqrt(np.diag(vcov))
    df = None if test == "z" else float(k - p)
    crit = critical_value(options.level, df)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = coef / se
    i2, h2 = (float(value[0]) for value in fit.heterogeneity(method))
    q = float(fit.q[0])
    qm, qm_df, qm_p = omnibus(coef, vcov, options.btt, df)
    parameters = p + (method not in FIXED and options.fixed_tau2 is None)
    statistics = fit_statistics(
        float(fit.loglik_ml[0]),
        float(fit.loglik_reml[0]),
        float(fit.saturated[0]),
        k,
        p,
        parameters,
    )
    fit_method = "REML" if method == "REML" else "ML"
    chosen = statistics[fit_method]
    # A fixed-effects model has no distribution of true effects to predict from.
    plain = p == 1 and method not in FIXED and bool((X == 1.0).all())
    half = crit * float(np.sqrt(vcov[0, 0] + tau2))
    return PoolResult(
        coef=coef,
        se=se,
        ci_lower=coef - crit * se,
        ci_upper=coef + crit * se,
        z_or_t=statistic,
        df=df,
        p=two_sided_p(statistic, df),
        names=design.names,
        vcov=vcov,
        tau2=tau2,
        tau2_se=float(fit.tau2_se[0]) if k > 1 else float("nan"),
        i2=i2,
        h2=h2,
        q=q,
        q_df=k - p,
        q_p=float("nan") if np.isnan(q) else float(chi2_sf(q, k - p)),
        qm=qm,
        qm_df=qm_df,
        qm_p=qm_p,
        r2=_r2(y, v, design, X, weights, options, q, tau2),
        k=k,
        loglik=chosen.loglik,
        aic=chosen.aic,
        bic=chosen.bic,
        aicc=chosen.aicc,
        fit_method=fit_method,
        fit_statistics=statistics,
        converged=bool(fit.converged[0]),
        n_dropped=n_dropped,
        pi_lower=float(coef[0]) - half if plain else float("nan"),
        pi_upper=float(coef[0]) + half if plain else float("nan"),
        method=method,
        test=test,
        level=options.level,
        y=y,
        v=v,
        X=X,
        weights=weights,
        labels=labels,
        kept=kept,
        scale_factor=float(fit.scale[0]),
        typical_variance=float(fit.typical_variance[0]),
        dropped_names=dropped,
        design=design,
        options=options,
    )


def omnibus(
    coef: FloatArray, vcov: FloatArray, btt: tuple[int, ...], df: float | None
) -> tuple[float, tuple[int, float | None], float]:
    """Wald test that the coefficients `btt` are all zero: statistic, degrees of freedom, p."""
    index = list(btt)
    m = len(index)
    b = coef[index]
    if not vcov[np.ix_(index, index)].any():
        return float("nan"), (m, df), float("nan")  # identical effects: the caller has warned
    value = float(b @ np.linalg.solve(vcov[np.ix_(index, index)], b))
    if df is None:
        return value, (m, None), float(chi2_sf(value, m))
    value /= m
    return value, (m, df), float(f_sf(value, m, df))


def fit_statistics(
    loglik_ml: float, loglik_reml: float, saturated: float, k: int, p: int, parameters: int
) -> dict[str, FitStatistics]:
    """Return the ML and REML criteria of a fit."""
    return {
        "ML": FitStatistics.of(loglik_ml, -2.0 * (loglik_ml - saturated), parameters, k),
        "REML": FitStatistics.of(loglik_reml, -2.0 * loglik_reml, parameters, k - p),
    }


def _r2(
    y: FloatArray,
    v: FloatArray,
    design: Design,
    X: FloatArray,
    weights: FloatArray | None,
    options: Options,
    q: float,
    tau2: float,
) -> float:
    """Percent of heterogeneity explained against the model with the intercept alone."""
    k, p = X.shape
    if p == 1 or options.fixed_tau2 is not None or not _spans_constant(X):
        return float("nan")
    null = fit_batch(
        y[None],
        v[None],
        np.ones((1, k, 1)),
        method=options.method,
        user_weights=None if weights is None else weights[None],
    )
    if options.method in FIXED:
        # Adjusted R2 of the weighted regression.
        total = float(null.q[0])
        if not total > 0 or k <= p:
            return float("nan")
        return float(max(0.0, 100.0 * (1.0 - (q / (k - p)) / (total / (k - 1)))))
    tau2_null = float(null.tau2[0])
    if tau2_null <= 0:
        return 0.0
    return max(0.0, 100.0 * (tau2_null - tau2) / tau2_null)


def _spans_constant(X: FloatArray) -> bool:
    """Whether the intercept-only model is nested in X, as with one indicator a group."""
    ones = np.ones(X.shape[0])
    scaled = X / np.abs(X).max(0)
    fit = scaled @ np.linalg.lstsq(scaled, ones, rcond=None)[0]
    return bool(np.abs(fit - ones).max() < 1e-8)
