"""What regulators' open data says of ketamine and esketamine, as typed rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["CAUTION", "LabelRow", "ReactionCount"]

#: Stands with every count: what spontaneous reports can not say.
CAUTION = (
    "Reports are counts, not rates: how many people took the drug is unknown, reports are "
    "incomplete and may be duplicates, and a report does not show that the drug caused the reaction."
)


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One version of a product label.

    Parameters
    ----------
    set_id, label_id, version : str
        The label, this version of it, and its number.
    effective : str
        Date of this version, YYYY-MM-DD.
    brands, generics, manufacturers : tuple of str
    boxed_warning : bool
        Whether the label has a boxed warning.
    sections : mapping of str to str
        Section to the SHA-256 of its text with white space evened out: a changed hash is a changed text.
    """

    set_id: str
    label_id: str
    version: str
    effective: str
    brands: tuple[str, ...]
    generics: tuple[str, ...]
    manufacturers: tuple[str, ...]
    boxed_warning: bool
    sections: Mapping[str, str] = field(default_factory=dict, hash=False)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with ``kind: label``."""
        return {"kind": "label", **asdict(self), "sections": dict(self.sections)}


@dataclass(frozen=True, slots=True)
class ReactionCount:
    """How many reports name a drug and a reaction.

    Parameters
    ----------
    drug, reaction : str
        Generic name, and MedDRA preferred term as reported.
    reports : int
    drug_reports : int
        Reports that name the drug at all, in the same window.
    since, until : str
        Window of the dates of receipt, empty where open.
    as_of : str
        Date of the data, as the source states it.
    caution : str
        Never to be shown without the count.
    """

    drug: str
    reaction: str
    reports: int
    drug_reports: int
    since: str
    until: str
    as_of: str
    caution: str = CAUTION

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with ``kind: reaction-count``."""
        return {"kind": "reaction-count", **asdict(self)}
