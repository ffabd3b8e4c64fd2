"""`network`: several treatments compared at once."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aponia.meta._distributions import chi2_sf
from aponia.meta._inputs import ColumnLike, FloatArray, column, label_column
from aponia.meta._network._arms import BINARY, CONTINUOUS, RATE, blocks_from_arms
from aponia.meta._network._blocks import Block, blocks_from_contrasts, require_connected
from aponia.meta._network._model import fit_rows, log_likelihoods, quadratic_forms, rotate
from aponia.meta._network._result import NetworkResult
from aponia.meta._options import check_level, check_method, check_test
from aponia.meta.errors import InputError, MethodError

__all__ = ["network"]


def network(
    *,
    study: ColumnLike,
    treat1: ColumnLike | None = None,
    treat2: ColumnLike | None = None,
    y: ColumnLike | None = None,
    v: ColumnLike | None = None,
    se: ColumnLike | None = None,
    V: ArrayLike | None = None,
    n1: ColumnLike | None = None,
    n2: ColumnLike | None = None,
    treatment: ColumnLike | None = None,
    events: ColumnLike | None = None,
    total: ColumnLike | None = None,
    time: ColumnLike | None = None,
    mean: ColumnLike | None = None,
    sd: ColumnLike | None = None,
    n: ColumnLike | None = None,
    measure: str | None = None,
    method: str = "REML",
    test: str = "z",
    level: float = 0.95,
    reference: str | None = None,
    add: float = 0.5,
    tolerance: float = 1e-3,
    data: Any = None,
) -> NetworkResult:
    """Compare several treatments from studies of two or more of them each.

    Parameters
    ----------
    study : array_like of shape (N,) or column name
        Rows with the same label belong to one study.
    treat1, treat2, y, v : array_like of shape (N,) or column name
        Contrasts: effect of treat1 minus treat2 and its sampling variance (`se` may stand for
        `v`). A study of T arms gives all T (T - 1) / 2 contrasts, or T - 1 together with `V`
        or with the arm sizes.
    V : array_like of shape (N, N), optional
        Covariance of the contrasts.
    n1, n2 : array_like of shape (N,) or column name, optional
        Arm sizes of treat1 and treat2: contrasts of a study that share an arm then have the
        correlation ``sqrt(n_a / (n_a + n_s) * n_b / (n_b + n_s))``.
    treatment, events, total, time, mean, sd, n : array_like of shape (N,) or column name
        Arms instead of contrasts, one row an arm: events and total (OR, RR, RD), events and
        person-time (IRR, IRD), or mean, SD and number (MD, SMD, ROM).
    measure : str, optional
        Needed with arms; by default OR, IRR or MD after the columns given. With contrasts a mere
        label.
    method : str
        Estimator of the common heterogeneity variance as in `pool` (REML, ML, DL, PM, …; EE, FE
        or CE for none). DL is the generalised moment estimator of Jackson et al. (2012).
    test : {"z", "t", "knha", "adhoc"}
    level : float
    reference : str, optional
        Treatment that the others are compared with; by default the one in most studies (the
        first by name among equals).
    add : float
        Continuity correction of arms of a study with a zero cell.
    tolerance : float
        Largest disagreement allowed between redundant contrasts of a study.
    data : data frame, optional
        Where column names are looked up.

    Returns
    -------
    NetworkResult

    Raises
    ------
    InputError
        Missing or contradictory columns; contrasts of a multi-arm study without covariance.
    DisconnectedNetworkError
        Parts of the network that no study links (an `InputError`).
    VarianceError
        Variances that are not positive or do not fit together.
    TooFewStudiesError
        No comparison is left.
    MethodError
        Unknown options.

    Notes
    -----
    Generalised least squares under consistency, with one heterogeneity variance tau2 for
    all contrasts and correlation one half between contrasts that share an arm (Higgins &
    Whitehead 1996; Lu & Ades 2004). With two treatments it is `pool`.

    Examples
    --------
    >>> fit = network(study=[1, 2, 3], treat1=["A", "B", "A"], treat2=["B", "C", "C"],
    ...               y=[1.0, 1.0, 2.0], v=[0.1, 0.1, 0.1], method="EE", reference="C")
    >>> [round(float(x), 6) for x in fit.coef]
    [2.0, 1.0]
    """
    method, test, level = check_method(method), check_test(test), check_level(level)
    if not (np.isfinite(add) and add >= 0):
        raise InputError(f"add must be a number of at least 0, found {add!r}")
    labels = label_column(study, data, name="study")
    size = labels.size
    arms = {"events": events, "total": total, "time": time, "mean": mean, "sd": sd, "n": n}
    given = {k: value for k, value in arms.items() if value is not None}
    left_out: list[str] = []
    if treatment is not None:
        if any(x is not None for x in (treat1, treat2, y, v, se, V)):
            raise InputError("give arms (treatment=) or contrasts (treat1=, treat2=), not both")
        columns = {k: column(x, data, name=k, length=size) for k, x in given.items()}
        measure = _arm_measure(measure, columns)
        name = label_column(treatment, data, name="treatment", length=size)
        _named(name, "treatment")
        blocks, left_out = blocks_from_arms(labels, name, columns, measure, float(add))
    else:
        if given:
            raise InputError(f"{', '.join(given)} describe arms: give treatment= too")
        blocks = _contrasts(
            labels, treat1, treat2, y, v, se, V, n1, n2, float(tolerance), data, size
        )
    require_connected(blocks)
    return _fit(blocks, method, test, level, reference, measure, left_out)


def _named(values: NDArray[np.object_], what: str) -> None:
    for value in values:
        if value is None or value != value:
            raise InputError(f"{what} has a missing name")


def _arm_measure(measure: str | None, columns: dict[str, FloatArray]) -> str:
    needs = {
        **dict.fromkeys(BINARY, ("events", "total")),
        **dict.fromkeys(RATE, ("events", "time")),
        **dict.fromkeys(CONTINUOUS, ("mean", "sd", "n")),
    }
    if measure is None:
        for candidate in ("OR", "IRR", "MD"):
            if set(needs[candidate]) == set(columns):
                return candidate
        raise InputError("give events and total, events and time, or mean, sd and n")
    if measure not in needs:
        raise MethodError(f"measure must be one of {', '.join(needs)}, found {measure!r}")
    missing = [c for c in needs[measure] if c not in columns]
    if missing:
        raise InputError(f"measure {measure!r} needs {', '.join(m + '=' for m in missing)}")
    for name in [c for c in columns if c not in needs[measure]]:
        del columns[name]
    return measure


def _contrasts(
    labels: NDArray[np.object_],
    treat1: Any,
    treat2: Any,
    y: Any,
    v: Any,
    se: Any,
    V: Any,
    n1: Any,
    n2: Any,
    tolerance: float,
    data: Any,
    size: int,
) -> list[Block]:
    if treat1 is None or treat2 is None or y is None:
        raise InputError("give treat1=, treat2= and y= (contrasts), or treatment= (arms)")
    if sum(x is not None for x in (v, se, V)) != 1:
        raise InputError("give exactly one of v=, se= and V=")
    first = label_column(treat1, data, name="treat1", length=size)
    second = label_column(treat2, data, name="treat2", length=size)
    _named(first, "treat1")
    _named(second, "treat2")
    effect = column(y, data, name="y", length=size)
    variance = None
    if v is not None:
        variance = column(v, data, name="v", length=size)
    elif se is not None:
        variance = column(se, data, name="se", length=size) ** 2
    matrix = None
    if V is not None:
        matrix = np.array(V, dtype=np.float64)
        if matrix.shape != (size, size):
            raise InputError(f"V has shape {matrix.shape}, expected ({size}, {size})")
        apart = labels[:, None] != labels[None, :]
        if (matrix[apart] != 0).any():
            raise InputError("V must be zero between contrasts of different studies")
    sizes = [
        None if x is None else column(x, data, name=what, length=size)
        for x, what in ((n1, "n1"), (n2, "n2"))
    ]
    return blocks_from_contrasts(
        labels, first, second, effect, variance, matrix, sizes[0], sizes[1], tolerance
    )


def _fit(
    blocks: Sequence[Block],
    method: str,
    test: str,
    level: float,
    reference: str | None,
    measure: str | None,
    left_out: Sequence[str],
) -> NetworkResult:
    counts = Counter(t for b in blocks for t in b.treatments)
    if reference is None:
        reference = min(counts, key=lambda t: (-counts[t], t))
    elif str(reference) not in counts:
        raise InputError(f"reference {reference!r} is not a treatment: {', '.join(sorted(counts))}")
    reference = str(reference)
    treatments = (reference, *sorted(t for t in counts if t != reference))
    rows = rotate(blocks, treatments)
    X = rows.X[:, 1:]
    fit, used = fit_rows(rows, X, method=method, test=test, level=level)
    ml, reml = log_likelihoods(rows, X, rows.original[:, 1:], fit.coef, fit.tau2)
    N, p = X.shape
    criterion = "ML" if fit.fit_method == "ML" else "REML"
    loglik = ml if criterion == "ML" else reml
    rows_used = N if criterion == "ML" else N - p
    parameters = p + (1 if used not in ("FE", "EE", "CE") else 0)
    corrected = max(rows_used, parameters + 2)
    q, q_df = quadratic_forms(rows.y, rows.v, X)
    edges = Counter(
        pair for b in blocks for pair in itertools.combinations(sorted(b.treatments), 2)
    )
    return NetworkResult(
        treatments,
        reference,
        treatments[1:],
        fit.coef,
        fit.se,
        fit.ci_lower,
        fit.ci_upper,
        fit.z_or_t,
        fit.p,
        fit.vcov,
        fit.df,
        fit.tau2,
        fit.tau2_se,
        q,
        q_df,
        float(chi2_sf(q, q_df)),
        max(0.0, 100 * (q - q_df) / q) if q_df > 0 and q > 0 else 0.0,
        q / q_df if q_df > 0 else 1.0,
        fit.qm,
        fit.qm_df,
        fit.qm_p,
        loglik,
        ml,
        reml,
        -2 * loglik + 2 * parameters,
        -2 * loglik + parameters * float(np.log(max(rows_used, 1))),
        -2 * loglik + 2 * parameters * corrected / (corrected - parameters - 1),
        criterion,
        len(blocks),
        N,
        sum(len(b.treatments) for b in blocks),
        used,
        test if used == method else "z",
        level,
        measure,
        tuple(left_out),
        tuple((a, b, c) for (a, b), c in sorted(edges.items())),
        _blocks=tuple(blocks),
    )
