"""An article to its checkable claims: which sentences, which clauses, and what they inherit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from aponia.claims.lexicon import CUES, find_cues
from aponia.claims.reading import CLASS, Context, Reader
from aponia.claims.sentences import Sentence

__all__ = ["Candidate", "candidates"]

#: Everything from such a heading on belongs to the site, not to the article.
_TAIL = re.compile(
    r"^(?:more to explore|related (?:posts|articles|reading|stories)|you (?:may|might) also like|recent posts|read (?:more|next)|"
    r"references|sources|bibliography|citations|further reading|about the author|leave a (?:comment|reply)|comments|subscribe|"
    r"newsletter|share this(?: \w+)?|tags|categories|footnotes|disclaimer)\s*:?$",
    re.IGNORECASE,
)
_ONLY_LINE = re.compile(
    r"^(?:share this(?: \w+)?|tags|categories|subscribe|newsletter)\b", re.IGNORECASE
)

_POINTS_BACK = re.compile(
    r"\b(?:these|this|they|them|their|it|its|such|those|both|the (?:drugs?|substances?|medicines?|treatments?|effects?|experience|results?|"
    r"benefits?|advantages?|approach|compounds?|study|trial|team|participants|authors?|researchers|patients)|dos(?:e|es|ing)|sessions?|trip|micro-?dos\w*|"
    r"one (?:study|report|patient|man|woman|case|trial)|(?:several|some|many|other|recent|more) (?:studies|trials|research|people|patients|reports)|studies|trials?|people report)\b",
    re.IGNORECASE,
)
_BACKGROUND = re.compile(
    r"^(?:chronic pain|pain|inflammation|fibromyalgia(?: syndrome)?|migraines?|cluster headaches?|phantom (?:limb )?pain|people who(?:'ve| have)|"
    r"living with|many people|millions|opioids?|if you)\b",
    re.IGNORECASE,
)
_MATTERS = (
    "benefit",
    "worse",
    "mechanism",
    "safety",
    "legal",
    "dose-word",
    "duration",
    "ongoing",
    "tested",
    "no-trials",
    "first",
    "non-addictive",
    "dissociation",
    "publication",
    "trial",
    "availability",
    "perceptible",
)
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|do|does|did|can|could|may|might|will|would|should|must|helps?|reduces?|relieves?|eases?|"
    r"prevents?|stops?|causes?|works?|shows?|suggests?|finds?|found|reports?|provides?|offers?|improves?|treats?|addresse?s?|promotes?|"
    r"increases?|lowers?|cuts?|lets?|allows?|gives?|makes?|ends?|cures?|remains?|appears?|seems?|rewires?|resets?|\w+ed)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Candidate:
    """A stretch of text to be checked, the words to read for it, and what it inherits."""

    sentence: int
    start: int
    end: int
    reading_text: str
    context: Context


def candidates(reader: Reader, sentences: Sequence[Sentence], title: str | None) -> list[Candidate]:
    """Pick the checkable claims of an article.

    Parameters
    ----------
    reader : Reader
    sentences : sequence of Sentence
    title : str or None

    Returns
    -------
    list of Candidate
        In order; a sentence with two claims gives two.
    """
    found: list[Candidate] = []
    about = reader.terms(title or "")
    heading_text: str | None = None
    section = about
    before = Context()
    spoken, paragraph_of_last = True, -1
    for s in sentences:
        if s.kind == "heading":
            if _TAIL.match(s.text.strip()) and not _ONLY_LINE.match(s.text):
                break
            if s.text != heading_text:
                section = _merge(reader.terms(s.text), about)
                heading_text = s.text
                before = Context()
        elif s.heading is None and heading_text is not None:
            section, heading_text = about, None
        if s.paragraph != paragraph_of_last:
            spoken = True
        context = _inherit(before, section, s)
        own = reader.terms(s.text)
        if not own.substances and not spoken and _PRONOUN.match(s.text):
            # "This can be hard to treat" after a sentence without a drug is not about a drug
            context = Context((), context.conditions, context.approach)
        spoken = bool(own.substances or (context.substances and _POINTS_BACK.search(s.text)))
        paragraph_of_last = s.paragraph
        if _worth(reader, s, own, context):
            for start, end, text in clauses(s):
                found.append(Candidate(s.index, start, end, text, context))
        if s.kind != "heading" and (own.substances or own.conditions):
            before = Context(
                own.substances or before.substances,
                own.conditions or before.conditions,
                own.approach if own.approach != "none" else "none",
            )
    return found


def _merge(inner: Context, outer: Context) -> Context:
    return Context(
        inner.substances or outer.substances,
        inner.conditions or (outer.conditions if not inner.substances else ()),
        inner.approach if inner.approach != "none" else outer.approach,
    )


def _inherit(before: Context, section: Context, s: Sentence) -> Context:
    """Substances come from the last sentence that names one, conditions from the section first."""
    if _BACKGROUND.match(s.text) or not (_POINTS_BACK.search(s.text) or s.kind == "heading"):
        return Context((), section.conditions, section.approach)
    substances = before.substances or section.substances or ()
    conditions = section.conditions or before.conditions
    specific = [c for c in before.conditions if c not in ("chronic-pain-mixed", "other-headache")]
    if specific and set(specific) <= set(section.conditions or specific):
        conditions = tuple(specific)
    return Context(
        substances or ((CLASS,) if _ABOUT_DRUGS.search(s.text) else ()),
        conditions,
        section.approach,
    )


_PRONOUN = re.compile(r"^(?:this|it|that|they|these)\b", re.IGNORECASE)
_ABOUT_DRUGS = re.compile(
    r"\b(?:dos(?:e|es|ing)|sessions?|trip|psychedelic|hallucin\w+|substances?)\b", re.IGNORECASE
)


def _worth(reader: Reader, s: Sentence, own: Context, context: Context) -> bool:
    """Whether a sentence states something about a drug that could be looked up."""
    text = s.text
    lower = text.lower()
    if len(text) > 1500 or lower.rstrip("\"')").endswith("?"):
        return False
    if s.kind == "heading" and (
        not _VERB.search(text)
        or len(text.split()) < 3
        or re.match(r"(?i)^(?:how|what|why|when|which|where|who|should|can|is|are|do|does)\b", text)
    ):
        return False
    if (
        re.match(
            r"(?i)^(?:talk to|consider|stay informed|learn|click|read|visit|call|contact|book)\b",
            re.sub(r"^\W+", "", text),
        )
        and not own.substances
    ):
        return False
    if re.search(
        r"\b(?:your doctor|your (?:healthcare )?provider|your healthcare)\b", lower
    ) or re.match(r"if you\b", lower):
        return False
    substances = own.substances or (
        context.substances if _POINTS_BACK.search(text) or s.kind == "heading" else ()
    )
    if not substances:
        return False
    cues = find_cues(lower, CUES)
    if not cues & frozenset(_MATTERS):
        return False
    if not _VERB.search(text):
        return False
    if s.kind != "heading" and len(text.split()) < 3:
        return False
    if (
        cues <= {"trial", "opinion", "vague", "prediction", "duration"}
        and not own.conditions
        and not re.search(r"\d", text)
    ):
        return bool(own.substances)
    return True


_BOTH = re.compile(
    r"\bboth (?P<a>(?:stop|prevent|abort|end|treat|reduce|relieve|ease|improve|lower|increase|promote)\w*\b[^,.;]{2,80}?) and (?P<b>[^.;]{3,120})",
    re.IGNORECASE,
)
_JOIN = re.compile(
    r"(?:;\s+|,?\s+(?:but|while|whereas|although|though)\s+|,\s+and\s+)(?=(?:[\w'-]+[\s,]+){0,14}?(?:is|are|was|were|has|have|had|do|does|did|can|could|may|might|will|would|should|remain\w*|show\w*|suggest\w*|\w{3,}ed|\w{3,}s)\b)",
    re.IGNORECASE,
)
_AND_VERB = re.compile(
    r"\s+and\s+(?=(?:also\s+)?(?:lets?|allow(?:s|ed)?|prevent(?:s|ed)?|stop(?:s|ped)?|improve[sd]?|increase[sd]?|lower(?:s|ed)?|cut(?:s)?|has|have|had|does|do|causes?|promotes?)\b)",
    re.IGNORECASE,
)
_LABEL = re.compile(r"^[\w\s,'/()-]{3,45}:\s+(?=\S)")


def clauses(s: Sentence) -> list[tuple[int, int, str]]:
    """Split a sentence into statements that can be checked by themselves.

    Returns
    -------
    list of (int, int, str)
        Place in the article, and the words to read, with the subject carried over.
    """
    text = s.text
    label = _LABEL.match(text)
    if label and s.kind == "item" and len(text) - label.end() > 15:
        inner = replace(s, start=s.start + label.end(), text=text[label.end() :], kind="p")
        parts = clauses(inner)
        if len(parts) == 1:
            return [(s.start, s.end, parts[0][2])]
        return parts
    both = _BOTH.search(text)
    if both:
        lead = text[: both.start()]
        return [
            (s.start, s.start + both.end("a"), f"{lead}{both['a']}"),
            (s.start + both.start("b"), s.start + both.end("b"), f"{lead}{both['b']}"),
        ]
    pieces: list[tuple[int, int]] = []
    begin = 0
    for m in _JOIN.finditer(text):
        left, right = text[begin : m.start()], text[m.end() :]
        if (_states(left) and _states(right)) or (
            "but" in m.group() and _says(left) and _says(right)
        ):
            pieces.append((begin, m.start()))
            begin = m.end()
    pieces.append((begin, len(text)))
    out: list[tuple[int, int, str]] = []
    for _number, (a, b) in enumerate(pieces):
        part = text[a:b]
        m2 = _AND_VERB.search(part)
        if m2 and _effect(part[: m2.start()]) and _effect(part[m2.end() :]):
            subject = _subject(part)
            out.append((s.start + a, s.start + a + m2.start(), part[: m2.start()]))
            out.append((s.start + a + m2.end(), s.start + b, f"{subject}{part[m2.end() :]}"))
        else:
            out.append((s.start + a, s.start + b, part))
    return out


def _subject(part: str) -> str:
    """Return what stands before the first main verb: what the second half speaks of too."""
    m = re.search(
        r"\b(?:helps?|can|may|might|could|reduces?|relieves?|eases?|lowers?|improves?|stops?|prevents?|causes?|treats?|is|are|was|were|has|have|had)\b",
        part,
    )
    return part[: m.start()] if m else ""


def _states(text: str) -> bool:
    lower = text.lower()
    return (
        len(text.split()) >= 4
        and bool(find_cues(lower, CUES) & frozenset(_MATTERS))
        and bool(_VERB.search(text))
    )


def _says(text: str) -> bool:
    return len(text.split()) >= 4 and bool(_VERB.search(text))


def _effect(text: str) -> bool:
    return bool(
        find_cues(
            text.lower(), {k: CUES[k] for k in ("benefit", "analgesic-use", "worse", "safety")}
        )
    )
