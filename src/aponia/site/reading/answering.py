"""Questions and their answers, each with its sources; the map of what was tested."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aponia.answers import Answer, evidence_map, find_question
from aponia.answers.layers import layer_of
from aponia.answers.map import COLUMNS
from aponia.evidence import Question
from aponia.site.reading.frame import (
    NOTICE,
    WARNINGS,
    NotFoundError,
    evidence_note,
    refusal,
    term_ids,
)
from aponia.site.views.common import World

__all__ = [
    "answer_doc",
    "answer_list",
    "answer_rows",
    "ask",
    "evidence_cells",
    "question_doc",
    "question_list",
]


def _fits(record: Question | Answer, **wanted: str | None) -> bool:
    """Whether a record has every term that is wanted."""
    return all(term is None or term in getattr(record, name) for name, term in wanted.items())


def question_list(
    world: World,
    *,
    condition: str | None = None,
    substance: str | None = None,
    approach: str | None = None,
) -> list[dict[str, Any]]:
    """Return the living questions, in order of id.

    Raises
    ------
    UnknownTermError
        A filter names no term of the vocabulary.
    """
    condition, substance, approach = term_ids(world, condition, substance, approach)
    return [
        _question(world, q)
        for q in sorted(world.base.questions.values(), key=lambda q: q.id)
        if _fits(q, conditions=condition, substances=substance, approaches=approach)
    ]


def _question(world: World, question: Question) -> dict[str, Any]:
    found = world.answers[question.id]
    return {
        **question.model_dump(mode="json", by_alias=True),
        "status": found.status,
        "certainty": found.certainty.level,
    }


def question_doc(world: World, question_id: str) -> dict[str, Any]:
    """Return one question as it is asked, and how certain its answer is.

    Raises
    ------
    NotFoundError
        There is no such question.
    """
    question = world.base.questions.get(question_id)
    if question is None:
        raise NotFoundError(f"there is no question {question_id!r}")
    return {"notice": NOTICE, "evidence": evidence_note(world), **_question(world, question)}


def answer_list(
    world: World,
    *,
    condition: str | None = None,
    substance: str | None = None,
    approach: str | None = None,
    status: str | None = None,
    certainty: str | None = None,
    direction: str | None = None,
) -> list[dict[str, Any]]:
    """Return the answers in short, in order of id.

    Raises
    ------
    UnknownTermError
        A filter names no term of the vocabulary.
    """
    condition, substance, approach = term_ids(world, condition, substance, approach)
    return [
        {
            "id": a.id,
            "short": a.short,
            "ask": a.ask,
            "status": a.status,
            "certainty": a.certainty.level,
            "direction": a.direction,
            "plain": a.sentences.plain,
            "harm": a.sentences.harm,
            "people": a.people,
            "conditions": list(a.conditions),
            "substances": list(a.substances),
            "approaches": list(a.approaches),
            "data_changed": a.dates.get("data_changed"),
        }
        for a in sorted(world.answers.values(), key=lambda a: a.id)
        if _fits(a, conditions=condition, substances=substance, approaches=approach)
        and status in (None, a.status)
        and certainty in (None, a.certainty.level)
        and direction in (None, a.direction)
    ]


def answer_doc(world: World, answer_id: str) -> dict[str, Any]:
    """Return one answer whole, with its sources and warnings.

    Raises
    ------
    NotFoundError
        There is no such answer.
    """
    answer = world.answers.get(answer_id)
    if answer is None:
        raise NotFoundError(f"there is no answer {answer_id!r}")
    return {
        "notice": NOTICE,
        "warnings": list(WARNINGS),
        "evidence": evidence_note(world),
        "sources": list(_sources(world, answer)),
        **answer.to_dict(),
    }


def _sources(world: World, answer: Answer) -> Iterable[dict[str, Any]]:
    studies = dict.fromkeys(s for layer in answer.layers for s in layer.studies)
    for kind, ids in (("study", studies), ("review", answer.reviews)):
        for study_id in ids:
            s = world.base.studies[study_id]
            layer = layer_of(s)
            yield {
                "id": s.id,
                "kind": kind,
                "layer": layer.value if layer else None,
                "label": s.label,
                "title": s.title,
                "year": s.year,
                "url": s.url,
                "read": s.read,
            }
    for trial_id in answer.trials:
        t = world.base.trials[trial_id]
        yield {
            "id": t.id,
            "kind": "trial",
            "layer": None,
            "label": t.id,
            "title": t.title,
            "year": int(t.start[:4]) if t.start else None,
            "url": t.url,
            "read": "registry",
        }


def answer_rows(world: World, answer_id: str) -> list[dict[str, Any]]:
    """Return every result behind an answer, layer by layer, one flat row each.

    Raises
    ------
    NotFoundError
        There is no such answer.
    """
    doc = answer_doc(world, answer_id)
    urls = {s["id"]: s["url"] for s in doc["sources"]}
    rows = []
    for layer in doc["layers"]:
        for row in layer["rows"]:
            effect = row.pop("effect") or {}
            flat = {
                f"effect_{k}" if k in ("unit", "how", "derived") else k: effect.get(k)
                for k in ("measure", "estimate", "ci_lower", "ci_upper", "unit", "derived", "how")
            }
            rows.append({"answer": answer_id, "url": urls.get(row["study"]), **row, **flat})
    return rows


def ask(world: World, text: str) -> dict[str, Any]:
    """Return the answer to a question in a person's own words.

    Parameters
    ----------
    world : World
    text : str

    Returns
    -------
    dict
        `asked`, `refused` (why no dose is given, else None) and `answer` as of `answer_doc`.

    Raises
    ------
    NoQuestionError
        No living question resembles it.
    """
    said = refusal(text)
    question = find_question(world.base, text)
    return {"asked": text, "refused": said, "answer": answer_doc(world, question.id)}


def _members(column: str) -> tuple[str, ...]:
    """Return the substances that share a column of the map."""
    return next((members for name, _, members in COLUMNS if name == column), (column,))


def evidence_cells(
    world: World,
    *,
    approach: str | None = None,
    condition: str | None = None,
    substance: str | None = None,
) -> list[dict[str, Any]]:
    """Return the cells of the evidence map; the empty ones are answers too.

    Raises
    ------
    UnknownTermError
        A filter names no term of the vocabulary.
    """
    condition, substance, approach = term_ids(world, condition, substance, approach)
    drawn = evidence_map(world.base, world.answers, approach)
    return [
        {
            "condition": c.condition,
            "substance": c.substance,
            "kind": c.kind,
            "question": c.question,
            "certainty": c.certainty,
            "direction": c.direction,
            "people": c.people,
            "studies": c.studies,
            "by_layer": dict(c.by_layer),
            "approaches": sorted(c.approaches),
            "trials": c.trials,
            "running": c.running,
        }
        for c in drawn.cells.values()
        if condition in (None, c.condition)
        and (substance is None or substance in _members(c.substance))
    ]
