"""Tables of the watch, beside those of the reviews and in the same database.

Snapshots, findings and what people did about them only ever grow; the database enforces it.
"""

from __future__ import annotations

import sqlalchemy as sa

from aponia.literature.store.database import writing
from aponia.literature.store.schema import append_only, metadata

__all__ = ["done", "finding", "item", "make_tables", "run", "snapshot", "source"]

_Key = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _key() -> sa.Column[int]:
    return sa.Column("id", _Key, primary_key=True)


def _of_project() -> sa.Column[int]:
    return sa.Column("project_id", sa.ForeignKey("project.id"), nullable=False, index=True)


source = sa.Table(  # where each source stands: one window, running or finished
    "watch_source", metadata,
    _key(),
    _of_project(),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("since", sa.Text, nullable=True),  # none: everything the source has
    sa.Column("until", sa.Text, nullable=False),
    sa.Column("cursor", sa.Text, nullable=True),
    sa.Column("running", sa.Boolean, nullable=False),
    sa.Column("read", sa.Integer, nullable=False),
    sa.Column("dropped", sa.Integer, nullable=False),
    sa.Column("total", sa.Integer, nullable=True),
    sa.Column("complete_until", sa.Text, nullable=True),  # last day of the last window read to its end
    sa.Column("asked_on", sa.Text, nullable=False),
    sa.Column("failed", sa.Text, nullable=False),
    sa.Column("notes", sa.JSON, nullable=False),
    sa.UniqueConstraint("project_id", "source"),
)  # fmt: skip
item = sa.Table(  # a record as a source gave it first; waits here until the review takes it
    "watch_item", metadata,
    _key(),
    _of_project(),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("found_on", sa.Text, nullable=False),
    sa.Column("settled", sa.Boolean, nullable=False),
    sa.Column("known_as", sa.Text, nullable=False),  # the study or trial of the base that it is
    sa.Column("record_id", sa.ForeignKey("record.id"), nullable=True, index=True),
    sa.UniqueConstraint("project_id", "source", "key"),
)  # fmt: skip
snapshot = sa.Table(  # a registered trial, a label or a table of counts as it was seen; only when it changed
    "watch_snapshot", metadata,
    _key(),
    _of_project(),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("found_on", sa.Text, nullable=False),
    sa.UniqueConstraint("project_id", "subject", "number"),
)  # fmt: skip
finding = sa.Table(  # something a person should look at
    "watch_finding", metadata,
    _key(),
    _of_project(),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("found_on", sa.Text, nullable=False),
    sa.UniqueConstraint("project_id", "key"),
)  # fmt: skip
done = sa.Table(  # a person dealt with a finding
    "watch_done", metadata,
    _key(),
    _of_project(),
    sa.Column("finding_id", sa.ForeignKey("watch_finding.id"), nullable=False, unique=True),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)  # fmt: skip
run = sa.Table(  # the log of runs; one without an end is running, or was killed
    "watch_run", metadata,
    _key(),
    _of_project(),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("outcome", sa.JSON, nullable=False),
)  # fmt: skip

for _table in (snapshot, finding, done):
    append_only(_table)
_ALL = [source, item, snapshot, finding, done, run]


def make_tables(engine: sa.Engine) -> None:
    """Make what is missing; several processes may do so at once."""
    with writing(engine, 0) as c:
        metadata.create_all(c, tables=_ALL)
