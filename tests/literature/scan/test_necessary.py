"""The search of the bytes never holds back a record that matches."""

from __future__ import annotations

import importlib
import json
from random import Random
from types import ModuleType

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from aponia.literature.readers.pubmed_xml import PUBMED_TAGS
from aponia.literature.readers.xmlsafe import records_of
from aponia.literature.scan import article_of_node, matches, necessary, parse
from aponia.literature.scan.necessary import sieve
from aponia.literature.strategies import load

# The function of that name hides the module.
necessary_module = importlib.import_module("aponia.literature.scan.necessary")

#: Ways to write a letter or a run of letters that `fold` takes for the same.
SPELT = {
    "a": "aAàÄā", "e": "eEéÊ", "i": "iIíİı", "o": "oOøÖ", "s": "sSšſ", "k": "kK\u212a", "l": "lLłŁ", "n": "nNñ",
    "ss": "ß", "ae": "æÆ", "th": "þ", "fi": "ﬁ", "ffi": "ﬃ", "st": "ﬆ", "oe": "œ", "2": "2²₂",
}  # fmt: skip
BETWEEN = ["<i>", "</i>", '<sub class="x">', "\u00ad", "\u200b", "\u0301", "&#769;", "&#x301;", "&#173;"]  # fmt: skip
WORDS = ["psilocybin", "anaesthesia", "office", "lsd", "tb", "stress", "beta", "alpha", "co2", "osteoporosis", "kinins", "pain"]  # fmt: skip


@st.composite
def written(draw: st.DrawFn, word: str) -> str:
    out = ""
    at = 0
    while at < len(word):
        size = draw(st.sampled_from([n for n in (1, 2, 3) if n == 1 or word[at : at + n] in SPELT]))
        run = word[at : at + size]
        c = draw(st.sampled_from(SPELT.get(run, run + run.upper())))
        how = draw(st.integers(0, 7))
        out += f"&#{ord(c)};" if how == 0 else f"&#x{ord(c):X};" if how == 1 else c
        at += size
        if at < len(word) and draw(st.integers(0, 5)) == 0:
            out += draw(st.sampled_from(BETWEEN))
    return out


@st.composite
def texts(draw: st.DrawFn) -> str:
    out = []
    for word in draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=5)):
        greek = {"beta": ["β", "Β", "&beta;", "&#946;"], "alpha": ["α", "&alpha;", "ά"]}.get(word)
        out.append(draw(st.sampled_from(greek)) if greek and draw(st.booleans()) else draw(written(word)))  # fmt: skip
    return draw(st.sampled_from([" ", "-", "&amp;", "\n", "–", " ¼", ".", "<b> </b>", "α"])).join(out)  # fmt: skip


QUERIES = [
    *WORDS, *(f"{w[:4]}*[tiab]" for w in WORDS if len(w) >= 4), "lsd AND pain", "tb[ti] OR co2[ti]", '"tb lsd"[ti]', '"tb co2*"[ti]'.replace("co2*", "co2"),
    '"co2 tb"[ab]', "beta AND (pain OR stress)", "psilocybin NOT tb", "NOT (psilocybin)", '"alpha beta"[tiab]', '"pain stress"[tiab:~1]',
    "office[ti] OR 2021[dp]", "muller[au]", "müller j[au]", "jorg muller[au]", '"journal of tests"[ta]', "eng[la] AND lsd", "7[pmid]", "7[pmid] AND stre*",
]  # fmt: skip


DRAWN = st.tuples(st.lists(st.tuples(texts(), texts()), min_size=1, max_size=4), st.sampled_from(QUERIES))  # fmt: skip


def held_back(made: ModuleType, drawn: tuple[list[tuple[str, str]], str]) -> list[str]:
    """Return the records that match and that the search of the bytes did not pass on."""
    node = parse(drawn[1])
    data = [made.article(7 + i, *pair).encode() for i, pair in enumerate(drawn[0])]
    passed = set(sieve(pa.array(data, pa.binary()), necessary(node)).tolist())
    # Tags drawn at random need not pair up; the reader mends them, and reads what it mended.
    return [
        record.decode()
        for i, record in enumerate(data)
        if i not in passed
        for element in records_of(record.decode(), PUBMED_TAGS, "x", [])
        if matches(node, article_of_node(element))
    ]


@given(DRAWN)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_prefilter_never_holds_back_a_match(
    made: ModuleType, drawn: tuple[list[tuple[str, str]], str]
) -> None:
    assert held_back(made, drawn) == []


@pytest.mark.parametrize(
    ("name", "broken"),
    [("_STRANGE", r"&[#0-9A-Za-z]+;"), ("_STRANGE", r"[\x80-\xff]+"), ("_MARKUP", r"</?sub>")],
    ids=["no accents", "no character references", "no mark-up with attributes"],
)
def test_a_prefilter_that_forgets_a_way_of_writing_is_caught(
    made: ModuleType, monkeypatch: pytest.MonkeyPatch, name: str, broken: str
) -> None:
    """The test above has teeth: each of these faults makes it fail."""
    monkeypatch.setattr(necessary_module, name, broken)
    for cache in (necessary_module.pattern, necessary_module._written):
        cache.cache_clear()
    try:
        few = settings(max_examples=2000, phases=[Phase.generate], database=None, deadline=None)
        find(DRAWN, lambda drawn: bool(held_back(made, drawn)), settings=few, random=Random(1))
    finally:
        for cache in (necessary_module.pattern, necessary_module._written):
            cache.cache_clear()


@pytest.mark.parametrize(
    "query", ["psilocybin", "naive[tiab]", "tnf alpha", "co2[ti]", '"tb lsd"[ti]']
)
def test_prefilter_passes_lines_of_json_that_spell_it_with_escapes(query: str) -> None:
    texts = ["psilocybin", "Naïve", "TNFα", "CO₂", "TB-LSD", "psilo\u00adcybin"]
    lines = [json.dumps({"id": "https://openalex.org/W1", "title": t, "x": "\ny"}, ensure_ascii=a).encode() for t in texts for a in (True, False)]  # fmt: skip
    from aponia.literature.readers.json_items import json_records
    from aponia.literature.scan import article_of_record

    node = parse(query)
    passed = set(sieve(pa.array(lines, pa.binary()), necessary(node), lines=True).tolist())
    matching = {i for i, line in enumerate(lines) if matches(node, article_of_record(json_records(json.loads(line), "x", [])[0]))}  # fmt: skip
    assert matching
    assert matching <= passed


@pytest.mark.parametrize(
    ("query", "clauses"),
    [
        ("psilocybin", [["psilocybin"]]),
        ("lsd OR (psilocybin AND pain)", [["lsd", "psilocybin"]]),
        ("psiloc* OR psilocybin", [["psiloc*"]]),
        ("pain NOT lsd", [["pain"]]),
        ("NOT lsd", []),
        ("lsd OR NOT pain", []),
        ("2020[dp]", []),
        ("lsd OR 2020[dp]", []),
        ("lsd AND 2020[dp]", [["lsd"]]),
        ("eng[la]", []),
        ('"sp-26"[tiab]', [["sp 26"]]),
        ("боль[ti]", []),
    ],
)
def test_clauses_follow_from_the_query(query: str, clauses: list[list[str]]) -> None:
    assert [sorted(c) for c in necessary(parse(query))] == clauses


def test_shipped_pubmed_strategy_can_be_searched_for_in_bytes() -> None:
    lines = load("pubmed")["lines"]
    whole = f"(({lines[0]['query']}) OR ({lines[1]['query']})) AND ({lines[2]['query']})"
    clauses = necessary(parse(whole))
    assert len(clauses) == 2
    data = [b"<PubmedArticle><T>S-ketamine in neuropathic pain</T>", b"<PubmedArticle><T>Spain</T>"]
    assert sieve(pa.array(data, pa.binary()), clauses).tolist() == [0]


@given(
    st.sets(st.sampled_from([*WORDS, "office stress", "ketamin*", "x" * 40]), min_size=1),
    st.integers(1, 3000),
)
def test_groups_hold_every_word_of_a_clause_once(words: set[str], at_once: int) -> None:
    necessary_module._groups.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(necessary_module, "_AT_ONCE", at_once)
        groups = necessary_module._groups(frozenset(words), lines=False)
    necessary_module._groups.cache_clear()
    assert sorted(w for g in groups for w in g) == sorted(words)
    assert all(len(g) == 1 or len(necessary_module.pattern(g)) <= at_once for g in groups)
