"""Claims of an article, read into slots and judged against the evidence base.

What comes in is text: an article as HTML, Markdown, PDF or plain text, or single claims. What goes
out is, for each claim, its slots, a verdict of six, the issues of a closed list, one sentence of reason and
the records it rests on; for an article also what a fair one would have said and this one did not.

The way of a claim:

1. `extract` (with `from_html`, `from_pdf`, `page`) finds the text that readers see; `sentences`, `clauses`,
   `coreference`, `attribution` and `language` make single statements of it.
2. `reading` fills the slots: drugs and conditions by the vocabulary (`terms`), numbers (`numbers`), words by
   what they do (`lexicon`), and from these the type, direction, population and certainty (`kinds`).
3. `verdict` hands the reading to the rules of its type: effects (`effects`, then `one_study` where a study is
   meant or `whole_evidence` where none is), ways of working (`mechanisms`, `themes`, `leaps`, `receptors`), safety
   (`safety`, `harms`, `interactions`), law (`law`, `approvals`, `prescribers`), doses (`doses`, `dose_classes`),
   how long a drug acts (`kinetics`), research itself (`research`, `registered`, `firsts`, `scarcity`).
4. `guards` and `polarity` take "supported" back where the sentence holds what no rule has looked at, or turns
   a finding round; `retold` refutes what turns a record round that no rule reached.
5. `telling` says it; `report` and the command line show it.

Rules look at `records`: studies, trials, answers and tables as slots, numbers and directions. Words of a record
serve only to notice what a claim adds or turns round; they never support one. Where the rules do not
reach, the verdict is ``unverified``. How often they are right is measured in `validation/claims.md`.

>>> from aponia import claims, evidence
>>> checker = claims.Checker(evidence.load())
>>> reading, verdict = checker.claim("Each participant took five grams of pure psilocybin.")
>>> verdict.name, verdict.issues
('contradicted', ('unit-error',))
"""

from aponia.claims.checker import Checker
from aponia.claims.extract import ExtractionError, Page, extract
from aponia.claims.model import (
    CERTAINTY,
    FAMILIES,
    ISSUES,
    VERDICTS,
    ArticleCheck,
    CheckedClaim,
    EvidenceItem,
    Magnitude,
    Missing,
    Reading,
    Verdict,
)

__all__ = [
    "CERTAINTY",
    "FAMILIES",
    "ISSUES",
    "VERDICTS",
    "ArticleCheck",
    "CheckedClaim",
    "Checker",
    "EvidenceItem",
    "ExtractionError",
    "Magnitude",
    "Missing",
    "Page",
    "Reading",
    "Verdict",
    "extract",
]
