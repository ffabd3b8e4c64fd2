"""Do direct and indirect evidence agree? Decomposition of Q, interaction model, node splitting."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from aponia.meta._distributions import chi2_sf, critical_value, two_sided_p
from aponia.meta._inputs import FloatArray
from aponia.meta._network._blocks import Block
from aponia.meta._network._model import Rows, fit_rows, quadratic_forms, rotate
from aponia.meta._options import FIXED
from aponia.meta._result import json_safe

__all__ = ["Inconsistency", "NodeSplit", "inconsistency", "node_split"]


@dataclass(frozen=True)
class Inconsistency:
    """Design-by-treatment decomposition of Q and the interaction test.

    Attributes
    ----------
    q, q_df, q_p : float
        Whole network (common-effect weights): heterogeneity plus inconsistency.
    q_within, q_within_df, q_within_p : float
        Heterogeneity within designs.
    q_between, q_between_df, q_between_p : float
        Inconsistency between designs.
    designs : tuple of str
        Treatments joined by ``" : "``.
    design_q : ndarray of shape (D,)
        Heterogeneity of each design.
    design_df : ndarray of shape (D,)
    wald, wald_df, wald_p : float
        Design-by-treatment interaction test with the tau2 of the interaction model.
    tau2_interaction : float
        Heterogeneity left when designs may disagree.
    """

    q: float
    q_df: int
    q_p: float
    q_within: float
    q_within_df: int
    q_within_p: float
    q_between: float
    q_between_df: int
    q_between_p: float
    designs: tuple[str, ...]
    design_q: FloatArray
    design_df: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    wald: float
    wald_df: int
    wald_p: float
    tau2_interaction: float

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-safe lists and numbers."""
        return dict(json_safe(vars(self)))

    def summary(self) -> str:
        """Return the decomposition as text."""
        return "\n".join(
            [
                f"total          Q({self.q_df}) = {self.q:.3f}, p = {self.q_p:.4g}",
                f"within designs Q({self.q_within_df}) = {self.q_within:.3f}, "
                f"p = {self.q_within_p:.4g}",
                f"between        Q({self.q_between_df}) = {self.q_between:.3f}, "
                f"p = {self.q_between_p:.4g}",
                f"interaction    W({self.wald_df}) = {self.wald:.3f}, p = {self.wald_p:.4g}, "
                f"tau2 = {self.tau2_interaction:.4f}",
            ]
        )


def inconsistency(blocks: Sequence[Block], treatments: Sequence[str], method: str) -> Inconsistency:
    """Decompose Q (Krahn et al. 2013) and test the interaction (Higgins et al. 2012).

    Parameters
    ----------
    blocks : sequence of Block
    treatments : sequence of str
    method : str
        Estimator of tau2 in the interaction model.

    Returns
    -------
    Inconsistency
    """
    rows = rotate(blocks, treatments)
    q, q_df = quadratic_forms(rows.y, rows.v, rows.X)
    designs: dict[tuple[str, ...], list[int]] = {}
    for number, block in enumerate(blocks):
        designs.setdefault(block.treatments, []).append(number)
    design_q: list[float] = []
    design_df: list[int] = []
    pieces: list[_Piece] = []
    own: list[FloatArray] = []
    for treatment_set, members in designs.items():
        use = np.isin(rows.study, members)
        columns = [treatments.index(t) for t in treatment_set[1:]]
        X = rows.X[use][:, columns]
        value, df = quadratic_forms(rows.y[use], rows.v[use], X)
        # Rounding leaves 1e-30 where a design is one study.
        design_q.append(value if df > 0 else 0.0)
        design_df.append(df)
        pieces.append((use, X))
        link = np.zeros((len(columns), len(treatments)))
        link[np.arange(len(columns)), columns] = 1
        link[:, treatments.index(treatment_set[0])] = -1
        own.append(link)
    within, within_df = float(sum(design_q)), int(sum(design_df))
    between_df = q_df - within_df
    between = max(q - within, 0.0) if between_df > 0 else 0.0
    if between_df > 0:
        tau2 = _interaction_tau2(rows, pieces, design_df, method)
        wald = _interaction_wald(rows, pieces, np.vstack(own)[:, 1:], tau2)
    else:
        wald = tau2 = 0.0
    return Inconsistency(
        q,
        q_df,
        float(chi2_sf(q, q_df)),
        within,
        within_df,
        float(chi2_sf(within, within_df)),
        between,
        between_df,
        float(chi2_sf(between, between_df)),
        tuple(" : ".join(d) for d in designs),
        np.array(design_q),
        np.array(design_df, dtype=np.int64),
        wald,
        between_df,
        float(chi2_sf(wald, between_df)),
        tau2,
    )


_Piece: TypeAlias = tuple[NDArray[np.bool_], FloatArray]


def _interaction_tau2(
    rows: Rows, pieces: Sequence[_Piece], df: Sequence[int], method: str
) -> float:
    """Return tau2 when every design has effects of its own.

    A design of one study is fitted exactly and says nothing about tau2, but in the ML likelihood,
    where it enters through its variance alone.
    """
    used = [piece for piece, d in zip(pieces, df, strict=True) if d > 0 or method == "ML"]
    if method in FIXED or not any(d > 0 for d in df):
        return 0.0
    every = np.any([use for use, _ in used], axis=0)
    X = np.zeros((rows.y.size, sum(x.shape[1] for _, x in used)))
    at = 0
    for use, x in used:
        X[use, at : at + x.shape[1]] = x
        at += x.shape[1]
    part = Rows(rows.y[every], rows.v[every], X[every], rows.study[every], 0.0, X[every])
    return fit_rows(part, X[every], method=method, test="z", level=0.95, warn=False)[0].tau2


def _interaction_wald(
    rows: Rows, pieces: Sequence[_Piece], links: FloatArray, tau2: float
) -> float:
    """Return the Wald statistic of ``effects of the designs = links @ treatment effects``."""
    w = 1 / (rows.v + tau2)
    p = links.shape[1]
    A, b, total = np.zeros((p, p)), np.zeros(p), 0.0
    at = 0
    for use, x in pieces:
        W = (x.T * w[use]) @ x
        effect = np.linalg.solve(W, (x.T * w[use]) @ rows.y[use])
        L = links[at : at + x.shape[1]]
        at += x.shape[1]
        A += L.T @ W @ L
        b += L.T @ W @ effect
        total += float(effect @ W @ effect)
    return max(total - float(b @ np.linalg.solve(A, b)), 0.0)


@dataclass(frozen=True)
class NodeSplit:
    """Direct against indirect evidence, one comparison an entry.

    Attributes
    ----------
    treat1, treat2 : tuple of str
        Effects are treat1 minus treat2.
    k : ndarray of shape (m,)
        Studies that compare them directly.
    direct, direct_se, indirect, indirect_se, network, network_se : ndarray of shape (m,)
    difference, difference_se, ci_lower, ci_upper, z, p : ndarray of shape (m,)
        Direct minus indirect.
    tau2 : ndarray of shape (m,)
        Heterogeneity of the split model.
    proportion_direct : ndarray of shape (m,)
        Share of direct evidence in precision.
    """

    treat1: tuple[str, ...]
    treat2: tuple[str, ...]
    k: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    direct: FloatArray
    direct_se: FloatArray
    indirect: FloatArray
    indirect_se: FloatArray
    network: FloatArray
    network_se: FloatArray
    difference: FloatArray
    difference_se: FloatArray
    ci_lower: FloatArray
    ci_upper: FloatArray
    z: FloatArray
    p: FloatArray
    tau2: FloatArray
    proportion_direct: FloatArray

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-safe lists and numbers."""
        return dict(json_safe(vars(self)))

    def summary(self) -> str:
        """Return the table as text."""
        lines = ["comparison: direct | indirect | difference (p)"]
        for i, (a, b) in enumerate(zip(self.treat1, self.treat2, strict=True)):
            lines.append(
                f"{a} - {b}: {self.direct[i]:.4f} | {self.indirect[i]:.4f} | "
                f"{self.difference[i]:.4f} ({self.p[i]:.4g})"
            )
        return "\n".join(lines)


def node_split(
    blocks: Sequence[Block],
    treatments: Sequence[str],
    *,
    method: str,
    level: float,
    tau2: float | None,
    estimates: FloatArray,
    errors: FloatArray,
) -> NodeSplit:
    """Split every comparison that has direct and indirect evidence.

    A parameter is added that separates studies with both treatments from the rest; in
    multi-arm studies it moves both arms by half (White 2015, the symmetric version). Comparisons
    whose only loop is one multi-arm study have no indirect evidence.

    Parameters
    ----------
    blocks : sequence of Block
    treatments : sequence of str
    method : str
    level : float
    tau2 : float or None
        Keep this heterogeneity; None estimates it anew in each split.
    estimates, errors : ndarray of shape (T, T)
        Network estimates (row minus column) and standard errors.

    Returns
    -------
    NodeSplit
    """
    rows = rotate(blocks, treatments)
    base = rows.X[:, 1:]
    found: list[tuple[Any, ...]] = []
    crit = critical_value(level)
    for i, j in itertools.combinations(range(len(treatments)), 2):
        a, b = treatments[i], treatments[j]
        direct = [n for n, block in enumerate(blocks) if {a, b} <= set(block.treatments)]
        if not direct:
            continue
        use = np.isin(rows.study, direct)
        extra = np.where(use, 0.5 * (rows.X[:, i] - rows.X[:, j]), 0.0)
        X = np.column_stack([base, extra])
        if np.linalg.matrix_rank(X) < X.shape[1]:
            continue
        fit, _ = fit_rows(rows, X, method=method, test="z", level=level, tau2=tau2, warn=False)
        contrast = np.zeros(X.shape[1])
        if i > 0:
            contrast[i - 1] += 1
        if j > 0:
            contrast[j - 1] -= 1
        whole = contrast.copy()
        whole[-1] = 1
        unit = np.eye(X.shape[1])[-1]
        values = []
        for c in (whole, contrast, unit):
            values += [float(c @ fit.coef), float(np.sqrt(c @ fit.vcov @ c))]
        dse, indse, diff, diffse = values[1], values[3], values[4], values[5]
        share = (1 / dse**2) / (1 / dse**2 + 1 / indse**2)
        z = diff / diffse
        found.append(
            (
                a,
                b,
                len(direct),
                *values[:4],
                float(estimates[i, j]),
                float(errors[i, j]),
                diff,
                diffse,
                diff - crit * diffse,
                diff + crit * diffse,
                z,
                float(two_sided_p(z)),
                fit.tau2,
                share,
            )
        )
    columns = list(zip(*found, strict=True)) if found else [()] * 17
    numbers = [np.array(c, dtype=np.float64) for c in columns[3:]]
    return NodeSplit(
        tuple(columns[0]), tuple(columns[1]), np.array(columns[2], dtype=np.int64), *numbers
    )
