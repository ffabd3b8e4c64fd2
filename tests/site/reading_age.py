"""How old a reader must be: the Flesch–Kincaid grade of the plain parts of a page, plus five.

Kincaid et al. 1975 (Naval Technical Training Command, research branch report 8-75): grade = 0.39 words a
sentence + 11.8 syllables a word - 15.59. Syllables are counted by hyphenation points and by groups of
vowels, the higher of the two: a counter that errs should err against us. Only ``.``, ``?`` and ``!`` end a
sentence, so that semicolons win nothing. Names of drugs and conditions count as one short word, because no
plainer word for them exists; references such as "(Yuan 2023)" are left out. Both are told in `methods`.
"""

from __future__ import annotations

import re
from functools import cache

import pyphen
from lxml import html

from aponia.evidence import Vocabulary

#: What a page says to people who are no specialists.
PLAIN = (
    "//*[contains(concat(' ', @class, ' '), ' answer-text ')]",
    "//*[contains(concat(' ', @class, ' '), ' harm-text ')]",
    "//*[contains(concat(' ', @class, ' '), ' lede ')]",
    "//*[contains(concat(' ', @class, ' '), ' box-warn ')]//*[self::p or self::li]",
    "//*[contains(concat(' ', @class, ' '), ' box-urgent ')]//li[not(span)]",
    "//section[@aria-labelledby='ask-doctor']//li",
)
_REFERENCE = re.compile(r"\s*\([^()]*\b(?:19|20)\d\d[a-z]?\)")
_HYPHEN = pyphen.Pyphen(lang="en_US", left=2, right=2)


@cache
def _syllables(word: str) -> int:
    word = word.lower().strip("'’")
    if len(word) <= 3 or not word.isalpha():
        return 1
    stem = (
        word if word.endswith("le") else re.sub(r"(?:[^laeiouy]es|[^dt]ed|[^laeiouy]e)$", "", word)
    )
    vowels = len(re.findall(r"[aeiouy]+", stem)) + len(re.findall(r"i[ao]|eo|ua|iu", stem)) - len(re.findall(r"[tsc]i[ao]", stem))  # fmt: skip
    return max(1, vowels, len(_HYPHEN.positions(word)) + 1)


def names_pattern(vocabulary: Vocabulary) -> re.Pattern[str]:
    """Match the names of drugs and conditions, longest first."""
    names = {
        name
        for terms in (vocabulary.substances, vocabulary.conditions)
        for term in terms
        for name in (term.label, *term.synonyms)
    }
    ordered = sorted(names, key=lambda n: (-len(n), n))
    return re.compile(r"\b(?:" + "|".join(map(re.escape, ordered)) + r")\b", re.IGNORECASE)


def reading_age(text: str, names: re.Pattern[str]) -> float:
    """Return the age in years; text of whole sentences, one paragraph a line."""
    text = _REFERENCE.sub("", names.sub("it", text))
    sentences = [s for s in re.split(r"(?<=[.?!])\s+|\n", text) if re.search(r"\w", s)]
    words = re.findall(r"[A-Za-z][A-Za-z'’]*|\d[\d.,]*", text)
    grade = 0.39 * len(words) / len(sentences)
    grade += 11.8 * sum(map(_syllables, words)) / len(words) - 15.59
    return grade + 5


def plain_text(source: str, parts: tuple[str, ...] = PLAIN) -> str:
    """Return the plain parts of a page, a paragraph a line."""
    tree = html.document_fromstring(source)
    found = tree.xpath(" | ".join(parts))
    return "\n".join(" ".join(x.text_content().split()) for x in found)
