"""Multivariate random-effects model of study blocks: ``y_i ~ N(X_i b, S_i + Z_i Psi Z_i')``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from aponia.meta._inputs import FloatArray
from aponia.meta.errors import ConvergenceError, SingularDesignError, VarianceError

__all__ = ["MixedFit", "StudyBlock", "fit_mixed"]


@dataclass(frozen=True)
class StudyBlock:
    """Contrasts of one study: `y` (n,), covariance `S` (n, n), transformed doses `X` (n, p)."""

    study: str
    y: FloatArray
    S: FloatArray
    X: FloatArray


@dataclass(frozen=True)
class MixedFit:
    """Optimum of the model.

    Attributes
    ----------
    coef : ndarray of shape (p,)
    vcov, psi : ndarray of shape (p, p)
    loglik : float
        Of the criterion (ML or REML).
    q : float
        Weighted squares around the common-effect fit.
    """

    coef: FloatArray
    vcov: FloatArray
    psi: FloatArray
    loglik: float
    q: float


def fit_mixed(blocks: Sequence[StudyBlock], method: str) -> MixedFit:
    """Fit the pooled curve; random effects on all coefficients, unstructured Psi.

    Parameters
    ----------
    blocks : sequence of StudyBlock
    method : {"REML", "ML", "EE"}

    Returns
    -------
    MixedFit

    Raises
    ------
    SingularDesignError
        The doses do not determine the curve.
    VarianceError
        A covariance is not positive definite.
    ConvergenceError
    """
    p = blocks[0].X.shape[1]
    total = np.zeros((p, p))
    right = np.zeros(p)
    whole = np.concatenate([b.X for b in blocks])
    scale = np.sqrt(np.mean(whole**2, axis=0))
    if (scale == 0).any() or np.linalg.matrix_rank(whole / scale) < p:
        raise SingularDesignError(f"the doses do not determine {p} coefficients of the curve")
    for b in blocks:
        try:
            W = np.linalg.inv(np.linalg.cholesky(b.S))
        except np.linalg.LinAlgError:
            raise VarianceError(
                f"study {b.study}: the covariance of its contrasts is not positive definite"
            ) from None
        U, u = W @ b.X, W @ b.y
        total += U.T @ U
        right += U.T @ u
    common: FloatArray = np.asarray(np.linalg.solve(total, right), dtype=np.float64)
    spread: FloatArray = np.asarray(np.linalg.inv(total), dtype=np.float64)
    q = sum(float((b.y - b.X @ common) @ np.linalg.solve(b.S, b.y - b.X @ common)) for b in blocks)
    if method == "EE":
        return MixedFit(common, spread, np.zeros((p, p)), _loglik(blocks, common), q)
    # One study's share of the common-effect standard error is the natural unit of Psi.
    unit = np.sqrt(np.diag(spread) * len(blocks))
    scaled = [StudyBlock(b.study, b.y, b.S, b.X * unit) for b in blocks]
    L = _maximise(scaled, p, method)
    value, _, beta, information = _criterion(scaled, L, method)
    psi = L @ L.T
    outer = np.outer(unit, unit)
    shift = 0.0
    if method == "REML":
        # The criterion holds log |X'WX| of the scaled columns; undo the scaling, and take the
        # likelihood of error contrasts, which does not depend on the units of the dose.
        shift = float(np.log(unit).sum() + np.linalg.slogdet(whole.T @ whole)[1] / 2)
    return MixedFit(beta * unit, np.linalg.inv(information) * outer, psi * outer, value + shift, q)


def _loglik(blocks: Sequence[StudyBlock], beta: FloatArray) -> float:
    out = 0.0
    for b in blocks:
        gap = b.y - b.X @ beta
        logdet = float(np.linalg.slogdet(b.S)[1])
        quad = float(gap @ np.linalg.solve(b.S, gap))
        out -= 0.5 * (gap.size * math.log(2 * math.pi) + logdet + quad)
    return out


def _criterion(
    blocks: Sequence[StudyBlock], L: FloatArray, method: str
) -> tuple[float, FloatArray, FloatArray, FloatArray]:
    """Return log-likelihood, its gradient in the lower triangle of L, beta and X'WX."""
    p = L.shape[0]
    psi = L @ L.T
    information = np.zeros((p, p))
    right = np.zeros(p)
    parts = []
    value = 0.0
    n = 0
    for b in blocks:
        V = b.S + b.X @ psi @ b.X.T
        C = np.linalg.cholesky(V)
        U = np.linalg.solve(C, b.X)
        u = np.linalg.solve(C, b.y)
        information += U.T @ U
        right += U.T @ u
        value -= float(np.log(np.diag(C)).sum())
        n += b.y.size
        parts.append((U, u))
    beta = np.asarray(np.linalg.solve(information, right), dtype=np.float64)
    inverse = np.linalg.inv(information)
    G = np.zeros((p, p))
    for U, u in parts:
        gap = u - U @ beta
        value -= 0.5 * float(gap @ gap)
        own = U.T @ U
        score = U.T @ gap
        G += 0.5 * (np.outer(score, score) - own)
        if method == "REML":
            G += 0.5 * own @ inverse @ own
    if method == "REML":
        value -= 0.5 * float(np.linalg.slogdet(information)[1])
        n -= p
    value -= 0.5 * n * math.log(2 * math.pi)
    return value, np.asarray(np.tril(2 * G @ L)), beta, information


def _maximise(blocks: Sequence[StudyBlock], p: int, method: str) -> FloatArray:
    """Return the Cholesky factor of Psi at the best optimum over several starts."""
    rows, cols = np.tril_indices(p)

    def build(x: FloatArray) -> FloatArray:
        L = np.zeros((p, p))
        L[rows, cols] = x
        return L

    def target(x: FloatArray) -> tuple[float, FloatArray]:
        value, gradient, _, _ = _criterion(blocks, build(x), method)
        return -value, -gradient[rows, cols]

    best_value, best = math.inf, np.zeros(rows.size)
    for size in (0.3, 1.0, 3.0):
        start = np.where(rows == cols, size, 0.0)
        found = minimize(target, start, jac=True, method="BFGS", options={"gtol": 1e-9})
        x = _polish(target, found.x)
        value = target(x)[0]
        if value < best_value - 1e-12:
            best_value, best = value, x
    if target(np.zeros(rows.size))[0] <= best_value + 1e-10:
        return np.zeros((p, p))
    if float(np.abs(target(best)[1]).max()) > 1e-5:
        raise ConvergenceError("the between-study covariance did not converge")
    return build(best)


def _polish(target: object, x: FloatArray) -> FloatArray:
    """Take Newton steps with a differenced Hessian until the gradient is at rounding."""
    assert callable(target)
    value, gradient = target(x)
    for _ in range(20):
        if float(np.abs(gradient).max()) < 1e-11:
            break
        h = 1e-5
        H = np.array(
            [(target(x + h * e)[1] - target(x - h * e)[1]) / (2 * h) for e in np.eye(x.size)]
        )
        H = (H + H.T) / 2
        eigenvalue, vector = np.linalg.eigh(H)
        keep = eigenvalue > 1e-7 * max(float(np.abs(eigenvalue).max()), 1e-300)
        step = vector[:, keep] @ ((vector[:, keep].T @ gradient) / eigenvalue[keep])
        new = x - step
        new_value, new_gradient = target(new)
        if not new_value <= value + 1e-12 * (1 + abs(value)):
            break
        x, value, gradient = new, new_value, new_gradient
    return x
