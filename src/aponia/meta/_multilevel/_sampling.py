"""`sampling_covariance`: the covariance of dependent effect sizes from what is known of them.

Sources: Gleser & Olkin (2009), Handbook of Research Synthesis 2nd ed., ch. 19 (shared control
groups, multiple endpoints); Higham (2002), IMA J Numer Anal 22:329 (nearest matrix).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aponia.meta._inputs import FloatArray, column, label_column
from aponia.meta._multilevel._blocks import IntArray
from aponia.meta._multilevel._request import encode, text
from aponia.meta.errors import InputError, MetaWarning, VarianceError

__all__ = ["nearest_definite", "sampling_covariance"]


def sampling_covariance(
    v: Any,
    cluster: Any,
    *,
    rho: Any = None,
    phi: float | None = None,
    subgroup: Any = None,
    obs: Any = None,
    type: Any = None,
    time1: Any = None,
    time2: Any = None,
    grp1: Any = None,
    grp2: Any = None,
    w1: Any = None,
    w2: Any = None,
    rvars: Sequence[Any] | None = None,
    data: Any = None,
    check: bool = True,
    nearest: bool = False,
    sparse: bool = False,
) -> Any:
    """Construct the sampling variance-covariance matrix of dependent effect sizes.

    Rows of different clusters (or different subgroups of a cluster) are independent. Inside one,
    the correlation of two rows is the product of that of their constructs (`obs`, `type`, with
    `rho`), and that of their conditions: a row that contrasts group `grp1` at `time1` with
    group `grp2` at `time2` shares the sampling error of the conditions it shares with another
    row, weighted by their sizes, and conditions of one group at two times are correlated
    ``phi ** |time - time'|``.

    Parameters
    ----------
    v : array_like of shape (k,), column name or float
        Sampling variances.
    cluster : column
        Usually the study.
    rho : float, pair, matrix, or pair of these
        Correlation of rows with different `obs` (or different `type`); with both, the
        correlation within a type and between types. A matrix is a data frame with labels or a
        pair (matrix, labels).
    phi : float, optional
        Autocorrelation of one unit of time.
    subgroup, obs, type : column, optional
    time1, time2 : column, optional
        Times of the first and second condition.
    grp1, grp2 : column, optional
        Groups of the first and second condition.
    w1, w2 : column, optional
        Their sizes (or inverse variances); equal by default.
    rvars : sequence of columns, optional
        Columns holding the lower triangle of every cluster's correlation matrix; then only
        `cluster` and `subgroup` matter beside.
    data : data frame, optional
    check : bool
        Warn about clusters whose matrix is not positive definite.
    nearest : bool
        Replace those by the nearest positive definite matrix.
    sparse : bool
        Return a `scipy.sparse` matrix.

    Returns
    -------
    ndarray or scipy.sparse.csr_array of shape (k, k)

    Raises
    ------
    InputError
        Wrong lengths, correlations outside [-1, 1], or `rho` / `phi` missing where needed.
    VarianceError
        A negative variance.

    Examples
    --------
    >>> sampling_covariance([0.04, 0.09], [1, 1], obs=[1, 2], rho=0.5).round(3).tolist()
    [[0.04, 0.03], [0.03, 0.09]]
    """
    clusters = label_column(cluster, data, name="cluster")
    k = clusters.size
    vv = column(v, data, name="v", length=k)
    if (vv < 0).any():
        raise VarianceError(f"sampling variances must not be negative, found {np.nanmin(vv):g}")
    codes = encode(_complete(clusters, "cluster"))[0]
    if subgroup is not None:
        sub = encode(
            _complete(label_column(subgroup, data, name="subgroup", length=k), "subgroup")
        )[0]
        codes = np.unique(codes * (int(sub.max()) + 1) + sub, return_inverse=True)[1]
    if rvars is not None:
        table = np.column_stack([column(c, data, name="rvars", length=k) for c in rvars])
        correlate = _from_table(table)
    else:
        correlate = _Correlation(k, data, rho, phi, obs, type, time1, time2, grp1, grp2, w1, w2)
    blocks: list[tuple[IntArray, FloatArray]] = []
    broken: list[str] = []
    for c in range(int(codes.max()) + 1):
        rows = np.flatnonzero(codes == c)
        R = correlate(rows)
        sd = np.sqrt(vv[rows])
        V = R * sd[:, None] * sd[None, :]
        V[np.arange(rows.size), np.arange(rows.size)] = (
            np.diagonal(R) * vv[rows] if rvars is not None else vv[rows]
        )
        if (check or nearest) and rows.size > 1 and np.isfinite(V).all() and not _definite(V):
            broken.append(text(clusters[rows[0]]))
            if nearest:
                V = nearest_definite(V)
        blocks.append((rows, V))
    if broken and check and not nearest:
        warnings.warn(
            f"the covariance matrix of cluster {', '.join(broken[:5])} is not positive definite: "
            "check rho, phi and the group labels, or set nearest=True",
            MetaWarning,
            stacklevel=2,
        )
    return _assembled(blocks, k, sparse)


def _complete(labels: NDArray[Any], name: str) -> NDArray[Any]:
    if any(value is None or value != value for value in labels):
        raise InputError(f"{name} has missing values")
    return labels


def _assembled(blocks: Sequence[tuple[IntArray, FloatArray]], k: int, sparse: bool) -> Any:
    if not sparse:
        out = np.zeros((k, k))
        for rows, V in blocks:
            out[np.ix_(rows, rows)] = V
        return out
    from scipy.sparse import coo_array

    i = np.concatenate([np.repeat(rows, rows.size) for rows, _ in blocks])
    j = np.concatenate([np.tile(rows, rows.size) for rows, _ in blocks])
    x = np.concatenate([V.ravel() for _, V in blocks])
    keep = x != 0
    return coo_array((x[keep], (i[keep], j[keep])), shape=(k, k)).tocsr()


def _from_table(table: FloatArray) -> Any:
    def correlate(rows: IntArray) -> FloatArray:
        if rows.size > table.shape[1]:
            raise InputError(
                f"rvars has {table.shape[1]} columns, but a cluster has {rows.size} rows"
            )
        lower = np.tril(table[rows][:, : rows.size])
        return np.asarray(lower + np.tril(lower, -1).T)

    return correlate


class _Correlation:
    """The correlation matrix of the rows of one cluster."""

    def __init__(
        self,
        k: int,
        data: Any,
        rho: Any,
        phi: float | None,
        obs: Any,
        type_: Any,
        time1: Any,
        time2: Any,
        grp1: Any,
        grp2: Any,
        w1: Any,
        w2: Any,
    ) -> None:
        def labels(value: Any, name: str) -> NDArray[Any] | None:
            if value is None:
                return None
            found = label_column(value, data, name=name, length=k)
            return np.array([text(x) for x in _complete(found, name)], dtype=object)

        def numbers(value: Any, name: str) -> FloatArray | None:
            return None if value is None else column(value, data, name=name, length=k)

        self.obs, self.type = labels(obs, "obs"), labels(type_, "type")
        self.grp1, self.grp2 = labels(grp1, "grp1"), labels(grp2, "grp2")
        self.time1, self.time2 = numbers(time1, "time1"), numbers(time2, "time2")
        self.w1, self.w2 = numbers(w1, "w1"), numbers(w2, "w2")
        if self.obs is None and self.type is None and rho is not None:
            raise InputError("rho is the correlation between different obs or type: give those")
        if (self.obs is not None or self.type is not None) and rho is None:
            raise InputError("obs and type need rho, the correlation between them")
        if (self.time1 is not None or self.time2 is not None) and phi is None:
            raise InputError("time1 needs phi, the autocorrelation of one unit of time")
        if self.time2 is not None and self.time1 is None:
            raise InputError("time2 needs time1")
        if self.grp2 is not None and self.grp1 is None:
            raise InputError("grp2 needs grp1")
        if (self.w1 is None) != (self.w2 is None):
            raise InputError("w1 and w2 are given together")
        if self.w1 is not None and self.grp2 is None:
            raise InputError("w1 and w2 are the sizes of grp1 and grp2: give those")
        for w in (self.w1, self.w2):
            if w is not None and not (w > 0).all():
                raise InputError("w1 and w2 must be positive")
        self.phi = 1.0 if phi is None else _in_range(float(phi), "phi")
        self.within, self.between = self._rho(rho)

    def _rho(self, rho: Any) -> tuple[Any, Any]:
        if rho is None:
            return None, None
        both = self.obs is not None and self.type is not None
        is_pair = isinstance(rho, (list, tuple, np.ndarray)) and len(rho) == 2
        labelled = (
            isinstance(rho, tuple) and is_pair and np.ndim(rho[0]) == 2 and np.ndim(rho[1]) == 1
        )
        if both:
            if not is_pair or labelled:
                raise InputError(
                    "with obs and type, rho holds two values: within and between types"
                )
            return _as_lookup(rho[0], "rho"), _as_lookup(rho[1], "rho")
        if is_pair and not labelled and not hasattr(rho, "columns"):
            raise InputError("rho holds two values only when both obs and type are given")
        found = _as_lookup(rho, "rho")
        return (found, None) if self.obs is not None else (None, found)

    def __call__(self, rows: IntArray) -> FloatArray:
        n = rows.size
        R = np.ones((n, n))
        if self.obs is not None:
            o = self.obs[rows]
            R = _pairwise(self.within, o)
        if self.type is not None:
            t = self.type[rows]
            across = t[:, None] != t[None, :]
            R = np.where(across, _pairwise(self.between, t), R)
        contrast = self.grp2 is not None or self.time2 is not None
        if contrast:
            R = R * self._contrasts(rows)
        else:
            if self.time1 is not None:
                R = R * self.phi ** np.abs(self.time1[rows][:, None] - self.time1[rows][None, :])
            if self.grp1 is not None:
                R = R * (self.grp1[rows][:, None] == self.grp1[rows][None, :])
        R[np.arange(n), np.arange(n)] = 1.0
        return R

    def _contrasts(self, rows: IntArray) -> FloatArray:
        """Return the correlation of contrasts between two conditions each."""
        n = rows.size
        one = np.full(n, "1", dtype=object)
        g1 = one if self.grp1 is None else self.grp1[rows]
        g2 = g1 if self.grp2 is None else self.grp2[rows]
        t1 = np.zeros(n) if self.time1 is None else self.time1[rows]
        t2 = t1 if self.time2 is None else self.time2[rows]
        s1 = np.ones(n) if self.w1 is None else 1.0 / np.sqrt(self.w1[rows])
        s2 = np.ones(n) if self.w2 is None else 1.0 / np.sqrt(self.w2[rows])

        def shared(
            ga: NDArray[Any],
            ta: FloatArray,
            sa: FloatArray,
            gb: NDArray[Any],
            tb: FloatArray,
            sb: FloatArray,
        ) -> FloatArray:
            same = ga[:, None] == gb[None, :]
            decay = self.phi ** np.abs(ta[:, None] - tb[None, :])
            return np.asarray(np.where(same, decay * sa[:, None] * sb[None, :], 0.0))

        C = (
            shared(g1, t1, s1, g1, t1, s1)
            - shared(g1, t1, s1, g2, t2, s2)
            - shared(g2, t2, s2, g1, t1, s1)
            + shared(g2, t2, s2, g2, t2, s2)
        )
        variance = np.diagonal(C)
        if (variance <= 0).any():
            bad = int(rows[np.flatnonzero(variance <= 0)[0]])
            raise InputError(f"row {bad} contrasts a condition with itself: check grp and time")
        sd = np.sqrt(variance)
        return np.asarray(C / (sd[:, None] * sd[None, :]))


def _in_range(value: float, name: str) -> float:
    if not -1.0 <= value <= 1.0:
        raise InputError(f"{name} must lie between -1 and 1, found {value:g}")
    return value


def _as_lookup(rho: Any, name: str) -> float | dict[tuple[str, str], float]:
    """Return a correlation, or a table of them by pairs of labels."""
    if isinstance(rho, Mapping) and not hasattr(rho, "columns"):
        return {
            (text(a), text(b)): _in_range(float(x), name)
            for (p, q), x in rho.items()
            for a, b in ((p, q), (q, p))
        }
    if isinstance(rho, tuple) or hasattr(rho, "columns"):
        if isinstance(rho, tuple):
            matrix, labels = np.asarray(rho[0], dtype=np.float64), [text(x) for x in rho[1]]
        else:
            matrix = np.asarray(rho.to_numpy(), dtype=np.float64)
            labels = [text(x) for x in rho.columns]
        if matrix.shape != (len(labels), len(labels)) or not np.allclose(matrix, matrix.T):
            raise InputError(f"{name} must be a symmetric matrix with one label a row")
        return {
            (a, b): _in_range(float(matrix[i, j]), name)
            for i, a in enumerate(labels)
            for j, b in enumerate(labels)
        }
    if np.ndim(rho) != 0:
        raise InputError(f"a matrix for {name} needs labels: a data frame or (matrix, labels)")
    return _in_range(float(rho), name)


def _pairwise(rho: Any, labels: NDArray[Any]) -> FloatArray:
    same = labels[:, None] == labels[None, :]
    if isinstance(rho, float):
        return np.where(same, 1.0, rho)
    try:
        return np.array([[1.0 if a == b else rho[a, b] for b in labels] for a in labels])
    except KeyError as error:
        raise InputError(f"rho has no entry for {error.args[0]}") from None


def _definite(V: FloatArray) -> bool:
    values = np.linalg.eigvalsh(V)
    return bool(values[0] > 1e-12 * max(float(values[-1]), 0.0))


def nearest_definite(V: FloatArray) -> FloatArray:
    """Return a positive definite matrix near `V`, by Higham's alternating projections.

    Parameters
    ----------
    V : ndarray of shape (n, n)
        Symmetric.

    Returns
    -------
    ndarray of shape (n, n)
    """
    X, correction = V.copy(), np.zeros_like(V)
    for _ in range(100):
        before = X
        R = before - correction
        values, vectors = np.linalg.eigh(R)
        kept = values > 1e-6 * values[-1]
        X = (vectors[:, kept] * values[kept]) @ vectors[:, kept].T
        correction = X - R
        change = np.abs(before - X).sum(axis=1).max() / np.abs(before).sum(axis=1).max()
        if change <= 1e-7:
            break
    values, vectors = np.linalg.eigh(X)
    floor = 1e-8 * abs(float(values[-1]))
    if values[0] < floor:
        diagonal = np.diagonal(X).copy()
        X = (vectors * np.maximum(values, floor)) @ vectors.T
        scale = np.sqrt(np.maximum(floor, diagonal) / np.diagonal(X))
        X = X * scale[:, None] * scale[None, :]
    return 0.5 * (X + X.T)
