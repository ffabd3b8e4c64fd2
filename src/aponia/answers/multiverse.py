"""Every defensible analysis of a question, and which choice turns the answer.

Choices that a careful team could make either way: the outcome, the time point, the dose, the
comparator, which trials, the correlation of a crossover, the estimator and the interval. Each
combination is one analysis, inside the question's time window; choices that lead to the same studies and
numbers count once. All run through
`aponia.meta.pool_many`. The scale is standard deviations of benefit, so that analyses of different
outcomes can stand side by side (see `aponia.answers.standard`).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import norm

from aponia import meta
from aponia.answers.layers import Layer
from aponia.answers.model import PLACEBO, StudyRow
from aponia.answers.rows import PART, outcome_row
from aponia.answers.standard import standardised_benefit
from aponia.evidence import Outcome, Question, Study

__all__ = ["Multiverse", "Specification", "multiverse"]

_TIMES = ("nearest to the target", "earliest", "latest")
_COMPARATORS = ("placebo only", "any comparator")
_TRIALS = ("all", "said to be double-blind")
_CORRELATIONS = (0.3, 0.5, 0.7)
_MODELS = (
    ("common effect", "FE", "z"),
    ("DerSimonian–Laird", "DL", "z"),
    ("REML", "REML", "z"),
    ("REML, Hartung–Knapp", "REML", "knha"),
    ("REML, Hartung–Knapp, ad hoc", "REML", "adhoc"),
    ("Paule–Mandel, Hartung–Knapp", "PM", "knha"),
)
_ASSUMED = 0.5


@dataclass(frozen=True)
class Specification:
    """One analysis: its choices, the studies in it, and its result in SD of benefit."""

    choices: tuple[tuple[str, str], ...]
    k: int
    people: int
    estimate: float
    ci_lower: float
    ci_upper: float


@dataclass(frozen=True)
class Multiverse:
    """All analyses of a question.

    Attributes
    ----------
    specifications : tuple of Specification
        Sorted by estimate.
    towards, against : float
        Share of analyses with an estimate on the side of benefit and of harm.
    clear_benefit, clear_harm : float
        Share whose interval leaves out no difference.
    trial_sets : int
        How many different sets of trials stand behind the analyses.
    turning : tuple of str
        Choices that by themselves move the median estimate to the other side, or the share of
        clear analyses from under 10 % to over 90 %.
    """

    specifications: tuple[Specification, ...]
    towards: float
    against: float
    clear_benefit: float
    clear_harm: float
    trial_sets: int
    turning: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return shares and the number of analyses; the analyses themselves go to the CSV."""
        return {
            "analyses": len(self.specifications),
            "towards": self.towards,
            "against": self.against,
            "clear_benefit": self.clear_benefit,
            "clear_harm": self.clear_harm,
            "trial_sets": self.trial_sets,
            "turning": list(self.turning),
        }


def multiverse(question: Question, studies: Sequence[Study]) -> Multiverse | None:
    """Run every defensible analysis of the randomised trials of a question.

    Parameters
    ----------
    question : Question
    studies : sequence of Study
        The randomised trials the question selected.

    Returns
    -------
    Multiverse or None
        None when no trial printed anything an interval can be worked out from.
    """
    sets: dict[tuple[tuple[float, float], ...], int] = {}
    plans: list[tuple[tuple[tuple[str, str], ...], int, int, int]] = []
    trials: set[frozenset[str]] = set()
    for choices, rows in _universes(question, studies):
        members = [(e, r) for r in rows if (e := standardised_benefit(r)) is not None]
        if not members:
            continue
        key = tuple(e for e, _ in members)
        if key in sets:
            continue  # the same studies with the same numbers are one analysis, not several
        index = sets.setdefault(key, len(sets))
        trials.add(frozenset(r.study for _, r in members))
        people = sum(r.people or 0 for _, r in members)
        plans.append((choices, index, len(members), people))
    if len(plans) < 2:
        return None
    fits = _fit_all(list(sets))
    found = []
    for choices, index, k, people in plans:
        models = _MODELS if k > 1 else (("one study", "FE", "z"),)
        for label, method, test in models:
            estimate, low, high = fits[method, test][index]
            found.append(
                Specification((*choices, ("model", label)), k, people, estimate, low, high)
            )
    found.sort(key=lambda s: s.estimate)
    n = len(found)
    return Multiverse(
        specifications=tuple(found),
        towards=sum(s.estimate > 0 for s in found) / n,
        against=sum(s.estimate < 0 for s in found) / n,
        clear_benefit=sum(s.ci_lower > 0 for s in found) / n,
        clear_harm=sum(s.ci_upper < 0 for s in found) / n,
        trial_sets=len(trials),
        turning=_turning(found),
    )


Fits = dict[tuple[str, str], list[tuple[float, float, float]]]


def _fit_all(sets: Sequence[tuple[tuple[float, float], ...]]) -> Fits:
    """Fit every set of studies under every model; sets of one keep the study's own interval."""
    k = max(len(s) for s in sets)
    Y = np.full((len(sets), k), np.nan)
    V = np.full((len(sets), k), np.nan)
    for i, members in enumerate(sets):
        Y[i, : len(members)] = [d for d, _ in members]
        V[i, : len(members)] = [v for _, v in members]
    several = np.array([len(s) > 1 for s in sets])
    z = float(norm.ppf(0.975))
    found: Fits = {}
    for _, method, test in _MODELS:
        out = [
            (s[0][0], s[0][0] - z * math.sqrt(s[0][1]), s[0][0] + z * math.sqrt(s[0][1]))
            for s in sets
        ]
        if several.any():
            batch = meta.pool_many(Y[several], V[several], method=method, test=test)
            for i, j in enumerate(np.flatnonzero(several)):
                out[int(j)] = (
                    float(batch.coef[i]),
                    float(batch.ci_lower[i]),
                    float(batch.ci_upper[i]),
                )
        found[method, test] = out
    return found


def _universes(
    question: Question, studies: Sequence[Study]
) -> Iterator[tuple[tuple[tuple[str, str], ...], list[StudyRow]]]:
    """Yield (choices, one row a study) for every combination of choices about the data."""
    all_rows = {
        (s.id, i): outcome_row(s, Layer.RANDOMISED, question, i, o)
        for s in studies
        for i, o in enumerate(s.outcomes)
    }
    crossover = any(s.design == "rct-crossover" for s in studies)
    wanted = {o.construct: o.label for o in question.outcomes}
    measured = [c for c in wanted if any(o.construct == c for s in studies for o in s.outcomes)]
    correlations = _CORRELATIONS if crossover else (_ASSUMED,)
    for construct, when, against, which, r in itertools.product(
        measured, _TIMES, _COMPARATORS, _TRIALS, correlations
    ):
        rows = []
        for study in studies:
            if which != "all" and study.blinding.masking not in ("double-blind", "triple-blind"):
                continue
            outcomes = [
                (i, o)
                for i, o in enumerate(study.outcomes)
                if o.construct == construct and _in_window(o, question) and not PART.search(o.name)
            ]
            picked = _at(outcomes, when, question)
            if picked is None:
                continue
            row = all_rows[study.id, picked]
            if row.combined:
                continue
            if against == "placebo only" and row.comparator not in PLACEBO:
                continue
            rows.append(_with_correlation(row, study, r))
        choices = [
            ("outcome", wanted[construct]),
            ("time", when),
            ("comparator", against),
            ("trials", which),
        ]
        if crossover:
            choices.append(("crossover correlation", f"{r:g}"))
        if rows:
            yield tuple(choices), rows


def _in_window(outcome: Outcome, question: Question) -> bool:
    day, window = outcome.timepoint_days, question.window_days
    if day is None:
        return True
    return (window.min is None or day >= window.min) and (window.max is None or day <= window.max)


def _at(outcomes: Sequence[tuple[int, Outcome]], when: str, question: Question) -> int | None:
    """Choose one outcome of a study by time; those without a stated day count as the target day."""
    if not outcomes:
        return None
    target = question.window_days.target or 0

    def day(outcome: Outcome) -> int:
        return target if outcome.timepoint_days is None else outcome.timepoint_days

    if when == "earliest":
        return min(outcomes, key=lambda o: (day(o[1]), o[0]))[0]
    if when == "latest":
        return max(outcomes, key=lambda o: (day(o[1]), -o[0]))[0]
    return min(outcomes, key=lambda o: (abs(day(o[1]) - target), o[0]))[0]


def _with_correlation(row: StudyRow, study: Study, r: float) -> StudyRow:
    """Rescale a crossover variance that rests on the assumed correlation to another one."""
    effect = row.effect
    if effect is None or study.design != "rct-crossover" or "correlation" not in effect.how:
        return row
    return replace(row, effect=replace(effect, v=effect.v * (1 - r) / (1 - _ASSUMED)))


def _turning(found: Sequence[Specification]) -> tuple[str, ...]:
    by: dict[str, dict[str, list[Specification]]] = {}
    for spec in found:
        for choice, option in spec.choices:
            by.setdefault(choice, {}).setdefault(option, []).append(spec)
    turning = []
    for choice, options in by.items():
        medians = [float(np.median([s.estimate for s in group])) for group in options.values()]
        clear = [
            float(np.mean([s.ci_lower > 0 or s.ci_upper < 0 for s in group]))
            for group in options.values()
        ]
        if (
            min(medians) <= 0 < max(medians)
            or min(medians) < 0 <= max(medians)
            or (min(clear) < 0.1 and max(clear) > 0.9)
        ):
            turning.append(choice)
    return tuple(turning)
