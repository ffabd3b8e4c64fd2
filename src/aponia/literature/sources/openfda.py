"""openFDA: drug labels, and counts of reports of adverse events (FAERS).

Checked: https://open.fda.gov/apis/query-parameters/ and /paging/ as copied on 2025-09-20 (``search``,
``count``, ``limit`` up to 1,000, ``skip`` up to 25,000), /authentication/ (240 requests a minute,
1,000 a day without and 120,000 with ``api_key``), and live answers for ``meta.results`` and
``meta.last_updated``. Nothing found is a 404 with ``error.code`` ``NOT_FOUND``: from memory. Names of
label fields (``set_id``, ``effective_time``, ``boxed_warning``) from memory of
https://open.fda.gov/apis/drug/label/searchable-fields/.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from aponia.literature.sources.errors import SourceChanged, SourceError
from aponia.literature.sources.guards import envelope, items_hold
from aponia.literature.sources.model import DateKind, Query
from aponia.literature.sources.safety_rows import LabelRow, ReactionCount
from aponia.literature.sources.transport import Answer
from aponia.literature.sources.trials import day
from aponia.literature.sources.walking import HttpSource, Step

__all__ = ["FdaEvents", "FdaLabels"]

_DRUGS = "ketamine, esketamine"
_SECTIONS = (
    "boxed_warning", "indications_and_usage", "contraindications", "warnings", "warnings_and_cautions",
    "precautions", "adverse_reactions", "drug_interactions", "drug_abuse_and_dependence",
)  # fmt: skip
_MOST = 26_000


class _Results(BaseModel):
    skip: int
    limit: int
    total: int = Field(ge=0)


class _Meta(BaseModel):
    last_updated: str
    results: _Results | None = None


class _Answer(BaseModel):
    meta: _Meta
    results: list[dict[str, Any]]


class _Fda(HttpSource):
    home = "https://api.fda.gov"
    polite = "4/second"
    key = ("api_key", "OPENFDA_API_KEY")
    dates: ClassVar[tuple[DateKind, ...]] = ("added",)

    def _drugs(self, query: Query) -> list[str]:
        drugs = [d.strip().lower() for d in (query.text or _DRUGS).split(",") if d.strip()]
        for drug in drugs:
            if not re.fullmatch(r"[a-z][a-z0-9 -]{1,60}", drug):
                raise SourceError(self.name, f"{drug!r} is no generic name; give names separated by commas")  # fmt: skip
        return drugs

    def _window(self, query: Query, field: str) -> str:
        if not query.since and not query.until:
            return ""
        since = str(query.since or "1900-01-01").replace("-", "")
        until = str(query.until or "2100-01-01").replace("-", "")
        return f" AND {field}:[{since} TO {until}]"

    def _get(self, path: str, params: Mapping[str, Any]) -> tuple[_Answer | None, Answer]:
        """Return what was found, or None for nothing: openFDA says that with a 404."""
        answer = self.http.json(path, params, allow=frozenset({404}))
        if answer.status == 404:
            error = answer.value.get("error") if isinstance(answer.value, dict) else None
            if isinstance(error, dict) and error.get("code") == "NOT_FOUND":
                return None, answer
            raise SourceChanged(self.name, "answered 404 without the code NOT_FOUND that stands for no hits", answer.url)  # fmt: skip
        return envelope(_Answer, answer, self.name), answer


class FdaLabels(_Fda):
    """Labels of products by generic name, separated by commas; ketamine and esketamine by default.

    Windows: ``added`` (date of the label's version).
    """

    name = "openfda-labels"
    label = "openFDA drug labels"
    page_size = 100

    def start(self, query: Query) -> Mapping[str, Any]:
        """Begin at 0."""
        self._drugs(query)
        return {"skip": 0}

    def step(self, query: Query, token: Mapping[str, Any]) -> Step:
        """Ask for labels from a position on."""
        names = " OR ".join(f'openfda.generic_name:"{d}"' for d in self._drugs(query))
        skip = int(token["skip"])
        held, answer = self._get("drug/label.json", {
            "search": f"({names}){self._window(query, 'effective_time')}",
            "sort": "effective_time:asc", "limit": self.size, "skip": skip,
        })  # fmt: skip
        if held is None:
            return Step(answer, 0, None, 0)
        if held.meta.results is None:
            raise SourceChanged(self.name, "the answer states no meta.results.total", answer.url)
        total = held.meta.results.total
        if total > _MOST:
            raise SourceError(self.name, f"{total} labels, and openFDA gives {_MOST} of a query; narrow it", answer.url)  # fmt: skip
        items_hold(
            held.results, ("id", "set_id", "effective_time"), ("openfda",), answer, self.name
        )
        rows = tuple(self._row(item, answer) for item in held.results)
        given = skip + len(rows)
        then = {"skip": given} if given < total and rows else None
        return Step(answer, len(rows), then, total, rows=rows)

    def _row(self, item: Mapping[str, Any], answer: Answer) -> LabelRow:
        effective = day(item["effective_time"])
        if effective is None:
            raise SourceChanged(self.name, f"effective_time is {item['effective_time']!r}, expected YYYYMMDD", answer.url)  # fmt: skip
        known = item.get("openfda") or {}
        sections = {}
        for name in _SECTIONS:
            text = item.get(name)
            if text is None:
                continue
            if not isinstance(text, list) or not all(isinstance(t, str) for t in text):
                raise SourceChanged(self.name, f"{name} is {type(text).__name__}, expected a list of texts", answer.url)  # fmt: skip
            sections[name] = hashlib.sha256(" ".join(" ".join(text).split()).encode()).hexdigest()
        return LabelRow(
            set_id=str(item["set_id"]), label_id=str(item["id"]), version=str(item.get("version") or ""),
            effective=effective, brands=tuple(known.get("brand_name") or ()),
            generics=tuple(known.get("generic_name") or ()),
            manufacturers=tuple(known.get("manufacturer_name") or ()),
            boxed_warning="boxed_warning" in sections, sections=sections,
        )  # fmt: skip


class FdaEvents(_Fda):
    """Counts of reactions in reports that name a drug; a page a drug, the 1,000 most frequent reactions.

    Windows: ``added`` (``receivedate``).
    """

    name = "openfda-events"
    label = "openFDA adverse event reports (FAERS)"
    page_size = 1000

    def start(self, query: Query) -> Mapping[str, Any]:
        """Begin with the first drug."""
        return {"drugs": self._drugs(query)}

    def step(self, query: Query, token: Mapping[str, Any]) -> Step:
        """Ask for the counts of one drug."""
        drug, *rest = token["drugs"]
        search = f'patient.drug.openfda.generic_name:"{drug}"{self._window(query, "receivedate")}'
        then = {"drugs": rest} if rest else None
        whole, answer = self._get("drug/event.json", {"search": search, "limit": 1})
        if whole is None:
            return Step(answer, 0, then, notes=(f"no report names {drug}",))
        if whole.meta.results is None:
            raise SourceChanged(self.name, "the answer states no meta.results.total", answer.url)
        counts, answer = self._get("drug/event.json", {
            "search": search, "count": "patient.reaction.reactionmeddrapt.exact", "limit": self.size,
        })  # fmt: skip
        if counts is None or not counts.results:
            raise SourceChanged(self.name, f"{whole.meta.results.total} reports name {drug}, and none has a reaction", answer.url)  # fmt: skip
        items_hold(counts.results, ("term", "count"), (), answer, self.name)
        rows = []
        for item in counts.results:
            if type(item["count"]) is not int or item["count"] > whole.meta.results.total:
                raise SourceChanged(
                    self.name, f"{item['term']!r} has the count {item['count']!r}, expected at most the {whole.meta.results.total} reports", answer.url
                )  # fmt: skip
            rows.append(ReactionCount(
                drug=drug, reaction=str(item["term"]), reports=item["count"], drug_reports=whole.meta.results.total,
                since=str(query.since or ""), until=str(query.until or ""), as_of=counts.meta.last_updated,
            ))  # fmt: skip
        notes = (f"{drug}: openFDA gives the {self.size} most frequent reactions; rarer ones are missing",) if len(rows) >= self.size else ()  # fmt: skip
        return Step(answer, len(rows), then, rows=tuple(rows), notes=notes)
