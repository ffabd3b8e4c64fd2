"""`pool_many`: many meta-analyses at once."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aponia.meta._distributions import chi2_quantile, chi2_sf, critical_value, two_sided_p
from aponia.meta._options import FIXED, check_level, check_method, check_test
from aponia.meta.errors import (
    ConvergenceError,
    InputError,
    MethodError,
    TooFewStudiesError,
    VarianceError,
)

__all__ = ["ENGINES", "PoolBatch", "pool_many"]

FloatArray = NDArray[np.float64]
ENGINES = ("auto", "numpy", "compiled")
_COMPILED = "aponia.meta.kernels.compiled"
# Below these sizes importing (or calling) the machine code costs more than it saves.
_WORTH_IMPORTING = 300_000
_WORTH_CALLING = 3_000


@dataclass(frozen=True)
class PoolBatch:
    """Results of B meta-analyses, one a row of the input.

    Attributes
    ----------
    coef, se : ndarray of shape (B,)
        Pooled effects and standard errors.
    tau2 : ndarray of shape (B,)
        Between-study variances.
    q : ndarray of shape (B,)
        Cochran's Q.
    k : ndarray of int, shape (B,)
        Number of studies.
    typical_variance : ndarray of shape (B,)
        Typical sampling variance.
    scale_factor : ndarray of shape (B,)
        Factor of Knapp and Hartung on the squared standard error.
    converged : ndarray of bool, shape (B,)
    method, test, level
        As used.
    """

    coef: FloatArray
    se: FloatArray
    tau2: FloatArray
    q: FloatArray
    k: NDArray[np.int64]
    typical_variance: FloatArray = field(repr=False)
    scale_factor: FloatArray = field(repr=False)
    converged: NDArray[np.bool_]
    method: str
    test: str
    level: float

    def __len__(self) -> int:
        return int(self.coef.size)

    @cached_property
    def df(self) -> FloatArray:
        """Degrees of freedom of the t distribution, infinite for the normal; shape (B,)."""
        if self.test == "z":
            return np.full(self.coef.shape, np.inf)
        # One study has none: its interval is the normal one, as in `pool`.
        return np.where(self.k > 1, self.k - 1.0, np.inf)

    @cached_property
    def z(self) -> FloatArray:
        """Test statistics coef / se, shape (B,)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.coef / self.se)

    @cached_property
    def p(self) -> FloatArray:
        """Two-sided p-values, shape (B,)."""
        out = np.empty(self.coef.shape)
        for df, rows in self._by_df():
            out[rows] = two_sided_p(self.z[rows], df)
        return out

    @cached_property
    def ci_lower(self) -> FloatArray:
        """Lower confidence limits, shape (B,)."""
        return self.coef - self._critical * self.se

    @cached_property
    def ci_upper(self) -> FloatArray:
        """Upper confidence limits, shape (B,)."""
        return self.coef + self._critical * self.se

    @cached_property
    def pi_lower(self) -> FloatArray:
        """Lower prediction limits (NaN without a random effect), shape (B,)."""
        return self.coef - self._prediction_half_width

    @cached_property
    def pi_upper(self) -> FloatArray:
        """Upper prediction limits (NaN without a random effect), shape (B,)."""
        return self.coef + self._prediction_half_width

    @cached_property
    def i2(self) -> FloatArray:
        """I2 in percent, shape (B,)."""
        return self._heterogeneity[0]

    @cached_property
    def h2(self) -> FloatArray:
        """H2, shape (B,)."""
        return self._heterogeneity[1]

    @cached_property
    def q_df(self) -> NDArray[np.int64]:
        """Degrees of freedom of Q, shape (B,)."""
        return self.k - 1

    @cached_property
    def q_p(self) -> FloatArray:
        """p-values of the test of heterogeneity, shape (B,)."""
        return chi2_sf(self.q, self.q_df)

    @cached_property
    def _heterogeneity(self) -> tuple[FloatArray, FloatArray]:
        df = self.k - 1.0
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.method in FIXED:
                i2 = np.where(self.q > 0, 100.0 * np.maximum(0.0, (self.q - df) / self.q), 0.0)
                h2 = self.q / df
            else:
                i2 = 100.0 * self.tau2 / (self.typical_variance + self.tau2)
                h2 = self.tau2 / self.typical_variance + 1.0
        return np.where(df > 0, i2, 0.0), np.where(df > 0, h2, 1.0)

    @cached_property
    def _critical(self) -> FloatArray:
        out = np.empty(self.coef.shape)
        for df, rows in self._by_df():
            out[rows] = critical_value(self.level, df)
        return out

    @cached_property
    def _prediction_half_width(self) -> FloatArray:
        if self.method in FIXED:
            return np.full(self.coef.shape, np.nan)
        return self._critical * np.sqrt(np.square(self.se) + self.tau2)

    def _by_df(self) -> list[tuple[float | None, Any]]:
        if self.test == "z":
            return [(None, slice(None))]
        return [
            (None if np.isinf(df) else float(df), np.flatnonzero(self.df == df))
            for df in np.unique(self.df)
        ]

    def summary(self) -> str:
        """Describe the batch in text."""
        return (
            f"{len(self)} meta-analyses (method {self.method}, test {self.test}), "
            f"k from {self.k.min()} to {self.k.max()}; "
            f"{int(self.converged.sum())} converged; "
            f"median effect {np.median(self.coef):.4g}, median tau2 {np.median(self.tau2):.4g}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe lists."""
        from aponia.meta._result import json_safe

        safe: dict[str, Any] = json_safe(
            {name: getattr(self, name) for name in _COLUMNS}
            | {"method": self.method, "test": self.test, "level": self.level}
        )
        return safe

    def to_frame(self) -> Any:
        """Return a pandas data frame with one row a meta-analysis."""
        import pandas as pd

        return pd.DataFrame({name: getattr(self, name) for name in _COLUMNS})


_COLUMNS = (
    *("coef", "se", "ci_lower", "ci_upper", "z", "p", "pi_lower", "pi_upper"),
    *("tau2", "i2", "h2", "q", "q_df", "q_p", "k", "converged"),
)


def pool_many(
    Y: ArrayLike,
    V: ArrayLike,
    *,
    method: str = "REML",
    test: str = "z",
    level: float = 0.95,
    lengths: ArrayLike | None = None,
    engine: str = "auto",
) -> PoolBatch:
    """Pool many independent sets of effects, each as `aponia.meta.pool` would.

    Parameters
    ----------
    Y, V : array_like of shape (B, k)
        Effects and sampling variances, one meta-analysis a row; NaN where a row has fewer studies.
    method : str
        Any method of `pool` but GENQ and GENQM, which need weights.
    test : {"z", "t", "knha", "adhoc"}
    level : float
    lengths : array_like of int, shape (B,), optional
        Number of studies of each row, when what follows them is not NaN.
    engine : {"auto", "numpy", "compiled"}
        How to compute: with NumPy, or with machine code that is compiled on first use and cached.

    Returns
    -------
    PoolBatch
        Derived columns (p-values, intervals, I2) are computed when first read.

    Raises
    ------
    InputError
        Wrong shape, an infinite effect.
    VarianceError
        A variance that is not positive and finite.
    TooFewStudiesError
        A row without a study.
    MethodError
        Unknown method, test or engine.
    ConvergenceError
        An estimate of tau2 did not converge.

    Examples
    --------
    >>> batch = pool_many([[0.1, 0.3, 0.5], [0.2, 0.4, float("nan")]], [[0.01, 0.02, 0.03]] * 2)
    >>> batch.k.tolist(), batch.coef.round(4).tolist()
    ([3, 2], [0.2673, 0.275])
    """
    method, test, level = check_method(method), check_test(test), check_level(level)
    if method in ("GENQ", "GENQM"):
        raise MethodError(f"method={method!r} needs weights; use pool")
    if engine not in ENGINES:
        raise MethodError(f"engine={engine!r} is not known; use one of {', '.join(ENGINES)}")
    y = np.ascontiguousarray(Y, dtype=np.float64)
    v = np.ascontiguousarray(V, dtype=np.float64)
    if y.ndim != 2 or y.shape != v.shape or y.size == 0:
        raise InputError(
            f"Y and V must have the same shape (B, k) and hold something; found {y.shape} and "
            f"{v.shape}"
        )
    if lengths is not None:
        y, v = _cut(y, v, lengths)
    compiled = engine == "compiled" or (
        engine == "auto"
        and y.size >= (_WORTH_CALLING if _COMPILED in sys.modules else _WORTH_IMPORTING)
    )
    columns = _compiled(y, v, method) if compiled else _numpy(y, v, method)
    coef, variance, tau2, q, typical, scale, k, status = columns
    _check(status)
    factor = np.ones_like(scale)
    if test in ("knha", "adhoc"):
        factor = np.maximum(scale, 1.0) if test == "adhoc" else scale
    return PoolBatch(
        coef=coef,
        se=np.sqrt(variance * factor),
        tau2=tau2,
        q=q,
        k=k.astype(np.int64),
        typical_variance=typical,
        scale_factor=factor,
        converged=status == 0,
        method=method,
        test=test,
        level=level,
    )


def _cut(y: FloatArray, v: FloatArray, lengths: ArrayLike) -> tuple[FloatArray, FloatArray]:
    n = np.asarray(lengths)
    if n.shape != y.shape[:1] or (n < 0).any() or (n > y.shape[1]).any():
        raise InputError(f"lengths must hold {y.shape[0]} numbers between 0 and {y.shape[1]}")
    keep = np.arange(y.shape[1]) < n[:, None]
    return np.where(keep, y, np.nan), np.where(keep, v, np.nan)


def _targets(method: str, width: int) -> FloatArray:
    k = np.arange(width + 1, dtype=np.float64)
    if method != "PMM":
        return np.maximum(k - 1.0, 0.0)
    return np.array([chi2_quantile(0.5, n - 1.0) if n > 1 else 1.0 for n in k])


def _compiled(y: FloatArray, v: FloatArray, method: str) -> FloatArray:
    import numba

    from aponia.meta.kernels.compiled import CODES, fit_lanes

    targets = np.append(_targets(method, y.shape[1]), 1.0)
    result: FloatArray = fit_lanes(y, v, CODES[method], targets, numba.get_num_threads())
    stuck = np.flatnonzero(result[-1] == 3.0)
    if stuck.size:  # rounding keeps Newton's steps just above the tolerance: bisect with NumPy
        result[:, stuck] = np.array(_numpy(y[stuck], v[stuck], method))
    return result


def _numpy(y: FloatArray, v: FloatArray, method: str) -> tuple[FloatArray, ...]:
    from aponia.meta.kernels.fit import fit_batch

    present = ~(np.isnan(y) | np.isnan(v))
    with np.errstate(invalid="ignore"):
        wrong = (present & ~((v > 0) & np.isfinite(v) & np.isfinite(y))).any(axis=1)
    status = np.where(wrong, 2.0, np.where(present.any(axis=1), 0.0, 1.0))
    _check(status)
    fit = fit_batch(
        np.where(present, y, 0.0),
        np.where(present, v, np.inf),
        np.ones((1, y.shape[1], 1)),
        method=method,
    )
    return (
        fit.coef[:, 0],
        fit.vcov[:, 0, 0],
        fit.tau2,
        fit.q,
        fit.typical_variance,
        fit.raw_scale,
        fit.k,
        np.where(fit.converged, 0.0, 3.0),
    )


def _check(status: FloatArray) -> None:
    if not status.any():
        return
    for code, kind, what in (
        (2.0, VarianceError, "a variance that is not positive and finite, or an infinite effect"),
        (1.0, TooFewStudiesError, "no study"),
        (3.0, ConvergenceError, "an estimate of tau2 that did not converge"),
    ):
        rows = np.flatnonzero(status == code)
        if rows.size:
            some = ", ".join(str(r) for r in rows[:5]) + (", …" if rows.size > 5 else "")
            raise kind(f"{rows.size} of {status.size} rows have {what}: rows {some}")
