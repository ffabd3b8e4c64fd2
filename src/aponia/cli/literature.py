"""``aponia literature``: read exports, find duplicates, screen, report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from aponia.cli import literature_fetch
from aponia.cli.literature_extract import register
from aponia.cli.literature_review import checking, reporting, reviewing, screening, users

__all__ = ["app"]

app = typer.Typer(
    help="The living search: import, deduplicate, screen, report.", no_args_is_help=True
)
register(app)
literature_fetch.register(app)

_Files = Annotated[
    list[Path],
    typer.Argument(help="Exports in any format; what they are is told from their content."),
]
_Json = Annotated[bool, typer.Option("--json", help="The result as JSON.")]


def _print_json(value: Any) -> None:
    import json

    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


@app.command()
def convert(
    files: _Files,
    to: Annotated[str, typer.Option("--to", help="ris, csv, bibtex or nbib.")] = "ris",
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write; the terminal by default.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Read files and write their records in another format."""
    from aponia.literature.readers import read_all
    from aponia.literature.writers import write

    result = read_all(files)
    for problem in result.problems:
        typer.echo(str(problem), err=True)
    text = write(result.records, to)
    if as_json:
        if out is not None:
            out.write_text(text, encoding="utf-8", newline="")
        _print_json({"format": result.format, "records": [r.to_dict() for r in result.records], "problems": [str(p) for p in result.problems], "out": str(out) if out else None})  # fmt: skip
    elif out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8", newline="")
        typer.echo(f"Wrote {len(result.records)} records to {out}.")


@app.command()
def dedupe(
    files: _Files,
    gold: Annotated[
        str | None,
        typer.Option(
            "--gold",
            help="Column with the true groups, or a CSV file with the columns id and cluster: adds precision, recall, specificity.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write one record a publication as RIS here.")
    ] = None,
    apart: Annotated[
        list[str] | None,
        typer.Option(
            "--apart",
            help="Two ids with = between them that are not one publication; undoes a merge. May be repeated.",
        ),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Find the records that are one publication; nothing is deleted, every merge says why."""
    import time

    from aponia.cli.progress import progress
    from aponia.literature.dedupe import against_gold
    from aponia.literature.dedupe import dedupe as find
    from aponia.literature.readers import read_all

    start = time.perf_counter()
    read = read_all(files)
    with progress("Deduplicating") as step:
        result = find(read.records, apart=_pairs(apart or []), progress=step)
    answer = result.to_dict()
    answer["problems"] = [str(p) for p in read.problems]
    answer["seconds"] = round(time.perf_counter() - start, 3)
    if gold is not None:
        answer["gold"] = against_gold(result.groups, _gold_labels(gold, read.records))
    if out is not None:
        from aponia.literature.writers import to_ris

        out.write_text(to_ris(p.best for p in result.publications), encoding="utf-8", newline="")
    if as_json:
        _print_json(answer)
        return
    for problem in read.problems:
        typer.echo(str(problem), err=True)
    typer.echo(
        f"{answer['records']} records are {answer['publications']} publications; {answer['duplicates']} are duplicates."
    )
    for group in answer["clusters"]:
        typer.echo(f"\n{' = '.join(group['records'])}   (shown: {group['keep']})")
        for merge in group["merges"]:
            against = f"; against: {', '.join(merge['against'])}" if merge["against"] else ""
            typer.echo(
                f"  {merge['a']} and {merge['b']}, {merge['probability']:.3f}: {', '.join(merge['because'])}{against}"
            )
    if answer["links"]:
        typer.echo(
            f"\n{len(answer['links'])} pairs look like reports of one study; they are linked, not merged (--json lists them)."
        )
    if gold is not None:
        scores = answer["gold"]
        typer.echo(
            f"\nAgainst {gold}: sensitivity {scores['sensitivity']:.4f}, specificity {scores['specificity']:.4f}, precision {scores['precision']:.4f}, unique publications lost {scores['fp']}."
        )


def _pairs(texts: list[str]) -> list[tuple[str, str]]:
    """Read ``a=b`` pairs of ids."""
    for text in texts:
        if text.count("=") != 1:
            raise ValueError(f"--apart {text!r}: expected two ids with = between them")
    return [(a.strip(), b.strip()) for a, b in (text.split("=") for text in texts)]


def _gold_labels(gold: str, records: list[Any]) -> list[str]:
    """Labels from a column of the files themselves, or from a file of id and cluster."""
    if Path(gold).is_file():
        import csv

        with Path(gold).open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            if not {"id", "cluster"} <= set(reader.fieldnames or ()):
                raise ValueError(
                    f"{gold}: expected the columns id and cluster, found {', '.join(reader.fieldnames or ())}"
                )
            labels = {row["id"]: row["cluster"] for row in reader}
        missing = [r.id for r in records if r.id not in labels]
        if missing:
            raise ValueError(
                f"{gold}: no cluster for {len(missing)} records, the first is {missing[0]!r}"
            )
        return [labels[r.id] for r in records]
    out = []
    known: set[str] = set()
    for record in records:
        known.update(record.raw)
        out.append(next(iter(record.raw.get(gold, ())), ""))
    if gold not in known:
        raise ValueError(
            f"no column {gold!r} in the files; their own columns are {', '.join(sorted(known)) or 'none'}"
        )
    return out


@app.command()
def simulate(
    file: Annotated[Path, typer.Argument(help="A labelled export, CSV for instance.")],
    label: Annotated[
        str, typer.Option("--label", help="Column with 1 for relevant and 0 for not.")
    ],
    seed: Annotated[
        int, typer.Option("--seed", help="Chooses the two records known at the start.")
    ] = 1,
    priors: Annotated[
        str | None,
        typer.Option(
            "--priors",
            help="Ids of the records known at the start, separated by commas, instead of a random two.",
        ),
    ] = None,
    criteria: Annotated[
        str | None,
        typer.Option(
            "--criteria", help="The eligibility criteria: a text, or a file that holds it."
        ),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Replay a finished screening and tell how soon the relevant records would have been found."""
    from aponia.cli.progress import progress
    from aponia.literature.readers import read
    from aponia.literature.screening import simulate as replay

    result = read(file)
    labels = _labels(result.records, label, file)
    text = criteria or ""
    if text and len(text) < 4000 and "\n" not in text and Path(text).is_file():
        text = Path(text).read_text(encoding="utf-8-sig")
    start = [p.strip() for p in priors.split(",")] if priors else None
    with progress("Screening") as step:
        outcome = replay(
            result.records, labels, seed=seed, priors=start, criteria=text, progress=step
        )
    if as_json:
        _print_json(outcome.to_dict())
        return
    typer.echo(
        f"{outcome.n} records, {outcome.relevant} relevant beside the one known: 95 % of them after {outcome.records_to_95} "
        f"({100 * outcome.records_to_95 / outcome.n:.1f} %), all after {outcome.records_to_100}. "
        f"WSS@95 {outcome.wss95:.3f}, RRF@10 {outcome.rrf10:.3f}, ATD {outcome.atd:.4f}; {outcome.seconds:.1f} s."
    )


def _labels(records: list[Any], column: str, file: Path) -> list[int]:
    from aponia.literature.screening import read_labels

    held = [next(iter(r.raw.get(column, ())), "") for r in records]
    if not any(held):
        known = ", ".join(sorted({k for r in records for k in r.raw})) or "none"
        raise ValueError(f"{file}: no column {column!r} with labels; its own columns are {known}")
    out = []
    for record, cell in zip(records, held, strict=True):
        try:
            out += read_labels([cell])
        except ValueError as error:
            problem = str(error).partition(": ")[2]
            raise ValueError(f"{file}, line {record.line}, column {column!r}: {problem}") from None
    return out


for _module in (reviewing, reporting, screening):
    _module.register(app)
app.add_typer(checking.app, name="check")
app.add_typer(users.app, name="users")
