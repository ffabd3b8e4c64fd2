"""``aponia watch``: what is new since last time, and what needs a person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aponia.cli.literature_review.shared import AsJson, Database, print_json

if TYPE_CHECKING:
    from aponia.evidence import EvidenceBase
    from aponia.literature.watch import Base, Digest, Finding, State

__all__ = ["app"]

app = typer.Typer(
    help="Read the sources since last time; say what is new and what needs a person.",
    invoke_without_command=True,
)
_ReviewName = Annotated[str, typer.Option("--review", help="Review that new records go into.")]


@app.callback()
def _run(
    context: typer.Context,
    sources: Annotated[
        list[str] | None,
        typer.Option(
            "--source",
            help="Ask this source only; may be repeated. See 'aponia literature fetch --help'.",
        ),
    ] = None,
    since: Annotated[
        str,
        typer.Option(
            "--since", help="First day of a source's first run, YYYY-MM-DD; 30 days back."
        ),
    ] = "",
    review: _ReviewName = "watch",
    db: Database = None,
    evidence: Annotated[
        Path | None,
        typer.Option("--evidence", envvar="APONIA_EVIDENCE", help="Another evidence base."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder to write digest.md, digest.eml and digest.xml to."),
    ] = None,
    to: Annotated[
        list[str] | None, typer.Option("--to", help="Recipient of the e-mail; may be repeated.")
    ] = None,
    who: Annotated[str, typer.Option("--who", help="Name in the log of runs.")] = "watch",
    as_json: AsJson = False,
) -> None:
    """Run the watch once. Nothing enters the evidence base by itself.

    Exit code 1 when a source failed; the rest was done all the same, and its window stays open.
    """
    if context.invoked_subcommand is not None:
        return
    from aponia import evidence as evidence_package
    from aponia.cli.progress import progress
    from aponia.literature import watch
    from aponia.literature.store import open_database

    names = _names(sources)
    first = _day(since)
    people = list(to or [])
    watch.addresses(people)
    base = _known(evidence_package.load(evidence))
    digest = watch.watch(
        open_database(db), base, review=review, sources=names, first=first, who=who, progress=progress
    )  # fmt: skip
    if out is not None:
        _write(out, {
            "digest.md": watch.as_markdown(digest).encode(), "digest.eml": watch.as_mail(digest, people),
            "digest.xml": watch.as_atom(digest),
        })  # fmt: skip
    if as_json:
        print_json(digest.to_dict())
    else:
        _show(digest)
    failed = [a.source for a in digest.failed if a.source in names or ":" in a.source]
    if failed:
        typer.echo(f"aponia: {', '.join(failed)} failed; their windows stay open for the next run", err=True)  # fmt: skip
        raise typer.Exit(1)


@app.command("list")
def list_(
    review: _ReviewName = "watch",
    db: Database = None,
    every: Annotated[bool, typer.Option("--all", help="Those that were dealt with too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the findings that nobody has dealt with."""
    from datetime import UTC, datetime

    from aponia.literature.watch import headline
    from aponia.literature.watch.layout import plain, web

    found = [f for f in _state(review, db).findings() if every or not f.done_by]
    if as_json:
        print_json([f.to_dict() for f in found])
        return
    today = datetime.now(UTC).date()
    for f in found:
        typer.echo(f"#{f.id}  {plain(headline(f, today))}  ({_since(f)})")
        if web(str(f.data["url"])):
            typer.echo(f"     {web(str(f.data['url']))}")
    if not found:
        typer.echo("Nothing is open.")


def _since(f: Finding) -> str:
    from aponia.literature.watch.layout import plain

    if not f.done_by:
        return f"open since {f.found_on}"
    return plain(f"done by {f.done_by}" + (f": {f.note}" if f.note else ""))


@app.command()
def done(
    numbers: Annotated[
        list[int],
        typer.Argument(metavar="ID...", help="Numbers of findings, as the digest has them."),
    ],
    who: Annotated[str, typer.Option("--who", help="Your name.")],
    note: Annotated[str, typer.Option("--note", help="What was done.")] = "",
    review: _ReviewName = "watch",
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Say that you dealt with findings; they are kept, with your name."""
    from datetime import UTC, datetime

    fresh = _state(review, db).done(numbers, who, note, datetime.now(UTC).replace(microsecond=0))
    if as_json:
        print_json({"done": fresh, "already": [n for n in numbers if n not in fresh]})
        return
    for number in dict.fromkeys(numbers):
        typer.echo(f"#{number} is done." if number in fresh else f"#{number} was done already.")


@app.command()
def status(review: _ReviewName = "watch", db: Database = None, as_json: AsJson = False) -> None:
    """Show where each source stands, and the last runs."""
    from dataclasses import asdict

    from aponia.literature.watch.layout import plain

    state = _state(review, db)
    asked, runs = state.asked(), state.runs(5)
    if as_json:
        print_json({"sources": [asdict(a) for a in asked], "runs": runs})
        return
    for a in asked:
        standing = "finished" if a.finished else "open"
        typer.echo(
            f"{a.source}: {a.since or 'the beginning'} to {a.until}, {standing}, {a.read} read"
        )
        if a.failed:
            typer.echo(f"  failed: {plain(a.failed)}")
    for r in runs:
        end = f"ended {r['ended_at']}" if r["ended_at"] else "not ended: running, or broken off"
        typer.echo(plain(f"run {r['id']} by {r['who']} on {r['host']} (process {r['pid']}), {r['started_at']}, {end}"))  # fmt: skip


def _state(review: str, db: str | None) -> State:
    from aponia.cli.literature_review.shared import open_review
    from aponia.literature.watch import State

    held = open_review(db, review)
    return State(held.engine, held.id)


def _names(sources: list[str] | None) -> list[str]:
    import os

    from aponia.literature.sources import NAMES
    from aponia.literature.watch import DEFAULT_SOURCES

    for name in sources or []:
        if name not in NAMES:
            raise ValueError(f"--source {name!r}: there are {', '.join(NAMES)}")
    if sources:
        return list(dict.fromkeys(sources))
    more = {"openalex": "OPENALEX_API_KEY", "ictrp": "APONIA_ICTRP"}
    chosen = {*DEFAULT_SOURCES, *(n for n, v in more.items() if os.environ.get(v, "").strip())}
    return [name for name in NAMES if name in chosen]


def _day(text: str) -> Any:
    from datetime import date

    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"--since {text!r}: expected a day as YYYY-MM-DD") from None


def _known(base: EvidenceBase) -> Base:
    """Return what the watch needs of the base, as plain values."""
    from aponia.literature import Record
    from aponia.literature.watch import Base, DueQuestion, KnownTrial

    studies = tuple(
        Record(
            s.id, title=s.title, abstract=" ".join(s.findings), authors=(s.first_author,) if s.first_author else (),
            year=s.year, journal=s.journal or "", doi=(s.doi or "").lower(), pmid=str(s.pmid or ""), registrations=s.registrations,
        )
        for s in base.studies.values()
    )  # fmt: skip
    trials = tuple(
        KnownTrial(
            t.id, t.title, t.url, t.status, t.enrollment, t.start, t.completion, t.primary_outcomes, t.results_posted,
            tuple(t.linked_studies),
        )
        for t in base.trials.values()
    )  # fmt: skip
    questions = tuple(DueQuestion(q.id, q.short, q.last_search, q.next_due) for q in base.questions.values())  # fmt: skip
    return Base(studies, trials, questions)


def _write(folder: Path, files: dict[str, bytes]) -> None:
    """Write files that are never seen half written."""
    import os

    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        fresh = folder / f".{name}.new"
        with fresh.open("wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        fresh.replace(folder / name)


def _show(digest: Digest) -> None:
    from rich.console import Console

    from aponia.literature.watch import render

    Console(highlight=False, markup=False, emoji=False).print(render(digest))
