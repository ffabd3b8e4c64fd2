"""The evidence map: conditions × substances, each cell an answer, the empty ones too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from aponia.answers.layers import Layer, layer_of
from aponia.answers.model import Answer, Direction
from aponia.answers.select import RUNNING
from aponia.evidence import EvidenceBase, Study

__all__ = ["EvidenceMap", "MapCell", "evidence_map"]

CellKind = Literal["randomised", "weaker", "animals-only", "not-tested", "not-covered"]


@dataclass(frozen=True)
class MapCell:
    """One condition and one substance (group).

    Attributes
    ----------
    question : str or None
        The living question that answers the cell.
    kind : str
        What the best evidence is.
    people, studies : int
        In people only; reviews are not counted again. Where there is a randomised trial, only
        people in randomised trials count: thousands of survey answers must not swell its mark.
    by_layer : dict
        Studies by layer.
    approaches : frozenset of str
        Approaches that studies in the cell used.
    running : int
        Registered trials that are recruiting, planned or active.
    """

    condition: str
    substance: str
    question: str | None
    kind: CellKind
    people: int
    studies: int
    by_layer: dict[str, int]
    approaches: frozenset[str]
    direction: Direction
    certainty: str | None
    running: int
    trials: int


@dataclass(frozen=True)
class EvidenceMap:
    """Rows, columns (id and label) and the cells by (condition, column)."""

    rows: tuple[tuple[str, str], ...]
    columns: tuple[tuple[str, str], ...]
    cells: dict[tuple[str, str], MapCell]


#: Columns of the map: small neighbours share one, so that the table fits a page.
COLUMNS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("psilocybin", "Psilocybin", ("psilocybin",)),
    ("lsd", "LSD", ("lsd",)),
    ("bol-148", "BOL-148", ("bol-148",)),
    ("lsa", "LSA", ("lsa",)),
    ("dmt", "DMT, ayahuasca", ("dmt", "5-meo-dmt", "ayahuasca", "dpt")),
    ("mescaline", "Mescaline", ("mescaline",)),
    ("classic-psychedelics-mixed", "Classic, mixed", ("classic-psychedelics-mixed",)),
    ("mdma", "MDMA", ("mdma",)),
    ("ibogaine", "Ibogaine", ("ibogaine",)),
    ("ketamine", "Ketamine", ("ketamine", "esketamine", "hydroxynorketamine")),
)


def evidence_map(
    base: EvidenceBase, answers: dict[str, Answer], approach: str | None = None
) -> EvidenceMap:
    """Build the map, whole or for one approach.

    Parameters
    ----------
    base : EvidenceBase
    answers : dict of str to Answer
        From `answer_all`.
    approach : str, optional
        Keep only studies and trials of this approach.

    Returns
    -------
    EvidenceMap
        One cell for every condition in the vocabulary that any study or trial has, and every column.
    """
    present = {s.condition for s in base.studies.values()} | {
        t.condition for t in base.trials.values()
    }
    rows = tuple(
        (c.id, c.label) for c in base.vocabulary.conditions if c.id in present and c.id != "none"
    )
    cells = {}
    for condition, _ in rows:
        for column, _, substances in COLUMNS:
            cells[condition, column] = _cell(
                base, answers, condition, column, frozenset(substances), approach
            )
    return EvidenceMap(rows, tuple((c, label) for c, label, _ in COLUMNS), cells)


def _cell(
    base: EvidenceBase,
    answers: dict[str, Answer],
    condition: str,
    column: str,
    substances: frozenset[str],
    approach: str | None,
) -> MapCell:
    studies = [
        s
        for s in base.studies.values()
        if s.condition == condition
        and substances & set(s.substances)
        and (approach is None or s.approach == approach)
        and layer_of(s) is not None
    ]
    trials = [
        t
        for t in base.trials.values()
        if t.condition == condition
        and substances & set(t.substances)
        and (approach is None or t.approach == approach)
    ]
    by_layer: dict[str, int] = {}
    for study in studies:
        layer = layer_of(study)
        if layer is not None:
            by_layer[layer.value] = by_layer.get(layer.value, 0) + 1
    human = [s for s in studies if layer_of(s) is not Layer.ANIMALS]
    found = _question_for(answers, condition, substances)
    kind: CellKind = (
        "randomised"
        if by_layer.get(Layer.RANDOMISED.value)
        else "weaker"
        if human
        else "animals-only"
        if studies
        else "not-covered"
        if substances & {"ketamine", "esketamine"} and approach is None
        else "not-tested"
    )
    counted = [s for s in human if kind != "randomised" or layer_of(s) is Layer.RANDOMISED]
    return MapCell(
        condition=condition,
        substance=column,
        question=found.id if found else None,
        kind=kind,
        people=sum(_people(s) for s in counted),
        studies=len(human),
        by_layer=by_layer,
        approaches=frozenset(s.approach for s in studies),
        direction=found.direction if found and kind == "randomised" else "unclear",
        certainty=found.certainty.level if found and kind == "randomised" else None,
        running=sum(1 for t in trials if t.status in RUNNING),
        trials=len(trials),
    )


def _people(study: Study) -> int:
    return study.population.n_analysed or study.population.n_randomized or 0


def _question_for(
    answers: dict[str, Answer], condition: str, substances: frozenset[str]
) -> Answer | None:
    """Return the narrowest question about this condition and drug, whatever the approach."""
    fitting = [
        a
        for a in answers.values()
        if condition in a.conditions
        and substances & set(a.substances)
        and not a.approaches
        and not a.id.endswith(("plasticity-pain", "inflammation-pain", "affective-pain"))
    ]
    return min(
        fitting,
        key=lambda a: (len(a.conditions), len(set(a.substances) - substances)),
        default=None,
    )
