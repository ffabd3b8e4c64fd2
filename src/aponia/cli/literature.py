"""``aponia literature``: read exports, find duplicates, screen, report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["app"]

app = typer.Typer(
    help="The living search: import, deduplicate, screen, report.", no_args_is_help=True
)

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
) -> None:
    """Read files and write their records in another format."""
    from aponia.literature.readers import read_all
    from aponia.literature.writers import write

    result = read_all(files)
    for problem in result.problems:
        typer.echo(str(problem), err=True)
    text = write(result.records, to)
    if out is None:
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
        result = find(read.records, progress=step)
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


_Review = Annotated[str, typer.Option("--review", help="Name of the review.")]
_Database = Annotated[
    str | None,
    typer.Option("--db", help="Database address; APONIA_DB or ./aponia.sqlite by default."),
]


def _open(database: str | None, name: str, **options: Any) -> Any:
    from aponia.literature.store import Review, open_database

    return Review(open_database(database), name, **options)


@app.command("import")
def import_(
    files: _Files,
    review: _Review = "review",
    db: _Database = None,
    criteria: Annotated[
        Path | None,
        typer.Option(
            "--criteria", help="File with the eligibility criteria, when the review is new."
        ),
    ] = None,
    reviewers: Annotated[
        int,
        typer.Option(
            "--reviewers", help="Independent decisions a record needs, when the review is new."
        ),
    ] = 2,
    who: Annotated[str, typer.Option("--who", help="Name for the audit trail.")] = "system",
    source: Annotated[
        str, typer.Option("--source", help="Database the files came from, when they do not say.")
    ] = "",
    as_json: _Json = False,
) -> None:
    """Add files to a review, new or running; each file wholly or not at all."""
    text = criteria.read_text(encoding="utf-8-sig") if criteria else ""
    store = _open(db, review, criteria=text, reviewers_needed=reviewers)
    done = []
    for file in files:
        result = store.add_file(file, who=who, database=source)
        done.append({"file": file.name, "records": result.records, "new": result.new_publications, "duplicates": result.duplicates,
                     "already": result.already, "problems": list(result.problems), "suggested_merges": [list(s) for s in result.suggested]})  # fmt: skip
        if not as_json:
            for problem in result.problems:
                typer.echo(problem, err=True)
            typer.echo(f"{file.name}: imported before, nothing changed." if result.already else
                       f"{file.name}: {result.records} records, {result.new_publications} new publications, {result.duplicates} already known.")  # fmt: skip
    if as_json:
        _print_json({"review": review, "files": done})


@app.command()
def screen(
    review: _Review = "review",
    db: _Database = None,
    reviewer: Annotated[
        str, typer.Option("--reviewer", help="Who screens; others' decisions stay hidden.")
    ] = "",
    stage: Annotated[
        str, typer.Option("--stage", help="title-abstract or full-text.")
    ] = "title-abstract",
    count: Annotated[int, typer.Option("--count", help="How many records to show.")] = 10,
    decide: Annotated[
        int | None, typer.Option("--decide", help="Number of the publication to decide on.")
    ] = None,
    verdict: Annotated[
        str, typer.Option("--verdict", help="include, exclude, unsure or not-retrieved.")
    ] = "",
    reason: Annotated[str, typer.Option("--reason", help="Reason for an exclusion.")] = "",
    note: Annotated[str, typer.Option("--note", help="A note.")] = "",
    resolve: Annotated[
        bool, typer.Option("--resolve", help="The decision settles a conflict.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Show the records to read next, best first and with reasons, or record a decision."""
    from aponia.literature.screening.queue import next_records, progress_of

    if not reviewer.strip():
        raise ValueError("--reviewer is needed: every decision belongs to a person")
    store = _open(db, review)
    if decide is not None:
        number = store.decide(
            decide, reviewer, verdict, stage=stage, reason=reason, note=note, resolves=resolve
        )
        if as_json:
            _print_json(
                {
                    "decision": number,
                    "publication": decide,
                    "verdict": verdict,
                    "progress": progress_of(store, stage),
                }
            )
        else:
            typer.echo(f"Decision {number} recorded.")
        return
    items = next_records(store, reviewer, stage=stage, count=count)
    state = progress_of(store, stage)
    if as_json:
        _print_json(
            {
                "review": review,
                "stage": stage,
                "reviewer": reviewer,
                "next": items,
                "progress": state,
            }
        )
        return
    for item in items:
        typer.echo(
            f"[{item['publication']}] {item['record']['title']} ({item['record']['year'] or 'no year'}, {item['record']['journal'] or 'no journal'})"
        )
        if item["reasons"]:
            typer.echo(
                "      because of "
                + ", ".join(r["term"] for r in item["reasons"] if r["weight"] > 0)
            )
    typer.echo(f"{state['decided']} of {state['publications']} decided. {state['stopping']}")


@app.command()
def prisma(
    review: _Review = "review",
    db: _Database = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="SVG file to write; the terminal by default.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Draw the PRISMA 2020 flow diagram of a review from its data."""
    from aponia.literature.prisma import flow, to_svg

    numbers = flow(_open(db, review))
    if as_json:
        _print_json(numbers.to_dict())
    if out is not None:
        out.write_text(to_svg(numbers), encoding="utf-8")
    elif not as_json:
        typer.echo(to_svg(numbers), nl=False)
