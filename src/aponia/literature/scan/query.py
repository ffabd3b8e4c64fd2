r"""Parse a query as PubMed writes it.

Left to right, no precedence: ``a OR b AND c`` is ``(a OR b) AND c``. Operators may be lower case.
Words side by side are joined with AND; a tag behind several words holds for each of them in fields
searched by word, and takes them as one value elsewhere (``chronic pain[mh]``). ``*`` ends a word of
four or more letters, in phrases too. ``NOT`` may also open a parenthesis.

Unlike PubMed there is no automatic term mapping and no phrase index, headings are not exploded to
narrower ones and know no entry terms, and no word is a stop word.

>>> str(parse("psiloc*[tiab] AND (pain OR cluster headache[mh]) NOT 1990:1999[dp]"))
'"psiloc*"[tiab] AND ("pain"[all] OR "cluster headache"[mh]) NOT 1990:1999[dp]'
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput, UnexpectedToken, VisitError

from aponia.literature.scan.terms import (  # fmt: skip
    CASE_FIELDS,
    CASE_TAGS,
    FIELDS,
    TAGS,
    WORD_FIELDS,
    Dates,
    Node,
    Not,
    Term,
    Word,
    all_of,
    any_of,
)
from aponia.literature.scan.words import fold

__all__ = ["QueryError", "notes", "parse"]

_GRAMMAR = r"""
    ?start: query
    query: first (AND second | OR second | NOT unit | unit)*
    ?first: unit | NOT unit -> negated
    ?second: unit | NOT unit -> negated
    ?unit: "(" query ")" | PHRASE TAG? -> phrase | WORDS TAG? -> words
         | (PHRASE | WORDS) TAG COLON (PHRASE | WORDS) TAG -> between
    AND.3: /and(?![^\s()"\[])/i
    OR.3:  /or(?![^\s()"\[])/i
    NOT.3: /not(?![^\s()"\[])/i
    COLON.3: /:(?=\s)/
    PHRASE: /"[^"]*"/
    WORDS: /(?:(?!(?:and|or|not)(?![^\s()"\[])|:\s)[^\s()"\[\]]+)(?:\s+(?!(?:and|or|not)(?![^\s()"\[])|:\s)[^\s()"\[\]]+)*/i
    TAG: /\[[^\[\]]*\]/
    %ignore /\s+/
"""
_NEAR = re.compile(r"^(.*):~(\d{1,4})$")
_DATE = re.compile(r"^(\d{4})(?:/(\d{1,2})(?:/(\d{1,2}))?)?$")
_CURLY = str.maketrans("“”„‟＂", '"""""')
_EXPECTED = {
    "PHRASE": "a term", "WORDS": "a term", "LPAR": "a term", "RPAR": "a closing parenthesis", "TAG": "a field tag",
    "AND": "AND, OR or NOT", "OR": "AND, OR or NOT", "NOT": "AND, OR or NOT", "$END": "the end",
}  # fmt: skip
_LANGUAGES = {
    "english": "eng", "french": "fre", "german": "ger", "spanish": "spa", "italian": "ita", "portuguese": "por",
    "russian": "rus", "chinese": "chi", "japanese": "jpn", "polish": "pol", "dutch": "dut", "danish": "dan",
    "swedish": "swe", "norwegian": "nor", "finnish": "fin", "czech": "cze", "hungarian": "hun", "turkish": "tur",
    "korean": "kor", "hebrew": "heb", "arabic": "ara", "ukrainian": "ukr", "greek": "gre", "romanian": "rum",
}  # fmt: skip


class QueryError(ValueError):
    """The query can not be read; the message shows where.

    Parameters
    ----------
    message, query : str
    column : int
        Where, counted from 1 through the whole query.
    """

    def __init__(self, message: str, query: str, column: int) -> None:
        self.column = column
        at = min(max(column - 1, 0), len(query))
        begin, end = max(0, at - 50), at + 30
        # One line however the query is broken, so that the caret stands under its place.
        shown = re.sub(r"\s", " ", query[begin:end])
        dots = "…" if begin else ""
        super().__init__(
            f"query, column {column}: {message}\n  {dots}{shown}\n  {' ' * (len(dots) + at - begin)}^"
        )


class _WrongError(Exception):
    def __init__(self, message: str, at: int) -> None:
        self.message, self.at = message, at


def parse(query: str, *, cases: bool = False) -> Node:
    """Parse a query.

    Parameters
    ----------
    query : str
    cases : bool
        Asked of cases of FAERS: other field tags.

    Raises
    ------
    QueryError
        With the column and a caret under it.
    """
    text = query.translate(_CURLY)
    if not text.strip():
        raise QueryError("the query is empty", text, 1)
    if len(text) > 200_000:
        raise QueryError("the query is longer than 200,000 characters", text[:100], 1)
    _check_pairs(text)
    try:
        tree = _parser().parse(text)
        node: Node = _Build(cases=cases).transform(tree)
    except VisitError as error:
        if isinstance(error.orig_exc, _WrongError):
            wrong = error.orig_exc
            raise QueryError(wrong.message, text, wrong.at + 1) from None
        raise
    except UnexpectedInput as error:
        raise QueryError(*_unexpected(error, text)) from None
    except RecursionError:
        raise QueryError("parentheses are nested too deeply", text, 1) from None
    return node


def notes(node: Node, *, cases: bool = False) -> list[str]:
    """Return what PubMed would do with this query and `aponia scan` does not; what to know of one asked of cases."""
    fields = {term.field for term in _terms(node)}
    out = []
    if cases:
        return [
            "Reactions and indications are MedDRA preferred terms, drugs stand as reported: other terms and names must be named in the query."
        ]
    if fields & {"mh", "majr"}:
        out.append("MeSH headings are not exploded: narrower headings must be named in the query.")
    if "all" in fields:
        out.append("Terms without a tag are searched as they stand: no automatic term mapping.")
    return out


def _terms(node: Node) -> Iterator[Term]:
    if isinstance(node, Term):
        yield node
    elif isinstance(node, Not):
        yield from _terms(node.item)
    elif not isinstance(node, Dates):
        for item in node.items:
            yield from _terms(item)


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False)


def _check_pairs(text: str) -> None:
    """Point at the parenthesis, bracket or quotation mark that has no partner."""
    open_at: list[int] = []
    quote: int | None = None
    for at, c in enumerate(text):
        if c == '"':
            quote = at if quote is None else None
        elif quote is None and c == "(":
            open_at.append(at)
            if len(open_at) > 100:
                raise QueryError("parentheses are nested too deeply", text, at + 1)
        elif quote is None and c == ")":
            if not open_at:
                raise QueryError("this parenthesis closes nothing", text, at + 1)
            open_at.pop()
    if quote is not None:
        raise QueryError("this quotation mark is never closed", text, quote + 1)
    if open_at:
        raise QueryError("this parenthesis is never closed", text, open_at[-1] + 1)


def _unexpected(error: UnexpectedInput, text: str) -> tuple[str, str, int]:
    at: int | None = getattr(error, "pos_in_stream", None)
    if at is None or at < 0:
        at = len(text)
    names = set(getattr(error, "accepts", None) or getattr(error, "expected", None) or getattr(error, "allowed", None) or ())  # fmt: skip
    expected = " or ".join(dict.fromkeys(_EXPECTED[n] for n in sorted(names) if n in _EXPECTED and n not in {"TAG", "NOT"}))  # fmt: skip
    expected = expected or "a term"
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        return f"expected {expected}, found {str(error.token)[:30]!r}", text, at + 1
    if at >= len(text.rstrip()) or isinstance(error, UnexpectedToken):
        return f"expected {expected}, but the query ends here", text, len(text.rstrip()) + 1
    if text[at] == "[":
        return "this bracket is never closed", text, at + 1
    return f"expected {expected}, found {text[at]!r}", text, at + 1


def _tag(tag: Token | None, *, cases: bool) -> tuple[str, int | None]:
    if tag is None:
        return "all", None
    name = re.sub(r"\s+", "", str(tag)[1:-1]).lower()
    near = None
    if found := _NEAR.match(name):
        name, near = found.group(1), int(found.group(2))
    at = int(tag.start_pos or 0)
    tags, fields = (CASE_TAGS, CASE_FIELDS) if cases else (TAGS, FIELDS)
    if name not in tags:
        known = f"known are {', '.join(f'[{t}]' for t in fields)}"
        if name in (TAGS if cases else CASE_TAGS):
            which = "has no meaning for FAERS cases" if cases else "is for FAERS cases only"
            raise _WrongError(f"the field tag {tag} {which}; {known} here", at)
        raise _WrongError(f"unknown field tag {tag}; {known}", at)
    field = tags[name]
    if near is not None and (cases or field not in {"ti", "ab", "tiab", "all"}):
        if cases:
            raise _WrongError(f"nearness has no meaning for FAERS cases, found {tag}", at)
        raise _WrongError(
            f"nearness can be asked in [ti], [ab], [tiab] and [all] only, found {tag}", at
        )
    return field, near


def _words(text: str, at: int) -> tuple[Word, ...]:
    """Fold a term; ``*`` must end a word of at least four letters or digits."""
    out: list[Word] = []
    for piece in re.finditer(r"[^\s*]*\*?|\*", text):
        part = piece.group()
        if not part:
            continue
        words = fold(part.rstrip("*")).split()
        if part.endswith("*"):
            star = at + piece.end() - 1
            if not words or not re.search(r"\w$", part[:-1]):
                raise _WrongError(
                    "* must follow the beginning of a word; other places are not supported", star
                )
            # Those of words before it in the phrase count: "5-MeO*" is printed as "5 meo*", and must be read again.
            if sum(len(w.text) for w in out) + sum(map(len, words)) < 4:
                raise _WrongError("* needs at least four characters before it, as in PubMed", star)
            if text[piece.end() : piece.end() + 1].strip():
                raise _WrongError("* inside a word is not supported, only at its end", star)
        opened = part.endswith("*")
        out += [Word(w, opened and i == len(words) - 1) for i, w in enumerate(words)]
    if not out:
        raise _WrongError(f"nothing to search for in {text.strip()[:30]!r}", at)
    return tuple(out)


def _date(text: str, at: int, *, last: bool) -> int:
    found = _DATE.match(text.strip())
    if not found:
        raise _WrongError(f"expected a date such as 2019, 2019/05 or 2019/05/31, found {text.strip()[:30]!r}", at)  # fmt: skip
    year, month, day = (int(g) if g else None for g in found.groups())
    if (month is not None and not 1 <= month <= 12) or (day is not None and not 1 <= day <= 31):
        raise _WrongError(f"there is no such date: {text.strip()!r}", at)
    fill = 99 if last else 0
    return (year or 0) * 10_000 + (fill if month is None else month) * 100 + (fill if day is None else day)  # fmt: skip


def _dates(first: str, last: str, at: int) -> Dates:
    dates = Dates(_date(first, at, last=False), _date(last, at, last=True))
    if dates.first > dates.last:
        raise _WrongError("this range of dates ends before it begins", at)
    return dates


def _make(text: str, at: int, field: str, near: int | None, *, quoted: bool) -> Node:
    if field == "dp":
        first, _, last = text.partition(":")
        return _dates(first, last or first, at)
    if field == "pmid":
        numbers = text.replace(",", " ").split()
        for number in numbers:
            if not number.isdecimal() or not number.isascii():
                raise _WrongError(
                    f"expected a PubMed identifier, digits only, found {number[:30]!r}", at
                )
        if not numbers:
            raise _WrongError("nothing to search for", at)
        return any_of(*(Term((Word(n.lstrip("0") or "0"),), "pmid") for n in numbers))
    if field == "la":
        words = _words(text, at)
        code = _LANGUAGES.get(words[0].text, words[0].text)
        return Term((Word(code, words[0].open and code == words[0].text), *words[1:]), "la")
    if near is not None:
        words = _words(text, at)
        if not quoted or len(words) < 2:
            raise _WrongError("nearness needs two or more words in quotation marks", at)
        if any(w.open for w in words):
            raise _WrongError("nearness and * can not be combined, as in PubMed", at)
        return Term(words, field, near)
    if quoted or field not in WORD_FIELDS:
        return Term(_words(text, at), field, whole=quoted or field != "au")
    # A lone "&" or "–" between words asks for nothing.
    pieces = [p for p in re.finditer(r"\S+", text) if fold(p.group()) or "*" in p.group()]
    if not pieces:
        return Term(_words(text, at), field)
    return all_of(*(Term(_words(p.group(), at + p.start()), field) for p in pieces))


class _Build(Transformer[Token, Any]):
    def __init__(self, *, cases: bool) -> None:
        super().__init__()
        self._cases = cases

    def phrase(self, parts: list[Token]) -> Node:
        field, near = _tag(parts[1] if len(parts) > 1 else None, cases=self._cases)
        return _make(str(parts[0])[1:-1], int(parts[0].start_pos or 0) + 1, field, near, quoted=True)  # fmt: skip

    def words(self, parts: list[Token]) -> Node:
        field, near = _tag(parts[1] if len(parts) > 1 else None, cases=self._cases)
        start = int(parts[0].start_pos or 0)
        if re.match(r"#\d", str(parts[0])):
            raise _WrongError("numbers of earlier searches (#1) mean nothing here; write them out", start)  # fmt: skip
        return _make(str(parts[0]), start, field, near, quoted=False)

    def between(self, parts: list[Token]) -> Node:
        first, tag, _, last, other = parts
        for t in (tag, other):
            if _tag(t, cases=self._cases) != ("dp", None):
                raise _WrongError("a range can be asked of dates only", int(t.start_pos or 0))
        return _dates(str(first).strip('"'), str(last).strip('"'), int(first.start_pos or 0))

    def negated(self, parts: list[Any]) -> Node:
        return Not(parts[-1])

    def query(self, parts: list[Any]) -> Node:
        node: Node = parts[0]
        operator = "AND"
        for part in parts[1:]:
            if isinstance(part, Token):
                operator = part.type
                continue
            if operator == "OR":
                node = any_of(node, part)
            else:
                node = all_of(node, Not(part) if operator == "NOT" else part)
            operator = "AND"
        return node
