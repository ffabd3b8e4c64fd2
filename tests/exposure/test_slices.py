"""A slice of a question holds only studies of one approach, and says what it left outside."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from aponia import evidence
from aponia.answers import Layer
from aponia.answers.exposure_slices import APPROACH_IDS, approaches_by_bands, slice_answer
from aponia.cli.main import app

run = CliRunner().invoke


@pytest.fixture(scope="module")
def base():
    return evidence.load()


def cut(base, question, approach, by="bands"):
    return slice_answer(base, base.questions[question], approach, by=by)


def test_bands_and_labels_put_the_same_trial_into_different_slices(base):
    by_dose = cut(base, "psilocybin-cluster-headache", "psycholytic")
    assert "schindler-2022-cluster-headache" in by_dose.answer.layers[0].studies
    assert "psycholytic" in by_dose.answer.sentences.plain
    assert cut(base, "psilocybin-cluster-headache", "macrodose").answer is None
    filed = cut(base, "psilocybin-cluster-headache", "macrodose", by="label")
    assert "schindler-2022-cluster-headache" in filed.answer.layers[0].studies
    assert cut(base, "psilocybin-cluster-headache", "psycholytic", by="label").answer is None


def test_an_empty_slice_says_nothing_about_the_drug(base):
    got = cut(base, "psilocybin-cluster-headache", "macrodose")
    assert got.answer is None
    assert got.sentence.startswith(
        "No study or trial of this question gave, as the largest dose, one that "
        "published bands call full dose"
    )
    assert "no dose in people is known" in got.sentence
    assert "sewell-2006-cluster-headache" in got.unknown
    json.dumps(got.to_dict())


def test_a_dose_of_another_drug_of_the_same_study_does_not_count(base):
    """The cancer studies gave LSD in known doses and DPT in doses no source has classes for."""
    assert cut(base, "lsd-cancer-pain", "macrodose").answer is not None
    assert cut(base, "dpt-cancer-pain", "macrodose").answer is None
    assert approaches_by_bands(base, ("dpt",))["grof-1973-cancer-pain-lsd-dpt"] == "unclear"


def test_slices_of_one_question_never_share_a_study(base):
    for question in base.questions.values():
        if question.mechanism:
            continue
        seen: set[str] = set()
        for approach in APPROACH_IDS:
            found = slice_answer(base, question, approach).answer
            if found is None:
                continue
            mine = {s for layer in found.layers for s in layer.studies}
            assert not mine & seen
            seen |= mine


def test_nobody_is_sliced_by_animals(base):
    for approach in APPROACH_IDS:
        for question in ("psilocybin-neuropathic-pain", "full-dose-duration", "microdosing-pain"):
            found = cut(base, question, approach).answer
            if found is not None:
                assert not next(x for x in found.layers if x.layer is Layer.ANIMALS).studies


def test_what_stands_outside_the_infusions_is_named_for_what_it_is(base):
    """Nasal sprays have a known dose; they are outside because they are no infusion."""
    got = cut(base, "ketamine-migraine", "infusion")
    assert "afridi-2013-migraine-aura-ketamine" in got.unknown
    assert "gave it in another way" in got.sentence
    assert "no dose" not in got.sentence


def test_a_confirmed_certainty_of_the_whole_is_not_carried_over(base):
    found = cut(base, "ketamine-crps", "infusion").answer
    assert found.certainty.suggested


def test_an_unknown_approach_is_named(base):
    with pytest.raises(ValueError, match="macrodose is the full dose"):
        cut(base, "ketamine-crps", "heroic")


def test_ask_takes_an_approach_in_words_and_in_json():
    shown = run(app, ["ask", "psilocybin for cluster headache", "--approach", "psycholytic"])
    assert shown.exit_code == 0, shown.output
    assert "very uncertain" in shown.output
    assert "published bands call psycholytic dose" in " ".join(shown.output.split())
    data = json.loads(
        run(app, ["ask", "psilocybin for migraine", "--approach", "macrodose", "--json"]).output
    )
    assert data["answer"] is None
    assert data["approach"] == "macrodose"
    wrong = run(app, ["ask", "psilocybin for migraine", "--approach", "10 mg"])
    assert wrong.exit_code == 1
    assert "is not one of" in str(wrong.exception)
