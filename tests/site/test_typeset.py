"""Template and data to PDF: text is never code, the same input gives the same file, bounds hold."""

from __future__ import annotations

import io

import pypdf
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aponia.site.typeset import TypesetError, page_count, qr_svg, typeset
from aponia.site.typeset.typeset import MAX_DATA_BYTES

NOTE = {"title": "A note", "paper": "a4", "text": "Plain."}


def text_of(pdf):
    return "".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.parametrize(
    "attack",
    ["#panic(1)", "$x^2$", "*bold* _it_", "#read(\"/etc/passwd\")", "]#image(\"x\")[", "\\u{41} // /* \"", "= H"],
)  # fmt: skip
def test_text_is_printed_as_it_is(attack):
    assert text_of(typeset("note", NOTE | {"text": attack})).endswith(attack)


@settings(max_examples=40, deadline=None)
@example(
    "0\N{EMOJI MODIFIER FITZPATRICK TYPE-1-2}"
)  # a cluster of which no font has the second half
@example("\N{NO-BREAK SPACE}\N{EMOJI MODIFIER FITZPATRICK TYPE-1-2}")
@example(
    "\N{LATIN SMALL LETTER E WITH ACUTE}\N{EMOJI MODIFIER FITZPATRICK TYPE-6}\N{COMBINING ENCLOSING KEYCAP}"
)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_any_text_makes_one_page_and_the_same_bytes(text):
    one = typeset("note", NOTE | {"text": text})
    assert page_count(one) == 1
    assert one == typeset("note", NOTE | {"text": text})


def test_a_character_without_a_font_is_seen_as_a_gap():
    text = text_of(typeset("note", NOTE | {"text": "before 疼痛 after \x9b\u202e end"}))
    assert "before \ufffd\ufffd after" in text
    assert "end" in text


def test_the_day_of_creation_is_the_given_one_never_the_clock():
    meta = pypdf.PdfReader(io.BytesIO(typeset("note", NOTE, created="2026-05-04"))).metadata
    assert meta.creation_date.date().isoformat() == "2026-05-04"
    meta = pypdf.PdfReader(io.BytesIO(typeset("note", NOTE))).metadata
    assert meta.creation_date.year == 1970


@pytest.mark.parametrize(
    ("template", "data", "said"),
    [
        ("no_such", NOTE, "expected one of brief, note"),
        ("../note", NOTE, "not known"),
        ("note", NOTE | {"paper": "a3"}, "expected a4 or letter"),
        ("note", NOTE | {"text": float("nan")}, "not JSON"),
        ("note", NOTE | {"text": "x" * (MAX_DATA_BYTES + 1)}, "at most"),
        ("note", {"title": "A note", "paper": "a4"}, "text"),
    ],
)
def test_what_can_not_be_made_says_why(template, data, said):
    with pytest.raises(TypesetError, match=said):
        typeset(template, data)


def test_letter_is_letter():
    page = pypdf.PdfReader(io.BytesIO(typeset("note", NOTE | {"paper": "letter"}))).pages[0]
    assert [round(float(x)) for x in page.mediabox[2:]] == [612, 792]


def test_the_code_keeps_its_quiet_zone_and_is_black_on_white():
    svg = qr_svg("aponia:psilocybin-migraine@0.1.0+b4b17bccc224")
    assert 'fill="#fff"' in svg
    assert "#000" in svg
    assert svg == qr_svg("aponia:psilocybin-migraine@0.1.0+b4b17bccc224")
