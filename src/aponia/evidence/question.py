"""The living questions, and the judgements people make about the evidence."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from aponia.evidence.codes import Comparator, Layer, Mechanism, OutcomeUnit
from aponia.evidence.values import Constructed, Identifier, Number, PartialDate, Record, Text, Url

__all__ = ["Appraisal", "Domain", "Question", "QuestionOutcome", "Window"]


class QuestionOutcome(Constructed):
    """An outcome a question asks about; the order in the question is the priority.

    Attributes
    ----------
    unit : str or None
        Unit to report in; None takes what the studies print.
    prefer : str
        Whether lower or higher is better.
    label : str
        What a reader sees.
    """

    unit: OutcomeUnit | None
    prefer: Literal["lower", "higher"]
    label: Text


class Window(Record):
    """Days after the last dose in which a result counts; None leaves an end open.

    Attributes
    ----------
    min, max : int or None
        First and last day.
    target : int or None
        The day preferred when a study has several.
    """

    min: Annotated[int, Field(ge=0, le=36500)] | None
    max: Annotated[int, Field(ge=0, le=36500)] | None
    target: Annotated[int, Field(ge=0, le=36500)] | None

    @model_validator(mode="after")
    def _ordered(self) -> Window:
        known = [v for v in (self.min, self.target, self.max) if v is not None]
        if known != sorted(known):
            raise ValueError("min, target and max in this order")
        return self


class Question(Record):
    """A question the evidence is kept up to date for.

    Attributes
    ----------
    id : str
        Its code and address.
    ask, short : str
        As people ask it, and a title.
    conditions, substances, approaches : tuple of str
        Vocabulary ids; no approach means any.
    comparators : tuple of str
        No comparator means any.
    outcomes : tuple of QuestionOutcome
        In order of priority.
    window_days : Window
        When a result counts.
    layers : tuple of str
        Design layers; none means all.
    mechanism : str or None
        Set when the question is about how something works.
    related : tuple of str
        Ids of other questions.
    why : str
        Why it is asked, in a sentence.
    last_search, next_due : str or None
        Dates.
    notes : str or None
        Anything else.
    """

    id: Identifier
    ask: Text
    short: Text
    conditions: tuple[Identifier, ...]
    substances: tuple[Identifier, ...]
    approaches: tuple[Identifier, ...]
    comparators: tuple[Comparator, ...]
    outcomes: Annotated[tuple[QuestionOutcome, ...], Field(min_length=1)]
    window_days: Window
    layers: tuple[Layer, ...]
    mechanism: Mechanism | None
    related: tuple[Identifier, ...]
    why: Text
    last_search: PartialDate | None
    next_due: PartialDate | None
    notes: Text | None


class Domain(Record):
    """One domain of a risk-of-bias or certainty judgement.

    Attributes
    ----------
    domain, judgement, why : str
        What was judged, how, and the reason.
    source : str or None
        Address of the page the reason rests on.
    """

    domain: Text
    judgement: Text
    why: Text
    source: Url | None = None


class Appraisal(Record):
    """A judgement by a person: risk of bias of a study, or certainty of an answer.

    Attributes
    ----------
    id : str
        Same as the file name.
    kind : str
        ``risk-of-bias`` (of a study) or ``certainty`` (of a question's outcome).
    tool : str
        Such as RoB 2, ROBINS-I, JBI, GRADE.
    target : str
        Id of the study or the question.
    outcome : str or None
        Vocabulary id of the construct it is about; None for all.
    overall : str
        The overall judgement, in the tool's words.
    domains : tuple of Domain
        One a domain.
    who, when, why : str
        Who judged, on which day, and the reason in a sentence.
    weight : float or None
        Steps down (negative) or up in certainty, where the tool counts them.
    """

    id: Identifier
    kind: Literal["risk-of-bias", "certainty"]
    tool: Text
    target: Identifier
    outcome: Identifier | None
    overall: Text
    domains: tuple[Domain, ...]
    who: Text
    when: PartialDate
    why: Text
    weight: Number | None = None
