"""Who may call from a page of another site, and what HEAD and OPTIONS answer."""

from __future__ import annotations

from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Crossing", "is_reading"]

_COSTLY = ("/api/v1/claims", "/api/v1/pool")
_TOLD = ("ETag", "Link", "X-Total-Count", "Retry-After")


def is_reading(path: str) -> bool:
    """Whether an address gives out the evidence: open data, the same for everybody.

    >>> is_reading("/api/v1/answers"), is_reading("/api/v1/screening/projects")
    (True, False)
    """
    if path != "/api/v1" and not path.startswith("/api/v1/"):
        return False
    closed = ("/api/v1/screening", *_COSTLY)
    return not any(path == c or path.startswith(f"{c}/") for c in closed)


class Crossing:
    """Let pages of any site read the evidence, never with cookies, and nothing else.

    Screening is people's work and stays out. So do the checker and pooling: they keep nothing, but
    each call costs the server, and the rate is counted by the visitor's address: a page elsewhere could
    make its visitors pay for it. Programs that are no browser are not concerned.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.open = CORSMiddleware(
            self._read, allow_origins=["*"], allow_methods=["GET", "HEAD"],
            allow_headers=["If-None-Match"], expose_headers=_TOLD, max_age=86_400,
        )  # fmt: skip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        reading = scope["type"] == "http" and is_reading(scope["path"])
        await (self.open if reading else self.app)(scope, receive, send)

    async def _read(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "OPTIONS":
            allow = {"Allow": "GET, HEAD, OPTIONS"}
            await Response(status_code=204, headers=allow)(scope, receive, send)
            return
        head = scope["method"] == "HEAD"

        async def pass_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                name = b"cross-origin-resource-policy"
                kept = [h for h in message["headers"] if h[0].lower() != name]
                message = {**message, "headers": [*kept, (name, b"cross-origin")]}
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET"} if head else scope, receive, pass_on)
