"""``aponia ask``: the answer to a living question in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from aponia.evidence import EvidenceBase, Question

__all__ = ["ask"]


def ask(
    question: Annotated[
        str, typer.Argument(help='In your words: "psilocybin for cluster headache".')
    ],
    evidence: Annotated[
        Path | None,
        typer.Option("--evidence", envvar="APONIA_EVIDENCE", help="Another evidence base."),
    ] = None,
    approach: Annotated[
        str | None,
        typer.Option(
            "--approach",
            help="Only studies of one approach: microdose, psycholytic, macrodose (the full dose) or "
            "infusion.",
        ),
    ] = None,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            help="What decides the approach of a study: bands (published bands and the dose it gave) "
            "or label (as its record is filed).",
        ),
    ] = "bands",
    as_json: Annotated[bool, typer.Option("--json", help="The whole answer as JSON.")] = False,
) -> None:
    """Answer a question from the evidence base, whole or for one approach."""
    import json

    from aponia import answers
    from aponia import evidence as base_package

    base = base_package.load(evidence)
    asked = answers.find_question(base, question)
    if approach is not None:
        _ask_slice(base, asked, approach, by, as_json)
        return
    found = answers.answer(base, asked)
    if as_json:
        typer.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
        return
    from rich.console import Console

    from aponia.cli.show_answer import render

    Console(highlight=False).print(render(found, base))


def _ask_slice(
    base: EvidenceBase, question: Question, approach: str, by: str, as_json: bool
) -> None:
    import json

    from aponia.answers.exposure_slices import slice_answer

    if by not in ("bands", "label"):
        raise ValueError(f"--by {by!r}: choose bands or label")
    found = slice_answer(base, question, approach, by="bands" if by == "bands" else "label")
    if as_json:
        typer.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
        return
    from rich.console import Console

    from aponia.cli.show_answer import render

    console = Console(highlight=False)
    if found.answer is None:
        console.print(question.ask, style="bold")
    else:
        console.print(render(found.answer, base))
    console.print(found.sentence)
