"""``aponia mcp``: the evidence for assistants, over standard input and output."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["mcp"]


def mcp(
    evidence: Annotated[
        Path | None,
        typer.Option("--evidence", envvar="APONIA_EVIDENCE", help="Another evidence base."),
    ] = None,
) -> None:
    """Serve the evidence to an assistant (Model Context Protocol, on standard input and output)."""
    import sys

    from aponia.evidence import default_path, load
    from aponia.site.assistants import make_server

    if evidence is not None:
        load(evidence)  # a base that can not be read is told now, not at the first question
    if sys.stdin.isatty():
        typer.echo(
            f"Waiting for an assistant on standard input; evidence: {evidence or default_path()}. "
            "A client starts this command itself.",
            err=True,
        )
    make_server(evidence).run("stdio")
