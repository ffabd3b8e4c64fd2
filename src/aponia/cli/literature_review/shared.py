"""Options that the commands share, and opening a review."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import sqlalchemy as sa

    from aponia.literature.store import Review

__all__ = [
    "AsJson",
    "Database",
    "Name",
    "Stage",
    "check_stage",
    "engine_of",
    "open_review",
    "print_json",
]

AsJson = Annotated[bool, typer.Option("--json", help="The result as JSON.")]
Name = Annotated[str, typer.Option("--review", help="Name of the review.")]
Stage = Annotated[str, typer.Option("--stage", help="title-abstract or full-text.")]
Database = Annotated[
    str | None,
    typer.Option("--db", help="Database address; APONIA_DB or ./aponia.sqlite by default."),
]


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    import json

    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def engine_of(database: str | None) -> sa.Engine:
    """Open the database."""
    from aponia.literature.store import open_database

    return open_database(database)


def open_review(database: str | None, name: str) -> Review:
    """Open a review that is there.

    Raises
    ------
    ReviewError
        There is none of the name.
    """
    from aponia.literature.store import Review, ReviewError, reviews

    engine = engine_of(database)
    known = reviews(engine)
    if name not in known.values():
        told = ", ".join(repr(n) for n in known.values()) or "none yet"
        raise ReviewError(
            f"there is no review {name!r} in this database; there are: {told}. 'aponia literature import' makes one"
        )
    return Review(engine, name)


def check_stage(stage: str) -> None:
    """Refuse an unknown stage.

    Raises
    ------
    ReviewError
        The stage is not known.
    """
    from aponia.literature.store import STAGES, ReviewError

    if stage not in STAGES:
        raise ReviewError(f"unknown stage {stage!r}; known are {', '.join(STAGES)}")
