"""What the routes of a review share."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

from fastapi import Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse

from aponia.literature.store import STAGES, Review
from aponia.site.app.screening.desk import Desk

__all__ = ["LARGEST_ID", "Opened", "RecordForm", "Stage", "address", "back", "desk_of"]

#: No record has a larger number; databases can not even hold much larger ones.
LARGEST_ID = 2**62
RecordForm = Annotated[int, Form(ge=0, le=LARGEST_ID)]
Stage = Literal["title-abstract", "full-text"]
assert STAGES == ("title-abstract", "full-text")


def desk_of(request: Request) -> Desk:
    """Return the application's desk."""
    return cast(Desk, request.app.state.desk)


def _open(request: Request, project: int) -> Review:
    review = desk_of(request).review(project) if 0 < project < LARGEST_ID else None
    if review is None:
        raise HTTPException(404, "there is no review of that number")
    return review


Opened = Annotated[Review, Depends(_open)]


def address(review: Review, page: str = "", **query: Any) -> str:
    """Return the address of a page of a review."""
    from urllib.parse import urlencode

    tail = urlencode({k: v for k, v in query.items() if v not in (None, "")})
    return f"/screening/{review.id}/{page}" + (f"?{tail}" if tail else "")


def back(review: Review, page: str = "", **query: Any) -> RedirectResponse:
    """Send the browser on after a form was saved, so that loading anew saves nothing twice."""
    return RedirectResponse(address(review, page, **query), status_code=303)
