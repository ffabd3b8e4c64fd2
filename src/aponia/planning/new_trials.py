"""Trials that have not reported: as somebody plans them, or as a registry describes them.

In: numbers, or a registered `Trial`. Out: a `NewTrial`, and the record it would leave in the base
(`NewTrial.study`), so that risk of bias and comparators are judged by the code that judges real trials.
What a registry does not say stays None; `Registered.settled` fills every gap against or in favour of
the trial.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aponia.answers.contrasts import arm_pairs
from aponia.answers.layers import Layer, layer_of
from aponia.answers.model import Comparator
from aponia.answers.select import RUNNING
from aponia.evidence import AdverseEvents, EvidenceBase, Question, Source, Study, Trial
from aponia.evidence.codes import Masking
from aponia.evidence.study import Arm, Blinding, Population
from aponia.planning.errors import PlanningError

__all__ = ["NewTrial", "Registered", "Side", "read_design", "registered_trials"]

Side = Literal["cautious", "hopeful"]
#: A share of randomised people without an outcome below which nothing is held against a trial.
WELL_FOLLOWED = 0.04
#: The smallest trial that is simulated.
FEWEST = 6


@dataclass(frozen=True)
class NewTrial:
    """A trial that may report.

    Attributes
    ----------
    id, label : str
    people : int
        Randomised in all.
    design : {"parallel", "crossover"}
    ratio : float
        People on active for one on the comparator.
    masking : str or None
        Code as in a study record; None when nobody said.
    comparator : str
        Kind of comparator, as `aponia.answers` names them.
    guess_asked : bool
        Whether people are asked what they think they got, and it is reported.
    lost : float or None
        Share of people without an outcome; None takes what the plan assumes for the condition.
    microdose : bool
        Whether people are not expected to feel the drug.
    replaces : tuple of str
        Studies of the base that report part of this trial already.
    ended : bool
        Whether a registry says it is over.
    """

    id: str
    label: str
    people: int
    design: Literal["parallel", "crossover"] = "parallel"
    ratio: float = 1.0
    masking: Masking | None = "double-blind"
    comparator: Comparator = "inert-placebo"
    guess_asked: bool = False
    lost: float | None = None
    microdose: bool = False
    replaces: tuple[str, ...] = ()
    ended: bool = False

    def __post_init__(self) -> None:
        if self.people < FEWEST:
            raise PlanningError(f"{self.id}: people must be at least {FEWEST}, found {self.people}")
        if self.lost is not None and not 0 <= self.lost < 1:
            raise PlanningError(f"{self.id}: lost is a share below 1, found {self.lost:g}")

    def study(self, question: Question, lost: float, arms: Sequence[Arm] = ()) -> Study:
        """Return the record this trial would leave once its full paper has been read.

        Parameters
        ----------
        question : Question
        lost : float
            Share of people without an outcome.
        arms : sequence of Arm
            As registered.

        Returns
        -------
        Study
            Without any result.
        """
        return Study(
            id=re.sub(r"[^a-z0-9]+", "-", self.id.lower()).strip("-"),
            title=self.label, first_author=None, year=None, journal=None, doi=None, pmid=None,
            registrations=(), design="rct-crossover" if self.design == "crossover" else "rct-parallel",
            condition=question.conditions[0], substances=question.substances,
            approach="microdose" if self.microdose else "unclear", country=None,
            population=Population(
                description=self.label, n_randomized=self.people,
                n_analysed=max(1, round(self.people * (1 - lost))), age_mean=None, female_percent=None,
            ),
            comparator=None,
            blinding=Blinding(
                masking=self.masking, guess_assessed=self.guess_asked,
                active_guess_correct=None, control_guess_correct=None,
            ),
            arms=tuple(arms), outcomes=(),
            adverse_events=AdverseEvents(serious=None, withdrawals_due_to_ae=None, note=None),
            findings=(), limits=(),
            sources=(Source(kind="institution-page", url="https://aponia.invalid/", supports=("design",)),),
            read="full-text",
        )  # fmt: skip


@dataclass(frozen=True)
class Registered:
    """What a registry says about a trial that has not reported, in the terms of a question.

    Attributes
    ----------
    id, title : str
    status, phase : str or None
    people : int or None
    design_text : str or None
        As registered.
    randomised : bool or None
    masking : str or None
    comparator : str or None
        None when no arm without the drug is registered.
    crossover : bool
    ratio : float
    measures : bool or None
        Whether the registered primary outcome is pain or attacks; None when it could not be read.
    microdose, ended, results_posted : bool
    replaces : tuple of str
    why_not : str
        Why it can not add to the randomised result; empty when it can.
    open_points : tuple of str
        What the registry left open, in words.
    """

    id: str
    title: str
    status: str | None
    phase: str | None
    people: int | None
    design_text: str | None
    randomised: bool | None
    masking: Masking | None
    comparator: Comparator | None
    crossover: bool
    ratio: float
    measures: bool | None
    microdose: bool
    ended: bool
    results_posted: bool
    replaces: tuple[str, ...]
    why_not: str
    open_points: tuple[str, ...]

    def settled(self, side: Side) -> NewTrial | None:
        """Return the trial with every open point taken against it, or in its favour.

        Parameters
        ----------
        side : {"cautious", "hopeful"}

        Returns
        -------
        NewTrial or None
            None when, so taken, it adds nothing to the randomised result.
        """
        hopeful = side == "hopeful"
        if self.why_not or self.people is None or self.comparator is None:
            return None
        if not hopeful and (self.randomised is None or self.measures is False):
            return None
        masking: Masking | None = self.masking
        if masking is None and hopeful:
            masking = "double-blind"
        return NewTrial(
            id=self.id, label=self.title, people=self.people,
            design="crossover" if self.crossover else "parallel", ratio=self.ratio, masking=masking,
            comparator=self.comparator, guess_asked=hopeful, lost=WELL_FOLLOWED if hopeful else None,
            microdose=self.microdose, replaces=self.replaces, ended=self.ended,
        )  # fmt: skip


_OVER = ("Completed", "Terminated", "Not recruiting")
_PAIN = re.compile(r"pain|attack|headache|migraine|analges", re.IGNORECASE)


def read_design(text: str | None) -> tuple[bool | None, Masking | None, bool, float]:
    """Read allocation, masking, crossover and allocation ratio from a registered design.

    Parameters
    ----------
    text : str or None

    Returns
    -------
    randomised : bool or None
        None when the text does not say.
    masking : str or None
    crossover : bool
    ratio : float
        1 unless a ratio is written.

    Examples
    --------
    >>> read_design("randomized 2:1, parallel, double-blind, low-dose active placebo")
    (True, 'double-blind', False, 2.0)
    >>> read_design("open-label, single group, pilot")
    (False, 'open-label', False, 1.0)
    """
    words = (text or "").lower()
    randomised: bool | None = None
    if re.search(r"\bnon-?randomi|single group|observational|single treatment plan|one treatment plan|open-label pilot", words):  # fmt: skip
        randomised = False
    elif "randomi" in words:
        randomised = True
    masking: Masking | None = None
    if "open-label" in words:
        masking = "open-label"
    elif re.search(r"quadruple|triple", words):
        masking = "triple-blind"
    elif re.search(r"double-?(blind|mask)|participants and outcome assessors masked|masked including", words):  # fmt: skip
        masking = "double-blind"
    elif re.search(r"single-blind|assessor masked", words):
        masking = "single-blind"
    ratio = 1.0
    if found := re.search(r"\b(\d):(\d)\b", words):
        ratio = int(found[1]) / max(1, int(found[2]))
    return randomised, masking, bool(re.search(r"cross-?over|three-period", words)), ratio


def _registered(base: EvidenceBase, question: Question, trial: Trial) -> Registered:
    randomised, masking, crossover, ratio = read_design(trial.design)
    words = (trial.design or "").lower()
    people, comparator = trial.enrollment, None
    trial_as_study = NewTrial(trial.id, trial.title, max(FEWEST, people or FEWEST)).study(
        question, 0.0, trial.arms
    )
    pairs = arm_pairs(trial_as_study, question.substances)
    if pairs:
        comparator = pairs[0][2]
        if comparator == "other-treatment" and re.search(r"active[- ]placebo", words):
            comparator = "active-placebo"
    why_not = ""
    if randomised is False:
        why_not = "No random assignment: it can not add to the randomised result."
    elif comparator is None and trial.arms and len({a.substance for a in trial.arms}) == 1:
        why_not = (
            "Every arm gets the drug: no comparison with people who did not get it."
            if len(trial.arms) > 1
            else "One arm is registered: no comparison."
        )
    elif comparator is None:
        why_not = "No arm without the drug is registered."
    elif (
        layer_of(trial_as_study.model_copy(update={"condition": trial.condition}))
        is not Layer.RANDOMISED
    ):
        why_not = (
            "In people without this pain: it can not add to the randomised result in patients."
        )
    if people is None and not why_not:
        why_not = "The number of people is not registered, so its weight can not be told."
    if people is not None and people < FEWEST and not why_not:
        why_not = f"Fewer than {FEWEST} people are registered."
    measures = None if trial.primary_outcomes is None else bool(
        _PAIN.search(" ".join(trial.primary_outcomes))
    )  # fmt: skip
    points = []
    if randomised is None:
        points.append("random assignment not stated")
    if masking is None:
        points.append("masking not stated")
    if measures is False:
        points.append("the registered primary outcome is something else than pain or attacks")
    elif measures is None:
        points.append("primary outcome not readable; taken to be the outcome of the question")
    points.append("whether guesses are asked is not registered")
    return Registered(
        trial.id, trial.title, trial.status, trial.phase, people, trial.design, randomised, masking,
        comparator, crossover, ratio, measures, trial.approach == "microdose",
        trial.status in _OVER, trial.results_posted is True, trial.linked_studies, why_not,
        tuple(points) if not why_not else (),
    )  # fmt: skip


def registered_trials(
    base: EvidenceBase, question: Question, trials: Sequence[Trial]
) -> tuple[Registered, ...]:
    """Return the registered trials of a question that have not reported.

    Parameters
    ----------
    base : EvidenceBase
    question : Question
    trials : sequence of Trial
        The trials of the question.

    Returns
    -------
    tuple of Registered
        Running and planned ones, and ended ones without a result in the base. A trial whose results
        are a study of the base has reported, unless it still recruits: then that study is part of it.
    """
    found = []
    for trial in trials:
        if trial.status == "Withdrawn":
            continue
        results = [
            s for s in trial.linked_studies
            if s in base.studies and layer_of(base.studies[s]) in (Layer.RANDOMISED, Layer.UNCONTROLLED)
        ]  # fmt: skip
        if trial.status not in RUNNING and results:
            continue
        found.append(_registered(base, question, trial))
    return tuple(found)
