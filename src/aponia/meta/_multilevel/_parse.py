"""Building random terms from requests: levels, fixed values, known correlation matrices."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from aponia.meta._inputs import FloatArray
from aponia.meta._multilevel._blocks import IntArray
from aponia.meta._multilevel._distances import distances
from aponia.meta._multilevel._matrix_terms import MatrixTerm
from aponia.meta._multilevel._request import Request, encode, is_missing, text
from aponia.meta._multilevel._structures import (
    HETEROSCEDASTIC,
    SPATIAL,
    CorrelationTerm,
)
from aponia.meta._multilevel._terms import BoolArray, InterceptTerm, Term
from aponia.meta.errors import InputError, MetaWarning, MethodError

__all__ = ["Known", "make_terms"]


@dataclass(frozen=True)
class Known:
    """Components that are given and not estimated, and what is known about levels."""

    sigma2: Any = None
    tau2: Any = None
    rho: Any = None
    gamma2: Any = None
    phi: Any = None
    R: Any = None
    R_scale: str = "cor"
    distance: Any = "euclidean"


def make_terms(requests: Sequence[Request], keep: BoolArray, known: Known) -> list[Term]:
    """Build the terms for the rows in use.

    Raises
    ------
    InputError
        Missing values in a grouping variable, wrong number of fixed values, levels absent from R.
    """
    for r in requests:
        for values in (r.outer, r.inner):
            if values is None:
                continue
            rows = np.asarray(values)[keep]
            if rows.dtype.kind == "f":
                bad = bool(np.isnan(rows).any())
            else:
                bad = any(is_missing(v) for v in rows.ravel())
            if bad:
                raise InputError(
                    f"random term {r.name!r} has missing values in rows that are used: "
                    "drop those rows or give them a level"
                )
    intercepts = [r for r in requests if r.inner is None]
    sigma2 = _nonnegative(_fixed(known.sigma2, len(intercepts), "sigma2"), "sigma2")
    matrices = _level_matrices(known, intercepts)
    terms: list[Term] = []
    n_intercept = n_pair = 0
    for r in requests:
        codes, levels = encode(r.outer[keep])
        labels = [text(v) for v in levels]
        if r.inner is None:
            R = matrices.get(n_intercept)
            value = sigma2[n_intercept]
            n_intercept += 1
            if np.isnan(value) and len(labels) == 1 and codes.size > 1 and R is None:
                warnings.warn(
                    f"random term {r.name!r} has a single level: its sigma2 is fixed to 0",
                    MetaWarning,
                    stacklevel=4,
                )
                value = 0.0
            matrix = None if R is None else _aligned(R, labels, r.name, known.R_scale)
            terms.append(
                InterceptTerm(
                    r.name, codes, labels, matrix, None if np.isnan(value) else float(value)
                )
            )
            continue
        n_pair += 1
        tau2, rho = (known.tau2, known.rho) if n_pair == 1 else (known.gamma2, known.phi)
        terms.append(_pair_term(r, keep, codes, labels, tau2, rho, known.distance, n_pair))
    return terms


def _fixed(values: Any, size: int, name: str) -> FloatArray:
    if values is None:
        return np.full(size, np.nan)
    given = [np.nan if v is None else float(v) for v in np.atleast_1d(np.asarray(values, object))]
    if len(given) == 1 and size > 1:
        given = given * size
    if len(given) != size:
        raise InputError(f"{name} needs {size} values (None where estimated), found {len(given)}")
    return np.array(given)


def _nonnegative(values: FloatArray, name: str) -> FloatArray:
    if (values < 0).any():
        raise InputError(f"{name} holds a negative variance")
    return values


def _level_matrices(known: Known, intercepts: Sequence[Request]) -> dict[int, Any]:
    if known.R is None:
        return {}
    if not isinstance(known.R, Mapping):
        raise InputError("R must be a mapping from the name of a random term to its matrix")
    names = [r.name for r in intercepts]
    out = {}
    for name, matrix in known.R.items():
        if name not in names:
            raise InputError(f"R names {name!r}, but the random intercepts are {names}")
        out[names.index(name)] = matrix
    return out


def _aligned(R: Any, labels: list[str], name: str, scale: str) -> FloatArray:
    """Return the known matrix in the order of the levels, scaled as asked."""
    if isinstance(R, tuple):
        values, given = np.asarray(R[0], dtype=np.float64), [text(v) for v in R[1]]
    elif hasattr(R, "columns") and hasattr(R, "to_numpy"):
        values = np.asarray(R.to_numpy(), dtype=np.float64)
        given = [text(v) for v in R.columns]
    else:
        values, given = np.asarray(R, dtype=np.float64), list(labels)
    if values.ndim != 2 or values.shape != (len(given), len(given)):
        raise InputError(f"R[{name!r}] must be square with one label a row, found {values.shape}")
    absent = [v for v in labels if v not in given]
    if absent:
        raise InputError(f"R[{name!r}] has no row for the levels {absent[:5]}")
    at = [given.index(v) for v in labels]
    out = values[np.ix_(at, at)]
    if not np.isfinite(out).all() or not np.allclose(out, out.T):
        raise InputError(f"R[{name!r}] must be symmetric and finite")
    scale = scale.lower()
    if scale not in ("none", "cor", "cor0", "cov0"):
        raise MethodError(f"R_scale={scale!r} is not known; use none, cor, cor0 or cov0")
    if scale in ("cor", "cor0"):
        d = np.sqrt(np.diagonal(out))
        out = out / np.outer(d, d)
        np.fill_diagonal(out, 1.0)
    if scale == "cor0":
        out = (out - out.min()) / (1.0 - out.min())
    if scale == "cov0":
        out = out - out.min()
    return 0.5 * (out + out.T)


def _pair_term(
    r: Request,
    keep: BoolArray,
    codes: IntArray,
    labels: list[str],
    tau2: Any,
    rho: Any,
    distance: Any,
    n_pair: int,
) -> Term:
    assert r.inner is not None
    assert r.structure is not None
    s = r.structure
    names = ("tau2", "rho") if n_pair == 1 else ("gamma2", "phi")
    rows = r.inner[keep]
    if s in ("GEN", "GDIAG"):
        Z = np.asarray(rows, dtype=np.float64)
        q = Z.shape[1]
        return MatrixTerm(
            r.name,
            s,
            codes,
            Z,
            outer_labels=labels,
            inner_labels=r.inner_names,
            variances=_nonnegative(_fixed(tau2, q, names[0]), names[0]),
            correlations=_fixed(rho, q * (q - 1) // 2, names[1]),
        )
    where = None
    if s in SPATIAL:
        inner, inner_labels, where = distances(rows, distance)
    else:
        inner, levels = encode(rows)
        inner_labels = [text(v) for v in levels]
        if s == "CAR":
            try:
                times = np.array(levels, dtype=np.float64)
            except ValueError:
                raise InputError(f"{r.name!r}: structure CAR needs numeric times") from None
            where = np.abs(times[:, None] - times[None, :])
    L = len(inner_labels)
    met = _met(codes, inner, L)
    if s in ("UN", "UNR"):
        c, d = np.triu_indices(L, 1)
        correlations = _fixed(rho, c.size, names[1])
        apart = ~met[c, d] & np.isnan(correlations)
        if apart.any():
            warnings.warn(
                f"{r.name!r}: some pairs of inner levels never occur together; their correlation "
                "is fixed to 0",
                MetaWarning,
                stacklevel=5,
            )
            correlations = np.where(apart, 0.0, correlations)
        return MatrixTerm(
            r.name,
            s,
            codes,
            np.eye(L)[inner],
            outer_labels=labels,
            inner_labels=inner_labels,
            variances=_nonnegative(_fixed(tau2, 1 if s == "UNR" else L, names[0]), names[0]),
            correlations=correlations,
        )
    correlation = float(_fixed(rho, 1, names[1])[0])
    off = ~np.eye(L, dtype=bool)
    if np.isnan(correlation) and s not in ("ID", "DIAG") and not met[off].any():
        warnings.warn(
            f"{r.name!r}: no two inner levels occur together; the correlation is fixed to 0",
            MetaWarning,
            stacklevel=5,
        )
        s = {"CS": "ID", "AR": "ID", "CAR": "ID", "HCS": "DIAG", "HAR": "DIAG"}.get(s, "ID")
    return CorrelationTerm(
        r.name,
        s,
        codes,
        inner,
        outer_labels=labels,
        inner_labels=inner_labels,
        distance=where,
        variances=_nonnegative(_fixed(tau2, L if s in HETEROSCEDASTIC else 1, names[0]), names[0]),
        correlation=correlation,
    )


def _met(outer: IntArray, inner: IntArray, L: int) -> BoolArray:
    """Return which pairs of inner levels occur under one outer level, shape (L, L)."""
    from scipy.sparse import coo_array

    seen = coo_array((np.ones(outer.size), (outer, inner)), shape=(int(outer.max()) + 1, L)).tocsr()
    return np.asarray((seen.T @ seen).toarray() > 0)
