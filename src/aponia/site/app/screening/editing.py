"""What an editor does: make a review, set it, import, merge and split, stop."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path, PurePosixPath
from typing import Annotated

from fastapi import APIRouter, Form, Request, UploadFile
from fastapi.responses import RedirectResponse, Response
from pydantic import Field

from aponia.literature.store import ImportResult, Review, ReviewError, Settings, joining
from aponia.site.app.audit import book_of
from aponia.site.app.screening.common import LARGEST_ID, Opened, RecordForm, back, desk_of
from aponia.site.app.viewer import Editor

__all__ = ["keep_upload", "router"]

router = APIRouter(prefix="/screening", include_in_schema=False)


@router.post("/new")
def new(
    request: Request,
    viewer: Editor,
    name: Annotated[str, Form()],
    criteria: Annotated[str, Form()] = "",
    reviewers: Annotated[int, Form(ge=1, le=9)] = 2,
) -> Response:
    """Make a review."""
    desk = desk_of(request)
    if name.strip() in desk.reviews().values():
        raise ReviewError(f"there is a review {name.strip()!r} already")
    made = Review(desk.engine, name, criteria=criteria, reviewers_needed=reviewers, who=viewer.name)
    return RedirectResponse(f"/screening/{made.id}/imports", status_code=303)


@router.post("/{project}/settings")
def settings(
    review: Opened,
    viewer: Editor,
    criteria: Annotated[str, Form()] = "",
    reviewers: Annotated[int, Form(ge=1, le=9)] = 2,
    reasons: Annotated[str, Form()] = "",
    words_for: Annotated[str, Form()] = "",
    words_against: Annotated[str, Form()] = "",
    target: Annotated[float, Form(ge=50, lt=100)] = 95,
    confidence: Annotated[float, Form(ge=50, lt=100)] = 95,
    previous_studies: Annotated[str, Form()] = "",
    previous_reports: Annotated[str, Form()] = "",
) -> Response:
    """Change criteria and settings."""
    review.configure(
        viewer.name, criteria=criteria, reviewers_needed=reviewers,
        settings=Settings(
            reasons=_lines(reasons), words_for=_lines(words_for), words_against=_lines(words_against),
            target=round(target / 100, 6), confidence=round(confidence / 100, 6),
            previous_studies=_number(previous_studies), previous_reports=_number(previous_reports),
        ),
    )  # fmt: skip
    return back(review)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _number(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise ReviewError(f"{text!r} is no count")
    return int(text[:9])


@router.post("/{project}/imports")
def add(
    request: Request,
    review: Opened,
    viewer: Editor,
    file: UploadFile,
    source: Annotated[str, Form(max_length=200)] = "",
    kind: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Import a file."""
    result = keep_upload(request, review, file, viewer.name, source, kind)
    return back(review, "imports", already=1 if result.already else None)


def keep_upload(
    request: Request, review: Review, file: UploadFile, who: str, source: str, kind: str
) -> ImportResult:
    """Import an uploaded file through a temporary one; its name is only told, never used as a path.

    Raises
    ------
    ReviewError
        No file, an empty or too large one.
    """
    most = request.app.state.config.upload_bytes
    name = PurePosixPath((file.filename or "").replace("\\", "/")).name[:200]
    if not name:
        raise ReviewError("no file was chosen")
    if file.size is not None and file.size > most:
        raise ReviewError(f"{name} is larger than {most // (1024 * 1024)} MB")
    with tempfile.TemporaryDirectory(prefix="aponia-") as folder:
        path = Path(folder) / "upload"
        with path.open("wb") as out:
            shutil.copyfileobj(file.file, out)
        result = review.add_file(path, who=who, database=source, kind=kind, name=name)
    book_of(request).add(who, "file uploaded", review=review.id, file=name, bytes=file.size or 0, records=result.records)  # fmt: skip
    return result


@router.post("/{project}/split")
def split(
    review: Opened,
    viewer: Editor,
    publication: RecordForm,
    records: Annotated[list[Annotated[int, Field(ge=0, le=LARGEST_ID)]], Form()],
) -> Response:
    """Undo a merge."""
    review.split(publication, records, who=viewer.name)
    return back(review, "duplicates")


@router.post("/{project}/answer")
def answer(
    review: Opened,
    viewer: Editor,
    suggestion: RecordForm,
    said: Annotated[str, Form(pattern="^(merge|link|apart)$")],
) -> Response:
    """Answer a suggestion: one publication, one study, or neither."""
    found = next((s for s in joining.suggestions(review) if s["id"] == suggestion), None)
    if found is None:
        raise ReviewError("that question has been answered already")
    if said == "merge":
        review.merge(found["a"], found["b"], who=viewer.name)
    elif said == "link":
        joining.link(review, found["a"], found["b"], who=viewer.name)
        if found["kind"] != "same-study":
            joining.answer(review, suggestion, who=viewer.name)
    else:
        joining.answer(review, suggestion, who=viewer.name)
    return back(review, "duplicates")


@router.post("/{project}/remove")
def remove(
    review: Opened,
    viewer: Editor,
    publication: RecordForm,
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Take one record out before screening."""
    if not review.remove([publication], viewer.name, reason=reason):
        raise ReviewError(
            "someone has decided on this record already: it can only be excluded, not taken out"
        )
    return back(review, "screen")


@router.post("/{project}/stop")
def stop(request: Request, review: Opened, viewer: Editor, sure: Annotated[str, Form()] = "") -> Response:  # fmt: skip
    """Leave the unread records unread; the reason says whether a random check allows it."""
    if sure != "yes":
        raise ReviewError("tick the box to say that the team stops here")
    board = review.board()
    state = desk_of(request).stopping(review, "title-abstract", board, None)
    if state.check is not None and state.check.state == "under way":
        raise ReviewError("a random check is under way: read what it drew, or end it, before stopping")  # fmt: skip
    reason = (
        f"Left unread: random check {state.check.check.number} was passed" if state.check and state.may_stop
        else "Left unread by the team's decision; no random check was passed"
    )  # fmt: skip
    unread = [n for n, s in board.state("title-abstract").items() if s == "open"]
    review.remove(unread, viewer.name, kind="automation", reason=reason)
    return back(review)


@router.post("/{project}/resume")
def resume(review: Opened, viewer: Editor) -> Response:
    """Put back what was left unread."""
    board = review.board()
    left = [n for n in board.numbers if (r := board.removal(n)) and r.kind == "automation"]
    review.remove(left, viewer.name, kind="restored", reason="Screening goes on")
    return back(review)
