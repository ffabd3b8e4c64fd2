"""Open the database of reviews."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from aponia.literature.store import schema as t

__all__ = ["ReviewError", "clean", "key_of", "open_database", "writing"]

_LOCK = 7_011


class ReviewError(ValueError):
    """What was asked of a review can not be done; the message says why."""


def open_database(url: str | None = None) -> sa.Engine:
    """Open the database; make its tables, and add columns a newer version of aponia has.

    Parameters
    ----------
    url : str, optional
        SQLAlchemy address; by default the environment variable ``APONIA_DB``, else
        ``aponia.sqlite`` in the current directory.

    Raises
    ------
    ReviewError
        The address is not one of SQLite or PostgreSQL, or the database can not be reached.
    """
    url = url or os.environ.get("APONIA_DB") or "sqlite:///aponia.sqlite"
    try:
        kind = sa.make_url(url).get_backend_name()
    except sa.exc.ArgumentError:
        raise ReviewError(
            "this is no database address; expected sqlite:///FILE or postgresql+psycopg://…"
        ) from None
    if kind not in {"sqlite", "postgresql"}:
        raise ReviewError(f"{_hidden(url)}: only SQLite and PostgreSQL keep reviews")
    engine = sa.create_engine(url, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":

        @sa.event.listens_for(engine, "connect")
        def _prepare(connection: Any, _: Any) -> None:
            # The driver's own transaction handling would commit behind our back.
            connection.isolation_level = None
            for pragma in (
                "busy_timeout=30000",
                "journal_mode=WAL",
                "synchronous=FULL",
                "foreign_keys=ON",
            ):
                connection.execute(f"PRAGMA {pragma}")

        @sa.event.listens_for(engine, "begin")
        def _begin(connection: sa.Connection) -> None:
            # IMMEDIATE: two writers wait for each other instead of failing at the first write.
            # Readers take no lock, so that a page opens while an import writes.
            writes = connection.get_execution_options().get("writes", False)
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    try:
        with writing(engine, 0) as c:
            _add_columns(c)
            t.metadata.create_all(c)
    except sa.exc.OperationalError as error:
        first = str(error.orig).strip().split("\n")[0]
        raise ReviewError(f"the database {_hidden(url)} can not be opened: {first}") from None
    return engine


def _hidden(url: str) -> str:
    """Return an address without its password."""
    return sa.make_url(url).render_as_string(hide_password=True)


@contextmanager
def writing(engine: sa.Engine, project: int) -> Iterator[sa.Connection]:
    """Yield a connection in a transaction that no other writer of the project shares.

    SQLite has one writer at a time. On PostgreSQL a lock a project does the same, so that numbers
    rise in the order in which things happened, and the audit chain stays one line.
    """
    with engine.execution_options(writes=True).begin() as c:
        if engine.dialect.name == "postgresql":
            c.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK, project)))
        yield c


def _add_columns(c: sa.Connection) -> None:
    """Bring tables made by an earlier version up to date; nothing is ever dropped."""
    there = sa.inspect(c)
    names = set(there.get_table_names())
    for table in t.metadata.sorted_tables:
        if table.name not in names:
            continue
        known = {column["name"] for column in there.get_columns(table.name)}
        for column in table.columns:
            if column.name not in known and isinstance(column.server_default, sa.DefaultClause):
                kind = column.type.compile(c.dialect)
                c.exec_driver_sql(
                    f"ALTER TABLE {table.name} ADD COLUMN {column.name} {kind} NOT NULL "
                    f"DEFAULT '{column.server_default.arg}'"
                )


def key_of(result: sa.CursorResult[Any]) -> int:
    """Return the number the database gave to an inserted row."""
    row = result.inserted_primary_key
    if row is None:
        raise ReviewError("the database gave no number to a new row")
    return int(row[0])


def clean(text: str, what: str, *, most: int) -> str:
    """Return text as it may be kept: composed, trimmed, of bounded length.

    Raises
    ------
    ReviewError
        Too long, or a character no database keeps.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    if len(text) > most:
        raise ReviewError(
            f"the {what} has {len(text)} characters; at most {most} are kept, nothing was saved"
        )
    for character in text:
        if character not in "\n\t" and unicodedata.category(character) in {"Cc", "Cs"}:
            raise ReviewError(f"the {what} holds a control character; nothing was saved")
    return text
