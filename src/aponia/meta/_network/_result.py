"""Result of a network meta-analysis."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from aponia.meta._distributions import critical_value, two_sided_p
from aponia.meta._inputs import FloatArray
from aponia.meta._network._blocks import Block
from aponia.meta._network._inconsistency import (
    Inconsistency,
    NodeSplit,
    inconsistency,
    node_split,
)
from aponia.meta._result import json_safe
from aponia.meta.errors import InputError

__all__ = ["LeagueTable", "NetworkResult"]


@dataclass(frozen=True)
class LeagueTable:
    """Every treatment against every other: entry (i, j) is treatment i minus treatment j.

    Attributes
    ----------
    treatments : tuple of str
    estimate, se, ci_lower, ci_upper, p, pi_lower, pi_upper : ndarray of shape (T, T)
        The diagonal is 0 (p is 1). Exponentiated where asked for (``se`` never is).
    """

    treatments: tuple[str, ...]
    estimate: FloatArray
    se: FloatArray
    ci_lower: FloatArray
    ci_upper: FloatArray
    p: FloatArray
    pi_lower: FloatArray
    pi_upper: FloatArray

    def to_frame(self, digits: int = 2) -> Any:
        """Return a pandas frame of texts such as ``"0.50 (0.30 to 0.70)"``."""
        import pandas as pd

        T = len(self.treatments)
        cells = [
            [
                self.treatments[i]
                if i == j
                else f"{self.estimate[i, j]:.{digits}f} ({self.ci_lower[i, j]:.{digits}f} to "
                f"{self.ci_upper[i, j]:.{digits}f})"
                for j in range(T)
            ]
            for i in range(T)
        ]
        return pd.DataFrame(cells, index=list(self.treatments), columns=list(self.treatments))

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-safe lists."""
        return dict(json_safe(vars(self)))


@dataclass(frozen=True)
class NetworkResult:
    """Effects of treatments from direct and indirect comparisons together.

    Attributes
    ----------
    treatments : tuple of str
        The reference first, the others sorted.
    reference : str
    names : tuple of str
        Treatments of `coef`: all but the reference.
    coef, se, ci_lower, ci_upper, z_or_t, p : ndarray of shape (T - 1,)
        Effects against the reference.
    vcov : ndarray of shape (T - 1, T - 1)
    df : float or None
        Degrees of freedom of t, None for z.
    tau2, tau2_se : float
        Common heterogeneity variance of all contrasts.
    q, q_df, q_p : float
        Heterogeneity and inconsistency together (common-effect weights).
    i2, h2 : float
        From `q`; I2 in percent.
    qm, qm_df, qm_p
        Test that no treatment differs from the reference.
    loglik, aic, bic, aicc : float
        Of the criterion `fit_method` (REML unless the method is ML).
    k, n_contrasts, n_arms : int
        Studies, independent contrasts, arms.
    method, test, level, measure
        As used.
    left_out : tuple of str
        Studies that carry no comparison.
    edges : tuple of (str, str, int)
        Direct comparisons and the number of studies that make them.
    """

    treatments: tuple[str, ...]
    reference: str
    names: tuple[str, ...]
    coef: FloatArray
    se: FloatArray
    ci_lower: FloatArray
    ci_upper: FloatArray
    z_or_t: FloatArray
    p: FloatArray
    vcov: FloatArray
    df: float | None
    tau2: float
    tau2_se: float
    q: float
    q_df: int
    q_p: float
    i2: float
    h2: float
    qm: float
    qm_df: tuple[int, float | None]
    qm_p: float
    loglik: float
    loglik_ml: float
    loglik_reml: float
    aic: float
    bic: float
    aicc: float
    fit_method: str
    k: int
    n_contrasts: int
    n_arms: int
    method: str
    test: str
    level: float
    measure: str | None
    left_out: tuple[str, ...]
    edges: tuple[tuple[str, str, int], ...]
    converged: bool = True
    _blocks: tuple[Block, ...] = field(repr=False, kw_only=True)

    @property
    def tau(self) -> float:
        """Between-study standard deviation."""
        return float(np.sqrt(self.tau2))

    @property
    def log_scale(self) -> bool:
        """Whether effects are logarithms of ratios (known from arm-level measures only)."""
        return self.measure in ("OR", "RR", "IRR", "ROM")

    def _pairwise(self) -> tuple[FloatArray, FloatArray]:
        d = np.concatenate([[0.0], self.coef])
        V = np.zeros((d.size, d.size))
        V[1:, 1:] = self.vcov
        estimate = d[:, None] - d[None, :]
        var = np.diag(V)[:, None] + np.diag(V)[None, :] - 2 * V
        np.fill_diagonal(var, 0.0)
        return estimate, np.sqrt(np.maximum(var, 0.0))

    def compare(self, treat1: str, treat2: str) -> dict[str, float]:
        """Return one comparison, treat1 minus treat2.

        Parameters
        ----------
        treat1, treat2 : str

        Returns
        -------
        dict
            ``estimate se ci_lower ci_upper p pi_lower pi_upper``.

        Raises
        ------
        InputError
            A treatment that is not in the network.
        """
        for name in (treat1, treat2):
            if name not in self.treatments:
                raise InputError(f"{name!r} is not in the network: {', '.join(self.treatments)}")
        i, j = self.treatments.index(treat1), self.treatments.index(treat2)
        table = self.league_table()
        fields = ("estimate", "se", "ci_lower", "ci_upper", "p", "pi_lower", "pi_upper")
        return {f: float(getattr(table, f)[i, j]) for f in fields}

    def league_table(self, *, exponentiate: bool = False) -> LeagueTable:
        """Return all pairwise comparisons with confidence and prediction intervals.

        Prediction intervals use ``se² + tau2`` and the same critical value as the confidence
        intervals.

        Parameters
        ----------
        exponentiate : bool
            Return ratios (the diagonal is then 1).

        Returns
        -------
        LeagueTable
        """
        estimate, se = self._pairwise()
        crit = critical_value(self.level, self.df)
        off = ~np.eye(se.shape[0], dtype=np.bool_)
        p = np.ones_like(se)
        p[off] = two_sided_p(estimate[off] / se[off], self.df)
        wide = np.where(off, np.sqrt(se**2 + self.tau2), 0.0)
        f = np.exp if exponentiate else np.asarray
        return LeagueTable(
            self.treatments,
            f(estimate),
            se,
            f(estimate - crit * se),
            f(estimate + crit * se),
            p,
            f(estimate - crit * wide),
            f(estimate + crit * wide),
        )

    def p_scores(self, small_values: Literal["desirable", "undesirable"]) -> dict[str, float]:
        """Return P-scores (Rücker & Schwarzer 2015): mean certainty of being better.

        Parameters
        ----------
        small_values : {"desirable", "undesirable"}
            Whether a smaller effect is better; there is no default because a wrong guess turns
            the ranking upside down.

        Returns
        -------
        dict
            Treatment to P-score, best first.
        """
        sign = self._direction(small_values)
        estimate, se = self._pairwise()
        T = se.shape[0]
        off = ~np.eye(T, dtype=np.bool_)
        better = np.zeros((T, T))
        better[off] = ndtr(sign * estimate[off] / se[off])
        score = better.sum(axis=1) / (T - 1)
        order = np.argsort(-score, kind="stable")
        return {self.treatments[i]: float(score[i]) for i in order}

    def rank_probabilities(
        self,
        small_values: Literal["desirable", "undesirable"],
        *,
        samples: int = 100_000,
        seed: int = 0,
    ) -> tuple[tuple[str, ...], FloatArray]:
        """Return the probability of each rank, by simulation of the estimates.

        Parameters
        ----------
        small_values : {"desirable", "undesirable"}
        samples : int
        seed : int

        Returns
        -------
        treatments : tuple of str
        probability : ndarray of shape (T, T)
            Row a treatment, column a rank (best first).
        """
        sign = self._direction(small_values)
        rng = np.random.default_rng(seed)
        draws = np.zeros((samples, len(self.treatments)))
        draws[:, 1:] = rng.multivariate_normal(self.coef, self.vcov, size=samples, method="eigh")
        rank = np.argsort(np.argsort(-sign * draws, axis=1), axis=1)
        T = len(self.treatments)
        counts = np.array([np.bincount(rank[:, t], minlength=T) for t in range(T)])
        return self.treatments, counts / samples

    @staticmethod
    def _direction(small_values: str) -> int:
        if small_values not in ("desirable", "undesirable"):
            raise InputError(
                f"small_values must be 'desirable' or 'undesirable', found {small_values!r}"
            )
        return -1 if small_values == "desirable" else 1

    def inconsistency(self) -> Inconsistency:
        """Return the design-by-treatment decomposition of Q and the interaction test."""
        return inconsistency(self._blocks, self.treatments, self.method)

    def node_split(self, *, tau2: Literal["refit", "network"] = "refit") -> NodeSplit:
        """Compare direct with indirect evidence, comparison by comparison.

        Parameters
        ----------
        tau2 : {"refit", "network"}
            Estimate the heterogeneity anew in each split model, or keep that of the network.

        Returns
        -------
        NodeSplit
            Empty when no comparison has both.
        """
        if tau2 not in ("refit", "network"):
            raise InputError(f"tau2 must be 'refit' or 'network', found {tau2!r}")
        estimate, se = self._pairwise()
        return node_split(
            self._blocks,
            self.treatments,
            method=self.method,
            level=self.level,
            tau2=self.tau2 if tau2 == "network" else None,
            estimates=estimate,
            errors=se,
        )

    def adjacency(self) -> NDArray[np.int64]:
        """Return the number of studies that compare each pair, of shape (T, T)."""
        T = len(self.treatments)
        out = np.zeros((T, T), dtype=np.int64)
        for a, b, count in self.edges:
            i, j = self.treatments.index(a), self.treatments.index(b)
            out[i, j] = out[j, i] = count
        return out

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-safe lists and numbers, the league table included."""
        own = {k: v for k, v in vars(self).items() if not k.startswith("_")}
        own["league_table"] = self.league_table().to_dict()
        return dict(json_safe(own))

    def summary(self) -> str:
        """Return the result as text."""
        letter = "z" if self.df is None else "t"
        lines = [
            f"Network meta-analysis ({self.method}): {len(self.treatments)} treatments, "
            f"{self.k} studies, {self.n_arms} arms",
            f"against {self.reference}"
            + (
                f" (log {self.measure})"
                if self.log_scale
                else f" ({self.measure})" * bool(self.measure)
            )
            + ":",
        ]
        for j, name in enumerate(self.names):
            lines.append(
                f"  {name}: {self.coef[j]:.4f} (se {self.se[j]:.4f}), {100 * self.level:g}% CI "
                f"{self.ci_lower[j]:.4f} to {self.ci_upper[j]:.4f}, {letter} = "
                f"{self.z_or_t[j]:.3f}, p = {self.p[j]:.4g}"
            )
        lines.append(
            f"tau2 = {self.tau2:.4f}; Q({self.q_df}) = {self.q:.3f}, p = {self.q_p:.4g}, "
            f"I2 = {self.i2:.1f}%"
        )
        return "\n".join(lines)
