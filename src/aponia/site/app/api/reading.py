"""Reading the evidence: questions, answers, studies, trials, facts, the map, the vocabulary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

import aponia
from aponia.evidence.codes import Design, Phase, TrialStatus
from aponia.site import reading
from aponia.site.app.api import models
from aponia.site.app.api.replies import Cut, Form, JsonOnly, listing, single
from aponia.site.app.limits import limited
from aponia.site.app.problems import problems
from aponia.site.app.queries import only_known
from aponia.site.app.world import world_of
from aponia.site.views.common import World

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["evidence"], dependencies=[Depends(only_known)])

Known = Annotated[World, Depends(world_of)]
_Cut = Annotated[Cut, Depends()]
Id = Annotated[str, Path(max_length=140, description="a stable id, as lists give it")]
_Term = {"max_length": 100}
Condition = Annotated[
    str | None, Query(**_Term, description="id, name or synonym of a condition", examples=["cluster-headache"])
]  # fmt: skip
Substance = Annotated[
    str | None, Query(**_Term, description="id, name or synonym of a substance", examples=["psilocybin"])
]  # fmt: skip
Approach = Annotated[
    str | None, Query(**_Term, description="microdose, psycholytic, macrodose …", examples=["microdose"])
]  # fmt: skip
Words = Annotated[str | None, Query(max_length=200, description="words that must all stand in it")]
Year = Annotated[int | None, Query(ge=1900, le=2100)]

_LIST_HEADERS = {
    "ETag": {"schema": {"type": "string"}, "description": "for If-None-Match"},
    "Link": {"schema": {"type": "string"}, "description": "first, prev, next and last page (RFC 8288)"},
    "X-Total-Count": {"schema": {"type": "integer"}, "description": "items on all pages"},
}  # fmt: skip


def _unchanged() -> dict[int | str, dict[str, Any]]:
    return {304: {"description": "What If-None-Match named is still what stands here."}}


def _list_route(path: str, summary: str, item: Any, *codes: int) -> Callable[[Any], Any]:
    """Register a list at its address, and with ``.csv`` and ``.json`` after it."""

    def register(function: Any) -> Any:
        responses: dict[int | str, dict[str, Any]] = {
            200: {
                "description": "A page of the list; as CSV everything that fits, unless limit is given.",
                "headers": _LIST_HEADERS,
                "content": {"text/csv": {"schema": {"type": "string"}}},
            },
            **_unchanged(),
            **problems(406, 422, *codes),
        }
        _twins(path, function, (".csv", ".json"))
        router.add_api_route(
            path, function, methods=["GET"], summary=summary, response_model=models.Listing[item],
            responses=responses,
        )  # fmt: skip
        return function

    return register


def _twins(path: str, function: Any, suffixes: tuple[str, ...]) -> None:
    """Register the same under other endings; before the plain address, whose id would take them."""
    for suffix in suffixes:
        router.add_api_route(
            path + suffix, function, methods=["GET"], include_in_schema=False, response_model=None
        )


def _document(path: str, summary: str, model: Any, *codes: int) -> Callable[[Any], Any]:
    """Register a single document; one with a name of its own also with ``.json`` after it."""

    def register(function: Any) -> Any:
        if path.endswith("}") or path == "/vocabulary":
            _twins(path, function, (".json",))
        elif path == "":
            _twins(path, function, ("/",))
        router.add_api_route(
            path, function, methods=["GET"], summary=summary, response_model=model,
            responses={200: {"headers": {"ETag": _LIST_HEADERS["ETag"]}}, **_unchanged(),
                       **problems(406, 422, *codes)},
        )  # fmt: skip
        return function

    return register


_IDS = (
    "Ids of questions, answers, studies, trials and rows stay what they are: they are file names and row names of "
    "the evidence base, registered trials have the id of their registry. A record that is withdrawn answers 404. "
    "Within /api/v1 fields and addresses may be added; none is renamed or taken away. evidence.digest changes with "
    "any change of the evidence, and ETag with any change of a reply."
)


@_document("", "What there is", models.Index)
def index(request: Request, world: Known, form: JsonOnly) -> Response:
    """Return the way in: links, version, state of the evidence, licence and citation."""
    root = "/api/v1"
    names = ("questions", "answers", "studies", "trials", "facts", "map", "vocabulary")
    return single(request, {
        "notice": reading.NOTICE,
        "evidence": reading.evidence_note(world),
        "name": "aponia",
        "version": aponia.__version__,
        "licence": reading.LICENCE,
        "citation": reading.citation(world),
        "ids": _IDS,
        "counts": world.base.counts(),
        "links": {n: f"{root}/{n}" for n in names} | {
            "ask": f"{root}/ask", "trace": f"{root}/trace", "claims/check": f"{root}/claims/check",
            "pool": f"{root}/pool", "openapi": f"{root}/openapi.json", "documentation": "/api/",
        },
    })  # fmt: skip


@_list_route("/questions", "Living questions", models.QuestionShort)
def questions(
    request: Request, world: Known, form: Form, cut: _Cut,
    condition: Condition = None, substance: Substance = None, approach: Approach = None,
) -> Response:  # fmt: skip
    """List the questions the evidence is kept up to date for, in order of id."""
    rows = reading.question_list(world, condition=condition, substance=substance, approach=approach)
    return listing(request, rows, models.columns_of(models.QuestionShort), form, cut)


@_document("/questions/{question_id}", "One question", models.QuestionReply, 404, 422)
def question(request: Request, world: Known, form: JsonOnly, question_id: Id) -> Response:
    """Return a question: population, substances, outcomes in order, time window, kinds of study."""
    return single(request, reading.question_doc(world, question_id))


@_list_route("/answers", "Answers in short", models.AnswerShort)
def answers(
    request: Request, world: Known, form: Form, cut: _Cut,
    condition: Condition = None, substance: Substance = None, approach: Approach = None,
    status: Annotated[str | None, Query(**_Term, description="answered, not-tested …")] = None,
    certainty: models.Level | None = None,
    direction: models.Direction | None = None,
) -> Response:  # fmt: skip
    """List the answers, each with its certainty and its harms, in order of id."""
    rows = reading.answer_list(
        world, condition=condition, substance=substance, approach=approach, status=status,
        certainty=certainty, direction=direction,
    )  # fmt: skip
    return listing(request, rows, models.columns_of(models.AnswerShort), form, cut)


@_list_route("/answers/{answer_id}/rows", "Every result behind an answer", models.AnswerRow, 404)
def rows(request: Request, world: Known, form: Form, cut: _Cut, answer_id: Id) -> Response:
    """List every result that was read for an answer, also those that enter no synthesis (`chosen` false)."""
    found = reading.answer_rows(world, answer_id)
    return listing(request, found, models.columns_of(models.AnswerRow), form, cut)


@_document("/answers/{answer_id}", "One answer, whole", models.AnswerReply, 404, 422)
def answer(request: Request, world: Known, form: JsonOnly, answer_id: Id) -> Response:
    """Return an answer: sentences, certainty and why, layers of design, harms, trials, sources, dates."""
    return single(request, reading.answer_doc(world, answer_id))


@_document("/ask", "Ask in words", models.Asked, 404, 422, 429)
def ask(
    request: Request, world: Known, form: JsonOnly, limit: Annotated[None, Depends(limited("search"))],
    q: Annotated[str, Query(min_length=2, max_length=300, examples=["psilocybin for cluster headache"])],
) -> Response:  # fmt: skip
    """Find the living question that words ask, and return its answer. No dose is given."""
    return single(request, reading.ask(world, q))


_STUDY_SORT = Literal["id", "year", "-year", "label", "people", "-people"]


@_list_route("/studies", "Studies in short", models.StudyShort)
def studies(
    request: Request, world: Known, form: Form, cut: _Cut,
    condition: Condition = None, substance: Substance = None, approach: Approach = None,
    design: Design | None = None, layer: models.LayerName | None = None,
    year: Year = None, since: Annotated[int | None, Query(ge=1900, le=2100, description="first year")] = None,
    q: Words = None, sort: _STUDY_SORT = "id",
) -> Response:  # fmt: skip
    """List the studies."""
    found = reading.study_list(
        world, condition=condition, substance=substance, approach=approach, design=design,
        layer=layer, year=year, since=since, q=q,
    )  # fmt: skip
    return listing(request, found, models.columns_of(models.StudyShort), form, cut, sort=sort)


@_document("/studies/{study_id}", "One study, whole", models.StudyReply, 404, 422)
def study(request: Request, world: Known, form: JsonOnly, study_id: Id) -> Response:
    """Return a study with its results, sources and disagreements. Doses are what the trial gave."""
    return single(request, reading.study_doc(world, study_id))


_TRIAL_SORT = Literal["id", "start", "-start", "completion", "-completion", "status"]


@_list_route("/trials", "Registered trials in short", models.TrialShort)
def trials(
    request: Request, world: Known, form: Form, cut: _Cut,
    condition: Condition = None, substance: Substance = None, approach: Approach = None,
    status: TrialStatus | None = None, phase: Phase | None = None,
    running: Annotated[bool | None, Query(description="recruiting, planned or active")] = None,
    year: Annotated[int | None, Query(ge=1900, le=2100, description="of the start")] = None,
    q: Words = None, sort: _TRIAL_SORT = "id",
) -> Response:  # fmt: skip
    """List the registered trials; the status is as of the day in `status_seen`."""
    found = reading.trial_list(
        world, condition=condition, substance=substance, approach=approach, status=status,
        phase=phase, running=running, year=year, q=q,
    )  # fmt: skip
    return listing(request, found, models.columns_of(models.TrialShort), form, cut, sort=sort)


@_document("/trials/{trial_id}", "One registered trial, whole", models.TrialReply, 404, 422)
def trial(request: Request, world: Known, form: JsonOnly, trial_id: Id) -> Response:
    """Return a registered trial. Doses are what the trial gives its participants."""
    return single(request, reading.trial_doc(world, trial_id))


@_list_route("/facts", "Tables of facts", models.FactTable)
def facts(request: Request, world: Known, form: Form, cut: _Cut) -> Response:
    """List the tables: interactions, who trials leave out, law, receptor occupancy and the rest."""
    return listing(request, reading.fact_tables(world), models.columns_of(models.FactTable), form, cut)  # fmt: skip


@_list_route("/facts/{table}", "Rows of a table", models.FactRow, 404)
def fact_rows(
    request: Request, world: Known, form: Form, cut: _Cut, table: models.TableName,
    substance: Substance = None, condition: Condition = None, q: Words = None,
) -> Response:  # fmt: skip
    """List rows of a table, each with its source and how much of it was read."""
    found = reading.fact_list(world, table, substance=substance, condition=condition, q=q)
    return listing(request, found, models.table_columns(table), form, cut)


@_document("/facts/{table}/{row_id}", "One row", models.FactReply, 404, 422)
def fact(
    request: Request, world: Known, form: JsonOnly, table: models.TableName, row_id: Id
) -> Response:
    """Return a row with what sources disagree about in it."""
    return single(request, reading.fact_doc(world, table, row_id))


@_list_route("/map", "The evidence map", models.Cell)
def cells(
    request: Request, world: Known, form: Form, cut: _Cut,
    condition: Condition = None, substance: Substance = None, approach: Approach = None,
) -> Response:  # fmt: skip
    """List conditions × substances: what the best evidence is, also where there is none."""
    found = reading.evidence_cells(world, condition=condition, substance=substance, approach=approach)  # fmt: skip
    return listing(request, found, models.columns_of(models.Cell), form, cut)


@_document("/vocabulary", "Terms", models.VocabularyReply)
def vocabulary(request: Request, world: Known, form: JsonOnly) -> Response:
    """Return the terms: conditions, substances, approaches, constructs, instruments, with synonyms."""
    return single(request, reading.vocabulary_doc(world))


@_document("/trace", "Where a number comes from", models.TraceReply, 404, 422)
def trace(
    request: Request, world: Known, form: JsonOnly,
    record: Annotated[str, Query(max_length=200, description="id of a study, trial or row (table/id where needed)",
                                 examples=["schindler-2022-cluster-headache"])],
    field: Annotated[str, Query(max_length=200, description="path of the field",
                                examples=["outcomes[0].results[0].change_mean"])],
) -> Response:  # fmt: skip
    """Return the pages a value was read on, how much of the paper was read, and its file and line."""
    return single(request, reading.trace_doc(world, record, field))
