"""Errors as problem details (RFC 9457), and how OpenAPI tells of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

__all__ = ["MEDIA", "Problem", "problem", "problems"]

MEDIA = "application/problem+json"


class Wrong(BaseModel):
    """One thing that is wrong with a request."""

    where: str = Field(description="the parameter or the place in the body")
    says: str


class Problem(BaseModel):
    """What went wrong, for programs and people (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["about:blank"])
    title: str = Field(description="the name of the status", examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(description="what happened and what to do", examples=["There is no study 'x'."])  # fmt: skip
    errors: list[Wrong] | None = Field(
        default=None, description="with 422 for parameters and bodies: each thing that is wrong"
    )


_SAID = {
    400: "The request can not be read.",
    401: "Nobody is signed in.",
    403: "Not allowed: the request comes from a page of another site, or the account may not do this.",
    404: "There is no such record; the detail says what there is.",
    405: "The address does not take this method; the header Allow says which it takes.",
    406: "Neither JSON nor (for lists) CSV would be accepted.",
    413: "The request is larger than this address takes.",
    415: "The body is of a kind that can not be read here.",
    421: "The server does not answer to this host name.",
    422: "A parameter or the body is not what is expected; the detail says what is.",
    429: "Too many requests of this kind from one address; the header Retry-After says how long to wait.",
    503: "The server works on other requests of this kind; the header Retry-After says when to come back.",
}


def problems(*codes: int) -> dict[int | str, dict[str, Any]]:
    """Return the ``responses`` of a route for error codes; 405 and 421 can come everywhere."""
    content = {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {c: {"description": _SAID[c], "content": content} for c in sorted({*codes, 405, 421})}


def problem(
    code: int,
    said: str,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Mapping[str, str]] = (),
) -> JSONResponse:
    """Return an error as problem details.

    Parameters
    ----------
    code : int
        Status.
    said : str
        What happened and what to do, in a sentence.
    headers : mapping of str to str, optional
    errors : sequence of mapping
        `where` and `says` of each thing that is wrong.
    """
    body: dict[str, Any] = {
        "type": "about:blank", "title": HTTPStatus(code).phrase, "status": code, "detail": said,
    }  # fmt: skip
    if errors:
        body["errors"] = list(errors)
    return JSONResponse(body, status_code=code, media_type=MEDIA, headers=dict(headers or {}))
