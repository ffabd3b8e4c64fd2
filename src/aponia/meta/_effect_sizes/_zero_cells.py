"""Adding a constant to zero cells, and dropping studies without events.

The rule is one for every kind of count: which rows get the constant depends on `to`, what is
added to depends on the kind of data.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aponia.meta._effect_sizes._given import Given
from aponia.meta._inputs import FloatArray

__all__ = ["add_constant"]


def add_constant(
    given: Given, *cells: FloatArray, drop: NDArray[np.bool_] | None = None
) -> tuple[tuple[FloatArray, ...], NDArray[np.bool_], NDArray[np.bool_]]:
    """Add ``given.add`` to all cells of the rows chosen by ``given.to``.

    Parameters
    ----------
    given : Given
        The options `add`, `to` (``"all"``, ``"only0"``, ``"if0all"``, ``"none"``) and `drop00`.
    *cells : ndarray of shape (k,)
        The counts that get the constant together; a zero in any of them makes a row count as a
        row with a zero.
    drop : ndarray of bool, optional
        Rows without information (no events in either group, or only events), dropped when
        `drop00` is set: their cells become NaN.

    Returns
    -------
    cells, adjusted, dropped
    """
    k = cells[0].size
    dropped = np.zeros(k, dtype=bool)
    if given.drop00 and drop is not None:
        dropped = drop
        cells = tuple(np.where(dropped, np.nan, cell) for cell in cells)
    zero = np.zeros(k, dtype=bool)
    missing = np.zeros(k, dtype=bool)
    for cell in cells:
        zero |= cell == 0
        missing |= np.isnan(cell)
    zero &= ~missing
    if given.add == 0 or given.to == "none":
        rows = np.zeros(k, dtype=bool)
    elif given.to == "only0":
        rows = zero
    elif given.to == "all" or zero.any():
        rows = ~missing
    else:  # if0all without any zero
        rows = np.zeros(k, dtype=bool)
    return tuple(cell + given.add * rows for cell in cells), rows, dropped
