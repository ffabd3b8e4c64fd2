"""Prior distributions for the heterogeneity standard deviation tau and for the mean."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from aponia.meta._inputs import FloatArray
from aponia.meta.errors import InputError, MethodError

__all__ = ["MeanPrior", "TauPrior", "on_tau2", "parse_mean_prior", "tau_prior"]

#: ``None`` (improper, flat), ``(mean, sd)`` or ``"normal(mean, sd)"``.
MeanPrior: TypeAlias = "tuple[float, float] | str | None"
#: log density at tau (any shape), given the sampling variances (k,).
LogDensity: TypeAlias = Callable[[FloatArray, FloatArray], FloatArray]

_TINY = 1e-300


@dataclass(frozen=True)
class TauPrior:
    """A prior on tau, the between-study standard deviation.

    Attributes
    ----------
    name : str
        How it was asked for, for example ``"half-normal(0.5)"``.
    log_density : callable
        ``(tau, v) -> log p(tau)``; `v` are the sampling variances, which only the
        data-dependent reference priors use. Normalised when `proper`.
    proper : bool
        Whether the density integrates to one.
    tail_power : float
        ``a`` when the density falls like ``tau**-a`` for large tau, ``inf`` when it falls
        faster than every power. It decides which posterior moments exist.
    upper : float
        End of the support (``inf`` for all but the uniform on an interval).
    scales : tuple of float
        Values of tau at which the density changes shape; where the quadrature looks first.
    """

    name: str
    log_density: LogDensity
    proper: bool
    tail_power: float
    upper: float = math.inf
    scales: tuple[float, ...] = ()


def _positive(value: float, what: str) -> float:
    if not (math.isfinite(value) and value > 0):
        raise InputError(f"{what} must be positive and finite, found {value!r}")
    return value


def _half_normal(scale: float) -> TauPrior:
    s = _positive(scale, "the scale of a half-normal prior")
    constant = 0.5 * math.log(2 / math.pi) - math.log(s)
    return TauPrior(
        f"half-normal({scale:g})",
        lambda tau, v: constant - 0.5 * (tau / s) ** 2,
        True,
        math.inf,
        scales=(s,),
    )


def _half_t(df: float, scale: float) -> TauPrior:
    nu = _positive(df, "the degrees of freedom of a half-t prior")
    s = _positive(scale, "the scale of a half-t prior")
    constant = (
        math.log(2)
        + math.lgamma((nu + 1) / 2)
        - math.lgamma(nu / 2)
        - 0.5 * math.log(nu * math.pi)
        - math.log(s)
    )
    name = f"half-cauchy({scale:g})" if nu == 1 else f"half-t({df:g}, {scale:g})"

    def log_density(tau: FloatArray, v: FloatArray) -> FloatArray:
        # two logs, not log1p(x**2): tau may be so large that its square overflows
        x = np.abs(tau) / (s * math.sqrt(nu))
        return np.asarray(constant - (nu + 1) * np.log(np.hypot(1.0, x)))

    return TauPrior(name, log_density, True, nu + 1, scales=(s,))


def _half_cauchy(scale: float) -> TauPrior:
    return _half_t(1.0, scale)


def _log_normal(mu: float, sigma: float) -> TauPrior:
    sd = _positive(sigma, "the sigma of a log-normal prior")
    constant = -0.5 * math.log(2 * math.pi) - math.log(sd)

    def log_density(tau: FloatArray, v: FloatArray) -> FloatArray:
        u = np.log(np.maximum(tau, _TINY))
        value = constant - u - 0.5 * ((u - mu) / sd) ** 2
        return np.where(tau > 0, value, -np.inf)

    scales = tuple(math.exp(mu + z * sd) for z in (-4.0, -2.0, 0.0, 2.0, 4.0))
    return TauPrior(f"log-normal({mu:g}, {sigma:g})", log_density, True, math.inf, scales=scales)


def _exponential(rate: float) -> TauPrior:
    r = _positive(rate, "the rate of an exponential prior")
    return TauPrior(
        f"exponential({rate:g})",
        lambda tau, v: math.log(r) - r * tau,
        True,
        math.inf,
        scales=(1 / r,),
    )


def _inverse_gamma(shape: float, rate: float) -> TauPrior:
    a = _positive(shape, "the shape of an inverse-gamma prior")
    b = _positive(rate, "the rate of an inverse-gamma prior")
    constant = a * math.log(b) - math.lgamma(a)

    def log_density(tau: FloatArray, v: FloatArray) -> FloatArray:
        safe = np.maximum(tau, _TINY)
        return np.where(tau > 0, constant - (a + 1) * np.log(safe) - b / safe, -np.inf)

    mode = b / (a + 1)
    return TauPrior(
        f"inverse-gamma({shape:g}, {rate:g})", log_density, True, a + 1, scales=(mode / 10, mode)
    )


def _uniform(lower: float, upper: float) -> TauPrior:
    if not (lower == 0 and math.isfinite(upper) and upper > 0):
        raise InputError(
            f"uniform({lower:g}, {upper:g}): a uniform prior on tau starts at 0 and ends at a "
            "positive finite number"
        )
    return TauPrior(
        f"uniform(0, {upper:g})",
        lambda tau, v: np.where(tau <= upper, -math.log(upper), -np.inf),
        True,
        math.inf,
        upper=upper,
        scales=(upper,),
    )


def _flat() -> TauPrior:
    return TauPrior("improper (flat in tau)", lambda tau, v: np.zeros_like(tau), False, 0.0)


def _sqrt() -> TauPrior:
    def log_density(tau: FloatArray, v: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore"):
            return np.asarray(-0.5 * np.log(tau))

    return TauPrior("sqrt (flat in the square root of tau)", log_density, False, 0.5)


def _ratio(tau: FloatArray, v: FloatArray) -> FloatArray:
    """Tau / (v + tau^2), without overflow, with one axis more than tau."""
    t = np.asarray(tau, dtype=np.float64)[..., None]
    with np.errstate(divide="ignore", over="ignore"):
        return np.where(t > 0, 1.0 / (v / np.where(t > 0, t, 1.0) + t), 0.0)


def _log(x: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(x))


def _jeffreys() -> TauPrior:
    return TauPrior(
        "jeffreys",
        lambda tau, v: 0.5 * _log(np.sum(_ratio(tau, v) ** 2, axis=-1)),
        False,
        1.0,
    )


def _berger_deely() -> TauPrior:
    return TauPrior(
        "berger-deely", lambda tau, v: np.mean(_log(_ratio(tau, v)), axis=-1), False, 1.0
    )


def _dumouchel() -> TauPrior:
    def log_density(tau: FloatArray, v: FloatArray) -> FloatArray:
        s0 = math.sqrt(v.size / float(np.sum(1 / v)))
        return np.asarray(math.log(s0) - 2 * np.log(s0 + tau))

    return TauPrior("dumouchel", log_density, True, 2.0)


def _uniform_ratio(name: str, s02: Callable[[FloatArray], float]) -> TauPrior:
    def log_density(tau: FloatArray, v: FloatArray) -> FloatArray:
        s0 = math.sqrt(s02(v))
        return np.asarray(math.log(2 / s0) + _log(tau / s0) - 4 * np.log(np.hypot(1.0, tau / s0)))

    return TauPrior(name, log_density, True, 3.0)


def _shrinkage() -> TauPrior:
    return _uniform_ratio("shrinkage", lambda v: v.size / float(np.sum(1 / v)))


def _i2() -> TauPrior:
    def typical(v: FloatArray) -> float:
        if v.size < 2:
            raise MethodError("the prior 'i2' needs the typical variance of at least two studies")
        w = 1 / v
        return (v.size - 1) * float(np.sum(w)) / float(np.sum(w) ** 2 - np.sum(w**2))

    return _uniform_ratio("i2", typical)


_FAMILIES: dict[str, tuple[Callable[..., TauPrior], int]] = {
    "half-normal": (_half_normal, 1),
    "half-cauchy": (_half_cauchy, 1),
    "half-t": (_half_t, 2),
    "log-normal": (_log_normal, 2),
    "exponential": (_exponential, 1),
    "inverse-gamma": (_inverse_gamma, 2),
    "uniform": (_uniform, 2),
    "flat": (_flat, 0),
    "improper": (_flat, 0),
    "sqrt": (_sqrt, 0),
    "jeffreys": (_jeffreys, 0),
    "berger-deely": (_berger_deely, 0),
    "dumouchel": (_dumouchel, 0),
    "shrinkage": (_shrinkage, 0),
    "i2": (_i2, 0),
}
_ALIASES = {
    "halfnormal": "half-normal",
    "halfcauchy": "half-cauchy",
    "halft": "half-t",
    "halfstudentt": "half-t",
    "lognormal": "log-normal",
    "invgamma": "inverse-gamma",
    "inversegamma": "inverse-gamma",
    "bergerdeely": "berger-deely",
}


def tau_prior(prior: str | TauPrior) -> TauPrior:
    """Read a prior on tau from its name.

    Parameters
    ----------
    prior : str or TauPrior
        ``"half-normal(s)"``, ``"half-cauchy(s)"``, ``"half-t(df, s)"``,
        ``"log-normal(mu, sigma)"`` (mu and sigma of log tau), ``"exponential(rate)"``,
        ``"inverse-gamma(shape, rate)"``, ``"uniform(0, b)"``; the proper reference priors
        ``"dumouchel"``, ``"shrinkage"``, ``"i2"``; the improper ``"flat"`` (``"improper"``),
        ``"sqrt"``, ``"jeffreys"``, ``"berger-deely"``. ``"tau2: log-normal(mu, sigma)"`` states
        a prior on tau squared; see `on_tau2`.

    Returns
    -------
    TauPrior

    Raises
    ------
    MethodError
        An unknown family, or the wrong number of parameters.
    InputError
        A parameter out of range.

    Notes
    -----
    Families and reference priors as in Röver, J Stat Softw 2020;93(6), section 2.2.

    Examples
    --------
    >>> tau_prior("half-cauchy(0.5)").tail_power
    2.0
    """
    if isinstance(prior, TauPrior):
        return prior
    text = prior.strip().lower()
    if text.startswith("tau2:"):
        return on_tau2(text.removeprefix("tau2:"))
    match = re.fullmatch(r"([a-z][a-z0-9_\- ]*?)\s*(?:\(([^()]*)\))?", text)
    family = match.group(1) if match else ""
    family = _ALIASES.get(re.sub(r"[\-_ ]", "", family), family)
    if match is None or family not in _FAMILIES:
        raise MethodError(f"tau_prior={prior!r} is not known; choose from {sorted(_FAMILIES)}")
    given = [a for a in (match.group(2) or "").split(",") if a.strip()]
    try:
        numbers = [float(a) for a in given]
    except ValueError:
        raise MethodError(f"tau_prior={prior!r}: the parameters must be numbers") from None
    if family == "uniform" and not numbers:
        return _flat()
    make, wanted = _FAMILIES[family]
    if len(numbers) != wanted:
        raise MethodError(f"tau_prior={prior!r}: {family} has {wanted} parameter(s)")
    return make(*numbers)


def on_tau2(prior: str | TauPrior) -> TauPrior:
    """Turn a prior stated on tau squared into the same prior on tau.

    Parameters
    ----------
    prior : str or TauPrior
        A proper prior read as the distribution of tau squared, for example
        ``"log-normal(-2.49, 1.52)"`` of Turner et al. (Stat Med 2015;34:984).

    Returns
    -------
    TauPrior
        With density ``2 tau g(tau**2)``.

    Raises
    ------
    MethodError
        The prior is improper: what is flat on tau is not flat on tau squared; say which.

    Examples
    --------
    >>> on_tau2("log-normal(-2, 1)").name
    'tau2: log-normal(-2, 1)'
    """
    base = tau_prior(prior)
    if not base.proper:
        raise MethodError("on_tau2 takes proper priors; improper ones are stated on tau directly")

    def log_density(tau: FloatArray, v: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore", over="ignore"):
            return np.asarray(math.log(2) + _log(tau) + base.log_density(tau**2, v))

    return TauPrior(
        f"tau2: {base.name}",
        log_density,
        True,
        2 * base.tail_power - 1,
        math.sqrt(base.upper),
        tuple(math.sqrt(s) for s in base.scales),
    )


def parse_mean_prior(
    prior: MeanPrior | Sequence[MeanPrior], names: Sequence[str]
) -> tuple[FloatArray, FloatArray]:
    """Prior mean and precision of every coefficient (precision 0 means improper, flat).

    Parameters
    ----------
    prior : None, (mean, sd), "normal(mean, sd)", or a list with one of these a coefficient
    names : sequence of str
        Coefficient names; their number is p.

    Returns
    -------
    mean, precision : ndarray of shape (p,)

    Raises
    ------
    InputError
        Not two numbers, a standard deviation that is not positive, or a list of wrong length.
    """
    if isinstance(prior, list):
        if len(prior) != len(names):
            raise InputError(f"mean_prior has {len(prior)} entries, the model {len(names)}")
        each = list(prior)
    else:
        each = [prior] * len(names)
    parsed = [_normal(p) for p in each]
    return np.array([m for m, _ in parsed]), np.array([q for _, q in parsed])


def _normal(prior: object) -> tuple[float, float]:
    if prior is None:
        return 0.0, 0.0
    if isinstance(prior, str):
        match = re.fullmatch(r"normal\(([^,()]+),([^,()]+)\)", prior.strip().lower())
        if match is None:
            raise InputError(f"mean_prior={prior!r}: write 'normal(mean, sd)' or (mean, sd)")
        pair: Sequence[object] = match.groups()
    elif isinstance(prior, Sequence) and len(prior) == 2:
        pair = prior
    else:
        raise InputError(f"mean_prior={prior!r}: give None, (mean, sd) or 'normal(mean, sd)'")
    try:
        mean, sd = float(str(pair[0])), float(str(pair[1]))
    except ValueError:
        raise InputError(f"mean_prior={prior!r}: mean and sd must be numbers") from None
    if not (math.isfinite(mean) and math.isfinite(sd) and sd > 0):
        raise InputError(f"mean_prior={prior!r}: the mean must be finite and the sd positive")
    return mean, 1.0 / sd**2
