"""What `bayes` returns."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from aponia.meta._bayes._posterior import IntervalKind, NormalMixture, Posterior, TauPosterior
from aponia.meta._inputs import FloatArray
from aponia.meta.errors import InputError, MethodError

if TYPE_CHECKING:
    from aponia.meta._bayes._integration import Quadrature

__all__ = ["BayesResult"]


@dataclass(frozen=True)
class BayesResult:
    """Posterior of a normal-normal hierarchical model.

    Attributes
    ----------
    coefficients : tuple of NormalMixture
        Posterior of each coefficient; without moderators the one of the mean effect.
    tau : TauPosterior
        Posterior of the between-study standard deviation.
    names : tuple of str
        Names of the coefficients.
    labels : tuple of str
        Study names.
    y, v : ndarray of shape (k,)
        Effects and sampling variances used.
    X : ndarray of shape (k, p)
        Model matrix.
    level : float
    interval_kind : {"shortest", "central"}
    tau_prior, mean_prior : str
    weights : ndarray of shape (k,)
        Posterior mean weight of each study in the first coefficient, in percent; what is missing
        to 100 (without moderators) is the weight of the prior mean.
    bf_tau_zero : float or None
        Bayes factor in favour of tau = 0; None when the prior on tau is improper.
    bf_mean_zero : tuple of (float or None)
        Bayes factor in favour of each coefficient being 0; None where its prior is flat.
    log_marginal_likelihood : float or None
        None when a prior is improper.
    joint_mode_coef : ndarray of shape (p,)
    joint_mode_tau : float
        Where the joint posterior density is highest.
    n_dropped : int
        Rows left out for missing values.
    notes : tuple of str
        What the reader must know, such as moments that do not exist.
    """

    coefficients: tuple[NormalMixture, ...]
    tau: TauPosterior
    names: tuple[str, ...]
    labels: tuple[str, ...]
    y: FloatArray
    v: FloatArray
    X: FloatArray
    level: float
    interval_kind: IntervalKind
    tau_prior: str
    mean_prior: str
    weights: FloatArray
    bf_tau_zero: float | None
    bf_mean_zero: tuple[float | None, ...]
    log_marginal_likelihood: float | None
    joint_mode_coef: FloatArray
    joint_mode_tau: float
    n_dropped: int
    notes: tuple[str, ...]
    _quadrature: Quadrature = field(repr=False, compare=False)

    @property
    def k(self) -> int:
        """Number of studies."""
        return self.y.size

    @property
    def mean(self) -> NormalMixture:
        """Posterior of the mean effect (the first coefficient)."""
        return self.coefficients[0]

    @cached_property
    def prediction(self) -> NormalMixture:
        """Posterior predictive distribution of a new study's true effect.

        Raises
        ------
        MethodError
            With moderators: say for which values, with `predict`.
        """
        if self.X.shape[1] != 1 or np.ptp(self.X) > 0:
            raise MethodError("with moderators the prediction needs their values: use predict(x)")
        return self.predict(self.X[0])[1]

    def predict(self, x: ArrayLike) -> tuple[NormalMixture, NormalMixture]:
        """Posterior of the mean effect, and of a new study's effect, at moderator values.

        Parameters
        ----------
        x : array_like of shape (p,)
            A row of the model matrix, the constant included.

        Returns
        -------
        mean, new_study : NormalMixture

        Raises
        ------
        InputError
            Not p finite numbers.
        """
        row = np.asarray(x, dtype=np.float64)
        if row.shape != (len(self.names),) or not np.isfinite(row).all():
            raise InputError(f"x must hold {len(self.names)} finite numbers: {self.names}")
        return self._quadrature.predict_line(row)

    @cached_property
    def shrinkage(self) -> tuple[NormalMixture, ...]:
        """Posterior of every study's own true effect, in the order of `labels`."""
        return tuple(self._quadrature.study(i) for i in range(self.k))

    def conditional(self, tau: float) -> tuple[FloatArray, FloatArray]:
        """Posterior mean and standard deviation of the coefficients, given tau.

        Parameters
        ----------
        tau : float
            A value of the between-study standard deviation, at least 0.

        Returns
        -------
        mean, sd : ndarray of shape (p,)

        Raises
        ------
        InputError
            `tau` is negative or not finite.
        """
        if not (math.isfinite(tau) and tau >= 0):
            raise InputError(f"tau must be a finite number of at least 0, found {tau!r}")
        return self._quadrature.conditional(tau)

    def prob_above(self, x: float) -> float:
        """P(mean effect > x)."""
        return self.mean.prob_above(x)

    def prob_below(self, x: float) -> float:
        """P(mean effect < x)."""
        return self.mean.prob_below(x)

    def prob_new_study_above(self, x: float) -> float:
        """P(true effect of a new study > x)."""
        return self.prediction.prob_above(x)

    def _interval(self, posterior: Posterior) -> tuple[float, float]:
        return posterior.interval(self.level, self.interval_kind)

    @cached_property
    def mean_interval(self) -> tuple[float, float]:
        """Credible interval of the mean effect at `level`."""
        return self._interval(self.mean)

    @cached_property
    def tau_interval(self) -> tuple[float, float]:
        """Credible interval of tau at `level`."""
        return self._interval(self.tau)

    @cached_property
    def prediction_interval(self) -> tuple[float, float]:
        """Interval that holds a new study's true effect with probability `level`."""
        return self._interval(self.prediction)

    @cached_property
    def shrinkage_intervals(self) -> tuple[tuple[float, float], ...]:
        """Credible interval of each study's true effect at `level`."""
        return tuple(self._interval(s) for s in self.shrinkage)

    def curves(self, points: int = 201) -> dict[str, FloatArray]:
        """Densities for plotting.

        Parameters
        ----------
        points : int
            Number of abscissae for each curve.

        Returns
        -------
        dict of str to ndarray of shape (points,)
            ``mean_x mean_density tau_x tau_density`` and, without moderators,
            ``prediction_x prediction_density``. Each covers 99.8% of its posterior.
        """
        shown: dict[str, Posterior] = {"mean": self.mean, "tau": self.tau}
        if self._has_prediction:
            shown["prediction"] = self.prediction
        out: dict[str, FloatArray] = {}
        for name, posterior in shown.items():
            low, high = (float(q) for q in posterior.quantile([0.001, 0.999]))
            x = np.linspace(0.0 if name == "tau" else low, high, points)
            if name == "tau" and math.isinf(float(posterior.density(0.0))):
                x[0] = high * 1e-6
            out[f"{name}_x"], out[f"{name}_density"] = x, posterior.density(x)
        return out

    @property
    def _has_prediction(self) -> bool:
        return self.X.shape[1] == 1 and float(np.ptp(self.X)) == 0

    def _described(self) -> list[tuple[str, Posterior]]:
        rows: list[tuple[str, Posterior]] = [
            ("mean" if name == "intercept" and len(self.names) == 1 else name, c)
            for name, c in zip(self.names, self.coefficients, strict=True)
        ]
        rows.append(("tau", self.tau))
        if self._has_prediction:
            rows.append(("new study", self.prediction))
        return rows

    def summary(self) -> str:
        """Return the result as text."""
        percent = f"{100 * self.level:g}%"
        lines = [
            f"Bayesian random-effects meta-analysis (k = {self.k})",
            f"prior on the mean: {self.mean_prior}; prior on tau: {self.tau_prior}",
            "",
            f"{'':<12}{'median':>11}{'mean':>11}{'sd':>11}{percent + ' lower':>13}{'upper':>11}",
        ]
        for name, posterior in self._described():
            low, high = self._interval(posterior)
            lines.append(
                f"{name[:12]:<12}{posterior.median:>11.4f}{posterior.mean:>11.4f}"
                f"{posterior.sd:>11.4f}{low:>13.4f}{high:>11.4f}"
            )
        lines.append("")
        lines.append(f"P({self._described()[0][0]} > 0) = {self.prob_above(0.0):.4f}")
        if self.bf_tau_zero is not None:
            lines.append(f"Bayes factor in favour of tau = 0: {self.bf_tau_zero:.4g}")
        for name, factor in zip(self.names, self.bf_mean_zero, strict=True):
            if factor is not None:
                lines.append(f"Bayes factor in favour of {name} = 0: {factor:.4g}")
        if self.n_dropped:
            lines.append(f"{self.n_dropped} row(s) with missing values left out")
        lines.extend(f"Note: {note}" for note in self.notes)
        lines.append(f"({self.interval_kind} credible intervals)")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists, floats and strings; NaN and infinite values become None."""

        def number(x: float | None) -> float | None:
            return float(x) if x is not None and math.isfinite(x) else None

        def described(posterior: Posterior) -> dict[str, float | None]:
            low, high = self._interval(posterior)
            return {
                "mean": number(posterior.mean),
                "sd": number(posterior.sd),
                "median": number(posterior.median),
                "mode": number(posterior.mode),
                "ci_lower": number(low),
                "ci_upper": number(high),
            }

        out: dict[str, Any] = {
            "k": self.k,
            "names": list(self.names),
            "labels": list(self.labels),
            "level": self.level,
            "interval": self.interval_kind,
            "tau_prior": self.tau_prior,
            "mean_prior": self.mean_prior,
            "coefficients": [described(c) for c in self.coefficients],
            "tau": described(self.tau),
            "p_above_0": self.prob_above(0.0),
            "shrinkage": [
                {
                    "mean": number(s.mean),
                    "sd": number(s.sd),
                    "median": number(s.median),
                    "ci_lower": number(low),
                    "ci_upper": number(high),
                }
                for s, (low, high) in zip(self.shrinkage, self.shrinkage_intervals, strict=True)
            ],
            "weights": [float(w) for w in self.weights],
            "bf_tau_zero": number(self.bf_tau_zero),
            "bf_mean_zero": [number(b) for b in self.bf_mean_zero],
            "log_marginal_likelihood": number(self.log_marginal_likelihood),
            "joint_mode": {
                "coef": [float(c) for c in self.joint_mode_coef],
                "tau": self.joint_mode_tau,
            },
            "n_dropped": self.n_dropped,
            "notes": list(self.notes),
        }
        if self._has_prediction:
            out["prediction"] = described(self.prediction)
        return out
