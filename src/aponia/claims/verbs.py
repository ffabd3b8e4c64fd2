"""Verbs: whether words make a statement at all, and who its subject is."""

from __future__ import annotations

import re

__all__ = ["AUXILIARY", "begins_with_verb", "has_verb", "lead_in", "subject_of"]

_REGULAR_WORDS = """
rate rank score prefer choose credit swear help reduce relieve ease prevent stop cause work show suggest report provide offer improve treat
address promote increase lower allow end cure remain appear seem rewire reset fall mean follow
involve include contain act affect target carry pose last range differ depend persist require need
block boost lead lie come go take keep turn occur begin continue consist refer produce trigger
worsen alter change interact combine bind activate inhibit support indicate demonstrate confirm
believe say think claim describe note recommend approve schedule ban permit cost cover enrol
enroll recruit test study compare measure give receive use drop rise fade return disappear vanish
outperform beat match exceed heal calm dampen quiet soothe numb dull halve double raise decrease
diminish lessen alleviate abort suppress damage harm kill save transform revolutionize
revolutionise replace represent hold play see get look feel want live experience suffer tolerate
"""
_IRREGULAR_WORDS = """
found finds find gave gives took takes made makes let lets cut cuts fell began became becomes
become saw sees led held kept got came went lost felt said told thought brought broke broken spoke
wrote grew rose shrank stuck stopped dropped helped shown given taken seen done rid beat won ran
runs run
"""
_BEFORE_NOUN_WORDS = """
the a an this that these those their its his her our your my of in on for with by from to as no
some any each
"""

_REGULAR = _REGULAR_WORDS.split()


def _forms(verb: str) -> tuple[str, ...]:
    if verb.endswith("e"):
        return verb, f"{verb}s", f"{verb}d"
    if verb.endswith("y") and verb[-2] not in "aeo":
        return verb, f"{verb[:-1]}ies", f"{verb[:-1]}ied"
    if verb.endswith(("ss", "sh", "ch", "o", "x")):
        return verb, f"{verb}es", f"{verb}ed"
    return verb, f"{verb}s", f"{verb}ed"


_FORMS = frozenset(f for v in _REGULAR for f in _forms(v))
_IRREGULAR = frozenset(_IRREGULAR_WORDS.split())
#: Auxiliaries, with their denials.
AUXILIARY = (
    r"(?:is|are|was|were|be|been|being|has|have|had|do|does|did|can|could|may|might|will|would|shall|should|must|cannot|"
    r"isn't|aren't|wasn't|weren't|hasn't|haven't|hadn't|don't|doesn't|didn't|can't|couldn't|won't|wouldn't|shouldn't|mustn't|"
    r"'s|'re|'ve|'ll|'d)"
)
_AUX = re.compile(rf"(?<![\w'-]){AUXILIARY}(?![\w-])|\w'(?:s|re|ve|ll|d)\s", re.IGNORECASE)
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
#: Words that come before a noun: what follows them is no verb ("the test", "their use").
_BEFORE_NOUN = frozenset(_BEFORE_NOUN_WORDS.split())


def has_verb(text: str) -> bool:
    """Whether a stretch of words holds a finite verb, by a list of the common ones and by form."""
    if _AUX.search(text):
        return True
    words = _WORD.findall(text.lower())
    for n, w in enumerate(words):
        if w in _IRREGULAR or w in _FORMS or (w.endswith("ed") and len(w) > 4):
            before = words[n - 1] if n else ""
            if before not in _BEFORE_NOUN and (n > 0 or w in _IRREGULAR):
                return True
    return False


_ADVERB = r"(?:(?:also|then|even|still|often|usually|generally|probably|significantly|markedly|never|not|only|simply|actually|just|\w+ly)\s+)*"
_BEGIN = re.compile(rf"^{_ADVERB}(?P<verb>{AUXILIARY}|[a-z]+)\b", re.IGNORECASE)


def begins_with_verb(text: str) -> str | None:
    """Return the verb a clause without a subject begins with: "did not change" gives "did"."""
    m = _BEGIN.match(text)
    if m is None:
        return None
    word = m["verb"].lower()
    known = re.fullmatch(AUXILIARY, word) or word in _FORMS or word in _IRREGULAR
    return word if known or re.fullmatch(r"[a-z]{3,}ed", word) else None


_MAIN = re.compile(
    rf"(?<![\w'-])(?:(?P<aux>{AUXILIARY})|(?P<verb>[a-z]+))(?![\w'-])", re.IGNORECASE
)
_MODAL = re.compile(
    r"(?<![\w'-])(?P<modal>(?:may|might|could|can|will|would|should|must|cannot|can't|did not|didn't|does not|doesn't|do not|don't|"
    r"(?:seems?|appears?|tends?|seemed|appeared|is thought|are thought|is believed|are believed|is said|are said) to)(?: also| potentially| possibly| not)*)\s+(?=[a-z]+)",
    re.IGNORECASE,
)
_LEAD_IN = re.compile(
    r"^.{0,160}?\b(?:show(?:s|ed|n)?|suggest(?:s|ed)?|found|finds?|report(?:s|ed)?|say|says|said|believe[sd]?|think|thought|claim(?:s|ed)?|"
    r"indicat(?:e|es|ed)|demonstrat(?:e|es|ed)|note[sd]?|conclud(?:e|es|ed)|reveal(?:s|ed)?|confirm(?:s|ed)?|hypothesi[sz]ed?|reportedly|told us|likely|possible|proven|known|clear)\b"
    r"(?:\s*,[^,]{3,50},)?\s+(?:that\s+)?",
    re.IGNORECASE,
)


def lead_in(text: str) -> str:
    """Return the words that report what follows ("Some studies suggest that"), or nothing.

    What they report keeps their hedge, however many clauses it has.
    """
    m = _LEAD_IN.match(text)
    if m is None:
        return ""
    rest = text[m.end() :]
    # "found a drop in pain" reports a thing, not a clause
    if m.group().rstrip().lower().endswith("that") or (has_verb(rest) and _subject_end(rest)):
        return m.group()
    return ""


def _subject_end(text: str) -> int:
    """Where the subject of a clause ends, 0 when there is no verb behind it."""
    words = list(_MAIN.finditer(text))
    previous = ""
    for m in words:
        word = m.group().lower()
        verb = m["aux"] is not None or (
            (word in _FORMS or word in _IRREGULAR) and previous not in _BEFORE_NOUN
        )
        if verb and m.start() > 0:
            return m.start()
        previous = word
    return 0


def subject_of(clause: str, follows: str | None) -> str:
    """Return what a second predicate shares with the first: report, subject and, where it fits, modal.

    Parameters
    ----------
    clause : str
        The clause with the subject: "Early work suggests psilocybin may reduce pain".
    follows : str or None
        The verb the second predicate begins with. A bare form ("improve") still hangs on the modal.

    Returns
    -------
    str
        "Early work suggests psilocybin may ", or "Early work suggests psilocybin ".
    """
    lead = lead_in(clause)
    rest = clause[len(lead) :]
    end = _subject_end(rest)
    if not end:
        return lead
    subject = rest[:end]
    modal = _MODAL.match(rest, end) or _MODAL.search(rest, end, end + 40)
    bare = follows is not None and follows in _REGULAR_SET and follows not in ("cut", "let")
    return f"{lead}{rest[: modal.end()]}" if modal and bare else f"{lead}{subject}"


_REGULAR_SET = frozenset(
    (
        *_REGULAR,
        "find",
        "give",
        "take",
        "make",
        "let",
        "cut",
        "become",
        "lead",
        "hold",
        "keep",
        "be",
        "have",
        "do",
    )
)
