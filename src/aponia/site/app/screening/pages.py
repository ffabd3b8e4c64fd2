"""The pages of a review that only show."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response
from markupsafe import Markup

from aponia.literature.prisma import flow, to_svg
from aponia.literature.store import KINDS
from aponia.site.app.pages import page
from aponia.site.app.screening import views
from aponia.site.app.screening.common import Opened, Stage, desk_of
from aponia.site.app.screening.marking import segments
from aponia.site.app.viewer import Person

__all__ = ["router"]

router = APIRouter(prefix="/screening", include_in_schema=False)
_PAGE = 40
#: A record that came by another way than the queue says so in its decision.
_Way = Annotated[str, Query(pattern="^(ranked|search)$")]


@router.get("/")
def projects(request: Request, viewer: Person) -> Response:
    """List the reviews."""
    desk = desk_of(request)
    found = []
    for number, name in desk.reviews().items():
        review = desk.review(number)
        if review is not None:
            counts = review.board().counts("title-abstract")
            found.append({"number": number, "name": name, "counts": counts})
    return page(request, "projects.html", viewer=viewer, projects=found)


@router.get("/{project}/")
def overview(request: Request, review: Opened, viewer: Person) -> Response:
    """Tell how far a review is."""
    shown = views.overview(desk_of(request), review, viewer.name)
    return page(request, "overview.html", viewer=viewer, review=review, here="overview", it=shown)


@router.get("/{project}/screen")
def screen(
    request: Request,
    review: Opened,
    viewer: Person,
    stage: Stage = "title-abstract",
    record: int | None = None,
    via: _Way = "ranked",
) -> Response:
    """Show the next record, or the one asked for."""
    board = review.board()
    try:
        shown = views.choose(desk_of(request), review, board, stage, viewer.name, record)
    except KeyError:
        raise HTTPException(404, "that record is not at this stage") from None
    item, settings = shown["item"], review.settings
    marked = {}
    if item:
        for name in ("title", "abstract"):
            marked[name] = segments(
                item["record"][name],
                words_for=settings.words_for,
                words_against=settings.words_against,
                why=shown["why_terms"],
            )
    return page(request, "screen.html", viewer=viewer, review=review, here=stage, it=shown, marked=marked,
                via=via if record is not None else "ranked", asked=record is not None, settings=settings)  # fmt: skip


@router.get("/{project}/search")
def search(
    request: Request,
    review: Opened,
    viewer: Person,
    q: Annotated[str, Query(max_length=300)] = "",
    state: Annotated[str, Query(max_length=20)] = "",
    stage: Stage = "title-abstract",
    at: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """Find records in the review."""
    hits = views.found(desk_of(request), review, viewer.name, q=q, state=state, stage=stage)
    return page(request, "search.html", viewer=viewer, review=review, here="search", q=q, state=state, stage=stage,
                hits=hits[(at - 1) * _PAGE : at * _PAGE], total=len(hits), at=at, last=max(1, -(-len(hits) // _PAGE)),
                states=views.STATE_NAMES)  # fmt: skip


@router.get("/{project}/conflicts")
def conflicts(request: Request, review: Opened, viewer: Person, stage: Stage = "title-abstract") -> Response:  # fmt: skip
    """List what reviewers disagree on."""
    desk = desk_of(request)
    open_ones = views.conflicts(desk, review, stage)
    return page(request, "conflicts.html", viewer=viewer, review=review, here="conflicts", stage=stage,
                items=open_ones[:_PAGE], total=len(open_ones), resolved=views.resolved(desk, review, stage)[:_PAGE],
                settings=review.settings)  # fmt: skip


@router.get("/{project}/team")
def team(request: Request, review: Opened, viewer: Person) -> Response:
    """Tell who has done how much and how far they agree."""
    accounts = [a.name for a in request.app.state.accounts.all() if a.active]
    return page(request, "team.html", viewer=viewer, review=review, here="team", it=views.team(review, accounts))  # fmt: skip


@router.get("/{project}/imports")
def imports(request: Request, review: Opened, viewer: Person, already: int = 0) -> Response:
    """Show the form for a new file, and the files imported."""
    done = review.imports()[::-1]
    new = {e["detail"]["sha256"]: e["detail"].get("new publications") for e in review.audit_trail() if e["action"] == "file imported"}  # fmt: skip
    return page(request, "imports.html", viewer=viewer, review=review, here="imports", files=done, new=new,
                kinds=KINDS, already=bool(already), most=request.app.state.config.upload_bytes // (1024 * 1024))  # fmt: skip


@router.get("/{project}/duplicates")
def duplicates(
    request: Request,
    review: Opened,
    viewer: Person,
    at: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """Show each merge with its reasons."""
    it = views.duplicates(desk_of(request), review)
    merged, asked = it["merged"], it["suggestions"]
    last = max(1, -(-max(len(merged), len(asked)) // 20))
    part = slice((at - 1) * 20, at * 20)
    return page(request, "duplicates.html", viewer=viewer, review=review, here="duplicates", merged=merged[part],
                asked=asked[part], merged_total=len(merged), asked_total=len(asked), at=at, last=last)  # fmt: skip


@router.get("/{project}/export")
def export(request: Request, review: Opened, viewer: Person) -> Response:
    """Offer downloads."""
    board = review.board()
    counts = {s: board.counts(s) for s in views.STAGE_NAMES}
    return page(request, "export.html", viewer=viewer, review=review, here="export", counts=counts,
                names=views.STATE_NAMES, stages=views.STAGE_NAMES)  # fmt: skip


@router.get("/{project}/prisma")
def prisma(request: Request, review: Opened, viewer: Person) -> Response:
    """Show the flow diagram, and its numbers as a table."""
    numbers = flow(review)
    # The drawing escapes every word of it; see prisma_drawing.
    pictures = [Markup(to_svg(numbers, narrow=n)) for n in (False, True)]  # noqa: S704
    return page(request, "prisma.html", viewer=viewer, review=review, here="prisma", it=numbers, wide=pictures[0],
                narrow=pictures[1])  # fmt: skip


@router.get("/{project}/trail")
def trail(
    request: Request,
    review: Opened,
    viewer: Person,
    at: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """Show the audit trail."""
    entries = views.trail(review, viewer.name)
    return page(request, "trail.html", viewer=viewer, review=review, here="trail", total=len(entries), at=at,
                entries=entries[(at - 1) * 100 : at * 100], last=max(1, -(-len(entries) // 100)),
                stages=views.STAGE_NAMES, verdicts=views.VERDICT_NAMES)  # fmt: skip


@router.get("/{project}/settings")
def settings(request: Request, review: Opened, viewer: Person) -> Response:
    """Show the settings."""
    review.version()
    return page(
        request, "settings.html", viewer=viewer, review=review, here="settings", it=review.settings
    )
