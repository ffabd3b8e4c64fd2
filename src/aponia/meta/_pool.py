"""`pool`: one meta-analysis or meta-regression."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aponia.meta._assemble import assemble
from aponia.meta._design import Design, drop_redundant
from aponia.meta._inputs import ColumnLike, column, design_matrix, label_column
from aponia.meta._options import FIXED, Options, check_level, check_method, check_test
from aponia.meta._result import PoolResult
from aponia.meta.errors import (
    ConvergenceError,
    InputError,
    MetaWarning,
    MethodError,
    TooFewStudiesError,
    VarianceError,
)
from aponia.meta.kernels.fit import fit_batch

__all__ = ["pool"]

FloatArray = NDArray[np.float64]
#: Estimators that divide by the sampling variances before tau2 is known.
_NEEDS_POSITIVE = ("DL", "HS", "HSk", "PM", "PMM", "DLIT", "EB", "GENQ", "GENQM")


def pool(
    y: ColumnLike,
    v: ColumnLike | None = None,
    *,
    se: ColumnLike | None = None,
    moderators: Any = None,
    data: Any = None,
    intercept: bool = True,
    method: str = "REML",
    test: str = "z",
    weights: ColumnLike | None = None,
    level: float = 0.95,
    labels: Any = None,
    tau2: float | None = None,
    btt: Sequence[int | str] | None = None,
    scale: Any = None,
    link: str = "log",
    optbeta: bool = False,
    where: Any = None,
) -> PoolResult:
    """Pool effects with a fixed- or random-effects model, with or without moderators.

    Parameters
    ----------
    y : array_like of shape (n,) or str
        Effects, or the name of a column of `data`. Anything with attributes ``y`` and ``v`` (such
        as the result of `aponia.meta.effect_sizes`) may be given alone.
    v : array_like of shape (n,) or str, optional
        Sampling variances, in squared units of `y`.
    se : array_like of shape (n,) or str, optional
        Standard errors, instead of `v`.
    moderators : array_like, data frame, str or sequence of str, optional
        A matrix of shape (n, m), a data frame, labels of groups, names of columns, or a formula
        for formulaic such as ``"~ year + C(setting)"``.
    data : data frame or mapping, optional
        Where names are looked up (pandas, polars, anything narwhals reads).
    intercept : bool
        Whether to add a constant column.
    method : str
        FE, EE or CE for no random effect; DL, HE, HS, HSk, SJ, SJIT, ML, REML, EB, PM, PMM, DLIT,
        GENQ or GENQM for the estimator of tau2.
    test : {"z", "t", "knha", "adhoc"}
        Normal; t with k - p degrees of freedom; Knapp-Hartung (also ``"hksj"``); Knapp-Hartung
        with the factor not below 1.
    weights : array_like of shape (n,), str or float, optional
        Weights in place of 1 / (v + tau2); a constant gives the unweighted mean. GENQ and GENQM
        need them.
    level : float
        Confidence level.
    labels : array_like of shape (n,) or str, optional
        Names of the studies.
    tau2 : float, optional
        A known between-study variance, not to be estimated.
    btt : sequence of int or str, optional
        Coefficients that the omnibus test covers; by default all but the intercept.
    scale : array_like, data frame or str, optional
        Moderators of tau2 itself: a location-scale model, fitted by ML or REML.
    link : {"log", "identity"}
        Link of the scale part.
    optbeta : bool
        In a location-scale model by ML: take the standard errors of the coefficients from the
        joint observed information of coefficients and scale, not given the scale.
    where : array_like of bool, shape (n,), or str, optional
        Rows to use.

    Returns
    -------
    PoolResult

    Raises
    ------
    InputError
        Wrong length, type or name; infinite effects.
    VarianceError
        A variance is negative or infinite, or zero where the weights would not exist.
    TooFewStudiesError
        No study is left, or not more studies than coefficients.
    MethodError
        Unknown method or test, or options that do not go together.
    SingularDesignError
        No column of the model matrix varies.
    ConvergenceError
        The estimate of tau2 did not converge.

    Notes
    -----
    Rows with a missing effect, variance, weight or moderator are dropped with a `MetaWarning` and
    counted in ``n_dropped``; so are columns of the model matrix that depend on earlier ones. ML and
    REML return the global maximum of the likelihood over tau2 >= 0. A single study is returned as
    it is, with tau2 = 0.

    References
    ----------
    Viechtbauer W (2010). Journal of Statistical Software 36(3).

    Examples
    --------
    >>> fit = pool([0.1, 0.3, 0.5], [0.01, 0.02, 0.03], method="DL")
    >>> round(float(fit.coef[0]), 4), round(fit.tau2, 4)
    (0.2674, 0.0217)
    """
    method, test, level = check_method(method), check_test(test), check_level(level)
    effects, variances = _effects(y, v, se, data)
    n = effects.size
    design = design_matrix(moderators, data, k=n, intercept=intercept)
    user_weights = None if weights is None else column(weights, data, name="weights", length=n)
    names = _labels(labels, data, n)
    kept = _complete(effects, variances, design, user_weights, where, data)
    scale_design = None
    if scale is not None:
        scale_design = design_matrix(scale, data, k=n, intercept=True)
        kept &= ~np.isnan(scale_design.X).any(axis=1)
    chosen = n if where is None else int(_selected(where, data, n).sum())
    n_dropped = chosen - int(kept.sum())
    if n_dropped:
        _warn(f"{n_dropped} of {chosen} rows have missing values and were dropped")
    if not kept.any():
        raise TooFewStudiesError("no study is left: every row has a missing effect or variance")
    design, dropped = drop_redundant(design, kept)
    if dropped:
        _warn(f"redundant moderators dropped from the model: {', '.join(dropped)}")
    yk, vk = effects[kept], variances[kept]
    wk = None if user_weights is None else user_weights[kept]
    _check_values(yk, vk, wk)
    labels_k = tuple(str(name) for name, keep in zip(names, kept, strict=True) if keep)
    options = Options(method, test, level, tau2, _covered(btt, design), None)
    if scale_design is not None:
        from aponia.meta._location_scale import fit_location_scale

        return fit_location_scale(
            *(yk, vk, design, scale_design, kept, labels_k, n_dropped, dropped, wk, options, link),
            optbeta=optbeta,
        )
    return fit_pool(yk, vk, design, kept, wk, labels_k, n_dropped, dropped, options)


def _effects(y: Any, v: Any, se: Any, data: Any) -> tuple[FloatArray, FloatArray]:
    if v is None and se is None and hasattr(y, "y") and hasattr(y, "v"):
        y, v = y.y, y.v
    if (v is None) == (se is None):
        raise InputError("give sampling variances v= or standard errors se=, and not both")
    effects = column(y, data, name="y")
    if v is not None:
        return effects, column(v, data, name="v", length=effects.size)
    errors = column(se, data, name="se", length=effects.size)
    if (errors < 0).any():
        raise VarianceError(f"se has negative values at rows {np.flatnonzero(errors < 0).tolist()}")
    return effects, np.square(errors)


def _labels(labels: Any, data: Any, n: int) -> NDArray[Any]:
    if labels is None:
        return np.array([str(i + 1) for i in range(n)], dtype=object)
    return label_column(labels, data, name="labels", length=n)


def _selected(where: Any, data: Any, n: int) -> NDArray[np.bool_]:
    rows = label_column(where, data, name="where", length=n)
    return np.array([bool(row) for row in rows], dtype=bool)


def _complete(
    y: FloatArray, v: FloatArray, design: Design, weights: FloatArray | None, where: Any, data: Any
) -> NDArray[np.bool_]:
    kept = ~(np.isnan(y) | np.isnan(v) | np.isnan(design.X).any(axis=1))
    if weights is not None:
        kept &= ~np.isnan(weights)
    if where is not None:
        kept &= _selected(where, data, y.size)
    return kept


def _check_values(y: FloatArray, v: FloatArray, weights: FloatArray | None) -> None:
    if np.isinf(y).any():
        raise InputError(f"{int(np.isinf(y).sum())} effects are infinite; remove or correct them")
    if (v < 0).any():
        raise VarianceError(
            f"{int((v < 0).sum())} sampling variances are negative (smallest {v.min():g}); "
            "variances are squared standard errors and must be positive"
        )
    if np.isinf(v).any():
        raise VarianceError(
            f"{int(np.isinf(v).sum())} sampling variances are infinite: such a study carries no "
            "information; remove it"
        )
    if weights is not None and (np.isinf(weights).any() or (weights < 0).any()):
        raise InputError("weights must be finite and not negative")
    if weights is not None and not (weights > 0).any():
        raise InputError("all weights are zero")


def _covered(btt: Sequence[int | str] | None, design: Design) -> tuple[int, ...]:
    p = len(design.names)
    if btt is None:
        constant = [j for j in range(p) if design.names[j] == "intercept"]
        if not constant and design.intercept:
            constant = [j for j in range(p) if bool((_rows(design.X[:, j]) == 1.0).all())]
        rest = tuple(j for j in range(p) if j not in constant)
        return rest or tuple(range(p))
    if isinstance(btt, str):
        btt = [btt]
    out = []
    for item in btt:
        if isinstance(item, str):
            if item not in design.names:
                raise InputError(f"btt={item!r}: no such coefficient; there are {design.names}")
            out.append(design.names.index(item))
        elif 0 <= int(item) < p:
            out.append(int(item))
        else:
            raise InputError(f"btt={item}: no such coefficient; there are {p}, counted from 0")
    if not out:
        raise InputError("btt is empty")
    return tuple(sorted(set(out)))


def _rows(values: FloatArray) -> FloatArray:
    return values[~np.isnan(values)]


def fit_pool(
    y: FloatArray,
    v: FloatArray,
    design: Design,
    kept: NDArray[np.bool_],
    weights: FloatArray | None,
    labels: tuple[str, ...],
    n_dropped: int,
    dropped: tuple[str, ...],
    options: Options,
) -> PoolResult:
    """Fit checked and complete arrays; see `pool`."""
    X = design.X[kept]
    k, p = X.shape
    method, test = options.method, options.test
    if k == 1 and test != "z":
        _warn("one study has no degrees of freedom: test='z' is used")
        test = "z"
    if method in FIXED and test in ("knha", "adhoc"):
        _warn(f"test={test!r} is not meant for the method {method!r}")
    fixed_tau2 = _fixed_tau2(options, k, p)
    _check_size(k, p, method, test, estimated=fixed_tau2 is None and method not in FIXED)
    if method in ("GENQ", "GENQM") and weights is None:
        raise MethodError(f"method={method!r} needs weights=")
    _check_zero_variances(v, method, fixed_tau2, weights)
    known = None if fixed_tau2 is None else np.array([fixed_tau2])
    fit = fit_batch(
        y[None],
        v[None],
        X[None],
        method=method,
        test=test,
        user_weights=None if weights is None else weights[None],
        tau2=known,
    )
    if not bool(fit.converged[0]):
        raise ConvergenceError(f"tau2 by method={method!r} did not converge; try method='DL'")
    if test in ("knha", "adhoc") and float(fit.scale[0]) == 0.0:
        _warn(
            "the effects are identical (up to moderators): the Knapp-Hartung factor is 0 and the "
            "intervals have no width; use test='adhoc' or 'z'"
        )
    return assemble(fit, y, v, X, design, kept, weights, labels, n_dropped, dropped, options, test)


def _fixed_tau2(options: Options, k: int, p: int) -> float | None:
    given = options.fixed_tau2
    if given is not None:
        if options.method in FIXED:
            raise MethodError(f"tau2= has no meaning with method={options.method!r}")
        if not (np.isfinite(given) and given >= 0):
            raise InputError(f"tau2={given!r} must be finite and not negative")
        return float(given)
    return 0.0 if k == 1 and p == 1 else None


def _check_size(k: int, p: int, method: str, test: str, *, estimated: bool) -> None:
    needed = p + 1 if estimated else p
    if k < needed:
        raise TooFewStudiesError(
            f"{k} studies cannot identify {p} coefficients{' and tau2' if estimated else ''} "
            f"(method={method!r}): at least {needed} are needed"
        )
    if test != "z" and k <= p:
        raise TooFewStudiesError(
            f"test={test!r} needs more studies than coefficients, found {k} and {p}; use test='z'"
        )


def _check_zero_variances(
    v: FloatArray, method: str, fixed_tau2: float | None, weights: FloatArray | None
) -> None:
    zero = int((v == 0).sum())
    if not zero:
        return
    if fixed_tau2 == 0.0 or (fixed_tau2 is None and method in (*FIXED, *_NEEDS_POSITIVE)):
        raise VarianceError(
            f"{zero} sampling variances are zero, and method={method!r} weights by 1/v: "
            "correct them, or use HE or SJ"
        )
    if fixed_tau2 is None and method in ("ML", "REML") and zero < v.size:
        raise VarianceError(
            f"{zero} sampling variances are zero: the likelihood grows without bound (ML) or has "
            "no derivative (REML) as tau2 goes to 0; correct them"
        )


def _warn(message: str) -> None:
    warnings.warn(message, MetaWarning, stacklevel=4)
