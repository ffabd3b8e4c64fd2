"""What is written is read back: no field that a reviewer needs gets lost on the way."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aponia.literature.readers import read_text
from aponia.literature.readers.latex import latex_to_text, text_to_bibtex
from aponia.literature.readers.text import clean, has_markup
from aponia.literature.record import Record
from aponia.literature.writers import write

_CHARS = st.characters(
    codec="utf-8",
    exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"],
    exclude_characters="\ufeff",
)


def _text(size: int = 80, without: str = "") -> st.SearchStrategy[str]:
    # Records as readers make them: what was HTML in a file is text by then.
    return (
        st.text(_CHARS, max_size=size)
        .map(lambda t: clean("".join(c for c in t if c not in without)))
        .filter(lambda t: not has_markup(t))
    )


_NAME = _text(20, ";|,").filter(
    lambda t: any(c.isalpha() for c in t) and not t.startswith("[") and t.lower() != "others"
)
_WORD = st.from_regex(r"[A-Za-z0-9]{1,8}", fullmatch=True)


@st.composite
def _records(draw: st.DrawFn) -> Record:
    title = "A " + draw(_text(60)) + " title"
    return Record(
        id=draw(st.from_regex(r"[a-z]{1,4}[0-9]{1,3}", fullmatch=True)),
        title=clean(title),
        abstract=clean("Aim: " + draw(_text(300))),
        # Two people may bear one name.
        authors=tuple(
            f"{clean(f)}, {clean(g)}"
            for f, g in draw(st.lists(st.tuples(_NAME, _NAME), max_size=3))
            for _ in range(draw(st.integers(1, 2)))
        ),
        year=draw(st.one_of(st.none(), st.integers(1800, 2100))),
        journal=clean("Journal of " + draw(_text(20))),
        volume=draw(_WORD),
        issue=draw(_WORD),
        pages=draw(
            st.one_of(
                st.just(""),
                st.from_regex(r"[a-z]?[1-9][0-9]{1,3}(-[1-9][0-9]{1,3})?", fullmatch=True),
            )
        ),
        doi=draw(st.sampled_from(["", "10.1000/abc.1", "10.1016/s0140-6736(05)71146-6"])),
        pmid=draw(st.one_of(st.just(""), st.integers(1, 99999999).map(str))),
        keywords=tuple(
            dict.fromkeys(
                draw(
                    st.lists(st.from_regex(r"[a-z]{3,8}( [a-z]{2,6})?", fullmatch=True), max_size=3)
                )
            )
        ),
    )


_FIELDS = (
    "title",
    "abstract",
    "authors",
    "year",
    "journal",
    "volume",
    "issue",
    "pages",
    "doi",
    "pmid",
    "keywords",
)


@pytest.mark.parametrize("format", ["ris", "csv", "bibtex", "nbib"])
@settings(max_examples=60, deadline=None)
@given(records=st.lists(_records(), min_size=1, max_size=4, unique_by=lambda r: r.id))
def test_what_is_written_is_read_back(format: str, records: list[Record]) -> None:
    result = read_text(write(records, format), f"x.{format}")
    assert len(result.records) == len(records)
    for before, after in zip(records, result.records, strict=True):
        for name in _FIELDS:
            assert getattr(after, name) == getattr(before, name), name


@settings(max_examples=200, deadline=None)
@given(text=st.text(_CHARS, max_size=60))
def test_bibtex_escapes_undo_themselves(text: str) -> None:
    assert latex_to_text(text_to_bibtex(text)) == text


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=60))
def test_clean_text_is_stable_and_composed(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)


def test_csv_keeps_raw_and_odd_lists() -> None:
    record = Record(id="1", title="T", authors=("Smith and Wesson Group",), registrations=("NCT01234567",),
                    nct="NCT01234567", mesh=("Pain, Chronic",), raw={"U2": ("L1", "é; ,")})  # fmt: skip
    assert read_text(write([record], "csv"), "x.csv").records == [record]


def test_ris_writes_unknown_tags_back() -> None:
    text = "TY  - JOUR\nID  - 7\nTI  - T\nXX  - what is this\nY1  - 2019/05//\nER  - \n"
    first = read_text(text, "a.ris").records
    assert first[0].raw == {"XX": ("what is this",), "Y1": ("2019/05//",)}
    assert read_text(write(first, "ris"), "b.ris").records == first
