"""One block a study: contrasts of its treatments with their covariance, whatever was given."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aponia.meta._inputs import FloatArray
from aponia.meta.errors import InputError, MetaWarning, TooFewStudiesError, VarianceError

__all__ = ["Block", "DisconnectedNetworkError", "blocks_from_contrasts", "components"]


class DisconnectedNetworkError(InputError):
    """The treatments fall into groups that no study links, so they cannot be compared."""


@dataclass(frozen=True)
class Block:
    """A study with T treatments.

    Attributes
    ----------
    study : str
    treatments : tuple of str
        Sorted; the set of them is the study's design.
    C : ndarray of shape (T - 1, T)
        Which treatments each contrast compares (1 and -1).
    y : ndarray of shape (T - 1,)
    S : ndarray of shape (T - 1, T - 1)
        Covariance of the contrasts.
    """

    study: str
    treatments: tuple[str, ...]
    C: FloatArray
    y: FloatArray
    S: FloatArray


def check_covariance(S: FloatArray, study: str) -> None:
    """Raise VarianceError unless `S` is finite, symmetric and positive definite."""
    if not np.isfinite(S).all() or not np.allclose(S, S.T, rtol=1e-8, atol=0):
        raise VarianceError(f"study {study}: the covariance must be finite and symmetric")
    if (np.diag(S) <= 0).any():
        raise VarianceError(f"study {study}: a sampling variance is not positive")
    scale = np.sqrt(np.diag(S))
    if np.linalg.eigvalsh(S / np.outer(scale, scale)).min() < 1e-10:
        raise VarianceError(
            f"study {study}: the covariance of its contrasts is not positive definite; the "
            "variances of a multi-arm study must fit together (check v, or give V=)"
        )


def blocks_from_contrasts(
    study: NDArray[np.object_],
    treat1: NDArray[np.object_],
    treat2: NDArray[np.object_],
    y: FloatArray,
    v: FloatArray | None,
    V: FloatArray | None,
    n1: FloatArray | None,
    n2: FloatArray | None,
    tolerance: float,
) -> list[Block]:
    """Collect contrasts (treat1 minus treat2) into blocks.

    Parameters
    ----------
    study, treat1, treat2 : ndarray of shape (N,)
    y : ndarray of shape (N,)
    v : ndarray of shape (N,), optional
    V : ndarray of shape (N, N), optional
        Full covariance of the contrasts; block diagonal by study.
    n1, n2 : ndarray of shape (N,), optional
        Arm sizes, from which the covariance of contrasts that share an arm follows.
    tolerance : float
        Largest inconsistency allowed between the contrasts of one study (rounding).

    Returns
    -------
    list of Block
        In order of first appearance.

    Raises
    ------
    InputError
        A pair twice in a study, contrasts of a study that contradict each other or do not
        connect its arms, or a multi-arm study whose covariances cannot be known.
    VarianceError
    """
    complete = np.isfinite(y)
    if v is not None:
        complete &= np.isfinite(v)
    if not complete.all():
        warnings.warn(
            f"{int((~complete).sum())} of {y.size} contrasts are missing and were left out",
            MetaWarning,
            stacklevel=4,
        )
    out = []
    for name in dict.fromkeys(study[complete]):
        rows = np.flatnonzero((study == name) & complete)
        cov = None if V is None else V[np.ix_(rows, rows)]
        var = np.diag(cov) if cov is not None else v[rows] if v is not None else None
        if var is None:
            raise InputError("give the variances v= (or se=, or V=)")
        if (var <= 0).any():
            raise VarianceError(f"study {name}: a sampling variance is not positive")
        sizes = None if n1 is None or n2 is None else (n1[rows], n2[rows])
        pairs = [(str(treat1[i]), str(treat2[i])) for i in rows]
        out.append(_block(str(name), pairs, y[rows], var, cov, sizes, tolerance))
    if not out:
        raise TooFewStudiesError("no complete contrast is left")
    return out


def _block(
    name: str,
    pairs: Sequence[tuple[str, str]],
    y: FloatArray,
    v: FloatArray,
    cov: FloatArray | None,
    sizes: tuple[FloatArray, FloatArray] | None,
    tolerance: float,
) -> Block:
    for a, b in pairs:
        if a == b:
            raise InputError(f"study {name} compares {a} with itself")
    if len({frozenset(p) for p in pairs}) < len(pairs):
        raise InputError(f"study {name} compares the same treatments twice: merge the rows")
    treatments = tuple(sorted({t for p in pairs for t in p}))
    T = len(treatments)
    C = np.zeros((len(pairs), T))
    for i, (a, b) in enumerate(pairs):
        C[i, treatments.index(a)], C[i, treatments.index(b)] = 1, -1
    if np.linalg.matrix_rank(C) < T - 1:
        raise InputError(f"study {name}: its contrasts do not connect its arms")
    basis = np.hstack([-np.ones((T - 1, 1)), np.eye(T - 1)])
    # Every contrast as a combination of those against the first treatment of the study.
    A = C[:, 1:]
    basic = np.asarray(np.linalg.lstsq(A, y, rcond=None)[0], dtype=np.float64)
    if np.abs(A @ basic - y).max() > tolerance:
        raise InputError(
            f"study {name}: its contrasts contradict each other (A-B, B-C and A-C must add up "
            f"to within {tolerance}); correct them or raise tolerance="
        )
    if len(pairs) == T - 1:
        S = _covariance(name, pairs, C, v, cov, sizes)
        check_covariance(S, name)
        return Block(name, treatments, C, y, S)
    if cov is not None:
        # Redundant rows: the first ones that span the study carry all of it.
        chosen: list[int] = []
        for i in range(len(pairs)):
            if np.linalg.matrix_rank(C[[*chosen, i]]) > len(chosen):
                chosen.append(i)
        S = cov[np.ix_(chosen, chosen)]
        check_covariance(S, name)
        return Block(name, treatments, C[chosen], np.asarray(A[chosen] @ basic, np.float64), S)
    if len(pairs) < T * (T - 1) // 2:
        raise InputError(
            f"study {name}: give all {T * (T - 1) // 2} contrasts of its {T} arms, or {T - 1} with "
            "V= or the arm sizes n1= and n2="
        )
    full = np.zeros((T, T))
    for i, (a, b) in enumerate(pairs):
        j, k = treatments.index(a), treatments.index(b)
        full[j, k] = full[k, j] = v[i]
    # The variances of all pairs determine the covariances: var(a - b) of the basic contrasts.
    S = (full[1:, [0]] + full[[0], 1:] - full[1:, 1:]) / 2
    check_covariance(S, name)
    return Block(name, treatments, basis, basic, S)


def _covariance(
    name: str,
    pairs: Sequence[tuple[str, str]],
    C: FloatArray,
    v: FloatArray,
    cov: FloatArray | None,
    sizes: tuple[FloatArray, FloatArray] | None,
) -> FloatArray:
    if cov is not None:
        return cov
    if len(pairs) == 1:
        return np.diag(v)
    if sizes is None:
        raise InputError(
            f"study {name} has {C.shape[1]} arms but {len(pairs)} contrasts, so the covariance "
            "of those that share an arm is unknown: give all pairs, V=, or n1= and n2="
        )
    n1, n2 = sizes
    if not (np.isfinite(n1).all() and np.isfinite(n2).all() and (n1 > 0).all() and (n2 > 0).all()):
        raise InputError(f"study {name}: n1 and n2 must be positive")
    S = np.diag(v)
    size: dict[str, float] = {}
    for (a, b), i, j in zip(pairs, n1, n2, strict=True):
        size.setdefault(a, float(i))
        size.setdefault(b, float(j))
    for i in range(len(pairs)):
        for j in range(i):
            shared = set(pairs[i]) & set(pairs[j])
            for arm in shared:
                (x,) = set(pairs[i]) - {arm}
                (z,) = set(pairs[j]) - {arm}
                r = np.sqrt(
                    size[x] / (size[x] + size[arm]) * size[z] / (size[z] + size[arm])
                ) * np.sign(C[i] @ C[j])
                S[i, j] = S[j, i] = r * np.sqrt(v[i] * v[j])
    return S


def components(blocks: Sequence[Block]) -> list[tuple[str, ...]]:
    """Return the connected parts of the network, largest first.

    Parameters
    ----------
    blocks : sequence of Block

    Returns
    -------
    list of tuple of str
    """
    parts: list[set[str]] = []
    for block in blocks:
        own = set(block.treatments)
        touching = [p for p in parts if p & own]
        parts = [p for p in parts if not p & own]
        parts.append(own.union(*touching))
    return sorted((tuple(sorted(p)) for p in parts), key=lambda p: (-len(p), p))


def require_connected(blocks: Sequence[Block]) -> None:
    """Raise DisconnectedNetworkError unless every treatment is linked to every other."""
    parts = components(blocks)
    if len(parts) > 1:
        told = "; ".join("{" + ", ".join(p) + "}" for p in parts)
        raise DisconnectedNetworkError(
            f"the network falls into {len(parts)} parts that no study links: {told}. Analyse them "
            "separately or merge treatments"
        )


def warn(message: str) -> None:
    """Issue a `MetaWarning` that points at the caller of the public function."""
    warnings.warn(message, MetaWarning, stacklevel=5)
