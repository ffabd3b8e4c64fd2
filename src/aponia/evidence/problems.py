"""What is wrong with an evidence base, said so that somebody can fix it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["EvidenceError", "Problem"]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault in the base.

    Attributes
    ----------
    file : str
        Path below the base, with forward slashes (``studies/x.yaml``).
    line : int
        Line the fault is on, counted from 1; 0 when the whole file is meant.
    field : str
        Path of the value inside the record (``outcomes[0].results[1].n``), or ``""``.
    found : str
        What stands there, shortened.
    expected : str
        What should stand there.
    """

    file: str
    line: int
    field: str
    found: str
    expected: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        field = f" {self.field}:" if self.field else ""
        return f"{where}:{field} found {self.found}; expected {self.expected}"


class EvidenceError(ValueError):
    """The evidence base, or a question asked of it, is wrong.

    Attributes
    ----------
    problems : tuple of Problem
        Every fault found; empty when the error is not about a file.
    """

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems: tuple[Problem, ...] = tuple(problems)
