"""Put the application together."""

from __future__ import annotations

import threading
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

import aponia
from aponia.literature.readers import ReadError
from aponia.literature.store import Accounts, ReviewError, ServerAudit, open_database
from aponia.site.app import api, audit, briefs, checking, explore, search, sign_in
from aponia.site.app.config import AppConfig
from aponia.site.app.limits import Rates
from aponia.site.app.live import live_page
from aponia.site.app.pages import page
from aponia.site.app.problems import problem
from aponia.site.app.screening import Desk, routers
from aponia.site.app.security import (
    BodyLimit,
    Front,
    Gate,
    HeadAsGet,
    LoginBrake,
    SecureHeaders,
    refused,
)
from aponia.site.app.shelf import Shelf, key_of, shelf_of
from aponia.site.app.viewer import COOKIE, Denied, SignInNeeded

__all__ = ["create_app"]


def create_app(config: AppConfig | None = None) -> FastAPI:
    """Return the application.

    Parameters
    ----------
    config : AppConfig, optional

    Raises
    ------
    ReviewError
        The database can not be opened.
    """
    config = config or AppConfig()
    engine = open_database(config.database)
    app = _Application(
        title="aponia", version=aponia.__version__, docs_url=None, redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )  # fmt: skip
    accounts = Accounts(engine)
    app.state.config = config
    app.state.engine = engine
    app.state.accounts = accounts
    app.state.brake = LoginBrake()
    app.state.checking = threading.BoundedSemaphore(4)
    app.state.book = audit.AuditBook(ServerAudit(engine))
    app.state.shelf = shelf_of(config.evidence)
    app.state.rates = Rates(config.rates)
    app.state.desk = Desk(engine, background=config.background)

    app.include_router(sign_in.router)
    for feature in (audit, briefs, search, checking, explore):
        app.include_router(feature.router)
    for router in routers:
        app.include_router(router)
    _serve_evidence(app)
    _explain_errors(app)
    api.install(app)
    return app


class _Application(FastAPI):
    """FastAPI inside what every request passes, so that even a crash's page carries the headers."""

    def build_middleware_stack(self) -> ASGIApp:
        config: AppConfig = self.state.config
        accounts: Accounts = self.state.accounts

        def limit(scope: Scope) -> int:
            # Only someone known may send a large file.
            path = str(scope["path"])
            if path == "/check":
                return checking.MOST_BYTES
            if path == "/api/v1/claims/check":
                return max(config.article_bytes, config.pdf_bytes) + 65_536
            if not path.endswith("/imports"):
                return config.form_bytes
            cookie = Request(scope).cookies.get(COOKIE, "")
            known = bool(cookie) and accounts.session(cookie) is not None
            return config.upload_bytes + 65_536 if known else config.form_bytes

        def refuse(scope: Scope, most: int) -> Response:
            if scope["path"] == "/check":
                return checking.too_large(Request(scope))
            return refused(scope, 413, f"Too large: at most {most} bytes.")

        def ready(path: str, asked: dict[bytes, bytes]) -> Any:
            entry = self.state.shelf.get(key_of(path))
            return entry.answer(asked) if entry is not None else None

        https = config.secure_cookies
        gate = Gate(
            HeadAsGet(BodyLimit(super().build_middleware_stack(), limit=limit, refuse=refuse)),
            hosts=config.hosts, local=not config.login, https=https,
        )  # fmt: skip
        return Front(
            audit.Refusals(SecureHeaders(gate, https=https)), ready=ready, gate=gate, https=https
        )


def _serve_evidence(app: FastAPI) -> None:
    """Answer what no route knows from the evidence pages; those lying ready pass no router at all."""
    nothing = app.router.default

    async def evidence(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/api/"):
            await nothing(scope, receive, send)
            return
        shelf: Shelf = app.state.shelf
        key = key_of(scope["path"])
        entry = await shelf.find(key)
        if scope["method"] != "GET" and (entry or f"{key}/index.html" in shelf):
            raise HTTPException(405, "this page is only to be read", {"Allow": "GET, HEAD"})
        if entry is not None:
            status, headers, body = entry.answer(dict(scope["headers"]))
            answer = Response(body, status)
            answer.raw_headers = list(headers)
            await answer(scope, receive, send)
        elif f"{key}/index.html" in shelf:
            # Relative links of the page need the slash.
            await RedirectResponse(f"/{key}/", 308)(scope, receive, send)
        elif key in shelf.withheld:
            raise HTTPException(503, "this page broke a rule of wording and is withheld until it is corrected")  # fmt: skip
        elif shelf.problem:
            raise HTTPException(503, "the evidence pages could not be made; the reason is in the server's log")  # fmt: skip
        else:
            await nothing(scope, receive, send)

    app.router.default = evidence


def _explain_errors(app: FastAPI) -> None:
    """Every error is a page that says what to do, or problem+json (RFC 9457) under ``/api``."""

    def answer(request: Request, code: int, title: str, said: str) -> Response:
        if request.url.path.startswith("/api/"):
            return problem(code, said)
        path = request.url.path
        if path.startswith(("/screening", "/sign-", "/audit")):
            return page(request, "error.html", code=code, title=title, said=said)
        # The world may be what broke: the page does without it.
        return live_page(
            None,
            "error.html",
            code=code,
            path="",
            root="/",
            title=title,
            description=title,
            said=said,
        )

    @app.exception_handler(SignInNeeded)
    def _sign_in(request: Request, _: Exception) -> Response:
        if request.url.path.startswith("/api/"):
            return answer(request, 401, "Not signed in", "A session cookie is needed.")
        request.state.sign_in_needed = True
        goal = request.url.path if request.method == "GET" else "/screening/"
        return RedirectResponse(f"/sign-in?{_query(goal)}", status_code=303)

    @app.exception_handler(Denied)
    def _denied(request: Request, error: Exception) -> Response:
        return answer(request, 403, "Not allowed", str(error))

    @app.exception_handler(ReviewError)
    def _review(request: Request, error: Exception) -> Response:
        return answer(request, 422, "That can not be done", _sentence(str(error)))

    @app.exception_handler(ReadError)
    def _read(request: Request, error: Exception) -> Response:
        return answer(request, 422, "The file can not be read", _sentence(str(error)))

    @app.exception_handler(RequestValidationError)
    def _invalid(request: Request, error: Exception) -> Response:
        found: list[Any] = list(error.errors()) if isinstance(error, RequestValidationError) else []
        wrong = [
            {"where": ".".join(str(x) for x in e["loc"]), "says": str(e["msg"])} for e in found
        ]
        said = "; ".join(f"{'.'.join(str(x) for x in e['loc'][1:])}: {e['msg']}" for e in found[:5])
        if request.url.path.startswith("/api/"):
            return problem(422, f"{said}.", errors=wrong[:50])
        return answer(request, 422, "The request is incomplete", _sentence(said))

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: Exception) -> Response:
        code = error.status_code if isinstance(error, HTTPException) else 500
        detail = str(error.detail) if isinstance(error, HTTPException) else ""
        if detail == "Not Found":
            detail = "there is no page at this address"
        title = {404: "Nothing is here", 405: "Not this way"}.get(code, "That did not work")
        found = answer(request, code, title, _sentence(detail))
        found.headers.update(getattr(error, "headers", None) or {})
        if code == 405 and (methods := _methods(request)):
            # The router names the methods of the first route only that has this path.
            found.headers["Allow"] = ", ".join(sorted(methods))
        return found

    @app.exception_handler(500)
    def _broken(request: Request, _: Exception) -> Response:
        found = answer(request, 500, "Something broke", "The error is in the server's log; what was saved before is safe.")  # fmt: skip
        # The server ends the connection after a crash; without a word the next request on it fails.
        found.headers["Connection"] = "close"
        return found


def _methods(request: Request) -> set[str]:
    """Return the methods an address takes."""
    kept = ("type", "path", "root_path", "headers", "query_string")
    asked = {k: request.scope[k] for k in kept}
    return {
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if any(r.matches(asked | {"method": method})[0] is Match.FULL for r in request.app.routes)
    }


def _query(goal: str) -> str:
    from urllib.parse import urlencode

    return urlencode({"next": goal})


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else f"{text}."
