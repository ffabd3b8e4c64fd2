"""Sign in, or on one's own machine choose a name; and leave again."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from aponia.literature.store import Account, Review, ReviewError, reviews
from aponia.site.app.audit import book_of
from aponia.site.app.pages import page
from aponia.site.app.security import cookie_options, csrf_fits, csrf_of
from aponia.site.app.viewer import COOKIE, Denied, Writer, new_cookie

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
def show(request: Request, next: str = "/screening/") -> Response:
    """Show the form."""
    return _form(request, next)


def _form(request: Request, goal: str, *, code: int = 200, said: str = "", name: str = "") -> Response:  # fmt: skip
    config = request.app.state.config
    cookie = request.cookies.get(COOKIE) or new_cookie()
    known: list[str] = []
    if not config.login:
        engine = request.app.state.engine
        seen = {
            r
            for review in reviews(engine).values()
            for r in Review(engine, review).board().reviewers()
        }
        known = sorted(seen)  # fmt: skip
    answer = page(
        request, "sign_in.html", code=code, csrf=csrf_of(cookie), goal=_local(goal), said=said,
        name=name, known=known,
    )  # fmt: skip
    if COOKIE not in request.cookies:
        answer.set_cookie(COOKIE, cookie, **cookie_options(config.secure_cookies))
    return answer


def _local(goal: str) -> str:
    """Return an address of this server only: an open redirect would serve phishing."""
    parts = urlsplit(goal)
    if parts.scheme or parts.netloc or not goal.startswith("/") or goal[1:2] in {"/", "\\"}:
        return "/screening/"
    return goal


@router.post("/sign-in")
def sign_in(
    request: Request,
    name: Annotated[str, Form()],
    csrf: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/screening/",
) -> Response:
    """Open a session."""
    config, accounts = request.app.state.config, request.app.state.accounts
    before = request.cookies.get(COOKIE, "")
    if not csrf_fits(before, csrf):
        raise Denied("The form had expired. Go back, load the page anew and send it again.")
    name = name.strip()
    if config.login:
        account, said = _checked(request, name, password)
        if account is None:
            return _form(request, next, code=429 if said else 401, name=name,
                         said=said or "Name and password do not fit.")  # fmt: skip
        name = account.name
    elif not name:
        return _form(request, next, code=422, said="A name is needed: every decision belongs to a person.")  # fmt: skip
    try:
        token = accounts.open_session(name, signed_in=config.login)
    except ReviewError as error:
        return _form(request, next, code=422, said=str(error))
    _note(request, name, "signed in" if config.login else "name chosen")
    if not before.startswith("new-"):
        # Whoever was signed in at this browser is not any more.
        accounts.close_session(before)
    answer = RedirectResponse(_local(next), status_code=303)
    # A new value: one known before must not become a signed-in one.
    answer.set_cookie(COOKIE, token, **cookie_options(config.secure_cookies))
    return answer


def _checked(request: Request, name: str, password: str) -> tuple[Account | None, str]:
    """Return the account, or why nobody may try now (empty when name and password do not fit)."""
    state = request.app.state
    address = request.client.host if request.client else ""
    request.state.told = True
    if state.brake.blocked(address, name):
        _note(request, name, "sign-in braked")
        return None, "Too many failed attempts. Wait five minutes, then try again."
    # Each check takes memory on purpose (argon2); many at once must not take all of it.
    if not state.checking.acquire(timeout=5):
        raise HTTPException(503, "too many people are signing in; try again in a moment", {"Retry-After": "5"})  # fmt: skip
    try:
        account: Account | None = state.accounts.check(name, password)
    finally:
        state.checking.release()
    if account is None:
        state.brake.failed(address, name)
        _note(request, name, "sign-in failed")
    else:
        state.brake.succeeded(name)
    return account, ""


def _note(request: Request, name: str, action: str) -> None:
    """Write to the audit trail; a name nobody has may be a password typed into the wrong field."""
    address = request.client.host if request.client else ""
    book = book_of(request)
    if action == "signed in":
        book.add(name, action, address=address)
    elif book.wants(action, address):
        known = action == "name chosen" or request.app.state.accounts.get(name) is not None
        book.add_bounded(name if known else "", action, address)


@router.post("/sign-out")
def sign_out(request: Request, viewer: Writer) -> Response:
    """End the session."""
    request.app.state.accounts.close_session(viewer.cookie)
    if request.app.state.config.login:
        book_of(request).add(viewer.name, "signed out")
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(COOKIE, path="/")
    return answer
