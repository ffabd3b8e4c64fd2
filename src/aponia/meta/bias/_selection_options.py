"""Reading the options of `selection_model`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from aponia.meta._inputs import FloatArray, column
from aponia.meta.bias._studies import Studies
from aponia.meta.errors import InputError, MethodError, TooFewStudiesError

__all__ = ["read_cutpoints", "read_imprecision", "read_subset"]


def read_cutpoints(kind: str, steps: Sequence[float] | float | None) -> tuple[float, ...]:
    """Sort and check the cutpoints."""
    if steps is None:
        return (0.025,) if kind == "stepfun" else ()
    values = sorted(float(s) for s in np.atleast_1d(np.asarray(steps, dtype=np.float64)))
    if kind == "truncest":
        raise MethodError("type='truncest' estimates the cutpoint: leave steps out")
    if not all(math.isfinite(s) for s in values):
        raise InputError("steps must be finite")
    if kind != "trunc" and not all(0 < s <= 1 for s in values):
        raise InputError(f"steps are p-values between 0 and 1, found {values}")
    if len(set(values)) != len(values):
        raise InputError(f"steps must differ, found {values}")
    if kind not in ("trunc", "stepfun") and any(s == 1 for s in values):
        raise InputError("a threshold must be below 1")
    return tuple(values)


def read_subset(subset: Any, studies: Studies, data: Any) -> np.ndarray:
    """Read which studies are under selection, as booleans over the studies in the fit."""
    if subset is None:
        return np.ones(studies.k, dtype=bool)
    rows = column(subset, data, name="subset") if isinstance(subset, str) else np.asarray(subset)
    if rows.dtype != bool:
        if rows.size not in (studies.kept.size, studies.k) or not np.isin(rows, (0, 1)).all():
            index = rows.astype(int)
            rows = np.zeros(studies.kept.size, dtype=bool)
            rows[index] = True
        else:
            rows = rows.astype(bool)
    if rows.size == studies.kept.size:
        rows = rows[studies.kept]
    if rows.size != studies.k:
        raise InputError(f"subset has {rows.size} entries, expected {studies.kept.size}")
    if not rows.any():
        raise TooFewStudiesError("subset selects no study: there is no selection to model")
    return rows


def read_imprecision(
    precision: str | None, scaled: bool, kind: str, studies: Studies
) -> FloatArray:
    """Read the measure of imprecision that selection depends on; ones when it does not."""
    if precision is None:
        return np.ones(studies.k)
    if kind in ("stepfun", "beta", "trunc", "truncest"):
        raise MethodError(f"precision= does not go with type={kind!r}")
    if precision in ("ninv", "sqrtninv"):
        if studies.ni is None:
            raise InputError(f"precision={precision!r} needs the sample sizes: give ni=")
        prec = 1 / studies.ni
        prec = prec if precision == "ninv" else np.sqrt(prec)
    elif precision in ("sei", "vi"):
        prec = studies.v if precision == "vi" else np.sqrt(studies.v)
    else:
        raise MethodError(f"precision={precision!r}: choose 'sei', 'vi', 'ninv' or 'sqrtninv'")
    return np.asarray(prec / prec.max() if scaled else prec)
