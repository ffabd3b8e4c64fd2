"""What can be found: one document for each question, study, trial, fact and page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from aponia.answers import Answer
from aponia.evidence import Row, Study, Trial
from aponia.site.render import Page
from aponia.site.views import about, facts, home
from aponia.site.views.common import World
from aponia.site.views.mechanism import mechanism_pages

__all__ = ["Document", "documents"]


@dataclass(frozen=True)
class Document:
    """One thing that can be found.

    Attributes
    ----------
    id, kind : str
        `kind` is question, study, trial, fact or page.
    label : str
        What it is, in words ("Interaction", "Registered trial").
    title, body : str
        `body` is searched, and shown as a snippet when `shown`.
    names : str
        People, registration numbers, DOI: what somebody copies from elsewhere.
    url : str
        From the root of the site.
    conditions, substances, approaches : tuple of str
        Vocabulary ids.
    design, status : str
    year : int or None
    answer : str
        Id of the question whose sentence is shown instead of a snippet.
    shown : bool
        Whether words of the body may be shown out of their page.
    """

    id: str
    kind: str
    label: str
    title: str
    body: str
    url: str
    names: str = ""
    conditions: tuple[str, ...] = ()
    substances: tuple[str, ...] = ()
    approaches: tuple[str, ...] = ()
    design: str = ""
    status: str = ""
    year: int | None = None
    answer: str = ""
    shown: bool = True


def documents(world: World) -> Iterator[Document]:
    """Yield everything that can be found.

    Parameters
    ----------
    world : World

    Yields
    ------
    Document
    """
    yield from _questions(world)
    yield from _pages(world)
    for study in world.base.studies.values():
        yield _study(world, study)
    for trial in world.base.trials.values():
        yield _trial(world, trial)
    for table in _FACTS:
        yield from _merged(_fact(world, table, row) for row in world.base.table(table))


def _merged(rows: Iterable[Document]) -> Iterator[Document]:
    """Put rows with one title and page together: a list of the same words helps nobody."""
    found: dict[tuple[str, str], Document] = {}
    for row in rows:
        key = (row.title, row.url)
        same = found.get(key)
        if same is None:
            found[key] = row
        else:
            found[key] = replace(
                same,
                body=f"{same.body} · {row.body}",
                names=f"{same.names} {row.names}".strip(),
                conditions=tuple(dict.fromkeys((*same.conditions, *row.conditions))),
                substances=tuple(dict.fromkeys((*same.substances, *row.substances))),
            )
    yield from found.values()


def _questions(world: World) -> Iterator[Document]:
    for answer in world.answers.values():
        words = answer.sentences
        yield Document(
            id=answer.id,
            kind="question",
            label="Question",
            title=answer.ask,
            body=f"{answer.short}. {words.plain} {words.size} {answer.why}",
            url=f"questions/{answer.id}.html",
            names=_short_names(world, answer),
            conditions=answer.conditions,
            substances=answer.substances,
            approaches=answer.approaches,
            status=answer.status.replace("-", " "),
            answer=answer.id,
        )


def _short_names(world: World, answer: Answer) -> str:
    """Return the id, and the labels and abbreviations of a question about few things."""
    if len(answer.conditions) > 2 or len(answer.substances) > 3:
        return answer.id
    found = [answer.id]
    for kind, ids in (("conditions", answer.conditions), ("substances", answer.substances)):
        for name in ids:
            term = world.base.vocabulary.term(kind, name)
            if term is not None:
                found += [term.label, *term.abbreviations]
    return " ".join(found)


def _pages(world: World) -> Iterator[Document]:
    pages: list[Page] = [
        home.home_page(world),
        facts.safety_page(world),
        facts.legal_page(world),
        facts.ketamine_page(world),
        facts.analogue_page(world),
        about.methods_page(world),
        *mechanism_pages(world),
    ]
    for page in pages:
        yield Document(
            id=page.path,
            kind="page",
            label="Page",
            title=page.title,
            body=page.description,
            url=page.path,
            names=_EXTRA.get(page.path, ""),
        )
    for name, title, told in _APPROACHES:
        path = f"approaches/{name}.html"
        yield Document(path, "page", "Page", title, told, path, names=_EXTRA.get(path, ""))


#: The approach pages as name, title, description: making them runs the exposure models, for seconds.
_APPROACHES = (
    ("index", "Approaches", "Full dose, psycholytic, microdose, infusion: what studies gave, what each level does in the body, and what was found there."),
    ("full-dose", "Full dose", "What trials gave, what it does in the body, how long it lasts, what was found."),
    ("psycholytic", "Psycholytic dose", "What trials gave, what it does in the body, how long it lasts, what was found."),
    ("microdose", "Microdose", "What trials gave, what it does in the body, how long it lasts, what was found."),
    ("infusion", "Ketamine infusion", "What trials gave, what it does in the body, how long it lasts, what was found."),
    ("arms", "Every arm and its approach", "Each arm of a study or trial with its dose, its label and what published bands call it."),
    ("models", "How exposure is worked out", "The models behind the approach pages, checked against published figures they were not fitted to."),
)  # fmt: skip
#: Words people use for a page that does not hold them.
_EXTRA = {
    "safety/index.html": "risk risks harms harm side effects adverse contraindications interactions drug interaction who should not exclusions",
    "legal/index.html": "law laws legality illegal schedule country countries allowed permitted decriminalised approved",
    "methods/index.html": "method GRADE certainty risk of bias pooling statistics prior heterogeneity how it works",
    "mechanisms/plasticity.html": "neuroplasticity BDNF TrkB synapses spines growth",
    "mechanisms/inflammation.html": "immune cytokines microglia neuroinflammation",
    "mechanisms/affective.html": "emotion mood depression catastrophising expectation",
    "analogues/index.html": "drug development pipeline compounds non-hallucinogenic companies",
}


def _study(world: World, study: Study) -> Document:
    p = study.population
    parts = [
        p.description,
        study.comparator or "",
        *study.findings,
        *study.limits,
        *(o.name for o in study.outcomes),
        *(o.instrument or "" for o in study.outcomes),
        study.journal or "",
        study.country or "",
    ]
    names = [
        study.id,
        study.label,
        study.first_author or "",
        study.doi or "",
        str(study.pmid or ""),
    ]
    return Document(
        id=study.id,
        kind="study",
        label=study.design.replace("-", " ").replace("rct", "randomised trial,").strip(),
        title=f"{study.label}: {study.title}" if study.first_author else study.title,
        body=" · ".join(x for x in parts if x),
        url=f"studies/{study.id}.html",
        names=" ".join((*names, *study.registrations)),
        conditions=(study.condition,),
        substances=study.substances,
        approaches=(study.approach,) if study.approach else (),
        design=study.design,
        year=study.year,
    )


def _trial(world: World, trial: Trial) -> Document:
    parts = [*(trial.primary_outcomes or ()), trial.design or "", trial.note or ""]
    year = int(trial.start[:4]) if trial.start else None
    return Document(
        id=trial.id,
        kind="trial",
        label="Registered trial",
        title=trial.title,
        body=" · ".join(x for x in parts if x),
        url=f"trials/{trial.id}.html",
        names=" ".join(x for x in (trial.id, trial.sponsor, trial.country) if x),
        conditions=(trial.condition,),
        substances=trial.substances,
        approaches=(trial.approach,),
        status=trial.status or "status not known",
        year=year,
    )


@dataclass(frozen=True)
class _Table:
    """How the rows of a table are told: its name, the fields of a title, its page."""

    label: str
    title: tuple[str, ...]
    url: str
    shown: bool = True


_BANDS = "approaches/index.html"
_FACTS: Mapping[str, _Table] = {
    "interactions": _Table("Interaction", ("drug", "effect"), "safety/index.html"),
    "contraindications": _Table("Whom trials left out", ("factor",), "safety/index.html"),
    "adverse_events": _Table("Unwanted effect", ("event", "population"), "safety/index.html"),
    "legal_status": _Table("Legal status", ("jurisdiction", "status"), "legal/index.html"),
    "analogues": _Table("Analogue", ("compound", "target_indication"), "analogues/index.html"),
    "mechanism_findings": _Table("Mechanism finding", ("marker", "species"), "mechanisms/{mechanism}.html"),
    "mechanism_index": _Table("Mechanism study", ("headline",), "mechanisms/index.html"),
    "instruments": _Table("Instrument", ("instrument", "mid_type"), "methods/index.html"),
    "baseline_course": _Table("What happens without the drug", ("fact", "population"), "questions/index.html"),
    "blinding": _Table("Blinding", ("trial", "comparator"), "methods/index.html", False),
    "tau_priors": _Table("Prior", ("name", "applies_to"), "methods/index.html"),
    "pk_parameters": _Table("Pharmacokinetics", ("analyte", "parameter", "route"), _BANDS, False),
    "receptor_occupancy": _Table("Receptor occupancy", ("quantity", "region", "radioligand"), _BANDS, False),
    "dose_bands": _Table("What papers call a dose", ("band", "form", "route"), _BANDS, False),
    "dose_equivalence": _Table("Dose equivalence", ("basis",), _BANDS, False),
    "planning_parameters": _Table("Figure for planning", ("parameter", "population"), "data/index.html"),
    "crisis_lines": _Table("Crisis line", ("country", "service"), "safety/index.html"),
}  # fmt: skip
#: Codes of the pharmacokinetic table in words.
_CODES = {
    "Tmax": "time of the peak (Tmax)",
    "Cmax": "peak concentration (Cmax)",
    "t_half": "half-life",
    "t_half_terminal": "terminal half-life",
    "AUC": "exposure over time (AUC)",
    "AUC_inf": "exposure over time (AUC)",
    "AUC_0_24": "exposure over a day (AUC)",
    "CL": "clearance (CL)",
    "F_absolute": "share that reaches the blood (F)",
    "effect_duration": "how long the effect lasts",
    "effect_max": "strength of the effect",
}
#: Columns that hold addresses and codes, not words.
_NO_WORDS = frozenset({"id", "source_url", "source", "source_doi", "source_pmid", "read", "part"})


def _fact(world: World, table: str, row: Row) -> Document:
    how = _FACTS[table]
    values: dict[str, Any] = row.model_dump()
    label = world.base.vocabulary.label
    substances = _ids(values, "substances", "substance", "substance_a", "substance_b")
    conditions = _ids(values, "condition")
    told = [
        _CODES.get(str(values[f]), str(values[f]).replace("_", " "))
        for f in how.title
        if values.get(f)
    ]
    title = "; ".join(told) or row.id.replace("-", " ")
    labels = [label("substances", s) for s in substances]
    drugs = ", ".join(x for x in labels if x.casefold() not in title.casefold())
    study = values.get("study") or (row.id if table == "mechanism_index" else "")
    if study in world.base.studies:
        title = f"{title} ({world.base.studies[study].label})"
    words = [
        v.replace("-", " ") if k in ("marker", "mechanism") else v
        for k, v in values.items()
        if k not in _NO_WORDS and k not in how.title and isinstance(v, str)
    ]
    return Document(
        id=f"{table}/{row.id}",
        kind="fact",
        label=how.label,
        title=title[:1].upper() + title[1:] + (f" – {drugs}" if drugs else ""),
        body=". ".join([*words, how.label]),
        url=_page_of(world, how, values),
        names=" ".join(str(values[k]) for k in ("source_doi", "source_pmid", "study") if values.get(k)),
        conditions=conditions,
        substances=substances,
        shown=how.shown,
    )  # fmt: skip


def _page_of(world: World, how: _Table, values: Mapping[str, Any]) -> str:
    """Return the page a row stands on; not every mechanism has one of its own."""
    mechanism = values.get("mechanism")
    asked = {q.mechanism for q in world.base.questions.values()}
    if mechanism is not None and mechanism not in asked:
        return "mechanisms/index.html"
    return how.url.format(**values)


def _ids(values: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    found: list[str] = []
    for name in names:
        value = values.get(name)
        if isinstance(value, str):
            found.append(value)
        elif value:
            found.extend(value)
    return tuple(dict.fromkeys(found))
