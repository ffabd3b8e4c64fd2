"""Result of a generalised linear mixed model."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from aponia.meta._distributions import critical_value
from aponia.meta._inputs import FloatArray
from aponia.meta._result import json_safe
from aponia.meta.errors import InputError

__all__ = ["GlmmResult"]


@dataclass(frozen=True)
class GlmmResult:
    """A pooled log odds ratio, log rate ratio, logit proportion or log rate.

    Attributes
    ----------
    measure, model, fit_method : str
        ``"OR"``, ``"IRR"``, ``"PLO"`` or ``"IRLN"``; ``"UM.FS"`` and so on (empty for a single
        group); ``"ML"`` or ``"EE"`` (no heterogeneity).
    names : tuple of str
    coef, se, ci_lower, ci_upper, z_or_t, p : ndarray of shape (p,)
    vcov : ndarray of shape (p, p)
    df : float or None
        Degrees of freedom of the t-test, None for z.
    tau2, tau2_se : float
        Between-study variance; its standard error is NaN on the boundary (tau2 = 0).
    sigma2, rho : float or None
        Variance of the random study intercepts of UM.RS, and their correlation with the effects
        when it was estimated.
    i2, h2 : float
        Against the "typical" sampling variance of the observed outcomes; I2 in percent.
    q, q_df, q_p : float
        Likelihood-ratio test of heterogeneity against one free effect a study.
    q_wald, q_wald_p : float
        The Wald version; studies whose own estimate is infinite carry no weight.
    qm, qm_df, qm_p : float, tuple, float
        Test of the moderators (all coefficients but the intercept, or all of them).
    k, k_yi, k_eff : int
        Studies in the likelihood, with an observed outcome, rows of counts in the likelihood.
    loglik, deviance, aic, bic, aicc : float
        The full log-likelihood, all constants included, so that every model of the same counts
        can be compared. The deviance is against one free effect a study.
    loglik_conditional : float
        Log-likelihood of the counts given the random effects at their modes. metafor's
        `rma.glmm` reports this as the log-likelihood of its ML fits of UM.FS, CM.AL, PLO and
        IRLN; it is not comparable with that of a model without heterogeneity.
    nagq : int
        Quadrature nodes a random effect (1 is Laplace's approximation).
    """

    measure: str
    model: str
    fit_method: str
    test: str
    level: float
    names: tuple[str, ...]
    coef: FloatArray
    se: FloatArray
    ci_lower: FloatArray
    ci_upper: FloatArray
    z_or_t: FloatArray
    p: FloatArray
    df: float | None
    vcov: FloatArray
    tau2: float
    tau2_se: float
    sigma2: float | None
    rho: float | None
    i2: float
    h2: float
    q: float
    q_df: int
    q_p: float
    q_wald: float
    q_wald_p: float
    qm: float
    qm_df: tuple[int, float | None]
    qm_p: float
    k: int
    k_yi: int
    k_eff: int
    n_parameters: int
    loglik: float
    loglik_conditional: float
    deviance: float
    aic: float
    bic: float
    aicc: float
    nagq: int
    n_dropped: int
    labels: tuple[str, ...]
    y: FloatArray
    v: FloatArray
    converged: bool = True

    @property
    def tau(self) -> float:
        """Between-study standard deviation."""
        return math.sqrt(self.tau2)

    def predict(
        self, new: ArrayLike | None = None, *, exponentiate: bool = False
    ) -> dict[str, FloatArray]:
        """Return the mean effect, its interval and a prediction interval.

        Parameters
        ----------
        new : array_like of shape (m, p) or (p,), optional
            Values of all columns of the design, intercept included; needed with moderators.
        exponentiate : bool
            Return ratios (or odds, rates) instead of logarithms.

        Returns
        -------
        dict
            ``estimate ci_lower ci_upper pi_lower pi_upper`` of shape (m,), and ``se`` on the
            log scale.

        Raises
        ------
        InputError
            `new` is missing or has another number of columns.
        """
        if new is None:
            if len(self.names) > 1 or self.names != ("intercept",):
                raise InputError(f"give new= with the columns {', '.join(self.names)}")
            X = np.ones((1, 1))
        else:
            X = np.atleast_2d(np.asarray(new, dtype=np.float64))
            if X.shape[1] != self.coef.size:
                raise InputError(f"new has {X.shape[1]} columns, expected {self.coef.size}")
        mean = X @ self.coef
        se = np.sqrt(np.einsum("ij,jk,ik->i", X, self.vcov, X))
        crit = critical_value(self.level, self.df)
        spread = crit * np.sqrt(se**2 + self.tau2)
        f = np.exp if exponentiate else np.asarray
        return {
            "estimate": f(mean),
            "se": se,
            "ci_lower": f(mean - crit * se),
            "ci_upper": f(mean + crit * se),
            "pi_lower": f(mean - spread),
            "pi_upper": f(mean + spread),
        }

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-safe lists and numbers (NaN and ±inf become None)."""
        return dict(json_safe(vars(self)))

    def summary(self) -> str:
        """Return the result as text."""
        scale = {
            "OR": "log odds ratio",
            "IRR": "log rate ratio",
            "PLO": "logit proportion",
            "IRLN": "log rate",
        }[self.measure]
        letter = "z" if self.df is None else "t"
        lines = [
            f"GLMM {self.model} ({scale}, {self.fit_method}), k = {self.k}"
            + (f", {self.n_dropped} rows left out" if self.n_dropped else "")
        ]
        for j, name in enumerate(self.names):
            lines.append(
                f"{name}: {self.coef[j]:.4f} (se {self.se[j]:.4f}), {100 * self.level:g}% CI "
                f"{self.ci_lower[j]:.4f} to {self.ci_upper[j]:.4f}, {letter} = "
                f"{self.z_or_t[j]:.3f}, p = {self.p[j]:.4g}"
            )
        lines.append(f"tau2 = {self.tau2:.4f}, I2 = {self.i2:.1f}%, H2 = {self.h2:.2f}")
        if self.sigma2 is not None:
            lines.append(f"sigma2 of the study intercepts = {self.sigma2:.4f}")
        lines.append(
            f"heterogeneity LRT({self.q_df}) = {self.q:.3f}, p = {self.q_p:.4g}; "
            f"Wald = {self.q_wald:.3f}, p = {self.q_wald_p:.4g}"
        )
        if len(self.names) > 1:
            lines.append(f"moderators QM = {self.qm:.3f}, p = {self.qm_p:.4g}")
        return "\n".join(lines)
