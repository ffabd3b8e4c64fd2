"""Cell counts of 2x2 tables from their margins and one statistic; events from percentages."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from aponia.meta._inputs import ColumnLike
from aponia.meta._recover_input import read_columns, refuse
from aponia.meta._recover_result import Recovered, RecoveredTable
from aponia.meta.errors import InputError, MetaWarning

__all__ = ["counts_from_margins", "events_from_percent"]


def counts_from_margins(
    *,
    total: ColumnLike,
    row1: ColumnLike,
    column1: ColumnLike,
    odds_ratio: ColumnLike | None = None,
    phi: ColumnLike | None = None,
    chi2: ColumnLike | None = None,
    continuity: bool = True,
    data: Any = None,
) -> RecoveredTable:
    """Rebuild 2x2 tables from their margins and an odds ratio, a phi coefficient or a chi-square.

    Row by row the first statistic present is used, in this order: odds ratio, phi, chi-square.

    Parameters
    ----------
    total : array_like or str
        Total counts.
    row1, column1 : array_like or str
        Margins a + b (first group) and a + c (people with the outcome).
    odds_ratio, phi, chi2 : array_like or str, optional
        Odds ratio (not its log), phi, and Pearson's chi-square with the sign of the association.
    continuity : bool
        Whether the chi-square had Yates's continuity correction.
    data : data frame, optional
        Where strings are looked up.

    Returns
    -------
    RecoveredTable
        Whole numbers; NaN where the statistic is missing.

    Raises
    ------
    InputError
        Margins above the total, a non-positive odds ratio, phi outside [-1, 1], no statistic.

    Warns
    -----
    MetaWarning
        Margins and statistic contradict each other (a cell would be negative): NaN there.

    References
    ----------
    Bonett (2007), American Psychologist 62, 254-255.
    """
    if odds_ratio is None and phi is None and chi2 is None:
        raise InputError("give odds_ratio=, phi= or chi2=")
    x, _ = read_columns(
        data, total=total, row1=row1, column1=column1, odds_ratio=odds_ratio, phi=phi, chi2=chi2
    )
    n, r, c = x["total"], x["row1"], x["column1"]
    for name in ("total", "row1", "column1"):
        refuse(x[name] < 0, name, x[name], "0 or more")
    refuse(r > n, "row1", r, "at most total")
    refuse(c > n, "column1", c, "at most total")
    refuse(x["odds_ratio"] <= 0, "odds_ratio", x["odds_ratio"], "above 0")
    refuse(np.abs(x["phi"]) > 1, "phi", x["phi"], "from -1 to 1")
    with np.errstate(all="ignore"):
        from_odds = _cell_from_odds_ratio(x["odds_ratio"], n, r, c)
        product = r * (n - r) * c * (n - c)
        from_phi = (x["phi"] * np.sqrt(product) + r * c) / n
        # Pearson's chi-square is n (|ad - bc| - n/2)² / product, without n/2 if uncorrected.
        determinant = np.sqrt(np.abs(x["chi2"]) * product / n) + (n / 2 if continuity else 0.0)
        from_chi2 = (np.sign(x["chi2"]) * determinant + r * c) / n
        a = np.where(np.isnan(from_odds), from_phi, from_odds)
        a = np.round(np.where(np.isnan(a), from_chi2, a))
    cells = np.array([a, r - a, c - a, n - r - c + a])
    impossible = (cells < 0).any(axis=0)
    if impossible.any():
        warnings.warn(
            f"rows {np.flatnonzero(impossible).tolist()}: no table has these margins and this "
            "statistic; the counts are NaN there",
            MetaWarning,
            stacklevel=2,
        )
        cells[:, impossible] = np.nan
    return RecoveredTable(
        method="margins",
        formula="the cell a that gives the statistic with these margins, rounded",
        source="Bonett 2007; definition of phi and of Pearson's chi-square",
        a=cells[0],
        b=cells[1],
        c=cells[2],
        d=cells[3],
    )


def _cell_from_odds_ratio(ratio: Any, n: Any, r: Any, c: Any) -> Any:
    """Return cell a, the root of (OR-1)a² - [(OR-1)(r+c) + n]a + OR·r·c that fits the margins."""
    slope = (ratio - 1) * (r + c) + n
    root = np.sqrt(slope**2 - 4 * (ratio - 1) * ratio * r * c)
    # This form of the smaller root has no cancellation at OR = 1.
    return 2 * ratio * r * c / (slope + root)


def events_from_percent(percent: ColumnLike, n: ColumnLike, *, data: Any = None) -> Recovered:
    """Return the number of events behind a printed percentage.

    Parameters
    ----------
    percent, n : array_like or str
        Percentages (0 to 100) and group sizes.
    data : data frame, optional
        Where strings are looked up.

    Returns
    -------
    Recovered
        The nearest whole numbers.

    Raises
    ------
    InputError
        A percentage outside 0 to 100.
    """
    x, _ = read_columns(data, percent=percent, n=n)
    refuse((x["percent"] < 0) | (x["percent"] > 100), "percent", x["percent"], "from 0 to 100")
    refuse(x["n"] <= 0, "n", x["n"], "above 0")
    return Recovered(
        method="percent",
        formula="events = n·percent/100, rounded",
        source="definition",
        value=np.floor(x["n"] * x["percent"] / 100 + 0.5),
    )
