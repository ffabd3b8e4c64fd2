"""What the template macros take: one frozen dataclass for each repeated item.

The macros read attributes, so every optional field has its default here and a page never meets an
undefined name. `templates/components/README.md` lists the macros.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aponia.site.charts.evidence_map import Certainty

__all__ = [
    "Certainty",
    "Crumb",
    "Download",
    "Fact",
    "Layer",
    "NavItem",
    "Reason",
    "Side",
    "SiteInfo",
    "Source",
    "Tag",
    "TrialCard",
    "UrgentLine",
]


@dataclass(frozen=True)
class NavItem:
    """An entry of the site's navigation."""

    label: str
    href: str
    key: str


@dataclass(frozen=True)
class SiteInfo:
    """What the footer says about the edition. Dates are written for reading."""

    version: str = ""
    built: str = ""
    data_changed: str = ""
    repository: str = ""
    corrections_href: str = ""
    funding: str = "The project sells nothing."


@dataclass(frozen=True)
class Crumb:
    """A step of the breadcrumb, or an entry of the table of contents."""

    label: str
    href: str = ""


@dataclass(frozen=True)
class Tag:
    """A small label."""

    text: str
    kind: Literal["", "accent", "benefit", "harm", "alert"] = ""
    href: str = ""


@dataclass(frozen=True)
class Reason:
    """A reason for a certainty rating, as a short sentence."""

    domain: str
    text: str
    judgement: str = ""


@dataclass(frozen=True)
class Layer:
    """A rung of the design ladder; with no studies it is an empty rung, said so."""

    name: str
    studies: int = 0
    people: int | None = None
    text: str = ""
    href: str = ""
    unit: str = "people"


@dataclass(frozen=True)
class Fact:
    """A line of a facts table; a value of None prints "not reported"."""

    term: str
    value: str | None
    source: str = ""
    href: str = ""


@dataclass(frozen=True)
class Source:
    """A source of a page: the reference, its address, how much of it was read."""

    text: str
    href: str = ""
    kind: str = ""
    read: str = ""
    supports: Sequence[str] = ()


@dataclass(frozen=True)
class Download:
    """A file to take away."""

    label: str
    href: str
    size: str = ""


@dataclass(frozen=True)
class UrgentLine:
    """A crisis line of a country with the date it was checked."""

    country: str
    emergency: str
    service: str
    number: str
    hours: str = ""
    as_of: str = ""

    @property
    def tel(self) -> str:
        """The number as a telephone link takes it; "" if it is more than digits and spaces."""
        digits = self.number.replace(" ", "").replace("-", "")
        return digits if digits.isdigit() else ""


@dataclass(frozen=True)
class Side:
    """One side of a disagreement between sources."""

    who: str
    value: str
    href: str = ""


@dataclass(frozen=True)
class TrialCard:
    """A registered trial as a card."""

    id: str
    title: str
    href: str
    status: str
    status_seen: str = ""
    phase: str = ""
    enrollment: int | None = None
    start: str = ""
    completion: str = ""
    sponsor: str = ""
    country: str = ""
    running: bool = False
    overdue: bool = False
    slip: str = ""
