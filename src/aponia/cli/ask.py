"""``aponia ask``: the answer to a living question in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["ask"]


def ask(
    question: Annotated[
        str, typer.Argument(help='In your words: "psilocybin for cluster headache".')
    ],
    evidence: Annotated[
        Path | None,
        typer.Option("--evidence", envvar="APONIA_EVIDENCE", help="Another evidence base."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The whole answer as JSON.")] = False,
) -> None:
    """Answer a question from the evidence base."""
    import json

    from aponia import answers
    from aponia import evidence as base_package

    base = base_package.load(evidence)
    found = answers.answer(base, answers.find_question(base, question))
    if as_json:
        typer.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
        return
    from rich.console import Console

    from aponia.cli.show_answer import render

    Console(highlight=False).print(render(found, base))
