"""Row models of the tables around the studies: law, products, mechanisms, scales, course, help."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from aponia.evidence.codes import (
    ChainLink,
    ChainMarker,
    Design,
    FindingDirection,
    MechanismName,
    Species,
    TableRead,
    Theme,
)
from aponia.evidence.tables import Row
from aponia.evidence.values import (
    Constructed,
    Count,
    Doi,
    Identifier,
    Number,
    PartialDate,
    Percent,
    PositiveNumber,
    Text,
    Url,
)

__all__ = [
    "Analogue",
    "BaselineCourse",
    "BlindingRecord",
    "CrisisLine",
    "Instrument",
    "LegalStatus",
    "MechanismEntry",
    "MechanismFinding",
    "PlanningParameter",
    "TauPrior",
]


class Analogue(Row):
    """A related compound or product under development.

    Attributes
    ----------
    compound, developer, target_indication : str
        What, who, for what.
    class_ : str
        Chemical or pharmacological family; ``class`` in the file.
    stage : str or None
        How far it was on `as_of`.
    hallucinogenic : str
        ``yes``, ``no`` or ``unclear``, as the source claims.
    """

    compound: Text
    developer: Text
    class_: Annotated[Text, Field(alias="class")]
    target_indication: Text
    stage: Text | None
    as_of: PartialDate | None
    hallucinogenic: Literal["yes", "no", "unclear"]
    source_url: Url
    note: Text | None


class LegalStatus(Row):
    """Law on one substance in one place, as seen on a date.

    Attributes
    ----------
    jurisdiction, status, route_of_access, indications : str
        Where, what the law says, how people get access, for what.
    substances : tuple of str
        Vocabulary ids; `substance_text` keeps a wider or narrower wording.
    covers_pain : str
        Whether pain is among the indications.
    in_force_from : str or None
        Date; `in_force_note` says what kind of date it is.
    as_of : str or None
        Date of the page that was read.
    confidence : str
        How sure the reader of the page was.
    """

    jurisdiction: Text
    substances: tuple[Identifier, ...]
    substance_text: Text | None
    status: Text
    route_of_access: Text | None
    indications: Text | None
    covers_pain: Literal[
        "no",
        "off-label",
        "yes, off-label",
        "not as an indication",
        "not listed",
        "not listed among the main ones",
    ]
    in_force_from: PartialDate | None
    in_force_note: Text | None
    as_of: PartialDate | None
    confidence: Literal["high", "medium", "low"]
    note: Text | None
    source_url: Url
    source_doi: Doi | None
    read: TableRead


class MechanismEntry(Row):
    """What one study says about how these substances may work.

    Attributes
    ----------
    id : str
        Id of the study.
    themes : tuple of str
        Which mechanism it is about.
    design, substances
        As in the study.
    headline : str
        Its result in one sentence.
    direction : str
        Whether it speaks for the mechanism.
    """

    themes: tuple[Theme, ...]
    design: Design
    substances: tuple[Identifier, ...]
    headline: Text
    direction: Literal["supports", "against", "mixed", "not-applicable"]

    @property
    def study(self) -> str:
        """Id of the study."""
        return self.id


class MechanismFinding(Row):
    """One finding of one study, and the link in the chain of a mechanism it bears on.

    The words and figures stay in the study; this row only says where they stand (`part`) and what
    they are evidence of.

    Attributes
    ----------
    study : str
        Id of the study.
    mechanism : str
        Which idea: plasticity, inflammation, affective, serotonin (the 5-HT2A receptor), experience
        (the acute experience) or pain (relief itself, outside patients).
    link : str
        Which link of its chain.
    marker : str
        What was measured, as a code.
    species : str
        In whom; ``animals`` when a source pools several kinds.
    substances : tuple of str
        The substances this finding is about; some of the study's.
    direction : str
        Towards the link: supports, null, against, mixed, or unclear (measured, but the text read
        does not say which way).
    part : str
        Where in the record it stands: ``outcomes[0]`` or ``findings[1]``.
    n : int or None
        People or animals behind this finding, when read.
    """

    study: Identifier
    mechanism: MechanismName
    link: ChainLink
    marker: ChainMarker
    species: Species
    substances: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    direction: FindingDirection
    part: Annotated[str, Field(pattern=r"^(outcomes|findings)\[\d{1,2}\]$")]
    n: Count | None
    note: Text | None


class Instrument(Constructed, Row):
    """One published important difference (or its absence) of one scale.

    Attributes
    ----------
    instrument, unit, mid_type : str
        Scale, unit of the difference, and how it was found.
    min, max : float or None
        Range of the scale.
    mid, mid_lo, mid_hi : float or None
        The difference, or a range of differences.
    condition : str
        Vocabulary id of the condition it was found in; ``none`` for other samples.
    """

    # a rounded difference may lie outside the range of estimates it rests on
    ordered = (("mid_lo", "", "mid_hi"), ("min", "", "max"))

    instrument: Text
    unit: Text
    min: Number | None
    max: Number | None
    lower_is_better: bool
    mid: Number | None
    mid_lo: Number | None
    mid_hi: Number | None
    mid_type: Text | None
    condition: Identifier
    source: Url
    read: TableRead
    note: Text | None


class TauPrior(Row):
    """A published prior (or category) for the spread between studies.

    Attributes
    ----------
    name, applies_to : str
        Which, and for what.
    scale, family, on : str or None
        Effect scale, distribution, and the quantity it is put on.
    param1, param2, df : float or None
        Parameters; `param1_name` and `param2_name` say which.
    param2_lo, param2_hi : float or None
        Filled instead of `param2` when it is an interval.
    """

    ordered = (("param2_lo", "", "param2_hi"),)

    name: Text
    scale: Text | None
    family: (
        Literal[
            "log-normal",
            "log-Student-t",
            "inverse-gamma",
            "half-normal",
            "half-Cauchy",
            "category",
            "predictive summary of I2",
        ]
        | None
    )
    param1: Number | None
    param2: Number | None
    param2_lo: Number | None
    param2_hi: Number | None
    applies_to: Text
    source: Url
    read: TableRead
    on: Literal["tau", "tau^2", "tau/sigma", "I2 (%)"]
    df: PositiveNumber | None
    param1_name: Text | None
    param2_name: Text | None
    note: Text | None


class BlindingRecord(Row):
    """What is known about guessed treatment in trials of these substances.

    Attributes
    ----------
    record_type : str
        ``guess`` (rates looked for in a trial), ``marker`` (an effect that gives the arm away),
        ``review``, ``expectancy-estimate``.
    guess_active_correct, guess_control_correct, guess_overall_correct : float or None
        Percent who guessed right; `guess_qualifier` says when the figure is only a bound.
    bang_index : float or None
        Bang's blinding index, -1 to 1.
    estimate, estimate_lo, estimate_hi : float or None
        A figure with its 95% confidence interval or range, in `estimate_unit`.
    """

    ordered = (("estimate_lo", "estimate", "estimate_hi"),)

    record_type: Literal["guess", "marker", "review", "expectancy-estimate"]
    trial: Text
    indication: Text
    substance: Identifier | None
    dose: Text | None
    comparator: Text | None
    guess_qualifier: Literal["about", "more than"] | None
    guess_active_correct: Percent | None
    guess_control_correct: Percent | None
    guess_overall_correct: Percent | None
    bang_index: Annotated[Number, Field(ge=-1, le=1)] | None
    when_asked: Text | None
    estimate: Number | None
    estimate_lo: Number | None
    estimate_hi: Number | None
    estimate_unit: Text | None
    source: Url
    read: TableRead
    note: Text | None


class BaselineCourse(Row):
    """How a condition runs without treatment or on placebo.

    Attributes
    ----------
    condition : str
        Vocabulary id.
    fact, unit, population : str
        What, in which unit, in whom.
    value, lo, hi : float or None
        The figure, or its range or 95% confidence interval.
    """

    ordered = (("lo", "value", "hi"),)

    condition: Identifier
    fact: Text
    value: Number | None
    lo: Number | None
    hi: Number | None
    unit: Text | None
    population: Text
    source: Url
    read: TableRead
    note: Text | None


class PlanningParameter(Row):
    """A figure somebody planning a trial needs.

    Attributes
    ----------
    condition, outcome : str
        Vocabulary ids of the condition and the outcome construct.
    parameter, unit, population : str
        What, in which unit, in whom.
    value, lo, hi : float or None
        The figure, or its range, interquartile range or 95% confidence interval.
    """

    ordered = (("lo", "value", "hi"),)

    condition: Identifier
    outcome: Identifier
    parameter: Text
    value: Number | None
    lo: Number | None
    hi: Number | None
    unit: Text | None
    population: Text
    source: Url | None
    read: TableRead
    note: Text | None


class CrisisLine(Row):
    """Somebody to call.

    Attributes
    ----------
    country, service, number, for_whom : str
        Where, who, the number as dialled, and for whom.
    emergency_number, hours : str or None
        As read.
    as_of : str or None
        Date of the page.
    page_of : str
        Whose page the number was read on: the service's own, an official one, or another's.
    """

    country: Text
    service: Text
    number: Text
    for_whom: Text
    as_of: PartialDate | None
    source: Url
    emergency_number: Text | None
    hours: Text | None
    read: TableRead
    page_of: Literal["service", "official", "third-party"]
    note: Text | None

    @property
    def shown(self) -> bool:
        """Whether a reader may be shown the number: read on the service's or an official page."""
        return self.page_of in ("service", "official")
