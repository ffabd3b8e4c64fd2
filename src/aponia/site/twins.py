"""Every page has its data twin: what it shows as JSON, and as CSV where it is a table.

Records, answers and mechanisms have twins of their own, written from the typed objects. All other
pages get one made of what they show: their tables, figures, lists and facts.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

import numpy as np
from pydantic import BaseModel

from aponia.answers import Answer, evidence_map
from aponia.evidence import export
from aponia.site.charts import Figure, Link, Quoted, Row, Table
from aponia.site.figure_files import cell_text
from aponia.site.render import Page
from aponia.site.views.common import World

__all__ = ["CELL_COLUMNS", "QUESTION_COLUMNS", "page_data", "twin_files", "with_twins"]

#: Pages that are a table of records: the table of the base that is their twin.
_TABLES = {
    "studies/index": "studies.csv",
    "trials/index": "trials.csv",
    "legal/index": "legal_status.csv",
    "analogues/index": "analogues.csv",
}
#: Pages made of several tables of the base, or parts of them: where the rows are.
_ELSEWHERE = {
    "safety/index": ("contraindications", "interactions", "adverse_events"),
    "ketamine/index": ("contraindications", "interactions", "adverse_events"),
    "mechanisms/index": ("mechanism_findings", "mechanism_index"),
    "data/index": ("codebook",),
}
_OWN_JSON = ("questions/", "studies/", "trials/", "mechanisms/", "next-trial/", "whats-new/")
QUESTION_COLUMNS = (
    "question", "ask", "short", "status", "certainty", "direction", "people", "randomised_trials",
    "registered_trials", "plain", "harm", "last_search", "data_changed", "conclusion_changed", "next_due",
)  # fmt: skip
CELL_COLUMNS = (
    "condition", "substance", "kind", "people", "certainty", "direction", "trials_running", "question",
)  # fmt: skip


def _stem(page: Page) -> str:
    return page.path.removesuffix(".html")


def _has_own_json(page: Page) -> bool:
    own = page.path.startswith(_OWN_JSON)
    return own and (not page.path.endswith("index.html") or page.path.startswith("whats-new/"))


def _csv_addresses(page: Page) -> list[str]:
    stem, up = _stem(page), "../" * page.path.count("/")
    name = stem.rsplit("/", 1)[-1]
    if stem in _TABLES or stem in ("index", "questions/index"):
        return [f"{name}.csv"]
    if page.path.startswith("questions/"):
        return [f"{name}.csv"]
    if page.path.startswith("approaches/"):
        return ["checks.csv" if name == "models" else "arms.csv"]
    return [f"{up}data/{table}.csv" for table in _ELSEWHERE.get(stem, ())]


def with_twins(page: Page, base_url: str | None) -> Page:
    """Name the twins, the feeds and the canonical address of a page in its context.

    Parameters
    ----------
    page : Page
    base_url : str or None
        Address of the site with its trailing slash.
    """
    up = "../" * page.path.count("/")
    name = _stem(page).rsplit("/", 1)[-1]
    twins = [{"href": f"{name}.json", "type": "application/json", "label": "JSON"}]
    for href in _csv_addresses(page):
        file = href.rsplit("/", 1)[-1].removesuffix(".csv").replace("_", " ")
        label = f"CSV, {file}" if href.startswith("../data/") else "CSV"
        twins.append({"href": href, "type": "text/csv", "label": label})
    feeds = [{"href": f"{up}feed.xml", "title": "aponia: what’s new"}]
    if page.path.startswith("questions/") and name != "index":
        feeds.append({"href": f"{name}.xml", "title": page.title})
    more: dict[str, Any] = {"twins": twins, "feeds": feeds}
    if base_url:
        more["canonical"] = base_url + page.path.removesuffix("index.html")
    return replace(page, context={**more, **page.context})


def twin_files(world: World, pages: list[Page]) -> Iterator[tuple[str, bytes]]:
    """Make the twins that are not written with a record of their own.

    Parameters
    ----------
    world : World
    pages : list of Page

    Yields
    ------
    (str, bytes)
        Path relative to the site, and content.
    """
    for page in pages:
        if not _has_own_json(page):
            data = {
                "page": page.path,
                "title": page.title,
                "description": page.description,
                "version": world.data_version,
                "data_changed": world.released,
                "shows": page_data(page),
            }
            text = json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False)
            yield f"{_stem(page)}.json", f"{text}\n".encode()
    tables = export(world.base, "csv")
    known = {_stem(p) for p in pages}
    for stem, name in _TABLES.items():
        if stem in known:
            yield f"{stem}.csv", tables[name].encode()
    yield "questions/index.csv", _written(QUESTION_COLUMNS, _question_rows(world))
    yield "index.csv", _written(CELL_COLUMNS, _cell_rows(world))


def page_data(page: Page) -> dict[str, Any]:
    """Return what a page shows as JSON-safe values: tables as rows, figures as their numbers."""
    own = ("twins", "feeds", "canonical", "root")
    return {k: _plain(v) for k, v in page.context.items() if k not in own}


def _plain(value: Any) -> Any:
    if isinstance(value, Table):
        rows = [r.cells if isinstance(r, Row) else r for r in value.rows]
        return {
            "caption": value.caption,
            "headers": list(value.headers),
            "rows": [[cell_text(c) for c in cells] for cells in rows],
        }
    if isinstance(value, Figure):
        return {"title": value.title, "subtitle": value.subtitle, "table": _plain(value.table)}
    if isinstance(value, Answer):
        return {"question": value.id, "sentence": value.sentences.plain}
    if isinstance(value, Link):
        return {"text": value.text, "href": value.href}
    if isinstance(value, Quoted):
        return value.quoted
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, np.generic):
        return _plain(value.item())
    if is_dataclass(value) and not isinstance(value, type):
        value = {f.name: getattr(value, f.name) for f in fields(value)}
    if isinstance(value, Mapping):
        # Arrays are simulated people: pages draw them, none prints them.
        return {str(k): _plain(v) for k, v in value.items() if not isinstance(v, np.ndarray)}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [_plain(v) for v in items]
    raise TypeError(f"a page shows a {type(value).__name__}; the data twin can not hold it")


def _question_rows(world: World) -> Iterator[tuple[Any, ...]]:
    for a in world.answers.values():
        yield (
            a.id, a.ask, a.short, a.status, a.certainty.level, a.direction, a.people,
            len(a.layers[0].studies), len(a.trials), a.sentences.plain, a.sentences.harm,
            *(a.dates[k] for k in ("last_search", "data_changed", "conclusion_changed", "next_due")),
        )  # fmt: skip


def _cell_rows(world: World) -> Iterator[tuple[Any, ...]]:
    for cell in evidence_map(world.base, world.answers).cells.values():
        yield (
            cell.condition, cell.substance, cell.kind, cell.people, cell.certainty, cell.direction,
            cell.running, cell.question,
        )  # fmt: skip


def _written(columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue().encode()
