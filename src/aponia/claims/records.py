"""What the rules know of a study: its slots, its numbers by kind, and the way it points.

Built once from the evidence base and its answers; claims are compared with this, never with prose
alone. The words of a record serve one purpose only: to notice that a claim speaks of something the
record does not hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from aponia.answers import Answer, Layer, StudyRow, answer_all, layer_of
from aponia.claims.figures import Figure, doses_given, printed_figures, printed_sizes
from aponia.claims.lexicon import CUES, TOPICS, find_cues
from aponia.claims.reading import CLASS
from aponia.claims.terms import stem, tokens
from aponia.evidence import EvidenceBase, Study, Trial

__all__ = ["Finding", "Records", "StudyFacts", "TrialFacts"]


@dataclass(frozen=True)
class Finding:
    """One curated sentence of a record as topics and polarity."""

    text: str
    topics: frozenset[str]
    negated: bool
    stems: frozenset[str]


@dataclass(frozen=True)
class StudyFacts:
    """A study as the rules see it.

    Attributes
    ----------
    study : Study
    layer : Layer or None
        None for reviews.
    rows : tuple of StudyRow
        Its results in the answers.
    people : int or None
    sizes : frozenset of int
        Every number of people the record prints.
    doses : tuple of (float, str)
    days : int or None
        Latest time of a result that points to benefit.
    points : str
        benefit, harm, no-difference or unclear: its first outcome, by the rows of the answers.
    significant : bool or None
        Whether the source calls that significant.
    """

    study: Study
    layer: Layer | None
    rows: tuple[StudyRow, ...]
    people: int | None
    sizes: frozenset[int]
    text: str
    substances: frozenset[str]
    doses: tuple[tuple[float, str], ...]
    days: int | None
    points: str = field(default="unclear")
    significant: bool | None = None

    @property
    def id(self) -> str:
        """Id of the study."""
        return self.study.id

    @cached_property
    def stems(self) -> frozenset[str]:
        """All words of the record, stemmed."""
        return _stems(self.text)

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """Every number the record prints or allows."""
        return tuple(printed_figures(self.study))

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Its findings and limits as topics and polarity."""
        return tuple(_findings(self.study))

    @property
    def tiny(self) -> bool:
        """Fewer than 30 people."""
        return self.people is not None and self.people < 30


@dataclass(frozen=True)
class TrialFacts:
    """A registered trial as the rules see it."""

    trial: Trial
    substances: frozenset[str]
    text: str
    doses: tuple[tuple[float, str], ...]

    @cached_property
    def stems(self) -> frozenset[str]:
        """All words of the record, stemmed."""
        return _stems(self.text)


_NEG = re.compile(
    r"\b(?:not|no|without|nobody|none|neither|nor|never|failed|unchanged|cannot|nothing|little|hardly)\b|n't\b"
)


def negative(text: str) -> bool:
    """Whether a clause denies something."""
    return bool(_NEG.search(text.lower()))


class Records:
    """The evidence base indexed for claims.

    Parameters
    ----------
    base : EvidenceBase
    answers : mapping of str to Answer, optional
        From `answer_all`; made when not given.
    """

    def __init__(self, base: EvidenceBase, answers: Mapping[str, Answer] | None = None) -> None:
        self.base = base
        self.answers = dict(answers) if answers is not None else answer_all(base)
        rows: dict[str, dict[tuple[int | None, str | None], StudyRow]] = {}
        for answer in self.answers.values():
            for layer in answer.layers:
                for row in layer.rows:
                    rows.setdefault(row.study, {}).setdefault((row.outcome, row.construct), row)
        self._parents = {t.id: t.parent for t in base.vocabulary.substances}
        self.studies = tuple(
            self._facts(s, tuple(rows.get(s.id, {}).values())) for s in base.studies.values()
        )
        self.by_id = {f.id: f for f in self.studies}
        self.trials = tuple(self._trial(t) for t in base.trials.values())

    def widened(self, substances: tuple[str, ...]) -> frozenset[str]:
        """Return ids that count as the same drug: the drug, its parts, and all of a class that is named."""
        found = set(substances)
        if CLASS in found:
            found |= {i for i, p in self._parents.items() if p == CLASS}
        if "psilocybin" in found:
            found.add("psilocin")
        if "ketamine" in found:
            found.add("esketamine")
        return frozenset(found)

    @cached_property
    def institutions(self) -> frozenset[str]:
        """Names of universities and hospitals that records mention, in lower case."""
        names: set[str] = set()
        for text in (*(f.text for f in self.studies), *(t.text for t in self.trials)):
            names.update(_institutions(text))
        return frozenset(names)

    @cached_property
    def row_texts(self) -> Mapping[str, str]:
        """Every cell of the rows of the tables, by row id."""
        tables = (
            self.base.adverse_events,
            self.base.interactions,
            self.base.contraindications,
            self.base.legal_status,
            self.base.pk_parameters,
            self.base.receptor_occupancy,
            self.base.dose_bands,
            self.base.dose_equivalence,
            self.base.analogues,
            self.base.baseline_course,
        )
        return {
            row.id: " ".join(
                str(v)
                for k, v in row.model_dump().items()
                if v is not None and not k.startswith("source")
            )
            for table in tables
            for row in table
        }

    def question(
        self, substances: tuple[str, ...], condition: str, approach: str = "none"
    ) -> Answer | None:
        """Return the narrowest living question for a drug and a condition."""
        wanted = set(self.widened(substances))
        fitting = [
            a
            for a in self.answers.values()
            if condition in a.conditions
            and wanted & set(a.substances)
            and (not a.approaches or approach in a.approaches)
            and not self.base.questions[a.id].mechanism
        ]
        return min(
            fitting,
            key=lambda a: (
                -(approach in a.approaches),
                len(a.conditions),
                len(set(substances) - set(a.substances)),
                len(a.substances),
            ),
            default=None,
        )

    def _facts(self, study: Study, rows: tuple[StudyRow, ...]) -> StudyFacts:
        linked = self.base.trials_of(study.id)
        text = " ".join([_study_text(study), *(f"{t.title} {t.sponsor or ''}" for t in linked)])
        people = study.population.n_analysed or study.population.n_randomized
        chosen = [r for r in rows if r.chosen] or list(rows)
        points, significant = _points(study, chosen)
        benefit_days = [
            r.timepoint_days
            for r in rows
            if r.direction == "benefit" and r.timepoint_days is not None
        ]
        return StudyFacts(
            study=study,
            layer=layer_of(study),
            rows=rows,
            people=people,
            sizes=frozenset(printed_sizes(study)),
            text=text.lower(),
            substances=frozenset(
                x
                for s in study.substances
                for x in (s, *(["psilocybin"] if s == "psilocin" else []))
            ),
            doses=tuple(doses_given(study)),
            days=max(benefit_days, default=None),
            points=points,
            significant=significant,
        )

    def _trial(self, trial: Trial) -> TrialFacts:
        parts = [
            trial.title,
            trial.sponsor or "",
            trial.design or "",
            trial.note or "",
            trial.status or "",
            trial.phase or "",
            *(trial.primary_outcomes or ()),
            *(f"{a.substance} {a.dose} {a.dose_unit} {a.schedule}" for a in trial.arms),
        ]
        text = " ".join(parts)
        return TrialFacts(
            trial, frozenset(trial.substances), text.lower(), tuple(doses_given(trial))
        )


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(w) for w, _, _ in tokens(text))


def _study_text(study: Study) -> str:
    parts = [
        study.title,
        study.first_author or "",
        study.journal or "",
        study.population.description,
        study.comparator or "",
        study.blinding.note or "",
        study.adverse_events.note or "",
        *study.findings,
        *study.limits,
        *study.registrations,
    ]
    for arm in study.arms:
        parts += [
            arm.substance_text or arm.substance or "",
            arm.dose_text or "",
            arm.schedule or "",
            arm.note or "",
        ]
    for o in study.outcomes:
        parts += [o.name, o.instrument or "", o.timepoint or "", o.note or ""]
        parts += [r.change_text or "" for r in o.results]
        parts += [o.contrast.measure_text or "" if o.contrast else ""]
    for d in study.disagreements:
        parts += [f"{v.value} {v.source or ''}" for v in d.values]
    return " ".join(parts)


_INSTITUTION = re.compile(
    r"universit\w+ (?:of |hospital,? )?[a-z]+(?: [a-z]+)?|[a-z]+ (?:university|college|institute|clinic|hospital)|"
    r"uc san diego|yale|johns hopkins|harvard|stanford|imperial|maastricht|basel|ucsf|ucsd|nyu|oxford|cambridge|mayo|"
    r"emory|columbia|copenhagen|radboud|leiden|king's|zurich|toronto|michigan|alabama|penn(?:sylvania)?|hannover|hanover"
)


def _institutions(lower: str) -> Iterator[str]:
    for m in _INSTITUTION.finditer(lower.lower()):
        yield m.group()


def _findings(study: Study) -> Iterator[Finding]:
    for text in (*study.findings, *study.limits):
        for clause in re.split(r"[;:,] (?:and |but |while )?|\. | but | while | whereas ", text):
            lower = clause.lower()
            yield Finding(text, find_cues(lower, TOPICS), negative(clause), _stems(clause))


_NOT_SIGNIFICANT = re.compile(r"not (?:statistically )?significant|did not differ", re.IGNORECASE)


def _points(study: Study, rows: list[StudyRow]) -> tuple[str, bool | None]:
    """Return the way a study's first outcome points, and whether that is significant."""
    constructs = ("attack-frequency", "pain-days", "pain-intensity", "responder", "pain-tolerance")
    ordered = sorted(
        rows,
        key=lambda r: (
            r.direction == "unclear",
            constructs.index(r.construct) if r.construct in constructs else 9,
            r.significant is None,
        ),
    )
    retold = study.design in ("survey", "case-series", "case-report")
    if ordered and (
        ordered[0].direction == "benefit" or (ordered[0].direction != "unclear" and not retold)
    ):
        significant = ordered[0].significant
        if significant is None and study.findings and _NOT_SIGNIFICANT.search(study.findings[0]):
            significant = False
        return ordered[0].direction, significant
    for o in study.outcomes:
        c = o.contrast
        if c is None or c.significant is None:
            continue
        if c.significant and c.favours:
            return ("benefit" if c.favours in study.substances else "harm"), True
        return "no-difference", False
    if study.findings and not study.design.startswith("healthy"):
        first = study.findings[0].lower()
        trial = study.design.startswith("rct")
        # what an abstract of a trial says first may hold a denial further on
        said = first if trial else first.split(",")[0]
        if find_cues(first, {"b": CUES["benefit"]}) and not negative(said):
            return "benefit", None
    return "unclear", None
