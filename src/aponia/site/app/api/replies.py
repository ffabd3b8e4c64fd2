"""From a value to an answer: form by what is accepted, entity tag, pages with links."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal, NoReturn
from urllib.parse import urlencode

from fastapi import Depends, HTTPException, Query, Request
from fastapi.responses import Response

from aponia.site.app.world import world_of
from aponia.site.reading import NOTICE, NotFoundError, evidence_note

__all__ = ["Cut", "Form", "JsonOnly", "listing", "missing", "single"]

_JSON = "application/json"
_CSV = "text/csv"
#: A page of a list when nobody says how long, and the longest one.
USUAL, MOST = 100, 500


def _weight(accept: str, media: str) -> float:
    """Return how much a client wants a media type, by its most specific range (RFC 9110, 12.5.1)."""
    best, found = -1, 0.0
    for part in accept.split(","):
        name, *options = (x.strip().lower() for x in part.split(";"))
        kind = media.split("/")[0]
        rank = {media: 2, f"{kind}/*": 1, "*/*": 0}.get(name, -1)
        if rank <= best or rank < 0:
            continue
        weight = 1.0
        for option in options:
            key, _, value = option.partition("=")
            if key.strip() == "q":
                try:
                    weight = min(1.0, max(0.0, float(value)))
                except ValueError:
                    weight = 0.0
        best, found = rank, weight
    return found


def _accept(request: Request) -> str:
    return ",".join(request.headers.getlist("accept")) or "*/*"


def _json_only(request: Request) -> None:
    if _weight(_accept(request), _JSON) <= 0:
        raise HTTPException(406, "this is JSON; ask with Accept: application/json")


JsonOnly = Annotated[None, Depends(_json_only)]


def _form(
    request: Request,
    format: Annotated[
        Literal["json", "csv"] | None,
        Query(description="instead of the header Accept; the address with .csv does the same"),
    ] = None,
) -> str:
    path = request.url.path
    if path.endswith((".csv", ".json")):
        return path.rpartition(".")[2]
    if format is not None:
        return format
    accept = _accept(request)
    as_json, as_csv = _weight(accept, _JSON), _weight(accept, _CSV)
    if max(as_json, as_csv) <= 0:
        raise HTTPException(406, "this is JSON or CSV; ask with Accept: application/json or text/csv")  # fmt: skip
    return "csv" if as_csv > as_json else "json"


Form = Annotated[str, Depends(_form)]


class Cut:
    """Which page of a list is wanted."""

    def __init__(
        self,
        page: Annotated[int, Query(ge=1, le=100_000, description="page of the list, from 1")] = 1,
        limit: Annotated[
            int | None,
            Query(ge=1, le=MOST, description=f"items a page; {USUAL} in JSON, everything in CSV"),
        ] = None,
    ) -> None:
        self.page = page
        self.limit = limit


def missing(error: NotFoundError) -> NoReturn:
    """Answer 404 with what the reading said."""
    raise HTTPException(404, str(error)) from None


def _send(request: Request, body: bytes, media: str, headers: dict[str, str]) -> Response:
    # A strong tag: the same bytes have it, whatever made them.
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept"} | headers
    asked = ",".join(request.headers.getlist("if-none-match"))
    known = {t.strip().removeprefix("W/") for t in asked.split(",")}
    if tag in known or asked.strip() == "*":
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media, headers=headers)


def _dump(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n").encode()


def single(request: Request, value: dict[str, Any]) -> Response:
    """Return one document as JSON."""
    return _send(request, _dump(value), _JSON, {})


def listing(
    request: Request,
    rows: Sequence[dict[str, Any]],
    columns: Sequence[str],
    form: str,
    cut: Cut,
    *,
    sort: str = "",
) -> Response:
    """Return a page of a list with totals and links, as JSON or CSV.

    Parameters
    ----------
    request : Request
    rows : sequence of dict
        The whole list, in its natural order.
    columns : sequence of str
        Columns of the CSV, also of an empty list.
    form : str
        ``json`` or ``csv``.
    cut : Cut
    sort : str
        A column, with a minus before it for falling order; rows that are alike keep their order and
        those without a value come last.
    """
    if sort:
        key = sort.removeprefix("-")
        known = [r for r in rows if r[key] is not None]
        known.sort(key=lambda r: r[key], reverse=sort.startswith("-"))
        rows = [*known, *(r for r in rows if r[key] is None)]
    total = len(rows)
    limit = cut.limit or (USUAL if form == "json" else max(total, 1))
    last = max(1, -(-total // limit))
    shown = rows[(cut.page - 1) * limit : cut.page * limit]
    links = _links(request, cut.page, last)
    headers = {
        "Link": ", ".join(f'<{href}>; rel="{rel}"' for rel, href in links.items()),
        "X-Total-Count": str(total),
    }
    if form == "csv":
        return _send(
            request, _csv(shown, columns), f"{_CSV}; charset=utf-8; header=present", headers
        )
    doc = {
        "notice": NOTICE,
        "evidence": evidence_note(world_of(request)),
        "total": total,
        "page": cut.page,
        "pages": last,
        "limit": limit,
        "links": links,
        "items": shown,
    }
    return _send(request, _dump(doc), _JSON, headers)


def _links(request: Request, page: int, last: int) -> dict[str, str]:
    def to(number: int) -> str:
        kept = [(k, v) for k, v in request.query_params.multi_items() if k != "page"]
        # The path as a program may follow it, relative to the server: nothing is said of its name.
        return f"{request.scope['path']}?{urlencode([*kept, ('page', str(number))])}"

    links = {"self": to(page), "first": to(1), "last": to(last)}
    if page > 1:
        links["prev"] = to(min(page - 1, last))
    if page < last:
        links["next"] = to(page + 1)
    return links


def _csv(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([_cell(row.get(c)) for c in columns] for row in rows)
    return out.getvalue().encode()


def _cell(value: Any) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(v, str | int | float) for v in value):
        return "; ".join(str(v) for v in value)
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    if isinstance(value, int | float):
        return value
    return str(value)
