"""Mantel-Haenszel pooling of 2 × 2 and person-time tables."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from aponia.meta._inputs import ColumnLike, FloatArray
from aponia.meta._options import check_level
from aponia.meta.counts._cells import (
    Cells,
    ZeroCells,
    add_to_cells,
    outcomes,
    read_rates,
    read_tables,
    zero_cells,
)
from aponia.meta.counts._result import (
    CountResult,
    chi2_p,
    fit_statistics,
    heterogeneity,
    wald,
)
from aponia.meta.errors import MethodError, TooFewStudiesError

__all__ = ["mantel_haenszel"]

_MEASURES = ("OR", "RR", "RD", "IRR", "IRD")


def mantel_haenszel(
    *,
    events1: ColumnLike | None = None,
    total1: ColumnLike | None = None,
    events2: ColumnLike | None = None,
    total2: ColumnLike | None = None,
    nonevents1: ColumnLike | None = None,
    nonevents2: ColumnLike | None = None,
    time1: ColumnLike | None = None,
    time2: ColumnLike | None = None,
    measure: Literal["OR", "RR", "RD", "IRR", "IRD"] = "OR",
    correct: bool = True,
    add: float | tuple[float, float] = 0.5,
    to: str | tuple[str, str] = "only0",
    drop00: bool | tuple[bool, bool] = True,
    level: float = 0.95,
    labels: Any = None,
    data: Any = None,
    **short_names: ColumnLike | None,
) -> CountResult:
    """Pool tables of counts by the Mantel-Haenszel method (a common-effect model).

    Parameters
    ----------
    events1, total1, events2, total2 : array_like of shape (k,) or column name
        People with the event and people in group 1 and 2. ``nonevents1``, ``nonevents2`` may
        stand for the totals.
    time1, time2 : array_like of shape (k,) or column name
        Person-time, for ``IRR`` and ``IRD``.
    measure : {"OR", "RR", "RD", "IRR", "IRD"}
        Odds ratio, risk ratio, risk difference, rate ratio, rate difference; ratios are
        pooled and returned as logarithms.
    correct : bool
        Continuity correction of the Cochran-Mantel-Haenszel test.
    add, to, drop00 : value or pair
        Zero-cell handling: `add` (0.5) to the cells of the tables chosen by `to`
        (``"only0"``, ``"all"``, ``"if0all"``, ``"none"``), leaving tables without events (or
        only events) in both groups out when `drop00`. A single value concerns the observed
        outcomes of the single studies only (used for Q, residuals and fit statistics); the
        pooled estimate then uses the cells as they are. The second of a pair concerns the
        cells that are pooled.
    level : float
        Confidence level.
    labels : array_like or column name, optional
        Names of the studies.
    data : data frame, optional
        Where column names are looked up.
    **short_names
        ``ai bi ci di n1i n2i`` (tables) or ``x1i x2i t1i t2i`` (rates) instead.

    Returns
    -------
    CountResult

    Raises
    ------
    InputError
        Missing or contradictory columns, negative counts, more events than people.
    MethodError
        Unknown measure or option.
    TooFewStudiesError
        No complete table, or none that determines the estimate (for example no event in any
        group).

    Notes
    -----
    Odds ratio: Mantel & Haenszel (1959), variance of Robins, Breslow & Greenland (1986), eq. 3.
    Risk and rate ratio: Greenland & Robins (1985); Rothman, Greenland & Lash (2008), ch. 15.
    Risk difference: variance of Sato, Greenland & Robins (1989). Homogeneity: Breslow & Day
    (1980), Tarone (1985).

    Examples
    --------
    >>> r = mantel_haenszel(events1=[4, 6], total1=[123, 306], events2=[11, 29],
    ...                     total2=[139, 303], measure="RR")
    >>> round(float(r.coef[0]), 4)
    -1.3517
    """
    if measure not in _MEASURES:
        raise MethodError(f"measure must be one of {', '.join(_MEASURES)}, found {measure!r}")
    level = check_level(level)
    single, pooled = zero_cells(add, to, drop00)
    given = {
        "events1": events1,
        "total1": total1,
        "events2": events2,
        "total2": total2,
        "nonevents1": nonevents1,
        "nonevents2": nonevents2,
        "time1": time1,
        "time2": time2,
    }
    rate = measure in ("IRR", "IRD")
    given.update(check_short_names(short_names, rate=rate))
    cells = (read_rates if rate else read_tables)(given, labels, data)

    def fit(subset: Cells) -> CountResult:
        return _fit(subset, measure, correct, single, pooled, level)

    return fit(cells)


def check_short_names(
    short_names: dict[str, ColumnLike | None], *, rate: bool
) -> dict[str, ColumnLike | None]:
    """Return the short column names given, or raise TypeError for one that does not exist."""
    known = {"x1i", "x2i", "t1i", "t2i"} if rate else {"ai", "bi", "ci", "di", "n1i", "n2i"}
    for name in short_names:
        if name not in known:
            raise TypeError(f"unexpected argument {name!r}; short names here: {sorted(known)}")
    return short_names


def _fit(
    cells: Cells,
    measure: str,
    correct: bool,
    single: ZeroCells,
    pooled: ZeroCells,
    level: float,
) -> CountResult:
    rate = measure in ("IRR", "IRD")
    y, v = outcomes(cells, measure, single)
    (a, b, c, d), use = add_to_cells(cells, pooled, rate=rate)
    weights = np.zeros(cells.k)
    tests: dict[str, Any] = {}
    k_pos = None
    if rate:
        beta, se, weights[use] = _rates(a[use], b[use], c[use], d[use], measure)
        if measure == "IRR":
            tests = _rate_test(a[use], b[use], c[use], d[use], correct)
    else:
        beta, se, weights[use] = _tables(a[use], b[use], c[use], d[use], measure)
        if measure == "OR":
            tests, k_pos = _table_tests(a[use], b[use], c[use], d[use], beta, correct)
    z, p, lower, upper = wald(beta, se, level)
    own = np.isfinite(y)
    q, q_df, q_p, i2, h2 = heterogeneity(y[own], v[own], beta)
    return CountResult(
        "MH",
        measure,
        ("intercept",),
        np.array([beta]),
        np.array([se]),
        np.array([lower]),
        np.array([upper]),
        np.array([z]),
        np.array([p]),
        level,
        q,
        q_df,
        q_p,
        i2,
        h2,
        cells.k,
        int(own.sum()),
        k_pos,
        int(cells.kept.size),
        cells.n_dropped,
        cells.labels,
        y,
        v,
        100 * weights / weights.sum(),
        fit_statistics(y[own], v[own], beta),
        correct,
        **tests,
        _cells=cells,
        _refit=lambda subset: _fit(subset, measure, correct, single, pooled, level),
    )


def _undetermined(measure: str, what: str) -> TooFewStudiesError:
    return TooFewStudiesError(
        f"the Mantel-Haenszel {measure} is not determined: {what}. "
        "Use measure='RD' (or 'IRD'), glmm(), or add=(0.5, 0.5) with to=('only0', 'only0')"
    )


def _tables(
    a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray, measure: str
) -> tuple[float, float, FloatArray]:
    n1, n2, m1 = a + b, c + d, a + c
    n = n1 + n2
    if measure == "OR":
        r, s = a * d / n, b * c / n
        R, S = float(r.sum()), float(s.sum())
        if not (R > 0 and S > 0):
            raise _undetermined(
                "OR", "no table has an event in one group and a non-event in the other"
            )
        p, q = (a + d) / n, (b + c) / n
        half = np.sum(p * r) / R**2 + np.sum(p * s + q * r) / (R * S) + np.sum(q * s) / S**2
        return math.log(R / S), math.sqrt(float(half) / 2), s
    if measure == "RR":
        R, S = float(np.sum(a * n2 / n)), float(np.sum(c * n1 / n))
        if not (R > 0 and S > 0):
            raise _undetermined("RR", "a group has no event in any table")
        var = float(np.sum((m1 / n) * (n1 / n) * n2 - a * c / n)) / (R * S)
        if not var > 0:
            raise _undetermined("RR", "everybody has the event")
        return math.log(R / S), math.sqrt(var), c * n1 / n
    weight = n1 * n2 / n
    if weight.sum() == 0:
        raise _undetermined("RD", "every table was left out by drop00")
    W = float(weight.sum())
    rd = float(np.sum(a * n2 / n - c * n1 / n)) / W
    spread = c * (n1 / n) ** 2 - a * (n2 / n) ** 2 + (n1 / n) * (n2 / n) * (n2 - n1) / 2
    mixed = (a * d + c * b) / n / 2
    var = float(rd * spread.sum() + mixed.sum()) / W**2
    if not var > 0:
        raise TooFewStudiesError(
            "the Mantel-Haenszel RD has no sampling variance: no table has both events and "
            "non-events"
        )
    return rd, math.sqrt(var), weight


def _rates(
    x1: FloatArray, x2: FloatArray, t1: FloatArray, t2: FloatArray, measure: str
) -> tuple[float, float, FloatArray]:
    t = t1 + t2
    if measure == "IRR":
        R, S = float(np.sum(x1 * t2 / t)), float(np.sum(x2 * t1 / t))
        if not (R > 0 and S > 0):
            raise _undetermined("IRR", "a group has no event in any table")
        var = float(np.sum((t1 / t) * (t2 / t) * (x1 + x2))) / (R * S)
        return math.log(R / S), math.sqrt(var), x2 * t1 / t
    weight = t1 * t2 / t
    if weight.sum() == 0:
        raise _undetermined("IRD", "every table was left out by drop00")
    W = float(weight.sum())
    ird = float(np.sum(weight * (x1 / t1 - x2 / t2))) / W
    var = float(np.sum(weight**2 * (x1 / t1**2 + x2 / t2**2))) / W**2
    if not var > 0:
        raise TooFewStudiesError("the Mantel-Haenszel IRD has no sampling variance: no events")
    return ird, math.sqrt(var), weight


def _rate_test(
    x1: FloatArray, x2: FloatArray, t1: FloatArray, t2: FloatArray, correct: bool
) -> dict[str, Any]:
    share = t1 / (t1 + t2)
    x = x1 + x2
    gap = abs(float(np.sum(x1 - x * share)))
    test = (gap - (0.5 if correct else 0.0)) ** 2 / float(np.sum(x * share * (1 - share)))
    return {"cmh": test, "cmh_p": chi2_p(test, 1)}


def _table_tests(
    a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray, beta: float, correct: bool
) -> tuple[dict[str, Any], int]:
    n1, n2, m1, m2 = a + b, c + d, a + c, b + d
    n = n1 + n2
    gap = (abs(float(np.sum(a - n1 * m1 / n))) - (0.5 if correct else 0.0)) ** 2
    product = (n1 / n) * (n2 / n) * m1 * m2
    informative = product > 0
    cochran = gap / float(np.sum(product / n))
    # A table of two people has n - 1 = 1; a table of one person carries no information.
    hyper = float(np.sum(product[informative] / (n[informative] - 1)))
    cmh = gap / hyper
    expected = _expected_events(a, n1, n2, m1, math.exp(beta))[informative]
    observed = a[informative]
    var = 1 / (
        1 / expected
        + 1 / (m1[informative] - expected)
        + 1 / (n1[informative] - expected)
        + 1 / (n2[informative] - m1[informative] + expected)
    )
    bd = float(np.sum((observed - expected) ** 2 / var))
    tarone = bd - float(np.sum(observed - expected)) ** 2 / float(np.sum(var))
    k_pos = int(informative.sum())
    df = k_pos - 1
    return {
        "cmh": cmh,
        "cmh_p": chi2_p(cmh, 1),
        "cochran": cochran,
        "cochran_p": chi2_p(cochran, 1),
        "breslow_day": max(bd, 0.0),
        "breslow_day_p": chi2_p(bd, df) if df > 0 else None,
        "tarone": max(tarone, 0.0),
        "tarone_p": chi2_p(tarone, df) if df > 0 else None,
        "tarone_df": df,
    }, k_pos


def _expected_events(
    a: FloatArray, n1: FloatArray, n2: FloatArray, m1: FloatArray, odds_ratio: float
) -> FloatArray:
    """Return the events of group 1 expected under a common odds ratio and fixed margins.

    The root of ``x (n2 - m1 + x) = psi (m1 - x)(n1 - x)`` inside the possible range, from the
    form of the quadratic formula that does not cancel.
    """
    A = 1 - odds_ratio
    B = n2 - m1 + odds_ratio * (n1 + m1)
    C = -odds_ratio * n1 * m1
    root = np.sqrt(np.maximum(B * B - 4 * A * C, 0.0))
    return np.asarray(-2 * C / (B + root))
