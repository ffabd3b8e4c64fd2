"""The addresses of the article checker."""

from __future__ import annotations

import threading

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool

from aponia.claims import ArticleCheck, ExtractionError, extract
from aponia.claims.report import parts, style_of
from aponia.site.app.checking.intake import (
    MOST_BYTES,
    MOST_CHARACTERS,
    IntakeError,
    Sent,
    take,
    too_large_message,
)
from aponia.site.app.limits import limited
from aponia.site.app.live import live_page
from aponia.site.app.world import load_world, world_of
from aponia.site.reading import checker_of
from aponia.site.views.common import World

__all__ = ["router", "too_large"]

router = APIRouter(include_in_schema=False)
#: More at a time would only wait for the processor, and keep threads from other pages.
_WAITING = 4
_waiting = threading.BoundedSemaphore(_WAITING)
_TABLES = {
    "contraindications": "/safety/index.html",
    "interactions": "/safety/index.html",
    "adverse_events": "/safety/index.html",
    "legal_status": "/legal/index.html",
    "analogues": "/analogues/index.html",
    "mechanism_index": "/mechanisms/index.html",
}


@router.get("/static/check.css")
def style() -> Response:
    """Return the rules the report and this page share."""
    text = style_of("tokens", "checked")
    return Response(text, media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


@router.get("/check")
def form(request: Request) -> Response:
    """Show the form."""
    return _form(world_of(request))


@router.post("/check", dependencies=[Depends(limited("check"))])
async def check(request: Request) -> Response:
    """Check what was sent and show the result in place."""
    world = await run_in_threadpool(load_world, request.app.state.config.evidence)
    try:
        sent = await take(request)
    except IntakeError as error:
        return _form(world, str(error), error.code)
    if not _waiting.acquire(blocking=False):
        busy = "Several articles are being checked right now. Please send yours again in a moment."
        answer = _form(world, busy, 503, sent.pasted)
        answer.headers["Retry-After"] = "10"
        return answer
    try:
        found = await run_in_threadpool(_checked, world, sent)
    except ExtractionError as error:
        said = str(error)
        return _form(world, f"{said[:1].upper()}{said[1:]}.", 422, sent.pasted)
    finally:
        _waiting.release()
    return live_page(
        world,
        "check_result.html",
        path="check",
        title="Article checked",
        description="The claims of an article beside the evidence.",
        nav_current="check",
        shown=parts(found, world.base, lambda record: _address(world, record)),
    )


def _checked(world: World, sent: Sent) -> ArticleCheck:
    page = extract(sent.data, sent.name)
    if len(page.text) > MOST_CHARACTERS:
        raise ExtractionError(
            f"this text has {len(page.text):,} characters, and at most {MOST_CHARACTERS:,} are checked here; "
            "send a part of it, or use the command line (aponia check FILE)"
        )
    with checker_of(world) as checker:
        return checker.page(page)


def _form(world: World, said: str = "", code: int = 200, pasted: str = "") -> HTMLResponse:
    return live_page(
        world,
        "check.html",
        code=code,
        path="check",
        title="Check an article",
        description="Paste or upload an article; its claims are compared with the evidence. Nothing is stored.",
        nav_current="check",
        said=said,
        pasted=pasted,
        most=MOST_BYTES // 1_000_000,
        characters=f"{MOST_CHARACTERS:,}".replace(",", "\u202f"),
    )


def too_large(request: Request) -> Response:
    """Return the page that says a request is too large; its body is not read."""
    return _form(world_of(request), too_large_message(), 413)


def _address(world: World, record: str) -> str:
    """Return the page of this site that holds a record."""
    base = world.base
    if record in base.studies:
        return f"/studies/{record}.html"
    if record in base.trials:
        return f"/trials/{record}.html"
    if record in base.questions:
        return f"/questions/{record}.html"
    tables = base.tables_with(record)
    return _TABLES.get(tables[0], "") if tables else ""
