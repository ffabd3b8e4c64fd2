"""Cluster-robust covariance estimators CR0 to CR3 and the distribution of their quadratic forms.

Sources: Bell & McCaffrey (2002), Survey Methodology 28:169; Tipton (2015), Psychol Methods
20:375; Pustejovsky & Tipton (2018), J Bus Econ Stat 36:672.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aponia.meta._inputs import FloatArray
from aponia.meta._robust._working import Cluster, Working
from aponia.meta.errors import MethodError

__all__ = ["KINDS", "Sandwich", "sandwich"]

KINDS = ("CR0", "CR1", "CR1p", "CR1S", "CR2", "CR3")


@dataclass(frozen=True)
class Sandwich:
    """A robust covariance matrix and what its distribution needs.

    Attributes
    ----------
    kind : str
    vcov : ndarray of shape (p, p)
    working : Working
    influence : tuple of ndarray, each of shape (n_g, p), or None
        ``A_g' W_g X_g (X'WX)^-1``: what multiplies the residuals of a cluster.
    """

    kind: str
    vcov: FloatArray
    working: Working
    influence: tuple[FloatArray, ...] | None

    def forms(self, L: FloatArray) -> FloatArray:
        """Return the quadratic forms of ``L vcov L'`` under the working model.

        Parameters
        ----------
        L : ndarray of shape (q, p)

        Returns
        -------
        ndarray of shape (q, q, m, m)
            Element (s, t, g, h): the covariance of the contributions of clusters g and h to
            contrasts s and t.
        """
        if self.influence is None:
            raise MethodError(
                "a random effect reaches over several clusters: small-sample degrees of freedom "
                "need clusters that contain the random effects; cluster at the higher level, or "
                "use test='naive-tp'"
            )
        w = self.working
        q, m = L.shape[0], len(w.clusters)
        p = w.coef.size
        u = np.empty((m, q, p))
        v = np.empty((m, q, p))
        own = np.empty((q, q, m))
        for g, (cluster, influence) in enumerate(zip(w.clusters, self.influence, strict=True)):
            assert cluster.M is not None
            a = influence @ L.T
            u[g] = a.T @ cluster.X
            Ma = cluster.M @ a
            own[:, :, g] = a.T @ Ma
            v[g] = Ma.T @ cluster.WX
        uB = u @ w.bread
        cross = np.einsum("gsp,htp->stgh", uB, v, optimize=True)
        if w.inverse:
            out = -np.einsum("gsp,htp->stgh", uB, u, optimize=True)
        else:
            swapped = np.einsum("gsp,htp->stgh", v, uB, optimize=True)
            both = np.einsum("gsp,pr,htr->stgh", uB, w.meat, uB, optimize=True)
            out = both - cross - swapped
        at = np.arange(m)
        out[:, :, at, at] += own
        return np.asarray(out)


def sandwich(working: Working, kind: str) -> Sandwich:
    """Return a robust covariance estimate.

    Parameters
    ----------
    working : Working
    kind : {"CR0", "CR1", "CR1p", "CR1S", "CR2", "CR3"}
        CR0 without correction; CR1 times ``m / (m - 1)``; CR1p times ``m / (m - p)``; CR1S
        times ``m (k - 1) / ((m - 1) (k - p))``; CR2 unbiased under the working model; CR3
        (approximately) the jackknife.

    Raises
    ------
    MethodError
        Unknown kind, or random effects that reach over clusters for CR2 and CR3.
    """
    name = {k.upper(): k for k in KINDS}.get(str(kind).upper())
    if kind in KINDS:  # CR1p and CR1S differ from others in more than case
        name = kind
    if name is None:
        raise MethodError(f"kind={kind!r} is not known; use one of {', '.join(KINDS)}")
    m, p, k = len(working.clusters), working.coef.size, working.k
    factor = 1.0
    if name == "CR1":
        factor = m / (m - 1)
    elif name == "CR1p":
        if m <= p:
            raise MethodError(f"CR1p needs more clusters than coefficients, found {m} and {p}")
        factor = m / (m - p)
    elif name == "CR1S":
        if k <= p:
            raise MethodError("CR1S needs more rows than coefficients")
        factor = m * (k - 1) / ((m - 1) * (k - p))
    nested = all(c.W is not None for c in working.clusters)
    if name in ("CR2", "CR3") and not nested:
        raise MethodError(
            f"{name} needs clusters that contain the random effects; cluster at the higher level "
            "or use CR0, CR1 or CR1p"
        )
    influence = []
    scores = np.empty((m, p))
    root = np.sqrt(factor)
    for g, cluster in enumerate(working.clusters):
        if name == "CR2":
            E = _cr2(cluster, working)
        elif name == "CR3":
            E = _cr3(cluster, working)
        else:
            E = root * cluster.WX
        influence.append(E @ working.bread)
        scores[g] = E.T @ cluster.e
    vcov = working.bread @ (scores.T @ scores) @ working.bread
    return Sandwich(name, 0.5 * (vcov + vcov.T), working, tuple(influence) if nested else None)


def _leftover(cluster: Cluster, working: Working) -> FloatArray:
    """Return the working covariance of the residuals of a cluster."""
    assert cluster.M is not None
    XB = cluster.X @ working.bread
    if working.inverse:
        return np.asarray(cluster.M - XB @ cluster.X.T)
    half = XB @ (cluster.WX.T @ cluster.M)
    return np.asarray(cluster.M - half - half.T + XB @ working.meat @ XB.T)


def _cr2(cluster: Cluster, working: Working) -> FloatArray:
    """Return ``A_g' W_g X_g`` of the bias-reduced linearisation, shape (n, p)."""
    assert cluster.M is not None
    try:
        D = np.linalg.cholesky(cluster.M).T
    except np.linalg.LinAlgError:
        raise MethodError("CR2 needs a positive definite working covariance") from None
    inner = D @ _leftover(cluster, working) @ D.T
    values, vectors = np.linalg.eigh(0.5 * (inner + inner.T))
    # Directions that the coefficients fit exactly have no residual: a pseudo-inverse.
    kept = values > 1e-12 * values[-1]
    power = (vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T
    A = D.T @ power @ D
    return np.asarray(A.T @ cluster.WX)


def _cr3(cluster: Cluster, working: Working) -> FloatArray:
    """Return ``(I - H_gg)^-T W_g X_g``, shape (n, p)."""
    n = cluster.e.size
    H = cluster.X @ working.bread @ cluster.WX.T
    try:
        A = np.linalg.inv(np.eye(n) - H)
    except np.linalg.LinAlgError:
        A = np.linalg.pinv(np.eye(n) - H)
    return np.asarray(A.T @ cluster.WX)
