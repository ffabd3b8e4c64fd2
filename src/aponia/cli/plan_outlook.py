"""``aponia plan --outlook | --gaps | --value``: what is on its way, what is missing, what it is worth."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import typer

from aponia.cli.progress import progress

__all__ = ["tell"]


def tell(
    base: Any, question: str, *, gaps: bool, outlook: bool, value: bool, threshold: float | None,
    population: float | None, people: int | None, outcome: str | None, seed: int, as_json: bool,
) -> None:  # fmt: skip
    """Print the parts that were asked for, as text or as one JSON object.

    Parameters
    ----------
    base : EvidenceBase
    question : str
        As asked.
    gaps, outlook, value : bool
        The parts.
    threshold, population : float or None
        Of the value.
    people : int or None
        Size of the trial the value is told for; three sizes otherwise.
    outcome : str or None
    seed : int
    as_json : bool
    """
    from aponia import answers, planning

    answer = answers.answer(base, answers.find_question(base, question))
    parts: dict[str, Any] = {}
    with progress("planning") as step:
        if outlook:
            step(0, 3, "registered trials")
            parts["outlook"] = planning.outlook(base, answer, simulations=1000, seed=seed)
        if gaps:
            step(1, 3, "what was measured")
            parts["gaps"] = planning.gap_report(base, answer)
        if value:
            step(2, 3, "value of a trial")
            parts["value"] = planning.value_of_trial(
                planning.ground_of(base, answer, outcome=outcome),
                (people,) if people else (50, 200, 400),
                threshold=threshold, population=population, seed=seed,
            )  # fmt: skip
    if as_json:
        told = {name: part.to_dict() for name, part in parts.items()}
        typer.echo(json.dumps({"question": answer.id, **told}, ensure_ascii=False, indent=2))
        return
    from rich.console import Console

    console = Console(highlight=False)
    console.print(f"[bold]{answer.ask}[/bold]")
    show: dict[str, Callable[[Any, Any], None]] = {
        "outlook": _outlook, "gaps": _gaps, "value": _value,
    }  # fmt: skip
    for name, part in parts.items():
        console.print()
        show[name](part, console)


def _outlook(found: Any, console: Any) -> None:
    from rich.table import Table

    from aponia.planning.outlook import ASSUMED

    console.print("[bold]Would the registered trials settle it?[/bold]")
    for sentence in found.words:
        console.print(sentence, markup=False)
    if found.trials:
        table = Table("trial", "status", "people", "adds to the randomised result")
        for t in found.trials:
            told = t.why_not or ("yes" + (f"; {'; '.join(t.open_points)}" if t.open_points else ""))
            table.add_row(t.id, t.status or "not known", str(t.people or "–"), told)
        console.print(table)
    if found.adding:
        for line in ASSUMED:
            console.print(f"! {line}", markup=False)


def _gaps(found: Any, console: Any) -> None:
    from rich.table import Table

    from aponia.planning.gaps import ITEMS

    console.print("[bold]What was and was not measured[/bold]")
    for sentence in found.words:
        console.print(sentence, markup=False)
    table = Table("", *(item.label for item in ITEMS))
    for row in (*found.studies, *found.trials):
        marks = {"yes": "yes", "no": "no", "not read": "·"}
        table.add_row(row.id, *(marks[row.marks[item.key]] for item in ITEMS))
    console.print(table)
    console.print("· not read: no statement either way")


def _value(found: Any, console: Any) -> None:
    console.print("[bold]What knowing more would be worth[/bold]")
    for sentence in found.words:
        console.print(sentence, markup=False)
