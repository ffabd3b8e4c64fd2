"""What a team may set for its review, and change as it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from aponia.literature.store.database import ReviewError, clean

__all__ = ["Settings"]

#: Reasons offered at first: the parts of a question, then what is not a study.
_REASONS = (
    "Wrong population", "Wrong intervention", "Wrong comparator", "Wrong outcome",
    "Wrong study design", "Not a study", "Duplicate report",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a review.

    Parameters
    ----------
    reasons : tuple of str
        Reasons for exclusion a reviewer may pick.
    words_for, words_against : tuple of str
        Words to highlight in a record.
    target : float
        Recall the stopping rule tests for.
    confidence : float
        Confidence it asks for.
    previous_studies, previous_reports : int or None
        Included in the review's earlier version; None for a new review.

    Raises
    ------
    ReviewError
        A value out of range.
    """

    reasons: tuple[str, ...] = _REASONS
    words_for: tuple[str, ...] = ()
    words_against: tuple[str, ...] = ()
    target: float = 0.95
    confidence: float = 0.95
    previous_studies: int | None = None
    previous_reports: int | None = None

    def __post_init__(self) -> None:
        for name in ("target", "confidence"):
            value = getattr(self, name)
            if not 0.5 <= value < 1:
                raise ReviewError(f"the {name} is {value}, expected at least 0.5 and below 1")
        for name in ("previous_studies", "previous_reports"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < 10_000_000:
                raise ReviewError(f"{name.replace('_', ' ')}: {value} can not be")
        if (self.previous_studies is None) != (self.previous_reports is None):
            raise ReviewError(
                "an update needs both numbers of its earlier version: studies and reports"
            )
        for name, most in (("reasons", 60), ("words_for", 200), ("words_against", 200)):
            values = getattr(self, name)
            if len(values) > most:
                raise ReviewError(f"{len(values)} {name.replace('_', ' ')}; at most {most}")
            for value in values:
                clean(value, name.replace("_", " "), most=200)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe values."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Settings:
        """Build settings from what `to_dict` returned; what a later version added is ignored."""
        known = {f.name for f in fields(cls)}
        values: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in data.items() if k in known
        }
        return cls(**values)
