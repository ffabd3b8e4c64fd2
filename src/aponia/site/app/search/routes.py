"""The addresses of search."""

from __future__ import annotations

import threading
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response

from aponia.site.app.limits import limited
from aponia.site.app.live import live_page
from aponia.site.app.world import world_of
from aponia.site.search import FACETS, Hit, Results, SearchIndex, documents
from aponia.site.views.common import World, certainty_key

__all__ = ["router"]

router = APIRouter(include_in_schema=False, dependencies=[Depends(limited("search"))])
_PAGE = 20
_LABELS = {
    "kind": "Kind",
    "condition": "Condition",
    "substance": "Drug",
    "design": "Kind of study",
    "period": "Year",
    "status": "Status",
}
_KINDS = {"question": "questions", "page": "pages", "study": "studies", "trial": "trials", "fact": "single facts"}  # fmt: skip
_indexes: dict[str, SearchIndex] = {}
_lock = threading.Lock()
_Text = Annotated[str, Query(max_length=2000)]
_Filter = Annotated[str, Query(max_length=80)]


def _index(world: World) -> SearchIndex:
    """Return the index of a state of the evidence, made once a process."""
    with _lock:
        if world.base.digest not in _indexes:
            _indexes.clear()
            _indexes[world.base.digest] = SearchIndex(documents(world), world.base.vocabulary)
        return _indexes[world.base.digest]


def _filters(
    kind: _Filter = "",
    condition: _Filter = "",
    substance: _Filter = "",
    design: _Filter = "",
    period: _Filter = "",
    status: _Filter = "",
) -> dict[str, str]:
    given = (kind, condition, substance, design, period, status)
    return {f: v for f, v in zip(FACETS, given, strict=True) if v}


_Filters = Annotated[dict[str, str], Depends(_filters)]
_At = Annotated[int, Query(ge=1, le=200)]


@router.get("/search")
def page(request: Request, filters: _Filters, q: _Text = "", at: _At = 1) -> Response:
    """Search, for people."""
    world = world_of(request)
    found = _index(world).search(q, filters, first=(at - 1) * _PAGE, most=_PAGE)
    last = max(1, -(-found.total // _PAGE))

    def address(**changed: Any) -> str:
        values = {"q": q, **filters, **changed}
        return "/search?" + urlencode({k: v for k, v in values.items() if v not in ("", None)})

    return live_page(
        world,
        "search.html",
        path="search",
        title="Search",
        description="Search questions, studies, trials and facts about psychedelics in pain.",
        q=q[:300],
        asked=bool(q.strip() or filters),
        found=found,
        hits=[_shown(world, h) for h in found.hits],
        facets=[
            {
                "name": f,
                "label": _LABELS[f],
                "value": filters.get(f, ""),
                "values": [
                    {"value": v, "label": _value_label(world, f, v), "count": n}
                    for v, n in _with_chosen(found, f, filters)
                ],
            }
            for f in FACETS
        ],
        chosen=[
            {"label": _value_label(world, f, v), "href": address(**{f: ""})}
            for f, v in filters.items()
        ],
        suggestion_href=address(q=found.suggestion) if found.suggestion else "",
        literal_href=address(q=f'"{q.strip()}"') if found.corrected else "",
        at=at,
        last=last,
        previous=address(at=at - 1) if at > 1 else "",
        following=address(at=at + 1) if at < last else "",
    )


def _with_chosen(found: Results, facet: str, filters: dict[str, str]) -> list[tuple[str, int]]:
    """Return the counts of a filter; what is chosen stays in the list with nothing behind it."""
    counts = list(found.facets[facet])
    chosen = filters.get(facet)
    if chosen and chosen not in dict(counts):
        counts.append((chosen, 0))
    return counts


def _value_label(world: World, facet: str, value: str) -> str:
    if facet in ("condition", "substance"):
        kind = f"{facet}s"
        known = world.base.vocabulary.term(kind, value)
        return known.label if known else value
    if facet == "kind":
        return _KINDS.get(value, value)
    return value.replace("rct-", "randomised, ").replace("-", " ") if facet == "design" else value


def _shown(world: World, hit: Hit) -> dict[str, Any]:
    d = hit.document
    shown: dict[str, Any] = {
        "href": f"/{d.url}",
        "kind": d.kind,
        "label": d.label,
        "title": hit.title,
        "snippet": hit.snippet,
        "year": d.year,
        "status": d.status if d.kind == "trial" else "",
        "id": d.id if d.kind == "trial" else "",
        "answer": None,
    }
    if d.answer:
        answer = world.answers[d.answer]
        shown["answer"] = {
            "plain": answer.sentences.plain,
            "level": answer.certainty.level,
            "certainty": certainty_key(answer.certainty.level)
            if answer.status == "answered"
            else "",
        }
    return shown


@router.get("/search.json")
def as_json(request: Request, filters: _Filters, q: _Text = "", at: _At = 1) -> Response:
    """Search, for programs."""
    world = world_of(request)
    found = _index(world).search(q, filters, first=(at - 1) * _PAGE, most=_PAGE)
    body = {
        "query": q[:300],
        "filters": filters,
        "total": found.total,
        "page": at,
        "corrected": found.corrected or None,
        "partly": found.partly,
        "suggestion": found.suggestion or None,
        "facets": {f: [{"value": v, "count": n} for v, n in c] for f, c in found.facets.items()},
        "hits": [
            {
                "id": h.document.id,
                "kind": h.document.kind,
                "label": h.document.label,
                "title": h.document.title,
                "url": f"/{h.document.url}",
                "year": h.document.year,
                "snippet": [{"text": t, "found": m} for t, m in h.snippet],
            }
            for h in found.hits
        ],
        "evidence": world.base.digest,
    }
    return JSONResponse(body)
