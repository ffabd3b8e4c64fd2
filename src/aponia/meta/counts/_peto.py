"""Peto's one-step odds ratio."""

from __future__ import annotations

from typing import Any

import numpy as np

from aponia.meta._inputs import ColumnLike
from aponia.meta._options import check_level
from aponia.meta.counts._cells import (
    Cells,
    ZeroCells,
    add_to_cells,
    outcomes,
    read_tables,
    zero_cells,
)
from aponia.meta.counts._mantel_haenszel import check_short_names
from aponia.meta.counts._result import (
    CountResult,
    chi2_p,
    fit_statistics,
    heterogeneity,
    wald,
)
from aponia.meta.errors import TooFewStudiesError

__all__ = ["peto"]


def peto(
    *,
    events1: ColumnLike | None = None,
    total1: ColumnLike | None = None,
    events2: ColumnLike | None = None,
    total2: ColumnLike | None = None,
    nonevents1: ColumnLike | None = None,
    nonevents2: ColumnLike | None = None,
    add: float | tuple[float, float] = 0.5,
    to: str | tuple[str, str] = "only0",
    drop00: bool | tuple[bool, bool] = True,
    level: float = 0.95,
    labels: Any = None,
    data: Any = None,
    **short_names: ColumnLike | None,
) -> CountResult:
    """Pool 2 × 2 tables by Peto's one-step method (log odds ratio, common effect).

    Parameters
    ----------
    events1, total1, events2, total2 : array_like of shape (k,) or column name
        People with the event and people in group 1 and 2; ``nonevents1``, ``nonevents2`` may
        stand for the totals.
    add, to, drop00 : value or pair
        Zero-cell handling; see `mantel_haenszel`.
    level : float
        Confidence level.
    labels : array_like or column name, optional
        Names of the studies.
    data : data frame, optional
        Where column names are looked up.
    **short_names
        ``ai bi ci di n1i n2i`` instead.

    Returns
    -------
    CountResult
        `q` is the heterogeneity of ``O - E`` (Yusuf et al. 1985); `q_df` counts the studies
        with an outcome of their own, so ``drop00=False`` counts tables without events too.

    Raises
    ------
    InputError
        Missing or contradictory columns, negative counts, more events than people.
    TooFewStudiesError
        One of the two outcomes never occurred in any table.

    Notes
    -----
    Yusuf, Peto, Lewis, Collins & Sleight (1985), appendix: ``beta = sum(O - E) / sum(V)`` with
    the hypergeometric variance V.

    Examples
    --------
    >>> r = peto(events1=[5], total1=[15], events2=[3], total2=[15])
    >>> round(float(r.coef[0]), 6)
    0.659091
    """
    level = check_level(level)
    single, pooled = zero_cells(add, to, drop00)
    given = {
        "events1": events1,
        "total1": total1,
        "events2": events2,
        "total2": total2,
        "nonevents1": nonevents1,
        "nonevents2": nonevents2,
    }
    given.update(check_short_names(short_names, rate=False))
    return _fit(read_tables(given, labels, data), single, pooled, level)


def _fit(cells: Cells, single: ZeroCells, pooled: ZeroCells, level: float) -> CountResult:
    y, v = outcomes(cells, "PETO", single)
    (a, b, c, d), use = add_to_cells(cells, pooled, rate=False)
    n1, n2, m1, m2 = a + b, c + d, a + c, b + d
    n = n1 + n2
    var = np.zeros(cells.k)
    # A table of one person has no variance (and n - 1 = 0).
    ok = use & (m1 > 0) & (m2 > 0) & (n > 1)
    var[ok] = (n1 * n2 * m1 * m2)[ok] / (n[ok] ** 2 * (n[ok] - 1))
    if not ok.any():
        raise TooFewStudiesError(
            "one of the two outcomes never occurred in any of the tables: Peto's method cannot "
            "be used"
        )
    gap = (a - n1 * m1 / n)[ok]
    total = float(var.sum())
    beta, se = float(gap.sum()) / total, total**-0.5
    z, p, lower, upper = wald(beta, se, level)
    own = np.isfinite(y)
    k_pos, own_k = int(ok.sum()), int(own.sum())
    q = max(float(np.sum(gap**2 / var[ok])) - float(gap.sum()) ** 2 / total, 0.0)
    _, _, _, i2, h2 = heterogeneity(y[own], v[own], beta, q)
    return CountResult(
        "PETO",
        "PETO",
        ("intercept",),
        np.array([beta]),
        np.array([se]),
        np.array([lower]),
        np.array([upper]),
        np.array([z]),
        np.array([p]),
        level,
        q,
        max(own_k - 1, 0),
        chi2_p(q, own_k - 1),
        i2,
        h2,
        cells.k,
        own_k,
        k_pos,
        int(cells.kept.size),
        cells.n_dropped,
        cells.labels,
        y,
        v,
        100 * var / total,
        fit_statistics(y[own], v[own], beta),
        _cells=cells,
        _refit=lambda subset: _fit(subset, single, pooled, level),
    )
