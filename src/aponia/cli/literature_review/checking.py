"""``aponia literature check``: when to stop, by records drawn at random."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from aponia.cli.literature_review.shared import AsJson, Database, Name, open_review, print_json

if TYPE_CHECKING:
    from aponia.literature.store import Review

__all__ = ["app"]

app = typer.Typer(
    help="Check by records drawn at random whether screening may stop.", no_args_is_help=True
)

_Reviewer = Annotated[
    str, typer.Option("--reviewer", help="Who asks; the check is on this person's decisions.")
]
_Team = Annotated[
    bool, typer.Option("--team", help="On what all reviewers have decided instead of the own decisions.")
]  # fmt: skip


@app.command("state")
def state(
    reviewer: _Reviewer,
    review: Name = "review",
    db: Database = None,
    team: _Team = False,
    as_json: AsJson = False,
) -> None:
    """Tell how far screening is, what has come of the last check, and what the next would cost."""
    _tell(open_review(db, review), reviewer, team, as_json)


@app.command("begin")
def begin(
    reviewer: _Reviewer,
    review: Name = "review",
    db: Database = None,
    team: _Team = False,
    as_json: AsJson = False,
) -> None:
    """Draw the records; 'next' then shows exactly those until all are judged."""
    from aponia.literature.store import TEAM, checks

    store = open_review(db, review)
    checks.begin(store, reviewer, reviewer=TEAM if team else reviewer)
    _tell(store, reviewer, team, as_json)


@app.command("end")
def end(
    reviewer: _Reviewer,
    review: Name = "review",
    db: Database = None,
    team: _Team = False,
    as_json: AsJson = False,
) -> None:
    """Give the check under way up; it stays spent, and the next one needs more."""
    from aponia.literature.store import TEAM, checks

    store = open_review(db, review)
    checks.end(store, reviewer, reviewer=TEAM if team else reviewer)
    _tell(store, reviewer, team, as_json)


def _tell(store: Review, reviewer: str, team: bool, as_json: bool) -> None:
    from aponia.site.app.screening.desk import Desk
    from aponia.site.app.screening.views import random_checks

    told: dict[str, Any] = random_checks(Desk(store.engine, background=False), store, reviewer)
    if as_json:
        print_json(told)
        return
    for sentence in told["team" if team else "own"]["sentences"]:
        typer.echo(sentence)
    if told["left_for_you"]:
        typer.echo(f"Still to be read by {reviewer}: {', '.join(map(str, told['left_for_you']))}")
