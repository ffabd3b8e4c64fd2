"""``aponia evidence``: check, show, trace, export and compare the evidence base."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aponia.cli.evidence_versions import changes, snapshot

if TYPE_CHECKING:
    from aponia.evidence import EvidenceBase, Trace

__all__ = ["app"]

app = typer.Typer(
    help="Check, show, trace, export and compare the evidence base.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.command("changes")(changes)
app.command("snapshot")(snapshot)

Evidence = Annotated[
    Path | None,
    typer.Option(
        "--evidence",
        help="Another evidence base (or set APONIA_EVIDENCE).",
        envvar="APONIA_EVIDENCE",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Format(StrEnum):
    """Formats of `export`. FHIR is not written yet."""

    csv = "csv"
    json = "json"
    ris = "ris"
    bibtex = "bibtex"


def _load(path: Path | None) -> EvidenceBase:
    from aponia.evidence import EvidenceError, load

    try:
        return load(path)
    except EvidenceError as error:
        if not error.problems:
            raise
        # One message: how many, the first, and how to see them all.
        raise EvidenceError(
            f"{error} (see all with: aponia evidence check"
            + (f" --evidence {path})" if path is not None else ")")
        ) from None


def _dump(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


@app.command()
def check(evidence: Evidence = None, as_json: Json = False) -> None:
    """Say everything that is wrong with the base: file, line, field, found, expected.

    Exit code 1 when anything is.
    """
    from dataclasses import asdict

    from aponia.answers.snapshot import past_snapshots
    from aponia.evidence import check as check_base
    from aponia.evidence import load

    problems = check_base(evidence)
    base = None if problems else load(evidence)
    if base is not None:
        past_snapshots(base)
    counts = base.counts() if base else {}
    if as_json:
        _dump({"problems": [asdict(p) for p in problems], "counts": counts})
    elif problems:
        for problem in problems:
            typer.echo(str(problem))
        files = len({p.file for p in problems})
        typer.echo(
            f"{len(problems)} problem{'s' * (len(problems) != 1)} "
            f"in {files} file{'s' * (files != 1)}",
            err=True,
        )
    else:
        width = max(map(len, counts))
        for kind, count in counts.items():
            typer.echo(f"{kind.replace('_', ' '):<{width}}  {count:>5}")
        typer.echo("No problems.")
    if problems:
        raise typer.Exit(1)


@app.command()
def show(
    record_id: Annotated[
        str, typer.Argument(metavar="ID", help="Study, trial or table row (TABLE/ID).")
    ],
    evidence: Evidence = None,
    as_json: Json = False,
) -> None:
    """Print one record."""
    from aponia.evidence import find
    from aponia.evidence.tracing import plain

    base = _load(evidence)
    kind, record = find(base, record_id)
    values = plain(record)
    disagreements = plain(base.disagreements_for(kind, record.id))
    if disagreements:
        values["disagreements"] = disagreements
    if as_json:
        _dump({"kind": kind, **values})
        return
    typer.echo(f"{kind.replace('_', ' ')} {record.id}")
    typer.echo(_outline({k: v for k, v in values.items() if k != "id"}, 1))


def _outline(value: Any, depth: int) -> str:
    """Write nested values as an indented outline."""
    pad = "  " * depth
    if isinstance(value, Mapping):
        lines = []
        for key, inner in value.items():
            if isinstance(inner, Mapping) or (
                isinstance(inner, list) and any(isinstance(i, Mapping | list) for i in inner)
            ):
                lines.append(f"{pad}{key}:\n{_outline(inner, depth + 1)}")
            elif isinstance(inner, list) and inner and sum(len(str(i)) for i in inner) > 80:
                lines.append(f"{pad}{key}:")
                lines += [f"{pad}  - {_word(i)}" for i in inner]
            else:
                lines.append(f"{pad}{key}: {_word(inner)}")
        return "\n".join(lines)
    blocks = []
    for item in value:
        text = _outline(item, depth + 1) if isinstance(item, Mapping) else f"{pad}  {_word(item)}"
        blocks.append(f"{pad}- {text.lstrip()}")
    return "\n".join(blocks)


def _word(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_word, value)) if value else "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


@app.command()
def trace(
    record_id: Annotated[
        str, typer.Argument(metavar="ID", help="Study, trial or table row (TABLE/ID).")
    ],
    field: Annotated[
        str, typer.Argument(metavar="FIELD", help="Such as outcomes[0].results[0].change_mean.")
    ],
    evidence: Evidence = None,
    as_json: Json = False,
) -> None:
    """Say where a value came from: arm, time point, sources, how much was read, file and line."""
    from aponia.evidence import trace as trace_value

    found = trace_value(_load(evidence), record_id, field)
    if as_json:
        _dump(found.to_dict())
        return
    typer.echo("\n".join(_trace_lines(found)))


def _trace_lines(found: Trace) -> list[str]:
    values = found.to_dict()
    value = values["value"]
    shown = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
    shown = "not known (null)" if value is None else _word(shown)
    lines = [f"{found.id} {found.field}", f"  value       {shown} {found.unit or ''}".rstrip()]
    lines += [
        f"  {name:<11} {text}"
        for name, text in (
            ("arm", found.arm),
            ("outcome", found.outcome),
            ("instrument", found.instrument),
            ("time point", found.timepoint),
            ("read", found.read),
            ("file", f"{found.file}:{found.line}"),
        )
        if text
    ]
    if not found.stated:
        lines.append("  No source claims this field; the sources of the whole record are:")
    for source in found.sources:
        more = "; ".join(
            part
            for part in (
                f"only: {', '.join(source.only)}" if source.only else "",
                f"read via {source.via}" if source.via else "",
                f"as of {source.as_of}" if source.as_of else "",
                source.note or "",
            )
            if part
        )
        lines.append(f"  source      {source.url} ({source.kind}{'; ' + more if more else ''})")
    for disagreement in found.disagreements:
        lines.append(f"  sources disagree about {disagreement.field}:")
        lines += [
            f"    {_word(side.value)}: {side.source}{' (used here)' if side.used else ''}"
            for side in disagreement.values
        ]
    return lines


@app.command()
def export(
    format: Annotated[Format, typer.Option("--format", help="What to write.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Directory for the files; standard output when left out."),
    ] = None,
    evidence: Evidence = None,
) -> None:
    """Write the base as CSV tables, one JSON file, RIS or BibTeX.

    Without --out the main file goes to standard output: for CSV the results, one row an arm.
    """
    from aponia.evidence import MAIN_FILE
    from aponia.evidence import export as export_base

    files = export_base(_load(evidence), format.value)
    if out is None:
        typer.echo(files[MAIN_FILE[format.value]], nl=False)
        return
    out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (out / name).write_text(text, encoding="utf-8", newline="")
    typer.echo(f"{len(files)} files in {out}")
