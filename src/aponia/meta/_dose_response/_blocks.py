"""From columns to one block of contrasts a study."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aponia.meta._dose_response._covariance import (
    Design,
    crude_ratios,
    greenland_longnecker,
    hamling,
)
from aponia.meta._inputs import FloatArray
from aponia.meta.errors import InputError, MetaWarning, VarianceError

__all__ = ["Contrasts", "from_means", "from_ratios"]

_DESIGN: dict[str, Design] = {
    "cc": "cc",
    "case-control": "cc",
    "ci": "ci",
    "cumulative-incidence": "ci",
    "ir": "ir",
    "incidence-rate": "ir",
}


@dataclass(frozen=True)
class Contrasts:
    """Effects of one study against its reference dose.

    Attributes
    ----------
    study : str
    reference : float
        Reference dose.
    dose, y : ndarray of shape (n,)
    S : ndarray of shape (n, n)
    """

    study: str
    reference: float
    dose: FloatArray
    y: FloatArray
    S: FloatArray


def _counts_ok(name: str, cases: FloatArray, total: FloatArray, design: Design) -> None:
    if not (np.isfinite(cases).all() and np.isfinite(total).all()):
        raise InputError(f"study {name}: cases and total must be known at every dose")
    if (cases <= 0).any() or (total <= 0).any():
        raise InputError(f"study {name}: cases and total must be positive at every dose")
    if design == "cc" and (cases >= total).any():
        raise InputError(f"study {name}: case-control totals include the cases (cases < total)")
    if design == "ci" and (cases > total).any():
        raise InputError(f"study {name}: more cases than people")


def _design_of(name: str, values: NDArray[Any] | None, rows: NDArray[np.int64]) -> Design:
    if values is None:
        raise InputError("give design= ('cc', 'ci' or 'ir') so that the covariances are known")
    found = {str(values[i]) for i in rows}
    if len(found) != 1 or next(iter(found)) not in _DESIGN:
        raise InputError(
            f"study {name}: design must be one of 'cc', 'ci', 'ir', found {sorted(found)}"
        )
    return _DESIGN[next(iter(found))]


def from_ratios(
    study: NDArray[Any],
    dose: FloatArray,
    y: FloatArray | None,
    v: FloatArray | None,
    cases: FloatArray | None,
    total: FloatArray | None,
    design: NDArray[Any] | None,
    covariance: str,
    V: FloatArray | None,
) -> list[Contrasts]:
    """Build the contrasts of log ratios (or of any effects against a reference row).

    Parameters
    ----------
    study, dose : ndarray of shape (N,)
    y, v : ndarray of shape (N,), optional
        The reference row of a study has y = 0 and v = 0 or missing. Without y the crude ratios
        of the counts are used.
    cases, total, design : ndarray of shape (N,), optional
    covariance : {"GL", "Hamling", "independent", "given"}
    V : ndarray of shape (N, N), optional

    Returns
    -------
    list of Contrasts
    """
    out = []
    for label in dict.fromkeys(study):
        name = str(label)
        rows = np.flatnonzero(study == label)
        if y is not None and v is not None:
            spread = v[rows] if V is None else np.diag(V)[rows]
            is_reference = (y[rows] == 0) & ((spread == 0) | np.isnan(spread))
            incomplete = ~is_reference & ~(np.isfinite(y[rows]) & np.isfinite(spread))
            incomplete |= ~np.isfinite(dose[rows])
            if incomplete.any():
                warnings.warn(
                    f"study {name}: {int(incomplete.sum())} incomplete rows were left out",
                    MetaWarning,
                    stacklevel=4,
                )
                rows, is_reference = rows[~incomplete], is_reference[~incomplete]
            if is_reference.sum() != 1:
                raise InputError(
                    f"study {name}: found {int(is_reference.sum())} reference rows (effect 0, no "
                    "standard error), expected exactly one"
                )
            reference = int(np.flatnonzero(is_reference)[0])
        else:
            if not np.isfinite(dose[rows]).all():
                raise InputError(f"study {name}: a dose is missing")
            reference = int(np.argmin(dose[rows]))
        if rows.size < 2:
            warnings.warn(f"study {name} has one dose and was left out", MetaWarning, stacklevel=4)
            continue
        others = np.arange(rows.size) != reference
        if y is None or v is None:
            if cases is None or total is None:
                raise InputError("give y= with se= (or v=), or cases= and total=")
            kind = _design_of(name, design, rows)
            _counts_ok(name, cases[rows], total[rows], kind)
            effect, S = crude_ratios(cases[rows], total[rows], kind, reference)
        else:
            effect = y[rows][others]
            if (v[rows][others] <= 0).any():
                raise VarianceError(f"study {name}: a sampling variance is not positive")
            if V is not None:
                S = V[np.ix_(rows[others], rows[others])]
            elif others.sum() == 1 or covariance == "independent":
                S = np.diag(v[rows][others])
            else:
                if cases is None or total is None:
                    raise InputError(
                        f"covariance={covariance!r} needs cases=, total= and design=; or give V=, "
                        "or covariance='independent'"
                    )
                kind = _design_of(name, design, rows)
                _counts_ok(name, cases[rows], total[rows], kind)
                build = hamling if covariance == "Hamling" else greenland_longnecker
                S = build(y[rows], v[rows], cases[rows], total[rows], kind, reference)
        at = dose[rows]
        out.append(Contrasts(name, float(at[reference]), at[others], effect, S))
    return out


def from_means(
    study: NDArray[Any],
    dose: FloatArray,
    mean: FloatArray,
    sd: FloatArray,
    n: FloatArray,
    *,
    standardised: bool,
    pooled_sd: bool,
) -> list[Contrasts]:
    """Build (standardised) mean differences against the lowest dose of each study.

    Crippa & Orsini (2016): all contrasts share the reference arm, hence its variance.

    Parameters
    ----------
    study, dose, mean, sd, n : ndarray of shape (N,)
    standardised : bool
        Divide by the pooled SD (Cohen's d; Gleser & Olkin's covariance).
    pooled_sd : bool
        Whether arms share one variance (always so when standardised).

    Returns
    -------
    list of Contrasts
    """
    out = []
    complete = np.all([np.isfinite(x) for x in (dose, mean, sd, n)], axis=0)
    if not complete.all():
        warnings.warn(
            f"{int((~complete).sum())} incomplete arms were left out", MetaWarning, stacklevel=4
        )
    if (sd[complete] <= 0).any() or (n[complete] < 2).any():
        raise InputError("need sd > 0 and n >= 2 in every arm")
    for label in dict.fromkeys(study[complete]):
        rows = np.flatnonzero((study == label) & complete)
        if rows.size < 2:
            warnings.warn(f"study {label} has one dose and was left out", MetaWarning, stacklevel=4)
            continue
        reference = int(np.argmin(dose[rows]))
        others = np.arange(rows.size) != reference
        m, s, size = mean[rows], sd[rows], n[rows]
        df = float(size.sum() - size.size)
        common = float(np.sqrt(np.sum((size - 1) * s**2) / df))
        y = m[others] - m[reference]
        if standardised:
            y = y / common
            S = np.diag(1 / size[others]) + 1 / size[reference]
            S = S + np.outer(y, y) / (2 * size.sum())
        else:
            var = (common**2 if pooled_sd else s**2) / size
            S = np.diag(var[others]) + var[reference]
        out.append(Contrasts(str(label), float(dose[rows][reference]), dose[rows][others], y, S))
    return out
