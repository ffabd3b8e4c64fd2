"""Distances between places, for spatial structures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aponia.meta._inputs import FloatArray
from aponia.meta._multilevel._blocks import IntArray
from aponia.meta.errors import InputError, MethodError

__all__ = ["distances", "great_circle"]


def distances(rows: NDArray[Any], kind: Any) -> tuple[IntArray, list[str], FloatArray]:
    """Return the place of every row, the labels of the places and their distances.

    Parameters
    ----------
    rows : ndarray of shape (k, q), or labels of shape (k,)
        Coordinates; labels when `kind` is a distance matrix.
    kind : {"euclidean", "manhattan", "maximum", "gcd"}, callable, or matrix
        A callable takes two coordinate vectors. A matrix is a data frame with labels, or a pair
        (matrix, labels).

    Raises
    ------
    InputError, MethodError
    """
    if isinstance(kind, tuple) or hasattr(kind, "columns"):
        if isinstance(kind, tuple):
            D, given = np.asarray(kind[0], dtype=np.float64), [str(v) for v in kind[1]]
        else:
            D = np.asarray(kind.to_numpy(), dtype=np.float64)
            given = [str(v) for v in kind.columns]
        labels = list(dict.fromkeys(str(v) for v in rows))
        absent = [v for v in labels if v not in given]
        if absent:
            raise InputError(f"the distance matrix has no row for {absent[:5]}")
        at = [given.index(v) for v in labels]
        place = {v: n for n, v in enumerate(labels)}
        codes = np.array([place[str(v)] for v in rows], dtype=np.int64)
        return codes, labels, D[np.ix_(at, at)]
    try:
        points = np.asarray(rows, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("spatial structures need numeric coordinates") from None
    points = points[:, None] if points.ndim == 1 else points
    _, first, codes = np.unique(points, axis=0, return_index=True, return_inverse=True)
    # Places are numbered in the order in which they appear.
    rank = np.empty(first.size, dtype=np.int64)
    rank[np.argsort(first)] = np.arange(first.size)
    codes, unique = rank[np.ravel(codes)], points[np.sort(first)]
    labels = [", ".join(f"{c:g}" for c in p) for p in unique]
    gap = unique[:, None, :] - unique[None, :, :]
    if callable(kind):
        D = np.array([[float(kind(a, b)) for b in unique] for a in unique])
    elif kind == "euclidean":
        D = np.sqrt((gap**2).sum(axis=2))
    elif kind == "manhattan":
        D = np.abs(gap).sum(axis=2)
    elif kind == "maximum":
        D = np.abs(gap).max(axis=2)
    elif kind == "gcd":
        if unique.shape[1] != 2:
            raise InputError("distance='gcd' needs longitude and latitude")
        D = great_circle(unique)
    else:
        raise MethodError(
            f"distance={kind!r} is not known; use euclidean, manhattan, maximum or gcd"
        )
    return np.asarray(codes, dtype=np.int64), labels, D


def great_circle(points: FloatArray) -> FloatArray:
    """Return great-circle distances in kilometres on the WGS84 ellipsoid.

    Parameters
    ----------
    points : ndarray of shape (n, 2)
        Longitude and latitude in degrees.

    Notes
    -----
    Andoyer's first-order correction for the flattening (Meeus 1999, Astronomical Algorithms,
    ch. 11).
    """
    a, flattening = 6378.137, 1.0 / 298.257223563
    lon, lat = np.radians(points[:, 0]), np.radians(points[:, 1])
    F = 0.5 * (lat[:, None] + lat[None, :])
    G = 0.5 * (lat[:, None] - lat[None, :])
    lam = 0.5 * (lon[:, None] - lon[None, :])
    sG, cG, sF, cF = np.sin(G) ** 2, np.cos(G) ** 2, np.sin(F) ** 2, np.cos(F) ** 2
    sL, cL = np.sin(lam) ** 2, np.cos(lam) ** 2
    S, C = sG * cL + cF * sL, cG * cL + sF * sL
    with np.errstate(divide="ignore", invalid="ignore"):
        omega = np.arctan(np.sqrt(S / C))
        ratio = np.sqrt(S * C) / omega
        h1, h2 = (3.0 * ratio - 1.0) / (2.0 * C), (3.0 * ratio + 1.0) / (2.0 * S)
        D = 2.0 * omega * a * (1.0 + flattening * h1 * sF * cG - flattening * h2 * cF * sG)
    return np.where(np.isfinite(D), D, 0.0)
