"""The printed brief for a chosen country, made when asked for."""

from __future__ import annotations

import hashlib
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response

from aponia.site.app.limits import limited
from aponia.site.app.world import world_of
from aponia.site.briefs import country_of, draw, make_brief
from aponia.site.typeset import PAPERS

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/briefs")
def choose(
    question: Annotated[str, Query(max_length=100)],
    country: Annotated[str, Query(max_length=40)] = "",
    paper: Annotated[str, Query(max_length=10)] = "a4",
) -> Response:
    """Lead from the form to the address of the PDF, which can be kept and shared."""
    asked = {k: v for k, v in (("country", country), ("paper", paper)) if v and v != "a4"}
    if not question.replace("-", "").isalnum() or not question.isascii():
        raise HTTPException(404, "there is no such question")
    address = f"/briefs/{question}.pdf" + (f"?{urlencode(asked)}" if asked else "")
    return RedirectResponse(address, 303)


@router.get("/briefs/{question}.pdf", dependencies=[Depends(limited("pool"))])
def brief(
    request: Request,
    question: str,
    country: Annotated[str, Query(max_length=40)] = "",
    paper: Annotated[str, Query(max_length=10)] = "a4",
) -> Response:
    """Return the two pages of a question for a country and a paper."""
    world = world_of(request)
    if question not in world.answers:
        raise HTTPException(404, "there is no such question")
    if paper not in PAPERS:
        raise HTTPException(422, f"paper is one of {', '.join(PAPERS)}")
    try:
        place = country_of(country) if country else None
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
    made = make_brief(world, question, place, base_url=request.app.state.config.base_url or None)
    pdf = draw(made, paper, released=world.released).pdf
    tag = f'"{hashlib.sha256(pdf).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    known = request.headers.get("if-none-match", "")
    if known == "*" or tag in {t.strip().removeprefix("W/") for t in known.split(",")}:
        return Response(status_code=304, headers=headers)
    name = f"{question}{'-' + place.code if place else ''}.pdf"
    headers["Content-Disposition"] = f'inline; filename="{name}"'
    return Response(pdf, media_type="application/pdf", headers=headers)
