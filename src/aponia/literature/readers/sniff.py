"""Tell a format by what is in the file; names and extensions lie."""

from __future__ import annotations

import re

from aponia.literature.readers.tagged import split_medline
from aponia.literature.readers.text import lines_of

__all__ = ["FORMATS", "sniff"]

FORMATS = (
    "pubmed-xml", "endnote-xml", "ictrp-xml", "json", "jsonl", "bibtex", "ris", "wos", "medline",
    "refer", "euctr", "table",
)  # fmt: skip


def sniff(text: str) -> str:
    r"""Return the format's name, one of `FORMATS`, or ``""`` when nothing fits.

    >>> sniff("1.\nTY  - JOUR\nER  -"), sniff("PMID- 1\nTI  - x"), sniff("FN x\nVR 1.0\nPT J\nTI a")
    ('ris', 'medline', 'wos')
    """
    head = text[:200_000]
    start = head.lstrip()[:4000]
    if re.match(r"<[?!A-Za-z]", start):
        for mark, name in (
            (r"<Pubmed(?:Book)?Article|<DeleteCitation", "pubmed-xml"), (r"<MedlineCitation", "pubmed-xml"),
            (r"<Trials_downloaded_from_ICTRP|<TrialID>", "ictrp-xml"),
            (r"<records?[\s>]", "endnote-xml"),
        ):  # fmt: skip
            if re.search(mark, head):
                return name
        return ""
    if start[:1] in "{[":
        first = start.split("\n", 1)[0].rstrip()
        several = re.match(r"\s*\{.*\}\s*\n\s*\{", head, re.DOTALL)
        return "jsonl" if several and first.endswith("}") else "json"
    if re.search(r"^\s{0,3}TY[ \t]{0,4}[-–][ \t]?\w", head, re.MULTILINE | re.IGNORECASE):
        return "ris"
    if re.search(r"^\s*@\s*\w+\s*[{(]", head, re.MULTILINE):
        return "bibtex"
    if re.search(r"^EudraCT Number:\s*\d{4}-\d{6}-\d{2}", head, re.MULTILINE):
        return "euctr"
    if re.search(r"^PT [JBSPCU]\s*$", head, re.MULTILINE):
        return "wos"
    if re.search(r"^%[0TA] ", head, re.MULTILINE):
        return "refer"
    if re.search(r"^PMID- ", head, re.MULTILINE):
        return "medline"
    from aponia.literature.readers.table import known_columns  # tables are the last resort

    for line in head.split("\n")[:15]:
        if any(known_columns(line.replace('"', "").split(d)) >= 2 for d in (",", "\t", ";", "|")):
            return "table"
    blocks, _ = split_medline(lines_of(head))
    if any("TI" in block.values or "AB" in block.values for block in blocks):
        return "medline"
    first = next((line for line in head.split("\n") if line.strip()), "")
    return "table" if known_columns([first]) else ""
