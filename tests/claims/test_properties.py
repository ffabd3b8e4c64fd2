"""What must not change a verdict, over claims built from drugs, conditions and ways of saying it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aponia.claims import Checker, extract
from aponia.claims.sentences import sentences

DRUGS = ("Psilocybin", "LSD", "Ketamine", "Ayahuasca", "MDMA", "Microdosing", "DMT", "BOL-148")
CONDITIONS = (
    "cluster headache",
    "migraine",
    "fibromyalgia",
    "phantom limb pain",
    "complex regional pain syndrome",
    "chronic pain",
    "low back pain",
    "neuropathic pain",
)
FORMS = (
    "{d} may reduce {c}.",
    "{d} relieves {c}.",
    "A small trial found that {d} reduced {c}.",
    "Some patients report that {d} helps with {c}.",
    "{d} did not help {c} more than placebo.",
    "A single dose of {d} gives lasting relief from {c}.",
    "{d} is being tested for {c}.",
    "{d} is safe for people with {c}.",
    "Research suggests {d} could help people with {c}.",
    "{d} cures {c}.",
)
SYNONYMS = {
    "Psilocybin": ("Psilocybine", "COMP360", "4-phosphoryloxy-N,N-dimethyltryptamine"),
    "LSD": ("Lysergic acid diethylamide", "Lysergide"),
    "MDMA": ("3,4-methylenedioxymethamphetamine",),
    "Ketamine": ("Ketamine hydrochloride",),
    "cluster headache": ("Horton headache", "histamine headache", "cluster headaches"),
    "fibromyalgia": ("fibromyalgia syndrome",),
    "complex regional pain syndrome": ("CRPS", "reflex sympathetic dystrophy"),
    "phantom limb pain": ("phantom pain",),
    "migraine": ("migraines",),
}
ASIDES = (
    "The weather was fine on Monday.",
    "The bus was late again.",
    "Many readers wrote to us last spring.",
    "She lives near the sea.",
)
RANK = {"contradicted": 0, "no-evidence": 1, "partly-supported": 2, "supported": 3}

_claims = st.builds(
    lambda f, d, c: f.format(d=d, c=c),
    st.sampled_from(FORMS),
    st.sampled_from(DRUGS),
    st.sampled_from(CONDITIONS),
)


def _verdict(checker: Checker, text: str) -> str:
    return checker.claim(text)[1].name


@settings(max_examples=60, deadline=None)
@given(_claims, st.sampled_from(ASIDES), st.sampled_from(ASIDES))
def test_case_and_irrelevant_sentences(checker: Checker, claim: str, before: str, after: str):
    verdict = _verdict(checker, claim)
    for other in (claim.upper(), claim.lower(), f"{before} {claim} {after}"):
        assert _verdict(checker, other) == verdict, other


@settings(max_examples=60, deadline=None)
@given(_claims)
def test_names_of_the_vocabulary_read_alike(checker: Checker, claim: str):
    verdict = _verdict(checker, claim)
    for term, others in SYNONYMS.items():
        for other in others:
            if term in claim:
                said = claim.replace(term, other)
                assert _verdict(checker, said) == verdict, said


@settings(max_examples=60, deadline=None)
@given(_claims)
def test_proven_never_makes_it_better(checker: Checker, claim: str):
    before = RANK.get(_verdict(checker, claim))
    for stronger in (
        f"It is proven that {claim}",
        f"{claim[:-1]}, and this is proven.",
        f"Proven: {claim}",
    ):
        after = RANK.get(_verdict(checker, stronger))
        assert before is None or after is None or after <= before, stronger


@settings(max_examples=40, deadline=None)
@given(_claims, _claims)
@example(
    "LSD relieves migraine.", "LSD is safe for people with migraine."
)  # a clause of three words
def test_the_order_of_clauses_does_not_matter(checker: Checker, one: str, other: str):
    assert _verdict(checker, f"{one} {other}") == _verdict(checker, f"{other} {one}")
    joined, turned = f"{one[:-1]}, and {other}", f"{other[:-1]}, and {one}"
    assert _verdict(checker, joined) == _verdict(checker, turned)


@settings(max_examples=30, deadline=None)
@given(_claims, st.sampled_from(ASIDES), st.sampled_from(ASIDES))
def test_a_claim_of_an_article_is_judged_like_the_claim_alone(
    checker: Checker, claim: str, before: str, after: str
):
    article = checker.article(f"{before}\n\n{claim}\n\n{after}")
    assert all(c.verdict.name == _verdict(checker, c.text) for c in article.claims)


_pieces = st.lists(
    st.one_of(
        st.sampled_from(
            (
                "Dr. A. B. Smith gave 5 mg. The pain fell.",
                "Psilocybin works",
                "et al. 2020",
                "e.g. LSD, i.v. ketamine vs. placebo",
                "relief.[12] The next",
                "wait... what?",
                "“It helped,” she said.",
                "- a bullet without a stop",
                "1. Talk to someone",
                "3.2 attacks (p = 0.25).",
                "https://example.org/a.b?c=1. Then",
                "\n\n",
                "\n",
                "> quoted",
                "# Heading",
                "\u200b\u202e\u00ad",
                "| a | b |",
            )
        ),
        st.text(max_size=30),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(_pieces, st.sampled_from(("", "a.md", "a.html")), st.booleans())
def test_no_text_raises_and_offsets_are_right(
    checker: Checker, pieces: list[str], name: str, html: bool
):
    text = " ".join(pieces)
    if html:
        text = f"<html><body><p>{text}</p></body></html>"
    page = extract(text, name)
    split = sentences(page)
    assert all(page.text[s.start : s.end] == s.text and s.text.strip() == s.text for s in split)
    assert all(a.end <= b.start for a, b in itertools.pairwise(split))
    article = checker.page(page)
    assert all(article.text[c.start : c.end] == c.text for c in article.claims)
    assert all(0 <= c.sentence < article.sentences for c in article.claims)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It was 5 mg. The pain fell.", ["It was 5 mg.", "The pain fell."]),
        ("He took 5 mg i.v. daily. It helped.", ["He took 5 mg i.v. daily.", "It helped."]),
        ("LSD vs. placebo was tested. It won.", ["LSD vs. placebo was tested.", "It won."]),
        ("As Smith et al. showed, it works.", ["As Smith et al. showed, it works."]),
        (
            "It was told by Smith et al. The trial was small.",
            ["It was told by Smith et al.", "The trial was small."],
        ),
        ("See Fig. 2 and Ref. 3. More follows.", ["See Fig. 2 and Ref. 3.", "More follows."]),
        (
            "There was relief.[12] The next day it rained.",
            ["There was relief.[12]", "The next day it rained."],
        ),
        (
            "There was relief.12 The next day it rained.",
            ["There was relief.12", "The next day it rained."],
        ),
        ("It fell by 3.2 points. Then it rose.", ["It fell by 3.2 points.", "Then it rose."]),
        ("It began in 2022. 14 people took part.", ["It began in 2022.", "14 people took part."]),
        ("The answer is no. The trial failed.", ["The answer is no.", "The trial failed."]),
        ("No. 3 was best. We stopped.", ["No. 3 was best.", "We stopped."]),
        (
            "J. K. Rowe and T. S. Eliot met. They spoke.",
            ["J. K. Rowe and T. S. Eliot met.", "They spoke."],
        ),
        ("It helped... somewhat. Then no more.", ["It helped... somewhat.", "Then no more."]),
        ('"It works." She smiled.', ['"It works."', "She smiled."]),
        (
            "See https://a.b/c.d?e=1 for more. It is long.",
            ["See https://a.b/c.d?e=1 for more.", "It is long."],
        ),
        ("It ended well.The next began.", ["It ended well.", "The next began."]),
        (
            "it helped me. then it stopped. i was sad.",
            ["it helped me.", "then it stopped.", "i was sad."],
        ),
        (
            "In the U.S. psilocybin is illegal. In the U.K. The law differs.",
            ["In the U.S. psilocybin is illegal.", "In the U.K.", "The law differs."],
        ),
        (
            "It lasted from Jan. 5 to Feb. 9. It rained.",
            ["It lasted from Jan. 5 to Feb. 9.", "It rained."],
        ),
    ],
)
def test_sentences_end_where_they_end(text: str, expected: list[str]):
    assert [s.text for s in sentences(extract(text))] == expected
