"""Whether the trials now registered would settle it.

In: a question. Out: an `Outlook`: every registered trial that has not reported, what of it could add to
the randomised result, and the chance that the pooled answer then reaches low or moderate certainty.

Nobody knows which trials will report, nor what registries leave out. So nothing of that is estimated:
the chances are given *if all report* and *if half report* (each with chance one half), and each twice:
with every open point taken against the trials (``cautious``: guesses not asked, people lost as usual in
the condition, unclear masking stays unclear, unclear allocation counts as not randomised, trials with
another registered primary outcome left out) and in their favour (``hopeful``). Every trial is taken to
enrol the people it registered and to measure the question's outcome so that it can be pooled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from aponia.answers import Answer
from aponia.answers.model import PLACEBO
from aponia.evidence import EvidenceBase
from aponia.planning.errors import PlanningError
from aponia.planning.forecast import Forecast, Ground, forecast, ground_of
from aponia.planning.new_trials import Registered, Side, registered_trials

__all__ = ["ASSUMED", "SIDES", "Outlook", "Scenario", "outlook", "outlook_all"]

#: Open points settled against the trials, and in their favour.
SIDES: tuple[Side, ...] = ("cautious", "hopeful")

#: What every outlook takes for granted, in words.
ASSUMED: tuple[str, ...] = (
    "Every trial enrols the people it registered and measures the outcome of the question in a way that can be pooled.",
    "“If half report” gives each trial a chance of one half. It is an assumption; nobody knows how many will report. A trial that does not report counts as ended without a result.",
    "The lower end takes every open point against the trials: nobody asks people what they think they got, as many are lost as usual, what the registry leaves open stays unclear.",
    "The upper end takes every open point in their favour: the guess is asked and reported, almost nobody is lost, masking was double-blind.",
    "Certainty follows the same rules as on the page of the question. A reviewer may judge otherwise.",
)


@dataclass(frozen=True)
class Scenario:
    """One way to settle what is open.

    Attributes
    ----------
    side : {"cautious", "hopeful"}
        How every open point is taken.
    reports : float
        Chance of each trial to report.
    trials : tuple of str
        Trials that can add to the randomised result, so taken.
    forecast : Forecast or None
        None when there is none such trial.
    """

    side: Side
    reports: float
    trials: tuple[str, ...]
    forecast: Forecast | None

    def chance(self, level: str) -> float:
        """Chance that certainty is at `level` or above; without a trial nothing changes."""
        return 0.0 if self.forecast is None else self.forecast.at_least[level].value  # type: ignore[index]


@dataclass(frozen=True)
class Outlook:
    """Whether what is registered may settle a question.

    Attributes
    ----------
    question, ask, construct : str
    now : str
        Certainty today.
    trials : tuple of Registered
        Those that have not reported.
    scenarios : tuple of Scenario
        If all report and if half report, cautious and hopeful.
    words : tuple of str
        The outlook in sentences; they speak of trials and certainty, never of an effect.
    why_not : str
        Why there are no chances; empty when there are.
    """

    question: str
    ask: str
    construct: str
    now: str
    trials: tuple[Registered, ...]
    scenarios: tuple[Scenario, ...]
    words: tuple[str, ...]
    why_not: str

    @property
    def adding(self) -> tuple[Registered, ...]:
        """Trials that could add to the randomised result."""
        ids = {t for s in self.scenarios for t in s.trials}
        return tuple(t for t in self.trials if t.id in ids)

    def range(self, level: str, reports: float = 1.0) -> tuple[float, float] | None:
        """Return the lowest and highest chance of a level over the ways to settle what is open.

        Parameters
        ----------
        level : str
            At this level of certainty or above.
        reports : float
            1.0 or 0.5.

        Returns
        -------
        tuple of float or None
            None when no registered trial could add to the randomised result.
        """
        if not self.adding:
            return None
        found = [s.chance(level) for s in self.scenarios if s.reports == reports]
        return min(found), max(found)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-safe values."""
        return asdict(self)


def outlook(
    base: EvidenceBase,
    answer: Answer,
    *,
    ground: Ground | None = None,
    simulations: int = 400,
    seed: int = 1,
) -> Outlook:
    """Return whether the registered trials of a question may settle it.

    Parameters
    ----------
    base : EvidenceBase
    answer : Answer
    ground : Ground, optional
        From `ground_of`, where it is at hand.
    simulations, seed : int
        Of each scenario.

    Returns
    -------
    Outlook
    """
    question = base.questions[answer.id]
    trials = registered_trials(base, question, [base.trials[t] for t in answer.trials])
    first = question.outcomes[0].construct

    def without(why: str, construct: str = first) -> Outlook:
        return Outlook(
            answer.id, answer.ask, construct, answer.certainty.level, trials, (),
            _words(trials, (), why), why,
        )  # fmt: skip

    if question.mechanism:
        return without("A question of how something works: no trial result decides it alone.")
    if not trials:
        return without("")
    if len(question.conditions) > 1 and not all(t.why_not for t in trials):
        return without(
            "It asks about several kinds of pain at once. Its trials are counted on the pages of the single questions."
        )
    try:
        ground = ground or ground_of(base, answer)
    except PlanningError as error:
        return without(f"No trial of it can be described from this base: {error}")
    trials = tuple(_apart(t, trials, ground) for t in trials)
    possible = {side: [t.settled(side) for t in trials] for side in SIDES}
    if not any(any(found) for found in possible.values()):
        return without("")
    scenarios = []
    for reports in (1.0, 0.5):
        for side in SIDES:
            adding = [t for t in possible[side] if t is not None]
            made = (
                forecast(ground, adding, reports=reports, simulations=simulations, seed=seed)
                if adding
                else None
            )
            scenarios.append(Scenario(side, reports, tuple(t.id for t in adding), made))
    return Outlook(
        answer.id, answer.ask, ground.construct, answer.certainty.level, trials, tuple(scenarios),
        _words(trials, scenarios, ""), "",
    )  # fmt: skip


def _apart(trial: Registered, trials: Sequence[Registered], ground: Ground) -> Registered:
    """Say of a trial without placebo that it stays apart where there is a placebo comparison."""
    placebo = bool(ground.rows) or any(
        t.comparator in PLACEBO and not t.why_not for t in trials
    )  # fmt: skip
    if trial.why_not or not placebo or trial.comparator in PLACEBO:
        return trial
    why = "Compared with another treatment or with nothing: it stays apart from the placebo comparison."
    return replace(trial, why_not=why, open_points=())


def outlook_all(
    base: EvidenceBase, answers: dict[str, Answer], *, simulations: int = 400, seed: int = 1
) -> dict[str, Outlook]:
    """Return the outlook of every question, by id."""
    return {q: outlook(base, a, simulations=simulations, seed=seed) for q, a in answers.items()}


def _percent(value: float) -> str:
    if value == 0:
        return "0%"
    if value < 0.01:
        return "less than 1%"
    return "more than 99%" if 0.99 < value < 1 else f"{100 * value:.0f}%"


def _between(low: float, high: float) -> str:
    a, b = _percent(low), _percent(high)
    return a if a == b else f"{a} to {b}"


#: Domains in words a reader knows.
_HOLDS = {
    "imprecision": "too few people, or an interval that leaves the direction open",
    "risk of bias": "risk of bias: blinding, people lost, or what could not be checked",
    "inconsistency": "trials that differ more than chance explains",
    "indirectness": "a comparison with another treatment",
    "publication bias": "registered trials that ended without a result",
}


def _words(
    trials: Sequence[Registered], scenarios: Sequence[Scenario], why: str
) -> tuple[str, ...]:
    if why:
        return (why,)
    if not trials:
        return ("No registered trial is waiting to report, so nothing is on its way.",)
    out = []
    people = sum(t.people or 0 for t in trials)
    count = f"{len(trials)} registered trial{'s' if len(trials) > 1 else ''}"
    verb = "have" if len(trials) > 1 else "has"
    out.append(f"{count} {verb} not reported, with {people} people planned or reached in all.")
    idle = [t for t in trials if t.why_not]
    if idle:
        if len(trials) == 1:
            head = "It can not add to the randomised result, whatever it finds"
        elif len(idle) == len(trials):
            head = "None of them can add to the randomised result, whatever they find"
        else:
            head = f"{len(idle)} of them can not add to the randomised result, whatever {'it finds' if len(idle) == 1 else 'they find'}"
        out.append(f"{head}: " + "; ".join(dict.fromkeys(_short(t.why_not) for t in idle)) + ".")
    if not scenarios:
        return tuple(out)
    full = [s for s in scenarios if s.reports == 1.0]
    half = [s for s in scenarios if s.reports != 1.0]
    chance = {
        (name, level): (min(s.chance(level) for s in group), max(s.chance(level) for s in group))
        for name, group in (("all", full), ("half", half))
        for level in ("low", "moderate")
    }
    if chance["all", "moderate"][1] == 0:
        out.append(
            "Even if all report, the answer reaches moderate certainty in none of the simulated futures."
        )
    else:
        out.append(
            f"If all report, the chance that the answer reaches moderate certainty is {_between(*chance['all', 'moderate'])}; "
            f"if half report, {_between(*chance['half', 'moderate'])}."
        )
    out.append(
        f"The chance of at least low certainty is {_between(*chance['all', 'low'])} if all report, "
        f"{_between(*chance['half', 'low'])} if half do."
    )
    one_side = [
        (s.forecast.interval["benefit"].value + s.forecast.interval["harm"].value)
        if s.forecast
        else 0.0
        for s in full
    ]
    out.append(
        "The chance that the interval would then leave out no difference, in either direction, is "
        f"{_between(min(one_side), max(one_side))}. Low certainty alone does not tell a direction."
    )
    shown = next((s.forecast for s in full if s.side == "hopeful" and s.forecast), None)
    if shown is not None and shown.held:
        told = [
            f"{_HOLDS.get(h.domain, h.domain)} (in {_percent(h.share)} of the simulated futures)"
            for h in shown.held[:3]
            if h.share >= 0.05
        ]
        if told:
            out.append("Even with every open point in their favour, what holds it back: " + "; ".join(told) + ".")  # fmt: skip
    return tuple(out)


def _short(text: str) -> str:
    head = text.split(":")[0].rstrip(".")
    return head[0].lower() + head[1:]
