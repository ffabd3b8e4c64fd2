"""The result of one pooled fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aponia.meta._options import Options

if TYPE_CHECKING:
    from aponia.meta._design import Design
    from aponia.meta._heterogeneity import HeterogeneityInterval
    from aponia.meta._predict import Prediction
    from aponia.meta._scale import ScaleFit

__all__ = ["FitStatistics", "PoolResult", "json_safe"]

FloatArray = NDArray[np.float64]


def json_safe(value: Any) -> Any:
    """Return plain lists, numbers, strings and None: NaN and infinities become None.

    Examples
    --------
    >>> json_safe({"a": np.array([1.0, np.nan]), "b": (1, "x")})
    {'a': [1.0, None], 'b': [1, 'x']}
    """
    if isinstance(value, Mapping):
        return {str(key): json_safe(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return json_safe(value.tolist())
    if isinstance(value, (list, tuple)):
        return [json_safe(item) for item in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else None
    return value if value is None or isinstance(value, str) else str(value)


@dataclass(frozen=True, slots=True)
class FitStatistics:
    """Likelihood-based measures of one criterion (ML or REML).

    Attributes
    ----------
    loglik, deviance, aic, bic, aicc : float
        Deviance is against the model with one parameter a study (ML) or -2 loglik (REML). The
        sample size in BIC and AICc is k for ML and k - p for REML.
    """

    loglik: float
    deviance: float
    aic: float
    bic: float
    aicc: float

    @classmethod
    def of(cls, loglik: float, deviance: float, parameters: int, n: float) -> FitStatistics:
        """Compute the criteria from a log-likelihood, a parameter count and a sample size."""
        # A parameter count at or above the sample size would make the AICc correction negative;
        # the sample size is taken to be at least parameters + 2.
        size = max(n, parameters + 2)
        return cls(
            loglik,
            deviance,
            -2.0 * loglik + 2.0 * parameters,
            -2.0 * loglik + parameters * float(np.log(n)) if n > 0 else float("nan"),
            -2.0 * loglik + 2.0 * parameters * size / (size - parameters - 1),
        )


@dataclass(frozen=True)
class PoolResult:
    """A pooled effect or a meta-regression.

    Numbers that do not exist for a model (the standard error of tau2 in a fixed-effect model, R2
    without moderators) are NaN here and None in `to_dict`.

    Attributes
    ----------
    coef, se, ci_lower, ci_upper, z_or_t, p : ndarray of shape (p,)
        Coefficients, standard errors, confidence limits, test statistics and two-sided p-values.
    df : float or None
        Degrees of freedom of the t distribution; None when the normal is used.
    names : tuple of str
        Names of the coefficients, ``"intercept"`` first when there is one.
    vcov : ndarray of shape (p, p)
    tau2 : float
        Between-study variance, in squared units of the effects (in a location-scale model: the
        mean over the studies; see `scale`).
    tau2_se : float
    i2, h2 : float
        I2 in percent.
    q, q_df, q_p
        Test of (residual) heterogeneity.
    qm, qm_df, qm_p
        Omnibus test of the moderators (of the coefficients in ``options.btt``): chi-squared with
        ``qm_df = (m, None)``, or F with ``(m, k - p)`` when a t distribution is used.
    r2 : float
        Heterogeneity accounted for by the moderators, percent.
    k : int
        Number of studies in the fit.
    loglik, aic, bic, aicc : float
        Of the criterion named in `fit_method`.
    fit_method : {"REML", "ML"}
    fit_statistics : dict of str to FitStatistics
        Both criteria.
    converged : bool
    n_dropped : int
        Rows left out because the effect, the variance or a moderator was missing.
    pi_lower, pi_upper : float
        Prediction interval of the true effect in a new study (intercept-only models).
    method, test, level
        As used.
    y, v : ndarray of shape (k,)
        Effects and sampling variances of the studies in the fit.
    X : ndarray of shape (k, p)
        Model matrix.
    weights : ndarray of shape (k,) or None
        User-given weights.
    labels : tuple of str
        One a study in the fit.
    kept : ndarray of bool, shape (n,)
        Which of the rows given are in the fit.
    scale_factor : float
        Factor of Knapp and Hartung on the covariance matrix.
    typical_variance : float
        Typical sampling variance, from which I2 follows.
    dropped_names : tuple of str
        Redundant moderators left out.
    design : Design
    options : Options
    scale : ScaleFit or None
        The scale part of a location-scale model.
    """

    coef: FloatArray
    se: FloatArray
    ci_lower: FloatArray
    ci_upper: FloatArray
    z_or_t: FloatArray
    df: float | None
    p: FloatArray
    names: tuple[str, ...]
    vcov: FloatArray = field(repr=False)
    tau2: float
    tau2_se: float
    i2: float
    h2: float
    q: float
    q_df: int
    q_p: float
    qm: float
    qm_df: tuple[int, float | None]
    qm_p: float
    r2: float
    k: int
    loglik: float
    aic: float
    bic: float
    aicc: float
    fit_method: str
    fit_statistics: dict[str, FitStatistics] = field(repr=False)
    converged: bool
    n_dropped: int
    pi_lower: float
    pi_upper: float
    method: str
    test: str
    level: float
    y: FloatArray = field(repr=False)
    v: FloatArray = field(repr=False)
    X: FloatArray = field(repr=False)
    weights: FloatArray | None = field(repr=False)
    labels: tuple[str, ...] = field(repr=False)
    kept: NDArray[np.bool_] = field(repr=False)
    scale_factor: float
    typical_variance: float
    dropped_names: tuple[str, ...]
    design: Design = field(repr=False)
    options: Options
    scale: ScaleFit | None = field(default=None, repr=False)

    @property
    def intercept_only(self) -> bool:
        """Whether the model is a plain average."""
        return len(self.names) == 1 and bool((self.X == 1.0).all())

    @property
    def tau(self) -> float:
        """Between-study standard deviation."""
        return float(np.sqrt(self.tau2))

    @property
    def tau2_by_study(self) -> FloatArray:
        """Between-study variance of each study, shape (k,): equal unless there is a scale part."""
        if self.scale is not None:
            return self.scale.tau2
        return np.full(self.k, self.tau2)

    @property
    def fitted(self) -> FloatArray:
        """Fitted effects X @ coef, shape (k,)."""
        return np.asarray(self.X @ self.coef)

    @property
    def study_weights(self) -> FloatArray:
        """Weights of the studies in percent, shape (k,)."""
        w = 1.0 / (self.v + self.tau2_by_study) if self.weights is None else self.weights
        return np.asarray(100.0 * w / w.sum())

    def predict(
        self,
        newmods: Any = None,
        *,
        level: float | None = None,
        interval: str = "default",
        transform: Callable[[FloatArray], Any] | None = None,
        intercept: bool = True,
        newscale: Any = None,
    ) -> Prediction:
        """Predict average and true effects; see `aponia.meta._predict.predict`."""
        from aponia.meta._predict import predict

        return predict(
            self,
            newmods,
            level=level,
            interval=interval,
            transform=transform,
            intercept=intercept,
            newscale=newscale,
        )

    def heterogeneity_ci(
        self, method: str | None = None, *, level: float | None = None
    ) -> HeterogeneityInterval:
        """Confidence intervals of tau2, tau, I2 and H2; see `_heterogeneity`."""
        from aponia.meta._heterogeneity import heterogeneity_ci

        return heterogeneity_ci(self, method, level=level)

    def scale_ci(self, *, level: float | None = None) -> FloatArray:
        """Profile-likelihood intervals of the scale coefficients, shape (q, 2)."""
        from aponia.meta._scale import scale_ci

        return scale_ci(self, level=level)

    def summary(self) -> str:
        """Describe the result in text."""
        from aponia.meta._summary import summary

        return summary(self)

    def __str__(self) -> str:
        return self.summary()

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON-safe lists, numbers and None."""
        out = {
            name: getattr(self, name)
            for name in (
                *("coef", "se", "ci_lower", "ci_upper", "z_or_t", "df", "p", "names", "vcov"),
                *("tau2", "tau2_se", "i2", "h2", "q", "q_df", "q_p", "qm", "qm_df", "qm_p", "r2"),
                *("k", "loglik", "aic", "bic", "aicc", "fit_method", "converged", "n_dropped"),
                *("pi_lower", "pi_upper", "method", "test", "level", "dropped_names"),
            )
        }
        if self.scale is not None:
            out["scale"] = self.scale.to_dict()
        safe: dict[str, Any] = json_safe(out)
        return safe

    def to_frame(self) -> Any:
        """Return the coefficient table as a pandas data frame."""
        import pandas as pd

        return pd.DataFrame(
            {
                "coef": self.coef,
                "se": self.se,
                "ci_lower": self.ci_lower,
                "ci_upper": self.ci_upper,
                "z_or_t": self.z_or_t,
                "p": self.p,
            },
            index=pd.Index(list(self.names), name="name"),
        )

    # Diagnostics and charts live in their own packages and are imported when first asked for.

    def influence(self, **options: Any) -> Any:
        """Case-deletion diagnostics; see `aponia.meta.diagnostics.influence`."""
        return _call("diagnostics", "influence", self, options)

    def leave_one_out(self, **options: Any) -> Any:
        """Refit without each study; see `aponia.meta.diagnostics.leave_one_out`."""
        return _call("diagnostics", "leave_one_out", self, options)

    def cumulative(self, **options: Any) -> Any:
        """Refit adding studies one by one; see `aponia.meta.diagnostics.cumulative`."""
        return _call("diagnostics", "cumulative", self, options)

    def blup(self, **options: Any) -> Any:
        """Best linear unbiased predictions; see `aponia.meta.diagnostics.blup`."""
        return _call("diagnostics", "blup", self, options)

    def residuals(self, **options: Any) -> Any:
        """Residuals; see `aponia.meta.diagnostics.residuals`."""
        return _call("diagnostics", "residuals", self, options)

    def gosh(self, **options: Any) -> Any:
        """Fits to subsets of studies; see `aponia.meta.diagnostics.gosh`."""
        return _call("diagnostics", "gosh", self, options)

    def permutation_test(self, **options: Any) -> Any:
        """Permutation test; see `aponia.meta.diagnostics.permutation_test`."""
        return _call("diagnostics", "permutation_test", self, options)

    def profile(self, **options: Any) -> Any:
        """Profile likelihood of tau2; see `aponia.meta.diagnostics.profile`."""
        return _call("diagnostics", "profile", self, options)

    def forest(self, **options: Any) -> Any:
        """Forest plot; see `aponia.meta.plots.forest`."""
        return _call("plots", "forest", self, options)

    def funnel(self, **options: Any) -> Any:
        """Funnel plot; see `aponia.meta.plots.funnel`."""
        return _call("plots", "funnel", self, options)

    def baujat(self, **options: Any) -> Any:
        """Baujat plot; see `aponia.meta.plots.baujat`."""
        return _call("plots", "baujat", self, options)

    def radial(self, **options: Any) -> Any:
        """Radial (Galbraith) plot; see `aponia.meta.plots.radial`."""
        return _call("plots", "radial", self, options)

    def bubble(self, **options: Any) -> Any:
        """Bubble plot of a meta-regression; see `aponia.meta.plots.bubble`."""
        return _call("plots", "bubble", self, options)


def _call(package: str, name: str, result: PoolResult, options: Mapping[str, Any]) -> Any:
    from importlib import import_module

    return getattr(import_module(f"aponia.meta.{package}"), name)(result, **options)
