"""Pool the same studies under another model than the reviewed one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from aponia import meta
from aponia.answers.explore_choices import OPTIONS, ChoiceError, Choices
from aponia.answers.model import Effect, StudyRow
from aponia.answers.pooling import (
    Member,
    Pooled,
    bayes_pooled,
    pool_effects,
    same_results,
    tau_prior,
)
from aponia.answers.standard import standardised_benefit
from aponia.evidence import QuestionOutcome

__all__ = ["pool_as", "standardised"]

NAN = float("nan")
_Z = 1.959963984540054


def pool_as(members: Sequence[Member], choices: Choices) -> Pooled:
    """Pool effects as the choices say; one study keeps its own estimate and interval.

    Parameters
    ----------
    members : sequence of (StudyRow, Effect)
        At least one, of one measure and unit.
    choices : Choices

    Returns
    -------
    Pooled

    Raises
    ------
    ChoiceError
        The model can not be fitted to these studies.
    """
    reviewed = (choices.model, choices.prior, choices.scale, choices.level)
    if len(members) == 1 or reviewed == ("bayes", "half-normal", None, 0.95):
        return pool_effects(members)
    y = np.array([e.y for _, e in members])
    v = np.array([e.v for _, e in members])
    try:
        if choices.model == "bayes":
            return _bayesian(members, y, v, choices)
        return _frequentist(y, v, choices)
    except meta.MetaError as error:
        label = OPTIONS["model"][choices.model]
        raise ChoiceError([("model", f"Model: {label} does not work with these trials: {error}")]) from error  # fmt: skip


def _bayesian(members: Sequence[Member], y: np.ndarray, v: np.ndarray, choices: Choices) -> Pooled:
    scale = choices.scale or tau_prior(members[0][1].measure, members).scale
    prior = f"{choices.prior}({scale:g})"
    return bayes_pooled(y, v, prior, members[0][1].benefit_sign, choices.level)


def _frequentist(y: np.ndarray, v: np.ndarray, choices: Choices) -> Pooled:
    same = same_results(y)
    if choices.test == "knha" and same:
        raise ChoiceError([("test", "Interval: these trials have the same result, and Hartung–Knapp gives an interval without width; choose another")])  # fmt: skip
    # never narrower than normal is the normal interval when there is no spread
    test = "z" if same else choices.test
    fit = meta.pool(y, v, method=choices.model, test=test, level=choices.level)
    pi_low, pi_high = NAN, NAN
    if choices.model != "FE":
        prediction = fit.predict(level=choices.level)
        pi_low, pi_high = float(prediction.pi_lower[0]), float(prediction.pi_upper[0])
    label = OPTIONS["model"][choices.model]
    tail = f", {OPTIONS['test'][choices.test]} interval"
    return Pooled(
        estimate=float(fit.coef[0]),
        ci_lower=float(fit.ci_lower[0]),
        ci_upper=float(fit.ci_upper[0]),
        pi_lower=pi_low,
        pi_upper=pi_high,
        tau2=float(fit.tau2),
        i2=float(fit.i2),
        p_benefit=NAN,
        method=label + tail,
        alternatives=(),
        level=choices.level,
    )


def standardised(row: StudyRow, outcome: QuestionOutcome) -> StudyRow:
    """Put a row on the scale of standard deviations, in the question's own direction.

    Parameters
    ----------
    row : StudyRow
    outcome : QuestionOutcome
        Says whether lower or higher is better.

    Returns
    -------
    StudyRow
        With the effect of `aponia.answers.standard`, or without one where none can be worked out.
    """
    found = standardised_benefit(row)
    if found is None or row.effect is None:
        return replace(row, effect=None)
    benefit, v = found
    sign = -1 if outcome.prefer == "lower" else 1
    d, half = sign * benefit, _Z * math.sqrt(v)
    effect = Effect(
        measure="SMD",
        estimate=d,
        ci_lower=d - half,
        ci_upper=d + half,
        y=d,
        v=v,
        unit=None,
        benefit_sign=sign,
        derived=True,
        how=f"{row.effect.how}; put on the scale of standard deviations",
    )
    return replace(row, effect=effect)
