"""`robust`: cluster-robust tests and intervals of pooled and multilevel models."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from aponia.meta._distributions import critical_value, f_sf, two_sided_p
from aponia.meta._inputs import FloatArray
from aponia.meta._multilevel._inference import tested
from aponia.meta._options import check_level
from aponia.meta._result import json_safe as plain
from aponia.meta._robust._sandwich import Sandwich, sandwich
from aponia.meta._robust._small_sample import (
    RobustWald,
    saddlepoint,
    satterthwaite,
    wald_test,
)
from aponia.meta._robust._working import working_model
from aponia.meta.errors import InputError, MethodError, TooFewStudiesError

__all__ = ["CoefficientTest", "RobustResult", "robust"]

COEFFICIENT_TESTS = ("Satterthwaite", "z", "naive-t", "naive-tp", "saddlepoint")


@dataclass(frozen=True)
class CoefficientTest:
    """Tests of single coefficients.

    Attributes
    ----------
    test : str
    coef, se, t, df, p : ndarray of shape (p,)
        `df` is NaN for the saddlepoint test, inf for z.
    saddlepoint : ndarray of shape (p,) or None
    """

    test: str
    coef: FloatArray
    se: FloatArray
    t: FloatArray
    df: FloatArray
    p: FloatArray
    saddlepoint: FloatArray | None = None


@dataclass(frozen=True)
class RobustResult:
    """Cluster-robust inference for a fitted model.

    Attributes
    ----------
    coef, se, ci_lower, ci_upper, z_or_t, df, p : ndarray of shape (p,)
    names : tuple of str
    vcov : ndarray of shape (p, p)
    qm, qm_df, qm_p
        Omnibus test of the coefficients `btt`.
    kind, test, level
    btt : tuple of int
    n_clusters : int
    cluster_sizes : ndarray of int
    k : int
    result
        The model the tests are for.
    """

    coef: FloatArray
    se: FloatArray
    ci_lower: FloatArray
    ci_upper: FloatArray
    z_or_t: FloatArray
    df: FloatArray
    p: FloatArray
    names: tuple[str, ...]
    vcov: FloatArray
    qm: float
    qm_df: tuple[int, float | None]
    qm_p: float
    kind: str
    test: str
    level: float
    btt: tuple[int, ...]
    n_clusters: int
    cluster_sizes: FloatArray
    k: int
    result: Any = field(repr=False)
    _sandwich: Sandwich = field(repr=False)

    def coef_test(self, test: str = "Satterthwaite") -> CoefficientTest:
        """Test the coefficients.

        Parameters
        ----------
        test : {"Satterthwaite", "z", "naive-t", "naive-tp", "saddlepoint"}
            naive-t has ``m - 1`` degrees of freedom for m clusters, naive-tp ``m - p``.

        Raises
        ------
        MethodError
        """
        return _coefficients(self._sandwich, test)

    def wald_test(self, constraints: Any, rhs: Any = 0.0, *, test: str = "HTZ") -> RobustWald:
        """Test several linear combinations at once.

        Parameters
        ----------
        constraints : array_like of shape (q, p), or sequence of coefficient positions or names
        rhs : float or array_like of shape (q,)
        test : {"HTZ", "HTA", "HTB", "EDF", "EDT", "chi-sq", "Naive-F", "Naive-Fp"}

        Raises
        ------
        InputError
            Wrong shape, or rows that depend on each other.
        MethodError
        """
        p = self.coef.size
        given = np.asarray(constraints)
        if given.ndim == 1 and given.dtype.kind in "iuOU" and not _is_row(given, p):
            L = np.eye(p)[tested(list(constraints), self.names, False)]
        else:
            L = np.atleast_2d(np.asarray(constraints, dtype=np.float64))
        if L.shape[1] != p:
            raise InputError(f"constraints need {p} columns, found {L.shape[1]}")
        if np.linalg.matrix_rank(L) < L.shape[0]:
            raise InputError("the rows of the constraints depend on each other")
        right = np.asarray(rhs, dtype=np.float64) * np.ones(L.shape[0])
        return wald_test(self._sandwich, L, right, test)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dictionary."""
        hidden = ("result", "_sandwich")
        return {
            name: plain(getattr(self, name))
            for name in self.__dataclass_fields__
            if name not in hidden
        }

    def summary(self) -> str:
        """Return a printed summary."""
        sizes = self.cluster_sizes
        lines = [
            f"Cluster-robust inference ({self.kind}, {self.test}): {self.k} effects in "
            f"{self.n_clusters} clusters of {int(sizes.min())} to {int(sizes.max())}",
            "",
            f"{'':24s}{'estimate':>10s}{'se':>10s}{'t':>10s}{'df':>8s}{'p':>10s}   interval",
        ]
        for j, name in enumerate(self.names):
            p = "<0.0001" if self.p[j] < 1e-4 else f"{self.p[j]:.4f}"
            lines.append(
                f"{name[:24]:24s}{self.coef[j]:>10.4f}{self.se[j]:>10.4f}{self.z_or_t[j]:>10.4f}"
                f"{self.df[j]:>8.2f}{p:>10s}   {self.ci_lower[j]:.4f} to {self.ci_upper[j]:.4f}"
            )
        if self.test == "Satterthwaite" and (self.df < 4).any():
            lines.append("Degrees of freedom below 4: the t approximation is not trustworthy.")
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.summary()


def _is_row(given: Any, p: int) -> bool:
    # A list of p numbers is one row of constraints unless it cannot be anything but positions.
    return (
        given.dtype.kind in "iu" and given.size == p and p > 1 and set(given.tolist()) <= {-1, 0, 1}
    )


def _coefficients(s: Sandwich, test: str) -> CoefficientTest:
    name = {t.lower(): t for t in COEFFICIENT_TESTS}.get(str(test).lower())
    if name is None:
        raise MethodError(f"test={test!r} is not known; use one of {', '.join(COEFFICIENT_TESTS)}")
    w = s.working
    p, m = w.coef.size, len(w.clusters)
    se = np.sqrt(np.diagonal(s.vcov))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = w.coef / se
    points = None
    if name == "saddlepoint":
        points, pval = saddlepoint(s, np.eye(p), t)
        return CoefficientTest(name, w.coef, se, t, np.full(p, np.nan), pval, points)
    if name == "Satterthwaite":
        df = satterthwaite(s, np.eye(p))
    elif name == "z":
        df = np.full(p, np.inf)
    else:
        df = np.full(p, float(m - 1 if name == "naive-t" else m - p))
        if df[0] <= 0:
            raise TooFewStudiesError(
                f"{m} clusters leave no degrees of freedom for {p} coefficients"
            )
    pval = np.array(
        [float(two_sided_p(a, None if np.isinf(d) else d)) for a, d in zip(t, df, strict=True)]
    )
    return CoefficientTest(name, w.coef, se, t, df, pval)


def robust(
    result: Any,
    cluster: Any,
    *,
    kind: str = "CR2",
    test: str | None = None,
    data: Any = None,
    level: float | None = None,
    btt: Any = None,
) -> RobustResult:
    """Compute cluster-robust tests and confidence intervals.

    Parameters
    ----------
    result : PoolResult or MultilevelResult
    cluster : array_like of shape (n,) or column name
        Rows of different clusters are independent; as long as the data given to the model.
    kind : {"CR2", "CR0", "CR1", "CR1p", "CR1S", "CR3"}
        Small-sample correction: CR2 is unbiased when the working model is right. CR1p
        (``m / (m - p)``) is what metafor's ``robust(adjust=TRUE)`` does, CR0 ``adjust=FALSE``.
    test : {"Satterthwaite", "naive-tp", "naive-t", "z"}, optional
        Satterthwaite for CR2 and CR3 (with the approximate Hotelling test HTZ for the
        moderators), else ``m - p`` degrees of freedom.
    data : data frame, optional
    level : float, optional
        Confidence level; that of the model by default.
    btt : sequence of int or str, optional
        Coefficients of the omnibus test.

    Returns
    -------
    RobustResult

    Raises
    ------
    InputError, MethodError, TooFewStudiesError

    References
    ----------
    Hedges LV, Tipton E, Johnson MC (2010). Research Synthesis Methods 1:39-65.
    Tipton E, Pustejovsky JE (2015). Journal of Educational and Behavioral Statistics 40:604-634.
    """
    working = working_model(result, cluster, data)
    s = sandwich(working, kind)
    level = working.level if level is None else check_level(level)
    if test is None:
        test = "Satterthwaite" if s.kind in ("CR2", "CR3") else "naive-tp"
    if str(test).lower() == "saddlepoint":
        raise MethodError("the saddlepoint test has no interval; use .coef_test('saddlepoint')")
    c = _coefficients(s, test)
    critical = np.array(
        [
            np.nan if np.isnan(d) else critical_value(level, None if np.isinf(d) else float(d))
            for d in c.df
        ]
    )
    picked = list(working.btt) if btt is None else tested(btt, working.names, True)
    L = np.eye(working.coef.size)[picked]
    qm, qm_df, qm_p = _omnibus(s, L, c)
    return RobustResult(
        coef=c.coef,
        se=c.se,
        ci_lower=c.coef - critical * c.se,
        ci_upper=c.coef + critical * c.se,
        z_or_t=c.t,
        df=c.df,
        p=c.p,
        names=working.names,
        vcov=s.vcov,
        qm=qm,
        qm_df=qm_df,
        qm_p=qm_p,
        kind=s.kind,
        test=c.test,
        level=level,
        btt=tuple(picked),
        n_clusters=len(working.clusters),
        cluster_sizes=working.sizes.astype(np.float64),
        k=working.k,
        result=result,
        _sandwich=s,
    )


def _omnibus(
    s: Sandwich, L: FloatArray, c: CoefficientTest
) -> tuple[float, tuple[int, float | None], float]:
    q = L.shape[0]
    zero = np.zeros(q)
    m, p = len(s.working.clusters), s.working.coef.size
    try:
        if c.test == "Satterthwaite":
            w = wald_test(s, L, zero, "HTZ")
            return w.statistic, (q, w.df2), w.p
        w = wald_test(s, L, zero, "chi-sq")
    except np.linalg.LinAlgError:
        return np.nan, (q, None), np.nan
    if c.test == "z":
        return w.statistic * q, (q, None), w.p
    nu = float(m - 1 if c.test == "naive-t" else m - p)
    return w.statistic, (q, nu), float(f_sf(w.statistic, q, nu))
