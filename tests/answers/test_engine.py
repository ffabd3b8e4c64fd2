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
    assert "still to report" in found["mdma-fibromyalgia"].sentences.plain
    # A completed trial without a result is not "nobody has tested this".
    assert "ended, and no result" in found["psilocybin-cancer-pain"].sentences.plain
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


def test_no_mark_rests_on_trials_that_print_only_what_they_find(found):
    """Abstracts print a direction when p < .05 and "did not differ" otherwise: no vote counting."""
    for answer in found.values():
        if answer.direction in ("benefit", "harm") and answer.headline.kind == "direction":
            assert not any(
                r.direction == "unclear" and r.significant is False for r in answer.headline.rows
            )
    for name in ("ketamine-infusion-pain", "ketamine-crps", "ketamine-spinal-cord-injury-pain"):
        assert found[name].direction == "unclear"
        assert "not significant" in found[name].sentences.size


def test_a_drug_given_only_with_another_is_shown_and_not_pooled(found):
    """Gewandter 2014 gave a cream of ketamine with amitriptyline: no evidence about ketamine."""
    rows = [
        r
        for r in found["ketamine-neuropathic-pain"].layers[0].rows
        if r.study == "gewandter-2014-topical-cipn"
    ]
    assert rows
    assert all(r.combined and not r.chosen for r in rows)


def test_within_group_tests_are_no_comparison(found):
    """Schwartzman 2009: "falls on ketamine and none on placebo" compares nothing."""
    row = next(
        r for r in found["ketamine-crps"].layers[0].rows if r.study == "schwartzman-2009-crps"
    )
    assert (row.direction, row.p, row.effect) == ("unclear", None, None)


def test_another_drug_in_the_same_survey_is_no_comparator(found):
    for name in ("psilocybin-cluster-headache", "lsd-cluster-headache"):
        for layer in found[name].layers[2:4]:
            assert all(r.comparator == "own-baseline" for r in layer.rows)


def test_a_share_of_people_has_no_direction_without_a_comparison(found):
    """1 of 10 in remission is no vote for the drug; Kaube's 2 of 11 is none either."""
    rows = [r for r in found["ketamine-migraine"].layers[1].rows if r.study.startswith("kaube")]
    assert rows
    assert {
        r.direction for r in rows if r.effect is not None and r.effect.measure == "proportion"
    } <= {"unclear"}


def test_subgroups_never_borrow_the_group_sizes_of_the_whole_trial(found):
    rows = [
        r
        for r in found["psilocybin-cluster-headache"].layers[0].rows
        if "subgroup" in (r.outcome_name or "")
    ]
    assert len(rows) >= 2
    assert all(r.effect is None or not r.effect.has_interval for r in rows)


def test_hardy_2012_harms_stand_first_for_ketamine_in_cancer_pain(found):
    text = found["ketamine-cancer-pain"].sentences.harm
    assert "1.95" in text
    assert "0 among 10" not in text.split(";")[0]


def test_an_answer_without_a_randomised_result_invents_no_reasons(found):
    for answer in found.values():
        if answer.headline is None:
            assert {j.reason for j in answer.certainty.judgements} == {
                "Not judged: no randomised result for this question."
            }


def test_a_question_about_months_takes_no_result_of_weeks(found):
    answer = found["full-dose-duration"]
    assert answer.status == "only-weaker-layers"
    assert "none printed a result at the times" in answer.sentences.plain


def test_a_neighbouring_question_is_not_passed_off_as_the_one_asked(base):
    for asked in ("LSD for migraine", "ketamine for back pain"):
        with pytest.raises(answers.NoQuestionError):
            answers.find_question(base, asked)
