"""Blocks to sentences with offsets."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aponia.claims.page import Block, Page, plain

__all__ = ["Sentence", "sentences"]


@dataclass(frozen=True)
class Sentence:
    """A sentence, a heading, a list item or a table cell, with its place in the text.

    `heading` is the nearest heading above it, `trail` all headings it stands under, outermost first;
    `paragraph` numbers its block.
    """

    index: int
    start: int
    end: int
    text: str
    kind: str
    heading: str | None
    paragraph: int
    trail: tuple[str, ...] = ()
    level: int = 0


_CLOSERS = r"[\"')\]\u2019\u201d\u00bb]*"
#: Marks of footnotes that stand behind the full stop: ``.[12]``, ``.[3,4]``, superscripts, bare ``.12``
_NOTES = r"(?:\[[\d,;\u2013\s-]{1,20}\]|\[(?:note|citation needed|ref)[^\]\n]{0,12}\]|[\u00b9\u00b2\u00b3\u2070-\u2079\u207b,]+|(?<=[a-z)\"'\u201d][.!?])\d{1,3}(?:[,\u2013-]\d{1,3})*(?=\s+[A-Z\"'\u201c]|\s*$))*"
_BREAK = re.compile(
    rf"[.!?\u2026]+{_CLOSERS}{_NOTES}(?=\s|$)"
    r"|(?<=[a-z]{3})[.!?](?=[A-Z][a-z]+[ ,'\u2019])"  # "relief.The next": the blank was lost
    r"|[\u3002\uff01\uff1f]"
    r"|\n",
    re.MULTILINE,
)
_TITLE = re.compile(
    r"(?:^|[\s(\[\"'\u201c-])(?:dr|drs|mr|mrs|ms|mx|prof|assoc|asst|st|rev|hon|gen|gov|sen|rep|lt|col|capt|sgt|"
    r"vs|v|cf|viz|e\.g|eg|i\.e|ie|fig|figs|eq|eqs|ref|refs|tab|suppl|vol|vols|pp|ca|c|approx|resp|est|ed|eds|ch|sec|art|"
    r"dept|univ|incl|excl|max|min|avg|temp|wt)$",
    re.IGNORECASE,
)
#: Abbreviations that may also close a sentence: what follows decides.
_EITHER = re.compile(
    r"(?:^|[\s(\[\"'\u201c-])(?:al|etc|inc|ltd|co|corp|llc|jr|sr|bros|ph\.?d|m\.?d|d\.?o|b\.?sc|m\.?sc|r\.?n|u\.s|u\.k|u\.s\.a|e\.u|"
    r"a\.m|p\.m|i\.v|i\.m|s\.c|p\.o|b\.i\.d|t\.i\.d|q\.d|a\.k\.a|n\.b|d\.c|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|"
    r"mon|tue|tues|wed|thu|thurs|fri|no|nos|p|hrs?|mins?|secs?|wks?|mos|yrs?)$",
    re.IGNORECASE,
)
_INITIAL = re.compile(r"(?:^|[\s(.\u201c\"'-])([A-Z])$")
_STARTER = re.compile(
    r"[\"'(\u201c\u2018\[]*(?:the|this|that|these|those|they|it|its|he|she|we|you|i|in|on|at|a|an|one|two|three|some|many|most|several|few|"
    r"all|no|not|but|and|or|so|yet|however|although|though|while|when|if|as|after|before|since|because|for|from|with|"
    r"by|to|another|other|others|both|each|every|researchers?|scientists?|patients?|people|participants?|studies|trials?|"
    r"there|here|then|now|today|also|still|overall|our|their|his|her|my|your|what|which|who|how|why|"
    r"psychedelics?|psilocybin|lsd|ketamine|mdma|dmt|ayahuasca|microdosing|results?|evidence|nobody|none|importantly|"
    r"unlike|despite|during|among|until|meanwhile|moreover|furthermore|side|doses?|pain)\b",
    re.IGNORECASE,
)


def sentences(page: Page, skip: frozenset[int] = frozenset()) -> list[Sentence]:
    """Split a page into sentences.

    Parameters
    ----------
    page : Page
    skip : frozenset of int
        Numbers of blocks to leave out, such as those in another language.

    Returns
    -------
    list of Sentence
        In order, without blanks at the ends; `text` is verbatim.
    """
    found: list[Sentence] = []
    trail: list[tuple[int, str]] = []
    even = plain(page.text)
    for number, block in enumerate(page.blocks):
        if number in skip:
            continue
        headings = tuple(t for _, t in trail)
        for start, end in _split(even, block):
            found.append(
                Sentence(
                    len(found),
                    start,
                    end,
                    page.text[start:end],
                    block.kind,
                    headings[-1] if headings else None,
                    number,
                    headings,
                    block.level,
                )
            )
        if block.kind == "heading":
            # without levels a heading closes the one before; with them only its equals and below
            while trail and (not block.level or not trail[-1][0] or trail[-1][0] >= block.level):
                trail.pop()
            trail.append((block.level, page.text[block.start : block.end]))
    return found


def _split(text: str, block: Block) -> list[tuple[int, int]]:
    start, end = block.start, block.end
    # people who write without capitals end sentences all the same
    small = re.compile(r"[.!?]\s+[A-Z]").search(text, start, end) is None
    pieces: list[tuple[int, int]] = []
    begin = start
    for match in _BREAK.finditer(text, start, end):
        at = match.end()
        if match.group() == "\n":
            # a new line inside a block is only a break where a new sentence clearly begins
            last = match.start() - 1
            while last > begin and text[last].isspace():
                last -= 1
            if text[last] not in ".!?:":
                continue
        elif not _ends(text, begin, match.start(), at, end, small):
            continue
        pieces.append((begin, at))
        begin = at
    pieces.append((begin, end))
    trimmed = []
    for a, b in pieces:
        while a < b and text[a].isspace():
            a += 1
        while b > a and text[b - 1].isspace():
            b -= 1
        if any(c.isalnum() for c in text[a:b]):
            trimmed.append((a, b))
    return trimmed


_NEXT = re.compile(r"\s*(\S{0,40})(?:\s+(\S{0,20}))?")


def _ends(text: str, begin: int, dot: int, after: int, end: int, small: bool) -> bool:
    """Whether a full stop (or another mark) closes a sentence."""
    ahead = _NEXT.match(text, after, end)
    word, second = (ahead[1] or "", ahead[2] or "") if ahead else ("", "")
    if not word:
        return True
    first = word.lstrip("\"'([\u201c\u2018")[:1]
    mark = text[dot]
    window = text[max(begin, dot - 24) : dot]
    if first.islower() and not re.match(r"[a-z]{1,3}[A-Z0-9]", word):
        # mid-sentence ("Why?" he asked; 5 mg p.o. daily), except in text without capitals
        return (
            small
            and mark in ".!?"
            and len(window) > 3
            and not (
                mark != "."
                or _TITLE.search(window)
                or _EITHER.search(window)
                or window.endswith(".")
                or text[dot : dot + 2] == ".."
            )
        )
    if mark != ".":
        return True
    if _TITLE.search(window):
        # "c." and "v." and the like; but "group c. The others" ends
        short = re.search(r"[^\w.]([a-z])$", window) is not None
        return short and bool(_STARTER.match(word))
    if text[dot : dot + 2] == "..":
        return True
    either = _EITHER.search(window)
    if either:
        if re.search(
            r"(?i)\b(?:no|nos|p|fig|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)$", window
        ):
            return not first.isdigit()
        return bool(_STARTER.match(word)) and word.strip("\"'(")[:1].isupper()
    initial = _INITIAL.search(window)
    if initial:
        lead = window[: initial.start(1)].rstrip()
        name = not lead or lead.endswith(".") or re.search(r"[A-Z][\w'-]*,?$", lead) is not None
        return not name and bool(_STARTER.match(word))
    if re.search(r"(?:^|\D)\d{1,2}$", window) and not text[begin:dot].strip().strip("0123456789("):
        return False  # the number of a list item
    if re.search(r"\d$", window) and first.isdigit():
        # "in 2022. 14 people took part" ends, "0. 05" does not
        return bool(re.search(r"[A-Za-z]", second)) and not re.search(r"(?:^|\D)0$", window)
    return True
