"""Who is looking, and what they may do."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Form, Header, Request

from aponia.literature.store import ROLES, Accounts
from aponia.site.app.config import AppConfig
from aponia.site.app.security import csrf_fits, csrf_of

__all__ = [
    "COOKIE", "ApiEditor", "ApiScreener", "Denied", "Editor", "OverseeingEditor", "Person", "Screener", "SignInNeeded", "Viewer",
    "Writer", "find_viewer", "new_cookie",
]  # fmt: skip

COOKIE = "aponia"


class SignInNeeded(Exception):  # noqa: N818 -- leads to the sign-in page, nothing went wrong
    """The page needs a known person."""


class Denied(Exception):  # noqa: N818
    """The person may not do this; the text says why."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person behind a request."""

    name: str
    role: str
    cookie: str

    @property
    def csrf(self) -> str:
        """What this person's forms carry."""
        return csrf_of(self.cookie)

    def may(self, role: str) -> bool:
        """Whether the person has a role, or a higher one."""
        return ROLES.index(self.role) >= ROLES.index(role)


def new_cookie() -> str:
    """Return a value for a visitor nobody knows yet, so that the sign-in form is guarded too."""
    return "new-" + secrets.token_urlsafe(24)


def find_viewer(request: Request) -> Viewer | None:
    """Return who the session cookie stands for."""
    cookie = request.cookies.get(COOKIE, "")
    if not cookie or cookie.startswith("new-"):
        return None
    config = cast(AppConfig, request.app.state.config)
    accounts = cast(Accounts, request.app.state.accounts)
    found = accounts.session(cookie)
    if found is None:
        return None
    name, signed_in = found
    if not config.login:
        # On this machine a name is enough; the files are open to whoever sits here anyway.
        return Viewer(name, "editor", cookie)
    account = accounts.get(name) if signed_in else None
    return Viewer(name, account.role, cookie) if account else None


def _person(request: Request) -> Viewer:
    viewer = find_viewer(request)
    if viewer is None:
        raise SignInNeeded
    return viewer


Person = Annotated[Viewer, Depends(_person)]


def _writer(viewer: Person, csrf: Annotated[str, Form()] = "") -> Viewer:
    if not csrf_fits(viewer.cookie, csrf):
        raise Denied(
            "The form had expired, and nothing was saved. Go back, load the page anew and send it again."
        )
    return viewer


def _screens(viewer: Viewer) -> Viewer:
    if not viewer.may("screener"):
        raise Denied("Your account may look, not decide. An editor can change that.")
    return viewer


def _edits(viewer: Viewer) -> Viewer:
    if not viewer.may("editor"):
        raise Denied("Only an editor may do this.")
    return viewer


def _screener(viewer: Annotated[Viewer, Depends(_writer)]) -> Viewer:
    return _screens(viewer)


def _editor(viewer: Annotated[Viewer, Depends(_writer)]) -> Viewer:
    return _edits(viewer)


def _overseer(viewer: Person) -> Viewer:
    if not viewer.may("editor"):
        raise Denied("Only an editor may see this.")
    return viewer


Writer = Annotated[Viewer, Depends(_writer)]
Screener = Annotated[Viewer, Depends(_screener)]
Editor = Annotated[Viewer, Depends(_editor)]
#: An editor who only looks; pages that change nothing carry no token.
OverseeingEditor = Annotated[Viewer, Depends(_overseer)]


def _api_writer(viewer: Person, x_csrf_token: Annotated[str, Header()] = "") -> Viewer:
    if not csrf_fits(viewer.cookie, x_csrf_token):
        raise Denied("The header X-CSRF-Token is missing or wrong; GET /api/v1/screening/session tells it.")  # fmt: skip
    return viewer


def _api_screener(viewer: Annotated[Viewer, Depends(_api_writer)]) -> Viewer:
    return _screens(viewer)


def _api_editor(viewer: Annotated[Viewer, Depends(_api_writer)]) -> Viewer:
    return _edits(viewer)


ApiScreener = Annotated[Viewer, Depends(_api_screener)]
ApiEditor = Annotated[Viewer, Depends(_api_editor)]
