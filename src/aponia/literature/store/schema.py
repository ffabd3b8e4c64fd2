"""Tables of a review. Decisions, notes, removals, checks and the audit trail only ever grow; the database enforces it."""

from __future__ import annotations

import sqlalchemy as sa

__all__ = [
    "account", "append_only", "audit", "decision", "imported", "merged", "metadata", "note", "project",
    "publication", "recall_check", "recall_check_ended", "record", "removal", "server_audit", "session",
    "suggestion",
]  # fmt: skip

metadata = sa.MetaData()
# A database's sequence may skip but never goes back: "the last decision" is the one with the highest id.
_Key = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _key() -> sa.Column[int]:
    return sa.Column("id", _Key, primary_key=True)


def _of_project() -> sa.Column[int]:
    return sa.Column("project_id", sa.ForeignKey("project.id"), nullable=False, index=True)


def _at() -> sa.Column[object]:
    return sa.Column("at", sa.DateTime(timezone=True), nullable=False)


project = sa.Table(
    "project", metadata,
    _key(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("criteria", sa.Text, nullable=False, default=""),
    sa.Column("reviewers_needed", sa.Integer, nullable=False, default=2),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    # What a team may change as it goes: highlighted words, reasons, target recall, earlier versions.
    sa.Column("settings", sa.JSON, nullable=False, server_default="{}"),
    # Goes up whenever a record comes or changes its publication, and whenever the settings change.
    sa.Column("version", sa.Integer, nullable=False, server_default="0"),
)  # fmt: skip
imported = sa.Table(
    "imported", metadata,
    _key(),
    _of_project(),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("database", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # see KINDS
    sa.Column("records", sa.Integer, nullable=False),
    sa.Column("problems", sa.JSON, nullable=False),
    _at(),
    sa.UniqueConstraint("project_id", "sha256"),
)  # fmt: skip
publication = sa.Table(
    "publication", metadata,
    _key(),
    _of_project(),
    sa.Column("study", sa.BigInteger, nullable=True),  # reports of one study share it
)  # fmt: skip
record = sa.Table(
    "record", metadata,
    _key(),
    _of_project(),
    sa.Column("imported_id", sa.ForeignKey("imported.id"), nullable=False),
    sa.Column("publication_id", sa.ForeignKey("publication.id"), nullable=False, index=True),
    sa.Column("data", sa.JSON, nullable=False),
)  # fmt: skip
merged = sa.Table(  # why two records were put together; stands even when the merge is undone
    "merged", metadata,
    _key(),
    _of_project(),
    sa.Column("a", sa.ForeignKey("record.id"), nullable=False),
    sa.Column("b", sa.ForeignKey("record.id"), nullable=False),
    sa.Column("probability", sa.Float, nullable=True),  # none when a person did it
    sa.Column("because", sa.JSON, nullable=False),
    sa.Column("against", sa.JSON, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    _at(),
)  # fmt: skip
suggestion = sa.Table(  # two publications that a person should look at
    "suggestion", metadata,
    _key(),
    _of_project(),
    sa.Column("a", sa.ForeignKey("publication.id"), nullable=False),
    sa.Column("b", sa.ForeignKey("publication.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # same-publication or same-study
    sa.Column("because", sa.Text, nullable=False),
    sa.Column("answer", sa.Text, nullable=False, server_default=""),  # yes, no, or not yet
    sa.UniqueConstraint("project_id", "a", "b", "kind"),
)  # fmt: skip
decision = sa.Table(
    "decision", metadata,
    _key(),
    _of_project(),
    sa.Column("publication_id", sa.ForeignKey("publication.id"), nullable=False, index=True),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("reviewer", sa.Text, nullable=False),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("note", sa.Text, nullable=False, default=""),
    sa.Column("resolves", sa.Boolean, nullable=False, default=False),
    sa.Column("via", sa.Text, nullable=False, server_default="ranked"),  # how the record was come by
    _at(),
)  # fmt: skip
note = sa.Table(
    "note", metadata,
    _key(),
    _of_project(),
    sa.Column("publication_id", sa.ForeignKey("publication.id"), nullable=False, index=True),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    _at(),
)  # fmt: skip
removal = sa.Table(  # a record taken out before screening, or put back; the last entry counts
    "removal", metadata,
    _key(),
    _of_project(),
    sa.Column("publication_id", sa.ForeignKey("publication.id"), nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),  # automation, other, or restored
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    _at(),
)  # fmt: skip
recall_check = sa.Table(  # a random check of recall as it was begun; what came of it follows from the decisions
    "recall_check", metadata,
    _key(),
    _of_project(),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("reviewer", sa.Text, nullable=False),  # whose decisions it tests; empty for the team's
    sa.Column("number", sa.Integer, nullable=False),  # 1 for the first: the level falls with it
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("drawn", sa.JSON, nullable=False),
    sa.Column("unread", sa.JSON, nullable=False),  # what was drawn from, as [first, last] of each run
    sa.Column("found", sa.Integer, nullable=False),
    sa.Column("target", sa.Float, nullable=False),
    sa.Column("alpha", sa.Float, nullable=False),  # that all checks share
    sa.Column("who", sa.Text, nullable=False),
    _at(),
    sa.UniqueConstraint("project_id", "stage", "reviewer", "number"),
)  # fmt: skip
recall_check_ended = sa.Table(  # a check given up; it stays spent
    "recall_check_ended", metadata,
    _key(),
    _of_project(),
    sa.Column("check_id", sa.ForeignKey("recall_check.id"), nullable=False, unique=True),
    sa.Column("who", sa.Text, nullable=False),
    _at(),
)  # fmt: skip
audit = sa.Table(
    "audit", metadata,
    _key(),
    _of_project(),
    _at(),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("detail", sa.JSON, nullable=False),
    sa.Column("chain", sa.String(64), nullable=False),  # SHA-256 over the entry and the chain before it
)  # fmt: skip
server_audit = sa.Table(  # what belongs to no review: who signed in, what was refused, accounts
    "server_audit", metadata,
    _key(),
    _at(),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("detail", sa.JSON, nullable=False),
    sa.Column("chain", sa.String(64), nullable=False),
)  # fmt: skip
account = sa.Table(
    "account", metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("password", sa.Text, nullable=False),  # argon2id, with its own salt and cost
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False, default=True),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
)  # fmt: skip
session = sa.Table(
    "session", metadata,
    sa.Column("digest", sa.String(64), primary_key=True),  # SHA-256 of the cookie; the cookie is nowhere
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("signed_in", sa.Boolean, nullable=False),  # false: a name chosen on this machine
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
)  # fmt: skip


def append_only(table: sa.Table) -> None:
    """Let the database refuse to change or delete rows of a table."""
    for event in ("UPDATE", "DELETE"):
        name = f"{table.name}_no_{event.lower()}"
        sa.event.listen(
            table, "after_create",
            sa.DDL(  # type: ignore[no-untyped-call]
                f"CREATE TRIGGER {name} BEFORE {event} ON {table.name} "
                f"BEGIN SELECT RAISE(ABORT, '{table.name} is append-only'); END"
            ).execute_if(dialect="sqlite"),
        )  # fmt: skip
        sa.event.listen(
            table, "after_create",
            sa.DDL(  # type: ignore[no-untyped-call]
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{table.name} is append-only'; END $$; "
                f"CREATE TRIGGER {name} BEFORE {event} ON {table.name} FOR EACH ROW EXECUTE FUNCTION {name}()"
            ).execute_if(dialect="postgresql"),
        )  # fmt: skip


_GROWS = (decision, note, removal, audit, server_audit, merged, recall_check, recall_check_ended)
for _table in _GROWS:
    append_only(_table)
