"""The WHO registry platform's XML export (``Trials_downloaded_from_ICTRP``)."""

from __future__ import annotations

from lxml import etree

from aponia.literature.readers.identifiers import registrations, year_of
from aponia.literature.readers.text import clean, plain
from aponia.literature.readers.xmlsafe import leaves, text_of
from aponia.literature.record import Record

__all__ = ["ictrp_record"]

_TAKEN = frozenset(
    {"Scientific_title", "Public_title", "web_address", "Condition", "Source_Register"}
)
#: What a screener reads of a trial, in this order.
_SHOWN = (
    "Condition", "Intervention", "Study_design", "Phase", "Target_size", "Countries",
    "Primary_outcome", "Secondary_outcome", "Inclusion_Criteria", "Exclusion_Criteria",
)  # fmt: skip


def ictrp_record(node: etree._Element, own_id: str) -> Record:
    """Map one ``Trial``: the abstract is the fields a screener needs, the rest is in ``raw``."""

    def one(name: str) -> str:
        return plain(text_of(node.find(name)))

    number = one("TrialID")
    summary = " ".join(f"{n.replace('_', ' ')}: {one(n).rstrip(';.')}." for n in _SHOWN if one(n))
    raw = {
        p: tuple(v)
        for p, t in leaves(node, _TAKEN).items()
        if (v := [c for x in t if (c := clean(x))])
    }
    scientific, public = one("Scientific_title"), one("Public_title")
    if scientific and public and public != scientific:
        raw["Public_title"] = (public,)
    numbers = tuple(dict.fromkeys([number, *registrations([one("Secondary_ID"), text_of(node)])]))
    return Record(
        id=own_id or number or one("Internal_Number"),
        title=scientific or public,
        abstract=summary,
        authors=(one("Primary_sponsor"),) if one("Primary_sponsor") else (),
        year=year_of(
            one("Date_registration") or one("Date_registration3") or one("Date_enrollement")
        ),
        journal=one("Source_Register"),
        nct=next((n for n in numbers if n.startswith("NCT")), ""),
        keywords=tuple(dict.fromkeys(c for k in one("Condition").split(";") if (c := clean(k)))),
        types=("Trial Registration", *((one("Study_type"),) if one("Study_type") else ())),
        registrations=tuple(n for n in numbers if n),
        url=one("web_address"),
        source="ICTRP",
        line=int(node.sourceline or 0),
        raw=raw,
    )
