"""Numbers in claims: what is counted, and whether it is an effect, a share, a size or a time."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from aponia.claims.model import Magnitude

__all__ = ["DAYS", "magnitudes", "years"]

_WORDS = {
    w: float(n)
    for n, w in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
} | {
    "thirty": 30.0,
    "forty": 40.0,
    "fifty": 50.0,
    "sixty": 60.0,
    "seventy": 70.0,
    "eighty": 80.0,
    "ninety": 90.0,
    "hundred": 100.0,
    "dozen": 12.0,
    "thousand": 1000.0,
}
_TENS = "|".join(w for w, n in _WORDS.items() if n >= 20 and n < 100)
_NUM = (
    r"(?:(?:a|one) (?:hundred|thousand)|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+|"
    rf"(?:{_TENS})(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?|"
    rf"{'|'.join(sorted(_WORDS, key=len, reverse=True))})"
)
_RANGE = rf"(?P<a>{_NUM})(?:\s*(?:-|to|and|or)\s*(?P<b>{_NUM}))?"
_HEDGE = r"(?:about|around|roughly|nearly|almost|approximately|over|under|more than|less than|up to|at least|some|just)?\s*"

DAYS = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 30.4, "year": 365.0}
DAYS |= {"min": DAYS["minute"], "h": DAYS["hour"], "hr": DAYS["hour"], "wk": DAYS["week"]}

_PEOPLE = (
    r"(?:people|patients?|participants?|subjects?|volunteers?|adults?|men|women|amputees?|respondents?|users?|"
    r"individuals|sufferers|veterans|persons?|clients|cases|members|smokers|mice|rats|animals|children)"
)
_UNITS: tuple[tuple[str, str, str], ...] = (
    (
        "mg/kg",
        "dose",
        r"(?:mg|milligrams?)\s*(?:/|per)\s*(?:kg|kilograms?)(?:\s*(?:/|per)\s*h(?:our)?)?",
    ),
    ("mg/h", "dose", r"(?:mg|milligrams?)\s*(?:/|per|an?)\s*(?:h\b|hour)"),
    ("mg", "dose", r"(?:mg|milligrams?)\b"),
    ("ug", "dose", r"(?:µg|ug|mcg|micrograms?|mics)\b"),
    ("g", "dose", r"(?:g|grams?|grammes?)\b"),
    ("percent", "share", r"(?:%|percent\b|per\s?cent\b)"),
    ("fold", "effect", r"-?\s?(?:fold\b|x\b)"),
    ("times", "other", r"times\b"),
    ("points", "effect", r"points?\b(?!\s+(?:out|to)\b)"),
    (
        "attacks/week",
        "effect",
        r"(?:fewer\s+|less\s+)?(?:\w+\s+)?(?:attacks?|headaches?|headache attacks|migraines?|migraine days|days|episodes)\s*(?:fewer\s+)?(?:per|a|each|every|/)\s*(?P<per>week|day|month)",
    ),
)
_DURATION = re.compile(
    rf"(?<![\w.]){_HEDGE}{_RANGE}\s*-?\s*(?P<u>minutes?|mins?|hours?|hrs?|h|days?|weeks?|wks?|months?|years?)\b(?!-old|\s+old|\s+of\s+age)",
    re.IGNORECASE,
)
_A_WHILE = re.compile(
    r"\b(?:for|lasting|lasts?|lasted|after|within|than|over|up to|about)\s+(?P<x>(?:a|an|a full|a whole|an entire)\s+(?P<u>hour|day|week|month|year))\b",
    re.IGNORECASE,
)
_PARTS = re.compile(
    r"\b(?:(?P<half>(?:a |one )?half[- ]?(?:an[- ])?(?P<u1>hour|day|year|month))|"
    r"(?P<quarter>(?:a )?quarter of an hour)|(?P<threequarters>three quarters of an hour))\b",
    re.IGNORECASE,
)
_SIMPLE = [
    (
        unit,
        kind,
        re.compile(rf"(?<![\w.])(?P<h>{_HEDGE}){_RANGE}\s*-?\s*(?:{pattern})", re.IGNORECASE),
    )
    for unit, kind, pattern in _UNITS
]
_OF = re.compile(
    rf"(?<![\w.])(?P<a>{_NUM})\s+(?:out\s+of|of\s+(?:the\s+|all\s+)?|in)\s*(?P<b>{_NUM})\b(?!\s*(?:%|percent|mg|weeks?|days?|months?|years?))",
    re.IGNORECASE,
)
_SIZE = re.compile(
    rf"(?<![\w.])(?:(?:n\s*=\s*)(?P<n>\d+)|(?!(?:19|20)\d\d\b)(?P<a>{_NUM})\s+(?:(?!(?:had|has|have|were|was|in|stud|trial|report|found|that|which|said|who|case|dose|session|of|to|or|and)\w*\b)[a-z-]+\s+){{0,3}}?{_PEOPLE}\b)",
    re.IGNORECASE,
)
_P = re.compile(r"\bp\s*[=<>]\s*(?P<a>0?\.\d+)", re.IGNORECASE)
_YEAR = re.compile(r"\b(19[3-9]\d|20[0-4]\d)(?:'?s)?\b")
_HALF = re.compile(
    r"\b(?:(?P<effect>halv(?:e[sd]?|ing)|(?:cut|reduced|drop(?:ped)?|fell|decreased?)(?:\s+\w+){0,4}?\s+(?:in|by)\s+(?:about\s+|nearly\s+)?half|half as (?:many|often)|by (?:about )?half)|"
    r"(?P<share>(?:about |nearly |over |more than )?half (?:of )?(?:the |all )?(?:\w+ )?"
    rf"{_PEOPLE})|(?P<frac>(?:two|three)[- ](?:thirds|quarters|fifths)|(?:one|a)[- ](?:third|quarter|fifth)))\b",
    re.IGNORECASE,
)
_TWICE = re.compile(
    r"\b(?P<w>twice|double[sd]?(?![- ]?(?:blind|dummy|mask))|doubling|threefold|tripled?|twofold|fourfold|fivefold|tenfold)\b",
    re.IGNORECASE,
)
_FRACTIONS = {"third": 100 / 3, "quarter": 25.0, "fifth": 20.0}
_EFFECT_BEFORE = re.compile(
    r"\b(?:by|to|down|reduc\w+|relie\w+|drop\w*|f[ae]ll\w*|decreas\w+|lower\w*|cut\w*|improv\w+|lessen\w*|declin\w+|increas\w+|rose|raised)\b[^.;]{0,25}$",
    re.IGNORECASE,
)
_BY = re.compile(
    r"\b(?:by|fell|dropped)\s+(?:about|around|roughly|nearly|almost|up to|as much as|an? \w+)?\s*$",
    re.IGNORECASE,
)
_EFFECT_AFTER = re.compile(
    r"^\s*(?:-?\s*)?(?:reduc|relief|less\b|fewer|lower|drop|decrea|improve|declin|decline|better|longer|more (?:time|relief)|increase|fall)",
    re.IGNORECASE,
)
_SHARE_AFTER = re.compile(
    rf"^\s*(?:of\s+)?(?:the\s+|all\s+|those\s+|them\b|his\s+|her\s+|our\s+|its\s+)?(?:[\w-]+\s+){{0,3}}?{_PEOPLE}\b|"
    r"^\s*(?:of them|of those|said|report|had|were|felt|rated|experienc|respond|described|found|used)",
    re.IGNORECASE,
)


def _value(text: str) -> float:
    text = text.lower().replace(",", "")
    try:
        return float(text)
    except ValueError:
        words = re.split(r"[- ]", text.removeprefix("a "))
        if words[-1] in ("hundred", "thousand") and len(words) > 1:
            return math.prod(_WORDS[w] for w in words)
        return sum(_WORDS[w] for w in words)


def magnitudes(text: str) -> tuple[Magnitude, ...]:
    """Read all numbers of a claim.

    Parameters
    ----------
    text : str

    Returns
    -------
    tuple of Magnitude
        In the order of the text, each stretch read once.

    Examples
    --------
    >>> [(m.value, m.unit, m.kind) for m in magnitudes("Attacks fell by 50% in 10 people for 8 weeks.")]
    [(50.0, 'percent', 'effect'), (10.0, 'people', 'size'), (56.0, 'days', 'duration')]
    """
    found: list[Magnitude] = []
    taken: list[tuple[int, int]] = []

    def add(value: float, high: float | None, unit: str, kind: str, a: int, b: int) -> None:
        if any(a < y and x < b for x, y in taken):
            return
        taken.append((a, b))
        hedge = _ROUND.search(text[max(0, a - 16) : a])
        found.append(
            Magnitude(
                value,
                high,
                unit,
                kind,
                a,
                b,
                f"{hedge.group() if hedge else ''}{text[a:b]}".strip(),
            )
        )

    if not re.search(r"\d|%", text) and not _MAYBE.search(text):
        return ()
    for m in _PARTS.finditer(text):
        if m["half"]:
            add(DAYS[m["u1"].lower()] / 2, None, "days", "duration", *m.span())
        else:
            add((0.25 if m["quarter"] else 0.75) / 24, None, "days", "duration", *m.span())
    for m in _P.finditer(text):
        add(_value(m["a"]), None, "p", "p", *m.span())
    for unit, kind, pattern in _SIMPLE:
        for m in pattern.finditer(text):
            low = _value(m["a"])
            high = _value(m["b"]) if m["b"] else None
            start = m.start("a")
            name, sort = unit, kind
            if unit == "percent":
                sort = _percent_kind(text, start, m.end())
            elif unit == "attacks/week":
                name = f"attacks/{m['per'].lower()}"
            add(low, high, name, sort, start, m.end())
    for m in _DURATION.finditer(text):
        scale = DAYS[m["u"].lower().rstrip("s")]
        high = _value(m["b"]) * scale if m["b"] else None
        add(_value(m["a"]) * scale, high, "days", "duration", m.start("a"), m.end())
    for m in _A_WHILE.finditer(text):
        add(DAYS[m["u"].lower()], None, "days", "duration", m.start("x"), m.end())
    for m in _OF.finditer(text):
        add(_value(m["a"]), _value(m["b"]), "of", "share", *m.span())
    for m in _HALF.finditer(text):
        if m["frac"]:
            many, part = re.split(r"[- ]", m["frac"].lower())
            times = {"two": 2, "three": 3}.get(many, 1)
            value = times * _FRACTIONS[part.rstrip("s")]
            add(value, None, "percent", _percent_kind(text, m.start(), m.end()), *m.span())
        else:
            add(50.0, None, "percent", "effect" if m["effect"] else "share", *m.span())
    for m in _SIZE.finditer(text):
        add(_value(m["n"] or m["a"]), None, "people", "size", *m.span())
    for m in _TWICE.finditer(text):
        word = m["w"].lower()
        fold = 3.0 if word.startswith("t") and word[1] in "hr" else 2.0
        fold = {"fourfold": 4.0, "fivefold": 5.0, "tenfold": 10.0}.get(word, fold)
        add(fold, None, "fold", "effect", *m.span())
    return tuple(sorted(found, key=lambda x: x.start))


_ROUND = re.compile(
    r"\b(?:about|around|roughly|nearly|almost|approximately|some|close to)\s+$", re.IGNORECASE
)
_MAYBE = re.compile(
    rf"\b(?:{'|'.join(_WORDS)}|half|halv\w+|twice|doubl\w+|third|quarter|fifth|\w+fold|tripled?)\b",
    re.IGNORECASE,
)


def _percent_kind(text: str, start: int, end: int) -> str:
    """Tell a share of people from the size of an effect by the words around the number."""
    if _BY.search(text[max(0, start - 30) : start]):
        return "effect"
    if _SHARE_AFTER.match(text[end : end + 60]) and not _EFFECT_AFTER.match(text[end : end + 20]):
        return "share"
    before = text[max(0, start - 45) : start]
    if _EFFECT_AFTER.match(text[end : end + 25]) or _EFFECT_BEFORE.search(before):
        return "effect"
    return "share"


def years(text: str) -> Iterator[int]:
    """Yield the calendar years named."""
    for m in _YEAR.finditer(text):
        yield int(m.group(1))
