"""Put the application together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.types import Scope

import aponia
from aponia.literature.readers import ReadError
from aponia.literature.store import Accounts, ReviewError, open_database
from aponia.site.app import briefs, sign_in
from aponia.site.app.config import AppConfig
from aponia.site.app.limits import Rates
from aponia.site.app.pages import page
from aponia.site.app.screening import Desk, routers
from aponia.site.app.security import BodyLimit, Gate, LoginBrake, SecureHeaders
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
    app = FastAPI(
        title="aponia", version=aponia.__version__, docs_url=None, redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )  # fmt: skip
    accounts = Accounts(engine)
    app.state.config = config
    app.state.engine = engine
    app.state.accounts = accounts
    app.state.brake = LoginBrake()
    app.state.rates = Rates(config.rates)
    app.state.desk = Desk(engine, background=config.background)

    @app.get("/", include_in_schema=False)
    def start() -> Response:
        return RedirectResponse("/screening/", status_code=307)

    app.include_router(sign_in.router)
    app.include_router(briefs.router)
    for router in routers:
        app.include_router(router)
    static = Path(__file__).parent.parent / "static"
    app.mount("/static", StaticFiles(directory=static), name="static")
    _explain_errors(app)

    def limit(scope: Scope) -> int:
        # Only someone known may send a large file.
        path = str(scope["path"])
        if not path.endswith("/imports"):
            return config.form_bytes
        cookie = Request(scope).cookies.get(COOKIE, "")
        known = bool(cookie) and accounts.session(cookie) is not None
        return config.upload_bytes + 65_536 if known else config.form_bytes

    app.add_middleware(BodyLimit, limit=limit)
    app.add_middleware(Gate, hosts=config.hosts, local=not config.login)
    app.add_middleware(SecureHeaders, https=config.secure_cookies)
    return app


def _explain_errors(app: FastAPI) -> None:
    """Every error is a page that says what to do, or problem+json (RFC 9457) under ``/api``."""

    def answer(request: Request, code: int, title: str, said: str) -> Response:
        if request.url.path.startswith("/api/"):
            body = {"type": "about:blank", "title": title, "status": code, "detail": said}
            return JSONResponse(body, status_code=code, media_type="application/problem+json")
        return page(request, "error.html", code=code, title=title, said=said)

    @app.exception_handler(SignInNeeded)
    def _sign_in(request: Request, _: Exception) -> Response:
        if request.url.path.startswith("/api/"):
            return answer(request, 401, "Not signed in", "A session cookie is needed.")
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
        said = "; ".join(f"{'.'.join(str(x) for x in e['loc'][1:])}: {e['msg']}" for e in found[:5])
        return answer(request, 422, "The request is incomplete", _sentence(said))

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: Exception) -> Response:
        code = error.status_code if isinstance(error, HTTPException) else 500
        detail = str(error.detail) if isinstance(error, HTTPException) else ""
        title = {404: "Nothing is here", 405: "Not this way"}.get(code, "That did not work")
        found = answer(request, code, title, _sentence(detail))
        found.headers.update(getattr(error, "headers", None) or {})
        return found

    @app.exception_handler(500)
    def _broken(request: Request, _: Exception) -> Response:
        return answer(request, 500, "Something broke", "The error is in the server's log; what was saved before is safe.")  # fmt: skip


def _query(goal: str) -> str:
    from urllib.parse import urlencode

    return urlencode({"next": goal})


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else f"{text}."
