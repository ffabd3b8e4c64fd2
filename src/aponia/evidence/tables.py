"""Row models of the tables about pharmacology and safety. One class a CSV file."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from aponia.evidence.codes import TableRead
from aponia.evidence.values import (
    Count,
    Doi,
    Identifier,
    Number,
    Percent,
    Pmid,
    PositiveNumber,
    Record,
    Text,
    Url,
)

__all__ = [
    "AdverseEvent",
    "Contraindication",
    "DoseBand",
    "DoseEquivalence",
    "Interaction",
    "PkParameter",
    "ReceptorOccupancy",
    "Row",
]


class Row(Record):
    """Base of table rows.

    Attributes
    ----------
    id : str
        Name of the row, unique in its table.
    """

    ordered: ClassVar[tuple[tuple[str, str, str], ...]] = ()
    """Column triples (lowest, value, highest) that must come in this order."""

    # `class` is a column name but a reserved word of the language.
    model_config = ConfigDict(
        validate_by_alias=True, validate_by_name=True, serialize_by_alias=True
    )

    id: Identifier

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """Give the column names of the CSV file, in order.

        Returns
        -------
        tuple of str
            Aliases where a field has one.
        """
        return tuple(f.alias or name for name, f in cls.model_fields.items())


class PkParameter(Row):
    """One pharmacokinetic or pharmacodynamic parameter of one dose in one sample.

    Attributes
    ----------
    dose, dose_low, dose_high : float or None
        One dose, or the range of doses the figure covers, in `dose_unit`.
    parameter, statistic, spread_kind : str
        What it is, how it was summed up, and what `low` and `high` are.
    value, low, high, sd, cv_percent : float or None
        The figure and its spread, in `unit`.
    """

    ordered = (("low", "value", "high"), ("dose_low", "dose", "dose_high"))

    substance: Identifier
    analyte: Text
    dose: PositiveNumber | None
    dose_low: PositiveNumber | None
    dose_high: PositiveNumber | None
    dose_unit: Text | None
    route: Text
    formulation: Text | None
    population: Text
    n: Count | None
    parameter: Text
    statistic: Text | None
    value: Number | None
    low: Number | None
    high: Number | None
    spread_kind: (
        Literal[
            "ci95",
            "ci90",
            "sd",
            "geometric sd",
            "range",
            "within",
            "less-than",
            "upper 90% CI",
            "onset-end",
            "interindividual CV",
            "as printed",
        ]
        | None
    )
    sd: PositiveNumber | None
    cv_percent: PositiveNumber | None
    unit: Text
    note: Text | None
    source_doi: Doi | None
    source_pmid: Pmid | None
    source_url: Url
    read: TableRead


class DoseBand(Row):
    """What a source calls a microdose, a low, a full dose and so on.

    Attributes
    ----------
    form : str or None
        The preparation, where it is not the pure substance.
    band : str
        Name of the band in the source.
    low, high : float or None
        Its ends, in `unit`.
    """

    ordered = (("low", "", "high"),)

    substance: Identifier
    form: Text | None
    band: Text
    low: PositiveNumber | None
    high: PositiveNumber | None
    unit: Text | None
    route: Text
    kind: Text
    statement: Text
    note: Text | None
    source_doi: Doi | None
    source_pmid: Pmid | None
    source_url: Url
    read: TableRead


class DoseEquivalence(Row):
    """Two doses a source calls equal (or compares).

    Attributes
    ----------
    substance_a, substance_b : str
        Vocabulary ids; `form_a` and `form_b` name the preparation where it matters.
    dose_a, dose_b : float or None
        The doses; `_low` and `_high` when a range; `dose_b_text` when it is words.
    ratio_a_per_b : float or None
        Dose of a that equals one unit of b.
    n_note : str or None
        How the number of people is made up.
    """

    ordered = (
        ("dose_a_low", "dose_a", "dose_a_high"),
        ("dose_b_low", "dose_b", "dose_b_high"),
        ("ratio_low", "ratio_a_per_b", "ratio_high"),
    )

    substance_a: Identifier
    form_a: Text | None
    dose_a: PositiveNumber | None
    dose_a_low: PositiveNumber | None
    dose_a_high: PositiveNumber | None
    unit_a: Text
    substance_b: Identifier
    form_b: Text | None
    dose_b: PositiveNumber | None
    dose_b_low: PositiveNumber | None
    dose_b_high: PositiveNumber | None
    dose_b_text: Text | None
    unit_b: Text | None
    ratio_a_per_b: PositiveNumber | None
    ratio_low: PositiveNumber | None
    ratio_high: PositiveNumber | None
    basis: Text
    n: Count | None
    n_note: Text | None
    strength: Text
    note: Text | None
    source_doi: Doi | None
    source_pmid: Pmid | None
    source_url: Url
    read: TableRead


class ReceptorOccupancy(Row):
    """5-HT2A occupancy or a related finding after one dose.

    Attributes
    ----------
    value, sd : float or None
        The figure, in `unit`; None where it was not read.
    value_text : str or None
        The finding in words, where it is not a number.
    """

    ordered = (("dose_low", "dose", "dose_high"),)

    substance: Identifier
    dose: PositiveNumber | None
    dose_low: PositiveNumber | None
    dose_high: PositiveNumber | None
    dose_unit: Text | None
    route: Text
    n: Count | None
    radioligand: Text
    region: Text | None
    quantity: Text
    value: Number | None
    value_text: Text | None
    sd: PositiveNumber | None
    unit: Text
    note: Text | None
    source_doi: Doi | None
    source_pmid: Pmid | None
    source_url: Url
    read: TableRead


class AdverseEvent(Row):
    """How often, or how much, something unwanted was seen.

    Attributes
    ----------
    substances : tuple of str
        Vocabulary ids; `substance_text` keeps a wider or narrower wording.
    value : float or None
        The figure, in `unit` (``percent`` for shares; none for ratios).
    sd : float or None
        Standard deviation of a mean.
    events, total : int or None
        Counts behind a share.
    lower, upper : float or None
        95% confidence interval, or the range when `interval` says so.
    value_text : str or None
        The cell as printed, where it is more than a number.
    """

    ordered = (("lower", "value", "upper"),)

    substances: tuple[Identifier, ...]
    substance_text: Text | None
    event: Text
    class_: Annotated[Text, Field(alias="class")]
    severity: Text | None
    population: Text | None
    comparator: Text | None
    evidence_type: Text
    n: Count | None
    n_text: Text | None
    measure: Literal[
        "RR",
        "proportion",
        "count",
        "risk",
        "incidence",
        "association",
        "range",
        "dose relation",
        "comparison",
        "statement",
        "mean",
        "mean difference",
    ]
    value: Number | None
    sd: PositiveNumber | None
    unit: Literal["percent", "people", "months", "mmHg"] | None
    events: Count | None
    total: Count | None
    lower: Number | None
    upper: Number | None
    interval: Literal["ci95", "range"] | None
    value_text: Text | None
    significant: bool | None
    note: Text | None
    source_doi: Doi | None
    source_pmid: Pmid | None
    source_url: Url
    read: TableRead


class Contraindication(Row):
    """Who trials and guidelines leave out, and why.

    Attributes
    ----------
    factor, class_, severity, severity_basis, effect : str
        The reason, its kind, how strict, by whom, and what is feared.
    percent, lower, upper : float or None
        A rate, when one was given, with its 95% confidence interval.
    condition_studied : str or None
        Vocabulary id, ``none`` for healthy volunteers, or another condition in words.
    """

    ordered = (("lower", "percent", "upper"),)

    substance: Identifier
    factor: Text
    class_: Annotated[Text, Field(alias="class")]
    severity: Text
    severity_basis: Text
    effect: Text | None
    evidence_type: Text
    n: Count | None
    percent: Percent | None
    lower: Percent | None
    upper: Percent | None
    condition_studied: Text | None
    note: Text | None
    source_doi: Doi | None
    source_pmid: Pmid | None
    source_url: Url
    read: TableRead


class Interaction(Row):
    """What happened, or is feared, when another medicine was taken too.

    Attributes
    ----------
    substances : tuple of str
        Vocabulary ids; `substance_text` keeps a wider or narrower wording.
    drug, class_, severity, severity_basis, direction, effect : str
        The other medicine, its kind, how serious, by whom, and what happens.
    value, lower, upper : float or None
        The figure, in `unit` (``percent``, ``percent change``, ``fold``, ``probability``).
    events, total : int or None
        Counts behind a share.
    """

    ordered = (("lower", "value", "upper"),)

    substances: tuple[Identifier, ...]
    substance_text: Text | None
    drug: Text
    class_: Annotated[Text, Field(alias="class")]
    severity: Text
    severity_basis: Text
    direction: Text
    effect: Text
    evidence_type: Text
    n: Count | None
    n_text: Text | None
    value: Number | None
    unit: Literal["percent", "percent change", "fold", "probability"] | None
    events: Count | None
    total: Count | None
    lower: Number | None
    upper: Number | None
    interval: Literal["ci95", "range"] | None
    note: Text | None
    source_doi: Doi | None
    source_pmid: Pmid | None
    source_url: Url
    read: TableRead
