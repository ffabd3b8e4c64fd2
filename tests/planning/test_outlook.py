"""Would the registered trials settle it: what counts, what is left open, and what is said."""

from __future__ import annotations

import json

import pytest

from aponia import answers, evidence
from aponia.answers import Answer
from aponia.answers.guard import check_texts
from aponia.evidence import EvidenceBase
from aponia.planning import Outlook, outlook, registered_trials
from aponia.planning.new_trials import read_design
from aponia.planning.outlook import ASSUMED


@pytest.fixture(scope="module")
def base() -> EvidenceBase:
    return evidence.load()


@pytest.fixture(scope="module")
def found(base: EvidenceBase) -> dict[str, Answer]:
    return answers.answer_all(base)


@pytest.fixture(scope="module")
def told(base: EvidenceBase, found: dict[str, Answer]) -> dict[str, Outlook]:
    return {q: outlook(base, a, simulations=100) for q, a in found.items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("randomized, parallel, placebo-controlled, quadruple-masked", (True, "triple-blind", False, 1.0)),
        ("randomized, double-blind crossover, single centre", (True, "double-blind", True, 1.0)),
        ("randomized 2:1, parallel, double-blind", (True, "double-blind", False, 2.0)),
        ("open-label, single group, in hospital", (False, "open-label", False, 1.0)),
        ("observational, prospective", (False, None, False, 1.0)),
        ("non-randomised comparison of two clinics", (False, None, False, 1.0)),
        ("single-blind, placebo-controlled, three-period", (None, "single-blind", True, 1.0)),
        ("design details not readable", (None, None, False, 1.0)),
        (None, (None, None, False, 1.0)),
    ],
)  # fmt: skip
def test_a_registered_design_is_read_and_silence_stays_none(
    text: str | None, expected: object
) -> None:
    assert read_design(text) == expected


def test_every_question_has_an_outlook_in_words(
    told: dict[str, Outlook], base: EvidenceBase
) -> None:
    assert set(told) == set(base.questions)
    for q, o in told.items():
        assert o.words, q
        assert not check_texts(q, [(w, None) for w in (*o.words, *ASSUMED)], patient=False)
        json.dumps(o.to_dict(), allow_nan=False)


def test_without_a_registered_trial_nothing_is_on_its_way(told: dict[str, Outlook]) -> None:
    empty = [o for o in told.values() if not o.trials and not o.why_not]
    assert empty
    for o in empty:
        assert o.range("moderate") is None
        assert not o.scenarios
        assert "nothing is on its way" in o.words[0]


def test_trials_without_random_assignment_add_nothing(told: dict[str, Outlook]) -> None:
    idle = [t for o in told.values() for t in o.trials if t.randomised is False]
    assert idle
    for t in idle:
        assert t.why_not
        assert t.settled("hopeful") is None
    for o in told.values():
        assert not {t.id for t in o.adding} & {t.id for t in idle}


def test_open_points_make_a_range_and_reporting_half_is_no_better(told: dict[str, Outlook]) -> None:
    counted = [o for o in told.values() if o.adding]
    assert counted
    for o in counted:
        for level in ("low", "moderate"):
            low, high = o.range(level)  # type: ignore[misc]
            assert 0 <= low <= high <= 1
            half = o.range(level, 0.5)
            assert half is not None
            assert half[1] <= high + 0.15
        assert {(s.side, s.reports) for s in o.scenarios} == {
            ("cautious", 1.0), ("hopeful", 1.0), ("cautious", 0.5), ("hopeful", 0.5)
        }  # fmt: skip


def test_a_trial_already_in_the_base_is_not_counted_again(
    base: EvidenceBase, found: dict[str, Answer]
) -> None:
    question = base.questions["psilocybin-cluster-headache"]
    ids = {
        t.id
        for t in registered_trials(
            base, question, [base.trials[t] for t in found[question.id].trials]
        )
    }
    assert "NCT02981173" not in ids
    phantom = base.questions["psilocybin-phantom-limb-pain"]
    running = registered_trials(base, phantom, [base.trials["NCT05224336"]])
    assert running[0].replaces == base.trials["NCT05224336"].linked_studies


def test_two_doses_of_a_drug_are_no_comparison(base: EvidenceBase) -> None:
    question = base.questions["lsd-palliative-care-pain"]
    (trial,) = registered_trials(base, question, [base.trials["NCT05883540"]])
    assert trial.comparator is None
    assert "Every arm gets the drug" in trial.why_not


def test_where_there_is_a_placebo_comparison_another_treatment_stays_apart(
    told: dict[str, Outlook],
) -> None:
    trial = next(t for t in told["psilocybin-migraine"].trials if t.id == "NCT06464367")
    assert trial.comparator == "other-treatment"
    assert "stays apart" in trial.why_not


def test_the_same_seed_gives_the_same_outlook(base: EvidenceBase, found: dict[str, Answer]) -> None:
    answer = found["psilocybin-low-back-pain"]
    assert outlook(base, answer, simulations=100) == outlook(base, answer, simulations=100)


def test_the_command_tells_the_parts_asked_for() -> None:
    from typer.testing import CliRunner

    from aponia.cli.main import app

    run = CliRunner().invoke
    told = run(app, ["plan", "psilocybin for fibromyalgia", "--gaps", "--value", "--threshold", "0.5", "--n", "60", "--json"])  # fmt: skip
    assert told.exit_code == 0
    parts = json.loads(told.stdout)
    assert set(parts) == {"question", "gaps", "value"}
    assert parts["value"]["threshold"]["origin"] == "given"
    text = run(app, ["plan", "psilocybin for cluster headache", "--outlook", "--gaps"])
    assert text.exit_code == 0
    assert "nothing is on its way" in text.stdout
    assert "not read" in text.stdout
    asked = run(app, ["plan", "psilocybin for cluster headache", "--value"])
    assert asked.exit_code != 0
