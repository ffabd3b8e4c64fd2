"""``aponia literature fetch``: search sources and save what they hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from aponia.literature.sources import Query

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("fetch")(fetch)


def fetch(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="pubmed, europe-pmc, openalex, crossref, biorxiv, medrxiv, clinicaltrials-gov, isrctn, ctis, ictrp, openfda-labels, openfda-events."
        ),
    ],
    query: Annotated[
        str, typer.Option("--query", help="What to look for, in the source's own syntax.")
    ] = "",
    strategy: Annotated[
        bool, typer.Option("--strategy", help="Use the shipped search strategy of each source.")
    ] = False,
    since: Annotated[
        str, typer.Option("--since", help="First day of the window, YYYY-MM-DD.")
    ] = "",
    until: Annotated[str, typer.Option("--until", help="Last day of the window, YYYY-MM-DD.")] = "",
    dates: Annotated[
        str,
        typer.Option(
            "--dates",
            help="What the window is about: added, changed or published; the source's own choice by default.",
        ),
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="File to write, .jsonl or .ris; for several sources a folder. SOURCE.jsonl by default.",
        ),
    ] = None,
    review: Annotated[
        str, typer.Option("--review", help="Import what was fetched into this review.")
    ] = "",
    db: Annotated[
        str | None,
        typer.Option("--db", help="Database address; APONIA_DB or ./aponia.sqlite by default."),
    ] = None,
    who: Annotated[str, typer.Option("--who", help="Name for the audit trail.")] = "system",
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where an interrupted search ended.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:
    """Search sources and save their records, page by page; an interrupted search can go on."""
    from aponia.cli.progress import progress
    from aponia.literature.sources import SourceError, open_source, save

    if bool(query) and strategy:
        raise ValueError("--query and --strategy exclude each other")
    asked = {name: _query(name, query, strategy, since, until, dates) for name in dict.fromkeys(sources)}  # fmt: skip
    files = _files(list(asked), out)
    results: list[dict[str, Any]] = []
    for name, what in asked.items():
        client = open_source(name)
        try:
            with progress(client.label) as step:
                saved = save(
                    client, what, files[name], resume=resume, format=_format(files[name]), progress=step
                )  # fmt: skip
        except SourceError as error:
            state = files[name].with_name(files[name].name + ".cursor")
            hint = f"; what was read is in {files[name]}.part, --resume goes on" if state.exists() and "--resume" not in str(error) else ""  # fmt: skip
            raise ValueError(f"{error}{hint}") from None
        finally:
            client.close()
        result = saved.to_dict()
        if review and not name.startswith("openfda-") and _size(files[name]):
            result["imported"] = _import(files[name], review, db, who, client.label)
        results.append(result)
        if not as_json:
            _tell(client.label, result)
    if as_json:
        import json

        typer.echo(json.dumps(results, ensure_ascii=False, indent=2))


def _query(name: str, text: str, strategy: bool, since: str, until: str, dates: str) -> Query:
    from dataclasses import replace

    from aponia.literature.sources import Query, strategy_query

    if dates not in {"", "added", "changed", "published"}:
        raise ValueError(f"--dates {dates!r}: expected added, changed or published")
    base = strategy_query(name) if strategy else Query(text)
    return replace(base, since=_day(since, "--since"), until=_day(until, "--until"), dates=dates)  # type: ignore[arg-type]


def _day(text: str, option: str) -> Any:
    from datetime import date

    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{option} {text!r}: expected a day as YYYY-MM-DD") from None


def _files(names: list[str], out: Path | None) -> dict[str, Path]:
    if len(names) == 1:
        return {names[0]: out if out is not None and not out.is_dir() else (out or Path()) / f"{names[0]}.jsonl"}  # fmt: skip
    if out is not None and out.suffix:
        raise ValueError(f"--out {out}: for several sources name a folder")
    return {name: (out or Path()) / f"{name}.jsonl" for name in names}


def _format(file: Path) -> Any:
    kind = file.suffix.lower().lstrip(".")
    if kind not in {"jsonl", "ris"}:
        raise ValueError(f"--out {file}: expected a name that ends in .jsonl or .ris")
    return kind


def _size(file: Path) -> int:
    return file.stat().st_size if file.is_file() else 0


def _import(file: Path, review: str, db: str | None, who: str, label: str) -> dict[str, Any]:
    from aponia.literature.store import Review, open_database

    store = Review(open_database(db), review, who=who)
    done = store.add_file(file, who=who, database=label, kind="")
    return {"review": review, "records": done.records, "new": done.new_publications, "duplicates": done.duplicates, "already": done.already}  # fmt: skip


def _tell(label: str, result: dict[str, Any]) -> None:
    if result["already"]:
        typer.echo(f"{label}: {result['file']} is there and finished; nothing was fetched.")
    else:
        of = f" of {result['total']}" if result["total"] is not None else ""
        left = f"; {result['dropped']} did not fit the query" if result["dropped"] else ""
        typer.echo(f"{label}: {result['done']}{of} read{left}; {result['written']} written to {result['file']}.")  # fmt: skip
    if result["trials_file"]:
        typer.echo(f"  Trials by register fields: {result['trials_file']}.")
    for note in result["notes"]:
        typer.echo(f"  Note: {note}", err=True)
    if result["source"] == "openfda-events" and not result["already"]:
        from aponia.literature.sources import CAUTION

        typer.echo(f"  {CAUTION}")
    if "imported" in result:
        told = result["imported"]
        if told["already"]:
            typer.echo(f"  Already in the review {told['review']!r}.")
        else:
            typer.echo(f"  Imported into {told['review']!r}: {told['new']} new, {told['duplicates']} duplicates.")  # fmt: skip
