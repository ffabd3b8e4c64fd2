"""The question page: answer, size, harm, certainty, layers, plots, trials, sources."""

from __future__ import annotations

import math
from typing import Any

from aponia.answers import LAYERS, Answer, Layer, StudyRow, Synthesis
from aponia.answers.rows import number
from aponia.evidence import Study
from aponia.site.charts import (
    Figure,
    ForestPlot,
    ForestPooled,
    ForestRow,
    Link,
    Quoted,
    Row,
    Table,
    forest_figure,
)
from aponia.site.citations import cite_answer
from aponia.site.dates import is_overdue, written_date
from aponia.site.render import Page
from aponia.site.views import pictures
from aponia.site.views.approach_levels import question_slices
from aponia.site.views.common import DIRECTION, RED_FLAGS, World, certainty_key

__all__ = ["forest_of", "group_of", "question_index", "question_page", "rows_table"]

_STATUS = {
    "answered": "Tested in people",
    "only-weaker-layers": "No randomised trial",
    "animals-only": "Animals only",
    "not-tested": "Nobody has tested this",
    "reviews-only": "Reviews only; single studies not gathered yet",
    "not-covered": "Not gathered here yet",
}
_MARKS = {
    "benefit": "towards the drug",
    "harm": "against the drug",
    "no-difference": "neither way",
    "unclear": "not printed",
}


def question_page(world: World, answer: Answer) -> Page:
    """Return the page of one living question."""
    root = "../"
    studies = [world.base.studies[s] for layer in answer.layers for s in layer.studies]
    cited = cite_answer(world, answer)
    figures = [
        {"figure": forest_of(world, s, root), "synthesis": s}
        for layer in answer.layers
        if layer.layer is Layer.RANDOMISED
        for s in layer.syntheses
        if _worth_a_plot(s)
    ]
    context: dict[str, Any] = {
        "answer": answer,
        "certainty": certainty_key(answer.certainty.level)
        if answer.status == "answered"
        else "none",
        "direction": DIRECTION[answer.direction] if answer.status == "answered" else None,
        "meta": _meta(answer),
        "reasons": _reasons(answer),
        "slices": question_slices(world, world.base.questions[answer.id]),
        "ladder": [_rung(world, layer, root) for layer in answer.layers],
        "figures": figures,
        "size": pictures.size_of(answer.headline) if answer.headline else None,
        "directions": pictures.directions_of(answer, root) if answer.status == "answered" else None,
        "durability": pictures.durability_of(answer),
        "history": pictures.history_of(answer),
        "history_steps": answer.history,
        "specifications": pictures.specifications_of(answer),
        "albatross": pictures.albatross_of(answer) if answer.status == "answered" else None,
        "swim": _swim(answer),
        "rob": _rob(world, answer, root),
        "course": _course(world, answer),
        "unblinding": pictures.unblinding_words(answer),
        "tables": [
            rows_table(world, layer.rows, LAYERS[layer.layer].label, root)
            for layer in answer.layers
            if layer.rows
        ],
        "layer_info": [LAYERS[layer.layer] for layer in answer.layers if layer.studies],
        "harms": [
            {
                "text": h.text,
                "kind": h.kind,
                "href": _harm_href(world, h.source, root),
                "who": _harm_source(world, h.source),
            }
            for h in answer.harms
        ],
        "blinding": [_blinding(world, b, root) for b in answer.blinding],
        "trials": [world.trial_card(world.base.trials[t], root) for t in answer.trials],
        "reviews": [_review(world.base.studies[s], root) for s in answer.reviews],
        "disagreements": [_disagreement(world, d, root) for d in answer.disagreements],
        "sources": [_source(s, root) for s in studies],
        "excluded": [
            {
                "id": s,
                "label": world.base.studies[s].label,
                "href": f"{root}studies/{s}.html",
                "why": why,
            }
            for s, why in answer.excluded
        ],
        "related": [{"text": world.answers[q].short, "href": f"{q}.html"} for q in answer.related],
        "exclusions": world.exclusions(answer.substances)[:12],
        "crisis": world.crisis_lines,
        "red_flags": RED_FLAGS,
        "dates": {k: written_date(v) for k, v in answer.dates.items()},
        "overdue": is_overdue(answer.dates["next_due"], world.today),
        "brief": f"{root}briefs/{answer.id}.pdf",
        "downloads": [
            {"label": "Answer as JSON", "href": f"{answer.id}.json"},
            {"label": "Study results as CSV", "href": f"{answer.id}.csv"},
            {"label": "References as RIS", "href": f"{answer.id}.ris"},
            {"label": "This answer’s citation as BibTeX", "href": f"{answer.id}-cite.bib"},
            {"label": "This answer’s citation as RIS", "href": f"{answer.id}-cite.ris"},
            {"label": "Feed of this answer", "href": f"{answer.id}.xml"},
            {"label": "What the columns mean", "href": f"{root}data/codebook.csv"},
        ],
        "citation": cited.text,
        "bibtex": cited.bibtex,
        "status": _STATUS[answer.status],
    }
    return Page(
        path=f"questions/{answer.id}.html",
        template="question.html",
        title=answer.ask,
        description=answer.sentences.plain,
        nav="questions",
        context=context,
        patient=True,
        jsonld={
            "@context": "https://schema.org",
            "@type": "Dataset",
            "name": answer.short,
            "description": answer.sentences.plain,
            "license": "https://creativecommons.org/licenses/by/4.0/",
            "version": world.data_version,
            "creditText": cited.text,
            "dateModified": answer.dates["data_changed"],
            "isAccessibleForFree": True,
            "distribution": [
                {
                    "@type": "DataDownload",
                    "encodingFormat": "application/json",
                    "contentUrl": f"{answer.id}.json",
                },
                {
                    "@type": "DataDownload",
                    "encodingFormat": "text/csv",
                    "contentUrl": f"{answer.id}.csv",
                },
            ],
        },
    )


def question_index(world: World) -> Page:
    """Return the list of all living questions."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for answer in world.answers.values():
        group = group_of(world, answer)
        groups.setdefault(group, []).append(
            {
                "ask": answer.ask,
                "href": f"{answer.id}.html",
                "plain": answer.sentences.plain,
                "status": _STATUS[answer.status],
                "people": answer.people,
                "certainty": certainty_key(answer.certainty.level)
                if answer.status == "answered"
                else "none",
                "direction": DIRECTION[answer.direction] if answer.status == "answered" else None,
            }
        )
    return Page(
        path="questions/index.html",
        template="questions.html",
        title="Living questions",
        description="Every question this base keeps an answer to, with its certainty.",
        nav="questions",
        context={"groups": groups, "total": len(world.answers)},
        patient=True,
    )


def group_of(world: World, answer: Answer) -> str:
    """Return the heading a question stands under in lists."""
    found = world.base.questions[answer.id]
    if found.mechanism:
        return "Mechanisms"
    if found.approaches:
        return "Approaches"
    if len(answer.conditions) > 3:
        return "Across conditions"
    return world.label("conditions", answer.conditions[0])


def _worth_a_plot(found: Synthesis) -> bool:
    return any(
        r.effect is not None and r.effect.has_interval for r in found.rows
    ) and found.kind in ("pooled", "single")


def _meta(answer: Answer) -> list[str]:
    found = []
    if answer.status == "answered" and answer.headline is not None:
        k, n = answer.headline.k, answer.headline.people
        found.append(
            (f"{n} people in " if n else "") + f"{k} randomised {'trial' if k == 1 else 'trials'}"
        )
        found.append(
            "certainty suggested by rule, not yet confirmed by a reviewer"
            if answer.certainty.suggested
            else f"certainty judged by {answer.certainty.by}"
        )
    else:
        found.append(_STATUS[answer.status])
    return found


def _reasons(answer: Answer) -> list[dict[str, str]]:
    items = []
    for j in answer.certainty.judgements:
        down = {0: "no change", -1: "serious (down 1)", -2: "very serious (down 2)"}.get(
            j.levels, f"{j.levels:+d}"
        )
        items.append({"domain": j.domain.capitalize(), "judgement": down, "text": j.reason})
    return items


def _rung(world: World, layer: Any, root: str) -> dict[str, Any]:
    info = LAYERS[layer.layer]
    return {
        "name": info.label,
        "studies": len(layer.studies),
        "people": layer.people,
        "text": layer.sentence,
        "href": f"#layer-{layer.layer.value}" if layer.rows else "",
        "unit": "people",
    }


def forest_of(world: World, found: Synthesis, root: str) -> Figure:
    """Return the forest plot of a synthesis, studies without an interval shown as text rows."""
    log = found.measure == "RR"
    rows = []
    pooled = [r for r in found.rows if _in_pool(r, found)]
    weights = _weights(pooled, found)
    for row in found.rows:
        drawn = _in_pool(row, found)
        effect = row.effect
        rows.append(
            ForestRow(
                label=row.label,
                left=row.active,
                right=row.control,
                effect=effect.estimate if drawn and effect else None,
                ci=(effect.ci_lower, effect.ci_upper) if drawn and effect else None,
                weight=weights.get(row.study),
                text="" if drawn else _row_text(row),
                pooled=drawn,
                derived=effect.how if drawn and effect and effect.derived else "",
                href=f"{root}studies/{row.study}.html",
            )
        )
    totals = []
    if found.kind == "pooled":
        # only an explored view has another level
        level = "" if found.level == 0.95 else f"; {100 * found.level:g}% interval"
        prediction = (found.pi_lower, found.pi_upper) if math.isfinite(found.pi_lower) else None
        totals.append(
            ForestPooled(
                label=f"Together ({found.k} studies, {found.people} people{level})",
                effect=found.estimate,
                ci=(found.ci_lower, found.ci_upper),
                prediction=prediction,
                note=f"τ² {number(found.tau2, 3)}; I² {number(found.i2, 0)}%",
                prediction_label=f"{100 * found.level:g}% prediction interval",
            )
        )
    good_low = found.benefit_sign < 0
    against = {
        "inert-placebo": "placebo",
        "active-placebo": "active placebo",
        "other-treatment": "other treatment",
    }.get(found.comparator, "comparison")
    drug_low, drug_high = f"better with {against}", "better with the drug"
    if good_low:
        drug_low, drug_high = drug_high, drug_low
    return forest_figure(
        ForestPlot(
            title=_finding(found),
            subtitle=_subtitle(found),
            rows=rows,
            pooled=totals,
            measure={"RR": "Risk ratio", "SMD": "Standardised difference"}.get(
                found.measure or "", f"Difference, {found.unit or ''}"
            ),
            left_header="With the drug",
            right_header=f"With {against}",
            favours_low=drug_low,
            favours_high=drug_high,
            log=log,
            mid=(-found.mid, found.mid) if found.mid and not log else None,
            mid_label=f"Shaded: under {number(found.mid)} {found.mid_unit}. A change that large is what one person calls much better; it is no threshold between groups"
            if found.mid
            else "",
            digits=2 if log or found.measure == "SMD" else 1,
        )
    )


def _in_pool(row: StudyRow, found: Synthesis) -> bool:
    e = row.effect
    return e is not None and e.has_interval and e.measure == found.measure and e.unit == found.unit


def _weights(rows: list[StudyRow], found: Synthesis) -> dict[str, float]:
    if found.kind != "pooled":
        return {}
    w = {r.study: 1 / (r.effect.v + found.tau2) for r in rows if r.effect}
    total = sum(w.values())
    return {s: 100 * x / total for s, x in w.items()}


def _row_text(row: StudyRow) -> str:
    parts = [_MARKS[row.direction]]
    if row.p:
        parts.append(f"p {row.p}")
    elif row.significant is False:
        parts.append("printed as not significant")
    return ", ".join(parts)


def _finding(found: Synthesis) -> str:
    side = {"benefit": "towards the drug", "harm": "against the drug"}.get(
        found.direction, "neither way"
    )
    what = found.label[0].upper() + found.label[1:]
    if found.includes_no_difference:
        return f"{what}: the estimate points {side}, the interval includes no difference"
    return f"{what}: the estimate and its interval point {side}"


def _subtitle(found: Synthesis) -> str:
    measure = {
        "RR": "Risk ratio, log scale",
        "SMD": "Standardised mean difference",
        "MD": f"Mean difference in {found.unit or 'the study’s unit'}",
    }.get(found.measure or "", "")
    return f"{measure}. {found.k} {'study' if found.k == 1 else 'studies'} with an interval, {found.people} people. {found.method[0].upper()}{found.method[1:]}."


def rows_table(world: World, rows: tuple[StudyRow, ...], title: str, root: str) -> dict[str, Any]:
    """Return the table of all results of a layer, printed or derived, with the reason for each."""
    body = []
    for r in rows:
        effect = "–"
        if r.effect is not None and math.isfinite(r.effect.estimate):
            digits = 0 if r.effect.measure == "proportion" else 2
            scale = 100 if r.effect.measure == "proportion" else 1
            unit = (
                "%"
                if r.effect.measure == "proportion"
                else (f" {r.effect.unit}" if r.effect.unit else "")
            )
            effect = f"{r.effect.measure} {number(scale * r.effect.estimate, digits)}{unit}"
            if math.isfinite(r.effect.ci_lower):
                effect += f" ({number(scale * r.effect.ci_lower, digits)} to {number(scale * r.effect.ci_upper, digits)})"
        note = "; ".join(
            n
            for n in (
                ("" if r.chosen else "shown beside, not the result chosen"),
                (r.effect.how if r.effect and r.effect.derived else ""),
                *r.notes,
            )
            if n
        )
        body.append(
            Row(
                (
                    Link(r.label, f"{root}studies/{r.study}.html"),
                    Quoted(r.outcome_name or ""),
                    r.timepoint or "not stated",
                    r.active,
                    r.control,
                    r.comparator_text,
                    effect,
                    _MARKS[r.direction],
                    r.p or "–",
                    Quoted(note or "–"),
                )
            )
        )
    headers = (
        "Study",
        "Outcome",
        "When",
        "With the drug",
        "Comparison group",
        "Compared with",
        "Effect",
        "Points",
        "p",
        "Notes",
    )
    layer = rows[0].layer
    return {
        "id": f"layer-{layer.value}",
        "info": LAYERS[layer],
        "table": Table(caption=title, headers=headers, rows=body),
    }


def _harm_href(world: World, source: str, root: str) -> str:
    if source in world.base.studies:
        return f"{root}studies/{source}.html"
    return source


def _harm_source(world: World, source: str) -> str:
    if source in world.base.studies:
        return world.base.studies[source].label
    return source.removeprefix("https://")


def _blinding(world: World, box: dict[str, Any], root: str) -> dict[str, Any]:
    study = world.base.studies[box["study"]]

    def rate(value: float | None) -> str:
        return f"{number(value, 0)}%" if value is not None else ""

    return {
        "label": study.label,
        "href": f"{root}studies/{study.id}.html",
        "masking": box["masking"],
        "comparator": box["comparator"],
        "type": box["comparator_type"].replace("-", " "),
        "asked": {True: "yes", False: "no", None: "not reported"}[box["guess_assessed"]],
        "active": rate(box["active_guess_correct"]),
        "control": rate(box["control_guess_correct"]),
        "note": box["note"] or "",
    }


def _review(study: Study, root: str) -> dict[str, Any]:
    return {
        "label": study.label,
        "href": f"{root}studies/{study.id}.html",
        "findings": study.findings,
    }


def _swim(answer: Answer) -> str:
    """Say the sign test in words: directions, never significance."""
    if answer.swim is None or answer.headline is None or len(answer.headline.rows) < 2:
        return ""
    test = answer.swim["sign_test"]
    benefit, harm, silent = test["n_benefit"], test["n_harm"], answer.swim["silent"]
    text = (
        f"Of {benefit + harm} trials that print a direction, {benefit} point towards the drug (sign test "
        f"p {test['p_if_unclear_benefit']:.2g} to {test['p_if_unclear_harm']:.2g}, counting the silent trials "
        "for it and against it)."
    )
    if silent:
        text += f" {silent} printed only “not significant” and can not be counted."
    return text + " This counts directions, not significance, and says nothing about size."


def _rob(world: World, answer: Answer, root: str) -> dict[str, Any] | None:
    if not answer.risk_of_bias:
        return None
    headers = ("Study", *(d["domain"].capitalize() for d in answer.risk_of_bias[0]["domains"]))
    rows = []
    for entry in answer.risk_of_bias:
        study = world.base.studies[entry["study"]]
        cells = tuple(f"{d['risk'].capitalize()}. {d['why']}" for d in entry["domains"])
        rows.append(Row((Link(study.label, f"{root}studies/{study.id}.html"), *cells)))
    return {
        "table": Table("Risk of bias of each randomised trial (RoB 2, suggested)", headers, rows)
    }


def _course(world: World, answer: Answer) -> Table | None:
    """Return what happens without treatment or on placebo, for questions about one kind of pain."""
    if len(answer.conditions) > 2:
        return None
    rows = []
    for fact in world.base.baseline_course:
        if fact.condition not in answer.conditions:
            continue
        value = number(fact.value) if fact.value is not None else ""
        if fact.lo is not None or fact.hi is not None:
            span = f"{number(fact.lo)} to {number(fact.hi)}"
            value = f"{value} ({span})" if value else span
        text = fact.fact[0].upper() + fact.fact[1:]
        rows.append(
            Row(
                (
                    text,
                    f"{value} {fact.unit or ''}".strip() or None,
                    fact.population,
                    Quoted(fact.note or "–"),
                    Link(fact.source.removeprefix("https://").split("/")[0], fact.source),
                )
            )
        )
    if not rows:
        return None
    return Table(
        "What happens without this drug", ("Fact", "Value", "In whom", "Note", "Source"), rows
    )


def _disagreement(world: World, d: dict[str, Any], root: str) -> dict[str, Any]:
    record = d["record"]
    folder = "studies" if record in world.base.studies else "trials"
    return {
        "record": record,
        "href": f"{root}{folder}/{record}.html",
        "field": d["field"],
        "note": d["note"],
        "sides": [
            {
                "value": "nothing" if v["value"] is None else str(v["value"]),
                "who": v["source"],
                "href": v["url"],
            }
            for v in d["values"]
        ],
    }


def _source(study: Study, root: str) -> dict[str, Any]:
    return {
        "label": study.label,
        "title": study.title,
        "href": f"{root}studies/{study.id}.html",
        "url": study.url,
        "read": study.read,
        "journal": study.journal,
    }
