"""Citations in one cell: ``Endoscopic Ultrasound (2014) 3:3 (152-160). Date of Publication: 2014``."""

from __future__ import annotations

import re

__all__ = ["parse_citation"]

_EMBASE = re.compile(
    r"^(?P<journal>.+?)\s*\((?P<year>(?:19|20)\d\d)\)\s*(?:(?P<volume>[\w.\- ]{1,20}?)?(?::\s*(?P<issue>[^()]{1,30}?))?)?"
    r"\s*(?:\((?P<pages>[^()]{1,40})\))?\s*(?:Article Number: (?P<article>\S+?))?\s*\.\s*(?:Date of Publication.*)?$"
)
_PUBMED = re.compile(
    r"^(?P<journal>.+?)\.\s*(?P<year>(?:19|20)\d\d)[^;:.]{0,12}(?:;(?P<volume>[^(:;.]*)?(?:\((?P<issue>[^)]*)\))?"
    r"(?::(?P<pages>[^.;]*))?)?"
)
#: Ovid: "Pain. 160(5):1103-1112, 2019 May." and "Pain. 160 (5) (pp 1103-1112), 2019. Date of Publication: …".
_OVID = re.compile(
    r"^(?P<journal>[^.;]{2,160}?)\.\s*(?P<volume>[\w.\-]{1,12})?\s*(?:\((?P<issue>[^()]{1,30})\))?\s*"
    r"(?::\s*(?P<pages>[^,()]{1,30})|\((?:pp?\.? ?)(?P<pp>[^()]{1,40})\)|\((?:no pagination|Article Number: (?P<article>[^()]{1,20}))\))\s*,\s*"
    r"(?:Article Number: [^,]{1,20},\s*)?(?P<year>(?:19|20)\d\d)\b"
)


def parse_citation(text: str) -> dict[str, str]:
    """Return ``journal year volume issue pages`` as far as the citation states them.

    >>> parse_citation("Endoscopic Ultrasound (2014) 3:3 (152-160). Date of Publication: 2014")
    {'journal': 'Endoscopic Ultrasound', 'year': '2014', 'volume': '3', 'issue': '3', 'pages': '152-160'}
    >>> parse_citation("Pain. 160 (5) (pp 1103-1112), 2019. Date of Publication: 01 May 2019.")["pages"]
    '1103-1112'
    >>> parse_citation("Lancet. 2020 Jan;395(10219):200-211. doi: 10.1016/x.")["pages"]
    '200-211'
    """
    text = text.strip()
    found = _EMBASE.match(text) or _OVID.match(text) or _PUBMED.match(text)
    if not found:
        return {}
    parts = {k: v.strip() for k, v in found.groupdict().items() if v and v.strip()}
    if "pp" in parts:
        parts["pages"] = parts.pop("pp")
    if "article" in parts:
        parts.setdefault("pages", parts.pop("article"))
        parts.pop("article", None)
    return parts
