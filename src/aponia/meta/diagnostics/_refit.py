"""Fits of one model to many data sets at once: subsets of its studies, other effects, other rows.

Plain averages run through `aponia.meta.pool_many`, meta-regressions through the same batch kernels
with a model matrix. A data set on which the model cannot be estimated (too few studies, moderators
that no longer vary, an estimate that does not converge) gives NaN and ``ok = False``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from aponia.meta._batch import pool_many
from aponia.meta._distributions import chi2_sf, critical_value, two_sided_p
from aponia.meta._options import FIXED
from aponia.meta.diagnostics._record import FloatArray
from aponia.meta.errors import ConvergenceError, MethodError, TooFewStudiesError, VarianceError
from aponia.meta.kernels.fit import fit_batch

if TYPE_CHECKING:
    from aponia.meta._result import PoolResult

__all__ = ["Refits", "need_studies", "plain", "refit", "refit_subsets"]

_CHUNK = 4_000_000
# As in the check of the whole model: columns this close to dependent are redundant.
_RANK = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Refits:
    """Estimates of B fits with p coefficients each; NaN where ``ok`` is False.

    Attributes
    ----------
    coef : ndarray of shape (B, p)
    vcov : ndarray of shape (B, p, p)
    tau2, q, typical_variance, scale : ndarray of shape (B,)
    k : ndarray of int, shape (B,)
    ok : ndarray of bool, shape (B,)
    method, test, level
        Of the model.
    """

    coef: FloatArray
    vcov: FloatArray
    tau2: FloatArray
    q: FloatArray
    typical_variance: FloatArray
    scale: FloatArray
    k: NDArray[np.int64]
    ok: NDArray[np.bool_]
    method: str
    test: str
    level: float

    @property
    def se(self) -> FloatArray:
        """Standard errors, shape (B, p)."""
        return np.sqrt(np.diagonal(self.vcov, axis1=-2, axis2=-1))

    @property
    def z(self) -> FloatArray:
        """Test statistics, shape (B, p)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.coef / self.se)

    @property
    def df(self) -> FloatArray:
        """Residual degrees of freedom k - p, shape (B,)."""
        return np.asarray(self.k - self.coef.shape[1], dtype=np.float64)

    def _by_df(self) -> list[tuple[float | None, NDArray[np.int64]]]:
        if self.test == "z":
            return [(None, np.arange(self.k.size))]
        return [
            (float(df) if df > 0 else None, np.flatnonzero(self.df == df))
            for df in np.unique(self.df)
        ]

    @property
    def p(self) -> FloatArray:
        """Two-sided p-values, shape (B, p)."""
        out, z = np.full(self.coef.shape, np.nan), self.z
        for df, rows in self._by_df():
            out[rows] = two_sided_p(z[rows], df)
        return out

    @property
    def half_width(self) -> FloatArray:
        """Half the width of the confidence intervals, shape (B, p)."""
        out = self.se
        for df, rows in self._by_df():
            out[rows] *= critical_value(self.level, df)
        return out

    @property
    def q_p(self) -> FloatArray:
        """p-values of the test of heterogeneity, shape (B,)."""
        known = self.ok & ~np.isnan(self.q)  # Q does not exist when a sampling variance is 0
        p = chi2_sf(np.where(known, self.q, 0.0), np.maximum(self.df, 0.0))
        return np.where(known, p, np.nan)

    @property
    def heterogeneity(self) -> tuple[FloatArray, FloatArray]:
        """I2 (percent) and H2, each of shape (B,)."""
        df = self.df
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.method in FIXED:
                h2 = self.q / df
                i2 = np.where(self.q > 0, 100.0 * np.maximum(0.0, (self.q - df) / self.q), self.q)
            else:
                i2 = 100.0 * self.tau2 / (self.typical_variance + self.tau2)
                h2 = self.tau2 / self.typical_variance + 1.0
        i2, h2 = np.where(df > 0, i2, 0.0), np.where(df > 0, h2, 1.0)
        return np.where(self.ok, i2, np.nan), np.where(self.ok, h2, np.nan)


def plain(result: PoolResult, what: str) -> None:
    """Raise `MethodError` for a location-scale model."""
    if result.scale is not None:
        raise MethodError(f"{what} is not available for location-scale models (scale=)")


def need_studies(result: PoolResult, what: str, least: int = 2) -> None:
    """Raise `TooFewStudiesError` when the fit has fewer than `least` studies."""
    if result.k < least:
        raise TooFewStudiesError(f"{what} needs at least {least} studies, found {result.k}")


def refit_subsets(result: PoolResult, rows: NDArray[np.bool_]) -> Refits:
    """Refit a model to subsets of its studies.

    Parameters
    ----------
    result : PoolResult
    rows : ndarray of bool, shape (B, k)
        Which studies each fit uses.

    Returns
    -------
    Refits
    """
    shape = rows.shape
    y, v = np.broadcast_to(result.y, shape), np.broadcast_to(result.v, shape)
    w = None if result.weights is None else np.broadcast_to(result.weights, shape)
    return refit(result, y, v, result.X[None], w, rows)


def refit(
    result: PoolResult,
    y: FloatArray,
    v: FloatArray,
    X: FloatArray,
    weights: FloatArray | None = None,
    rows: NDArray[np.bool_] | None = None,
) -> Refits:
    """Fit the model of a result to B data sets.

    Parameters
    ----------
    result : PoolResult
        Gives the method, the test and a tau2 that was given.
    y, v : ndarray of shape (B, k)
    X : ndarray of shape (B, k, p) or (1, k, p)
    weights : ndarray of shape (B, k), optional
    rows : ndarray of bool, shape (B, k), optional
        Which studies are present; all by default.

    Returns
    -------
    Refits
    """
    B, k = y.shape
    present = np.ones((B, k), dtype=bool) if rows is None else rows
    step = max(1, _CHUNK // (k * X.shape[-1]))
    parts = [
        _part(
            result,
            y[part],
            v[part],
            X if X.shape[0] == 1 else X[part],
            None if weights is None else weights[part],
            present[part],
        )
        for part in (slice(first, first + step) for first in range(0, B, step))
    ]
    if len(parts) == 1:
        return parts[0]
    names = ("coef", "vcov", "tau2", "q", "typical_variance", "scale", "k", "ok")
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return Refits(**joined, method=result.method, test=result.test, level=result.level)


def _part(
    result: PoolResult,
    y: FloatArray,
    v: FloatArray,
    X: FloatArray,
    weights: FloatArray | None,
    rows: NDArray[np.bool_],
) -> Refits:
    B, p = y.shape[0], X.shape[-1]
    k = rows.sum(axis=1)
    fixed_tau2 = result.options.fixed_tau2
    estimated = result.method not in FIXED and fixed_tau2 is None
    # One study is its own average; otherwise tau2 needs a degree of freedom.
    one = (k == 1) & (p == 1) & bool((X == 1.0).all())
    possible = one | (k >= p + estimated)
    if result.test != "z":
        possible &= one | (k > p)
    if not (X.shape[-1] == 1 and (X == 1.0).all()):
        possible &= _full_rank(X, rows, possible)
    out = Refits(
        coef=np.full((B, p), np.nan),
        vcov=np.full((B, p, p), np.nan),
        tau2=np.full(B, np.nan),
        q=np.full(B, np.nan),
        typical_variance=np.full(B, np.nan),
        scale=np.full(B, np.nan),
        k=k.astype(np.int64),
        ok=np.zeros(B, dtype=bool),
        method=result.method,
        test=result.test,
        level=result.level,
    )
    use = np.flatnonzero(possible)
    if use.size:
        Xu = X if X.shape[0] == 1 else X[use]
        wu = None if weights is None else weights[use]
        _fill(out, use, result, y[use], v[use], Xu, wu, rows[use], fixed_tau2)
    return out


def _full_rank(X: FloatArray, rows: NDArray[np.bool_], of: NDArray[np.bool_]) -> NDArray[np.bool_]:
    good = np.zeros(rows.shape[0], dtype=bool)
    use = np.flatnonzero(of)
    if use.size:
        masked = np.where(rows[use, :, None], X if X.shape[0] == 1 else X[use], 0.0)
        norm = np.linalg.norm(masked, axis=1, keepdims=True)
        values = np.linalg.svd(masked / np.where(norm > 0, norm, 1.0), compute_uv=False)
        good[use] = values[:, -1] > _RANK * values[:, 0]
    return good


def _fill(
    out: Refits,
    use: NDArray[np.int64],
    result: PoolResult,
    y: FloatArray,
    v: FloatArray,
    X: FloatArray,
    weights: FloatArray | None,
    rows: NDArray[np.bool_],
    fixed_tau2: float | None,
) -> None:
    average = X.shape[-1] == 1 and bool((X == 1.0).all())
    if average and weights is None and fixed_tau2 is None and bool((v[rows] > 0).all()):
        try:
            batch = pool_many(
                np.where(rows, y, np.nan),
                v,
                method=result.method,
                test=result.test,
                level=result.level,
            )
        except ConvergenceError:
            pass  # the general path below marks the rows that failed
        else:
            out.coef[use, 0], out.vcov[use, 0, 0] = batch.coef, np.square(batch.se)
            out.tau2[use], out.q[use] = batch.tau2, batch.q
            out.typical_variance[use], out.scale[use] = batch.typical_variance, batch.scale_factor
            out.ok[use] = True
            return
    try:
        fit = fit_batch(
            np.where(rows, y, 0.0),
            np.where(rows, v, np.inf),
            X,
            method=result.method,
            test=result.test,
            user_weights=None if weights is None else np.where(rows, weights, 0.0),
            tau2=None if fixed_tau2 is None else np.full(use.size, fixed_tau2),
        )
    except VarianceError:
        if use.size == 1:
            return
        for i in range(use.size):
            one = slice(i, i + 1)
            _fill(
                out,
                use[one],
                result,
                y[one],
                v[one],
                X if X.shape[0] == 1 else X[one],
                None if weights is None else weights[one],
                rows[one],
                fixed_tau2,
            )
        return
    good = fit.converged
    at = use[good]
    out.coef[at], out.vcov[at], out.tau2[at] = fit.coef[good], fit.vcov[good], fit.tau2[good]
    out.q[at], out.scale[at] = fit.q[good], fit.scale[good]
    out.typical_variance[at] = fit.typical_variance[good]
    out.ok[at] = True
