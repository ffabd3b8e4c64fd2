"""The result of `aponia.meta.multilevel`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aponia.meta._inputs import FloatArray
from aponia.meta._multilevel import _diagnostics as diagnostics
from aponia.meta._multilevel import _predict as prediction
from aponia.meta._multilevel import _profile as profiling
from aponia.meta._multilevel._comparisons import Comparison, WaldTest, compare, wald
from aponia.meta._multilevel._state import State, marginal_covariance
from aponia.meta._result import json_safe as plain
from aponia.meta.errors import InputError, MethodError

__all__ = ["MultilevelResult"]


@dataclass(frozen=True)
class MultilevelResult:
    """A fitted multilevel or multivariate model.

    Attributes
    ----------
    coef, se, ci_lower, ci_upper, z_or_t, df, p : ndarray of shape (p,)
        Coefficients and their tests; `df` is inf for normal tests.
    names : tuple of str
    vcov : ndarray of shape (p, p)
    sigma2 : ndarray
        Variances of the random intercepts, named by `sigma2_names`.
    tau2, rho, gamma2, phi : ndarray
        Variances and correlations (ranges, for spatial structures) of the first and second
        ``~ inner | outer`` term; empty without one. Levels in `tau2_levels`, `gamma2_levels`.
    G, H : ndarray or None
        Covariance matrices of the effects of those terms.
    q, q_df, q_p
        Cochran's test of (residual) heterogeneity under V alone; NaN if V is not definite.
    qm, qm_df, qm_p
        Omnibus test of the coefficients `btt`: chi-squared, or F for t tests.
    k, n_parameters : int
        Rows used; coefficients plus estimated variance components.
    loglik, deviance, aic, bic, aicc : float
        Under the method of the fit; both in `fit_statistics`.
    fit_method : {"REML", "ML"}
    method, test, dfs, level, btt
        As used.
    converged : bool
    n_dropped : int
    X, y, v : ndarray
        Model matrix, outcomes and sampling variances of the rows used.
    kept : ndarray of bool, shape (n,)
        Which of the rows given are in the fit.
    """

    coef: FloatArray
    se: FloatArray
    ci_lower: FloatArray
    ci_upper: FloatArray
    z_or_t: FloatArray
    df: FloatArray
    p: FloatArray
    names: tuple[str, ...]
    vcov: FloatArray
    sigma2: FloatArray
    sigma2_names: tuple[str, ...]
    tau2: FloatArray
    rho: FloatArray
    tau2_levels: tuple[str, ...]
    gamma2: FloatArray
    phi: FloatArray
    gamma2_levels: tuple[str, ...]
    G: FloatArray | None
    H: FloatArray | None
    structures: tuple[str, ...]
    q: float
    q_df: int
    q_p: float
    qm: float
    qm_df: tuple[int, float | None]
    qm_p: float
    k: int
    n_parameters: int
    loglik: float
    deviance: float
    aic: float
    bic: float
    aicc: float
    fit_statistics: dict[str, dict[str, float]]
    fit_method: str
    method: str
    test: str
    dfs: str
    level: float
    btt: tuple[int, ...]
    converged: bool
    n_dropped: int
    X: FloatArray = field(repr=False)
    y: FloatArray = field(repr=False)
    v: FloatArray = field(repr=False)
    kept: NDArray[np.bool_] = field(repr=False)
    _state: State = field(repr=False)

    # -- what the model says -----------------------------------------------------------------

    def predict(
        self,
        newmods: Any = None,
        *,
        tau2_levels: Sequence[Any] | str | None = None,
        gamma2_levels: Sequence[Any] | str | None = None,
        level: float | None = None,
        intercept: bool | None = None,
    ) -> prediction.Prediction:
        """Predict average effects, with confidence and prediction intervals.

        Parameters
        ----------
        newmods : array_like, mapping or data frame, optional
            Moderator values; the rows of the data without (one row for a model with an
            intercept only).
        tau2_levels, gamma2_levels : sequence or str, optional
            Level of the inner variable for every row, where it has several variances.
        level : float, optional
        intercept : bool, optional
            False leaves the intercept out (contrasts).

        Raises
        ------
        InputError
        """
        return prediction.predict(
            self,
            newmods,
            tau2_levels=tau2_levels,
            gamma2_levels=gamma2_levels,
            level=level,
            intercept=intercept,
        )

    def fitted(self) -> FloatArray:
        """Return ``X beta`` of the rows used, shape (k,)."""
        return np.asarray(self.X @ self.coef)

    def ranef(self, level: float | None = None) -> tuple[prediction.RandomEffects, ...]:
        """Return best linear unbiased predictions of the random effects, term by term."""
        return prediction.random_effects(self, level)

    def blup(self, level: float | None = None) -> tuple[prediction.RandomEffects, ...]:
        """Return `ranef`."""
        return self.ranef(level)

    def marginal_covariance(self) -> FloatArray:
        """Return the model-implied covariance of the outcomes, shape (k, k)."""
        return marginal_covariance(self._state.problem, self._state.fit.eta)

    # -- diagnostics ---------------------------------------------------------------------------

    def residuals(self, kind: str = "response") -> FloatArray:
        """Return residuals of the rows used, shape (k,).

        Parameters
        ----------
        kind : {"response", "rstandard", "rstudent", "pearson"}

        Raises
        ------
        MethodError
        """
        raw = self.y - self.fitted()
        if kind == "response":
            return np.asarray(raw)
        if kind == "rstandard":
            return self.rstandard().z
        if kind == "rstudent":
            return self.rstudent().z
        if kind == "pearson":
            return np.asarray(raw / np.sqrt(diagnostics._row_variances(self)))
        raise MethodError(
            f"kind={kind!r} is not known; use response, rstandard, rstudent or pearson"
        )

    def rstandard(self, cluster: Any = None, data: Any = None) -> diagnostics.Residuals:
        """Return internally standardised residuals, and of clusters when given."""
        return diagnostics.rstandard(self, cluster, data)

    def rstudent(
        self, cluster: Any = None, data: Any = None, *, reestimate: bool = True
    ) -> diagnostics.Residuals:
        """Return residuals from the model without the row (or its cluster).

        Parameters
        ----------
        cluster : column, optional
            Clusters to leave out whole.
        data : data frame, optional
        reestimate : bool
            Whether variance components are estimated anew every time.
        """
        return diagnostics.rstudent(self, cluster, data, reestimate=reestimate)

    def hatvalues(self) -> FloatArray:
        """Return the diagonal of ``X (X'WX)^-1 X'W``, shape (k,)."""
        return diagnostics.hat_values(self)

    def weights(self, kind: str = "diagonal") -> FloatArray:
        """Return weights in percent, shape (k,).

        Parameters
        ----------
        kind : {"diagonal", "rowsum"}
            The diagonal of the weight matrix, or its row sums: the actual weight of a row in the
            average, for models with an intercept only.

        Raises
        ------
        MethodError
        """
        return diagnostics.row_weights(self, kind)

    def cooks_distance(
        self, cluster: Any = None, data: Any = None, *, reestimate: bool = True
    ) -> FloatArray:
        """Return Cook's distance of rows or clusters, NaN where the model cannot be refitted."""
        return diagnostics.cooks_distance(self, cluster, data, reestimate=reestimate)

    def dfbetas(
        self, cluster: Any = None, data: Any = None, *, reestimate: bool = True
    ) -> FloatArray:
        """Return the standardised change of every coefficient, shape (n, p)."""
        return diagnostics.dfbetas(self, cluster, data, reestimate=reestimate)

    # -- tests and intervals -------------------------------------------------------------------

    def profile(
        self,
        component: str = "sigma2",
        number: int = 1,
        *,
        values: Any = None,
        limits: tuple[float, float] | None = None,
        steps: int = 20,
    ) -> profiling.Profile:
        """Return the profile log-likelihood of one variance component.

        Parameters
        ----------
        component : {"sigma2", "tau2", "rho", "gamma2", "phi"}
        number : int
            Which of them, from 1.
        values : array_like, optional
        limits, steps
            An even grid, when no values are given.

        Raises
        ------
        InputError
            No such estimated component.
        """
        return profiling.profile(self, component, number, values, steps, limits)

    def confint(
        self,
        component: str | None = None,
        number: int | None = None,
        *,
        level: float | None = None,
    ) -> tuple[profiling.Interval, ...]:
        """Return profile likelihood intervals of variance components (all by default).

        Raises
        ------
        InputError, ConvergenceError
        """
        wanted = [
            (kind, n)
            for kind, n in profiling.components(self)
            if (component is None or kind == component) and (number is None or n == number)
        ]
        if not wanted:
            raise InputError(
                "no such estimated component; the model has "
                f"{[f'{a}.{b}' for a, b in profiling.components(self)]}"
            )
        level = self.level if level is None else level
        return tuple(profiling.component_interval(self, a, b, level) for a, b in wanted)

    def wald(self, hypothesis: Any, rhs: Any = 0.0) -> WaldTest:
        """Test ``hypothesis @ coef = rhs``.

        Parameters
        ----------
        hypothesis : array_like of shape (p,) or (m, p)
        rhs : float or array_like of shape (m,)

        Raises
        ------
        InputError
        """
        return wald(self, hypothesis, rhs)

    def anova(self, other: MultilevelResult) -> Comparison:
        """Compare with a nested model by a likelihood ratio test, in either order.

        Raises
        ------
        InputError
            Different data, methods, or (under REML) different moderators.
        """
        return compare(self, other)

    # -- output --------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dictionary: lists and floats, NaN as None."""
        hidden = ("X", "y", "v", "kept", "_state")
        return {
            name: plain(getattr(self, name))
            for name in self.__dataclass_fields__
            if name not in hidden
        }

    def summary(self) -> str:
        """Return a printed summary."""
        from aponia.meta._multilevel._summary import summary

        return summary(self)

    def __str__(self) -> str:
        return self.summary()
