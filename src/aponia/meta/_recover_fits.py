"""Quantile estimation (QE) and Box-Cox (BC) of McGrath et al. (2020).

QE fits each candidate distribution by least squares on the quantiles and takes mean and SD of the
best; BC makes the numbers symmetric, treats them as normal, and integrates back. BC integrates
the back-transformation by quadrature instead of drawing random numbers, so it has no seed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aponia.meta._inputs import FloatArray

__all__ = ["box_cox_mean_sd", "quantile_fit_mean_sd"]

Fit = tuple[FloatArray, FloatArray, NDArray[Any]]


def _known(row: FloatArray, n: float, case: int) -> tuple[FloatArray, FloatArray]:
    """Return the numbers of the row and the probabilities they stand for."""
    p = np.array([1 / n, 0.25, 0.5, 0.75, 1 - 1 / n])
    use = {1: [0, 2, 4], 2: [1, 2, 3], 3: [0, 1, 2, 3, 4]}[case]
    return row[use], p[use]


def _rows(five: list[FloatArray], case: NDArray[np.int_]) -> list[tuple[int, FloatArray]]:
    table = np.array(five).T
    return [(i, table[i]) for i in range(len(table)) if case[i] > 0 and not np.isnan(table[i, 2])]


def quantile_fit_mean_sd(five: list[FloatArray], n: FloatArray, case: NDArray[np.int_]) -> Fit:
    """Return mean, SD and the chosen distribution by the QE method."""
    mean, sd = np.full(n.shape, np.nan), np.full(n.shape, np.nan)
    model = np.full(n.shape, "", dtype=object)
    for i, row in _rows(five, case):
        if not n[i] >= 5:
            continue
        values, p = _known(row, float(n[i]), int(case[i]))
        best = np.inf
        for name, fit in _CANDIDATES.items():
            if name != "normal" and values[0] <= 0:
                continue
            if name == "beta" and values[-1] >= 1:
                continue
            error, location, spread = fit(values, p)
            if error < best * (1 - 1e-12):
                best, mean[i], sd[i], model[i] = error, location, spread, name
    return mean, sd, model


def _least_squares(
    quantile: Callable[[FloatArray, FloatArray], FloatArray],
    start: list[float],
    values: FloatArray,
    p: FloatArray,
) -> tuple[float, FloatArray]:
    """Fit two log-parameters; residuals are scaled by the range so that units do not matter."""
    from scipy.optimize import least_squares

    scale = values[-1] - values[0] or 1.0

    def residuals(log_parameters: FloatArray) -> FloatArray:
        fitted = quantile(np.exp(np.clip(log_parameters, -50, 50)), p)
        return np.nan_to_num((fitted - values) / scale, nan=1e6, posinf=1e6, neginf=-1e6)

    solution = least_squares(
        residuals, np.log(start), method="trf", xtol=1e-14, ftol=1e-14, gtol=1e-14
    )
    return 2 * float(solution.cost), np.exp(solution.x)


def _start(values: FloatArray, p: FloatArray) -> tuple[float, float]:
    """Mean and SD of a normal distribution by linear least squares, as a starting point."""
    from scipy.special import ndtri

    slope, intercept = np.polyfit(ndtri(p), values, 1)
    return float(intercept), max(float(slope), 1e-8 * (abs(float(intercept)) + 1))


def _normal(values: FloatArray, p: FloatArray) -> tuple[float, float, float]:
    from scipy.special import ndtri

    location, spread = _start(values, p)
    scale = values[-1] - values[0] or 1.0
    return float(np.sum(((location + spread * ndtri(p) - values) / scale) ** 2)), location, spread


def _log_normal(values: FloatArray, p: FloatArray) -> tuple[float, float, float]:
    from scipy.special import ndtri

    mu, sigma = _start(np.log(values), p)
    error, (median, s) = _least_squares(
        lambda t, q: t[0] * np.exp(t[1] * ndtri(q)), [float(np.exp(mu)), sigma], values, p
    )
    location = median * np.exp(s**2 / 2)
    return error, float(location), float(location * np.sqrt(np.expm1(s**2)))


def _gamma(values: FloatArray, p: FloatArray) -> tuple[float, float, float]:
    from scipy.special import gammaincinv

    location, spread = _start(values, p)
    location = max(location, float(values[len(values) // 2]))
    error, (shape, scale) = _least_squares(
        lambda t, q: t[1] * gammaincinv(t[0], q),
        [(location / spread) ** 2, spread**2 / location],
        values,
        p,
    )
    return error, float(shape * scale), float(np.sqrt(shape) * scale)


def _weibull(values: FloatArray, p: FloatArray) -> tuple[float, float, float]:
    from scipy.special import gamma

    slope, intercept = np.polyfit(np.log(-np.log1p(-p)), np.log(values), 1)
    error, (shape, scale) = _least_squares(
        lambda t, q: t[1] * (-np.log1p(-q)) ** (1 / t[0]),
        [1 / max(float(slope), 1e-3), float(np.exp(intercept))],
        values,
        p,
    )
    location = scale * gamma(1 + 1 / shape)
    variance = scale**2 * gamma(1 + 2 / shape) - location**2
    return error, float(location), float(np.sqrt(max(variance, 0.0)))


def _beta(values: FloatArray, p: FloatArray) -> tuple[float, float, float]:
    from scipy.special import betaincinv

    location, spread = _start(values, p)
    location = min(max(location, 0.02), 0.98)
    total = max(location * (1 - location) / spread**2 - 1, 0.5)
    error, (a, b) = _least_squares(
        lambda t, q: betaincinv(t[0], t[1], q),
        [location * total, (1 - location) * total],
        values,
        p,
    )
    return error, float(a / (a + b)), float(np.sqrt(a * b / ((a + b) ** 2 * (a + b + 1))))


_CANDIDATES: dict[str, Callable[[FloatArray, FloatArray], tuple[float, float, float]]] = {
    "normal": _normal,
    "log-normal": _log_normal,
    "gamma": _gamma,
    "weibull": _weibull,
    "beta": _beta,
}


def _box_cox(x: FloatArray, power: float) -> FloatArray:
    return np.log(x) if abs(power) < 1e-10 else np.expm1(power * np.log(x)) / power


def box_cox_mean_sd(five: list[FloatArray], n: FloatArray, case: NDArray[np.int_]) -> Fit:
    """Return mean, SD and the Box-Cox power by the BC method; NaN for non-positive numbers."""
    from scipy.optimize import minimize_scalar

    mean, sd = np.full(n.shape, np.nan), np.full(n.shape, np.nan)
    model = np.full(n.shape, "", dtype=object)
    for i, row in _rows(five, case):
        values, _ = _known(row, max(float(n[i]), 5.0), int(case[i]))
        if values[0] <= 0 or not n[i] >= 5:
            continue
        # Relative to the median the powers are comparable whatever the unit.
        unit = values[len(values) // 2]
        ratio = values / unit

        def asymmetry(power: float, ratio: FloatArray = ratio) -> float:
            t = _box_cox(ratio, power)
            half = len(t) // 2
            gaps = (t[::-1][:half] - t[half]) - (t[half] - t[:half])
            return float(np.sum(gaps**2))

        grid = np.linspace(0, 2, 81)
        centre = grid[int(np.argmin([asymmetry(x) for x in grid]))]
        found = minimize_scalar(
            asymmetry,
            bounds=(max(centre - 0.025, 0.0), min(centre + 0.025, 2.0)),
            method="bounded",
            options={"xatol": 1e-12},
        )
        power = float(found.x)
        mu, sigma = _moments_on_scale(_box_cox(ratio, power), float(n[i]), int(case[i]))
        location, spread = _integrate_back(mu, sigma, power)
        mean[i], sd[i], model[i] = unit * location, unit * spread, f"box-cox {power:.4g}"
    return mean, sd, model


def _moments_on_scale(t: FloatArray, n: float, case: int) -> tuple[float, float]:
    from aponia.meta._recover_quantiles import _closed_form

    full = [np.array([np.nan])] * 5
    for position, value in zip({1: [0, 2, 4], 2: [1, 2, 3], 3: range(5)}[case], t, strict=True):
        full[position] = np.array([value])
    mu, sigma = _closed_form("luo2018", full, np.array([n]), np.array([case]))
    return float(mu[0]), float(sigma[0])


def _integrate_back(mu: float, sigma: float, power: float) -> tuple[float, float]:
    """Mean and SD of the inverse Box-Cox of a normal, truncated to where the inverse exists."""
    if abs(power) < 1e-10:
        location = np.exp(mu + sigma**2 / 2)
        return float(location), float(location * np.sqrt(np.expm1(sigma**2)))
    edge = max((-1 / power - mu) / sigma, -12.0)
    nodes, weights = np.polynomial.legendre.leggauss(400)
    half = (12.0 - edge) / 2
    z = edge + half * (nodes + 1)
    mass = weights * half * np.exp(-(z**2) / 2)
    mass = mass / mass.sum()
    x = np.maximum(1 + power * (mu + sigma * z), 0.0) ** (1 / power)
    location = float(np.sum(mass * x))
    return location, float(np.sqrt(np.sum(mass * (x - location) ** 2)))
