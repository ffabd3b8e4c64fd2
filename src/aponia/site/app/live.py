"""Pages that only a server has, in the frame of the site."""

from __future__ import annotations

from typing import Any

from fastapi.responses import HTMLResponse

from aponia.site.render import environment
from aponia.site.views.common import World

__all__ = ["live_page", "live_text"]


def live_text(
    world: World, template: str, *, path: str, title: str, description: str, **values: Any
) -> str:
    """Return the HTML of a page.

    Parameters
    ----------
    world : World
    template : str
        Name below ``templates/live``.
    path : str
        Address of the page without its first slash; its depth decides where links lead.
    title, description : str
    **values
        What the template reads.
    """
    site = {
        "version": world.version,
        "built": world.today,
        "data_changed": world.released,
        "repository": "",
        "corrections_href": "",
        "funding": "The project sells nothing.",
    }
    context = {
        "root": "../" * path.count("/"),
        "page_title": title,
        "page_description": description,
        "nav_current": "",
        "nav_exact": False,
        "site": site,
        "jsonld": None,
        "live": True,
        **values,
    }
    return environment().get_template(f"live/{template}").render(context)


def live_page(
    world: World,
    template: str,
    *,
    code: int = 200,
    headers: dict[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """Return a page as an answer; see `live_text`."""
    return HTMLResponse(live_text(world, template, **values), status_code=code, headers=headers)
