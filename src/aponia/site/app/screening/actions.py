"""What a reviewer does: decide, take back, note, adjudicate, check at random."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form
from fastapi.responses import Response

from aponia.literature.store import TEAM, ReviewError, checks
from aponia.site.app.screening.common import Opened, RecordForm, Stage, back
from aponia.site.app.viewer import Screener

__all__ = ["router"]

router = APIRouter(prefix="/screening", include_in_schema=False)


@router.post("/{project}/decide")
def decide(
    review: Opened,
    viewer: Screener,
    publication: RecordForm,
    verdict: Annotated[str, Form()],
    stage: Annotated[Stage, Form()] = "title-abstract",
    reason: Annotated[str, Form()] = "",
    other_reason: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    via: Annotated[str, Form()] = "ranked",
) -> Response:
    """Record a decision and show the next record."""
    why = (other_reason.strip() or reason) if verdict == "exclude" else ""
    review.decide(publication, viewer.name, verdict, stage=stage, reason=why, note=note, via=via)
    return back(review, "screen", stage=stage)


@router.post("/{project}/undo")
def undo(
    review: Opened,
    viewer: Screener,
    publication: RecordForm,
    stage: Annotated[Stage, Form()] = "title-abstract",
) -> Response:
    """Take the own decision back and show its record again."""
    review.undo(publication, viewer.name, stage=stage)
    return back(review, "screen", stage=stage, record=publication)


@router.post("/{project}/note")
def note(
    review: Opened,
    viewer: Screener,
    publication: RecordForm,
    note: Annotated[str, Form()] = "",
    stage: Annotated[Stage, Form()] = "title-abstract",
) -> Response:
    """Keep a note without deciding."""
    review.add_note(publication, viewer.name, note, stage=stage)
    return back(review, "screen", stage=stage, record=publication)


@router.post("/{project}/resolve")
def resolve(
    review: Opened,
    viewer: Screener,
    publication: RecordForm,
    verdict: Annotated[str, Form()],
    stage: Annotated[Stage, Form()] = "title-abstract",
    reason: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
) -> Response:
    """Settle a conflict."""
    why = reason if verdict == "exclude" else ""
    review.decide(
        publication, viewer.name, verdict, stage=stage, reason=why, note=note, resolves=True
    )
    return back(review, "conflicts", stage=stage)


@router.post("/{project}/unresolve")
def unresolve(
    review: Opened,
    viewer: Screener,
    publication: RecordForm,
    stage: Annotated[Stage, Form()] = "title-abstract",
) -> Response:
    """Open a settled conflict again."""
    review.undo(publication, viewer.name, stage=stage, resolves=True)
    return back(review, "conflicts", stage=stage)


@router.post("/{project}/check")
def begin_check(
    review: Opened, viewer: Screener, whose: Annotated[Literal["own", "team"], Form()] = "own"
) -> Response:  # fmt: skip
    """Begin a random check, and show the first record drawn."""
    checks.begin(review, viewer.name, reviewer=viewer.name if whose == "own" else TEAM)
    return back(review, "screen")


@router.post("/{project}/check/end")
def end_check(
    review: Opened, viewer: Screener, whose: Annotated[Literal["own", "team"], Form()] = "own", sure: Annotated[str, Form()] = ""
) -> Response:  # fmt: skip
    """End a random check before all is read."""
    if sure != "yes":
        raise ReviewError("tick the box to say that the check ends here")
    checks.end(review, viewer.name, reviewer=viewer.name if whose == "own" else TEAM)
    return back(review, "screen" if whose == "own" else "")
