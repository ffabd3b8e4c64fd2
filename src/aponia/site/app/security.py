"""What every request passes: host, origin, size; and what every answer carries."""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aponia.site.app.problems import problem

__all__ = ["BodyLimit", "Gate", "LoginBrake", "SecureHeaders", "csrf_fits", "csrf_of", "refused"]  # fmt: skip

#: Nothing inline, nothing from elsewhere, no framing.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: browsers then send "Origin: null" with forms, and the origin check needs it.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_SAFE = {"GET", "HEAD", "OPTIONS"}


def refused(scope: Scope, code: int, said: str) -> Response:
    """Refuse in the form the address speaks."""
    if scope["path"].startswith("/api/"):
        return problem(code, said)
    return PlainTextResponse(said, status_code=code)


class SecureHeaders:
    """Add the security headers to every answer; pages with people's work in them are not kept."""

    def __init__(self, app: ASGIApp, *, https: bool = False) -> None:
        self.app = app
        self.https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if self.https:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
                if not scope["path"].startswith("/static/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, add)


class Gate:
    """Answer only to known host names, and to writes only from pages of this very origin."""

    def __init__(self, app: ASGIApp, *, hosts: tuple[str, ...], local: bool) -> None:
        self.app = app
        self.hosts = {h.lower() for h in hosts}
        self.local = local

    def _refusal(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if name not in self.hosts:
            return "This server does not answer to that host name."
        if self.local and ("x-forwarded-for" in headers or "forwarded" in headers):
            # Behind a proxy the whole world would be "this machine".
            return "This server was started for this machine only; behind a proxy it needs --login."
        if scope["method"] in _SAFE:
            return ""
        origin = headers.get("origin")
        if origin is not None:
            if origin.lower().partition("://")[2] != host:
                return "The request comes from another site."
        elif headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return "The request comes from another site."
        return ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http" and (said := self._refusal(scope)):
            code = 403 if "site" in said else 421
            await refused(scope, code, said)(scope, receive, send)
            return
        await self.app(scope, receive, send)


class BodyLimit:
    """Stop reading a request that is larger than its address may take.

    Parameters
    ----------
    app : ASGI application
    limit : callable
        Takes the scope, returns the number of bytes; called in a thread.
    refuse : callable
        Takes the scope and that number, returns the answer to a request that says it is larger;
        called in a thread.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        limit: Callable[[Scope], int],
        refuse: Callable[[Scope, int], ASGIApp],
    ) -> None:
        self.app = app
        self.limit = limit
        self.refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on while it is small enough."""
        if scope["type"] != "http" or scope["method"] in _SAFE:
            await self.app(scope, receive, send)
            return
        most = await run_in_threadpool(self.limit, scope)
        said = Headers(scope=scope).get("content-length", "")
        if said.isdigit() and int(said) > most:
            refusal = await run_in_threadpool(self.refuse, scope, most)
            await refusal(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most:
                # The one kind of error that reading a form lets through as it is.
                raise HTTPException(413, f"the request is too large: at most {most} bytes")
            return message

        await self.app(scope, counted, send)


def csrf_of(cookie: str) -> str:
    """Return the token a form of this session carries; without the cookie nobody can make it."""
    return hmac.new(cookie.encode("utf-8", "replace"), b"csrf", hashlib.sha256).hexdigest()


def csrf_fits(cookie: str, token: str) -> bool:
    """Whether a form's token belongs to the session."""
    return bool(cookie) and hmac.compare_digest(csrf_of(cookie).encode(), token.encode("utf-8", "replace"))  # fmt: skip


class LoginBrake:
    """Bound how often a password may be tried, by address and by name.

    Parameters
    ----------
    tries : int
        Failures allowed in the window.
    seconds : float
        The window.
    clock : callable
        For tests.
    """

    def __init__(
        self, tries: int = 8, seconds: float = 300, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.tries = tries
        self.seconds = seconds
        self._clock = clock
        self._failed: dict[tuple[str, str], list[float]] = {}
        self._lock = threading.Lock()

    def _recent(self, key: tuple[str, str]) -> list[float]:
        since = self._clock() - self.seconds
        return [at for at in self._failed.get(key, []) if at > since]

    def blocked(self, address: str, name: str) -> bool:
        """Whether a further attempt must wait."""
        with self._lock:
            # A name can be tried from many addresses, an address can try many names.
            return len(self._recent(("address", address))) >= 4 * self.tries or (
                len(self._recent(("name", name))) >= self.tries
            )

    def failed(self, address: str, name: str) -> None:
        """Count a failure."""
        with self._lock:
            for key in (("address", address), ("name", name)):
                self._failed[key] = [*self._recent(key), self._clock()][-100:]
            if len(self._failed) > 10_000:
                self._failed = {k: kept for k in self._failed if (kept := self._recent(k))}

    def succeeded(self, name: str) -> None:
        """Forget the failures of a name."""
        with self._lock:
            self._failed.pop(("name", name), None)


def cookie_options(secure: bool) -> dict[str, Any]:
    """Return how cookies are set: not for scripts, not for other sites."""
    return {"httponly": True, "samesite": "strict", "secure": secure, "path": "/"}
