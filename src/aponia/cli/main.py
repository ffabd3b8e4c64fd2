"""The table of contents of the command line."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated

import typer

from aponia import __version__

__all__ = ["app", "main"]

app = typer.Typer(
    name="aponia",
    help="The living evidence system for psychedelics in pain. Information, not medical advice.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

for _command in ("ask", "brief", "build", "check", "exposure", "mcp", "plan", "pool", "scan", "serve"):
    _module = import_module(f"aponia.cli.{_command}")
    app.command(name=_command)(getattr(_module, _command))
for _group in ("evidence", "literature"):
    app.add_typer(import_module(f"aponia.cli.{_group}").app, name=_group)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"aponia {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; an error that the input caused is one line and exit code 1."""
    try:
        app()
    except (ValueError, OSError) as error:
        # Every error aponia raises on purpose is a ValueError with a message for people; pydantic,
        # json and yaml errors are turned into such at the edge where they happen.
        print(f"aponia: {error}", file=sys.stderr)  # noqa: T201
        raise SystemExit(1) from None
