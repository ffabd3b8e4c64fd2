"""``aponia literature screen``: the server, opened at the screening pages."""

from __future__ import annotations

from typing import Annotated

import typer

from aponia.cli.literature_review.shared import AsJson, Database
from aponia.cli.serving import Certificate, Host, Https, Key, Login, Names, Port, start

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("screen")(screen)


def screen(
    project: Annotated[
        str, typer.Argument(help="Review to open first; made when there is none of the name.")
    ] = "",
    host: Host = "127.0.0.1",
    port: Port = 8765,
    db: Database = None,
    login: Login = False,
    name: Names = None,
    certificate: Certificate = None,
    key: Key = None,
    https: Https = False,
    as_json: AsJson = False,
) -> None:
    """Open the screening pages: on this machine choose a name, elsewhere sign in."""
    start(
        host=host, port=port, db=db, login=login, names=name, certificate=certificate, key=key,
        https=https, as_json=as_json, review=project,
    )  # fmt: skip
