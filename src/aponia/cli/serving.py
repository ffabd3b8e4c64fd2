"""Start the server: what ``aponia serve`` and ``aponia literature screen`` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["Certificate", "Host", "Https", "Key", "Login", "Names", "Port", "start"]

Host = Annotated[
    str, typer.Option("--host", help="Address to listen on; others than this machine need users.")
]
Port = Annotated[int, typer.Option("--port", help="Port; 0 takes a free one.", min=0, max=65535)]
Login = Annotated[
    bool,
    typer.Option(
        "--login", help="Ask for passwords on this machine too, for instance behind a proxy."
    ),
]
Names = Annotated[
    list[str] | None,
    typer.Option("--name", help="Host name people use; needed when not on this machine."),
]
Certificate = Annotated[
    Path | None, typer.Option("--certificate", help="TLS certificate, PEM.")
]  # fmt: skip
Key = Annotated[Path | None, typer.Option("--key", help="TLS key, PEM.")]
Https = Annotated[
    bool, typer.Option("--https", help="A proxy before this server speaks HTTPS.")
]  # fmt: skip


def start(
    *,
    host: str,
    port: int,
    db: str | None,
    login: bool,
    names: list[str] | None,
    certificate: Path | None,
    key: Path | None,
    https: bool,
    as_json: bool,
    evidence: Path | None = None,
    review: str | None = None,
) -> None:
    """Open the database, tell the address, and serve until stopped.

    Parameters
    ----------
    review : str, optional
        Lead to the screening pages, and to this review unless it is empty; by default to the start
        page, and the evidence pages are made at once.

    Raises
    ------
    ConfigError
        It would not be safe; see `check_binding`.
    EvidenceError
        The evidence base has problems.
    OSError
        The address is taken.
    """
    import json
    import sys

    from aponia.literature.store import Accounts, Review, open_database, reviews
    from aponia.site.app import AppConfig, check_binding, create_app
    from aponia.site.app.config import is_loopback
    from aponia.site.app.serving import listen, run
    from aponia.site.app.world import load_world

    engine = open_database(db)
    check_binding(host, users=sum(a.active for a in Accounts(engine).all()), login=login)
    login = login or not is_loopback(host)
    path = "/"
    if review is not None:
        if review:
            Review(engine, review)
        number = next((n for n, title in reviews(engine).items() if title == review), None)
        path = f"/screening/{number}/" if number else "/screening/"
    engine.dispose()
    listening = listen(host, port)
    tls = certificate is not None
    hosts = tuple(dict.fromkeys([*AppConfig().hosts, host, *(names or [])]))
    app = create_app(AppConfig(database=db, login=login, hosts=hosts, secure_cookies=https or tls, evidence=evidence))  # fmt: skip
    if review is None:
        # A base with problems is told here, at the terminal, not to the first reader.
        load_world(evidence)
        app.state.shelf.start()
    shown = f"[{host}]" if ":" in host else host
    address = f"{'https' if tls else 'http'}://{shown}:{listening.getsockname()[1]}{path}"
    told: dict[str, Any] = {"address": address, "login": login}
    what = "aponia" if review is None else "Screening"
    typer.echo(
        json.dumps(told, indent=2) if as_json else f"{what} at {address}  (stop with Ctrl+C)"
    )
    if login and not (https or tls):
        typer.echo("Passwords travel unencrypted: use --certificate and --key, or --https behind a proxy that speaks it.", err=True)  # fmt: skip
    # Told before the server takes over, so that a script that waits for the address gets it.
    sys.stdout.flush()
    run(app, listening, certificate=certificate, key=key)
