"""Parts that studies, trials and tables share: sources and disagreements between sources."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from aponia.evidence.codes import SourceKind
from aponia.evidence.values import Number, PartialDate, Record, Text, Url, Whole

__all__ = [
    "Disagreement",
    "DisagreementValue",
    "Release",
    "Source",
    "SourceDetail",
    "Supports",
    "TableDisagreement",
]

Supports = Literal[
    "bibliography",
    "title",
    "registrations",
    "condition",
    "design",
    "phase",
    "status",
    "enrollment",
    "start",
    "completion",
    "sponsor",
    "country",
    "blinding",
    "population",
    "arms",
    "outcomes",
    "primary_outcomes",
    "results_posted",
    "adverse_events",
    "findings",
    "limits",
    "disagreements",
]


class SourceDetail(Record):
    """A source that gives only something of a part.

    Attributes
    ----------
    part : str
        The part of the record.
    what : str
        What of it was read there.
    """

    part: Supports
    what: Text


class Source(Record):
    """Where part of a record was read.

    Attributes
    ----------
    kind : str
        What kind of page it is.
    url : str
        Its canonical address.
    supports : tuple of str
        The parts of the record that were read there.
    detail : tuple of SourceDetail
        Single things that were read there, where it does not support a whole part.
    note : str or None
        Anything else about the source.
    via : str or None
        The copy that was actually read, when it was not the canonical page.
    as_of : str or None
        The date the page shows.
    """

    kind: SourceKind
    url: Url
    supports: tuple[Supports, ...]
    detail: tuple[SourceDetail, ...] = ()
    via: Text | None = None
    as_of: PartialDate | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Source:
        if not self.supports and not self.detail:
            raise ValueError("at least one entry under supports or detail")
        if len(set(self.supports)) != len(self.supports):
            raise ValueError("each entry under supports once")
        return self


class DisagreementValue(Record):
    """One side of a disagreement.

    Attributes
    ----------
    value : float, str, bool or None
        What this source gives; None where it gives nothing.
    source : str
        Who gives it, in words.
    url : str or None
        Address of that source, when the record names one.
    used : bool
        Whether the record follows this value.
    """

    value: Whole | Number | bool | Text | None
    source: Text
    url: Url | None = None
    used: bool = False


class Disagreement(Record):
    """Two or more sources that give different values for one field.

    Attributes
    ----------
    field : str
        Path of the field inside the record, such as ``population.female_percent``.
    values : tuple of DisagreementValue
        What each source gives; at least two.
    note : str or None
        How the record deals with it.
    """

    field: Text
    values: tuple[DisagreementValue, ...]
    note: Text | None = None

    @model_validator(mode="after")
    def _two_sides(self) -> Disagreement:
        if len(self.values) < 2:
            raise ValueError("at least two values under values")
        if len({repr(v.value) for v in self.values}) < 2:
            raise ValueError("values that differ")
        return self


class TableDisagreement(Disagreement):
    """A disagreement about a row of a table.

    Attributes
    ----------
    table : str
        Name of the table (``planning_parameters``).
    row : str
        Id of the row.
    """

    table: Text
    row: Text


class Release(Record):
    """Which state of the base this is; kept in ``release.yaml``.

    Attributes
    ----------
    version : str
        Number of the release.
    released : str
        Day on which the data last changed.
    note : str or None
        What changed, in a sentence.
    """

    version: Text
    released: PartialDate
    note: Text | None = None
