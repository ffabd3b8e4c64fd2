"""What programs may ask: one set of plain functions behind the API and the assistants' server.

In: a `World` (the evidence base with its answers) and the terms of a question. Out: JSON-safe
dictionaries and lists, complete and not cut into pages, each with what a reader needs beside the
number: sources, certainty or how much of the paper was read, and the standing notice. Nothing is
stored, nothing is changed, and no function takes anything about a person.

- `frame`: notice, warnings, licence and citation, and the refusal of doses
- `answering`: questions, answers with their rows and sources, the evidence map
- `recording`: studies, trials, tables of facts, vocabulary, the way back to a source
- `checking`: the claims of an article or single claims
- `pooling`: a meta-analysis of given numbers

>>> from aponia.site.reading import refusal
>>> refusal("How many milligrams should I take?") is None
False
"""

from aponia.site.reading.answering import (
    answer_doc,
    answer_list,
    answer_rows,
    ask,
    evidence_cells,
    question_doc,
    question_list,
)
from aponia.site.reading.checking import check_article, check_claims, checker_of
from aponia.site.reading.frame import (
    DOSE_NOTE,
    LICENCE,
    NOTICE,
    WARNINGS,
    NotFoundError,
    UnknownTermError,
    citation,
    evidence_note,
    refusal,
    term_id,
)
from aponia.site.reading.pooling import PoolInputs, pool_studies
from aponia.site.reading.recording import (
    fact_doc,
    fact_list,
    fact_tables,
    interaction_rows,
    study_doc,
    study_list,
    trace_doc,
    trial_doc,
    trial_list,
    vocabulary_doc,
)

__all__ = [
    "DOSE_NOTE",
    "LICENCE",
    "NOTICE",
    "WARNINGS",
    "NotFoundError",
    "PoolInputs",
    "UnknownTermError",
    "answer_doc",
    "answer_list",
    "answer_rows",
    "ask",
    "check_article",
    "check_claims",
    "checker_of",
    "citation",
    "evidence_cells",
    "evidence_note",
    "fact_doc",
    "fact_list",
    "fact_tables",
    "interaction_rows",
    "pool_studies",
    "question_doc",
    "question_list",
    "refusal",
    "study_doc",
    "study_list",
    "term_id",
    "trace_doc",
    "trial_doc",
    "trial_list",
    "vocabulary_doc",
]
