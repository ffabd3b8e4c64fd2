"""Identifiers and dates out of the text that databases wrap them in."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["find_doi", "find_pmid", "join_pages", "registrations", "split_pages", "year_of"]

_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>|\\^`{}]+", re.IGNORECASE)
_PMID_URL = re.compile(r"(?:pubmed\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pubmed|europepmc\.org/(?:article|abstract)/MED)/(\d{1,8})\b", re.I)  # fmt: skip
_PMID_TEXT = re.compile(
    r"\bPMID\s*[:#-]?\s*(?:NLM)?(\d{1,8})\b|\b(?:PubMed ID|PUBMED|MEDLINE)\s*[:#]?\s*(\d{4,8})\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d|21\d\d)(?!\d)")
_COMPACT_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?!\d)")
#: CENTRAL gives each of its own entries a number of this kind; it is not the article's.
_NOT_THE_ARTICLE = "10.1002/central/"
_PAGE_OF_A_SITE = re.compile(
    r"/(?:full(?:/html|/pdf)?|full-?text(?:/\w+)?|abstract|summary|epub|e?pdf|html|meta|references)/?$"
)
_REGISTRY = re.compile(
    r"\b(?:NCT\d{8}|ISRCTN\d{8}|ChiCTR[-A-Z]*\d{6,12}|ACTRN\d{14}|DRKS\d{8}|CTRI/\d{4}/\d{2,3}/\d{6}|"
    r"IRCT\w{8,16}|KCT\d{7}|PACTR\d{15,16}|jRCT[a-z]?\d{9,10}|UMIN\d{9}|RBR-\w{6,7}|NTR\d{2,5}|NL\d{4,5}|"
    r"EUCTR\d{4}-\d{6}-\d{2}(?:-[A-Z]{2})?|20[012]\d-5\d{5}-\d{2}-\d{2}|20[012]\d-\d{6}-\d{2})\b"
)


def find_doi(text: str) -> str:
    """Return the first DOI in a text, lower case and without resolver address, or ``""``.

    >>> find_doi("http://dx.doi.org/10.1002/CPP.2398")
    '10.1002/cpp.2398'
    >>> find_doi("doi:10.1016/S0140-6736(05)71146-6.")
    '10.1016/s0140-6736(05)71146-6'
    """
    if "10." not in text:
        # Resolver addresses are sometimes percent-encoded as a whole.
        return ""
    text = text.replace("%2F", "/").replace("%2f", "/").replace("%28", "(").replace("%29", ")")
    found = next(
        (m for m in _DOI.finditer(text) if not m.group().lower().startswith(_NOT_THE_ARTICLE)), None
    )
    if not found:
        return ""
    doi = found.group().lower()
    if "//" in text[: found.start()]:
        doi = _PAGE_OF_A_SITE.sub("", doi)
    for end in ("&", "?", "[", ";http", ",http"):
        # Query strings and "[doi]" follow the DOI in links and in PubMed's AID; an old Wiley DOI
        # has a real "<", ">" or ";" which is kept or was cut above.
        doi = doi.split(end)[0]
    doi = doi.rstrip(".,;:'’”")
    while doi.endswith(")") and doi.count("(") < doi.count(")"):
        doi = doi[:-1].rstrip(".,;")
    return doi


def find_pmid(text: str) -> str:
    """Return the first PubMed identifier in a link or after ``PMID``, or ``""``."""
    found = _PMID_URL.search(text) or _PMID_TEXT.search(text)
    return next(g for g in found.groups() if g) if found else ""


def registrations(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the trial registry numbers in texts, each once, in order of appearance.

    >>> registrations(["see NCT01234567 and EUCTR2012-000001-23", "NCT01234567"])
    ('NCT01234567', 'EUCTR2012-000001-23')
    """
    found: dict[str, None] = {}
    for text in texts:
        for number in _REGISTRY.findall(text):
            found.setdefault(number, None)
    return tuple(found)


def year_of(text: str) -> int | None:
    """Return the first plausible year in a date as databases write it, or None.

    >>> [year_of(t) for t in ("2019//", "DEC 16 2020", "20260920", "in press", "12/05/1998")]
    [2019, 2020, 2026, None, 1998]
    """
    compact = _COMPACT_DATE.search(text)
    if compact:
        return int(compact.group(1))
    found = _YEAR.search(text)
    return int(found.group(1)) if found else None


def join_pages(start: str, end: str) -> str:
    """Return ``start-end``, or whichever of the two is there."""
    if not end or end == start:
        return start
    if not start:
        return end
    return f"{start}-{end}"


def split_pages(pages: str) -> tuple[str, str]:
    """Return first and last page with the last in full.

    >>> split_pages("1103–14"), split_pages("S7146s-7150"), split_pages("e12")
    (('1103', '1114'), ('S7146s', '7150'), ('e12', ''))
    """
    parts = re.split(r"\s*(?:--?|[–—−‐‑])\s*", pages.strip(), maxsplit=1)
    if len(parts) < 2:
        return pages.strip(), ""
    first, last = parts
    if first.isdigit() and last.isdigit() and len(last) < len(first):
        last = first[: len(first) - len(last)] + last
    return first, last
