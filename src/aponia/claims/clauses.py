"""A sentence to its statements: each can be checked by itself, with the subject and hedge it shares."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from aponia.claims.lexicon import CUES, find_cues
from aponia.claims.page import plain
from aponia.claims.sentences import Sentence
from aponia.claims.terms import Hit
from aponia.claims.verbs import AUXILIARY, begins_with_verb, has_verb, subject_of

__all__ = ["MATTERS", "clauses", "each_condition"]

#: Cues of the lexicon that make a statement one that could be looked up.
MATTERS = frozenset(
    [
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
    ]
)

_BOTH = re.compile(
    r"\bboth (?P<a>(?:stop|prevent|abort|end|treat|reduce|relieve|ease|improve|lower|increase|promote)\w*\b[^,.;]{2,80}?) and (?P<b>[^.;]{3,120})",
    re.IGNORECASE,
)
_JOIN = re.compile(
    r";\s+|,?\s+(?P<but>but|yet|while|whereas|although|though|even though)\s+|,\s+and\s+|,\s+(?P<with>with)\s+|\s+\u2013\s+(?P<dash>and|but)\s+",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:\w+ed|was|were|had|did|fell|rose|led|gave|found|took|saw|cut)\b", re.IGNORECASE
)
_OF_THEM = re.compile(r"(?:\S+ ){0,2}of (?:them|these|those|whom)\b", re.IGNORECASE)
_AND_VERB = re.compile(r",?\s+and\s+(?=(?:also\s+|then\s+|even\s+)?[a-z'-]+\b)", re.IGNORECASE)
_LABEL = re.compile(r"^[\w\s,'/()-]{3,45}:\s+(?=\S)")


def clauses(s: Sentence) -> list[tuple[int, int, str]]:
    """Split a sentence into statements that can be checked by themselves.

    Returns
    -------
    list of (int, int, str)
        Place in the article, and the words to read, with report, subject and hedge carried over.
    """
    text = plain(s.text)
    label = _LABEL.match(text)
    if label and s.kind in ("item", "cell", "row") and len(text) - label.end() > 15:
        inner = replace(s, start=s.start + label.end(), text=text[label.end() :], kind="p")
        parts = clauses(inner)
        if len(parts) == 1:
            return [(s.start, s.end, parts[0][2])]
        return parts
    both = _BOTH.search(text)
    if both and begins_with_verb(both["b"]):
        lead = text[: both.start()]
        return [
            (s.start, s.start + both.end("a"), f"{lead}{both['a']}"),
            (s.start + both.start("b"), s.start + both.end("b"), f"{lead}{both['b']}"),
        ]
    out: list[tuple[int, int, str]] = []
    for a, b, words in _joined(text):
        halves = _predicates(text[a:b], words)
        out += [(s.start + a + x, s.start + a + y, w) for x, y, w in halves]
    return out


def _joined(text: str) -> list[tuple[int, int, str]]:
    """Cut at conjunctions where both sides state something."""
    pieces: list[tuple[int, int, str]] = []
    begin, carried = 0, ""
    for m in _JOIN.finditer(text):
        if m.start() < begin:
            continue
        left, right = text[begin : m.start()], text[m.end() :]
        # a bracket or a quotation stays whole
        if left.count("(") > left.count(")") or left.count('"') % 2:
            continue
        if m["with"]:
            told = _absolute(right)
            if told is None or not _states(left):
                continue
            reported = _REPORTS.match(left)
            told = f"{reported.group()} that {told}" if reported else told
            pieces.append((begin, m.start(), f"{carried}{left}"))
            begin, carried = m.end(), ""
            pieces.append((begin, len(text), told))
            return pieces
        if _OF_THEM.match(right):
            continue  # the people counted here were told of before the comma
        verb = begins_with_verb(right)
        firm = m["but"] and m["but"].lower() in ("but", "yet")
        if not (
            (_states(left) and _states(right))
            or (
                (firm or m["dash"])
                and _says(left)
                and (_says(right) or (verb and len(right.split()) > 2))
            )
        ):
            continue
        if not verb and not (_own_subject(right) and find_cues(right.lower(), CUES) - _ASIDE):
            continue  # "but rats are not people" says nothing by itself
        pieces.append((begin, m.start(), f"{carried}{left}"))
        begin = m.end()
        if verb == "being":
            carried = f"{subject_of(left, None)}is "
            begin_text = re.match(r"being\s+", right)
            begin += begin_text.end() if begin_text else 0
        elif verb:
            carried = subject_of(f"{left}", verb)
        else:
            # a clause with its own subject stands for itself: it keeps no hedge it does not state
            carried = ""
    pieces.append((begin, len(text), f"{carried}{text[begin:]}"))
    return pieces


_FINITE = {
    "suggesting": "suggest",
    "showing": "show",
    "indicating": "indicate",
    "experiencing": "experienced",
    "reporting": "report",
    "having": "had",
    "finding": "found",
    "lasting": "lasted",
    "falling": "fell",
    "dropping": "dropped",
    "rising": "rose",
    "improving": "improved",
    "worsening": "worsened",
    "pointing": "point",
    "describing": "describe",
    "being": "were",
}
_ABSOLUTE = re.compile(
    rf"^(?P<subject>(?:[\w-]+ ){{0,5}}?[\w-]+)\s+(?P<verb>{'|'.join(_FINITE)})\b", re.IGNORECASE
)
_REPORTS = re.compile(
    r"^.*?\b(?:report(?:ed|s)?|found|finds?|showed|shows?|said|say|suggest(?:ed|s)?)\b",
    re.IGNORECASE,
)


def _absolute(text: str) -> str | None:
    """Turn "with early results suggesting it works" into "early results suggest it works"."""
    m = _ABSOLUTE.match(text)
    if m is None or not find_cues(text.lower(), CUES) & MATTERS or len(text.split()) < 4:
        return None
    return f"{m['subject']} {_FINITE[m['verb'].lower()]}{text[m.end() :]}"


def _predicates(part: str, words: str) -> list[tuple[int, int, str]]:
    """Cut "helps with pain and lets people sleep" in two, where both halves can be looked up."""
    shift = len(words) - len(part) if words.endswith(part) else None
    for m in _AND_VERB.finditer(part):
        left, right = part[: m.start()], part[m.end() :]
        verb = begins_with_verb(right)
        if verb is None or re.match(r"(?:also\s+)?\w+ed\s+\w+s?$", right):
            continue
        if left.count("(") > left.count(")") or left.count('"') % 2:
            continue
        if re.fullmatch(r"\w+ed", verb) and not _PAST.search(left):
            continue  # "include dissociation and raised blood pressure": no second predicate
        if not (_apart(left, right) and has_verb(left)):
            continue
        before = words[: shift + m.start()] if shift is not None else left
        return [
            (0, m.start(), before),
            (m.end(), len(part), f"{subject_of(before, verb)}{right}"),
        ]
    return [(0, len(part), words)]


_ASIDE = frozenset({"null", "pain", "population-claim", "vague"})
_BLANK = ("benefit", "analgesic-use", "worse", "safety")


def _apart(left: str, right: str) -> bool:
    """Whether two predicates state two results, or a result and a fact of law or likeness."""
    a, b = (find_cues(t.lower(), CUES) for t in (left, right))
    if a & set(_BLANK) and b & set(_BLANK):
        return True
    law = {"legal", "availability"}
    return len(right.split()) >= 4 and (
        (bool(a & law) and bool(b & {"comparison", *_BLANK}) and not b & law)
        or (bool(a & MATTERS) and bool(b & law) and not a & law)
    )


_SUBJECT = re.compile(
    rf"^(?:[\w'\"()/-]+[\s,]+){{1,14}}?(?:{AUXILIARY}|remain\w*|show\w*|suggest\w*|\w{{3,}}ed|\w{{3,}}s|rose|fell|gave|took|led|cut|found|report)\b",
    re.IGNORECASE,
)


def _own_subject(text: str) -> bool:
    return _SUBJECT.match(text) is not None


def _states(text: str) -> bool:
    return (
        len(text.split()) >= 3 and bool(find_cues(text.lower(), CUES) & MATTERS) and has_verb(text)
    )


def _says(text: str) -> bool:
    return len(text.split()) >= 3 and has_verb(text)


_GAP = re.compile(
    r"^(?:,?\s*(?:and|or|as well as|plus|&)?\s*(?:for|in|with|against|of)?\s*(?:even|also|certain|some|other|chronic|the)?\s*)$",
    re.IGNORECASE,
)
_ONLY_NAMED = re.compile(
    r"\b(?:such as|like|e\.g\.|for example|for instance|whether|if|stud(?:y|ied|ies|ying)|trials?|test(?:s|ed|ing)|investigat\w+|research\w*|explor\w+|"
    r"compar\w+|versus|vs|than|not|no|never|without|between|of people with|patients with|people with|diagnosed)\b",
    re.IGNORECASE,
)


def each_condition(
    words: str, span: tuple[int, int], hits: Sequence[Hit]
) -> list[tuple[int, int, str]] | None:
    """Split a list of conditions a sentence asserts one effect for.

    Parameters
    ----------
    words : str
        The statement as it is read; it stands unchanged at `span` in the article.
    span : (int, int)
    hits : sequence of Hit
        Conditions found in `words`.

    Returns
    -------
    list of (int, int, str) or None
        One statement a condition, or None when the sentence does not assert each.
    """
    places = [h for h in hits if h.id != "none"]
    run: list[Hit] = []
    for h in places:
        if run and not _GAP.match(words[run[-1].end : h.start]):
            if len(run) > 1:
                break
            run = []
        run.append(h)
    if len({h.id for h in run}) < 2 or len(run) != len({h.id for h in run}):
        return None
    head, tail = words[: run[0].start], words[run[-1].end :]
    # a number belongs to the list as a whole; "such as" gives examples
    if _ONLY_NAMED.search(head) or re.search(r"\d", words) or not has_verb(head):
        return None
    if not find_cues(head.lower(), {"benefit": CUES["benefit"], "worse": CUES["worse"]}):
        return None
    found = []
    for n, h in enumerate(run):
        told = f"{head}{words[h.start : h.end]}{tail}"
        start = span[0] if n == 0 else span[0] + h.start
        end = span[1] if n == len(run) - 1 else span[0] + h.end
        found.append((start, end, told))
    return found
