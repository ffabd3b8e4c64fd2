"""Structural parameters and spreads that no source prints, from the exposures it does print.

The typical person's ka, ke and V/F minimise the squared logarithms of predicted over observed, each
(source, quantity) pair counting once however many doses it covers. Absorption is taken to be faster
than elimination: Cmax, Tmax and half-life cannot tell which of the two rate constants is which.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aponia.exposure import curves
from aponia.exposure.errors import NotKnownError
from aponia.exposure.model import Observation, Residual, typical_exposure

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Fit", "SpreadFit", "expected_range", "fit_spreads", "fit_typical"]

_SCALED = ("cmax", "auc", "auc_24", "clearance", "volume")


@dataclass(frozen=True, slots=True)
class Fit:
    """The typical person.

    Attributes
    ----------
    ka : float or None
        1/h; None for intravenous doses.
    ke : float
        1/h.
    volume : float or None
        L; None when no figure gives a scale.
    residuals : tuple of Residual
    """

    ka: float | None
    ke: float
    volume: float | None
    residuals: tuple[Residual, ...]


@dataclass(frozen=True, slots=True)
class SpreadFit:
    """Spreads between people, as standard deviations of logarithms; None where not known.

    Attributes
    ----------
    ka, ke, volume : float or None
    reproduced : tuple of (str, float, float)
        Quantity, published log-SD, log-SD of the virtual people.
    """

    ka: float | None
    ke: float | None
    volume: float | None
    reproduced: tuple[tuple[str, float, float], ...]


def _predict(o: Observation, ka: float | None, ke: float, volume: float) -> float:
    return typical_exposure(
        o.quantity, ka=ka, ke=ke, volume=volume, dose_mg=o.dose_mg or 1.0, duration=o.duration
    )


def fit_typical(
    observations: Sequence[Observation],
    *,
    absorbed: bool,
    fixed: Mapping[str, float] | None = None,
) -> Fit:
    """Find ka, ke and V/F that come nearest to published exposures.

    Parameters
    ----------
    observations : sequence of Observation
        With central values. Exposures that need a dose must have one.
    absorbed : bool
        Whether there is an absorption phase.
    fixed : mapping of str to float, optional
        Published values of ``ke`` or ``volume``, which are not fitted.

    Returns
    -------
    Fit

    Raises
    ------
    NotKnownError
        When the figures cannot fix the parameters: fewer kinds of them than parameters, or no
        figure that tells absorption from elimination.

    Notes
    -----
    Least squares on the logarithm, Levenberg–Marquardt or trust region (SciPy).
    """
    from scipy.optimize import least_squares

    held = dict(fixed or {})
    use = [o for o in observations if o.value is not None]
    for o in use:
        if o.quantity in ("cmax", "auc", "auc_24") and o.dose_mg is None:
            raise NotKnownError(f"{o.row}: a concentration without its dose fixes nothing")
    kinds = {o.quantity for o in use}
    scaled = bool(kinds & set(_SCALED)) or "volume" in held
    names = [
        name
        for name, wanted in (("ke", True), ("volume", scaled), ("ka", absorbed))
        if wanted and name not in held
    ]
    if absorbed and "tmax" not in kinds:
        raise NotKnownError("no published Tmax: the speed of absorption is not known")
    if len(kinds) < len(names):
        raise NotKnownError(
            f"{', '.join(names)} cannot be told from {', '.join(sorted(kinds)) or 'no figure'} alone"
        )
    count = Counter((o.source, o.quantity) for o in use)
    weight = np.array([1 / math.sqrt(count[o.source, o.quantity]) for o in use])
    log_observed = np.log([o.value for o in use if o.value is not None])

    def unpack(theta: NDArray[np.float64]) -> tuple[float | None, float, float]:
        value = held | {n: float(np.exp(v)) for n, v in zip(names, theta, strict=True)}
        ke = value["ke"]
        # ka = ke + something positive: the fast process is absorption.
        return (ke + value["ka"] if absorbed else None), ke, value.get("volume", 1.0)

    def misfit(theta: NDArray[np.float64]) -> NDArray[np.float64]:
        ka, ke, volume = unpack(theta)
        predicted = np.array([_predict(o, ka, ke, volume) for o in use])
        out: NDArray[np.float64] = weight * (np.log(predicted) - log_observed)
        return out

    start = {"ke": 0.25, "volume": 300.0, "ka": 1.0}
    for o in use:
        assert o.value is not None
        if o.quantity == "half_life":
            start["ke"] = math.log(2) / o.value
        elif o.quantity == "volume":
            start["volume"] = o.value
        elif o.quantity == "cmax" and o.dose_mg:
            start["volume"] = 600 * o.dose_mg / o.value
        elif o.quantity == "tmax" and o.value > 0:
            start["ka"] = 2 / o.value
    if "half_life" not in kinds and "clearance" in kinds:
        found = next(o for o in use if o.quantity == "clearance")
        assert found.value is not None
        start["ke"] = found.value / start["volume"]
    begin = np.log([start[n] for n in names])
    best = least_squares(misfit, begin, xtol=1e-12, ftol=1e-12, gtol=1e-12, max_nfev=2000)
    if not best.success or not np.all(np.isfinite(best.x)):
        raise NotKnownError("the published exposures do not agree on any one-compartment curve")
    ka, ke, volume = unpack(best.x)
    residuals = tuple(
        Residual(o.row, o.quantity, o.dose_mg, o.value, _predict(o, ka, ke, volume))
        for o in use
        if o.value is not None
    )
    return Fit(ka, ke, volume if scaled else None, residuals)


def fit_spreads(
    observations: Sequence[Observation], fit: Fit, *, people: int = 2048, seed: int = 7
) -> SpreadFit:
    """Find spreads of ka, ke and V/F whose virtual people vary as the published ones do.

    Parameters
    ----------
    observations : sequence of Observation
        Those with a `spread` are the targets; spreads of one quantity are pooled by n - 1.
    fit : Fit
        The typical person.
    people, seed : int
        Virtual people, the same at every step.

    Returns
    -------
    SpreadFit
        A parameter stays None (nobody differs in it) when nothing printed bears on it: ka without
        a spread of Tmax, ke without one of half-life, V/F without one of Cmax, AUC or volume.
    """
    from scipy.optimize import least_squares

    pooled: dict[str, tuple[float, float]] = {}
    for o in observations:
        if o.spread is not None:
            weight = max((o.spread.n or 2) - 1, 1)
            total, df = pooled.get(o.quantity, (0.0, 0.0))
            pooled[o.quantity] = (total + weight * o.spread.log_sd**2, df + weight)
    target = {q: math.sqrt(total / df) for q, (total, df) in pooled.items()}
    bears = {
        "ka": fit.ka is not None and "tmax" in target,
        "ke": bool(target.keys() & {"half_life", "clearance"}),
        "volume": fit.volume is not None
        and bool(target.keys() & {"cmax", "auc", "auc_24", "volume"}),
    }
    names = [n for n, known in bears.items() if known]
    use = [q for q in target if q != "tmax" or fit.ka is not None]
    if not names:
        return SpreadFit(None, None, None, ())
    z = np.random.default_rng(seed).standard_normal((3, people))
    z = (z - z.mean(axis=1, keepdims=True)) / z.std(axis=1, keepdims=True)

    def spreads(omega: NDArray[np.float64]) -> dict[str, float]:
        w = dict.fromkeys(("ka", "ke", "volume"), 0.0) | dict(zip(names, omega, strict=True))
        ke = fit.ke * np.exp(w["ke"] * z[0])
        c0 = 1 / ((fit.volume or 1.0) * np.exp(w["volume"] * z[1]))
        ka = None if fit.ka is None else fit.ka * np.exp(w["ka"] * z[2])
        out: dict[str, NDArray[np.float64]] = {
            "half_life": curves.half_life(ka, ke), "auc": c0 / ke, "clearance": ke / c0,
            "volume": 1 / c0,
        }  # fmt: skip
        if ka is None:
            out["cmax"] = c0
        else:
            out["tmax"] = curves.time_of_peak(ka, ke)
            out["cmax"] = curves.peak_absorbed(c0, ka, ke)
            out["auc_24"] = curves.area_absorbed(24.0, c0, ka, ke)
        return {q: float(np.log(out[q]).std()) for q in use}

    def misfit(omega: NDArray[np.float64]) -> NDArray[np.float64]:
        got = spreads(omega)
        # Relative, so that a wide spread of Tmax does not outvote that of the peak.
        return np.array([got[q] / target[q] - 1 for q in use])

    begin = np.array([max(min(target.values()), 0.05)] * len(names))
    best = least_squares(misfit, begin, bounds=(0.0, 3.0))
    got = spreads(best.x)
    omega = {n: float(v) for n, v in zip(names, best.x, strict=True)}
    return SpreadFit(
        omega.get("ka"), omega.get("ke"), omega.get("volume"),
        tuple((q, target[q], got[q]) for q in use),
    )  # fmt: skip


def expected_range(n: int) -> float:
    """Give the mean range of `n` standard normal values (Tippett 1925, the d2 of quality control).

    Parameters
    ----------
    n : int
        At least 2.

    Returns
    -------
    float
        A printed range over this is an estimate of the standard deviation.

    Raises
    ------
    NotKnownError
        For fewer than two values.

    Examples
    --------
    >>> round(expected_range(2), 3), round(expected_range(10), 3)
    (1.128, 3.078)
    """
    if n < 2:
        raise NotKnownError("a range needs at least two people")
    x = np.linspace(-8, 8, 4001)
    below = np.array([0.5 * math.erfc(-v / math.sqrt(2)) for v in x])
    return float(np.trapezoid(1 - below**n - (1 - below) ** n, x))
