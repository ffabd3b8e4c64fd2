"""``aponia build``: the whole site as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["build"]


def build(
    out: Annotated[
        Path, typer.Option("--out", help="Where the site goes; replaced as a whole.")
    ] = Path("build/site"),
    evidence: Annotated[
        Path | None,
        typer.Option("--evidence", envvar="APONIA_EVIDENCE", help="Another evidence base."),
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(
            "--base-url",
            envvar="APONIA_BASE_URL",
            help="Address the site will be published under; named in feeds, citations and QR codes.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="What was built, as JSON.")] = False,
) -> None:
    """Build the evidence site from the base; makes no network request."""
    import json

    from aponia.cli.progress import progress
    from aponia.site import build_site

    with progress("Building the site") as step:
        report = build_site(out, evidence, step=step, base_url=base_url)
    if as_json:
        typer.echo(json.dumps(report.to_dict(), indent=2))
    else:
        typer.echo(f"{report.pages} pages, {report.files} files in {report.seconds:.1f} s")
        typer.echo(str(out.resolve() / "index.html"))
