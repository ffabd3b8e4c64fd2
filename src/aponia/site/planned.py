"""The plans behind the pages of the next trial: what is computed, once for each evidence base.

Simulations are modest and seeded, so that two builds give the same bytes. Plans that rest on the same
numbers and belief are the same plan and are made once. What was computed is kept in memory and below the
user's cache folder, under a name that holds the digest of the evidence, of the code that computed it and of the questions:
a change of either makes a new file, so nothing can grow stale. Without the file a build takes about half a
minute longer. Pages read plain JSON values, the same whether they were kept or just made.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

import aponia
from aponia import planning
from aponia.answers import Answer
from aponia.answers.certainty import unpublished_trials
from aponia.appraisal.risk_of_bias import FELT
from aponia.evidence import EvidenceBase, QuestionOutcome
from aponia.literature.sources.patience import cache_folder
from aponia.planning import (
    DESIGNS,
    Assumptions,
    Forecast,
    GapReport,
    Ground,
    Model,
    NewTrial,
    Outlook,
    Plan,
    PlanningError,
    ProtocolItem,
    assume,
    endpoint_of,
    find_size,
    power,
)
from aponia.planning.new_trials import WELL_FOLLOWED
from aponia.planning.operating import smallest
from aponia.planning.words import sentences_of, warnings_of
from aponia.site.views.common import World

__all__ = ["Case", "Planned", "planned"]

#: Trials for each point of a curve or search, and draws of a forecast.
TRIALS, DRAWS = 600, 400
_LARGEST = 1200
_KEPT: dict[str, dict[str, Any]] = {}
_MOST_KEPT = 2
#: Packages whose code decides the numbers.
_CODE = ("planning", "answers", "appraisal", "meta", "evidence")


@dataclass(frozen=True)
class Case:
    """A forecast with the words of its case."""

    label: str
    forecast: Forecast


@dataclass(frozen=True)
class Planned:
    """Everything a page of the next trial shows.

    Attributes
    ----------
    answer : Answer
    outlook : Outlook
    gaps : GapReport
    plan : Plan or None
        None where no trial is planned here; `why_not` says why.
    why_not : str
    sizes : tuple of (design, people or None)
    widths : tuple of (people, half width)
        At the effect the trial should see, on the endpoint's scale.
    cases : tuple of Case
        What the answer would look like after a trial.
    protocol : tuple of ProtocolItem
    """

    answer: Answer
    outlook: Outlook
    gaps: GapReport
    plan: Plan | None
    why_not: str
    sizes: tuple[tuple[str, int | None], ...] = ()
    widths: tuple[tuple[int, float], ...] = ()
    cases: tuple[Case, ...] = ()
    protocol: tuple[ProtocolItem, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-safe values."""
        return {
            "question": self.answer.id,
            "ask": self.answer.ask,
            "outlook": self.outlook.to_dict(),
            "gaps": self.gaps.to_dict(),
            "plan": _told(self.plan) if self.plan else None,
            "why_no_plan": self.why_not or None,
            "people_by_design": dict(self.sizes),
            "half_widths": [{"people": n, "half_width": w} for n, w in self.widths],
            "after_a_trial": [{"case": c.label, **c.forecast.to_dict()} for c in self.cases],
            "protocol": [item.to_dict() for item in self.protocol],
        }


def _told(plan: Plan) -> dict[str, Any]:
    """Return a plan with what only its objects can put into words."""
    d, b = plan.endpoint.describe, plan.belief
    low, high = b.interval()
    return {
        **plan.to_dict(),
        "told": {
            "target": d(plan.target_effect), "middle": d(b.mean), "low": d(low), "high": d(high),
            "natural": plan.endpoint.natural(plan.target_effect),
        },
    }  # fmt: skip


def planned(world: World) -> dict[str, Any]:
    """Return what the pages of the next trial show, by question, as JSON values (`Planned.to_dict`).

    Parameters
    ----------
    world : World

    Returns
    -------
    dict of str to dict
    """
    asked = hashlib.sha256("\n".join(world.answers).encode()).hexdigest()
    key = f"{world.base.digest[:24]}-{_code()[:16]}-{asked[:8]}"
    if key not in _KEPT:
        while len(_KEPT) >= _MOST_KEPT:
            _KEPT.pop(next(iter(_KEPT)))
        with _alone(key):
            _KEPT[key] = _read(key) or _write(key, _all(world.base, world.answers))
    return _KEPT[key]


@contextlib.contextmanager
def _alone(key: str) -> Iterator[None]:
    """Let one process at a time compute; the others wait and read what it kept."""
    try:
        import fcntl
    except ImportError:  # no such locks on this system: each process computes for itself
        yield
        return
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            folder = cache_folder() / "next-trial"
            folder.mkdir(parents=True, exist_ok=True)
            file = stack.enter_context((folder / f"{key}.lock").open("w"))
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@cache
def _code() -> str:
    """Digest of the code the numbers come from."""
    root = Path(aponia.__file__).parent
    found = hashlib.sha256(f"{np.__version__} {Path(__file__).read_text('utf-8')}".encode())
    for package in _CODE:
        for path in sorted((root / package).rglob("*.py")):
            found.update(path.relative_to(root).as_posix().encode())
            found.update(path.read_bytes())
    return found.hexdigest()


def _read(key: str) -> dict[str, Any] | None:
    try:
        kept: dict[str, Any] = json.loads(
            (cache_folder() / "next-trial" / f"{key}.json").read_text("utf-8")
        )
    except (OSError, ValueError):
        return None
    return kept


def _write(key: str, made: dict[str, Planned]) -> dict[str, Any]:
    text = json.dumps(
        {q: p.to_dict() for q, p in made.items()}, ensure_ascii=False, allow_nan=False
    )
    # A folder that can not be written to costs time at the next build, nothing else.
    with contextlib.suppress(OSError):
        folder = cache_folder() / "next-trial"
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(folder / f"{key}.json")
    kept: dict[str, Any] = json.loads(text)
    return kept


def _why_not(base: EvidenceBase, answer: Answer) -> str:
    question = base.questions[answer.id]
    if question.mechanism:
        return "It asks how something works. A trial of an effect on pain would not answer it."
    if len(question.conditions) != 1:
        return "It asks about several kinds of pain at once. A trial recruits one: see the single questions."
    if question.conditions[0] == "experimental-pain":
        return "It asks about laboratory pain in people without a pain condition. The planning here is for patients."
    if question.outcomes[0].construct == "safety":
        return (
            "It asks about safety first. How many people a rare harm needs is another calculation."
        )
    return ""


def _all(base: EvidenceBase, answers: dict[str, Answer]) -> dict[str, Planned]:
    kept: dict[Any, Any] = {}

    def once(key: Any, make: Callable[[], Any]) -> Any:
        if key not in kept:
            kept[key] = make()
        return kept[key]

    found = {}
    for name, answer in answers.items():
        gaps = planning.gap_report(base, answer)
        why = _why_not(base, answer)
        ground: Ground | None = None
        if not why:
            try:
                ground = planning.ground_of(base, answer)
            except PlanningError as error:
                why = f"The base holds too little to describe a trial: {error}"
        outlook = planning.outlook(base, answer, ground=ground, simulations=DRAWS)
        if ground is None:
            found[name] = Planned(answer, outlook, gaps, None, why)
            continue
        outcome = ground.outcome
        told = assume(base, ground.question.conditions[0], outcome, "parallel")
        b = ground.belief
        numbers = tuple(sorted(told.items()))
        same = (ground.construct, numbers, b.kind, b.mean, b.sd, b.tau, b.tau_known, b.data)
        plan, widths = once(("plan", same), partial(_plan, base, ground, answer))
        plan = replace(
            plan, question=answer.id, ask=answer.ask, belief=b, assumptions=told,
            condition=ground.question.conditions[0], endpoint=ground.endpoint,
        )  # fmt: skip
        # The numbers are shared; where they come from is told for each question.
        plan = replace(plan, sentences=sentences_of(plan), warnings=warnings_of(plan))
        designs = [("parallel", plan.for_power.people)]
        for design in ("crossover", "n-of-1"):
            within = assume(base, ground.question.conditions[0], outcome, design)
            key = (design, ground.construct, tuple(sorted(within.items())))
            designs.append((design, once(key, partial(_size, design, within, outcome))))
        waiting = unpublished_trials([base.trials[t] for t in answer.trials])
        today = (same, tuple((r.study, r.comparator) for r in ground.rows), waiting,
                 bool(set(answer.substances) & FELT), answer.certainty.level)  # fmt: skip
        shared = once(("cases", today), partial(_cases, ground, plan))
        cases = tuple(Case(c.label, replace(c.forecast, question=name)) for c in shared)
        found[name] = Planned(
            answer, outlook, gaps, plan, "", tuple(designs), widths, cases,
            planning.protocol_table(base, plan, answer, gaps),
        )  # fmt: skip
    return found


def _plan(
    base: EvidenceBase, ground: Ground, answer: Answer
) -> tuple[Plan, tuple[tuple[int, float], ...]]:
    plan = planning.plan(
        answer, base=base, belief=ground.belief, simulations=TRIALS, largest=_LARGEST
    )
    return plan, _widths(plan)


def _size(design: str, told: Assumptions, outcome: QuestionOutcome) -> int | None:
    model = Model(endpoint_of(outcome, told), told)
    start, step = smallest(design)
    found = find_size(
        "power", lambda n, times: power(DESIGNS[design], model, told["target_effect"], n, times),
        0.8, start, step, _LARGEST, TRIALS,
    )  # fmt: skip
    return found.people


def _widths(plan: Plan) -> tuple[tuple[int, float], ...]:
    model = Model(plan.endpoint, plan.assumptions, alpha=plan.alpha, seed=plan.seed)
    run: Callable[..., Any] = DESIGNS["parallel"]
    found = []
    for point in plan.curve:
        runs = run(model, np.full(TRIALS, plan.target_effect), point.people)
        good = ~runs.failed
        if good.mean() > 0.9:
            found.append((point.people, float(runs.half_width[good].mean())))
    return tuple(found)


def _cases(ground: Ground, plan: Plan) -> tuple[Case, ...]:
    n = plan.for_power.people or 400
    large = max(2 * n, 500)
    cases = (
        (f"A trial of {n} people, run as usual: guess not asked, people lost as expected", NewTrial("usual", "usual", n)),
        (f"A trial of {n} people, guess asked and reported, fewer than 5% lost", _careful(n)),
        (f"A trial of {large} people, guess asked and reported, fewer than 5% lost", _careful(large)),
    )  # fmt: skip
    return tuple(
        Case(label, planning.forecast(ground, [trial], simulations=DRAWS)) for label, trial in cases
    )


def _careful(people: int) -> NewTrial:
    return NewTrial("careful", "careful", people, guess_asked=True, lost=WELL_FOLLOWED)
