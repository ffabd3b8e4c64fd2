"""Downloads: records of any subset, the diagram, the trail."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from aponia.literature.prisma import flow, to_svg
from aponia.literature.record import Record
from aponia.literature.store import Board, Review
from aponia.literature.writers import write
from aponia.site.app.screening import views
from aponia.site.app.screening.common import Opened, Stage, desk_of
from aponia.site.app.screening.desk import Desk
from aponia.site.app.viewer import Person

__all__ = ["attachment", "router", "subset"]

router = APIRouter(prefix="/screening", include_in_schema=False)

Format = Literal["ris", "csv", "bibtex", "nbib"]
_KINDS = {"ris": ("application/x-research-info-systems", "ris"), "csv": ("text/csv", "csv"),
          "bibtex": ("application/x-bibtex", "bib"), "nbib": ("application/nbib", "nbib")}  # fmt: skip


def attachment(text: str, kind: str, name: str) -> Response:
    """Return text to be saved under a name."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:80] or "download"
    headers = {"Content-Disposition": f'attachment; filename="{safe}"'}
    return Response(text.encode("utf-8"), media_type=f"{kind}; charset=utf-8", headers=headers)


def subset(
    desk: Desk, review: Review, board: Board, stage: str, state: str, viewer: str, verdict: str = ""
) -> list[tuple[int, Record]]:
    """Return the publications in a state (all when empty), or those the viewer gave a verdict."""
    out = []
    for n, publication in desk.publications(review).items():
        at = board.state(stage).get(n)
        if at is None or (state and at != state):
            continue
        if verdict:
            own = board.own(n, stage, viewer)
            if own is None or (verdict != "any" and own.verdict != verdict):
                continue
        out.append((n, publication.best))
    return out


@router.get("/{project}/export/download")
def download(
    request: Request,
    review: Opened,
    viewer: Person,
    stage: Stage = "title-abstract",
    state: Annotated[str, Query(max_length=20)] = "",
    mine: Annotated[str, Query(max_length=20)] = "",
    format: Format = "ris",
) -> Response:
    """Download records; CSV carries what the viewer may know of the decisions."""
    board = review.board()
    found = subset(desk_of(request), review, board, stage, state, viewer.name, mine)
    # Ids of files clash; the number in the review is one of its own and finds the record again.
    records: Iterable[Record] = (
        replace(r, id=str(n), raw=_told(board, n, viewer.name) if format == "csv" else r.raw)
        for n, r in found
    )
    kind, ending = _KINDS[format]
    name = f"{review.name}-{stage}-{state or mine or 'all'}.{ending}"
    return attachment(write(records, format), kind, name)


def _told(board: Board, number: int, viewer: str) -> dict[str, tuple[str, ...]]:
    out: dict[str, tuple[str, ...]] = {}
    for stage in views.STAGE_NAMES:
        if number in board.state(stage):
            out[f"{stage} state"] = (board.state(stage)[number],)
            visible = board.visible(number, stage, viewer)
            if visible:
                out[f"{stage} decisions"] = tuple(
                    f"{d.reviewer}: {d.verdict}" + (f" ({d.reason})" if d.reason else "") + (" [resolution]" if d.resolves else "")
                    for d in visible
                )  # fmt: skip
    return out


@router.get("/{project}/prisma.svg")
def prisma(review: Opened, viewer: Person) -> Response:
    """Download the flow diagram."""
    return attachment(to_svg(flow(review)), "image/svg+xml", f"{review.name}-prisma.svg")


@router.get("/{project}/trail.csv")
def trail_csv(review: Opened, viewer: Person) -> Response:
    """Download the trail as a table."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["id", "at", "who", "action", "detail", "chain"])
    for e in views.trail(review, viewer.name)[::-1]:
        detail = json.dumps(e["detail"], ensure_ascii=False, sort_keys=True)
        row: list[Any] = [e["id"], e["at"].isoformat(), e["who"], e["action"], detail, e["chain"]]  # fmt: skip
        writer.writerow([_inert(str(cell)) for cell in row])
    return attachment(out.getvalue(), "text/csv", f"{review.name}-trail.csv")


def _inert(cell: str) -> str:
    """Keep a spreadsheet from running a name or note as a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t")) else cell


@router.get("/{project}/trail.jsonl")
def trail_lines(review: Opened, viewer: Person) -> Response:
    """Download the trail, one JSON object a line."""
    lines = [
        json.dumps(e | {"at": e["at"].isoformat()}, ensure_ascii=False, sort_keys=True)
        for e in views.trail(review, viewer.name)[::-1]
    ]
    return attachment("\n".join(lines) + "\n", "application/jsonl", f"{review.name}-trail.jsonl")
