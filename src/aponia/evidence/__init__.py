"""The evidence base: typed records of studies, trials and tables, each fact with its source.

>>> from aponia.evidence import load
>>> base = load()
>>> base.studies["schindler-2022-cluster-headache"].outcomes[0].results[0].change_mean
-3.2
"""

from __future__ import annotations

from aponia.evidence.base import TABLES, EvidenceBase
from aponia.evidence.common import (
    Disagreement,
    DisagreementValue,
    Source,
    SourceDetail,
    TableDisagreement,
)
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
from aponia.evidence.exporting import FORMATS, MAIN_FILE, export
from aponia.evidence.loading import check, default_path, load
from aponia.evidence.mechanism_rules import pointed_at
from aponia.evidence.problems import EvidenceError, Problem
from aponia.evidence.question import Appraisal, Domain, Question, QuestionOutcome, Window
from aponia.evidence.study import (
    AdverseEvents,
    Arm,
    ArmResult,
    Blinding,
    Contrast,
    Outcome,
    Population,
    PValue,
    Study,
)
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
from aponia.evidence.tracing import Trace, TraceSource, find, trace
from aponia.evidence.trial import Trial
from aponia.evidence.vocabulary import (
    ImportantDifference,
    InstrumentTerm,
    SubstanceTerm,
    Term,
    Vocabulary,
)

__all__ = [
    "FORMATS",
    "MAIN_FILE",
    "TABLES",
    "AdverseEvent",
    "AdverseEvents",
    "Analogue",
    "Appraisal",
    "Arm",
    "ArmResult",
    "BaselineCourse",
    "Blinding",
    "BlindingRecord",
    "Contraindication",
    "Contrast",
    "CrisisLine",
    "Disagreement",
    "DisagreementValue",
    "Domain",
    "DoseBand",
    "DoseEquivalence",
    "EvidenceBase",
    "EvidenceError",
    "ImportantDifference",
    "Instrument",
    "InstrumentTerm",
    "Interaction",
    "LegalStatus",
    "MechanismEntry",
    "MechanismFinding",
    "Outcome",
    "PValue",
    "PkParameter",
    "PlanningParameter",
    "Population",
    "Problem",
    "Question",
    "QuestionOutcome",
    "ReceptorOccupancy",
    "Row",
    "Source",
    "SourceDetail",
    "Study",
    "SubstanceTerm",
    "TableDisagreement",
    "TauPrior",
    "Term",
    "Trace",
    "TraceSource",
    "Trial",
    "Vocabulary",
    "Window",
    "check",
    "default_path",
    "export",
    "find",
    "load",
    "pointed_at",
    "trace",
]
