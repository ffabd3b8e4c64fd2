"""Fits to all subsets of the studies, or to many random ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aponia.meta._options import FIXED
from aponia.meta.diagnostics._record import FloatArray, Record
from aponia.meta.diagnostics._refit import need_studies, plain, refit_subsets
from aponia.meta.errors import InputError

if TYPE_CHECKING:
    from aponia.meta._result import PoolResult

__all__ = ["Gosh", "gosh"]


@dataclass(frozen=True, eq=False)
class Gosh(Record):
    """Fits to subsets of the studies.

    Attributes
    ----------
    coef : ndarray of shape (B,) or (B, p)
        One-dimensional for a model with one coefficient.
    tau2, i2, h2, q : ndarray of shape (B,)
        H2 is Q / df for fixed-effect models and DL (so it may lie below 1), else 1 + tau2 over the
        typical sampling variance.
    k : ndarray of int, shape (B,)
        Size of each subset.
    included : ndarray of bool, shape (B, k)
        Which studies each subset holds.
    complete : bool
        Whether every subset is there.
    labels, names : tuple of str
        Studies and coefficients.
    seed : int or None
    """

    coef: FloatArray
    tau2: FloatArray
    i2: FloatArray
    h2: FloatArray
    q: FloatArray
    k: NDArray[np.int64]
    included: NDArray[np.bool_]
    complete: bool
    labels: tuple[str, ...]
    names: tuple[str, ...]
    seed: int | None

    @property
    def tau(self) -> FloatArray:
        """Between-study standard deviations, shape (B,)."""
        return np.sqrt(self.tau2)

    def __len__(self) -> int:
        return int(self.k.size)

    def _table(self) -> dict[str, Any]:
        table: dict[str, Any] = {"k": self.k}
        if self.coef.ndim == 1:
            table["coef"] = self.coef
        else:
            table |= {f"coef[{name}]": self.coef[:, j] for j, name in enumerate(self.names)}
        return table | {name: getattr(self, name) for name in ("tau2", "i2", "h2", "q")}

    def plot(self, **options: Any) -> Any:
        """Draw the subsets; see `aponia.meta.plots.gosh`."""
        from aponia.meta.plots import gosh as draw

        return draw(self, **options)


def gosh(
    result: PoolResult,
    *,
    subsets: int = 100_000,
    limit: int = 2**17,
    seed: int | None = 0,
) -> Gosh:
    """Fit the model to all subsets of the studies (graphical display of study heterogeneity).

    Parameters
    ----------
    result : PoolResult
    subsets : int
        How many random subsets to draw when there are more than `limit`.
    limit : int
        Number of subsets up to which all are used.
    seed : int, optional
        Of the random subsets; None for a different one each time.

    Returns
    -------
    Gosh
        Sorted by size, then by study. Subsets on which the model cannot be estimated are left out.

    Raises
    ------
    InputError
        `subsets` below 1.
    MethodError
        A location-scale model.

    References
    ----------
    Olkin I, Dahabreh IJ, Trikalinos TA (2012). Research Synthesis Methods 3:214-223.
    """
    plain(result, "gosh")
    need_studies(result, "gosh")
    if subsets < 1:
        raise InputError(f"subsets={subsets} must be at least 1")
    k, p = result.X.shape
    estimated = result.method not in FIXED and result.options.fixed_tau2 is None
    least = 1 if result.intercept_only else p + int(estimated)
    complete = k < 63 and 2**k - 1 <= limit
    rows = _all_subsets(k) if complete else _random_subsets(k, subsets, least, seed)
    rows = rows[rows.sum(axis=1) >= least]
    fits = refit_subsets(result, rows)
    ok = fits.ok
    i2, h2 = fits.heterogeneity
    if result.method in (*FIXED, "DL"):
        # Q / df, below 1 where there is less heterogeneity than expected, as in metafor.
        h2 = np.where(fits.df > 0, fits.q / np.maximum(fits.df, 1.0), 1.0)
    return Gosh(
        coef=fits.coef[ok, 0] if p == 1 else fits.coef[ok],
        tau2=fits.tau2[ok],
        i2=i2[ok],
        h2=h2[ok],
        q=fits.q[ok],
        k=fits.k[ok],
        included=rows[ok],
        complete=complete,
        labels=result.labels,
        names=result.names,
        seed=None if complete else seed,
    )


def _ordered(rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Sort subsets by size; within a size, subsets of the first studies come first."""
    return rows[np.lexsort([*rows.T, rows.sum(axis=1)])]


def _all_subsets(k: int) -> NDArray[np.bool_]:
    codes = np.arange(1, 2**k)
    return _ordered(((codes[:, None] >> np.arange(k)) & 1).astype(bool))


def _random_subsets(k: int, count: int, least: int, seed: int | None) -> NDArray[np.bool_]:
    """Distinct subsets, each equally likely."""
    rng = np.random.default_rng(seed)
    found = np.empty((0, k), dtype=bool)
    for _ in range(20):  # far more subsets exist than are wanted: one or two rounds are enough
        more = rng.random((count, k)) < 0.5
        found = np.unique(np.concatenate([found, more[more.sum(axis=1) >= least]]), axis=0)
        if found.shape[0] >= count:
            break
    if found.shape[0] > count:
        found = found[rng.choice(found.shape[0], size=count, replace=False)]
    return _ordered(found)
