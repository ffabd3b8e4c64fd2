"""Start the screening pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aponia.cli.literature_review.shared import AsJson, Database, engine_of, print_json

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("screen")(screen)


def screen(
    project: Annotated[
        str, typer.Argument(help="Review to open first; made when there is none of the name.")
    ] = "",
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; others than this machine need users.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", help="Port; 0 takes a free one.", min=0, max=65535)
    ] = 8765,
    db: Database = None,
    login: Annotated[
        bool,
        typer.Option(
            "--login", help="Ask for passwords on this machine too, for instance behind a proxy."
        ),
    ] = False,
    name: Annotated[
        list[str] | None,
        typer.Option("--name", help="Host name people use; needed when not on this machine."),
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", help="TLS certificate, PEM.")
    ] = None,
    key: Annotated[Path | None, typer.Option("--key", help="TLS key, PEM.")] = None,
    https: Annotated[
        bool, typer.Option("--https", help="A proxy before this server speaks HTTPS.")
    ] = False,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Open the screening pages: on this machine choose a name, elsewhere sign in."""
    import socket

    import uvicorn

    from aponia.literature.store import Accounts, Review, reviews
    from aponia.site.app import AppConfig, check_binding, create_app
    from aponia.site.app.config import is_loopback

    engine = engine_of(db)
    users = sum(a.active for a in Accounts(engine).all())
    check_binding(host, users=users, login=login)
    login = login or not is_loopback(host)
    if project:
        Review(engine, project)
    number = next((n for n, title in reviews(engine).items() if title == project), None)
    tls = certificate is not None
    hosts = tuple(dict.fromkeys([*AppConfig().hosts, host, *(name or [])]))
    app = create_app(AppConfig(database=db, login=login, hosts=hosts, secure_cookies=https or tls))
    engine.dispose()

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host.strip("[]"), port))
    # Open before the address is told: who asks at once waits for an answer instead of being refused.
    listening.listen(128)
    shown = f"[{host}]" if ":" in host else host
    path = f"/screening/{number}/" if number else "/screening/"
    address = f"{'https' if tls else 'http'}://{shown}:{listening.getsockname()[1]}{path}"
    if as_json:
        print_json({"address": address, "login": login})
    else:
        typer.echo(f"Screening at {address}  (stop with Ctrl+C)")
        if login and not (https or tls):
            typer.echo("Passwords travel unencrypted: use --certificate and --key, or --https behind a proxy that speaks it.", err=True)  # fmt: skip
    # Printed before the server takes over, so that a script that waits for the address gets it.
    import sys

    sys.stdout.flush()
    server = uvicorn.Server(uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, proxy_headers=False,
        ssl_certfile=str(certificate) if certificate else None, ssl_keyfile=str(key) if key else None,
    ))  # fmt: skip
    server.run(sockets=[listening])
