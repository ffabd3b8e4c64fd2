"""The addresses of Explore."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from aponia.answers import Answer
from aponia.answers.explore import Explored, can_explore, explore, why_not
from aponia.answers.explore_choices import ChoiceError, Choices, read_choices, reviewed_choices
from aponia.site.app.explore.recent import Recent
from aponia.site.app.limits import limited
from aponia.site.app.live import live_page, live_text
from aponia.site.app.world import world_of
from aponia.site.views import explore as view
from aponia.site.views.common import World

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_pages: Recent[str] = Recent(512)
_views: Recent[Explored] = Recent(512)
_DIGEST = re.compile(r"[0-9a-f]{12}")
Pairs = list[tuple[str, str]]


@router.get("/explore")
@router.get("/explore/")
def index(request: Request) -> Response:
    """List the questions whose analysis can be changed."""
    world = world_of(request)
    questions = world.base.questions
    shown = [a for a in world.answers.values() if can_explore(questions[a.id], a)]
    return live_page(
        world,
        "explore_index.html",
        path="explore/",
        title="Change the analysis",
        description="Questions whose analysis can be changed, to see what the answer rests on.",
        answers=shown,
    )


@router.get("/explore/{question}.json")
def as_json(request: Request, question: str) -> Response:
    """Return a view as JSON."""
    world, answer = _answer(request, question)
    found = _explored(request, world, answer, _pairs(request)[0])
    pairs = found.choices.pairs(found.reviewed)
    body = {
        "reviewed": not pairs,
        "notice": "This is the reviewed answer." if not pairs else "Not the reviewed answer: somebody changed the analysis.",
        "link": view.address(question, [*pairs, ("evidence", world.base.digest[:12])]),
        "evidence": {"digest": world.base.digest, "released": world.released},
        "view": found.to_dict(),
        "reviewed_sentence": answer.sentences.plain,
    }  # fmt: skip
    return JSONResponse(body)


_COLUMNS = (
    "study", "label", "in_view", "why", "outcome", "timepoint", "comparator", "active", "control",
    "measure", "unit", "estimate", "ci_lower", "ci_upper", "level", "how", "direction", "p",
)  # fmt: skip


@router.get("/explore/{question}.csv")
def as_csv(request: Request, question: str) -> Response:
    """Return the trials of a view and its result as CSV."""
    world, answer = _answer(request, question)
    found = _explored(request, world, answer, _pairs(request)[0])
    rows = {r.study: r for r in found.headline.rows} if found.headline else {}
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for use in found.trials:
        r = rows.get(use.study)
        e = r.effect if r else None
        writer.writerow([
            use.study, use.label, use.used, use.why,
            *([r.outcome_name, r.timepoint, r.comparator, r.active, r.control] if r else [None] * 5),
            *([e.measure, e.unit, _cell(e.estimate), _cell(e.ci_lower), _cell(e.ci_upper), 0.95, e.how] if e else [None] * 7),
            *([r.direction, r.p] if r else [None] * 2),
        ])  # fmt: skip
    for s in found.syntheses:
        if s.kind in ("pooled", "single"):
            name = "together" if s.kind == "pooled" else "one trial"
            writer.writerow([
                name, f"{s.k} trials, {s.people} people", True, "", s.label, None, s.comparator, None, None,
                s.measure, s.unit, _cell(s.estimate), _cell(s.ci_lower), _cell(s.ci_upper), s.level, s.method, s.direction, None,
            ])  # fmt: skip
    name = f'attachment; filename="{question}-explored.csv"'
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": name})  # fmt: skip


def _cell(value: float) -> float | None:
    return None if value != value else round(value, 6)


@router.get("/explore/{question}")
def page(request: Request, question: str) -> Response:
    """Show a view, at its one address."""
    world, answer = _answer(request, question)
    asked = world.base.questions[question]
    if reason := why_not(asked, answer):
        return _show(world, answer, "explore_none.html", reason=reason)
    pairs, evidence = _pairs(request)
    try:
        choices, start = read_choices(pairs, asked, answer)
        _check_evidence(evidence)
        wanted = [*choices.pairs(start), *(("evidence", e) for e in evidence)]
        if list(request.query_params.multi_items()) != wanted:
            return RedirectResponse(view.address(question, wanted), status_code=303)
        key = (world.base.digest, world.today, choices, tuple(evidence), question)
        text = _pages.get(key, lambda: _page_text(request, world, answer, pairs, evidence))
    except ChoiceError as error:
        return _refused(world, answer, pairs, error)
    return HTMLResponse(text)


def _page_text(
    request: Request, world: World, answer: Answer, pairs: Pairs, evidence: Sequence[str]
) -> str:
    found = _explored(request, world, answer, pairs)
    return live_text(
        world,
        "explore.html",
        **_frame(answer),
        **view.common_context(world, answer),
        **view.result_context(world, answer, found),
        form=view.form_of(world, answer, view.values_of(found.choices), found.reviewed),
        other_evidence=next((e for e in evidence if e != world.base.digest[:12]), ""),
    )


def _frame(answer: Answer) -> dict[str, str]:
    return {
        "path": f"explore/{answer.id}",
        "title": f"{answer.short}: change the analysis",
        "description": "The analysis of this question under other choices. Not the reviewed answer.",
    }


def _show(world: World, answer: Answer, template: str, code: int = 200, **values: Any) -> Response:
    shown = {**_frame(answer), **view.common_context(world, answer), **values}
    return live_page(world, template, code=code, **shown)


def _refused(world: World, answer: Answer, pairs: Pairs, error: ChoiceError) -> Response:
    start = reviewed_choices(world.base.questions[answer.id], answer)
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value[:60])
    form = view.form_of(world, answer, given, start)
    wrong = dict(error.problems)
    return _show(world, answer, "explore_refused.html", 422, form=form, problems=error.problems, wrong=wrong)  # fmt: skip


def _answer(request: Request, question: str) -> tuple[World, Answer]:
    world = world_of(request)
    answer = world.answers.get(question)
    if answer is None:
        raise HTTPException(404, "there is no question of that name")
    return world, answer


def _pairs(request: Request) -> tuple[Pairs, list[str]]:
    """Return the choices of an address, and the evidence it was made with."""
    items = request.query_params.multi_items()
    if len(items) > 200:
        raise HTTPException(422, "this address holds too many choices")
    return [p for p in items if p[0] != "evidence"], [v for k, v in items if k == "evidence"]


def _check_evidence(evidence: Sequence[str]) -> None:
    if len(evidence) > 1 or any(not _DIGEST.fullmatch(e) for e in evidence):
        raise ChoiceError([("evidence", "“evidence” names the state of the base a link was made with: twelve of 0–9 and a–f, once")])  # fmt: skip


def _explored(request: Request, world: World, answer: Answer, pairs: Pairs) -> Explored:
    question = world.base.questions[answer.id]
    if reason := why_not(question, answer):
        raise HTTPException(422, reason)
    try:
        choices, start = read_choices(pairs, question, answer)

        def compute() -> Explored:
            # only what has to be computed counts against the rate
            limited("pool")(request)
            return explore(world.base, question, answer, choices, start)

        key: tuple[str, str, Choices] = (world.base.digest, answer.id, choices)
        return _views.get(key, compute)
    except ChoiceError as error:
        if request.url.path.endswith((".json", ".csv")):
            raise HTTPException(422, str(error)) from error
        raise
