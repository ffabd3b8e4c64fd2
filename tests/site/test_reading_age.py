"""The plain parts of pages for people in pain can be read at thirteen.

Reading age is measured as `tests.site.reading_age` says, on the built pages. Records of studies and
trials, models and data are written for specialists and are not measured.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from statistics import mean

import pytest

from aponia import evidence

_spec = importlib.util.spec_from_file_location("reading_age", Path(__file__).with_name("reading_age.py"))  # fmt: skip
assert _spec is not None
assert _spec.loader is not None
reading = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reading)

AGE = 13.0
#: The three large lines at the top of a question page: answer, size, harm.
TOP = reading.PLAIN[:3]
WHOLE = ("//main//p[not(ancestor::table)]", "//main//li[not(.//p)][not(ancestor::table)]")


@pytest.fixture(scope="module")
def names():
    return reading.names_pattern(evidence.load().vocabulary)


def test_the_formula_on_texts_whose_grade_is_known():
    """Two texts counted by hand: 6 words of 1 syllable in 1 sentence; 10 words, 16 syllables, 2 sentences."""
    import re

    nothing = re.compile(r"(?!x)x")
    assert reading.reading_age("The cat sat on the mat.", nothing) == pytest.approx(
        0.39 * 6 + 11.8 * 1 - 15.59 + 5
    )
    text = "Nobody can tell the harms of ketamine. Many trials asked."
    assert reading.reading_age(text, nothing) == pytest.approx(
        0.39 * 10 / 2 + 11.8 * 16 / 10 - 15.59 + 5
    )


def test_every_question_page_can_be_read_at_thirteen(built, names):
    out, _ = built
    ages = {}
    for path in sorted((out / "questions").glob("*.html")):
        if path.name != "index.html":
            text = reading.plain_text(path.read_text(encoding="utf-8"))
            ages[path.stem] = reading.reading_age(text, names)
    assert len(ages) == len(evidence.load().questions)
    assert {q: round(a, 1) for q, a in ages.items() if a > AGE} == {}


def test_the_lines_at_the_top_are_plain_on_the_whole(built, names):
    """Single ones quote what a trial called its harms ("psychotomimetic"), which we may not soften."""
    out, _ = built
    pages = [p for p in (out / "questions").glob("*.html") if p.name != "index.html"]
    ages = [reading.reading_age(reading.plain_text(p.read_text(encoding="utf-8"), TOP), names) for p in pages]  # fmt: skip
    assert mean(ages) <= AGE


@pytest.mark.parametrize("path", ["index", "safety/index", "legal/index", "ketamine/index", "analogues/index",
                                  "mechanisms/index", "approaches/index"])  # fmt: skip
def test_the_pages_around_the_questions_can_be_read_at_thirteen(built, names, path):
    out, _ = built
    text = reading.plain_text((out / f"{path}.html").read_text(encoding="utf-8"), WHOLE)
    assert reading.reading_age(text, names) <= AGE
