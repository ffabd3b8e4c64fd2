"""PubMed by the E-utilities: ESearch for the numbers, EFetch for the records.

Checked: "The E-utilities In-Depth", https://www.ncbi.nlm.nih.gov/books/NBK25499/, as quoted in
https://github.com/krassowski/easy-entrez/issues/16 (ESearch gives at most 10,000 PubMed records of
a query) and https://github.com/biopython/biopython/issues/4189 (really 9,999; beyond them an error
"out of acceptable range"); 3 requests a second without and 10 with ``api_key``
(https://www.ncbi.nlm.nih.gov/books/NBK25497/ by secondary sources). The pages themselves could not
be opened; the names of the JSON fields are from memory and from those threads.

The history server is not used. Its sessions vanish after hours
(https://github.com/ropensci/rentrez/issues/110), so a search that rests on one can not be resumed
the next day. Instead a search too large is cut into slices by the date PubMed took a record in;
the numbers of a slice are sorted, and the cursor names the slice and the last number read. A record
added meanwhile can then neither shift a page nor be read twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, ClassVar

from lxml import etree
from pydantic import BaseModel, Field

from aponia.literature.readers import read_text
from aponia.literature.record import Record
from aponia.literature.sources.errors import SourceChanged, SourceError
from aponia.literature.sources.guards import envelope
from aponia.literature.sources.model import DateKind, Query
from aponia.literature.sources.transport import Answer
from aponia.literature.sources.walking import HttpSource, Step

__all__ = ["PubMed"]

_DATE_TYPES = {"added": "edat", "changed": "mdat", "published": "pdat"}
_FIRST_DAY = date(1700, 1, 1)
#: PubMed's own horizon of entry dates lies a little ahead of today.
_LAST_DAY = date(2100, 1, 1)


class _Search(BaseModel):
    count: int = Field(ge=0)
    idlist: list[str]
    errorlist: dict[str, list[str]] | None = None
    warninglist: dict[str, list[str]] | None = None


class _SearchAnswer(BaseModel):
    esearchresult: dict[str, Any]


class PubMed(HttpSource):
    """PubMed; the query is in PubMed's own syntax.

    Windows: ``added`` (Entrez date, the default), ``changed`` (modification), ``published``.
    """

    name = "pubmed"
    label = "PubMed"
    home = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
    polite = "3/second"
    page_size = 200
    key = ("api_key", "NCBI_API_KEY")
    dates: ClassVar[tuple[DateKind, ...]] = ("added", "changed", "published")
    #: Most numbers ESearch gives of one query.
    most = 9_999
    _kept: tuple[dict[str, Any], _Search, Answer] | None = None

    def polite_rate(self) -> str:
        """Return ten a second with a key, three without."""
        return "10/second" if self.has_key else self.polite

    def introduction(self, contact: str) -> dict[str, str]:
        """Return ``tool`` and ``email``, as NCBI asks of programs."""
        return {"tool": "aponia", "email": contact}

    def start(self, query: Query) -> Mapping[str, Any]:
        """Begin with one slice: the window asked for, or everything."""
        if not query.text.strip():
            raise SourceError(self.name, "needs a query")
        bounded = query.since or query.until
        whole = (
            [[str(query.since or _FIRST_DAY), str(query.until or _LAST_DAY)]] if bounded else [[]]
        )
        return {"slices": whole, "after": 0, "given": 0}

    def step(self, query: Query, token: Mapping[str, Any]) -> Step:
        """Fetch the next records of the first slice, cutting it first when it is too large."""
        slices, after = [list(s) for s in token["slices"]], int(token["after"])
        total = token.get("total")
        notes: list[str] = []
        found, answer = self._search(query, slices[0])
        if total is None:
            total = found.count
            notes += self._told(found)
        while found.count > self.most:
            first, second = self._halves(slices[0], found.count, answer)
            one, answer = self._search(query, first)
            if slices[0]:
                other, _ = self._search(query, second)
                if one.count + other.count != found.count:
                    raise SourceError(
                        self.name,
                        f"the halves of {slices[0][0]} to {slices[0][1]} hold {one.count} and {other.count} records, the whole {found.count}; ask again later",
                        answer.url,
                    )
            slices, found = [first, second, *slices[1:]], one
        numbers = sorted(self._numbers(found, answer))
        wanted = [n for n in numbers if n > after][: self.size]
        records: tuple[Record, ...] = ()
        if wanted:
            records, answer, missing = self._fetch(wanted)
            if missing:
                notes.append(
                    f"PubMed found but did not hand out {len(missing)} records: {', '.join(map(str, missing[:20]))}"
                )
        given = int(token["given"])
        # Records added since the search began are read too, and raise the total instead of breaking it.
        total_now = max(int(total), given + sum(n > after for n in numbers))
        given += len(wanted)
        more = bool(wanted) and wanted[-1] != numbers[-1]
        if not more:
            slices = slices[1:]
        then = (
            {"slices": slices, "after": wanted[-1] if more else 0, "given": given, "total": total}
            if slices
            else None
        )
        if not wanted and then:
            # An empty slice is no page of its own.
            return self.step(query, then)
        return Step(answer, len(wanted), then, total_now, records, notes=tuple(notes))

    def _search(self, query: Query, window: list[str]) -> tuple[_Search, Answer]:
        form: dict[str, Any] = {
            "db": "pubmed",
            "term": query.text,
            "retmode": "json",
            "retmax": self.most,
        }
        if window:
            form |= {
                "datetype": _DATE_TYPES[self.window(query)],
                "mindate": window[0].replace("-", "/"), "maxdate": window[1].replace("-", "/"),
            }  # fmt: skip
        kept = self._kept
        if kept is not None and kept[0] == form:
            return kept[1], kept[2]
        answer = self.http.json("esearch.fcgi", form=form)
        inner = envelope(_SearchAnswer, answer, self.name).esearchresult
        if "ERROR" in inner:
            raise SourceError(
                self.name, f"refused the query: {str(inner['ERROR'])[:200]}", answer.url
            )
        found = envelope(_Search, answer, self.name, inner)
        if found.count and not found.idlist:
            raise SourceChanged(self.name, f"states {found.count} records and gives no numbers", answer.url)  # fmt: skip
        if found.count <= self.most and len(found.idlist) != found.count:
            raise SourceChanged(
                self.name, f"states {found.count} records and gives {len(found.idlist)} numbers", answer.url
            )  # fmt: skip
        # The numbers of one slice serve all its pages: one search a slice, not one a page.
        self._kept = (form, found, answer)
        return found, answer

    def _told(self, found: _Search) -> list[str]:
        lists = {**(found.errorlist or {}), **(found.warninglist or {})}
        return [f"PubMed on the query, {kind}: {', '.join(words)}" for kind, words in lists.items() if words]  # fmt: skip

    def _halves(self, window: list[str], count: int, answer: Answer) -> tuple[list[str], list[str]]:
        first, last = (date.fromisoformat(d) for d in window or (str(_FIRST_DAY), str(_LAST_DAY)))
        if first == last:
            raise SourceError(
                self.name, f"{count} records of one day, {first}, and ESearch gives {self.most}; narrow the query", answer.url
            )  # fmt: skip
        middle = first + (last - first) // 2
        return [str(first), str(middle)], [str(middle + timedelta(days=1)), str(last)]

    def _numbers(self, found: _Search, answer: Answer) -> list[int]:
        odd = [n for n in found.idlist if not n.isdecimal()]
        if odd:
            raise SourceChanged(self.name, f"expected PubMed numbers, found {odd[0]!r}", answer.url)
        return [int(n) for n in found.idlist]

    def _fetch(self, numbers: list[int]) -> tuple[tuple[Record, ...], Answer, list[int]]:
        form = {"db": "pubmed", "retmode": "xml", "id": ",".join(map(str, numbers))}
        answer = self.http.xml("efetch.fcgi", form=form)
        root = answer.value
        if root.tag != "PubmedArticleSet":
            told = " ".join("".join(root.itertext()).split())[:200]
            raise SourceChanged(self.name, f"expected PubmedArticleSet, found {root.tag}: {told}", answer.url)  # fmt: skip
        text = etree.tostring(root, encoding="unicode")
        held = read_text(text, "PubMed", format="pubmed-xml").records if len(root) else []
        by_number = {r.pmid: r for r in held if r.pmid}
        records = tuple(by_number[str(n)] for n in numbers if str(n) in by_number)
        if not records:
            raise SourceChanged(
                self.name, f"EFetch gave none of the {len(numbers)} records asked for, {len(root)} elements instead", answer.url
            )  # fmt: skip
        missing = [n for n in numbers if str(n) not in by_number]
        return records, answer, missing
