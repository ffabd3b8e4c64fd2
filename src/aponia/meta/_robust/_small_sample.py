"""Small-sample tests based on cluster-robust covariance estimates.

Sources: Tipton (2015), Psychol Methods 20:375 (Satterthwaite); Tipton & Pustejovsky (2015), J Educ
Behav Stat 40:604 (approximate Hotelling tests, EDF, EDT); McCaffrey & Bell (2006), Stat Med
25:4081 (saddlepoint); Alexander & Govern (1994), J Educ Stat 19:91.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from aponia.meta._distributions import chi2_sf, f_sf
from aponia.meta._inputs import FloatArray
from aponia.meta._robust._sandwich import Sandwich
from aponia.meta.errors import MethodError

__all__ = ["WALD_TESTS", "RobustWald", "saddlepoint", "satterthwaite", "wald_test"]

WALD_TESTS = ("chi-sq", "Naive-F", "Naive-Fp", "HTA", "HTB", "HTZ", "EDF", "EDT")


@dataclass(frozen=True)
class RobustWald:
    """A test of several linear combinations of coefficients at once.

    Attributes
    ----------
    test : str
    statistic : float
        F.
    delta : float
        Factor on ``Q / q``.
    df1, df2 : float
    p : float
    """

    test: str
    statistic: float
    delta: float
    df1: float
    df2: float
    p: float


def satterthwaite(s: Sandwich, L: FloatArray) -> FloatArray:
    """Return Satterthwaite degrees of freedom of every row of `L`, shape (q,)."""
    out = np.empty(L.shape[0])
    for j, row in enumerate(L):
        P = s.forms(row[None, :])[0, 0]
        trace = float(np.trace(P))
        out[j] = trace**2 / float(np.sum(P * P)) if trace > 0 else np.nan
    return out


def saddlepoint(s: Sandwich, L: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return saddlepoints and two-sided p-values of t statistics, each of shape (q,)."""
    points, p = np.empty(t.size), np.empty(t.size)
    for j, row in enumerate(L):
        P = s.forms(row[None, :])[0, 0]
        weights = np.linalg.eigvalsh(0.5 * (P + P.T))
        weights = np.maximum(weights, 0.0) / float(np.trace(P))
        points[j], p[j] = _tail(weights, float(t[j] ** 2))
    return points, p


def _tail(weights: FloatArray, t2: float) -> tuple[float, float]:
    """P(z0^2 - t2 sum(weights_i z_i^2) > 0), by Lugannani and Rice's formula."""
    from scipy.optimize import brentq

    lam = np.r_[1.0, -t2 * weights]
    lam = lam[lam != 0.0]

    def slope(x: float) -> float:
        return float(np.sum(lam / (1.0 - 2.0 * x * lam)))

    upper = 0.5 / lam.max()
    if lam.min() >= 0:
        return float("nan"), 1.0
    lower = 0.5 / lam.min()
    # The derivative of the cumulant generating function rises from -inf to inf in between.
    gap = upper - lower
    x = float(brentq(slope, lower + 1e-14 * gap, upper - 1e-14 * gap, xtol=1e-15, rtol=1e-14))
    return x, _upper_tail(lam, x)


def _upper_tail(lam: FloatArray, x: float) -> float:
    """Return the tail area at saddlepoint `x`."""
    # Close to the mean the formula is a difference of two poles; as is usual, its limit is taken.
    if abs(x) <= 0.01:
        skew = float(np.sum(lam**3)) / (3.0 * np.sqrt(np.pi) * float(np.sum(lam**2)) ** 1.5)
        return float(0.5 - skew)
    log_terms = np.log1p(-2.0 * x * lam)
    r = np.sign(x) * np.sqrt(float(np.sum(log_terms)))
    u = x * np.sqrt(2.0 * float(np.sum((lam / (1.0 - 2.0 * x * lam)) ** 2)))
    density = np.exp(-0.5 * r * r) / np.sqrt(2.0 * np.pi)
    upper_tail = float(special.ndtr(-r) - density * (1.0 / r - 1.0 / u))
    return min(max(upper_tail, 0.0), 1.0)


def wald_test(s: Sandwich, L: FloatArray, rhs: FloatArray, test: str) -> RobustWald:
    """Test ``L beta = rhs``.

    Parameters
    ----------
    s : Sandwich
    L : ndarray of shape (q, p)
        Independent rows.
    rhs : ndarray of shape (q,)
    test : one of `WALD_TESTS`

    Raises
    ------
    MethodError
    """
    name = {t.lower(): t for t in WALD_TESTS}.get(str(test).lower())
    if name is None:
        raise MethodError(f"test={test!r} is not known; use one of {', '.join(WALD_TESTS)}")
    q = L.shape[0]
    m, p = len(s.working.clusters), s.working.coef.size
    b = L @ s.working.coef - rhs
    V = L @ s.vcov @ L.T
    d = 1.0 / np.sqrt(np.diagonal(V))
    scaled = V * d[:, None] * d[None, :]
    Q = float((d * b) @ np.linalg.solve(scaled, d * b))
    if name == "chi-sq":
        return RobustWald(name, Q / q, 1.0, q, np.inf, float(chi2_sf(Q, q)))
    if name in ("Naive-F", "Naive-Fp"):
        nu = float(m - 1 if name == "Naive-F" else m - p)
        return _f(name, Q, q, 1.0, nu)
    P = s.forms(L)
    omega = np.einsum("stgg->st", P)
    root = _inverse_root(omega)
    if name in ("EDF", "EDT"):
        return _spectral(name, b, V, P, root, q)
    D = np.einsum("as,bt,stgh->abgh", root, root, P, optimize=True)
    # cov(d_st, d_uv) = sum over clusters of P_su P_tv + P_sv P_tu
    pair = np.einsum("sugh,tvgh->sutv", D, D, optimize=True)
    cov = np.einsum("sutv->stuv", pair) + np.einsum("svtu->stuv", pair)
    variance = np.einsum("stst->st", cov)
    if name == "HTZ":
        eta = q * (q + 1) / float(variance.sum())
    elif name == "HTA":
        eta = 2.0 * float(variance.sum()) / float(np.sum(cov * cov))
    else:
        # As HTA over the distinct elements of the matrix and their distinct covariances.
        i, j = np.tril_indices(q)
        distinct = np.tril(cov[i, j][:, i, j])
        eta = 2.0 * float(variance[i, j].sum()) / float(np.sum(distinct * distinct))
    delta = (eta - q + 1.0) / eta
    return _f(name, Q, q, delta, eta - q + 1.0)


def _inverse_root(A: FloatArray) -> FloatArray:
    values, vectors = np.linalg.eigh(0.5 * (A + A.T))
    return np.asarray((vectors / np.sqrt(values)) @ vectors.T)


def _f(name: str, Q: float, q: int, delta: float, nu: float) -> RobustWald:
    statistic = delta * Q / q
    if not nu > 0 or not delta > 0:
        return RobustWald(name, statistic, delta, q, nu, np.nan)
    return RobustWald(name, statistic, delta, q, nu, float(f_sf(statistic, q, nu)))


def _spectral(
    name: str, b: FloatArray, V: FloatArray, P: FloatArray, root: FloatArray, q: int
) -> RobustWald:
    """Fai and Cornelius' test through the eigenvectors of the estimated covariance."""
    values, vectors = np.linalg.eigh(root @ V @ root)
    directions = vectors.T @ root
    t2 = (directions @ b) ** 2 / values
    forms = np.einsum("as,at,stgh->agh", directions, directions, P, optimize=True)
    nu = np.einsum("agg->a", forms) ** 2 / np.einsum("agh,agh->a", forms, forms)
    Q = float(t2.sum())
    if name == "EDT":
        a = nu - 0.5
        bb = 48.0 * a**2
        c = np.sqrt(a * np.log1p(t2 / nu))
        z = (
            c
            + (c**3 + 3.0 * c) / bb
            - (4.0 * c**7 + 33.0 * c**5 + 240.0 * c**3 + 855.0 * c)
            / (10.0 * bb**2 + 8.0 * bb * c**4 + 1000.0 * bb)
        )
        total = float(np.sum(z**2))
        return RobustWald(name, total / q, 1.0, q, np.inf, float(chi2_sf(total, q)))
    # The second moment exists above 4 degrees of freedom only.
    nu = np.maximum(nu, 4.1)
    mean = float(np.sum(nu / (nu - 2.0)))
    variance = float(np.sum(2.0 * nu**2 * (nu - 1.0) / ((nu - 2.0) ** 2 * (nu - 4.0))))
    ratio = variance / mean**2
    df2 = (4.0 * ratio * q + 2.0 * q - 4.0) / (ratio * q - 2.0)
    return _f(name, Q, q, q * df2 / ((df2 - 2.0) * mean), df2)
