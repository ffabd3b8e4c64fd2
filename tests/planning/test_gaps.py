"""What earlier trials measured: not read is never no; and the table for a protocol names no dose."""

from __future__ import annotations

import json

import pytest

from aponia import answers, evidence, planning
from aponia.answers import Answer
from aponia.answers.guard import check_texts, dose_mentions
from aponia.evidence import EvidenceBase
from aponia.planning import GapReport, gap_report, protocol_table
from aponia.planning.gaps import ITEMS


@pytest.fixture(scope="module")
def base() -> EvidenceBase:
    return evidence.load()


@pytest.fixture(scope="module")
def found(base: EvidenceBase) -> dict[str, Answer]:
    return answers.answer_all(base)


@pytest.fixture(scope="module")
def reports(base: EvidenceBase, found: dict[str, Answer]) -> dict[str, GapReport]:
    return {q: gap_report(base, a) for q, a in found.items()}


def test_no_needs_a_full_paper_or_a_record_that_says_so(
    base: EvidenceBase, reports: dict[str, GapReport]
) -> None:
    seen = 0
    for report in reports.values():
        for row in report.studies:
            study = base.studies[row.id]
            for key, mark in row.marks.items():
                seen += 1
                if mark == "no" and study.read != "full-text":
                    assert key in ("guess", "guess-rates")
                    assert study.blinding.guess_assessed is False
        for row in report.trials:
            assert "no" not in row.marks.values()
    assert seen > 500


def test_every_cell_is_filled_and_shares_add_up(reports: dict[str, GapReport]) -> None:
    for report in reports.values():
        for row in (*report.studies, *report.trials):
            assert list(row.marks) == [i.key for i in ITEMS]
        for share in report.shares:
            assert share.yes + share.no + share.not_read == len(report.studies)
            assert share.full_yes <= share.full
        assert sum(report.by_reading.values()) == len(report.studies)
        json.dumps(report.to_dict())


def test_what_a_record_says_is_read(reports: dict[str, GapReport]) -> None:
    rows = {r.id: r for r in reports["psilocybin-cluster-headache"].studies}
    first = rows["schindler-2022-cluster-headache"]
    assert first.marks["diary"] == "yes"
    assert first.marks["registered"] == "yes"
    assert first.marks["guess"] == "not read"


def test_silence_changes_nothing(base: EvidenceBase, found: dict[str, Answer]) -> None:
    """Taking a statement out of a record turns its yes to not read, not to no."""
    answer = found["psilocybin-cluster-headache"]
    study = base.studies["schindler-2022-cluster-headache"]
    bare = study.model_copy(update={"registrations": (), "outcomes": ()})
    from aponia.planning.gaps import _study_row

    row = _study_row(base, base.questions[answer.id], bare)
    assert row.marks["registered"] == "not read"
    assert row.marks["follow-up"] == "not read"
    full = _study_row(
        base, base.questions[answer.id], bare.model_copy(update={"read": "full-text"})
    )
    assert full.marks["registered"] == "no"
    assert full.marks["guess"] == "not read"


def test_words_name_counts(reports: dict[str, GapReport]) -> None:
    for report in reports.values():
        assert report.words
        assert not check_texts(report.question, [(w, None) for w in report.words], patient=False)


@pytest.mark.parametrize("question", ["psilocybin-fibromyalgia", "ketamine-migraine", "psilocybin-migraine"])  # fmt: skip
def test_the_protocol_table_names_its_items_in_order_and_no_dose(
    base: EvidenceBase, found: dict[str, Answer], reports: dict[str, GapReport], question: str
) -> None:
    plan = planning.plan(found[question], base=base, simulations=200, largest=400)
    rows = protocol_table(base, plan, found[question], reports[question])
    assert [r.number for r in rows] == [
        "9a", "9b", "12", "14a", "16", "17", "18", "19", "24a–b", "25a", "27c", "28b"
    ]  # fmt: skip
    for row in rows:
        assert row.suggestion
        assert not dose_mentions(row.suggestion)
        for source in row.sources:
            table, _, name = source.text.partition("/")
            if name:
                assert any(r.id == name for r in base.table(table)), source
