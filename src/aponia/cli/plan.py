"""``aponia plan``: what study would address a question."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["plan"]


def plan(
    question: Annotated[
        str, typer.Argument(help='In your words: "psilocybin for cluster headache".')
    ],
    design: Annotated[
        str,
        typer.Option(
            "--design",
            help="parallel, crossover, n-of-1, sequential, dose-finding or enrichment.",
        ),
    ] = "parallel",
    people: Annotated[
        int | None, typer.Option("--n", help="What would a trial of this many people in all do?")
    ] = None,
    target: Annotated[
        float, typer.Option("--target", help="Power, and assurance, to find the size for.")
    ] = 0.8,
    alpha: Annotated[float, typer.Option("--alpha", help="Two-sided.")] = 0.05,
    outcome: Annotated[
        str | None, typer.Option("--outcome", help="Another outcome of the question.")
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="Use another value: placebo_change=-27 (repeatable; names are in the table).",
        ),
    ] = None,
    prior: Annotated[
        str,
        typer.Option(
            "--prior",
            help="sceptical (draw what is known towards no effect) or flat (at face value).",
        ),
    ] = "sceptical",
    expectancy_share: Annotated[
        float,
        typer.Option(
            "--expectancy-share",
            help="Share of the estimate so far taken to be expectancy of people who knew what they got.",
        ),
    ] = 0.0,
    looks: Annotated[
        int, typer.Option("--looks", help="Equally spaced looks of the sequential design.")
    ] = 3,
    spending: Annotated[
        str,
        typer.Option("--spending", help="Error spending of the sequential design: OBF or Pocock."),
    ] = "OBF",
    largest: Annotated[int, typer.Option("--largest", help="Most people tried.")] = 2000,
    simulations: Annotated[
        int, typer.Option("--simulations", help="Trials for each point of the search.")
    ] = 4000,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same plan.")] = 1,
    outlook: Annotated[
        bool, typer.Option("--outlook", help="Instead: would the registered trials settle it?")
    ] = False,
    gaps: Annotated[
        bool, typer.Option("--gaps", help="Instead: what earlier trials did not measure.")
    ] = False,
    value: Annotated[
        bool,
        typer.Option("--value", help="Instead: what a trial would be worth (see --threshold)."),
    ] = False,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold", help="Effect that would make it worth it, in the person's unit."
        ),
    ] = None,
    population: Annotated[
        float | None, typer.Option("--population", help="People the decision is about.")
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option("--evidence", envvar="APONIA_EVIDENCE", help="Another evidence base."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The whole plan as JSON.")] = False,
) -> None:
    """Plan the next trial of a question: people needed, what it would show, what it rests on."""
    import json

    from aponia import evidence as base_package
    from aponia import planning
    from aponia.cli.progress import progress

    if looks < 1:
        raise planning.PlanningError(f"--looks must be at least 1, found {looks}")
    base = base_package.load(evidence)
    if outlook or gaps or value:
        from aponia.cli.plan_outlook import tell

        tell(
            base, question, gaps=gaps, outlook=outlook, value=value, threshold=threshold,
            population=population, people=people, outcome=outcome, seed=seed, as_json=as_json,
        )  # fmt: skip
        return
    with progress("planning") as step:
        made = planning.plan(
            question,
            design,  # type: ignore[arg-type]
            base=base,
            outcome=outcome,
            people=people,
            target=target,
            alpha=alpha,
            assumptions=_pairs(changes or []),
            prior=prior,  # type: ignore[arg-type]
            expectancy_share=expectancy_share,
            looks=tuple((i + 1) / looks for i in range(looks)),
            spending=spending,
            largest=largest,
            simulations=simulations,
            seed=seed,
            progress=step,
        )
    if as_json:
        typer.echo(json.dumps(made.to_dict(), ensure_ascii=False, indent=2))
        return
    from rich.console import Console

    from aponia.cli.show_plan import render

    Console(highlight=False).print(render(made))


def _pairs(changes: list[str]) -> dict[str, float]:
    found = {}
    for change in changes:
        name, sign, value = change.partition("=")
        try:
            if not sign:
                raise ValueError
            found[name.strip()] = float(value)
        except ValueError:
            raise ValueError(
                f"--set {change!r}: write name=number, such as placebo_change=-27"
            ) from None
    return found
