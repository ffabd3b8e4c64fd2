"""Study pages and trial pages, with every number and where it was read; and their lists."""

from __future__ import annotations

from typing import Any

from aponia.answers import LAYERS, layer_of
from aponia.answers.rows import number
from aponia.answers.select import RUNNING
from aponia.evidence import Arm, ArmResult, Outcome, PValue, Study, Trial
from aponia.site.charts import Link, Row, Table
from aponia.site.dates import written_date
from aponia.site.render import Page
from aponia.site.views.common import World, source_items

__all__ = ["study_index", "study_page", "trial_index", "trial_page"]

READ = {
    "full-text": "the full paper",
    "abstract": "the abstract only",
    "registry": "the registry entry",
    "secondary": "another page that reports it",
}


def study_page(world: World, study: Study) -> Page:
    """Return the page of one study."""
    layer = layer_of(study)
    who = [
        {"term": "Design", "value": study.design.replace("-", " ")},
        {
            "term": "Kind of evidence",
            "value": LAYERS[layer].label if layer else "Review of other studies",
        },
        {"term": "Condition", "value": world.label("conditions", study.condition)},
        {"term": "Drugs", "value": world.labels("substances", study.substances)},
        {"term": "Approach, from the dose", "value": world.label("approaches", study.approach)},
        {"term": "People or animals", "value": study.population.description},
        {"term": "Randomised", "value": _text(study.population.n_randomized)},
        {"term": "Analysed", "value": _text(study.population.n_analysed)},
        {"term": "Mean age", "value": _text(study.population.age_mean)},
        {
            "term": "Women",
            "value": f"{number(study.population.female_percent)}%"
            if study.population.female_percent is not None
            else None,
        },
        {"term": "Compared with", "value": study.comparator},
        {"term": "Masking", "value": study.blinding.masking_text or study.blinding.masking},
        {
            "term": "Guess asked",
            "value": {True: "yes", False: "no", None: None}[study.blinding.guess_assessed],
        },
        {"term": "Blinding, note", "value": study.blinding.note},
        {"term": "Country", "value": study.country},
    ]
    outcomes = [
        {
            "o": o,
            "title": o.name[0].upper() + o.name[1:],
            "table": _result_table(o),
            "contrast": _contrast(o),
            "id": f"outcome-{i + 1}",
            "facts": _outcome_facts(world, o),
        }
        for i, o in enumerate(study.outcomes)
    ]
    harms = [
        {"term": "Serious adverse events", "value": _text(study.adverse_events.serious)},
        {
            "term": "Stopped because of adverse events",
            "value": _text(study.adverse_events.withdrawals_due_to_ae),
        },
        {"term": "In words", "value": study.adverse_events.note},
    ]
    return Page(
        path=f"studies/{study.id}.html",
        template="study.html",
        title=f"{study.label}, {world.labels('substances', study.substances)}, {world.label('conditions', study.condition)}",
        description=f"Record of {study.label}: who was studied, every number that was read, and where.",
        nav="studies",
        patient=True,
        context={
            "study": study,
            "facts": who,
            "arms": _arm_table(study.arms),
            "outcomes": outcomes,
            "harm_facts": harms,
            "sources": source_items(study.sources, study.read.replace("-", " ")),
            "read": READ[study.read],
            "disagreements": _disagreements(study),
            "questions": [
                {"text": world.answers[q].short, "href": f"../questions/{q}.html"}
                for q in world.cited_by.get(study.id, ())
            ],
            "trials": [
                {"text": t.id, "href": f"../trials/{t.id}.html"}
                for t in world.base.trials_of(study.id)
            ],
            "file": f"evidence/studies/{study.id}.yaml",
        },
        jsonld={
            "@context": "https://schema.org",
            "@type": "ScholarlyArticle",
            "name": study.title,
            "url": study.url,
            **({"datePublished": str(study.year)} if study.year else {}),
        },
    )


def _disagreements(record: Study | Trial) -> list[dict[str, Any]]:
    """Return what the disagreement boxes of a record show."""
    return [
        {
            "field": d.field,
            "note": d.note or "",
            "sides": [
                {
                    "value": "nothing" if v.value is None else str(v.value),
                    "who": v.source + (" (used here)" if v.used else ""),
                    "href": v.url,
                }
                for v in d.values
            ],
        }
        for d in record.disagreements
    ]


def _text(value: float | int | None) -> str | None:
    return None if value is None else number(float(value))


def _dose(arm: Arm) -> str | None:
    if arm.dose_text:
        return arm.dose_text + (
            f" {arm.dose_unit}" if arm.dose_unit and arm.dose_unit not in arm.dose_text else ""
        )
    if arm.dose is None:
        return "none" if arm.substance in ("placebo", "saline", "vehicle", "none") else None
    return f"{number(arm.dose, 4)} {arm.dose_unit or ''}".strip()


def _arm_table(arms: tuple[Arm, ...]) -> Table | None:
    if not arms:
        return None
    rows = [
        Row(
            (
                a.id,
                a.substance_text or a.substance,
                _dose(a),
                a.route_text or a.route,
                a.doses_text or _text(a.doses),
                a.schedule,
                _text(a.n),
            )
        )
        for a in arms
    ]
    return Table(
        "What each group was given",
        ("Group", "Drug", "The trial gave", "Route", "Times", "Schedule", "n"),
        rows,
        note="A record of the study, not a recommendation.",
        numeric=(6,),
    )


def _interval(value: tuple[float, float] | None) -> str:
    return f" ({number(value[0])} to {number(value[1])})" if value is not None else ""


def _result_table(outcome: Outcome) -> Table | None:
    if not outcome.results:
        return None
    rows = [
        Row((r.arm, _text(r.n), _before(r), _after(r), _change(r), _events(r)))
        for r in outcome.results
    ]
    return Table(
        f"Results as printed: {outcome.name}",
        ("Group", "n", "Before", "After", "Change", "Events"),
        rows,
    )


def _with_sd(mean: float | None, sd: float | None, ci: tuple[float, float] | None) -> str | None:
    if mean is None:
        return None
    return (
        number(mean)
        + (f" (SD {number(sd)})" if sd is not None else "")
        + (f", 95% interval{_interval(ci)}" if ci else "")
    )


def _before(r: ArmResult) -> str | None:
    return _with_sd(r.baseline_mean, r.baseline_sd, r.baseline_ci95)


def _after(r: ArmResult) -> str | None:
    if r.median is not None:
        return f"median {number(r.median)}" + (f", IQR{_interval(r.iqr)}" if r.iqr else "")
    return _with_sd(r.mean, r.sd, r.mean_ci95)


def _change(r: ArmResult) -> str | None:
    if r.change_median is not None:
        return f"median {number(r.change_median)}" + (
            f", IQR{_interval(r.change_iqr)}" if r.change_iqr else ""
        )
    return _with_sd(r.change_mean, r.change_sd, r.change_ci95) or r.change_text


def _events(r: ArmResult) -> str | None:
    if r.events is not None and r.total is not None:
        return f"{r.events} of {r.total}"
    if r.events is not None:
        return f"{r.events}"
    return f"{number(r.percent)}%" if r.percent is not None else None


def _p(p: PValue | None) -> str | None:
    if p is None:
        return None
    sign = "" if p.operator == "=" else f"{p.operator} "
    return f"{sign}{p.value:g}" + (f" ({p.note})" if p.note else "")


def _contrast(outcome: Outcome) -> list[dict[str, Any]]:
    c = outcome.contrast
    if c is None:
        return []
    items = [
        {"term": "Comparison", "value": c.measure_text or c.measure},
        {
            "term": "Value",
            "value": (number(c.value, 4) + _interval(c.ci95) if c.value is not None else None),
        },
        {"term": "p", "value": _p(c.p)},
        {"term": "Points to", "value": c.favours},
        {
            "term": "Called significant",
            "value": {True: "yes", False: "no", None: None}[c.significant],
        },
    ]
    return items if any(i["value"] for i in items) else []


def _outcome_facts(world: World, o: Outcome) -> list[dict[str, Any]]:
    better = {True: "lower is better", False: "higher is better", None: None}[o.lower_is_better]
    return [
        {"term": "Measures", "value": world.label("constructs", o.construct)},
        {"term": "Instrument", "value": o.instrument},
        {"term": "Unit", "value": o.unit},
        {"term": "When", "value": o.timepoint},
        {"term": "Direction", "value": better},
        *([{"term": "Note", "value": o.note}] if o.note else []),
    ]


def study_index(world: World) -> Page:
    """Return the list of all studies, by condition."""
    groups: dict[str, list[Row]] = {}
    for study in sorted(world.base.studies.values(), key=lambda s: (-(s.year or 0), s.id)):
        layer = layer_of(study)
        groups.setdefault(world.label("conditions", study.condition), []).append(
            Row(
                (
                    Link(study.label, f"{study.id}.html"),
                    world.labels("substances", study.substances),
                    study.design.replace("-", " "),
                    LAYERS[layer].label if layer else "Review",
                    _text(study.population.n_analysed or study.population.n_randomized),
                    READ[study.read],
                )
            )
        )
    headers = ("Study", "Drugs", "Design", "Kind of evidence", "n", "Read")
    tables = [Table(name, headers, rows, numeric=(4,)) for name, rows in sorted(groups.items())]
    return Page(
        "studies/index.html",
        "tables.html",
        "Studies",
        f"All {len(world.base.studies)} studies in the base.",
        "studies",
        {
            "heading": "Studies",
            "lede": f"{len(world.base.studies)} studies, newest first under each condition. Each page shows every number that was read, and where.",
            "tables": tables,
            "downloads": [
                {"label": "All studies as CSV", "href": "../data/studies.csv"},
                {"label": "References as RIS", "href": "../data/studies.ris"},
            ],
            "notes": [],
        },
    )


def trial_page(world: World, trial: Trial) -> Page:
    """Return the page of one registered trial."""
    card = world.trial_card(trial, "../")
    items = [
        {"term": "Condition", "value": world.label("conditions", trial.condition)},
        {"term": "Drugs", "value": world.labels("substances", trial.substances)},
        {"term": "Approach", "value": world.label("approaches", trial.approach)},
        {"term": "Phase", "value": trial.phase},
        {"term": "Status", "value": trial.status},
        {"term": "Status last seen", "value": written_date(trial.status_seen)},
        {"term": "People planned or reached", "value": _text(trial.enrollment)},
        {"term": "Start", "value": written_date(trial.start)},
        {"term": "End", "value": written_date(trial.completion)},
        {"term": "Sponsor", "value": trial.sponsor},
        {"term": "Country", "value": trial.country},
        {"term": "Design", "value": trial.design},
        {
            "term": "Results in the registry",
            "value": {True: "yes", False: "no", None: None}[trial.results_posted],
        },
        *([{"term": "Note", "value": trial.note}] if trial.note else []),
    ]
    return Page(
        path=f"trials/{trial.id}.html",
        template="trial.html",
        title=f"{trial.id}, {world.labels('substances', trial.substances)}, {world.label('conditions', trial.condition)}",
        description=f"Registered trial {trial.id}, {trial.status or 'status not known'}.",
        nav="trials",
        patient=True,
        context={
            "trial": trial,
            "card": card,
            "facts": items,
            "arms": _arm_table(trial.arms),
            "sources": source_items(trial.sources),
            "studies": [
                world.study_link(world.base.studies[s], "../") for s in trial.linked_studies
            ],
            "questions": [
                {"text": world.answers[q].short, "href": f"../questions/{q}.html"}
                for q in world.cited_by.get(trial.id, ())
            ],
            "disagreements": _disagreements(trial),
        },
    )


def trial_index(world: World) -> Page:
    """Return the list of registered trials, running ones first."""
    trials = sorted(world.base.trials.values(), key=lambda t: (t.condition, t.id))
    running = [world.trial_card(t, "../") for t in trials if t.status in RUNNING]
    others = [
        Row(
            (
                Link(t.id, f"{t.id}.html"),
                t.title,
                world.label("conditions", t.condition),
                world.labels("substances", t.substances),
                t.status,
                written_date(t.status_seen) or None,
                _text(t.enrollment),
                {True: "yes", False: "no", None: None}[t.results_posted],
            )
        )
        for t in trials
        if t.status not in RUNNING
    ]
    table = Table(
        "Ended, stopped or of unknown status",
        ("Registry id", "Title", "Condition", "Drugs", "Status", "Seen", "n", "Results posted"),
        others,
        numeric=(6,),
    )
    return Page(
        "trials/index.html",
        "trials.html",
        "Registered trials",
        "Trials that are under way, planned, ended or stopped.",
        "trials",
        {"running": running, "table": table, "total": len(trials)},
        patient=True,
    )
