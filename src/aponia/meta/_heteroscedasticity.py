"""Is the heterogeneity the same for all studies? Tests of one tau2 against one tau2 a study."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aponia.meta._distributions import chi2_sf
from aponia.meta._inputs import ColumnLike
from aponia.meta._pool import pool
from aponia.meta.errors import MethodError, TooFewStudiesError, VarianceError
from aponia.meta.kernels.estimate import centre
from aponia.meta.kernels.likelihood import log_likelihood
from aponia.meta.kernels.projection import project

__all__ = ["HeteroscedasticityTest", "heteroscedasticity_test"]

FloatArray = NDArray[np.float64]
TESTS = ("score", "LRT", "Wald")
_MAX_STEPS = 100_000


@dataclass(frozen=True, slots=True)
class HeteroscedasticityTest:
    """Result of `heteroscedasticity_test`.

    Attributes
    ----------
    statistic : float
        Chi-squared with `df` degrees of freedom when all tau2 are equal and studies are many.
    df : int
    p : float
    test : {"score", "LRT", "Wald"}
    tau2, tau2_se : ndarray of shape (k,)
        Estimates with a parameter a study.
    common_tau2 : float
        REML estimate with one parameter.
    """

    statistic: float
    df: int
    p: float
    test: str
    tau2: FloatArray = field(repr=False)
    tau2_se: FloatArray = field(repr=False)
    common_tau2: float

    def summary(self) -> str:
        """Describe the test in text."""
        return (
            f"{self.test} test that all studies share one tau2 ({self.common_tau2:.4g}): "
            f"chi2({self.df}) = {self.statistic:.4f}, p = {self.p:.4g}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe lists and numbers."""
        from aponia.meta._result import json_safe

        safe: dict[str, Any] = json_safe({name: getattr(self, name) for name in self.__slots__})
        return safe


def heteroscedasticity_test(
    y: ColumnLike,
    v: ColumnLike | None = None,
    *,
    moderators: Any = None,
    data: Any = None,
    test: str = "score",
) -> HeteroscedasticityTest:
    """Test whether the between-study variance is the same in all studies.

    Parameters
    ----------
    y, v, moderators, data
        As for `aponia.meta.pool`.
    test : {"score", "LRT", "Wald"}
        From the restricted likelihood, with expected information.

    Returns
    -------
    HeteroscedasticityTest

    Raises
    ------
    MethodError
        Unknown test.
    TooFewStudiesError
        The variances of single studies are not identified.
    VarianceError
        A sampling variance is zero.

    Notes
    -----
    All three refer to a chi-squared distribution that holds only roughly, for there are as many
    parameters as studies; the score test asks least of it.

    References
    ----------
    Viechtbauer W, Lopez-Lopez JA (2022). Research Synthesis Methods 13:697-715.
    """
    found = {name.upper(): name for name in TESTS}.get(test.upper())
    if found is None:
        raise MethodError(f"test={test!r} is not known; use one of {', '.join(TESTS)}")
    fit = pool(y, v, moderators=moderators, data=data, method="REML")
    k, p = fit.X.shape
    if (k - p) * (k - p + 1) < 2 * k:
        raise TooFewStudiesError(f"{k} studies and {p} coefficients do not identify {k} variances")
    if (fit.v == 0).any():
        raise VarianceError("a sampling variance is zero")
    effects = centre(fit.y[None], fit.v[None], fit.X[None])[0]
    own = _own_variances(effects, fit.v, fit.X)
    information, score = _information(effects, fit.v + own, fit.X)
    covariance = np.linalg.inv(information)
    if found == "score":
        information, score = _information(effects, fit.v + fit.tau2, fit.X)
        statistic = float(score @ np.linalg.solve(information, score))
        # The score of the common tau2 is zero inside the parameter space, negative at tau2 = 0.
        statistic -= float(score.sum() ** 2 / information.sum())
    elif found == "LRT":
        values = [
            log_likelihood(effects[None], m[None], fit.X[None], np.zeros(1), restricted=True)[0]
            for m in (fit.v + own, fit.v + fit.tau2)
        ]
        statistic = 2.0 * float(values[0] - values[1])
    else:
        contrasts = np.diff(np.eye(k), axis=0)
        difference = contrasts @ own
        middle = contrasts @ covariance @ contrasts.T
        statistic = float(difference @ np.linalg.solve(middle, difference))
    return HeteroscedasticityTest(
        statistic=statistic,
        df=k - 1,
        p=float(chi2_sf(statistic, k - 1)),
        test=found,
        tau2=own,
        tau2_se=np.sqrt(np.diag(covariance)),
        common_tau2=fit.tau2,
    )


def _information(y: FloatArray, m: FloatArray, X: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return P o P / 2 and ((Py)^2 - P_ii) / 2: expected information and score of k variances."""
    a = project(y, 1.0 / m, X)
    root = np.sqrt(a.w)
    P = np.diag(a.w) - (root[:, None] * a.U) @ (root[:, None] * a.U).T
    return 0.5 * np.square(P), 0.5 * (np.square(a.py) - a.w * a.g)


def _own_variances(y: FloatArray, v: FloatArray, X: FloatArray) -> FloatArray:
    """Maximise the restricted likelihood in one tau2 >= 0 a study, by the EM algorithm.

    Given the others, the best total variance of a study is its squared residual plus the variance
    of its fitted value, or v if that is larger.
    """
    m = np.maximum(np.square(y), v)
    for _ in range(_MAX_STEPS):
        a = project(y, 1.0 / m, X)
        new = np.maximum(np.square(m * a.py) + m * a.h, v)
        change = np.abs(new - m).max()
        m = new
        if change <= 1e-14 * m.max():
            break
    return np.asarray(m - v)
