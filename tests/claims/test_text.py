"""From files to sentences: extraction, splitting, language."""

from __future__ import annotations

import itertools
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aponia.claims import ExtractionError, extract
from aponia.claims.extract import clean
from aponia.claims.language import is_english
from aponia.claims.sentences import sentences


def _texts(source: str | bytes, name: str = "") -> list[str]:
    return [s.text for s in sentences(extract(source, name))]


def _pdf(lines: list[str]) -> bytes:
    """Return a one-page PDF with real text, written by hand so that no tool is needed."""
    stream = "BT /F1 11 Tf 50 780 Td 14 TL " + " ".join(f"({x}) Tj T*" for x in lines) + " ET"
    body = zlib.compress(stream.encode("latin-1"))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(body), body),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    out, places = b"%PDF-1.4\n", []
    for n, o in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (n, o)
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % p for p in places)
    return out + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start


def test_abbreviations_and_numbers_do_not_end_sentences():
    text = (
        "Dr. Smith gave psilocybin, e.g. in cluster headache. It fell by 3.2 attacks. "
        "J. Doe et al. Reported it. The U.S. trial ended."
    )
    assert _texts(text)[:2] == [
        "Dr. Smith gave psilocybin, e.g. in cluster headache.",
        "It fell by 3.2 attacks.",
    ]
    assert _texts(text)[-1] == "The U.S. trial ended."


def test_bullets_and_headings_are_their_own_sentences():
    text = "What It Does\n\n  • Long relief: it lasts\n  • Few effects\n\n1. Talk to someone\n\nIt works – for some."
    page = extract(text)
    assert [s.kind for s in sentences(page)] == ["heading", "item", "item", "item", "p"]
    assert [s.text for s in sentences(page)][1] == "Long relief: it lasts"


def test_offsets_point_at_the_text():
    page = extract("# Title\n\nOne thing. Another **bold** thing!\n\n- item one", "a.md")
    for s in sentences(page):
        assert page.text[s.start : s.end] == s.text
    assert page.title == "Title"


def test_html_keeps_text_and_drops_code_and_menus():
    html = (
        "<html><head><title>T</title><style>p{}</style></head><body><nav>Home</nav><article><h1>On LSD</h1>"
        "<p>LSD was <b>given</b> to people.<script>alert('x')</script></p><ul><li>First</li></ul></article></body></html>"
    )
    page = extract(html)
    assert page.text == "On LSD\n\nLSD was given to people.\n\nFirst"
    assert page.title == "On LSD"


def test_deeply_nested_html_is_read():
    assert "deep" in extract("<p>" + "<div>" * 5000 + "deep text" + "</div>" * 5000).text


def test_pdf_text_is_read_and_broken_pdf_is_named():
    page = extract(_pdf(["Psilocybin was tested", "in ten people with migraine."]))
    assert "Psilocybin was tested in ten people" in page.text
    with pytest.raises(ExtractionError, match="PDF"):
        extract(b"%PDF-1.4 nothing here")


def test_invisible_characters_are_taken_out():
    assert clean("psi\u200blo\x00cy\u202ebin\u00ad’s") == "psilocybin's"


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("Psilocybin may help some people with cluster headache, but the trials were small.", True),
        (
            "Die Studie zeigt, dass Psilocybin bei Clusterkopfschmerz helfen könnte und sicher ist.",
            False,
        ),
        (
            "La psilocibina podría ayudar a las personas con cefalea en racimos según el estudio.",
            False,
        ),
        ("プシロシビンは群発頭痛に効くかもしれない。", False),
    ],
)
def test_language(text: str, english: bool):
    assert is_english(text) is english


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400))
def test_any_text_splits_into_pieces_of_itself(text: str):
    page = extract(text)
    found = sentences(page)
    assert all(page.text[s.start : s.end] == s.text and s.text.strip() for s in found)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes):
    try:
        page = extract(data)
    except ExtractionError:
        return
    assert isinstance(page.text, str)
