"""Claims of an article, read into slots and judged against the evidence base.

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
