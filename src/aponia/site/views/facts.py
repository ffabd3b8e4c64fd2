"""Safety, legal status, analogues, ketamine: tables of facts, each row with its source and date."""

from __future__ import annotations

from typing import Any

from aponia.answers.rows import number
from aponia.evidence import AdverseEvent, Interaction
from aponia.site.charts import Link, Row, Table
from aponia.site.dates import written_date
from aponia.site.render import Page
from aponia.site.views.common import RED_FLAGS, World, certainty_key

__all__ = ["analogue_page", "ketamine_page", "legal_page", "safety_page"]

KETAMINE = frozenset({"ketamine", "esketamine"})
BEFORE = {
    "title": "Before anybody acts on this",
    "lines": [
        "This page reports research. It is not medical advice.",
        "Do not stop or change a medicine without the person who prescribed it. Stopping some of them suddenly is dangerous in itself.",
    ],
}


def _source(url: str) -> Link:
    return Link(url.removeprefix("https://").removeprefix("http://").split("/")[0], url)


def _adverse_value(row: AdverseEvent) -> str:
    name = {"RR": "risk ratio", "OR": "odds ratio"}.get(row.measure, row.measure)
    if row.value is not None:
        unit = "%" if row.unit == "percent" else (f" {row.unit}" if row.unit else "")
        text = f"{name} {number(row.value)}{unit}"
        if row.lower is not None and row.upper is not None:
            kind = "95% interval" if row.interval == "ci95" else "range"
            text += f" ({kind} {number(row.lower)} to {number(row.upper)})"
        return text
    if row.events is not None and row.total is not None:
        return f"{row.events} of {row.total}"
    return row.value_text or name


def _adverse_table(world: World, substances: frozenset[str] | None, caption: str) -> Table:
    rows = [
        Row(
            (
                row.event[0].upper() + row.event[1:],
                row.substance_text or world.labels("substances", row.substances),
                _adverse_value(row),
                row.severity,
                row.population,
                row.comparator,
                row.evidence_type,
                row.n_text or (str(row.n) if row.n else None),
                row.note or "–",
                _source(row.source_url),
            )
        )
        for row in world.base.adverse_events
        if substances is None or substances & set(row.substances)
    ]
    return Table(
        caption,
        (
            "Unwanted effect",
            "Drug",
            "How often",
            "Severity",
            "In whom",
            "Compared with",
            "Evidence",
            "n",
            "Note",
            "Source",
        ),
        rows,
    )


def _interaction_value(row: Interaction) -> str | None:
    if row.value is not None:
        unit = {
            "percent": "%",
            "percent change": "% change",
            "fold": "-fold",
            "probability": " (probability)",
        }.get(row.unit or "", "")
        text = f"{number(row.value)}{unit}"
        if row.lower is not None and row.upper is not None:
            text += f" ({number(row.lower)} to {number(row.upper)})"
        return text
    if row.events is not None and row.total is not None:
        return f"{row.events} of {row.total}"
    return row.n_text


def _interaction_table(world: World, rows: list[Any], caption: str) -> Table:
    body = [
        Row(
            (
                row.drug[0].upper() + row.drug[1:],
                row.substance_text or world.labels("substances", row.substances),
                row.effect,
                _interaction_value(row),
                f"{row.severity} ({row.severity_basis})",
                row.evidence_type,
                row.note or "–",
                _source(row.source_url),
            )
        )
        for row in rows
    ]
    return Table(
        caption,
        (
            "Medicine",
            "With",
            "What was seen or feared",
            "How often",
            "Severity and who says so",
            "Evidence",
            "Note",
            "Source",
        ),
        body,
        note="To raise with a doctor. The kind of evidence differs from row to row.",
    )


def _exclusion_table(world: World, substances: frozenset[str] | None, caption: str) -> Table:
    body = [
        Row(
            (
                row.factor[0].upper() + row.factor[1:],
                world.label("substances", row.substance),
                row.effect,
                f"{row.severity} ({row.severity_basis})",
                row.evidence_type,
                row.note or "–",
                _source(row.source_url),
            )
        )
        for row in world.base.contraindications
        if substances is None or row.substance in substances
    ]
    return Table(
        caption,
        ("Who", "Drug", "Why", "Severity and who says so", "Evidence", "Note", "Source"),
        body,
    )


def safety_page(world: World) -> Page:
    """Return the safety page: exclusions, interactions, unwanted effects."""
    tables = [
        _exclusion_table(world, None, "Whom trials left out, and other reasons for caution"),
        _interaction_table(world, list(world.base.interactions), "Medicines that may interact"),
        _adverse_table(world, None, "Unwanted effects that were counted"),
    ]
    return Page(
        "safety/index.html",
        "tables.html",
        "Safety",
        "Whom trials left out, which medicines interact, and which unwanted effects were counted.",
        "safety",
        {
            "heading": "Safety",
            "lede": "Whom trials left out, which medicines interact, and which unwanted effects were counted. Rare harms need far larger studies than any in this field, so what is not listed here is not ruled out.",
            "notes": [BEFORE],
            "tables": tables,
            "crisis": world.crisis_lines,
            "red_flags": RED_FLAGS,
            "downloads": [
                {"label": f"{n.replace('_', ' ').capitalize()} as CSV", "href": f"../data/{n}.csv"}
                for n in ("contraindications", "interactions", "adverse_events")
            ],
        },
        patient=True,
    )


def legal_page(world: World) -> Page:
    """Return legal status by country, each row dated."""
    groups: dict[str, list[Row]] = {}
    for row in world.base.legal_status:
        groups.setdefault(row.jurisdiction, []).append(
            Row(
                (
                    row.substance_text or world.labels("substances", row.substances),
                    row.status,
                    row.route_of_access,
                    row.indications,
                    row.covers_pain.replace("-", " "),
                    row.in_force_note or written_date(row.in_force_from) or None,
                    written_date(row.as_of) or "undated",
                    row.confidence,
                    row.note or "–",
                    _source(row.source_url),
                )
            )
        )
    headers = (
        "Drug",
        "Status",
        "Ways to get it legally",
        "For what",
        "Covers pain",
        "Since",
        "Seen",
        "How sure of this row",
        "Note",
        "Source",
    )
    tables = [Table(place, headers, rows) for place, rows in groups.items()]
    return Page(
        "legal/index.html",
        "tables.html",
        "Legal status",
        "Legal status of psychedelics and ketamine by country, with dates.",
        "legal",
        {
            "heading": "Legal status by country",
            "lede": "What the law was on the day shown, from the source shown. Laws change; check with an authority before relying on a row. This is not legal advice.",
            "notes": [],
            "tables": tables,
            "downloads": [{"label": "Legal status as CSV", "href": "../data/legal_status.csv"}],
        },
        patient=True,
    )


def analogue_page(world: World) -> Page:
    """Return compounds meant to act without hallucination, and their stage."""
    body = [
        Row(
            (
                a.compound,
                a.developer,
                a.class_,
                a.target_indication,
                a.stage,
                written_date(a.as_of) or "undated",
                {"yes": "yes", "no": "no", "unclear": "unclear"}[a.hallucinogenic],
                a.note or "–",
                _source(a.source_url),
            )
        )
        for a in world.base.analogues
    ]
    table = Table(
        "Compounds and their stage",
        (
            "Compound",
            "Who develops it",
            "Kind",
            "For what",
            "Stage",
            "Seen",
            "Causes hallucinations",
            "Note",
            "Source",
        ),
        body,
    )
    return Page(
        "analogues/index.html",
        "tables.html",
        "Analogues without hallucination",
        "Compounds related to psychedelics that are meant to work without hallucination.",
        "analogues",
        {
            "heading": "Analogues without hallucination",
            "lede": "Compounds related to psychedelics that are meant to act without the experience. If one of them relieves pain in a trial, the experience is not what does it. None has done so in a randomised trial in this base.",
            "notes": [],
            "tables": [table],
            "downloads": [{"label": "Analogues as CSV", "href": "../data/analogues.csv"}],
        },
    )


def ketamine_page(world: World) -> Page:
    """Return the legal neighbour: what is known of ketamine in pain, harms first among equals."""
    answers = [
        a
        for a in world.answers.values()
        if (set(a.substances) <= KETAMINE and not a.approaches) or a.id == "ketamine-infusion-pain"
    ]
    cochrane = world.base.studies.get("ferraro-2025-cochrane")
    return Page(
        "ketamine/index.html",
        "ketamine.html",
        "Ketamine for pain",
        "What randomised trials of ketamine in pain found, how sure anyone can be, and what is unsafe.",
        "ketamine",
        {
            "answers": [
                {
                    "ask": a.ask,
                    "plain": a.sentences.plain,
                    "size": a.sentences.size,
                    "href": f"../questions/{a.id}.html",
                    "certainty": certainty_key(a.certainty.level)
                    if a.status == "answered"
                    else "none",
                    "status": a.status,
                }
                for a in answers
            ],
            "cochrane": {
                "findings": cochrane.findings,
                "limits": cochrane.limits,
                "href": f"../studies/{cochrane.id}.html",
                "label": cochrane.label,
            }
            if cochrane
            else None,
            "adverse": _adverse_table(
                world, KETAMINE, "Unwanted effects of ketamine and esketamine that were counted"
            ),
            "exclusions": _exclusion_table(
                world, KETAMINE, "Whom ketamine trials left out, and other reasons for caution"
            ),
            "interactions": _interaction_table(
                world,
                [r for r in world.base.interactions if KETAMINE & set(r.substances)],
                "Medicines that may interact with ketamine",
            ),
            "trials": [
                world.trial_card(t, "../")
                for t in world.base.trials.values()
                if KETAMINE & set(t.substances)
            ],
            "crisis": world.crisis_lines,
            "red_flags": RED_FLAGS,
        },
        patient=True,
    )
