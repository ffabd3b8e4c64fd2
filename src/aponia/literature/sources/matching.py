"""A Boolean query over title and abstract, for sources that can not search by words themselves.

Words next to each other must all occur; ``OR``, ``AND``, ``NOT`` in capitals, brackets, phrases in
quotation marks, and a star at the end of a word or phrase for any ending. Case and accents do not count.

>>> fits = matcher('(psilocyb* OR "magic mushrooms") AND pain NOT rats')
>>> fits("Psilocybin for phantom limb pain"), fits("Psilocybin and pain in rats"), fits("Painful")
(True, False, False)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from lark import Lark, Token, Tree
from lark.exceptions import LarkError

__all__ = ["matcher", "words_of"]

_GRAMMAR = r"""
?start: either
?either: both ("OR" both)*
?both: unary (("AND")? unary)*
?unary: "NOT" unary -> no | "(" either ")" | term
term: PHRASE | WORD
PHRASE: /"[^"]*"\*?/
WORD: /(?!(?:AND|OR|NOT)(?![^\s()"]))[^\s()"]+/
%ignore /\s+/
"""


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="earley", lexer="dynamic")


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))


def _pattern(term: str) -> re.Pattern[str]:
    star = term.endswith("*")
    core = term.rstrip("*").strip('"').rstrip("*") if star else term.strip('"')
    star = star or term.strip('"').endswith("*")
    parts = re.findall(r"\w+", _fold(core))
    body = r"[\W_]+".join(map(re.escape, parts))
    return re.compile(rf"(?<!\w){body}" + (r"\w*" if star else r"(?!\w)"))


def _compile(tree: Tree[Token] | Token) -> Callable[[str], bool]:
    if isinstance(tree, Token):  # pragma: no cover - terms are wrapped
        raise TypeError(tree)
    if tree.data == "term":
        found = _pattern(str(tree.children[0]))
        return lambda text: bool(found.search(text))
    parts = [_compile(child) for child in tree.children]
    if tree.data == "no":
        return lambda text: not parts[0](text)
    if tree.data == "either":
        return lambda text: any(p(text) for p in parts)
    return lambda text: all(p(text) for p in parts)


@lru_cache(maxsize=8)
def matcher(query: str) -> Callable[[str], bool]:
    """Return a function that tells whether a text fits.

    Raises
    ------
    ValueError
        The query does not parse, or a term of it holds no letter or digit.
    """
    if not query.strip():
        return lambda text: True
    try:
        tree = _parser().parse(query)
    except LarkError:
        raise ValueError(
            f"the query {query[:120]!r} does not parse: expected words, phrases in quotation marks, "
            "AND, OR, NOT in capitals and matching brackets"
        ) from None
    for term in tree.scan_values(lambda v: isinstance(v, Token)):
        if not re.search(r"\w", term):
            raise ValueError(f"the query has the term {str(term)!r} without a letter or digit")
    fits = _compile(tree)
    return lambda text: fits(_fold(text))


def words_of(query: str) -> str:
    """Return the words of a query without operators, for a search that ranks by words."""
    bare = re.sub(r"\bNOT\s+(?:\([^)]*\)|\"[^\"]*\"|\S+)", " ", query)
    words = re.findall(r"[\w-]+", re.sub(r"\b(?:AND|OR|NOT)\b", " ", bare))
    return " ".join(dict.fromkeys(words))
