"""Seven short articles in different voices, labelled by hand: what is a claim, what is not, what is page furniture."""

from __future__ import annotations

import itertools
import json
import re
from functools import cache
from pathlib import Path

import pytest

from aponia.claims import ArticleCheck, Checker
from aponia.claims.page import plain

ARTICLES = Path(__file__).parent / "articles"
LABELS = json.loads((ARTICLES / "labels.json").read_text(encoding="utf-8"))


@cache
def _checked(checker: Checker, name: str) -> ArticleCheck:
    return checker.article((ARTICLES / name).read_bytes(), name)


def _place(text: str, words: str) -> tuple[int, int] | None:
    found = re.search(r"\s+".join(map(re.escape, plain(words).split())), plain(text))
    return found.span() if found else None


def _covered(article: ArticleCheck, words: str) -> bool:
    place = _place(article.text, words)
    return place is not None and any(
        c.start < place[1] and place[0] < c.end for c in article.claims
    )


@pytest.mark.parametrize("name", LABELS)
def test_what_a_careful_reader_lists_is_found(checker: Checker, name: str):
    article = _checked(checker, name)
    assert [x for x in LABELS[name]["must"] if not _covered(article, x)] == []


@pytest.mark.parametrize("name", LABELS)
def test_nothing_else_is_called_a_claim(checker: Checker, name: str):
    article = _checked(checker, name)
    assert [x for x in LABELS[name]["not"] if _covered(article, x)] == []
    wanted = [_place(article.text, x) for k in ("must", "may") for x in LABELS[name][k]]
    assert [
        c.text
        for c in article.claims
        if not any(p and c.start < p[1] and p[0] < c.end for p in wanted)
    ] == []


@pytest.mark.parametrize("name", LABELS)
def test_what_is_not_the_article_is_not_read(checker: Checker, name: str):
    article = _checked(checker, name)
    assert [x for x in LABELS[name]["gone"] if _place(article.text, x)] == []


@pytest.mark.parametrize("name", LABELS)
def test_offsets_are_those_of_the_shown_words(checker: Checker, name: str):
    article = _checked(checker, name)
    assert all(article.text[c.start : c.end] == c.text for c in article.claims)
    ends = [(c.start, c.end) for c in article.claims]
    assert ends == sorted(ends)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(ends))


@pytest.mark.parametrize(
    ("name", "words", "who"),
    [
        ("clinic.html", "remarkable results", "vendor"),
        ("clinic.html", "Small randomised trials have found", "study"),
        ("newspaper.html", "Mushrooms ended my cycle", "patients"),
        ("newspaper.html", "prevents cluster attacks", "expert"),
        ("newspaper.html", "remains a Schedule I", "author"),
        ("retreat.html", "At our retreat", "vendor"),
        ("retreat.html", "guests report less pain", "patients"),
    ],
)
def test_who_says_it(checker: Checker, name: str, words: str, who: str):
    article = _checked(checker, name)
    claim = next(c for c in article.claims if words in c.text)
    assert claim.attribution == who
    assert claim.to_dict()["attribution"] == who


@pytest.mark.parametrize(
    ("name", "words", "substances", "condition"),
    [
        ("newspaper.html", "three fewer attacks", ("psilocybin",), "cluster-headache"),
        ("newspaper.html", "The drug can raise", ("psilocybin",), None),
        ("clinic.html", "pain scores were lower", ("ketamine",), "crps"),
        ("clinic.html", "Has never been tested", ("psilocybin",), "crps"),
        ("review.md", "Reduced attack frequency in five", ("bol-148",), None),
        ("review.md", "fewer weekly migraine days", ("psilocybin",), "migraine"),
        ("retreat.html", "It works by resetting", ("ayahuasca",), None),
        ("press.txt", "improved sleep", ("psilocybin",), "fibromyalgia"),
        ("magazine.pdf", "Trials excluded people", ("psilocybin",), None),
    ],
)
def test_what_a_claim_inherits(
    checker: Checker, name: str, words: str, substances: tuple[str, ...], condition: str | None
):
    article = _checked(checker, name)
    claim = next(c for c in article.claims if words in " ".join(c.text.split()))
    assert claim.reading.substances == substances
    assert condition is None or condition in claim.reading.conditions


def test_a_list_of_conditions_gives_one_claim_each(checker: Checker):
    article = _checked(checker, "retreat.html")
    found = {
        c.reading.condition for c in article.claims if "proven that ayahuasca" in c.reading.text
    }
    assert found == {"chronic-pain-mixed", "fibromyalgia", "migraine"}
    named = checker.article("Psilocybin was tested in people with migraine, CRPS and fibromyalgia.")
    assert len(named.claims) == 1


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "Psilocybin reduced attacks but did not change mood.",
            ["Psilocybin reduced attacks", "Psilocybin did not change mood."],
        ),
        (
            "Psilocybin may reduce pain and improve sleep.",
            ["Psilocybin may reduce pain", "Psilocybin may improve sleep."],
        ),
        (
            "Some studies suggest that LSD eases pain and prevents attacks.",
            [
                "Some studies suggest that LSD eases pain",
                "Some studies suggest that LSD prevents attacks.",
            ],
        ),
        (
            "Psilocybin and LSD can both stop active headaches and prevent future ones.",
            [
                "Psilocybin and LSD can stop active headaches",
                "Psilocybin and LSD can prevent future ones",
            ],
        ),
        (
            "Trials are testing psilocybin in migraine, with early results suggesting it works.",
            ["Trials are testing psilocybin in migraine", "early results suggest it works."],
        ),
        (
            "LSD was given to seven amputees, and five of them had less pain.",
            ["LSD was given to seven amputees, and five of them had less pain."],
        ),
        (
            "Ketamine relieves nerve pain and headache.",
            ["Ketamine relieves nerve pain.", "Ketamine relieves headache."],
        ),
    ],
)
def test_clauses_keep_their_subject_and_their_hedge(checker: Checker, text: str, parts: list[str]):
    found = [c.reading.text.replace(" both stop", " stop") for c in checker.article(text).claims]
    assert found == parts
