"""Result of Mantel-Haenszel and Peto pooling, and what can be asked of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aponia.meta._distributions import chi2_sf, critical_value, two_sided_p
from aponia.meta._inputs import FloatArray
from aponia.meta._result import FitStatistics, json_safe
from aponia.meta.counts._cells import Cells
from aponia.meta.errors import InputError, MetaError, TooFewStudiesError

__all__ = ["CountResult", "DeletionTable", "Residuals", "chi2_p", "fit_statistics"]


def chi2_p(q: float, df: int) -> float:
    """Return the upper tail of the chi-squared distribution; 1 where there is no df."""
    return float(chi2_sf(q, df)) if df > 0 else 1.0


def fit_statistics(y: FloatArray, v: FloatArray, beta: float) -> dict[str, FitStatistics]:
    """Return the ML and REML fit statistics of the observed outcomes around `beta`.

    Parameters
    ----------
    y, v : ndarray of shape (k,)
    beta : float

    Returns
    -------
    dict
        ``"ML"`` and ``"REML"``; empty when no outcome could be computed.
    """
    k = y.size
    if k == 0:
        return {}
    q = float(np.sum((y - beta) ** 2 / v))
    logv = float(np.sum(np.log(v)))
    ml = -0.5 * (k * math.log(2 * math.pi) + logv + q)
    saturated = -0.5 * (k * math.log(2 * math.pi) + logv)
    reml = -0.5 * (
        (k - 1) * math.log(2 * math.pi) + logv + math.log(float(np.sum(1 / v))) + q - math.log(k)
    )
    out = {}
    for name, ll, deviance, n in (
        ("ML", ml, -2 * (ml - saturated), k),
        ("REML", reml, -2 * reml, k - 1),
    ):
        corrected = max(n, 3)
        out[name] = FitStatistics(
            ll,
            deviance,
            -2 * ll + 2,
            -2 * ll + (math.log(n) if n > 0 else -math.inf),
            -2 * ll + 2 * corrected / (corrected - 2),
        )
    return out


@dataclass(frozen=True)
class DeletionTable:
    """One pooled result a row: without one study each, or with the first j studies.

    NaN marks a row whose studies do not determine the estimate (no events at all, say).
    """

    labels: tuple[str, ...]
    k: NDArray[np.int64]
    estimate: FloatArray
    se: FloatArray
    z: FloatArray
    p: FloatArray
    ci_lower: FloatArray
    ci_upper: FloatArray
    q: FloatArray
    q_p: FloatArray
    i2: FloatArray
    h2: FloatArray

    def to_dict(self) -> dict[str, Any]:
        """Return the table as lists; NaN becomes None."""
        return dict(json_safe(vars(self)))


@dataclass(frozen=True)
class Residuals:
    """Residuals, their standard errors and standardised values; NaN without own outcome."""

    residual: FloatArray
    se: FloatArray
    z: FloatArray

    def to_dict(self) -> dict[str, Any]:
        """Return the columns as lists; NaN becomes None."""
        return dict(json_safe(vars(self)))


@dataclass(frozen=True)
class CountResult:
    """A pooled odds ratio, risk ratio, risk difference, rate ratio or rate difference.

    Attributes
    ----------
    method : str
        ``"MH"`` or ``"PETO"``.
    measure : str
    names, coef, se, ci_lower, ci_upper, z_or_t, p : of length 1
        Log scale for OR, RR, IRR and Peto.
    q, q_df, q_p : float
        Heterogeneity of the observed outcomes around the pooled estimate.
    i2, h2 : float
        From `q`; I2 in percent.
    k, k_yi, k_pos, k_all : int
        Complete tables; those with an own finite outcome; those that inform the odds ratio
        (events and non-events present; None for other measures); rows given.
    cmh, cmh_p : float or None
        Cochran-Mantel-Haenszel test of no association (hypergeometric variance).
    cochran, cochran_p : float or None
        The same with Cochran's binomial variance.
    breslow_day, breslow_day_p, tarone, tarone_p, tarone_df : float or None
        Homogeneity of the odds ratio. The p is None when only one table informs it.
    y, v : ndarray of shape (k,)
        Observed outcomes and sampling variances (after the continuity correction).
    weights : ndarray of shape (k,)
        Percent.
    fit : dict
        ``"ML"`` and ``"REML"`` `FitStatistics`.
    """

    method: str
    measure: str
    names: tuple[str, ...]
    coef: FloatArray
    se: FloatArray
    ci_lower: FloatArray
    ci_upper: FloatArray
    z_or_t: FloatArray
    p: FloatArray
    level: float
    q: float
    q_df: int
    q_p: float
    i2: float
    h2: float
    k: int
    k_yi: int
    k_pos: int | None
    k_all: int
    n_dropped: int
    labels: tuple[str, ...]
    y: FloatArray
    v: FloatArray
    weights: FloatArray
    fit: dict[str, FitStatistics]
    correct: bool | None = None
    cmh: float | None = None
    cmh_p: float | None = None
    cochran: float | None = None
    cochran_p: float | None = None
    breslow_day: float | None = None
    breslow_day_p: float | None = None
    tarone: float | None = None
    tarone_p: float | None = None
    tarone_df: int | None = None
    df: None = None
    tau2: float = 0.0
    converged: bool = True
    _cells: Cells = field(repr=False, kw_only=True)
    _refit: Callable[[Cells], CountResult] = field(repr=False, kw_only=True)

    @property
    def log_scale(self) -> bool:
        """Whether the estimate is the logarithm of a ratio."""
        return self.measure not in ("RD", "IRD")

    @property
    def z(self) -> FloatArray:
        """Wald statistic, of length 1."""
        return self.z_or_t

    @property
    def loglik(self) -> float:
        """Log-likelihood (ML) of the observed outcomes at the estimate; NaN without any."""
        return self.fit["ML"].loglik if "ML" in self.fit else math.nan

    @property
    def aic(self) -> float:
        """Akaike's criterion (ML)."""
        return self.fit["ML"].aic if "ML" in self.fit else math.nan

    @property
    def bic(self) -> float:
        """Bayesian information criterion (ML)."""
        return self.fit["ML"].bic if "ML" in self.fit else math.nan

    @property
    def aicc(self) -> float:
        """Small-sample Akaike criterion (ML)."""
        return self.fit["ML"].aicc if "ML" in self.fit else math.nan

    def predict(self, *, exponentiate: bool = False) -> dict[str, float]:
        """Return the pooled estimate and its interval.

        Parameters
        ----------
        exponentiate : bool
            Return a ratio instead of its logarithm.

        Returns
        -------
        dict
            ``estimate ci_lower ci_upper``, and ``se`` on the unexponentiated scale.
        """
        if exponentiate and not self.log_scale:
            raise InputError(f"{self.measure} is a difference: there is nothing to exponentiate")
        f = math.exp if exponentiate else float
        return {
            "estimate": f(float(self.coef[0])),
            "se": float(self.se[0]),
            "ci_lower": f(float(self.ci_lower[0])),
            "ci_upper": f(float(self.ci_upper[0])),
        }

    def leave_one_out(self) -> DeletionTable:
        """Pool again without each study in turn.

        Returns
        -------
        DeletionTable
            One row a study.

        Raises
        ------
        TooFewStudiesError
            Only one study.
        """
        if self.k < 2:
            raise TooFewStudiesError("leave-one-out needs at least 2 studies")
        keep = ~np.eye(self.k, dtype=np.bool_)
        return self._table(list(keep), self.labels)

    def cumulative(self, order: Sequence[float] | NDArray[Any] | None = None) -> DeletionTable:
        """Pool the first study, the first two, and so on.

        Parameters
        ----------
        order : array_like of shape (k,), optional
            What to sort the complete tables by (ties keep their order), such as the year.

        Returns
        -------
        DeletionTable
        """
        if order is None:
            position = np.arange(self.k)
        else:
            values = np.asarray(order)
            if values.shape != (self.k,):
                raise InputError(f"order has shape {values.shape}, expected ({self.k},)")
            position = np.argsort(values, kind="stable")
        labels = tuple(self.labels[i] for i in position)
        return self._table([position[: j + 1] for j in range(self.k)], labels)

    def _table(self, subsets: Sequence[NDArray[Any]], labels: tuple[str, ...]) -> DeletionTable:
        rows = np.full((len(subsets), 10), np.nan)
        sizes = np.empty(len(subsets), dtype=np.int64)
        for j, subset in enumerate(subsets):
            cells = self._cells.take(subset)
            sizes[j] = cells.k
            try:
                r = self._refit(cells)
            except MetaError:
                if np.isfinite(self.y[subset]).sum() <= 1:  # nothing that could disagree
                    rows[j, 6:] = 0.0, 1.0, 0.0, 1.0
                continue
            rows[j] = [
                float(r.coef[0]),
                float(r.se[0]),
                float(r.z_or_t[0]),
                float(r.p[0]),
                float(r.ci_lower[0]),
                float(r.ci_upper[0]),
                r.q,
                r.q_p,
                r.i2,
                r.h2,
            ]
        return DeletionTable(labels, sizes, *rows.T)

    def rstandard(self) -> Residuals:
        """Return each outcome minus the pooled estimate, over its own standard error."""
        se = np.sqrt(self.v)
        resid = self.y - self.coef[0]
        return Residuals(resid, se, resid / se)

    def rstudent(self) -> Residuals:
        """Return each outcome minus the estimate without that study (deleted residuals)."""
        left = self.leave_one_out()
        resid = self.y - left.estimate
        se = np.sqrt(self.v + left.se**2)
        return Residuals(resid, se, resid / se)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-safe lists and numbers (NaN and ±inf become None)."""
        out = {k: v for k, v in vars(self).items() if not k.startswith("_")}
        out["fit"] = {name: asdict(values) for name, values in self.fit.items()}
        out.update(loglik=self.loglik, aic=self.aic, bic=self.bic, aicc=self.aicc)
        return dict(json_safe(out))

    def summary(self) -> str:
        """Return the result as text."""
        title = "Mantel-Haenszel" if self.method == "MH" else "Peto"
        scale = f"log {self.measure}" if self.log_scale else self.measure
        lines = [
            f"{title} pooling ({scale}), k = {self.k}"
            + (f", {self.n_dropped} rows with missing cells left out" if self.n_dropped else ""),
            f"estimate {self.coef[0]:.4f} (se {self.se[0]:.4f}), "
            f"{100 * self.level:g}% CI {self.ci_lower[0]:.4f} to {self.ci_upper[0]:.4f}, "
            f"z = {self.z_or_t[0]:.3f}, p = {self.p[0]:.4g}",
        ]
        if self.log_scale:
            ratio = self.predict(exponentiate=True)
            lines.append(
                f"ratio {ratio['estimate']:.4f} "
                f"({ratio['ci_lower']:.4f} to {ratio['ci_upper']:.4f})"
            )
        lines.append(
            f"heterogeneity Q({self.q_df}) = {self.q:.3f}, p = {self.q_p:.4g}, I2 = {self.i2:.1f}%"
        )
        if self.cmh is not None:
            lines.append(f"CMH test {self.cmh:.3f}, p = {self.cmh_p:.4g}")
        if self.tarone is not None and self.tarone_p is not None:
            lines.append(
                f"Tarone's test({self.tarone_df}) {self.tarone:.3f}, p = {self.tarone_p:.4g}"
            )
        if self.k_yi < self.k:
            lines.append(f"{self.k - self.k_yi} tables have no outcome of their own (zero cells)")
        return "\n".join(lines)


def wald(beta: float, se: float, level: float) -> tuple[float, float, float, float]:
    """Return z, its two-sided p and the bounds of the interval."""
    z = beta / se
    half = critical_value(level) * se
    return z, float(two_sided_p(z)), beta - half, beta + half


def heterogeneity(
    y: FloatArray, v: FloatArray, beta: float, q: float | None = None
) -> tuple[float, int, float, float, float]:
    """Return Q, its df, its p, I2 (percent) and H2 of outcomes around `beta`."""
    k = int(y.size)
    if q is None:
        q = float(np.sum((y - beta) ** 2 / v))
    df = max(k - 1, 0)
    if df == 0:
        return 0.0, 0, 1.0, 0.0, 1.0
    i2 = max(0.0, 100 * (q - df) / q) if q > 0 else 0.0
    return q, df, chi2_p(q, df), i2, q / df
