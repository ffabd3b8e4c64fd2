"""Open the database of reviews."""

from __future__ import annotations

import os
from typing import Any

import sqlalchemy as sa

from aponia.literature.store import schema as t

__all__ = ["ReviewError", "key_of", "open_database"]


class ReviewError(ValueError):
    """What was asked of a review can not be done; the message says why."""


def open_database(url: str | None = None) -> sa.Engine:
    """Open the database and make its tables when they are missing.

    Parameters
    ----------
    url : str, optional
        SQLAlchemy address; by default the environment variable ``APONIA_DB``, else
        ``aponia.sqlite`` in the current directory.
    """
    url = url or os.environ.get("APONIA_DB") or "sqlite:///aponia.sqlite"
    engine = sa.create_engine(url, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":

        @sa.event.listens_for(engine, "connect")
        def _prepare(connection: Any, _: Any) -> None:
            # The driver's own transaction handling would commit behind our back.
            connection.isolation_level = None
            for pragma in (
                "journal_mode=WAL",
                "synchronous=FULL",
                "foreign_keys=ON",
                "busy_timeout=30000",
            ):
                connection.execute(f"PRAGMA {pragma}")

        @sa.event.listens_for(engine, "begin")
        def _begin(connection: sa.Connection) -> None:
            # IMMEDIATE: two writers wait for each other instead of failing at the first write.
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    t.metadata.create_all(engine)
    return engine


def key_of(result: sa.CursorResult[Any]) -> int:
    """Return the number the database gave to an inserted row."""
    row = result.inserted_primary_key
    if row is None:
        raise ReviewError("the database gave no number to a new row")
    return int(row[0])
