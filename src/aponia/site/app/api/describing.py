"""Put the API into the application, and describe it: OpenAPI, and a page for people."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, Response

import aponia
from aponia.answers import NoQuestionError
from aponia.claims import ExtractionError
from aponia.meta import MetaError
from aponia.site import reading
from aponia.site.app.api import costly
from aponia.site.app.api import reading as routes
from aponia.site.app.api.costly import ClaimsToCheck, TextToCheck
from aponia.site.app.api.crossing import Crossing
from aponia.site.app.problems import Problem, problem
from aponia.site.app.viewer import COOKIE
from aponia.site.app.world import world_of
from aponia.site.render import Page, render
from aponia.site.views.common import site_facts

__all__ = ["api_page", "install"]

_TAGS = [
    {"name": "evidence", "description": "Open data, the same for everybody: may be read from any page."},
    {"name": "computing", "description": "Costs the server something: limited in size and rate. Nothing is kept."},
    {"name": "screening", "description": "The work of a review team: needs a session, only from its own pages."},
]  # fmt: skip
_ABOUT = """What research on psychedelics in pain shows, how sure it is, and where each number comes from.

Information about research, not medical advice. No call gives a dose and none takes anything about a person; doses
in records are what the trial gave.

Every address under evidence also answers HEAD and OPTIONS, takes If-None-Match, and may be read from pages of any
site. Lists have pages (`page`, `limit`, header Link), and are CSV with `Accept: text/csv`, `?format=csv` or `.csv`.
Errors are problem details (RFC 9457)."""
_CODES: tuple[tuple[type[Exception], int], ...] = (
    (reading.NotFoundError, 404),
    (NoQuestionError, 404),
    (reading.UnknownTermError, 422),
    (MetaError, 422),
    (ExtractionError, 422),
)


def install(app: FastAPI) -> None:
    """Add the routes, their errors, who may call from elsewhere, OpenAPI and the page ``/api/``."""
    app.include_router(routes.router)
    app.include_router(costly.router)
    app.add_api_route("/api/", _page, methods=["GET"], include_in_schema=False)
    for error, code in _CODES:
        app.add_exception_handler(error, _explained(code))
    app.add_middleware(Crossing)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]


def _explained(code: int) -> Any:
    def handle(_: Request, error: Exception) -> Response:
        said = str(error)
        return problem(code, said[:1].upper() + said[1:] + ("" if said[-1:] in ".?!" else "."))

    return handle


def _openapi(app: FastAPI) -> dict[str, Any]:
    """Return the description, made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title="aponia",
            version=aponia.__version__,
            summary="The living evidence on psychedelics in pain",
            description=_ABOUT,
            routes=app.routes,
            tags=_TAGS,
            license_info={"name": "CC BY 4.0 (data)", "url": "https://creativecommons.org/licenses/by/4.0/"},
        )  # fmt: skip
        parts = made["components"]
        template = "#/components/schemas/{model}"
        for model in (Problem, TextToCheck, ClaimsToCheck):
            schema = model.model_json_schema(ref_template=template)
            parts["schemas"] |= schema.pop("$defs", {})
            parts["schemas"][model.__name__] = schema
        parts["securitySchemes"] = {"session": {"type": "apiKey", "in": "cookie", "name": COOKIE}}
        for path, item in made["paths"].items():
            for operation in item.values():
                if path.startswith("/api/v1/screening"):
                    operation["security"] = [{"session": []}]
        app.openapi_schema = made
    return app.openapi_schema


def api_page(schema: dict[str, Any], base: str = "") -> Page:
    """Return the page that lists every call.

    Parameters
    ----------
    schema : dict
        The OpenAPI description.
    base : str
        Where the server is reached, for the examples.
    """
    groups: dict[str, list[dict[str, Any]]] = {t["name"]: [] for t in schema["tags"]}
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            tag = operation["tags"][0]
            groups[tag].append(
                {
                    "method": method.upper(),
                    "path": path,
                    "summary": operation["summary"],
                    "about": operation.get("description", "").split("\n\n")[0].replace("`", ""),
                    "parameters": [
                        {
                            "name": p["name"],
                            "about": p.get("description", ""),
                            "required": p.get("required", False),
                        }
                        for p in operation.get("parameters", ())
                        if p["in"] == "query"
                    ],
                }
            )
    return Page(
        "api/index.html", "api.html", "Programming interface",
        "Every call of the API with examples, and the assistants' server.", "api",
        {
            "groups": [t | {"calls": groups[t["name"]]} for t in schema["tags"]],
            "warnings": reading.WARNINGS,
            "dose_note": reading.DOSE_NOTE,
            "base": base,
        },
    )  # fmt: skip


def _page(request: Request) -> Response:
    """Show the calls to people."""
    world = world_of(request)
    shown = api_page(request.app.openapi(), str(request.base_url).rstrip("/"))
    return HTMLResponse(render(shown, site_facts(world), live=True))
