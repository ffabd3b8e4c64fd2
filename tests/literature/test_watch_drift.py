"""What is a change in a registered trial, and when results are overdue: tables of cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aponia.literature.sources import PrimaryOutcome, TrialEntry
from aponia.literature.watch import KnownTrial
from aponia.literature.watch.drift import against_base, between
from aponia.literature.watch.overdue import Overdue, Unreported, add_months, look
from aponia.literature.watch.safety import label_changes, reaction_changes

ENTRY = TrialEntry(
    "ClinicalTrials.gov", "NCT01", "A trial", "Recruiting", "RECRUITING", "Phase 2", 40, "planned", "2025-01-15",
    "2026-06-30", (PrimaryOutcome("Pain intensity", "12 weeks"),), (), (), ("United States",), "Somewhere", False,
    "2026-01-01", "https://clinicaltrials.gov/study/NCT01", "2026-03-31", "planned", "planned", True, True,
)  # fmt: skip
KNOWN = KnownTrial("NCT01", "A trial", "https://clinicaltrials.gov/study/NCT01", "Recruiting", 40, "2025-01-15", "2026-06-30", ("pain intensity over 12 weeks",), False)  # fmt: skip
PAIN, SLEEP = (
    PrimaryOutcome("Pain intensity", "12 weeks"),
    PrimaryOutcome("Sleep quality", "4 weeks"),
)


def changed(**values: Any) -> TrialEntry:
    return replace(ENTRY, **values)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, []),
        ({"last_update": "2026-09-09", "title": "Another title"}, []),
        ({"status": "Completed", "status_stated": "COMPLETED"}, [("status", "Recruiting", "Completed", ())]),
        # A word of the register that has no counterpart is told as it stands.
        ({"status": None, "status_stated": "Ended"}, [("status", "Recruiting", "Ended", ())]),
        ({"completion": "2026-12-31"}, [("completion", "2026-06-30", "2026-12-31", ("184 days later",))]),
        ({"completion": "2026-06-29"}, [("completion", "2026-06-30", "2026-06-29", ("1 day earlier",))]),
        ({"completion": "2027-01"}, [("completion", "2026-06-30", "2027-01", ("about 185 days later",))]),
        # Only the precision changed.
        ({"completion": "2026-06"}, []),
        ({"completion": None, "start": None}, []),
        ({"primary_completion": "2026-04-30"}, [("primary_completion", "2026-03-31", "2026-04-30", ("30 days later",))]),
        ({"start": "2025-02-01"}, [("start", "2025-01-15", "2025-02-01", ("17 days later",))]),
        ({"enrollment": 31, "enrollment_kind": "actual"}, [("enrollment", "40 planned", "31 actual", ())]),
        ({"enrollment_kind": "actual"}, [("enrollment", "40 planned", "40 actual", ())]),
        ({"enrollment": None}, []),
        ({"results_posted": True}, [("results_posted", "none", "posted", ())]),
        ({"results_posted": None}, []),
        ({"primary_outcomes": None}, []),
        # Case, marks and white space are no change.
        ({"primary_outcomes": (PrimaryOutcome("PAIN  intensity.", "12 Weeks"),)}, []),
        ({"primary_outcomes": ()}, [("primary_outcomes", "Pain intensity [12 weeks]", "none", ("removed: “Pain intensity [12 weeks]”",))]),
        ({"primary_outcomes": (SLEEP, PAIN)}, [("primary_outcomes", "Pain intensity [12 weeks]", "Sleep quality [4 weeks]; Pain intensity [12 weeks]", ("added: “Sleep quality [4 weeks]”",))]),
        ({"primary_outcomes": (SLEEP,)}, [("primary_outcomes", "Pain intensity [12 weeks]", "Sleep quality [4 weeks]", ("removed: “Pain intensity [12 weeks]”", "added: “Sleep quality [4 weeks]”"))]),
        ({"primary_outcomes": (PrimaryOutcome("Pain intensity", "24 weeks"),)}, [("primary_outcomes", "Pain intensity [12 weeks]", "Pain intensity [24 weeks]", ("time frame of “Pain intensity”: “12 weeks” → “24 weeks”",))]),
        ({"primary_outcomes": (PrimaryOutcome("Mean pain intensity score", "12 weeks"),)}, [("primary_outcomes", "Pain intensity [12 weeks]", "Mean pain intensity score [12 weeks]", ("reworded: “Pain intensity” → “Mean pain intensity score”",))]),
    ],
)  # fmt: skip
def test_what_a_register_changed(values: dict[str, Any], expected: list[Any]) -> None:
    found = between(ENTRY, changed(**values))
    assert [(c.field, c.was, c.now, c.detail) for c in found] == expected
    assert all(c.against == "register" for c in found)


@given(
    st.lists(st.tuples(st.sampled_from(["Pain", "Sleep", "Mood", "Pain at rest"]), st.sampled_from(["", "4 weeks", "1 year"])), max_size=5)
)  # fmt: skip
def test_outcomes_in_another_order_or_case_are_the_same(told: list[tuple[str, str]]) -> None:
    before = changed(primary_outcomes=tuple(PrimaryOutcome(*o) for o in told))
    after = changed(primary_outcomes=tuple(PrimaryOutcome(m.upper(), f" {t} ") for m, t in reversed(told)))  # fmt: skip
    assert between(before, after) == []


@pytest.mark.parametrize(
    ("known", "values", "expected"),
    [
        ({}, {}, []),
        ({"status": None, "enrollment": None, "primary_outcomes": None, "completion": None}, {}, []),
        ({"status": "Not yet recruiting"}, {}, [("status", "Not yet recruiting", "Recruiting")]),
        ({}, {"status": None, "status_stated": "Ended"}, []),
        ({"completion": "2026"}, {}, []),
        ({"completion": "2026-05"}, {}, [("completion", "2026-05", "2026-06-30")]),
        ({"enrollment": 60}, {}, [("enrollment", "60", "40 planned")]),
        ({"results_posted": None}, {"results_posted": True}, [("results_posted", "not known", "posted")]),
        ({"results_posted": True}, {"results_posted": False}, [("results_posted", "posted", "none")]),
        ({"results_posted": True}, {"results_posted": None}, []),
        # The base words outcomes shortly; that alone is no difference.
        ({"primary_outcomes": ("pain intensity",)}, {}, []),
        ({"primary_outcomes": ("attack frequency",)}, {}, [("primary_outcomes", "attack frequency", "Pain intensity [12 weeks]")]),
    ],
)  # fmt: skip
def test_where_the_register_and_the_base_differ(
    known: dict[str, Any], values: dict[str, Any], expected: list[Any]
) -> None:
    found = against_base(replace(KNOWN, **known), changed(**values))
    assert [(c.field, c.was, c.now) for c in found] == expected
    assert all(c.against == "base" for c in found)


#: Ended on 1 March 2024 by an actual date, in the United States, phase 2, of a regulated product.
US = changed(status="Completed", primary_completion="2024-03-01", primary_completion_kind="actual", completion="2024-05-01", completion_kind="actual")  # fmt: skip
EU = replace(
    US, register="CTIS", id="2022-500001-01-00", completion="2024-03-01", primary_completion=None
)
CTD = replace(EU, register="ICTRP", id="EUCTR2014-004535-40")


@pytest.mark.parametrize(
    ("entry", "today", "rule", "used", "due"),
    [
        (US, "2025-03-02", "FDAAA 801", "2024-03-01", "2025-03-01"),
        # A month counts as its last day, a leap day as the last of February.
        (replace(US, primary_completion="2024-03"), "2025-04-01", "FDAAA 801", "2024-03", "2025-03-31"),
        (replace(US, primary_completion="2024-02-29"), "2025-03-01", "FDAAA 801", "2024-02-29", "2025-02-28"),
        (replace(US, phase="Phase 1/Phase 2"), "2026-01-01", "FDAAA 801", "2024-03-01", "2025-03-01"),
        (replace(US, primary_completion="2017-01-18"), "2026-01-01", "FDAAA 801", "2017-01-18", "2018-01-18"),
        (EU, "2025-03-02", "EU CTR", "2024-03-01", "2025-03-01"),
        (CTD, "2025-03-02", "EU CTD", "2024-03-01", "2025-03-01"),
    ],
)  # fmt: skip
def test_overdue_by_a_rule(entry: TrialEntry, today: str, rule: str, used: str, due: str) -> None:
    found = look(entry, date.fromisoformat(today))
    assert isinstance(found, Overdue)
    assert (found.rule, found.ended, found.due.isoformat()) == (rule, used, due)
    # On the very day results are due they are not overdue.
    assert not isinstance(look(entry, found.due), Overdue)


@pytest.mark.parametrize(("entry", "rule"), [(EU, "EU CTR paediatric"), (CTD, "EU CTD paediatric")])
def test_six_months_for_children_where_that_is_known(entry: TrialEntry, rule: str) -> None:
    found = look(entry, date(2024, 9, 2), paediatric=True)
    assert found == Overdue(rule, "end of the trial", "2024-03-01", date(2024, 9, 1))
    assert look(entry, date(2024, 9, 2)) is None


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (replace(US, phase="Phase 1"), "phase 1"),
        (replace(US, phase="Early Phase 1"), "phase 1"),
        (replace(US, phase="N/A"), "no phase"),
        (replace(US, phase=None), "no phase"),
        (replace(US, fda_regulated=False), "FDA regulates"),
        (replace(US, fda_regulated=None), "FDA regulates"),
        (replace(US, interventional=False), "interventional"),
        (replace(US, countries=("Switzerland",)), "no site in the United States"),
        (replace(US, primary_completion=None), "no actual primary completion"),
        (replace(US, primary_completion_kind="planned"), "no actual primary completion"),
        (replace(US, delay_requested="2025-01-01"), "delay"),
        (replace(US, primary_completion="2016-12-31"), "18 January 2017"),
        (replace(EU, phase="Phase 1"), "phase 1"),
        (replace(EU, completion_kind="planned"), "no actual end"),
        (replace(EU, register="ISRCTN", id="ISRCTN10000001", results_posted=None), "no rule"),
    ],
)  # fmt: skip
def test_what_may_fall_outside_a_rule_is_not_called_overdue(entry: TrialEntry, why: str) -> None:
    found = look(entry, date(2026, 11, 22))
    assert isinstance(found, Unreported)
    assert why in found.why
    assert found.ended == entry.completion
    assert look(entry, date(2025, 3, 1)) is None


@pytest.mark.parametrize(
    "entry",
    [
        replace(US, results_posted=True),
        # Handed in and under review.
        replace(US, results_submitted="2025-02-01"),
        replace(US, status="Withdrawn"),
        replace(US, enrollment=0, enrollment_kind="actual"),
        # An export of the ICTRP that does not speak of results.
        replace(CTD, results_posted=None, completion_kind="", phase="Phase 2"),
    ],
)
def test_nothing_to_say(entry: TrialEntry) -> None:
    assert look(entry, date(2026, 11, 22)) is None


@given(st.dates(date(2017, 1, 18), date(2025, 12, 31)), st.integers(0, 1500))
def test_overdue_begins_the_day_after_and_never_ends(ended: date, more: int) -> None:
    entry = replace(US, primary_completion=ended.isoformat())
    due = add_months(ended, 12)
    today = date.fromordinal(due.toordinal() + 1 + more)
    assert look(entry, today) == Overdue("FDAAA 801", "primary completion", ended.isoformat(), due)
    assert not isinstance(look(entry, due), Overdue)


def test_labels_and_counts() -> None:
    before = {
        "version": "3",
        "boxed_warning": False,
        "sections": {"warnings": "a", "precautions": "b"},
    }
    after = {
        "version": "4",
        "boxed_warning": True,
        "sections": {"warnings": "x", "boxed_warning": "y"},
    }
    assert label_changes(before, before) == []
    assert label_changes(before, after) == [
        "a boxed warning was added", "section “precautions” was removed", "section “warnings” changed", "version 3 → 4",
    ]  # fmt: skip
    assert label_changes(after, before)[0] == "the boxed warning was removed"
    old = {"counts": {"NAUSEA": 5, "PAIN": 9, "RASH": 1}, "as_of": "2026-01-01"}
    new = {"counts": {"NAUSEA": 6, "PAIN": 20, "RASH": 1, "FALL": 3}, "as_of": "2026-04-01"}
    rows = reaction_changes("ketamine", old, new)
    # What was not among the reactions given before may have had any count: it is no rise.
    assert [(r.reaction, r.before, r.now, r.as_of) for r in rows] == [("PAIN", 9, 20, "2026-04-01"), ("NAUSEA", 5, 6, "2026-04-01")]  # fmt: skip
