"""What must hold between the records of a base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aponia.evidence.base import TABLES, EvidenceBase
from aponia.evidence.mechanism_rules import finding_problems
from aponia.evidence.problems import Problem
from aponia.evidence.textio import Marks, show
from aponia.evidence.validation import describe, line_of

__all__ = ["base_problems"]

Places = Mapping[tuple[str, str], tuple[str, Marks, tuple[str | int, ...]]]


def base_problems(
    base: EvidenceBase, places: Places, lines: Mapping[str, Mapping[str, int]]
) -> list[Problem]:
    """Find what is wrong between records.

    Parameters
    ----------
    base : EvidenceBase
        The base as read.
    places : mapping
        File, marks and path of every record, by kind and id.
    lines : mapping
        Line of every row, by table and id.

    Returns
    -------
    list of Problem
        Every fault.
    """
    return [
        *_links(base, places),
        *_questions(base, places),
        *_tables(base, lines),
        *_table_disagreements(base, places, lines),
        *finding_problems(base, lines["mechanism_findings"]),
    ]


def _at(places: Places, kind: str, key: str, *path: str | int) -> tuple[str, int, str]:
    file, marks, start = places[kind, key]
    return file, line_of((*start, *path), marks), show((*start, *path))


def _missing(base: EvidenceBase, kind: str, key: str) -> bool:
    # A record whose file exists but failed has problems of its own.
    known = getattr(base, kind)
    return key not in known and f"{kind}/{key}.yaml" not in base.files


def _links(base: EvidenceBase, places: Places) -> Iterator[Problem]:
    for name in ("doi", "pmid"):
        seen: dict[object, str] = {}
        for study in base.studies.values():
            value = getattr(study, name)
            if value is None:
                continue
            key = value.lower() if isinstance(value, str) else value
            if key in seen:
                yield Problem(
                    *_at(places, "studies", study.id, name),
                    str(value),
                    f"a {name} not used by {seen[key]}",
                )
            seen[key] = study.id
    for trial in base.trials.values():
        for i, linked in enumerate(trial.linked_studies):
            at = _at(places, "trials", trial.id, "linked_studies", i)
            if _missing(base, "studies", linked):
                yield Problem(*at, repr(linked), "the id of a study")
            elif linked in base.studies and trial.id not in base.studies[linked].registrations:
                yield Problem(*at, repr(linked), f"a study that names {trial.id} as registration")
    for study in base.studies.values():
        for i, registration in enumerate(study.registrations):
            trial_ = base.trials.get(registration)
            if trial_ is not None and study.id not in trial_.linked_studies:
                yield Problem(
                    *_at(places, "studies", study.id, "registrations", i),
                    registration,
                    f"a trial whose linked_studies name {study.id}",
                )
    for appraisal in base.appraisals.values():
        kind = "studies" if appraisal.kind == "risk-of-bias" else "questions"
        missing = (
            _missing(base, "studies", appraisal.target)
            if kind == "studies"
            else appraisal.target not in base.questions
        )
        if missing:
            yield Problem(
                *_at(places, "appraisals", appraisal.id, "target"),
                repr(appraisal.target),
                f"an id under {kind}",
            )


def _questions(base: EvidenceBase, places: Places) -> Iterator[Problem]:
    term = base.vocabulary.term
    for question in base.questions.values():

        def at(*path: str | int, _id: str = question.id) -> tuple[str, int, str]:
            return _at(places, "questions", _id, *path)

        for kind in ("conditions", "substances", "approaches"):
            for i, value in enumerate(getattr(question, kind)):
                if term(kind, value) is None:
                    yield Problem(
                        *at(kind, i), repr(value), f"an id under {kind} in vocabulary.yaml"
                    )
        for i, outcome in enumerate(question.outcomes):
            if term("constructs", outcome.construct) is None:
                yield Problem(
                    *at("outcomes", i, "construct"),
                    repr(outcome.construct),
                    "an id under constructs in vocabulary.yaml",
                )
        for i, related in enumerate(question.related):
            if related not in base.questions or related == question.id:
                yield Problem(*at("related", i), repr(related), "the id of another question")


def _tables(base: EvidenceBase, lines: Mapping[str, Mapping[str, int]]) -> Iterator[Problem]:
    for name, (file, model) in TABLES.items():
        fields = set(model.model_fields)
        for row in base.table(name):
            line = lines[name][row.id]
            for column, kind in (
                ("condition", "conditions"),
                ("construct", "constructs"),
                ("outcome", "constructs"),
                ("substance", "substances"),
                ("substances", "substances"),
                ("substance_a", "substances"),
                ("substance_b", "substances"),
            ):
                if column not in fields:
                    continue
                value = getattr(row, column)
                for term in value if isinstance(value, tuple) else (value,):
                    if term is None:
                        continue
                    if base.vocabulary.term(kind, term) is None:
                        yield Problem(
                            file,
                            line,
                            column,
                            repr(term),
                            f"an id under {kind} in vocabulary.yaml",
                        )
            events, total = getattr(row, "events", None), getattr(row, "total", None)
            if events is not None and total is not None and events > total:
                yield Problem(file, line, "events", str(events), f"at most total ({total})")
            if getattr(row, "unit", "") == "percent" and events is not None and total:
                value, share = getattr(row, "value", None), 100 * events / total
                if value is not None and abs(share - value) > 0.6:
                    yield Problem(
                        file, line, "value", f"{value:g}", f"{share:.1f}, as events of total gives"
                    )
    for entry in base.mechanism_index:
        line = lines["mechanism_index"][entry.id]
        file = TABLES["mechanism_index"][0]
        study = base.studies.get(entry.study)
        if _missing(base, "studies", entry.study):
            yield Problem(file, line, "id", repr(entry.id), "the id of a study")
        elif study is not None:
            if entry.design != study.design:
                yield Problem(
                    file, line, "design", entry.design, f"{study.design}, as in the study"
                )
            if set(entry.substances) != set(study.substances):
                yield Problem(
                    file,
                    line,
                    "substances",
                    describe("; ".join(entry.substances)),
                    f"{'; '.join(study.substances)}, as in the study",
                )


def _table_disagreements(
    base: EvidenceBase, places: Places, lines: Mapping[str, Mapping[str, int]]
) -> Iterator[Problem]:
    for i, disagreement in enumerate(base.table_disagreements):
        table, row = disagreement.table, disagreement.row
        if table not in TABLES:
            at = _at(places, "disagreements", str(i), "table")
            yield Problem(*at, repr(table), f"one of {', '.join(TABLES)}")
        elif row not in lines[table]:
            at = _at(places, "disagreements", str(i), "row")
            yield Problem(*at, repr(row), f"the id of a row of {table}")
        elif disagreement.field not in TABLES[table][1].columns():
            at = _at(places, "disagreements", str(i), "field")
            yield Problem(*at, repr(disagreement.field), f"a column of {table}")
