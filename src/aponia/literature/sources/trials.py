"""A registered trial as its register states it now, in the words of ``evidence/trials``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["PHASES", "STATUSES", "PrimaryOutcome", "TrialEntry", "day", "phase_of", "whole_number"]

#: Statuses as ``evidence/trials`` writes them; a test holds this to `aponia.evidence.codes`.
STATUSES = (
    "Not yet recruiting", "Recruiting", "Enrolling by invitation", "Active, not recruiting",
    "Not recruiting", "Suspended", "Terminated", "Withdrawn", "Completed", "Unknown",
)  # fmt: skip
#: Phases likewise.
PHASES = (
    "Early Phase 1", "Phase 1", "Phase 1/Phase 2", "Phase 2", "Phase 2/Phase 3", "Phase 3", "Phase 4", "N/A",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PrimaryOutcome:
    """A primary outcome as registered; `time_frame` is empty where the register has none."""

    measure: str
    time_frame: str = ""


@dataclass(frozen=True, slots=True)
class TrialEntry:
    """One trial, named as in `aponia.evidence.trial.Trial` where both have a field.

    Parameters
    ----------
    register : str
        ``ClinicalTrials.gov``, ``ISRCTN``, ``CTIS`` or ``ICTRP``.
    id : str
        Registry number.
    title, sponsor : str
        As registered, empty when not stated.
    status : str or None
        One of `STATUSES`; None when the register's word has no counterpart.
    status_stated : str
        The register's own word.
    phase : str or None
        One of `PHASES`.
    enrollment : int or None
        People.
    enrollment_kind : str
        ``planned``, ``actual``, or empty when the register does not say.
    start, completion : str or None
        YYYY, YYYY-MM or YYYY-MM-DD, planned ones included.
    primary_outcomes : tuple of PrimaryOutcome or None
        None when this answer does not hold them, which is not the same as none registered.
    conditions, interventions, countries : tuple of str
    results_posted : bool or None
        None when the register does not say.
    last_update : str or None
        Date of the register's last change.
    url : str
    primary_completion : str or None
        Last visit for the primary outcome, from which a duty to post results may count.
    completion_kind, primary_completion_kind : str
        ``planned``, ``actual``, or empty when the register does not say.
    interventional, fda_regulated : bool or None
        Of ClinicalTrials.gov: the kind of study, and whether it studies a drug or device the FDA regulates.
    results_submitted, delay_requested : str or None
        Of ClinicalTrials.gov: when results were handed in (they are posted after a review), and when a
        certificate or request to delay them was.
    """

    register: str
    id: str
    title: str
    status: str | None
    status_stated: str
    phase: str | None
    enrollment: int | None
    enrollment_kind: str
    start: str | None
    completion: str | None
    primary_outcomes: tuple[PrimaryOutcome, ...] | None
    conditions: tuple[str, ...]
    interventions: tuple[str, ...]
    countries: tuple[str, ...]
    sponsor: str
    results_posted: bool | None
    last_update: str | None
    url: str
    primary_completion: str | None = None
    completion_kind: str = ""
    primary_completion_kind: str = ""
    interventional: bool | None = None
    fda_regulated: bool | None = None
    results_submitted: str | None = None
    delay_requested: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TrialEntry:
        """Build an entry from what `to_dict` returned, also after a way through JSON."""
        values = dict(data)
        outcomes = values.get("primary_outcomes")
        values["primary_outcomes"] = None if outcomes is None else tuple(PrimaryOutcome(**o) for o in outcomes)  # fmt: skip
        for name in ("conditions", "interventions", "countries"):
            values[name] = tuple(values[name])
        return cls(**values)


def phase_of(text: str) -> str | None:
    """Read a phase however a register writes it.

    >>> phase_of("PHASE1, PHASE2"), phase_of("Therapeutic exploratory (Phase II)"), phase_of("N/A")
    ('Phase 1/Phase 2', 'Phase 2', 'N/A')
    """
    if re.search(r"early[\s_]*phase", text, re.IGNORECASE):
        return "Early Phase 1"
    roman = {"IV": "4", "III": "3", "II": "2", "I": "1"}
    bare = re.sub(r"phases?", " ", text, flags=re.IGNORECASE)
    found = sorted(
        {
            roman.get(m, m)
            for m in re.findall(r"(?<![A-Za-z\d])(IV|III|II|I|[1-4])(?![A-Za-z\d])", bare)
        }
    )
    name = "/".join(f"Phase {n}" for n in found)
    if name in PHASES:
        return name
    return "N/A" if re.fullmatch(r"(?i)\s*(n/?a|not applicable|not specified)\s*", text) else None


def whole_number(value: object) -> int | None:
    """Read a count; None when the text is no plain count (group by group, ranges).

    >>> whole_number("120"), whole_number("arm A:49;arm B:49;"), whole_number(None)
    (120, None, None)
    """
    if type(value) is int:
        return value if value >= 0 else None
    text = str(value or "").strip().replace(",", "")
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def day(text: object) -> str | None:
    """Read a date as registers write it: ISO with or without a time, ``31/12/2024``, ``20241231``.

    >>> day("2026-05-26T15:09:37.8Z"), day("19/08/2025"), day("20260920"), day("2013-08"), day("soon")
    ('2026-05-26', '2025-08-19', '2026-09-20', '2013-08', None)
    """
    text = str(text or "").strip()
    if m := re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?", text):
        return "-".join(m.groups())
    if re.fullmatch(r"\d{4}(-\d{2})?", text):
        return text
    if m := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text):
        return f"{m[3]}-{int(m[2]):02d}-{int(m[1]):02d}"
    if m := re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text):
        return "-".join(m.groups())
    if m := re.fullmatch(r"(\d{1,2}) ([A-Z][a-z]+) (\d{4})", text):
        months = (
            "jan",
            "feb",
            "mar",
            "apr",
            "may",
            "jun",
            "jul",
            "aug",
            "sep",
            "oct",
            "nov",
            "dec",
        )
        if m[2][:3].lower() in months:
            return f"{m[3]}-{months.index(m[2][:3].lower()) + 1:02d}-{int(m[1]):02d}"
    return None
