"""Tables of a review. Decisions and the audit trail only ever grow; the database enforces it."""

from __future__ import annotations

import sqlalchemy as sa

__all__ = ["audit", "decision", "imported", "metadata", "project", "publication", "record"]

metadata = sa.MetaData()
# A database's sequence may skip but never goes back: "the last decision" is the one with the highest id.
_Key = sa.BigInteger().with_variant(sa.Integer, "sqlite")

project = sa.Table(
    "project", metadata,
    sa.Column("id", _Key, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("criteria", sa.Text, nullable=False, default=""),
    sa.Column("reviewers_needed", sa.Integer, nullable=False, default=2),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
)  # fmt: skip
imported = sa.Table(
    "imported", metadata,
    sa.Column("id", _Key, primary_key=True),
    sa.Column("project_id", sa.ForeignKey("project.id"), nullable=False, index=True),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("database", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # database, register or other
    sa.Column("records", sa.Integer, nullable=False),
    sa.Column("problems", sa.JSON, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.UniqueConstraint("project_id", "sha256"),
)  # fmt: skip
publication = sa.Table(
    "publication", metadata,
    sa.Column("id", _Key, primary_key=True),
    sa.Column("project_id", sa.ForeignKey("project.id"), nullable=False, index=True),
    sa.Column("study", sa.BigInteger, nullable=True),  # reports of one study share it
)  # fmt: skip
record = sa.Table(
    "record", metadata,
    sa.Column("id", _Key, primary_key=True),
    sa.Column("project_id", sa.ForeignKey("project.id"), nullable=False, index=True),
    sa.Column("imported_id", sa.ForeignKey("imported.id"), nullable=False),
    sa.Column("publication_id", sa.ForeignKey("publication.id"), nullable=False, index=True),
    sa.Column("data", sa.JSON, nullable=False),
)  # fmt: skip
decision = sa.Table(
    "decision", metadata,
    sa.Column("id", _Key, primary_key=True),
    sa.Column("project_id", sa.ForeignKey("project.id"), nullable=False, index=True),
    sa.Column("publication_id", sa.ForeignKey("publication.id"), nullable=False, index=True),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("reviewer", sa.Text, nullable=False),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("note", sa.Text, nullable=False, default=""),
    sa.Column("resolves", sa.Boolean, nullable=False, default=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)  # fmt: skip
audit = sa.Table(
    "audit", metadata,
    sa.Column("id", _Key, primary_key=True),
    sa.Column("project_id", sa.ForeignKey("project.id"), nullable=False, index=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("detail", sa.JSON, nullable=False),
    sa.Column("chain", sa.String(64), nullable=False),  # SHA-256 over the entry and the chain before it
)  # fmt: skip

for _table in (decision, audit):
    for _event in ("UPDATE", "DELETE"):
        _name = f"{_table.name}_no_{_event.lower()}"
        sa.event.listen(
            _table, "after_create",
            sa.DDL(  # type: ignore[no-untyped-call]
                f"CREATE TRIGGER {_name} BEFORE {_event} ON {_table.name} "
                f"BEGIN SELECT RAISE(ABORT, '{_table.name} is append-only'); END"
            ).execute_if(dialect="sqlite"),
        )  # fmt: skip
        sa.event.listen(
            _table, "after_create",
            sa.DDL(  # type: ignore[no-untyped-call]
                f"CREATE OR REPLACE FUNCTION {_name}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{_table.name} is append-only'; END $$; "
                f"CREATE TRIGGER {_name} BEFORE {_event} ON {_table.name} FOR EACH ROW EXECUTE FUNCTION {_name}()"
            ).execute_if(dialect="postgresql"),
        )  # fmt: skip
