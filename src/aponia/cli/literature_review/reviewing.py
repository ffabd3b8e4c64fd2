"""Import into a review, and judge without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from aponia.cli.literature_review.shared import (
    AsJson,
    Database,
    Name,
    Stage,
    check_stage,
    engine_of,
    open_review,
    print_json,
)

__all__ = ["register"]

_Files = Annotated[
    list[Path],
    typer.Argument(help="Exports in any format; what they are is told from their content."),
]
_Reviewer = Annotated[
    str, typer.Option("--reviewer", help="Who screens; others' decisions stay hidden.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("import")(import_)
    app.command("next")(next_)
    app.command("decide")(decide)


def import_(
    files: _Files,
    review: Name = "review",
    db: Database = None,
    criteria: Annotated[
        Path | None,
        typer.Option(
            "--criteria", help="File with the eligibility criteria, when the review is new."
        ),
    ] = None,
    reviewers: Annotated[
        int,
        typer.Option(
            "--reviewers", help="Independent decisions a record needs, when the review is new."
        ),
    ] = 2,
    who: Annotated[str, typer.Option("--who", help="Name for the audit trail.")] = "system",
    source: Annotated[
        str, typer.Option("--source", help="Database the files came from, when they do not say.")
    ] = "",
    kind: Annotated[
        str,
        typer.Option(
            "--kind",
            help="database, register, website, organisation, citation searching or other; told by the source by default.",
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Add files to a review, new or running; each file wholly or not at all."""
    from aponia.cli.progress import progress
    from aponia.literature.store import Review

    text = criteria.read_text(encoding="utf-8-sig") if criteria else ""
    store = Review(engine_of(db), review, criteria=text, reviewers_needed=reviewers, who=who)
    done = []
    for file in files:
        with progress(file.name) as step:
            result = store.add_file(file, who=who, database=source, kind=kind, progress=step)
        done.append({"file": file.name, "records": result.records, "new": result.new_publications, "duplicates": result.duplicates,
                     "already": result.already, "problems": list(result.problems), "suggested_merges": [list(s) for s in result.suggested]})  # fmt: skip
        if not as_json:
            for problem in result.problems:
                typer.echo(problem, err=True)
            typer.echo(f"{file.name}: imported before, nothing changed." if result.already else
                       f"{file.name}: {result.records} records, {result.new_publications} new publications, {result.duplicates} already known.")  # fmt: skip
    if as_json:
        print_json({"review": review, "files": done})


def next_(
    reviewer: _Reviewer,
    review: Name = "review",
    db: Database = None,
    stage: Stage = "title-abstract",
    count: Annotated[int, typer.Option("--count", help="How many records to show.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Show the records to read next, best first and with reasons; those of a random check when one is under way."""
    from aponia.site.app.screening.desk import Desk, upcoming
    from aponia.site.app.screening.marking import readable
    from aponia.site.app.screening.views import plain

    check_stage(stage)
    store = open_review(db, review)
    desk = Desk(store.engine, background=False)
    board = store.board()
    queue = desk.queue(store, stage, reviewer, board)
    todo = upcoming(queue, board, stage, reviewer)
    drawn = [n for _, left in desk.serving(store, stage, board, reviewer) for n in left]
    stopping = desk.stopping(store, stage, board, reviewer)
    items: list[dict[str, Any]] = []
    for number in (drawn or todo)[:count]:
        best = desk.publications(store)[number].best
        text = f"{best.title}. {best.abstract}"
        items.append({
            "publication": number, "record": plain(best),
            "reasons": [{"term": readable(t, text), "weight": w} for t, w in queue.reasons.get(number, ())],
        })  # fmt: skip
    mine = board.decided_by(reviewer, stage)
    if as_json:
        progress = {"decided": mine, "left": len(todo), "counts": board.counts(stage), "drawn_left": len(drawn), "stopping": stopping.to_dict()}  # fmt: skip
        print_json({"review": review, "stage": stage, "reviewer": reviewer, "next": items, "progress": progress})  # fmt: skip
        return
    for item in items:
        record = item["record"]
        typer.echo(
            f"[{item['publication']}] {record['title']} ({record['year'] or 'no year'}, {record['journal'] or 'no journal'})"
        )
        because = [r["term"] for r in item["reasons"] if r["weight"] > 0]
        if because:
            typer.echo("      because of " + ", ".join(because))
    typer.echo(f"{mine} decided by {reviewer}, {len(todo)} left. {' '.join(stopping.sentences())}")


def decide(
    publication: Annotated[int, typer.Argument(help="Number of the publication.")],
    verdict: Annotated[
        str,
        typer.Argument(
            help="include, exclude, unsure, not-retrieved, or undo to take the own decision back."
        ),
    ],
    reviewer: _Reviewer,
    review: Name = "review",
    db: Database = None,
    stage: Stage = "title-abstract",
    reason: Annotated[str, typer.Option("--reason", help="Reason for an exclusion.")] = "",
    note: Annotated[str, typer.Option("--note", help="A note.")] = "",
    resolve: Annotated[
        bool, typer.Option("--resolve", help="The decision settles a conflict.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Record a decision; it replaces the reviewer's earlier one, both stay in the trail."""
    store = open_review(db, review)
    if verdict == "undo":
        number = store.undo(publication, reviewer, stage=stage, resolves=resolve)
    else:
        number = store.decide(
            publication, reviewer, verdict, stage=stage, reason=reason, note=note, resolves=resolve
        )
    if as_json:
        print_json({"decision": number, "publication": publication, "verdict": verdict, "counts": store.board().counts(stage)})  # fmt: skip
    else:
        typer.echo(f"Decision {number} recorded.")
