"""Find the records in a JSON answer and tell which service gave each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields as dataclass_fields
from functools import partial
from typing import Any

from aponia.literature.readers.guard import guarded
from aponia.literature.readers.registers import compact, ctgov_record, ctis_record, dig
from aponia.literature.readers.services import (
    crossref_record,
    europepmc_record,
    openalex_record,
    semantic_scholar_record,
)
from aponia.literature.record import Problem, Record

__all__ = ["json_records"]

#: Where the answers of the services hold their list.
_LISTS = (
    ("resultList", "result"),
    ("message", "items"),
    ("studies",),
    ("results",),
    ("data",),
    ("records",),
    ("items",),
)
_OWN = {f.name for f in dataclass_fields(Record)}


def _maker(item: dict[str, Any]) -> Callable[[dict[str, Any], str, int], Record] | None:
    if "protocolSection" in item:
        return ctgov_record
    if "ctNumber" in item or "ctnumber" in item:
        return ctis_record
    if (
        "openalex" in str(item.get("id", ""))[:30]
        or "abstract_inverted_index" in item
        or "authorships" in item
    ):
        return openalex_record
    if "paperId" in item:
        return semantic_scholar_record
    if "pubYear" in item or "authorString" in item or "abstractText" in item or ({"id", "source", "title"} <= item.keys() and "pmid" in item and "authors" not in item):  # fmt: skip
        return europepmc_record
    if "DOI" in item or "container-title" in item or "issued" in item:
        return crossref_record
    return None


def json_records(data: Any, file: str, problems: list[Problem], *, line: int = 0) -> list[Record]:
    """Return the records of one parsed JSON value; what is no record is reported."""
    if isinstance(data, dict) and _maker(data) is None:
        if dig(data, "message", "DOI"):
            data = data["message"]
        else:
            for path in _LISTS:
                inner = dig(data, *path)
                if isinstance(inner, list):
                    data = inner
                    break
    items = data if isinstance(data, list) else [data]
    records = []
    for position, item in enumerate(items, start=1):
        place = line or position
        maker = _maker(item) if isinstance(item, dict) else None
        if maker is not None:
            make = partial(maker, item, "", place)
            records.append(guarded(make, file, place, problems, partial(compact, item)))
        elif isinstance(item, dict) and {"id", "title"} <= item.keys() <= _OWN:
            make = partial(Record.from_dict, item)
            records.append(guarded(make, file, place, problems, partial(compact, item)))
        else:
            problems.append(
                Problem(
                    file,
                    place,
                    "an item of the JSON is no record of a known service; left out",
                    lost=True,
                )
            )
    return records
