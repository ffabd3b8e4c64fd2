"""The evidence base as one immutable object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from aponia.evidence.codes import COMPARATOR_SIDES, INTERVENTION_SIDES
from aponia.evidence.common import Release, TableDisagreement
from aponia.evidence.context import (
    Analogue,
    BaselineCourse,
    BlindingRecord,
    CrisisLine,
    Instrument,
    LegalStatus,
    MechanismEntry,
    MechanismFinding,
    PlanningParameter,
    TauPrior,
)
from aponia.evidence.question import Appraisal, Question
from aponia.evidence.study import Arm, Contrast, Study
from aponia.evidence.tables import (
    AdverseEvent,
    Contraindication,
    DoseBand,
    DoseEquivalence,
    Interaction,
    PkParameter,
    ReceptorOccupancy,
    Row,
)
from aponia.evidence.trial import Trial
from aponia.evidence.vocabulary import Vocabulary

__all__ = ["TABLES", "EvidenceBase"]

TABLES: Mapping[str, tuple[str, type[Row]]] = MappingProxyType(
    {
        "pk_parameters": ("pharmacology/pk_parameters.csv", PkParameter),
        "dose_bands": ("pharmacology/dose_bands.csv", DoseBand),
        "dose_equivalence": ("pharmacology/dose_equivalence.csv", DoseEquivalence),
        "receptor_occupancy": ("pharmacology/receptor_occupancy.csv", ReceptorOccupancy),
        "adverse_events": ("safety/adverse_events.csv", AdverseEvent),
        "contraindications": ("safety/contraindications.csv", Contraindication),
        "interactions": ("safety/interactions.csv", Interaction),
        "analogues": ("analogues.csv", Analogue),
        "legal_status": ("legal_status.csv", LegalStatus),
        "mechanism_index": ("mechanism_index.csv", MechanismEntry),
        "mechanism_findings": ("mechanism_findings.csv", MechanismFinding),
        "instruments": ("instruments.csv", Instrument),
        "tau_priors": ("tau_priors.csv", TauPrior),
        "blinding": ("blinding.csv", BlindingRecord),
        "baseline_course": ("baseline_course.csv", BaselineCourse),
        "planning_parameters": ("planning_parameters.csv", PlanningParameter),
        "crisis_lines": ("crisis_lines.csv", CrisisLine),
    }
)
"""Every table: its file below the base and the model of its rows."""

# Controls that are not a drug; every other substance outside the question is an active comparator.
_CONTROLS: Mapping[str, Literal["placebo", "none", "usual-care"]] = MappingProxyType(
    {
        "placebo": "placebo",
        "saline": "placebo",
        "vehicle": "placebo",
        "none": "none",
        "control": "none",
        "usual-care": "usual-care",
    }
)

ArmKind = Literal["studied", "placebo", "active", "none", "usual-care", "unknown"]


@dataclass(frozen=True, repr=False)
class EvidenceBase:
    """Everything the base holds, checked.

    Attributes
    ----------
    path : Path
        Directory it was read from.
    digest : str
        SHA-256 over the names and contents of all files; changes when anything changes.
    studies, trials : mapping of str to Study or Trial
        By id, in order of id.
    vocabulary : Vocabulary
        All terms.
    questions : mapping of str to Question
        By id, in the order of the file.
    appraisals : mapping of str to Appraisal
        By id.
    table_disagreements : tuple of TableDisagreement
        Where sources contradict a row of a table.
    release : Release or None
        Version and date, when the base states them.
    releases : mapping of str to bytes
        Snapshots of past versions by version, oldest first, gzipped; `aponia.answers` reads them.

    The tables are attributes of the same name as in `TABLES`, each a tuple of rows.
    """

    path: Path
    digest: str
    studies: Mapping[str, Study]
    trials: Mapping[str, Trial]
    vocabulary: Vocabulary
    questions: Mapping[str, Question]
    appraisals: Mapping[str, Appraisal]
    table_disagreements: tuple[TableDisagreement, ...]
    pk_parameters: tuple[PkParameter, ...]
    dose_bands: tuple[DoseBand, ...]
    dose_equivalence: tuple[DoseEquivalence, ...]
    receptor_occupancy: tuple[ReceptorOccupancy, ...]
    adverse_events: tuple[AdverseEvent, ...]
    contraindications: tuple[Contraindication, ...]
    interactions: tuple[Interaction, ...]
    analogues: tuple[Analogue, ...]
    legal_status: tuple[LegalStatus, ...]
    mechanism_index: tuple[MechanismEntry, ...]
    mechanism_findings: tuple[MechanismFinding, ...]
    instruments: tuple[Instrument, ...]
    tau_priors: tuple[TauPrior, ...]
    blinding: tuple[BlindingRecord, ...]
    baseline_course: tuple[BaselineCourse, ...]
    planning_parameters: tuple[PlanningParameter, ...]
    crisis_lines: tuple[CrisisLine, ...]
    files: Mapping[str, int] = field(default_factory=dict, repr=False)
    release: Release | None = None
    releases: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def released(self) -> str | None:
        """Day on which the data last changed; None for a base without ``release.yaml``."""
        return self.release.released if self.release else None

    def __repr__(self) -> str:
        """Name the base shortly; it is far too large to print."""
        return (
            f"EvidenceBase({str(self.path)!r}, {len(self.studies)} studies, "
            f"{len(self.trials)} trials, digest {self.digest[:12]})"
        )

    def table(self, name: str) -> tuple[Row, ...]:
        """Give the rows of a table.

        Parameters
        ----------
        name : str
            One of `TABLES`.

        Returns
        -------
        tuple of Row
            Its rows.

        Raises
        ------
        KeyError
            When there is no such table.
        """
        if name not in TABLES:
            raise KeyError(name)
        rows: tuple[Row, ...] = getattr(self, name)
        return rows

    def find_row(self, row_id: str) -> tuple[str, Row] | None:
        """Find a table row by its id.

        Parameters
        ----------
        row_id : str
            ``table/id``, or the id alone where only one table has it.

        Returns
        -------
        (str, Row) or None
            Table and row; None when there is none, or more than one.
        """
        table, _, rest = row_id.rpartition("/")
        if table:
            rows = self._rows.get(rest, ())
            return next(((t, r) for t, r in rows if t == table), None)
        rows = self._rows.get(row_id, ())
        return rows[0] if len(rows) == 1 else None

    def tables_with(self, row_id: str) -> tuple[str, ...]:
        """Name the tables that have a row of this id.

        Parameters
        ----------
        row_id : str
            Id of a row.

        Returns
        -------
        tuple of str
            Names of tables.
        """
        return tuple(t for t, _ in self._rows.get(row_id, ()))

    def disagreements_for(self, table: str, row_id: str) -> tuple[TableDisagreement, ...]:
        """Give what sources disagree about in one row.

        Parameters
        ----------
        table : str
            Name of the table.
        row_id : str
            Id of the row.

        Returns
        -------
        tuple of TableDisagreement
            Empty when they agree.
        """
        return tuple(d for d in self.table_disagreements if d.table == table and d.row == row_id)

    def arm_kind(self, study: Study | Trial, arm: Arm) -> ArmKind:
        """Say what part an arm plays.

        Parameters
        ----------
        study : Study or Trial
            The record.
        arm : Arm
            One of its arms.

        Returns
        -------
        str
            ``studied`` when it gets one of the substances the record is about (or a wider or
            narrower term), ``placebo``, ``none``, ``usual-care``, ``active`` for any other drug,
            ``unknown`` for a group not defined by a substance.
        """
        if arm.substance is None:
            return "unknown"
        # a term for several substances ("…-mixed") only ever names what is studied
        several = arm.substance.endswith("-mixed")
        if several or any(self.vocabulary.related(arm.substance, s) for s in study.substances):
            return "studied"
        return _CONTROLS.get(arm.substance, "active")

    def side(
        self, study: Study, contrast: Contrast
    ) -> Literal["intervention", "comparator", "neither"] | None:
        """Say which side a contrast favours.

        Parameters
        ----------
        study : Study
            The record.
        contrast : Contrast
            One of its contrasts.

        Returns
        -------
        str or None
            ``intervention`` for the substance studied, ``comparator`` for the other side; None
            when the record does not say, or both sides are substances studied.
        """
        favours = contrast.favours
        if favours is None or favours == "neither":
            return "neither" if favours else None
        if favours in INTERVENTION_SIDES or favours in study.substances:
            return "intervention"
        if favours in COMPARATOR_SIDES:
            return "comparator"
        arm = study.arm(favours)
        if arm is None:
            return "comparator"
        kind = self.arm_kind(study, arm)
        if kind == "studied":
            others = {self.arm_kind(study, a) for a in study.arms if a.id != arm.id}
            return None if others == {"studied"} else "intervention"
        return None if kind == "unknown" else "comparator"

    def trials_of(self, study_id: str) -> tuple[Trial, ...]:
        """Give the registered trials a study reports.

        Parameters
        ----------
        study_id : str
            Id of a study.

        Returns
        -------
        tuple of Trial
            In order of id.
        """
        return tuple(t for t in self.trials.values() if study_id in t.linked_studies)

    def counts(self) -> dict[str, int]:
        """Count the records by kind.

        Returns
        -------
        dict of str to int
            Studies, trials, questions, terms, rows of each table, disagreements.
        """
        inside = sum(len(r.disagreements) for r in self._records())
        terms = sum(len(getattr(self.vocabulary, k)) for k in type(self.vocabulary).model_fields)
        return {
            "studies": len(self.studies),
            "trials": len(self.trials),
            "questions": len(self.questions),
            "appraisals": len(self.appraisals),
            "vocabulary terms": terms,
            "disagreements": inside + len(self.table_disagreements),
            **{name: len(self.table(name)) for name in TABLES},
        }

    def _records(self) -> Iterator[Study | Trial]:
        yield from self.studies.values()
        yield from self.trials.values()

    @cached_property
    def _rows(self) -> dict[str, tuple[tuple[str, Row], ...]]:
        found: dict[str, tuple[tuple[str, Row], ...]] = {}
        for name in TABLES:
            for row in self.table(name):
                found[row.id] = (*found.get(row.id, ()), (name, row))
        return found
