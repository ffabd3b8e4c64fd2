"""``aponia literature extract`` and ``strategy``: from an included record to a skeleton; what was searched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from aponia.literature.record import Record

__all__ = ["extract", "register", "strategy"]

_Json = Annotated[bool, typer.Option("--json", help="The result as JSON.")]
_Evidence = Annotated[
    Path | None,
    typer.Option(
        "--evidence", help="Evidence base whose vocabulary is used.", envvar="APONIA_EVIDENCE"
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to ``aponia literature``."""
    app.command()(extract)
    app.command()(strategy)


def extract(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Exports that hold the record; leave out to take it from a review."),
    ] = None,
    record_id: Annotated[
        str | None,
        typer.Option("--id", help="Id, DOI or PubMed number of the record in the files."),
    ] = None,
    review: Annotated[str, typer.Option("--review", help="Name of the review.")] = "review",
    db: Annotated[
        str | None,
        typer.Option("--db", help="Database address; APONIA_DB or ./aponia.sqlite by default."),
    ] = None,
    publication: Annotated[
        int | None, typer.Option("--publication", help="Number of an included publication.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Folder or file to write; the terminal by default. Nothing is overwritten.",
        ),
    ] = None,
    evidence: _Evidence = None,
    as_json: _Json = False,
) -> None:
    """Open a skeleton for the evidence base, filled only with what the record itself states."""
    from aponia.evidence import load
    from aponia.literature.extract import extract as draft_of

    record = _from_files(files, record_id) if files else _from_review(db, review, publication)
    vocabulary = load(evidence).vocabulary
    draft = draft_of(record, substances=vocabulary.substances, conditions=vocabulary.conditions)
    text = draft.to_yaml()
    faults = _schema_faults(text)
    written = _write(out, text, draft.skeleton["id"]) if out is not None else None
    if as_json:
        answer = {**draft.to_dict(), "schema": faults, "file": str(written) if written else None}
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    if written is None:
        typer.echo(text, nl=False)
    else:
        typer.echo(f"Wrote {written}.")
    for fault in faults:
        typer.echo(f"to complete before it passes the schema: {fault}", err=True)


def _from_files(files: list[Path], wanted: str | None) -> Record:
    from aponia.literature.readers import read_all

    records = read_all(files).records
    if wanted is None:
        if len(records) == 1:
            return records[0]
        raise ValueError(f"the files hold {len(records)} records; name one with --id")
    found = [r for r in records if wanted == r.id] or [
        r for r in records if wanted.lower() in {r.doi, r.pmid, r.nct.lower()} - {""}
    ]
    if len(found) != 1:
        raise ValueError(f"{len(found) or 'no'} records of {len(records)} match --id {wanted!r}")
    return found[0]


def _from_review(db: str | None, name: str, publication: int | None) -> Record:
    from aponia.literature.store import Review, open_database

    if publication is None:
        raise ValueError("name a file, or a publication of a review with --publication")
    review = Review(open_database(db), name)
    known = review.publications()
    if publication not in known:
        raise ValueError(f"review {name!r} has no publication {publication}")
    states = {review.state(stage).get(publication, "") for stage in ("title-abstract", "full-text")}
    if not states & {"include", "included"}:
        raise ValueError(
            f"publication {publication} is not included in review {name!r}: {', '.join(sorted(states - {''})) or 'no decision'}"
        )
    return known[publication].best


def _schema_faults(text: str) -> list[str]:
    """Return what the schema of a study misses in the skeleton."""
    from aponia.evidence import Study
    from aponia.evidence.textio import Marks, parse_yaml
    from aponia.evidence.validation import validate

    marks: Marks = {}
    raw = parse_yaml(text, marks)
    _, problems = validate(Study, raw, "skeleton", marks)
    return [f"{p.field}: expected {p.expected}, found {p.found}" for p in problems]


def _write(out: Path, text: str, name: Any) -> Path:
    path = out / f"{name or 'draft'}.yaml" if out.is_dir() else out
    try:
        with path.open("x", encoding="utf-8", newline="\n") as handle:
            handle.write(text)
    except FileExistsError:
        raise ValueError(f"{path} exists; nothing was written") from None
    return path


def strategy(
    source: Annotated[
        str | None, typer.Argument(help="A source, pubmed for instance; all are listed without it.")
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(
            "--write", help="Write all strategies anew from the vocabulary into this folder."
        ),
    ] = None,
    evidence: _Evidence = None,
    as_json: _Json = False,
) -> None:
    """Show the search strategy for psychedelics and pain in one source, ready to run."""
    from aponia.literature.strategies import NAMES, build, load, to_yaml

    if write is not None:
        from aponia.evidence import load as load_evidence

        vocabulary = load_evidence(evidence).vocabulary
        for name, built in build(vocabulary.substances, vocabulary.conditions).items():
            (write / f"{name}.yaml").write_text(to_yaml(built), encoding="utf-8", newline="\n")
        typer.echo(f"Wrote {len(NAMES)} strategies to {write}.")
        return
    chosen = [load(source)] if source else [load(name) for name in NAMES]
    if as_json:
        typer.echo(json.dumps(chosen[0] if source else chosen, ensure_ascii=False, indent=2))
        return
    if not source:
        for item in chosen:
            typer.echo(
                f"{item['source']:<20} {item['name']}, {item['platform']} ({item['written']})"
            )
        typer.echo("\nShow one with: aponia literature strategy SOURCE")
        return
    (item,) = chosen
    typer.echo(f"{item['name']}, {item['platform']}\n{item['address']}")
    typer.echo(
        f"Written {item['written']} by {item['author_role']}; words from {item['words_from']}."
    )
    typer.echo(f"Syntax: {item['syntax_checked']}.\n")
    for line in item["lines"]:
        typer.echo(f"#{line['number']} ({line['concept']})\n{line['query']}\n")
    typer.echo(f"Export: {item['export']}")
    for note in item["syntax"]:
        typer.echo(f"Note: {note}")
    typer.echo("\nPRISMA-S")
    for key, value in item["prisma_s"].items():
        typer.echo(f"  {key}: {value}")
