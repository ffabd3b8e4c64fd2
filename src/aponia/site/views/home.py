"""The start page: the evidence map, the newest facts about the base, how to read it."""

from __future__ import annotations

from aponia.answers import evidence_map
from aponia.answers.map import MapCell as AnswerCell
from aponia.site.charts.evidence_map import (
    Approach,
    EvidenceMap,
    MapCell,
    MapColumn,
    MapRow,
    MapView,
)
from aponia.site.render import Page
from aponia.site.views.common import DIRECTION, RED_FLAGS, World, certainty_key

__all__ = ["cell_page_path", "empty_cell_pages", "home_page"]

_FILTERS = (
    ("all", "All"),
    ("macrodose", "Full dose"),
    ("psycholytic", "Psycholytic"),
    ("microdose", "Microdose"),
    ("infusion", "Infusion"),
)


def home_page(world: World) -> Page:
    """Return the start page."""
    maps = {
        key: evidence_map(world.base, world.answers, None if key == "all" else key)
        for key, _ in _FILTERS
    }
    whole = maps["all"]
    rows = []
    for condition, label in whole.rows:
        cells = []
        for column, _ in whole.columns:
            cell = whole.cells[condition, column]
            views = [
                _view(key, maps[key].cells[condition, column])
                for key, _ in _FILTERS
                if _holds(maps[key].cells[condition, column])
            ]
            words = (
                "not gathered here yet" if cell.kind == "not-covered" else "nobody has tested this"
            )
            cells.append(MapCell(href=_href(cell), views=tuple(views), empty=words))
        rows.append(MapRow(label=label, cells=tuple(cells)))
    tested = sum(1 for c in whole.cells.values() if c.kind == "randomised")
    empty = sum(1 for c in whole.cells.values() if c.kind in ("not-tested", "not-covered"))
    chart = EvidenceMap(
        caption=f"{tested} of {len(whole.cells)} pairs of condition and drug have a randomised trial; {empty} have no study in the base",
        columns=tuple(MapColumn(label) for _, label in whole.columns),
        rows=tuple(rows),
        approaches=tuple(Approach(k, label) for k, label in _FILTERS),
    )
    people = sum(c.people for c in whole.cells.values())
    return Page(
        path="index.html",
        template="home.html",
        title="Psychedelics in pain: the evidence",
        description="What studies of psilocybin, LSD, DMT, MDMA and ketamine in pain really found, how sure anyone can be, and what nobody has tested.",
        nav="map",
        patient=True,
        context={
            "map": chart,
            "studies": len(world.base.studies),
            "trials": len(world.base.trials),
            "questions": len(world.answers),
            "people": people,
            "tested": tested,
            "empty": empty,
            "cells": len(whole.cells),
            "highlights": _highlights(world),
            "crisis": world.crisis_lines,
            "red_flags": RED_FLAGS,
        },
    )


def _holds(cell: AnswerCell) -> bool:
    return cell.kind not in ("not-tested", "not-covered") or cell.running > 0


def _view(key: str, cell: AnswerCell) -> MapView:
    return MapView(
        approach=key,
        people=cell.people if cell.kind in ("randomised", "weaker") else 0,
        direction=DIRECTION[cell.direction],
        certainty=certainty_key(cell.certainty) if cell.certainty else "none",  # type: ignore[arg-type]
        trial_running=cell.running > 0,
        animals_only=cell.kind == "animals-only",
        words="studied, people not counted"
        if cell.kind in ("randomised", "weaker")
        else "trial only"
        if cell.kind != "not-covered"
        else "not gathered here yet",
    )


def _href(cell: AnswerCell) -> str:
    if cell.question:
        return f"questions/{cell.question}.html"
    return cell_page_path(cell)


def cell_page_path(cell: AnswerCell) -> str:
    """Return the page of a cell that no living question covers."""
    return f"map/{cell.condition}--{cell.substance}.html"


def empty_cell_pages(world: World) -> list[Page]:
    """Return a short page for every pair without a living question: it is an answer as well."""
    whole = evidence_map(world.base, world.answers)
    conditions, columns = dict(whole.rows), dict(whole.columns)
    pages = []
    for cell in whole.cells.values():
        if cell.question:
            continue
        condition, drug = conditions[cell.condition], columns[cell.substance]
        found = [
            world.study_link(s, "../")
            for s in world.base.studies.values()
            if s.condition == cell.condition and cell.substance in s.substances
        ]
        near = [
            {"text": a.short, "href": f"../questions/{a.id}.html"}
            for a in world.answers.values()
            if cell.condition in a.conditions and not a.approaches and len(a.conditions) <= 3
        ]
        pages.append(
            Page(
                path=cell_page_path(cell),
                template="cell.html",
                title=f"{drug}: {condition}",
                description=f"Nobody has tested {drug} for {condition}, as far as this base knows.",
                nav="map",
                patient=True,
                context={
                    "condition": condition,
                    "drug": drug,
                    "cell": cell,
                    "studies": found,
                    "near": near[:6],
                },
            )
        )
    return pages


def _highlights(world: World) -> list[dict[str, str]]:
    wanted = (
        "psilocybin-cluster-headache",
        "psilocybin-migraine",
        "full-dose-duration",
        "ketamine-chronic-pain",
    )
    return [
        {
            "ask": a.ask,
            "plain": a.sentences.plain,
            "href": f"questions/{a.id}.html",
            "certainty": certainty_key(a.certainty.level) if a.status == "answered" else "none",
        }
        for a in (world.answers[q] for q in wanted if q in world.answers)
    ]
