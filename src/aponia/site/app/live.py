"""Pages that only a server has, in the frame of the site."""

from __future__ import annotations

from typing import Any

from fastapi.responses import HTMLResponse

from aponia import __version__
from aponia.site.render import environment
from aponia.site.views.common import SELLS_NOTHING, World, site_facts

__all__ = ["live_page", "live_text"]


def live_text(
    world: World | None, template: str, *, path: str, title: str, description: str, **values: Any
) -> str:
    """Return the HTML of a page.

    Parameters
    ----------
    world : World or None
        None draws the frame without the dates of the evidence.
    template : str
        Name below ``templates/live``.
    path : str
        Address of the page without its first slash; its depth decides where links lead.
    title, description : str
    **values
        What the template reads.
    """
    facts = site_facts(world) if world else {"version": __version__, "funding": SELLS_NOTHING}
    context = {
        "root": "../" * path.count("/"),
        "page_title": title,
        "page_description": description,
        "nav_current": "",
        "nav_exact": False,
        "site": facts,
        "jsonld": None,
        "live": True,
        **values,
    }
    return environment().get_template(f"live/{template}").render(context)


def live_page(
    world: World | None,
    template: str,
    *,
    code: int = 200,
    headers: dict[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """Return a page as an answer; see `live_text`."""
    return HTMLResponse(live_text(world, template, **values), status_code=code, headers=headers)
