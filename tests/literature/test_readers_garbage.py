"""Whatever bytes come in: records, or one error that says why; never another exception."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aponia.literature.readers import FORMATS, ReadError, read_text
from aponia.literature.readers.text import decode

_SEEDS = (
    "TY  - JOUR\nTI  - A title\nAU  - Doe, J\nPY  - 2020\nER  - \n",
    "PMID- 1\nTI  - A title\nFAU - Doe, J\nLID - 10.1000/x [doi]\n",
    "FN x\nVR 1.0\nPT J\nAU Doe, J\nTI A\nER\n\nEF",
    "%0 Journal Article\n%T A title\n%A Doe, J\n",
    '@string{a = "b"}\n@article{k, title={A}, author={Doe, J and Roe, K}, journal = a # {c}, crossref={p}}\n@proceedings{p, title={P}}\n',
    'Title,Authors,Year,DOI\n"A","Doe, J",2020,10.1000/x\n',
    "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article><ArticleTitle>A</ArticleTitle></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>",
    "<xml><records><record><titles><title>A</title></titles></record></records></xml>",
    "<Trials_downloaded_from_ICTRP><Trial><TrialID>NCT01234567</TrialID></Trial></Trials_downloaded_from_ICTRP>",
    "EudraCT Number: 2022-002568-62\nA.3 Full title of the trial: T\n",
    json.dumps(
        {"studies": [{"protocolSection": {"identificationModule": {"nctId": "NCT01234567"}}}]}
    ),
    json.dumps(
        [
            {
                "id": "https://openalex.org/W1",
                "title": "t",
                "authorships": [{"author": {"display_name": "A B"}}],
            }
        ]
    ),
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["id", "title", "authorships", "biblio", "protocolSection", "identificationModule", "ctNumber", "pubYear", "author", "DOI",
                         "results", "resultList", "result", "abstract_inverted_index", "paperId", "journalInfo", "mesh", "externalIds", "published"]),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


def survives(text: str, format: str | None = None) -> None:
    try:
        records = read_text(text, "garbage", format=format).records
    except ReadError:
        records = []
    assert len({r.id for r in records}) == len(records)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_damaged_exports(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(_SEEDS)) * data.draw(st.integers(1, 2))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        stop = data.draw(st.integers(start, min(len(text), start + 20)))
        text = text[:start] + data.draw(st.text(max_size=6)) + text[stop:]
    survives(text)


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=25, deadline=None)
@given(text=st.text(min_size=1, max_size=200))
def test_any_text_as_any_format(format: str, text: str) -> None:
    survives(text, format)


@settings(max_examples=150, deadline=None)
@given(value=_JSON)
def test_any_json(value: object) -> None:
    survives(json.dumps(value), "json")


@settings(max_examples=100, deadline=None)
@given(data=st.binary(min_size=1, max_size=300))
def test_any_bytes(data: bytes) -> None:
    survives(decode(data).text)
