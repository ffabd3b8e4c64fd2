"""Tables and the forest of a mechanism's page: what each study did, and what went with what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aponia.answers.mechanism import Chain, Finding
from aponia.answers.mechanism_relations import Relation, relation
from aponia.answers.mechanism_rule import combine
from aponia.answers.mechanism_words import MARKERS, SPECIES
from aponia.answers.rows import number
from aponia.evidence import Arm, Outcome
from aponia.site.charts import (
    Figure,
    Link,
    Quoted,
    Row,
    Table,
)
from aponia.site.charts.correlations import (
    CorrelationPlot,
    CorrelationRow,
    correlation_figure,
    correlation_table,
)
from aponia.site.charts.figure import Cell
from aponia.site.views.common import World

__all__ = ["finding_table", "marker_table", "relation_figure", "relation_rows"]

TOWARDS = {
    "supports": "for",
    "mixed": "mixed",
    "null": "no difference",
    "against": "against",
    "unclear": "unclear",
}
_UNITS = {"ug": "µg", "ug/kg": "µg/kg", "ug base": "µg (base)"}


def finding_table(world: World, caption: str, findings: Sequence[Finding], note: str = "") -> Table:
    """Set out findings one a row: in whom, what was given, what was measured, what came out.

    Parameters
    ----------
    world : World
    caption : str
    findings : sequence of Finding
    note : str
        Second line of the caption.

    Returns
    -------
    Table
    """
    # One part of a record may bear on several markers; a reader needs to meet it once.
    parts: dict[tuple[str, str, str], list[Finding]] = {}
    for f in findings:
        parts.setdefault((f.row.link, f.study.id, f.row.part), []).append(f)
    rows = [
        Row(
            (
                Link(_label(mine[0]), f"../studies/{mine[0].study.id}.html"),
                _whom(world, mine[0]),
                _given(world, mine[0]),
                _measured(mine[0]),
                _result(world, mine),
                TOWARDS[combine(f.row.direction for f in mine)],
            )
        )
        for mine in parts.values()
    ]
    return Table(
        caption,
        (
            "Study",
            "In whom",
            "Drug and dose, as recorded",
            "Measured",
            "What came out",
            "For the link",
        ),
        rows,
        note=note,
    )


def _label(finding: Finding) -> str:
    study = finding.study
    name = study.label if study.first_author else f"Author not read, {study.year or 'no year'}"
    return f"{name}, a review" if finding.review else name


def _whom(world: World, finding: Finding) -> str:
    study = finding.study
    kind = SPECIES[finding.row.species]
    if finding.row.species != "human":
        n = finding.people
        return f"{n} {kind}" if n else f"{kind}, number not read"
    who = (
        f"{number(float(finding.people), 0)} people"
        if finding.people
        else "people, number not read"
    )
    if study.condition not in ("none", "experimental-pain"):
        who += f" ({world.label('conditions', study.condition)})"
    elif study.condition == "experimental-pain":
        who += " (pain made in a laboratory)"
    notes = []
    if study.read == "secondary":
        notes.append("told at second hand")
    if study.design in ("open-label", "case-series", "cohort", "survey"):
        notes.append(
            {"survey": "survey", "cohort": "cohort"}.get(study.design, "no comparison group")
        )
    return "; ".join((who, *notes))


def _given(world: World, finding: Finding) -> Quoted:
    drugs = world.labels("substances", finding.row.substances)
    missing = "several doses" if finding.review else "dose not read"
    doses: dict[str, list[str]] = {}
    for arm in finding.arms:
        text = _dose(arm)
        if text and text not in doses.setdefault(arm.substance or "", []):
            doses[arm.substance or ""].append(text)
    told = {key: ", ".join(texts) for key, texts in doses.items() if texts}
    if not told:
        return Quoted(f"{drugs}; {missing}")
    if len(finding.row.substances) == 1:
        return Quoted(f"{drugs}: {', '.join(told.values())}")
    # Several drugs: each with its own dose, so that none is read as another's.
    return Quoted(
        "; ".join(
            f"{world.label('substances', s)}: {told.get(s, missing)}"
            for s in finding.row.substances
        )
    )


def _dose(arm: Arm) -> str | None:
    unit = _UNITS.get(arm.dose_unit or "", arm.dose_unit or "")
    if arm.dose_text:
        return f"{arm.dose_text} {unit}".strip()
    if arm.dose is None:
        return None
    text = f"{number(arm.dose, 4)} {unit}".strip()
    return text + (f" {arm.route}" if arm.route not in (None, "mixed", "oral") else "")


def _measured(finding: Finding) -> Quoted:
    outcome = finding.outcome
    if outcome is None:
        return Quoted(MARKERS[finding.row.marker])
    when = f"; {outcome.timepoint}" if outcome.timepoint else ""
    return Quoted(f"{outcome.name}{when}")


def _result(world: World, findings: Sequence[Finding]) -> Quoted:
    first = findings[0]
    outcome = first.outcome
    text = _outcome_words(world, first, outcome) if outcome is not None else str(first.target)
    notes = list(dict.fromkeys(f.row.note.rstrip(".") for f in findings if f.row.note))
    # "Day 7" beside "Day 7: back at baseline" says it twice.
    notes = [n for n in notes if not any(n != other and other.startswith(n) for other in notes)]
    return Quoted(". ".join((text.rstrip("."), *notes)) + ("." if notes else ""))


def _outcome_words(world: World, finding: Finding, outcome: Outcome) -> str:
    contrast = outcome.contrast
    if contrast is None:
        return outcome.note or "no figure in the text read"
    parts = []
    if contrast.value is not None and contrast.measure not in ("F", "t"):
        name = contrast.measure_text or contrast.measure or "value"
        ci = f" ({number(contrast.ci95[0])} to {number(contrast.ci95[1])})" if contrast.ci95 else ""
        parts.append(f"{name} {number(contrast.value, 3)}{ci}")
    if contrast.p is not None:
        parts.append(str(contrast.p).replace("<=", "≤").replace(">=", "≥"))
    if contrast.significant is False:
        parts.append("no significant difference")
    elif not parts and contrast.measure_text:
        favours = f": towards {contrast.favours}" if contrast.favours else ""
        parts.append(f"{contrast.measure_text}{favours}; no figure in the text read")
    elif not parts:
        parts.append(_way(world, finding, outcome))
    if outcome.note and not finding.row.note:
        parts.append(outcome.note)
    return "; ".join(parts)


def _way(world: World, finding: Finding, outcome: Outcome) -> str:
    """Say which way it went when only the side the source favours was read."""
    contrast = outcome.contrast
    if contrast is None or not contrast.significant:
        return "no figure in the text read"
    side = world.base.side(finding.study, contrast)
    if outcome.lower_is_better is None or side not in ("intervention", "comparator"):
        return "a difference; no figure in the text read"
    lower = outcome.lower_is_better == (side == "intervention")
    return f"{'lower' if lower else 'higher'} with the drug; no figure in the text read"


def marker_table(chain: Chain) -> Table:
    """Show for each marker how far along the chain anybody has looked.

    Parameters
    ----------
    chain : Chain

    Returns
    -------
    Table
        Rows are markers; the empty cells are the missing links.
    """
    steps = (
        ("animals", "In cells and animals"),
        ("volunteers", "In people without pain"),
        ("patients", "In people with pain"),
        ("together", "Together with relief"),
    )
    rows = []
    for marker in chain.markers:
        cells: list[Cell] = [MARKERS[marker][0].upper() + MARKERS[marker][1:]]
        for key, _ in steps:
            link = chain.marker_state(marker, key)
            parts = [f"{n} {TOWARDS[d]}" for d, n in link.counts.items() if n]
            cells.append(", ".join(parts) if parts else "no study here")
        rows.append(Row(tuple(cells)))
    return Table(
        "Studies by marker and step",
        ("What was measured", *(title for _, title in steps)),
        rows,
        note="Counted by what they say for the link. A study that measured several things stands in several rows.",
    )


def relation_rows(findings: Iterable[Finding]) -> tuple[Relation, ...]:
    """Read every relation, printed coefficients first."""
    found = [relation(f) for f in findings]
    return tuple(sorted(found, key=lambda r: r.r is None))


_GROUPS = {
    "together": "With relief, in people with pain",
    "together-volunteers": "With laboratory pain, in people without pain",
    "together-mood": "With mood; no pain was measured",
}


def relation_figure(title: str, findings: Sequence[Finding]) -> Figure | Table:
    """Draw the correlations, and say what those without a coefficient leave open.

    Parameters
    ----------
    title : str
        The finding.
    findings : sequence of Finding
        Relations; at least one.

    Returns
    -------
    Figure or Table
        A table alone when no study gave anything to draw.
    """
    plot = relation_plot(title, findings)
    return correlation_figure(plot) if plot.drawable else correlation_table(plot)


def relation_plot(title: str, findings: Sequence[Finding]) -> CorrelationPlot:
    """Gather the relations into one plot, grouped by what they were related to."""
    rows: list[CorrelationRow] = []
    for key, group in _GROUPS.items():
        mine = relation_rows(f for f in findings if f.row.link == key)
        rows += [_correlation_row(found, group) for found in mine]
    return CorrelationPlot(
        title,
        "Between two changes in the same people. Intervals are worked out here from the printed coefficient and n.",
        rows,
    )


def _correlation_row(found: Relation, group: str) -> CorrelationRow:
    finding = found.finding
    people = f"{found.n} people" if found.n is not None else "number of people not read"
    said = {
        "null": "no link seen; no figure printed",
        "supports": "said to go together; no figure printed",
    }.get(finding.row.direction, "unclear; no figure printed")
    return CorrelationRow(
        _label(finding),
        f"{MARKERS[finding.row.marker]}; {people}",
        said if found.r is None else "",
        found.r,
        found.interval,
        found.open_range,
        group,
        f"../studies/{finding.study.id}.html",
    )
