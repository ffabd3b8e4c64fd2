"""Reads finished pages and refuses what is stronger than the evidence, or lacks a warning.

Three checks on the text a reader sees (words quoted from sources are left out, they are not ours):

* forbidden words: *proven*, *cure*, *breakthrough*, *miracle*, "is safe", "no effect" …;
* strength: every sentence in which a drug acts on an outcome ("ketamine reduces …") must be hedged
  as its page's certainty demands; a page without a certainty may hold no such sentence at all;
* warnings: a page that speaks to people who may act on it carries the standing warnings.

Documented at `aponia.answers.wording`; the build fails on any finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lxml import html

from aponia.appraisal import Level

__all__ = [
    "Finding",
    "check_page",
    "check_texts",
    "dose_mentions",
    "page_text",
    "sentence_strength",
    "without_doses",
]


@dataclass(frozen=True)
class Finding:
    """Something a page must not say, or must say and does not."""

    page: str
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}: {self.kind}: {self.text}"


_FORBIDDEN = re.compile(
    r"\b(proven|prove[sd]? that|cures?|cured|curing|miracle|breakthrough(?!\s+(?:pain|analgesi|episode|medication|therap|designation|attack))|game.?changer|"
    r"(?:is|are|was|were) (?:completely |perfectly |quite )?safe|safe and effective|harmless drug|"
    r"no effect|no side effects|risk.free|wonder drug)\b",
    re.IGNORECASE,
)
_DRUG = (
    r"(?:psilocybin|psilocin|lsd|bol-148|2-bromo-lsd|lsa|dmt|5-meo-dmt|ayahuasca|mescaline|mdma|ibogaine|dpt|"
    r"ketamine|esketamine|hydroxynorketamine|(?:classic )?psychedelics?|microdos\w+|the drug)"
)
_VERB = (
    r"(?:reduces?|relieves?|eases?|lessens?|lowers?|increases?|raises?|improves?|prevents?|stops?|treats?|heals?|"
    r"helps?|works? (?:for|against|in)|makes? little)"
)
_EFFECT = re.compile(
    rf"\b{_DRUG}\b(?P<between>[^.?!;:]{{0,60}}?)\b(?P<verb>{_VERB})\b", re.IGNORECASE
)
#: Words between the drug and the verb that turn the statement into something else than a claim.
_NO_CLAIM = re.compile(
    r"\b(whether|if|that|who|which|nobody|did not|does not|do not|not shown|could|would|to|can not|cannot|and which|"
    r"trial|study|studies|idea|question|meant)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(r"^\s*(do|does|can|could|is|are|what|how|which|whether|will)\b", re.IGNORECASE)
_RANK: dict[Level, int] = {"very low": 0, "low": 1, "moderate": 2, "high": 3}

#: What every page for people who may act must say somewhere, as (name, pattern).
_WARNINGS = (
    ("not medical advice", re.compile(r"not medical advice", re.IGNORECASE)),
    ("do not stop a medicine", re.compile(r"do not stop (?:or change )?a medicine", re.IGNORECASE)),
    ("legal status", re.compile(r"legal status", re.IGNORECASE)),
)
_DOSING = re.compile(
    r"\b(?:take|try|use|start with|should take|recommended dose)\b[^.]{0,30}\b\d+(?:\.\d+)?\s?(?:mg|µg|ug|mcg|g|grams?)\b",
    re.IGNORECASE,
)

_AMOUNT = r"\d+(?:[.,]\d+)?"
_DOSE = re.compile(
    rf"{_AMOUNT}(?:\s?(?:to|and|then|or|-|–)\s?{_AMOUNT})*\s?(?:mg|µg|μg|ug|mcg|ng|g|grams?|milligrams?|micrograms?)\b"
    r"(?:\s?(?:/|per )\s?(?:kg|ml|mL|h|hr|hour|min|minute|day|dose|l|L)\b)*",
    re.IGNORECASE,
)
LEFT_OUT = "[amount left out]"
"""What stands where `without_doses` took an amount away."""


def dose_mentions(text: str) -> list[str]:
    """Return every amount of a drug a text names.

    >>> dose_mentions("midazolam 2.5 mg beforehand, 0.5 mg/kg/h, 140 mmHg, 8 of 12")
    ['2.5 mg', '0.5 mg/kg/h']
    """
    return [m.group(0) for m in _DOSE.finditer(text)]


def without_doses(text: str) -> str:
    """Return a text with each amount of a drug replaced by `LEFT_OUT`, so that the gap is seen.

    >>> without_doses("a third had midazolam 2.5 mg beforehand")
    'a third had midazolam [amount left out] beforehand'
    """
    return _DOSE.sub(LEFT_OUT, text)


def sentence_strength(sentence: str) -> Level | None:
    """Return the certainty a sentence claims about an effect, or None when it claims none.

    >>> sentence_strength("Ketamine reduces pain."), sentence_strength("Ketamine may reduce pain.")
    ('high', 'low')
    >>> sentence_strength("Does ketamine reduce pain?") is None
    True
    """
    if sentence.rstrip().endswith("?") or _ASKS.match(sentence):
        return None
    found = _EFFECT.search(sentence)
    if found is None:
        return None
    between = found.group("between").lower()
    before = sentence[: found.start()].lower()
    if _NO_CLAIM.search(between) or re.search(
        r"\b(whether|if|nobody|no one|not|idea|whom|says? that|claim)\b", before
    ):
        return None
    if re.search(r"\b(may|might)\b", between):
        return "low"
    if re.search(r"\b(probably|likely)\b", between):
        return "moderate"
    if "very uncertain" in sentence.lower():
        return "very low"
    return "high"


def page_text(source: str) -> tuple[list[tuple[str, str | None]], str]:
    """Return the sentences of a page with the certainty of the block they stand in, and all text.

    Elements with class ``source-text`` hold the words or findings of a source and are left out of
    the sentences; scripts and styles of everything.
    """
    tree = html.document_fromstring(source)
    for element in tree.xpath(
        "//script|//style|//*[contains(concat(' ', @class, ' '), ' source-text ')]|//cite|//q"
    ):
        element.drop_tree()
    sentences: list[tuple[str, str | None]] = []
    for block in tree.xpath(
        "//h1|//h2|//h3|//h4|//p|//li|//td|//th|//dd|//dt|//figcaption|//caption|//title|//text"
    ):
        inner = " ".join(" ".join(block.xpath(".//text()")).split())
        certainty = block.xpath("ancestor-or-self::*[@data-certainty][1]/@data-certainty")
        level = str(certainty[0]) if certainty else None
        sentences.extend((s, level) for s in re.split(r"(?<=[.?!])\s+", inner) if s)
    return sentences, " ".join(tree.text_content().split())


def check_page(path: str, source: str, *, patient: bool) -> list[Finding]:
    """Return everything on a page that must not be there or is missing.

    Parameters
    ----------
    path : str
        Names the page in the findings.
    source : str
        The HTML.
    patient : bool
        Whether the standing warnings must be present.

    Returns
    -------
    list of Finding
        Empty when the page may be published.
    """
    sentences, text = page_text(source)
    found = list(_check_sentences(path, sentences))
    if patient:
        found += [
            Finding(path, "missing warning", name)
            for name, pattern in _WARNINGS
            if not pattern.search(text)
        ]
    return found


def check_texts(
    name: str,
    texts: Iterable[tuple[str, str | None]],
    *,
    quoted: Iterable[str] = (),
    patient: bool,
    doses: bool = False,
) -> list[Finding]:
    """Check a document that is no HTML page: the texts it is made of.

    Parameters
    ----------
    name : str
        Names the document in the findings.
    texts : iterable of (str, str or None)
        Our own texts, each with the certainty it must not exceed.
    quoted : iterable of str
        Words of sources; only their doses and their share of the warnings are looked at.
    patient : bool
        Whether the standing warnings must be present.
    doses : bool
        Whether amounts of a drug may be named.

    Returns
    -------
    list of Finding
        Empty when the document may be published.
    """
    ours = list(texts)
    others = list(quoted)
    found = list(
        _check_sentences(
            name,
            [(s, level) for text, level in ours for s in re.split(r"(?<=[.?!])\s+", text) if s],
        )
    )
    whole = " ".join([*(text for text, _ in ours), *others])
    if patient:
        found += [
            Finding(name, "missing warning", warning)
            for warning, pattern in _WARNINGS
            if not pattern.search(whole)
        ]
    if not doses:
        found += [Finding(name, "names an amount of a drug", m) for m in dose_mentions(whole)]
    return found


def _check_sentences(path: str, sentences: Iterable[tuple[str, str | None]]) -> Iterable[Finding]:
    seen = set()
    for sentence, level in sentences:
        if (sentence, level) in seen:
            continue
        seen.add((sentence, level))
        if match := _FORBIDDEN.search(sentence):
            yield Finding(path, f"forbidden word {match.group(0)!r}", sentence)
        if _DOSING.search(sentence):
            yield Finding(path, "reads like dosing advice", sentence)
        claimed = sentence_strength(sentence)
        if claimed is not None:
            allowed = _RANK.get(level, 0) if level else 0  # type: ignore[call-overload]
            if _RANK[claimed] > allowed:
                yield Finding(
                    path, f"stronger than its certainty ({level or 'none stated'})", sentence
                )
