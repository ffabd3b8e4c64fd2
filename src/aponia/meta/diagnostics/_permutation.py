"""Permutation tests: all sign flips or all orders of the moderators when feasible."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import factorial, prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aponia.meta.diagnostics._record import FloatArray, Record
from aponia.meta.diagnostics._refit import Refits, need_studies, plain, refit
from aponia.meta.errors import ConvergenceError, InputError, MethodError

if TYPE_CHECKING:
    from aponia.meta._result import PoolResult

__all__ = ["PermutationTest", "permutation_test"]

# Statistics this close count as equal: ties must not depend on rounding.
_TIE = float(np.sqrt(np.finfo(np.float64).eps))


@dataclass(frozen=True, eq=False)
class PermutationTest(Record):
    """A permutation test of every coefficient and of the moderators together.

    Attributes
    ----------
    p : ndarray of shape (p,)
        Two-sided permutation p-values: the share of permutations with a statistic at least as
        large in absolute value.
    qm_p : float
        Permutation p-value of the omnibus test.
    z_or_t : ndarray of shape (p,)
        Observed statistics.
    qm : float
    n : int
        Permutations used, the observed arrangement included.
    n_failed : int
        Permutations on which the model could not be estimated; not counted in `n`.
    exact : bool
        Whether all permutations were used: the p-values are exact fractions.
    names : tuple of str
    seed : int or None
    z_perm : ndarray of shape (n, p)
        Statistics of the permutations.
    qm_perm : ndarray of shape (n,)
    """

    p: FloatArray
    qm_p: float
    z_or_t: FloatArray
    qm: float
    n: int
    n_failed: int
    exact: bool
    names: tuple[str, ...]
    seed: int | None
    z_perm: FloatArray
    qm_perm: FloatArray

    def _table(self) -> dict[str, Any]:
        return {"name": self.names, "z_or_t": self.z_or_t, "p": self.p}

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe numbers; the permutation distribution is left out."""
        from aponia.meta._result import json_safe

        names = ("p", "qm_p", "z_or_t", "qm", "n", "n_failed", "exact", "names", "seed")
        out: dict[str, Any] = json_safe({name: getattr(self, name) for name in names})
        return out


def permutation_test(
    result: PoolResult,
    *,
    exact: bool | None = None,
    iterations: int = 10_000,
    limit: int = 20_000,
    seed: int | None = 0,
) -> PermutationTest:
    """Permutation test of a pooled effect or a meta-regression.

    Without moderators the signs of the effects are flipped (the effects are symmetric around 0
    under the null hypothesis); with moderators the rows of the model matrix are permuted.

    Parameters
    ----------
    result : PoolResult
    exact : bool, optional
        Go through all permutations. By default, when there are at most `limit`.
    iterations : int
        Random permutations otherwise; the observed arrangement is added to them.
    limit : int
        See `exact`.
    seed : int, optional
        Of the random permutations; None for a different one each time.

    Returns
    -------
    PermutationTest

    Raises
    ------
    InputError
        `iterations` below 1, or far too many permutations for ``exact=True``.
    MethodError
        A location-scale model, or one with a constant column only that is not 1.
    TooFewStudiesError
        One study.

    References
    ----------
    Follmann DA, Proschan MA (1999). Biometrics 55:732-737.
    Higgins JPT, Thompson SG (2004). Statistics in Medicine 23:1663-1682.
    Phipson B, Smyth GK (2010). Statistical Applications in Genetics and Molecular Biology 9:39.

    Examples
    --------
    >>> from aponia.meta import pool
    >>> permutation_test(pool([0.4, 0.5, 0.6], [0.1, 0.1, 0.1])).p.tolist()
    [0.25]
    """
    plain(result, "permutation_test")
    need_studies(result, "permutation_test")
    if iterations < 1:
        raise InputError(f"iterations={iterations} must be at least 1")
    rng = np.random.default_rng(seed)
    if result.intercept_only:
        total = 2**result.k
        every = total <= limit if exact is None else exact
        _check_total(every, total)
        fits = _all_signs(result) if every else _random_signs(result, iterations, rng)
    else:
        total = _arrangements(result.X)
        if total == 1:
            raise MethodError("the rows of the model matrix are all equal: nothing to permute")
        every = total <= limit if exact is None else exact
        _check_total(every, total)
        fits = _all_orders(result) if every else _random_orders(result, iterations, rng)
    z, qm, ok = fits
    if not ok.any():
        raise ConvergenceError("the model could not be estimated on any permutation")
    observed = result.z_or_t
    z, qm = z[ok], qm[ok]
    return PermutationTest(
        p=_share(np.abs(z), np.abs(observed)),
        qm_p=float(_share(qm[:, None], np.array([result.qm]))[0]),
        z_or_t=observed,
        qm=result.qm,
        n=int(ok.sum()),
        n_failed=int((~ok).sum()),
        exact=every,
        names=result.names,
        seed=None if every else seed,
        z_perm=z,
        qm_perm=qm,
    )


def _check_total(every: bool, total: int) -> None:
    if every and total > 2**24:
        raise InputError(f"{total} permutations are too many for exact=True; use exact=False")


def _share(values: FloatArray, observed: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore"):
        slack = np.where(np.isfinite(observed), _TIE * np.maximum(1.0, observed), 0.0)
        return np.asarray((values >= observed - slack).mean(axis=0))


_Fits = tuple[FloatArray, FloatArray, NDArray[np.bool_]]


def _refit_signs(result: PoolResult, signs: FloatArray) -> _Fits:
    y = result.y * signs
    shape = y.shape
    w = None if result.weights is None else np.broadcast_to(result.weights, shape)
    fits = refit(result, y, np.broadcast_to(result.v, shape), result.X[None], w)
    with np.errstate(invalid="ignore"):
        qm = np.square(fits.z[:, 0])
    return fits.z, qm, fits.ok


def _all_signs(result: PoolResult) -> _Fits:
    """All 2^k sign patterns, the first study's sign changing fastest.

    Flipping every sign changes the sign of the statistic and nothing else, so half is enough.
    """
    k = result.k
    codes = np.arange(2 ** (k - 1))
    signs = 1.0 - 2.0 * ((codes[:, None] >> np.arange(k)) & 1).astype(np.float64)
    z, qm, ok = _refit_signs(result, signs)
    return (
        np.concatenate([z, -z[::-1]]),
        np.concatenate([qm, qm[::-1]]),
        np.concatenate([ok, ok[::-1]]),
    )


def _random_signs(result: PoolResult, iterations: int, rng: np.random.Generator) -> _Fits:
    signs = np.ones((iterations + 1, result.k))
    signs[1:] = rng.choice([-1.0, 1.0], size=(iterations, result.k))
    return _refit_signs(result, signs)


def _row_kinds(X: FloatArray) -> NDArray[np.int64]:
    """Return a number for each distinct row of X, shape (k,)."""
    return np.unique(X, axis=0, return_inverse=True)[1].ravel()


def _arrangements(X: FloatArray) -> int:
    counts = np.bincount(_row_kinds(X))
    return factorial(X.shape[0]) // prod(factorial(int(c)) for c in counts)


def _multiset_orders(kinds: list[int]) -> Iterator[list[int]]:
    """Yield every distinct order of a multiset, lexicographically."""
    items = sorted(kinds)
    while True:
        yield list(items)
        i = len(items) - 2
        while i >= 0 and items[i] >= items[i + 1]:
            i -= 1
        if i < 0:
            return
        j = len(items) - 1
        while items[j] <= items[i]:
            j -= 1
        items[i], items[j] = items[j], items[i]
        items[i + 1 :] = items[:i:-1]


def _refit_orders(result: PoolResult, X: FloatArray) -> _Fits:
    shape = X.shape[:2]
    w = None if result.weights is None else np.broadcast_to(result.weights, shape)
    fits = refit(result, np.broadcast_to(result.y, shape), np.broadcast_to(result.v, shape), X, w)
    return fits.z, _omnibus(fits, result), fits.ok


def _omnibus(fits: Refits, result: PoolResult) -> FloatArray:
    index = list(result.options.btt)
    out = np.full(fits.k.size, np.nan)
    good = np.flatnonzero(fits.ok)
    b = fits.coef[good][:, index]
    covariance = fits.vcov[good][:, index][:, :, index]
    size = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
    usable = size.all(axis=1)
    unit = size[usable]
    R = covariance[usable] / (unit[:, :, None] * unit[:, None, :])
    u = b[usable] / unit
    value = (u * np.linalg.solve(R, u[..., None])[..., 0]).sum(axis=-1)
    out[good[usable]] = value / (1.0 if result.df is None else len(index))
    return out


def _all_orders(result: PoolResult) -> _Fits:
    kinds = _row_kinds(result.X)
    rows = np.zeros((int(kinds.max()) + 1, result.X.shape[1]))
    rows[kinds] = result.X
    orders = np.array(list(_multiset_orders(kinds.tolist())))
    return _refit_orders(result, rows[orders])


def _random_orders(result: PoolResult, iterations: int, rng: np.random.Generator) -> _Fits:
    orders = np.tile(np.arange(result.k), (iterations + 1, 1))
    orders[1:] = rng.permuted(orders[1:], axis=1)
    return _refit_orders(result, result.X[orders])
