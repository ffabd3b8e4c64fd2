"""``aponia serve``: the evidence pages, search, the checker and screening, live."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aponia.cli.serving import Certificate, Host, Https, Key, Login, Names, Port, start

__all__ = ["serve"]


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8765,
    db: Annotated[
        str | None,
        typer.Option("--db", help="Database address; APONIA_DB or ./aponia.sqlite by default."),
    ] = None,
    login: Login = False,
    name: Names = None,
    certificate: Certificate = None,
    key: Key = None,
    https: Https = False,
    evidence: Annotated[
        Path | None,
        typer.Option("--evidence", envvar="APONIA_EVIDENCE", help="Another evidence base."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The address, as JSON.")] = False,
) -> None:
    """Serve the site live; reading needs no account, screening elsewhere than here does."""
    start(
        host=host, port=port, db=db, login=login, names=name, certificate=certificate, key=key,
        https=https, evidence=evidence, as_json=as_json,
    )  # fmt: skip
