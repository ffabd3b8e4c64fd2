"""The words never go beyond the certainty: every combination of size, certainty and kind."""

from __future__ import annotations

import itertools

import pytest

from aponia.answers import wording
from aponia.answers.guard import check_page, sentence_strength
from aponia.answers.layers import Layer
from aponia.answers.model import Synthesis
from aponia.appraisal import Certainty

NAN = float("nan")
RANK = {None: 0, "very low": 0, "low": 1, "moderate": 2, "high": 3}
LEVELS = ("very low", "low", "moderate", "high")
SHAPES = {
    "benefit, clear": (-2.5, -3.5, -1.5),
    "benefit, crosses": (-2.5, -6.0, 1.0),
    "slight": (-0.5, -3.0, 2.0),
    "trivial": (-0.1, -0.4, 0.2),
    "harm, clear": (2.5, 1.5, 3.5),
    "nothing": (0.0, -3.0, 3.0),
}


def found(shape, *, measure="MD", mid=1.0, kind="single", comparator="inert-placebo", counts=None):
    estimate, low, high = SHAPES[shape]
    if measure == "RR":
        estimate, low, high = (2.0**-x for x in (estimate, high, low))
    direction = (
        "benefit" if SHAPES[shape][0] < 0 else "harm" if SHAPES[shape][0] > 0 else "no-difference"
    )
    return Synthesis(
        kind=kind, construct="pain-intensity", label="pain intensity", comparator=comparator, measure=measure,
        unit="points of 10" if measure == "MD" else None, benefit_sign=-1 if measure == "MD" else 1, k=1, people=20,
        estimate=estimate, ci_lower=low, ci_upper=high, pi_lower=NAN, pi_upper=NAN, tau2=NAN, i2=NAN,
        method="one study", mid=mid if measure == "MD" else None, mid_source=None, mid_unit="points of 10",
        direction=direction, counts=counts or {"benefit": 1, "harm": 0, "no-difference": 0, "unclear": 0}, rows=(), mid_between=mid is not None,
    )  # fmt: skip


NAMES = wording.Names("ketamine", "fibromyalgia", "pain intensity")


@pytest.mark.parametrize(
    ("level", "shape", "measure", "mid", "kind", "comparator"),
    list(itertools.product(
        LEVELS, SHAPES, ("MD", "SMD", "RR"), (None, 1.0), ("single", "pooled", "direction"),
        ("inert-placebo", "active-placebo", "other-treatment"),
    )),
)  # fmt: skip
def test_no_sentence_is_stronger_than_its_certainty(level, shape, measure, mid, kind, comparator):
    made = wording.sentences(
        Certainty(level),
        NAMES,
        found(shape, measure=measure, mid=mid, kind=kind, comparator=comparator),
        (),
        Layer.RANDOMISED,
    )
    for text in (made.plain, made.size, made.harm):
        assert RANK[sentence_strength(text)] <= RANK[level], text
        assert "no effect" not in text.lower()
        assert "nan" not in text.lower()
        page = f"<html><body><p data-certainty='{level}'>{text}</p></body></html>"
        assert check_page("x.html", page, patient=False) == []
    if level == "very low":
        assert "very uncertain" in made.plain
    if level == "low" and kind != "direction":
        assert " may " in made.plain


def test_little_or_no_difference_needs_the_whole_interval_inside_the_minimal_difference():
    inside = wording.sentences(
        Certainty("moderate"), NAMES, found("trivial"), (), Layer.RANDOMISED
    ).plain
    outside = wording.sentences(
        Certainty("moderate"), NAMES, found("slight"), (), Layer.RANDOMISED
    ).plain
    assert "probably makes little or no difference" in inside
    assert "little or no difference" not in outside
    assert "compatible with no difference" in outside


def test_only_randomised_evidence_may_be_worded_as_an_effect():
    with pytest.raises(ValueError, match="randomised"):
        wording.sentences(Certainty("low"), NAMES, found("slight"), (), Layer.SURVEYS)


def test_silence_about_harms_is_said_not_to_mean_safety():
    assert "not the same as no harm" in wording.harm_sentence(())


@pytest.mark.parametrize(
    ("sentence", "level"),
    [
        ("Ketamine reduces pain.", "high"),
        ("Psilocybin probably reduces attacks.", "moderate"),
        ("LSD may relieve headache.", "low"),
        ("The evidence is very uncertain about the effect of LSD on pain.", None),
        ("Does ketamine reduce pain?", None),
        ("Nobody has shown that ketamine reduces pain.", None),
        ("In one trial, attacks were 3.2 lower with psilocybin than with placebo.", None),
    ],
)
def test_the_guard_reads_the_strength_of_a_sentence(sentence, level):
    assert sentence_strength(sentence) == level


@pytest.mark.parametrize(
    "text",
    [
        "Psilocybin is proven to work.",
        "Ketamine is safe.",
        "This is a breakthrough.",
        "It had no effect.",
        "A cure for cluster headache.",
        "You should take 25 mg of it.",
        "Ketamine relieves pain.",
    ],
)
def test_the_guard_stops_what_must_not_be_said(text):
    assert check_page("x.html", f"<html><body><p>{text}</p></body></html>", patient=False)


def test_the_guard_leaves_the_words_of_sources_alone_and_asks_for_warnings():
    quoted = "<html><body><p class='source-text'>Ketamine relieves pain.</p></body></html>"
    assert check_page("x.html", quoted, patient=False) == []
    kinds = {f.text for f in check_page("x.html", quoted, patient=True)}
    assert kinds == {"not medical advice", "do not stop a medicine", "legal status"}
