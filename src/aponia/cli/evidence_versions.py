"""``aponia evidence snapshot`` and ``changes``: keep a version, compare two."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from aponia.answers import Snapshot
    from aponia.evidence import EvidenceBase

__all__ = ["changes", "snapshot"]

_Evidence = Annotated[
    Path | None,
    typer.Option(
        "--evidence",
        help="Another evidence base (or set APONIA_EVIDENCE).",
        envvar="APONIA_EVIDENCE",
    ),
]
_SHOWN = 20


def _now(base: EvidenceBase, note: str | None = None) -> Snapshot:
    from aponia.answers import answer_all
    from aponia.answers import snapshot as take

    return take(base, answer_all(base), note=note)


def snapshot(
    out: Annotated[
        Path | None,
        typer.Option("--out", help="File to write, gzipped; standard output (JSON) when left out."),
    ] = None,
    note: Annotated[
        str | None, typer.Option("--note", help="What a comparison should say.")
    ] = None,
    evidence: _Evidence = None,
) -> None:
    """Keep this version of the base and its answers, to be compared with later ones."""
    from aponia.answers import write_snapshot
    from aponia.evidence import load

    taken = _now(load(evidence), note)
    if out is None:
        typer.echo(json.dumps(taken.model_dump(mode="json"), ensure_ascii=False, indent=1))
        return
    data = write_snapshot(taken)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(data)
    typer.echo(f"{out}: version {taken.version}, {len(data) // 1000} kB")


def changes(
    old: Annotated[
        str | None,
        typer.Argument(help="Version kept in the base, or a snapshot file; the last one kept."),
    ] = None,
    new: Annotated[
        str | None, typer.Argument(help="The same; the present base when left out.")
    ] = None,
    evidence: _Evidence = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what changed between two versions: answers that flipped, records that came or changed."""
    from aponia.answers import SnapshotError, compare, past_snapshots, read_snapshot
    from aponia.answers.changes_words import answer_words, changes_dict, record_words, summary_words
    from aponia.evidence import load

    base = load(evidence)
    past = {s.version: s for s in past_snapshots(base)}

    def named(name: str) -> Snapshot:
        if name in past:
            return past[name]
        if base.release is not None and name == base.release.version:
            return _now(base)
        if Path(name).is_file():
            return read_snapshot(Path(name).read_bytes(), name)
        kept = ", ".join([*past, *([base.release.version] if base.release else [])]) or "none"
        raise SnapshotError(f"{name}: no version of this base (kept: {kept}) and no file")

    if old is None and not past:
        raise SnapshotError(f"{base.path}: no past version is kept in releases/; name two files")
    first = named(old) if old is not None else list(past.values())[-1]
    found = compare(first, named(new) if new is not None else _now(base))
    if as_json:
        typer.echo(json.dumps(changes_dict(found), ensure_ascii=False, indent=2))
        return
    typer.echo(f"{found.old_version} to {found.new_version}: {summary_words(found)}")
    if not found.same_engine:
        typer.echo("The two were answered by different versions of the software.")
    for note in found.notes:
        typer.echo(f"Note: {note}")
    for change in found.answers:
        typer.echo(f"  {change.turn}: {change.short}. {answer_words(change)}")
    # What was corrected or removed says more than a long list of additions.
    for record in sorted(found.records, key=lambda r: r.verb == "added")[:_SHOWN]:
        label = "" if record.label == record.id else f"{record.label}, "
        kind = record.kind.replace("_", " ")
        typer.echo(f"  {kind}: {label}{record.id}: {record_words(record)}")
    if len(found.records) > _SHOWN:
        typer.echo(f"  … and {len(found.records) - _SHOWN} more (all with --json)")
