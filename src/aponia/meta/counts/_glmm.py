"""Generalised linear mixed models for counts: one likelihood for all studies, no normal step."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from aponia.meta._inputs import ColumnLike, FloatArray, design_matrix
from aponia.meta._options import check_level
from aponia.meta.counts._cells import (
    Cells,
    ZeroCells,
    outcomes,
    read_one_group,
    read_rates,
    read_tables,
)
from aponia.meta.counts._glmm_fit import GlmmOptions, fit_glmm, glmm_result
from aponia.meta.counts._glmm_models import glmm_data
from aponia.meta.counts._glmm_result import GlmmResult
from aponia.meta.errors import (
    MetaWarning,
    MethodError,
    SingularDesignError,
    TooFewStudiesError,
)

__all__ = ["glmm"]


def glmm(
    *,
    events1: ColumnLike | None = None,
    total1: ColumnLike | None = None,
    events2: ColumnLike | None = None,
    total2: ColumnLike | None = None,
    nonevents1: ColumnLike | None = None,
    nonevents2: ColumnLike | None = None,
    time1: ColumnLike | None = None,
    time2: ColumnLike | None = None,
    events: ColumnLike | None = None,
    total: ColumnLike | None = None,
    nonevents: ColumnLike | None = None,
    time: ColumnLike | None = None,
    measure: Literal["OR", "IRR", "PLO", "IRLN"],
    model: Literal["UM.FS", "UM.RS", "CM.EL", "CM.AL"] | None = None,
    moderators: Any = None,
    intercept: bool = True,
    method: Literal["ML", "EE", "FE", "CE"] = "ML",
    test: Literal["z", "t"] = "z",
    nagq: int | None = None,
    coding: float = 0.5,
    correlated: bool = False,
    add: float = 0.5,
    to: Literal["only0", "all", "if0all", "none"] = "only0",
    drop00: bool = True,
    level: float = 0.95,
    labels: Any = None,
    data: Any = None,
    **short_names: ColumnLike | None,
) -> GlmmResult:
    """Fit a generalised linear (mixed) model to counts by maximum likelihood.

    Parameters
    ----------
    events1, total1, events2, total2 : array_like of shape (k,) or column name
        For ``OR``; ``nonevents1``, ``nonevents2`` may stand for the totals.
    events1, time1, events2, time2
        For ``IRR``.
    events, total (or nonevents); events, time
        For ``PLO`` (logit proportion) and ``IRLN`` (log rate) of single groups.
    measure : {"OR", "IRR", "PLO", "IRLN"}
    model : {"UM.FS", "UM.RS", "CM.EL", "CM.AL"}
        Unconditional with fixed (default) or random study intercepts; conditional on the
        total number of events with the exact (non-central hypergeometric) or the approximate
        (binomial) likelihood. For ``IRR`` the exact conditional likelihood is binomial.
    moderators : formula, matrix, frame or names, optional
        See `pool`; rows with a missing moderator are left out.
    intercept : bool
        Whether a matrix or frame of moderators gets a constant.
    method : {"ML", "EE"}
        With or without between-study heterogeneity (``"FE"`` and ``"CE"`` mean ``"EE"``).
    test : {"z", "t"}
        Normal, or t with k - p degrees of freedom.
    nagq : int, optional
        Quadrature nodes a random effect. By default 7; for UM.RS with heterogeneity (two
        random effects) 1, Laplace's approximation, which is what lme4 can do and what published
        results rest on; a larger value is closer to the exact integral. The exact
        conditional model of odds ratios uses at least 61.
    coding : float
        The random effect enters group 1 times `coding`, group 2 times ``coding - 1`` (UM only).
    correlated : bool
        Whether study intercepts and effects correlate (UM.RS only).
    add, to, drop00
        Zero-cell handling of the observed outcomes (they only serve I2 and `y`, `v`); studies
        without events (or only events) in both groups leave the model when `drop00`.
    level : float
        Confidence level.
    labels, data
        See `mantel_haenszel`.
    **short_names
        ``ai bi ci di n1i n2i x1i x2i t1i t2i xi mi ni ti`` instead.

    Returns
    -------
    GlmmResult

    Raises
    ------
    InputError, MethodError
        Missing columns, unknown options, options that do not go together.
    TooFewStudiesError
        No usable study.
    SingularDesignError
        Collinear moderators, or as many coefficients as studies.
    ConvergenceError
        The likelihood has no maximum (complete separation: a group without any event).

    Notes
    -----
    Stijnen, Hamza & Ozdemir (2010), Statistics in Medicine 29, 3046-3067; Jackson, Law,
    Stijnen, Viechtbauer & White (2018), 37, 1059-1085. The likelihood is climbed from several
    starting values to a gradient of zero; standard errors come from the Hessian in all
    parameters.

    Examples
    --------
    >>> r = glmm(events=[2, 5, 9], total=[10, 12, 14], measure="PLO", method="EE")
    >>> round(float(r.coef[0]), 6)
    -0.223144
    """
    if measure not in ("OR", "IRR", "PLO", "IRLN"):
        raise MethodError(f"measure must be 'OR', 'IRR', 'PLO' or 'IRLN', found {measure!r}")
    level = check_level(level)
    if method not in ("ML", "EE", "FE", "CE"):
        raise MethodError(f"method must be 'ML' or 'EE', found {method!r}")
    if test not in ("z", "t"):
        raise MethodError(f"test must be 'z' or 't', found {test!r}")
    if nagq is not None and not (isinstance(nagq, int) and 1 <= nagq <= 100):
        raise MethodError(f"nagq must be a whole number from 1 to 100, found {nagq!r}")
    kind = _model_name(measure, model)
    if correlated and kind != "UM.RS":
        raise MethodError("correlated=True needs model='UM.RS'")
    given = {
        "events1": events1,
        "total1": total1,
        "events2": events2,
        "total2": total2,
        "nonevents1": nonevents1,
        "nonevents2": nonevents2,
        "time1": time1,
        "time2": time2,
        "events": events,
        "total": total,
        "nonevents": nonevents,
        "time": time,
    }
    cells, X, names = _read(given, short_names, measure, moderators, intercept, labels, data)
    n_given = int(cells.kept.size)
    y, v = _observed(cells, measure, ZeroCells(float(add), to, bool(drop00)))
    keep = np.isfinite(X).all(axis=1)
    if measure in ("OR", "IRR") and drop00:
        keep &= ~_no_information(cells, measure)
    if not keep.any():
        raise TooFewStudiesError("no study is left: no events at all, or missing moderators")
    cells, X, y, v = cells.take(keep), X[keep], y[keep], v[keep]
    k, p = X.shape
    if p > k or np.linalg.matrix_rank(X) < p:
        raise SingularDesignError(
            f"{p} coefficients cannot be told apart from {k} studies: drop collinear moderators"
        )
    if method == "ML" and k == p:
        warnings.warn(
            f"{k} studies, {p} coefficients: heterogeneity cannot be estimated and is taken as 0",
            MetaWarning,
            stacklevel=2,
        )
        method = "EE"
    counts = glmm_data(cells, X, measure, kind)
    fit = fit_glmm(counts, GlmmOptions(method == "ML", coding, correlated, nagq), y, v)
    return glmm_result(
        counts,
        fit,
        y,
        v,
        names=names,
        method="ML" if method == "ML" else "EE",
        test=test,
        level=level,
        n_dropped=n_given - k,
    )


def _model_name(measure: str, model: str | None) -> str:
    if measure in ("PLO", "IRLN"):
        if model not in (None, "", "UM.FS"):
            raise MethodError(f"measure {measure!r} has one group: model does not apply")
        return ""
    chosen = model or "UM.FS"
    if chosen not in ("UM.FS", "UM.RS", "CM.EL", "CM.AL"):
        raise MethodError(f"model must be 'UM.FS', 'UM.RS', 'CM.EL' or 'CM.AL', found {chosen!r}")
    if measure == "IRR" and chosen == "CM.AL":
        raise MethodError("for rates the exact conditional likelihood is available: 'CM.EL'")
    return chosen


_SHORT = {
    "OR": {"ai", "bi", "ci", "di", "n1i", "n2i"},
    "IRR": {"x1i", "x2i", "t1i", "t2i"},
    "PLO": {"xi", "mi", "ni"},
    "IRLN": {"xi", "ti"},
}


def _read(
    given: dict[str, Any],
    short_names: Mapping[str, Any],
    measure: str,
    moderators: Any,
    intercept: bool,
    labels: Any,
    data: Any,
) -> tuple[Cells, FloatArray, tuple[str, ...]]:
    for name in short_names:
        if name not in _SHORT[measure]:
            known = sorted(_SHORT[measure])
            raise TypeError(f"unexpected argument {name!r}; short names of {measure}: {known}")
    given.update(short_names)
    if measure == "OR":
        cells = read_tables(given, labels, data)
    elif measure == "IRR":
        cells = read_rates(given, labels, data)
    else:
        cells = read_one_group(given, labels, data, rate=measure == "IRLN")
    design = design_matrix(moderators, data, k=cells.kept.size, intercept=intercept)
    return cells, design.X[cells.kept], design.names


def _no_information(cells: Cells, measure: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    a, b, c, d = cells.first, cells.second, cells.third, cells.fourth
    if measure == "IRR":
        return np.asarray((a == 0) & (b == 0))
    return np.asarray(((a == 0) & (c == 0)) | ((b == 0) & (d == 0)))


def _observed(cells: Cells, measure: str, how: ZeroCells) -> tuple[FloatArray, FloatArray]:
    if measure in ("OR", "IRR"):
        return outcomes(cells, measure, how)
    x, other = cells.first, cells.second
    zero = (x == 0) | ((other == 0) if measure == "PLO" else np.zeros(cells.k, dtype=np.bool_))
    touched = {
        "none": np.zeros(cells.k, dtype=np.bool_),
        "only0": zero,
        "all": np.ones(cells.k, dtype=np.bool_),
        "if0all": np.full(cells.k, bool(zero.any())),
    }[how.to]
    x = x + how.add * touched
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "PLO":
            other = other + how.add * touched
            y, v = np.log(x / other), 1 / x + 1 / other
        else:
            y, v = np.log(x / other), 1 / x
    bad = ~(np.isfinite(y) & np.isfinite(v))
    y[bad] = v[bad] = np.nan
    return y, v
