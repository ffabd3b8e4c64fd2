"""What replies hold, for OpenAPI and for whoever reads them."""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar, Union

from pydantic import BaseModel, ConfigDict, Field

from aponia.answers import Answer, MapCell, StudyRow
from aponia.evidence import TABLES, Question, Study, TableDisagreement, Trial, Vocabulary
from aponia.site.app.api.shapes import model_of, shape

__all__ = [
    "AnswerReply",
    "AnswerRow",
    "AnswerShort",
    "Asked",
    "Cell",
    "Evidence",
    "FactReply",
    "FactRow",
    "FactTable",
    "Index",
    "Listing",
    "QuestionReply",
    "QuestionShort",
    "StudyReply",
    "StudyShort",
    "TableName",
    "TraceReply",
    "TrialReply",
    "TrialShort",
    "VocabularyReply",
    "columns_of",
    "table_columns",
]

Level = Literal["high", "moderate", "low", "very low"]
Direction = Literal["benefit", "harm", "no-difference", "unclear"]
LayerName = Literal["randomised", "uncontrolled", "cases", "surveys", "volunteers", "animals"]
#: The tables of the base by name; written out so that OpenAPI can list them.
TableName = Literal[
    "pk_parameters", "dose_bands", "dose_equivalence", "receptor_occupancy", "adverse_events",
    "contraindications", "interactions", "analogues", "legal_status", "mechanism_index",
    "mechanism_findings", "instruments", "tau_priors", "blinding", "baseline_course",
    "planning_parameters", "crisis_lines",
]  # fmt: skip

Item = TypeVar("Item")


class Open(BaseModel):
    """Base of replies: fields may be added later, none is taken away within ``/api/v1``."""

    model_config = ConfigDict(extra="allow")


class Evidence(Open):
    """Which state of the evidence base a reply rests on."""

    version: str | None
    released: str | None
    digest: str = Field(description="SHA-256 over all files of the base")
    licence: str


class Listing(Open, Generic[Item]):
    """A page of a list."""

    notice: str = Field(description="not medical advice")
    evidence: Evidence
    total: int = Field(ge=0, description="items that fit, on all pages")
    page: int = Field(ge=1)
    pages: int = Field(ge=1)
    limit: int = Field(ge=1)
    links: dict[str, str] = Field(
        description="self, first, last, prev, next; also in the header Link"
    )
    items: list[Item]


class Framed(Open):
    """What single documents share."""

    notice: str = Field(description="not medical advice")
    evidence: Evidence


class Index(Framed):
    """The way in."""

    name: str
    version: str
    licence: str
    citation: str
    ids: str = Field(description="what may be relied on about ids and addresses")
    counts: dict[str, int]
    links: dict[str, str]


class QuestionShort(Question):
    """A living question, with the state of its answer."""

    status: str
    certainty: Level


class QuestionReply(QuestionShort):
    """A living question."""

    notice: str
    evidence: Evidence


class AnswerShort(Open):
    """An answer in short: never without its certainty."""

    id: str
    short: str
    ask: str
    status: str
    certainty: Level
    direction: Direction
    plain: str = Field(description="the sentence that may be printed; keep it with its certainty")
    harm: str
    people: int
    conditions: list[str]
    substances: list[str]
    approaches: list[str]
    data_changed: str | None


class AnswerSource(Open):
    """A record an answer rests on."""

    id: str
    kind: Literal["study", "review", "trial"]
    layer: LayerName | None
    label: str
    title: str
    year: int | None
    url: str
    read: str = Field(description="how much of it was read")


class AnswerReply(shape(Answer, leave_out=("specifications",))):  # type: ignore[misc]
    """An answer whole: layers of design that never mix, certainty with reasons, harms, sources."""

    notice: str = Field(description="not medical advice")
    warnings: list[str]
    evidence: Evidence
    sources: list[AnswerSource]


_Row = {n: (f.annotation, ...) for n, f in shape(StudyRow).model_fields.items() if n != "effect"}
AnswerRow = model_of(
    "AnswerRow",
    "One result of one study, raw and as an effect.",
    {
        "answer": (str, ...),
        "url": (str | None, ...),
        **_Row,
        "measure": (str | None, ...),
        "estimate": (float | None, ...),
        "ci_lower": (float | None, ...),
        "ci_upper": (float | None, ...),
        "effect_unit": (str | None, ...),
        "effect_derived": (
            bool | None,
            Field(description="worked out by us from what was printed"),
        ),
        "effect_how": (str | None, ...),
    },
)


class Asked(Open):
    """The answer to a question in a person's own words."""

    asked: str
    refused: str | None = Field(description="why no dose is given, when the words ask for one")
    answer: AnswerReply


Cell = shape(MapCell)


class StudyShort(Open):
    """A study in short."""

    id: str
    label: str
    title: str
    year: int | None
    journal: str | None
    doi: str | None
    pmid: int | None
    design: str
    layer: LayerName | None = Field(description="null for reviews, which are not counted again")
    condition: str
    substances: list[str]
    approach: str
    country: str | None
    people: int | None = Field(description="analysed, else randomised; animals in animal studies")
    read: str = Field(description="how much of the paper was read")
    url: str
    questions: list[str]


class Use(Open):
    """An answer that rests on a record."""

    id: str
    certainty: Level


class StudyReply(Framed):
    """A study whole."""

    doses: str
    label: str
    url: str
    layer: LayerName | None
    answers: list[Use]
    trials: list[str]
    record: Study


class TrialShort(Open):
    """A registered trial in short."""

    id: str
    title: str
    status: str | None
    status_seen: str | None
    running: bool
    phase: str | None
    condition: str
    substances: list[str]
    approach: str
    enrollment: int | None
    start: str | None
    completion: str | None
    sponsor: str | None
    country: str | None
    results_posted: bool | None
    studies: list[str]
    url: str


class TrialReply(Framed):
    """A registered trial whole."""

    doses: str
    url: str
    running: bool
    answers: list[Use]
    record: Trial


class FactTable(Open):
    """A table of the base."""

    table: TableName
    about: str
    rows: int
    columns: list[str]


#: A row of any table, with the columns of its file; unknown is null.
FactRow: Any = Union[tuple(model for _, model in TABLES.values())]  # noqa: UP007 -- made at run time


class FactReply(Framed):
    """A row with what sources disagree about in it."""

    doses: str
    table: TableName
    about: str
    record: FactRow
    disagreements: list[TableDisagreement]


class TraceSource(Open):
    """A page a value was read on."""

    url: str
    kind: str


class TraceReply(Framed):
    """The way back from a value to the pages it was read on."""

    id: str
    kind: str = Field(description="study, trial or the name of a table")
    field: str
    value: Any
    unit: str | None
    arm: str | None
    outcome: str | None
    timepoint: str | None
    instrument: str | None
    sources: list[TraceSource]
    stated: bool = Field(
        description="false: no source claims this part, so all of the record are listed"
    )
    read: str
    disagreements: list[dict[str, Any]]
    file: str
    line: int


class VocabularyReply(Vocabulary):
    """Every term."""

    notice: str
    evidence: Evidence


class ClaimEvidence(Open):
    """A record a verdict rests on."""

    id: str
    shows: str
    url: str


class CheckedClaim(Open):
    """A claim, its slots and its verdict. Claims of an article also have their place in it."""

    text: str
    verdict: Literal[
        "supported", "partly-supported", "contradicted", "no-evidence", "not-checkable", "unverified"
    ]  # fmt: skip
    issues: list[str]
    explanation: str
    evidence: list[ClaimEvidence]
    certainty: Level | None = Field(description="of the answer it was held against, if any")
    question: str | None
    claim_type: str
    substances: list[str]
    condition: str
    approach: str
    direction: str
    certainty_wording: str
    id: int | None = Field(default=None, description="single claims: 1, 2, …")
    sentence: int | None = None
    start: int | None = None
    end: int | None = None
    magnitude: dict[str, Any] | None = None


class Gap(Open):
    """What a fair article on the subject would have said."""

    topic: str
    evidence: list[str]


class CheckReply(Framed):
    """The claims of a text, with verdicts; `article`, `missing` and `summary` for articles only."""

    claims: list[CheckedClaim]
    article: dict[str, Any] | None = None
    missing: list[Gap] | None = None
    summary: dict[str, int] | None = None


class PooledStudy(Open):
    """The effect of one study."""

    label: str
    y: float | None
    v: float | None


class PoolReply(Open):
    """A pooled result, with the names of ``aponia pool --json``."""

    notice: str
    scale: str = Field(description="what the numbers are on; ratios are logarithms")
    effects: list[PooledStudy]
    names: list[str]
    coef: list[float]
    se: list[float]
    ci_lower: list[float | None]
    ci_upper: list[float | None]
    p: list[float | None]
    tau2: float | None
    i2: float | None
    q: float | None
    k: int
    pi_lower: float | None
    pi_upper: float | None
    method: str
    test: str
    level: float
    converged: bool
    n_dropped: int
    labels: list[str]
    used: list[str] = Field(description="what was left out or warned of")
    bayes: dict[str, Any] | None


def columns_of(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the columns of a list of such items."""
    return tuple(f.alias or name for name, f in model.model_fields.items())


def table_columns(table: str) -> tuple[str, ...]:
    """Return the columns of a table as in its file."""
    return TABLES[table][1].columns()
