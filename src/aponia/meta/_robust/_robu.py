"""Robust variance estimation with the correlated-effects and hierarchical-effects weights.

Sources: Hedges, Tipton & Johnson (2010), Res Synth Methods 1:39 (weights and moment estimators);
Tipton (2015), Psychol Methods 20:375 (small-sample corrections).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from aponia.meta._design import drop_redundant
from aponia.meta._distributions import critical_value, two_sided_p
from aponia.meta._inputs import ColumnLike, FloatArray, column, design_matrix, label_column
from aponia.meta._multilevel._blocks import IntArray
from aponia.meta._multilevel._request import encode, text
from aponia.meta._options import check_level
from aponia.meta._result import json_safe as plain
from aponia.meta._robust._sandwich import Sandwich, sandwich
from aponia.meta._robust._small_sample import RobustWald, satterthwaite, wald_test
from aponia.meta._robust._working import Cluster, Working, _inverse
from aponia.meta.errors import InputError, MetaWarning, TooFewStudiesError, VarianceError

__all__ = ["RobuResult", "Sensitivity", "correlated_effects", "hierarchical_effects"]


@dataclass(frozen=True)
class Sensitivity:
    """Estimates under several assumed correlations.

    Attributes
    ----------
    rho : ndarray of shape (n,)
    tau2 : ndarray of shape (n,)
    coef, se : ndarray of shape (n, p)
    """

    rho: FloatArray
    tau2: FloatArray
    coef: FloatArray
    se: FloatArray


@dataclass(frozen=True)
class RobuResult:
    """A meta-regression with robust variance estimation.

    Attributes
    ----------
    coef, se, ci_lower, ci_upper, z_or_t, df, p : ndarray of shape (p,)
    names : tuple of str
    vcov : ndarray of shape (p, p)
    tau2, omega2 : float
        Variance between studies, and between the effects of a study (NaN in the correlated
        effects model).
    i2 : float
        Percent; NaN in the hierarchical effects model.
    model : {"correlated", "hierarchical"}
    rho : float
        Assumed correlation; NaN in the hierarchical effects model.
    small : bool
    level : float
    k, n_clusters, n_dropped : int
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
    tau2: float
    omega2: float
    i2: float
    model: str
    rho: float
    small: bool
    level: float
    k: int
    n_clusters: int
    n_dropped: int
    _data: _Data = field(repr=False)
    _sandwich: Sandwich = field(repr=False)

    def wald_test(self, constraints: Any, rhs: Any = 0.0, *, test: str = "HTZ") -> RobustWald:
        """Test ``constraints @ coef = rhs``; see `RobustResult.wald_test`.

        Raises
        ------
        InputError, MethodError
        """
        L = np.atleast_2d(np.asarray(constraints, dtype=np.float64))
        if L.shape[1] != self.coef.size or np.linalg.matrix_rank(L) < L.shape[0]:
            raise InputError(f"constraints must be independent rows of {self.coef.size} numbers")
        right = np.asarray(rhs, dtype=np.float64) * np.ones(L.shape[0])
        return wald_test(self._sandwich, L, right, test)

    def sensitivity(self, rho: Sequence[float] = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)) -> Sensitivity:
        """Return the estimates under other assumed correlations (correlated effects model).

        Raises
        ------
        InputError
            The hierarchical effects model assumes no correlation.
        """
        if self.model != "correlated":
            raise InputError("the hierarchical effects model assumes no correlation")
        fits = [_correlated(self._data, float(r), self.small, self.level) for r in rho]
        return Sensitivity(
            np.array(rho, dtype=np.float64),
            np.array([f.tau2 for f in fits]),
            np.array([f.coef for f in fits]),
            np.array([f.se for f in fits]),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dictionary."""
        return {
            name: plain(getattr(self, name))
            for name in self.__dataclass_fields__
            if not name.startswith("_")
        }

    def summary(self) -> str:
        """Return a printed summary."""
        lines = [
            f"Robust variance estimation ({self.model} effects): {self.k} effects in "
            f"{self.n_clusters} studies, tau2 {self.tau2:.4f}"
            + (f", omega2 {self.omega2:.4f}" if self.model == "hierarchical" else ""),
            "",
            f"{'':24s}{'estimate':>10s}{'se':>10s}{'t':>10s}{'df':>8s}{'p':>10s}   interval",
        ]
        for j, name in enumerate(self.names):
            lines.append(
                f"{name[:24]:24s}{self.coef[j]:>10.4f}{self.se[j]:>10.4f}{self.z_or_t[j]:>10.4f}"
                f"{self.df[j]:>8.2f}{self.p[j]:>10.4f}   {self.ci_lower[j]:.4f} to "
                f"{self.ci_upper[j]:.4f}"
            )
        if self.small and (self.df < 4).any():
            lines.append("Degrees of freedom below 4: the t approximation is not trustworthy.")
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.summary()


@dataclass(frozen=True)
class _Data:
    y: FloatArray
    v: FloatArray
    X: FloatArray
    codes: IntArray
    labels: tuple[str, ...]
    names: tuple[str, ...]
    intercept: bool
    n_dropped: int

    @property
    def members(self) -> list[IntArray]:
        return [np.flatnonzero(self.codes == c) for c in range(len(self.labels))]


def _read(
    y: ColumnLike, v: ColumnLike, study: Any, moderators: Any, data: Any, intercept: bool
) -> _Data:
    yy = column(y, data, name="y")
    k = yy.size
    vv = column(v, data, name="v", length=k)
    labels = label_column(study, data, name="study", length=k)
    design = design_matrix(moderators, data, k=k, intercept=intercept)
    missing = np.array([s is None or s != s for s in labels], dtype=bool)
    keep = np.isfinite(yy) & ~np.isnan(vv) & np.isfinite(design.X).all(axis=1) & ~missing
    if (~keep).any():
        warnings.warn(
            f"{int((~keep).sum())} rows with missing values were left out",
            MetaWarning,
            stacklevel=3,
        )
    bad = np.flatnonzero(keep & ~((vv > 0) & np.isfinite(vv)))
    if bad.size:
        raise VarianceError(
            f"sampling variances must be positive and finite; row {int(bad[0])} has {vv[bad[0]]:g}"
        )
    if not keep.any():
        raise TooFewStudiesError("no usable rows")
    design, dropped = drop_redundant(design, keep)
    if dropped:
        warnings.warn(
            f"redundant moderators left out of the model: {', '.join(dropped)}",
            MetaWarning,
            stacklevel=3,
        )
    codes, levels = encode(labels[keep])
    X = design.X[keep]
    if len(levels) < 2 or X.shape[0] <= X.shape[1]:
        raise TooFewStudiesError(
            f"{len(levels)} studies with {X.shape[0]} effects cannot support "
            f"{X.shape[1]} coefficients with robust variances"
        )
    return _Data(
        yy[keep],
        vv[keep],
        X,
        codes,
        tuple(text(s) for s in levels),
        design.names,
        design.intercept,
        int((~keep).sum()),
    )


def correlated_effects(
    y: ColumnLike,
    v: ColumnLike,
    study: Any,
    *,
    moderators: Any = None,
    data: Any = None,
    intercept: bool = True,
    rho: float = 0.8,
    small: bool = True,
    level: float = 0.95,
) -> RobuResult:
    """Meta-regression with robust variances when the effects of a study share its sample.

    Parameters
    ----------
    y, v : array_like of shape (k,) or column name
        Effects and sampling variances.
    study : column
    moderators, data, intercept
        As in `aponia.meta.pool`.
    rho : float
        Assumed correlation of the sampling errors in a study, between 0 and 1; only the weights
        depend on it.
    small : bool
        Bias-reduced linearisation with Satterthwaite degrees of freedom; else ``m / (m - p)`` and
        ``m - p`` degrees of freedom for m studies.
    level : float

    Returns
    -------
    RobuResult

    Raises
    ------
    InputError, VarianceError, TooFewStudiesError
    """
    if not 0.0 <= float(rho) <= 1.0:
        raise InputError(f"rho must lie between 0 and 1, found {rho}")
    read = _read(y, v, study, moderators, data, intercept)
    return _correlated(read, float(rho), small, check_level(level))


def _correlated(d: _Data, rho: float, small: bool, level: float) -> RobuResult:
    X, m = d.X, len(d.labels)
    size, mean_v = np.empty(d.y.size), np.empty(d.y.size)
    for rows in d.members:
        size[rows], mean_v[rows] = rows.size, d.v[rows].mean()
    w = 1.0 / (size * mean_v)
    B = _inverse(X.T @ (w[:, None] * X))
    e = d.y - X @ (B @ (X.T @ (w * d.y)))
    q = float(np.sum(w * e * e))
    p = X.shape[1]
    within, joint, squared = np.zeros((p, p)), np.zeros((p, p)), np.zeros((p, p))
    for rows in d.members:
        wx = w[rows] @ X[rows]
        within += (X[rows].T * w[rows]) @ X[rows] / rows.size
        joint += np.outer(wx, X[rows].sum(axis=0)) / rows.size
        squared += np.outer(wx, wx)
    scale = float(w.sum() - np.sum(B * squared))
    excess = q - m + float(np.sum(B * within)) + rho * float(np.sum(B * (joint - within)))
    if not scale > 0:
        raise TooFewStudiesError("the studies leave nothing to estimate tau2 from")
    tau2 = max(excess / scale, 0.0)
    i2 = 100.0 * max(excess / q, 0.0) if q > 0 else 0.0
    weights = 1.0 / (size * (mean_v + tau2))
    return _finish(d, weights, tau2, np.nan, i2, "correlated", rho, small, level)


def hierarchical_effects(
    y: ColumnLike,
    v: ColumnLike,
    study: Any,
    *,
    moderators: Any = None,
    data: Any = None,
    intercept: bool = True,
    small: bool = True,
    level: float = 0.95,
) -> RobuResult:
    """Meta-regression with robust variances when clusters hold effects of independent samples.

    Parameters
    ----------
    y, v, study, moderators, data, intercept, small, level
        As in `correlated_effects`.

    Returns
    -------
    RobuResult
        With `tau2` between clusters and `omega2` inside them, by the method of moments.

    Raises
    ------
    InputError, VarianceError, TooFewStudiesError
    """
    d = _read(y, v, study, moderators, data, intercept)
    tau2, omega2 = _hierarchical_moments(d)
    weights = 1.0 / (d.v + tau2 + omega2)
    return _finish(
        d, weights, tau2, omega2, np.nan, "hierarchical", np.nan, small, check_level(level)
    )


def _hierarchical_moments(d: _Data) -> tuple[float, float]:
    """Equate ``sum_j (sum_i e_ij)^2`` and ``sum w e^2`` with their expectations."""
    X, v = d.X, d.v
    w = 1.0 / v
    wX = w[:, None] * X
    B = _inverse(X.T @ wX)
    e = d.y - X @ (B @ (wX.T @ d.y))
    p = X.shape[1]
    # sums over rows of a cluster: of X, of w X, of w, of rows
    sX = np.array([X[r].sum(axis=0) for r in d.members])
    swX = np.array([wX[r].sum(axis=0) for r in d.members])
    sw = np.array([w[r].sum() for r in d.members])
    n = np.array([float(r.size) for r in d.members])
    se = np.array([e[r].sum() for r in d.members])
    WX2 = wX.T @ wX
    # For S = J (ones inside clusters): tr(S R T R') with R = I - X B X'W and T the covariance.
    JX = sX.T @ sX
    J_tau = (
        float(np.sum(n**2))
        - 2.0 * float(np.einsum("c,cp,pq,cq->", n, sX, B, swX))
        + float(np.sum((B @ JX @ B) * (swX.T @ swX)))
    )
    J_omega = (
        float(np.sum(n)) - 2.0 * float(np.sum(B * (sX.T @ swX))) + float(np.sum((B @ JX @ B) * WX2))
    )
    J_v = float(np.sum(v)) - float(np.sum(B * JX))
    W_tau = float(np.sum(sw)) - float(np.sum(B * (swX.T @ swX)))
    W_omega = float(np.sum(w)) - float(np.sum(B * WX2))
    W_v = float(d.y.size - p)
    left_J = float(np.sum(se**2)) - J_v
    left_W = float(np.sum(w * e * e)) - W_v
    determinant = J_omega * W_tau - W_omega * J_tau
    omega2 = 0.0
    if abs(determinant) > 1e-12 * (abs(J_omega * W_tau) + abs(W_omega * J_tau)):
        omega2 = max((W_tau * left_J - J_tau * left_W) / determinant, 0.0)
    tau2 = 0.0
    if J_tau > 1e-12 * float(np.sum(n**2)):
        tau2 = max(left_J / J_tau - omega2 * J_omega / J_tau, 0.0)
    return tau2, omega2


def _finish(
    d: _Data,
    w: FloatArray,
    tau2: float,
    omega2: float,
    i2: float,
    model: str,
    rho: float,
    small: bool,
    level: float,
) -> RobuResult:
    X = d.X
    wX = w[:, None] * X
    B = _inverse(X.T @ wX)
    coef = B @ (wX.T @ d.y)
    e = d.y - X @ coef
    clusters = tuple(
        Cluster(X[r], e[r], wX[r], np.diag(w[r]), np.diag(1.0 / w[r])) for r in d.members
    )
    p, m = X.shape[1], len(clusters)
    working = Working(coef, d.names, B, X.T @ wX, clusters, d.labels, True, tuple(range(p)), level)
    if not small and m <= p:
        raise TooFewStudiesError(f"{m} studies leave no degrees of freedom for {p} coefficients")
    s = sandwich(working, "CR2" if small else "CR1p")
    df = satterthwaite(s, np.eye(p)) if small else np.full(p, float(m - p))
    se = np.sqrt(np.diagonal(s.vcov))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = coef / se
    pval = np.array([float(two_sided_p(a, float(n))) for a, n in zip(t, df, strict=True)])
    crit = np.array([critical_value(level, float(n)) for n in df])
    return RobuResult(
        coef=coef,
        se=se,
        ci_lower=coef - crit * se,
        ci_upper=coef + crit * se,
        z_or_t=t,
        df=df,
        p=pval,
        names=d.names,
        vcov=s.vcov,
        tau2=float(tau2),
        omega2=float(omega2),
        i2=float(i2),
        model=model,
        rho=float(rho),
        small=small,
        level=level,
        k=d.y.size,
        n_clusters=m,
        n_dropped=d.n_dropped,
        _data=d,
        _sandwich=s,
    )
