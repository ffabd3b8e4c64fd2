"""Results that a law wants posted, as far as a register shows; never more than that.

United States, FDAAA 801 and 42 CFR 11.44(a): results of an applicable clinical trial are due one year
after its primary completion date (https://www.ecfr.gov/current/title-42/part-11/section-11.44); 42 CFR
11.42 covers primary completion from 18 January 2017 whether or not the product is approved; 42 CFR
11.22(b) defines the trials: interventional, of a product the FDA regulates, not phase 1, and among
other ways by a site in the United States. Delays by certificate (11.44(b), (c)) or for good cause
(11.44(e)) are possible; ClinicalTrials.gov shows that one was asked for.

European Union, Regulation 536/2014, Article 37(4): a summary of results within one year from the end of
the trial in all Member States (http://data.europa.eu/eli/reg/2014/536/oj); later where the protocol
says why, and what is posted may be published later by a deferral. Paediatric trials: six months, by
Article 41(2) of Regulation 1901/2006 and section 2.2.2 of Commission guideline 2009/C 28/01.

European Union, trials under Directive 2001/20/EC in EudraCT: 12 months after the end of the trial, six
for paediatric ones, by Commission guideline 2012/C 302/03
(https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:52012XC1006(01)). Phase 1 trials of adults are
not made public there.

A trial that may fall outside its rule is not called overdue: `Unreported` says how long ago its stated
end was, and no more.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

from aponia.literature.sources import TrialEntry

__all__ = ["RULES", "Overdue", "Unreported", "add_months", "look", "months_since"]

#: Name of each rule in a digest, and the address of its text.
RULES = {
    "FDAAA 801": ("FDAAA 801 (42 CFR 11.44: one year after primary completion)", "https://www.ecfr.gov/current/title-42/part-11/section-11.44"),
    "EU CTR": ("the EU Clinical Trials Regulation (Article 37(4): one year after the end of the trial)", "http://data.europa.eu/eli/reg/2014/536/oj"),
    "EU CTR paediatric": ("the EU Paediatric Regulation (Article 41(2): six months after the end of a paediatric trial)", "http://data.europa.eu/eli/reg/2006/1901/oj"),
    "EU CTD": ("Commission guideline 2012/C 302/03 for EudraCT (12 months after the end of the trial)", "https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:52012XC1006(01)"),
    "EU CTD paediatric": ("Commission guideline 2012/C 302/03 for EudraCT (six months after the end of a paediatric trial)", "https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:52012XC1006(01)"),
}  # fmt: skip
_FINAL_RULE = date(2017, 1, 18)
_UNITED_STATES = frozenset({"united states", "united states of america", "usa", "us"})
_PHASE_1 = frozenset({"Phase 1", "Early Phase 1"})
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Overdue:
    """Results are due by a rule and the register shows none.

    `date_name` says which of the register's dates was used, `ended` is that date as it stands there.
    """

    rule: str
    date_name: str
    ended: str
    due: date


@dataclass(frozen=True, slots=True)
class Unreported:
    """The stated end is more than a year ago, the register shows no results, and no rule is known to hold."""

    date_name: str
    ended: str
    why: str


def look(
    entry: TrialEntry, today: date, *, paediatric: bool | None = None
) -> Overdue | Unreported | None:
    """Say whether a trial's results are overdue.

    A date of a month or year counts as its last day. The day on which results are due is not overdue.

    Parameters
    ----------
    entry : TrialEntry
    today : date
    paediatric : bool, optional
        Where it is known; the longer time is allowed where it is not.

    Returns
    -------
    Overdue, Unreported or None
        None when there are results, nobody took part, or the time is not over.
    """
    if entry.results_posted or entry.results_submitted or entry.status == "Withdrawn":
        return None
    if entry.enrollment == 0 and entry.enrollment_kind == "actual":
        return None
    found = (
        _fdaaa(entry, today) if entry.register == "ClinicalTrials.gov" else _eu(entry, paediatric)
    )
    if isinstance(found, Overdue):
        return found if today > found.due else None
    name, ended = _end(entry)
    if not ended or today <= add_months(_last_day(ended), _MONTHS):
        return None
    if entry.results_posted is None and entry.register == "ICTRP":
        return None
    return Unreported(name, ended, found)


def _end(entry: TrialEntry) -> tuple[str, str]:
    if entry.completion:
        name = "planned completion" if entry.completion_kind == "planned" else "completion"
        return name, entry.completion
    if entry.primary_completion:
        name = "planned primary completion" if entry.primary_completion_kind == "planned" else "primary completion"  # fmt: skip
        return name, entry.primary_completion
    return "", ""


def _fdaaa(entry: TrialEntry, today: date) -> Overdue | str:
    ended = entry.primary_completion
    if entry.delay_requested:
        return "a delay of the results was asked for"
    if not entry.interventional or not entry.fda_regulated:
        return "the record does not show an interventional trial of a product the FDA regulates"
    if entry.phase is None or entry.phase in _PHASE_1 or entry.phase == "N/A":
        return "phase 1, or no phase given"
    if not any(c.casefold() in _UNITED_STATES for c in entry.countries):
        return "no site in the United States is listed"
    if not ended or entry.primary_completion_kind != "actual":
        return "the record states no actual primary completion"
    if _last_day(ended) < _FINAL_RULE:
        return "primary completion before 18 January 2017, where the rule holds for approved products only"  # fmt: skip
    return Overdue("FDAAA 801", "primary completion", ended, add_months(_last_day(ended), _MONTHS))


def _eu(entry: TrialEntry, paediatric: bool | None) -> Overdue | str:
    directive = entry.id.startswith("EUCTR")
    if entry.register != "CTIS" and not directive:
        return "the register shows no rule that would hold"
    if not entry.completion or entry.completion_kind != "actual":
        return "the register states no actual end of the trial"
    if entry.phase is None or entry.phase in _PHASE_1:
        return "phase 1, or no phase given: results may be kept back"
    name = ("EU CTD" if directive else "EU CTR") + (" paediatric" if paediatric else "")
    months = 6 if paediatric else _MONTHS
    return Overdue(
        name, "end of the trial", entry.completion, add_months(_last_day(entry.completion), months)
    )


def _last_day(text: str) -> date:
    """Return the last day a date of any precision may mean."""
    if re.fullmatch(r"\d{4}", text):
        return date(int(text), 12, 31)
    year, month, *rest = (int(p) for p in text.split("-"))
    return date(year, month, rest[0] if rest else calendar.monthrange(year, month)[1])


def add_months(day: date, months: int) -> date:
    """Return the same day some months later, or the month's last day where there is no such day.

    >>> add_months(date(2024, 2, 29), 12)
    datetime.date(2025, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def months_since(text: str, today: date) -> int:
    """Return the whole months from a date of any precision, its last day, to today.

    >>> months_since("2025-10", date(2026, 11, 29))
    12
    """
    start = _last_day(text)
    months = (today.year - start.year) * 12 + today.month - start.month
    return months - (add_months(start, months) > today)
