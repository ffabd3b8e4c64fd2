"""Location-scale models: moderators of the average effect and of the heterogeneity."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aponia.meta._assemble import fit_statistics, omnibus
from aponia.meta._design import Design, drop_redundant
from aponia.meta._distributions import chi2_sf, critical_value, two_sided_p
from aponia.meta._options import Options
from aponia.meta._result import PoolResult
from aponia.meta._scale import ScaleFit
from aponia.meta.errors import (
    ConvergenceError,
    InputError,
    MetaWarning,
    MethodError,
    TooFewStudiesError,
)
from aponia.meta.kernels.estimate import centre
from aponia.meta.kernels.fit import fit_batch
from aponia.meta.kernels.projection import least_squares, project
from aponia.meta.kernels.scale import ScaleModel

__all__ = ["LINKS", "fit_location_scale"]

FloatArray = NDArray[np.float64]
LINKS = ("log", "identity")
_LOG_2PI = float(np.log(2.0 * np.pi))


def fit_location_scale(
    y: FloatArray,
    v: FloatArray,
    design: Design,
    scale_design: Design,
    kept: NDArray[np.bool_],
    labels: tuple[str, ...],
    n_dropped: int,
    dropped: tuple[str, ...],
    weights: FloatArray | None,
    options: Options,
    link: str,
    *,
    optbeta: bool,
) -> PoolResult:
    """Fit a location-scale model by ML or REML; see `aponia.meta.pool`.

    References
    ----------
    Viechtbauer W, Lopez-Lopez JA (2022). Research Synthesis Methods 13:697-715.
    """
    if link not in LINKS:
        raise MethodError(f"link={link!r} is not known; use one of {', '.join(LINKS)}")
    if options.method not in ("ML", "REML"):
        raise MethodError(f"scale= needs method='ML' or 'REML', found {options.method!r}")
    if optbeta and options.method != "ML":
        raise MethodError("optbeta=True needs method='ML'")
    if weights is not None or options.fixed_tau2 is not None:
        raise MethodError("scale= does not go with weights= or tau2=")
    if (v == 0).any():
        raise InputError("scale= needs sampling variances that are not zero")
    scale_design, dropped_scale = drop_redundant(scale_design, kept)
    if dropped_scale:
        warnings.warn(
            f"redundant scale moderators dropped: {', '.join(dropped_scale)}",
            MetaWarning,
            stacklevel=3,
        )
    X, Z = design.X[kept], scale_design.X[kept]
    k, p = X.shape
    q = Z.shape[1]
    if k < p + q:
        raise TooFewStudiesError(f"{k} studies cannot identify {p} + {q} coefficients")
    if options.test != "z" and k <= max(p, q):
        raise TooFewStudiesError(f"test={options.test!r} needs more than {max(p, q)} studies")
    model = ScaleModel(
        centre(y[None], v[None], X[None])[0], v, X, Z, options.method == "REML", link == "log"
    )
    alpha = _fit(model)
    return _assemble(
        *(model, alpha, y, design, scale_design, kept, labels, n_dropped, dropped, options, link),
        optbeta=optbeta,
    )


def _fit(model: ScaleModel) -> FloatArray:
    """Best of several climbs, on standardised columns."""
    Z, start = model.Z, _start(model)
    standard, back = _standardise(Z)
    inner = replace(model, Z=standard)
    free = np.ones(Z.shape[1], dtype=bool)
    intercept = np.linalg.lstsq(standard, np.ones(len(Z)), rcond=None)[0]
    candidates: list[FloatArray] = [np.asarray(intercept * start)]
    if model.log_link:
        # The best straight line through the logarithms of each study's own excess variance.
        own = np.square(project(model.y, 1.0 / (model.v + np.exp(start)), model.X).py)
        own = own * np.square(model.v + np.exp(start)) - model.v
        log_own = np.log(np.maximum(own, 0.1 * np.exp(start)))
        candidates.append(np.asarray(np.linalg.lstsq(standard, log_own, rcond=None)[0]))
        candidates += [np.asarray(intercept * (start + shift)) for shift in (-3.0, 2.0)]
    best, best_value, best_ok = candidates[0], -np.inf, False
    for candidate in candidates:
        if not np.isfinite(inner.value(candidate)):
            continue
        alpha, ok = inner.maximise(candidate, free)
        value = inner.value(alpha)
        if value > best_value + 1e-9 or (ok and not best_ok and value > best_value - 1e-9):
            best, best_value, best_ok = alpha, value, ok
    if not best_ok:
        if model.log_link:
            raise ConvergenceError(
                "the scale coefficients did not converge: tau2 is estimated as zero for some "
                "values of the scale moderators; simplify scale= or use link='identity'"
            )
        best = _constrained(inner, best)
    return np.asarray(back @ best)


def _standardise(Z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return columns of mean 0 and norm 1 where a constant allows it, and the way back."""
    q = Z.shape[1]
    T = np.eye(q)
    constant = next((j for j in range(q) if bool((Z[:, j] == Z[0, j]).all())), None)
    for j in range(q):
        if j == constant:
            continue
        centred = Z[:, j] - (Z[:, j].mean() if constant is not None else 0.0)
        size = max(float(np.sqrt(np.square(centred).mean())), 1e-300)
        T[j, j] = 1.0 / size
        if constant is not None:
            T[constant, j] = -Z[:, j].mean() / size / Z[0, constant]
    return Z @ T, T


def _start(model: ScaleModel) -> float:
    fit = fit_batch(
        model.y[None], model.v[None], model.X[None], method="REML" if model.restricted else "ML"
    )
    tau2 = max(float(fit.tau2[0]), 0.05 * float(np.median(model.v)))
    return float(np.log(tau2)) if model.log_link else tau2


def _constrained(model: ScaleModel, start: FloatArray) -> FloatArray:
    """Maximum under tau2_i >= 0 on the boundary of the parameter space (identity link)."""
    from scipy.optimize import minimize

    def loss(a: Any) -> float:
        value = model.value(a)
        return -value if np.isfinite(value) else 1e10

    def slope(a: Any) -> FloatArray:
        return -model.derivatives(a)[0]

    constraint: Any = {"type": "ineq", "fun": lambda a: model.Z @ a, "jac": lambda a: model.Z}
    options: Any = {"ftol": 1e-15, "maxiter": 2000}
    found = minimize(
        loss, start, jac=slope, method="SLSQP", constraints=constraint, options=options
    )
    best: FloatArray = found.x if -found.fun >= model.value(start) else start
    if not np.isfinite(model.value(best)):
        raise ConvergenceError("the scale coefficients did not converge; use link='log'")
    return best


def _assemble(
    model: ScaleModel,
    alpha: FloatArray,
    y: FloatArray,
    design: Design,
    scale_design: Design,
    kept: NDArray[np.bool_],
    labels: tuple[str, ...],
    n_dropped: int,
    dropped: tuple[str, ...],
    options: Options,
    link: str,
    *,
    optbeta: bool,
) -> PoolResult:
    X, v = model.X, model.v
    k, p = X.shape
    q = model.Z.shape[1]
    level, test = options.level, options.test
    tau2 = np.maximum(model.tau2(alpha), 0.0)
    w = 1.0 / (v + tau2)
    coef, root, log_xwx = least_squares(y, w, X)
    at = project(model.y, w, X)
    rss = float(at.rss)
    factor = 1.0 if test in ("z", "t") else rss / (k - p)
    factor = max(factor, 1.0) if test == "adhoc" else factor
    vcov = (_joint(model, alpha) if optbeta else root @ root.T) * factor
    se = np.sqrt(np.diag(vcov))
    df = None if test == "z" else float(k - p)
    crit = critical_value(level, df)
    fixed = project(model.y, 1.0 / v, X)
    typical = float((k - p) / fixed.trace) if k > p else 0.0
    i2 = 100.0 * tau2 / (typical + tau2)
    h2 = tau2 / typical + 1.0
    scale = _scale_fit(model, alpha, scale_design, kept, options, link, tau2, i2, h2)
    log_m = float(np.log(v + tau2).sum())
    log_xx = float(least_squares(y, np.ones(k), X)[2])
    ml = -0.5 * (k * _LOG_2PI + log_m + rss)
    reml = -0.5 * ((k - p) * _LOG_2PI - log_xx + log_m + float(log_xwx) + rss)
    saturated = -0.5 * (k * _LOG_2PI + float(np.log(v).sum()))
    statistics = fit_statistics(ml, reml, saturated, k, p, p + q)
    chosen = statistics[options.method]
    qm, qm_df, qm_p = omnibus(coef, vcov, options.btt, df)
    return PoolResult(
        coef=coef,
        se=se,
        ci_lower=coef - crit * se,
        ci_upper=coef + crit * se,
        z_or_t=coef / se,
        df=df,
        p=two_sided_p(coef / se, df),
        names=design.names,
        vcov=vcov,
        tau2=float(tau2.mean()),
        tau2_se=float("nan"),
        i2=float(i2.mean()),
        h2=float(h2.mean()),
        q=float(fixed.rss),
        q_df=k - p,
        q_p=float(chi2_sf(float(fixed.rss), k - p)),
        qm=qm,
        qm_df=qm_df,
        qm_p=qm_p,
        r2=float("nan"),
        k=k,
        loglik=chosen.loglik,
        aic=chosen.aic,
        bic=chosen.bic,
        aicc=chosen.aicc,
        fit_method=options.method,
        fit_statistics=statistics,
        converged=True,
        n_dropped=n_dropped,
        pi_lower=float("nan"),
        pi_upper=float("nan"),
        method=options.method,
        test=test,
        level=level,
        y=y,
        v=v,
        X=X,
        weights=None,
        labels=labels,
        kept=kept,
        scale_factor=factor,
        typical_variance=typical,
        dropped_names=dropped,
        design=design,
        options=replace(options, link=link),
        scale=scale,
    )


def _joint(model: ScaleModel, alpha: FloatArray) -> FloatArray:
    """Covariance of the coefficients from the joint information with the scale (ML)."""
    w = 1.0 / (model.v + model.tau2(alpha))
    a = project(model.y, w, model.X)
    D = model.Z * model.tau2(alpha)[:, None] if model.log_link else model.Z
    own = model.X.T @ (model.X * w[:, None])
    cross = model.X.T @ (D * (a.py * w)[:, None])
    scale = cross.T @ np.linalg.solve(own, cross) - model.derivatives(alpha)[1]
    return np.asarray(np.linalg.inv(own - cross @ np.linalg.solve(scale, cross.T)))


def _scale_fit(
    model: ScaleModel,
    alpha: FloatArray,
    design: Design,
    kept: NDArray[np.bool_],
    options: Options,
    link: str,
    tau2: FloatArray,
    i2: FloatArray,
    h2: FloatArray,
) -> ScaleFit:
    k, q = model.Z.shape
    df = None if options.test == "z" else float(k - q)
    information = -model.derivatives(alpha)[1]
    unit = 1.0 / np.sqrt(np.maximum(np.abs(np.diag(information)), 1e-300))
    scaled = information * np.outer(unit, unit)
    boundary = link == "identity" and bool((tau2 <= 1e-10 * tau2.max()).any())
    if boundary or np.linalg.eigvalsh(scaled).min() <= 1e-12:
        warnings.warn(
            "tau2 is at its boundary for some studies: the scale coefficients have no standard "
            "errors",
            MetaWarning,
            stacklevel=5,
        )
        vcov = np.full((q, q), np.nan)
    else:
        vcov = np.linalg.inv(scaled) * np.outer(unit, unit)
    se = np.sqrt(np.diag(vcov))
    crit = critical_value(options.level, df)
    covered = tuple(j for j in range(q) if design.names[j] != "intercept") or tuple(range(q))
    if np.isnan(vcov).any():
        qs, qs_df, qs_p = float("nan"), (len(covered), df), float("nan")
    else:
        qs, qs_df, qs_p = omnibus(alpha, vcov, covered, df)
    return ScaleFit(
        coef=alpha,
        se=se,
        ci_lower=alpha - crit * se,
        ci_upper=alpha + crit * se,
        z_or_t=alpha / se,
        df=df,
        p=two_sided_p(alpha / se, df),
        names=design.names,
        vcov=vcov,
        link=link,
        tau2=tau2,
        i2=i2,
        h2=h2,
        qs=qs,
        qs_df=qs_df,
        qs_p=qs_p,
        design=design,
        kept=kept,
    )
