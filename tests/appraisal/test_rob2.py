"""RoB 2 from a record: silence is "no information", knowing the treatment is high risk."""

from __future__ import annotations

import pytest

from aponia import evidence
from aponia.answers import Layer, layer_of
from aponia.appraisal import bias_flags, rob2


@pytest.fixture(scope="module")
def base():
    return evidence.load()


def judged(base, study, comparator="inert-placebo"):
    return {d.domain: d.risk for d in rob2(base.studies[study], comparator)}


def test_schindler_2022_raises_concerns_where_its_record_says_so(base):
    found = judged(base, "schindler-2022-cluster-headache")
    assert found["randomisation"] == "no information"
    assert found["missing results"] == "some concerns"  # 14 of 16
    assert found["measurement of the outcome"] == "some concerns"  # inert placebo, guesses not read
    assert found["overall"] == "some concerns"


def test_the_kind_of_comparator_alone_never_makes_the_rating_low_risk(base):
    """A niacin flush or midazolam need not keep the blind: only guesses could show that it did."""
    for comparator in ("inert-placebo", "active-placebo", "other-treatment"):
        found = judged(base, "noppers-2011-fibromyalgia", comparator)
        assert found["measurement of the outcome"] == "some concerns"


def test_a_cream_that_is_not_felt_is_not_called_unblinded(base):
    assert (
        judged(base, "gewandter-2014-topical-cipn")["measurement of the outcome"] != "some concerns"
    )
    assert not any(
        f.kind == "functional-unblinding"
        for f in bias_flags(base.studies["finch-2009-topical-crps"], "inert-placebo")
    )


def test_no_trial_read_as_an_abstract_is_called_low_overall(base):
    for study in base.studies.values():
        if layer_of(study) is Layer.RANDOMISED and study.read != "full-text":
            assert judged(base, study.id)["overall"] != "low"
            assert judged(base, study.id)["randomisation"] == "no information"


def test_open_treatment_is_a_severe_flag_and_high_risk(base):
    study = base.studies["schindler-2022-cluster-headache"]
    opened = study.model_copy(
        update={"blinding": study.blinding.model_copy(update={"masking": "open-label"})}
    )
    assert {d.risk for d in rob2(opened, "inert-placebo") if d.domain == "overall"} == {"high"}
    assert any(f.severe for f in bias_flags(opened, "inert-placebo"))
