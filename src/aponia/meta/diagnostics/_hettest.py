"""Is the heterogeneity the same for all studies? One variance a study against one for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aponia.meta._distributions import chi2_sf
from aponia.meta.diagnostics._record import FloatArray, Record
from aponia.meta.diagnostics._refit import need_studies, plain
from aponia.meta.errors import MethodError

if TYPE_CHECKING:
    from aponia.meta._result import PoolResult

__all__ = ["HeteroscedasticityTest", "hettest"]

TESTS = ("score", "LRT", "wald")
_STEPS = 5_000


@dataclass(frozen=True, eq=False)
class HeteroscedasticityTest(Record):
    """Test that the between-study variance is the same for all studies.

    Attributes
    ----------
    statistic, p : float
    df : int
        One less than the number of studies.
    test : {"score", "LRT", "wald"}
    tau2 : ndarray of shape (k,)
        Estimates of the variance of each study in the model with one a study.
    tau2_se : ndarray of shape (k,)
        From the expected information.
    labels : tuple of str
    """

    statistic: float
    p: float
    df: int
    test: str
    tau2: FloatArray
    tau2_se: FloatArray
    labels: tuple[str, ...]

    def _table(self) -> dict[str, Any]:
        return {"study": self.labels, "tau2": self.tau2, "tau2_se": self.tau2_se}

    def summary(self) -> str:
        """Return the test and the variances as text."""
        head = f"{self.test} test: {self.statistic:.4f} on {self.df} df, p = {self.p:.4f}"
        return f"{head}\n{super().summary()}"


def hettest(result: PoolResult, test: str = "score") -> HeteroscedasticityTest:
    """Test whether studies differ in their between-study variance.

    Parameters
    ----------
    result : PoolResult
        Fitted by ML or REML.
    test : {"score", "LRT", "wald"}

    Returns
    -------
    HeteroscedasticityTest

    Raises
    ------
    MethodError
        Unknown test, a location-scale model, or a fit by another method.
    TooFewStudiesError
        Fewer than two studies more than coefficients.

    Notes
    -----
    The model with a variance for every study has as many parameters as studies, so the chi-squared
    approximation is rough; the score test needs only the homogeneous fit and is the least affected.
    """
    plain(result, "hettest")
    if test not in TESTS:
        raise MethodError(f"test={test!r} is not known; use one of {', '.join(TESTS)}")
    if result.method not in ("ML", "REML") or result.weights is not None:
        raise MethodError("hettest needs a model fitted by ML or REML, without weights")
    need_studies(result, "hettest", result.X.shape[1] + 2)
    restricted = result.method == "REML"
    own = _estimate(result, restricted)
    k = result.k
    at_own = _Information(result, own, restricted)
    if test == "score":
        null = _Information(result, np.full(k, result.tau2), restricted)
        statistic = float(null.score @ np.linalg.solve(null.matrix, null.score))
    elif test == "LRT":
        null = _Information(result, np.full(k, result.tau2), restricted)
        statistic = 2.0 * (at_own.loglik - null.loglik)
    else:
        contrast = np.eye(k)[1:] - np.eye(k)[0]
        difference = contrast @ own
        covariance = contrast @ np.linalg.solve(at_own.matrix, contrast.T)
        statistic = float(difference @ np.linalg.solve(covariance, difference))
    se = np.sqrt(np.diagonal(np.linalg.inv(at_own.matrix)))
    p = float(chi2_sf(statistic, k - 1))
    return HeteroscedasticityTest(statistic, p, k - 1, test, own, se, result.labels)


class _Information:
    """Log-likelihood, score and expected information in the variances of the studies."""

    def __init__(self, result: PoolResult, tau2: FloatArray, restricted: bool) -> None:
        X, w = result.X, 1.0 / (result.v + tau2)
        scaled = X * np.sqrt(w)[:, None]
        U, R = np.linalg.qr(scaled)
        root = np.sqrt(w)
        z = root * result.y
        e = z - U @ (U.T @ z)
        projection = np.diag(w) - np.outer(root, root) * (U @ U.T)
        self.q = np.square(U).sum(axis=1) / w
        self.residual = e / root
        py = root * e
        trace = np.diagonal(projection) if restricted else w
        self.score = 0.5 * (np.square(py) - trace)
        self.matrix = 0.5 * (np.square(projection) if restricted else np.diag(np.square(w)))
        value = -np.log(w).sum() + float(e @ e)
        if restricted:
            value += 2.0 * float(np.log(np.abs(np.diagonal(R))).sum())
        self.loglik = -0.5 * value


def _estimate(result: PoolResult, restricted: bool) -> FloatArray:
    """Best of several climbs to the largest (restricted) likelihood with a variance a study.

    At a maximum every variance is the squared residual (plus the variance of the fitted value for
    REML) less the sampling variance, or 0; repeating that never lowers the likelihood (it is an
    expectation-maximisation step taken to its fixed point).
    """
    starts = [np.full(result.k, result.tau2), np.zeros(result.k)]
    starts.append(np.full(result.k, 10.0 * float(result.v.max()) + result.tau2))
    best, best_value = starts[0], -np.inf
    for start in starts:
        tau2 = start
        for _ in range(_STEPS):
            at = _Information(result, tau2, restricted)
            new = np.square(at.residual) - result.v + (at.q if restricted else 0.0)
            new = np.maximum(new, 0.0)
            done = np.abs(new - tau2).max() <= 1e-12 * float((new + result.v).max())
            tau2 = new
            if done:
                break
        value = _Information(result, tau2, restricted).loglik
        if value > best_value + 1e-10:
            best, best_value = tau2, value
    return best
