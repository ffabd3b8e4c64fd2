"""``aponia pool``: a meta-analysis of the user's own table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["pool"]


def pool(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file with a header line.")],
    y: Annotated[str, typer.Option("--y", help="Column of the effects.")] = "y",
    v: Annotated[str, typer.Option("--v", help="Column of the sampling variances.")] = "v",
    labels: Annotated[
        str | None, typer.Option("--labels", help="Column of the study names.")
    ] = None,
    method: Annotated[str, typer.Option("--method", help="FE, DL, REML …")] = "REML",
    test: Annotated[str, typer.Option("--test", help="z, t, knha or adhoc.")] = "z",
    level: Annotated[float, typer.Option("--level", help="Confidence level.")] = 0.95,
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:
    """Pool effects and variances from a table; says which columns it used."""
    import json

    from aponia import meta
    from aponia.cli.read_table import read_table

    table = read_table(file)
    result = meta.pool(
        table.numbers(y),
        table.numbers(v),
        method=method,
        test=test,
        level=level,
        labels=table.texts(labels) if labels else None,
    )
    if as_json:
        typer.echo(json.dumps(result.to_dict(), ensure_ascii=False, indent=2))
        return
    typer.echo(f"Read {file}: effects from {y!r}, variances from {v!r}, {result.k} studies.")
    typer.echo(result.summary())
