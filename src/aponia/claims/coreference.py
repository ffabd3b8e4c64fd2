"""What a sentence inherits: the drug, condition and study it points back to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from aponia.claims.lexicon import DESIGNS, find_cues
from aponia.claims.reading import CLASS, Context, Reader
from aponia.claims.sentences import Sentence

__all__ = ["WIDE", "Memory", "points_back"]

_POINTS_BACK = re.compile(
    r"\b(?:these|this|they|them|their|it|its|such|those|both|the (?:[\w-]+ ){0,2}(?:drugs?|substances?|medicines?|medications?|treatments?|effects?|experiences?|results?|"
    r"benefits?|advantages?|approach(?:es)?|compounds?|molecules?|study|trial|survey|report|team|participants|authors?|researchers|patients|volunteers|psychedelic|infusions?|mushrooms?)|"
    r"dos(?:e|es|ing)|(?:a (?:single )?session|(?:one|each|per|single|two|three|the) (?:\w+ )?sessions?)|trips?|micro-?dos\w*|approaches|side[- ]effects?|"
    r"one (?:study|report|patient|man|woman|case|trial|participant|survey)|(?:several|some|many|other|recent|more|two|three|early|case|clinical) (?:studies|trials|research|people|patients|reports|users|researchers)|"
    r"studies|trials?|surveys?|(?:people|patients|users|participants) (?:report|say|said|reported|felt|had|experienced|who)|relief|placebo|(?:regular|heavy|long-term|repeated|daily|frequent) use|\d+ ?(?:%|percent|per cent) of|"
    r"(?:a|per) (?:single )?(?:session|dose|trip)|(?:no|few|one|two|three|\d+) (?:serious |severe )?(?:adverse|side|participants|patients|people))\b",
    re.IGNORECASE,
)
#: A sentence that opens with an illness or another drug is not about the drug spoken of before.
_BACKGROUND = re.compile(
    r"^(?:chronic pain|pain|inflammation|fibromyalgia(?: syndrome)?|(?:chronic |episodic )?migraines?|(?:chronic |episodic )?cluster headaches?|phantom (?:limb )?pain|people who(?:'ve| have)|"
    r"people (?:with|living with)|living with|many people|millions|an? (?:estimated|third|quarter)|opioids?|if you|paracetamol|ibuprofen|nsaids?|triptans?|oxygen|conventional|standard|traditional)\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"^(?:this|it|that|they|these)\b", re.IGNORECASE)
_ABOUT_DRUGS = re.compile(
    r"\b(?:dos(?:e|es|ing)|sessions?|trip|psychedelic|hallucin\w+|substances?)\b", re.IGNORECASE
)
_THE_STUDY = re.compile(
    r"\b(?:the|this|that) (?P<what>study|trial|survey|experiment)\b(?! of| that| in\b)",
    re.IGNORECASE,
)
_STUDY_FACTS = re.compile(
    r"\b(?:(?:19|20)\d\d|yale|imperial college|maastricht|basel|johns hopkins|nyu|ucsd|university of [A-Z]\w+(?: [A-Z]\w+)?|randomi[sz]ed|open[- ]label|double[- ]blind|placebo[- ]controlled|pilot|phase (?:i{1,3}|[123]))\b",
    re.IGNORECASE,
)
_STUDY_SPOKEN = re.compile(
    r"\b(?:study|trial|survey|experiment|researchers|scientists)\b", re.IGNORECASE
)
_RESEARCH = re.compile(
    r"\b(?:no|few|more|larger|further) (?:\w+ )?(?:trials?|stud(?:y|ies)|research)\b", re.IGNORECASE
)
_THAN = re.compile(r"\bthan\b", re.IGNORECASE)
_APPROACH = {
    "microdose": "Microdosing",
    "psycholytic": "Psycholytic dosing",
    "macrodose": "Macrodosing",
    "infusion": "Ketamine infusion",
}
#: Conditions that say little: a heading may know better.
WIDE = ("chronic-pain-mixed", "other-headache")


def points_back(text: str) -> bool:
    """Whether a sentence speaks of something named before."""
    return _POINTS_BACK.search(text) is not None


@dataclass
class Memory:
    """What was spoken of, sentence by sentence.

    Parameters
    ----------
    reader : Reader
    title : str
    """

    reader: Reader
    title: str
    about: Context = field(init=False)
    section: Context = field(init=False)
    before: Context = field(default_factory=Context)
    study: str = ""
    row: Context = field(default_factory=Context)
    _trail: tuple[str, ...] = ()
    _paragraph: int = -1
    _spoken: bool = True

    def __post_init__(self) -> None:
        """Start under the title."""
        self.about = self.section = self.reader.terms(self.title)

    def enter(self, s: Sentence) -> None:
        """Move to the section a sentence stands in."""
        trail = tuple(h for h in s.trail if h != self.title)
        if trail == self._trail:
            return
        self._trail = trail
        self.section = self.about
        for heading in trail:
            self.section = _merge(self.reader.terms(heading), self.section)
        self.before, self.study = Context(), ""

    def context(self, s: Sentence, words: str, own: Context) -> Context:
        """Return what a sentence inherits, and remember whether its drug is still spoken of."""
        if s.paragraph != self._paragraph and s.kind != "cell":
            self._spoken = True
        found = self._inherit(words, s.kind)
        if not own.substances and not self._spoken and _PRONOUN.match(words):
            # "This can be hard to treat" after a sentence without a drug is not about a drug
            found = Context((), found.conditions, found.approach)
        self._spoken = bool(own.substances or (found.substances and points_back(words)))
        self._paragraph = s.paragraph
        return found

    def remember(self, s: Sentence, words: str, own: Context) -> None:
        """Keep what the next sentence may point back to."""
        if s.kind == "heading":
            return
        if s.kind == "row":
            self.row = own
        if _STUDY_SPOKEN.search(words) and not _THE_STUDY.search(words):
            facts = list(dict.fromkeys(m.group() for m in _STUDY_FACTS.finditer(words)))
            self.study = " ".join(facts) if len(facts) <= 4 else ""
        # what was tried on volunteers in a laboratory is no condition to go on with
        conditions = tuple(c for c in own.conditions if c != "experimental-pain")
        if own.substances or conditions:
            self.before = Context(
                own.substances or self.before.substances,
                conditions or self.before.conditions,
                own.approach,
            )

    def named(self, words: str, approach: str) -> str:
        """Put what is known of a study or an approach in place of the words that point to it.

        "The trial" becomes "the 2022 Yale trial"; the "it" of a comparison becomes the approach the
        section is about, so that it is not taken for the one it is compared with.
        """
        if _THAN.search(words) and approach in _APPROACH:
            words = _PRONOUN.sub(_APPROACH[approach], words, count=1)
        if not self.study or find_cues(words.lower(), DESIGNS):
            return words
        return _THE_STUDY.sub(lambda m: f"the {self.study} {m['what']}", words, count=1)

    def _inherit(self, words: str, kind: str) -> Context:
        """Substances come from the last sentence that names one, conditions from the section first."""
        section, before = self.section, self.before
        if kind == "cell" and (self.row.substances or self.row.conditions):
            before = _merge(self.row, before)
        elif _BACKGROUND.match(words) or not (
            points_back(words) or kind in ("heading", "item", "cell", "row")
        ):
            return Context((), section.conditions, section.approach)
        substances = before.substances or section.substances
        if _RESEARCH.search(words):
            # "no large trial has been done" speaks of the subject, not of the last drug named
            substances = section.substances or before.substances
        conditions = section.conditions or before.conditions
        specific = [c for c in before.conditions if c not in WIDE]
        if specific and (
            set(specific) <= set(section.conditions or specific)
            or set(section.conditions) <= set(WIDE)
        ):
            conditions = tuple(specific)
        return Context(
            substances or ((CLASS,) if _ABOUT_DRUGS.search(words) else ()),
            conditions,
            section.approach,
        )


def _merge(inner: Context, outer: Context) -> Context:
    return Context(
        inner.substances or outer.substances,
        inner.conditions or (outer.conditions if not inner.substances else ()),
        inner.approach if inner.approach != "none" else outer.approach,
    )
