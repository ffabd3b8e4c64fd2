"""The approach pages: every number has its row, nothing reads as advice, no class for ketamine."""

from __future__ import annotations

import csv
import re

import pytest
from lxml import html

from aponia import evidence
from aponia.answers.exposure_slices import placed_arms

PAGES = ("index", "full-dose", "psycholytic", "microdose", "infusion", "arms", "models")


@pytest.fixture(scope="module")
def read(built):
    out, _ = built
    return {p: (out / "approaches" / f"{p}.html").read_text(encoding="utf-8") for p in PAGES}


@pytest.fixture(scope="module")
def text(read):
    return {
        p: " ".join(html.document_fromstring(t).text_content().split()) for p, t in read.items()
    }


def test_there_is_a_page_for_each_approach_and_each_is_light(read):
    for page in PAGES:
        assert len(read[page].encode()) < 200_000


@pytest.mark.parametrize("page", PAGES)
def test_no_page_advises_or_takes_an_amount(read, text, page):
    tree = html.document_fromstring(read[page])
    assert tree.xpath("//form|//input|//textarea|//select") == []
    # The disclaimer itself says that nothing here says what anybody should take.
    shown = re.sub(r"(?:says|not) what anybody should take", "", text[page])
    advice = r"\b(?:should|ought to|recommended) (?:take|dose)\b"
    assert not re.search(advice, shown, re.IGNORECASE)
    assert "not medical advice" in text[page].lower()


@pytest.mark.parametrize("page", PAGES)
def test_every_chart_has_a_table_and_a_title_that_is_a_sentence(read, page):
    for figure in html.document_fromstring(read[page]).xpath("//figure"):
        assert figure.xpath(".//table"), page
        assert figure.xpath(".//svg/title")
        assert len(figure.xpath(".//svg")) == 2


def test_the_overview_counts_what_the_engine_counts(text):
    arms = placed_arms(evidence.load())
    judged = [a for a in arms if a.verdict in ("agrees", "divided", "differs")]
    differs = sum(a.verdict == "differs" for a in judged)
    assert f"Of {len(judged)} arms" in text["index"]
    assert f"{differs} lie elsewhere" in text["index"]


def test_one_dose_with_three_names_is_shown_as_such(text):
    shown = text["index"]
    assert "what to call 0.143 mg/kg of psilocybin" in shown
    box = shown[shown.index("what to call 0.143 mg/kg") :][:400]
    assert "“low-dose”" in box
    assert "“high”" in box
    assert "full dose" in box
    assert "psycholytic 92%" in box


def test_occupancy_is_said_to_be_derived_and_others_not_known(text):
    for page in ("full-dose", "psycholytic", "microdose"):
        assert "derived 5-HT2A occupancy" in text[page]
        assert "not measured at these doses" in text[page]
        assert "is not known" in text[page]
    assert "LSD (occupancy was measured but its figures were not read" in text["models"]
    assert "ketamine (no source in the base measured" in text["models"]


def test_a_page_shows_both_ways_of_sorting_where_they_part(text):
    """Filed labels leave the psycholytic page without a trial, the doses given put two there."""
    shown = text["psycholytic"]
    assert shown.index("Sorted by the dose that was given") < shown.index(
        "Sorted by the label on file"
    )
    assert "No randomised trial of a classic psychedelic (psycholytic dose)" in shown
    assert "Two randomised trials" in shown
    assert (
        "No study or trial of pain gave, as the largest dose, one that published bands call microdose"
        in (text["microdose"])
    )
    assert "felt for about 0 hours" not in shown


def test_ketamine_has_a_page_of_its_own_and_no_class(text):
    assert "No source names a microdose or a full dose of ketamine" in text["infusion"]
    for page in ("full-dose", "psycholytic", "microdose"):
        assert (
            "Ketamine" not in text[page].split("Which trials gave it")[1].split("Independence")[0]
        )


def test_fitted_figures_and_checks_are_told_apart_and_lead_to_their_source(read):
    tree = html.document_fromstring(read["models"])
    table = tree.xpath("//table[caption[contains(., 'Predicted and observed exposures')]]")[0]
    roles = [r.xpath("string(td[2])") for r in table.xpath(".//tbody/tr[td]")]
    assert set(roles) == {"fitted", "check"}
    urls = {r.id: r.source_url for r in evidence.load().pk_parameters}
    for row in table.xpath(".//tbody/tr[td]"):
        link = row.xpath("th/a")[0]
        assert urls[link.text] == link.get("href")


def test_every_arm_stands_in_the_table_of_all_arms(read):
    rows = html.document_fromstring(read["arms"]).xpath("//table/tbody/tr[td]")
    assert len(rows) == len(placed_arms(evidence.load()))
    assert all(r.xpath("string(td[last()])").strip() not in ("", "–") for r in rows)


def test_every_drawing_of_every_page_is_under_25_kilobytes(read):
    for page in PAGES:
        for svg in re.findall(r"<svg.*?</svg>", read[page], re.DOTALL):
            assert len(svg.encode()) < 25_000, page


def test_the_overview_and_the_pages_count_the_same_arms(read, text):
    cards = html.document_fromstring(read["index"]).xpath("//ul[contains(@class,'four')]/li")
    for card, page in zip(
        cards, ("full-dose", "psycholytic", "microdose", "infusion"), strict=True
    ):
        n = re.search(r"(\d+) arms", card.text_content()).group(1)
        assert f"{n} arms of studies and registered trials" in text[page]


def test_a_question_page_sorts_its_studies_by_the_dose_they_gave(built):
    out, _ = built
    page = (out / "questions" / "psilocybin-migraine.html").read_text(encoding="utf-8")
    section = html.document_fromstring(page).xpath("//section[@aria-labelledby='by-dose']")[0]
    assert "psycholytic" in section.text_content().lower()
    assert section.xpath(".//li/@data-certainty") == ["very low"]
    # A question that asks about one approach is not sorted again.
    other = (out / "questions" / "microdosing-pain.html").read_text(encoding="utf-8")
    assert "by-dose" not in other


def test_the_downloads_hold_what_the_pages_show(built, text):
    out, _ = built
    with (out / "approaches" / "arms.csv").open(encoding="utf-8", newline="") as file:
        arms = list(csv.DictReader(file))
    assert len(arms) == len(placed_arms(evidence.load()))
    ten = next(a for a in arms if a["record"] == "schindler-2022-cluster-headache")
    assert ten["authors_word"] == "low-dose"
    assert float(ten["psycholytic"]) == pytest.approx(0.92, abs=0.005)
    assert ten["occupancy_status"] == "derived"
    with (out / "approaches" / "checks.csv").open(encoding="utf-8", newline="") as file:
        checks = list(csv.DictReader(file))
    held = {c["row"]: c["within"] for c in checks if c["role"] == "check"}
    near = sum(v == "yes" for v in held.values())
    assert f"{near} of {len(held)} published figures" in text["models"]


def test_doses_outside_what_was_measured_are_said_to_be_so(text):
    assert "cover 15 mg to 30 mg, so 1 mg lies outside what was measured" in text["microdose"]
    assert "so 10 mg and 5 mg lie outside" in text["psycholytic"]
    assert "outside what was measured" not in text["full-dose"]
