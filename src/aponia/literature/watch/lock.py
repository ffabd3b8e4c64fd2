"""One watch of a review at a time; a killed one does not stand in the way of the next.

The lock is the operating system's or the database server's, never a row: PostgreSQL lets go of an
advisory lock when the connection ends, SQLite of a file lock when the process does. The row of the
run is only read to say who it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from aponia.literature.store.trail import utc
from aponia.literature.watch import schema as t
from aponia.literature.watch.model import WatchError

__all__ = ["only_one"]


@contextmanager
def only_one(engine: sa.Engine, project: int, name: str) -> Iterator[None]:
    """Hold the lock of a review's watch.

    Raises
    ------
    WatchError
        Another watch of it is running; the message says which.
    """
    hold = _postgresql if engine.dialect.name == "postgresql" else _sqlite
    with hold(engine, project) as held:
        if not held:
            raise WatchError(
                f"another watch of the review {name!r} is running{_who(engine, project)}; nothing was done, it goes on"
            )
        yield


def _who(engine: sa.Engine, project: int) -> str:
    query = (
        sa.select(t.run)
        .where(t.run.c.project_id == project, t.run.c.ended_at.is_(None))
        .order_by(t.run.c.id.desc())
        .limit(1)
    )
    with engine.connect() as c:
        row = c.execute(query).mappings().first()
    if row is None:
        return ""
    return f", started by {row['who']} on {row['host']} (process {row['pid']}) at {utc(row['started_at']):%Y-%m-%d %H:%M} UTC"


@contextmanager
def _postgresql(engine: sa.Engine, project: int) -> Iterator[bool]:
    # The schema is part of the key: the server's locks know of databases, not of schemas.
    key = sa.text(
        "SELECT hashtextextended('aponia watch ' || current_schema() || ' ' || :project, 0)"
    )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
        number = c.execute(key, {"project": str(project)}).scalar()
        held = bool(c.execute(sa.select(sa.func.pg_try_advisory_lock(number))).scalar())
        try:
            yield held
        finally:
            if held and not c.invalidated:
                c.execute(sa.select(sa.func.pg_advisory_unlock(number)))


@contextmanager
def _sqlite(engine: sa.Engine, project: int) -> Iterator[bool]:
    file = engine.url.database
    if not file or file == ":memory:":
        yield True  # nobody else can see it
        return
    path = Path(f"{Path(file).resolve()}.watch-{project}.lock")
    connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise WatchError(f"the lock {path} can not be taken: {error}") from None
            yield False
            return
        yield True
    finally:
        connection.close()
