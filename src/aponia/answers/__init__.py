"""Living questions and their answers.

In: an `aponia.evidence.EvidenceBase` and one of its questions. Out: an `Answer`, which holds what
each layer of design says (layers never mix), the headline result of the randomised layer, its
suggested GRADE certainty with reasons, harms with denominators, the trials that may change it, and
the sentences that may be printed about it. Every sentence that states an effect is made in
`aponia.answers.wording`; `aponia.answers.guard` checks finished pages against it.

>>> from aponia import answers, evidence
>>> base = evidence.load()
>>> found = answers.answer(base, answers.find_question(base, "psilocybin for cluster headache"))
>>> found.id, found.certainty.level
('psilocybin-cluster-headache', 'very low')
"""

from aponia.answers.ask import NoQuestionError, find_question, rank_questions
from aponia.answers.changes import Changes, compare
from aponia.answers.engine import answer, answer_all
from aponia.answers.layers import LAYERS, Layer, LayerInfo, layer_of
from aponia.answers.map import EvidenceMap, MapCell, evidence_map
from aponia.answers.model import Answer, Effect, Harm, LayerAnswer, Sentences, StudyRow, Synthesis
from aponia.answers.snapshot import (
    Snapshot,
    SnapshotError,
    past_snapshots,
    read_snapshot,
    snapshot,
    write_snapshot,
)

__all__ = [
    "LAYERS",
    "Answer",
    "Changes",
    "Effect",
    "EvidenceMap",
    "Harm",
    "Layer",
    "LayerAnswer",
    "LayerInfo",
    "MapCell",
    "NoQuestionError",
    "Sentences",
    "Snapshot",
    "SnapshotError",
    "StudyRow",
    "Synthesis",
    "answer",
    "answer_all",
    "compare",
    "evidence_map",
    "find_question",
    "layer_of",
    "past_snapshots",
    "rank_questions",
    "read_snapshot",
    "snapshot",
    "write_snapshot",
]
