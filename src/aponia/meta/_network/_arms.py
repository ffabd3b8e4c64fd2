"""Arms to contrasts: effects against the first arm of a study, with their covariance."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from aponia.meta._inputs import FloatArray
from aponia.meta._network._blocks import Block, check_covariance, warn
from aponia.meta.errors import InputError, TooFewStudiesError

__all__ = ["BINARY", "CONTINUOUS", "RATE", "blocks_from_arms"]

BINARY = ("OR", "RR", "RD")
RATE = ("IRR", "IRD")
CONTINUOUS = ("MD", "SMD", "ROM")


def blocks_from_arms(
    study: NDArray[np.object_],
    treatment: NDArray[np.object_],
    columns: dict[str, FloatArray],
    measure: str,
    add: float,
) -> tuple[list[Block], list[str]]:
    """Build the blocks from arm-level data.

    Parameters
    ----------
    study, treatment : ndarray of shape (N,)
    columns : dict
        ``events total``, ``events time`` or ``mean sd n``.
    measure : {"OR", "RR", "RD", "IRR", "IRD", "MD", "SMD", "ROM"}
    add : float
        Added to every arm of a study in which a cell is zero (log measures: for the estimate;
        RD and IRD: too, so that no variance is zero).

    Returns
    -------
    blocks : list of Block
    left_out : list of str
        Studies without events (or only events) in every arm, or with one arm.

    Raises
    ------
    InputError
        Negative counts, events above totals, a treatment twice in a study.
    """
    keep = np.all([np.isfinite(c) for c in columns.values()], axis=0)
    if not keep.all():
        warn(f"{int((~keep).sum())} of {keep.size} arms are incomplete and were left out")
    blocks, left_out = [], []
    for name in dict.fromkeys(study):
        rows = np.flatnonzero((study == name) & keep)
        labels = [str(treatment[i]) for i in rows]
        if len(set(labels)) < len(labels):
            raise InputError(f"study {name} has the same treatment in two arms: merge them first")
        if len(labels) < 2:
            left_out.append(str(name))
            continue
        rows = rows[np.argsort(labels, kind="stable")]
        arms = {key: value[rows] for key, value in columns.items()}
        made = _MAKERS[measure](str(name), arms, measure, add)
        if made is None:
            left_out.append(str(name))
            continue
        y, S = made
        check_covariance(S, str(name))
        T = rows.size
        C = np.hstack([-np.ones((T - 1, 1)), np.eye(T - 1)])
        blocks.append(Block(str(name), tuple(sorted(labels)), C, y, S))
    if left_out:
        warn(
            f"{len(left_out)} studies carry no comparison (one arm, or no events in any arm) and "
            f"were left out: {', '.join(left_out)}"
        )
    if not blocks:
        raise TooFewStudiesError("no study compares two treatments")
    return blocks, left_out


def _against_first(effect: FloatArray, var: FloatArray) -> tuple[FloatArray, FloatArray]:
    return effect[1:] - effect[0], np.diag(var[1:]) + var[0]


def _binary(
    name: str, arms: dict[str, FloatArray], measure: str, add: float
) -> tuple[FloatArray, FloatArray] | None:
    x, n = arms["events"], arms["total"]
    if (x < 0).any() or (x > n).any() or (n <= 0).any():
        raise InputError(f"study {name}: need 0 <= events <= total and total > 0")
    if (x == 0).all() or (x == n).all():
        return None
    if ((x == 0) | (x == n)).any():
        x, n = x + add, n + 2 * add
    if measure != "RD" and ((x == 0).any() or (measure == "OR" and (x == n).any())):
        raise InputError(f"study {name}: a zero cell needs add > 0 for measure {measure!r}")
    if measure == "OR":
        return _against_first(np.log(x / (n - x)), 1 / x + 1 / (n - x))
    if measure == "RR":
        return _against_first(np.log(x / n), 1 / x - 1 / n)
    p = x / n
    return _against_first(p, p * (1 - p) / n)


def _rate(
    name: str, arms: dict[str, FloatArray], measure: str, add: float
) -> tuple[FloatArray, FloatArray] | None:
    x, t = arms["events"], arms["time"]
    if (x < 0).any() or (t <= 0).any():
        raise InputError(f"study {name}: need events >= 0 and time > 0")
    if (x == 0).all():
        return None
    if (x == 0).any():
        x = x + add
    if measure == "IRR":
        if (x == 0).any():
            raise InputError(f"study {name}: a zero cell needs add > 0 for measure 'IRR'")
        return _against_first(np.log(x / t), 1 / x)
    return _against_first(x / t, x / t**2)


def _continuous(
    name: str, arms: dict[str, FloatArray], measure: str, add: float
) -> tuple[FloatArray, FloatArray]:
    del add
    mean, sd, n = arms["mean"], arms["sd"], arms["n"]
    if (sd <= 0).any() or (n < 2).any():
        raise InputError(f"study {name}: need sd > 0 and n >= 2 in every arm")
    if measure == "MD":
        return _against_first(mean, sd**2 / n)
    if measure == "ROM":
        if (mean <= 0).any() and (mean >= 0).any():
            raise InputError(f"study {name}: a ratio of means needs means of one sign, not zero")
        return _against_first(np.log(np.abs(mean)), sd**2 / (n * mean**2))
    df = float(n.sum() - n.size)
    pooled = float(np.sqrt(np.sum((n - 1) * sd**2) / df))
    exact = float(np.exp(gammaln(df / 2) - np.log(np.sqrt(df / 2)) - gammaln((df - 1) / 2)))
    d = exact * (mean[1:] - mean[0]) / pooled
    # Gleser & Olkin (2009), eq. 19.19: all arms share the pooled SD and the first arm.
    S = np.diag(1 / n[1:]) + 1 / n[0] + np.outer(d, d) / (2 * n.sum())
    return d, S


_Maker = Callable[[str, dict[str, FloatArray], str, float], tuple[FloatArray, FloatArray] | None]
_MAKERS: dict[str, _Maker] = {
    **dict.fromkeys(BINARY, _binary),
    **dict.fromkeys(RATE, _rate),
    **dict.fromkeys(CONTINUOUS, _continuous),
}
