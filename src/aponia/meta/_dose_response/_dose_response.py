"""`dose_response`: pooled dose-response curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from aponia.meta._distributions import chi2_sf, critical_value, two_sided_p
from aponia.meta._dose_response._blocks import Contrasts, from_means, from_ratios
from aponia.meta._dose_response._curve import Curve, make_curve
from aponia.meta._dose_response._mixed import StudyBlock, fit_mixed
from aponia.meta._dose_response._result import DoseResponseResult
from aponia.meta._inputs import ColumnLike, FloatArray, column, label_column
from aponia.meta._options import check_level
from aponia.meta.errors import InputError, MethodError, TooFewStudiesError, VarianceError

__all__ = ["dose_response"]


def dose_response(
    *,
    study: ColumnLike,
    dose: ColumnLike,
    y: ColumnLike | None = None,
    v: ColumnLike | None = None,
    se: ColumnLike | None = None,
    ci_lower: ColumnLike | None = None,
    ci_upper: ColumnLike | None = None,
    cases: ColumnLike | None = None,
    total: ColumnLike | None = None,
    design: Any = None,
    mean: ColumnLike | None = None,
    sd: ColumnLike | None = None,
    n: ColumnLike | None = None,
    measure: Literal["MD", "SMD"] = "MD",
    pooled_sd: bool = True,
    V: ArrayLike | None = None,
    covariance: Literal["GL", "Hamling", "independent"] = "GL",
    shape: Literal["linear", "quadratic", "spline"] = "linear",
    knots: int | Sequence[float] | None = None,
    stages: Literal[1, 2] = 1,
    method: Literal["REML", "ML", "EE", "FE", "CE"] = "REML",
    level: float = 0.95,
    data: Any = None,
) -> DoseResponseResult:
    """Pool dose-response curves from effects at several doses in each study.

    Parameters
    ----------
    study, dose : array_like of shape (N,) or column name
        One row a dose level; rows with the same label are one study.
    y : array_like of shape (N,) or column name
        Log ratio (odds, risk, rate) against the reference dose of the study. The reference row
        has y = 0 and no standard error (0 or missing). Without `y`, crude ratios are made of the
        counts.
    v, se : array_like of shape (N,) or column name
        Sampling variance or standard error of `y`; or
    ci_lower, ci_upper : array_like of shape (N,) or column name
        95% limits of the ratio itself (not its logarithm).
    cases, total : array_like of shape (N,) or column name
        Cases, and people (``cc``: cases and controls; ``ci``) or person-time (``ir``).
    design : str or column name or array_like of shape (N,)
        ``"cc"`` case-control (odds ratios), ``"ci"`` cumulative incidence (risk ratios),
        ``"ir"`` incidence rate (rate ratios), for all studies or row by row.
    mean, sd, n : array_like of shape (N,) or column name
        Continuous outcomes instead: one row an arm; the lowest dose is the reference.
    measure : {"MD", "SMD"}
        Of continuous outcomes.
    pooled_sd : bool
        Whether the arms of a study share one variance (MD).
    V : array_like of shape (N, N), optional
        Covariance of `y` (rows and columns of reference levels are not used).
    covariance : {"GL", "Hamling", "independent"}
        Greenland & Longnecker (1992), Hamling et al. (2008), or none.
    shape : {"linear", "quadratic", "spline"}
        ``"spline"`` is a restricted cubic spline.
    knots : int or sequence of float, optional
        Number of knots (3) at Harrell's percentiles of the doses, or their places.
    stages : {1, 2}
        One model for all contrasts (Crippa et al. 2019), which also takes studies with fewer
        doses than coefficients; or a curve for each study, pooled in a second step.
    method : {"REML", "ML", "EE"}
        With unstructured between-study covariance of the coefficients, or without.
    level : float
    data : data frame, optional
        Where column names are looked up.

    Returns
    -------
    DoseResponseResult

    Raises
    ------
    InputError
        Missing columns, no single reference row in a study, counts that do not fit.
    MethodError
        Unknown option.
    TooFewStudiesError
        No study with two doses; in two stages, a study with too few doses for the curve.
    SingularDesignError, VarianceError, ConvergenceError

    Examples
    --------
    >>> fit = dose_response(study=[1, 1, 1], dose=[0, 1, 2], y=[0, 0.1, 0.2],
    ...                     se=[0, 0.1, 0.1], covariance="independent", method="EE")
    >>> round(float(fit.coef[0]), 6)
    0.1
    """
    level = check_level(level)
    kind = {"REML": "REML", "ML": "ML", "EE": "EE", "FE": "EE", "CE": "EE"}.get(method)
    if kind is None:
        raise MethodError(f"method must be 'REML', 'ML' or 'EE', found {method!r}")
    if stages not in (1, 2):
        raise MethodError(f"stages must be 1 or 2, found {stages!r}")
    if covariance not in ("GL", "Hamling", "independent"):
        raise MethodError(
            f"covariance must be 'GL', 'Hamling' or 'independent', found {covariance!r}"
        )
    labels = label_column(study, data, name="study")
    size = labels.size
    doses = column(dose, data, name="dose", length=size)

    def read(value: Any, name: str) -> FloatArray | None:
        return None if value is None else column(value, data, name=name, length=size)

    if mean is not None:
        if sd is None or n is None or y is not None:
            raise InputError("means need mean=, sd= and n=, and no y=")
        if measure not in ("MD", "SMD"):
            raise MethodError(f"measure must be 'MD' or 'SMD', found {measure!r}")
        found = from_means(
            labels,
            doses,
            column(mean, data, name="mean", length=size),
            column(sd, data, name="sd", length=size),
            column(n, data, name="n", length=size),
            standardised=measure == "SMD",
            pooled_sd=pooled_sd,
        )
        used: str = measure
    else:
        effect = read(y, "y")
        matrix = _matrix(V, size)
        variance = _variance(effect, read(v, "v"), read(se, "se"), matrix)
        if variance is None and ci_lower is not None and ci_upper is not None:
            low, high = read(ci_lower, "ci_lower"), read(ci_upper, "ci_upper")
            variance = _from_limits(low, high)
        if effect is not None and variance is None:
            raise InputError("y= needs se=, v=, V=, or ci_lower= and ci_upper=")
        found = from_ratios(
            labels,
            doses,
            effect,
            variance,
            read(cases, "cases"),
            read(total, "total"),
            _designs(design, data, size),
            covariance,
            matrix,
        )
        used = "given" if V is not None else "exact" if effect is None else covariance
    if not found:
        raise TooFewStudiesError("no study has two doses")
    every = np.concatenate([np.append(c.dose, c.reference) for c in found])
    curve = make_curve(shape, knots, every)
    return _pool(found, curve, kind, stages, used, level)


def _designs(design: Any, data: Any, size: int) -> Any:
    if design is None:
        return None
    known = ("cc", "ci", "ir", "case-control", "cumulative-incidence", "incidence-rate")
    if isinstance(design, str) and design in known:
        return np.full(size, design, dtype=object)
    return label_column(design, data, name="design", length=size)


def _matrix(V: ArrayLike | None, size: int) -> FloatArray | None:
    if V is None:
        return None
    out = np.array(V, dtype=np.float64)
    if out.shape != (size, size):
        raise InputError(f"V has shape {out.shape}, expected ({size}, {size})")
    return out


def _variance(
    y: FloatArray | None, v: FloatArray | None, se: FloatArray | None, V: FloatArray | None
) -> FloatArray | None:
    if y is None:
        return None
    if sum(x is not None for x in (v, se, V)) > 1:
        raise InputError("give only one of v=, se= and V=")
    out = np.diag(V).copy() if V is not None else v if v is not None else None
    if se is not None:
        out = se**2
        if (se < 0).any():
            raise VarianceError("se must not be negative")
    if out is not None and (out < 0).any():
        raise VarianceError("v must not be negative")
    return out


def _from_limits(low: FloatArray | None, high: FloatArray | None) -> FloatArray:
    assert low is not None
    assert high is not None
    ok = np.isfinite(low) & np.isfinite(high)
    if (low[ok] <= 0).any() or (high[ok] < low[ok]).any():
        raise InputError("ci_lower and ci_upper are limits of a ratio: 0 < ci_lower <= ci_upper")
    return np.asarray(((np.log(high) - np.log(low)) / (2 * critical_value(0.95))) ** 2)


def _pool(
    found: Sequence[Contrasts],
    curve: Curve,
    method: str,
    stages: int,
    covariance: str,
    level: float,
) -> DoseResponseResult:
    blocks = [
        StudyBlock(c.study, c.y, c.S, curve(c.dose) - curve(np.array([c.reference]))) for c in found
    ]
    p = len(curve.names)
    n = sum(b.y.size for b in blocks)
    study_coef = study_se = None
    used = blocks
    if stages == 2:
        used = [_own_curve(b, p) for b in blocks]
        study_coef = np.array([b.y for b in used])
        study_se = np.array([np.sqrt(np.diag(b.S)) for b in used])
    if len(blocks) == 1:
        method = "EE"
    fit = fit_mixed(used, method)
    se = np.sqrt(np.diag(fit.vcov))
    z = fit.coef / se
    crit = critical_value(level)
    rows = sum(b.y.size for b in used)
    q_df = rows - p
    q = fit.q if q_df > 0 else 0.0
    qm = float(fit.coef @ np.linalg.solve(fit.vcov, fit.coef))
    nonlinear = nonlinear_p = nonlinear_df = None
    if p > 1:
        nonlinear_df = p - 1
        nonlinear = float(fit.coef[1:] @ np.linalg.solve(fit.vcov[1:, 1:], fit.coef[1:]))
        nonlinear_p = float(chi2_sf(nonlinear, nonlinear_df))
    parameters = p + (p * (p + 1) // 2 if method != "EE" else 0)
    counted = rows - (p if method == "REML" else 0)
    return DoseResponseResult(
        curve,
        curve.names,
        fit.coef,
        se,
        fit.coef - crit * se,
        fit.coef + crit * se,
        z,
        two_sided_p(z),
        fit.vcov,
        fit.psi,
        q,
        q_df,
        float(chi2_sf(q, q_df)),
        max(0.0, 100 * (q - q_df) / q) if q > 0 else 0.0,
        qm,
        (p, None),
        float(chi2_sf(qm, p)),
        nonlinear,
        nonlinear_df,
        nonlinear_p,
        fit.loglik,
        2 * parameters - 2 * fit.loglik,
        parameters * float(np.log(max(counted, 1))) - 2 * fit.loglik,
        len(blocks),
        n,
        method,
        stages,
        covariance,
        level,
        tuple(b.study for b in blocks),
        tuple(c.reference for c in found),
        study_coef,
        study_se,
    )


def _own_curve(block: StudyBlock, p: int) -> StudyBlock:
    """Return the first stage: the curve of one study and its covariance."""
    if block.y.size < p or np.linalg.matrix_rank(block.X) < p:
        raise TooFewStudiesError(
            f"study {block.study} has too few doses for a curve of {p} coefficients: use "
            "stages=1, or leave it out"
        )
    try:
        C = np.linalg.cholesky(block.S)
    except np.linalg.LinAlgError:
        raise VarianceError(
            f"study {block.study}: the covariance of its contrasts is not positive definite"
        ) from None
    U, u = np.linalg.solve(C, block.X), np.linalg.solve(C, block.y)
    vcov = np.linalg.inv(U.T @ U)
    return StudyBlock(block.study, vcov @ (U.T @ u), vcov, np.eye(p))
