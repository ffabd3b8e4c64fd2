"""Templates to HTML, the same for the frozen and the live site."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Undefined, select_autoescape

from aponia.answers.rows import number
from aponia.site.dates import written_date

__all__ = ["Page", "environment", "render"]


@dataclass(frozen=True)
class Page:
    """One page: where it goes, which template draws it, and what it shows.

    Attributes
    ----------
    path : str
        Relative to the site root, ``questions/psilocybin-migraine.html``.
    template : str
        Name below ``templates/pages``.
    title, description : str
    nav : str
        Key of the section it belongs to.
    context : dict
        What the template reads.
    patient : bool
        Whether the page speaks to people who may act on it; such pages must carry the warnings.
    """

    path: str
    template: str
    title: str
    description: str
    nav: str
    context: dict[str, Any] = field(default_factory=dict)
    patient: bool = False
    jsonld: dict[str, Any] | None = None


class _Askable(StrictUndefined):
    """An undefined name may be asked about (``if item.href``), but never printed."""

    __bool__ = Undefined.__bool__  # type: ignore[assignment]
    __eq__ = Undefined.__eq__  # type: ignore[assignment]
    __hash__ = Undefined.__hash__  # type: ignore[assignment]


@cache
def environment() -> Environment:
    """Return the Jinja environment: autoescape on, undefined names are errors."""
    env = Environment(
        loader=PackageLoader("aponia.site", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=_Askable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["date"] = written_date
    env.filters["number"] = number
    env.filters["sentence"] = lambda text: text if re.search(r"[.!?]$", text) else f"{text}."
    env.filters["words"] = lambda code: str(code).replace("-", " ")
    return env


def render(page: Page, site: dict[str, Any], *, live: bool = False) -> str:
    """Return the HTML of a page.

    Parameters
    ----------
    page : Page
    site : dict
        Facts of the whole site: version, dates, addresses.
    live : bool
        Served by the application: the frame also leads to what only a server has.
    """
    depth = page.path.count("/")
    context = {
        "root": "../" * depth,
        "page_title": page.title,
        "page_description": page.description,
        "nav_current": page.nav,
        "nav_exact": page.path.endswith("index.html"),
        "site": site,
        "live": live,
        "jsonld": page.jsonld,
        **page.context,
    }
    return environment().get_template(f"pages/{page.template}").render(context)
