"""The shipped search strategies as queries the clients can send."""

from __future__ import annotations

import re

from aponia.literature.sources.errors import SourceError
from aponia.literature.sources.model import Query
from aponia.literature.strategies import load

__all__ = ["strategy_query"]


def strategy_query(source: str) -> Query:
    """Return the shipped strategy of a source, or the one that fits where it has none of its own.

    bioRxiv, medRxiv, Crossref and ICTRP, where the query is applied here, and ISRCTN take the words
    of Europe PMC's; openFDA is always asked for ketamine and esketamine.

    Raises
    ------
    SourceError
        There is none for the source.
    """
    if source.startswith("openfda-"):
        return Query()
    if source == "pubmed":
        lines = {line["number"]: line["query"] for line in load("pubmed")["lines"]}
        last = lines[max(lines)]
        return Query(re.sub(r"#(\d+)", lambda m: f"({lines[int(m[1])]})", last))
    if source == "europe-pmc":
        return Query(_last("europe-pmc"))
    if source == "openalex":
        return Query(_last("openalex").removeprefix("filter=title_and_abstract.search:"))
    if source == "clinicaltrials-gov":
        lines = {n: line["query"] for n, line in enumerate(load(source)["lines"])}
        pairs = (lines[n].partition("=") for n in (0, 1))
        return Query(fields={name: value for name, _, value in pairs})
    if source == "ctis":
        return Query(_last("ctis"))
    if source in {"biorxiv", "medrxiv", "crossref", "ictrp"}:
        return Query(_last("europe-pmc").replace("TITLE_ABS:", ""))
    if source == "isrctn":
        # The registry stems by itself and is not known to read a star.
        return Query(_last("ictrp"))
    raise SourceError(source, "there is no strategy for it; give a query")


def _last(name: str) -> str:
    query: str = load(name)["lines"][-1]["query"]
    return query
