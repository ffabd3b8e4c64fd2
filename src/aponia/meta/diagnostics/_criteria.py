"""Criteria of fit and collinearity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aponia.meta.diagnostics._record import FloatArray, Record
from aponia.meta.errors import InputError, SingularDesignError

if TYPE_CHECKING:
    from aponia.meta._result import PoolResult

__all__ = ["CRITERIA", "FitComparison", "VarianceInflation", "fitstats", "positions", "vif"]

CRITERIA = ("loglik", "deviance", "aic", "bic", "aicc")


@dataclass(frozen=True, eq=False)
class VarianceInflation(Record):
    """(Generalised) variance inflation factors.

    Attributes
    ----------
    vif, sif : ndarray of shape (n,)
        Variance inflation, and the inflation of a standard error: vif^(1 / (2 m)).
    names : tuple of str
        Coefficient or group of coefficients.
    m : tuple of int
        Number of coefficients in each.
    """

    vif: FloatArray
    sif: FloatArray
    names: tuple[str, ...]
    m: tuple[int, ...]

    def _table(self) -> dict[str, Any]:
        return {"term": self.names, "m": self.m, "vif": self.vif, "sif": self.sif}


@dataclass(frozen=True, eq=False)
class FitComparison(Record):
    """Criteria of fit of one or several models, one row a model.

    Attributes
    ----------
    loglik, deviance, aic, bic, aicc : ndarray of shape (n,)
    names : tuple of str
    fit_method : tuple of str
        Criterion of each model.
    """

    loglik: FloatArray
    deviance: FloatArray
    aic: FloatArray
    bic: FloatArray
    aicc: FloatArray
    names: tuple[str, ...]
    fit_method: tuple[str, ...]

    def _table(self) -> dict[str, Any]:
        return {"model": self.names} | {name: getattr(self, name) for name in CRITERIA}


def positions(result: PoolResult, which: Sequence[int | str] | str | int) -> tuple[int, ...]:
    """Return positions of coefficients given by name or position."""
    items = [which] if isinstance(which, (str, int)) else list(which)
    out = []
    for item in items:
        if isinstance(item, str):
            if item not in result.names:
                raise InputError(f"{item!r}: no such coefficient; there are {result.names}")
            out.append(result.names.index(item))
        elif 0 <= int(item) < len(result.names):
            out.append(int(item))
        else:
            raise InputError(f"{item}: there are {len(result.names)} coefficients, counted from 0")
    if not out:
        raise InputError("no coefficient was named")
    return tuple(sorted(set(out)))


def fitstats(*results: PoolResult, criterion: str | None = None) -> FitComparison:
    """Return log-likelihood, deviance, AIC, BIC and AICc of one or several models.

    Parameters
    ----------
    *results : PoolResult
    criterion : {"ML", "REML"}, optional
        That of each fit by default.

    Returns
    -------
    FitComparison

    Raises
    ------
    InputError
        No model, or an unknown criterion.
    """
    if not results:
        raise InputError("give at least one model")
    if criterion not in (None, "ML", "REML"):
        raise InputError(f"criterion={criterion!r} is not known; use ML or REML")
    used = tuple(criterion or result.fit_method for result in results)
    rows = [r.fit_statistics[c] for r, c in zip(results, used, strict=True)]
    columns = {name: np.array([getattr(row, name) for row in rows]) for name in CRITERIA}
    names = tuple(f"model {i + 1}" for i in range(len(results)))
    return FitComparison(**columns, names=names, fit_method=used)


def vif(
    result: PoolResult,
    *,
    groups: Mapping[str, Sequence[int | str]] | Sequence[Sequence[int | str]] | None = None,
    intercept: bool = False,
) -> VarianceInflation:
    """Return variance inflation factors of coefficients or of groups of coefficients.

    Parameters
    ----------
    result : PoolResult
    groups : mapping of str to coefficients, or sequence of coefficients, optional
        Coefficients that belong together, such as the indicators of a factor: the generalised
        factor of Fox and Monette. One a coefficient by default.
    intercept : bool
        Whether the intercept is among the coefficients.

    Returns
    -------
    VarianceInflation

    Raises
    ------
    InputError
        No coefficient besides the intercept, or an unknown one.

    References
    ----------
    Fox J, Monette G (1992). Journal of the American Statistical Association 87:178-183.
    """
    use = [j for j, name in enumerate(result.names) if intercept or name != "intercept"]
    if not use:
        raise InputError("the model has no moderators: variance inflation has no meaning")
    size = np.sqrt(np.diagonal(result.vcov))
    if not size.all():
        raise SingularDesignError("the covariance matrix of the coefficients is zero")
    R = (result.vcov / np.outer(size, size))[np.ix_(use, use)]
    named: dict[str, tuple[int, ...]]
    if groups is None:
        named = {result.names[j]: (j,) for j in use}
    elif isinstance(groups, Mapping):
        named = {str(name): positions(result, items) for name, items in groups.items()}
    else:
        every = [positions(result, items) for items in groups]
        named = {", ".join(result.names[j] for j in items): items for items in every}
    out = []
    for name, items in named.items():
        absent = [result.names[j] for j in items if j not in use]
        if absent:
            raise InputError(f"group {name!r} holds {absent}; use intercept=True")
        at = [use.index(j) for j in items]
        rest = [i for i in range(len(use)) if i not in at]
        inside, outside = (np.linalg.slogdet(R[np.ix_(part, part)])[1] for part in (at, rest))
        out.append(float(np.exp(inside + outside - np.linalg.slogdet(R)[1])))
    values = np.array(out)
    m = tuple(len(items) for items in named.values())
    return VarianceInflation(values, values ** (0.5 / np.array(m)), tuple(named), m)
