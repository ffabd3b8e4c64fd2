"""One study: who, what was given, what was measured, what came out, and where that was read."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from aponia.evidence.codes import (
    Design,
    DoseUnit,
    Layer,
    Masking,
    Measure,
    Operator,
    OutcomeUnit,
    Read,
    Route,
    layer_of,
)
from aponia.evidence.common import Disagreement, Source
from aponia.evidence.values import (
    Constructed,
    Count,
    Doi,
    Identifier,
    Interval,
    Number,
    Percent,
    Pmid,
    PositiveNumber,
    Record,
    Registration,
    Text,
    Year,
)

__all__ = [
    "AdverseEvents",
    "Arm",
    "ArmResult",
    "Blinding",
    "Contrast",
    "Outcome",
    "PValue",
    "Population",
    "Study",
]


class Population(Record):
    """Who was studied.

    Attributes
    ----------
    description : str
        In words.
    n_randomized, n_analysed : int or None
        People (or animals) allocated and analysed.
    age_mean : float or None
        Mean age in years.
    female_percent : float or None
        Share of women, 0 to 100.
    """

    description: Text
    n_randomized: Count | None
    n_analysed: Count | None
    age_mean: Annotated[PositiveNumber, Field(le=120)] | None
    female_percent: Percent | None


class Blinding(Record):
    """Who knew the treatment.

    Attributes
    ----------
    masking : str or None
        Code; ``partial`` when only some arms or people were masked.
    masking_text : str or None
        The wording of the source, where the code does not say it all.
    guess_assessed : bool or None
        Whether people were asked to guess their treatment.
    active_guess_correct, control_guess_correct : float or None
        Percent who guessed right in either arm.
    note : str or None
        Anything else.
    """

    masking: Masking | None
    masking_text: Text | None = None
    guess_assessed: bool | None
    active_guess_correct: Percent | None
    control_guess_correct: Percent | None
    note: Text | None = None


class Arm(Record):
    """A group of people (or the period of a crossover) given one treatment.

    Attributes
    ----------
    id : str
        Name inside the record.
    substance : str or None
        Vocabulary id of the substance, or id of a comparator; None when the group was not
        defined by a substance.
    substance_text : str or None
        The wording of the source where the id is wider or narrower than it.
    dose : float or None
        One dose, in `dose_unit`.
    dose_range : tuple of float or None
        Lowest and highest dose, when the source gives a range.
    dose_text : str or None
        The dose as the source words it, when it is more than one number.
    dose_unit : str or None
        Unit code.
    dose_note : str or None
        What belongs to the dose: a co-treatment, a ceiling, a titration.
    route, schedule : str or None
        Way and timing of administration; `route_text` when the code does not say it all.
    doses : int or None
        How many doses; `doses_text` when the source gives a range.
    n : int or None
        Size of the group.
    note : str or None
        Anything else.
    """

    id: Identifier
    substance: Identifier | None
    substance_text: Text | None = None
    dose: PositiveNumber | None
    dose_range: Interval | None = None
    dose_text: Text | None = None
    dose_unit: DoseUnit | None
    dose_note: Text | None = None
    route: Route | None
    route_text: Text | None = None
    doses: Count | None
    doses_text: Text | None = None
    schedule: Text | None
    n: Count | None
    note: Text | None = None


class PValue(Record):
    """A p-value as the source prints it: ``p < 0.001`` is operator ``<`` and value 0.001.

    Attributes
    ----------
    operator : str
        One of ``= < <= > >=``.
    value : float
        Between 0 and 1.
    note : str or None
        Such as a correction for multiple tests.
    """

    operator: Operator
    value: Annotated[Number, Field(ge=0, le=1)]
    note: Text | None = None

    def __str__(self) -> str:
        return f"p {self.operator} {self.value:g}"


class ArmResult(Record):
    """What one arm showed on one outcome. Everything is None that the source does not print.

    Attributes
    ----------
    arm : str
        Id of the arm.
    n : int or None
        People measured.
    people : str or None
        Who was counted, when they are not the people of the arm.
    baseline_mean, baseline_sd, baseline_ci95
        Before treatment, in the outcome's unit.
    mean, sd, mean_ci95, median, iqr
        At the time point.
    change_mean, change_sd, change_ci95, change_median, change_iqr
        Change from baseline; negative is a fall.
    change_text : str or None
        Change in words, when the source gives no single number.
    events, total : int or None
        People with the outcome, of how many.
    percent : float or None
        Share as printed, 0 to 100.
    """

    arm: Identifier
    n: Count | None = None
    people: Text | None = None
    baseline_mean: Number | None = None
    baseline_sd: PositiveNumber | None = None
    baseline_ci95: Interval | None = None
    mean: Number | None = None
    sd: PositiveNumber | None = None
    mean_ci95: Interval | None = None
    median: Number | None = None
    iqr: Interval | None = None
    change_mean: Number | None = None
    change_sd: PositiveNumber | None = None
    change_ci95: Interval | None = None
    change_median: Number | None = None
    change_iqr: Interval | None = None
    change_text: Text | None = None
    events: Count | None = None
    total: Count | None = None
    percent: Percent | None = None


class Contrast(Record):
    """A comparison as the source prints it: between arms, or within one arm over time.

    Attributes
    ----------
    measure : str or None
        Code of the measure (see `codes.Measure`); ``TEST`` when only the outcome of a test is told.
    measure_text : str or None
        The comparison in the source's terms, where the code does not say it all.
    value : float or None
        The estimate, in the sense of the measure.
    ci95, iqr : tuple of float or None
        95% confidence interval; interquartile range of a difference of medians.
    p : PValue or None
        As printed.
    i2_percent : float or None
        Heterogeneity, when the value is itself pooled.
    favours : str or None
        Arm, substance or side it points to; ``neither`` when it points nowhere.
    significant : bool or None
        What the source concludes at its own level, usually 5%.
    """

    measure: Measure | None
    measure_text: Text | None = None
    value: Number | None
    ci95: Interval | None
    iqr: Interval | None = None
    p: PValue | None
    i2_percent: Percent | None = None
    favours: Text | None
    significant: bool | None


class Outcome(Constructed):
    """One thing measured at one time.

    Attributes
    ----------
    name : str
        In the words of the record.
    construct : str
        Vocabulary id of what it stands for.
    instrument : str or None
        The scale or device.
    unit : str or None
        Unit code.
    lower_is_better : bool or None
        Direction of the scale; None where neither direction is better.
    timepoint : str or None
        When, in words.
    timepoint_days : int or None
        Days after the last dose.
    results : tuple of ArmResult
        One an arm.
    contrast : Contrast or None
        The comparison.
    note : str or None
        Anything else.
    """

    name: Text
    instrument: Text | None
    unit: OutcomeUnit | None
    lower_is_better: bool | None
    timepoint: Text | None
    timepoint_days: Count | None
    results: tuple[ArmResult, ...]
    contrast: Contrast | None
    note: Text | None = None

    def result(self, arm: str) -> ArmResult | None:
        """Give the result of one arm, or None when the record holds none.

        Parameters
        ----------
        arm : str
            Id of the arm.

        Returns
        -------
        ArmResult or None
            The first result of that arm.
        """
        return next((r for r in self.results if r.arm == arm), None)


class AdverseEvents(Record):
    """Harms as the source sums them up.

    Attributes
    ----------
    serious, withdrawals_due_to_ae : int or None
        People; None where not read.
    note : str or None
        In words.
    """

    serious: Count | None
    withdrawals_due_to_ae: Count | None
    note: Text | None


class Study(Record):
    """One study. Every number was read in one of `sources`.

    Attributes
    ----------
    id : str
        Same as the file name.
    title, first_author, year, journal, doi, pmid, registrations
        Bibliography.
    design : str
        Design code; `layer` gives the design layer.
    condition, substances, approach : str
        Vocabulary ids.
    country : str or None
        Two-letter code, two joined with a slash for two countries.
    population, comparator, blinding, arms, outcomes, adverse_events
        What was done and what came out.
    findings, limits : tuple of str
        One to a few plain sentences each.
    disagreements : tuple of Disagreement
        Where sources contradict each other.
    sources : tuple of Source
        Where it was read.
    read : str
        How much of the paper was read.
    """

    id: Identifier
    title: Text
    first_author: Text | None
    year: Year | None
    journal: Text | None
    doi: Doi | None
    pmid: Pmid | None
    registrations: tuple[Registration, ...]
    design: Design
    condition: Identifier
    substances: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    approach: Identifier
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}(/[A-Z]{2})*$")] | None
    population: Population
    comparator: Text | None
    blinding: Blinding
    arms: tuple[Arm, ...]
    outcomes: tuple[Outcome, ...]
    adverse_events: AdverseEvents
    findings: tuple[Text, ...]
    limits: tuple[Text, ...]
    disagreements: tuple[Disagreement, ...] = ()
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    read: Read

    @property
    def layer(self) -> Layer | None:
        """Design layer; None for reviews and meta-analyses."""
        return layer_of(self.design)

    @property
    def url(self) -> str:
        """Best address of the paper: DOI, then PubMed, then the first source."""
        if self.doi:
            return f"https://doi.org/{self.doi}"
        if self.pmid:
            return f"https://pubmed.ncbi.nlm.nih.gov/{self.pmid}/"
        return self.sources[0].url

    @property
    def label(self) -> str:
        """Short citation, such as ``Schindler 2022``."""
        if self.first_author and self.year:
            return f"{self.first_author} {self.year}"
        return self.first_author or (f"{self.id} ({self.year})" if self.year else self.id)

    def arm(self, arm_id: str) -> Arm | None:
        """Give one arm, or None when there is none of that id.

        Parameters
        ----------
        arm_id : str
            Id of the arm.

        Returns
        -------
        Arm or None
            The arm.
        """
        return next((a for a in self.arms if a.id == arm_id), None)
