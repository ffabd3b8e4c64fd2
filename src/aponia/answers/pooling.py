"""Pooling a handful of studies: exact Bayes first, the frequentist intervals beside it.

With two to ten small trials the heterogeneity can hardly be estimated, and intervals that take the
estimate for the truth are far too narrow. So the headline is a Bayesian random-effects model with a
weakly informative prior on tau that is stated, sourced and varied; the Hartung–Knapp interval and
others stand beside it as alternatives.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from aponia import meta
from aponia.answers.model import Effect, Measure, StudyRow

__all__ = ["Member", "Pooled", "bayes_pooled", "pool_effects", "same_results", "tau_prior"]

NAN = float("nan")
#: Half-normal(0.5) for log-ratios and standardised differences: Friede 2017, read in Röver 2020
#: (doi 10.18637/jss.v093.i06), row ``friede-2017-via-roever-2020-half-normal-0-5`` of the base.
_RATIO_SCALE = 0.5
#: Half-normal(sigma/2) for a mean difference with patient-level SD sigma: RBesT, row
#: ``rbest-normal-endpoint-half-normal-sigma-2`` of the base.
_SIGMA_SHARE = 0.5
_RATIO_SOURCE = "https://doi.org/10.18637/jss.v093.i06"
_SIGMA_SOURCE = "https://github.com/Novartis/RBesT"
Member = tuple[StudyRow, Effect]


@dataclass(frozen=True)
class Prior:
    """A prior on tau with its source."""

    text: str
    scale: float
    source: str


@dataclass(frozen=True)
class Pooled:
    """A pooled result on the analysis scale (log for ratios).

    Attributes
    ----------
    estimate, ci_lower, ci_upper, pi_lower, pi_upper : float
        Posterior median, central 95 % credible and prediction intervals; for one study its own
        estimate and interval.
    tau2, i2 : float
        Posterior median of tau squared; I2 in percent of the REML fit.
    p_benefit : float
        Posterior probability that the mean effect is on the side of benefit; NaN for one study.
    method : str
    alternatives : tuple of dict
        The same studies under other methods and priors.
    level : float
        Of the intervals.
    """

    estimate: float
    ci_lower: float
    ci_upper: float
    pi_lower: float
    pi_upper: float
    tau2: float
    i2: float
    p_benefit: float
    method: str
    alternatives: tuple[dict[str, Any], ...]
    level: float = 0.95


def tau_prior(measure: Measure, members: Sequence[Member]) -> Prior:
    """Return the weakly informative half-normal prior on tau for a measure.

    For a mean difference its scale follows the SD of people in the same trials, worked back from
    each variance and the group sizes, so that the prior means the same in every unit.
    """
    if measure != "MD":
        return Prior(f"half-normal({_RATIO_SCALE:g})", _RATIO_SCALE, _RATIO_SOURCE)
    sds = []
    for row, effect in members:
        n1, n2 = row.n_active, row.n_control
        if n1 and n2:
            sds.append(math.sqrt(effect.v / (1 / n1 + 1 / n2)))
        elif row.people:
            sds.append(math.sqrt(effect.v * row.people / 4))
    sigma = float(np.median(sds)) if sds else 1.0
    scale = float(f"{_SIGMA_SHARE * sigma:.2g}")
    return Prior(f"half-normal({scale:g})", scale, _SIGMA_SOURCE)


def pool_effects(members: Sequence[Member]) -> Pooled:
    """Pool effects of one measure and unit.

    Parameters
    ----------
    members : sequence of (StudyRow, Effect)
        At least one; every effect has a variance.

    Returns
    -------
    Pooled
    """
    measure, sign = members[0][1].measure, members[0][1].benefit_sign
    if len(members) == 1:
        effect = members[0][1]
        log = measure == "RR"
        low = math.log(effect.ci_lower) if log else effect.ci_lower
        high = math.log(effect.ci_upper) if log else effect.ci_upper
        return Pooled(effect.y, low, high, NAN, NAN, NAN, NAN, NAN, "one study, not pooled", ())
    y = np.array([e.y for _, e in members])
    v = np.array([e.v for _, e in members])
    prior = tau_prior(measure, members)
    main = bayes_pooled(y, v, prior.text, sign)
    return replace(main, alternatives=tuple(_alternatives(y, v, prior)))


def bayes_pooled(y: Any, v: Any, prior: str, benefit_sign: int, level: float = 0.95) -> Pooled:
    """Pool by exact Bayes under a prior on tau; the alternatives are left to the caller.

    Parameters
    ----------
    y, v : array of shape (k,)
        Effects and variances on the analysis scale.
    prior : str
        Prior on tau, ``half-normal(0.5)``.
    benefit_sign : int
        +1 when larger values are better for the person, -1 when smaller ones are.
    level : float
        Of the credible and prediction intervals.
    """
    fit = meta.bayes(y, v, tau_prior=prior)
    low, high = fit.mean.interval(level, kind="central")
    pi_low, pi_high = fit.prediction.interval(level, kind="central")
    above = float(fit.prob_above(0.0))
    return Pooled(
        estimate=float(fit.mean.median),
        ci_lower=float(low),
        ci_upper=float(high),
        pi_lower=float(pi_low),
        pi_upper=float(pi_high),
        tau2=float(fit.tau.median) ** 2,
        i2=float(meta.pool(y, v, method="REML").i2),
        p_benefit=above if benefit_sign > 0 else 1 - above,
        method=f"Bayesian random effects, prior on tau {prior}",
        alternatives=(),
        level=level,
    )


def same_results(y: np.ndarray) -> bool:
    """Whether all results are equal as far as any paper prints; rounding must not look like spread."""
    return float(np.ptp(y)) <= 1e-6 * float(np.max(np.abs(y)))


def _alternatives(y: Any, v: Any, prior: Prior) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for text in (
        f"half-normal({2 * prior.scale:g})",
        f"half-normal({0.5 * prior.scale:g})",
        f"half-cauchy({prior.scale:g})",
    ):
        fit = meta.bayes(y, v, tau_prior=text)
        low, high = fit.mean.interval(kind="central")
        found.append(_row(f"Bayesian, {text}", float(fit.mean.median), float(low), float(high)))
    for method, test, text in (
        ("REML", "knha", "REML, Hartung–Knapp"),
        ("REML", "adhoc", "REML, Hartung–Knapp never narrower than plain"),
        ("REML", "z", "REML, normal interval"),
        ("DL", "z", "DerSimonian–Laird"),
        ("FE", "z", "common effect"),
    ):
        if test == "knha" and same_results(y):
            continue  # equal results would give an interval without width
        result = meta.pool(y, v, method=method, test=test)
        found.append(
            _row(text, float(result.coef[0]), float(result.ci_lower[0]), float(result.ci_upper[0]))
        )
    return found


def _row(method: str, estimate: float, low: float, high: float) -> dict[str, Any]:
    return {"method": method, "estimate": estimate, "ci_lower": low, "ci_upper": high}
