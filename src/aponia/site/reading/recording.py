"""Studies, trials, tables of facts and the vocabulary, and the way back from a value to its source."""

from __future__ import annotations

import re
from typing import Any

from aponia.answers.layers import layer_of
from aponia.answers.select import RUNNING
from aponia.evidence import TABLES, EvidenceError, Row, SubstanceTerm, trace
from aponia.site.reading.frame import (
    DOSE_NOTE,
    NOTICE,
    NotFoundError,
    evidence_note,
    term_id,
    term_ids,
)
from aponia.site.views.common import World

__all__ = [
    "fact_doc",
    "fact_list",
    "fact_tables",
    "interaction_rows",
    "study_doc",
    "study_list",
    "trace_doc",
    "trial_doc",
    "trial_list",
    "vocabulary_doc",
]

#: Where a table keeps its substances and conditions: the tables were made for different facts.
_SUBSTANCE = ("substance", "substances", "substance_a", "substance_b")
_CONDITION = ("condition", "condition_studied")


def _mentions(text: str | None, *values: object) -> bool:
    """Whether every word of a search stands in one of the values."""
    if not text:
        return True
    within = " ".join(str(v) for v in values if v is not None).casefold()
    return all(word in within for word in text.casefold().split())


def study_list(
    world: World,
    *,
    condition: str | None = None,
    substance: str | None = None,
    approach: str | None = None,
    design: str | None = None,
    layer: str | None = None,
    year: int | None = None,
    since: int | None = None,
    q: str | None = None,
) -> list[dict[str, Any]]:
    """Return the studies in short, in order of id.

    Raises
    ------
    UnknownTermError
        A filter names no term of the vocabulary.
    """
    condition, substance, approach = term_ids(world, condition, substance, approach)
    found = []
    for s in world.base.studies.values():
        of = layer_of(s)
        short = {
            "id": s.id,
            "label": s.label,
            "title": s.title,
            "year": s.year,
            "journal": s.journal,
            "doi": s.doi,
            "pmid": s.pmid,
            "design": s.design,
            "layer": of.value if of else None,
            "condition": s.condition,
            "substances": list(s.substances),
            "approach": s.approach,
            "country": s.country,
            "people": s.population.n_analysed or s.population.n_randomized,
            "read": s.read,
            "url": s.url,
            "questions": list(world.cited_by.get(s.id, ())),
        }
        if (
            condition in (None, s.condition)
            and (substance is None or substance in s.substances)
            and approach in (None, s.approach)
            and design in (None, s.design)
            and layer in (None, short["layer"])
            and year in (None, s.year)
            and (since is None or (s.year is not None and s.year >= since))
            and _mentions(q, s.id, s.label, s.title, s.journal, s.doi, s.pmid, *s.registrations)
        ):
            found.append(short)
    return found


def _uses(world: World, record_id: str) -> list[dict[str, str]]:
    """Return the answers that rest on a record, with their certainty."""
    return [
        {"id": a, "certainty": world.answers[a].certainty.level}
        for a in world.cited_by.get(record_id, ())
    ]


def study_doc(world: World, study_id: str) -> dict[str, Any]:
    """Return one study whole, with the answers that rest on it.

    Raises
    ------
    NotFoundError
        There is no such study.
    """
    study = world.base.studies.get(study_id)
    if study is None:
        raise NotFoundError(f"there is no study {study_id!r}")
    of = layer_of(study)
    return {
        "notice": NOTICE,
        "doses": DOSE_NOTE,
        "evidence": evidence_note(world),
        "label": study.label,
        "url": study.url,
        "layer": of.value if of else None,
        "answers": _uses(world, study_id),
        "trials": [t.id for t in world.base.trials_of(study_id)],
        "record": study.model_dump(mode="json", by_alias=True),
    }


def trial_list(
    world: World,
    *,
    condition: str | None = None,
    substance: str | None = None,
    approach: str | None = None,
    status: str | None = None,
    phase: str | None = None,
    running: bool | None = None,
    year: int | None = None,
    q: str | None = None,
) -> list[dict[str, Any]]:
    """Return the registered trials in short, in order of id; `year` is that of the start.

    Raises
    ------
    UnknownTermError
        A filter names no term of the vocabulary.
    """
    condition, substance, approach = term_ids(world, condition, substance, approach)
    found = []
    for t in world.base.trials.values():
        going = t.status in RUNNING
        started = int(t.start[:4]) if t.start else None
        if (
            condition in (None, t.condition)
            and (substance is None or substance in t.substances)
            and approach in (None, t.approach)
            and status in (None, t.status)
            and phase in (None, t.phase)
            and running in (None, going)
            and year in (None, started)
            and _mentions(q, t.id, t.title, t.sponsor, t.country)
        ):
            found.append(
                {
                    "id": t.id,
                    "title": t.title,
                    "status": t.status,
                    "status_seen": t.status_seen,
                    "running": going,
                    "phase": t.phase,
                    "condition": t.condition,
                    "substances": list(t.substances),
                    "approach": t.approach,
                    "enrollment": t.enrollment,
                    "start": t.start,
                    "completion": t.completion,
                    "sponsor": t.sponsor,
                    "country": t.country,
                    "results_posted": t.results_posted,
                    "studies": list(t.linked_studies),
                    "url": t.url,
                }
            )
    return found


def trial_doc(world: World, trial_id: str) -> dict[str, Any]:
    """Return one registered trial whole.

    Raises
    ------
    NotFoundError
        There is no such trial.
    """
    trial = world.base.trials.get(trial_id)
    if trial is None:
        raise NotFoundError(f"there is no trial {trial_id!r}")
    return {
        "notice": NOTICE,
        "doses": DOSE_NOTE,
        "evidence": evidence_note(world),
        "url": trial.url,
        "running": trial.status in RUNNING,
        "answers": _uses(world, trial_id),
        "record": trial.model_dump(mode="json", by_alias=True),
    }


def _about(name: str) -> str:
    lines = (TABLES[name][1].__doc__ or "").strip().splitlines()
    return lines[0]


def fact_tables(world: World) -> list[dict[str, Any]]:
    """Return the tables of the base: what each row is, how many, which columns."""
    return [
        {
            "table": name,
            "about": _about(name),
            "rows": len(_rows(world, name)),
            "columns": list(TABLES[name][1].columns()),
        }
        for name in TABLES
    ]


def _rows(world: World, table: str) -> tuple[Row, ...]:
    rows = world.base.table(table)
    if table == "crisis_lines":
        # a number that was read on somebody else's page is shown to nobody who may dial it
        return tuple(r for r in rows if getattr(r, "shown", True))
    return rows


def _held(row: Row, names: tuple[str, ...]) -> set[str]:
    """Return the terms a row holds in some columns."""
    found: set[str] = set()
    for name in names:
        value = getattr(row, name, None)
        found |= set(value) if isinstance(value, tuple) else {value} if value else set()
    return found


def fact_list(
    world: World,
    table: str,
    *,
    substance: str | None = None,
    condition: str | None = None,
    q: str | None = None,
) -> list[dict[str, Any]]:
    """Return rows of a table as they stand in the file.

    A substance also finds rows about its wider and narrower terms: what is feared of all classic
    psychedelics is feared of psilocybin.

    Raises
    ------
    NotFoundError, UnknownTermError
        There is no such table; a filter names no term of the vocabulary.
    """
    if table not in TABLES:
        raise NotFoundError(f"there is no table {table!r}; there are {', '.join(TABLES)}")
    condition = term_id(world, "conditions", condition)
    substance = term_id(world, "substances", substance)
    found = []
    for row in _rows(world, table):
        values = row.model_dump(mode="json", by_alias=True)
        about = substance is None or any(
            world.base.vocabulary.related(substance, s) for s in _held(row, _SUBSTANCE)
        )
        where = condition is None or condition in _held(row, _CONDITION)
        if about and where and _mentions(q, *values.values()):
            found.append(values)
    return found


def fact_doc(world: World, table: str, row_id: str) -> dict[str, Any]:
    """Return one row with what sources disagree about in it.

    Raises
    ------
    NotFoundError
        There is no such table or row.
    """
    for values in fact_list(world, table):
        if values["id"] == row_id:
            sides = world.base.disagreements_for(table, row_id)
            return {
                "notice": NOTICE,
                "doses": DOSE_NOTE,
                "evidence": evidence_note(world),
                "table": table,
                "about": _about(table),
                "record": values,
                "disagreements": [d.model_dump(mode="json") for d in sides],
            }
    raise NotFoundError(f"the table {table} has no row {row_id!r}")


def interaction_rows(
    world: World, substance: str, medicine: str | None = None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the interactions of a substance: those with a medicine, and the others.

    The medicine is looked for by its names and those of its group (escitalopram is an SSRI is an
    antidepressant), because most rows are about groups.

    Raises
    ------
    UnknownTermError
        The vocabulary holds no such substance.
    """
    rows = fact_list(world, "interactions", substance=substance)
    if medicine is None:
        return rows, []
    names = _group_names(world, medicine)
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(names)))})", re.IGNORECASE)
    meant = [r for r in rows if pattern.search(str(r["drug"])) or _mentions(medicine, *r.values())]
    ids = {r["id"] for r in meant}
    return meant, [r for r in rows if r["id"] not in ids]


def _group_names(world: World, medicine: str) -> set[str]:
    """Return the names of a medicine and of the groups it belongs to."""
    asked = medicine.casefold().strip()
    forms = {asked, asked.removesuffix("s")}
    found = {asked}
    terms = {t.id: t for t in world.base.vocabulary.substances}
    for term in terms.values():
        own = {term.id, term.label, *term.synonyms, *term.abbreviations, *term.brands}
        if not forms & {n.casefold() for n in own}:
            continue
        above: SubstanceTerm | None = term
        for _ in range(len(terms)):
            if above is None:
                break
            found |= {above.label, *above.synonyms, *above.abbreviations}
            above = terms.get(above.parent or "")
    return {n for n in found if len(n) > 2} or {asked}


def trace_doc(world: World, record_id: str, field: str) -> dict[str, Any]:
    """Return where a value was read: its sources, file and line.

    Raises
    ------
    NotFoundError
        There is no such record or field; the message names near ones.
    """
    try:
        found = trace(world.base, record_id, field)
    except EvidenceError as error:
        raise NotFoundError(str(error)) from None
    return {"notice": NOTICE, "evidence": evidence_note(world), **found.to_dict()}


def vocabulary_doc(world: World) -> dict[str, Any]:
    """Return every term: conditions, substances, approaches, constructs, instruments."""
    held = world.base.vocabulary.model_dump(mode="json", by_alias=True)
    return {"notice": NOTICE, "evidence": evidence_note(world), **held}
