"""A pooled result in words and aligned columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aponia.meta._options import FIXED

if TYPE_CHECKING:
    from aponia.meta._result import PoolResult

__all__ = ["summary"]


def _number(value: float, digits: int = 4) -> str:
    if not np.isfinite(value):
        return "-"
    if value != 0 and (abs(value) >= 1e6 or abs(value) < 0.5 * 10.0**-digits):
        return f"{value:.{digits}g}"
    return f"{value:.{digits}f}"


def _p(value: float) -> str:
    return "-" if np.isnan(value) else "<0.0001" if value < 1e-4 else f"{value:.4f}"


def summary(result: PoolResult) -> str:
    """Return the model, its heterogeneity and the table of coefficients.

    Parameters
    ----------
    result : PoolResult

    Returns
    -------
    str
    """
    fixed = result.method in FIXED
    moderated = not result.intercept_only
    model = (
        "Location-scale model"
        if result.scale is not None
        else ("Fixed-effects" if fixed else "Random-effects")
        + (" meta-regression" if moderated else " model")
    )
    how = "" if fixed else f"; tau2: {result.method}"
    lines = [f"{model} (k = {result.k}{how})"]
    if result.n_dropped:
        lines.append(f"{result.n_dropped} rows with missing values dropped")
    lines.append("")
    residual = "residual " if moderated else ""
    if not fixed and result.scale is None:
        lines.append(
            f"{residual}tau2 = {_number(result.tau2)} (se {_number(result.tau2_se)}), "
            f"tau = {_number(result.tau)}"
        )
    lines.append(f"{residual}I2 = {_number(result.i2, 1)}%, H2 = {_number(result.h2, 2)}")
    if np.isfinite(result.r2):
        lines.append(f"R2 = {_number(result.r2, 1)}%")
    lines.append(
        f"{residual}heterogeneity: Q({result.q_df}) = {_number(result.q)}, p = {_p(result.q_p)}"
    )
    if moderated:
        m, df = result.qm_df
        what = f"F({m}, {df:g})" if df is not None else f"QM({m})"
        lines.append(f"moderators: {what} = {_number(result.qm)}, p = {_p(result.qm_p)}")
    lines += ["", *_table(result.names, result, result)]
    if np.isfinite(result.pi_lower):
        lines += [
            "",
            f"{100 * result.level:g}% prediction interval "
            f"[{_number(result.pi_lower)}, {_number(result.pi_upper)}]",
        ]
    if result.scale is not None:
        lines += [
            "",
            f"Scale ({result.scale.link} link)",
            *_table(result.scale.names, result.scale, result),
        ]
    return "\n".join(lines)


def _table(names: tuple[str, ...], source: object, result: PoolResult) -> list[str]:
    width = max(10, *(len(name) for name in names))
    statistic = "t" if result.df is not None else "z"
    head = ("estimate", "se", statistic, "p", "ci_lower", "ci_upper")
    lines = [" " * width + "".join(f"{title:>11}" for title in head)]
    for j, name in enumerate(names):
        cells = [
            _number(float(getattr(source, "coef")[j])),  # noqa: B009
            _number(float(getattr(source, "se")[j])),  # noqa: B009
            _number(float(getattr(source, "z_or_t")[j])),  # noqa: B009
            _p(float(getattr(source, "p")[j])),  # noqa: B009
            _number(float(getattr(source, "ci_lower")[j])),  # noqa: B009
            _number(float(getattr(source, "ci_upper")[j])),  # noqa: B009
        ]
        lines.append(f"{name:<{width}}" + "".join(f"{cell:>11}" for cell in cells))
    return lines
