"""Reshape studies: one row per cluster, one row per group, contrasts between groups.

`aggregate` merges several effects of one study into one, taking their correlation into account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aponia.meta._effect_sizes._given import read_given
from aponia.meta._effect_sizes._registry import MEASURES
from aponia.meta._effect_sizes._result import EffectSizes
from aponia.meta._inputs import ColumnLike, FloatArray, column, label_column
from aponia.meta.errors import InputError, MethodError, VarianceError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Aggregated", "ContrastMatrix", "aggregate", "contrast_matrix", "to_long"]

_STRUCTURES = ("ID", "CS", "CAR", "CS+CAR", "CS*CAR")


@dataclass(frozen=True, eq=False)
class Aggregated:
    """One effect per cluster.

    Attributes
    ----------
    y, v : ndarray of shape (clusters,)
        Aggregated effects and their sampling variances; NaN for a cluster without any effect.
    cluster : tuple
        Names of the clusters, in the order in which they first appear.
    size : ndarray of int
        How many effects went into each.
    structure : str
        The assumed structure, ``"V"`` when the covariance matrix was given.
    """

    y: FloatArray
    v: FloatArray
    cluster: tuple[Any, ...]
    size: NDArray[np.int_]
    structure: str

    @property
    def se(self) -> FloatArray:
        """Standard errors."""
        return np.sqrt(self.v)

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas frame: cluster, y, v, size."""
        import pandas as pd

        return pd.DataFrame(
            {"cluster": list(self.cluster), "y": self.y, "v": self.v, "size": self.size}
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists, missing as None."""
        plain = [[float(x) if np.isfinite(x) else None for x in a] for a in (self.y, self.v)]
        return {
            "cluster": [str(name) for name in self.cluster],
            "y": plain[0],
            "v": plain[1],
            "size": [int(x) for x in self.size],
            "structure": self.structure,
        }

    def summary(self) -> str:
        """Return a table for the terminal."""
        lines = [f"{len(self.cluster)} clusters, structure {self.structure}"]
        for name, y, v, size in zip(self.cluster, self.y, self.v, self.size, strict=True):
            lines.append(f"{name!s:<20} {y:10.4f}  se {np.sqrt(v):8.4f}  from {size}")
        return "\n".join(lines)


def aggregate(
    y: ColumnLike | EffectSizes,
    v: ColumnLike | None = None,
    *,
    cluster: Any,
    structure: str = "CS",
    rho: float | ArrayLike | None = None,
    phi: float | ArrayLike | None = None,
    time: ColumnLike | None = None,
    obs: Any = None,
    V: ArrayLike | None = None,
    weighted: bool = True,
    data: Any = None,
) -> Aggregated:
    """Merge the effects of each cluster into one.

    Parameters
    ----------
    y, v : array_like or str, or EffectSizes
        Effects and sampling variances; rows with a missing one are left out.
    cluster : array_like or str
        Which effects belong together, usually the study.
    structure : {"CS", "ID", "CAR", "CS+CAR", "CS*CAR"}
        Correlation of the sampling errors within a cluster: none (ID); `rho` for every pair (CS);
        ``phi**|time difference|`` (CAR); ``rho + (1-rho)·phi**|…|`` (CS+CAR); or the product of
        `rho` for different `obs` and ``phi**|…|`` for different times (CS*CAR).
    rho, phi : float or array_like, optional
        The correlations, one for all clusters or one for each (in order of appearance).
    time, obs : array_like or str, optional
        Time points, and what was measured, where the structure needs them.
    V : array_like of shape (n, n), optional
        The whole covariance matrix; then the structure is not used.
    weighted : bool
        Weights that minimise the variance (generalised least squares); False takes the plain mean.
    data : data frame, optional
        Where strings are looked up.

    Returns
    -------
    Aggregated

    Raises
    ------
    InputError
        Columns of different lengths, a correlation that is missing or outside its range.
    MethodError
        An unknown structure.
    VarianceError
        Variances that are not positive, or a covariance matrix that is not positive definite.
    """
    if isinstance(y, EffectSizes):
        effects, v = y.y.copy(), y.v
    else:
        effects = column(y, data, name="y")
    if v is None:
        raise InputError("v is missing: give the sampling variances")
    n = effects.size
    variances = column(v, data, name="v", length=n)
    groups = label_column(cluster, data, name="cluster", length=n)
    names = tuple(dict.fromkeys(groups.tolist()))
    kind = structure.upper()
    if kind not in _STRUCTURES:
        raise MethodError(f"structure {structure!r}: choose from {', '.join(_STRUCTURES)}")
    times = None if time is None else column(time, data, name="time", length=n)
    kinds = None if obs is None else label_column(obs, data, name="obs", length=n)
    covariance = None if V is None else np.asarray(V, dtype=np.float64)
    if covariance is not None and covariance.shape != (n, n):
        raise InputError(f"V has shape {covariance.shape}, expected {(n, n)}")
    if covariance is None:
        if kind != "ID" and kind != "CAR":
            _required(kind, rho=rho)
        if "CAR" in kind:
            _required(kind, phi=phi, time=times)
        if kind == "CS*CAR":
            _required(kind, obs=kinds)
    rhos = _per_cluster("rho", rho, len(names), -1.0)
    phis = _per_cluster("phi", phi, len(names), 0.0)
    out_y, out_v = np.full(len(names), np.nan), np.full(len(names), np.nan)
    size = np.zeros(len(names), dtype=np.int_)
    present = ~np.isnan(effects) & ~np.isnan(variances)
    for i, name in enumerate(names):
        rows = np.flatnonzero((groups == name) & present)
        size[i] = rows.size
        if rows.size == 0:
            continue
        if covariance is not None:
            block = covariance[np.ix_(rows, rows)]
        elif rows.size == 1:
            block = variances[rows, None]
        else:
            correlation = _correlation(kind, rows, rhos[i], phis[i], times, kinds)
            root = np.sqrt(variances[rows])
            block = correlation * np.outer(root, root)
        out_y[i], out_v[i] = _merge(effects[rows], block, name, weighted=weighted)
    return Aggregated(out_y, out_v, names, size, "V" if covariance is not None else kind)


def _required(kind: str, **arguments: Any) -> None:
    for name, value in arguments.items():
        if value is None:
            raise InputError(f"structure {kind!r} needs {name}=")


def _per_cluster(name: str, value: Any, count: int, lowest: float) -> FloatArray:
    if value is None:
        return np.full(count, np.nan)
    out = np.asarray(value, dtype=np.float64)
    out = np.full(count, float(out)) if out.ndim == 0 else out
    if out.shape != (count,):
        raise InputError(f"{name} has {out.size} values, expected 1 or {count} (one per cluster)")
    if np.any(~((out >= lowest) & (out <= 1))):
        raise InputError(f"{name}: found {value!r}, expected values from {lowest:g} to 1")
    return out


def _correlation(
    kind: str,
    rows: NDArray[np.int_],
    rho: float,
    phi: float,
    times: FloatArray | None,
    obs: NDArray[Any] | None,
) -> FloatArray:
    same = np.eye(rows.size)
    if kind == "ID":
        return same
    if kind == "CS":
        return np.where(same == 1, 1.0, rho)
    assert times is not None
    gaps = np.abs(times[rows][:, None] - times[rows][None, :])
    if np.isnan(gaps).any():
        raise InputError("time is missing for an effect that is present")
    decay = np.power(phi, gaps)
    if kind == "CAR":
        return np.asarray(decay)
    if kind == "CS+CAR":
        return np.asarray(rho + (1 - rho) * decay)
    assert obs is not None
    different = obs[rows][:, None] != obs[rows][None, :]
    return np.asarray(np.where(different, rho, 1.0) * decay)


def _merge(y: FloatArray, block: FloatArray, name: Any, *, weighted: bool) -> tuple[float, float]:
    if not weighted:
        return float(y.mean()), float(block.sum() / y.size**2)
    if y.size == 1:
        return float(y[0]), float(block[0, 0])
    try:
        factor = np.linalg.cholesky(block)
    except np.linalg.LinAlgError:
        raise VarianceError(
            f"cluster {name!r}: the covariance matrix of its effects is not positive definite "
            "(a zero variance, or a correlation too large); use a smaller rho or weighted=False"
        ) from None
    ones = np.linalg.solve(factor, np.ones(y.size))
    total = float(ones @ ones)
    return float(ones @ np.linalg.solve(factor, y)) / total, 1 / total


@dataclass(frozen=True, eq=False)
class ContrastMatrix:
    """Which two groups each row compares: 1 for the first, -1 for the second.

    Attributes
    ----------
    X : ndarray of shape (rows, groups)
    names : tuple of str
        Names of the columns; the reference group comes last.
    """

    X: FloatArray
    names: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas frame with a column per group."""
        import pandas as pd

        return pd.DataFrame(self.X, columns=list(self.names))


def contrast_matrix(
    group1: Any, group2: Any, *, last: str | None = None, data: Any = None
) -> ContrastMatrix:
    """Return the matrix of contrasts between two groups a row.

    Parameters
    ----------
    group1, group2 : array_like or str
        Names of the first and second group of each row.
    last : str, optional
        The group of the last column, usually the reference; by default the most frequent second
        group.
    data : data frame, optional
        Where strings are looked up.

    Returns
    -------
    ContrastMatrix

    Raises
    ------
    InputError
        `last` is not one of the groups, or a row compares a group with itself.
    """
    first = [str(x) for x in label_column(group1, data, name="group1")]
    second = [str(x) for x in label_column(group2, data, name="group2", length=len(first))]
    for row, (one, two) in enumerate(zip(first, second, strict=True)):
        if one == two:
            raise InputError(f"row {row}: {one!r} is compared with itself")
    names = sorted({*first, *second})
    reference = last if last is not None else max(sorted(set(second)), key=second.count)
    if reference not in names:
        raise InputError(f"last={last!r} is not one of the groups {names}")
    names.remove(reference)
    names.append(reference)
    X = np.zeros((len(first), len(names)))
    for row, (one, two) in enumerate(zip(first, second, strict=True)):
        X[row, names.index(one)], X[row, names.index(two)] = 1.0, -1.0
    return ContrastMatrix(X, tuple(names))


#: Kind of data -> columns of one group's row, as (name, column of group 1, column of group 2).
_LONG: dict[str, tuple[tuple[str, str, str], ...]] = {
    "table": (("events", "ai", "ci"), ("nonevents", "bi", "di")),
    "rates": (("events", "x1i", "x2i"), ("time", "t1i", "t2i")),
    "two means": (("mean", "m1i", "m2i"), ("sd", "sd1i", "sd2i"), ("n", "n1i", "n2i")),
}
_SINGLE: dict[str, tuple[tuple[str, str], ...]] = {
    "proportion": (("events", "xi"), ("nonevents", "mi")),
    "rate": (("events", "xi"), ("time", "ti")),
    "mean": (("mean", "mi"), ("sd", "sdi"), ("n", "ni")),
    "correlation": (("r", "ri"), ("n", "ni")),
}


def to_long(
    measure: str,
    *,
    data: Any = None,
    labels: Sequence[Any] | str | None = None,
    cells: bool = False,
    **columns: ColumnLike,
) -> pd.DataFrame:
    """Return summary data with one row per study and group.

    Parameters
    ----------
    measure : str
        Any measure computed from this kind of data (see `effect_sizes`); it only says which
        arguments are expected.
    data : data frame, optional
        Where strings are looked up.
    labels : array_like or str, optional
        Names of the studies.
    cells : bool
        For 2x2 tables: one row per cell (study, group, outcome, frequency).
    **columns : array_like or str
        The same arguments as for `effect_sizes`.

    Returns
    -------
    pandas.DataFrame
        ``study``, ``group`` (1, 2) where there are groups, and the group's numbers.

    Raises
    ------
    InputError
        Arguments that do not fit the measure.
    MethodError
        A measure whose data have no long form.
    """
    import pandas as pd

    code = measure.upper()
    if code not in MEASURES:
        raise MethodError(f"unknown measure {measure!r}")
    kind = MEASURES[code].kind
    if kind not in _LONG and kind not in _SINGLE:
        raise MethodError(f"the data of measure {code!r} have no long form")
    given = read_given(code, kind, columns, data, labels)
    columns_by_name = {name: given.get(name) for name in ("ai", "bi", "ci", "di", "mi")}
    if kind == "table":
        for cell, events, total in (("bi", "ai", "n1i"), ("di", "ci", "n2i")):
            rest = given.get(total) - given.get(events)
            known = columns_by_name[cell]
            columns_by_name[cell] = np.where(np.isnan(known), rest, known)
    if kind == "proportion":
        rest = given.get("ni") - given.get("xi")
        columns_by_name["mi"] = np.where(np.isnan(given.get("mi")), rest, given.get("mi"))

    def pick(name: str) -> FloatArray:
        return columns_by_name[name] if name in columns_by_name else given.get(name)

    if kind in _SINGLE:
        return pd.DataFrame(
            {"study": list(given.labels), **{out: pick(source) for out, source in _SINGLE[kind]}}
        )
    frame = pd.DataFrame(
        {
            "study": [label for label in given.labels for _ in (1, 2)],
            "group": [1, 2] * given.k,
            **{
                out: np.column_stack([pick(one), pick(two)]).ravel()
                for out, one, two in _LONG[kind]
            },
        }
    )
    if not cells:
        return frame
    if kind != "table":
        raise MethodError("cells=True is for 2x2 tables")
    return pd.DataFrame(
        {
            "study": frame["study"].repeat(2).tolist(),
            "group": frame["group"].repeat(2).tolist(),
            "outcome": [1, 2] * len(frame),
            "frequency": frame[["events", "nonevents"]].to_numpy().ravel(),
        }
    )
