"""The approaches by what trials gave: bands as published, studies by approach, labels that differ."""

from __future__ import annotations

from aponia.answers.rows import number
from aponia.site.charts import Link, Row, Table
from aponia.site.render import Page
from aponia.site.views.common import World

__all__ = ["approach_page"]

_SHOWN = ("macrodose", "psycholytic", "microdose", "infusion", "mixed", "unclear")


def approach_page(world: World) -> Page:
    """Return the page of the approaches."""
    bands = [
        Row(
            (
                world.label("substances", b.substance) + (f" ({b.form})" if b.form else ""),
                b.band,
                _range(b.low, b.high, b.unit),
                b.route,
                b.kind,
                b.statement,
                Link(b.source_url.removeprefix("https://").split("/")[0], b.source_url),
            )
        )
        for b in world.base.dose_bands
    ]
    occupancy = [
        Row(
            (
                world.label("substances", o.substance),
                _range(o.dose_low or o.dose, o.dose_high or o.dose, o.dose_unit),
                o.quantity,
                (
                    f"{number(o.value)} {o.unit}"
                    if o.value is not None
                    else o.value_text or "not known"
                ),
                o.note or "–",
                Link(o.source_url.removeprefix("https://").split("/")[0], o.source_url),
            )
        )
        for o in world.base.receptor_occupancy
    ]
    sections = []
    for approach in _SHOWN:
        studies = [s for s in world.base.studies.values() if s.approach == approach]
        term = world.base.vocabulary.term("approaches", approach)
        rows = [
            Row(
                (
                    Link(s.label, f"../studies/{s.id}.html"),
                    world.labels("substances", s.substances),
                    world.label("conditions", s.condition),
                    s.design.replace("-", " "),
                    number(float(n))
                    if (n := s.population.n_analysed or s.population.n_randomized)
                    else None,
                )
            )
            for s in sorted(studies, key=lambda s: (s.condition, s.id))
        ]
        sections.append(
            {
                "name": term.label if term else approach,
                "plain": term.plain if term else "",
                "n": len(studies),
                "table": Table(
                    f"Studies: {term.label if term else approach}",
                    ("Study", "Drugs", "Condition", "Design", "n"),
                    rows,
                    numeric=(4,),
                )
                if rows
                else None,
            }
        )
    links = [
        {"text": a.ask, "href": f"../questions/{a.id}.html", "plain": a.sentences.plain}
        for a in world.answers.values()
        if a.approaches
    ]
    return Page(
        "approaches/index.html",
        "approaches.html",
        "Approaches",
        "Full dose, psycholytic and microdose: what studies gave and what was found at each level.",
        "approaches",
        {
            "sections": sections,
            "links": links,
            "bands": Table(
                "Dose bands as publications state them",
                (
                    "Drug",
                    "Band",
                    "Band as published",
                    "Route",
                    "Kind of source",
                    "Statement",
                    "Source",
                ),
                bands,
                note="What papers call a dose, not what anybody should take. Papers disagree.",
            ),
            "occupancy": Table(
                "How much of the 5-HT2A receptor was occupied",
                ("Drug", "The study gave", "What was measured", "Value", "Note", "Source"),
                occupancy,
            ),
        },
        patient=True,
    )


def _range(low: float | None, high: float | None, unit: str | None) -> str | None:
    if low is None and high is None:
        return None
    if low is None:
        text = f"up to {number(high)}"
    elif high is None:
        text = f"{number(low)} or more"
    else:
        text = number(low) if low == high else f"{number(low)}–{number(high)}"
    return f"{text} {unit or ''}".strip()
