"""The covariance of correlation coefficients from one sample.

Source: Steiger (1980), Psychological Bulletin 87:245; Olkin & Finn (1990), 108:330.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aponia.meta._inputs import FloatArray, column, label_column
from aponia.meta._multilevel._request import encode, text
from aponia.meta._multilevel._sampling import _assembled
from aponia.meta.errors import InputError, MethodError

__all__ = ["DependentCorrelations", "correlation_covariance"]


@dataclass(frozen=True)
class DependentCorrelations:
    """Correlations (or their z transforms) and their covariance.

    Attributes
    ----------
    y : ndarray of shape (k,)
    V : ndarray or sparse array of shape (k, k)
        NaN where a covariance needs a correlation that is not in the data.
    n : ndarray of shape (k,)
        Common sample size of the study.
    study, pair : tuple of str
        Pair is ``"var1.var2"``.
    """

    y: FloatArray
    V: Any
    n: FloatArray
    study: tuple[str, ...]
    pair: tuple[str, ...]


def correlation_covariance(
    r: Any,
    var1: Any = None,
    var2: Any = None,
    n: Any = None,
    study: Any = None,
    *,
    data: Any = None,
    to_z: bool = False,
    common_n: str | Callable[[FloatArray], float] = "min",
    sparse: bool = False,
) -> DependentCorrelations:
    """Return correlations and the covariance matrix of their sampling errors.

    Parameters
    ----------
    r : column, or correlation matrix, or list of correlation matrices
        With matrices, `var1` may hold the variable names, `n` one sample size a matrix.
    var1, var2 : column
        The two variables of every correlation.
    n : column
        Sample sizes.
    study : column, optional
        Correlations of different studies are independent.
    data : data frame, optional
    to_z : bool
        Fisher's transformation.
    common_n : {"min", "harmonic", "mean"} or callable
        The sample size of a study whose correlations have several.
    sparse : bool

    Returns
    -------
    DependentCorrelations

    Raises
    ------
    InputError, MethodError

    Notes
    -----
    Raw correlations have ``n - 1`` in the denominator, z transforms ``n - 3``; studies with a
    common sample size below 5 get missing covariances.
    """
    if not isinstance(r, str) and np.ndim(r if not isinstance(r, list) else r[0]) == 2:
        r, var1, var2, n, study = _unstack(r, var1, n)
        data = None
    rr = column(r, data, name="r")
    k = rr.size
    if (np.abs(rr) > 1).any():
        raise InputError("correlations must lie between -1 and 1")
    if var1 is None or var2 is None or n is None:
        raise InputError("var1, var2 and n are needed")
    a = np.array([text(x) for x in label_column(var1, data, name="var1", length=k)], dtype=object)
    b = np.array([text(x) for x in label_column(var2, data, name="var2", length=k)], dtype=object)
    nn = column(n, data, name="n", length=k)
    if study is None:
        labels: NDArray[Any] = np.full(k, "1", dtype=object)
    else:
        labels = label_column(study, data, name="study", length=k)
    codes, levels = encode(labels)
    size = np.empty(k)
    blocks = []
    for c in range(len(levels)):
        rows = np.flatnonzero(codes == c)
        size[rows] = _common(nn[rows], common_n)
        blocks.append((rows, _study(rr[rows], a[rows], b[rows], float(size[rows[0]]), to_z)))
    y = np.arctanh(rr) if to_z else rr
    return DependentCorrelations(
        y,
        _assembled(blocks, k, sparse),
        size,
        tuple(text(x) for x in labels),
        tuple(f"{p}.{q}" for p, q in zip(a, b, strict=True)),
    )


def _common(n: FloatArray, how: str | Callable[[FloatArray], float]) -> float:
    if callable(how):
        return float(how(n))
    if how == "min":
        return float(n.min())
    if how == "harmonic":
        return float(n.size / np.sum(1.0 / n))
    if how == "mean":
        return float(n.mean())
    raise MethodError(f"common_n={how!r} is not known; use min, harmonic or mean")


def _study(r: FloatArray, a: NDArray[Any], b: NDArray[Any], n: float, to_z: bool) -> FloatArray:
    table: dict[frozenset[str], float] = {}
    for p, q, x in zip(a, b, r, strict=True):
        if p == q:
            raise InputError(f"a correlation of {p!r} with itself")
        if frozenset((p, q)) in table:
            raise InputError(f"the correlation of {p!r} and {q!r} occurs twice in one study")
        table[frozenset((p, q))] = float(x)

    def rho(p: str, q: str) -> float:
        return 1.0 if p == q else table.get(frozenset((p, q)), np.nan)

    m = r.size
    V = np.full((m, m), np.nan)
    if n < 5:
        return V
    for i in range(m):
        V[i, i] = (1.0 - r[i] ** 2) ** 2
        for j in range(i):
            s, t, u, v = a[i], b[i], a[j], b[j]
            su, sv, tu, tv, st, uv = rho(s, u), rho(s, v), rho(t, u), rho(t, v), r[i], r[j]
            V[i, j] = V[j, i] = (
                0.5 * st * uv * (su**2 + sv**2 + tu**2 + tv**2)
                + su * tv
                + sv * tu
                - (st * su * sv + st * tu * tv + su * tu * uv + sv * tv * uv)
            )
    if not to_z:
        return V / (n - 1.0)
    slope = 1.0 - r**2
    return np.asarray(V / (slope[:, None] * slope[None, :]) / (n - 3.0))


def _unstack(
    matrices: Any, names: Any, n: Any
) -> tuple[FloatArray, list[str], list[str], FloatArray, list[str]]:
    listed = matrices if isinstance(matrices, list) else [matrices]
    sizes = np.atleast_1d(np.asarray(n, dtype=np.float64))
    if n is None or sizes.size != len(listed):
        raise InputError(f"n needs one sample size a matrix ({len(listed)})")
    r: list[float] = []
    first: list[str] = []
    second: list[str] = []
    size: list[float] = []
    study: list[str] = []
    for s, matrix in enumerate(listed):
        M = np.asarray(matrix.to_numpy() if hasattr(matrix, "to_numpy") else matrix, dtype=float)
        if M.ndim != 2 or M.shape[0] != M.shape[1]:
            raise InputError(f"a correlation matrix must be square, found {M.shape}")
        if hasattr(matrix, "columns"):
            labels = [str(c) for c in matrix.columns]
        else:
            labels = [str(x) for x in (names or range(1, M.shape[0] + 1))]
        for j in range(M.shape[0]):
            for i in range(j + 1, M.shape[0]):
                r.append(float(M[i, j]))
                first.append(labels[j])
                second.append(labels[i])
                size.append(float(sizes[s]))
                study.append(str(s + 1))
    return np.array(r), first, second, np.array(size), study
