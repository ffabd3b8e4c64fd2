"""Funnel-plot asymmetry: Egger's regression tests and Begg's rank test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from aponia.meta._distributions import critical_value, two_sided_p
from aponia.meta._inputs import ColumnLike, FloatArray
from aponia.meta._result import json_safe
from aponia.meta.bias._studies import Studies, read_studies, refit
from aponia.meta.errors import (
    InputError,
    MethodError,
    SingularDesignError,
    TooFewStudiesError,
)

__all__ = ["BeggTest", "EggerTest", "begg", "egger", "regression_test"]

Predictor = Literal["sei", "vi", "ni", "ninv", "sqrtni", "sqrtninv"]
PREDICTORS = ("sei", "vi", "ni", "ninv", "sqrtni", "sqrtninv")
_WORDS = {
    "sei": "standard error",
    "vi": "sampling variance",
    "ni": "sample size",
    "ninv": "inverse of the sample size",
    "sqrtni": "square root of the sample size",
    "sqrtninv": "inverse square root of the sample size",
}


@dataclass(frozen=True)
class EggerTest:
    """Regression test for funnel-plot asymmetry.

    Attributes
    ----------
    model : {"rma", "lm"}
    predictor : str
    z_or_t, p : float
        Test that the slope of the predictor is zero, two-sided.
    df : float or None
        Degrees of freedom; None for the normal.
    coef, se, coef_p : ndarray of shape (p + 1,)
        All coefficients; the predictor is the last.
    names : tuple of str
    limit, limit_se, limit_lower, limit_upper, limit_p : float or None
        Estimate as the standard error goes to zero; None when the predictor grows with the
        sample size or the model has other moderators.
    tau2 : float or None
        Residual heterogeneity of model "rma".
    dispersion : float or None
        Multiplicative dispersion of model "lm".
    k : int
    level : float
    """

    model: str
    predictor: str
    z_or_t: float
    df: float | None
    p: float
    coef: FloatArray
    se: FloatArray
    coef_p: FloatArray
    names: tuple[str, ...]
    limit: float | None
    limit_se: float | None
    limit_lower: float | None
    limit_upper: float | None
    limit_p: float | None
    tau2: float | None
    dispersion: float | None
    k: int
    level: float

    def summary(self) -> str:
        """Return the result as text."""
        kind = (
            "meta-regression"
            if self.model == "rma"
            else "weighted regression with multiplicative dispersion"
        )
        statistic = (
            f"z = {self.z_or_t:.4f}" if self.df is None else f"t({self.df:g}) = {self.z_or_t:.4f}"
        )
        lines = [
            f"Regression test for funnel-plot asymmetry (k = {self.k})",
            f"model: {kind}; predictor: {_WORDS[self.predictor]}",
            f"asymmetry: {statistic}, p = {self.p:.4f}",
        ]
        if self.limit is not None:
            lines.append(
                f"limit estimate: {self.limit:.4f} [{self.limit_lower:.4f}, {self.limit_upper:.4f}]"
            )
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists, floats and strings."""
        return {str(k): json_safe(v) for k, v in vars(self).items()}


def _predictor(studies: Studies, predictor: str) -> FloatArray:
    if predictor not in PREDICTORS:
        raise MethodError(f"predictor={predictor!r}: choose from {PREDICTORS}")
    if predictor == "sei":
        return np.sqrt(studies.v)
    if predictor == "vi":
        return studies.v
    if studies.ni is None:
        raise InputError(f"predictor={predictor!r} needs the sample sizes: give ni=")
    if not (studies.ni > 0).all():
        raise InputError("sample sizes must be positive")
    powers = {"ni": 1.0, "ninv": -1.0, "sqrtni": 0.5, "sqrtninv": -0.5}
    return np.asarray(studies.ni ** powers[predictor])


def egger(
    effects: Any,
    v: ColumnLike | None = None,
    *,
    model: Literal["rma", "lm"] = "rma",
    predictor: Predictor = "sei",
    se: ColumnLike | None = None,
    ni: ColumnLike | None = None,
    moderators: Any = None,
    method: str | None = None,
    test: str | None = None,
    level: float | None = None,
    data: Any = None,
) -> EggerTest:
    """Regression test for funnel-plot asymmetry (Egger's test and its descendants).

    Parameters
    ----------
    effects : PoolResult, EffectSizes, array_like of shape (k,) or str
        With a pooled result its estimator, test, weights and moderators are used again.
    v, se : array_like of shape (k,) or str, optional
        Sampling variances or standard errors, when `effects` are columns.
    model : {"rma", "lm"}
        ``"rma"``: meta-regression with residual heterogeneity (the default). ``"lm"``: weighted
        regression with multiplicative dispersion and a t test; with predictor ``"sei"`` this is
        the classical Egger test.
    predictor : {"sei", "vi", "ni", "ninv", "sqrtni", "sqrtninv"}
        What the effects are regressed on; those in n need `ni`.
    ni : array_like of shape (k,) or str, optional
        Total sample sizes.
    moderators : optional
        Covariates to adjust for, when `effects` are columns.
    method, test, level
        Estimator of tau2, test and confidence level; by default those of the pooled result, else
        REML, z and 0.95.
    data : data frame, optional
        Where names are looked up.

    Returns
    -------
    EggerTest

    Raises
    ------
    SingularDesignError
        The predictor does not vary, or is collinear with the moderators.
    TooFewStudiesError
        Not more studies than coefficients.
    MethodError, InputError
        Unknown option, missing sample sizes.

    Notes
    -----
    Egger et al., BMJ 1997;315:629; Sterne and Egger 2005; Moreno et al., BMC Med Res Methodol
    2009;9:2. Asymmetry has other causes than publication bias.

    Examples
    --------
    >>> y, v = [0.9, 0.5, 0.4, 0.2], [0.25, 0.09, 0.06, 0.01]
    >>> round(egger(y, v, model="lm").p, 3)
    0.006
    """
    studies = read_studies(
        effects,
        v,
        se=se,
        ni=ni,
        moderators=moderators,
        method=method,
        test=test,
        level=level,
        data=data,
    )
    return regression_test(studies, model, predictor)


def regression_test(studies: Studies, model: str, predictor: str) -> EggerTest:
    """Run the test on studies already read."""
    x = _predictor(studies, predictor)
    X = np.column_stack([studies.X, x])
    scale = np.linalg.norm(X, axis=0)
    scaled = X / np.where(scale > 0, scale, 1.0)
    if np.linalg.matrix_rank(scaled, tol=1e-10) < X.shape[1]:
        raise SingularDesignError(
            f"the predictor {predictor!r} does not vary (or is collinear with the moderators): "
            "there is nothing to test"
        )
    names = (*studies.names, predictor)
    has_limit = studies.intercept_only and predictor in ("sei", "vi", "ninv", "sqrtninv")
    tau2 = dispersion = None
    if model == "rma":
        fit = refit(studies, studies.y, studies.v, X, studies.weights)
        coef, errors, df, tau2 = fit.coef, fit.se, fit.df, fit.tau2
    elif model == "lm":
        coef, errors, df, dispersion = _weighted_regression(studies.y, studies.v, X)
    else:
        raise MethodError(f"model={model!r}: choose 'rma' or 'lm'")
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = coef / errors
    p = two_sided_p(statistic, df)
    half = critical_value(studies.level, df) * float(errors[0])
    limit = float(coef[0])
    return EggerTest(
        model=model,
        predictor=predictor,
        z_or_t=float(statistic[-1]),
        df=df,
        p=float(p[-1]),
        coef=coef,
        se=errors,
        coef_p=p,
        names=names,
        limit=limit if has_limit else None,
        limit_se=float(errors[0]) if has_limit else None,
        limit_lower=limit - half if has_limit else None,
        limit_upper=limit + half if has_limit else None,
        limit_p=float(p[0]) if has_limit else None,
        tau2=tau2,
        dispersion=dispersion,
        k=studies.k,
        level=studies.level,
    )


def _weighted_regression(
    y: FloatArray, v: FloatArray, X: FloatArray
) -> tuple[FloatArray, FloatArray, float, float]:
    k, p = X.shape
    if k <= p:
        raise TooFewStudiesError(f"the weighted regression needs more than {p} studies, found {k}")
    root = np.sqrt(v)
    q, r = np.linalg.qr(X / root[:, None])
    coef = np.linalg.solve(r, q.T @ (y / root))
    residual = (y - X @ coef) / root
    dispersion = float(residual @ residual) / (k - p)
    inverse = np.linalg.inv(r)
    errors = np.sqrt(dispersion * np.sum(inverse**2, axis=1))
    return coef, errors, float(k - p), dispersion


@dataclass(frozen=True)
class BeggTest:
    """Rank correlation test for funnel-plot asymmetry.

    Attributes
    ----------
    tau : float
        Kendall's tau (tau-b with ties) of standardised effects and variances.
    p : float
        Two-sided.
    exact : bool
        Whether p is from the exact null distribution (no ties, at most 170 studies).
    k : int
    """

    tau: float
    p: float
    exact: bool
    k: int

    def summary(self) -> str:
        """Return the result as text."""
        kind = "exact" if self.exact else "normal approximation"
        return (
            f"Rank correlation test for funnel-plot asymmetry (k = {self.k})\n"
            f"Kendall's tau = {self.tau:.4f}, p = {self.p:.4f} ({kind})"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers."""
        return {str(k): json_safe(v) for k, v in vars(self).items()}


def begg(
    effects: Any,
    v: ColumnLike | None = None,
    *,
    se: ColumnLike | None = None,
    data: Any = None,
) -> BeggTest:
    """Rank correlation test of Begg and Mazumdar.

    Parameters
    ----------
    effects : PoolResult, EffectSizes, array_like of shape (k,) or str
        The model of a pooled result plays no part, but it must have no moderators.
    v, se : array_like of shape (k,) or str, optional
        Sampling variances or standard errors, when `effects` are columns.
    data : data frame, optional
        Where names are looked up.

    Returns
    -------
    BeggTest

    Raises
    ------
    TooFewStudiesError
        Fewer than two studies.
    MethodError
        A model with moderators, or nothing to rank because all values are tied.

    Notes
    -----
    Begg and Mazumdar, Biometrics 1994;50:1088. Effects are centred at the fixed-effect mean and
    divided by the square root of ``v - 1 / sum(1 / v)``. Without ties the p-value is exact; with
    ties the normal approximation with the tie-corrected variance is used, without continuity
    correction.

    Examples
    --------
    >>> begg([0.9, 0.5, 0.4, 0.2], [0.25, 0.09, 0.06, 0.01]).tau
    1.0
    """
    from scipy.stats import kendalltau

    studies = read_studies(effects, v, se=se, data=data)
    studies.need_intercept_only("the rank correlation test")
    if studies.k < 2:
        raise TooFewStudiesError("the rank correlation test needs at least two studies")
    w = 1 / studies.v
    mean = float(w @ studies.y) / float(w.sum())
    standardised = (studies.y - mean) / np.sqrt(studies.v - 1 / w.sum())
    ties = np.unique(standardised).size < studies.k or np.unique(studies.v).size < studies.k
    if np.ptp(studies.v) == 0 or np.ptp(standardised) == 0:
        raise MethodError("all variances (or all effects) are equal: there is nothing to rank")
    exact = not ties and studies.k <= 170
    result = kendalltau(standardised, studies.v, method="exact" if exact else "asymptotic")
    return BeggTest(float(result.statistic), min(float(result.pvalue), 1.0), exact, studies.k)
