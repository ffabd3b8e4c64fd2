"""The answers of the shipped base: layers apart, nothing invented, empty cells answered."""

from __future__ import annotations

import json
import math

import pytest

from aponia import answers, evidence
from aponia.answers.layers import Layer, layer_of


@pytest.fixture(scope="module")
def base():
    return evidence.load()


@pytest.fixture(scope="module")
def found(base):
    return answers.answer_all(base)


def test_every_condition_substance_and_approach_of_the_base_has_a_question(base):
    asked = base.questions.values()
    records = [*base.studies.values(), *base.trials.values()]
    conditions = {r.condition for r in records} - {"none"}
    assert conditions <= {c for q in asked for c in q.conditions}
    assert {s for r in records for s in r.substances} <= {s for q in asked for s in q.substances}
    assert {"macrodose", "microdose", "psycholytic", "infusion"} <= {
        a for q in asked for a in q.approaches
    }
    assert {"plasticity", "inflammation", "affective"} == {q.mechanism for q in asked} - {None}
    assert len(base.questions) >= 25


def test_layers_never_mix(base, found):
    for answer in found.values():
        seen = set()
        for layer in answer.layers:
            assert {layer_of(base.studies[s]) for s in layer.studies} <= {layer.layer}
            assert not seen & set(layer.studies)
            seen |= set(layer.studies)
            assert {r.layer for r in layer.rows} <= {layer.layer}
        for synthesis in answer.layers[0].syntheses:
            assert all(r.layer is Layer.RANDOMISED for r in synthesis.rows)


def test_only_randomised_layers_are_pooled(found):
    for answer in found.values():
        for layer in answer.layers[1:]:
            assert {s.kind for s in layer.syntheses} <= {"direction", "none"}


def test_reviews_are_shown_and_not_counted_again(base, found):
    for answer in found.values():
        inside = {s for layer in answer.layers for s in layer.studies}
        assert not inside & set(answer.reviews)
        assert {base.studies[s].design for s in answer.reviews} <= {
            "systematic-review",
            "meta-analysis",
        }


def test_psilocybin_in_cluster_headache_is_the_one_trial_as_printed(found):
    answer = found["psilocybin-cluster-headache"]
    assert answer.headline.kind == "single"
    assert answer.headline.people == 14
    assert answer.headline.estimate == pytest.approx(-3.23)
    assert answer.headline.ci_lower < 0 < answer.headline.ci_upper
    assert answer.certainty.level == "very low"
    assert answer.direction == "unclear"
    assert "very uncertain" in answer.sentences.plain


def test_not_tested_animals_only_and_not_gathered_are_answers(found):
    assert found["mdma-fibromyalgia"].status == "not-tested"
    assert "Nobody has tested MDMA for fibromyalgia" in found["mdma-fibromyalgia"].sentences.plain
    assert found["psilocybin-experimental-pain"].status == "animals-only"
    # The literature on ketamine is larger than this base: an empty cell must not claim otherwise.
    for name in ("ketamine-visceral-pain", "ketamine-postoperative-pain"):
        assert found[name].status in ("not-covered", "reviews-only")
        assert "Nobody has tested" not in found[name].sentences.plain


def test_every_answer_has_six_layers_harms_and_safe_json(found):
    for answer in found.values():
        assert [x.layer for x in answer.layers] == list(Layer)
        assert all(x.sentence for x in answer.layers)
        assert answer.harms
        text = json.dumps(answer.to_dict(), allow_nan=False)
        assert json.loads(text)["id"] == answer.id


def test_an_estimate_lies_in_its_interval_and_its_prediction_interval_is_wider(found):
    for answer in found.values():
        for s in answer.layers[0].syntheses:
            if s.kind in ("pooled", "single"):
                assert s.ci_lower <= s.estimate <= s.ci_upper
                if math.isfinite(s.pi_lower):
                    assert s.pi_lower <= s.ci_lower + 1e-9
                    assert s.pi_upper >= s.ci_upper - 1e-9
            else:
                assert math.isnan(s.estimate)


def test_other_time_points_stay_visible_beside_the_chosen_one(found):
    """Sigtermans 2009 printed p < .001 at week 1 and p = .07 at week 12: both must be on the page."""
    rows = [r for r in found["ketamine-crps"].layers[0].rows if r.study == "sigtermans-2009-crps"]
    days = {r.timepoint_days: r.chosen for r in rows if r.construct == "pain-intensity"}
    assert days.keys() >= {7, 84}
    assert sum(days.values()) == 1


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("psilocybin for cluster headache", "psilocybin-cluster-headache"),
        ("magic mushrooms fibromyalgia", "psilocybin-fibromyalgia"),
        ("psylocibin migrane", "psilocybin-migraine"),
        ("special k for nerve pain", "ketamine-neuropathic-pain"),
        ("ketamine-crps", "ketamine-crps"),
        ("does microdosing help pain", "microdosing-pain"),
        ("LSD phantom limb", "lsd-phantom-limb-pain"),
    ],
)
def test_a_question_is_found_from_everyday_words(base, asked, answered):
    assert answers.find_question(base, asked).id == answered


def test_another_topic_is_refused_with_the_nearest_questions(base):
    with pytest.raises(answers.NoQuestionError, match="nearest"):
        answers.find_question(base, "best pizza in town")


def test_the_map_covers_all_pairs_and_does_not_let_surveys_swell_a_trial(base, found):
    table = answers.evidence_map(base, found)
    assert len(table.cells) == len(table.rows) * len(table.columns)
    cell = table.cells["cluster-headache", "psilocybin"]
    assert (cell.kind, cell.people) == ("randomised", 14)
    assert table.cells["visceral-pain", "ketamine"].kind == "not-covered"
    assert table.cells["visceral-pain", "mdma"].kind == "not-tested"
