"""Reading studies from a pooled result, from effect sizes or from columns."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from aponia.meta._inputs import ColumnLike, FloatArray, column, design_matrix, label_column
from aponia.meta._options import check_level, check_method, check_test
from aponia.meta._pool import pool
from aponia.meta._result import PoolResult
from aponia.meta.errors import (
    InputError,
    MetaWarning,
    MethodError,
    TooFewStudiesError,
    VarianceError,
)

__all__ = ["Studies", "read_studies", "refit"]


@dataclass(frozen=True)
class Studies:
    """Complete studies and the options of the model they came from.

    Attributes
    ----------
    y, v : ndarray of shape (k,)
    X : ndarray of shape (k, p)
    names : tuple of str
        Of the columns of `X`.
    ni : ndarray of shape (k,) or None
        Sample sizes.
    labels : tuple of str
    kept : ndarray of bool of shape (n,)
        Which of the rows given are here.
    method, test, level
        Of the model; REML, z, 0.95 when columns were given.
    weights : ndarray of shape (k,) or None
        Weights of the user.
    tau2 : float or None
        A known tau2.
    fitted : PoolResult or None
        The result given, if it was one.
    """

    y: FloatArray
    v: FloatArray
    X: FloatArray
    names: tuple[str, ...]
    ni: FloatArray | None
    labels: tuple[str, ...]
    kept: np.ndarray
    method: str
    test: str
    level: float
    weights: FloatArray | None
    tau2: float | None
    fitted: PoolResult | None

    @property
    def k(self) -> int:
        """Number of studies."""
        return self.y.size

    @property
    def intercept_only(self) -> bool:
        """Whether the model has nothing but a constant."""
        return self.X.shape[1] == 1 and bool((self.X == 1).all())

    def need_intercept_only(self, what: str) -> None:
        """Refuse models with moderators."""
        if not self.intercept_only:
            raise MethodError(f"{what} is defined for models without moderators")


def read_studies(
    effects: Any,
    v: ColumnLike | None = None,
    *,
    se: ColumnLike | None = None,
    ni: ColumnLike | None = None,
    moderators: Any = None,
    labels: Any = None,
    method: str | None = None,
    test: str | None = None,
    level: float | None = None,
    data: Any = None,
    need_variance: bool = True,
) -> Studies:
    """Read a `PoolResult`, an `EffectSizes` or columns.

    Parameters
    ----------
    effects : PoolResult, EffectSizes, array_like of shape (n,) or str
    v, se : array_like of shape (n,) or str, optional
        Sampling variances or standard errors.
    ni : array_like of shape (n,) or str, optional
        Sample sizes, for all rows or for those in the fit.
    moderators, labels, method, test, level, data
        As in `aponia.meta.pool`; `method`, `test` and `level` override those of a result.
    need_variance : bool
        False when the variances may be left out.

    Returns
    -------
    Studies

    Raises
    ------
    InputError, VarianceError, TooFewStudiesError
    """
    if isinstance(effects, PoolResult):
        return _from_result(effects, v, se, ni, moderators, method, test, level, data)
    if v is None and se is None and hasattr(effects, "y") and hasattr(effects, "v"):
        sizes_known = getattr(effects, "n", None)
        if ni is None and sizes_known is not None:
            known = np.asarray(sizes_known, dtype=np.float64)
            usable = ~(np.isnan(effects.y) | np.isnan(effects.v))
            ni = known if not np.isnan(known[usable]).any() else None
        if labels is None:
            labels = getattr(effects, "labels", None)
        effects, v = effects.y, effects.v
    y = column(effects, data, name="y")
    n = y.size
    vv = _variances(v, se, n, data, need_variance)
    sizes = None if ni is None else column(ni, data, name="ni", length=n)
    design = design_matrix(moderators, data, k=n, intercept=True)
    kept = ~(np.isnan(y) | np.isnan(vv) | np.isnan(design.X).any(axis=1))
    if sizes is not None:
        kept &= ~np.isnan(sizes)
    if not kept.any():
        raise TooFewStudiesError("no study is left: every row has a missing value")
    if not kept.all():
        warnings.warn(
            f"{int((~kept).sum())} of {n} rows have missing values and were dropped",
            MetaWarning,
            stacklevel=3,
        )
    names = (
        np.array([str(i + 1) for i in range(n)], dtype=object)
        if labels is None
        else label_column(labels, data, name="labels", length=n)
    )
    _check(y[kept], vv[kept])
    return Studies(
        y[kept],
        vv[kept],
        design.X[kept],
        design.names,
        None if sizes is None else sizes[kept],
        tuple(str(s) for s in names[kept]),
        kept,
        check_method(method or "REML"),
        check_test(test or "z"),
        check_level(0.95 if level is None else level),
        None,
        None,
        None,
    )


def _variances(v: Any, se: Any, n: int, data: Any, need: bool) -> FloatArray:
    if v is not None and se is not None:
        raise InputError("give sampling variances v= or standard errors se=, not both")
    if v is not None:
        return column(v, data, name="v", length=n)
    if se is not None:
        return column(se, data, name="se", length=n) ** 2
    if need:
        raise InputError("give sampling variances v= or standard errors se=")
    return np.ones(n)


def _check(y: FloatArray, v: FloatArray) -> None:
    if not np.isfinite(y).all():
        raise InputError("effects must be finite")
    if not (np.isfinite(v) & (v > 0)).all():
        raise VarianceError("sampling variances must be positive and finite for tests of bias")


def _from_result(
    result: PoolResult,
    v: Any,
    se: Any,
    ni: Any,
    moderators: Any,
    method: str | None,
    test: str | None,
    level: float | None,
    data: Any,
) -> Studies:
    if v is not None or se is not None or moderators is not None:
        raise InputError("a pooled result brings its own variances and moderators")
    if getattr(result, "scale", None) is not None:
        raise MethodError("tests of bias are not defined for location-scale models")
    sizes = None
    if ni is not None:
        sizes = column(ni, data, name="ni")
        if sizes.size == result.kept.size:
            sizes = sizes[result.kept]
        if sizes.size != result.k or np.isnan(sizes).any():
            raise InputError(f"ni must hold one number for each of the {result.k} studies")
    _check(result.y, result.v)
    return Studies(
        result.y,
        result.v,
        result.X,
        result.names,
        sizes,
        result.labels,
        result.kept,
        result.method if method is None else check_method(method),
        result.test if test is None else check_test(test),
        result.level if level is None else check_level(level),
        result.weights,
        result.options.fixed_tau2,
        result,
    )


def refit(
    studies: Studies,
    y: FloatArray,
    v: FloatArray,
    X: FloatArray | None = None,
    weights: FloatArray | None = None,
    labels: tuple[str, ...] | None = None,
) -> PoolResult:
    """Fit other rows or another model matrix with the options of `studies`."""
    return pool(
        y,
        v,
        moderators=X,
        intercept=X is None,
        method=studies.method,
        test=studies.test,
        weights=weights,
        level=studies.level,
        labels=labels,
        tau2=studies.tau2,
    )
