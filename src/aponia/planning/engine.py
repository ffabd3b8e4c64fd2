"""`plan`: from a question to a study."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from aponia import answers, evidence
from aponia.answers import Answer
from aponia.evidence import EvidenceBase, Question
from aponia.evidence.question import QuestionOutcome
from aponia.planning.belief import Belief, Prior, belief_of
from aponia.planning.designs import DESIGNS, Model, sequential_boundaries
from aponia.planning.errors import PlanningError
from aponia.planning.model import CurvePoint, EffectPoint, Plan
from aponia.planning.operating import assurance, find_size, operate, power, smallest
from aponia.planning.recipes import assume, endpoint_of
from aponia.planning.unblinding import unblinding_cost
from aponia.planning.words import sentences_of, warnings_of

__all__ = ["DesignName", "plan"]

DesignName = Literal["parallel", "crossover", "n-of-1", "sequential", "dose-finding", "enrichment"]
#: Called with (done, total, what) as the work goes on.
Step = Callable[[int, int, str], None]


def plan(
    question: str | Question | Answer,
    design: DesignName = "parallel",
    *,
    base: EvidenceBase | None = None,
    outcome: str | None = None,
    people: int | None = None,
    target: float = 0.8,
    alpha: float = 0.05,
    assumptions: Mapping[str, float] | None = None,
    belief: Belief | None = None,
    prior: Prior = "sceptical",
    expectancy_share: float = 0.0,
    looks: tuple[float, ...] = (1 / 3, 2 / 3, 1.0),
    spending: str = "OBF",
    largest: int = 2000,
    simulations: int = 4000,
    seed: int = 1,
    progress: Step | None = None,
) -> Plan:
    """Plan the next trial of a question.

    Parameters
    ----------
    question : str, Question or Answer
        In words, as a question of the base, or already answered.
    design : {"parallel", "crossover", "n-of-1", "sequential", "dose-finding", "enrichment"}
    base : EvidenceBase, optional
        The shipped one by default.
    outcome : str, optional
        Outcome construct of the question; that of the answer's headline by default, else the first.
    people : int, optional
        Tell what a trial of this size would do; the sizes for the targets are found anyway.
    target : float
        Power, and assurance, to reach.
    alpha : float
        Two-sided.
    assumptions : mapping of str to float, optional
        Values to use instead of those of the base (see `Plan.assumptions` for the names).
    belief : Belief, optional
        Instead of that from the answer.
    prior : {"sceptical", "flat"}
        See `aponia.planning.belief`.
    expectancy_share : float
        Share of a randomised estimate taken to be expectancy.
    looks : tuple of float
        Information fractions of a group sequential design.
    spending : str
        Its error spending function.
    largest : int
        Most people tried.
    simulations : int
        Trials for each point of a search and curve; the figures of the final size take twice as many,
        sizes of hundreds fewer. Every figure carries its Monte Carlo error.
    seed : int
        The same seed gives the same plan, on any number of threads.
    progress : callable, optional
        ``progress(done, total, what)``.

    Returns
    -------
    Plan

    Raises
    ------
    PlanningError
        For arguments out of range, unknown names, or a question that cannot be planned; the message
        says what to do.
    """
    if design not in DESIGNS:
        raise PlanningError(f"design {design!r}: choose {', '.join(DESIGNS)}")
    if simulations < 200:
        raise PlanningError(f"simulations must be at least 200, found {simulations}")
    if base is None:
        base = evidence.load()
    if isinstance(question, Answer):
        answer = question
    else:
        asked = answers.find_question(base, question) if isinstance(question, str) else question
        answer = answers.answer(base, asked)
    asked = base.questions[answer.id]
    measured = _outcome(asked, answer, outcome)
    if not asked.conditions:
        raise PlanningError(f"{asked.id} names no condition, so nobody can be recruited for it")
    condition = asked.conditions[0]
    told = assume(base, condition, measured, design, assumptions)
    endpoint = endpoint_of(measured, told)
    effect = told["target_effect"]
    if endpoint.benefit_sign * effect <= 0:
        raise PlanningError(
            f"target_effect must lie on the side of benefit ({'above' if endpoint.benefit_sign > 0 else 'below'} "
            f"0 on the scale {endpoint.scale}), found {effect:g}"
        )
    if belief is None:
        belief = belief_of(
            answer, base, endpoint, measured.construct, effect, prior=prior,
            expectancy_share=expectancy_share,
        )  # fmt: skip
    model = Model(endpoint, told, alpha=alpha, seed=seed, looks=tuple(looks), spending=spending)
    run = DESIGNS[design]
    start, step = smallest(design)
    if people is not None and people < start:
        raise PlanningError(f"the {design} design needs at least {start} people, found {people}")
    done, total = 0, 60
    report = progress or (lambda *_: None)

    def tell(what: str) -> None:
        nonlocal done
        done = min(done + 1, total - 1)
        report(done, total, what)

    believed = belief
    for_power = find_size(
        "power", lambda n, k: power(run, model, effect, n, k), target, start, step, largest, simulations,
        told=lambda n: tell(f"power with {n} people"),
    )  # fmt: skip
    for_assurance = find_size(
        "assurance", lambda n, k: assurance(run, model, believed, n, k), target, start, step, largest,
        simulations, ceiling=belief.p_benefit, told=lambda n: tell(f"assurance with {n} people"),
    )  # fmt: skip
    size = people or for_power.people or largest
    tell(f"a trial of {size} people")
    final = 2 * simulations if size <= 400 else simulations
    allowed = alpha / 2 if design in ("dose-finding", "enrichment") else alpha
    operating = operate(run, model, belief, effect, size, final, allowed)
    curve = []
    for n in _sizes(size, start, step, largest):
        tell(f"curve at {n} people")
        k = simulations if n <= 400 else max(1000, simulations // 4)
        curve.append(
            CurvePoint(n, power(run, model, effect, n, k), assurance(run, model, belief, n, k))
        )
    effects = []
    for factor in (0.0, 0.5, 0.75, 1.0, 1.25, 1.5):
        tell("power over effects")
        e = factor * effect
        few = max(1000, simulations // 2)
        effects.append(EffectPoint(e, endpoint.natural(e), power(run, model, e, size, few)))
    tell("unblinding")
    blinding = unblinding_cost(run, model, effect, size, max(1000, simulations // 2))
    bounds: tuple[dict[str, float], ...] = ()
    if design == "sequential":
        upper, nominal = sequential_boundaries(model.looks, alpha, spending)
        bounds = tuple(
            {"fraction": f, "people": float(round(f * size)), "z": z, "nominal_p": p}
            for f, z, p in zip(model.looks, upper, nominal, strict=True)
        )
    report(total, total, "done")
    made = Plan(
        answer.id, answer.ask, condition, measured.construct, design, alpha, target, seed, simulations,
        endpoint, told, belief, effect, for_power, for_assurance, operating, tuple(curve), tuple(effects),
        blinding, bounds, (), (),
    )  # fmt: skip
    return Plan(**{**vars(made), "sentences": sentences_of(made), "warnings": warnings_of(made)})


def _outcome(question: Question, answer: Answer, wanted: str | None) -> QuestionOutcome:
    have = {o.construct: o for o in reversed(question.outcomes)}
    if wanted is None:
        wanted = answer.headline.construct if answer.headline else question.outcomes[0].construct
    if wanted not in have:
        raise PlanningError(
            f"{question.id} does not ask about {wanted!r}; choose {', '.join(o.construct for o in question.outcomes)}"
        )
    return have[wanted]


def _sizes(size: int, start: int, step: int, largest: int) -> list[int]:
    found = set()
    for factor in (0.25, 0.5, 0.75, 1.0, 1.5, 2.0):
        n = start + step * round((factor * size - start) / step)
        found.add(min(max(start, n), max(largest, size)))
    return sorted(found)
