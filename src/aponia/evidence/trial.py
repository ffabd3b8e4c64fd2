"""One registered trial, as registries and their copies show it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from aponia.evidence.codes import Phase, TrialStatus
from aponia.evidence.common import Disagreement, Source
from aponia.evidence.study import Arm
from aponia.evidence.values import Count, Identifier, PartialDate, Record, Registration, Text

__all__ = ["Trial"]


class Trial(Record):
    """One registered trial.

    Attributes
    ----------
    id : str
        Registry id, same as the file name.
    title, sponsor, country, design : str or None
        As registered.
    condition, substances, approach : str
        Vocabulary ids.
    phase, status : str or None
        Codes as the registry writes them.
    status_seen : str or None
        Date the status was last seen; the status may have changed since.
    enrollment : int or None
        People planned or reached.
    start, completion : str or None
        Dates as registered, planned ones included.
    arms : tuple of Arm
        What is given.
    primary_outcomes : tuple of str or None
        None when they could not be read.
    results_posted : bool or None
        Whether the registry holds results.
    linked_studies : tuple of str
        Ids of studies that report it.
    note : str or None
        Anything else.
    disagreements : tuple of Disagreement
        Where sources contradict each other.
    sources : tuple of Source
        Where it was read.
    """

    id: Registration
    title: Text
    condition: Identifier
    substances: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    approach: Identifier
    phase: Phase | None
    status: TrialStatus | None
    status_seen: PartialDate | None
    enrollment: Count | None
    start: PartialDate | None
    completion: PartialDate | None
    sponsor: Text | None
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}(/[A-Z]{2})*$")] | None
    design: Text | None
    arms: tuple[Arm, ...]
    primary_outcomes: tuple[Text, ...] | None
    results_posted: bool | None
    linked_studies: tuple[Identifier, ...]
    note: Text | None = None
    disagreements: tuple[Disagreement, ...] = ()
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]

    @property
    def url(self) -> str:
        """Address of the registry record."""
        if self.id.startswith("NCT"):
            return f"https://clinicaltrials.gov/study/{self.id}"
        return self.sources[0].url

    def arm(self, arm_id: str) -> Arm | None:
        """Give one arm, or None when there is none of that id.

        Parameters
        ----------
        arm_id : str
            Id of the arm.

        Returns
        -------
        Arm or None
            The arm.
        """
        return next((a for a in self.arms if a.id == arm_id), None)
