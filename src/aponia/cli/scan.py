"""``aponia scan``: a whole PubMed baseline through one query."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from aponia.literature.scan import ScanResult

__all__ = ["scan"]


def scan(
    paths: Annotated[
        list[Path], typer.Argument(help="PubMed XML or JSONL files, gzip or plain, or FAERS quarters (.zip), and folders of them.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the Parquet parts; a stopped run goes on there.")],
    query: Annotated[
        str | None,
        typer.Option("--query", help="As PubMed writes it: 'psilocybin[tiab] AND (pain OR headache)'; for FAERS with [drug] [suspect] [reac] [indi] [outc]."),
    ] = None,
    query_file: Annotated[
        Path | None, typer.Option("--query-file", help="A text file that holds the query.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes; all cores by default.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", help="A Dask scheduler, tcp://host:8786, instead.")
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option("--export", help="Also write what matched as one file: .ris, .nbib, .csv or .bib."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:  # fmt: skip
    """Run a PubMed-style query over bulk files, on every core or a Dask cluster; restartable file by file."""
    import json

    from aponia.cli.progress import progress
    from aponia.literature.scan import jobs_of, notes, parse
    from aponia.literature.scan import scan as run

    if (query is None) == (query_file is None):
        raise typer.BadParameter("give either --query or --query-file")
    if workers is not None and scheduler is not None:
        raise typer.BadParameter(
            "--workers is for this machine, --scheduler for a cluster; give one"
        )
    if export is not None and export.suffix not in {".ris", ".nbib", ".csv", ".bib"}:
        raise typer.BadParameter(f"--export {export}: the name must end with .ris, .nbib, .csv or .bib")  # fmt: skip
    text = query if query is not None else query_file.read_text("utf-8-sig") if query_file else ""
    jobs = jobs_of(paths, out, text)
    cases = jobs[0].cases
    if export is not None and cases:
        raise typer.BadParameter("--export writes references; FAERS cases are none, read the Parquet parts")  # fmt: skip
    with progress("Scanning") as step:
        result = run(jobs, workers=workers, scheduler=scheduler, progress=step)
    answer = result.to_dict() | {"query": jobs[0].query, "notes": notes(parse(text, cases=cases), cases=cases), "out": str(out)}  # fmt: skip
    if export is not None:
        _export(result, out, export)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        _tell(result, answer)
    if any(p.state in {"failed", "killed"} for p in result.parts):
        raise typer.Exit(1)


def _export(result: ScanResult, out: Path, export: Path) -> None:
    from aponia.literature.scan import read_parts
    from aponia.literature.writers import write

    files = [out / f"{p.name}.parquet" for p in result.parts if p.state in {"complete", "damaged"}]
    export.write_text(write(read_parts(files), export.suffix[1:]), encoding="utf-8", newline="")


def _tell(result: ScanResult, answer: dict[str, object]) -> None:
    for note in answer["notes"]:  # type: ignore[attr-defined]
        typer.echo(f"Note: {note}", err=True)
    for part in result.parts:
        for trouble in part.problems[:20]:
            place = f", byte {trouble.offset}" if not part.cases else ""
            typer.echo(f"{part.file}{place}: {trouble.message}", err=True)
        if part.n_problems > 20:
            typer.echo(f"{part.file}: {part.n_problems - 20} more; all are in its manifest", err=True)  # fmt: skip
    if result.leftover:
        typer.echo(f"{len(result.leftover)} parts in {answer['out']} belong to no file of this run: {', '.join(result.leftover[:5])}", err=True)  # fmt: skip
    megabytes = sum(p.bytes for p in result.parts) / 1e6
    cpu = sum(p.cpu_seconds for p in result.parts)
    rate = f", {megabytes / cpu:,.0f} MB a second and core" if cpu else ""
    typer.echo(f"{answer['matches']:,} of {answer['records']:,} {'reports' if result.parts[0].cases else 'records'} match, in {answer['files']} files ({megabytes:,.0f} MB of text{rate}).")  # fmt: skip
    if dropped := answer.get("dropped"):
        typer.echo(f"Left out: {dropped['superseded']:,} reports that are not the latest version of their case, {dropped['withdrawn']:,} cases withdrawn.")  # type: ignore[index]  # fmt: skip
        typer.echo(str(answer["caution"]))
    states = ", ".join(f"{answer[s]} {s}" for s in ("complete", "damaged", "failed", "killed") if answer[s])  # fmt: skip
    typer.echo(f"{states}; {result.reused} from an earlier run; {result.seconds:.1f} s. Parts are in {answer['out']}.")  # fmt: skip
