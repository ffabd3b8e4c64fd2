"""``aponia literature users``: who may sign in."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from aponia.cli.literature_review.shared import AsJson, Database, engine_of, print_json

__all__ = ["app"]

app = typer.Typer(help="People who may sign in to the screening pages.", no_args_is_help=True)

_Who = Annotated[str, typer.Argument(help="Name; it stands in the audit trail.")]
_Role = Annotated[str | None, typer.Option("--role", help="reader, screener or editor.")]


def _password() -> str:
    """Ask for a password at a terminal, else read one line from standard input; never an argument."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")


@app.command("add")
def add(name: _Who, role: _Role = None, db: Database = None, as_json: AsJson = False) -> None:
    """Add a person; the password is asked for, or read from standard input."""
    from aponia.literature.store import Accounts

    made = Accounts(engine_of(db)).add(name, _password(), role=role or "screener")
    if as_json:
        print_json({"name": made.name, "role": made.role})
    else:
        typer.echo(f"{made.name} may sign in as {made.role}.")


@app.command("list")
def list_(db: Database = None, as_json: AsJson = False) -> None:
    """List the people."""
    from aponia.literature.store import Accounts

    found = Accounts(engine_of(db)).all()
    if as_json:
        print_json([{"name": a.name, "role": a.role, "active": a.active} for a in found])
        return
    for a in found:
        typer.echo(f"{a.name}: {a.role}{'' if a.active else ', may not sign in'}")
    if not found:
        typer.echo("Nobody has an account.")


@app.command("change")
def change(
    name: _Who,
    role: _Role = None,
    password: Annotated[bool, typer.Option("--password", help="Ask for a new password.")] = False,
    active: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Whether the person may sign in.")
    ] = None,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Change a person's role, password or whether they may sign in; open sessions end."""
    from aponia.literature.store import Accounts

    accounts = Accounts(engine_of(db))
    accounts.change(name, role=role, password=_password() if password else None, active=active)
    if as_json:
        print_json({"name": name, "changed": True})
    else:
        typer.echo(f"{name} changed.")


@app.command("audit")
def audit(
    limit: Annotated[int, typer.Option("--limit", help="How many, newest first.", min=1)] = 100,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Show the server's audit trail: sign-ins, accounts, uploads, refused writes; checks its chain."""
    from aponia.literature.store import ServerAudit

    engine = engine_of(db)
    trail = ServerAudit(engine)
    total = trail.verify()
    entries = trail.entries(limit=limit)
    engine.dispose()
    if as_json:
        print_json({"total": total, "items": [e | {"at": e["at"].isoformat()} for e in entries]})
        return
    for e in entries:
        detail = "; ".join(f"{k}: {v}" for k, v in e["detail"].items())
        typer.echo(f"{e['at']:%Y-%m-%d %H:%M:%S}  {e['who'] or 'not known'}: {e['action']}  {detail}".rstrip())  # fmt: skip
    typer.echo(f"{total} entries; the chain is whole." if total else "Nothing yet.")
