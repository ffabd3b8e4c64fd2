"""What every request passes: host, origin, size; and what every answer carries."""

from __future__ import annotations

import asyncio
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

__all__ = [
    "BodyLimit", "Front", "Gate", "HeadAsGet", "LoginBrake", "SecureHeaders", "csrf_fits", "csrf_of", "refused",
]  # fmt: skip

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
_HSTS = "max-age=31536000"
_SAFE = {"GET", "HEAD", "OPTIONS"}
#: A body may come as slowly as this (bytes a second) after the first seconds, not slower.
_SLOWEST = 50_000
_PATIENCE = 30.0


class Front:
    """Answer at once for what lies ready in memory; everything else goes on to the application.

    What is here passes no router and no thread, but the same checks (`Gate`) and headers.

    Parameters
    ----------
    app : ASGI application
    ready : callable
        Takes a path and the request's headers, returns (status, headers, body) or None.
    gate : Gate
    https : bool
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        ready: Callable[[str, dict[bytes, bytes]], tuple[int, list[tuple[bytes, bytes]], bytes] | None],
        gate: Gate,
        https: bool = False,
    ) -> None:  # fmt: skip
        self.app = app
        self.ready = ready
        self.gate = gate
        said = _HEADERS | ({"Strict-Transport-Security": _HSTS} if https else {})
        self._secure = [(k.lower().encode(), v.encode()) for k, v in said.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}:
            found = self.ready(scope["path"], dict(scope["headers"]))
            if found is not None and not self.gate.refusal(scope):
                status, headers, body = found
                start = {"type": "http.response.start", "status": status, "headers": headers + self._secure}  # fmt: skip
                await send(start)
                await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})  # fmt: skip
                return
        await self.app(scope, receive, send)


class HeadAsGet:
    """Answer HEAD as GET would be, without the body (RFC 9110, 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def bodiless(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET"}, receive, bodiless)


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
                    headers["Strict-Transport-Security"] = _HSTS
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, add)


class Gate:
    """Answer only to known host names, and to writes only from pages of this very origin."""

    def __init__(
        self, app: ASGIApp, *, hosts: tuple[str, ...], local: bool, https: bool = False
    ) -> None:
        self.app = app
        self.hosts = {h.lower().encode() for h in hosts}
        self.local = local
        self.https = https

    def refusal(self, scope: Scope) -> str:
        """Return why a request is not answered; empty when it is."""
        hosts = [value.lower() for name, value in scope["headers"] if name == b"host"]
        # Two names could be read differently by what stands before us and by us.
        host = hosts[0] if len(hosts) == 1 else b""
        name = host.rsplit(b":", 1)[0] if not host.endswith(b"]") else host
        if name not in self.hosts:
            return "This server does not answer to that host name."
        if self.local and any(n in {b"x-forwarded-for", b"forwarded"} for n, _ in scope["headers"]):
            # Behind a proxy the whole world would be "this machine".
            return "This server was started for this machine only; behind a proxy it needs --login."
        if scope["method"] in _SAFE:
            return ""
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if origin is not None:
            scheme, _, where = origin.lower().partition("://")
            # Whoever can answer for http://us must not write to https://us.
            if where != host.decode("latin-1") or (self.https and scheme != "https"):
                return "The request comes from another site."
        elif headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return "The request comes from another site."
        return ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http" and (said := self.refusal(scope)):
            code = 403 if "site" in said else 421
            await refused(scope, code, said)(scope, receive, send)
            return
        await self.app(scope, receive, send)


class BodyLimit:
    """Stop reading a request that is larger than its address may take, or comes too slowly.

    Parameters
    ----------
    app : ASGI application
    limit : callable
        Takes the scope, returns the number of bytes; called in a thread.
    refuse : callable
        Takes the scope and that number, returns the answer to a request that says it is larger;
        called in a thread.
    patience : float
        Seconds for the smallest body; larger ones have longer.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        limit: Callable[[Scope], int],
        refuse: Callable[[Scope, int], ASGIApp],
        patience: float = _PATIENCE,
    ) -> None:
        self.app = app
        self.limit = limit
        self.refuse = refuse
        self.patience = patience

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
        whole = False
        until = asyncio.get_running_loop().time() + self.patience + most / _SLOWEST

        async def counted() -> Message:
            nonlocal seen, whole
            if whole:
                # What comes now is that the client has left; there is no hurry.
                return await receive()
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, "the request came too slowly") from None
            whole = not message.get("more_body", False)
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
