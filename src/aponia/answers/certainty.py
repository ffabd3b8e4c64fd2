"""The facts of a synthesis as the certainty rules want them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from aponia.answers.depth import log_scale
from aponia.answers.layers import Layer
from aponia.answers.model import StudyRow, Synthesis
from aponia.answers.select import Selection
from aponia.appraisal import Body, Certainty, bias_flags, suggest_certainty
from aponia.evidence import Question, Study, Trial

__all__ = ["ENDED", "indirectness", "shared_flags", "suggest", "unpublished_trials"]

#: Registry statuses of trials that should have reported.
ENDED = ("Completed", "Terminated")


def suggest(
    question: Question, chosen: Selection, headline: Synthesis | None, trials: Sequence[Trial]
) -> Certainty:
    """Suggest the certainty of a synthesis by the rules of `aponia.appraisal`.

    Parameters
    ----------
    question : Question
    chosen : Selection
        Holds the randomised trials behind the synthesis.
    headline : Synthesis or None
    trials : sequence of Trial
        Registered trials of the question.

    Returns
    -------
    Certainty
    """
    if headline is None:
        return suggest_certainty(Body(randomised=False, k=0, people=0))
    studies = {s.id: s for s in chosen.by_layer[Layer.RANDOMISED]}
    whole = headline.kind in ("direction", "none")
    members = [r for r in headline.rows if whole or (r.effect and r.effect.has_interval)]
    flags, severe = shared_flags(members, studies)
    rr = headline.measure == "RR"
    return suggest_certainty(
        Body(
            randomised=True,
            k=headline.k,
            people=headline.people,
            estimate=log_scale(headline.estimate, rr),
            ci_lower=log_scale(headline.ci_lower, rr),
            ci_upper=log_scale(headline.ci_upper, rr),
            pi_lower=log_scale(headline.pi_lower, rr),
            pi_upper=log_scale(headline.pi_upper, rr),
            null=0.0,
            mid=headline.mid if headline.mid_between else None,
            i2=headline.i2,
            flags=flags,
            severe_flags=severe,
            indirect=indirectness(members, question),
            directions=tuple(r.direction for r in headline.rows),
            unpublished=unpublished_trials(trials),
            no_direction=whole and headline.direction == "unclear",
            silent=sum(r.silent for r in headline.rows),
            default_mid={"SMD": 0.2, "RR": math.log(1.25)}.get(headline.measure or ""),
        )
    )


def shared_flags(
    rows: Sequence[StudyRow], studies: dict[str, Study]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return flags that touch at least half of the people behind the result, worded with their share."""
    people = {r.study: (r.people or 1) for r in rows}
    total = sum(people.values())
    hit: dict[tuple[str, bool, str], int] = {}
    for row in rows:
        for flag in bias_flags(studies[row.study], row.comparator):
            text = (
                flag.text
                if len(rows) == 1 or flag.kind != "incomplete"
                else "Randomised people are missing from the analysis."
            )
            hit[(flag.kind, flag.severe, text)] = (
                hit.get((flag.kind, flag.severe, text), 0) + people[row.study]
            )
    plain: list[str] = []
    severe: list[str] = []
    for (_, is_severe, text), n in hit.items():
        if n * 2 >= total:
            (severe if is_severe else plain).append(text)
    return tuple(plain), tuple(severe)


def indirectness(rows: Sequence[StudyRow], question: Question) -> tuple[str, ...]:
    """Return the reasons why the rows behind a result do not quite match the question."""
    reasons = []
    others = rows and all(r.comparator == "other-treatment" for r in rows)
    if others and "active" not in question.comparators:
        reasons.append("The comparison is with another treatment, not with placebo.")
    asked_beyond = (question.window_days.min or 0) >= 1
    if asked_beyond and rows and all(r.timepoint_days is None for r in rows):
        reasons.append("The time of measurement is not stated.")
    return tuple(reasons)


def unpublished_trials(trials: Sequence[Trial]) -> int:
    """Count the trials that ended without a result that could be found."""
    return sum(
        1
        for t in trials
        if t.status in ENDED and not t.linked_studies and t.results_posted is False
    )
