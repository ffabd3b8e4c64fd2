"""Reading the sampling (co)variances V in whatever form they come."""

from __future__ import annotations

from typing import Any

import numpy as np

from aponia.meta._inputs import column
from aponia.meta._multilevel._blocks import SamplingCovariance
from aponia.meta.errors import InputError, VarianceError

__all__ = ["read_covariance"]


def read_covariance(V: Any, data: Any, k: int) -> SamplingCovariance:
    """Return V as diagonal and off-diagonal entries.

    Parameters
    ----------
    V : array_like of shape (k,) or (k, k), column name, sparse matrix, or list of square blocks
    data : data frame, optional
    k : int

    Raises
    ------
    InputError
        Wrong shape or not symmetric.
    """
    empty = np.empty(0, dtype=np.int64)
    if isinstance(V, list) and V and all(np.ndim(b) == 2 for b in V):
        from scipy.sparse import block_diag

        V = block_diag([np.asarray(b, dtype=np.float64) for b in V], format="coo")
    if hasattr(V, "tocoo"):
        coo = V.tocoo()
        if coo.shape != (k, k):
            raise InputError(f"V must be {k} x {k}, found {coo.shape}")
        coo.sum_duplicates()
        diagonal = np.zeros(k)
        on = coo.row == coo.col
        diagonal[coo.row[on]] = coo.data[on]
        off = ~on & (coo.data != 0)
        if abs(coo - coo.T).max() > 1e-8 * np.abs(coo.data).max(initial=0.0):
            raise InputError("V must be symmetric")
        return SamplingCovariance(
            diagonal,
            coo.row[off].astype(np.int64),
            coo.col[off].astype(np.int64),
            coo.data[off].astype(np.float64),
        )
    if not isinstance(V, str):
        # A data frame counts as its matrix.
        array = np.asarray(V.to_numpy() if hasattr(V, "to_numpy") else V)
        if array.ndim == 2 and array.shape != (1, 1):
            if array.shape != (k, k):
                raise InputError(f"V must have shape ({k}, {k}) or ({k},), found {array.shape}")
            M = array.astype(np.float64)
            if not np.allclose(
                M, M.T, rtol=1e-8, atol=1e-10 * np.nanmax(np.abs(M)), equal_nan=True
            ):
                raise InputError("V must be symmetric")
            M = 0.5 * (M + M.T)
            i, j = np.nonzero(M)
            off = i != j
            return SamplingCovariance(np.diagonal(M).copy(), i[off], j[off], M[i[off], j[off]])
    return SamplingCovariance(column(V, data, name="V", length=k), empty, empty, np.empty(0))


def check_variances(V: SamplingCovariance) -> None:
    """Refuse negative or infinite variances.

    Raises
    ------
    VarianceError
    """
    bad = np.flatnonzero(~(V.v >= 0) | ~np.isfinite(V.v))
    if bad.size:
        raise VarianceError(
            f"sampling variances must be finite and not negative; row {int(bad[0])} has "
            f"{V.v[bad[0]]:g}"
        )
    if not np.isfinite(V.cov).all():
        raise VarianceError("V holds missing or infinite covariances")
