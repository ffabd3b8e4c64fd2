"""The query language: what is read, what is refused and where, and what the tree means."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aponia.literature.scan import Article, QueryError, matches, notes, parse
from aponia.literature.scan.terms import And, Dates, Node, Not, Or, Term, Word, all_of, any_of
from aponia.literature.scan.words import DIGRAPHS, fold


@pytest.mark.parametrize(
    ("query", "printed"),
    [
        ("a OR b AND c", '("a"[all] OR "b"[all]) AND "c"[all]'),
        ("a AND b OR c", '("a"[all] AND "b"[all]) OR "c"[all]'),
        ("a OR (b AND c)", '"a"[all] OR ("b"[all] AND "c"[all])'),
        ("a or b not c", '("a"[all] OR "b"[all]) NOT "c"[all]'),
        ("a AND NOT b", '"a"[all] NOT "b"[all]'),
        ("NOT (a OR b)", 'NOT ("a"[all] OR "b"[all])'),
        ("cluster headache", '"cluster"[all] AND "headache"[all]'),
        ("cluster headache[ti]", '"cluster"[ti] AND "headache"[ti]'),
        ('"cluster headache*"[Title/Abstract]', '"cluster headache*"[tiab]'),
        ("cluster headache[MeSH Terms]", '"cluster headache"[mh]'),
        ("5-MeO-DMT", '"5 meo dmt"[all]'),
        ("psiloc*[tiab]pain[ti]", '"psiloc*"[tiab] AND "pain"[ti]'),
        ('"a b"[tiab:~3]', '"a b"[tiab:~3]'),
        ("2010:2020[dp]", "2010:2020[dp]"),
        ("2019/05[pdat]", "2019/05:2019/05[dp]"),
        ('("2010/01/01"[Date - Publication] : "3000"[Date - Publication])', "2010/01/01:3000[dp]"),
        ("English[la]", '"eng"[la]'),
        ("smith ja[au]", "smith ja[au]"),
        ('"smith ja"[au]', '"smith ja"[au]'),
        ("1 002[pmid]", '"1"[pmid] OR "2"[pmid]'),
        ("“curly quotes”", '"curly quotes"[all]'),
        ("pain & headache", '"pain"[all] AND "headache"[all]'),
        ("organism", '"organism"[all]'),
        ("TNF-α", '"tnf alpha"[all]'),
    ],
)
def test_query_is_read_as_pubmed_reads_it(query: str, printed: str) -> None:
    assert str(parse(query)) == printed
    assert parse(printed) == parse(query)


@pytest.mark.parametrize(
    ("query", "column", "words"),
    [
        ("", 1, "empty"),
        ("a OR", 5, "ends here"),
        ("a OR OR b", 6, "expected a term"),
        ("AND b", 1, "expected a term"),
        ("(a OR (b AND c)", 1, "never closed"),
        ("a OR b)", 7, "closes nothing"),
        ('pain "open', 6, "never closed"),
        ("pain[ti", 5, "never closed"),
        ("pain AND [ti]", 10, "expected a term"),
        ("pain AND head[xyz]", 14, "unknown field tag [xyz]"),
        ("pai*", 4, "four characters"),
        ("wom*n headache", 4, "four characters"),
        ("headac*he", 7, "inside a word"),
        ("*ache", 1, "beginning of a word"),
        ('"head ache*"[ti:~2]', 2, "can not be combined"),
        ("headache[mh:~2]", 9, "nearness"),
        ("2020:2010[dp]", 1, "ends before it begins"),
        ("2020/13[dp]", 1, "no such date"),
        ("soon[dp]", 1, "expected a date"),
        ("12a[pmid]", 1, "digits only"),
        ("#1 OR #2", 1, "earlier searches"),
        ("()", 2, "expected a term"),
        ('""', 2, "nothing to search for"),
        ("(" * 500 + "a" + ")" * 500, 101, "nested too deeply"),
    ],
)
def test_error_points_at_the_column(query: str, column: int, words: str) -> None:
    with pytest.raises(QueryError, match="column") as caught:
        parse(query)
    assert caught.value.column == column
    first, shown, caret = str(caught.value).split("\n")
    assert words in first
    at = caret.index("^")
    if 0 < column <= len(query) and len(query) < 50:
        assert shown[at] == query[column - 1]


def test_caret_stays_in_place_in_long_and_broken_queries() -> None:
    query = "pain[tiab] OR\n" * 20 + "headache[zz]"
    with pytest.raises(QueryError) as caught:
        parse(query)
    _, shown, caret = str(caught.value).split("\n")
    assert shown[caret.index("^") :].startswith("[zz]")


@given(st.text(alphabet='ab*"[]():~ \n-#&éβANDORNOTtidpmh0123/', max_size=40))
@settings(max_examples=300)
@example("5-MeO*")
@example("abβ0*")
def test_any_text_is_a_query_or_a_query_error(text: str) -> None:
    column, node = 1, None
    try:
        node = parse(text)
    except QueryError as error:
        column = error.column
    assert 1 <= column <= len(text) + 1
    assert node is None or parse(str(node)) == node


def test_a_query_of_two_thousand_terms_is_read() -> None:
    node = parse(" OR ".join(f"word{i}[tiab]" for i in range(2000)))
    assert isinstance(node, Or)
    assert len(node.items) == 2000


def test_what_differs_from_pubmed_is_said() -> None:
    assert any("exploded" in n for n in notes(parse("pain[mh]")))
    assert any("mapping" in n for n in notes(parse("pain")))
    assert notes(parse("pain[tiab]")) == []


ARTICLE = Article(
    title=("Psilocybin for Cluster-Headaches: naïve β-blocker users",),
    abstract=("RESULTS", "Pain fell by 5 <em> points; TNFα did not."),
    keywords=("LSD",),
    headings=("Pain, Postoperative", "Pain, Postoperative/drug therapy", "Headache"),
    major=("Headache",),
    substances=("Lysergic Acid Diethylamide",),
    types=("Randomized Controlled Trial",),
    journals=("The Journal of Pain", "J Pain", "1526-5900"),
    languages=("eng",),
    authors=(("Schindler", "EAD", "Emmanuelle A D"), ("van der Berg", "J", "Jan"), ("The Pain Study Group",)),
    dates=((20190500, 20190599), (20181224, 20181224)),
    pmid="123",
)  # fmt: skip


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("psilocybin[ti]", True), ("psilocybin[ab]", False), ("psilocybin[tiab]", True), ("psilo*", True), ("psil[ti]", False),
        ('"cluster headaches"[ti]', True), ('"cluster headache"[ti]', False), ('"cluster headache*"[ti]', True),
        ("cluster-headaches[ti]", True), ('"headaches cluster"[ti]', False), ("naive[ti]", True), ("naïve[ti]", True),
        ("beta-blocker[ti]", True), ("β-blocker[ti]", True), ("tnf alpha", True), ('"tnf-alpha"[ab]', True),
        ("results[ab]", True), ('"results pain"[ab]', False),
        ("lsd[ot]", True), ("lsd[tiab]", True), ("lsd[ab]", False),
        ('"Pain, Postoperative"[mh]', True), ("pain[mh]", False), ("pain*[mh]", True), ('"pain, postoperative/drug therapy"[mh]', True),
        ("headache[majr]", True), ('"pain, postoperative"[majr]', False),
        ("lysergic acid diethylamide[nm]", True), ("lysergic[nm]", False),
        ("randomized controlled trial[pt]", True), ("trial[pt]", False), ("review[pt]", False),
        ("j pain[ta]", True), ("pain[ta]", False), ("1526-5900[ta]", True), ("english[la]", True), ("fre[la]", False),
        ("schindler[au]", True), ("schindler e[au]", True), ('"schindler e"[au]', False), ('"schindler ead"[au]', True),
        ("schindler a[au]", False), ("emmanuelle a d schindler[au]", True), ("van der berg j[au]", True), ("berg j[au]", False),
        ("pain study[au]", True), ("schind*[au]", True),
        ("2019[dp]", True), ("2018[dp]", True), ("2017[dp]", False), ("2019/06[dp]", False), ("2019/05/20[dp]", True),
        ("2000:2018/12/24[dp]", True), ("2000:2018/12/23[dp]", False), ("2019/05/31:3000[dp]", True),
        ("123[pmid]", True), ("0123[pmid]", True), ("12[pmid]", False),
        ('"psilocybin headaches"[ti:~2]', True), ('"headaches psilocybin"[ti:~2]', True), ('"psilocybin headaches"[ti:~1]', False),
        ('"cluster headaches"[ti:~0]', True), ('"pain pain"[ab:~9]', False),
        ("psilocybin NOT rats", True), ("psilocybin NOT pain", False), ("NOT rats", True), ("rats OR pain AND naive", True),
        ("zebra AND rats OR pain", True), ("zebra AND (rats OR pain)", False),
    ],
)  # fmt: skip
def test_fields_mean_what_their_tags_say(query: str, expected: bool) -> None:
    assert matches(parse(query), ARTICLE) is expected


WORDS = ["pain", "painful", "head", "headache", "lsd", "acid", "naive"]
LETTERS = {"a": "aàáä", "e": "eéê", "i": "iíï", "n": "nñ", "c": "cç"}


def naive(node: Node, article: Article) -> bool:
    """The slow reference: lists of words and every place, nothing shared with the code under test."""
    if isinstance(node, And):
        return not any(not naive(i, article) for i in node.items)
    if isinstance(node, Or):
        return sum(naive(i, article) for i in node.items) > 0
    if isinstance(node, Not):
        return naive(node.item, article) is False
    if isinstance(node, Dates):
        return any(max(a, node.first) <= min(b, node.last) for a, b in article.dates)
    values = {"ti": article.title, "ab": article.abstract, "mh": article.headings}
    texts = values.get(node.field, (*article.title, *article.abstract))
    for text in texts:
        words = [
            "".join(next((p for p, v in LETTERS.items() if c in v), c) for c in w.lower())
            for w in text.replace("-", " ").split()
        ]
        n = len(node.words)
        for at in range(len(words) - n + 1):
            if node.field == "mh" and (at > 0 or (len(words) > n and not node.words[-1].open)):
                continue
            if all(w[: len(q.text)] == q.text if q.open else w == q.text for q, w in zip(node.words, words[at : at + n], strict=True)):  # fmt: skip
                return True
    return False


words = st.sampled_from(WORDS)
query_words = st.builds(lambda w, o: Word(w, o and len(w) >= 4), words, st.booleans())
terms = st.builds(
    Term, st.lists(query_words, min_size=1, max_size=2).map(tuple), st.sampled_from(["ti", "ab", "tiab", "mh"])
)  # fmt: skip
days = st.integers(1990, 2030).map(lambda y: y * 10_000)
dates = st.builds(lambda a, n: Dates(a, a + n * 10_000 + 9999), days, st.integers(0, 9))
nodes = st.recursive(
    terms | dates,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=3).map(lambda i: all_of(*i)),
        st.lists(inner, min_size=2, max_size=3).map(lambda i: any_of(*i)),
    ),
    max_leaves=6,
)


@st.composite
def spelt(draw: st.DrawFn) -> str:
    word = draw(words)
    return "".join(draw(st.sampled_from(LETTERS.get(c, c + c.upper()))) for c in word)


texts = st.lists(spelt(), max_size=6).map(" ".join)
articles = st.builds(
    Article,
    title=st.tuples(texts),
    abstract=st.lists(texts, max_size=2).map(tuple),
    headings=st.lists(texts, max_size=2).map(tuple),
    dates=st.lists(days.map(lambda d: (d, d + 9999)), max_size=2).map(tuple),
)


@given(nodes)
def test_printing_and_parsing_a_tree_gives_it_back(node: Node) -> None:
    assert parse(str(node)) == node


@given(nodes, articles)
def test_evaluation_agrees_with_a_slow_reference(node: Node, article: Article) -> None:
    assert matches(node, article) is naive(node, article)


@given(nodes, nodes, articles)
def test_de_morgan(a: Node, b: Node, article: Article) -> None:
    assert matches(Not(all_of(a, b)), article) is matches(any_of(Not(a), Not(b)), article)
    assert matches(Not(any_of(a, b)), article) is matches(all_of(Not(a), Not(b)), article)
    assert matches(Not(Not(a)), article) is matches(a, article)
    assert matches(parse(f"({a}) NOT ({b})"), article) is (
        matches(a, article) and not matches(b, article)
    )


def test_every_character_that_folds_to_several_letters_is_known_to_the_prefilter() -> None:
    found = {
        folded
        for code in range(0x80, 0x30000)
        if not 0xD800 <= code < 0xE000
        and len(folded := fold(f"x{chr(code)}x")[1:-1]) > 1
        and folded.isascii()
        and folded.isalnum()
    }
    assert found == DIGRAPHS
