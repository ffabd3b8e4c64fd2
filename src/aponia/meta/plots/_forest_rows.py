"""The rows of a forest plot: studies, subgroups, summaries."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from aponia.meta._distributions import chi2_sf, critical_value
from aponia.meta._options import FIXED
from aponia.meta.errors import InputError, MetaError, MetaWarning, MethodError

if TYPE_CHECKING:
    from aponia.meta._result import PoolResult

__all__ = ["Row", "Rows", "aligned", "forest_rows"]


@dataclass(slots=True)
class Row:
    """One line of a forest plot.

    Attributes
    ----------
    kind : {"study", "group", "summary", "prediction", "note", "blank"}
    label : str
    est, lower, upper : float
        On the analysis scale; NaN in rows without an estimate.
    weight : float
        Percent, NaN outside studies.
    cells : tuple of str
        Raw numbers.
    fit : tuple of float or None
        Fitted value with its interval (meta-regression).
    """

    kind: str
    label: str
    est: float = float("nan")
    lower: float = float("nan")
    upper: float = float("nan")
    weight: float = float("nan")
    cells: tuple[str, ...] = ()
    fit: tuple[float, float, float] | None = None


@dataclass(slots=True)
class Rows:
    """Rows and the headings of the raw columns."""

    rows: list[Row] = field(default_factory=list)
    headings: tuple[str, ...] = ()


def aligned(result: PoolResult, values: Any, name: str) -> list[Any]:
    """Return one value a study in the fit, from one a study or one a row that was given."""
    items = list(values)
    if len(items) == result.kept.size:
        items = [item for item, keep in zip(items, result.kept, strict=True) if keep]
    if len(items) != result.k:
        raise InputError(
            f"{name} has {len(items)} values, expected one a study ({result.k}) or one a row given "
            f"({result.kept.size})"
        )
    return items


def _order(result: PoolResult, order: Any) -> list[int]:
    if order is None:
        return list(range(result.k))
    if isinstance(order, str):
        keys: dict[str, Callable[[], Any]] = {
            "effect": lambda: result.y,
            "precision": lambda: result.v,
            "label": lambda: [label.casefold() for label in result.labels],
        }
        if order not in keys:
            raise MethodError(f"order={order!r} is not known; use one of {', '.join(keys)}")
        values = list(keys[order]())
    else:
        values = aligned(result, order, "order")
    return sorted(range(result.k), key=lambda i: values[i])


def forest_rows(
    result: PoolResult,
    *,
    subgroups: Any,
    raw: Mapping[str, Sequence[Any]] | None,
    prediction: bool,
    order: Any,
) -> Rows:
    """Build the rows from the top to the bottom."""
    columns = {} if raw is None else {n: aligned(result, v, f"raw[{n!r}]") for n, v in raw.items()}
    index = _order(result, order)
    studies = _studies(result, columns)
    out = Rows(headings=tuple(columns))
    if subgroups is None:
        out.rows = [studies[i] for i in index]
    else:
        if not result.intercept_only:
            raise MethodError("subgroups= needs a model without moderators")
        _add_groups(out, result, studies, index, aligned(result, subgroups, "subgroups"))
    if result.intercept_only:
        out.rows.append(_summary(result, "Pooled effect"))
        if prediction and result.method not in FIXED and result.k > 1:
            out.rows.append(
                Row(
                    "prediction",
                    f"{100 * result.level:g}% prediction interval",
                    float("nan"),
                    result.pi_lower,
                    result.pi_upper,
                )
            )
    return out


def _summary(result: PoolResult, label: str) -> Row:
    return Row(
        "summary",
        label,
        float(result.coef[0]),
        float(result.ci_lower[0]),
        float(result.ci_upper[0]),
    )


def _studies(result: PoolResult, columns: Mapping[str, list[Any]]) -> list[Row]:
    half = critical_value(result.level) * np.sqrt(result.v)
    weights = result.study_weights
    fits: list[tuple[float, float, float] | None] = [None] * result.k
    if not result.intercept_only:
        p = result.predict()
        fits = [
            (float(m), float(a), float(b))
            for m, a, b in zip(p.mean, p.ci_lower, p.ci_upper, strict=True)
        ]
    return [
        Row(
            "study",
            result.labels[i],
            float(result.y[i]),
            float(result.y[i] - half[i]),
            float(result.y[i] + half[i]),
            float(weights[i]),
            tuple(_cell(column[i]) for column in columns.values()),
            fits[i],
        )
        for i in range(result.k)
    ]


def _cell(value: Any) -> str:
    if value is None or value != value:
        return "–"
    if isinstance(value, (float, np.floating)):
        return f"{value:g}".replace("-", "−")
    return str(value)


def _add_groups(
    out: Rows, result: PoolResult, studies: list[Row], index: list[int], groups: list[Any]
) -> None:
    names = [name for name in dict.fromkeys(groups) if name is not None and name == name]
    missing = [i for i in index if groups[i] is None or groups[i] != groups[i]]
    estimates, variances = [], []
    for name in names:
        members = [i for i in index if groups[i] == name]
        out.rows.append(Row("group", str(name)))
        out.rows += [studies[i] for i in members]
        sub = _pool_group(result, members, str(name))
        if len(members) > 1:
            row = _summary(sub, f"Subtotal ({len(members)} studies, I² = {sub.i2:.0f}%)")
            out.rows.append(row)
        out.rows.append(Row("blank", ""))
        estimates.append(float(sub.coef[0]))
        variances.append(float(sub.vcov[0, 0]))
    if missing:
        out.rows.append(Row("group", "(no subgroup given)"))
        out.rows += [studies[i] for i in missing]
        out.rows.append(Row("blank", ""))
    if len(names) > 1 and all(value > 0 for value in variances):
        w = 1.0 / np.array(variances)
        y = np.array(estimates)
        q = float((w * np.square(y - (w * y).sum() / w.sum())).sum())
        p = float(chi2_sf(q, len(names) - 1))
        text = "< 0.001" if p < 0.001 else f"= {p:.3f}"
        out.rows.append(
            Row("note", f"Subgroup differences: Q({len(names) - 1}) = {q:.2f}, p {text}")
        )


def _pool_group(result: PoolResult, members: list[int], name: str) -> PoolResult:
    from aponia.meta._pool import pool

    with warnings.catch_warnings():
        # One study in a group has no degrees of freedom for t: it is shown as it is.
        warnings.simplefilter("ignore", MetaWarning)
        try:
            return pool(
                result.y[members],
                result.v[members],
                method=result.method,
                test=result.test,
                level=result.level,
                weights=None if result.weights is None else result.weights[members],
                tau2=result.options.fixed_tau2,
            )
        except MetaError as error:
            raise type(error)(f"subgroup {name!r}: {error}") from None
