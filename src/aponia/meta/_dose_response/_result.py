"""Result of a dose-response meta-analysis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from aponia.meta._distributions import critical_value
from aponia.meta._dose_response._curve import Curve
from aponia.meta._inputs import FloatArray
from aponia.meta._result import json_safe
from aponia.meta.errors import InputError

__all__ = ["CurveEstimate", "DoseResponseResult"]


@dataclass(frozen=True)
class CurveEstimate:
    """The pooled curve at some doses, against a reference dose.

    Attributes
    ----------
    dose, estimate, se, ci_lower, ci_upper, pi_lower, pi_upper : ndarray of shape (m,)
        Intervals are pointwise; ``pi`` adds the between-study covariance. Exponentiated where
        asked for (``se`` never is).
    reference : float
    """

    dose: FloatArray
    estimate: FloatArray
    se: FloatArray
    ci_lower: FloatArray
    ci_upper: FloatArray
    pi_lower: FloatArray
    pi_upper: FloatArray
    reference: float

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-safe lists."""
        return dict(json_safe(vars(self)))


@dataclass(frozen=True)
class DoseResponseResult:
    """A pooled dose-response curve.

    Attributes
    ----------
    curve : Curve
    names : tuple of str
    coef, se, ci_lower, ci_upper, z_or_t, p : ndarray of shape (p,)
    vcov : ndarray of shape (p, p)
    psi : ndarray of shape (p, p)
        Between-study covariance of the coefficients.
    q, q_df, q_p : float
        One stage: residuals of all contrasts around the common curve. Two stages: of the curves
        of the studies around it.
    i2 : float
        From `q`, percent.
    qm, qm_df, qm_p
        Test of no association (all coefficients).
    nonlinear, nonlinear_df, nonlinear_p
        Test of linearity (all coefficients but the first); None for a linear curve.
    loglik, aic, bic : float
        Of the contrasts (one stage) or of the studies' coefficients (two stages).
    k, n_contrasts : int
    study_coef, study_se : ndarray of shape (k, p) or None
        Curves of the single studies; only with two stages.
    references : tuple of float
        Reference dose of each study.
    """

    curve: Curve
    names: tuple[str, ...]
    coef: FloatArray
    se: FloatArray
    ci_lower: FloatArray
    ci_upper: FloatArray
    z_or_t: FloatArray
    p: FloatArray
    vcov: FloatArray
    psi: FloatArray
    q: float
    q_df: int
    q_p: float
    i2: float
    qm: float
    qm_df: tuple[int, float | None]
    qm_p: float
    nonlinear: float | None
    nonlinear_df: int | None
    nonlinear_p: float | None
    loglik: float
    aic: float
    bic: float
    k: int
    n_contrasts: int
    method: str
    stages: int
    covariance: str
    level: float
    studies: tuple[str, ...]
    references: tuple[float, ...]
    study_coef: FloatArray | None
    study_se: FloatArray | None
    df: None = None
    converged: bool = True

    @property
    def tau(self) -> FloatArray:
        """Between-study standard deviations of the coefficients."""
        return np.sqrt(np.diag(self.psi))

    @property
    def tau2(self) -> FloatArray:
        """Between-study variances of the coefficients."""
        return np.diag(self.psi).copy()

    def predict(
        self, dose: ArrayLike, *, reference: float = 0.0, exponentiate: bool = False
    ) -> CurveEstimate:
        """Return the effect of doses against a reference dose.

        Parameters
        ----------
        dose : array_like of shape (m,)
        reference : float
        exponentiate : bool
            Return ratios.

        Returns
        -------
        CurveEstimate
        """
        at = np.atleast_1d(np.asarray(dose, dtype=np.float64))
        if at.ndim != 1 or not np.isfinite(at).all() or not np.isfinite(reference):
            raise InputError("doses must be finite numbers in one dimension")
        X = self.curve(at) - self.curve(np.array([float(reference)]))
        mean = X @ self.coef
        var = np.einsum("ij,jk,ik->i", X, self.vcov, X)
        wide = var + np.einsum("ij,jk,ik->i", X, self.psi, X)
        crit = critical_value(self.level)
        se, spread = np.sqrt(np.maximum(var, 0)), np.sqrt(np.maximum(wide, 0))
        f = np.exp if exponentiate else np.asarray
        return CurveEstimate(
            at,
            f(mean),
            se,
            f(mean - crit * se),
            f(mean + crit * se),
            f(mean - crit * spread),
            f(mean + crit * spread),
            float(reference),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-safe lists and numbers."""
        out = dict(vars(self))
        out["curve"] = {"shape": self.curve.shape, "knots": list(self.curve.knots)}
        return dict(json_safe(out))

    def summary(self) -> str:
        """Return the result as text."""
        lines = [
            f"Dose-response meta-analysis ({self.curve.shape}, {self.stages}-stage, "
            f"{self.method}), k = {self.k}, {self.n_contrasts} contrasts"
        ]
        if self.curve.knots:
            lines.append("knots at " + ", ".join(f"{t:g}" for t in self.curve.knots))
        for j, name in enumerate(self.names):
            lines.append(
                f"{name}: {self.coef[j]:.5g} (se {self.se[j]:.4g}), {100 * self.level:g}% CI "
                f"{self.ci_lower[j]:.5g} to {self.ci_upper[j]:.5g}, p = {self.p[j]:.4g}, "
                f"tau = {self.tau[j]:.4g}"
            )
        lines.append(f"no association: chi2({self.qm_df[0]}) = {self.qm:.3f}, p = {self.qm_p:.4g}")
        if self.nonlinear is not None:
            lines.append(
                f"linearity: chi2({self.nonlinear_df}) = {self.nonlinear:.3f}, "
                f"p = {self.nonlinear_p:.4g}"
            )
        lines.append(
            f"heterogeneity Q({self.q_df}) = {self.q:.3f}, p = {self.q_p:.4g}, I2 = {self.i2:.1f}%"
        )
        return "\n".join(lines)
