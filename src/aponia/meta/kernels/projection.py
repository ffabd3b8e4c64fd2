"""Weighted least squares of k effects on p columns, and the traces that estimators need.

With M = diag(v + tau2), W = M^-1 and P = W - W X (X' W X)^-1 X' W, every estimator of tau2 needs
only y' P y, y' P P y, y' P P P y and traces of products of P with diagonal matrices. Writing
W^(1/2) X = U R with orthonormal U gives P = W^(1/2) (I - U U') W^(1/2), so all of them cost
O(k p^2): no k x k matrix is ever formed, and X' W X is never formed either (it squares the
condition number).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Projection", "least_squares", "project", "sandwich"]

FloatArray = NDArray[np.float64]
# Leverage above which 1 - h is summed from the other studies: below, at most two digits are lost.
_HEAVY = 0.99


@dataclass(frozen=True, slots=True)
class Projection:
    """The matrix P at given weights, and its action on the effects.

    Leading axes (written ``...``) are independent fits.

    Attributes
    ----------
    w : ndarray of shape (..., k)
        Weights; 0 marks an absent study.
    U : ndarray of shape (..., k, p)
        Orthonormal basis of the weighted columns.
    h, g : ndarray of shape (..., k)
        Leverages, the diagonal of U U', and 1 - h to full relative precision.
    py : ndarray of shape (..., k)
        P y.
    rss : ndarray of shape (...)
        y' P y, the weighted residual sum of squares.
    """

    w: FloatArray
    U: FloatArray
    h: FloatArray
    g: FloatArray
    py: FloatArray
    rss: FloatArray

    @property
    def trace(self) -> FloatArray:
        """tr(P), shape (...)."""
        return np.asarray((self.w * self.g).sum(-1))

    def trace_pd(self, d: FloatArray) -> FloatArray:
        """tr(P D) for a diagonal D, shape (...)."""
        return np.asarray((self.w * self.g * d).sum(-1))

    def trace_pdpd(self, d1: FloatArray | float = 1.0, d2: FloatArray | float = 1.0) -> FloatArray:
        """tr(P D1 P D2) for diagonal D1 and D2, shape (...)."""
        first, second = self.w * d1, self.w * d2
        heavy = self.h > _HEAVY
        if not heavy.any():
            plain = (first * second * (1.0 - 2.0 * self.h)).sum(-1)
            return np.asarray(plain + (self._inner(first) * self._inner(second)).sum((-1, -2)))
        # A study that outweighs all others would cancel: its pairs are summed one by one.
        diagonal = (first * second * np.square(self.g)).sum(-1)
        light1, light2 = np.where(heavy, 0.0, first), np.where(heavy, 0.0, second)
        rest = (self._inner(light1) * self._inner(light2)).sum((-1, -2))
        rest -= (light1 * light2 * np.square(self.h)).sum(-1)
        total = np.asarray(diagonal + rest)
        if self.U.shape[-1] == 1:  # one column: at most one heavy study, and h_ij^2 = h_i h_j
            at1, at2 = (np.where(heavy, a * self.h, 0.0).sum(-1) for a in (first, second))
            pairs = at1 * (light2 * self.h).sum(-1) + at2 * (light1 * self.h).sum(-1)
            return np.asarray(total + pairs)
        for index in zip(*np.nonzero(heavy), strict=True):
            row, i = index[:-1], index[-1]
            pair = np.square(self.U[row] @ self.U[index])
            pair[i] = 0.0
            half = np.where(heavy[row], 0.5, 1.0)  # pairs of two heavy studies come up twice
            total[row] += (
                half * pair * (first[row][i] * second[row] + second[row][i] * first[row])
            ).sum()
        return total

    @property
    def ypy2(self) -> FloatArray:
        """The form y' P P y, shape (...)."""
        return np.asarray(np.square(self.py).sum(-1))

    @property
    def ypy3(self) -> FloatArray:
        """The form y' P P P y, shape (...)."""
        return np.asarray(np.square(_residual(np.sqrt(self.w) * self.py, self.U)).sum(-1))

    def _inner(self, d: FloatArray) -> FloatArray:
        if self.U.shape[-1] == 1:
            return np.asarray((self.h * d).sum(-1)[..., None, None])
        return np.asarray(np.matmul(np.swapaxes(self.U, -1, -2), self.U * d[..., None]))


def _basis(w: FloatArray, X: FloatArray) -> tuple[FloatArray, FloatArray]:
    root = np.sqrt(w)
    A = root[..., None] * X
    if A.shape[-1] == 1:
        norm = np.sqrt(np.square(A).sum((-1, -2), keepdims=True))
        return A / norm, norm
    # Householder QR is row-wise stable when the heavy rows come first, whatever the spread of the
    # weights (Cox & Higham 1998); adding one tau2 to all variances does not change their order.
    order = np.argsort(-w, axis=-1, kind="stable")
    U, R = np.linalg.qr(np.take_along_axis(A, order[..., None], axis=-2))
    back = np.empty_like(U)
    np.put_along_axis(back, order[..., None], U, axis=-2)
    return back, R


def project(y: FloatArray, w: FloatArray, X: FloatArray) -> Projection:
    """Project the effects at given weights.

    Parameters
    ----------
    y : ndarray of shape (..., k)
    w : ndarray of shape (..., k)
        Positive weights, or 0 for a study that is absent from this fit.
    X : ndarray of shape (..., k, p)

    Returns
    -------
    Projection
    """
    U, _ = _basis(w, X)
    root = np.sqrt(w)
    e = _residual(root * y, U)
    h = np.square(U).sum(-1)
    return Projection(w, U, h, _complement(h, U), root * e, np.square(e).sum(-1))


def _residual(z: FloatArray, U: FloatArray) -> FloatArray:
    if U.shape[-1] == 1:
        u = U[..., 0]
        for _ in range(2):
            z = z - u * (u * z).sum(-1, keepdims=True)
        return z
    Ut = np.swapaxes(U, -1, -2)
    for _ in range(2):  # twice is enough: the second pass removes what rounding left behind
        z = z - np.matmul(U, np.matmul(Ut, z[..., None]))[..., 0]
    return z


def _complement(h: FloatArray, U: FloatArray) -> FloatArray:
    """1 - h without cancellation: h (1 - h) is the sum of the squares of the rest of its row."""
    g = 1.0 - h
    heavy = h > _HEAVY
    if not heavy.any():
        return g
    if U.shape[-1] == 1:
        return np.where(heavy, np.where(heavy, 0.0, h).sum(-1, keepdims=True), g)
    for index in zip(*np.nonzero(heavy), strict=True):
        row, i = index[:-1], index[-1]
        pair = np.square(U[row] @ U[index])
        pair[i] = 0.0
        s = min(float(pair.sum()), 0.25)
        g[index] = 2.0 * s / (1.0 + np.sqrt(1.0 - 4.0 * s))
    return np.asarray(g)


def least_squares(
    y: FloatArray, w: FloatArray, X: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return coefficients, a root of their model covariance, and log |X' W X|.

    Parameters
    ----------
    y, w : ndarray of shape (..., k)
    X : ndarray of shape (..., k, p)

    Returns
    -------
    coef : ndarray of shape (..., p)
    root : ndarray of shape (..., p, p)
        R^-1, so that (X' W X)^-1 = root @ root'.
    logdet : ndarray of shape (...)
    """
    U, R = _basis(w, X)
    Rinv = np.linalg.inv(R)
    z = np.sqrt(w) * y
    Ut = np.swapaxes(U, -1, -2)
    coef = np.matmul(Rinv, np.matmul(Ut, z[..., None]))[..., 0]
    residual = z - np.sqrt(w) * np.matmul(X, coef[..., None])[..., 0]
    coef = coef + np.matmul(Rinv, np.matmul(Ut, residual[..., None]))[..., 0]
    logdet = 2.0 * np.log(np.abs(np.diagonal(R, axis1=-2, axis2=-1))).sum(-1)
    return np.asarray(coef), np.asarray(Rinv, dtype=np.float64), np.asarray(logdet)


def sandwich(w: FloatArray, X: FloatArray, m: FloatArray) -> FloatArray:
    """Covariance of the coefficients weighted by `w` when the true variances are `m`.

    Parameters
    ----------
    w, m : ndarray of shape (..., k)
    X : ndarray of shape (..., k, p)

    Returns
    -------
    ndarray of shape (..., p, p)
        (X' W X)^-1 X' W M W X (X' W X)^-1.
    """
    U, R = _basis(w, X)
    half = np.matmul(np.linalg.inv(R), np.swapaxes(U * np.sqrt(w * m)[..., None], -1, -2))
    return np.asarray(np.matmul(half, np.swapaxes(half, -1, -2)))
