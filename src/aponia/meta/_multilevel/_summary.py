"""A printed summary of a multilevel model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aponia.meta._multilevel._terms import InterceptTerm

if TYPE_CHECKING:
    from aponia.meta._multilevel._result import MultilevelResult

__all__ = ["summary"]


def _p(value: float) -> str:
    if np.isnan(value):
        return "-"
    return "<0.0001" if value < 1e-4 else f"{value:.4f}"


def summary(r: MultilevelResult) -> str:
    """Return the text of `MultilevelResult.summary`."""
    lines = [
        f"Multilevel meta-analysis: {r.k} effects, method {r.method}",
        f"log-likelihood {r.loglik:.4f}   AIC {r.aic:.4f}   BIC {r.bic:.4f}   AICc {r.aicc:.4f}",
        "",
        "Variance components",
    ]
    n = 0
    for term in r._state.terms:
        if isinstance(term, InterceptTerm):
            known = "" if term.free[0] else "  (fixed)"
            lines.append(
                f"  sigma2.{n + 1:<3d} {r.sigma2[n]:>10.4f}  sd {np.sqrt(r.sigma2[n]):.4f}  "
                f"{len(term.levels)} levels of {term.name}{known}"
            )
            n += 1
    for names, values, levels in (
        (("tau2", "rho"), (r.tau2, r.rho), r.tau2_levels),
        (("gamma2", "phi"), (r.gamma2, r.phi), r.gamma2_levels),
    ):
        for i, value in enumerate(values[0]):
            label = levels[i] if values[0].size == len(levels) and values[0].size > 1 else ""
            lines.append(f"  {names[0]}.{i + 1:<5d} {value:>10.4f}  {label}")
        for i, value in enumerate(values[1]):
            lines.append(f"  {names[1]}.{i + 1:<6d} {value:>10.4f}")
    if len(lines) == 4:
        lines.append("  none")
    if np.isfinite(r.q):
        lines += ["", f"Heterogeneity: Q({r.q_df}) = {r.q:.4f}, p {_p(r.q_p)}"]
    kind = "t" if r.test == "t" else "z"
    lines += ["", f"{'':24s}{'estimate':>10s}{'se':>10s}{kind:>10s}{'p':>10s}   interval"]
    for j, name in enumerate(r.names):
        lines.append(
            f"{name[:24]:24s}{r.coef[j]:>10.4f}{r.se[j]:>10.4f}{r.z_or_t[j]:>10.4f}"
            f"{_p(float(r.p[j])):>10s}   {r.ci_lower[j]:.4f} to {r.ci_upper[j]:.4f}"
        )
    if len(r.names) > 1:
        label = (
            f"F({r.qm_df[0]}, {r.qm_df[1]:.4g})" if r.qm_df[1] is not None else f"QM({r.qm_df[0]})"
        )
        lines.append(f"Moderators: {label} = {r.qm:.4f}, p {_p(r.qm_p)}")
    if r.n_dropped:
        lines.append(f"{r.n_dropped} rows with missing values were left out")
    return "\n".join(lines)
