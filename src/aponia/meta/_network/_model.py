"""A network as a meta-regression.

Contrasts of a study have covariance ``S + tau2 R`` with R one on the diagonal and one half between
contrasts that share an arm (Higgins & Whitehead 1996). Solving ``S w = lambda R w`` for each study
turns them into independent rows with variances ``lambda + tau2``: the network is then an ordinary
meta-regression, and every estimator of tau2, test and likelihood of `pool` applies to it exactly.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

from aponia.meta._inputs import FloatArray
from aponia.meta._network._blocks import Block
from aponia.meta._options import FIXED
from aponia.meta._pool import pool
from aponia.meta._result import PoolResult
from aponia.meta.errors import MetaWarning

__all__ = ["Rows", "fit_rows", "quadratic_forms", "rotate"]


@dataclass(frozen=True)
class Rows:
    """Independent rows of a network.

    Attributes
    ----------
    y, v : ndarray of shape (N,)
        Rotated contrasts; v without tau2.
    X : ndarray of shape (N, T)
        Their treatments (each row sums to zero).
    study : ndarray of shape (N,)
        Number of the block a row belongs to.
    log_scale : float
        Log determinant of the rotation, for likelihoods of the original contrasts.
    original : ndarray of shape (N, T)
        Treatments of the contrasts before the rotation.
    """

    y: FloatArray
    v: FloatArray
    X: FloatArray
    study: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    log_scale: float
    original: FloatArray


def rotate(blocks: Sequence[Block], treatments: Sequence[str]) -> Rows:
    """Turn blocks into independent rows.

    Parameters
    ----------
    blocks : sequence of Block
    treatments : sequence of str
        Order of the columns of X.

    Returns
    -------
    Rows
    """
    position = {t: j for j, t in enumerate(treatments)}
    ys, vs, Xs, studies, originals = [], [], [], [], []
    log_scale = 0.0
    for number, block in enumerate(blocks):
        X = np.zeros((block.y.size, len(position)))
        X[:, [position[t] for t in block.treatments]] = block.C
        values, W = eigh(block.S, block.C @ block.C.T / 2)
        ys.append(W.T @ block.y)
        vs.append(values)
        Xs.append(W.T @ X)
        studies.append(np.full(block.y.size, number))
        originals.append(X)
        log_scale += float(np.linalg.slogdet(W)[1])
    return Rows(
        np.concatenate(ys),
        np.concatenate(vs),
        np.concatenate(Xs),
        np.concatenate(studies),
        log_scale,
        np.concatenate(originals),
    )


def fit_rows(
    rows: Rows,
    X: FloatArray,
    *,
    method: str,
    test: str,
    level: float,
    tau2: float | None = None,
    warn: bool = True,
) -> tuple[PoolResult, str]:
    """Fit the meta-regression of rotated rows on `X`.

    Without a degree of freedom for heterogeneity tau2 is 0 and z is used, with a warning.

    Parameters
    ----------
    rows : Rows
    X : ndarray of shape (N, p)
    method, test, level, tau2
        As in `pool`.
    warn : bool
        Whether to tell that heterogeneity could not be estimated.

    Returns
    -------
    PoolResult
    str
        The method used.
    """
    N, p = X.shape
    if p >= N and (method not in FIXED or test != "z"):
        if warn:
            warnings.warn(
                "as many contrasts as parameters: heterogeneity cannot be estimated, the "
                "common-effect model is used",
                MetaWarning,
                stacklevel=4,
            )
        method, test = "EE", "z"
    result = pool(
        rows.y,
        rows.v,
        moderators=X,
        intercept=False,
        method=method,
        test=test,
        level=level,
        tau2=tau2 if method not in FIXED else None,
    )
    return result, method


def log_likelihoods(
    rows: Rows, X: FloatArray, original: FloatArray, beta: FloatArray, tau2: float
) -> tuple[float, float]:
    """Return the ML and REML log-likelihoods of the contrasts as given (not rotated)."""
    N, p = X.shape
    w = 1 / (rows.v + tau2)
    gap = rows.y - X @ beta
    core = float(-np.log(w).sum() + np.sum(w * gap**2)) - 2 * rows.log_scale
    ml = -0.5 * (N * math.log(2 * math.pi) + core)
    information = float(np.linalg.slogdet((X.T * w) @ X)[1])
    scale = float(np.linalg.slogdet(original.T @ original)[1])
    reml = -0.5 * ((N - p) * math.log(2 * math.pi) + core + information - scale)
    return ml, reml


def quadratic_forms(y: FloatArray, v: FloatArray, X: FloatArray) -> tuple[float, int]:
    """Return the common-effect Q of rows around their fit on `X`, and its degrees of freedom."""
    sw = np.sqrt(1 / v)
    beta, _, rank, _ = np.linalg.lstsq(X * sw[:, None], y * sw, rcond=None)
    return float(np.sum((sw * (y - X @ beta)) ** 2)), int(y.size - rank)
