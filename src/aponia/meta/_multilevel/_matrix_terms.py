"""Terms ``~ inner | outer`` whose effects have an unstructured (or diagonal) covariance matrix.

UN: one effect per level of the inner variable. GEN: one effect per column of a design matrix
(random intercepts and slopes). The matrix is written as ``L L'``, on which the likelihood is
smooth where the matrix is singular; with some elements known it is written as standard
deviations and correlations.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aponia.meta._inputs import FloatArray
from aponia.meta._multilevel._blocks import Bucket, IntArray, gather, gather_pairs
from aponia.meta._multilevel._terms import BoolArray, Components, Term

__all__ = ["MatrixTerm"]


class MatrixTerm(Term):
    """Unstructured effects; see the module docstring.

    Parameters
    ----------
    name : str
    structure : {"UN", "UNR", "GEN", "GDIAG"}
        UNR has one common variance.
    outer : ndarray of int, shape (k,)
    Z : ndarray of shape (k, q)
        Design of the effects; indicator columns for UN.
    outer_labels, inner_labels : sequence of str
    variances : ndarray of shape (q,) (UNR: (1,))
        Known variances, NaN where estimated.
    correlations : ndarray of shape (q (q - 1) / 2,)
        Known correlations, NaN where estimated: the lower triangle column by column.
    """

    def __init__(
        self,
        name: str,
        structure: str,
        outer: IntArray,
        Z: FloatArray,
        *,
        outer_labels: Sequence[str],
        inner_labels: Sequence[str],
        variances: FloatArray,
        correlations: FloatArray,
    ) -> None:
        self.name, self.structure, self.outer, self.Z = name, structure, outer, Z
        self.outer_labels, self.inner_labels = list(outer_labels), list(inner_labels)
        self.q = q = Z.shape[1]
        self.indicator = structure in ("UN", "UNR")
        self.inner = np.argmax(Z, axis=1) if self.indicator else np.zeros(len(outer), np.int64)
        # np.tril_indices of the transpose: column by column
        c, r = np.triu_indices(q, 1)
        self._r, self._c = r, c
        known = bool(np.isfinite(variances).any() or np.isfinite(correlations).any())
        self.cholesky = not known and structure in ("UN", "GEN")
        if self.cholesky:
            self._lr, self._lc = np.tril_indices(q)
            m = self._lr.size
            self.lower, self.upper = np.full(m, -np.inf), np.full(m, np.inf)
            self.free, self.fixed = np.ones(m, bool), np.full(m, np.nan)
            self.scales, self.zeroable = np.ones(m, bool), np.zeros(m, bool)
        else:
            n_sd = 1 if structure == "UNR" else q
            rho = np.empty(0) if structure == "GDIAG" else correlations
            self.lower = np.r_[np.zeros(n_sd), np.full(rho.size, -1.0)]
            self.upper = np.r_[np.full(n_sd, np.inf), np.full(rho.size, 1.0)]
            self.fixed = np.r_[np.sqrt(variances), rho]
            self.free = np.isnan(self.fixed)
            self.scales = self.zeroable = np.r_[np.ones(n_sd, bool), np.zeros(rho.size, bool)]
        self.n_natural = int(self.free.sum())
        self.links = outer
        pair = outer * q + self.inner
        if structure == "GDIAG":
            pair = outer * q
        self._combos, self._combo_of = np.unique(pair, return_inverse=True)
        self._same: list[BoolArray] = []
        self._z: list[FloatArray] = []
        self._a: list[IntArray] = []

    def _sd_and_r(self, eta: FloatArray) -> tuple[FloatArray, FloatArray]:
        n_sd = 1 if self.structure == "UNR" else self.q
        s = np.full(self.q, eta[0]) if n_sd == 1 else eta[: self.q]
        R = np.eye(self.q)
        if self.structure != "GDIAG":
            R[self._r, self._c] = R[self._c, self._r] = eta[n_sd:]
        return s, R

    def matrix(self, eta: FloatArray) -> FloatArray:
        """Return the covariance matrix of the effects, shape (q, q)."""
        if self.cholesky:
            L = np.zeros((self.q, self.q))
            L[self._lr, self._lc] = eta
            return L @ L.T
        s, R = self._sd_and_r(eta)
        return np.asarray(s[:, None] * s[None, :] * R)

    def row_of(self, a: int) -> IntArray:
        """Return where the row of effect `a` of the Cholesky factor is in the parameters."""
        return np.flatnonzero(self._lr == a)

    def bind(self, buckets: Sequence[Bucket]) -> None:
        self._same = [gather_pairs(bucket, self.outer) for bucket in buckets]
        if self.indicator:
            self._a = [gather(bucket, self.inner) for bucket in buckets]
            return
        self._z = [
            np.where(bucket.real[:, :, None], self.Z[np.maximum(bucket.rows, 0)], 0.0)
            for bucket in buckets
        ]

    def add(self, eta: FloatArray, b: int, M: FloatArray) -> bool:
        D = self.matrix(eta)
        if not self.cholesky and self.q > 2 and self.structure != "GDIAG":
            _, R = self._sd_and_r(eta)
            if np.linalg.eigvalsh(R)[0] < -1e-10:
                return False
        if self.indicator:
            a = self._a[b]
            M += np.where(self._same[b], D[a[:, :, None], a[:, None, :]], 0.0)
        else:
            z = self._z[b]
            M += np.where(self._same[b], z @ D @ z.transpose(0, 2, 1), 0.0)
        return True

    def gradient(self, eta: FloatArray, S: Sequence[FloatArray]) -> FloatArray:
        q = self.q
        G = np.zeros((q, q))
        for b, s_b in enumerate(S):
            inside = np.where(self._same[b], s_b, 0.0)
            if self.indicator:
                a = self._a[b]
                cell = a[:, :, None] * q + a[:, None, :]
                G += np.bincount(cell.ravel(), weights=inside.ravel(), minlength=q * q).reshape(
                    q, q
                )
            else:
                z = self._z[b]
                G += np.einsum("bip,bij,bjq->pq", z, inside, z, optimize=True)
        if self.cholesky:
            L = np.zeros((q, q))
            L[self._lr, self._lc] = eta
            return np.asarray(2.0 * (G @ L)[self._lr, self._lc])
        s, R = self._sd_and_r(eta)
        slope = 2.0 * (G * R) @ s
        head = np.array([slope.sum()]) if self.structure == "UNR" else slope
        if self.structure == "GDIAG":
            return head
        return np.asarray(np.r_[head, 2.0 * G[self._r, self._c] * s[self._r] * s[self._c]])

    def natural(self, eta: FloatArray) -> Components:
        if not self.cholesky:
            n_sd = 1 if self.structure == "UNR" else self.q
            rho = np.zeros(1) if self.structure == "GDIAG" else eta[n_sd:].copy()
            return Components(eta[:n_sd] ** 2, rho)
        D = self.matrix(eta)
        variances = np.diagonal(D).copy()
        variances[variances < 1e-300] = 0.0
        scale = np.sqrt(variances[self._r] * variances[self._c])
        with np.errstate(invalid="ignore", divide="ignore"):
            rho = np.where(scale > 0, D[self._r, self._c] / scale, 0.0)
        return Components(variances, np.clip(rho, -1.0, 1.0))

    def internal(self, components: Components) -> FloatArray:
        if not self.cholesky:
            sd = np.sqrt(components.variances)
            return sd if self.structure == "GDIAG" else np.r_[sd, components.correlations]
        sd = np.sqrt(components.variances)
        R = np.eye(self.q)
        R[self._r, self._c] = R[self._c, self._r] = components.correlations
        return _semidefinite_cholesky(sd[:, None] * sd[None, :] * R)[self._lr, self._lc]

    def starts(self, variance: float) -> list[FloatArray]:
        # A slope acts through its column: equal shares of the variance at a typical row.
        size = np.ones(self.q)
        if not self.indicator:
            size = np.sqrt(np.maximum(np.mean(self.Z**2, axis=0), 1e-300))
        sd = np.sqrt(variance) / size
        out = []
        for r in (0.5, 0.0, -0.9 / max(self.q - 1, 1), 0.95):
            R = np.full((self.q, self.q), r)
            np.fill_diagonal(R, 1.0)
            if self.cholesky:
                L = np.linalg.cholesky(R) * sd[:, None]
                out.append(L[self._lr, self._lc])
            else:
                head = sd[:1] if self.structure == "UNR" else sd
                n_rho = self.lower.size - head.size
                out.append(np.r_[head, np.full(n_rho, r)])
        return out[:1] if self.structure == "GDIAG" else out

    def _design_of_effects(self) -> tuple[IntArray, FloatArray]:
        """Return the outer code of every effect and its design row."""
        if self.indicator:
            return self._combos // self.q, np.eye(self.q)[self._combos % self.q]
        n = len(self.outer_labels)
        return np.repeat(np.arange(n), self.q), np.tile(np.eye(self.q), (n, 1))

    def cross(self, eta: FloatArray) -> FloatArray:
        outer, E = self._design_of_effects()
        same = outer[:, None] == self.outer[None, :]
        return np.asarray(same * (E @ self.matrix(eta) @ self.Z.T))

    def prior(self, eta: FloatArray) -> FloatArray:
        _, E = self._design_of_effects()
        return np.asarray(np.einsum("iq,qr,ir->i", E, self.matrix(eta), E))

    def effect_labels(self) -> list[str]:
        outer, E = self._design_of_effects()
        inner = np.argmax(E, axis=1)
        return [
            f"{self.inner_labels[a]} | {self.outer_labels[o]}"
            for a, o in zip(inner, outer, strict=True)
        ]

    def row_variance(self, eta: FloatArray) -> FloatArray:
        return np.asarray(np.einsum("iq,qr,ir->i", self.Z, self.matrix(eta), self.Z))


def _semidefinite_cholesky(A: FloatArray) -> FloatArray:
    """Return a lower-triangular L with ``L L' = A`` for a positive semi-definite A."""
    values, vectors = np.linalg.eigh(A)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    upper = np.linalg.qr(root.T)[1]
    signs = np.where(np.diagonal(upper) < 0, -1.0, 1.0)
    return np.asarray((upper * signs[:, None]).T)
