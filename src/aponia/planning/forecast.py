"""What the answer may look like after new trials have reported.

In: a question's answer and one or more `NewTrial`. Out: a `Forecast`: the distribution of the GRADE
level the rules would then suggest, of the direction and of the width of the interval.

For each draw the true effects of the new trials come from the belief (mean over trials, spread between
them), each trial is simulated person by person on the endpoint's own scale by `DESIGNS`, its estimate
joins the trials now behind the headline, and all are pooled with the model the site uses (Bayesian
random effects, half-normal prior on tau), in batches by `aponia.meta.bayes_many`, which agrees with
`aponia.meta.bayes` to about 1e-8. No normal approximation of the new estimate is made. Then
`aponia.appraisal.suggest_certainty` judges the body: more trials, more people, the new interval, and
the flags the new trials' designs would carry. Preposterior reasoning: O'Hagan, Stevens & Campbell
(Pharm Stat 2005;4:187); on updating a meta-analysis with a trial: Sutton et al. (Stat Med 2007;26:2479).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aponia import answers, meta
from aponia.answers import Answer, Layer, StudyRow, Synthesis
from aponia.answers.certainty import indirectness, shared_flags, unpublished_trials
from aponia.answers.model import PLACEBO
from aponia.answers.select import trials_for
from aponia.appraisal import LEVELS, Body, Certainty, Level, suggest_certainty
from aponia.evidence import EvidenceBase, Question, QuestionOutcome, Study
from aponia.planning.belief import Belief, _converted, belief_of
from aponia.planning.designs import DESIGNS, Model
from aponia.planning.endpoints import Endpoint, FloatArray
from aponia.planning.engine import _outcome
from aponia.planning.errors import PlanningError
from aponia.planning.model import Estimate
from aponia.planning.new_trials import NewTrial
from aponia.planning.recipes import assume, endpoint_of

__all__ = ["Forecast", "Ground", "Held", "forecast", "ground_of"]

_Z = 1.959963984540054
#: Differences that count as important where no minimal one is known, as in `aponia.answers`.
_DEFAULT_MID = {"count": math.log(1.25), "responder": math.log(1.25), "normal": 0.2, "score": None}

#: Measure and unit that each kind of endpoint is printed in.
_OWN: dict[str, set[tuple[str | None, str | None]]] = {
    "count": {("MD", "attacks/week"), ("RR", None)},
    "score": {("MD", "points of 10"), ("MD", "days/week"), ("MD", "days/4 weeks")},
    "responder": {("RR", None)},
    "normal": {("SMD", None)},
}


@dataclass(frozen=True)
class Held:
    """A GRADE domain that keeps the certainty down.

    Attributes
    ----------
    domain : str
    share : float
        Of the draws in which it rates down.
    levels : float
        By how many levels on average, where it does.
    reason : str
        What the rules said most often, numbers of one draw included.
    """

    domain: str
    share: float
    levels: float
    reason: str


@dataclass(frozen=True)
class Forecast:
    """The answer after new trials, as a distribution.

    Attributes
    ----------
    question, construct, scale : str
    trials : tuple of str
        Ids of the new trials.
    people : int
        Randomised in them.
    simulations, seed : int
    now : str
        Certainty today.
    levels : dict of str to Estimate
        Share of draws that end at each level; the shares sum to 1.
    at_least : dict of str to Estimate
        Share at or above each level.
    changes : Estimate
        Share in which the level differs from today's.
    interval : dict of str to Estimate
        Where the 95% interval ends: "benefit", "harm", "includes no difference", "none".
    width_now : float or None
        Width of today's 95% interval on `scale`.
    width : float or None
        Expected width; None when hardly any draw has an interval.
    held : tuple of Held
        Domains that rate down, most often first.
    """

    question: str
    construct: str
    scale: str
    trials: tuple[str, ...]
    people: int
    simulations: int
    seed: int
    now: Level
    levels: dict[Level, Estimate]
    at_least: dict[Level, Estimate]
    changes: Estimate
    interval: dict[str, Estimate]
    width_now: float | None
    width: float | None
    held: tuple[Held, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-safe values."""
        return asdict(self)


@dataclass(frozen=True)
class Ground:
    """What a question's forecasts share: endpoint, belief and the trials now behind the headline.

    Attributes
    ----------
    base, question, answer
    endpoint : Endpoint
    belief : Belief
    construct : str
    rows : tuple of StudyRow
        Rows of today's headline, if it is a placebo comparison of this outcome.
    y, v : dict of str to float
        Estimate and variance on the endpoint's scale, by study, for those with an interval.
    headline : Synthesis or None
        None when today's headline is no placebo comparison of this outcome.
    """

    base: EvidenceBase
    question: Question
    answer: Answer
    endpoint: Endpoint
    belief: Belief
    construct: str
    rows: tuple[StudyRow, ...]
    y: dict[str, float]
    v: dict[str, float]
    headline: Synthesis | None

    @property
    def outcome(self) -> QuestionOutcome:
        """The question's outcome that is forecast."""
        return next(o for o in self.question.outcomes if o.construct == self.construct)

    @property
    def width_now(self) -> float | None:
        """Width of today's interval on the endpoint's scale."""
        if self.belief.data is None:
            return None
        return 2 * _Z * self.belief.data[1]


def ground_of(
    base: EvidenceBase, question: Question | Answer, *, outcome: str | None = None
) -> Ground:
    """Gather what the forecasts of a question share.

    Parameters
    ----------
    base : EvidenceBase
    question : Question or Answer
    outcome : str, optional
        Outcome construct; that of the headline by default, else the question's first.

    Returns
    -------
    Ground

    Raises
    ------
    PlanningError
        If the base holds too little to describe a trial, or the question names no condition.
    """
    answer = question if isinstance(question, Answer) else answers.answer(base, question)
    asked = base.questions[answer.id]
    if not asked.conditions:
        raise PlanningError(f"{asked.id} names no condition, so nobody can be recruited for it")
    measured = _outcome(asked, answer, outcome)
    told = assume(base, asked.conditions[0], measured, "parallel")
    endpoint = endpoint_of(measured, told)
    belief = belief_of(answer, base, endpoint, measured.construct, told["target_effect"])
    headline = answer.headline
    if headline is not None and (
        headline.construct != measured.construct or headline.comparator not in PLACEBO
    ):
        headline = None
    rows = tuple(r for r in headline.rows if r.chosen) if headline else ()
    y: dict[str, float] = {}
    v: dict[str, float] = {}
    # A new trial is pooled with trials of the headline's measure and unit only; where the headline is
    # directions, with those that printed the endpoint's own.
    wanted = (
        {(headline.measure, headline.unit)}
        if headline is not None and headline.measure is not None
        else _OWN[endpoint.kind]
    )
    for row in rows:
        if headline is None or row.effect is None or not row.effect.has_interval:
            continue
        e = row.effect
        if (e.measure, e.unit) not in wanted:
            continue
        alone = replace(
            headline, kind="single", k=1, estimate=e.estimate, ci_lower=e.ci_lower,
            ci_upper=e.ci_upper, measure=e.measure, unit=e.unit, rows=(row,),
        )  # fmt: skip
        found = _converted(alone, base, endpoint, measured.construct)
        if found is None:
            continue
        y[row.study], se = found[1], found[2]
        v[row.study] = se**2
    return Ground(base, asked, answer, endpoint, belief, measured.construct, rows, y, v, headline)


def _effects(belief: Belief, trials: int, size: int, seed: int) -> FloatArray:
    """Return true effects of several trials that share their mean and spread, shape (trials, size)."""
    z = np.random.default_rng([seed, 20]).standard_normal((size, 3))
    tau = belief.tau if belief.tau_known else belief.tau * np.abs(z[:, 1])
    mean = belief.mean + belief.sd * z[:, 0]
    own = [z[:, 2]] + [
        np.random.default_rng([seed, 21, i]).standard_normal(size) for i in range(1, trials)
    ]
    return mean + tau * np.stack(own)


@dataclass(frozen=True)
class _Simulated:
    """A new trial over all draws: its estimates, and what it is as a record."""

    trial: NewTrial
    estimate: FloatArray
    variance: FloatArray
    half: FloatArray
    study: Study
    people: int


def _simulate(
    ground: Ground, trial: NewTrial, effects: FloatArray, seed: int, place: int
) -> _Simulated:
    outcome = ground.outcome
    crossover = trial.design == "crossover" and ground.endpoint.kind != "responder"
    design = "crossover" if crossover else "parallel"
    told = dict(assume(ground.base, ground.question.conditions[0], outcome, design))
    if trial.lost is not None:
        told["dropout_active"] = told["dropout_comparator"] = trial.lost
    endpoint = endpoint_of(outcome, told) if crossover else ground.endpoint  # type: ignore[arg-type]
    model = Model(endpoint, told, seed=seed, ratio=trial.ratio)
    runs = DESIGNS[design](model, effects, trial.people, place * len(effects))
    good = ~runs.failed & np.isfinite(runs.se) & (runs.se > 0) & np.isfinite(runs.half_width)
    lost = (told["dropout_active"] + told["dropout_comparator"]) / 2
    study = trial.study(ground.question, lost)
    return _Simulated(
        trial,
        np.where(good, runs.estimate, np.nan),
        np.where(good, runs.se**2, np.nan),
        np.where(good, runs.half_width, np.nan),
        study,
        study.population.n_analysed or trial.people,
    )


def _row(ground: Ground, new: _Simulated, index: int) -> StudyRow:
    """Return the row a new trial would be; its numbers are in `_Simulated`."""
    return StudyRow(
        study=new.study.id, label=new.trial.label, year=None, layer=Layer.RANDOMISED,
        design=new.study.design, outcome=None, construct=ground.construct, outcome_name=None,
        timepoint="as registered", timepoint_days=index, comparator=new.trial.comparator,
        comparator_text="", n_active=None, n_control=None, people=new.people, active="", control="",
        direction="unclear", p=None, significant=None, effect=None, read="full-text",
        given=ground.question.substances[0],
    )  # fmt: skip


def _tau_scale(ground: Ground, news: Sequence[_Simulated]) -> float:
    """Scale of the half-normal prior on tau, as `aponia.answers.pooling.tau_prior` sets it."""
    if ground.endpoint.kind != "score":
        return 0.5
    people = {r.study: r.people or 0 for r in ground.rows}
    sds = [math.sqrt(ground.v[s] * people[s] / 4) for s in ground.v if people.get(s)]
    sds += [math.sqrt(float(np.nanmedian(n.variance)) * n.people / 4) for n in news]
    return float(f"{0.5 * float(np.median(sds)):.2g}")


def forecast(
    ground: Ground,
    trials: Sequence[NewTrial],
    *,
    reports: float = 1.0,
    simulations: int = 1000,
    seed: int = 1,
) -> Forecast:
    """Return what the answer may look like once new trials have reported.

    Parameters
    ----------
    ground : Ground
    trials : sequence of NewTrial
        All measure the ground's outcome.
    reports : float
        Chance of each trial to report, independently. One that does not counts as ended without a
        result. A stated assumption, never an estimate.
    simulations, seed : int

    Returns
    -------
    Forecast

    Raises
    ------
    PlanningError
        Without trials, with a share out of range or too few simulations.
    """
    if not trials:
        raise PlanningError("a forecast needs at least one new trial")
    if not 0 <= reports <= 1:
        raise PlanningError(f"reports must lie between 0 and 1, found {reports:g}")
    if simulations < 100:
        raise PlanningError(f"simulations must be at least 100, found {simulations}")
    size = simulations
    effects = _effects(ground.belief, len(trials), size, seed)
    news = [_simulate(ground, t, effects[i], seed, i) for i, t in enumerate(trials)]
    told = np.random.default_rng([seed, 22]).random((len(news), size)) < reports
    groups: dict[tuple[bool, ...], list[int]] = {}
    for d in range(size):
        shown = tuple(bool(told[i, d]) and math.isfinite(n.estimate[d]) for i, n in enumerate(news))
        groups.setdefault(shown, []).append(d)
    scale = _tau_scale(ground, news)
    found: list[Certainty | None] = [None] * size
    ends = np.full((size, 2), np.nan)
    for shown, draws in groups.items():
        some = [n for n, is_shown in zip(news, shown, strict=True) if is_shown]
        silent = [n.trial for n, is_shown in zip(news, shown, strict=True) if not is_shown]
        bodies, limits = _bodies(ground, some, silent, np.array(draws), scale)
        ends[draws] = limits
        for d, body in zip(draws, bodies, strict=True):
            found[d] = suggest_certainty(body)
    return _summed(ground, trials, [c for c in found if c is not None], ends, size, seed)


def _bodies(
    ground: Ground, news: Sequence[_Simulated], silent: Sequence[NewTrial],
    draws: NDArray[np.int64], scale: float,
) -> tuple[list[Body], FloatArray]:  # fmt: skip
    """Bodies of evidence of draws in which the same trials reported, and their intervals."""
    question, sign = ground.question, ground.endpoint.benefit_sign
    gone = {s for n in news for s in n.trial.replaces}
    old = [r for r in ground.rows if r.study not in gone]
    fresh = [_row(ground, n, 30) for n in news]
    # Only the placebo comparison makes a headline; another treatment does where there is nothing else.
    blinded = [i for i, r in enumerate(fresh) if r.comparator in PLACEBO]
    keep = blinded if blinded or old else list(range(len(fresh)))
    rows = [*old, *(fresh[i] for i in keep)]
    chosen = [news[i] for i in keep]
    members = [r for r in old if r.study in ground.y] + [fresh[i] for i in keep]
    people = sum(r.people or 0 for r in members)
    studies = {**ground.base.studies, **{n.study.id: n.study for n in news}}
    unpublished = unpublished_trials(
        [t for t in trials_for(ground.base, question) if t.id not in {n.trial.id for n in news}]
    ) + sum(1 for t in silent if not t.ended)
    n = len(draws)
    if not rows:
        return [Body(randomised=False, k=0, people=0)] * n, np.full((n, 2), np.nan)
    known = 2 * people >= sum(r.people or 0 for r in rows) and bool(members)
    flags, severe = shared_flags(members if known else rows, dict(studies))
    common = Body(
        randomised=True, k=len(members) if known else len(rows),
        people=people if known else sum(r.people or 0 for r in rows),
        flags=flags, severe_flags=severe, indirect=indirectness(members if known else rows, question),
        unpublished=unpublished, silent=sum(r.silent for r in rows),
        default_mid=_DEFAULT_MID[ground.endpoint.kind],
    )  # fmt: skip
    if not known:
        bodies = []
        for d in draws:
            told = [r.direction for r in old]
            told += ["benefit" if sign * c.estimate[d] > 0 else "harm" for c in chosen]
            named = {x for x in told if x in ("benefit", "harm")}
            clear = len(named) == 1 and "no-difference" not in told
            one = clear or (not named and "no-difference" in told)
            bodies.append(replace(common, directions=tuple(told), no_direction=not one))
        return bodies, np.full((n, 2), np.nan)
    ids = [r.study for r in old if r.study in ground.y]
    Y = np.column_stack(
        [np.full(n, ground.y[s]) for s in ids] + [c.estimate[draws] for c in chosen]
    )
    V = np.column_stack(
        [np.full(n, ground.v[s]) for s in ids] + [c.variance[draws] for c in chosen]
    )
    if Y.shape[1] == 1:
        half = chosen[0].half[draws] if chosen else np.full(n, _Z * math.sqrt(ground.v[ids[0]]))
        est, low, high = Y[:, 0], Y[:, 0] - half, Y[:, 0] + half
        pi_low = pi_high = i2 = np.full(n, np.nan)
    else:
        fit = meta.bayes_many(Y, V, tau_prior=f"half-normal({scale:g})")
        est, low, high = fit.median, fit.ci_lower, fit.ci_upper
        pi_low, pi_high = fit.pi_lower, fit.pi_upper
        i2 = np.asarray(meta.pool_many(Y, V, method="REML").i2)
    bodies = [
        replace(
            common, estimate=float(est[j]), ci_lower=float(low[j]), ci_upper=float(high[j]),
            pi_lower=float(pi_low[j]), pi_upper=float(pi_high[j]), i2=float(i2[j]),
        )
        for j in range(n)
    ]  # fmt: skip
    return bodies, np.column_stack([low, high])


def _share(hits: NDArray[np.bool_]) -> Estimate:
    p = float(hits.mean())
    smoothed = (float(hits.sum()) + 0.5) / (len(hits) + 1)
    return Estimate(p, math.sqrt(smoothed * (1 - smoothed) / len(hits)))


def _summed(
    ground: Ground, trials: Sequence[NewTrial], found: list[Certainty], ends: FloatArray, size: int,
    seed: int,
) -> Forecast:  # fmt: skip
    at = np.array([LEVELS.index(c.level) for c in found])
    now = ground.answer.certainty.level
    low, high = ends[:, 0], ends[:, 1]
    finite = np.isfinite(low) & np.isfinite(high)
    sign = ground.endpoint.benefit_sign
    with np.errstate(invalid="ignore"):
        better = finite & ((low > 0) if sign > 0 else (high < 0))
        worse = finite & ((high < 0) if sign > 0 else (low > 0))
    held = []
    for i, first in enumerate(found[0].judgements):
        down = [c.judgements[i] for c in found if c.judgements[i].levels < 0]
        if down:
            reason = Counter(j.reason for j in down).most_common(1)[0][0]
            held.append(
                Held(
                    first.domain, len(down) / size, sum(-j.levels for j in down) / len(down), reason
                )
            )
    return Forecast(
        question=ground.question.id, construct=ground.construct, scale=ground.endpoint.scale,
        trials=tuple(t.id for t in trials), people=sum(t.people for t in trials), simulations=size,
        seed=seed, now=now,
        levels={level: _share(at == i) for i, level in enumerate(LEVELS)},
        at_least={level: _share(at >= i) for i, level in enumerate(LEVELS)},
        changes=_share(at != LEVELS.index(now)),
        interval={
            "benefit": _share(better), "harm": _share(worse),
            "includes no difference": _share(finite & ~better & ~worse), "none": _share(~finite),
        },
        width_now=ground.width_now,
        width=float((high - low)[finite].mean()) if finite.mean() > 0.5 else None,
        held=tuple(sorted(held, key=lambda h: -h.share * h.levels)),
    )  # fmt: skip
