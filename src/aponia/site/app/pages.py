"""Turn a template and its values into an answer, in the frame of the workplace or of the evidence pages."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment

import aponia
from aponia.site.app.viewer import find_viewer
from aponia.site.app.world import world_of
from aponia.site.render import Page, environment, render
from aponia.site.views.common import site_facts

__all__ = ["live_page", "page"]


@cache
def _templates() -> Environment:
    env = environment().overlay()
    env.filters = {**env.filters, "when": _when, "count": _count, "percent": _percent}
    return env


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _count(value: int) -> str:
    """Write a count with a thin space between thousands."""
    return f"{value:,}".replace(",", "\u202f")


def _percent(share: float | None) -> str:
    return "not known" if share is None else f"{100 * share:.1f}\u202f%"


def page(request: Request, template: str, *, code: int = 200, **values: Any) -> HTMLResponse:
    """Return a page.

    Parameters
    ----------
    request : Request
    template : str
        Name below ``templates/screening``.
    code : int
        Status.
    **values
        What the template reads.
    """
    viewer = values.pop("viewer", None) or find_viewer(request)
    context = {
        "viewer": viewer,
        "csrf": viewer.csrf if viewer else "",
        "login": request.app.state.config.login,
        "version": aponia.__version__,
        "review": None,
        "here": "",
        **values,
    }
    text = _templates().get_template(f"screening/{template}").render(context)
    return HTMLResponse(text, status_code=code, headers={"Vary": "Cookie"})


def live_page(
    request: Request,
    template: str,
    *,
    title: str,
    description: str = "",
    nav: str = "",
    code: int = 200,
    facts: dict[str, Any] | None = None,
    **context: Any,
) -> HTMLResponse:
    """Return a page in the frame of the evidence pages, made for this request.

    Parameters
    ----------
    request : Request
    template : str
        Name below ``templates/pages``. Addresses in it may begin with ``{{ root }}``.
    title, description : str
    nav : str
        Key of the section it belongs to.
    code : int
        Status.
    facts : dict, optional
        Facts of the whole site; those of the world by default.
    **context
        What the template reads.
    """
    path = request.url.path.lstrip("/")
    shown = Page(path, template, title, description or title, nav, {"root": "/", **context})
    text = render(shown, facts or site_facts(world_of(request)), live=True)
    return HTMLResponse(text, status_code=code)
