"""``aponia brief``: the two printed pages of a question for a doctor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["brief"]


def brief(
    question: Annotated[
        str, typer.Argument(help='In your words ("psilocybin for migraine"), or its id.')
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="The PDF to write; QUESTION.pdf otherwise.")
    ] = None,
    country: Annotated[
        str | None,
        typer.Option("--country", help="Whose law and lines of help: a code (DE) or a name."),
    ] = None,
    paper: Annotated[str, typer.Option("--paper", help="a4 or letter.")] = "a4",
    base_url: Annotated[
        str | None,
        typer.Option("--base-url", help="Address the site is published at, for the QR code."),
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option("--evidence", envvar="APONIA_EVIDENCE", help="Another evidence base."),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Every text of the pages as JSON; writes no PDF without --out."
        ),
    ] = False,
) -> None:
    """Print two pages on a question to take to a doctor; the same for everyone, no doses."""
    import json

    from aponia import answers
    from aponia.site.app.world import load_world
    from aponia.site.briefs import country_of, draw, make_brief

    place = country_of(country) if country else None
    world = load_world(evidence)
    asked = answers.find_question(world.base, question).id
    made = make_brief(world, asked, place, base_url=base_url)
    if as_json:
        typer.echo(json.dumps(made.to_dict(), ensure_ascii=False, indent=2))
    if out is not None or not as_json:
        target = out or Path(f"{asked}{'-' + place.code if place else ''}.pdf")
        target.write_bytes(draw(made, paper, released=world.released).pdf)
        if not as_json:
            typer.echo(str(target))
