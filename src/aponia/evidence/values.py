"""The value types every record is built from: text, numbers, dates, addresses, intervals."""

from __future__ import annotations

import datetime
import re
import warnings
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

__all__ = [
    "LIMIT",
    "Constructed",
    "Count",
    "Doi",
    "Identifier",
    "Interval",
    "Number",
    "PartialDate",
    "Percent",
    "Pmid",
    "PositiveNumber",
    "Record",
    "Registration",
    "Text",
    "Url",
    "Whole",
    "Year",
]

# No figure of this field comes near it: a larger one is a slip of the keyboard.
LIMIT = 1e9


class Record(BaseModel):
    """Base of every model: strict types, no unknown key, immutable."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


def _printable(value: str) -> str:
    stripped = value.strip()
    if not stripped:
        raise ValueError("text that is not blank (write null where nothing is known)")
    if value != stripped:
        raise ValueError("text without blanks at its ends")
    if _CONTROL.search(value):
        raise ValueError("one line of printable text, without control characters")
    return value


Text = Annotated[str, Field(max_length=4000), AfterValidator(_printable)]
Identifier = Annotated[
    str, Field(min_length=1, max_length=120, pattern=r"^[a-z0-9]+(?:[._-][a-z0-9]+)*$")
]


with warnings.catch_warnings():
    # `construct` is the field's word; pydantic keeps a long-deprecated method of that name.
    warnings.filterwarnings("ignore", message='Field name "construct"')

    class Constructed(Record):
        """Base of records about one outcome construct.

        Attributes
        ----------
        construct : str
            Vocabulary id of what was measured.
        """

        construct: Identifier  # type: ignore[assignment]


Number = Annotated[float, Field(ge=-LIMIT, le=LIMIT)]
PositiveNumber = Annotated[float, Field(ge=0, le=LIMIT)]
Percent = Annotated[float, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=0, le=50_000_000)]
Whole = Annotated[int, Field(ge=-int(LIMIT), le=int(LIMIT))]
Year = Annotated[int, Field(ge=1900, le=2100)]
Pmid = Annotated[int, Field(ge=1, le=99_999_999)]
Doi = Annotated[str, Field(pattern=r"^10\.\d{4,9}/[^\s\"<>]+$", max_length=200)]
Registration = Annotated[
    str,
    Field(
        pattern=(
            r"^(NCT\d{8}|CRD\d{11}|IRCT\d{8,}N\d+|EUCTR\d{4}-\d{6}-\d{2}|ISRCTN\d{8}"
            r"|ACTRN\d{14}|DRKS\d{8}|NTR\d+|NL\d+|UMIN\d{9}|CTRI/\d{4}/\d{2,3}/\d+"
            r"|ChiCTR[\d-]+|KCT\d{7}|PACTR\d+)$"
        )
    ),
]


def _interval(value: Any) -> Any:
    if isinstance(value, list | tuple):
        if len(value) != 2 or any(isinstance(v, bool) for v in value):
            raise ValueError("two numbers, [lower, upper]")
        if all(isinstance(v, int | float) for v in value) and value[0] > value[1]:
            raise ValueError("lower before upper")
        return tuple(value)
    return value


Interval = Annotated[tuple[Number, Number], BeforeValidator(_interval)]

_DATE = re.compile(r"^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$")


def _partial_date(value: str) -> str:
    match = _DATE.fullmatch(value)
    if match is None:
        raise ValueError("a date as YYYY, YYYY-MM or YYYY-MM-DD, in quotes")
    year, month, day = (int(g) if g else 1 for g in match.groups())
    try:
        datetime.date(year, month, day)
    except ValueError:
        raise ValueError("a day that exists in the calendar") from None
    if not 1900 <= year <= 2100:
        raise ValueError("a year between 1900 and 2100")
    return value


PartialDate = Annotated[
    str, Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$"), AfterValidator(_partial_date)
]

# Hosts with one true address a record: (host, what the rest must look like, how to write it).
_CANONICAL = {
    "doi.org": (r"/10\.\d{4,9}/\S+", "https://doi.org/10.…"),
    "pubmed.ncbi.nlm.nih.gov": (r"/\d+/?", "https://pubmed.ncbi.nlm.nih.gov/PMID/"),
    "pmc.ncbi.nlm.nih.gov": (
        r"/articles/PMC\d+(/[\w.-]+)*/?",
        "https://pmc.ncbi.nlm.nih.gov/articles/PMC…",
    ),
    "clinicaltrials.gov": (r"/study/NCT\d{8}/?", "https://clinicaltrials.gov/study/NCT…"),
}
_ALIASES = {
    "dx.doi.org": "doi.org",
    "www.doi.org": "doi.org",
    "www.clinicaltrials.gov": "clinicaltrials.gov",
    "classic.clinicaltrials.gov": "clinicaltrials.gov",
    "www.ncbi.nlm.nih.gov": "pubmed.ncbi.nlm.nih.gov or pmc.ncbi.nlm.nih.gov",
    "www.pubmed.gov": "pubmed.ncbi.nlm.nih.gov",
}
_HOST = re.compile(r"^(?=.{4,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$")


def _url(value: str) -> str:
    if any(c.isspace() or ord(c) < 33 or c in '"<>\\^`{|}' for c in value):
        raise ValueError("an address without blanks or quotes")
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("an address that can be read") from None
    if parts.scheme not in ("https", "http"):
        raise ValueError("an address that starts with https:// (or http:// as the source prints)")
    if parts.username or parts.password or port is not None:
        raise ValueError("an address without user name, password or port")
    if parts.netloc != parts.netloc.lower() or not _HOST.fullmatch(host):
        raise ValueError("a host name in small letters")
    if host in _ALIASES:
        raise ValueError(f"the canonical host {_ALIASES[host]}")
    if host in _CANONICAL:
        shape, example = _CANONICAL[host]
        if parts.scheme != "https" or parts.query or not re.fullmatch(shape, parts.path):
            raise ValueError(f"the canonical form {example}")
    return value


Url = Annotated[str, Field(max_length=600), AfterValidator(_url)]
