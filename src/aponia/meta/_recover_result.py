"""What the functions of `aponia.meta.recover` return: values that say they are derived, and how."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aponia.meta._inputs import FloatArray

__all__ = ["Recovered", "RecoveredEstimate", "RecoveredMeanSD", "RecoveredTable"]


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        if value.dtype == bool:
            return value.tolist()
        if value.dtype.kind == "f":
            return [float(x) if np.isfinite(x) else None for x in np.atleast_1d(value)]
        return [str(x) for x in np.atleast_1d(value)]
    return list(value) if isinstance(value, tuple) else value


@dataclass(frozen=True, eq=False)
class _Derived:
    """Common to all recovered values.

    Attributes
    ----------
    method : str
        Short name of the method.
    formula : str
        The formula, in words a reader can check.
    source : str
        Where the formula comes from.
    derived : bool
        Always True: the number was not printed in the paper.
    """

    method: str
    formula: str
    source: str
    derived: bool = field(default=True, init=False)

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists and strings, missing as None."""
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self)}

    def summary(self) -> str:
        """Return one line: what was derived, how, and from which source."""
        names = [f.name for f in fields(self) if isinstance(getattr(self, f.name), np.ndarray)]
        shown = "; ".join(
            f"{name} = {', '.join(f'{x:.6g}' for x in np.atleast_1d(getattr(self, name)))}"
            for name in names
            if getattr(self, name).dtype.kind == "f"
        )
        return f"{shown} (derived: {self.formula}; {self.source})"


@dataclass(frozen=True, eq=False)
class Recovered(_Derived):
    """One recovered quantity.

    Attributes
    ----------
    value : ndarray of shape (k,)
        Use ``float(result)`` when there is only one.
    """

    value: FloatArray = field(kw_only=True)

    def __float__(self) -> float:
        if self.value.size != 1:
            raise TypeError(f"there are {self.value.size} values, not one")
        return float(self.value[0])


@dataclass(frozen=True, eq=False)
class RecoveredMeanSD(_Derived):
    """Means and SDs estimated from quantiles.

    Attributes
    ----------
    mean, sd : ndarray of shape (k,)
        NaN where the quantiles do not suffice, n < 5, or the data look too skewed for the method.
    skewed : ndarray of bool
        The skewness test was significant (Shi et al. 2023); False where it is not applicable.
    statistic, critical : ndarray of shape (k,)
        The test statistic and its 5% critical value.
    model : ndarray of str
        The distribution assumed, or chosen by the method.
    """

    mean: FloatArray = field(kw_only=True)
    sd: FloatArray = field(kw_only=True)
    skewed: NDArray[np.bool_] = field(kw_only=True)
    statistic: FloatArray = field(kw_only=True)
    critical: FloatArray = field(kw_only=True)
    model: NDArray[Any] = field(kw_only=True)


@dataclass(frozen=True, eq=False)
class RecoveredTable(_Derived):
    """Cells of 2x2 tables: a, b in the first row, c, d in the second."""

    a: FloatArray = field(kw_only=True)
    b: FloatArray = field(kw_only=True)
    c: FloatArray = field(kw_only=True)
    d: FloatArray = field(kw_only=True)


@dataclass(frozen=True, eq=False)
class RecoveredEstimate(_Derived):
    """Effects and sampling variances.

    Attributes
    ----------
    y, v : ndarray of shape (k,)
    route : ndarray of str
        Where each variance came from: ``"ci"``, ``"z"``, ``"p"``, ``"delta"`` or ``""``.
    """

    y: FloatArray = field(kw_only=True)
    v: FloatArray = field(kw_only=True)
    route: NDArray[Any] = field(kw_only=True)

    @property
    def se(self) -> FloatArray:
        """Standard errors."""
        return np.sqrt(self.v)
