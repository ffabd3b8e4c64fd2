"""``aponia check``: the claims of an article, with verdicts, in the terminal or as a report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from aponia.claims import Checker

__all__ = ["check"]


def check(
    file: Annotated[
        str | None, typer.Argument(help="HTML, Markdown, PDF or text; - reads standard input.")
    ] = None,
    claims_file: Annotated[
        Path | None, typer.Option("--claims", help='Claims one a line: {"id", "claim"}.')
    ] = None,
    gold: Annotated[
        Path | None, typer.Option("--evaluate", help="Labelled claims to evaluate the checker on.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the report with the claims in place.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The whole result as JSON.")] = False,
    evidence: Annotated[
        Path | None,
        typer.Option("--evidence", envvar="APONIA_EVIDENCE", help="Another evidence base."),
    ] = None,
) -> None:
    """Check the claims of an article against the evidence."""
    import json

    given = [x for x in (file, claims_file, gold) if x is not None]
    if len(given) != 1:
        raise typer.BadParameter("give one of: FILE, --claims FILE, --evaluate FILE")
    if html is not None and file is None:
        raise typer.BadParameter("--html needs an article")

    from aponia import evidence as base_package
    from aponia.claims import Checker

    lines = _lines(claims_file or gold) if file is None else None  # type: ignore[arg-type]
    source = _read(file) if file is not None else b""
    checker = Checker(base_package.load(evidence))
    if claims_file is not None and lines is not None:
        _print_batch(checker, lines, as_json)
        return
    if gold is not None and lines is not None:
        from aponia.claims.evaluation import evaluate

        result = evaluate(checker, lines)
        if as_json:
            typer.echo(json.dumps(result, ensure_ascii=False, indent=2))
            return
        from rich.console import Console

        from aponia.cli.show_check import evaluation_table

        Console(highlight=False).print(evaluation_table(result))
        return
    found = checker.article(source, file or "")
    if html is not None:
        from aponia.claims.report import report

        html.write_text(report(found, checker.base), encoding="utf-8")
    if as_json:
        typer.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
        return
    from rich.console import Console

    from aponia.cli.show_check import render

    Console(highlight=False).print(render(found))
    if html is not None:
        typer.echo(f"Report: {html}")


def _read(name: str) -> bytes:
    """Read a file or standard input, but no more than an article can be."""
    from aponia.claims.extract import MAX_BYTES

    if name == "-":
        import sys

        return sys.stdin.buffer.read(MAX_BYTES + 1)
    with Path(name).open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _lines(path: Path) -> list[dict[str, Any]]:
    return list(_parse(path))


def _parse(path: Path) -> Iterator[dict[str, Any]]:
    import json

    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text") from None
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: not JSON ({error})") from None
        if not isinstance(row, dict) or not isinstance(row.get("claim"), str):
            raise ValueError(f'{path}, line {number}: needs an object with text under "claim"')
        yield row


def _print_batch(checker: Checker, lines: list[dict[str, Any]], as_json: bool) -> None:
    import json

    if as_json:
        for row in checker.batch(lines):
            typer.echo(json.dumps(row, ensure_ascii=False))
        return
    from rich.console import Console

    from aponia.cli.show_check import batch_table

    Console(highlight=False).print(batch_table(lines, list(checker.batch(lines))))
