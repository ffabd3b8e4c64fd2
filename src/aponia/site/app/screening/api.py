"""The same as JSON, under ``/api/v1/screening``: for scripts, assistants and tests."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from aponia.literature.prisma import flow
from aponia.literature.store import TEAM, checks
from aponia.site.app.problems import problems
from aponia.site.app.queries import each_once
from aponia.site.app.screening import views
from aponia.site.app.screening.common import LARGEST_ID, Opened, Stage, desk_of
from aponia.site.app.screening.editing import keep_upload
from aponia.site.app.viewer import ApiEditor, ApiScreener, Person

__all__ = ["router"]

router = APIRouter(
    prefix="/api/v1/screening",
    tags=["screening"],
    dependencies=[Depends(each_once)],
    responses=problems(400, 401, 403, 404, 413, 422),
)
_Offset = Annotated[int, Query(ge=0, le=10_000_000)]
_Limit = Annotated[int, Query(ge=1, le=500)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewDecision(_Body):
    """A decision to record."""

    publication: int = Field(ge=0, le=LARGEST_ID)
    verdict: str = Field(
        description="include, exclude, unsure, not-retrieved, or withdrawn to take the own one back"
    )
    stage: Stage = "title-abstract"
    reason: str = ""
    note: str = ""
    resolves: bool = False
    via: str = "ranked"


class NewNote(_Body):
    """A note to keep."""

    publication: int = Field(ge=0, le=LARGEST_ID)
    text: str
    stage: Stage = "title-abstract"


class NewCheck(_Body):
    """A random check to begin or to end."""

    whose: Literal["own", "team"] = Field("own", description="on the own decisions, or the team's")


def _paged(rows: list[Any], offset: int, limit: int) -> dict[str, Any]:
    return {"total": len(rows), "offset": offset, "items": rows[offset : offset + limit]}


def _json(value: Any) -> Any:
    """Return values without the datetimes that only templates read."""
    if isinstance(value, dict):
        return {k: _json(v) for k, v in value.items() if k != "when"}
    if isinstance(value, list):
        return [_json(v) for v in value]
    return value


@router.get("/session")
def session(viewer: Person) -> dict[str, str]:
    """Tell who is signed in, and the token that writes need in the header X-CSRF-Token."""
    return {"name": viewer.name, "role": viewer.role, "csrf": viewer.csrf}


@router.get("/projects")
def projects(request: Request, viewer: Person) -> dict[str, Any]:
    """List the reviews."""
    found = desk_of(request).reviews()
    return {"items": [{"project": n, "name": name} for n, name in found.items()]}


@router.get("/projects/{project}")
def project(request: Request, review: Opened, viewer: Person) -> dict[str, Any]:
    """Tell how far a review is."""
    return views.overview(desk_of(request), review, viewer.name)


@router.get("/projects/{project}/next")
def next_record(
    request: Request, review: Opened, viewer: Person, stage: Stage = "title-abstract", record: int | None = None
) -> Any:  # fmt: skip
    """Return the record to judge next, why it ranks high, and how far the stage is."""
    try:
        shown = views.choose(desk_of(request), review, review.board(), stage, viewer.name, record)
    except KeyError:
        raise HTTPException(404, "that record is not at this stage") from None
    return _json(shown)


@router.get("/projects/{project}/records")
def records(
    request: Request,
    review: Opened,
    viewer: Person,
    q: Annotated[str, Query(max_length=300)] = "",
    state: Annotated[str, Query(max_length=20)] = "",
    stage: Stage = "title-abstract",
    offset: _Offset = 0,
    limit: _Limit = 100,
) -> dict[str, Any]:
    """Find records."""
    hits = views.found(desk_of(request), review, viewer.name, q=q, state=state, stage=stage)
    return _paged(hits, offset, limit)


@router.get("/projects/{project}/records/{publication}")
def record(request: Request, review: Opened, viewer: Person, publication: int) -> Any:
    """Return one publication with all its copies."""
    board = review.board()
    if publication not in board.state("title-abstract"):
        raise HTTPException(404, "there is no such record")
    shown = views.record_view(desk_of(request), review, board, publication, viewer.name, "title-abstract")  # fmt: skip
    return _json(shown)


@router.post("/projects/{project}/decisions", status_code=201)
def decide(review: Opened, viewer: ApiScreener, body: NewDecision) -> dict[str, int]:
    """Record a decision, or take one back."""
    if body.verdict == "withdrawn":
        made = review.undo(body.publication, viewer.name, stage=body.stage, resolves=body.resolves)
    else:
        made = review.decide(
            body.publication, viewer.name, body.verdict, stage=body.stage, reason=body.reason,
            note=body.note, resolves=body.resolves, via=body.via,
        )  # fmt: skip
    return {"decision": made}


@router.post("/projects/{project}/notes", status_code=201)
def note(review: Opened, viewer: ApiScreener, body: NewNote) -> dict[str, bool]:
    """Keep a note."""
    review.add_note(body.publication, viewer.name, body.text, stage=body.stage)
    return {"kept": True}


@router.get("/projects/{project}/checks")
def random_checks(request: Request, review: Opened, viewer: Person) -> dict[str, Any]:
    """Tell when to stop: the team's random checks and the own ones, and what the next would cost."""
    return views.random_checks(desk_of(request), review, viewer.name)


@router.post("/projects/{project}/checks", status_code=201)
def begin_check(request: Request, review: Opened, viewer: ApiScreener, body: NewCheck) -> dict[str, Any]:  # fmt: skip
    """Begin a random check: from now on the queue serves what it drew."""
    checks.begin(review, viewer.name, reviewer=viewer.name if body.whose == "own" else TEAM)
    return views.random_checks(desk_of(request), review, viewer.name)


@router.post("/projects/{project}/checks/end")
def end_check(request: Request, review: Opened, viewer: ApiScreener, body: NewCheck) -> dict[str, Any]:  # fmt: skip
    """End the random check under way; it stays spent."""
    checks.end(review, viewer.name, reviewer=viewer.name if body.whose == "own" else TEAM)
    return views.random_checks(desk_of(request), review, viewer.name)


@router.post("/projects/{project}/imports", status_code=201)
def add(
    request: Request, review: Opened, viewer: ApiEditor, file: UploadFile, source: str = "", kind: str = ""
) -> dict[str, Any]:  # fmt: skip
    """Import a file."""
    r = keep_upload(request, review, file, viewer.name, source, kind)
    return {"format": r.format, "records": r.records, "new_publications": r.new_publications, "duplicates": r.duplicates,
            "already": r.already, "problems": list(r.problems)}  # fmt: skip


@router.get("/projects/{project}/imports")
def imports(review: Opened, viewer: Person) -> dict[str, Any]:
    """List the files imported, with what was odd in each."""
    return {"items": [e | {"at": e["at"].isoformat()} for e in review.imports()]}


@router.get("/projects/{project}/conflicts")
def conflicts(
    request: Request, review: Opened, viewer: Person, stage: Stage = "title-abstract", offset: _Offset = 0, limit: _Limit = 100
) -> Any:  # fmt: skip
    """List what reviewers disagree on."""
    return _json(_paged(views.conflicts(desk_of(request), review, stage), offset, limit))


@router.get("/projects/{project}/team")
def team(request: Request, review: Opened, viewer: Person) -> dict[str, Any]:
    """Tell who has done how much and how far they agree."""
    accounts = [a.name for a in request.app.state.accounts.all() if a.active]
    return views.team(review, accounts)


@router.get("/projects/{project}/duplicates")
def duplicates(request: Request, review: Opened, viewer: Person) -> Any:
    """Return each merge with its reasons, and the pairs to look at."""
    return _json(views.duplicates(desk_of(request), review))


@router.get("/projects/{project}/prisma")
def prisma(review: Opened, viewer: Person) -> dict[str, Any]:
    """Return the numbers of the flow diagram."""
    return flow(review).to_dict()


@router.get("/projects/{project}/trail")
def trail(review: Opened, viewer: Person, offset: _Offset = 0, limit: _Limit = 100) -> dict[str, Any]:  # fmt: skip
    """Return the audit trail, newest first."""
    rows = [e | {"at": e["at"].isoformat()} for e in views.trail(review, viewer.name)]
    return _paged(rows, offset, limit)
