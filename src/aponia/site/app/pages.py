"""Turn a template and its values into an answer, in the frame of the workplace."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment

import aponia
from aponia.site.app.viewer import find_viewer
from aponia.site.render import environment

__all__ = ["page"]


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
