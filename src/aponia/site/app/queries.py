"""What a query may hold: each parameter once, and none that nobody reads."""

from __future__ import annotations

from collections import Counter

from fastapi import HTTPException, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

__all__ = ["each_once", "only_known"]


def each_once(request: Request) -> None:
    """Refuse a parameter that is given twice: only one of the two would count, and nobody would know which."""
    given = Counter(name for name, _ in request.query_params.multi_items())
    twice = sorted(name for name, times in given.items() if times > 1)
    if twice:
        raise HTTPException(422, f"{twice[0][:60]!r} is given more than once; give it once")


def only_known(request: Request) -> None:
    """Refuse a parameter the address does not have: a misspelt filter would silently filter nothing."""
    each_once(request)
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    known = _names(route.dependant)
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        takes = f"it takes {', '.join(sorted(known))}" if known else "it takes none"
        raise HTTPException(422, f"there is no parameter {unknown[0][:60]!r} here; {takes}")


def _names(part: Dependant) -> set[str]:
    return {p.alias for p in part.query_params}.union(*(_names(d) for d in part.dependencies))
