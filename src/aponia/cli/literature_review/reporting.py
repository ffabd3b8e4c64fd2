"""What comes out of a review: records, the flow diagram, agreement, the trail."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aponia.cli.literature_review.shared import (
    AsJson,
    Database,
    Name,
    Stage,
    check_stage,
    open_review,
    print_json,
)

__all__ = ["register"]

_Out = Annotated[Path | None, typer.Option("--out", help="File to write; the terminal by default.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("export")(export)
    app.command("prisma")(prisma)
    app.command("agreement")(agreement)
    app.command("audit")(audit)


def export(
    review: Name = "review",
    db: Database = None,
    stage: Stage = "title-abstract",
    state: Annotated[
        str,
        typer.Option(
            "--state",
            help="open, waiting, conflict, included, excluded, removed or not-retrieved; all by default.",
        ),
    ] = "",
    to: Annotated[str, typer.Option("--to", help="ris, csv, bibtex or nbib.")] = "ris",
    out: _Out = None,
    as_json: AsJson = False,
) -> None:
    """Write one record a publication, in any format."""
    from dataclasses import replace

    from aponia.literature.store import ReviewError
    from aponia.literature.writers import write

    check_stage(stage)
    store = open_review(db, review)
    board = store.board()
    if state and state not in board.counts(stage):
        raise ReviewError(f"unknown state {state!r}; known are {', '.join(k for k in board.counts(stage) if k != 'all')}")  # fmt: skip
    records = [
        replace(p.best, id=str(n))
        for n, p in store.publications().items()
        if n in board.state(stage) and (not state or board.state(stage)[n] == state)
    ]
    if as_json:
        print_json({"review": review, "stage": stage, "state": state, "records": [r.to_dict() for r in records]})  # fmt: skip
        return
    text = write(records, to)
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8", newline="")
        typer.echo(f"Wrote {len(records)} records to {out}.")


def prisma(
    review: Name = "review",
    db: Database = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="SVG file to write; the terminal by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Draw the PRISMA 2020 flow diagram of a review from its data."""
    from aponia.literature.prisma import flow, to_svg

    numbers = flow(open_review(db, review))
    if as_json:
        print_json(numbers.to_dict())
    if out is not None:
        out.write_text(to_svg(numbers), encoding="utf-8")
    elif not as_json:
        typer.echo(to_svg(numbers), nl=False)


def agreement(
    review: Name = "review", db: Database = None, stage: Stage = "title-abstract", as_json: AsJson = False
) -> None:  # fmt: skip
    """Tell how far reviewers agree: Cohen's kappa with its 95 % interval."""
    from aponia.literature.store import agreement as agreements

    check_stage(stage)
    found = agreements(open_review(db, review).board(), stage)
    if as_json:
        print_json({"review": review, "stage": stage, "pairs": [a.to_dict() for a in found]})
        return
    for a in found:
        told = "kappa not defined" if a.kappa is None else f"kappa {a.kappa:.2f} ({a.lower:.2f} to {a.upper:.2f})"  # fmt: skip
        typer.echo(f"{a.a} and {a.b}: {a.n} records, agreed on {a.observed:.1%}, {told}")
    if not found:
        typer.echo("No two reviewers have judged the same record yet.")


def audit(review: Name = "review", db: Database = None, as_json: AsJson = False) -> None:
    """Print the whole audit trail after checking its chain. It shows every decision: not for reviewers who must stay blind."""
    entries = open_review(db, review).audit_trail()
    if as_json:
        print_json({"review": review, "chain": "intact", "entries": [e | {"at": e["at"].isoformat()} for e in entries]})  # fmt: skip
        return
    import json

    for e in entries:
        typer.echo(f"{e['at']:%Y-%m-%d %H:%M:%S} {e['who']}: {e['action']} {json.dumps(e['detail'], ensure_ascii=False)[:200]}")  # fmt: skip
    typer.echo(f"{len(entries)} entries, the chain is intact.")
