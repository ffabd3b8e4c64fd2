"""What the server remembers of itself: who signed in and out, uploads, and writes that were refused.

Refusals can be had in any number by anybody, so only some of each address and hour are written; the
next entry says how many were left out.
"""

from __future__ import annotations

import logging
import threading
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aponia.literature.store import ServerAudit
from aponia.site.app.pages import page
from aponia.site.app.problems import problems
from aponia.site.app.viewer import OverseeingEditor, find_viewer

__all__ = ["AuditBook", "Refusals", "book_of", "router"]

_OF_ONE = parse("20/hour")
_OF_ALL = parse("300/hour")
_REFUSED = {401, 403, 408, 413, 421, 429}
_SAFE = {"GET", "HEAD", "OPTIONS"}


class AuditBook:
    """Write to the server's audit trail.

    Parameters
    ----------
    trail : ServerAudit
    """

    def __init__(self, trail: ServerAudit) -> None:
        self.trail = trail
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._left_out: dict[str, int] = {}
        self._lock = threading.Lock()

    def add(self, who: str, action: str, **detail: Any) -> None:
        """Write an entry; for what only people who are known can bring about."""
        self.trail.add(who, action, **detail)

    def wants(self, action: str, address: str) -> bool:
        """Whether an entry that anybody can bring about is still to be written; it counts as one."""
        with self._lock:
            fits = self._limiter.hit(_OF_ONE, action, address) and self._limiter.hit(_OF_ALL, action)  # fmt: skip
            if not fits:
                self._left_out[action] = self._left_out.get(action, 0) + 1
            return fits

    def add_bounded(self, who: str, action: str, address: str, **detail: Any) -> None:
        """Write an entry that `wants` has let through."""
        with self._lock:
            left_out = self._left_out.pop(action, 0)
        more = {"left out before": left_out} if left_out else {}
        self.trail.add(who, action, address=address, **detail, **more)


def book_of(request: Request) -> AuditBook:
    """Return the application's book."""
    found: AuditBook = request.app.state.book
    return found


class Refusals:
    """Note every write that was refused: method, path, status, address, and who, if that is known.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and look at the answer's status."""
        if scope["type"] != "http" or scope["method"] in _SAFE:
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                status = message["status"]
                # A form of somebody unknown is sent on to the sign-in page; see the handler of SignInNeeded.
                if status in _REFUSED or scope["state"].get("sign_in_needed"):
                    await run_in_threadpool(self._note, scope, status)
            await send(message)

        await self.app(scope, receive, noted)

    def _note(self, scope: Scope, status: int) -> None:
        request = Request(scope)
        book = book_of(request)
        address = request.client.host if request.client else ""
        # A failed sign-in has an entry of its own.
        if scope["state"].get("told") or not book.wants("write refused", address):
            return
        try:
            viewer = find_viewer(request)
            book.add_bounded(
                viewer.name if viewer else "", "write refused", address,
                method=scope["method"], path=scope["path"], status=status,
            )  # fmt: skip
        except Exception:
            # Refused it is all the same; a full disk must not make a crash of it.
            logging.getLogger("uvicorn.error").exception("the audit trail can not be written")


router = APIRouter()
_Page = Annotated[int, Query(ge=1, le=1_000_000)]
_PAGE = 100


@router.get("/audit", include_in_schema=False)
def show(request: Request, viewer: OverseeingEditor, at: _Page = 1) -> Response:
    """Show the server's audit trail, newest first."""
    trail = book_of(request).trail
    total = trail.count()
    return page(request, "audit.html", viewer=viewer, entries=trail.entries((at - 1) * _PAGE, _PAGE),
                total=total, at=at, last=max(1, -(-total // _PAGE)))  # fmt: skip


@router.get("/api/v1/screening/audit", tags=["screening"], responses=problems(401, 403, 422))
def told(
    request: Request,
    viewer: OverseeingEditor,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """Return the server's audit trail, newest first; for editors."""
    trail = book_of(request).trail
    rows = [e | {"at": e["at"].isoformat()} for e in trail.entries(offset, limit)]
    return {"total": trail.count(), "offset": offset, "items": rows}
